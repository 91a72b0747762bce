"""The type and unit pass: what may be compared, added and multiplied with what.

Units are products of powers of base units; shares and ratios are pure numbers. A bare number takes the unit of the
other side under + - and comparisons, and is pure under * and /.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import NoReturn, TypeAlias

from littlegiant.problems import refuse, suggestion
from littlegiant.standards.language import tree as t
from littlegiant.standards.language.render import render
from littlegiant.standards.language.scope import Scope, ValueKind

Kind: TypeAlias = ValueKind
MOST_ARMS = 6  # each arm of a strict CASE repeats the arms behind it
PURE = frozenset({"", "share", "ratio", "number"})
Unit: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """The kind of a value and its unit; `bare` marks a number without one, which fits any."""

    kind: Kind
    unit: Unit = ()
    bare: bool = False


def unit_of(name: str) -> Unit:
    return () if name in PURE else ((name, 1),)


def unit_text(unit: Unit) -> str:
    return " · ".join(base if power == 1 else f"{base}^{power}" for base, power in unit) or "a pure number"


def check_types(expr: t.Expr, scope: Scope, place: str) -> Typed:
    """Return the type of `expr`; raises LittleGiantError for unknown names, mixed kinds and mixed units."""
    return _Checker(scope, place, frozenset()).check(expr)


@dataclass(frozen=True)
class _Checker:
    scope: Scope
    place: str
    open_measures: frozenset[str]
    in_prior: bool = False

    def refuse(self, found: str, remedy: str, code: str = "type") -> NoReturn:
        refuse(self.place, found, "", remedy, code=code)

    def check(self, expr: t.Expr) -> Typed:
        method = getattr(self, f"_{type(expr).__name__.lower()}")
        result: Typed = method(expr)
        return result

    def number(self, expr: t.Expr) -> Typed:
        typed = self.check(expr)
        if typed.kind == "date":
            self.refuse(f"{render(expr)} is a date, where a number is expected", "Use years(a, b) or days(a, b).")
        if typed.kind != "number":
            self.refuse(f"{render(expr)} is a {typed.kind} value, where a number is expected", "Compare it instead.")
        return typed

    def truth(self, expr: t.Expr) -> Typed:
        typed = self.check(expr)
        if typed.kind != "boolean":
            self.refuse(f"{render(expr)} is a {typed.kind} value, where a condition is expected", "Compare it with something.")
        return typed

    def _name(self, expr: t.Name) -> Typed:
        symbol = self.scope.symbol(expr.name, self.place)
        if symbol.formula is not None:
            if expr.name in self.open_measures:
                chain = " and ".join(sorted(self.open_measures))
                self.refuse(f"measures {chain} need each other", "Break the cycle.", "cycle")
            inner = replace(self, open_measures=self.open_measures | {expr.name})
            typed = inner.check(symbol.formula)
            return Typed(typed.kind, typed.unit if not typed.bare else unit_of(symbol.unit))
        return Typed(symbol.kind, unit_of(symbol.unit) if symbol.kind == "number" else ())

    def _number(self, expr: t.Number) -> Typed:
        return Typed("number", bare=True)

    def _string(self, expr: t.String) -> Typed:
        return Typed("text", bare=True)

    def _truth(self, expr: t.Truth) -> Typed:
        return Typed("boolean", bare=True)

    def _negative(self, expr: t.Negative) -> Typed:
        return self.number(expr.inner)

    _absolute = _negative

    def _floor(self, expr: t.Floor) -> Typed:
        return self.number(expr.inner)

    def _arithmetic(self, expr: t.Arithmetic) -> Typed:
        left, right = self.number(expr.left), self.number(expr.right)
        if expr.sign == "/" and isinstance(expr.right, t.Number) and not expr.right.value:
            self.refuse("a division by zero", "Name the denominator that is meant.")
        if expr.sign in "+-":
            return self._same_unit(expr.left, left, expr.right, right)
        powers = dict(left.unit)
        for base, power in right.unit:
            powers[base] = powers.get(base, 0) + (power if expr.sign == "*" else -power)
        unit = tuple(sorted((base, power) for base, power in powers.items() if power))
        return Typed("number", unit, bare=left.bare and right.bare)

    def _same_unit(self, a: t.Expr, left: Typed, b: t.Expr, right: Typed) -> Typed:
        if left.bare or right.bare or left.unit == right.unit:
            return left if not left.bare else right
        found = f"{unit_text(left.unit)} ({render(a)}) meets {unit_text(right.unit)} ({render(b)})"
        self.refuse(found, "State both in the same unit.", "unit")

    def _comparison(self, expr: t.Comparison) -> Typed:
        left, right = self.check(expr.left), self.check(expr.right)
        if "date" in (left.kind, right.kind):
            self._dates(expr.left, left, expr.right, right)
        elif left.kind != right.kind:
            found = f"compares a {left.kind} ({render(expr.left)}) with a {right.kind} ({render(expr.right)})"
            self.refuse(found, "Compare values of the same type.")
        elif left.kind == "number":
            self._same_unit(expr.left, left, expr.right, right)
        elif expr.sign not in ("=", "<>"):
            self.refuse(f"{expr.sign} between {left.kind} values", "Only = and <> are allowed here.")
        for side, other in ((expr.left, expr.right), (expr.right, expr.left)):
            if isinstance(other, t.String):
                self._code(side, other)
        return Typed("boolean")

    def _dates(self, a: t.Expr, left: Typed, b: t.Expr, right: Typed) -> None:
        for side, typed in ((a, left), (b, right)):
            if isinstance(side, t.String):
                self._day(side)
            elif typed.kind != "date":
                remedy = f"Use years({render(a if left.kind == 'date' else b)}) for whole years."
                self.refuse(f"compares a date with a {typed.kind} ({render(side)})", remedy)

    def _day(self, literal: t.String) -> None:
        try:
            written = date.fromisoformat(literal.value).isoformat() == literal.value
        except ValueError:
            written = False
        if not written:
            self.refuse(f"{literal.value!r} is not a date", "Write it as '2024-12-31'.")

    def _code(self, side: t.Expr, literal: t.String) -> None:
        codes = self.scope.symbols[side.name].codes if isinstance(side, t.Name) and side.name in self.scope.symbols else None
        if codes is not None and literal.value not in codes:
            near = suggestion(literal.value, codes) or f"Known codes: {', '.join(sorted(codes)[:12])}."
            self.refuse(f"{literal.value!r} is no code of {render(side)}", near, "unknown-code")

    def _oneof(self, expr: t.OneOf) -> Typed:
        for option in expr.options:
            self._comparison(t.Comparison("=", expr.inner, option))
        return Typed("boolean")

    def _and(self, expr: t.And | t.Or) -> Typed:
        for part in expr.parts:
            self.truth(part)
        return Typed("boolean")

    _or = _and

    def _not(self, expr: t.Not) -> Typed:
        return self.truth(expr.inner)

    def _case(self, expr: t.Case) -> Typed:
        if len(expr.arms) > MOST_ARMS and not t.is_step_table(expr):
            remedy = "Write a band table (`by:` and `bands:`) as a measure."
            self.refuse(f"CASE with {len(expr.arms)} arms, where {MOST_ARMS} are allowed", remedy, "not-allowed")
        result = self.check(expr.otherwise)
        if result.kind in ("date", "text"):
            self.refuse(f"CASE that gives a {result.kind}", "CASE chooses between numbers or conditions; compare inside it.")
        for condition, value in expr.arms:
            self.truth(condition)
            typed = self.check(value)
            if typed.kind != result.kind:
                self.refuse(f"CASE gives a {typed.kind} here and a {result.kind} there", "Give one type.")
            result = self._same_unit(value, typed, expr.otherwise, result) if typed.kind == "number" else typed
        return result

    def _extreme(self, expr: t.Extreme) -> Typed:
        result = self.number(expr.parts[0])
        for part in expr.parts[1:]:
            result = self._same_unit(expr.parts[0], result, part, self.number(part))
        return result

    def _startswith(self, expr: t.StartsWith) -> Typed:
        if self.check(expr.inner).kind != "text":
            self.refuse(f"starts_with() of {render(expr.inner)}, which is no text", "Give a code or text fact.")
        return Typed("boolean")

    def _prior(self, expr: t.Prior) -> Typed:
        if self.in_prior:
            self.refuse("prior() inside prior()", "Write prior(x, 2).", "not-allowed")
        inner = replace(self, in_prior=True).check(expr.inner)
        if not any(item.yearly for item in self.scope.items(expr.inner)):
            self.refuse(f"prior() of {render(expr.inner)}, which has no years", "Only yearly facts have earlier values.")
        return inner

    def _elapsed(self, expr: t.Elapsed) -> Typed:
        for side in (expr.start, expr.end):
            if isinstance(side, t.String):
                self._day(side)
            elif not isinstance(side, (t.Name, t.Prior)):
                self.refuse(f"{expr.unit}() of {render(side)}", "Give date facts or dates.")
            if self.check(side).kind != "date" and not isinstance(side, t.String):
                self.refuse(f"{expr.unit}() of {render(side)}, which is no date", "Give date facts.")
        return Typed("number", unit_of(expr.unit))

    def _known(self, expr: t.Known) -> Typed:
        self.refuse(
            "known() asks what we know, not what is true",
            "Ask for the fact itself; documents are listed under `evidence:`.",
            "not-allowed",
        )

    def _assume(self, expr: t.Assume) -> Typed:
        typed = self.check(expr.inner)
        if self.check(expr.value).kind != typed.kind:
            self.refuse(f"assume() gives {render(expr.inner)} a value of another type", "Give the same type.")
        return typed

    def _holds(self, expr: t.Holds) -> Typed:
        if expr.tier not in self.scope.tiers:
            remedy = suggestion(expr.tier, self.scope.tiers) or f"Known tiers: {', '.join(sorted(self.scope.tiers))}."
            self.refuse(f"no tier {expr.tier!r} in the pack", remedy, "unknown-name")
        return Typed("boolean")
