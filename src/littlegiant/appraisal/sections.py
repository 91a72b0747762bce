"""The sections of an award call that say what may be given to whom and what it is thought to bring."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from littlegiant.documents import Frozen, Identifier, Slug
from littlegiant.finance.instruments.instrument import Size


class Part(Frozen):
    """An instrument of the pack as a package uses it, perhaps of another size."""

    use: Slug
    size: Size | None = None


class Package(Frozen):
    """One thing that may be awarded: instruments, for cases that show what is required."""

    package: Slug
    title: dict[str, str] = {}
    parts: tuple[Part, ...] = Field(min_length=1)
    requires: dict[str, float] = {}  # column of the projects -> at least, in the main unit


class Objective(Frozen):
    """What a unit of benefit is.

    research: additional R&D. welfare: additional R&D with its spillover, less expected cost with the cost of public funds.
    critical: additional R&D, weighted up by how critical the firm is in its network.
    """

    maximise: Literal["research", "welfare", "critical"] = "research"
    spillover: float = Field(default=0.0, ge=0, le=10)
    cost_of_funds: float = Field(default=0.0, ge=0, le=5)
    criticality_weight: float = Field(default=0.0, ge=0, le=10)
    unit: int = Field(default=1000, ge=1)  # main units in a unit of benefit: benefits are whole numbers of it

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.maximise != "welfare" and (self.spillover or self.cost_of_funds):
            raise ValueError("`spillover:` and `cost_of_funds:` belong to `maximise: welfare`")
        if self.maximise != "critical" and self.criticality_weight:
            raise ValueError("`criticality_weight:` belongs to `maximise: critical`")
        return self


class Merit(Frozen):
    """How expert scores and estimated effect combine: benefit = effect^(1 - weight) · (mean effect · score / mean score)^weight.

    weight 0 is the effect alone, 1 the score alone. What lies below `at_least` gets nothing whatever its effect. scale: the
    lowest and the highest score that there is, of each indicator; a file with others is refused.
    """

    weight: float = Field(default=0.5, ge=0, le=1)
    at_least: float | None = None
    indicators: dict[str, Annotated[float, Field(gt=0)]] = {}  # indicator -> weight in the total
    scale: tuple[float, float] | None = None
    raw: bool = False  # take the raw means, not the calibrated scores

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.scale is not None and not self.scale[0] < self.scale[1]:
            raise ValueError(f"`scale:` goes from {self.scale[0]:g} to {self.scale[1]:g}; give the lowest score first")
        return self


class Limits(Frozen):
    """What the law allows: aid of all levels over the eligible cost, small aid of an undertaking in three years."""

    intensity: float | None = Field(default=None, gt=0, le=1)
    small_aid: float | None = Field(default=None, gt=0)
    awards_per_undertaking: int = Field(default=1, ge=1, le=5)


class Appraised(Frozen):
    """The first half of an award call. Paths are relative to its file."""

    format: Literal[1]
    award: Slug
    title: dict[str, str] = {}
    gate: Slug | None = None  # the standard that a firm has to meet
    projects: str | None = None  # CSV: project, firm and what packages require; without it every firm is a case
    reviews: str | None = None  # CSV: case, reviewer, score, perhaps indicator
    aid: str | None = None  # CSV of aid received, as `instruments cumulate` reads it
    undertakings: str | None = None  # CSV: firm, undertaking; without it each firm is one
    first_year: int = Field(ge=1990, le=2200)
    packages: tuple[Package, ...] = Field(min_length=1)
    objective: Objective = Objective()
    merit: Merit | None = None
    law: Limits = Limits()
    draws: int = Field(default=200, ge=2, le=10_000)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [each.package for each in self.packages]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the package `{name}` stands twice")
        if self.merit is not None and self.reviews is None:
            raise ValueError("`merit:` needs `reviews:`")
        return self


Attribute = Identifier  # what limits group cases by: region, area, sector, size, or a column of the projects
