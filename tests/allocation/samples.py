"""The problems of the tests: the fixed vectors, random cases, and how a case becomes the room's instance and back."""

import hashlib
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st

from littlegiant.allocation import Allocation, Instance, Row, loose_instance

from .plain import Case, Limit, Option, best_by_trying, in_parts, too_large, without

CALLS = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "calls.py"))
award_call = CALLS["award_call"]  # invented calls of any size, in the factored layout
steady = settings(
    derandomize=True, deadline=None, database=None, max_examples=40, phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.filter_too_much],
)  # fmt: skip


def rows_of(limits: Sequence[Limit]) -> list[Row]:
    return [Row(f"row {k}", floor, ceiling) for k, (floor, ceiling) in enumerate(limits)]


def instance_of(case: Case, tie: Any = None) -> Instance:
    return loose_instance(rows_of(case.limits), case.units, tie=tie)


def chosen_of(found: Allocation) -> list[int]:
    assert found.chosen is not None
    return [int(number) for number in found.chosen]


def tightened(case: Case) -> Case:
    """What a solver may do before it starts: leave out packages that are in no allocation."""
    return without(case, too_large(case))


# The fixed vectors

V1 = Case(
    ((None, 40), (1, None), (2, None)),
    (
        ((30, {0: 10, 1: 1}), (44, {0: 18, 1: 1})),
        ((26, {0: 12, 2: 1}),),
        ((40, {0: 20, 2: 1}), (22, {0: 9, 2: 1})),
        ((15, {0: 8, 1: 1}), (31, {0: 16, 1: 1})),
        ((9, {0: 6, 2: 1}),),
    ),
)
GRANT_AND_LOAN = ((1, 0), (2, 0), (0, 1), (1, 1))


class Congruential:
    """s ← (1103515245 s + 12345) mod 2³¹, of which the upper bits are given out."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def __call__(self) -> int:
        self.state = (1103515245 * self.state + 12345) % 2**31
        return self.state >> 8


def small(firms: int, seed: int) -> Case:
    """Firms in three regions with two grants, a loan, and both; eight rows of budgets, regions and counts."""
    draw = Congruential(seed)
    units = tuple(_small_firm(draw) for _ in range(firms))
    most = [sum(max(row.get(k, 0) for _, row in options) for options in units) for k in range(8)]
    limits: list[Limit] = [(None, 3 * total // 10) for total in most[:3]]
    limits += [(total // 10, 4 * total // 10) for total in most[3:6]]
    limits += [(most[6] // 3, None), (None, firms // 2)]
    return Case(tuple(limits), units)


def _small_firm(draw: Congruential) -> tuple[Option, ...]:
    size, quality, region, special = 20 + draw() % 180, 50 + draw() % 100, draw() % 3, draw() % 4 == 0
    options = []
    for grants, loans in GRANT_AND_LOAN:
        grant, loan = grants * size, 2 * loans * size
        fit = 80 + draw() % 40
        benefit = quality * fit * (4 * grant + loan) // 10000 + draw() % 50
        now = 6 * grant // 10
        row = {0: now, 1: grant - now, 2: loan, 3 + region: grant + loan // 4, 6: int(special), 7: 1}
        options.append((benefit, {k: a for k, a in row.items() if a}))
    return tuple(options)


def v2() -> Case:
    return small(60, 1)


def v3() -> Case:
    return small(300, 2)


def v4() -> Case:
    """V2 with floors of the regions that no budget can meet."""
    limits = list(v2().limits)
    for k, floor in ((3, 1900), (4, 1800), (5, 1600)):
        limits[k] = (floor, limits[k][1])
    return Case(tuple(limits), v2().units)


V4B = Case(((15, 15),), (((5, {0: 10}),), ((7, {0: 10}),), ((6, {0: 10}),)))
V5 = Case(
    ((None, 200), (12, None), (None, 12)),
    tuple(((10, {0: 10, 1 + i % 2: 1}), (16, {0: 20, 1 + i % 2: 1})) for i in range(40)),
)


def v5_draw() -> list[str]:
    """What the public draw gives to each firm of V5."""
    return [hashlib.sha256(f"littlegiant|V5|{i}".encode()).hexdigest() for i in range(40)]


def as_tie(digest: str) -> float:
    """The first 52 bits of a digest as a number from 0 to below 1, exactly."""
    return int(digest[:13], 16) / 16**13


def v6() -> Case:
    """V2 where region 0 has at least 45 % of the money of all regions: 11 parts of its own against 9 of the others'."""
    case = v2()
    units = []
    for options in case.units:
        own = []
        for benefit, row in options:
            share = 11 * row.get(3, 0) - 9 * (row.get(4, 0) + row.get(5, 0))
            own.append((benefit, {**row, 8: share}))
        units.append(tuple(own))
    return Case((*case.limits, (0, None)), tuple(units))


# Random cases


@st.composite
def cases(draw: st.DrawFn, *, units: int = 6, most: int = 3, rows: int = 3, signs: bool = True, floors: bool = True) -> Case:
    """A few units with up to `most` packages, some with none, in rows that may be met or not; uses below 0 where `signs`."""
    m = draw(st.integers(1, rows))
    least = draw(st.sampled_from([0, -4])) if signs else 0
    use = st.dictionaries(st.integers(0, m - 1), st.integers(least, 10), max_size=m)
    option = st.tuples(st.integers(0, 20), use)
    chosen = draw(st.lists(st.lists(option, max_size=most), min_size=1, max_size=units))
    assume(any(chosen))
    limits = []
    for _ in range(m):
        floor = draw(st.sampled_from([None, None, None, 0, 3, -2, 10])) if floors else None
        ceiling = draw(st.sampled_from([None, 8, 15, 20, 0]))
        if floor is not None and ceiling is not None and floor > ceiling:
            floor, ceiling = ceiling, floor
        limits.append((floor, ceiling))
    return Case(tuple(limits), tuple(tuple(options) for options in chosen))


@st.composite
def solvable(draw: st.DrawFn, **how: Any) -> Case:
    """Cases of which some allocation holds."""
    case = draw(cases(**how))
    assume(best_by_trying(case)[0] is not None)
    return case


@st.composite
def tight(draw: st.DrawFn) -> Case:
    """Cases whose rows can seldom be met all: every use is at least 1, and floors are high."""
    m = draw(st.integers(1, 3))
    use = st.fixed_dictionaries({k: st.integers(1, 9) for k in range(m)})
    units = draw(st.lists(st.lists(st.tuples(st.integers(0, 20), use), min_size=1, max_size=2), min_size=2, max_size=5))
    limits = []
    for _ in range(m):
        floor, room = draw(st.sampled_from([None, 6, 12, 18, 24])), draw(st.sampled_from([None, 0, 2, 4]))
        limits.append((floor, None if room is None else (floor or 8) + room))
    return Case(tuple(limits), tuple(tuple(options) for options in units))


@st.composite
def conflicting(draw: st.DrawFn) -> Case:
    """Cases that cannot be met even in parts."""
    case = draw(tight())
    assume(in_parts(case) is None)
    return case


@st.composite
def calls(draw: st.DrawFn, *, least: int = 12, most: int = 24) -> Case:
    """Calls of the size of V2 with floors, of any seed: they can mostly be met."""
    return small(draw(st.integers(least, most)), draw(st.integers(0, 2**31 - 1)))


def draws(units: int) -> np.ndarray[Any, Any]:
    """A number by unit, all different, as a public draw gives them."""
    digests = [hashlib.sha256(f"draw|{i}".encode()).hexdigest() for i in range(units)]
    return np.array([as_tie(digest) for digest in digests])
