"""Figures of a firm with its linked firms and partners, and titles within its group; a register with them filled in.

Art. 6 of the Annex to Recommendation 2003/361/EC: linked firms count in full; partners – a share from one quarter, either
way – by their share, with all that is linked to them; partners of partners do not. Investors that the pack excepts make
no partner, unless several that are linked to each other hold a share. Where two groups hold each other in several ways
the largest share counts. A figure that one member lacks leaves the figure of the whole unknown. Rounded half up.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.register.groups import GroupFinder, Groups
from littlegiant.register.store import KEYS, Register, RegisterWriter, fact_schema

_NODES = "JOIN nodes AS n ON n.firm = y.firm JOIN grouped AS g ON g.n = n.n"


def consolidated_query(finder: GroupFinder) -> str:
    """Return the query of firm, year and every fact that the pack consolidates; empty where there is none."""
    pack, engine = finder.pack, finder.engine
    own = finder.register.columns("firm_years")
    facts = {name: fact.consolidates for name, fact in pack.facts.items() if fact.consolidates in own and fact.consolidates}
    if not facts:
        return ""
    _keep_totals(engine, facts)
    _keep_partners(finder)
    # Shares have twelve decimals; 22 digits hold any amount of a whole country.
    product = 'sum(CAST(t."{0}" AS DECIMAL(22, 2)) * CAST(e.share AS DECIMAL(13, 12)))'
    shared = [f'CASE WHEN count(t."{name}") = count(*) THEN {product.format(name)} END AS "{name}"' for name in facts]
    engine.keep("years", "SELECT DISTINCT year FROM firm_years")
    engine.keep(
        "by_share",
        f"SELECT e.label, y.year, {', '.join(shared)} FROM each_way AS e CROSS JOIN years AS y "
        "LEFT JOIN totals AS t ON t.label = e.other AND t.year = y.year GROUP BY e.label, y.year",
    )
    types = fact_schema(pack, "year")
    columns = []
    for name in facts:
        sum_ = f'CAST(ROUND(t."{name}" + p."{name}", {pack.facts[name].places}) AS {types[name]})'
        alone = f'CAST(t."{name}" AS {types[name]})'
        columns.append(f'CASE WHEN p.label IS NULL THEN {alone} ELSE {sum_} END AS "{name}"')
    return (
        f"SELECT y.firm, y.year, {', '.join(columns)} FROM firm_years AS y {_NODES} "
        "LEFT JOIN totals AS t ON t.label = g.label AND t.year = y.year "
        "LEFT JOIN by_share AS p ON p.label = g.label AND p.year = y.year"
    )


def _keep_totals(engine: DuckDBEngine, facts: Mapping[str, str]) -> None:
    """Keep the sums of each group and year; null where a member has no figure."""
    engine.keep("sizes", "SELECT label, count(*) AS size FROM grouped GROUP BY label")
    sums = [f'CASE WHEN count(y."{of}") = any_value(s.size) THEN sum(y."{of}") END AS "{name}"' for name, of in facts.items()]
    engine.keep(
        "totals",
        f"SELECT g.label, y.year, {', '.join(sums)} FROM firm_years AS y {_NODES} "
        "JOIN sizes AS s ON s.label = g.label GROUP BY g.label, y.year",
    )


def _keep_partners(finder: GroupFinder) -> None:
    """Keep which groups are partners, each way, with the share that counts."""
    rules, engine = finder.rules, finder.engine
    excepted = ", ".join(f"'{kind}'" for kind in rules.excepted) or "''"
    held = (
        f"SELECT o.label, f.label AS other, sum(share) AS share, bool_and(kind IN ({excepted})) AND count(*) = 1 AS free "
        "FROM holdings AS h JOIN grouped AS o ON o.n = h.owner JOIN grouped AS f ON f.n = h.firm "
        "WHERE o.label <> f.label GROUP BY o.label, f.label, h.firm"
    )
    engine.keep("partners", f"SELECT * FROM ({held}) WHERE share >= {rules.partner_from} AND NOT free")
    both = "SELECT label, other, share FROM partners UNION ALL SELECT other, label, share FROM partners"
    engine.keep("each_way", f"SELECT label, other, max(share) AS share FROM ({both}) GROUP BY label, other")


def group_titles(finder: GroupFinder) -> dict[str, str]:
    """Return for each fact of a title within the group the query of the firms for which it is true."""
    if not finder.register.has("recognitions"):
        return {}
    found = {}
    for name, fact in finder.pack.facts.items():
        if fact.in_group_with:
            holds = f"SELECT DISTINCT firm FROM recognitions WHERE tier = '{fact.in_group_with}' AND status = 'valid'"
            found[name] = (
                "SELECT DISTINCT me.firm FROM nodes AS me JOIN grouped AS a ON a.n = me.n "
                "JOIN grouped AS b ON b.label = a.label JOIN nodes AS other ON other.n = b.n AND other.n <> me.n "
                f"JOIN ({holds}) AS h ON h.firm = other.firm"
            )
    return found


def write_groups(register: Register, pack: Pack, to: Path) -> Groups:
    """Write `register` anew with what its groups tell, filled in where it was not supplied, and the table `groups`."""
    finder = GroupFinder(register, pack)
    groups = finder.find()
    engine, query, titles = finder.engine, consolidated_query(finder), group_titles(finder)
    manifest = register.manifest
    with RegisterWriter(to, pack, synthetic=register.synthetic, title=dict(manifest.get("title", {}))) as writer:
        for name in manifest["tables"]:
            engine.bind(name, register.table(name))
            text = f'SELECT * FROM "{name}"'
            if name == "firm_years" and query:
                text = _years_filled(register, pack, query)
            elif name == "firms" and titles:
                text = _firms_filled(register, titles)
            writer.write(engine, name, text, order=_order(name, register))
        engine.bind("found_groups", groups.members)
        writer.write(engine, "groups", "SELECT * FROM found_groups", order=("firm",))
        own = ("tables", "digest", "format", "pack", "synthetic", "title")
        writer.finish({key: value for key, value in manifest.items() if key not in own})
    engine.close()
    return groups


def _order(name: str, register: Register) -> Sequence[str]:
    return [f'"{column}"' for column in KEYS[name] or sorted(register.columns(name))]


def _years_filled(register: Register, pack: Pack, query: str) -> str:
    columns = register.columns("firm_years")
    computed = [name for name, fact in pack.facts.items() if fact.consolidates and fact.consolidates in columns]
    kept = ", ".join(f'COALESCE(y."{name}", c."{name}") AS "{name}"' for name in computed if name in columns)
    added = "".join(f', c."{name}"' for name in computed if name not in columns)
    replaced = f" REPLACE ({kept})" if kept else ""
    return f"SELECT y.*{replaced}{added} FROM firm_years AS y LEFT JOIN ({query}) AS c ON c.firm = y.firm AND c.year = y.year"


def _firms_filled(register: Register, titles: Mapping[str, str]) -> str:
    columns = register.columns("firms")
    joins = "".join(f" LEFT JOIN ({found}) AS t{n} ON t{n}.firm = f.firm" for n, found in enumerate(titles.values()))
    texts = {name: f"t{n}.firm IS NOT NULL" for n, name in enumerate(titles)}
    kept = ", ".join(f'COALESCE(f."{name}", {text}) AS "{name}"' for name, text in texts.items() if name in columns)
    added = "".join(f', {text} AS "{name}"' for name, text in texts.items() if name not in columns)
    return f"SELECT f.*{f' REPLACE ({kept})' if kept else ''}{added} FROM firms AS f{joins}"
