"""The table of firms: one row each, null where nothing is known, the same whoever computes it."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.criticality import Criticality, criticality
from littlegiant.criticality.keeping import firm_risk, keep
from littlegiant.criticality.report import elements, firm_element
from littlegiant.criticality.writing import PARTS, stored, write_criticality
from littlegiant.networks import link_value, systemic_risk
from littlegiant.problems import LittleGiantError
from littlegiant.records import AccessPolicy, public_table
from littlegiant.register import Register

from .conftest import Worked
from .making import CATALOGUE, FIRMS, PACK, by_firm, dependence_of, known_of, write_chain, write_csv, write_links

MEASURED = ("esri", "downstream", "upstream", "bound", "exact", "sure", "network_grade")


def rows_of(found: Criticality) -> dict[str, Any]:
    return by_firm(found.table.to_pylist())


def test_there_is_one_row_a_firm_in_order(worked: Worked) -> None:
    firms = pq.read_table(worked.register.table("firms"))["firm"].to_pylist()
    assert worked.found.table["firm"].to_pylist() == sorted(firms)
    assert len(firms) == FIRMS


def test_what_is_not_measured_is_null_and_never_zero(worked: Worked) -> None:
    links = pq.read_table(worked.register.table("links"))
    linked = {*links["supplier"].to_pylist(), *links["buyer"].to_pylist()}
    rows = rows_of(worked.found)
    alone = [row for firm, row in rows.items() if firm not in linked]
    assert alone
    for row in alone:
        assert row["isolated"]
        assert [row[name] for name in MEASURED] == [None] * len(MEASURED)
        assert row["second_source"] is None
    for firm in linked:
        assert not rows[firm]["isolated"]
        assert rows[firm]["esri"] is not None
        assert rows[firm]["network_grade"] == "recorded"
        assert rows[firm]["second_source"] is not None


def test_grades_are_null_where_nothing_is_known(worked: Worked) -> None:
    known = worked.known
    made = {each.firm for each in known.products}
    for firm, row in rows_of(worked.found).items():
        assert (row["dependence"] is None) == (row["dependence_grade"] is None)
        assert (row["key_links"] is None) == (row["key_link_grade"] is None)
        if firm not in made:
            assert row["dependence"] is None
            assert row["key_links"] is None


def test_without_links_nothing_of_the_network_is_said(town: Register, tmp_path: Path) -> None:
    write_chain(tmp_path)
    found = criticality(dependence_of(tmp_path, town))
    for row in found.table.to_pylist():
        assert [row[name] for name in (*MEASURED, "second_source", "fills")] == [None] * (len(MEASURED) + 2)
    assert found.ranking is None
    assert found.missing is None
    assert [element.id for element in elements(found, "en")] == ["chokepoints", "stages"]


def test_values_are_those_of_the_networks_room(worked: Worked) -> None:
    placed = worked.known.placed
    assert placed is not None
    exact = [firm for firm, row in rows_of(worked.found).items() if row["exact"]]
    assert 1 <= len(exact) < FIRMS / 2
    places = [placed.find(firm) for firm in exact]
    again = systemic_risk(placed.layout, places, kernel="dense")
    for firm, esri in zip(exact, again.esri[np.searchsorted(again.firm, places)].tolist(), strict=True):
        assert rows_of(worked.found)[firm]["esri"] == pytest.approx(esri, rel=1e-9)


def test_a_firm_that_is_named_is_always_measured_exactly(worked: Worked) -> None:
    rough = [row["firm"] for row in worked.found.table.to_pylist() if row["exact"] is False]
    named = criticality(worked.known, named=[rough[-1], rough[0]], threads=1)
    rows = rows_of(named)
    for firm in (rough[-1], rough[0]):
        before = rows_of(worked.found)[firm]
        assert rows[firm]["exact"]
        assert rows[firm]["esri"] >= before["esri"] - 1e-12
        assert rows[firm]["esri"] <= before["esri"] + before["bound"] + 1e-12
    with pytest.raises(LittleGiantError, match="no firm 'nobody'"):
        criticality(worked.known, named=["nobody"])


def test_named_firms_without_links_stay_unmeasured(worked: Worked) -> None:
    alone = next(row["firm"] for row in worked.found.table.to_pylist() if row["isolated"])
    named = criticality(worked.known, named=[alone], threads=1)
    assert rows_of(named)[alone]["esri"] is None
    element = firm_element(named, alone, "en")
    assert "0.000 %" not in element.sentence
    assert element.rows == []


def test_stored_numbers_are_parts_of_a_thousand_million(worked: Worked, tmp_path: Path) -> None:
    written = write_criticality(worked.found.table, tmp_path / "criticality.parquet")
    table = pq.read_table(tmp_path / "criticality.parquet")
    assert table.num_rows == written.rows == FIRMS
    assert not any(pa.types.is_floating(field.type) for field in table.schema)
    rows = rows_of(worked.found)
    for row in table.to_pylist():
        for name, value in row.items():
            first = rows[row["firm"]][name]
            if isinstance(first, float):
                assert value == round(first * PARTS)
            else:
                assert value == first, "null stays null"
    assert [path.name for path in tmp_path.iterdir()] == ["criticality.parquet"]
    assert stored(worked.found.table.take(list(range(FIRMS))[::-1])).equals(stored(worked.found.table))


def test_threads_do_not_change_the_digest(worked: Worked, tmp_path: Path) -> None:
    one = write_criticality(worked.found.table, tmp_path / "one.parquet")
    two = write_criticality(criticality(worked.known, threads=2).table, tmp_path / "two.parquet")
    assert one.digest == two.digest


def test_the_policy_of_every_pack_keeps_the_table_closed(worked: Worked) -> None:
    policy = PACK.document(PACK.path / "policy.yaml", AccessPolicy).value
    assert {policy.of("criticality", name) for name in worked.found.table.column_names} == {"restricted"}
    with pytest.raises(LittleGiantError, match="criticality"):
        public_table("criticality", worked.found.table, policy)


FINDINGS = "firm,link,verdict,by,at"


def test_key_links_come_from_products_leading_products_and_findings(town: Register, tmp_path: Path) -> None:
    write_chain(tmp_path)
    made = [("MILL1", "P1", "0.5", "yes"), ("MILL1", "P2", "0.2", ""), ("PLAIN1", "超精密 滚珠丝杠", "0.1", "")]
    write_csv(tmp_path / "made.csv", "firm,product,share,qualified", made)
    findings = [
        ("SCREW1", "ball-screws", "does_not", "a panel", "2026-05-01"),
        ("GUIDE1", "ball-screws", "could_fill", "a panel", "2026-05-01"),
        ("POWER1", "servo-motors", "fills", "a panel", "2026-05-01"),
        ("IDLE1", "ball-screws", "does_not", "a panel", "2026-05-01"),
    ]
    write_csv(tmp_path / "findings.csv", FINDINGS, findings)
    known = dependence_of(tmp_path, town, firm_products="made.csv", findings="findings.csv", catalogue=CATALOGUE)
    assert dict(known.key_links) == {
        "MILL1": ("five-axis-centres", "lithography", "photoresists"),
        "PLAIN1": ("ball-screws",),
        "GUIDE1": ("ball-screws", "linear-guides"),
        "POWER1": ("servo-motors",),
        "MILL2": ("grinding-machines",),
        "SCREW2": ("ball-screws",),
    }
    rows = rows_of(criticality(known))
    assert rows["GUIDE1"]["key_links"] == "ball-screws,linear-guides"
    assert (rows["POWER1"]["key_link_grade"], rows["MILL1"]["key_link_grade"]) == ("found", "matched")
    assert rows["SCREW1"]["key_links"] is None
    assert rows["IDLE1"]["key_link_grade"] is None


def test_a_finding_against_one_link_is_no_finding_for_another(town: Register, tmp_path: Path) -> None:
    write_chain(tmp_path)
    write_csv(tmp_path / "findings.csv", FINDINGS, [("SCREW1", "linear-guides", "does_not", "a panel", "2026-05-01")])
    known = dependence_of(tmp_path, town, findings="findings.csv", catalogue=CATALOGUE)
    row = rows_of(criticality(known))["SCREW1"]
    assert (row["key_links"], row["key_link_grade"]) == ("ball-screws", "matched"), "that it makes screws is matched by words"


def test_the_later_finding_counts_whatever_the_order_of_rows(town: Register, tmp_path: Path) -> None:
    write_chain(tmp_path)
    rows = [
        ("SCREW1", "ball-screws", "does_not", "a panel", "2026-05-01"),
        ("SCREW1", "ball-screws", "fills", "a panel", "2024-05-01"),
    ]
    for order in (rows, rows[::-1]):
        write_csv(tmp_path / "findings.csv", FINDINGS, order)
        known = dependence_of(tmp_path, town, findings="findings.csv", catalogue=CATALOGUE)
        assert "SCREW1" not in known.key_links


def test_second_source_adds_up_what_a_firm_alone_supplies(worked: Worked) -> None:
    missing, placed = worked.found.missing, worked.known.placed
    assert missing is not None
    assert placed is not None
    total = np.bincount(missing.gaps.supplier, missing.estimates, placed.network.firms)
    for firm, row in rows_of(worked.found).items():
        if not row["isolated"]:
            assert row["second_source"] == pytest.approx(total[placed.find(firm)], abs=1e-15)


def test_fills_is_the_best_gap_that_a_firm_is_near_to(worked: Worked) -> None:
    missing = worked.found.missing
    assert missing is not None
    best: dict[str, float] = {}
    for each in missing.worklist:
        for near in each.candidates:
            best[near.firm] = max(best.get(near.firm, -math.inf), each.value)
    assert best
    assert {firm: row["fills"] for firm, row in rows_of(worked.found).items() if row["fills"] is not None} == best


def tiny(folder: Path, town: Register, **changes: Any) -> Criticality:
    write_links(folder)
    return criticality(known_of(folder, town, catalogue=CATALOGUE, capabilities=["rd_expense"], **changes))


def test_values_on_the_worklist_are_those_of_the_networks_room(town: Register, tmp_path: Path) -> None:
    found = tiny(tmp_path, town, failure=0.02, share=0.4)
    missing, placed = found.missing, found.known.placed
    assert missing is not None
    assert placed is not None
    names = placed.labels
    pairs = [(names[s], names[b]) for s, b in zip(missing.gaps.supplier, missing.gaps.buyer, strict=True)]
    assert {("SCREW1", "MILL1"), ("POWER1", "SCREW1"), ("POWER1", "MILL1"), ("MILL1", "MILL2")} == set(pairs)
    assert len(missing.worklist) == len(pairs)
    for row in missing.worklist:
        gap = missing.gaps.take(np.array([pairs.index((row.supplier, row.buyer))]))
        worth = link_value(placed.network, gap, 0.02, share=0.4, new_probability=0.02, stop="converged", delta=0.0)
        assert row.value == pytest.approx(worth.downstream, abs=row.bound + worth.bound + 1e-12)
        assert row.total == pytest.approx(worth.value, abs=row.bound + worth.bound + 1e-12)
    values = [row.value for row in missing.worklist]
    assert values == sorted(values, reverse=True)


def test_as_many_are_valued_in_full_as_asked(town: Register, tmp_path: Path) -> None:
    found = tiny(tmp_path, town, gaps=2)
    assert found.missing is not None
    assert len(found.missing.gaps) == 4
    assert len(found.missing.worklist) == 2
    assert {row.estimate for row in found.missing.worklist} == set(np.sort(found.missing.estimates)[-2:].tolist())


def test_candidates_are_others_and_the_same_product_comes_first(town: Register, tmp_path: Path) -> None:
    found = tiny(tmp_path, town)
    assert found.missing is not None
    rows = {(row.supplier, row.buyer): row for row in found.missing.worklist}
    near = rows["SCREW1", "MILL1"].candidates
    assert [each.firm for each in near] == ["SCREW2", "GUIDE1", "MILL2", "PLAIN1"]
    first, second, _, third = near
    assert (first.product, first.same_sector, first.neighbour) == ("ball-screws", False, False)
    assert (second.product, second.same_sector, second.neighbour) == ("linear-guides", True, True)
    assert (third.product, third.same_sector, third.neighbour) == ("", True, False)
    assert (first.supplies_sector, second.supplies_sector) == (False, True)
    assert first.capabilities == {"rd_expense": 10_000 * 100}
    assert second.capabilities == {"rd_expense": None}
    assert third.capabilities == {"rd_expense": 0}
    for (supplier, buyer), row in rows.items():
        assert not {supplier, buyer} & {each.firm for each in row.candidates}


def test_a_finding_makes_a_candidate_and_takes_one_away(town: Register, tmp_path: Path) -> None:
    findings = [
        ("SCREW2", "ball-screws", "does_not", "a panel", "2026-05-01"),
        ("POWER1", "ball-screws", "could_fill", "a panel", "2026-05-01"),
    ]
    write_csv(tmp_path / "findings.csv", FINDINGS, findings)
    found = tiny(tmp_path, town, findings="findings.csv")
    assert found.missing is not None
    row = next(row for row in found.missing.worklist if row.supplier == "SCREW1")
    assert row.candidates[0].firm == "POWER1"
    assert "SCREW2" not in {each.firm for each in row.candidates}


def test_a_foreign_gap_looks_for_makers_of_the_product(town: Register, tmp_path: Path) -> None:
    rows = [("JPN", "滚珠丝杠", "MILL2", "900000", "C39")]
    write_csv(tmp_path / "foreign.csv", "country,product,buyer,value,sector", rows)
    found = tiny(tmp_path, town, foreign="foreign.csv")
    assert found.missing is not None
    row = next(row for row in found.missing.worklist if row.foreign)
    assert (row.supplier, row.buyer, row.sector) == ("JPN:滚珠丝杠", "MILL2", "C39")
    assert [each.firm for each in row.candidates][:2] == ["SCREW1", "SCREW2"]


def test_a_network_without_gaps_has_an_empty_worklist(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [("GUIDE1", "MILL2", "5"), ("PLAIN1", "MILL2", "5")])
    found = criticality(known_of(tmp_path, town))
    assert found.missing is not None
    assert found.missing.worklist == ()
    assert {row["second_source"] for row in found.table.to_pylist() if not row["isolated"]} == {0.0}


def test_a_kept_network_gives_the_same_value_for_a_firm(worked: Worked, tmp_path: Path) -> None:
    placed = worked.known.placed
    assert placed is not None
    keep(placed, tmp_path / "network")
    for row in worked.found.table.to_pylist():
        if row["exact"]:
            assert firm_risk(tmp_path / "network", row["firm"]).esri[0] == pytest.approx(row["esri"], rel=1e-9)
    keep(placed, tmp_path / "network")
    assert [path.name for path in tmp_path.iterdir()] == ["network"]
    with pytest.raises(LittleGiantError, match="no firm 'nobody'"):
        firm_risk(tmp_path / "network", "nobody")
    with pytest.raises(LittleGiantError, match="no network kept there"):
        firm_risk(tmp_path, "nobody")


def test_a_folder_that_holds_something_else_is_not_overwritten(worked: Worked, tmp_path: Path) -> None:
    placed = worked.known.placed
    assert placed is not None
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers/letter.txt").write_text("keep me")
    with pytest.raises(LittleGiantError):
        keep(placed, tmp_path / "papers")
    assert (tmp_path / "papers/letter.txt").read_text() == "keep me"


def test_a_firm_without_links_in_a_kept_network_is_not_measured_as_zero(worked: Worked, tmp_path: Path) -> None:
    placed = worked.known.placed
    assert placed is not None
    keep(placed, tmp_path / "network")
    alone = next(row["firm"] for row in worked.found.table.to_pylist() if row["isolated"])
    assert firm_risk(tmp_path / "network", alone) is None, "nothing is known of it, which is not zero"
