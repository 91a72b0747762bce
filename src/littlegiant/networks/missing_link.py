"""What a missing link is worth (补链): a home firm that takes over part of a link which has one supplier only.

The value is the fall of the expected loss of the whole network, the new firm's own failure counted: not the fall of one
firm's risk, since the risk of others rises a little. Who is the only supplier of an essential input makes a *gap*.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from littlegiant.networks.compiling import compiled
from littlegiant.networks.frontier import SIZE, State, cascade, clear, new_state
from littlegiant.networks.layout import Layout, build
from littlegiant.networks.network import ESSENTIAL, Floats, Network, changed
from littlegiant.networks.risk import DELTA, EPS, MOST_STEPS, Measured, Stop, _spread, systemic_risk
from littlegiant.networks.sorting import Index, Ints
from littlegiant.problems import refuse

SHARE = 0.5
_NOTHING = 1e-300  # a sale so small that the new firm of a gap is there and carries nothing until it is wanted


@dataclass(frozen=True)
class Gaps:
    """A row a gap, shape (gaps,): the only supplier of an essential sector to a buyer, and the value of the link."""

    supplier: Index
    buyer: Index
    sector: Index
    value: Floats

    def __len__(self) -> int:
        return len(self.supplier)

    def take(self, places: Ints) -> "Gaps":
        return Gaps(self.supplier[places], self.buyer[places], self.sector[places], self.value[places])


def gaps(network: Network) -> Gaps:
    """Return all pairs of a buyer and an essential input sector in which it has one supplier, itself not counted."""
    sector = network.sector[network.supplier]
    essential = network.essentiality[sector, network.sector[network.buyer]] == ESSENTIAL
    essential &= network.supplier != network.buyer
    places = np.flatnonzero(essential)
    key = network.buyer[places].astype(np.int64) * len(network.essentiality) + sector[places]
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    chosen = places[first[count == 1]]
    return Gaps(network.supplier[chosen], network.buyer[chosen], sector[chosen], network.value[chosen])


def with_second_source(network: Network, found: Gaps, *, share: float = SHARE) -> Network:
    """Return the network with one new firm that takes `share` of the links of `found`, all of one sector; it is the last.

    It has no suppliers of its own and sells what it takes over; the sales of the others fall by that, so market shares
    move and total sales do not.
    """
    if not 0 < share <= 1:
        refuse("the share a second source takes", f"{share:g}", "above 0, at most 1", code="range")
    if len(found) == 0 or len(np.unique(found.sector)) != 1:
        refuse("the second source", f"links of {len(np.unique(found.sector))} sectors", "links of one sector")
    n = network.firms
    key = network.buyer.astype(np.int64) * n + network.supplier
    wanted = found.buyer.astype(np.int64) * n + found.supplier
    places = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    if (key[places] != wanted).any():
        at = int(np.argmax(key[places] != wanted))
        refuse("the second source", f"no link from {found.supplier[at]} to {found.buyer[at]}", "a link of the network")
    value = network.value.copy()
    taken = value[places] * share
    value[places] -= taken
    revenue = network.revenue.copy()
    np.subtract.at(revenue, network.supplier[places], taken)
    market = network.market[network.supplier[places[0]]]
    cost = np.append(network.material_cost, 1.0)
    return changed(
        network,
        np.append(network.supplier, np.full(len(places), n)),
        np.append(network.buyer, network.buyer[places]),
        np.append(value, taken),
        sector=np.append(network.sector, found.sector[0]),
        market=np.append(network.market, market),
        revenue=np.append(revenue, taken.sum()) if network.counted.accounts else None,
        material_cost=cost,
    )


@dataclass(frozen=True)
class LinkValue:
    """The expected loss of the network without and with the second source, and the fall: the value of the link."""

    before: float
    after: float
    before_downstream: float
    after_downstream: float
    bound: float  # the bounds of the shocks that changed; it holds where all stopped at the sweep of exact ones (`sure`)

    @property
    def value(self) -> float:
        return self.before - self.after

    @property
    def downstream(self) -> float:
        """The part of supply: losses downstream alone. The part of demand hangs on a new firm that buys nothing."""
        return self.before_downstream - self.after_downstream


def link_value(
    network: Network,
    found: Gaps,
    probability: npt.ArrayLike,
    *,
    share: float = SHARE,
    new_probability: float | None = None,
    before: Measured | None = None,
    stop: Stop = "published",
    eps: float | None = None,
    delta: float = 0.0,
    threads: int | None = None,
) -> LinkValue:
    """Return the full value: all firms' index before and after, each weighed by its probability of failing (n,).

    `before`: all firms measured without the second source, with the same `stop`, `eps` and `delta`, where that is at hand: then
    a shock that does not reach the link gives the same digits twice, and only those that do bear an error.
    """
    chance, own = _chances(probability, new_probability, network.firms)
    if before is None:
        before = systemic_risk(build(network), stop=stop, eps=eps, delta=delta, threads=threads)
    if len(before.esri) != network.firms:
        refuse("the index before", f"{len(before.esri)} firms", f"all {network.firms}", "Measure all firms.")
    after = systemic_risk(
        build(with_second_source(network, found, share=share)), stop=stop, eps=eps, delta=delta, threads=threads
    )
    moved = before.esri != after.esri[:-1]
    bound = float((chance * (before.bound + after.bound[:-1]))[moved].sum() + own * after.bound[-1])
    chances = np.append(chance, own)
    return LinkValue(
        float(chance @ before.esri),
        float(chances @ after.esri),
        float(chance @ before.downstream),
        float(chances @ after.downstream),
        bound,
    )


def _chances(probability: npt.ArrayLike, new: float | None, firms: int) -> tuple[Floats, float]:
    """Return the probability of each firm and of the new one (the mean where none is given)."""
    chance = np.broadcast_to(np.asarray(probability, np.float64), (firms,))
    own = float(chance.mean()) if new is None else new
    if not ((chance >= 0) & (chance <= 1)).all() or not 0 <= own <= 1:
        refuse("the probabilities of failing", "one that is no share", "0 to 1", code="range")
    return chance, own


def estimate(
    network: Network,
    found: Gaps,
    probability: npt.ArrayLike,
    *,
    share: float = SHARE,
    new_probability: float | None = None,
    before: Floats | None = None,
    stop: Stop = "published",
    eps: float | None = None,
    delta: float = DELTA,
    downstream: bool = False,
    threads: int | None = None,
) -> Floats:
    """Return for every gap an estimate of its value, (gaps,): only the old supplier's and the new firm's failure are run again.

    Each other shock that reaches the link changes a little, too. `downstream`: the part of supply alone, which the estimate
    ranks well; the whole it does not, since the part of demand is made by shocks that are not run again. `before` is the
    index, or its downstream part, of every firm without second sources.
    """
    n = network.firms
    chance, own = _chances(probability, new_probability, n)
    if before is None:
        firms = np.unique(found.supplier)
        before = np.zeros(n)
        found_before = systemic_risk(build(network), firms, stop=stop, eps=eps, delta=delta, threads=threads)
        before[firms] = found_before.downstream if downstream else found_before.esri
    waiting = changed(
        network,
        np.append(network.supplier, n + np.arange(len(found))),
        np.append(network.buyer, found.buyer),
        np.append(network.value, np.full(len(found), _NOTHING)),
        sector=np.append(network.sector, found.sector),
        market=np.append(network.market, network.market[found.supplier]),
        revenue=np.append(network.revenue, np.full(len(found), _NOTHING)) if network.counted.accounts else None,
        material_cost=np.append(network.material_cost, np.ones(len(found))),
    )
    layout = build(waiting)
    result = np.zeros((len(found), 2))
    limit = EPS[stop] if eps is None else eps
    parts = [np.arange(start, min(start + 64, len(found))) for start in range(0, len(found), 64)]
    revenue = network.revenue

    def run(made: tuple[Layout, State], part: Ints) -> None:
        suppliers, buyers = found.supplier[part], found.buyer[part]
        _rerun(*made, suppliers, buyers, part + n, share, revenue, limit, delta, downstream, result, part)

    _spread(parts, threads, lambda: (_own(layout, n), new_state(layout)), run)
    old = np.asarray(before)[found.supplier]
    return np.asarray(chance[found.supplier] * (old - result[:, 0]) - own * result[:, 1])


def _own(layout: Layout, firms: int) -> Layout:
    """Return the layout with copies of the arrays that `_rerun` changes and puts back; waiting firms lose nothing."""
    changing = ("pull_share", "push_share", "up_share", "back_share", "sold", "weight")
    own = layout._replace(**{name: np.array(getattr(layout, name)) for name in changing})
    own.up_share[own.up_firm[firms] :] = 0.0
    own.back_share[own.back_to >= firms] = 0.0
    return own


@compiled
def _at(pointers: Ints, ends: Index, from_firm: int, to_firm: int) -> int:
    """Return the place of the link from one firm to another in an order by firm."""
    for at in range(pointers[from_firm], pointers[from_firm + 1]):
        if ends[at] == to_firm:
            return at
    return -1


@compiled
def _set_down(layout: Layout, supplier: int, buyer: int, share: float) -> float:
    """Set the share of a link downstream in both orders; return what it was."""
    push = _at(layout.push_firm, layout.push_to, supplier, buyer)
    before: float = layout.push_share[push]
    layout.push_share[push] = share
    first, last = layout.pull_firm[buyer], layout.pull_firm[buyer + 1]
    for at in range(layout.pull_group[first], layout.pull_group[last]):
        if layout.pull_from[at] == supplier:
            layout.pull_share[at] = share
    return before


@compiled
def _set_up(layout: Layout, supplier: int, buyer: int, share: float) -> None:
    """Set the share of a link upstream in both orders."""
    layout.up_share[_at(layout.up_firm, layout.up_from, supplier, buyer)] = share
    layout.back_share[_at(layout.back_firm, layout.back_to, buyer, supplier)] = share


@compiled
def _weigh(layout: Layout, state: State, firm: int, sold: float, weight: float) -> None:
    layout.sold[firm] = state.down.record[firm, SIZE] = sold
    layout.weight[firm] = state.up.record[firm, SIZE] = weight


@compiled
def _rerun(
    layout: Layout,
    state: State,
    suppliers: Index,
    buyers: Index,
    new: Ints,
    share: float,
    revenue: Floats,
    eps: float,
    delta: float,
    downstream: bool,
    result: Floats,
    places: Ints,
) -> None:
    """Let the new firm of each gap take its share, fail the old and the new supplier, and put everything back."""
    one, whole = np.empty(1, np.int32), np.ones(1)
    for number in range(len(suppliers)):
        i, j, k = suppliers[number], buyers[number], new[number]
        sold, weight, new_sold, new_weight = layout.sold[i], layout.weight[i], layout.sold[k], layout.weight[k]
        first, last = layout.up_firm[i], layout.up_firm[i + 1]
        sales = layout.up_share[first:last].copy()
        customers = layout.up_from[first:last]
        taken = layout.up_share[_at(layout.up_firm, layout.up_from, i, j)] * revenue[i] * share
        grown = revenue[i] / (revenue[i] - taken) if revenue[i] > taken else 0.0
        for at in range(len(sales)):
            _set_up(layout, i, customers[at], sales[at] * grown * (1 - share if customers[at] == j else 1.0))
        _set_up(layout, k, j, 1.0)
        kept = _set_down(layout, i, j, 0.0)
        _set_down(layout, i, j, kept * (1 - share))
        kept_new = _set_down(layout, k, j, kept * share)
        _weigh(layout, state, i, sold - taken, weight * (sold - taken) / sold)
        _weigh(layout, state, k, taken, weight * taken / sold)
        for place in range(2):
            one[0] = i if place == 0 else k
            downs, ups, found = cascade(layout, state, one, whole, eps, delta, MOST_STEPS)
            result[places[number], place] = found.down if downstream else found.both
            clear(layout, state, downs, ups)
        for at in range(len(sales)):
            _set_up(layout, i, customers[at], sales[at])
        _set_down(layout, i, j, kept)
        _set_down(layout, k, j, kept_new)
        _set_up(layout, k, j, 0.0)
        _weigh(layout, state, i, sold, weight)
        _weigh(layout, state, k, new_sold, new_weight)
