"""Standards as code: a document is read, compiled for one kind of application, and becomes query, slots, thresholds."""

from littlegiant.standards.applying import compile_applying
from littlegiant.standards.emit import item_column, query
from littlegiant.standards.find import find_notices, find_standard, read_standard
from littlegiant.standards.language import Item, Scope, Symbol
from littlegiant.standards.model import Case, Notice, SizeTable, Standard
from littlegiant.standards.plan import Compiled, Slot, Slots, Threshold, compile_standard

__all__ = [
    "Case",
    "Compiled",
    "Item",
    "Notice",
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
    "item_column",
    "query",
    "read_standard",
]
