"""A register placed in its network: what links say, whose word they are, and every mistake by its row."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from littlegiant.criticality import criticality
from littlegiant.criticality.placing import Placed
from littlegiant.criticality.report import elements, missing_element, risk_element
from littlegiant.criticality.scenarios import SupplyShock, run_shock
from littlegiant.criticality.shock_report import shock_elements
from littlegiant.networks import REPLACEABLE
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register

from .conftest import Worked
from .making import LINKS, PACK, TOWN, known_of, link_values, make_town, write_csv, write_links

FEN = 100


def refused(folder: Path, register: Register, **changes: Any) -> tuple[Any, ...]:
    with pytest.raises(LittleGiantError) as problem:
        known_of(folder, register, **changes)
    return problem.value.problems


def placed_of(folder: Path, register: Register, **changes: Any) -> Placed:
    placed = known_of(folder, register, **changes).placed
    assert placed is not None
    return placed


def test_links_of_a_file_are_the_network_in_the_smallest_unit(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    known = known_of(tmp_path, town)
    assert link_values(known) == {(row[0], row[1]): float(row[2]) * FEN for row in LINKS}
    assert known.placed is not None
    assert (known.placed.grade, known.placed.year, known.placed.outside) == ("recorded", 2025, ())
    assert known.placed.labels == tuple(sorted(row[0] for row in TOWN))
    assert known.placed.network.revenue[known.placed.find("MILL1")] == 3_000_000 * FEN


def test_the_links_of_the_register_are_taken_where_no_file_is_named(worked: Worked) -> None:
    rows = pq.read_table(worked.register.table("links")).to_pylist()
    own = {pair: value for pair, value in link_values(worked.known).items() if ":" not in pair[0]}
    assert own == {(row["supplier"], row["buyer"]): row["value"] for row in rows}


@pytest.mark.parametrize(("column", "row"), [("supplier", ("SCREW", "MILL1", "5")), ("buyer", ("SCREW1", "MILL11", "5"))])
def test_a_link_with_an_unknown_firm_is_told_by_row_and_nearest_id(
    town: Register, tmp_path: Path, column: str, row: tuple[str, ...]
) -> None:
    write_links(tmp_path, [*LINKS, row])
    (problem,) = refused(tmp_path, town)
    assert problem.place == f"links.csv, row {len(LINKS) + 2}, column {column}"
    assert repr(row[0] if column == "supplier" else row[1]) in problem.found
    assert "Did you mean '" in problem.remedy
    assert problem.code == "unknown-firm"


def test_unknown_firms_are_kept_as_partners_outside_when_asked(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [*LINKS, ("Far Works", "MILL1", "7"), ("SCREW1", "Near Works", "9")])
    kept = {"links": {"file": "links.csv", "unknown_firms": "keep"}, "unknown_class": "non_essential"}
    known = known_of(tmp_path, town, **kept)
    assert known.placed is not None
    assert known.placed.outside == ("Far Works", "Near Works")
    assert link_values(known)["Far Works", "MILL1"] == 700
    assert not known.placed.own[known.placed.find("Far Works")]
    assert criticality(known).table.num_rows == len(TOWN), "partners outside get no row"


def test_a_partner_outside_that_only_buys_needs_no_sector(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [*LINKS, ("SCREW1", "Near Works", "9")])
    placed = placed_of(tmp_path, town, links={"file": "links.csv", "unknown_firms": "keep"})
    assert placed.outside == ("Near Works",)


@pytest.mark.parametrize("row", [("", "MILL1", "5"), ("SCREW1", " ", "5")])
@pytest.mark.parametrize("unknown", ["refuse", "keep"])
def test_a_link_without_a_name_is_told_by_its_row(town: Register, tmp_path: Path, row: tuple[str, ...], unknown: str) -> None:
    write_links(tmp_path, [*LINKS, row])
    links = {"file": "links.csv", "unknown_firms": unknown}
    (problem,) = refused(tmp_path, town, links=links, unknown_class="non_essential")
    assert problem.place.startswith(f"links.csv, row {len(LINKS) + 2}")


def test_a_link_before_a_firm_was_founded_is_told_by_its_row(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [*LINKS[:2], ("SCREW1", "YOUNG1", "5"), *LINKS[2:]])
    (problem,) = refused(tmp_path, town)
    assert problem.place == "links.csv, row 4"
    assert "YOUNG1" in problem.found
    assert "2026" in problem.found
    assert "2025" in problem.found


def test_a_link_before_a_firm_was_founded_is_fine_in_a_later_year(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [(*LINKS[0], "2025"), ("SCREW1", "YOUNG1", "5", "2026")], "supplier,buyer,value,year")
    assert list(link_values(known_of(tmp_path, town))) == [("SCREW1", "MILL1")]
    later = known_of(tmp_path, town, links={"file": "links.csv", "year": 2026})
    assert list(link_values(later)) == [("SCREW1", "YOUNG1")]
    assert later.placed is not None
    assert later.placed.year == 2026


def test_mixed_currencies_are_refused_with_a_row_of_each(town: Register, tmp_path: Path) -> None:
    rows = [(*row, "CNY") for row in LINKS[:3]] + [(*LINKS[3], "USD")]
    write_links(tmp_path, rows, "supplier,buyer,value,currency")
    (problem,) = refused(tmp_path, town)
    assert "CNY (links.csv, row 2)" in problem.found
    assert "USD (links.csv, row 5)" in problem.found
    assert "Convert" in problem.remedy
    assert problem.code == "currency"


def test_another_currency_throughout_is_refused_too(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [(*row, "USD") for row in LINKS], "supplier,buyer,value,currency")
    (problem,) = refused(tmp_path, town)
    assert "USD (links.csv, row 2)" in problem.found


def test_a_currency_of_a_year_that_is_not_asked_for_does_not_matter(town: Register, tmp_path: Path) -> None:
    rows = [(*LINKS[0], "2024", "USD"), *((*row, "2025", "CNY") for row in LINKS)]
    write_links(tmp_path, rows, "supplier,buyer,value,year,currency")
    assert len(link_values(known_of(tmp_path, town))) == len(LINKS)


def test_a_unit_changes_no_value(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    write_csv(tmp_path / "foreign.csv", "country,product,buyer,value,sector", [("NLD", "tools", "MILL1", "50000", "C35")])
    plain = link_values(known_of(tmp_path, town, foreign="foreign.csv"))
    write_links(tmp_path, [(*row[:2], str(float(row[2]) / 10_000)) for row in LINKS])
    write_csv(tmp_path / "foreign.csv", "country,product,buyer,value,sector", [("NLD", "tools", "MILL1", "5", "C35")])
    ten = link_values(known_of(tmp_path, town, foreign="foreign.csv", links={"file": "links.csv", "unit": "10k CNY"}))
    assert ten == pytest.approx(plain)


def test_an_unknown_unit_is_told_with_the_nearest(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    (problem,) = refused(tmp_path, town, links={"file": "links.csv", "unit": "10kCNY"})
    assert "Did you mean '10k CNY'" in problem.remedy


@pytest.fixture
def unsure(tmp_path: Path) -> Register:
    """The town, in which four of the ten links come from a firm without a sector."""
    strange = ("NONE1", "Nobody Knows", "", "440000", "2001-01-01", "", "100000", "")
    register = make_town(tmp_path / "unsure", [*TOWN, strange])
    buyers = ("MILL1", "MILL2", "SCREW1", "GUIDE1")
    write_links(tmp_path, [*LINKS, *(("NONE1", buyer, "70000") for buyer in buyers)])
    return register


def test_suppliers_without_a_sector_are_counted_by_links_and_by_value(unsure: Register, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, unsure)
    known = sum(float(row[2]) for row in LINKS)
    assert "4 of 10 links" in problem.found
    assert "40%" in problem.found
    assert f"{280_000 / (known + 280_000):.0%} of their value" in problem.found
    assert "unknown_class" in problem.remedy
    assert problem.place == "links.csv, row 8"


def test_a_class_for_unknown_sectors_is_shown_with_every_result(unsure: Register, tmp_path: Path) -> None:
    known = known_of(tmp_path, unsure, unknown_class="non_essential")
    placed = known.placed
    assert placed is not None
    place = placed.sectors.index("?")
    assert placed.no_sector == 1
    assert (placed.network.essentiality[place] == REPLACEABLE).all()
    found = criticality(known)
    said = "1 nodes have no sector"
    assert any(said in note for note in risk_element(found, "en").notes)
    assert found.missing is not None
    assert any(said in note for note in missing_element(found.missing, known, "en").notes), "missing links rest on the class too"
    shock = SupplyShock(format=1, shock="one", title={}, reason={}, hits=[{"firm": "NONE1"}])
    notes = [note for element in shock_elements(run_shock(placed, shock), PACK, "en") for note in element.notes]
    assert any(said in note for note in notes), "losses rest on the class too"


def test_firms_of_unknown_sectors_do_not_step_in_for_each_other(unsure: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [*LINKS, ("NONE1", "MILL1", "70000"), ("Far Works", "MILL2", "7")])
    kept = {"file": "links.csv", "unknown_firms": "keep"}
    placed = placed_of(tmp_path, unsure, links=kept, unknown_class="essential")
    one, other = placed.find("NONE1"), placed.find("Far Works")
    markets = placed.network.market[[one, other]]
    assert markets[0] != markets[1] or markets[0] == -1, "nothing says that they make the same"


def test_a_firm_without_sector_and_without_links_stops_nothing(tmp_path: Path) -> None:
    strange = ("NONE1", "Nobody Knows", "", "440000", "2001-01-01", "", "100000", "")
    register = make_town(tmp_path / "unsure", [*TOWN, strange])
    write_links(tmp_path)
    assert len(link_values(known_of(tmp_path, register))) == len(LINKS)


@pytest.mark.parametrize("value", ["-5", "five", "", "nan", "inf", "1e999"])
def test_a_value_that_is_no_amount_is_told_by_its_row(town: Register, tmp_path: Path, value: str) -> None:
    write_links(tmp_path, [*LINKS[:1], ("GUIDE1", "MILL2", value), *LINKS[2:]])
    (problem,) = refused(tmp_path, town)
    assert problem.place == "links.csv, row 3, column value"
    assert problem.found == repr(value)


def test_all_mistakes_of_a_file_are_told_at_once(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [("SCREW1", "MILL1", "x"), ("GUIDE1", "MILL2", "-1"), *LINKS])
    assert [problem.place for problem in refused(tmp_path, town)] == [
        "links.csv, row 2, column value",
        "links.csv, row 3, column value",
    ]
    write_links(tmp_path, [("SCREW1", "MILL1", "x")] * 50)
    problems = refused(tmp_path, town)
    assert len(problems) < 50
    assert "more" in problems[-1].found


def test_a_thousands_separator_is_no_decimal_comma(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path, [("SCREW1", "MILL1", "1,234,000.5")])
    assert link_values(known_of(tmp_path, town)) == {("SCREW1", "MILL1"): 123_400_050}
    write_links(tmp_path, [("SCREW1", "MILL1", "12,5")])
    assert refused(tmp_path, town), "12,5 is not 125"


def test_zero_values_repeats_and_loops_are_counted(town: Register, tmp_path: Path) -> None:
    more = [("SCREW1", "MILL2", "0"), ("SCREW1", "MILL1", "1"), ("MILL1", "MILL1", "2")]
    write_links(tmp_path, [*LINKS, *more])
    known = known_of(tmp_path, town)
    assert known.placed is not None
    counted = known.placed.network.counted
    assert (counted.zero_values, counted.duplicates, counted.self_loops) == (1, 1, 1)
    assert ("SCREW1", "MILL2") not in link_values(known)
    assert link_values(known)["SCREW1", "MILL1"] == (300_000 + 1) * FEN
    note = next(note for note in risk_element(criticality(known), "en").notes if "value zero" in note)
    assert "1 links of value zero" in note
    assert "1 repeated" in note


def test_a_register_without_links_says_so(town: Register, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, town, links={"grade": "recorded"})
    assert problem.code == "no-links"
    assert "CSV" in problem.remedy


def test_a_year_without_links_names_those_with_links(worked: Worked, town: Register, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, worked.register, links={}, unknown_class="non_essential", year=2024)
    assert "2024" in problem.found
    assert "2025" in problem.expected
    write_links(tmp_path, [(*row, "2023") for row in LINKS], "supplier,buyer,value,year")
    (problem,) = refused(tmp_path, town)
    assert "no link of 2025" in problem.found
    write_links(tmp_path, [(*LINKS[0], "May")], "supplier,buyer,value,year")
    (problem, *_) = refused(tmp_path, town)
    assert problem.place == "links.csv, row 2, column year"


DECLARED = "firm,side,partner,share"


def declare(folder: Path, *rows: tuple[str, ...]) -> dict[str, Any]:
    write_csv(folder / "declared.csv", DECLARED, rows)
    return {"links": None, "declared": "declared.csv", "unknown_class": "non_essential"}


def test_declared_partners_alone_make_a_network_of_that_grade(town: Register, tmp_path: Path) -> None:
    rows = (
        ("SCREW1", "customer", "MILL1", "0.4"),
        ("MILL2", "supplier", "GUIDE1", "0.1"),
        ("MILL1", "supplier", "Some Works", "0.2"),
        ("MILL2", "customer", "Mill One", "0.3"),
    )
    known = known_of(tmp_path, town, **declare(tmp_path, *rows))
    assert link_values(known) == {
        ("SCREW1", "MILL1"): 0.4 * 1_000_000 * FEN,
        ("GUIDE1", "MILL2"): pytest.approx(0.1 * 2_000_000 * FEN),
        ("Some Works", "MILL1"): pytest.approx(0.2 * 3_000_000 * FEN),
        ("MILL2", "MILL1"): pytest.approx(0.3 * 2_000_000 * FEN),
    }
    assert known.placed is not None
    assert known.placed.grade == "declared"
    table = criticality(known).table.to_pylist()
    assert {row["network_grade"] for row in table} == {"declared", None}


def test_a_link_named_from_both_sides_is_one_link(town: Register, tmp_path: Path) -> None:
    rows = (("SCREW1", "customer", "MILL1", "0.4"), ("MILL1", "supplier", "SCREW1", "0.1"))
    assert link_values(known_of(tmp_path, town, **declare(tmp_path, *rows))) == {("SCREW1", "MILL1"): 0.4 * 1_000_000 * FEN}


def test_declared_shares_above_one_are_told_by_the_row_that_passes_it(town: Register, tmp_path: Path) -> None:
    rows = (
        ("SCREW1", "customer", "MILL1", "0.6"),
        ("SCREW1", "supplier", "GUIDE1", "0.6"),
        ("SCREW1", "customer", "MILL2", "0.5"),
    )
    (problem,) = refused(tmp_path, town, **declare(tmp_path, *rows))
    assert problem.place == "declared.csv, row 4"
    assert "SCREW1" in problem.found
    assert "1.1" in problem.found


@pytest.mark.parametrize(
    ("row", "place", "told"),
    [
        (("SCREW", "customer", "MILL1", "0.4"), "declared.csv, row 2, column firm", "'SCREW'"),
        (("SCREW1", "client", "MILL1", "0.4"), "declared.csv, row 2, column side", "'client'"),
        (("SCREW1", "customer", "MILL1", "40"), "declared.csv, row 2, column share", "'40'"),
        (("SCREW1", "customer", "", "0.4"), "declared.csv, row 2, column partner", ""),
    ],
)
def test_mistakes_in_what_is_declared_are_told_by_row(
    town: Register, tmp_path: Path, row: tuple[str, ...], place: str, told: str
) -> None:
    problems = refused(tmp_path, town, **declare(tmp_path, row))
    assert problems[0].place == place
    assert told in problems[0].found


def test_a_partner_that_stands_twice_counts_with_both_shares_or_is_told(town: Register, tmp_path: Path) -> None:
    rows = (("SCREW1", "customer", "MILL1", "0.4"), ("SCREW1", "customer", "Mill One", "0.1"))
    changes = declare(tmp_path, *rows)
    try:
        found = str(link_values(known_of(tmp_path, town, **changes)))
    except LittleGiantError as error:
        found = error.problems[0].place
    assert found in ("declared.csv, row 3", str({("SCREW1", "MILL1"): 0.5 * 1_000_000 * FEN}))


def test_a_name_of_several_firms_is_no_partner(tmp_path: Path) -> None:
    rows = [(row[0], "Mill" if row[0].startswith("MILL") else row[1], *row[2:]) for row in TOWN]
    register = make_town(tmp_path / "twins", rows)
    (problem,) = refused(tmp_path, register, **declare(tmp_path, ("SCREW1", "customer", "Mill", "0.4")))
    assert problem.place.startswith("declared.csv, row 2")


def test_declared_partners_need_revenue(town: Register, tmp_path: Path) -> None:
    changes = declare(tmp_path, ("SCREW1", "customer", "MILL1", "0.4"))
    (problem,) = refused(tmp_path, town, **changes, accounts=None)
    assert problem.code == "no-accounts"
    (problem,) = refused(tmp_path, town, **changes, year=2019)
    assert problem.code == "no-figures"


def test_foreign_suppliers_are_nodes_that_nobody_replaces(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    rows = [
        ("NLD", "tools", "MILL1", "300000", "C35"),
        ("NLD", "tools", "MILL2", "10", "C35"),
        ("JPN", "tools", "MILL2", "5", "C35"),
    ]
    write_csv(tmp_path / "foreign.csv", "country,product,buyer,value,sector", rows)
    known = known_of(tmp_path, town, foreign="foreign.csv")
    placed = known.placed
    assert placed is not None
    assert placed.labels[len(TOWN) :] == ("NLD:tools", "JPN:tools")
    abroad = slice(len(TOWN), None)
    assert placed.network.market[abroad].tolist() == [-1, -1]
    assert placed.sector[abroad].tolist() == ["C35", "C35"]
    assert not placed.own[abroad].any()
    assert link_values(known)["NLD:tools", "MILL1"] == 300_000 * FEN
    shock = SupplyShock(format=1, shock="one", title={}, reason={}, hits=[{"product": "tools", "countries": ["NLD"]}])
    lost = run_shock(placed, shock).spread.downstream[placed.find("MILL1")]
    assert lost == pytest.approx(0.5), "half of an essential input is lost in full, however many home firms make it"
    assert criticality(known).table.num_rows == len(TOWN)


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (("NLD", "tools", "MILL", "5", "C35"), "foreign.csv, row 2, column buyer"),
        (("NLD", "tools", "MILL1", "-5", "C35"), "foreign.csv, row 2, column value"),
        (("", "tools", "MILL1", "5", "C35"), "foreign.csv, row 2, column country"),
        (("NLD", "", "MILL1", "5", "C35"), "foreign.csv, row 2, column product"),
    ],
)
def test_mistakes_in_what_is_bought_abroad_are_told_by_row(
    town: Register, tmp_path: Path, row: tuple[str, ...], place: str
) -> None:
    write_links(tmp_path)
    write_csv(tmp_path / "foreign.csv", "country,product,buyer,value,sector", [row])
    (problem,) = refused(tmp_path, town, foreign="foreign.csv")
    assert problem.place == place


def test_a_foreign_supplier_without_sector_is_told_by_its_row(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    write_csv(tmp_path / "foreign.csv", "country,product,buyer,value", [("NLD", "tools", "MILL1", "5")])
    (problem,) = refused(tmp_path, town, foreign="foreign.csv")
    assert problem.place.startswith("foreign.csv, row 2")


def test_a_foreign_supplier_of_two_sectors_is_told_by_its_row(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    rows = [("NLD", "tools", "MILL1", "5", "C35"), ("NLD", "tools", "MILL2", "5", "C40")]
    write_csv(tmp_path / "foreign.csv", "country,product,buyer,value,sector", rows)
    (problem,) = refused(tmp_path, town, foreign="foreign.csv")
    assert problem.place.startswith("foreign.csv, row 3")


def test_without_markets_nobody_steps_in(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    assert (placed_of(tmp_path, town, market="none").network.market == -1).all()
    placed = placed_of(tmp_path, town)
    same = placed.sector == "C35"
    assert len(np.unique(placed.network.market[same])) == 1
    assert (placed.network.market >= 0).all()


def test_a_matrix_of_ones_own_is_read(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    codes = ("C33", "C34", "C35", "D44", "I65")
    write_csv(tmp_path / "classes.csv", ",".join(("", *codes)), [(code, *"00200") for code in codes])
    placed = placed_of(tmp_path, town, essentiality="classes.csv")
    place = placed.sectors.index
    assert placed.network.essentiality[place("C34"), place("C35")] == 2
    assert placed.network.essentiality[place("C35"), place("C34")] == 0
    write_csv(tmp_path / "classes.csv", ",".join(("", *codes[:4])), [(code, *"0020") for code in codes[:4]])
    (problem,) = refused(tmp_path, town, essentiality="classes.csv")
    assert "I65" in problem.found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_of_all_files_says_that_it_is_restricted(worked: Worked, language: str) -> None:
    made = elements(worked.found, language)
    assert [element.id for element in made] == ["risk", "chokepoints", "stages", "missing", "coverage"]
    for element in made:
        if element.id != "stages":  # stands below the chokepoints
            assert any(("不得公开" if language == "zh" else "Restricted") in note for note in element.notes)
