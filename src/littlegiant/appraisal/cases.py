"""The cases of an award call: projects of firms, or the firms themselves, with what limits and packages ask of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from littlegiant.documents import read_rows
from littlegiant.finance.firms import Firms
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, suggestion

_OWN = ("project", "firm")
_TOLD = 20


@dataclass(frozen=True)
class Cases:
    """In the order of their ids. row: the firm's place in `firms`. numbers: amounts and scores of the projects, NaN unknown.
    texts: attributes by name, "" unknown."""

    ids: npt.NDArray[np.object_]
    row: npt.NDArray[np.int64]
    firms: Firms
    numbers: Mapping[str, npt.NDArray[np.float64]]
    texts: Mapping[str, npt.NDArray[np.str_]]

    def __len__(self) -> int:
        return len(self.ids)


def cases_of(firms: Firms, pack: Pack, projects: Path | None, *, numbers: Collection[str] = ()) -> Cases:
    """Return the cases of `projects`, or one for each firm. Columns that hold numbers only are numbers, all others texts.

    numbers: columns in which nothing but numbers may stand. Raises for a firm that the register lacks, a project that stands
    twice, a text among those numbers.
    """
    if projects is None:
        ids, row = firms.ids, np.arange(len(firms), dtype=np.int64)
        return Cases(ids, row, firms, {}, _places(firms, row, pack, {}))
    place_of = {str(firm): at for at, firm in enumerate(firms.ids)}
    problems: list[Problem] = []
    seen: set[str] = set()
    found: list[tuple[str, int, dict[str, str]]] = []
    for place, cells in read_rows(projects, _OWN):
        project, firm = cells["project"], cells["firm"]
        if not project or project in seen:
            problems.append(
                Problem(place, f"the project {project!r} again" if project else "no project", "an id, once", "", "twice")
            )
        if ";" in project or project.startswith("carried "):
            expected = "an id without ; that does not begin with `carried `"
            problems.append(Problem(f"{place}, column project", repr(project), expected, "Give it another id.", "id"))
        if firm not in place_of:
            remedy = suggestion(firm, list(place_of)[:50_000]) or "Correct the id, or import figures of the firm for the year."
            problems.append(
                Problem(f"{place}, column firm", f"no firm {firm!r} with figures of the year", "", remedy, "unknown-firm")
            )
        for name in sorted(set(numbers) & set(cells)):
            if cells[name].strip() and _number(cells[name]) is None:
                remedy = "Give the amount in the main unit, or leave the cell empty where it is not known."
                problems.append(Problem(f"{place}, column {name}", repr(cells[name]), "a number", remedy, "type"))
        seen.add(project)
        found.append((project, place_of.get(firm, 0), cells))
        if len(problems) >= _TOLD:
            break
    if problems:
        raise LittleGiantError(problems)
    found.sort(key=lambda each: each[0])
    row = np.array([at for _, at, _ in found], np.int64)
    names = [name for name in (found[0][2] if found else {}) if name not in _OWN]
    columns = {name: [cells[name].strip() for _, _, cells in found] for name in names}
    held = {name: values for name, cells in columns.items() if (values := _numbers(cells)) is not None}
    texts = {name: np.array(cells, np.str_) for name, cells in columns.items()}  # also codes that look like numbers
    return Cases(np.array([project for project, _, _ in found], np.object_), row, firms, held, _places(firms, row, pack, texts))


def _numbers(cells: list[str]) -> npt.NDArray[np.float64] | None:
    """Return the numbers of a column, NaN where a cell is empty; None where something else stands in it."""
    read = [_number(cell) if cell else np.nan for cell in cells]
    values = np.array([np.nan if value is None else value for value in read])
    return None if None in read or np.isnan(values).all() else values


def _number(cell: str) -> float | None:
    """Return the number in a cell, commas left out; None where there is none."""
    try:
        value = float(cell.replace(",", ""))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _places(firms: Firms, row: npt.NDArray[np.int64], pack: Pack, texts: Mapping[str, Any]) -> dict[str, npt.NDArray[np.str_]]:
    """Return the texts with region, sector and size of the firm, where the projects do not say otherwise, and the area of that
    region."""
    own: dict[str, Any] = {"sector": firms.sector[row], "size": firms.size[row], "region": firms.region[row], **texts}
    codes, at = np.unique(own["region"], return_inverse=True)
    area = np.array([pack.regions[code].area if code in pack.regions else "" for code in codes.tolist()], np.str_)
    for name, flag in sorted(firms.flags.items()):
        own.setdefault(name, np.where(flag[row], "yes", "no"))
    return {**own, "area": area[at] if len(codes) else np.zeros(0, np.str_)}
