"""What the solver says of a standard is what the query finds: worked figures, every firm of a small world, all that ships."""

from __future__ import annotations

import atexit
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assessment.invented import compiled_text, standard_of, toy_pack
from littlegiant.assessment import CaseFacts, Judge, Judged, run_cases
from littlegiant.assessment.deep import Deep, DeepWriter, case_of_witness, deep_lint, saved_cases, versions_told
from littlegiant.documents import Document, parse_document
from littlegiant.packs import Pack, open_pack
from littlegiant.standards import Compiled, Standard, compile_applying, compile_standard
from littlegiant.standards.analysis import Analysis, Finding, Witness, analyse, compare_versions
from littlegiant.standards.analysis.questions import PROBLEMS, Direction, Notch
from littlegiant.words import Language, say
from register.making import Command, command

DAY = date(2025, 1, 1)
FEN = Decimal("0.01")
_HEADER = """
format: 1
pack: small
title: {zh: 小, en: small}
languages: [zh, en]
currency: {code: CNY, title: {zh: 元, en: yuan}, minor: {title: {zh: 分, en: fen}, per_main: 100}, multiples: []}
tiers: [{id: gold, title: {zh: 金, en: gold}}]
applications: [{id: new, title: {zh: 新申报, en: new}}, {id: again, title: {zh: 复核, en: again}}]
"""
_MONEY = {"type": "money", "period": "year", "least": 0}
FIRM_FACTS: dict[str, dict[str, Any]] = {
    "revenue": {**_MONEY, "adjustable": True},
    "rd": {**_MONEY, "adjustable": True},
    "assets": _MONEY,
    "liabilities": _MONEY,
    "ip": {"type": "count", "period": "year", "most": 1000, "adjustable": "up"},
    "share": {"type": "share", "period": "year", "least": 0, "most": 1, "decimals": 4},
    "violation": {"type": "boolean", "period": "year"},
}
TINY_FACTS: dict[str, dict[str, Any]] = {
    "a": {"type": "count", "period": "year", "most": 2},
    "b": {"type": "count", "period": "static", "most": 3},
    "p": {"type": "boolean", "period": "static"},
    "c": {"type": "code", "period": "static", "codes": ["red", "green", "blue"]},
}
_HEAD: dict[str, Any] = {
    "format": 1,
    "standard": "tried",
    "title": {"zh": "试", "en": "tried"},
    "law": {"title": {"zh": "试", "en": "tried"}, "number": "1"},
    "applies": [{"application": "new", "from": "2020-01-01"}],
}
Body = Mapping[str, Any]


def written_pack(folder: Path, facts: Mapping[str, Any], *documents: Body) -> Pack:
    """A pack with these facts and standards, which need `version:`."""
    for name in ("size_classes", "standards", "notices"):
        (folder / name).mkdir(parents=True)
    told = {name: {**fact, "title": {"zh": name, "en": name}} for name, fact in facts.items()}
    texts = {
        "pack.yaml": _HEADER,
        "facts.yaml": json.dumps({"format": 1, "facts": told}),
        "regions.yaml": "format: 1\nregions: {}\n",
        "sectors.yaml": "format: 1\nsectors: {C: {zh: 制造业, en: manufacturing}}\n",
        "policy.yaml": "format: 1\ntables: {}\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for body in documents:
        path = folder / "standards/tried" / f"{body['version']}.yaml"
        path.parent.mkdir(exist_ok=True)
        # One key a line, so that `cases:` can be written behind it.
        path.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in {**_HEAD, **body}.items()), encoding="utf-8")
    return open_pack(folder)


@cache
def small_pack(kind: str) -> Pack:
    """The pack of `firms` or of the `tiny` world, kept until the process ends."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    return written_pack(Path(folder.name) / "small", FIRM_FACTS if kind == "firms" else TINY_FACTS)


def compiled(body: Body, kind: str = "firms") -> Compiled:
    text = json.dumps({**_HEAD, "version": "1", **body})
    document = parse_document(text.encode(), Standard, "tried/1.yaml")
    return compile_standard(document, small_pack(kind), application="new", reference_date=DAY)


def analysed(body: Body, kind: str = "firms") -> Analysis:
    return analyse(compiled(body, kind), small_pack(kind).facts)


def requiring(*conditions: str, **more: Any) -> dict[str, Any]:
    """A standard with one criterion a condition: e0, e1 .."""
    return {"criteria": [{"id": f"e{n}", "require": text} for n, text in enumerate(conditions)], **more}


def of_kind(analysis: Analysis, kind: str) -> list[Finding]:
    return [finding for finding in analysis.findings if finding.kind == kind]


def told(analysis: Analysis, kind: str) -> list[tuple[str, ...]]:
    return [(*finding.about, *([finding.text] if finding.text else [])) for finding in of_kind(analysis, kind)]


def ways(analysis: Analysis) -> dict[str, str]:
    return {direction.item.id: direction.way for direction in analysis.directions}


def judged_witnesses(judge: Judge, witnesses: Sequence[Witness | None]) -> list[Judged]:
    return judge.judge([case_of_witness(w, f"{n}") for n, w in enumerate(witnesses) if w is not None])


def judged_witness(judge: Judge, witness: Witness | None) -> Judged:
    (judged,) = judged_witnesses(judge, [witness])
    return judged


def top_failed(judged: Judged, tops: Sequence[str]) -> set[str]:
    return set(judged.failed) & set(tops)


def tops_of(each: Compiled) -> list[str]:
    return [str(part.slot) for part in each.root.parts]


# --- bands of a threshold, by hand -----------------------------------------------------------------------------------

_BANDS = [{"from": 100_000_000, "value": 0.03}, {"from": 50_000_000, "value": 0.06}]
WANTED: dict[str, Any] = {"wanted": {"by": "revenue", "bands": [*_BANDS, {"value": 0.10}], "unit": "share"}}
SHARE = "rd / revenue >= wanted"
BANDED = requiring(SHARE, measures=WANTED)


def needed_share(revenue: Fraction) -> Fraction:
    return Fraction(3 if revenue >= 100_000_000 else 6 if revenue >= 50_000_000 else 10, 100)


def outcome(body: Body, **facts: Any) -> str:
    (judged,) = Judge(compiled(body)).judge([CaseFacts("firm", {name: [value] for name, value in facts.items()}, (), {})])
    return judged.outcome


def test_revenue_goes_both_ways_and_research_only_helps() -> None:
    assert ways(analysed(BANDED)) == {"revenue": "both", "rd": "helps"}


ISLANDS = [("40000000", True), ("40000000.01", False), ("45000000", False), ("49999999.99", False), ("50000000", True)]
ISLANDS += [("60000000", True), ("66666666.66", True), ("66666666.67", False), ("99999999.99", False), ("100000000", True)]
ISLANDS += [("133333333.33", True), ("133333333.34", False)]


@pytest.mark.parametrize(("revenue", "passes"), ISLANDS)
def test_eligibility_comes_and_goes_with_revenue(revenue: str, passes: bool) -> None:
    """With research of 4.0 m: up to 40 m, from 50 m to 66.7 m, from 100 m to 133.3 m."""
    pinned = analysed(requiring(SHARE, "rd = 4000000", f"revenue = {revenue}", measures=WANTED))
    assert told(pinned, "passes" if passes else "nobody_passes")
    assert outcome(BANDED, rd=4_000_000, revenue=Decimal(revenue)) == ("eligible" if passes else "ineligible")


@pytest.mark.parametrize(("edge", "least", "most"), [(50_000_000, 3_000_000, 5_000_000), (100_000_000, 3_000_000, 6_000_000)])
def test_an_edge_lifts_the_firms_between_two_amounts_of_research(edge: int, least: int, most: int) -> None:
    at, below = f"revenue = {edge}", f"revenue = {edge - FEN}"
    for conditions in (
        (SHARE, at, f"rd < {least}"),
        (f"NOT ({SHARE})", at, f"rd >= {least}"),
        (SHARE, below, f"rd < {most - FEN}"),
        (f"NOT ({SHARE})", below, f"rd >= {most}"),
    ):
        assert told(analysed(requiring(*conditions, measures=WANTED)), "nobody_passes"), conditions
    assert told(analysed(requiring(SHARE, at, f"rd < {least + FEN}", measures=WANTED)), "passes")


def test_the_cliff_of_revenue_lies_where_the_share_is_just_reached() -> None:
    (cliff,) = [each.cliff for each in analysed(BANDED).directions if each.item.name == "revenue"]
    assert cliff is not None
    rd = next(value for item, value in cliff.witness.values.items() if item.name == "rd")
    assert cliff.after - cliff.before == Fraction(1, 100)
    assert rd >= needed_share(cliff.before) * cliff.before
    assert rd < needed_share(cliff.after) * cliff.after
    assert needed_share(cliff.before) == needed_share(cliff.after)
    assert cliff.lost == ("e0",)


def edges(analysis: Analysis) -> dict[Fraction, Notch]:
    return {n.threshold.value: n for n in analysis.notches if n.effect == "requirement" and n.threshold.text == "revenue"}


@pytest.mark.parametrize("condition", [SHARE, "wanted <= rd / revenue", "rd >= wanted * revenue"])
def test_the_edges_of_a_table_are_notches_of_what_is_required(condition: str) -> None:
    found = edges(analysed(requiring(condition, measures=WANTED)))
    assert set(found) == {Fraction(50_000_000), Fraction(100_000_000)}
    assert all(notch.adjustable and [item.id for item in notch.facts] == ["revenue"] for notch in found.values())


def _bands(*requires: str) -> dict[str, Any]:
    ends: list[dict[str, int]] = [{"below": 50_000_000}, {"from": 50_000_000, "below": 100_000_000}, {"from": 100_000_000}]
    bands = [{"id": f"b{n}", **end, "require": text} for n, (end, text) in enumerate(zip(ends, requires, strict=True))]
    return {"criteria": [{"id": "e0", "by_band": {"measure": "revenue", "bands": bands}}]}


BY_BAND = _bands("rd / revenue >= 0.1", "rd / revenue >= 0.06", "rd / revenue >= 0.03")


def test_the_edges_of_bands_of_conditions_are_notches_too() -> None:
    assert set(edges(analysed(BY_BAND))) == {Fraction(50_000_000), Fraction(100_000_000)}


_RUNGS: dict[str, list[dict[str, Any]]] = {
    "ip": [{"at_least": 5, "points": 40}, {"at_least": 2, "points": 20}],
    "share": [{"at_least": 0.20, "points": 60}, {"at_least": 0.10, "points": 30}],
}


def five_criteria(debt: str = "0.70", third: str = "0.10", rungs: Mapping[str, Any] = _RUNGS) -> dict[str, Any]:
    """The standard of the five firms by hand."""
    conditions = (SHARE, f"liabilities / assets <= {debt}", "revenue / prior(revenue) >= 1.05", "NOT violation")
    table = {"wanted": {**WANTED["wanted"], "bands": [*_BANDS, {"value": float(third)}]}}
    indicators = [{"id": name, "ladder": name, "rungs": steps} for name, steps in rungs.items()]
    return requiring(*conditions, measures=table, score={"pass": 50, "indicators": indicators})


def test_of_the_five_criteria_only_revenue_goes_both_ways() -> None:
    assert ways(analysed(five_criteria())) == {
        "rd": "helps",
        "revenue": "both",
        "liabilities": "hurts",
        "assets": "helps",
        "revenue@1": "hurts",
        "violation": "hurts",
        "ip": "helps",
        "share": "helps",
    }


def test_the_five_criteria_have_no_problem_and_each_stops_a_firm_alone() -> None:
    analysis = analysed(five_criteria())
    assert analysis.problems == ()
    assert told(analysis, "undecided") == []
    assert told(analysis, "alone") == [("e0",), ("e1",), ("e2",), ("e3",), ("score",)]


def test_notches_of_a_score_give_the_points_above_the_next_rung() -> None:
    rungs = [n for n in analysed(five_criteria()).notches if n.effect == "points"]
    assert [(n.threshold.text, n.threshold.value, n.points, n.adjustable) for n in rungs] == [
        ("ip", 5, 20, True),
        ("ip", 2, 20, True),
        ("share", Fraction(1, 5), 30, False),
        ("share", Fraction(1, 10), 30, False),
    ]


def test_a_rung_above_the_most_that_an_indicator_gives_gains_nothing() -> None:
    rungs = [{"at_least": 5, "points": 40}, {"at_least": 2, "points": 10}]
    analysis = analysed({"score": {"pass": 10, "indicators": [{"id": "ip", "ladder": "ip", "max": 10, "rungs": rungs}]}})
    assert [(int(notch.threshold.value), notch.points) for notch in analysis.notches] == [(5, 0), (2, 10)]


def test_a_threshold_of_a_condition_is_a_notch_of_eligibility() -> None:
    notch = next(n for n in analysed(five_criteria()).notches if n.threshold.text == "liabilities / assets")
    assert (notch.effect, notch.threshold.value, notch.points, notch.adjustable) == ("eligibility", Fraction(7, 10), 0, False)


@pytest.mark.parametrize(
    ("new", "admits", "excludes"),
    [
        (five_criteria(), "no", "no"),
        (five_criteria(debt="0.65", third="0.12"), "no", "yes"),
        (five_criteria(debt="0.75"), "yes", "no"),
        (
            five_criteria(debt="0.65", rungs={**_RUNGS, "share": [_RUNGS["share"][0], {"at_least": 0.08, "points": 30}]}),
            "yes",
            "yes",
        ),
    ],
)
def test_a_changed_version_is_stricter_or_looser_or_both(new: Body, admits: str, excludes: str) -> None:
    compared = compare_versions(compiled(five_criteria()), compiled(new), small_pack("firms").facts)
    assert (compared.admits, compared.excludes) == (admits, excludes)
    assert compared.equivalent == (admits == excludes == "no")


# --- conditions that clash, follow, or are never reached -------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "clash"),
    [
        (("ip >= 3", "ip < 3"), {"e0", "e1"}),
        (("NOT violation", "ip >= 3", "share >= 0.5", "ip <= 2", "rd >= 1"), {"e1", "e3"}),
        (("share > 1", "ip >= 3", "NOT violation"), {"e0"}),
        (("rd / revenue >= 0.1", "rd <= 5000", "revenue >= 100000", "ip >= 1"), {"e0", "e1", "e2"}),
        (("ip >= 3 OR violation", "NOT violation", "ip <= 1 OR violation", "rd >= 1"), {"e0", "e1", "e2"}),
    ],
)
def test_what_nobody_passes_is_told_by_the_least_clashing_set(conditions: Sequence[str], clash: set[str]) -> None:
    analysis = analysed(requiring(*conditions))
    (finding,) = of_kind(analysis, "nobody_passes")
    assert set(finding.about) == clash
    assert not of_kind(analysis, "passes")


def test_a_standard_that_nobody_passes_says_nothing_of_directions() -> None:
    assert analysed(requiring("ip >= 3", "ip < 3")).directions == ()


def test_what_everybody_passes_is_told() -> None:
    analysis = analysed(requiring("share <= 1", "ip >= 0"))
    assert (len(of_kind(analysis, "nobody_fails")), of_kind(analysis, "fails")) == (1, [])


def test_a_condition_that_follows_from_others_is_implied() -> None:
    analysis = analysed(requiring("rd / revenue >= 0.05", "revenue >= 1000000", "rd >= 50000", "ip >= 1"))
    assert told(analysis, "implied") == [("e2",)]
    assert told(analysis, "alone") == [("e0",), ("e1",), ("e3",)]


def test_a_way_that_another_covers_is_idle() -> None:
    ways_in = [{"id": "many", "require": "ip >= 5"}, {"id": "some", "require": "ip >= 2"}, {"id": "rich", "require": "rd >= 10"}]
    assert told(analysed({"criteria": [{"id": "any", "any": ways_in}]}), "idle") == [("any", "any.many")]


def test_a_way_that_nobody_can_go_is_unreachable() -> None:
    ways_in = [{"id": "whole", "require": "share > 1"}, {"id": "some", "require": "ip >= 2"}]
    analysis = analysed({"criteria": [{"id": "any", "any": ways_in}]})
    assert told(analysis, "unreachable") == [("any", "any.whole")]
    assert told(analysis, "idle") == []


def test_a_band_that_nobody_is_in_is_unreachable() -> None:
    bands = [{"id": "low", "below": 0.5, "require": "ip >= 1"}, {"id": "high", "from": 0.5, "below": 2, "require": "ip >= 2"}]
    bands.append({"id": "beyond", "from": 2, "require": "ip >= 3"})
    analysis = analysed({"criteria": [{"id": "e0", "by_band": {"measure": "share", "bands": bands}}]})
    assert told(analysis, "unreachable") == [("e0", "share >= 2")]


@pytest.mark.parametrize(
    ("rungs", "never"),
    [
        ([{"at_least": 1.5, "points": 60}, {"at_least": 0.1, "points": 50}], "share: 60"),
        ([{"at_least": 0.1, "points": 50}, {"at_least": 0.2, "points": 60}], "share: 60"),
        ([{"at_least": 0.5, "points": 50}, {"at_least": 0, "points": 10}], "share: 0"),
    ],
)
def test_a_rung_that_nobody_stands_on_is_unreachable(rungs: list[Any], never: str) -> None:
    analysis = analysed({"score": {"pass": 50, "indicators": [{"id": "share", "ladder": "share", "rungs": rungs}]}})
    assert told(analysis, "unreachable") == [("score", never)]


def test_a_rung_below_the_pass_mark_is_reached_but_not_by_who_passes() -> None:
    rungs = [{"at_least": 0.2, "points": 50}, {"at_least": 0.1, "points": 20}]
    analysis = analysed({"score": {"pass": 50, "indicators": [{"id": "share", "ladder": "share", "rungs": rungs}]}})
    assert told(analysis, "not_by_eligible") == [("score", "share: 20"), ("score", "share: 0")]
    assert analysis.problems == ()


def test_sound_bands_have_neither_gap_nor_overlap() -> None:
    analysis = analysed(BY_BAND)
    assert analysis.problems == ()
    assert told(analysis, "undecided") == []


# --- the answers of the solver, held against single firms --------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "firm"),
    [
        (["years(born, moved) < 2", "years(born) >= 5"], {"born": "2015-03-01", "moved": "2016-01-01"}),
        (["days(born, moved) < 100", "days(born) >= 1000"], {"born": "2015-03-01", "moved": "2015-04-01"}),
        (["starts_with(sector, 'C3')", "sector <> 'C3'"], {"sector": "C35"}),
        (["starts_with(sector, 'C') AND NOT starts_with(sector, 'C3')"], {"sector": "C"}),
        (["listed = audited", "listed"], {"listed": True, "audited": [True]}),
        (["effort * CASE WHEN listed THEN heads ELSE rights END >= 3"], "heads"),
        (["assume(effort, 0.5) >= wanted"], "heads"),
        (["effort >= prior(effort)"], {"spend": [2, 1], "turnover": [10, 10]}),
    ],
    ids=lambda value: " AND ".join(value) if isinstance(value, list) else "",
)
def test_a_firm_that_passes_is_not_denied(conditions: list[str], firm: Any) -> None:
    rich = {"spend": [100], "turnover": [100], "heads": [5], "rights": [5], "listed": True}
    each = compiled_text(standard_of(conditions))
    (judged,) = Judge(each).judge([CaseFacts("firm", rich if firm == "heads" else firm, (), {})])
    assert judged.outcome == "eligible"
    assert told(analyse(each, toy_pack().facts), "passes")


@pytest.mark.parametrize("conditions", [["field = sector"], ["field <> sector", "listed"]])
def test_two_codes_held_against_each_other_are_read(conditions: list[str]) -> None:
    assert analyse(compiled_text(standard_of(conditions)), toy_pack().facts).findings


@pytest.mark.parametrize(
    "conditions", [["heads > 2", "heads < 3"], ["heads * 2 = 3"], ["heads + rights >= 3", "heads < 2", "rights < 2"]]
)
def test_nobody_has_half_a_person(conditions: list[str]) -> None:
    analysis = analyse(compiled_text(standard_of(conditions)), toy_pack().facts)
    assert told(analysis, "nobody_passes")
    assert not told(analysis, "passes")


def test_the_example_of_a_falling_ratio_is_one_that_a_register_may_hold() -> None:
    each = compiled_text(standard_of(["effort >= prior(effort)"]))
    judge, analysis = Judge(each), analyse(each, toy_pack().facts)
    assert faults_of_cliffs(analysis, judge) == []


def faults_of_cliffs(analysis: Analysis, judge: Judge) -> list[str]:
    """Cliffs where the query does not find the firm eligible before, ineligible after, by the conditions named."""
    cliffs = [direction.cliff for direction in analysis.directions if direction.cliff is not None]
    wrong = [f"{cliff.item.id} at {cliff.before}: no firm as a register has it" for cliff in cliffs if not cliff.witness.round]
    cliffs = [cliff for cliff in cliffs if cliff.witness.round]
    ends = [end for cliff in cliffs for end in (cliff.witness, cliff.witness.changed(cliff.item, cliff.after))]
    found = judged_witnesses(judge, ends)
    for cliff, before, after in zip(cliffs, found[::2], found[1::2], strict=True):
        assert cliff.before < cliff.after
        seen = (before.outcome, after.outcome, top_failed(after, tops_of(judge.compiled)))
        wrong += [f"{cliff.item.id} at {cliff.before}: {seen}"] if seen != ("eligible", "ineligible", set(cliff.lost)) else []
    return wrong


# --- every firm of a small world -----------------------------------------------------------------------------------------

# Seeds are not shrunk: the messages give the standard instead.
steady = settings(derandomize=True, deadline=None, database=None, max_examples=15, phases=[Phase.explicit, Phase.generate])
SEEDS = st.integers(0, 2**32 - 1)
_RANGES: dict[str, tuple[Any, ...]] = {
    "a": (0, 1, 2),
    "a@1": (0, 1, 2),
    "b": (0, 1, 2, 3),
    "p": (False, True),
    "c": ("red", "green", "blue"),
}
Firm = tuple[Any, ...]  # in the order of _RANGES
Truths = dict[Firm, bool | None]
WORLD: list[Firm] = list(product(*_RANGES.values()))
_MEASURES = {
    "need": {"by": "a", "bands": [{"from": 2, "value": 1}, {"from": 1, "value": 2}, {"value": 0.5}], "unit": ""},
    "rate": {"formula": "a / b", "unit": ""},
}


@dataclass
class Author:
    """Draws standards of the tiny world. A `plain` one asks only whether one fact reaches a whole number."""

    rng: Random
    plain: bool

    def number(self) -> str:
        if self.plain:
            return self.rng.choice(["a", "b", "prior(a)"])
        sums = ["a + b", "a - b", "2 * a", "-a", "a * b", "abs(a - b)", "a - prior(a)", "floor(a / 2)", "greatest(a, b)"]
        ratios = ["a / b", "b / a", "prior(rate)", "rate - need", "(a - 1) / (b - 2)", "assume(rate, 1)"]
        return self.rng.choice(["a", "b", "rate", "need", *sums, *ratios, "CASE WHEN p THEN a ELSE b END"])

    def condition(self, depth: int = 2) -> str:
        rng = self.rng
        if depth and rng.random() < 0.4:
            parts = [self.condition(depth - 1) for _ in range(3)]
            return rng.choice(
                [
                    f"({parts[0]} AND {parts[1]})",
                    f"({parts[0]} OR {parts[1]})",
                    f"NOT ({parts[0]})",
                    f"CASE WHEN {parts[0]} THEN {parts[1]} ELSE {parts[2]} END",
                ]
            )
        if rng.random() < 0.3:
            return rng.choice(["p", "NOT p", "p = true", "c = 'red'", "c <> 'green'", "c IN ('red', 'blue')", "c NOT IN ('red')"])
        if self.plain:
            return f"{self.number()} {rng.choice(['>=', '<'])} {rng.choice('0123')}"
        sign, limit = (
            rng.choice([">=", "<", "<=", ">", "=", "<>"]),
            rng.choice(["0", "1", "2", "3", "0.5", "1.5", "need", "b", "-1"]),
        )
        return f"{self.number()} {sign} {limit}"

    def node(self, id: str, depth: int = 2) -> dict[str, Any]:
        rng = self.rng
        form = rng.choice(["require", "require", "any", "all", "by_band"]) if depth else "require"
        extra = {"exempt": {"text": {}, "require": self.condition(1)}} if rng.random() < 0.1 else {}
        if form == "require":
            return {"id": id, "require": self.condition(), **extra}
        if form == "by_band":
            ends = [{"below": 1}, {"from": 1, "below": 2}, {"from": 2}]
            bands = [{"id": f"b{n}", **end, "require": self.condition(1)} for n, end in enumerate(ends)]
            measure = rng.choice(["a", "b"] if self.plain else ["a", "rate", "a + b"])
            return {"id": id, "by_band": {"measure": measure, "bands": bands}, **extra}
        return {"id": id, form: [self.node(f"m{n}", depth - 1) for n in range(rng.choice([2, 2, 3]))], **extra}

    def indicator(self, id: str) -> dict[str, Any]:
        rng = self.rng
        group = {"group": rng.choice(["", "g"]), **({"max": 10} if rng.random() < 0.3 else {})}
        if rng.random() < 0.3:
            of = [self.condition(0) for _ in range(rng.choice([1, 2, 3]))]
            return {"id": id, **group, "each": {"points": rng.choice([5, 10]), "of": of}}
        ends = ["at_least", "below"] if self.plain else ["at_least", "above", "at_most", "below"]
        limits = [0, 1, 2, 3] if self.plain else [0, 1, 2, 0.5]
        rungs: list[dict[str, Any]] = [
            {"when": self.condition(1), "points": rng.choice([0, 10, 20])}
            if rng.random() < 0.3
            else {rng.choice(ends): rng.choice(limits), "points": rng.choice([0, 5, 10, 20])}
            for _ in range(rng.choice([1, 2, 3]))
        ]
        return {"id": id, **group, "ladder": self.number(), "rungs": rungs, "otherwise": rng.choice([0, 0, 5])}

    def standard(self) -> dict[str, Any]:
        rng = self.rng
        body: dict[str, Any] = {"criteria": [self.node(f"n{n}") for n in range(rng.choice([1, 2, 2, 3]))], "measures": _MEASURES}
        if rng.random() < 0.4:
            indicators = [self.indicator(f"i{n}") for n in range(rng.choice([1, 2, 3]))]
            floor = {"at_least": 5} if rng.random() < 0.5 else {"max": 15}
            groups = {"groups": {"g": floor}} if any(each["group"] for each in indicators) else {}
            body["score"] = {"pass": rng.choice([5, 10, 15, 20]), "indicators": indicators, **groups}
        return body


def drawn(seed: int, plain: bool) -> dict[str, Any]:
    return Author(Random(seed), plain).standard()


def _case(firm: Firm) -> CaseFacts:
    a, a_before, b, p, c = firm
    return CaseFacts(repr(firm), {"a": [a, a_before], "b": b, "p": p, "c": c}, (), {})


def judged_world(body: Body) -> Truths:
    """What the query finds of every firm there is."""
    found = Judge(compiled(body, "tiny")).judge([_case(firm) for firm in WORLD])
    meets = {"eligible": True, "ineligible": False, "undetermined": None}
    return {firm: meets[judged.outcome] for firm, judged in zip(WORLD, found, strict=True)}


def _parts(body: Body) -> dict[str, Truths]:
    """The same, of each top condition as a standard of its own."""
    rest: dict[str, Any] = {"measures": _MEASURES}
    parts = {node["id"]: judged_world({"criteria": [node], **rest}) for node in body["criteria"]}
    return {**parts, **({"score": judged_world({"score": body["score"], **rest})} if "score" in body else {})}


def _somebody(wanted: Mapping[bool, Sequence[Truths]]) -> bool:
    """Say whether some firm has these truths."""
    return any(all(truths[firm] is value for value, several in wanted.items() for truths in several) for firm in WORLD)


def _moves(whole: Truths, item: str, before: bool, after: bool) -> bool:
    """Say whether more of `item` can lead from one outcome to the other."""
    place = list(_RANGES).index(item)
    for firm in WORLD:
        if whole[firm] is before:
            more = [value for value in _RANGES[item] if value > firm[place]]
            if any(whole[(*firm[:place], value, *firm[place + 1 :])] is after for value in more):
                return True
    return False


def _disagreements(body: Body) -> list[str]:
    """Where the solver says another thing than the enumeration of all firms."""
    each = compiled(body, "tiny")
    analysis, whole, parts = analyse(each, small_pack("tiny").facts), judged_world(body), _parts(body)
    kinds = Counter(str(finding.kind) for finding in analysis.findings)
    wrong = [f"undecided {finding}" for finding in of_kind(analysis, "undecided")]
    for yes, no, value in (("passes", "nobody_passes", True), ("fails", "nobody_fails", False)):
        somebody = value in whole.values()
        wrong += [yes] if (kinds[yes], kinds[no]) != ((1, 0) if somebody else (0, 1)) else []
    for id, part in parts.items() if True in whole.values() else ():  # where nobody passes, all follow from all
        alone = _somebody({False: [part], True: [other for name, other in parts.items() if name != id]})
        found = ((id,) in told(analysis, "alone"), (id,) in told(analysis, "implied"))
        wrong += [f"{id} alone: {alone}, found {found}"] if found != (alone, not alone) else []
    for finding in of_kind(analysis, "nobody_passes"):
        chosen = {id: parts[id] for id in finding.about}
        wrong += ["the clash is none"] if _somebody({True: list(chosen.values())}) else []
        for id in chosen:
            fewer = [part for name, part in chosen.items() if name != id]
            wrong += [f"the clash needs no {id}"] if not _somebody({True: fewer}) else []
    return [*wrong, *_wrong_ways(analysis.directions, whole), *_wrong_alternatives(body, analysis, whole)]


def _wrong_ways(directions: Sequence[Direction], whole: Truths) -> list[str]:
    wrong = []
    for direction in directions:
        helps = _moves(whole, direction.item.id, False, True)
        hurts = _moves(whole, direction.item.id, True, False)
        way = {(True, True): "both", (True, False): "helps", (False, True): "hurts", (False, False): "none"}[helps, hurts]
        wrong += [f"{direction.item.id}: {way}, found {direction.way}"] if way != direction.way else []
    return wrong


def _wrong_alternatives(body: Body, analysis: Analysis, whole: Truths) -> list[str]:
    wrong = []
    for node in (node for node in body["criteria"] if "any" in node and "exempt" not in node):
        members = {m["id"]: judged_world({"criteria": [m], "measures": _MEASURES}) for m in node["any"]}
        for id, own in members.items():
            others = [truths for name, truths in members.items() if name != id]
            reached = True in own.values()
            covered = reached and all(any(t[f] is True for t in others) for f in WORLD if own[f] is True)
            nobody = reached and not _somebody({True: [own, whole]})
            text = (node["id"], f"{node['id']}.{id}")
            for kind, right in (("unreachable", not reached), ("idle", covered), ("not_by_eligible", nobody)):
                wrong += [f"{text[1]} {kind}: {right}"] if (text in told(analysis, kind)) != right else []
    return wrong


def _wrong_examples(body: Body) -> list[str]:
    each = compiled(body, "tiny")
    analysis, judge = analyse(each, small_pack("tiny").facts), Judge(each)
    return [*faults_of_examples(analysis, judge), *faults_of_cliffs(analysis, judge)]


_SHOWS = {"passes": "eligible", "fails": "ineligible", "alone": "ineligible"}


def faults_of_examples(analysis: Analysis, judge: Judge) -> list[str]:
    """Examples of which the query finds another thing than what they are to show."""
    findings = [finding for finding in analysis.findings if finding.kind in _SHOWS]
    wrong = [f"{each.kind} {each.about}: no firm as a register has it" for each in findings if not _is_round(each)]
    findings = [finding for finding in findings if _is_round(finding)]
    for finding, judged in zip(findings, judged_witnesses(judge, [each.witness for each in findings]), strict=True):
        seen, failed = judged.outcome, top_failed(judged, tops_of(judge.compiled))
        wrong += [f"{finding.kind} {finding.about}: {seen}"] if seen != _SHOWS[finding.kind] else []
        wrong += (
            [f"{finding.kind} {finding.about}: fails {failed}"]
            if finding.kind == "alone" and failed != set(finding.about)
            else []
        )
    return wrong


def _is_round(finding: Finding) -> bool:
    return finding.witness is not None and finding.witness.round


every_author = pytest.mark.parametrize("plain", [True, False], ids=["single facts", "sums and ratios"])


@every_author
@steady
@given(seed=SEEDS)
def test_every_answer_agrees_with_all_firms(plain: bool, seed: int) -> None:
    body = drawn(seed, plain)
    assert _disagreements(body) == [], json.dumps(body)


@every_author
@settings(steady, max_examples=10)
@given(seed=SEEDS)
def test_every_example_is_a_firm_that_shows_it(plain: bool, seed: int) -> None:
    body = drawn(seed, plain)
    assert _wrong_examples(body) == [], json.dumps(body)


@every_author
@settings(steady, max_examples=10)
@given(seed=SEEDS)
def test_two_versions_agree_with_all_firms(plain: bool, seed: int) -> None:
    bodies = drawn(seed, plain), drawn(seed + 1, plain)
    # A version that shares conditions with the old one shows more than two that have nothing in common.
    pairs = [bodies, (bodies[0], {**bodies[0], "criteria": [*bodies[0]["criteria"][1:], *_renamed(bodies[1]["criteria"][:1])]})]
    for old, new in pairs:
        compared = compare_versions(compiled(old, "tiny"), compiled(new, "tiny"), small_pack("tiny").facts)
        first, second = judged_world(old), judged_world(new)
        admits, excludes = _somebody({False: [first], True: [second]}), _somebody({True: [first], False: [second]})
        found = (compared.admits, compared.excludes)
        assert found == ("yes" if admits else "no", "yes" if excludes else "no"), json.dumps([old, new])
        assert compared.equivalent == (not admits and not excludes)


def _renamed(nodes: Sequence[Body]) -> list[dict[str, Any]]:
    return [{**node, "id": f"other-{node['id']}"} for node in nodes]


# --- all that ships ----------------------------------------------------------------------------------------------------

SHIPPED = [
    pytest.param(name, id, document.value.version, id=f"{name} {id} {document.value.version}", marks=_slow)
    for name in ("cn", "eu", "us")
    for id in open_pack(name).ids("standards")
    for document in open_pack(name).versions(Standard, "standards", id)
    for _slow in [[pytest.mark.slow] if id in ("innovative-sme", "little-giant", "rd-aid-2014", "srdi") else []]
]
every_shipped = pytest.mark.parametrize(("pack", "id", "version"), SHIPPED)


@cache
def looked_at(pack: str, id: str, version: str) -> tuple[Deep, ...]:
    """The analysis of a shipped version, of each kind of application."""
    return tuple(deep_lint(open_pack(pack), id, version=version))


@every_shipped
def test_a_shipped_standard_is_decided_and_all_its_examples_are_confirmed(pack: str, id: str, version: str) -> None:
    """One test, so that the solver is asked once."""
    document = open_pack(pack).version(Standard, "standards", id, version)
    found = looked_at(pack, id, version)
    assert {deep.version for deep in found} == {version}
    assert len(found) >= len(document.value.applies)
    for deep in found:
        analysis = deep.analysis
        assert told(analysis, "undecided") == []
        assert "undecided" not in ways(analysis).values()
        assert told(analysis, "passes") == told(analysis, "fails") == [()]
        assert [id for (id,) in told(analysis, "alone")] + [id for (id,) in told(analysis, "implied")] == tops_of(
            analysis.compiled
        )
        assert faults_of_examples(analysis, deep.judge) == []
        assert faults_of_cliffs(analysis, deep.judge) == []
        hurting = [d for d in analysis.directions if d.way in ("hurts", "both") and d.item.kind == "number"]
        assert all(direction.cliff is not None for direction in hurting)
        assert _beside(deep, pack, document) == []
        assert not [line for line in _all_words(DeepWriter(deep, open_pack(pack), "en")) if "look at it" in line]


def _all_words(writer: DeepWriter) -> list[str]:
    directions = [" ".join(writer.direction(each)) for each in writer.deep.analysis.directions]
    return [*writer.problems(), *writer.notes(), *directions]


def _beside(deep: Deep, pack: str, document: Document[Standard]) -> list[str]:
    """What differs when the saved examples stand as worked cases beside the rules; also when one is missing."""
    rules = document.source.decode().split("\ncases:\n")[0]
    text = f"{rules}\ncases:\n{saved_cases(deep)}"
    results = list(run_cases(parse_document(text.encode(), Standard, document.name), open_pack(pack)))
    shown = [finding for finding in deep.analysis.findings if finding.kind in ("passes", "fails", "alone")]
    wrong = [f"{result.name}: {difference}" for result in results for difference in result.differences]
    return wrong if len(results) == len(shown) else [f"{len(results)} cases of {len(shown)} examples", *wrong]


@pytest.mark.parametrize(
    ("pack", "id", "old", "new", "application", "day"),
    [
        ("cn", "little-giant", "2022", "2026", "new", date(2026, 5, 25)),
        ("cn", "base", "2022", "2026", "new", date(2026, 5, 25)),
        ("us", "sbir", "2022", "2026", "phase-1", date(2026, 5, 1)),
        ("us", "sbir", "2022", "2026", "phase-2", date(2026, 5, 1)),
        pytest.param("cn", "srdi", "2022", "2026", "new", date(2026, 5, 25), marks=pytest.mark.slow),
    ],
)
def test_examples_of_two_shipped_versions_are_judged_so_by_both(
    pack: str, id: str, old: str, new: str, application: str, day: date
) -> None:
    opened = open_pack(pack)
    first, second = (compile_applying(opened, id, on=day, application=application, version=version) for version in (old, new))
    compared = compare_versions(first, second, opened.facts)
    assert "open" not in (compared.admits, compared.excludes)
    for answer, witness, outcomes in (
        (compared.admits, compared.admitted, ("ineligible", "eligible")),
        (compared.excludes, compared.excluded, ("eligible", "ineligible")),
    ):
        if answer == "yes":
            assert witness is not None
            own = [Witness({i: v for i, v in witness.values.items() if i in each.items}) for each in (first, second)]
            found = [judged_witness(Judge(each), part).outcome for each, part in zip((first, second), own, strict=True)]
            assert found == list(outcomes)


@pytest.mark.parametrize("amount", ["0.01", "1234567.89", "70000000000000.01", "199999999999999.99"])
def test_an_amount_of_an_example_is_saved_to_the_fen(amount: str) -> None:
    """As a binary float the largest would be another amount."""
    body = {**requiring(f"revenue = {amount}"), "version": "1"}
    each = compiled(body)
    deep = Deep("1", "new", analyse(each, small_pack("firms").facts), Judge(each))
    rules = "".join(f"{key}: {json.dumps(value)}\n" for key, value in {**_HEAD, **body}.items())
    document = parse_document(f"{rules}cases:\n{saved_cases(deep)}".encode(), Standard, "tried/1.yaml")
    results = list(run_cases(document, small_pack("firms")))
    assert [result.differences for result in results] == [(), (), ()]


# --- versions that decide alike ----------------------------------------------------------------------------------------


def _srdi(**changed: Any) -> Compiled:
    pack = open_pack("cn")
    document = pack.version(Standard, "standards", "srdi", "2026")
    document = replace(document, value=document.value.model_copy(update=changed))
    return compile_standard(document, pack, application="new", reference_date=date(2026, 5, 25))


def test_a_version_is_equivalent_to_itself() -> None:
    assert compare_versions(_srdi(), _srdi(), open_pack("cn").facts).equivalent


def test_the_order_of_criteria_changes_nothing() -> None:
    criteria = open_pack("cn").version(Standard, "standards", "srdi", "2026").value.criteria
    assert len(criteria) > 3
    assert compare_versions(_srdi(), _srdi(criteria=criteria[::-1]), open_pack("cn").facts).equivalent


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rd / revenue >= 0.1", "rd / revenue >= 0.10"),
        ("rd / revenue >= 0.1", "rd / revenue >= 1e-1"),
        ("rd / revenue >= 0.1", "0.1 <= rd / revenue"),
        ("rd / revenue >= 0.1", "revenue / rd <= 10 OR (rd = 0 AND false)"),
        ("ip >= 2 AND share >= 0.5", "NOT (ip < 2 OR share < 0.5)"),
        ("ip BETWEEN 2 AND 5", "ip >= 2 AND ip <= 5"),
        ("share >= 0.5", "share * 100 >= 50"),
    ],
)
def test_the_same_rule_in_other_words_is_equivalent(one: str, other: str) -> None:
    facts = small_pack("firms").facts
    if "/ rd" in other:  # a firm without revenue is unknown to one, known to the other
        one, other = (f"revenue > 0 AND rd > 0 AND {text}" for text in (one, f"({other})"))
    assert compare_versions(compiled(requiring(one)), compiled(requiring(other)), facts).equivalent


def test_a_table_of_values_is_equivalent_to_bands_of_conditions() -> None:
    assert compare_versions(compiled(BANDED), compiled(BY_BAND), small_pack("firms").facts).equivalent


def test_a_raised_threshold_only_excludes_and_both_judge_the_example_so() -> None:
    parameters = open_pack("cn").version(Standard, "standards", "srdi", "2026").value.parameters
    name = next(name for name in parameters if name.startswith("rd_share"))
    raised = parameters[name].model_copy(update={"value": parameters[name].value + Decimal("0.01")})
    old, new = _srdi(), _srdi(parameters={**parameters, name: raised})
    compared = compare_versions(old, new, open_pack("cn").facts)
    assert (compared.admits, compared.excludes, compared.admitted) == ("no", "yes", None)
    assert [judged_witness(Judge(each), compared.excluded).outcome for each in (old, new)] == ["eligible", "ineligible"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_two_versions_are_told_with_the_condition_that_stops_the_example(language: Language) -> None:
    old, new = compiled(requiring("ip >= 2", version="a")), compiled(requiring("ip >= 3", version="b"))
    lines = versions_told(old, new, small_pack("firms"), language)
    assert len(lines) == 2
    assert "(e0)" in lines[1]
    assert versions_told(old, old, small_pack("firms"), language) != lines


# --- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def littlegiant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("COLUMNS", "200")
    return command(monkeypatch, capsys)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with two versions of one standard; the second asks more, and one of its criteria follows from another."""
    first = {**requiring("ip >= 2", "rd / revenue >= wanted", measures=WANTED), "version": "1"}
    second = {**requiring("ip >= 3", "rd / revenue >= wanted", "ip >= 1", measures=WANTED), "version": "2"}
    first["applies"] = [{"application": "any", "from": "2020-01-01", "until": "2023-12-31"}]
    second["applies"] = [{"application": "any", "from": "2024-01-01"}]
    written_pack(tmp_path / "pack", FIRM_FACTS, first, second)
    return tmp_path / "pack"


LINT = ("standard", "lint", "tried", "--deep")


def test_lint_asks_the_solver_of_every_version_and_application(littlegiant: Command, pack: Path) -> None:
    answer = littlegiant(*LINT, "--pack", pack, "--json")
    rows = json.loads(answer.out)["deep"]
    assert [(row["version"], row["application"]) for row in rows] == [("1", "new"), ("1", "again"), ("2", "new"), ("2", "again")]
    assert [len(row["problems"]) for row in rows] == [0, 0, 1, 1]
    assert answer.code == 1
    assert answer.err == ""


def test_lint_tells_the_problem_the_direction_and_the_cliff(littlegiant: Command, pack: Path) -> None:
    answer = littlegiant(*LINT, "--pack", pack, "--version", "2")
    assert "! e2 follows from the other conditions and never decides" in answer.out
    assert "tried/1.yaml, new" not in answer.out
    (row,) = {line for line in answer.out.splitlines() if line.startswith("revenue")}
    assert "both ways" in row
    assert "loses e0" not in row
    assert "loses e1" in row


def test_lint_lists_notches_only_when_asked(littlegiant: Command, pack: Path) -> None:
    without = littlegiant(*LINT, "--pack", pack, "--version", "1").out
    with_ = littlegiant(*LINT, "--pack", pack, "--version", "1", "--notches").out
    assert "eligibility" not in without
    assert "eligibility" in with_


def test_lint_speaks_chinese(littlegiant: Command, pack: Path) -> None:
    answer = littlegiant(*LINT, "--pack", pack, "--version", "2", "--language", "zh")
    assert "e2可由其他条件推出" in answer.out


def test_an_unknown_version_is_a_mistake_that_names_the_known_ones(littlegiant: Command, pack: Path) -> None:
    answer = littlegiant(*LINT, "--pack", pack, "--version", "3")
    assert (answer.code, answer.out) == (2, "")
    assert "'3'" in answer.err
    assert "1, 2" in answer.err
    assert "Traceback" not in answer.err


def test_an_unknown_standard_is_a_mistake(littlegiant: Command, pack: Path) -> None:
    answer = littlegiant("standard", "lint", "tired", "--deep", "--pack", pack)
    assert answer.code == 2
    assert "Did you mean 'tried'?" in answer.err


@pytest.mark.parametrize(
    "asked", [LINT, ("standard", "compare", "tried", "1", "2", "--on", "2024-06-01")], ids=["lint", "compare"]
)
def test_without_z3_the_extra_is_named(littlegiant: Command, pack: Path, monkeypatch: pytest.MonkeyPatch, asked: Any) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    answer = littlegiant(*asked, "--pack", pack)
    assert (answer.code, answer.out) == (2, "")
    assert "littlegiant[analysis]" in answer.err
    assert "[missing-extra]" in answer.err
    assert "Traceback" not in answer.err


def test_what_z3_is_missed_for_is_what_was_asked(littlegiant: Command, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`standard compare` has no option --deep to be told about."""
    monkeypatch.setitem(sys.modules, "z3", None)
    assert "--deep" not in littlegiant("standard", "compare", "tried", "1", "2", "--on", "2024-06-01", "--pack", pack).err


def test_lint_without_the_solver_needs_no_z3(littlegiant: Command, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    answer = littlegiant("standard", "lint", "tried", "--pack", pack)
    assert answer.err == ""
    assert "findings" in answer.out


def test_examples_saved_beside_the_rules_run_as_worked_cases(littlegiant: Command, pack: Path, tmp_path: Path) -> None:
    saved = tmp_path / "cases.yaml"
    littlegiant(*LINT, "--pack", pack, "--version", "2", "--save-witnesses", saved)
    text = saved.read_text(encoding="utf-8")
    assert text.startswith("cases:\n")
    with (pack / "standards/tried/2.yaml").open("a", encoding="utf-8") as rules:
        rules.write(text)
    answer = littlegiant("standard", "test", "tried", "--version", "2", "--pack", pack, "--json")
    assert (answer.code, json.loads(answer.out)) == (0, {"cases": 2 * 4, "wrong": []})


def test_saved_examples_differ_by_name(littlegiant: Command, pack: Path, tmp_path: Path) -> None:
    saved = tmp_path / "cases.yaml"
    littlegiant(*LINT, "--pack", pack, "--version", "1", "--save-witnesses", saved)
    names = [line for line in saved.read_text(encoding="utf-8").splitlines() if "name:" in line]
    assert len(names) == len(set(names)) > 0


def test_examples_are_saved_for_one_version_at_a_time(littlegiant: Command, pack: Path, tmp_path: Path) -> None:
    answer = littlegiant(*LINT, "--pack", pack, "--save-witnesses", tmp_path / "cases.yaml")
    assert answer.code == 2
    assert "name it" in answer.err
    assert not (tmp_path / "cases.yaml").exists()


def test_a_folder_for_examples_that_is_not_there_is_one_sentence(littlegiant: Command, pack: Path, tmp_path: Path) -> None:
    answer = littlegiant(*LINT, "--pack", pack, "--version", "1", "--save-witnesses", tmp_path / "nowhere/cases.yaml")
    assert answer.code in (2, 3)
    assert "Traceback" not in answer.err
    assert str(tmp_path / "nowhere") in answer.err
    assert len(answer.err.strip().split("\n")) <= 2


def test_compare_without_a_register_tells_both_directions(littlegiant: Command, pack: Path) -> None:
    asked = ("standard", "compare", "tried", "1", "2", "--on", "2024-06-01", "--pack", pack)
    answer = littlegiant(*asked, "--json")
    assert (answer.code, answer.err) == (0, "")
    admits, excludes = json.loads(answer.out)
    assert admits == "2 admits nobody whom 1 refuses"
    assert excludes.startswith("2 refuses firms that 1 admits (e0). for example: ")
    assert littlegiant(*asked).out.splitlines() == [admits, excludes]


def test_compare_of_a_version_with_itself_is_equivalent(littlegiant: Command, pack: Path) -> None:
    answer = littlegiant("standard", "compare", "tried", "1", "1", "--on", "2024-06-01", "--pack", pack)
    assert (answer.code, answer.out) == (0, "1 and 1 decide alike for every firm\n")


def test_compare_of_an_unknown_version_is_a_mistake(littlegiant: Command, pack: Path) -> None:
    answer = littlegiant("standard", "compare", "tried", "1", "3", "--on", "2024-06-01", "--pack", pack)
    assert (answer.code, answer.out) == (2, "")
    assert "1, 2" in answer.err


_LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_kind_of_problem_has_words(language: Language) -> None:
    for kind in (*PROBLEMS, "undecided"):
        assert say(f"deep_{kind}", language, about="x", text="y")
