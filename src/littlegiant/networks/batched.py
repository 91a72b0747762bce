"""The batched kernel: eight failures side by side, pulled in dense sweeps, exact. For shocks that reach most of the network.

The eight numbers of a firm lie side by side in one line of the cache, so each link is read once for all. A lane that is
done is filled with the next shock.
"""

from typing import NamedTuple

import numpy as np

from littlegiant.networks.compiling import compiled
from littlegiant.networks.frontier import Results
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats
from littlegiant.networks.sorting import Index, Ints

LANES = 8


class Lanes(NamedTuple):
    """What one thread writes on: losses (n, 8) down, what customers feel, up and its next; markets (m, 8)."""

    down: Floats
    felt: Floats
    up: Floats
    next_up: Floats
    lost: Floats


def new_lanes(layout: Layout) -> Lanes:
    n = layout.firms
    return Lanes(*(np.zeros((n, LANES)) for _ in range(4)), np.zeros((len(layout.market_total), LANES)))


@compiled
def batch(layout: Layout, lanes: Lanes, shocks: Index, eps: float, most: int, results: Results, places: Ints) -> None:
    """Let each of the firms `shocks` fail by itself; write what comes of it to its place of `results`."""
    n, markets = len(layout.market), len(layout.market_total)
    down, felt, lost = lanes.down, lanes.felt, lanes.lost
    up, next_up = lanes.up, lanes.next_up
    shock, steps = np.full(LANES, -1, np.int64), np.zeros(LANES, np.int64)
    change = np.zeros(LANES)
    waiting, busy = 0, 0
    for lane in range(LANES):
        if waiting < len(shocks):
            i = shocks[waiting]
            shock[lane], waiting, busy = waiting, waiting + 1, busy + 1
            down[i, lane] = up[i, lane] = 1.0
    while busy > 0:
        lost[:, :] = 0.0
        for i in range(n):
            m = layout.market[i]
            if m >= 0:
                sold = layout.sold[i]
                for lane in range(LANES):
                    lost[m, lane] += sold * down[i, lane]
        for m in range(markets):
            for lane in range(LANES):
                lost[m, lane] = layout.market_total[m] - lost[m, lane]
        for i in range(n):
            m = layout.market[i]
            if m >= 0:
                sold = layout.sold[i]
                for lane in range(LANES):
                    left = lost[m, lane]
                    felt[i, lane] = down[i, lane] * (sold / left) if sold < left else down[i, lane]
            else:
                for lane in range(LANES):
                    felt[i, lane] = down[i, lane]
        change[:] = 0.0
        for j in range(n):
            w0 = w1 = w2 = w3 = w4 = w5 = w6 = w7 = 0.0
            for group in range(layout.pull_firm[j], layout.pull_firm[j + 1]):
                s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
                for at in range(layout.pull_group[group], layout.pull_group[group + 1]):
                    share, i = layout.pull_share[at], layout.pull_from[at]
                    s0 += share * felt[i, 0]
                    s1 += share * felt[i, 1]
                    s2 += share * felt[i, 2]
                    s3 += share * felt[i, 3]
                    s4 += share * felt[i, 4]
                    s5 += share * felt[i, 5]
                    s6 += share * felt[i, 6]
                    s7 += share * felt[i, 7]
                w0, w1, w2, w3 = max(w0, s0), max(w1, s1), max(w2, s2), max(w3, s3)
                w4, w5, w6, w7 = max(w4, s4), max(w5, s5), max(w6, s6), max(w7, s7)
            for lane, worst in enumerate((w0, w1, w2, w3, w4, w5, w6, w7)):
                grown = min(1.0, worst) - down[j, lane]
                if grown > 0.0:
                    down[j, lane] += grown
                    change[lane] = max(change[lane], grown)
        for j in range(n):
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
            for at in range(layout.up_firm[j], layout.up_firm[j + 1]):
                share, i = layout.up_share[at], layout.up_from[at]
                s0 += share * up[i, 0]
                s1 += share * up[i, 1]
                s2 += share * up[i, 2]
                s3 += share * up[i, 3]
                s4 += share * up[i, 4]
                s5 += share * up[i, 5]
                s6 += share * up[i, 6]
                s7 += share * up[i, 7]
            for lane, total in enumerate((s0, s1, s2, s3, s4, s5, s6, s7)):
                loss = max(up[j, lane], min(1.0, total))
                change[lane] = max(change[lane], loss - up[j, lane])
                next_up[j, lane] = loss
        up, next_up = next_up, up
        for lane in range(LANES):
            if shock[lane] < 0:
                continue
            steps[lane] += 1
            if change[lane] > eps and steps[lane] < most:
                continue
            both = below = above = 0.0
            for i in range(n):
                below += layout.weight[i] * down[i, lane]
                above += layout.weight[i] * up[i, lane]
                both += layout.weight[i] * max(down[i, lane], up[i, lane])
                down[i, lane] = up[i, lane] = 0.0
            place = places[shock[lane]]
            results.both[place], results.down[place], results.up[place] = both, below, above
            results.steps[place], results.last_change[place] = steps[lane], change[lane]
            results.links[place] = steps[lane] * (len(layout.pull_from) + len(layout.up_from))
            results.bound[place], results.sure[place] = 0.0, True
            shock[lane], steps[lane], busy = -1, 0, busy - 1
            if waiting < len(shocks):
                i = shocks[waiting]
                shock[lane], waiting, busy = waiting, waiting + 1, busy + 1
                down[i, lane] = up[i, lane] = 1.0
    lanes.down[:, :] = 0.0
    lanes.up[:, :] = 0.0
