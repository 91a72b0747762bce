"""The core: units near their threshold, for which a linear problem is solved exactly while all others stay as they choose.

Units that are alike in every option stand in it once, with their number: on problems with standard sizes and stepped scores
ten thousands of units become some hundred blocks.
"""

from dataclasses import dataclass

import numpy as np

from littlegiant.allocation.folding import loose_uses
from littlegiant.allocation.highs import Columns, Solved, solve_linear
from littlegiant.allocation.instance import NO_CEILING, NO_FLOOR, Floats, Instance, Ints, Loose, ranges, starts
from littlegiant.allocation.passes import Pass, exact_pass, place_of

ELASTIC = 20.0  # price, in multiples of the largest one, at which a core may leave a row unmet


@dataclass(frozen=True)
class Core:
    """units: the members, each once. block: of each member. first: a member of each block. count: members of each block.
    frozen: what all other units use."""

    units: Ints
    part: Loose
    block: Ints
    first: Ints
    count: Ints
    frozen: Ints


def nearest(instance: Instance, at: Pass, count: int) -> Ints:
    """Return the units of smallest lead by their largest benefit, `count` of them and all that tie with the last."""
    closeness = at.lead / instance.worth
    if count >= len(closeness):
        return np.arange(len(closeness), dtype=np.int64)
    edge = np.partition(closeness, count)[count]
    return np.flatnonzero(closeness <= max(edge, 1e-12)).astype(np.int64)


def core_of(instance: Instance, units: Ints, at: Pass, *, reach: float = 8.0) -> Core:
    """Return the core of `units`; the others keep the choice of the pass.

    Options that fall behind the best by more than `reach` times the largest lead of the core, each measured by its unit's
    worth, are left out: the core's prices move by less, and the pass that follows would tell.
    """
    part = instance.loosened(units)
    chosen = place_of(part.option_start, part.slot, at.choice[units])
    own = np.zeros(len(instance.rows), np.int64)
    loose_uses(part.option_start, part.use_start, part.row, part.use, chosen, own)
    widest = float((at.lead[units] / instance.worth[units]).max(initial=0.0))
    edge = reach * widest * instance.worth[units].astype(np.float64)
    part = pruned(part, at.prices, edge)
    seen: dict[bytes, int] = {}
    block = np.empty(len(units), np.int64)
    first: list[int] = []
    lengths = np.diff(part.use_start)
    columns = (part.benefit, part.slot, lengths)
    for u in range(len(units)):
        a, b = part.option_start[u], part.option_start[u + 1]
        p, q = part.use_start[a], part.use_start[b]
        key = b"".join([*(column[a:b].tobytes() for column in columns), part.row[p:q].tobytes(), part.use[p:q].tobytes()])
        number = seen.setdefault(key, len(seen))
        if number == len(first):
            first.append(u)
        block[u] = number
    return Core(units, part, block, np.array(first, np.int64), np.bincount(block, minlength=len(first)), at.use - own)


def surpluses(part: Loose, prices: Floats) -> Floats:
    """Return benefit less priced uses of every option."""
    if not len(part.benefit):
        return np.zeros(0)
    cost = np.add.reduceat(np.append(part.use * prices[part.row], 0.0), part.use_start[:-1])
    return np.asarray(part.benefit - np.where(np.diff(part.use_start) > 0, cost, 0.0), np.float64)


def pruned(part: Loose, prices: Floats, edge: Floats) -> Loose:
    """Return the options whose surplus lies within `edge` (by unit) of the unit's best."""
    surplus = surpluses(part, prices)
    owner = np.repeat(np.arange(len(part)), np.diff(part.option_start))
    best = np.zeros(len(part))
    np.maximum.at(best, owner, surplus)
    kept = surplus >= (best - edge)[owner]
    options = np.flatnonzero(kept)
    places = ranges(part.use_start[options], part.use_start[options + 1])
    return Loose(
        starts(np.bincount(owner[kept], minlength=len(part)).astype(np.int64)),
        part.benefit[options],
        starts(part.use_start[options + 1] - part.use_start[options]),
        part.row[places],
        part.use[places],
        part.slot[options],
    )


@dataclass(frozen=True)
class CoreSolution:
    """prices: by row and unit of it. value: of the core's linear problem. share: how much of each block's options is taken,
    by option of the first members. unmet: whether some row could not be met by the core."""

    prices: Floats
    value: float
    taken: Floats
    options: Ints
    unmet: bool


def solve_core(instance: Instance, core: Core, prices: Floats) -> CoreSolution:
    """Solve the linear problem of the core; rows that it cannot meet are left open at a high price."""
    part, m = core.part, len(instance.rows)
    options = ranges(part.option_start[core.first], part.option_start[core.first + 1])
    widths = part.option_start[core.first + 1] - part.option_start[core.first]
    owner = np.repeat(np.arange(len(core.first)), widths)
    lengths = part.use_start[options + 1] - part.use_start[options]
    places = ranges(part.use_start[options], part.use_start[options + 1])
    shared = widths > 1  # a unit with one option needs no row of its own
    number = np.cumsum(shared) - 1 + m
    has_ceiling, has_floor = instance.ceiling < NO_CEILING, instance.floor > NO_FLOOR
    scale = np.ones(m)  # rows in units of their largest use, so that entries are of one size
    np.maximum.at(scale, part.row[places], np.abs(part.use[places]).astype(np.float64))
    upper = np.where(has_ceiling, (instance.ceiling - core.frozen) / scale, np.inf)
    lower = np.where(has_floor, (instance.floor - core.frozen) / scale, -np.inf)
    # Columns: options, each with its rows and, where the block has several, the row of the block; then what leaves rows open.
    mark = shared[owner].astype(np.int64)
    start = starts(lengths + mark)
    row, value = np.empty(start[-1], np.int64), np.empty(start[-1])
    inside = ranges(start[:-1], start[:-1] + lengths)
    row[inside], value[inside] = part.row[places], part.use[places] / scale[part.row[places]]
    last = start[1:][mark == 1] - 1
    row[last], value[last] = number[owner[mark == 1]], 1.0
    over, under = np.flatnonzero(has_ceiling), np.flatnonzero(has_floor)
    elastic = np.concatenate([over, under])
    # A unit of a row costs more than any price seen for it, and than the best option that uses it.
    penalty = ELASTIC * np.maximum(np.abs(prices) * scale, float(part.benefit[options].max(initial=1)) / ELASTIC)
    problem = Columns(
        np.concatenate([part.benefit[options].astype(np.float64), -penalty[elastic]]),
        np.concatenate([core.count[owner].astype(np.float64), np.full(len(elastic), np.inf)]),
        np.concatenate([start, start[-1] + np.arange(1, len(elastic) + 1)]),
        np.concatenate([row, elastic]),
        np.concatenate([value, np.full(len(over), -1.0), np.full(len(under), 1.0)]),
        np.concatenate([lower, np.full(int(shared.sum()), -np.inf)]),
        np.concatenate([upper, core.count[shared].astype(np.float64)]),
    )
    solved: Solved = solve_linear(problem)
    taken = solved.x[: len(options)]
    prices = solved.duals[:m] / scale
    prices = np.where((prices > 0) & ~has_ceiling | (prices < 0) & ~has_floor, 0.0, prices)  # noise of the solver
    return CoreSolution(prices, solved.value, taken, options, bool((solved.x[len(options) :] > 1e-9).any()))


@dataclass(frozen=True)
class Vertex:
    """An optimum of the linear relaxation, as far as the core reached: the pass at its prices, the core and its solution.

    base: the pass whose choices the units outside of the core keep. proved: no allocation in parts is worth more.
    """

    at: Pass
    base: Pass
    core: Core
    solution: CoreSolution
    proved: bool


def polish(instance: Instance, at: Pass, *, threads: int = 1, rounds: int = 8) -> Vertex:
    """Return the vertex that cores of growing size arrive at from the prices of a pass."""
    n = instance.units
    count = max(1500, 15 * len(instance.rows))
    best, units, vertex = at, nearest(instance, at, min(count, n)), None
    for _ in range(rounds):
        core = core_of(instance, units, best)
        solution = solve_core(instance, core, best.prices)
        tried = exact_pass(instance, solution.prices, threads=threads)
        whole = _frozen_value(instance, core, best) + solution.value
        proved = not solution.unmet and tried.bound - whole <= 1e-9 * max(1.0, abs(whole))
        better = tried.bound < best.bound
        vertex = Vertex(tried if better or proved else best, best, core, solution, proved)
        if proved or (len(units) == n and better):
            break
        if better and not solution.unmet:
            moved = np.flatnonzero(tried.choice != best.choice)
            units = np.union1d(np.union1d(units, moved), nearest(instance, tried, min(count, n)))
            best = tried
        else:
            count = min(n, (4 if solution.unmet else 2) * count)
            units = nearest(instance, best, count)
    assert vertex is not None
    return vertex


def _frozen_value(instance: Instance, core: Core, at: Pass) -> float:
    chosen = at.choice.copy()
    chosen[core.units] = -1
    return float(instance.value(chosen))
