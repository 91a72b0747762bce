"""Options of a call on a small register: complete, in whole numbers, with terms that add up and rules that are named."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allocation.award_samples import (
    DAY,
    PACK,
    YEAR,
    catalogue,
    findings_of,
    make_register,
    read_call,
    write_award,
    write_csv,
)
from littlegiant.allocation.option_table import read_options
from littlegiant.allocation.problem_of_call import problem_of
from littlegiant.appraisal import options as room
from littlegiant.appraisal.appraising import Appraisal, appraise
from littlegiant.appraisal.cases import Cases, cases_of
from littlegiant.appraisal.lawful import Law, dropped_by_law, law_of, read_undertakings
from littlegiant.appraisal.options import combine
from littlegiant.appraisal.positions import positions
from littlegiant.appraisal.sections import Limits
from littlegiant.finance import Catalogue
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register
from register.making import once

PAYS = [{"use": "key-little-giant-award"}]
OPEN_TO_MANY = [
    {"package": "loan", "parts": [{"use": "technology-relending"}]},
    {"package": "deduction", "parts": [{"use": "rd-super-deduction"}]},
    {"package": "both", "parts": [{"use": "technology-relending"}, {"use": "rd-super-deduction"}]},
]
ALL_FIRMS = {"gate": None, "projects": None, "reviews": None, "merit": None, "limits": [], "quotas": None}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "award-register", make_register)


@pytest.fixture(scope="session")
def register(files: Path) -> Register:
    return open_register(files / "register")


@pytest.fixture(scope="session")
def money() -> Catalogue:
    return catalogue()


@pytest.fixture
def folder(files: Path, tmp_path: Path) -> Path:
    """The files beside the call, to be changed."""
    for path in files.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def appraised(folder: Path, register: Register, money: Catalogue, *, findings: bool = True, **changes: Any) -> Appraisal:
    criticality = changes.pop("criticality", None)
    call = read_call(write_award(folder, **changes))
    given = findings_of(folder) if findings else None
    to = folder / "options.parquet"
    return appraise(call, folder, register, money, to, year=YEAR, findings=given, criticality=criticality)


@pytest.fixture(scope="module")
def usual(files: Path, register: Register, money: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Appraisal:
    """The call of the samples as it stands."""
    call, to = read_call(files / "award.yaml"), tmp_path_factory.mktemp("usual") / "options.parquet"
    return appraise(call, files, register, money, to, year=YEAR, findings=findings_of(files))


@pytest.fixture(scope="module")
def many(register: Register, money: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Appraisal:
    """Every firm of the register with packages that are open to many."""
    return appraised(tmp_path_factory.mktemp("many"), register, money, findings=False, **ALL_FIRMS, packages=OPEN_TO_MANY)


def table(found: Appraisal) -> list[dict[str, Any]]:
    return pq.read_table(found.options.written.path).to_pylist()


def rules(found: Appraisal, package: str) -> dict[str, str]:
    """The rule that dropped an option, by case."""
    return {row["case"]: row["dropped"] for row in table(found) if row["package"] == package}


def projects(folder: Path) -> list[list[str]]:
    return [line.split(",") for line in (folder / "projects.csv").read_text().splitlines()]


def rewrite(folder: Path, rows: list[list[str]]) -> None:
    write_csv(folder / "projects.csv", rows[0], rows[1:])


# --- the table ------------------------------------------------------------------------------------------------------------


def test_every_case_has_every_package_in_the_order_of_the_key(files: Path, usual: Appraisal) -> None:
    found, rows = usual, table(usual)
    cases = [row[0] for row in projects(files)[1:]]
    assert [(row["case"], row["package"]) for row in rows] == [
        (case, package) for case in sorted(cases) for package in ("full", "half")
    ]
    firms = dict(row[:2] for row in projects(files)[1:])
    assert all(row["firm"] == firms[row["case"]] for row in rows)
    assert found.options.offered + sum(found.options.dropped.values()) == len(rows)
    assert Counter(row["dropped"] for row in rows if row["dropped"]) == found.options.dropped


def test_numbers_are_whole(usual: Appraisal) -> None:
    schema = pq.read_schema(usual.options.written.path)
    assert {str(field.type) for field in schema} == {"string", "int64", "bool"}


def test_firms_are_the_cases_where_there_are_no_projects(register: Register, money: Catalogue, many: Appraisal) -> None:
    found, rows = many, table(many)
    ids = [str(firm) for firm in positions(register, money, year=YEAR).ids]
    assert [(row["case"], row["package"]) for row in rows] == [(f, p) for f in ids for p in ("both", "deduction", "loan")]
    assert found.options.offered > 300, "else the tests on this table show little"


def test_with_a_gate_only_firms_that_met_it_are_cases(folder: Path, register: Register, money: Catalogue) -> None:
    found = appraised(
        folder, register, money, **{**ALL_FIRMS, "gate": "key-little-giant"}, packages=[{"package": "full", "parts": PAYS}]
    )
    assert len(found.cases) == found.gate[0] == len(table(found))


def test_terms_add_up(usual: Appraisal, many: Appraisal) -> None:
    for found in (usual, many):
        for row in table(found):
            parts = [row[name] for name in ("from_cost", "from_grant", "released")]
            if row["additional"] is None:
                assert None in parts
                assert row["dropped"]
                assert row["benefit"] is None
            else:
                assert abs(row["additional"] - sum(parts)) <= 2
                assert abs(row["effect"] - row["additional"] / 100 / 1000) <= 0.51


def test_the_benefit_is_the_effect_where_no_score_weighs(many: Appraisal) -> None:
    for row in table(many):
        assert (row["benefit"] is None) == bool(row["dropped"])
        if not row["dropped"]:
            assert row["benefit"] == row["effect"] >= 1
        if row["dropped"] == "no benefit":
            assert row["effect"] < 1


def test_both_parts_of_a_package_cost_and_pay_together(many: Appraisal) -> None:
    rows = {(row["case"], row["package"]): row for row in table(many)}
    shown = 0
    for case in sorted({case for case, _ in rows}):
        both, loan, deduction = (rows[case, name] for name in ("both", "loan", "deduction"))
        if both["dropped"] or loan["dropped"] or deduction["dropped"]:
            continue
        shown += 1
        assert both["cost_after"] <= min(loan["cost_after"], deduction["cost_after"]) + 1, "cheaper with both than with one"
    assert shown > 20


def test_payments_are_promised_by_year_and_sum_to_what_is_committed(usual: Appraisal) -> None:
    for row in table(usual):
        if row["dropped"] == "no figures":
            continue
        amount = 6_000_000_00 if row["package"] == "full" else 3_000_000_00
        assert row["committed"] == amount
        assert row["paid_national_0"] == row["paid_national_3"] == amount // 2
        if row["cost_national"] is not None:
            assert 0 < row["cost_national"] < amount, "expected cost is less: second halves may not be paid"


def test_an_offered_option_has_all_its_amounts(usual: Appraisal, many: Appraisal) -> None:
    """What is not known cannot be counted against a fund: it is no zero."""
    for row in [*table(many), *table(usual)]:
        if not row["dropped"]:
            names = [name for name in row if name in ("gross", "committed") or name.startswith(("cost_", "paid_"))]
            amounts = {name: row[name] for name in names if name not in ("cost_before", "cost_after")}
            assert None not in amounts.values(), (row["case"], row["package"], amounts)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("raw", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_effect_and_score_combine_as_the_rule_says(
    folder: Path, register: Register, money: Catalogue, weight: float, raw: bool
) -> None:
    merit = {"weight": weight, "raw": raw, "indicators": {"technology": 0.5, "plan": 0.3, "chain": 0.2}}
    found = appraised(folder, register, money, merit=merit)
    rows, scores = table(found), found.scores
    assert scores is not None
    mean_score = float(np.mean(scores.raw if raw else scores.score))
    effects: dict[str, list[int]] = {"full": [], "half": []}
    for row in rows:
        if not row["dropped"]:
            effects[row["package"]].append(row["effect"])
    for row in rows:
        if row["dropped"]:
            continue
        mean = np.mean(effects[row["package"]])
        ratio = row["score_raw" if raw else "score"] / 1000 / mean_score
        wanted = row["effect"] ** (1 - weight) * (mean * ratio) ** weight
        assert row["benefit"] == pytest.approx(wanted, rel=2e-3, abs=0.51)
        if weight == 0:
            assert row["benefit"] == row["effect"]
    if weight == 1:
        for package in ("full", "half"):
            own = [row for row in rows if row["package"] == package and not row["dropped"]]
            by_score = sorted(own, key=lambda row: row["score_raw" if raw else "score"])
            assert [row["benefit"] for row in by_score] == sorted(row["benefit"] for row in own), "the score alone orders"


def test_the_rule_by_hand() -> None:
    effect, score = np.array([100.0, 400.0, -5.0, 100.0]), np.array([80.0, 60.0, 90.0, -3.0])
    assert combine(effect, score, 0.5, 225.0, 75.0).tolist() == pytest.approx([154.919, 268.328, -5.0, 0.0], abs=1e-3)
    assert combine(effect, score, 0.0, 225.0, 75.0).tolist() == effect.tolist()
    assert combine(effect, score, 1.0, 225.0, 75.0).tolist() == pytest.approx([240.0, 180.0, -5.0, 0.0])
    assert combine(effect, score, 0.5, 0.0, 75.0).tolist() == effect.tolist(), "without a mean there is nothing to weigh by"


def test_a_few_cases_at_a_time_change_no_digit(
    folder: Path, register: Register, money: Catalogue, usual: Appraisal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_CASES", 7)
    assert appraised(folder, register, money).options.written.digest == usual.options.written.digest


@pytest.mark.slow
def test_chunks_change_no_digit(folder: Path, register: Register, money: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    for changes in ({}, {**ALL_FIRMS, "packages": OPEN_TO_MANY}):
        digests = set()
        for size in (16_384, 700, 7) if not changes else (16_384, 700):
            monkeypatch.setattr(room, "_CASES", size)
            found = appraised(folder, register, money, **changes)
            digests.add(found.options.written.digest)
        assert len(digests) == 1
        assert not list(folder.glob(".*")), "nothing half-written stays"


@pytest.mark.slow
def test_the_order_of_packages_and_of_rows_changes_no_digit(folder: Path, register: Register, money: Catalogue) -> None:
    first = appraised(folder, register, money, **ALL_FIRMS, packages=OPEN_TO_MANY).options.written.digest
    assert appraised(folder, register, money, **ALL_FIRMS, packages=OPEN_TO_MANY[::-1]).options.written.digest == first
    whole = appraised(folder, register, money).options.written.digest
    rows = projects(folder)
    rewrite(folder, [rows[0], *rows[:0:-1]])
    assert appraised(folder, register, money).options.written.digest == whole


# --- objectives -----------------------------------------------------------------------------------------------------------


def test_welfare_counts_spillovers_and_the_cost_of_funds(folder: Path, register: Register, money: Catalogue) -> None:
    objective = {"maximise": "welfare", "spillover": 0.4, "cost_of_funds": 0.2, "unit": 100}
    for row in table(appraised(folder, register, money, **ALL_FIRMS, packages=OPEN_TO_MANY, objective=objective)):
        costs = [value for name, value in row.items() if name.startswith("cost_") and name not in ("cost_before", "cost_after")]
        if row["additional"] is None or None in costs:
            assert row["dropped"], "what is not known cannot be weighed"
            continue
        cost = sum(costs)
        assert row["effect"] == pytest.approx((1.4 * row["additional"] - 1.2 * cost) / 100 / 100, abs=0.6)
        if not row["dropped"]:
            assert row["benefit"] >= 1, "what costs more than it brings is not offered"


def test_critical_firms_weigh_more(folder: Path, register: Register, money: Catalogue) -> None:
    firms = [row[1] for row in projects(folder)[1:]]
    known = {firm: 0.25 + 0.01 * number for number, firm in enumerate(firms[::2])}
    objective = {"maximise": "critical", "criticality_weight": 2.0}
    for row in table(appraised(folder, register, money, objective=objective, criticality=known)):
        if row["additional"] is not None:
            factor = 1 + 2.0 * known.get(row["firm"], 0.0)
            assert row["effect"] == pytest.approx(row["additional"] / 100 / 1000 * factor, abs=0.6)
        assert row["criticality"] == (round(known[row["firm"]] * 1e9) if row["firm"] in known else None)


def test_criticality_that_nobody_gave_is_one_sentence(folder: Path, register: Register, money: Catalogue) -> None:
    with pytest.raises(LittleGiantError, match="an objective by criticality without any"):
        appraised(folder, register, money, objective={"maximise": "critical", "criticality_weight": 1.0})


# --- what is dropped ------------------------------------------------------------------------------------------------------


def test_dropped_options_name_the_first_rule(files: Path, usual: Appraisal) -> None:
    found = usual
    investment = {row[0]: int(row[2]) for row in projects(files)[1:]}
    acts = [json.loads(line) for line in (files / "acts.jsonl").read_text().splitlines()]
    not_started = {act["subject"] for act in acts if not act["body"]["value"]}
    firms = {row[0]: row[1] for row in projects(files)[1:]}
    for case, rule in rules(found, "full").items():
        if firms[case] in not_started:
            assert rule in ("gate: not met", "gate: undetermined")
        elif not rule.startswith("gate"):
            assert rule == ("investment below 20,000,000" if investment[case] < 20_000_000 else ""), case
    shown = set(found.options.dropped)
    assert {"gate: not met", "investment below 20,000,000", "investment below 8,000,000"} <= shown


def test_without_findings_the_gate_is_not_determined(folder: Path, register: Register, money: Catalogue) -> None:
    found = appraised(folder, register, money, findings=False)
    assert set(rules(found, "full").values()) <= {"gate: not met", "gate: undetermined"}
    assert found.gate[0] == 0


def test_who_may_not_have_the_instrument_is_told_so(folder: Path, register: Register, money: Catalogue) -> None:
    packages = [{"package": "full", "parts": PAYS}]
    found = appraised(folder, register, money, gate=None, findings=False, packages=packages, merit=None, reviews=None)
    assert set(rules(found, "full").values()) == {"not entitled: key-little-giant-award"}, "not even where it is undetermined"


def test_scores_below_the_line_and_missing_scores(folder: Path, register: Register, money: Catalogue) -> None:
    reviews = (folder / "reviews.csv").read_text().splitlines()
    (folder / "reviews.csv").write_text("\n".join(line for line in reviews if not line.startswith("P00001,")) + "\n")
    merit = {"weight": 0.5, "at_least": 66.5, "indicators": {"technology": 0.5, "plan": 0.3, "chain": 0.2}}
    found = appraised(folder, register, money, merit=merit, gate=None)
    assert found.scores is not None
    score = dict(zip(found.scores.cases, found.scores.score.tolist(), strict=True))
    told = rules(found, "half")
    assert told["P00001"] == "no score"
    assert {case for case, rule in told.items() if rule == "score below 66.5"} == {c for c, s in score.items() if s < 66.5}


def test_what_a_package_requires_and_a_project_does_not_say(folder: Path, register: Register, money: Catalogue) -> None:
    rows = projects(folder)
    allowed = [case for case, rule in rules(appraised(folder, register, money), "half").items() if not rule]
    for row in rows:
        if row[0] == allowed[0]:
            row[2] = ""
        if row[0] == allowed[1]:
            row[2] = "8000000"
        if row[0] == allowed[2]:
            row[2] = "7999999.99"
    rewrite(folder, rows)
    told = rules(appraised(folder, register, money), "half")
    assert [told[case] for case in allowed[:3]] == ["investment not given", "", "investment below 8,000,000"]


def test_a_requirement_that_no_project_has_is_one_sentence(folder: Path, register: Register, money: Catalogue) -> None:
    packages = [{"package": "full", "parts": PAYS, "requires": {"invested": 1}}]
    with pytest.raises(LittleGiantError, match="it requires 'invested'") as told:
        appraised(folder, register, money, packages=packages)
    assert len(told.value.problems) == 1


# --- the law --------------------------------------------------------------------------------------------------------------


def cases_with(cost: list[float]) -> Cases:
    ids = np.array([f"P{n}" for n in range(len(cost))], np.object_)
    return cast(Cases, SimpleNamespace(ids=ids, numbers={"eligible_cost": np.array(cost)}))


@pytest.mark.parametrize(("gross", "dropped"), [(200_000.0, False), (200_000.01, True), (0.0, False), (300_000.0, True)])
def test_small_aid_at_the_ceiling_is_within_it(gross: float, dropped: bool) -> None:
    law = Law(Limits(small_aid=300_000), {}, {"U": 100_000.0})
    found = dropped_by_law(law, np.array(["U"], np.object_), cases_with([1.0]), np.array([0]), np.array([gross]))
    assert [(name, hit.tolist()) for name, hit in found] == [("small aid above 300,000", [dropped])]


@pytest.mark.parametrize(("gross", "dropped"), [(400_000.0, False), (400_000.01, True)])
def test_intensity_at_the_ceiling_is_within_it(gross: float, dropped: bool) -> None:
    law = Law(Limits(intensity=0.5), {("U", ""): 100_000.0}, {})
    own = np.array(["U", "U"], np.object_)
    found = dropped_by_law(law, own, cases_with([1_000_000.0, np.nan]), np.array([0, 1]), np.array([gross, gross]))
    assert [(name, hit.tolist()) for name, hit in found] == [
        ("eligible_cost not given", [False, True]),
        ("intensity above 0.5", [dropped, False]),
    ]


AID = ("aid", "undertaking", "granted_on", "measure", "level", "equivalent", "small_aid")


def test_small_aid_counts_three_years_back(tmp_path: Path) -> None:
    days = ["2023-05-25", "2023-05-26", "2026-05-25", "2026-05-26"]
    path = write_csv(
        tmp_path / "aid.csv", AID, [[f"a{n}", "U", day, "m", "national", 10**n, "yes"] for n, day in enumerate(days)]
    )
    law = law_of(Limits(small_aid=300_000), path, DAY, cases_with([1.0]))
    assert law is not None
    assert law.small == {"U": 10 + 100}, "granted after the first day of the window and until the day"
    assert law.received == {("U", ""): 1111}
    leap = law_of(Limits(small_aid=300_000), path, date(2028, 2, 29), cases_with([1.0]))
    assert leap is not None
    assert leap.small == {"U": 100 + 1000}


def test_aid_for_another_cost_leaves_the_intensity_of_a_project_alone() -> None:
    """Aid for the project and aid that names no cost count; aid for a machine that is no part of it does not."""
    law = Law(Limits(intensity=0.5), {("U", "P0"): 100.0, ("U", "machine"): 900.0, ("U", ""): 50.0}, {})
    own = np.array(["U", "U"], np.object_)
    found = dropped_by_law(law, own, cases_with([1000.0, 1000.0]), np.array([0, 1]), np.array([351.0, 351.0]))
    assert found[1][1].tolist() == [True, False]


def test_without_ceilings_there_is_no_law(tmp_path: Path) -> None:
    assert law_of(Limits(), None, DAY, cases_with([])) is None


def test_a_ceiling_on_intensity_needs_the_eligible_cost(folder: Path, register: Register, money: Catalogue) -> None:
    with pytest.raises(LittleGiantError, match="without a column eligible_cost") as told:
        appraised(folder, register, money, law={"intensity": 0.5})
    assert len(told.value.problems) == 1


def test_aid_received_shuts_out_of_packages(folder: Path, register: Register, money: Catalogue) -> None:
    rows = projects(folder)
    free = [case for case, rule in rules(appraised(folder, register, money), "half").items() if not rule]
    firm = {row[0]: row[1] for row in rows[1:]}
    rewrite(folder, [[*rows[0], "eligible_cost"], *([*row, str(30_000_000)] for row in rows[1:])])
    write_csv(folder / "undertakings.csv", ["firm", "undertaking"], [[firm[free[0]], "Group"]])
    aid = [
        ["a1", "Group", "2025-01-01", "m", "local", 9_500_000, "no"],
        ["a2", firm[free[1]], "2025-01-01", "m", "local", 5, "no"],
    ]
    write_csv(folder / "aid.csv", AID, aid)
    found = appraised(folder, register, money, law={"intensity": 0.4}, aid="aid.csv", undertakings="undertakings.csv")
    for row in table(found):
        if row["case"] == free[0] and row["package"] == "half":
            above = row["gross"] / 100 + 9_500_000 > 12_000_000
            assert above, "else this test shows nothing"
            assert row["undertaking"] == "Group"
            assert row["dropped"] == "intensity above 0.4"
    assert rules(found, "half")[free[1]] == ""


def test_small_aid_received_counts_for_all_awards_of_an_undertaking_together(
    folder: Path, register: Register, money: Catalogue
) -> None:
    """What an undertaking has received leaves less for two awards just as it leaves less for one."""
    rows = projects(folder)
    free = [row["case"] for row in table(appraised(folder, register, money)) if row["package"] == "half" and not row["dropped"]]
    firm = {row[0]: row[1] for row in rows[1:]}
    write_csv(folder / "undertakings.csv", ["firm", "undertaking"], [[firm[case], "Group"] for case in free[:2]])
    packages = [{"package": "small", "parts": [{"use": "key-little-giant-award", "size": {"amount": 100_000}}]}]
    gross = {row["case"]: row["gross"] / 100 for row in table(appraised(folder, register, money, packages=packages))}
    both = gross[free[0]] + gross[free[1]]
    write_csv(folder / "aid.csv", AID, [["a1", "Group", "2025-01-01", "m", "local", 1_000, "yes"]])
    for most, allowed in ((both + 1_000.02, True), (both + 999, False)):
        found = appraised(
            folder, register, money, packages=packages, law={"small_aid": most, "awards_per_undertaking": 2}, aid="aid.csv",
            undertakings="undertakings.csv",
        )  # fmt: skip
        options = read_options(found.options.written.path, found.cases.texts)
        call = read_call(
            write_award(folder, packages=packages, limits=[], quotas=None, law={"small_aid": most, "awards_per_undertaking": 2})
        )
        lengths = {len(each) for each in problem_of(call, options, (), minor=100).meaning[0]}
        assert lengths == ({1, 2} if allowed else {1})


# --- cases and undertakings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "told", "code"),
    [
        ([["P1", "FIRM"], ["P1", "FIRM"]], "the project 'P1' again", "twice"),
        ([["", "FIRM"]], "no project", "twice"),
        ([["P1", "nobody"]], "no firm 'nobody' with figures of the year", "unknown-firm"),
        ([["P1;P2", "FIRM"]], "'P1;P2'", "id"),
        ([["carried P1", "FIRM"]], "'carried P1'", "id"),
    ],
)
def test_a_bad_project_is_told_with_its_row(
    tmp_path: Path, register: Register, money: Catalogue, rows: list[list[str]], told: str, code: str
) -> None:
    firms = positions(register, money, year=YEAR)
    filled = [[each.replace("FIRM", str(firms.ids[0])) for each in row] for row in rows]
    with pytest.raises(LittleGiantError) as problem:
        cases_of(firms, PACK, write_csv(tmp_path / "projects.csv", ["project", "firm"], filled))
    assert told in str(problem.value)
    assert [each.code for each in problem.value.problems] == [code]
    assert problem.value.problems[0].place.startswith("projects.csv, row")


@pytest.mark.parametrize("cell", ["two million", "20,000,000 元", "inf"])
def test_a_text_where_a_package_needs_a_number_is_told_with_its_row(
    tmp_path: Path, register: Register, money: Catalogue, cell: str
) -> None:
    firms = positions(register, money, year=YEAR)
    rows = [["a", str(firms.ids[0]), "1,500"], ["b", str(firms.ids[1]), cell], ["c", str(firms.ids[2]), ""]]
    path = write_csv(tmp_path / "projects.csv", ["project", "firm", "investment"], rows)
    with pytest.raises(LittleGiantError) as problem:
        cases_of(firms, PACK, path, numbers={"investment"})
    assert [(each.place, each.found) for each in problem.value.problems] == [
        ("projects.csv, row 3, column investment", repr(cell))
    ]


def test_titles_of_an_office_are_known(tmp_path: Path, register: Register, money: Catalogue) -> None:
    firms = positions(register, money, year=YEAR)
    path = write_csv(tmp_path / "projects.csv", ["项目编号", "统一社会信用代码", "投资额"], [["a", str(firms.ids[0]), "1500"]])
    found = cases_of(firms, PACK, path)
    assert found.ids.tolist() == ["a"]
    assert found.numbers["投资额"].tolist() == [1500]


def test_columns_of_numbers_are_numbers_and_all_others_texts(tmp_path: Path, register: Register, money: Catalogue) -> None:
    firms = positions(register, money, year=YEAR)
    first, second = str(firms.ids[5]), str(firms.ids[3])
    rows = [["b", first, "1,500", "x", "440000", "7"], ["a", second, "", "", "", "y"]]
    path = write_csv(tmp_path / "projects.csv", ["project", "firm", "investment", "chain", "region", "code"], rows)
    found = cases_of(firms, PACK, path)
    assert found.ids.tolist() == ["a", "b"]
    assert found.row.tolist() == [3, 5]
    assert np.isnan(found.numbers["investment"][0])
    assert found.numbers["investment"][1] == 1500
    assert found.texts["chain"].tolist() == ["", "x"]
    assert found.texts["code"].tolist() == ["y", "7"]
    assert found.texts["size"].tolist() == firms.size[[3, 5]].tolist()


def test_a_group_of_digits_of_the_projects_can_be_grouped_by(tmp_path: Path, register: Register, money: Catalogue) -> None:
    """A project may lie in another region than its firm; codes of regions are digits."""
    firms = positions(register, money, year=YEAR)
    rows = [["a", str(firms.ids[0]), "440000"], ["b", str(firms.ids[1]), "310000"]]
    found = cases_of(firms, PACK, write_csv(tmp_path / "projects.csv", ["project", "firm", "region"], rows))
    assert found.texts["region"].tolist() == ["440000", "310000"]


def test_undertakings_are_read_and_a_firm_stands_once(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "u.csv", ["firm", "undertaking"], [["F1", "G"], ["F2", ""]])
    assert read_undertakings(path) == {"F1": "G", "F2": "F2"}
    with pytest.raises(LittleGiantError, match="the firm 'F1' again"):
        read_undertakings(write_csv(tmp_path / "u.csv", ["firm", "undertaking"], [["F1", "G"], ["F1", "H"]]))


def test_a_score_for_no_project_is_one_sentence(folder: Path, register: Register, money: Catalogue) -> None:
    with (folder / "reviews.csv").open("a") as file:
        file.writelines(f"P9,E01,{name},50\n" for name in ("technology", "plan", "chain"))
    with pytest.raises(LittleGiantError, match="scores of 'P9', which is no project of the call"):
        appraised(folder, register, money)


def test_two_projects_of_a_firm_are_two_cases(folder: Path, register: Register, money: Catalogue) -> None:
    rows = projects(folder)
    rewrite(folder, [*rows, ["P99999", rows[1][1], rows[1][2], "chips"]])
    found = appraised(folder, register, money, merit=None, reviews=None)
    own = [row for row in table(found) if row["firm"] == rows[1][1]]
    assert [(row["case"], row["package"]) for row in own] == [
        ("P00000", "full"),
        ("P00000", "half"),
        ("P99999", "full"),
        ("P99999", "half"),
    ]
    assert len({(row["effect"], row["package"]) for row in own}) == 2
    assert {row["undertaking"] for row in own} == {rows[1][1]}


def test_the_table_can_be_read_without_this_package(usual: Appraisal) -> None:
    whole = pq.read_table(usual.options.written.path)
    assert whole.num_rows == usual.options.written.rows
    assert pa.types.is_int64(whole.schema.field("benefit").type)
