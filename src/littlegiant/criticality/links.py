"""Links between firms from files: recorded, declared, and what firms buy abroad. Every mistake by its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from littlegiant.criticality.firms import Firms
from littlegiant.criticality.supply_file import Grade, LinksFile, SupplyFile
from littlegiant.documents import read_rows
from littlegiant.networks.network import Floats
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion
from littlegiant.register import Register

_YES, _NO = ("yes", "true", "1", "是"), ("no", "false", "0", "否")
_MOST_PROBLEMS = 20  # told at once; the rest is counted


@dataclass(frozen=True)
class Links:
    """Named pairs with values in the smallest unit of money, their grade, their years, and the rows they come from."""

    supplier: Sequence[str]
    buyer: Sequence[str]
    value: Floats
    grade: Grade
    year: int
    rows: Sequence[str] | None  # None: those of the register's table

    def row(self, place: int) -> str:
        return self.rows[place] if self.rows is not None else f"table links, row {place + 1}"


def read_links(supply: SupplyFile, folder: Path, register: Register, pack: Pack, *, year: int) -> Links | None:
    """Return the links that `links:` names: a CSV, or the register's table; None where there is none."""
    if supply.links is None:
        return None
    wanted = supply.links.year or year
    if not supply.links.file:
        return _of_register(supply.links, register, wanted)
    return _of_file(supply.links, folder / supply.links.file, pack, wanted)


def _of_register(links: LinksFile, register: Register, year: int) -> Links:
    if not register.has("links"):
        remedy = "Name a CSV under `links: file:`, or leave `links:` out."
        refuse(str(register.path), "a register without links", "a table `links`", remedy, code="no-links")
    table = pq.read_table(register.table("links"))
    years = sorted(pc.unique(table["year"]).to_pylist())
    table = table.filter(pc.equal(table["year"], year))
    if not table.num_rows:
        known = ", ".join(map(str, years)) or "none"
        refuse(f"{register.path}, links", f"no link of {year}", f"a year with links: {known}", "Set `links: year:`.", code="year")
    values = np.asarray(table["value"].combine_chunks().to_numpy(zero_copy_only=False), np.float64)
    return Links(table["supplier"].to_pylist(), table["buyer"].to_pylist(), values, links.grade, year, None)


def _of_file(links: LinksFile, path: Path, pack: Pack, year: int) -> Links:
    factor = unit_factor(pack, links.unit)
    suppliers, buyers, values, rows = [], [], [], []
    problems: list[Problem] = []
    currencies: dict[str, str] = {}
    for place, row in read_rows(path, ("supplier", "buyer", "value")):
        currency = row.get("currency") or pack.header.currency.code
        currencies.setdefault(currency, place)
        if row.get("year") and row["year"] != str(year):
            if not row["year"].isdigit():
                problems.append(Problem(f"{place}, column year", repr(row["year"]), "a year as 2025", code="type"))
            continue
        suppliers.append(row["supplier"].strip())
        buyers.append(row["buyer"].strip())
        values.append(number(place, "value", row["value"], problems) * factor)
        rows.append(place)
    told(problems)
    if len(currencies) > 1 or set(currencies) - {pack.header.currency.code}:
        named = ", ".join(f"{currency} ({place})" for currency, place in currencies.items())
        remedy = "Convert all values by a dated rate first, and name the unit under `links: unit:`."
        refuse(path.name, f"the currencies {named}", f"one, {pack.header.currency.code}", remedy, code="currency")
    if not values:
        refuse(path.name, f"no link of {year}", "links of that year", "Set `links: year:`.", code="year")
    return Links(suppliers, buyers, np.array(values), links.grade, year, rows)


def unit_factor(pack: Pack, unit: str) -> float:
    """Return the smallest units in one of `unit`, a multiple of the pack's currency."""
    currency = pack.header.currency
    factors = {currency.code: 1, **{each.unit: each.factor for each in currency.multiples}}
    if unit and unit not in factors:
        remedy = suggestion(unit, factors) or f"Known: {', '.join(factors)}."
        refuse("links, unit", repr(unit), "a unit of the pack's currency", remedy, code="unknown-name")
    return float(factors[unit or currency.code] * currency.minor.per_main)


def number(place: str, name: str, text: str, problems: list[Problem], *, most: float = float("inf")) -> float:
    """Return a number from 0 to `most`; notes a problem where it is none."""
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = float("nan")
    if not 0 <= value <= most or value == float("inf"):
        expected = "an amount of zero or more" if most == float("inf") else f"a share from 0 to {most:g}"
        remedy = "Net credit notes against invoices first." if value < 0 else ""
        problems.append(Problem(f"{place}, column {name}", repr(text), expected, remedy, "range"))
    return value


def truth(place: str, name: str, text: str, problems: list[Problem]) -> bool | None:
    """Return yes or no, None where nothing is written."""
    word = text.strip().lower()
    if word and word not in (*_YES, *_NO):
        problems.append(Problem(f"{place}, column {name}", repr(text), "yes or no", code="type"))
    return None if not word else word in _YES


def told(problems: list[Problem]) -> None:
    """Raise what was found; of many problems the first, and how many more there are."""
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        last = [Problem(problems[-1].place, f"{more:,} more problems of the kind", "none", code="more")] if more > 0 else []
        raise LittleGiantError([*problems[:_MOST_PROBLEMS], *last])


@dataclass(frozen=True)
class Declared:
    """A main customer or supplier that a firm names in its application. `partner` is an id of the register, or a name."""

    firm: str
    side: str  # customer, supplier
    partner: str
    share: float  # of the firm's sales (customer) or purchases (supplier)
    row: str


def read_declared(path: Path, firms: Firms) -> list[Declared]:
    """Return what firms declare; shares of one side of a firm add up to 1 at most."""
    problems: list[Problem] = []
    found: list[Declared] = []
    totals: dict[tuple[str, str], float] = {}
    by_name = {name: firm for name, firm in zip(firms.name.tolist(), firms.ids.tolist(), strict=True) if name}
    for place, row in read_rows(path, ("firm", "side", "partner", "share")):
        firm, side = row["firm"].strip(), row["side"].strip()
        if firm not in firms.place:
            problems.append(unknown_firm(place, "firm", firm, firms))
        if side not in ("customer", "supplier"):
            problems.append(Problem(f"{place}, column side", repr(side), "customer or supplier", code="unknown-name"))
        share = number(place, "share", row["share"], problems, most=1.0)
        partner = by_name.get(row["partner"].strip(), row["partner"].strip())
        totals[firm, side] = totals.get((firm, side), 0.0) + share
        if totals[firm, side] > 1 + 1e-9:
            found_sum = f"shares of {firm} that add up to {totals[firm, side]:.3f}"
            problems.append(Problem(place, found_sum, "at most 1", "Correct the shares.", "range"))
        found.append(Declared(firm, side, partner, share, place))
    told(problems)
    return found


def unknown_firm(place: str, column: str, firm: str, firms: Firms) -> Problem:
    """Return the problem of a firm that the register does not have, with the nearest id."""
    near = suggestion(firm, firms.place) if len(firms) <= 5000 else ""
    remedy = near or "Correct the id, add the firm to the register, or set `links: unknown_firms: keep`."
    return Problem(f"{place}, column {column}", f"no firm {firm!r} in the register", "", remedy, "unknown-firm")


@dataclass(frozen=True)
class ForeignLink:
    """What a firm buys of a product from a country, in the smallest unit of money."""

    country: str
    product: str
    sector: str
    buyer: str
    value: float
    row: str


def read_foreign(path: Path, pack: Pack, unit: str, firms: Firms) -> list[ForeignLink]:
    problems: list[Problem] = []
    found = []
    factor = unit_factor(pack, unit)
    for place, row in read_rows(path, ("country", "product", "buyer", "value")):
        if row["buyer"] not in firms.place:
            problems.append(unknown_firm(place, "buyer", row["buyer"], firms))
        value = number(place, "value", row["value"], problems) * factor
        found.append(ForeignLink(row["country"], row["product"], row.get("sector") or "", row["buyer"], value, place))
    told(problems)
    return found


@dataclass(frozen=True)
class FirmProduct:
    """A product of a firm, its share in the firm's revenue, and whether customers have qualified it (None: not known)."""

    firm: str
    product: str
    share: float
    qualified: bool | None


def read_firm_products(path: Path, firms: Firms) -> list[FirmProduct]:
    """Return the products that firms make. Shares of a firm that add up to more than 1 are scaled down to it."""
    problems: list[Problem] = []
    found: list[FirmProduct] = []
    for place, row in read_rows(path, ("firm", "product", "share")):
        if row["firm"] not in firms.place:
            problems.append(unknown_firm(place, "firm", row["firm"], firms))
        share = number(place, "share", row["share"], problems, most=1.0)
        qualified = truth(place, "qualified", row.get("qualified") or "", problems)
        found.append(FirmProduct(row["firm"], row["product"].strip(), share, qualified))
    told(problems)
    totals: dict[str, float] = {}
    for each in found:
        totals[each.firm] = totals.get(each.firm, 0.0) + each.share
    scaled = {firm: max(1.0, total) for firm, total in totals.items()}
    return [FirmProduct(each.firm, each.product, each.share / scaled[each.firm], each.qualified) for each in found]


@dataclass(frozen=True)
class Finding:
    """What an expert found of a firm and a key link: fills it, could fill it, does not."""

    firm: str
    link: str
    verdict: str
    by: str
    at: str


VERDICTS = ("fills", "could_fill", "does_not")


def read_findings(path: Path, firms: Firms) -> list[Finding]:
    problems: list[Problem] = []
    found = []
    for place, row in read_rows(path, ("firm", "link", "verdict", "by", "at")):
        if row["firm"] not in firms.place:
            problems.append(unknown_firm(place, "firm", row["firm"], firms))
        if row["verdict"] not in VERDICTS:
            remedy = suggestion(row["verdict"], VERDICTS) or f"Known: {', '.join(VERDICTS)}."
            problems.append(Problem(f"{place}, column verdict", repr(row["verdict"]), "a verdict", remedy, "unknown-name"))
        if not row["by"].strip():
            problems.append(Problem(f"{place}, column by", "nobody", "who found it", "A finding has a name.", "missing"))
        found.append(Finding(row["firm"], row["link"].strip(), row["verdict"], row["by"], row["at"]))
    told(problems)
    return found


def places_of(names: Sequence[str], index: dict[str, int]) -> npt.NDArray[np.int64]:
    """Return the place of each name, -1 where it has none."""
    return np.array([index.get(name, -1) for name in names], np.int64)
