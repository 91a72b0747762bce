"""`calibration.yaml`: the moments of a synthetic register, with their sources."""

from typing import Any, Literal

from pydantic import field_validator

from littlegiant.documents import Frozen

STRATA = ("ordinary", "innovative", "strong")


class Stratum(Frozen):
    weight: int
    title: dict[str, str]


class Correlations(Frozen):
    order: tuple[str, ...]
    matrix: tuple[tuple[Any, ...], ...]


class Quantiles(Frozen):
    """Value at a per mille of the stratum, in the smallest unit named in the comment of the entry."""

    source: str
    ordinary: tuple[tuple[int, int], ...]
    innovative: tuple[tuple[int, int], ...]
    strong: tuple[tuple[int, int], ...]

    @field_validator("ordinary", "innovative", "strong")
    @classmethod
    def _rises(cls, points: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        positions = [position for position, _ in points]
        if positions[0] != 0 or positions[-1] != 1000 or sorted(set(positions)) != positions:
            raise ValueError("quantiles need rising positions from 0 to 1000")
        return points


class Share(Frozen):
    ordinary: int
    innovative: int
    strong: int
    source: str = ""


class Missing(Frozen):
    source: str
    static: Share
    yearly: Share
    row: Share


class Weights(Frozen):
    weights: dict[str, int]


class Calibration(Frozen):
    format: Literal[1]
    title: dict[str, str]
    strata: dict[str, Stratum]
    correlations: Correlations
    quantiles: dict[str, Quantiles]
    shares: dict[str, Share]
    missing: Missing
    sectors: Weights
    regions: Weights
