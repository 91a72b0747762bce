"""How an asset is written off for tax, and what the deductions are worth when the asset is bought.

The first deduction is taken at once. Closed forms where there are any; the limits for an interest of zero are coded.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from littlegiant.problems import refuse, suggestion

Kind = Literal["straight line", "declining balance", "two rates", "declining then straight", "first year"]


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A tax depreciation rule: yearly `rate`, and what follows it.

    two rates: `rate` of cost for `years`, then `then` of cost for `then_years`. declining then straight: `rate` of what is
    left for `years`, then `then` of cost for `then_years`. first year: `then` of cost in the first year, afterwards `rate`
    of what is left.
    """

    kind: Kind
    rate: float
    then: float = 0.0
    years: float = 0.0
    then_years: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            refuse("write-off", f"no kind {self.kind!r}", "", suggestion(self.kind, get_args(Kind)), code="unknown-name")
        if not (0 <= self.rate <= 1 and 0 <= self.then <= 1):
            refuse("write-off", f"rates of {self.rate:g} and {self.then:g}", "shares from 0 to 1", code="range")

    @property
    def first_year(self) -> float:
        """The deduction that debt-financed spending brings at once; the yearly rate, as the Oxford database takes it."""
        return self.rate

    def present_value(self, interest: float) -> float:
        """Return the present value of all deductions per unit of cost; between 0 and 1 for interest of zero or more.

        A last year that is not whole counts by the closed form for a fraction of a year.
        """
        if self.kind == "straight line":
            return straight_line(self.rate, interest)
        if self.kind == "declining balance":
            return declining_balance(self.rate, interest)
        if self.kind == "first year":
            return float(self.then + (1 - self.then) * declining_balance(self.rate, interest) / (1 + interest))
        if self.kind == "two rates":
            first = self.rate * annuity(self.years, interest)
        else:
            kept = (1 - self.rate) / (1 + interest)
            first = self.years * self.rate if kept == 1 else self.rate * (1 - kept**self.years) / (1 - kept)
        return float(first + self.then * annuity(self.then_years, interest) / (1 + interest) ** self.years)

    def by_year(self) -> list[float]:
        """Return the deduction of each year, the first at once; the rest of a declining balance in its last year."""
        parts: list[float] = []
        if self.kind in ("straight line", "two rates"):
            spans = (
                [(self.rate, 1 / self.rate)]
                if self.kind == "straight line"
                else [(self.rate, self.years), (self.then, self.then_years)]
            )
            for rate, years in spans:
                while years > 1e-9:
                    parts.append(rate * min(1.0, years))
                    years -= 1
            return parts
        left, year = 1.0, 0
        first = self.then if self.kind == "first year" else self.rate
        span = self.years if self.kind == "declining then straight" else _LONGEST
        while left > 1e-9 and year < span:
            parts.append((first if year == 0 else self.rate) * left)
            left -= parts[-1]
            year += 1
        after = self.then_years if self.kind == "declining then straight" else 0.0
        while after > 1e-9:
            parts.append(self.then * min(1.0, after))
            after -= 1
        if self.kind in ("declining balance", "first year"):
            parts[-1] += left
        return parts


_LONGEST = 30  # years a declining balance is followed


def annuity(years: float, interest: float) -> float:
    """Return the present value of 1 a year for `years`, the first at once: (1+i)/i (1 - (1+i)^-years)."""
    if interest == 0:
        return years
    # Near zero the closed form loses its digits unless the power is taken in logarithms.
    return float((1 + interest) / interest * -math.expm1(-years * math.log1p(interest)))


def straight_line(rate: float, interest: float) -> float:
    """Return rate (1+i)/i (1 - (1+i)^(-1/rate)): 1 without interest."""
    return rate * annuity(1 / rate, interest) if rate else 0.0


def declining_balance(rate: float, interest: float) -> float:
    """Return rate (1+i)/(i + rate): 1 without interest."""
    if rate == 0:
        return 0.0
    return rate * (1 + interest) / (interest + rate)
