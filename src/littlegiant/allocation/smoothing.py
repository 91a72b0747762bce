"""The dual made smooth: each unit chooses by a softened maximum, so that the sum has a gradient and a Hessian.

F(λ) = Σ τ s_i log(1 + Σ_j exp(s_ij / (τ s_i))) + Σ_k [ceiling_k λ_k⁺ - floor_k λ_k⁻], s_i the largest benefit of the unit.
Prices here are scaled: the price of a row times its size, so that all are in the unit of the benefits.
"""

from typing import Any

import numpy as np

from littlegiant.networks.compiling import compiled

HARD = 30.0  # leads beyond so many τ s_i take no part in the gradient but by their own choice


@compiled
def smooth_pass(
    option_start: Any, benefit: Any, use_start: Any, row: Any, use: Any, price: Any, worth: Any, size: float,
    tau: float, gradient: Any, hessian: Any, curved: bool,
) -> float:  # fmt: skip
    """Return Σ τ s_i log(1 + …) over the units; subtract their soft use from `gradient`, add to `hessian` where `curved`."""
    rows = len(price)
    widest = 1
    for i in range(len(option_start) - 1):
        widest = max(widest, option_start[i + 1] - option_start[i])
    surplus = np.empty(widest, np.float64)
    mean = np.zeros(rows, np.float64)
    touched = np.empty(rows, np.int64)
    marked = np.zeros(rows, np.bool_)
    total = 0.0
    for i in range(len(option_start) - 1):
        first = option_start[i]
        count = option_start[i + 1] - first
        if count == 0:
            continue
        best = 0.0
        which = -1
        second = -1e300
        for j in range(count):
            o = first + j
            s = np.float64(benefit[o])
            for p in range(use_start[o], use_start[o + 1]):
                s -= use[p] * price[row[p]]
            surplus[j] = s
            if s > best:
                second = best
                best = s
                which = j
            elif s > second:
                second = s
        heat = tau * (size if size > 0.0 else worth[i])
        if best - second > HARD * heat:
            total += best
            if which >= 0:
                o = first + which
                for p in range(use_start[o], use_start[o + 1]):
                    gradient[row[p]] -= use[p]
            continue
        weight = np.exp(-best / heat)
        for j in range(count):
            behind = (surplus[j] - best) / heat
            surplus[j] = np.exp(behind) if behind > -HARD else 0.0
            weight += surplus[j]
        total += best + heat * np.log(weight)
        number = 0
        for j in range(count):
            w = surplus[j] / weight
            if w < 1e-12:
                continue
            o = first + j
            for p in range(use_start[o], use_start[o + 1]):
                k = row[p]
                if not marked[k]:
                    marked[k] = True
                    touched[number] = k
                    number += 1
                mean[k] += w * use[p]
            if curved:
                factor = w / heat
                for p in range(use_start[o], use_start[o + 1]):
                    a = factor * use[p]
                    k = row[p]
                    for p2 in range(use_start[o], p):
                        hessian[k, row[p2]] += a * use[p2]
                    hessian[k, k] += a * use[p]
        for a1 in range(number):
            k = touched[a1]
            gradient[k] -= mean[k]
            if curved:
                b = mean[k] / heat
                for a2 in range(a1 + 1):
                    hessian[k, touched[a2]] -= b * mean[touched[a2]]
        for a1 in range(number):
            mean[touched[a1]] = 0.0
            marked[touched[a1]] = False
    if curved:  # each pair of rows was added once, on one side or the other
        for k in range(rows):
            for m in range(k):
                both = hessian[k, m] + hessian[m, k]
                hessian[k, m] = both
                hessian[m, k] = both
    return total


@compiled
def descend(
    hessian: Any, smooth: Any, price: Any, upper: Any, lower: Any, least: Any, most: Any, sweeps: int, step: Any
) -> float:
    """Minimise smooth·d + d'Hd/2 + support over prices in [least, most] by exact coordinate descent; return the decrease.

    upper, lower: slopes of the support above and below 0. `step` is set to d.
    """
    rows = len(price)
    push = smooth.copy()  # gradient of the quadratic part at the present step
    for k in range(rows):
        step[k] = 0.0
    for _ in range(sweeps):
        moved = 0.0
        for k in range(rows):
            h = hessian[k, k]
            if h <= 0.0:
                continue
            now = price[k] + step[k]
            line = push[k] - h * now
            if line + upper[k] < 0.0:
                new = -(line + upper[k]) / h
            elif line + lower[k] > 0.0:
                new = -(line + lower[k]) / h
            else:
                new = 0.0
            new = min(max(new, least[k]), most[k])
            change = new - now
            if change != 0.0:
                step[k] += change
                for m in range(rows):
                    push[m] += hessian[k, m] * change  # symmetric: along the row
                moved = max(moved, abs(change) * np.sqrt(h))
        if moved < 1e-9:
            break
    decrease = 0.0
    for k in range(rows):
        decrease -= 0.5 * (smooth[k] + push[k]) * step[k]
        new = price[k] + step[k]
        before = upper[k] * price[k] if price[k] > 0 else lower[k] * price[k]
        after = upper[k] * new if new > 0 else lower[k] * new
        decrease += before - after
    return decrease
