"""The matrix form: cumulated liquidity is linear in eight amounts of a firm, so many scenarios are one product.

liq(t) = X K(t); X has the firm's amounts, K what the scenario makes of each. The path is piecewise linear, so its lowest
point lies at the start, at the end, or at a month before a path changes: only these are computed. No tax and no interest on
overdrafts here.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.schedule import FloatArray
from littlegiant.finance.stress.model import Behaviour, tolerance
from littlegiant.finance.stress.scenario import VARIABLES, Cell, Scenario, Variable, cells

CHUNK = 512  # firms: what is computed at once stays in the fast memory of a core
Factors = Mapping[Variable, FloatArray]  # variable -> factor of its departure from normal, shape (draws,)


def amounts(firms: Firms) -> FloatArray:
    """Return X, shape (n, 8): cash, credit line, revenue, materials, wages, what does not move, floating debt, short debt."""
    owed = firms.floating_debt + firms.fixed_debt + firms.short_debt
    still = firms.fixed_costs + owed * firms.interest_rate + firms.repayments
    columns = (
        firms.cash,
        firms.credit_line,
        firms.revenue,
        firms.materials,
        firms.wages,
        still,
        firms.floating_debt,
        firms.short_debt,
    )
    return np.stack(columns, axis=1)


def multipliers(cell: Cell, scenario: Scenario, how: Behaviour, factors: Factors) -> FloatArray:
    """Return K, shape (draws, months + 1, 8)."""
    draws = max((len(factor) for factor in factors.values()), default=1)

    def path(variable: Variable) -> FloatArray:
        normal = VARIABLES[variable]
        factor = factors.get(variable, np.ones(draws))[:, None]
        moved = normal + factor * (cell.paths[variable] - normal)
        return (
            np.clip(moved, 0.0, 1.0) if variable == "roll_over" else np.minimum(moved, 1.0) if variable == "sales_fall" else moved
        )

    fall, months = path("sales_fall"), scenario.months
    kept = 1 - fall
    flows = np.zeros((draws, months, 8))
    flows[:, :, 2] = kept / 12 - path("added_receivable_days") * kept / 360
    flows[:, :, 3] = -(1 - how.input_elasticity * fall) * (1 + path("input_price")) / 12
    flows[:, :, 4] = -(1 - how.wage_elasticity * fall) / 12
    flows[:, :, 5] = -1 / 12
    flows[:, :, 6] = -path("rate_rise") / 12
    flows[:, :, 7] = -(1 - path("roll_over")) / 12
    start = np.zeros((draws, 1, 8))
    start[:, :, 0], start[:, :, 1] = 1.0, 1 - scenario.line_cut
    return np.concatenate([start, start + np.cumsum(flows, axis=1)], axis=1)


def breakpoints(table: FloatArray) -> list[int]:
    """Return the months at which the path may turn: the start, the end, and where a flow changes in any draw."""
    flows = np.diff(table, axis=1)
    turns = np.flatnonzero(np.any(np.abs(np.diff(flows, axis=1)) > 1e-15, axis=(0, 2))) + 1
    return [0, *(int(turn) for turn in turns), table.shape[1] - 1]


def run_linear(firms: Firms, scenario: Scenario, *, behaviour: Behaviour | None = None) -> tuple[FloatArray, FloatArray]:
    """Return lowest liquidity and gap by firm, as `run` does without tax and instruments."""
    lowest = np.full(len(firms), np.nan)
    for cell in cells(scenario, firms):
        table = multipliers(cell, scenario, behaviour or Behaviour(), {})
        points = table[0, breakpoints(table)]
        with threadpool_limits(1):
            lowest[cell.rows] = (amounts(firms)[cell.rows] @ points.T).min(axis=1)
    gap = np.where(lowest < -tolerance(firms), -lowest, 0.0)
    return lowest, np.where(np.isnan(lowest), np.nan, gap)


@dataclass(frozen=True)
class Draws:
    """probability: of falling short, by firm. mean_gap: by firm.

    total_gap, short: sum of gaps and number of firms short, by draw.
    """

    probability: FloatArray
    mean_gap: FloatArray
    total_gap: FloatArray
    short: FloatArray


def draw_factors(scenario: Scenario, *, draws: int, seed: int) -> dict[Variable, FloatArray]:
    """Return the factors of each uncertain variable, shape (draws,): one draw a replication, common to all firms.

    A counter-based generator, keyed by seed and variable: a variable more changes no draw of another.
    """
    factors: dict[Variable, FloatArray] = {}
    for number, variable in enumerate(VARIABLES):
        spread = scenario.uncertain.get(variable)
        if spread is not None:
            generator = np.random.Generator(np.random.Philox(key=[seed, number]))
            same = spread.low == spread.high
            factors[variable] = (
                np.full(draws, spread.mode) if same else generator.triangular(spread.low, spread.mode, spread.high, draws)
            )
    return factors


def monte_carlo(
    firms: Firms, scenario: Scenario, *, draws: int, seed: int, behaviour: Behaviour | None = None, threads: int = 1
) -> Draws:
    """Return chances and gaps over `draws` replications; threads change no digit, another chunk size at most the last ones."""
    factors = draw_factors(scenario, draws=draws, seed=seed) or {"sales_fall": np.ones(draws)}
    probability, mean_gap = np.full(len(firms), np.nan), np.full(len(firms), np.nan)
    total, short = np.zeros(draws), np.zeros(draws)
    for cell in cells(scenario, firms):
        rows = np.flatnonzero(cell.rows)
        table = multipliers(cell, scenario, behaviour or Behaviour(), factors)
        points = breakpoints(table)
        each = np.ascontiguousarray(table[:, points[1:]].transpose(1, 2, 0))  # (breakpoints after the start, 8, draws)
        for chunk, chance, mean, by_draw, count in _in_chunks(firms, rows, each, 1 - scenario.line_cut, threads):
            probability[chunk], mean_gap[chunk] = chance, mean
            total += by_draw
            short += count
    return Draws(probability, mean_gap, total, short)


_Part = tuple[npt.NDArray[np.int64], FloatArray, FloatArray, FloatArray, FloatArray]


def _in_chunks(firms: Firms, rows: npt.NDArray[np.int64], each: FloatArray, line: float, threads: int) -> Iterator[_Part]:
    """Yield each chunk's results in order, so that sums over firms are taken in one order."""
    matrix, limit = amounts(firms), tolerance(firms)
    if len(rows) < len(firms):
        matrix, limit = matrix[rows], limit[rows]
    unknown_rows: BoolArray = np.asarray(np.isnan(matrix).any(axis=1), np.bool_)
    draws = each.shape[2]

    def part(start: int) -> _Part:
        chunk = rows[start : start + CHUNK]
        own, unknown = matrix[start : start + CHUNK], unknown_rows[start : start + CHUNK]
        lowest = own @ each[0]
        reached = np.empty_like(lowest)
        for table in each[1:]:
            np.dot(own, table, out=reached)
            np.minimum(lowest, reached, out=lowest)
        np.minimum(lowest, (own[:, 0] + line * own[:, 1])[:, None], out=lowest)  # the start, the same in every draw
        is_short = lowest < -limit[start : start + CHUNK, None]
        lowest *= is_short
        known = lowest[~unknown] if unknown.any() else lowest
        chance, mean = np.count_nonzero(is_short, axis=1) / draws, -lowest.sum(axis=1) / draws
        chance[unknown] = np.nan
        return chunk, chance, mean, -known.sum(axis=0), np.count_nonzero(is_short, axis=0).astype(np.float64)

    starts = iter(range(0, len(rows), CHUNK))
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(part, start) for start in islice(starts, threads + 1)]
        while waiting:
            result = waiting.pop(0).result()
            waiting += [pool.submit(part, start) for start in islice(starts, 1)]
            yield result
