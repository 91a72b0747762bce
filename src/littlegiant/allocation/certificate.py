"""The certificate: published prices, the bound they prove, and the gap line by line – in whole numbers throughout.

Prices are dyadic: whole numbers over a power of two. For any prices of the right sign

    bound - value = Σ regret of units + Σ price · unused money of priced rows + Σ |price| · over-fulfilment of priced floors

to the last digit, and every term is at least 0.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.instance import ABSENT, NO_CEILING, NO_FLOOR, Choice, Floats, Instance, Ints
from littlegiant.networks.compiling import compiled
from littlegiant.problems import refuse

MOST_BITS = 40  # prices are multiples of 2 ** -40 at the finest
_ROOM = 61  # bits that a surplus may take


@dataclass(frozen=True)
class Prices:
    """The price of row k is numerator[k] / 2 ** exponent, in benefit per unit of the row."""

    numerator: Ints
    exponent: int

    def __getitem__(self, row: int) -> Fraction:
        return Fraction(int(self.numerator[row]), 2**self.exponent)

    @property
    def floats(self) -> Floats:
        return self.numerator.astype(np.float64) / 2.0**self.exponent


@dataclass(frozen=True)
class Certificate:
    """use: of each row. regret: by unit, in benefit times 2 ** exponent of the prices; 0 where a unit has what suits it best.
    slack: what each row adds to the gap, exactly. failures: rows that do not hold."""

    prices: Prices
    value: int
    bound: Fraction
    use: Ints
    regret: Ints
    best: Choice
    slack: tuple[Fraction, ...]
    failures: tuple[int, ...]

    @property
    def gap(self) -> Fraction:
        return self.bound - self.value

    @property
    def regrets(self) -> Fraction:
        """Return the sum of all regrets."""
        total = sum(int(part.sum(dtype=np.int64)) for part in np.array_split(self.regret >> 20, 64)) << 20
        low = int((self.regret & (2**20 - 1)).sum(dtype=np.int64))
        return Fraction(total + low, 2**self.prices.exponent)

    @property
    def off_price(self) -> Ints:
        """Return the units that did not get what suits them best at the prices."""
        return np.flatnonzero(self.regret > 0)


def dyadic(instance: Instance, prices: Floats) -> Prices:
    """Return `prices` rounded to the finest dyadic numbers at which every surplus is exact in 64 bits; wrong signs become 0."""
    most = _largest_cost(instance, np.abs(prices)) + _largest_benefit(instance)
    exponent = min(MOST_BITS, _ROOM - int(np.ceil(np.log2(max(most, 1.0)))) - 2)
    if exponent < 1:
        refuse("benefits", f"as large as {most:.3g}", "below 2 ** 58", "Compute in a larger unit.", code="too-large")
    numerator = np.rint(np.ldexp(prices, exponent)).astype(np.int64)
    numerator[(numerator > 0) & (instance.ceiling == NO_CEILING)] = 0
    numerator[(numerator < 0) & (instance.floor == NO_FLOOR)] = 0
    return Prices(numerator, exponent)


def _largest_benefit(instance: Instance) -> float:
    parts = [each.benefit for each in (instance.factored, instance.loose) if each is not None]
    return max([1.0, *(float(part.max(initial=1)) for part in parts)])


def _largest_cost(instance: Instance, prices: Floats) -> float:
    """Return an upper bound on the absolute priced use of any option."""
    most = 0.0
    if instance.factored is not None:
        f = instance.factored
        folded = np.zeros((f.cells, f.measures))
        cells = np.repeat(np.arange(f.cells), np.diff(f.entry_start))
        np.add.at(folded, (cells, f.entry_measure), np.abs(f.entry_weight) * prices[f.entry_row])
        dearest = folded.max(axis=0, initial=0.0)
        for t in range(len(f.slot_start) - 1):
            rows = range(int(f.slot_start[t]), int(f.slot_start[t + 1]))
            most = max(most, sum(float(np.abs(f.amount[r]).max(initial=0)) * dearest[f.slot_measure[r]] for r in rows))
    if instance.loose is not None and len(instance.loose.use):
        part = instance.loose
        cost = np.append(np.abs(part.use) * prices[part.row], 0.0)
        most = max(most, float(np.add.reduceat(cost, part.use_start[:-1]).max(initial=0.0)))
    return most


@compiled
def _exact_factored(
    cell: Any, slot_start: Any, slot_measure: Any, benefit: Any, absent: int, amount: Any, folded: Any, exponent: int,
    chosen: Any, regret: Any, best_choice: Any,
) -> Any:  # fmt: skip
    high = np.int64(0)
    low = np.int64(0)
    for i in range(len(cell)):
        best = np.int64(0)
        own = np.int64(0)
        which = np.int32(-1)
        for t in range(len(slot_start) - 1):
            if benefit[t, i] == absent:
                continue
            s = np.int64(benefit[t, i]) << exponent
            for r in range(slot_start[t], slot_start[t + 1]):
                s -= np.int64(amount[r, i]) * folded[cell[i], slot_measure[r]]
            if t == chosen[i]:
                own = s
            if s > best:
                best = s
                which = np.int32(t)
        regret[i] = best - own
        best_choice[i] = which if best > own else chosen[i]
        high += best >> 31
        low += best & 0x7FFFFFFF
    return high, low


@compiled
def _exact_loose(
    option_start: Any, benefit: Any, absent: int, use_start: Any, row: Any, use: Any, slot: Any, price: Any, exponent: int,
    chosen: Any, regret: Any, best_choice: Any,
) -> Any:  # fmt: skip
    high = np.int64(0)
    low = np.int64(0)
    for i in range(len(option_start) - 1):
        best = np.int64(0)
        own = np.int64(0)
        which = np.int32(-1)
        for o in range(option_start[i], option_start[i + 1]):
            if benefit[o] == absent:
                continue
            s = benefit[o] << exponent
            for p in range(use_start[o], use_start[o + 1]):
                s -= use[p] * price[row[p]]
            if slot[o] == chosen[i]:
                own = s
            if s > best:
                best = s
                which = slot[o]
        regret[i] = best - own
        best_choice[i] = which if best > own else chosen[i]
        high += best >> 31
        low += best & 0x7FFFFFFF
    return high, low


def _checked(instance: Instance, prices: Prices, chosen: Choice) -> Choice:
    """Return the choice as it is computed with; refuses prices and choices that are not of this instance, or not exact."""
    if len(prices.numerator) != len(instance.rows):
        found, expected = f"{len(prices.numerator)} prices", f"{len(instance.rows)}, one a row"
        refuse("prices", found, expected, "These are the prices of another problem.", code="shape")
    numbers = np.asarray(chosen)
    if numbers.shape != (instance.units,) or (numbers.size and numbers.dtype.kind not in "iu"):
        found = f"{numbers.shape} of {numbers.dtype}"
        refuse("choice", found, f"{instance.units} whole numbers, one a unit", "Give an option number or -1.", code="shape")
    for unit in np.flatnonzero((numbers < -1) | ~_offered(instance, numbers))[:1]:
        found = f"option {int(numbers[unit])}, which the unit does not have"
        refuse(f"unit {int(instance.origin[unit])}", found, "one of its options, or -1", "Correct the choice.", code="option")
    scaled = np.abs(prices.numerator.astype(np.float64))
    largest = _largest_cost(instance, scaled) + _largest_benefit(instance) * 2.0**prices.exponent
    if not 0 <= prices.exponent <= _ROOM or largest >= 2.0**62:
        found = f"prices that make surpluses of {largest:.3g}"
        refuse("prices", found, "below 2 ** 62", "Round them to a smaller power of two.", code="too-large")
    return numbers.astype(np.int32)


def _offered(instance: Instance, chosen: Choice) -> npt.NDArray[np.bool_]:
    """Return for which units the choice is nothing or an option they have."""
    fits = chosen < 0
    split = instance.split
    if instance.factored is not None:
        slots = len(instance.factored.benefit)
        at = np.flatnonzero((chosen[:split] >= 0) & (chosen[:split] < slots))
        fits[at] = instance.factored.benefit[chosen[at], at] != ABSENT
    if instance.loose is not None:
        own = chosen[split:]
        at = np.flatnonzero((own >= 0) & (own < np.diff(instance.loose.option_start)))
        fits[split + at] = instance.loose.benefit[instance.loose.option_start[at] + own[at]] != ABSENT
    return fits


def certify(instance: Instance, prices: Prices, chosen: Choice) -> Certificate:
    """Recount an allocation at published prices; nothing of the search is used, and nothing is rounded."""
    chosen = _checked(instance, prices, chosen)
    n, split = instance.units, instance.split
    regret, best = np.zeros(n, np.int64), np.empty(n, np.int32)
    surplus = 0
    f, loose = instance.factored, instance.loose
    if f is not None:
        folded = np.zeros((f.cells, f.measures), np.int64)
        cells = np.repeat(np.arange(f.cells), np.diff(f.entry_start))
        np.add.at(folded, (cells, f.entry_measure), f.entry_weight * prices.numerator[f.entry_row])
        high, low = _exact_factored(
            f.cell, f.slot_start, f.slot_measure, f.benefit, ABSENT, f.amount, folded, prices.exponent, chosen[:split],
            regret[:split], best[:split],
        )  # fmt: skip
        surplus += (int(high) << 31) + int(low)
    if loose is not None:
        high, low = _exact_loose(
            loose.option_start, loose.benefit, ABSENT, loose.use_start, loose.row, loose.use, loose.slot, prices.numerator,
            prices.exponent, chosen[split:], regret[split:], best[split:],
        )  # fmt: skip
        surplus += (int(high) << 31) + int(low)
    use = instance.uses(chosen)
    slack = []
    for k, number in enumerate(prices.numerator.tolist()):
        limit = instance.rows[k].ceiling if number > 0 else instance.rows[k].floor
        if number == 0:
            slack.append(Fraction(0))
            continue
        if limit is None:
            remedy = "The prices are not those of this problem."
            refuse(f"row {instance.rows[k].id}", "a price on the side without a limit", "0", remedy, code="sign")
        surplus += number * limit
        slack.append(Fraction(number * (limit - int(use[k])), 2**prices.exponent))
    failing = np.flatnonzero((use > instance.ceiling) | (use < instance.floor))
    bound = Fraction(surplus, 2**prices.exponent)
    value = instance.value(chosen)
    return Certificate(prices, value, bound, use, regret, best, tuple(slack), tuple(int(k) for k in failing))
