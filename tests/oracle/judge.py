"""Judges one firm by a standard: the tree of criteria in three values, and what failed, is unknown, is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import (
    Arms,
    Group,
    Indicator,
    Interval,
    Item,
    Node,
    Scope,
    Score,
    Term,
    Tri,
    Truth,
    Value,
    World,
    conjunction,
    disjunction,
    exact,
    load,
    negation,
)
from .expressions import Reading, parse, reads, scope_of


@dataclass(frozen=True)
class Verdict:
    outcome: str
    failed: frozenset[str]
    unknown: frozenset[str]
    needed: frozenset[str]
    score_low: Fraction | None
    score_high: Fraction | None

    def open(self, truth: Truth) -> list[Term]:
        """The rungs that still matter: those above the first that is met."""
        met = [number for number, (condition, _) in enumerate(self.rungs) if truth(condition) is True]
        return [condition for condition, _ in self.rungs[: min(met, default=len(self.rungs))]]


@dataclass(frozen=True)
class Tally(Indicator):
    """Points for each condition met instead of for the first: those met for certain are the least, those not missed the most."""

    def interval(self, truth: Truth) -> Interval:
        values = [(truth(condition), points) for condition, points in self.rungs]
        least = sum((points for value, points in values if value is True), self.otherwise)
        most = sum((points for value, points in values if value is not False), self.otherwise)
        return (least, most) if self.most is None else (min(least, self.most), min(most, self.most))

    def open(self, truth: Truth) -> list[Term]:
        return [condition for condition, _ in self.rungs]


# --- from documents to the tree ----------------------------------------------------------------------------------

_RULES = ("require", "judgement", "all", "any", "by_band", "size_class")
_RUNGS = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}


@dataclass(frozen=True)
class _Builder:
    """The criteria of one document, as they are for one kind of application."""

    pack: Path
    application: str
    scope: Scope
    prefix: str
    routes: Sequence[Mapping[str, Any]]
    waived: Collection[str]

    def nodes(self, specs: Iterable[Mapping[str, Any]], parent: str = "") -> tuple[Node, ...]:
        return tuple(node for spec in specs for node in self.node(spec, f"{parent}{spec['id']}"))

    def node(self, spec: Mapping[str, Any], path: str) -> list[Node]:
        """The node, or none if it does not exist for this application."""
        if not self._exists(spec, path):
            return []
        if variant := spec.get("variants", {}).get(self.application):
            spec = {key: value for key, value in spec.items() if key not in _RULES} | variant
        exempt = [{**spec["exempt"], "id": "exempt"}] if "exempt" in spec else []
        routes = [route for route in self.routes if route["replaces"] == path]
        stand_ins = self.nodes(exempt, f"{path}.") + self.nodes(routes)
        return [Node(self.prefix + path, self.scope, self._rule(spec, path), stand_ins)]

    def _exists(self, spec: Mapping[str, Any], path: str) -> bool:
        excluded = self.application in spec.get("waived", ()) or self.prefix + path in self.waived
        return not excluded and self.application in spec.get("only", (self.application,))

    def _rule(self, spec: Mapping[str, Any], path: str) -> Term | Group | Arms | Score:
        if "require" in spec:
            return parse(spec["require"])
        if "judgement" in spec:
            return Term("name", value=spec["judgement"])
        if "by_band" in spec:
            return self._bands(spec["by_band"], path)
        if "size_class" in spec:
            return self._size(spec["size_class"])
        if "indicators" in spec:
            return self._score(spec)
        return Group("all" in spec, self.nodes(spec["all" if "all" in spec else "any"], f"{path}."))

    def _bands(self, spec: Mapping[str, Any], path: str) -> Arms:
        by = parse(spec["measure"])
        arms: list[tuple[Term, Node]] = []
        for band in spec["bands"]:
            ends = [Term(op, (by, parse(band[end]))) for end, op in (("from", ">="), ("below", "<")) if end in band]
            arms += [(Term("and", tuple(ends)), node) for node in self.node(band, f"{path}.{band['id']}")]
        return Arms(tuple(arms))

    def _size(self, spec: Mapping[str, Any]) -> Arms:
        if spec["at_most"] != "medium":
            raise ValueError("only at_most: medium is judged here")
        table = load(self.pack / "size_classes" / f"{spec['table']}.yaml")
        sector = Term("name", value=table["sector"])
        arms: list[tuple[Term, Node]] = []
        for industry in table["industries"]:
            prefixes = [Term("literal", value=prefix) for prefix in industry["sectors"]]
            belongs = Term("or", tuple(Term("starts_with", (sector, prefix)) for prefix in prefixes))
            limits = industry["sme_below"].items()
            small = Term("or", tuple(Term("<", (Term("name", value=name), parse(limit))) for name, limit in limits))
            arms.append((belongs, Node("", self.scope, small)))
        elsewhere = Term("not", (Term("or", tuple(belongs for belongs, _ in arms)),))
        return Arms((*arms, (elsewhere, Node("", self.scope, Term("literal")))))

    def _score(self, spec: Mapping[str, Any]) -> Score:
        groups = {
            name: (self._number(group.get("max")), self._number(group.get("at_least")))
            for name, group in spec.get("groups", {}).items()
        }
        passing = self._number(spec["pass"])
        assert passing is not None
        return Score(passing, groups, tuple(self._indicator(indicator) for indicator in spec["indicators"]))

    def _indicator(self, spec: Mapping[str, Any]) -> Indicator:
        if each := spec.get("each"):
            counted = tuple((parse(condition), _points(each["points"])) for condition in each["of"])
            return Tally(spec.get("group", ""), counted, Fraction(0), self._number(spec.get("max")))
        rungs = tuple((self._rung(rung, spec.get("ladder")), _points(rung["points"])) for rung in spec["rungs"])
        return Indicator(spec.get("group", ""), rungs, _points(spec.get("otherwise", 0)), self._number(spec.get("max")))

    def _rung(self, rung: Mapping[str, Any], ladder: object) -> Term:
        tests = [Term(op, (parse(ladder), parse(rung[end]))) for end, op in _RUNGS.items() if end in rung]
        return Term("and", (*tests, *([parse(rung["when"])] if "when" in rung else [])))

    def _number(self, raw: object) -> Fraction | None:
        return None if raw is None else _points(raw)


def _points(raw: object) -> Fraction:
    return Fraction(str(raw))


# --- one firm ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Firm:
    world: World
    values: dict[Node, Tri] = field(default_factory=dict)

    def reading(self, node: Node) -> Reading:
        return Reading(node.scope, self.world)

    def value(self, node: Node) -> Tri:
        if node not in self.values:
            self.values[node] = disjunction([self._own(node), *map(self.value, node.stand_ins)])
        return self.values[node]

    def _own(self, node: Node) -> Tri:
        match node.rule:
            case Term():
                return self.reading(node).truth(node.rule)
            case Group(every, nodes):
                return (conjunction if every else disjunction)(map(self.value, nodes))
            case Arms():
                return self._arms(node.rule, self.reading(node))
            case Score():
                return node.rule.reached(self.reading(node).truth)

    def _arms(self, rule: Arms, reading: Reading) -> Tri:
        pairs = [(reading.truth(condition), self.value(node)) for condition, node in rule.arms]
        if all(disjunction([negation(applies), value]) for applies, value in pairs):
            return True
        return False if disjunction(conjunction(pair) for pair in pairs) is False else None

    def score(self, criteria: Iterable[Node]) -> tuple[Fraction, Fraction] | tuple[None, None]:
        for node in criteria:
            if node.id == "score" and isinstance(node.rule, Score):
                return node.rule.total(self.reading(node).truth)
        return None, None

    def alike(self, node: Node, wanted: Tri) -> Iterator[str]:
        """The nodes of this value whose ancestors all have it too; under bands only where the arm (may) apply."""
        if self.value(node) is not wanted:
            return
        if node.id:
            yield node.id
        for condition, inner in node.inner():
            applies = True if condition is None else self.reading(node).truth(condition)
            if applies or (applies is None and wanted is None):
                yield from self.alike(inner, wanted)

    def needed(self, node: Node) -> frozenset[str]:
        """The unknown items that could still settle a live node; none when it is settled."""
        if self.value(node) is not None:
            return frozenset()
        own = self._own_needed(node) if self._own(node) is None else frozenset()
        return own.union(*map(self.needed, node.stand_ins))

    def _own_needed(self, node: Node) -> frozenset[str]:
        reading = self.reading(node)
        match node.rule:
            case Term():
                return reading.needed(node.rule)
            case Group(_, nodes):
                return frozenset().union(*map(self.needed, nodes))
            case Arms(arms):
                live = [self.needed(arm) for condition, arm in arms if reading.truth(condition) is not False]
                return frozenset().union(*live, *(reading.missing(condition) for condition, _ in arms))
            case Score(_, _, indicators):
                wide = [each for each in indicators if len(set(each.interval(reading.truth))) == 2]
                return frozenset().union(*(reading.needed(term) for each in wide for term in each.open(reading.truth)))


# --- the standard ------------------------------------------------------------------------------------------------


class Judge:
    """One standard, with what it rests on and its notices, for one kind of application."""

    def __init__(
        self,
        pack: Path,
        standard: Path | dict[str, Any],
        *,
        application: str,
        reference_date: date,
        notices: Sequence[str] = (),
    ) -> None:
        self.pack, self.application, self.reference_date = pack, application, reference_date
        self.facts: dict[str, Any] = load(pack / "facts.yaml")["facts"]
        self.kinds: dict[str, str] = {name: spec["type"] for name, spec in self.facts.items()}
        added = [load(pack / "notices" / f"{notice}.yaml") for notice in notices]
        self.waived = {
            waiver["criterion"]
            for notice in added
            for waiver in notice.get("waives", ())
            if application in waiver["applications"]
        }
        document = load(standard) if isinstance(standard, Path) else standard
        self.criteria = self._criteria(document)
        for notice in added:
            builder = self._builder({**document, "direct_routes": (), **notice}, f"{notice['notice']}.")
            self.criteria += builder.nodes(notice.get("adds", ()))
        everything = [node for criterion in self.criteria for node in criterion.whole()]
        self.nodes = [node.id for node in everything if node.id]
        self.items = sorted({item for node in everything for term in node.terms() for item in reads(term, node.scope)})

    def _builder(self, document: Mapping[str, Any], prefix: str) -> _Builder:
        self.kinds |= {name: spec["type"] for name, spec in document.get("findings", {}).items()}
        scope, routes = scope_of(self.facts, document), document.get("direct_routes", ())
        return _Builder(self.pack, self.application, scope, prefix, routes, self.waived)

    def _criteria(self, document: Mapping[str, Any], prefix: str = "") -> tuple[Node, ...]:
        nodes: tuple[Node, ...] = ()
        for base in document.get("rests_on", ()):
            path = self.pack / "standards" / base["standard"] / f"{base['version']}.yaml"
            nodes += self._criteria(load(path), f"{base['standard']}.")
        builder = self._builder(document, prefix)
        nodes += builder.nodes(document.get("criteria", ()))
        return nodes + (tuple(builder.node(document["score"], "score")) if "score" in document else ())

    def judge(self, facts: Mapping[str, Any], *, titles: Collection[str] | None, findings: Mapping[str, Any]) -> Verdict:
        world = self._world({**facts, **findings}, titles)
        firm = _Firm(world)
        root = conjunction(map(firm.value, self.criteria))
        missing = frozenset(item for item in self.items if world.item(item) is None)
        needed = frozenset().union(*map(firm.needed, self.criteria)) if root is None else frozenset()
        low, high = firm.score(self.criteria)
        return Verdict(
            outcome={True: "eligible", False: "ineligible", None: "undetermined"}[root],
            failed=frozenset(id for node in self.criteria for id in firm.alike(node, False)),
            unknown=missing.union(id for node in self.criteria for id in firm.alike(node, None)),
            needed=needed,
            score_low=low,
            score_high=high,
        )

    def _world(self, supplied: Mapping[str, Any], titles: Collection[str] | None) -> World:
        values: dict[str, Value] = {}
        for name, raw in supplied.items():
            for back, value in enumerate(raw if isinstance(raw, list | tuple) else [raw]):
                values[Item(name, yearly=True).id(back)] = exact(value, self.kinds.get(name, ""))
        return World(values, None if titles is None else frozenset(titles), self.reference_date)
