"""A synthetic register: invented firms whose figures follow the pack's published moments. Says so everywhere."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
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
from littlegiant.register.draws import ONE, Ints, correlated, draw, pick, quantile_table
from littlegiant.register.store import KEYS, RegisterWriter
from littlegiant.register.synthetic_more import MORE_SCHEMAS, PLANTED_EFFECT, more_tables, synthetic_ids, with_dirt

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
_ROLES = ("fills_gap", "six_bases", "old_brand", "key_chain_supplier", "other")
_LEVELS = ("none", "below_municipal", "municipal", "provincial", "national")
_AUDITORS = tuple(f"示例会计师事务所{n}（虚构）" for n in range(400))
_NICHES = tuple(f"示例细分市场{n}" for n in range(2000))
_PRODUCTS = tuple(f"示例产品{n}" for n in range(2000))
_NO_HOLES = (
    "name",
    "region",
    "founded",
    "independent_legal_person",
    "resident_enterprise",
    "niche",
    "leading_product",
    "auditor",
)
_AID_FACTS = ("publicly_listed", "central_support_received", "unpaid_recovery_order", "vat_extra_list")
TITLES = ("high-tech", "innovative-sme", "little-giant", "srdi", "technology-sme")


def synthesise(
    pack: Pack, to: Path, *, firms: int, years: tuple[int, ...], seed: int, more: bool = False, threads: int | None = None
) -> int:
    """Write a register of `firms` invented firms over `years` (rising) to the folder `to`; return its firm-years.

    `more` adds what later rooms are tried on: supply links, ownership, applications for an award with a planted effect on
    their outcomes, and named kinds of dirt in the figures, with the truth kept beside (see `synthetic_more`).
    The same seed gives the same tables and digests whatever the machine, the number of threads and the chunks.
    """
    if not 1 <= firms <= 100_000_000:
        refuse("--firms", str(firms), "a number from 1 to 100,000,000", code="range")
    if not 1 <= len(years) <= 10 or list(years) != list(range(years[0], years[0] + len(years))):
        refuse("--from, --to", f"the years {', '.join(map(str, years)) or 'none'}", "one to ten years in a row", code="range")
    calibration = read_document(pack.path / "calibration.yaml", Calibration, name=f"{pack.id}/calibration.yaml").value
    maker = _Maker(pack, calibration, seed, years, firms, more)
    title = {"zh": "合成登记簿（全部企业均为虚构）", "en": "Synthetic register (every firm is invented)"}
    with RegisterWriter(to, pack, synthetic=True, title=title) as writer:
        with ExitStack() as stack:
            schemas = maker.schemas().items()
            sinks = {name: stack.enter_context(ParquetSink(writer.path(name), schema, KEYS[name])) for name, schema in schemas}
            _fill(maker, firms, sinks, threads or os.cpu_count() or 1)
        for name, sink in sinks.items():
            writer.add(name, sink.written())
        rows = sinks["firm_years"].written().rows
        made = {"seed": seed, "firms": firms, "years": list(years), "more": more}
        if more:
            made["planted_effect_per_mille"] = PLANTED_EFFECT
        writer.finish({"complete_tiers": list(TITLES), "made": made})
    return rows


def _fill(maker: "_Maker", firms: int, sinks: dict[str, ParquetSink], threads: int) -> None:
    """Make the chunks on several threads and write them in their order; only as many as there are threads wait."""

    def make(start: int) -> list[tuple[str, pa.RecordBatch]]:
        return list(maker.chunk(np.arange(start, min(start + CHUNK, firms), dtype=np.int64)))

    starts = iter(range(0, firms, CHUNK))
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(make, start) for start in islice(starts, threads + 1)]
        while waiting:
            batches = waiting.pop(0).result()
            waiting += [pool.submit(make, start) for start in islice(starts, 1)]
            for name, batch in batches:
                sinks[name].add(batch)


@dataclass(frozen=True)
class _Maker:
    pack: Pack
    calibration: Calibration
    seed: int
    years: tuple[int, ...]
    firms: int
    more: bool

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
            **(MORE_SCHEMAS if self.more else {}),
        }

    def chunk(self, numbers: Ints) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the batches of one range of firms; nothing in them depends on where the range begins."""
        stratum = pick({name: self.calibration.strata[name].weight for name in STRATA}, self._draw("stratum", numbers))
        ids = synthetic_ids(numbers)
        years = self._firm_years(numbers, stratum, ids)
        yield "firms", self._firms(numbers, stratum, ids)
        if self.more:
            years, truth = with_dirt(years, self.seed)
            yield "truth", truth
            yield from more_tables(self.seed, numbers, stratum, ids, self.firms, self.years)
        yield "firm_years", years
        yield "recognitions", self._recognitions(numbers, stratum, ids)

    # --- draws --------------------------------------------------------------------------------------------

    def _draw(self, stream: str, numbers: Ints) -> Ints:
        return draw(self.seed, stream, numbers)

    def _quantile(self, name: str, stratum: Ints, u: Ints) -> Ints:
        return np.asarray(self.tables[name][stratum * ONE + u], np.int64)

    @cached_property
    def tables(self) -> dict[str, Ints]:
        """The value at each draw, one stratum behind the other."""
        found = self.calibration.quantiles.items()
        return {name: np.concatenate([quantile_table(getattr(table, s)) for s in STRATA]) for name, table in found}

    def _true(self, share: Share, stream: str, stratum: Ints, numbers: Ints) -> Mask:
        per_mille = np.array([getattr(share, s) for s in STRATA], np.int64)[stratum]
        return np.asarray(self._draw(stream, numbers) * 1000 < per_mille * ONE)

    # --- what does not change -----------------------------------------------------------------------------

    def _firms(self, numbers: Ints, stratum: Ints, ids: pa.Array) -> pa.RecordBatch:
        shares = self.calibration.shares

        def true(name: str) -> Mask:
            return self._true(shares[name], name, stratum, numbers)

        sectors, regions = self.calibration.sectors.weights, self.calibration.regions.weights
        field = np.where(true("key_field"), self._draw("field", numbers) % len(_FIELDS), len(_FIELDS))
        age = 2 + self._draw("age", numbers) * 25 // ONE
        founded = [
            date(self.years[-1] - int(a), 1 + int(m), 1) for a, m in zip(age, self._draw("month", numbers) % 12, strict=True)
        ]
        values: dict[str, Any] = {
            "name": [f"示例企业{number}号（虚构）" for number in numbers.tolist()],
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
            "national_award_top5_3y": true("national_award") | (self._draw("award 4-5", numbers) < ONE // 2000),
            "national_award_top3_5y": true("national_award") | (self._draw("award earlier", numbers) < ONE // 2000),
            "provincial_award_top3_3y": true("provincial_award"),
            "science_award_3y": true("provincial_award") | true("national_award"),
            "maker_contest_top50_3y": np.zeros(len(numbers), bool),
            "maker_contest_top500_3y": true("maker_contest"),
            "strategic_emerging": true("strategic_emerging"),
            "provincial_quality_award": true("quality_award"),
            "resident_enterprise": np.ones(len(numbers), bool),
            "serious_events_2y": true("adverse_incidents").astype(np.int64),
            "serious_dishonesty_3y": true("on_adverse_list"),
            "first_filing": true("first_filing"),
            **{name: true(name) for name in _AID_FACTS},
        }
        chosen = {
            "region": (list(regions), pick(regions, self._draw("region", numbers))),
            "sector": (list(sectors), pick(sectors, self._draw("sector", numbers))),
            "product_field": ([*_FIELDS, "other"], field),
            "chain_role": (_ROLES, np.where(true("key_field"), self._draw("role", numbers) % 4, 4)),
            "rd_institution_level": (_LEVELS, self._quantile("rd_institution_level", stratum, self._draw("level", numbers))),
            "auditor": (_AUDITORS, self._draw("auditor", numbers) % len(_AUDITORS)),
            "niche": (_NICHES, self._draw("niche", numbers) % len(_NICHES)),
            "leading_product": (_PRODUCTS, self._draw("niche", numbers) % len(_PRODUCTS)),
        }
        values.update({name: pa.array(texts, pa.string()).take(pa.array(index)) for name, (texts, index) in chosen.items()})
        arrays = [ids]
        for column in list(self.schemas()["firms"])[1:]:
            never = column.name in _NO_HOLES or column.name not in values
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
        rights = (own("class_one_rights") - back * own("class_one_rights") // 8).clip(0)
        equity = np.where(self._draw("equity", numbers) < ONE // 20, fen // 3, 0).astype(np.int64)
        margin = (
            self._quantile("net_margin", stratum, ranks["net_margin"])
            + self._draw(f"margin {back}", numbers) * 20_000 // ONE
            - 10_000
        )
        main = fen // 1000 * own("main_share") // 1000
        rd_staff = staff * self._quantile("rd_staff_share", stratum, ranks["rd_staff_share"]) // _MILLION
        profit = fen // 1000 * margin // 1000
        liabilities = assets // 1000 * self._quantile("debt_ratio", stratum, ranks["debt_ratio"]) // 1000
        return {
            "revenue": fen,
            "main_revenue": main,
            "leading_product_revenue": main // 100 * (60 + self._draw("leading", numbers) % 40),
            "rd_expense": fen // 1000 * rd_share // 1000,
            "assets": assets,
            "liabilities": liabilities,
            "net_profit": profit,
            "total_cost": (fen - profit).clip(0),
            "staff": staff,
            "rd_staff": rd_staff,
            "science_staff": np.minimum(staff, rd_staff + rd_staff // 5),
            "niche_years": (own("niche_years") - 100 * back).clip(0),
            "niche_share_national": own("niche_share_national"),
            "niche_share_international": own("niche_share_national") // 6,
            "niche_rank_national": own("niche_rank_national").clip(1),
            "class_one_rights": rights,
            "class_one_own": rights * (self._draw("own rights", numbers) % 101) // 100,
            "class_one_high_value": rights * (self._draw("high value", numbers) % 41) // 100,
            "class_two_rights": rights * 3 + self._draw("class two", numbers) % 4,
            "qualified_equity_2y": equity,
            "qualified_equity_3y": equity + np.where(self._draw("equity 3", numbers) < ONE // 50, fen // 4, 0),
            "core_processes_on_it": self._draw("it", numbers) % 4,
            "management_certificates": self._draw("certificates", numbers) % 3,
            "foreign_product_certificates": self._draw("foreign", numbers) % 2,
            "quality_certificates": self._draw("quality", numbers) % 2,
            "standards_drafted": (self._draw("standards", numbers) % 5 - 2).clip(0),
            "standards_led_5y": (self._draw("led", numbers) < ONE // 30).astype(np.int64),
            "digital_level": 1 + self._draw("digital", numbers) % 4,
            "own_brands": self._draw("brands", numbers) % 3,
            "rd_institutions": np.where(rd_share > 20_000, 1 + self._draw("institution", numbers) % 2, 0).astype(np.int64),
            **self._money(numbers, stratum, fen, profit, staff, assets, liabilities),
        }

    def _money(
        self, numbers: Ints, stratum: Ints, fen: Ints, profit: Ints, staff: Ints, assets: Ints, liabilities: Ints
    ) -> dict[str, Ints]:
        """Return where money comes from and goes to: costs, debt, cash, VAT. Ratios are a firm's own in every year."""

        def own(name: str) -> Ints:
            return self._quantile(name, stratum, self._draw(name, numbers))

        def share(amount: Ints, millionths: Ints) -> Ints:
            return amount // 1000 * millionths // 1000

        before_tax = np.where(profit > 0, profit // 85 * 100, profit).astype(np.int64)
        materials = share(fen, own("materials_share"))
        wages = np.minimum(staff * own("wage") * _FEN, (fen - before_tax - materials).clip(0))
        short, long = share(liabilities, own("short_debt_share")), share(liabilities, own("long_debt_share"))
        return {
            "total_profit": before_tax,
            "wages": wages,
            "materials": materials,
            "interest_expense": (short + long) // 1000 * (35 + self._draw("interest", numbers) % 25),
            "depreciation": assets // 1000 * (20 + self._draw("depreciation", numbers) % 40),
            "cash": share(assets, own("cash_share")),
            "receivables": np.minimum(fen // 3600 * own("receivable_days"), assets // 2),
            "short_debt": short,
            "long_debt": long,
            "credit_line": short // 100 * (self._draw("line", numbers) % 60),
            "input_vat": materials // 100 * 12,
            "output_vat": fen // 100 * 13,
        }

    def _recognitions(self, numbers: Ints, stratum: Ints, ids: pa.Array) -> pa.RecordBatch:
        """Give each title by its own draw; rows come firm by firm, titles in the order of their ids."""
        held = [self._true(self.calibration.shares[_stream(tier)], _stream(tier), stratum, numbers) for tier in TITLES]
        age = [self._draw("title year" if tier == "srdi" else f"title year {tier}", numbers) % 3 for tier in TITLES]
        firm, tier = np.nonzero(np.stack(held, axis=1))
        years = np.stack(age, axis=1)[firm, tier]
        since = [date(self.years[-1] - back, 11, 30) for back in range(3)]
        until = [since_day.replace(year=since_day.year + 3) for since_day in since]
        columns = [
            ids.take(pa.array(firm)),
            pa.array(TITLES, pa.string()).take(pa.array(tier)),
            pa.array(since, pa.date32()).take(pa.array(years)),
            pa.array(until, pa.date32()).take(pa.array(years)),
            pa.repeat("valid", len(firm)),
            pa.repeat("synthetic", len(firm)),
        ]
        return pa.record_batch(columns, schema=self.schemas()["recognitions"])


def _stream(tier: str) -> str:
    return f"{tier.replace('-', '_')}_title"


def _array(values: Any, type_: pa.DataType, length: int, hole: Mask | None) -> pa.Array:
    """Return a column with its holes; decimals are given in millionths (12 decimals) or hundredths (2 decimals)."""
    if values is None:
        return pa.nulls(length, type_)
    if isinstance(values, pa.Array):
        return values if hole is None else pc.if_else(pa.array(hole), pa.scalar(None, type_), values)
    if pa.types.is_decimal(type_):
        values = np.asarray(values, np.int64) * (10 ** (type_.scale - 6) if type_.scale > 2 else 1)
        pairs = np.empty((length, 2), np.int64)
        pairs[:, 0], pairs[:, 1] = values, values >> 63
        whole = pa.Array.from_buffers(type_, length, [None, pa.py_buffer(pairs.tobytes())])
        return whole if hole is None else pc.if_else(pa.array(hole), pa.scalar(None, type_), whole)
    return pa.array(values, type_, mask=hole)
