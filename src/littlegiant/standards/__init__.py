"""Standards as code: a document is read, compiled for one kind of application, and becomes query, slots, thresholds."""

from littlegiant.standards.applying import compile_applying
from littlegiant.standards.emit import item_column, query, query_together
from littlegiant.standards.find import find_notices, find_standard, find_versions, read_standard
from littlegiant.standards.language import Item, Scope, Symbol
from littlegiant.standards.model import Case, Notice, SizeTable, Standard
from littlegiant.standards.plan import Compiled, Joint, Reading, Slot, Slots, Threshold, compile_standard, join_standards

__all__ = [
    "Case",
    "Compiled",
    "Item",
    "Joint",
    "Notice",
    "Reading",
    "Scope",
    "SizeTable",
    "Slot",
    "Slots",
    "Standard",
    "Symbol",
    "Threshold",
    "compile_applying",
    "compile_standard",
    "find_notices",
    "find_standard",
    "find_versions",
    "item_column",
    "join_standards",
    "query",
    "query_together",
    "read_standard",
]
