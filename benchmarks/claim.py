"""One claim and how it is printed."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Size = Literal["small", "full"]


@dataclass(frozen=True)
class Claim:
    """`value` is held against `bar`; at the small size only correctness counts, so `holds` is None there."""

    claim: str
    value: float
    unit: str
    bar: str
    holds: bool | None
    peer: str
    size: str

    def line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def at_most(claim: str, value: float, bar: float, unit: str, peer: str, size: str, *, judged: bool) -> Claim:
    return Claim(claim, round(value, 3), unit, f"<= {bar:g}", value <= bar if judged else None, peer, size)


def at_least(claim: str, value: float, bar: float, unit: str, peer: str, size: str, *, judged: bool) -> Claim:
    return Claim(claim, round(value, 3), unit, f">= {bar:g}", value >= bar if judged else None, peer, size)
