"""Hold a round's folder against its own index."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from littlegiant_verifier.tables import table_digest

# The keys by which tables are ordered for their digest; a table that is not named is taken as it is stored.
KEYS: dict[str, tuple[str, ...]] = {
    "assessments": ("case", "standard", "version", "application", "year"),
    "slots": ("slot",),
    "thresholds": ("number",),
    "funnel": ("step",),
    "order": ("step",),
    "by_region": ("region",),
    "by_sector": ("sector",),
    "by_size": ("size",),
    "entitlements": ("firm", "instrument"),
    "criticality": ("firm",),
    "options": ("case", "package"),
    "award_rows": ("row",),
    "award_winners": ("case",),
    "award_cases": ("case",),
    "award_options": ("unit", "option"),
    "award_uses": ("unit", "option", "row"),
    "instruments": ("kind", "group", "instrument"),
    "firms": ("firm",),
    "firm_years": ("firm", "year"),
    "recognitions": ("firm", "tier", "from"),
    "links": ("supplier", "buyer", "year"),
    "ownership": ("owner", "firm"),
    "groups": ("firm",),
    "applications": ("firm",),
    "firm_outcomes": ("firm", "year", "outcome"),
    "truth": ("firm", "year", "fact"),
}


@dataclass(frozen=True)
class Finding:
    """One thing checked; `wrong` is empty when it is as the index says."""

    what: str
    wrong: str


def check_round(folder: Path) -> Iterator[Finding]:
    """Yield a finding for every document and every table of the newest attempt of each stage."""
    index = json.loads((folder / "round.json").read_text(encoding="utf-8"))
    for name, digest in sorted(index["documents"].items()):
        path = folder / "documents" / name
        same = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
        yield Finding(f"documents/{name}", "" if same else "is missing or its bytes have changed")
    newest = {entry["name"]: entry for entry in index["stages"]}
    for stage, entry in newest.items():
        for table, about in entry["tables"].items():
            inside = folder / entry["folder"]
            path = inside / "register" / about["file"] if (inside / "register").is_dir() else inside / about["file"]
            yield Finding(f"{stage}/{table}", _wrong(path, table, about["digest"]))


def _wrong(path: Path, table: str, digest: str) -> str:
    if not path.is_file():
        return "is not in this folder"
    try:
        return "" if table_digest(pq.read_table(path), KEYS.get(table, ())) == digest else "its content has changed"
    except (OSError, ValueError) as error:
        return f"cannot be read: {error}"
