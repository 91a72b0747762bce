"""The dense kernel: every sweep pulls every firm's loss anew. Slow and plain; the other kernels are held against it."""

import numpy as np

from littlegiant.networks.compiling import compiled
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats


@compiled
def sweep_down(layout: Layout, initial: Floats, loss: Floats, felt: Floats, lost: Floats) -> float:
    """One sweep downstream: `loss` (n,) becomes that of the next step; returns the largest change."""
    lost[:] = 0.0
    n = len(loss)
    for i in range(n):
        if layout.market[i] >= 0:
            lost[layout.market[i]] += layout.sold[i] * loss[i]
    for i in range(n):
        felt[i] = loss[i]
        if layout.market[i] >= 0:
            left = layout.market_total[layout.market[i]] - lost[layout.market[i]]
            if layout.sold[i] < left:
                felt[i] = loss[i] * (layout.sold[i] / left)
    change = 0.0
    for j in range(n):
        worst = initial[j]
        for group in range(layout.pull_firm[j], layout.pull_firm[j + 1]):
            total = 0.0
            for at in range(layout.pull_group[group], layout.pull_group[group + 1]):
                total += layout.pull_share[at] * felt[layout.pull_from[at]]
            worst = max(worst, total)
        worst = min(1.0, worst)
        change = max(change, worst - loss[j])
        loss[j] = worst
    return change


@compiled
def sweep_up(layout: Layout, initial: Floats, before: Floats, loss: Floats) -> float:
    """One sweep upstream from `before` to `loss`, (n,) each; returns the largest change."""
    change = 0.0
    for i in range(len(before)):
        total = 0.0
        for at in range(layout.up_firm[i], layout.up_firm[i + 1]):
            total += layout.up_share[at] * before[layout.up_from[at]]
        loss[i] = min(1.0, max(initial[i], total))
        change = max(change, loss[i] - before[i])
    return change


@compiled
def dense(layout: Layout, initial: Floats, eps: float, most: int) -> tuple[Floats, Floats, int, float]:
    """Return the losses downstream and upstream (n,) after the sweep that moved nothing by more than `eps`, and its number."""
    down, up, other = initial.copy(), initial.copy(), initial.copy()
    felt, lost = np.zeros(len(initial)), np.zeros(len(layout.market_total))
    change, steps = 0.0, 0
    while steps < most:
        change = max(sweep_down(layout, initial, down, felt, lost), sweep_up(layout, initial, up, other))
        up, other = other, up
        steps += 1
        if change <= eps:
            break
    return down, up, steps, change
