"""Rates and reference tables: what a benchmark loan or premium would cost a firm. The tables are dated documents of a pack."""

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from pydantic import Field

from littlegiant.documents import Frozen, Validity
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.grant_equivalent import SmallAidLimit
from littlegiant.finance.schedule import FloatArray
from littlegiant.problems import refuse, suggestion

Collateral = Literal["high", "normal", "low"]
Benchmark = Literal["reference", "bank_offer", "policy_rate"]
BENCHMARKS: tuple[Benchmark, ...] = ("reference", "bank_offer", "policy_rate")


@dataclass(frozen=True, slots=True)
class Rates:
    """Yearly rates, as 0.03. `benchmark` names what a loan is held against.

    base: base rate of the reference tables. discount: for aid; under EU practice base + 100 basis points. government: what the
    state borrows at. bank_offer, policy: the two other benchmarks. interest, depreciation: of R&D capital, for its user cost.
    """

    base: float
    discount: float
    government: float
    bank_offer: float | None = None
    policy: float | None = None
    benchmark: Benchmark = "reference"
    interest: float = 0.05
    depreciation: float = 0.15
    financed_by_loan: float = 0.30  # share of marginal R&D that a loan finances

    def __post_init__(self) -> None:
        for name in ("discount", "government", "bank_offer", "policy", "interest", "depreciation", "base"):
            value = getattr(self, name)
            if value is not None and not -0.1 < value < 1:
                refuse(f"rate {name}", f"{value:g}", "a rate a year, as 0.05", "Divide per cent by 100.", code="range")
        if not 0 <= self.financed_by_loan <= 1:
            refuse(
                "rate financed_by_loan", f"{self.financed_by_loan:g}", "a share, as 0.3", "Divide per cent by 100.", code="range"
            )


class RatesFile(Frozen):
    """Rates of a time, as a document."""

    format: Literal[1]
    rates: str
    title: dict[str, str]
    source: tuple[str, ...] = ()
    confidence: str = ""
    applies: tuple[Validity, ...]
    base: float
    discount: float
    government: float
    bank_offer: float | None = None
    policy: float | None = None
    interest: float = 0.05
    depreciation: float = 0.15
    financed_by_loan: float = 0.30

    def at(self, benchmark: Benchmark = "reference") -> Rates:
        names = ("base", "discount", "government", "bank_offer", "policy", "interest", "depreciation", "financed_by_loan")
        return Rates(**{name: getattr(self, name) for name in names}, benchmark=benchmark)


class ReferenceTables(Frozen):
    """Margins over the base rate and safe-harbour premiums by rating and collateral, the rule for firms without a rating."""

    format: Literal[1]
    references: str
    title: dict[str, str]
    law: str
    source: tuple[str, ...] = ()
    confidence: str = ""
    applies: tuple[Validity, ...]
    margins: dict[str, dict[Collateral, float]]  # share a year, by class of rating
    classes: dict[str, str]  # rating -> class of the margins
    premiums: dict[str, float | None]  # rating -> yearly premium; null: outside of the safe harbour
    premiums_by_collateral: dict[str, dict[Collateral, float]] = {}
    unrated_margin: float = Field(gt=-0.1, lt=1)
    unrated_premium: float = Field(ge=0, lt=1)
    guarantee_at_most: float = Field(default=0.8, gt=0, le=1)
    small_aid: dict[Literal["loan", "guarantee"], tuple[tuple[float, float], ...]] = {}  # principal, years
    small_aid_ceiling: float | None = None
    small_aid_years: int = 3

    def limits(self, kind: Literal["loan", "guarantee"]) -> tuple[SmallAidLimit, ...]:
        return tuple(SmallAidLimit(principal, years) for principal, years in self.small_aid.get(kind, ()))


@dataclass(frozen=True, slots=True)
class Reference:
    """A benchmark by firm, shape (n,), and for whom the law leaves a choice. NaN: no market, or nothing known."""

    rate: FloatArray
    flags: dict[str, BoolArray]


def _check_ratings(firms: Firms, tables: ReferenceTables) -> None:
    for number, (rating, _) in enumerate(firms.borrowers):
        rows = np.flatnonzero(firms.borrower == number) if rating and rating not in tables.classes else np.zeros(0)
        if len(rows):
            remedy = f"Known: {', '.join(tables.classes)}; leave it empty where there is none."
            place = f"firm {firms.ids[int(rows[0])]}, column rating"
            refuse(place, repr(rating), "a rating of the tables", suggestion(rating, tables.classes) or remedy, code="rating")


def reference_rates(firms: Firms, tables: ReferenceTables, rates: Rates) -> Reference:
    """Return the benchmark rate of a loan. Without a rating the margin of a firm without history holds."""
    count = len(firms)
    if rates.benchmark != "reference":
        value = rates.bank_offer if rates.benchmark == "bank_offer" else rates.policy
        if value is None:
            refuse(
                "rates",
                f"the benchmark {rates.benchmark} without its rate",
                "the rate",
                "Give it, or take another.",
                code="rates",
            )
        return Reference(np.full(count, value), {})
    _check_ratings(firms, tables)
    margins = np.array([_margin(rating, collateral, tables) for rating, collateral in firms.borrowers])
    flags = {"no_rating": _unrated(firms), "no_market": firms.flag("in_difficulty")}
    return Reference(rates.base + margins[firms.borrower], flags)


def reference_premiums(firms: Firms, tables: ReferenceTables, *, crisis_grid: bool = False) -> Reference:
    """Return the benchmark premium of a guarantee; NaN and `no_premium` for ratings outside of the safe harbour.

    With `crisis_grid` those take the grid by collateral, and `crisis_grid` says so.
    """
    _check_ratings(firms, tables)
    premiums: list[float] = []
    none, grid = [], []
    for rating, collateral in firms.borrowers:
        known = rating == "" or rating in tables.premiums
        premium = None if not known else tables.unrated_premium if rating == "" else tables.premiums[rating]
        none.append(premium is None)
        by_collateral = tables.premiums_by_collateral.get(tables.classes.get(rating, ""), {})
        use_grid = premium is None and crisis_grid and bool(by_collateral)
        grid.append(use_grid)
        premiums.append(by_collateral[cast(Collateral, collateral)] if use_grid else np.nan if premium is None else premium)
    missing, gridded = np.array(none, np.bool_), np.array(grid, np.bool_)
    flags = {"no_premium": missing & ~gridded, "crisis_grid": gridded}
    by_firm = {name: flag[firms.borrower] for name, flag in flags.items()}
    return Reference(np.array(premiums)[firms.borrower], {**by_firm, "no_rating": _unrated(firms)})


def _unrated(firms: Firms) -> BoolArray:
    return np.array([rating == "" for rating, _ in firms.borrowers], np.bool_)[firms.borrower]


def _margin(rating: str, collateral: str, tables: ReferenceTables) -> float:
    if rating not in tables.classes:
        return tables.unrated_margin
    return tables.margins[tables.classes[rating]][cast(Collateral, collateral)]
