"""What a firm gains by asking for more or by reporting less of what it does anyway: experiments on the user's own options."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.instance import ABSENT
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.problem_of_call import CallProblem
from littlegiant.allocation.solving import allocate
from littlegiant.problems import refuse

Rule = Literal["unchanged", "estimated", "believed"]
SIZE_LAW = 0.6  # elasticity of the benefit in the size of the package


@dataclass(frozen=True)
class Played:
    """before, after: share of the players that are selected when nobody plays and when they do. money: what selected players get,
    against before. value: true benefit of the allocation, against before, at what packages of the asked size really bring."""

    rule: Rule
    players: int
    before: float
    after: float
    money: float
    value: float


def ask_for_more(build: "Builder", *, factor: float = 1.5, share: float = 0.1, seed: int = 0) -> list[Played]:
    """Let a share of the cases ask `factor` times as much in every package, solve again, and compare.

    unchanged: the estimated benefit does not follow what is asked. estimated: it follows the size law. believed: the applicant's
    claim is taken in proportion. In truth the benefit follows the size law.
    """
    if not 0 < share < 1 or factor <= 1:
        refuse("--share, --factor", f"{share:g}, {factor:g}", "a share between 0 and 1, a factor above 1", code="range")
    table = build.table
    random = np.random.Generator(np.random.Philox(key=[seed, 11]))
    offered = (table.benefit != ABSENT).any(axis=1)
    player = offered & (random.random(table.count) < share)
    _check_players(player, share)
    base = _solve(build.problem(table), table)
    found = []
    for rule in get_args(Rule):
        growth = {"unchanged": 1.0, "estimated": factor**SIZE_LAW, "believed": factor}[rule]
        asked = _asked(table, player, factor, growth)
        package = _solve(build.problem(asked), asked)
        true = _asked(table, player, factor, factor**SIZE_LAW)
        money = _sum(asked.measures["committed"], package, player) / max(1, _sum(table.measures["committed"], base, player))
        value = _sum(true.benefit, package, offered) / max(1, _sum(table.benefit, base, offered))
        before, after = (float((each[player] >= 0).mean()) for each in (base, package))
        found.append(Played(rule, int(player.sum()), before, after, money, value))
    return found


def lower_baseline(build: "Builder", *, by: float = 0.2, share: float = 0.1, seed: int = 0) -> Played:
    """Let a share of the cases report a baseline that is lower by `by`, so that what they do anyway looks additional.

    The benefit that follows from the difference grows by by · research; the truth stays.
    """
    table = build.table
    random = np.random.Generator(np.random.Philox(key=[seed, 12]))
    offered = (table.benefit != ABSENT).any(axis=1)
    player = offered & (random.random(table.count) < share)
    _check_players(player, share)
    base = _solve(build.problem(table), table)
    claimed = table.benefit.copy()
    gain = np.rint(by * build.research[:, None] / build.unit)
    raised = player[:, None] & (table.benefit != ABSENT)
    claimed[raised] = (table.benefit + gain.astype(np.int64))[raised]
    other = replace(table, benefit=claimed)
    package = _solve(build.problem(other), other)
    money = _sum(table.measures["committed"], package, player) / max(1, _sum(table.measures["committed"], base, player))
    value = _sum(table.benefit, package, offered) / max(1, _sum(table.benefit, base, offered))
    before, after = (float((each[player] >= 0).mean()) for each in (base, package))
    return Played("believed", int(player.sum()), before, after, money, value)


class Builder:
    """Makes problems of one call from tables that differ in benefits and amounts. research: R&D by case, in the main unit."""

    def __init__(
        self, table: OptionTable, problem: Callable[[OptionTable], CallProblem], research: npt.NDArray[np.float64], unit: int
    ) -> None:
        self.table, self.problem, self.research, self.unit = table, problem, np.nan_to_num(research), unit


def _check_players(player: npt.NDArray[np.bool_], share: float) -> None:
    if not player.any():
        refuse("--share", f"{share:g}, at which nobody plays", "a larger share", "Raise it.", code="range")


def _solve(problem: CallProblem, table: OptionTable) -> npt.NDArray[np.int32]:
    found = allocate(problem.instance, nodes=1)
    if found.chosen is None:
        remedy = "Run `littlegiant allocate solve` first; it says which rows conflict."
        refuse("games", "no allocation that holds", "rows that can be met", remedy, code="infeasible")
    return problem.packages_of(found.chosen)


def _asked(table: OptionTable, player: npt.NDArray[np.bool_], factor: float, growth: float) -> OptionTable:
    """Return the table as it would be if the players asked for more; awards are counted as before."""
    benefit = table.benefit.copy()
    raised = player[:, None] & (benefit != ABSENT)
    benefit[raised] = np.maximum(np.rint(benefit[raised] * growth), 1).astype(np.int64)
    measures = {}
    for name, amounts in table.measures.items():
        more = amounts.copy()
        if name not in ("awards", "additional"):
            more[player] = np.rint(amounts[player] * factor).astype(np.int64)
        measures[name] = more
    return replace(table, benefit=benefit, measures=measures)


def _sum(amounts: npt.NDArray[np.int64], package: npt.NDArray[np.int32], among: npt.NDArray[np.bool_]) -> float:
    won = np.flatnonzero((package >= 0) & among)
    return float(amounts[won, package[won]].sum())
