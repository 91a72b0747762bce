"""HiGHS, called so that nothing it refuses is overlooked and the clock decides nothing."""

from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from highspy._core import (
    _Highs,  # the class that its Python layer extends: without callbacks, and without a banner on standard output
)

from littlegiant.allocation.instance import Floats, Ints

_STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
    highspy.HighsModelStatus.kSolutionLimit: "limit",
    highspy.HighsModelStatus.kIterationLimit: "limit",
}


@dataclass(frozen=True)
class Columns:
    """A linear problem to maximise, by column: cost, upper bounds (lower ones are 0), entries, row bounds."""

    cost: Floats
    upper: Floats
    start: Ints
    row: Ints
    value: Floats
    row_lower: Floats
    row_upper: Floats


@dataclass(frozen=True)
class Basis:
    """Where each column and each row stands at a vertex, as numbers of `HighsBasisStatus`: at its lower bound, basic, at its
    upper bound."""

    column: npt.NDArray[np.int8]
    row: npt.NDArray[np.int8]


LOWER, BASIC, UPPER = (int(getattr(highspy.HighsBasisStatus, name)) for name in ("kLower", "kBasic", "kUpper"))
_STATUSES = {int(each): each for each in highspy.HighsBasisStatus.__members__.values()}


@dataclass(frozen=True)
class Solved:
    """status: optimal, infeasible or limit. duals: of the rows, at least 0 on a binding ceiling. bound: of an integer problem.
    basis: where it was to be kept."""

    status: str
    value: float
    x: Floats
    duals: Floats
    bound: float
    basis: Basis | None = None


def solve_linear(problem: Columns, *, begin: Basis | None = None, keep: bool = False) -> Solved:
    """Return the optimum of the linear problem, at a vertex, by the simplex method; `begin`: a guess of where it stands.

    keep: whether its basis is wanted.
    """
    # Tolerances of the solver are absolute: in millions of the unit of benefit they ask for more digits than floats have.
    unit = 2.0 ** np.floor(np.log2(max(1e-300, float(np.abs(problem.cost).max(initial=0.0)))))
    solved = _solve(
        replace(problem, cost=problem.cost / unit), {"solver": "simplex"}, integer=False, start=None, begin=begin, keep=keep
    )
    return replace(solved, value=solved.value * unit, duals=solved.duals * unit, bound=solved.bound * unit)


def solve_integer(problem: Columns, *, nodes: int, gap: float = 0.0, start: Floats | None = None) -> Solved:
    """Return the best whole solution within so many nodes; `start` is a solution to begin with, gap an absolute one."""
    limits = {"mip_max_nodes": nodes, "mip_rel_gap": 0.0, "mip_abs_gap": gap, "mip_max_improving_sols": 2**31 - 1}
    return _solve(problem, limits, integer=True, start=start)


def _solve(
    problem: Columns, options: dict[str, Any], *, integer: bool, start: Floats | None, begin: Basis | None = None,
    keep: bool = False,
) -> Solved:  # fmt: skip
    solver: Any = _Highs()
    every: dict[str, Any] = {"output_flag": False, "threads": 1, "random_seed": 0, "small_matrix_value": 1e-12}
    every["large_matrix_value"] = 1e17
    every |= {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
    if integer:
        every |= {"mip_feasibility_tolerance": 1e-9}
    for name, value in (every | options).items():
        _must(solver.setOptionValue(name, value), f"option {name}")
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(problem.cost), len(problem.row_lower)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_, model.col_lower_, model.col_upper_ = problem.cost, np.zeros(len(problem.cost)), problem.upper
    infinity = solver.getInfinity()
    model.row_lower_ = np.where(np.isfinite(problem.row_lower), problem.row_lower, -infinity)
    model.row_upper_ = np.where(np.isfinite(problem.row_upper), problem.row_upper, infinity)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = problem.start, problem.row, problem.value
    if integer:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(problem.cost)
    # A warning says that entries too small for it were left out: the exact pass that follows would tell.
    if solver.passModel(model) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS did not take the model")
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = list(start)
        _must(solver.setSolution(solution), "start")
    if begin is not None:
        basis = highspy.HighsBasis()
        basis.col_status = [_STATUSES[each] for each in begin.column.tolist()]
        basis.row_status = [_STATUSES[each] for each in begin.row.tolist()]
        basis.valid, basis.alien = True, True  # a guess: HiGHS mends what is no basis
        _must(solver.setBasis(basis), "basis")
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kUnknown and not integer:
        # An optimum that misses the tolerances by a digit when scaled back: from its basis with those that HiGHS sets itself.
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            _must(solver.setOptionValue(name, 1e-7), f"option {name}")
        solver.run()
    status = _STATUS.get(solver.getModelStatus())
    if status is None:
        raise RuntimeError(f"HiGHS ended with {solver.modelStatusToString(solver.getModelStatus())}")
    found, info = solver.getSolution(), solver.getInfo()
    value = float(info.objective_function_value)
    bound = float(info.mip_dual_bound) if integer else value
    ended = _basis(solver.getBasis()) if keep else None
    return Solved(status, value, np.array(found.col_value), np.array(found.row_dual), bound, ended)


def _basis(ended: Any) -> Basis:
    return Basis(*(np.array([int(each) for each in side], np.int8) for side in (ended.col_status, ended.row_status)))


def _must(status: Any, what: str) -> None:
    if status != highspy.HighsStatus.kOk:
        raise RuntimeError(f"HiGHS did not take the {what}")
