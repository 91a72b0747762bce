"""One table, many files: whatever it is written in, the register is the same, to the digest."""

import csv
import gzip
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from littlegiant.register import import_register, open_register, read_mapping
from littlegiant.register.checking import check_register

from .making import PACK, Imported, bring_in, bring_in_text, clean, lines, source, write_mapping

COLUMNS = ("代码", "年度", "名称", "营业收入", "从业人员", "占有率", "行业", "单项冠军", "成立日期")
ROWS: list[tuple[Any, ...]] = [
    ("F001", 2024, "甲公司", Decimal("96500000.01"), 268, Decimal("0.125"), "C35", True, date(2010, 5, 1)),
    ("F001", 2025, "甲公司", Decimal("1234.5"), 270, Decimal("0.5"), "C35", True, date(2010, 5, 1)),
    ("F002", 2025, "乙，“公司”", Decimal("0.01"), 1, None, "I65", False, date(1999, 12, 31)),
    ("F003", 2025, '丙"公司",有限', None, 2_000_000_000, Decimal("1"), None, None, None),
    ("000004", 2025, "Ding & Co <丁>", Decimal("99999999999.99"), None, Decimal("0"), "C3512", False, date(2020, 2, 29)),
]
FACTS = {
    "name": {"column": "名称"},
    "revenue": {"column": "营业收入"},
    "staff": {"column": "从业人员"},
    "niche_share_national": {"column": "占有率"},
    "sector": {"column": "行业"},
    "single_champion": {"column": "单项冠军"},
    "founded": {"column": "成立日期"},
}
KEY = {"firm": "代码", "year": "年度"}


def text(value: Any) -> str:
    return {True: "是", False: "否", None: ""}.get(value, str(value)) if value is None or isinstance(value, bool) else str(value)


def csv_text(delimiter: str = ",", newline: str = "\n", above: str = "") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    writer.writerow(COLUMNS)
    writer.writerows([[text(value) for value in row] for row in ROWS])
    return above + out.getvalue()


def parquet(folder: Path, typed: bool) -> None:
    types = (
        pa.string(),
        pa.int64(),
        pa.string(),
        pa.decimal128(18, 2),
        pa.int64(),
        pa.decimal128(9, 4),
        pa.string(),
        pa.bool_(),
        pa.date32(),
    )
    columns = list(zip(*ROWS, strict=True))
    arrays = [
        pa.array(values, kind) if typed else pa.array([None if value is None else text(value) for value in values], pa.string())
        for values, kind in zip(columns, types, strict=True)
    ]
    pq.write_table(pa.table(dict(zip(COLUMNS, arrays, strict=True))), folder / "firms.parquet")


def workbook(folder: Path, typed: bool, title_row: int = 0) -> None:
    with xlsxwriter.Workbook(str(folder / "firms.xlsx"), {"strings_to_numbers": False}) as book:
        book.add_worksheet("说明").write(0, 0, "read the other sheet")
        sheet = book.add_worksheet("2025年")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(title_row, 0, COLUMNS)
        for number, row in enumerate(ROWS, title_row + 1):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if not typed or isinstance(value, (str, bool)):
                    sheet.write_string(number, column, text(value))
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)  # type: ignore[arg-type]
                else:
                    sheet.write_number(number, column, float(value))


WAYS: dict[str, tuple[Callable[[Path], object], dict[str, Any]]] = {
    "csv": (lambda f: (f / "firms.csv").write_text(csv_text(), encoding="utf-8"), {"file": "firms.csv"}),
    "csv with a byte order mark": (
        lambda f: (f / "firms.csv").write_text(csv_text(), encoding="utf-8-sig"),
        {"file": "firms.csv"},
    ),
    "csv from Windows": (lambda f: (f / "firms.csv").write_bytes(csv_text(newline="\r\n").encode()), {"file": "firms.csv"}),
    "csv with semicolons": (
        lambda f: (f / "firms.csv").write_text(csv_text(";"), encoding="utf-8"),
        {"file": "firms.csv", "delimiter": ";"},
    ),
    "csv with tabs": (
        lambda f: (f / "firms.csv").write_text(csv_text("\t"), encoding="utf-8"),
        {"file": "firms.csv", "delimiter": "\t"},
    ),
    "csv below a title": (
        lambda f: (f / "firms.csv").write_text(csv_text(above="企业名单,,,,,,,,\n,,,,,,,,\n"), encoding="utf-8"),
        {"file": "firms.csv", "header_row": 3},
    ),
    "csv without an end of line at the end": (
        lambda f: (f / "firms.csv").write_text(csv_text().rstrip("\n"), encoding="utf-8"),
        {"file": "firms.csv"},
    ),
    "csv.gz": (lambda f: (f / "firms.csv.gz").write_bytes(gzip.compress(csv_text().encode())), {"file": "firms.csv.gz"}),
    "GB18030": (
        lambda f: (f / "firms.csv").write_bytes(csv_text().encode("gb18030")),
        {"file": "firms.csv", "encoding": "gb18030"},
    ),
    "GB18030, compressed": (
        lambda f: (f / "firms.csv.gz").write_bytes(gzip.compress(csv_text().encode("gb18030"))),
        {"file": "firms.csv.gz", "encoding": "gb18030"},
    ),
    "Parquet of texts": (lambda f: parquet(f, typed=False), {"file": "firms.parquet", "format": "parquet"}),
    "Parquet of numbers and dates": (lambda f: parquet(f, typed=True), {"file": "firms.parquet", "format": "parquet"}),
    "workbook of texts": (lambda f: workbook(f, typed=False), {"file": "firms.xlsx", "format": "xlsx", "sheet": "2025年"}),
    "workbook of numbers and dates": (
        lambda f: workbook(f, typed=True),
        {"file": "firms.xlsx", "format": "xlsx", "sheet": "2025年"},
    ),
    "workbook below a title": (
        lambda f: workbook(f, typed=True, title_row=4),
        {"file": "firms.xlsx", "format": "xlsx", "sheet": "2025年", "header_row": 5},
    ),
}


def written_as(folder: Path, way: str) -> Imported:
    write, one = WAYS[way]
    write(folder)
    return bring_in(folder, {"firms": source(**{"key": KEY, "facts": FACTS, **one})})


@pytest.mark.parametrize("way", WAYS)
def test_the_same_table_gives_the_same_register_whatever_it_is_written_in(tmp_path: Path, way: str) -> None:
    register = written_as(tmp_path, way)
    assert register.table("rejects") == []
    assert register.table("gaps") == []
    assert register.table("firms") == [
        {"firm": "000004", "name": "Ding & Co <丁>", "sector": "C3512", "founded": date(2020, 2, 29), "single_champion": False},
        {"firm": "F001", "name": "甲公司", "sector": "C35", "founded": date(2010, 5, 1), "single_champion": True},
        {"firm": "F002", "name": "乙，“公司”", "sector": "I65", "founded": date(1999, 12, 31), "single_champion": False},
        {"firm": "F003", "name": '丙"公司",有限'},
    ]
    one = Decimal(1)
    assert register.table("firm_years") == [
        {"firm": "000004", "year": 2025, "revenue": 9999999999999, "niche_share_national": 0 * one},
        {"firm": "F001", "year": 2024, "revenue": 9650000001, "staff": 268, "niche_share_national": Decimal("0.125")},
        {"firm": "F001", "year": 2025, "revenue": 123450, "staff": 270, "niche_share_national": Decimal("0.5")},
        {"firm": "F002", "year": 2025, "revenue": 1, "staff": 1},
        {"firm": "F003", "year": 2025, "staff": 2_000_000_000, "niche_share_national": one},
    ]
    (tmp_path / "plain").mkdir()
    assert register.digest == written_as(tmp_path / "plain", "csv").digest


def test_the_order_of_rows_and_of_columns_does_not_matter(tmp_path: Path) -> None:
    rows = clean(6)
    forwards = bring_in_text(tmp_path, lines(*rows))
    turned = [",".join(reversed(row.split(","))) for row in reversed(rows)]
    backwards = bring_in_text(tmp_path, lines(*turned, header="staff,revenue,year,code"))
    assert backwards.digest == forwards.digest


def test_another_value_in_one_cell_gives_another_digest(tmp_path: Path) -> None:
    before = bring_in_text(tmp_path, lines(*clean(6))).digest
    assert bring_in_text(tmp_path, lines(*clean(5), "F006,2025,6.01,6")).digest != before
    assert bring_in_text(tmp_path, lines(*clean(5), "F006,2025,6,")).digest != before


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ({"unit": "CNY"}, ("1205000", "35000.5")),
        ({"unit": "k CNY"}, ("1205", "35.0005")),
        ({"unit": "10k CNY"}, ("120.5", "3.50005")),
        ({"unit": "m CNY"}, ("1.205", "0.0350005")),
        ({"unit": "100m CNY"}, ("0.01205", "0.000350005")),
        ({"times": "factor"}, ("1205", "35.0005")),
    ],
)
def test_the_unit_a_file_uses_does_not_matter(tmp_path: Path, column: dict[str, str], texts: tuple[str, str]) -> None:
    facts = {"revenue": {"column": "revenue", **column}}
    rows = [f"F{number},2025,{value},1000" for number, value in enumerate(texts)]
    register = bring_in_text(tmp_path, lines(*rows, header="code,year,revenue,factor"), facts=facts)
    assert register.years("revenue") == {"F0": 120_500_000, "F1": 3_500_050}


def test_importing_twice_gives_the_same_bytes_of_the_index(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(lines(*clean(3), "X,2025,about,1"))
    mapping = read_mapping(write_mapping(tmp_path, {"firms": source()}), PACK)
    for to in ("one", "two"):
        import_register(mapping, tmp_path, PACK, tmp_path / to)
    assert (tmp_path / "one/register.json").read_bytes() == (tmp_path / "two/register.json").read_bytes()


def test_an_imported_register_is_not_called_synthetic_unless_the_mapping_says_so(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(lines(*clean(3)))
    assert not open_register(bring_in(tmp_path, {"firms": source()}).path).synthetic
    assert open_register(bring_in(tmp_path, {"firms": source()}, synthetic=True).path).synthetic


def test_a_register_is_held_against_its_index(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines(*clean(4)))
    assert {result["table"]: result["difference"] for result in check_register(register.path)} == {
        "firms": "",
        "firm_years": "",
        "gaps": "",
        "rejects": "",
        "doubts": "",
        "alike": "",
    }
    table = pq.read_table(register.path / "firm_years.parquet")
    other = table.set_column(table.column_names.index("revenue"), "revenue", pa.array([1, 2, 3, 4], pa.int64()))
    pq.write_table(other, register.path / "firm_years.parquet")
    (register.path / "gaps.parquet").write_bytes(b"PAR1")
    changed = {result["table"]: result["difference"] for result in check_register(register.path) if result["difference"]}
    assert changed["firm_years"] == "its content is not what the index says"
    assert changed["gaps"].startswith("cannot be read: ")
    assert set(changed) == {"firm_years", "gaps"}
