"""What an allocation leaves behind for the three who check it: everybody, the firm, the auditor.

Everybody: rows with prices, bounds and totals, winners with what they get, the certificate. A firm: its own options and the
price list. The auditor: every option with its uses, from which the bound follows again. The independent verifier reads these.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from littlegiant.allocation.call_units import uses_of
from littlegiant.allocation.instance import ABSENT, Floats
from littlegiant.allocation.outcome import Solved
from littlegiant.digests import digest_json
from littlegiant.engines import ParquetSink, WrittenTable

MILLIONTHS = 1_000_000
KEYS = {
    "award_rows": ("row",),
    "award_winners": ("case",),
    "award_cases": ("case",),
    "award_options": ("unit", "option"),
    "award_uses": ("unit", "option", "row"),
    "options": ("case", "package"),
}


@dataclass(frozen=True)
class Told:
    """What the tables say besides the solution: by case firm, probability of selection and why options were dropped."""

    firm: tuple[str, ...]
    probability: Floats
    rule: tuple[str, ...]
    propensity: Floats | None = None  # of the mechanism with its draw, where it was simulated


def rows_table(solved: Solved) -> pa.Table:
    """Return every row with its bounds, total and price; `numerator` over 2 ** exponent is benefit per unit of the row."""
    certificate, instance = solved.certificate, solved.allocation.instance
    return pa.table(
        {
            "row": pa.array(range(len(instance.rows)), pa.int64()),
            "name": [row.id for row in instance.rows],
            "kind": [each.kind for each in solved.call.counted],
            "unit": [row.unit for row in instance.rows],
            "floor": pa.array([row.floor for row in instance.rows], pa.int64()),
            "ceiling": pa.array([row.ceiling for row in instance.rows], pa.int64()),
            "use": pa.array(certificate.use, pa.int64()),
            "numerator": pa.array(certificate.prices.numerator, pa.int64()),
            "exponent": pa.array([certificate.prices.exponent] * len(instance.rows), pa.int64()),
        }
    )


def winners_table(solved: Solved, told: Told) -> pa.Table:
    """Return who gets which package and what is promised by level and year."""
    won = np.flatnonzero(solved.package >= 0)
    names = sorted(name for name in solved.table.measures if name.startswith("paid_"))
    columns: dict[str, Any] = {
        "case": [solved.table.cases[c] for c in won],
        "firm": [told.firm[c] for c in won],
        "package": [solved.table.packages[solved.package[c]] for c in won],
        "committed": pa.array(solved.table.measures["committed"][won, solved.package[won]], pa.int64()),
    }
    columns |= {name: pa.array(solved.table.measures[name][won, solved.package[won]], pa.int64()) for name in names}
    return pa.table(columns)


def cases_table(solved: Solved, told: Told) -> pa.Table:
    """Return what everybody gets and why; amounts of benefit in millionths of its unit, null where a case has no option."""

    def scaled(values: Floats) -> pa.Array:
        finite = np.isfinite(values)
        whole = np.rint(np.where(finite, values, 0.0) * MILLIONTHS)
        return pa.array(np.clip(whole, -(2**62), 2**62).astype(np.int64), pa.int64(), mask=~finite)

    rows = np.arange(solved.table.count)
    got = solved.package
    at = np.where(got >= 0, got, np.maximum(solved.best, 0))
    known = (got >= 0) | (solved.best >= 0)

    def named(numbers: Any) -> list[str | None]:
        return [solved.table.packages[p] if p >= 0 else None for p in numbers.tolist()]

    benefit = solved.table.benefit[rows, at].astype(np.float64)
    return pa.table(
        {
            "case": list(solved.table.cases),
            "firm": list(told.firm),
            "package": pa.array(named(got), pa.string()),
            "best": pa.array(named(solved.best), pa.string()),
            "benefit": pa.array(np.where(known, benefit, 0).astype(np.int64), pa.int64(), mask=~known),
            "cost": scaled(np.where(known, solved.cost[rows, at], np.nan)),
            "theta": scaled(solved.theta),
            "regret": scaled(solved.regret),
            "probability": scaled(told.probability),
            "ground": [str(each) for each in solved.ground],
            "rule": list(told.rule),
            "rank": pa.array(solved.rank, pa.int64()),
            "propensity": scaled(np.full(solved.table.count, np.nan) if told.propensity is None else told.propensity),
        }
    )


def audit_tables(solved: Solved) -> tuple[pa.Table, pa.Table]:
    """Return every unit's options with what they stand for, and their uses of rows: what the bound follows from."""
    instance, call = solved.allocation.instance, solved.call
    part = instance.loosened(np.arange(instance.units, dtype=np.int64))
    owner = np.repeat(np.arange(len(part)), np.diff(part.option_start))
    given = instance.origin[owner]
    chosen = solved.allocation.chosen
    assert chosen is not None
    single, packages = call.single, solved.table.packages
    stands = []
    for place, slot in zip(given.tolist(), part.slot.tolist(), strict=True):
        if place < len(single):
            stands.append(f"{solved.table.cases[single[place]]}={packages[slot]}")
        elif place < len(single) + len(call.meaning):
            stands.append(";".join(f"{solved.table.cases[c]}={packages[p]}" for c, p in call.meaning[place - len(single)][slot]))
        else:
            fund, year, amount = call.carried[place - len(single) - len(call.meaning)]
            stands.append(f"carried {fund} {year} {amount}")
    options = pa.table(
        {
            "unit": pa.array(given, pa.int64()),
            "option": pa.array(part.slot, pa.int64()),
            "stands_for": stands,
            "benefit": pa.array(part.benefit, pa.int64()),
            "chosen": pa.array(chosen[given] == part.slot, pa.bool_()),
        }
    )
    lengths = np.diff(part.use_start)
    uses = pa.table(
        {
            "unit": pa.array(np.repeat(given, lengths), pa.int64()),
            "option": pa.array(np.repeat(part.slot, lengths), pa.int64()),
            "row": pa.array(part.row, pa.int64()),
            "use": pa.array(part.use, pa.int64()),
        }
    )
    return options, uses


def certificate_of(solved: Solved, digests: Mapping[str, str], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the certificate: the bound as a fraction, the gap and its two parts, and the digests of all tables."""
    certificate = solved.certificate
    bottom = 2**certificate.prices.exponent
    slack = sum(certificate.slack)
    return {
        "status": solved.allocation.status,
        "value": certificate.value,
        "bound": [int(certificate.bound * bottom), certificate.prices.exponent],
        "gap": [int(certificate.gap * bottom), certificate.prices.exponent],
        "regrets": [int(certificate.regrets * bottom), certificate.prices.exponent],
        "slack": [int(slack * bottom), certificate.prices.exponent],
        "off_price": len(certificate.off_price),
        "winners": solved.winners,
        "cases": solved.table.count,
        "digests": dict(sorted(digests.items())),
        **more,
    }


def write_table(folder: Path, name: str, table: pa.Table) -> WrittenTable:
    """Write a table in the order of its key, beside its place first."""
    ordered = table.sort_by([(column, "ascending") for column in KEYS[name]])
    with ParquetSink(folder / f"{name}.parquet", ordered.schema, KEYS[name]) as sink:
        for batch in ordered.combine_chunks().to_batches():
            sink.add(batch)
    return sink.written()


def write_award(solved: Solved, told: Told, options: WrittenTable, to: Path, more: Mapping[str, Any]) -> dict[str, WrittenTable]:
    """Write the tables of an allocation and its certificate into `to`."""
    written = {
        "award_rows": write_table(to, "award_rows", rows_table(solved)),
        "award_winners": write_table(to, "award_winners", winners_table(solved, told)),
        "award_cases": write_table(to, "award_cases", cases_table(solved, told)),
    }
    for name, table in zip(("award_options", "award_uses"), audit_tables(solved), strict=True):
        written[name] = write_table(to, name, table)
    digests = {name: each.digest for name, each in written.items()} | {"options": options.digest}
    write_json(to / "certificate.json", certificate_of(solved, digests, more))
    return written


def write_json(to: Path, value: Mapping[str, Any]) -> None:
    """Write JSON beside its place and rename it."""
    beside = to.with_name(f".{to.name}.part")
    beside.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(beside, to)


def firm_file(solved: Solved, case: int, terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a firm gets to check its own case: its options with their uses, what it got, the digest of the price list."""
    table, call = solved.table, solved.call
    options = []
    for p, package in enumerate(table.packages):
        if table.benefit[case, p] == ABSENT:
            continue
        uses = {str(k): use for k, use in uses_of(table, call.counted, int(call.cell[case]), case, p).items()}
        options.append({"package": package, "benefit": int(table.benefit[case, p]), "uses": uses})
    got = int(solved.package[case])
    rows = rows_table(solved).select(["row", "name", "numerator", "exponent"]).to_pylist()
    return {
        "case": table.cases[case],
        "options": options,
        "got": table.packages[got] if got >= 0 else None,
        "ground": str(solved.ground[case]),
        "undertaking": bool(case not in set(call.single.tolist())),
        "rank": int(solved.rank[case]),
        "prices": digest_json(rows),
        **terms,
    }
