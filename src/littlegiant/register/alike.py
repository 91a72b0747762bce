"""Firms that share something, and niches whose figures do not agree: links to look at. Nobody is accused.

One phone for two applicants may be a filing agent, one auditor for twenty firms is usual; the tables say what is shared
by how many, and leave the rest to people.
"""

import pyarrow as pa

from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.problems import refuse
from littlegiant.register.keys import NARROW, WIDE
from littlegiant.register.store import Register

MOST_FIRMS = 50  # what more firms share than this says nothing about any two of them
MARKET_RATIO = 3  # implied markets of one niche further apart than this are looked at
_BRACKETS = "[(（\\[【〔].*?[)）\\]】〕]"


def same_name(column: str) -> str:
    """Return the SQL of a name without brackets, blanks, case and width: what another keyboard or a branch changes."""
    wide = f"LOWER(TRANSLATE({column}, '{WIDE}', '{NARROW}'))"
    return f"REGEXP_REPLACE(REGEXP_REPLACE({wide}, '{_BRACKETS}', '', 'g'), '[\\s·•.,，。]', '', 'g')"


def alike_query(pack: Pack) -> str:
    """Return the query of `alike` over `joined_firms`: what is shared, the value, how many firms, and one row a firm."""
    parts = [
        f"SELECT 'same_name' AS kind, {same_name('name')} AS value, firm FROM joined_firms WHERE name IS NOT NULL",
    ]
    for name, fact in pack.facts.items():
        if fact.shared:
            value = f"TRIM(UNNEST(STRING_SPLIT_REGEX({name}, '[;；]')))" if fact.shared == "each" else f"TRIM({name})"
            parts.append(f"SELECT '{name}' AS kind, {value} AS value, firm FROM joined_firms WHERE {name} IS NOT NULL")
    every = " UNION ALL ".join(f"({part})" for part in parts)
    counted = (
        f"SELECT *, count(*) OVER (PARTITION BY kind, value) AS firms FROM (SELECT DISTINCT * FROM ({every})) WHERE value <> ''"
    )
    return f"SELECT kind, value, firms, firm FROM ({counted}) WHERE firms BETWEEN 2 AND {MOST_FIRMS}"


def niches(register: Register, pack: Pack, year: int) -> pa.Table:
    """Return the niches of a register, one row each, those with something to look at first (see `niches_query`)."""
    engine = DuckDBEngine()
    for name in ("firms", "firm_years"):
        engine.bind(name, register.table(name))
    found = engine.table(niches_query(pack, year), order=("flags = ''", "firms DESC", "niche", "product"))
    engine.close()
    return found


def niches_query(pack: Pack, year: int) -> str:
    """Return one row a niche over `firms` and `firm_years`: firms, implied markets, the sum of shares, how many are first.

    The implied market of a firm is its sales in the niche divided by its share, in the smallest unit of money, rounded
    down; of facts that several sales could stand for the first that is known counts. `flags`
    lists what does not agree: market (implied markets more than three times apart), shares (they add to more than one),
    first (several call themselves first). Empty flags: nothing to look at.
    """
    facts = pack.niche
    if facts is None:
        refuse(f"pack {pack.id}", "no word on which facts speak of a niche", "`niche:` in facts.yaml", code="no-niche")
    sales = f"COALESCE({', '.join(f'y.{name}' for name in facts.sales)})"
    # In whole numbers: a share has twelve decimals, so sales times 10^12 over the share's units; both fit 128 bits.
    units = f"CAST(y.{facts.share} * 1000000000000 AS HUGEINT)"
    market = f"CAST({sales} AS HUGEINT) * 1000000000000 // NULLIF({units}, 0)"
    named = f"COALESCE({same_name(f'f.{facts.niche}')}, '') || '|' || COALESCE({same_name(f'f.{facts.product}')}, '')"
    rows = (
        f"SELECT f.firm, f.{facts.niche} AS niche, f.{facts.product} AS product, {named} AS key, {market} AS market, "
        f"y.{facts.share} AS share, y.{facts.rank} AS rank FROM firms AS f JOIN firm_years AS y ON y.firm = f.firm "
        f"WHERE y.year = {year} AND (f.{facts.niche} IS NOT NULL OR f.{facts.product} IS NOT NULL)"
    )
    grouped = (
        "SELECT min(niche) AS niche, min(product) AS product, count(*) AS firms, min(market) AS market_low, "
        "max(market) AS market_high, sum(share) AS shares, count(*) FILTER (rank = 1) AS first, "
        "list(firm ORDER BY firm) AS members, key "
        f"FROM ({rows}) GROUP BY key"
    )
    flags = (
        f"concat_ws(',', CASE WHEN market_high > market_low * {MARKET_RATIO} THEN 'market' END, "
        "CASE WHEN shares > 1 THEN 'shares' END, CASE WHEN first > 1 THEN 'first' END)"
    )
    return f"SELECT * EXCLUDE (key), {flags} AS flags FROM ({grouped})"
