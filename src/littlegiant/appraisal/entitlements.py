"""What each firm of a register may claim, on which ground, what it is worth on one footing, and what is left unclaimed.

Who may have an instrument is said by its own standard, judged as every other; unknown is not no. Of exclusive instruments a
firm is taken to choose the one worth most to it, then the one that costs the levels below the national least, then the first
by name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from littlegiant.appraisal.positions import positions
from littlegiant.assessment.together import assess_together
from littlegiant.engines import DuckDBEngine, ParquetSink, WrittenTable
from littlegiant.finance.catalogue import Catalogue
from littlegiant.finance.computation import Computation
from littlegiant.finance.evaluate import CHUNK, Value, effect_of, evaluated
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments import Instrument
from littlegiant.finance.schedule import FloatArray
from littlegiant.problems import refuse, suggestion
from littlegiant.register import Register
from littlegiant.standards import Compiled, compile_applying

SCHEMA = pa.schema(
    [
        ("firm", pa.string()),
        ("instrument", pa.string()),
        ("outcome", pa.string()),
        ("chosen", pa.bool_()),
        ("gross", pa.int64()),
        ("worth", pa.int64()),
        ("cost", pa.int64()),
        ("national_cost", pa.int64()),
        ("committed", pa.int64()),
        ("user_cost", pa.int64()),
        ("claimed", pa.bool_()),
        ("flags", pa.string()),
    ]
)
_OUTCOMES = ("eligible", "ineligible", "undetermined")


@dataclass(frozen=True)
class Entitlements:
    """`written`: one row a firm and instrument, amounts in the smallest unit, user_cost in millionths, null where a figure
    is unknown; `claimed` is null where nobody knows. groups: kind (all, region, sector), group, instrument, eligible,
    undetermined, worth, claimed, unclaimed (main unit, of chosen instruments). joint: sum of what the chosen ones are worth
    together."""

    written: WrittenTable
    groups: pa.Table
    joint: float
    firms: int
    left_out: int = 0  # firms that the joint sum leaves out, for figures that are unknown


def entitlements(
    register: Register, catalogue: Catalogue, *, year: int, to: Path, aid: pa.Table | None = None, threads: int = 1
) -> Entitlements:
    """Write what each firm may claim. `aid` (firm, measure) says what was claimed; without it the use is unknown."""
    instruments = sorted(catalogue.instruments, key=lambda each: each.id)
    firms = positions(register, catalogue, year=year)
    outcomes = judge(register, catalogue, instruments, firms, year=year)
    claimed = None if aid is None else _claimed(aid, firms, instruments)
    eligible = {each.id: outcomes[:, number] == 0 for number, each in enumerate(instruments)}
    tally = _Tally(firms, instruments, used=aid is not None)
    with ParquetSink(to, SCHEMA, ("firm", "instrument")) as sink:
        values = evaluated(
            firms,
            instruments,
            catalogue.rules,
            catalogue.rates,
            background=catalogue.background,
            eligible=eligible,
            threads=threads,
        )
        for start, part in zip(range(0, max(1, len(firms)), CHUNK), values, strict=True):
            rows = slice(start, min(start + CHUNK, len(firms)))
            chosen = choose(instruments, part)
            used = None if claimed is None else claimed[rows]
            for batch in _batches(firms.ids[rows], instruments, part, outcomes[rows], chosen, used):
                sink.add(batch)
            tally.add(rows, part, outcomes[rows], chosen, used)
            joint = _joint(firms.part(rows), catalogue, instruments, chosen)
            tally.joint += float(np.nansum(joint))
            tally.left_out += int(np.isnan(joint).sum())
    return Entitlements(sink.written(), tally.table(), tally.joint, len(firms), tally.left_out)


def entitled(
    register: Register, catalogue: Catalogue, instruments: Sequence[Instrument], *, year: int
) -> tuple[Firms, dict[str, BoolArray]]:
    """Return the firms of a register, and for each of `instruments` and of the background who may have it."""
    firms = positions(register, catalogue, year=year)
    wanted = list({each.id: each for each in (*instruments, *catalogue.background)}.values())
    outcomes = judge(register, catalogue, wanted, firms, year=year)
    return firms, {each.id: outcomes[:, number] == 0 for number, each in enumerate(wanted)}


def judge(
    register: Register, catalogue: Catalogue, instruments: list[Instrument], firms: Firms, *, year: int
) -> npt.NDArray[np.int8]:
    """Return 0 eligible, 1 ineligible, 2 undetermined by firm and instrument; one without a standard goes by its flag.

    A regional measure is for the firms of its region; where the region is unknown, so is the answer.
    """
    compiled = compiled_standards(catalogue, instruments)
    table = assess_together(register, list(compiled.values()), year=year)
    verdicts = {
        name: np.array(pc.if_else(pc.is_null(table[f"v{n}"]), 2, pc.if_else(pc.fill_null(table[f"v{n}"], False), 0, 1)), np.int8)
        for n, name in enumerate(compiled)
    }
    result = np.zeros((table.num_rows, len(instruments)), np.int8)
    for number, each in enumerate(instruments):
        if each.entitlement is not None:
            result[:, number] = verdicts[each.entitlement]
        elif each.flag:
            result[:, number] = np.where(firms.flag(each.flag), 0, 1)
        if each.region:
            elsewhere = ~np.char.startswith(firms.region, _province(each.region)) & (firms.region != "")
            unknown = (firms.region == "") & (result[:, number] == 0)
            result[:, number] = np.where(elsewhere, 1, np.where(unknown, 2, result[:, number]))
    return result


def _province(region: str) -> str:
    """Return the part of a code that all its places share: trailing pairs of zeros stand for the whole."""
    while region.endswith("00") and len(region) > 2:
        region = region[:-2]
    return region


def compiled_standards(catalogue: Catalogue, instruments: list[Instrument]) -> dict[str, Compiled]:
    """Return the standards that say who may have the instruments, by id."""
    names = sorted({each.entitlement for each in instruments if each.entitlement is not None})
    return {name: compile_applying(catalogue.pack, name, on=catalogue.on, application="new") for name in names}


def choose(instruments: list[Instrument], values: list[Value]) -> BoolArray:
    """Return which instruments each firm takes, shape (n, instruments): all it may have, of exclusive ones the best."""
    chosen = np.stack([value.eligible & ~(value.worth < 0) for value in values], axis=1)
    for word in sorted({each.exclusive for each in instruments if each.exclusive}):
        members = [number for number, each in enumerate(instruments) if each.exclusive == word]
        if len(members) < 2:
            continue
        worth = np.stack(
            [np.where(values[n].eligible, np.nan_to_num(values[n].worth, nan=-np.inf), -np.inf) for n in members], axis=1
        )
        local = np.stack([_below(values[n]) for n in members], axis=1)
        may = np.stack([chosen[:, n] for n in members], axis=1)
        best = np.where(may, worth, -np.inf).max(axis=1, keepdims=True)
        # Among those it may have; an unknown worth is taken only where no other is known.
        cheapest = np.where(may & (worth == best), np.nan_to_num(local, nan=1e300), np.inf)
        first = cheapest.argmin(axis=1)
        for place, number in enumerate(members):
            chosen[:, number] &= first == place
    return chosen


def _below(value: Value) -> FloatArray:
    """Return the expected cost to the levels below the national."""
    parts = [amount for level, amount in value.cost_by_level.items() if level != "national"]
    return sum(parts, np.zeros(len(value.worth)))


def _joint(firms: Firms, catalogue: Catalogue, instruments: list[Instrument], chosen: BoolArray) -> FloatArray:
    """Return what the chosen instruments are worth together, by firm; NaN where a figure is unknown."""
    computation = Computation(firms, catalogue.rules, catalogue.rates)
    effects = [
        effect_of(each, firms, catalogue.rules, catalogue.rates, {each.id: chosen[:, number]})
        for number, each in enumerate(instruments)
    ]
    return computation.difference(effects, []).worth


def _claimed(aid: pa.Table, firms: Firms, instruments: list[Instrument]) -> BoolArray:
    engine = DuckDBEngine(threads=1)
    engine.bind("aid", aid)
    rows = engine.table("SELECT DISTINCT firm, measure FROM aid", order=("firm", "measure")).to_pylist()
    engine.close()
    place = {firm: number for number, firm in enumerate(firms.ids)}
    column = {each.id: number for number, each in enumerate(instruments)}
    result = np.zeros((len(firms), len(instruments)), np.bool_)
    for row in rows:
        if row["firm"] in place and row["measure"] in column:
            result[place[row["firm"]], column[row["measure"]]] = True
    return result


def _batches(
    ids: npt.NDArray[np.object_],
    instruments: list[Instrument],
    values: list[Value],
    outcomes: npt.NDArray[np.int8],
    chosen: BoolArray,
    claimed: BoolArray | None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a chunk, firm by firm, instruments in the order of their names."""
    count, width = len(ids), len(instruments)

    def flat(columns: list[FloatArray]) -> FloatArray:
        return np.stack(columns, axis=1).reshape(-1)

    undetermined = (outcomes == 2).reshape(-1)  # what it would be worth is not known before it is known who may have it

    def money(columns: list[FloatArray]) -> pa.Array:
        amount = flat([np.where(value.eligible, column, 0.0) for value, column in zip(values, columns, strict=True)])
        amount = np.where(undetermined, np.nan, amount)
        unknown = np.isnan(amount)
        return pa.array(np.rint(np.nan_to_num(amount) * 100).astype(np.int64), mask=unknown)

    cost = flat([np.where(value.eligible, value.user_cost, 0.0) for value in values])
    columns = [
        pa.array(np.repeat(ids, width), pa.string()),
        pa.array(np.tile(np.array([each.id for each in instruments], np.object_), count), pa.string()),
        pa.array(_OUTCOMES, pa.string()).take(pa.array(outcomes.reshape(-1).astype(np.int64))),
        pa.array(chosen.reshape(-1)),
        money([value.gross for value in values]),
        money([value.worth for value in values]),
        money([value.cost for value in values]),
        money([value.cost_by_level.get("national", np.zeros(count)) for value in values]),
        money([value.committed for value in values]),
        pa.array(np.rint(np.nan_to_num(cost) * 1_000_000).astype(np.int64), mask=np.isnan(cost)),
        pa.nulls(count * width, pa.bool_()) if claimed is None else pa.array(claimed.reshape(-1)),
        pa.array(_flags(values, count).reshape(-1), pa.string()),
    ]
    yield pa.record_batch(columns, schema=SCHEMA)


def _flags(values: list[Value], count: int) -> npt.NDArray[np.object_]:
    """Return the names of the flags that are up, by firm and instrument."""
    result = np.full((count, len(values)), "", np.object_)
    for number, value in enumerate(values):
        for name, flag in value.flags.items():
            up = flag & value.eligible
            if up.any():
                result[up, number] = result[up, number] + np.where(result[up, number] == "", name, f" {name}")
    return result


class _Tally:
    """Adds up chunk after chunk, by instrument and group."""

    def __init__(self, firms: Firms, instruments: list[Instrument], *, used: bool) -> None:
        self.instruments = instruments
        self.joint, self.left_out = 0.0, 0
        self.used = used  # whether anybody knows what was claimed
        self._kinds = {"all": np.full(len(firms), "", np.object_), "region": firms.region, "sector": firms.sector}
        self._sums: dict[tuple[str, str, str], list[float]] = {}

    def add(
        self, rows: slice, values: list[Value], outcomes: npt.NDArray[np.int8], chosen: BoolArray, claimed: BoolArray | None
    ) -> None:
        for kind, groups in self._kinds.items():
            names, index = np.unique(groups[rows].astype(np.str_), return_inverse=True)
            for number, each in enumerate(self.instruments):
                worth = np.where(chosen[:, number], np.nan_to_num(values[number].worth), 0.0)
                used = np.zeros(len(worth)) if claimed is None else np.where(claimed[:, number], worth, 0.0)
                columns = ((outcomes[:, number] == 0), (outcomes[:, number] == 2), worth, used)
                sums = [np.bincount(index, column.astype(np.float64), len(names)) for column in columns]
                for place, name in enumerate(names):
                    own = self._sums.setdefault((kind, str(name), each.id), [0.0, 0.0, 0.0, 0.0])
                    for n, column in enumerate(sums):
                        own[n] += float(column[place])

    def table(self) -> pa.Table:
        rows = [
            {
                "kind": kind,
                "group": group,
                "instrument": instrument,
                "eligible": int(sums[0]),
                "undetermined": int(sums[1]),
                "worth": sums[2],
                "claimed": sums[3] if self.used else None,
                "unclaimed": sums[2] - sums[3] if self.used else None,
            }
            for (kind, group, instrument), sums in sorted(self._sums.items())
        ]
        types = {
            "kind": pa.string(),
            "group": pa.string(),
            "instrument": pa.string(),
            "eligible": pa.int64(),
            "undetermined": pa.int64(),
        }
        return pa.Table.from_pylist(
            rows, pa.schema([*types.items(), *((n, pa.float64()) for n in ("worth", "claimed", "unclaimed"))])
        )


def read_aid(path: Path, catalogue: Catalogue) -> pa.Table:
    """Return a table of aid (CSV or Parquet) with at least firm and measure; raises for measures that are no instruments."""
    if not path.is_file():
        refuse(str(path), "no such file", "a CSV or Parquet file with firm and measure", code="no-file")
    try:
        table = pq.read_table(path) if path.suffix == ".parquet" else _csv(path)
    except pa.ArrowInvalid as error:
        refuse(
            path.name,
            f"a table that cannot be read ({str(error).splitlines()[0]})",
            "firm and measure",
            "Save it again.",
            code="table",
        )
    if not {"firm", "measure"} <= set(table.column_names):
        refuse(
            str(path),
            f"the columns {', '.join(table.column_names)}",
            "firm and measure among them",
            "Rename them.",
            code="columns",
        )
    known = {each.id for each in catalogue.instruments}
    for row, measure in enumerate(table["measure"].to_pylist(), start=2):
        if measure not in known:
            remedy = suggestion(str(measure), known) or f"Known: {', '.join(sorted(known))}."
            refuse(f"{path.name}, row {row}", f"no instrument {measure!r}", "", remedy, code="unknown-name")
    return table


def _csv(path: Path) -> pa.Table:
    return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types={"firm": pa.string(), "measure": pa.string()}))
