"""What an engine promises. Nothing above this room asks an engine's name."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import pyarrow as pa

from littlegiant.engines.parquet import WrittenTable

Source: TypeAlias = Path | pa.Table | str  # Parquet file(s), an Arrow table, or a query over what is already bound


class Engine(Protocol):
    """Binds tables, runs one query at a time, gives rows in the order that is asked for."""

    dialect: str
    keeps_order: bool  # rows of a file come in the file's order, so that a row may look at those above it

    def bind(self, name: str, source: Source) -> None:
        """Make `source` known as `name`; a table stays where it lies."""

    def read(self, query: str, *, order: Sequence[str], sorted_already: bool = False) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `query` ordered by `order`, which is not optional.

        `sorted_already` says that they come so by themselves, from a sorted file read in its order; whoever says it
        checks the order of what comes.
        """

    def write(self, query: str, to: Path, *, order: Sequence[str]) -> WrittenTable:
        """Write the rows of `query` to a Parquet file, whole or not at all, and return its digest."""
