"""Import: files and a mapping in, a register out – facts, gaps, rejects, and counts that add up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from littlegiant.documents import Document
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem
from littlegiant.register.alike import alike_query
from littlegiant.register.doubts import SET_ASIDE, doubts_query
from littlegiant.register.identifiers import wrong_identifiers
from littlegiant.register.joining import conflicts_query, firm_years_query, firms_query, static_conflicts_query
from littlegiant.register.keys import firm_sql, torn_number_sql, year_sql
from littlegiant.register.mapping import PER_CENT, Mapping, RowTest, Source
from littlegiant.register.reading import Raw, Titles, read_source
from littlegiant.register.staging import StagedFact, read_as, stage_fact, stage_title, trimmed
from littlegiant.register.store import RegisterWriter

_MOST_REJECTED = 2  # refuse a column when one value in so many, or more, does not fit: then the mapping is wrong


@dataclass(frozen=True)
class ColumnCount:
    """What became of the values of one mapped column; supplied + missing + unmapped + rejected = rows used."""

    source: str
    column: str
    fact: str
    supplied: int
    missing: int
    unmapped: int  # texts that a table of values leaves out on purpose
    rejected: int
    rounded: int


@dataclass(frozen=True)
class SourceCount:
    """What became of the rows of one file; used + filtered + rejected = read."""

    source: str
    file: str
    read: int
    used: int
    filtered: int
    rejected: int


@dataclass(frozen=True)
class ImportReport:
    """The counts of an import."""

    firms: int
    firm_years: int
    sources: tuple[SourceCount, ...]
    columns: tuple[ColumnCount, ...]
    conflicts: int  # values of another source than the one that is believed
    doubts: int
    set_aside: int  # doubted values that were taken as not known
    alike: int  # rows of firms that share something

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def import_register(mapping: Document[Mapping], folder: Path, pack: Pack, to: Path) -> ImportReport:
    """Write the register of `mapping` (files relative to `folder`) to the folder `to` and return its counts.

    Raises LittleGiantError for files, columns or units that do not fit; single values that do not fit go to
    `rejects.parquet` and `gaps.parquet`.
    """
    engine = DuckDBEngine()
    importer = _Importer(engine, mapping, pack)
    for id, source in mapping.value.sources.items():
        importer.take(id, source, read_source(source, folder))
    report = importer.finish(to)
    engine.close()
    return report


class _Importer:
    def __init__(self, engine: DuckDBEngine, mapping: Document[Mapping], pack: Pack) -> None:
        self.engine, self.mapping, self.pack = engine, mapping, pack
        self.sources: list[SourceCount] = []
        self.columns: list[ColumnCount] = []
        self.rejects: list[str] = []
        nothing = "CAST(NULL AS VARCHAR)"
        self.gaps = [
            f"SELECT {nothing} AS firm, CAST(NULL AS BIGINT) AS year, {nothing} AS fact, {nothing} AS reason, {nothing} AS file, "
            "CAST(NULL AS BIGINT) AS row WHERE FALSE"
        ]
        self.yearly: list[tuple[str, list[str]]] = []
        self.static: list[tuple[str, list[str], bool]] = []
        self.titles: list[tuple[str, str]] = []  # source and tier

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return [row for batch in self.engine.read(sql, order=()) for row in batch.to_pylist()]

    def take(self, id: str, source: Source, raw: Raw) -> None:
        """Stage one source: key, filters, facts; then count and check."""
        self.engine.bind(f"read_{id}", raw.table)
        self.engine.keep(f"raw_{id}", trimmed(f"read_{id}", raw.titles))
        staged = [stage_fact(name, column, source, self.pack, raw.titles) for name, column in source.facts.items()]
        held = [stage_title(tier, column, source, raw.titles) for tier, column in source.titles.items()]
        self._stage(id, source, [*staged, *held], raw.titles)
        self.titles += [(id, tier) for tier in source.titles]
        bad, read = raw.malformed, raw.table.num_rows
        if bad:
            torn = {"row": pa.array([row for row, _ in bad], pa.int64()), "value": pa.array([text for _, text in bad])}
            self.engine.bind(f"malformed_{id}", pa.table(torn))
            self.rejects.append(self._reject_rows(source, f"malformed_{id}", "'malformed_row'", "value"))
        counts = self._rows(f"SELECT fate, count(*) AS n FROM staged_{id} GROUP BY fate ORDER BY fate")
        by_fate = {row["fate"]: row["n"] for row in counts}
        used, filtered = by_fate.pop("used", 0), by_fate.pop("filtered", 0)
        self.sources.append(SourceCount(id, source.file, read + len(bad), used, filtered, sum(by_fate.values()) + len(bad)))
        self.rejects.append(
            self._reject_rows(
                source,
                f"(SELECT __row AS row, __why AS value, fate FROM staged_{id} WHERE fate NOT IN ('used', 'filtered'))",
                "fate",
                "value",
            )
        )
        self._count_columns(id, source, staged, held)
        self._share_out(id, source, staged, held)

    def _reject_rows(self, source: Source, relation: str, rule: str, value: str) -> str:
        columns = f'row, CAST(NULL AS VARCHAR) AS "column", {value} AS value, {rule} AS rule'
        return f"SELECT '{_quoted(source.file)}' AS file, {columns} FROM {relation}"

    def _stage(self, id: str, source: Source, staged: Sequence[StagedFact], titles: Titles) -> None:
        """Decide the fate of every row – used, filtered, or why it is set aside – and read its facts."""
        firm, year = firm_sql(source, titles), year_sql(source, titles)
        fate = ["WHEN __firm IS NULL THEN 'no_firm'", f"WHEN {torn_number_sql(source, titles)} THEN 'torn_number'"]
        if source.key.year_column:
            fate.append("WHEN __year IS NULL OR __year NOT BETWEEN 1900 AND 2200 THEN 'no_year'")
        fate += [f"WHEN NOT ({_test(test, titles)}) THEN 'filtered'" for test in source.keep]
        fate += [f"WHEN {_test(test, titles)} THEN 'rejected_by_mapping'" for test in source.reject]
        why = " ".join(f"WHEN {_test(test, titles)} THEN {_reason(test)}" for test in source.reject) or "WHEN FALSE THEN NULL"
        keyed = f"SELECT *, row AS __row, {firm} AS __firm, {year} AS __year FROM raw_{id}"
        sorted_out = f"SELECT *, CASE {' '.join(fate)} ELSE 'used' END AS __first, CASE {why} END AS __reason FROM ({keyed})"
        same = "PARTITION BY __firm, __year, __first"
        counted = f"SELECT *, count(*) OVER ({same}) AS __copies, list(__row) OVER ({same}) AS __rows FROM ({sorted_out})"
        twice = "__first = 'used' AND __copies > 1"
        both = "concat_ws(' ', __firm, __year) || ', rows ' || array_to_string(list_sort(__rows), ', ')"
        values = [
            f"CASE WHEN {twice} THEN 'duplicate_key' ELSE __first END AS fate",
            f"CASE WHEN {twice} THEN {both} ELSE __reason END AS __why",
        ]
        for fact in staged:
            values.append(f'{fact.value} AS "={fact.fact}"')
            values.append(f'{titles[fact.column]} AS "={fact.fact}__text"')
            values.append(f'{fact.rule} AS "={fact.fact}__rule"')
            values.append(f'{fact.rounded} AS "={fact.fact}__rounded"')
        read = ", ".join(["*", *(f"{fact.text} AS {read_as(fact.fact)}" for fact in staged)])
        self.engine.keep(f"staged_{id}", f"SELECT *, {', '.join(values)} FROM (SELECT {read} FROM ({counted}))")

    def _count_columns(self, id: str, source: Source, staged: Sequence[StagedFact], held: Sequence[StagedFact]) -> None:
        problems = []
        for fact in (*staged, *held):
            value, rule, rounded = (f'"={fact.fact}{end}"' for end in ("", "__rule", "__rounded"))
            (row,) = self._rows(
                f"SELECT count({value}) AS supplied, count(*) FILTER ({rule} = 'not_mapped') AS unmapped, "
                f"count(*) FILTER ({rule} <> 'not_mapped') AS rejected, count(*) FILTER ({rounded}) AS rounded, "
                f"count(*) AS total FROM staged_{id} WHERE fate = 'used'"
            )
            missing = row.pop("total") - row["supplied"] - row["rejected"] - row["unmapped"]
            self.columns.append(ColumnCount(id, fact.column, fact.fact, missing=missing, **row))
            if fact in staged and row["rejected"] >= 1 and row["rejected"] * _MOST_REJECTED >= row["supplied"] + row["rejected"]:
                problems.append(self._wrong_column(id, source, fact, row))
        if problems:
            raise LittleGiantError(problems)

    def _wrong_column(self, id: str, source: Source, fact: StagedFact, counts: dict[str, Any]) -> Problem:
        (first,) = self._rows(
            f'SELECT __row, "={fact.fact}__text" AS text, "={fact.fact}__rule" AS rule FROM staged_{id} '
            f"WHERE fate = 'used' AND \"={fact.fact}__rule\" IS NOT NULL ORDER BY __row LIMIT 1"
        )
        vocabulary = self.pack.facts[fact.fact]
        low, high = vocabulary.bounds() if vocabulary.numeric else (None, None)
        expected = f"{vocabulary.type} from {low} to {high}" if vocabulary.numeric else vocabulary.type
        remedy = "Check which column is mapped and its unit."
        if vocabulary.type == "share" and source.facts[fact.fact].unit != PER_CENT and first["rule"] == "out_of_range":
            remedy = "If the column is in per cent, say `unit: per cent` for it in the mapping."
        total = counts["supplied"] + counts["rejected"]
        found = (
            f"{counts['rejected']} of {total} values that do not fit {fact.fact}, first {first['text']!r} in row {first['__row']}"
        )
        return Problem(f"{source.file}, column {fact.column}", found, expected, remedy, "column-unfit")

    def _share_out(self, id: str, source: Source, staged: Sequence[StagedFact], held: Sequence[StagedFact]) -> None:
        for fact in (*staged, *held):
            rule = f'"={fact.fact}__rule"'
            origin = f"FROM staged_{id} WHERE fate = 'used' AND {rule} IS NOT NULL"
            file = f"'{_quoted(source.file)}' AS file"
            column = fact.column.replace("'", "''")
            value = f'\'{column}\' AS "column", "={fact.fact}__text" AS value, {rule} AS rule'
            self.rejects.append(f"SELECT {file}, __row AS row, {value} {origin} AND {rule} <> 'not_mapped'")
            if fact in held:
                continue
            key = f"__firm AS firm, CAST(__year AS BIGINT) AS year, '{fact.fact}' AS fact"
            self.gaps.append(f"SELECT {key}, {rule} AS reason, {file}, __row AS row {origin}")
        yearly = [f.fact for f in staged if self.pack.facts[f.fact].period == "year"]
        if source.key.year:
            self.yearly.append((id, yearly))
        static = [f.fact for f in staged if self.pack.facts[f.fact].period == "static"]
        self.static.append((id, static, source.key.year is not None))

    def _join(self) -> None:
        """Join the sources by their keys; look for figures that cannot well be true, and set them aside where told to."""
        self.engine.keep("joined_years", firm_years_query(self.pack, self.yearly))
        self.engine.keep("joined_firms", firms_query(self.pack, self.static, self.mapping.value.constants))
        found = self._rows("SELECT DISTINCT firm FROM joined_firms ORDER BY firm") if not self.mapping.value.synthetic else []
        wrong = wrong_identifiers(self.pack, (row["firm"] for row in found))
        self.engine.bind(
            "wrong_ids", pa.table({"firm": pa.array(wrong, pa.string()), "why": pa.array(wrong.values(), pa.string())})
        )
        ids = "SELECT firm, CAST(NULL AS BIGINT) AS year, '' AS fact, 'identifier' AS doubt, why AS detail FROM wrong_ids"
        self.engine.keep("doubts", f"{doubts_query(self.pack)} UNION ALL ({ids})")
        if self.mapping.value.doubtful == "set_aside":
            doubted = f"SELECT DISTINCT firm, year, fact, doubt FROM doubts WHERE doubt IN {SET_ASIDE}"
            file = "CAST(NULL AS VARCHAR) AS file, CAST(NULL AS BIGINT) AS row"
            self.gaps.append(f"SELECT firm, year, fact, doubt AS reason, {file} FROM ({doubted})")
            self.engine.keep("without_doubt", self._without_doubted())

    def _without_doubted(self) -> str:
        facts = [row["fact"] for row in self._rows(f"SELECT DISTINCT fact FROM doubts WHERE doubt IN {SET_ASIDE} ORDER BY fact")]
        flags = ", ".join(f"bool_or(fact = '{fact}') AS \"{fact}\"" for fact in facts) or "TRUE AS nothing"
        wide = f"SELECT firm, year, {flags} FROM doubts WHERE doubt IN {SET_ASIDE} AND year IS NOT NULL GROUP BY firm, year"
        replaced = ", ".join(f'CASE WHEN d."{fact}" THEN NULL ELSE y."{fact}" END AS "{fact}"' for fact in facts)
        columns = f"y.* REPLACE ({replaced})" if facts else "y.*"
        return f"SELECT {columns} FROM joined_years AS y LEFT JOIN ({wide}) AS d ON d.firm = y.firm AND d.year = y.year"

    def _write_titles(self, writer: RegisterWriter) -> None:
        """Write the titles that a source says are held or not; it gives no dates."""
        said = [
            f"SELECT __firm AS firm, '{tier}' AS tier, CASE WHEN \"=title {tier}\" THEN 'valid' ELSE 'not_held' END AS status, "
            f"'{_quoted(id)}' AS basis FROM staged_{id} WHERE fate = 'used' AND \"=title {tier}\" IS NOT NULL"
            for id, tier in self.titles
        ]
        if said:
            dates = 'CAST(NULL AS DATE) AS "from", CAST(NULL AS DATE) AS "until"'
            # One row a firm and tier: where two sources disagree, a title that one of them names is held.
            every = " UNION ALL ".join(said)
            once = f"SELECT firm, tier, max(status) AS status, min(basis) AS basis FROM ({every}) GROUP BY firm, tier"
            query = f"SELECT firm, tier, {dates}, status, basis FROM ({once})"
            writer.write(self.engine, "recognitions", query, order=("firm", "tier", '"from"'))

    def _count(self, table: str, where: str = "TRUE") -> int:
        return int(self._rows(f"SELECT count(*) AS n FROM {table} WHERE {where}")[0]["n"])

    def finish(self, to: Path) -> ImportReport:
        """Join the sources by their keys and write the register, whole or not at all."""
        self._join()
        aside = self.mapping.value.doubtful == "set_aside"
        with RegisterWriter(to, self.pack, synthetic=self.mapping.value.synthetic, title=self.mapping.value.title) as writer:
            yearly = f"SELECT * FROM {'without_doubt' if aside else 'joined_years'}"
            firm_years = writer.write(self.engine, "firm_years", yearly, order=("firm", "year"))
            firms = writer.write(self.engine, "firms", "SELECT * FROM joined_firms", order=("firm",))
            self._write_titles(writer)
            rejects = ("file", "row", '"column"', "rule", "value")  # two sources over one file may set the same row aside
            writer.write(self.engine, "rejects", " UNION ALL ".join(self.rejects), order=rejects, key=())
            writer.write(
                self.engine,
                "gaps",
                " UNION ALL ".join(self.gaps),
                order=("firm", "year", "fact", "row", "reason", "file"),
                key=(),
            )
            parts = (conflicts_query(self.yearly), static_conflicts_query(self.static))
            every = " UNION ALL ".join(part for part in parts if part)
            found = (
                writer.write(self.engine, "conflicts", every, order=("firm", "year", "fact", "source", "value"), key=())
                if every
                else 0
            )
            writer.write(self.engine, "doubts", "SELECT * FROM doubts", order=("firm", "year", "fact", "doubt", "detail"), key=())
            alike = writer.write(self.engine, "alike", alike_query(self.pack), order=("kind", "value", "firm"), key=())
            set_aside = self._count("doubts", f"doubt IN {SET_ASIDE}") if aside else 0
            counts = (found, self._count("doubts"), set_aside, alike)
            report = ImportReport(firms, firm_years, tuple(self.sources), tuple(self.columns), *counts)
            writer.finish({"mapping": self.mapping.meaning_hash, "import": report.as_dict()})
        return report


def _test(test: RowTest, titles: Titles) -> str:
    texts = ", ".join(f"'{_quoted(value)}'" for value in (test.one_of or test.not_one_of))
    word = "IN" if test.one_of else "NOT IN"
    return f"COALESCE({titles[test.column]}, '') {word} ({texts})"


def _reason(test: RowTest) -> str:
    return f"'{_quoted(test.reason.get('en', test.column))}'"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
