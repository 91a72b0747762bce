"""The form asks first what is worth most: fewer questions until the case is settled, the same outcome."""

from datetime import date
from fractions import Fraction

import pytest

from littlegiant.assessment import Judge, assess
from littlegiant.assessment.lookup import case_of
from littlegiant.assessment.next_question import MOST_VALUES, Likely, Worth, rank_questions
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.packs import open_pack
from littlegiant.register import Register, open_register, synthesise
from littlegiant.standards import Compiled, Item, compile_applying

PACK, DAY, YEAR = open_pack("cn"), date(2026, 5, 25), 2025


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("questions") / "register"
    synthesise(PACK, path, firms=1500, years=(2023, 2024, 2025), seed=21)
    return open_register(path)


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_applying(PACK, "little-giant", on=DAY, application="new", version="2026")


@pytest.fixture(scope="module")
def likely(register: Register, compiled: Compiled) -> Likely:
    return Likely(register, compiled, year=YEAR)


def asked(whole: CaseFacts, judge: Judge, likely: Likely | None) -> tuple[int, str]:
    """Answer from `whole` until the case is settled or everything it knows is said; return questions and outcome."""
    case, done = CaseFacts("firm"), set[str]()
    items = {item.id: item for item in judge.compiled.items}
    while True:
        (judged,) = judge.judge([case])
        ranked = [w.item for w in rank_questions(case, judged, judge, likely)] if likely else [items[id] for id in judged.needed]
        item = next((item for item in ranked if item.id not in done), None)
        if item is None:
            return len(done), judged.outcome
        done.add(item.id)
        if (value := whole.value(item)) is not None:
            case = case.with_value(item, value)


def test_fewer_questions_settle_a_case_and_the_outcome_is_the_same(
    register: Register, compiled: Compiled, likely: Likely
) -> None:
    judged = assess(register, compiled, year=YEAR)
    judge = Judge(compiled)
    firms = [row["case"] for row in judged.table.to_pylist() if row["outcome"] == "ineligible"][:400:20]
    plain, ranked = [], []
    for firm in firms:
        whole, _ = case_of(judged.subjects(), firm)
        plain.append(asked(whole, judge, None))
        ranked.append(asked(whole, judge, likely))
    assert [outcome for _, outcome in plain] == [outcome for _, outcome in ranked] == ["ineligible"] * len(firms)
    assert sum(count for count, _ in ranked) < 0.8 * sum(count for count, _ in plain)


def test_the_worth_is_the_share_of_the_register_that_would_settle_it(
    register: Register, compiled: Compiled, likely: Likely
) -> None:
    judge, case = Judge(compiled), CaseFacts("firm")
    (judged,) = judge.judge([case])
    worths = {worth.item.id: worth for worth in rank_questions(case, judged, judge, likely)}
    years = worths["niche_years"]
    values = likely.values(years.item)
    below = sum(count for value, count in values if value < 3)
    assert years.settles == Fraction(below, sum(count for _, count in values))  # fewer than three years ends it
    assert all(worth.settles is None for worth in worths.values() if worth.item.is_finding)
    order = [worth.settles for worth in rank_questions(case, judged, judge, likely)]
    known = [share for share in order if share is not None]
    assert known == sorted(known, reverse=True)
    assert order[: len(known)] == known


def test_many_values_are_taken_at_even_steps(likely: Likely, compiled: Compiled) -> None:
    revenue = next(item for item in compiled.items if item.id == "revenue")
    values = likely.values(revenue)
    assert sum(count for _, count in values) == MOST_VALUES
    assert [value for value, _ in values] == sorted(value for value, _ in values)


def test_an_item_nobody_has_comes_last_in_the_order_of_the_rules(compiled: Compiled, likely: Likely) -> None:
    judge, case = Judge(compiled), CaseFacts("firm")
    (judged,) = judge.judge([case])
    without = [w.item.id for w in rank_questions(case, judged, judge, likely) if w.settles is None]
    assert without == [id for id in judged.needed if id in without]
    assert isinstance(rank_questions(case, judged, judge, likely)[0], Worth)


def test_a_case_with_another_value_keeps_the_rest() -> None:
    case = CaseFacts("a", {"revenue": [Fraction(3), Fraction(2)], "sector": "C39"}, ["srdi"])
    revenue = Item("revenue", 2, "fact", "number", True)
    changed = case.with_value(revenue, Fraction(1), name="b")
    assert (changed.case, changed.facts["revenue"]) == ("b", [Fraction(3), Fraction(2), Fraction(1)])
    assert case.facts["revenue"] == [Fraction(3), Fraction(2)]
    held = Item("holds:srdi", 0, "title", "boolean", False)
    assert case.with_value(held, False).titles == []
    assert case.with_value(held, True).titles == ["srdi"]
