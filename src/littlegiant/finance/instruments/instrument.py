"""What every instrument says of itself: law, dates, who pays it, how fast the money comes, who may have it, how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from littlegiant.documents import Frozen, Slug, Validity
from littlegiant.finance.effect import Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.rates import Rates, ReferenceTables
from littlegiant.finance.schedule import FloatArray, Repayment, Terms
from littlegiant.finance.taxes import Level, TaxRegime
from littlegiant.problems import refuse


@dataclass(frozen=True)
class Rules:
    """The law that instruments are seen in: the tax without relief, and the benchmarks of borrowing."""

    regime: TaxRegime
    references: ReferenceTables
    crisis_grid: bool = False
    return_to_profit: float = 0.2  # yearly probability that a loss maker has taxable profit again
    difficulty_in_full: bool = False  # no market lends to a firm in difficulty: then a loan counts in full

    def __post_init__(self) -> None:
        if not 0 <= self.return_to_profit <= 1:
            refuse(
                "rules", f"return_to_profit {self.return_to_profit:g}", "a share, as 0.2", "Divide per cent by 100.", code="range"
            )


class Size(Frozen):
    """How much a firm gets: a fixed amount, or a share of one of its own figures within limits."""

    amount: float | None = Field(default=None, ge=0)
    share: float | None = Field(default=None, gt=0)
    of: str = ""
    at_least: float = Field(default=0.0, ge=0)
    at_most: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.amount is None) == (self.share is None or not self.of):
            raise ValueError("give `amount:`, or `share:` with `of:` and perhaps `at_most:`")
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"`at_most: {self.at_most:g}` lies below `at_least: {self.at_least:g}`")
        return self

    def of_firms(self, firms: Firms) -> FloatArray:
        if self.amount is not None:
            return np.full(len(firms), self.amount)
        assert self.share is not None
        wanted = self.share * np.maximum(firms.given(self.of), 0.0)
        return np.clip(wanted, self.at_least, np.inf if self.at_most is None else self.at_most)


class LoanTerms(Frozen):
    """Terms of a loan; periods of a year by `per_year`."""

    periods: int = Field(ge=0)
    per_year: int = Field(default=1, ge=1, le=12)
    repayment: Repayment = "linear"
    grace: int = Field(default=0, ge=0)
    drawn: tuple[float, ...] = (1.0,)
    rate: float | None = Field(
        default=None, gt=-0.1, lt=1
    )  # interest that shapes an annuity, of a loan that is not the instrument

    @model_validator(mode="after")
    def _grace_within(self) -> Self:
        if self.grace > self.periods:
            raise ValueError(f"`grace: {self.grace}` is longer than `periods: {self.periods}`")
        if abs(sum(self.drawn) - 1) > 1e-9 or len(self.drawn) > max(1, self.periods):
            raise ValueError("`drawn:` are shares that sum to 1, one a period at most")
        return self

    def at(self, rate: float | None) -> Terms:
        """Return the terms at a rate, or at that of the bank's loan."""
        own = self.rate or 0.0 if rate is None else rate
        return Terms(self.periods, self.per_year, self.repayment, self.grace, own, self.drawn)


class Instrument(Frozen):
    """One instrument of a level of government.

    `shares` says which level bears its cost; taxes are borne as the tax is shared.
    """

    format: Literal[1] = 1
    instrument: Slug
    title: dict[str, str]
    level: Level
    region: str = ""  # of a local measure
    shares: dict[Level, float]
    law: str = ""
    clause: str = ""
    source: tuple[str, ...] = ()
    confidence: str = ""
    note: dict[str, str] = {}
    applies: tuple[Validity, ...] = ()
    entitlement: Slug | None = None  # the standard that says who may have it
    flag: str = ""  # a flag of the firm it is for, as high_tech
    exclusive: str = ""  # of instruments with the same word a firm may have one
    purpose: str = ""  # what the money is for, as rd, equipment, working_capital
    conditions: tuple[str, ...] = ()  # as local_registration, local_content: what a lint looks at
    time_to_cash: int | None = Field(default=None, ge=0)  # days from application to money
    shows: tuple[str, ...] = ()  # what has to be shown to get it

    @model_validator(mode="after")
    def _shares_are_whole(self) -> Self:
        if not self.shares or abs(sum(self.shares.values()) - 1) > 1e-9 or min(self.shares.values()) < 0:
            raise ValueError("`shares:` says which level bears how much; they sum to 1")
        return self

    @property
    def id(self) -> str:
        return self.instrument

    @property
    def is_tax(self) -> bool:
        return False

    def open_to(self, firms: Firms) -> BoolArray:
        """Return for which firms it is meant, by its flag alone."""
        return firms.flag(self.flag) if self.flag else np.ones(len(firms), np.bool_)

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        """Return what it brings each eligible firm and costs each level; every kind says it for itself."""
        raise NotImplementedError


def held(amount: FloatArray, eligible: BoolArray) -> FloatArray:
    """Return the amount for firms that may have it, 0 for others."""
    return np.where(eligible, amount, 0.0)


def by_year(per_period: Mapping[int, FloatArray], per_year: int, discount: float) -> dict[int, FloatArray]:
    """Return amounts due at the end of periods 1, 2 … by year, of the same present value."""
    years: dict[int, FloatArray] = {}
    for period, amount in per_period.items():
        year = -(-period // per_year)
        worth = amount * (1 + discount / per_year) ** -period * (1 + discount) ** year
        years[year] = years[year] + worth if year in years else worth
    return years
