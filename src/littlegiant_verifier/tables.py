"""The digest of a table as `docs/digests.md` defines it, written from that page and plain on purpose."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa


def table_digest(table: pa.Table, key: Sequence[str]) -> str:
    """Return the digest of `table`, its rows taken in the order of `key` (as they are where there is none)."""
    if key:
        table = table.sort_by([(name, "ascending") for name in key])
    columns = [_column(table.column(name), table.schema.field(name)) for name in table.column_names]
    head = {"columns": columns, "key": list(key), "rows": table.num_rows}
    # Keys are ASCII and all values texts, lists and small integers: sorted and without spaces this is RFC 8785.
    text = json.dumps(head, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _column(values: pa.ChunkedArray, field: pa.Field) -> dict[str, str]:
    kind, width = _kind(field.type)
    valid, lengths, content = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    for chunk in values.iterchunks():
        rows = chunk.to_pylist()
        valid.update(bytes(value is not None for value in rows))
        if kind == "text":
            texts = [(value or "").encode() for value in rows]
            lengths.update(b"".join(len(text).to_bytes(4, "little") for text in texts))
            content.update(b"".join(texts))
        elif kind != "null":
            scale = field.type.scale if kind.startswith("decimal") else 0
            content.update(b"".join(_whole(value, scale).to_bytes(width, "little", signed=width > 1) for value in rows))
    parts = valid.digest() + lengths.digest() + content.digest()
    return {"name": field.name, "kind": kind, "digest": hashlib.sha256(parts).hexdigest()}


def _kind(type_: pa.DataType) -> tuple[str, int]:
    """Return the kind of a column and the bytes of one value."""
    if pa.types.is_boolean(type_):
        return "boolean", 1
    if pa.types.is_decimal(type_):
        return f"decimal:{type_.scale}", 16
    if pa.types.is_date(type_):
        return "date", 8
    if pa.types.is_null(type_):
        return "null", 0
    return ("integer", 8) if pa.types.is_integer(type_) else ("text", 0)


def _whole(value: Any, scale: int) -> int:
    if value is None:
        return 0
    if isinstance(value, Decimal):
        return int(value.scaleb(scale))
    return (value - date(1970, 1, 1)).days if isinstance(value, date) else int(value)
