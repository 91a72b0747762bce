"""Fixed vectors with their optima, bounds and conflicts, as the reference states them."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from littlegiant.allocation import Allocation, Prices, allocate, certify, conflict, dyadic, impossible, relax

from . import plain
from .plain import Case
from .samples import V1, V4B, V5, Congruential, as_tie, chosen_of, instance_of, tightened, v2, v3, v4, v5_draw, v6

SIX_DIGITS = 6e-7  # the reference prints six


def test_the_generator_of_the_vectors() -> None:
    draw = Congruential(1)
    assert [draw() for _ in range(5)] == [4310654, 1474224, 2589156, 4483995, 7949279]
    assert v2().units[0] == (
        (147, {0: 20, 1: 14, 3: 34, 7: 1}),
        (243, {0: 40, 1: 28, 3: 68, 7: 1}),
        (79, {2: 68, 3: 17, 7: 1}),
        (218, {0: 20, 1: 14, 2: 68, 3: 51, 7: 1}),
    )
    nothing = None
    assert v2().limits == (
        (nothing, 2418), (nothing, 1623), (nothing, 4041), (488, 1952), (458, 1832), (401, 1604), (3, nothing), (nothing, 30),
    )  # fmt: skip
    assert v3().limits == (
        (nothing, 11906), (nothing, 8001), (nothing, 19908), (2503, 10012), (2277, 9111), (1855, 7420), (28, nothing),
        (nothing, 150),
    )  # fmt: skip


OPTIMA: dict[str, tuple[Callable[[], Case], int, float, list[float]]] = {
    "V1": (lambda: V1, 93, 95.4375, [1.9375, 0, -2.625]),
    "V2": (v2, 26713, 26812.942897, [0, 8.083333, 0.692096, 1.01975, 0.837728, 0, 0, 55.342489]),
    "V3": (v3, 141815, 141832.775605, [0, 11.008034, 0.843619, 0.034783, 0, 0, 0, 59.799155]),
    "V5": (lambda: V5, 200, 200.0, [1, 0, 0]),
    "V6": (v6, 24142, 24186.772257, [0, 0, 0, 9.913058, 0, 0, 0, 9.117647, -0.481046]),
}


@cache
def solved(name: str) -> Allocation:
    return allocate(instance_of(OPTIMA[name][0]()))


@pytest.mark.parametrize("name", OPTIMA)
def test_optimum_and_relaxation(name: str) -> None:
    make, optimum, relaxation, _ = OPTIMA[name]
    case, found = make(), solved(name)
    assert (found.status, found.value, found.proved) == ("optimal", optimum, True)
    assert relax(instance_of(case)).at.bound == pytest.approx(relaxation, abs=SIX_DIGITS)
    assert plain.in_parts(case) == pytest.approx(relaxation, abs=SIX_DIGITS)
    # Limits that no sum of uses can reach may be moved inwards first: all loans of V2 are even, its limit is not.
    assert found.relaxed == pytest.approx(plain.in_parts(tightened(case)), abs=SIX_DIGITS)
    assert found.gap == found.certificate.bound - optimum
    assert found.winners == sum(number >= 0 for number in chosen_of(found))


@pytest.mark.parametrize("name", OPTIMA)
def test_anybody_can_recount_the_certificate(name: str) -> None:
    make, optimum, _, _ = OPTIMA[name]
    case, found = make(), solved(name)
    certificate = found.certificate
    assert certificate is not None
    prices = [certificate.prices[k] for k in range(len(case.limits))]
    again = plain.recount(tightened(case), prices, chosen_of(found))
    assert (again.value, again.bound) == (optimum, certificate.bound)
    assert float(again.bound) == pytest.approx(found.relaxed, abs=1e-5)
    assert again.use == certificate.use.tolist()
    assert again.slacks == list(certificate.slack)
    assert sum(again.regrets) == certificate.regrets
    assert [unit for unit, regret in enumerate(again.regrets) if regret > 0] == certificate.off_price.tolist()
    assert certificate.failures == ()


@pytest.mark.parametrize("name", OPTIMA)
def test_the_published_prices_prove_the_bound(name: str) -> None:
    """Prices are printed to six digits, which moves the bound by less than that many units of rows."""
    make, optimum, relaxation, published = OPTIMA[name]
    instance = instance_of(make())
    prices = dyadic(instance, np.array(published, np.float64))
    certificate = certify(instance, prices, solved(name).chosen)
    assert certificate.value == optimum
    assert certificate.bound >= optimum
    assert float(certificate.bound) == pytest.approx(relaxation, abs=0.02)
    assert float(certificate.bound) >= relaxation - SIX_DIGITS
    assert certificate.gap == certificate.regrets + sum(certificate.slack)


def test_v1_by_hand() -> None:
    found = solved("V1")
    assert chosen_of(found) == [0, 0, 1, 0, -1]
    assert plain.best_by_trying(V1) == (93, [(0, 0, 1, 0, -1)])
    numbers = np.array([int(price * 2**20) for price in (1.9375, 0, -2.625)], np.int64)
    certificate = certify(instance_of(V1), Prices(numbers, 20), found.chosen)
    assert (certificate.value, certificate.bound) == (93, Fraction(1527, 16))
    assert relax(instance_of(V1)).at.bound == pytest.approx(95.4375, abs=SIX_DIGITS)


V2_CHOICE = (
    "- - 3 1 - 1 - - - - 1 - - 3 - 1 3 - 3 0 - 3 2 - - 3 - 3 - - 2 - - 1 3 1 3 - - - - - 1 0 - - 0 1 0 3 3 - 3 3 - - 3 3 - 2"
)


def test_v2_has_one_optimum() -> None:
    wanted = [-1 if number == "-" else int(number) for number in V2_CHOICE.split()]
    assert chosen_of(solved("V2")) == wanted
    assert plain.worth(v2(), wanted) == 26713
    assert plain.holds(v2(), wanted)


def test_v3_has_as_many_winners_as_there_may_be_in_every_optimum() -> None:
    """One recipient fewer would leave more of the bound unused than the whole gap."""
    found = solved("V3")
    assert found.winners == 150
    assert found.certificate.prices[7] > found.gap
    assert plain.holds(v3(), chosen_of(found))


# V4: rows that cannot all be met

IN_ORDER = {
    "row by row": [(k, side) for k in range(8) for side in ("floor", "ceiling")],
    "the last row first": [(k, side) for k in reversed(range(8)) for side in ("floor", "ceiling")],
}
REGIONS = {(3, "floor"), (4, "floor"), (5, "floor")}
EITHER = [{(0, "ceiling"), (2, "ceiling")} | REGIONS, {(1, "ceiling"), (2, "ceiling")} | REGIONS]


def only(case: Case, bounds: Any) -> Case:
    """The case with these bounds and no others."""
    limits = tuple(
        (floor if (k, "floor") in bounds else None, ceiling if (k, "ceiling") in bounds else None)
        for k, (floor, ceiling) in enumerate(case.limits)
    )
    return Case(limits, case.units)


def test_v4_is_infeasible_even_in_parts() -> None:
    found = allocate(instance_of(v4()))
    assert (found.status, found.chosen, found.certificate, found.value, found.winners) == ("infeasible", None, None, 0, 0)
    assert plain.in_parts(v4()) is None
    assert impossible(instance_of(v4()))
    assert not impossible(instance_of(v2()))


@pytest.mark.parametrize("order", [None, *IN_ORDER.values()], ids=["its own order", *IN_ORDER])
def test_v4_names_a_smallest_conflict(order: Any) -> None:
    found = conflict(instance_of(v4()), order=order)
    assert found is not None
    assert found.irreducible
    assert set(found.bounds) in EITHER
    assert plain.in_parts(only(v4(), found.bounds)) is None
    for left_out in found.bounds:
        rest = [bound for bound in found.bounds if bound != left_out]
        assert plain.in_parts(only(v4(), rest)) is not None
        assert conflict(instance_of(only(v4(), rest))) is None


def test_v4_the_order_of_trying_decides_which_conflict_is_named() -> None:
    """Both budgets are as good as each other: the one that is tried first is left out."""
    named = [set(conflict(instance_of(v4()), order=order).bounds) for order in IN_ORDER.values()]
    assert named == [EITHER[1], EITHER[0]]


def test_v4_gives_way_by_what_is_said() -> None:
    found = conflict(instance_of(v4()))
    assert all(amount > 0 for amount in found.relaxation.values())
    limits = []
    for k, (floor, ceiling) in enumerate(v4().limits):
        below, above = found.relaxation.get((k, "floor"), 0), found.relaxation.get((k, "ceiling"), 0)
        limits.append((None if floor is None else floor - below, None if ceiling is None else ceiling + above))
    assert plain.in_parts(Case(tuple(limits), v4().units)) is not None
    assert not impossible(instance_of(Case(tuple(limits), v4().units)))


def test_v4b_in_parts_it_could_be_met() -> None:
    found = allocate(instance_of(V4B))
    assert (found.status, found.chosen, found.certificate) == ("indivisible", None, None)
    assert found.relaxed == pytest.approx(10, abs=SIX_DIGITS)
    assert plain.in_parts(V4B) == pytest.approx(10)
    assert plain.best_by_trying(V4B) == (None, [])
    assert not impossible(instance_of(V4B))
    assert conflict(instance_of(V4B)) is None


def test_a_problem_that_can_be_met_has_no_conflict() -> None:
    assert conflict(instance_of(v2())) is None


# V5: forty firms alike, between which the draw decides

V5_WINNERS = [0, 1, 2, 6, 10, 11, 12, 14, 16, 18, 22, 23, 26, 29, 31, 32, 35, 36, 37, 39]


def v5_by_the_rule() -> list[int]:
    """Twelve even firms in the order of the draw, then anybody up to twenty, with at most twelve odd ones."""
    order = sorted(range(40), key=v5_draw().__getitem__)
    winners = [i for i in order if i % 2 == 0][:12]
    for i in order:
        if i not in winners and len(winners) < 20 and (i % 2 == 0 or sum(w % 2 for w in winners) < 12):
            winners.append(i)
    return sorted(winners)


def test_v5_the_draw() -> None:
    assert sorted(range(40), key=v5_draw().__getitem__)[:8] == [2, 11, 1, 23, 18, 36, 35, 6]
    assert v5_by_the_rule() == V5_WINNERS


def test_v5_goes_to_those_the_draw_named() -> None:
    found = allocate(instance_of(V5, tie=[as_tie(digest) for digest in v5_draw()]))
    assert (found.value, found.gap) == (200, 0)
    assert np.flatnonzero(found.chosen >= 0).tolist() == V5_WINNERS
    assert set(chosen_of(found)) == {-1, 0}


# Another program


@pytest.mark.parametrize("name", ["V1", "V2", "V5", "V6"])
def test_cp_sat_agrees_where_it_gets_to_the_end(name: str) -> None:
    value, proved = plain.in_whole(OPTIMA[name][0]())
    found = solved(name)
    assert value <= found.value <= found.relaxed + SIX_DIGITS
    if proved:
        assert value == found.value
