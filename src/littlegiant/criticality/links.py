"""Links between firms from files: recorded, declared, and what firms buy abroad. Every mistake by its row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
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

_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")  # 1,234.5; a comma anywhere else is no number
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
    factor, net = unit_factor(pack, links.unit), links.credit_notes == "net"
    suppliers, buyers, values, rows = [], [], [], []
    problems: list[Problem] = []
    currencies: dict[str, str] = {}
    for place, row in read_rows(path, ("supplier", "buyer", "value")):
        written = (row.get("year") or "").strip()
        if written and not written.isdigit():
            problems.append(Problem(f"{place}, column year", repr(written), "a year as 2025", code="type"))
        if written and written != str(year):
            continue
        currencies.setdefault((row.get("currency") or "").strip() or pack.header.currency.code, place)
        filled(place, row, ("supplier", "buyer"), problems)
        suppliers.append(row["supplier"].strip())
        buyers.append(row["buyer"].strip())
        values.append(number(place, "value", row["value"], problems, negative=net) * factor)
        rows.append(place)
    told(problems)
    if len(currencies) > 1 or set(currencies) - {pack.header.currency.code}:
        named = ", ".join(f"{currency} ({place})" for currency, place in currencies.items())
        remedy = "Convert all values by a dated rate first, and name the unit under `links: unit:`."
        refuse(path.name, f"the currencies {named}", f"one, {pack.header.currency.code}", remedy, code="currency")
    if not values:
        refuse(path.name, f"no link of {year}", "links of that year", "Set `links: year:`.", code="year")
    made = Links(suppliers, buyers, np.array(values), links.grade, year, rows)
    return _netted(made) if net else made


def _netted(links: Links) -> Links:
    """Return one link a pair with the sum of its rows; refuses a pair whose credit notes are more than its invoices."""
    sums: dict[tuple[str, str], tuple[float, str]] = {}
    for at, pair in enumerate(zip(links.supplier, links.buyer, strict=True)):
        before, row = sums.get(pair, (0.0, links.row(at)))
        sums[pair] = (before + float(links.value[at]), row)
    problems = [
        Problem(row, f"{supplier} to {buyer}: more credit notes than invoices", "a sum of zero or more", "Look into it.", "range")
        for (supplier, buyer), (total, row) in sums.items()
        if total < 0
    ]
    told(problems)
    suppliers, buyers = zip(*sums, strict=True)
    values = np.array([total for total, _ in sums.values()])
    return Links(suppliers, buyers, values, links.grade, links.year, [row for _, row in sums.values()])


def unit_factor(pack: Pack, unit: str) -> float:
    """Return the smallest units in one of `unit`, a multiple of the pack's currency."""
    currency = pack.header.currency
    factors = {currency.code: 1, **{each.unit: each.factor for each in currency.multiples}}
    if unit and unit not in factors:
        remedy = suggestion(unit, factors) or f"Known: {', '.join(factors)}."
        refuse("links, unit", repr(unit), "a unit of the pack's currency", remedy, code="unknown-name")
    return float(factors[unit or currency.code] * currency.minor.per_main)


def number(
    place: str, name: str, text: str, problems: list[Problem], *, most: float = float("inf"), negative: bool = False
) -> float:
    """Return a number from 0 to `most`; notes a problem where it is none."""
    plain = text.strip()
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        value = float(plain)
    except ValueError:
        value = float("nan")
    if negative and -float("inf") < value < 0:
        return value
    if not 0 <= value <= most or value == float("inf"):
        expected = "an amount of zero or more" if most == float("inf") else f"a share from 0 to {most:g}"
        remedy = "Net credit notes against invoices first." if value < 0 else ""
        problems.append(Problem(f"{place}, column {name}", repr(text), expected, remedy, "range"))
    return value


def filled(place: str, row: Mapping[str, str], columns: Sequence[str], problems: list[Problem]) -> None:
    """Note a problem for each of `columns` that is blank."""
    blank = [name for name in columns if not row[name].strip()]
    problems += [Problem(f"{place}, column {name}", "a blank cell", "a name or an id", "Fill it in.", "blank") for name in blank]


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
    """Return what firms declare, a partner once a side; shares of one side of a firm add up to 1 at most."""
    problems: list[Problem] = []
    found: dict[tuple[str, str, str], Declared] = {}
    totals: dict[tuple[str, str], float] = {}
    by_name: dict[str, list[str]] = {}
    for firm, name in zip(firms.ids.tolist(), firms.name.tolist(), strict=True):
        by_name.setdefault(name, []).append(firm)
    for place, row in read_rows(path, ("firm", "side", "partner", "share")):
        firm, side, partner = row["firm"].strip(), row["side"].strip(), row["partner"].strip()
        filled(place, row, ("partner",), problems)
        if firm not in firms.place:
            problems.append(unknown_firm(place, "firm", firm, firms, len(problems)))
        if side not in ("customer", "supplier"):
            problems.append(Problem(f"{place}, column side", repr(side), "customer or supplier", code="unknown-name"))
        share = number(place, "share", row["share"], problems, most=1.0)
        named = by_name.get(partner, []) if partner and partner not in firms.place else []
        if len(named) > 1:
            found_names = f"the name {partner!r}, which {len(named)} firms of the register have"
            problems.append(Problem(f"{place}, column partner", found_names, "one firm", "Write its id.", "ambiguous"))
        partner = named[0] if named else partner
        totals[firm, side] = totals.get((firm, side), 0.0) + share
        if totals[firm, side] > 1 + 1e-9:
            found_sum = f"shares of {firm} that add up to {totals[firm, side]:.3f}"
            problems.append(Problem(place, found_sum, "at most 1", "Correct the shares.", "range"))
        before = found.get((firm, side, partner))
        one = Declared(firm, side, partner, share, place)
        found[firm, side, partner] = one if before is None else replace(before, share=before.share + share)
    told(problems)
    return list(found.values())


def unknown_firm(place: str, column: str, firm: str, firms: Firms, before: int = 0, *, may_keep: bool = False) -> Problem:
    """Return the problem of a firm that the register does not have; the nearest id only if few problems stand `before` it."""
    near = suggestion(firm, firms.place) if len(firms) <= 5000 and before < _MOST_PROBLEMS else ""
    or_keep = "Correct the id, add the firm to the register, or set `links: unknown_firms: keep`."
    remedy = near or (or_keep if may_keep else "Correct the id, or add the firm to the register.")
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
    sectors: dict[tuple[str, str], str] = {}
    factor = unit_factor(pack, unit)
    for place, row in read_rows(path, ("country", "product", "buyer", "value")):
        country, product, buyer = (row[name].strip() for name in ("country", "product", "buyer"))
        sector = (row.get("sector") or "").strip()
        filled(place, row, ("country", "product"), problems)
        if buyer not in firms.place:
            problems.append(unknown_firm(place, "buyer", buyer, firms, len(problems)))
        if sector and sectors.setdefault((country, product), sector) != sector:
            expected, remedy = f"{sectors[country, product]}, as in a row before", "One product of a country has one sector."
            problems.append(Problem(f"{place}, column sector", repr(sector), expected, remedy, "twice"))
        value = number(place, "value", row["value"], problems) * factor
        found.append(ForeignLink(country, product, sector, buyer, value, place))
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
    """Return the products that firms make, each once a firm. Shares of a firm that add up to more than 1 are scaled to it.

    A product named twice has the sum of its shares; it counts as qualified only if no row denies it.
    """
    problems: list[Problem] = []
    found: dict[tuple[str, str], FirmProduct] = {}
    for place, row in read_rows(path, ("firm", "product", "share")):
        firm, product = row["firm"].strip(), row["product"].strip()
        filled(place, row, ("product",), problems)
        if firm not in firms.place:
            problems.append(unknown_firm(place, "firm", firm, firms, len(problems)))
        share = number(place, "share", row["share"], problems, most=1.0)
        qualified = truth(place, "qualified", row.get("qualified") or "", problems)
        before = found.get((firm, product))
        if before is not None:
            share += before.share
            qualified = False if False in (qualified, before.qualified) else qualified or before.qualified
        found[firm, product] = FirmProduct(firm, product, share, qualified)
    told(problems)
    totals: dict[str, float] = {}
    for each in found.values():
        totals[each.firm] = totals.get(each.firm, 0.0) + each.share
    return [replace(each, share=each.share / max(1.0, totals[each.firm])) for each in found.values()]


@dataclass(frozen=True)
class Finding:
    """What an expert found of a firm and a key link on a day: fills it, could fill it, does not."""

    firm: str
    link: str
    verdict: str
    by: str
    at: date


VERDICTS = ("fills", "could_fill", "does_not")


def read_findings(path: Path, firms: Firms, links: Sequence[str]) -> list[Finding]:
    """Return the findings in the order of their days; `links` are the key links of the catalogue."""
    problems: list[Problem] = []
    found = []
    for place, row in read_rows(path, ("firm", "link", "verdict", "by", "at")):
        firm, link, verdict = (row[name].strip() for name in ("firm", "link", "verdict"))
        if firm not in firms.place:
            problems.append(unknown_firm(place, "firm", firm, firms, len(problems)))
        if link not in links:
            remedy = suggestion(link, links) or "Name a key link of the catalogue."
            problems.append(Problem(f"{place}, column link", f"no key link {link!r}", "", remedy, "unknown-name"))
        if verdict not in VERDICTS:
            remedy = suggestion(verdict, VERDICTS) or f"Known: {', '.join(VERDICTS)}."
            problems.append(Problem(f"{place}, column verdict", repr(verdict), "a verdict", remedy, "unknown-name"))
        if not row["by"].strip():
            problems.append(Problem(f"{place}, column by", "nobody", "who found it", "A finding has a name.", "missing"))
        try:
            found.append(Finding(firm, link, verdict, row["by"].strip(), date.fromisoformat(row["at"].strip())))
        except ValueError:
            problems.append(Problem(f"{place}, column at", repr(row["at"]), "a day as 2026-05-25", code="type"))
    told(problems)
    return sorted(found, key=lambda finding: finding.at)


def places_of(names: Sequence[str], index: dict[str, int]) -> npt.NDArray[np.int64]:
    """Return the place of each name, -1 where it has none."""
    return np.array([index.get(name, -1) for name in names], np.int64)
