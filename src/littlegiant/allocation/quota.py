"""Quotas by group: read from a file, or apportioned by a published formula."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from littlegiant.allocation.award import Formula, Quotas
from littlegiant.documents import read_rows
from littlegiant.problems import LittleGiantError, Problem, refuse


@dataclass(frozen=True)
class Quota:
    """Limits of one group, in numbers or main units; at_least is 0 where nothing is guaranteed."""

    group: str
    at_most: float
    at_least: float = 0.0


def read_quotas(quotas: Quotas, folder: Path) -> tuple[Quota, ...]:
    """Return the quotas of a call in the order of the groups' names."""
    path = folder / quotas.file
    if quotas.formula is not None:
        basis = _basis(path, tuple(quotas.formula.columns))
        return tuple(Quota(group, float(seats)) for group, seats in apportioned(basis, quotas.formula).items())
    found: dict[str, Quota] = {}
    problems: list[Problem] = []
    for place, row in read_rows(path, ("group", "at_most"), ("at_least",)):
        most, least = (_number(place, name, row.get(name) or "0", problems) for name in ("at_most", "at_least"))
        if row["group"] in found:
            problems.append(Problem(place, f"the group {row['group']!r} again", "each once", "Leave one out.", "twice"))
        if least > most:
            problems.append(Problem(place, f"at least {least:g}, at most {most:g}", "a floor not above the ceiling", "", "floor"))
        found[row["group"]] = Quota(row["group"], most, least)
    _told(problems, path, bool(found))
    return tuple(found[group] for group in sorted(found))


def apportioned(basis: Mapping[str, Mapping[str, float]], formula: Formula) -> dict[str, int]:
    """Return whole numbers that sum to the total: `at_least` for everybody, the rest by weighted shares, then remainders.

    Shares are exact fractions of the figures as written, so that no machine rounds them another way.
    """
    groups = sorted(basis)
    if formula.at_least * len(groups) > formula.total:
        found = f"at least {formula.at_least} for each of {len(groups)} groups, of {formula.total}"
        refuse("quotas", found, "a total that suffices", "Raise the total or lower `at_least:`.", code="floor")
    sums = {name: sum(Fraction(str(basis[group][name])) for group in groups) for name in formula.columns}
    weight = sum(Fraction(str(each)) for each in formula.columns.values())
    for name, total in sums.items():
        if total <= 0:
            refuse("quotas", f"a column {name!r} that sums to nothing", "figures above 0", "", code="range")
    rest = formula.total - formula.at_least * len(groups)
    exact = {}
    for group in groups:
        parts = (Fraction(str(w)) * Fraction(str(basis[group][name])) / sums[name] for name, w in formula.columns.items())
        exact[group] = rest * sum(parts) / weight
    seats = {group: int(share) for group, share in exact.items()}
    left = rest - sum(seats.values())
    for group in sorted(groups, key=lambda each: (-(exact[each] - seats[each]), each))[:left]:
        seats[group] += 1
    return {group: seats[group] + formula.at_least for group in groups}


def _basis(path: Path, columns: tuple[str, ...]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    problems: list[Problem] = []
    for place, row in read_rows(path, ("group", *columns)):
        if row["group"] in found:
            problems.append(Problem(place, f"the group {row['group']!r} again", "each once", "Leave one out.", "twice"))
        found[row["group"]] = {name: _number(place, name, row[name], problems) for name in columns}
    _told(problems, path, bool(found))
    return found


def _number(place: str, name: str, text: str, problems: list[Problem]) -> float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        problems.append(Problem(f"{place}, column {name}", repr(text), "0 or more", "Correct the cell.", "range"))
        return 0.0
    return value


def _told(problems: list[Problem], path: Path, any_row: bool) -> None:
    if problems:
        raise LittleGiantError(problems[:20])
    if not any_row:
        refuse(path.name, "no rows", "one a group", "", code="empty")
