"""Exact passes: what every unit chooses at given prices, what that uses of each row, and the bound that follows.

The units fall into 32 parts whatever the number of threads, and the parts are added in their order, so that the digits do not
depend on the machine.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.elsewhere import Elsewhere
from littlegiant.allocation.instance import ABSENT, NO_CEILING, NO_FLOOR, Choice, Floats, Instance, Ints
from littlegiant.allocation.sweep import fold_prices, sweep_factored, sweep_loose

PARTS = 32
Workers: TypeAlias = int | Elsewhere


@dataclass(frozen=True)
class Pass:
    """bound: no allocation is worth more (up to the rounding of floats; the certificate's is exact). lead: how far the choice
    of each unit is ahead of its next best. use: of each row by the choices."""

    prices: Floats
    bound: float
    choice: Choice
    lead: npt.NDArray[np.float32]
    use: Ints


def support(instance: Instance, prices: Floats) -> float:
    """Return Σ ceiling·price⁺ - floor·price⁻, what the rows themselves add to the bound."""
    above, below = np.flatnonzero(prices > 0), np.flatnonzero(prices < 0)
    if (instance.ceiling[above] == NO_CEILING).any() or (instance.floor[below] == NO_FLOOR).any():
        return float("inf")
    return float((prices[above] * instance.ceiling[above]).sum() + (prices[below] * instance.floor[below]).sum())


def exact_pass(instance: Instance, prices: Floats, *, threads: Workers = 1) -> Pass:
    """Let every unit choose at `prices`, given by row in benefit per unit of the row.

    threads: how many, or who sweeps elsewhere; neither changes a digit.
    """
    n = instance.units
    choice, lead = np.empty(n, np.int32), np.empty(n, np.float32)
    total, use = 0.0, np.zeros(len(instance.rows), np.int64)
    f, loose, split = instance.factored, instance.loose, instance.split
    if f is not None:
        folded = np.empty((f.cells, f.measures))
        fold_prices(f.entry_start, f.entry_row, f.entry_measure, f.entry_weight, prices, folded)
        edges = np.linspace(0, split, PARTS + 1).astype(np.int64)

        def one(part: int) -> float:
            return sweep_factored(
                int(edges[part]), int(edges[part + 1]), f.cell, f.slot_start, f.slot_measure, f.benefit, f.amount, folded,
                choice, lead,
            )  # fmt: skip

        if isinstance(threads, Elsewhere):
            sums = threads.sums(f, folded, edges, choice, lead)
        elif threads > 1 and split > PARTS * 1024:
            with ThreadPoolExecutor(threads) as pool:
                sums = list(pool.map(one, range(PARTS)))
        else:
            sums = [one(part) for part in range(PARTS)]
        total += float(sum(sums))
    if loose is not None:
        total += sweep_loose(
            loose.option_start, loose.benefit, loose.use_start, loose.row, loose.use, loose.slot, prices, ABSENT,
            choice[split:], lead[split:],
        )  # fmt: skip
    use = instance.uses(choice)
    return Pass(prices, total + support(instance, prices), choice, lead, use)


def place_of(option_start: Ints, slot: Choice, chosen: Choice) -> Choice:
    """Return the place among the unit's options of the chosen slot, -1 for nothing."""
    owner = np.repeat(np.arange(len(option_start) - 1), np.diff(option_start))
    hit = np.flatnonzero(slot == chosen[owner])
    place = np.full(len(chosen), -1, np.int32)
    place[owner[hit]] = hit - option_start[owner[hit]]
    return place
