"""U2: what is definite holds under every completion of the unknown. U1, U4: unknown is never no, and says what it needs.

A firm with holes is judged together with completions of it, drawn from the domains of its unknown facts and biased to
the thresholds; whatever was definite before (outcome, condition, end of a score) must hold in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from math import ceil
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from breadth import breadth
from littlegiant.assessment import CaseFacts, Judge, Judged
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Compiled, Item
from littlegiant.standards.kinds import Points, walk_logic

from .firms import completed, edges, main, model_firm, some_firms, some_value, with_value
from .invented import DECLARED, compiled_text, some_conditions, some_standard, standard_of, toy_firms, toy_value
from .settings import EVERY_RULE, Setting, compiled_for, document_of, holes, judge_for, shown

steady = settings(derandomize=True, deadline=None, database=None, max_examples=2, phases=[Phase.explicit, Phase.generate])
SEEDS = st.integers(0, 2**32 - 1)
COMPLETIONS = 25
every_setting = pytest.mark.parametrize("setting", EVERY_RULE, ids=str)


def firms_with_holes(seed: int, setting: Setting, count: int) -> list[CaseFacts]:
    compiled = compiled_for(setting)
    return [firm for firm in some_firms(seed, setting, 3 * count) if holes(firm, compiled)][:count]


# --- what is definite ----------------------------------------------------------------------------------------------


def overturned(before: Judged, after: Judged, compiled: Compiled) -> list[str]:
    """What was definite in `before` and is not so in `after`.

    The sets tell of each condition whether it failed (of ineligible firms) or is unknown; a whole criterion that does
    neither is met. What was failed must stay failed, what was met must stay met, and nothing may become unknown.
    """
    found = []
    if before.outcome != "undetermined" and after.outcome != before.outcome:
        found.append(f"outcome {before.outcome} became {after.outcome}")
    criteria = {part.slot for part in compiled.root.parts if part.slot is not None}
    met = criteria - set(before.failed) - set(before.unknown)
    for what, ids in (
        ("failed no more", set(before.failed) - set(after.failed)),
        ("met no more", met & set(after.failed)),
        ("became unknown", set(after.unknown) - set(before.unknown)),
    ):
        found += [f"{what}: {sorted(ids)}"] if ids else []
    if before.score_low is not None and before.score_high is not None:
        assert after.score_low is not None
        assert after.score_high is not None
        if not before.score_low <= after.score_low <= after.score_high <= before.score_high:
            low, high = after.score_low, after.score_high
            found.append(f"score {low} to {high} outside {before.score_low} to {before.score_high}")
    return found


def failing_everywhere(judge: Judge, firms: Sequence[CaseFacts], completions: Sequence[Sequence[CaseFacts]]) -> list[str]:
    """Judge firms and completions by one run and return what does not hold."""
    results = iter(judge.judge([*firms, *(case for cases in completions for case in cases)]))
    before = [next(results) for _ in firms]
    found = []
    for firm, judged, cases in zip(firms, before, completions, strict=True):
        for case in cases:
            found += [f"{each}: {shown(firm)}, then {shown(case)}" for each in overturned(judged, next(results), judge.compiled)]
    return sorted(found, key=len)


@every_setting
@steady
@given(seed=SEEDS)
def test_what_is_definite_holds_under_every_completion(setting: Setting, seed: int) -> None:
    rng, compiled = Random(seed), compiled_for(setting)
    firms = firms_with_holes(seed, setting, 25)
    completions = [[completed(rng, f, compiled, f"{f.case}/{n}") for n in range(COMPLETIONS)] for f in firms]
    assert failing_everywhere(judge_for(setting), firms, completions)[:3] == []


@pytest.mark.slow
@every_setting
@settings(steady, max_examples=breadth(5))
@given(seed=SEEDS)
def test_many_completions(setting: Setting, seed: int) -> None:
    rng, compiled = Random(seed), compiled_for(setting)
    firms = firms_with_holes(seed, setting, 60)
    completions = [[completed(rng, f, compiled, f"{f.case}/{n}") for n in range(40)] for f in firms]
    assert failing_everywhere(judge_for(setting), firms, completions)[:3] == []


# --- learning one thing after the other ---------------------------------------------------------------------------------


@every_setting
@steady
@given(seed=SEEDS)
def test_learning_one_fact_never_overturns_a_settled_outcome(setting: Setting, seed: int) -> None:
    rng, compiled = Random(seed), compiled_for(setting)
    firms = firms_with_holes(seed, setting, 60)
    learnt = [
        [replace(with_value(f, item, some_value(rng, item, compiled)), case=f"{f.case}/{item.id}") for item in holes(f, compiled)]
        for f in firms
    ]
    assert failing_everywhere(judge_for(setting), firms, learnt)[:3] == []


def zero_denominator(case: CaseFacts, compiled: Compiled) -> bool:
    """Say whether an amount that the shipped standards divide by is zero."""
    below = [
        ("revenue", 0),
        ("revenue", 1),
        ("revenue", 2),
        ("assets", 0),
        ("staff", 0),
        ("total_cost", 0),
        ("main_revenue", 1),
        ("main_revenue", 2),
    ]
    return any(case.value(item) == 0 for item in compiled.items if (item.name, item.back) in below)


def sector_without_a_row(case: CaseFacts) -> bool:
    rows = "A B C D E F51 F52 G54 G55 G56 G57 G58 G59 G60 H61 H62 I63 I64 I65 K701 K702 L M N O Q85 R"
    sector = case.facts.get("sector")
    return sector is not None and not sector.startswith(tuple(rows.split()))


@every_setting
@steady
@given(seed=SEEDS)
def test_an_undetermined_firm_says_what_it_needs(setting: Setting, seed: int) -> None:
    """U4; where nothing is needed, a figure itself has to be questioned: a zero below a line, a sector without a row."""
    compiled = compiled_for(setting)
    firms = some_firms(seed, setting, 200)
    for firm, judged in zip(firms, judge_for(setting).judge(firms), strict=True):
        missing = {item.id for item in holes(firm, compiled)}
        assert set(judged.needed) <= missing
        if judged.outcome == "undetermined":
            assert judged.needed or zero_denominator(firm, compiled) or sector_without_a_row(firm), shown(firm)
            kinds = {compiled.slots.by_item[id].kind for id in judged.needed}
            assert judged.open == ("both" if len(kinds) == 2 else next(iter(kinds), "data"))
        else:
            assert (judged.needed, judged.open) == ((), None)


@every_setting
@steady
@given(seed=SEEDS)
def test_supplying_what_is_needed_settles_the_case(setting: Setting, seed: int) -> None:
    rng, compiled, judge = Random(seed), compiled_for(setting), judge_for(setting)
    open_firms = [f for f, j in _judged(judge, some_firms(seed, setting, 60)) if j.outcome == "undetermined"]
    assert open_firms
    for _ in range(len(compiled.items) + 1):
        still = []
        for firm, judged in _judged(judge, open_firms):
            if judged.needed:
                missing = [item for item in compiled.items if item.id in judged.needed]
                still.append(completed(rng, firm, compiled, firm.case, rng.sample(missing, k=ceil(len(missing) / 3))))
            elif judged.outcome == "undetermined":
                assert zero_denominator(firm, compiled) or sector_without_a_row(firm), shown(firm)
        open_firms = still
        if not open_firms:
            return
    assert open_firms == []


def _judged(judge: Judge, firms: Sequence[CaseFacts]) -> list[tuple[CaseFacts, Judged]]:
    return list(zip(firms, judge.judge(firms), strict=True))


@every_setting
@steady
@given(seed=SEEDS)
def test_what_is_not_needed_settles_nothing(setting: Setting, seed: int) -> None:
    """The needed are all that matter: with everything else supplied, the case is as open and needs the same."""
    rng, compiled, judge = Random(seed), compiled_for(setting), judge_for(setting)
    firms = [f for f, j in _judged(judge, firms_with_holes(seed, setting, 80)) if j.outcome == "undetermined"]
    before = judge.judge(firms)
    rest = [[i for i in holes(f, compiled) if i.id not in j.needed] for f, j in zip(firms, before, strict=True)]
    after = judge.judge([completed(rng, f, compiled, f.case, only) for f, only in zip(firms, rest, strict=True)])
    for firm, one, other in zip(firms, before, after, strict=True):
        assert (other.outcome, set(other.needed)) == ("undetermined", set(one.needed)), shown(firm)


@every_setting
def test_unknown_is_never_no(setting: Setting) -> None:
    """U1: a firm of which nothing is known fails nothing and is not eligible."""
    (judged,) = judge_for(setting).judge([CaseFacts("nothing")])
    assert judged.outcome == "undetermined"
    assert judged.failed == ()
    assert set(judged.needed) == {item.id for item in compiled_for(setting).items}
    assert set(judged.unknown) == {*compiled_for(setting).slots.conditions, *judged.needed}


# --- the language ------------------------------------------------------------------------------------------------------


def toy_completion(rng: Random, firm: CaseFacts, items: Sequence[Item], name: str) -> CaseFacts:
    for item in items:
        if firm.value(item) is None:
            value = rng.random() < 0.5 if item.source == "title" else toy_value(rng, item)
            firm = with_value(firm, item, value)
    return replace(firm, case=name)


@settings(steady, max_examples=6)
@given(seed=SEEDS)
def test_every_condition_of_the_language_survives_completion(seed: int) -> None:
    rng = Random(seed)
    texts = some_conditions(rng, 40)
    compiled = compiled_text(standard_of(texts))
    firms = toy_firms(rng, compiled.items, 50, 0.3)
    cases = [[toy_completion(rng, f, compiled.items, f"{f.case}/{n}") for n in range(COMPLETIONS)] for f in firms]
    results = iter(Judge(compiled).judge([*firms, *(case for each in cases for case in each)]))
    before = [next(results) for _ in firms]
    found: dict[str, str] = {}
    for firm, judged, completions in zip(firms, before, cases, strict=True):
        for case in completions:
            after = next(results)
            for number, text in enumerate(texts):
                values = [False if f"e{number}" in j.failed else f"e{number}" not in j.unknown or None for j in (judged, after)]
                if values[0] is not None and values[1] is not values[0]:
                    found.setdefault(text, f"{text}: {values[0]}, then {values[1]} for {shown(firm)}, then {shown(case)}")
    assert [found[text] for text in sorted(found, key=len)][:3] == []


@settings(steady, max_examples=12)
@given(seed=SEEDS, stand_ins=st.booleans())
def test_standards_by_chance_survive_completion(seed: int, stand_ins: bool) -> None:
    rng = Random(seed)
    compiled = compiled_text(some_standard(rng, stand_ins=stand_ins))
    firms = toy_firms(rng, compiled.items, 20, rng.choice([0.2, 0.5]))
    cases = [[toy_completion(rng, f, compiled.items, f"{f.case}/{n}") for n in range(COMPLETIONS)] for f in firms]
    assert failing_everywhere(Judge(compiled), firms, cases)[:3] == []


# --- scores ------------------------------------------------------------------------------------------------------------

LADDERS = """
criteria: [{id: listed, require: listed}]
score:
  pass: 60
  groups: {size: {max: 45}, quality: {at_least: 10}}
  indicators:
    - {id: heads, group: size, ladder: heads, rungs: [{at_least: 100, points: 30}, {at_least: 2, points: 20}], otherwise: 5}
    - {id: amount, group: size, ladder: turnover, rungs: [{above: 1000, points: 10}, {at_least: 250, points: 25}]}
    - {id: effort, group: quality, ladder: effort, rungs: [{at_least: 0.25, points: 25}, {above: 0, points: 12}], max: 20}
    - id: mixed
      group: quality
      rungs:
        - {when: audited AND part >= 0.25, points: 20}
        - {when: rights >= 2 OR opinion, points: 10}
        - {when: NOT listed, points: 15}
      otherwise: 0
    - {id: both, ladder: grade, rungs: [{at_least: 1, points: 10}, {when: mark >= 60, points: 30}, {below: 0, points: 2}]}
"""


@settings(steady, max_examples=4)
@given(seed=SEEDS)
def test_the_interval_of_a_score_holds_the_score_of_every_completion(seed: int) -> None:
    rng = Random(seed)
    compiled = compiled_text(DECLARED + LADDERS)
    firms = toy_firms(rng, compiled.items, 60, rng.choice([0.1, 0.3, 0.6]))
    cases = [[toy_completion(rng, f, compiled.items, f"{f.case}/{n}") for n in range(40)] for f in firms]
    judge = Judge(compiled)
    assert failing_everywhere(judge, firms, cases)[:3] == []
    every = [case for each in cases for case in each]
    for case, judged in _judged(judge, every):
        no_effort = case.facts["turnover"][0] == 0  # spend / 0 stays unknown
        assert no_effort or judged.score_low == judged.score_high


ALONE = """
criteria: [{id: listed, require: listed}]
score:
  pass: 60
  indicators:
    - {id: heads, ladder: heads, rungs: [{at_least: 100, points: 30}, {at_least: 2, points: 40}], otherwise: 5}
    - {id: part, ladder: part, rungs: [{at_least: 0.25, points: 10}, {at_most: 0.1, points: 25}], otherwise: 1}
    - {id: rights, ladder: rights, rungs: [{above: 2, points: 0}], otherwise: 7}
"""


EACH = """
criteria: [{id: listed, require: listed}]
score:
  pass: 8
  indicators:
    - {id: capped, each: {points: 3, of: [audited, heads >= 2, part > 0.25, opinion]}, max: 8}
    - {id: free, each: {points: 2, of: [rights >= 1, mark >= 60]}}
"""


@pytest.mark.parametrize("score", [ALONE, EACH], ids=["ladders", "each"])
def test_indicators_that_share_no_fact_reach_both_ends_of_the_interval(score: str) -> None:
    compiled = compiled_text(DECLARED + score)
    rng, judge = Random(3), Judge(compiled)
    firms = toy_firms(rng, compiled.items, 40, 0.5)
    for firm, judged in _judged(judge, firms):
        cases = [toy_completion(rng, firm, compiled.items, f"{firm.case}/{n}") for n in range(400)]
        scores = [each.score_low for each in judge.judge(cases)]
        assert (min(s for s in scores if s is not None), max(s for s in scores if s is not None)) == (
            judged.score_low,
            judged.score_high,
        )


def own_items(setting: Setting) -> dict[str, list[Item]]:
    """What an indicator alone reads, of the indicators that are a ladder on one measure or count points for each."""
    compiled = compiled_for(setting)
    (points,) = (part for part in walk_logic(compiled.root) if isinstance(part, Points))
    reads = {each.id: {i for step in each.steps for i in compiled.scope.items(step.condition)} for each in points.ladders}
    score = compiled.standard.score
    assert score is not None
    simple = [each.id for each in score.indicators if each.each or all(rung.when is None for rung in each.rungs)]
    others = {id: {item for other, items in reads.items() if other != id for item in items} for id in simple}
    return {id: sorted(reads[id] - others[id], key=lambda item: item.id) for id in simple}


ALONE_IN = [
    pytest.param(setting, id, id=f"{setting}-{id}")
    for setting in EVERY_RULE
    if setting.application == "new" and document_of(setting.version, setting.standard).value.score is not None
    for id, items in own_items(setting).items()
    if items
]


# Read twice by the mean of two rates: with both ends known there is a least mean, which three values do not see.
READ_TWICE = ("srdi", "main_revenue@1")


def extremes(item: Item, compiled: Compiled) -> list[Any]:
    """Values of an item from end to end, with all its thresholds."""
    if item.kind != "number":
        return [False, True]
    symbol = compiled.scope.symbols[item.name]
    assert symbol.least is not None
    assert symbol.most is not None
    stored = {symbol.least, max(symbol.least, 1), symbol.most, *edges(item, compiled)}
    return [main(each, symbol) for each in sorted(stored)]


def with_part_unknown(setting: Setting, id: str) -> Iterator[tuple[CaseFacts, list[CaseFacts]]]:
    """The model firm with some of what one indicator reads unknown, the rest met or not, and what may come out."""
    compiled = compiled_for(setting)
    own = own_items(setting)[id]
    score = compiled.standard.score
    assert score is not None
    counted = next(each for each in score.indicators if each.id == id).each is not None
    for size in range(1, len(own) + 1):
        for taken in combinations(own, size):
            if [(setting.standard, item.id) for item in taken] == [READ_TWICE]:
                continue
            rest = [item for item in own if item not in taken] if counted else []
            for known in product([0, 1], repeat=len(rest)):
                firm = model_firm(setting.version, setting.standard)
                for item, value in zip(rest, known, strict=True):
                    firm = with_value(firm, item, bool(value) if item.kind == "boolean" else value)
                cases = []
                for values in product(*(extremes(item, compiled) for item in taken)):
                    case = firm
                    for item, value in zip(taken, values, strict=True):
                        case = with_value(case, item, value)
                    cases.append(case)
                for item in taken:
                    firm = with_value(firm, item, None)
                yield firm, cases


@pytest.mark.parametrize(("setting", "id"), ALONE_IN)
def test_both_ends_of_the_interval_of_an_indicator_are_reached(setting: Setting, id: str) -> None:
    """Of the shipped standards: a ladder on one measure, or points for each, is known no better than the score says."""
    judge = judge_for(setting)
    families = list(with_part_unknown(setting, id))
    firms = [replace(firm, case=f"{n}") for n, (firm, _) in enumerate(families)]
    cases = [[replace(case, case=f"{n}/{m}") for m, case in enumerate(each)] for n, (_, each) in enumerate(families)]
    settled = iter(judge.judge([case for each in cases for case in each]))
    for (firm, judged), each in zip(_judged(judge, firms), cases, strict=True):
        found = [next(settled) for _ in each]
        reached = {one.score_low for one in found if one.score_low is not None and one.score_low == one.score_high}
        assert (judged.score_low, judged.score_high) == (min(reached), max(reached)), shown(firm)


def test_the_tiers_have_such_indicators() -> None:
    counts = {str(setting): sum(bool(items) for items in own_items(setting).values()) for setting, _ in _params(ALONE_IN)}
    assert counts == {"innovative-sme-2022-new": 3, "technology-sme-2017-new": 1, "srdi-2022-new": 8}


def _params(params: Sequence[Any]) -> list[tuple[Setting, str]]:
    return [tuple(param.values) for param in params]


@pytest.mark.parametrize(
    ("known", "low", "high", "outcome"),
    [
        ({"heads": [100], "part": [Fraction(1, 4)], "rights": [0]}, 47, 47, "ineligible"),
        ({"heads": [2], "part": [0], "rights": [1]}, 72, 72, "eligible"),
        ({"heads": [2], "part": [0]}, 65, 72, "eligible"),
        ({"heads": [2]}, 41, 72, "undetermined"),
        ({"part": [Fraction(1, 4)], "rights": [3]}, 15, 50, "ineligible"),
        ({}, 6, 72, "undetermined"),
    ],
)
def test_intervals_by_hand(known: dict[str, object], low: int, high: int, outcome: str) -> None:
    (judged,) = Judge(compiled_text(DECLARED + ALONE)).judge([CaseFacts("hand", {"listed": True, **known})])
    assert (judged.score_low, judged.score_high, judged.outcome) == (low, high, outcome)


@pytest.mark.parametrize(
    ("known", "low", "high", "outcome"),
    [
        ({"audited": [True], "heads": [2], "part": [1], "opinion": True, "rights": [1], "mark": [60]}, 12, 12, "eligible"),
        ({"audited": [True], "heads": [2], "part": [1], "opinion": None, "rights": [0], "mark": [0]}, 8, 8, "eligible"),
        ({"audited": [True], "heads": [2], "part": [0], "opinion": None, "rights": [0], "mark": [0]}, 6, 8, "undetermined"),
        ({"audited": [True], "heads": [2], "part": [0], "opinion": False, "rights": [0], "mark": [0]}, 6, 6, "ineligible"),
        ({"audited": [False], "heads": [1], "part": [Fraction(1, 4)], "opinion": None, "mark": [60]}, 2, 7, "ineligible"),
        ({"audited": [True], "heads": [2], "rights": [1]}, 8, 12, "eligible"),
        ({"audited": [False], "heads": [0], "part": [0], "opinion": False, "rights": [0], "mark": [0]}, 0, 0, "ineligible"),
        ({}, 0, 12, "undetermined"),
    ],
)
def test_points_for_each_by_hand(known: dict[str, Any], low: int, high: int, outcome: str) -> None:
    facts = {name: value for name, value in known.items() if name not in ("opinion", "mark")}
    findings = {name: value for name, value in known.items() if name in ("opinion", "mark")}
    case = CaseFacts("hand", {"listed": True, **facts}, [], findings)
    (judged,) = Judge(compiled_text(DECLARED + EACH)).judge([case])
    assert (judged.score_low, judged.score_high, judged.outcome) == (low, high, outcome)


def test_a_floor_for_a_group_without_indicators_does_not_fall_silent() -> None:
    """A floor that a misspelt group leaves without points cannot be reached; better still, the document is refused."""
    text = DECLARED + ALONE.replace("  pass: 60\n", "  pass: 10\n  groups: {sise: {at_least: 20}}\n")
    case = CaseFacts("x", {"listed": True, "heads": [100], "part": [0], "rights": [0]})
    outcomes = {"ineligible"}
    with suppress(LittleGiantError):
        outcomes |= {judged.outcome for judged in Judge(compiled_text(text)).judge([case])}
    assert outcomes == {"ineligible"}
