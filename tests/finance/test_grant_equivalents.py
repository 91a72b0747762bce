"""What loans, guarantees, deferrals and small aid are worth, and what they cost the budget: by published figures, by
identities that hold for every schedule, and by ledgers kept period by period."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.finance.budget_cost import cost_of_guarantee, cost_of_loan, cost_of_payments, survival
from littlegiant.finance.grant_equivalent import (
    SmallAidLimit,
    loan_less_payments,
    of_deferral,
    of_guarantee,
    of_loan,
    of_payments,
    of_small_aid,
    scheme_premium,
)
from littlegiant.finance.schedule import FloatArray, Terms, balance_years, balances, discounts, drawings, repayments
from littlegiant.problems import LittleGiantError

steady = settings(derandomize=True, deadline=None, database=None, max_examples=60)

CENT = 0.005  # figures are printed to the cent
MILLION = 1_000_000.0
# Sums of a few hundred products of numbers below the principal: an error far below a cent on one million, 5e-8 was seen.
ROUNDING = 1e-6

NEW_LOANS = (SmallAidLimit(1_500_000, 5), SmallAidLimit(750_000, 10))
NEW_GUARANTEES = (SmallAidLimit(2_250_000, 5), SmallAidLimit(1_125_000, 10))
OLD_LOANS = (SmallAidLimit(1_000_000, 5), SmallAidLimit(500_000, 10))


def basis_points(least: int, most: int) -> st.SearchStrategy[float]:
    """Rates in whole basis points, as they are quoted."""
    return st.integers(least, most).map(lambda points: points / 10_000)


shares = st.integers(0, 100).map(lambda percent: percent / 100)


@st.composite
def debts(draw: st.DrawFn, *, shortest: int = 0) -> Terms:
    """Debts of every kind: no term at all, grace up to the whole term, drawn at once or in stages, with gaps too."""
    periods = draw(st.integers(shortest, 30))
    parts = draw(st.lists(st.integers(0, 4), min_size=1, max_size=max(1, min(4, periods))).filter(any))
    return Terms(
        periods,
        draw(st.sampled_from((1, 2, 4, 12))),
        draw(st.sampled_from(("linear", "annuity", "bullet"))),
        draw(st.integers(0, periods)),
        draw(basis_points(-200, 2_000)),
        tuple(part / sum(parts) for part in parts),
    )


class Ledger(NamedTuple):
    balance: list[float]
    drawn: list[float]
    repaid: list[float]


def ledger(terms: Terms) -> Ledger:
    """Keep the account of a debt of 1, tranche by tranche and period by period, with the level instalment of an annuity."""
    balance, drawn, repaid = ([0.0] * terms.periods for _ in range(3))
    rate = terms.rate / terms.per_year
    for start, share in enumerate(terms.drawn[: terms.periods]):
        drawn[start] += share
        begins = max(terms.grace, start)
        count = terms.periods - begins
        level = terms.repayment == "annuity" and rate != 0
        instalment = share * rate / (1 - (1 + rate) ** -count) if level and count else 0.0
        left = share
        for period in range(start, terms.periods):
            balance[period] += left
            last = period == terms.periods - 1
            if last:
                part = left
            elif terms.repayment == "bullet" or period < begins:
                part = 0.0
            else:
                part = instalment - rate * left if level else share / count
            repaid[period] += part
            left -= part
    return Ledger(balance, drawn, repaid)


def frozen(*numbers: float) -> FloatArray:
    """An array that cannot be written to: a function that changed its input would raise."""
    array = np.array(numbers)
    array.flags.writeable = False
    return array


# How a debt is drawn and repaid


@settings(steady, max_examples=200)
@given(terms=debts())
def test_balances_are_those_of_an_account_kept_period_by_period(terms: Terms) -> None:
    account = ledger(terms)
    assert balances(terms) == pytest.approx(account.balance, abs=1e-10)
    assert drawings(terms) == pytest.approx(account.drawn, abs=1e-10)
    assert repayments(terms) == pytest.approx(account.repaid, abs=1e-10)


@steady
@given(terms=debts(shortest=1))
def test_what_is_drawn_is_repaid_by_the_end_and_not_more(terms: Terms) -> None:
    assert drawings(terms).sum() == pytest.approx(1)
    assert repayments(terms).sum() == pytest.approx(1)
    assert (repayments(terms) >= -1e-12).all()
    assert (balances(terms) <= np.cumsum(drawings(terms)) + 1e-12).all()


@pytest.mark.parametrize("repayment", ["linear", "annuity", "bullet"])
@pytest.mark.parametrize("drawn", [(1.0,), (0.5, 0.5), (0.0, 0.0, 1.0)])
def test_grace_over_the_whole_term_is_a_bullet(repayment: Any, drawn: tuple[float, ...]) -> None:
    whole = Terms(8, 4, repayment, grace=8, rate=0.05, drawn=drawn)
    assert (
        balances(whole).tolist() == balances(Terms(8, 4, "bullet", drawn=drawn)).tolist() == np.cumsum(drawings(whole)).tolist()
    )


def test_an_annuity_without_interest_is_linear() -> None:
    assert balances(Terms(4, repayment="annuity")).tolist() == [1, 0.75, 0.5, 0.25]


def test_no_term_has_no_balance_and_no_years() -> None:
    none = Terms(0)
    assert [balances(none).tolist(), drawings(none).tolist(), repayments(none).tolist(), none.years] == [[], [], [], 0]
    assert balance_years(none, 0.04) == 0


def test_a_debt_of_one_period_is_due_at_its_end() -> None:
    for repayment in ("linear", "annuity", "bullet"):
        terms = Terms(1, 12, repayment, rate=0.06)
        assert [balances(terms).tolist(), repayments(terms).tolist()] == [[1], [1]]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"periods": -1}, "terms"),
        ({"periods": 5, "per_year": 0}, "terms"),
        ({"periods": 5, "grace": 6}, "grace"),
        ({"periods": 5, "grace": -1}, "grace"),
        ({"periods": 5, "drawn": ()}, "drawn"),
        ({"periods": 5, "drawn": (0.5, 0.4)}, "drawn"),
        ({"periods": 5, "drawn": (1.5, -0.5)}, "drawn"),
        ({"periods": 2, "drawn": (0.5, 0.25, 0.25)}, "drawn"),
    ],
    ids=str,
)
def test_terms_that_cannot_be_are_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        Terms(**wrong)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_drawing_that_is_no_number_is_refused() -> None:
    with pytest.raises(LittleGiantError):
        Terms(3, drawn=(float("nan"),))


def test_an_annuity_at_a_rate_that_is_zero_but_for_rounding_is_linear() -> None:
    assert balances(Terms(3, repayment="annuity", rate=0.3 - 3 * 0.1)) == pytest.approx([1, 2 / 3, 1 / 3])


# Loans: published figures


def test_the_commission_example_term_by_term() -> None:
    # Commission guidance on the grant equivalent of a loan: 500,000 over 10 years, linear, 8 % reference, 6 % charged.
    printed = [9_259, 7_716, 6_351, 5_145, 4_083, 3_151, 2_334, 1_621, 1_000, 463]
    terms = Terms(10)
    each = 500_000 * balances(terms) * (0.08 - 0.06) * discounts(10, 0.08, 1)
    assert [round(term) for term in each] == printed


def test_the_commission_example_in_total() -> None:
    total = float(of_loan(500_000, Terms(10), reference=0.08, charged=0.06, discount=0.08).gross)
    assert total == pytest.approx(41_123.98, abs=CENT)
    assert total == pytest.approx(41_123, abs=1)  # as printed, the sum of the rounded terms


MONTHLY: Any = {"periods": 60, "per_year": 12, "rate": 0.025}


@pytest.mark.parametrize(
    ("principal", "terms", "rates", "value"),
    [
        pytest.param(500_000, Terms(10, grace=2), (0.08, 0.06, 0.08), 48_018.49, id="commission example, two grace years"),
        pytest.param(MILLION, Terms(**MONTHLY), (0.055, 0.025, 0.055), 69_519.68, id="60 months, linear"),
        pytest.param(MILLION, Terms(**MONTHLY, repayment="annuity"), (0.055, 0.025, 0.055), 70_875.30, id="60 months, annuity"),
        pytest.param(MILLION, Terms(**MONTHLY, repayment="bullet"), (0.055, 0.025, 0.055), 130_882.09, id="60 months, bullet"),
        pytest.param(MILLION, Terms(5, repayment="bullet"), (0.04, 0.0, 0.04), 178_072.89, id="bullet without interest"),
        pytest.param(MILLION, Terms(5), (0.03 + 0.022, 0.01, 0.04), 115_117.31, id="base 3 %, margin 220, discount base + 100"),
        pytest.param(MILLION, Terms(5), (0.055, 0.025, 0.055), 79_605.33, id="5 years, linear, 5.5 % against 2.5 %"),
        pytest.param(10 * MILLION, Terms(5), (0.07, 0.025, 0.04), 1_233_399.76, id="10 million at 2.5 %, rated B"),
    ],
)
def test_a_loan_is_worth(principal: float, terms: Terms, rates: tuple[float, float, float], value: float) -> None:
    reference, charged, discount = rates
    equivalent = of_loan(principal, terms, reference=reference, charged=charged, discount=discount)
    assert float(equivalent.gross) == float(equivalent.signed) == pytest.approx(value, abs=CENT)


def test_a_bullet_without_interest_is_worth_its_discount() -> None:
    equivalent = of_loan(MILLION, Terms(5, repayment="bullet"), reference=0.04, charged=0, discount=0.04)
    assert float(equivalent.gross) == pytest.approx(MILLION * (1 - 1.04**-5), abs=ROUNDING)


def test_a_loan_above_the_market_is_worth_nothing_and_keeps_its_sign() -> None:
    equivalent = of_loan(MILLION, Terms(5), reference=0.03, charged=0.05, discount=0.03)
    assert float(equivalent.gross) == 0
    assert float(equivalent.signed) == pytest.approx(-56_039.04, abs=CENT)


def test_an_interest_subsidy_of_two_points_is_worth_the_interest_it_pays() -> None:
    # Reference, part F: 10 million over 5 years; .600 paid out, .548 at 4 %.
    terms = Terms(5)
    interest = 10 * MILLION * 0.02 * balances(terms)
    assert interest.sum() == pytest.approx(600_000)
    assert float(of_loan(10 * MILLION, terms, reference=0.02, charged=0, discount=0.04).gross) == pytest.approx(548_000, abs=500)
    assert float(of_payments(interest, np.arange(1.0, 6.0), 0.04)) == pytest.approx(548_177.67, abs=CENT)


# Loans: identities and edge cases


@settings(steady, max_examples=150)
@given(terms=debts(), rate=basis_points(-150, 1_500), charged=basis_points(-150, 1_500), fees=st.integers(0, 20_000))
def test_a_loan_is_worth_what_is_drawn_less_all_that_is_paid(terms: Terms, rate: float, charged: float, fees: int) -> None:
    equivalent = of_loan(MILLION, terms, reference=rate, charged=charged, discount=rate, fees=fees)
    account = ledger(terms)
    step = 1 + rate / terms.per_year
    by_hand = -float(fees)
    for period in range(terms.periods):
        paid = account.repaid[period] + account.balance[period] * charged / terms.per_year
        by_hand += MILLION * (account.drawn[period] / step**period - paid / step ** (period + 1))
    two_ways = loan_less_payments(MILLION, terms, rate=rate, charged=charged, fees=fees)
    # Amounts up to 1.5 times the principal are added and taken away: ten times the usual allowance.
    assert float(equivalent.signed) == pytest.approx(two_ways, abs=10 * ROUNDING)
    assert float(equivalent.signed) == pytest.approx(by_hand, abs=10 * ROUNDING)


@steady
@given(terms=debts(), reference=basis_points(-100, 1_500), charged=basis_points(-100, 1_500), discount=basis_points(-100, 1_500))
def test_a_gross_equivalent_is_the_signed_one_or_nothing(terms: Terms, reference: float, charged: float, discount: float) -> None:
    equivalent = of_loan(MILLION, terms, reference=reference, charged=charged, discount=discount)
    assert float(equivalent.gross) == max(float(equivalent.signed), 0)
    if terms.periods:
        assert np.sign(equivalent.signed) == np.sign(reference - charged)


@steady
@given(
    terms=debts(shortest=1), discount=basis_points(-100, 1_500), charged=st.lists(basis_points(0, 1_500), min_size=2, unique=True)
)
def test_a_loan_is_worth_less_the_more_is_charged(terms: Terms, discount: float, charged: list[float]) -> None:
    signed = of_loan(MILLION, terms, reference=0.06, charged=np.array(sorted(charged)), discount=discount).signed
    assert (np.diff(signed) < 0).all()


@steady
@given(terms=debts(shortest=2))
def test_a_gift_of_interest_is_worth_less_the_higher_the_discount(terms: Terms) -> None:
    worth = [float(of_loan(MILLION, terms, reference=0.06, charged=0.01, discount=d).signed) for d in (-0.01, 0, 0.04, 0.1)]
    assert all(high > low for high, low in pairwise(worth))


@steady
@given(terms=debts(), unit=st.sampled_from((0.0001, 0.01, 10_000.0)))
def test_a_change_of_unit_scales_everything(terms: Terms, unit: float) -> None:
    def all_of(scale: float) -> list[float]:
        loan = of_loan(MILLION * scale, terms, reference=0.05, charged=0.02, discount=0.04, fees=700 * scale)
        guarantee = of_guarantee(
            MILLION * scale, terms, share=0.8, reference=0.038, charged=0.01, discount=0.04, fees=700 * scale
        )
        lent = cost_of_loan(MILLION * scale, terms, charged=0.02, government=0.025, default=0.03, loss=0.6, fees=700 * scale)
        backed = cost_of_guarantee(MILLION * scale, terms, share=0.8, premium=0.01, government=0.025, default=0.03, loss=0.6)
        return [float(loan.signed), float(guarantee.signed), lent.item(), backed.calls.item(), backed.premiums.item()]

    assert all_of(unit) == pytest.approx([value * unit for value in all_of(1)], rel=1e-9, abs=ROUNDING * unit)


@pytest.mark.parametrize("repayment", ["linear", "annuity", "bullet"])
def test_a_stage_drawn_later_is_a_shorter_loan_discounted_to_the_award(repayment: Any) -> None:
    rates: Any = {"reference": 0.06, "charged": 0.01, "discount": 0.04}
    staged = of_loan(MILLION, Terms(20, 4, repayment, grace=4, rate=0.01, drawn=(0.5, 0.0, 0.5)), **rates)
    first = of_loan(MILLION / 2, Terms(20, 4, repayment, grace=4, rate=0.01), **rates)
    later = of_loan(MILLION / 2, Terms(18, 4, repayment, grace=2, rate=0.01), **rates)
    assert float(staged.signed) == pytest.approx(float(first.signed) + float(later.signed) * 1.01**-2, abs=ROUNDING)


def test_drawing_later_is_worth_less_and_grace_is_worth_more() -> None:
    def worth(**terms: Any) -> float:
        return float(of_loan(MILLION, Terms(10, **terms), reference=0.06, charged=0.01, discount=0.04).gross)

    assert worth(drawn=(0.0, 1.0)) < worth(drawn=(0.5, 0.5)) < worth() < worth(grace=3) < worth(grace=10)


def test_without_discount_the_value_is_the_interest_not_charged() -> None:
    equivalent = of_loan(MILLION, Terms(4), reference=0.05, charged=0.01, discount=0)
    assert float(equivalent.gross) == pytest.approx(MILLION * 0.04 * (1 + 0.75 + 0.5 + 0.25), abs=ROUNDING)


def test_a_loan_without_interest_is_no_gift_where_the_market_charges_less_than_nothing() -> None:
    equivalent = of_loan(MILLION, Terms(5, repayment="bullet"), reference=-0.005, charged=0, discount=-0.005)
    assert float(equivalent.signed) == pytest.approx(MILLION * (1 - 0.995**-5), abs=ROUNDING)
    assert float(equivalent.signed) < float(equivalent.gross) == 0


def test_a_negative_discount_counts_later_interest_for_more() -> None:
    terms = Terms(5)
    below, none = (float(of_loan(MILLION, terms, reference=0.02, charged=0.01, discount=d).gross) for d in (-0.01, 0))
    assert below == pytest.approx(MILLION * 0.01 * sum((1 - t / 5) / 0.99 ** (t + 1) for t in range(5)), abs=ROUNDING)
    assert below > none


def test_fees_are_taken_off_at_the_award_and_never_make_a_gift_negative() -> None:
    rates: Any = {"reference": 0.05, "charged": 0.01, "discount": 0.04}
    without = float(of_loan(MILLION, Terms(5), **rates).signed)
    equivalent = of_loan(np.full(2, MILLION), Terms(5), fees=frozen(9_000, without + 1), **rates)
    assert equivalent.signed == pytest.approx([without - 9_000, -1], abs=ROUNDING)
    assert equivalent.gross == pytest.approx([without - 9_000, 0], abs=ROUNDING)


def test_nothing_is_worth_nothing_without_a_term() -> None:
    none = Terms(0)
    assert float(of_loan(MILLION, none, reference=0.05, charged=0.01, discount=0.04).gross) == 0
    assert loan_less_payments(MILLION, none, rate=0.05, charged=0.01) == 0
    assert float(of_guarantee(MILLION, none, share=0.8, reference=0.04, charged=0.01, discount=0.04).gross) == 0
    assert cost_of_loan(MILLION, none, charged=0.01, government=0.025, default=0.03, loss=0.6).tolist() == [0]
    assert cost_of_guarantee(MILLION, none, share=0.8, premium=0.01, government=0.025, default=0.03, loss=0.6).net.tolist() == [0]


def test_an_unknown_rate_stays_unknown_and_touches_no_other_firm() -> None:
    reference = frozen(0.05, float("nan"), 0.03)
    equivalent = of_loan(MILLION, Terms(5), reference=reference, charged=0.04, discount=0.04)
    assert np.isnan(equivalent.signed).tolist() == np.isnan(equivalent.gross).tolist() == [False, True, False]
    guarantee = of_guarantee(MILLION, Terms(5), share=0.8, reference=reference, charged=0.04, discount=0.04)
    assert np.isnan(guarantee.gross).tolist() == [False, True, False]


# Guarantees


@pytest.mark.parametrize(
    ("reference", "in_advance", "value"),
    [
        pytest.param(0.038, False, 61_395.90, id="rated BB-, 3.8 % against 1.0 %"),
        pytest.param(0.038, True, 63_851.73, id="the same, paid in advance"),
        pytest.param(0.020, False, 21_927.11, id="rated BB, 2.0 %"),
        pytest.param(0.004, False, 0.0, id="rated AAA, 0.4 %"),
    ],
)
def test_a_guarantee_of_80_percent_of_a_million_is_worth(reference: float, in_advance: bool, value: float) -> None:
    terms: Any = {"share": 0.8, "reference": reference, "charged": 0.01, "discount": 0.04, "in_advance": in_advance}
    assert float(of_guarantee(MILLION, Terms(5), **terms).gross) == pytest.approx(value, abs=CENT)


def test_committed_equivalent_and_expected_cost_of_a_guarantee_are_three_figures() -> None:
    # Reference, part 0: an 80 % guarantee on 10 million has 8.0 committed, is worth 0.614 and is expected to cost 0.169.
    equivalent = of_guarantee(10 * MILLION, Terms(5), share=0.8, reference=0.038, charged=0.01, discount=0.04)
    cost = cost_of_guarantee(10 * MILLION, Terms(5), share=0.8, premium=0.01, government=0.025, default=0.03, loss=0.6)
    assert [round(float(equivalent.gross) / MILLION, 3), round(cost.net.item() / MILLION, 3)] == [0.614, 0.169]


def test_a_guarantee_too_dear_is_worth_nothing_and_keeps_its_sign() -> None:
    equivalent = of_guarantee(MILLION, Terms(5), share=0.8, reference=0.004, charged=0.01, discount=0.04)
    assert float(equivalent.signed) < float(equivalent.gross) == 0


@steady
@given(terms=debts(), discount=basis_points(-100, 1_500), reference=basis_points(0, 980), charged=basis_points(0, 980))
def test_a_guarantee_of_the_whole_balance_is_a_loan_that_much_cheaper(
    terms: Terms, discount: float, reference: float, charged: float
) -> None:
    rates: Any = {"reference": reference, "charged": charged, "discount": discount}
    guarantee, loan = of_guarantee(MILLION, terms, share=1.0, **rates), of_loan(MILLION, terms, **rates)
    assert float(guarantee.signed) == pytest.approx(float(loan.signed), abs=ROUNDING)


@steady
@given(terms=debts(shortest=1), discount=basis_points(-100, 1_500))
def test_premiums_in_advance_count_one_period_more(terms: Terms, discount: float) -> None:
    rates: Any = {"share": 0.8, "reference": 0.038, "charged": 0.01, "discount": discount}
    ahead = float(of_guarantee(MILLION, terms, in_advance=True, **rates).gross)
    behind = float(of_guarantee(MILLION, terms, **rates).gross)
    assert ahead == pytest.approx(behind * (1 + discount / terms.per_year), abs=ROUNDING)


def test_a_share_outside_the_safe_harbour_is_computed_and_not_clipped() -> None:
    rates: Any = {"reference": 0.038, "charged": 0.01, "discount": 0.04}
    at_limit, above = (float(of_guarantee(MILLION, Terms(5), share=share, **rates).gross) for share in (0.8, 0.95))
    assert above == pytest.approx(at_limit * 0.95 / 0.8, abs=ROUNDING)


def test_a_scheme_is_priced_by_its_three_parts() -> None:
    # Notice, point 3.4: capital of 8 % of the balance at 4 % a year is 0.32 %.
    assert scheme_premium(default=0, loss=0.6, administration=0) == pytest.approx(0.0032)
    assert scheme_premium(default=0.03, loss=0.6, administration=0.005) == pytest.approx(0.018 + 0.005 + 0.0032)
    each = scheme_premium(default=frozen(0, 0.03), loss=0.6, administration=0)
    assert np.asarray(each) == pytest.approx([0.0032, 0.0212])


# Payments, deferral, small aid


def test_a_grant_is_worth_its_payments_discounted_to_the_award() -> None:
    assert float(of_payments(frozen(400.0, 300.0, 300.0), frozen(0, 1, 2.5), 0.04)) == pytest.approx(
        400 + 300 / 1.04 + 300 / 1.04**2.5
    )
    firms = np.array([[100.0, 0.0], [0.0, 100.0]])
    assert of_payments(firms, frozen(0, 1), 0.25).tolist() == cost_of_payments(firms, frozen(0, 1), 0.25).tolist() == [100, 80]


def test_no_payments_are_worth_nothing() -> None:
    assert float(of_payments(np.array([]), np.array([]), 0.04)) == 0


@pytest.mark.parametrize("of", [of_payments, cost_of_payments])
def test_whole_years_may_be_written_without_a_point(of: Callable[..., FloatArray]) -> None:
    assert float(of(np.array([100.0, 100.0]), np.array([0, 1]), 0)) == 200


@pytest.mark.parametrize(("years", "value"), [(1, 38_461.54), (3, 111_003.64), (0, 0)])
def test_a_deferral_of_a_million_at_4_percent_is_worth(years: float, value: float) -> None:
    assert float(of_deferral(MILLION, years, 0.04)) == pytest.approx(value, abs=CENT)


@steady
@given(years=st.integers(1, 20), rate=basis_points(-100, 1_500))
def test_a_deferral_is_a_bullet_without_interest(years: int, rate: float) -> None:
    bullet = of_loan(MILLION, Terms(years, repayment="bullet"), reference=rate, charged=0, discount=rate)
    assert float(of_deferral(MILLION, years, rate)) == pytest.approx(float(bullet.signed), abs=ROUNDING)


@pytest.mark.parametrize(
    ("limits", "ceiling", "principal", "years", "value"),
    [
        pytest.param(OLD_LOANS, 200_000, 1_000_000, 1, 40_000, id="old rule, 1 million for a year, as the Commission answered"),
        pytest.param(NEW_LOANS, 300_000, 300_000, 5, 60_000, id="300,000 for 5 years"),
        pytest.param(NEW_LOANS, 300_000, 1_500_000, 1, 60_000, id="1.5 million for a year"),
        pytest.param(NEW_LOANS, 300_000, 1_500_000, 5, 300_000, id="at the first limit"),
        pytest.param(NEW_LOANS, 300_000, 750_000, 10, 300_000, id="at the second limit"),
        pytest.param(NEW_LOANS, 300_000, 1_000_000, 7, None, id="1 million for 7 years: not available"),
        pytest.param(NEW_LOANS, 300_000, 1_500_001, 1, None, id="above the first limit"),
        pytest.param(NEW_LOANS, 300_000, 500_000, 10.5, None, id="longer than any limit"),
        pytest.param(NEW_GUARANTEES, 300_000, 2_250_000, 5, 300_000, id="guarantee at the first limit"),
        pytest.param(NEW_GUARANTEES, 300_000, 1_125_000, 10, 300_000, id="guarantee at the second limit"),
        pytest.param((), 300_000, 1, 1, None, id="no limits: no shortcut"),
    ],
)
def test_the_shortcut_for_small_aid(
    limits: tuple[SmallAidLimit, ...], ceiling: float, principal: float, years: float, value: float | None
) -> None:
    found = float(of_small_aid(principal, years, ceiling=ceiling, limits=limits))
    assert found == pytest.approx(float("nan") if value is None else value, nan_ok=True)


@pytest.mark.parametrize(("limits", "share"), [(NEW_LOANS, 0.04), (NEW_GUARANTEES, 0.02667)], ids=["loans", "guarantees"])
def test_both_branches_of_small_aid_are_the_same_share_of_principal_a_year(
    limits: tuple[SmallAidLimit, ...], share: float
) -> None:
    for years in (1, 5, 10):
        value = float(of_small_aid(400_000, years, ceiling=300_000, limits=limits))
        assert value / 400_000 / years == pytest.approx(share, abs=5e-6)


@steady
@given(principals=st.lists(st.integers(0, 3_000_000), min_size=1, max_size=6), years=st.integers(0, 12))
def test_small_aid_never_exceeds_its_ceiling_nor_depends_on_the_order_of_limits(principals: list[int], years: int) -> None:
    given_ = np.array(principals, dtype=float)
    value = of_small_aid(given_, years, ceiling=300_000, limits=NEW_LOANS)
    assert (np.isnan(value) | (value <= 300_000 + ROUNDING)).all()
    assert value == pytest.approx(of_small_aid(given_, years, ceiling=300_000, limits=NEW_LOANS[::-1]), nan_ok=True)


# What it costs the budget


def expected(terms: Terms, default: float, if_default_in: Callable[[int | None], float]) -> float:
    """Add up every way a debt can end – default in each period, or never – weighted by its probability."""
    failing = 1 - (1 - default) ** (1 / terms.per_year)
    total: float = sum((1 - failing) ** k * failing * if_default_in(k) for k in range(terms.periods))
    return total + float((1 - failing) ** terms.periods) * if_default_in(None)


def test_expected_calls_premiums_and_net_of_a_guarantee() -> None:
    cost = cost_of_guarantee(MILLION, Terms(5), share=0.8, premium=0.01, government=0.025, default=0.03, loss=0.6)
    found = [cost.calls.item(), cost.premiums.item(), cost.net.item()]
    assert found == pytest.approx([39_249.76, 22_350.56, 16_899.20], abs=CENT)


def test_a_soft_loan_at_the_governments_rate_costs_nothing_and_is_worth_something() -> None:
    terms = Terms(5)
    cost = cost_of_loan(MILLION, terms, charged=0.025, government=0.025, default=0, loss=0.6)
    assert cost == pytest.approx([0], abs=ROUNDING)
    assert float(of_loan(MILLION, terms, reference=0.055, charged=0.025, discount=0.055).gross) == pytest.approx(
        79_605.33, abs=CENT
    )


def test_expected_cost_of_a_soft_loan_of_ten_million() -> None:
    # Reference, part F: 2.5 % charged at a government rate of 2.5 %, PD 3 %, LGD 60 %: .503 million.
    cost = cost_of_loan(10 * MILLION, Terms(5), charged=0.025, government=0.025, default=0.03, loss=0.6)
    assert cost / MILLION == pytest.approx([0.503], abs=0.0005)


@settings(steady, max_examples=100)
@given(terms=debts(), rate=basis_points(-150, 1_500), loss=shares)
def test_a_sure_loan_at_the_governments_rate_costs_nothing(terms: Terms, rate: float, loss: float) -> None:
    cost = cost_of_loan(MILLION, terms, charged=rate, government=rate, default=0, loss=loss)
    assert cost == pytest.approx([0], abs=10 * ROUNDING)


@steady
@given(terms=debts(), rate=basis_points(-150, 1_500), default=shares)
def test_a_default_with_full_recovery_at_the_governments_rate_costs_nothing(terms: Terms, rate: float, default: float) -> None:
    cost = cost_of_loan(MILLION, terms, charged=rate, government=rate, default=default, loss=0)
    assert cost == pytest.approx([0], abs=10 * ROUNDING)


@steady
@given(terms=debts(), charged=basis_points(0, 1_000), government=basis_points(-100, 1_000))
def test_a_sure_loan_costs_the_budget_its_equivalent_at_the_governments_rate(
    terms: Terms, charged: float, government: float
) -> None:
    cost = cost_of_loan(MILLION, terms, charged=charged, government=government, default=0, loss=0.6, fees=1_000)
    assert cost == pytest.approx(
        [loan_less_payments(MILLION, terms, rate=government, charged=charged, fees=1_000)], abs=10 * ROUNDING
    )


@settings(steady, max_examples=100)
@given(terms=debts(), charged=basis_points(0, 1_000), government=basis_points(-100, 1_000), default=shares, loss=shares)
def test_the_cost_of_a_loan_is_that_of_all_its_endings(
    terms: Terms, charged: float, government: float, default: float, loss: float
) -> None:
    account, rate, step = ledger(terms), charged / terms.per_year, 1 + government / terms.per_year

    def ends(k: int | None) -> float:
        total = 0.0
        for t in range(terms.periods if k is None else k + 1):
            owed = account.balance[t]
            back = (1 - loss) * (1 + rate) * owed if t == k else account.repaid[t] + rate * owed
            total += account.drawn[t] / step**t - back / step ** (t + 1)
        return MILLION * total

    cost = cost_of_loan(MILLION, terms, charged=charged, government=government, default=default, loss=loss)
    assert cost == pytest.approx([expected(terms, default, ends)], abs=10 * ROUNDING)


@settings(steady, max_examples=100)
@given(terms=debts(), premium=basis_points(0, 1_000), government=basis_points(-100, 1_000), default=shares, loss=shares)
def test_the_cost_of_a_guarantee_is_that_of_all_its_endings(
    terms: Terms, premium: float, government: float, default: float, loss: float
) -> None:
    account, step = ledger(terms), 1 + government / terms.per_year

    def called(k: int | None) -> float:
        return 0.0 if k is None else 0.8 * MILLION * loss * account.balance[k] / step ** (k + 1)

    def paid(k: int | None) -> float:
        periods = terms.periods if k is None else k + 1
        return sum(0.8 * MILLION * premium / terms.per_year * account.balance[t] / step**t for t in range(periods))

    cost = cost_of_guarantee(MILLION, terms, share=0.8, premium=premium, government=government, default=default, loss=loss)
    assert cost.calls == pytest.approx([expected(terms, default, called)], abs=10 * ROUNDING)
    assert cost.premiums == pytest.approx([expected(terms, default, paid)], abs=10 * ROUNDING)
    assert cost.net.tolist() == (cost.calls - cost.premiums).tolist()


def test_survival_over_twelve_months_is_that_of_a_year() -> None:
    failing, alive = survival(frozen(0, 0.03, 1), Terms(13, 12))
    assert failing[[0, 2]].tolist() == [[0], [1]]
    assert alive[:, 12] == pytest.approx([1, 0.97, 0])
    assert alive.shape == (3, 13)


def test_a_sure_default_leaves_what_is_recovered_after_the_first_period() -> None:
    cost = cost_of_loan(MILLION, Terms(5), charged=0.05, government=0.02, default=1, loss=0.6)
    assert cost == pytest.approx([MILLION * (1 - 0.4 * 1.05 / 1.02)], abs=ROUNDING)


@steady
@given(terms=debts(shortest=1), default=st.integers(1, 99).map(lambda percent: percent / 100))
def test_what_the_budget_loses_rises_with_the_loss(terms: Terms, default: float) -> None:
    loss = np.array([0, 0.2, 0.6, 1])
    lent = cost_of_loan(np.full(4, MILLION), terms, charged=0.03, government=0.025, default=default, loss=loss)
    backed = cost_of_guarantee(np.full(4, MILLION), terms, share=0.8, premium=0.01, government=0.025, default=default, loss=loss)
    assert (np.diff(lent) > 0).all()
    assert (np.diff(backed.calls) > 0).all()
    assert (np.diff(backed.premiums) == 0).all()


def test_a_guarantee_that_is_never_called_earns_its_premiums() -> None:
    cost = cost_of_guarantee(MILLION, Terms(4), share=0.5, premium=0.01, government=0, default=0, loss=0.6)
    assert [cost.calls.item(), cost.net.item()] == pytest.approx([0, -MILLION * 0.5 * 0.01 * 2.5])


# Arrays


def test_firms_together_are_the_firms_one_by_one_and_no_input_is_changed() -> None:
    terms = Terms(20, 4, "annuity", grace=4, rate=0.02, drawn=(0.5, 0.25, 0.25))
    principal, reference, charged = frozen(1e6, 2e6, 0, 5e5), frozen(0.04, 0.07, 0.05, 0.01), frozen(0.01, 0.02, 0, 0.03)
    default, loss, fees = frozen(0, 0.03, 0.5, 1), frozen(0.3, 0.6, 0, 1), frozen(0, 1_000, 10, 0)

    def all_of(p: Any, r: Any, c: Any, d: Any, l_: Any, f: Any) -> list[FloatArray]:
        loan = of_loan(p, terms, reference=r, charged=c, discount=0.04, fees=f)
        guarantee = of_guarantee(p, terms, share=0.8, reference=r, charged=c, discount=0.04, fees=f)
        backed = cost_of_guarantee(p, terms, share=0.8, premium=c, government=0.025, default=d, loss=l_)
        lent = cost_of_loan(p, terms, charged=c, government=0.025, default=d, loss=l_, fees=f)
        late, small = of_deferral(p, 2, 0.04), of_small_aid(p, 5, ceiling=300_000, limits=NEW_LOANS)
        price = np.asarray(scheme_premium(default=d, loss=0.6, administration=0.01))
        return [
            *(loan.signed, loan.gross, guarantee.signed, guarantee.gross),
            *(backed.calls, backed.premiums, backed.net, lent, late, small, price),
        ]

    columns = (principal, reference, charged, default, loss, fees)
    together = np.array(all_of(*columns))
    apart = np.array([[np.asarray(one).item() for one in all_of(*map(float, firm))] for firm in zip(*columns, strict=True)]).T
    assert together == pytest.approx(apart, nan_ok=True, rel=1e-12, abs=ROUNDING)
    assert principal.tolist() == [1e6, 2e6, 0, 5e5]


def test_no_firms_give_no_figures() -> None:
    none = np.array([])
    assert of_loan(none, Terms(5), reference=none, charged=0.01, discount=0.04).gross.tolist() == []
    assert of_guarantee(none, Terms(5), share=0.8, reference=none, charged=0.01, discount=0.04).gross.tolist() == []
    assert of_small_aid(none, 5, ceiling=300_000, limits=NEW_LOANS).tolist() == []
    assert cost_of_loan(none, Terms(5), charged=none, government=0.025, default=none, loss=none).tolist() == []
    assert (
        cost_of_guarantee(none, Terms(5), share=0.8, premium=none, government=0.025, default=none, loss=none).net.tolist() == []
    )


def test_identical_firms_get_identical_figures() -> None:
    costs = cost_of_loan(np.full(7, MILLION), Terms(5), charged=0.01, government=0.025, default=0.03, loss=0.6)
    assert len(set(costs.tolist())) == 1
