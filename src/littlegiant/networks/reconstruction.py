"""A network of firms drawn from a sector table and firm sizes: stripe-corrected gravity. Synthetic, and it says so.

A link's probability is z q / (1 + z q), q the flow between the two sectors times both firms' shares in them; z gives the
wanted number of links. Drawn by bins of size, so that a hundred thousand firms do not take ten thousand million pairs.
What comes out is a distribution over draws by sector and size; it says nothing about any one firm.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from littlegiant.networks.layout import lay_out
from littlegiant.networks.network import Floats, Network, make_network
from littlegiant.networks.risk import systemic_risk
from littlegiant.networks.sector_table import SectorTable
from littlegiant.networks.sorting import Index
from littlegiant.problems import refuse

DRAWS, LEAST_DRAWS = 20, 20
LEAST_FIRMS = 10  # of a group that is told by itself
_BINS_A_FACTOR = 4  # size bins within each doubling
_STEPS = 100


@dataclass(frozen=True)
class Gravity:
    """Firms grouped into cells of one sector and about one size, and z. `size`, `sector` (n,) as given."""

    table: SectorTable
    sector: Index
    share: Floats  # of its sector's size, (n,)
    cells: tuple[npt.NDArray[np.int64], ...]
    z: float

    @property
    def firms(self) -> int:
        return len(self.sector)


def gravity(table: SectorTable, sector: npt.ArrayLike, size: npt.ArrayLike, *, links: float) -> Gravity:
    """Fit z so that `links` links are expected. Sizes are above zero; flows of sectors without a firm are left out."""
    sectors, sizes = np.asarray(sector, np.int32), np.asarray(size, np.float64)
    if sectors.shape != sizes.shape or not len(sizes):
        refuse("the firms", f"{sizes.size} sizes and {sectors.size} sectors", "as many of each, at least one", code="range")
    wrong = ~(np.isfinite(sizes) & (sizes > 0))
    if wrong.any():
        found = f"{int(wrong.sum())} that are not above zero, as {sizes[wrong][0]:g}"
        refuse("the sizes of firms", found, "sizes above zero", code="range")
    outside = (sectors < 0) | (sectors >= len(table.sectors))
    if outside.any():
        expected = f"0 to {len(table.sectors) - 1}"
        refuse("the sectors of firms", str(sectors[outside][0]), expected, "Map them to the table's sectors.", code="range")
    share = sizes / np.bincount(sectors, sizes, len(table.sectors))[sectors]
    level = np.floor(np.log2(share) * _BINS_A_FACTOR).astype(np.int64)
    order = np.lexsort((level, sectors))
    cuts = np.flatnonzero((np.diff(sectors[order]) != 0) | (np.diff(level[order]) != 0)) + 1
    cells = tuple(np.split(order, cuts))
    fit = Gravity(table, sectors, share, cells, 0.0)
    if not table.domestic[np.ix_(np.unique(sectors), np.unique(sectors))].any():
        refuse("the sector table", "no domestic flow between the sectors of the firms", "some", "Check the map of sectors.")
    counts, flows = _pairs(fit)
    if not 0 < links < counts.sum() / 2:
        refuse("the number of links", f"{links:g}", f"above zero, below half of the {counts.sum():,.0f} pairs", code="range")
    low, high = -60.0, 60.0  # of log z + log of the mean flow; the expected number of links rises with z
    scale = 1 / (flows.max() or 1.0)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        strength = flows * scale * np.exp(middle)
        if (counts * strength / (1 + strength)).sum() < links:
            low = middle
        else:
            high = middle
    return Gravity(table, sectors, share, cells, float(np.exp((low + high) / 2) * scale))


def _pairs(fit: Gravity) -> tuple[Floats, Floats]:
    """Return for each pair of cells between which goods flow the number of pairs of firms and their mean q."""
    sector = np.array([fit.sector[cell[0]] for cell in fit.cells])
    size = np.array([len(cell) for cell in fit.cells], np.float64)
    mean = np.array([fit.share[cell].mean() for cell in fit.cells])
    flow = (fit.table.domestic / fit.table.domestic.sum())[np.ix_(sector, sector)]
    some = flow > 0
    return np.outer(size, size)[some], (flow * np.outer(mean, mean))[some]


def _draw_links(fit: Gravity, generator: np.random.Generator) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Draw pairs and their probabilities: candidates by the highest of a pair of cells, kept by their own over that."""
    flow = fit.table.domestic / fit.table.domestic.sum()
    sector = [int(fit.sector[cell[0]]) for cell in fit.cells]
    most = [float(fit.share[cell].max()) for cell in fit.cells]
    by_sector: dict[int, list[int]] = {}
    for number, code in enumerate(sector):
        by_sector.setdefault(code, []).append(number)
    parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]] = []
    for row, cell in enumerate(fit.cells):
        sellers = fit.share[cell]
        for code, columns in by_sector.items():
            if flow[sector[row], code] == 0:
                continue
            for column in columns:
                other = fit.cells[column]
                highest = fit.z * flow[sector[row], code] * most[row] * most[column]
                bound = highest / (1 + highest)
                count = generator.binomial(len(cell) * len(other), bound)
                if not count:
                    continue
                pairs = generator.choice(len(cell) * len(other), count, replace=False, shuffle=False)
                i, j = pairs // len(other), pairs % len(other)
                own = fit.z * flow[sector[row], code] * sellers[i] * fit.share[other][j]
                chance = own / (1 + own)
                keep = (generator.random(count) * bound < chance) & (cell[i] != other[j])
                parts.append((cell[i][keep], other[j][keep], chance[keep]))
    empty = np.zeros(0, np.int64)
    return (
        np.concatenate([empty, *(part[0] for part in parts)]),
        np.concatenate([empty, *(part[1] for part in parts)]),
        np.concatenate([np.zeros(0), *(part[2] for part in parts)]),
    )


def draw_network(fit: Gravity, essentiality: npt.ArrayLike, *, seed: int, connect: bool = True) -> Network:
    """Draw one network: expected flows are those of the table; `connect` gives firms left without buyer or supplier one.

    The flows of each pair of sectors are then set to the table's wherever a link was drawn.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    supplier, buyer, chance = _draw_links(fit, generator)
    if connect:
        supplier, buyer, chance = _connected(fit, supplier, buyer, chance, generator)
    flow = fit.table.domestic[fit.sector[supplier], fit.sector[buyer]]
    value = flow * fit.share[supplier] * fit.share[buyer] / chance
    m = len(fit.table.sectors)
    pair = fit.sector[supplier].astype(np.int64) * m + fit.sector[buyer]
    drawn = np.bincount(pair, value, m * m)
    value = value * (fit.table.domestic.reshape(-1)[pair] / drawn[pair])
    size = np.zeros(fit.firms)
    size += fit.share * fit.table.output[fit.sector]
    spent = fit.share * fit.table.domestic.sum(axis=0)[fit.sector]
    drawn_network = make_network(
        supplier,
        buyer,
        value,
        sector=fit.sector,
        essentiality=essentiality,
        market=fit.sector,
        revenue=size,
        material_cost=spent,
    )
    return replace(drawn_network, synthetic=True)


def _connected(
    fit: Gravity,
    supplier: npt.NDArray[np.int64],
    buyer: npt.NDArray[np.int64],
    chance: Floats,
    generator: np.random.Generator,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Give each firm without buyer (supplier) one, drawn by sector flow and size."""
    n, flow = fit.firms, fit.table.domestic
    order = np.argsort(fit.sector, kind="stable")
    running = np.cumsum(fit.share[order])
    ends = np.cumsum(np.bincount(fit.sector, minlength=len(flow)))
    for side in ("buyer", "supplier"):
        have = np.zeros(n, np.bool_)
        have[supplier if side == "buyer" else buyer] = True
        lonely = np.flatnonzero(~have)
        toward = flow if side == "buyer" else flow.T
        filled = toward * (np.bincount(fit.sector, minlength=len(flow)) > 0)
        total = filled.sum(axis=1)
        lonely = lonely[total[fit.sector[lonely]] > 0]
        if not len(lonely):
            continue
        cumulated = np.cumsum(filled, axis=1)[fit.sector[lonely]]
        wanted = (generator.random(len(lonely)) * total[fit.sector[lonely]])[:, None]
        code = (cumulated <= wanted).sum(axis=1)
        start = np.where(code > 0, ends[code - 1], 0)
        before = np.where(start > 0, running[start - 1], 0.0)
        target = before + generator.random(len(lonely)) * (running[ends[code] - 1] - before)
        partner = order[np.minimum(np.searchsorted(running, target, side="right"), ends[code] - 1)]
        other = partner != lonely
        lonely, partner = lonely[other], partner[other]
        sellers, buyers = (lonely, partner) if side == "buyer" else (partner, lonely)
        own = fit.z * flow[fit.sector[sellers], fit.sector[buyers]] / flow.sum() * fit.share[sellers] * fit.share[buyers]
        supplier, buyer = np.concatenate([supplier, sellers]), np.concatenate([buyer, buyers])
        # Drawn because nothing else was: its flow is what the gravity expects of one link at the mean chance.
        chance = np.concatenate([chance, np.maximum(own / (1 + own), chance.mean() if len(chance) else 1.0)])
    return supplier, buyer, chance


@dataclass(frozen=True)
class GroupRisk:
    """The index of the firms of a group over all draws: mean, and the 5 and 95 per cent points over firms and draws."""

    group: str
    firms: int
    mean: float
    low: float
    high: float
    synthetic: bool = True


def risk_by_group(
    fit: Gravity,
    essentiality: npt.ArrayLike,
    groups: npt.NDArray[np.str_],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    delta: float = 1e-3,
    threads: int | None = None,
) -> list[GroupRisk]:
    """Return the systemic risk by group of firms over `draws` drawn networks: all that a reconstruction may say.

    There is no value of a single firm here, on purpose: a drawn network has none. Groups of fewer than ten firms are told
    together, under an empty name.
    """
    if draws < LEAST_DRAWS:
        refuse("the draws", str(draws), f"{LEAST_DRAWS} or more", "One network drawn says nothing.", code="range")
    names, place, count = np.unique(groups, return_inverse=True, return_counts=True)
    groups = np.where(count < LEAST_FIRMS, "", names)[place]
    while 0 < (groups == "").sum() < LEAST_FIRMS and len(np.unique(groups)) > 1:  # the smallest group keeps them company
        names, count = np.unique(groups[groups != ""], return_counts=True)
        groups = np.where(groups == names[count.argmin()], "", groups)
    values = np.stack(list(_values(fit, essentiality, draws, seed, delta, threads)))
    found = []
    for group in np.unique(groups):
        own = values[:, groups == group]
        low, high = np.quantile(own, [0.05, 0.95])
        found.append(GroupRisk(str(group), own.shape[1], float(own.mean()), float(low), float(high)))
    return found


def _values(
    fit: Gravity, essentiality: npt.ArrayLike, draws: int, seed: int, delta: float, threads: int | None
) -> Iterator[Floats]:
    for number in range(draws):
        network = draw_network(fit, essentiality, seed=seed * 1_000_003 + number)
        yield systemic_risk(lay_out(network), delta=delta, threads=threads).esri
