"""Two judgements held against each other: whose result changed, and whether data, findings or the rule changed it.

A cause is not guessed but tried: the second side's data, findings and rule are put into the first side one at a time
and everything is judged again. What alone turns the first result into the second is the cause; where nothing alone
does, it took several together.
"""

from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa

from littlegiant.assessment.whole_register import Assessment, assess
from littlegiant.engines import DuckDBEngine
from littlegiant.register import Register
from littlegiant.standards import Compiled

Cause = Literal["data", "finding", "rule", "several", "entered", "left"]
_PARTS = ("data", "finding", "rule")


@dataclass(frozen=True)
class Side:
    """What one judgement rests on."""

    register: Register
    year: int
    findings: pa.Table
    compiled: Compiled

    def judged(self) -> Assessment:
        return assess(self.register, self.compiled, year=self.year, findings=self.findings, digest=False)


@dataclass(frozen=True)
class Comparison:
    """`changed` has one row a case whose result differs: before, after, cause, failed_before and failed_after as ids.

    `flows` counts every case: before, after, cause (empty where nothing changed). A result is an outcome, for an
    undetermined one with what is open: eligible, ineligible, open_finding, open_data; absent where a side lacks the firm.
    """

    changed: pa.Table
    flows: pa.Table

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{r['before']}</td><td>{r['after']}</td><td>{r['cause']}</td><td>{r['cases']:,}</td></tr>"
            for r in self.flows.to_pylist()
        )
        head = "".join(f"<th>{name}</th>" for name in ("before", "after", "cause", "firms"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def compare(first: Side, second: Side) -> Comparison:
    """Return whose result changed from `first` to `second`, and why."""
    switched = {
        "data": replace(first, register=second.register, year=second.year),
        "finding": replace(first, findings=second.findings),
        "rule": replace(first, compiled=second.compiled),
    }
    same = {
        "data": first.register.digest == second.register.digest and first.year == second.year,
        "finding": first.findings.equals(second.findings),
        "rule": first.compiled.fingerprint == second.compiled.fingerprint,
    }
    engine = DuckDBEngine()
    before, after = first.judged(), second.judged()
    for name, judged in (("before", before), ("after", after)):
        engine.bind(name, judged.source)
    tried = [part for part in _PARTS if not same[part]]
    for part in tried:
        engine.bind(f"only_{part}", switched[part].judged().source)
    flows, changed = _queries(tried, before.compiled, after.compiled)
    table = engine.table(changed, order=('"case"',))
    counts = engine.table(flows, order=("before", "after", "cause"))
    engine.close()
    return Comparison(_with_ids(table, before.compiled, after.compiled), counts)


def _queries(tried: list[str], first: Compiled, second: Compiled) -> tuple[str, str]:
    result = "CASE WHEN {0}.\"case\" IS NULL THEN 'absent' WHEN {0}.outcome = 'undetermined' THEN {1} ELSE {0}.outcome END"
    opened = "CASE WHEN {0}.open = 'finding' THEN 'open_finding' ELSE 'open_data' END"

    def of(side: str) -> str:
        return result.format(side, opened.format(side))

    alone = [f"WHEN {of(f'only_{part}')} = {of('after')} THEN '{part}'" for part in tried]
    cause = (
        f"CASE WHEN {of('before')} = {of('after')} THEN '' WHEN before.\"case\" IS NULL THEN 'entered' "
        f"WHEN after.\"case\" IS NULL THEN 'left' {' '.join(alone)} ELSE 'several' END"
    )
    joins = " ".join(f'LEFT JOIN only_{part} ON only_{part}."case" = COALESCE(before."case", after."case")' for part in tried)
    sides = f'before FULL JOIN after ON after."case" = before."case" {joins}'
    both = (("before", first), ("after", second))
    sets = [f"{side}.{name} AS {side}_{name}" for side, compiled in both for name in compiled.slots.columns("failed")]
    every = (
        f'SELECT COALESCE(before."case", after."case") AS "case", {of("before")} AS before, {of("after")} AS after, '
        f"{cause} AS cause, {', '.join(sets)} FROM {sides}"
    )
    return (
        f"SELECT before, after, cause, count(*) AS cases FROM ({every}) GROUP BY before, after, cause",
        f"SELECT * FROM ({every}) WHERE cause <> ''",
    )


def _with_ids(table: pa.Table, before: Compiled, after: Compiled) -> pa.Table:
    """Turn the sets of failed conditions into their ids."""
    columns = {name: table[name] for name in ("case", "before", "after", "cause")}
    for side, compiled in (("before", before), ("after", after)):
        names = compiled.slots.columns("failed")
        rows = table.select([f"{side}_{name}" for name in names]).to_pylist()
        ids = [compiled.slots.read("failed", {name: row[f"{side}_{name}"] or 0 for name in names}) for row in rows]
        columns[f"failed_{side}"] = pa.array(ids, pa.list_(pa.string()))
    return pa.table(columns)
