"""Files that are broken as files are in offices: each is refused by the command with one sentence, its place and its mend."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xlsxwriter

from .making import Answer, Command, clean, lines, source, write_mapping

GOOD = lines(*clean(4))
SHARE = {"niche_share_national": {"column": "share"}}
Write = Callable[[Path], Any]


def text(content: str | bytes, name: str = "firms.csv") -> Write:
    return lambda folder: (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def workbook(*sheets: str) -> Write:
    def write(folder: Path) -> None:
        with xlsxwriter.Workbook(str(folder / "firms.xlsx")) as book:
            for name in sheets:
                book.add_worksheet(name).write_row(0, 0, ["code", "year", "revenue", "staff"])

    return write


def nothing(folder: Path) -> None:
    pass


REFUSED: dict[str, tuple[Write, dict[str, Any], int, str]] = {
    "missing file": (
        nothing,
        source(),
        2,
        "{folder}/firms.csv: no such file.\n"
        "  Correct `file:` in the mapping; it is taken from the mapping's folder. [missing-file]\n",
    ),
    "empty file": (
        text(""),
        source(),
        2,
        "firms.csv: found an empty file, expected a header and rows.\n  Export it again. [empty-file]\n",
    ),
    "only a header": (
        text(lines()),
        source(),
        2,
        "firms.csv: found a header and no rows, expected at least one row.\n  Export it again. [no-rows]\n",
    ),
    "semicolons read as commas": (
        text(GOOD.replace(",", ";")),
        source(),
        2,
        "firms.csv: found one column where several are mapped; the header holds ';', expected columns parted by ','.\n"
        '  Say `delimiter: ";"` for this source in the mapping. [delimiter]\n',
    ),
    "commas read as semicolons": (
        text(GOOD),
        source(delimiter=";"),
        2,
        "firms.csv: found one column where several are mapped; the header holds ',', expected columns parted by ';'.\n"
        '  Say `delimiter: ","` for this source in the mapping. [delimiter]\n',
    ),
    "GB18030 read as UTF-8": (
        text("code,year,revenue,staff,企业\nF1,2025,1,2,甲公司\n".encode("gb18030")),
        source(),
        2,
        "firms.csv, byte 24: found bytes that are not UTF-8, expected text in UTF-8.\n"
        "  Say `encoding: gb18030` for this source, or save the file as UTF-8. [encoding]\n",
    ),
    "a wrong byte in a late row": (
        text(GOOD.encode() + b"F\xff9,2025,1,2\n"),
        source(),
        2,
        f"firms.csv, byte {len(GOOD) + 1}: found bytes that are not UTF-8, expected text in UTF-8.\n"
        "  Say `encoding: gb18030` for this source, or save the file as UTF-8. [encoding]\n",
    ),
    "UTF-8 read as GB18030": (
        text(lines("企,2025,1,2", header="代码,year,revenue,员工")),
        source(encoding="gb18030"),
        2,
        "firms.csv, byte {byte}: found bytes that are not GB18030, expected text in GB18030.\n"
        "  Say `encoding: utf-8` for this source, or save the file as UTF-8. [encoding]\n",
    ),
    "columns by other names": (
        text(GOOD),
        source(facts={"revenue": {"column": "Revenues"}, "staff": {"column": "persons"}}),
        2,
        "firms.csv: no column 'Revenues'.\n  Did you mean 'revenue'? [unknown-column]\n"
        "firms.csv: no column 'persons'.\n  It has: code, year, revenue, staff. [unknown-column]\n",
    ),
    "a title twice": (
        text(lines("F1,2025,1,2,3", header="code,year,revenue,revenue,staff")),
        source(),
        2,
        "firms.csv, row 1: found two columns called 'revenue', expected different titles.\n  Rename one. [header]\n",
    ),
    "titles in another row": (
        text(GOOD),
        source(header_row=9),
        2,
        "firms.csv, row 9: found no column titles, expected a header.\n  Say `header_row:` in the mapping. [header]\n",
    ),
    "text in most of a money column": (
        text(lines("F1,2025,about 5,2", "F2,2025,secret,2", "F3,2025,7,2", *clean(1, 4))),
        source(),
        2,
        "firms.csv, column revenue: found 2 of 4 values that do not fit revenue, first 'about 5' in row 2, "
        "expected money from 0 to 200000000000000.\n  Check which column is mapped and its unit. [column-unfit]\n",
    ),
    "per cent given as a share": (
        text(lines("F1,2025,12", "F2,2025,3.5", "F3,2025,0.5", header="code,year,share")),
        source(facts=SHARE),
        2,
        "firms.csv, column share: found 2 of 3 values that do not fit niche_share_national, first '12' in row 2, "
        "expected share from 0 to 1.\n"
        "  If the column is in per cent, say `unit: per cent` for it in the mapping. [column-unfit]\n",
    ),
    "not compressed though it says so": (
        text(GOOD, "firms.csv.gz"),
        source("firms.csv.gz"),
        3,
        "firms.csv.gz: cannot be read (Not a gzipped file (b'co')).\n  Check that the file is whole. [world]\n",
    ),
    "compressed and cut off": (
        text(gzip.compress(GOOD.encode(), mtime=0)[:-12], "firms.csv.gz"),
        source("firms.csv.gz"),
        3,
        "firms.csv.gz: cannot be read (Compressed file ended before the end-of-stream marker was reached).\n"
        "  Check that the file is whole. [world]\n",
    ),
    "a sheet that is not there": (
        workbook("2024", "2025"),
        source("firms.xlsx", format="xlsx", sheet="2026"),
        2,
        "firms.xlsx: no sheet '2026'.\n  Did you mean '2025'? [unknown-sheet]\n",
    ),
    "a sheet with another name": (
        workbook("data", "notes"),
        source("firms.xlsx", format="xlsx", sheet="2026"),
        2,
        "firms.xlsx: no sheet '2026'.\n  It has: data, notes. [unknown-sheet]\n",
    ),
    "a sheet with titles only": (
        workbook("data"),
        source("firms.xlsx", format="xlsx"),
        2,
        "firms.xlsx: found a header and no rows, expected at least one row.\n  Export it again. [no-rows]\n",
    ),
    "a text called a workbook": (
        text(GOOD, "firms.xlsx"),
        source("firms.xlsx", format="xlsx"),
        2,
        "firms.xlsx: found a workbook that cannot be read (",
    ),
}


def imported(littlegiant: Command, folder: Path, one: dict[str, Any], **more: Any) -> Answer:
    return littlegiant("register", "import", write_mapping(folder, {"firms": one}, **more), "--out", folder / "register")


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_file_is_refused_with_its_sentence(littlegiant: Command, tmp_path: Path, name: str) -> None:
    write, one, code, sentence = REFUSED[name]
    write(tmp_path)
    before = sorted(tmp_path.iterdir())
    answer = imported(littlegiant, tmp_path, one)
    expected = sentence.replace("{folder}", str(tmp_path))
    if "{byte}" in expected:
        assert answer.err.partition("byte ")[2].partition(":")[0].isdigit()
        expected = expected.replace("{byte}", answer.err.partition("byte ")[2].partition(":")[0])
    assert answer.err == expected or (expected.endswith("(") and answer.err.startswith(expected))
    assert (answer.code, answer.out) == (code, "")
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "mapping.yaml"])


# --- broken in ways that must come out as a sentence, whatever its words --------------------------------------------


def flipped(tenths: int) -> bytes:
    data = bytearray(gzip.compress(lines(*clean(900)).encode(), mtime=0))
    data[len(data) * tenths // 10] ^= 0xFF
    return bytes(data)


def no_cells(folder: Path) -> None:
    xlsxwriter.Workbook(str(folder / "firms.xlsx")).close()


ALSO_REFUSED: dict[str, tuple[Write, dict[str, Any], tuple[int, ...]]] = {
    **{
        f"a damaged byte {tenths} tenths into a compressed file": (
            text(flipped(tenths), "firms.csv.gz"),
            source("firms.csv.gz"),
            (2, 3),
        )
        for tenths in (1, 3, 5, 7, 9)
    },
    "a text called Parquet": (text(GOOD, "firms.parquet"), source("firms.parquet", format="parquet"), (2,)),
    "a separator of two signs": (text(GOOD), source(delimiter=";;"), (2,)),
    "no separator": (text(GOOD), source(delimiter=""), (2,)),
    "a format for dates that is none": (
        text(lines("F1,2025,01.02.2015", "F2,2025,03.02.2015", header="code,year,founded")),
        source(facts={"founded": {"column": "founded", "date_format": "%Q"}}),
        (2,),
    ),
    "a format for dates with a quote in it": (
        text(lines("F1,2025,01.02.2015", "F2,2025,03.02.2015", header="code,year,founded")),
        source(facts={"founded": {"column": "founded", "date_format": "%d.%m.%Y'"}}),
        (2,),
    ),
    "a source without facts": (text(GOOD), source(facts={}), (0, 2)),
    "a folder where the file should be": (lambda folder: (folder / "firms.csv").mkdir(), source(), (2,)),
    "a workbook without a single cell": (no_cells, source("firms.xlsx", format="xlsx"), (2,)),
}


@pytest.mark.parametrize("name", ALSO_REFUSED)
def test_no_file_however_broken_ends_in_a_traceback(littlegiant: Command, tmp_path: Path, name: str) -> None:
    write, one, codes = ALSO_REFUSED[name]
    write(tmp_path)
    answer = imported(littlegiant, tmp_path, one)
    assert answer.code in codes
    assert answer.code == 0 or answer.err


def test_a_title_left_blank_beside_a_table_does_no_harm(littlegiant: Command, tmp_path: Path) -> None:
    """Spreadsheets leave a trailing separator; a workbook's blank titles are skipped, a CSV file's must be, too."""
    text(lines("F1,2025,1,2,", "F2,2025,3,4,", header="code,year,revenue,staff,"))(tmp_path)
    assert imported(littlegiant, tmp_path, source()).code == 0


def test_titles_that_differ_in_capitals_only_are_two_columns_or_refused(littlegiant: Command, tmp_path: Path) -> None:
    text(lines("F1,2025,1,2,3", "F2,2025,1,2,3", header="code,year,revenue,Revenue,staff"))(tmp_path)
    answer = imported(littlegiant, tmp_path, source())
    if answer.code != 2:
        revenue = pq.read_table(tmp_path / "register/firm_years.parquet")["revenue"].to_pylist()
        assert (answer.code, revenue) == (0, [100, 100])


def test_the_mend_for_tabs_works_when_followed_to_the_letter(littlegiant: Command, tmp_path: Path) -> None:
    text(GOOD.replace(",", "\t"))(tmp_path)
    answer = imported(littlegiant, tmp_path, source())
    advised = answer.err.partition("Say `")[2].partition("`")[0]
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(mapping.read_text().replace('"file": "firms.csv",', f'"file": "firms.csv",\n   {advised},'))
    assert littlegiant("register", "import", mapping, "--out", tmp_path / "register").code == 0


def test_two_titles_alike_in_a_workbook_are_refused_as_in_a_csv_file(littlegiant: Command, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "firms.xlsx")) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(
            [["code", "year", "revenue", "revenue", "staff"], ["F1", 2025, 1, 2, 3], ["F2", 2025, 4, 5, 6]]
        ):
            sheet.write_row(number, 0, row)
    answer = imported(littlegiant, tmp_path, source("firms.xlsx", format="xlsx"))
    assert answer.code == 2
    assert "two columns called 'revenue'" in answer.err


def test_a_refused_import_leaves_the_old_register_as_it_was(littlegiant: Command, tmp_path: Path) -> None:
    text(GOOD)(tmp_path)
    assert imported(littlegiant, tmp_path, source()).code == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "register").iterdir()}
    text(lines("F1,2025,x,2", "F2,2025,y,2"))(tmp_path)
    assert imported(littlegiant, tmp_path, source()).code == 2
    assert {file.name: file.read_bytes() for file in (tmp_path / "register").iterdir()} == before


def test_a_register_is_replaced_only_by_a_whole_one(littlegiant: Command, tmp_path: Path) -> None:
    text(GOOD)(tmp_path)
    imported(littlegiant, tmp_path, source())
    text(lines(*clean(9)))(tmp_path)
    assert imported(littlegiant, tmp_path, source()).code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["firms.csv", "mapping.yaml", "register"]
    assert littlegiant("register", "check", tmp_path / "register").code == 0


def test_a_folder_that_is_no_register_is_not_overwritten(littlegiant: Command, tmp_path: Path) -> None:
    text(GOOD)(tmp_path)
    answer = littlegiant("register", "import", write_mapping(tmp_path, {"firms": source()}), "--out", tmp_path)
    assert answer.err == (
        f"{tmp_path}: found a file or folder that is no register, expected an empty or new folder.\n"
        "  Choose another --out. [exists]\n"
    )
    assert answer.code == 2
    assert (tmp_path / "firms.csv").is_file()


def test_the_folder_one_stands_in_can_be_named_as_a_dot(
    littlegiant: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    answer = littlegiant("register", "synthesise", "--firms", 20, "--seed", 1, "--out", ".")
    assert answer.code in (0, 2)
    assert answer.code == 0 or answer.err
