"""The table of firms as it is stored: whole numbers, so that it has a digest; written beside and renamed."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from littlegiant.engines import ParquetSink, WrittenTable

PARTS = 1_000_000_000  # shares are stored in parts of so many


def stored(table: pa.Table) -> pa.Table:
    """Return the table with shares in parts of a thousand million, rounded half to even, in the order of firms."""
    columns = []
    for name in table.column_names:
        column = table[name]
        if pa.types.is_floating(column.type):
            values = np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), np.float64)
            whole = np.rint(np.nan_to_num(values) * PARTS).astype(np.int64)
            columns.append(pa.array(whole, pa.int64(), mask=np.isnan(values)))
        else:
            columns.append(column)
    return pa.table(columns, names=table.column_names).sort_by("firm")


def write_criticality(table: pa.Table, to: Path) -> WrittenTable:
    """Write the table, one row a firm; it is restricted."""
    made = stored(table)
    with ParquetSink(to, made.schema, ("firm",)) as sink:
        for batch in made.combine_chunks().to_batches():
            sink.add(batch)
    return sink.written()
