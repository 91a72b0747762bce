"""Parameters with their sources: who is meant, low, mode and high, the horizon, how far the source saw things move, the
evidence.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion

Grade = Literal["A", "B", "C", "D"]
# How far a kind of evidence is from an experiment on firms like these.
_GRADES: dict[str, Grade] = {
    "regression discontinuity": "A",
    "difference in differences": "A",
    "difference in discontinuities": "A",
    "instrumental variables": "A",
    "quasi-experiment": "A",
    "bunching": "A",
    "structural": "B",
    "meta": "B",
    "matching": "C",
    "panel": "C",
    "credit-scoring model": "C",
    "statistics": "C",
    "rule": "B",
}  # everything else, as synthesis and assumption, is D


@dataclass(frozen=True, slots=True)
class Parameter:
    """A triangular distribution with its source. `limit`: largest log change of the user cost that the source observed."""

    id: str
    population: str
    low: float
    mode: float
    high: float
    unit: str
    horizon: str
    limit: float | None
    source: str
    evidence: str
    status: str

    @property
    def grade(self) -> Grade:
        return _GRADES.get(self.evidence, "D")


def read_parameters(path: Path | None = None) -> dict[str, Parameter]:
    """Return the parameters of a CSV, or those that ship. Refuses every one without a source or with numbers out of order."""
    if path is None:
        text = resources.files("littlegiant.finance.response").joinpath("parameters.csv").read_text(encoding="utf-8")
        name = "parameters.csv"
    elif not path.is_file():
        refuse(str(path), "no such file", "a CSV of parameters", code="no-file")
    else:
        text, name = path.read_text(encoding="utf-8-sig"), path.name
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    reader = csv.DictReader(text.splitlines())
    lacking = {"id", "low", "mode", "high", "source"} - set(reader.fieldnames or [])
    if lacking:
        refuse(name, f"no column {', '.join(sorted(lacking))}", "id, low, mode, high, source", code="columns")
    for row in reader:
        place = f"{name}, row {reader.line_num}"
        made = _parameter(row, place, problems)
        if made is not None and made.id in found:
            problems.append(Problem(place, f"the parameter {made.id!r} again", "each once", "Leave one out.", "twice"))
        elif made is not None:
            found[made.id] = made
    if problems:
        raise LittleGiantError(problems)
    return found


def _parameter(row: Mapping[str, str], place: str, problems: list[Problem]) -> Parameter | None:
    if not (row.get("source") or "").strip():
        found = f"the parameter {row.get('id')!r} without a source"
        problems.append(Problem(place, found, "who found it, where", "Name the source or leave it out.", "no-source"))
        return None
    if not row.get("id"):
        problems.append(Problem(place, "a parameter without an id", "its id", "", "no-id"))
        return None
    given = [bool(row.get(column)) for column in ("low", "mode", "high")]
    if not any(given):
        return None  # a finding of which only the sign is known
    if not all(given):
        problems.append(Problem(place, "some of low, mode and high", "all three, or none", "", "order"))
        return None
    try:
        low, mode, high = (float(row[name]) for name in ("low", "mode", "high"))
        limit = float(row["limit"]) if row.get("limit") else None
    except ValueError:
        problems.append(Problem(place, "a text among the numbers", "low, mode, high, limit", "", "type"))
        return None
    if not (math.isfinite(low) and math.isfinite(high) and low <= mode <= high):
        problems.append(Problem(place, f"{low:g}, {mode:g}, {high:g}", "low, mode and high that rise", "", "order"))
        return None
    texts = (row.get(name) or "" for name in ("unit", "horizon"))
    unit, horizon = texts
    return Parameter(
        row["id"],
        row.get("population") or "",
        low,
        mode,
        high,
        unit,
        horizon,
        limit,
        row["source"],
        row.get("evidence") or "",
        row.get("status") or "",
    )


def chosen(parameters: Mapping[str, Parameter], names: Sequence[str]) -> list[Parameter]:
    """Return the parameters called `names`; raises with the nearest name."""
    for name in names:
        if name not in parameters:
            remedy = suggestion(name, parameters) or "A parameter without a source is not computed with."
            refuse("parameters", f"no parameter {name!r}", "", remedy, code="unknown-name")
    return [parameters[name] for name in names]


def worst_grade(parameters: Sequence[Parameter]) -> Grade:
    """Return the grade of a headline: that of its weakest parameter."""
    grades: list[Grade] = [each.grade for each in parameters] or ["D"]
    return max(grades)
