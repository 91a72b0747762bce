"""Figures that cannot well be true: parts larger than wholes, amounts in another unit, jumps, years missing.

A check doubts; it does not decide. Where the mapping says `doubtful: set_aside`, what is doubted so much that nothing
should be decided on it (a part above its whole, an amount in another unit) is taken as not known, with its reason in
`gaps`; the other doubts are for somebody to look at. What is plausible in a country, its pack says; every test is a
comparison of whole numbers.
"""

from decimal import Decimal
from fractions import Fraction

from littlegiant.packs import Pack
from littlegiant.packs.vocabulary import PlausibleRatio

_NEAR = 5  # a ratio within slip / 5 .. slip * 5 is taken for the slip
JUMP = 20
_LEAST_BASE = {"money": 1_000_000, "count": 20}  # of the year before, in the fact's unit; small firms do jump
_ROW = {"small": Fraction(10), "large": Fraction(1, 1000)}  # amounts up to so many times, or from there up, go with it
SET_ASIDE = ("part_over_whole", "unit_slip_year", "too_small", "too_large")


def doubts_query(pack: Pack) -> str:
    """Return the query of `doubts` over the tables `joined_years` and `joined_firms`: firm, year, fact, doubt, detail."""
    parts = [*_parts_over_wholes(pack), *_jumps(pack), _missing_years()]
    if pack.plausible is not None:
        parts += _slips(pack, pack.plausible.slip)
        for ratio in pack.plausible.ratios:
            parts += _implausible(pack, ratio)
    return " UNION ALL ".join(f"({part})" for part in parts)


def _row(fact: str, doubt: str, detail: str, source: str, where: str) -> str:
    return (
        f"SELECT y.firm, CAST(y.year AS BIGINT) AS year, '{fact}' AS fact, '{doubt}' AS doubt, {detail} AS detail "
        f"FROM {source} WHERE {where}"
    )


def _shown(pack: Pack, fact: str, column: str) -> str:
    """Return a value as text in the fact's unit."""
    if pack.facts[fact].type != "money":
        return f"CAST({column} AS VARCHAR)"
    minor = pack.header.currency.minor.per_main
    return f"CAST(CAST({column} AS HUGEINT) // {minor} AS VARCHAR)"


def _against(number: str, sign: str, base: str, factor: Fraction) -> str:
    """Return the test of `number` against `factor` times `base`, cleared of denominators, in integers that hold it."""
    wide, per_one = f"CAST({number} AS HUGEINT)", f"CAST({base} AS HUGEINT)"
    return f"{wide} * {factor.denominator} {sign} {per_one} * {factor.numerator}"


def _between(number: str, base: str, low: int, high: int) -> str:
    return f"{_against(number, '>=', base, Fraction(low))} AND {_against(number, '<=', base, Fraction(high))}"


def _amounts(pack: Pack) -> list[str]:
    """Return the yearly amounts that cannot be negative."""
    facts = pack.facts.items()
    return [name for name, fact in facts if fact.type == "money" and fact.period == "year" and fact.least is not None]


def _parts_over_wholes(pack: Pack) -> list[str]:
    parts = []
    for name, fact in pack.facts.items():
        whole = fact.part_of
        if whole is not None:
            detail = f"{_shown(pack, name, f'y.{name}')} || ' > ' || {_shown(pack, whole, f'y.{whole}')}"
            where = f"y.{name} > y.{whole}"
            parts += [_row(one, "part_over_whole", detail, "joined_years AS y", where) for one in (name, whole)]
    return parts


def _slips(pack: Pack, slip: int) -> list[str]:
    """Find amounts that are off against every other year of the firm that has the amount.

    Of three years that is the odd one out, of two years both: nobody can tell which of them is wrong.
    """
    parts = []
    for name in _amounts(pack):
        others = f"joined_years AS y JOIN joined_years AS o ON o.firm = y.firm AND o.year <> y.year AND o.{name} > 0"
        ways = (f"o.{name}", f"y.{name}"), (f"y.{name}", f"o.{name}")
        off = " OR ".join(f"({_between(large, small, slip // _NEAR, slip * _NEAR)})" for large, small in ways)
        detail = f"{_shown(pack, name, f'y.{name}')} || ' / ' || {_shown(pack, name, f'o.{name}')}"
        row = _row(name, "unit_slip_year", f"min({detail})", others, f"y.{name} > 0")
        parts.append(f"{row} GROUP BY y.firm, y.year HAVING bool_and({off})")
    return parts


def _implausible(pack: Pack, ratio: PlausibleRatio) -> list[str]:
    """Find amounts too small or too large for another figure of the same year, and what stands beside them in its unit."""
    minor = pack.header.currency.minor.per_main
    amount, to = (pack.facts[name] for name in (ratio.amount, ratio.to))
    scale = Fraction(amount.scale(minor), to.scale(minor))
    asked = f"y.{ratio.amount} > 0 AND y.{ratio.to} > 0 AND y.{ratio.to} >= {_stored(ratio.from_, to.scale(minor))}"
    parts = []
    for side, sign, bound in (("small", "<", ratio.least), ("large", ">", ratio.most)):
        if bound is None:
            continue
        off = f"{asked} AND {_against(f'y.{ratio.amount}', sign, f'y.{ratio.to}', Fraction(bound) * scale)}"
        beside = _amounts(pack) if ratio.with_row else [ratio.amount]
        for name in beside:
            near = _against(f"y.{name}", "<=" if side == "small" else ">=", f"y.{ratio.amount}", _ROW[side])
            detail = f"{_shown(pack, name, f'y.{name}')} || ' / ' || {_shown(pack, ratio.to, f'y.{ratio.to}')}"
            parts.append(_row(name, f"too_{side}", detail, "joined_years AS y", f"{off} AND {near}"))
    return parts


def _stored(value: Decimal, scale: int) -> int:
    return int(value * scale)


def _jumps(pack: Pack) -> list[str]:
    """Find amounts that cannot be negative and head counts that are twenty times another year's."""
    minor = pack.header.currency.minor.per_main
    high = (pack.plausible.slip if pack.plausible is not None else 10**6) // _NEAR
    people = [name for name, fact in pack.facts.items() if fact.period == "year" and fact.unit == "persons"]
    parts = []
    for name in (*_amounts(pack), *people):
        fact = pack.facts[name]
        base = _LEAST_BASE[fact.type] * fact.scale(minor)
        before = "joined_years AS y JOIN joined_years AS o ON o.firm = y.firm AND o.year = y.year - 1"
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
