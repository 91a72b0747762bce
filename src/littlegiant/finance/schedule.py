"""How a loan is drawn and repaid: the balance at the start of every period as a share of the principal.

Every formula of a loan or guarantee rests on these shares; they are the same for all firms that get the same terms.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from littlegiant.problems import refuse

FloatArray: TypeAlias = npt.NDArray[np.float64]
Repayment = Literal["linear", "annuity", "bullet"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a debt. `grace` counts periods at the start without repayment; `drawn` are the shares drawn at the start
    of the first, second … period. `rate` is the nominal yearly rate charged, which shapes an annuity."""

    periods: int
    per_year: int = 1
    repayment: Repayment = "linear"
    grace: int = 0
    rate: float = 0.0
    drawn: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if self.repayment not in get_args(Repayment):
            refuse("terms", f"repayment {self.repayment!r}", "linear, annuity or bullet", code="terms")
        if int(self.periods) != self.periods or self.periods < 0 or self.per_year < 1:
            refuse("terms", f"{self.periods} periods, {self.per_year} a year", "0 or more, 1 or more", code="terms")
        if not 0 <= self.grace <= self.periods:
            refuse("terms", f"{self.grace} periods of grace of {self.periods}", "no longer than the term", code="grace")
        if len(self.drawn) > max(1, self.periods) or not abs(sum(self.drawn) - 1) <= 1e-9 or not min(self.drawn) >= 0:
            refuse("terms", f"drawn in shares of {list(self.drawn)}", "shares that sum to 1 within the term", code="drawn")

    @property
    def years(self) -> float:
        return self.periods / self.per_year


def balances(terms: Terms) -> FloatArray:
    """Return the balance at the start of each period, shape (periods,), as a share of the principal.

    What is drawn later is repaid over what is left of the term; with grace over the whole term all is due at its end.
    """
    total = np.zeros(terms.periods)
    for start, share in enumerate(terms.drawn):
        if terms.periods:
            total[start:] += share * _one_tranche(terms, terms.periods - start, max(0, terms.grace - start))
    return total


def _one_tranche(terms: Terms, periods: int, grace: int) -> FloatArray:
    balance = np.ones(periods)
    repaid_over = periods - grace
    if terms.repayment == "bullet" or repaid_over == 0:
        return balance
    left = np.arange(repaid_over, 0, -1, dtype=np.float64)
    rate = terms.rate / terms.per_year
    if terms.repayment == "annuity" and rate != 0:
        balance[grace:] = np.expm1(-left * np.log1p(rate)) / np.expm1(-float(repaid_over) * np.log1p(rate))
    else:
        balance[grace:] = left / repaid_over
    return balance


def drawings(terms: Terms) -> FloatArray:
    """Return what is drawn at the start of each period, shape (periods,), as a share of the principal."""
    drawn = np.zeros(terms.periods)
    drawn[: len(terms.drawn)] = terms.drawn[: terms.periods]
    return drawn


def repayments(terms: Terms) -> FloatArray:
    """Return what is repaid at the end of each period, shape (periods,), as a share of the principal."""
    balance = balances(terms)
    after = np.append(balance[1:], 0.0) if terms.periods else balance
    drawn_next = np.append(drawings(terms)[1:], 0.0) if terms.periods else balance
    return balance + drawn_next - after


def discounts(periods: int, rate: float, per_year: int, *, first: int = 1) -> FloatArray:
    """Return (1 + rate / per_year) ** -t for t = first, first + 1, …, shape (periods,)."""
    return (1 + rate / per_year) ** -np.arange(first, first + periods, dtype=np.float64)


def balance_years(terms: Terms, discount: float, *, in_advance: bool = False) -> float:
    """Return the discounted sum of the balances over the periods, in years: what one point of interest a year is worth.

    Interest is due at the end of each period, or at its start where it is paid in advance.
    """
    factors = discounts(terms.periods, discount, terms.per_year, first=0 if in_advance else 1)
    return float(balances(terms) @ factors) / terms.per_year
