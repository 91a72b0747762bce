"""What a standard may not say: each is refused when it is compiled, by name and place, before any firm is judged."""

from __future__ import annotations

import shutil
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from littlegiant.assessment import CaseFacts, Judge, Judged
from littlegiant.documents import parse_document
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Compiled, Standard, compile_standard, query

PACK = open_pack("cn")
HEAD = """
format: 1
standard: tried
version: "1"
title: {zh: 试, en: tried}
law: {title: {zh: 试, en: tried}, number: 试1号}
applies: [{from: 2020-01-01}]
"""
FINE = """
parameters: {limit: {value: 0.7, unit: share, clause: 一}}
measures: {debt: {formula: liabilities / assets, unit: share}}
findings: {good: {type: yes_no, issuer: [city], title: {zh: 好, en: good}}}
criteria:
  - {id: debt, require: debt <= limit}
  - id: size
    by_band:
      measure: revenue
      bands: [{id: large, from: 1000, require: staff >= 10}, {id: small, below: 1000, judgement: good}]
    exempt: {text: {en: none}, require: single_champion}
score:
  pass: 10
  groups: {g: {max: 20, at_least: 5}}
  indicators:
    - {id: rights, group: g, ladder: class_one_rights, rungs: [{at_least: 2, points: 10}]}
    - {id: brands, group: g, ladder: own_brands, rungs: [{at_least: 1, points: 10}]}
direct_routes: [{id: award, replaces: score, require: national_award_top3_3y}]
"""


def compiled(text: str) -> Compiled:
    document = parse_document((HEAD + text).encode(), Standard, "tried.yaml")
    return compile_standard(document, PACK, application="new", reference_date=date(2025, 2, 28))


def asked(text: str) -> str:
    """Everything up to the query: where the last refusal may come from."""
    return query(compiled(text))


def judged(text: str, case: CaseFacts) -> Judged:
    (result,) = Judge(compiled(text)).judge([case])
    return result


def changed(old: str, new: str) -> str:
    assert FINE.count(old) == 1
    return FINE.replace(old, new)


def test_the_document_that_these_tests_break_is_fine() -> None:
    assert asked(FINE).startswith("SELECT")


BROKEN: dict[str, str] = {
    "no conditions at all": "criteria: []\n",
    "an empty group": "criteria: [{id: a, all: []}]\n",
    "two forms": "criteria: [{id: a, require: single_champion, judgement: good}]\n",
    "no form": "criteria: [{id: a}]\n",
    "a criterion twice": changed("{id: debt, require: debt <= limit}", "{id: size, require: debt <= limit}"),
    "a part twice": "criteria: [{id: a, any: [{id: b, require: single_champion}, {id: b, require: staff > 1}]}]\n",
    "a band twice": changed("{id: small, below", "{id: large, below"),
    "a part called exempt beside the exemption": (
        "criteria: [{id: a, all: [{id: exempt, require: staff > 1}], exempt: {text: {en: x}, require: single_champion}}]\n"
    ),
    "a criterion called score beside a score": changed("{id: debt, require", "{id: score, require"),
    "a route named like a criterion": changed("{id: award, replaces", "{id: debt, replaces"),
    "a route twice": changed(
        "direct_routes: [", "direct_routes: [{id: award, replaces: debt, require: maker_contest_top50_3y}, "
    ),
    "a route to nothing": changed("replaces: score", "replaces: scor"),
    "an indicator twice": changed("{id: brands, group", "{id: rights, group"),
    "an indicator without rungs": changed("rungs: [{at_least: 1, points: 10}]", "rungs: []"),
    "a rung with two numbers": changed("{at_least: 1, points", "{at_least: 1, below: 5, points"),
    "a number rung without a ladder": changed("ladder: own_brands, ", ""),
    "a gap between bands": changed("{id: small, below: 1000", "{id: small, below: 999"),
    "an overlap of bands": changed("{id: small, below: 1000", "{id: small, below: 1001"),
    "no lowest band": changed("{id: small, below: 1000", "{id: small, from: 5, below: 1000"),
    "a band of a date": changed("measure: revenue", "measure: founded"),
    "a judgement of a fact": changed("judgement: good", "judgement: single_champion"),
    "a judgement of nothing": changed("judgement: good", "judgement: goood"),
    "a part that is waived by itself": (
        "criteria: [{id: a, all: [{id: b, require: staff > 1, waived: [new]}, {id: c, require: staff > 2}]}]\n"
    ),
    "a measure named like a fact": changed("measures: {debt:", "measures: {staff:"),
    "a parameter named like a measure": changed("{limit: {value", "{debt: {value"),
    "a measure of a condition": changed("formula: liabilities / assets", "formula: liabilities > assets"),
    "measures in a circle": changed("formula: liabilities / assets", "formula: debt + 1"),
    "a table whose last band has an end": changed(
        "{formula: liabilities / assets, unit", "{by: revenue, bands: [{from: 1, value: 2}], unit"
    ),
    "a table that does not fall": changed(
        "{formula: liabilities / assets, unit",
        "{by: revenue, bands: [{from: 1, value: 2}, {from: 5, value: 3}, {value: 4}], unit",
    ),
    "a size table that is not there": "criteria: [{id: a, size_class: {table: '2011-301'}}]\n",
    "a rested-on version that is not there": "rests_on: [{standard: base, version: '1999'}]\ncriteria: []\n",
    "an unknown key": changed("  pass: 10", "  pas: 10"),
    "a date that is none": "criteria: [{id: a, require: \"years(founded, '2020-02-30') > 1\"}]\n",
    "a measure in another unit than its formula": (
        "measures: {total: {formula: liabilities + assets, unit: persons}}\ncriteria: [{id: a, require: total >= 5}]\n"
    ),
    "a parameter in another unit than what it limits": changed("{value: 0.7, unit: share", "{value: 0.7, unit: persons"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_refused(text: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        asked(text)
    for problem in refused.value.problems:
        assert problem.found.strip()
        assert problem.place.strip()


def test_a_formula_too_wide_names_the_criterion() -> None:
    with pytest.raises(LittleGiantError) as refused:
        asked("criteria: [{id: fine, require: staff > 1}, {id: wide, require: revenue * assets * revenue > 1}]\n")
    (problem,) = refused.value.problems
    assert problem.code == "too-wide"
    assert "wide" in problem.place.split(", ")


def test_all_problems_of_the_measures_are_told_at_once() -> None:
    text = "measures: {a: {formula: reveneu / 2, unit: CNY}, b: {formula: staff + revenue, unit: CNY}}\ncriteria: []\n"
    with pytest.raises(LittleGiantError) as refused:
        compiled(text)
    assert [problem.code for problem in refused.value.problems] == ["unknown-name", "unit"]
    assert ["a" in problem.place.split(".") for problem in refused.value.problems] == [True, False]


def test_a_threshold_that_depends_on_the_reference_date_is_that_of_the_day() -> None:
    (threshold,) = compiled("criteria: [{id: a, require: \"niche_years >= years('2015-02-28')\"}]\n").thresholds
    assert threshold.value == Fraction(10)


@pytest.mark.parametrize("form", ["{id: a, require: revenue >= amount}", "{id: a, require: 'amount <= revenue'}"])
def test_a_table_of_amounts(form: str) -> None:
    """Amounts of tens of millions in a table: in fen they are beyond 32 bits."""
    table = "{by: staff, bands: [{from: 100, value: 50000000}, {value: 30000000}], unit: CNY}"
    text = f"measures: {{amount: {table}}}\ncriteria: [{form}]\n"
    for staff, revenue, outcome in (
        (100, 50_000_000, "eligible"),
        (100, 49_999_999, "ineligible"),
        (99, 30_000_000, "eligible"),
        (None, 60_000_000, "undetermined"),
    ):
        assert judged(text, CaseFacts("x", {"staff": [staff], "revenue": [revenue]})).outcome == outcome


def test_a_long_table_with_equal_steps_stays_short() -> None:
    """Two bands of a table may ask for the same; the text of the query must not double with each band."""
    bands = ", ".join(f"{{from: {100 * n}, value: {n % 5}}}" for n in range(14, 0, -1))
    wanted = f"wanted: {{by: staff, bands: [{bands}, {{value: 0}}], unit: share}}"
    debt = "debt: {formula: liabilities / assets, unit: share}"
    text = f"measures: {{{debt}, {wanted}}}\ncriteria: [{{id: a, require: debt > wanted}}]\n"
    assert len(asked(text)) < 20_000


NAMES = (
    "c0",
    "c1",
    "c3",
    "s0_low",
    "g0_high",
    "score_low",
    "need_data_1",
    "always_data_1",
    "other_data_1",
    "outcome",
    "open",
)


@pytest.mark.parametrize("name", [*NAMES, "failed_1", "unknown_1", "layer", "verdict", "subject", "holds"])
def test_facts_may_bear_names_that_the_query_uses(name: str, tmp_path: Path) -> None:
    shutil.copytree(PACK.path, tmp_path / "cn")
    facts = tmp_path / "cn" / "facts.yaml"
    fact = f"  {name}: {{type: count, period: static, title: {{zh: 数, en: number}}}}\n"
    facts.write_text(facts.read_text(encoding="utf-8").replace("facts:\n", f"facts:\n{fact}", 1), encoding="utf-8")
    text = f"""
criteria:
  - {{id: a, require: {name} > 5}}
  - {{id: b, require: NOT ({name} > 5 AND staff > 1)}}
score:
  pass: 10
  groups: {{g: {{max: 30}}}}
  indicators: [{{id: i, group: g, ladder: staff, rungs: [{{at_least: 1, points: 10}}]}}]
"""
    document = parse_document((HEAD + text).encode(), Standard, "tried.yaml")
    standard = compile_standard(document, open_pack(tmp_path / "cn"), application="new", reference_date=date(2025, 2, 28))
    cases = [CaseFacts(f"{n} {staff}", {name: n, "staff": [staff]}) for n in (4, 7, None) for staff in (0, 1, 3)]
    failed = [{"a", "score"}, {"a"}, {"a"}, {"score"}, set(), {"b"}, {"score"}, set(), set()]
    outcomes = ["ineligible"] * 4 + ["eligible", "ineligible", "ineligible", "undetermined", "undetermined"]
    results = Judge(standard).judge(cases)
    assert [result.outcome for result in results] == outcomes
    assert [set(result.failed) for result in results] == failed
