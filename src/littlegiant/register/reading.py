"""Bring the mapped columns of a source file in as text with the row number, whatever the file is written in.

Python touches decoding and spreadsheets only; everything after is SQL over `raw_<source>`. Its columns are numbered,
so that a file may give its columns any title.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion, world_failed
from littlegiant.register.mapping import Source

_LARGEST_SHEET = 300 * 1024 * 1024  # bytes; a workbook is unpacked into memory
_CHUNK = 65_536  # rows
Titles = Mapping[str, str]  # title in the file -> column of the raw table


@dataclass(frozen=True)
class Raw:
    """A source as read: `table` has the columns of `titles` as text and `row`, the row as a person counts it."""

    table: pa.Table
    titles: Titles
    malformed: list[tuple[int, str]] = field(default_factory=list)  # row and complaint


def read_source(source: Source, folder: Path) -> Raw:
    """Return the mapped columns of `source`; raises for a file that is missing, empty, or not what the mapping says."""
    path = folder / source.file
    if not path.is_file():
        remedy = "Correct `file:` in the mapping; it is taken from the mapping's folder."
        refuse(str(path), "no such file", "", remedy, code="missing-file")
    if path.stat().st_size == 0:
        refuse(path.name, "an empty file", "a header and rows", "Export it again.", code="empty-file")
    raw = {"csv": _read_csv, "parquet": _read_parquet, "xlsx": _read_workbook}[source.format](source, path)
    if raw.table.num_rows + len(raw.malformed) == 0:
        refuse(path.name, "a header and no rows", "at least one row", "Export it again.", code="no-rows")
    return raw


def _wanted(source: Source) -> list[str]:
    """Return the titles that the mapping names, each once."""
    names = [source.key.firm, *([source.key.year_column] if source.key.year_column else [])]
    for column in (*source.facts.values(), *source.titles.values()):
        names += [column.column, *([column.times] if column.times else [])]
    names += [test.column for test in (*source.keep, *source.reject)]
    return list(dict.fromkeys(names))


def _positions(source: Source, header: list[str], path: Path) -> dict[str, int]:
    """Return where each mapped title stands in the header; refuses titles that are missing or stand there twice."""
    titles = [title.strip() for title in header]
    where = f"{path.name}, row {source.header_row}"
    if not any(titles):
        refuse(where, "no column titles", "a header", "Say `header_row:` in the mapping.", code="header")
    wanted = _wanted(source)
    missing = [title for title in wanted if title not in titles]
    if missing and len(titles) == 1 and any(sign in titles[0] for sign in ",;\t|"):
        sign = max(",;\t|", key=titles[0].count)
        found = f"one column where several are mapped; the header holds {'tab' if sign == chr(9) else sign!r}"
        written = '"\\t"' if sign == "\t" else f'"{sign}"'
        remedy = f"Say `delimiter: {written}` for this source in the mapping."
        refuse(path.name, found, f"columns parted by {source.delimiter!r}", remedy, code="delimiter")
    known = [title for title in titles if title]
    problems = [
        Problem(path.name, f"no column {t!r}", "", suggestion(t, known) or f"It has: {', '.join(known[:15])}.", "unknown-column")
        for t in missing
    ]
    problems += [
        Problem(where, f"two columns called {title!r}", "different titles", "Rename one.", "header")
        for title in wanted
        if titles.count(title) > 1
    ]
    if problems:
        raise LittleGiantError(problems)
    return {title: titles.index(title) for title in wanted}


def _table(chunks: list[list[list[str | None]]], rows: list[int], count: int) -> pa.Table:
    columns = [pa.chunked_array([pa.array(chunk[n], pa.string()) for chunk in chunks], pa.string()) for n in range(count)]
    return pa.table([*columns, pa.array(rows, pa.int64())], names=[*(f"c{n}" for n in range(count)), "row"])


def _titles(positions: Mapping[str, int]) -> dict[str, str]:
    return {title: f"c{n}" for n, title in enumerate(positions)}


# --- CSV ------------------------------------------------------------------------------------------------------


def _read_csv(source: Source, path: Path) -> Raw:
    csv.field_size_limit(16 * 1024 * 1024)
    try:
        with _open_text(path, source.encoding) as text:
            reader = csv.reader(text, delimiter=source.delimiter, strict=True)
            header = next((row for number, row in enumerate(reader, 1) if number == source.header_row), [])
            positions = _positions(source, header, path)
            return _records(reader, source.header_row + 1, len(header), positions)
    except UnicodeDecodeError as error:
        raise _not_decoded(path, source.encoding) from error
    except csv.Error as error:
        place = f"{path.name}, row {reader.line_num}"
        remedy = "Close the quotation mark that was opened, or take stray ones out."
        raise LittleGiantError([Problem(place, f"text that is no CSV ({error})", "", remedy, "csv")]) from error
    except (OSError, EOFError, zlib.error) as error:
        raise world_failed(path.name, f"cannot be read ({error})", "Check that the file is whole.") from error


def _records(reader: Any, first: int, width: int, positions: Mapping[str, int]) -> Raw:
    """Read the rows behind the header; rows are numbered as a spreadsheet shows them, blank ones included."""
    chunks: list[list[list[str | None]]] = []
    current: list[list[str | None]] = [[] for _ in positions]
    rows: list[int] = []
    malformed: list[tuple[int, str]] = []
    for row, record in enumerate(reader, first):
        if not record:
            continue  # a blank line
        if len(record) != width:
            malformed.append((row, f"{len(record)} fields where the header has {width}"))
            continue
        rows.append(row)
        for column, position in zip(current, positions.values(), strict=True):
            column.append(record[position])
        if len(current[0]) == _CHUNK:
            chunks.append(current)
            current = [[] for _ in positions]
    chunks.append(current)
    return Raw(_table(chunks, rows, len(positions)), _titles(positions), malformed)


def _open_text(path: Path, encoding: str) -> IO[str]:
    opened: Any = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 – the text closes it
    return io.TextIOWrapper(opened, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


def _not_decoded(path: Path, encoding: str) -> LittleGiantError:
    """Say at which byte the file stops being what the mapping says."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    place = path.name
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        place = f"{path.name}, byte {error.start}"
    other = "gb18030" if encoding == "utf-8" else "utf-8"
    remedy = f"Say `encoding: {other}` for this source, or save the file as UTF-8."
    found = f"bytes that are not {encoding.upper()}"
    return LittleGiantError([Problem(place, found, f"text in {encoding.upper()}", remedy, "encoding")])


# --- Parquet and workbooks ---------------------------------------------------------------------------------------


def _read_parquet(source: Source, path: Path) -> Raw:
    try:
        file = pq.ParquetFile(path)
        positions = _positions(source, file.schema_arrow.names, path)
        read = file.read(columns=list(positions))
        columns = [read.column(title).cast(pa.string()) for title in positions]
    except (pa.ArrowException, OSError) as error:
        found = f"a file that cannot be read as Parquet ({str(error).splitlines()[0][:80]})"
        raise LittleGiantError([Problem(path.name, found, "", "Check `format:` in the mapping.", "parquet")]) from error
    names = [f"c{n}" for n in range(len(columns))]
    rows = pa.array(range(1, read.num_rows + 1), pa.int64())
    return Raw(pa.table([*columns, rows], names=[*names, "row"]), _titles(positions))


def _read_workbook(source: Source, path: Path) -> Raw:
    if path.stat().st_size > _LARGEST_SHEET:
        refuse(path.name, "a workbook over 300 MiB", "a smaller one", "Save the sheet as CSV.", code="too-large")
    try:
        rows, ranges = sheet_rows(path, path.stat().st_mtime_ns, source.sheet)
        merged = ranges if source.header_rows > 1 else []
    except (python_calamine.CalamineError, OSError) as error:
        found = f"a workbook that cannot be read ({str(error)[:80]})"
        remedy = "Open and save it again, without a password."
        raise LittleGiantError([Problem(path.name, found, "an .xlsx, .xls or .ods file", remedy, "workbook")]) from error
    header = header_titles(rows, merged, source.header_row, source.header_rows)
    positions = _positions(source, header, path)
    first = source.header_row + source.header_rows
    filled = [(n, row) for n, row in enumerate(rows[first - 1 :], first) if any(c != "" for c in row)]
    columns = [[_cell(row[position]) for _, row in filled] for position in positions.values()]
    return Raw(_table([columns], [number for number, _ in filled], len(positions)), _titles(positions))


@lru_cache(maxsize=1)
def sheet_rows(path: Path, stamp: int, sheet: str | None) -> tuple[list[list[Any]], list[Any]]:
    """Return the rows of a sheet and its merged ranges. A wide sheet is a source for each year: it is unpacked once.

    `stamp` is the time of the file's last change, so that a file saved anew is read anew.
    """
    workbook = python_calamine.load_workbook(str(path))
    name = sheet or workbook.sheet_names[0]
    if name not in workbook.sheet_names:
        remedy = suggestion(name, workbook.sheet_names) or f"It has: {', '.join(workbook.sheet_names)}."
        refuse(path.name, f"no sheet {name!r}", "", remedy, code="unknown-sheet")
    found = workbook.get_sheet_by_name(name)
    return found.to_python(skip_empty_area=False), found.merged_cell_ranges or []


def header_titles(rows: list[list[Any]], merged: Sequence[Any], first: int, count: int) -> list[str]:
    """Return the titles of the columns; of several header rows those that differ, joined, merged cells filled in."""
    block = [[str(cell).strip() for cell in row] for row in rows[first - 1 : first - 1 + count]]
    for (top, left), (bottom, right) in merged:
        for r in range(max(top, first - 1), min(bottom, first + count - 2) + 1):
            for c in range(left, right + 1):
                if top >= first - 1 and r - (first - 1) < len(block) and c < len(block[0]):
                    block[r - (first - 1)][c] = block[top - (first - 1)][left]
    return [" / ".join(dict.fromkeys(text for text in column if text)) for column in zip(*block, strict=True)] if block else []


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
