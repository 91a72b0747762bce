"""The seam for kernels that run on many machines: a function over parts of a table, with the same answer wherever it runs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Protocol

import pyarrow as pa

PartFunction = Callable[[pa.Table], pa.Table]  # importable by name, as it goes to other processes


class Mapper(Protocol):
    """An engine that can run a function over parts."""

    def map(self, function: PartFunction, parts: Sequence[pa.Table], *, schema: pa.Schema) -> list[pa.Table]:
        """Return what `function` makes of each part, in the order of the parts; parts begin in that order."""


class Processes:
    """Processes of this machine; they share what they map from files."""

    def __init__(self, count: int) -> None:
        self.count = count

    def map(self, function: PartFunction, parts: Sequence[pa.Table], *, schema: pa.Schema) -> list[pa.Table]:
        if self.count == 1 or len(parts) < 2:
            return [function(part).cast(schema) for part in parts]
        with ProcessPoolExecutor(min(self.count, len(parts)), mp_context=get_context("spawn")) as pool:
            return [table.cast(schema) for table in pool.map(function, parts)]
