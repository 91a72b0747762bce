"""Sums and expansions of options, compiled: what a choice uses of each row, what units could use, options written out.

All take plain arrays as they stand in `Factored` and `Loose`; sums are of whole numbers and so the same in any order.
"""

from typing import Any

import numpy as np

from littlegiant.networks.compiling import compiled


@compiled
def factored_uses(
    cell: Any, slot_start: Any, slot_measure: Any, amount: Any, measures: int, cells: int, chosen: Any, total: Any
) -> None:
    """Add to `total`, shape (cells, measures), the amounts of the chosen options."""
    for i in range(len(cell)):
        t = chosen[i]
        if t >= 0:
            for r in range(slot_start[t], slot_start[t + 1]):
                total[cell[i], slot_measure[r]] += np.int64(amount[r, i])


@compiled
def cells_to_rows(entry_start: Any, entry_row: Any, entry_measure: Any, entry_weight: Any, total: Any, use: Any) -> None:
    """Add to `use`, shape (rows,), what the amounts by cell and measure come to in each row."""
    for c in range(len(entry_start) - 1):
        for e in range(entry_start[c], entry_start[c + 1]):
            use[entry_row[e]] += entry_weight[e] * total[c, entry_measure[e]]


@compiled
def loose_uses(option_start: Any, use_start: Any, row: Any, used: Any, chosen: Any, use: Any) -> None:
    """Add to `use` what the chosen options use of each row."""
    for i in range(len(option_start) - 1):
        if chosen[i] >= 0:
            o = option_start[i] + chosen[i]
            for p in range(use_start[o], use_start[o + 1]):
                use[row[p]] += used[p]


@compiled
def plan_uses(
    slot_start: Any, slot_measure: Any, entry_start: Any, entry_row: Any, entry_measure: Any, rows: int, start: Any, row: Any,
    amount: Any, weight: Any, entry_weight: Any,
) -> int:  # fmt: skip
    """List for each cell and slot which rows it uses, from which amount with which weight, rows of one slot together.

    Returns how many there are; with `row` of length 0 it only counts.
    """
    slots = len(slot_start) - 1
    head = np.full(rows, -1, np.int64)
    follow = np.empty(0, np.int64)
    count = 0
    write = len(row) > 0
    for c in range(len(entry_start) - 1):
        a, b = entry_start[c], entry_start[c + 1]
        if len(follow) < b - a:
            follow = np.empty(2 * (b - a), np.int64)
        # Entries of a row in a chain, so that a row's entries come one after the other.
        for e in range(b - 1, a - 1, -1):
            follow[e - a] = head[entry_row[e]]
            head[entry_row[e]] = e
        for t in range(slots):
            start[c * slots + t] = count
            for e0 in range(a, b):
                k = entry_row[e0]
                if head[k] != e0:
                    continue
                e = e0
                while e != -1:
                    for r in range(slot_start[t], slot_start[t + 1]):
                        if slot_measure[r] == entry_measure[e]:
                            if write:
                                row[count] = k
                                amount[count] = r
                                weight[count] = entry_weight[e]
                            count += 1
                    e = follow[e - a]
        for e in range(a, b):
            head[entry_row[e]] = -1
    start[(len(entry_start) - 1) * slots] = count
    return count


@compiled
def loosen_sizes(units: Any, cell: Any, slots: int, benefit: Any, absent: int, plan_start: Any) -> Any:
    """Return how many options and at most how many uses the units have when written out."""
    options = 0
    uses = 0
    for number in range(len(units)):
        i = units[number]
        for t in range(slots):
            if benefit[t, i] != absent:
                options += 1
                uses += plan_start[cell[i] * slots + t + 1] - plan_start[cell[i] * slots + t]
    return options, uses


@compiled
def loosen(
    units: Any, cell: Any, slots: int, benefit: Any, amount: Any, absent: int, plan_start: Any, plan_row: Any, plan_amount: Any,
    plan_weight: Any, option_start: Any, out_benefit: Any, out_slot: Any, use_start: Any, out_row: Any, out_use: Any,
) -> None:  # fmt: skip
    """Write out the options of the units; uses of one row by several measures are summed, zeros are kept out."""
    option = 0
    place = 0
    use_start[0] = 0
    option_start[0] = 0
    for number in range(len(units)):
        i = units[number]
        for t in range(slots):
            if benefit[t, i] == absent:
                continue
            at, end = plan_start[cell[i] * slots + t], plan_start[cell[i] * slots + t + 1]
            while at < end:
                k = plan_row[at]
                used = np.int64(0)
                while at < end and plan_row[at] == k:
                    used += plan_weight[at] * np.int64(amount[plan_amount[at], i])
                    at += 1
                if used != 0:
                    out_row[place] = k
                    out_use[place] = used
                    place += 1
            out_benefit[option] = np.int64(benefit[t, i])
            out_slot[option] = t
            option += 1
            use_start[option] = place
        option_start[number + 1] = option


@compiled
def loose_extremes(option_start: Any, use_start: Any, row: Any, used: Any, least: Any, most: Any, total: Any) -> None:
    """Add to `least` and `most` the smallest and largest use that each unit can make of each row, to `total` the absolute."""
    rows = len(least)
    low = np.zeros(rows, np.int64)
    high = np.zeros(rows, np.int64)
    touched = np.empty(rows, np.int64)
    for i in range(len(option_start) - 1):
        count = 0
        for p in range(use_start[option_start[i]], use_start[option_start[i + 1]]):
            k = row[p]
            if low[k] == 0 and high[k] == 0 and used[p] != 0:
                touched[count] = k
                count += 1
            low[k] = min(low[k], used[p])
            high[k] = max(high[k], used[p])
        for at in range(count):
            k = touched[at]
            least[k] += low[k]
            most[k] += high[k]
            total[k] += max(-low[k], high[k])
            low[k] = 0
            high[k] = 0


@compiled
def first_of_rows(lists: Any, start: Any, row: Any, rows: int, each: int, place: Any, kept: Any) -> None:
    """Mark in `kept`, at `place`, the first `each` members that have a row in their list, for every row."""
    count = np.zeros(rows, np.int64)
    last = np.full(rows, -1, np.int64)
    for at in range(len(lists)):
        c = lists[at]
        for e in range(start[c], start[c + 1]):
            k = row[e]
            if last[k] != at:
                last[k] = at
                if count[k] < each:
                    count[k] += 1
                    kept[place[at]] = True


@compiled
def common_divisor(amounts: Any, divisor: int) -> Any:
    """Return the largest number that divides `divisor` (0: anything) and all of the amounts."""
    g = np.int64(divisor)
    for i in range(len(amounts)):
        a = np.int64(amounts[i])
        while a != 0:
            g, a = a, g % a
        if g < 0:
            g = -g
        if g == 1:
            break
    return int(g)
