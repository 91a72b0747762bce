"""Judge cases with the compiled query."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from littlegiant.assessment.subjects import CaseFacts, subject_schema, subject_table
from littlegiant.engines import DuckDBEngine
from littlegiant.standards import Compiled, query


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome of one case, its sets as ids of slots."""

    case: str
    outcome: str  # eligible, ineligible, undetermined
    open: str | None  # data, finding, both; None when decided
    score_low: int | None
    score_high: int | None
    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    needed: tuple[str, ...]
    assumed: tuple[str, ...] = ()  # missing items for which a rule took a value (`assume`)


class Judge:
    """A compiled standard ready to judge small numbers of cases; the query is planned once."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        # For a handful of rows planning costs ten times the work: plan once, without optimising.
        self._query = DuckDBEngine(threads=1, optimise=False).prepare(query(compiled), "subject", subject_schema(compiled))

    def judge(self, cases: Iterable[CaseFacts]) -> list[Judged]:
        """Return the outcome of each case, in the order given; cases need different names."""
        return self.judge_table(subject_table(cases, self.compiled))

    def judge_table(self, subject: pa.Table) -> list[Judged]:
        rows = {row["case"]: judged(row, self.compiled) for row in self._query(subject)}
        return [rows[case] for case in subject["case"].to_pylist()]


def judged(row: dict[str, Any], compiled: Compiled) -> Judged:
    """Read one result row."""
    slots = compiled.slots
    sets = (tuple(slots.read(name, row)) for name in ("failed", "unknown", "needed", "assumed"))
    return Judged(row["case"], row["outcome"], row["open"], row["score_low"], row["score_high"], *sets)
