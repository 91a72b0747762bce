"""An award call from its document to its folder: options, allocation, certificate, and what the page shows beside them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.call_solving import CallSolution, read_case_columns, solve_call
from littlegiant.allocation.gaming import Builder
from littlegiant.allocation.option_table import OptionTable, read_options
from littlegiant.allocation.problem_of_call import drawn_by_case, problem_of
from littlegiant.allocation.publishing import write_award, write_json
from littlegiant.allocation.quota import read_quotas
from littlegiant.appraisal.appraising import Appraisal, appraise
from littlegiant.digests import digest_bytes
from littlegiant.engines import WrittenTable
from littlegiant.finance import Catalogue
from littlegiant.ledger.drawing import Draw
from littlegiant.problems import refuse
from littlegiant.register import Register


@dataclass(frozen=True)
class Carried:
    """What was done: the solution, the appraisal it rests on, the tables written by name."""

    found: CallSolution
    appraisal: Appraisal
    written: Mapping[str, WrittenTable]


def carry_out(
    call: AwardCall, folder: Path, register: Register, catalogue: Catalogue, to: Path, *, year: int, draw: Draw | None = None,
    findings: pa.Table | None = None, criticality: Mapping[str, float] | None = None, simulate: int = 0, threads: int = 1,
) -> Carried:  # fmt: skip
    """Appraise and allocate the call whose paths start in `folder`; its tables and certificate appear in `to`.

    Raises with the smallest conflict where the rows cannot be met; then nothing but the options stays.
    """
    to.mkdir(parents=True, exist_ok=True)
    for old in (*to.glob("award_*.parquet"), to / "certificate.json", to / "report.html"):
        old.unlink(missing_ok=True)  # of an earlier call: nothing of it stays beside these options
    options = to / "options.parquet"
    appraisal = appraise(call, folder, register, catalogue, options, year=year, criticality=criticality, findings=findings)
    _write_attributes(to / "attributes.json", appraisal)
    quotas = read_quotas(call.quotas, folder) if call.quotas is not None else ()
    minor = catalogue.pack.header.currency.minor.per_main
    found = solve_call(call, options, appraisal.cases.texts, quotas, minor=minor, draw=draw, simulate=simulate, threads=threads)
    more: dict[str, Any] = {
        "award": call.award,
        "first_year": call.first_year,
        "unit": call.objective.unit,
        "fund_levels": {fund.fund: fund.level for fund in call.funds if fund.counts == "promised"},
        "carried": sorted(fund.fund for fund in call.funds if fund.carry_over),
    }
    more["call"] = call_digest(call)
    if found.lottery is not None:
        assert call.lottery is not None
        more["expected_value"] = found.value
        weight = None if call.merit is None else call.merit.weight
        rule = {"alpha": call.lottery.alpha, "weight": weight, "otherwise": call.score_noise}
        more["lottery"] = {**rule, "bonus": found.lottery.bonus}
    if draw is not None:
        more["draw"] = {
            "call": draw.call,
            "commitment": draw.commitment,
            "secret": draw.secret,
            "beacon": draw.beacon,
            "source": draw.source,
        }
    written = write_award(found.solved, found.told, appraisal.options.written, to, more)
    write_json(to / "means.json", {"effect": dict(appraisal.options.mean_effect), "score": appraisal.options.mean_score})
    return Carried(found, appraisal, {"options": appraisal.options.written, **written})


def call_digest(call: AwardCall) -> str:
    """Return a digest of what a call says."""
    return digest_bytes(call.model_dump_json().encode())


def _write_attributes(to: Path, appraisal: Appraisal) -> None:
    write_json(to, {name: values.tolist() for name, values in appraisal.cases.texts.items()})


def attributes_of(folder: Path) -> dict[str, Any]:
    """Return the groups of the cases as `carry_out` left them."""
    read = json.loads((folder / "attributes.json").read_text(encoding="utf-8"))
    return {name: np.array(values, np.str_) for name, values in read.items()}


def solved_again(call: AwardCall, calls: Path, folder: Path, *, minor: int, draw: Draw | None = None) -> CallSolution:
    """Return the solution of a folder, from its options and its draw; `calls`: where the paths of the call start."""
    certificate = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    if certificate["call"] != call_digest(call):
        found = "another call than the one that was allocated"
        refuse(f"award {call.award}", found, "the same document", "Give the award.yaml of the folder.", code="other-call")
    if draw is None and "draw" in certificate:
        draw = Draw(**certificate["draw"])
    quotas = read_quotas(call.quotas, calls) if call.quotas is not None else ()
    return solve_call(call, folder / "options.parquet", attributes_of(folder), quotas, minor=minor, draw=draw)


def builder_of(call: AwardCall, calls: Path, folder: Path, *, minor: int, seed: bytes | None = None) -> Builder:
    """Return what makes problems of a call for experiments on its own options."""
    table = read_options(folder / "options.parquet", attributes_of(folder))
    quotas = read_quotas(call.quotas, calls) if call.quotas is not None else ()
    tie = None if seed is None else drawn_by_case(seed, table.cases)

    def build(other: OptionTable) -> Any:
        return problem_of(call, other, quotas, minor=minor, tie=tie)

    own = read_case_columns(folder / "options.parquet", table.count, minor)
    return Builder(table, build, own.research, call.objective.unit)


def option_row(folder: Path, case: str, package: str) -> dict[str, Any]:
    """Return an option as it stands in `options.parquet`, for the question why its benefit is what it is."""
    table = pq.read_table(folder / "options.parquet", filters=[("case", "=", case), ("package", "=", package)])
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows[0] if rows else {}
