"""Whom to look at before publication: the verification triggers of a standard, and firms drawn at random.

A trigger decides nothing. Each is judged like a condition, so a firm whose facts do not tell whether a trigger is met is
"cannot tell", not "no". The random share is drawn by a hash of seed and firm: anybody can repeat it, nobody can choose it.
"""

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pyarrow as pa

from littlegiant.assessment.whole_register import assess
from littlegiant.documents import Document
from littlegiant.packs import Pack
from littlegiant.problems import refuse
from littlegiant.register import Register
from littlegiant.standards import Compiled, Standard, compile_standard
from littlegiant.standards.model import Node


def visits(register: Register, compiled: Compiled, pack: Pack, *, year: int, seed: int) -> pa.Table:
    """Return one row a case: visit (yes, cannot_tell, no), the triggers met, those that cannot be told, drawn or not.

    At least the share of firms that the standard asks for is drawn, rounded up. Raises where it names no trigger.
    """
    standard = compiled.standard
    if not standard.triggers and standard.sample is None:
        refuse(compiled.document.name, "no verification triggers", "`triggers:` or `sample:`", code="no-triggers")
    rules = _trigger_rules(compiled, pack)
    table = assess(register, rules, year=year).table
    met, unknown = [], []
    names = {"failed": rules.slots.columns("failed"), "unknown": rules.slots.columns("unknown")}
    for row in table.select(["case", *names["failed"], *names["unknown"]]).to_pylist():
        met.append(rules.slots.read("failed", row))
        open_ones = rules.slots.read("unknown", row)
        unknown.append([id for id in open_ones if id in rules.slots.conditions])
    cases = table["case"].to_pylist()
    drawn = _drawn(cases, standard.sample.per_cent if standard.sample is not None else 0, seed)
    visit = [
        "yes" if m or case in drawn else "cannot_tell" if u else "no" for case, m, u in zip(cases, met, unknown, strict=True)
    ]
    return pa.table(
        {
            "case": pa.array(cases, pa.string()),
            "visit": pa.array(visit, pa.string()),
            "met": pa.array(met, pa.list_(pa.string())),
            "cannot_tell": pa.array(unknown, pa.list_(pa.string())),
            "drawn": pa.array([case in drawn for case in cases]),
        }
    )


def _trigger_rules(compiled: Compiled, pack: Pack) -> Compiled:
    """Return a standard whose conditions are "this trigger is not met": what fails, triggers."""
    standard = compiled.standard
    nodes = tuple(
        Node(
            id=trigger.id,
            require=f"NOT ({trigger.when})",
            text=trigger.text,
            clause=trigger.clause,
            confidence=trigger.confidence,
        )
        for trigger in standard.triggers
    )
    cleared = {"criteria": nodes, "score": None, "direct_routes": (), "rests_on": (), "triggers": (), "cases": ()}
    document: Document[Standard] = replace(compiled.document, value=standard.model_copy(update=cleared))
    day: date = compiled.reference_date
    return compile_standard(document, pack, application=compiled.application, reference_date=day)


def _drawn(cases: list[str], per_cent: int, seed: int) -> frozenset[str]:
    """Return the firms with the smallest hashes of seed and id."""
    count = -(-len(cases) * per_cent // 100)
    return frozenset(sorted(cases, key=lambda case: sha256(f"{seed}\x00{case}".encode()).digest())[:count])
