"""Options: what each package would bring and use for each case, in a table that streams through bounded memory.

A row is a case and a package. `benefit` is what an allocation maximises, in whole units of the objective; the columns beside it
are the terms it is made of. Where `dropped` names a rule the option is not offered: the row stays, so that everybody can be told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.appraisal.benefit import Additional, Responses, worth
from littlegiant.appraisal.cases import Cases
from littlegiant.appraisal.designs import design_of
from littlegiant.appraisal.lawful import Law, dropped_by_law
from littlegiant.appraisal.reviews import Calibrated
from littlegiant.appraisal.sections import Appraised, Package
from littlegiant.engines import ParquetSink, WrittenTable
from littlegiant.finance import Catalogue, evaluate
from littlegiant.finance.firms import BoolArray
from littlegiant.finance.instruments import Instrument
from littlegiant.finance.instruments.grants import Grant, MatchingGrant, TrancheGrant
from littlegiant.finance.response import read_parameters

KEY = ("case", "package")
_CASES = 16_384  # at a time
MILLIONTHS = 1_000_000
NO_BENEFIT = "no benefit"  # the rule that drops an option of which nothing is expected
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """By case: the outcome of the gate (0 eligible, 1 not, 2 undetermined), who may have which instrument, criticality (0 to 1,
    NaN unknown), the undertaking it belongs to."""

    gate: npt.NDArray[np.int8]
    entitled: Mapping[str, npt.NDArray[np.int8]]
    criticality: npt.NDArray[np.float64]
    undertaking: npt.NDArray[np.object_]


@dataclass(frozen=True)
class Options:
    """written: the table. offered: rows that no rule dropped. dropped: rule -> how many. means: effect by package, for the merit
    rule."""

    written: WrittenTable
    offered: int
    dropped: Mapping[str, int]
    mean_effect: Mapping[str, float]
    mean_score: float


def payment_columns(packages: Sequence[Sequence[Instrument]]) -> list[tuple[str, int]]:
    """Return the levels and years after the award in which any package pays, in order."""
    found = set()
    for instruments in packages:
        for each in instruments:
            years = promised_years(each)
            found |= {(level, year) for level, share in each.shares.items() if share > 0 for year in years}
    return sorted(found)


def promised_years(instrument: Instrument) -> dict[int, float]:
    """Return the shares of a sum of money that are promised by year after the award; none for what is no payment."""
    if isinstance(instrument, Grant):
        return dict(instrument.payments)
    if isinstance(instrument, MatchingGrant):
        return {0: 1.0}
    if isinstance(instrument, TrancheGrant):
        years: dict[int, float] = {}
        for tranche in instrument.tranches:
            years[tranche.after] = years.get(tranche.after, 0.0) + tranche.share
        return years
    return {}


def instruments_of(package: Package, catalogue: Catalogue) -> list[Instrument]:
    """Return the instruments of a package, of its own sizes where it gives some."""
    found = []
    for part in package.parts:
        each = catalogue.instrument(part.use)
        found.append(each.model_copy(update={"size": part.size}) if part.size is not None else each)
    return found


def schema_of(columns: Sequence[tuple[str, int]], levels: Sequence[str]) -> pa.Schema:
    """Return the columns of the table: amounts in the smallest unit, shares in millionths, scores in thousandths of a point."""
    amounts = ("research", "from_cost", "from_grant", "released", "additional", "sd", "gross", "committed", "small_received")
    numbers = (*amounts, "cost_before", "cost_after", "score", "score_raw", "score_low", "score_high", "criticality")
    return pa.schema(
        [
            ("case", pa.string()),
            ("package", pa.string()),
            ("firm", pa.string()),
            ("undertaking", pa.string()),
            ("dropped", pa.string()),
            ("benefit", pa.int64()),
            ("effect", pa.int64()),
            *((name, pa.int64()) for name in numbers),
            *((f"cost_{level}", pa.int64()) for level in levels),
            *((f"paid_{level}_{year}", pa.int64()) for level, year in columns),
            ("beyond", pa.bool_()),
            ("grade", pa.string()),
        ]
    )


def write_options(
    call: Appraised, cases: Cases, judged: Judged, catalogue: Catalogue, to: Path, *, scores: Calibrated | None, law: Law | None
) -> Options:
    """Write `options.parquet` and return its summary. Cases come a few thousand at a time; none but sums stay in memory."""
    packages = [instruments_of(package, catalogue) for package in call.packages]
    columns = payment_columns(packages)
    levels = sorted({level for own in packages for each in own for level in each.shares} | set(_tax_levels(catalogue)))
    schema = schema_of(columns, levels)
    appraiser = _Appraiser(call, cases, judged, catalogue, packages, columns, levels, scores, law)
    beside = to.with_name(f".{to.name}.effects")
    try:
        with ParquetSink(beside, schema, KEY, digest=False) as sink:
            for batch in appraiser.batches(schema):
                sink.add(batch)
        means = {name: total / max(1, count) for name, (total, count) in appraiser.effects.items()}
        dropped: dict[str, int] = {}
        offered = 0
        with ParquetSink(to, schema, KEY) as sink:
            for batch in pq.ParquetFile(beside).iter_batches(batch_size=_CASES * len(packages)):
                final = _combined(batch, call, means, appraiser.mean_score)
                for value in final.column("dropped").value_counts().to_pylist():
                    if value["values"]:
                        dropped[value["values"]] = dropped.get(value["values"], 0) + value["counts"]
                    else:
                        offered += value["counts"]
                sink.add(final)
    finally:
        beside.unlink(missing_ok=True)
    return Options(sink.written(), offered, dict(sorted(dropped.items())), means, appraiser.mean_score)


def _tax_levels(catalogue: Catalogue) -> list[str]:
    regime = catalogue.rules.regime
    return [*regime.profit_tax_shares, *regime.vat_shares]


def combine(
    effect: npt.NDArray[np.float64], score: npt.NDArray[np.float64], weight: float, mean_effect: float, mean_score: float
) -> Any:
    """Return effect^(1 - weight) · (mean effect · score / mean score)^weight; below 0 the effect stays."""
    if weight == 0 or mean_score <= 0 or mean_effect <= 0:
        return effect
    ratio = np.maximum(score, 0.0) / mean_score
    gained = np.maximum(effect, 0.0) ** (1 - weight) * (mean_effect * ratio) ** weight
    return np.where(effect < 0, effect, gained)


def _combined(batch: pa.RecordBatch, call: Appraised, means: Mapping[str, float], mean_score: float) -> pa.RecordBatch:
    """Return the rows with their benefit: the effect, or effect and score as the call says."""
    effect = batch.column("effect").to_numpy(zero_copy_only=False).astype(np.float64)
    benefit = effect
    if call.merit is not None:
        name = "score_raw" if call.merit.raw else "score"
        score = batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64) / 1000
        mean = np.array([means.get(package, 0.0) for package in batch.column("package").to_pylist()])
        benefit = np.empty(len(effect))
        for package_mean in np.unique(mean):
            own = mean == package_mean
            benefit[own] = combine(effect[own], score[own], call.merit.weight, float(package_mean), mean_score)
    rounded = np.rint(benefit)
    dropped = np.array(batch.column("dropped").to_pylist(), np.object_)
    nothing = (dropped == "") & ~(rounded >= 1)
    dropped[nothing] = np.where(np.isnan(benefit[nothing]), "no figures", NO_BENEFIT)
    offered = pa.array(rounded.astype(np.float64), from_pandas=True).fill_null(0).cast(pa.int64())
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns |= {
        "benefit": pa.array(offered.to_pylist(), pa.int64(), mask=dropped != ""),
        "dropped": pa.array(dropped, pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns, schema=batch.schema)


class _Appraiser:
    """Appraises cases some at a time; sums of effects stay for the merit rule."""

    def __init__(
        self, call: Appraised, cases: Cases, judged: Judged, catalogue: Catalogue, packages: Sequence[Sequence[Instrument]],
        columns: Sequence[tuple[str, int]], levels: Sequence[str], scores: Calibrated | None, law: Law | None,
    ) -> None:  # fmt: skip
        self.call, self.cases, self.judged, self.catalogue = call, cases, judged, catalogue
        self.packages, self.columns, self.levels, self.law = packages, columns, levels, law
        self.responses = Responses(read_parameters(), draws=call.draws, seed=call.seed)
        self.minor = catalogue.pack.header.currency.minor.per_main
        self.effects = {package.package: (0.0, 0) for package in call.packages}
        self.scores = _by_case(scores, cases)
        raw = call.merit is not None and call.merit.raw
        own = self.scores["raw" if raw else "score"]
        self.mean_score = float(np.nanmean(own)) if len(own) and not np.isnan(own).all() else 0.0

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield rows in the order of case and package."""
        order = np.argsort([package.package for package in self.call.packages], kind="stable")
        for start in range(0, len(self.cases), _CASES):
            rows = np.arange(start, min(start + _CASES, len(self.cases)))
            tables = [self._package(rows, int(number)) for number in order]
            width = len(tables)
            columns = {
                name: pa.array(np.stack([table[name] for table in tables], axis=1).reshape(-1), from_pandas=True)
                for name in schema.names
            }
            assert len(columns["case"]) == width * len(rows)
            arrays = [_cast(columns[field.name], field.type) for field in schema]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _package(self, rows: Ints, number: int) -> dict[str, Any]:
        """Return the columns of one package for some cases; money as floats in the smallest unit until it is written."""
        package, instruments = self.call.packages[number], self.packages[number]
        firms = _rows_of(self.cases, rows)
        entitled = {each.id: self.judged.entitled[each.id][rows] == 0 for each in instruments if each.id in self.judged.entitled}
        everyone = {each.id: np.ones(len(rows), np.bool_) for each in instruments}
        values = evaluate(
            firms,
            instruments,
            self.catalogue.rules,
            self.catalogue.rates,
            background=self.catalogue.background,
            eligible=everyone,
        )
        design = design_of(package.package, instruments, firms, self.catalogue, eligible=everyone)
        extra = self.responses.additional(firms.rd, firms.size, design)
        gross = np.sum([value.gross for value in values], axis=0)
        committed = np.sum([value.committed for value in values], axis=0)
        none = np.zeros(len(rows))
        by_level = {level: np.sum([v.cost_by_level.get(level, none) for v in values], axis=0) for level in self.levels}
        cost = np.sum(list(by_level.values()), axis=0)
        effect = worth(self.call.objective, extra.mean, cost, self.judged.criticality[rows])
        dropped = self._dropped(package, rows, entitled, gross, cost, extra)
        counted = (dropped == "") & ~np.isnan(effect)
        total, count = self.effects[package.package]
        self.effects[package.package] = (total + float(effect[counted].sum()), count + int(counted.sum()))
        minor = self.minor
        return {
            "case": self.cases.ids[rows],
            "package": np.full(len(rows), package.package, np.object_),
            "firm": firms.ids,
            "undertaking": self.judged.undertaking[rows],
            "dropped": dropped,
            "benefit": np.full(len(rows), np.nan),
            "effect": np.rint(effect),
            "research": np.rint(firms.rd * minor),
            "from_cost": np.rint(extra.from_cost * minor),
            "from_grant": np.rint(extra.from_grant * minor),
            "released": np.rint(extra.released * minor),
            "additional": np.rint(extra.mean * minor),
            "sd": np.rint(extra.sd * minor),
            "gross": np.rint(gross * minor),
            "committed": np.rint(committed * minor),
            "small_received": np.rint(self._received(rows) * minor),
            "cost_before": np.rint(design.cost_before * MILLIONTHS),
            "cost_after": np.rint(design.cost_after * MILLIONTHS),
            **{f"score{end}": np.rint(self.scores[name][rows] * 1000) for end, name in _SCORES},
            "criticality": np.rint(self.judged.criticality[rows] * 1e9),
            **{f"cost_{level}": np.rint(amount * minor) for level, amount in by_level.items()},
            **self._payments(instruments, values, minor),
            "beyond": extra.beyond,
            "grade": np.full(len(rows), extra.grade, np.object_),
        }

    def _received(self, rows: Ints) -> npt.NDArray[np.float64]:
        """Return the small aid that each case's undertaking had before."""
        small = {} if self.law is None else self.law.small
        return np.array([small.get(str(name), 0.0) for name in self.judged.undertaking[rows]], np.float64)

    def _dropped(
        self, package: Package, rows: Ints, entitled: Mapping[str, BoolArray], gross: npt.NDArray[np.float64],
        cost: npt.NDArray[np.float64], extra: Additional,
    ) -> npt.NDArray[np.object_]:  # fmt: skip
        """Return the first rule that shuts each case out of the package, "" where none does."""
        rules: list[tuple[str, BoolArray]] = []
        gate = self.judged.gate[rows]
        rules += [("gate: not met", gate == 1), ("gate: undetermined", gate == 2)]
        merit = self.call.merit
        if merit is not None:
            own = self.scores["raw" if merit.raw else "score"][rows]
            rules.append(("no score", np.isnan(own)))
            if merit.at_least is not None:
                rules.append((f"score below {merit.at_least:g}", own < merit.at_least))
        for name, least in package.requires.items():
            column = self.cases.numbers.get(name, np.full(len(self.cases), np.nan))[rows]
            rules += [(f"{name} not given", np.isnan(column)), (f"{name} below {least:,.0f}", column < least)]
        rules += [(f"not entitled: {name}", ~allowed) for name, allowed in sorted(entitled.items())]
        if self.law is not None:
            rules += dropped_by_law(self.law, self.judged.undertaking[rows], self.cases, rows, gross)
        rules.append(("no figures", np.isnan(extra.mean) | np.isnan(cost) | np.isnan(gross)))
        found = np.full(len(rows), "", np.object_)
        for name, hit in rules:
            found[(found == "") & hit] = name
        return found

    def _payments(
        self, instruments: Sequence[Instrument], values: Sequence[Any], minor: int
    ) -> dict[str, npt.NDArray[np.float64]]:
        result = {f"paid_{level}_{year}": np.zeros(len(values[0].gross)) for level, year in self.columns}
        for each, value in zip(instruments, values, strict=True):
            for year, share in promised_years(each).items():
                for level, part in each.shares.items():
                    if part > 0:
                        result[f"paid_{level}_{year}"] += np.rint(value.committed * share * part * minor)
        return result


_SCORES = (("", "score"), ("_raw", "raw"), ("_low", "low"), ("_high", "high"))


def _by_case(scores: Calibrated | None, cases: Cases) -> dict[str, npt.NDArray[np.float64]]:
    result = {name: np.full(len(cases), np.nan) for _, name in _SCORES}
    if scores is not None:
        place_of = {case: at for at, case in enumerate(scores.cases)}
        found = np.array([place_of.get(str(case), -1) for case in cases.ids], np.int64)
        for _, name in _SCORES:
            result[name][found >= 0] = getattr(scores, name)[found[found >= 0]]
    return result


def _rows_of(cases: Cases, rows: Ints) -> Any:
    """Return the firms of some cases; a firm with several projects stands several times, under the same id."""
    return cases.firms.take(cases.row[rows])


def _cast(column: pa.Array, type_: pa.DataType) -> pa.Array:
    return column if column.type == type_ else column.cast(type_)
