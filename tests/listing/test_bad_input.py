"""Files that cannot be read, each one sentence and nothing written; and cells that cannot be used, each told in its row."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from listing.making import (
    FIRST,
    SHEET,
    answers,
    code,
    firms,
    listed,
    office_workbook,
    plain_workbook,
    rewritten,
    set_aside,
    sheet_changed,
)
from register.making import Command

HEAD = ["企业名称", "统一社会信用代码", "成立日期", "2025年营业收入（万元）", "2025年从业人员"]
GOOD = [[f"示例{n}", code(100 + n), "2012-03-04", 9000 + n, 100 + n] for n in range(30)]


def ole(stream: str) -> bytes:
    """A compound file with one stream of this name, as Excel makes for old workbooks and for those with a password."""

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        written = name.encode("utf-16-le")
        head = written.ljust(64, b"\0") + struct.pack("<HBBIII", len(written) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return head + b"\0" * 36 + struct.pack("<IQ", start, size)

    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (108 * 4)
    fat = struct.pack("<4I", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE, 0xFFFFFFFE).ljust(512, b"\xff")
    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(stream, 2, 0xFFFFFFFF, 2, 512)
    return header + fat + directory.ljust(512, b"\0") + b"\x11" * 512


def refused(littlegiant: Command, path: Path, *more: object, code: int = 2) -> str:
    """What is said when nothing can be done: one problem in a sentence or two, nothing written, the file as it was."""
    before, out = path.read_bytes() if path.is_file() else None, path.parent / "out"
    answer = littlegiant("list", path, "--on", "2026-05-25", "--out", out, "--accept", *more)
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.strip().splitlines()) <= 3, answer.err
    assert not out.exists()
    assert (path.read_bytes() if path.is_file() else None) == before
    return answer.err


def asked(cells: dict[str, str]) -> list[str]:
    return cells["需补充的资料"].split("；\n")


# --- files that are no workbook ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("firms.xlsx", ole("EncryptedPackage"), "a workbook with a password"),
        ("firms.xlsx", ole("Workbook"), "a workbook of the old kind (.xls)"),
        ("firms.xls", ole("Workbook"), "a workbook of the old kind (.xls)"),
        ("firms.xlsx", "企业名称,2025年营业收入（万元）\n甲,1\n".encode("gb18030"), "a file that is no workbook"),
        ("firms.xls", "<html><table><tr><td>企业名称</td></tr></table></html>".encode(), "a file that is no workbook"),
        ("firms.xlsx", b"", "a file that is no workbook"),
        ("firms.xlsx", b"PK\x03\x04torn", "a file that is no workbook"),
    ],
    ids=["password", "xls as xlsx", "xls", "csv", "html", "nothing", "torn"],
)
def test_a_file_that_is_no_workbook(littlegiant: Command, tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert f"{name}: found {said}" in refused(littlegiant, path)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("xl/workbook.bin", "a binary workbook (.xlsb)"),
        ("word/document.xml", "a file that is no workbook"),
        ("content.xml", "a file that is no workbook"),
    ],
)
def test_an_archive_of_another_kind(littlegiant: Command, tmp_path: Path, part: str, said: str) -> None:
    path = tmp_path / "firms.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, b"")
    assert said in refused(littlegiant, path)


def test_no_file_and_a_folder(littlegiant: Command, tmp_path: Path) -> None:
    assert "no such file" in refused(littlegiant, tmp_path / "firms.xlsx")
    (tmp_path / "folder.xlsx").mkdir()
    assert "no such file" in refused(littlegiant, tmp_path / "folder.xlsx")


def hidden(xml: bytes) -> bytes:
    return xml.replace(b'state="visible"', b'state="hidden"')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, data: hidden(data) if name == "xl/workbook.xml" else data, "no sheet that is shown"),
        (lambda name, data: data[: len(data) // 2] if name.endswith("sheet1.xml") else data, "cannot be read"),
        (lambda name, data: data[:90] if name == "xl/workbook.xml" else data, "cannot be read"),
        (lambda name, data: b"" if name == "xl/_rels/workbook.xml.rels" else data, "cannot be read"),
        (
            lambda name, data: b'<!DOCTYPE x [<!ENTITY a "b">]>' + data.split(b"?>", 1)[-1] if "sheet1" in name else data,
            "a document type declaration",
        ),
        (
            lambda name, data: b'<!DOCTYPE x [<!ENTITY a "b">]>' + data if name == "xl/workbook.xml" else data,
            "a document type declaration",
        ),
    ],
    ids=["hidden", "torn sheet", "torn book", "no relations", "declared sheet", "declared book"],
)
def test_a_workbook_that_is_damaged_or_shows_nothing(
    littlegiant: Command, tmp_path: Path, change: Callable[[str, bytes], bytes], said: str
) -> None:
    good = plain_workbook(tmp_path / "good.xlsx", HEAD, *GOOD[:3])
    assert said in refused(littlegiant, rewritten(good, tmp_path / "firms.xlsx", change))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no header that is recognised (row 1 of 企业名单: empty)"),
        ([["甲", "乙"], ["丙", "丁"]], "row 1 of 企业名单: 甲, 乙"),
        ([["企业名称", "备注"], ["甲", "x"]], "no header that is recognised"),
        ([["2025年营业收入（万元）", "2025年研发费用（万元）"], [1, 2]], "no column that names the firm"),
        ([["企业名称", "2025年营业收入（万元）"]], "a header and no rows"),
    ],
    ids=["empty", "other titles", "one title", "nobody named", "nobody in it"],
)
def test_a_sheet_without_a_list(littlegiant: Command, tmp_path: Path, rows: list[list[Any]], said: str) -> None:
    assert said in refused(littlegiant, plain_workbook(tmp_path / "firms.xlsx", *rows))


def test_a_sheet_that_is_not_there_is_told_with_the_nearest(littlegiant: Command, tmp_path: Path) -> None:
    path = plain_workbook(tmp_path / "firms.xlsx", HEAD, *GOOD[:3])
    said = refused(littlegiant, path, "--sheet", "企业名册")
    assert "no sheet '企业名册'" in said
    assert "Did you mean '企业名单'?" in said
    assert "It has: 企业名单." in refused(littlegiant, path, "--sheet", "Sheet1")


def test_a_column_that_is_something_else_stops_the_run(littlegiant: Command, tmp_path: Path) -> None:
    path = plain_workbook(tmp_path / "firms.xlsx", HEAD, *[[*row[:3], "见附件", 5] for row in GOOD])
    assert "column 2025年营业收入（万元）: found 30 of 30 values that do not fit revenue" in refused(littlegiant, path)


def test_other_options_that_cannot_be(littlegiant: Command, tmp_path: Path) -> None:
    path = plain_workbook(tmp_path / "firms.xlsx", HEAD, *GOOD[:3])
    assert "Did you mean 'little-giant'?" in refused(littlegiant, path, "--standard", "littel-giant")
    assert "--language" in refused(littlegiant, path, "--language", "fr")
    (tmp_path / "taken").write_text("x")
    assert littlegiant("list", path, "--on", "2026-05-25", "--out", tmp_path / "taken", "--accept").code == 3
    assert (tmp_path / "taken").read_text() == "x"
    assert "--on" in refused(littlegiant, path, "--on", "Monday")


def test_the_folder_of_the_workbook_itself_and_its_copy_there(littlegiant: Command, tmp_path: Path) -> None:
    """The copy has a name of its own, so her folder will do; what an earlier run left there is replaced, hers never."""
    path = plain_workbook(tmp_path / "firms.xlsx", HEAD, *GOOD[:3])
    before = path.read_bytes()
    (tmp_path / "firms-评估结果.xlsx").write_bytes(b"of last month")
    done = littlegiant("list", path, "--on", "2026-05-25", "--out", tmp_path, "--accept")
    assert done.code == 0, done.err
    assert answers(tmp_path / "firms-评估结果.xlsx")[2]["评估结果"].startswith("待补证")
    names = ["firms-评估简报.docx", "firms-评估简报.html", "firms-评估结果.xlsx", "firms.mapping.yaml", "firms.xlsx"]
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(names)
    assert path.read_bytes() == before


# --- cells that cannot be used ----------------------------------------------------------------------------------------------


def test_dates_and_digits_as_people_write_them(tmp_path: Path) -> None:
    meant = [
        (datetime(2015, 6, 30), None),
        ("2015年6月30日", None),
        ("2015.6.30", None),
        ("2015/6/30", None),
        ("２０１５－０６－３０", None),
        (20150630, None),
        (date(1900, 1, 1), "1900-01-01"),
        (0, "0"),
        ("2015年6月", "2015年6月"),
        ("不详", "不详"),
    ]
    rows = [[f"企业{n}", code(n + 1), given, 9000, 100] for n, (given, _) in enumerate(meant)]
    figures = [
        ("１２３４５．６", None),
        ("9,000.00", None),
        ("９０００", None),
        ("9000万元", "9000万元"),
        ("约9000", "约9000"),
        ("－", None),
    ]
    rows += [[f"数{n}", code(n + 50), "2012-03-04", given, 100] for n, (given, _) in enumerate(figures)]
    out = listed(plain_workbook(tmp_path / "a.xlsx", HEAD, *rows, *GOOD), tmp_path / "out")
    found = answers(out)
    for row, (_, told) in enumerate([*meant, *figures], 2):
        column = "成立日期" if row < 2 + len(meant) else "2025年营业收入（万元）"
        doubts = found[row]["存疑与未采用的数据"]
        assert (f"{column} {told}" in doubts) if told else doubts == "", (row, doubts)
    assert {row[3] for row in set_aside(out)} == {told for _, told in [*meant, *figures] if told}
    # A figure that is read counts, one that is not read is asked for.
    assert "营业收入总额" not in asked(found[12])
    assert any(each.startswith("营业收入总额") for each in asked(found[15]))


def test_rows_that_are_no_firm_or_not_one_firm(tmp_path: Path) -> None:
    wrong = code(8)[:-1] + ("X" if code(8)[-1] != "X" else "Y")
    rows = [
        *GOOD[:3],
        *[[f"同码{n}", code(7), None, 9000, 100] for n in range(3)],
        ["错码", wrong, None, 9000, 100],
        ["无码", None, None, 9000, 100],
        ["短码", code(9)[:-1], None, 9000, 100],
        ["合计", None, None, 90000, 900],
        ["合 计", code(11), None, 90000, 900],
        ["小计：", "小计", None, 90000, 900],
        ["合计（8家）", "—", None, 90000, 900],
        ["合计科技有限公司", code(10), None, 9000, 100],
        [None, None, None, "填表人：张三"],
    ]
    out = listed(plain_workbook(tmp_path / "a.xlsx", HEAD, *rows), tmp_path / "out")
    found = answers(out)
    judged = [row for row in range(2, 2 + len(rows)) if found[row]["评估结果"] != "未评估"]
    assert judged == [2, 3, 4, 8, 10, 15]
    for row in (5, 6, 7):
        assert found[row]["存疑与未采用的数据"] == "多行使用同一企业代码，均未评估：第5, 6, 7行"
    assert "校验未通过" in found[8]["存疑与未采用的数据"]
    assert "没有企业代码" in found[9]["存疑与未采用的数据"]
    assert "校验未通过" in found[10]["存疑与未采用的数据"]
    for row in (11, 12, 13, 14):
        assert "合计行" in found[row]["存疑与未采用的数据"], row
    assert [row[0] for row in set_aside(out)] == ["5", "6", "7", "9", "11", "12", "13", "14", "16", "8", "10"]


def test_rows_of_a_long_sheet_that_have_no_year_or_twice_the_same(tmp_path: Path) -> None:
    head = ["统一社会信用代码", "年份", "营业收入（万元）"]
    rows = [
        [code(1), 2025, 9000],
        [code(1), 2024, 8000],
        ["\u3000" + code(2) + "\u00a0", 2025, 4000],  # blanks of other widths around a number
        [code(3), "去年", 9000],
        [code(4), None, 9000],
        [code(5), 2025, 9000],
        [code(5), 2025, 9001],
        [code(6), 2025, 4000],
        [code(6), 2024, "无法提供"],
    ]
    out = listed(plain_workbook(tmp_path / "a.xlsx", head, *rows), tmp_path / "out")
    found = answers(out)
    results = [found[row]["评估结果"][:3] for row in range(2, 11)]
    assert results == ["待补证", "", "不符合", "未评估", "未评估", "未评估", "未评估", "不符合", ""]
    for row, why in ((5, "没有可识别的年份"), (6, "没有可识别的年份"), (7, "第7, 8行"), (8, "第7, 8行")):
        assert why in found[row]["存疑与未采用的数据"]
    assert [row[:2] for row in set_aside(out)] == [(str(n), code(f)) for n, f in ((5, 3), (6, 4), (7, 5), (8, 5), (10, 6))]


def test_error_cells_and_formulas(tmp_path: Path) -> None:
    """A formula with a stored result is its result; one without, and an error, are not known and told by their cell."""
    rows = [[*row] for row in GOOD[:6]]
    rows[2][3] = "=D2*2"
    path = plain_workbook(tmp_path / "plain.xlsx", HEAD, *rows)
    book = openpyxl.load_workbook(path)
    for place, error in (("D3", "#DIV/0!"), ("E5", "#REF!"), ("B6", "#N/A")):
        book.active[place].value, book.active[place].data_type = error, "e"
    book.save(path)

    def stored(xml: str) -> str:
        formula = '<c r="D7"><f>D2/2</f><v>3000</v></c>'
        return re.sub(r'<c r="D7"[^>]*><v>9005</v></c>', formula, xml)

    out = listed(sheet_changed(path, tmp_path / "a.xlsx", stored), tmp_path / "out")
    found = answers(out)
    assert "D #DIV/0!" in found[3]["存疑与未采用的数据"]
    assert "营业收入总额" in found[3]["需补充的资料"]
    assert "公式没有保存计算结果" in found[4]["存疑与未采用的数据"]
    assert "营业收入总额" in found[4]["需补充的资料"]
    assert "E #REF!" in found[5]["存疑与未采用的数据"]
    assert found[6]["评估结果"] == "未评估"
    assert "B #N/A" in found[6]["存疑与未采用的数据"]
    assert found[7]["评估结果"] == "不符合"  # 3,000 of 5,000
    assert found[7]["存疑与未采用的数据"] == ""
    with zipfile.ZipFile(out) as archive:
        assert b"<f>D2/2</f><v>3000</v>" in archive.read("xl/worksheets/sheet1.xml")


def test_forty_per_cent_of_revenue_in_another_unit_decides_nothing(tmp_path: Path) -> None:
    """In two of five rows sales stand in 100 million: of one year, of two, of all; what they would decide stays open."""
    body = firms(50, seed=6)
    clean = answers(listed(office_workbook(tmp_path / "clean.xlsx", body), tmp_path / "a"))
    slips = {0: (10,), 1: (10, 11, 12), 2: (10, 11), 3: (11,)}
    slipped = {}
    for number in (n for n in range(50) if n % 5 < 2):
        columns = slipped[number] = slips[number // 5 % 4]
        for column in columns:
            body[number][column] = round(body[number][column] / 10_000, 8)
    out = listed(office_workbook(tmp_path / "dirty.xlsx", body), tmp_path / "b")
    dirty, sheet = answers(out), set_aside(out)
    for number in range(50):
        row = number + FIRST
        if number not in slipped:
            assert dirty[row] == clean[row]
            continue
        assert any(told[0] == str(row) and "营业收入" in told[2] and "单位" in told[4] for told in sheet), row
        told = set(filter(None, dirty[row]["不符合的条款"].split("；\n")))
        assert told <= set(clean[row]["不符合的条款"].split("；\n")), row  # nothing new fails on such a figure
        if 10 in slipped[number]:
            resting = ("营业收入达", "主营业务收入占", "复合增长率")
            assert not any(words in clause for clause in told for words in resting), row
        if not told:
            assert dirty[row]["评估结果"].startswith("待补证")
    assert len(slipped) == 20


def test_a_part_above_its_whole_decides_nothing_and_a_missing_figure_is_no_zero(tmp_path: Path) -> None:
    body = [row for row in firms(40, seed=6) if row[10] > 6000][:4]
    body[1][13] = body[1][10] * 2
    body[2][7:9], body[2][10:18] = [0, "是"], [8000, 7000, 6000, 7900, 700, 700, 9000, 3000]
    body[2][18:22] = [150, 6, "20%", None]
    found = answers(listed(office_workbook(tmp_path / "a.xlsx", body), tmp_path / "out"))
    assert "部分大于整体" in found[FIRST + 1]["存疑与未采用的数据"]
    assert "主营业务收入占" not in found[FIRST + 1]["不符合的条款"]
    assert "部分大于整体" not in found[FIRST]["存疑与未采用的数据"]
    assert found[FIRST + 2]["评估结果"].startswith("待补证")
    assert any("Ⅰ类知识产权数量" in each for each in asked(found[FIRST + 2]))


def test_what_firms_share_is_told_and_changes_nothing(tmp_path: Path) -> None:
    head = [*HEAD, "联系电话"]
    rows = [[*row, f"0512-{n}"] for n, row in enumerate(GOOD[:4])]
    rows[1][5] = rows[0][5]
    rows[3][0] = rows[2][0] + "（苏州）"
    found = answers(listed(plain_workbook(tmp_path / "a.xlsx", head, *rows), tmp_path / "out"))
    for row, shared in ((2, "联系电话 0512-0"), (3, "联系电话 0512-0"), (4, "名称相同"), (5, "名称相同")):
        assert shared in found[row]["存疑与未采用的数据"]
        assert "不作判断" in found[row]["存疑与未采用的数据"]
    assert len({found[row]["评估结果"] for row in (2, 3, 4, 5)}) == 1


def test_a_sheet_that_sums_the_list_up_is_not_taken_for_it(tmp_path: Path) -> None:
    """Beside the list a pivot table and a sheet of notes; the list is the sheet with firms and figures in its titles."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    pivot = book.active
    pivot.title = "透视表"
    for row in (["行标签", "求和项:2025年营业收入（万元）", "计数项:企业名称"], ["江苏", 27000, 3], ["总计", 27000, 3]):
        pivot.append(row)
    page = book.create_sheet(SHEET)
    for row in (HEAD, *GOOD[:3]):
        page.append(row)
    book.save(path)
    out = listed(path, tmp_path / "out")
    assert [answers(out)[row]["评估结果"][:3] for row in (2, 3, 4)] == ["待补证"] * 3
    assert [cell.value for cell in openpyxl.load_workbook(out)["透视表"]["A"]] == ["行标签", "江苏", "总计"]
