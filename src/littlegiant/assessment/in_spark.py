"""Judge a register folder with Spark: the same rows as `assess`, for registers past one machine."""

from pathlib import Path

import pyarrow as pa

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
    """Judge every firm that has figures for `year` in the Spark session at `master`."""
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
    order = KeyOrder(("case",))
    batches = [keyed(batch) for batch in engine.read(query(compiled, engine.dialect), order=('"case"',)) if batch.num_rows]
    table = pa.Table.from_batches([order.checked(batch) for batch in batches])
    if to is None:
        return Assessment(register, compiled, year, given, None, table)
    with ParquetSink(to, table.schema, ("case", "standard", "version", "application", "year")) as sink:
        for batch in table.to_batches():
            sink.add(batch)
    return Assessment(register, compiled, year, given, sink.written(), None)
