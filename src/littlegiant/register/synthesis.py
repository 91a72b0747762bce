"""A synthetic register: invented firms whose figures follow the pack's published moments. Says so everywhere."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from littlegiant.documents import read_document
from littlegiant.engines import ParquetSink
from littlegiant.packs import Pack
from littlegiant.problems import refuse
from littlegiant.register.calibration import STRATA, Calibration, Share
from littlegiant.register.draws import ONE, Ints, correlated, draw, pick, quantile
from littlegiant.register.store import KEYS, RegisterWriter

CHUNK = 1 << 16
Mask = npt.NDArray[np.bool_]
_FEN = 100
_MILLION = 1_000_000
_FIELDS = (
    "core_parts",
    "core_components",
    "key_software",
    "advanced_process",
    "key_materials",
    "technical_foundation",
    "upgrading_traditional",
    "emerging",
    "future",
)


def synthesise(pack: Pack, to: Path, *, firms: int, years: tuple[int, ...], seed: int) -> int:
    """Write a register of `firms` invented firms over `years` (rising) to the folder `to`; return its firm-years.

    The same seed gives the same tables and digests whatever the machine.
    """
    if not 1 <= firms <= 100_000_000:
        refuse("--firms", str(firms), "a number from 1 to 100,000,000", code="range")
    if not 1 <= len(years) <= 10 or list(years) != list(range(years[0], years[0] + len(years))):
        refuse("--from, --to", f"the years {', '.join(map(str, years)) or 'none'}", "one to ten years in a row", code="range")
    calibration = read_document(pack.path / "calibration.yaml", Calibration, name=f"{pack.id}/calibration.yaml").value
    maker = _Maker(pack, calibration, seed, years)
    title = {"zh": "合成登记簿（全部企业均为虚构）", "en": "Synthetic register (every firm is invented)"}
    with RegisterWriter(to, pack, synthetic=True, title=title) as writer:
        with ExitStack() as stack:
            schemas = maker.schemas().items()
            sinks = {name: stack.enter_context(ParquetSink(writer.path(name), schema, KEYS[name])) for name, schema in schemas}
            _fill(maker, firms, sinks)
        for name, sink in sinks.items():
            writer.add(name, sink.written())
        rows = sinks["firm_years"].written().rows
        writer.finish({"complete_tiers": ["srdi"], "made": {"seed": seed, "firms": firms, "years": list(years)}})
    return rows


def _fill(maker: "_Maker", firms: int, sinks: dict[str, ParquetSink]) -> None:
    for start in range(0, firms, CHUNK):
        for name, batch in maker.chunk(np.arange(start, min(start + CHUNK, firms), dtype=np.int64)):
            sinks[name].add(batch)


def synthetic_ids(firms: Ints) -> list[str]:
    """Return the ids of synthetic firms: 18 characters that no real identifier scheme gives."""
    return [f"SYN{number:015d}" for number in firms.tolist()]


@dataclass(frozen=True)
class _Maker:
    pack: Pack
    calibration: Calibration
    seed: int
    years: tuple[int, ...]

    def schemas(self) -> dict[str, pa.Schema]:
        facts = self.pack.facts
        static = [(name, fact.arrow_type()) for name, fact in facts.items() if fact.period == "static"]
        yearly = [(name, fact.arrow_type()) for name, fact in facts.items() if fact.period == "year"]
        titles = [
            ("firm", pa.string()),
            ("tier", pa.string()),
            ("from", pa.date32()),
            ("until", pa.date32()),
            ("status", pa.string()),
            ("basis", pa.string()),
        ]
        return {
            "firms": pa.schema([("firm", pa.string()), *static]),
            "firm_years": pa.schema([("firm", pa.string()), ("year", pa.int64()), *yearly]),
            "recognitions": pa.schema(titles),
        }

    def chunk(self, numbers: Ints) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the batches of one range of firms; nothing in them depends on where the range begins."""
        stratum = pick({name: self.calibration.strata[name].weight for name in STRATA}, self._draw("stratum", numbers))
        ids = pa.array(synthetic_ids(numbers), pa.string())
        yield "firms", self._firms(numbers, stratum, ids)
        yield "firm_years", self._firm_years(numbers, stratum, ids)
        yield "recognitions", self._recognitions(numbers, stratum, ids)

    # --- draws --------------------------------------------------------------------------------------------

    def _draw(self, stream: str, numbers: Ints) -> Ints:
        return draw(self.seed, stream, numbers)

    def _by_stratum(self, stratum: Ints, one: Callable[[str], Ints | int]) -> Ints:
        return np.select([stratum == k for k in range(len(STRATA))], [one(name) for name in STRATA]).astype(np.int64)

    def _quantile(self, name: str, stratum: Ints, u: Ints) -> Ints:
        table = self.calibration.quantiles[name]
        return self._by_stratum(stratum, lambda s: quantile(getattr(table, s), u))

    def _true(self, share: Share, stream: str, stratum: Ints, numbers: Ints) -> Mask:
        per_mille = self._by_stratum(stratum, lambda s: getattr(share, s))
        return np.asarray(self._draw(stream, numbers) * 1000 < per_mille * ONE)

    # --- what does not change -----------------------------------------------------------------------------

    def _firms(self, numbers: Ints, stratum: Ints, ids: pa.Array) -> pa.RecordBatch:
        shares = self.calibration.shares

        def true(name: str) -> Mask:
            return self._true(shares[name], name, stratum, numbers)

        sectors, regions = self.calibration.sectors.weights, self.calibration.regions.weights
        fields = np.array([*_FIELDS, "other"])
        field = np.where(true("key_field"), self._draw("field", numbers) % len(_FIELDS), len(_FIELDS))
        age = 2 + self._draw("age", numbers) * 25 // ONE
        founded = [
            date(self.years[-1] - int(a), 1 + int(m), 1) for a, m in zip(age, self._draw("month", numbers) % 12, strict=True)
        ]
        values: dict[str, Any] = {
            "name": [f"示例企业{number}号（虚构）" for number in numbers.tolist()],
            "region": np.array(list(regions))[pick(regions, self._draw("region", numbers))],
            "sector": np.array(list(sectors))[pick(sectors, self._draw("sector", numbers))],
            "founded": founded,
            "independent_legal_person": np.ones(len(numbers), bool),
            "on_adverse_list": true("on_adverse_list"),
            "product_prohibited": true("product_prohibited"),
            "adverse_incidents_3y": true("adverse_incidents").astype(np.int64),
            "major_incidents_3y": (true("adverse_incidents") & (self._draw("major", numbers) < ONE // 2)).astype(np.int64),
            "single_champion": true("single_champion"),
            "controlled_link_to_little_giant": true("controlled_link"),
            "group_similar_product": true("similar_product"),
            "national_award_top3_3y": true("national_award"),
            "maker_contest_top50_3y": np.zeros(len(numbers), bool),
            "product_field": fields[field],
        }
        arrays = [ids]
        for column in list(self.schemas()["firms"])[1:]:
            never = column.name in ("name", "region", "founded", "independent_legal_person")
            hole = None if never else self._true(self.calibration.missing.static, f"hole {column.name}", stratum, numbers)
            arrays.append(_array(values.get(column.name), column.type, len(numbers), hole))
        return pa.record_batch(arrays, schema=self.schemas()["firms"])

    # --- year by year -------------------------------------------------------------------------------------

    def _firm_years(self, numbers: Ints, stratum: Ints, ids: pa.Array) -> pa.RecordBatch:
        """Build the years backwards from the last, then put them in firm-major order."""
        span = len(self.years)
        ranks = correlated(self.seed, self.calibration.correlations.order, self.calibration.correlations.matrix, numbers)
        revenue = self._quantile("revenue", stratum, ranks["revenue"])
        staff = self._quantile("staff", stratum, ranks["staff"]).clip(1)
        columns: dict[str, list[Ints]] = {}
        for back in range(span):
            for name, value in self._year(numbers, stratum, ranks, revenue, staff, back).items():
                columns.setdefault(name, []).append(value)
            u = ranks["growth"] if back == 0 else self._draw(f"growth {back}", numbers)
            growth = self._quantile("growth", stratum, u)
            revenue = revenue * _MILLION // (_MILLION + growth).clip(100_000)
            staff = (staff * _MILLION // (_MILLION + growth // 2).clip(200_000)).clip(1)
        missing = self.calibration.missing
        rows = np.stack([~self._true(missing.row, f"row {back}", stratum, numbers) for back in range(span)][::-1], axis=1)
        rows[:, -1] = True  # the firm is in the register because it reported last year
        keep = rows.reshape(-1)
        schema = self.schemas()["firm_years"]
        arrays = [ids.take(pa.array(np.repeat(np.arange(len(numbers)), span)[keep]))]
        arrays.append(pa.array(np.tile(np.array(self.years), len(numbers))[keep], pa.int64()))
        for column in list(schema)[2:]:
            if column.name not in columns:
                arrays.append(pa.nulls(int(keep.sum()), column.type))
                continue
            flat = np.stack(columns[column.name][::-1], axis=1).reshape(-1)[keep]
            holes = np.stack(
                [self._true(missing.yearly, f"hole {column.name} {back}", stratum, numbers) for back in range(span)][::-1],
                axis=1,
            )
            arrays.append(_array(flat, column.type, len(flat), holes.reshape(-1)[keep]))
        return pa.record_batch(arrays, schema=schema)

    def _year(
        self, numbers: Ints, stratum: Ints, ranks: dict[str, Ints], revenue: Ints, staff: Ints, back: int
    ) -> dict[str, Ints]:
        def own(name: str) -> Ints:
            return self._quantile(name, stratum, self._draw(name, numbers))

        wobble = 950_000 + self._draw(f"wobble {back}", numbers) * 100_000 // ONE if back else np.full(len(numbers), _MILLION)
        fen = revenue * _FEN + self._draw(f"fen {back}", numbers) % _FEN
        rd_share = self._quantile("rd_share", stratum, ranks["rd_share"]) * wobble // _MILLION
        assets = fen // 1000 * own("assets_to_revenue") // 1000
        rights = own("class_one_rights")
        return {
            "revenue": fen,
            "main_revenue": fen // 1000 * own("main_share") // 1000,
            "rd_expense": fen // 1000 * rd_share // 1000,
            "assets": assets,
            "liabilities": assets // 1000 * self._quantile("debt_ratio", stratum, ranks["debt_ratio"]) // 1000,
            "net_profit": fen // 1000 * (self._draw(f"margin {back}", numbers) * 300_000 // ONE - 60_000) // 1000,
            "staff": staff,
            "rd_staff": staff * self._quantile("rd_staff_share", stratum, ranks["rd_staff_share"]) // _MILLION,
            "niche_years": (own("niche_years") - 100 * back).clip(0),
            "niche_share_national": own("niche_share_national"),
            "niche_share_international": own("niche_share_national") // 6,
            "niche_rank_national": own("niche_rank_national").clip(1),
            "class_one_rights": (rights - back * rights // 8).clip(0),
            "qualified_equity_2y": np.where(self._draw("equity", numbers) < ONE // 20, fen // 3, 0).astype(np.int64),
            "core_processes_on_it": self._draw("it", numbers) % 4,
            "management_certificates": self._draw("certificates", numbers) % 3,
            "foreign_product_certificates": self._draw("foreign", numbers) % 2,
            "own_brands": self._draw("brands", numbers) % 3,
            "rd_institutions": np.where(rd_share > 20_000, 1 + self._draw("institution", numbers) % 2, 0).astype(np.int64),
        }

    def _recognitions(self, numbers: Ints, stratum: Ints, ids: pa.Array) -> pa.RecordBatch:
        holds = np.flatnonzero(self._true(self.calibration.shares["srdi_title"], "srdi_title", stratum, numbers))
        since = [date(self.years[-1] - int(y), 11, 30) for y in self._draw("title year", numbers)[holds] % 3]
        count = len(holds)
        until = [day.replace(year=day.year + 3) for day in since]
        columns = [
            ids.take(pa.array(holds)),
            pa.array(["srdi"] * count, pa.string()),
            pa.array(since, pa.date32()),
            pa.array(until, pa.date32()),
        ]
        columns += [pa.array(["valid"] * count, pa.string()), pa.array(["synthetic"] * count, pa.string())]
        return pa.record_batch(columns, schema=self.schemas()["recognitions"])


def _array(values: Any, type_: pa.DataType, length: int, hole: Mask | None) -> pa.Array:
    """Return a column with its holes; decimals are given in millionths (12 decimals) or hundredths (2 decimals)."""
    if values is None:
        return pa.nulls(length, type_)
    if pa.types.is_decimal(type_):
        values = np.asarray(values, np.int64) * (10 ** (type_.scale - 6) if type_.scale > 2 else 1)
        pairs = np.empty((length, 2), np.int64)
        pairs[:, 0], pairs[:, 1] = values, values >> 63
        whole = pa.Array.from_buffers(type_, length, [None, pa.py_buffer(pairs.tobytes())])
        return whole if hole is None else pc.if_else(pa.array(hole), pa.scalar(None, type_), whole)
    return pa.array(values, type_, mask=hole)
