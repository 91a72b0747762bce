"""Rows that cannot all be met: a proof in exact numbers, a smallest conflict, and the least that would have to give.

With all benefits 0 and prices p, the bound of the certificate is an upper bound on 0, the value of every allocation; where it
comes out below 0, there is none, not even in parts (Farkas). A conflict is found by leaving out one bound after the other and
keeping it out only where what remains is still proved impossible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from littlegiant.allocation.building import presolved, without_benefits
from littlegiant.allocation.certificate import certify, dyadic
from littlegiant.allocation.columns import option_entries
from littlegiant.allocation.dual import minimise, sample_of, smooth_problem
from littlegiant.allocation.highs import Columns, solve_linear
from littlegiant.allocation.instance import NO_CEILING, NO_FLOOR, Floats, Instance, Row
from littlegiant.allocation.passes import exact_pass

DIRECT = 20_000  # units up to which one linear problem sees everybody
Bound = tuple[int, str]  # row number, and floor or ceiling


@dataclass(frozen=True)
class Conflict:
    """bounds: rows and sides that cannot all hold; irreducible where each probe was conclusive. relaxation: row and side to
    how much it would have to give, in the row's unit, so that an allocation in parts exists; the least in sum, each row
    measured by its size."""

    bounds: tuple[Bound, ...]
    irreducible: bool
    relaxation: Mapping[Bound, int]


def impossible(instance: Instance) -> bool:
    """Say whether it is proved, in exact numbers, that no allocation meets the rows, not even in parts of options that fit."""
    bare = without_benefits(presolved(instance)[0])
    prices = _farkas(bare)
    nobody = np.full(bare.units, -1, np.int32)
    return certify(bare, dyadic(bare, prices), nobody).bound < 0


def conflict(instance: Instance, order: Sequence[Bound] | None = None) -> Conflict | None:
    """Return a conflict of an impossible instance, None for one that is not proved impossible.

    order: in which bounds are tried; the first are the first to be left out.
    """
    if not impossible(instance):
        return None
    prices = _farkas(without_benefits(presolved(instance)[0]))
    every = [(k, side) for k, row in enumerate(instance.rows) for side in ("floor", "ceiling") if getattr(row, side) is not None]
    # Bounds without a price in the proof are not needed for it, once the proof is exact.
    needed = [(k, side) for k, side in every if (prices[k] < 0 and side == "floor") or (prices[k] > 0 and side == "ceiling")]
    kept = needed if impossible(_only(instance, needed)) else every
    for bound in order or tuple(kept):
        if bound in kept:
            fewer = [each for each in kept if each != bound]
            if impossible(_only(instance, fewer)):
                kept = fewer
    irreducible = instance.units <= DIRECT
    return Conflict(tuple(kept), irreducible, _relaxation(instance) if irreducible else {})


def _only(instance: Instance, bounds: Sequence[Bound]) -> Instance:
    """Return the instance with only these bounds; rows keep their numbers."""
    rows = [
        Row(row.id, row.floor if (k, "floor") in bounds else None, row.ceiling if (k, "ceiling") in bounds else None, row.unit)
        for k, row in enumerate(instance.rows)
    ]
    return replace(instance, rows=tuple(rows))


def _farkas(bare: Instance) -> Floats:
    """Return prices between -1 and 1 of the size of a row that push the bound as far below 0 as they can."""
    if bare.units <= DIRECT:
        return _elastic(bare)[0]
    n = bare.units
    prices = np.zeros(len(bare.rows))
    heat = 0.3
    for count in (4_000, 16_000, 64_000):
        units = sample_of(bare, min(count, n))
        problem = smooth_problem(bare, units, len(units) / n, limit=1.0)
        size = float(np.abs(problem.use).mean()) if len(problem.use) else 1.0
        for _ in range(3):
            prices = minimise(problem, prices, heat, size=size)
            heat /= 3
    best = exact_pass(bare, prices / bare.scale)
    return best.prices


def _elastic(bare: Instance) -> tuple[Floats, Floats, Floats]:
    """Return prices, and how far each row gives above its ceiling and below its floor, in its unit, least in shares."""
    part, m = bare.loosened(np.arange(bare.units, dtype=np.int64)), len(bare.rows)
    scale = bare.scale
    options = len(part.benefit)
    owner = np.repeat(np.arange(len(part)), np.diff(part.option_start))
    start, row, value = option_entries(part, np.arange(options, dtype=np.int64), scale, m + owner)
    has_ceiling, has_floor = bare.ceiling < NO_CEILING, bare.floor > NO_FLOOR
    over, under = np.flatnonzero(has_ceiling), np.flatnonzero(has_floor)
    elastic = np.concatenate([over, under])
    problem = Columns(
        np.concatenate([np.zeros(options), np.full(len(elastic), -1.0)]),
        np.concatenate([np.ones(options), np.full(len(elastic), np.inf)]),
        np.concatenate([start, start[-1] + np.arange(1, len(elastic) + 1)]),
        np.concatenate([row, elastic]),
        np.concatenate([value, np.full(len(over), -1.0), np.full(len(under), 1.0)]),
        np.concatenate([np.where(has_floor, bare.floor / scale, -np.inf), np.full(len(part), -np.inf)]),
        np.concatenate([np.where(has_ceiling, bare.ceiling / scale, np.inf), np.ones(len(part))]),
    )
    solved = solve_linear(problem)
    above, below = np.zeros(m), np.zeros(m)
    above[over] = solved.x[options : options + len(over)] * scale[over]
    below[under] = solved.x[options + len(over) :] * scale[under]
    return solved.duals[:m] / scale, above, below


def _relaxation(instance: Instance) -> dict[Bound, int]:
    _, above, below = _elastic(without_benefits(presolved(instance)[0]))
    found: dict[Bound, int] = {}
    for k in range(len(instance.rows)):
        for side, amount in (("ceiling", above[k]), ("floor", below[k])):
            if amount > 1e-6:
                found[(k, side)] = int(np.ceil(amount - 1e-6))
    return found
