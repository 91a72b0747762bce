"""From an instance to an allocation with its certificate: prices, vertex, whole numbers, recount.

Nothing here looks at a clock: searches end after so many moves and nodes, so that the same instance has the same answer on
every machine and with any number of threads.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from littlegiant.allocation.building import presolved
from littlegiant.allocation.certificate import Certificate, Prices, certify, dyadic
from littlegiant.allocation.conflicts import impossible
from littlegiant.allocation.cores import Vertex, polish
from littlegiant.allocation.dual import refined, sampled_prices
from littlegiant.allocation.instance import ABSENT, Choice, Instance
from littlegiant.allocation.mixed import branch
from littlegiant.allocation.passes import exact_pass
from littlegiant.allocation.rounding import annealed, largest_parts, movable, searchable
from littlegiant.allocation.tie_order import in_drawn_order

SMALL = 400  # units up to which branch and bound sees the whole problem
# Largest regret of an option and first temperature, in mean awards; moves. The first ones suit many units, the last ones few.
_ATTEMPTS = (
    (0.005, 0.005, 500_000), (0.005, 0.01, 500_000), (0.02, 0.01, 1_000_000), (0.1, 0.01, 1_000_000), (0.3, 0.03, 3_000_000),
    (1.0, 0.03, 3_000_000),
)  # fmt: skip
_ENOUGH = 3  # attempts, once something holds


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


def relax(instance: Instance, *, threads: int = 1) -> Vertex:
    """Return the best allocation in parts, with the prices that prove it."""
    start = sampled_prices(instance, threads=threads)
    return polish(instance, refined(instance, start, threads=threads), threads=threads)


def allocate(instance: Instance, *, threads: int = 1, nodes: int | None = None, target: float = 0.5) -> Allocation:
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
    prices, bound = vertex.at.prices, vertex.at.bound
    winners = max(1, int((start >= 0).sum()))
    award = max(1e-9, bound / winners)
    best, gap = None, np.inf
    if _holds(instance, start):
        best, gap = start, bound - instance.value(start)
    units = movable(instance, vertex.at, 1000)
    for number, (share, hot, moves) in enumerate(_ATTEMPTS):
        if gap < 1 or (gap <= target * award and instance.units > SMALL) or (best is not None and number >= _ENOUGH):
            break
        search = searchable(instance, units, prices, start, share * award)
        outcome = annealed(instance, search, start, prices, moves=moves, hot=hot * award, seed=number)
        if outcome is not None and bound - instance.value(outcome) < gap:
            best, gap = outcome, bound - instance.value(outcome)
    if gap < 1:  # values are whole numbers
        return best, True, "open"
    if instance.units > 20_000 and nodes is None and best is not None:
        return best, False, "open"
    return _branched(instance, vertex, start, best, gap, nodes, target * award)


def _branched(
    instance: Instance, vertex: Vertex, start: Choice, best: Choice | None, gap: float, nodes: int | None, content: float
) -> tuple[Choice | None, bool, Literal["open", "indivisible"]]:
    prices, n, m = vertex.at.prices, instance.units, len(instance.rows)
    whole = n <= SMALL
    base = best if best is not None else start
    if whole:
        units, most = np.arange(n, dtype=np.int64), gap if best is not None else np.inf
    else:
        units, most = movable(instance, vertex.at, max(400, 5 * m), each=24), gap if best is not None else np.inf
    budget: dict[str, Any] = {"nodes": nodes or (20_000 if whole else 300), "gap": 0.999 if whole else content}
    found = branch(instance, units, prices, base, most=most * (1 + 1e-9) + 1e-6, begin=best is not None, **budget)
    if found.choice is not None and not _holds(instance, found.choice):
        found = branch(instance, units, prices, base, most=most * (1 + 1e-9) + 1e-6, begin=False, scaled=False, **budget)
    if found.choice is not None and _holds(instance, found.choice):
        improved = best is None or instance.value(found.choice) >= instance.value(best)
        return (found.choice if improved else best), whole and found.status == "optimal", "open"
    return best, False, "indivisible" if whole and found.status == "infeasible" else "open"


def _holds(instance: Instance, choice: Choice) -> bool:
    use = instance.uses(choice)
    return bool(((use >= instance.floor) & (use <= instance.ceiling)).all())
