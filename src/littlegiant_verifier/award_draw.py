"""A lottery drawn again from what was revealed: the seed, each project's ticket, its drawn benefit.

A ticket is the SHA-256 of the seed and the project's id; its first 53 bits are a uniform number, that number's normal quantile z
moves the benefit v to v exp(s z - s² / 2). s is the spread that the options tell: of the calibrated score where scores count.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pyarrow.parquet as pq

INSIDE, SURE = ("drawn", "not drawn"), ("surely", "surely not")
MILLIONTHS = 1_000_000
_QUANTILE_95 = 1.6448536269514722
_TOLD = 5


def joined(*parts: bytes) -> bytes:
    """Return the parts, each after its length in eight bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def seed_of(draw: Mapping[str, str]) -> bytes:
    """Return the seed of a draw: call, secret and public value."""
    parts = ("littlegiant-draw:seed", draw["call"], draw["secret"], draw["beacon"])
    return hashlib.sha256(joined(*(part.encode() for part in parts))).digest()


def normal_of(seed: bytes, case: str) -> float:
    """Return the normal number that the ticket of a case gives."""
    ticket = hashlib.sha256(joined(seed, case.encode())).digest()
    uniform = (int.from_bytes(ticket[:7], "big") >> 3) / 2.0**53
    return NormalDist().inv_cdf(min(max(uniform, 1e-15), 1 - 1e-15))


def drawn_benefit(benefit: int, spread: float, z: float) -> int:
    return max(1, round(benefit * math.exp(spread * z - spread**2 / 2)))


def spread_of(option: Mapping[str, Any], weight: float | None, otherwise: float) -> float:
    """Return the spread of the logarithm of a benefit, as far as the score weighs in it."""
    score, low, high = option["score"], option["score_low"], option["score_high"]
    if not weight or score is None or low is None or high is None or score <= 0:
        return otherwise
    relative = float(weight) * (high - low) / (2 * _QUANTILE_95) / score
    return relative if relative > 0 else otherwise


def check_drawn(folder: Path, certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what was checked of a lottery and what does not hold: who was drawn among whom, and each drawn benefit to a unit.

    The probabilities are the office's; they are sealed with the tables and not recomputed here.
    """
    rule, seed = certificate["lottery"], seed_of(certificate["draw"])
    cases = {row["case"]: row for row in pq.read_table(folder / "award_cases.parquet").to_pylist()}
    alpha = rule["alpha"] * MILLIONTHS
    told = [case for case, row in cases.items() if row["ground"] in (*INSIDE, *SURE) and _in_zone(row, alpha) is not None]
    strange = [case for case in told if _in_zone(cases[case], alpha) != (cases[case]["ground"] in INSIDE)]
    yield "the lottery zone is that of the stated probabilities", ", ".join(strange[:_TOLD])
    columns = ["case", "package", "benefit", "score", "score_low", "score_high"]
    table = {(row["case"], row["package"]): row for row in pq.read_table(folder / "options.parquet", columns=columns).to_pylist()}
    wrong, largest = [], 0
    for row in pq.read_table(folder / "award_options.parquet").to_pylist():
        if row["stands_for"].startswith("carried "):
            continue
        expected, drawn = 0, 0
        for case, package in (each.rsplit("=", 1) for each in row["stands_for"].split(";")):
            option, own = table[case, package], cases[case]
            largest = max(largest, option["benefit"])
            if own["ground"] in INSIDE or (own["ground"] not in SURE and _in_zone(own, alpha)):
                spread = spread_of(option, rule["weight"], rule["otherwise"])
                expected, drawn = expected + drawn_benefit(option["benefit"], spread, normal_of(seed, case)), drawn + 1
            else:
                expected += option["benefit"] + rule["bonus"]
        if abs(row["benefit"] - expected) > drawn:
            wrong.append(row["stands_for"])
    yield "drawn benefits follow from the seed, to a unit, and those of sure winners from the bonus", ", ".join(wrong[:_TOLD])
    low = f"it is {rule['bonus']}, below a benefit of {largest}"
    yield "the bonus lifts sure winners above every benefit", "" if rule["bonus"] >= largest else low


def _in_zone(case: Mapping[str, Any], alpha: float) -> bool | None:
    """Say whether a case is neither sure of an award nor of none; None at the border, where a millionth decides."""
    probability = case["probability"]
    if probability is None or min(abs(probability - alpha), abs(probability - MILLIONTHS + alpha)) < 2:
        return None
    return bool(alpha <= probability <= MILLIONTHS - alpha)
