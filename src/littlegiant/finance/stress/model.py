"""Liquidity and solvency of firms, month by month: the loop with every feature.

liq(t) = liq(t-1) + [rev(1-s) - mat(1 - eta_m s)(1 + px) - wage(1 - eta_w s) - fixed - interest - repayments]/12
         - (1 - roll) short debt/12 - added days rev(1-s)/360 - tax + what instruments bring.
Balances of debt are held fixed, so interest is a little too high where short-term debt is not renewed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.schedule import FloatArray
from littlegiant.finance.stress.scenario import Scenario, Variable, cells

CELLS = ("sound", "illiquid", "insolvent", "both")
_TOLERANCE = 1e-9  # of revenue and cash; a gap that is closed exactly is closed
_SMALLEST = 0.005  # half of the smallest unit of money


@dataclass(frozen=True)
class Behaviour:
    """How costs follow sales: input_elasticity and wage_elasticity (assumptions of Demmou et al. 2021); the tax on profit."""

    input_elasticity: float = 0.8
    wage_elasticity: float = 0.2
    tax_rate: float = 0.0  # on the profit of a month above zero; the matrix form has no tax
    overdraft_rate: float = 0.0  # on what is short, a year


@dataclass(frozen=True)
class Support:
    """What instruments change, all optional. cash: month (1 …) -> amount received, below zero for payments.

    roll_over: share that is renewed at least. moratorium: months without repayments. equity: added to equity. debt: added to
    debt.
    """

    cash: Mapping[int, FloatArray]
    roll_over: FloatArray | float | None = None
    moratorium: int = 0
    equity: FloatArray | float = 0.0
    debt: FloatArray | float = 0.0
    income: FloatArray | float = 0.0  # that counts as profit, such as a grant


NOTHING = Support({})


@dataclass(frozen=True)
class Stressed:
    """By firm, shape (n,); NaN or no cell where a figure is unknown. lowest: least liquidity from the start on. gap: what
    would keep it from falling below zero. negative_flows: the sum of all falls, the other definition of a gap. first_short:
    month, 0 if never. equity: at the end. cover: EBITDA over interest. cell: index into CELLS, -1 unknown. path: liquidity,
    shape (months + 1, n)."""

    lowest: FloatArray
    gap: FloatArray
    negative_flows: FloatArray
    first_short: npt.NDArray[np.int64]
    months_short: npt.NDArray[np.int64]
    net_income: FloatArray
    profit: FloatArray
    equity: FloatArray
    cover: FloatArray
    cell: npt.NDArray[np.int64]
    path: FloatArray

    @property
    def illiquid(self) -> BoolArray:
        return self.gap > 0


def tolerance(firms: Firms) -> FloatArray:
    return _SMALLEST + _TOLERANCE * (np.nan_to_num(firms.revenue) + np.nan_to_num(firms.cash))


def run(firms: Firms, scenario: Scenario, *, behaviour: Behaviour | None = None, support: Support = NOTHING) -> Stressed:
    """Return what `scenario` does to each firm, with `support`."""
    how = behaviour or Behaviour()
    count, months = len(firms), scenario.months
    paths: dict[Variable, FloatArray] = {}
    for cell in cells(scenario, firms):
        for variable, path in cell.paths.items():
            column = paths.setdefault(variable, np.zeros((months, count)))
            column[:, cell.rows] = path[:, None]
    liquidity = firms.cash + (1 - scenario.line_cut) * firms.credit_line
    history = [liquidity]
    flows = np.zeros(count)
    net_income = -firms.depreciation * months / 12 + support.income
    ebitda, interest_paid = np.zeros(count), np.zeros(count)
    taxes = np.zeros(count)
    for month in range(months):
        flow, profit, ebitda_now, interest, tax = _month(firms, how, support, paths, month, liquidity)
        taxes = taxes + tax
        liquidity = liquidity + flow
        flows += np.maximum(-flow, 0.0)
        net_income = net_income + profit
        ebitda, interest_paid = ebitda + ebitda_now, interest_paid + interest
        history.append(liquidity)
    path = np.stack(history)
    return _result(firms, support, path, flows, net_income, taxes, ebitda, interest_paid)


def _month(
    firms: Firms, how: Behaviour, support: Support, paths: Mapping[Variable, FloatArray], month: int, liquidity: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray | float]:
    """Return flow, profit before depreciation and after tax, EBITDA, interest and tax of one month."""
    fall, roll = paths["sales_fall"][month], paths["roll_over"][month]
    revenue = firms.revenue * (1 - fall) / 12
    materials = firms.materials * (1 - how.input_elasticity * fall) * (1 + paths["input_price"][month]) / 12
    wages = firms.wages * (1 - how.wage_elasticity * fall) / 12
    ebitda = revenue - materials - wages - firms.fixed_costs / 12
    floating, fixed = firms.floating_debt, firms.fixed_debt + firms.short_debt
    interest = (floating * (firms.interest_rate + paths["rate_rise"][month]) + fixed * firms.interest_rate) / 12
    if how.overdraft_rate:
        interest = interest + np.maximum(-liquidity, 0.0) * how.overdraft_rate / 12
    taxable = ebitda - interest - firms.depreciation / 12
    tax = how.tax_rate * np.maximum(taxable, 0.0) if how.tax_rate else 0.0
    repaid = 0.0 if month < support.moratorium else firms.repayments / 12
    renewed = roll if support.roll_over is None else np.maximum(roll, support.roll_over)
    late = paths["added_receivable_days"][month] * firms.revenue * (1 - fall) / 360
    brought = support.cash.get(month + 1, 0.0)
    flow = ebitda - interest - repaid - (1 - renewed) * firms.short_debt / 12 - late - tax + brought
    return flow, ebitda - interest - tax, ebitda, interest, tax


def _result(
    firms: Firms,
    support: Support,
    path: FloatArray,
    flows: FloatArray,
    net_income: FloatArray,
    taxes: FloatArray,
    ebitda: FloatArray,
    interest: FloatArray,
) -> Stressed:
    lowest = path.min(axis=0)
    tol = tolerance(firms)
    short = path[1:] < -tol
    gap = np.where(lowest < -tol, -lowest, 0.0)
    gap = np.where(np.isnan(lowest), np.nan, gap)
    equity = firms.equity + net_income + support.equity
    with np.errstate(divide="ignore", invalid="ignore"):
        cover = np.where(interest > 0, ebitda / interest, np.nan)
    cell = (gap > 0).astype(np.int64) + 2 * (equity < 0)
    cell = np.where(np.isnan(gap) | np.isnan(equity), -1, cell)
    unknown = np.isnan(lowest)
    first = np.where(unknown, -1, np.where(short.any(axis=0), short.argmax(axis=0) + 1, 0))
    months_short = np.where(unknown, -1, short.sum(axis=0))
    profit = net_income + taxes
    return Stressed(lowest, gap, flows, first, months_short, net_income, profit, equity, cover, cell, path)
