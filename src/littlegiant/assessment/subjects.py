"""One row a case with one column an item: the relation that the compiled query judges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from littlegiant.problems import refuse, suggestion
from littlegiant.standards import Compiled, Item, Reading


@dataclass(frozen=True)
class CaseFacts:
    """What is known of one case. Facts and findings by name: one value, or a list by years back; money in main units.

    `titles` are the tiers held; None when nobody looked them up, which is not the same as none.
    """

    case: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    titles: Sequence[str] | None = None
    findings: Mapping[str, Any] = field(default_factory=dict)

    def value(self, item: Item) -> Any:
        """Return what the case says of `item`, in main units, or None."""
        if item.source == "title":
            return None if self.titles is None else item.name.removeprefix("holds:") in self.titles
        given = (self.findings if item.is_finding else self.facts).get(item.name)
        if isinstance(given, (list, tuple)):
            return given[item.back] if item.back < len(given) else None
        return given if item.back == 0 else None

    def with_value(self, item: Item, value: Any, *, name: str | None = None) -> "CaseFacts":
        """Return the case with another value of `item`, under another name where one is given."""
        case = self if name is None else replace(self, case=name)
        if item.source == "title":
            tier = item.name.removeprefix("holds:")
            others = [held for held in self.titles or () if held != tier]
            return replace(case, titles=[*others, *([tier] if value else [])])
        given = dict(self.findings if item.is_finding else self.facts)
        if item.yearly:
            years = given.get(item.name, [])
            years = list(years) if isinstance(years, (list, tuple)) else [years]
            years += [None] * (item.back + 1 - len(years))
            years[item.back] = value
            given[item.name] = years
        else:
            given[item.name] = value
        return replace(case, findings=given) if item.is_finding else replace(case, facts=given)


def stored_type(item: Item, compiled: Reading) -> pa.DataType:
    """Return the Arrow type in which the query expects `item`: fen and counts as integers, shares as decimals."""
    if item.kind != "number":
        return {"boolean": pa.bool_(), "date": pa.date32(), "text": pa.string()}[item.kind]
    decimals = compiled.scope.symbols[item.name].decimals
    return pa.decimal128(18, decimals) if decimals else pa.int64()


def subject_schema(compiled: Compiled) -> pa.Schema:
    """Return the columns of the relation that the query of `compiled` judges."""
    return pa.schema([("case", pa.string()), *((item.id, stored_type(item, compiled)) for item in compiled.items)])


def subject_table(cases: Iterable[CaseFacts], compiled: Compiled) -> pa.Table:
    """Return `cases` as the relation `subject`; raises for values that do not fit their type or range."""
    rows = list(cases)
    columns = [pa.array([row.case for row in rows], pa.string())]
    for item in compiled.items:
        values = [stored_value(row.value(item), item, compiled, row.case) for row in rows]
        columns.append(pa.array(values, stored_type(item, compiled)))
    return pa.table(columns, schema=subject_schema(compiled))


def stored_value(value: Any, item: Item, compiled: Compiled, case: str) -> Any:
    """Return `value` as the query takes it; money in fen, a share in units of its declared precision."""
    if value is None:
        return None
    place = f"{case}, {item.id}"
    if item.kind == "number":
        return _stored_number(value, item, compiled, place)
    expected: dict[str, type] = {"boolean": bool, "text": str, "date": date}
    if item.kind == "date" and isinstance(value, str):
        return _date(value, place)
    if not isinstance(value, expected[item.kind]):
        refuse(
            place,
            repr(value),
            f"a {item.kind} value",
            "Write true or false, a code, or a date as 2024-12-31.",
            code="type",
        )
    symbol = compiled.scope.symbols.get(item.name)
    if symbol is not None and symbol.prefixes and not str(value).startswith(symbol.prefixes):
        remedy = suggestion(str(value).upper(), symbol.prefixes) or "See the pack's list of sectors."
        refuse(place, repr(value), "a code that begins as one of the pack's", remedy, code="unknown-code")
    codes = symbol.codes if symbol is not None else None
    if codes is not None and value not in codes:
        refuse(
            place,
            repr(value),
            "a known code",
            suggestion(str(value), codes) or f"Known: {', '.join(sorted(codes)[:12])}.",
            code="unknown-code",
        )
    return value


def _date(value: str, place: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        refuse(place, repr(value), "a date", "Write it as 2024-12-31.", code="type")


def _stored_number(value: Any, item: Item, compiled: Compiled, place: str) -> int | Decimal:
    symbol = compiled.scope.symbols[item.name]
    assert symbol.least is not None
    assert symbol.most is not None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction)):
        refuse(place, repr(value), "a number", "Write digits without separators or signs of currency.", code="type")
    if isinstance(value, Decimal) and not value.is_finite():
        refuse(place, str(value), "a finite number", "Leave it out when it is unknown.", code="type")
    stored = Fraction(value) * symbol.scale
    if stored.denominator != 1:
        digits = len(str(symbol.scale)) - 1
        refuse(place, str(value), f"at most {digits} decimals", "Round it as the source does.", code="precision")
    if not symbol.least <= stored <= symbol.most:
        span = f"{Fraction(symbol.least, symbol.scale)} to {Fraction(symbol.most, symbol.scale)}"
        refuse(place, str(value), f"a value from {span}", "Check the unit; leave it out when it is unknown.", code="range")
    return Decimal(int(stored)).scaleb(-symbol.decimals) if symbol.decimals else int(stored)
