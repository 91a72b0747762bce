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
from littlegiant.networks.fetching import fetch
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats
from littlegiant.networks.sorting import Index, Ints

Marks = npt.NDArray[np.uint8]

LOSS, NEXT, PASSED, SIZE = 0, 1, 2, 3
AHEAD, NEAR = 8, 4  # entries, firms by which memory is asked for early
PULL_FROM = 20  # a sweep pulls when pushing would follow more than one link in so many


class Down(NamedTuple):
    """What one thread writes on downstream; but for sales all zero between shocks. A record is half a line of the cache."""

    record: Floats  # (n, 4) loss, next loss, what customers felt when it was last passed on, sales
    felt: Floats  # (n,) what customers feel
    group: Floats  # (g,) sums of what suppliers passed on
    lost: Floats  # (markets,) sales that a market can no longer deliver
    mark: Marks  # (n,) 1: in hit, 2: in new
    hit: Index  # (n,) firms with a loss, in the order they were hit
    new: Index  # (n,) firms whose loss may grow in this sweep


class Up(NamedTuple):
    """What one thread writes on upstream; but for weights all zero between shocks."""

    record: Floats  # (n, 4) loss, next loss, loss last passed on, weight
    loss: Floats  # (n,) losses, while a sweep pulls them
    mark: Marks  # (n,) as downstream
    hit: Index
    new: Index  # (n,) firms whose loss grew in the last sweep
    next: Index  # (n,) firms whose loss may grow in this sweep
    moving: Index  # (n,) firms that pass on


class State(NamedTuple):
    down: Down
    up: Up


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


def new_down(layout: Layout) -> Down:
    n = layout.firms
    record = np.zeros((n, 4))
    record[:, SIZE] = layout.sold
    lists = (np.zeros(n, np.int32) for _ in range(2))
    return Down(record, np.zeros(n), np.zeros(layout.groups), np.zeros(len(layout.market_total)), np.zeros(n, np.uint8), *lists)


def new_state(layout: Layout) -> State:
    n = layout.firms
    record = np.zeros((n, 4))
    record[:, SIZE] = layout.weight
    return State(new_down(layout), Up(record, np.zeros(n), np.zeros(n, np.uint8), *(np.zeros(n, np.int32) for _ in range(4))))


def new_results(shocks: int) -> Results:
    floats = [np.zeros(shocks) for _ in range(5)]
    steps, links = np.zeros(shocks, np.int32), np.zeros(shocks, np.int64)
    return Results(floats[0], floats[1], floats[2], steps, floats[3], links, floats[4], np.zeros(shocks, np.bool_))


@compiled
def cascade(
    layout: Layout, state: State, firms: Index, losses: Floats, eps: float, delta: float, most: int
) -> tuple[int, int, Found]:
    """Spread the initial `losses` of `firms`; leave the losses in `state` and return how many firms are hit down and up."""
    down, up = state.down, state.up
    down_hits = up_hits = ups = 0
    for place in range(len(firms)):
        i = firms[place]
        down_hits = hit_first(layout, down, i, losses[place], down_hits)
        up.record[i, LOSS] = losses[place]
        up.hit[up_hits] = up.new[ups] = i
        up.mark[i] = 1
        up_hits, ups = up_hits + 1, ups + 1
    links, steps, change = 0, 0, 0.0
    short_down = short_up = 0.0
    sure = True
    while steps < most:
        downs, passed, error = pass_down(layout, down, down_hits, delta, short_down)
        links += passed
        before = max(short_down, short_up)
        short_down = max(short_down, error)
        ups, passed, error = _pass_up(layout, up, ups, up_hits, delta)
        links += passed
        short_up += error
        down_hits, change = apply_down(layout, down, downs, down_hits)
        up_hits, ups, other = _apply_up(up, ups, up_hits)
        change = max(change, other)
        steps += 1
        if change <= eps:
            sure = sure and (delta == 0.0 or change + max(short_down, short_up) <= eps)
            break
        if delta > 0.0 and change - before <= eps:
            sure = False
    bound = max(short_down, short_up) if delta > 0.0 else 0.0
    return down_hits, up_hits, _sum(state, down_hits, up_hits, steps, change, links, min(1.0, bound), sure)


@compiled
def hit_first(layout: Layout, down: Down, i: int, loss: float, hits: int) -> int:
    """Let firm `i` lose `loss` at the start; return how many firms are hit by now."""
    down.record[i, LOSS] = down.record[i, NEXT] = loss
    down.hit[hits] = i
    down.mark[i] = 1
    if layout.market[i] >= 0:
        down.lost[layout.market[i]] += layout.sold[i] * loss
    return hits + 1


@compiled
def _most_felt(layout: Layout, down: Down, i: int, short: float) -> float:
    """Return the most that customers of `i` feel if every loss is short by `short`."""
    loss: float = down.record[i, LOSS] + short
    market = layout.market[i]
    if market >= 0:
        total = layout.market_total[market]
        left = total - down.lost[market] - total * short
        if down.record[i, SIZE] < left:
            loss *= down.record[i, SIZE] / left
    return min(1.0, loss)


@compiled
def pass_down(layout: Layout, down: Down, hits: int, delta: float, short: float) -> tuple[int, int, float]:
    """Pass on what customers feel: the loss times the part of it that the market does not make up.

    Returns how many firms may lose more, the links followed, and by how much at most what they feel is short.
    """
    record, felt = down.record, down.felt
    wanted = 0
    for place in range(hits):
        if place + AHEAD < hits:
            fetch(record, down.hit[place + AHEAD])
        i = down.hit[place]
        value = record[i, LOSS]
        market = layout.market[i]
        if market >= 0:
            left = layout.market_total[market] - down.lost[market]
            if record[i, SIZE] < left:
                value *= record[i, SIZE] / left
        felt[i] = value
        if value - record[i, PASSED] > delta:
            wanted += layout.push_firm[i + 1] - layout.push_firm[i]
    pull = wanted * PULL_FROM > len(layout.push_to)
    error = 0.0
    if delta > 0.0:
        for place in range(hits):
            i = down.hit[place]
            most = felt[i] if short == 0.0 else _most_felt(layout, down, i, short)
            passed = felt[i] if pull or felt[i] - record[i, PASSED] > delta else record[i, PASSED]
            error = max(error, most - passed)
    if pull:
        for place in range(hits):
            i = down.hit[place]
            record[i, PASSED] = felt[i]
        return _pull_down(layout, down), len(layout.pull_from), error
    return _push_down(layout, down, hits, delta), wanted, error


@compiled
def _push_down(layout: Layout, down: Down, hits: int, delta: float) -> int:
    record, mark = down.record, down.mark
    news = 0
    for place in range(hits):
        i = down.hit[place]
        moved = down.felt[i] - record[i, PASSED]
        if moved <= delta:
            continue
        record[i, PASSED] = down.felt[i]
        for at in range(layout.push_firm[i], layout.push_firm[i + 1]):
            group, j = layout.push_group[at], layout.push_to[at]
            value = down.group[group] + layout.push_share[at] * moved
            down.group[group] = value
            if value > record[j, NEXT]:
                record[j, NEXT] = value
                if mark[j] & 2 == 0 and value > record[j, LOSS]:
                    mark[j] |= 2
                    down.new[news] = j
                    news += 1
    return news


@compiled
def _pull_down(layout: Layout, down: Down) -> int:
    record = down.record
    news = 0
    for j in range(len(layout.market)):
        worst = 0.0
        for group in range(layout.pull_firm[j], layout.pull_firm[j + 1]):
            total = 0.0
            for at in range(layout.pull_group[group], layout.pull_group[group + 1]):
                total += layout.pull_share[at] * down.felt[layout.pull_from[at]]
            down.group[group] = total
            worst = max(worst, total)
        if worst > record[j, NEXT]:
            record[j, NEXT] = worst
            if worst > record[j, LOSS]:
                down.new[news] = j
                news += 1
    return news


@compiled
def _pass_up(layout: Layout, up: Up, ups: int, hits: int, delta: float) -> tuple[int, int, float]:
    """Pass the loss of the buyers in `new` on to their suppliers.

    Returns how many firms may lose more, the links followed, and by how much at most what they lose is short.
    """
    record, moving = up.record, up.moving
    wanted, movers = 0, 0
    for place in range(ups):
        if place + AHEAD < ups:
            fetch(layout.back_firm, up.new[place + AHEAD])
        i = up.new[place]
        if record[i, LOSS] - record[i, PASSED] > delta:
            wanted += layout.back_firm[i + 1] - layout.back_firm[i]
            moving[movers] = i
            movers += 1
    if wanted * PULL_FROM <= len(layout.back_to):
        return _push_up(layout, up, movers), wanted, delta
    loss = up.loss
    for place in range(hits):
        i = up.hit[place]
        loss[i] = record[i, PASSED] = record[i, LOSS]
    news = _pull_up(layout, up)
    for place in range(hits):
        loss[up.hit[place]] = 0.0
    return news, len(layout.back_to), 0.0


@compiled
def _push_up(layout: Layout, up: Up, movers: int) -> int:
    mark, record, moving = up.mark, up.record, up.moving
    news = 0
    for place in range(movers):
        if place + NEAR < movers:
            start = layout.back_firm[moving[place + NEAR]]
            fetch(layout.back_to, start)
            fetch(layout.back_share, start)
            fetch(layout.back_share, start + 8)
        i = moving[place]
        moved = record[i, LOSS] - record[i, PASSED]
        record[i, PASSED] = record[i, LOSS]
        for at in range(layout.back_firm[i], layout.back_firm[i + 1]):
            fetch(record, layout.back_to[min(at + AHEAD, len(layout.back_to) - 1)])
            j = layout.back_to[at]
            record[j, NEXT] += layout.back_share[at] * moved
            if mark[j] & 2 == 0:
                mark[j] |= 2
                up.next[news] = j
                news += 1
    return news


@compiled
def _pull_up(layout: Layout, up: Up) -> int:
    record, loss = up.record, up.loss
    news = 0
    for j in range(len(layout.market)):
        total = 0.0
        for at in range(layout.up_firm[j], layout.up_firm[j + 1]):
            total += layout.up_share[at] * loss[layout.up_from[at]]
        if total > record[j, NEXT]:
            record[j, NEXT] = total
            up.next[news] = j
            news += 1
    return news


@compiled
def apply_down(layout: Layout, down: Down, news: int, hits: int) -> tuple[int, float]:
    """Let losses grow; return how many firms are hit by now and the largest growth."""
    record, mark = down.record, down.mark
    change = 0.0
    for place in range(news):
        j = down.new[place]
        mark[j] &= 1
        grown = min(1.0, record[j, NEXT]) - record[j, LOSS]
        if grown > 0.0:
            record[j, LOSS] += grown
            change = max(change, grown)
            if layout.market[j] >= 0:
                down.lost[layout.market[j]] += record[j, SIZE] * grown
            if mark[j] & 1 == 0:
                mark[j] |= 1
                down.hit[hits] = j
                hits += 1
    return hits, change


@compiled
def _apply_up(up: Up, news: int, hits: int) -> tuple[int, int, float]:
    """Let losses grow; the firms whose loss did are those of `new`."""
    record, mark = up.record, up.mark
    change, ups = 0.0, 0
    for place in range(news):
        if place + AHEAD < news:
            fetch(record, up.next[place + AHEAD])
        j = up.next[place]
        mark[j] &= 1
        grown = min(1.0, record[j, NEXT]) - record[j, LOSS]
        if grown > 0.0:
            record[j, LOSS] += grown
            change = max(change, grown)
            up.new[ups] = j
            ups += 1
            if mark[j] & 1 == 0:
                mark[j] |= 1
                up.hit[hits] = j
                hits += 1
    return hits, ups, change


@compiled
def _sum(state: State, down_hits: int, up_hits: int, steps: int, change: float, links: int, bound: float, sure: bool) -> Found:
    """Weigh the losses; a firm hit both ways counts with the larger."""
    below = above = both = 0.0
    for place in range(up_hits):
        if place + AHEAD < up_hits:
            fetch(state.up.record, state.up.hit[place + AHEAD])
        i = state.up.hit[place]
        above += state.up.record[i, SIZE] * state.up.record[i, LOSS]
    for place in range(down_hits):
        i = state.down.hit[place]
        below += state.up.record[i, SIZE] * state.down.record[i, LOSS]
        both += state.up.record[i, SIZE] * max(0.0, state.down.record[i, LOSS] - state.up.record[i, LOSS])
    return Found(above + both, below, above, steps, change, links, bound, sure)


@compiled
def clear(layout: Layout, state: State, down_hits: int, up_hits: int) -> None:
    """Put the state back to zero where a shock touched it."""
    clear_down(layout, state.down, down_hits)
    for place in range(up_hits):
        i = state.up.hit[place]
        state.up.mark[i] = 0
        state.up.record[i, LOSS] = state.up.record[i, NEXT] = state.up.record[i, PASSED] = 0.0


@compiled
def clear_down(layout: Layout, down: Down, hits: int) -> None:
    """Put back what lies downstream; where much is hit, whole arrays."""
    record = down.record
    wide = hits * PULL_FROM > len(layout.market)
    if wide:
        down.group[:] = 0.0
        record[:, :SIZE] = 0.0
        down.felt[:] = 0.0
    for place in range(hits):
        i = down.hit[place]
        down.mark[i] = 0
        if layout.market[i] >= 0:
            down.lost[layout.market[i]] = 0.0
        if not wide:
            if record[i, PASSED] > 0.0:
                for at in range(layout.push_firm[i], layout.push_firm[i + 1]):
                    down.group[layout.push_group[at]] = 0.0
                    record[layout.push_to[at], NEXT] = 0.0
            record[i, LOSS] = record[i, NEXT] = record[i, PASSED] = down.felt[i] = 0.0


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
