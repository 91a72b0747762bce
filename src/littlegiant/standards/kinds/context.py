"""What a kind of rule may ask for while it is turned into conditions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from littlegiant.problems import refuse
from littlegiant.standards.kinds.logic import Atom, Junction, Logic, Negation
from littlegiant.standards.language import Expr, Scope, check_types, parse_expression
from littlegiant.standards.language import tree as t
from littlegiant.standards.model import Rule, SizeTable


@dataclass(frozen=True)
class Context:
    """The names in scope, the size tables, and how to turn a rule below this one into conditions."""

    scope: Scope
    document: str
    size_tables: Mapping[str, SizeTable]
    lower: Callable[[Rule, str], Logic]

    def place(self, id: str) -> str:
        return f"{self.document}, {id}"

    def condition(self, text: str, id: str) -> Expr:
        """Return the checked tree of a condition."""
        expr = parse_expression(text, self.place(id))
        typed = check_types(expr, self.scope, self.place(id))
        if typed.kind != "boolean":
            refuse(
                self.place(id),
                f"{text!r} gives a {typed.kind}",
                "a condition",
                "Compare it with something.",
                code="type",
            )
        return expr

    def number(self, text: str, id: str) -> Expr:
        expr = parse_expression(text, self.place(id))
        if check_types(expr, self.scope, self.place(id)).kind != "number":
            refuse(self.place(id), f"{text!r}", "a number", "Give a measure or a formula.", code="type")
        return expr


def cut(expr: Expr, slot: str | None = None) -> Logic:
    """Cut a condition at its AND, OR and NOT, so that what is still needed can be followed into it."""
    if isinstance(expr, (t.And, t.Or)):
        word = "all" if isinstance(expr, t.And) else "any"
        return Junction("all" if word == "all" else "any", tuple(cut(part) for part in expr.parts), slot)
    if isinstance(expr, t.Not):
        return Negation(cut(expr.inner), slot)
    return Atom(expr, slot)
