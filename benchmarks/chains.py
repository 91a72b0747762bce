"""The heavy-tailed supply networks that the claims about networks are measured on; the same for a seed.

90 sectors weighing 1/rank^0.7; attractiveness Pareto(1.25) + 1, size Pareto(1.6) + 1; the number of suppliers in proportion
to size, at most a quarter of all firms; each sector buys from 12 others, one link in ten goes to any; inside a sector the
supplier is drawn by attractiveness; value = size^0.8 × attractiveness^0.3 × lognormal. 35 % of sectors are services; goods to
goods is essential with chance 0.45, 5 % of all pairs are negligible.
"""

import numpy as np

from littlegiant.networks import Network, make_network

SECTORS, BOUGHT_FROM = 90, 12


def heavy_tailed(firms: int, *, seed: int = 1, core: int = 0, accounts: bool = False) -> Network:
    """Return a network of `firms`; `core` firms more are tied by essential links both ways, which makes a plateau."""
    draw = np.random.Generator(np.random.PCG64(seed))
    weight = 1 / np.arange(1, SECTORS + 1) ** 0.7
    sector = np.concatenate([np.arange(SECTORS), draw.choice(SECTORS, firms - SECTORS, p=weight / weight.sum())])
    attractive, size = draw.pareto(1.25, firms) + 1, draw.pareto(1.6, firms) + 1
    wanted = np.minimum(np.maximum(1, np.rint(size / size.mean() * 9.5)).astype(np.int64), firms // 4)
    buyer = np.repeat(np.arange(firms), wanted)
    total = np.bincount(sector, attractive, SECTORS)
    root = np.sqrt(total) / np.sqrt(total).sum()
    partners = np.stack([draw.choice(SECTORS, BOUGHT_FROM, replace=False, p=root) for _ in range(SECTORS)])
    bought = partners[sector[buyer], draw.integers(0, BOUGHT_FROM, len(buyer))]
    anywhere = draw.random(len(buyer)) < 0.1
    bought[anywhere] = draw.choice(SECTORS, int(anywhere.sum()), p=root)
    order = np.argsort(sector, kind="stable")  # firms by sector, their attractiveness added up
    running = np.cumsum(attractive[order])
    ends = np.cumsum(np.bincount(sector, minlength=SECTORS))
    before = np.concatenate([[0.0], running[ends[:-1] - 1]])
    target = before[bought] + draw.random(len(buyer)) * (running[ends - 1] - before)[bought]
    supplier = order[np.minimum(np.searchsorted(running, target, side="right"), ends[bought] - 1)]
    key = np.unique(buyer * firms + supplier)
    buyer, supplier = key // firms, key % firms
    keep = buyer != supplier
    buyer, supplier = buyer[keep], supplier[keep]
    value = size[buyer] ** 0.8 * attractive[supplier] ** 0.3 * draw.lognormal(0, 1, len(buyer))
    services = draw.random(SECTORS) < 0.35
    matrix = np.ones((SECTORS, SECTORS), np.uint8)
    goods = ~services[:, None] & ~services[None, :]
    matrix[goods & (draw.random((SECTORS, SECTORS)) < 0.45)] = 2
    matrix[draw.random((SECTORS, SECTORS)) < 0.05] = 0
    if core:
        ring = draw.choice(firms, core, replace=False)
        matrix[np.ix_(np.unique(sector[ring]), np.unique(sector[ring]))] = 2
        most = value.max()
        supplier = np.concatenate([supplier, ring, ring])
        buyer = np.concatenate([buyer, np.roll(ring, 1), np.roll(ring, 7)])
        value = np.concatenate([value, np.full(2 * core, most)])
    sold = np.bincount(supplier, value, firms)
    paid = np.bincount(buyer, value, firms)
    given = {}
    if accounts:
        given = {
            "revenue": np.maximum(sold * draw.uniform(1.2, 2.5, firms), 1.0),
            "material_cost": paid * draw.uniform(1.05, 1.3, firms),
        }
    return make_network(supplier, buyer, value, sector=sector, essentiality=matrix, market=sector, **given)
