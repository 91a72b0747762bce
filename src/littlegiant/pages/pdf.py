"""Elements to a PDF to be printed: the same bytes on every run, with the fonts of the machine that draws."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from littlegiant.pages.element import Element
from littlegiant.problems import refuse

_FOR_ZH = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimSun")
_LATIN = ("Libertinus Serif",)  # comes with the typesetter
_FIXED = datetime(1980, 1, 1, tzinfo=UTC)  # no clock in the file
_WORD = re.compile(r"[!-~]+")  # what is not broken between two lines
_LONGEST = 30  # characters beyond which a column asks for no more room


def printed(
    title: str, lead: str, elements: Sequence[Element], *, banners: Sequence[str], footers: Sequence[str], language: str
) -> bytes:
    """Return the bytes of a PDF. Text in zh needs a font for it on this machine and is refused without one."""
    import typst

    fonts = typst.Fonts()
    found = [name for name in _FOR_ZH if name in fonts.families()]
    if language == "zh" and not found:
        remedy = "Install Noto Sans CJK (Debian: fonts-noto-cjk), or write HTML."
        refuse("PDF", "no font for zh on this machine", "one of " + ", ".join(_FOR_ZH), remedy, code="no-font")
    given = {
        "title": title,
        "lead": lead,
        "lang": language,
        "fonts": [*found[:1], *_LATIN] if language == "zh" else [*_LATIN, *found[:1]],
        "banners": list(banners),
        "elements": [_element(element) for element in elements],
        "footers": list(footers),
    }
    template = resources.files("littlegiant.pages").joinpath("page.typ").read_bytes()
    made: Any = typst.compile(
        template, format="pdf", font_paths=fonts, sys_inputs={"given": json.dumps(given, ensure_ascii=False)}, timestamp=_FIXED
    )
    return bytes(made)


def _element(element: Element) -> dict[str, Any]:
    rows = [[_cell(row.get(column.key), column.number) for column in element.columns] for row in element.rows]
    texts = [[column.heading, *(row[n] for row in rows)] for n, column in enumerate(element.columns)]
    return {
        "title": element.title,
        "sentence": element.sentence,
        "chart": element.chart,
        "headings": [column.heading for column in element.columns],
        "numbers": [column.number for column in element.columns],
        "widths": [_width(column) for column in texts],
        "rows": rows,
        "notes": list(element.notes),
    }


def _width(texts: Sequence[str]) -> int:
    """Return the share of the line that a column asks for: its longest text up to a limit, no word ever cut."""
    words = (word for text in texts for word in _WORD.findall(text))
    return max(6, max((len(word) for word in words), default=0) + 2, min(max(map(len, texts)), _LONGEST))


def _cell(value: object, number: bool) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if number and isinstance(value, int) else str(value)
