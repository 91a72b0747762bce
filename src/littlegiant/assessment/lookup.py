"""One firm of a register as a case, with the reason for everything that is missing (promise U6)."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from littlegiant.assessment.relation import R, Subjects
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.engines import DuckDBEngine
from littlegiant.engines.postgres_engine import PostgresEngine
from littlegiant.problems import refuse
from littlegiant.register.database import DatabaseRegister
from littlegiant.standards import Item


def case_of(subjects: Subjects[R], firm: str) -> tuple[CaseFacts, dict[str, str]]:
    """Return what the register says of `firm`, in main units, and why each missing item is missing, by item id."""
    register = subjects.register
    engine = register.engine() if isinstance(register, DatabaseRegister) else DuckDBEngine(threads=1)
    if isinstance(engine, PostgresEngine):
        # A text of a database holds no zero character; firms that begin as this one does are left out below.
        relation = f"SELECT * FROM {subjects.in_database(engine, (firm, firm + chr(1)))}"
    else:
        subjects.bind(engine)
        if register.has("gaps"):
            engine.bind("gaps", register.table("gaps"))
        relation = subjects.relation((firm, firm + "\x00"))
    rows = [row for batch in engine.read(relation, order=()) for row in batch.to_pylist() if row["case"] == firm]
    if not rows:
        engine.close()
        found = f"no firm {firm!r} with figures for {subjects.year}"
        refuse(str(register.path), found, "", "Check the id and the year.", code="unknown-firm")
    numbers = [item.id for item in subjects.compiled.items if item.kind == "number"]
    row = rows[0] | {id: Decimal(rows[0][id]) for id in numbers if isinstance(rows[0][id], str)}  # NUMERIC comes as text
    gaps = _gaps(subjects, engine, firm, row)
    engine.close()
    return case_facts(subjects, row), gaps


def case_facts(subjects: Subjects[R], row: dict[str, Any]) -> CaseFacts:
    """Return one row of the relation of `subjects` as a case, in main units."""
    facts: dict[str, Any] = {}
    findings: dict[str, Any] = {}
    titles: list[str] | None = None
    for item in subjects.compiled.items:
        value = _main_unit(subjects, item, row[item.id])
        if item.source == "title":
            if value is not None:
                titles = [*(titles or []), *([item.name.removeprefix("holds:")] if value else [])]
            continue
        target = findings if item.is_finding else facts
        if item.yearly:
            years = target.setdefault(item.name, [])
            years += [None] * (item.back + 1 - len(years))
            years[item.back] = value
        else:
            target[item.name] = value
    return CaseFacts(row["case"], facts, titles, findings)


def _main_unit(subjects: Subjects[R], item: Item, stored: Any) -> Any:
    if stored is None or item.kind != "number":
        return stored
    symbol = subjects.compiled.scope.symbols[item.name]
    return Fraction(stored) if symbol.decimals else Fraction(stored, symbol.scale)


def _gaps(subjects: Subjects[R], engine: DuckDBEngine | PostgresEngine, firm: str, row: dict[str, Any]) -> dict[str, str]:
    """Return a reason for each missing fact: refused by a check, no row for that year, or not supplied."""
    known: dict[tuple[str, int | None], str] = {}
    quoted = firm.replace("'", "''")
    if subjects.register.has("gaps"):
        told = engine.read(f"SELECT year, fact, reason FROM gaps WHERE firm = '{quoted}'", order=())
        entries = sorted((e for batch in told for e in batch.to_pylist()), key=lambda e: (e["year"] or 0, e["fact"], e["reason"]))
        known.update({(entry["fact"], entry["year"]): entry["reason"] for entry in entries})
    years = set()
    for batch in engine.read(f"SELECT year FROM firm_years WHERE firm = '{quoted}'", order=()):
        years |= set(batch.column(0).to_pylist())
    static = {fact: reason for (fact, _), reason in known.items()}
    reasons = {}
    for item in subjects.compiled.items:
        if item.source != "fact" or row[item.id] is not None:
            continue
        year = subjects.year - item.back
        if item.yearly and year not in years:
            reasons[item.id] = "no_row"
        else:
            reason = known.get((item.name, year)) if item.yearly else static.get(item.name)
            reasons[item.id] = reason or "not_supplied"
    return reasons
