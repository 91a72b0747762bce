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
    joins = []
    for id, facts, dated in sources:
        latest = 'arg_max("={0}", __year) FILTER ("={0}" IS NOT NULL) AS "={0}"'
        picks = [(latest if dated else 'any_value("={0}") AS "={0}"').format(fact) for fact in facts]
        chosen = f"SELECT {', '.join(['__firm', *picks])} FROM {_used(id)} GROUP BY __firm"
        joins.append(f"LEFT JOIN ({chosen}) AS s_{id} ON s_{id}.__firm = keys.firm")
    return f"SELECT keys.firm, {columns} FROM ({keys}) AS keys {' '.join(joins)}"


def homes(sources: Yearly) -> dict[str, list[str]]:
    """Return for each fact the sources that give it, the one that is believed first."""
    found: dict[str, list[str]] = {}
    for id, facts in sources:
        for fact in facts:
            found.setdefault(fact, []).append(id)
    return found


def conflicts_query(sources: Yearly) -> str:
    """Return the query of `conflicts`: where a source says something else than the one that is believed."""
    parts = []
    for fact, ids in homes(sources).items():
        for place, id in enumerate(ids[1:], 1):
            for before, kept in enumerate(ids[:place]):
                earlier = [f'COALESCE(e{n}."={fact}" IS NULL, TRUE)' for n in range(before)]
                joins = " ".join(
                    f"LEFT JOIN {_used(e)} AS e{n} ON e{n}.__firm = b.__firm AND e{n}.__year IS NOT DISTINCT FROM b.__year"
                    for n, e in enumerate(ids[:before])
                )
                tests = [f'a."={fact}" <> b."={fact}"', *earlier]
                parts.append(
                    f"SELECT b.__firm AS firm, CAST(b.__year AS BIGINT) AS year, '{fact}' AS fact, '{kept}' AS kept_source, "
                    f'CAST(a."={fact}" AS VARCHAR) AS kept, \'{id}\' AS source, CAST(b."={fact}" AS VARCHAR) AS value, '
                    f"b.__row AS row FROM {_used(id)} AS b JOIN {_used(kept)} AS a "
                    f"ON a.__firm = b.__firm AND a.__year IS NOT DISTINCT FROM b.__year {joins} WHERE {' AND '.join(tests)}"
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
