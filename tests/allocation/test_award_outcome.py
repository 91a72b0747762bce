"""What follows from an allocation for everybody: grounds, θ, reserve list, letters; rules, frontier, fairness, games."""

from dataclasses import replace
from fractions import Fraction
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from littlegiant.allocation.call_solving import CallSolution, conflict_problem
from littlegiant.allocation.fairness import clopper_pearson, fairness, permutation_p
from littlegiant.allocation.frontier import (
    against_simple_rules,
    frontier,
    price_of_rows,
    two_stages,
    upper_curve,
    without_rows,
)
from littlegiant.allocation.gaming import SIZE_LAW, Builder, ask_for_more, lower_baseline
from littlegiant.allocation.instance import ABSENT
from littlegiant.allocation.letters import letter, terms
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.outcome import ROUNDING, reserve_ranks
from littlegiant.allocation.problem_of_call import problem_of
from littlegiant.allocation.quota import Quota
from littlegiant.allocation.robustness import normal_cdf, selection_probability, sigma_of, zone
from littlegiant.allocation.simple_rules import by_rank, in_turn
from littlegiant.allocation.solving import allocate
from littlegiant.problems import LittleGiantError
from littlegiant.words import Language

from .award_samples import MINOR, REGIONS, call_of, exact_costs, naming, plain, random_call, random_table, solve, table_of

Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def table() -> OptionTable:
    return random_table(11, 120)


@pytest.fixture(scope="module")
def found(table: OptionTable) -> CallSolution:
    return solve(random_call(table), table)


# --- by hand --------------------------------------------------------------------------------------------------------------


def test_a_call_by_hand() -> None:
    """Ten yuan; the best two cost ten. Then prices lie between what the last winner and the first loser bring per yuan."""
    rows = [plain("a", 60, 600), plain("b", 30, 400), plain("c", 20, 500), plain("d", 3, 300)]
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 10}}])
    solved = solve(call, table_of(rows)).solved
    assert solved.package.tolist() == [0, 0, -1, -1]
    assert solved.ground.tolist()[:2] == ["awarded", "awarded"]
    assert solved.rank.tolist() == [0, 0, 1, 2]
    price = float(solved.certificate.prices[0])
    assert 20 / 500 - 1e-9 <= price <= 30 / 400 + 1e-9
    assert solved.theta.tolist() == pytest.approx([60 / 600 / price, 30 / 400 / price, 20 / 500 / price, 3 / 300 / price])
    assert 0 <= solved.certificate.gap < 1e-6


def test_the_rounding_of_a_price_is_nobodys_ground() -> None:
    """Who stands exactly at the price does not get the letter of those that whole packages pushed aside: all money is used."""
    rows = [plain("a", 60, 600), plain("b", 30, 400), plain("c", 20, 500), plain("d", 3, 300)]
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 10}}])
    found = solve(call, table_of(rows))
    assert found.solved.certificate.use.tolist() == [1000]
    assert found.solved.ground.tolist() == ["awarded", "awarded", "below price", "below price"], float(found.solved.regret.max())


def test_what_a_whole_package_leaves_over_is_off_price() -> None:
    """Nine yuan hold the better two of three cases of four; the last yuan holds nobody."""
    rows = [plain("a", 60, 400), plain("b", 50, 400), plain("c", 40, 400)]
    solved = solve(call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 9}}]), table_of(rows)).solved
    assert solved.package.tolist() == [0, 0, -1]
    certificate = solved.certificate
    assert certificate.gap == certificate.regrets + sum(certificate.slack)
    assert float(solved.regret.sum()) == float(certificate.regrets)


# --- random calls ---------------------------------------------------------------------------------------------------------


def test_costs_and_theta_are_those_of_the_published_prices(found: CallSolution, table: OptionTable) -> None:
    solved, costs = found.solved, exact_costs(found.solved)
    for c in range(table.count):
        ratios = []
        for p, cost in enumerate(costs[c]):
            if cost is None:
                continue
            assert solved.cost[c, p] == pytest.approx(float(cost), rel=1e-9, abs=1e-9)
            assert solved.surplus[c, p] == pytest.approx(float(table.benefit[c, p] - cost), rel=1e-9, abs=1e-6)
            ratios.append(float(table.benefit[c, p] / cost) if cost > 0 else np.inf)
        assert solved.theta[c] == pytest.approx(max(ratios)) if ratios else np.isnan(solved.theta[c])


def test_grounds_follow_from_surplus_and_award(found: CallSolution, table: OptionTable) -> None:
    solved, costs = found.solved, exact_costs(found.solved)
    for c in range(table.count):
        offered = {p: table.benefit[c, p] - cost for p, cost in enumerate(costs[c]) if cost is not None}
        best = max([Fraction(0), *offered.values()])
        got = offered[int(solved.package[c])] if solved.package[c] >= 0 else Fraction(0)
        rounded = best - got < ROUNDING  # a case at the margin, whose price was rounded
        assert solved.regret[c] == pytest.approx(0.0 if rounded else float(best - got), abs=1e-9)
        if not offered:
            wanted = "dropped"
        elif solved.package[c] >= 0:
            wanted = "awarded" if rounded else "awarded off price"
        else:
            wanted = "below price" if rounded else "off price"
        assert solved.ground[c] == wanted
        if wanted == "awarded":
            assert solved.theta[c] >= 1 - ROUNDING
        if wanted == "below price":
            assert solved.theta[c] <= 1 + ROUNDING


def test_the_gap_is_regrets_and_unused_money(found: CallSolution) -> None:
    certificate = found.solved.certificate
    assert float(found.solved.regret.sum()) == pytest.approx(float(certificate.regrets))
    assert certificate.bound - certificate.value == certificate.regrets + sum(certificate.slack)
    assert certificate.gap >= 0


def test_the_reserve_list_is_ordered_by_theta(found: CallSolution) -> None:
    solved = found.solved
    waiting = [c for c in range(len(solved.package)) if solved.package[c] < 0 and not np.isnan(solved.theta[c])]
    assert sorted(solved.rank[waiting].tolist()) == list(range(1, len(waiting) + 1))
    in_order = sorted(waiting, key=lambda c: solved.rank[c])
    thetas = [solved.theta[c] for c in in_order]
    assert thetas == sorted(thetas, reverse=True)
    others = np.setdiff1d(np.arange(len(solved.package)), waiting)
    assert set(solved.rank[others].tolist()) <= {0}


def test_reserve_ranks_by_hand() -> None:
    package = np.array([0, -1, -1, -1, -1], np.int32)
    theta = np.array([1.4, 0.5, np.nan, np.inf, 0.9])
    assert reserve_ranks(package, theta, np.zeros(5)).tolist() == [0, 3, 0, 1, 2]


@pytest.mark.parametrize("tie", [[0.9, 0.1, 0.5], [0.1, 0.5, 0.9], [0.5, 0.9, 0.1]])
def test_between_equals_the_draw_decides_who_wins_and_who_waits_first(tie: list[float]) -> None:
    """Never the order of the file, nor of the ids."""
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 1}}])
    solved = solve(call, table_of([plain(name, 5, 100) for name in "abc"]), tie=tie).solved
    first, second, third = np.argsort(tie)
    assert solved.package[first] == 0
    assert [int(solved.rank[each]) for each in (first, second, third)] == [0, 1, 2]


@pytest.mark.parametrize("language", get_args(Language))
def test_everybody_gets_a_letter(found: CallSolution, language: Language) -> None:
    letters = [letter(found, c, naming(found.call, language)) for c in range(found.solved.table.count)]
    assert all(letters)
    for c, text in enumerate(letters):
        assert "{" not in text
        assert "nan" not in text
        if found.solved.ground[c] == "dropped":
            assert {"en": "the conditions of the call are not met", "zh": "不符合申报条件"}[language] in text
        if found.solved.ground[c] == "awarded":
            titles = {each.package: each.title[language] for each in found.call.packages}
            assert titles[found.solved.table.packages[found.solved.package[c]]] in text
        if found.solved.rank[c]:
            assert str(found.solved.rank[c]) in text
    assert len(set(found.solved.ground.tolist())) >= 3, "else few kinds of letters were seen"


@pytest.mark.parametrize("language", get_args(Language))
def test_every_ground_has_its_letter(found: CallSolution, language: Language) -> None:
    grounds = ("awarded", "below price", "awarded off price", "off price", "dropped", "drawn", "not drawn")
    solved, told = found.solved, set()
    won, lost = (
        int(np.flatnonzero(each)[0])
        for each in (solved.package >= 0, (solved.package < 0) & (solved.best >= 0) | (solved.rank > 0))
    )
    for ground in grounds:
        case = won if ground in ("awarded", "awarded off price", "drawn") else lost
        changed = solved.ground.copy()
        changed[case] = ground
        told.add(letter(replace(found, solved=replace(solved, ground=changed)), case, naming(found.call, language)))
    assert len(told) == len(grounds)


@pytest.mark.parametrize("language", get_args(Language))
def test_a_package_without_a_title_is_called_by_its_name(table: OptionTable, language: Language) -> None:
    packages = [{"package": name, "parts": [{"use": "grant"}]} for name in ("full", "half")]
    untitled = solve(random_call(table, packages=packages), table)
    won = int(np.flatnonzero(untitled.solved.package >= 0)[0])
    assert table.packages[untitled.solved.package[won]] in letter(untitled, won, naming(untitled.call, language))


def test_terms_say_where_a_benefit_comes_from() -> None:
    option = {
        "research": 123_456_700, "from_cost": 100, "from_grant": 5_000_000_00, "released": 0, "sd": None, "grade": "C",
        "score": 71_250, "score_raw": None,
    }  # fmt: skip
    for language in get_args(Language):
        text = terms(option, naming(rivals().call, language))
        for part in ("1,234,567", "5,000,000", "–", "C", "71.2"):
            assert part in text


# --- undertakings ---------------------------------------------------------------------------------------------------------


def rivals() -> CallSolution:
    """Two projects of one undertaking that may have one award: both are worth far more than their price."""
    rows = [
        plain("a", 100, 300, undertaking="U"),
        plain("b", 90, 300, undertaking="U"),
        plain("c", 30, 300),
        plain("d", 10, 300),
        plain("e", 9, 300),
    ]
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 6}}])
    return solve(call, table_of(rows))


def test_a_project_that_cedes_to_its_sibling_is_told_so() -> None:
    """It is not below the price: its undertaking has the most awards that the call allows."""
    found = rivals()
    solved = found.solved
    assert solved.package.tolist() == [0, -1, 0, -1, -1]
    assert solved.theta[1] > 1
    assert solved.ground[1] != "below price"
    assert "would have to fall" not in letter(found, 1, naming(found.call, "en"))


def test_a_project_that_cedes_to_its_sibling_does_not_lead_the_reserve_list() -> None:
    """It could not be funded when money returns: the next is the case that could."""
    solved = rivals().solved
    assert solved.rank[3] == 1


def test_regrets_of_undertakings_stand_with_the_case_that_bears_them() -> None:
    """The regret of a unit counts once, and never with a case that has no option."""
    for seed in range(6):
        table = random_table(seed, 40, undertakings=15)
        found = solve(random_call(table, 0.25, limits=[]), table)
        solved = found.solved
        assert float(solved.regret.sum()) == pytest.approx(float(solved.certificate.regrets))
        dropped = solved.ground == "dropped"
        assert not (solved.regret[dropped] > 0).any()


# --- how sure -------------------------------------------------------------------------------------------------------------


def test_the_normal_distribution() -> None:
    for x, p in ((0.0, 0.5), (1.0, 0.841344746), (-1.959963985, 0.025), (3.0, 0.998650102), (-9.0, 0.0)):
        assert float(normal_cdf(np.array([x]))[0]) == pytest.approx(p, abs=2e-5)


def test_the_probability_of_selection_is_how_often_noisy_benefits_beat_fixed_prices(found: CallSolution) -> None:
    """4,000 draws of benefits at the published prices: a case is funded when any of its packages has a surplus."""
    solved, sigma = found.solved, np.random.default_rng(2).uniform(0.05, 0.6, found.solved.table.count)
    closed = selection_probability(solved.theta, sigma)
    draws = 4_000
    z = np.random.default_rng(1).standard_normal((draws, len(sigma)))
    factor = np.exp(sigma * z - sigma**2 / 2)
    funded = np.zeros((draws, len(sigma)), np.bool_)
    for p in range(len(solved.table.packages)):
        there = solved.table.benefit[:, p] != ABSENT
        funded |= there & (factor * solved.table.benefit[:, p] > solved.cost[:, p])
    frequency = funded.mean(axis=0)
    known = ~np.isnan(closed)
    error = np.sqrt(np.maximum(closed * (1 - closed), 1e-4) / draws)
    assert (np.abs(frequency - closed)[known] < 4.5 * error[known] + 1e-4).all()
    assert np.isnan(closed[~known]).all()
    assert ((closed[known] > 0.1) & (closed[known] < 0.9)).sum() > 10, "else the test shows little"


def test_probability_at_the_edges() -> None:
    theta = np.array([np.inf, np.nan, 1.0, 2.0, 0.5])
    p = selection_probability(theta, np.array([0.2, 0.2, 0.2, 0.0, 0.0]))
    assert p[0] == pytest.approx(1.0)
    assert np.isnan(p[1])
    assert p[2] == pytest.approx(0.460172, abs=1e-4)  # Φ(-0.1)
    assert p[3] == pytest.approx(1.0)
    assert p[4] == pytest.approx(0.0)


def test_the_spread_is_that_of_the_score_as_far_as_it_weighs() -> None:
    score, low, high = np.array([80.0, np.nan, 80.0]), np.array([70.0, np.nan, 80.0]), np.array([90.0, np.nan, 80.0])
    assert sigma_of(score, low, high, None, 0.2).tolist() == [0.2] * 3
    assert sigma_of(score, low, high, 0.0, 0.2).tolist() == [0.2] * 3
    spread = sigma_of(score, low, high, 0.5, 0.2)
    assert spread.tolist() == pytest.approx([0.5 * (10 / 1.6448536) / 80, 0.2, 0.2])


def test_the_zone_holds_its_borders() -> None:
    assert zone(np.array([0.1, 0.0999, 0.9, 0.9001, np.nan]), 0.1).tolist() == [True, False, True, False, False]


# --- fairness -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (1, 20, 0.0013, 0.2487),
        (8, 40, 0.0905, 0.3565),
        (0, 1, 0.0, 0.975),
        (40, 400, 0.0724, 0.1336),
        (500, 1000, 0.4685, 0.5315),
    ],
)
def test_exact_intervals_of_shares(k: int, n: int, low: float, high: float) -> None:
    assert clopper_pearson(k, n) == pytest.approx((low, high), abs=6e-4)


def grouped(won: dict[str, tuple[int, int]], size: int = 100) -> CallSolution:
    """Cases of groups of which so many win: winners are worth much, others little."""
    rows = [
        plain(f"{group}{n:02d}", 50 if n < winners else 1, size, region=group)
        for group, (winners, count) in won.items()
        for n in range(count)
    ]
    total = sum(winners for winners, _ in won.values())
    return solve(
        call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: total * size / MINOR}}]), table_of(rows)
    )


def test_ratios_of_groups_by_hand() -> None:
    found = grouped({"A": (12, 20), "B": (6, 40), "C": (2, 4)})
    alone = found.solved.package >= 0
    rows = {row.group: row for row in fairness(found.solved, "region", fund_prices_only=alone)}
    assert (rows["A"].won, rows["A"].offered, rows["A"].came) == (12, 20, 20)
    assert rows["A"].ratio == pytest.approx((12 / 20) / (8 / 44))
    assert rows["B"].ratio == pytest.approx((6 / 40) / (14 / 24))
    assert rows["A"].money_ratio == pytest.approx(rows["A"].ratio), "all get the same"
    assert rows["A"].by_funds_alone == pytest.approx(rows["A"].ratio)
    low, high = clopper_pearson(12, 20)
    assert (rows["A"].low, rows["A"].high) == pytest.approx((low / (8 / 44), high / (8 / 44)))
    assert rows["A"].flagged
    assert rows["B"].flagged
    everybody = (20 * np.log(50)) / 64
    assert rows["A"].mean_log == pytest.approx(12 / 20 * np.log(50) - everybody)


def test_cells_below_five_are_not_published() -> None:
    found = grouped({"A": (6, 10), "B": (3, 20), "C": (2, 4)})
    small = fairness(found.solved, "region", fund_prices_only=found.solved.package >= 0)[2]
    assert small.group == "C"
    assert [small.ratio, small.money_ratio, small.mean_log, small.by_funds_alone, small.low, small.high] == [None] * 6
    assert not small.flagged
    beside = grouped({"A": (6, 10), "C": (2, 4)})
    rows = fairness(beside.solved, "region", fund_prices_only=beside.solved.package >= 0)
    assert [row.ratio for row in rows] == [None, None], "of two groups the other would follow by subtraction"


def test_equal_shares_are_not_flagged_and_groups_are_counted_once() -> None:
    found = grouped({"A": (5, 10), "B": (10, 20)})
    rows = fairness(found.solved, "region", fund_prices_only=found.solved.package >= 0)
    assert [row.ratio for row in rows] == [pytest.approx(1.0)] * 2
    assert not any(row.flagged for row in rows)
    assert sum(row.came for row in rows) == 30


def test_the_permutation_test_against_the_exact_distribution() -> None:
    """Four hits, all in a group of ten of forty: 210/91,390 by the hypergeometric distribution, two-sided."""
    hit, own = np.zeros(40, np.bool_), np.zeros(40, np.bool_)
    hit[:4] = own[:10] = True
    assert permutation_p(hit, own, 0) == pytest.approx(210 / 91_390, abs=0.003)
    assert permutation_p(np.zeros(40, np.bool_), own, 0) == 1.0
    spread = np.zeros(40, np.bool_)
    spread[[0, 12, 22, 32]] = True
    assert permutation_p(spread, own, 0) == 1.0, "one of four, as expected"


# --- rules people use -----------------------------------------------------------------------------------------------------

FEW = [
    {
        "case": "a",
        "options": {"full": {"benefit": 60, "paid_national_0": 600}, "half": {"benefit": 40, "paid_national_0": 300}},
        "region": "N",
    },
    {"case": "b", "options": {"full": {"benefit": 50, "paid_national_0": 500}}, "region": "N"},
    {"case": "c", "options": {"half": {"benefit": 30, "paid_national_0": 200}}, "region": "S"},
    {"case": "d", "options": {"full": {"benefit": 5, "paid_national_0": 100}}, "region": "S"},
]


def rule_problem() -> Any:
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 10}}])
    return problem_of(call, table_of(FEW), (), minor=MINOR)


def by_case(call: Any, values: list[float]) -> Floats:
    return np.array(values)[call.single][call.instance.origin]


def packages(call: Any, rule: Any) -> list[int]:
    return [int(p) for p in call.packages_of(call.instance.given(rule.choice))]


def test_rank_by_score_until_the_money_is_gone_by_hand() -> None:
    call = rule_problem()
    # b 500 of 1,000; a's full no longer fits, half does: 800; c fits: 1,000; nothing is left for d.
    rule = by_rank(call.instance, by_case(call, [2, 3, 1, 0]), name="by_score")
    assert packages(call, rule) == [1, 0, 1, -1]
    assert (rule.value, rule.winners, rule.unmet) == (120, 3, ())
    # a takes its best, 600; b does not fit; c: 800; d: 900.
    assert packages(call, by_rank(call.instance, by_case(call, [3, 2, 1, 0]), name="x")) == [0, -1, 1, 0]


def test_the_smallest_package_first_by_hand() -> None:
    call = rule_problem()
    rule = by_rank(call.instance, by_case(call, [3, 2, 1, 0]), name="x", prefer="cheapest")
    assert packages(call, rule) == [1, 0, 1, -1]


def test_who_has_no_key_is_left_out() -> None:
    call = rule_problem()
    assert packages(call, by_rank(call.instance, by_case(call, [np.nan, 2, 1, np.nan]), name="x")) == [-1, 0, 1, -1]


def test_equal_turns_by_hand() -> None:
    call = rule_problem()
    group = np.array([0, 0, 1, 1])[call.single][call.instance.origin]
    # First of each region: a (score 4) and c (2): 600 + 200; then b does not fit, d does.
    rule = in_turn(call.instance, by_case(call, [4, 3, 2, 1]), group, name="turns")
    assert packages(call, rule) == [0, -1, 1, 0]


def test_ties_of_a_rule_go_by_the_draw() -> None:
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 1}}])
    table = table_of([plain(name, 5, 100) for name in "abc"])
    for tie, winner in (([0.9, 0.1, 0.5], 1), ([0.1, 0.9, 0.5], 0), ([0.9, 0.8, 0.2], 2)):
        problem = problem_of(call, table, (), minor=MINOR, tie=tie)
        rule = by_rank(problem.instance, np.ones(3), name="x")
        assert packages(problem, rule)[winner] == 0
        assert rule.winners == 1


def test_floors_that_a_rule_leaves_unmet_are_counted() -> None:
    call = call_of(
        funds=[{"fund": "central", "level": "national", "budget": {2026: 10}}],
        limits=[{"limit": "south", "where": {"region": "S"}, "of": "awards", "at_least": 2}],
    )
    problem = problem_of(call, table_of(FEW), (), minor=MINOR)
    rule = by_rank(problem.instance, by_case(problem, [3, 2, 1, 0]), name="x")
    assert rule.unmet == ()
    assert by_rank(problem.instance, by_case(problem, [3, 2, np.nan, np.nan]), name="x").unmet == (1,)


def test_no_rule_beats_the_bound(found: CallSolution, table: OptionTable) -> None:
    score = np.random.default_rng(0).uniform(50, 90, table.count)
    compared = against_simple_rules(found.solved.call, table, found.solved.allocation, score, table.attributes["region"])
    assert [each.name for each in compared] == ["by_score", "equal_turns", "first_come", "by_density"]
    for each in compared:
        if not each.unmet:
            assert each.value <= found.solved.certificate.bound
            assert each.gain >= -1e-3
        assert each.gain == pytest.approx(found.solved.certificate.value / each.value - 1)
        assert 0 <= each.changed <= found.solved.winners


def test_without_scores_there_is_no_rank_by_score(found: CallSolution, table: OptionTable) -> None:
    none = np.full(table.count, np.nan)
    compared = against_simple_rules(found.solved.call, table, found.solved.allocation, none, table.attributes["region"])
    assert "by_score" not in {each.name for each in compared}


# --- frontier and prices --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def points(found: CallSolution) -> list[Any]:
    return frontier(found.solved.call)


def test_the_frontier_rises_and_bends_down(points: list[Any]) -> None:
    assert len(points) >= 4
    values, at = [p.upper for p in points], [p.multiplier for p in points]
    assert values == sorted(values)
    slopes = np.diff(values) / np.diff(at)
    assert (np.diff(slopes) <= 1e-6 * values[-1]).all()


def test_no_line_lies_below_a_point(points: list[Any]) -> None:
    for one in points:
        for other in points:
            assert one.upper + one.slope * (other.multiplier - one.multiplier) >= other.upper * (1 - 1e-9)
        assert upper_curve(points, one.multiplier) == pytest.approx(one.upper, rel=1e-9)


def test_what_is_reached_lies_below_the_frontier(points: list[Any], table: OptionTable) -> None:
    for multiplier in (0.6, 0.9, 1.4):
        call = random_call(table)
        funds = [fund.model_copy(update={"budget": {y: b * multiplier for y, b in fund.budget.items()}}) for fund in call.funds]
        value = solve(call.model_copy(update={"funds": tuple(funds)}), table).solved.certificate.value
        assert value <= upper_curve(points, multiplier) + 1e-6


def test_a_row_never_adds_value(found: CallSolution) -> None:
    prices = price_of_rows(found.solved.call, found.solved.allocation, ("fund", "limit", "quota", "additionality"))
    assert prices
    for each in prices:
        assert each.total >= -1e-6
        assert (each.side == "ceiling") == (each.price > 0)
    totals = [each.total for each in prices]
    assert totals == sorted(totals, reverse=True)


def test_rows_of_a_kind_can_be_left_open(found: CallSolution) -> None:
    bare = without_rows(found.solved.call, ("limit",))
    for each, row in zip(bare.counted, bare.instance.rows, strict=True):
        assert (row.floor, row.ceiling) == ((None, None) if each.kind == "limit" else (each.row.floor, each.row.ceiling))


def test_all_at_once_is_no_worse_than_quotas_first(table: OptionTable) -> None:
    quotas = [Quota(region, 8.0) for region in REGIONS]
    call = random_call(table, quotas={"by": "region", "file": "q.csv"})
    found = solve(call, table, quotas)
    score = np.random.default_rng(0).uniform(50, 90, table.count)
    stages = two_stages(found.solved.call, found.solved.allocation, score)
    assert stages is not None
    assert stages.in_quota == found.solved.certificate.value
    assert stages.joint >= stages.in_quota - float(stages.joint_bound - stages.joint) - 1e-6
    assert stages.joint <= stages.joint_bound + 1e-6
    assert two_stages(solve(random_call(table), table).solved.call, found.solved.allocation, score) is None


# --- games ----------------------------------------------------------------------------------------------------------------


def builder(table: OptionTable, seed: int = 0) -> Builder:
    call = call_of(
        funds=[
            {
                "fund": "central",
                "level": "national",
                "budget": {2026: 0.3 * table.measures["paid_national_0"].max(axis=1).sum() / MINOR},
            }
        ]
    )
    research = np.random.default_rng(seed).uniform(1e4, 1e5, table.count)
    return Builder(table, lambda other: problem_of(call, other, (), minor=MINOR), research, 1_000)


def one_year(seed: int, count: int) -> OptionTable:
    random = np.random.default_rng(seed)
    return table_of(
        [
            plain(f"P{n:04d}", int(20 * np.exp(0.5 * random.standard_normal())) + 1, int(random.integers(50, 200)) * MINOR)
            for n in range(count)
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_asking_for_more_pays_less_the_less_it_is_believed(seed: int) -> None:
    played = {each.rule: each for each in ask_for_more(builder(one_year(seed, 300)), share=0.2, seed=seed)}
    assert set(played) == {"unchanged", "estimated", "believed"}
    assert len({each.before for each in played.values()}) == 1
    assert len({each.players for each in played.values()}) == 1
    assert played["unchanged"].after <= played["estimated"].after <= played["believed"].after
    assert played["unchanged"].after < played["unchanged"].before, "the same benefit for more money"
    assert played["unchanged"].value <= played["estimated"].value + 0.02
    assert abs(1.5**SIZE_LAW - 1.2754) < 1e-3


def test_a_lower_baseline_is_rewarded_where_it_is_believed() -> None:
    table = one_year(4, 300)
    played = lower_baseline(builder(table), by=0.2, share=0.2)
    assert played.after > played.before
    assert played.money > 1
    assert played.value <= 1.02


@pytest.mark.parametrize(("factor", "share"), [(1.0, 0.1), (0.5, 0.1), (1.5, 0.0), (1.5, 1.0)])
def test_a_game_nobody_can_play_is_one_sentence(factor: float, share: float) -> None:
    with pytest.raises(LittleGiantError, match="a share between 0 and 1") as told:
        ask_for_more(builder(one_year(1, 20)), factor=factor, share=share)
    assert len(told.value.problems) == 1


# --- rows that conflict ---------------------------------------------------------------------------------------------------


def test_a_conflict_names_its_rows_and_the_least_that_mends_it() -> None:
    table = table_of([plain(f"P{n}", 10, 400, region="N" if n < 3 else "S") for n in range(6)])
    call = call_of(
        funds=[{"fund": "central", "level": "national", "budget": {2026: 10}}],
        limits=[
            {"limit": "north", "where": {"region": "N"}, "of": "awards", "at_least": 3},
            {"limit": "south", "where": {"region": "S"}, "of": "awards", "at_most": 2},
        ],
    )
    problem = problem_of(call, table, (), minor=MINOR)
    allocation = allocate(problem.instance)
    assert allocation.chosen is None
    told = str(conflict_problem(call, problem, allocation, 100))
    assert "central 2026 at most 10.00" in told
    assert "north at least 3" in told
    assert "south" not in told
    assert "lower north by 1" in told or "raise central 2026 by 2.00" in told


def test_awards_that_would_have_to_be_cut_are_told_apart() -> None:
    call = call_of(
        funds=[{"fund": "central", "level": "national", "budget": {2026: 10}}],
        limits=[{"limit": "north", "where": {"region": "N"}, "of": "money", "at_least": 5, "at_most": 7}],
    )
    problem = problem_of(call, table_of([plain(f"P{n}", 10, 400, region="N") for n in range(6)]), (), minor=MINOR)
    allocation = allocate(problem.instance)
    assert allocation.chosen is None
    told = str(conflict_problem(call, problem, allocation, 100))
    assert "north" in told or "awards in parts" in told
    assert "none is excluded" not in told
