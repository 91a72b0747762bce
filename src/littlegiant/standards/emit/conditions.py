"""Conditions as SQL that stays true to three values: what is unknown never comes out as yes or no."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from littlegiant.problems import refuse
from littlegiant.standards.emit.fractions import LONGEST, NumberWriter
from littlegiant.standards.language import Expr, Item, Scope, check_types, render
from littlegiant.standards.language import tree as t


@dataclass(frozen=True)
class ConditionWriter:
    """Writes boolean expressions over the columns that `column` names."""

    scope: Scope
    column: Callable[[Item], str]
    reference_date: date
    place: str

    def write(self, expr: Expr, back: int = 0) -> str:
        text = self._write(expr, back)
        return text.replace("__reference_date__", f"CAST('{self.reference_date.isoformat()}' AS DATE)")

    def numbers(self) -> NumberWriter:
        return NumberWriter(self.scope, self.column, self._write, self.place)

    def _write(self, expr: Expr, back: int) -> str:
        if isinstance(expr, (t.And, t.Or)):
            word = " AND " if isinstance(expr, t.And) else " OR "
            return "(" + word.join(self._write(part, back) for part in expr.parts) + ")"
        if isinstance(expr, t.Not):
            return f"(NOT {self._write(expr.inner, back)})"
        if isinstance(expr, t.Truth):
            return "TRUE" if expr.value else "FALSE"
        if isinstance(expr, t.Name):
            return self.column(self.scope.item(expr.name, back))
        if isinstance(expr, t.Holds):
            return self.column(self.scope.items(expr)[0])
        if isinstance(expr, t.Prior):
            return self._write(expr.inner, back + expr.years)
        if isinstance(expr, t.Comparison):
            return self._comparison(expr, back)
        if isinstance(expr, t.OneOf):
            return self._one_of(expr, back)
        if isinstance(expr, t.StartsWith):
            return f"STARTS_WITH({self._text(expr.inner, back)}, {_quoted(expr.prefix)})"
        if isinstance(expr, t.Case):
            return self._case(expr, back)
        assert isinstance(expr, t.Assume), render(expr)
        return f"COALESCE({self._write(expr.inner, back)}, {self._write(expr.value, back)})"

    def _comparison(self, expr: t.Comparison, back: int) -> str:
        kinds = {check_types(side, self.scope, self.place).kind for side in (expr.left, expr.right)}
        if "date" in kinds:
            numbers = self.numbers()
            return f"({numbers.date(expr.left, back)} {expr.sign} {numbers.date(expr.right, back)})"
        if "boolean" in kinds:
            return f"({self._write(expr.left, back)} {expr.sign} {self._write(expr.right, back)})"
        if "text" in kinds:
            return f"({self._text(expr.left, back)} {expr.sign} {self._text(expr.right, back)})"
        numbers = self.numbers()
        return numbers.compare(expr.sign, numbers.write(expr.left, back), numbers.write(expr.right, back))

    def _one_of(self, expr: t.OneOf, back: int) -> str:
        if check_types(expr.inner, self.scope, self.place).kind == "text":
            options = ", ".join(_quoted(option.value) for option in expr.options if isinstance(option, t.String))
            return f"({self._text(expr.inner, back)} IN ({options}))"
        return "(" + " OR ".join(self._comparison(t.Comparison("=", expr.inner, option), back) for option in expr.options) + ")"

    def _text(self, expr: Expr, back: int) -> str:
        if isinstance(expr, t.String):
            return _quoted(expr.value)
        if isinstance(expr, t.Prior):
            return self._text(expr.inner, back + expr.years)
        if isinstance(expr, t.Assume):
            return f"COALESCE({self._text(expr.inner, back)}, {self._text(expr.value, back)})"
        if not isinstance(expr, t.Name):
            refuse(self.place, f"{render(expr)} as a text", "", "Give a code or text fact.", code="type")
        return self.column(self.scope.item(expr.name, back))

    def _case(self, expr: t.Case, back: int) -> str:
        rest = self._write(expr.otherwise, back)
        for condition, value in reversed(expr.arms):
            c, v = self._write(condition, back), self._write(value, back)
            rest = f"(CASE WHEN {c} THEN {v} WHEN NOT {c} THEN {rest} WHEN {v} = {rest} THEN {v} END)"
            if len(rest) > LONGEST:
                refuse(
                    self.place,
                    f"a CASE whose query has more than {LONGEST:,} characters",
                    "",
                    "Nest it less deeply.",
                    code="too-long",
                )
        return rest


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
