"""Search for whole numbers near a vertex: single and paired moves of units between options of small regret, while cooling.

The energy is the gap itself – regrets, unused money of priced rows, over-fulfilment of priced floors – plus a penalty for rows
that do not hold, so that among allocations that hold the best one has the least energy.
"""

from typing import Any

import numpy as np

from littlegiant.networks.compiling import compiled

PRESSED_EVERY = 4096
FOCUSED_FOR = 64
PRESS, EASE, MOST_PRESSED = 1.2, 0.97, 1000.0


@compiled
def _row_energy(use: float, floor: float, ceiling: float, price: float, penalty: float) -> float:
    if use > ceiling:
        return penalty * (use - ceiling)
    if use < floor:
        return penalty * (floor - use)
    if price > 0.0:
        return price * (ceiling - use)
    return -price * (use - floor) if price < 0.0 else 0.0


@compiled
def _next(state: Any) -> Any:
    """Return the next number of xorshift64*, which needs nothing but the seed."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)


@compiled
def _uniform(state: Any) -> float:
    return np.float64(_next(state) >> np.uint64(11)) / 9007199254740992.0


@compiled
def _pressed(use: Any, floor: Any, ceiling: Any, base: Any, penalty: Any) -> None:
    """Raise the penalty of rows that do not hold, let that of the others fall back towards its base."""
    for k in range(len(use)):
        if use[k] > ceiling[k] or use[k] < floor[k]:
            penalty[k] = min(penalty[k] * PRESS, base[k] * MOST_PRESSED)
        else:
            penalty[k] = max(penalty[k] * EASE, base[k])


@compiled
def _focus(use: Any, floor: Any, ceiling: Any, price: Any, first: Any) -> Any:
    """Return the first row from `first` on, around, that does not hold; where all hold, the first that has a price, or -1."""
    rows = len(use)
    priced = -1
    for step in range(rows):
        k = (first + step) % rows
        if use[k] > ceiling[k] or use[k] < floor[k]:
            return k
        if priced < 0 and price[k] != 0.0:
            priced = k
    return priced


@compiled
def anneal(
    option_start: Any, use_start: Any, row: Any, used: Any, benefit: Any, regret: Any, user_start: Any, user: Any, use: Any,
    floor: Any, ceiling: Any, price: Any, base: Any, current: Any, moves: int, hot: float, cold: float, seed: int, best: Any,
) -> bool:  # fmt: skip
    """Improve `current` (a place among each unit's options) in place; set `best` to the most beneficial that holds, if any does.

    user: by row the units that can use it; half of the moves look at one row's. use: of all rows by everybody, changed in
    place. base: penalties of rows to begin with. Returns whether anything held.
    """
    units = len(option_start) - 1
    state = np.array([np.uint64(seed) * np.uint64(2) + np.uint64(0x9E3779B97F4A7C15)], np.uint64)
    for _ in range(8):
        _next(state)
    rows = len(use)
    penalty = base.copy()
    delta = np.zeros(rows, np.float64)
    touched = np.empty(rows, np.int64)
    marked = np.zeros(rows, np.bool_)
    broken = 0
    for k in range(rows):
        broken += use[k] > ceiling[k] or use[k] < floor[k]
    value = 0.0
    top = 0.0
    found = broken == 0
    if found:
        best[:] = current
    chosen = np.empty(2, np.int64)
    u: Any = 0
    places = np.empty(2, np.int64)
    cooling = (cold / hot) ** (1.0 / max(1, moves // 1024))
    heat = hot
    focus = -1
    for move in range(moves):
        if move % FOCUSED_FOR == 0:
            focus = _focus(use, floor, ceiling, price, np.int64(_next(state) % np.uint64(rows)))
            if focus >= 0 and user_start[focus + 1] == user_start[focus]:
                focus = -1
        if move % 1024 == 1023:
            heat *= cooling
        if move % PRESSED_EVERY == PRESSED_EVERY - 1:
            _pressed(use, floor, ceiling, base, penalty)
        kind = move % 3  # one unit, two, or two neighbours
        pair = 1 if kind == 0 else 2
        ok = True
        focused = focus >= 0 and move % 2 == 0
        for a in range(pair):
            if focused and (a == 0 or kind == 1):
                members = user_start[focus + 1] - user_start[focus]
                u = user[user_start[focus] + np.int64(_next(state) % np.uint64(members))]
            else:
                u = np.int64(_next(state) % np.uint64(units))
            if a == 1 and kind == 2:
                # A neighbour, which mostly stands in the same cell: a swap of two that are much alike changes rows by little.
                beside = chosen[0] + 1 + u % 8 if u & 8 else chosen[0] - 1 - u % 8
                u = min(max(beside, np.int64(0)), np.int64(units - 1))
            width = option_start[u + 1] - option_start[u]
            if width < 2 or (a == 1 and u == chosen[0]):
                ok = False
                break
            j = np.int64(_next(state) % np.uint64(width - 1))
            chosen[a] = u
            places[a] = j + 1 if j >= current[u] else j
        if not ok:
            continue
        number = 0
        change = 0.0
        gain = 0.0
        for a in range(pair):
            u = chosen[a]
            for side in range(2):
                o = option_start[u] + (current[u] if side == 0 else places[a])
                sign = -1.0 if side == 0 else 1.0
                change += sign * regret[o]
                gain += sign * benefit[o]
                for p in range(use_start[o], use_start[o + 1]):
                    k = row[p]
                    if not marked[k]:
                        marked[k] = True
                        touched[number] = k
                        number += 1
                    delta[k] += sign * used[p]
        more = 0
        for at in range(number):
            k = touched[at]
            if delta[k] != 0.0:
                before, after = use[k], use[k] + delta[k]
                change += _row_energy(after, floor[k], ceiling[k], price[k], penalty[k])
                change -= _row_energy(before, floor[k], ceiling[k], price[k], penalty[k])
                more += after > ceiling[k] or after < floor[k]
                more -= before > ceiling[k] or before < floor[k]
        taken = change <= 0.0 or _uniform(state) < np.exp(-change / heat)
        for at in range(number):
            k = touched[at]
            if taken:
                use[k] += delta[k]
            delta[k] = 0.0
            marked[k] = False
        if taken:
            value += gain
            broken += more
            for a in range(pair):
                current[chosen[a]] = places[a]
            if broken == 0 and (value > top or not found):
                found = True
                top = value
                best[:] = current
    return found
