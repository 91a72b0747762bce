"""How sure a selection is: the probability of each case in closed form, an audit of it by solving again, the lottery zone.

Benefits are noisy by a factor exp(σz - σ²/2), z normal, common to the packages of a case. At published prices a case is funded
when its best ratio of benefit to priced use exceeds 1, so that with θ that ratio

    p = Φ(ln θ / σ - σ / 2)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.instance import ABSENT, Floats
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.problem_of_call import CallProblem
from littlegiant.allocation.solving import Allocation, allocate
from littlegiant.ledger.drawing import uniforms

_GRID = np.linspace(-9.0, 9.0, 36_001)
_NORMAL = np.array([NormalDist().cdf(float(x)) for x in _GRID[::50]])
_NORMAL_GRID = _GRID[::50]


def normal_cdf(x: Floats) -> Floats:
    """Return Φ, to about 1e-5."""
    return np.asarray(np.interp(x, _NORMAL_GRID, _NORMAL), np.float64)


def selection_probability(theta: Floats, sigma: Floats) -> Floats:
    """Return the probability that each case is funded at the published prices; NaN without an option."""
    safe = np.maximum(sigma, 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(np.isposinf(theta), 9.0, np.log(np.maximum(theta, 1e-300)) / safe - safe / 2)
    return np.where(np.isnan(theta), np.nan, normal_cdf(np.clip(score, -9, 9)))


def sigma_of(score: Floats, low: Floats, high: Floats, weight: float | None, otherwise: float) -> Floats:
    """Return the spread of the logarithm of each benefit: that of its calibrated score, as far as the score weighs in it."""
    if weight is None or weight == 0:
        return np.full(len(score), otherwise)
    sd = (high - low) / (2 * 1.6448536269514722)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = weight * sd / score
    return np.where(np.isfinite(relative) & (relative > 0), relative, otherwise)


@dataclass(frozen=True)
class Audit:
    """frequency: by case, of being funded in `rounds` solves of noisy benefits; difference: mean and largest absolute difference
    from the closed form; package: how often each package went to each case, shape (cases, packages). holds: solves that found an
    allocation."""

    frequency: Floats
    package: Floats
    mean_difference: float
    largest_difference: float
    holds: int
    rounds: int


def noisy(table: OptionTable, sigma: Floats, draw: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the benefits of one draw, whole numbers of at least 1 where an option is offered."""
    z = np.random.Generator(np.random.Philox(key=[seed, draw])).standard_normal(table.count)
    factor = np.exp(sigma * z - sigma**2 / 2)[:, None]
    return np.where(table.benefit == ABSENT, ABSENT, np.maximum(np.rint(table.benefit * factor), 1)).astype(np.int64)


def audit(call: CallProblem, table: OptionTable, sigma: Floats, closed: Floats, *, rounds: int, seed: int) -> Audit:
    """Solve again with noisy benefits and compare; for rows with few winners the prices move and the closed form is rough."""
    counts = np.zeros((table.count, len(table.packages)))
    holds = 0
    for number in range(rounds):
        again = allocate(call.with_benefits(noisy(table, sigma, number, seed)), nodes=1)
        if again.chosen is None:
            continue
        holds += 1
        package = call.packages_of(again.chosen)
        won = np.flatnonzero(package >= 0)
        counts[won, package[won]] += 1
    frequency = counts.sum(axis=1) / max(1, holds)
    known = ~np.isnan(closed)
    gap = np.abs(frequency - closed)[known]
    return Audit(
        frequency, counts / max(1, holds), float(gap.mean()) if len(gap) else 0.0, float(gap.max(initial=0.0)), holds, rounds
    )


def zone(probability: Floats, alpha: float) -> npt.NDArray[np.bool_]:
    """Return the cases that are neither sure of an award nor sure of none."""
    return np.asarray((probability >= alpha) & (probability <= 1 - alpha), np.bool_)


@dataclass(frozen=True)
class Lottery:
    """allocation: with drawn benefits in the zone. in_zone: by case. drawn: benefits that the draw used, with `bonus` for sure
    winners, so that none of them gives way. lost: benefit, at the expected benefits, that drawing costs against the best
    allocation. propensity: by case, how often the same mechanism funded it in `rounds` simulated draws; what an evaluation
    weights by."""

    allocation: Allocation
    in_zone: npt.NDArray[np.bool_]
    drawn: npt.NDArray[np.int64]
    bonus: int
    lost: int
    propensity: Floats | None


def draw_lottery(
    call: CallProblem, table: OptionTable, best: Allocation, probability: Floats, sigma: Floats, *, alpha: float, seed: bytes,
    rounds: int = 0,
) -> Lottery:  # fmt: skip
    """Replace the benefits in the zone by one draw and solve again; sure cases keep their award, the others stay without.

    The draw comes from the seed committed before the deadline: normal numbers by case from its tickets.
    """
    inside = zone(probability, alpha)
    assert best.chosen is not None
    package = call.packages_of(best.chosen)
    first = _lottery_once(call, table, package, inside, sigma, _normals(seed, table.cases))
    if first.chosen is None:
        return Lottery(first, inside, table.benefit, 0, 0, None)
    won = call.packages_of(first.chosen)
    lost = _expected(table, package) - _expected(table, won)
    propensity = None
    if rounds:
        counts = np.zeros(table.count)
        for number in range(rounds):
            again = _lottery_once(call, table, package, inside, sigma, _normals(seed + number.to_bytes(4, "big"), table.cases))
            if again.chosen is not None:
                counts += call.packages_of(again.chosen) >= 0
        propensity = counts / rounds
    drawn = first_benefits(table, package, inside, sigma, _normals(seed, table.cases))
    return Lottery(first, inside, drawn, bonus_of(table), lost, propensity)


def _lottery_once(
    call: CallProblem, table: OptionTable, package: npt.NDArray[np.int32], inside: npt.NDArray[np.bool_], sigma: Floats, z: Floats
) -> Allocation:
    return allocate(call.with_benefits(first_benefits(table, package, inside, sigma, z)), nodes=1)


def first_benefits(
    table: OptionTable, package: npt.NDArray[np.int32], inside: npt.NDArray[np.bool_], sigma: Floats, z: Floats
) -> npt.NDArray[np.int64]:
    """Return drawn benefits in the zone; outside, winners keep their package, the others have no option."""
    factor = np.exp(sigma * z - sigma**2 / 2)[:, None]
    drawn = np.where(table.benefit == ABSENT, ABSENT, np.maximum(np.rint(table.benefit * factor), 1))
    result = np.full(table.benefit.shape, ABSENT, np.int64)
    result[inside] = drawn[inside].astype(np.int64)
    sure = np.flatnonzero(~inside & (package >= 0))
    result[sure, package[sure]] = table.benefit[sure, package[sure]] + bonus_of(table)
    return result


def bonus_of(table: OptionTable) -> int:
    """Return what lifts sure winners above everything that is drawn against them."""
    return int(table.benefit.max())


def _normals(seed: bytes, cases: Sequence[str]) -> Floats:
    u = uniforms(seed, cases)
    return np.array([NormalDist().inv_cdf(min(max(float(x), 1e-15), 1 - 1e-15)) for x in u])


def _expected(table: OptionTable, package: npt.NDArray[np.int32]) -> int:
    won = np.flatnonzero(package >= 0)
    return int(table.benefit[won, package[won]].sum())
