"""Instruments of a pack in a stress: money from the month it is there, to firms that may have it, paid back by its own terms."""

from datetime import date

import numpy as np
import pytest

from littlegiant.finance import Firms, firms, open_catalogue
from littlegiant.finance.instruments.instrument import Instrument
from littlegiant.finance.stress import Closed, Scenario, run
from littlegiant.finance.stress.instruments import close_by, month_of
from littlegiant.finance.stress.scenario import Shock
from littlegiant.packs import open_pack

CATALOGUE = open_catalogue(open_pack("cn"), date(2026, 5, 25))
TEXT = {"en": "a slump"}
SLUMP = Scenario(format=1, scenario="slump", title=TEXT, reason=TEXT, dated="", months=12, shock=Shock(sales_fall=0.3))


def table(**changes: object) -> Firms:
    """Two firms that fall short by 30 m within the year, as the hand case of the reference in millions."""
    million = 1e6
    base: dict[str, object] = {
        **{
            name: value * million for name, value in (("revenue", 1200), ("materials", 600), ("wages", 300), ("fixed_costs", 120))
        },
        **{
            name: value * million
            for name, value in (("floating_debt", 400), ("repayments", 48), ("cash", 60), ("depreciation", 24))
        },
        **{name: value * million for name, value in (("equity", 100), ("income", 120), ("rd", 60), ("assets", 900))},
        "fixed_debt": 0.0,
        "short_debt": 0.0,
        "credit_line": 0.0,
        "interest_rate": 0.06,
        "rating": "BBB",
        "default": 0.003,
        "loss": 0.6,
        "staff": 500.0,
        "liabilities": 500 * million,
        "input_vat": 60 * million,
        "output_vat": 120 * million,
    }
    return firms(["a", "b"], currency="CNY", **(base | changes))


def closes(instrument: Instrument, some: Firms, eligible: list[bool]) -> Closed | None:
    before = run(some, SLUMP)
    mask = np.array(eligible)
    return close_by(some, SLUMP, instrument, CATALOGUE.rules, CATALOGUE.rates, before, eligible=mask)


def test_only_who_may_have_it_gets_its_money() -> None:
    found = closes(CATALOGUE.instrument("provincial-premium"), table(), [True, False])
    assert found is not None
    assert found.funds == pytest.approx(500_000)
    # Ten months in, the money has arrived: the gap of the one firm is smaller by it, the other's is as it was.
    assert found.gap_before - found.gap_after == pytest.approx(500_000)
    assert found.after.gap[1] == pytest.approx(30e6)


def test_money_that_comes_after_the_last_month_closes_nothing() -> None:
    late = CATALOGUE.instrument("provincial-premium").model_copy(update={"time_to_cash": 400})
    assert month_of(late) == 14
    assert closes(late, table(), [True, True]) is None


def test_a_loan_closes_the_gap_of_solvent_firms_and_adds_debt() -> None:
    loan = CATALOGUE.instrument("technology-relending")
    found = closes(loan, table(), [True, True])
    assert found is not None
    assert found.debt_added == pytest.approx(2 * 50e6)
    assert found.lifted.all()
    insolvent = closes(loan, table(equity=-200e6), [True, True])
    assert insolvent is None


def test_a_loan_is_paid_back_by_its_own_terms() -> None:
    loan = CATALOGUE.instrument("technology-relending").model_copy(update={"time_to_cash": 30})
    short = loan.model_copy(update={"terms": loan.terms.model_copy(update={"periods": 2, "per_year": 4})})  # type: ignore[attr-defined]
    long_, brief = closes(loan, table(), [True, True]), closes(short, table(), [True, True])
    assert long_ is not None
    assert brief is not None
    # A linear or bullet loan of half a year is gone, with its interest, before the year ends.
    assert brief.after.path[12, 0] < long_.after.path[12, 0] - 49e6


def test_tax_relief_is_no_more_than_the_tax_on_the_stressed_profit() -> None:
    found = closes(CATALOGUE.instrument("rd-super-deduction"), table(), [True, True])
    assert found is None  # the slump leaves a loss: there is no tax to relieve


def test_vat_that_is_not_due_is_there_whatever_the_profit() -> None:
    found = closes(CATALOGUE.instrument("vat-extra"), table(), [True, True])
    assert found is not None
    assert found.funds == pytest.approx(2 * 0.05 * 60e6)
