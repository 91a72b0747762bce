"""One pass over all units at given prices, compiled: the best option of each, its lead, and the sum of surpluses.

Surplus of an option: benefit less prices times uses; nothing has surplus 0. Prices enter by cell and measure, already folded
from rows, so that an option of one measure costs one multiplication.
"""

from typing import Any

import numpy as np

from littlegiant.networks.compiling import compiled

BLOCK = 512  # units at a time: their prices and bests stay in the first cache


@compiled
def fold_prices(entry_start: Any, entry_row: Any, entry_measure: Any, entry_weight: Any, price: Any, folded: Any) -> None:
    """Set `folded`, shape (cells, measures), to the price of a unit of each measure in each cell."""
    for c in range(len(entry_start) - 1):
        for q in range(folded.shape[1]):
            folded[c, q] = 0.0
        for e in range(entry_start[c], entry_start[c + 1]):
            folded[c, entry_measure[e]] += entry_weight[e] * price[entry_row[e]]


@compiled
def sweep_factored(
    first: int, beyond: int, cell: Any, slot_start: Any, slot_measure: Any, benefit: Any, amount: Any, folded: Any, choice: Any,
    lead: Any,
) -> float:  # fmt: skip
    """Set the choice of units first … beyond and its lead over the next best; return the sum of their surpluses.

    Loops run over a block of units for one slot and one measure, so that the processor takes several units at a time.
    """
    measures = folded.shape[1]
    price = np.empty((measures, BLOCK), np.float64)
    best = np.empty(BLOCK, np.float64)
    second = np.empty(BLOCK, np.float64)
    own = np.empty(BLOCK, np.float64)
    which = np.empty(BLOCK, np.int64)
    slots = len(slot_start) - 1
    total = 0.0
    for start in range(first, beyond, BLOCK):
        count = min(BLOCK, beyond - start)
        at = 0
        while at < count:
            c = cell[start + at]
            end = at + 1
            while end < count and cell[start + end] == c:
                end += 1
            for q in range(measures):
                p = folded[c, q]
                for i in range(at, end):
                    price[q, i] = p
            at = end
        for i in range(count):
            best[i] = 0.0
            second[i] = -1e300
            which[i] = -1
        for t in range(slots):
            a = slot_start[t]
            width = slot_start[t + 1] - a
            if width == 2:
                price1, price2 = price[slot_measure[a]], price[slot_measure[a + 1]]
                for i in range(count):
                    s = np.float64(benefit[t, start + i]) - np.float64(amount[a, start + i]) * price1[i]
                    s -= np.float64(amount[a + 1, start + i]) * price2[i]
                    b = best[i]
                    better = s > b
                    low = b if better else s
                    best[i] = s if better else b
                    which[i] = t if better else which[i]
                    second[i] = low if low > second[i] else second[i]
                continue
            for i in range(count):
                own[i] = np.float64(benefit[t, start + i])
            for r in range(a, a + width):
                at_measure = price[slot_measure[r]]
                for i in range(count):
                    own[i] -= np.float64(amount[r, start + i]) * at_measure[i]
            for i in range(count):
                s = own[i]
                b = best[i]
                better = s > b
                low = b if better else s
                best[i] = s if better else b
                which[i] = t if better else which[i]
                second[i] = low if low > second[i] else second[i]
        for i in range(count):
            total += best[i]
            choice[start + i] = which[i]
            lead[start + i] = best[i] - second[i]
    return total


@compiled
def sweep_loose(
    option_start: Any, benefit: Any, use_start: Any, row: Any, use: Any, slot: Any, price: Any, absent: int, choice: Any,
    lead: Any,
) -> float:  # fmt: skip
    """The same for options written out; `price` by row."""
    total = 0.0
    for i in range(len(option_start) - 1):
        best = 0.0
        second = -1e300
        which = np.int32(-1)
        for o in range(option_start[i], option_start[i + 1]):
            if benefit[o] == absent:
                continue
            s = np.float64(benefit[o])
            for p in range(use_start[o], use_start[o + 1]):
                s -= use[p] * price[row[p]]
            if s > best:
                second = best
                best = s
                which = slot[o]
            elif s > second:
                second = s
        total += best
        choice[i] = which
        lead[i] = best - second
    return total
