"""Prices: the smoothed dual on nested samples, then on the units near their threshold, each time checked by an exact pass.

Prices inside are scaled by the sizes of the rows. The samples are the units with the smallest tie numbers, so that the public
draw also fixes them and no seed of its own is needed.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.folding import loose_uses
from littlegiant.allocation.instance import NO_CEILING, NO_FLOOR, Floats, Instance, Ints, Loose
from littlegiant.allocation.passes import Pass, Workers, exact_pass, place_of
from littlegiant.allocation.smoothing import descend, smooth_pass

FIRST_SAMPLE = 4_000
LARGEST_SAMPLE = 64_000
SMALLER_SAMPLE = 16_000  # the largest one of problems of at most MOST_NEAR times two units, which are soon looked at in full
CORRECTIONS = 2
MOST_NEAR = 60_000
LEAST_NEAR = 20_000
_HEATS = (0.3, 0.1, 0.03, 0.01)
_SWEEPS = 300


@dataclass(frozen=True)
class Smooth:
    """Some units written out, their uses divided by the sizes of the rows; what the rows still hold for them."""

    part: Loose
    use: npt.NDArray[np.float32]
    worth: Floats
    upper: Floats
    lower: Floats
    least: Floats
    most: Floats

    def value(self, prices: Floats, heat: float, curved: bool, size: float = 0.0) -> tuple[float, Floats, Floats]:
        """Return F, the gradient of its smooth part and the Hessian at scaled prices."""
        gradient, hessian = np.zeros(len(prices)), np.zeros((len(prices), len(prices)) if curved else (1, 1))
        part = self.part
        total = smooth_pass(
            part.option_start, part.benefit, part.use_start, part.row, self.use, prices, self.worth, size, heat, gradient,
            hessian, curved,
        )  # fmt: skip
        total += float(np.where(prices > 0, self.upper * prices, self.lower * prices).sum())
        return total, gradient, hessian


def smooth_problem(instance: Instance, units: Ints, share: float, at: Pass | None = None, limit: float = np.inf) -> Smooth:
    """Return the smoothed problem of `units`, the rows cut to their share, less what all others use in the pass `at`."""
    part = instance.loosened(units)
    scale = instance.scale
    taken = np.zeros(len(instance.rows))
    if at is not None:
        own = np.zeros(len(instance.rows), np.int64)
        chosen = place_of(part.option_start, part.slot, at.choice[units])
        loose_uses(part.option_start, part.use_start, part.row, part.use, chosen, own)
        taken = (at.use - own).astype(np.float64)
    has_ceiling, has_floor = instance.ceiling < NO_CEILING, instance.floor > NO_FLOOR
    upper = np.where(has_ceiling, (instance.ceiling * share - taken) / scale, 0.0)
    lower = np.where(has_floor, (instance.floor * share - taken) / scale, 0.0)
    least, most = np.where(has_floor, -limit, 0.0), np.where(has_ceiling, limit, 0.0)
    use = (part.use / scale[part.row]).astype(np.float32)  # half the bytes; what prices are worth, an exact pass tells
    return Smooth(part, use, instance.worth[units].astype(np.float64), upper, lower, least, most)


def minimise(
    problem: Smooth, prices: Floats, heat: float, *, window: Floats | None = None, tolerance: float = 1e-3, steps: int = 60,
    size: float = 0.0,
) -> Floats:  # fmt: skip
    """Return prices near the least F at `heat`, by Newton's method within a trust region."""
    least, most = problem.least, problem.most
    if window is not None:
        least, most = np.maximum(least, prices - window), np.minimum(most, prices + window)
    radius, now = 1.0, prices
    value, gradient, hessian = problem.value(now, heat, True, size)
    step = np.zeros(len(prices))
    for _ in range(steps):
        level = max(float(np.abs(now).mean()), abs(value) / (10 * len(prices)), 1e-12)
        reach = radius * np.maximum(level, 0.3 * np.abs(now))
        ridge = hessian + np.diag(np.full(len(now), 1e-12 * max(1e-30, float(np.abs(np.diag(hessian)).max()))))
        low, high = np.maximum(least, now - reach), np.minimum(most, now + reach)
        predicted = descend(ridge, gradient, now, problem.upper, problem.lower, low, high, _SWEEPS, step)
        if predicted <= tolerance * heat * abs(value):
            break
        new = now + step
        new_value, new_gradient, new_hessian = problem.value(new, heat, True, size)
        ratio = (value - new_value) / predicted
        if ratio > 0.02:
            now, value, gradient, hessian = new, new_value, new_gradient, new_hessian
        radius = radius * 0.3 if ratio < 0.25 else min(4.0, radius * 2.5) if ratio > 0.7 else radius
        if radius < 1e-7:
            break
    return now


def sample_of(instance: Instance, count: int) -> Ints:
    """Return the `count` units with the smallest tie numbers, which is a random sample that the public draw fixes."""
    if count >= instance.units:
        return np.arange(instance.units, dtype=np.int64)
    return np.sort(np.argpartition(instance.tie, count)[:count]).astype(np.int64)


def sampled_prices(instance: Instance, *, threads: Workers = 1) -> Floats:
    """Return scaled prices from samples that grow fourfold while the heat halves, the last one set right by all units."""
    prices = np.zeros(len(instance.rows))
    n = instance.units
    count, heats = min(FIRST_SAMPLE, n), list(_HEATS)
    largest = SMALLER_SAMPLE if n <= 2 * MOST_NEAR else LARGEST_SAMPLE
    while True:
        problem = smooth_problem(instance, sample_of(instance, count), count / n)
        for heat in heats:
            prices = minimise(problem, prices, heat)
        if count == n:
            return prices
        if count == largest:
            return _corrected(instance, problem, prices, heats[-1] / 2, count / n, threads)
        count, heats = min(4 * count, n, largest), [heats[-1] / 2]


def _corrected(instance: Instance, problem: Smooth, prices: Floats, heat: float, share: float, threads: Workers) -> Floats:
    """Return prices at which the sample changes its use by what all units are found to use too much or too little.

    The sample then only foretells changes, and its chance errors in levels fall out.
    """
    least = np.inf
    best = prices
    for _ in range(CORRECTIONS):
        tried = exact_pass(instance, prices / instance.scale, threads=threads)
        if tried.bound >= least:
            break
        least, best = tried.bound, prices
        soft = -problem.value(prices, heat, False)[1]
        room = [np.where(np.abs(bound) < NO_CEILING, share * (bound - tried.use) / instance.scale + soft, 0.0)
                for bound in (instance.ceiling, instance.floor)]  # fmt: skip
        prices = minimise(replace(problem, upper=room[0], lower=room[1]), prices, heat, steps=8)
    else:
        best = prices
    return best


def refined(instance: Instance, prices: Floats, *, threads: Workers = 1, rounds: int = 4) -> Pass:
    """Return the best exact pass after rounds on the units nearest to their threshold; `prices` are scaled.

    The other units keep their choice, which holds while prices stay within a window; it widens while the decrease comes out
    as foreseen and narrows where it does not.
    """
    best = exact_pass(instance, prices / instance.scale, threads=threads)
    n = instance.units
    heat, width, count = 1e-3, 10.0, min(n, MOST_NEAR)
    for _ in range(rounds):
        closeness = best.lead / instance.worth
        near = np.argpartition(closeness, count - 1)[:count] if count < n else np.arange(n)
        near = np.sort(near).astype(np.int64)
        problem = smooth_problem(instance, near, 1.0, best)
        scaled = best.prices * instance.scale
        window = None
        if count < n:
            window = width * float(closeness[near].max()) * np.maximum(np.abs(scaled), 0.1 * float(np.abs(scaled).mean()))
        new = minimise(problem, scaled, heat, window=window, steps=8)
        tried = exact_pass(instance, new / instance.scale, threads=threads)
        gain = best.bound - tried.bound
        foreseen = problem.value(scaled, 1e-9, False)[0] - problem.value(new, 1e-9, False)[0]
        if gain > 0:
            best = tried
        if foreseen > 0:
            width = width * 0.3 if gain < 0.25 * foreseen else min(width * 2.5, 100.0) if gain > 0.7 * foreseen else width
        if gain <= 2e-6 * abs(best.bound):
            break
        heat = max(heat / 3, 1e-5)
        if gain <= 1e-5 * abs(best.bound):
            count = min(n, max(LEAST_NEAR, count // 3))
    return best
