"""Systemic risk on many processes or machines: each opens the saved arrays once and measures the parts it is given."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from littlegiant.engines import Mapper
from littlegiant.networks.layout import Layout, open_layout
from littlegiant.networks.risk import Kernel, Measured, systemic_risk
from littlegiant.networks.sorting import Ints

SCHEMA = pa.schema(
    [
        ("firm", pa.int32()),
        ("esri", pa.float64()),
        ("downstream", pa.float64()),
        ("upstream", pa.float64()),
        ("steps", pa.int32()),
        ("converged", pa.bool_()),
        ("bound", pa.float64()),
        ("sure", pa.bool_()),
        ("links", pa.int64()),
    ]
)
PARTS = 8  # a worker: enough that the last one does not wait for a heavy part


@cache
def _opened(folder: str, made: int) -> Layout:
    """Return the layout in `folder`; `made`, when its last array was written, tells it from another in the same place."""
    return open_layout(Path(folder))


def _measure(part: pa.Table, *, folder: str, made: int, kernel: Kernel, eps: float, delta: float) -> pa.Table:
    firms = part["firm"].combine_chunks().to_numpy()
    found = systemic_risk(_opened(folder, made), firms, kernel=kernel, eps=eps, delta=delta, threads=1)
    return pa.table({field.name: pa.array(getattr(found, field.name)) for field in fields(found)}, schema=SCHEMA)


def parts_by_work(firms: npt.NDArray[np.int64], work: npt.ArrayLike, count: int) -> list[Ints]:
    """Split `firms` into `count` parts of about equal work: the heaviest first, each to the part with least so far."""
    estimated = np.asarray(work, np.float64) + 1.0
    order = np.argsort(-estimated, kind="stable")
    loads = np.zeros(max(1, count))
    parts: list[list[int]] = [[] for _ in loads]
    for at in order:
        lightest = int(np.argmin(loads))
        loads[lightest] += estimated[at]
        parts[lightest].append(int(firms[at]))
    heavy_first = np.argsort(-loads, kind="stable")
    return [np.array(parts[at], np.int64) for at in heavy_first if parts[at]]


def measured_by(engine: Mapper, folder: Path, *, workers: int) -> Callable[..., Measured]:
    """Return what measures as `systemic_risk` does, on the workers of `engine`, from the layout saved in `folder`.

    Give it to `rank`. Each shock is computed by itself, so that the digits do not depend on where.
    """

    def measure(
        firms: npt.NDArray[np.int64], *, kernel: Kernel = "frontier", eps: float, delta: float = 0.0, work: npt.ArrayLike
    ) -> Measured:
        parts = [pa.table({"firm": pa.array(part, pa.int32())}) for part in parts_by_work(firms, work, workers * PARTS)]
        made = (folder / "isolated.npy").stat().st_mtime_ns
        run = partial(_measure, folder=str(folder.resolve()), made=made, kernel=kernel, eps=eps, delta=delta)
        tables = engine.map(run, parts, schema=SCHEMA)
        table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
        columns = {name: table[name].combine_chunks().to_numpy(zero_copy_only=False) for name in SCHEMA.names}
        place = {int(firm): at for at, firm in enumerate(columns["firm"])}
        order = np.array([place[int(firm)] for firm in firms], np.int64)
        return Measured(**columns).take(order)

    return measure
