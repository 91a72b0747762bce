"""Shocks as documents: an export control, the failure of firms, a sector or a region, a lost input; recovery; a measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from littlegiant.criticality.placing import Placed
from littlegiant.documents import Document, Frozen, Slug, read_document
from littlegiant.networks import Carried, Gaps, Layout, Spread, build, spread, why, with_second_source
from littlegiant.networks.network import Floats
from littlegiant.problems import refuse, suggestion


class Hit(Frozen):
    """Who loses what at the start: exactly one of product (from countries abroad), firm, sector, region."""

    product: str = ""
    countries: tuple[str, ...] = ()  # none: all that sell the product
    firm: str = ""
    sector: str = ""  # a code or its beginning; with `region` firms of both
    region: str = ""
    loss: float = Field(default=1.0, gt=0, le=1)  # the share of their output that is lost

    @model_validator(mode="after")
    def _one_thing(self) -> "Hit":
        named = [name for name in ("product", "firm", "sector", "region") if getattr(self, name)]
        if not named or (len(named) > 1 and set(named) != {"sector", "region"}):
            raise ValueError(
                f"names {', '.join(named) or 'nothing'}: give one of product, firm, sector, region (or sector and region)"
            )
        if self.countries and not self.product:
            raise ValueError("`countries:` belongs to a product")
        return self


class SecondSource(Frozen):
    """A measure: a new firm at home takes a share of what one supplier sells to the buyers named (none: to all)."""

    supplier: str = ""  # a firm, or
    product: str = ""  # a product from abroad
    country: str = ""
    buyers: tuple[str, ...] = ()
    share: float = Field(default=0.5, gt=0, le=1)

    @model_validator(mode="after")
    def _one_supplier(self) -> "SecondSource":
        abroad = bool(self.product) + bool(self.country)
        if (self.supplier and abroad) or (not self.supplier and abroad != 2):
            raise ValueError("`second_source:` takes from a `supplier:`, or from a `product:` of a `country:`")
        return self


class SupplyShock(Frozen):
    """A scenario. `recovery`: which part of the first loss remains, period by period; each period is computed by itself."""

    format: Literal[1]
    shock: Slug
    title: dict[str, str]
    reason: dict[str, str]
    hits: tuple[Hit, ...] = Field(min_length=1)
    recovery: tuple[float, ...] = (1.0,)
    second_source: SecondSource | None = None
    stop: Literal["published", "converged"] = "converged"

    @model_validator(mode="after")
    def _recovers(self) -> "SupplyShock":
        if not self.recovery or not all(0 <= part <= 1 for part in self.recovery):
            raise ValueError("`recovery:` is a list of shares, as [1, 0.5, 0]")
        return self


def read_shock(path: Path) -> Document[SupplyShock]:
    return read_document(path, SupplyShock)


@dataclass(frozen=True)
class Period:
    """One period: the part of the first loss that remains, what is lost of all sales, sweeps, whether they settled."""

    part: float
    lost: float  # share of the sales of home firms
    abroad: float  # share of the sales of foreign suppliers
    steps: int
    converged: bool


@dataclass(frozen=True)
class ShockResult:
    """What a shock does, first without and then with the measure (None where there is none)."""

    placed: Placed
    layout: Layout
    spread: Spread
    periods: tuple[Period, ...]
    after: Spread | None
    after_periods: tuple[Period, ...]

    def by(self, group: np.ndarray) -> list[tuple[str, float, float, float | None]]:
        """Return for each group of home firms: lost sales, their share, and the share with the measure; largest first."""
        home = np.arange(self.layout.firms) < self.layout.firms - len(self.placed.foreign)
        sold = np.where(home, self.layout.sold, 0.0)
        rows = []
        for name in np.unique(group[home]):
            own = (group == name) & home
            total = float(sold[own].sum())
            lost = float((sold * self.spread.loss)[own].sum())
            after = None if self.after is None else float((sold * self.after.loss[: len(sold)])[own].sum())
            rows.append((str(name), lost, lost / total if total else 0.0, after / total if after is not None and total else None))
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def path(self, firm: str) -> list[Carried]:
        """Return the chain of links that carried the loss of `firm`."""
        return why(self.layout, self.spread, self.placed.find(firm))


def run_shock(placed: Placed, shock: SupplyShock) -> ShockResult:
    """Compute the losses of every node, period by period, without and with the measure."""
    losses = initial_losses(placed, shock)
    layout = placed.layout
    abroad = np.zeros(layout.firms, np.bool_)
    abroad[layout.firms - len(placed.foreign) :] = True
    first, periods = _periods(layout, losses, abroad, shock)
    if shock.second_source is None:
        return ShockResult(placed, layout, first, periods, None, ())
    chosen = _taken_over(placed, shock.second_source)
    other = build(with_second_source(placed.network, chosen, share=shock.second_source.share))
    after, later = _periods(other, np.append(losses, 0.0), np.append(abroad, False), shock)
    return ShockResult(placed, layout, first, periods, after, later)


def _periods(
    layout: Layout, losses: Floats, abroad: npt.NDArray[np.bool_], shock: SupplyShock
) -> tuple[Spread, tuple[Period, ...]]:
    found = {part: spread(layout, losses * part, stop=shock.stop) for part in dict.fromkeys(shock.recovery)}

    def lost(part: float, chosen: npt.NDArray[np.bool_]) -> float:
        total = float(layout.sold[chosen].sum())
        return float((layout.sold * found[part].loss)[chosen].sum()) / total if total else 0.0

    periods = tuple(
        Period(part, lost(part, ~abroad), lost(part, abroad), found[part].steps, found[part].converged) for part in shock.recovery
    )
    return found[max(found)], periods


def initial_losses(placed: Placed, shock: SupplyShock) -> Floats:
    """Return the loss of every node at the start, (n,); hits that meet add up by what is left of each."""
    left = np.ones(placed.network.firms)
    for number, hit in enumerate(shock.hits):
        rows = _hit(placed, hit, f"shock {shock.shock}, hit {number + 1}")
        left[rows] *= 1 - hit.loss
    return np.asarray(1 - left)


def _hit(placed: Placed, hit: Hit, where: str) -> Sequence[int]:
    if hit.product:
        return _abroad(placed, hit.product, hit.countries, where)
    if hit.firm:
        return [placed.find(hit.firm)]
    chosen = np.ones(placed.network.firms, np.bool_)
    chosen[placed.network.firms - len(placed.foreign) :] = False
    for name, codes in (("sector", placed.sector), ("region", placed.region)):
        wanted = getattr(hit, name)
        if wanted:
            fits = np.char.startswith(codes, wanted)
            if not (fits & chosen).any():
                known = sorted(set(codes[chosen].tolist()) - {"", "?"})
                refuse(
                    where,
                    f"no firm of {name} {wanted!r}",
                    "",
                    suggestion(wanted, known) or f"Known: {_some(known)}.",
                    code="unknown-name",
                )
            chosen &= fits
    return np.flatnonzero(chosen).tolist()


def _abroad(placed: Placed, product: str, countries: Sequence[str], where: str) -> list[int]:
    """Return the foreign nodes of a product and countries; refuses names that no node has."""
    products = sorted({each.product for each in placed.foreign})
    if product not in products:
        remedy = suggestion(product, products) or f"Bought abroad: {_some(products) or 'nothing is known (`foreign:`)'}."
        refuse(where, f"no product {product!r} bought abroad", "", remedy, code="unknown-name")
    sellers = sorted({each.country for each in placed.foreign if each.product == product})
    for country in countries:
        if country not in sellers:
            remedy = suggestion(country, sellers) or f"It comes from {', '.join(sellers)}."
            refuse(where, f"no {product} from {country!r}", "", remedy, code="unknown-name")
    first = placed.network.firms - len(placed.foreign)
    return [
        first + number
        for number, each in enumerate(placed.foreign)
        if each.product == product and (not countries or each.country in countries)
    ]


def _some(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _taken_over(placed: Placed, measure: SecondSource) -> Gaps:
    """Return the links that a second source takes a share of."""
    where = "second_source"
    if measure.supplier:
        supplier = placed.find(measure.supplier)
    else:
        (supplier,) = _abroad(placed, measure.product, (measure.country,), where)
    network = placed.network
    chosen = network.supplier == supplier
    for buyer in measure.buyers:
        if not (chosen & (network.buyer == placed.find(buyer))).any():
            found = f"no link from {placed.labels[supplier]} to {buyer}"
            refuse(where, found, "buyers that buy from it", "Leave the buyer out.", code="no-links")
    if measure.buyers:
        chosen &= np.isin(network.buyer, [placed.find(buyer) for buyer in measure.buyers])
    places = np.flatnonzero(chosen)
    if not len(places):
        refuse(
            where, f"no link from {placed.labels[supplier]} to these buyers", "at least one", "Name its buyers.", code="no-links"
        )
    sectors = network.sector[network.supplier[places]]
    return Gaps(network.supplier[places], network.buyer[places], sectors, network.value[places])


def largest_losses(result: ShockResult, most: int) -> list[tuple[int, float]]:
    """Return the places and losses of the firms of the register that lose most sales, those hit at first left out."""
    own = np.arange(result.layout.firms) < len(result.placed.firms)
    lost = np.where(own & (result.spread.initial == 0), result.layout.sold * result.spread.loss, 0.0)
    order = np.argsort(-lost, kind="stable")[:most]
    return [(int(at), float(result.spread.loss[at])) for at in order if lost[at] > 0]


def chain_in_words(result: ShockResult, chain: Sequence[Carried]) -> list[Mapping[str, object]]:
    """Return a row a link of a path: direction, from whom, to whom, their losses, which part came over it."""
    labels = result.placed.labels
    return [
        {
            "direction": each.direction,
            "from": labels[each.from_firm],
            "from_loss": each.from_loss,
            "to": labels[each.to_firm],
            "to_loss": each.to_loss,
            "part": each.part,
        }
        for each in chain
    ]
