"""Titles as officers write them: which figure, in which unit, of which year; and titles that name another figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from listing.making import PACK, TITLES, firms, office_workbook, plain_workbook
from littlegiant.listing import Proposal, propose
from littlegiant.register.headers import HeaderReader

READER = HeaderReader(PACK)
WAN, YUAN = "10k CNY", "CNY"


@pytest.mark.parametrize(
    "written",
    [
        "（万元）",
        "(万元)",
        "［万元］",
        "【万元】",
        "〔万元〕",
        "（ 万元 ）",
        "（单位：万元）",
        "（单位:万元）",
        "（单位： 万元）",
        "（人民币万元）",
        "（人民币，万元）",
        "（RMB，万元）",
        "（万元，不含税）",
        "（万元）（不含税）",
        "（万元）*",
        "-万元",
        "－万元",
        "–万元",
        "——万元",
        "/万元",
        "／万元",
        "，万元",
        "、万元",
        "：万元",
        " 万元",
        " 单位：万元",
        "万元",
        " (10k CNY)",
    ],
)
def test_a_unit_is_found_however_it_is_attached(written: str) -> None:
    heading = READER.read(0, f"营业收入{written}")
    assert (heading.name, heading.unit, heading.year, heading.back) == ("revenue", WAN, None, None)


@pytest.mark.parametrize(
    ("written", "unit"),
    [("元", YUAN), ("千元", "k CNY"), ("万元", WAN), ("百万元", "m CNY"), ("亿元", "100m CNY"), ("人民币元", YUAN)],
)
def test_every_unit_of_money(written: str, unit: str) -> None:
    for title in (f"资产总额（{written}）", f"资产总额/{written}", f"资产总额（2025年，{written}）"):
        assert READER.read(0, title).unit == unit, title


@pytest.mark.parametrize(
    "title",
    [
        "2025年营业收入",
        "2025年度营业收入",
        "2025营业收入",
        "2025年全年营业收入",
        "２０２５年营业收入",
        "营业收入（2025年）",
        "营业收入（2025）",
        "营业收入（2025年度）",
        "营业收入2025年",
        "营业收入-2025年度",
        "营业收入_2025",
        "营业收入 / 2025年",
        "2025年 / 营业收入",
        "营业收入(2025年12月31日)",
        "1、2025年营业收入",
        "财务数据 / 2025年 / 营业收入",
        "2023-2025年财务数据 / 营业收入 / 2025年",
    ],
)
def test_a_year_is_found_wherever_it_stands(title: str) -> None:
    heading = READER.read(0, title)
    assert (heading.name, heading.unit, heading.year) == ("revenue", "", 2025)


@pytest.mark.parametrize("title", ["2025年末资产总额", "2025年底资产总额", "2025年12月31日资产总额", "截至2025年末资产总额"])
def test_the_day_of_a_balance_is_its_year(title: str) -> None:
    heading = READER.read(0, f"{title}（万元）")
    assert (heading.name, heading.unit, heading.year) == ("assets", WAN, 2025)


@pytest.mark.parametrize(
    ("title", "back"),
    [
        ("上年营业收入", 0),
        ("上年度营业收入", 0),
        ("上一年度营业收入", 0),
        ("营业收入（万元） / 上年度", 0),
        ("最近一年营业收入", 0),
        ("Last year revenue", 0),
        ("前一年营业收入", 1),
        ("上上年营业收入", 1),
        ("前年营业收入", 1),
        ("前两年营业收入", 2),
    ],
)
def test_a_year_in_words_is_counted_from_the_latest(title: str, back: int) -> None:
    heading = READER.read(0, title)
    assert (heading.name, heading.year, heading.back) == ("revenue", None, back)


@pytest.mark.parametrize(
    "number", ["1.", "1、", "1)", "１、", "12. ", "1 ", "（1）", "(1) ", "（一）", "一、", "十二、", "①", "① ", "*"]
)
def test_a_number_before_a_title_is_no_part_of_it(number: str) -> None:
    assert READER.read(0, f"{number}研发费用（万元）").name == "rd_expense"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("财务指标 / 营业收入（万元）", "revenue"),
        ("（二）财务情况 / 营业收入（万元）", "revenue"),
        ("基本信息 / 企业名称", "name"),
        ("企业基本情况 / 是否独立法人", "independent_legal_person"),
        ("营 业 收 入", "revenue"),
        ("营业收入\n（万元）", "revenue"),
        ("企业名称（全称）", "name"),
        ("企业名称（盖章）", "name"),
        ("是否独立法人（是/否）", "independent_legal_person"),
        ("从业人员（人）", "staff"),
        ("从业人员（单位：人）", "staff"),
        ("从事细分市场年限（年）", "niche_years"),
        ("I类知识产权", "class_one_rights"),
        ("近两年新增股权融资（万元）", "qualified_equity_2y"),
        ("３、净利润（元）", "net_profit"),
        ("负债合计（万元）", "liabilities"),
        ("Ⅰ类知识产权（项）", "class_one_rights"),
        ("细分领域", "niche"),
        ("主导产品 / 营业收入（万元）", "leading_product_revenue"),
        ("Company name", "name"),
        ("REVENUE", "revenue"),
        ("Operating Revenue", "revenue"),
        ("R&D expense", "rd_expense"),
        ("Total assets", "assets"),
        ("National market share", "niche_share_national"),
        ("Headcount", "staff"),
    ],
)
def test_usual_titles(title: str, name: str) -> None:
    assert READER.read(0, title).name == name


@pytest.mark.parametrize(
    ("title", "role", "name"),
    [
        ("统一社会信用代码", "firm", ""),
        ("统一社会信用代码（18位）", "firm", ""),
        ("Unified social credit code", "firm", ""),
        ("年份", "year", ""),
        ("Fiscal year", "year", ""),
        ("是否专精特新中小企业", "title", "srdi"),
        ("专精特新中小企业（是/否）", "title", "srdi"),
        ("高新技术企业", "title", "high-tech"),
    ],
)
def test_titles_of_firms_years_and_titles_held(title: str, role: str, name: str) -> None:
    heading = READER.read(0, title)
    assert (heading.role, heading.name) == (role, name)


@pytest.mark.parametrize(
    ("title", "unit", "year"),
    [
        ("Revenue (m CNY)", "m CNY", None),
        ("Revenue (million yuan)", "m CNY", None),
        ("Revenue, million yuan", "m CNY", None),
        ("Revenue 2025 (10k CNY)", WAN, 2025),
        ("Revenue (2025, m CNY)", "m CNY", 2025),
        ("Operating revenue (yuan) 2024", YUAN, 2024),
        ("Revenue - 2025", "", 2025),
        # Half a unit is none: it is asked.
        ("Revenue (CNY million)", "", None),
        ("Revenue (CNY, thousands)", "", None),
    ],
)
def test_english_titles(title: str, unit: str, year: int | None) -> None:
    heading = READER.read(0, title)
    assert (heading.name, heading.unit, heading.year) == ("revenue", unit, year)


@pytest.mark.parametrize("title", ["国内市场占有率（%）", "国内市场占有率(％)", "国内市场占有率%", "国内市场占有率（2025年，%）"])
def test_shares_in_per_cent(title: str) -> None:
    heading = READER.read(0, title)
    assert (heading.name, heading.unit) == ("niche_share_national", "per cent")


@pytest.mark.parametrize(
    "title",
    [
        "",
        "序号",
        "备注",
        "名称",
        "产品名称",
        "联系人",
        "法定代表人",
        "营业",
        "（万元）",
        "营业外收入",
        "营业收入增长率（%）",
        "营业收入同比增长",
        "营业收入（增长率）",
        "营业收入（同比）",
        "营业收入 / 增长率",
        "营业收入排名",
        "营业收入（排名）",
        "人均营业收入（万元）",
        "出口营业收入（万元）",
        "营业收入（出口）",
        "营业收入（境外，万元）",
        "营业收入（预计）",
        "2026年预计营业收入（万元）",
        "营业收入（美元）",
        "营业收入（万美元）",
        "集团营业收入",
        "营业收入（集团，万元）",
        "集团数据 / 营业收入（万元）",
        "母公司名称",
        "母公司情况 / 企业名称",
        "关联企业名称",
        "企业名称（关联企业）",
        "净利润率",
        "研发费用占比（%）",
        "研发费用（%）",
        "研发费用（占比）",
        "研发费用占营业收入比重",
        "国内市场占有率（万元）",
        "主营业务收入占比",
        "从业人员（万人）",
        "从事细分市场年限（月）",
        "近三年营业收入",
        "2024-2025年营业收入",
        "2023年至2025年营业收入合计",
        "2025年一季度营业收入",
        "2025年上半年营业收入",
        "2025年6月营业收入",
        "营业收入（2025年1-6月）",
        "2025年6月30日资产总额（万元）",
        "3年营业收入",
        "产品乙 / 营业收入（万元）",
        "Revenue growth (%)",
        "Revenue (growth)",
        "Revenue (USD)",
        "Export revenue",
    ],
)
def test_a_title_of_another_figure_is_not_read(title: str) -> None:
    assert READER.read(0, title).role == ""


@pytest.mark.parametrize(
    "title", ["营业收人", "营业收入（美元）", "营业收入（2025年1-6月）", "2024-2025年营业收入", "研发费用（%）"]
)
def test_what_is_not_read_but_looks_alike_is_told(title: str) -> None:
    assert READER.read(0, title).near != ""


# --- where the header stands -----------------------------------------------------------------------------------------------


def read_as(proposal: Proposal) -> dict[int, tuple[str, str, int | None]]:
    return {r.number: (r.heading.name, r.unit, r.year) for r in proposal.readings if not r.skip}


def proposed(path: Path, **more: Any) -> Proposal:
    return propose(path, PACK, last_year=2025, **more)


def test_one_row_at_the_top(tmp_path: Path) -> None:
    path = plain_workbook(tmp_path / "a.xlsx", ["企业名称", "2025年营业收入（万元）"], ["甲", 1])
    found = proposed(path)
    assert (found.header.first, found.header.rows, found.key.title) == (1, 1, "企业名称")
    assert read_as(found) == {1: ("name", "", None), 2: ("revenue", WAN, 2025)}


def test_a_title_a_note_and_an_empty_row_above(tmp_path: Path) -> None:
    rows = [["2026年度汇总表"], ["填报单位：某市", None, "单位：万元"], [], ["企业名称", "2025年营业收入（万元）"], ["甲", 1]]
    found = proposed(plain_workbook(tmp_path / "a.xlsx", *rows))
    assert (found.header.first, found.header.rows) == (4, 1)


def test_two_rows_with_years_below(tmp_path: Path) -> None:
    rows = [["企业名称", "营业收入（万元）", None, "研发费用（元）"], [None, "2025年", "2024年", "2025年"], ["甲", 1, 2, 3]]
    book = openpyxl.load_workbook(plain_workbook(tmp_path / "a.xlsx", *rows))
    for merged in ("A1:A2", "B1:C1"):
        book.active.merge_cells(merged)
    book.save(tmp_path / "a.xlsx")
    found = proposed(tmp_path / "a.xlsx")
    assert (found.header.first, found.header.rows) == (1, 2)
    assert read_as(found) == {
        1: ("name", "", None),
        2: ("revenue", WAN, 2025),
        3: ("revenue", WAN, 2024),
        4: ("rd_expense", YUAN, 2025),
    }


def test_two_rows_with_years_above(tmp_path: Path) -> None:
    rows = [
        ["企业名称", "2025年", None, "2024年"],
        [None, "营业收入（万元）", "研发费用（万元）", "营业收入（万元）"],
        ["甲", 1, 2, 3],
    ]
    book = openpyxl.load_workbook(plain_workbook(tmp_path / "a.xlsx", *rows))
    for merged in ("A1:A2", "B1:C1"):
        book.active.merge_cells(merged)
    book.save(tmp_path / "a.xlsx")
    assert read_as(proposed(tmp_path / "a.xlsx")) == {
        1: ("name", "", None),
        2: ("revenue", WAN, 2025),
        3: ("rd_expense", WAN, 2025),
        4: ("revenue", WAN, 2024),
    }


def test_three_rows_with_groups_above_and_units_below(tmp_path: Path) -> None:
    rows = [
        ["基本情况", "财务指标", None, None],
        ["企业名称", "营业收入", None, "研发费用"],
        [None, "2025年（万元）", "2024年（万元）", "2025年（元）"],
        ["甲", 1, 2, 3],
    ]
    book = openpyxl.load_workbook(plain_workbook(tmp_path / "a.xlsx", *rows, first_row=2))
    for merged in ("B2:D2", "A3:A4", "B3:C3"):
        book.active.merge_cells(merged)
    book.save(tmp_path / "a.xlsx")
    assert read_as(proposed(tmp_path / "a.xlsx")) == {
        1: ("name", "", None),
        2: ("revenue", WAN, 2025),
        3: ("revenue", WAN, 2024),
        4: ("rd_expense", YUAN, 2025),
    }


def test_titles_merged_over_all_three_rows(tmp_path: Path) -> None:
    rows = [["企业名称", "财务指标", None], [None, "营业收入（万元）", None], [None, "2025年", "2024年"], ["甲", 1, 2]]
    book = openpyxl.load_workbook(plain_workbook(tmp_path / "a.xlsx", *rows))
    for merged in ("A1:A3", "B1:C1", "B2:C2"):
        book.active.merge_cells(merged)
    book.save(tmp_path / "a.xlsx")
    found = proposed(tmp_path / "a.xlsx")
    assert read_as(found) == {1: ("name", "", None), 2: ("revenue", WAN, 2025), 3: ("revenue", WAN, 2024)}


def test_the_office_workbook_leaves_nothing_to_guess(tmp_path: Path) -> None:
    found = proposed(office_workbook(tmp_path / "a.xlsx", firms(3)))
    assert found.key.title == "统一社会信用代码"
    assert found.guesses == ()
    assert len(read_as(found)) == len(TITLES) - 3  # all but the number, the code and the remarks
    assert found.sheets_left == ("说明", "旧数据", "极密")


def test_the_sheet_with_most_titles_is_taken_and_hidden_ones_are_not(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["企业名称", "联系电话"])
    book.active.append(["甲", "1"])
    for name, state in (("名单", "visible"), ("旧", "hidden")):
        page = book.create_sheet(name)
        page.append(
            ["企业名称", "2025年营业收入（万元）", "2025年从业人员", *(["备注", "2025年净利润（元）"] if name == "旧" else [])]
        )
        page.append(["甲", 1, 2])
        page.sheet_state = state
    book.save(tmp_path / "a.xlsx")
    assert proposed(tmp_path / "a.xlsx").sheet == "名单"
    assert proposed(tmp_path / "a.xlsx", sheet="旧").sheet == "旧"


def test_a_second_column_of_one_figure_is_told_and_the_first_is_read(tmp_path: Path) -> None:
    path = plain_workbook(tmp_path / "a.xlsx", ["企业名称", "2025年营业收入（万元）", "营收（元）2025年"], ["甲", 1, 10000])
    by_number = {r.number: r.skip for r in proposed(path).readings}
    assert by_number == {1: "", 2: "", 3: "twice"}


@pytest.mark.parametrize(
    ("title", "values", "unit", "guessed"),
    [
        ("2025年营业收入", [90_000_000, 120_000_000], YUAN, ("unit",)),
        ("2025年营业收入", [9000, 12000, "无"], WAN, ("unit",)),
        ("2025年国内市场占有率", ["12%", "8%"], "per cent", ()),
        ("2025年国内市场占有率", [12, 8.5], "per cent", ("unit",)),
        ("2025年国内市场占有率", [0.12, 0.085], "", ("unit",)),
        ("营业收入（万元）", [9000], WAN, ("year",)),
        ("上年度营业收入（万元）", [9000], WAN, ()),
    ],
)
def test_what_a_title_does_not_say_is_guessed_from_the_values_and_marked(
    tmp_path: Path, title: str, values: list[Any], unit: str, guessed: tuple[str, ...]
) -> None:
    path = plain_workbook(tmp_path / "a.xlsx", ["企业名称", title], *[[f"企业{n}", value] for n, value in enumerate(values)])
    reading = proposed(path).readings[1]
    assert (reading.unit, reading.year, reading.guessed) == (unit, 2025, guessed)
