"""Numbers of the expression language as exact fractions of integer SQL: coefficient x numerator / denominator."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm

from littlegiant.problems import refuse
from littlegiant.standards.emit import whole as w
from littlegiant.standards.emit.whole import Whole, literal
from littlegiant.standards.language import Expr, Item, Scope, render
from littlegiant.standards.language import tree as t

ONE = literal(1)
LONGEST = 50_000  # characters of one written number; nesting repeats what it wraps


@dataclass(frozen=True, slots=True)
class Ratio:
    """`factor` x `numerator` / `denominator`; a zero denominator makes the value unknown, its sign may be any.

    `column` is set while the value is nothing but a stored decimal: its column and decimals.
    """

    factor: Fraction
    numerator: Whole = ONE
    denominator: Whole = ONE
    column: tuple[str, int] | None = None

    @property
    def constant(self) -> Fraction | None:
        top, bottom = self.numerator.constant, self.denominator.constant
        return self.factor * top / bottom if top is not None and bottom else None


@dataclass(frozen=True)
class NumberWriter:
    """Writes number expressions; `column` names the column of an item, `condition` writes conditions inside CASE."""

    scope: Scope
    column: Callable[[Item], str]
    condition: Callable[[Expr, int], str]
    place: str

    def write(self, expr: Expr, back: int = 0) -> Ratio:
        """Return `expr`, `back` years before the judged year."""
        written = self._write(expr, back)
        if max(len(written.numerator.sql), len(written.denominator.sql)) > LONGEST:
            found = f"a formula whose query has more than {LONGEST:,} characters"
            refuse(self.place, found, "", "Nest CASE, greatest, least and floor less deeply.", code="too-long")
        return written

    def _write(self, expr: Expr, back: int) -> Ratio:
        if isinstance(expr, t.Number):
            return Ratio(expr.value)
        if isinstance(expr, t.Name):
            return self._name(expr, back)
        if isinstance(expr, t.Prior):
            return self.write(expr.inner, back + expr.years)
        if isinstance(expr, t.Negative):
            inner = self.write(expr.inner, back)
            return replace(inner, factor=-inner.factor, column=None)
        if isinstance(expr, t.Arithmetic):
            left, right = self.write(expr.left, back), self.write(expr.right, back)
            return self._arithmetic(expr.sign, left, right)
        if isinstance(expr, t.Absolute):
            inner = self.write(expr.inner, back)
            return Ratio(abs(inner.factor), w.absolute(inner.numerator), w.absolute(inner.denominator))
        if isinstance(expr, t.Floor):
            return self._floor(self.write(expr.inner, back))
        if isinstance(expr, t.Extreme):
            factor, bottom, tops = self._align([self.write(part, back) for part in expr.parts])
            return Ratio(factor, w.extreme(expr.which, tops), bottom)
        if isinstance(expr, t.Case):
            return self._case(expr, back)
        if isinstance(expr, t.Elapsed):
            return self._elapsed(expr, back)
        assert isinstance(expr, t.Assume), render(expr)
        return self._assume(expr, back)

    def _name(self, expr: t.Name, back: int) -> Ratio:
        symbol = self.scope.symbols[expr.name]
        if symbol.formula is not None:
            return self.write(symbol.formula, back)
        if symbol.value is not None:
            return Ratio(symbol.value)
        assert symbol.least is not None
        assert symbol.most is not None
        column = self.column(self.scope.item(expr.name, back))
        if symbol.decimals == 0:
            return Ratio(Fraction(1, symbol.scale), Whole(column, symbol.least, symbol.most))
        stored = Whole(f"CAST({column} * {symbol.scale} AS BIGINT)", symbol.least, symbol.most)
        return Ratio(Fraction(1, symbol.scale), stored, column=(column, symbol.decimals))

    def _arithmetic(self, sign: str, left: Ratio, right: Ratio) -> Ratio:
        if sign == "*":
            return self._product(left, right)
        if sign == "/":
            if right.constant is not None or not right.factor:
                if not right.factor:
                    return self._nothing()
                assert right.constant is not None
                return replace(left, factor=left.factor / right.constant, column=None) if right.constant else self._nothing()
            # The divisor's own denominator comes out on top; where it is zero the divisor is unknown, not zero.
            return self._product(left, Ratio(1 / right.factor, self._known(right.denominator), right.numerator))
        if sign == "-":
            right = replace(right, factor=-right.factor, column=None)
        factor, bottom, (a, b) = self._align([left, right])
        return Ratio(factor, w.add(a, b, self.place), bottom)

    def _nothing(self) -> Ratio:
        return Ratio(Fraction(1), Whole("CAST(NULL AS BIGINT)", 0, 0))

    def _product(self, a: Ratio, b: Ratio) -> Ratio:
        # x / y * y / z: the same text above and below cancels, except that y = 0 must stay unknown, so it is kept.
        top = w.times(a.numerator, b.numerator, self.place)
        return Ratio(a.factor * b.factor, top, w.times(a.denominator, b.denominator, self.place))

    def _align(self, values: list[Ratio]) -> tuple[Fraction, Whole, list[Whole]]:
        """Bring `values` to one positive denominator and one factor; return these and the numerators."""
        values = [self._positive(value) for value in values]
        below = lcm(*(value.factor.denominator for value in values))
        bottoms = list(dict.fromkeys(value.denominator for value in values if value.denominator.constant != 1))
        bottom = ONE
        for each in bottoms:
            bottom = w.times(bottom, each, self.place)
        tops = []
        for value in values:
            top = w.times(literal(int(value.factor * below)), value.numerator, self.place)
            for each in bottoms:
                if each != value.denominator:
                    top = w.times(top, each, self.place)
            tops.append(top)
        return Fraction(1, below), bottom, tops

    def _positive(self, value: Ratio) -> Ratio:
        """Return the same value over a denominator that is never negative."""
        bottom = value.denominator
        if bottom.least >= 0:
            return value
        top = w.choose([(f"{bottom.sql} < 0", w.negate(value.numerator)), (f"{bottom.sql} > 0", value.numerator)], None)
        return Ratio(value.factor, top, w.absolute(bottom))

    def _floor(self, value: Ratio) -> Ratio:
        value = self._positive(value)
        top = w.times(literal(value.factor.numerator), value.numerator, self.place)
        bottom = w.times(literal(value.factor.denominator), value.denominator, self.place)
        if bottom.constant == 1:
            return Ratio(Fraction(1), top)
        if top.constant is not None and bottom.constant:
            return Ratio(Fraction(top.constant // bottom.constant))
        span = max(abs(top.least), abs(top.most)) + 2 * max(abs(bottom.least), abs(bottom.most))
        wide = top.wide or bottom.wide or span > w.NARROW
        x, y = (f"CAST({each.sql} AS HUGEINT)" if wide else each.sql for each in (top, bottom))
        y = f"NULLIF({y}, 0)"
        # The remainder takes the sign of the dividend on every engine; made non-negative it gives the floor exactly.
        exact = f"(({x} - ((({x} % {y}) + {y}) % {y})) // {y})"
        most = max(abs(top.least), abs(top.most))
        return Ratio(Fraction(1), Whole(exact, -most, most, wide))

    def _case(self, expr: t.Case, back: int) -> Ratio:
        values = [self.write(value, back) for _, value in expr.arms] + [self.write(expr.otherwise, back)]
        conditions = [self.condition(condition, back) for condition, _ in expr.arms]
        if t.is_step_table(expr):
            factor, bottom, tops = self._align(values)
            selector = expr.arms[0][0]
            assert isinstance(selector, t.Comparison)
            known = f"{self.compare('=', self.write(selector.left, back), self.write(selector.left, back))}"
            arms = [*zip(conditions, tops[:-1], strict=True), (known, tops[-1])]
            return Ratio(factor, w.choose(arms, None), bottom)
        rest = values[-1]
        for condition, value in reversed(list(zip(conditions, values[:-1], strict=True))):
            rest = self._strict_choice(condition, value, rest)
        return rest

    def _strict_choice(self, condition: str, value: Ratio, rest: Ratio) -> Ratio:
        """Return `value` where the condition holds, `rest` where it does not, either where it is unknown and both agree.

        Numerators and denominators are chosen apart, so that a zero denominator counts only where it is chosen.
        """
        below = lcm(value.factor.denominator, rest.factor.denominator)
        tops = [w.times(literal(int(each.factor * below)), each.numerator, self.place) for each in (value, rest)]
        equal = self.compare("=", value, rest)
        chosen = [(condition, 0), (f"NOT {condition}", 1), (equal, 0)]
        top = w.choose([(when, tops[n]) for when, n in chosen], None)
        bottoms = (value.denominator, rest.denominator)
        if bottoms[0] == bottoms[1]:
            return Ratio(Fraction(1, below), top, bottoms[0])
        return Ratio(Fraction(1, below), top, w.choose([(when, bottoms[n]) for when, n in chosen], None))

    def _elapsed(self, expr: t.Elapsed, back: int) -> Ratio:
        start, end = (self.date(side, back) for side in (expr.start, expr.end))
        if expr.unit == "days":
            return Ratio(Fraction(1), Whole(f"CAST(DATE_DIFF('day', {start}, {end}) AS BIGINT)", -4_000_000, 4_000_000))
        day = "EXTRACT(MONTH FROM {0}) * 100 + EXTRACT(DAY FROM {0})"
        early = f"CASE WHEN {day.format(end)} < {day.format(start)} THEN 1 ELSE 0 END"
        sql = f"CAST(EXTRACT(YEAR FROM {end}) - EXTRACT(YEAR FROM {start}) - {early} AS BIGINT)"
        return Ratio(Fraction(1), Whole(sql, -10_000, 10_000))

    def date(self, expr: Expr, back: int) -> str:
        if isinstance(expr, t.String):
            return f"CAST('{expr.value}' AS DATE)"
        if isinstance(expr, t.Prior):
            return self.date(expr.inner, back + expr.years)
        assert isinstance(expr, t.Name)
        if self.scope.symbols[expr.name].source == "reference_date":
            return "__reference_date__"
        return self.column(self.scope.item(expr.name, back))

    def _assume(self, expr: t.Assume, back: int) -> Ratio:
        inner, value = self.write(expr.inner, back), self.write(expr.value, back)
        below = lcm(inner.factor.denominator, value.factor.denominator)
        a, b = (w.times(literal(int(each.factor * below)), each.numerator, self.place) for each in (inner, value))
        known = f"({a.sql} IS NOT NULL AND {inner.denominator.sql} <> 0)"
        top = w.choose([(known, a)], b)
        bottom = inner.denominator if inner.denominator.constant == 1 else w.choose([(known, inner.denominator)], ONE)
        return Ratio(Fraction(1, below), top, bottom)

    def compare(self, sign: str, left: Ratio, right: Ratio) -> str:
        """Return an exact comparison: denominators cleared, factors reduced, a zero denominator unknown."""
        if left.column is not None and right.constant is not None:
            decimal = _decimal_text(right.constant, left.column[1])
            if decimal is not None:  # a stored decimal against a number it can hold: no arithmetic at all
                return f"({left.column[0]} {sign} CAST('{decimal}' AS DECIMAL(18, {left.column[1]})))"
        left, right = self._positive(left), self._positive(right)
        common = lcm(left.factor.denominator, right.factor.denominator)
        p, q = int(left.factor * common), int(right.factor * common)
        same = left.denominator == right.denominator
        x = left.numerator if same else w.times(left.numerator, self._known(right.denominator), self.place)
        y = right.numerator if same else w.times(right.numerator, self._known(left.denominator), self.place)
        if same:
            x = self._guarded(x, left.denominator)
        p, x = (p * x.constant, ONE) if x.constant is not None else (p, x)
        q, y = (q * y.constant, ONE) if y.constant is not None else (q, y)
        shared = gcd(p, q) or 1
        a = w.times(literal(p // shared), x, self.place)
        b = w.times(literal(q // shared), y, self.place)
        return f"({a.sql} {sign} {b.sql})"

    def _known(self, bottom: Whole) -> Whole:
        return bottom if bottom.constant is not None else replace(bottom, sql=f"NULLIF({bottom.sql}, 0)")

    def _guarded(self, top: Whole, bottom: Whole) -> Whole:
        if bottom.constant is not None:
            return top
        return replace(top, sql=f"(CASE WHEN {bottom.sql} <> 0 THEN {top.sql} END)")


def _decimal_text(value: Fraction, places: int) -> str | None:
    """Return `value` as digits when it has at most `places` decimals and fits DECIMAL(18)."""
    stored = value * 10**places
    if stored.denominator != 1 or abs(stored) >= 10**18:
        return None
    digits = f"{abs(stored.numerator):0{places + 1}d}"
    return f"{'-' if stored < 0 else ''}{digits[:-places]}.{digits[-places:]}"
