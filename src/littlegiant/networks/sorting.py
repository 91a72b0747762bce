"""Stable counting sort: orders of millions of links by small whole numbers, in time proportional to their count."""

import numpy as np
import numpy.typing as npt

from littlegiant.networks.compiling import compiled

Ints = npt.NDArray[np.int64]
Index = npt.NDArray[np.int32]


@compiled
def pointers(keys: Index, count: int) -> Ints:
    """Return where the entries of each key 0…count-1 begin once sorted, shape (count + 1,)."""
    starts = np.zeros(count + 1, np.int64)
    for place in range(len(keys)):
        starts[keys[place] + 1] += 1
    for key in range(count):
        starts[key + 1] += starts[key]
    return starts


@compiled
def stable_order(keys: Index, starts: Ints, before: Ints) -> Ints:
    """Return `before`, an order of the entries, sorted further by `keys`; `starts` are the pointers of the keys."""
    filled = starts.copy()
    order = np.empty(len(keys), np.int64)
    for place in range(len(before)):
        entry = before[place]
        key = keys[entry]
        order[filled[key]] = entry
        filled[key] += 1
    return order
