"""The workbook that comes back is hers: only cells behind her last column and one sheet at the end are new."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from openpyxl.styles import Border, Side

from listing.conftest import Run
from listing.making import (
    COLUMNS,
    FIRST,
    MAIN,
    SHEET,
    answers,
    firms,
    listed,
    office_workbook,
    plain_workbook,
    prefixed,
    rewritten,
    set_aside,
    sheet_changed,
)
from littlegiant.problems import LittleGiantError

CHANGED = {MAIN, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_other_part_is_the_same_byte_for_byte(run: Run) -> None:
    assert run.workbook.read_bytes() == run.before
    old, new = parts(run.workbook), parts(run.listed)
    assert {name for name in old if old[name] != new.get(name)} == CHANGED
    assert len(new) == len(old) + 1
    with zipfile.ZipFile(run.workbook) as before, zipfile.ZipFile(run.listed) as after:
        assert after.namelist()[: len(old)] == before.namelist()


def test_her_sheets_their_order_and_what_hangs_on_them(run: Run) -> None:
    hers, ours = openpyxl.load_workbook(run.workbook), openpyxl.load_workbook(run.listed)
    assert ours.sheetnames == [*hers.sheetnames, "未采用与存疑"]
    assert [page.sheet_state for page in ours][:-1] == [page.sheet_state for page in hers]
    assert {name: each.attr_text for name, each in ours.defined_names.items()} == {
        name: each.attr_text for name, each in hers.defined_names.items()
    }
    assert len(ours["说明"]._charts) == 1
    old, new = hers[SHEET], ours[SHEET]
    assert new.freeze_panes == old.freeze_panes
    assert new.auto_filter.ref == old.auto_filter.ref
    assert sorted(map(str, new.merged_cells.ranges)) == sorted(map(str, old.merged_cells.ranges))
    assert [(str(v.sqref), v.formula1) for v in new.data_validations.dataValidation] == [
        (str(v.sqref), v.formula1) for v in old.data_validations.dataValidation
    ]
    assert [str(each.sqref) for each in new.conditional_formatting] == [str(each.sqref) for each in old.conditional_formatting]
    assert new.print_title_rows == old.print_title_rows
    assert new.page_setup.orientation == "landscape"
    assert new.row_dimensions[3].height == 41
    for name, width in old.column_dimensions.items():
        assert (new.column_dimensions[name].width, new.column_dimensions[name].hidden) == (width.width, width.hidden)


def test_her_cells_keep_value_format_note_and_link(run: Run) -> None:
    old, new = openpyxl.load_workbook(run.workbook)[SHEET], openpyxl.load_workbook(run.listed)[SHEET]
    for cell in (cell for row in old for cell in row):
        again = new.cell(cell.row, cell.column)
        assert again.value == cell.value
        assert (again.data_type, again.number_format, again.style_id) == (cell.data_type, cell.number_format, cell.style_id)
    assert new[f"B{FIRST}"].comment.text == old[f"B{FIRST}"].comment.text
    assert new[f"C{FIRST}"].hyperlink.target == "https://example.org/firm"


def test_the_new_columns_stand_behind_hers_under_a_header_like_hers(run: Run) -> None:
    old, new = openpyxl.load_workbook(run.workbook)[SHEET], openpyxl.load_workbook(run.listed)[SHEET]
    first = old.max_column + 1
    titles = [new.cell(FIRST - 1, first + n) for n in range(len(COLUMNS))]
    assert [cell.value for cell in titles] == list(COLUMNS)
    assert all(cell.font.b and cell.fill.fgColor.rgb == "00DDEBF7" for cell in titles)
    assert all(new.cell(row, first).value for row in range(FIRST, old.max_row + 1))
    assert new.max_row == old.max_row


def test_another_reader_opens_it_and_sees_the_same(run: Run) -> None:
    hers, ours = (python_calamine.load_workbook(str(path)) for path in (run.workbook, run.listed))
    old, new = (book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False) for book in (hers, ours))
    assert [row[: len(old[0])] for row in new] == old
    added = [row[-len(COLUMNS) :] for row in new]
    assert added[FIRST - 2] == list(COLUMNS)
    assert {str(row[0]).partition("：")[0] for row in added[FIRST - 1 :]} <= {"不符合", "待补证", "符合"}
    assert ours.get_sheet_by_name("未采用与存疑").to_python()[0] == ["行号", "企业", "项目", "原值", "原因"]


def test_two_runs_give_the_same_bytes_and_a_result_can_be_listed_again(run: Run, tmp_path: Path) -> None:
    listed(run.workbook, tmp_path / "again")
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == {
        path.name: path.read_bytes() for path in run.out.iterdir()
    }
    twice = listed(run.listed, tmp_path / "twice")
    book = openpyxl.load_workbook(twice)
    assert book.sheetnames[-2:] == ["未采用与存疑", "未采用与存疑 2"]
    assert [cell.value for cell in book[SHEET][FIRST - 1]][-12:] == list(COLUMNS) * 2
    rows = list(book[SHEET].iter_rows(min_row=FIRST, values_only=True))
    assert [row[-6:] for row in rows] == [row[-12:-6] for row in rows]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("small")
    path = office_workbook(folder / "firms.xlsx", firms(4))
    return path, answers(listed(path, folder / "out"))


def test_xml_of_other_programs(small: tuple[Path, dict[int, dict[str, str]]], tmp_path: Path) -> None:
    """Prefixes on every element, rows and cells without numbers, empty rows, spans."""

    def change(xml: str) -> str:
        xml = re.sub(r'(<row) r="\d+"', r"\1", xml)
        xml = re.sub(r'(<c) r="[A-Z]+\d+"', r"\1", xml)
        xml = xml.replace("</sheetData>", '<row/><row></row><row r="90" spans="1:3"/></sheetData>')
        return prefixed(xml)

    def odd(name: str, data: bytes) -> bytes:
        if name == MAIN:
            return change(data.decode()).encode()
        return prefixed(data.decode()).encode() if name == "xl/workbook.xml" else data

    path, expected = small
    # Without numbers a cell stands next to the one before: openpyxl leaves no cell of a row out.
    out = listed(rewritten(path, tmp_path / "odd.xlsx", odd), tmp_path / "out")
    found = answers(out)
    assert {row: cells for row, cells in found.items() if any(cells.values())} == {
        row: cells for row, cells in expected.items() if any(cells.values())
    }
    assert openpyxl.load_workbook(out).sheetnames[-1] == "未采用与存疑"


def test_a_row_that_is_an_empty_element_and_columns_without_widths(tmp_path: Path) -> None:
    """The row of a firm is never empty, but one between may be; a sheet need not say how wide its columns are."""
    path = plain_workbook(tmp_path / "a.xlsx", ["企业名称", "2025年营业收入（万元）"], ["甲", 4000], [], ["乙", 9000])
    odd = sheet_changed(path, tmp_path / "odd.xlsx", lambda xml: xml.replace('<row r="4"', '<row r="3"/><row r="4"'))
    found = answers(listed(odd, tmp_path / "out"))
    assert (found[2]["评估结果"], found[3]["评估结果"], found[4]["评估结果"][:3]) == ("不符合", "", "待补证")
    assert openpyxl.load_workbook(tmp_path / "out" / "odd-评估结果.xlsx")[SHEET].column_dimensions["C"].width == 24


def references(path: Path) -> list[list[str]]:
    """The cells of each row in the order of the file."""
    rows = re.findall(r"<row[ >].*?</row>", parts(path)[MAIN].decode(), re.DOTALL)
    return [re.findall(r'<c r="([A-Z]+)\d+"', row) for row in rows]


def test_cells_that_only_have_a_border_are_not_written_over(run: Run, tmp_path: Path) -> None:
    """A spreadsheet refuses a file with two cells in one place, or with cells that do not stand in order."""
    path = plain_workbook(tmp_path / "a.xlsx", ["企业名称", "2025年营业收入（万元）"], ["甲", 4000], ["乙", 9000], first_row=2)
    book = openpyxl.load_workbook(path)
    for cell in (cell for row in book.active["A1:H4"] for cell in row):
        cell.border = Border(*[Side("thin")] * 4)
    book.active.merge_cells("A1:AF1")
    book.active.merge_cells("I2:J2")
    book.save(path)
    out = listed(path, tmp_path / "out")
    for row in (*references(out), *references(run.listed)):
        assert row == sorted(set(row), key=lambda letters: (len(letters), letters))
    page = openpyxl.load_workbook(out)[SHEET]
    assert [cell.value for cell in page[2]][10:16] == list(COLUMNS)
    assert page["H3"].border.left.style == "thin"


def test_a_sheet_without_room_says_so(tmp_path: Path) -> None:
    path = plain_workbook(tmp_path / "a.xlsx", ["企业名称", "2025年营业收入（万元）"], ["甲", 4000])
    book = openpyxl.load_workbook(path)
    book.active["XFA2"].border = Border(*[Side("thin")] * 4)
    book.save(path)
    with pytest.raises(LittleGiantError, match=r"a\.xlsx: found cells up to column XFA, expected room for 6 columns"):
        listed(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_pivot_table_and_macros_beside_the_list_come_back_untouched(tmp_path: Path) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    related = f'<Relationship Id="rId1" Type="{office}/pivotTable" Target="../pivotTables/pivotTable1.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    extra = {
        "xl/pivotTables/pivotTable1.xml": f'<pivotTableDefinition xmlns="{main}" name="透视表1" cacheId="1"/>'.encode(),
        "xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition xmlns="{main}"/>'.encode(),
        "xl/pivotCache/pivotCacheRecords1.xml": f'<pivotCacheRecords xmlns="{main}" count="0"/>'.encode(),
        "xl/worksheets/_rels/sheet3.xml.rels": f'<Relationships xmlns="{package}">{related}</Relationships>'.encode(),
        "xl/vbaProject.bin": bytes(range(256)) * 40,
        "customXml/item1.xml": b"<a/>",
    }
    path = office_workbook(tmp_path / "plain.xlsx", firms(3))
    pivoted = rewritten(path, tmp_path / "firms.xlsm", lambda name, data: data)
    with zipfile.ZipFile(pivoted, "a") as archive:
        for name, data in extra.items():
            archive.writestr(name, data)
    before = pivoted.read_bytes()
    out = listed(pivoted, tmp_path / "out")
    assert out.suffix == ".xlsm"
    assert pivoted.read_bytes() == before
    new = parts(out)
    assert {name: new[name] for name in extra} == extra


def test_signs_that_xml_and_spreadsheets_take_for_something_else_stay_text(tmp_path: Path) -> None:
    """Names and file names with signs of XML, and texts that begin like a formula, come back as text."""
    rows = [["=甲&<乙>公司\"'", code] for code in (4000, "四千")] + [["+丙", 9000], ["丁\t_x0041_", 9000], ["戊", 9000]]
    path = plain_workbook(tmp_path / "甲&乙 'x'.xlsx", ["企业名称", "2025年营业收入（万元）"], *rows, sheet="名单<1>&'")
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        row[0].data_type = "s"
    book.save(path)
    out = listed(path, tmp_path / "out")
    told = set_aside(out)
    assert told[0][1] == "=甲&<乙>公司\"'"
    page = openpyxl.load_workbook(out)[openpyxl.load_workbook(out).sheetnames[-1]]
    assert {cell.data_type for row in page for cell in row if cell.value} <= {"s", "inlineStr"}
