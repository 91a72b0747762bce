"""PostgreSQL: tables are judged where they lie, and only rows of the answer come over. Needs the extra `postgres`."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from littlegiant.engines.engine import Source
from littlegiant.problems import refuse, world_failed


class PostgresEngine:
    """One connection to a database; what it makes is temporary and gone when it closes."""

    dialect = "postgres"
    keeps_order = False  # rows of a table have no order

    def __init__(self, url: str, *, schema: str = "public") -> None:
        self.url, self.place = url, place_of(url)
        driver = _driver()
        with self._told("connect"):
            self._connection = driver.connect(url)
        self._cursor = self._connection.cursor()
        self.execute(f'SET search_path TO "{schema}", pg_temp')
        self.execute("SET jit = off")  # one long expression a row: compiling it costs more than it saves
        self.execute("SET TIME ZONE 'UTC'")

    def execute(self, sql: str) -> None:
        with self._told("query"):
            self._cursor.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        with self._told("query"):
            self._cursor.execute(sql)
            return list(self._cursor.fetchall())

    def bind(self, name: str, source: Source) -> None:
        """Make an Arrow table or a query known as `name`; a file would have to be copied here and is refused."""
        if isinstance(source, Path):
            refuse(str(source), "a file", "a table of the database", "Load it with `littlegiant register load`.", code="engine")
        if isinstance(source, pa.Table):
            with self._told("query"):
                self._cursor.execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
                self._cursor.adbc_ingest(name, source, mode="create", temporary=True)
        else:
            self.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {source}')

    def keep(self, name: str, query: str) -> None:
        self.execute(f'CREATE TEMP TABLE "{name}" AS {query}')

    def read(self, query: str, *, order: Sequence[str], sorted_already: bool = False) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `query` by the bytes of `order`, whatever the database's own order of texts is."""
        columns = ", ".join(f'{column} COLLATE "C"' for column in order)
        ordered = f"{query} ORDER BY {columns}" if order else query
        with self._told("query"):
            self._cursor.execute(ordered)
            yield from self._cursor.fetch_record_batch()

    def load(self, name: str, batches: pa.RecordBatchReader) -> None:
        """Make a lasting table `name` of `batches`; the transaction of the caller decides if it stays."""
        with self._told("query"):
            self._cursor.adbc_ingest(name, batches, mode="create")

    def commit(self) -> None:
        with self._told("query"):
            self._connection.commit()

    def close(self) -> None:
        self._cursor.close()
        self._connection.close()

    def __enter__(self) -> "PostgresEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Turn what the server says into one sentence with its mend."""
        import adbc_driver_manager

        try:
            yield
        except (adbc_driver_manager.Error, OSError) as error:
            text = " ".join(str(error).split())
            for pattern, remedy in _REMEDIES:
                if re.search(pattern, text, re.IGNORECASE):
                    raise world_failed(self.place, _said(text), remedy) from error
            raise world_failed(self.place, _said(text), "Look at the server's log." if doing == "query" else "") from error


_REMEDIES = (
    ("password authentication failed|no password supplied", "Correct user and password in the address, or set PGPASSWORD."),
    (
        "connection refused|no such file|timeout|could not translate|could not connect",
        "Start the server, or correct host and port.",
    ),
    ('database "[^"]*" does not exist', "Correct the name of the database at the end of the address."),
    ('role "[^"]*" does not exist', "Correct the user in the address."),
    ('relation "[^"]*" does not exist', "Load the register with `littlegiant register load`, or name its schema with ?schema=."),
    ("permission denied", "Ask for the right to read the tables."),
    ("no space left|could not extend file|could not write", "Make room on the server's disk."),
)


def _said(text: str) -> str:
    """Return what the server said, without the driver's prefixes and addresses with passwords."""
    found = re.search(r"(?:FATAL|ERROR|could not|Connection refused).*", text)
    said = found[0] if found else text
    return re.split(r" SQLSTATE| LINE 1:|\. Query:|; Query", re.sub(r"://[^@/ ]+@", "://…@", said))[0][:200].rstrip(".")


def _driver() -> Any:
    try:
        import adbc_driver_postgresql.dbapi
    except ImportError:
        found = "no driver for PostgreSQL"
        refuse("postgresql://", found, "the extra `postgres`", "Install littlegiant[postgres].", code="missing-extra")
    return adbc_driver_postgresql.dbapi


def place_of(url: str) -> str:
    """Return the address without user and password, for messages."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
