"""The expression language: text -> tree -> types -> value. `docs/language.md` is its page."""

from littlegiant.standards.language.evaluate import evaluate, years_between
from littlegiant.standards.language.parse import parse_expression
from littlegiant.standards.language.render import render
from littlegiant.standards.language.scope import Item, Scope, Symbol
from littlegiant.standards.language.tree import Expr, walk
from littlegiant.standards.language.types import Kind, Typed, check_types

__all__ = [
    "Expr",
    "Item",
    "Kind",
    "Scope",
    "Symbol",
    "Typed",
    "check_types",
    "evaluate",
    "parse_expression",
    "render",
    "walk",
    "years_between",
]
