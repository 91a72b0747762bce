"""Coverage: what can and what cannot be said about each chain with the data at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from littlegiant.criticality.chokepoints import Chokepoints
from littlegiant.criticality.key_links import Catalogue
from littlegiant.criticality.links import Declared, Finding
from littlegiant.criticality.placing import Placed


@dataclass(frozen=True)
class ChainCoverage:
    """For one chain: key links, and on how many of them each kind of evidence says something."""

    chain: str
    links: int
    with_shares: int  # countries' shares are known
    first_year: int
    last_year: int
    with_makers: int  # a firm of the register makes it (by its own product title)
    makers: int
    with_findings: int
    in_network: int  # makers with recorded links
    declared: int  # makers that name main customers or suppliers
    nothing: tuple[str, ...]  # links about which nothing is known


def coverage(
    catalogue: Catalogue,
    makers: Mapping[str, Sequence[str]],
    *,
    chokepoints: Chokepoints | None,
    placed: Placed | None,
    declared: Sequence[Declared],
    findings: Sequence[Finding],
) -> list[ChainCoverage]:
    """Return a row a chain. `makers`: firms by the key link their products belong to."""
    shares = _years(catalogue, chokepoints)
    found = {finding.link for finding in findings}
    names = {each.firm for each in declared}
    linked: set[str] = set()
    if placed is not None and placed.grade == "recorded":
        linked = {placed.labels[at] for at in np.flatnonzero(~placed.network.isolated & placed.own)}
    rows = []
    for chain in catalogue.document.chains:
        links = [link.id for link in catalogue.document.links if link.chain == chain]
        firms = {firm for link in links for firm in makers.get(link, ())}
        years = [year for link in links if link in shares for year in shares[link] if year]
        known = [link for link in links if link in shares or makers.get(link) or link in found]
        rows.append(
            ChainCoverage(
                chain,
                len(links),
                sum(link in shares for link in links),
                min(years, default=0),
                max(years, default=0),
                sum(bool(makers.get(link)) for link in links),
                len(firms),
                sum(link in found for link in links),
                len(firms & linked),
                len(firms & names),
                tuple(link for link in links if link not in known),
            )
        )
    return rows


def _years(catalogue: Catalogue, chokepoints: Chokepoints | None) -> dict[str, tuple[int, int]]:
    """Return the key links for which countries' shares are known, with the years of these."""
    if chokepoints is None:
        return {}
    found: dict[str, tuple[int, int]] = {}
    for at, product in enumerate(chokepoints.dependence.products):
        link = catalogue.recognise(chokepoints.titles[product])
        if link and chokepoints.dependence.listed[at]:
            years = [int(chokepoints.dependence.first_year[at]), int(chokepoints.dependence.last_year[at]), *found.get(link, ())]
            known = [year for year in years if year]
            found[link] = (min(known, default=0), max(known, default=0))
    return found
