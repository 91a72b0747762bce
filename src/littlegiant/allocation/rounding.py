"""From a vertex, where some units have options in parts, to an allocation in whole options."""

from dataclasses import dataclass

import numpy as np

from littlegiant.allocation.annealing import anneal
from littlegiant.allocation.cores import Vertex, nearest, surpluses
from littlegiant.allocation.folding import first_of_rows
from littlegiant.allocation.instance import Choice, Floats, Instance, Ints, Loose, only, ranges, starts
from littlegiant.allocation.passes import Pass, place_of

STEEP = 10.0  # penalty of a row that does not hold, in multiples of its price
COOLED = 0.03


def largest_parts(instance: Instance, vertex: Vertex) -> Choice:
    """Return the choice of every unit, parts given to the options of largest remainder; alike units in the order of the draw."""
    choice, core, taken = vertex.base.choice.copy(), vertex.core, vertex.solution.taken
    members = np.argsort(core.block, kind="stable")
    edges = starts(core.count)
    place = 0
    for block, first in enumerate(core.first):
        width = int(core.part.option_start[first + 1] - core.part.option_start[first])
        options = core.part.option_start[first] + np.arange(width)
        own = core.units[members[edges[block] : edges[block + 1]]]
        own = own[np.argsort(instance.tie[own], kind="stable")]
        share = np.append(taken[place : place + width], 0.0)
        place += width
        share[-1] = max(0.0, len(own) - share.sum())
        whole = np.floor(share + 1e-7).astype(np.int64)
        left = len(own) - int(whole.sum())
        if left > 0:
            whole[np.argsort(-(share - whole), kind="stable")[:left]] += 1
        slots = np.append(core.part.slot[options], -1)
        choice[own] = np.repeat(slots, whole)[: len(own)]
    return choice


@dataclass(frozen=True)
class Search:
    """The units that may move, their options of small regret (nothing among them, as slot -1), and where they stand."""

    units: Ints
    part: Loose
    regret: Floats
    current: Choice


def searchable(instance: Instance, units: Ints, prices: Floats, choice: Choice, most: float) -> Search:
    """Return the options of `units` with a regret of at most `most`; the one chosen stays in whatever its regret."""
    written = with_nothing(instance.loosened(units))
    surplus = surpluses(written, prices)
    owner = np.repeat(np.arange(len(written)), np.diff(written.option_start))
    best = np.full(len(written), -np.inf)
    np.maximum.at(best, owner, surplus)
    keep = np.where(written.slot == choice[units][owner], np.inf, surplus)
    kept = np.flatnonzero(best[owner] - keep <= most)
    part = only(written, kept, owner[kept], len(written))
    current = place_of(part.option_start, part.slot, choice[units])
    return Search(units, part, (best[owner] - surplus)[kept], current)


def with_nothing(part: Loose) -> Loose:
    """Return the options with nothing as one of them, first, of slot -1 and without uses."""
    width = np.diff(part.option_start)
    at = part.option_start[:-1]
    lengths = np.insert(np.diff(part.use_start), at, 0)
    return Loose(
        starts(width + 1),
        np.insert(part.benefit, at, 0),
        starts(lengths),
        part.row,
        part.use,
        np.insert(part.slot, at, -1).astype(np.int32),
    )


def annealed(
    instance: Instance, search: Search, choice: Choice, prices: Floats, *, moves: int, hot: float, seed: int
) -> Choice | None:
    """Return the best choice met that holds, or None. hot: the first temperature, in benefit, cooled to COOLED of it."""
    part = search.part
    largest = np.ones(len(instance.rows))
    np.maximum.at(largest, part.row, np.abs(part.use).astype(np.float64))
    weight = np.abs(prices) * largest
    level = float(weight[weight > 0].mean()) if (weight > 0).any() else 1.0
    penalty = STEEP * np.maximum(np.abs(prices), level / largest)
    user_start, user = users_of(part, len(instance.rows))
    current = search.current.astype(np.int64)
    best = current.copy()
    holds = anneal(
        part.option_start, part.use_start, part.row, part.use.astype(np.float64), part.benefit, search.regret, user_start, user,
        instance.uses(choice).astype(np.float64), instance.floor.astype(np.float64), instance.ceiling.astype(np.float64),
        prices, penalty, current, moves, hot, hot * COOLED, seed, best,
    )  # fmt: skip
    if not holds:
        return None
    found = choice.copy()
    found[search.units] = part.slot[part.option_start[:-1] + best]
    return found


def users_of(part: Loose, rows: int) -> tuple[Ints, Ints]:
    """Return for each row where its units start in the list that follows, and that list: units with an option that uses it."""
    owner = np.repeat(np.arange(len(part)), part.use_start[part.option_start[1:]] - part.use_start[part.option_start[:-1]])
    pairs = np.unique(part.row.astype(np.int64) * max(1, len(part)) + owner)
    row, user = np.divmod(pairs, max(1, len(part)))
    return starts(np.bincount(row, minlength=rows).astype(np.int64)), user


def movable(instance: Instance, at: Pass, count: int, *, each: int = 60, among: int = 20_000) -> Ints:
    """Return the `count` units nearest to their threshold, and for each row the nearest `each` that have to do with it."""
    pool = nearest(instance, at, min(among, instance.units))
    order = np.argsort(at.lead[pool] / instance.worth[pool], kind="stable")
    pool = pool[order]
    kept = np.zeros(len(pool), np.bool_)
    kept[:count] = True
    own = np.flatnonzero(pool < instance.split)
    f, loose = instance.factored, instance.loose
    if f is not None:
        cells = f.cell[pool[own]].astype(np.int64)
        first_of_rows(cells, f.entry_start, f.entry_row, len(instance.rows), each, own, kept)
    if loose is not None:
        rest = np.flatnonzero(pool >= instance.split)
        units = pool[rest] - instance.split
        first, beyond = loose.use_start[loose.option_start[units]], loose.use_start[loose.option_start[units + 1]]
        row = loose.row[ranges(first, beyond)]
        first_of_rows(np.arange(len(rest)), starts(beyond - first), row, len(instance.rows), each, rest, kept)
    return np.sort(pool[kept])


def movable_by_option(instance: Instance, at: Pass, choice: Choice, *, each: int, most: float, among: int = 20_000) -> Ints:
    """Return for each row the `each` units that can change it at the least regret: by taking up an option that uses it, or by
    leaving the one they have. most: the largest regret. In problems of many rows few of the nearest units may touch a row."""
    pool = np.sort(nearest(instance, at, min(among, instance.units)))
    search = searchable(instance, pool, at.prices, choice, most)
    part, stands = search.part, search.part.option_start[:-1] + search.current
    owner = np.repeat(np.arange(len(part)), np.diff(part.option_start))
    regret = search.regret.copy()
    regret[stands] = np.inf
    least = np.full(len(part), np.inf)
    np.minimum.at(least, owner, regret)
    regret[stands] = least
    option = np.repeat(np.arange(len(part.slot)), np.diff(part.use_start))
    order = np.lexsort((regret[option], part.row))
    edges = starts(np.bincount(part.row, minlength=len(instance.rows)).astype(np.int64))
    first = order[np.arange(len(order)) - edges[part.row[order]] < each]
    return np.asarray(pool[np.unique(owner[option[first[np.isfinite(regret[option[first]])]]])])
