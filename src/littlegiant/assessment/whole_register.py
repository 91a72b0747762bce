"""Judge a whole register: range after range of firms, in order, with nothing larger than a range in memory."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.assessment.ranges import in_ranges
from littlegiant.assessment.relation import Subjects, check_year, empty_findings
from littlegiant.digests import KeyOrder
from littlegiant.engines import ParquetSink, WrittenTable
from littlegiant.register import Register
from littlegiant.standards import Compiled, query

_KEYED = ("standard", "version", "application", "year")


@dataclass(frozen=True)
class Assessment:
    """The judged register. `table` has one row a case, keyed by case, standard, version, application and year."""

    register: Register
    compiled: Compiled
    year: int
    findings: pa.Table
    written: WrittenTable | None
    in_memory: pa.Table | None

    @property
    def table(self) -> pa.Table:
        if self.in_memory is not None:
            return self.in_memory
        assert self.written is not None
        return pq.read_table(self.written.path)

    @property
    def source(self) -> Path | pa.Table:
        """What an engine can bind: the file, or the table in memory."""
        return self.written.path if self.written is not None else self.in_memory

    def to_arrow(self) -> pa.Table:
        return self.table

    def subjects(self) -> Subjects[Compiled]:
        return Subjects(self.register, self.compiled, self.year, self.findings)


def assess(
    register: Register,
    compiled: Compiled,
    *,
    year: int,
    findings: pa.Table | None = None,
    to: Path | None = None,
    threads: int | None = None,
    digest: bool = True,
) -> Assessment:
    """Judge every firm of `register` that has figures for `year`; write to the Parquet file `to`, or keep in memory.

    The rows come in the order of the firms' ids and are the same whatever the number of threads.
    """
    firms = check_year(register, year)
    given = findings if findings is not None else empty_findings()
    subjects = Subjects(register, compiled, year, given)
    keyed = with_keys(subjects)
    judged = in_ranges(subjects, query(compiled), ('"case"',), threads or os.cpu_count() or 1)
    batches = (keyed(batch) for batch in judged)
    if to is None:
        order = KeyOrder(("case",))
        table = pa.Table.from_batches([order.checked(batch) for batch in batches])
        _all_judged(table.num_rows, firms)
        return Assessment(register, compiled, year, given, None, table)
    first = next(batches)
    with ParquetSink(to, first.schema, ("case", *_KEYED), digest=digest) as sink:
        sink.add(first)
        del first
        for batch in batches:
            sink.add(batch)
        _all_judged(sink.rows, firms)
    return Assessment(register, compiled, year, given, sink.written(), None)


def _all_judged(judged: int, firms: int) -> None:
    """Stop rather than hand out a table that lacks firms: ranges that do not meet would be a defect of this module."""
    if judged != firms:
        raise AssertionError(f"{judged} firms judged of {firms} that have figures")


def with_keys(subjects: Subjects[Compiled]) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """Return what adds standard, version, application and year behind the case."""
    compiled = subjects.compiled
    texts = (compiled.standard.standard, compiled.standard.version, compiled.application)
    scalars = [*(pa.scalar(text, pa.string()) for text in texts), pa.scalar(subjects.year, pa.int64())]

    def add(batch: pa.RecordBatch) -> pa.RecordBatch:
        constants = [pa.repeat(scalar, batch.num_rows) for scalar in scalars]
        names = ["case", *_KEYED, *batch.schema.names[1:]]
        return pa.record_batch([batch.column(0), *constants, *batch.columns[1:]], names=names)

    return add
