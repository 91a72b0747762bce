"""Whole-number SQL with bounds: every figure is a fraction of integers, and no tie depends on floating point.

A fact is a stored integer (fen; a share in units of 10^-12) within the range its vocabulary declares, so the bounds
of every sum and product are known before the query runs. What fits 64 bits is computed in BIGINT, what does not in
128-bit integers (HUGEINT; NUMERIC or DECIMAL(38) elsewhere); what would not fit those is refused here, by name.
"""

from dataclasses import dataclass
from functools import reduce

from littlegiant.problems import refuse

NARROW = 2**63 - 1
WIDE = 10**38 - 1  # also what DECIMAL(38) holds


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer expression and its bounds."""

    sql: str
    least: int
    most: int
    wide: bool = False

    @property
    def constant(self) -> int | None:
        return self.least if self.least == self.most and self.sql.lstrip("-").isdigit() else None


def literal(value: int) -> Whole:
    return Whole(str(value), value, value, wide=abs(value) > NARROW)


def _check(value: Whole, place: str) -> Whole:
    if max(abs(value.least), abs(value.most)) > WIDE:
        refuse(
            place,
            "a formula whose exact value needs more than 38 digits",
            "at most two amounts multiplied",
            "Declare a narrower range for the facts, or split the formula.",
            code="too-wide",
        )
    return value


def _operands(parts: tuple[Whole, ...], least: int, most: int) -> tuple[list[str], bool]:
    """Return the texts of `parts`, cast where the result or a part needs 128 bits."""
    wide = max(abs(least), abs(most)) > NARROW or any(part.wide for part in parts)
    if not wide:
        return [part.sql for part in parts], False
    return [part.sql if part.wide and part.constant is None else f"CAST({part.sql} AS HUGEINT)" for part in parts], True


def add(a: Whole, b: Whole, place: str) -> Whole:
    if a.constant == 0:
        return b
    if b.constant == 0:
        return a
    if a.constant is not None and b.constant is not None:
        return _check(literal(a.constant + b.constant), place)
    least, most = a.least + b.least, a.most + b.most
    (x, y), wide = _operands((a, b), least, most)
    return _check(Whole(f"({x} + {y})", least, most, wide), place)


def negate(a: Whole) -> Whole:
    return literal(-a.constant) if a.constant is not None else Whole(f"(-{a.sql})", -a.most, -a.least, a.wide)


def times(a: Whole, b: Whole, place: str) -> Whole:
    for one, other in ((a, b), (b, a)):
        if one.constant == 1:
            return other
        if one.constant is not None and other.constant is not None:
            return _check(literal(one.constant * other.constant), place)
    corners = [x * y for x in (a.least, a.most) for y in (b.least, b.most)]
    least, most = min(corners), max(corners)
    (x, y), wide = _operands((a, b), least, most)
    return _check(Whole(f"({x} * {y})", least, most, wide), place)


def absolute(a: Whole) -> Whole:
    if a.least >= 0:
        return a
    return Whole(f"ABS({a.sql})", 0 if a.most >= 0 else -a.most, max(-a.least, a.most), a.wide)


def _alike(parts: list[Whole], wide: bool) -> list[str]:
    """Return the texts of values among which one is chosen, in one type: a bare literal would be 32 bits on some engines."""
    needs = "HUGEINT" if wide else "BIGINT"
    return [f"CAST({p.sql} AS {needs})" if p.constant is not None or (wide and not p.wide) else p.sql for p in parts]


def choose(arms: list[tuple[str, Whole]], otherwise: Whole | None) -> Whole:
    """Return CASE over integers; with no `otherwise` the rest is unknown."""
    values = [value for _, value in arms] + ([otherwise] if otherwise is not None else [])
    wide = any(value.wide for value in values)
    texts = _alike(values, wide)
    body = " ".join(f"WHEN {condition} THEN {text}" for (condition, _), text in zip(arms, texts, strict=False))
    rest = f" ELSE {texts[-1]}" if otherwise is not None else ""
    return Whole(f"(CASE {body}{rest} END)", min(v.least for v in values), max(v.most for v in values), wide)


def extreme(which: str, parts: list[Whole]) -> Whole:
    """Return GREATEST or LEAST, unknown as soon as one part is (engines skip nulls here)."""
    wide = any(part.wide for part in parts)
    texts = _alike(parts, wide)
    unknown = " OR ".join(f"{text} IS NULL" for text in texts)
    pick = max if which == "greatest" else min
    least = reduce(pick, (part.least for part in parts))
    most = reduce(pick, (part.most for part in parts))
    return Whole(f"(CASE WHEN {unknown} THEN NULL ELSE {which.upper()}({', '.join(texts)}) END)", least, most, wide)
