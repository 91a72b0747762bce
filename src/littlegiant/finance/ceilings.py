"""Ceilings of aid by what it is for and how large the firm is, as a dated document; they go into `cumulation`."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from littlegiant.documents import Frozen, Slug, Validity
from littlegiant.finance.cumulation import Ceilings
from littlegiant.finance.taxes import Level
from littlegiant.problems import refuse, suggestion


class CeilingTable(Frozen):
    """Intensities over eligible cost by category, bonuses, and small aid per undertaking over some years."""

    format: Literal[1]
    ceilings: Slug
    title: dict[str, str]
    law: str
    source: tuple[str, ...] = ()
    confidence: str = ""
    applies: tuple[Validity, ...]
    intensity: dict[str, float]  # category -> share of eligible cost
    by_size: dict[str, float] = {}  # size class -> what is added
    for_cooperation: dict[str, float] = {}  # category -> what is added for collaboration or dissemination
    at_most: float = Field(default=1.0, gt=0, le=1)  # with all bonuses; a category above it has none
    small_aid: float | None = None  # per undertaking
    small_aid_years: int = 3

    def ceiling(self, category: str, *, size: str = "", cooperation: bool = False) -> float:
        """Return the highest intensity; raises for a category that the table does not know."""
        if category not in self.intensity:
            remedy = suggestion(category, self.intensity) or f"Known: {', '.join(self.intensity)}."
            refuse(f"ceilings {self.ceilings}", f"no category {category!r}", "", remedy, code="unknown-name")
        base = self.intensity[category]
        if base >= self.at_most:
            return base
        together = self.for_cooperation.get(category, 0.0) if cooperation else 0.0
        return min(self.at_most, base + self.by_size.get(size, 0.0) + together)

    def limits(
        self,
        category: str,
        *,
        size: str = "",
        cooperation: bool = False,
        cut_first: tuple[Level, ...] = ("municipal", "local", "provincial", "national"),
        matching: Mapping[Level, float] | None = None,
    ) -> Ceilings:
        """Return what `cumulate` asks for."""
        return Ceilings(
            intensity=self.ceiling(category, size=size, cooperation=cooperation),
            small_aid=self.small_aid,
            small_aid_years=self.small_aid_years,
            cut_first=cut_first,
            matching=dict(matching or {}),
        )
