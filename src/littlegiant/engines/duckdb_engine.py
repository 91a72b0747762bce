"""DuckDB in process: the default engine, which needs nothing installed beside it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from littlegiant.engines.engine import Source
from littlegiant.engines.parquet import ParquetSink, WrittenTable
from littlegiant.problems import world_failed

_BATCH = 122_880


class DuckDBEngine:
    """One in-memory DuckDB connection. Its downloadable extensions are never used."""

    dialect = "duckdb"

    def __init__(self, *, threads: int | None = None, memory_mib: int | None = None) -> None:
        self._connection = duckdb.connect(":memory:")
        self._run("SET autoinstall_known_extensions = false")
        self._run("SET autoload_known_extensions = false")
        self._run("SET TimeZone = 'UTC'")
        if threads is not None:
            self._run(f"SET threads = {threads}")
        if memory_mib is not None:
            self._run(f"SET memory_limit = '{memory_mib}MiB'")

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql)
        except duckdb.IOException as error:
            raise world_failed("DuckDB", str(error).split("\n")[0], "Check the disk and the files named.") from error
        except duckdb.OutOfMemoryException as error:
            raise world_failed("DuckDB", "out of memory", "Give more memory, or judge fewer firms a range.") from error

    def bind(self, name: str, source: Source) -> None:
        """Make a Parquet file, an Arrow table or a query known as `name`."""
        if isinstance(source, Path):
            path = str(source).replace("'", "''")
            self._run(f"CREATE OR REPLACE TEMP VIEW \"{name}\" AS SELECT * FROM read_parquet('{path}')")
        elif isinstance(source, pa.Table):
            self._connection.register(name, source)
        else:
            self._run(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {source}')

    def keep(self, name: str, query: str) -> None:
        """Compute `query` once and keep its rows in memory as `name`, for small tables that are asked for often."""
        self._run(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {query}')

    def read(self, query: str, *, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        ordered = f"{query} ORDER BY {', '.join(order)}" if order else query
        yield from self._run(ordered).to_arrow_reader(_BATCH)

    def table(self, query: str, *, order: Sequence[str]) -> pa.Table:
        """Return all rows of `query` at once; for results that are small."""
        ordered = f"{query} ORDER BY {', '.join(order)}" if order else query
        return self._run(ordered).to_arrow_table()

    def write(self, query: str, to: Path, *, order: Sequence[str]) -> WrittenTable:
        reader = self._run(f"{query} ORDER BY {', '.join(order)}").to_arrow_reader(_BATCH)
        with ParquetSink(to, reader.schema, [name.strip('"') for name in order]) as sink:
            for batch in reader:
                sink.add(batch)
        return sink.written()

    def close(self) -> None:
        self._connection.close()
