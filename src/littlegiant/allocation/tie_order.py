"""Between allocations of equal value the draw decides: a later unit cedes to an earlier one if value and rows allow.

An exchange takes a winner and a unit without award that stands before it in the draw; the second gets an option of exactly the
benefit that the first gives up, and all rows still hold. Exchanges are made from the last winner and the first of the others on.
"""

from typing import Any

import numpy as np

from littlegiant.allocation.instance import Choice, Instance, Ints
from littlegiant.allocation.passes import place_of
from littlegiant.networks.compiling import compiled

MOST_TRIED = 2_000_000  # exchanges looked at; beyond, what is left stays as it is


@compiled
def _exchange(
    option_start: Any, benefit: Any, use_start: Any, row: Any, used: Any, current: Any, use: Any, floor: Any,
    ceiling: Any, order: Any, rank: Any, owner: Any, alike: Any, group_start: Any, group: Any, most: int,
) -> int:  # fmt: skip
    """Exchange in place; `order` are the units by their draw. Returns how many exchanges were made.

    alike: all options by benefit, those of one benefit by the draw of their units; group: of each option, which run it is in.
    """
    delta = np.zeros(len(use), np.int64)
    tried = 0
    made = 0
    for back in range(len(order) - 1, 0, -1):
        w = order[back]
        if current[w] < 0:
            continue
        ow = option_start[w] + current[w]
        for place in range(group_start[group[ow]], group_start[group[ow] + 1]):
            o = alike[place]
            u = owner[o]
            if rank[u] >= back:
                break
            if current[u] >= 0:
                continue
            tried += 1
            if tried > most:
                return made
            holds = True
            for p in range(use_start[ow], use_start[ow + 1]):
                delta[row[p]] -= used[p]
            for p in range(use_start[o], use_start[o + 1]):
                delta[row[p]] += used[p]
            for q in range(2):
                at = ow if q == 0 else o
                for p in range(use_start[at], use_start[at + 1]):
                    after = use[row[p]] + delta[row[p]]
                    if after > ceiling[row[p]] or after < floor[row[p]]:
                        holds = False
            for q in range(2):
                at = ow if q == 0 else o
                for p in range(use_start[at], use_start[at + 1]):
                    if holds:
                        use[row[p]] += delta[row[p]]
                    delta[row[p]] = 0
            if holds:
                current[w] = -1
                current[u] = o - option_start[u]
                made += 1
                break
    return made


def in_drawn_order(instance: Instance, choice: Choice, units: Ints) -> Choice:
    """Return the choice after all exchanges among `units`; its value is the same and rows hold as before."""
    part = instance.loosened(units)
    current = place_of(part.option_start, part.slot, choice[units]).astype(np.int64)
    use = instance.uses(choice)
    order = np.argsort(instance.tie[units], kind="stable")
    rank = np.empty(len(units), np.int64)
    rank[order] = np.arange(len(units))
    owner = np.repeat(np.arange(len(units)), np.diff(part.option_start))
    alike = np.lexsort((rank[owner], part.benefit))
    fresh = np.flatnonzero(np.diff(part.benefit[alike], prepend=-1))
    group = np.empty(len(alike), np.int64)
    group[alike] = np.repeat(np.arange(len(fresh)), np.diff(np.append(fresh, len(alike))))
    for _ in range(8):
        made = _exchange(
            part.option_start, part.benefit, part.use_start, part.row, part.use, current, use,
            instance.floor, instance.ceiling, order, rank, owner, alike, np.append(fresh, len(alike)), group, MOST_TRIED,
        )  # fmt: skip
        if not made:
            break
    found = choice.copy()
    slots = np.append(part.slot, -1)
    found[units] = np.where(current >= 0, slots[np.where(current >= 0, part.option_start[:-1] + current, -1)], -1)
    return found
