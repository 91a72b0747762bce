"""The value of an expression for one firm, in exact fractions: the figures that reasons and advice print.

Outcomes never come from here: they come from the compiled query, for one firm as for ten million.
"""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from math import floor
from operator import add, mul, sub
from typing import Any, TypeAlias

from littlegiant.standards.language import tree as t
from littlegiant.standards.language.scope import Item, Scope

Value: TypeAlias = Fraction | bool | str | date | None
Lookup: TypeAlias = Callable[[Item], Value]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}

_ARITHMETIC: dict[str, Callable[[Fraction, Fraction], Fraction]] = {"+": add, "-": sub, "*": mul}


def years_between(start: date, end: date) -> int:
    """Return the whole years from `start` to `end`; 29 February completes its year on 1 March."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def evaluate(expr: t.Expr, scope: Scope, lookup: Lookup, *, reference_date: date, back: int = 0) -> Value:
    """Return the value of `expr`, None when unknown. `lookup` gives each item's value in main units (yuan, a share)."""

    def of(part: t.Expr) -> Any:
        return evaluate(part, scope, lookup, reference_date=reference_date, back=back)

    if isinstance(expr, t.Name):
        symbol = scope.symbols[expr.name]
        if symbol.formula is not None:
            value: Value = of(symbol.formula)
            return value
        if symbol.source == "parameter":
            return symbol.value
        return reference_date if symbol.source == "reference_date" else lookup(scope.item(expr.name, back))
    if isinstance(expr, (t.Number, t.String, t.Truth)):
        return expr.value  # a fraction, a text or a truth
    if isinstance(expr, t.Prior):
        return evaluate(expr.inner, scope, lookup, reference_date=reference_date, back=back + expr.years)
    if isinstance(expr, t.Holds):
        return lookup(scope.items(expr)[0])
    if isinstance(expr, (t.And, t.Or)):
        return _kleene([of(part) for part in expr.parts], settles=isinstance(expr, t.Or))
    if isinstance(expr, t.Case):
        return _case(expr, of)
    if isinstance(expr, t.Assume):
        inner = of(expr.inner)
        assumed: Value = of(expr.value) if inner is None else inner
        return assumed
    values = [of(child) for child in t.children(expr)]
    return None if any(value is None for value in values) else _strict(expr, values)


def _kleene(values: list[bool | None], *, settles: bool) -> bool | None:
    if settles in values:
        return settles
    return None if None in values else not settles


def _case(expr: t.Case, of: Callable[[t.Expr], Any]) -> Value:
    result = of(expr.otherwise)
    for condition, value in reversed(expr.arms):
        met, chosen = of(condition), of(value)
        if met is None:
            result = chosen if chosen == result else None
        elif met:
            result = chosen
    return result  # type: ignore[no-any-return]


def _strict(expr: t.Expr, values: list[Any]) -> Value:
    """Compute a node whose value is unknown as soon as a part is; all parts are known here."""
    if isinstance(expr, t.Negative):
        return Fraction(-values[0])
    if isinstance(expr, t.Absolute):
        return Fraction(abs(values[0]))
    if isinstance(expr, t.Floor):
        return Fraction(floor(values[0]))
    if isinstance(expr, t.Not):
        return not values[0]
    if isinstance(expr, t.Extreme):
        return max(values) if expr.which == "greatest" else min(values)  # type: ignore[no-any-return]
    if isinstance(expr, t.OneOf):
        return values[0] in [_day(v) if isinstance(values[0], date) else v for v in values[1:]]
    if isinstance(expr, t.StartsWith):
        return str(values[0]).startswith(expr.prefix)
    dated = isinstance(expr, t.Elapsed) or _dated(values)
    left, right = (_day(v) if isinstance(v, str) and dated else v for v in values)
    if isinstance(expr, t.Elapsed):
        return Fraction(years_between(left, right) if expr.unit == "years" else (right - left).days)
    if isinstance(expr, t.Comparison):
        return _COMPARE[expr.sign](left, right)
    assert isinstance(expr, t.Arithmetic)
    if expr.sign == "/":
        return left / right if right else None
    return _ARITHMETIC[expr.sign](left, right)


def _day(text: str) -> Any:
    return date.fromisoformat(text)


def _dated(values: list[Any]) -> bool:
    return any(isinstance(value, date) for value in values)
