"""Missing links (补链) of a register in its network, and the firms nearest to filling them: a worklist, not a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from littlegiant.criticality.firms import Firms
from littlegiant.criticality.key_links import Catalogue
from littlegiant.criticality.placing import Placed, account_gap
from littlegiant.networks import Gaps, estimate, gaps, link_value, systemic_risk
from littlegiant.networks.network import Floats
from littlegiant.networks.risk import Stop

CANDIDATES = 5  # a gap
CUT_BELOW = 1e-5  # of the mean firm's share in sales: smaller losses are not passed on
MOSTLY = 0.5  # of sales without a revenue of their own: then cascades are stopped as published
_SIDE = 64  # firms of the same sector looked at for each gap


@dataclass(frozen=True)
class Candidate:
    """A firm near a gap, and why: how near its sector, whether its product is the one needed or next to it."""

    firm: str
    same_sector: bool
    product: str  # the key link of its products that is the gap's, or next to it; empty where none is
    neighbour: bool  # next to it, not the same
    supplies_sector: bool  # sells already to firms of the buyer's sector
    capabilities: Mapping[str, float | None]


@dataclass(frozen=True)
class MissingLink:
    """A gap: an essential input of a buyer with one supplier. Values are expected losses avoided, as shares of all sales."""

    supplier: str
    buyer: str
    sector: str
    foreign: bool
    estimate: float
    value: float  # of supply: losses downstream, by all firms run again
    total: float  # with lost demand: below zero where the old supplier hangs more on the buyers it keeps
    bound: float  # both may be off by so much
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Missing:
    """The gaps of a network: how many there are, and the worklist of those worth most."""

    gaps: Gaps
    estimates: Floats
    worklist: tuple[MissingLink, ...]


def missing_links(
    placed: Placed,
    *,
    failure: float,
    share: float,
    full: int,
    links: Mapping[str, Sequence[str]],
    catalogue: Catalogue | None,
    threads: int | None = None,
) -> Missing:
    """Estimate every gap, value the first `full` again with all firms, and name candidates for them.

    Values of links are small differences of large sums: losses are cut far below them, and where accounts are known the
    cascades run until they settle, so that no value hangs on a sweep more or less. `links`: the key links that the products
    of a firm belong to.
    """
    found = gaps(placed.network)
    if not len(found):
        return Missing(found, np.zeros(0), ())
    stop: Stop = "converged" if account_gap(placed) <= MOSTLY else "published"
    delta = CUT_BELOW / placed.network.firms
    before = systemic_risk(placed.layout, stop=stop, delta=delta, threads=threads)
    chance = np.full(placed.network.firms, failure)
    values = estimate(
        placed.network,
        found,
        chance,
        share=share,
        new_probability=failure,
        before=before.downstream,
        stop=stop,
        delta=delta,
        downstream=True,
        threads=threads,
    )
    order = np.lexsort((found.buyer, found.supplier, -values))[:full]
    rows = []
    for at in order:
        one = found.take(np.array([at]))
        worth = link_value(
            placed.network,
            one,
            chance,
            share=share,
            new_probability=failure,
            before=before,
            stop=stop,
            delta=delta,
            threads=threads,
        )
        near = _candidates(placed, one, links, catalogue)
        supplier, buyer = int(one.supplier[0]), int(one.buyer[0])
        rows.append(
            MissingLink(
                placed.labels[supplier],
                placed.labels[buyer],
                placed.sectors[int(one.sector[0])],
                supplier >= len(placed.firms) + len(placed.outside),
                float(values[at]),
                worth.downstream,
                worth.value,
                worth.bound,
                near,
            )
        )
    rows.sort(key=lambda row: (-row.value, row.supplier, row.buyer))
    return Missing(found, values, tuple(rows))


def _candidates(
    placed: Placed, gap: Gaps, links: Mapping[str, Sequence[str]], catalogue: Catalogue | None
) -> tuple[Candidate, ...]:
    """Return the nearest firms of the register: the product needed or one next to it, then the sector's largest."""
    firms, network = placed.firms, placed.network
    supplier, buyer = int(gap.supplier[0]), int(gap.buyer[0])
    wanted = set(links.get(placed.labels[supplier], ()))
    if supplier >= len(firms) + len(placed.outside) and catalogue is not None:
        product = catalogue.recognise(placed.foreign[supplier - len(firms) - len(placed.outside)].product)
        wanted |= {product} - {""}
    beside = {near for link in wanted for near in catalogue.neighbours(link)} if catalogue is not None else set()
    # One code may be finer than the other: the same as far as the shorter goes.
    code = placed.sectors[int(gap.sector[0])]
    alike = [other.startswith(code) or code.startswith(other) for other in placed.sectors]
    sector = np.array(alike)[network.sector[: len(firms)]]
    largest = np.argsort(-np.where(sector, network.revenue[: len(firms)], -1.0), kind="stable")[:_SIDE]
    pool = {int(at) for at in largest if sector[at]}
    pool |= {firms.place[firm] for firm, own in links.items() if set(own) & (wanted | beside)}
    pool -= {supplier, buyer}
    buyers_sector = network.sector[buyer]
    sells = np.zeros(network.firms, np.bool_)
    sells[network.supplier[network.sector[network.buyer] == buyers_sector]] = True
    near = []
    for at in sorted(pool):
        own = set(links.get(firms.ids[at], ()))
        same, next_to = sorted(own & wanted), sorted(own & beside)
        made = Candidate(
            str(firms.ids[at]),
            bool(sector[at]),
            (same or next_to or [""])[0],
            not same and bool(next_to),
            bool(sells[at]),
            _capabilities(firms, at),
        )
        rank = (not same, not next_to, not sector[at], not sells[at], -float(np.nan_to_num(network.revenue[at])), made.firm)
        near.append((rank, made))
    return tuple(made for _, made in sorted(near, key=lambda pair: pair[0])[:CANDIDATES])


def _capabilities(firms: Firms, at: int) -> dict[str, float | None]:
    return {name: None if np.isnan(values[at]) else float(values[at]) for name, values in firms.capabilities.items()}
