"""What a unit of R&D costs a firm after tax relief: the B-index, the user cost, what a loss maker's relief is worth.

Formulas of the reference (part B1), after McFetridge and Warda (1983). Arguments may be numbers or arrays.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from littlegiant.finance.schedule import FloatArray

Number: TypeAlias = FloatArray | float


def b_index(
    rate: Number,
    *,
    allowance: Number = 0.0,
    credit: Number = 0.0,
    credit_taxable: bool = False,
    depreciation: Number = 1.0,
    use: Number = 1.0,
    credit_use: Number | None = None,
) -> Number:
    """Return the profit before tax that a unit of R&D must earn to pay for itself; 1 without relief.

    rate: tax rate. allowance: extra deduction as a share of R&D, 1.0 for 100 %. credit: share of R&D given as a credit.
    depreciation: present value of ordinary deductions per unit spent. use: expected discount factor of using the relief.
    """
    spent = use if credit_use is None else credit_use
    base = use * rate
    relief = base * depreciation * (1 + allowance)
    return (1 - relief - spent * credit * (1 - base * (1.0 if credit_taxable else 0.0))) / (1 - base)


def implied_subsidy(b: Number) -> Number:
    """Return the implied tax subsidy rate, 1 - B."""
    return 1 - b


def mixed_b_index(weights: Mapping[str, float], depreciations: Mapping[str, float], rate: float, **relief: Any) -> float:
    """Return the B-index of spending on several kinds (labour, other current, machinery, buildings), by weight."""
    each = (weight * float(b_index(rate, depreciation=depreciations[kind], **relief)) for kind, weight in weights.items())
    return float(sum(each))


def user_cost(b: Number, *, interest: Number, depreciation: Number, inflation: Number = 0.0) -> Number:
    """Return the user cost of R&D capital, B (r - pi + delta)."""
    return b * (interest - inflation + depreciation)


def financing_part(saving: Number, *, share: float, rate: Number, interest: float, depreciation: float) -> Number:
    """Return by which share a cheaper loan lowers the user cost: marginal share x (1 - tax) x saving / (r + delta)."""
    return share * (1 - rate) * saving / (interest + depreciation)


def loss_maker_use(return_to_profit: float, *, years: float, discount: float) -> float:
    """Return the expected discount factor of a relief that is carried forward until profit returns.

    Profit returns each year with probability `return_to_profit`, for the first time after a year; what is not used within `years`
    (infinite allowed) lapses. sum over k of p (1-p)^(k-1) (1+r)^-k.
    """
    p, step = return_to_profit, (1 - return_to_profit) / (1 + discount)
    if np.isinf(years):
        return p / (p + discount) if p else 0.0
    each = p / (1 + discount)
    return each * (years if step == 1 else (1 - step ** int(years)) / (1 - step))


def cost_of_capital(
    rate: Number,
    *,
    interest: Number,
    depreciation: Number,
    deductions: Number,
    credit: Number = 0.0,
    inflation: Number = 0.0,
    property_tax: Number = 0.0,
) -> Number:
    """Return the cost of capital in continuous form, ((r - pi + delta)/(1-u)) (1 - k - u z) + property tax - delta."""
    return (interest - inflation + depreciation) / (1 - rate) * (1 - credit - rate * deductions) + property_tax - depreciation


def research_after(before: Number, *, cost_before: Number, cost_after: Number, elasticity: Number) -> Number:
    """Return R&D after a change of its user cost, R0 (c1/c0)^-elasticity: the log form, so that it can be undone."""
    return before * (cost_after / cost_before) ** -np.asarray(elasticity)


def extra_per_unit(subsidy: Number, elasticity: Number) -> Number:
    """Return extra R&D per unit of subsidy when the whole base is subsidised at `subsidy`: [1 - (1-s)^eps] / s."""
    rate = np.asarray(subsidy, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = -np.expm1(elasticity * np.log1p(-rate)) / rate
    return np.where(rate == 0, np.asarray(elasticity, np.float64), value)
