"""The size class of each firm, for summaries: large, medium, small, micro, or unknown (null)."""

from collections.abc import Mapping
from decimal import Decimal

from littlegiant.packs import Pack
from littlegiant.standards import Compiled, SizeTable


def size_class_sql(compiled: Compiled, pack: Pack) -> str:
    """Return an expression over firms `f` and their year `y`, by the newest table that holds on the reference date.

    Limits are exclusive and any one suffices; floors are inclusive and all are needed. Null where a quantity that
    decides is unknown.
    """
    tables = [pack.document(path, SizeTable).value for path in pack.paths("size_classes")]
    fits = [t for t in tables if any(v.holds(compiled.reference_date, compiled.application) for v in t.applies)]
    if not fits:
        return "CAST(NULL AS VARCHAR)"
    arms = []
    for row in fits[-1].industries:
        inside = " OR ".join(f"STARTS_WITH(f.{fits[-1].sector}, '{prefix}')" for prefix in row.sectors)
        sme = " OR ".join(f"{_quantity(name)} < {_stored(name, limit, pack)}" for name, limit in row.sme_below.items())
        medium, small = _reached(row.medium, pack), _reached(row.small, pack)
        inner = (
            f"CASE WHEN NOT ({sme}) THEN 'large' WHEN {sme} THEN CASE WHEN {medium} THEN 'medium' "
            f"WHEN NOT ({medium}) THEN CASE WHEN {small} THEN 'small' WHEN NOT ({small}) THEN 'micro' END END END"
        )
        arms.append(f"WHEN {inside} THEN {inner}")
    return f"CASE {' '.join(arms)} END"


def _quantity(name: str) -> str:
    return f"y.{name}"


def _stored(name: str, value: Decimal, pack: Pack) -> int:
    return int(value * pack.facts[name].scale(pack.header.currency.minor.per_main))


def _reached(floors: Mapping[str, Decimal], pack: Pack) -> str:
    return " AND ".join(f"{_quantity(name)} >= {_stored(name, floor, pack)}" for name, floor in floors.items())
