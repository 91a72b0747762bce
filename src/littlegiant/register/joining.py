"""Staged sources joined by their keys: one row a firm, one row a firm and year, every fact of the vocabulary a column."""

from collections.abc import Mapping, Sequence

from littlegiant.packs import Pack
from littlegiant.register.store import fact_schema

Yearly = Sequence[tuple[str, list[str]]]  # source and the yearly facts it gives
Static = Sequence[tuple[str, list[str], bool]]  # source, its static facts, and whether its rows carry a year


def firm_years_query(pack: Pack, sources: Yearly) -> str:
    """Return the query of the table `firm_years`; a firm and year that one source lacks has nulls for its facts."""
    schema = fact_schema(pack, "year")
    if not sources:
        nothing = ", ".join(f'CAST(NULL AS {sql}) AS "{name}"' for name, sql in schema.items())
        return f"SELECT CAST(NULL AS VARCHAR) AS firm, CAST(NULL AS BIGINT) AS year, {nothing} WHERE FALSE"
    keys = " UNION ".join(f"SELECT DISTINCT __firm AS firm, __year AS year FROM {_used(id)}" for id, _ in sources)
    columns = _columns(schema, homes(sources), {})
    joins = " ".join(
        f"LEFT JOIN {_used(id)} AS s_{id} ON s_{id}.__firm = keys.firm AND s_{id}.__year = keys.year" for id, _ in sources
    )
    return f"SELECT keys.firm, CAST(keys.year AS BIGINT) AS year, {columns} FROM ({keys}) AS keys {joins}"


def firms_query(pack: Pack, sources: Static, constants: Mapping[str, bool | int | str]) -> str:
    """Return the query of the table `firms`. Where a file repeats what does not change, the latest year that says it counts."""
    keys = " UNION ".join(f"SELECT DISTINCT __firm AS firm FROM {_used(id)}" for id, _, _ in sources)
    columns = _columns(fact_schema(pack, "static"), homes([(id, facts) for id, facts, _ in sources]), constants)
    joins = [f"LEFT JOIN ({_chosen(id, facts, dated)}) AS s_{id} ON s_{id}.__firm = keys.firm" for id, facts, dated in sources]
    return f"SELECT keys.firm, {columns} FROM ({keys}) AS keys {' '.join(joins)}"


def _chosen(id: str, facts: Sequence[str], dated: bool) -> str:
    """Return what a source says of each firm: where it says it year after year, the latest that says something."""
    latest = 'arg_max("={0}", __year) FILTER ("={0}" IS NOT NULL) AS "={0}"'
    picks = [(latest if dated else 'any_value("={0}") AS "={0}"').format(fact) for fact in facts]
    row = "arg_max(__row, __year) AS __row" if dated else "any_value(__row) AS __row"
    return f"SELECT {', '.join(['__firm', 'CAST(NULL AS INTEGER) AS __year', row, *picks])} FROM {_used(id)} GROUP BY __firm"


def homes(sources: Yearly) -> dict[str, list[str]]:
    """Return for each fact the sources that give it, the one that is believed first."""
    found: dict[str, list[str]] = {}
    for id, facts in sources:
        for fact in facts:
            found.setdefault(fact, []).append(id)
    return found


def conflicts_query(sources: Yearly) -> str:
    """Return the query of `conflicts`: where a source says something else than the one that is believed."""
    return _conflicts({fact: [(id, _used(id)) for id in ids] for fact, ids in homes(sources).items()})


def static_conflicts_query(sources: Static) -> str:
    """Return the same for what does not change, source against source."""
    chosen = {id: f"({_chosen(id, facts, dated)})" for id, facts, dated in sources}
    named = homes([(id, facts) for id, facts, _ in sources])
    return _conflicts({fact: [(id, chosen[id]) for id in ids] for fact, ids in named.items()})


def _conflicts(places: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Return every value that differs from the first in order; `places` has the sources of each fact and their rows."""
    parts = []
    for fact, sources in places.items():
        if len(sources) < 2:
            continue
        rows = " UNION ALL ".join(
            f"SELECT __firm, __year, __row, {place} AS place, '{id}' AS source, \"={fact}\" AS value FROM {relation} "
            f'WHERE "={fact}" IS NOT NULL'
            for place, (id, relation) in enumerate(sources)
        )
        first = "OVER (PARTITION BY __firm, __year ORDER BY place)"
        believed = f"SELECT *, first(value) {first} AS kept, first(source) {first} AS kept_source FROM ({rows})"
        parts.append(
            f"SELECT __firm AS firm, CAST(__year AS BIGINT) AS year, '{fact}' AS fact, "
            f"kept_source, CAST(kept AS VARCHAR) AS kept, source, CAST(value AS VARCHAR) AS value, __row AS row "
            f"FROM ({believed}) WHERE value <> kept"
        )
    return " UNION ALL ".join(parts)


def _used(id: str) -> str:
    return f"(SELECT * FROM staged_{id} WHERE fate = 'used')"


def _columns(schema: Mapping[str, str], home: Mapping[str, Sequence[str]], constants: Mapping[str, bool | int | str]) -> str:
    columns = []
    for name, sql in schema.items():
        values = [f's_{id}."={name}"' for id in home.get(name, ())]
        value = f"COALESCE({', '.join(values)})" if values else "NULL"
        if name not in home and name in constants:
            value = "'" + str(constants[name]).replace("'", "''") + "'"
        columns.append(f'CAST({value} AS {sql}) AS "{name}"')
    return ", ".join(columns)
