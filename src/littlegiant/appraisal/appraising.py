"""An award call appraised: the register's firms through the gate, their projects, scores and packages to a table of options."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from littlegiant.appraisal.cases import Cases, cases_of
from littlegiant.appraisal.entitlements import judge
from littlegiant.appraisal.lawful import ELIGIBLE_COST, law_of, read_undertakings
from littlegiant.appraisal.options import Judged, Options, instruments_of, write_options
from littlegiant.appraisal.positions import positions
from littlegiant.appraisal.reviews import Calibrated, calibrate, read_reviews
from littlegiant.appraisal.sections import Appraised
from littlegiant.assessment.together import assess_together
from littlegiant.finance import Catalogue
from littlegiant.problems import refuse
from littlegiant.register import Register
from littlegiant.standards import compile_applying


@dataclass(frozen=True)
class Appraisal:
    """cases: those that were appraised; scores: calibrated, where the call has reviews. gate: how many firms met it, did not,
    or are undetermined."""

    cases: Cases
    options: Options
    scores: Calibrated | None
    gate: tuple[int, int, int]


def appraise(
    call: Appraised, folder: Path, register: Register, catalogue: Catalogue, to: Path, *, year: int,
    criticality: Mapping[str, float] | None = None, findings: pa.Table | None = None,
) -> Appraisal:  # fmt: skip
    """Write the options of a call. `folder`: where its paths start. criticality: firm -> 0 to 1, for a weighted objective."""
    if call.objective.maximise == "critical" and not criticality:
        remedy = "Give the register's criticality, or choose another objective."
        refuse(
            f"award {call.award}",
            "an objective by criticality without any",
            "criticality of the firms",
            remedy,
            code="no-criticality",
        )
    firms = positions(register, catalogue, year=year)
    gate = _gate(call, register, catalogue, year, findings, len(firms))
    needed = {name for package in call.packages for name in package.requires}
    needed |= {ELIGIBLE_COST} if call.law.intensity is not None else set()
    cases = cases_of(firms, catalogue.pack, None if call.projects is None else folder / call.projects, numbers=needed)
    if call.projects is None:  # of firms without a project only those that met the gate are cases
        cases = _only(cases, gate[cases.row] == 0)
    for package in call.packages:
        for name in package.requires:
            if name not in cases.numbers:
                known = ", ".join(cases.numbers) or "none"
                refuse(
                    f"package {package.package}",
                    f"it requires {name!r}, which the projects do not have",
                    f"a number: {known}",
                    "",
                    code="unknown-name",
                )
    instruments = {each.id: each for package in call.packages for each in instruments_of(package, catalogue)}
    wanted = list(instruments.values())
    outcomes = judge(register, catalogue, wanted, firms, year=year)
    for number, each in enumerate(wanted):
        if each.entitlement == call.gate is not None:  # judged already, and with the findings
            outcomes[:, number] = gate
    named = read_undertakings(folder / call.undertakings) if call.undertakings is not None else {}
    ids = [str(firms.ids[at]) for at in cases.row]
    judged = Judged(
        gate[cases.row],
        {each.id: outcomes[cases.row, number] for number, each in enumerate(wanted)},
        np.array([(criticality or {}).get(firm, np.nan) for firm in ids], np.float64),
        np.array([named.get(firm, firm) for firm in ids], np.object_),
    )
    scores = _scores(call, folder, cases)
    law = law_of(call.law, None if call.aid is None else folder / call.aid, catalogue.on, cases, catalogue.columns.currency)
    options = write_options(call, cases, judged, catalogue, to, scores=scores, law=law)
    counted = np.bincount(gate, minlength=3)
    return Appraisal(cases, options, scores, (int(counted[0]), int(counted[1]), int(counted[2])))


def _gate(
    call: Appraised, register: Register, catalogue: Catalogue, year: int, findings: pa.Table | None, count: int
) -> npt.NDArray[np.int8]:
    """Return 0 met, 1 not met, 2 undetermined by firm."""
    if call.gate is None:
        return np.zeros(count, np.int8)
    compiled = compile_applying(catalogue.pack, call.gate, on=catalogue.on, application="new")
    table = assess_together(register, [compiled], year=year, findings=findings)
    verdict = table["v0"].combine_chunks()
    known = verdict.fill_null(False).to_numpy(zero_copy_only=False)
    return np.where(verdict.is_null().to_numpy(zero_copy_only=False), 2, np.where(known, 0, 1)).astype(np.int8)


def _only(cases: Cases, kept: npt.NDArray[np.bool_]) -> Cases:
    numbers = {name: values[kept] for name, values in cases.numbers.items()}
    return Cases(cases.ids[kept], cases.row[kept], cases.firms, numbers, {name: v[kept] for name, v in cases.texts.items()})


def _scores(call: Appraised, folder: Path, cases: Cases) -> Calibrated | None:
    if call.reviews is None:
        return None
    merit = call.merit
    scores = read_reviews(
        folder / call.reviews, None if merit is None else merit.indicators, None if merit is None else merit.scale
    )
    strange = sorted(set(scores.cases) - {str(case) for case in cases.ids})
    if strange and call.projects is not None:
        found = f"scores of {strange[0]!r}, which is no project of the call"
        refuse(call.reviews, found, "", "Correct the id, or leave its rows out.", code="unknown-case")
    return calibrate(scores)
