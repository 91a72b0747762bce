"""`littlegiant.assess`: the shortcut that looks everything up from names and paths."""

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from littlegiant.assessment.advice import Advice, advise
from littlegiant.assessment.explanation import Explanation, explain
from littlegiant.assessment.in_database import assess_in_database
from littlegiant.assessment.in_spark import assess_in_spark
from littlegiant.assessment.judging import Judge
from littlegiant.assessment.letters import write_letters
from littlegiant.assessment.lookup import case_of
from littlegiant.assessment.measures import measures
from littlegiant.assessment.near_misses import NearMiss, near_misses
from littlegiant.assessment.summary import Summary, summarise
from littlegiant.assessment.whole_register import Assessment
from littlegiant.assessment.whole_register import assess as judge_register
from littlegiant.engines import WrittenTable
from littlegiant.packs import Pack, open_pack
from littlegiant.register import open_register
from littlegiant.register.database import is_database, need_folder, open_database
from littlegiant.standards import compile_applying
from littlegiant.words import Language


class Assessed:
    """A judged register as an analyst uses it; shows itself as a table in a notebook."""

    def __init__(self, assessment: Assessment, pack: Pack) -> None:
        self._assessment, self._pack = assessment, pack

    @property
    def table(self) -> pa.Table:
        """One row a case: outcome, open, score, and the sets of slots."""
        return self._assessment.table

    @cached_property
    def summary(self) -> Summary:
        return summarise(self._assessment, self._pack)

    @property
    def worklist(self) -> pa.Table:
        """Which missing fact or finding keeps how many firms undetermined, and how many it alone would settle."""
        return self.summary.worklist

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self._assessment.compiled)

    def explain(self, case: str, language: Language = "en") -> Explanation:
        """Return the reasons for one firm, clause by clause."""
        facts, gaps = case_of(self._assessment.subjects(), case)
        (judged,) = self._judge.judge([facts])
        return explain(judged, facts, self._assessment.compiled, self._pack, language, gaps)

    def near_misses(self, most: int = 100, language: Language = "en") -> tuple[list[NearMiss], int]:
        """Return the nearest of the firms that one condition alone keeps out, and how many there are."""
        need_folder(self._assessment.register, "near misses")
        return near_misses(self._assessment, self._pack, language, most=most)

    def measures(self, *names: str) -> pa.Table:
        """Return named measures or facts of every case, rounded to 12 decimals; null where they are not known."""
        need_folder(self._assessment.register, "measures of every case")
        return measures(self._assessment, names)

    def write_letters(self, to: str | Path, *, processes: int | None = None) -> WrittenTable:
        """Write what each firm is told, one column a language, to a Parquet file; the same for any number of processes."""
        need_folder(self._assessment.register, "letters")
        return write_letters(self._assessment, self._pack, Path(to), processes=processes)

    def advise(self, case: str) -> Advice | None:
        """Return the least change after which nothing known stands against the firm."""
        facts, _ = case_of(self._assessment.subjects(), case)
        return advise(facts, self._judge, self._pack)[1]

    def to_arrow(self) -> pa.Table:
        return self.table

    def to_pandas(self) -> Any:
        return self.table.to_pandas()

    def to_polars(self) -> Any:
        import polars

        return polars.from_arrow(self.table)

    def __repr__(self) -> str:
        rows = self.summary.outcomes.to_pylist()
        counts = ", ".join(f"{row['outcome']}{'/' + row['open'] if row['open'] else ''} {row['cases']:,}" for row in rows)
        standard = self._assessment.compiled.standard
        return f"<{standard.standard} {standard.version}, {self._assessment.year}: {counts}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{row['outcome']}</td><td>{row['open'] or ''}</td><td>{row['cases']:,}</td></tr>"
            for row in self.summary.outcomes.to_pylist()
        )
        return f"<table><thead><tr><th>outcome</th><th>open</th><th>firms</th></tr></thead><tbody>{rows}</tbody></table>"


def assess(
    register: str | Path,
    standard: str,
    *,
    year: int,
    application: str = "new",
    reference_date: date,
    version: str | None = None,
    notices: tuple[str, ...] | None = None,
    pack: str | Path = "cn",
    to: str | Path | None = None,
    spark: str | None = None,
) -> Assessed:
    """Judge `register`, a folder or the address of a database, by `standard` of `pack`, with the figures of `year`.

    `spark` is the master of a Spark session that judges the folder instead, as local[*].

    The version is the one that applies to `application` on `reference_date` unless named; so are the notices.
    """
    opened = open_pack(pack)
    compiled = compile_applying(opened, standard, on=reference_date, application=application, version=version, notices=notices)
    path = Path(to) if to is not None else None
    if is_database(register):
        return Assessed(assess_in_database(open_database(register, opened), compiled, year=year, to=path), opened)
    if spark is not None:
        return Assessed(assess_in_spark(open_register(Path(register)), compiled, year=year, master=spark, to=path), opened)
    return Assessed(judge_register(open_register(Path(register)), compiled, year=year, to=path), opened)
