"""Recognised firms looked at ahead of their re-review: who would fail today, who will at the present trend, and when.

The trend of a yearly figure is its last change repeated once (twice the last value less the one before, never below the
least possible value); what does not move by itself – statements, findings, certificates – is taken as it is. It is a
projection, told as one, and decides nothing.
"""

import os
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.assessment.relation import sql_type, title_valid_on
from littlegiant.assessment.short_reasons import ShortReasons, short_reasons
from littlegiant.assessment.whole_register import Assessment, assess
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.problems import refuse
from littlegiant.register import Register
from littlegiant.standards import Compiled
from littlegiant.words import Language


@dataclass(frozen=True, slots=True)
class Outlook:
    """One recognised firm: until when its title holds, and how it stands today and at the present trend."""

    firm: str
    until: date | None
    today: ShortReasons
    trend: ShortReasons

    @property
    def fails_today(self) -> bool:
        return self.today.outcome == "ineligible"

    @property
    def fails_at_trend(self) -> bool:
        return self.trend.outcome == "ineligible"


def outlook(
    register: Register, compiled: Compiled, pack: Pack, *, year: int, language: Language, findings: pa.Table | None = None
) -> list[Outlook]:
    """Return the outlook of every firm that holds the tier of `compiled` on its reference date, the first due first.

    `compiled` should be the rule of re-reviews. Raises where the register says nothing of titles.
    """
    tier = compiled.standard.gives.tier if compiled.standard.gives is not None else ""
    if not register.has("recognitions"):
        refuse(
            str(register.path),
            "no titles (recognitions)",
            "the titles that firms hold",
            "Map them with `titles:`.",
            code="no-titles",
        )
    with tempfile.TemporaryDirectory(prefix="littlegiant-") as scratch:
        held = _held(register, tier, compiled.reference_date)
        if not held:
            return []
        here = _part(register, held, year, Path(scratch) / "today", pack, ahead=False)
        ahead = _part(register, held, year, Path(scratch) / "trend", pack, ahead=True)
        later = replace(compiled, reference_date=_a_year_later(compiled.reference_date))
        today = _reasons(assess(here, compiled, year=year, findings=findings), pack, language)
        # Findings are about the judged year; those of today are taken to hold for the year ahead.
        trend = _reasons(assess(ahead, later, year=year + 1, findings=_moved(findings)), pack, language)
    found = [Outlook(firm, held[firm], today[firm], trend[firm]) for firm in sorted(today)]
    return sorted(found, key=lambda one: (one.until or date.max, one.firm))


def _reasons(assessment: Assessment, pack: Pack, language: Language) -> dict[str, ShortReasons]:
    return {reasons.case: reasons for reasons in short_reasons(assessment, pack, language)}


def _a_year_later(day: date) -> date:
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _moved(findings: pa.Table | None) -> pa.Table | None:
    if findings is None or "period" not in findings.column_names:
        return findings
    period = pa.array(
        [None if p is None else p + 1 for p in findings["period"].to_pylist()], findings.schema.field("period").type
    )
    return findings.set_column(findings.column_names.index("period"), "period", period)


def _held(register: Register, tier: str, day: date) -> dict[str, date | None]:
    engine = DuckDBEngine()
    engine.bind("recognitions", register.table("recognitions"))
    valid = f"tier = '{tier}' AND {title_valid_on(day)}"
    query = f'SELECT firm, max("until") AS until FROM recognitions WHERE {valid} GROUP BY firm'
    rows = engine.table(query, order=("firm",)).to_pylist()
    engine.close()
    return {row["firm"]: row["until"] for row in rows}


def _part(register: Register, firms: dict[str, date | None], year: int, to: Path, pack: Pack, *, ahead: bool) -> Register:
    """Write the part of the register that is about `firms`, with a projected year behind the last where `ahead`."""
    to.mkdir(parents=True)
    engine = DuckDBEngine()
    engine.bind("held", pa.table({"firm": pa.array(sorted(firms), pa.string())}))
    for name in ("firms", "firm_years"):
        engine.bind(name, register.table(name))
    years = "SELECT * FROM firm_years SEMI JOIN held USING (firm)"
    if ahead:
        years = f"{years} UNION ALL BY NAME ({_projected(pack, register, year)})"
    pq.write_table(engine.table(years, order=("firm", "year")), to / "firm_years.parquet")
    pq.write_table(engine.table("SELECT * FROM firms SEMI JOIN held USING (firm)", order=("firm",)), to / "firms.parquet")
    os.symlink(register.table("recognitions").resolve(), to / "recognitions.parquet")
    engine.close()
    tables = {**register.manifest["tables"], "firms": {"rows": len(firms)}}
    tables = {name: entry for name, entry in tables.items() if name in ("firms", "firm_years", "recognitions")}
    return Register(to, {**register.manifest, "tables": tables})


def _projected(pack: Pack, register: Register, year: int) -> str:
    columns = []
    schema = pq.read_schema(register.table("firm_years"))
    for name in schema.names[2:]:
        fact = pack.facts.get(name)
        value = f'y."{name}"'
        if fact is not None and (fact.type == "money" or fact.unit == "persons"):
            least = 0 if fact.least is not None or fact.type == "count" else None
            moved = f'2 * y."{name}" - COALESCE(p."{name}", y."{name}")'
            value = moved if least is None else f"greatest({moved}, {least})"
        elif fact is not None and fact.unit == "years":
            value = f'y."{name}" + 1'
        columns.append(f'CAST({value} AS {sql_type(schema.field(name).type)}) AS "{name}"')
    before = f"LEFT JOIN (SELECT * FROM firm_years WHERE year = {year - 1}) AS p ON p.firm = y.firm"
    return (
        f"SELECT y.firm, CAST({year + 1} AS BIGINT) AS year, {', '.join(columns)} FROM "
        f"(SELECT * FROM firm_years SEMI JOIN held USING (firm) WHERE year = {year}) AS y {before}"
    )
