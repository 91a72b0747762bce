"""The officer's door: a workbook in, the same workbook out with result, clause, figure and what to ask for; and a memo."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from littlegiant.assessment import Assessment, assess, summarise
from littlegiant.assessment.short_reasons import ShortReasons, short_reasons
from littlegiant.assessment.told import told_doubt, told_link
from littlegiant.documents import Document
from littlegiant.documents.document import parse_document
from littlegiant.listing.memo import Memo, write_memo
from littlegiant.listing.proposal import Proposal, mapping_of, mapping_text
from littlegiant.listing.workbook import OpenSheet, annotate, column_letters, open_sheet, open_workbook
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, refuse, world_failed
from littlegiant.register import import_register, open_register, read_mapping
from littlegiant.register.keys import row_keys
from littlegiant.register.mapping import Mapping as RegisterMapping
from littlegiant.register.mapping import Source, check_mapping
from littlegiant.register.reading import read_source
from littlegiant.standards import compile_applying
from littlegiant.words import Language, say, text_in

COLUMNS = ("result", "clauses", "figures", "ask", "findings", "doubts")


@dataclass(frozen=True)
class Question:
    """What the workbook is to be judged by."""

    standard: str
    on: date
    application: str
    year: int
    version: str | None
    language: Language


@dataclass(frozen=True)
class Listed:
    """What was written, and the counts."""

    workbook: Path
    memo: tuple[Path, ...]
    mapping: Path | None
    outcomes: Mapping[str, int]
    rows_set_aside: int
    doubts: int


@dataclass(frozen=True)
class _Remark:
    """Something set aside or doubted: where, what, why."""

    row: int | None
    firm: str
    column: str
    value: str
    why: str


def list_workbook(
    workbook: Path,
    mapping: Document[RegisterMapping],
    question: Question,
    pack: Pack,
    out: Path,
    *,
    keep_mapping: str | None = None,
) -> Listed:
    """Judge the firms of `workbook` as `mapping` reads it and write workbook and memo to the folder `out`.

    The file itself is never changed; `out` must be another folder, or give the copy another name there.
    """
    archive = open_workbook(workbook)
    source = next(iter(mapping.value.sources.values()))
    name = source.sheet or first_sheet(workbook)
    to = out / f"{workbook.stem}-{say('list_suffix', question.language)}{workbook.suffix}"
    if to.resolve() == workbook.resolve():
        refuse(str(to), "the workbook itself", "another file", "Choose another --out.", code="in-place")
    with _folder(out), tempfile.TemporaryDirectory(prefix=".littlegiant-", dir=out) as scratch:
        register_path = Path(scratch) / "register"
        import_register(mapping, workbook.parent, pack, register_path)
        assessment = _judge(register_path, workbook.name, question, pack)
        answers = {answer.case: answer for answer in short_reasons(assessment, pack, question.language)}
        rows, judged = _rows_of_firms(source, workbook, question.year)
        sheet = open_sheet(archive, name, source.header_row + source.header_rows - 1)
        remarks = _Remarks(register_path, mapping.value, pack, question, sheet, rows, judged)
        told = sorted(judged | (remarks.set_aside & rows.keys()))
        cells = {row: _cells(answers.get(rows[row]), remarks, row, rows[row], question.language) for row in told}
        titles = [say(f"list_{name}", question.language) for name in COLUMNS]
        more = {say("list_sheet", question.language): remarks.sheet()}
        beside = Path(scratch)
        annotate(sheet, beside / to.name, titles=titles, cells=cells, more=more)
        summary = summarise(assessment, pack)
        memo = Memo(
            workbook.name,
            name,
            assessment,
            summary,
            pack,
            question.language,
            remarks.counts(),
            text_in(assessment.compiled.standard.title, question.language),
        )
        written = write_memo(memo, beside / f"{workbook.stem}-{say('list_memo', question.language)}")
        made = [beside / to.name, *written]
        if keep_mapping is not None:
            made.append(beside / f"{workbook.stem}.mapping.yaml")
            made[-1].write_text(keep_mapping, encoding="utf-8")
        placed = [_moved(path, out) for path in made]  # all is made before anything is put into its place
    memo_files, kept = tuple(placed[1:3]), placed[3] if keep_mapping is not None else None
    outcomes: dict[str, int] = {}
    for answer in answers.values():
        key = "open_findings" if answer.open == "finding" else answer.outcome
        outcomes[key] = outcomes.get(key, 0) + 1
    return Listed(to, memo_files, kept, outcomes, remarks.rows_set_aside, remarks.doubted)


@contextmanager
def _folder(out: Path) -> Iterator[None]:
    """Make the folder `out`; where nothing comes of it, take it away again."""
    there = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if not there and not any(out.iterdir()):
            out.rmdir()
        raise


def _moved(path: Path, folder: Path) -> Path:
    try:
        os.replace(path, folder / path.name)
    except OSError as error:
        remedy = "Close the file in other programs, or choose another --out."
        raise world_failed(str(folder / path.name), error.strerror or str(error), remedy) from error
    return folder / path.name


def first_sheet(workbook: Path) -> str:
    import python_calamine

    return python_calamine.load_workbook(str(workbook)).sheet_names[0]


def saved_mapping(path: Path, workbook: Path, pack: Pack, sheet: str | None = None) -> Document[RegisterMapping]:
    """Return a mapping that an earlier run saved, turned to `workbook` (and `sheet`); raises for one of other files."""
    document = read_mapping(path, pack)
    others = [id for id, source in document.value.sources.items() if source.format != "xlsx"]
    if others:
        place = document.place("sources", others[0])
        refuse(place, "a source that is no workbook", "format: xlsx", "Use `register import`.", code="format")
    return _turned(document, workbook, sheet)


def proposed_mapping(proposal: Proposal, pack: Pack) -> tuple[Document[RegisterMapping], str]:
    """Return the mapping of a proposal and its text, to be saved for next time."""
    text = mapping_text(mapping_of(proposal, pack))
    document = parse_document(text.encode(), RegisterMapping, f"{proposal.workbook.stem}.mapping.yaml")
    return check_mapping(document, pack), text


def _turned(document: Document[RegisterMapping], workbook: Path, sheet: str | None) -> Document[RegisterMapping]:
    """Return the mapping for another file of the same shape: next month's has another name."""
    change = {"file": workbook.name, **({"sheet": sheet} if sheet is not None else {})}
    sources = {id: source.model_copy(update=change) for id, source in document.value.sources.items()}
    return replace(document, value=document.value.model_copy(update={"sources": sources}))


def _judge(register: Path, name: str, question: Question, pack: Pack) -> Assessment:
    compiled = compile_applying(
        pack, question.standard, on=question.on, application=question.application, version=question.version
    )
    try:
        return assess(open_register(register), compiled, year=question.year)
    except LittleGiantError as error:
        if error.problems[0].code != "no-year":
            raise
        remedy = "Say which year is judged with --year, or correct the years of the columns."
        raise LittleGiantError([replace(error.problems[0], place=name, remedy=remedy)]) from error


def _rows_of_firms(source: Source, workbook: Path, year: int) -> tuple[dict[int, str], set[int]]:
    """Return the firm of each row of the sheet, and which rows are judged: of a long sheet those of the judged year."""
    slim = source.model_copy(update={"facts": {}, "titles": {}, "keep": (), "reject": ()})
    keys = row_keys(source, read_source(slim, workbook.parent))
    judged = {row for row, _, given in keys if source.key.year_column is None or given == year}
    return {row: firm for row, firm, _ in keys}, judged


def _cells(answer: ShortReasons | None, remarks: "_Remarks", row: int, firm: str, language: Language) -> list[str]:
    joint = "；\n" if language == "zh" else ";\n"
    doubts = joint.join(remarks.of(row, firm))
    if answer is None or remarks.is_set_aside(row):
        return [say("list_not_judged", language), "", "", "", "", doubts]
    parts = (answer.clauses, answer.figures, answer.ask, answer.findings)
    return [answer.result, *(joint.join(part) for part in parts), doubts]


class _Remarks:
    """What was set aside or doubted, by row and firm, and the sheet that lists it all."""

    def __init__(
        self,
        register: Path,
        mapping: RegisterMapping,
        pack: Pack,
        question: Question,
        sheet: OpenSheet,
        rows: Mapping[int, str],
        judged: set[int],
    ) -> None:
        self.language, self.pack = question.language, pack
        self.rows = rows
        self.first_row: dict[str, int] = {}
        for row, firm in sorted(rows.items(), key=lambda one: (one[0] not in judged, one[0])):
            self.first_row.setdefault(firm, row)
        rejects = _table(register, "rejects")
        reasons = {
            test.reason.get("en", test.column): text_in(test.reason, self.language)
            for each in mapping.sources.values()
            for test in each.reject
            if test.reason
        }
        whole = {(r["row"], r["rule"]): r["value"] or "" for r in sorted(rejects, key=str) if r["column"] is None}
        self.whole_rows = sorted((row, self._told(value, reasons), rule) for (row, rule), value in whole.items())
        self.values = sorted({(r["row"], r["column"], r["value"] or "", r["rule"]) for r in rejects if r["column"] is not None})
        self.doubts = _table(register, "doubts")
        self.alike = _table(register, "alike")
        self.errors = dict(sheet.findings.errors)
        self.uncalculated = sorted(sheet.findings.uncalculated)
        self.remarks = list(self._all())
        self.by_row: dict[int, list[str]] = {}
        for remark in self.remarks:
            if remark.row is not None:
                self.by_row.setdefault(remark.row, []).append(self._short(remark))
        self.set_aside = {row for row, _, _ in self.whole_rows}
        self.rows_set_aside = len(self.set_aside)
        self.doubted = len(self.doubts) + len(self.errors) + len(self.uncalculated) + len(self.values)

    def _told(self, value: str, reasons: Mapping[str, str]) -> str:
        """Return why a row was set aside as people read it: the reason of the mapping, or the rows that share a number."""
        _, sign, rows = value.partition(", rows ")
        return self._say("list_rows", rows=rows) if sign else reasons.get(value, value)

    def _say(self, code: str, **values: object) -> str:
        return say(code, self.language, **values)

    def _all(self) -> Sequence[_Remark]:
        found = []
        for row, value, rule in self.whole_rows:
            found.append(_Remark(row, self.rows.get(row, ""), "", value, self._say(f"list_rule_{rule}")))
        for row, column, value, rule in self.values:
            found.append(_Remark(row, self.rows.get(row, ""), column, value, self._say(f"gap_{rule}")))
        for (row, column), error in sorted(self.errors.items()):
            found.append(_Remark(row, self.rows.get(row, ""), column_letters(column), error, self._say("list_error_cell")))
        for row, column in self.uncalculated:
            found.append(_Remark(row, self.rows.get(row, ""), column_letters(column), "", self._say("list_uncalculated")))
        told = [(doubt["firm"], told_doubt(doubt, self.pack, self.language)) for doubt in self.doubts]
        told += [(link["firm"], told_link(link, self.pack, self.language)) for link in self.alike]
        found += [_Remark(self.first_row.get(firm), firm, one.what, one.value, one.why) for firm, one in told]
        return found

    def _short(self, remark: _Remark) -> str:
        parts = [part for part in (remark.column, remark.value) if part]
        return f"{remark.why}{'：' if self.language == 'zh' else ': '}{' '.join(parts)}" if parts else remark.why

    def of(self, row: int, firm: str) -> list[str]:
        return list(dict.fromkeys(self.by_row.get(row, [])))

    def is_set_aside(self, row: int) -> bool:
        return row in self.set_aside

    def sheet(self) -> list[list[str]]:
        """Return the sheet of what was set aside or doubted; a sentence where there is nothing."""
        head = [self._say(f"list_col_{name}") for name in ("row", "firm", "what", "value", "why")]
        body = [[str(r.row or ""), r.firm, r.column, r.value, r.why] for r in self.remarks]
        return [head, *body] if body else [head, [self._say("list_nothing")]]

    def counts(self) -> dict[str, int]:
        """Return how many remarks there are of each kind, the commonest first."""
        found: dict[str, int] = {}
        for remark in self.remarks:
            found[remark.why] = found.get(remark.why, 0) + 1
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _table(register: Path, name: str) -> list[dict[str, Any]]:
    path = register / f"{name}.parquet"
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist() if path.is_file() else []
    return rows
