"""The officer's Monday: her workbook in, the same workbook out with the answers, and one sentence for what cannot be read."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill

from littlegiant.assessment import CaseFacts, Judge
from littlegiant.listing import Question, list_workbook, propose, proposed_mapping
from littlegiant.packs import open_pack
from littlegiant.register.headers import HeaderReader
from littlegiant.standards import compile_standard, find_notices, find_standard
from register.making import Command, command

PACK = open_pack("cn")
DAY = date(2026, 5, 25)
HEAD = [
    ["2026年度申报企业汇总表", *[None] * 21],
    [
        "序号",
        "企业名称",
        "统一社会信用代码",
        "行业代码",
        "是否独立法人",
        "经营异常或严重失信",
        "产品属禁限汰类",
        "近三年事故事件次数",
        "是否专精特新中小企业",
        "国家级科技奖励前三",
        "营业收入（万元）",
        None,
        None,
        "主营业务收入（万元）",
        "研发费用（万元）",
        None,
        "2025年末资产总额/万元",
        "2025年末负债总额（单位：万元）",
        "2025年从业人员",
        "2025年从事细分市场年限",
        "2025年国内市场占有率",
        "2025年Ⅰ类知识产权",
    ],
    [*[None] * 10, "2025年", "2024年", "2023年", "2025年", "2025年", "2024年", *[None] * 6],
]


@pytest.fixture
def littlegiant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(monkeypatch, capsys)


def code(number: int) -> str:
    import stdnum.cn.uscc as uscc

    base = f"91320500{number:09d}"
    return base + uscc.calc_check_digit(base)


def rows(count: int, seed: int = 1) -> list[list[Any]]:
    rng = random.Random(seed)
    made = []
    for n in range(count):
        revenue, growth = round(rng.uniform(3000, 60000), 2), rng.uniform(0.9, 1.3)
        rd = [round(revenue * rng.uniform(0.02, 0.09), 2), round(revenue / growth * rng.uniform(0.02, 0.09), 2)]
        assets = round(revenue * 1.4, 2)
        head = [n + 1, f"示例{n}有限公司", code(n + 1), "C35", "是", "否", "否", 0, rng.choice("是是是否"), "否"]
        sales = [revenue, round(revenue / growth, 2), round(revenue / growth**2, 2), round(revenue * rng.uniform(0.85, 1), 2)]
        rest = [assets, round(assets * rng.uniform(0.3, 0.85), 2), int(revenue / 80) + 5, rng.randint(1, 12)]
        made.append([*head, *sales, *rd, *rest, f"{rng.randint(2, 30)}%", rng.randint(0, 9)])
    return made


def workbook(path: Path, body: list[list[Any]], head: list[list[Any]] | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "企业名单"
    for row in (HEAD if head is None else head) + body:
        sheet.append(row)
    if head is None:
        sheet.merge_cells("A1:V1")
        sheet.merge_cells("K2:M2")
        sheet.merge_cells("O2:P2")
        for cell in sheet[2]:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDEBF7")
        sheet.freeze_panes = "D4"
        sheet.auto_filter.ref = f"A3:V{3 + len(body)}"
    other = book.create_sheet("说明")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=11, min_row=4, max_row=8))
    other.add_chart(chart, "B2")
    hidden = book.create_sheet("旧数据")
    hidden.sheet_state = "hidden"
    hidden.append(["企业名称", "营业收入"])
    book.save(path)
    return path


def listed(path: Path, out: Path) -> Path:
    document, text = proposed_mapping(propose(path, PACK, last_year=2025), PACK)
    return list_workbook(
        path, document, Question("little-giant", DAY, "new", 2025, None, "zh"), PACK, out, keep_mapping=text
    ).workbook


def answers(path: Path) -> dict[int, dict[str, str]]:
    sheet = openpyxl.load_workbook(path)["企业名单"]
    titles = {cell.value: cell.column for row in sheet.iter_rows(min_row=1, max_row=3) for cell in row if cell.value}
    names = ("评估结果", "不符合的条款", "企业数值与差距", "需补充的资料", "待出具的认定意见", "存疑与未采用的数据")
    return {r: {name: sheet.cell(r, titles[name]).value or "" for name in names} for r in range(1, sheet.max_row + 1)}


# --- titles --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("营业收入", ("fact", "revenue", "", None, None)),
        ("2025年度营业收入（万元）", ("fact", "revenue", "10k CNY", 2025, None)),
        ("营业收入(元) / 2024年", ("fact", "revenue", "CNY", 2024, None)),
        ("2024年末资产总额/万元", ("fact", "assets", "10k CNY", 2024, None)),
        ("负债总额（单位：亿元）", ("fact", "liabilities", "100m CNY", None, None)),
        ("上年度研发费用总额（万元）", ("fact", "rd_expense", "10k CNY", None, 0)),
        ("前一年营业收入", ("fact", "revenue", "", None, 1)),
        ("近两年新增股权融资（万元）", ("fact", "qualified_equity_2y", "10k CNY", None, None)),
        ("３、净利润（元）", ("fact", "net_profit", "CNY", None, None)),
        ("国内市场占有率（%）", ("fact", "niche_share_national", "per cent", None, None)),
        ("统一社会信用代码", ("firm", "", "", None, None)),
        ("是否专精特新中小企业", ("title", "srdi", "", None, None)),
        ("年份", ("year", "", "", None, None)),
        ("R&D expense (m CNY)", ("fact", "rd_expense", "m CNY", None, None)),
        ("备注", ("", "", "", None, None)),
        ("营业收人", ("", "", "", None, None)),
        ("营业外收入", ("", "", "", None, None)),
        ("序号", ("", "", "", None, None)),
    ],
)
def test_a_title_is_read_or_left_alone(title: str, read: tuple[Any, ...]) -> None:
    heading = HeaderReader(PACK).read(0, title)
    assert (heading.role, heading.name, heading.unit, heading.year, heading.back) == read


def test_a_title_that_looks_like_one_is_told_and_not_read() -> None:
    assert HeaderReader(PACK).read(0, "营业收人").near == "营业收入"


# --- the same answers as the engine, the same workbook ---------------------------------------------------------------------


def test_every_row_has_the_outcome_of_the_same_facts(tmp_path: Path) -> None:
    body = rows(60)
    found = answers(listed(workbook(tmp_path / "firms.xlsx", body), tmp_path / "out"))
    document = find_standard(PACK, "little-giant", version=None, on=DAY, application="new")
    notices = find_notices(PACK, document, on=DAY, application="new")
    judge = Judge(compile_standard(document, PACK, application="new", reference_date=DAY, notices=notices))
    words = {"eligible": "符合", "ineligible": "不符合", "undetermined": "待补证"}
    from decimal import Decimal

    for number, row in enumerate(body, 4):
        money = [Decimal(str(row[n])) * 10000 for n in range(10, 18)]
        facts = {
            "independent_legal_person": True,
            "sector": "C35",
            "on_adverse_list": False,
            "product_prohibited": False,
            "adverse_incidents_3y": 0,
            "national_award_top3_3y": False,
            "revenue": money[0:3],
            "main_revenue": [money[3]],
            "rd_expense": money[4:6],
            "assets": [money[6]],
            "liabilities": [money[7]],
            "staff": [row[18]],
            "niche_years": [row[19]],
            "niche_share_national": [Decimal(row[20][:-1]) / 100],
            "class_one_rights": [row[21]],
        }
        (one,) = judge.judge([CaseFacts(row[2], facts, ["srdi"] if row[8] == "是" else [], {})])
        assert found[number]["评估结果"].startswith(words[one.outcome]), row
        assert bool(found[number]["不符合的条款"]) == (one.outcome == "ineligible")
        assert (found[number]["需补充的资料"] + found[number]["待出具的认定意见"] != "") == (one.outcome == "undetermined")


def test_nothing_else_in_the_workbook_changes_and_the_file_itself_never_does(tmp_path: Path) -> None:
    path = workbook(tmp_path / "firms.xlsx", rows(30))
    before = path.read_bytes()
    out = listed(path, tmp_path / "out")
    assert path.read_bytes() == before
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(out) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        assert changed == {"xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}
        assert len(set(new.namelist()) - set(old.namelist())) == 1
    ours, hers = openpyxl.load_workbook(out), openpyxl.load_workbook(path)
    assert ours.sheetnames == [*hers.sheetnames, "未采用与存疑"]
    assert ours["旧数据"].sheet_state == "hidden"
    sheet, original = ours["企业名单"], hers["企业名单"]
    assert [cell.value for row in original for cell in row] == [
        sheet.cell(c.row, c.column).value for row in original for c in row
    ]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.merged_cells.ranges) == (
        original.freeze_panes,
        original.auto_filter.ref,
        original.merged_cells.ranges,
    )
    assert all(sheet.cell(c.row, c.column).fill.fgColor.rgb == c.fill.fgColor.rgb for c in original[2])


def test_two_runs_give_the_same_bytes_and_a_result_can_be_listed_again(tmp_path: Path) -> None:
    path = workbook(tmp_path / "firms.xlsx", rows(12))
    first, second = listed(path, tmp_path / "a"), listed(path, tmp_path / "b")
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()
    }
    again = listed(first, tmp_path / "c")
    assert openpyxl.load_workbook(again).sheetnames[-1] == "未采用与存疑 2"
    assert second.is_file()


def test_prefixes_rows_without_numbers_and_empty_rows_are_understood(tmp_path: Path) -> None:
    import re

    path = workbook(tmp_path / "firms.xlsx", rows(5))
    odd = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(odd, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = re.sub(r"<(/?)(\w)", r"<\1x:\2", data.decode()).replace('xmlns="', 'xmlns:x="').replace("<x:?xml", "<?xml")
                text = re.sub(r'(<x:row) r="\d+"', r"\1", text).replace("</x:sheetData>", "<x:row/></x:sheetData>")
                data = text.encode()
            new.writestr(name, data)
    assert answers(listed(odd, tmp_path / "out"))[4]["评估结果"] == answers(listed(path, tmp_path / "plain"))[4]["评估结果"]


# --- doubts ----------------------------------------------------------------------------------------------------------------


def test_forty_per_cent_of_revenue_in_another_unit_decides_nothing(tmp_path: Path) -> None:
    body = rows(50)
    slipped = [number for number in range(50) if number % 5 < 2]
    clean = answers(listed(workbook(tmp_path / "clean.xlsx", body), tmp_path / "a"))
    for number in slipped:
        body[number] = [*body[number][:10], body[number][10] / 10000, *body[number][11:]]
    dirty = answers(listed(workbook(tmp_path / "dirty.xlsx", body), tmp_path / "b"))
    for number in range(50):
        row = number + 4
        if number not in slipped:
            assert dirty[row] == clean[row]
            continue
        assert "未采用" in dirty[row]["存疑与未采用的数据"]
        if clean[row]["评估结果"] != "不符合":
            assert dirty[row]["评估结果"].startswith("待补证")
        told = set(dirty[row]["不符合的条款"].split("；\n"))
        assert told <= set(clean[row]["不符合的条款"].split("；\n")) | {""}


def test_rows_with_one_code_errors_formulas_and_totals(tmp_path: Path) -> None:
    body = rows(12)
    for number in (3, 4, 5):
        body[number][2] = body[3][2]
    body[6][2] = body[6][2][:-1] + ("X" if body[6][2][-1] != "X" else "Y")
    body[7][10] = "=K4*2"
    body[8][10], body[8][13] = "１２３４５．６", 12000
    body[8][11], body[8][12] = 11000, 10000
    body.append([None, "合计", *[None] * 8, "=SUM(K4:K15)"])
    path = workbook(tmp_path / "firms.xlsx", body)
    book = openpyxl.load_workbook(path)
    book["企业名单"]["K13"].value, book["企业名单"]["K13"].data_type = "#DIV/0!", "e"
    book.save(path)
    found = answers(listed(path, tmp_path / "out"))
    for row in (7, 8, 9):
        assert found[row]["评估结果"] == "未评估"
        assert "第7, 8, 9行" in found[row]["存疑与未采用的数据"]
    assert "校验" in found[10]["存疑与未采用的数据"]
    assert found[10]["评估结果"] != "未评估"
    assert "公式没有保存计算结果" in found[11]["存疑与未采用的数据"]
    assert "营业收入" not in found[12]["存疑与未采用的数据"]
    assert "#DIV/0!" in found[13]["存疑与未采用的数据"]
    assert found[16]["评估结果"] == "未评估"
    sheet = openpyxl.load_workbook(tmp_path / "out" / "firms-评估结果.xlsx")["未采用与存疑"]
    assert {"7", "8", "9", "10", "11", "13", "16"} <= {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)}


def test_a_long_sheet_with_a_column_for_the_year(tmp_path: Path) -> None:
    head = [["企业名称", "年份", "营业收入（元）", "研发费用（元）"]]
    body = [
        ["甲公司", 2025, 90_000_000, 1_000_000],
        ["甲公司", 2024, 80_000_000, 900_000],
        ["乙公司", 2025, 90_000_000, 9_000_000],
    ]
    path = workbook(tmp_path / "long.xlsx", body, head)
    out = listed(path, tmp_path / "out")
    sheet = openpyxl.load_workbook(out)["企业名单"]
    assert [sheet.cell(r, 5).value for r in range(1, 5)] == ["评估结果", "不符合", None, sheet.cell(4, 5).value]
    assert str(sheet.cell(4, 5).value).startswith("待补证")


# --- what cannot be read ---------------------------------------------------------------------------------------------------


def refused(littlegiant: Command, path: Path, *more: object) -> str:
    answer = littlegiant("list", path, "--on", "2026-05-25", "--out", path.parent / "out", "--accept", *more)
    assert answer.code == 2, answer.err
    assert "Traceback" not in answer.err
    assert not list((path.parent / "out").glob("*")) if (path.parent / "out").exists() else True
    return answer.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a workbook with a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "a workbook of the old kind (.xls)"),
        ("企业名称,营业收入\n甲,1\n".encode(), "a file that is no workbook"),
        (b"", "a file that is no workbook"),
    ],
    ids=["password", "xls", "csv", "empty"],
)
def test_a_file_that_is_no_workbook(littlegiant: Command, tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "firms.xlsx"
    path.write_bytes(data)
    assert said in refused(littlegiant, path)
    assert path.read_bytes() == data


def test_a_workbook_without_a_list(littlegiant: Command, tmp_path: Path) -> None:
    path = workbook(tmp_path / "firms.xlsx", [["x", 1]], [["甲", "乙"]])
    assert "no header that is recognised" in refused(littlegiant, path)
    nameless = workbook(tmp_path / "nameless.xlsx", [[1, 2]], [["2025年营业收入（万元）", "2025年研发费用（万元）"]])
    assert "no column that names the firm" in refused(littlegiant, nameless)
    good = workbook(tmp_path / "good.xlsx", rows(3))
    assert "no sheet '企业名册'" in refused(littlegiant, good, "--sheet", "企业名册")


def test_a_mapping_that_no_longer_fits_names_the_nearest_title(littlegiant: Command, tmp_path: Path) -> None:
    path = workbook(tmp_path / "firms.xlsx", rows(3))
    assert littlegiant("list", path, "--on", "2026-05-25", "--out", tmp_path / "first", "--accept").code == 0
    book = openpyxl.load_workbook(path)
    book["企业名单"]["S2"] = "2025年从业人数"
    book.save(tmp_path / "next.xlsx")
    said = refused(littlegiant, tmp_path / "next.xlsx", "--mapping", tmp_path / "first" / "firms.mapping.yaml")
    assert "no column '2025年从业人员'" in said
    assert "2025年从业人数" in said


def test_guesses_are_not_taken_silently_and_the_draft_works(littlegiant: Command, tmp_path: Path) -> None:
    path = workbook(tmp_path / "firms.xlsx", [["甲公司", 90_000_000]], [["企业名称", "营业收入"]])
    answer = littlegiant("list", path, "--on", "2026-05-25", "--out", tmp_path / "out")
    assert answer.code == 2
    assert "no unit and no year in the title" in answer.err
    draft = tmp_path / "out" / "firms.mapping.yaml"
    answer = littlegiant("list", path, "--on", "2026-05-25", "--out", tmp_path / "second", "--mapping", draft)
    assert answer.code == 0, answer.err


# --- the memo --------------------------------------------------------------------------------------------------------------


def test_the_memo_has_the_numbers_of_the_run(tmp_path: Path) -> None:
    import docx

    listed(workbook(tmp_path / "firms.xlsx", rows(20)), tmp_path / "out")
    text = "\n".join(p.text for p in docx.Document(str(tmp_path / "out" / "firms-评估简报.docx")).paragraphs)
    page = (tmp_path / "out" / "firms-评估简报.html").read_text(encoding="utf-8")
    for told in ("共评估20家企业", "firms.xlsx", "2026年5月25日"):
        assert told in text
        assert told in page
    assert "display:none" not in page.partition("@media")[0]  # one language, nothing to hide


def test_a_pivot_table_beside_the_list_comes_back_untouched(tmp_path: Path) -> None:
    path, pivoted = workbook(tmp_path / "firms.xlsx", rows(6)), tmp_path / "pivoted.xlsx"
    parts = {
        "xl/pivotTables/pivotTable1.xml": b'<pivotTableDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
        "xl/pivotCache/pivotCacheDefinition1.xml": b'<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
    }
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(pivoted, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    with zipfile.ZipFile(listed(pivoted, tmp_path / "out")) as archive:
        assert {name: archive.read(name) for name in parts} == parts


def test_a_binary_workbook_and_one_with_a_type_declaration_are_refused(littlegiant: Command, tmp_path: Path) -> None:
    path = tmp_path / "firms.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
    assert "a binary workbook (.xlsb)" in refused(littlegiant, path)
    good, odd = workbook(tmp_path / "good.xlsx", rows(3)), tmp_path / "odd.xlsx"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(odd, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = b'<!DOCTYPE x [<!ENTITY a "b">]>' + data.split(b"?>", 1)[-1]
            new.writestr(name, data)
    assert "a document type declaration" in refused(littlegiant, odd)
