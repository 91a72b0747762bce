"""The frontier kernel: only what changes is passed on. Losses only grow, so sums are added to, never computed again.

A firm passes its loss on when it moved by more than `delta` since it last did; with 0 the result is that of the dense
kernel to rounding. `bound`: what the loss of any firm, hence the index, may be short of the same number of exact sweeps.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from littlegiant.networks.compiling import compiled
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats
from littlegiant.networks.sorting import Index, Ints

LOSS, NEXT, PASSED, INITIAL = 0, 1, 2, 3


class State(NamedTuple):
    """What one thread writes on; all zero between shocks. Firms' records of four: loss, next loss, loss passed on, shock."""

    down: Floats  # (n, 4)
    up: Floats  # (n, 4)
    group: Floats  # (g,) sums of what suppliers passed on
    lost: Floats  # (markets,) sales that a market can no longer deliver
    mark: npt.NDArray[np.uint8]  # (n,) 1: in down_hit, 2: in up_hit, 4: in down_new, 8: in up_new
    down_hit: Index  # (n,) firms with a loss downstream, in the order they were hit
    up_hit: Index
    down_new: Index  # (n,) firms whose loss grows in this sweep
    up_new: Index
    up_next: Index


class Found(NamedTuple):
    """What a shock came to, as the kernels return it."""

    both: float
    down: float
    up: float
    steps: int
    last_change: float
    links: int
    bound: float
    sure: bool  # whether the exact sweeps surely stop at the same step


class Results(NamedTuple):
    """A row a shock; shape (shocks,) each."""

    both: Floats
    down: Floats
    up: Floats
    steps: Index
    last_change: Floats
    links: Ints
    bound: Floats
    sure: npt.NDArray[np.bool_]


def new_state(layout: Layout) -> State:
    n = layout.firms
    lists = (np.zeros(n, np.int32) for _ in range(5))
    records = (np.zeros((n, 4)) for _ in range(2))
    return State(*records, np.zeros(layout.groups), np.zeros(len(layout.market_total)), np.zeros(n, np.uint8), *lists)


def new_results(shocks: int) -> Results:
    floats = [np.zeros(shocks) for _ in range(5)]
    steps, links = np.zeros(shocks, np.int32), np.zeros(shocks, np.int64)
    return Results(floats[0], floats[1], floats[2], steps, floats[3], links, floats[4], np.zeros(shocks, np.bool_))


@compiled
def cascade(
    layout: Layout, state: State, firms: Index, losses: Floats, eps: float, delta: float, most: int
) -> tuple[int, int, Found]:
    """Spread the initial `losses` of `firms`; leave the losses in `state` and return how many firms are hit down and up."""
    down, up, mark = state.down, state.up, state.mark
    down_hits = up_hits = ups = 0
    for place in range(len(firms)):
        i = firms[place]
        down[i, LOSS] = down[i, NEXT] = down[i, INITIAL] = losses[place]
        up[i, LOSS] = up[i, INITIAL] = losses[place]
        state.down_hit[down_hits] = state.up_hit[up_hits] = state.up_new[ups] = i
        mark[i] = 3
        down_hits, up_hits, ups = down_hits + 1, up_hits + 1, ups + 1
        if layout.market[i] >= 0:
            state.lost[layout.market[i]] += layout.sold[i] * losses[place]
    links, steps, change = 0, 0, 0.0
    short_down = short_up = 0.0
    sure = True
    while steps < most:
        downs, passed, error = _pass_down(layout, state, down_hits, delta, short_down)
        links += passed
        before = max(short_down, short_up)
        short_down = max(short_down, error)
        ups, passed = _pass_up(layout, state, ups, delta)
        links += passed
        short_up += delta
        down_hits, change = _apply_down(layout, state, downs, down_hits)
        up_hits, ups, other = _apply_up(state, ups, up_hits)
        change = max(change, other)
        steps += 1
        if change <= eps:
            sure = sure and change + max(short_down, short_up) <= eps if delta > 0 else True
            break
        if delta > 0 and change - before <= eps:
            sure = False
    bound = max(short_down, short_up) if delta > 0 else 0.0
    found = _sum(layout, state, down_hits, up_hits, steps, change, links, min(1.0, bound), sure)
    return down_hits, up_hits, found


@compiled
def _pass_down(layout: Layout, state: State, hits: int, delta: float, short: float) -> tuple[int, int, float]:
    """Pass on what customers feel: the loss times the part of it that the market does not make up.

    Returns how many firms may lose more, the links followed, and by how much at most what was passed on is short.
    """
    down, mark = state.down, state.mark
    news, links = 0, 0
    error = 0.0
    for place in range(hits):
        i = state.down_hit[place]
        loss = felt = down[i, LOSS]
        market = layout.market[i]
        true = loss + short
        if market >= 0:
            sold, total = layout.sold[i], layout.market_total[market]
            left = total - state.lost[market]
            if sold < left:
                felt = loss * (sold / left)
            if short > 0.0:
                left -= total * short
                if sold < left:
                    true *= sold / left
        moved = felt - down[i, PASSED]
        if moved > delta:
            down[i, PASSED] = felt
            first, last = layout.push_firm[i], layout.push_firm[i + 1]
            links += last - first
            for at in range(first, last):
                group, j = layout.push_group[at], layout.push_to[at]
                value = state.group[group] + layout.push_share[at] * moved
                state.group[group] = value
                if value > down[j, NEXT]:
                    down[j, NEXT] = value
                    if mark[j] & 4 == 0 and value > down[j, LOSS]:
                        mark[j] |= 4
                        state.down_new[news] = j
                        news += 1
        if delta > 0.0:
            error = max(error, min(1.0, true if short > 0.0 else felt) - down[i, PASSED])
    return news, links, error


@compiled
def _pass_up(layout: Layout, state: State, ups: int, delta: float) -> tuple[int, int]:
    """Pass the loss of the buyers in `up_new` on to their suppliers; the firms that may lose more take their places."""
    up, mark = state.up, state.mark
    links, news = 0, 0

    for place in range(ups):
        i = state.up_new[place]
        moved = up[i, LOSS] - up[i, PASSED]
        if moved > delta:
            up[i, PASSED] = up[i, LOSS]
            first, last = layout.back_firm[i], layout.back_firm[i + 1]
            links += last - first
            for at in range(first, last):
                j = layout.back_to[at]
                value = up[j, NEXT] + layout.back_share[at] * moved
                up[j, NEXT] = value
                if mark[j] & 8 == 0 and value > up[j, LOSS]:
                    mark[j] |= 8
                    state.up_next[news] = j
                    news += 1
    return news, links


@compiled
def _apply_down(layout: Layout, state: State, news: int, hits: int) -> tuple[int, float]:
    down, mark = state.down, state.mark
    change = 0.0
    for place in range(news):
        j = state.down_new[place]
        mark[j] &= 251
        grown = min(1.0, down[j, NEXT]) - down[j, LOSS]
        if grown > 0.0:
            down[j, LOSS] += grown
            change = max(change, grown)
            if layout.market[j] >= 0:
                state.lost[layout.market[j]] += layout.sold[j] * grown
            if mark[j] & 1 == 0:
                mark[j] |= 1
                state.down_hit[hits] = j
                hits += 1
    return hits, change


@compiled
def _apply_up(state: State, news: int, hits: int) -> tuple[int, int, float]:
    up, mark = state.up, state.mark
    change = 0.0
    for place in range(news):
        j = state.up_next[place]
        mark[j] &= 247
        state.up_new[place] = j
        grown = min(1.0, up[j, NEXT]) - up[j, LOSS]
        if grown > 0.0:
            up[j, LOSS] += grown
            change = max(change, grown)
            if mark[j] & 2 == 0:
                mark[j] |= 2
                state.up_hit[hits] = j
                hits += 1
    return hits, news, change


@compiled
def _sum(
    layout: Layout, state: State, down_hits: int, up_hits: int, steps: int, change: float, links: int, bound: float, sure: bool
) -> Found:
    both = down = up = 0.0
    for place in range(down_hits):
        i = state.down_hit[place]
        weight = layout.weight[i]
        down += weight * state.down[i, LOSS]
        both += weight * max(state.down[i, LOSS], state.up[i, LOSS])
    for place in range(up_hits):
        i = state.up_hit[place]
        up += layout.weight[i] * state.up[i, LOSS]
        if state.mark[i] & 1 == 0:
            both += layout.weight[i] * state.up[i, LOSS]
    return Found(both, down, up, steps, change, links, bound, sure)


@compiled
def clear(layout: Layout, state: State, down_hits: int, up_hits: int) -> None:
    """Put the state back to zero where a shock touched it."""
    for place in range(down_hits):
        i = state.down_hit[place]
        if state.down[i, PASSED] > 0.0:
            for at in range(layout.push_firm[i], layout.push_firm[i + 1]):
                state.group[layout.push_group[at]] = 0.0
                state.down[layout.push_to[at], NEXT] = 0.0
        if layout.market[i] >= 0:
            state.lost[layout.market[i]] = 0.0
    for place in range(up_hits):
        i = state.up_hit[place]
        if state.up[i, PASSED] > 0.0:
            for at in range(layout.back_firm[i], layout.back_firm[i + 1]):
                state.up[layout.back_to[at], NEXT] = 0.0
    for place in range(down_hits):
        i = state.down_hit[place]
        state.down[i, LOSS] = state.down[i, NEXT] = state.down[i, PASSED] = state.down[i, INITIAL] = 0.0
        state.mark[i] = 0
    for place in range(up_hits):
        i = state.up_hit[place]
        state.up[i, LOSS] = state.up[i, NEXT] = state.up[i, PASSED] = state.up[i, INITIAL] = 0.0
        state.mark[i] = 0


@compiled
def many(
    layout: Layout, state: State, shocks: Index, eps: float, delta: float, most: int, results: Results, places: Ints
) -> None:
    """Let each of the firms `shocks` fail by itself; write what comes of it to its place of `results`."""
    one, whole = np.empty(1, np.int32), np.ones(1)
    for number in range(len(shocks)):
        one[0] = shocks[number]
        down_hits, up_hits, found = cascade(layout, state, one, whole, eps, delta, most)
        place = places[number]
        results.both[place], results.down[place], results.up[place] = found.both, found.down, found.up
        results.steps[place], results.last_change[place] = found.steps, found.last_change
        results.links[place], results.bound[place], results.sure[place] = found.links, found.bound, found.sure
        clear(layout, state, down_hits, up_hits)
