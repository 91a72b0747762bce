"""Exact passes on many processes or machines: each opens the saved arrays once and sweeps the parts it is given.

The parts are the same as with threads and are added in their order, so that a laptop and a cluster give the same bits. Only
passes over everybody go there; samples and near units stay with the one who asks.
"""

import shutil
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from littlegiant.allocation.instance import Choice, Factored, Floats
from littlegiant.allocation.sweep import sweep_factored
from littlegiant.engines import Mapper

ARRAYS = ("cell", "slot_start", "slot_measure", "benefit", "amount")
SCHEMA = pa.schema([("choice", pa.int32()), ("lead", pa.float32()), ("total", pa.float64())])


class Elsewhere:
    """Sweeps by an engine. `folder` is one that all its workers can read; arrays are saved there when first needed."""

    def __init__(self, engine: Mapper, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self._saved: Factored | None = None
        self._made = 0

    def sums(self, factored: Factored, folded: Floats, edges: npt.NDArray[np.int64], choice: Choice, lead: Any) -> list[float]:
        """Set the choice and lead of every unit; return the sums of surpluses of the parts, in their order."""
        if self._saved is not factored:
            self._save(factored)
        parts = [pa.table({"part": [part]}) for part in range(len(edges) - 1)]
        run = partial(_sweep, folder=str(self.folder.resolve()), made=self._made, folded=folded, edges=edges)
        sums = []
        for part, table in enumerate(self.engine.map(run, parts, schema=SCHEMA)):
            rows = slice(int(edges[part]), int(edges[part + 1]))
            choice[rows] = table["choice"].combine_chunks().to_numpy()[1:]
            lead[rows] = table["lead"].combine_chunks().to_numpy()[1:]
            sums.append(float(table["total"][0].as_py()))
        return sums

    def _save(self, factored: Factored) -> None:
        beside = self.folder.with_name(f".{self.folder.name}.part")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for name in ARRAYS:
            np.save(beside / f"{name}.npy", getattr(factored, name))
        shutil.rmtree(self.folder, ignore_errors=True)
        beside.rename(self.folder)
        self._saved, self._made = factored, self._made + 1


@cache
def _opened(folder: str, made: int) -> dict[str, Any]:
    """Return the arrays in `folder`; `made` tells them from others that were there before."""
    return {name: np.load(Path(folder) / f"{name}.npy", mmap_mode="r") for name in ARRAYS}


def _sweep(table: pa.Table, *, folder: str, made: int, folded: Floats, edges: npt.NDArray[np.int64]) -> pa.Table:
    """Return for one part its sum in the first row, and choice and lead of its units in the others."""
    part = table["part"][0].as_py()
    first, beyond = int(edges[part]), int(edges[part + 1])
    arrays = {name: np.asarray(array) for name, array in _opened(folder, made).items()}
    cell = np.ascontiguousarray(arrays["cell"][first:beyond])
    benefit, amount = (np.ascontiguousarray(arrays[name][:, first:beyond]) for name in ("benefit", "amount"))
    count, shape = beyond - first, (arrays["slot_start"], arrays["slot_measure"])
    choice, lead = np.full(count + 1, -1, np.int32), np.zeros(count + 1, np.float32)
    total = sweep_factored(0, count, cell, shape[0], shape[1], benefit, amount, folded, choice[1:], lead[1:])
    column = np.zeros(count + 1)
    column[0] = total
    return pa.table({"choice": choice, "lead": lead, "total": column}, schema=SCHEMA)
