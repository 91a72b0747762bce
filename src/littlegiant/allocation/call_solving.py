"""A call solved from its options: the problem, its allocation, what follows for everybody – or which rows conflict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.conflicts import conflict
from littlegiant.allocation.instance import ABSENT, NO_CEILING, Floats, Ints
from littlegiant.allocation.option_table import OptionTable, read_options
from littlegiant.allocation.outcome import Solved, outcome, reserve_ranks
from littlegiant.allocation.problem_of_call import CallProblem, drawn_by_case, problem_of
from littlegiant.allocation.publishing import Told
from littlegiant.allocation.quota import Quota
from littlegiant.allocation.robustness import Lottery, draw_lottery, selection_probability, sigma_of
from littlegiant.allocation.solving import Allocation, allocate
from littlegiant.ledger.drawing import Draw
from littlegiant.problems import LittleGiantError, Problem

LARGER = "uses more of a row than it holds"


@dataclass(frozen=True)
class CallSolution:
    """solved: the call as it stands; best: before a draw, the same without one. score: calibrated or raw as the call says, NaN
    without. sigma: spread of the logarithm of each benefit. lottery: where the call provides for it and a draw was given. rules:
    by case, what dropped its first option. quotas: what the call's file says."""

    call: AwardCall
    solved: Solved
    best: Solved
    score: Floats
    sigma: Floats
    probability: Floats
    own: "CaseColumns"
    rules: tuple[str, ...]
    lottery: Lottery | None
    quotas: tuple[Quota, ...] = ()

    @property
    def value(self) -> int:
        """The expected benefits of the winners; a draw's own are in the certificate."""
        won = np.flatnonzero(self.solved.package >= 0)
        return int(self.solved.table.benefit[won, self.solved.package[won]].sum())

    @property
    def told(self) -> Told:
        propensity = self.lottery.propensity if self.lottery is not None else None
        return Told(self.own.firm, self.probability, self.rules, propensity)


@dataclass(frozen=True)
class CaseColumns:
    """Columns of the options that are no part of the problem, by case or by case and package."""

    firm: tuple[str, ...]
    score: Floats
    score_raw: Floats
    low: Floats
    high: Floats
    research: Floats
    effect: npt.NDArray[np.int64]
    dropped: npt.NDArray[np.object_]


def read_case_columns(path: Path, count: int, minor: int) -> CaseColumns:
    """Return what the explanation and the spread need of `options.parquet`."""
    names = ["firm", "score", "score_raw", "score_low", "score_high", "research", "effect", "dropped"]
    table = pq.read_table(path, columns=names)
    width = max(1, table.num_rows // max(1, count))

    def number(name: str, scale: float) -> Floats:
        values = np.asarray(table[name].combine_chunks().to_numpy(zero_copy_only=False), np.float64)
        return values.reshape(count, width)[:, 0] / scale

    effect = np.array(table["effect"].fill_null(0).combine_chunks().to_numpy(zero_copy_only=False), np.int64)
    dropped = np.array(table["dropped"].to_pylist(), np.object_).reshape(count, width)
    firm = tuple(np.array(table["firm"].to_pylist(), np.object_).reshape(count, width)[:, 0].tolist())
    score, raw, low, high = (number(name, 1000) for name in ("score", "score_raw", "score_low", "score_high"))
    return CaseColumns(firm, score, raw, low, high, number("research", minor), effect.reshape(count, width), dropped)


def solve_call(
    call: AwardCall, options: Path, attributes: Mapping[str, npt.NDArray[np.str_]], quotas: Sequence[Quota], *, minor: int,
    draw: Draw | None = None, simulate: int = 0, threads: int = 1,
) -> CallSolution:  # fmt: skip
    """Return the solution of a call; raises with the smallest conflict where its rows cannot be met.

    draw: decides ties and, where the call provides for it, the lottery zone; `simulate`: draws to measure propensities by.
    """
    if draw is not None and draw.call != call.award:
        found = f"a draw of the call {draw.call!r}"
        raise LittleGiantError(
            [Problem("draw", found, f"one of {call.award!r}", "Commit to a draw for every call of its own.", "other-call")]
        )
    table = read_options(options, attributes)
    own = read_case_columns(options, table.count, minor)
    if not table.count or not (table.benefit > 0).any():
        raise LittleGiantError([_nothing(call, own)])
    tie = drawn_by_case(draw.seed, table.cases) if draw is not None else None
    problem = problem_of(call, table, quotas, minor=minor, tie=tie)
    allocation = allocate(problem.instance, threads=threads)
    table, larger = without_large(problem, table, allocation)
    if not (table.benefit > 0).any():
        raise LittleGiantError([_too_large(call, problem, minor)])
    if allocation.chosen is None:
        raise LittleGiantError([conflict_problem(call, problem, allocation, minor)])
    solved = best = outcome(problem, table, allocation)
    score = own.score_raw if call.merit is not None and call.merit.raw else own.score
    sigma = sigma_of(own.score, own.low, own.high, None if call.merit is None else call.merit.weight, call.score_noise)
    probability = selection_probability(solved.theta, sigma)
    _check_cap(call, solved)
    lottery = None
    if call.lottery is not None and draw is not None:
        lottery = draw_lottery(
            problem, table, allocation, probability, sigma, alpha=call.lottery.alpha, seed=draw.seed, rounds=simulate
        )
        if lottery.allocation.chosen is None:
            found = "no allocation that holds for what was drawn"
            raise LittleGiantError([Problem(f"award {call.award}", found, "", "Widen rows that few cases can fill.", "open")])
        solved = _with_lottery(problem, table, lottery, best)
    dropped = np.where((own.dropped == "") & larger, LARGER, own.dropped)
    rules = tuple(str(row[0]) if all(row) else "" for row in dropped)
    return CallSolution(call, solved, best, score, sigma, probability, own, rules, lottery, tuple(quotas))


def _nothing(call: AwardCall, own: CaseColumns) -> Problem:
    """Return why no option is left, the rules that dropped most first."""
    rules, counts = np.unique(own.dropped.astype(np.str_), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    told = ", ".join(f"{rules[at]} ({counts[at]:,})" for at in order[:4])
    remedy = "Findings for the gate come with --acts." if "gate: undetermined" in rules else "See `dropped` in options.parquet."
    return Problem(f"award {call.award}", f"no option that any rule left: {told or 'no cases'}", "at least one", remedy, "empty")


def _too_large(call: AwardCall, problem: CallProblem, minor: int) -> Problem:
    """Return the row that no option fits into, with both numbers: a budget typed in another unit looks like this."""
    part = problem.instance.loosened(np.arange(problem.instance.units, dtype=np.int64))
    least = np.full(len(problem.counted), np.inf)
    np.minimum.at(least, part.row, np.where(part.use > 0, part.use, np.inf))
    ceiling = np.where(problem.instance.ceiling < NO_CEILING, problem.instance.ceiling, np.inf)
    short = np.flatnonzero(np.isfinite(least) & (least > ceiling))
    if not len(short):
        return Problem(f"award {call.award}", "rows that hold no option whole", "", "Raise a ceiling.", "too-large")
    row = problem.counted[int(short[0])].row
    found = f"{row.id} holds {_amount(row.unit, int(ceiling[short[0]]), minor)}"
    expected = f"at least {_amount(row.unit, int(least[short[0]]), minor)}, the smallest option"
    return Problem(
        f"award {call.award}", found, expected, "Amounts are in the main unit: was it typed in ten thousands?", "too-large"
    )


def without_large(problem: CallProblem, table: OptionTable, allocation: Allocation) -> tuple[OptionTable, npt.NDArray[np.bool_]]:
    """Return the table without the options that use more of a row than it holds, and which these are."""
    f = allocation.instance.factored
    assert f is not None
    cases = problem.single[allocation.instance.origin[: len(f)]]
    larger = np.zeros(table.benefit.shape, np.bool_)
    larger[cases] = (f.benefit == ABSENT).T & (table.benefit[cases] != ABSENT)
    if allocation.instance.loose is not None:
        larger |= _large_among_siblings(problem, table, allocation.instance.loose.benefit)
    if not larger.any():
        return table, larger
    return replace(table, benefit=np.where(larger, ABSENT, table.benefit)), larger


def _large_among_siblings(problem: CallProblem, table: OptionTable, benefit: Ints) -> npt.NDArray[np.bool_]:
    """Return the options of undertakings that fit into no combination; `benefit`: of the combinations, ABSENT where too large."""
    larger, at = np.zeros(table.benefit.shape, np.bool_), 0
    for options in problem.meaning:
        fits = {each for number, option in enumerate(options) if benefit[at + number] != ABSENT for each in option}
        for each in {each for option in options for each in option} - fits:
            larger[each] = True
        at += len(options)
    return larger


def _with_lottery(problem: CallProblem, table: OptionTable, lottery: Lottery, before: Solved) -> Solved:
    """Return the outcome of the draw. The certificate is that of the drawn benefits; what each case is told is its probability,
    as prices of one draw say nothing of its merit, and the reserve list stays as it was before the draw."""
    after = outcome(problem, table, lottery.allocation)
    won, inside = after.package >= 0, lottery.in_zone
    ground = np.where(inside, np.where(won, "drawn", "not drawn"), np.where(won, "surely", "surely not")).astype(np.object_)
    ground[(before.ground == "dropped") & ~won] = "dropped"
    ground[after.ground == "ceded"] = "ceded"
    rank = reserve_ranks(after.package, np.where(ground == "ceded", np.nan, before.theta), problem.tie)
    return replace(after, theta=before.theta, ground=ground, rank=rank)


def _check_cap(call: AwardCall, solved: Solved) -> None:
    """Refuse an allocation whose residual step went further than the call allows."""
    cap = call.off_price_at_most
    worst = float(solved.regret.max(initial=0.0))
    if cap is not None and worst > cap:
        case = solved.table.cases[int(np.argmax(solved.regret))]
        found = f"a regret of {worst:,.1f} for {case}, above the published cap of {cap:,.1f}"
        remedy = "Raise the cap, or loosen a row that few cases can fill."
        raise LittleGiantError([Problem(f"award {call.award}", found, "", remedy, "off-price")])


def conflict_problem(call: AwardCall, problem: CallProblem, allocation: Allocation, minor: int) -> Problem:
    """Return in one sentence why nothing holds: rows that conflict and what has to give, or indivisibility."""
    place = f"award {call.award}"
    if allocation.status == "indivisible":
        found = "rows that could be met with awards in parts, and cannot with whole ones"
        return Problem(place, found, "", "Widen a row that holds less than one package between floor and ceiling.", "indivisible")
    found_conflict = conflict(problem.instance)
    if found_conflict is None:
        found = "no allocation was found, and none is excluded"
        return Problem(place, found, "", "Widen rows that only few cases can fill.", "open")
    rows = [(problem.counted[k].row, side) for k, side in found_conflict.bounds]
    told = ", ".join(
        f"{row.id} {'at least' if side == 'floor' else 'at most'} {_amount(row.unit, getattr(row, side), minor)}"
        for row, side in rows
    )
    changes = []
    for (k, side), amount in found_conflict.relaxation.items():
        row = problem.counted[k].row
        changes.append(f"{'lower' if side == 'floor' else 'raise'} {row.id} by {_amount(row.unit, amount, minor)}")
    remedy = f"The least that mends it: {' and '.join(changes)}." if changes else "Loosen one of them."
    return Problem(place, f"rows that cannot all hold: {told}", "", remedy, "infeasible")


def _amount(unit: str, amount: int, minor: int) -> str:
    return f"{amount / minor:,.2f}" if unit == "money" else f"{amount:,}"
