"""Criticality as report elements: how concentrated risk is, chokepoints, stages, missing links, coverage, one firm's map."""

from collections.abc import Mapping, Sequence

import numpy as np

from littlegiant.criticality.candidates import Candidate, Missing
from littlegiant.criticality.chokepoints import Chokepoints
from littlegiant.criticality.coverage import ChainCoverage
from littlegiant.criticality.firm_criticality import Criticality, Known
from littlegiant.criticality.key_links import Catalogue
from littlegiant.criticality.links import FirmProduct
from littlegiant.criticality.placing import Placed, account_gap, covered_share
from littlegiant.criticality.trade_files import trade_element
from littlegiant.finance.report import unit_of
from littlegiant.networks.network import Floats
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element, Neighbour, curves, grouped_bars, network_map
from littlegiant.problems import refuse, suggestion
from littlegiant.words import Language, say, text_in

_TOP = 20
_NEIGHBOURS = 12
_COVERED = 0.9  # of the world's supply: below it concentration is a lower bound


def share(value: float | None, places: int = 2) -> str:
    """Return a share in per cent; a dash where it is not known."""
    return "–" if value is None or np.isnan(value) else f"{value * 100:.{places}f} %"


def amount(smallest: float, pack: Pack) -> str:
    """Return an amount of smallest units in millions of the main unit."""
    return f"{float(smallest) / pack.header.currency.minor.per_main / 1_000_000:,.2f}"


def elements(found: Criticality, language: Language) -> list[Element]:
    """Return all that the office sees: restricted, and each says so."""
    result = []
    if found.ranking is not None:
        result += [risk_element(found, language)]
    if found.known.chokepoints is not None:
        result += chokepoint_elements(found, language)
    if found.known.supply.trade is not None:
        result.append(trade_element(found.known.supply.trade, found.known.trade, language))
    if found.missing is not None:
        result.append(missing_element(found.missing, found.known, language))
    if found.coverage:
        result.append(coverage_element(found.coverage, found.known.catalogue, language))
    return result


def risk_element(found: Criticality, language: Language) -> Element:
    """The firms whose failure costs most, and how much of all risk they hold."""
    ranking, placed = found.ranking, found.known.placed
    assert ranking is not None
    assert placed is not None
    esri = ranking.esri[: len(placed.firms)]
    order = np.argsort(-np.nan_to_num(esri), kind="stable")
    measured = int((~np.isnan(esri)).sum())
    columns = [Column("firm", say("sup_firm", language)), Column("sector", say("sup_sector", language))]
    columns += [Column(name, say(f"sup_{name}", language), True) for name in ("esri", "downstream", "upstream", "bound")]
    columns += [Column(name, say(f"sup_{name}", language)) for name in ("exact", "sure")]
    rows = [
        {
            "firm": str(placed.firms.ids[at]),
            "sector": str(placed.firms.sector[at]),
            "esri": share(esri[at], 3),
            "downstream": share(ranking.downstream[at], 3),
            "upstream": share(ranking.upstream[at], 3),
            "bound": share(ranking.bound[at], 3),
            "exact": say("sup_yes" if ranking.exact[at] else "sup_no", language),
            "sure": say("sup_yes" if ranking.sure[at] else "sup_no", language),
        }
        for at in order[:_TOP]
        if not np.isnan(esri[at])
    ]
    total = float(np.nansum(esri))
    top = min(_TOP, measured)
    values = {
        "count": top,
        "measured": f"{measured:,}",
        "firms": f"{len(esri):,}",
        "top": share(float(np.nansum(esri[order[:top]])) / total if total else None, 1),
        "links": f"{placed.network.counted.links:,}",
        "year": placed.year or found.known.year,
        "grade": say(f"sup_grade_{placed.grade}", language),
    }
    title = say("sup_title_risk", language)
    chart = _concentration(esri[order], total, language)
    return Element("risk", title, say("sup_say_risk", language, **values), columns, rows, chart, notes=_notes(placed, language))


def _concentration(sorted_esri: Floats, total: float, language: Language) -> str:
    """Return the curve of risk: how much of the sum the riskiest firms hold, in steps of rank."""
    known = sorted_esri[~np.isnan(sorted_esri)]
    if not len(known) or not total:
        return ""
    running = np.cumsum(known) / total * 100
    ranks = np.unique(np.rint(np.geomspace(1, len(known), 24)).astype(np.int64))
    rows = [{"x": int(rank), "value": round(float(running[rank - 1])), "line": ""} for rank in ranks]
    return curves(rows, mark=None, title=say("sup_rank", language), counts=say("sup_share_of_risk", language), by_factors=True)


def _notes(placed: Placed, language: Language) -> list[str]:
    counted = placed.network.counted
    notes = [say("sup_restricted", language), say("sup_note_bound", language)]
    covered = covered_share(placed)
    if covered is not None:
        notes.append(say("sup_note_covered", language, share=share(covered, 1)))
    gap = account_gap(placed)
    if gap > 0.5:
        notes.append(say("sup_note_accounts", language, share=share(gap, 0)))
    notes.append(
        say(
            "sup_note_counted",
            language,
            isolated=f"{int(placed.network.isolated[: len(placed.firms)].sum()):,}",
            zero=f"{counted.zero_values:,}",
            twice=f"{counted.duplicates:,}",
            loops=f"{counted.self_loops:,}",
            outside=f"{len(placed.outside):,}",
        )
    )
    raised = {"revenue": f"{counted.revenue_raised:,}", "cost": f"{counted.cost_raised:,}", "sole": f"{counted.sole_providers:,}"}
    notes.append(say("sup_note_accounts_raised", language, **raised))
    return [*notes, *no_sector(placed, language)]


def no_sector(placed: Placed | None, language: Language) -> list[str]:
    """Say how many nodes have no sector, with everything that rests on the class they take."""
    if placed is None or not placed.no_sector:
        return []
    return [say("sup_note_no_sector", language, firms=f"{placed.no_sector:,}")]


def chokepoint_elements(found: Criticality, language: Language) -> list[Element]:
    chokepoints = found.known.chokepoints
    assert chokepoints is not None
    return [chokepoint_element(chokepoints, found.made, language), stage_element(chokepoints, language)]


def chokepoint_element(
    chokepoints: Chokepoints, made: Mapping[str, Sequence[FirmProduct]], language: Language, most: int = 40
) -> Element:
    """The products on which the country depends most, with who of the register could fill them."""
    rows = sorted(
        (row for row in chokepoints.table.to_pylist() if row["listed"]),
        key=lambda row: (-(row["foreign_dependence"] or 0.0), row["product"]),
    )
    shown = []
    for row in rows[:most]:
        firms = sorted({_maker(each, language) for each in made.get(row["product"], ())})
        years = sorted({row["first_year"], row["last_year"]} - {0})
        shown.append(
            {
                "title": row["title"],
                "stage": row["stage"] or "–",
                "foreign": share(row["foreign_dependence"], 1),
                "own": share(row["own_share"], 1),
                "largest": f"{row['largest']} {share(row['largest_share'], 0)}" if row["largest"] else "–",
                "concentration": f"{row['concentration']:.3f}",
                "years": "–".join(map(str, years)) or "–",
                "firms": ", ".join(firms[:3]) + (f" +{len(firms) - 3}" if len(firms) > 3 else "") if firms else "–",
            }
        )
    names = ("foreign", "own", "largest", "concentration", "years", "firms")
    columns = [Column("title", say("sup_product", language)), Column("stage", say("sup_stage", language))]
    columns += [Column(name, say(f"sup_{name}", language), name in ("foreign", "own", "concentration")) for name in names]
    counts = chokepoints.dependence.counts()
    values = {name: f"{counts[name]:.0f}" for name in ("products", "none", "weak", "single")}
    values |= {"below": share(chokepoints.weak, 0), "most": share(chokepoints.single, 0)}
    sentence = say("sup_say_chokepoints", language, home=chokepoints.dependence.home, **values)
    no_share = len(chokepoints.no_share)
    notes = [say("sup_restricted", language), say("sup_note_listed", language)]
    open_own = int((chokepoints.dependence.listed & np.isnan(chokepoints.dependence.own)).sum())
    notes += [say("sup_note_open_own", language, products=open_own)] if open_own else []
    partial = int((chokepoints.dependence.listed & (chokepoints.dependence.covered < _COVERED)).sum())
    notes += [say("sup_note_partial", language, products=partial, share=share(_COVERED, 0))] if partial else []
    notes += [say("sup_note_no_share", language, products=no_share)] if no_share else []
    notes.append(say("sup_note_source", language, source=chokepoints.source))
    return Element("chokepoints", say("sup_title_chokepoints", language), sentence, columns, shown, notes=notes)


def _maker(each: FirmProduct, language: Language) -> str:
    """Return a firm, with what speaks against taking it for a source."""
    return f"{each.firm} ({say('sup_unqualified', language)})" if each.qualified is False else each.firm


def stage_element(chokepoints: Chokepoints, language: Language) -> Element:
    """The stages of the chain with their weak spots."""
    rows = []
    for row in chokepoints.by_stage():
        label = str(row["stage"]) or say("sup_all", language)
        rows.append({**row, "label": label, "own": share(_float(row["own"]), 2), "foreign": share(_float(row["foreign"]), 1)})
    parts = {name: say(f"sup_{name}", language) for name in ("none", "weak", "single")}
    chart = grouped_bars(rows, label="label", parts=parts, title=say("sup_products", language))
    names = ("products", "none", "weak", "single", "own", "foreign")
    columns = [Column("label", say("sup_stage", language)), *(Column(name, say(f"sup_{name}", language), True) for name in names)]
    return Element("stages", say("sup_title_stages", language), say("sup_say_stages", language), columns, rows, chart)


def readiness_element(chokepoints: Chokepoints, product: str, language: Language) -> Element:
    """What stands upstream of a product: how much of it is weak, and the weakest."""
    if product not in chokepoints.titles:
        remedy = suggestion(product, chokepoints.titles) or "Use the id in the products file."
        refuse("--product", f"no product {product!r}", "", remedy, code="unknown-name")
    found = chokepoints.readiness_of(product)
    own = dict(zip(chokepoints.dependence.products, chokepoints.dependence.own.tolist(), strict=True))
    upstream = sorted(chokepoints.chain.upstream(product), key=lambda name: (np.isnan(own[name]), own[name], name))
    rows = [{"title": chokepoints.titles[name], "own": share(own[name], 1)} for name in upstream[:_TOP]]
    columns = [Column("title", say("sup_product", language)), Column("own", say("sup_own", language), True)]
    values = {"inputs": found.inputs, "measured": found.measured, "weak": found.weak, "share": share(found.share, 1)}
    weakest = chokepoints.titles.get(found.weakest, "–")
    sentence = say("sup_say_readiness", language, product=chokepoints.titles[product], weakest=weakest, **values)
    return Element("readiness", say("sup_title_readiness", language), sentence, columns, rows)


def _float(value: object) -> float:
    return float(str(value))


def missing_element(missing: Missing, known: Known, language: Language) -> Element:
    """The missing links worth most, and the firms nearest to filling them."""
    rows = [
        {
            "buyer": row.buyer,
            "supplier": row.supplier + (f" ({say('sup_abroad', language)})" if row.foreign else ""),
            "sector": row.sector,
            "value": f"{row.value * 1e6:,.3f} ±{row.bound * 1e6:,.3f}",
            "total": f"{row.total * 1e6:,.3f}",
            "estimate": f"{row.estimate * 1e6:,.3f}",
            "candidates": "; ".join(_candidate(each, known, language) for each in row.candidates[:3]) or "–",
        }
        for row in missing.worklist
    ]
    columns = [Column(name, say(f"sup_{name}", language)) for name in ("buyer", "supplier", "sector")]
    columns += [Column(name, say(f"sup_{name}", language), True) for name in ("value", "estimate", "total")]
    columns.append(Column("candidates", say("sup_candidates", language)))
    sentence = say(
        "sup_say_missing",
        language,
        gaps=f"{len(missing.gaps):,}",
        shown=len(rows),
        share=share(known.supply.share, 0),
        failure=share(known.supply.failure, 1),
    )
    notes = [
        say("sup_restricted", language),
        say("sup_note_candidates", language),
        say("sup_note_total", language),
        *no_sector(known.placed, language),
    ]
    return Element("missing", say("sup_title_missing", language), sentence, columns, rows, notes=notes)


def _candidate(each: Candidate, known: Known, language: Language) -> str:
    reasons = []
    if each.product and known.catalogue is not None:
        name = text_in(known.catalogue.links[each.product].title, language)
        reasons.append(say("sup_next_to" if each.neighbour else "sup_makes", language, product=name))
    if each.same_sector:
        reasons.append(say("sup_same_sector", language))
    if each.supplies_sector:
        reasons.append(say("sup_supplies_sector", language))
    for name, value in each.capabilities.items():
        if value is not None:
            reasons.append(f"{text_in(known.pack.facts[name].title, language)} {_capability(known, name, value, language)}")
    return f"{each.firm} ({say('and', language).join(reasons)})"


def _capability(known: Known, name: str, value: float, language: Language) -> str:
    """Return a fact in its own unit; money in millions of the main unit."""
    if known.pack.facts[name].type != "money":
        return f"{value:,.0f}" if value == int(value) else f"{value:,.3f}"
    told = amount(value, known.pack)
    return f"{'<0.01' if told == '0.00' and value > 0 else told} {unit_of(known.pack, language)}"


def coverage_element(rows: Sequence[ChainCoverage], catalogue: Catalogue | None, language: Language) -> Element:
    """What can and what cannot be said about each chain."""
    assert catalogue is not None
    shown = []
    notes = [say("sup_restricted", language)]
    for row in rows:
        title = text_in(catalogue.document.chains[row.chain].title, language)
        years = "–".join(map(str, sorted({row.first_year, row.last_year} - {0}))) or "–"
        shown.append(
            {
                "chain": title,
                "links": row.links,
                "with_shares": row.with_shares,
                "years": years,
                "with_makers": row.with_makers,
                "makers": row.makers,
                "declared": row.declared,
                "with_findings": row.with_findings,
                "in_network": row.in_network,
                "unknown": len(row.nothing),
            }
        )
        notes.append(_can_be_said(row, title, catalogue, language))
    names = ("links", "with_shares", "years", "with_makers", "makers", "declared", "with_findings", "in_network", "unknown")
    columns = [Column("chain", say("sup_chain", language))]
    columns += [Column(name, say(f"sup_cov_{name}", language), name != "years") for name in names]
    return Element(
        "coverage", say("sup_title_coverage", language), say("sup_say_coverage", language), columns, shown, notes=notes
    )


def _can_be_said(row: ChainCoverage, title: str, catalogue: Catalogue, language: Language) -> str:
    """Return what the data allow to be said of a chain, and which links nothing is known of."""
    codes = [
        ("sup_can_shares" if row.with_shares else "sup_cannot_shares"),
        ("sup_can_makers" if row.with_makers else "sup_cannot_makers"),
        ("sup_can_network" if row.in_network else "sup_cannot_network"),
    ]
    said = say("joint", language).join(say(code, language) for code in codes)
    names = [text_in(catalogue.links[link].title, language) for link in row.nothing[:6]]
    more = f" +{len(row.nothing) - 6}" if len(row.nothing) > 6 else ""
    unknown = say("sup_nothing_known", language, links=say("and", language).join(names) + more) if names else ""
    return f"{title}{say('sup_colon', language)}{said}{say('joint', language) + unknown if unknown else ''}"


def firm_element(found: Criticality, firm: str, language: Language) -> Element:
    """One firm among its largest partners, with its own figures."""
    placed, ranking = found.known.placed, found.ranking
    assert placed is not None
    assert ranking is not None
    at = placed.find(firm)
    network = placed.network
    sides: dict[str, list[Neighbour]] = {}
    rows: list[dict[str, object]] = []
    for side, ends, others in (("suppliers", network.buyer, network.supplier), ("buyers", network.supplier, network.buyer)):
        links = np.flatnonzero(ends == at)
        links = links[np.argsort(-network.value[links], kind="stable")]
        total = float(network.value[links].sum())
        sides[side] = []
        for link in links[:_NEIGHBOURS]:
            other = int(others[link])
            part = float(network.value[link]) / total
            esri = ranking.esri[other]
            abroad = other >= len(placed.firms) + len(placed.outside)
            note = f"{placed.sector[other]} · {share(part, 0)} · {share(esri, 2)}"
            sides[side].append(Neighbour(placed.labels[other], note, float(network.value[link]), "bad" if abroad else "finding"))
            rows.append(
                {
                    "side": say(f"sup_{side}", language),
                    "firm": placed.labels[other],
                    "part": share(part, 1),
                    "esri": share(esri, 3),
                }
            )
    chart = network_map(
        firm,
        share(ranking.esri[at], 3),
        sides["suppliers"],
        sides["buyers"],
        words=(say("sup_suppliers", language), say("sup_buyers", language)),
    )
    columns = [Column("side", say("sup_side", language)), Column("firm", say("sup_firm", language))]
    columns += [Column("part", say("sup_part", language), True), Column("esri", say("sup_esri", language), True)]
    sentence = say(
        "sup_say_firm",
        language,
        firm=firm,
        esri=share(ranking.esri[at], 3),
        down=share(ranking.downstream[at], 3),
        up=share(ranking.upstream[at], 3),
        bound=share(ranking.bound[at], 3),
    )
    if np.isnan(ranking.esri[at]):
        sentence = say("sup_not_measured", language, firm=firm)
    title = say("sup_title_firm", language, firm=firm)
    notes = [say("sup_restricted", language), *no_sector(placed, language)]
    return Element(f"firm-{firm}", title, sentence, columns, rows, chart, notes=notes)
