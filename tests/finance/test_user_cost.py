"""The B-index, the user cost of R&D, relief that must wait for profit, and the answer of R&D to its cost: by published
figures and by identities."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.finance.depreciation import declining_balance, straight_line
from littlegiant.finance.schedule import FloatArray
from littlegiant.finance.user_cost import (
    b_index,
    cost_of_capital,
    extra_per_unit,
    financing_part,
    implied_subsidy,
    loss_maker_use,
    mixed_b_index,
    research_after,
    user_cost,
)

steady = settings(derandomize=True, deadline=None, database=None, max_examples=100)

# Ratios near 1 of a few doubles; nothing is cancelled that would cost more than a few digits.
ROUNDING = 1e-12
PRINTED = 0.00005  # figures printed with four decimals
FOREVER = float("inf")

# Weights of the OECD's indicator; what is spent on labour and other current costs is deducted at once.
WEIGHTS = {"labour": 0.60, "other current": 0.30, "machinery": 0.05, "buildings": 0.05}
AT_ONCE = dict.fromkeys(WEIGHTS, 1.0)


def hundredths(least: int, most: int) -> st.SearchStrategy[float]:
    return st.integers(least, most).map(lambda percent: percent / 100)


tax_rates, allowances, credits_, uses = hundredths(1, 60), hundredths(0, 250), hundredths(0, 50), hundredths(0, 100)


def subsidy(rate: float, **relief: Any) -> float:
    return float(implied_subsidy(b_index(rate, **relief)))


def some(weights: dict[str, float], *kinds: str) -> dict[str, float]:
    return {kind: weights[kind] for kind in kinds}


def frozen(*numbers: float) -> FloatArray:
    """An array that cannot be written to: a function that changed its input would raise."""
    array = np.array(numbers)
    array.flags.writeable = False
    return array


# Published figures


@pytest.mark.parametrize(
    ("rate", "relief", "printed", "exact"),
    [
        pytest.param(0.50, {"allowance": 0.25}, 0.75, 0.75, id="half taxed, allowance 25 %"),
        pytest.param(0.25, {"allowance": 0.25}, 0.92, 0.9167, id="a quarter taxed, allowance 25 %"),
        pytest.param(0.50, {"credit": 0.10}, 0.80, 0.80, id="half taxed, untaxed credit 10 %"),
        pytest.param(0.10, {"credit": 0.10, "credit_taxable": True}, 0.90, 0.90, id="a tenth taxed, taxable credit 10 %"),
        pytest.param(0.50, {"credit": 0.10, "credit_taxable": True}, 0.90, 0.90, id="half taxed, taxable credit 10 %"),
    ],
)
def test_the_b_index_of_mcfetridge_and_warda(rate: float, relief: dict[str, Any], printed: float, exact: float) -> None:
    found = float(b_index(rate, **relief))
    assert found == pytest.approx(exact, abs=PRINTED)
    assert round(found, 2) == printed


@pytest.mark.parametrize(
    ("country", "credit", "credited", "exact", "published"),
    [
        ("UK 2024 and 2025, both sizes", 0.20, ("labour", "other current"), 0.1800, 0.18),
        ("Canada 2024, small", 0.35, ("labour", "other current"), 0.3150, 0.31),
        ("Canada 2025, small", 0.35, ("labour", "other current", "machinery"), 0.3325, 0.33),
        ("Canada 2024, large", 0.15, ("labour", "other current"), 0.1350, 0.13),
        ("Canada 2025, large", 0.15, ("labour", "other current", "machinery"), 0.1425, 0.14),
    ],
)
def test_the_oecds_implied_subsidy_where_a_taxable_credit_is_given(
    country: str, credit: float, credited: tuple[str, ...], exact: float, published: float
) -> None:
    rest = tuple(kind for kind in WEIGHTS if kind not in credited)
    b = mixed_b_index(some(WEIGHTS, *credited), AT_ONCE, 0.25, credit=credit, credit_taxable=True)
    found = 1 - b - mixed_b_index(some(WEIGHTS, *rest), AT_ONCE, 0.25)
    assert found == pytest.approx(exact, abs=ROUNDING)
    assert found == pytest.approx(published, abs=0.005 + ROUNDING)  # published with two decimals, .315 as .31


@pytest.mark.parametrize(("size", "rate", "offset", "published"), [("small", 0.25, 0.435, 0.22), ("large", 0.30, 0.385, 0.10)])
def test_the_oecds_implied_subsidy_of_australia(size: str, rate: float, offset: float, published: float) -> None:
    # The offset replaces the deduction; buildings are only written off. The write-offs are guesses of ours: hence +-0.01.
    machinery, buildings = declining_balance(0.30, 0.10), straight_line(0.025, 0.10)
    b = (
        0.90 * float(b_index(rate, depreciation=0.0, credit=offset))
        + 0.05 * float(b_index(rate, depreciation=0.0, credit=offset * machinery))
        + 0.05 * float(b_index(rate, depreciation=buildings))
    )
    assert 1 - b == pytest.approx(published, abs=0.01)


@pytest.mark.parametrize(("allowance", "printed"), [(0.75, 0.219), (1.00, 0.297), (1.20, 0.359)])
def test_china_by_the_oecds_weights(allowance: float, printed: float) -> None:
    # Machinery over 10 years with the allowance, buildings over 20 years without, discounted at 10 %.
    present = AT_ONCE | {"machinery": straight_line(0.10, 0.10), "buildings": straight_line(0.05, 0.10)}
    b = mixed_b_index(some(WEIGHTS, "labour", "other current", "machinery"), present, 0.25, allowance=allowance)
    assert 1 - b - mixed_b_index(some(WEIGHTS, "buildings"), present, 0.25) == pytest.approx(printed, abs=0.0005)


@pytest.mark.parametrize(
    ("rate", "printed"),
    [
        pytest.param(0.25, [0.1667, 0.2500, 0.3333, 0.4000], id="25 % standard"),
        pytest.param(0.15, [0.0882, 0.1324, 0.1765, 0.2118], id="15 % high-tech"),
        pytest.param(0.05, [0.0263, 0.0395, 0.0526, 0.0632], id="5 % small low-profit"),
    ],
)
def test_the_implied_subsidy_of_chinese_allowances(rate: float, printed: list[float]) -> None:
    found = implied_subsidy(b_index(rate, allowance=frozen(0.50, 0.75, 1.00, 1.20)))
    assert np.asarray(found) == pytest.approx(printed, abs=PRINTED)


@pytest.mark.parametrize(("rate", "cash"), [(0.25, 25), (0.15, 15), (0.05, 5)])
def test_cash_per_hundred_of_research_of_an_allowance_of_100_percent(rate: float, cash: float) -> None:
    assert 100 * subsidy(rate, allowance=1.0) * (1 - rate) == pytest.approx(cash)


@pytest.mark.parametrize(
    ("return_to_profit", "years", "printed"),
    [(0.5, 10, 0.1428), (0.2, 5, 0.0865), (0.2, 10, 0.1060), (0.05, 10, 0.0400)],
)
def test_the_implied_subsidy_of_a_loss_maker_at_15_percent(return_to_profit: float, years: int, printed: float) -> None:
    use = loss_maker_use(return_to_profit, years=years, discount=0.10)
    assert subsidy(0.15, allowance=1.0, use=use) == pytest.approx(printed, abs=PRINTED)
    assert subsidy(0.15, allowance=1.0) == pytest.approx(0.1765, abs=PRINTED)  # in profit


@pytest.mark.parametrize(
    ("rate", "allowance", "printed"),
    [(0.15, 0.0, 0.2000), (0.25, 0.0, 0.2000), (0.15, 1.0, 0.1647), (0.25, 1.0, 0.1333)],
)
def test_the_user_cost_of_chinese_research(rate: float, allowance: float, printed: float) -> None:
    found = user_cost(b_index(rate, allowance=allowance), interest=0.05, depreciation=0.15)
    assert float(found) == pytest.approx(printed, abs=PRINTED)


def test_a_lower_tax_rate_makes_research_dearer() -> None:
    # Reference, part 0: at 15 % in place of 25 % the user cost is 23.5 % higher; the subsidy falls from 33.3 to 17.6 and 5.3 %.
    cost = np.asarray(user_cost(b_index(frozen(0.25, 0.15, 0.05), allowance=1.0), interest=0.05, depreciation=0.15))
    assert cost[1] / cost[0] - 1 == pytest.approx(0.235, abs=0.0005)
    found = np.asarray(implied_subsidy(b_index(frozen(0.25, 0.15, 0.05), allowance=1.0)))
    assert found == pytest.approx([0.333, 0.176, 0.053], abs=0.0005)


def test_the_user_cost_with_a_credit_of_10_percent_is_that_of_the_peers_formula() -> None:
    ours = float(user_cost(b_index(0.25, credit=0.10), interest=0.05, depreciation=0.15))
    peer = float(cost_of_capital(0.25, interest=0.05, depreciation=0.15, deductions=1.0, credit=0.10)) + 0.15
    assert [ours, peer] == pytest.approx([0.173333, 0.173333], abs=5e-7)


@pytest.mark.parametrize(("rate", "marginal"), [(0.25, 4.0), (0.15, -2.4)])
def test_the_cost_of_capital_of_subsidised_research_passes_through_zero(rate: float, marginal: float) -> None:
    capital = float(cost_of_capital(rate, interest=0.05, depreciation=0.15, deductions=2.0))
    assert (capital < 0) == (rate == 0.25)
    assert (capital - 0.05) / capital == pytest.approx(marginal)


@pytest.mark.parametrize(
    ("instrument", "saving", "printed"),
    [("loan 2.5 % against 7 %", 0.045, 0.057), ("interest subsidy", 0.02, 0.026), ("guarantee 80 %", 0.8 * 0.028, 0.029)],
)
def test_the_financing_part_of_the_user_cost(instrument: str, saving: float, printed: float) -> None:
    # Reference, part F: 30 % of marginal R&D is financed by the debt, tax 15 %, r 5 %, delta 15 %.
    found = financing_part(saving, share=0.30, rate=0.15, interest=0.05, depreciation=0.15)
    assert float(found) == pytest.approx(printed, abs=0.0005)


# The B-index


@steady
@given(rate=tax_rates, allowance=allowances, spending=st.integers(1, 1_000_000))
def test_a_volume_allowance_pays_out_what_it_saves_in_tax(rate: float, allowance: float, spending: int) -> None:
    paid = subsidy(rate, allowance=allowance) * (1 - rate) * spending
    assert paid == pytest.approx(rate * allowance * spending, rel=1e-9, abs=ROUNDING * spending)


@steady
@given(rate=tax_rates, credit=credits_)
def test_a_taxable_credit_is_a_subsidy_of_its_own_rate_whatever_the_tax(rate: float, credit: float) -> None:
    assert subsidy(rate, credit=credit, credit_taxable=True) == pytest.approx(credit, abs=ROUNDING)


@steady
@given(rate=tax_rates, credit=credits_)
def test_an_untaxed_credit_is_an_allowance_of_credit_by_tax(rate: float, credit: float) -> None:
    assert subsidy(rate, credit=credit) == pytest.approx(subsidy(rate, allowance=credit / rate), abs=1e-10)


@steady
@given(rate=hundredths(0, 99), use=uses)
def test_a_deduction_at_once_and_no_relief_leave_the_b_index_at_one(rate: float, use: float) -> None:
    assert float(b_index(rate, use=use)) == pytest.approx(1, abs=ROUNDING)


@steady
@given(
    rate=tax_rates,
    allowance=allowances,
    credit=credits_,
    taxable=st.booleans(),
    use=uses,
    worth=hundredths(0, 100),
)
def test_waiting_for_profit_is_a_lower_rate_of_tax(
    rate: float, allowance: float, credit: float, taxable: bool, use: float, worth: float
) -> None:
    relief: dict[str, Any] = {"allowance": allowance, "credit": credit, "credit_taxable": taxable, "depreciation": worth}
    waiting, lower = b_index(rate, **relief, use=use, credit_use=1.0), b_index(rate * use, **relief)
    assert float(waiting) == pytest.approx(float(lower), abs=ROUNDING)


@steady
@given(rate=tax_rates, allowance=allowances, credit=credits_, use=uses)
def test_a_credit_is_used_when_the_deductions_are_unless_told_otherwise(
    rate: float, allowance: float, credit: float, use: float
) -> None:
    told = b_index(rate, allowance=allowance, credit=credit, use=use, credit_use=use)
    assert b_index(rate, allowance=allowance, credit=credit, use=use) == told


@steady
@given(rate=tax_rates, worth=hundredths(1, 100), less=hundredths(0, 249), credit=hundredths(0, 49), taxable=st.booleans())
def test_more_relief_never_raises_the_b_index(rate: float, worth: float, less: float, credit: float, taxable: bool) -> None:
    relief: dict[str, Any] = {"allowance": less, "credit": credit, "depreciation": worth, "credit_taxable": taxable}
    now = float(b_index(rate, **relief))
    more: list[dict[str, float]] = [{"allowance": less + 0.01}, {"credit": credit + 0.01}, {"depreciation": worth + 0.01}]
    for change in more:
        assert float(b_index(rate, **(relief | change))) < now


@steady
@given(rate=hundredths(1, 59), allowance=hundredths(1, 250))
def test_an_allowance_is_worth_more_where_tax_is_higher(rate: float, allowance: float) -> None:
    assert subsidy(rate + 0.01, allowance=allowance) > subsidy(rate, allowance=allowance) > 0


def test_without_tax_only_a_credit_helps() -> None:
    assert float(b_index(0.0, allowance=1.0)) == 1
    assert float(b_index(0.0, allowance=1.0, credit=0.1)) == float(b_index(0.0, credit=0.1, credit_taxable=True)) == 0.9


def test_relief_that_is_never_used_is_worth_nothing() -> None:
    assert float(b_index(0.25, allowance=1.0, credit=0.1, use=0.0)) == 1


def test_slow_write_offs_without_relief_are_a_burden() -> None:
    assert subsidy(0.25, depreciation=0.8) < 0


@steady
@given(rate=tax_rates, allowance=allowances, worth=hundredths(0, 100))
def test_one_kind_of_spending_mixed_with_itself_is_that_kind(rate: float, allowance: float, worth: float) -> None:
    mixed = mixed_b_index(WEIGHTS, dict.fromkeys(WEIGHTS, worth), rate, allowance=allowance)
    assert mixed == pytest.approx(float(b_index(rate, allowance=allowance, depreciation=worth)), abs=ROUNDING)


# The user cost


@steady
@given(
    rate=tax_rates,
    allowance=allowances,
    credit=credits_,
    worth=hundredths(0, 100),
    interest=hundredths(0, 20),
    depreciation=hundredths(0, 40),
    inflation=hundredths(-2, 10),
)
def test_the_user_cost_is_the_b_index_by_r_and_delta_and_the_peers_cost_of_capital(
    rate: float, allowance: float, credit: float, worth: float, interest: float, depreciation: float, inflation: float
) -> None:
    b = b_index(rate, allowance=allowance, credit=credit, depreciation=worth)
    found = float(user_cost(b, interest=interest, depreciation=depreciation, inflation=inflation))
    assert found == pytest.approx(float(b) * (interest - inflation + depreciation), abs=ROUNDING)
    economy: Any = {"interest": interest, "depreciation": depreciation, "inflation": inflation}
    capital = cost_of_capital(rate, deductions=worth * (1 + allowance), credit=credit, **economy)
    assert float(capital) + depreciation == pytest.approx(found, abs=ROUNDING)


def test_a_property_tax_is_added_to_the_cost_of_capital() -> None:
    economy: Any = {"interest": 0.05, "depreciation": 0.1, "deductions": 0.9}
    with_tax, without = (float(cost_of_capital(0.25, property_tax=tax, **economy)) for tax in (0.01, 0.0))
    assert with_tax - without == pytest.approx(0.01)


def test_without_tax_capital_costs_its_interest() -> None:
    assert float(cost_of_capital(0.0, interest=0.05, depreciation=0.1, deductions=1.0)) == pytest.approx(0.05)


# Relief that waits for profit


@steady
@given(p=hundredths(0, 100), years=st.integers(0, 30), discount=hundredths(0, 30))
def test_the_use_of_carried_relief_is_the_sum_over_the_years(p: float, years: int, discount: float) -> None:
    by_hand = sum(p * (1 - p) ** (k - 1) * (1 + discount) ** -k for k in range(1, years + 1))
    assert loss_maker_use(p, years=years, discount=discount) == pytest.approx(by_hand, abs=ROUNDING)


@steady
@given(p=hundredths(5, 100), discount=hundredths(0, 30))
def test_carried_without_end_the_use_is_p_by_p_and_r(p: float, discount: float) -> None:
    limit = loss_maker_use(p, years=FOREVER, discount=discount)
    assert limit == pytest.approx(p / (p + discount), abs=ROUNDING)
    # (1 - p) / (1 + r) is at most .95: of 600 years nothing above 1e-13 is left.
    assert loss_maker_use(p, years=600, discount=discount) == pytest.approx(limit, abs=ROUNDING)


@steady
@given(p=hundredths(1, 99), years=st.integers(1, 29), discount=hundredths(0, 30))
def test_use_lies_between_never_and_at_once_and_grows_with_hope_and_with_years(p: float, years: int, discount: float) -> None:
    now = loss_maker_use(p, years=years, discount=discount)
    assert 0 < now < 1
    # Far out a further year, or a little more hope, is less than a double can tell.
    assert loss_maker_use(p + 0.01, years=years, discount=discount) >= now - ROUNDING
    assert loss_maker_use(p, years=years + 1, discount=discount) >= now
    assert loss_maker_use(p, years=FOREVER, discount=discount) >= now - ROUNDING
    assert loss_maker_use(p, years=years, discount=discount + 0.01) < now


@pytest.mark.parametrize("years", [0, 1, 5, FOREVER])
def test_a_firm_that_never_returns_to_profit_uses_nothing(years: float) -> None:
    assert loss_maker_use(0.0, years=years, discount=0.1) == 0


def test_a_firm_that_never_returns_to_profit_uses_nothing_without_discount_either() -> None:
    assert loss_maker_use(0.0, years=10_000, discount=0.0) == 0
    assert loss_maker_use(0.0, years=FOREVER, discount=0.0) == 0


def test_a_firm_back_in_profit_next_year_waits_one_year() -> None:
    assert [loss_maker_use(1.0, years=years, discount=0.1) for years in (1, 10, FOREVER)] == pytest.approx([1 / 1.1] * 3)


# How R&D answers


@steady
@given(before=st.integers(0, 10**9), cost=hundredths(1, 300), elasticity=hundredths(0, 300))
def test_a_change_of_cost_can_be_undone(before: int, cost: float, elasticity: float) -> None:
    there = research_after(before, cost_before=0.2, cost_after=cost, elasticity=elasticity)
    back = research_after(there, cost_before=cost, cost_after=0.2, elasticity=elasticity)
    assert float(back) == pytest.approx(before, rel=1e-10)


@steady
@given(elasticity=hundredths(1, 300))
def test_cheaper_research_is_more_research(elasticity: float) -> None:
    cost = frozen(0.1, 0.15, 0.2, 0.25)
    after = np.asarray(research_after(100.0, cost_before=0.2, cost_after=cost, elasticity=elasticity))
    assert (np.diff(after) < 0).all()
    assert after[2] == 100


@steady
@given(s=hundredths(0, 100))
def test_a_unit_of_subsidy_brings_a_unit_of_research_at_elasticity_one(s: float) -> None:
    assert float(extra_per_unit(s, 1.0)) == pytest.approx(1, abs=ROUNDING)


@steady
@given(elasticity=hundredths(0, 300))
def test_a_small_subsidy_brings_the_elasticity(elasticity: float) -> None:
    assert float(extra_per_unit(0.0, elasticity)) == elasticity
    # The next term of the series is eps (eps - 1) / 2 times s, at most 3e-6 here; the difference of two near ones costs 1e-10.
    assert float(extra_per_unit(1e-6, elasticity)) == pytest.approx(elasticity, abs=4e-6)


@steady
@given(s=hundredths(1, 95), elasticity=hundredths(0, 300))
def test_extra_research_per_unit_is_the_research_it_brings_by_what_is_paid(s: float, elasticity: float) -> None:
    after = float(research_after(1.0, cost_before=1.0, cost_after=1 - s, elasticity=elasticity))
    assert float(extra_per_unit(s, elasticity)) == pytest.approx((after - 1) / (s * after), abs=1e-10)


@steady
@given(s=hundredths(1, 99), elasticity=hundredths(0, 299))
def test_extra_research_per_unit_grows_with_the_elasticity(s: float, elasticity: float) -> None:
    assert float(extra_per_unit(s, elasticity)) < float(extra_per_unit(s, elasticity + 0.01))


def test_a_subsidy_that_is_zero_but_for_rounding_brings_the_elasticity() -> None:
    assert float(extra_per_unit(0.3 - 3 * 0.1 + 1e-16, 0.5)) == pytest.approx(0.5)


# Arrays


def test_firms_together_are_the_firms_one_by_one_and_no_input_is_changed() -> None:
    rate, allowance, credit = frozen(0.25, 0.15, 0.0, 0.05), frozen(1.0, 1.2, 1.0, 0.0), frozen(0.0, 0.1, 0.3, 0.05)
    worth, use, elasticity = frozen(1.0, 0.8, 0.5, 0.0), frozen(1.0, 0.5, 0.0, 0.9), frozen(0.15, 0.5, 1.0, 2.6)

    def all_of(t: Any, w: Any, c: Any, z: Any, psi: Any, eps: Any) -> list[Any]:
        b = b_index(t, allowance=w, credit=c, credit_taxable=True, depreciation=z, use=psi)
        cost = user_cost(b, interest=0.05, depreciation=0.15, inflation=0.02)
        return [
            *(b, implied_subsidy(b), cost, research_after(8.0, cost_before=0.2, cost_after=cost, elasticity=eps)),
            cost_of_capital(t, interest=0.05, depreciation=0.15, deductions=z, credit=c, inflation=0.02),
            financing_part(0.02, share=0.3, rate=t, interest=0.05, depreciation=0.15),
            extra_per_unit(c, eps),
        ]

    columns = (rate, allowance, credit, worth, use, elasticity)
    together = np.array(all_of(*columns))
    apart = np.array([[float(one) for one in all_of(*map(float, firm))] for firm in zip(*columns, strict=True)]).T
    assert together == pytest.approx(apart, abs=ROUNDING)


def test_no_firms_give_no_figures() -> None:
    none = np.array([])
    b = b_index(none, allowance=none, credit=none)
    cost = user_cost(b, interest=0.05, depreciation=0.15)
    after = research_after(none, cost_before=0.2, cost_after=cost, elasticity=0.5)
    assert [np.asarray(found).tolist() for found in (b, cost, after, extra_per_unit(none, 0.5))] == [[], [], [], []]


def test_an_unknown_rate_stays_unknown_and_touches_no_other_firm() -> None:
    found = np.asarray(b_index(frozen(0.25, float("nan")), allowance=1.0))
    assert np.isnan(found).tolist() == [False, True]
    assert np.isnan(np.asarray(extra_per_unit(frozen(0.0, float("nan"), 0.1), 0.5))).tolist() == [False, True, False]


def test_the_unit_of_research_scales_the_answer() -> None:
    amounts = frozen(8.0, 80_000.0)
    after = np.asarray(research_after(amounts, cost_before=0.2, cost_after=0.15, elasticity=0.5))
    assert after[1] == pytest.approx(10_000 * after[0])
