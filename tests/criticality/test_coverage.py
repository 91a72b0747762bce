"""Coverage: for each chain what is known of how many key links, and what cannot be said."""

from pathlib import Path
from typing import Any

import pytest

from littlegiant.criticality import coverage_of, open_key_links
from littlegiant.criticality.coverage import ChainCoverage
from littlegiant.criticality.report import coverage_element
from littlegiant.register import Register

from .making import CATALOGUE, CHAIN, PACK, PRODUCTS, PROVISION, dependence_of, known_of, write_chain, write_csv, write_links


def chain_of(known: Any, chain: str) -> ChainCoverage:
    (row,) = [row for row in coverage_of(known) if row.chain == chain]
    return row


def test_a_chain_counts_what_each_kind_of_evidence_covers(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    write_chain(tmp_path)
    write_csv(tmp_path / "declared.csv", "firm,side,partner,share", [("SCREW2", "customer", "MILL1", "0.4")])
    write_csv(
        tmp_path / "findings.csv", "firm,link,verdict,by,at", [("IDLE1", "cnc-systems", "does_not", "a panel", "2026-05-01")]
    )
    files = {"declared": "declared.csv", "findings": "findings.csv", "dependence": CHAIN, "catalogue": CATALOGUE}
    known = known_of(tmp_path, town, **files)
    row = chain_of(known, "machine-tools")
    catalogue = open_key_links(PACK, CATALOGUE)
    links = [link.id for link in catalogue.document.links if link.chain == "machine-tools"]
    assert row.links == len(links)
    assert row.with_shares == 0
    assert row.with_makers == 4
    assert row.makers == 5
    assert row.in_network == 4, "SCREW2 has no recorded link"
    assert row.declared == 1
    assert row.with_findings == 1
    known_of_links = {"ball-screws", "linear-guides", "five-axis-centres", "grinding-machines", "cnc-systems"}
    assert row.nothing == tuple(link for link in links if link not in known_of_links)
    chips = chain_of(known, "chips")
    assert (chips.with_shares, chips.first_year, chips.last_year) == (2, 2019, 2022)
    assert (chips.makers, chips.in_network) == (0, 0)


def test_declared_links_are_no_recorded_ones(town: Register, tmp_path: Path) -> None:
    write_csv(tmp_path / "declared.csv", "firm,side,partner,share", [("SCREW1", "customer", "MILL1", "0.4")])
    known = known_of(tmp_path, town, links=None, declared="declared.csv", catalogue=CATALOGUE)
    row = chain_of(known, "machine-tools")
    assert (row.in_network, row.declared) == (0, 1)


def test_years_of_a_link_are_those_of_all_its_products(town: Register, tmp_path: Path) -> None:
    more = (("P6", "EUV lithography machine", "", ""), ("P7", "DUV lithography machine", "", ""))
    shares = (("P6", "a", "country", "NLD", "1", "2015"), ("P7", "a", "country", "NLD", "1", "2024"))
    for order in ((0, 1), (1, 0)):
        write_chain(tmp_path, products=[more[at] for at in order] + [*PRODUCTS], provision=[*PROVISION, *shares])
        row = chain_of(dependence_of(tmp_path, town, catalogue=CATALOGUE), "chips")
        assert (row.with_shares, row.first_year, row.last_year) == (2, 2015, 2024)


@pytest.mark.parametrize(
    ("language", "cannot", "unknown"),
    [
        ("en", "systemic risk of firms cannot be said", "nothing is known of"),
        ("zh", "不能测算企业的系统性风险", "一无所知的环节"),
    ],
)
def test_the_page_says_what_cannot_be_said(town: Register, tmp_path: Path, language: Any, cannot: str, unknown: str) -> None:
    write_chain(tmp_path)
    known = dependence_of(tmp_path, town, catalogue=CATALOGUE)
    element = coverage_element(coverage_of(known), known.catalogue, language)
    assert len(element.rows) == 3
    chips = next(note for note in element.notes if ("chips" if language == "en" else "集成电路") in note)
    assert cannot in chips
    assert unknown in chips
