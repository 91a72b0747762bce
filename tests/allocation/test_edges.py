"""What a problem may look like at its edges, and what is said of input that cannot be right."""

import math
from typing import Any

import numpy as np
import pytest

from littlegiant.allocation import Allocation, Prices, Row, allocate, certify, loose_instance
from littlegiant.problems import LittleGiantError, Problem

from . import plain
from .plain import Case
from .samples import chosen_of, instance_of, tightened

ROW = Row("budget", None, 5)
LARGE = 2**53


def said(rows: list[Row], units: Any, **more: Any) -> list[Problem]:
    """The problems that are told of an input."""
    with pytest.raises(LittleGiantError) as raised:
        loose_instance(rows, units, **more)
    assert raised.value.exit_code == 2
    return list(raised.value.problems)


def one_sentence(problem: Problem) -> str:
    """The sentence of a problem: where, what was found, what was expected, in one line, and what to do in another."""
    sentence, remedy = str(problem).split("\n")
    assert sentence.startswith(problem.place + ": ")
    assert sentence.endswith(".")
    assert remedy.strip().endswith(".")
    return sentence


# Options


@pytest.mark.parametrize("benefit", [-1, 0.5, 3.0, math.nan, math.inf, -math.inf, True, np.True_, "5", None], ids=repr)
def test_a_benefit_is_a_whole_number(benefit: Any) -> None:
    (problem,) = said([ROW], [[(3, {0: 1})], [(4, {0: 1}), (benefit, {0: 1})]])
    assert (problem.place, problem.code) == ("unit 1, option 1", "benefit")
    assert problem.found == f"a benefit of {benefit!r}"
    assert one_sentence(problem) == f"unit 1, option 1: found a benefit of {benefit!r}, expected a whole number, 0 or more."


@pytest.mark.parametrize("benefit", [2**40, LARGE, 2**63, 2**70])
def test_a_benefit_is_not_too_large(benefit: int) -> None:
    (problem,) = said([ROW], [[(benefit, {0: 1})]])
    assert (problem.place, problem.code, problem.expected) == ("unit 0, option 0", "too-large", "below 2 ** 40")
    one_sentence(problem)


@pytest.mark.parametrize("use", [0.5, 1.0, math.nan, math.inf, True, "5", None], ids=repr)
def test_a_use_is_a_whole_number(use: Any) -> None:
    (problem,) = said([ROW], [[(3, {0: use})]])
    assert (problem.place, problem.found, problem.code) == ("unit 0, option 0", f"a use of {use!r}", "use")
    one_sentence(problem)


@pytest.mark.parametrize("use", [LARGE, 2**62, 2**63, 2**70, -LARGE, -(2**63), -(2**70)])
def test_a_use_is_not_too_large(use: int) -> None:
    (problem,) = said([ROW], [[(3, {0: use})]])
    assert problem.code == "too-large"
    one_sentence(problem)


@pytest.mark.parametrize("uses", [[2**52, 2**52], [2**62, 2**62], [2**62, 2**62, 2**62, 2**62], [-(2**52), -(2**52)]])
def test_the_sum_of_uses_is_not_too_large(uses: list[int]) -> None:
    """Also not where it is so large that it comes out small in 64 bits."""
    for problem in said([ROW], [[(3, {0: use})] for use in uses]):
        assert problem.code == "too-large"
        one_sentence(problem)


def test_the_largest_uses_that_are_allowed_are_exact() -> None:
    case = Case(((None, LARGE - 1),), (((3, {0: LARGE - 2}),), ((4, {0: 1}),)))
    certificate = certify(instance_of(case), Prices(np.array([0]), 1), np.array([0, 0], np.int32))
    assert certificate.use.tolist() == [LARGE - 1]
    assert (certificate.value, certificate.failures) == (7, ())


@pytest.mark.parametrize("large", [10**9, 10**11, LARGE - 3])
def test_one_package_uses_by_far_more_than_another(large: int) -> None:
    """A guarantee of a thousand million beside a fee of one, in the same row."""
    found = allocate(instance_of(Case(((None, large),), (((9, {0: large}),), ((4, {0: 1}),), ((2, {0: 1}),)))))
    assert (found.status, found.value, chosen_of(found)) == ("optimal", 9, [0, -1, -1])


@pytest.mark.parametrize("row", [-1, 1, 7, 0.5, True, "budget", None], ids=repr)
def test_a_row_is_one_that_exists(row: Any) -> None:
    (problem,) = said([ROW], [[(3, {row: 1})]])
    assert (problem.place, problem.found, problem.code) == ("unit 0, option 0", f"row {row!r}", "unknown-row")
    one_sentence(problem)


def test_units_are_told_by_their_names() -> None:
    (problem,) = said([ROW], [[(3, {0: 1})], [(-3, {0: 1})]], names=["Baltic Chips", "Neva Tools"])
    assert problem.place == "unit Neva Tools, option 0"


def test_every_problem_is_told_at_once() -> None:
    told = said([Row("a", 2, 1), Row("b", 0.5, None)], [[(-1, {0: 1})], [(3, {5: 1}), (3, {0: 0.5})]])
    assert [problem.code for problem in told] == ["floor", "bound", "benefit", "unknown-row", "use"]
    assert len(said([ROW], [[(-1, {})]] * 100)) == 20


def test_numbers_of_numpy_are_numbers() -> None:
    instance = loose_instance([Row("budget", np.int64(0), np.int64(5))], [[(np.int64(3), {np.int64(0): np.int32(2)})]])
    assert allocate(instance).value == 3


# Rows


def test_a_floor_is_not_above_its_ceiling() -> None:
    (problem,) = said([Row("budget", 6, 5)], [[(3, {0: 1})]])
    assert (problem.place, problem.code) == ("row budget", "floor")
    assert one_sentence(problem) == "row budget: a floor of 6 above the ceiling of 5."


def test_a_row_stands_once() -> None:
    (problem,) = said([ROW, Row("region", 1, None), ROW], [[(3, {0: 1})]])
    assert (problem.place, problem.code) == ("row budget", "twice")
    one_sentence(problem)


@pytest.mark.parametrize("bound", [0.5, 5.0, math.nan, math.inf, True, "5"], ids=repr)
@pytest.mark.parametrize("side", ["floor", "ceiling"])
def test_a_bound_is_a_whole_number(side: str, bound: Any) -> None:
    (problem,) = said([Row("budget", **{side: bound})], [[(3, {0: 1})]])
    assert (problem.place, problem.found, problem.code) == ("row budget", f"a {side} of {bound!r}", "bound")
    one_sentence(problem)


@pytest.mark.parametrize("bound", [LARGE, -LARGE, 2**70])
@pytest.mark.parametrize("side", ["floor", "ceiling"])
def test_a_bound_is_not_too_large(side: str, bound: int) -> None:
    (problem,) = said([Row("budget", **{side: bound})], [[(3, {0: 1})]])
    assert (problem.place, problem.code) == ("row budget", "too-large")
    one_sentence(problem)


@pytest.mark.parametrize("tie", [[0.5], [0.1, 0.2, 0.3], [0.1, 1.0], [0.1, -0.1], [0.1, math.nan], [[0.1, 0.2]]], ids=repr)
def test_the_draw_gives_every_unit_a_number(tie: Any) -> None:
    (problem,) = said([ROW], [[(3, {0: 1})], []], tie=tie)
    assert problem.code == "ties"
    one_sentence(problem)


# Edges


def solved(case: Case) -> Allocation:
    """The allocation, which is the best of all and stands up to a recount."""
    found = allocate(instance_of(case))
    assert found.status == "optimal"
    prices = [found.certificate.prices[k] for k in range(len(case.limits))]
    again = plain.recount(tightened(case), prices, chosen_of(found))
    assert (again.value, again.bound) == (found.value, found.certificate.bound)
    return found


SOME = ((3, {0: 2}), (5, {0: 4}))


def test_a_unit_without_options_gets_nothing() -> None:
    assert chosen_of(solved(Case(((None, 5),), (SOME, (), SOME, ())))) == [0, -1, 0, -1]


def test_nobody_has_an_option() -> None:
    found = solved(Case(((None, 5),), ((), (), ())))
    assert (chosen_of(found), found.value, found.gap, found.winners, found.gap_in_awards) == ([-1, -1, -1], 0, 0, 0, 0.0)


def test_nobody_has_an_option_and_the_row_has_no_limit() -> None:
    assert chosen_of(solved(Case(((None, None),), ((), ())))) == [-1, -1]


def test_no_units() -> None:
    found = solved(Case(((None, 5),), ()))
    assert (chosen_of(found), found.value, found.gap) == ([], 0, 0)


def test_no_units_and_a_floor() -> None:
    assert allocate(instance_of(Case(((1, 5),), ()))).status == "infeasible"


def test_no_rows() -> None:
    """Nothing is scarce: everybody gets what is best."""
    found = solved(Case((), (((3, {}), (5, {}), (4, {})), ((2, {}),), ())))
    assert (chosen_of(found), found.value, found.gap) == ([1, 0, -1], 7, 0)


def test_no_rows_and_no_units() -> None:
    assert solved(Case((), ())).value == 0


@pytest.mark.parametrize(("ceiling", "wanted"), [(0, -1), (1, -1), (2, 0), (3, 0), (4, 1), (5, 1)])
def test_one_unit_gets_the_most_that_the_row_holds(ceiling: int, wanted: int) -> None:
    assert chosen_of(solved(Case(((None, ceiling),), (SOME,)))) == [wanted]


def test_two_hundred_packages_for_a_unit() -> None:
    menu = tuple((10 * n - n * n // 40, {0: n, 1: 1}) for n in range(1, 201))
    case = Case(((None, 260), (2, 3)), (menu, menu[::-1], menu[:50]))
    found = solved(case)
    value, proved = plain.in_whole(case)
    assert proved
    assert found.value == value
    assert found.relaxed == pytest.approx(plain.in_parts(tightened(case)), rel=1e-9)


def test_a_row_that_nobody_uses() -> None:
    for limit in ((None, 5), (0, None), (0, 0), (-3, 5), (None, None)):
        found = solved(Case(((None, 5), limit), (SOME, SOME)))
        assert found.value == 6
        assert found.certificate.slack[1] == 0


def test_a_floor_on_a_row_that_nobody_uses_cannot_be_met() -> None:
    assert allocate(instance_of(Case(((None, 5), (1, None)), (SOME, SOME)))).status == "infeasible"


def test_a_ceiling_of_0_shuts_out_all_who_use_the_row() -> None:
    case = Case(((None, 0), (None, 9)), (((9, {0: 1, 1: 1}), (2, {1: 1})), ((9, {0: 1}),), ((1, {}),)))
    assert chosen_of(solved(case)) == [1, -1, 0]


def test_a_ceiling_of_0_can_be_met_by_giving_back() -> None:
    case = Case(((None, 0),), (((9, {0: 3}),), ((1, {0: -3}),), ((9, {0: 4}),)))
    assert chosen_of(solved(case)) == [0, 0, -1]


def test_a_package_larger_than_its_row_is_in_no_bound() -> None:
    """In parts it would be worth 50."""
    found = solved(Case(((None, 5),), (((100, {0: 10}), (4, {0: 5})), ((3, {0: 5}),))))
    assert (chosen_of(found), found.value, found.gap) == ([1, -1], 4, 0)
    assert found.relaxed == pytest.approx(4)


def test_a_package_larger_than_its_row_is_given_where_others_give_back() -> None:
    assert chosen_of(solved(Case(((None, 5),), (((100, {0: 10}),), ((0, {0: -5}),))))) == [0, 0]


def test_a_share_row_with_0_on_its_right() -> None:
    """At least half of the money goes to the first two units: one part of theirs against one of the others'."""

    def firm(benefit: int, money: int, *, own: bool) -> tuple[plain.Option, ...]:
        return ((benefit, {0: money, 1: money if own else -money}),)

    units = (firm(3, 10, own=True), firm(4, 10, own=True), firm(9, 10, own=False), firm(8, 10, own=False), firm(7, 10, own=False))
    found = solved(Case(((None, 40), (0, None)), units))
    assert (chosen_of(found), found.value) == ([0, 0, 0, 0, -1], 24)
    assert found.certificate.prices[1] < 0
    assert found.gap < 1e-9  # thirds are no dyadic numbers


def test_nothing_but_a_share_row() -> None:
    units = (((3, {0: 5}),), ((9, {0: -5}),), ((8, {0: -5}),))
    found = solved(Case(((0, None),), units))
    assert (chosen_of(found), found.value) == ([0, 0, -1], 12)


def test_all_benefits_are_0() -> None:
    found = solved(Case(((None, 5),), (((0, {0: 2}),), ((0, {0: 3}),))))
    assert (found.value, found.gap, found.gap_in_awards) == (0, 0, 0.0)


def test_all_benefits_are_0_and_a_floor_is_to_be_met() -> None:
    found = solved(Case(((4, 5),), (((0, {0: 2}),), ((0, {0: 3}),))))
    assert chosen_of(found) == [0, 0]


def test_one_allocation_alone_holds() -> None:
    case = Case(((17, 17), (2, 2)), tuple(((5 + i, {0: size, 1: 1}),) for i, size in enumerate((3, 6, 7, 9, 12, 14))))
    assert plain.best_by_trying(case)[1] == [(0, -1, -1, -1, -1, 0)]
    assert chosen_of(solved(case)) == [0, -1, -1, -1, -1, 0]


def test_large_and_small_numbers_side_by_side() -> None:
    case = Case(((None, 10**12), (None, 2)), tuple(((10**9 + i, {0: 10**11 * (3 + i % 4), 1: 1}),) for i in range(8)))
    found = solved(case)
    assert found.value == plain.best_by_trying(case)[0]


def test_an_instance_and_its_certificate_hold_without_a_solver() -> None:
    instance = instance_of(Case(((None, 5),), (SOME, SOME)))
    nobody = certify(instance, Prices(np.array([0]), 10), np.array([-1, -1], np.int32))
    assert (nobody.value, nobody.bound, nobody.failures) == (0, 10, ())
