"""Judge a register where it lies, in a database: one query there, only the results come over."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa

from littlegiant.assessment.relation import Subjects, empty_findings
from littlegiant.assessment.whole_register import Assessment, with_keys
from littlegiant.digests import KeyOrder
from littlegiant.engines import ParquetSink
from littlegiant.problems import refuse
from littlegiant.register.database import DatabaseRegister
from littlegiant.standards import Compiled, query


def assess_in_database(
    register: DatabaseRegister,
    compiled: Compiled,
    *,
    year: int,
    findings: pa.Table | None = None,
    to: Path | None = None,
    digest: bool = True,
) -> Assessment:
    """Judge every firm that has figures for `year`; the rows and their digest are those of `assess` (tested)."""
    given = findings if findings is not None else empty_findings()
    subjects = Subjects(register, compiled, year, given)
    batches = _judged(register, subjects)
    first = next(batches, None)
    if first is None:
        refuse(str(register.path), f"no firm with figures for {year}", "", "Correct --year, or load that year.", code="no-year")
    if to is None:
        order = KeyOrder(("case",))
        table = pa.Table.from_batches([order.checked(batch) for batch in chain([first], batches)])
        return Assessment(register, compiled, year, given, None, table)
    with ParquetSink(to, first.schema, ("case", "standard", "version", "application", "year"), digest=digest) as sink:
        for batch in chain([first], batches):
            sink.add(batch)
    return Assessment(register, compiled, year, given, sink.written(), None)


def _judged(register: DatabaseRegister, subjects: Subjects[Compiled]) -> Iterator[pa.RecordBatch]:
    keyed = with_keys(subjects)
    with register.engine() as engine:
        subjects.in_database(engine)
        for batch in engine.read(query(subjects.compiled, engine.dialect), order=('"case"',)):
            if batch.num_rows:
                yield keyed(batch)
