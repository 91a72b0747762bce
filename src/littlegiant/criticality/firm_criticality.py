"""How critical each firm is: measured systemic risk, dependence of its products, what its missing links are worth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from littlegiant.criticality.candidates import Missing, missing_links
from littlegiant.criticality.chokepoints import Chokepoints, firm_dependence, makers, read_chokepoints
from littlegiant.criticality.coverage import ChainCoverage, coverage
from littlegiant.criticality.firms import Firms, read_firms
from littlegiant.criticality.key_links import Catalogue, open_key_links
from littlegiant.criticality.links import (
    Declared,
    Finding,
    FirmProduct,
    read_declared,
    read_findings,
    read_firm_products,
)
from littlegiant.criticality.placing import Placed, place
from littlegiant.criticality.supply_file import SupplyFile, read_supply
from littlegiant.criticality.trade_files import judged_trade
from littlegiant.documents import Document
from littlegiant.networks import Ranking, TradeDependence, rank
from littlegiant.networks.network import Floats
from littlegiant.networks.risk import Measure
from littlegiant.packs import Pack
from littlegiant.register import Register


@dataclass(frozen=True)
class Known:
    """A register with all that a supply file says of it."""

    supply: SupplyFile
    pack: Pack
    register: Register
    year: int
    firms: Firms
    placed: Placed | None
    chokepoints: Chokepoints | None
    catalogue: Catalogue | None
    products: tuple[FirmProduct, ...]
    declared: tuple[Declared, ...]
    findings: tuple[Finding, ...]
    key_links: Mapping[str, tuple[str, ...]]  # firm -> key links of its products
    trade: tuple[TradeDependence, ...]


def open_supply(path: Path, register: Register, pack: Pack, *, year: int) -> Known:
    """Read the supply file at `path` and all it names, for the firms of `register`; raises with the problems it finds."""
    return know(read_supply(path), path.parent, register, pack, year=year)


def know(document: Document[SupplyFile], folder: Path, register: Register, pack: Pack, *, year: int) -> Known:
    supply = document.value
    accounts = {str(key): fact for key, fact in supply.accounts.items()}
    where = f"supply {supply.supply}"
    firms = read_firms(register, pack, year=year, accounts=accounts, capabilities=supply.capabilities, where=where)
    catalogue = open_key_links(pack, supply.catalogue) if supply.catalogue else None
    chokepoints = read_chokepoints(supply.dependence, folder, supply.home) if supply.dependence else None
    products = read_firm_products(folder / supply.firm_products, firms) if supply.firm_products else []
    declared = read_declared(folder / supply.declared, firms) if supply.declared else []
    known = tuple(catalogue.links) if catalogue is not None else ()
    findings = read_findings(folder / supply.findings, firms, known) if supply.findings else []
    return Known(
        supply,
        pack,
        register,
        year,
        firms,
        place(register, pack, supply, folder, firms, declared, year=year),
        chokepoints,
        catalogue,
        tuple(products),
        tuple(declared),
        tuple(findings),
        _key_links(firms, products, findings, catalogue, chokepoints),
        tuple(judged_trade(supply.trade, folder, supply.home)) if supply.trade else (),
    )


def _key_links(
    firms: Firms,
    products: Sequence[FirmProduct],
    findings: Sequence[Finding],
    catalogue: Catalogue | None,
    chokepoints: Chokepoints | None,
) -> dict[str, tuple[str, ...]]:
    """Return the key links of each firm: by its products, its leading product, and what experts found."""
    if catalogue is None:
        return {}
    titles = chokepoints.titles if chokepoints is not None else {}
    named = [(each.firm, titles.get(each.product, each.product)) for each in products]
    named += [(firm, title) for firm, title in zip(firms.ids.tolist(), firms.product.tolist(), strict=True) if title]
    link_of = catalogue.recognised(title for _, title in named)
    found: dict[str, set[str]] = {}
    for firm, title in named:
        if link_of[title]:
            found.setdefault(firm, set()).add(link_of[title])
    for finding in findings:
        own = found.setdefault(finding.firm, set())
        if finding.verdict == "does_not":
            own.discard(finding.link)
        else:
            own.add(finding.link)
    return {firm: tuple(sorted(links)) for firm, links in found.items() if links}


@dataclass(frozen=True)
class Criticality:
    """What was computed: the table of firms, and what the report draws on. All of it is restricted."""

    known: Known
    ranking: Ranking | None
    missing: Missing | None
    made: Mapping[str, Sequence[FirmProduct]]  # product -> who makes it
    coverage: tuple[ChainCoverage, ...]
    table: pa.Table


def criticality(
    known: Known,
    *,
    named: Sequence[str] = (),
    threads: int | None = None,
    measure: Measure | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Criticality:
    """Compute how critical each firm of the register is; firms `named` are measured exactly whatever the screen says.

    `measure`: who measures (see `networks.measured_by`); this machine's threads where None.
    """
    supply, placed = known.supply, known.placed
    ranking, missing = None, None
    if placed is not None:
        progress("systemic risk")
        chosen = [placed.find(firm) for firm in named]
        ranking = rank(placed.layout, exact=supply.measure, named=chosen, threads=threads, measure=measure, stop=supply.stop)
        progress("missing links")
        missing = missing_links(
            placed,
            failure=supply.failure,
            share=supply.share,
            full=supply.gaps,
            links=known.key_links,
            catalogue=known.catalogue,
            threads=threads,
        )
    made = made_by(known)
    rows: tuple[ChainCoverage, ...] = ()
    if known.catalogue is not None:
        rows = tuple(coverage_of(known))
    return Criticality(known, ranking, missing, made, rows, _table(known, ranking, missing, made))


def made_by(known: Known) -> dict[str, list[FirmProduct]]:
    """Return who makes each product, by its own word and by what experts found; who was found not to is left out."""
    if known.chokepoints is None:
        return {}
    made = makers(known.products, known.chokepoints, known.catalogue)
    if known.catalogue is None:
        return made
    verdict = {(finding.firm, finding.link): finding.verdict for finding in known.findings}  # the latest of each counts
    for product, title in known.chokepoints.titles.items():
        link = known.catalogue.recognise(title)
        denied = {firm for (firm, of), word in verdict.items() if of == link and word == "does_not"}
        kept = [each for each in made.get(product, []) if each.firm not in denied]
        named = {each.firm for each in kept}
        found = [firm for (firm, of), word in verdict.items() if link and of == link and word != "does_not" and firm not in named]
        kept += [FirmProduct(firm, link, float("nan"), None) for firm in found]
        if kept:
            made[product] = kept
        else:
            made.pop(product, None)
    return made


def coverage_of(known: Known) -> list[ChainCoverage]:
    """Return what can be said about each chain of the catalogue."""
    assert known.catalogue is not None
    by_link: dict[str, list[str]] = {}
    for firm, links in sorted(known.key_links.items()):
        for link in links:
            by_link.setdefault(link, []).append(firm)
    return coverage(
        known.catalogue,
        by_link,
        chokepoints=known.chokepoints,
        placed=known.placed,
        declared=known.declared,
        findings=known.findings,
    )


def _table(known: Known, ranking: Ranking | None, missing: Missing | None, made: Mapping[str, Sequence[FirmProduct]]) -> pa.Table:
    """One row a firm of the register, in order of ids. Null: not measured, or nothing known; never zero for that."""
    n = len(known.firms)
    columns: dict[str, pa.Array] = {"firm": pa.array(known.firms.ids.tolist(), pa.string())}
    floats = ("esri", "downstream", "upstream", "bound")
    for name in floats:
        values: Floats = getattr(ranking, name)[:n] if ranking is not None else np.full(n, np.nan)
        columns[name] = pa.array(values, pa.float64(), from_pandas=True)
    measured = ~np.isnan(ranking.esri[:n]) if ranking is not None else np.zeros(n, np.bool_)
    exact = ranking.exact[:n] if ranking is not None else np.zeros(n, np.bool_)
    sure = ranking.sure[:n] if ranking is not None else np.zeros(n, np.bool_)
    columns["exact"] = pa.array(exact, pa.bool_(), mask=~measured)
    columns["sure"] = pa.array(sure, pa.bool_(), mask=~measured)
    steps = ranking.steps[:n] if ranking is not None else np.zeros(n, np.int32)
    converged = ranking.converged[:n] if ranking is not None else np.zeros(n, np.bool_)
    columns["steps"] = pa.array(steps, pa.int64(), mask=~measured)
    columns["converged"] = pa.array(converged, pa.bool_(), mask=~measured)
    for name, flags in _flags(known, n).items():
        columns[name] = pa.array(flags, pa.bool_()) if flags is not None else pa.nulls(n, pa.bool_())
    grade = known.placed.grade if known.placed is not None else None
    columns["network_grade"] = pa.array([grade if each else None for each in measured], pa.string())
    scores = firm_dependence(made, known.chokepoints) if known.chokepoints is not None else {}
    columns["dependence"] = pa.array([scores.get(firm) for firm in known.firms.ids.tolist()], pa.float64())
    columns["dependence_grade"] = pa.array(
        ["declared" if firm in scores else None for firm in known.firms.ids.tolist()], pa.string()
    )
    links = [",".join(known.key_links.get(firm, ())) or None for firm in known.firms.ids.tolist()]
    columns["key_links"] = pa.array(links, pa.string())
    found = {(finding.firm, finding.link) for finding in known.findings if finding.verdict != "does_not"}
    grades = {
        firm: "found" if all((firm, link) in found for link in links) else "matched" for firm, links in known.key_links.items()
    }
    columns["key_link_grade"] = pa.array([grades.get(firm) for firm in known.firms.ids.tolist()], pa.string())
    columns["second_source"] = pa.array(_second_source(known, missing), pa.float64())
    columns["fills"] = pa.array(_fills(known, missing), pa.float64())
    return pa.table(columns)


def _flags(known: Known, n: int) -> dict[str, npt.NDArray[np.bool_] | None]:
    """Return who has no link, no supplier, no buyer, nobody beside it in its market: true of the data, perhaps not of it."""
    names = ("isolated", "no_supplier", "no_buyer", "sole_provider")
    if known.placed is None:
        return dict.fromkeys(names)
    network = known.placed.network
    size = np.bincount(network.market[network.market >= 0], minlength=1)
    alone = (network.market < 0) | (size[np.maximum(network.market, 0)] == 1)
    values = (network.isolated, network.bought == 0, network.sold == 0, alone & (network.sold > 0))
    return {name: np.asarray(value[:n]) for name, value in zip(names, values, strict=True)}


def _second_source(known: Known, missing: Missing | None) -> list[float | None]:
    """Return for each firm the estimated value of second sources for all it alone supplies; None without links."""
    if missing is None or known.placed is None:
        return [None] * len(known.firms)
    total = np.zeros(known.placed.network.firms)
    np.add.at(total, missing.gaps.supplier, missing.estimates)
    own = known.placed.network.isolated[: len(known.firms)]
    return [None if isolated else float(value) for isolated, value in zip(own, total, strict=False)]


def _fills(known: Known, missing: Missing | None) -> list[float | None]:
    """Return for each firm the largest value of a missing link of the worklist that it is a candidate for."""
    best: dict[str, float] = {}
    for row in missing.worklist if missing is not None else ():
        for each in row.candidates:
            best[each.firm] = max(best.get(each.firm, row.value), row.value)
    return [best.get(firm) for firm in known.firms.ids.tolist()]
