"""The memo beside the workbook: two pages an officer can hand on, as a document of the office and as a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from littlegiant.assessment import Assessment, Summary
from littlegiant.assessment.report import elements
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element, document, page
from littlegiant.words import Language, date_text, say, text_in

_SHOWN = {"outcomes": 6, "binding": 8, "worklist": 8}  # two pages hold so many rows


@dataclass(frozen=True)
class Memo:
    """What the memo speaks of."""

    workbook: str
    sheet: str
    assessment: Assessment
    summary: Summary
    pack: Pack
    language: Language
    remarks: Mapping[str, int]
    title: str


def write_memo(memo: Memo, stem: Path) -> tuple[Path, ...]:
    """Write the memo as .docx and .html beside each other; return both paths."""
    found = list(_elements(memo))
    language = memo.language
    lead, notes = _lead(memo), [say("footer_how", language), _digests(memo)]
    docx, html = stem.with_name(stem.name + ".docx"), stem.with_name(stem.name + ".html")
    docx.write_bytes(document(memo.title, lead, found, notes, language))
    text = page({language: memo.title}, {language: lead}, {language: found}, banners={language: []}, footers={language: notes})
    html.write_text(text, encoding="utf-8")
    return docx, html


def _lead(memo: Memo) -> str:
    compiled = memo.assessment.compiled
    application = next(text_in(a.title, memo.language) for a in memo.pack.header.applications if a.id == compiled.application)
    lead = say(
        "lead",
        memo.language,
        standard=text_in(compiled.standard.title, memo.language),
        number=compiled.standard.law.number,
        application=application,
        date=date_text(compiled.reference_date, memo.language),
        year=memo.assessment.year,
    )
    return f"{lead} {say('list_source', memo.language, workbook=memo.workbook, sheet=memo.sheet)}"


def _digests(memo: Memo) -> str:
    from littlegiant import __version__

    compiled = memo.assessment.compiled
    return say(
        "footer_digests",
        memo.language,
        register=memo.assessment.register.digest,
        fingerprint=compiled.fingerprint,
        version=__version__,
    )


def _elements(memo: Memo) -> list[Element]:
    reported = {element.id: element for element in elements(memo.summary, memo.assessment, memo.pack, memo.language)}
    chosen = [_shortened(reported[id], most) for id, most in _SHOWN.items() if id in reported]
    rows = [{"why": why, "count": count} for why, count in list(memo.remarks.items())[:10]]
    columns = [Column("why", say("list_col_why", memo.language)), Column("count", say("list_count", memo.language), True)]
    sentence = say("list_remarks" if rows else "list_nothing", memo.language, count=sum(memo.remarks.values()))
    return [*chosen, Element("remarks", say("list_sheet", memo.language), sentence, columns, rows)]


def _shortened(element: Element, most: int) -> Element:
    chart = element.chart if element.id == "outcomes" else ""
    return Element(element.id, element.title, element.sentence, element.columns, element.rows[:most], chart, element.notes[:2])
