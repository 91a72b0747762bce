"""Reasons follow the query, carry figure, threshold, distance and clause in both languages; advice is judged again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from littlegiant.assessment import Advice, CaseFacts, Explanation, Judge, Judged, Reason, advise, explain
from littlegiant.assessment.tree_values import TreeValues
from littlegiant.standards import Compiled, Symbol
from littlegiant.words import LANGUAGES, Language, distance, say

from .firms import advisable_firms, model_firm, some_firms, with_value
from .invented import DECLARED, compiled_text, some_conditions, some_standard, standard_of, toy_firms, toy_pack
from .settings import PACK, SETTINGS, Setting, compiled_for, judge_for, shown

steady = settings(derandomize=True, deadline=None, database=None, max_examples=2, phases=[Phase.explicit, Phase.generate])
SEEDS = st.integers(0, 2**32 - 1)
every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=str)
OLD, NEW = SETTINGS[1], SETTINGS[5]


# --- figures and outcomes agree ----------------------------------------------------------------------------------------


def tree_disagreements(judge: Judge, firms: Sequence[CaseFacts]) -> list[str]:
    """Conditions to which the reasons give another value than the query; shortest first."""
    compiled = judge.compiled
    criteria = {part.slot for part in compiled.root.parts}
    found = []
    for firm, judged in zip(firms, judge.judge(firms), strict=True):
        values = TreeValues(compiled, firm)
        for id in compiled.slots.conditions:
            told = False if id in judged.failed else None if id in judged.unknown else True
            # Below a criterion only what failed or is unknown is told; a whole criterion that is neither is met.
            if (id in criteria or told is not True) and values.slots[id] is not told:
                found.append(f"{id}: query {told}, reasons {values.slots[id]} for {shown(firm)}")
        if values.score is not None and values.score != (judged.score_low, judged.score_high):
            found.append(f"score: query {judged.score_low} to {judged.score_high}, reasons {values.score} for {shown(firm)}")
    return sorted(found, key=len)


@every_setting
@steady
@given(seed=SEEDS)
def test_reasons_agree_with_the_query_on_every_condition(setting: Setting, seed: int) -> None:
    assert tree_disagreements(judge_for(setting), some_firms(seed, setting, 100))[:3] == []


@settings(steady, max_examples=6)
@given(seed=SEEDS)
def test_reasons_agree_with_the_query_on_conditions_by_chance(seed: int) -> None:
    rng = Random(seed)
    compiled = compiled_text(standard_of(some_conditions(rng, 40, assume=True)))
    assert tree_disagreements(Judge(compiled), toy_firms(rng, compiled.items, 80, 0.2))[:3] == []


@settings(steady, max_examples=20)
@given(seed=SEEDS, stand_ins=st.booleans())
def test_reasons_agree_with_the_query_on_standards_by_chance(seed: int, stand_ins: bool) -> None:
    rng = Random(seed)
    compiled = compiled_text(some_standard(rng, stand_ins=stand_ins))
    assert tree_disagreements(Judge(compiled), toy_firms(rng, compiled.items, 80, 0.3))[:3] == []


@pytest.mark.parametrize("born", [date(2020, 2, 29), date(2020, 3, 1), "2020-02-29", "2020-03-01", None])
def test_dates_are_read_alike_also_when_given_as_text(born: date | str | None) -> None:
    texts = [
        "born IN ('2020-02-29')",
        "born <> '2020-02-29'",
        "years(born, moved) >= 5",
        "born < moved",
        "years(born) >= 5",
    ]
    judge = Judge(compiled_text(standard_of(texts)))
    firms = [CaseFacts(f"{born} {moved}", {"born": born, "moved": moved}) for moved in (None, "2025-02-28", "2025-03-01")]
    assert tree_disagreements(judge, firms) == []


# --- what a sentence says ----------------------------------------------------------------------------------------------


def explained(setting: Setting, case: CaseFacts, language: Language, **gaps: str) -> Explanation:
    (judged,) = judge_for(setting).judge([case])
    return explain(judged, case, compiled_for(setting), PACK, language, gaps or None)


def reason(setting: Setting, case: CaseFacts, language: Language, id: str, **gaps: str) -> Reason:
    return next(each for each in explained(setting, case, language, **gaps).reasons if each.id == id)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "zh",
            "【符合】；上年末资产负债率不超过75%；资产负债率为50 %（要求≤75 %，距离+33.3 %）；条款（二），工信部企业〔2026〕2号",
        ),
        (
            "en",
            "[met]; debt ratio at most 75 % at the last year end; debt ratio is 50 % (required ≤ 75 %, distance +33.3 %); "
            "clause （二）, 工信部企业〔2026〕2号",
        ),
    ],
)
def test_a_sentence_has_figure_threshold_distance_and_clause(language: Language, sentence: str) -> None:
    found = reason(NEW, model_firm("2026"), language, "debt").sentence(language)
    assert found.replace("】 ", "】；").replace("] ", "]; ") == sentence


def test_a_firm_just_beyond_a_limit_is_not_shown_at_it() -> None:
    """75 % and 75.000001 % must not read the same beside different answers."""
    item = next(item for item in compiled_for(NEW).items if item.id == "liabilities")
    case = with_value(model_firm("2026"), item, Fraction(15_000_000_001, 100))
    for language in LANGUAGES:
        found = reason(NEW, case, language, "debt")
        assert found.status == "not_met"
        assert found.figures[0].shown != found.figures[0].threshold
        assert "-0 %" not in found.sentence(language)
        assert "距离0 %" not in found.sentence(language)
        assert "distance 0 %" not in found.sentence(language)


@every_setting
@steady
@given(seed=SEEDS)
def test_every_reason_of_every_firm_can_be_said_in_both_languages(setting: Setting, seed: int) -> None:
    firms = some_firms(seed, setting, 25)
    compiled = compiled_for(setting)
    for firm, judged in zip(firms, judge_for(setting).judge(firms), strict=True):
        told = {language: explain(judged, firm, compiled, PACK, language) for language in LANGUAGES}
        assert [each.id for each in told["zh"].reasons] == [*compiled.slots.conditions, *compiled.waived]
        for language, explanation in told.items():
            assert explanation.headline
            assert len(explanation.lines(language)) == 1 + len(explanation.reasons)
            for each in explanation.reasons:
                sentence = each.sentence(language)
                assert each.clause in sentence
                assert each.source in sentence
                assert say(f"status_{each.status}", language) in sentence
                for figure in each.figures:
                    assert figure.label in sentence
                    assert figure.threshold in sentence
                    assert figure.shown in sentence
                    assert figure.margin is None or distance(figure.margin) in sentence


@every_setting
@steady
@given(seed=SEEDS)
def test_a_margin_is_not_negative_exactly_where_a_single_figure_decides_for_the_firm(setting: Setting, seed: int) -> None:
    """Conditions of one comparison: met means a margin of zero or more (more than zero where the limit is exclusive)."""
    compiled = compiled_for(setting)
    firms = some_firms(seed, setting, 60)
    single = {id for id in compiled.slots.conditions if [t.condition for t in compiled.thresholds].count(id) == 1}
    for firm, judged in zip(firms, judge_for(setting).judge(firms), strict=True):
        for each in explain(judged, firm, compiled, PACK, "en").reasons:
            if each.id in single and "." not in each.id and each.figures and each.figures[0].margin is not None:
                assert (each.figures[0].margin >= 0) == (each.status == "met") or each.id in compiled.waived, each


@pytest.mark.parametrize(
    ("setting", "id", "confidence"),
    [
        (OLD, "chain", "recollection"),
        (OLD, "product_field", "recollection"),
        (OLD, "title", "digest"),
        (NEW, "base.lists", "digest"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_how_sure_a_clause_is_stands_in_its_reason(setting: Setting, id: str, confidence: str, language: Language) -> None:
    words = say(f"confidence_{confidence}", language)
    assert reason(setting, model_firm(setting.version), language, id).sentence(language).endswith(words)


@every_setting
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_doubt_stand_at_all_and_only_the_doubtful(setting: Setting, language: Language) -> None:
    words = {name: say(f"confidence_{name}", language) for name in ("digest", "press", "recollection", "inference", "invented")}
    reasons = explained(setting, model_firm(setting.version), language).reasons
    assert {each.confidence for each in reasons} <= {"text", *words}
    for each in reasons:
        said = {name for name, text in words.items() if text in each.sentence(language)}
        assert said == ({each.confidence} if each.confidence != "text" else set())


def test_a_waived_condition_is_told_as_waived() -> None:
    setting = SETTINGS[3]
    for language in LANGUAGES:
        found = reason(setting, model_firm("2022"), language, "growth")
        assert (found.status, found.figures) == ("waived", ())
        assert say("status_waived", language) in found.sentence(language)


# --- the unknown has its reason (U6) -------------------------------------------------------------------------------------


def test_what_is_missing_is_named_with_its_year_and_why() -> None:
    case = with_value(model_firm("2026"), next(i for i in compiled_for(NEW).items if i.id == "rd_expense@1"), None)
    zh, en = (reason(NEW, case, language, "rd_amount", **{"rd_expense@1": "no_row"}) for language in LANGUAGES)
    assert "R&D expense of the year before (no figures for that year)" in en.sentence("en")
    assert "上一年研发费用（该年无数据）" in zh.sentence("zh")
    assert en.figures[0].value is None


@every_setting
@steady
@given(seed=SEEDS)
def test_every_unknown_condition_says_why(setting: Setting, seed: int) -> None:
    """A missing fact by its name; where nothing is missing, the zero or the sector that leaves it unknown."""
    compiled = compiled_for(setting)
    firms = some_firms(seed, setting, 60)
    for firm, judged in zip(firms, judge_for(setting).judge(firms), strict=True):
        reasons = explain(judged, firm, compiled, PACK, "en").reasons
        unknown = {each.id for each in reasons if each.status == "unknown"}
        above = {compiled.nodes[id].parent for id in unknown}
        for each in reasons:
            if each.id in unknown - above:
                assert each.missing, f"{each.sentence('en')} for {shown(firm)}"


# --- bands -------------------------------------------------------------------------------------------------------------


def test_conditions_of_bands_in_which_the_firm_is_not_are_not_told_as_not_met() -> None:
    """A firm of 120 m yuan does not fail the conditions for firms below 50 m."""
    explanation = explained(OLD, model_firm("2022"), "en")
    assert explanation.outcome == "eligible"
    bands = [each for each in explanation.reasons if each.id.startswith("innovation.general.rd.")]
    assert [(each.id, each.status) for each in bands if each.id.endswith(".large")] == [("innovation.general.rd.large", "met")]
    assert [each.id for each in bands if each.status == "not_met"] == []


def test_figures_of_a_threshold_table_are_those_of_the_firms_band() -> None:
    compiled = compiled_text(f"{DECLARED}\ncriteria: [{{id: effort, require: effort >= wanted}}]\n")
    for turnover, wanted in ((1000, "10 %"), (999, "25 %"), (250, "25 %"), (249, "50 %")):
        case = CaseFacts("x", {"turnover": [turnover], "spend": [1]})
        (judged,) = Judge(compiled).judge([case])
        (found,) = explain(judged, case, compiled, toy_pack(), "en").reasons
        assert [figure.threshold for figure in found.figures] == [wanted]


# --- advice ------------------------------------------------------------------------------------------------------------


def applied(case: CaseFacts, advice: Advice) -> CaseFacts:
    for step in advice.steps:
        case = with_value(case, step.item, step.then)
    return replace(case, case="then")


def advised(judge: Judge, firms: Sequence[CaseFacts], setting: Setting | None) -> list[tuple[CaseFacts, Advice]]:
    """Advise the ineligible among `firms` that fail least, and a few others, who get none."""
    pack = PACK if setting else toy_pack()
    results = list(zip(firms, judge.judge(firms), strict=True))
    out = sorted((pair for pair in results if pair[1].outcome == "ineligible"), key=lambda pair: len(pair[1].failed))
    found = []
    for firm, judged in [*out[:20], *[pair for pair in results if pair not in out][:5]]:
        again, advice = advise(firm, judge, pack)
        assert again == judged
        assert advice is None or judged.outcome == "ineligible"
        if advice is not None:
            _check_steps(firm, advice, judge.compiled, {name: fact.adjustable for name, fact in pack.facts.items()})
            found.append((firm, advice))
    return found


def _check_steps(firm: CaseFacts, advice: Advice, compiled: Compiled, movable: dict[str, bool | str]) -> None:
    assert advice.steps
    cost = Fraction(0)
    for step in advice.steps:
        symbol: Symbol = compiled.scope.symbols[step.item.name]
        moved = step.then - step.now
        assert step.now == Fraction(firm.value(step.item))
        assert step.item.back == 0
        assert movable[step.item.name] in ((True, "up") if moved > 0 else (True, "down"))
        cost += abs(moved) / max(abs(step.now), Fraction(1, symbol.scale))
    assert cost == advice.cost


def judged_again(judge: Judge, found: Sequence[tuple[CaseFacts, Advice]]) -> None:
    for firm, advice in found:
        (after,) = judge.judge([applied(firm, advice)])
        assert after.outcome == advice.outcome != "ineligible", shown(firm)


@every_setting
@settings(steady, max_examples=1)
@given(seed=SEEDS)
def test_advice_is_judged_again_and_not_ineligible(setting: Setting, seed: int) -> None:
    judge = judge_for(setting)
    found = advised(judge, advisable_firms(seed, setting, 60) + some_firms(seed, setting, 40), setting)
    assert len(found) >= 10
    judged_again(judge, found)


@every_setting
@settings(steady, max_examples=1)
@given(seed=SEEDS)
def test_no_step_of_an_advice_could_be_smaller(setting: Setting, seed: int) -> None:
    """The least change: with any one step a unit shorter the firm is still ineligible."""
    judge, compiled = judge_for(setting), compiled_for(setting)
    for firm, advice in advised(judge, advisable_firms(seed, setting, 60), setting):
        shorter = []
        for step in advice.steps:
            unit = Fraction(1, compiled.scope.symbols[step.item.name].scale)
            less = step.then - unit if step.then > step.now else step.then + unit
            case = with_value(applied(firm, advice), step.item, less)
            shorter.append(replace(case, case=step.item.id))
        assert {each.outcome for each in judge.judge(shorter)} == {"ineligible"}, f"{advice} for {shown(firm)}"


@every_setting
@settings(steady, max_examples=1)
@given(seed=SEEDS)
def test_who_fails_only_what_can_be_moved_is_advised(setting: Setting, seed: int) -> None:
    judge = judge_for(setting)
    for firm, judged in zip(firms := advisable_firms(seed, setting, 40), judge.judge(firms), strict=True):
        if judged.outcome == "ineligible":
            assert advise(firm, judge, PACK)[1] is not None, shown(firm)


@settings(steady, max_examples=10)
@given(seed=SEEDS, stand_ins=st.booleans())
def test_advice_on_standards_by_chance_is_judged_again(seed: int, stand_ins: bool) -> None:
    rng = Random(seed)
    judge = Judge(compiled_text(some_standard(rng, stand_ins=stand_ins)))
    judged_again(judge, advised(judge, toy_firms(rng, judge.compiled.items, 25, 0.1), None))


@pytest.mark.parametrize("name", ["#0", "#1", "#5", "then"])
def test_the_name_of_a_firm_does_not_change_its_advice(name: str) -> None:
    item = next(item for item in compiled_for(NEW).items if item.id == "liabilities")
    case = with_value(model_firm("2026"), item, 199_000_000)
    judged, advice = advise(case, judge_for(NEW), PACK)
    again, named = advise(replace(case, case=name), judge_for(NEW), PACK)
    assert advice is not None
    assert (again.outcome, again.failed, named) == (judged.outcome, judged.failed, advice)


def test_advice_leaves_the_unknown_alone() -> None:
    """What is unknown has to be shown, not changed: after the advice the case stays open."""
    compiled = compiled_for(NEW)
    items = {item.id: item for item in compiled.items}
    case = with_value(with_value(model_firm("2026"), items["liabilities"], 199_000_000), items["class_one_rights"], None)
    judged, advice = advise(case, judge_for(NEW), PACK)
    assert judged.outcome == "ineligible"
    assert advice is not None
    assert [(step.item.id, step.then) for step in advice.steps] == [("liabilities", Fraction(150_000_000))]
    assert advice.outcome == "undetermined"


def test_headlines() -> None:
    def told(outcome: str, open: str | None, needed: tuple[str, ...]) -> str:
        judged = Judged("x", outcome, open, None, None, (), (), needed)
        return explain(judged, model_firm("2026"), compiled_for(NEW), PACK, "en").headline

    assert told("eligible", None, ()) == "Eligible"
    assert told("ineligible", None, ()) == "Not eligible"
    assert told("undetermined", "finding", ("reputation",)) == "Meets all that can be computed; 1 findings open"
    assert told("undetermined", "both", ("reputation", "staff")) == "Undetermined: 2 facts or findings are unknown"
