"""Firms by chance, built to sit at the thresholds: exactly at them, a fen below, a fen above, at any size, with holes.

A firm is a function of the random generator it is given, so a seed names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, floor
from random import Random
from typing import Any

from littlegiant.assessment import CaseFacts, resolve_case
from littlegiant.standards import Compiled, Item, Symbol
from littlegiant.standards.language import Expr
from littlegiant.standards.language import tree as t

from .settings import PACK, Setting, compiled_for, document_of, holes

MOST = 2 * 10**16  # fen: 200 trillion yuan
SECTORS = (
    *("C35", "C", "C35", "C36", "A", "B06", "D44", "E", "F51", "F52", "G54", "G58", "G59", "G60", "H61", "H62", "I63"),
    *("I64", "I65", "J", "J66", "J", "K701", "K702", "L71", "M", "N", "O", "Q85", "Q84", "R", None, None),
)
HOLES = (0.0, 0.0, 0.05, 0.2, 0.5)


@dataclass(frozen=True)
class Tie:
    """Two stored figures and a ratio of the law between them."""

    moved: Item
    by: Item
    ratio: Fraction


@cache
def ties(setting: Setting) -> tuple[Tie, ...]:
    """The ratios of two figures that the standard holds against a number; growth is a ratio to the year before."""
    compiled = compiled_for(setting)
    found: dict[Tie, None] = {}
    for threshold in compiled.thresholds:
        pair = _ratio(threshold.measure, compiled, 0)
        if pair is not None:
            moved, by, more = pair
            scales = [compiled.scope.symbols[item.name].scale for item in (moved, by)]
            found[Tie(moved, by, (threshold.value + more) * Fraction(*scales))] = None
    return tuple(found)


def _ratio(measure: Expr, compiled: Compiled, back: int) -> tuple[Item, Item, int] | None:
    """The figures of `a / b` with nought, of `(a - b) / b` with one; None of anything else."""
    if isinstance(measure, t.Prior):
        return _ratio(measure.inner, compiled, back + measure.years)
    if isinstance(measure, t.Name) and (formula := compiled.scope.symbols[measure.name].formula) is not None:
        return _ratio(formula, compiled, back)
    if not isinstance(measure, t.Arithmetic) or measure.sign != "/":
        return None
    above, below, more = measure.left, measure.right, 0
    if isinstance(above, t.Arithmetic) and above.sign == "-" and above.right == below:
        above, more = above.left, 1
    plain = all(isinstance(side.inner if isinstance(side, t.Prior) else side, t.Name) for side in (above, below))
    sides = [compiled.scope.items(side, back) for side in (above, below)]
    return (sides[0][0], sides[1][0], more) if plain and [len(side) for side in sides] == [1, 1] else None


def limits(setting: Setting, measure: str) -> list[Fraction]:
    """The numbers that a measure is held against, each once."""
    return sorted({each.value for each in compiled_for(setting).thresholds if each.text == measure})


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


@cache
def worked_firms(setting: Setting) -> tuple[CaseFacts, ...]:
    """The firms of the worked cases, which sit at the thresholds; the first meets everything."""
    document = document_of(setting.version, setting.standard)
    return tuple(resolve_case(case, document).facts for case in document.value.cases)


def model_firm(version: str, standard: str = "little-giant") -> CaseFacts:
    """The first worked case of a version: a firm that meets everything, with all years and exclusions supplied."""
    case = document_of(version, standard).value.cases[0]
    facts: dict[str, Any] = {name: list(v) if isinstance(v, list) else v for name, v in case.facts.items()}
    findings = dict(case.findings)
    if standard == "little-giant":
        facts |= {"single_champion": False, "controlled_link_to_little_giant": False, "group_similar_product": False}
        facts["main_revenue"] = (facts["main_revenue"] * 3)[:3] if version == "2026" else facts["main_revenue"]
        findings |= {"development_score": [72, 70]} if version == "2026" else {}
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
    """A firm near the thresholds of a shipped standard: a size, ties between its amounts, some bad luck, some holes.

    Where points count, half of the firms are those of the worked cases: a firm that gets every point loses any one gladly.
    """
    compiled = compiled_for(setting)
    if compiled.standard.score is not None and rng.random() < 0.5:
        case = replace(rng.choice(worked_firms(setting)), case=name)
    else:
        case = replace(model_firm(setting.version, setting.standard), case=name)
        case = replace(case, facts={**case.facts, **_amounts(rng, setting, case.facts)})
    luck = rng.choice([0.0, 0.0, 0.01, 0.05, 0.3])
    for item in compiled.items:
        if rng.random() < luck:
            case = with_value(case, item, some_value(rng, item, compiled))
    ids = {item.id: item for item in compiled.items}
    if rng.random() < 0.25 and "sector" in ids:
        case = with_value(case, ids["sector"], rng.choice(SECTORS))
    unknown, findings_only = rng.choice(HOLES), rng.random() < 0.15
    for item in compiled.items:
        if rng.random() < unknown and (item.is_finding or not findings_only):
            case = with_value(case, item, None)
    if rng.random() < 0.1:
        titles = [None, [], ["srdi"], ["innovative-sme", "srdi"], ["little-giant"], ["high-tech", "technology-sme"]]
        case = replace(case, titles=rng.choice(titles))
    return case


def some_firms(seed: int, setting: Setting, count: int) -> list[CaseFacts]:
    rng = Random(seed)
    return [some_firm(rng, setting, f"{seed}.{number}") for number in range(count)]


def advisable_firms(seed: int, setting: Setting, count: int) -> list[CaseFacts]:
    """Firms that would meet everything, had not some figures that a firm can move turned out badly."""
    rng, compiled = Random(seed), compiled_for(setting)
    movable = [item for item in compiled.items if item.source == "fact" and PACK.facts[item.name].adjustable and not item.back]
    firms = []
    for number in range(count):
        case = replace(model_firm(setting.version, setting.standard), case=f"movable {seed}.{number}")
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


def _amounts(rng: Random, setting: Setting, facts: Mapping[str, Any]) -> dict[str, list[Decimal | None]]:
    """Three years of figures in which any may sit exactly at a ratio, or a unit off it."""
    symbols = compiled_for(setting).scope.symbols
    off = rng.choice([(0,), (0,), (0, 0, 0, 0, -1, 1)])

    def near(exact: Fraction) -> int:
        return min(MOST, max(0, rng.choice([floor, ceil])(exact) + rng.choice(off)))

    figures = {"revenue": _revenues(rng, setting, near)}
    unit = Fraction(figures["revenue"][0]) / (Fraction(facts["revenue"][0]) * 100)
    tied = {item.name for tie in ties(setting) for item in (tie.moved, tie.by)}
    amounts = {name for name, values in facts.items() if isinstance(values, list) and symbols[name].unit == "CNY"}
    for name in sorted((amounts | tied) - {"revenue"}):
        grown = unit * 100 if name in amounts else Fraction(1)
        figures[name] = [near(Fraction(value) * grown) for value in (list(facts[name]) * 3)[:3]]
    if (means := limits(setting, "mean_growth")) and rng.random() < 0.5:
        figures["main_revenue"] = _mean_growth(rng, near, rng.choice(means))
    for tie in ties(setting):
        if rng.random() < 0.3:
            exact = tie.ratio * figures[tie.by.name][tie.by.back]
            figures[tie.moved.name][tie.moved.back] = min(near(exact), symbols[tie.moved.name].most or 0)
    for measure, years in (("rd_two_years", 1), ("mean_rd", 2)):
        for total in limits(setting, measure):
            if rng.random() < 0.3:
                figures["rd_expense"][1] = near(total * years * 100 - figures["rd_expense"][0])
    if rng.random() < 0.05:
        figures[rng.choice(sorted(figures))][rng.randint(0, 2)] = 0
    return {name: [main(value, symbols[name]) for value in values] for name, values in figures.items()}


def _revenues(rng: Random, setting: Setting, near: Any) -> list[int]:
    size = rng.random()
    if size < 0.3:
        now = near(rng.choice(limits(setting, "revenue")) * 100)
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


def _mean_growth(rng: Random, near: Any, mean: Fraction) -> list[int]:
    """Main revenue growing by a and b per cent, so that the mean of both is exact to the fen."""
    base = 10_000 * rng.randint(1, 10 ** rng.randint(1, 12))
    first = rng.randint(-5, 15)
    middle = base * (100 + first) // 100
    return [near(middle * (1 + 2 * mean - Fraction(first, 100))), middle, base]


# --- every threshold, systematically ---------------------------------------------------------------------------------


def at_every_threshold(setting: Setting) -> Iterator[CaseFacts]:
    """The model firm at each threshold of a single figure and at each ratio, on it and one unit to either side."""
    compiled = compiled_for(setting)
    model = model_firm(setting.version, setting.standard)
    ids = {item.id: item for item in compiled.items}
    for item in compiled.items:
        if item.kind == "number":
            sized = item.name in ("revenue", "staff", "assets") and "sector" in ids
            for stored in sorted(set(edges(item, compiled))):
                value = main(stored, compiled.scope.symbols[item.name])
                for sector in ("C35", "E", "F51", "K701", "M") if sized else (None,):
                    case = model if sector is None else with_value(model, ids["sector"], sector)
                    yield replace(with_value(case, item, value), case=f"{item.id}={value} in {sector}")
        else:
            codes = compiled.scope.symbols[item.name].codes if item.source != "title" else None
            for choice in sorted(codes) if codes else [True, False] if item.kind == "boolean" else []:
                yield replace(with_value(model, item, choice), case=f"{item.id}={choice}")
    for tie in ties(setting):
        yield from _at_ratio(setting, model, tie)


def _at_ratio(setting: Setting, model: CaseFacts, tie: Tie) -> Iterator[CaseFacts]:
    symbols = [compiled_for(setting).scope.symbols[item.name] for item in (tie.by, tie.moved)]
    for size in (10_000, 10_000_000_000, 9_999_999_999, 3 * 10**13, 18_140_589_569_160_800, MOST // 2, MOST - 1):
        units = size // (1 if symbols[0].unit == "CNY" else 10**8)
        for base in (units - units % tie.ratio.denominator, units):
            for step in (-1, 0, 1):
                value = floor(base * tie.ratio) + step
                if base <= 0 or value < 0 or not all(map(_within, (base, value), symbols)):
                    continue
                case = with_value(model, tie.by, main(base, symbols[0]))
                case = with_value(case, tie.moved, main(value, symbols[1]))
                yield replace(case, case=f"{tie.moved.id} / {tie.by.id} near {tie.ratio}: {value} / {base}")


# --- completions -------------------------------------------------------------------------------------------------------


def completed(rng: Random, case: CaseFacts, compiled: Compiled, name: str, only: Sequence[Item] | None = None) -> CaseFacts:
    """The firm with its holes (or `only` some of them) filled from their domains."""
    for item in holes(case, compiled) if only is None else only:
        case = with_value(case, item, some_value(rng, item, compiled))
    return replace(case, case=name)
