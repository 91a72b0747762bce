"""Firms, rules and instruments that the tests of finance share: the same for the plain computation and for the package."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from littlegiant.finance.firms import Firms, firms
from littlegiant.finance.instruments import AnyInstrument, Instrument, Rules
from littlegiant.finance.rates import Rates, ReferenceTables
from littlegiant.finance.taxes import TaxRegime

from .firm_by_firm import UNKNOWN, VINTAGES, Document, Firm, World

HEAD: dict[str, Any] = {"format": 1, "title": {"en": "made up"}, "law": "made up", "applies": ({"from": "2020-01-01"},)}

# Tax as in section B3 of the reference, shared between levels as in A2.
TAX: dict[str, Any] = {
    "rate": 0.25,
    "carry_forward": 5,
    "carry_forward_by_flag": {"high_tech": 10, "technology_sme": 10},
    "profit_tax_shares": {"national": 0.6, "local": 0.4},
    "vat_shares": {"national": 0.5, "local": 0.5},
}

_POINTS = {  # basis points over the base by collateral high, normal, low: table A3
    "strong": (60, 75, 100),
    "good": (75, 100, 220),
    "satisfactory": (100, 220, 400),
    "weak": (220, 400, 650),
    "bad": (400, 650, 1000),
}
_RATINGS = {
    "strong": ("AAA", "AA+", "AA", "AA-", "A+", "A", "A-"),
    "good": ("BBB+", "BBB", "BBB-"),
    "satisfactory": ("BB+", "BB", "BB-"),
    "weak": ("B+", "B", "B-"),
    "bad": ("CCC", "D"),
}
_PREMIUMS = (  # per cent a year: the column of the Notice
    (0.4, ("AAA", "AA+", "AA", "AA-")),
    (0.55, ("A+", "A", "A-")),
    (0.8, ("BBB+", "BBB", "BBB-")),
    (2.0, ("BB+", "BB")),
    (3.8, ("BB-", "B+")),
    (6.3, ("B", "B-")),
    (None, ("CCC", "D")),
)
_COLLATERAL = ("high", "normal", "low")
TABLES: dict[str, Any] = {
    "margins": {name: {word: p / 10_000 for word, p in zip(_COLLATERAL, row, strict=True)} for name, row in _POINTS.items()},
    "classes": {rating: name for name, ratings in _RATINGS.items() for rating in ratings},
    "premiums": {rating: p if p is None else p / 100 for p, ratings in _PREMIUMS for rating in ratings},
    "premiums_by_collateral": {"bad": {"high": 0.038, "normal": 0.063, "low": 0.098}},
    "unrated_margin": 0.04,
    "unrated_premium": 0.038,
    "guarantee_at_most": 0.8,
}

REGIME = TaxRegime(**HEAD, tax="income-tax", **TAX)
REFERENCES = ReferenceTables(**HEAD, references="yardstick", **TABLES)
RULES = Rules(REGIME, REFERENCES)
RATES = Rates(base=0.03, discount=0.04, government=0.025)
WORLD = World(tax=TAX, tables=TABLES, base=0.03, discount=0.04, government=0.025)


def document(name: str, kind: str, shares: Mapping[str, float] | None = None, **fields: Any) -> Document:
    """An instrument's document, borne by the national level unless something else is said."""
    shares = {"national": 1.0} if shares is None else shares
    return {"instrument": name, "kind": kind, "title": {"en": name}, "level": "national", "shares": shares, **fields}


_ANY: TypeAdapter[Instrument] = TypeAdapter(AnyInstrument)


def instrument(of: Document) -> Instrument:
    return _ANY.validate_python(dict(of))


def renamed(of: Document, **fields: Any) -> Document:
    """The same instrument with other fields."""
    return {**of, **fields}


def instruments(of: Sequence[Document]) -> list[Instrument]:
    return [instrument(each) for each in of]


def table(sample: Sequence[Firm], **more: Any) -> Firms:
    """The firms as columns."""
    names = dict.fromkeys(name for firm in sample for name in firm.amounts)
    known = dict.fromkeys(flag for firm in sample for flag in sorted(firm.flags))
    return firms(
        [f"firm {number}" for number in range(len(sample))],
        currency="CNY",
        losses=np.array([firm.losses for firm in sample]).reshape(len(sample), VINTAGES),
        flags={flag: np.array([flag in firm.flags for firm in sample]) for flag in known},
        rating=np.array([firm.rating for firm in sample], np.str_),
        collateral=np.array([firm.collateral for firm in sample], np.str_),
        **{name: np.array([firm[name] for firm in sample]) for name in names},
        **more,
    )


def firm(
    *,
    losses: Mapping[int, float] | None = None,
    rating: str = "",
    collateral: str = "",
    flags: Sequence[str] = (),
    **amounts: float,
) -> Firm:
    """A firm; `losses` by the years until they lapse."""
    stock = tuple(float((losses or {}).get(years, 0.0)) for years in range(1, VINTAGES + 1))
    return Firm(amounts, stock, rating, collateral, frozenset(flags))


LIMIT = 3_000_000  # of the small band

ALLOWANCE = document("allowance", "allowance", share=1.0)
HIGH_TECH = document("high-tech-rate", "rate_cut", flag="high_tech", rate=0.15)
SMALL = document(
    "small-band",
    "small_firm_band",
    rate=0.05,
    income_at_most=LIMIT,
    staff_at_most=300,
    assets_at_most=50_000_000,
)
BACKGROUND = (ALLOWANCE, HIGH_TECH, SMALL)

_M = 1_000_000
_LINEAR: dict[str, Any] = {"periods": 5}
_STAGED: dict[str, Any] = {"periods": 36, "per_year": 12, "repayment": "annuity", "grace": 6, "drawn": (0.5, 0.3, 0.2)}
_TRANCHES: tuple[dict[str, Any], ...] = ({"after": 0, "share": 0.5}, {"after": 3, "share": 0.5, "if_reached": True})
_ENDS: tuple[dict[str, float], ...] = (
    {"probability": 0.5, "multiple": 0.7},
    {"probability": 0.3, "multiple": 1.5},
    {"probability": 0.2, "multiple": 6.0},
)
_MIXED = {"national": 0.5, "provincial": 0.3, "municipal": 0.2}

EVERY: tuple[Document, ...] = (
    document("grant", "grant", {"national": 0.7, "local": 0.3}, size={"amount": 2 * _M}),
    document("grant-untaxed", "grant", size={"share": 0.1, "of": "rd"}, taxable=False),
    document(
        "grant-in-parts",
        "grant",
        _MIXED,
        size={"share": 0.05, "of": "revenue", "at_least": 100_000, "at_most": 3 * _M},
        payments={0: 0.4, 2: 0.6},
        spent_on_rd=True,
    ),
    document("matching", "matching_grant", rate=0.2, cap=_M),
    document("matching-without-end", "matching_grant", rate=0.1, taxable=False, flag="high_tech"),
    document("matching-wages", "matching_grant", rate=0.1, of="wages", spent_on_rd=True),
    document("award", "tranche_grant", size={"amount": 6 * _M}, tranches=_TRANCHES, missed=0.15, not_carried_out=0.05),
    document("soft-loan", "soft_loan", {"national": 0.5, "local": 0.5}, size={"amount": 10 * _M}, terms=_LINEAR, charged=0.022),
    document(
        "soft-loan-staged",
        "soft_loan",
        size={"share": 0.15, "of": "revenue"},
        terms=_STAGED,
        charged=0.02,
        fees=0.005,
        flag="high_tech",
    ),
    document(
        "relending",
        "soft_loan",
        size={"amount": 5 * _M},
        terms={"periods": 3, "repayment": "bullet"},
        charged=0.03,
        refinanced_at=0.0125,
        fees=0.01,
    ),
    document("dear-loan", "soft_loan", size={"amount": _M}, terms={"periods": 3, "repayment": "bullet"}, charged=0.09),
    document(
        "subsidy", "interest_subsidy", {"national": 0.7, "local": 0.3}, size={"amount": 10 * _M}, terms=_LINEAR, points=0.02
    ),
    document(
        "subsidy-capped",
        "interest_subsidy",
        size={"share": 0.2, "of": "revenue"},
        terms={"periods": 12, "per_year": 4, "grace": 2},
        points=0.03,
        cap_a_year=200_000,
        cap_in_all=350_000,
    ),
    document(
        "guarantee",
        "guarantee",
        {"national": 0.4, "local": 0.6},
        size={"amount": 10 * _M},
        terms=_LINEAR,
        guaranteed=0.8,
        fee=0.01,
    ),
    document(
        "guarantee-limited",
        "guarantee",
        _MIXED,
        size={"share": 0.3, "of": "revenue"},
        terms={"periods": 8, "per_year": 4, "repayment": "bullet"},
        guaranteed=0.9,
        fee=0.03,
        at_most_a_firm=9 * _M,
    ),
    document("stake", "equity", {"national": 0.5, "local": 0.5}, size={"amount": 10 * _M}, private_share=0.5),
    document("stake-with-few", "equity", size={"amount": 2 * _M}, private_share=0.2),
    document("stake-as-aid", "equity", size={"share": 0.1, "of": "revenue"}, terms="small_aid"),
    document(
        "stake-by-exits",
        "equity",
        size={"amount": 5 * _M},
        terms="expected",
        private_share=0.4,
        exits=_ENDS,
        first_loss=True,
        upside_at_most=3.0,
        required_return=0.15,
        years=5,
    ),
    ALLOWANCE,
    document("allowance-of-120", "allowance", share=1.2, years=3, flag="chosen"),
    document("credit", "credit", rate=0.1),
    document("credit-capped", "credit", rate=0.2, cap=500_000, years=3),
    document(
        "credit-by-bands",
        "schedule_credit",
        bands=({"up_to": 2 * _M, "rate": 0.3}, {"up_to": 10 * _M, "rate": 0.15}, {"rate": 0.05}),
    ),
    HIGH_TECH,
    document("rate-for-chosen", "rate_cut", rate=0.1, years=2, flag="chosen"),
    SMALL,
    document("faster", "accelerated", size={"share": 0.2, "of": "revenue"}, usual={"rate": 0.1}, faster={"rate": 0.5}),
    document("at-once", "accelerated", size={"amount": 4 * _M}, usual={"rate": 0.25}, faster={"rate": 1.0}, flag="chosen"),
    document("vat", "vat_credit", {"national": 0.5, "local": 0.5}, share=0.05, years=3),
    document("deferral", "deferral", size={"amount": _M}, years=2),
    document("list-of-firms", "route"),
)
BY_NAME = {each["instrument"]: each for each in EVERY}


def random_firms(seed: int, count: int, *, unknown: float = 0.15) -> list[Firm]:
    """Firms of every fortune: profits, losses of now and of earlier years, no R&D, without a rating, in difficulty,
    with a column unknown in a share `unknown` of them.
    """
    random = Random(seed)
    return [_random_firm(random, unknown) for _ in range(count)]


def _random_firm(random: Random, unknown: float) -> Firm:
    rd = random.choice((0.0, random.uniform(0.01, 3), random.uniform(1, 12))) * _M
    profit = random.choice(
        (
            random.uniform(0, 4),  # near the small band
            random.uniform(2, 60),
            random.uniform(-3, 1),  # an instrument may bring it back
            random.uniform(-40, -5),
            0.0,
        )
    )
    amounts = {
        "income": profit * _M + random.choice((1, 2)) * rd,
        "rd": rd,
        "revenue": random.uniform(0.2, 100) * _M,
        "wages": random.uniform(0.1, 20) * _M,
        "input_vat": random.uniform(0, 8) * _M,
        "output_vat": random.uniform(0, 10) * _M,
        "staff": float(random.choice((20, 300, 301, 900))),
        "assets": random.choice((5.0, 50.0, 50.1, 400.0)) * _M,
        "default": random.choice((0.0, 0.03, random.random())),
        "loss": random.choice((0.0, 0.6, 1.0)),
    }
    if random.random() < unknown:
        amounts[random.choice(list(amounts))] = UNKNOWN
    losses = [random.choice((0.0, random.uniform(0, 5) * _M)) for _ in range(VINTAGES)]
    return Firm(
        amounts,
        tuple(losses) if random.random() < 0.4 else (0.0,) * VINTAGES,
        random.choice(("", *TABLES["classes"])),
        random.choice(("", *_COLLATERAL)),
        frozenset(flag for flag in ("high_tech", "chosen", "in_difficulty", "technology_sme") if random.random() < 0.4),
    )
