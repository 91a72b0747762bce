"""Judge a register folder with Spark: the same rows as `assess`, for registers past one machine."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.assessment.relation import Subjects, empty_findings
from littlegiant.assessment.whole_register import Assessment, with_keys
from littlegiant.digests import KeyOrder
from littlegiant.engines import ParquetSink
from littlegiant.engines.spark_engine import SparkEngine
from littlegiant.register import Register
from littlegiant.standards import Compiled, query
from littlegiant.standards.emit import in_dialect


def assess_in_spark(
    register: Register,
    compiled: Compiled,
    *,
    year: int,
    master: str = "local[*]",
    findings: pa.Table | None = None,
    to: Path | None = None,
) -> Assessment:
    """Judge every firm that has figures for `year` in the Spark session at `master`; with `to`, past this machine's memory."""
    given = findings if findings is not None else empty_findings()
    subjects = Subjects(register, compiled, year, given)
    engine = SparkEngine(master)
    for name in ("firms", "firm_years", *(("recognitions",) if register.has("recognitions") else ())):
        engine.bind(name, register.table(name))
    if given.num_rows:
        engine.bind("findings", given)
        engine.keep("findings_wide", in_dialect(subjects.findings_wide(), engine.dialect))
    engine.bind("subject", in_dialect(subjects.relation(), engine.dialect))
    keyed = with_keys(subjects)
    judging, order = query(compiled, engine.dialect), ('"case"',)
    if to is None:
        in_order = KeyOrder(("case",))
        batches = [keyed(batch) for batch in engine.read(judging, order=order) if batch.num_rows]
        table = pa.Table.from_batches([in_order.checked(batch) for batch in batches])
        return Assessment(register, compiled, year, given, None, table)
    beside = to.with_name(f".{to.name}.parts")
    try:
        parts = engine.write(judging, beside, order=order)
        rows = (keyed(batch) for part in parts for batch in pq.ParquetFile(part).iter_batches() if batch.num_rows)
        first = next(rows)
        with ParquetSink(to, first.schema, ("case", "standard", "version", "application", "year")) as sink:
            sink.add(first)
            for batch in rows:
                sink.add(batch)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Assessment(register, compiled, year, given, sink.written(), None)
