"""The standards that ship: their worked cases, versions by date, slots, thresholds, and one place for each number."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from littlegiant.assessment import CaseFacts, CaseResult, Judge, explain, resolve_case, run_cases
from littlegiant.documents import Document
from littlegiant.packs import Pack, open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Compiled, Standard, compile_standard, find_notices, find_standard, query
from littlegiant.words import Language, exact_number, money, percent

PACK = open_pack("cn")
ID = "little-giant"
DAYS = {"2022": date(2025, 5, 16), "2026": date(2026, 5, 25)}
LITTLE_GIANTS = [
    (ID, "2022", "new", date(2025, 5, 16), ()),
    (ID, "2022", "new", date(2025, 5, 16), ("little-giant-2025",)),
    (ID, "2022", "re-review", date(2025, 5, 16), ("little-giant-2025",)),
    (ID, "2026", "new", date(2026, 5, 25), ()),
    (ID, "2026", "new", date(2026, 5, 25), ("little-giant-2026",)),
    (ID, "2026", "re-review", date(2027, 5, 25), ()),
]
SETTINGS = [
    *LITTLE_GIANTS,
    ("innovative-sme", "2022", "new", date(2025, 5, 16), ()),
    ("innovative-sme", "2022", "re-review", date(2026, 5, 25), ()),
    ("technology-sme", "2017", "new", date(2026, 7, 15), ()),
    ("srdi", "2022", "new", date(2025, 5, 16), ()),
    ("srdi", "2022", "re-review", date(2025, 5, 16), ()),
    ("srdi", "2026", "new", date(2026, 5, 25), ()),
    ("srdi", "2026", "re-review", date(2026, 5, 25), ()),
]
TIERS = tuple(dict.fromkeys(setting[:2] for setting in SETTINGS))
OF_INSTRUMENTS = (  # who may have an instrument, and the gate of the award call
    ("guarantee-class-30", "2024"),
    ("guarantee-class-35", "2024"),
    ("guarantee-class-40", "2024"),
    ("high-tech-rate", "2008"),
    ("key-little-giant", "2024"),
    ("listing-neeq", "2023"),
    ("little-giant-title", "2022"),
    ("rd-super-deduction", "2023"),
    ("small-low-profit", "2023"),
    ("technology-relending", "2026"),
    ("vat-extra", "2023"),
)
every_tier = pytest.mark.parametrize(("id", "version"), TIERS)
every_setting = pytest.mark.parametrize(("id", "version", "application", "day", "notices"), SETTINGS)


@cache
def shipped_document(id: str, version: str) -> Document[Standard]:
    return PACK.version(Standard, "standards", id, version)


def document_of(version: str, pack: Pack = PACK, id: str = ID) -> Document[Standard]:
    return shipped_document(id, version) if pack is PACK else pack.version(Standard, "standards", id, version)


def compiled_for(
    version: str,
    application: str = "new",
    day: date | None = None,
    named: tuple[str, ...] = (),
    pack: Pack = PACK,
    id: str = ID,
) -> Compiled:
    day = day or DAYS.get(version, DAYS["2026"])
    document = document_of(version, pack, id)
    notices = find_notices(pack, document, on=day, application=application, named=named)
    return compile_standard(document, pack, application=application, reference_date=day, notices=notices)


@cache
def shipped(id: str, version: str) -> Compiled:
    """The standard as it ships, for new applications."""
    return compiled_for(version, id=id)


def test_all_that_ships_is_tested_here() -> None:
    documents = [document for id in PACK.ids("standards") for document in PACK.versions(Standard, "standards", id)]
    tiers = {(d.value.standard, d.value.version) for d in documents if d.value.kind == "recognition"}
    assert set(TIERS) == tiers
    assert set(OF_INSTRUMENTS) == {
        (d.value.standard, d.value.version) for d in documents if d.value.kind in ("entitlement", "gate")
    }
    applied = {(d.value.standard, d.value.version, v.application) for d in documents for v in d.value.applies}
    assert {setting[:3] for setting in SETTINGS} == {each for each in applied if each[:2] in tiers}


# --- worked cases ------------------------------------------------------------------------------------------------------


@cache
def results(id: str, version: str) -> dict[str, CaseResult]:
    return {result.name: result for result in run_cases(document_of(version, id=id), PACK)}


CASES = [
    pytest.param(id, version, case.name, id=f"{id} {version}: {case.name}")
    for id, version in (*TIERS, *OF_INSTRUMENTS)
    for case in document_of(version, id=id).value.cases
]


@pytest.mark.parametrize(("id", "version", "name"), CASES)
def test_worked_case(id: str, version: str, name: str) -> None:
    assert results(id, version)[name].differences == ()


@every_tier
def test_worked_cases_differ_by_name_and_show_every_outcome(id: str, version: str) -> None:
    document = document_of(version, id=id)
    names = [case.name for case in document.value.cases]
    assert len(set(names)) == len(names)
    assert {case.expect.outcome for case in document.value.cases} == {"eligible", "ineligible", "undetermined"}
    applications = {resolve_case(case, document).application for case in document.value.cases}
    assert applications == {validity.application for validity in document.value.applies}


@pytest.mark.parametrize(("id", "version"), [tier for tier in TIERS if tier[0] != ID])
def test_each_condition_fails_in_some_worked_case_and_alone(id: str, version: str) -> None:
    """Whatever a standard may say no by, a worked case shows; each criterion is once the only one that fails."""
    document = document_of(version, id=id)
    failures = [set(case.expect.failed or ()) for case in document.value.cases]
    assert set(shipped(id, version).nodes) <= set.union(*failures)
    criteria = [node.id for node in document.value.criteria] + (["score"] if document.value.score else [])
    routes = {route.id for route in document.value.direct_routes}
    tops = [{each.split(".")[0] for each in failed - routes} for failed in failures]
    assert all({criterion} in tops for criterion in criteria)


@every_tier
def test_a_worked_case_that_expects_something_else_is_told(id: str, version: str) -> None:
    document = document_of(version, id=id)
    expectation = {"outcome": "undetermined", "failed": ("x",), "score": (1, 2)}
    cases = tuple(
        case.model_copy(update={"expect": case.expect.model_copy(update=expectation)}) for case in document.value.cases[:1]
    )
    wrong = Document(document.name, document.source, document.text, document.value.model_copy(update={"cases": cases}))
    (result,) = run_cases(wrong, PACK)
    score = 100 if document.value.score else None
    told = ("outcome eligible, expected undetermined", "failed [], expected ['x']")
    assert result.differences == (*told, f"score {score} to {score}, expected 1 to 2")


# --- which version on which day ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "application", "on", "version"),
    [
        ("little-giant", "new", date(2022, 8, 1), "2022"),
        ("little-giant", "new", date(2026, 3, 31), "2022"),
        ("little-giant", "new", date(2026, 4, 1), "2026"),
        ("little-giant", "re-review", date(2022, 8, 1), "2022"),
        ("little-giant", "re-review", date(2026, 4, 1), "2022"),  # the overlap of 2026: new by the new book, reviews by the old
        ("little-giant", "re-review", date(2026, 12, 31), "2022"),
        ("little-giant", "re-review", date(2027, 1, 1), "2026"),
        ("srdi", "new", date(2022, 8, 1), "2022"),
        ("srdi", "new", date(2026, 3, 31), "2022"),
        ("srdi", "new", date(2026, 4, 1), "2026"),
        ("srdi", "re-review", date(2022, 8, 1), "2022"),
        ("srdi", "re-review", date(2026, 3, 31), "2022"),
        ("srdi", "re-review", date(2026, 4, 1), "2026"),
        ("innovative-sme", "new", date(2022, 8, 1), "2022"),
        ("innovative-sme", "new", date(2026, 3, 31), "2022"),
        ("innovative-sme", "new", date(2026, 4, 1), "2022"),  # kept until a merged standard is issued
        ("innovative-sme", "new", date(2027, 6, 1), "2022"),
        ("innovative-sme", "re-review", date(2022, 8, 1), "2022"),
        ("innovative-sme", "re-review", date(2026, 4, 1), "2022"),
        ("technology-sme", "new", date(2017, 5, 3), "2017"),
        ("technology-sme", "new", date(2026, 4, 1), "2017"),
        ("technology-sme", "new", date(2026, 8, 31), "2017"),
    ],
)
def test_the_version_that_holds_on_a_day(id: str, application: str, on: date, version: str) -> None:
    assert find_standard(PACK, id, version=None, on=on, application=application).value.version == version


@pytest.mark.parametrize(
    ("id", "application", "on", "begins"),
    [
        ("little-giant", "new", date(2022, 7, 31), "2022-08-01"),
        ("little-giant", "re-review", date(2022, 7, 31), "2022-08-01"),
        ("srdi", "new", date(2022, 7, 31), "2022-08-01"),
        ("srdi", "re-review", date(2022, 7, 31), "2022-08-01"),
        ("innovative-sme", "new", date(2022, 7, 31), "2022-08-01"),
        ("innovative-sme", "re-review", date(2022, 7, 31), "2022-08-01"),
        ("technology-sme", "new", date(2017, 5, 2), "2017-05-03"),
        ("technology-sme", "re-review", date(2026, 7, 15), "2017-05-03"),  # a registration of one year is filed anew
    ],
)
def test_a_day_without_a_version_names_the_versions_there_are(id: str, application: str, on: date, begins: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        find_standard(PACK, id, version=None, on=on, application=application)
    (problem,) = refused.value.problems
    assert problem.code == "version-gap"
    assert begins in problem.remedy


def copied(folder: Path, change: Callable[[Path], None] = lambda path: None) -> Pack:
    """A copy of the pack in which `change` was made."""
    shutil.copytree(PACK.path, folder / "cn")
    change(folder / "cn")
    return open_pack(folder / "cn")


def edit(path: Path, pattern: str, replacement: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
    assert count == 1, f"{pattern} matches {count} times"
    path.write_text(changed, encoding="utf-8")


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (
            r"application: new, from: 2022-08-01, until: 2026-03-31",
            "application: new, from: 2022-08-01, until: 2026-04-01",
        ),
        (r"application: new, from: 2022-08-01, until: 2026-03-31", "application: new, from: 2022-08-01"),
        (r"application: new, from: 2022-08-01, until: 2026-03-31", "from: 2022-08-01, until: 2022-08-01"),
        (r"application: re-review, from: 2022-08-01, until: 2026-12-31", "application: re-review, from: 2028-01-01"),
    ],
)
def test_two_versions_on_one_day_are_refused(tmp_path: Path, pattern: str, replacement: str) -> None:
    path = Path("standards", ID, "2022.yaml")
    pack = copied(tmp_path, lambda folder: edit(folder / path, pattern, replacement))
    with pytest.raises(LittleGiantError) as refused:
        find_standard(pack, ID, version=None, on=date(2024, 1, 1), application="new")
    assert {problem.code for problem in refused.value.problems} == {"validity-overlap"}
    assert all("2022.yaml" in problem.place for problem in refused.value.problems)


def test_a_version_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    path = Path("standards", ID, "2022.yaml")
    pack = copied(tmp_path, lambda folder: edit(folder / path, "new, from: 2022-08-01", "new, from: 2026-08-01"))
    with pytest.raises(LittleGiantError) as refused:
        document_of("2022", pack)
    assert "validity" in {problem.code for problem in refused.value.problems}


# --- the same every time -----------------------------------------------------------------------------------------------


@every_setting
def test_compiling_twice_gives_the_same(id: str, version: str, application: str, day: date, notices: tuple[str, ...]) -> None:
    first, second = (compiled_for(version, application, day, notices, open_pack("cn"), id) for _ in range(2))
    assert query(first) == query(second)
    assert first.fingerprint == second.fingerprint
    assert first.slots.as_rows() == second.slots.as_rows()
    assert first.thresholds == second.thresholds


SCRIPT = """
from datetime import date
from hashlib import sha256
from littlegiant.packs import open_pack
from littlegiant.standards import Standard, compile_standard, query
pack = open_pack("cn")
for document in (each for id in pack.ids("standards") for each in pack.versions(Standard, "standards", id)):
    compiled = compile_standard(document, pack, application="new", reference_date=date(2026, 5, 25))
    print(sha256(query(compiled).encode()).hexdigest(), compiled.fingerprint)
"""


def test_compiling_in_another_process_gives_the_same() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize("what", ["application", "day", "notice"])
def test_the_fingerprint_follows_what_decides(what: str) -> None:
    base = compiled_for("2022", "new", date(2025, 5, 16))
    other = {
        "application": compiled_for("2022", "re-review", date(2025, 5, 16)),
        "day": compiled_for("2022", "new", date(2025, 5, 17)),
        "notice": compiled_for("2022", "new", date(2025, 5, 16), ("little-giant-2025",)),
    }[what]
    assert base.fingerprint != other.fingerprint


CHANGES = [
    ("standards/little-giant/2026.yaml", r"debt_limit:( *)\{value: 0.75", r"debt_limit:\1{value: 0.74"),
    ("standards/base/2026.yaml", r"adverse_incidents_3y = 0", "adverse_incidents_3y <= 1"),
    ("notices/little-giant-2026.yaml", r"require: NOT single_champion", "require: single_champion"),
    ("size_classes/2011-300.yaml", r"sme_below: \{staff: 1000, revenue: 400000000\}", "sme_below: {staff: 900}"),
    ("facts.yaml", r"decimals: 2\n    least: 0\n    most: 500", "decimals: 3\n    least: 0\n    most: 500"),
]


@pytest.mark.parametrize(("path", "pattern", "replacement"), CHANGES, ids=[change[0] for change in CHANGES])
def test_whatever_changes_the_query_changes_the_fingerprint(tmp_path: Path, path: str, pattern: str, replacement: str) -> None:
    before = compiled_for("2026", named=("little-giant-2026",))
    pack = copied(tmp_path, lambda folder: edit(folder / path, pattern, replacement))
    after = compiled_for("2026", named=("little-giant-2026",), pack=pack)
    assert query(before) != query(after)
    assert before.fingerprint != after.fingerprint, "the same fingerprint for another query"


def test_comments_order_and_unrelated_facts_leave_everything_as_it_is(tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        path = folder / "standards" / ID / "2026.yaml"
        edit(path, r"^format: 1$", "# a comment\nformat: 1")
        edit(path, r"(law:\n)(  title: .*\n)(  number: .*\n)", r"\1\3\2")
        fact = "  aaa_first: {type: count, period: year, title: {zh: 无关, en: unrelated}}\n"
        edit(folder / "facts.yaml", r"^facts:\n", f"facts:\n{fact}")

    before, after = compiled_for("2026"), compiled_for("2026", pack=copied(tmp_path, change))
    assert query(before) == query(after)
    assert before.fingerprint == after.fingerprint
    assert before.slots.as_rows() == after.slots.as_rows()
    assert before.document.bytes_hash != after.document.bytes_hash


# --- slots -------------------------------------------------------------------------------------------------------------


@every_setting
def test_slots_are_numbered_through_and_fit_their_columns(
    id: str, version: str, application: str, day: date, notices: tuple[str, ...]
) -> None:
    compiled = compiled_for(version, application, day, notices, id=id)
    rows = compiled.slots.as_rows()
    assert [row["slot"] for row in rows] == list(range(len(rows)))
    findings = ["finding"] if compiled.standard.findings else []
    assert [kind for kind, _ in groupby(row["kind"] for row in rows)] == ["condition", "data", *findings]
    for column, group in groupby(rows, key=lambda row: row["column"]):
        bits = [row["bit"] for row in group]
        assert bits == list(range(len(bits))), column
        assert len(bits) <= 62
    conditions = [row["id"] for row in rows if row["kind"] == "condition"]
    items = [row["id"] for row in rows if row["kind"] != "condition"]
    assert len(set(conditions)) == len(conditions)
    assert sorted(items) == sorted(item.id for item in compiled.items)
    assert set(conditions) == set(compiled.nodes)


def test_a_standard_of_more_than_62_slots_uses_a_second_column() -> None:
    compiled = compiled_for("2022", named=("little-giant-2025",))
    assert len(compiled.slots.all) > 62
    assert compiled.slots.columns("unknown") == ["unknown_1", "unknown_2"]
    assert all(slot.bit < 2**62 for slot in compiled.slots.all)


def test_a_notice_appends_its_conditions_after_those_of_the_standard() -> None:
    """Numbers are read together with the stored list; within it, conditions keep the order of the documents."""
    plain, noticed = compiled_for("2026"), compiled_for("2026", named=("little-giant-2026",))
    ids = [[row["id"] for row in each.slots.as_rows() if row["kind"] == "condition"] for each in (plain, noticed)]
    added = [
        "little-giant-2026.single_champion",
        "little-giant-2026.controlled_link",
        "little-giant-2026.similar_product",
    ]
    assert ids[1] == ids[0] + added
    assert ids[0][:4] == ["base.sme", "base.sme.legal_person", "base.sme.size", "base.lists"]


def test_a_waived_condition_has_no_slot_and_is_remembered() -> None:
    compiled = compiled_for("2022", "re-review", date(2025, 5, 16), ("little-giant-2025",))
    assert "growth" not in compiled.slots.conditions
    assert list(compiled.waived) == ["growth"]
    assert "little-giant-2025.single_champion" not in compiled.slots.conditions


# --- one place for each number -----------------------------------------------------------------------------------------


PARAMETERS = [
    pytest.param(id, version, name, id=f"{id} {version}: {name}")
    for id, version in TIERS
    for name in document_of(version, id=id).value.parameters
]
LIMITS = ("debt_limit", "niche_rank_limit", "staff_limit", "sales_limit", "assets_limit")


def in_law(name: str, value: Fraction) -> Fraction:
    """The number a measure is held against; compound growth is a yearly rate twice."""
    return value * value if name == "growth_a_year" else value


@pytest.mark.parametrize(("id", "version", "name"), PARAMETERS)
def test_each_parameter_is_a_threshold_with_its_value_and_clause(id: str, version: str, name: str) -> None:
    parameter = document_of(version, id=id).value.parameters[name]
    found = [threshold for threshold in shipped(id, version).thresholds if threshold.id.split("#")[0] == name]
    assert found
    for threshold in found:
        assert threshold.value == in_law(name, Fraction(parameter.value))
        assert threshold.clause == parameter.clause
        assert threshold.use == "condition"
        assert threshold.favourable == ("down" if name in LIMITS else "up")


@every_tier
def test_ids_of_thresholds_are_unique(id: str, version: str) -> None:
    ids = [threshold.id for threshold in shipped(id, version).thresholds]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("id", "version"), [tier for tier in TIERS if document_of(tier[1], id=tier[0]).value.score])
def test_the_points_of_a_score_add_up_to_a_hundred(id: str, version: str) -> None:
    """Each indicator can reach its most and no more, the indicators of a group its most, the groups a hundred."""
    score = document_of(version, id=id).value.score
    assert score is not None
    for indicator in score.indicators:
        points = [rung.points for rung in indicator.rungs]
        assert points == sorted(set(points), reverse=True), f"{indicator.id}: the first step met is the best"
        every = indicator.each.points * len(indicator.each.of) if indicator.each else 0
        assert indicator.max == (max(points) if points else min(every, indicator.max or 0))
        assert 0 <= indicator.otherwise < (indicator.max or 0)
    for name, group in score.groups.items():
        assert group.max == sum(each.max or 0 for each in score.indicators if each.group == name)
    assert sum(group.max or 0 for group in score.groups.values()) == 100
    assert {each.group for each in score.indicators} == set(score.groups)


@pytest.mark.parametrize(("id", "version"), [tier for tier in TIERS if document_of(tier[1], id=tier[0]).value.score])
def test_the_steps_of_a_ladder_are_thresholds_in_their_order(id: str, version: str) -> None:
    """A step that asks more than the one above it could never be the first that is met."""
    score = document_of(version, id=id).value.score
    assert score is not None
    thresholds = [t for t in shipped(id, version).thresholds if t.use == "rung"]
    for indicator in score.indicators:
        if not indicator.ladder:
            continue
        asked = [rung.at_least if rung.at_least is not None else rung.at_most for rung in indicator.rungs]
        assert None not in asked
        up = indicator.rungs[0].at_least is not None
        assert asked == sorted(set(asked), reverse=up)
        listed = [(t.scope, t.value, t.operator) for t in thresholds if t.scope.split(":")[0] == indicator.id]
        sign = ">=" if up else "<="
        rungs = zip(indicator.rungs, asked, strict=True)
        assert listed == [(f"{indicator.id}: {rung.points}", Fraction(value or 0), sign) for rung, value in rungs]


def firm_for(id: str, version: str, name: str) -> CaseFacts:
    """The firm that meets everything, with the revenue of the band in which the parameter counts."""
    document = document_of(version, id=id)
    facts = resolve_case(document.value.cases[0], document).facts
    bands = {
        "rd_share_middle": 60_000_000,
        "equity_floor": 40_000_000,
        "rd_amount_floor": 40_000_000,
        "rd_staff_floor": 40_000_000,
    }
    revenue = [bands[name], 50_000_000] if name in bands and id == ID else facts.facts["revenue"]
    return CaseFacts("firm", {**facts.facts, "revenue": revenue}, facts.titles, facts.findings)


@cache
def judge_of(id: str, version: str) -> Judge:
    return Judge(shipped(id, version))


def sentences(judge: Judge, pack: Pack, case: CaseFacts, conditions: set[str]) -> dict[str, list[str]]:
    """By language, what is said of these conditions."""
    (judged,) = judge.judge([case])
    told: dict[str, list[str]] = {}
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        reasons = explain(judged, case, judge.compiled, pack, language).reasons
        told[language] = [reason.sentence(language) for reason in reasons if reason.id in conditions]
    return told


def shown(value: Fraction, unit: str, language: Language) -> str:
    if unit == "CNY":
        return money(value * 100, language, per_main=100, unit="元" if language == "zh" else "yuan")
    return percent(value) if unit in ("share", "ratio") else exact_number(value)


@pytest.mark.parametrize(("id", "version", "name"), PARAMETERS)
def test_a_changed_parameter_moves_query_threshold_and_sentence_together(
    tmp_path: Path, id: str, version: str, name: str
) -> None:
    parameter = document_of(version, id=id).value.parameters[name]
    old = Fraction(parameter.value)
    new = old + 1 if old >= 1 and old < 1000 and parameter.unit != "ratio" else old * Fraction(9, 10)
    text = str(float(new)) if new.denominator > 1 else str(new)
    path = Path("standards", id, f"{version}.yaml")
    pack = copied(tmp_path, lambda f: edit(f / path, rf"^(  {name}:\s+\{{value: )[0-9.]+", rf"\g<1>{text}"))
    before, after = shipped(id, version), compiled_for(version, pack=pack, id=id)
    assert query(before) != query(after)
    assert before.fingerprint != after.fingerprint
    ids = {t.id for t in before.thresholds if t.id.split("#")[0] == name}
    moved = {t.id for t, u in zip(before.thresholds, after.thresholds, strict=True) if t != u}
    assert moved == ids
    assert {t.value for t in after.thresholds if t.id in ids} == {in_law(name, new)}
    conditions = {t.condition for t in before.thresholds if t.id in ids}
    case = firm_for(id, version, name)
    told, now = (sentences(j, p, case, conditions) for j, p in ((judge_of(id, version), PACK), (Judge(after), pack)))
    for language in ("zh", "en"):
        old_words, new_words = (shown(in_law(name, value), parameter.unit, language) for value in (old, new))
        assert any(old_words in sentence for sentence in told[language])
        assert any(new_words in sentence for sentence in now[language])
        assert told[language] != now[language]
