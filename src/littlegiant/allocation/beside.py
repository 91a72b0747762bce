"""What the page of a call shows beside its result, computed once for all its languages, and the page itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from littlegiant.allocation import report, report_compared
from littlegiant.allocation.call_solving import CallSolution
from littlegiant.allocation.fairness import GroupRow, fairness
from littlegiant.allocation.frontier import (
    Compared,
    Point,
    RowPrice,
    Stages,
    against_simple_rules,
    frontier,
    price_of_rows,
    two_stages,
    without_rows,
)
from littlegiant.allocation.naming import Naming
from littlegiant.allocation.option_table import read_options
from littlegiant.allocation.outcome import Solved, costs
from littlegiant.allocation.problem_of_call import problem_of
from littlegiant.allocation.solving import relax
from littlegiant.allocation.weighing import View, by_merit, by_objective, read_terms
from littlegiant.pages import Element

ATTRIBUTES = ("region", "area", "size")  # the groups of the fairness tables


@dataclass(frozen=True)
class Beside:
    """prices: of rows that bind. stages: None without quotas. views: by score and effect, empty without scores. fairness: by
    attribute."""

    prices: tuple[RowPrice, ...]
    frontier: tuple[Point, ...]
    simple: tuple[Compared, ...]
    stages: Stages | None
    views: tuple[View, ...]
    objectives: tuple[View, ...]
    fairness: Mapping[str, tuple[GroupRow, ...]]


def compare(found: CallSolution, folder: Path, *, minor: int) -> Beside:
    """Solve a call in all the other ways that its page shows, each against the best allocation without a draw.

    folder: where its options are.
    """
    best = found.best
    call, table, allocation = best.call, best.table, best.allocation
    means = json.loads((folder / "means.json").read_text(encoding="utf-8"))
    score = np.where(np.isnan(found.score), -np.inf, found.score) if not np.isnan(found.score).all() else found.score
    views: list[View] = []
    merit = found.call.merit
    if merit is not None:
        other = found.own.score if merit.raw else found.own.score_raw
        views = by_merit(
            call, table, best.package, found.own.effect, found.score, means["effect"], means["score"],
            weights=sorted({0.0, merit.weight, 1.0}), own=merit.weight, raw=other,
        )  # fmt: skip
    alone = _funds_alone(best)
    groups = [name for name in ATTRIBUTES if len(np.unique(table.attributes[name])) > 1]
    return Beside(
        tuple(price_of_rows(call, allocation)),
        tuple(frontier(call)),
        tuple(against_simple_rules(call, table, allocation, score, table.attributes["region"])),
        two_stages(call, allocation, score),
        tuple(views),
        tuple(_objectives(found, folder / "options.parquet", minor, means["score"])),
        {name: tuple(fairness(found.solved, name, fund_prices_only=alone)) for name in groups},
    )


def _objectives(found: CallSolution, options: Path, minor: int, mean_score: float) -> list[View]:
    """Return the views of other objectives, over all options that the call's own did not drop for want of a benefit by itself."""
    best = found.best
    table = read_options(options, best.table.attributes, bringing_nothing=True)
    call = problem_of(found.call, table, found.quotas, minor=minor, tie=best.call.tie)
    return by_objective(found.call, call, table, best.package, read_terms(options, table.count, minor), found.score, mean_score)


def _funds_alone(solved: Solved) -> npt.NDArray[np.bool_]:
    """Return who would be funded at the prices of funds alone, without limits and quotas."""
    bare = without_rows(solved.call, ("limit", "quota", "additionality"))
    vertex = relax(bare.instance)
    cost = costs(solved.call, solved.table, vertex.at.prices)
    return np.asarray(((solved.table.benefit > 0) & (solved.table.benefit > cost)).any(axis=1), np.bool_)


def elements(found: CallSolution, beside: Beside, naming: Naming) -> list[Element]:
    """Return the page: result, line, rows, groups, what other choices would bring, sureness, fairness, lists, certificate."""
    attributes = [name for name in ("region", "sector") if len(np.unique(found.solved.table.attributes[name])) > 1]
    result = [
        report.summary_element(found, naming),
        report.cutoff_element(found, naming),
        report.rows_element(found, naming),
        *(report.groups_element(found, name, naming) for name in attributes),
        report_compared.prices_element(beside.prices, found, naming),
        report_compared.frontier_element(beside.frontier, naming),
        report_compared.simple_element(beside.simple, found, naming),
    ]
    if beside.stages is not None:
        result.append(report_compared.stages_element(beside.stages, naming))
    if beside.views:
        result.append(report_compared.views_element(beside.views, found, naming))
        result.append(report_compared.changes_element(beside.views, found, naming))
    result.append(report_compared.objectives_element(beside.objectives, found, naming))
    result.append(report.bands_element(found, naming))
    result += [report_compared.fairness_element(groups, naming) for groups in beside.fairness.values()]
    if found.lottery is not None:
        result.append(report.lottery_element(found, naming))
    result += [report.off_price_element(found, naming), report.reserve_element(found, naming)]
    return [*result, report.certificate_element(found, naming)]
