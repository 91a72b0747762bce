"""The batched kernel: four failures side by side, exact, for shocks that reach most of the network.

Upstream each sweep pulls every firm's loss; the four numbers of a firm lie side by side, so each link is read once for all.
Downstream each lane has its own frontier, cut only where nothing could be seen of it. A lane that is done is filled with
the next shock.
"""

from typing import NamedTuple

import numpy as np

from littlegiant.networks.compiling import compiled
from littlegiant.networks.frontier import LOSS, Down, Results, apply_down, clear_down, hit_first, new_down, pass_down
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats
from littlegiant.networks.sorting import Index, Ints

LANES = 4
CUT = 1e-13  # losses downstream below it are not passed on: nothing a sum of shares could show, and most of the work


class Lanes(NamedTuple):
    """What one thread writes on: losses upstream and those of the next sweep (n, 4); a frontier downstream for each lane."""

    up: Floats
    next: Floats
    downs: tuple[Down, Down, Down, Down]


def new_lanes(layout: Layout) -> Lanes:
    up, next_up = np.zeros((layout.firms, LANES)), np.zeros((layout.firms, LANES))
    return Lanes(up, next_up, (new_down(layout), new_down(layout), new_down(layout), new_down(layout)))


@compiled
def _pull(layout: Layout, before: Floats, after: Floats, change: Floats) -> None:
    """One sweep upstream from `before` to `after`; `change` (4,) becomes the largest growth of each lane.

    Shares of sales add up to 1 at most, so nothing needs to be cut; the firms that failed are set again by the caller.
    """
    c0 = c1 = c2 = c3 = 0.0
    for j in range(len(layout.market)):
        s0 = s1 = s2 = s3 = 0.0
        for at in range(layout.up_firm[j], layout.up_firm[j + 1]):
            share, i = layout.up_share[at], layout.up_from[at]
            s0 += share * before[i, 0]
            s1 += share * before[i, 1]
            s2 += share * before[i, 2]
            s3 += share * before[i, 3]
        d0, d1, d2, d3 = s0 - before[j, 0], s1 - before[j, 1], s2 - before[j, 2], s3 - before[j, 3]
        c0 = d0 if d0 > c0 else c0
        c1 = d1 if d1 > c1 else c1
        c2 = d2 if d2 > c2 else c2
        c3 = d3 if d3 > c3 else c3
        after[j, 0], after[j, 1], after[j, 2], after[j, 3] = s0, s1, s2, s3
    change[0], change[1], change[2], change[3] = c0, c1, c2, c3


@compiled
def batch(layout: Layout, lanes: Lanes, shocks: Index, eps: float, most: int, results: Results, places: Ints) -> None:
    """Let each of the firms `shocks` fail by itself; write what comes of it to its place of `results`."""
    up, after, downs = lanes.up, lanes.next, lanes.downs
    shock, hits, steps = np.full(LANES, -1, np.int64), np.zeros(LANES, np.int64), np.zeros(LANES, np.int64)
    links, change, below = np.zeros(LANES, np.int64), np.zeros(LANES), np.zeros(LANES)
    waiting, busy = 0, 0
    while waiting < len(shocks) or busy > 0:
        for lane in range(LANES):
            if shock[lane] < 0 and waiting < len(shocks):
                shock[lane], steps[lane], links[lane] = waiting, 0, 0
                hits[lane] = hit_first(layout, downs[lane], shocks[waiting], 1.0, 0)
                up[shocks[waiting], lane] = 1.0
                waiting, busy = waiting + 1, busy + 1
            if shock[lane] >= 0:
                news, passed, _ = pass_down(layout, downs[lane], hits[lane], CUT, 0.0)
                hits[lane], below[lane] = apply_down(layout, downs[lane], news, hits[lane])
                links[lane] += passed + len(layout.up_from)
        _pull(layout, up, after, change)
        up, after = after, up
        for lane in range(LANES):
            if shock[lane] < 0:
                continue
            up[shocks[shock[lane]], lane] = 1.0
            steps[lane] += 1
            largest = max(change[lane], below[lane])
            if largest <= eps or steps[lane] >= most:
                place = places[shock[lane]]
                _finish(layout, up, downs[lane], lane, hits[lane], results, place)
                results.steps[place], results.last_change[place], results.links[place] = steps[lane], largest, links[lane]
                results.bound[place], results.sure[place] = 0.0, True
                shock[lane], busy = -1, busy - 1
    lanes.up[:, :] = 0.0
    lanes.next[:, :] = 0.0


@compiled
def _finish(layout: Layout, up: Floats, down: Down, lane: int, hits: int, results: Results, place: int) -> None:
    """Weigh the losses of a lane into `results` and clear it."""
    below = above = both = 0.0
    for at in range(hits):
        i = down.hit[at]
        below += layout.weight[i] * down.record[i, LOSS]
        both += layout.weight[i] * max(0.0, down.record[i, LOSS] - up[i, lane])
    for i in range(len(layout.market)):
        above += layout.weight[i] * up[i, lane]
        up[i, lane] = 0.0
    results.both[place], results.down[place], results.up[place] = above + both, below, above
    clear_down(layout, down, hits)
