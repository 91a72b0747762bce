"""The answer for many firms at once, each in a few cells: result, clauses, figures with distance, what to ask for.

The sets of the judged table say which conditions failed and what is needed; only for those are figures computed, so
that fifty thousand firms take seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from littlegiant.assessment.explanation import Figure, ReasonWriter, headline, item_title
from littlegiant.assessment.judging import Judged, judged
from littlegiant.assessment.lookup import case_facts
from littlegiant.assessment.relation import Range
from littlegiant.assessment.tree_values import TreeValues
from littlegiant.assessment.whole_register import Assessment
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.standards import Item
from littlegiant.words import Language, say, text_in


@dataclass(frozen=True, slots=True)
class ShortReasons:
    """One firm's answer. Every part is a list of short texts in one language."""

    case: str
    outcome: str
    open: str | None
    result: str
    clauses: tuple[str, ...]  # the conditions it fails
    figures: tuple[str, ...]  # its figures against the thresholds of these, with the distance
    ask: tuple[str, ...]  # facts that would settle it, with the usual evidence and why they are missing
    findings: tuple[str, ...]  # findings that would settle it


def short_reasons(assessment: Assessment, pack: Pack, language: Language) -> Iterator[ShortReasons]:
    """Yield the answer for every case of `assessment`, in the order of the table."""
    yield from (answer for (answer,) in answers(assessment, pack, (language,)))


def answers(
    assessment: Assessment, pack: Pack, languages: Sequence[Language], firms: Range = (None, None)
) -> Iterator[tuple[ShortReasons, ...]]:
    """Yield the answer in each of `languages` for every case from the first of `firms` to before the last, in order."""
    subjects = assessment.subjects()
    engine = DuckDBEngine()
    subjects.bind(engine)
    results = DuckDBEngine()  # an engine reads one result at a time
    results.bind("assessed", assessment.source)
    gaps = _gaps(engine, assessment, firms)
    relation = subjects.relation(firms)
    facts = (row for batch in engine.read(f"SELECT * FROM ({relation})", order=('"case"',)) for row in batch.to_pylist())
    judged_rows = "SELECT * FROM assessed" + _between("case", firms)
    rows = (row for batch in results.read(judged_rows, order=('"case"',)) for row in batch.to_pylist())
    writers = [_Writer(assessment, pack, language) for language in languages]
    for row, subject in zip(rows, facts, strict=True):
        one = judged(row, assessment.compiled)
        values = TreeValues(assessment.compiled, case_facts(subjects, subject)) if one.failed else None
        yield tuple(writer.write(one, values, gaps.get(one.case, {})) for writer in writers)
    engine.close()
    results.close()


def _between(column: str, firms: Range) -> str:
    first, end = (None if firm is None else firm.replace("'", "''") for firm in firms)
    bounds = [
        *([f"\"{column}\" >= '{first}'"] if first is not None else []),
        *([f"\"{column}\" < '{end}'"] if end is not None else []),
    ]
    return f" WHERE {' AND '.join(bounds)}" if bounds else ""


def _gaps(engine: DuckDBEngine, assessment: Assessment, firms: Range) -> dict[str, dict[tuple[str, int | None], str]]:
    if not assessment.register.has("gaps"):
        return {}
    engine.bind("gaps", assessment.register.table("gaps"))
    found: dict[str, dict[tuple[str, int | None], str]] = {}
    for batch in engine.read(
        f"SELECT firm, year, fact, reason FROM gaps{_between('firm', firms)}", order=("firm", "year", "fact", "reason")
    ):
        for row in batch.to_pylist():
            found.setdefault(row["firm"], {})[row["fact"], row["year"]] = row["reason"]
    return found


def _telling(id: str, reasons: ReasonWriter) -> Iterator[Figure]:
    """Yield the figures that stand against the firm; of a score the total."""
    figures = reasons.figures(id)
    if id == "score":
        yield from figures[:1]
    else:
        yield from (figure for figure in figures if figure.margin is None or figure.margin < 0 or len(figures) == 1)


class _Writer:
    def __init__(self, assessment: Assessment, pack: Pack, language: Language) -> None:
        self.assessment, self.pack, self.language = assessment, pack, language
        self.compiled = assessment.compiled
        self.items = {item.id: item for item in self.compiled.items}
        self.titles = {
            item.id: item_title(item, compiled=self.compiled, pack=pack, language=language) for item in self.items.values()
        }
        self.words: dict[str, tuple[str, str]] = {}
        self.children: dict[str, list[str]] = {}
        for id, node in self.compiled.nodes.items():
            if node.parent is not None:
                self.children.setdefault(node.parent, []).append(id)

    def write(self, one: Judged, values: TreeValues | None, gaps: Mapping[tuple[str, int | None], str]) -> ShortReasons:
        failed = self._deepest(one.failed)
        figures: list[str] = []
        if values is not None:
            reasons = ReasonWriter(values, self.pack, self.language, {}, self.words)
            figures = [figure.sentence(self.language) for id in failed for figure in _telling(id, reasons)]
        needed = [self.items[id] for id in one.needed]
        return ShortReasons(
            one.case,
            one.outcome,
            one.open,
            headline(one, self.language),
            tuple(self._clause(id) for id in failed),
            tuple(figures),
            tuple(self._ask(item, gaps) for item in needed if not item.is_finding),
            tuple(self.titles[item.id] for item in needed if item.is_finding),
        )

    def _deepest(self, failed: Sequence[str]) -> list[str]:
        """Leave out a condition where a part of it is told instead, and ways round it that are not open to the firm."""
        failed = [id for id in failed if self.compiled.nodes[id].kind not in ("exemption", "direct_route")]
        whole = set(failed)
        return [id for id in failed if not whole.intersection(self.children.get(id, ()))]

    def _clause(self, id: str) -> str:
        node = self.compiled.nodes[id]
        return say("condition", self.language, text=text_in(node.text, self.language), clause=node.clause or "–")

    def _ask(self, item: Item, gaps: Mapping[tuple[str, int | None], str]) -> str:
        year = self.assessment.year - item.back if item.yearly else None
        why = gaps.get((item.name, year)) or (gaps.get((item.name, None)) if not item.yearly else None)
        name = self.titles[item.id]
        return say("because", self.language, name=name, why=say(f"gap_{why}", self.language)) if why else name
