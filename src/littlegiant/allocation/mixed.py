"""Whole numbers by branch and bound on a core: options that cannot improve what is known are left out, which loses nothing."""

from dataclasses import dataclass

import numpy as np

from littlegiant.allocation.columns import option_entries
from littlegiant.allocation.highs import Columns, Solved, solve_integer
from littlegiant.allocation.instance import NO_CEILING, NO_FLOOR, Choice, Floats, Instance, Ints, ranges
from littlegiant.allocation.rounding import searchable


def _as_said(solved: Solved, problem: Columns) -> bool:
    """Say whether the value that the solver reports is that of the solution it returns."""
    if solved.status == "infeasible" or not np.isfinite(solved.value):
        return True
    return abs(float(problem.cost @ np.rint(solved.x)) - solved.value) < 0.5


@dataclass(frozen=True)
class Branched:
    """choice: None where nothing was found. bound: on the value of any allocation that leaves the other units as they are.
    status: optimal, infeasible or limit."""

    choice: Choice | None
    bound: float
    status: str


def branch(
    instance: Instance,
    units: Ints,
    prices: Floats,
    choice: Choice,
    *,
    most: float,
    nodes: int,
    begin: bool,
    gap: float = 0.0,
    scaled: bool = True,
) -> Branched:
    """Search among the options of `units` with a regret of at most `most`, all others staying as in `choice`.

    begin: start from `choice`, which then has to hold. Regrets are in the unit of benefits. scaled: rows in units of their
    largest use; a row may then be overrun by what the solver takes for nothing, which matters where uses lie far apart.
    """
    search = searchable(instance, units, prices, choice, most)
    part, m = search.part, len(instance.rows)
    others = choice.copy()
    others[units] = -1
    frozen = instance.uses(others)
    real = part.slot >= 0
    options = np.flatnonzero(real)
    owner = np.repeat(np.arange(len(part)), np.diff(part.option_start))[options]
    width = np.bincount(owner, minlength=len(part))
    without = np.ones(len(part), np.bool_)  # units that must take something: nothing is too far behind
    without[np.repeat(np.arange(len(part)), np.diff(part.option_start))[~real]] = False
    needs = (width > 1) | without
    number = np.cumsum(needs) - 1 + m
    places = ranges(part.use_start[options], part.use_start[options + 1])
    scale = np.ones(m)
    if scaled:
        np.maximum.at(scale, part.row[places], np.abs(part.use[places]).astype(np.float64))
    start, row, value = option_entries(part, options, scale, np.where(needs, number, -1)[owner])
    has_ceiling, has_floor = instance.ceiling < NO_CEILING, instance.floor > NO_FLOOR
    problem = Columns(
        part.benefit[options].astype(np.float64),
        np.ones(len(options)),
        start,
        row,
        value,
        np.concatenate([np.where(has_floor, (instance.floor - frozen) / scale, -np.inf), without[needs].astype(np.float64)]),
        np.concatenate([np.where(has_ceiling, (instance.ceiling - frozen) / scale, np.inf), np.ones(int(needs.sum()))]),
    )
    at = part.option_start[:-1] + search.current
    taken = np.isin(options, at).astype(np.float64) if begin else None
    solved = solve_integer(problem, nodes=nodes, gap=gap, start=taken)
    if begin and not _as_said(solved, problem):  # seen with a start: the value of another solution than that returned
        solved = solve_integer(problem, nodes=nodes, gap=gap, start=None)
    if not _as_said(solved, problem):
        return Branched(None, solved.bound, "limit")
    if solved.status == "infeasible" or not np.isfinite(solved.value):
        return Branched(None, solved.bound, solved.status)
    found = choice.copy()
    found[units] = -1
    won = options[solved.x > 0.5]
    found[units[owner[solved.x > 0.5]]] = part.slot[won]
    return Branched(found, float(instance.value(others)) + solved.bound, solved.status)
