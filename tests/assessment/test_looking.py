"""Looking at judged firms: causes of change, near misses, measures, outlook, visits, short reasons, one firm on a page."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.assessment import Judge, assess, explain
from littlegiant.assessment.comparison import Side, compare
from littlegiant.assessment.letters import write_letters
from littlegiant.assessment.looking import comparison_elements, dossier, outlook_elements
from littlegiant.assessment.lookup import case_of
from littlegiant.assessment.measures import measures
from littlegiant.assessment.near_misses import near_misses
from littlegiant.assessment.outlook import outlook
from littlegiant.assessment.relation import FINDINGS, Subjects, empty_findings
from littlegiant.assessment.short_reasons import short_reasons
from littlegiant.assessment.visits import visits
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register, synthesise
from littlegiant.standards import Compiled, compile_standard, find_notices, find_standard
from littlegiant.words import LANGUAGES

PACK = open_pack("cn")


def compiled(standard: str, on: date, application: str = "new", version: str | None = None) -> Compiled:
    document = find_standard(PACK, standard, version=version, on=on, application=application)
    notices = find_notices(PACK, document, on=on, application=application)
    return compile_standard(document, PACK, application=application, reference_date=on, notices=notices)


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("looking") / "register"
    synthesise(PACK, path, firms=4000, years=(2023, 2024, 2025), seed=5)
    return open_register(path)


def changed_register(register: Register, to: Path, change: Mapping[str, Mapping[str, Any]]) -> Register:
    """A copy in which some figures of the last year are others."""
    import shutil

    shutil.copytree(register.path, to)
    rows = pq.read_table(to / "firm_years.parquet").to_pylist()
    for row in rows:
        if row["year"] == 2025 and row["firm"] in change:
            row.update(change[row["firm"]])
    schema = pq.read_schema(to / "firm_years.parquet")
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), to / "firm_years.parquet")
    return Register(to, {**register.manifest, "digest": "another"})


def results(side: Side) -> dict[str, str]:
    rows = side.judged().table.select(["case", "outcome", "open"]).to_pylist()
    opened = {"finding": "open_finding", "data": "open_data", "both": "open_data"}
    return {row["case"]: opened[row["open"]] if row["outcome"] == "undetermined" else row["outcome"] for row in rows}


# --- comparison --------------------------------------------------------------------------------------------------------


def test_nothing_changes_between_a_side_and_itself(register: Register) -> None:
    side = Side(register, 2025, empty_findings(), compiled("little-giant", date(2026, 5, 25)))
    comparison = compare(side, side)
    assert comparison.changed.num_rows == 0
    assert sum(row["cases"] for row in comparison.flows.to_pylist()) == 4000


@pytest.mark.matrix("reforms, comparisons, outlook, rounds", folder="yes")
def test_causes_are_those_that_alone_turn_the_result(register: Register, tmp_path: Path) -> None:
    first = Side(register, 2025, empty_findings(), compiled("srdi", date(2025, 5, 25), version="2022"))
    before = results(first)
    broken = [firm for firm, result in before.items() if result not in ("ineligible", "absent")][:5]
    other = changed_register(register, tmp_path / "other", {firm: {"rd_expense": 1} for firm in broken})
    second = Side(other, 2025, empty_findings(), compiled("srdi", date(2026, 5, 25)))
    comparison = compare(first, second)
    after = results(second)
    rows = {row["case"]: row for row in comparison.changed.to_pylist()}
    assert set(rows) == {firm for firm in before if before[firm] != after[firm]}
    only_data, only_rule = (
        results(Side(other, 2025, empty_findings(), first.compiled)),
        results(Side(register, 2025, empty_findings(), second.compiled)),
    )
    for firm, row in rows.items():
        assert (row["before"], row["after"]) == (before[firm], after[firm])
        alone = [cause for cause, seen in (("data", only_data), ("rule", only_rule)) if seen[firm] == after[firm]]
        assert row["cause"] == (alone[0] if alone else "several")
    assert all(rows[firm]["cause"] == "data" for firm in broken if firm in rows)
    assert "rd_amount" in rows[broken[0]]["failed_after"]


def test_a_finding_is_a_cause(register: Register) -> None:
    rule = compiled("little-giant", date(2026, 5, 25))
    first = Side(register, 2025, empty_findings(), rule)
    firm = next(firm for firm, result in results(first).items() if result == "open_finding")
    row = {"case": firm, "item": "reputation", "period": None, "yes": False, "number": None, "code": None}
    given = pa.Table.from_pylist([{**dict.fromkeys(FINDINGS.names), **row}], schema=FINDINGS)
    (changed,) = compare(first, Side(register, 2025, given, rule)).changed.to_pylist()
    assert (changed["case"], changed["after"], changed["cause"]) == (firm, "ineligible", "finding")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_comparison_is_told_with_a_picture_of_the_firms_that_changed(register: Register, language: Any) -> None:
    rules = [compiled("little-giant", date(2026, 5, 25), version=version) for version in ("2022", "2026")]
    comparison = compare(*(Side(register, 2025, empty_findings(), rule) for rule in rules))
    flows, changed = comparison_elements(comparison, rules, language)
    assert "<svg" in flows.chart
    assert flows.chart.count("<path") == len({(r["before"], r["after"]) for r in comparison.changed.to_pylist()})
    assert len(changed.rows) == min(200, comparison.changed.num_rows)


# --- near misses, measures, short reasons --------------------------------------------------------------------------------


@pytest.mark.matrix("near misses, measures, letters", folder="yes")
def test_near_misses_fail_just_one_condition_and_come_nearest_first(register: Register) -> None:
    rule = compiled("little-giant", date(2026, 5, 25))
    judged = assess(register, rule, year=2025)
    found, count = near_misses(judged, PACK, "en", most=10_000)
    top = {part.slot for part in rule.root.parts}
    failed = {row["case"]: [id for id in rule.slots.read("failed", row) if id in top] for row in judged.table.to_pylist()}
    assert {miss.case: [miss.condition] for miss in found} == {case: ids for case, ids in failed.items() if len(ids) == 1}
    assert count == len(found)
    distances = [miss.distance for miss in found if miss.distance is not None]
    assert distances == sorted(distances, reverse=True)
    assert all(distance < 0 for distance in distances)


def test_measures_are_the_figures_of_the_register(register: Register) -> None:
    rule = compiled("little-giant", date(2026, 5, 25))
    table = measures(assess(register, rule, year=2025), ["debt_ratio", "main_share"])
    rows = {r["firm"]: r for r in pq.read_table(register.table("firm_years")).to_pylist() if r["year"] == 2025}
    for row in table.slice(0, 500).to_pylist():
        firm = rows[row["case"]]
        known = firm["liabilities"] is not None and firm["assets"]
        expected = Decimal(firm["liabilities"]) / Decimal(firm["assets"]) if known else None
        assert row["debt_ratio"] == (None if expected is None else round(expected, 12))
    with pytest.raises(LittleGiantError) as refused:
        measures(assess(register, rule, year=2025), ["debt_ration"])
    assert "debt_ratio" in refused.value.problems[0].remedy


def test_short_reasons_say_what_the_long_ones_say(register: Register) -> None:
    rule = compiled("srdi", date(2026, 5, 25))
    judged = assess(register, rule, year=2025)
    short = {reasons.case: reasons for reasons in short_reasons(judged, PACK, "zh")}
    assert len(short) == 4000
    judge, subjects = Judge(rule), judged.subjects()
    for case in list(short)[:60]:
        facts, gaps = case_of(subjects, case)
        (one,) = judge.judge([facts])
        long = explain(one, facts, rule, PACK, "zh", gaps)
        assert short[case].result == long.headline
        against = {
            f.sentence("zh")
            for r in long.reasons
            if r.status == "not_met"
            for f in r.figures
            if f.margin is not None and f.margin < 0
        }
        assert {text for text in short[case].figures if "距离-" in text} <= against
        assert len(short[case].ask) + len(short[case].findings) == len(one.needed)


def test_letters_are_the_short_reasons_in_every_language_for_any_number_of_processes(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("littlegiant.assessment.letters._FIRMS_EACH", 900)
    rule = compiled("srdi", date(2026, 5, 25))
    judged = assess(register, rule, year=2025, to=tmp_path / "judged.parquet")
    written = [write_letters(judged, PACK, tmp_path / f"{n}.parquet", processes=n) for n in (1, 2)]
    assert written[0].digest == written[1].digest
    letters = pq.read_table(written[0].path).to_pylist()
    in_memory = write_letters(assess(register, rule, year=2025), PACK, tmp_path / "memory.parquet", processes=1)
    assert in_memory.digest == written[0].digest
    short = {language: list(short_reasons(judged, PACK, language)) for language in LANGUAGES}
    assert len(letters) == len(short["en"]) == 4000
    for language in LANGUAGES:
        for sent, reasons in zip(letters, short[language], strict=True):
            assert sent["case"] == reasons.case
            assert sent[language].startswith(reasons.result)
            assert all(part in sent[language] for part in (*reasons.clauses, *reasons.figures, *reasons.ask, *reasons.findings))


# --- outlook, visits -----------------------------------------------------------------------------------------------------


def test_the_outlook_is_the_re_review_of_those_who_hold_the_title(register: Register) -> None:
    on = date(2026, 5, 25)
    rule = compiled("srdi", on, "re-review")
    found = outlook(register, rule, PACK, year=2025, language="en")
    held = {
        r["firm"]: r["until"]
        for r in pq.read_table(register.table("recognitions")).to_pylist()
        if r["tier"] == "srdi" and r["until"] >= on
    }
    assert {one.firm: one.until for one in found} == held
    assert [one.until for one in found] == sorted(one.until for one in found if one.until)
    outcomes = {row["case"]: row["outcome"] for row in assess(register, rule, year=2025).table.to_pylist()}
    assert all(one.today.outcome == outcomes[one.firm] for one in found)
    (element,) = outlook_elements(found, "en")
    assert f"{sum(one.fails_today for one in found):,}" in element.sentence


def test_the_trend_repeats_the_last_change(register: Register, tmp_path: Path) -> None:
    """R&D falls from 3 m to 1.6 m: today it passes the floor of 1 m, next year 0.2 m will not."""
    rule = compiled("srdi", date(2026, 5, 25), "re-review")
    firm = next(
        one.firm
        for one in outlook(register, rule, PACK, year=2025, language="en")
        if not one.fails_today and not one.fails_at_trend
    )
    rows = pq.read_table(register.table("firm_years")).to_pylist()
    other = tmp_path / "other"
    import shutil

    shutil.copytree(register.path, other)
    for row in rows:
        if row["firm"] == firm and row["year"] in (2024, 2025):
            share = {2024: 3, 2025: 1.6}[row["year"]]
            row.update(revenue=20_000_000_00, main_revenue=19_000_000_00, rd_expense=int(share * 1_000_000_00))
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(register.table("firm_years"))), other / "firm_years.parquet")
    (one,) = [o for o in outlook(open_register(other), rule, PACK, year=2025, language="en") if o.firm == firm]
    assert (one.fails_today, one.fails_at_trend) == (False, True)
    assert any("R&D" in text for text in one.trend.clauses)


def test_an_outlook_without_titles_is_refused(register: Register) -> None:
    bare = Register(
        register.path,
        {**register.manifest, "tables": {k: v for k, v in register.manifest["tables"].items() if k != "recognitions"}},
    )
    with pytest.raises(LittleGiantError) as refused:
        outlook(bare, compiled("srdi", date(2026, 5, 25), "re-review"), PACK, year=2025, language="en")
    assert refused.value.problems[0].code == "no-titles"


def test_triggers_send_someone_and_unknown_is_not_no(register: Register) -> None:
    table = visits(register, compiled("technology-sme", date(2026, 6, 1)), PACK, year=2025, seed=1).to_pylist()
    rows = {r["firm"]: r for r in pq.read_table(register.table("firm_years")).to_pylist() if r["year"] == 2025}
    static = {r["firm"]: r for r in pq.read_table(register.table("firms")).to_pylist()}
    for row in table:
        year, firm = rows[row["case"]], static[row["case"]]
        rights = (
            None
            if None in (year["class_one_rights"], year["class_two_rights"])
            else year["class_one_rights"] + year["class_two_rights"] == 0
        )
        truths = {
            "few_staff": None if year["staff"] is None else year["staff"] <= 5,
            "no_rights": rights,
            "little_rd": None if year["rd_expense"] is None else year["rd_expense"] < 10_000_000,
            "dishonesty": firm["serious_dishonesty_3y"],
            "first_filing": firm["first_filing"],
        }
        assert set(row["met"]) == {name for name, truth in truths.items() if truth}
        assert set(row["cannot_tell"]) == {name for name, truth in truths.items() if truth is None}
        assert row["visit"] == ("yes" if row["met"] or row["drawn"] else "cannot_tell" if row["cannot_tell"] else "no")


def test_at_least_the_share_is_drawn_by_a_seed_that_anybody_can_repeat(register: Register) -> None:
    rule = compiled("technology-sme", date(2026, 6, 1))
    draws = [
        {r["case"] for r in visits(register, rule, PACK, year=2025, seed=seed).to_pylist() if r["drawn"]} for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]
    assert all(Fraction(len(drawn), 4000) >= Fraction(5, 100) for drawn in draws)
    assert len(draws[0]) == 200


# --- one firm on a page, outcomes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_dossier_has_answer_figures_titles_and_duties(register: Register, language: Any) -> None:
    rule = compiled("little-giant", date(2026, 5, 25))
    made = dossier(Subjects(register, rule, 2025, empty_findings()), "SYN000000000000021", PACK, language, {"another": "result"})
    ids = [element.id for element in made.elements]
    assert ids[:2] == ["answer", "figures"]
    assert {"standing", "duties"} <= set(ids)
    figures = made.elements[1]
    assert [column.key for column in figures.columns] == ["fact", "2023", "2024", "2025"]
    duties = next(element for element in made.elements if element.id == "duties")
    clocks = " ".join(row["due"] for row in duties.rows)
    assert all(sign in clocks for sign in ("05-31", "3"))


def test_the_outcomes_of_the_programme_can_be_computed_or_say_where_they_come_from() -> None:
    from littlegiant.standards.language import parse_expression
    from littlegiant.standards.language import tree as t

    for name, outcome in PACK.outcomes.items():
        assert outcome.source
        assert set(outcome.title) == {"zh", "en"}
        if outcome.formula:
            names = {part.name for part in t.walk(parse_expression(outcome.formula, name)) if isinstance(part, t.Name)}
            assert names <= set(PACK.facts), name
    assert PACK.outcomes["programme_firms"].target is not None
