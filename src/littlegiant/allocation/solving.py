"""From an instance to an allocation with its certificate: prices, vertex, whole numbers, recount.

Nothing here looks at a clock: searches end after so many moves and nodes, so that the same instance has the same answer on
every machine and with any number of threads.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from littlegiant.allocation.building import presolved
from littlegiant.allocation.certificate import Certificate, Prices, certify, dyadic
from littlegiant.allocation.conflicts import impossible
from littlegiant.allocation.cores import NEAR_MEMBERS, Vertex, polish
from littlegiant.allocation.dual import refined, sampled_prices
from littlegiant.allocation.instance import ABSENT, Choice, Floats, Instance, Ints
from littlegiant.allocation.mixed import branch
from littlegiant.allocation.passes import Pass, Workers, exact_pass
from littlegiant.allocation.repairing import met_exactly
from littlegiant.allocation.rounding import annealed, largest_parts, movable, movable_by_option, searchable
from littlegiant.allocation.tie_order import in_drawn_order

_NOISE = 1e-9  # of the bound
SMALL = 400  # units up to which branch and bound sees the whole problem
MANY = 20_000  # units from which on so many are alike that no branch and bound is needed
# Attempts of the search, from options of small regret to wider ones: largest regret and first temperature in mean awards, moves.
_WITH_MANY = ((0.003, 0.003, 500_000), (0.005, 0.01, 500_000), (0.01, 0.01, 1_000_000))
_WITH_FEW = ((0.05, 0.003, 500_000), (0.05, 0.01, 500_000))
_BY_OPTION = ((0.01, 0.01, 1_000_000), (0.03, 0.01, 3_000_000))  # among the EACH units that change a row at least regret
EACH = 30
FAR = 3.0  # mean awards from the bound: where the first attempts end farther off, others are made
_LAST = ((0.03, 0.01, 1_000_000), (0.1, 0.01, 1_000_000), (0.3, 0.03, 3_000_000), (1.0, 0.03, 3_000_000))  # until something holds
_NARROWED = ((0.03, 0.003, 500_000), (0.01, 0.003, 500_000))  # from what holds, where it took wide options to find it
# Cores of branch and bound: units by nearness and by row, largest regret in mean awards, nodes.
_CORES = ((200, 8, 0.1, 1), (400, 12, 0.2, 20))


@dataclass(frozen=True)
class Allocation:
    """status: `optimal` (proved by branch and bound), `within` (holds, at most the gap from the best), `infeasible` (no
    allocation in parts holds), `indivisible` (in parts it could be met, in whole options not) or `open` (none found, none
    excluded). chosen: option number by unit in the order given, -1 for nothing; None where nothing holds."""

    status: Literal["optimal", "within", "infeasible", "indivisible", "open"]
    instance: Instance
    chosen: Choice | None
    certificate: Certificate | None
    relaxed: float  # value of the best allocation in parts, as far as it is known
    proved: bool  # whether `relaxed` is that value

    @property
    def value(self) -> int:
        return self.certificate.value if self.certificate is not None else 0

    @property
    def gap(self) -> Fraction:
        assert self.certificate is not None
        return self.certificate.gap

    @property
    def winners(self) -> int:
        return 0 if self.chosen is None else int((self.chosen >= 0).sum())

    @property
    def gap_in_awards(self) -> float:
        """The gap over the mean benefit of a winner."""
        return float(self.gap) / (self.value / self.winners) if self.winners and self.value else 0.0


def relax(instance: Instance, *, threads: Workers = 1, near: Floats | None = None) -> Vertex:
    """Return the best allocation in parts, with the prices that prove it.

    near: prices of a problem that differs by little; where the cores around them arrive at the proof, nothing else is tried.
    """
    if near is not None:
        begun = polish(instance, exact_pass(instance, near, threads=threads), threads=threads, members=NEAR_MEMBERS)
        if begun.proved:
            return _tidied(instance, begun, threads)
    start = sampled_prices(instance, threads=threads)
    return _tidied(instance, polish(instance, refined(instance, start, threads=threads), threads=threads), threads)


def _tidied(instance: Instance, vertex: Vertex, threads: Workers) -> Vertex:
    """Return the vertex without prices that are noise: a whole row at such a price is worth next to nothing."""
    prices = vertex.at.prices
    noise = (prices != 0) & (np.abs(prices) * instance.scale <= _NOISE * max(1.0, abs(vertex.at.bound)))
    if not noise.any():
        return vertex
    tried = exact_pass(instance, np.where(noise, 0.0, prices), threads=threads)
    if tried.bound > vertex.at.bound + _NOISE * max(1.0, abs(vertex.at.bound)):
        return vertex
    return replace(vertex, at=tried)


def allocate(instance: Instance, *, threads: Workers = 1, nodes: int | None = None, target: float = 0.6) -> Allocation:
    """Return a near-best allocation with its certificate.

    target: the gap, in mean awards, at which the search is content. nodes: of branch and bound on the core; by default as
    many as pay on small problems and none on large ones.
    """
    instance, _ = presolved(instance)
    if not instance.rows or not _options(instance):
        return _without_choice(instance)
    vertex = relax(instance, threads=threads)
    if vertex.solution.unmet and impossible(instance):
        return Allocation("infeasible", instance, None, None, vertex.at.bound, False)
    start = largest_parts(instance, vertex)
    prices = vertex.at.prices
    found, optimal, status = _whole(instance, vertex, start, nodes, target)
    if found is not None:
        found = in_drawn_order(instance, found, np.union1d(vertex.core.units, movable(instance, vertex.at, 1000)))
    if found is None:
        return Allocation(status, instance, None, None, vertex.at.bound, vertex.proved)
    certificate = certify(instance, dyadic(instance, prices), found)
    assert not certificate.failures
    return Allocation(
        "optimal" if optimal else "within", instance, instance.given(found), certificate, vertex.at.bound, vertex.proved
    )


def _options(instance: Instance) -> bool:
    """Say whether anybody has an option."""
    parts = [each.benefit for each in (instance.factored, instance.loose) if each is not None]
    return any(bool((part != ABSENT).any()) for part in parts)


def _without_choice(instance: Instance) -> Allocation:
    """Return the allocation where there is nothing to decide: no rows, so that all get their best, or no options."""
    found = exact_pass(instance, np.zeros(len(instance.rows)))
    if not _holds(instance, found.choice):
        return Allocation("infeasible", instance, None, None, found.bound, True)
    certificate = certify(instance, Prices(np.zeros(len(instance.rows), np.int64), 0), found.choice)
    return Allocation("optimal", instance, instance.given(found.choice), certificate, found.bound, True)


def _whole(
    instance: Instance, vertex: Vertex, start: Choice, nodes: int | None, target: float
) -> tuple[Choice | None, bool, Literal["open", "indivisible"]]:
    """Return the best allocation found, whether it is proved best, and what to say where there is none."""
    bound, many = vertex.at.bound, instance.units > MANY
    award = max(1e-9, bound / max(1, int((start >= 0).sum())))
    content = target * award if instance.units > SMALL else 0.0
    best = _searched(instance, vertex, start, award, content)
    gap = bound - instance.value(best) if best is not None else np.inf
    if gap < 1:  # values are whole numbers
        return best, True, "open"
    if instance.units <= SMALL:
        return _branched(instance, vertex, start, best, gap, nodes)
    if gap <= content or (many and nodes is None and best is not None):
        return best, False, "open"
    for count, each, share, most_nodes in _CORES[:1] if many else _CORES:
        units = movable(instance, vertex.at, count, each=each)
        base = best if best is not None else start
        units = np.union1d(units, np.flatnonzero(base != vertex.at.choice))
        most = min(gap, share * award) if best is not None else award
        found = branch(
            instance, units, vertex.at.prices, base, most=most, nodes=nodes or most_nodes, begin=best is not None, gap=0.3 * award
        )
        if found.choice is not None and _holds(instance, found.choice) and bound - instance.value(found.choice) <= gap:
            best, gap = found.choice, bound - instance.value(found.choice)
        if gap <= content:
            break
    return best, False, "open"


def _searched(instance: Instance, vertex: Vertex, start: Choice, award: float, content: float) -> Choice | None:
    """Return the best that a few attempts find, from options that suit their units almost as well as the best to wider ones.

    Where the first of them find nothing, rows that leave no room are met to the last unit before the attempts are made again.
    """
    many, at = instance.units > MANY, vertex.at
    near = movable(instance, at, 1000) if many else movable(instance, at, 400, each=12)
    first = _WITH_MANY if many else _WITH_FEW
    best = start if _holds(instance, start) else None
    best = _attempted(instance, near, at, start, best, first, award, content)
    held = np.zeros(instance.units, np.bool_)
    if best is None:
        start, held = met_exactly(instance, at, start)
    if best is None or (many and at.bound - instance.value(best) > FAR * award):
        near = movable_by_option(instance, at, start, each=EACH, most=_BY_OPTION[-1][0] * award)
        near = near[~held[near]]
        best = _attempted(instance, near, at, start, best, _BY_OPTION, award, content)
    if best is None:
        wide = movable(instance, at, 1000, each=200, among=100_000)
        wide = wide[~held[wide]]
        best = _attempted(instance, wide, at, start, best, _LAST, award, np.inf, len(first))
    if best is None:
        return None
    return _attempted(instance, near, at, None, best, _NARROWED, award, content, len(first + _LAST))


def _attempted(
    instance: Instance, units: Ints, at: Pass, start: Choice | None, best: Choice | None,
    attempts: tuple[tuple[float, float, int], ...], award: float, content: float, number: int = 0,
) -> Choice | None:  # fmt: skip
    """Return the best of attempts until one is content, each from `start` or, where that is None, from the best so far.

    number: of the first attempt, its seed.
    """
    for seed, (share, hot, moves) in enumerate(attempts if len(units) else (), start=number):
        gap = at.bound - instance.value(best) if best is not None else np.inf
        if best is not None and (gap < 1 or gap <= content):
            break
        begin = start if start is not None else best
        assert begin is not None
        search = searchable(instance, units, at.prices, begin, share * award)
        found = annealed(instance, search, begin, at.prices, moves=moves, hot=hot * award, seed=seed)
        if found is not None and at.bound - instance.value(found) < gap:
            best = found
    return best


def _branched(
    instance: Instance, vertex: Vertex, start: Choice, best: Choice | None, gap: float, nodes: int | None
) -> tuple[Choice | None, bool, Literal["open", "indivisible"]]:
    """Branch and bound on the whole of a small problem, which proves what it finds or that there is nothing."""
    units, most = np.arange(instance.units, dtype=np.int64), gap * (1 + 1e-9) + 1e-6
    base = best if best is not None else start
    budget: dict[str, Any] = {"nodes": nodes or 20_000, "gap": 0.999, "most": most}
    found = branch(instance, units, vertex.at.prices, base, begin=best is not None, **budget)
    if found.choice is not None and not _holds(instance, found.choice):
        found = branch(instance, units, vertex.at.prices, base, begin=False, scaled=False, **budget)
    if found.choice is not None and _holds(instance, found.choice):
        improved = best is None or instance.value(found.choice) >= instance.value(best)
        return (found.choice if improved else best), found.status == "optimal", "open"
    return best, False, "indivisible" if found.status == "infeasible" else "open"


def _holds(instance: Instance, choice: Choice) -> bool:
    use = instance.uses(choice)
    return bool(((use >= instance.floor) & (use <= instance.ceiling)).all())
