"""`regions.yaml` and `sectors.yaml`: where firms are and what they do."""

from typing import Literal

from littlegiant.documents import Code, Frozen


class Region(Frozen):
    """A region by its official code; `within` names the larger region it lies in."""

    title: dict[str, str]
    names: tuple[str, ...] = ()
    area: str = ""
    within: str | None = None
    tile: tuple[int, int] | None = None  # column and row in a map of equal squares


class Regions(Frozen):
    """areas: titles of the larger areas that regions lie in."""

    format: Literal[1]
    areas: dict[str, dict[str, str]] = {}
    regions: dict[Code, Region]


SectorTitle = dict[str, str]


class Sectors(Frozen):
    format: Literal[1]
    sectors: dict[Code, SectorTitle]
