"""Firms that one condition keeps out, and how far they are from it."""

from dataclasses import dataclass
from fractions import Fraction

from littlegiant.assessment.explanation import Figure, ReasonWriter
from littlegiant.assessment.judging import judged
from littlegiant.assessment.lookup import case_facts
from littlegiant.assessment.tree_values import TreeValues
from littlegiant.assessment.whole_register import Assessment
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.words import Language

MOST = 20_000  # firms that are looked at; more are told, not measured


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A firm that fails one top-level condition and no other; `distance` is relative to the threshold, negative, or None."""

    case: str
    condition: str
    figure: str
    distance: Fraction | None


def near_misses(assessment: Assessment, pack: Pack, language: Language, *, most: int = 100) -> tuple[list[NearMiss], int]:
    """Return the nearest of the firms that a single condition keeps out, nearest first, and how many there are in all.

    A condition without a figure (a judgement, a title) has no distance and stands last. Of more than 20,000 such firms
    the first by id are measured.
    """
    compiled = assessment.compiled
    top = [compiled.slots.conditions[part.slot] for part in compiled.root.parts if part.slot is not None]
    columns = sorted({slot.column for slot in top})
    masks = {column: sum(slot.bit for slot in top if slot.column == column) for column in columns}
    one = " + ".join(f"bit_count(failed_{column} & {masks[column]})" for column in columns) + " = 1"
    engine, subjects = DuckDBEngine(), assessment.subjects()
    engine.bind("assessed", assessment.source)
    subjects.bind(engine)
    (count,) = [batch.column(0)[0].as_py() for batch in engine.read(f"SELECT count(*) FROM assessed WHERE {one}", order=())]
    chosen = f'SELECT * FROM assessed WHERE {one} ORDER BY "case" LIMIT {MOST}'
    rows = engine.table(f"SELECT * FROM ({chosen})", order=('"case"',)).to_pylist()
    relation = f'SELECT * FROM ({subjects.relation((None, None))}) WHERE "case" IN (SELECT "case" FROM ({chosen}))'
    facts = engine.table(relation, order=('"case"',)).to_pylist()
    engine.close()
    ids = {slot.id for slot in top}
    found = []
    for row, subject in zip(rows, facts, strict=True):
        failed = judged(row, compiled).failed
        writer = ReasonWriter(TreeValues(compiled, case_facts(subjects, subject)), pack, language, {})
        against = [figure for id in failed for figure in writer.figures(id) if figure.margin is not None and figure.margin < 0]
        nearest = max(against, key=_margin) if against else None
        condition = next(id for id in failed if id in ids)
        text = nearest.sentence(language) if nearest else ""
        found.append(NearMiss(row["case"], condition, text, nearest.margin if nearest else None))
    found.sort(key=lambda miss: (miss.distance is None, -(miss.distance or 0), miss.case))
    return found[:most], int(count)


def _margin(figure: Figure) -> Fraction:
    assert figure.margin is not None
    return figure.margin
