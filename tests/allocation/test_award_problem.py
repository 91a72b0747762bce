"""From the words of a call to rows and units: every use against a plain loop over the options."""

from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.instance import ABSENT
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.problem_of_call import CallProblem, problem_of
from littlegiant.allocation.quota import Quota
from littlegiant.problems import LittleGiantError

from .award_samples import MINOR, REGIONS, call_of, options_of, plain, random_table, solve, table_of

CALL = {
    "funds": [
        {
            "fund": "central", "level": "national", "budget": {2026: 20_000, 2027: 30_000}, "committed": {2026: 1_500.25},
            "authority": 40_000,
        },
        {"fund": "own", "level": "local", "budget": {2026: 12_000, 2030: 5}},
        {"fund": "cost", "level": "national", "counts": "expected", "budget": {2026: 9_000, 2027: 9_000}},
    ],
    "limits": [
        {"limit": "heads", "of": "awards", "at_most": 20},
        {"limit": "west", "where": {"area": "west"}, "of": "money", "at_least": 1_000, "at_most": 15_000},
        {"limit": "west-small", "where": {"area": "west", "size": ["small", "medium"]}, "of": "awards", "at_least": 1},
        {"limit": "local-west", "where": {"area": "west"}, "of": "money", "level": "local", "at_most": 3_000},
        {"limit": "costs", "where": {"size": "large"}, "of": "expected_cost", "at_most": 7_000},
        {"limit": "promised", "of": "committed", "at_most": 50_000},
        {"limit": "east", "where": {"area": "east"}, "of": "money", "at_least_share": 0.3, "at_most_share": 0.7},
    ],
    "quotas": {"by": "region", "of": "awards", "file": "quotas.csv"},
    "additionality": 0.25,
}  # fmt: skip
QUOTAS = tuple(Quota(region, 8.0, 1.0 if region == REGIONS[0] else 0.0) for region in REGIONS)


def case_rows(table: OptionTable, c: int, p: int) -> dict[str, int]:
    """What an option uses of every row of CALL, by the words of the call."""
    m = {name: int(amounts[c, p]) for name, amounts in table.measures.items()}
    area, size, region = (str(table.attributes[name][c]) for name in ("area", "size", "region"))
    parts = ("paid_national_0", "paid_national_1", "paid_local_0")
    west, paid = area == "west", sum(m[name] for name in parts)
    step = gcd(*(int(amount) for name in parts for amount in table.measures[name].ravel()))  # shares are counted in it
    return {
        "central 2026": m["paid_national_0"],
        "central 2027": m["paid_national_1"],
        "central authority": m["paid_national_0"] + m["paid_national_1"],
        "own 2026": m["paid_local_0"],
        "cost": m["cost_national"],
        "heads": 1,
        "west": paid if west else 0,
        "west-small": 1 if west and size != "large" else 0,
        "local-west": m["paid_local_0"] if west else 0,
        "costs": m["cost_national"] if size == "large" else 0,
        "promised": m["committed"],
        "east share": 7 * paid // step if area == "east" else -3 * paid // step,  # (1 - 0.3) · 10 and -0.3 · 10
        "east share at most": 3 * paid // step if area == "east" else -7 * paid // step,
        **{f"quota {each}": int(region == each) for each in REGIONS},
        "additionality": 4 * m["additional"] - m["gross"],  # 0.25 = 1/4
    }


BOUNDS = {
    "central 2026": (None, 18_499_75),
    "central 2027": (None, 30_000_00),
    "central authority": (None, 40_000_00),
    "own 2026": (None, 12_000_00),
    "cost": (None, 18_000_00),
    "heads": (None, 20),
    "west": (1_000_00, 15_000_00),
    "west-small": (1, None),
    "local-west": (None, 3_000_00),
    "costs": (None, 7_000_00),
    "promised": (None, 50_000_00),
    "east share": (0, None),
    "east share at most": (None, 0),
    **{f"quota {each}": (1 if each == REGIONS[0] else None, 8) for each in REGIONS},
    "additionality": (0, None),
}


def problem(table: OptionTable, changes: dict[str, Any] | None = None, quotas: Any = QUOTAS, **more: Any) -> CallProblem:
    return problem_of(call_of(**(CALL if changes is None else changes)), table, quotas, minor=MINOR, **more)


def test_bounds_are_those_of_the_call_in_the_smallest_unit() -> None:
    found = problem(random_table(3, 40))
    assert {each.row.id: (each.row.floor, each.row.ceiling) for each in found.counted} == BOUNDS
    kinds = {each.row.id: each.kind for each in found.counted}
    assert {kinds[name] for name in ("central 2026", "central authority", "cost")} == {"fund"}
    assert kinds["east share"] == kinds["heads"] == "limit"
    assert kinds[f"quota {REGIONS[0]}"] == "quota"
    assert kinds["additionality"] == "additionality"


@pytest.mark.parametrize("seed", range(4))
def test_uses_of_single_cases_are_those_of_a_plain_loop(seed: int) -> None:
    table = random_table(seed, 60)
    found = problem(table)
    names = [each.row.id for each in found.counted]
    units = options_of(found)
    assert len(units) == table.count
    for place, options in enumerate(units):
        c = int(found.single[place])
        want = [(p, int(table.benefit[c, p]), case_rows(table, c, p)) for p in range(2) if table.benefit[c, p] != ABSENT]
        assert [(slot, benefit, {names[k]: use for k, use in uses.items()}) for slot, benefit, uses in options] == [
            (p, benefit, {name: use for name, use in uses.items() if use}) for p, benefit, uses in want
        ]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_undertakings_are_one_unit_with_every_combination(most: int) -> None:
    table = random_table(7, 36, undertakings=14)
    found = problem(table, {**CALL, "law": {"awards_per_undertaking": most}})
    names = [each.row.id for each in found.counted]
    members: dict[str, list[int]] = {}
    for c, name in enumerate(table.undertaking):
        members.setdefault(str(name), []).append(c)
    several = {name: own for name, own in members.items() if len(own) > 1}
    assert [int(c) for c in found.single] == [
        own[0] for name, own in sorted(members.items(), key=lambda m: m[1]) if len(own) == 1
    ]
    assert len(found.meaning) == len(several)
    units = options_of(found)[len(found.single) :]
    for own, meaning, options in zip((several[name] for name in sorted(several)), found.meaning, units, strict=True):
        choices: list[tuple[tuple[int, int], ...]] = [()]
        for c in own:
            offered = [(c, p) for p in range(2) if table.benefit[c, p] != ABSENT]
            choices += [(*before, each) for before in choices for each in offered]
        wanted = {each for each in choices if 1 <= len(each) <= most}
        assert set(meaning) == wanted
        assert len(meaning) == len(wanted)
        for combination, (_, benefit, uses) in zip(meaning, options, strict=True):
            assert benefit == sum(int(table.benefit[each]) for each in combination)
            total: dict[str, int] = {}
            for c, p in combination:
                for name, use in case_rows(table, c, p).items():
                    total[name] = total.get(name, 0) + use
            assert {names[k]: use for k, use in uses.items()} == {name: use for name, use in total.items() if use}


def test_no_undertaking_gets_more_awards_than_the_call_says() -> None:
    table = random_table(5, 40, undertakings=8)
    for most in (1, 2):
        call = call_of(
            funds=[
                {"fund": "central", "level": "national", "budget": {2026: 1e6, 2027: 1e6}},
                {"fund": "own", "level": "local", "budget": {2026: 1e6}},
            ],
            law={"awards_per_undertaking": most},
        )
        solved = solve(call, table).solved
        won = np.flatnonzero(solved.package >= 0)
        counts = np.unique(table.undertaking[won].astype(str), return_counts=True)[1]
        assert counts.max() == most


def two(first: int, second: int, **more: Any) -> OptionTable:
    """Two projects of one undertaking, grants in yuan, and a firm alone."""
    rows = [
        plain("a", 10, first * MINOR, undertaking="U", **more),
        plain("b", 9, second * MINOR, undertaking="U", **more),
        plain("c", 5, 10 * MINOR, **more),
    ]
    return table_of(rows)


@pytest.mark.parametrize(("first", "second", "both"), [(150, 150, True), (150, 151, False), (299, 1, True), (300, 1, False)])
def test_small_aid_counts_over_a_combination(first: int, second: int, both: bool) -> None:
    call = call_of(law={"small_aid": 300, "awards_per_undertaking": 2})
    found = problem_of(call, two(first, second), (), minor=MINOR)
    assert (((0, 0), (1, 0)) in found.meaning[0]) is both
    assert solve(call, two(first, second)).solved.winners == (3 if both else 2)


def test_an_undertaking_of_too_many_combinations_is_one_sentence() -> None:
    rows = [plain(f"P{n:02d}", 5, 100, undertaking="U") for n in range(30)]
    with pytest.raises(LittleGiantError, match=r"undertaking U: found [0-9]+ combinations") as told:
        problem_of(call_of(law={"awards_per_undertaking": 2}), table_of(rows), (), minor=MINOR)
    assert len(told.value.problems) == 1


# --- carry-over -----------------------------------------------------------------------------------------------------------


def later(count: int, first: int, second: int) -> OptionTable:
    """Cases that take `first` yuan in 2026 and `second` in 2027."""
    rows = [
        {
            "case": f"P{n:02d}",
            "options": {"full": {"benefit": 10 + n, "paid_national_0": first * MINOR, "paid_national_1": second * MINOR}},
        }
        for n in range(count)
    ]
    return table_of(rows, ("paid_national_0", "paid_national_1"))


def fund(carry: float, first: float = 1_000, second: float = 1_000) -> AwardCall:
    return call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: first, 2027: second}, "carry_over": carry}])


@pytest.mark.parametrize(("carry", "winners"), [(0.0, 5), (0.19, 5), (0.2, 6), (0.39, 6), (0.4, 7), (0.6, 8), (1.0, 8)])
def test_what_2026_saves_2027_may_spend_up_to_the_share(carry: float, winners: int) -> None:
    """Nine cases take 40 in 2026 and 200 in 2027: 1,000 a year hold five; each 200 carried over one more."""
    found = solve(fund(carry), later(9, 40, 200))
    assert found.solved.winners == winners
    certificate = found.solved.certificate
    names = [each.row.id for each in found.solved.call.counted]
    use = dict(zip(names, certificate.use.tolist(), strict=True))
    assert use["central 2026"] <= 1_000 * MINOR
    assert use["central 2027"] <= 1_000 * MINOR
    carried = 200 * MINOR * found.solved.winners - use["central 2027"]
    assert 0 <= carried <= carry * 1_000 * MINOR
    assert use["central 2026"] == 40 * MINOR * found.solved.winners + carried, "what is carried is spent in the earlier year"


def test_pieces_of_what_may_be_carried_sum_to_the_share() -> None:
    found = problem_of(fund(0.3333, 777), later(3, 10, 20), (), minor=MINOR)
    assert sum(amount for _, _, amount in found.carried) == round(Fraction("0.3333") * 777 * MINOR)
    assert {(name, year) for name, year, _ in found.carried} == {("central", 2026)}, "nothing is carried out of the last year"
    for (_, _, amount), options in zip(found.carried, options_of(found)[3:], strict=True):
        assert options == [(0, 0, {0: amount, 1: -amount})]


def test_money_is_not_carried_back() -> None:
    assert solve(fund(1.0), later(9, 200, 100)).solved.winners == 5


# --- sentences ------------------------------------------------------------------------------------------------------------


def one(changes: dict[str, Any], table: OptionTable | None = None, quotas: Any = ()) -> str:
    with pytest.raises(LittleGiantError) as told:
        problem_of(call_of(**changes), random_table(1, 12) if table is None else table, quotas, minor=MINOR)
    assert len(told.value.problems) == 1
    return str(told.value)


FUND = {"fund": "central", "level": "national", "budget": {2026: 10_000, 2027: 10_000}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"funds": [FUND], "limits": [{"limit": "x", "where": {"aera": "west"}, "at_most": 1}]}, "Did you mean 'area'"),
        ({"funds": [FUND], "limits": [{"limit": "x", "where": {"area": "wset"}, "at_most": 1}]}, "Did you mean 'west'"),
        (
            {"funds": [FUND], "limits": [{"limit": "x", "where": {"area": ["east", "north"]}, "at_most": 1}]},
            "no case with area 'north'",
        ),
        ({"funds": [FUND], "quotas": {"by": "regoin", "file": "q.csv"}}, "Did you mean 'region'"),
        ({"funds": [{**FUND, "level": "provincial"}]}, "no package pays from the level 'provincial'"),
        ({"funds": [{**FUND, "level": "provincial", "counts": "expected"}]}, "no package costs the level 'provincial' anything"),
        ({"funds": [{**FUND, "budget": {2026: 10}}]}, "packages pay in 2027, for which it has no budget"),
        (
            {"funds": [FUND], "limits": [{"limit": "x", "level": "municipal", "at_most": 1}]},
            "no package pays from the level 'municipal'",
        ),
        ({"funds": [{**FUND, "counts": "expected"}], "limits": [{"limit": "central", "at_most": 1}]}, "the name again"),
    ],
)
def test_a_call_that_does_not_fit_its_options_is_one_sentence(changes: dict[str, Any], told: str) -> None:
    assert told in one(changes)


def test_a_group_without_quota_is_one_sentence() -> None:
    changes = {"funds": [FUND], "quotas": {"by": "region", "file": "q.csv"}}
    assert f"no quota for region {REGIONS[0]} and 3 more" in one(changes)
    assert f"no quota for region {REGIONS[3]}, which" in one(changes, quotas=QUOTAS[:3])


def test_a_quota_for_a_group_that_no_case_is_of_is_no_mistake() -> None:
    changes = {"funds": [FUND], "quotas": {"by": "region", "file": "q.csv"}}
    found = problem(random_table(1, 12), changes, (*QUOTAS, Quota("999999", 0.0)))
    assert found.counted[-1].row.ceiling == 0
    assert not found.counted[-1].members.any()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"funds": [{**FUND, "committed": {2028: 1}}]}, "for which there is no budget"),
        ({"funds": [{**FUND, "committed": {2026: 10_001}}]}, "of a budget of 10,000"),
        ({"funds": [{**FUND, "budget": {2026: -1}}]}, "give 0 or more"),
        ({"funds": [{**FUND, "counts": "expected", "carry_over": 0.5}]}, "counts promised payments"),
        ({"funds": [FUND, FUND]}, "the fund `central` stands twice"),
        ({"limits": [{"limit": "x"}]}, "needs `at_least:`"),
        ({"limits": [{"limit": "x", "at_least": 3, "at_most": 2}]}, "lies above"),
        ({"limits": [{"limit": "x", "at_least_share": 0.3}]}, "needs `where:`"),
        ({"limits": [{"limit": "x", "at_most": 2}, {"limit": "x", "at_most": 3}]}, "the limit `x` stands twice"),
        ({"merit": {"weight": 0.5}}, "`merit:` needs `reviews:`"),
        ({"objective": {"maximise": "research", "spillover": 0.2}}, "belong to `maximise: welfare`"),
        ({"packages": [{"package": "a", "parts": [{"use": "x"}]}] * 2}, "the package `a` stands twice"),
    ],
)
def test_a_call_that_contradicts_itself_says_so(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        call_of(**changes)


# --- edges ----------------------------------------------------------------------------------------------------------------


def test_a_budget_of_zero_funds_nobody() -> None:
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 0}}])
    solved = solve(call, table_of([plain("a", 10, 100), plain("b", 9, 50)])).solved
    assert solved.winners == 0
    assert solved.certificate.value == 0
    assert set(solved.ground) <= {"below price", "off price", "dropped"}


def test_one_case_gets_what_fits() -> None:
    for budget, package in ((1.0, 0), (0.99, -1)):
        call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: budget}}])
        assert solve(call, table_of([plain("a", 10, 100)])).solved.package.tolist() == [package]


def test_prices_of_the_instance_do_not_depend_on_the_order_of_the_limits() -> None:
    table = random_table(2, 40)
    limits = [
        {"limit": "heads", "of": "awards", "at_most": 9},
        {"limit": "west", "where": {"area": "west"}, "of": "awards", "at_least": 3},
    ]
    funds = [FUND, {"fund": "own", "level": "local", "budget": {2026: 5_000}}]
    values = {solve(call_of(funds=funds, limits=order), table).solved.certificate.value for order in (limits, limits[::-1])}
    assert len(values) == 1


def test_other_benefits_leave_uses_and_meaning_as_they_are() -> None:
    table = random_table(9, 40, undertakings=20)
    found = problem(table)
    again = found.with_benefits(table.benefit)
    assert options_of(found, again) == options_of(found)
    fewer = table.benefit.copy()
    fewer[::3] = ABSENT
    doubled = np.where(fewer == ABSENT, ABSENT, 2 * fewer)
    names = {case: number for number, case in enumerate(table.cases)}
    for place, options in enumerate(options_of(found, found.with_benefits(doubled))):
        whole = {slot: (benefit, uses) for slot, benefit, uses in options_of(found)[place]}
        if place < len(found.single):
            gone = int(found.single[place]) % 3 == 0
            assert len(options) == (0 if gone else len(whole))
        for slot, benefit, uses in options:
            assert (benefit, uses) == (2 * whole[slot][0], whole[slot][1])
    assert len(names) == table.count


def test_packages_of_a_choice_are_those_that_the_options_stand_for() -> None:
    table = random_table(9, 40, undertakings=20)
    call = call_of(funds=[FUND, {"fund": "own", "level": "local", "budget": {2026: 5_000}}], law={"awards_per_undertaking": 2})
    found = solve(call, table).solved
    benefit = sum(int(table.benefit[c, p]) for c, p in enumerate(found.package) if p >= 0)
    assert benefit == found.certificate.value
    paid = sum(int(table.measures["paid_national_0"][c, p]) for c, p in enumerate(found.package) if p >= 0)
    assert paid == found.certificate.use[[each.row.id for each in found.call.counted].index("central 2026")]


def test_a_share_of_six_decimals_is_counted_exactly() -> None:
    """Sums of fen times the denominator would leave what is exact; steps that divide all amounts do not."""
    table = table_of([plain(f"P{n:03}", 10 + n, 6_000_000, region="N" if n % 3 else "S") for n in range(300)])
    shared = {"limit": "south", "where": {"region": "S"}, "of": "money", "at_least_share": 0.333333}
    problem = problem_of(call_of(limits=[shared]), table, (), minor=MINOR)
    row = next(k for k, each in enumerate(problem.counted) if each.row.id == "south share")
    part = problem.instance.loosened(np.arange(300))
    assert sorted(set(part.use[part.row == row].tolist())) == [-333_333, 666_667]


@pytest.mark.parametrize(
    "changes", [{"limits": [{"limit": "s", "where": {"region": "S"}, "at_least_share": 1 / 3}]}, {"additionality": 1 / 3}]
)
def test_more_decimals_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="more than six decimals"):
        call_of(**changes)
