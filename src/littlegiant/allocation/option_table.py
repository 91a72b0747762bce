"""The options of a call as arrays, read from what an appraisal wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from littlegiant.allocation.instance import ABSENT, Ints
from littlegiant.appraisal.options import NO_BENEFIT


@dataclass(frozen=True)
class OptionTable:
    """What a problem needs of `options.parquet`, as arrays of cases by packages. benefit: ABSENT where an option is not offered.
    measures: what options use, 0 where they are not offered. attributes: texts by case, for groups."""

    cases: tuple[str, ...]
    packages: tuple[str, ...]
    undertaking: npt.NDArray[np.object_]
    benefit: Ints
    measures: Mapping[str, Ints]
    attributes: Mapping[str, npt.NDArray[np.str_]]
    received: Ints | None = None  # by case: small aid that its undertaking had before, in the smallest unit

    @property
    def count(self) -> int:
        return len(self.cases)


def expected_costs(names: Sequence[str]) -> list[str]:
    """Return the columns of expected cost by level among those of the options."""
    return [name for name in names if name.startswith("cost_") and name not in ("cost_before", "cost_after")]


def read_options(path: Path, attributes: Mapping[str, npt.NDArray[np.str_]], *, bringing_nothing: bool = False) -> OptionTable:
    """Return the table of an appraisal; its rows stand in the order of case and package, every case with every package.

    bringing_nothing: also options dropped as nothing is expected of them, with a benefit of 1, for other objectives.
    """
    file = pq.ParquetFile(path)
    held = file.schema_arrow.names
    names = [*(name for name in held if name.startswith("paid_")), *expected_costs(held)]
    own = ["case", "package", "undertaking", "dropped", "benefit", "committed", "gross", "additional", "small_received"]
    table = file.read(columns=[*own, *names])
    packages = sorted(pc.unique(table["package"]).to_pylist())
    width = max(1, len(packages))
    count = table.num_rows // width
    firsts = pa.array(np.arange(count) * width)
    benefit = _square(table["benefit"].fill_null(ABSENT), count, width)
    if bringing_nothing:
        nothing = pc.equal(table["dropped"], NO_BENEFIT).combine_chunks().to_numpy(zero_copy_only=False)
        benefit[nothing.reshape(count, width)] = 1
    measures = {name: _square(table[name].fill_null(0), count, width) for name in ("committed", "gross", "additional", *names)}
    measures["awards"] = (benefit != ABSENT).astype(np.int64)
    for amounts in measures.values():
        amounts[benefit == ABSENT] = 0
    undertaking = np.array(table["undertaking"].take(firsts).to_pylist(), np.object_)
    received = _square(table["small_received"].fill_null(0), count, width)[:, 0]
    return OptionTable(
        tuple(table["case"].take(firsts).to_pylist()), tuple(packages), undertaking, benefit, measures, attributes, received
    )


def _square(column: pa.ChunkedArray, count: int, width: int) -> Ints:
    return np.array(column.combine_chunks().to_numpy(zero_copy_only=False), np.int64).reshape(count, width)
