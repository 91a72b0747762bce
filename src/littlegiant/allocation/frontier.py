"""What another budget or another rule would bring: the page that shows an office the price of its choices.

The value of the best allocation in parts, as a function of a common multiplier of all funds, is concave; each solve gives a
point on it, its slope and a line that nowhere lies below it. So a few solves give certified curves from above and below.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.instance import Floats, Ints
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.problem_of_call import CallProblem
from littlegiant.allocation.simple_rules import RuleOutcome, by_rank, in_turn
from littlegiant.allocation.solving import Allocation, allocate, relax

MULTIPLIERS = (0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.6)


@dataclass(frozen=True)
class Point:
    """At `multiplier` of the funds: upper, the value in parts (no allocation is worth more); lower, a value that is reached, by
    mixing neighbours in parts; slope: benefit for another whole budget."""

    multiplier: float
    upper: float
    slope: float
    proved: bool


def frontier(call: CallProblem, multipliers: Sequence[float] = MULTIPLIERS) -> list[Point]:
    """Return points of the frontier in the order of the multipliers; a multiplier at which rows cannot be met is left out."""
    funds = [k for k, each in enumerate(call.counted) if each.kind == "fund"]
    points = []
    for multiplier in sorted(multipliers):
        bounds: dict[int, tuple[int | None, int | None]] = {}
        for k in funds:
            row = call.counted[k].row
            bounds[k] = (row.floor, None if row.ceiling is None else round(row.ceiling * multiplier))
        vertex = relax(call.with_rows(bounds))
        if vertex.solution.unmet:
            continue
        slope = sum(float(vertex.at.prices[k]) * (call.counted[k].row.ceiling or 0) for k in funds)
        points.append(Point(multiplier, vertex.at.bound, slope, vertex.proved))
    return points


def upper_curve(points: Sequence[Point], at: float) -> float:
    """Return the least of all lines at a multiplier: no allocation is worth more."""
    return min(point.upper + point.slope * (at - point.multiplier) for point in points)


@dataclass(frozen=True)
class RowPrice:
    """price: benefit that one more unit of the row would add, or that one more of a floor takes away. without: value in parts
    without the row; total: what the row costs in all; number: of the row."""

    row: str
    number: int
    side: str
    price: float
    without: float
    total: float


def price_of_rows(
    call: CallProblem, allocation: Allocation, kinds: Sequence[str] = ("limit", "quota", "additionality")
) -> list[RowPrice]:
    """Return what each row of the given kinds costs that binds: the dearest first."""
    assert allocation.certificate is not None
    found = []
    for k, each in enumerate(call.counted):
        price = float(allocation.certificate.prices[k])
        if each.kind not in kinds or price == 0:
            continue
        near = allocation.certificate.prices.floats.copy()
        near[k] = 0.0
        vertex = relax(call.with_rows({k: (None, None)}), near=near)
        side, without = "ceiling" if price > 0 else "floor", vertex.at.bound
        found.append(RowPrice(each.row.id, k, side, price, without, without - allocation.relaxed))
    return sorted(found, key=lambda each: (-each.total, each.row))


@dataclass(frozen=True)
class Compared:
    """A rule beside the prices: value at the call's benefits, what prices gain over it, winners of the call it would not fund,
    numbers of rows it leaves unmet."""

    name: str
    value: int
    gain: float
    winners: int
    changed: int
    unmet: tuple[int, ...]


def against_simple_rules(
    call: CallProblem, table: OptionTable, allocation: Allocation, score: Floats, group: npt.NDArray[np.str_]
) -> list[Compared]:
    """Return the rules people use today on the same options: rank by score until the money is gone, equal turns of the groups,
    first come (by the order of the files), and rank by benefit per unit of money. Without scores the turns go by first come."""
    assert allocation.chosen is not None
    instance = call.instance
    cases = _case_of_units(call)
    key = np.where(cases >= 0, score[np.maximum(cases, 0)], np.nan)
    best = table.benefit.max(axis=1).astype(np.float64)
    money = np.maximum(table.measures["committed"].max(axis=1), 1)
    density = np.where(cases >= 0, (best / money)[np.maximum(cases, 0)], np.nan)
    codes = np.unique(group, return_inverse=True)[1]
    of_group = np.where(cases >= 0, codes[np.maximum(cases, 0)], -1)
    first = np.where(cases >= 0, -cases.astype(np.float64), np.nan)
    scored = not np.isnan(score).all()
    outcomes = [
        *([by_rank(instance, key, name="by_score")] if scored else []),
        in_turn(instance, key if scored else first, of_group.astype(np.int64), name="equal_turns"),
        by_rank(instance, first, name="first_come"),
        by_rank(instance, density, name="by_density"),
    ]
    return [_compared(call, allocation, each) for each in outcomes]


def _case_of_units(call: CallProblem) -> Ints:
    """Return a case of each unit, in the order of units; -1 for what is carried over."""
    given = [
        *call.single.tolist(),
        *(options[0][0][0] if options else -1 for options in call.meaning),
        *([-1] * len(call.carried)),
    ]
    return np.array(given, np.int64)[call.instance.origin]


def _compared(call: CallProblem, allocation: Allocation, rule: RuleOutcome) -> Compared:
    assert allocation.chosen is not None
    mine = call.packages_of(allocation.chosen) >= 0
    theirs = call.packages_of(call.instance.given(rule.choice)) >= 0
    gain = allocation.value / rule.value - 1 if rule.value else float("inf")
    return Compared(rule.name, rule.value, gain, int(theirs.sum()), int((mine & ~theirs).sum()), rule.unmet)


@dataclass(frozen=True)
class Stages:
    """in_quota: the best within the quotas; by_rank: within them by score, as offices do, None without scores; joint: without
    quotas. Values, in whole options; joint_bound: what no allocation without quotas exceeds."""

    in_quota: int
    by_rank: int | None
    joint: int
    joint_bound: float


def two_stages(call: CallProblem, allocation: Allocation, score: Floats) -> Stages | None:
    """Return quota first against all at once, on the same options; None where the call has no quotas."""
    quotas = [k for k, each in enumerate(call.counted) if each.kind == "quota"]
    if not quotas:
        return None
    cases = _case_of_units(call)
    key = np.where(cases >= 0, score[np.maximum(cases, 0)], np.nan)
    ranked = None if np.isnan(score).all() else by_rank(call.instance, key, name="by_score").value
    joint = allocate(call.with_rows(dict.fromkeys(quotas, (None, None))))
    return Stages(allocation.value, ranked, joint.value, joint.relaxed)


def without_rows(call: CallProblem, kinds: Sequence[str]) -> CallProblem:
    """Return the problem with the rows of some kinds left open."""
    bounds = {k: (None, None) for k, each in enumerate(call.counted) if each.kind in kinds}
    return replace(call, instance=call.with_rows(bounds))
