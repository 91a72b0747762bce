"""Rows that leave no room at all: met to the last unit by a few moves of small regret, before the search for the other rows.

Rows over the same units – the years, instruments and co-finance of one region – act on few numbers, the totals of measures.
Where their floors and ceilings meet in a point or a line, whole options meet them only if sums of amounts come out exactly, to
the thousandth. Moves one after the other never arrive there; sums of two pairs of moves, looked up in sorted lists, do.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.highs import Columns, solve_linear
from littlegiant.allocation.instance import NO_CEILING, NO_FLOOR, Choice, Factored, Floats, Instance, Ints, starts
from littlegiant.allocation.passes import Pass
from littlegiant.allocation.rounding import searchable

NO_ROOM = 0.01  # of the largest use of an option: room up to which a row counts as leaving none
POOL = 3_000  # units nearest to their threshold whose moves are looked at
MOVES = (64, 128, 256, 512, 1024)  # moves of least regret whose sums are looked at, until one meets all rows
MOST_SUMS = 1_000_000
ENOUGH = 24  # moves that touch nothing already met, from which on a total is met by itself
_HASH = 0x9E3779B97F4A7C15  # its powers tell apart the changes of several totals in one number


@dataclass(frozen=True)
class Block:
    """Rows over the same cells that count each measure alike in all of them: use of row k = weight[k] · totals of measures.

    size: the largest use that an option makes of each row.
    """

    rows: Ints
    cells: Ints
    weight: Ints
    size: Floats


@dataclass(frozen=True)
class Exact:
    """What the rows of a block demand exactly: demand · totals = total. Then every row is rest · totals, which `demand` does
    not touch in its pivots, between floor and ceiling."""

    demand: Ints
    total: Ints
    rest: Floats
    floor: Floats
    ceiling: Floats


@dataclass(frozen=True)
class Moves:
    """Other options of the units nearest to their threshold, least regret first; the first move changes nothing."""

    unit: Ints
    slot: Choice
    regret: Floats
    change: Ints  # of the totals of measures, by move


def met_exactly(instance: Instance, at: Pass, choice: Choice) -> tuple[Choice, npt.NDArray[np.bool_]]:
    """Return the choice with rows met that leave no room, and the units by which they are, which then should not move."""
    held = np.zeros(instance.units, np.bool_)
    f = instance.factored
    for block in _blocks(instance) if f is not None else []:
        exact = _demands(instance, block)
        if exact is None or f is None:
            continue
        inside = np.zeros(f.cells, np.bool_)
        inside[block.cells] = True
        own = np.flatnonzero(inside[f.cell])
        if 2 * len(own) > instance.units:
            continue
        found = _met(instance, f, at, exact, choice, own[~held[own]], _totals(f, own, choice))
        if found is not None:
            choice = found
            held[own] = True
    return choice, held


def _blocks(instance: Instance) -> list[Block]:
    """Return the rows of factored units in blocks, as far as they count alike in all cells that they are about."""
    f, m = instance.factored, len(instance.rows)
    assert f is not None
    weight = np.zeros((f.cells, f.measures), np.int64)
    largest = _largest_amounts(f)
    mixed = np.zeros(m, np.bool_)
    if instance.loose is not None:
        mixed[np.unique(instance.loose.row)] = True
    cells = np.repeat(np.arange(f.cells), np.diff(f.entry_start))
    order = np.argsort(f.entry_row, kind="stable")
    edges = starts(np.bincount(f.entry_row, minlength=m).astype(np.int64))
    groups: dict[bytes, tuple[Ints, list[int], list[Ints]]] = {}
    for k in np.flatnonzero(~mixed):
        entries = order[edges[k] : edges[k + 1]]
        about = np.unique(cells[entries])
        weight[about] = 0
        np.add.at(weight, (cells[entries], f.entry_measure[entries]), f.entry_weight[entries])
        if not len(about) or (weight[about] != weight[about[0]]).any():
            continue
        own = groups.setdefault(about.tobytes(), (about, [], []))
        own[1].append(int(k))
        own[2].append(weight[about[0]].copy())
    made = []
    for about, rows, weights in groups.values():
        matrix = np.array(weights)
        made.append(
            Block(np.array(rows), about, matrix, np.maximum((np.abs(matrix) * largest).max(axis=1), 1).astype(np.float64))
        )
    return made


def _largest_amounts(f: Factored) -> Ints:
    """Return the largest amount of each measure in any slot."""
    largest = np.zeros(f.measures, np.int64)
    np.maximum.at(largest, f.slot_measure, f.amount.max(axis=1, initial=0).astype(np.int64))
    return largest


def _demands(instance: Instance, block: Block) -> Exact | None:
    """Return what the rows of a block demand exactly, if they demand anything."""
    floor, ceiling = instance.floor[block.rows], instance.ceiling[block.rows]
    sided = [(sign, np.flatnonzero(has)) for sign, has in ((1, ceiling < NO_CEILING), (-1, floor > NO_FLOOR))]
    at = np.concatenate([rows for _, rows in sided])
    sign = np.concatenate([np.full(len(rows), side) for side, rows in sided])
    limit = np.where(sign > 0, ceiling[at], -floor[at])
    side = block.weight[at] * sign[:, None] / block.size[at][:, None]
    scaled = limit / block.size[at]
    if len(at) < 2 or _most(np.append(np.zeros(block.weight.shape[1]), 1.0), np.c_[side, np.ones(len(at))], scaled) > NO_ROOM:
        return None
    bound = [Fraction(int(limit[n] * sign[n])) for n in range(len(at))]
    tight = [n for n in range(len(at)) if scaled[n] + _most(-side[n], side, scaled) <= NO_ROOM]
    return _reduced(block.weight, [(block.weight[at[n]], bound[n]) for n in tight], floor, ceiling)


def _most(cost: Floats, side: Floats, limit: Floats) -> float:
    """Return the most of cost · x where side · x ≤ limit and x ≥ 0."""
    rows, columns = side.shape
    start, row = np.arange(columns + 1) * rows, np.tile(np.arange(rows), columns)
    upper = np.full(columns, 1e12)
    return solve_linear(Columns(cost, upper, start, row, side.T.ravel(), np.full(rows, -np.inf), limit)).value


def _reduced(weight: Ints, equal: list[tuple[Ints, Fraction]], floor: Ints, ceiling: Ints) -> Exact | None:
    """Return demands in echelon form, each in whole numbers, and all rows cleared of the measures of their pivots."""
    basis: list[list[Fraction]] = []
    pivots: list[int] = []
    for coefficients, bound in equal:
        line = [Fraction(int(each)) for each in coefficients] + [bound]
        for own, pivot in zip(basis, pivots, strict=True):
            line = [a - line[pivot] * b for a, b in zip(line, own, strict=True)]
        pivot = next((q for q, each in enumerate(line[:-1]) if each), -1)
        if pivot < 0:
            continue  # follows from the others, or differs from them by what counts as no room
        line = [each / line[pivot] for each in line]
        basis = [[a - own[pivot] * b for a, b in zip(own, line, strict=True)] for own in basis] + [line]
        pivots.append(pivot)
    factors = [lcm(*(each.denominator for each in line[:-1])) for line in basis]
    whole = [[each * factor for each in line] for line, factor in zip(basis, factors, strict=True)]
    if not whole or any(line[-1].denominator != 1 for line in whole):
        return None
    reduced = np.array([[float(each) for each in line] for line in basis])
    by_pivot = weight[:, pivots].astype(np.float64)
    rest = weight - by_pivot @ reduced[:, :-1]
    rest[np.abs(rest) < 1e-9] = 0.0
    known = by_pivot @ reduced[:, -1]
    numbers = np.array([[int(each) for each in line] for line in whole], np.int64)
    low, high = np.where(floor > NO_FLOOR, floor - known, -np.inf), np.where(ceiling < NO_CEILING, ceiling - known, np.inf)
    return Exact(numbers[:, :-1], numbers[:, -1], rest, low, high)


def _totals(f: Factored, units: Ints, choice: Choice) -> Ints:
    """Return the totals of measures of what `units` choose."""
    return np.asarray(_amounts(f, units, choice[units]).sum(axis=0))


def _amounts(f: Factored, units: Ints, slots: Choice) -> Ints:
    """Return for each unit the amounts of measures of its slot, -1 for nothing."""
    amounts = np.zeros((len(units), f.measures), np.int64)
    for t in range(len(f.slot_start) - 1):
        own = np.flatnonzero(slots == t)
        for r in range(int(f.slot_start[t]), int(f.slot_start[t + 1])):
            amounts[own, f.slot_measure[r]] += f.amount[r, units[own]]
    return amounts


def _moves(instance: Instance, f: Factored, at: Pass, choice: Choice, units: Ints) -> Moves:
    """Return the moves of the units of `units` nearest to their threshold."""
    near = np.sort(units[np.argsort(at.lead[units], kind="stable")[:POOL]])
    search = searchable(instance, near, at.prices, choice, np.inf)
    width = np.diff(search.part.option_start)
    owner = np.repeat(np.arange(len(near)), width)
    stands = search.part.option_start[:-1] + search.current
    regret = search.regret - search.regret[stands][owner]
    other = np.setdiff1d(np.argsort(regret, kind="stable"), stands)
    other = other[np.argsort(regret[other], kind="stable")]
    unit, slot = near[owner[other]], search.part.slot[other]
    change = _amounts(f, unit, slot) - _amounts(f, unit, choice[unit])
    change = np.concatenate([np.zeros((1, f.measures), np.int64), change])
    return Moves(np.append(-1, unit), np.append(np.int32(-1), slot), np.append(0.0, regret[other]), change)


def _met(
    instance: Instance, f: Factored, at: Pass, exact: Exact, choice: Choice, units: Ints, totals: Ints
) -> Choice | None:  # fmt: skip
    """Return the choice with the demands met, one after the other, or None."""
    moves = _moves(instance, f, at, choice, units)
    choice = choice.copy()
    touches = moves.change @ exact.demand.T != 0
    used = np.zeros(0, np.int64)
    for aims, kept in _stages(touches):
        allowed = touches[:, aims].any(axis=1) & ~touches[:, kept].any(axis=1) & ~np.isin(moves.unit, used)
        allowed[0] = True
        taken = _sum_of(moves, exact, np.flatnonzero(allowed), aims, totals)
        if taken is None:
            return None
        choice[moves.unit[taken]] = moves.slot[taken]
        totals = totals + moves.change[taken].sum(axis=0)
        used = np.append(used, moves.unit[taken])
    rest = exact.rest @ totals
    fits = (rest >= exact.floor - 0.01).all() and (rest <= exact.ceiling + 0.01).all()
    return choice if fits else None


def _stages(touches: npt.NDArray[np.bool_]) -> list[tuple[list[int], list[int]]]:
    """Return which demands to meet one after the other, and with each those met before, which its moves must not touch.

    From the end: the last is one that many moves touch alone. Demands for which there are none are met first and together.
    """
    left = list(range(touches.shape[1]))
    stages: list[tuple[list[int], list[int]]] = []
    while left:
        counts = [int((touches[:, d] & ~touches[:, [e for e in left if e != d]].any(axis=1)).sum()) for d in left]
        best = int(np.argmax(counts))
        aims = [left[best]] if counts[best] >= ENOUGH else list(left)
        left = [d for d in left if d not in aims]
        stages.append((aims, list(left)))
    return stages[::-1]


def _sum_of(moves: Moves, exact: Exact, allowed: Ints, aims: list[int], totals: Ints) -> Ints | None:
    """Return up to four moves that meet the demands `aims`, of the least regret where the other rows hold, or None."""
    target = exact.total[aims] - exact.demand[aims] @ totals
    best = None
    for count in MOVES:
        pool = allowed[:count]
        change = moves.change[pool]
        a, b = np.triu_indices(len(pool))
        distinct = (moves.unit[pool[a]] != moves.unit[pool[b]]) | (a == 0)
        a, b = a[distinct], b[distinct]
        factors = np.cumprod(np.full(len(aims), _HASH, np.uint64))
        key = ((change @ exact.demand[aims].T).astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
        pair = key[a] + key[b]
        order = np.argsort(pair, kind="stable")
        wanted = (target.astype(np.uint64) * factors).sum(dtype=np.uint64) - pair
        first, beyond = (np.searchsorted(pair[order], wanted, side=side) for side in ("left", "right"))
        hits = beyond - first
        beyond = np.where(np.cumsum(hits) > MOST_SUMS, first, beyond)
        one = np.repeat(np.arange(len(a)), beyond - first)
        two = order[np.repeat(first, beyond - first) + _within(beyond - first)]
        sums = np.stack([a[one], b[one], a[two], b[two]], axis=1)
        chosen = _best_of(moves, exact, pool, sums, totals)
        if chosen is not None:
            best, holds = chosen
            if holds:
                return best
        if count >= len(allowed):
            break
    return best


def _within(lengths: Ints) -> Ints:
    return np.arange(int(lengths.sum()), dtype=np.int64) - np.repeat(starts(lengths)[:-1], lengths)


def _best_of(moves: Moves, exact: Exact, pool: Ints, sums: Ints, totals: Ints) -> tuple[Ints, bool] | None:
    """Return the sum of least regret where all rows hold, or the one that misses them least, and whether they hold."""
    units = np.sort(moves.unit[pool][sums], axis=1)
    clash = ((units[:, 1:] == units[:, :-1]) & (units[:, 1:] >= 0)).any(axis=1)
    sums = sums[~clash]
    if not len(sums):
        return None
    rest = (totals + moves.change[pool][sums].sum(axis=1)) @ exact.rest.T
    weight = 1 / np.maximum(np.abs(exact.rest).sum(axis=1), 1)
    missed = (np.maximum(rest - exact.ceiling, 0) + np.maximum(exact.floor - rest, 0)) @ weight
    regret = moves.regret[pool][sums].sum(axis=1)
    chosen = np.lexsort((regret, np.maximum(missed, 0.01)))[0]
    taken = pool[sums[chosen]]
    return taken[taken > 0], bool(missed[chosen] <= 0.01)
