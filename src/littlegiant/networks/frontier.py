"""The frontier kernel: only what changes is passed on. Losses only grow, so sums are added to, never computed again.

A firm passes its loss on when it moved by more than `delta` since it last did; with 0 the result is that of the dense
kernel to rounding. Where much of the network moves at once, a sweep pulls every firm's loss from its partners instead:
reading in order is some twenty times faster a link than jumping. `bound`: what the loss of any firm, hence the index, may
be short of the same number of exact sweeps.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from littlegiant.networks.compiling import compiled
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats
from littlegiant.networks.sorting import Index, Ints

LOSS, NEXT, PASSED = 0, 1, 2
PULL_FROM = 20  # a sweep pulls when pushing would follow more than one link in so many


class State(NamedTuple):
    """What one thread writes on; all zero between shocks."""

    down: Floats  # (n, 3) loss, next loss, what customers felt when it was last passed on
    felt: Floats  # (n,) what customers feel, where a sweep pulls
    group: Floats  # (g,) sums of what suppliers passed on
    up_loss: Floats  # (n,)
    up_next: Floats  # (n,)
    up_passed: Floats  # (n,)
    lost: Floats  # (markets,) sales that a market can no longer deliver
    mark: npt.NDArray[np.uint8]  # (n,) 1: in down_hit, 2: in up_hit, 4: in down_new, 8: in up_new
    down_hit: Index  # (n,) firms with a loss downstream, in the order they were hit
    up_hit: Index
    down_new: Index  # (n,) firms whose loss grows in this sweep
    up_new: Index
    up_next_hit: Index


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
    down, group, markets = np.zeros((n, 3)), np.zeros(layout.groups), np.zeros(len(layout.market_total))
    felt, *up = (np.zeros(n) for _ in range(4))
    return State(down, felt, group, *up, markets, np.zeros(n, np.uint8), *lists)


def new_results(shocks: int) -> Results:
    floats = [np.zeros(shocks) for _ in range(5)]
    steps, links = np.zeros(shocks, np.int32), np.zeros(shocks, np.int64)
    return Results(floats[0], floats[1], floats[2], steps, floats[3], links, floats[4], np.zeros(shocks, np.bool_))


@compiled
def cascade(
    layout: Layout, state: State, firms: Index, losses: Floats, eps: float, delta: float, most: int
) -> tuple[int, int, Found]:
    """Spread the initial `losses` of `firms`; leave the losses in `state` and return how many firms are hit down and up."""
    down, mark = state.down, state.mark
    down_hits = up_hits = ups = 0
    for place in range(len(firms)):
        i = firms[place]
        down[i, LOSS] = down[i, NEXT] = state.up_loss[i] = losses[place]
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
        ups, passed, error = _pass_up(layout, state, ups, up_hits, delta)
        links += passed
        short_up += error
        down_hits, change = _apply_down(layout, state, downs, down_hits)
        up_hits, ups, other = _apply_up(state, ups, up_hits)
        change = max(change, other)
        steps += 1
        if change <= eps:
            sure = sure and (delta == 0.0 or change + max(short_down, short_up) <= eps)
            break
        if delta > 0.0 and change - before <= eps:
            sure = False
    bound = max(short_down, short_up) if delta > 0.0 else 0.0
    return down_hits, up_hits, _sum(layout, state, down_hits, up_hits, steps, change, links, min(1.0, bound), sure)


@compiled
def _feel(layout: Layout, state: State, i: int) -> float:
    """Return what customers of `i` feel: its loss times the part of it that the market does not make up."""
    loss = state.down[i, LOSS]
    market = layout.market[i]
    if market >= 0:
        left = layout.market_total[market] - state.lost[market]
        if layout.sold[i] < left:
            return loss * (layout.sold[i] / left)
    return loss


@compiled
def _most_felt(layout: Layout, state: State, i: int, short: float) -> float:
    """Return the most that customers of `i` feel if every loss is short by `short`."""
    loss = state.down[i, LOSS] + short
    market = layout.market[i]
    if market >= 0:
        total = layout.market_total[market]
        left = total - state.lost[market] - total * short
        if layout.sold[i] < left:
            loss *= layout.sold[i] / left
    return min(1.0, loss)


@compiled
def _pass_down(layout: Layout, state: State, hits: int, delta: float, short: float) -> tuple[int, int, float]:
    """Pass losses on to customers.

    Returns how many firms may lose more, the links followed, and by how much at most what they feel is short.
    """
    wanted = 0
    for place in range(hits):
        i = state.down_hit[place]
        state.felt[i] = _feel(layout, state, i)
        if state.felt[i] - state.down[i, PASSED] > delta:
            wanted += layout.push_firm[i + 1] - layout.push_firm[i]
    pull = wanted * PULL_FROM > len(layout.push_to)
    error = 0.0
    for place in range(hits):
        i = state.down_hit[place]
        moved = state.felt[i] - state.down[i, PASSED]
        if pull or moved > delta:
            state.down[i, PASSED] = state.felt[i]
        if delta > 0.0:
            most = state.felt[i] if short == 0.0 else _most_felt(layout, state, i, short)
            error = max(error, most - state.down[i, PASSED])
        if not pull and moved > delta:
            state.felt[i] = -moved  # taken up by _push_down
    if pull:
        return _pull_down(layout, state), len(layout.pull_from), error
    return _push_down(layout, state, hits), wanted, error


@compiled
def _push_down(layout: Layout, state: State, hits: int) -> int:
    down, mark = state.down, state.mark
    news = 0
    for place in range(hits):
        i = state.down_hit[place]
        moved = -state.felt[i]
        if moved <= 0.0:
            continue
        for at in range(layout.push_firm[i], layout.push_firm[i + 1]):
            group, j = layout.push_group[at], layout.push_to[at]
            value = state.group[group] + layout.push_share[at] * moved
            state.group[group] = value
            if value > down[j, NEXT]:
                down[j, NEXT] = value
                if mark[j] & 4 == 0 and value > down[j, LOSS]:
                    mark[j] |= 4
                    state.down_new[news] = j
                    news += 1
    return news


@compiled
def _pull_down(layout: Layout, state: State) -> int:
    down, mark = state.down, state.mark
    news = 0
    for j in range(len(layout.market)):
        worst = 0.0
        for group in range(layout.pull_firm[j], layout.pull_firm[j + 1]):
            total = 0.0
            for at in range(layout.pull_group[group], layout.pull_group[group + 1]):
                total += layout.pull_share[at] * state.felt[layout.pull_from[at]]
            state.group[group] = total
            worst = max(worst, total)
        if worst > down[j, NEXT]:
            down[j, NEXT] = worst
            if worst > down[j, LOSS]:
                mark[j] |= 4
                state.down_new[news] = j
                news += 1
    return news


@compiled
def _pass_up(layout: Layout, state: State, ups: int, hits: int, delta: float) -> tuple[int, int, float]:
    """Pass the loss of the buyers in `up_new` on to their suppliers.

    Returns how many firms may lose more, the links followed, and by how much at most what they lose is short.
    """
    wanted = 0
    for place in range(ups):
        i = state.up_new[place]
        if state.up_loss[i] - state.up_passed[i] > delta:
            wanted += layout.back_firm[i + 1] - layout.back_firm[i]
    if wanted * PULL_FROM > len(layout.back_to):
        for place in range(hits):
            i = state.up_hit[place]
            state.up_passed[i] = state.up_loss[i]
        return _pull_up(layout, state), len(layout.back_to), 0.0
    return _push_up(layout, state, ups, delta), wanted, delta


@compiled
def _push_up(layout: Layout, state: State, ups: int, delta: float) -> int:
    mark, up_next = state.mark, state.up_next
    news = 0
    for place in range(ups):
        i = state.up_new[place]
        moved = state.up_loss[i] - state.up_passed[i]
        if moved > delta:
            state.up_passed[i] = state.up_loss[i]
            for at in range(layout.back_firm[i], layout.back_firm[i + 1]):
                j = layout.back_to[at]
                up_next[j] += layout.back_share[at] * moved
                if mark[j] & 8 == 0:
                    mark[j] |= 8
                    state.up_next_hit[news] = j
                    news += 1
    return news


@compiled
def _pull_up(layout: Layout, state: State) -> int:
    loss = state.up_loss
    news = 0
    for j in range(len(layout.market)):
        total = 0.0
        for at in range(layout.up_firm[j], layout.up_firm[j + 1]):
            total += layout.up_share[at] * loss[layout.up_from[at]]
        if total > state.up_next[j]:
            state.up_next[j] = total
            state.up_next_hit[news] = j
            news += 1
    return news


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
    """Let losses grow; the firms whose loss did are those of `up_new`."""
    loss, mark = state.up_loss, state.mark
    change, ups = 0.0, 0
    for place in range(news):
        j = state.up_next_hit[place]
        mark[j] &= 247
        grown = min(1.0, state.up_next[j]) - loss[j]
        if grown > 0.0:
            loss[j] += grown
            change = max(change, grown)
            state.up_new[ups] = j
            ups += 1
            if mark[j] & 2 == 0:
                mark[j] |= 2
                state.up_hit[hits] = j
                hits += 1
    return hits, ups, change


@compiled
def _sum(
    layout: Layout, state: State, down_hits: int, up_hits: int, steps: int, change: float, links: int, bound: float, sure: bool
) -> Found:
    both = down = up = 0.0
    for place in range(down_hits):
        i = state.down_hit[place]
        weight = layout.weight[i]
        down += weight * state.down[i, LOSS]
        both += weight * max(state.down[i, LOSS], state.up_loss[i])
    for place in range(up_hits):
        i = state.up_hit[place]
        up += layout.weight[i] * state.up_loss[i]
        if state.mark[i] & 1 == 0:
            both += layout.weight[i] * state.up_loss[i]
    return Found(both, down, up, steps, change, links, bound, sure)


@compiled
def clear(layout: Layout, state: State, down_hits: int, up_hits: int) -> None:
    """Put the state back to zero where a shock touched it."""
    wide = down_hits * PULL_FROM > len(layout.market)
    if wide:
        state.group[:] = 0.0
        state.down[:, :] = 0.0
        state.felt[:] = 0.0
    for place in range(down_hits):
        i = state.down_hit[place]
        state.mark[i] = 0
        if layout.market[i] >= 0:
            state.lost[layout.market[i]] = 0.0
        if not wide:
            if state.down[i, PASSED] > 0.0:
                for at in range(layout.push_firm[i], layout.push_firm[i + 1]):
                    state.group[layout.push_group[at]] = 0.0
                    state.down[layout.push_to[at], NEXT] = 0.0
            state.down[i, LOSS] = state.down[i, NEXT] = state.down[i, PASSED] = state.felt[i] = 0.0
    wide = up_hits * PULL_FROM > len(layout.market)
    if wide:
        state.up_loss[:] = 0.0
        state.up_next[:] = 0.0
        state.up_passed[:] = 0.0
    for place in range(up_hits):
        i = state.up_hit[place]
        state.mark[i] = 0
        if not wide:
            state.up_loss[i] = state.up_next[i] = state.up_passed[i] = 0.0


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
