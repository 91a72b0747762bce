"""A draw that can be checked: commit to a secret, reveal it later, mix it with public randomness nobody had before.

Before the deadline the office publishes the commitment, the SHA-256 of `littlegiant-draw:commit`, the call and the secret. After
the deadline a public value appears that the office cannot choose (a state lottery's numbers, a randomness beacon). The seed of
the draw is the SHA-256 of `littlegiant-draw:seed`, the call, the revealed secret and that value; each subject's ticket is
the SHA-256 of the seed and its id. Parts are joined by their length and their bytes, so that no two inputs collide by running
into each other. Whoever knew the secret could not know the value, whoever knew the value could not change the secret.
"""

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from littlegiant.problems import LittleGiantError, Problem, refuse

SECRET_BYTES = 32


@dataclass(frozen=True)
class Draw:
    """All that a check needs. beacon: the public value, as it was published; source: where, and for which moment."""

    call: str
    commitment: str
    secret: str
    beacon: str
    source: str

    @property
    def seed(self) -> bytes:
        return hashlib.sha256(_joined("littlegiant-draw:seed", self.call, self.secret, self.beacon)).digest()


def new_secret() -> str:
    """Return a fresh secret in hexadecimal; keep it closed until the deadline has passed."""
    return secrets.token_hex(SECRET_BYTES)


def commitment_of(call: str, secret: str) -> str:
    """Return what to publish before the deadline."""
    _check_secret(secret)
    return hashlib.sha256(_joined("littlegiant-draw:commit", call, secret)).hexdigest()


def reveal(call: str, commitment: str, secret: str, beacon: str, source: str = "") -> Draw:
    """Return the draw, or refuse a secret that is not the one committed to."""
    if commitment_of(call, secret) != commitment.strip().lower():
        refuse(
            "secret",
            "a secret that does not give the published commitment",
            f"one whose commitment is {commitment}",
            "Check the call's name and the secret; a draw with another secret is no draw of this call.",
            code="commitment",
        )
    if not beacon.strip():
        refuse("beacon", "no public value", "the value that was published after the deadline", "", code="beacon")
    return Draw(call, commitment.strip().lower(), secret, beacon.strip(), source)


def tickets(seed: bytes, subjects: Iterable[str]) -> list[bytes]:
    """Return the ticket of each subject: 32 bytes, compared as they stand."""
    return [hashlib.sha256(_joined(seed, subject)).digest() for subject in subjects]


def order(seed: bytes, subjects: Sequence[str]) -> list[str]:
    """Return the subjects in the order of their tickets; refuses one that stands twice."""
    twice = [subject for subject, count in Counter(subjects).items() if count > 1]
    if twice:
        raise LittleGiantError([Problem("draw", f"{each!r} twice", "each once", "Leave one out.", "twice") for each in twice])
    return [subject for _, subject in sorted(zip(tickets(seed, subjects), subjects, strict=True))]


def uniforms(seed: bytes, subjects: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) for each subject: the first 53 bits of its ticket."""
    heads = [int.from_bytes(ticket[:7], "big") >> 3 for ticket in tickets(seed, subjects)]
    return np.array(heads, np.float64) / 2.0**53


@dataclass(frozen=True)
class DrawCheck:
    """outcome of recomputing a published draw: `exact`, or where it first differs."""

    outcome: Literal["exact", "differs"]
    found: str = ""


def check_draw(draw: Draw, published: Sequence[str]) -> DrawCheck:
    """Recompute the order of a published draw from what was revealed."""
    if commitment_of(draw.call, draw.secret) != draw.commitment:
        return DrawCheck("differs", "the secret does not give the commitment")
    again = order(draw.seed, sorted(published))
    for place, (one, other) in enumerate(zip(published, again, strict=True), start=1):
        if one != other:
            return DrawCheck("differs", f"place {place} has {one}, the tickets give {other}")
    return DrawCheck("exact")


def _check_secret(secret: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{64}", secret):
        remedy = "Make one with `littlegiant draw commit`."
        refuse("secret", "a secret of another form", "64 hexadecimal digits", remedy, code="secret")


def _joined(*parts: str | bytes) -> bytes:
    pieces = []
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode()
        pieces.append(len(data).to_bytes(8, "big") + data)
    return b"".join(pieces)
