"""The stage of criticality: the register placed in its supply network, from copies of all that is known of it. Restricted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from littlegiant.criticality import Criticality, criticality, open_supply, read_supply
from littlegiant.criticality.writing import write_criticality
from littlegiant.digests import digest_bytes, digest_file
from littlegiant.engines import WrittenTable
from littlegiant.problems import refuse
from littlegiant.register import Register
from littlegiant.rounds.setting import Setting

STAGE = "07-criticality"
_TOLERANCE = 1  # parts of a thousand million


def supply_path(setting: Setting) -> Path | None:
    name = setting.programme.value.supply
    return setting.folder / name if name is not None else None


def check_supply(setting: Setting) -> None:
    """Refuse a programme whose supply file, or a file that it names, is not there."""
    path = supply_path(setting)
    if path is None:
        return
    for name in read_supply(path).value.files():
        if not (path.parent / name).is_file():
            refuse(
                path.name,
                f"no file {name!r}",
                "",
                "Correct the name; it is taken from the folder of the supply file.",
                code="missing-file",
            )


def criticality_inputs(setting: Setting, path: Path) -> Mapping[str, Any]:
    """Return what the stage rests on: the supply file at `path`, the files it names, the pack's catalogue and essentiality."""
    document = read_supply(path)
    files = {name: digest_file(path.parent / name) for name in document.value.files()}
    pack = {
        name: digest_bytes(data)
        for name, data in setting.documents().items()
        if name.startswith(("pack/key-links", "pack/essentiality/", "pack/facts.yaml"))
    }
    return {"supply": document.meaning_hash, "files": files, "pack": pack, "year": setting.programme.value.year}


def make_criticality(setting: Setting, register: Register, beside: Path) -> tuple[Mapping[str, WrittenTable], Criticality]:
    """Copy what is known of the network into the stage, compute from the copies, and write the table of firms."""
    path = supply_path(setting)
    assert path is not None
    copied = beside / "supply"
    copied.mkdir()
    (copied / "supply.yaml").write_bytes(path.read_bytes())
    for name in read_supply(path).value.files():
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        (copied / name).write_bytes((path.parent / name).read_bytes())
    found = criticality_of(setting, register, copied)
    return {"criticality": write_criticality(found.table, beside / "criticality.parquet")}, found


def criticality_of(setting: Setting, register: Register, copied: Path) -> Criticality:
    """Compute from the copies in a stage."""
    return criticality(open_supply(copied / "supply.yaml", register, setting.pack, year=setting.programme.value.year))


def criticality_differs(sealed: Path, again: Path) -> str:
    """Return where two tables differ by more than one part of a thousand million, empty where they do not."""
    old, new = (pq.read_table(folder / "criticality.parquet") for folder in (sealed, again))
    if old.num_rows != new.num_rows:
        return f"criticality has {new.num_rows} rows, {old.num_rows} were sealed"
    for name in old.column_names:
        a, b = old[name].combine_chunks(), new[name].combine_chunks()
        if a.type != "int64":
            if not a.equals(b):
                return f"criticality, {name} is another"
            continue
        if not a.is_null().equals(b.is_null()):
            return f"criticality, {name} is known for other firms"
        gap = np.abs(a.fill_null(0).to_numpy() - b.fill_null(0).to_numpy()).max(initial=0)
        if gap > _TOLERANCE:
            return f"criticality, {name} differs by {gap} parts of a thousand million"
    return ""
