"""DuckDB in process: the default engine, which needs nothing installed beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from littlegiant.engines.engine import Source
from littlegiant.engines.parquet import ParquetSink, WrittenTable
from littlegiant.problems import world_failed

_BATCH = 122_880


class DuckDBEngine:
    """One in-memory DuckDB connection. Its downloadable extensions are never used.

    `in_order` keeps the rows of files and of the left sides of joins in their order, with one thread; several such
    engines work side by side on ranges of firms.
    """

    dialect = "duckdb"

    def __init__(
        self, *, threads: int | None = None, memory_mib: int | None = None, optimise: bool = True, in_order: bool = False
    ) -> None:
        self._connection = duckdb.connect(":memory:")
        self.keeps_order = in_order
        self._run("SET autoinstall_known_extensions = false")
        self._run("SET autoload_known_extensions = false")
        self._run("SET TimeZone = 'UTC'")
        self._run("SET enable_progress_bar = false")  # long queries would write into what a command prints
        self._run("SET parquet_metadata_cache = true")  # a file is asked range by range
        if in_order:  # one thread reads a file in its order, and joins pass the rows of their left side on in that order
            threads = 1
            self._run("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        if threads is not None:
            self._run(f"SET threads = {threads}")
        if not optimise:
            self._run("PRAGMA disable_optimizer")
        if memory_mib is not None:
            self._run(f"SET memory_limit = '{memory_mib}MiB'")

    def _run(self, sql: str) -> Any:
        return self._attempt(self._connection.execute, sql)

    def _relation(self, sql: str) -> Any:
        return self._attempt(self._connection.sql, sql)

    def _attempt(self, call: Callable[[str], Any], sql: str) -> Any:
        with _told():
            return call(sql)

    def bind(self, name: str, source: Source) -> None:
        """Make a Parquet file, an Arrow table or a query known as `name`."""
        if isinstance(source, Path):
            path = str(source).replace("'", "''")
            try:
                self._run(f"CREATE OR REPLACE TEMP VIEW \"{name}\" AS SELECT * FROM read_parquet('{path}')")
            except duckdb.Error as error:
                what = str(error).split("\n")[0]
                raise world_failed(str(source), f"cannot be read as Parquet ({what})", "Restore it, or make it again.") from error
        elif isinstance(source, pa.Table):
            self._connection.register(name, source)
        else:
            self._run(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {source}')

    def prepare(self, query: str, relation: str, schema: pa.Schema) -> Callable[[pa.Table], list[dict[str, Any]]]:
        """Plan `query` over `relation` once and return what runs it on the rows it is given."""
        self._connection.register("__given", schema.empty_table())
        self._run(f'CREATE TEMP TABLE "{relation}" AS SELECT * FROM __given')
        self._run(f"PREPARE judged AS {query}")

        def run(table: pa.Table) -> list[dict[str, Any]]:
            self._connection.register("__given", table)
            self._run(f'DELETE FROM "{relation}"')
            self._run(f'INSERT INTO "{relation}" SELECT * FROM __given')
            rows = self._run("EXECUTE judged")
            names = [column[0] for column in rows.description]
            return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

        return run

    def keep(self, name: str, query: str) -> None:
        """Compute `query` once and keep its rows in memory as `name`, for small tables that are asked for often."""
        self._run(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {query}')

    def read(self, query: str, *, order: Sequence[str], sorted_already: bool = False) -> Iterator[pa.RecordBatch]:
        ordered = f"{query} ORDER BY {', '.join(order)}" if order and not sorted_already else query
        with _told():
            yield from self._relation(ordered).to_arrow_reader(_BATCH)

    def table(self, query: str, *, order: Sequence[str]) -> pa.Table:
        """Return all rows of `query` at once; for results that are small."""
        ordered = f"{query} ORDER BY {', '.join(order)}" if order else query
        with _told():
            return self._relation(ordered).to_arrow_table()

    def write(self, query: str, to: Path, *, order: Sequence[str], key: Sequence[str] | None = None) -> WrittenTable:
        """Write the rows of `query` in `order`; `key` (by default the order) must be unique, () where rows may repeat."""
        reader = self._relation(f"{query} ORDER BY {', '.join(order)}").to_arrow_reader(_BATCH)
        names = [name.strip('"') for name in order] if key is None else list(key)
        with ParquetSink(to, reader.schema, names) as sink:
            for batch in reader:
                sink.add(batch)
        return sink.written()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the disk, the memory or a damaged file does to a query into a sentence."""
    try:
        yield
    except duckdb.InvalidInputException as error:  # a file that is none of its kind
        raise world_failed("DuckDB", str(error).split("\n")[0], "Restore the file named, or make it again.") from error
    except duckdb.IOException as error:
        raise world_failed("DuckDB", str(error).split("\n")[0], "Check the disk and the files named.") from error
    except duckdb.OutOfMemoryException as error:
        raise world_failed("DuckDB", "out of memory", "Give more memory, or judge fewer firms a range.") from error
