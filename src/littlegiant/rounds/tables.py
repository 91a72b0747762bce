"""The small tables of a round and their keys."""

from pathlib import Path

import pyarrow as pa

from littlegiant.allocation.publishing import KEYS as AWARD_KEYS
from littlegiant.assessment import Summary
from littlegiant.engines import ParquetSink, WrittenTable
from littlegiant.standards import Compiled

KEYS: dict[str, tuple[str, ...]] = {
    "assessments": ("case", "standard", "version", "application", "year"),
    "findings": (),
    "slots": ("slot",),
    "thresholds": ("number",),
    "outcomes": (),
    "funnel": ("step",),
    "binding": (),
    "worklist": (),
    "assumed": (),
    "order": ("step",),
    "by_region": ("region",),
    "by_sector": ("sector",),
    "by_size": ("size",),
    "entitlements": ("firm", "instrument"),
    "instruments": ("kind", "group", "instrument"),
    "criticality": ("firm",),
    **AWARD_KEYS,
}


def write_table(folder: Path, name: str, table: pa.Table) -> WrittenTable:
    """Write `table` to `folder`, in the order of its key."""
    key = KEYS[name]
    if key:
        table = table.sort_by([(column, "ascending") for column in key])
    with ParquetSink(folder / f"{name}.parquet", table.schema, key) as sink:
        for batch in table.combine_chunks().to_batches():
            sink.add(batch)
    return sink.written()


def summary_tables(summary: Summary) -> dict[str, pa.Table]:
    names = ("outcomes", "funnel", "binding", "worklist", "assumed", "order", "by_region", "by_sector", "by_size")
    return {name: getattr(summary, name) for name in names}


def slots_table(compiled: Compiled) -> pa.Table:
    """Return the numbering of the slots: how to read the bit sets of `assessments`."""
    return pa.Table.from_pylist(compiled.slots.as_rows())


def thresholds_table(compiled: Compiled) -> pa.Table:
    """Return the thresholds, values as exact text."""
    rows = [
        {
            "number": number,
            "id": each.id,
            "condition": each.condition,
            "measure": each.text,
            "operator": each.operator,
            "value": str(each.value),
            "unit": each.unit,
            "clause": each.clause,
            "favourable": each.favourable,
            "scope": each.scope,
            "use": each.use,
        }
        for number, each in enumerate(compiled.thresholds)
    ]
    texts = ("id", "condition", "measure", "operator", "value", "unit", "clause", "favourable", "scope", "use")
    return pa.Table.from_pylist(rows, pa.schema([("number", pa.int64()), *((name, pa.string()) for name in texts)]))
