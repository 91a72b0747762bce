"""An allocation problem in whole numbers: rows with floors and ceilings, units that may get at most one option each.

A unit is a firm, a project or a single undertaking. Two ways to keep the options, both of which every part of this room reads:
*factored*, for options whose uses are amounts of a few measures, counted by the rows of the unit's cell (its region, sector,
size …); *loose*, a list of row and use for each option. `loosened` turns the first into the second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.folding import (
    cells_to_rows,
    factored_uses,
    loose_extremes,
    loose_uses,
    loosen,
    loosen_sizes,
    plan_uses,
)

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Choice: TypeAlias = npt.NDArray[np.int32]
NO_FLOOR = -(2**62)
NO_CEILING = 2**62
ABSENT = -(2**30)  # benefit of an option that a unit does not have
LARGEST = 2**53  # sums of uses and of benefits stay below, so that they are exact wherever they are added
_PART = 65_536  # units written out at a time


@dataclass(frozen=True)
class Row:
    """A named limit on the sum of uses; None where there is no floor or no ceiling. `unit` is told beside the numbers."""

    id: str
    floor: int | None = None
    ceiling: int | None = None
    unit: str = ""


@dataclass(frozen=True)
class Loose:
    """Options o of unit i: option_start[i] ≤ o < option_start[i + 1]; their uses lie at use_start[o] … of row and use.

    slot: the number by which a choice names the option, which is its place unless options came from slots.
    """

    option_start: Ints
    benefit: Ints
    use_start: Ints
    row: npt.NDArray[np.int32]
    use: Ints
    slot: Choice

    def __len__(self) -> int:
        return len(self.option_start) - 1


@dataclass(frozen=True)
class Factored:
    """Units sorted by cell. Slot t is a kind of package: it uses the measures slot_measure[slot_start[t] : …], amounts in the
    same rows of `amount`, shapes (slots, n) and (slot measures, n); an option that a unit lacks has benefit ABSENT, no amounts.
    Entries of a cell say which rows count which measure with what weight: use of row = weight · amount, summed.
    """

    cell: npt.NDArray[np.int32]
    slot_start: npt.NDArray[np.int32]
    slot_measure: npt.NDArray[np.int32]
    benefit: npt.NDArray[Any]
    amount: npt.NDArray[Any]
    entry_start: npt.NDArray[np.int32]
    entry_row: npt.NDArray[np.int32]
    entry_measure: npt.NDArray[np.int32]
    entry_weight: Ints
    measures: int

    def __len__(self) -> int:
        return len(self.cell)

    @property
    def cells(self) -> int:
        return len(self.entry_start) - 1

    @cached_property
    def plan(self) -> tuple[Ints, npt.NDArray[np.int32], npt.NDArray[np.int32], Ints]:
        """Return for cell c and slot t, at start[c · slots + t] …: the rows used, from which amounts, with which weights."""
        start = np.empty(self.cells * (len(self.slot_start) - 1) + 1, np.int64)
        shape = (self.slot_start, self.slot_measure, self.entry_start, self.entry_row, self.entry_measure)
        rows = int(self.entry_row.max(initial=-1)) + 1
        row, amount, weight = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64)
        count = plan_uses(*shape, rows, start, row, amount, weight, self.entry_weight)
        row, amount, weight = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int64)
        plan_uses(*shape, rows, start, row, amount, weight, self.entry_weight)
        return start, row, amount, weight


@dataclass(frozen=True)
class Instance:
    """`origin[u]` is the place that unit u had when the instance was made; every answer is given in that order.

    tie: a number in [0, 1) by unit, from the published draw; it decides between units that are alike. Factored units come
    first, loose ones after them. A choice holds for each unit the number of its option, -1 for nothing.
    """

    rows: tuple[Row, ...]
    factored: Factored | None
    loose: Loose | None
    origin: Ints
    tie: Floats

    @property
    def units(self) -> int:
        return len(self.origin)

    @property
    def split(self) -> int:
        """The number of factored units."""
        return 0 if self.factored is None else len(self.factored)

    @cached_property
    def floor(self) -> Ints:
        return np.array([NO_FLOOR if row.floor is None else row.floor for row in self.rows], np.int64)

    @cached_property
    def ceiling(self) -> Ints:
        return np.array([NO_CEILING if row.ceiling is None else row.ceiling for row in self.rows], np.int64)

    @cached_property
    def scale(self) -> Floats:
        """Return the size of each row in its own unit: its ceiling, else its floor, else a tenth of what units could use."""
        size = np.where(self.ceiling < NO_CEILING, np.abs(self.ceiling), 0)
        size = np.where((size == 0) & (self.floor > NO_FLOOR), np.abs(self.floor), size)
        if (size == 0).any():
            size = np.where(size == 0, np.maximum(self.extremes[2] // 10, 1), size)
        return np.maximum(size, 1).astype(np.float64)

    @cached_property
    def worth(self) -> npt.NDArray[np.float32]:
        """Return the largest benefit of each unit, at least 1: what leads are measured by.

        A unit without benefit, which only moves a row's money, is measured by a tenth of what all units bring, as far as it
        moves a row.
        """
        most = np.ones(self.units, np.float32)
        if self.factored is not None:
            most[: self.split] = np.maximum(self.factored.benefit.max(axis=0), 1)
        if self.loose is not None and len(self.loose.benefit):
            width = np.diff(self.loose.option_start)
            best = np.maximum.reduceat(np.append(self.loose.benefit, 1), self.loose.option_start[:-1])
            most[self.split :] = np.where(width > 0, np.maximum(best, 1), 1)
            bare = np.flatnonzero((width > 0) & (best <= 0))
            if len(bare):
                moved = np.append(np.abs(self.loose.use) / self.scale[self.loose.row], 0.0)
                largest = np.maximum.reduceat(moved, self.loose.use_start[self.loose.option_start[bare]])
                most[self.split + bare] = np.maximum(largest * 0.1 * float(most.sum()), 1)
        return most

    @cached_property
    def extremes(self) -> tuple[Ints, Ints, Ints]:
        """Return for each row the least and the largest use that units could make of it, and the sum of largest absolute uses."""
        least, most, total = (np.zeros(len(self.rows), np.int64) for _ in range(3))
        for part in self.parts():
            loose_extremes(part.option_start, part.use_start, part.row, part.use, least, most, total)
        return least, most, total

    def parts(self) -> Iterator[Loose]:
        """Yield all units written out, some at a time, in their order."""
        for start in range(0, self.units, _PART):
            yield self.loosened(np.arange(start, min(start + _PART, self.units), dtype=np.int64))

    def loosened(self, units: Ints) -> Loose:
        """Return the options of `units`, in the given order, factored ones before loose ones."""
        head, tail = units[units < self.split], units[units >= self.split] - self.split
        pieces = []
        if len(head) and self.factored is not None:
            pieces.append(_loosen(self.factored, head))
        if len(tail) or not pieces:
            pieces.append(_taken(self.loose, tail))
        return pieces[0] if len(pieces) == 1 else joined(*pieces)

    def uses(self, chosen: Choice) -> Ints:
        """Return the use of each row, exactly."""
        use = np.zeros(len(self.rows), np.int64)
        f, loose = self.factored, self.loose
        if f is not None:
            total = np.zeros((f.cells, f.measures), np.int64)
            factored_uses(f.cell, f.slot_start, f.slot_measure, f.amount, f.measures, f.cells, chosen[: len(f)], total)
            cells_to_rows(f.entry_start, f.entry_row, f.entry_measure, f.entry_weight, total, use)
        if loose is not None:
            loose_uses(loose.option_start, loose.use_start, loose.row, loose.use, chosen[self.split :], use)
        return use

    def value(self, chosen: Choice) -> int:
        """Return the sum of benefits of the chosen options."""
        total = 0
        if self.factored is not None:
            won = np.flatnonzero(chosen[: self.split] >= 0)
            total += int(self.factored.benefit[chosen[won], won].astype(np.int64).sum())
        if self.loose is not None:
            won = np.flatnonzero(chosen[self.split :] >= 0)
            total += int(self.loose.benefit[self.loose.option_start[won] + chosen[self.split + won]].sum())
        return total

    def given(self, by_unit: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return numbers by unit in the order in which the units were given."""
        result = np.empty_like(by_unit)
        result[self.origin] = by_unit
        return result

    def taken(self, given: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return numbers in the order given in the order of the units."""
        return given[self.origin]


def _loosen(f: Factored, units: Ints) -> Loose:
    slots = len(f.slot_start) - 1
    options, uses = loosen_sizes(units, f.cell, slots, f.benefit, ABSENT, f.plan[0])
    option_start, use_start = np.empty(len(units) + 1, np.int64), np.empty(options + 1, np.int64)
    benefit, slot = np.empty(options, np.int64), np.empty(options, np.int32)
    row, use = np.empty(uses, np.int32), np.empty(uses, np.int64)
    loosen(units, f.cell, slots, f.benefit, f.amount, ABSENT, *f.plan, option_start, benefit, slot, use_start, row, use)
    count = int(use_start[-1])
    return Loose(option_start, benefit, use_start, row[:count], use[:count], slot)


def _taken(loose: Loose | None, units: Ints) -> Loose:
    """Return some of the loose units."""
    if loose is None:
        none = np.zeros(0, np.int64)
        return Loose(np.zeros(1, np.int64), none, np.zeros(1, np.int64), none.astype(np.int32), none, none.astype(np.int32))
    options = ranges(loose.option_start[units], loose.option_start[units + 1])
    owner = np.repeat(np.arange(len(units)), loose.option_start[units + 1] - loose.option_start[units])
    there = loose.benefit[options] != ABSENT
    return only(loose, options[there], owner[there], len(units))


def only(part: Loose, options: Ints, owner: Ints, units: int) -> Loose:
    """Return some options, written out for `units` units; `owner` says whose each is, in rising order."""
    places = ranges(part.use_start[options], part.use_start[options + 1])
    return Loose(
        starts(np.bincount(owner, minlength=units).astype(np.int64)),
        part.benefit[options],
        starts(part.use_start[options + 1] - part.use_start[options]),
        part.row[places],
        part.use[places],
        part.slot[options],
    )


def joined(a: Loose, b: Loose) -> Loose:
    """Return the units of `a`, then those of `b`."""
    return Loose(
        np.concatenate([a.option_start, a.option_start[-1] + b.option_start[1:]]),
        np.concatenate([a.benefit, b.benefit]),
        np.concatenate([a.use_start, a.use_start[-1] + b.use_start[1:]]),
        np.concatenate([a.row, b.row]),
        np.concatenate([a.use, b.use]),
        np.concatenate([a.slot, b.slot]),
    )


def starts(lengths: Ints) -> Ints:
    """Return where each of pieces of such lengths starts, and the end of the last."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def ranges(first: Ints, beyond: Ints) -> Ints:
    """Return all numbers of the ranges first[n] … beyond[n] - 1, one range after the other."""
    lengths = beyond - first
    return np.repeat(first - starts(lengths)[:-1], lengths) + np.arange(int(lengths.sum()), dtype=np.int64)
