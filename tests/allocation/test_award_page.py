"""The page of a call: other views of the same projects, money by group, rows and groups by their names."""

from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.allocation.call_rows import Counted
from littlegiant.allocation.call_solving import CallSolution, without_large
from littlegiant.allocation.frontier import against_simple_rules
from littlegiant.allocation.instance import ABSENT, Row
from littlegiant.allocation.option_table import OptionTable, read_options
from littlegiant.allocation.problem_of_call import problem_of
from littlegiant.allocation.report import groups_element, rows_element
from littlegiant.allocation.report_compared import changes_element, views_element
from littlegiant.allocation.solving import allocate
from littlegiant.allocation.weighing import Terms, View, by_merit, by_objective
from littlegiant.words import Language

from .award_samples import MINOR, call_of, naming, plain, random_call, random_table, solve, table_of


@pytest.fixture(scope="module")
def table() -> OptionTable:
    return random_table(11, 120)


@pytest.fixture(scope="module")
def found(table: OptionTable) -> CallSolution:
    return solve(random_call(table), table)


def test_views_by_merit_start_from_the_effect(found: CallSolution, table: OptionTable) -> None:
    score = np.random.default_rng(0).uniform(50, 90, table.count)
    effect = np.where(table.benefit == ABSENT, 0, table.benefit)
    means = {name: float(effect[table.benefit[:, p] != ABSENT, p].mean()) for p, name in enumerate(table.packages)}
    rows = by_merit(found.solved.call, table, found.solved.package, effect, score, means, float(score.mean()))
    assert [each.weight for each in rows] == [0.0, 0.5, 1.0]
    assert rows[0].stay == rows[0].winners == found.solved.winners, "the call's own rule is the effect"
    assert rows[0].package is not None
    assert rows[0].package.tolist() == found.solved.package.tolist()
    assert rows[0].effect >= rows[2].effect
    assert rows[2].score / rows[2].winners >= rows[0].score / rows[0].winners - 1e-9


def test_other_scores_are_tried_at_the_weight_of_the_call(found: CallSolution, table: OptionTable) -> None:
    """Scores that are the same for all change nobody; the call's own weight is not solved again."""
    score = np.random.default_rng(0).uniform(50, 90, table.count)
    effect = np.where(table.benefit == ABSENT, 0, table.benefit)
    means = {name: float(effect[table.benefit[:, p] != ABSENT, p].mean()) for p, name in enumerate(table.packages)}
    none = np.full(table.count, -1, np.int32)
    rows = by_merit(
        found.solved.call, table, none, effect, score, means, float(score.mean()), weights=[0.3], own=0.3,
        raw=np.full(table.count, 70.0),
    )  # fmt: skip
    assert (rows[0].name, rows[0].weight, rows[0].winners) == ("weight", 0.3, 0)
    assert rows[1].name == "other_scores"
    assert rows[1].winners > 0


def test_each_objective_reaches_most_of_its_own(table: OptionTable) -> None:
    """Among the objectives, R&D reaches most R&D and criticality weighted highest most critical R&D, to the certified gap."""
    call = random_call(table)
    own = solve(call, table)
    random = np.random.default_rng(5)
    there = table.benefit != ABSENT
    research = np.where(there, table.benefit * 1000.0, np.nan)
    criticality = np.where(random.random(table.count) < 0.3, random.uniform(0.5, 1, table.count), np.nan)
    terms = Terms(research, np.where(there, table.measures["committed"] / MINOR, np.nan), criticality)
    views = by_objective(call, own.solved.call, table, own.solved.package, terms, own.score, 0.0)
    assert [(each.name, each.weight) for each in views] == [
        ("research", 0.0), ("welfare", 0.0), ("critical", 0.25), ("critical", 0.5), ("critical", 1.0)
    ]  # fmt: skip
    assert views[0].package is not None
    assert views[0].package.tolist() == own.solved.package.tolist()
    assert views[0].research == max(each.research for each in views)
    assert views[4].critical >= views[0].critical
    assert views[1].research - views[1].cost >= views[0].research - views[0].cost - 1e-6
    unknown = Terms(research, terms.cost, np.full(table.count, np.nan))
    assert len(by_objective(call, own.solved.call, table, own.solved.package, unknown, own.score, 0.0)) == 2


def test_money_by_region_sums_to_all_that_is_promised(found: CallSolution) -> None:
    named = naming(found.call, "en")
    rows = groups_element(found, "region", named).rows
    won = np.flatnonzero(found.solved.package >= 0)
    promised = int(found.solved.table.measures["committed"][won, found.solved.package[won]].sum())
    assert sum(int(row["money"].replace(",", "")) for row in rows) == pytest.approx(promised / MINOR, abs=len(rows))
    assert sum(int(row["winners"]) for row in rows) == found.solved.winners


def test_a_share_is_shown_as_a_share(found: CallSolution) -> None:
    """Asked 40 per cent of the money for the west: the page shows what is reached, not the steps in which the row counts."""
    solved = found.solved
    row = next(row for row in rows_element(found, naming(found.call, "en")).rows if row["row"] == "west share")
    won = np.flatnonzero(solved.package >= 0)
    names = [name for name in solved.table.measures if name.startswith("paid_")]
    paid = sum(solved.table.measures[name][won, solved.package[won]] for name in names)
    west = solved.table.attributes["area"][won] == "west"
    assert row["floor"] == "40.00 %"
    assert row["use"] == f"{100 * paid[west].sum() / paid.sum():.2f} %"


def test_quotas_and_areas_have_names(table: OptionTable) -> None:
    call = random_call(table, quotas={"by": "region", "file": "q.csv"})
    named = {language: naming(call, language) for language in get_args(Language)}
    assert [named[each].group("area", "northeast") for each in ("zh", "en")] == ["东北", "North-East"]
    row = Counted(Row("quota 310000", None, 2, "awards"), "quota", np.ones(1, np.bool_), ())
    assert [named[each].row(row) for each in ("zh", "en")] == ["上海名额", "quota Shanghai"]


def test_a_view_whose_rows_cannot_be_met_shows_dashes(found: CallSolution) -> None:
    """It does not say that nobody would change."""
    views = [View("weight", 0.0, None), View("weight", 1.0, found.best.package, found.best.winners)]
    element = views_element(views, found, naming(found.call, "en"))
    assert [element.rows[0][name] for name in ("winners", "stay", "effect", "mean_score")] == ["–"] * 4
    assert element.sentence == "Effect alone would change – of the winners, score alone 0."
    assert (
        len([column for column in changes_element(views, found, naming(found.call, "en")).columns if "view" in column.key]) == 1
    )


def test_a_call_without_scores_has_no_rule_by_score(found: CallSolution, table: OptionTable) -> None:
    rules = against_simple_rules(
        found.solved.call, table, found.solved.allocation, found.score, table.attributes["region"]
    )  # fmt: skip
    assert [each.name for each in rules] == ["equal_turns", "first_come", "by_density"]
    assert all(np.isfinite(each.gain) for each in rules)


def test_groups_that_nothing_names_are_shown_by_their_codes(found: CallSolution) -> None:
    named = {language: naming(found.call, language) for language in get_args(Language)}
    for code in ("", "enormous"):
        for attribute in ("size", "region", "area", "sector", "chain"):
            assert all(named[language].group(attribute, code) for language in named)
    assert named["en"].group("size", "enormous") == "enormous"


def test_a_fund_and_a_limit_of_one_name_keep_their_titles(table: OptionTable) -> None:
    call = random_call(table)
    fund = call.funds[0].model_copy(update={"title": {"en": "Central money"}})
    limit = call.limits[2].model_copy(update={"limit": fund.fund, "title": {"en": "A limit"}})
    named = naming(call.model_copy(update={"funds": (fund,), "limits": (limit,)}), "en")
    every = np.ones(1, np.bool_)
    assert named.row(Counted(Row("central 2026", None, 1, "money"), "fund", every, ())) == "Central money 2026"
    assert named.row(Counted(Row("central", None, 1, "awards"), "limit", every, ())) == "A limit"


def test_an_option_too_large_among_siblings_is_dropped_as_it_is_alone() -> None:
    """A project whose package takes more than the whole fund, with and without a sibling."""
    others = [plain(f"B{n:02d}", 20 + n, 100_000) for n in range(20)]
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 10_000}}], law={"awards_per_undertaking": 2})
    for undertaking in ("A1", "U"):
        rows = [plain("A1", 900, 2_000_000, undertaking=undertaking), plain("A2", 10, 100, undertaking="U"), *others]
        table = table_of(rows)
        problem = problem_of(call, table, (), minor=MINOR)
        kept, larger = without_large(problem, table, allocate(problem.instance))
        assert [table.cases[c] for c in np.flatnonzero(larger.any(axis=1))] == ["A1"]
        assert kept.benefit[0, 0] == ABSENT


def test_other_objectives_see_what_brings_nothing_by_the_own(tmp_path: Path) -> None:
    """Dropped as nothing is expected of it by the call's objective, an option still has the terms of another."""
    rows = {
        "case": ["a", "b"], "package": ["p", "p"], "undertaking": ["a", "b"], "dropped": ["", "no benefit"],
        "benefit": pa.array([5, None], pa.int64()), "committed": [100, 200], "gross": [1, 2], "additional": [3, 4],
        "small_received": [0, 0], "cost_national": [7, 8], "cost_before": [1, 1], "cost_after": [1, 1],
        "paid_national_0": [9, 10],
    }  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "options.parquet")
    attributes = {"region": np.array(["", ""])}
    plainly = read_options(tmp_path / "options.parquet", attributes)
    widely = read_options(tmp_path / "options.parquet", attributes, bringing_nothing=True)
    assert plainly.benefit.tolist() == [[5], [ABSENT]]
    assert plainly.measures["paid_national_0"].tolist() == [[9], [0]]
    assert widely.benefit.tolist() == [[5], [1]]
    assert widely.measures["paid_national_0"].tolist() == [[9], [10]]
