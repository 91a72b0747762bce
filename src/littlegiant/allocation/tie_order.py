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
    ceiling: Any, order: Any, most: int,
) -> int:  # fmt: skip
    """Exchange in place; `order` are the units by their draw. Returns how many exchanges were made."""
    units = len(order)
    delta = np.zeros(len(use), np.int64)
    tried = 0
    made = 0
    for back in range(units - 1, 0, -1):
        w = order[back]
        if current[w] < 0:
            continue
        ow = option_start[w] + current[w]
        done = False
        for front in range(back):
            u = order[front]
            if current[u] >= 0:
                continue
            for o in range(option_start[u], option_start[u + 1]):
                if benefit[o] != benefit[ow]:
                    continue
                tried += 1
                if tried > most:
                    return made
                for p in range(use_start[ow], use_start[ow + 1]):
                    delta[row[p]] -= used[p]
                for p in range(use_start[o], use_start[o + 1]):
                    delta[row[p]] += used[p]
                holds = True
                for q in range(2):
                    at = ow if q == 0 else o
                    for p in range(use_start[at], use_start[at + 1]):
                        k = row[p]
                        after = use[k] + delta[k]
                        if after > ceiling[k] or after < floor[k]:
                            holds = False
                if holds:
                    for q in range(2):
                        at = ow if q == 0 else o
                        for p in range(use_start[at], use_start[at + 1]):
                            k = row[p]
                            use[k] += delta[k]
                            delta[k] = 0
                    current[w] = -1
                    current[u] = o - option_start[u]
                    made += 1
                    done = True
                    break
                for q in range(2):
                    at = ow if q == 0 else o
                    for p in range(use_start[at], use_start[at + 1]):
                        delta[row[p]] = 0
            if done:
                break
    return made


def in_drawn_order(instance: Instance, choice: Choice, units: Ints) -> Choice:
    """Return the choice after all exchanges among `units`; its value is the same and rows hold as before."""
    part = instance.loosened(units)
    current = place_of(part.option_start, part.slot, choice[units]).astype(np.int64)
    use = instance.uses(choice)
    order = np.argsort(instance.tie[units], kind="stable")
    for _ in range(8):
        made = _exchange(
            part.option_start, part.benefit, part.use_start, part.row, part.use, current, use,
            instance.floor, instance.ceiling, order, MOST_TRIED,
        )  # fmt: skip
        if not made:
            break
    found = choice.copy()
    slots = np.append(part.slot, -1)
    found[units] = np.where(current >= 0, slots[np.where(current >= 0, part.option_start[:-1] + current, -1)], -1)
    return found
