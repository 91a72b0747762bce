"""Pieces of work on award calls, each run in a process of its own: `python -m benchmarks.allocation PIECE FIRMS`.

Instances are those of `benchmarks.calls`. Kernels are compiled before the clock starts; seconds are CPU seconds of the whole
process. Peers solve the same problem in the same run: HiGHS and OR-Tools, their statuses asserted.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from benchmarks.calls import award_call, real_round
from benchmarks.claim import Claim, at_least, at_most
from benchmarks.rounds import MINOR, PACK, round_folder
from littlegiant.allocation import Allocation, Instance, allocate, relax
from littlegiant.allocation.beside import Beside, compare, elements
from littlegiant.allocation.building import in_steps, presolved
from littlegiant.allocation.call_solving import CallSolution, solve_call
from littlegiant.allocation.instance import NO_CEILING, NO_FLOOR
from littlegiant.allocation.naming import Naming
from littlegiant.pages import page as written
from littlegiant.words import Language


def _cpu(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def _told(found: Allocation) -> dict[str, Any]:
    if found.certificate is None:
        return {"status": found.status, "gap": 1.0, "awards": 1e9, "bound": found.relaxed}
    gap = float(found.gap / found.certificate.bound)
    told = {"status": found.status, "gap": gap, "awards": found.gap_in_awards, "bound": float(found.certificate.bound)}
    return told | {"value": found.value, "off_price": len(found.certificate.off_price), "winners": found.winners}


def standard(firms: int) -> tuple[float, Any]:
    """97 rows, 8 packages, 15 % winners."""
    instance = award_call(firms)
    seconds, found = _cpu(lambda: allocate(instance))
    return seconds, _told(found)


def ties(firms: int) -> tuple[float, Any]:
    """The same with standard sizes and stepped scores; limits in the steps that uses have."""
    instance = in_steps(award_call(firms, ties=True))
    seconds, found = _cpu(lambda: allocate(instance))
    return seconds, _told(found)


def big(firms: int) -> tuple[float, Any]:
    """385 rows."""
    instance = award_call(firms, "big")
    seconds, found = _cpu(lambda: allocate(instance))
    return seconds, _told(found)


def real(projects: int) -> tuple[float, Any]:
    """A round as China holds it, and one with a choice of two sums."""
    winners = projects * 1_250 // 5_900
    one, two = real_round(projects, winners), real_round(projects, winners, choice=True)
    seconds, found = _cpu(lambda: allocate(one))
    more, other = _cpu(lambda: allocate(two))
    return seconds, {**_told(found), "choice": {**_told(other), "seconds": more}}


def page(projects: int) -> tuple[float, Any]:
    """A round from its options to its page, with all other ways in which it is solved; then the page in a second language."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        call, groups, quotas = round_folder(folder, projects, projects * 1_250 // 5_900)

        def whole() -> tuple[CallSolution, Beside]:
            found = solve_call(call, folder / "options.parquet", groups, quotas, minor=MINOR)
            beside = compare(found, folder, minor=MINOR)
            write(found, beside, "zh")
            return found, beside

        def write(found: CallSolution, beside: Beside, language: Language) -> None:
            shown = elements(found, beside, Naming(call, PACK, language))
            none: dict[str, list[str]] = {language: []}
            text = written({language: ""}, {language: ""}, {language: shown}, banners=none, footers=none)
            (folder / f"report.{language}.html").write_text(text, encoding="utf-8")

        whole()  # draws its first picture, reads its words
        seconds, (found, beside) = _cpu(whole)
        second, _ = _cpu(lambda: write(found, beside, "en"))
        return seconds, {**_told(found.solved.allocation), "second_language": second}


def threads(firms: int) -> tuple[float, Any]:
    """The same bits with 1, 2 and 7 threads."""
    instance = award_call(firms)
    found = [relax(instance, threads=count) for count in (1, 2, 7)]
    same = all(each.at.prices.tobytes() == found[0].at.prices.tobytes() for each in found)
    return 0.0, {"same": same and all((each.at.choice == found[0].at.choice).all() for each in found)}


def peer_highs(firms: int) -> tuple[float, Any]:
    """The linear relaxation of everybody by HiGHS' simplex method."""
    instance = _without_large(firms)
    model = _model(instance)
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("solver", "simplex")):
        assert solver.setOptionValue(name, value) == highspy.HighsStatus.kOk, name
    assert solver.passModel(model) == highspy.HighsStatus.kOk
    seconds, _ = _cpu(solver.run)
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return seconds, {"bound": solver.getInfo().objective_function_value}


def peer_milp(firms: int) -> tuple[float, Any]:
    """Whole options by HiGHS, a hundred nodes."""
    instance = _without_large(firms)
    model = _model(instance)
    model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
    solver = highspy.Highs()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("mip_max_nodes", 100),
        ("time_limit", 600.0),
    ):
        assert solver.setOptionValue(name, value) == highspy.HighsStatus.kOk, name
    assert solver.passModel(model) == highspy.HighsStatus.kOk
    seconds, _ = _cpu(solver.run)
    status = solver.modelStatusToString(solver.getModelStatus())
    assert solver.getModelStatus() in (
        highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kSolutionLimit, highspy.HighsModelStatus.kTimeLimit
    ), status  # fmt: skip
    info = solver.getInfo()
    return seconds, {"status": status, "value": info.objective_function_value, "bound": info.mip_dual_bound}


def peer_pdlp(firms: int) -> tuple[float, Any]:
    """The linear relaxation by OR-Tools' first-order method."""
    instance = _without_large(firms)
    solver = pywraplp.Solver.CreateSolver("PDLP")
    part, rows, objective = _written(instance), {}, solver.Objective()
    for k in range(len(instance.rows)):
        low = float(instance.floor[k]) if instance.floor[k] > NO_FLOOR else -solver.infinity()
        high = float(instance.ceiling[k]) if instance.ceiling[k] < NO_CEILING else solver.infinity()
        rows[k] = solver.Constraint(low / instance.scale[k], high / instance.scale[k])
    for unit in range(len(part)):
        one = solver.Constraint(-solver.infinity(), 1.0)
        for o in range(int(part.option_start[unit]), int(part.option_start[unit + 1])):
            x = solver.NumVar(0.0, 1.0, "")
            one.SetCoefficient(x, 1.0)
            objective.SetCoefficient(x, float(part.benefit[o]))
            for p in range(int(part.use_start[o]), int(part.use_start[o + 1])):
                rows[int(part.row[p])].SetCoefficient(x, float(part.use[p]) / float(instance.scale[part.row[p]]))
    objective.SetMaximization()
    seconds, status = _cpu(solver.Solve)
    assert status == pywraplp.Solver.OPTIMAL, status
    return seconds, {"bound": objective.Value()}


def peer_cp_sat(firms: int) -> tuple[float, Any]:
    """Whole options by OR-Tools' CP-SAT, one worker, a fixed amount of deterministic time."""
    instance = _without_large(firms)
    part, model = _written(instance), cp_model.CpModel()
    terms: dict[int, list[Any]] = {k: [] for k in range(len(instance.rows))}
    worth = []
    for unit in range(len(part)):
        own = []
        for o in range(int(part.option_start[unit]), int(part.option_start[unit + 1])):
            x = model.NewBoolVar("")
            own.append(x)
            worth.append(int(part.benefit[o]) * x)
            for p in range(int(part.use_start[o]), int(part.use_start[o + 1])):
                terms[int(part.row[p])].append(int(part.use[p]) * x)
        if own:
            model.AddAtMostOne(own)
    for k, row in enumerate(instance.rows):
        if row.ceiling is not None:
            model.Add(sum(terms[k]) <= row.ceiling)
        if row.floor is not None:
            model.Add(sum(terms[k]) >= row.floor)
    model.Maximize(sum(worth))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 60.0
    seconds, status = _cpu(lambda: solver.Solve(model))
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN), solver.StatusName(status)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    value = solver.ObjectiveValue() if found else 0.0
    return seconds, {"status": solver.StatusName(status), "value": value, "bound": solver.BestObjectiveBound()}


def _without_large(firms: int) -> Instance:
    """Return the call that peers get: without options that use more of a row than it holds, as is right for any solver."""
    return presolved(award_call(firms))[0]


def _written(instance: Instance) -> Any:
    return instance.loosened(np.arange(instance.units, dtype=np.int64))


def _model(instance: Instance) -> Any:
    part, m = _written(instance), len(instance.rows)
    owner = np.repeat(np.arange(len(part)), np.diff(part.option_start))
    start = np.concatenate([[0], np.cumsum(np.diff(part.use_start) + 1)])
    index, value = np.empty(start[-1], np.int32), np.empty(start[-1])
    index[start[1:] - 1], value[start[1:] - 1] = m + owner, 1.0
    rest = np.setdiff1d(np.arange(start[-1]), start[1:] - 1, assume_unique=True)
    index[rest], value[rest] = part.row, part.use / instance.scale[part.row]
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(part.benefit), m + len(part)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = part.benefit.astype(np.float64)
    model.col_lower_, model.col_upper_ = np.zeros(len(part.benefit)), np.ones(len(part.benefit))
    low = np.where(instance.floor > NO_FLOOR, instance.floor / instance.scale, -highspy.kHighsInf)
    high = np.where(instance.ceiling < NO_CEILING, instance.ceiling / instance.scale, highspy.kHighsInf)
    model.row_lower_ = np.concatenate([low, np.full(len(part), -highspy.kHighsInf)])
    model.row_upper_ = np.concatenate([high, np.ones(len(part))])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = start, index, value
    return model


PIECES = (standard, ties, big, real, page, threads, peer_highs, peer_milp, peer_pdlp, peer_cp_sat)
# Firms, then bars: CPU seconds, gap, mean awards, MiB.
BARS = (
    ("standard", 10_000, 10, 5e-4, 1.0, 614),
    ("standard", 100_000, 1.5, 6e-5, 1.0, 819),
    ("standard", 1_000_000, 2.5, 3e-6, None, 1_536),
    ("ties", 1_000_000, 2.5, 3e-6, None, 1_536),
    ("big", 1_000_000, 15, 2e-5, None, 2_048),
    ("standard", 10_000_000, 30, 1e-6, None, 6_144),
)
_ROWS = {"standard": "97 rows", "ties": "97 rows, exact ties", "big": "385 rows"}


def claims(size: str, piece: Callable[..., dict[str, Any]]) -> Iterator[Claim]:
    """The table of the room; at the small size a call of 600 firms and the same relaxation by HiGHS, for correctness."""
    judged = size == "full"
    projects = 5_900 if judged else 900
    done = piece("real", projects, 1, module="benchmarks.allocation")
    label = f"{projects:,} projects, 36 regions, 3 years"
    yield at_most("a real round allocated", done["seconds"], 5, "CPU s", "–", label, judged=judged)
    yield at_most("gap of it", done["result"]["awards"], 1, "mean awards", "–", label, judged=judged)
    yield at_most("gap with a choice of sums", done["result"]["choice"]["awards"], 1, "mean awards", "–", label, judged=judged)
    done = piece("page", projects, 1, module="benchmarks.allocation")
    yield at_most("a real round with its page", done["seconds"], 5, "CPU s", "–", label, judged=judged)
    yield at_most("gap of that round", done["result"]["awards"], 1, "mean awards", "–", label, judged=judged)
    for name, count, seconds, gap, awards, memory in BARS if judged else ():
        done = piece(name, count, 1, module="benchmarks.allocation")
        label = f"{count:,} firms × 8 packages, {_ROWS[name]}"
        yield at_most("allocation", done["seconds"], seconds, "CPU s", "–", label, judged=judged)
        yield at_most(
            "gap of the allocation, times a million", 1e6 * done["result"]["gap"], 1e6 * gap, "× 1e-6", "–", label, judged=judged
        )
        if awards is not None:
            yield at_most("gap of the allocation", done["result"]["awards"], awards, "mean awards", "–", label, judged=judged)
        yield at_most("peak memory, the generator among it", done["peak_mib"], memory, "MiB", "–", label, judged=judged)
    yield from _peers(10_000 if judged else 600, piece, judged)


def _peers(firms: int, piece: Callable[..., dict[str, Any]], judged: bool) -> Iterator[Claim]:
    label = f"{firms:,} firms × 8 packages, 97 rows"
    mine = piece("standard", firms, 1, module="benchmarks.allocation")
    simplex = piece("peer_highs", firms, 1, module="benchmarks.allocation")
    assert abs(simplex["result"]["bound"] / mine["result"]["bound"] - 1) < 1e-6, "the same relaxation"
    if not judged:
        return
    first_order = piece("peer_pdlp", firms, 1, module="benchmarks.allocation")
    milp = piece("peer_milp", firms, 1, module="benchmarks.allocation")
    assert milp["result"]["value"] <= mine["result"]["bound"] * (1 + 1e-9), "no peer beats the bound"
    cp_sat = piece("peer_cp_sat", min(firms, 1_000), 1, module="benchmarks.allocation")
    assert cp_sat["result"]["bound"] > 0
    for peer, done in (
        ("HiGHS simplex, linear only", simplex),
        ("OR-Tools PDLP, linear only", first_order),
        ("HiGHS MILP, 100 nodes", milp),
    ):
        yield at_least("time against", done["seconds"] / mine["seconds"], 1, "× faster", peer, label, judged=judged)
    value = mine["result"].get("value", 0.0) / max(milp["result"]["value"], 1.0)
    yield at_least("value against", value, 0.9999, "× the value", "HiGHS MILP, 100 nodes", label, judged=judged)


def main() -> None:
    name, firms = sys.argv[1], int(sys.argv[2])
    piece = {each.__name__: each for each in PIECES}[name]
    if not name.startswith("peer"):
        allocate(award_call(600), nodes=1)
        allocate(award_call(600, ties=True), nodes=1)
    seconds, result = piece(firms)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "result": result}))


if __name__ == "__main__":
    main()
