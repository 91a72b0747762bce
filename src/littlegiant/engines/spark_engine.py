"""Spark, local or a cluster: Parquet in, Parquet out, the same query in its words. Needs the extra `spark` and Java."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from littlegiant.engines.engine import Source
from littlegiant.engines.mapping import PartFunction
from littlegiant.problems import refuse, world_failed


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpacked(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


class SparkEngine:
    """One Spark session at `master`, as local[*] or spark://host:7077; ANSI mode, so that nothing wraps silently."""

    dialect = "spark"
    keeps_order = False

    def __init__(self, master: str = "local[*]") -> None:
        self.master = master
        sql = _pyspark()
        if master.startswith("local") and shutil.which("java") is None:
            remedy = "Install Java 17 or newer, or name a cluster."
            refuse(f"spark {master}", "no Java on this machine", "Java 17 or newer", remedy, code="no-java")
        settings = {
            "spark.sql.ansi.enabled": "true",
            "spark.sql.session.timeZone": "UTC",
            "spark.ui.enabled": "false",
            "spark.log.level": "ERROR",
        }
        if master.startswith("local"):  # workers on this machine run what this process runs; on a cluster it says so itself
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = sql.SparkSession.builder.master(master).appName("littlegiant")
        for key, value in settings.items():
            builder = builder.config(key, value)
        with self._told():
            self._session = builder.getOrCreate()
        if self._session.conf.get("spark.sql.ansi.enabled") != "true":
            remedy = "Set spark.sql.ansi.enabled to true on the cluster."
            refuse(f"spark {master}", "a session without ANSI mode", "one that refuses what overflows", remedy, code="engine")

    def bind(self, name: str, source: Source) -> None:
        """Make a Parquet file that all workers can read, an Arrow table or a query known as `name`."""
        with self._told():
            if isinstance(source, Path):
                frame = self._session.read.parquet(str(source))
            elif isinstance(source, pa.Table):
                frame = self._session.createDataFrame(source)
            else:
                frame = self._session.sql(source)
            frame.createOrReplaceTempView(name)

    def keep(self, name: str, query: str) -> None:
        self.bind(name, query)
        with self._told():
            self._session.catalog.cacheTable(name)

    def read(self, query: str, *, order: Sequence[str], sorted_already: bool = False) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `query` by the bytes of `order`; they come to this machine."""
        with self._told():
            ordered = f"{query} ORDER BY {', '.join(column.replace(chr(34), chr(96)) for column in order)}" if order else query
            table = self._session.sql(ordered).toArrow()
        yield from table.to_batches()

    def write(self, query: str, to: Path, *, order: Sequence[str]) -> list[Path]:
        """Let the workers write the rows of `query` below the folder `to`; return the files, in the order of `order`.

        `to` must be where all workers and this machine see it: nothing but the file being read comes to this machine.
        """
        with self._told():
            frame = self._session.sql(query).orderBy(*(column.strip('"') for column in order))
            frame.write.mode("overwrite").parquet(str(to))
        return sorted(to.glob("part-*.parquet"))

    @property
    def workers(self) -> int:
        """How many tasks run at a time."""
        return int(self._session.sparkContext.defaultParallelism)

    def map(self, function: PartFunction, parts: Sequence[pa.Table], *, schema: pa.Schema) -> list[pa.Table]:
        """Let the workers run `function` on each part; what it reads must be where all workers see it."""
        if not parts:
            return []

        def run(given: bytes) -> bytes:
            return _packed(function(_unpacked(given)).cast(schema))

        with self._told():  # as bytes, since the ways by tables ask for pandas
            spread = self._session.sparkContext.parallelize([_packed(part) for part in parts], len(parts))
            return [_unpacked(made) for made in spread.map(run).collect()]

    def close(self) -> None:
        self._session.stop()

    @contextmanager
    def _told(self) -> Iterator[None]:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            yield
        except (PySparkException, Py4JError, OSError) as error:
            said = " ".join(str(error).split())[:200]
            remedy = "Check the address, Java, and that the workers can read the files."
            raise world_failed(f"spark {self.master}", said, remedy) from error


def _pyspark() -> Any:
    try:
        import pyspark.sql
    except ImportError:
        refuse("--spark", "no pyspark", "the extra `spark`", "Install littlegiant[spark].", code="missing-extra")
    return pyspark.sql
