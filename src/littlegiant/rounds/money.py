"""The stage of money: what each firm may claim, made and read back. Sums are stored in the smallest unit."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from littlegiant.appraisal.entitlements import Entitlements, entitlements
from littlegiant.engines import WrittenTable
from littlegiant.finance import Catalogue, open_catalogue
from littlegiant.register import Register
from littlegiant.rounds.setting import Setting
from littlegiant.rounds.tables import write_table

STAGE = "06-money"
_MONEY = ("worth", "claimed", "unclaimed")
_SMALLEST = 100  # of the smallest unit in the main unit; amounts of `entitlements` are stored so, too
_TOLERANCE = 1  # smallest units by which a figure computed elsewhere may differ


def catalogue_of(setting: Setting) -> Catalogue:
    return open_catalogue(setting.pack, setting.compiled.reference_date)


def make_money(setting: Setting, register: Register, beside: Path) -> Mapping[str, WrittenTable]:
    """Write `entitlements` and `instruments` into the folder of the stage."""
    found = entitlements(register, catalogue_of(setting), year=setting.programme.value.year, to=beside / "entitlements.parquet")
    return {"entitlements": found.written, "instruments": write_table(beside, "instruments", _stored(found))}


def _stored(found: Entitlements) -> pa.Table:
    """Return the groups with amounts in whole numbers, and one row for all instruments together."""
    table = found.groups
    for name in _MONEY:
        column = pc.cast(pc.round(pc.multiply(table[name], float(_SMALLEST))), pa.int64())
        table = table.set_column(table.column_names.index(name), name, column)
    joint = {"kind": "joint", "group": "", "instrument": "", "eligible": found.firms, "undetermined": found.left_out}
    joint |= {"worth": round(found.joint * _SMALLEST), "claimed": None, "unclaimed": None}
    return pa.concat_tables([table, pa.Table.from_pylist([joint], table.schema)])


def read_money(folder: Path, written: WrittenTable) -> Entitlements:
    """Return what a sealed stage says."""
    table = pq.read_table(folder / "instruments.parquet")
    (joint,) = table.filter(pc.equal(table["kind"], "joint")).to_pylist()
    groups = table.filter(pc.not_equal(table["kind"], "joint"))
    for name in _MONEY:
        column = pc.divide(pc.cast(groups[name], pa.float64()), float(_SMALLEST))
        groups = groups.set_column(groups.column_names.index(name), name, column)
    return Entitlements(written, groups, joint["worth"] / _SMALLEST, joint["eligible"], joint["undetermined"])


def money_differs(before: Path, again: Path) -> str:
    """Return where two stages differ by more than the tolerance, empty where they do not."""
    for name in ("entitlements", "instruments"):
        old, new = (pq.read_table(folder / f"{name}.parquet") for folder in (before, again))
        if old.num_rows != new.num_rows:
            return f"{name} has {new.num_rows} rows, {old.num_rows} were sealed"
        for column in old.column_names:
            a, b = old[column].combine_chunks(), new[column].combine_chunks()
            if not a.is_null().equals(b.is_null()):
                return f"{name}, {column} is known for other rows"
            if pa.types.is_integer(a.type):
                gap = pc.max(pc.abs(pc.subtract(a, b))).as_py() or 0
                if gap > (_TOLERANCE * old.num_rows if name == "instruments" else _TOLERANCE):
                    return f"{name}, {column} differs by {gap}"
            elif not a.equals(b):
                return f"{name}, {column}"
    return ""
