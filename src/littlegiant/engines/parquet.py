"""Parquet files written beside their place and renamed when whole, with the digest taken on the way."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.digests import KeyOrder, TableDigest
from littlegiant.problems import world_failed

_ROW_GROUP = 122_880


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table on disk: how many rows and the digest of its content (empty when none was asked for)."""

    path: Path
    rows: int
    digest: str
    columns: tuple[dict[str, str], ...] = ()


class ParquetSink:
    """Takes batches in key order; the file appears under its name only when all were written."""

    def __init__(self, path: Path, schema: pa.Schema, key: Sequence[str], *, digest: bool = True) -> None:
        self._path, self._schema = path, schema
        self._beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._order = KeyOrder(key)
        self._digest = TableDigest(schema, key) if digest else None
        self.rows = 0  # taken so far
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._beside, schema, compression="zstd", compression_level=1)
        except OSError as error:
            raise _failed(path, error) from error

    def __enter__(self) -> "ParquetSink":
        return self

    def add(self, batch: pa.RecordBatch) -> None:
        self._order.checked(batch)
        if self._digest is not None:
            self._digest.add(batch, checked=True)
        try:
            self._writer.write_batch(batch, row_group_size=_ROW_GROUP)
        except OSError as error:
            raise _failed(self._path, error) from error
        self.rows += batch.num_rows

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._writer.close()
            if kind is None:
                os.replace(self._beside, self._path)
        except OSError as error:
            if kind is None:  # else what went wrong before is told already
                raise _failed(self._path, error) from error
        finally:
            self._beside.unlink(missing_ok=True)

    def written(self) -> WrittenTable:
        if self._digest is None:
            return WrittenTable(self._path, self.rows, "")
        return WrittenTable(self._path, self.rows, self._digest.result(), tuple(self._digest.columns()))


def _failed(path: Path, error: OSError) -> Exception:
    return world_failed(
        str(path), error.strerror or str(error), "Free space or choose another folder; nothing half-written stays."
    )
