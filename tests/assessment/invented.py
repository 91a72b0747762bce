"""An invented pack with a dozen facts, expressions of the language drawn by chance over them, and firms to judge by them.

Texts are drawn as an author would type them, not as trees, so that the parser is tested with everything else. The
small ranges keep products within what the query computes exactly; `turnover` keeps the range of real money.
"""

from __future__ import annotations

import atexit
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from littlegiant.assessment import CaseFacts, Judge
from littlegiant.documents import parse_document
from littlegiant.packs import Pack, open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Compiled, Item, Standard, compile_standard
from littlegiant.standards.emit.conditions import ConditionWriter
from littlegiant.standards.emit.query import item_column
from littlegiant.standards.language import check_types, parse_expression
from oracle import World, exact, load, read
from oracle.expressions import Reading, parse, scope_of

DAY = date(2025, 2, 28)
_HEADER = """
format: 1
pack: toy
title: {zh: 虚构, en: invented}
languages: [zh, en]
currency:
  code: CNY
  title: {zh: 元, en: yuan}
  minor: {title: {zh: 分, en: fen}, per_main: 100}
  multiples: [{unit: CNY, factor: 1, title: {zh: 元, en: yuan}}]
tiers: [{id: gold, title: {zh: 金, en: gold}}, {id: silver, title: {zh: 银, en: silver}}]
applications: [{id: new, title: {zh: 新申报, en: new application}}]
"""
_FACTS: dict[str, dict[str, Any]] = {
    "turnover": {"type": "money", "period": "year", "adjustable": True},
    "spend": {"type": "money", "period": "year", "least": 0, "most": 100_000, "adjustable": True},
    "profit": {"type": "money", "period": "year", "least": -100_000, "most": 100_000},
    "heads": {"type": "count", "period": "year", "most": 5000, "adjustable": True},
    "rights": {"type": "count", "period": "year", "most": 100, "adjustable": "up"},
    "part": {"type": "share", "period": "year", "least": 0, "most": 1, "decimals": 4, "adjustable": "down"},
    "grade": {"type": "number", "period": "year", "least": -50, "most": 50, "decimals": 2},
    "listed": {"type": "boolean", "period": "static"},
    "audited": {"type": "boolean", "period": "year"},
    "born": {"type": "date", "period": "static"},
    "moved": {"type": "date", "period": "static"},
    "field": {"type": "code", "period": "static", "codes": ["red", "green", "blue"]},
    "sector": {"type": "code", "period": "static", "codes": "sectors"},
}
DECLARED = """
format: 1
standard: toy
version: "1"
title: {zh: 虚构, en: invented}
law: {title: {zh: 虚构, en: invented}, number: 虚构1号}
applies: [{from: 2020-01-01}]
parameters:
  quarter: {value: 0.25, unit: share, clause: 甲}
  thousand: {value: 1000, unit: CNY, clause: 乙}
measures:
  effort: {formula: spend / turnover, unit: share, clause: 丙}
  wanted: {by: turnover, bands: [{from: 1000, value: 0.1}, {from: 250, value: 0.25}, {value: 0.5}], unit: share}
  growth: {formula: turnover / prior(turnover), unit: ratio}
findings:
  opinion: {type: yes_no, issuer: [city], title: {zh: 意见, en: opinion}}
  mark: {type: number, decimals: 2, most: 100, period: year, issuer: [city], title: {zh: 评分, en: mark}}
  class: {type: code, codes: [a, b], issuer: [city], title: {zh: 等级, en: class}}
"""


def write_pack(folder: Path) -> Pack:
    """Write the invented pack into `folder` and open it."""
    for name in ("size_classes", "standards", "notices"):
        (folder / name).mkdir(parents=True)
    (folder / "pack.yaml").write_text(_HEADER, encoding="utf-8")
    facts = {name: {**fact, "title": {"zh": name, "en": name}} for name, fact in _FACTS.items()}
    (folder / "facts.yaml").write_text(json.dumps({"format": 1, "facts": facts}), encoding="utf-8")
    (folder / "regions.yaml").write_text("format: 1\nregions: {}\n", encoding="utf-8")
    sectors = "format: 1\nsectors: {C: {zh: 制造业, en: manufacturing}, D: {zh: 电力, en: power}}\n"
    (folder / "sectors.yaml").write_text(sectors, encoding="utf-8")
    (folder / "policy.yaml").write_text("format: 1\ntables: {}\n", encoding="utf-8")
    return open_pack(folder)


@cache
def toy_pack() -> Pack:
    """The invented pack, kept until the process ends."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    return write_pack(Path(folder.name) / "toy")


@cache
def compiled_text(text: str) -> Compiled:
    """The standard of a YAML text, compiled for new applications over the invented pack."""
    document = parse_document(text.encode(), Standard, "toy/1.yaml")
    return compile_standard(document, toy_pack(), application="new", reference_date=DAY)


def standard_of(conditions: Sequence[str]) -> str:
    """A standard with one criterion a condition: e0, e1 .."""
    criteria = [f"  - {{id: e{n}, require: {json.dumps(text)}}}" for n, text in enumerate(conditions)]
    return "\n".join([DECLARED, "criteria:", *criteria])


# --- expressions by chance -------------------------------------------------------------------------------------------

_MONEY, _PURE = ("turnover", "spend", "profit"), ("heads", "rights", "part", "grade", "mark")
# Amounts carry their unit, so that a quotient of two of them is a pure number.
_AMOUNTS = ("thousand", "thousand / 4", "0.1 * thousand", "0 * thousand", "1e-3 * thousand", "0.99999 * thousand")
_PURES = ("0", "1", "2", "0.1", "0.25", "0.5", "3", "100", "quarter", "1.05 * 1.05")
_DATES = ("2020-02-29", "2022-02-28", "2024-12-31", "2025-02-28")


Draw = Callable[[int], str]  # a text of at most that depth


@dataclass
class Author:
    """Draws texts. With `assume`, unknowns may be filled by name, which is what completions must not be tested with.

    `plain` texts compare names, sums and single ratios only: enough where the tree around them is what is tested.
    """

    rng: Random
    assume: bool = False
    plain: bool = False

    def condition(self, depth: int) -> str:
        if depth <= 0 or self.rng.random() < 0.1:
            return self.rng.choice(["listed", "audited", "opinion", "holds('gold')", "prior(audited)", self.coded()])
        forms: list[Draw] = [*[self.compared] * 6, *[self.joined] * 4]
        forms += [self.ranged, self.listed, self.negated, self.chosen, self.dated, lambda depth: self.coded()]
        return self.rng.choice(forms)(depth)

    def compared(self, depth: int) -> str:
        sign = self.rng.choice(["<", "<=", ">", ">=", ">=", "<=", "=", "<>", "!="])
        kind = self.rng.choice([self.money, self.pure])
        return f"({kind(depth - 1)}) {sign} ({kind(depth - 1)})"

    def simple(self, kind: Draw) -> str:
        sign = self.rng.choice(["+", "-"])
        return self.rng.choice([kind(0), kind(0), f"{kind(0)} {sign} {kind(0)}", f"greatest({kind(0)}, {kind(0)})"])

    def joined(self, depth: int) -> str:
        word = self.rng.choice([" AND ", " OR ", " and ", " or "])
        return word.join(f"({self.condition(depth - 1)})" for _ in range(self.rng.choice([2, 2, 3])))

    def ranged(self, depth: int) -> str:
        kind = self.rng.choice([self.money, self.pure])
        word = self.rng.choice(["BETWEEN", "NOT BETWEEN"])
        return f"({kind(depth - 1)}) {word} ({kind(0)}) AND ({kind(depth - 2)})"

    def listed(self, depth: int) -> str:
        word = self.rng.choice(["IN", "NOT IN"])
        if self.rng.random() < 0.3:
            return f"({self.money(depth - 1)}) {word} (0, 100, 250, -1, 999.99)"
        return f"({self.pure(depth - 1)}) {word} (0, 1, 0.25, 0.5, -2, 5)"

    def negated(self, depth: int) -> str:
        return f"NOT ({self.condition(depth - 1)})"

    def chosen(self, depth: int) -> str:
        return self.case(depth, self.condition)

    def case(self, depth: int, kind: Draw) -> str:
        arms = " ".join(f"WHEN {self.condition(depth - 2)} THEN {kind(depth - 2)}" for _ in range(self.rng.choice([1, 1, 2])))
        return f"CASE {arms} ELSE {kind(depth - 2)} END"

    def coded(self) -> str:
        field = ["field = 'red'", "field <> 'red'", "field IN ('red', 'blue')", "field NOT IN ('green')", "class = 'a'"]
        return self.rng.choice([*field, "class IN ('a', 'b')", "starts_with(sector, 'C3')", "sector = 'C35'"])

    def dated(self, depth: int) -> str:
        sign, day = self.rng.choice(["<", "<=", ">", ">=", "=", "<>"]), self.rng.choice(_DATES)
        number = self.rng.choice([0, 1, 3, 4, 5])
        return self.rng.choice(
            [
                f"born {sign} '{day}'",
                f"born {sign} moved",
                f"moved {sign} reference_date",
                f"years(born) {sign} {number}",
                f"years(born, moved) {sign} {number}",
                f"days(moved, born) {sign} {number * 100}",
                f"born BETWEEN '2020-02-29' AND '{day}'",
                f"born IN ('{day}', '2020-02-29')",
            ]
        )

    def money(self, depth: int) -> str:
        rng = self.rng
        if self.plain and depth > 0:
            return self.simple(self.money)
        if depth <= 0 or rng.random() < 0.15:
            return rng.choice([*_MONEY, *_MONEY, f"prior({rng.choice(_MONEY)})", "prior(turnover, 2)", *_AMOUNTS])
        inner = depth - 1
        forms: list[Callable[[], str]] = [
            lambda: f"({self.money(inner)}) + ({self.money(inner)})",
            lambda: f"({self.money(inner)}) - ({self.money(inner)})",
            lambda: f"({self.pure(inner)}) * ({self.money(inner)})",
            lambda: f"({self.money(inner)}) / ({self.pure(inner)})",
            *self._functions(depth, self.money),
        ]
        return rng.choice(forms)()

    def pure(self, depth: int) -> str:
        rng = self.rng
        if self.plain and depth > 0:
            return self.simple(self.pure)
        if depth <= 0 or rng.random() < 0.15:
            priors = [f"prior({rng.choice([*_PURE, 'effort', 'wanted'])})", "prior(heads, 2)"]
            return rng.choice([*_PURE, "effort", "wanted", "growth", *priors, *_PURES])
        inner = depth - 1
        forms: list[Callable[[], str]] = [
            lambda: f"({self.pure(inner)}) + ({self.pure(inner)})",
            lambda: f"({self.pure(inner)}) - ({self.pure(inner)})",
            lambda: f"({self.pure(inner)}) * ({self.pure(inner)})",
            lambda: f"({self.pure(inner)}) / ({self.pure(inner)})",
            lambda: f"({self.money(inner)}) / ({self.money(inner)})",
            *self._functions(depth, self.pure),
        ]
        return rng.choice(forms)()

    def _functions(self, depth: int, kind: Draw) -> list[Callable[[], str]]:
        inner, rng = depth - 1, self.rng
        forms: list[Callable[[], str]] = [
            lambda: f"-({kind(inner)})",
            lambda: f"abs({kind(inner)})",
            lambda: f"floor({kind(inner)})",
            lambda: f"{rng.choice(['greatest', 'least'])}({kind(inner)}, {kind(inner)})",
            lambda: f"{rng.choice(['greatest', 'least'])}({kind(inner)}, {kind(0)}, {kind(0)})",
            lambda: self.case(depth, kind),
        ]
        assumed: list[Callable[[], str]] = [lambda: f"assume({kind(inner)}, {rng.choice(['0', '1', '0.5'])})"]
        return [*forms, *(assumed if self.assume else [])]


def written(text: str) -> str:
    """The condition as the query has it; raises what the product raises."""
    expr = parse_expression(text, "toy")
    scope = _scope().scope
    assert check_types(expr, scope, "toy").kind == "boolean", text
    return ConditionWriter(scope, item_column, DAY, "toy").write(expr)


def fits(text: str) -> bool:
    """Say whether the query can be written; another test sees to it that only too wide formulas are refused."""
    try:
        return bool(written(text))
    except (LittleGiantError, ArithmeticError):
        return False


@cache
def _scope() -> Compiled:
    return compiled_text(standard_of(["listed"]))


def some_conditions(rng: Random, count: int, depth: int = 4, *, assume: bool = False, plain: bool = False) -> list[str]:
    """Texts of conditions that the query can compute exactly."""
    author = Author(rng, assume, plain)
    texts: list[str] = []
    while len(texts) < count:
        text = author.condition(rng.randint(1, depth))
        if len(text) <= 2000 and fits(text):
            texts.append(text)
    return texts


# --- whole standards by chance -----------------------------------------------------------------------------------------


def some_standard(rng: Random, *, stand_ins: bool) -> str:
    """A standard with groups, bands, judgements and a score; with `stand_ins` also exemptions and direct routes."""
    builder = _StandardBuilder(rng, stand_ins)
    criteria = [builder.node(f"n{number}", 3) for number in range(rng.randint(2, 4))]
    document: dict[str, Any] = {"criteria": criteria}
    if rng.random() < 0.7:
        document["score"] = builder.score()
        builder.paths.append("score")
    if stand_ins:
        some = rng.sample(builder.paths, k=min(2, len(builder.paths)))
        document["direct_routes"] = [
            {"id": f"route{number}", "replaces": path, **builder.rule(path, 1)} for number, path in enumerate(some)
        ]
    return "\n".join([DECLARED, *(f"{key}: {json.dumps(value)}" for key, value in document.items())])


@dataclass
class _StandardBuilder:
    rng: Random
    stand_ins: bool

    def __post_init__(self) -> None:
        self.paths: list[str] = []

    def text(self) -> str:
        return some_conditions(self.rng, 1, 2, plain=True)[0]

    def node(self, id: str, depth: int, above: str = "") -> dict[str, Any]:
        path = f"{above}{id}"
        self.paths.append(path)
        exempt = {"exempt": {"text": {}, "require": self.text()}} if self.stand_ins and self.rng.random() < 0.2 else {}
        return {"id": id, **self.rule(path, depth), **exempt}

    def rule(self, path: str, depth: int) -> dict[str, Any]:
        form = self.rng.choice(["require", "require", "judgement", "all", "any", "by_band"] if depth else ["require"])
        if form == "require":
            return {"require": self.text()}
        if form == "judgement":
            return {"judgement": "opinion"}
        if form == "by_band":
            measure, *edges = self.rng.choice([("turnover", 250, 1000), ("grade", 0, 1), ("growth", 1, 4), ("heads", 2, 100)])
            ends = [{"below": edges[0]}, {"from": edges[0], "below": edges[1]}, {"from": edges[1]}]
            bands = [{"id": f"b{n}", **end, **self.rule(f"{path}.b{n}", depth - 1)} for n, end in enumerate(ends)]
            return {"by_band": {"measure": measure, "bands": bands}}
        below = [self.node(f"m{number}", depth - 1, f"{path}.") for number in range(self.rng.randint(1, 3))]
        return {form: below}

    def score(self) -> dict[str, Any]:
        rng = self.rng
        indicators = [self.indicator(number) for number in range(rng.randint(1, 4))]
        used = {indicator["group"] for indicator in indicators} - {""}
        groups = {
            name: {
                **({"max": rng.choice([20, 40])} if rng.random() < 0.5 else {}),
                **({"at_least": rng.choice([5, 15])} if rng.random() < 0.5 else {}),
            }
            for name in sorted(used)
        }
        return {"pass": rng.choice([10, 30, 50]), "groups": groups, "indicators": indicators}

    def indicator(self, number: int) -> dict[str, Any]:
        rng = self.rng
        plain = {"ladder": rng.choice(["heads", "effort", "grade", "prior(part)", "turnover", "mark"])}
        ends = ["at_least", "above", "at_most", "below"]
        mixed = rng.random() < 0.5
        rungs = [
            {"when": self.text(), "points": rng.choice([0, 10, 25])}
            if mixed and rng.random() < 0.7
            else {rng.choice(ends): rng.choice([0, 1, 0.25, 100]), "points": rng.choice([0, 5, 15, 30, 40])}
            for _ in range(rng.randint(1, 4))
        ]
        cap = {"max": rng.choice([10, 20])} if rng.random() < 0.3 else {}
        group = rng.choice(["", "g", "h"])
        if rng.random() < 0.25:
            each = {"points": rng.choice([1, 3, 10]), "of": [self.text() for _ in range(rng.randint(1, 4))]}
            return {"id": f"i{number}", "group": group, "each": each, **cap}
        return {"id": f"i{number}", "group": group, **plain, "rungs": rungs, "otherwise": rng.choice([0, 3]), **cap}


# --- firms -----------------------------------------------------------------------------------------------------------

_YUAN = [Decimal(text) for text in ("0", "0", "0.01", "1", "100", "250", "249.99", "999.99", "1000", "1000.01", "4000")]
_NUMBERS: dict[str, list[Any]] = {
    "turnover": [*_YUAN, Decimal("-250"), Decimal(200_000_000_000_000), Decimal("-199999999999999.99")],
    "spend": [*_YUAN, 100_000],
    "profit": [*_YUAN, Decimal("-100"), Decimal("-0.01"), -100_000],
    "heads": [0, 1, 2, 3, 4, 100, 250, 5000],
    "rights": [0, 1, 2, 5, 100],
    "part": [Decimal(text) for text in ("0", "0.1", "0.25", "0.2499", "0.2501", "0.5", "1")],
    "grade": [Decimal(text) for text in ("0", "-50", "-2", "-0.25", "0.25", "1", "3", "50")],
    "mark": [Decimal(text) for text in ("0", "0.25", "1", "59.99", "60", "100")],
}
_DAYS = [date(2020, 2, 29), date(2022, 2, 28), date(2024, 12, 31), DAY, DAY + timedelta(1), date(1990, 7, 1)]


def toy_value(rng: Random, item: Item) -> Any:
    if item.name in _NUMBERS:
        return rng.choice(_NUMBERS[item.name])
    if item.kind == "boolean":
        return rng.random() < 0.5
    if item.kind == "date":
        return rng.choice(_DAYS)
    codes = {"field": ["red", "green", "blue"], "class": ["a", "b"], "sector": ["C35", "C", "C3", "D"]}
    return rng.choice(codes[item.name])


def toy_firms(rng: Random, items: Iterable[Item], count: int, unknown: float) -> list[CaseFacts]:
    """Firms with values from few places, so that ties and zeros are common."""
    items = list(items)
    firms = []
    for number in range(count):
        known = {item: toy_value(rng, item) for item in items if rng.random() >= unknown}
        facts: dict[str, Any] = {}
        findings: dict[str, Any] = {}
        for item, value in known.items():
            given = findings if item.is_finding else facts
            if item.yearly:
                years = given.setdefault(item.name, [None] * 6)
                years[item.back] = value
            elif item.source != "title":
                given[item.name] = value
        titles = None if rng.random() < unknown else rng.choice([["gold"], ["silver"], []])
        firms.append(CaseFacts(f"firm {number}", facts, titles, findings))
    return firms


# --- the oracle's reading -----------------------------------------------------------------------------------------------


class Reader:
    """Evaluates conditions of the invented standard plainly."""

    def __init__(self) -> None:
        document = read(DECLARED)
        facts = load(toy_pack().path / "facts.yaml")["facts"]
        self.scope = scope_of(facts, document)
        self.kinds = {name: spec["type"] for name, spec in {**facts, **document["findings"]}.items()}

    def truths(self, texts: Sequence[str], firms: Sequence[CaseFacts]) -> list[list[bool | None]]:
        """One row a firm, one value a condition."""
        terms = [parse(text) for text in texts]
        readings = [Reading(self.scope, self._world(firm)) for firm in firms]
        return [[reading.truth(term) for term in terms] for reading in readings]

    def _world(self, firm: CaseFacts) -> World:
        supplied = {}
        for name, given in {**firm.facts, **firm.findings}.items():
            for back, value in enumerate(given if isinstance(given, list) else [given]):
                supplied[f"{name}@{back}" if back else name] = exact(value, {"yes_no": ""}.get(self.kinds[name], ""))
        return World(supplied, None if firm.titles is None else frozenset(firm.titles), DAY)


def truths_of_product(compiled: Compiled, count: int, firms: Sequence[CaseFacts]) -> list[list[bool | None]]:
    """One row a firm, one value a criterion, as the query gives them."""
    rows = []
    for judged in Judge(compiled).judge(firms):
        failed, unknown = set(judged.failed), set(judged.unknown)
        rows.append([False if f"e{n}" in failed else None if f"e{n}" in unknown else True for n in range(count)])
    return rows
