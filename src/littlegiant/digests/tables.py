"""The digest of a table: the same for the same rows, whatever file, chunks, compression or threads they came through.

Rows are taken in the order of the table's key, so that the order of storage does not matter. Each column is hashed
by itself, which tells not only that two tables differ but in which column: validity (one byte a row, 1 known,
0 null) and values (nulls as zero) go into one SHA-256 each, texts as lengths (uint32) and UTF-8 bytes.
Integers, booleans, dates and decimals only: a float has no place in what must be equal on every machine.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from littlegiant.digests.canonical import digest_json

_PIECE = 122_880  # rows


def _kind(type_: pa.DataType) -> str:
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_):
        return "integer"
    if pa.types.is_date(type_):
        return "date"
    if pa.types.is_decimal(type_):
        return f"decimal:{type_.scale}"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "text"
    if pa.types.is_null(type_):
        return "null"
    raise TypeError(f"a column of type {type_} has no digest; store integers, decimals, texts, dates or booleans")


class _Column:
    """The running hashes of one column."""

    def __init__(self, name: str, type_: pa.DataType) -> None:
        self.name, self.kind = name, _kind(type_)
        self._hashes = {part: hashlib.sha256() for part in ("valid", "values", "lengths")}

    def add(self, array: pa.Array) -> None:
        valid = np.ones(len(array), np.uint8) if not array.null_count else _bytes_of(array.is_valid())
        self._hashes["valid"].update(valid.data)
        if self.kind == "null":
            return
        if self.kind == "text":
            self._add_text(array)
            return
        self._hashes["values"].update(_integers(array, self.kind).data)

    def _add_text(self, array: pa.Array) -> None:
        filled = pc.fill_null(array.cast(pa.large_string()), "") if array.null_count else array.cast(pa.large_string())
        lengths = pc.binary_length(filled.cast(pa.large_binary())).to_numpy(zero_copy_only=False)
        self._hashes["lengths"].update(np.ascontiguousarray(lengths, dtype="<u4").data)
        offsets = np.frombuffer(filled.buffers()[1], dtype=np.int64)[filled.offset : filled.offset + len(filled) + 1]
        if len(filled) and filled.buffers()[2] is not None:
            self._hashes["values"].update(memoryview(filled.buffers()[2])[offsets[0] : offsets[-1]])

    def result(self) -> dict[str, str]:
        parts = b"".join(self._hashes[part].digest() for part in ("valid", "lengths", "values"))
        return {"name": self.name, "kind": self.kind, "digest": hashlib.sha256(parts).hexdigest()}


def _bytes_of(boolean: pa.Array) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(boolean.to_numpy(zero_copy_only=False), dtype=np.uint8)


def _integers(array: pa.Array, kind: str) -> np.ndarray[Any, Any]:
    """Return little-endian int64 (decimals: int128) values, null as zero."""
    if kind == "boolean":
        return _bytes_of(pc.fill_null(array, False))
    if kind == "date":
        array = array.cast(pa.date32()).cast(pa.int32())
    elif kind.startswith("decimal"):
        array = pc.fill_null(array.cast(pa.decimal128(38, array.type.scale)), 0)
        raw = np.frombuffer(array.buffers()[1], dtype="<i8")[2 * array.offset : 2 * (array.offset + len(array))]
        return np.ascontiguousarray(raw)
    filled = pc.fill_null(array, 0) if array.null_count else array
    return np.ascontiguousarray(filled.to_numpy(zero_copy_only=False), dtype="<i8")


class OutOfOrderError(ValueError):
    """Rows that are not in the order of their key, or share it."""


class KeyOrder:
    """Checks, batch after batch, that rows come in the order of their key and that no two share it."""

    def __init__(self, key: Sequence[str]) -> None:
        self.key = tuple(key)
        self._last: tuple[Any, ...] | None = None

    def checked(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch`; raises OutOfOrderError where it breaks the order."""
        if not self.key or not batch.num_rows:
            return batch
        columns = [batch.column(name) for name in self.key]
        if self._last is not None and self._last >= tuple(column[0].as_py() for column in columns):
            raise OutOfOrderError(f"rows are not in the order of their key {self.key}")
        above: Any = pa.repeat(pa.scalar(False), batch.num_rows - 1)
        tied: Any = pa.repeat(pa.scalar(True), batch.num_rows - 1)
        for column in columns:
            before, after = column.slice(0, batch.num_rows - 1), column.slice(1)
            above = pc.or_(above, pc.and_(tied, pc.greater(after, before)))
            if pc.all(above).as_py():
                break  # the columns behind decide nothing any more
            tied = pc.and_(tied, pc.equal(after, before))
        if batch.num_rows > 1 and not pc.all(above).as_py():
            raise OutOfOrderError(f"rows are not in the order of their key {self.key}, or two rows share a key")
        self._last = tuple(column[-1].as_py() for column in columns)
        return batch


class TableDigest:
    """Takes batches in key order and gives the digest; refuses rows that are out of order or share a key."""

    def __init__(self, schema: pa.Schema, key: Sequence[str]) -> None:
        self._columns = [_Column(field.name, field.type) for field in schema]
        self._order = KeyOrder(key)
        self._rows = 0

    def add(self, batch: pa.RecordBatch, *, checked: bool = False) -> None:
        """Take a batch; `checked` when its order was checked before."""
        if not checked:
            self._order.checked(batch)
        for column, array in zip(self._columns, batch.columns, strict=True):
            column.add(array)
        self._rows += batch.num_rows

    def columns(self) -> list[dict[str, str]]:
        return [column.result() for column in self._columns]

    def result(self) -> str:
        return digest_json({"columns": self.columns(), "key": list(self._order.key), "rows": self._rows})


def digest_table(table: pa.Table | Iterable[pa.RecordBatch], key: Sequence[str]) -> str:
    """Return the digest of `table`, sorted by `key` first when it is a table; batches must come in key order."""
    if isinstance(table, pa.Table):
        batches = (
            table.sort_by([(name, "ascending") for name in key]).combine_chunks().to_batches() if key else table.to_batches()
        )
        schema = table.schema
    else:
        batches = list(table)
        schema = batches[0].schema
    digest = TableDigest(schema, key)
    for batch in batches:
        digest.add(batch)
    return digest.result()


def digest_parquet(path: Path, key: Sequence[str]) -> str:
    """Return the digest of the table in a Parquet file, in pieces where it is stored in key order, as ours are."""
    file = pq.ParquetFile(path)
    digest = TableDigest(file.schema_arrow, key)
    try:
        for batch in file.iter_batches(batch_size=_PIECE):
            digest.add(batch)
    except OutOfOrderError:
        return digest_table(pq.read_table(path), key)
    return digest.result()
