"""Judge cases with the compiled query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from littlegiant.assessment.subjects import CaseFacts, subject_table
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
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


class Judge:
    """A compiled standard ready to judge small numbers of cases; the query text is made once."""

    def __init__(self, compiled: Compiled, pack: Pack, engine: DuckDBEngine | None = None) -> None:
        self.compiled, self.pack = compiled, pack
        self._engine = engine or DuckDBEngine(threads=1)
        self._query = query(compiled)

    def judge(self, cases: Iterable[CaseFacts]) -> list[Judged]:
        """Return the outcome of each case, in the order given."""
        return self.judge_table(subject_table(cases, self.compiled, self.pack))

    def judge_table(self, subject: pa.Table) -> list[Judged]:
        self._engine.bind("subject", subject)
        rows = {row["case"]: self.judged(row) for row in self._engine.table(self._query, order=()).to_pylist()}
        return [rows[case] for case in subject["case"].to_pylist()]

    def judged(self, row: dict[str, Any]) -> Judged:
        """Read one result row."""
        slots = self.compiled.slots
        sets: Sequence[tuple[str, ...]] = [tuple(slots.read(name, row)) for name in ("failed", "unknown", "needed")]  # type: ignore[arg-type]
        return Judged(row["case"], row["outcome"], row["open"], row["score_low"], row["score_high"], *sets)
