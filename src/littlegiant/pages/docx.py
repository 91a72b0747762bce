"""Elements to a document of an office program (.docx), for people who edit and hand on."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from littlegiant.pages.element import Element

_FONT = {"zh": "Microsoft YaHei", "en": "Calibri"}
_FIXED = (1980, 1, 1, 0, 0, 0)  # no clock in the file


def document(title: str, lead: str, elements: Sequence[Element], footers: Sequence[str], language: str) -> bytes:
    """Return the bytes of a document with the elements one below the other."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    made: Any = docx.Document()
    made.core_properties.title, made.core_properties.author, made.core_properties.comments = title, "littlegiant", ""
    for section in made.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(1.8)
    for name in ("Normal", "Title", "Heading 1", "List Bullet"):
        style = made.styles[name]
        style.font.name = _FONT[language]
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT["zh"])
    made.styles["Normal"].font.size = Pt(10)
    made.styles["Title"].font.size = Pt(18)
    made.styles["Heading 1"].font.size = Pt(12.5)
    made.add_paragraph(title, style="Title")
    made.add_paragraph(lead)
    for element in elements:
        _add(made, element)
    for text in footers:
        made.add_paragraph(text).runs[0].font.size = Pt(8)
    buffer = io.BytesIO()
    made.save(buffer)
    return _without_clock(buffer.getvalue())


def _add(made: Any, element: Element) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    made.add_paragraph(element.title, style="Heading 1")
    made.add_paragraph(element.sentence)
    if element.chart:
        import vl_convert

        made.add_picture(io.BytesIO(vl_convert.svg_to_png(element.chart, scale=2)), width=Cm(15.5))
    if element.rows:
        table = made.add_table(rows=1, cols=len(element.columns), style="Light Grid Accent 1")
        for cell, column in zip(table.rows[0].cells, element.columns, strict=True):
            cell.text = column.heading
        for row in element.rows:
            for cell, column in zip(table.add_row().cells, element.columns, strict=True):
                value = row.get(column.key)
                cell.text = "–" if value is None else f"{value:,}" if column.number and isinstance(value, int) else str(value)
                if column.number:
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        for cell in (cell for row in table.rows for cell in row.cells):
            for run in cell.paragraphs[0].runs:
                run.font.size = Pt(9)
    for note in element.notes:
        made.add_paragraph(note, style="List Bullet")


def _without_clock(data: bytes) -> bytes:
    """Return the same archive with a fixed date on every part."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as copy:
        for info in archive.infolist():
            copy.writestr(zipfile.ZipInfo(info.filename, _FIXED), archive.read(info), compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
