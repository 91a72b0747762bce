"""The digest of a table once more, value by value in plain Python, written from its description and nothing else.

Each column: one SHA-256 over a byte a row (1 known, 0 null), one over the lengths of texts (uint32), one over the
values (nulls as zero, texts as nothing); the column's digest is the SHA-256 over these three. The table's is the
SHA-256 of the canonical JSON of its columns, its key and the number of its rows, rows in the order of the key.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

Columns = dict[str, tuple[str, list[Any]]]  # name -> kind and values


def _bytes(value: Any, kind: str) -> bytes:
    if kind == "boolean":
        return bytes([bool(value)])
    if kind == "text":
        return b"" if value is None else str(value).encode()
    if kind == "date":
        days = 0 if value is None else (value - date(1970, 1, 1)).days
        return int(days).to_bytes(8, "little", signed=True)
    if kind.startswith("decimal:"):
        scaled = 0 if value is None else int(Decimal(value).scaleb(int(kind.partition(":")[2])))
        return scaled.to_bytes(16, "little", signed=True)
    return int(value or 0).to_bytes(8, "little", signed=True)


def column(name: str, kind: str, values: Sequence[Any]) -> dict[str, str]:
    valid = b"".join(bytes([value is not None]) for value in values)
    coded = [] if kind == "null" else [_bytes(value, kind) for value in values]
    lengths = b"".join(len(text).to_bytes(4, "little") for text in coded) if kind == "text" else b""
    parts = b"".join(hashlib.sha256(part).digest() for part in (valid, lengths, b"".join(coded)))
    return {"name": name, "kind": kind, "digest": hashlib.sha256(parts).hexdigest()}


def table(columns: Columns, key: Sequence[str]) -> str:
    rows = len(next(iter(columns.values()))[1]) if columns else 0
    order = sorted(range(rows), key=lambda row: [columns[name][1][row] for name in key])
    entries = [column(name, kind, [values[row] for row in order]) for name, (kind, values) in columns.items()]
    text = json.dumps(
        {"columns": entries, "key": list(key), "rows": rows}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
