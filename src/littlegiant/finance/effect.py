"""What one instrument does to firms, before tax: cash by year, deductions, rates, what it commits and is expected to cost.

Years count from the award: 0 is the award date, 1 the end of the first year after it. Taxes are not here: they depend on
everything a firm gets and are computed once for all of it (`taxes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np

from littlegiant.finance.firms import BoolArray
from littlegiant.finance.schedule import FloatArray

ByYear: TypeAlias = Mapping[int, FloatArray]  # year after the award -> amount by firm


@dataclass(frozen=True)
class TaxSchedule:
    """A rate that firms may be taxed at, up to an income where it has a limit: beyond it all income leaves it (a notch)."""

    rate: float
    open_to: BoolArray
    income_at_most: float = np.inf


@dataclass(frozen=True)
class Effect:
    """All by firm. `lasting` tax effects hold from the award for so many years.

    taxed, untaxed: cash received. deducted: further deductions from taxable profit. research: R&D bought with what was
    received. credit, taxed_credit: tax credits, the second taxed as far as used. vat: VAT that is not due, which counts as
    income. postponed: tax paid later than due (sums to zero). allowance: extra deduction as a share of R&D. credit_rate:
    credit per further unit of R&D, net of its own tax per unit of (1-tax). equivalent: signed grant equivalent where it is
    no matter of tax; None where it is. cost: expected cost to the budget before taxes. tax_returns: tax on what is received
    comes back to the budget. saving: points a year by which borrowing becomes cheaper.
    """

    taxed: ByYear = field(default_factory=dict)
    untaxed: ByYear = field(default_factory=dict)
    deducted: ByYear = field(default_factory=dict)
    research: ByYear = field(default_factory=dict)
    credit: ByYear = field(default_factory=dict)
    vat: ByYear = field(default_factory=dict)
    postponed: ByYear = field(default_factory=dict)
    allowance: FloatArray | None = None
    schedule: TaxSchedule | None = None
    lasting: int = 1
    credit_rate: FloatArray | None = None
    credit_taxable: bool = False
    credit_is_cash: bool = False
    taxed_credit: ByYear = field(default_factory=dict)
    cost_by_level: Mapping[str, FloatArray] = field(default_factory=dict)
    equivalent: FloatArray | None = None
    committed: FloatArray | None = None
    cost: FloatArray | None = None
    tax_returns: bool = False
    finance: FloatArray | None = None
    private: FloatArray | None = None
    saving: FloatArray | None = None
    terms: Mapping[str, FloatArray] = field(default_factory=dict)  # named terms for the explanation, by firm
    flags: Mapping[str, BoolArray] = field(default_factory=dict)

    @cached_property
    def years(self) -> frozenset[int]:
        """The years in which it moves something that is taxed."""
        parts = (self.taxed, self.deducted, self.research, self.credit, self.taxed_credit, self.vat)
        own = {year for part in parts for year in part}
        return frozenset(own | (set(range(self.lasting)) if self.allowance is not None or self.schedule is not None else set()))

    def received(self, year: int, count: int) -> FloatArray:
        """Return the cash of a year before tax; R&D bought with it is worth its cost to the firm."""
        total = np.zeros(count)
        for part in (self.taxed, self.untaxed, self.vat, self.postponed):
            if year in part:
                total = total + part[year]
        return total

    @property
    def last_year(self) -> int:
        """The last year in which it moves anything."""
        parts = (self.untaxed, self.postponed)
        return max((*self.years, *(year for part in parts for year in part)), default=0)
