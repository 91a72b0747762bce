"""The networks of the tests: the published example, how a case becomes the room's network, and random cases."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

from littlegiant.networks import Layout, Network, build, make_network

from .plain import Case, Link

steady = settings(
    derandomize=True, deadline=None, database=None, max_examples=40, phases=(Phase.explicit, Phase.generate, Phase.shrink)
)
KERNELS = ({"kernel": "frontier", "delta": 0.0}, {"kernel": "batched"}, {"kernel": "dense"})
NAMES = ("frontier", "batched", "dense")
ODD_EPS = 0.0103719  # no sum of whole numbers comes so near it that rounding decides when to stop

LINKS: tuple[Link, ...] = tuple(
    (i - 1, j - 1, float(value))
    for i, j, value in (
        (1, 4, 60), (2, 4, 40), (2, 5, 50), (3, 4, 20), (3, 5, 30), (3, 6, 10), (4, 6, 100), (5, 6, 80), (5, 1, 20), (6, 3, 15),
    )
)  # fmt: skip
SECTORS = (0, 0, 1, 2, 2, 3)
MATRIX = ((1, 1, 2, 1), (1, 1, 1, 1), (1, 1, 1, 2), (0, 0, 1, 1))
REVENUE = (60.0, 120.0, 60.0, 150.0, 100.0, 400.0)
COST = (40.0, 25.0, 30.0, 180.0, 100.0, 190.0)


def example(*, market: bool = True, accounts: bool = True) -> Case:
    """The published example A: six firms in four sectors."""
    case = Case(LINKS, SECTORS, MATRIX, SECTORS if market else None)
    return replace(case, revenue=REVENUE, cost=COST) if accounts else case


def network_of(case: Case, **more: Any) -> Network:
    supplier, buyer, value = zip(*case.links, strict=True)
    given = {"market": case.market, "revenue": case.revenue, "material_cost": case.cost}
    return make_network(supplier, buyer, value, sector=case.sector, essentiality=case.matrix, **{**given, **more})


def layout_of(case: Case, **more: Any) -> Layout:
    return build(network_of(case, **more))


@st.composite
def cases(
    draw: st.DrawFn, *, most: int = 12, market: bool | None = None, accounts: bool | None = None, loops: bool = True
) -> Case:
    """Small networks with circles, links to oneself, repeats and values of zero; with or without markets and accounts."""
    n = draw(st.integers(2, most))
    firm = st.integers(0, n - 1)
    values = st.one_of(st.integers(0, 20).map(float), st.floats(0.01, 1e4))
    drawn = draw(st.lists(st.tuples(firm, firm, values), min_size=1, max_size=4 * n))
    links = [link for link in drawn if loops or link[0] != link[1]]
    links.append((*draw(st.permutations(range(n)))[:2], draw(st.floats(1.0, 100.0))))
    sectors = draw(st.integers(1, 4))
    sector = tuple(draw(st.lists(st.integers(0, sectors - 1), min_size=n, max_size=n)))
    row = st.tuples(*[st.sampled_from((0, 1, 1, 2, 2))] * sectors)
    matrix = tuple(draw(st.lists(row, min_size=sectors, max_size=sectors)))
    markets = None
    if draw(st.booleans()) if market is None else market:
        markets = draw(st.one_of(st.just(sector), st.lists(st.integers(-1, 2), min_size=n, max_size=n).map(tuple)))
    case = Case(tuple(links), sector, matrix, markets)
    amount = st.one_of(st.just(float("nan")), st.floats(0.0, 1e5))
    accounts_of = st.lists(amount, min_size=n, max_size=n).map(tuple)
    for name in ("revenue", "cost"):
        if draw(st.booleans()) if accounts is None else accounts:
            case = replace(case, **{name: draw(accounts_of)})
    return case


def all_or_none() -> st.SearchStrategy[Case]:
    """Cases with both accounts or without any."""
    return st.booleans().flatmap(lambda known: cases(most=8, accounts=known))


CROWD = 60


def in_a_crowd(case: Case) -> Case:
    """The case beside many firms that all deal with each other: a shock to the case then follows few of all links."""
    n = case.firms
    crowd = [(n + i, n + j, 1.0) for i in range(CROWD) for j in range(CROWD) if i != j]
    unknown = (float("nan"),) * CROWD
    return Case(
        (*case.links, *crowd),
        case.sector + (0,) * CROWD,
        case.matrix,
        None if case.market is None else case.market + (-1,) * CROWD,
        None if case.revenue is None else case.revenue + unknown,
        None if case.cost is None else case.cost + unknown,
    )


def shocks(n: int) -> st.SearchStrategy[list[float]]:
    share = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.0, 1.0))
    return st.lists(share, min_size=n, max_size=n)


def large(firms: int = 300, seed: int = 7, *, idle: int = 12) -> Case:
    """A random network with heavy tails, markets, accounts, and `idle` firms without any link."""
    random = np.random.default_rng(seed)
    size = random.pareto(1.3, firms) + 1
    active = firms - idle
    chance = size[:active] / size[:active].sum()
    links = []
    for buyer in range(active):
        suppliers = random.choice(active, size=int(random.integers(1, 9)), p=chance)
        values = size[buyer] * size[suppliers] ** 0.3 * random.lognormal(size=len(suppliers))
        links += [(int(supplier), buyer, float(value)) for supplier, value in zip(suppliers, values, strict=True)]
    sector = tuple(int(code) for code in random.integers(0, 8, firms))
    matrix = tuple(tuple(int(code) for code in row) for row in random.choice((0, 1, 1, 2), size=(8, 8)))
    sold, bought = np.zeros(firms), np.zeros(firms)
    for supplier, buyer, value in links:
        sold[supplier] += value
        bought[buyer] += value
    revenue = tuple(map(float, sold * random.uniform(1.1, 2.5, firms)))
    cost = tuple(map(float, bought * random.uniform(1.0, 1.4, firms)))
    return Case(tuple(links), sector, matrix, sector, revenue, cost)
