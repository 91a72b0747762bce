"""`programme.yaml`: the one file that starts a round, of a recognition call or of an award call."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from littlegiant.documents import Document, Frozen, read_document


class Programme(Frozen):
    """What is judged, by which text, on which day. Paths are relative to the file."""

    format: Literal[1]
    programme: str
    title: dict[str, str] = {}
    call: Literal["recognition", "award"] = "recognition"
    pack: str
    application: str
    reference_date: date
    year: int
    register_: str = Field(alias="register")
    standard: str
    version: str | None = None
    notices: tuple[str, ...] | None = None
    acts: str | None = None
    exercise: dict[str, str] = {}
    keep_register: bool | None = None
    money: bool = False  # whether the round says what firms may claim and what it is worth
    award: str | None = None  # the award call, where the round allocates a budget
    supply: str | None = None  # the supply file, where the round says how critical firms are
    seed: int = 0


def read_programme(path: Path) -> Document[Programme]:
    """Return the programme at `path`; raises with all its problems at once."""
    return read_document(path, Programme)
