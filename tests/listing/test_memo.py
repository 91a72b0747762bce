"""The memo to hand on: the numbers of the run in words and tables, in the office's format and as a page, the same each time."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from listing.making import FIRST, SHEET, answers, firms, listed, office_workbook, set_aside
from pages.reading import Node, harmless, read


class Memo:
    """Both memos of a run, taken apart, and the workbook beside them."""

    def __init__(self, folder: Path, workbook: Path, stem: str) -> None:
        self.folder, self.workbook = folder, workbook
        self.docx, self.html = folder / f"{stem}.docx", folder / f"{stem}.html"
        self.document: Any = docx.Document(str(self.docx))
        self.page: Node = read(self.html.read_text(encoding="utf-8"))

    def paragraphs(self) -> list[str]:
        return [paragraph.text for paragraph in self.document.paragraphs]

    def tables(self) -> list[list[list[str]]]:
        return [[[cell.text for cell in row.cells] for row in table.rows] for table in self.document.tables]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    body = firms(30, seed=3)
    for row in body[::3]:  # a third fails nothing that is known
        row[7], row[8], row[10:18], row[18:22] = 0, "是", [9000, 8000, 7000, 8900, 800, 700, 9000, 3000], [110, 9, "30%", 9]
    body[2][10] /= 10_000
    body[4][13] = body[4][10] * 3
    return office_workbook(tmp_path_factory.mktemp("memo") / "市局<3>&'月.xlsx", body)


@pytest.fixture(scope="module")
def zh(path: Path) -> Memo:
    out = path.parent / "zh"
    return Memo(out, listed(path, out), "市局<3>&'月-评估简报")


@pytest.fixture(scope="module")
def en(path: Path) -> Memo:
    out = path.parent / "en"
    return Memo(out, listed(path, out, language="en"), "市局<3>&'月-memo")


def test_the_memo_has_the_numbers_of_the_workbook(zh: Memo) -> None:
    results = Counter(
        cells["评估结果"][:3] for cells in answers(zh.workbook).values() if cells["评估结果"] not in ("", "评估结果")
    )
    assert set(results) == {"不符合", "待补证"}
    outcomes, binding, worklist, remarks = zh.tables()
    counts = {row[0]: int(row[1]) for row in outcomes[1:]}
    assert sum(counts.values()) == sum(results.values()) == 30
    assert counts["不符合"] == results["不符合"]
    assert counts["待补证（资料不全）"] + counts["可计算条件均满足、待出具意见"] == results["待补证"]
    assert sum(int(row[1]) for row in remarks[1:]) == len(set_aside(zh.workbook))
    assert {row[0] for row in remarks[1:]} == {row[4] for row in set_aside(zh.workbook)}
    failing = Counter(clause for cells in answers(zh.workbook).values() for clause in cells["不符合的条款"].split("；\n"))
    told = {row[0]: int(row[2]) for row in binding[1:] if row[0] in failing}
    assert told == {clause: failing[clause] for clause in told}
    assert len(told) >= 4
    assert len(worklist) > 1


def test_the_memo_says_what_was_judged_by_which_law_and_of_which_file(zh: Memo, en: Memo) -> None:
    title, lead, *rest = zh.paragraphs()
    assert title == "专精特新“小巨人”企业认定标准（2026）"
    for told in ("工信部企业〔2026〕2号", "新申报", "2026年5月25日", "2025年", "市局<3>&'月.xlsx", "企业名单"):
        assert told in lead
    assert "软件不作认定决定" in "".join(rest)
    title, lead, *rest = en.paragraphs()
    assert title == "Recognition standard of little giants (2026)"
    for told in ("new application", "25 May 2026", "市局<3>&'月.xlsx", "企业名单"):
        assert told in lead
    assert "30 firms were judged" in "".join(rest)


def test_both_languages_have_the_same_numbers(zh: Memo, en: Memo) -> None:
    def numbers(memo: Memo) -> list[list[list[str]]]:
        return [[[cell for cell in row if re.fullmatch(r"[\d,]+( %)?", cell)] for row in table] for table in memo.tables()]

    chinese, english = numbers(zh), numbers(en)
    assert [sorted(table) for table in chinese] == [sorted(table) for table in english]
    said = " ".join(cell for table in en.tables() for row in table for cell in row)
    assert not re.search(r"[一-鿿]", re.sub(r"\[[^]]*\]", "", said))  # only numbers of clauses stay as they are


def test_the_workbook_speaks_english_too(zh: Memo, en: Memo) -> None:
    book, chinese = openpyxl.load_workbook(en.workbook), answers(zh.workbook)
    assert (en.workbook.name, book.sheetnames[-1]) == ("市局<3>&'月-judged.xlsx", "Set aside or doubted")
    titles = [cell.value for cell in book[SHEET][FIRST - 1]][-6:]
    assert titles == ["result", "conditions not met", "figure and distance", "what to ask for", "open findings", "doubts"]
    first = len(book[SHEET][FIRST - 1]) - 5
    for row in range(FIRST, FIRST + 30):
        cells = [book[SHEET].cell(row, first + n).value for n in range(6)]
        assert [bool(cell) for cell in cells] == [bool(cell) for cell in chinese[row].values()]
        assert not re.search(r"[一-鿿]", re.sub(r"\[[^]]*\]", "", " ".join(filter(None, cells))))


def test_the_document_and_the_page_say_the_same(zh: Memo, en: Memo) -> None:
    for memo in (zh, en):
        harmless(memo.page)
        on_page = [[cell.text() for cell in row.all("td", "th")] for row in memo.page.all("tr")]
        assert on_page == [row for table in memo.tables() for row in table]
        headings = [p.text for p in memo.document.paragraphs if p.style.name.startswith("Heading")]
        assert [node.text() for node in memo.page.all("h2")] == headings
        assert [node.text() for node in memo.page.all("h1")] == memo.paragraphs()[:1]


def test_the_document_can_be_edited_and_handed_on(zh: Memo, tmp_path: Path) -> None:
    assert len(zh.document.inline_shapes) == 1
    section = zh.document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    properties = zh.document.core_properties
    assert (properties.title, properties.author, properties.comments) == (zh.paragraphs()[0], "littlegiant", "")
    zh.document.add_paragraph("拟同意。")
    zh.document.save(str(tmp_path / "edited.docx"))
    assert docx.Document(str(tmp_path / "edited.docx")).paragraphs[-1].text == "拟同意。"


def test_one_language_and_nothing_hidden(zh: Memo, en: Memo) -> None:
    for memo, language in ((zh, "zh"), (en, "en")):
        assert [node.attributes["class"] for node in memo.page.all("main")] == [language]
        assert list(memo.page.all("input")) == []


@pytest.mark.slow
def test_the_same_workbook_gives_the_same_memo(zh: Memo, path: Path, tmp_path: Path) -> None:
    listed(path, tmp_path / "again")
    for file in (zh.docx, zh.html):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
