"""The terms of a value, line by line, as an auditor asks: from the schedule to the present value, each with its factor."""

from collections.abc import Sequence
from dataclasses import dataclass

from littlegiant.finance.effect import ByYear
from littlegiant.finance.evaluate import Eligible, Value, evaluate
from littlegiant.finance.firms import Firms
from littlegiant.finance.instruments import Instrument, Rules
from littlegiant.finance.rates import Rates
from littlegiant.problems import refuse


@dataclass(frozen=True, slots=True)
class Term:
    """One line. Amounts in the main unit; `factor` discounts the year to the award date."""

    year: int
    cash: float
    tax: float
    factor: float

    @property
    def worth(self) -> float:
        return (self.cash - self.tax) * self.factor


@dataclass(frozen=True)
class Explained:
    """The terms sum to the worth; `checks` are the totals they must give."""

    instrument: str
    firm: str
    terms: tuple[Term, ...]
    named: dict[str, float]
    totals: dict[str, float]
    by_level: dict[str, float]
    flags: tuple[str, ...]


def explain_value(
    firms: Firms,
    row: int,
    instrument: Instrument,
    rules: Rules,
    rates: Rates,
    *,
    background: Sequence[Instrument] = (),
    eligible: Eligible | None = None,
) -> Explained:
    """Return the terms of one instrument for the firm in `row`."""
    if not 0 <= row < len(firms):
        refuse("explain", f"row {row} of {len(firms)} firms", "a row of the firms", "Rows count from 0.", code="row")
    rows = slice(row, row + 1)
    one, allowed = firms.part(rows), {name: mask[rows] for name, mask in (eligible or {}).items()}
    (value,) = evaluate(one, [instrument], rules, rates, background=background, eligible=allowed)
    return explained(value, str(one.ids[0]), 0, rates)


def explained(value: Value, firm: str, row: int, rates: Rates) -> Explained:
    years = sorted({*value.cash, *value.tax})
    terms = tuple(
        Term(year, _at(value.cash, year, row), _at(value.tax, year, row), (1 + rates.discount) ** -year)
        for year in years
        if _at(value.cash, year, row) or _at(value.tax, year, row)
    )
    names = (
        "gross",
        "signed",
        "worth",
        "cost",
        "committed",
        "user_cost",
        "marginal",
        "intensity",
        "finance_per_committed",
        "finance_per_cost",
    )
    return Explained(
        value.instrument,
        firm,
        terms,
        {name: float(column[row]) for name, column in value.terms.items()},
        {name: float(getattr(value, name)[row]) for name in names},
        {level: float(amount[row]) for level, amount in value.cost_by_level.items()},
        tuple(name for name, flag in value.flags.items() if flag[row]),
    )


def _at(by_year: ByYear, year: int, row: int) -> float:
    column = by_year.get(year)
    return 0.0 if column is None else float(column[row])
