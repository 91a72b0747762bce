"""The value of every condition of one case, in exact fractions: what an explanation shows beside the outcome.

The outcome itself comes from the query. Both follow the same three-valued tree; a test holds them together.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from littlegiant.assessment.subjects import CaseFacts
from littlegiant.standards import Compiled, Item, Threshold
from littlegiant.standards.kinds import Atom, Bands, Junction, Ladder, Logic, Negation, Points, parts_of, walk_logic
from littlegiant.standards.language import Expr, evaluate
from littlegiant.standards.language.evaluate import Value


@dataclass
class TreeValues:
    """Values of the tree for one case. The whole tree is evaluated when `slots` or `score` is first asked for."""

    compiled: Compiled
    case: CaseFacts

    def __post_init__(self) -> None:
        self._items: dict[Item, Value] = {}
        self._slots: dict[str, bool | None] = {}
        self._score: tuple[int, int] | None = None
        self._measured: dict[str, tuple[Fraction | None, Fraction | None]] = {}

    @cached_property
    def slots(self) -> dict[str, bool | None]:
        """The id of each condition with True, False or None; without those of bands in which the firm is not."""
        self._value(self.compiled.root)
        return self._slots

    @property
    def score(self) -> tuple[int, int] | None:
        """The least and greatest total still possible, None where there is no score."""
        return self._score if self.slots is not None else None

    def item(self, item: Item) -> Value:
        if item not in self._items:
            value: Any = self.case.value(item)
            if item.kind == "number" and value is not None and not isinstance(value, Fraction):
                value = Fraction(value)
            elif item.kind == "date" and isinstance(value, str):
                value = date.fromisoformat(value)
            self._items[item] = value
        return self._items[item]

    def number(self, expr: Expr, back: int = 0) -> Value:
        """Return the value of an expression, None when unknown."""
        return evaluate(expr, self.compiled.scope, self.item, reference_date=self.compiled.reference_date, back=back)

    def measured(self, threshold: Threshold) -> tuple[Fraction | None, Fraction | None]:
        """Return what is held against `threshold` and its margin, computed once in however many languages it is told.

        The margin is how far the value is on the good side, relative to the threshold (absolute where that is zero).
        """
        if threshold.id not in self._measured:
            value = self.number(threshold.measure)
            number = value if isinstance(value, Fraction) else None
            self._measured[threshold.id] = number, margin(number, threshold)
        return self._measured[threshold.id]

    def truth(self, expr: Expr) -> bool | None:
        value = self.number(expr)
        return value if value is None else bool(value)

    def _value(self, logic: Logic) -> bool | None:
        if isinstance(logic, Atom):
            value = self.truth(logic.expr)
        elif isinstance(logic, Points):
            value = self._points(logic)
        else:
            values = [self._value(part) for part in parts_of(logic)]
            value = self._combined(logic, values)
        if logic.slot is not None:
            self._slots[logic.slot] = value
        return value

    def _combined(self, logic: Logic, values: list[bool | None]) -> bool | None:
        if isinstance(logic, Negation):
            return None if values[0] is None else not values[0]
        if isinstance(logic, Junction):
            settles = logic.word == "any"
            return settles if settles in values else None if None in values else not settles
        assert isinstance(logic, Bands)
        conditions = [self.truth(arm.condition) for arm in logic.arms]
        for arm, condition in zip(logic.arms, conditions, strict=True):
            if condition is False:  # the firm is not in this band: its conditions say nothing about the firm
                for below in walk_logic(arm.part):
                    self._slots.pop(below.slot or "", None)
        possible = [value for condition, value in zip(conditions, values, strict=True) if condition is not False]
        if logic.open_ended and True not in conditions:
            return None
        return possible[0] if len(set(possible)) == 1 else None

    def _points(self, points: Points) -> bool | None:
        ends = [self.interval(ladder) for ladder in points.ladders]
        caps, floors = dict(points.caps), dict(points.floors)
        totals: list[dict[str, int]] = []
        for end in (0, 1):
            by_group: dict[str, int] = dict.fromkeys(floors, 0)
            for ladder, interval in zip(points.ladders, ends, strict=True):
                by_group[ladder.group] = by_group.get(ladder.group, 0) + interval[end]
            totals.append({group: min(total, caps.get(group, total)) for group, total in by_group.items()})
        low, high = sum(totals[0].values()), sum(totals[1].values())
        self._score = (low, high)
        sure = low >= points.pass_mark and all(totals[0].get(group, 0) >= floor for group, floor in floors.items())
        possible = high >= points.pass_mark and all(totals[1].get(group, 0) >= floor for group, floor in floors.items())
        return True if sure else None if possible else False

    def interval(self, ladder: Ladder) -> tuple[int, int]:
        """Return the least and greatest points still possible."""
        reachable = []
        for step in ladder.steps:
            met = self.truth(step.condition)
            if met is not False:
                reachable.append(step.points)
            if met:
                break
        else:
            reachable.append(ladder.otherwise)
        capped = [min(points, ladder.cap) if ladder.cap is not None else points for points in reachable]
        return min(capped), max(capped)


def margin(value: Fraction | None, threshold: Threshold) -> Fraction | None:
    """Return how far `value` is on the good side of the threshold, relative to it (absolute where it is zero)."""
    if value is None or threshold.favourable == "":
        return None
    gap = value - threshold.value if threshold.favourable == "up" else threshold.value - value
    return gap / abs(threshold.value) if threshold.value else gap
