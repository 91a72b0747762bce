"""The units of an award call: cases, undertakings with several cases, and money that is carried from one year to the next.

What may be carried over becomes units without benefit that free money of the later year and take it from the earlier one, in
pieces of halves.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.building import written_out
from littlegiant.allocation.call_rows import Counted, whole
from littlegiant.allocation.instance import ABSENT, Factored, Ints, Loose
from littlegiant.allocation.option_table import OptionTable
from littlegiant.problems import refuse

_PIECES = 16  # halvings of what may be carried over
_MOST_OPTIONS = 400


def in_several(table: OptionTable) -> npt.NDArray[np.bool_]:
    """Return which cases share an undertaking with another."""
    _, at, count = np.unique(table.undertaking.astype(np.str_), return_inverse=True, return_counts=True)
    return np.asarray(count[at] > 1, np.bool_)


def factored_units(
    table: OptionTable, counted: Sequence[Counted], measures: Sequence[str], cell: Ints, cases: Ints, cells: int
) -> Factored:
    """Return the units of cases that stand alone, in the order of `cases`; amounts in steps that divide all of a measure."""
    place = {name: at for at, name in enumerate(measures)}
    step = {name: int(np.gcd.reduce(table.measures[name], axis=None)) or 1 for name in measures}
    slots = len(table.packages)
    slot_start, slot_measure, amounts = [0], [], []
    for t in range(slots):
        for name in measures:
            own = table.measures[name][cases, t]
            if own.any():
                slot_measure.append(place[name])
                amounts.append(own // step[name])
        slot_start.append(len(slot_measure))
    entries: list[list[tuple[int, int, int]]] = [[] for _ in range(cells)]
    for k, each in enumerate(counted):
        for c in range(cells):
            for name, weight in each.inside if each.members[c] else each.outside:
                entries[c].append((k, place[name], int(weight * step[name])))
    flat = np.array([entry for own in entries for entry in own], np.int64).reshape(-1, 3)
    small = max([0, *(int(np.abs(own).max()) for own in amounts), int(table.benefit.max(initial=0))]) < 2**30
    kind = np.int32 if small else np.int64
    return Factored(
        cell[cases].astype(np.int32),
        np.array(slot_start, np.int32),
        np.array(slot_measure, np.int32),
        np.ascontiguousarray(table.benefit[cases].T.astype(kind)),
        np.ascontiguousarray(np.stack(amounts).astype(kind)) if amounts else np.zeros((0, len(cases)), kind),
        np.cumsum([0, *(len(own) for own in entries)]).astype(np.int32),
        flat[:, 0].astype(np.int32),
        flat[:, 1].astype(np.int32),
        flat[:, 2].copy(),
        len(measures),
    )


def uses_of(table: OptionTable, counted: Sequence[Counted], cell: int, case: int, package: int) -> dict[int, int]:
    """Return what an option of a case uses of each row, by row number; `cell`: the case's."""
    uses = {}
    for k, each in enumerate(counted):
        terms = each.inside if each.members[cell] else each.outside
        use = sum(int(weight * int(table.measures[name][case, package])) for name, weight in terms)
        if use:
            uses[k] = use
    return uses


def undertaking_units(
    call: AwardCall, table: OptionTable, counted: Sequence[Counted], cell: Ints, cases: Ints, minor: int
) -> tuple[Loose, tuple[tuple[tuple[tuple[int, int], ...], ...], ...]]:
    """Return one unit for each undertaking with several cases: every lawful combination of its options."""
    groups: dict[str, list[int]] = {}
    for case in cases.tolist():
        groups.setdefault(str(table.undertaking[case]), []).append(case)
    cap = None if call.law.small_aid is None else round(call.law.small_aid * minor)
    units, meaning = [], []
    for name in sorted(groups):
        offered = [(case, p) for case in groups[name] for p in range(len(table.packages)) if table.benefit[case, p] != ABSENT]
        combinations: list[tuple[tuple[int, int], ...]] = [()]
        for case in groups[name]:
            own = [each for each in offered if each[0] == case]
            combinations += [
                (*before, each) for before in combinations for each in own if len(before) < call.law.awards_per_undertaking
            ]
            if len(combinations) > _MOST_OPTIONS:
                found = f"{len(combinations)} combinations of awards"
                refuse(
                    f"undertaking {name}", found, f"at most {_MOST_OPTIONS}", "Lower `awards_per_undertaking:`.", code="too-many"
                )
        before = 0 if table.received is None else int(table.received[groups[name][0]])
        lawful = [
            each for each in combinations[1:]
            if cap is None or before + sum(int(table.measures["gross"][case, p]) for case, p in each) <= cap
        ]  # fmt: skip
        options = []
        for each in lawful:
            uses: dict[int, int] = {}
            for case, p in each:
                for k, use in uses_of(table, counted, int(cell[case]), case, p).items():
                    uses[k] = uses.get(k, 0) + use
            options.append((sum(int(table.benefit[case, p]) for case, p in each), uses))
        units.append(options)
        meaning.append(tuple(lawful))
    return written_out(units), tuple(meaning)


def carry_over(call: AwardCall, counted: Sequence[Counted], minor: int) -> tuple[tuple[tuple[str, int, int], ...], Loose]:
    """Return what may be carried from year to year in pieces: half of it, a quarter, an eighth …"""
    number = {each.row.id: k for k, each in enumerate(counted)}
    units: list[list[tuple[int, dict[int, int]]]] = []
    carried: list[tuple[str, int, int]] = []
    for fund in call.funds:
        for year in sorted(fund.budget):
            here, later = number.get(f"{fund.fund} {year}"), number.get(f"{fund.fund} {year + 1}")
            if here is None or later is None:
                continue
            left = whole(fund.budget[year] * fund.carry_over, minor)
            for piece in range(_PIECES):
                amount = left if piece == _PIECES - 1 else (left + 1) // 2
                left -= amount
                if amount:
                    units.append([(0, {here: amount, later: -amount})])
                    carried.append((fund.fund, year, amount))
    return tuple(carried), written_out(units)
