"""Bring a source file into DuckDB as text columns with the row number, whatever it is written in.

Python touches decoding and spreadsheets only; everything after is SQL over `raw_<source>`: the columns of the file
as text and `__row`, the row of the file as a person counts it (the header is row 1).
"""

import codecs
import csv
import gzip
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import python_calamine

from littlegiant.engines import DuckDBEngine
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion, world_failed
from littlegiant.register.mapping import Source

_LARGEST_SHEET = 300 * 1024 * 1024  # bytes; a workbook is unpacked into memory


def load_raw(engine: DuckDBEngine, name: str, source: Source, folder: Path, scratch: Path) -> int:
    """Bind `source` as the table `raw_<name>` and return how many data rows it has."""
    path = (folder / source.file).resolve()
    if not path.is_file():
        refuse(
            str(folder / source.file),
            "no such file",
            "",
            "Correct `file:` in the mapping; it is taken from the mapping's folder.",
            code="missing-file",
        )
    if path.stat().st_size == 0:
        refuse(str(path.name), "an empty file", "a header and rows", "Export it again.", code="empty-file")
    load = {"csv": _load_csv, "parquet": _load_parquet, "xlsx": _load_workbook}[source.format]
    columns = load(engine, name, source, path, scratch)
    _check_columns(source, columns, path)
    (rows,) = next(engine.read(f'SELECT count(*) FROM "raw_{name}"', order=())).to_pydict().values()
    if rows[0] == 0:
        refuse(path.name, "a header and no rows", "at least one row", "Export it again.", code="no-rows")
    return int(rows[0])


def _check_columns(source: Source, columns: list[str], path: Path) -> None:
    wanted = [source.key.firm, *([source.key.year] if source.key.year else [])]
    for column in source.facts.values():
        wanted += [column.column, *([column.times] if column.times else [])]
    wanted += [test.column for test in (*source.keep, *source.reject)]
    missing = [column for column in dict.fromkeys(wanted) if column not in columns]
    if not missing:
        return
    if len(columns) == 1 and any(sign in columns[0] for sign in ",;\t|"):
        sign = max(",;\t|", key=columns[0].count)
        shown = {"\t": "tab"}.get(sign, sign)
        remedy = f"Say `delimiter: {sign!r}` for this source in the mapping."
        refuse(
            path.name,
            f"one column where several are mapped; the header holds {shown!r}",
            f"columns parted by {source.delimiter!r}",
            remedy,
            code="delimiter",
        )
    problems = [
        Problem(
            path.name,
            f"no column {column!r}",
            "",
            suggestion(column, columns) or f"It has: {', '.join(columns[:15])}.",
            "unknown-column",
        )
        for column in missing
    ]
    raise LittleGiantError(problems)


# --- CSV ------------------------------------------------------------------------------------------------------


def _load_csv(engine: DuckDBEngine, name: str, source: Source, path: Path, scratch: Path) -> list[str]:
    columns = _header(path, source)
    plain = path if source.encoding == "utf-8" else _transcoded(path, source.encoding, scratch)
    options = f"delim='{_quoted(source.delimiter)}', header=true, all_varchar=true, parallel=false, quote='\"', escape='\"'"
    options += f", skip={source.header_row - 1}, strict_mode=true, nullstr='', null_padding=false, auto_detect=false"
    names = ", ".join(f"'{_quoted(column)}': 'VARCHAR'" for column in columns)
    compression = "gzip" if path.suffix == ".gz" and plain == path else "none"
    sql = (
        f"SELECT *, row_number() OVER () + {source.header_row} AS __row FROM read_csv('{_quoted(str(plain))}', {options}, "
        f"columns={{{names}}}, compression='{compression}', ignore_errors=true, store_rejects=true, "
        f"rejects_table='bad_{name}', rejects_scan='scan_{name}')"
    )
    engine.keep(f"good_{name}", sql)
    engine.keep(
        f"torn_{name}", f"SELECT line, row_number() OVER (ORDER BY line) AS n FROM (SELECT DISTINCT line FROM bad_{name})"
    )
    # Rows behind a torn line are counted as a person counts them: the n-th torn line moves on what stands behind it.
    behind = f"(SELECT count(*) FROM torn_{name} WHERE line - n + 1 <= good.__row)"
    engine.keep(f"raw_{name}", f"SELECT * REPLACE (__row + {behind} AS __row) FROM good_{name} AS good")
    return columns


def _open_text(path: Path, encoding: str) -> IO[str]:
    opened: Any = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 – the text closes it
    return io.TextIOWrapper(opened, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


def _header(path: Path, source: Source) -> list[str]:
    """Return the column titles, refusing a file that is not in the encoding the mapping names."""
    try:
        with _open_text(path, source.encoding) as text:
            for chunk in iter(lambda: text.read(1 << 20), ""):
                del chunk  # decode all of it: a wrong byte may stand in any row
        with _open_text(path, source.encoding) as text:
            rows = csv.reader(text, delimiter=source.delimiter)
            header = next((row for number, row in enumerate(rows, 1) if number == source.header_row), [])
    except UnicodeDecodeError as error:
        other = "gb18030" if source.encoding == "utf-8" else "utf-8"
        place = f"{path.name}, byte {error.start}"
        refuse(
            place,
            f"bytes that are not {source.encoding.upper()}",
            f"text in {source.encoding.upper()}",
            f"Say `encoding: {other}` for this source, or save the file as UTF-8.",
            code="encoding",
        )
    except (OSError, EOFError) as error:
        raise world_failed(path.name, f"cannot be read ({error})", "Check that the file is whole.") from error
    titles = [title.strip() for title in header]
    double = next((title for title in titles if titles.count(title) > 1), None)
    if not any(titles):
        refuse(
            f"{path.name}, row {source.header_row}",
            "no column titles",
            "a header",
            "Say `header_row:` in the mapping.",
            code="header",
        )
    if double is not None:
        refuse(
            f"{path.name}, row {source.header_row}",
            f"two columns called {double!r}",
            "different titles",
            "Rename one.",
            code="header",
        )
    return titles


def _transcoded(path: Path, encoding: str, scratch: Path) -> Path:
    target = Path(tempfile.mkstemp(suffix=".csv", dir=scratch)[1])
    with _open_text(path, encoding) as source, codecs.open(str(target), "w", "utf-8") as out:
        for chunk in iter(lambda: source.read(1 << 20), ""):
            out.write(chunk)
    return target


# --- Parquet and workbooks ---------------------------------------------------------------------------------------


def _load_parquet(engine: DuckDBEngine, name: str, source: Source, path: Path, scratch: Path) -> list[str]:
    quoted = _quoted(str(path))
    described = next(engine.read(f"SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet('{quoted}'))", order=()))
    columns = [str(value) for value in described.column(0).to_pylist()]
    names = ['"' + column.replace('"', '""') + '"' for column in columns]
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in names)
    engine.keep(f"raw_{name}", f"SELECT {texts}, row_number() OVER () AS __row FROM read_parquet('{quoted}')")
    return columns


def _load_workbook(engine: DuckDBEngine, name: str, source: Source, path: Path, scratch: Path) -> list[str]:
    if path.stat().st_size > _LARGEST_SHEET:
        refuse(path.name, "a workbook over 300 MiB", "a smaller one", "Save the sheet as CSV.", code="too-large")
    try:
        workbook = python_calamine.load_workbook(str(path))
        sheet = source.sheet or workbook.sheet_names[0]
        if sheet not in workbook.sheet_names:
            remedy = suggestion(sheet, workbook.sheet_names) or f"It has: {', '.join(workbook.sheet_names)}."
            refuse(path.name, f"no sheet {sheet!r}", "", remedy, code="unknown-sheet")
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError) as error:
        refuse(
            path.name,
            f"a workbook that cannot be read ({str(error)[:80]})",
            "an .xlsx, .xls or .ods file",
            "Open and save it again, without a password.",
            code="workbook",
        )
    header = [str(cell).strip() for cell in rows[source.header_row - 1]] if len(rows) >= source.header_row else []
    columns = [title for title in header if title]
    table = {title: [_cell(row[index]) for row in rows[source.header_row :]] for index, title in enumerate(header) if title}
    numbers = list(range(source.header_row + 1, len(rows) + 1))
    arrays = [pa.array(table[title], pa.string()) for title in columns] + [pa.array(numbers, pa.int64())]
    engine.bind(f"raw_{name}", pa.table(arrays, names=[*columns, "__row"]))
    return columns


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def malformed_rows(engine: DuckDBEngine, name: str, source: Source) -> Iterator[tuple[int, str]]:
    """Yield row number and complaint for lines that do not have as many fields as the header."""
    if source.format != "csv":
        return
    query = f'SELECT line, any_value(error_message) AS error_message FROM "bad_{name}" GROUP BY line'
    for batch in engine.read(query, order=("line",)):
        for row in batch.to_pylist():
            yield int(row["line"]), str(row["error_message"]).split("\n")[0]


def _quoted(text: str) -> str:
    return text.replace("'", "''")
