"""A form asks what a standard reads and nothing else; what is filled in comes back as meant, or is told by its cell."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from littlegiant.assessment.form_workbook import read_form, write_form
from littlegiant.assessment.forms import FormQuestion, form_page, form_pdf, form_questions, form_schema
from littlegiant.assessment.judging import Judge
from littlegiant.assessment.worked_cases import resolve_case
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Compiled, Standard, compile_applying
from littlegiant.words import Language

PACK, DAY, YEAR = open_pack("cn"), date(2026, 5, 25), 2025
RULES = [
    ("technology-sme", "2017", "new"),
    ("innovative-sme", "2022", "new"),
    ("srdi", "2022", "new"),
    ("srdi", "2026", "re-review"),
    ("little-giant", "2022", "new"),
    ("little-giant", "2026", "re-review"),
]


def rule(id: str, version: str, application: str = "new") -> Compiled:
    return compile_applying(PACK, id, on=DAY, application=application, version=version)


def questions_of(compiled: Compiled, language: Language = "en") -> list[FormQuestion]:
    return form_questions(compiled, PACK, language, YEAR)


@pytest.mark.parametrize(("id", "version", "application"), RULES)
def test_the_questions_are_what_the_rules_read(id: str, version: str, application: str) -> None:
    compiled = rule(id, version, application)
    assert {question.item for question in questions_of(compiled)} == set(compiled.items)
    assert all(question.asked_for for question in questions_of(compiled))


def test_a_fact_of_one_band_is_asked_under_its_condition() -> None:
    found = {question.id: question for question in questions_of(rule("little-giant", "2022"))}
    assert found["rd_staff"].only_if == "revenue < 50000000"
    assert found["revenue"].only_if == ""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("id", "version", "application"), RULES)
def test_a_worked_case_filled_in_comes_back_with_its_result(
    tmp_path: Path, id: str, version: str, application: str, language: Language
) -> None:
    document = PACK.version(Standard, "standards", id, version)
    case = next(c for c in document.value.cases if c.like is None)
    worked = resolve_case(case, document)
    compiled = compile_applying(
        PACK, id, on=worked.reference_date, application=worked.application, version=version, notices=worked.notices
    )
    questions = form_questions(compiled, PACK, language, YEAR)
    write_form(questions, compiled, language, tmp_path / "form.xlsx")
    _fill(tmp_path / "form.xlsx", {q.id: _told(worked.facts.value(q.item), q, language) for q in questions})
    answers, doubts = read_form(tmp_path / "form.xlsx", questions, compiled, PACK)
    judge = Judge(compiled)
    (expected,) = judge.judge([worked.facts])
    (got,) = judge.judge([answers.__class__(expected.case, answers.facts, answers.titles, answers.findings)])
    assert got == expected
    assert doubts == []


def _told(value: Any, question: FormQuestion, language: Language) -> Any:
    if value is None:
        return None
    if isinstance(value, bool):
        return {"zh": ("否", "是"), "en": ("no", "yes")}[language][value]
    if question.unit == "%":
        return str(Decimal(str(value)) * 100)
    return str(value) if isinstance(value, Decimal) else value


def _fill(path: Path, answers: dict[str, Any], unit: dict[str, str] | None = None) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    for row in range(5, sheet.max_row + 1):
        id = sheet.cell(row, 1).value
        sheet.cell(row, 4).value = answers.get(str(id))
        if unit and str(id) in unit:
            sheet.cell(row, 5).value = unit[str(id)]
    book.save(path)


@pytest.fixture
def form(tmp_path: Path) -> tuple[Path, list[FormQuestion], Compiled]:
    compiled = rule("srdi", "2026")
    questions = questions_of(compiled)
    write_form(questions, compiled, "en", tmp_path / "form.xlsx")
    return tmp_path / "form.xlsx", questions, compiled


def test_an_empty_form_is_a_firm_of_which_nothing_is_known(form: tuple[Path, list[FormQuestion], Compiled]) -> None:
    path, questions, compiled = form
    case, _ = read_form(path, questions, compiled, PACK)
    (judged,) = Judge(compiled).judge([case])
    assert judged.outcome == "undetermined"
    assert case.titles is None


def test_units_that_officers_use_are_read(form: tuple[Path, list[FormQuestion], Compiled]) -> None:
    path, questions, compiled = form
    _fill(
        path,
        {"revenue": 8000, "revenue@1": "7,500", "assets": 1.2},
        {"revenue": "万元", "revenue@1": "10k CNY", "assets": "亿元"},
    )
    case, _ = read_form(path, questions, compiled, PACK)
    assert case.facts["revenue"] == [80_000_000, 75_000_000]
    assert case.facts["assets"] == [120_000_000]


def test_an_amount_in_the_wrong_unit_is_doubted_by_its_row(form: tuple[Path, list[FormQuestion], Compiled]) -> None:
    path, questions, compiled = form
    _fill(path, {"revenue": 8000, "staff": 120})
    _, doubts = read_form(path, questions, compiled, PACK)
    assert len(doubts) == 1
    assert "revenue of 8,000 beside staff of 120" in doubts[0]


def test_moved_columns_are_found_by_their_titles(form: tuple[Path, list[FormQuestion], Compiled]) -> None:
    path, questions, compiled = form
    _fill(path, {"revenue": 80_000_000})
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    sheet.insert_cols(1, 2)
    sheet.insert_rows(1, 3)
    book.save(path)
    case, _ = read_form(path, questions, compiled, PACK)
    assert case.facts["revenue"] == [80_000_000]


@pytest.mark.parametrize(
    ("id", "answer", "unit", "told"),
    [
        ("revenue", "eight", None, "row {row}, column D: found 'eight', expected a number"),
        ("revenue", 80, "pounds", "row {row}, column D: found the unit 'pounds'"),
        ("revenue", "80 %", None, "Write it without %"),
        ("revenue", -5, None, "expected a value from 0"),
        ("revenue", "#REF!", None, "found the error #REF!"),
        ("revenue", "=B7*2", None, "found the formula =B7*2 without a result"),
        ("on_adverse_list", "perhaps", None, "expected yes or no"),
        ("sector", "X99", None, "expected a code that begins"),
    ],
)
def test_a_mistake_is_told_by_its_cell(
    form: tuple[Path, list[FormQuestion], Compiled], id: str, answer: Any, unit: str | None, told: str
) -> None:
    path, questions, compiled = form
    _fill(path, {id: answer}, {id: unit} if unit else None)
    with pytest.raises(LittleGiantError) as caught:
        read_form(path, questions, compiled, PACK)
    row = [question.id for question in questions].index(id) + 5
    assert told.format(row=row) in str(caught.value)


def test_all_mistakes_are_told_at_once(form: tuple[Path, list[FormQuestion], Compiled]) -> None:
    path, questions, compiled = form
    _fill(path, {"revenue": "eight", "staff": "many", "on_adverse_list": "perhaps"})
    with pytest.raises(LittleGiantError) as caught:
        read_form(path, questions, compiled, PACK)
    assert len(caught.value.problems) == 3


def test_merged_double_and_unknown_rows_are_told(form: tuple[Path, list[FormQuestion], Compiled]) -> None:
    path, questions, compiled = form
    _fill(path, {"revenue": 80_000_000})
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    last = sheet.max_row
    sheet.cell(last + 1, 1).value, sheet.cell(last + 1, 4).value = "revenue", 1
    sheet.cell(last + 2, 1).value = "revenu"
    sheet.merge_cells(start_row=8, end_row=9, start_column=4, end_column=4)
    book.save(path)
    with pytest.raises(LittleGiantError) as caught:
        read_form(path, questions, compiled, PACK)
    told = str(caught.value)
    assert "'revenue' again" in told
    assert "Did you mean 'revenue'" in told
    assert told.count("a merged cell") == 2


@pytest.mark.parametrize("answer", ["2015-03-01", "2015/3/1", "2015.03.01", "20150301", "2015年3月1日", date(2015, 3, 1)])
def test_dates_are_read_as_people_write_them(tmp_path: Path, answer: Any) -> None:
    pack = open_pack(Path(PACK.path).parent / "_template")
    compiled = compile_applying(pack, "rising-star", on=DAY, application="new")
    questions = form_questions(compiled, pack, "en", YEAR)
    write_form(questions, compiled, "en", tmp_path / "form.xlsx")
    _fill(tmp_path / "form.xlsx", {"founded": answer})
    case, _ = read_form(tmp_path / "form.xlsx", questions, compiled, pack)
    assert case.facts["founded"] == date(2015, 3, 1)


def test_a_file_that_is_no_form_says_so(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    compiled = rule("srdi", "2026")
    with pytest.raises(LittleGiantError, match="no row with the titles id"):
        read_form(tmp_path / "other.xlsx", questions_of(compiled), compiled, PACK)


def test_a_file_that_is_no_workbook_says_so(tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").write_text("not a workbook", encoding="utf-8")
    compiled = rule("srdi", "2026")
    with pytest.raises(LittleGiantError, match="cannot be read as a workbook"):
        read_form(tmp_path / "form.xlsx", questions_of(compiled), compiled, PACK)


@pytest.mark.parametrize(("id", "version", "application"), RULES)
def test_the_schema_has_every_question_and_its_types(id: str, version: str, application: str) -> None:
    compiled = rule(id, version, application)
    schema = json.loads(json.dumps(form_schema(questions_of(compiled), compiled, PACK, "en")))
    named = {*schema["properties"]["facts"]["properties"], *schema["properties"]["findings"]["properties"]}
    assert named == {item.name for item in compiled.items if item.source != "title"}
    tiers = set(schema["properties"]["titles"]["items"]["enum"])
    assert tiers == {item.name.removeprefix("holds:") for item in compiled.items if item.source == "title"}
    revenue = schema["properties"]["facts"]["properties"]["revenue"]
    assert revenue["prefixItems"][0]["multipleOf"] == 0.01


def test_the_page_asks_everything_in_one_language() -> None:
    compiled = rule("little-giant", "2026")
    text = form_page(questions_of(compiled, "zh"), compiled, PACK, "zh")
    assert all(question.title in text for question in questions_of(compiled, "zh"))
    assert "☐ 是" in text


def test_the_pdf_is_the_same_on_every_run_and_holds_its_fonts() -> None:
    compiled = rule("srdi", "2026")
    first, again = (form_pdf(questions_of(compiled), compiled, PACK, "en") for _ in range(2))
    assert first == again
    assert first.startswith(b"%PDF-")
    assert b"/FontFile" in first
    assert first != form_pdf(questions_of(rule("srdi", "2022")), rule("srdi", "2022"), PACK, "en")


def test_chinese_without_a_chinese_font_is_refused_and_not_drawn_as_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("littlegiant.pages.pdf._FOR_ZH", ("No Such Font",))
    compiled = rule("srdi", "2026")
    with pytest.raises(LittleGiantError, match="fonts-noto-cjk"):
        form_pdf(questions_of(compiled, "zh"), compiled, PACK, "zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_evidence_is_named_in_words(language: Language) -> None:
    told = {text for question in questions_of(rule("little-giant", "2022"), language) for text in question.evidence}
    assert told
    assert not any("_" in text for text in told)
    assert PACK.evidence_title("no_such_thing", language) == "no such thing"  # a code without a title is shown as words
