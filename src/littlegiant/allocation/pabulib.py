"""Instances in the `.pb` format of participatory budgeting (pabulib), so that others recompute with their own tools.

The format knows one budget, one size a project and votes. Written are the options of one package against one budget: the
cost, and the benefit as the points of a single cumulative vote. Read back, a file is a problem of one row.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from littlegiant.allocation.building import loose_instance
from littlegiant.allocation.instance import ABSENT, Instance, Row
from littlegiant.allocation.option_table import OptionTable
from littlegiant.problems import refuse, suggestion


@dataclass(frozen=True)
class Election:
    """A file read: budget, projects with cost and the sum of what voters give them."""

    budget: int
    projects: tuple[str, ...]
    cost: tuple[int, ...]
    points: tuple[int, ...]

    def instance(self) -> Instance:
        """Return the problem of choosing projects of most points within the budget."""
        units = [[(points, {0: cost})] for points, cost in zip(self.points, self.cost, strict=True)]
        return loose_instance([Row("budget", None, self.budget, "money")], units, names=self.projects)


def write_pb(table: OptionTable, package: str, measure: str, budget: int, *, description: str, unit: str = "CNY/100") -> str:
    """Return the `.pb` text of one package: cost is `measure`, points of the one vote the benefit."""
    if package not in table.packages:
        remedy = suggestion(package, table.packages) or f"Packages: {', '.join(table.packages)}."
        refuse("--package", f"no package {package!r}", "", remedy, code="unknown-name")
    if measure not in table.measures:
        refuse("--measure", f"no measure {measure!r}", "", suggestion(measure, table.measures), code="unknown-name")
    p = table.packages.index(package)
    offered = np.flatnonzero((table.benefit[:, p] != ABSENT) & (table.measures[measure][:, p] > 0))
    meta = {
        "description": description,
        "unit": unit,
        "instance": package,
        "num_projects": len(offered),
        "num_votes": 1,
        "budget": budget,
        "vote_type": "cumulative",
        "rule": "greedy",
        "comment": "points of the one vote are expected benefits",
    }
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerows([["META"], ["key", "value"], *([key, str(value)] for key, value in meta.items())])
    writer.writerows([["PROJECTS"], ["project_id", "cost", "votes", "score", "name", "category"]])
    for c in offered:
        worth, cost = int(table.benefit[c, p]), int(table.measures[measure][c, p])
        writer.writerow([table.cases[c], cost, 1, worth, table.cases[c], str(table.attributes["region"][c])])
    names = ",".join(table.cases[c] for c in offered)
    points = ",".join(str(int(table.benefit[c, p])) for c in offered)
    writer.writerows([["VOTES"], ["voter_id", "vote", "points"], ["benefit", names, points]])
    return text.getvalue()


def read_pb(path: Path) -> Election:
    """Return the election of a `.pb` file; approval votes count one point each, other types what they give."""
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] = []
    if not path.is_file():
        refuse(str(path), "no such file", "a .pb file", code="no-file")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        refuse(path.name, "a text that is not UTF-8", "UTF-8", "Save it as UTF-8.", code="encoding")
    for line in csv.reader(lines, delimiter=";"):
        if len(line) == 1 and line[0].strip().upper() in ("META", "PROJECTS", "VOTES"):
            current = sections.setdefault(line[0].strip().upper(), [])
        elif line:
            current.append(line)
    for name in ("META", "PROJECTS"):
        if len(sections.get(name, [])) < 2:
            refuse(path.name, f"no section {name}", "META, PROJECTS and VOTES", code="columns")
    meta = {row[0].strip(): row[1].strip() for row in sections["META"][1:] if len(row) > 1}
    head = [cell.strip() for cell in sections["PROJECTS"][0]]
    for name in ("project_id", "cost"):
        if name not in head:
            refuse(f"{path.name}, PROJECTS", f"no column {name}", "project_id and cost", suggestion(name, head), code="columns")
    _same_width(path, "PROJECTS", sections["PROJECTS"])
    _same_width(path, "VOTES", sections.get("VOTES", []))
    projects = [row[head.index("project_id")].strip() for row in sections["PROJECTS"][1:]]
    cost = [_whole(path, f"cost of {row[0]}", row[head.index("cost")]) for row in sections["PROJECTS"][1:]]
    points = dict.fromkeys(projects, 0)
    if len(points) < len(projects):
        twice = next(name for name in projects if projects.count(name) > 1)
        refuse(f"{path.name}, PROJECTS", f"the project {twice!r} again", "each once", "Leave one out.", code="twice")
    votes = sections.get("VOTES", [])
    for row in votes[1:]:
        _count(path, votes[0], row, points)
    return Election(
        _whole(path, "budget", meta.get("budget", "")), tuple(projects), tuple(cost), tuple(points[p] for p in projects)
    )


def _count(path: Path, head: Sequence[str], row: Sequence[str], points: dict[str, int]) -> None:
    names = [cell.strip() for cell in head]
    if "vote" not in names:
        refuse(f"{path.name}, VOTES", "no column vote", "voter_id and vote", suggestion("vote", names), code="columns")
    chosen = [name.strip() for name in row[names.index("vote")].split(",") if name.strip()]
    listed = [value for value in row[names.index("points")].split(",") if value.strip()] if "points" in names else []
    given = listed if "points" in names else ["1"] * len(chosen)
    if len(given) != len(chosen):
        found = f"{len(chosen)} projects with {len(given)} points"
        refuse(f"{path.name}, VOTES", found, "as many points as projects", "Correct the vote.", code="columns")
    for name, value in zip(chosen, given, strict=True):
        if name not in points:
            refuse(
                f"{path.name}, VOTES",
                f"a vote for {name!r}, which is no project",
                "",
                suggestion(name, points),
                code="unknown-name",
            )
        points[name] += _whole(path, f"points of {name}", value)


def _whole(path: Path, what: str, text: str) -> int:
    try:
        value = float(text.strip())
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf") or value != int(value):
        refuse(f"{path.name}, {what}", repr(text), "a whole number, 0 or more", code="range")
    return int(value)


def _same_width(path: Path, section: str, rows: Sequence[Sequence[str]]) -> None:
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]):
            found = f"{len(row)} cells in entry {number}"
            refuse(f"{path.name}, {section}", found, f"{len(rows[0])}, as in its head", "Correct the line.", code="columns")
