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
    columns = _columns(schema, {fact: id for id, facts in sources for fact in facts}, {})
    joins = " ".join(
        f"LEFT JOIN {_used(id)} AS s_{id} ON s_{id}.__firm = keys.firm AND s_{id}.__year = keys.year" for id, _ in sources
    )
    return f"SELECT keys.firm, CAST(keys.year AS BIGINT) AS year, {columns} FROM ({keys}) AS keys {joins}"


def firms_query(pack: Pack, sources: Static, constants: Mapping[str, bool | int | str]) -> str:
    """Return the query of the table `firms`. Where a file repeats what does not change, the latest year that says it counts."""
    keys = " UNION ".join(f"SELECT DISTINCT __firm AS firm FROM {_used(id)}" for id, _, _ in sources)
    columns = _columns(fact_schema(pack, "static"), {fact: id for id, facts, _ in sources for fact in facts}, constants)
    joins = []
    for id, facts, dated in sources:
        latest = 'arg_max("={0}", __year) FILTER ("={0}" IS NOT NULL) AS "={0}"'
        picks = [(latest if dated else 'any_value("={0}") AS "={0}"').format(fact) for fact in facts]
        chosen = f"SELECT {', '.join(['__firm', *picks])} FROM {_used(id)} GROUP BY __firm"
        joins.append(f"LEFT JOIN ({chosen}) AS s_{id} ON s_{id}.__firm = keys.firm")
    return f"SELECT keys.firm, {columns} FROM ({keys}) AS keys {' '.join(joins)}"


def _used(id: str) -> str:
    return f"(SELECT * FROM staged_{id} WHERE fate = 'used')"


def _columns(schema: Mapping[str, str], home: Mapping[str, str], constants: Mapping[str, bool | int | str]) -> str:
    columns = []
    for name, sql in schema.items():
        value = f's_{home[name]}."={name}"' if name in home else "NULL"
        if name not in home and name in constants:
            value = "'" + str(constants[name]).replace("'", "''") + "'"
        columns.append(f'CAST({value} AS {sql}) AS "{name}"')
    return ", ".join(columns)
