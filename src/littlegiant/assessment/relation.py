"""The relation `subject` made from a register: one row a firm, one column an item, nothing copied before it is judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.assessment.subjects import stored_type
from littlegiant.engines import DuckDBEngine
from littlegiant.engines.postgres_engine import PostgresEngine
from littlegiant.problems import refuse
from littlegiant.register import Register
from littlegiant.standards import Item, Reading
from littlegiant.standards.emit import in_dialect

FINDINGS = pa.schema(
    [
        ("case", pa.string()),
        ("item", pa.string()),
        ("period", pa.int64()),
        ("yes", pa.bool_()),
        ("number", pa.decimal128(18, 4)),
        ("code", pa.string()),
        ("act", pa.string()),
        ("issuer", pa.string()),
        ("on", pa.date32()),
    ]
)
Range = tuple[str | None, str | None]
R = TypeVar("R", bound=Reading)


@dataclass(frozen=True)
class Subjects(Generic[R]):
    """Binds a register to engines and writes the relation of one range of firms."""

    register: Register
    compiled: R
    year: int
    findings: pa.Table

    @cached_property
    def _columns(self) -> dict[str, set[str]]:
        """The columns of the tables; the foot of a large file is too long to be read for every range."""
        return {table: self.register.columns(table) for table in ("firms", "firm_years")}

    def bind(self, engine: DuckDBEngine) -> None:
        """Make the tables that `relation` reads known to `engine`."""
        for name in ("firms", "firm_years", *(("recognitions",) if self._titles() else ())):
            engine.bind(name, self.register.table(name))
        engine.bind("findings", self.findings)
        if self.findings.num_rows:
            engine.keep("findings_wide", self.findings_wide())

    def in_database(self, engine: PostgresEngine, firms: Range = (None, None)) -> str:
        """Make the relation a view of the database that `engine` is connected to; return the view's name."""
        if self.findings.num_rows:
            engine.bind("findings", self.findings)
            engine.keep("findings_wide", in_dialect(self.findings_wide(), engine.dialect))
        engine.bind("subject", in_dialect(self.relation(firms), engine.dialect))
        return "subject"

    def relation(self, firms: Range = (None, None), *, ordered: bool = False) -> str:
        """Return the query of the rows to judge: the firms of the range that have a row for the judged year.

        Earlier years are joined by firm and year. With `ordered`, for an engine that reads a file in its order, they
        are taken from the rows above instead: a register is sorted by firm and year, and a row above counts only
        where it is the same firm and just the year that is asked for.
        """
        columns = ['y.firm AS "case"', *(f'{self._column(item)} AS "{item.id}"' for item in self.compiled.items)]
        joins = [f"({self._rows_above(firms) if ordered else self._joined_years(firms)}) AS y"]
        if any(self._place(item) == "f" for item in self.compiled.items):
            joins.append(f"LEFT JOIN (SELECT * FROM firms{_where([], firms)}) AS f ON f.firm = y.firm")
        if self.findings.num_rows:
            joins.append('LEFT JOIN findings_wide AS w ON w."case" = y.firm')
        joins += [
            f"LEFT JOIN ({self._holders(item, firms)}) AS t{n} ON t{n}.firm = y.firm" for n, item in enumerate(self._titles())
        ]
        return f"SELECT {', '.join(columns)} FROM {' '.join(joins)}"

    def ranges(self, firms_each: int) -> list[Range]:
        """Cut the firms into ranges at the row groups of the file; about `firms_each` firms a range."""
        metadata = pq.ParquetFile(self.register.table("firm_years")).metadata
        if metadata.num_rows == 0:
            return []
        years = max(1, metadata.num_rows // max(1, self.register.manifest["tables"]["firms"]["rows"]))
        starts: list[str | None] = [None]
        rows = 0
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(0).statistics
            if rows >= firms_each * years and statistics is not None and statistics.has_min_max:
                starts.append(str(statistics.min))
                rows = 0
            rows += metadata.row_group(group).num_rows
        return list(pairwise([*starts, None]))

    def is_sorted(self, engine: DuckDBEngine, firms: Range) -> bool:
        """Say whether the rows of the range lie in the order of firm and year."""
        rows = f"SELECT firm, year, LAG(firm) OVER () AS f, LAG(year) OVER () AS y FROM firm_years{_where([], firms)}"
        astray = f"SELECT count(*) FROM ({rows}) WHERE f > firm OR (f = firm AND y >= year)"
        return bool(next(engine.read(astray, order=())).column(0)[0].as_py() == 0)

    def _yearly(self) -> list[Item]:
        return [item for item in self.compiled.items if self._place(item) == "y"]

    def _joined_years(self, firms: Range) -> str:
        backs = sorted({0, *(item.back for item in self._yearly())})
        columns = ", ".join(["y0.firm", *(f'y{item.back}."{item.name}" AS "{item.id}"' for item in self._yearly())])
        joins = [f"({self._year(0, firms)}) AS y0"]
        joins += [f"LEFT JOIN ({self._year(n, firms)}) AS y{n} ON y{n}.firm = y0.firm" for n in backs if n]
        return f"SELECT {columns} FROM {' '.join(joins)}"

    def _year(self, back: int, firms: Range) -> str:
        names = sorted({item.name for item in self._yearly() if item.back == back})
        columns = ", ".join(["firm", *(f'"{name}"' for name in names)])
        return f"SELECT {columns} FROM firm_years{_where([f'year = {self.year - back}'], firms)}"

    def _rows_above(self, firms: Range) -> str:
        columns = []
        for item in self._yearly():
            above = [
                f"WHEN LAG(firm, {k}) OVER () = firm AND LAG(year, {k}) OVER () = {self.year - item.back} "
                f'THEN LAG("{item.name}", {k}) OVER ()'
                for k in range(1, item.back + 1)
            ]
            value = f"CASE {' '.join(above)} END" if above else f'"{item.name}"'
            columns.append(f'{value} AS "{item.id}"')
        back = max((item.back for item in self._yearly()), default=0)
        years = _where([f"year BETWEEN {self.year - back} AND {self.year}"], firms)
        return f"SELECT * FROM (SELECT firm, year, {', '.join(columns)} FROM firm_years{years}) WHERE year = {self.year}"

    def _titles(self) -> list[Item]:
        held = self.register.has("recognitions")
        return [item for item in self.compiled.items if item.source == "title" and held]

    def _place(self, item: Item) -> str:
        table = "firm_years" if item.yearly else "firms"
        if item.source != "fact" or item.name not in self._columns[table]:
            return ""
        return "y" if item.yearly else "f"

    def _column(self, item: Item) -> str:
        empty = f"CAST(NULL AS {sql_type(stored_type(item, self.compiled))})"
        if item.source == "finding":
            return f'w."{item.id}"' if self.findings.num_rows else empty
        if item.source == "title":
            titles = self._titles()
            if item not in titles:
                return empty
            column = f"t{titles.index(item)}.holds"
            complete = item.name.removeprefix("holds:") in self.register.complete_tiers
            return f"COALESCE({column}, FALSE)" if complete else column
        place = self._place(item)
        return f'{place}."{item.id}"' if place == "y" else f'f."{item.name}"' if place else empty

    def findings_wide(self) -> str:
        columns = []
        for item in (item for item in self.compiled.items if item.is_finding):
            value = {"boolean": "yes", "number": "number", "text": "code"}[item.kind]
            period = f" AND period = {self.year - item.back}" if item.yearly else ""
            type_ = sql_type(stored_type(item, self.compiled))
            columns.append(f"CAST(MAX(CASE WHEN item = '{item.name}'{period} THEN {value} END) AS {type_}) AS \"{item.id}\"")
        return f'SELECT "case", {", ".join(columns)} FROM findings GROUP BY "case"'

    def _holders(self, item: Item, firms: Range) -> str:
        valid = title_valid_on(self.compiled.reference_date)
        known = f"CASE WHEN bool_or({valid}) THEN TRUE WHEN bool_or(status = 'not_held') THEN FALSE END"
        tier = [f"tier = '{item.name.removeprefix('holds:')}'"]
        return f"SELECT firm, {known} AS holds FROM recognitions{_where(tier, firms)} GROUP BY firm"


def _where(tests: Sequence[str], firms: Range) -> str:
    low, high = firms
    bounds = [f"firm >= '{_quoted(low)}'"] if low is not None else []
    bounds += [f"firm < '{_quoted(high)}'"] if high is not None else []
    together = [*tests, *bounds]
    return f" WHERE {' AND '.join(together)}" if together else ""


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def title_valid_on(day: date) -> str:
    """Return the SQL that a row of `recognitions` is a title held on `day`; an end that is not given is open."""
    on = f"CAST('{day.isoformat()}' AS DATE)"
    return f'(status = \'valid\' AND COALESCE("from" <= {on}, TRUE) AND COALESCE("until" >= {on}, TRUE))'


def sql_type(type_: pa.DataType) -> str:
    if pa.types.is_decimal(type_):
        return f"DECIMAL(18, {type_.scale})"
    return {pa.bool_(): "BOOLEAN", pa.date32(): "DATE", pa.string(): "VARCHAR", pa.int64(): "BIGINT"}[type_]


def check_year(register: Register, year: int) -> int:
    """Return how many firms have a row for `year`; raises when there is none, naming the years there are."""
    engine = DuckDBEngine()
    engine.bind("firm_years", register.table("firm_years"))
    rows: Iterator[Any] = engine.read("SELECT year, count(*) AS firms FROM firm_years GROUP BY year", order=("year",))
    counts = {row["year"]: row["firms"] for batch in rows for row in batch.to_pylist()}
    if year not in counts:
        known = ", ".join(str(known) for known in counts) or "none"
        refuse(
            str(register.path),
            f"no firm with figures for {year}",
            f"one of the years {known}",
            "Correct `year:`, or import that year.",
            code="no-year",
        )
    return int(counts[year])


def empty_findings() -> pa.Table:
    return FINDINGS.empty_table()
