"""A placed network kept in a folder: the arrays that the kernels run on, and which node is which firm."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from littlegiant.digests import canonical_json
from littlegiant.networks.layout import open_layout, save
from littlegiant.networks.risk import EPS, Measured, systemic_risk
from littlegiant.problems import refuse

if TYPE_CHECKING:
    from littlegiant.criticality.placing import Placed


_FILES = ("labels.npy", "order.npy", "about.json", "layout")


def keep(placed: "Placed", to: Path, *, synthetic: bool = False) -> None:
    """Write the network into the folder `to`, whole or not at all; it is restricted."""
    if to.is_file() or (to.is_dir() and {path.name for path in to.iterdir()} - set(_FILES)):
        refuse(str(to), "something else there", "a new folder, or one with a network", "Choose another --keep.", code="not-empty")
    beside = to.with_name(f".{to.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    labels = np.array([label.encode() for label in placed.labels], np.bytes_)
    order = np.argsort(labels, kind="stable")
    np.save(beside / "labels.npy", labels[order])
    np.save(beside / "order.npy", order)
    about = {"year": placed.year, "grade": placed.grade, "links": placed.network.counted.links, "synthetic": synthetic}
    (beside / "about.json").write_bytes(canonical_json(about))
    save(placed.layout, beside / "layout")
    shutil.rmtree(to, ignore_errors=True)
    os.replace(beside, to)


def layout_of(folder: Path) -> Path:
    """Return where the arrays of a kept network lie."""
    if not (folder / "labels.npy").is_file():
        remedy = "Make one with `littlegiant supply criticality … --keep`."
        refuse(str(folder), "no network kept there", "a folder made with --keep", remedy, code="no-network")
    return folder / "layout"


def about(folder: Path) -> dict[str, Any]:
    """Return the year, grade and number of links of a kept network, and whether its register is invented."""
    layout_of(folder)
    try:
        return dict(json.loads((folder / "about.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        refuse(str(folder), f"a network that is not whole ({error})", "", "Make it again with --keep.", code="no-network")


def firm_risk(folder: Path, firm: str, *, delta: float = 0.0) -> Measured | None:
    """Measure one firm of the network kept in `folder`; one row, None where no link of it is known.

    Nothing but what the shock touches is read.
    """
    arrays = layout_of(folder)
    try:
        labels = np.load(folder / "labels.npy", mmap_mode="r")
        order = np.load(folder / "order.npy", mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        refuse(str(folder), f"a network that is not whole ({error})", "", "Make it again with --keep.", code="no-network")
    wanted = np.bytes_(firm.encode())
    at = int(np.searchsorted(labels, wanted))
    if at == len(labels) or labels[at] != wanted:
        near = sorted({str(labels[max(0, at - 1)], "utf-8"), str(labels[min(at, len(labels) - 1)], "utf-8")})
        refuse(str(folder), f"no firm {firm!r}", "", f"Beside it in order: {', '.join(near)}.", code="unknown-firm")
    place = int(order[at])
    layout = open_layout(arrays)
    if layout.isolated[place]:
        return None
    return systemic_risk(layout, [place], eps=EPS["published"], delta=delta, threads=1)
