"""The arrays that the kernels run on: built once from a network, saved as files that processes map and share."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from littlegiant.networks.compiling import compiled
from littlegiant.networks.network import ESSENTIAL, NEGLIGIBLE, Floats, Network
from littlegiant.networks.sorting import Index, Ints, pointers, stable_order
from littlegiant.problems import refuse, world_failed

Bools = npt.NDArray[np.bool_]


class Layout(NamedTuple):
    """Links in the four orders the kernels need; `g` counts groups: one a buyer and essential sector, one a buyer for the rest.

    down, pulled: `pull_firm` (n+1) firm → its groups, `pull_group` (g+1) group → `pull_from` suppliers, `pull_share`
    down, pushed: `push_firm` (n+1) supplier → `push_group`, `push_to` buyers, `push_share`
    up, pulled: `up_firm` (n+1) supplier → `up_from` buyers, `up_share`
    up, pushed: `back_firm` (n+1) buyer → `back_to` suppliers, `back_share`
    """

    pull_firm: Ints
    pull_group: Ints
    pull_from: Index
    pull_share: Floats
    push_firm: Ints
    push_group: Index
    push_to: Index
    push_share: Floats
    up_firm: Ints
    up_from: Index
    up_share: Floats
    back_firm: Ints
    back_to: Index
    back_share: Floats
    market: Index
    market_total: Floats
    sold: Floats
    weight: Floats
    isolated: Bools

    @property
    def firms(self) -> int:
        return len(self.market)

    @property
    def groups(self) -> int:
        return len(self.pull_group) - 1

    @property
    def bytes(self) -> int:
        return sum(array.nbytes for array in self)


def build(network: Network) -> Layout:
    """Return the layout of `network`; refuses one that was drawn, of whose firms nothing may be said."""
    if network.synthetic:
        remedy = "Ask `risk_by_group` for the distribution over draws."
        refuse("the network", "one drawn from sector tables", "links that are known", remedy, code="synthetic")
    return lay_out(network)


def lay_out(network: Network) -> Layout:
    """Return the layout of `network`: shares of inputs by group (downstream) and of sales (upstream).

    Essential sector: value over all the buyer bought of that sector; else value over all it bought; both times the part of its
    material cost that the links cover. Upstream: value over the seller's revenue.
    """
    n, sectors = network.firms, len(network.essentiality)
    kind = network.essentiality[network.sector[network.supplier], network.sector[network.buyer]]
    down = np.flatnonzero(kind != NEGLIGIBLE)
    supplier, buyer, value = network.supplier[down], network.buyer[down], network.value[down]
    # The links of a buyer in groups: its essential sectors in their order, then all that is not essential.
    group_key = np.where(kind[down] == ESSENTIAL, network.sector[supplier], np.int32(sectors)).astype(np.int32)
    order = stable_order(group_key, pointers(group_key, sectors + 1), np.arange(len(down)))
    order = stable_order(buyer, pointers(buyer, n), order)
    supplier, buyer, value, group_key = supplier[order], buyer[order], value[order], group_key[order]
    group, starts, firm_of = _groups(buyer, group_key)
    total = np.add.reduceat(value, starts[:-1]) if len(value) else np.zeros(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        covered = np.where(network.material_cost > 0, network.bought / network.material_cost, 0.0)
        share = np.where(
            group_key < sectors,
            value / total[group] * covered[buyer] if len(value) else value,
            value / network.material_cost[buyer],
        )
        sales = network.value / network.revenue[network.supplier]
    by_supplier = stable_order(supplier, pointers(supplier, n), np.arange(len(supplier)))
    up = stable_order(network.supplier, pointers(network.supplier, n), np.arange(len(network.value)))
    named = network.market >= 0
    totals = np.zeros(1)
    if named.any():
        totals = np.bincount(network.market[named], network.sold[named]).astype(np.float64)
    made = Layout(
        pull_firm=pointers(firm_of, n),
        pull_group=starts,
        pull_from=supplier,
        pull_share=share,
        push_firm=pointers(supplier, n),
        push_group=group[by_supplier],
        push_to=buyer[by_supplier],
        push_share=share[by_supplier],
        up_firm=pointers(network.supplier, n),
        up_from=network.buyer[up],
        up_share=sales[up],
        back_firm=pointers(network.buyer, n),
        back_to=network.supplier,
        back_share=sales,
        market=network.market,
        market_total=totals,
        sold=network.sold,
        weight=network.weight,
        isolated=network.isolated,
    )
    return _fixed(made)


def _fixed(layout: Layout) -> Layout:
    """Return the same arrays, unchangeable and of one type, so that the kernels are compiled once for mapped and for own."""
    views = [np.asarray(array).view(np.ndarray) for array in layout]
    for view in views:
        view.flags.writeable = False
    return Layout(*views)


@compiled
def _groups(buyer: Index, key: Index) -> tuple[Index, Ints, Index]:
    """Return the group of each link, where each group begins (g+1), and its buyer (g)."""
    count = 0
    for place in range(len(buyer)):
        if place == 0 or buyer[place] != buyer[place - 1] or key[place] != key[place - 1]:
            count += 1
    group = np.empty(len(buyer), np.int32)
    starts, firm = np.empty(count + 1, np.int64), np.empty(count, np.int32)
    at = -1
    for place in range(len(buyer)):
        if place == 0 or buyer[place] != buyer[place - 1] or key[place] != key[place - 1]:
            at += 1
            starts[at] = place
            firm[at] = buyer[place]
        group[place] = at
    starts[count] = len(buyer)
    return group, starts, firm


def save(layout: Layout, to: Path) -> None:
    """Write the arrays of `layout` into the folder `to`, whole or not at all; what is no layout is not written over."""
    own = {f"{name}.npy" for name in Layout._fields}
    if to.is_file() or (to.is_dir() and {path.name for path in to.iterdir()} - own):
        refuse(str(to), "something else there", "a new folder, or one with a layout", "Choose another folder.", code="not-empty")
    beside = to.with_name(f".{to.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        for name, array in layout._asdict().items():
            np.save(beside / f"{name}.npy", array)
        shutil.rmtree(to, ignore_errors=True)
        os.replace(beside, to)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise world_failed(str(to), error.strerror or str(error), "Choose another folder.") from error


def open_layout(path: Path) -> Layout:
    """Return the layout saved at `path`; its arrays are mapped, so that all processes of a machine share one copy."""
    try:
        return _fixed(Layout(*(np.load(path / f"{name}.npy", mmap_mode="r") for name in Layout._fields)))
    except (OSError, ValueError, EOFError) as error:
        refuse(str(path), f"no saved network ({error})", "a folder made by `save`", "Make it again.", code="no-network")
