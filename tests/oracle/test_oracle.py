"""The reference judge against the worked cases of the standards, vectors worked out by hand, and edges of unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from . import Tri, Value, World, exact, load, read
from .expressions import Reading, parse, reads, scope_of
from .judge import Judge, Verdict

PACK = Path(__file__).parents[2] / "src" / "littlegiant" / "packs" / "cn"
DAY = date(2025, 2, 28)
STANDARDS = PACK / "standards" / "little-giant"


# --- worked cases ------------------------------------------------------------------------------------------------


def whole_case(cases: Mapping[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """A case with what it inherits."""
    case = cases[name]
    if "like" not in case:
        return case
    like = whole_case(cases, case["like"])
    return {**like, **case, **{key: like.get(key, {}) | case.get(key, {}) for key in ("facts", "findings")}}


def worked_cases() -> Iterator[Any]:
    for path in sorted(STANDARDS.glob("*.yaml")):
        cases = {case["name"]: case for case in load(path)["cases"]}
        yield from (pytest.param(path, whole_case(cases, name), id=f"{path.stem}: {name}") for name in cases)


@pytest.mark.parametrize(("standard", "case"), list(worked_cases()))
def test_worked_case(standard: Path, case: dict[str, Any]) -> None:
    run = {key: case[key] for key in ("application", "reference_date", "notices") if key in case}
    judge = Judge(PACK, standard, **run)
    verdict = judge.judge(case["facts"], titles=case["titles"], findings=case["findings"])
    for key, value in case["expect"].items():
        assert getattr(verdict, key) == (value if key == "outcome" else set(value))


# --- five firms by hand (amounts in 10,000 yuan) -----------------------------------------------------------------

FIVE = read("""
measures:
  rd_share: {formula: rd_expense / revenue}
  rd_needed: {by: revenue, bands: [{from: 1e4, value: 0.03}, {from: 5000, value: 0.06}, {value: 0.10}]}
criteria:
  - {id: c1, require: rd_share >= rd_needed}
  - {id: c2, require: liabilities / assets <= 0.70}
  - {id: c3, require: revenue / prior(revenue) >= 1.05}
  - {id: c4, require: NOT on_adverse_list}
score:
  pass: 50
  indicators:
    - {id: ip, ladder: class_one_rights, rungs: [{at_least: 5, points: 40}, {at_least: 2, points: 20}], otherwise: 0}
    - {id: share, ladder: niche_share_national, rungs: [{at_least: 0.20, points: 60}, {at_least: 0.10, points: 30}]}
""")
FIRMS = read("""
facts: [revenue, rd_expense, assets, liabilities, class_one_rights, niche_share_national, on_adverse_list]
A: [[10000, 8000],       700, 5000, 3500, 6, 0.12, false]
B: [[4000, 3800],        440, 2000, 1300, 4, null, false]
C: [[12000, null],       480, 9000, null, 1, 0.30, false]
D: [[6000, null, 5000],  420, 0, 0, null, 0.08, null]
E: [[9900, 9000],        500, 4000, 3200, 5, 0.20, false]
""")


def judged(standard: dict[str, Any], facts: Mapping[str, Any], findings: Mapping[str, Any] | None = None) -> Verdict:
    judge = Judge(PACK, standard, application="new", reference_date=DAY)
    return judge.judge(facts, titles=None, findings=findings or {})


def said(verdict: Verdict) -> tuple[str, set[str], set[str]]:
    return verdict.outcome, set(verdict.failed), set(verdict.needed)


def five(name: str, **changes: object) -> Verdict:
    return judged(FIVE, {**dict(zip(FIRMS["facts"], FIRMS[name], strict=True)), **changes})


@pytest.mark.parametrize(
    ("name", "outcome", "failed", "unknown", "needed", "interval"),
    [
        ("A", "eligible", "", "", "", (70, 70)),
        ("B", "undetermined", "", "score niche_share_national", "niche_share_national", (20, 80)),
        ("C", "undetermined", "", "c2 c3 liabilities revenue@1", "liabilities revenue@1", (60, 60)),
        ("D", "ineligible", "score", "c2 c3 c4 revenue@1 class_one_rights on_adverse_list", "", (0, 40)),
        ("E", "ineligible", "c1 c2", "", "", (100, 100)),
    ],
)
def test_five_firms(name: str, outcome: str, failed: str, unknown: str, needed: str, interval: Any) -> None:
    verdict = five(name)
    assert said(verdict) == (outcome, set(failed.split()), set(needed.split()))
    assert verdict.unknown == set(unknown.split())
    assert (verdict.score_low, verdict.score_high) == interval


@pytest.mark.parametrize(
    ("name", "changes", "failed"),
    [
        ("B", {"niche_share_national": Decimal("0.10")}, ""),
        ("B", {"niche_share_national": Decimal("0.09")}, "score"),
        ("C", {"liabilities": 6300, "revenue": [12000, 11428]}, ""),
        ("C", {"liabilities": 6300, "revenue": [12000, 11429]}, "c3"),
        ("E", {"rd_expense": 594, "liabilities": 2800}, ""),
        ("E", {"revenue": [10000, 9000], "liabilities": 2800}, ""),
        ("E", {"revenue": [10000, 9000], "assets": 4572}, ""),
        ("E", {"rd_expense": 593, "liabilities": 2800}, "c1"),
        ("E", {"rd_expense": 594, "liabilities": 2801}, "c2"),
        ("E", {"revenue": [8333, 9000], "liabilities": 2800}, "c3"),
    ],
)
def test_five_firms_settled(name: str, changes: dict[str, object], failed: str) -> None:
    assert said(five(name, **changes)) == ("ineligible" if failed else "eligible", set(failed.split()), set())


def test_a_missing_year_is_not_filled_from_the_one_before() -> None:
    settled = {"assets": 100, "on_adverse_list": False, "class_one_rights": 5, "niche_share_national": 1}
    assert said(five("D", **settled)) == ("undetermined", set(), {"revenue@1"})


WORDS = read("""
parameters: {floor_of_staff: {value: 20}}
measures: {rd_share: {formula: rd_expense / revenue}, enough: {formula: prior(staff) - floor_of_staff}}
findings: {mark: {type: number, period: year}}
""")
SCOPE = scope_of(load(PACK / "facts.yaml")["facts"], WORDS)


def evaluated(text: str, titles: frozenset[str] | None = None, **items: object) -> Value:
    supplied = {name.replace("__", "@"): exact(value) for name, value in items.items()}
    return Reading(SCOPE, World(supplied, titles, DAY)).value(parse(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("staff > 1 AND FALSE OR NOT (staff > 1 OR true)", False),
        ("NOT (staff > 1 or false)", None),
        ("staff = staff", None),
        ("1 / 0 > 1", None),
        ("0 * staff = 0", None),
        ("greatest(staff, 1e8) > 5", None),
        ("LEAST(3, -4, 2) = -4 AND abs(-3) = 3 AND floor(-0.5) = -1", True),
        ("CASE WHEN staff > 1 THEN 2 ELSE 3 END < 9", None),
        ("CASE WHEN staff > 1 THEN 2 WHEN FALSE THEN 3 ELSE 2 END = 2", True),
        ("CASE WHEN staff > 1 THEN assets ELSE assets END > 0", None),
        ("1.05 * 1.05 = 1.1025 AND 0.1 + 0.2 = 0.3 AND 1 - 2 - 3 = -4 AND 1 + 2 * 3 = 7 AND 8 / 4 / 2 = 1", True),
        ("NOT 1 = 2 AND 1 != 2 AND 1 <> 2 AND 5 BETWEEN 5 AND 6 AND 6 BETWEEN 5 AND 6 AND NOT 7 BETWEEN 5 AND 6", True),
        ("region IN ('a', 'b')", None),
        ("'a' IN ('a', 'b') AND 'c' NOT IN ('a', 'b') AND starts_with('C35', 'C3')", True),
        ("known(1) AND NOT known(staff) AND assume(staff, 4) = 4", True),
        ("holds('srdi')", None),
    ],
)
def test_expressions_with_nothing_known(text: str, value: Tri) -> None:
    assert evaluated(text) is value


def test_expressions_with_something_known() -> None:
    assert evaluated("holds('srdi')", titles=frozenset({"srdi"})) is True
    assert evaluated("holds('srdi')", titles=frozenset()) is False
    assert evaluated("prior(rd_share, 2)", rd_expense__2=1, revenue__2=3) == Fraction(1, 3)
    assert evaluated("prior(enough)", staff__2=50) == 30
    assert evaluated("prior(mark)", mark__1=Decimal("59.99")) == Fraction(5999, 100)
    assert evaluated("years(founded)", founded=date(2020, 2, 29)) == 4
    assert evaluated("years(founded, reference_date) + days(founded)", founded=date(2025, 2, 27)) == 1
    assert evaluated("founded <= '2020-01-01'", founded=date(2020, 1, 1)) is True


def test_items_an_expression_reads() -> None:
    text = "prior(enough) > 0 AND (holds('srdi') OR rd_share > 0.1) AND prior(mark, 2) > 1 AND years(founded) > 1"
    assert reads(parse(text), SCOPE) == {"staff@2", "holds:srdi", "rd_expense", "revenue", "mark@2", "founded"}


@pytest.mark.parametrize("text", ["", "1 +", "round(1)", "CASE WHEN TRUE THEN 1 END", "prior(1 + 1)", "a ; b", "(1"])
def test_refused_texts(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(text)


TREE = read("""
findings: {good: {type: yes_no}}
criteria:
  - id: rd
    by_band:
      measure: revenue
      bands:
        - {id: high, from: 100, require: rd_expense >= 10}
        - {id: low, below: 100, any: [{id: a, require: staff > 5}, {id: b, judgement: good}]}
    exempt: {require: single_champion}
""")


@pytest.mark.parametrize(
    ("facts", "outcome", "failed", "needed"),
    [
        (
            {"revenue": 100, "rd_expense": 9, "single_champion": False},
            "ineligible",
            {"rd", "rd.high", "rd.exempt"},
            set(),
        ),
        ({"revenue": 99, "rd_expense": 9, "single_champion": True}, "eligible", set(), set()),
        ({"revenue": 99, "staff": 5}, "undetermined", set(), {"good", "single_champion"}),
        ({"revenue": 100, "rd_expense": 9}, "undetermined", set(), {"single_champion"}),
        ({"rd_expense": 10, "staff": 6}, "eligible", set(), set()),
        ({"rd_expense": 9, "single_champion": False}, "undetermined", set(), {"revenue", "staff", "good"}),
        ({"single_champion": False}, "undetermined", set(), {"revenue", "rd_expense", "staff", "good"}),
    ],
)
def test_bands(facts: dict[str, object], outcome: str, failed: set[str], needed: set[str]) -> None:
    assert said(judged(TREE, facts)) == (outcome, failed, needed)


def test_nodes_under_bands_that_may_or_may_not_apply() -> None:
    verdict = judged(TREE, {"rd_expense": 9, "staff": 5, "single_champion": False}, {"good": False})
    assert said(verdict) == ("ineligible", {"rd", "rd.exempt"}, set())
    assert verdict.unknown == {"revenue"}
    nodes = {"rd", "rd.low", "rd.low.a", "rd.low.b", "rd.exempt"}
    assert judged(TREE, {"revenue": 5}).unknown == nodes | {"rd_expense", "staff", "good", "single_champion"}


@pytest.mark.parametrize(
    ("sector", "facts", "value"),
    [
        ("C35", {"revenue": 399_999_999}, "eligible"),
        ("C35", {"revenue": 400_000_000, "staff": 1000}, "ineligible"),
        ("F51", {"staff": 199}, "eligible"),
        ("Q84", {"staff": 1}, "undetermined"),
        (None, {"staff": 1, "revenue": 1, "assets": 1}, "undetermined"),
    ],
)
def test_size_class(sector: str | None, facts: dict[str, object], value: str) -> None:
    standard = {"criteria": [{"id": "sme", "size_class": {"table": "2011-300", "at_most": "medium"}}]}
    failed = {"sme"} if value == "ineligible" else set()
    assert said(judged(standard, {"sector": sector, **facts})) == (value, failed, set() if sector else {"sector"})


VARIED = read("""
criteria:
  - {id: a, require: staff > 1, variants: {re-review: {any: [{id: x, require: assets > 1}]}}}
  - {id: b, require: revenue > 1, waived: [re-review]}
  - {id: c, require: liabilities > 1, only: [re-review]}
""")


def test_variants_waivers_and_what_exists_only_for_some() -> None:
    new, again = (Judge(PACK, VARIED, application=kind, reference_date=DAY) for kind in ("new", "re-review"))
    assert (new.nodes, new.items) == (["a", "b"], ["revenue", "staff"])
    assert (again.nodes, again.items) == (["a", "a.x", "c"], ["assets", "liabilities"])


SCORED = read("""
criteria: [{id: large, require: revenue > 1}]
score:
  pass: 50
  groups: {g: {max: 40, at_least: 20}}
  indicators:
    - {id: staff, group: g, ladder: staff, rungs: [{at_least: 10, points: 30}], otherwise: 5}
    - {id: rights, group: g, ladder: class_one_rights, rungs: [{above: 1, points: 99}], otherwise: 0, max: 25}
    - {id: brand, rungs: [{when: own_brands > 2, points: 10}, {when: assets < 5, points: 60}], otherwise: 0}
direct_routes: [{id: award, replaces: score, require: national_award_top3_3y}]
""")


@pytest.mark.parametrize(
    ("facts", "interval", "outcome", "needed"),
    [
        ({"staff": 10, "class_one_rights": 2, "own_brands": 3}, (50, 50), "eligible", ""),
        ({"staff": 9, "class_one_rights": 1, "own_brands": 0, "assets": 1}, (65, 65), "ineligible", ""),
        ({"staff": 10, "class_one_rights": 1, "own_brands": 0, "assets": 5}, (30, 30), "ineligible", ""),
        ({"staff": 10, "class_one_rights": 2, "own_brands": 2}, (40, 100), "undetermined", "assets"),
        ({"staff": 10, "class_one_rights": 2, "assets": 1}, (50, 100), "eligible", ""),
        ({"class_one_rights": 2, "own_brands": 3}, (40, 50), "undetermined", "staff"),
        ({"class_one_rights": 1, "own_brands": 3}, (15, 40), "ineligible", ""),
        ({"class_one_rights": 1, "own_brands": 0, "assets": 1}, (65, 90), "undetermined", "staff"),
    ],
)
def test_scores(facts: dict[str, object], interval: Any, outcome: str, needed: str) -> None:
    verdict = judged(SCORED, {"revenue": 2, "national_award_top3_3y": False, **facts})
    assert (verdict.score_low, verdict.score_high) == interval
    failed = {"score", "award"} if outcome == "ineligible" else set()
    assert said(verdict) == (outcome, failed, set(needed.split()))


def test_a_direct_route_around_the_score() -> None:
    assert judged(SCORED, {"revenue": 2, "national_award_top3_3y": True}).outcome == "eligible"
    facts = {"revenue": 2, "staff": 1, "class_one_rights": 1}
    assert said(judged(SCORED, facts)) == ("undetermined", set(), {"national_award_top3_3y"})
