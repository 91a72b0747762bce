"""`facts.yaml`: what a register may say of a firm, in which type, unit and range, and under which header."""

from decimal import Decimal
from typing import Literal

import pyarrow as pa
from pydantic import Field, model_validator

from littlegiant.documents import Code, Frozen, Identifier

FactType = Literal["money", "number", "share", "count", "boolean", "date", "code", "text"]
Access = Literal["public", "firm", "office", "restricted"]
_NUMERIC = ("money", "number", "share", "count")
_DECIMALS = {"number": 4, "share": 12}
# Money within 200 trillion of the main unit: four times the largest balance sheet of the world, and small enough that
# one ratio against a threshold such as 1.1025 = 441/400 is compared in 64-bit integers (2e16 fen x 441 < 2^63).
_LARGEST_MONEY = 200_000_000_000_000
_RANGES = {
    "money": (-_LARGEST_MONEY, _LARGEST_MONEY),
    "count": (0, 2_000_000_000),
    "share": (-1000, 1000),
    "number": (-(10**9), 10**9),
}


class Fact(Frozen):
    """One entry of the vocabulary."""

    type: FactType
    period: Literal["static", "year"]
    title: dict[str, str]
    definition: dict[str, str] = {}
    unit: str = ""
    decimals: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    codes: Literal["regions", "sectors"] | tuple[Code, ...] | None = None
    headers: dict[str, tuple[str, ...]] = {}
    evidence: tuple[str, ...] = ()
    authority: str = ""
    adjustable: bool | Literal["up", "down"] = False
    access: Access = "firm"
    retention_years: int | None = None
    part_of: str | None = None  # the fact that this one can never exceed
    consolidates: Identifier | None = None  # the yearly fact of which this one is the figure with partner and linked firms
    in_group_with: str | None = None  # a title: true where another firm of the group holds it
    # Firms that have the same value are worth a look, nobody is accused; of a list parted by semicolons each value.
    shared: bool | Literal["each"] = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> "Fact":
        if self.type == "code" and self.codes is None:
            raise ValueError("a fact of type code needs `codes:`, a list or 'regions' or 'sectors'")
        if self.decimals is not None and self.type not in _DECIMALS:
            raise ValueError(f"`decimals:` does not go with type {self.type}")
        if not 0 <= self.places <= 12:
            raise ValueError("`decimals:` must be between 0 and 12")
        if self.adjustable and self.type not in _NUMERIC:
            raise ValueError("only numbers can be adjustable")
        return self

    @property
    def numeric(self) -> bool:
        return self.type in _NUMERIC

    @property
    def places(self) -> int:
        """Decimals of the stored value."""
        return self.decimals if self.decimals is not None else _DECIMALS.get(self.type, 0)

    def scale(self, minor_per_main: int) -> int:
        """Return how many stored integer units make one of the fact's unit."""
        return minor_per_main if self.type == "money" else int(10**self.places)

    def bounds(self) -> tuple[Decimal, Decimal]:
        """Return the range in the fact's unit; what lies outside is no value but an error of the source."""
        low, high = _RANGES[self.type]
        return (
            Decimal(low) if self.least is None else self.least,
            Decimal(high) if self.most is None else self.most,
        )

    def arrow_type(self) -> pa.DataType:
        if self.type in ("money", "count"):
            return pa.int64()
        if self.type in ("share", "number"):
            return pa.decimal128(18, self.places)
        return {"boolean": pa.bool_(), "date": pa.date32()}.get(self.type, pa.string())


class Niche(Frozen):
    """Which facts speak of a firm's niche: what it sells, for how much, with which share and place."""

    niche: Identifier
    product: Identifier
    sales: tuple[Identifier, ...]  # the first that is known
    share: Identifier
    rank: Identifier


class PlausibleRatio(Frozen):
    """An amount against another fact of the same year; outside of the bounds it seems to stand in another unit."""

    amount: Identifier
    to: Identifier
    least: Decimal | None = None  # in the main unit of the amount for one of `to`; the bounds themselves are believed
    most: Decimal | None = None
    from_: Decimal = Field(default=Decimal(0), alias="from")  # only where `to` is at least this
    with_row: bool = False  # then the amounts of that year that are not far from it are doubted with it


class Plausible(Frozen):
    """What figures can well be: the slip of the unit that is usual in the country, and ratios."""

    slip: int = Field(ge=100)
    ratios: tuple[PlausibleRatio, ...] = ()


class Vocabulary(Frozen):
    """The whole file."""

    format: Literal[1]
    niche: Niche | None = None
    plausible: Plausible | None = None
    evidence: dict[Identifier, dict[str, str]] = {}  # titles of the documents that facts name as their evidence
    facts: dict[Identifier, Fact]

    @model_validator(mode="after")
    def _evidence_has_titles(self) -> "Vocabulary":
        for name, fact in self.facts.items():
            for code in fact.evidence if self.evidence else ():
                if code not in self.evidence:
                    raise ValueError(f"{name}: `evidence:` names {code!r}, which has no title in the file's own `evidence:`")
        return self

    @model_validator(mode="after")
    def _parts_have_wholes(self) -> "Vocabulary":
        for name, fact in self.facts.items():
            whole = self.facts.get(fact.part_of or name)
            if fact.part_of and (whole is None or (whole.type, whole.period, fact.period) != (fact.type, "year", "year")):
                raise ValueError(f"{name}: `part_of: {fact.part_of}` must name a yearly fact of the same type")
        for name, fact in self.facts.items():
            own = self.facts.get(fact.consolidates or name)
            if own is None or (fact.consolidates and not (own.numeric and fact.numeric and own.period == fact.period == "year")):
                raise ValueError(f"{name}: `consolidates: {fact.consolidates}` must name a yearly number")
            if fact.in_group_with and (fact.type, fact.period) != ("boolean", "static"):
                raise ValueError(f"{name}: `in_group_with:` goes with a static boolean")
        for ratio in self.plausible.ratios if self.plausible is not None else ():
            for name in (ratio.amount, ratio.to):
                if name not in self.facts or not self.facts[name].numeric or self.facts[name].period != "year":
                    raise ValueError(f"plausible: {name!r} is no yearly number of the vocabulary")
        return self


class Target(Frozen):
    """A figure that a document of the programme names: what was promised, for whom."""

    value: Decimal
    of: dict[str, str]
    year: int | None = None
    source: str
    confidence: str


class Outcome(Frozen):
    """Something the programme wants to move; `formula` over facts where it can be computed from them."""

    title: dict[str, str]
    unit: str
    period: Literal["year", "award", "cohort", "programme"]
    direction: Literal["up", "down"]
    formula: str = ""
    source: tuple[str, ...] = Field(min_length=1)
    target: Target | None = None
    note: str = ""


class Outcomes(Frozen):
    """`outcomes.yaml`."""

    format: Literal[1]
    outcomes: dict[Identifier, Outcome]
