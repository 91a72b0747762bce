"""The officer's workbook, given back with columns added: everything else in it stays byte for byte what it was.

Cells are put into the XML of one sheet at the places where its rows end, and one sheet is appended. A library that reads
a workbook and writes it again (openpyxl was tried) loses what it does not know – charts, shapes, parts of the
formatting – and takes longer than the judging itself; here nothing else is even unpacked into objects.
"""

import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from littlegiant.problems import LittleGiantError, Problem, refuse, world_failed

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LARGEST = 600 * 1024 * 1024  # bytes of one unpacked part
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
# Names of the format: those that Excel writes by default, and those of the strict variant of the standard.
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_MAINS = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
_WIDTH = 24
_LAST_COLUMN = 16_384  # of a sheet
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NEW = (1980, 1, 1, 0, 0, 0)  # the date of parts that are added: no clock


@dataclass(frozen=True)
class SheetFindings:
    """What stands in the XML of a sheet and not in its values."""

    errors: Mapping[tuple[int, int], str]  # row and column, from 1 -> #DIV/0! and the like
    uncalculated: frozenset[tuple[int, int]]  # formulas without a stored value


@dataclass
class _Row:
    end: int  # offset of the end tag, or of the whole tag where it is empty
    empty: bool
    style: str = ""


@dataclass
class _Scan:
    """One pass over a sheet: offsets of its rows, styles of its cells, the last column in use."""

    rows: dict[int, _Row] = field(default_factory=dict)
    last_column: int = 0
    data_start: int = -1  # offset of <sheetData
    cols_end: int = -1  # offset of </cols>
    widest_col: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    header_styles: dict[int, str] = field(default_factory=dict)


def open_workbook(path: Path) -> zipfile.ZipFile:
    """Return the parts of an .xlsx or .xlsm file; raises one sentence for what is none, or has a password."""
    try:
        head = path.read_bytes()[:8] if path.is_file() else b""
    except OSError as error:
        raise world_failed(str(path), error.strerror or str(error), "Close the file in other programs.") from error
    if not path.is_file():
        refuse(str(path), "no such file", "", "Check the name.", code="missing-file")
    if head.startswith(_OLE):
        if _ENCRYPTED in path.read_bytes():
            refuse(path.name, "a workbook with a password", "one without", "Save a copy without the password.", code="password")
        refuse(
            path.name, "a workbook of the old kind (.xls)", "an .xlsx file", "Save it as .xlsx in Excel or WPS.", code="workbook"
        )
    try:
        archive = zipfile.ZipFile(path)
        names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        found = f"a file that is no workbook ({error})"
        raise LittleGiantError([Problem(path.name, found, "an .xlsx file", "Save it as .xlsx.", "workbook")]) from error
    if "xl/workbook.xml" not in names:
        kind = "a binary workbook (.xlsb)" if "xl/workbook.bin" in names else "a file that is no workbook"
        refuse(path.name, kind, "an .xlsx file", "Save it as .xlsx.", code="workbook")
    for info in archive.infolist():
        if info.file_size > _LARGEST:
            refuse(
                path.name,
                f"{info.filename} of {info.file_size >> 20} MiB",
                "at most 600 MiB",
                "Split the sheet.",
                code="too-large",
            )
    return archive


def file_name(archive: zipfile.ZipFile) -> str:
    return Path(archive.filename or "workbook").name


def sheet_part(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds `sheet`."""
    ids = {
        attributes.get("name"): _relation_id(attributes)
        for tag, attributes in _elements(archive.read("xl/workbook.xml"), file_name(archive))
        if tag == "sheet"
    }
    targets = {
        a["Id"]: a["Target"]
        for tag, a in _elements(archive.read("xl/_rels/workbook.xml.rels"), file_name(archive))
        if tag == "Relationship"
    }
    target = targets[ids[sheet]]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


@dataclass(frozen=True)
class OpenSheet:
    """One sheet of a workbook, scanned once: what is wrong in its cells, and where new cells can be put."""

    archive: zipfile.ZipFile
    part: str
    data: bytes
    header_row: int
    scan: "_Scan"

    @property
    def findings(self) -> SheetFindings:
        return SheetFindings(self.scan.errors, frozenset(self.scan.uncalculated))


def open_sheet(archive: zipfile.ZipFile, sheet: str, header_row: int) -> OpenSheet:
    """Return `sheet`; `header_row` is the row under which the titles stand (the last of several)."""
    part = sheet_part(archive, sheet)
    data = archive.read(part)
    return OpenSheet(archive, part, data, header_row, _scan(data, header_row, file_name(archive)))


def annotate(
    sheet: OpenSheet,
    to: Path,
    *,
    titles: Sequence[str],
    cells: Mapping[int, Sequence[str]],
    more: Mapping[str, Sequence[Sequence[str]]],
) -> None:
    """Write a copy of the workbook to the new file `to`.

    `cells` stand by row number behind the last column of `sheet`, `more` are new sheets.

    New header cells take the style of the last header cell, other new cells that of the last text cell of their row.
    """
    archive = sheet.archive
    changed = {sheet.part: _with_columns(sheet, {**cells, sheet.header_row: titles})}
    changed.update(_with_sheets(archive, more))
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as copy:
        for info in archive.infolist():
            copy.writestr(info, changed.pop(info.filename, b"") or archive.read(info), compress_type=info.compress_type)
        for name, data in sorted(changed.items()):
            copy.writestr(zipfile.ZipInfo(name, _NEW), data, compress_type=zipfile.ZIP_DEFLATED)


# --- reading -----------------------------------------------------------------------------------------------------------


def _parser(name: str) -> expat.XMLParserType:
    """Return a parser that refuses documents with a type declaration: no entities, no expansion."""
    parser = expat.ParserCreate()

    def declared(*_: Any) -> None:
        refuse(name, "a document type declaration", "none", "Save the workbook again in Excel or WPS.", code="workbook")

    parser.StartDoctypeDeclHandler = declared
    return parser


def _elements(data: bytes, name: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser(name)
    parser.StartElementHandler = lambda tag, attributes: found.append((_local(tag), dict(attributes)))
    parser.Parse(data, True)
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _relation_id(attributes: Mapping[str, str]) -> str:
    return next(value for name, value in attributes.items() if ":" in name and _local(name) == "id")


def _scan(data: bytes, header_row: int, name: str) -> _Scan:
    scan = _Scan()
    parser = _parser(name)
    place: dict[str, Any] = {"row": 0, "column": 0, "error": False, "formula": False, "value": False, "style": "", "depth": ""}

    def start(element: str, attributes: dict[str, str]) -> None:
        tag = _local(element)
        if tag == "row":
            place["row"] = int(attributes.get("r", place["row"] + 1))
            place["column"] = 0
            scan.rows[place["row"]] = _Row(parser.CurrentByteIndex, True)
        elif tag == "c":
            place["column"] = column_number(attributes["r"]) if "r" in attributes else place["column"] + 1
            if place["row"] >= header_row:  # also where a cell has a border and no value
                scan.last_column = max(scan.last_column, place["column"])
            kind = attributes.get("t", "n")
            place.update(error=kind == "e", formula=False, value=False, depth="")
            scan.rows[place["row"]].empty = False
            if place["row"] == header_row:
                scan.header_styles[place["column"]] = attributes.get("s", "")
            if kind in ("s", "str", "inlineStr"):
                scan.rows[place["row"]].style = attributes.get("s", "")
        elif tag in ("v", "f", "is"):
            place["depth"] = tag
            place["formula"] |= tag == "f"
            scan.last_column = max(scan.last_column, place["column"])
        elif tag == "sheetData":
            scan.data_start = parser.CurrentByteIndex
        elif tag == "mergeCell":
            _, _, corner = attributes["ref"].rpartition(":")
            if int("".join(filter(str.isdigit, corner))) >= header_row:
                scan.last_column = max(scan.last_column, column_number(corner))
        elif tag == "col":
            scan.widest_col = max(scan.widest_col, int(attributes["max"]))

    def end(element: str) -> None:
        tag = _local(element)
        if tag == "row":
            row = scan.rows[place["row"]]
            row.empty = parser.CurrentByteIndex == row.end  # <row/> ends where it starts
            row.end = parser.CurrentByteIndex
        elif tag == "c":
            if place["formula"] and not place["value"]:
                scan.uncalculated.add((place["row"], place["column"]))
        elif tag in ("v", "f", "is"):
            place["depth"] = ""
        elif tag == "cols":
            scan.cols_end = parser.CurrentByteIndex

    def text(value: str) -> None:
        place["value"] |= place["depth"] in ("v", "is") and value != ""
        if place["error"] and place["depth"] == "v":
            key = (place["row"], place["column"])
            scan.errors[key] = scan.errors.get(key, "") + value

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        found = f"a sheet whose XML is torn ({error})"
        raise LittleGiantError([Problem(name, found, "", "Open and save it again.", "workbook")]) from error
    return scan


def column_number(reference: str) -> int:
    """Return the number of the column in a cell reference such as AB12."""
    number = 0
    for sign in reference:
        if not sign.isalpha():
            break
        number = number * 26 + ord(sign.upper()) - 64
    return number


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


# --- writing -----------------------------------------------------------------------------------------------------------


def _with_columns(sheet: OpenSheet, cells: Mapping[int, Sequence[str]]) -> bytes:
    data, header_row, scan = sheet.data, sheet.header_row, sheet.scan
    first = scan.last_column + 1
    if first + len(cells[header_row]) - 1 > _LAST_COLUMN:
        found = f"cells up to column {column_letters(scan.last_column)}"
        remedy = "Delete the empty columns on the right (their formats) and save."
        refuse(
            file_name(sheet.archive),
            found,
            f"room for {len(cells[header_row])} columns",
            remedy,
            code="no-room",
        )
    header_style = next((style for _, style in sorted(scan.header_styles.items(), reverse=True) if style), "")
    prefix = _prefix(data, scan.data_start)
    edits: list[tuple[int, int, bytes]] = []  # from, to, what stands there instead
    for number, row in scan.rows.items():
        texts = cells.get(number)
        if texts is None:
            continue
        style = header_style if number == header_row else row.style
        written = "".join(
            _cell(prefix, f"{column_letters(first + n)}{number}", text, style) for n, text in enumerate(texts) if text
        )
        if row.empty:
            close = data.index(b"/>", row.end)
            edits.append((close, close + 2, f">{written}</{prefix}row>".encode()))
        else:
            edits.append((row.end, row.end, written.encode()))
    if first > scan.widest_col:
        widths = f'<{prefix}col min="{first}" max="{first + len(cells[header_row]) - 1}" width="{_WIDTH}" customWidth="1"/>'
        if scan.cols_end >= 0:
            edits.append((scan.cols_end, scan.cols_end, widths.encode()))
        else:
            edits.append((scan.data_start, scan.data_start, f"<{prefix}cols>{widths}</{prefix}cols>".encode()))
    out, position = [], 0
    for start, stop, text in sorted(edits):
        out += [data[position:start], text]
        position = stop
    # The spans of rows and the dimension are hints for readers; with more columns than they say they would mislead.
    return _without_hints(b"".join([*out, data[position:]]))


def _without_hints(data: bytes) -> bytes:
    data = re.sub(rb"(<(?:\w+:)?row\b[^>]*?)\s+spans=\"[^\"]*\"", rb"\1", data)
    return re.sub(rb"<(?:\w+:)?dimension\b[^>]*?/>", b"", data, count=1)


def _prefix(data: bytes, start: int) -> str:
    match = re.match(rb"<((?:\w+:)?)sheetData", data[start : start + 80])
    return match.group(1).decode() if match else ""


def _cell(prefix: str, reference: str, text: str, style: str) -> str:
    styled = f" s={quoteattr(style)}" if style else ""
    safe = escape(_UNPRINTABLE.sub("", text))
    inside = f'<{prefix}is><{prefix}t xml:space="preserve">{safe}</{prefix}t></{prefix}is>'
    return f'<{prefix}c r="{reference}"{styled} t="inlineStr">{inside}</{prefix}c>'


def _with_sheets(archive: zipfile.ZipFile, sheets: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, bytes]:
    """Return the parts that change when `sheets` are appended."""
    workbook, types = archive.read("xl/workbook.xml"), archive.read("[Content_Types].xml")
    relations = archive.read("xl/_rels/workbook.xml.rels")
    existing = [attributes for tag, attributes in _elements(workbook, file_name(archive)) if tag == "sheet"]
    names = {attributes["name"].lower() for attributes in existing}
    number = max((int(attributes["sheetId"]) for attributes in existing), default=0)
    strict = int(_MAINS[1].encode() in workbook)
    taken = set(archive.namelist())
    parts: dict[str, bytes] = {}
    listed, related, typed = "", "", ""
    for title, rows in sheets.items():
        number += 1
        name = next(n for n in (title, *(f"{title} {k}" for k in range(2, 100))) if n.lower() not in names)
        file = next(f for f in (f"worksheets/littlegiant{k}.xml" for k in range(1, 1000)) if f"xl/{f}" not in {*taken, *parts})
        tag = re.search(rb"</((?:\w+:)?)sheets>", workbook)
        assert tag is not None
        named = f'<{tag.group(1).decode()}sheet name={quoteattr(name)} sheetId="{number}"'
        listed += f'{named} xmlns:lg="{_RELATIONS[strict]}" lg:id="lg{number}"/>'
        related += f'<Relationship Id="lg{number}" Type="{_RELATIONS[strict]}/worksheet" Target="{file}"/>'
        typed += f'<Override PartName="/xl/{file}" ContentType="{_SHEET_TYPE}"/>'
        parts[f"xl/{file}"] = _plain_sheet(rows, _MAINS[strict])
    parts["xl/workbook.xml"] = _before(workbook, "sheets", listed)
    parts["xl/_rels/workbook.xml.rels"] = _before(relations, "Relationships", related)
    parts["[Content_Types].xml"] = _before(types, "Types", typed)
    return parts


def _before(data: bytes, tag: str, text: str) -> bytes:
    """Put `text` before the end of the element `tag`, in the prefix that the document uses."""
    match = re.search(rb"</((?:\w+:)?)" + tag.encode() + rb"\s*>", data)
    assert match is not None
    prefix = match.group(1).decode()
    text = re.sub(r"<(Relationship|Override)\b", rf"<{prefix}\1", text)
    return data[: match.start()] + text.encode() + data[match.start() :]


def _plain_sheet(rows: Iterable[Sequence[str]], main: str) -> bytes:
    body = "".join(
        f'<row r="{r}">'
        + "".join(_cell("", f"{column_letters(c)}{r}", text, "") for c, text in enumerate(row, 1) if text)
        + "</row>"
        for r, row in enumerate(rows, 1)
    )
    cols = f'<cols><col min="1" max="8" width="{_WIDTH}" customWidth="1"/></cols>'
    sheet = f'<worksheet xmlns="{main}">{cols}<sheetData>{body}</sheetData></worksheet>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{sheet}'.encode()
