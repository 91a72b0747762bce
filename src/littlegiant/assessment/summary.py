"""What the office reads first: how many, which clauses bind alone and together, where, and what to ask first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from littlegiant.assessment.size_classes import size_class_sql
from littlegiant.assessment.whole_register import Assessment
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.register.database import DatabaseRegister
from littlegiant.standards import Slot


@dataclass(frozen=True)
class Summary:
    """Small tables over an assessment; every one adds up to the number of cases judged."""

    cases: int
    registered: int  # firms in the register, judged or not
    outcomes: pa.Table  # outcome, open, cases
    funnel: pa.Table  # step, condition, left: not excluded by this condition or one before it
    binding: pa.Table  # condition, alone, failed, unknown
    worklist: pa.Table  # item, kind, alone, cases
    assumed: pa.Table  # item, cases: judged with a value that a rule assumed
    order: pa.Table  # what to ask in which order: item, settles, settled
    by_region: pa.Table  # region, eligible, ineligible, open_finding, open_data
    by_sector: pa.Table
    by_size: pa.Table
    reach: pa.Table  # score, sure, possible: cases that surely reach it, and that may; empty without a score


def summarise(assessment: Assessment, pack: Pack) -> Summary:
    """Return the summary tables of `assessment`."""
    engine = DuckDBEngine()
    engine.bind("assessed", assessment.source)
    here = not isinstance(assessment.register, DatabaseRegister)
    if here:
        assessment.subjects().bind(engine)
    else:  # where firms lie and what they do stays in the database
        engine.bind("firms", assessment.table.select(["case"]).rename_columns(["firm"]))
    size = size_class_sql(assessment.compiled, pack)
    nowhere = "SELECT *, '?' AS region, '?' AS sector, '?' AS size FROM assessed"
    engine.keep(
        "placed",
        nowhere
        if not here
        else f"SELECT a.*, COALESCE(f.region, '?') AS region, COALESCE(f.sector, '?') AS sector, COALESCE(({size}), '?') AS size "
        f'FROM assessed AS a LEFT JOIN firms AS f ON f.firm = a."case" '
        f'LEFT JOIN firm_years AS y ON y.firm = a."case" AND y.year = a.year',
    )
    (cases,) = _rows(engine, "SELECT count(*) AS n FROM assessed")
    (firms,) = _rows(engine, "SELECT count(*) AS n FROM firms")
    sets = _needed_sets(engine, assessment)
    summary = Summary(
        cases["n"],
        firms["n"],
        engine.table("SELECT outcome, open, count(*) AS cases FROM assessed GROUP BY outcome, open", order=("outcome", "open")),
        _funnel(engine, assessment),
        _binding(engine, assessment),
        _worklist(assessment, sets),
        _assumed(engine, assessment),
        _asking_order(assessment, sets),
        _split(engine, "region"),
        _split(engine, "sector"),
        _split(engine, "size"),
        _reach(engine, assessment),
    )
    engine.close()
    return summary


def _reach(engine: DuckDBEngine, assessment: Assessment) -> pa.Table:
    """Return for every score how many cases surely reach it (their least is as high) and how many may (their greatest is)."""
    if assessment.compiled.standard.score is None:
        return pa.table({name: pa.array([], pa.int64()) for name in ("score", "sure", "possible")})
    ends = {
        end: {
            r["score"]: r["n"]
            for r in _rows(engine, f"SELECT score_{end} AS score, count(*) AS n FROM assessed GROUP BY 1", ("score",))
        }
        for end in ("low", "high")
    }
    highest = max((score for counts in ends.values() for score in counts if score is not None), default=0)
    rows = [
        {
            "score": at,
            **{
                name: sum(n for score, n in ends[end].items() if score is not None and score >= at)
                for name, end in (("sure", "low"), ("possible", "high"))
            },
        }
        for at in range(highest + 1)
    ]
    return pa.Table.from_pylist(rows)


def _rows(engine: DuckDBEngine, sql: str, order: Sequence[str] = ()) -> list[dict[str, Any]]:
    return [row for batch in engine.read(sql, order=order) for row in batch.to_pylist()]


def _top(assessment: Assessment) -> list[Slot]:
    """Return the slots of the whole criteria: what a firm is told it failed."""
    slots = assessment.compiled.slots
    return [slots.conditions[part.slot] for part in assessment.compiled.root.parts if part.slot is not None]


def _binding(engine: DuckDBEngine, assessment: Assessment) -> pa.Table:
    top = _top(assessment)
    columns = sorted({slot.column for slot in top})
    masks = {column: sum(slot.bit for slot in top if slot.column == column) for column in columns}
    rows = []
    for slot in top:
        others = " AND ".join(
            f"(failed_{column} & {masks[column]}) = {slot.bit if column == slot.column else 0}" for column in columns
        )
        failed, unknown = f"(failed_{slot.column} & {slot.bit}) <> 0", f"(unknown_{slot.column} & {slot.bit}) <> 0"
        (row,) = _rows(
            engine,
            f"SELECT count(*) FILTER ({others}) AS alone, count(*) FILTER ({failed}) AS failed, "
            f"count(*) FILTER ({unknown}) AS unknown FROM assessed",
        )
        rows.append({"condition": slot.id, **row})
    return pa.Table.from_pylist(rows)


def _funnel(engine: DuckDBEngine, assessment: Assessment) -> pa.Table:
    """Return how many cases are not excluded after each condition, in the order of the documents."""
    masks: dict[int, int] = {}
    tests: list[str] = []
    for slot in _top(assessment):
        masks[slot.column] = masks.get(slot.column, 0) | slot.bit
        none_failed = " AND ".join(f"(failed_{column} & {mask}) = 0" for column, mask in masks.items())
        tests.append(f"count(*) FILTER ({none_failed}) AS s{len(tests)}")
    (row,) = _rows(engine, f"SELECT {', '.join(tests)} FROM assessed")
    names = [slot.id for slot in _top(assessment)]
    return pa.Table.from_pylist([{"step": n + 1, "condition": names[n], "left": row[f"s{n}"]} for n in range(len(names))])


def _needed_sets(engine: DuckDBEngine, assessment: Assessment) -> list[tuple[frozenset[str], int]]:
    """Return each set of things that would settle a case, with the number of cases that need just this set."""
    slots = assessment.compiled.slots
    columns = ", ".join(slots.columns("needed"))
    rows = _rows(
        engine,
        f"SELECT {columns}, count(*) AS n FROM assessed WHERE outcome = 'undetermined' GROUP BY {columns}",
        order=("n DESC", columns),
    )
    return [(frozenset(slots.read("needed", row)), row["n"]) for row in rows]


def _worklist(assessment: Assessment, sets: list[tuple[frozenset[str], int]]) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for slot in assessment.compiled.slots.all:
        if slot.kind == "condition":
            continue
        alone = sum(n for needed, n in sets if needed == {slot.id})
        cases = sum(n for needed, n in sets if slot.id in needed)
        if cases:
            rows.append({"item": slot.id, "kind": slot.kind, "alone": alone, "cases": cases})
    rows.sort(key=lambda row: (-row["alone"], -row["cases"], row["item"]))
    schema = pa.schema([("item", pa.string()), ("kind", pa.string()), ("alone", pa.int64()), ("cases", pa.int64())])
    return pa.Table.from_pylist(rows, schema)


def _assumed(engine: DuckDBEngine, assessment: Assessment) -> pa.Table:
    rows = []
    for item in assessment.compiled.assumed:
        slot = assessment.compiled.slots.by_item[item.id]
        (row,) = _rows(engine, f"SELECT count(*) FILTER ((assumed_{slot.column} & {slot.bit}) <> 0) AS n FROM assessed")
        rows.append({"item": item.id, "cases": row["n"]})
    return pa.Table.from_pylist(rows, pa.schema([("item", pa.string()), ("cases", pa.int64())]))


def _asking_order(assessment: Assessment, sets: list[tuple[frozenset[str], int]]) -> pa.Table:
    """Return what to ask for, one after the other, each time what settles most cases together with what was asked before.

    A greedy order: where no single answer settles a case, the one that most cases need comes next.
    """
    waiting = [(needed, n) for needed, n in sets if needed]
    asked: set[str] = set()
    rows, settled = [], 0
    while waiting:
        gain: dict[str, int] = {}
        wanted: dict[str, int] = {}
        for needed, n in waiting:
            rest = needed - asked
            for item in rest:
                wanted[item] = wanted.get(item, 0) + n
                if len(rest) == 1:
                    gain[item] = gain.get(item, 0) + n
        item = min(wanted, key=lambda name: (-gain.get(name, 0), -wanted[name], name))
        asked.add(item)
        settled += gain.get(item, 0)
        rows.append({"step": len(asked), "item": item, "settles": gain.get(item, 0), "settled": settled})
        waiting = [(needed, n) for needed, n in waiting if not needed <= asked]
    schema = pa.schema([("step", pa.int64()), ("item", pa.string()), ("settles", pa.int64()), ("settled", pa.int64())])
    return pa.Table.from_pylist(rows, schema)


def _split(engine: DuckDBEngine, column: str) -> pa.Table:
    return engine.table(
        f"SELECT {column}, count(*) AS cases, count(*) FILTER (outcome = 'eligible') AS eligible, "
        f"count(*) FILTER (open = 'finding') AS open_finding, count(*) FILTER (open IN ('data', 'both')) AS open_data, "
        f"count(*) FILTER (outcome = 'ineligible') AS ineligible FROM placed GROUP BY {column}",
        order=(column,),
    )
