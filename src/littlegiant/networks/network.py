"""A supply network as arrays: who sells to whom for how much, sectors, accounts. Checked once, when it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from littlegiant.networks.sorting import Index, Ints, pointers, stable_order
from littlegiant.problems import refuse

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
NEGLIGIBLE, REPLACEABLE, ESSENTIAL = 0, 1, 2
_NO_MARKET = -1


@dataclass(frozen=True)
class Counted:
    """What was noticed when the network was made: numbers of links or firms, shares of all value."""

    links: int
    zero_values: int  # left out: they carry nothing
    duplicates: int  # summed
    self_loops: int
    self_loop_share: float
    isolated: int  # firms without any link: not measured, not safe
    no_supplier: int
    no_buyer: int
    sole_providers: int  # firms alone in their market
    revenue_raised: int  # accounts below what the links add up to: the links count
    cost_raised: int
    accounts: bool  # whether revenue is known at all; without it upstream losses are cut off, not measured


@dataclass(frozen=True)
class Network:
    """`n` firms and their links, sorted by buyer, then supplier; each pair once.

    supplier, buyer (links,) int32 · value (links,) in one currency and period · sector (n,) places in `essentiality`,
    a square matrix of 0, 1, 2 with the supplying sector as row · market (n,), -1 for firms that nobody replaces ·
    revenue, material_cost (n,) at least what the links add up to.
    """

    supplier: Index
    buyer: Index
    value: Floats
    sector: Index
    market: Index
    revenue: Floats
    material_cost: Floats
    sold: Floats
    bought: Floats
    essentiality: Codes
    counted: Counted
    synthetic: bool = False  # drawn, not known: nothing may be said of its firms

    @property
    def firms(self) -> int:
        return len(self.sector)

    @property
    def weight(self) -> Floats:
        """The share of each firm in all sales within the network, shape (n,)."""
        weight: Floats = self.sold / self.sold.sum()
        return weight

    @property
    def isolated(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.sold == 0) & (self.bought == 0))


def make_network(
    supplier: npt.ArrayLike,
    buyer: npt.ArrayLike,
    value: npt.ArrayLike,
    *,
    sector: npt.ArrayLike,
    essentiality: npt.ArrayLike,
    market: npt.ArrayLike | None = None,
    revenue: npt.ArrayLike | None = None,
    material_cost: npt.ArrayLike | None = None,
    self_loops: Literal["keep", "drop"] = "keep",
    rows: Callable[[int], str] | None = None,
) -> Network:
    """Return the network; places of firms count from 0, `market` -1 means that nobody replaces the firm.

    Accounts may hold NaN where unknown; then, and where they are smaller, what the links add up to counts.
    `rows` names the link at a place in messages ("links.csv, row 7"). Raises LittleGiantError for what has no meaning.
    """
    sectors, matrix = _sectors(sector, essentiality)
    n = len(sectors)
    sellers, buyers, values = _links(supplier, buyer, value, n, rows)
    zero = values == 0
    loops = sellers == buyers
    drop = zero | loops if self_loops == "drop" else zero
    share = float(values[loops].sum() / values.sum()) if values.sum() > 0 else 0.0
    sellers, buyers, values = sellers[~drop], buyers[~drop], values[~drop]
    order = stable_order(sellers, pointers(sellers, n), np.arange(len(sellers)))
    order = stable_order(buyers, pointers(buyers, n), order)
    sellers, buyers, values = sellers[order], buyers[order], values[order]
    given = len(sellers)
    sellers, buyers, values = _merged(sellers, buyers, values)
    if len(values) == 0:
        refuse("the network", "no link with a value above zero", "at least one", "A network without links measures nothing.")
    sold: Floats = np.bincount(sellers, values, n).astype(np.float64)
    bought: Floats = np.bincount(buyers, values, n).astype(np.float64)
    income, raised = _account(revenue, sold, "revenue")
    cost, cost_raised = _account(material_cost, bought, "material_cost")
    places = np.full(n, _NO_MARKET, np.int32) if market is None else _markets(market, n)
    named = places[places >= 0]
    counted = Counted(
        links=len(values),
        zero_values=int(zero.sum()),
        duplicates=given - len(values),
        self_loops=int(loops.sum()),
        self_loop_share=share,
        isolated=int(((sold == 0) & (bought == 0)).sum()),
        no_supplier=int((bought == 0).sum()),
        no_buyer=int((sold == 0).sum()),
        sole_providers=int((np.bincount(named) == 1).sum()) if len(named) else 0,
        revenue_raised=raised,
        cost_raised=cost_raised,
        accounts=revenue is not None and bool(np.isfinite(np.asarray(revenue, np.float64)).any()),
    )
    return Network(sellers, buyers, values, sectors, places, income, cost, sold, bought, matrix, counted)


def _merged(sellers: Index, buyers: Index, values: Floats) -> tuple[Index, Index, Floats]:
    """Sum the links that name the same pair; they lie side by side."""
    if len(values) == 0:
        return sellers, buyers, values
    new = np.ones(len(values), np.bool_)
    new[1:] = (sellers[1:] != sellers[:-1]) | (buyers[1:] != buyers[:-1])
    if new.all():
        return sellers, buyers, values
    starts = np.flatnonzero(new)
    return sellers[starts], buyers[starts], np.add.reduceat(values, starts)


def _sectors(sector: npt.ArrayLike, essentiality: npt.ArrayLike) -> tuple[Index, Codes]:
    raw = np.asarray(essentiality)
    if raw.ndim != 2 or raw.shape[0] != raw.shape[1] or raw.shape[0] == 0:
        refuse("the essentiality matrix", f"the shape {raw.shape}", "a square: suppliers' sectors by buyers' sectors")
    if not np.isin(raw, (NEGLIGIBLE, REPLACEABLE, ESSENTIAL)).all():
        row, column = np.argwhere(~np.isin(raw, (0, 1, 2)))[0]
        expected = "0 (negligible), 1 (non-essential) or 2 (essential)"
        refuse(f"the essentiality matrix, row {row + 1}, column {column + 1}", str(raw[row, column]), expected)
    sectors = _whole(sector, "the sectors")
    outside = (sectors < 0) | (sectors >= len(raw))
    if outside.any():
        codes = ", ".join(map(str, np.unique(sectors[outside])[:5]))
        refuse("the sectors", f"{codes}: no row in the essentiality matrix", f"0 to {len(raw) - 1}", "Give them a class first.")
    return sectors.astype(np.int32), raw.astype(np.uint8)


def _links(
    supplier: npt.ArrayLike, buyer: npt.ArrayLike, value: npt.ArrayLike, n: int, rows: Callable[[int], str] | None
) -> tuple[Index, Index, Floats]:
    sellers, buyers, values = _whole(supplier, "the suppliers"), _whole(buyer, "the buyers"), np.asarray(value, np.float64)
    if not len(sellers) == len(buyers) == len(values):
        refuse("the links", f"{len(sellers)} suppliers, {len(buyers)} buyers, {len(values)} values", "as many of each")
    for name, ends in (("supplier", sellers), ("buyer", buyers)):
        wrong = (ends < 0) | (ends >= n)
        if wrong.any():
            place = int(np.argmax(wrong))
            refuse(_row(rows, place), f"{name} {ends[place]}", f"a firm from 0 to {n - 1}", code="unknown-firm")
    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        place = int(np.argmax(wrong))
        found = f"the value {values[place]:g}" + (f" (and {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else "")
        refuse(_row(rows, place), found, "an amount of zero or more", "Net credit notes against invoices first.", code="range")
    return sellers.astype(np.int32), buyers.astype(np.int32), values


def _whole(values: npt.ArrayLike, name: str) -> Ints:
    """Return places as whole numbers; refuses what is none, as a missing number."""
    array = np.asarray(values)
    if array.dtype.kind not in "iub":
        given = array.astype(np.float64)
        wrong = ~(np.isfinite(given) & (given == np.floor(given)) & (np.abs(given) < 2**31))
        if wrong.any():
            at = int(np.argmax(wrong))
            refuse(f"{name}, entry {at + 1}", f"{given[at]:g}", "a whole number", "Leave out what has no place.", code="type")
    return array.astype(np.int64)


def _row(rows: Callable[[int], str] | None, place: int) -> str:
    return rows(place) if rows is not None else f"link {place + 1}"


def _account(given: npt.ArrayLike | None, least: Floats, name: str) -> tuple[Floats, int]:
    """Return the account of every firm, not below `least`, and for how many it was raised to that."""
    if given is None:
        return least.astype(np.float64), 0
    account = np.asarray(given, np.float64)
    if account.shape != least.shape:
        refuse(name, f"{len(account)} values", f"{len(least)}, one a firm")
    if np.isinf(account).any() or (account < 0).any():
        place = int(np.argmax(np.isinf(account) | (account < 0)))
        refuse(f"{name} of firm {place}", f"{account[place]:g}", "an amount of zero or more, or unknown", code="range")
    # Sums over links carry rounding: an account equal to them but for the last digits was not raised.
    raised = int((account < least * (1 - 1e-12)).sum())
    return np.fmax(account, least), raised


def _markets(market: npt.ArrayLike, n: int) -> Index:
    places = _whole(market, "the markets")
    if places.shape != (n,) or (places < _NO_MARKET).any():
        refuse("the markets", f"{places.shape} places, the least {places.min(initial=0)}", f"{n} places of -1 or more")
    named = places >= 0
    numbered = np.full(n, _NO_MARKET, np.int32)
    numbered[named] = np.unique(places[named], return_inverse=True)[1]
    return numbered


def changed(network: Network, supplier: Ints, buyer: Ints, value: Floats, **more: Any) -> Network:
    """Return a network with other links and all else as in `network`, or as `more` says."""
    given: dict[str, Any] = {
        "sector": network.sector,
        "essentiality": network.essentiality,
        "market": network.market,
        "revenue": network.revenue if network.counted.accounts else None,
        "material_cost": network.material_cost,  # where none was given, what was bought, which second sources leave alone
    }
    return make_network(supplier, buyer, value, **{**given, **more})
