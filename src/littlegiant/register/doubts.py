"""Figures that cannot well be true: parts larger than wholes, amounts ten thousand times too small, jumps, years missing.

A check doubts; it does not decide. Where the mapping says `doubtful: set_aside`, what is doubted so much that nothing
should be decided on it (a part above its whole, an amount in another unit) is taken as not known, with its reason in
`gaps`; the other doubts are for somebody to look at. All tests are comparisons of whole numbers.
"""

from littlegiant.packs import Pack

UNIT_FACTOR = 10_000  # the slip between yuan and 10 thousand yuan, in either direction
_NEAR = 5  # a ratio within UNIT_FACTOR / 5 .. UNIT_FACTOR * 5 is taken for the slip
JUMP = 20
_LEAST_BASE = {"money": 1_000_000, "count": 20}  # of the year before, in the fact's unit; small firms do jump
# Revenue a head and year, in the main unit, outside of which an amount stands in another unit than the column says.
_LEAST_A_HEAD, _MOST_A_HEAD = 1_000, 1_000_000_000
SET_ASIDE = ("part_over_whole", "unit_slip_year", "unit_slip_staff", "unit_slip_staff_large")


def doubts_query(pack: Pack) -> str:
    """Return the query of `doubts` over the tables `joined_years` and `joined_firms`: firm, year, fact, doubt, detail."""
    parts = [*_parts_over_wholes(pack), *_slips(pack), *_jumps(pack), _missing_years()]
    return " UNION ALL ".join(f"({part})" for part in parts)


def _row(fact: str, doubt: str, detail: str, source: str, where: str, year: str = "y.year") -> str:
    return (
        f"SELECT y.firm, CAST({year} AS BIGINT) AS year, '{fact}' AS fact, '{doubt}' AS doubt, {detail} AS detail "
        f"FROM {source} WHERE {where}"
    )


def _shown(pack: Pack, fact: str, column: str) -> str:
    """Return a value as text in the fact's unit."""
    if pack.facts[fact].type != "money":
        return f"CAST({column} AS VARCHAR)"
    minor = pack.header.currency.minor.per_main
    return f"CAST(CAST({column} AS HUGEINT) // {minor} AS VARCHAR)"


def _between(number: str, base: str, low: int, high: int) -> str:
    """Return the test that `number` is `low` to `high` times `base`, in integers that hold the product."""
    wide, per_one = f"CAST({number} AS HUGEINT)", f"CAST({base} AS HUGEINT)"
    return f"{wide} BETWEEN {per_one} * {low} AND {per_one} * {high}"


def _parts_over_wholes(pack: Pack) -> list[str]:
    parts = []
    for name, fact in pack.facts.items():
        whole = fact.part_of
        if whole is None:
            continue
        table = "joined_years" if fact.period == "year" else "joined_firms"
        year = "y.year" if fact.period == "year" else "NULL"
        part_shown, whole_shown = _shown(pack, name, f"y.{name}"), _shown(pack, whole, f"y.{whole}")
        detail = f"{part_shown} || ' > ' || {whole_shown}"
        where = f"y.{name} > y.{whole}"
        parts += [_row(one, "part_over_whole", detail, f"{table} AS y", where, year) for one in (name, whole)]
    return parts


def _slips(pack: Pack) -> list[str]:
    """Find amounts in another unit: against the other years of the same firm, and against the number of its staff.

    A year is doubted when it is off against every other year of the firm that has the amount: of three years the odd one
    out, of two years both, for nobody can tell which of them is wrong.
    """
    low, high = UNIT_FACTOR // _NEAR, UNIT_FACTOR * _NEAR
    money = [
        name for name, fact in pack.facts.items() if fact.type == "money" and fact.period == "year" and fact.least is not None
    ]
    parts = []
    for name in money:
        others = f"joined_years AS y JOIN joined_years AS o ON o.firm = y.firm AND o.year <> y.year AND o.{name} > 0"
        off = f"{_between(f'o.{name}', f'y.{name}', low, high)} OR {_between(f'y.{name}', f'o.{name}', low, high)}"
        detail = f"{_shown(pack, name, f'y.{name}')} || ' / ' || {_shown(pack, name, f'o.{name}')}"
        row = _row(name, "unit_slip_year", f"min({detail})", others, f"y.{name} > 0")
        parts.append(f"{row} GROUP BY y.firm, y.year HAVING bool_and({off})")
    if {"revenue", "staff"} <= set(pack.facts):
        minor = pack.header.currency.minor.per_main
        huge = f"y.staff >= 5 AND CAST(y.revenue AS HUGEINT) > CAST(y.staff AS HUGEINT) * {_MOST_A_HEAD * minor}"
        tiny = f"y.staff >= 5 AND y.revenue > 0 AND y.revenue < y.staff * {_LEAST_A_HEAD * minor}"
        for name in money:
            same = f"{tiny} AND y.{name} IS NOT NULL AND abs(y.{name}) <= y.revenue * 10"
            detail = f"{_shown(pack, name, f'y.{name}')} || ' / ' || CAST(y.staff AS VARCHAR)"
            parts.append(_row(name, "unit_slip_staff", detail, "joined_years AS y", same))
            large = f"{huge} AND CAST(y.{name} AS HUGEINT) * 1000 >= CAST(y.revenue AS HUGEINT)"
            parts.append(_row(name, "unit_slip_staff_large", detail, "joined_years AS y", large))
    return parts


def _jumps(pack: Pack) -> list[str]:
    """Find amounts that cannot be negative and head counts that are twenty times another year's."""
    parts = []
    minor = pack.header.currency.minor.per_main
    for name, fact in pack.facts.items():
        amount = fact.type == "money" and fact.least is not None
        if fact.period != "year" or not (amount or fact.unit == "persons"):
            continue
        base = _LEAST_BASE[fact.type] * (minor if amount else 1)
        before = "joined_years AS y JOIN joined_years AS o ON o.firm = y.firm AND o.year = y.year - 1"
        high = UNIT_FACTOR // _NEAR
        up, down = _between(f"y.{name}", f"o.{name}", JUMP, high), _between(f"o.{name}", f"y.{name}", JUMP, high)
        detail = f"{_shown(pack, name, f'o.{name}')} || ' → ' || {_shown(pack, name, f'y.{name}')}"
        parts.append(_row(name, "jump", detail, before, f"o.{name} >= {base} AND y.{name} > 0 AND (({up}) OR ({down}))"))
    return parts


def _missing_years() -> str:
    """Find years without a row between two years with one."""
    pairs = "SELECT firm, year, LEAD(year) OVER (PARTITION BY firm ORDER BY year) AS next FROM joined_years"
    return (
        "SELECT y.firm, CAST(y.year + 1 AS BIGINT) AS year, '' AS fact, 'missing_year' AS doubt, "
        "CAST(y.year AS VARCHAR) || ' … ' || CAST(y.next AS VARCHAR) AS detail "
        f"FROM ({pairs}) AS y WHERE y.next > y.year + 1"
    )
