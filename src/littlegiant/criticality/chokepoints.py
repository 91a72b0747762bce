"""Chokepoints: products of which a country makes little and one other country most, by stage, with who could fill them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from littlegiant.criticality.key_links import Catalogue
from littlegiant.criticality.links import FirmProduct, filled, number, told
from littlegiant.criticality.supply_file import DependenceFiles
from littlegiant.documents import read_rows
from littlegiant.networks import Dependence, ProductChain, Provision, Readiness, dependence, make_chain, readiness
from littlegiant.problems import Problem, suggestion

_KINDS = ("country", "organisation", "collective")
_MOST = 1.05  # published shares of a product add up to 0.99 to 1.02
_RELATIONS = ("goes_into", "type_of")


@dataclass(frozen=True)
class Chokepoints:
    """Products with their dependence and chain. `organisations`: the concentration by organisation where that is known."""

    dependence: Dependence
    chain: ProductChain
    titles: Mapping[str, str]
    kinds: Mapping[str, str]
    organisations: Mapping[str, float]
    no_share: Mapping[str, int]  # products whose providers are listed without shares: how many providers
    weak: float
    single: float
    source: str

    @property
    def table(self) -> pa.Table:
        """One row a product: stage, concentration, own share, foreign dependence, the largest foreign country, years."""
        found = self.dependence
        columns = {
            "product": list(found.products),
            "title": [self.titles[product] for product in found.products],
            "stage": [self.chain.stage_of(product) for product in found.products],
            "listed": found.listed,
            "concentration": _known(found.concentration),
            "organisations": [self.organisations.get(product) for product in found.products],
            "own_share": _known(found.own),
            "foreign_dependence": _known(found.foreign),
            "none": found.none,
            "weak": found.weak,
            "single": found.single,
            "largest": list(found.largest),
            "largest_share": _known(found.largest_share),
            "covered": found.covered,
            "first_year": found.first_year,
            "last_year": found.last_year,
        }
        return pa.table({name: pa.array(values) for name, values in columns.items()})

    def by_stage(self) -> list[dict[str, object]]:
        """Return counts and means by stage, in the order stages first appear, then of all products."""
        stages = [self.chain.stage_of(product) for product in self.dependence.products]
        names = [stage for stage in dict.fromkeys(stages) if stage]
        counts = self.dependence.counts
        rows: list[dict[str, object]] = [{"stage": name, **counts(np.array([at == name for at in stages]))} for name in names]
        return [*rows, {"stage": "", **counts()}]

    def readiness_of(self, product: str) -> Readiness:
        """Return what stands upstream of `product`, and the least own share there."""
        found = self.dependence
        own = {name: float(found.own[at]) for at, name in enumerate(found.products) if not np.isnan(found.own[at])}
        return readiness(self.chain, product, own, weak=self.weak)


def _known(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def read_chokepoints(files: DependenceFiles, folder: Path, home: str) -> Chokepoints:
    """Return the dependence of `home` on others, from the three files; every mistake by its row."""
    titles, kinds, stage = _products(folder / files.products)
    goes_into, type_of = _chain(folder / files.chain, titles) if files.chain else ([], [])
    provision, organisations, no_share = _provision(folder / files.provision, titles)
    found = dependence(provision, home, weak=files.weak, single=files.single, normalise=files.normalise)
    chain = make_chain(list(titles), goes_into, type_of, stage)
    return Chokepoints(found, chain, titles, kinds, organisations, no_share, files.weak, files.single, files.source)


def _products(path: Path) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    titles, kinds, stage = {}, {}, {}
    problems: list[Problem] = []
    for place, row in read_rows(path, ("product", "title")):
        product = row["product"].strip()
        filled(place, row, ("product",), problems)
        if product in titles:
            problems.append(Problem(place, f"the product {product!r} a second time", "each once", "Leave one out.", "twice"))
        titles[product], kinds[product], stage[product] = row["title"], row.get("kind") or "", row.get("stage") or ""
    told(problems)
    return titles, kinds, stage


def _chain(path: Path, titles: Mapping[str, str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    problems: list[Problem] = []
    pairs: dict[str, list[tuple[str, str]]] = {name: [] for name in _RELATIONS}
    for place, row in read_rows(path, ("product", "relation", "of")):
        problems += [_unknown(place, name, row[name], titles) for name in ("product", "of") if row[name] not in titles]
        if row["relation"] not in pairs:
            remedy = suggestion(row["relation"], pairs) or f"Known: {', '.join(_RELATIONS)}."
            problems.append(Problem(f"{place}, column relation", repr(row["relation"]), "a relation", remedy, "unknown-name"))
        else:
            pairs[row["relation"]].append((row["product"], row["of"]))
    told(problems)
    return pairs["goes_into"], pairs["type_of"]


def _unknown(place: str, column: str, product: str, titles: Mapping[str, str]) -> Problem:
    remedy = suggestion(product, titles) or "Correct it, or add the product."
    return Problem(f"{place}, column {column}", f"no product {product!r}", "", remedy, "unknown-name")


def _provision(path: Path, titles: Mapping[str, str]) -> tuple[Provision, dict[str, float], dict[str, int]]:
    problems: list[Problem] = []
    shares: dict[tuple[str, str], tuple[float, int]] = {}
    sums: dict[str, tuple[str, float]] = {}  # the last row of a product, and its shares so far
    blank: set[tuple[str, str]] = set()  # countries listed without a share
    collective: set[str] = set()
    organisations: dict[str, list[float]] = {}
    unknown: dict[str, int] = {}
    for place, row in read_rows(path, ("product", "provider", "kind", "country", "share", "year")):
        product, country, written = (row[name].strip() for name in ("product", "country", "year"))
        filled(place, row, ("country",), problems)
        if written and not written.isdigit():
            problems.append(Problem(f"{place}, column year", repr(written), "a year as 2025, or nothing", code="type"))
        if product not in titles:
            problems.append(_unknown(place, "product", product, titles))
        if row["kind"] not in _KINDS:
            remedy = suggestion(row["kind"], _KINDS) or f"Known: {', '.join(_KINDS)}."
            problems.append(Problem(f"{place}, column kind", repr(row["kind"]), "a kind of provider", remedy, "unknown-name"))
        if not row["share"].strip():
            unknown[product] = unknown.get(product, 0) + 1
            if row["kind"] == "country":
                blank.add((product, country))
            continue
        share = number(place, "share", row["share"], problems, most=1.0)
        if row["kind"] == "organisation":
            organisations.setdefault(product, []).append(share)
            continue
        if (product, country) in shares:
            problems.append(Problem(place, f"{country} a second time for {product}", "each once", "Leave one out.", "twice"))
        shares[product, country] = (share, int(written) if written.isdigit() else 0)
        if row["kind"] == "collective":
            collective.add(country)
        sums[product] = (place, sums.get(product, ("", 0.0))[1] + share)
    told(problems)
    wrong = [
        (place, f"shares of {product} that add up to {total:.2f}") for product, (place, total) in sums.items() if total > _MOST
    ]
    told([Problem(place, found, f"at most {_MOST:g}", "Correct the shares.", "range") for place, found in wrong])
    countries = tuple(sorted({country for _, country in (*shares, *blank)}))
    products = tuple(titles)
    matrix = np.full((len(products), len(countries)), np.nan)
    year = np.zeros(matrix.shape, np.int64)
    row_of, column_of = ({name: at for at, name in enumerate(names)} for names in (products, countries))
    for (product, country), (value, when) in shares.items():
        matrix[row_of[product], column_of[country]] = value
        year[row_of[product], column_of[country]] = when
    listed = np.zeros(matrix.shape, np.bool_)
    for product, country in blank:
        listed[row_of[product], column_of[country]] = True
    concentration = {product: float(np.square(values).sum()) for product, values in organisations.items()}
    known = {product for product, _ in shares}
    without = {product: count for product, count in unknown.items() if product not in known}
    return Provision(products, countries, matrix, year, frozenset(collective), listed), concentration, without


def makers(
    products: Sequence[FirmProduct], chokepoints: Chokepoints, catalogue: Catalogue | None
) -> dict[str, list[FirmProduct]]:
    """Return for each product who makes it: named by its id, by its title, or recognised as the same key link."""
    names: dict[str, list[str]] = {}
    for product, title in chokepoints.titles.items():
        names.setdefault(title.lower(), []).append(product)
    by_link: dict[str, list[str]] = {}
    if catalogue is not None:
        for product, title in chokepoints.titles.items():
            link = catalogue.recognise(title)
            if link:
                by_link.setdefault(link, []).append(product)
    found: dict[str, list[FirmProduct]] = {}
    for each in products:
        if each.product in chokepoints.titles:
            matched = [each.product]
        elif each.product.lower() in names:
            matched = names[each.product.lower()]
        else:
            matched = by_link.get(catalogue.recognise(each.product), []) if catalogue is not None and each.product else []
        for product in matched:
            found.setdefault(product, []).append(each)
    return found


def firm_dependence(made: Mapping[str, Sequence[FirmProduct]], chokepoints: Chokepoints) -> dict[str, float]:
    """Return each firm's score: the sum over its products of its revenue share times the foreign dependence.

    Products that customers are known not to have qualified count nothing, nor do those whose share is not known; a product
    that belongs to several rows of the dependence counts with the largest of them.
    """
    foreign = dict(zip(chokepoints.dependence.products, chokepoints.dependence.foreign.tolist(), strict=True))
    best: dict[tuple[str, str], tuple[float, float]] = {}
    for product, rows in made.items():
        for each in rows:
            if each.qualified is not False and not np.isnan(foreign[product]) and not np.isnan(each.share):
                key = (each.firm, each.product)
                best[key] = (each.share, max(foreign[product], best.get(key, (0.0, 0.0))[1]))
    scores: dict[str, float] = {}
    for (firm, _), (share, value) in sorted(best.items()):
        scores[firm] = scores.get(firm, 0.0) + share * value
    return scores
