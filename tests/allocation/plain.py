"""Allocation by its formulas, in lists and fractions, and by other programs: what the room's answers are held against.

`recount` is the check that anybody can make of a published allocation, `best_by_trying` goes through all of them, `in_parts`
asks HiGHS for the linear relaxation and `in_whole` asks CP-SAT. Nothing is shared with the room's code.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import highspy
import pytest

Option = tuple[int, Mapping[int, int]]  # benefit, and the use of each row
Limit = tuple[int | None, int | None]  # floor and ceiling, None where there is none
NOTHING = -1


@dataclass(frozen=True)
class Case:
    """An allocation problem as one would write it down."""

    limits: tuple[Limit, ...]
    units: tuple[tuple[Option, ...], ...]


class Forged(Exception):
    """The allocation is not what it claims to be."""


class Recount(NamedTuple):
    value: int
    bound: Fraction
    use: list[int]
    regrets: list[Fraction]  # by unit
    slacks: list[Fraction]  # by row


def recount(case: Case, prices: Sequence[Fraction], chosen: Sequence[int]) -> Recount:
    """The value of an allocation and the bound that prices prove; refuses what breaks a rule."""
    if len(prices) != len(case.limits):
        raise Forged("prices are not those of these rows")
    check_choice(case, chosen)
    use = uses(case, chosen)
    slacks, bound = [], Fraction(0)
    for k, ((floor, ceiling), price) in enumerate(zip(case.limits, prices, strict=True)):
        if floor is not None and use[k] < floor:
            raise Forged(f"row {k} below its floor")
        if ceiling is not None and use[k] > ceiling:
            raise Forged(f"row {k} above its ceiling")
        limit = ceiling if price > 0 else floor if price < 0 else 0
        if limit is None:
            raise Forged(f"row {k} has a price on the side without a limit")
        bound += price * limit
        slacks.append(price * (limit - use[k]))
    regrets = []
    for options, package in zip(case.units, chosen, strict=True):
        surplus = [benefit - sum(prices[k] * a for k, a in row.items()) for benefit, row in options]
        best = max([Fraction(0), *surplus])
        bound += best
        regrets.append(best - (surplus[package] if package != NOTHING else 0))
    return Recount(worth(case, chosen), bound, use, regrets, slacks)


def check_choice(case: Case, chosen: Sequence[int]) -> None:
    if len(chosen) != len(case.units):
        raise Forged("a choice for more or fewer units than there are")
    for unit, package in enumerate(chosen):
        if not NOTHING <= package < len(case.units[unit]):
            raise Forged(f"unit {unit} has no package {package}")


def uses(case: Case, chosen: Sequence[int]) -> list[int]:
    use = [0] * len(case.limits)
    for options, package in zip(case.units, chosen, strict=True):
        if package != NOTHING:
            for k, a in options[package][1].items():
                use[k] += a
    return use


def worth(case: Case, chosen: Sequence[int]) -> int:
    return sum(options[package][0] for options, package in zip(case.units, chosen, strict=True) if package != NOTHING)


def holds(case: Case, chosen: Sequence[int]) -> bool:
    return all(
        (floor is None or used >= floor) and (ceiling is None or used <= ceiling)
        for used, (floor, ceiling) in zip(uses(case, chosen), case.limits, strict=True)
    )


def too_large(case: Case) -> set[tuple[int, int]]:
    """Unit and number of each package that uses more of a row than the row may hold, where nothing gives back."""
    gives_back = {k for options in case.units for _, row in options for k, a in row.items() if a < 0}
    ceilings = {k: ceiling for k, (_, ceiling) in enumerate(case.limits) if ceiling is not None and k not in gives_back}
    return {
        (unit, number)
        for unit, options in enumerate(case.units)
        for number, (_, row) in enumerate(options)
        if any(k in ceilings and a > ceilings[k] for k, a in row.items())
    }


def without(case: Case, gone: set[tuple[int, int]]) -> Case:
    """The case in which nobody wants the packages that are gone: they cost something and use nothing; numbers stay."""
    units = [
        tuple((-1, {}) if (unit, number) in gone else option for number, option in enumerate(options))
        for unit, options in enumerate(case.units)
    ]
    return Case(case.limits, tuple(units))


def allocations(case: Case) -> Iterator[tuple[int, ...]]:
    """Every choice there is."""
    yield from product(*(range(NOTHING, len(options)) for options in case.units))


def best_by_trying(case: Case) -> tuple[int | None, list[tuple[int, ...]]]:
    """The greatest value and all choices that have it; None and no choice where no choice holds."""
    best, found = None, []
    for chosen in allocations(case):
        if holds(case, chosen):
            value = worth(case, chosen)
            if best is None or value > best:
                best, found = value, []
            if value == best:
                found.append(chosen)
    return best, found


def in_parts(case: Case) -> float | None:
    """The value of the linear relaxation by HiGHS, None where it cannot be met."""
    solver: Any = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1)):
        assert solver.setOptionValue(name, value) == highspy.HighsStatus.kOk
    solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
    entries: list[list[tuple[int, float]]] = [[] for _ in case.limits]
    columns = 0
    for options in case.units:
        own = range(columns, columns + len(options))
        for column, (benefit, row) in zip(own, options, strict=True):
            solver.addVar(0.0, 1.0)
            solver.changeColCost(column, float(benefit))
            for k, a in row.items():
                entries[k].append((column, float(a)))
        solver.addRow(-highspy.kHighsInf, 1.0, len(options), list(own), [1.0] * len(options))
        columns += len(options)
    for (floor, ceiling), inside in zip(case.limits, entries, strict=True):
        lower = -highspy.kHighsInf if floor is None else float(floor)
        upper = highspy.kHighsInf if ceiling is None else float(ceiling)
        solver.addRow(lower, upper, len(inside), [column for column, _ in inside], [a for _, a in inside])
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status == highspy.HighsModelStatus.kModelEmpty:
        return 0.0 if all((floor or 0) <= 0 <= (ceiling or 0) for floor, ceiling in case.limits) else None
    assert status == highspy.HighsModelStatus.kOptimal
    return float(solver.getInfo().objective_function_value)


def in_whole(case: Case, *, seconds: float = 2.0) -> tuple[int | None, bool]:
    """The optimum by CP-SAT, None where there is none, and whether that is proved in time."""
    cp_model = pytest.importorskip("ortools.sat.python.cp_model")
    model = cp_model.CpModel()
    taken = [[model.new_bool_var("") for _ in options] for options in case.units]
    for own in taken:
        model.add_at_most_one(own)
    pairs = [pair for own, options in zip(taken, case.units, strict=True) for pair in zip(own, options, strict=True)]
    for k, (floor, ceiling) in enumerate(case.limits):
        used = sum(option[1][k] * variable for variable, option in pairs if k in option[1])
        for side, holds_so in ((floor, floor is not None and used >= floor), (ceiling, ceiling is not None and used <= ceiling)):
            if side is not None:
                model.add(holds_so)
    model.maximize(sum(option[0] * variable for variable, option in pairs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_time_in_seconds = 1, seconds
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return round(solver.objective_value), status == cp_model.OPTIMAL
    return None, status == cp_model.INFEASIBLE
