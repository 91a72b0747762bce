"""What each instrument is to each firm: the published table of one firm, hand cases, and a second computation firm by firm."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from littlegiant.documents import parse_document
from littlegiant.finance import Rates, breakeven, evaluate, explain_value
from littlegiant.finance.catalogue import InstrumentFile
from littlegiant.finance.computation import Computation
from littlegiant.finance.evaluate import Value
from littlegiant.finance.firms import Firms, firms
from littlegiant.finance.instruments import Rules
from littlegiant.finance.rates import ReferenceTables
from littlegiant.finance.taxes import TaxRegime, due, profit
from littlegiant.problems import LittleGiantError

from . import firm_by_firm as plain
from .firm_by_firm import UNKNOWN, VINTAGES, Document, Firm, Valued
from .samples import (
    ALLOWANCE,
    BACKGROUND,
    BY_NAME,
    EVERY,
    HEAD,
    HIGH_TECH,
    LIMIT,
    RATES,
    REFERENCES,
    REGIME,
    RULES,
    SMALL,
    TABLES,
    TAX,
    WORLD,
    document,
    firm,
    instrument,
    instruments,
    random_firms,
    renamed,
    table,
)

steady = settings(derandomize=True, deadline=None, database=None, max_examples=40)
MILLION = 1_000_000
PRINTED = 0.0005  # figures of the table are millions with three digits
names = [each["instrument"] for each in EVERY]


def value(of: Document, one: Firm, background: Sequence[Document] = (), *, rules: Rules = RULES, rates: Rates = RATES) -> Value:
    (found,) = evaluate(table([one]), [instrument(of)], rules, rates, background=instruments(background))
    return found


def flags(found: Value, row: int = 0) -> set[str]:
    return {name for name, flag in found.flags.items() if flag[row]}


# One firm, one footing: section F of the reference. Amounts in millions as printed.

FIRM = firm(
    income=30 * MILLION,
    rd=8 * MILLION,
    input_vat=6 * MILLION,
    output_vat=9 * MILLION,
    default=0.03,
    loss=0.6,
    rating="B+",
    collateral="normal",
    flags=["high_tech"],
)
HALF = {"national": 0.5, "local": 0.5}
FIVE_YEARS = {"periods": 5}
GRANT = document("grant", "grant", {"national": 0.7, "local": 0.3}, size={"amount": MILLION})
LOAN = document("loan", "soft_loan", HALF, size={"amount": 10 * MILLION}, terms=FIVE_YEARS, charged=0.025)
SUBSIDY = document(
    "subsidy", "interest_subsidy", {"national": 0.7, "local": 0.3}, size={"amount": 10 * MILLION}, terms=FIVE_YEARS, points=0.02
)
GUARANTEE = document(
    "guarantee",
    "guarantee",
    {"national": 0.4, "local": 0.6},
    size={"amount": 10 * MILLION},
    terms=FIVE_YEARS,
    guaranteed=0.8,
    fee=0.01,
)
VAT = document("vat", "vat_credit", HALF, share=0.05)
STAKE = document("stake", "equity", HALF, size={"amount": 10 * MILLION}, private_share=0.5)
LAW = (ALLOWANCE, HIGH_TECH)

TABLE_F: tuple[tuple[Document, tuple[float, ...]], ...] = (
    # committed, equivalent, worth after tax, expected cost, user cost of R&D, finance per committed and per expected cost
    (GRANT, (1.00, 1.000, 0.850, 0.850, 0.0, 1.00, 1.18)),
    (LOAN, (10.00, 1.233, 1.048, 0.503, -0.057, 1.00, 19.9)),
    (SUBSIDY, (0.60, 0.548, 0.466, 0.482, -0.026, 16.7, 20.8)),
    (GUARANTEE, (8.00, 0.614, 0.522, 0.169, -0.029, 1.25, 59.2)),
    (ALLOWANCE, (1.20, 1.200, 1.200, 1.200, -0.176, 1.00, 1.00)),
    (HIGH_TECH, (1.40, 1.400, 1.400, 1.400, 0.235, 1.00, 1.00)),
    (VAT, (0.30, 0.300, 0.255, 0.255, 0.0, 1.00, 1.18)),
    (STAKE, (10.00, 0.0, 0.0, 0.0, 0.0, 2.00, UNKNOWN)),
)
by_row = pytest.mark.parametrize(("of", "row"), TABLE_F, ids=[each["instrument"] for each, _ in TABLE_F])


@by_row
def test_one_firm_on_one_footing_as_published(of: Document, row: tuple[float, ...]) -> None:
    committed, equivalent, worth, cost, user_cost, per_committed, per_cost = row
    found = value(of, FIRM, LAW)
    amounts = [found.committed, found.gross, found.worth, found.cost]
    assert [amount.item() / MILLION for amount in amounts] == pytest.approx([committed, equivalent, worth, cost], abs=PRINTED)
    # 2.55 % stands as 2.6 in the table: half of the last digit, and a little for the float.
    assert found.user_cost.item() == pytest.approx(user_cost, abs=0.0005 + 1e-9)
    assert found.finance_per_committed.item() == pytest.approx(per_committed, abs=0.05 if per_committed > 10 else 0.005)
    assert found.finance_per_cost.item() == pytest.approx(per_cost, abs=0.05 if per_cost > 10 else 0.005, nan_ok=True)


@pytest.mark.parametrize(
    ("of", "central", "local"),
    [(LOAN, 0.251, 0.251), (GUARANTEE, 0.068, 0.101), (ALLOWANCE, 0.720, 0.480), (HIGH_TECH, 0.840, 0.560), (STAKE, 0.0, 0.0)],
    ids=lambda of: of["instrument"] if isinstance(of, dict) else "",
)
def test_the_cost_is_split_between_levels_as_published(of: Document, central: float, local: float) -> None:
    levels = value(of, FIRM, LAW).cost_by_level
    assert levels["national"].item() / MILLION == pytest.approx(central, abs=PRINTED)
    assert levels["local"].item() / MILLION == pytest.approx(local, abs=PRINTED)


@pytest.mark.parametrize(
    ("of", "cost", "central"), [(GRANT, 0.850, 0.7), (SUBSIDY, 0.482, 0.7), (VAT, 0.255, 0.5)], ids=["grant", "subsidy", "vat"]
)
def test_tax_that_comes_back_is_split_as_tax_not_as_the_programme(of: Document, cost: float, central: float) -> None:
    # The table splits these as the programme; 15 % of what is spent comes back as profit tax, 60 to 40.
    spent = cost / 0.85
    levels = value(of, FIRM, LAW).cost_by_level
    assert levels["national"].item() / MILLION == pytest.approx((central - 0.15 * 0.6) * spent, abs=PRINTED)
    assert levels["local"].item() / MILLION == pytest.approx((1 - central - 0.15 * 0.4) * spent, abs=PRINTED)


def test_a_taxed_grant_of_a_million_costs_the_centre_610_000_and_the_locality_240_000() -> None:
    levels = value(GRANT, FIRM, LAW).cost_by_level
    assert {level: round(amount.item()) for level, amount in levels.items()} == {"national": 610_000, "local": 240_000}


def test_committed_cost_and_equivalent_of_a_guarantee_are_three_figures() -> None:
    found = value(GUARANTEE, FIRM, LAW)
    three = [found.committed.item(), found.cost.item(), found.gross.item()]
    assert [round(each / MILLION, 3) for each in three] == [8.0, 0.169, 0.614]
    assert found.finance_per_committed.item() == 1.25
    assert round(found.finance_per_cost.item()) == 59


# Incentive or transfer: section D3


def test_the_marginal_part_of_an_allowance_is_one_of_a_grant_none_of_a_rate_cut_below_zero() -> None:
    assert value(ALLOWANCE, FIRM, LAW).marginal.item() == pytest.approx(1)
    assert value(GRANT, FIRM, LAW).marginal.item() == 0
    assert value(HIGH_TECH, FIRM, LAW).marginal.item() < -0.5


def test_a_matching_grant_rewards_the_margin_until_its_cap() -> None:
    below = document("matching", "matching_grant", rate=0.1)
    assert value(below, FIRM, LAW).marginal.item() == pytest.approx(1)
    assert value(renamed(below, cap=800_000), FIRM, LAW).marginal.item() == 0  # 10 % of 8 m is the cap
    assert value(renamed(below, cap=800_001), FIRM, LAW).marginal.item() == pytest.approx(1)
    assert flags(value(renamed(below, cap=800_000), FIRM, LAW)) == {"capped"}


@pytest.mark.parametrize(
    ("rd", "amount", "marginal", "average"),
    [(1, 0.30, 0.30, 0.30), (5, 1.05, 0.15, 0.21), (20, 2.30, 0.05, 0.115), (2, 0.60, 0.15, 0.30), (0, 0.0, 0.30, 0.0)],
)
def test_a_concave_schedule_gives_less_at_the_margin_than_on_average(
    rd: float, amount: float, marginal: float, average: float
) -> None:
    found = value(BY_NAME["credit-by-bands"], firm(income=100 * MILLION, rd=rd * MILLION))
    assert found.gross.item() / MILLION == pytest.approx(amount)
    assert found.terms["marginal rate"].item() == pytest.approx(marginal)
    assert found.terms["average rate"].item() == pytest.approx(average)


# Chinese rules: section B3


def tax_of(one: Firm, having: Sequence[Document]) -> float:
    columns = table([one])
    effects = [each.effect(columns, RULES, RATES, each.open_to(columns)) for each in instruments(having)]
    return due(profit(columns, effects, 0), REGIME, effects, 0).item()


@pytest.mark.parametrize(("having", "tax"), [((), 5.5), ((ALLOWANCE,), 3.5), ((HIGH_TECH,), 3.3), ((ALLOWANCE, HIGH_TECH), 2.1)])
def test_tax_on_30_million_before_8_million_of_research(having: Sequence[Document], tax: float) -> None:
    assert tax_of(FIRM, having) == pytest.approx(tax * MILLION)


def test_the_allowance_is_worth_2_million_alone_and_1_2_million_beside_the_rate_which_is_worth_1_4_on_top() -> None:
    assert value(ALLOWANCE, FIRM).worth.item() == pytest.approx(2.0 * MILLION)
    assert value(ALLOWANCE, FIRM, [HIGH_TECH]).worth.item() == pytest.approx(1.2 * MILLION)
    assert value(HIGH_TECH, FIRM, [ALLOWANCE]).worth.item() == pytest.approx(1.4 * MILLION)


@pytest.mark.parametrize(("income", "tax"), [(LIMIT, 150_000), (LIMIT + 1, 750_000.25)])
def test_one_yuan_more_loses_the_small_band(income: float, tax: float) -> None:
    assert tax_of(firm(income=income, rd=0, staff=300, assets=50 * MILLION), [SMALL]) == tax


@pytest.mark.parametrize(("staff", "assets"), [(301, 50 * MILLION), (300, 50 * MILLION + 1)])
def test_the_small_band_is_for_small_firms(staff: float, assets: float) -> None:
    assert tax_of(firm(income=LIMIT, rd=0, staff=staff, assets=assets), [SMALL]) == 750_000


@pytest.mark.parametrize(
    ("input_vat", "output_vat", "used", "lapsed", "said"),
    [
        (6, 9.0, 0.3, 0.0, set()),
        (6, 6.1, 0.1, 0.2, {"carried_forward", "lapsed"}),
        (6, 4.0, 0.0, 0.3, {"carried_forward", "lapsed"}),
    ],
)
def test_the_vat_credit_is_used_as_far_as_vat_is_due(
    input_vat: float, output_vat: float, used: float, lapsed: float, said: set[str]
) -> None:
    one = firm(income=30 * MILLION, rd=0, input_vat=input_vat * MILLION, output_vat=output_vat * MILLION)
    found = value(VAT, one)
    assert found.gross.item() / MILLION == pytest.approx(used)
    assert found.terms["lapsed"].item() / MILLION == pytest.approx(lapsed)
    assert flags(found) == said


def test_what_is_left_of_a_vat_credit_is_used_in_later_years() -> None:
    # 0.3 m a year against 0.1, then nothing, would lapse; 0.5 m due a year takes all of it in the years that follow.
    one = firm(income=30 * MILLION, rd=0, input_vat=6 * MILLION, output_vat=6.4 * MILLION)
    found = value(renamed(VAT, years=2), one)
    assert [found.cash[year].item() for year in (0, 1)] == pytest.approx([300_000, 300_000])
    small = value(renamed(VAT, years=2, share=0.1), one)
    assert [small.cash[year].item() for year in (0, 1)] == pytest.approx([400_000, 400_000])
    assert small.terms["lapsed"].item() == pytest.approx(400_000)


@pytest.mark.parametrize(
    ("chance", "flag", "subsidy"),
    [(0.5, "high_tech", 0.1428), (0.2, "", 0.0865), (0.2, "high_tech", 0.1060), (0.05, "high_tech", 0.0400)],
)
def test_the_allowance_of_a_loss_maker_at_15_per_cent_as_published(chance: float, flag: str, subsidy: float) -> None:
    # At 10 % interest; losses are carried 10 years by high-tech firms and 5 by others.
    cut = renamed(HIGH_TECH, flag="")
    rules, rates = replace(RULES, return_to_profit=chance), replace(RATES, discount=0.10)
    one = firm(income=-MILLION, rd=MILLION, flags=[flag])
    assert value(ALLOWANCE, one, [cut], rules=rules, rates=rates).user_cost.item() == pytest.approx(-subsidy, abs=5e-5)


def test_tax_deferral_as_by_its_closed_form() -> None:
    for years, printed in ((1, 38_461.54), (3, 111_003.64)):
        found = value(document("deferral", "deferral", size={"amount": MILLION}, years=years), FIRM, LAW)
        assert found.worth.item() == pytest.approx(printed, abs=0.005)


# Benefits do not add: section 0, point 4


def test_a_taxed_grant_spent_on_research_is_worth_150_000_more_than_an_untaxed_one() -> None:
    taxed = value(renamed(GRANT, taxable=True, spent_on_rd=True), FIRM, LAW)
    untaxed = value(renamed(GRANT, taxable=False, spent_on_rd=True), FIRM, LAW)
    assert taxed.gross.item() == untaxed.gross.item() == MILLION
    assert untaxed.worth.item() == pytest.approx(MILLION)
    assert taxed.worth.item() - untaxed.worth.item() == pytest.approx(150_000)


# A grant in tranches is a contingent claim


def test_a_grant_in_tranches_is_the_mean_of_its_three_outcomes() -> None:
    award = BY_NAME["award"]  # 6 m, half at once and half after three years if reached; 15 % miss, 5 % pay back
    third_year = 1.04**-3
    reached, missed, undone = 3 + 3 * third_year, 3.0, 3 - 3 * third_year
    found = value(award, FIRM, LAW)
    assert found.gross.item() / MILLION == pytest.approx(0.80 * reached + 0.15 * missed + 0.05 * undone)
    assert found.worth.item() == pytest.approx(0.85 * found.gross.item())
    assert found.committed.item() == 6 * MILLION
    assert {name: column.item() for name, column in found.terms.items()} == {
        "if_reached": 6 * MILLION,
        "if_missed": 3 * MILLION,
        "if_not_carried_out": 0,
    }


@pytest.mark.parametrize(
    ("odds", "paid"),
    [({}, {0: 3, 3: 3}), ({"missed": 1.0}, {0: 3, 3: 0}), ({"not_carried_out": 1.0}, {0: 3, 3: -3})],
    ids=["reached", "missed", "not carried out"],
)
def test_a_sure_outcome_of_a_grant_in_tranches_is_paid_as_such(odds: dict[str, float], paid: dict[int, float]) -> None:
    sure = {name: field for name, field in BY_NAME["award"].items() if name not in ("missed", "not_carried_out")}
    found = value({**sure, **odds}, FIRM)
    assert {year: amount.item() / MILLION for year, amount in found.cash.items()} == pytest.approx(paid)


# Losses


def test_an_old_loss_that_lapses_anyway_shelters_a_grant() -> None:
    one = firm(income=2 * MILLION, rd=0, losses={1: 3 * MILLION})
    assert value(GRANT, one).worth.item() == pytest.approx(MILLION)


def test_an_old_loss_that_a_grant_uses_up_is_missed_a_year_later() -> None:
    one = firm(income=2 * MILLION, rd=0, losses={2: 3 * MILLION})
    found = value(GRANT, one)
    assert found.tax[1].item() == pytest.approx(250_000)
    assert found.worth.item() == pytest.approx(MILLION - 250_000 / 1.04)


def test_the_loss_that_lapses_first_is_used_first() -> None:
    one = firm(income=2 * MILLION, rd=0, losses={1: 2 * MILLION, 10: MILLION})
    # The grant takes the loss that would otherwise shelter the second year.
    assert value(GRANT, one).worth.item() == pytest.approx(MILLION - 250_000 / 1.04)


def test_a_loss_maker_that_money_brings_back_to_profit_uses_the_losses_made_until_then() -> None:
    late = renamed(GRANT, size={"amount": 3 * MILLION}, payments={2: 1.0})
    one = firm(income=-MILLION, rd=0)  # loses 1 m in each of two years, then has 2 m of profit
    found = value(late, one)
    assert found.worth.item() == pytest.approx(3 * MILLION / 1.04**2)
    much = value(renamed(late, size={"amount": 4 * MILLION}), one)
    assert much.worth.item() == pytest.approx((4 * MILLION - 250_000) / 1.04**2)


@pytest.mark.parametrize(("flag", "years"), [("", 5), ("high_tech", 10)])
def test_losses_lapse_after_the_years_of_the_law(flag: str, years: int) -> None:
    # A loss of 1 m a year, but only those of the last years are left to meet the profit.
    paid = renamed(GRANT, size={"amount": 40 * MILLION}, payments={12: 1.0})
    found = value(paid, firm(income=-MILLION, rd=0, flags=[flag]))
    assert found.tax[12].item() == pytest.approx(0.25 * (39 - years) * MILLION)


# A second computation, firm by firm

SAMPLE = random_firms(20_240, 220)
LOST_BEFORE = [any(one.losses) for one in SAMPLE]


@cache
def both(name: str) -> tuple[Value, list[Valued]]:
    """An instrument by the package and by the plain computation, on what the law gives anyway."""
    of = BY_NAME[name]
    (found,) = evaluate(table(SAMPLE), [instrument(of)], RULES, RATES, background=instruments(BACKGROUND))
    return found, [plain.evaluate(of, one, WORLD, BACKGROUND) for one in SAMPLE]


def rows_of(name: str, wanted: Callable[[Firm], bool]) -> list[int]:
    return [row for row, one in enumerate(SAMPLE) if wanted(one)]


def agree(name: str, figures: Sequence[str], rows: Sequence[int]) -> None:
    found, expected = both(name)
    assert rows
    for figure in figures:
        ours = [getattr(found, figure)[row].item() for row in rows]
        theirs = [getattr(expected[row], figure) for row in rows]
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-3, nan_ok=True), figure


every_instrument = pytest.mark.parametrize("name", names)


def all_known(one: Firm) -> bool:
    return not any(map(math.isnan, one.amounts.values()))


def open_or_known(name: str) -> list[int]:
    """Who has it, and who has it not with all figures known; what is unknown of others stands further below."""
    has = BY_NAME[name]["kind"] != "small_firm_band"
    return rows_of(name, lambda one: all_known(one) or (has and plain.may_have(BY_NAME[name], one)))


def test_the_sample_has_firms_of_every_fortune() -> None:
    before = [one["income"] - one["rd"] for one in SAMPLE]
    assert sum(each < 0 for each in before) > 40
    assert sum(one["rd"] == 0 for one in SAMPLE) > 40
    assert sum(not all_known(one) for one in SAMPLE) > 20
    assert {one.rating for one in SAMPLE} == {"", *TABLES["classes"]}
    assert sum(LOST_BEFORE) > 40
    assert sum("in_difficulty" in one.flags for one in SAMPLE) > 40


@every_instrument
def test_worth_and_equivalent_are_those_computed_firm_by_firm(name: str) -> None:
    figures = ("gross", "signed", "worth", "committed", "finance", "finance_per_committed", "intensity")
    agree(name, figures, open_or_known(name))


@every_instrument
def test_cost_and_its_levels_are_those_computed_firm_by_firm(name: str) -> None:
    rows = open_or_known(name)
    agree(name, ("cost", "finance_per_cost"), rows)
    found, expected = both(name)
    assert set(found.cost_by_level) == set(expected[0].cost_by_level)
    for level, amounts in found.cost_by_level.items():
        theirs = [expected[row].cost_by_level[level] for row in rows]
        assert amounts[rows].tolist() == pytest.approx(theirs, rel=1e-9, abs=1e-3, nan_ok=True)


@every_instrument
def test_cash_and_tax_of_every_year_are_those_computed_firm_by_firm(name: str) -> None:
    found, expected = both(name)
    for row in rows_of(name, all_known):
        for ours, theirs in ((found.cash, expected[row].cash), (found.tax, expected[row].tax)):
            if any(math.isnan(amount) for amount in theirs.values()):  # a guarantee without a market premium
                continue
            years = sorted({*ours, *theirs})
            figures = [ours[year][row].item() if year in ours else 0.0 for year in years]
            assert figures == pytest.approx([theirs.get(year, 0.0) for year in years], rel=1e-9, abs=1e-3)


@every_instrument
def test_the_user_cost_of_research_is_that_computed_firm_by_firm(name: str) -> None:
    # Firms whose old losses meet their profits, and what unknown figures leave of it, stand further below.
    matching = BY_NAME[name]["kind"] == "matching_grant"
    profitable = {row for row, one in enumerate(SAMPLE) if one["income"] - 2 * one["rd"] > 0}
    rows = [
        row for row, one in enumerate(SAMPLE) if all_known(one) and not LOST_BEFORE[row] and (row in profitable or not matching)
    ]
    agree(name, ("user_cost",), rows)
    _, expected = both(name)
    agree(name, ("marginal",), [row for row in rows if not abs(expected[row].worth) < 1] or rows[:1])


@pytest.mark.parametrize("name", ["matching", "matching-without-end"])
def test_a_matching_grant_lowers_the_user_cost_of_loss_makers_at_once(name: str) -> None:
    agree(name, ("user_cost",), rows_of(name, lambda one: one["income"] < one["rd"] and not any(one.losses)))


@every_instrument
def test_flags_are_those_computed_firm_by_firm(name: str) -> None:
    found, expected = both(name)
    for row, one in enumerate(SAMPLE):
        assert flags(found, row) == (expected[row].flags if plain.may_have(BY_NAME[name], one) else set())


def test_the_crisis_grid_prices_what_the_safe_harbour_does_not() -> None:
    rules, world = replace(RULES, crisis_grid=True), replace(WORLD, crisis_grid=True)
    sample = [one for one in SAMPLE if one.rating in ("CCC", "D")]
    (found,) = evaluate(table(sample), [instrument(GUARANTEE)], rules, RATES, background=instruments(BACKGROUND))
    expected = [plain.evaluate(GUARANTEE, one, world, BACKGROUND) for one in sample]
    assert found.gross.tolist() == pytest.approx([each.gross for each in expected])
    assert found.worth.tolist() == pytest.approx([each.worth for each in expected], nan_ok=True)
    assert [flags(found, row) for row in range(len(sample))] == [each.flags for each in expected]


def test_a_taxable_credit_that_is_used_is_taxed() -> None:
    of = document("credit", "credit", rate=0.1, taxable=True, years=2)
    sample = [one for one in SAMPLE if one["income"] - 2 * one["rd"] > 4 * MILLION and not any(one.losses)]
    (found,) = evaluate(table(sample), [instrument(of)], RULES, RATES, background=instruments(BACKGROUND))
    expected = [plain.evaluate(of, one, WORLD, BACKGROUND) for one in sample]
    assert len(sample) > 20
    for figure in ("worth", "cost", "user_cost"):
        assert getattr(found, figure).tolist() == pytest.approx([getattr(each, figure) for each in expected])


def test_a_taxable_credit_that_lapses_takes_nothing_away() -> None:
    of = document("credit", "credit", rate=0.1, taxable=True)
    assert value(of, firm(income=10 * MILLION, rd=9 * MILLION, losses={10: 5 * MILLION})).worth.item() == pytest.approx(0)


# What is unknown


def test_money_that_is_not_taxed_needs_no_tax_figures() -> None:
    one = firm(rd=UNKNOWN, income=UNKNOWN)
    assert value(renamed(GRANT, taxable=False), one, BACKGROUND).worth.item() == MILLION
    assert math.isnan(value(GRANT, one, BACKGROUND).worth.item())
    assert value(GRANT, one, BACKGROUND).gross.item() == MILLION


@pytest.mark.parametrize("unknown", ["income", "rd"])
def test_the_user_cost_is_unknown_where_profit_is(unknown: str) -> None:
    one = replace(FIRM, amounts={**FIRM.amounts, unknown: UNKNOWN})
    assert math.isnan(value(ALLOWANCE, one, [SMALL]).user_cost.item())


@pytest.mark.parametrize(
    "name", [name for name in names if BY_NAME[name].get("flag") and BY_NAME[name]["kind"] not in ("matching_grant",)]
)
def test_who_may_not_have_an_instrument_gets_nothing_even_where_profit_is_unknown(name: str) -> None:
    one = firm(income=UNKNOWN, rd=MILLION, revenue=MILLION, staff=10, assets=MILLION)
    assert value(BY_NAME[name], one, [ALLOWANCE]).worth.item() == 0


def test_who_may_not_have_a_guarantee_gets_nothing_even_without_a_market_premium() -> None:
    one = firm(income=30 * MILLION, rd=8 * MILLION, rating="CCC", default=0.03, loss=0.6)
    assert value(renamed(GUARANTEE, flag="chosen"), one).worth.item() == 0


# More cases that are easily got wrong


def test_a_guarantee_paid_in_advance_is_worth_its_equivalent_to_a_firm_that_pays_no_tax() -> None:
    one = firm(income=-100 * MILLION, rd=0, rating="B+", default=0.03, loss=0.6)
    found = value(renamed(GUARANTEE, in_advance=True), one)
    assert found.worth.item() == pytest.approx(found.gross.item())


@pytest.mark.parametrize("of", [LOAN, SUBSIDY, GUARANTEE, GRANT, STAKE], ids=lambda of: of["instrument"])
def test_what_is_received_is_worth_its_equivalent_to_a_firm_that_pays_no_tax(of: Document) -> None:
    one = firm(income=-100 * MILLION, rd=0, rating="B+", default=0.03, loss=0.6)
    found = value(of, one, BACKGROUND)
    assert found.worth.item() == pytest.approx(found.gross.item())


def test_a_firm_that_pays_no_tax_gains_nothing_from_paying_it_later() -> None:
    assert value(BY_NAME["deferral"], firm(income=-5 * MILLION, rd=0)).worth.item() == 0


def test_a_deferral_at_the_government_rate_is_worth_what_it_costs() -> None:
    found = value(BY_NAME["deferral"], FIRM, LAW, rates=replace(RATES, discount=0.025))
    assert found.worth.item() == pytest.approx(MILLION * (1 - 1.025**-2))


def test_the_marginal_part_of_an_allowance_is_one_for_a_firm_with_old_losses() -> None:
    # 10 m before 1 m of R&D, 7 m of old losses: 2 m are taxed, in the small band at 5 %.
    one = firm(income=10 * MILLION, rd=MILLION, losses={10: 7 * MILLION}, staff=10, assets=MILLION)
    found = value(ALLOWANCE, one, [SMALL], rates=RATES)
    assert found.user_cost.item() == pytest.approx(-0.05 / 0.95)
    assert found.marginal.item() == pytest.approx(1)


def test_a_credit_that_is_not_taxable_stays_so_beside_a_taxable_grant() -> None:
    credit, matching = document("credit", "credit", rate=0.1), document("matching", "matching_grant", rate=0.1)
    expected = plain.evaluate(matching, FIRM, WORLD, [credit])
    assert value(matching, FIRM, [credit]).user_cost.item() == pytest.approx(expected.user_cost)


def test_a_loss_meets_money_that_something_else_pays_later() -> None:
    # Loses 5 m a year; 50 m come in the third year anyway. A grant of 2 m now is taxed then: it leaves less loss.
    later = renamed(GRANT, instrument="later", size={"amount": 50 * MILLION}, payments={3: 1.0})
    grant, one = BY_NAME["grant"], firm(income=-5 * MILLION, rd=0)
    assert value(grant, one, [later]).worth.item() == pytest.approx(plain.evaluate(grant, one, WORLD, [later]).worth)


def test_a_firm_that_its_allowance_brings_to_the_notch_is_flagged() -> None:
    one = firm(income=LIMIT + 4 * MILLION, rd=2 * MILLION, staff=10, assets=MILLION)
    assert tax_of(one, [ALLOWANCE, SMALL]) == 150_000
    assert "notch" in flags(value(SMALL, one, [ALLOWANCE]))


def test_a_firm_near_the_notch_is_flagged() -> None:
    for income, near in ((LIMIT, True), (0.96 * LIMIT, True), (1.04 * LIMIT, True), (0.9 * LIMIT, False), (2 * LIMIT, False)):
        assert ("notch" in flags(value(SMALL, firm(income=income, rd=0, staff=10, assets=MILLION)))) is near


def test_a_loan_that_costs_nothing_has_no_finance_per_cost() -> None:
    # At the government's rate with nothing lost in default the cost is zero for any probability of default.
    sample = [replace(FIRM, amounts={**FIRM.amounts, "default": n / 100, "loss": 0.0}) for n in range(100)]
    (found,) = evaluate(table(sample), [instrument(LOAN)], RULES, RATES)
    assert found.cost.tolist() == pytest.approx([0] * 100, abs=1e-6)
    assert np.isnan(found.finance_per_cost).all()


def test_money_lent_on_through_a_bank_costs_what_the_state_borrows_it_at() -> None:
    through = renamed(LOAN, refinanced_at=0.0125)
    found = value(through, replace(FIRM, amounts={**FIRM.amounts, "default": UNKNOWN}))
    parts = [10 * MILLION * (6 - t) / 5 * (0.025 - 0.0125) / 1.025**t for t in range(1, 6)]
    assert found.cost.item() == pytest.approx(sum(parts))
    assert value(renamed(LOAN, refinanced_at=0.025), FIRM).cost.item() == pytest.approx(0, abs=1e-6)
    assert found.gross.item() == value(LOAN, FIRM).gross.item()


def test_a_guarantee_of_an_annuity_is_not_that_of_equal_parts() -> None:
    annuity = renamed(GUARANTEE, terms={**FIVE_YEARS, "repayment": "annuity", "rate": 0.05})
    assert value(annuity, FIRM).gross.item() > value(GUARANTEE, FIRM).gross.item()


def test_a_law_that_carries_losses_longer_than_ten_years_is_refused_not_cut() -> None:
    law: dict[str, Any] = {**TAX, "carry_forward": 20, "carry_forward_by_flag": {}}
    with pytest.raises(ValidationError, match="less than or equal to 10"):
        TaxRegime(**HEAD, tax="longer", **law)


def test_a_law_may_carry_no_losses_on() -> None:
    law: dict[str, Any] = {**TAX, "carry_forward": 0, "carry_forward_by_flag": {}}
    rules = replace(RULES, regime=TaxRegime(**HEAD, tax="none", **law))
    paid = renamed(GRANT, size={"amount": 40 * MILLION}, payments={3: 1.0})
    assert value(paid, firm(income=-MILLION, rd=0), rules=rules).tax[3].item() == pytest.approx(0.25 * 39 * MILLION)


# Edge cases


@every_instrument
def test_no_firms_have_no_figures(name: str) -> None:
    (found,) = evaluate(table([]), [instrument(BY_NAME[name])], RULES, RATES, background=instruments(BACKGROUND))
    assert found.worth.shape == found.cost.shape == found.gross.shape == (0,)


def assert_same(one: Value, other: Value) -> None:
    """Every figure of two values is the same to the last digit."""
    for column in fields(Value):
        a, b = getattr(one, column.name), getattr(other, column.name)
        if isinstance(a, np.ndarray):
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), column.name
        elif isinstance(a, Mapping):
            nothing = np.zeros(len(one.eligible))
            for key in {*a, *b}:
                assert np.array_equal(a.get(key, nothing), b.get(key, nothing), equal_nan=True), (column.name, key)
        else:
            assert a == b


def every(sample: Firms, *, threads: int = 1) -> list[Value]:
    return evaluate(sample, instruments(EVERY), RULES, RATES, background=instruments(BACKGROUND), threads=threads)


def assert_alike(one: Value, other: Value, rows: slice) -> None:
    """Figures of the firms in `rows` of `one` are those of `other`: what is summed by firm exactly, the cost but for rounding."""
    for figure in ("gross", "signed", "worth", "committed", "user_cost", "marginal", "finance"):
        assert np.array_equal(getattr(one, figure)[rows], getattr(other, figure), equal_nan=True), figure
    assert one.cost[rows].tolist() == pytest.approx(other.cost.tolist(), rel=1e-12, abs=1e-6, nan_ok=True)


def test_one_firm_has_the_figures_that_it_has_among_others() -> None:
    together = every(table(SAMPLE[:40]))
    for row in (0, 17, 39):
        for found, alone in zip(together, every(table([SAMPLE[row]])), strict=True):
            assert_alike(found, alone, slice(row, row + 1))


def test_identical_firms_have_identical_figures() -> None:
    for found in every(table([FIRM] * 13)):
        for figure in ("gross", "worth", "cost", "user_cost", "marginal", "finance_per_cost"):
            assert len(set(np.nan_to_num(getattr(found, figure), nan=-1.0).tolist())) == 1


def test_nothing_is_ever_infinite() -> None:
    nobody = firm(income=0, rd=0, revenue=0, wages=0, input_vat=0, output_vat=0, staff=0, assets=0, default=0, loss=0)
    sure = firm(income=0, rd=0, default=1, loss=1, rating="D", revenue=0)
    for found in every(table([nobody, sure, *SAMPLE])):
        for column in fields(Value):
            figure = getattr(found, column.name)
            columns = figure.values() if isinstance(figure, Mapping) else [figure]
            for each in columns:
                assert not (isinstance(each, np.ndarray) and each.dtype.kind == "f" and np.isinf(each).any()), column.name


def test_relief_is_worth_nothing_without_profit_and_its_ratios_are_not_defined() -> None:
    for profit_before in (0, -5 * MILLION):
        one = firm(income=2 * MILLION + profit_before, rd=2 * MILLION, staff=10, assets=MILLION, flags=["high_tech"])
        for of in (HIGH_TECH, SMALL, BY_NAME["credit"], BY_NAME["credit-by-bands"]):
            found = value(of, one)
            assert [found.worth.item(), found.gross.item(), found.cost.item()] == [0, 0, 0]
            assert np.isnan([found.marginal.item(), found.finance_per_committed.item(), found.finance_per_cost.item()]).all()


def test_without_research_there_is_no_intensity() -> None:
    assert math.isnan(value(GRANT, firm(income=MILLION, rd=0)).intensity.item())


def test_research_above_revenue_is_flagged() -> None:
    for rd, flagged in ((2.0, True), (1.0, False), (UNKNOWN, False)):
        one = firm(income=5 * MILLION, rd=rd * MILLION, revenue=1.0 * MILLION)
        assert ("rd_above_revenue" in flags(value(ALLOWANCE, one))) is flagged


def test_a_guarantee_above_80_per_cent_is_flagged_and_not_clipped() -> None:
    at, above = value(GUARANTEE, FIRM), value(renamed(GUARANTEE, guaranteed=0.9), FIRM)
    assert flags(at) == set()
    assert flags(above) == {"outside_safe_harbour"}
    assert above.gross.item() / at.gross.item() == pytest.approx(0.9 / 0.8)
    assert above.committed.item() == 9 * MILLION


def test_a_loan_to_a_firm_in_difficulty_is_flagged() -> None:
    assert flags(value(LOAN, replace(FIRM, flags=frozenset({"in_difficulty"})))) == {"no_market"}


def test_a_guarantee_for_a_firm_in_difficulty_is_flagged() -> None:
    assert "no_market" in flags(value(GUARANTEE, replace(FIRM, flags=frozenset({"in_difficulty"}))))


@pytest.mark.parametrize("of", [LOAN, GUARANTEE], ids=["loan", "guarantee"])
def test_a_missing_rating_is_flagged_and_priced_as_a_firm_without_history(of: Document) -> None:
    found = value(of, replace(FIRM, rating=""))
    assert flags(found) == {"no_rating"}
    assert found.gross.item() == pytest.approx(value(of, FIRM).gross.item())  # 400 points and 3.8 %, as B+ has


def test_a_rating_without_a_premium_is_flagged_and_unknown() -> None:
    found = value(GUARANTEE, replace(FIRM, rating="CCC"))
    assert flags(found) == {"no_premium"}
    assert math.isnan(found.gross.item())
    assert found.cost.item() == pytest.approx(value(GUARANTEE, FIRM).cost.item())


def test_a_loan_above_the_market_is_worth_nothing_keeps_its_sign_and_is_flagged() -> None:
    found = value(renamed(LOAN, charged=0.09), FIRM)
    assert [found.gross.item(), flags(found)] == [0, {"floor"}]
    assert found.signed.item() == pytest.approx(-10 * MILLION * 0.02 * sum((6 - t) / 5 / 1.04**t for t in range(1, 6)))


def test_a_debt_without_a_term_is_worth_nothing() -> None:
    for of in (LOAN, SUBSIDY, GUARANTEE):
        found = value(renamed(of, terms={"periods": 0}), FIRM)
        assert [found.gross.item(), found.worth.item(), found.cost.item()] == [0, 0, 0]


@pytest.mark.parametrize("base", [0.0, -0.005])
def test_base_rates_of_zero_and_below_are_rates(base: float) -> None:
    rates = Rates(base=base, discount=base + 0.01, government=base)
    world = replace(WORLD, base=base, discount=base + 0.01, government=base)
    for of in (LOAN, GUARANTEE, SUBSIDY, BY_NAME["award"]):
        found, expected = value(of, FIRM, LAW, rates=rates), plain.evaluate(of, FIRM, world, LAW)
        assert [found.gross.item(), found.cost.item()] == pytest.approx([expected.gross, expected.cost])


def test_a_named_benchmark_stands_in_for_the_reference_rate() -> None:
    rates = replace(RATES, bank_offer=0.05, policy=0.025, benchmark="bank_offer")
    assert value(LOAN, FIRM, rates=rates).gross.item() == pytest.approx(1_233_399.76 * 0.025 / 0.045, abs=0.01)
    assert value(LOAN, FIRM, rates=replace(rates, benchmark="policy_rate")).gross.item() == 0


# What is refused, in a clear sentence


def sentence(refused: pytest.ExceptionInfo[LittleGiantError], code: str) -> str:
    """The message of the only problem: one sentence, perhaps with a remedy below."""
    (problem,) = refused.value.problems
    assert problem.code == code
    first, *remedy = str(problem).splitlines()
    assert first.endswith(".")
    assert ". " not in first
    assert len(first) < 160
    assert len(remedy) <= 1
    return first


@pytest.mark.parametrize("rate", ["base", "discount", "government", "bank_offer", "policy", "interest", "depreciation"])
def test_a_rate_of_5_instead_of_5_per_cent_is_refused(rate: str) -> None:
    wrong: dict[str, Any] = {rate: 5}
    with pytest.raises(LittleGiantError) as refused:
        replace(RATES, **wrong)
    assert sentence(refused, "range") == f"rate {rate}: found 5, expected a rate a year, as 0.05."


@pytest.mark.parametrize("column", ["default", "loss", "interest_rate"])
def test_a_share_of_60_instead_of_60_per_cent_is_refused(column: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        table([FIRM, Firm({column: 60.0})])
    assert sentence(refused, "range") == f"firm firm 1, column {column}: found 60, expected a share, as 0.05."


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"rd": -3.0}, "range", "found -3, expected 0 or more"),
        ({"income": math.inf}, "range", "found inf, expected a number"),
        ({"incom": 1.0}, "unknown-name", "no column 'incom'"),
    ],
)
def test_columns_that_cannot_be_are_refused(wrong: dict[str, float], code: str, said: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        table([Firm(wrong)])
    assert said in sentence(refused, code)


def test_every_column_that_does_not_fit_is_named_at_once() -> None:
    with pytest.raises(LittleGiantError) as refused:
        table([firm(rd=-1.0, default=3.0)])
    assert [problem.place for problem in refused.value.problems] == ["firm firm 0, column rd", "firm firm 0, column default"]


def test_a_loss_stock_below_zero_is_refused_by_its_value() -> None:
    with pytest.raises(LittleGiantError) as refused:
        table([firm(losses={3: -7.0})])
    assert "-7" in str(refused.value)


def test_a_loss_stock_of_another_shape_is_refused() -> None:
    with pytest.raises(LittleGiantError) as refused:
        firms(["a", "b"], currency="CNY", losses=np.zeros((2, 3)))
    assert f"expected (2, {VINTAGES})" in sentence(refused, "shape")


@pytest.mark.parametrize(
    ("one", "code", "said"),
    [(firm(rating="Bx"), "rating", "'Bx'"), (firm(rating="B", collateral="lots"), "collateral", "'lots'")],
    ids=["rating", "collateral"],
)
def test_words_that_the_tables_do_not_have_are_refused(one: Firm, code: str, said: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        value(GUARANTEE, one)
    assert said in sentence(refused, code)


def test_a_benchmark_without_its_rate_is_refused() -> None:
    with pytest.raises(LittleGiantError) as refused:
        value(LOAN, FIRM, rates=replace(RATES, benchmark="bank_offer"))
    assert "bank_offer" in sentence(refused, "rates")


def test_an_instrument_given_twice_is_refused() -> None:
    with pytest.raises(LittleGiantError) as refused:
        evaluate(table([FIRM]), instruments([GRANT, GRANT]), RULES, RATES)
    assert "given twice" in sentence(refused, "twice")


def test_a_size_of_a_column_that_there_is_not_is_refused() -> None:
    with pytest.raises(LittleGiantError) as refused:
        value(renamed(GRANT, size={"share": 0.1, "of": "revenu"}), FIRM)
    assert "no column 'revenu'" in sentence(refused, "unknown-name")


def read(text: str) -> None:
    parse_document(text.encode(), InstrumentFile, "made-up.yaml")


YAML = "instrument: made-up\ntitle: {en: made up}\nlevel: national\n"
LOAN_YAML = "kind: soft_loan\nshares: {national: 1}\n"
REFUSED = (
    pytest.param("kind: grant\nsize: {amount: 1}\n", "missing-key", "no 'shares'", id="no level shares"),
    pytest.param("kind: grant\nsize: {amount: 1}\nshares: {}\n", "value", "they sum to 1", id="empty level shares"),
    pytest.param(
        "kind: grant\nsize: {amount: 1}\nshares: {national: 0.6, local: 0.5}\n", "value", "they sum to 1", id="shares above 1"
    ),
    pytest.param(
        "kind: grant\nsize: {amount: 1}\nshares: {national: 1.5, local: -0.5}\n", "value", "they sum to 1", id="share below 0"
    ),
    pytest.param(
        LOAN_YAML + "size: {amount: -1}\nterms: {periods: 3}\ncharged: 0.02\n",
        "greater_than_equal",
        "-1",
        id="negative principal",
    ),
    pytest.param(
        LOAN_YAML + "size: {amount: 1}\nterms: {periods: 3, grace: 4}\ncharged: 0.02\n",
        "value",
        "`grace: 4` is longer than `periods: 3`",
        id="grace longer than the term",
    ),
    pytest.param(
        LOAN_YAML + "size: {amount: 1}\nterms: {periods: 3}\ncharged: 5\n", "less_than", "found 5", id="a rate of 5 for 0.05"
    ),
    pytest.param(
        LOAN_YAML + "size: {amount: 1}\nterms: {periods: -3}\ncharged: 0.02\n", "greater_than_equal", "-3", id="negative term"
    ),
    pytest.param("kind: rate_cut\nshares: {national: 1}\nrate: 15\n", "less_than", "found 15", id="a tax rate of 15 for 0.15"),
    pytest.param(
        "kind: grant\nshares: {national: 1}\nsize: {amount: 1, share: 0.1, of: rd}\n", "value", "give `amount:`", id="two sizes"
    ),
    pytest.param("kind: grant\nshares: {national: 1}\nsize: {}\n", "value", "give `amount:`", id="no size"),
    pytest.param(
        "kind: grant\nshares: {national: 1}\nsize: {share: 0.1, of: rd, at_least: 2, at_most: 1}\n",
        "value",
        "lies below",
        id="most below least",
    ),
    pytest.param(
        "kind: tranche_grant\nshares: {national: 1}\nsize: {amount: 1}\ntranches: [{after: 0, share: 0.5}]\n",
        "value",
        "sum to 1",
        id="half a grant in tranches",
    ),
    pytest.param(
        "kind: schedule_credit\nshares: {national: 1}\nbands: [{up_to: 2, rate: 0.3}, {up_to: 1, rate: 0.1}]\n",
        "value",
        "bands rise",
        id="falling bands",
    ),
    pytest.param(
        "kind: guarantee\nshares: {national: 1}\nsize: {amount: 1}\nterms: {periods: 3}\nguaranteed: 0.8\nfee: 0.01\n"
        "parties: {bank: {share: 0.2}}\n",
        "value",
        "sum to 1",
        id="a fifth of the parties",
    ),
)


@pytest.mark.parametrize(("text", "code", "said"), REFUSED)
def test_documents_that_cannot_be_are_refused(text: str, code: str, said: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        read(YAML + text)
    assert said in sentence(refused, code)


def test_a_mistake_in_an_instrument_is_placed_in_its_line() -> None:
    with pytest.raises(LittleGiantError) as refused:
        read(YAML + LOAN_YAML + "size: {amount: 1}\nterms: {periods: 3}\ncharged: 5\n")
    assert "line 8" in sentence(refused, "less_than")


def test_an_unknown_kind_of_instrument_is_refused_by_its_name() -> None:
    with pytest.raises(LittleGiantError) as refused:
        read(YAML + "kind: grnat\nshares: {national: 1}\n")
    (problem,) = refused.value.problems
    assert "'grnat'" in problem.found
    assert "'grant'" in problem.remedy


def test_odds_of_more_than_all_firms_are_refused() -> None:
    with pytest.raises(ValidationError, match="together at most 1"):
        instrument(renamed(BY_NAME["award"], missed=0.7, not_carried_out=0.4))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: TaxRegime(**HEAD, tax="t", **{**TAX, "rate": 25}), id="a tax rate of 25"),
        pytest.param(
            lambda: TaxRegime(**HEAD, tax="t", **{**TAX, "profit_tax_shares": {"national": 0.6, "local": 0.6}}),
            id="a tax shared out to 120 %",
        ),
        pytest.param(
            lambda: ReferenceTables(**HEAD, references="t", **{**TABLES, "unrated_margin": 400}), id="a margin in basis points"
        ),
        pytest.param(lambda: replace(RATES, financed_by_loan=30), id="30 for 30 % financed by loans"),
        pytest.param(lambda: Rules(REGIME, REFERENCES, return_to_profit=20), id="20 for 20 % that return to profit"),
        pytest.param(lambda: instrument(renamed(GRANT, payments={0: 0.5})), id="half a grant"),
        pytest.param(lambda: instrument(renamed(GRANT, payments={-1: 1.0})), id="a grant paid before its award"),
        pytest.param(lambda: instrument(renamed(STAKE, terms="expected")), id="expected proceeds without an exit"),
        pytest.param(
            lambda: instrument(renamed(BY_NAME["stake-by-exits"], exits=[{"probability": 0.7, "multiple": 1}] * 2)),
            id="exits of 140 %",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises((LittleGiantError, ValidationError)):
        make()


# Properties

seeds = st.integers(0, 10_000)
documents = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True).map(lambda some: [BY_NAME[one] for one in some])


def columns_of(sample: Firms) -> dict[str, np.ndarray[Any, Any]]:
    arrays = {field.name: getattr(sample, field.name) for field in fields(Firms)}
    return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)} | dict(sample.flags)


def test_no_call_writes_into_its_input() -> None:
    sample = table(random_firms(7, 60))
    before = {name: array.copy() for name, array in columns_of(sample).items()}
    for array in columns_of(sample).values():
        array.flags.writeable = False  # a function that wrote would raise
    eligible = {"grant": np.arange(60) % 2 == 0}
    eligible["grant"].flags.writeable = False
    behind = instruments(BACKGROUND)
    evaluate(sample, instruments(EVERY), RULES, RATES, background=behind, eligible=eligible)
    explain_value(sample, 3, instrument(LOAN), RULES, RATES, background=behind)
    breakeven(sample, instrument(GRANT), RULES, RATES, quantity="gross", target=1000.0, background=behind)
    after = columns_of(sample)
    assert all(np.array_equal(array, after[name], equal_nan=array.dtype.kind == "f") for name, array in before.items())


def test_the_arrays_that_firms_are_made_of_stay_the_callers() -> None:
    income, stock = np.array([1e6, 2e6]), np.zeros((2, VINTAGES))
    sample = firms(["a", "b"], currency="CNY", income=income, rd=np.zeros(2), losses=stock)
    evaluate(sample, instruments([GRANT, ALLOWANCE]), RULES, RATES)
    assert [income.tolist(), stock.sum()] == [[1e6, 2e6], 0]


MANY = random_firms(11, 17)
IN_CHUNKS = ((1, 2), (7, 1), (7, 2), (1_000, 2))  # firms a chunk, threads


def in_chunks_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Value]:
    """The value of an instrument undivided, then by chunks."""
    for chunk, threads in ((len(MANY), 1), *IN_CHUNKS):
        monkeypatch.setattr(sys.modules[evaluate.__module__], "CHUNK", chunk)  # the function hides its module
        behind = instruments(BACKGROUND)
        yield from evaluate(table(MANY), [instrument(BY_NAME[name])], RULES, RATES, background=behind, threads=threads)


@every_instrument
def test_neither_chunks_nor_threads_change_a_digit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, *divided = in_chunks_of(name, monkeypatch)
    for other in divided:
        assert_same(whole, other)


@pytest.mark.parametrize("name", [name for name in names if BY_NAME[name]["kind"] in ("soft_loan", "guarantee")])
def test_chunks_change_the_cost_of_a_debt_by_rounding_at_most(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, *divided = in_chunks_of(name, monkeypatch)
    for other in divided:
        assert_alike(whole, other, slice(None))


AMOUNTS = (
    "amount",
    "at_least",
    "at_most",
    "cap",
    "cap_a_year",
    "cap_in_all",
    "at_most_a_firm",
    "income_at_most",
    "assets_at_most",
)


def in_ten_thousands(part: Any, key: str = "") -> Any:
    """A document with every amount of it in another unit."""
    if isinstance(part, Mapping):
        return {name: in_ten_thousands(inner, str(name)) for name, inner in part.items()}
    if isinstance(part, tuple):
        return tuple(in_ten_thousands(inner) for inner in part)
    return part / 10_000 if key in (*AMOUNTS, "up_to") else part


def small_change(one: Firm) -> Firm:
    amounts = {name: figure if name in ("staff", "default", "loss") else figure / 10_000 for name, figure in one.amounts.items()}
    return replace(one, amounts=amounts, losses=tuple(left / 10_000 for left in one.losses))


@pytest.mark.parametrize("name", names)
def test_another_unit_rescales_amounts_and_leaves_ratios(name: str) -> None:
    sample = [one for one in SAMPLE if abs(one["income"] - 2 * one["rd"]) > 1 or one["rd"] == 0]  # none that stands at a limit
    behind = instruments(BACKGROUND)
    (yuan,) = evaluate(table(sample), [instrument(BY_NAME[name])], RULES, RATES, background=behind)
    changed = [in_ten_thousands(each) for each in BACKGROUND]
    scaled = table([small_change(one) for one in sample])
    (wan,) = evaluate(scaled, [instrument(in_ten_thousands(BY_NAME[name]))], RULES, RATES, background=instruments(changed))
    for figure in ("gross", "signed", "worth", "cost", "committed", "finance"):
        rescaled = getattr(wan, figure) * 10_000
        assert rescaled.tolist() == pytest.approx(getattr(yuan, figure).tolist(), rel=1e-9, abs=1e-3, nan_ok=True), figure
    for level, amounts in yuan.cost_by_level.items():
        assert (wan.cost_by_level[level] * 10_000).tolist() == pytest.approx(amounts.tolist(), rel=1e-9, abs=1e-3, nan_ok=True)
    promised = np.where(yuan.committed > 1, 1.0, np.nan)  # a saving of zero but for rounding has no ratio
    for figure, rows in (("user_cost", 1.0), ("intensity", 1.0), ("finance_per_committed", promised)):
        ours, theirs = getattr(wan, figure) * rows, getattr(yuan, figure) * rows
        assert ours.tolist() == pytest.approx(theirs.tolist(), rel=1e-9, abs=1e-9, nan_ok=True), figure
    some = np.abs(yuan.worth) > 1
    assert wan.marginal[some].tolist() == pytest.approx(yuan.marginal[some].tolist(), rel=1e-6, abs=1e-9, nan_ok=True)
    assert [flags(yuan, row) for row in range(len(sample))] == [flags(wan, row) for row in range(len(sample))]


@pytest.mark.parametrize("name", names)
def test_the_cost_by_level_sums_to_the_cost(name: str) -> None:
    found, _ = both(name)
    summed = sum(found.cost_by_level.values(), np.zeros(len(SAMPLE)))
    assert summed.tolist() == pytest.approx(found.cost.tolist(), rel=1e-12, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("name", names)
def test_the_terms_of_an_explanation_sum_to_the_worth(name: str) -> None:
    sample, behind = table(SAMPLE), instruments(BACKGROUND)
    found, _ = both(name)
    for row in range(0, 40, 4):
        told = explain_value(sample, row, instrument(BY_NAME[name]), RULES, RATES, background=behind)
        assert sum(term.worth for term in told.terms) == pytest.approx(found.worth[row], rel=1e-12, abs=1e-6, nan_ok=True)
        assert sum(told.by_level.values()) == pytest.approx(told.totals["cost"], rel=1e-12, abs=1e-6, nan_ok=True)
        assert [term.year for term in told.terms] == sorted({term.year for term in told.terms})
        assert set(told.flags) == flags(found, row)
        for figure, total in told.totals.items():
            assert total == pytest.approx(getattr(found, figure)[row], rel=1e-12, nan_ok=True), figure


def test_a_loan_is_explained_year_by_year() -> None:
    told = explain_value(table([FIRM]), 0, instrument(LOAN), RULES, RATES, background=instruments(LAW))
    assert [term.year for term in told.terms] == [1, 2, 3, 4, 5]
    assert [term.cash for term in told.terms] == pytest.approx([450_000, 360_000, 270_000, 180_000, 90_000])
    assert [term.tax for term in told.terms] == pytest.approx([67_500, 54_000, 40_500, 27_000, 13_500])
    assert [term.factor for term in told.terms] == pytest.approx([1.04**-t for t in range(1, 6)])
    assert told.named == {"reference": 0.07, "charged": 0.025}


@pytest.mark.parametrize(
    ("of", "quantity"),
    [
        (GRANT, "gross"),
        (GRANT, "worth"),
        (GRANT, "cost"),
        (GRANT, "intensity"),
        (LOAN, "gross"),
        (LOAN, "cost"),
        (SUBSIDY, "worth"),
        (GUARANTEE, "committed"),
        (GUARANTEE, "worth"),
        (BY_NAME["award"], "worth"),
        (BY_NAME["stake-as-aid"], "cost"),
        (BY_NAME["deferral"], "worth"),
    ],
    ids=lambda part: part if isinstance(part, str) else part["instrument"],
)
@settings(steady, max_examples=2)
@given(amount=st.integers(20_000, 5_000_000), seed=seeds)
def test_the_size_that_gives_a_value_is_found_again(of: Document, quantity: str, amount: int, seed: int) -> None:
    rated = [replace(one, rating="B+") for one in random_firms(seed, 2, unknown=0)]
    sample, behind = table([*rated, FIRM]), instruments(LAW)
    (found,) = evaluate(sample, [instrument(renamed(of, size={"amount": amount}))], RULES, RATES, background=behind)
    figure = getattr(found, quantity)
    target = float(np.nanmean(figure) if quantity == "intensity" else figure.sum())
    size = breakeven(sample, instrument(of), RULES, RATES, quantity=quantity, target=target, background=behind)
    assert size == pytest.approx(amount, rel=1e-9)


def test_the_field_that_gives_a_value_is_found_again() -> None:
    sample, behind = table([FIRM]), instruments([HIGH_TECH])
    for of, field, asked in ((ALLOWANCE, "share", 0.7), (SUBSIDY, "points", 0.013), (BY_NAME["credit"], "rate", 0.04)):
        target = evaluate(sample, [instrument(renamed(of, **{field: asked}))], RULES, RATES, background=behind)[0].worth.item()
        size = breakeven(sample, instrument(of), RULES, RATES, quantity="worth", target=target, field=field, background=behind)
        assert size == pytest.approx(asked)


def breakeven_of(of: Document, one: Firm = FIRM, **more: Any) -> float:
    wanted: dict[str, Any] = {"quantity": "gross", "target": 500_000.0, **more}
    return breakeven(table([one]), instrument(of), RULES, RATES, **wanted)


@pytest.mark.parametrize(
    ("of", "wanted", "code"),
    [
        (GRANT, {"quantity": "grosss"}, "unknown-name"),
        (GRANT, {"field": "siz"}, "unknown-name"),
        (STAKE, {}, "target"),
        (GRANT, {"target": -1.0}, "target"),
        (LOAN, {"field": "charged"}, "target"),  # the dearer, the less it is worth
    ],
    ids=["no such quantity", "no such field", "never reached", "below nothing", "falls with the field"],
)
def test_a_breakeven_that_cannot_be_is_refused(of: Document, wanted: dict[str, Any], code: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        breakeven_of(of, **wanted)
    sentence(refused, code)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_a_breakeven_of_an_intensity_without_research_is_refused() -> None:
    with pytest.raises(LittleGiantError):
        breakeven_of(GRANT, firm(income=MILLION, rd=0), quantity="intensity", target=0.5)


def test_a_breakeven_beyond_what_the_instrument_may_be_is_refused() -> None:
    with pytest.raises(LittleGiantError):
        breakeven_of(document("matching", "matching_grant", rate=0.5), field="rate", target=12.0 * MILLION)


@steady
@given(some=documents, seed=seeds)
def test_an_instrument_is_worth_the_same_whatever_is_evaluated_beside_it(some: list[Document], seed: int) -> None:
    sample, behind = table(random_firms(seed, 4)), instruments(BACKGROUND)
    together = evaluate(sample, instruments(some), RULES, RATES, background=behind)
    for of, found in zip(some, together, strict=True):
        (alone,) = evaluate(sample, [instrument(of)], RULES, RATES, background=behind)
        assert_same(found, alone)


@settings(steady, max_examples=10)
@given(seed=seeds)
def test_firms_in_another_order_have_the_same_figures(seed: int) -> None:
    sample = random_firms(seed, 5)
    for found, turned in zip(every(table(sample)), every(table(sample[::-1])), strict=True):
        assert_alike(found, turned, slice(None, None, -1))


@settings(steady, max_examples=8)
@given(seed=seeds)
def test_taxes_are_remembered_by_what_they_rest_on_and_never_mixed_up(seed: int) -> None:
    sample = table(random_firms(seed, 4, unknown=0))
    behind = instruments(BACKGROUND)
    computation = Computation(sample, RULES, RATES)
    effects = [each.effect(sample, RULES, RATES, each.open_to(sample)) for each in (*behind, *instruments(EVERY))]
    for number, effect in enumerate(effects[3:], 3):
        shared = computation.difference([*effects[:3], effect], effects[:3]).worth
        fresh = Computation(sample, RULES, RATES).difference([*effects[:3], effects[number]], effects[:3]).worth
        assert np.array_equal(shared, fresh, equal_nan=True)
