"""The form as a spreadsheet: written to be filled in, read back with every mistake by row and column."""

import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine

from littlegiant.assessment.forms import FormQuestion, help_text
from littlegiant.assessment.subjects import CaseFacts, stored_value
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion, world_failed
from littlegiant.register.reading import sheet_rows
from littlegiant.standards import Compiled, Item
from littlegiant.words import LANGUAGES, Language, exact_number, say, text_in

_COLUMNS = ("id", "question", "year", "answer", "unit", "help", "asked_for")
_WIDTHS = (4, 46, 8, 22, 12, 60, 60)
_YES, _NO = ("y", "yes", "true", "1", "是", "有"), ("n", "no", "false", "0", "否", "无")
_DATE = re.compile(r"^\s*(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?\s*$")


def write_form(questions: Sequence[FormQuestion], compiled: Compiled, language: Language, to: Path) -> None:
    """Write the workbook beside its place first."""
    import xlsxwriter

    beside = to.with_name(f".{to.stem}.{os.getpid()}.part.xlsx")
    try:
        with xlsxwriter.Workbook(str(beside), {"in_memory": True}) as book:
            book.set_properties({"title": compiled.standard.standard, "created": datetime(2000, 1, 1)})
            _fill(book, questions, compiled, language)
        os.replace(beside, to)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        beside.unlink(missing_ok=True)
        raise world_failed(str(to), str(error), "Choose another --out.") from error


def _fill(book: Any, questions: Sequence[FormQuestion], compiled: Compiled, language: Language) -> None:
    sheet = book.add_worksheet(say("form_sheet", language))
    head, wrap = book.add_format({"bold": True, "bottom": 1}), book.add_format({"text_wrap": True, "valign": "top"})
    answer, soft = (
        book.add_format({"bg_color": "#fff8e1", "border": 1, "valign": "top"}),
        book.add_format({"font_color": "#888888"}),
    )
    sheet.write(0, 0, f"{text_in(compiled.standard.title, language)} {compiled.standard.version}", head)
    sheet.write(1, 0, say("form_how", language))
    for column, (name, width) in enumerate(zip(_COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write(3, column, say(f"form_{name}", language), head)
    for row, question in enumerate(questions, start=4):
        sheet.write(row, 0, question.id, soft)
        sheet.write(row, 1, question.title, wrap)
        sheet.write(row, 2, question.year or "")
        sheet.write_blank(row, 3, None, answer)
        sheet.write(row, 4, question.unit)
        sheet.write(row, 5, help_text(question, language), wrap)
        sheet.write(row, 6, say("joint", language).join(question.asked_for), wrap)
        choices = [say("word_yes", language), say("word_no", language)] if question.kind == "boolean" else list(question.choices)
        if choices and len(",".join(choices)) <= 255:
            sheet.data_validation(row, 3, row, 3, {"validate": "list", "source": choices})
    sheet.freeze_panes(4, 4)


def read_form(path: Path, questions: Sequence[FormQuestion], compiled: Compiled, pack: Pack) -> tuple[CaseFacts, list[str]]:
    """Return the answers as a case, and what seems to stand in another unit; raises with all mistakes at once."""
    reader = _Reader(path, {question.id: question for question in questions}, compiled, pack)
    values = reader.values()
    if reader.problems:
        raise LittleGiantError(reader.problems)
    facts: dict[str, Any] = {}
    findings: dict[str, Any] = {}
    titles: list[str] | None = None
    for item, value in values.items():
        if item.source == "title":
            titles = [*(titles or []), *([item.name.removeprefix("holds:")] if value else [])]
            continue
        into = findings if item.is_finding else facts
        if item.yearly:
            years = into.setdefault(item.name, [])
            years += [None] * (item.back + 1 - len(years))
            years[item.back] = value
        else:
            into[item.name] = value
    return CaseFacts(path.stem, facts, titles, findings), list(reader.doubts(values))


class _Reader:
    def __init__(self, path: Path, questions: Mapping[str, FormQuestion], compiled: Compiled, pack: Pack) -> None:
        self.path, self.questions, self.compiled, self.pack = path, questions, compiled, pack
        self.problems: list[Problem] = []
        self.rows: dict[Item, int] = {}
        try:
            self.sheet, self.merged = sheet_rows(path, path.stat().st_mtime_ns, None)
        except FileNotFoundError:
            refuse(str(path), "no such file", "", "Check the path.", code="missing-file")
        except python_calamine.CalamineError as error:
            remedy = "Save it once more as .xlsx, without a password."
            refuse(str(path), f"a file that cannot be read as a workbook ({error})", "an .xlsx file", remedy, code="workbook")
        self.odd = _without_value(path)

    def values(self) -> dict[Item, Any]:
        start, columns = self._header()
        values: dict[Item, Any] = {}
        for number, row in enumerate(self.sheet[start + 1 :], start=start + 2):
            id = str(row[columns["id"]]).strip()
            if not id:
                continue
            place = f"{self.path.name}, row {number}, column {_letter(columns['answer'])}"
            question = self._question(id, number, columns["answer"], place, values)
            if question is None:
                continue
            self.rows[question.item] = number
            odd = self.odd.get(f"{_letter(columns['answer'])}{number}")
            if odd is not None:
                remedy = "Mend the formula and save the file anew, or write the figure itself."
                self.problems.append(Problem(place, odd, "an answer", remedy, "error-cell"))
                continue
            try:
                unit = row[columns["unit"]] if "unit" in columns else question.unit
                value = self._value(row[columns["answer"]], str(unit).strip(), question, place)
                if value is not None:
                    stored_value(value, question.item, self.compiled, place)
                    values[question.item] = value
            except LittleGiantError as error:
                self.problems += [Problem(place, p.found, p.expected, p.remedy, p.code) for p in error.problems]
        return values

    def _question(self, id: str, number: int, column: int, place: str, values: Mapping[Item, Any]) -> FormQuestion | None:
        """Return the question of a row that can be read; else note why not."""
        question, row = self.questions.get(id), f"{self.path.name}, row {number}"
        if question is None:
            remedy = suggestion(id, self.questions) or "Take the form anew; ids must stay as they were."
            self.problems.append(Problem(row, f"no question {id!r}", "", remedy, "unknown-name"))
        elif question.item in values:
            found = f"the question {id!r} again, after row {self.rows[question.item]}"
            self.problems.append(Problem(row, found, "each once", "Remove one row.", "duplicate-row"))
        elif self._is_merged(number - 1, column):
            remedy = "Split it and answer each row."
            self.problems.append(Problem(place, "a merged cell", "one cell a question", remedy, "merged"))
        else:
            return question
        return None

    def _header(self) -> tuple[int, dict[str, int]]:
        """Find the row of titles and the columns by them, wherever they were moved."""
        words = {say(f"form_{name}", language).lower(): name for name in _COLUMNS for language in LANGUAGES}
        for number, row in enumerate(self.sheet[:30]):
            found = {words[text]: column for column, cell in enumerate(row) if (text := str(cell).strip().lower()) in words}
            if {"id", "answer"} <= set(found):
                return number, found
        titles = " / ".join(dict.fromkeys(say("form_answer", language) for language in LANGUAGES))
        remedy = "Leave the row of titles as it was, or take the form anew."
        refuse(self.path.name, f"no row with the titles id and {titles}", "", remedy, code="no-header")

    def _is_merged(self, row: int, column: int) -> bool:
        return any(top <= row <= bottom and left <= column <= right for (top, left), (bottom, right) in self.merged)

    def _value(self, cell: Any, unit: str, question: FormQuestion, place: str) -> Any:
        text = "" if cell is None else str(cell).strip()
        if isinstance(cell, bool):
            text = "yes" if cell else "no"
        if not text:
            return None
        if question.kind == "boolean":
            low = text.lower().removesuffix(".0")
            if low in _YES or low in _NO:
                return low in _YES
            refuse(place, repr(text), "yes or no", "Leave it empty when you do not know.", code="answer")
        if question.kind == "date":
            return _date(cell, text, place)
        if question.kind in ("money", "number", "share", "count"):
            return self._number(text, unit, question, place)
        return text.upper() if question.choices and text.upper() in question.choices else text.removesuffix(".0")

    def _number(self, text: str, unit: str, question: FormQuestion, place: str) -> Decimal:
        per_cent = text.endswith(("%", "％"))
        try:
            number = Decimal(text.rstrip("%％ ").replace(",", "").replace("，", ""))
        except InvalidOperation:
            refuse(place, repr(text), "a number", "Write digits only; the unit stands beside it.", code="answer")
        if question.unit == "%":
            if unit and unit not in ("%", "％"):
                refuse(place, f"the unit {unit!r}", "%", "Answer in per cent.", code="unit")
            return number / 100
        if per_cent:
            refuse(place, repr(text), f"a number in {question.unit or 'units'}", "Write it without %.", code="unit")
        if question.kind == "money" and unit != question.unit:
            factors = {word: m.factor for m in self.pack.header.currency.multiples for word in (m.unit, *m.title.values())}
            if unit not in factors:
                remedy = suggestion(unit, factors) or f"Known units: {', '.join(factors)}."
                refuse(place, f"the unit {unit!r}", question.unit, remedy, code="unit")
            return number * factors[unit]
        return number

    def doubts(self, values: Mapping[Item, Any]) -> Iterator[str]:
        """Yield amounts that can hardly be: they seem to stand in another unit."""
        by_id = {item.id: (item, value) for item, value in values.items()}
        plausible = self.pack.plausible
        for ratio in plausible.ratios if plausible is not None else ():
            for back in range(6):
                suffix = f"@{back}" if back else ""
                amount, to = by_id.get(ratio.amount + suffix), by_id.get(ratio.to + suffix)
                if amount is None or to is None or not to[1] or to[1] < ratio.from_ or not amount[1]:
                    continue
                size = Decimal(amount[1]) / Decimal(to[1])
                if (ratio.least is not None and size < ratio.least) or (ratio.most is not None and size > ratio.most):
                    place = f"{self.path.name}, row {self.rows[amount[0]]}"
                    shown = [exact_number(value) for _, value in (amount, to)]
                    yield f"{place}: {ratio.amount} of {shown[0]} beside {ratio.to} of {shown[1]}: is it in another unit?"


def _without_value(path: Path) -> dict[str, str]:
    """Return the cells of the first sheet that hold an error, or a formula that was never computed; they read as empty."""
    found: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
        for _, cell in ElementTree.iterparse(archive.open(names[0])) if names else ():
            if not cell.tag.endswith("}c"):
                continue
            parts = {child.tag.rpartition("}")[2]: child.text or "" for child in cell}
            if cell.get("t") == "e":
                found[cell.get("r", "")] = f"the error {parts.get('v', '')}"
            elif "f" in parts and not parts.get("v"):
                found[cell.get("r", "")] = f"the formula ={parts['f']} without a result"
            cell.clear()
    return found


def _date(cell: Any, text: str, place: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = _DATE.match(text.removesuffix(".0"))
    if found is not None:
        try:
            return date(*(int(part) for part in found.groups()))
        except ValueError:
            pass
    refuse(place, repr(text), "a date", "Write it as 2019-05-01.", code="answer")


def _letter(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
