"""Gross grant equivalents: what an instrument is worth at the award date against a benchmark, before tax.

Formulas of the reference (part A2), from the European Commission's guidance on aid in loans and guarantees. Amounts are in the
main unit of the currency; rates are per year, as 0.05. The arguments that may differ by firm are arrays or numbers.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from littlegiant.finance.schedule import FloatArray, Terms, balance_years, balances, discounts, drawings, repayments

Amount: TypeAlias = FloatArray | float


@dataclass(frozen=True, slots=True)
class GrantEquivalent:
    """`signed` may be below zero where the firm pays more than the benchmark; `gross` is never."""

    signed: FloatArray
    gross: FloatArray


def of_payments(payments: Amount, years: FloatArray, discount: float) -> FloatArray:
    """Return payments made `years` after the award, discounted to it. Shapes: (..., payments) and (payments,)."""
    return np.asarray(np.asarray(payments, np.float64) @ (1.0 + discount) ** -np.asarray(years, np.float64))


def of_loan(
    principal: Amount, terms: Terms, *, reference: Amount, charged: Amount, discount: float, fees: Amount = 0.0
) -> GrantEquivalent:
    """Return the value of interest that is not charged. The total is held at zero, not each period.

    `reference` and `discount` are two rates: the benchmark has the firm's margin, the discount rate has not.
    """
    signed = np.asarray(principal) * (np.asarray(reference) - charged) * balance_years(terms, discount) - fees
    return GrantEquivalent(np.asarray(signed, np.float64), np.maximum(signed, 0.0))


def loan_less_payments(principal: float, terms: Terms, *, rate: float, charged: float, fees: float = 0.0) -> float:
    """Return what is drawn less the contract's payments, all at `rate`: the same as `of_loan` with discount = reference."""
    factors = discounts(terms.periods, rate, terms.per_year)
    paid = repayments(terms) + balances(terms) * charged / terms.per_year
    drawn = drawings(terms) @ discounts(terms.periods, rate, terms.per_year, first=0)
    return principal * float(drawn - paid @ factors) - fees


def of_guarantee(
    principal: Amount,
    terms: Terms,
    *,
    share: float,
    reference: Amount,
    charged: Amount,
    discount: float,
    in_advance: bool = False,
    fees: Amount = 0.0,
) -> GrantEquivalent:
    """Return the value of premiums that are not charged on the guaranteed share of the balance."""
    span = np.asarray(principal) * share * balance_years(terms, discount, in_advance=in_advance)
    signed = span * (np.asarray(reference) - charged) - fees
    return GrantEquivalent(np.asarray(signed, np.float64), np.maximum(signed, 0.0))


def of_deferral(amount: Amount, years: float, discount: float) -> FloatArray:
    """Return the value of paying `amount` later."""
    return np.asarray(np.asarray(amount) * (1 - (1.0 + discount) ** -np.asarray(years, np.float64)))


@dataclass(frozen=True, slots=True)
class SmallAidLimit:
    """Up to `principal` for at most `years` the shortcut of the small-aid rule exists."""

    principal: float
    years: float


def of_small_aid(principal: Amount, years: float, *, ceiling: float, limits: tuple[SmallAidLimit, ...]) -> FloatArray:
    """Return the shortcut of the small-aid rule, NaN where it does not exist: it is never extrapolated.

    Ceiling x (principal / limit) x (years / limit) of the first limit that holds both (Regulation 2023/2831, Art. 4).
    """
    amount = np.atleast_1d(np.asarray(principal, np.float64))
    result = np.full(amount.shape, np.nan)
    for limit in reversed(limits):
        within = (amount >= 0) & (amount <= limit.principal) & (years <= limit.years)
        result = np.where(within, ceiling * amount / limit.principal * years / limit.years, result)
    return result.reshape(np.shape(principal)) if np.ndim(principal) else result[0]


def scheme_premium(
    *, default: Amount, loss: float, administration: float, capital: float = 0.08, capital_cost: float = 0.04
) -> Amount:
    """Return a yearly price of a guarantee scheme: expected loss, administration and the cost of capital (Notice, 3.4)."""
    return default * loss + administration + capital * capital_cost
