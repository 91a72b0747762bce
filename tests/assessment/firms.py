"""Firms by chance, built to sit at the thresholds: exactly at them, a fen below, a fen above, at any size, with holes.

A firm is a function of the random generator it is given, so a seed names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from random import Random
from typing import Any

from littlegiant.assessment import CaseFacts
from littlegiant.standards import Compiled, Item, Symbol
from littlegiant.standards.language import tree as t

from .settings import PACK, Setting, compiled_for, document_of, holes

MOST = 2 * 10**16  # fen: 200 trillion yuan
SECTORS = (
    *("C35", "C", "C35", "C36", "A", "B06", "D44", "E", "F51", "F52", "G54", "G58", "G59", "G60", "H61", "H62", "I63"),
    *("I64", "I65", "J", "J66", "J", "K701", "K702", "L71", "M", "N", "O", "Q85", "Q84", "R", None, None),
)
HOLES = (0.0, 0.0, 0.05, 0.2, 0.5)
# Facts tied by a ratio: the one that is moved, the one it is measured by, the parameter, its power.
_RD = (("rd_expense", 0, "revenue", 0), ("rd_expense", 1, "revenue", 1))
RATIOS: dict[str, tuple[tuple[str, int, str, int, str, int], ...]] = {
    "2022": (
        ("main_revenue", 0, "revenue", 0, "main_share_floor", 1),
        ("liabilities", 0, "assets", 0, "debt_limit", 1),
        ("rd_staff", 0, "staff", 0, "rd_staff_floor", 1),
        *((*tied, name, 1) for tied in _RD for name in ("rd_share_large", "rd_share_middle")),
    ),
    "2026": (
        ("main_revenue", 0, "revenue", 0, "main_share_floor", 1),
        ("revenue", 0, "revenue", 2, "growth_a_year", 2),
        ("liabilities", 0, "assets", 0, "debt_limit", 1),
        *((*tied, "rd_share_floor", 1) for tied in _RD),
    ),
}


def yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def parameter(version: str, name: str) -> Fraction:
    return Fraction(document_of(version).value.parameters[name].value)


# --- stored integers: fen, heads, units of a share -----------------------------------------------------------------


def main(stored: int, symbol: Symbol) -> Decimal:
    """The value of a stored integer in the unit that people supply."""
    return Decimal(stored) / symbol.scale if symbol.scale > 1 else Decimal(stored)


def edges(item: Item, compiled: Compiled) -> list[int]:
    """The stored values at each threshold of a single item, and next to it on either side."""
    symbol = compiled.scope.symbols[item.name]
    found = []
    for threshold in compiled.thresholds:
        if compiled.scope.items(threshold.measure) == (item,) and isinstance(threshold.measure, (t.Name, t.Prior)):
            at = threshold.value * symbol.scale
            found += [floor(at) - 1, floor(at), ceil(at), ceil(at) + 1]
    return [value for value in found if _within(value, symbol)]


def _within(value: int, symbol: Symbol) -> bool:
    assert symbol.least is not None
    assert symbol.most is not None
    return symbol.least <= value <= symbol.most


def some_stored(rng: Random, item: Item, compiled: Compiled) -> int:
    """A stored value of the item's domain: at a threshold, at its ends, small, or anywhere on a logarithmic scale."""
    symbol = compiled.scope.symbols[item.name]
    assert symbol.least is not None
    assert symbol.most is not None
    at = edges(item, compiled)
    choice = rng.random()
    if at and choice < 0.5:
        return rng.choice(at)
    if choice < 0.65:
        return rng.choice([symbol.least, symbol.most, max(symbol.least, 0), max(symbol.least, 1)])
    top = 10 ** rng.randint(1, max(1, len(str(symbol.most)) - 1))
    return rng.randint(symbol.least if choice > 0.95 else max(symbol.least, 0), min(symbol.most, top))


def some_value(rng: Random, item: Item, compiled: Compiled) -> Any:
    """A value of the item's domain, as people supply it."""
    if item.kind == "number":
        return main(some_stored(rng, item, compiled), compiled.scope.symbols[item.name])
    if item.kind == "boolean":
        return rng.random() < 0.5
    codes = compiled.scope.symbols[item.name].codes
    return rng.choice(sorted(codes)) if codes is not None else rng.choice([s for s in SECTORS if s is not None])


# --- firms ---------------------------------------------------------------------------------------------------------


def model_firm(version: str) -> CaseFacts:
    """The first worked case of a version: a firm that meets everything, with all years and exclusions supplied."""
    case = document_of(version).value.cases[0]
    facts: dict[str, Any] = {name: list(v) if isinstance(v, list) else v for name, v in case.facts.items()}
    facts |= {"single_champion": False, "controlled_link_to_little_giant": False, "group_similar_product": False}
    facts["main_revenue"] = (facts["main_revenue"] * 3)[:3] if version == "2026" else facts["main_revenue"]
    findings = dict(case.findings)
    if version == "2026":
        findings["development_score"] = [72, 70]
    return CaseFacts("model", facts, case.titles, findings)


def with_value(case: CaseFacts, item: Item, value: Any) -> CaseFacts:
    """The firm with one item supplied, changed or (None) taken away."""
    if item.source == "title":
        tier = item.name.removeprefix("holds:")
        others = [each for each in case.titles or () if each != tier]
        return replace(case, titles=None if value is None else [*others, tier] if value else others)
    given = dict(case.findings if item.is_finding else case.facts)
    if item.yearly:
        years = given.get(item.name)
        years = list(years) if isinstance(years, (list, tuple)) else [years]
        years += [None] * (item.back + 1 - len(years))
        years[item.back] = value
        given[item.name] = years
    else:
        given[item.name] = value
    return replace(case, findings=given) if item.is_finding else replace(case, facts=given)


def some_firm(rng: Random, setting: Setting, name: str) -> CaseFacts:
    """A firm near the thresholds of a shipped standard: a size, ties between its amounts, some bad luck, some holes."""
    compiled = compiled_for(setting)
    case = replace(model_firm(setting.version), case=name)
    facts = dict(case.facts)
    facts |= _amounts(rng, setting.version, facts)
    case = replace(case, facts=facts)
    luck = rng.choice([0.0, 0.0, 0.01, 0.05, 0.3])
    for item in compiled.items:
        if rng.random() < luck:
            case = with_value(case, item, some_value(rng, item, compiled))
    if rng.random() < 0.25:
        case = with_value(case, _item(compiled, "sector"), rng.choice(SECTORS))
    unknown, findings_only = rng.choice(HOLES), rng.random() < 0.15
    for item in compiled.items:
        if rng.random() < unknown and (item.is_finding or not findings_only):
            case = with_value(case, item, None)
    if rng.random() < 0.1:
        case = replace(case, titles=rng.choice([None, [], ["srdi"], ["innovative-sme", "srdi"], ["little-giant"]]))
    return case


def _item(compiled: Compiled, id: str) -> Item:
    return next(item for item in compiled.items if item.id == id)


def some_firms(seed: int, setting: Setting, count: int) -> list[CaseFacts]:
    rng = Random(seed)
    return [some_firm(rng, setting, f"{seed}.{number}") for number in range(count)]


def advisable_firms(seed: int, setting: Setting, count: int) -> list[CaseFacts]:
    """Firms that would meet everything, had not some figures that a firm can move turned out badly."""
    rng, compiled = Random(seed), compiled_for(setting)
    movable = [item for item in compiled.items if item.source == "fact" and PACK.facts[item.name].adjustable and not item.back]
    firms = []
    for number in range(count):
        case = replace(model_firm(setting.version), case=f"movable {seed}.{number}")
        for item in rng.sample(movable, k=rng.randint(1, 3)):
            scale = compiled.scope.symbols[item.name].scale
            worse = Fraction(case.value(item)) * scale * Fraction(rng.choice([0, 1, 3, 9, 12, 16, 25]), 10)
            most = compiled.scope.symbols[item.name].most
            assert most is not None
            case = with_value(case, item, main(min(most, floor(worse)), compiled.scope.symbols[item.name]))
        if rng.random() < 0.3:
            case = with_value(case, rng.choice(compiled.items), None)
        firms.append(case)
    return firms


def _amounts(rng: Random, version: str, facts: Mapping[str, Any]) -> dict[str, list[Decimal | None]]:
    """Three years of amounts in which any may sit exactly at a ratio, or a fen off it."""

    off = rng.choice([(0,), (0,), (0, 0, 0, 0, -1, 1)])

    def near(exact: Fraction) -> int:
        return min(MOST, max(0, rng.choice([floor, ceil])(exact) + rng.choice(off)))

    fen: dict[str, list[int]] = {}
    fen["revenue"] = _revenues(rng, version, near)
    unit = Fraction(fen["revenue"][0], 12_000_000_000)  # the model firm has 120 m yuan
    for name in ("main_revenue", "assets", "liabilities", "rd_expense", "qualified_equity_2y"):
        values = list(facts.get(name, [0]))
        fen[name] = [near(Fraction(value) * 100 * unit) for value in (values * 3)[:3]]
    if version == "2022" and rng.random() < 0.5:
        fen["main_revenue"] = _mean_growth(rng, near)
    for moved, back, by, by_back, name, power in RATIOS[version]:
        if rng.random() < 0.3 and moved in fen and by in fen:
            fen[moved][back] = near(parameter(version, name) ** power * fen[by][by_back])
    if version == "2026" and rng.random() < 0.3:
        fen["rd_expense"][1] = near(parameter(version, "rd_two_years_floor") * 100 - fen["rd_expense"][0])
    if rng.random() < 0.05:
        fen[rng.choice(sorted(fen))][rng.randint(0, 2)] = 0
    return {name: [yuan(value) for value in values] for name, values in fen.items()}


def _revenues(rng: Random, version: str, near: Any) -> list[int]:
    limits = [50_000_000, 100_000_000, 200_000_000, 300_000_000, 400_000_000, 800_000_000, 2_000_000_000]
    size = rng.random()
    if size < 0.3:
        now = near(Fraction(rng.choice(limits) * 100))
    elif size < 0.5:
        now = rng.randint(10**13, MOST)  # above 100 bn yuan
    elif size < 0.9:
        now = 10_000 * rng.randint(500_000, 3_000_000)  # 50 m to 300 m yuan
    else:
        now = 10_000 * rng.randint(1, 10 ** rng.randint(1, 8))
    if rng.random() < 0.2:  # exactly 5 per cent a year, twice
        part = rng.randint(1, 10 ** rng.randint(3, 13))
        now, before = 441 * part + rng.choice([0, -1, 1]), 400 * part
    else:
        before = floor(now / Fraction(113, 100))
    return [now, rng.choice([floor(Fraction(now) * 21 / 22), now, before]), before]


def _mean_growth(rng: Random, near: Any) -> list[int]:
    """Main revenue growing by a and b per cent with a + b = 10, so that the mean is 5 per cent to the fen."""
    base = 10_000 * rng.randint(1, 10 ** rng.randint(1, 12))
    first = rng.randint(-5, 15)
    middle = base * (100 + first) // 100
    return [near(Fraction(middle * (110 - first), 100)), middle, base]


# --- every threshold, systematically ---------------------------------------------------------------------------------


def at_every_threshold(setting: Setting) -> Iterator[CaseFacts]:
    """The model firm at each threshold of a single figure and at each ratio, on it and one unit to either side."""
    compiled = compiled_for(setting)
    model = model_firm(setting.version)
    for item in compiled.items:
        if item.kind == "number":
            for stored in sorted(set(edges(item, compiled))):
                value = main(stored, compiled.scope.symbols[item.name])
                for sector in ("C35", "E", "F51", "K701", "M") if item.name in ("revenue", "staff", "assets") else ("C35",):
                    case = with_value(model, _item(compiled, "sector"), sector)
                    yield replace(with_value(case, item, value), case=f"{item.id}={value} in {sector}")
    for relation in RATIOS[setting.version]:
        yield from _at_ratio(setting, model, relation)


def _at_ratio(setting: Setting, model: CaseFacts, relation: tuple[str, int, str, int, str, int]) -> Iterator[CaseFacts]:
    moved, back, by, by_back, name, power = relation
    ratio = parameter(setting.version, name) ** power
    scale = 1 if moved == "rd_staff" else 100
    for size in (10_000, 10_000_000_000, 9_999_999_999, 3 * 10**13, 18_140_589_569_160_800, MOST // 2, MOST - 1):
        units = size // (1 if scale == 100 else 10**8)
        for base in (units - units % ratio.denominator, units):
            for step in (-1, 0, 1):
                value = floor(base * ratio) + step
                if base <= 0 or not 0 <= value <= MOST:
                    continue
                case = model
                for fact, years_back, stored in ((by, by_back, base), (moved, back, value)):
                    if years := [i for i in compiled_for(setting).items if (i.name, i.back) == (fact, years_back)]:
                        case = with_value(case, years[0], Fraction(stored, scale))
                yield replace(case, case=f"{moved}@{back} / {by}@{by_back} near {ratio}: {value} / {base}")


# --- completions -------------------------------------------------------------------------------------------------------


def completed(rng: Random, case: CaseFacts, compiled: Compiled, name: str, only: Sequence[Item] | None = None) -> CaseFacts:
    """The firm with its holes (or `only` some of them) filled from their domains."""
    for item in holes(case, compiled) if only is None else only:
        case = with_value(case, item, some_value(rng, item, compiled))
    return replace(case, case=name)
