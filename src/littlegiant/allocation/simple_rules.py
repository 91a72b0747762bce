"""The rules people use today, on the same options and rows: what prices gain is the difference to these.

A list is gone through from the top; each unit gets the first of its options, in the rule's order, that still fits under every
ceiling. Floors are no part of such rules: how many a rule leaves unmet is counted.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from littlegiant.allocation.instance import NO_CEILING, Choice, Floats, Instance, Ints
from littlegiant.networks.compiling import compiled

Preference = Literal["best", "cheapest"]


@dataclass(frozen=True)
class RuleOutcome:
    """value: sum of benefits. unmet: rows whose floor does not hold. choice: by unit."""

    name: str
    value: int
    winners: int
    unmet: tuple[int, ...]
    choice: Choice


@compiled
def _fill(
    order: Any, option_start: Any, option_order: Any, use_start: Any, row: Any, used: Any, ceiling: Any, use: Any, current: Any
) -> None:
    for at in range(len(order)):
        u = order[at]
        for number in range(option_start[u], option_start[u + 1]):
            o = option_order[number]
            fits = True
            for p in range(use_start[o], use_start[o + 1]):
                if used[p] > 0 and use[row[p]] + used[p] > ceiling[row[p]]:
                    fits = False
                    break
            if fits:
                for p in range(use_start[o], use_start[o + 1]):
                    use[row[p]] += used[p]
                current[u] = o - option_start[u]
                break


def by_rank(
    instance: Instance, key: Floats, *, name: str, prefer: Preference = "best", starting: Choice | None = None
) -> RuleOutcome:
    """Return who gets what when units are served by falling `key`, ties by the draw; NaN keys are left out.

    prefer: the option of largest benefit first, or that of smallest.
    """
    part = instance.loosened(np.arange(instance.units, dtype=np.int64))
    served = np.flatnonzero(~np.isnan(key))
    order = served[np.lexsort((instance.tie[served], -key[served]))]
    owner = np.repeat(np.arange(len(part)), np.diff(part.option_start))
    sign = -1 if prefer == "best" else 1
    option_order = np.lexsort((part.slot, sign * part.benefit, owner)).astype(np.int64)
    ceiling = np.where(instance.ceiling < NO_CEILING, instance.ceiling, np.iinfo(np.int64).max // 2)
    use, current = np.zeros(len(instance.rows), np.int64), np.full(len(part), -1, np.int64)
    _fill(order, part.option_start, option_order, part.use_start, part.row, part.use, ceiling, use, current)
    choice = np.full(instance.units, -1, np.int32)
    won = np.flatnonzero(current >= 0)
    choice[won] = part.slot[part.option_start[won] + current[won]]
    unmet = np.flatnonzero((use < instance.floor) | (use > instance.ceiling))
    return RuleOutcome(name, instance.value(choice), int((choice >= 0).sum()), tuple(int(k) for k in unmet), choice)


def in_turn(instance: Instance, key: Floats, group: Ints, *, name: str) -> RuleOutcome:
    """Return who gets what when groups take turns, each serving its best unit by `key`: equal shares until the money is gone."""
    rank = np.full(instance.units, np.nan)
    for each in np.unique(group):
        own = np.flatnonzero((group == each) & ~np.isnan(key))
        rank[own[np.lexsort((instance.tie[own], -key[own]))]] = np.arange(len(own))
    return by_rank(instance, -rank, name=name)
