"""The documents `standards/*.yaml`, `notices/*.yaml` and `size_classes/*.yaml`: what an author may write."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, model_validator

from littlegiant.documents import Code, Frozen, Identifier, Slug, Validity

Confidence = Literal["text", "digest", "press", "recollection", "inference", "invented", ""]
NodeKind = Literal["criterion", "exclusion", "relation_exclusion", "direct_route", "exemption"]
_FORMS = ("require", "all", "any", "by_band", "judgement", "size_class")


class Law(Frozen):
    title: dict[str, str]
    number: str
    annex: str = ""
    source: tuple[str, ...] = ()
    note: str = ""


class Parameter(Frozen):
    """A threshold with the clause that sets it; measures and criteria use its name."""

    value: Decimal
    unit: str
    clause: str


class BandValue(Frozen):
    """One step of a threshold table; the lower end belongs to the band, the last one without `from` is the rest."""

    from_: Decimal | None = Field(default=None, alias="from")
    value: Decimal


class Measure(Frozen):
    """A named number: a formula, or a table of values by band of another number."""

    formula: str | None = None
    by: str | None = None
    bands: tuple[BandValue, ...] = ()
    unit: str
    title: dict[str, str] = {}
    clause: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> "Measure":
        if (self.formula is None) == (self.by is None):
            raise ValueError("a measure has either `formula:` or `by:` with `bands:`")
        if self.by is not None:
            starts = [band.from_ for band in self.bands]
            if not starts or starts[-1] is not None or None in starts[:-1]:
                raise ValueError("bands need `from:` in all but the last, which is the rest")
            known = [start for start in starts if start is not None]
            if known != sorted(known, reverse=True) or len(set(known)) != len(known):
                raise ValueError("bands must fall from the highest `from:` to the rest")
        return self


class FindingType(Frozen):
    """Evidence that people or outside bodies supply; never computed here."""

    type: Literal["yes_no", "number", "code"]
    title: dict[str, str]
    issuer: tuple[str, ...]
    unit: str = ""
    decimals: int = 0
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(1_000_000)
    codes: tuple[Code, ...] = ()
    period: Literal["case", "year"] = "case"


class SizeClassRule(Frozen):
    table: str
    at_most: Literal["medium"] = "medium"


class Exemption(Frozen):
    text: dict[str, str]
    require: str
    clause: str = ""
    confidence: Confidence = ""


class Rule(Frozen):
    """What a node asks; exactly one of the forms."""

    require: str | None = None
    all: tuple["Node", ...] | None = None
    any: tuple["Node", ...] | None = None
    by_band: "ByBand | None" = None
    judgement: str | None = None
    size_class: SizeClassRule | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "Rule":
        given = [form for form in _FORMS if getattr(self, form) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(_FORMS)} is needed, found {', '.join(given) or 'none'}")
        if self.all == () or self.any == ():
            raise ValueError("an empty list of conditions")
        return self


class Node(Rule):
    """A criterion or a part of one. Ids of parts are dotted: market.share."""

    id: Slug
    kind: NodeKind = "criterion"
    group: str = ""
    clause: str = ""
    text: dict[str, str] = {}
    exempt: Exemption | None = None
    waived: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    variants: dict[str, Rule] = {}
    evidence: tuple[str, ...] = ()
    confidence: Confidence = ""
    source: tuple[str, ...] = ()
    note: str = ""


class Band(Rule):
    """A set of conditions that holds from `from` (inclusive) to below `below`."""

    id: Slug
    from_: Decimal | None = Field(default=None, alias="from")
    below: Decimal | None = None
    text: dict[str, str] = {}


class ByBand(Frozen):
    measure: str
    bands: tuple[Band, ...]

    @model_validator(mode="after")
    def _cover_everything(self) -> "ByBand":
        ordered = sorted(self.bands, key=lambda band: Decimal("-Infinity") if band.from_ is None else band.from_)
        if ordered[0].from_ is not None or ordered[-1].below is not None:
            raise ValueError("the lowest band must have no `from:` and the highest no `below:`")
        for lower, upper in pairwise(ordered):
            if lower.below != upper.from_:
                raise ValueError(
                    f"bands {lower.id} and {upper.id} leave a gap or overlap: below {lower.below}, from {upper.from_}"
                )
        return self


class DirectRoute(Node):
    """Stands in for the node or the score it `replaces`."""

    kind: NodeKind = "direct_route"
    replaces: str


class Rung(Frozen):
    """A step of a ladder; the first one met gives the points."""

    at_least: Decimal | None = None
    at_most: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    when: str | None = None
    points: int

    @model_validator(mode="after")
    def _one_condition(self) -> "Rung":
        if sum(value is not None for value in (self.at_least, self.at_most, self.above, self.below, self.when)) != 1:
            raise ValueError("a rung has exactly one of at_least, at_most, above, below, when")
        return self


class Each(Frozen):
    """The same points for each condition that is met."""

    points: int = Field(ge=1)
    of: tuple[str, ...] = Field(min_length=1, max_length=6)


class Indicator(Frozen):
    """Points of one thing: a ladder of rungs, or `each:` with the same points for every condition met."""

    id: Slug
    group: Slug | Literal[""] = ""
    title: dict[str, str] = {}
    clause: str = ""
    ladder: str | None = None
    rungs: tuple[Rung, ...] = ()
    each: Each | None = None
    otherwise: int = 0
    max: int | None = None
    evidence: tuple[str, ...] = ()
    confidence: Confidence = ""
    note: str = ""

    @model_validator(mode="after")
    def _ladder_named(self) -> "Indicator":
        if bool(self.rungs) == bool(self.each):
            raise ValueError("an indicator has either `rungs:` or `each:`")
        if self.each is not None and (self.ladder is not None or self.otherwise):
            raise ValueError("`ladder:` and `otherwise:` have no effect beside `each:`")
        if self.ladder is None and any(rung.when is None for rung in self.rungs):
            raise ValueError("a rung with a number needs `ladder:`, the measure it is read from")
        return self


class ScoreGroup(Frozen):
    title: dict[str, str] = {}
    max: int | None = None
    at_least: int | None = None


class Score(Frozen):
    """Points by ladders; the total, and groups where given, must reach their floors."""

    pass_: int = Field(alias="pass")
    text: dict[str, str] = {}
    clause: str = ""
    groups: dict[Slug, ScoreGroup] = {}
    indicators: tuple[Indicator, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> "Score":
        ids = [indicator.id for indicator in self.indicators]
        double = next((id for id in ids if ids.count(id) > 1), None)
        if double is not None:
            raise ValueError(f"two indicators called {double!r}")
        return self


class Duty(Frozen):
    """What a recognised firm owes, with its clock."""

    id: str
    clause: str
    text: dict[str, str]
    due: str = ""
    within_months: int | None = None
    ban_years: int | None = None
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    source: tuple[str, ...] = ()
    confidence: Confidence = ""


class Trigger(Frozen):
    """Sends someone to look at the firm; decides nothing."""

    id: Slug
    when: str
    text: dict[str, str]
    clause: str = ""
    confidence: Confidence = ""


class Sample(Frozen):
    """The share of each batch that is visited at random, whatever the triggers say."""

    per_cent: int = Field(ge=1, le=100)
    text: dict[str, str]
    clause: str = ""
    confidence: Confidence = ""


class Reference(Frozen):
    standard: str
    version: str


class Gives(Frozen):
    tier: str
    years: int
    authority: str = ""


class Expectation(Frozen):
    outcome: Literal["eligible", "ineligible", "undetermined"]
    failed: tuple[str, ...] | None = None
    unknown: tuple[str, ...] | None = None
    needed: tuple[str, ...] | None = None
    score: tuple[int, int] | None = None


class Case(Frozen):
    """A worked case; `like:` takes over what another case says and this one does not."""

    name: str
    like: str | None = None
    reference_date: date | None = None
    application: str | None = None
    year: int | None = None
    notices: tuple[str, ...] | None = None
    facts: dict[str, Any] = {}
    titles: tuple[str, ...] | None = None
    findings: dict[str, Any] = {}
    expect: Expectation
    note: str = ""


class Openings(Frozen):
    """What a region may set for itself by an overlay: thresholds it may raise, indicators it fills."""

    raises: tuple[Identifier, ...] = ()  # parameters, or `pass` for the pass mark of the score
    holes: tuple[Slug, ...] = ()  # indicators whose points the region shares out
    clause: str = ""
    source: tuple[str, ...] = ()
    confidence: Confidence = ""


class Standard(Frozen):
    """One version of a standard."""

    format: Literal[1]
    standard: Slug
    version: str
    kind: Literal["recognition", "entitlement", "gate", "base"] = "recognition"
    title: dict[str, str]
    law: Law
    applies: tuple[Validity, ...]
    supersedes: str | None = None
    rests_on: tuple[Reference, ...] = ()
    gives: Gives | None = None
    ties: dict[str, str] = {}
    parameters: dict[Identifier, Parameter] = {}
    measures: dict[Identifier, Measure] = {}
    findings: dict[Identifier, FindingType] = {}
    criteria: tuple[Node, ...] = ()
    score: Score | None = None
    direct_routes: tuple[DirectRoute, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    sample: Sample | None = None
    duties: tuple[Duty, ...] = ()
    openings: Openings | None = None
    cases: tuple[Case, ...] = ()


class Raise(Frozen):
    """A stricter value of a parameter, with the clause of the regional text."""

    value: Decimal
    clause: str = ""


class Overlay(Frozen):
    """A region's own text on top of a national one: raised thresholds and filled holes, where the national text allows it."""

    format: Literal[1]
    overlay: Slug
    title: dict[str, str]
    number: str
    source: tuple[str, ...] = ()
    confidence: Confidence = ""
    note: str = ""
    region: Code
    standard: Slug
    versions: tuple[str, ...]
    applies: tuple[Validity, ...]
    raises: dict[Identifier, Raise] = {}
    findings: dict[Identifier, FindingType] = {}
    fills: dict[Slug, tuple[Indicator, ...]] = {}
    cases: tuple[Case, ...] = ()


class Waiver(Frozen):
    criterion: str
    applications: tuple[str, ...]
    clause: str = ""
    text: dict[str, str] = {}


class Notice(Frozen):
    """A dated amendment for a round: floors, exclusions and waivers on top of a standard."""

    format: Literal[1]
    notice: Slug
    title: dict[str, str]
    number: str
    source: tuple[str, ...] = ()
    standard: str
    versions: tuple[str, ...]
    applies: tuple[Validity, ...]
    adds: tuple[Node, ...] = ()
    waives: tuple[Waiver, ...] = ()


class IndustryRow(Frozen):
    """One industry of a size table: limits are exclusive, floors inclusive."""

    id: str
    title: dict[str, str]
    sectors: tuple[Code, ...]
    sme_below: dict[Identifier, Decimal]
    medium: dict[Identifier, Decimal]
    small: dict[Identifier, Decimal]


class SizeTable(Frozen):
    format: Literal[1]
    size_class: str
    title: dict[str, str]
    number: str
    source: tuple[str, ...] = ()
    confidence: Confidence = ""
    note: str = ""
    applies: tuple[Validity, ...]
    sector: Identifier
    industries: tuple[IndustryRow, ...]
