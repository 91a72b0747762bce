"""What a debt or guarantee is expected to cost the budget, at the government's own rate; it may be below zero.

Survival runs from the award: a default falls within a period, what is recovered comes at its end.
"""

from dataclasses import dataclass

import numpy as np

from littlegiant.finance.grant_equivalent import Amount
from littlegiant.finance.schedule import FloatArray, Terms, balances, discounts, drawings, repayments
from littlegiant.problems import refuse


@dataclass(frozen=True, slots=True)
class GuaranteeCost:
    """Expected calls less premiums received."""

    calls: FloatArray
    premiums: FloatArray

    @property
    def net(self) -> FloatArray:
        return self.calls - self.premiums


def survival(default: Amount, terms: Terms) -> tuple[FloatArray, FloatArray]:
    """Return the default probability of a period and survival at the start of each, shapes (n, 1) and (n, periods)."""
    yearly = np.atleast_1d(np.asarray(default, np.float64))
    if ((yearly < 0) | (yearly > 1)).any():
        refuse("default probability", f"{yearly[(yearly < 0) | (yearly > 1)][0]:g}", "a share from 0 to 1", code="range")
    period = 1 - (1 - yearly) ** (1 / terms.per_year)
    alive = np.ones((len(period), terms.periods))
    for number in range(1, terms.periods):
        np.multiply(alive[:, number - 1], 1 - period, out=alive[:, number])
    return period[:, None], alive


def cost_of_loan(
    principal: Amount, terms: Terms, *, charged: Amount, government: float, default: Amount, loss: Amount, fees: Amount = 0.0
) -> FloatArray:
    """Return what is lent less what is expected back, discounted at `government`, shape (n,)."""
    failing, alive = survival(default, terms)
    balance, rate = balances(terms), np.atleast_1d(np.asarray(charged, np.float64))[:, None] / terms.per_year
    recovered = (1 - np.atleast_1d(np.asarray(loss, np.float64)))[:, None]
    back = alive * (1 - failing) * (repayments(terms) + rate * balance) + alive * failing * recovered * (1 + rate) * balance
    # Sums along a row are the same whatever firms stand beside; a product of matrices is not.
    lent = (alive * (drawings(terms) * discounts(terms.periods, government, terms.per_year, first=0))).sum(axis=1)
    returned = (back * discounts(terms.periods, government, terms.per_year)).sum(axis=1)
    return np.asarray(np.asarray(principal) * (lent - returned) - fees, np.float64)


def cost_of_guarantee(
    principal: Amount, terms: Terms, *, share: float, premium: Amount, government: float, default: Amount, loss: Amount
) -> GuaranteeCost:
    """Return expected calls and premiums of the guaranteed share, discounted at `government`, shape (n,) each.

    A call comes at the end of its period, the premium is paid at its start.
    """
    failing, alive = survival(default, terms)
    guaranteed = np.asarray(principal) * share
    called = (alive * (balances(terms) * discounts(terms.periods, government, terms.per_year))).sum(axis=1)
    paid = (alive * (balances(terms) * discounts(terms.periods, government, terms.per_year, first=0))).sum(axis=1)
    calls = guaranteed * failing[:, 0] * np.asarray(loss) * called
    return GuaranteeCost(np.asarray(calls), np.asarray(guaranteed * np.asarray(premium) / terms.per_year * paid))


def cost_of_payments(payments: Amount, years: FloatArray, government: float) -> FloatArray:
    """Return payments made `years` after the award, discounted at the government's rate."""
    return np.asarray(np.asarray(payments, np.float64) @ (1.0 + government) ** -np.asarray(years, np.float64))
