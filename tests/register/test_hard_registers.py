"""Registers as offices have them: two sources for one fact, slips of the unit, parts above their wholes, shared phones."""

from pathlib import Path
from typing import Any

import pytest

from littlegiant.engines import DuckDBEngine
from littlegiant.register.alike import niches_query

from .making import PACK, bring_in, bring_in_text, lines, source

MONEY = {"column": "revenue", "unit": "10k CNY"}


def doubts(register: Any) -> list[tuple[Any, ...]]:
    return [(d["firm"], d.get("year"), d["fact"], d["doubt"]) for d in register.table("doubts")]


def years(register: Any, fact: str) -> dict[tuple[str, int], Any]:
    return {(row["firm"], row["year"]): row.get(fact) for row in register.table("firm_years")}


# --- several sources ---------------------------------------------------------------------------------------------------


def two_sources(folder: Path, first: str, second: str) -> Any:
    (folder / "audit.csv").write_text(lines("A,2025,100,5", "B,2025,,5", "C,2025,300,"))
    (folder / "tax.csv").write_text(lines("A,2025,101,5", "B,2025,200,6", "D,2025,400,7"))
    files = {"audit": source("audit.csv"), "tax": source("tax.csv")}
    return bring_in(folder, {first: files[first], second: files[second]})


def test_the_first_source_that_has_a_value_is_believed_and_the_other_is_listed(tmp_path: Path) -> None:
    register = two_sources(tmp_path, "audit", "tax")
    assert {firm: value // 100 for (firm, _), value in years(register, "revenue").items()} == {
        "A": 100,
        "B": 200,
        "C": 300,
        "D": 400,
    }
    assert years(register, "staff") == {("A", 2025): 5, ("B", 2025): 5, ("C", 2025): None, ("D", 2025): 7}
    conflicts = [
        (c["firm"], c["fact"], c["kept_source"], c["kept"], c["source"], c["value"], c["row"])
        for c in register.table("conflicts")
    ]
    assert conflicts == [
        ("A", "revenue", "audit", "10000", "tax", "10100", 2),
        ("B", "staff", "audit", "5", "tax", "6", 3),
    ]
    assert register.report.conflicts == 2


def test_precedence_is_the_order_of_the_mapping(tmp_path: Path) -> None:
    register = two_sources(tmp_path, "tax", "audit")
    assert years(register, "revenue")["A", 2025] == 10100
    assert years(register, "staff")["B", 2025] == 6


def test_what_does_not_change_is_compared_between_dated_and_undated_sources(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(lines("A,示例甲", "B,示例乙", header="code,name"))
    (tmp_path / "years.csv").write_text(
        lines("A,2024,示例旧,1", "A,2025,示例甲,1", "B,2025,示例丙,1", header="code,year,name,revenue")
    )
    name = {"name": {"column": "name"}}
    sources = {
        "list": source("list.csv", {"firm": "code"}, name),
        "years": source("years.csv", facts={**name, "revenue": {"column": "revenue"}}),
    }
    register = bring_in(tmp_path, sources)
    assert register.firms("name") == {"A": "示例甲", "B": "示例乙"}
    assert [(c["firm"], c["kept"], c["source"], c["value"], c["row"]) for c in register.table("conflicts")] == [
        ("B", "示例乙", "years", "示例丙", 4)
    ]


@pytest.mark.parametrize(
    ("written", "firm"),
    [
        ("91110000600037341l", "91110000600037341L"),
        ("９１１１００００６０００３７３４１Ｌ", "91110000600037341L"),
        ("\t91110000600037341L\u00a0", "91110000600037341L"),
        ("某某（中国）有限公司", "某某（中国）有限公司"),
        ("abc", "abc"),
    ],
)
def test_a_number_is_one_firm_however_it_is_typed(tmp_path: Path, written: str, firm: str) -> None:
    register = bring_in_text(tmp_path, lines(f"{written},2025,1,1", "B,2025,1,1"))
    assert {row["firm"] for row in register.table("firms")} == {firm, "B"}
    assert register.table("doubts") == []


def test_a_number_that_lost_its_digits_and_a_dash_are_no_firm(tmp_path: Path) -> None:
    text = lines("9.13205e+17,2025,1,1", "9.13205E17,2025,1,1", "-,2025,1,1", "B,2025,1,1")
    register = bring_in_text(tmp_path, text, missing=["", "-"])
    assert register.refused() == [(2, None, "torn_number"), (3, None, "torn_number"), (4, None, "no_firm")]


@pytest.mark.parametrize(
    ("written", "year"),
    [("2025年", 2025), ("２０２５", 2025), ("2025年度", 2025), ("2025.0", 2025), ("2025.5", None), ("25", None)],
)
def test_years_as_people_write_them(tmp_path: Path, written: str, year: int | None) -> None:
    register = bring_in_text(tmp_path, lines(f"A,{written},1,1", "B,2024,1,1"))
    assert {row["year"] for row in register.table("firm_years")} == {2024, *([year] if year else [])}


def test_a_wide_sheet_is_one_source_a_year_over_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("id,rev 2025,rev 2024\nA,10,8\nB,,9\n")
    sources = {
        f"y{year}": source("wide.csv", {"firm": "id", "year": year}, {"revenue": {"column": f"rev {year}"}})
        for year in (2025, 2024)
    }
    register = bring_in(tmp_path, sources)
    assert years(register, "revenue") == {("A", 2024): 800, ("A", 2025): 1000, ("B", 2024): 900, ("B", 2025): None}
    assert register.report.conflicts == 0


# --- figures that cannot well be true ----------------------------------------------------------------------------------

HEADER = "code,year,revenue,main,staff,rd_staff"
FACTS = {
    "revenue": {"column": "revenue"},
    "main_revenue": {"column": "main"},
    "staff": {"column": "staff"},
    "rd_staff": {"column": "rd_staff"},
}


def judged(folder: Path, *rows: str, **more: Any) -> Any:
    (folder / "firms.csv").write_text(lines(*rows, header=HEADER))
    return bring_in(folder, {"firms": source(facts=FACTS)}, **more)


def test_a_part_above_its_whole_is_doubted_on_both_sides_and_equal_is_fine(tmp_path: Path) -> None:
    register = judged(tmp_path, "A,2025,1000000,1000000.01,50,50", "B,2025,1000000,1000000,50,51")
    assert doubts(register) == [
        ("A", 2025, "main_revenue", "part_over_whole"),
        ("A", 2025, "revenue", "part_over_whole"),
        ("B", 2025, "rd_staff", "part_over_whole"),
        ("B", 2025, "staff", "part_over_whole"),
    ]
    assert years(register, "main_revenue")["A", 2025] == 100_000_001  # kept: nobody asked to set it aside


def test_what_is_set_aside_is_unknown_with_its_reason_and_the_rest_stays(tmp_path: Path) -> None:
    register = judged(tmp_path, "A,2025,1000000,2000000,50,5", doubtful="set_aside")
    (row,) = register.table("firm_years")
    assert row == {"firm": "A", "year": 2025, "staff": 50, "rd_staff": 5}
    assert [(g["fact"], g["reason"]) for g in register.table("gaps")] == [
        ("main_revenue", "part_over_whole"),
        ("revenue", "part_over_whole"),
    ]
    assert register.report.set_aside == 2


@pytest.mark.parametrize(("before", "doubted"), [("60000000", True), ("2000000", False)])
def test_an_amount_ten_thousand_times_off_the_other_year_doubts_both(tmp_path: Path, before: str, doubted: bool) -> None:
    register = judged(tmp_path, f"A,2024,{before},,3,", "A,2025,6000,,3,")
    slips = [d for d in doubts(register) if d[3] == "unit_slip_year"]
    assert slips == ([("A", year, "revenue", "unit_slip_year") for year in (2024, 2025)] if doubted else [])


def test_of_three_years_the_odd_one_out_is_doubted(tmp_path: Path) -> None:
    register = judged(tmp_path, "A,2023,50000000,,3,", "A,2024,6000,,3,", "A,2025,60000000,,3,")
    assert [d for d in doubts(register) if d[3] == "unit_slip_year"] == [("A", 2024, "revenue", "unit_slip_year")]


def test_an_amount_too_small_for_the_staff(tmp_path: Path) -> None:
    register = judged(tmp_path, "A,2025,5300,5000,60,", "B,2025,60000,,60,", "C,2025,5300,,4,")
    assert doubts(register) == [("A", 2025, "main_revenue", "too_small"), ("A", 2025, "revenue", "too_small")]


def test_an_amount_too_large_for_the_staff_takes_the_amounts_of_its_row_with_it(tmp_path: Path) -> None:
    """A billion a head is still believed; one fen more is not, and R&D in the same unit goes with it."""
    register = judged(tmp_path, "A,2025,10000000000.01,9000000000,10,", "B,2025,10000000000,,10,", "C,2025,10000000000.01,,4,")
    kind = "too_large"
    assert doubts(register) == [("A", 2025, "main_revenue", kind), ("A", 2025, "revenue", kind)]


RATIOS = "code,year,revenue,rd,assets,liabilities"


@pytest.mark.parametrize(
    ("row", "doubted"),
    [
        ("A,2025,100000000,2000,,", []),  # two hundred-thousandths of revenue are still believed
        ("A,2025,100000000,1999.99,,", [("rd_expense", "too_small")]),
        ("A,2025,100000000,0,,", []),
        ("A,2025,1000000,100000000,,", []),
        ("A,2025,1000000,100000000.01,,", [("rd_expense", "too_large")]),
        ("A,2025,100000000,,99999.99,", [("assets", "too_small")]),
        ("A,2025,1000000,,2000000000.01,", [("assets", "too_large")]),
        ("A,2025,,,100000000,5000", []),
        ("A,2025,,,100000000,4999.99", [("liabilities", "too_small")]),
        ("A,2025,,,1000000,20000000.01", [("liabilities", "too_large")]),
    ],
)
def test_amounts_in_another_unit_in_every_year_are_seen_beside_the_other_figures(
    tmp_path: Path, row: str, doubted: list[tuple[str, str]]
) -> None:
    (tmp_path / "firms.csv").write_text(lines(row, header=RATIOS))
    facts = {
        "revenue": {"column": "revenue"},
        "rd_expense": {"column": "rd"},
        "assets": {"column": "assets"},
        "liabilities": {"column": "liabilities"},
    }
    register = bring_in(tmp_path, {"firms": source(facts=facts)})
    assert [(d["fact"], d["doubt"]) for d in register.table("doubts")] == doubted


def test_duplicate_rows_in_a_wide_sheet_give_the_same_register_each_time(tmp_path: Path) -> None:
    rows = "".join(f"F{n % 40},{n},{n}\n" for n in range(200))
    (tmp_path / "wide.csv").write_text("id,a,b\n" + rows)
    sources = {
        f"y{year}": source("wide.csv", {"firm": "id", "year": year}, {"revenue": {"column": column}})
        for year, column in ((2025, "a"), (2024, "b"))
    }
    assert len({bring_in(tmp_path, sources, to=f"r{n}").digest for n in range(6)}) == 1


def test_jumps_and_missing_years(tmp_path: Path) -> None:
    register = judged(
        tmp_path,
        "A,2022,1000000,,30,",
        "A,2023,20000000,,30,",
        "A,2025,19999999,,30,",
        "B,2023,1000000,,30,",
        "B,2024,19999999,,30,",
    )
    assert doubts(register) == [("A", 2023, "revenue", "jump"), ("A", 2024, "", "missing_year")]


# --- identifiers, texts, dates -----------------------------------------------------------------------------------------


def test_a_wrong_check_digit_is_doubted_and_names_are_left_alone(tmp_path: Path) -> None:
    rows = [f"{code},2025,1,1" for code in ("91110000600037341L", "91110000600037341X", "9111000060003734", "某某公司")]
    (tmp_path / "firms.csv").write_text(lines(*rows))
    register = bring_in(tmp_path, {"firms": source()})
    assert [(d["firm"], d["detail"]) for d in register.table("doubts")] == [
        ("9111000060003734", "length"),
        ("91110000600037341X", "check_digit"),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2015-06-30", "2015-06-30"),
        ("2015年6月30日", "2015-06-30"),
        ("2015/6/30", "2015-06-30"),
        ("２０１５．６．３０", "2015-06-30"),
        ("20150630", "2015-06-30"),
        ("2015-06-30 00:00:00", "2015-06-30"),
        ("2015年6月", None),
        ("1900-01-00", None),
        ("1900-01-01", None),
        ("2015-02-30", None),
    ],
)
def test_dates_as_people_write_them(tmp_path: Path, text: str, day: str | None) -> None:
    header = "code,founded"
    (tmp_path / "firms.csv").write_text(lines(f"A,{text}", "B,2001-01-01", "C,2001-01-01", header=header))
    register = bring_in(tmp_path, {"firms": source(key={"firm": "code"}, facts={"founded": {"column": "founded"}})})
    founded = {row["firm"]: str(row["founded"]) if "founded" in row else None for row in register.table("firms")}
    assert founded["A"] == day


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("１２％", "", "0.12"),
        ("12%", "per cent", "0.12"),
        ("12", "per cent", "0.12"),
        ("0.12", "", "0.12"),
        ("１２．５％", "", "0.125"),
    ],
)
def test_shares_with_a_sign_and_full_width_digits(tmp_path: Path, text: str, unit: str, value: str) -> None:
    (tmp_path / "firms.csv").write_text(lines(f"A,2025,{text}", header="code,year,share"))
    register = bring_in(tmp_path, {"firms": source(facts={"niche_share_national": {"column": "share", "unit": unit}})})
    (row,) = register.table("firm_years")
    assert row["niche_share_national"].normalize() == __import__("decimal").Decimal(value)


# --- titles, what firms share, niches ----------------------------------------------------------------------------------


def test_titles_held_come_from_a_column_and_silence_is_not_no(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(lines("A,是", "B,否", "C,", "D,2023年第5批", "E,申报中", header="code,srdi"))
    register = bring_in(tmp_path, {"firms": source(key={"firm": "code"}, facts={}, titles={"srdi": {"column": "srdi"}})})
    assert {t["firm"]: t["status"] for t in register.table("recognitions")} == {"A": "valid", "B": "not_held", "D": "valid"}
    assert register.refused() == [(6, "srdi", "not_yes_or_no")]


def test_what_firms_share_is_listed_once_a_firm(tmp_path: Path) -> None:
    header = "code,name,phone,patents"
    rows = [
        "A,山河精密（苏州）有限公司,0512-1,ZL1;ZL2",
        "B,山河精密(昆山Ａ1) 有限公司,0512-1,ZL2",
        "C,另一家,0512-2,ZL3",
    ]
    (tmp_path / "firms.csv").write_text(lines(*rows, header=header))
    facts = {"name": {"column": "name"}, "phone": {"column": "phone"}, "patent_numbers": {"column": "patents"}}
    register = bring_in(tmp_path, {"firms": source(key={"firm": "code"}, facts=facts)})
    assert [(a["kind"], a["value"], a["firms"], a["firm"]) for a in register.table("alike")] == [
        (kind, value, 2, firm)
        for kind, value in (("patent_numbers", "ZL2"), ("phone", "0512-1"), ("same_name", "山河精密有限公司"))
        for firm in ("A", "B")
    ]


def test_the_niche_check(tmp_path: Path) -> None:
    """Market 100 m by A and by B, 1,000 m by C; shares add to 1.05; A and B both call themselves first."""
    (tmp_path / "firms.csv").write_text(
        lines("A,光刻胶,胶", "B,光刻胶,胶", "C,光刻胶,胶", "D,阀门,阀", header="code,niche,product")
    )
    rows = ["A,2025,50000000,0.5,1", "B,2025,50000000,0.5,1", "C,2025,50000000,0.05,3", "D,2025,1000,0.1,1"]
    (tmp_path / "years.csv").write_text(lines(*rows, header="code,year,main,share,rank"))
    yearly = {
        "main_revenue": {"column": "main"},
        "niche_share_national": {"column": "share"},
        "niche_rank_national": {"column": "rank"},
    }
    static = {"niche": {"column": "niche"}, "leading_product": {"column": "product"}}
    register = bring_in(
        tmp_path, {"firms": source(key={"firm": "code"}, facts=static), "years": source("years.csv", facts=yearly)}
    )
    engine = DuckDBEngine()
    for table in ("firms", "firm_years"):
        engine.bind(table, register.path / f"{table}.parquet")
    found = engine.table(niches_query(PACK, 2025), order=("niche",)).to_pylist()
    assert [(n["niche"], n["firms"], n["market_low"], n["market_high"], n["first"], n["flags"]) for n in found] == [
        ("光刻胶", 3, 10_000_000_000, 100_000_000_000, 2, "market,shares,first"),
        ("阀门", 1, 1_000_000, 1_000_000, 1, ""),
    ]
