"""Nothing gets lost: rows and values add up, every refusal stands in `rejects` and `gaps` with the row a person can find."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.problems import LittleGiantError

from .making import Imported, bring_in, bring_in_rows, bring_in_text, clean, lines, source

CELLS = st.sampled_from(
    [
        "",
        " ",
        "12",
        "-3",
        "1,000",
        "x",
        "NaN",
        "1e400",
        "n.a.",
        '"',
        "'",
        "a,b",
        "a\nb",
        "甲",
        "0",
        "99999999999999999999",
        "是",
        "no",
    ]
)
KEYS = st.sampled_from(["A", "B", "C", "D", "E", " A", ""])
YEARS = st.sampled_from(["2024", "2025", "20x5", "", "3000"])
TESTS = {
    "keep": [{"column": "state", "not_one_of": ["0"]}],
    "reject": [{"column": "state", "one_of": ["x"], "reason": {"en": "marked"}}],
}
FACTS = {
    "revenue": {"column": "revenue", "missing": ["n.a."]},
    "staff": {"column": "staff"},
    "single_champion": {"column": "champion"},
    "product_field": {"column": "field", "values": {"12": "emerging", "甲": "future"}},
}
Rows = list[tuple[str, ...]]


def checked(register: Imported, rows: Rows) -> None:
    """Hold the counts of an import against the rows that went in."""
    (count,) = register.report.sources
    assert count.read == len(rows)
    assert count.used + count.filtered + count.rejected == count.read
    for column in register.report.columns:
        assert column.supplied + column.missing + column.unmapped + column.rejected == count.used
    refused = register.refused()
    of_rows = [(row, rule) for row, column, rule in refused if column is None]
    assert len(of_rows) == count.rejected
    assert len(set(of_rows)) == len(of_rows)
    by_column = Counter(column for _, column, _ in refused if column is not None)
    assert by_column == Counter({column.column: column.rejected for column in register.report.columns if column.rejected})
    gaps = Counter(gap["fact"] for gap in register.table("gaps"))
    assert gaps == Counter({c.fact: c.rejected + c.unmapped for c in register.report.columns if c.rejected + c.unmapped})
    assert all(2 <= row <= len(rows) + 1 for row, _, _ in refused)


def expected_fates(rows: Rows) -> list[str]:
    """The fate of each row, worked out in plain Python."""
    fates = []
    for code, year, state, *_ in rows:
        if not code.strip():
            fates.append("no_firm")
        elif not year.isdigit() or not 1900 <= int(year) <= 2200:
            fates.append("no_year")
        elif state.strip() == "0":
            fates.append("filtered")
        elif state.strip() == "x":
            fates.append("rejected_by_mapping")
        else:
            fates.append("used")
    alike = Counter((row[0].strip(), row[1]) for row, fate in zip(rows, fates, strict=True) if fate == "used")
    return [
        "duplicate_key" if fate == "used" and alike[row[0].strip(), row[1]] > 1 else fate
        for row, fate in zip(rows, fates, strict=True)
    ]


row = st.tuples(KEYS, YEARS, CELLS, CELLS, CELLS, CELLS, CELLS)


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.lists(row, max_size=12))
def test_counts_add_up_for_any_rows(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> None:
    fine = [(f"F{n:02d}", "2025", "", str(n), "1", "yes", "12") for n in range(len(rows) + 2)]
    header = ("code", "year", "state", "revenue", "staff", "champion", "field")
    register = bring_in_rows(tmp_path_factory.mktemp("rows"), [header, *rows, *fine], facts=FACTS, **TESTS)
    checked(register, [*rows, *fine])
    fates = expected_fates([*rows, *fine])
    refused = {line: rule for line, column, rule in register.refused() if column is None}
    assert refused == {number: fate for number, fate in enumerate(fates, 2) if fate not in ("used", "filtered")}
    (count,) = register.report.sources
    assert (count.used, count.filtered) == (fates.count("used"), fates.count("filtered"))
    assert register.report.firm_years == fates.count("used")


# --- rows ------------------------------------------------------------------------------------------------------------


def test_two_rows_of_one_firm_and_year_are_both_rejected_and_both_named(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines("A,2025,1,1", *clean(2), "A,2025,3,4", "A,2024,5,6"))
    assert register.table("rejects") == [
        {"file": "firms.csv", "row": 2, "value": "A 2025, rows 2, 5", "rule": "duplicate_key"},
        {"file": "firms.csv", "row": 5, "value": "A 2025, rows 2, 5", "rule": "duplicate_key"},
    ]
    assert [(r["firm"], r["year"]) for r in register.table("firm_years")] == [("A", 2024), ("F001", 2025), ("F002", 2025)]


def test_two_rows_that_agree_in_everything_are_duplicates_too(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines("A,2025,1,1", "A,2025,1,1", *clean(2)))
    assert register.refused() == [(2, None, "duplicate_key"), (3, None, "duplicate_key")]


@pytest.mark.parametrize("test", ["keep", "reject"])
def test_a_row_that_was_left_out_makes_no_duplicate(tmp_path: Path, test: str) -> None:
    rule = {"keep": {"column": "staff", "not_one_of": ["9"]}, "reject": {"column": "staff", "one_of": ["9"]}}[test]
    register = bring_in_text(tmp_path, lines("A,2025,1,1", "A,2025,3,9", *clean(2)), **{test: [rule]})
    assert register.years("revenue")["A"] == 100


def test_the_reason_of_a_rejecting_test_is_kept(tmp_path: Path) -> None:
    rule = {"column": "staff", "one_of": ["9"], "reason": {"en": "marked by the source", "zh": "来源标记"}}
    register = bring_in_text(tmp_path, lines("A,2025,1,9", *clean(3)), reject=[rule])
    assert register.table("rejects") == [
        {"file": "firms.csv", "row": 2, "value": "marked by the source", "rule": "rejected_by_mapping"}
    ]


@pytest.mark.parametrize(
    "odd", ["B,2025,1", "B,2025,1,2,3", "B,2025,1,2,3,4,5,6"], ids=["too few", "one too many", "four too many"]
)
def test_a_row_with_another_number_of_fields_is_rejected_once(tmp_path: Path, odd: str) -> None:
    register = bring_in_text(tmp_path, lines("A,2025,1,1", odd, *clean(3)))
    assert register.refused() == [(3, None, "malformed_row")]
    (count,) = register.report.sources
    assert (count.read, count.used, count.rejected) == (5, 4, 1)


BAD = "D,2025,about 5,2"


@pytest.mark.parametrize(
    ("before", "row"),
    [
        ([], 2),
        (["A,2025,1,1"], 3),
        (["A,2025,1,1", "B,2025,1"], 4),
        (["A,2025,1", "B,2025,1,2,3", "C,2025,1,1"], 5),
        (["A,2025,1,1", ""], 4),
        (["", ""], 4),
        (['"A"",""B",2025,1,1'], 3),
    ],
    ids=[
        "first",
        "second",
        "after a short row",
        "after two odd rows",
        "after a blank line",
        "after two blank lines",
        "after quotes",
    ],
)
def test_a_rejected_value_stands_at_the_row_a_person_finds_it_in(tmp_path: Path, before: list[str], row: int) -> None:
    register = bring_in_text(tmp_path, lines(*before, BAD, *clean(3)))
    assert [line for line, column, _ in register.refused() if column == "revenue"] == [row]


def test_rows_are_counted_from_the_top_of_the_file_also_below_a_title(tmp_path: Path) -> None:
    content = "Accounts of 2025,,,\n,,,\n" + lines("A,2025,1,1", BAD, *clean(3))
    assert bring_in_text(tmp_path, content, header_row=3).refused() == [(5, "revenue", "not_a_number")]


def test_a_quote_that_is_never_closed_loses_no_row_unnoticed(tmp_path: Path) -> None:
    """What follows the quote is swallowed: the file is refused, with the place and the mend."""
    with pytest.raises(LittleGiantError) as refused:
        bring_in_text(tmp_path, lines(*clean(3), 'B,2025,"1,2', "C,2025,1,2", "D,2025,1,2"))
    assert refused.value.exit_code == 2
    assert "firms.csv, row " in str(refused.value)
    assert "quotation mark" in str(refused.value)


@pytest.mark.parametrize("title", ["fate", "__row", "__firm", "__copies", "row", "value", "rule", "=revenue", "Fate"])
def test_a_column_of_the_file_may_have_any_title(tmp_path: Path, title: str) -> None:
    """Also one that the import uses itself."""
    content = lines("A,2025,1,1,used", "B,2025,x,1,filtered", "C,2025,3,1,", header=f"code,year,revenue,staff,{title}")
    register = bring_in_text(tmp_path, content)
    assert register.years("revenue") == {"A": 100, "B": None, "C": 300}
    assert register.refused() == [(3, "revenue", "not_a_number")]


def test_a_register_of_one_firm_and_one_year_is_a_register(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines("A,2025,1,1"))
    assert (register.report.firms, register.report.firm_years) == (1, 1)
    assert register.table("firm_years") == [{"firm": "A", "year": 2025, "revenue": 100, "staff": 1}]


def test_a_firm_without_an_identifier_or_year_is_rejected(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines(",2025,1,1", "  ,2025,1,1", "A,,1,1", "A,20x5,1,1", "A,1800,1,1", *clean(2)))
    rules: list[Any] = ["no_firm", "no_firm", "no_year", "no_year", "no_year"]
    assert register.refused() == [(row, None, rule) for row, rule in enumerate(rules, 2)]


def test_half_a_year_is_no_year(tmp_path: Path) -> None:
    """A workbook gives 2024.0, which is a year; 2024.6 is a slip and must not become the figures of 2025."""
    register = bring_in_text(tmp_path, lines("A,2024.0,1,1", "A,2024.6,2,2", *clean(2)))
    assert register.refused() == [(3, None, "no_year")]
    assert [row["year"] for row in register.table("firm_years") if row["firm"] == "A"] == [2024]


def test_identifiers_keep_their_zeros(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines("000001,2025,1,1", "1,2025,2,2"))
    assert register.years("revenue") == {"000001": 100, "1": 200}


def test_firms_are_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines(*(f"{firm},2025,1,1" for firm in ("b", "甲", "A", "é", "B1", "B", "9"))))
    assert [row["firm"] for row in register.table("firms")] == ["9", "A", "B", "B1", "b", "é", "甲"]


# --- two files -------------------------------------------------------------------------------------------------------


def test_files_with_different_keys_are_joined_by_firm_and_year(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(lines("A,2024,1,1", "A,2025,2,2", "B,2025,3,3"))
    (tmp_path / "research.csv").write_text("id;jahr;rd\nA;2025;5\nC;2025;7\nB;2023;9\n")
    (tmp_path / "names.csv").write_text("nummer|name\nA|甲公司\nC|丙公司\nD|丁公司\n", encoding="utf-8")
    register = bring_in(
        tmp_path,
        {
            "firms": source(),
            "research": source("research.csv", {"firm": "id", "year": "jahr"}, {"rd_expense": {"column": "rd"}}, delimiter=";"),
            "names": source("names.csv", {"firm": "nummer"}, {"name": {"column": "name"}}, delimiter="|"),
        },
        constants={"independent_legal_person": True},
    )
    assert register.table("firm_years") == [
        {"firm": "A", "year": 2024, "revenue": 100, "staff": 1},
        {"firm": "A", "year": 2025, "revenue": 200, "rd_expense": 500, "staff": 2},
        {"firm": "B", "year": 2023, "rd_expense": 900},
        {"firm": "B", "year": 2025, "revenue": 300, "staff": 3},
        {"firm": "C", "year": 2025, "rd_expense": 700},
    ]
    person = {"independent_legal_person": True}
    assert register.table("firms") == [
        {"firm": "A", "name": "甲公司", **person},
        {"firm": "B", **person},
        {"firm": "C", "name": "丙公司", **person},
        {"firm": "D", "name": "丁公司", **person},
    ]


def test_what_does_not_change_comes_from_the_latest_year_that_says_something(tmp_path: Path) -> None:
    content = lines("A,2023,110000", "A,2025,", "A,2024,440000", "B,2024,", "B,2025,310000", "C,2025,", header="code,year,place")
    register = bring_in_text(tmp_path, content, facts={"region": {"column": "place"}})
    assert register.firms("region") == {"A": "440000", "B": "310000", "C": None}


@pytest.mark.parametrize("name", ["keys", "order", "select", "table", "firms", "firm_years", "raw", "null"])
def test_a_source_may_have_any_plain_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "firms.csv").write_text(lines(*clean(2)))
    assert bring_in(tmp_path, {name: source()}).report.firms == 2


def test_a_cell_over_two_lines_is_one_row(tmp_path: Path) -> None:
    """Rows are counted as a spreadsheet shows them."""
    content = lines('"A\nB",2025,x,1', "C,2025,y,1", *clean(4))
    register = bring_in_text(tmp_path, content)
    assert register.report.firms == 6
    assert [line for line, column, _ in register.refused() if column == "revenue"] == [2, 3]
