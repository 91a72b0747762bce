"""The core: units near their threshold, for which a linear problem is solved exactly while all others stay as they choose.

Units that are alike in every option stand in it once, with their number: on problems with standard sizes and stepped scores
ten thousands of units become some hundred blocks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.columns import option_entries
from littlegiant.allocation.folding import loose_uses
from littlegiant.allocation.highs import BASIC, LOWER, UPPER, Basis, Columns, solve_linear
from littlegiant.allocation.instance import NO_CEILING, NO_FLOOR, Choice, Floats, Instance, Ints, Loose, only, ranges
from littlegiant.allocation.passes import Pass, Workers, exact_pass, place_of

MEMBERS = 1_500  # units of the first core at least
NEAR_MEMBERS = 500  # and where prices of a neighbouring problem are known
WARM = 2_000  # blocks from which on a core goes on from where the last ended; smaller ones are soon solved anew
WIDTH = 0.03  # how far prices of a core may be from those of the pass at first, as a share
WIDEST = 1e6
MOST_JOINING = 2  # units that may join a core at once, in multiples of its members
WHOLE = 5_000  # units up to which the linear problem of all of them is solved where cores do not arrive at it
_SLOTS = 1 << 20  # more than a unit has options, so that unit and slot make one number
REACH = 8.0  # how far behind an option of the core may fall, in multiples of its largest lead


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


def core_of(instance: Instance, units: Ints, at: Pass, *, reach: float) -> Core:
    """Return the core of `units`; the others keep the choice of the pass.

    Options that fall behind the best by more than `reach` times the largest lead of the core, each measured by its unit's
    worth, are left out: the core's prices move by less, and the pass that follows would tell.
    """
    part = instance.loosened(units)
    chosen = place_of(part.option_start, part.slot, at.choice[units])
    own = np.zeros(len(instance.rows), np.int64)
    loose_uses(part.option_start, part.use_start, part.row, part.use, chosen, own)
    widest = float((at.lead[units] / instance.worth[units]).max(initial=0.0))
    edge = min(reach, 1e9) * widest * instance.worth[units].astype(np.float64)
    part = pruned(part, at.prices, edge) if np.isfinite(reach) else part
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
    options = np.flatnonzero(surplus >= (best - edge)[owner])
    return only(part, options, owner[options], len(part))


@dataclass(frozen=True)
class CoreSolution:
    """prices: by row and unit of it. value: benefit of what the core takes. taken: how much of each block's options, by option
    of the first members. held: rows whose price stands at a limit. unmet: whether some row is not met by what is taken."""

    prices: Floats
    value: float
    taken: Floats
    options: Ints
    held: npt.NDArray[np.bool_]
    unmet: bool
    ended: "Ended | None" = None


@dataclass(frozen=True)
class Ended:
    """Where the linear problem of a core ended: by option (its unit and slot) and by unit, for a core with other units.

    limit: of the columns that hold prices, over and under, by row.
    """

    option: dict[int, int]
    block: dict[int, int]
    limit: npt.NDArray[np.int8]
    row: npt.NDArray[np.int8]


def price_limits(instance: Instance, at: Pass, width: Floats | float) -> tuple[Floats, Floats]:
    """Return the least and the largest price of each row within `width` of the prices of a pass, as a share of them.

    Prices near 0 may move by as much as a tenth of the mean price would.
    """
    size = np.abs(at.prices * instance.scale)
    level = max(0.1 * float(size.mean()), 1e-3 * abs(at.bound) / len(size), 1e-9)
    reach = width * np.maximum(size, level) / instance.scale
    has_ceiling, has_floor = instance.ceiling < NO_CEILING, instance.floor > NO_FLOOR
    least, most = at.prices - reach, at.prices + reach
    return np.where(has_floor, least, np.maximum(least, 0.0)), np.where(has_ceiling, most, np.minimum(most, 0.0))


def solve_core(
    instance: Instance, core: Core, least: Floats, most: Floats, *, begin: "Ended | None" = None, choice: Choice | None = None
) -> CoreSolution:
    """Solve the linear problem of the core with prices held between `least` and `most`.

    begin: where the problem of a similar core ended; `choice`: what units that were outside of it did, by unit.
    A price at its most leaves its row unmet, one at its least leaves room that nobody takes: two columns a row stand for that.
    """
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
    # Columns: options, each with its rows and, where the block has several, the row of the block; then the limits of prices.
    start, row, value = option_entries(part, options, scale, np.where(shared, number, -1)[owner])
    over, under = np.flatnonzero(has_ceiling | (most < 0)), np.flatnonzero(has_floor | (least > 0))
    limits = np.concatenate([over, under])
    problem = Columns(
        np.concatenate([part.benefit[options].astype(np.float64), -(most * scale)[over], (least * scale)[under]]),
        np.concatenate([core.count[owner].astype(np.float64), np.full(len(limits), np.inf)]),
        np.concatenate([start, start[-1] + np.arange(1, len(limits) + 1)]),
        np.concatenate([row, limits]),
        np.concatenate([value, np.full(len(over), -1.0), np.full(len(under), 1.0)]),
        np.concatenate([lower, np.full(int(shared.sum()), -np.inf)]),
        np.concatenate([upper, core.count[shared].astype(np.float64)]),
    )
    member = core.units[core.first]
    keys = (member[owner] * _SLOTS + part.slot[options]).tolist()
    blocks, sides = member[shared].tolist(), np.concatenate([over, m + under])
    guess, many = None, len(core.first) >= WARM
    if many and begin is not None and choice is not None:
        guess = _guess(begin, keys, blocks, sides, choice[member[owner]] == part.slot[options])
    solved = solve_linear(problem, begin=guess, keep=many)
    taken = solved.x[: len(options)]
    prices = solved.duals[:m] / scale
    prices = np.where((prices > 0) & ~has_ceiling | (prices < 0) & ~has_floor, 0.0, prices)  # noise of the solver
    use = np.bincount(part.row[places], np.repeat(taken, lengths) * part.use[places] / scale[part.row[places]], m)
    held = np.zeros(m, np.bool_)
    held[limits[solved.x[len(options) :] > 1e-9]] = True
    unmet = bool(((use > upper + 1e-6) | (use < lower - 1e-6)).any())
    gained = float(part.benefit[options] @ taken)
    ended = None if solved.basis is None else _ended(solved.basis, keys, blocks, sides, m)
    return CoreSolution(prices, gained, taken, options, held, unmet, ended)


def _ended(basis: Basis, keys: list[int], blocks: list[int], sides: Ints, m: int) -> Ended:
    limit = np.full(2 * m, LOWER, np.int8)
    limit[sides] = basis.column[len(keys) :]
    option = dict(zip(keys, basis.column[: len(keys)].tolist(), strict=True))
    return Ended(option, dict(zip(blocks, basis.row[m:].tolist(), strict=True)), limit, basis.row[:m])


def _guess(begin: Ended, keys: list[int], blocks: list[int], sides: Ints, taken: npt.NDArray[np.bool_]) -> Basis:
    """Return the basis from which a core goes on: units that have joined keep what they had, with a row that is basic."""
    other = np.where(taken, UPPER, LOWER).tolist()
    column = [begin.option.get(key, rest) for key, rest in zip(keys, other, strict=True)]
    row = [begin.block.get(block, BASIC) for block in blocks]
    return Basis(
        np.concatenate([np.array(column, np.int8), begin.limit[sides]]), np.concatenate([begin.row, np.array(row, np.int8)])
    )


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


def polish(instance: Instance, at: Pass, *, threads: Workers = 1, rounds: int = 30, members: int = MEMBERS) -> Vertex:
    """Return the vertex that cores of growing size arrive at from the prices of a pass.

    members: least number of units to begin with. Prices stay near those of the last good pass, so that few units outside of the
    core would choose otherwise; those who would join the core. Prices that end at a limit get more room the next time.
    """
    n, m = instance.units, len(instance.rows)
    count = min(n, max(members, 6 * m))
    best, units, width = at, nearest(instance, at, count), np.full(m, WIDTH)
    begin: Ended | None = None
    for _ in range(rounds):
        core = core_of(instance, units, best, reach=REACH)
        limits = price_limits(instance, best, 1e4 if len(units) == n else width)
        solution = solve_core(instance, core, *limits, begin=begin, choice=best.choice)
        begin = solution.ended
        tried = exact_pass(instance, solution.prices, threads=threads)
        whole = _frozen_value(instance, core, best) + solution.value
        proved = not solution.unmet and tried.bound - whole <= 1e-9 * max(1.0, abs(whole))
        better = tried.bound < best.bound
        vertex = Vertex(tried if better or proved else best, best, core, solution, proved)
        if proved or len(units) == n or float(width.max()) > WIDEST:
            break
        joining = np.setdiff1d(np.flatnonzero(tried.choice != best.choice), units, assume_unique=True)
        if len(joining) > MOST_JOINING * len(units):
            width /= 4
        else:
            units = np.union1d(units, joining)
            width[solution.held] *= 8
        if better:
            best = tried
            units = np.union1d(units, nearest(instance, best, count))
    if not vertex.proved and n <= WHOLE:
        vertex = _of_everybody(instance, best, threads)
    return vertex


def _of_everybody(instance: Instance, at: Pass, threads: Workers) -> Vertex:
    """Return the vertex of the linear problem of all units and options, prices hardly held."""
    core = core_of(instance, np.arange(instance.units, dtype=np.int64), at, reach=np.inf)
    vertex, begin = None, None
    for width in (30.0, 1e3, 1e5):  # wide limits cost the solver digits
        solution = solve_core(instance, core, *price_limits(instance, at, width), begin=begin, choice=at.choice)
        begin = solution.ended
        tried = exact_pass(instance, solution.prices, threads=threads)
        proved = not solution.unmet and tried.bound - solution.value <= 1e-9 * max(1.0, abs(solution.value))
        better = tried.bound < (at if vertex is None else vertex.at).bound
        if vertex is None or proved or better:
            vertex = Vertex(tried if proved or better else at, at, core, solution, proved)
        if proved:
            break
    assert vertex is not None
    return vertex


def _frozen_value(instance: Instance, core: Core, at: Pass) -> float:
    chosen = at.choice.copy()
    chosen[core.units] = -1
    return float(instance.value(chosen))
