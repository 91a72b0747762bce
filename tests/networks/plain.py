"""The systemic risk index by its formulas, in lists and dictionaries: what the kernels are held against.

Every sweep computes every number anew from the losses of the sweep before. Nothing is shared with the room's code.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Link = tuple[int, int, float]  # supplier, buyer, value


@dataclass(frozen=True)
class Case:
    """A network as a user would write it down: links in any order, repeated or to oneself; accounts may be unknown."""

    links: tuple[Link, ...]
    sector: tuple[int, ...]
    matrix: tuple[tuple[int, ...], ...]
    market: tuple[int, ...] | None = None
    revenue: tuple[float, ...] | None = None
    cost: tuple[float, ...] | None = None

    @property
    def firms(self) -> int:
        return len(self.sector)


@dataclass
class Sums:
    """What follows from a case before any shock: links summed, sales, purchases, weights and the shares losses travel by."""

    value: dict[tuple[int, int], float]
    sold: list[float]
    bought: list[float]
    weight: list[float]
    essential: list[dict[int, list[tuple[int, float]]]]  # buyer → sector → suppliers and shares
    other: list[list[tuple[int, float]]]  # buyer → suppliers of non-essential inputs and shares
    sales: list[list[tuple[int, float]]]  # supplier → buyers and shares


class Outcome(NamedTuple):
    down: list[float]
    up: list[float]
    steps: int
    converged: bool
    history: list[tuple[list[float], list[float]]]  # losses after each sweep


@dataclass
class Index:
    both: float
    down: float
    up: float
    steps: int
    outcome: Outcome = field(repr=False)


def sums(case: Case, self_loops: str = "keep") -> Sums:
    n = case.firms
    value: dict[tuple[int, int], float] = defaultdict(float)
    for i, j, amount in case.links:
        if amount > 0 and not (i == j and self_loops == "drop"):
            value[i, j] += amount
    sold = [math.fsum(v for (i, _), v in value.items() if i == firm) for firm in range(n)]
    bought = [math.fsum(v for (_, j), v in value.items() if j == firm) for firm in range(n)]
    revenue = [_account(case.revenue, firm, sold[firm]) for firm in range(n)]
    cost = [_account(case.cost, firm, bought[firm]) for firm in range(n)]
    of_type: dict[tuple[int, int], float] = defaultdict(float)
    for (i, j), amount in value.items():
        of_type[j, case.sector[i]] += amount
    essential: list[dict[int, list[tuple[int, float]]]] = [{} for _ in range(n)]
    other: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    sales: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for (i, j), amount in value.items():
        known = bought[j] / cost[j]
        kind = case.matrix[case.sector[i]][case.sector[j]]
        if kind == 2:
            essential[j].setdefault(case.sector[i], []).append((i, amount / of_type[j, case.sector[i]] * known))
        elif kind == 1:
            other[j].append((i, amount / bought[j] * known))
        sales[i].append((j, amount / revenue[i]))
    total = math.fsum(sold)
    return Sums(dict(value), sold, bought, [amount / total for amount in sold], essential, other, sales)


def _account(given: Sequence[float] | None, firm: int, least: float) -> float:
    if given is None or math.isnan(given[firm]):
        return least
    return max(given[firm], least)


def felt(case: Case, made: Sums, down: Sequence[float]) -> list[float]:
    """What customers feel of each firm's loss: less where the rest of its market can step in."""
    if case.market is None:
        return list(down)
    left: dict[int, float] = defaultdict(float)
    for firm, market in enumerate(case.market):
        left[market] += made.sold[firm] * (1 - down[firm])
    result = []
    for firm, market in enumerate(case.market):
        nothing = market < 0 or left[market] <= 1e-12 * made.sold[firm]
        part = 1.0 if nothing else min(1.0, made.sold[firm] / left[market])
        result.append(part * down[firm])
    return result


def sweep(
    case: Case, made: Sums, shock: Sequence[float], down: Sequence[float], up: Sequence[float]
) -> tuple[list[float], list[float]]:
    passed = felt(case, made, down)
    new_down, new_up = [], []
    for firm in range(case.firms):
        worst = [shock[firm]]
        worst += [math.fsum(share * passed[i] for i, share in inputs) for inputs in made.essential[firm].values()]
        worst.append(math.fsum(share * passed[i] for i, share in made.other[firm]))
        new_down.append(min(1.0, max(worst)))
        new_up.append(min(1.0, max(shock[firm], math.fsum(share * up[j] for j, share in made.sales[firm]))))
    return new_down, new_up


def spread(case: Case, shock: Sequence[float], *, eps: float, self_loops: str = "keep", most: int = 10_000) -> Outcome:
    """Sweep until the largest growth of any loss is at most `eps`; the sweep that showed it counts and is reported."""
    made = sums(case, self_loops)
    down, up = list(shock), list(shock)
    history = []
    for steps in range(1, most + 1):
        new_down, new_up = sweep(case, made, shock, down, up)
        change = max(b - a for a, b in zip(down + up, new_down + new_up, strict=True))
        down, up = new_down, new_up
        history.append((down, up))
        if change <= eps:
            return Outcome(down, up, steps, True, history)
    return Outcome(down, up, most, False, history)


def index_of(case: Case, shock: Sequence[float], *, eps: float, self_loops: str = "keep", most: int = 10_000) -> Index:
    weight = sums(case, self_loops).weight
    found = spread(case, shock, eps=eps, self_loops=self_loops, most=most)
    both = math.fsum(w * max(d, u) for w, d, u in zip(weight, found.down, found.up, strict=True))
    down = math.fsum(w * d for w, d in zip(weight, found.down, strict=True))
    up = math.fsum(w * u for w, u in zip(weight, found.up, strict=True))
    return Index(both, down, up, found.steps, found)


def every_firm(case: Case, *, eps: float, self_loops: str = "keep", most: int = 10_000) -> list[Index]:
    """The index of the full failure of each firm by itself."""
    alone = [[1.0 if other == firm else 0.0 for other in range(case.firms)] for firm in range(case.firms)]
    return [index_of(case, shock, eps=eps, self_loops=self_loops, most=most) for shock in alone]


def reach(case: Case, sweeps: int = 2_000) -> list[float]:
    """The fixed point of y = w + U'y."""
    made = sums(case)
    value = list(made.weight)
    for _ in range(sweeps):
        other = list(made.weight)
        for i in range(case.firms):
            for j, share in made.sales[i]:
                other[j] += share * value[i]
        value = other
    return value


def gaps(case: Case) -> set[tuple[int, int]]:
    """Supplier and buyer wherever a buyer has one supplier, other than itself, of an essential sector."""
    suppliers: dict[tuple[int, int], set[int]] = defaultdict(set)
    for i, j, amount in case.links:
        if amount > 0 and i != j and case.matrix[case.sector[i]][case.sector[j]] == 2:
            suppliers[j, case.sector[i]].add(i)
    return {(next(iter(found)), j) for (j, _), found in suppliers.items() if len(found) == 1}


def second_source(case: Case, supplier: int, buyer: int, share: float) -> Case:
    """The case with one new firm that takes `share` of what `supplier` sells to `buyer`; revenue moves with it."""
    links = []
    taken = 0.0
    for i, j, amount in case.links:
        if (i, j) == (supplier, buyer):
            taken += share * amount
            links.append((i, j, (1 - share) * amount))
        else:
            links.append((i, j, amount))
    links.append((case.firms, buyer, taken))
    revenue = None
    if case.revenue is not None:
        made = sums(case)
        known = [_account(case.revenue, firm, made.sold[firm]) for firm in range(case.firms)]
        known[supplier] -= taken
        revenue = (*known, taken)
    return Case(
        tuple(links),
        (*case.sector, case.sector[supplier]),
        case.matrix,
        None if case.market is None else (*case.market, case.market[supplier]),
        revenue,
        None if case.cost is None else (*case.cost, math.nan),
    )
