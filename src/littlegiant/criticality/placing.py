"""A register placed in its supply network: firms, partners outside the register, foreign suppliers; what is left out, counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from littlegiant.criticality.firms import Firms, Texts
from littlegiant.criticality.links import (
    Declared,
    ForeignLink,
    Links,
    places_of,
    read_foreign,
    read_links,
    told,
    unknown_firm,
)
from littlegiant.criticality.supply_file import Grade, SupplyFile
from littlegiant.networks import Layout, Network, build, make_network
from littlegiant.networks.essentiality import Essentiality, matrix_of, read_matrix
from littlegiant.networks.network import Codes, Floats
from littlegiant.packs import Pack
from littlegiant.problems import Problem, refuse, suggestion
from littlegiant.register import Register

_NO_SECTOR = "?"


@dataclass(frozen=True)
class Foreign:
    """A foreign supplier: all that a country sells of a product. Nobody steps in for it."""

    country: str
    product: str


@dataclass(frozen=True)
class Placed:
    """A network whose first nodes are the firms of the register, then partners outside it, then foreign suppliers."""

    firms: Firms
    outside: tuple[str, ...]
    foreign: tuple[Foreign, ...]
    network: Network
    sectors: tuple[str, ...]  # codes, in the order of the network's sector numbers
    grade: Grade
    year: int
    no_sector: int  # nodes whose sector is not known

    @cached_property
    def layout(self) -> Layout:
        return build(self.network)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The id of each node; of a foreign supplier its country and product."""
        return (*self.firms.ids.tolist(), *self.outside, *(f"{each.country}:{each.product}" for each in self.foreign))

    @cached_property
    def place(self) -> Mapping[str, int]:
        return {label: number for number, label in enumerate(self.labels)}

    @cached_property
    def region(self) -> Texts:
        rest = np.full(len(self.labels) - len(self.firms), "", np.str_)
        return np.concatenate([self.firms.region, rest])

    @cached_property
    def sector(self) -> Texts:
        return np.array(self.sectors, np.str_)[self.network.sector]

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """Whether a node is a firm of the register, (n,)."""
        return np.arange(self.network.firms) < len(self.firms)

    def find(self, firm: str) -> int:
        """Return the place of a node; refuses an id that is none, with the nearest."""
        if firm not in self.place:
            remedy = suggestion(firm, self.labels) if len(self.labels) <= 20_000 else ""
            refuse("the network", f"no firm {firm!r}", "", remedy or "Check the id.", code="unknown-firm")
        return self.place[firm]


def place(
    register: Register,
    pack: Pack,
    supply: SupplyFile,
    folder: Path,
    firms: Firms,
    declared: Sequence[Declared],
    *,
    year: int,
) -> Placed | None:
    """Return the register in its network; None where no links are known. Files lie in `folder`."""
    links = read_links(supply, folder, register, pack, year=year)
    if links is None and not declared:
        return None
    unit = supply.links.unit if supply.links is not None else ""
    foreign = read_foreign(folder / supply.foreign, pack, unit, firms) if supply.foreign else []
    if links is None:
        links = _from_declared(declared, firms)
    keep = supply.links is None or supply.links.unknown_firms == "keep"
    outside = _outside(links, firms, keep)
    _check_founded(links, firms)
    nodes = tuple(dict.fromkeys(Foreign(each.country, each.product) for each in foreign))
    index = {**firms.place, **{name: len(firms) + number for number, name in enumerate(outside)}}
    first = len(firms) + len(outside)
    sold_abroad = {node: first + number for number, node in enumerate(nodes)}
    sectors = _sectors(firms, outside, nodes, foreign)
    abroad = np.array([sold_abroad[Foreign(each.country, each.product)] for each in foreign], np.int64)
    supplier = np.concatenate([places_of(links.supplier, index), abroad])
    buyer = np.concatenate([places_of(links.buyer, index), places_of([each.buyer for each in foreign], index)])
    value = np.concatenate([links.value, [each.value for each in foreign]])

    def row(at: int) -> str:
        own = len(links.value)
        return links.row(at) if at < own else foreign[at - own].row

    sectors, unknown = _check_sectors(sectors, supplier, value, row, supply)
    codes, number = np.unique(sectors, return_inverse=True)
    market = number.astype(np.int64) if supply.market == "sector" else np.full(len(number), -1)
    # Nobody at home steps in for a foreign supplier, nor for a firm of which no sector is known.
    market[first:] = market[sectors == _NO_SECTOR] = -1
    rest = np.full(len(outside) + len(nodes), np.nan)
    accounts = {key: np.concatenate([values, rest]) for key, values in firms.accounts.items()}
    network = make_network(
        supplier,
        buyer,
        value,
        sector=number,
        essentiality=_matrix(pack, supply, folder, codes.tolist()),
        market=market,
        revenue=accounts.get("revenue"),
        material_cost=accounts.get("material_cost"),
        self_loops=supply.links.self_loops if supply.links is not None else "keep",
        rows=row,
    )
    return Placed(firms, outside, nodes, network, tuple(codes.tolist()), links.grade, links.year, unknown)


def _from_declared(declared: Sequence[Declared], firms: Firms) -> Links:
    """Return links from declared shares: of sales for customers, of purchases for suppliers (of sales where none are known)."""
    revenue = firms.accounts.get("revenue")
    if revenue is None:
        remedy = "Add `accounts: {revenue: …}` with the fact of the register that holds it."
        refuse("supply", "declared partners without revenue", "an account of revenue", remedy, code="no-accounts")
    cost = firms.accounts.get("material_cost", revenue)
    cost = np.where(np.isnan(cost), revenue, cost)
    rows: dict[tuple[str, str], tuple[float, str]] = {}
    for each in declared:
        base = (revenue if each.side == "customer" else cost)[firms.place[each.firm]]
        if np.isnan(base) or each.share == 0:
            continue
        pair = (each.firm, each.partner) if each.side == "customer" else (each.partner, each.firm)
        # Named from both sides it is one link; the larger figure stands.
        rows[pair] = max(rows.get(pair, (0.0, "")), (float(base) * each.share, each.row))
    if not rows:
        refuse("supply", "declared partners of firms without figures", "figures for a year", "Check --year.", code="no-figures")
    sellers, buyers = zip(*rows, strict=True)
    return Links(
        sellers, buyers, np.array([value for value, _ in rows.values()]), "declared", 0, [row for _, row in rows.values()]
    )


def _outside(links: Links, firms: Firms, keep: bool) -> tuple[str, ...]:
    """Return partners that the register does not have, in order; refuses them unless `keep`."""
    names = sorted({*links.supplier, *links.buyer} - set(firms.place))
    if names and not keep:
        problems: list[Problem] = []
        for at, pair in enumerate(zip(links.supplier, links.buyer, strict=True)):
            for column, firm in zip(("supplier", "buyer"), pair, strict=True):
                if firm not in firms.place:
                    problems.append(unknown_firm(links.row(at), column, firm, firms, len(problems), may_keep=True))
        told(problems)
    return tuple(names)


def _check_founded(links: Links, firms: Firms) -> None:
    """Refuse links of a year before one of their firms existed."""
    if not links.year:
        return
    problems = []
    for names in (links.supplier, links.buyer):
        places = places_of(names, firms.place)
        founded = np.where(places >= 0, firms.founded[places], 0)
        for at in np.flatnonzero(founded > links.year):
            found = f"a link of {links.year} with {names[int(at)]}, founded in {founded[at]}"
            problems.append(
                Problem(links.row(int(at)), found, "a year in which both existed", "Correct the year or the firm.", "year")
            )
    told(problems)


def _sectors(firms: Firms, outside: tuple[str, ...], nodes: tuple[Foreign, ...], foreign: list[ForeignLink]) -> Texts:
    abroad = {Foreign(each.country, each.product): each.sector for each in foreign if each.sector}
    rest = [_NO_SECTOR] * len(outside) + [abroad.get(node, _NO_SECTOR) for node in nodes]
    return np.array([*(code or _NO_SECTOR for code in firms.sector.tolist()), *rest], np.str_)


def _check_sectors(
    sectors: Texts,
    supplier: npt.NDArray[np.int64],
    value: Floats,
    row: Callable[[int], str],
    supply: SupplyFile,
) -> tuple[Texts, int]:
    """Refuse links whose supplier has no sector, unless the document says what class those have.

    Returns the sectors, and how many suppliers have none. Who sells nothing passes nothing on and may have any sector.
    """
    sells = np.zeros(len(sectors), np.bool_)
    sells[supplier] = True
    idle = (sectors == _NO_SECTOR) & ~sells
    known = sectors[sectors != _NO_SECTOR]
    sectors = np.where(idle & (len(known) > 0), known[0] if len(known) else _NO_SECTOR, sectors)
    without = sectors[supplier] == _NO_SECTOR
    if without.any() and supply.unknown_class is None:
        part = float(without.mean())
        worth = float(value[without].sum() / value.sum()) if value.sum() else 0.0
        count = f"{int(without.sum()):,} of {len(without):,} links ({part:.0%}, {worth:.0%} of their value)"
        remedy = "Fill in the sectors, or set `unknown_class: non_essential`, which will be shown with every result."
        place = row(int(np.argmax(without)))
        refuse(place, f"{count} whose supplier has no sector", "a sector for every supplier", remedy, code="unknown-sector")
    return sectors, int(((sectors == _NO_SECTOR) & sells).sum())


def _matrix(pack: Pack, supply: SupplyFile, folder: Path, codes: list[str]) -> Codes:
    if supply.essentiality.endswith(".csv"):
        return read_matrix(folder / supply.essentiality, codes, unknown_class=supply.unknown_class)
    path = pack.path / "essentiality" / f"{supply.essentiality}.yaml"
    if not path.is_file():
        known = [each.stem for each in pack.paths("essentiality")]
        remedy = suggestion(supply.essentiality, known) or f"The pack has: {', '.join(known) or 'none'}; or name a CSV."
        refuse(
            f"supply {supply.supply}",
            f"no essentiality {supply.essentiality!r} in pack {pack.id}",
            "",
            remedy,
            code="unknown-name",
        )
    return matrix_of(pack.document(path, Essentiality).value, codes, unknown_class=supply.unknown_class)


def account_gap(placed: Placed) -> float:
    """Return the share of sales of firms whose revenue is what the links add up to: there upstream losses are cut off."""
    network = placed.network
    if not network.counted.accounts:
        return 1.0
    same: Floats = network.sold[network.revenue <= network.sold]
    return float(same.sum() / network.sold.sum())


def covered_share(placed: Placed) -> float | None:
    """Return which part of the known revenue of the register's firms the links cover; None where no revenue is known."""
    revenue = placed.firms.accounts.get("revenue")
    if revenue is None or not np.nansum(revenue):
        return None
    known = np.flatnonzero(revenue > 0)
    return float(np.minimum(placed.network.sold[known], revenue[known]).sum() / revenue[known].sum())
