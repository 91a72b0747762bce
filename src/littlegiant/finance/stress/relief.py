"""What each kind of help closes of the gaps, and at what cost: every instrument as cash in months."""

from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from littlegiant.documents import Frozen, Slug
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments.instrument import Size
from littlegiant.finance.schedule import FloatArray
from littlegiant.finance.stress.model import Behaviour, Stressed, Support, run
from littlegiant.finance.stress.scenario import Scenario
from littlegiant.problems import refuse

Kind = Literal["grant", "tax_relief", "guaranteed_loan", "moratorium", "roll_over", "equity", "gap_cash"]


class Relief(Frozen):
    """Help in a stress. `month` is when the money is there; a size is a fixed amount or a share of a figure.

    tax_relief: no more than the tax on the year's own taxable profit. guaranteed_loan: in, then interest and repayment out,
    only for solvent firms; with `roll_over` banks renew more, too. gap_cash: exactly each firm's gap, for solvent firms.
    """

    relief: Slug
    kind: Kind
    title: dict[str, str]
    size: Size | None = None
    month: int = Field(default=1, ge=1)
    rate: float = Field(default=0.04, ge=0, lt=1)
    term_months: int = Field(default=36, ge=1)
    tax_rate: float = Field(default=0.25, ge=0, lt=1)
    months: int = Field(default=12, ge=1)
    roll_over: float | None = Field(default=None, ge=0, le=1)
    loss: float = Field(default=0.6, ge=0, le=1)
    guaranteed: float = Field(default=0.8, gt=0, le=1)

    @model_validator(mode="after")
    def _has_a_size(self) -> Self:
        if self.size is None and self.kind in ("grant", "tax_relief", "guaranteed_loan", "equity"):
            raise ValueError(f"`size:` is needed for {self.kind}")
        return self


@dataclass(frozen=True)
class Closed:
    """What one relief does. Ratios are NaN where they are not defined. cost: expected cost to the budget, NaN where it is not
    known for a firm that gets money. Firms whose gap is unknown are left out; help of unknown size closes nothing."""

    relief: str
    funds: float
    gap_before: float
    gap_after: float
    short_before: int
    short_after: int
    lifted: BoolArray = field(repr=False)
    reaching: float  # share of the funds that goes to firms with a gap
    cost: float
    debt_added: float
    after: Stressed = field(repr=False)

    @property
    def closed(self) -> float:
        return (self.gap_before - self.gap_after) / self.gap_before if self.gap_before else float("nan")

    @property
    def funds_per_closed(self) -> float:
        return self.funds / (self.gap_before - self.gap_after) if self.gap_before > self.gap_after else float("nan")

    @property
    def cost_per_closed(self) -> float:
        return self.cost / (self.gap_before - self.gap_after) if self.gap_before > self.gap_after else float("nan")


def close(firms: Firms, scenario: Scenario, relief: Relief, before: Stressed, *, behaviour: Behaviour | None = None) -> Closed:
    """Return what `relief` closes of the gaps that `before` has, `before` being `run` without help."""
    support, funds, cost = _support(firms, scenario, relief, before)
    after = run(firms, scenario, behaviour=behaviour, support=support)
    return closed(relief.relief, before, after, funds, cost, support.debt)


def closed(name: str, before: Stressed, after: Stressed, funds: FloatArray, cost: FloatArray, debt: FloatArray | float) -> Closed:
    """Return what help closes, from the stress without and with it."""
    known = ~np.isnan(before.gap)
    left = np.where(np.isnan(after.gap), before.gap, after.gap)  # help of unknown size closes nothing that is known
    had = (before.gap > 0) & known
    total = float(np.nansum(funds))
    return Closed(
        name,
        total,
        float(before.gap[known].sum()),
        float(left[known].sum()),
        int(had.sum()),
        int((left[known] > 0).sum()),
        had & (left == 0),
        min(1.0, float(np.nansum(funds[had])) / total) if total else float("nan"),
        float(cost[~np.isnan(funds)].sum()),
        float(np.nansum(np.broadcast_to(debt, (len(before.gap),)))),
        after,
    )


def _support(firms: Firms, scenario: Scenario, relief: Relief, before: Stressed) -> tuple[Support, FloatArray, FloatArray]:
    """Return the support, its funds and its expected cost by firm."""
    if relief.kind not in ("moratorium", "roll_over", "gap_cash") and relief.month > scenario.months:
        found = f"money in month {relief.month} of {scenario.months}"
        refuse(f"relief {relief.relief}", found, "a month of the scenario", "Lengthen the scenario.", code="month")
    nothing = np.zeros(len(firms))
    solvent = before.equity >= 0
    amount = nothing if relief.size is None else relief.size.of_firms(firms)
    if relief.kind == "grant":
        return Support({relief.month: amount}, income=amount), amount, amount
    if relief.kind == "tax_relief":
        amount = np.minimum(amount, relief.tax_rate * np.maximum(before.profit, 0.0))
        return Support({relief.month: amount}, income=amount), amount, amount
    if relief.kind == "equity":
        return Support({relief.month: amount}, equity=amount), amount, nothing
    if relief.kind == "gap_cash":
        amount = np.where(solvent & (before.gap > 0), before.gap, 0.0)
        return Support({1: amount}, income=amount), amount, amount
    if relief.kind == "moratorium":
        postponed = firms.repayments * min(relief.months, scenario.months) / 12
        return Support({}, moratorium=relief.months), postponed, nothing
    if relief.kind == "roll_over":
        return Support({}, roll_over=relief.roll_over if relief.roll_over is not None else 1.0), firms.short_debt, nothing
    loan = np.where(solvent, amount, 0.0)
    cash = {relief.month: loan}
    interest = nothing
    for month in range(relief.month + 1, min(relief.month + relief.term_months, scenario.months) + 1):
        paid_back = loan / relief.term_months
        left = loan - paid_back * (month - relief.month - 1)
        cash[month] = -(paid_back + left * relief.rate / 12)
        interest = interest + left * relief.rate / 12
    expected = np.where(loan > 0, firms.default * relief.loss * relief.guaranteed * loan, 0.0)
    renewed = None if relief.roll_over is None else np.where(solvent, relief.roll_over, 0.0)
    return Support(cash, debt=loan, income=-interest, roll_over=renewed), loan, expected
