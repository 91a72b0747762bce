"""What would have to change: the least change that the same query, asked again, finds eligible.

Candidates come from turning each failed comparison round for each fact that a firm can move; they are combined over
the failed conditions, judged again all at once, and the cheapest that passes is the advice. Nothing is advised that
did not pass. Method: the reference's closed forms with a re-run; cost is the sum of relative changes, weighed where
the caller says how, then the number of facts, then their order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import TypeAlias

from littlegiant.assessment.judging import Judge, Judged
from littlegiant.assessment.subjects import CaseFacts, subject_table
from littlegiant.assessment.tree_values import TreeValues
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion
from littlegiant.standards import Item, Symbol
from littlegiant.standards.kinds import Atom, Bands, Junction, Logic, Negation, Points, parts_of
from littlegiant.standards.language import Expr, evaluate
from littlegiant.standards.language import tree as t

MOST_CANDIDATES = 64
_CHEAPEST = 3
_TOWARDS: dict[str, t.ComparisonSign] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
Change: TypeAlias = Mapping[Item, Fraction]


@dataclass(frozen=True, slots=True)
class Step:
    """One fact that would have to change."""

    item: Item
    now: Fraction
    then: Fraction


@dataclass(frozen=True, slots=True)
class Advice:
    """The least change found, in the order of the facts; empty when no movable fact mends the case."""

    steps: tuple[Step, ...]
    cost: Fraction
    outcome: str  # what the query gives after the change


def advise(
    case: CaseFacts,
    judge: Judge,
    pack: Pack,
    movable: Mapping[str, bool | str] | None = None,
    weights: Mapping[str, Fraction] | None = None,
) -> tuple[Judged, Advice | None]:
    """Return the outcome of `case` and the least change after which nothing that is known stands against it.

    The firm and all candidates are judged by one run of the query. What is unknown is left alone: it has to be
    shown, not changed, and then the outcome stays undetermined. `movable` overrides which facts may move: True,
    "up" or "down"; `weights` says how dear a relative change of a fact is, 1 where it is not named. The advice is None
    for a firm that is not ineligible, or where no movable fact helps.
    """
    for name, weight in (weights or {}).items():
        if name not in pack.facts or weight <= 0:
            found = f"the weight {weight} of {name!r}"
            remedy = suggestion(name, pack.facts) or "A weight is above zero."
            refuse("--weight", found, "a fact and a number above zero", remedy, code="weight")
    subject_table([case], judge.compiled)  # refuses what does not fit, by name, before anything is computed with it
    movable = movable or {n: f.adjustable for n, f in pack.facts.items()}
    finder = _Finder(TreeValues(judge.compiled, case), pack, movable, weights or {})
    changes = sorted(finder.mend(judge.compiled.root, True), key=finder.rank)[:MOST_CANDIDATES]
    trials = [_changed(case, change, f"{case.case}\x00{number}") for number, change in enumerate(changes)]
    judged, *results = judge.judge([case, *trials])
    if judged.outcome != "ineligible":
        return judged, None
    for change, result in zip(changes, results, strict=True):
        if result.outcome != "ineligible":
            ordered = sorted(change.items(), key=lambda pair: pair[0].id)
            steps = tuple(Step(item, finder.now(item), value) for item, value in ordered)
            return judged, Advice(steps, finder.cost(change), result.outcome)
    return judged, None


def _changed(case: CaseFacts, change: Change, name: str) -> CaseFacts:
    for item, value in change.items():
        case = case.with_value(item, value)
    return replace(case, case=name)


@dataclass
class _Finder:
    values: TreeValues
    pack: Pack
    movable: Mapping[str, bool | str]
    weights: Mapping[str, Fraction]

    def now(self, item: Item) -> Fraction:
        value = self.values.item(item)
        assert isinstance(value, Fraction)
        return value

    def cost(self, change: Change) -> Fraction:
        return sum((self._weighed(item, then) for item, then in change.items()), Fraction(0))

    def _weighed(self, item: Item, then: Fraction) -> Fraction:
        moved = abs(then - self.now(item)) / max(abs(self.now(item)), self._grain(item))
        return moved * self.weights.get(item.name, Fraction(1))

    def rank(self, change: Change) -> tuple[Fraction, int, list[str]]:
        return (self.cost(change), len(change), sorted(item.id for item in change))

    def _grain(self, item: Item) -> Fraction:
        return Fraction(1, self._symbol(item).scale)

    def _symbol(self, item: Item) -> Symbol:
        return self.values.compiled.scope.symbols[item.name]

    def mend(self, logic: Logic, wanted: bool) -> list[Change]:
        """Return changes that may bring `logic` to `wanted`; the empty change where nothing known stands against."""
        if isinstance(logic, Atom):
            return self._mend_atom(logic.expr, wanted)
        if isinstance(logic, Negation):
            return self.mend(logic.part, not wanted)
        if isinstance(logic, Points):
            return self._mend_points(logic) if wanted else []
        if isinstance(logic, Bands):
            return self._mend_bands(logic, wanted)
        assert isinstance(logic, Junction)
        below = [self.mend(part, wanted) for part in parts_of(logic)]
        if (logic.word == "all") == wanted:
            return self._together(below)
        return self._fewest([change for changes in below for change in changes])

    def _together(self, below: list[list[Change]]) -> list[Change]:
        """Combine one change for each part; with too many, the cheapest few of each part."""
        count = 1
        for changes in below:
            count *= len(changes)
        if count > MOST_CANDIDATES:
            below = [sorted(changes, key=self.rank)[:_CHEAPEST] for changes in below]
        combined: list[Change] = [{}]
        for changes in below:
            combined = self._fewest([self._merged(a, b) for a, b in product(combined, changes)])
        return combined

    def _fewest(self, changes: list[Change]) -> list[Change]:
        unique = {tuple(sorted((item.id, value) for item, value in change.items())): change for change in changes}
        return sorted(unique.values(), key=self.rank)[:MOST_CANDIDATES]

    def _merged(self, a: Change, b: Change) -> Change:
        """Where both move one fact, the farther value serves both (the query decides if it does)."""
        result = dict(a)
        for item, value in b.items():
            if item not in result or abs(value - self.now(item)) > abs(result[item] - self.now(item)):
                result[item] = value
        return result

    def _mend_atom(self, expr: Expr, wanted: bool) -> list[Change]:
        value = self.values.truth(expr)
        if value is wanted:
            return [{}]
        if value is None:
            return [{}]  # what is unknown has to be shown, not changed
        if not isinstance(expr, t.Comparison):
            return []
        items = self.values.compiled.scope.items(expr)
        sign = expr.sign if wanted else _TOWARDS[expr.sign]
        turned = (change for item in items for change in self._turned(replace(expr, sign=sign), item))
        return [change for change in turned if self._with(expr, change) is wanted]

    def _with(self, expr: Expr, change: Change) -> bool | None:
        """Return the truth of `expr` after `change`."""
        compiled = self.values.compiled
        value = evaluate(
            expr, compiled.scope, lambda item: change.get(item, self.values.item(item)), reference_date=compiled.reference_date
        )
        return value if value is None else bool(value)

    def _mend_bands(self, bands: Bands, wanted: bool) -> list[Change]:
        changes: list[Change] = []
        for arm in bands.arms:
            inside = self.values.truth(arm.condition)
            if inside:
                changes += self.mend(arm.part, wanted)
            elif inside is False and not bands.open_ended:
                changes += self._together([self._into(arm.condition), self.mend(arm.part, wanted)])
        return self._fewest(changes)

    def _into(self, condition: Expr) -> list[Change]:
        """Return changes that move the selector to the nearer edge of a band."""
        parts = condition.parts if isinstance(condition, t.And) else (condition,)
        return self._together([self._mend_atom(part, True) for part in parts])

    def _mend_points(self, points: Points) -> list[Change]:
        """Climb ladders at least cost until the points that lack are there (dynamic programme over points)."""
        score = self.values._value(points)
        if score is True:
            return [{}]
        low = self.values.score[0] if self.values.score else 0
        best: dict[int, Change] = {0: {}}
        for ladder in points.ladders:
            have = self.values.interval(ladder)[0]
            climbs = [
                (step.points - have, change)
                for step in ladder.steps
                if step.points > have
                for change in self._condition(step.condition)
            ]
            options = [(0, {}), *climbs]
            following: dict[int, Change] = {}
            for (gained, change), (gain, climb) in product(best.items(), options):
                total, merged = gained + gain, self._merged(change, climb)
                if total not in following or self.rank(merged) < self.rank(following[total]):
                    following[total] = merged
            best = following
        return [change for gained, change in best.items() if low + gained >= points.pass_mark]

    def _condition(self, expr: Expr) -> list[Change]:
        if isinstance(expr, t.And):
            return self._together([self._condition(part) for part in expr.parts])
        if isinstance(expr, t.Or):
            return [change for part in expr.parts for change in self._condition(part)]
        return self._mend_atom(expr, True)

    # --- one fact of one comparison -------------------------------------------------------------------------

    def _turned(self, comparison: t.Comparison, item: Item) -> Iterator[Change]:
        """Solve the comparison for `item`: where both sides are linear in it over a common denominator."""
        direction = self.movable.get(item.name, False)
        if not direction or item.back or item.kind != "number" or self.values.item(item) is None:
            return
        for edge in self._edges(comparison, item):
            yield from self._moved(item, edge, direction)
        left, right = self._line(comparison.left, item), self._line(comparison.right, item)
        if left is None or right is None:
            return
        # (a x + b) / (c x + d) = (e x + f) / (g x + h), with at most one side that has x below.
        (a, b, c, d), (e, f, g, h) = left, right
        square = a * g - e * c
        slope, constant = a * h + b * g - e * d - f * c, b * h - f * d
        if square or not slope:
            return
        exact = -constant / slope
        yield from self._moved(item, exact, direction)

    def _moved(self, item: Item, exact: Fraction, direction: bool | str) -> Iterator[Change]:
        for then in self._rounded(exact, item):
            moved = then - self.now(item)
            if moved and (direction is True or (moved > 0) == (direction == "up")):
                yield {item: then}

    def _edges(self, expr: Expr, item: Item) -> Iterator[Fraction]:
        """Yield the edges of the bands of `item` inside `expr`: another limit holds beyond them."""
        for part in t.walk(expr):
            if isinstance(part, t.Name):
                formula = self.values.compiled.scope.symbols[part.name].formula
                if formula is not None:
                    yield from self._edges(formula, item)
            elif isinstance(part, t.Case):
                for condition, _ in part.arms:
                    if (
                        isinstance(condition, t.Comparison)
                        and condition.left == t.Name(item.name)
                        and isinstance(condition.right, t.Number)
                    ):
                        yield condition.right.value

    def _rounded(self, exact: Fraction, item: Item) -> list[Fraction]:
        """Return the storable values nearest to `exact`, on either side: the query picks the one that passes."""
        symbol = self._symbol(item)
        assert symbol.least is not None
        assert symbol.most is not None
        stored = exact * symbol.scale
        near = sorted({floor(stored), ceil(stored), floor(stored) - 1, ceil(stored) + 1})
        return [Fraction(value, symbol.scale) for value in near if symbol.least <= value <= symbol.most]

    def _line(self, expr: Expr, item: Item, back: int = 0) -> tuple[Fraction, Fraction, Fraction, Fraction] | None:
        """Return (a, b, c, d) with expr = (a x + b) / (c x + d) for x the value of `item`, or None."""
        zero, one = Fraction(0), Fraction(1)
        scope = self.values.compiled.scope
        if isinstance(expr, t.Prior):
            return self._line(expr.inner, item, back + expr.years)
        if isinstance(expr, t.Name) and scope.symbols[expr.name].formula is not None:
            formula = scope.symbols[expr.name].formula
            assert formula is not None
            return self._line(formula, item, back)
        if item not in scope.items(expr, back):
            value = self.values.number(expr, back)
            return (zero, value, zero, one) if isinstance(value, Fraction) else None
        if isinstance(expr, t.Name):
            return (one, zero, zero, one)
        if isinstance(expr, t.Negative):
            inner = self._line(expr.inner, item, back)
            return None if inner is None else (-inner[0], -inner[1], inner[2], inner[3])
        if isinstance(expr, t.Arithmetic):
            return _combine(expr.sign, self._line(expr.left, item, back), self._line(expr.right, item, back))
        if isinstance(expr, t.Case):
            for condition, chosen in expr.arms:
                if self.values.truth(condition):
                    return self._line(chosen, item, back)
            return self._line(expr.otherwise, item, back)
        return None


_Line: TypeAlias = tuple[Fraction, Fraction, Fraction, Fraction] | None


def _combine(sign: str, left: _Line, right: _Line) -> _Line:
    """Combine two linear fractions where the result is one again."""
    if left is None or right is None:
        return None
    (a, b, c, d), (e, f, g, h) = left, right
    if sign == "-":
        e, f, sign = -e, -f, "+"
    if sign == "+":
        top = (a * g + e * c, a * h + b * g + e * d + f * c, b * h + f * d)
        below = (c * g, c * h + d * g, d * h)
    else:
        if sign == "/":
            e, f, g, h = g, h, e, f
        top = (a * e, a * f + b * e, b * f)
        below = (c * g, c * h + d * g, d * h)
    if top[0] or below[0]:
        return None
    return (top[1], top[2], below[1], below[2])
