"""An award call: what may be given (appraisal) and within what (funds, limits, quotas), in the words of an officer."""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from littlegiant.appraisal.sections import Appraised
from littlegiant.documents import Frozen, Slug
from littlegiant.finance.taxes import Level

Of = Literal["awards", "money", "expected_cost", "committed"]


def _short(share: float) -> bool:
    """Say whether a share has at most six decimals, so that its row counts in whole numbers that stay small."""
    return 1_000_000 % Fraction(str(share)).denominator == 0


class Fund(Frozen):
    """Money of one level by year, in the main unit. committed: what running projects already take of it.

    counts: `promised` takes payments in the year in which they fall due; `expected` takes the expected cost in present value,
    against the sum of the years. carry_over: share of a year's budget that may move to the next. authority: most that may be
    promised over all years.
    """

    fund: Slug
    title: dict[str, str] = {}
    level: Level
    counts: Literal["promised", "expected"] = "promised"
    budget: dict[int, float] = Field(min_length=1)
    committed: dict[int, float] = {}
    carry_over: float = Field(default=0.0, ge=0, le=1)
    authority: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for year, amount in self.budget.items():
            if not 0 <= amount < float("inf"):
                raise ValueError(f"the budget of {year} is {amount:g}; give 0 or more in the main unit")
        for year, amount in self.committed.items():
            if year not in self.budget:
                raise ValueError(f"`committed:` names {year}, for which there is no budget")
            if not 0 <= amount <= self.budget[year]:
                raise ValueError(f"of {year} {amount:,.0f} is committed, of a budget of {self.budget[year]:,.0f}")
        if self.carry_over and self.counts == "expected":
            raise ValueError("`carry_over:` belongs to a fund that counts promised payments")
        return self


class Limit(Frozen):
    """A floor or a ceiling on what cases of a group get; of everybody where `where:` is not given.

    Shares are of the same measure over all cases. money: promised payments of all levels and years, or of one `level`;
    expected_cost and committed likewise. Amounts in the main unit, awards in numbers.
    """

    limit: Slug
    title: dict[str, str] = {}
    where: dict[str, str | tuple[str, ...]] = {}
    of: Of = "money"
    level: Level | None = None
    at_least: float | None = Field(default=None, ge=0)
    at_most: float | None = Field(default=None, ge=0)
    at_least_share: float | None = Field(default=None, gt=0, lt=1)
    at_most_share: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        given = [self.at_least, self.at_most, self.at_least_share, self.at_most_share]
        if all(each is None for each in given):
            raise ValueError("a limit needs `at_least:`, `at_most:`, `at_least_share:` or `at_most_share:`")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"`at_least: {self.at_least:g}` lies above `at_most: {self.at_most:g}`")
        low, high = self.at_least_share, self.at_most_share
        if low is not None and high is not None and low > high:
            raise ValueError(f"`at_least_share: {low:g}` lies above `at_most_share: {high:g}`")
        for share in (low, high):
            if share is not None and not _short(share):
                raise ValueError(f"a share of {share!r} has more than six decimals")
        if (low is not None or high is not None) and not self.where:
            raise ValueError("a share needs `where:`, the group it is the share of")
        return self


class Formula(Frozen):
    """Quotas from published figures: each group gets `total` by the weighted mean of its shares in the columns, whole numbers by
    the largest remainder, ties by the order of the groups' names; `at_least` first goes to everybody."""

    columns: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    total: int = Field(ge=1)
    at_least: int = Field(default=0, ge=0)


class Quotas(Frozen):
    """Ceilings by group, from a CSV: `group` and `at_most` (perhaps `at_least`), or the columns of the formula."""

    by: Slug = "region"
    of: Literal["awards", "money"] = "awards"
    file: str
    formula: Formula | None = None


class Lottery(Frozen):
    """Cases whose probability of being in the best set lies between alpha and 1 - alpha are drawn, under all rows."""

    alpha: float = Field(default=0.1, gt=0, lt=0.5)


class AwardCall(Appraised):
    """The whole call. additionality: least additional R&D per unit of grant equivalent, over all awards. off_price_at_most:
    largest regret of a case that the residual step may leave without what the prices give it, in units of benefit."""

    funds: tuple[Fund, ...] = Field(min_length=1)
    limits: tuple[Limit, ...] = ()
    quotas: Quotas | None = None
    additionality: float | None = Field(default=None, gt=0, le=10)
    off_price_at_most: float | None = Field(default=None, gt=0)
    score_noise: float = Field(default=0.2, gt=0, le=2)  # spread of benefits (log) where reviews give none
    lottery: Lottery | None = None

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        for kind, names in (("fund", [f.fund for f in self.funds]), ("limit", [each.limit for each in self.limits])):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"the {kind} `{name}` stands twice")
        if self.additionality is not None and not _short(self.additionality):
            raise ValueError(f"`additionality: {self.additionality!r}` has more than six decimals")
        levels = [fund.level for fund in self.funds if fund.counts == "promised"]
        for level in levels:
            if levels.count(level) > 1:
                raise ValueError(f"two funds pay the {level} level; a package's payments can come from one only")
        for fund in self.funds:
            if fund.carry_over and not any(year + 1 in fund.budget for year in fund.budget):
                raise ValueError(f"`carry_over:` of {fund.fund} needs budgets of two years that follow each other")
        return self
