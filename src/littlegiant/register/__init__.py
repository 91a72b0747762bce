"""Firms and what is known of them, year by year. Start with `open_register`; `import_register` brings files in."""

from littlegiant.register.ingestion import ImportReport, import_register
from littlegiant.register.mapping import Mapping, read_mapping
from littlegiant.register.store import Register, open_register
from littlegiant.register.synthesis import synthesise

__all__ = ["ImportReport", "Mapping", "Register", "import_register", "open_register", "read_mapping", "synthesise"]
