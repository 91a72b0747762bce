"""Whole computations over one chunk of firms, each done once however many differences need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from littlegiant.finance.effect import Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments import Rules
from littlegiant.finance.rates import Rates
from littlegiant.finance.schedule import FloatArray
from littlegiant.finance.taxes import Losers, allowance, due, followed, only, ordinary_tax, profit, scheduled_rate
from littlegiant.finance.user_cost import b_index, financing_part, loss_maker_use

STANDING = 60  # years that the law behind an instrument is taken to last
_Key = tuple[int, ...]
_Path: TypeAlias = tuple[list[FloatArray], list[Effect]]


@dataclass(frozen=True)
class Change:
    """The difference of two whole computations: present value, cash and tax by year, tax at the government's rate."""

    worth: FloatArray
    cash: Mapping[int, FloatArray]
    tax: Mapping[int, FloatArray]
    tax_at_government: FloatArray


@dataclass
class Computation:
    """Remembers taxes and marginal costs by the effects they rest on. Effects are told apart by identity."""

    firms: Firms
    rules: Rules
    rates: Rates
    _profits: dict[_Key, FloatArray] = field(default_factory=dict)
    _taxes: dict[_Key, FloatArray] = field(default_factory=dict)
    _followed: dict[_Key, _Path] = field(default_factory=dict)
    _parts: dict[int, Effect] = field(default_factory=dict)
    _last: int = -1
    _rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _known: set[int] = field(default_factory=set)
    _costs: dict[_Key, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    _kept: list[Effect] = field(default_factory=list)  # so that no identity is given twice
    _some: Losers = field(default_factory=Losers.nobody)

    def standing(self, effect: Effect) -> Effect:
        """Return a relief as the law of every year."""
        lasts = effect.allowance is not None or effect.schedule is not None
        made = replace(effect, lasting=STANDING) if lasts else effect
        self._kept.append(made)
        return made

    def difference(self, having: Sequence[Effect], lacking: Sequence[Effect]) -> Change:
        """Return what `having` gives more than `lacking`.

        Years are independent for firms that never lose money; the others are followed through every year.
        """
        self._kept += [*having, *lacking]
        moved = [effect for effect in having if all(effect is not other for other in lacking)]
        lost = [effect for effect in lacking if all(effect is not other for other in having)]
        count, rates = len(self.firms), self.rates
        last = max((effect.last_year for effect in (*moved, *lost)), default=0)
        years = sorted({year for effect in (*moved, *lost) for year in effect.years if year <= last})
        tax = {year: self._tax(having, year) - self._tax(lacking, year) for year in years}
        if self._last < 0 or any(id(effect) not in self._known for effect in (*having, *lacking)):
            self.prepare([*having, *lacking])
        # A loss of these years may meet what others bring later: whoever loses money is followed to the last year of all.
        self._follow(tax, having, lacking)
        cash: dict[int, FloatArray] = {}
        for sign, effects in ((1, moved), (-1, lost)):
            for effect in effects:
                for year in sorted({*effect.taxed, *effect.untaxed, *effect.vat, *effect.postponed}):
                    amount = sign * effect.received(year, count)
                    cash[year] = cash[year] + amount if year in cash else amount
        worth, at_government = np.zeros(count), np.zeros(count)
        for year, amount in cash.items():
            worth += amount * (1 + rates.discount) ** -year
        for year, amount in tax.items():
            worth -= amount * (1 + rates.discount) ** -year
            at_government += amount * (1 + rates.government) ** -year
        return Change(worth, cash, tax, at_government)

    def profit(self, effects: Sequence[Effect]) -> FloatArray:
        """Return the taxable profit of the first year before losses of earlier ones."""
        self._kept += effects
        return self._profit(effects, 0)

    def _tax(self, effects: Sequence[Effect], year: int) -> FloatArray:
        key = _key(effects, year)
        if key not in self._taxes:
            self._taxes[key] = due(self._profit(effects, year), self.rules.regime, effects, year)
        return self._taxes[key]

    def _profit(self, effects: Sequence[Effect], year: int) -> FloatArray:
        key = _key(effects, year)
        if key not in self._profits:
            self._profits[key] = profit(self.firms, effects, year)
        return self._profits[key]

    def prepare(self, effects: Sequence[Effect]) -> None:
        """Say which effects any question will be about: firms whose losses may meet profits are then found and cut out once."""
        self._kept += effects
        self._last = max((e.last_year for e in effects if e.lasting < STANDING), default=0)
        count = len(self.firms)
        best = np.maximum.reduce([np.zeros(count), *(e.allowance for e in effects if e.allowance is not None)])
        low = self.firms.income - self.firms.rd * (1 + best)
        high = self.firms.income - self.firms.rd
        losing, winning = self._carried | (low < 0), high > 0
        for year in range(self._last + 1):
            up, down = np.zeros(count), np.zeros(count)
            for effect in effects:
                for sign, part in ((1, effect.taxed), (1, effect.vat), (-1, effect.deducted), (-1, effect.research)):
                    if year in part:
                        amount = sign * part[year] * (1 + best if part is effect.research else 1)
                        up, down = up + np.maximum(amount, 0.0), down + np.minimum(amount, 0.0)
            losing, winning = losing | (low + down < 0), winning | (high + up > 0)
        self._rows = np.flatnonzero(losing & winning)
        self._some = Losers.of(self.firms, self._rows)
        self._followed.clear()
        self._parts.clear()
        self._known = {id(effect) for effect in effects}

    def _follow(self, tax: dict[int, FloatArray], having: Sequence[Effect], lacking: Sequence[Effect]) -> None:
        """Put the followed taxes of firms whose losses meet profits in place of those by single years."""
        if not tax or not len(self._some):
            return
        first, second = self._path(having), self._path(lacking)
        for year in range(max(len(first[0]), len(second[0]))):
            change = self._at(first, year) - self._at(second, year)
            if year in tax:
                tax[year][self._rows] = change
            elif change.any():
                tax[year] = np.zeros(len(self.firms))
                tax[year][self._rows] = change

    def _path(self, effects: Sequence[Effect]) -> _Path:
        """Return the taxes of the followed firms year by year, and the effects on them."""
        key = tuple(sorted(id(effect) for effect in effects))
        if key not in self._followed:
            own = [self._only(effect) for effect in effects]
            self._followed[key] = followed(self._some, self.rules.regime, own, self._last), own
        return self._followed[key]

    def _only(self, effect: Effect) -> Effect:
        if id(effect) not in self._parts:
            self._parts[id(effect)] = only(effect, self._rows)
        return self._parts[id(effect)]

    def _at(self, path: _Path, year: int) -> FloatArray:
        taxes, effects = path
        return taxes[year] if year < len(taxes) else ordinary_tax(self._some, self.rules.regime, effects, year)

    @cached_property
    def _stock(self) -> FloatArray:
        """Losses of earlier years that the year's profit meets first."""
        return np.asarray(self.firms.losses.sum(axis=1))

    @cached_property
    def _carried(self) -> BoolArray:
        """Who brings losses of earlier years."""
        return np.asarray((self.firms.losses > 0).any(axis=1), np.bool_)

    def marginal_cost(self, effects: Sequence[Effect]) -> tuple[FloatArray, FloatArray]:
        """Return the B-index of one more unit of R&D, times what cheaper borrowing leaves of its user cost; and the tax
        rate.
        """
        self._kept += effects
        key = tuple(sorted(id(effect) for effect in effects))
        if key not in self._costs:
            firms, rates = self.firms, self.rates
            base = self._profit(effects, 0) - self._stock
            rate = scheduled_rate(np.maximum(base, 0.0), self.rules.regime, effects, 0)
            use = np.where(np.isnan(base), np.nan, np.where(base > 0, 1.0, self._waiting))
            index = np.asarray(b_index(rate, allowance=allowance(firms, effects, 0), use=use))
            for effect in effects:
                if effect.credit_rate is not None:  # cash comes at once, a credit when there is tax to credit it against
                    own = 1.0 if effect.credit_is_cash else use
                    taken = 1 - use * rate if effect.credit_taxable else 1.0
                    index = index - own * effect.credit_rate * taken / (1 - use * rate)
            savings = [effect.saving for effect in effects if effect.saving is not None]
            if savings:
                saving = sum(savings[1:], savings[0])
                share, capital = rates.financed_by_loan, {"interest": rates.interest, "depreciation": rates.depreciation}
                index = index * (1 - financing_part(saving, share=share, rate=rate, **capital))
            self._costs[key] = np.asarray(index), rate
        return self._costs[key]

    @cached_property
    def _waiting(self) -> FloatArray:
        """What a relief is worth to a firm that waits for profit, by firm."""
        regime = self.rules.regime
        years = np.full(len(self.firms), regime.carry_forward)
        for name, longer in regime.carry_forward_by_flag.items():
            years = np.where(self.firms.flag(name), np.maximum(years, longer), years)
        spans, index = np.unique(years, return_inverse=True)
        chance = self.rules.return_to_profit
        return np.array([loss_maker_use(chance, years=float(span), discount=self.rates.discount) for span in spans])[index]


def _key(effects: Sequence[Effect], year: int) -> _Key:
    """Return what taxes of a year rest on; years in which nothing is received are alike."""
    own = sorted(id(effect) for effect in effects if year in effect.years)
    received = any(year in part for e in effects for part in (e.taxed, e.deducted, e.research, e.credit, e.taxed_credit, e.vat))
    return (*own, year if received else -1)
