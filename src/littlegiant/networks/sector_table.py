"""Input-output tables: what is known of a chain when no firm's links are. They weigh sectors, never firms.

Firms of one sector share only a fifth of their buyers and suppliers (Diem et al. 2024): a sector's value is no firm's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from littlegiant.networks.network import Floats
from littlegiant.problems import refuse


@dataclass(frozen=True)
class SectorTable:
    """Sectors with flows between them, (m, m) from row to column, made at home and imported, and output (m,)."""

    sectors: tuple[str, ...]
    domestic: Floats
    imported: Floats
    output: Floats

    @cached_property
    def final_demand(self) -> Floats:
        return np.asarray(self.output - self.domestic.sum(axis=1))

    @cached_property
    def requirements(self) -> Floats:
        """A: domestic input per unit of output, (m, m)."""
        return np.asarray(self.domestic / self.output)

    @cached_property
    def leontief(self) -> Floats:
        """L = (I - A)^-1."""
        return np.asarray(np.linalg.inv(np.eye(len(self.output)) - self.requirements))

    @cached_property
    def backward(self) -> Floats:
        """Output of all sectors per unit of final demand for one, (m,)."""
        return np.asarray(self.leontief.sum(axis=0))

    @cached_property
    def forward(self) -> Floats:
        """Ghosh: output of all sectors per unit of primary input into one, (m,)."""
        shares = self.domestic / self.output[:, None]
        return np.asarray(np.linalg.inv(np.eye(len(self.output)) - shares).sum(axis=1))

    @cached_property
    def direct_import(self) -> Floats:
        """Imported inputs per unit of output, (m,)."""
        return np.asarray(self.imported.sum(axis=0) / self.output)

    @cached_property
    def import_content(self) -> Floats:
        """Imported inputs, direct and through all suppliers, per unit of final demand, (m,)."""
        return np.asarray(self.direct_import @ self.leontief)

    @cached_property
    def imported_share_of_use(self) -> Floats:
        """Of what all sectors use of each product, the share that is imported, (m,); NaN where none use it."""
        imported = self.imported.sum(axis=1)
        used = imported + self.domestic.sum(axis=1)
        return np.asarray(np.divide(imported, used, out=np.full(len(used), np.nan), where=used > 0))

    def extraction_loss(self, sector: int) -> float:
        """Return the share of all output lost when a sector's row, column and final demand are taken out."""
        rest = np.delete(np.arange(len(self.output)), sector)
        without = np.linalg.solve(np.eye(len(rest)) - self.requirements[np.ix_(rest, rest)], self.final_demand[rest])
        return float(1 - without.sum() / self.output.sum())

    def inoperability(self, lost: npt.ArrayLike) -> Floats:
        """Return the share of output each sector loses, (m,), when the amounts `lost` (m,) of final demand fall away."""
        scaled = self.requirements * self.output / self.output[:, None]
        wanted = np.asarray(lost, np.float64) / self.output
        return np.asarray(np.linalg.solve(np.eye(len(self.output)) - scaled, wanted))


def make_table(sectors: Sequence[str], domestic: npt.ArrayLike, imported: npt.ArrayLike, output: npt.ArrayLike) -> SectorTable:
    """Return the table; refuses what does not balance: negative flows, output below what the sectors buy of each other."""
    own, bought, made = (np.asarray(values, np.float64) for values in (domestic, imported, output))
    m = len(sectors)
    for name, values, shape in (("domestic", own, (m, m)), ("imported", bought, (m, m)), ("output", made, (m,))):
        if values.shape != shape:
            refuse(f"the sector table, {name}", f"the shape {values.shape}", str(shape))
        if not np.isfinite(values).all() or (values < 0).any():
            at = sectors[int(np.argwhere(~np.isfinite(values) | (values < 0))[0][0])]
            refuse(f"the sector table, {name}, sector {at}", "an amount below zero or none", "zero or more", code="range")
    if (made <= 0).any():
        refuse(f"the sector table, sector {sectors[int(np.argmin(made))]}", "no output", "an output above zero", code="range")
    spent = own.sum(axis=0) + bought.sum(axis=0)
    if (spent >= made).any():
        worst = int(np.argmax(spent - made))
        found = f"inputs of {spent[worst]:,.0f} for an output of {made[worst]:,.0f}"
        refuse(f"the sector table, sector {sectors[worst]}", found, "inputs below the output", code="balance")
    return SectorTable(tuple(sectors), own, bought, made)


def aggregated(table: SectorTable, groups: Mapping[str, str]) -> SectorTable:
    """Return the table with sectors added up: `groups` gives each sector its group."""
    missing = [code for code in table.sectors if code not in groups]
    if missing:
        refuse("the concordance of sectors", f"no row for {', '.join(missing[:5])}", "a group for each sector")
    names = sorted({groups[code] for code in table.sectors})
    sums = np.zeros((len(names), len(table.sectors)))
    for column, name in enumerate(table.sectors):
        sums[names.index(groups[name]), column] = 1.0
    return make_table(names, sums @ table.domestic @ sums.T, sums @ table.imported @ sums.T, sums @ table.output)
