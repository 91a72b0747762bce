"""Problems as data: command line, form and report say the same of them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import NoReturn


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, in the user's own terms."""

    place: str  # file, row, column or criterion, as the user knows it
    found: str
    expected: str
    remedy: str = ""  # empty only when `expected` says it all
    code: str = "input"

    def __str__(self) -> str:
        if self.expected:
            sentence = f"{self.place}: found {self.found}, expected {self.expected}."
        else:
            sentence = f"{self.place}: {self.found}."
        return f"{sentence}\n  {self.remedy}" if self.remedy else sentence

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class LittleGiantError(Exception):
    """Carries every problem found at once; `exit_code` is 2 for the user's mistakes, 3 for the world's (disk, server)."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem], *, exit_code: int = 2) -> None:
        self.problems = tuple(problems)
        self.exit_code = exit_code
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refuse(place: str, found: str, expected: str = "", remedy: str = "", *, code: str = "input") -> NoReturn:
    """Raise a single problem of the user's input."""
    raise LittleGiantError([Problem(place, found, expected, remedy, code)])


def world_failed(place: str, found: str, remedy: str, *, code: str = "world") -> LittleGiantError:
    """Return the error for a failure of disk, server or memory, to be raised from its cause."""
    return LittleGiantError([Problem(place, found, "", remedy, code)], exit_code=3)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'?" for the nearest known name, or an empty text when none is near."""
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else ""
