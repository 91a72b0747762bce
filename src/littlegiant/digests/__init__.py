"""Canonical bytes and their SHA-256: of JSON values, of files, of tables. `docs/digests.md` defines all three."""

from littlegiant.digests.canonical import canonical_json, digest_bytes, digest_file, digest_json
from littlegiant.digests.tables import KeyOrder, TableDigest, digest_parquet, digest_table

__all__ = [
    "KeyOrder",
    "TableDigest",
    "canonical_json",
    "digest_bytes",
    "digest_file",
    "digest_json",
    "digest_parquet",
    "digest_table",
]
