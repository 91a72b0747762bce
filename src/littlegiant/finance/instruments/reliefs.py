"""Tax relief: what lowers taxable profit, the rate, or the tax itself, and what shifts it in time.

Its worth is a tax computation.
"""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from littlegiant.documents import Frozen
from littlegiant.finance.depreciation import Kind, WriteOff
from littlegiant.finance.effect import Effect, TaxSchedule
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments.instrument import Instrument, Rules, Size, held
from littlegiant.finance.rates import Rates
from littlegiant.finance.schedule import FloatArray


class _Relief(Instrument):
    years: int = Field(default=1, ge=1, le=30)

    @property
    def is_tax(self) -> bool:
        return True


class Allowance(_Relief):
    """An extra deduction as a share of R&D (super-deduction), 1.0 for 100 %."""

    kind: Literal["allowance"]
    share: float = Field(gt=0, le=5)

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        flags = {"rd_above_revenue": eligible & (firms.rd > firms.revenue)}
        return Effect(allowance=np.where(eligible, self.share, 0.0), lasting=self.years, flags=flags)


class Credit(_Relief):
    """A credit against the tax, as a share of R&D; what exceeds the tax lapses."""

    kind: Literal["credit"]
    rate: float = Field(gt=0, le=1)
    taxable: bool = False
    cap: float | None = Field(default=None, gt=0)

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        wanted = self.rate * firms.rd
        amount = held(np.minimum(wanted, np.inf if self.cap is None else self.cap), eligible)
        marginal = np.where(eligible & (wanted == amount), self.rate, 0.0)
        years = range(self.years)
        return Effect(
            credit={} if self.taxable else dict.fromkeys(years, amount),
            taxed_credit=dict.fromkeys(years, amount) if self.taxable else {},
            credit_rate=marginal,
            credit_taxable=self.taxable,
            flags={"capped": eligible & (wanted > amount)},
        )


class ReliefBand(Frozen):
    """R&D up to a limit is relieved at a rate; null: without a limit."""

    up_to: float | None = Field(default=None, gt=0)
    rate: float = Field(ge=0, le=1)


class ScheduleCredit(_Relief):
    """A credit by bands of R&D, piecewise linear: the average rate falls while the marginal one is that of the band."""

    kind: Literal["schedule_credit"]
    bands: tuple[ReliefBand, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        limits = [np.inf if band.up_to is None else band.up_to for band in self.bands]
        if limits != sorted(set(limits)) or limits[-1] != np.inf:
            raise ValueError("bands rise, and the last has no `up_to:`")
        return self

    def amount(self, rd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the credit and the rate of the band each firm is in."""
        total, marginal, below = np.zeros(rd.shape), np.zeros(rd.shape), 0.0
        for band in self.bands:
            top = np.inf if band.up_to is None else band.up_to
            total += band.rate * np.clip(rd - below, 0.0, top - below)
            marginal = np.where((rd >= below) & (rd < top), band.rate, marginal)
            below = top
        return total, marginal

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        total, marginal = self.amount(np.nan_to_num(firms.rd))
        unknown = np.where(np.isnan(firms.rd), np.nan, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            average = np.where(firms.rd > 0, total / firms.rd, 0.0)
        credit = held(total + unknown, eligible)
        return Effect(
            credit=dict.fromkeys(range(self.years), credit),
            credit_rate=held(marginal, eligible),
            terms={"marginal rate": marginal, "average rate": average},
        )


class RateCut(_Relief):
    """A lower rate for all profit. It makes R&D dearer: a deduction saves less."""

    kind: Literal["rate_cut"]
    rate: float = Field(ge=0, lt=1)

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        return Effect(schedule=TaxSchedule(self.rate, eligible), lasting=self.years)


class SmallFirmBand(_Relief):
    """A rate for small firms up to an income; one yuan more loses all of it."""

    kind: Literal["small_firm_band"]
    rate: float = Field(ge=0, lt=1)  # of all income: 25 % of income taxed at 20 % is 0.05
    income_at_most: float = Field(gt=0)
    staff_at_most: float = Field(gt=0)
    assets_at_most: float = Field(gt=0)

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        small = eligible & (firms.staff <= self.staff_at_most) & (firms.assets <= self.assets_at_most)
        unknown = eligible & (np.isnan(firms.staff) | np.isnan(firms.assets))
        return Effect(schedule=TaxSchedule(self.rate, small, self.income_at_most), lasting=self.years, flags={"unknown": unknown})


class WriteOffRule(Frozen):
    """A write-off as a document says it."""

    kind: Kind = "straight line"
    rate: float = Field(gt=0, le=1)
    then: float = 0.0
    years: float = 0.0
    then_years: float = 0.0

    def rule(self) -> WriteOff:
        return WriteOff(self.kind, self.rate, self.then, self.years, self.then_years)


class Accelerated(_Relief):
    """Investment is written off faster: no less tax, but later."""

    kind: Literal["accelerated"]
    size: Size  # the investment
    usual: WriteOffRule
    faster: WriteOffRule

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        amount = held(self.size.of_firms(firms), eligible)
        usual, faster = self.usual.rule().by_year(), self.faster.rule().by_year()
        years = range(max(len(usual), len(faster)))
        shift = {y: (faster[y] if y < len(faster) else 0.0) - (usual[y] if y < len(usual) else 0.0) for y in years}
        return Effect(deducted={year: amount * part for year, part in shift.items() if part}, finance=amount * 0.0)


class VatCredit(_Relief):
    """VAT that is not due, as a share of creditable input VAT; what exceeds the VAT due is carried on and lapses at the end."""

    kind: Literal["vat_credit"]
    share: float = Field(gt=0, le=1)

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        due = np.maximum(firms.output_vat - firms.input_vat, 0.0)
        each = held(self.share * firms.input_vat, eligible)
        waiting = np.zeros(len(firms))
        used: dict[int, FloatArray] = {}
        for year in range(self.years):
            waiting = waiting + each
            used[year] = np.minimum(waiting, due)
            waiting = waiting - used[year]
        return Effect(
            vat=used,
            equivalent=sum((amount * (1 + rates.discount) ** -year for year, amount in used.items()), np.zeros(len(firms))),
            committed=sum(used.values(), np.zeros(len(firms))),
            tax_returns=True,
            terms={"due before": due, "lapsed": waiting},
            flags={"carried_forward": eligible & (used[0] < each), "lapsed": eligible & (waiting > 0)},
        )


class Deferral(_Relief):
    """Tax that may be paid later."""

    kind: Literal["deferral"]
    size: Size

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        # No more can be put off than the tax on profit before reliefs.
        due = rules.regime.rate * np.maximum(firms.income - firms.rd, 0.0)
        amount = held(np.minimum(self.size.of_firms(firms), due), eligible)
        return Effect(postponed={0: amount, self.years: -amount}, committed=amount)
