"""Corporate income tax of firms that get any set of instruments: the whole computation, so that benefits can be differences.

Income less R&D with its allowance, plus what is received and taxed, less further deductions; earlier losses first, oldest
first; the lowest schedule open to the firm; then credits, which are not paid out.
"""

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from littlegiant.documents import Frozen, Validity
from littlegiant.finance.effect import Effect, TaxSchedule
from littlegiant.finance.firms import OLDEST, BoolArray, Firms
from littlegiant.finance.schedule import FloatArray

Level = Literal["national", "local", "provincial", "municipal"]


class TaxRegime(Frozen):
    """The law without any relief: the rate, how long losses are carried forward, who gets the tax."""

    format: Literal[1]
    tax: str
    title: dict[str, str]
    law: str
    source: tuple[str, ...] = ()
    confidence: str = ""
    applies: tuple[Validity, ...]
    rate: float = Field(ge=0, lt=1)
    carry_forward: int = Field(ge=0, le=OLDEST)
    carry_forward_by_flag: dict[str, Annotated[int, Field(ge=0, le=OLDEST)]] = {}
    profit_tax_shares: dict[Level, float]
    vat_shares: dict[Level, float]

    @model_validator(mode="after")
    def _shares_are_whole(self) -> Self:
        for name in ("profit_tax_shares", "vat_shares"):
            shares = getattr(self, name)
            if not shares or abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values()) < 0:
                raise ValueError(f"`{name}:` sum to 1, none below 0")
        return self


class Taxed(Protocol):
    """What taxes are computed from: columns of firms, or of some of them."""

    @property
    def income(self) -> FloatArray: ...
    @property
    def rd(self) -> FloatArray: ...
    def __len__(self) -> int: ...
    def flag(self, name: str) -> BoolArray: ...


@dataclass
class Losers:
    """The firms whose losses meet profits, as far as taxes go."""

    income: FloatArray
    rd: FloatArray
    losses: FloatArray
    flags: Mapping[str, BoolArray]

    @classmethod
    def nobody(cls) -> "Losers":
        return cls(np.zeros(0), np.zeros(0), np.zeros((0, OLDEST)), {})

    @classmethod
    def of(cls, firms: Firms, rows: npt.NDArray[np.int64]) -> "Losers":
        flags = {name: flag[rows] for name, flag in firms.flags.items()}
        return cls(firms.income[rows], firms.rd[rows], firms.losses[rows], flags)

    def __len__(self) -> int:
        return len(self.income)

    def flag(self, name: str) -> BoolArray:
        return self.flags.get(name, np.zeros(len(self), np.bool_))


def profit(firms: Taxed, effects: Sequence[Effect], year: int) -> FloatArray:
    """Return the taxable profit of a year before losses of earlier years; below zero for a loss."""
    extra = allowance(firms, effects, year)
    result = firms.income - firms.rd * (1 + extra)
    for effect in effects:
        for part in (effect.taxed, effect.vat):
            if year in part:
                result = result + part[year]
        if year in effect.deducted:
            result = result - effect.deducted[year]
        if year in effect.research:
            result = result - effect.research[year] * (1 + extra)
    return result


def allowance(firms: Taxed, effects: Sequence[Effect], year: int) -> FloatArray:
    """Return the extra deduction of R&D as a share: the largest a firm has a right to, they do not add."""
    shares = [e.allowance for e in effects if e.allowance is not None and year < e.lasting]
    return np.maximum.reduce(shares) if shares else np.zeros(len(firms))


def due(base: FloatArray, regime: TaxRegime, effects: Sequence[Effect], year: int) -> FloatArray:
    """Return the tax on a taxable profit, by the lowest schedule, after credits."""
    positive = np.maximum(base, 0.0)
    rate = scheduled_rate(positive, regime, effects, year)
    tax = positive * rate
    for effect in effects:
        if year in effect.credit:
            tax = np.maximum(tax - effect.credit[year], 0.0)
        if year in effect.taxed_credit:
            tax = tax - np.minimum(effect.taxed_credit[year], tax) * (1 - rate)
    return tax


def scheduled_rate(base: FloatArray, regime: TaxRegime, effects: Sequence[Effect], year: int) -> FloatArray:
    """Return the rate of the lowest schedule that is open at this profit."""
    rate = np.full(base.shape, regime.rate)
    for effect in effects:
        schedule = effect.schedule
        if schedule is not None and year < effect.lasting:
            open_here = schedule.open_to & (schedule.rate < rate)
            if schedule.income_at_most != np.inf:
                open_here &= base <= schedule.income_at_most
            rate = np.where(open_here, schedule.rate, rate)
    return rate


@dataclass
class _Vintage:
    """Losses of one year: the last year in which they may be used, and what is left of them."""

    until: int
    left: FloatArray

    def of(self, rows: npt.NDArray[np.int64]) -> "_Vintage":
        return _Vintage(self.until, self.left[rows])


def followed(firms: Losers, regime: TaxRegime, effects: Sequence[Effect], last: int) -> list[FloatArray]:
    """Return the tax of years 0 to `last`, and of further years as long as losses of these are used, what lapses first at first.

    After `last` every year is alike: only firms that then make a profit and still have losses are followed on.
    """
    kept = kept_years(firms, regime)
    spans = np.unique(kept)
    if len(spans) <= 1:
        return _followed_alike(firms, regime, effects, last, int(spans[0]) if len(spans) else 0)
    groups = [np.flatnonzero(kept == span) for span in spans]
    parts = []
    for span, rows in zip(spans, groups, strict=True):
        own, some = Losers(firms.income[rows], firms.rd[rows], firms.losses[rows], {}), [only(each, rows) for each in effects]
        parts.append((own, some, _followed_alike(own, regime, some, last, int(span))))
    result = []
    for year in range(max(len(taxes) for _, _, taxes in parts)):
        tax = np.zeros(len(firms))
        for rows, (own, some, taxes) in zip(groups, parts, strict=True):
            tax[rows] = taxes[year] if year < len(taxes) else ordinary_tax(own, regime, some, year)
        result.append(tax)
    return result


def _followed_alike(firms: Losers, regime: TaxRegime, effects: Sequence[Effect], last: int, kept: int) -> list[FloatArray]:
    """Follow firms that all may carry a loss forward for `kept` years."""
    vintages = [_Vintage(age, firms.losses[:, age].copy()) for age in range(OLDEST) if firms.losses[:, age].any()]
    result = []
    for year in range(last + 1):
        base = profit(firms, effects, year)
        result.append(due(_used(base, vintages, year), regime, effects, year))
        lost = np.maximum(-base, 0.0)
        if kept and (lost > 0).any():
            insort(vintages, _Vintage(year + kept, lost), key=lambda vintage: vintage.until)
    ordinary = profit(firms, effects, last + 1)
    later = np.flatnonzero((ordinary > 0) & _open(vintages, last + 1, len(firms)))
    vintages = [vintage.of(later) for vintage in vintages]
    while len(later):
        year = len(result)
        left = _used(ordinary[later], vintages, year)
        tax = due(np.maximum(ordinary, 0.0), regime, effects, year)
        tax[later] = due(left, regime, [only(effect, later) for effect in effects], year)
        result.append(tax)
        on = np.flatnonzero(_open(vintages, year + 1, len(later)))
        later, vintages = later[on], [vintage.of(on) for vintage in vintages]
    return result


def _open(vintages: Sequence[_Vintage], year: int, count: int) -> BoolArray:
    """Return which firms have losses that may be used in a year or later."""
    found = np.zeros(count, np.bool_)
    for vintage in vintages:
        if vintage.until >= year:
            found |= vintage.left > 0
    return found


def _used(base: FloatArray, vintages: Sequence[_Vintage], year: int) -> FloatArray:
    """Return what is left of a year's profit after earlier losses, which it uses up."""
    left = np.maximum(base, 0.0)
    for vintage in vintages:
        if vintage.until >= year:
            used = np.where(vintage.left > 0, np.minimum(left, vintage.left), 0.0)
            vintage.left = vintage.left - used
            left = left - used
    return left


def ordinary_tax(firms: Losers, regime: TaxRegime, effects: Sequence[Effect], year: int) -> FloatArray:
    """Return the tax of a year after all effects, when no losses are left."""
    return due(np.maximum(profit(firms, effects, year), 0.0), regime, effects, year)


def kept_years(firms: Taxed, regime: TaxRegime) -> npt.NDArray[np.int64]:
    """Return for how many years each firm may carry a loss forward."""
    kept = np.full(len(firms), regime.carry_forward)
    for name, years in regime.carry_forward_by_flag.items():
        kept = np.where(firms.flag(name), np.maximum(kept, years), kept)
    return kept


def only(effect: Effect, rows: npt.NDArray[np.int64]) -> Effect:
    """Return the effect on some of the firms, as far as taxes go."""
    names = ("taxed", "deducted", "research", "credit", "taxed_credit", "vat")
    parts: dict[str, Any] = {name: {year: amount[rows] for year, amount in getattr(effect, name).items()} for name in names}
    schedule = effect.schedule
    if schedule is not None:
        schedule = TaxSchedule(schedule.rate, schedule.open_to[rows], schedule.income_at_most)
    share = None if effect.allowance is None else effect.allowance[rows]
    return Effect(**parts, schedule=schedule, allowance=share, lasting=effect.lasting)
