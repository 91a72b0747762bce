"""Instances from options written out or from columns, checked: every problem of the input at once, in one sentence each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.folding import common_divisor
from littlegiant.allocation.instance import ABSENT, LARGEST, Factored, Floats, Instance, Ints, Loose, Row, starts
from littlegiant.problems import LittleGiantError, Problem, refuse

_TOLD = 20
Options = Sequence[tuple[int, Mapping[int, int]]]  # benefit and {row number: use} of each option of a unit


def loose_instance(
    rows: Sequence[Row], units: Sequence[Options], *, tie: npt.ArrayLike | None = None, names: Sequence[str] | None = None
) -> Instance:
    """Return an instance from options written out; a unit without options gets nothing.

    Raises with every problem: benefits below zero or not whole, rows that do not exist, floors above ceilings.
    """
    problems = check_rows(rows)
    for number, options in enumerate(units):
        place = f"unit {names[number] if names is not None else number}"
        for at, (worth, uses) in enumerate(options):
            problems += _bad_option(f"{place}, option {at}", worth, uses, len(rows))
        if len(problems) > _TOLD:
            break
    if problems:
        raise LittleGiantError(problems[:_TOLD])
    loose = written_out(units)
    return checked(Instance(tuple(rows), None, loose, np.arange(len(loose), dtype=np.int64), ties(len(loose), tie)))


def written_out(units: Sequence[Options]) -> Loose:
    """Return options as arrays; nothing is checked."""
    options = [option for own in units for option in own]
    uses = [sorted(use.items()) for _, use in options]
    return Loose(
        starts(np.array([len(own) for own in units], np.int64)),
        np.array([worth for worth, _ in options], np.int64),
        starts(np.array([len(own) for own in uses], np.int64)),
        np.array([k for own in uses for k, _ in own], np.int32),
        np.array([use for own in uses for _, use in own], np.int64),
        np.array([at for own in units for at in range(len(own))], np.int32),
    )


def _bad_option(place: str, worth: object, uses: Mapping[int, int], rows: int) -> list[Problem]:
    found = []
    if not _whole(worth) or worth < 0:
        remedy = "Benefits are whole numbers in the unit of the call; leave out what has none."
        found.append(Problem(place, f"a benefit of {worth!r}", "a whole number, 0 or more", remedy, "benefit"))
    elif worth >= 2**40:
        found.append(Problem(place, f"a benefit of {worth!r}", "below 2 ** 40", "Compute in a larger unit.", "too-large"))
    for k, use in uses.items():
        if not _whole(k) or not 0 <= k < rows:
            found.append(Problem(place, f"row {k!r}", f"a row from 0 to {rows - 1}", "Correct the row.", "unknown-row"))
        elif _whole(use) and abs(use) >= LARGEST:
            remedy = "Compute in a larger unit, as thousands."
            found.append(Problem(place, f"a use of {use!r}", f"below {LARGEST}", remedy, "too-large"))
        elif not _whole(use):
            found.append(
                Problem(place, f"a use of {use!r}", "a whole number", "Give uses in the smallest unit of the row.", "use")
            )
    return found


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def ties(count: int, tie: npt.ArrayLike | None) -> Floats:
    """Return the given tie numbers or, where nobody drew, a spread by place that is the same everywhere."""
    if tie is None:
        mixed = (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(11)
        return mixed.astype(np.float64) / 2.0**53
    numbers = np.asarray(tie, np.float64)
    if numbers.shape != (count,) or not ((numbers >= 0) & (numbers < 1)).all():
        refuse("ties", f"{numbers.shape} numbers", f"{count} numbers from 0 to below 1", "Give one a unit.", code="ties")
    return numbers


def check_rows(rows: Sequence[Row]) -> list[Problem]:
    """Return what no allocation could mend: floors above ceilings, names that stand twice, numbers that are not whole."""
    problems = []
    seen: set[str] = set()
    for row in rows:
        place = f"row {row.id}"
        if row.id in seen:
            problems.append(Problem(place, "the name again", "each row once", "Rename or leave out one.", "twice"))
        seen.add(row.id)
        fits = True
        for word, bound in (("floor", row.floor), ("ceiling", row.ceiling)):
            if bound is not None and not _whole(bound):
                problems.append(Problem(place, f"a {word} of {bound!r}", "a whole number", "Give it in the row's unit.", "bound"))
                fits = False
            elif bound is not None and abs(bound) >= LARGEST:
                remedy = "Compute in a larger unit, as thousands."
                problems.append(Problem(place, f"a {word} of {bound}", f"below {LARGEST}", remedy, "too-large"))
        if fits and row.floor is not None and row.ceiling is not None and row.floor > row.ceiling:
            remedy = "Lower the floor or raise the ceiling."
            problems.append(Problem(place, f"a floor of {row.floor} above the ceiling of {row.ceiling}", "", remedy, "floor"))
    return problems


def checked(instance: Instance) -> Instance:
    """Return the instance, or refuse sums that would not be exact."""
    if instance.loose is not None and len(instance.loose.use):
        rough = np.bincount(instance.loose.row, np.abs(instance.loose.use.astype(np.float64)), len(instance.rows))
        if rough.max() >= 2.0**62:  # beyond, whole numbers would run over while they are added
            name = instance.rows[int(np.argmax(rough))].id
            found = f"uses that sum to {rough.max():.3g}"
            refuse(f"row {name}", found, f"below {LARGEST}", "Compute in a larger unit, as thousands.", code="too-large")
    if instance.factored is not None:
        _refuse_wrapping(instance, instance.factored)
    largest = instance.extremes[2]
    if len(largest) and int(largest.max()) >= LARGEST:
        row = instance.rows[int(np.argmax(largest))]
        found = f"uses that may sum to {int(largest.max())}"
        refuse(f"row {row.id}", found, f"below {LARGEST}", "Compute in a larger unit, as thousands.", code="too-large")
    return instance


def _refuse_wrapping(instance: Instance, f: Factored) -> None:
    """Refuse sums of factored uses that whole numbers of 64 bits could not hold while they are added."""
    totals = np.zeros((f.cells, f.measures))
    for r, measure in enumerate(f.slot_measure):
        totals[:, measure] += np.bincount(f.cell, np.abs(f.amount[r].astype(np.float64)), f.cells)
    cells = np.repeat(np.arange(f.cells), np.diff(f.entry_start))
    uses = np.abs(f.entry_weight.astype(np.float64)) * totals[cells, f.entry_measure]
    rough = np.bincount(f.entry_row, uses, len(instance.rows))
    if len(rough) and rough.max() >= 2.0**62:
        found = f"uses that sum to {rough.max():.3g}"
        remedy = "Give a share with fewer decimals, or compute in a larger unit."
        refuse(f"row {instance.rows[int(np.argmax(rough))].id}", found, f"below {LARGEST}", remedy, code="too-large")


def presolved(instance: Instance) -> tuple[Instance, Ints]:
    """Return the instance without options that use more of a row than it may hold, and how many each row shut out.

    Only rows of which nothing gives back count. Numbers of options stay; what is left out has benefit ABSENT.
    """
    ceiling = np.where(_gives_back(instance), np.iinfo(np.int64).max, instance.ceiling)
    dropped = np.zeros(len(instance.rows), np.int64)
    factored, loose = instance.factored, instance.loose
    if factored is not None:
        factored = _without_large(factored, ceiling, dropped)
    if loose is not None:
        over = loose.use > ceiling[loose.row]
        option = np.repeat(np.arange(len(loose.benefit)), np.diff(loose.use_start))
        there = loose.benefit[option] != ABSENT
        first = np.flatnonzero(over & there)
        gone, at = np.unique(option[first], return_index=True)
        np.add.at(dropped, loose.row[first[at]], 1)
        benefit = loose.benefit.copy()
        benefit[gone] = ABSENT
        loose = replace(loose, benefit=benefit)
    if not dropped.any():
        return instance, dropped
    return Instance(instance.rows, factored, loose, instance.origin, instance.tie), dropped


def _gives_back(instance: Instance) -> npt.NDArray[np.bool_]:
    """Return which rows some option uses by less than nothing."""
    f = instance.factored
    plain = f is None or (int(f.amount.min(initial=0)) >= 0 and int(f.entry_weight.min(initial=0)) >= 0)
    if plain and instance.loose is None:
        return np.zeros(len(instance.rows), np.bool_)
    return instance.extremes[0] < 0


def in_steps(instance: Instance) -> Instance:
    """Return the instance with limits moved inwards to multiples of the largest number that divides all uses of a row.

    Where all uses are multiples of 50, a ceiling of 1,234 is one of 1,200: no allocation is lost, and the bound is tighter. The
    rows of the result are those to publish. A row between whose limits no multiple lies stays as it is.
    """
    step = np.zeros(len(instance.rows), np.int64)
    f, loose = instance.factored, instance.loose
    if f is not None:
        divisor = np.zeros(f.measures, np.int64)
        for r, measure in enumerate(f.slot_measure):
            divisor[measure] = common_divisor(f.amount[r], divisor[measure])
        np.gcd.at(step, f.entry_row, f.entry_weight * divisor[f.entry_measure])
    if loose is not None:
        np.gcd.at(step, loose.row, loose.use)
    rows = []
    for row, by in zip(instance.rows, step.tolist(), strict=True):
        ceiling = row.ceiling if row.ceiling is None or by < 2 else row.ceiling // by * by
        floor = row.floor if row.floor is None or by < 2 else -(-row.floor // by) * by
        same = (floor, ceiling) == (row.floor, row.ceiling)
        crossed = floor is not None and ceiling is not None and floor > ceiling
        rows.append(row if same or crossed else replace(row, floor=floor, ceiling=ceiling))
    return replace(instance, rows=tuple(rows))


def _without_large(f: Factored, ceiling: Ints, dropped: Ints) -> Factored:
    """Look at the largest amounts of each cell first; only cells where one could be too large are gone through."""
    edges = np.searchsorted(f.cell, np.arange(f.cells + 1))
    filled = np.flatnonzero(np.diff(edges) > 0)
    largest = np.zeros((len(f.amount), f.cells), np.int64)
    for r, amounts in enumerate(f.amount):
        largest[r, filled] = np.maximum.reduceat(amounts, edges[filled])
    start, row, amount, weight = f.plan
    slots = len(f.slot_start) - 1
    pair = np.repeat(np.arange(f.cells * slots), np.diff(start))
    doubtful = np.unique(pair[weight * largest[amount, pair // slots] > ceiling[row] // 2])
    benefit, amounts_out = f.benefit, f.amount
    for number in doubtful.tolist():
        c, t = divmod(number, slots)
        units = np.arange(edges[c], edges[c + 1])
        there = f.benefit[t, units] != ABSENT
        entries = slice(int(start[number]), int(start[number + 1]))
        sums: dict[int, Ints] = {}
        for k, r, w in zip(row[entries].tolist(), amount[entries].tolist(), weight[entries].tolist(), strict=True):
            sums[k] = sums.get(k, 0) + w * f.amount[r, units].astype(np.int64)
        for k, used in sums.items():
            over = there & (used > ceiling[k])
            if over.any():
                if benefit is f.benefit:
                    benefit, amounts_out = f.benefit.copy(), f.amount.copy()
                dropped[k] += int(over.sum())
                benefit[t, units[over]] = ABSENT
                amounts_out[f.slot_start[t] : f.slot_start[t + 1], units[over]] = 0
                there &= ~over
    return f if benefit is f.benefit else replace(f, benefit=benefit, amount=amounts_out)


def without_benefits(instance: Instance) -> Instance:
    """Return the instance with every benefit 0: what asks only whether the rows can be met."""
    factored, loose = instance.factored, instance.loose

    def zero(benefit: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.where(benefit == ABSENT, benefit, 0).astype(benefit.dtype)

    return Instance(
        instance.rows,
        None if factored is None else replace(factored, benefit=zero(factored.benefit)),
        None if loose is None else replace(loose, benefit=zero(loose.benefit)),
        instance.origin,
        instance.tie,
    )
