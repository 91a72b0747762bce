"""Who would win by another view of the same cases: another weight of the score, raw scores, another objective.

Every view is solved within the same rows, so that it can be funded as it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.instance import ABSENT, Floats, Ints
from littlegiant.allocation.option_table import OptionTable, expected_costs
from littlegiant.allocation.problem_of_call import CallProblem
from littlegiant.allocation.solving import allocate
from littlegiant.appraisal.benefit import worth
from littlegiant.appraisal.options import combine
from littlegiant.appraisal.sections import Objective

CRITICALITY_WEIGHTS = (0.25, 0.5, 1.0)


@dataclass(frozen=True)
class View:
    """Winners under another view: package by case (-1 none; None where the rows cannot be met), how many of the call's winners
    stay, and what is reached in each term.

    effect: in units of the view's objective; score: sum over the winners; research, critical: additional R&D, and additional R&D
    times criticality; cost: expected; all three in the main unit. weight: of the score or of criticality. rule: of objectives.
    """

    name: str
    weight: float
    package: npt.NDArray[np.int32] | None
    stay: int = 0
    effect: int = 0
    score: float = 0.0
    research: float = 0.0
    critical: float = 0.0
    cost: float = 0.0
    rule: Objective | None = None

    @property
    def winners(self) -> int:
        return 0 if self.package is None else int((self.package >= 0).sum())


def merit_benefits(
    table: OptionTable, effect: Ints, score: Floats, weight: float, means: Mapping[str, float], mean_score: float
) -> Ints:
    """Return benefits by case and package as the merit rule would have them at another weight or with other scores."""
    benefit = np.full(table.benefit.shape, ABSENT, np.int64)
    for p, name in enumerate(table.packages):
        own = np.flatnonzero(table.benefit[:, p] != ABSENT)
        value = combine(effect[own, p].astype(np.float64), score[own], weight, means.get(name, 0.0), mean_score)
        benefit[own, p] = _offered(value)
    return benefit


def _offered(value: Floats) -> Ints:
    """Return whole benefits, ABSENT below 1: what brings nothing is not offered."""
    whole = np.rint(np.nan_to_num(value))
    return np.where(whole >= 1, whole, ABSENT).astype(np.int64)


def by_merit(
    call: CallProblem, table: OptionTable, mine: npt.NDArray[np.int32], effect: Ints, score: Floats, means: Mapping[str, float],
    mean_score: float, weights: Sequence[float] = (0.0, 0.5, 1.0), own: float | None = None, raw: Floats | None = None,
) -> list[View]:  # fmt: skip
    """Return whom effect alone, both, and score alone would choose. mine: the call's own packages; effect: by case and package.

    own: the call's weight, at which nothing is solved again. raw: other scores, tried at that weight too.
    """
    wanted = [("weight", weight, score, mean_score) for weight in weights]
    if raw is not None and own:
        wanted.append(("other_scores", own, raw, float(np.nanmean(raw))))
    found = []
    for name, weight, scores, mean in wanted:
        if name == "weight" and weight == own:
            package: npt.NDArray[np.int32] | None = mine
        else:
            package = _solved(call, merit_benefits(table, effect, scores, weight, means, mean))
        if package is None:
            found.append(View(name, weight, None))
            continue
        won = np.flatnonzero(package >= 0)
        stay, gained = int(((mine >= 0) & (package >= 0)).sum()), int(effect[won, package[won]].sum())
        found.append(View(name, weight, package, stay, gained, float(np.nansum(score[won]))))
    return found


@dataclass(frozen=True)
class Terms:
    """What objectives are made of, by case and package, in the main unit; criticality by case, NaN unknown."""

    research: Floats
    cost: Floats
    criticality: Floats


def read_terms(path: Path, count: int, minor: int) -> Terms:
    """Return the terms of every option from `options.parquet`."""
    file = pq.ParquetFile(path)
    costs = expected_costs(file.schema_arrow.names)
    table = file.read(columns=["additional", "criticality", *costs])

    def square(name: str) -> Floats:
        return np.asarray(table[name].combine_chunks().to_numpy(zero_copy_only=False), np.float64).reshape(count, -1)

    cost = np.sum([square(name) for name in costs], axis=0) if costs else np.zeros_like(square("additional"))
    return Terms(square("additional") / minor, cost / minor, square("criticality")[:, 0] / 1e9)


def by_objective(
    call: AwardCall, problem: CallProblem, table: OptionTable, mine: npt.NDArray[np.int32], terms: Terms, score: Floats,
    mean_score: float,
) -> list[View]:  # fmt: skip
    """Return whom other objectives would choose: R&D, welfare (R&D less expected cost, or with the numbers of a call that
    maximises it), criticality by each of the weights.

    problem, table: with the options that bring nothing by the call's own objective, as they may bring something by another.
    Objectives by criticality are left out where it is known for no case; scores count as the call has them.
    """
    found = []
    for rule in _tried(call.objective, terms):
        effect = worth(rule, terms.research, terms.cost, terms.criticality[:, None])
        package: npt.NDArray[np.int32] | None = mine
        if rule != call.objective:
            package = _solved(problem, _benefits(call, table, effect, score, mean_score))
        if package is None:
            found.append(View(rule.maximise, rule.criticality_weight, None, rule=rule))
            continue
        won = np.flatnonzero(package >= 0)
        at = won, package[won]
        research, cost = np.nan_to_num(terms.research[at]), float(np.nan_to_num(terms.cost[at]).sum())
        critical = float((research * np.nan_to_num(terms.criticality[won])).sum())
        stay, gained = int(((mine >= 0) & (package >= 0)).sum()), int(np.nan_to_num(effect[at]).sum())
        scored, total = float(np.nansum(score[won])), float(research.sum())
        name, weight = rule.maximise, rule.criticality_weight
        found.append(View(name, weight, package, stay, gained, scored, total, critical, cost, rule))
    return found


def _tried(own: Objective, terms: Terms) -> list[Objective]:
    """Return the objectives to set side by side, the call's own among them."""
    weights = () if np.isnan(terms.criticality).all() else CRITICALITY_WEIGHTS
    tried = [
        Objective(unit=own.unit),
        Objective(maximise="welfare", unit=own.unit),
        *(Objective(maximise="critical", criticality_weight=weight, unit=own.unit) for weight in weights),
    ]
    same = [rule for rule in tried if rule.maximise == own.maximise and rule.criticality_weight == own.criticality_weight]
    return [own if rule in same else rule for rule in tried] + ([] if same else [own])


def _benefits(call: AwardCall, table: OptionTable, effect: Floats, score: Floats, mean_score: float) -> Ints:
    """Return the benefits that an effect in units of an objective makes, with scores as the call counts them."""
    there = table.benefit != ABSENT
    if call.merit is None:
        return np.where(there, _offered(effect), ABSENT)
    own = {name: effect[there[:, p], p] for p, name in enumerate(table.packages)}
    means = {name: float(np.nanmean(values)) for name, values in own.items() if len(values)}
    whole = np.rint(np.nan_to_num(effect)).astype(np.int64)
    return merit_benefits(table, whole, score, call.merit.weight, means, mean_score)


def _solved(call: CallProblem, benefit: Ints) -> npt.NDArray[np.int32] | None:
    """Return the packages of the best allocation for other benefits; None where the rows cannot be met."""
    if not (benefit > 0).any():
        return None
    again = allocate(call.with_benefits(benefit))
    return None if again.chosen is None else call.packages_of(again.chosen)
