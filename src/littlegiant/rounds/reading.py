"""Read the tables of a round that was run."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.problems import refuse, suggestion
from littlegiant.records import RoundFolder


def round_table(folder: Path, name: str) -> pa.Table:
    """Return a table of the newest attempt of the stage that makes it, such as `assessments` or `worklist`."""
    opened = RoundFolder.open(folder)
    known: dict[str, Path] = {}
    for entry in opened.index["stages"]:
        sealed = opened.sealed(entry["name"])
        assert sealed is not None
        inside = sealed.path / "register" if (sealed.path / "register").is_dir() else sealed.path
        known.update({table: inside / file["file"] for table, file in sealed.tables.items()})
    if name not in known:
        refuse(
            str(folder), f"no table {name!r}", "", suggestion(name, known) or f"Tables: {', '.join(known)}.", code="unknown-name"
        )
    return pq.read_table(known[name])
