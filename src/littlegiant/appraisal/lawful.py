"""Legal filters before the solve: aid of all levels together, and what an undertaking may still receive as small aid.

Ties: aid at a ceiling is within it. An option that would break a ceiling is dropped whole, with the rule's name: an award call
offers packages, not what would be left of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from littlegiant.appraisal.cases import Cases
from littlegiant.appraisal.sections import Limits
from littlegiant.documents import read_rows
from littlegiant.finance.aid_files import read_aids
from littlegiant.finance.cumulation import Aid
from littlegiant.finance.firms import BoolArray
from littlegiant.problems import LittleGiantError, Problem, refuse

ELIGIBLE_COST = "eligible_cost"


@dataclass(frozen=True)
class Law:
    """received: grant equivalents by undertaking and the cost they are for ("" not told), small: small aid of the last three
    years by undertaking; in the main unit."""

    limits: Limits
    received: Mapping[tuple[str, str], float]
    small: Mapping[str, float]


def law_of(limits: Limits, aid: Path | None, on: date, cases: Cases, currency: str = "") -> Law | None:
    """Return the law as it stands for the cases of a call; None where the call sets no ceiling.

    Aid whose `cost` names a project counts against that project's intensity, aid that names no cost against all projects of its
    undertaking, aid for another cost against none.
    """
    if limits.intensity is None and limits.small_aid is None:
        return None
    if limits.intensity is not None and ELIGIBLE_COST not in cases.numbers:
        found = f"a ceiling on intensity without a column {ELIGIBLE_COST}"
        refuse("projects", found, "the eligible cost of every project", "Add the column in the main unit.", code="no-cost")
    given = read_aids(aid) if aid is not None else {}
    given = {name: [each for each in own if each.status == "received"] for name, own in given.items()}
    for name, own in given.items():
        strange = sorted({each.currency for each in own} - {"", currency})
        if strange:
            refuse(f"aid of {name}", f"amounts in {strange[0]}", currency, "Convert by a dated rate first.", code="currency")
    received: dict[tuple[str, str], float] = {}
    for name, own in given.items():
        for each in own:
            received[name, each.cost] = received.get((name, each.cost), 0.0) + each.equivalent
    small = {name: sum(each.equivalent for each in own if each.small_aid and _counts(each, on)) for name, own in given.items()}
    return Law(limits, received, small)


def _counts(aid: Aid, on: date) -> bool:
    """Say whether aid was granted in the three years that end on the day."""
    start = on.replace(year=on.year - 3, day=28) if (on.month, on.day) == (2, 29) else on.replace(year=on.year - 3)
    return start < aid.granted_on <= on


def dropped_by_law(
    law: Law, undertaking: npt.NDArray[np.object_], cases: Cases, rows: npt.NDArray[np.int64], gross: npt.NDArray[np.float64]
) -> list[tuple[str, BoolArray]]:
    """Return the rules with the cases that each shuts out."""
    found: list[tuple[str, BoolArray]] = []
    if law.limits.intensity is not None:
        cost = cases.numbers[ELIGIBLE_COST][rows]
        projects = zip(undertaking, cases.ids[rows], strict=True)
        before = np.array([_received(law, str(name), str(project)) for name, project in projects])
        found.append((f"{ELIGIBLE_COST} not given", np.isnan(cost)))
        found.append((f"intensity above {law.limits.intensity:g}", gross + before > law.limits.intensity * cost * (1 + 1e-12)))
    if law.limits.small_aid is not None:
        before = np.array([law.small.get(str(name), 0.0) for name in undertaking])
        found.append((f"small aid above {law.limits.small_aid:,.0f}", gross + before > law.limits.small_aid * (1 + 1e-12)))
    return found


def _received(law: Law, undertaking: str, project: str) -> float:
    return law.received.get((undertaking, ""), 0.0) + law.received.get((undertaking, project), 0.0)


def read_undertakings(path: Path) -> dict[str, str]:
    """Return the undertaking of each firm that a CSV (firm, undertaking) names."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for place, row in read_rows(path, ("firm", "undertaking")):
        if row["firm"] in found:
            problems.append(Problem(place, f"the firm {row['firm']!r} again", "each once", "Leave one out.", "twice"))
        found[row["firm"]] = row["undertaking"] or row["firm"]
    if problems:
        raise LittleGiantError(problems[:20])
    return found
