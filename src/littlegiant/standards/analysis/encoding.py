"""A compiled standard as formulas of exact rational arithmetic for z3.

Every condition becomes a pair: when it is certainly true, when it is certainly false. With all facts known both can
fail only where a ratio has a denominator of zero or a table leaves a value out. A ratio is never divided: `a / b >= t`
is `a >= t b` with the sign of b looked at, so that standards without products of facts stay linear, which is decidable.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial, reduce
from typing import Any

from littlegiant.standards.analysis.variables import Formula, Maker, Variables
from littlegiant.standards.kinds import Atom, Bands, Junction, Ladder, Logic, Negation, Points
from littlegiant.standards.language import Expr, Item, Scope, check_types, render
from littlegiant.standards.language import tree as t
from littlegiant.standards.plan import Compiled


@dataclass(frozen=True, slots=True)
class Truth:
    """When a condition is certainly true and when certainly false."""

    yes: Formula
    no: Formula


@dataclass(frozen=True, slots=True)
class Quotient:
    """`top` / `bottom`, known where `defined`; a constant bottom is 1."""

    top: Formula
    bottom: Formula
    defined: Formula


@dataclass
class Encoder:
    """Turns the tree of one standard into formulas over shared variables."""

    compiled: Compiled
    variables: Variables
    codes: Mapping[str, Sequence[str]]  # the values that matter of each code item, by name
    products: set[str] = field(default_factory=set)  # conditions with a product of facts: not linear
    not_linear: list[Truth] = field(default_factory=list)  # the comparisons among them
    divisors: dict[str, Formula] = field(default_factory=dict)  # facts that, once fixed, leave those conditions linear
    _multiplied: int = 0
    scores: dict[str, tuple[Formula, Formula]] = field(default_factory=dict)  # ladder id -> least and most points
    steps: dict[tuple[str, int], Truth] = field(default_factory=dict)
    slot: str = ""

    @property
    def z3(self) -> Any:
        return self.variables.z3

    @property
    def make(self) -> Maker:
        return self.variables.make

    @property
    def scope(self) -> Scope:
        return self.compiled.scope

    # --- conditions ---------------------------------------------------------------------------------------

    def logic(self, logic: Logic) -> Truth:
        if logic.slot is not None:
            self.slot = logic.slot
        if isinstance(logic, Atom):
            return self.condition(logic.expr)
        if isinstance(logic, Negation):
            return self._turned(self.logic(logic.part))
        if isinstance(logic, Points):
            return self._points(logic)
        if isinstance(logic, Bands):
            return self._bands(logic)
        assert isinstance(logic, Junction)
        return self._junction(logic.word == "all", [self.logic(part) for part in logic.parts])

    def _turned(self, truth: Truth) -> Truth:
        return Truth(truth.no, truth.yes)

    def _junction(self, every: bool, parts: Sequence[Truth]) -> Truth:
        yes, no = [part.yes for part in parts], [part.no for part in parts]
        if every:
            return Truth(self.z3.And(yes), self.z3.Or(no))
        return Truth(self.z3.Or(yes), self.z3.And(no))

    def _bands(self, bands: Bands) -> Truth:
        arms = [self.condition(arm.condition) for arm in bands.arms]
        parts = [self.logic(arm.part) for arm in bands.arms]
        both = list(zip(arms, parts, strict=True))
        if not bands.open_ended:
            yes = self.z3.And([self.z3.Or(arm.no, part.yes) for arm, part in both])
            return Truth(yes, self.z3.And([self.z3.Or(arm.no, part.no) for arm, part in both]))
        inside = [self.z3.And(arm.yes, *(self.z3.Not(a.yes) for a in arms[:n])) for n, arm in enumerate(arms)]
        yes = self.z3.Or([self.z3.And(here, part.yes) for here, part in zip(inside, parts, strict=True)])
        return Truth(yes, self.z3.Or([self.z3.And(here, part.no) for here, part in zip(inside, parts, strict=True)]))

    def condition(self, expr: Expr, back: int = 0) -> Truth:
        if isinstance(expr, (t.And, t.Or)):
            return self._junction(isinstance(expr, t.And), [self.condition(part, back) for part in expr.parts])
        if isinstance(expr, t.Not):
            return self._turned(self.condition(expr.inner, back))
        if isinstance(expr, t.Truth):
            return Truth(self.make.boolval(expr.value), self.make.boolval(not expr.value))
        if isinstance(expr, t.Prior):
            return self.condition(expr.inner, back + expr.years)
        if isinstance(expr, (t.Name, t.Holds)):
            item = self.scope.item(expr.name, back) if isinstance(expr, t.Name) else self.scope.items(expr)[0]
            variable = self.variables.truth(item)
            return Truth(variable, self.z3.Not(variable))
        if isinstance(expr, t.Comparison):
            return self._comparison(expr, back)
        if isinstance(expr, t.OneOf):
            return self._one_of(expr, back)
        if isinstance(expr, t.StartsWith):
            prefix = expr.prefix
            return self._text_test(expr.inner, back, lambda value: value.startswith(prefix))
        if isinstance(expr, t.Case):
            return self._case(expr, back)
        if isinstance(expr, t.Known):
            return Truth(self.make.boolval(True), self.make.boolval(False))
        assert isinstance(expr, t.Assume), render(expr)
        return self.condition(expr.inner, back)  # with all facts known nothing is assumed

    def _case(self, expr: t.Case, back: int) -> Truth:
        rest = self.condition(expr.otherwise, back)
        for condition, value in reversed(expr.arms):
            c, v = self.condition(condition, back), self.condition(value, back)
            yes = self.z3.Or(self.z3.And(c.yes, v.yes), self.z3.And(c.no, rest.yes), self.z3.And(v.yes, rest.yes))
            rest = Truth(yes, self.z3.Or(self.z3.And(c.yes, v.no), self.z3.And(c.no, rest.no), self.z3.And(v.no, rest.no)))
        return rest

    def _one_of(self, expr: t.OneOf, back: int) -> Truth:
        if self._kind(expr.inner) == "text":
            options = {option.value for option in expr.options if isinstance(option, t.String)}
            return self._text_test(expr.inner, back, lambda value: value in options)
        return self._junction(False, [self._comparison(t.Comparison("=", expr.inner, each), back) for each in expr.options])

    def _kind(self, expr: Expr) -> str:
        return check_types(expr, self.scope, self.slot).kind

    def _comparison(self, expr: t.Comparison, back: int) -> Truth:
        kind = self._kind(expr.left)
        if kind == "date" or self._kind(expr.right) == "date":
            return self._decided(_compare(expr.sign, self._day(expr.left, back), self._day(expr.right, back)))
        if kind == "boolean":
            left, right = self.condition(expr.left, back), self.condition(expr.right, back)
            same = self.z3.Or(self.z3.And(left.yes, right.yes), self.z3.And(left.no, right.no))
            other = self.z3.Or(self.z3.And(left.yes, right.no), self.z3.And(left.no, right.yes))
            return Truth(same, other) if expr.sign == "=" else Truth(other, same)
        if kind == "text":
            return self._texts_compared(expr, back)
        before = self._multiplied
        left_number, right_number = self.number(expr.left, back), self.number(expr.right, back)
        defined = self.z3.And(left_number.defined, right_number.defined)
        a, b = self._positive(left_number), self._positive(right_number)
        compared = _compare(expr.sign, self._times(a.top, b.bottom), self._times(b.top, a.bottom))
        truth = Truth(self.z3.And(defined, compared), self.z3.And(defined, self.z3.Not(compared)))
        if self._multiplied > before:
            self.not_linear.append(truth)
        return truth

    def _texts_compared(self, expr: t.Comparison, back: int) -> Truth:
        name, literal = (expr.left, expr.right) if isinstance(expr.right, t.String) else (expr.right, expr.left)
        if isinstance(literal, t.String):
            wanted = literal.value
            same = self._text_test(name, back, lambda value: value == wanted)
        else:
            same = self._decided(self._same_text(name, literal, back))
        return same if expr.sign == "=" else self._turned(same)

    def _text_test(self, expr: Expr, back: int, test: Callable[[str], bool]) -> Truth:
        item = self._text_item(expr, back)
        variable = self.variables.by_item[item]
        fitting = [variable == n for n, value in enumerate(self.variables.texts[item]) if test(value)]
        return self._decided(self.z3.Or(fitting) if fitting else self.make.boolval(False))

    def _same_text(self, one: Expr, other: Expr, back: int) -> Formula:
        """Return when two codes are the same, over the values that both may take."""
        values = dict.fromkeys(value for expr in (one, other) for value in self.variables.texts[self._text_item(expr, back)])
        tests = [partial(operator.eq, value) for value in values]
        return self.z3.Or([self.z3.And([self._text_test(expr, back, test).yes for expr in (one, other)]) for test in tests])

    def _text_item(self, expr: Expr, back: int) -> Item:
        while isinstance(expr, (t.Prior, t.Assume)):
            back += expr.years if isinstance(expr, t.Prior) else 0
            expr = expr.inner
        assert isinstance(expr, t.Name)
        item = self.scope.item(expr.name, back)
        self.variables.text(item, self.codes[item.name])
        return item

    def _decided(self, formula: Formula) -> Truth:
        return Truth(formula, self.z3.Not(formula))

    def _day(self, expr: Expr, back: int) -> Formula:
        if isinstance(expr, t.String):
            return self.make.intval(date.fromisoformat(expr.value).toordinal())
        if isinstance(expr, t.Prior):
            return self._day(expr.inner, back + expr.years)
        assert isinstance(expr, t.Name)
        if self.scope.symbols[expr.name].source == "reference_date":
            return self.make.intval(self.compiled.reference_date.toordinal())
        return self.variables.day(self.scope.item(expr.name, back))

    # --- numbers ------------------------------------------------------------------------------------------

    def number(self, expr: Expr, back: int = 0) -> Quotient:
        true = self.make.boolval(True)
        if isinstance(expr, t.Number):
            return Quotient(self.variables.rational(expr.value), self._one(), true)
        if isinstance(expr, t.Name):
            symbol = self.scope.symbols[expr.name]
            if symbol.formula is not None:
                return self.number(symbol.formula, back)
            if symbol.value is not None:
                return Quotient(self.variables.rational(symbol.value), self._one(), true)
            return Quotient(self.variables.number(self.scope.item(expr.name, back), self.scope), self._one(), true)
        if isinstance(expr, t.Prior):
            return self.number(expr.inner, back + expr.years)
        if isinstance(expr, t.Negative):
            inner = self.number(expr.inner, back)
            return Quotient(-inner.top, inner.bottom, inner.defined)
        if isinstance(expr, t.Arithmetic):
            return self._arithmetic(expr.sign, self.number(expr.left, back), self.number(expr.right, back))
        if isinstance(expr, t.Absolute):
            inner = self._positive(self.number(expr.inner, back))
            return Quotient(self.z3.If(inner.top >= 0, inner.top, -inner.top), inner.bottom, inner.defined)
        if isinstance(expr, t.Floor):
            return self._floor(self.number(expr.inner, back))
        if isinstance(expr, t.Extreme):
            return self._extreme(expr, back)
        if isinstance(expr, t.Case):
            return self._number_case(expr, back)
        if isinstance(expr, t.Elapsed):
            return Quotient(self._elapsed(expr, back), self._one(), true)
        assert isinstance(expr, t.Assume), render(expr)
        inner, value = self.number(expr.inner, back), self.number(expr.value, back)
        return self._chosen(inner.defined, inner, value, self.z3.Or(inner.defined, value.defined))

    def _one(self) -> Formula:
        return self.make.realval(1)

    def _is_constant(self, formula: Formula) -> bool:
        return bool(self.z3.is_rational_value(self.z3.simplify(formula)))

    def _times(self, a: Formula, b: Formula) -> Formula:
        if not self._is_constant(a) and not self._is_constant(b):
            self._multiplied += 1
            self.products.add(self.slot)
            self.divisors.update({str(variable): variable for variable in self.variables_of(b)})
        return self.z3.simplify(a * b) if self._is_constant(a) or self._is_constant(b) else a * b

    def variables_of(self, formula: Formula) -> list[Formula]:
        """Return the variables of a formula, each as often as it stands there."""
        if formula.num_args() == 0:
            return [formula] if self.z3.is_real(formula) and not self._is_constant(formula) else []
        return [variable for child in formula.children() for variable in self.variables_of(child)]

    def _arithmetic(self, sign: str, a: Quotient, b: Quotient) -> Quotient:
        defined = self.z3.And(a.defined, b.defined)
        if sign == "*":
            return Quotient(self._times(a.top, b.top), self._times(a.bottom, b.bottom), defined)
        if sign == "/":
            known = self.z3.And(defined, b.top != 0)
            return Quotient(self._times(a.top, b.bottom), self._times(a.bottom, b.top), known)
        right = b.top if sign == "+" else -b.top
        if a.bottom.eq(b.bottom):
            return Quotient(a.top + right, a.bottom, defined)
        top = self._times(a.top, b.bottom) + self._times(right, a.bottom)
        return Quotient(top, self._times(a.bottom, b.bottom), defined)

    def _positive(self, value: Quotient) -> Quotient:
        """Return the same value over a bottom that is never negative where it is known."""
        if self._is_constant(value.bottom):
            size = self.z3.simplify(value.bottom)
            negative = size.as_fraction() < 0
            return Quotient(-value.top, -value.bottom, value.defined) if negative else value
        if self._never_negative(value.bottom):
            return value
        top = self.z3.If(value.bottom < 0, -value.top, value.top)
        return Quotient(top, self.z3.If(value.bottom < 0, -value.bottom, value.bottom), value.defined)

    def _never_negative(self, formula: Formula) -> bool:
        """Say whether a single fact, or a sum or product of such, cannot be negative."""
        for item, variable in self.variables.by_item.items():
            if formula.eq(variable):
                least = self.scope.symbols[item.name].least if item.name in self.scope.symbols else None
                return least is not None and least >= 0
        if self._is_constant(formula):
            return bool(self.z3.simplify(formula).as_fraction() >= 0)
        kind = formula.decl().kind()
        if kind in (self.z3.Z3_OP_ADD, self.z3.Z3_OP_MUL):
            return all(self._never_negative(child) for child in formula.children())
        return False

    def _floor(self, value: Quotient) -> Quotient:
        if not self._is_constant(value.bottom):
            self._multiplied += 1
            self.products.add(self.slot)
        return Quotient(self.z3.ToReal(self.z3.ToInt(value.top / value.bottom)), self._one(), value.defined)

    def _extreme(self, expr: t.Extreme, back: int) -> Quotient:
        parts = [self._positive(self.number(part, back)) for part in expr.parts]

        def pick(a: Quotient, b: Quotient) -> Quotient:
            left, right = self._times(a.top, b.bottom), self._times(b.top, a.bottom)
            first = left >= right if expr.which == "greatest" else left <= right
            return self._chosen(first, a, b, self.z3.And(a.defined, b.defined))

        return reduce(pick, parts)

    def _number_case(self, expr: t.Case, back: int) -> Quotient:
        rest = self.number(expr.otherwise, back)
        for condition, value in reversed(expr.arms):
            c, v = self.condition(condition, back), self.number(value, back)
            known = self.z3.Or(self.z3.And(c.yes, v.defined), self.z3.And(c.no, rest.defined))
            rest = self._chosen(c.yes, v, rest, known)
        return rest

    def _chosen(self, first: Formula, a: Quotient, b: Quotient, defined: Formula) -> Quotient:
        bottom = a.bottom if a.bottom.eq(b.bottom) else self.z3.If(first, a.bottom, b.bottom)
        return Quotient(self.z3.If(first, a.top, b.top), bottom, defined)

    def _elapsed(self, expr: t.Elapsed, back: int) -> Formula:
        """Days are exact; whole years are a number of their own, held within a day a year of the days."""
        start, end = self._day(expr.start, back), self._day(expr.end, back)
        if expr.unit == "days":
            return self.z3.ToReal(end - start)
        key = (expr.start, expr.end, back, self.compiled.reference_date)
        if key not in self.variables.elapsed:
            years = self.make.int(f"years {len(self.variables.elapsed)}")
            quarters = 4 * (end - start)  # 1461 days are four years
            self.variables.elapsed[key] = (years, start, end)
            self.variables.domain += [1461 * years <= quarters + 8, quarters - 8 <= 1461 * (years + 1)]
        return self.z3.ToReal(self.variables.elapsed[key][0])

    # --- scores -------------------------------------------------------------------------------------------

    def _points(self, points: Points) -> Truth:
        for ladder in points.ladders:
            self.scores[ladder.id] = self._interval(ladder)
        caps, floors = dict(points.caps), dict(points.floors)
        groups = sorted({*(ladder.group for ladder in points.ladders), *floors})
        reached = []
        for end in (0, 1):
            sums, tests = [], []
            for group in groups:
                total = self.z3.Sum([self.scores[each.id][end] for each in points.ladders if each.group == group])
                if group in caps:
                    total = self.z3.If(total > caps[group], self.make.intval(caps[group]), total)
                if group in floors:
                    tests.append(total >= floors[group])
                sums.append(total)
            reached.append(self.z3.And([*tests, self.z3.Sum(sums) >= points.pass_mark]))
        return Truth(reached[0], self.z3.Not(reached[1]))

    def _interval(self, ladder: Ladder) -> tuple[Formula, Formula]:
        """Return the least and the most points over the rungs that can be reached."""

        def points(value: int) -> int:
            return value if ladder.cap is None else min(value, ladder.cap)

        low = high = self.make.intval(points(ladder.otherwise))
        for number, step in reversed(list(enumerate(ladder.steps))):
            met = self.steps[ladder.id, number] = self.condition(step.condition)
            here = self.make.intval(points(step.points))
            low = self.z3.If(met.yes, here, self.z3.If(met.no, low, self.z3.If(low < here, low, here)))
            high = self.z3.If(met.yes, here, self.z3.If(met.no, high, self.z3.If(high > here, high, here)))
        return low, high


def _compare(sign: str, a: Formula, b: Formula) -> Formula:
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]
