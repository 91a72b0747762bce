"""Options as measures and cells, and the same written out one by one: both layouts give the same answers."""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from littlegiant.allocation import (
    Factored,
    Instance,
    Prices,
    Row,
    allocate,
    certify,
    conflict,
    dyadic,
    impossible,
    loose_instance,
    relax,
)
from littlegiant.allocation.building import presolved
from littlegiant.allocation.instance import ABSENT
from littlegiant.allocation.passes import exact_pass

from . import plain
from .plain import Case, Option
from .samples import award_call, draws

FIRMS = 3000
KINDS = [("std", FIRMS), ("big", 600), ("budget", FIRMS)]


class Written(NamedTuple):
    """A factored instance, its units written out by hand, and for each of these the slots of its options."""

    factored: Instance
    case: Case
    slots: list[list[int]]
    loose: Instance

    def places(self, by_slot: np.ndarray) -> np.ndarray:
        """Places among a unit's options for numbers of slots."""
        places = [-1 if t < 0 else own.index(t) for own, t in zip(self.slots, by_slot.tolist(), strict=True)]
        return np.array(places, np.int32)


def options_of(f: Factored, unit: int) -> tuple[list[int], list[Option]]:
    """The options of a unit: use of a row is weight times amount over the entries of the unit's cell."""
    cell = int(f.cell[unit])
    entries = range(int(f.entry_start[cell]), int(f.entry_start[cell + 1]))
    slots, options = [], []
    for t in range(len(f.slot_start) - 1):
        if f.benefit[t, unit] == ABSENT:
            continue
        amount = {int(f.slot_measure[r]): int(f.amount[r, unit]) for r in range(int(f.slot_start[t]), int(f.slot_start[t + 1]))}
        row: dict[int, int] = {}
        for e in entries:
            used = int(f.entry_weight[e]) * amount.get(int(f.entry_measure[e]), 0)
            if used:
                row[int(f.entry_row[e])] = row.get(int(f.entry_row[e]), 0) + used
        slots.append(t)
        options.append((int(f.benefit[t, unit]), row))
    return slots, options


@cache
def written(kind: str, firms: int = FIRMS, ties: bool = False) -> Written:
    instance = award_call(firms, kind, ties=ties)
    both = [options_of(instance.factored, unit) for unit in range(instance.units)]
    case = Case(tuple((row.floor, row.ceiling) for row in instance.rows), tuple(tuple(options) for _, options in both))
    loose = loose_instance(instance.rows, case.units, tie=instance.tie)
    return Written(instance, case, [slots for slots, _ in both], loose)


def some_prices(instance: Instance, seed: int) -> np.ndarray:
    """Prices at which some units win and most do not, of the signs that rows allow."""
    random = np.random.default_rng(seed)
    prices = random.uniform(0, 1, len(instance.rows)) * float(instance.worth.mean()) * instance.units / 10 / instance.scale
    floored = np.array([row.floor is not None for row in instance.rows])
    capped = np.array([row.ceiling is not None for row in instance.rows])
    return np.where(floored & (~capped | (random.random(len(prices)) < 0.3)), -0.2 * prices, prices)


@pytest.mark.parametrize(("kind", "firms"), KINDS)
def test_an_exact_pass_is_the_same(kind: str, firms: int) -> None:
    both = written(kind, firms)
    prices = some_prices(both.factored, 1)
    one, two = exact_pass(both.factored, prices), exact_pass(both.loose, prices)
    assert 0 < (two.choice >= 0).sum() < firms
    assert both.places(one.choice).tolist() == two.choice.tolist()
    assert one.use.tolist() == two.use.tolist()
    assert one.bound == pytest.approx(two.bound, rel=1e-12)
    assert one.lead == pytest.approx(two.lead, rel=1e-5, abs=1e-3)  # kept in 32 bits
    assert two.use.tolist() == plain.uses(both.case, two.choice.tolist())


@pytest.mark.parametrize(("kind", "firms"), KINDS)
def test_a_certificate_is_the_same_to_the_last_integer(kind: str, firms: int) -> None:
    both = written(kind, firms)
    floats = some_prices(both.factored, 3)
    prices = dyadic(both.factored, floats)
    chosen = exact_pass(both.factored, 1.1 * floats).choice
    places = both.places(chosen)
    one, two = certify(both.factored, prices, chosen), certify(both.loose, prices, places)
    assert (one.value, one.bound, one.gap) == (two.value, two.bound, two.gap)
    assert one.use.tolist() == two.use.tolist()
    assert one.regret.tolist() == two.regret.tolist()
    assert one.slack == two.slack
    assert one.failures == two.failures
    assert both.places(one.best).tolist() == two.best.tolist()
    assert one.off_price.tolist() == two.off_price.tolist()
    assert one.gap == one.regrets + sum(one.slack)
    # And by hand: with the rows open where the choice does not keep them, but the prices where they were.
    exact = [prices[k] for k in range(len(both.case.limits))]
    limits = tuple(
        (None if floor is None else min(floor, used), None if ceiling is None else max(ceiling, used))
        for (floor, ceiling), used in zip(both.case.limits, one.use.tolist(), strict=True)
    )
    again = plain.recount(Case(limits, both.case.units), exact, places.tolist())
    moved = sum(
        price * ((new[1] - old[1]) if price > 0 else (new[0] - old[0]))
        for price, new, old in zip(exact, limits, both.case.limits, strict=True)
        if price
    )
    assert (again.value, again.bound - moved) == (one.value, one.bound)
    assert one.regret.tolist() == [regret * 2**prices.exponent for regret in again.regrets]


@pytest.mark.parametrize(("kind", "firms"), [("std", 500), pytest.param("std", FIRMS, marks=pytest.mark.slow), ("budget", FIRMS)])
def test_the_linear_bound_is_the_same(kind: str, firms: int) -> None:
    both = written(kind, firms)
    one, two = relax(both.factored), relax(both.loose)
    assert one.proved
    assert two.proved
    assert one.at.bound == pytest.approx(two.at.bound, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["std", "budget"])
def test_the_linear_bound_is_the_one_of_highs(kind: str) -> None:
    both = written(kind)
    assert relax(both.factored).at.bound == pytest.approx(plain.in_parts(both.case), rel=1e-8)


@pytest.mark.parametrize(("kind", "firms"), KINDS)
def test_presolve_leaves_out_the_same(kind: str, firms: int) -> None:
    both = written(kind, firms)
    (one, dropped), (two, dropped_loose) = presolved(both.factored), presolved(both.loose)
    assert dropped.tolist() == dropped_loose.tolist()
    assert [(row.floor, row.ceiling) for row in one.rows] == list(both.case.limits)
    assert one.rows == two.rows
    gone = plain.too_large(both.case)
    assert dropped.sum() == len(gone)
    assert (len(gone) > 0) == (kind != "budget")
    part, part_loose = one.loosened(np.arange(firms)), two.loosened(np.arange(firms))
    for name in ("option_start", "benefit", "use_start", "row", "use"):
        assert getattr(part, name).tolist() == getattr(part_loose, name).tolist()
    absent = {(unit, both.slots[unit].index(t)) for unit, t in _absent(one) if t in both.slots[unit]}
    assert absent == gone


def _absent(instance: Instance) -> list[tuple[int, int]]:
    slot, unit = np.nonzero(instance.factored.benefit == ABSENT)
    return list(zip(unit.tolist(), slot.tolist(), strict=True))


def test_what_is_written_out_is_the_case_by_hand() -> None:
    both = written("std")
    part = both.factored.loosened(np.arange(FIRMS))
    assert part.slot.tolist() == [t for own in both.slots for t in own]
    assert part.benefit.tolist() == [benefit for options in both.case.units for benefit, _ in options]
    every = [row for options in both.case.units for _, row in options]
    for o in range(0, len(every), 97):
        inside = slice(int(part.use_start[o]), int(part.use_start[o + 1]))
        assert dict(zip(part.row[inside].tolist(), part.use[inside].tolist(), strict=True)) == every[o]


@pytest.mark.parametrize("ties", [False, True])
def test_a_small_call_is_solved_alike_in_both_layouts(ties: bool) -> None:
    both = written("budget", 30, ties)
    one, two = allocate(both.factored), allocate(both.loose)
    assert one.status == two.status == "optimal"
    assert one.value == two.value
    assert one.relaxed == pytest.approx(two.relaxed, rel=1e-9)
    assert plain.holds(both.case, both.places(both.factored.taken(one.chosen)).tolist())
    assert plain.worth(both.case, both.places(both.factored.taken(one.chosen)).tolist()) == one.value


def alike(count: int, tie: np.ndarray) -> tuple[Instance, Instance]:
    """Units of two regions that are all alike, in both layouts: the choice between them is the draw's alone."""
    cell = np.repeat(np.arange(2, dtype=np.int32), [count // 2, count - count // 2])
    benefit, amount = np.full((1, count), 10, np.int32), np.ones((2, count), np.int32)
    amount[0] = 10
    entries = [(0, 0, 1), (1, 1, 1)], [(0, 0, 1), (2, 1, 1)]
    row, measure, weight = (np.array([entry[at] for own in entries for entry in own]) for at in range(3))
    factored = Factored(
        cell, np.array([0, 2], np.int32), np.array([0, 1], np.int32), benefit, amount, np.array([0, 2, 4], np.int32),
        row.astype(np.int32), measure.astype(np.int32), weight.astype(np.int64), 2,
    )  # fmt: skip
    units = [[(10, {0: 10, 1 + int(c): 1})] for c in cell]
    rows = (Row("budget", None, 10 * (count // 2)), Row("region 0", count // 3, None), Row("region 1", None, count // 3))
    return Instance(rows, factored, None, np.arange(count), tie), loose_instance(rows, units, tie=tie)


@pytest.mark.parametrize("count", [12, 60, 301])
def test_between_units_that_are_alike_the_draw_decides_in_both_layouts(count: int) -> None:
    tie = draws(count)
    one, two = (allocate(instance) for instance in alike(count, tie))
    assert one.chosen.tolist() == two.chosen.tolist()
    for own in (range(count // 2), range(count // 2, count)):
        won = [one.chosen[i] >= 0 for i in sorted(own, key=tie.__getitem__)]
        assert won == sorted(won, reverse=True)
    best_first = sorted(range(count), key=tie.__getitem__)
    winners, second = [i for i in best_first if i < count // 2][: count // 3], 0
    for i in best_first:
        if i not in winners and len(winners) < count // 2 and (i < count // 2 or second < count // 3):
            winners.append(i)
            second += i >= count // 2
    assert np.flatnonzero(one.chosen >= 0).tolist() == sorted(winners)


def test_units_of_both_kinds_side_by_side() -> None:
    """The first half factored, the second written out: the certificate is that of all written out."""
    both = written("std")
    f = both.factored.factored
    half = FIRMS // 2
    head = Factored(
        f.cell[:half], f.slot_start, f.slot_measure, f.benefit[:, :half].copy(), f.amount[:, :half].copy(), f.entry_start,
        f.entry_row, f.entry_measure, f.entry_weight, f.measures,
    )  # fmt: skip
    tail = loose_instance(both.factored.rows, both.case.units[half:]).loose
    mixed = Instance(both.factored.rows, head, tail, np.arange(FIRMS), both.factored.tie)
    floats = some_prices(both.factored, 4)
    one, two = exact_pass(mixed, floats), exact_pass(both.loose, floats)
    assert one.use.tolist() == two.use.tolist()
    assert one.bound == pytest.approx(two.bound, rel=1e-12)
    prices = dyadic(both.loose, floats)
    a, b = certify(mixed, prices, one.choice), certify(both.loose, prices, two.choice)
    assert (a.value, a.bound, a.slack, a.failures) == (b.value, b.bound, b.slack, b.failures)
    assert a.regret.tolist() == b.regret.tolist()
    assert presolved(mixed)[1].tolist() == presolved(both.loose)[1].tolist()


def test_a_call_that_cannot_be_met_is_told_so_in_both_layouts() -> None:
    both = written("budget", 200)
    most = both.factored.extremes[1]
    rows = list(both.factored.rows)
    rows[0] = replace(rows[0], floor=int(most[0]) + 1, ceiling=None)
    for instance in (replace(both.factored, rows=tuple(rows)), replace(both.loose, rows=tuple(rows))):
        assert impossible(instance)
        assert conflict(instance).bounds == ((0, "floor"),)


def test_given_order_is_the_order_of_answers() -> None:
    instance = award_call(30, "budget")
    found = allocate(instance)
    again = certify(instance, found.certificate.prices, instance.taken(found.chosen))
    assert again.value == found.value
    assert again.bound >= found.certificate.bound  # which leaves out packages and limits that no allocation reaches
    assert instance.given(instance.taken(found.chosen)).tolist() == found.chosen.tolist()


def test_prices_show_as_fractions_and_as_floats() -> None:
    prices = Prices(np.array([3, -1, 0]), 2)
    assert [prices[k] for k in range(3)] == [0.75, -0.25, 0]
    assert prices.floats.tolist() == [0.75, -0.25, 0.0]
