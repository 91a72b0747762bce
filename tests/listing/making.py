"""Workbooks as offices send them, and what comes back, read the way a person would look at it."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from littlegiant.listing import Question, list_workbook, propose, proposed_mapping
from littlegiant.packs import open_pack

PACK = open_pack("cn")
DAY = date(2026, 5, 25)
SHEET = "企业名单"
MAIN = "xl/worksheets/sheet1.xml"
COLUMNS = ("评估结果", "不符合的条款", "企业数值与差距", "需补充的资料", "待出具的认定意见", "存疑与未采用的数据")
# Three header rows: groups, titles merged downwards, years. The title of the whole sheet stands above.
GROUPS = ["基本情况", *[None] * 9, "财务指标", *[None] * 7, "创新能力", *[None] * 4]
TITLES = [
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
    "备注",
]
YEARS = [*[None] * 10, "2025年", "2024年", "2023年", "2025年", "2025年", "2024年", *[None] * 7]
FIRST = 5  # the first row of firms under them


def code(number: int) -> str:
    import stdnum.cn.uscc as uscc

    base = f"91320500{number:09d}"
    return base + uscc.calc_check_digit(base)


def firms(count: int, seed: int = 1, missing: float = 0.0) -> list[list[Any]]:
    """Rows under TITLES; `missing` is the share of empty cells among the figures."""
    rng = random.Random(seed)
    made = []
    for n in range(count):
        revenue, growth = round(rng.uniform(3000, 60000), 2), rng.uniform(0.9, 1.3)
        spent = [round(revenue / growth**n * rng.uniform(0.02, 0.09), 2) for n in (0, 1)]
        assets = round(revenue * 1.4, 2)
        figures = [
            *(round(revenue / growth**n, 2) for n in (0, 1, 2)),
            round(revenue * rng.uniform(0.85, 1), 2),
            *spent,
            assets,
            round(assets * rng.uniform(0.3, 0.85), 2),
            int(revenue / 80) + 5,
            rng.randint(1, 12),
            f"{rng.randint(2, 30)}%",
            rng.randint(0, 9),
        ]
        figures = [None if rng.random() < missing else figure for figure in figures]
        head = [n + 1, f"示例{n}有限公司", code(n + 1), "C35", "是", "否", "否", rng.choice("0001"), rng.choice("是是是否"), "否"]
        made.append([*head, *figures, None])
    return made


def office_workbook(path: Path, body: Sequence[Sequence[Any]]) -> Path:
    """A workbook as an office makes it: merged headers, colours, notes, lists to choose from, a chart, a hidden sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    for row in (["2026年度申报企业汇总表"], GROUPS, TITLES, YEARS, *body):
        sheet.append(row)
    last = FIRST + len(body) - 1
    for merged in ("A1:W1", "A2:J2", "K2:R2", "S2:W2", "K3:M3", "O3:P3"):
        sheet.merge_cells(merged)
    for column in (*range(1, 11), *range(17, 24)):
        sheet.merge_cells(start_row=3, end_row=4, start_column=column, end_column=column)
    for cell in (cell for row in sheet["A2:W4"] for cell in row):
        cell.font, cell.fill = Font(bold=True, name="宋体"), PatternFill("solid", fgColor="DDEBF7")
        cell.border, cell.alignment = Border(*[Side("thin")] * 4), Alignment(wrap_text=True, horizontal="center")
    for row in sheet.iter_rows(min_row=FIRST, max_row=last, min_col=11, max_col=18):
        for cell in row:
            cell.number_format = "#,##0.00"
    sheet.freeze_panes, sheet.auto_filter.ref = f"D{FIRST}", f"A4:W{last}"
    sheet.column_dimensions["B"].width, sheet.column_dimensions["E"].hidden = 33, True
    sheet.row_dimensions[3].height = 41
    choice = DataValidation(type="list", formula1='"是,否"', allow_blank=True)
    choice.add(f"I{FIRST}:I{last}")
    sheet.add_data_validation(choice)
    red = CellIsRule(operator="lessThan", formula=["5000"], fill=PatternFill("solid", bgColor="FFC7CE"))
    sheet.conditional_formatting.add(f"K{FIRST}:K{last}", red)
    sheet[f"B{FIRST}"].comment = Comment("已电话核实", "市局")
    sheet[f"C{FIRST}"].hyperlink = "https://example.org/firm"
    sheet.print_title_rows, sheet.page_setup.orientation = "2:4", "landscape"
    book.defined_names["收入"] = DefinedName("收入", attr_text=f"'{SHEET}'!$K${FIRST}:$K${last}")
    notes = book.create_sheet("说明")
    notes.append(["本表由各市上报"])
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=11, min_row=FIRST, max_row=last))
    notes.add_chart(chart, "C3")
    hidden = book.create_sheet("旧数据")
    hidden.sheet_state = "hidden"
    hidden.append(["企业名称", "统一社会信用代码", "营业收入（万元）"])
    book.create_sheet("极密").sheet_state = "veryHidden"
    book.save(path)
    return path


def plain_workbook(path: Path, *rows: Sequence[Any], sheet: str = SHEET, first_row: int = 1) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for number, row in enumerate(rows, first_row):
        for column, value in enumerate(row, 1):
            page.cell(number, column, value)
    book.save(path)
    return path


def rewritten(path: Path, to: Path, change: Callable[[str, bytes], bytes], **more: bytes) -> Path:
    """Copy the parts of a workbook, each as `change` returns it."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return to


def sheet_changed(path: Path, to: Path, change: Callable[[str], str]) -> Path:
    """Copy a workbook with the XML of its first sheet changed."""
    return rewritten(path, to, lambda name, data: change(data.decode()).encode() if name == MAIN else data)


def prefixed(xml: str) -> str:
    """The same XML with the prefix `x:` on every element."""
    return re.sub(r"<(/?)(\w)", r"<\1x:\2", xml).replace('xmlns="', 'xmlns:x="').replace("<x:?xml", "<?xml")


def question(language: Any = "zh", standard: str = "little-giant") -> Question:
    return Question(standard, DAY, "new", 2025, None, language)


def listed(path: Path, out: Path, language: Any = "zh") -> Path:
    """List a workbook as somebody does who accepts every guess; return the workbook that comes back."""
    document, text = proposed_mapping(propose(path, PACK, last_year=2025), PACK)
    return list_workbook(path, document, question(language), PACK, out, keep_mapping=text).workbook


def answers(path: Path, sheet: str = SHEET) -> dict[int, dict[str, str]]:
    """The added cells by row, under their titles."""
    page = openpyxl.load_workbook(path)[sheet]
    titles = {cell.value: cell.column for row in page.iter_rows(max_row=10) for cell in row if cell.value in COLUMNS}
    return {r: {name: page.cell(r, titles[name]).value or "" for name in COLUMNS} for r in range(1, page.max_row + 1)}


def set_aside(path: Path) -> list[tuple[str, ...]]:
    """The rows of the sheet that is appended, without its header."""
    book = openpyxl.load_workbook(path)
    return [tuple(cell or "" for cell in row) for row in book[book.sheetnames[-1]].iter_rows(min_row=2, values_only=True)]
