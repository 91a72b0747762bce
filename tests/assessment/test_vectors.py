"""Five firms worked out by hand: outcomes, sets, intervals, margins, what settles them, what would have to change.

Amounts are in 10,000 yuan here and in yuan in the product.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from littlegiant.assessment import Advice, CaseFacts, Judge, Judged, advise, explain
from littlegiant.documents import parse_document
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Standard, compile_standard

from .settings import PACK

_TABLE = """
  - {id: c1, require: rd_share >= rd_needed, clause: 一}
"""
_BANDS = """
  - id: c1
    clause: 一
    by_band:
      measure: revenue
      bands:
        - {id: high, from: 1e8, require: rd_share >= 0.03}
        - {id: middle, from: 5e7, below: 1e8, require: rd_share >= 0.06}
        - {id: low, below: 5e7, require: rd_share >= 0.10}
"""
_FIVE = """
format: 1
standard: five
version: "1"
title: {{zh: 五, en: five}}
law: {{title: {{zh: 五, en: five}}, number: 五号}}
applies: [{{from: 2020-01-01}}]
measures:
  rd_share: {{formula: rd_expense / revenue, unit: share, title: {{zh: 研发占比, en: R&D share}}}}
  rd_needed: {{by: revenue, bands: [{{from: 1e8, value: 0.03}}, {{from: 5e7, value: 0.06}}, {{value: 0.10}}], unit: share}}
criteria:
  {c1}
  - {{id: c2, require: liabilities / assets <= 0.70, clause: 二}}
  - {{id: c3, require: revenue / prior(revenue) >= 1.05, clause: 三}}
  - {{id: c4, require: NOT on_adverse_list, clause: 四}}
score:
  pass: 50
  indicators:
    - {{id: ip, ladder: class_one_rights, rungs: [{{at_least: 5, points: 40}}, {{at_least: 2, points: 20}}], otherwise: 0}}
    - {{id: share, ladder: niche_share_national, rungs: [{{at_least: 0.20, points: 60}}, {{at_least: 0.10, points: 30}}]}}
"""
_FACTS = (
    "revenue",
    "rd_expense",
    "assets",
    "liabilities",
    "class_one_rights",
    "niche_share_national",
    "on_adverse_list",
)
_FIRMS: dict[str, tuple[Any, ...]] = {
    "A": ([10_000, 8_000], 700, 5_000, 3_500, 6, "0.12", False),
    "B": ([4_000, 3_800], 440, 2_000, 1_300, 4, None, False),
    "C": ([12_000, None], 480, 9_000, None, 1, "0.30", False),
    "D": ([6_000, None, 5_000], 420, 0, 0, None, "0.08", None),
    "E": ([9_900, 9_000], 500, 4_000, 3_200, 5, "0.20", False),
}
_MONEY = _FACTS[:4]
FORMS = {"table": _TABLE, "bands": _BANDS}


@cache
def judge(form: str = "table") -> Judge:
    document = parse_document(_FIVE.format(c1=FORMS[form].strip()).encode(), Standard, "five.yaml")
    return Judge(compile_standard(document, PACK, application="new", reference_date=date(2025, 2, 28)))


def firm(name: str, **changes: Any) -> CaseFacts:
    given = {**dict(zip(_FACTS, _FIRMS[name], strict=True)), **changes}
    facts: dict[str, Any] = {}
    for fact, value in given.items():
        years = value if isinstance(value, list) else [value]
        if fact in _MONEY:
            facts[fact] = [None if each is None else each * 10_000 for each in years]
        elif fact == "on_adverse_list":
            facts[fact] = value
        else:
            facts[fact] = [Decimal(value) if isinstance(value, str) else value]
    return CaseFacts(name, facts)


def judged(name: str, *, form: str = "table", **changes: Any) -> Judged:
    (result,) = judge(form).judge([firm(name, **changes)])
    return result


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
def test_the_five_firms(name: str, outcome: str, failed: str, unknown: str, needed: str, interval: tuple[int, int]) -> None:
    result = judged(name)
    assert result.outcome == outcome
    assert set(result.failed) == set(failed.split())
    assert set(result.unknown) == set(unknown.split())
    assert set(result.needed) == set(needed.split())
    assert (result.score_low, result.score_high) == interval
    assert result.open == ("data" if outcome == "undetermined" else None)


@pytest.mark.parametrize(
    ("name", "changes", "outcome", "failed"),
    [
        ("A", {"liabilities": Decimal("3500.000001")}, "ineligible", "c2"),  # a fen above the tie
        ("A", {"rd_expense": 300}, "eligible", ""),
        ("A", {"rd_expense": Decimal("299.999999")}, "ineligible", "c1"),
        ("B", {"niche_share_national": "0.10"}, "eligible", ""),
        ("B", {"niche_share_national": "0.09"}, "ineligible", "score"),
        ("C", {"liabilities": 6_300, "revenue": [12_000, 11_428]}, "eligible", ""),
        ("C", {"liabilities": 6_300, "revenue": [12_000, 11_429]}, "ineligible", "c3"),
        ("C", {"liabilities": 6_301, "revenue": [12_000, 11_428]}, "ineligible", "c2"),
        ("D", {"class_one_rights": 5}, "ineligible", "score"),
        ("E", {"rd_expense": 594, "liabilities": 2_800}, "eligible", ""),
        ("E", {"rd_expense": 594, "assets": 4_572}, "eligible", ""),
        ("E", {"revenue": [10_000, 9_000], "liabilities": 2_800}, "eligible", ""),
        ("E", {"revenue": [10_000, 9_000], "assets": 4_572}, "eligible", ""),
        ("E", {"rd_expense": 593, "liabilities": 2_800}, "ineligible", "c1"),
        ("E", {"rd_expense": 594, "liabilities": 2_801}, "ineligible", "c2"),
        ("E", {"rd_expense": 594, "assets": 4_571}, "ineligible", "c2"),
        ("E", {"revenue": [8_333, 9_000], "liabilities": 2_800}, "ineligible", "c3"),
    ],
)
def test_what_settles_them(name: str, changes: dict[str, Any], outcome: str, failed: str) -> None:
    result = judged(name, **changes)
    assert (result.outcome, set(result.failed)) == (outcome, set(failed.split()))


def test_a_missing_year_is_not_filled_from_the_one_before() -> None:
    """Firm D with everything else in order: revenue of 2022 is there, and growth stays open for want of 2023."""
    result = judged("D", assets=100, on_adverse_list=False, class_one_rights=5, niche_share_national="1")
    assert (result.outcome, set(result.needed)) == ("undetermined", {"revenue@1"})


# --- margins -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "margins"),
    [
        ("A", [Fraction(4, 3), Fraction(0), Fraction(4, 21)]),
        ("B", [Fraction(1, 10), Fraction(1, 14), Fraction(1, 399)]),
        ("C", [Fraction(1, 3), None, None]),
        ("D", [Fraction(1, 6), None, None]),
        ("E", [Fraction(500, 594) - 1, Fraction(-1, 7), Fraction(1, 21)]),
    ],
)
def test_margins(name: str, margins: list[Fraction | None]) -> None:
    """One figure a condition: that of the band in which the firm is, and no other."""
    case = firm(name)
    reasons = explain(judged(name), case, judge().compiled, PACK, "en").reasons
    found = {reason.id: [figure.margin for figure in reason.figures] for reason in reasons}
    assert [found[id] for id in ("c1", "c2", "c3")] == [[margin] for margin in margins]


def test_margins_of_a_banded_condition_stand_at_the_band_that_applies() -> None:
    for name, band, margin in (
        ("A", "high", Fraction(4, 3)),
        ("B", "low", Fraction(1, 10)),
        ("D", "middle", Fraction(1, 6)),
    ):
        reasons = explain(judged(name, form="bands"), firm(name), judge("bands").compiled, PACK, "en").reasons
        found = {reason.id: [figure.margin for figure in reason.figures] for reason in reasons if reason.figures}
        assert {id: value for id, value in found.items() if id.startswith("c1")} == {f"c1.{band}": [margin]}


# --- advice for E --------------------------------------------------------------------------------------------------------

MOVABLE: dict[str, bool | str] = {"revenue": True, "liabilities": "down", "rd_expense": "up", "assets": "up"}


def advice(form: str, movable: dict[str, bool | str] | None) -> Advice:
    result, found = advise(firm("E"), judge(form), PACK, movable)
    assert result.outcome == "ineligible"
    assert found is not None
    assert found.outcome == "eligible"
    return found


def moves(found: Advice) -> list[tuple[str, int | Fraction, int | Fraction]]:
    return [(step.item.id, step.now / 10_000, step.then / 10_000) for step in found.steps]


@pytest.mark.parametrize("form", FORMS)
def test_advice_where_revenue_cannot_be_moved(form: str) -> None:
    """In the pack revenue is not adjustable: R&D 94 more and liabilities 400 less."""
    found = advice(form, None)
    assert moves(found) == [("liabilities", 3_200, 2_800), ("rd_expense", 500, 594)]
    assert found.cost == Fraction(94, 500) + Fraction(400, 3_200)
    assert float(found.cost) == pytest.approx(0.313, abs=5e-4)


@pytest.mark.parametrize("form", FORMS)
def test_advice_goes_round_what_the_caller_says_is_dear(form: str) -> None:
    """In the worked example assets cost 0.143 and liabilities 0.125, which is less; twice that is more."""
    movable: dict[str, bool | str] = {"liabilities": "down", "rd_expense": "up", "assets": "up"}
    _, plain = advise(firm("E"), judge(form), PACK, movable)
    _, weighed = advise(firm("E"), judge(form), PACK, movable, {"liabilities": Fraction(2)})
    assert plain is not None
    assert weighed is not None
    assert [step.item.id for step in plain.steps] == ["liabilities", "rd_expense"]
    assert [step.item.id for step in weighed.steps] == ["assets", "rd_expense"]
    assert weighed.cost == Fraction(94, 500) + Fraction(571_428_572, 4_000_000_000)  # to the fen


def test_a_weight_of_nothing_or_of_no_fact_is_refused() -> None:
    for weights in ({"liabilites": Fraction(2)}, {"liabilities": Fraction(0)}):
        with pytest.raises(LittleGiantError, match="the weight"):
            advise(firm("E"), judge(), PACK, MOVABLE, weights)


@pytest.mark.parametrize("form", FORMS)
def test_advice_where_revenue_can_be_moved_takes_the_edge_of_the_band(form: str) -> None:
    """100 more of revenue reaches the band that asks for 3 %; less revenue would mend c1 and break c3."""
    found = advice(form, MOVABLE)
    assert moves(found) == [("liabilities", 3_200, 2_800), ("revenue", 9_900, 10_000)]
    assert found.cost == Fraction(100, 9_900) + Fraction(400, 3_200)
    assert float(found.cost) == pytest.approx(0.135, abs=5e-4)


def test_no_advice_for_the_eligible_the_undetermined_and_the_unmovable() -> None:
    assert advise(firm("A"), judge(), PACK)[1] is None
    assert advise(firm("B"), judge(), PACK)[1] is None
    assert advise(firm("E"), judge(), PACK, {"class_one_rights": "up"})[1] is None
    assert advise(firm("E", on_adverse_list=True), judge(), PACK, MOVABLE)[1] is None


def test_directions_are_kept() -> None:
    assert advise(firm("E"), judge(), PACK, {**MOVABLE, "liabilities": "up", "assets": False})[1] is None
    _, found = advise(firm("E"), judge(), PACK, {"rd_expense": "up", "assets": "up"})
    assert found is not None
    assert [step.item.id for step in found.steps] == ["assets", "rd_expense"]
    assert found.steps[0].then == Fraction(4_571_428_572, 100)  # 3,200 / 0.70, rounded up to the fen


def test_advice_climbs_a_ladder_at_least_cost() -> None:
    """E without points: five rights (40) and a tenth of the niche (30) reach 50 from nothing; a fifth alone (60) is dearer."""
    case = firm("E", rd_expense=700, liabilities=2_000, class_one_rights=4, niche_share_national="0.08")
    result, found = advise(case, judge(), PACK)
    assert (result.outcome, result.score_low, set(result.failed)) == ("ineligible", 20, {"score"})
    assert found is not None
    assert [(step.item.id, step.then) for step in found.steps] == [("niche_share_national", Fraction(1, 10))]
    assert found.cost == Fraction(1, 4)
