"""What another version of a standard does to a register: who gains and loses, where, on which clause, what it newly asks."""

from dataclasses import dataclass

import pyarrow as pa

from littlegiant.assessment.size_classes import size_class_sql
from littlegiant.assessment.whole_register import Assessment, assess
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.register import Register
from littlegiant.standards import Compiled, Slot

GROUPS = ("region", "sector", "size")
_RESULT = (
    "CASE WHEN {0}.outcome <> 'undetermined' THEN {0}.outcome WHEN {0}.open = 'finding' THEN 'open_finding' ELSE 'open_data' END"
)
_MEETS = "IN ('eligible', 'open_finding')"


@dataclass(frozen=True)
class VersionEffects:
    """Tables of counts. To gain is to meet all that can be computed by the new version and not by the old.

    flows: before, after, firms. groups: kind (region, sector, size), group, firms, before, after (firms that meet all
    that can be computed), gained, lost. clauses: condition, side (`new` stops firms that met the old; `old` stopped
    those that meet the new), firms, alone (stopped by this condition only). asked: item, firms (undetermined by the
    new version for want of it), new (the old version does not read it).
    """

    flows: pa.Table
    groups: pa.Table
    clauses: pa.Table
    asked: pa.Table

    def count(self, column: str) -> int:
        return sum(row[column] for row in self.groups.to_pylist() if row["kind"] == GROUPS[0])


def version_effects(
    register: Register, old: Compiled, new: Compiled, pack: Pack, *, year: int, findings: pa.Table | None = None
) -> VersionEffects:
    """Judge `register` by both and count."""
    before, after = (assess(register, each, year=year, findings=findings, digest=False) for each in (old, new))
    engine = DuckDBEngine()
    after.subjects().bind(engine)
    for name, judged in (("before", before), ("after", after)):
        engine.bind(name, judged.source)
    places = [_place(name, register) for name in GROUPS[:2]]
    groups = [*places, f"COALESCE(({size_class_sql(new, pack)}), '?') AS g_size"]
    engine.keep(
        "twice",
        f"SELECT after.*, {_prefixed(before)}, {_RESULT.format('before')} AS was, {_RESULT.format('after')} AS now, "
        f'{", ".join(groups)} FROM after JOIN before ON before."case" = after."case" '
        f'LEFT JOIN firms AS f ON f.firm = after."case" '
        f'LEFT JOIN firm_years AS y ON y.firm = after."case" AND y.year = after.year',
    )
    made = VersionEffects(
        engine.table(
            "SELECT was AS before, now AS after, count(*) AS firms FROM twice GROUP BY was, now", order=("before", "after")
        ),
        _groups(engine),
        _clauses(engine, old, new),
        _asked(engine, old, new),
    )
    engine.close()
    return made


def _place(name: str, register: Register) -> str:
    column = f"COALESCE(f.{name}, '?')" if name in register.columns("firms") else "'?'"
    return f"{column} AS g_{name}"


def _prefixed(before: Assessment) -> str:
    return ", ".join(f"before.{name} AS old_{name}" for name in before.compiled.slots.columns("failed"))


def _groups(engine: DuckDBEngine) -> pa.Table:
    counts = (
        f"count(*) AS firms, count(*) FILTER (WHERE was {_MEETS}) AS before, count(*) FILTER (WHERE now {_MEETS}) AS after, "
        f"count(*) FILTER (WHERE now {_MEETS} AND NOT was {_MEETS}) AS gained, "
        f"count(*) FILTER (WHERE was {_MEETS} AND NOT now {_MEETS}) AS lost"
    )
    parts = [
        f"SELECT {n} AS n, '{g}' AS kind, g_{g} AS \"group\", {counts} FROM twice GROUP BY g_{g}" for n, g in enumerate(GROUPS)
    ]
    return engine.table(" UNION ALL ".join(parts), order=("n", '"group"')).drop_columns(["n"])


def _clauses(engine: DuckDBEngine, old: Compiled, new: Compiled) -> pa.Table:
    rows = []
    stopped, freed = "was <> 'ineligible' AND now = 'ineligible'", "was = 'ineligible' AND now <> 'ineligible'"
    for side, compiled, prefix, moved in (("new", new, "", stopped), ("old", old, "old_", freed)):
        tops = [compiled.slots.conditions[part.slot] for part in compiled.root.parts if part.slot is not None]
        masks = {n: sum(s.bit for s in tops if s.column == n) for n in sorted({s.column for s in tops})}
        for slot in tops:
            failed = f"({prefix}failed_{slot.column} & {slot.bit}) <> 0"
            only = " AND ".join(f"({prefix}failed_{n} & {mask}) = {_own(slot, n)}" for n, mask in masks.items())
            counts = f"count(*) FILTER (WHERE {failed}) AS firms, count(*) FILTER (WHERE {only}) AS alone"
            text = f"SELECT {counts} FROM twice WHERE {moved}"
            (row,) = engine.table(text, order=()).to_pylist()
            if row["firms"]:
                rows.append({"condition": slot.id, "side": side, **row})
    return pa.Table.from_pylist(
        sorted(rows, key=lambda row: (row["side"], -row["firms"], row["condition"])),
        pa.schema([("condition", pa.string()), ("side", pa.string()), ("firms", pa.int64()), ("alone", pa.int64())]),
    )


def _own(slot: Slot, column: int) -> int:
    return slot.bit if slot.column == column else 0


def _asked(engine: DuckDBEngine, old: Compiled, new: Compiled) -> pa.Table:
    known = {item.id for item in old.items}
    rows = []
    for item in new.items:
        slot = new.slots.by_item[item.id]
        text = f"SELECT count(*) FILTER (WHERE (needed_{slot.column} & {slot.bit}) <> 0) AS firms FROM twice"
        (row,) = engine.table(text, order=()).to_pylist()
        if row["firms"] or item.id not in known:
            rows.append({"item": item.id, "firms": row["firms"], "new": item.id not in known})
    return pa.Table.from_pylist(
        sorted(rows, key=lambda row: (-row["firms"], row["item"])),
        pa.schema([("item", pa.string()), ("firms", pa.int64()), ("new", pa.bool_())]),
    )
