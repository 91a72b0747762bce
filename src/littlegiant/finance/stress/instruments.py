"""What an instrument of a pack is to liquidity: its cash in the months of a scenario, from when its money is there.

Grants arrive in the month of their time to cash. A loan comes in and is paid back by its own terms, to solvent firms only; a
guarantee is access to the loan it covers, at the benchmark rate. Tax relief is no more than the tax on the year's own
stressed profit, once it is paid.
"""

from math import ceil

import numpy as np

from littlegiant.finance.computation import Computation
from littlegiant.finance.effect import Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments import Instrument, Rules
from littlegiant.finance.instruments.grants import Grant, MatchingGrant, TrancheGrant
from littlegiant.finance.instruments.loans import Guarantee, SoftLoan
from littlegiant.finance.rates import Rates, reference_rates
from littlegiant.finance.schedule import FloatArray, Terms, balances, repayments
from littlegiant.finance.stress.model import Behaviour, Stressed, Support, run
from littlegiant.finance.stress.relief import Closed, closed
from littlegiant.finance.stress.scenario import Scenario

_DAYS = 30  # of a month


def month_of(instrument: Instrument) -> int:
    """Return the month in which its money is there, 1 where the pack does not say."""
    return max(1, ceil((instrument.time_to_cash or 0) / _DAYS))


def close_by(
    firms: Firms,
    scenario: Scenario,
    instrument: Instrument,
    rules: Rules,
    rates: Rates,
    before: Stressed,
    *,
    eligible: BoolArray,
    behaviour: Behaviour | None = None,
) -> Closed | None:
    """Return what `instrument` closes for the firms that may have it; None where its money comes after the last month, or
    never.
    """
    if month_of(instrument) > scenario.months:
        return None
    effect = instrument.effect(firms, rules, rates, eligible)
    support, funds, cost = _support(firms, scenario, instrument, effect, rules, rates, before)
    if not funds[~np.isnan(funds)].any():
        return None
    after = run(firms, scenario, behaviour=behaviour, support=support)
    return closed(instrument.id, before, after, funds, cost, support.debt)


def _support(
    firms: Firms, scenario: Scenario, instrument: Instrument, effect: Effect, rules: Rules, rates: Rates, before: Stressed
) -> tuple[Support, FloatArray, FloatArray]:
    month, zero = month_of(instrument), np.zeros(len(firms))
    spent = zero if effect.cost is None else effect.cost
    if isinstance(instrument, (SoftLoan, Guarantee)):
        rate = instrument.charged if isinstance(instrument, SoftLoan) else reference_rates(firms, rules.references, rates).rate
        principal = zero if effect.finance is None else effect.finance
        loan = np.where(before.equity >= 0, principal, 0.0)
        support = _loan(loan, instrument.terms.at(None), rate, month, scenario.months)
        return support, loan, np.where(principal > 0, spent * loan / np.where(principal > 0, principal, 1.0), 0.0)
    received = zero + effect.taxed.get(0, zero) + effect.untaxed.get(0, zero) + effect.vat.get(0, zero)
    if isinstance(instrument, (Grant, MatchingGrant, TrancheGrant)):
        return Support({month: received}, income=received), received, spent
    computation = Computation(firms, rules, rates)
    saved = -computation.difference([effect], []).tax.get(0, zero)
    # Profit under stress bears no more relief than its own tax; VAT that is not due is there whatever the profit.
    relief = np.minimum(np.maximum(saved, 0.0), rules.regime.rate * np.maximum(before.profit, 0.0)) + effect.vat.get(0, zero)
    relief = relief + effect.postponed.get(0, zero)
    return Support({month: relief}, income=relief), relief, relief


def _loan(loan: FloatArray, terms: Terms, rate: FloatArray | float, month: int, months: int) -> Support:
    """Return a loan as cash: in, then interest and repayment by its terms as far as the scenario goes."""
    cash: dict[int, FloatArray] = {month: loan}
    interest = np.zeros(len(loan))
    for period, (owed, repaid) in enumerate(zip(balances(terms), repayments(terms), strict=True), start=1):
        due = month + period * 12 // terms.per_year
        if due > months:
            break
        cost = loan * owed * rate / terms.per_year
        cash[due] = cash.get(due, np.zeros(len(loan))) - loan * repaid - cost
        interest = interest + cost
    return Support(cash, debt=loan, income=-interest)
