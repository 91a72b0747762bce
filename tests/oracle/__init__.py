"""A second, plain reading of standards: one firm at a time, exact fractions, three values, no code shared with src.

Here: what documents, values, terms and the tree of criteria are. None is unknown everywhere.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

Tri = bool | None
Value = bool | Fraction | str | date | None


# --- documents ---------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML in which numbers are decimals as written and only true and false are booleans."""


_NUMBER, _BOOLEAN = "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"
_REPLACED = {_NUMBER, _BOOLEAN, "tag:yaml.org,2002:int"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_NUMBER, re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"), list("-+.0123456789"))
_Loader.add_implicit_resolver(_BOOLEAN, re.compile(r"^(true|false)$"), list("tf"))
_Loader.add_constructor(_NUMBER, lambda _, node: Decimal(str(node.value)))


def read(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(text, Loader=_Loader)
    return document


def load(path: Path) -> dict[str, Any]:
    return read(path.read_text(encoding="utf-8"))


def exact(raw: object, kind: str = "") -> Value:
    """A supplied value without loss; a float counts as the decimal it prints as."""
    if raw is None or isinstance(raw, bool | Fraction | date):
        return raw
    if kind == "date":
        return date.fromisoformat(str(raw))
    if kind in ("text", "code") or (isinstance(raw, str) and not kind):
        return str(raw)
    return Fraction(str(raw))


# --- three values ------------------------------------------------------------------------------------------------


def conjunction(values: Iterable[Value]) -> Tri:
    """Kleene's AND."""
    seen = set(values)
    return False if False in seen else None if None in seen else True


def disjunction(values: Iterable[Value]) -> Tri:
    """Kleene's OR."""
    seen = set(values)
    return True if True in seen else None if None in seen else False


def negation(value: Value) -> Tri:
    return None if value is None else not value


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Value, Value], Tri]:
    def compare(left: Value, right: Value) -> Tri:
        if left is None or right is None:
            return None
        if isinstance(left, date) and isinstance(right, str):
            right = date.fromisoformat(right)
        elif isinstance(right, date) and isinstance(left, str):
            left = date.fromisoformat(left)
        if type(left) is not type(right):
            raise TypeError(f"{left!r} and {right!r} cannot be compared")
        return test(left, right)

    return compare


equal = _compared(operator.eq)
unequal = _compared(operator.ne)
less = _compared(operator.lt)
at_most = _compared(operator.le)
more = _compared(operator.gt)
at_least = _compared(operator.ge)


def _full_years(start: date, end: date) -> Fraction:
    before_the_day = (end.month, end.day) < (start.month, start.day)
    return Fraction(end.year - start.year - int(before_the_day))


# Operations that see their unknown arguments.
LENIENT: dict[str, Callable[..., Value]] = {
    "and": lambda *values: conjunction(values),
    "or": lambda *values: disjunction(values),
    "not": negation,
    "=": equal,
    "<>": unequal,
    "!=": unequal,
    "<": less,
    "<=": at_most,
    ">": more,
    ">=": at_least,
    "between": lambda x, low, high: conjunction([at_least(x, low), at_most(x, high)]),
    "in": lambda x, *listed: disjunction(equal(x, y) for y in listed),
    "known": lambda x: x is not None,
    "assume": lambda x, instead: instead if x is None else x,
}
# Operations that are unknown as soon as one argument is.
STRICT: dict[str, Callable[..., Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: None if b == 0 else a / b,
    "negative": operator.neg,
    "abs": abs,
    "floor": lambda x: Fraction(math.floor(x)),
    "greatest": lambda *values: max(values),
    "least": lambda *values: min(values),
    "starts_with": lambda text, beginning: text.startswith(beginning),
    "years": _full_years,
    "days": lambda start, end: Fraction((end - start).days),
}


# --- one firm ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """What is known of one firm, by item id."""

    supplied: Mapping[str, Value]
    titles: frozenset[str] | None
    reference_date: date

    def item(self, item: str) -> Value:
        if item.startswith("holds:"):
            return None if self.titles is None else item.removeprefix("holds:") in self.titles
        return self.supplied.get(item)


# --- terms and the tree of criteria ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    op: str
    args: tuple[Term, ...] = ()
    value: Value = None


@dataclass(frozen=True)
class Item:
    name: str
    yearly: bool

    def id(self, back: int) -> str:
        return f"{self.name}@{back}" if self.yearly and back else self.name


Scope = Mapping[str, Item | Term]


@dataclass(frozen=True)
class Group:
    """all or any of the nodes."""

    every: bool
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Arms:
    """Exactly one node applies, the one whose condition holds."""

    arms: tuple[tuple[Term, Node], ...]


Truth = Callable[[Term], Tri]
Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Indicator:
    group: str
    rungs: tuple[tuple[Term, Fraction], ...]
    otherwise: Fraction
    most: Fraction | None

    def interval(self, truth: Truth) -> Interval:
        """The least and most points over the rungs that can still be reached."""
        reachable: list[Fraction] = []
        for condition, points in self.rungs:
            reached = truth(condition)
            if reached is not False:
                reachable.append(points)
            if reached:
                break
        else:
            reachable.append(self.otherwise)
        return _capped(min(reachable), self.most), _capped(max(reachable), self.most)

    def open(self, truth: Truth) -> list[Term]:
        """The rungs that still matter: those above the first that is met."""
        met = [number for number, (condition, _) in enumerate(self.rungs) if truth(condition) is True]
        return [condition for condition, _ in self.rungs[: min(met, default=len(self.rungs))]]


@dataclass(frozen=True)
class Score:
    passing: Fraction
    groups: Mapping[str, tuple[Fraction | None, Fraction | None]]  # cap, floor
    indicators: tuple[Indicator, ...]

    def sums(self, truth: Truth) -> dict[str, Interval]:
        intervals: dict[str, list[Interval]] = {name: [] for name in self.groups}
        for indicator in self.indicators:
            intervals.setdefault(indicator.group, []).append(indicator.interval(truth))
        caps = {name: most for name, (most, _) in self.groups.items()}
        return {name: _added(part, caps.get(name)) for name, part in intervals.items()}

    def total(self, truth: Truth) -> Interval:
        return _added(self.sums(truth).values(), None)

    def reached(self, truth: Truth) -> Tri:
        sums = self.sums(truth)
        tests = [(self.total(truth), self.passing)]
        tests += [(sums[name], floor) for name, (_, floor) in self.groups.items() if floor is not None]
        if all(low >= floor for (low, _), floor in tests):
            return True
        return False if any(high < floor for (_, high), floor in tests) else None


def _added(intervals: Collection[Interval], most: Fraction | None) -> Interval:
    low, high = (sum((interval[end] for interval in intervals), Fraction(0)) for end in (0, 1))
    return _capped(low, most), _capped(high, most)


def _capped(points: Fraction, most: Fraction | None) -> Fraction:
    return points if most is None else min(points, most)


@dataclass(frozen=True, eq=False)
class Node:
    """A rule, or any of what stands in for it (exemption, direct routes). Without an id it is never reported."""

    id: str
    scope: Scope
    rule: Term | Group | Arms | Score
    stand_ins: tuple[Node, ...] = ()

    def inner(self) -> Iterator[tuple[Term | None, Node]]:
        """The nodes below, each with the condition under which it applies."""
        if isinstance(self.rule, Group):
            yield from ((None, node) for node in self.rule.nodes)
        if isinstance(self.rule, Arms):
            yield from self.rule.arms
        yield from ((None, node) for node in self.stand_ins)

    def terms(self) -> Iterator[Term]:
        """What this node itself reads."""
        if isinstance(self.rule, Term):
            yield self.rule
        if isinstance(self.rule, Arms):
            yield from (condition for condition, _ in self.rule.arms)
        if isinstance(self.rule, Score):
            yield from (condition for indicator in self.rule.indicators for condition, _ in indicator.rungs)

    def whole(self) -> Iterator[Node]:
        yield self
        for _, node in self.inner():
            yield from node.whole()
