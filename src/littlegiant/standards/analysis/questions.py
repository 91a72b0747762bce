"""The questions: can anyone pass or fail, what is implied, what nobody reaches, which way facts help, where edges lie."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from littlegiant.packs import Fact
from littlegiant.standards.analysis.monotone import never
from littlegiant.standards.analysis.solver import Answer, Asker, Encoded
from littlegiant.standards.analysis.witness import Witness
from littlegiant.standards.kinds import Atom, Bands, Junction, Points, parts_of, walk_logic
from littlegiant.standards.language import Expr, Item, render
from littlegiant.standards.language import tree as t
from littlegiant.standards.plan import Compiled, Threshold
from littlegiant.standards.plan.compiled import expressions

LIMIT = 2.0  # seconds a question
Kind = Literal[
    "passes",
    "fails",
    "nobody_passes",
    "nobody_fails",
    "implied",
    "alone",
    "unreachable",
    "not_by_eligible",
    "idle",
    "gap",
    "overlap",
    "undecided",
]
Way = Literal["helps", "hurts", "both", "none", "undecided"]
# A way that another always covers is no fault: with facts unknown it may decide where the other cannot.
PROBLEMS: tuple[Kind, ...] = ("nobody_passes", "nobody_fails", "implied", "unreachable", "gap", "overlap")


@dataclass(frozen=True)
class Finding:
    """One answer: of which kind, about which conditions, with a firm that shows it where there is one."""

    kind: Kind
    about: tuple[str, ...] = ()
    text: str = ""  # the band, rung or question meant
    witness: Witness | None = None


@dataclass(frozen=True)
class Cliff:
    """A firm that meets the standard and, with one unit more of `item`, does not; `lost` are the conditions it loses."""

    item: Item
    before: Fraction
    after: Fraction
    lost: tuple[str, ...]
    witness: Witness


@dataclass(frozen=True)
class Direction:
    """What more of a fact does: helps, hurts, both ways, nothing; a cliff where it hurts."""

    item: Item
    way: Way
    cliff: Cliff | None = None


@dataclass(frozen=True)
class Notch:
    """A value at which something jumps: eligibility, points of the score, or what another condition asks."""

    threshold: Threshold
    effect: Literal["eligibility", "points", "requirement"]
    points: int  # gained on the favourable side; 0 unless of a score
    facts: tuple[Item, ...]
    adjustable: bool  # a firm can move one of the facts


@dataclass(frozen=True)
class Analysis:
    compiled: Compiled
    findings: tuple[Finding, ...]
    directions: tuple[Direction, ...]
    notches: tuple[Notch, ...]
    not_linear: tuple[str, ...] = field(default=())  # conditions with a product of facts: they may stay undecided

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind in PROBLEMS)


def analyse(compiled: Compiled, facts: Mapping[str, Fact], *, limit: float = LIMIT) -> Analysis:
    """Answer every question about one standard; only complete data are looked at, what is unknown is another matter."""
    asker = Asker([compiled], facts, limit=limit)
    (one,) = asker.encoded
    findings = list(_whole(asker, one))
    passable = not any(finding.kind == "nobody_passes" for finding in findings)
    if passable:  # where nobody passes, everything follows from anything
        findings += _parts(asker, one)
    findings += _branches(asker, one)
    directions = tuple(_directions(asker, one)) if passable else ()
    return Analysis(compiled, tuple(findings), directions, tuple(notches(compiled, facts)), tuple(sorted(one.encoder.products)))


def _whole(asker: Asker, one: Encoded) -> Iterator[Finding]:
    answer, witness = asker.witness(one.whole.yes)
    if answer == "yes":
        yield Finding("passes", witness=witness)
    elif answer == "no":
        yield Finding("nobody_passes", tuple(asker.core(one.parts)))
    else:
        yield Finding("undecided", text="passes")
    answer, witness = asker.witness(one.whole.no)
    if answer == "yes":
        yield Finding("fails", witness=witness)
    else:
        yield Finding("nobody_fails") if answer == "no" else Finding("undecided", text="fails")


def _parts(asker: Asker, one: Encoded) -> Iterator[Finding]:
    """Find top conditions that follow from the others; for the rest a firm that is stopped by this one alone."""
    for id, part in one.parts.items():
        others = [other.yes for name, other in one.parts.items() if name != id]
        answer, witness = asker.witness(part.no, *others)
        if answer == "no":
            yield Finding("implied", (id,))
        elif answer == "yes":
            yield Finding("alone", (id,), witness=witness)
        else:
            yield Finding("undecided", (id,), "implied")


def _branches(asker: Asker, one: Encoded) -> Iterator[Finding]:
    slot = ""
    for logic in walk_logic(one.compiled.root):
        slot = logic.slot or slot
        if isinstance(logic, Junction) and logic.word == "any":
            yield from _alternatives(asker, one, logic, slot)
        elif isinstance(logic, Bands) and not logic.open_ended:
            yield from _bands(asker, one, logic, slot)
        elif isinstance(logic, Points):
            yield from _rungs(asker, one, logic)


def _alternatives(asker: Asker, one: Encoded, logic: Junction, slot: str) -> Iterator[Finding]:
    truths = [one.encoder.logic(part) for part in logic.parts]
    for number, (part, truth) in enumerate(zip(logic.parts, truths, strict=True)):
        text = part.slot or (render(part.expr) if isinstance(part, Atom) else f"{slot}, {number + 1}")
        others = [asker.z3.Not(other.yes) for n, other in enumerate(truths) if n != number]
        yield from _reached(asker, one, truth.yes, slot, text)
        if asker.ask(truth.yes) == "yes" and asker.ask(truth.yes, *others) == "no":
            yield Finding("idle", (slot,), text)


def _reached(asker: Asker, one: Encoded, formula: object, slot: str, text: str) -> Iterator[Finding]:
    answers: list[Answer] = [asker.ask(formula)]
    if answers[0] == "yes":
        answers.append(asker.ask(formula, one.whole.yes))
    if answers[0] == "no":
        yield Finding("unreachable", (slot,), text)
    elif "open" in answers:
        yield Finding("undecided", (slot,), text)
    elif answers[1] == "no":
        yield Finding("not_by_eligible", (slot,), text)


def _bands(asker: Asker, one: Encoded, bands: Bands, slot: str) -> Iterator[Finding]:
    arms = [one.encoder.condition(arm.condition) for arm in bands.arms]
    for arm, truth in zip(bands.arms, arms, strict=True):
        yield from _reached(asker, one, truth.yes, slot, render(arm.condition))
    answer, witness = asker.witness(*(arm.no for arm in arms))
    if answer == "yes":
        yield Finding("gap", (slot,), witness=witness)
    for number, first in enumerate(arms):
        for other in arms[number + 1 :]:
            answer, witness = asker.witness(first.yes, other.yes)
            if answer == "yes":
                yield Finding("overlap", (slot,), witness=witness)


def _rungs(asker: Asker, one: Encoded, points: Points) -> Iterator[Finding]:
    for ladder in points.ladders:
        earlier: list[object] = []
        for number, step in enumerate(ladder.steps):
            met = one.encoder.steps[ladder.id, number]
            yield from _reached(asker, one, asker.z3.And(met.yes, *earlier), "score", f"{ladder.id}: {step.points}")
            earlier.append(met.no)
        if earlier:
            yield from _reached(asker, one, asker.z3.And(*earlier), "score", f"{ladder.id}: {ladder.otherwise}")


def _directions(asker: Asker, one: Encoded) -> Iterator[Direction]:
    for item in asker.items:
        if item.kind == "boolean":
            yield Direction(item, _way_of_truth(asker, one, item))
        elif item.kind == "number":
            yield _direction(asker, one, item)


def _way_of_truth(asker: Asker, one: Encoded, item: Item) -> Way:
    yes, no = asker.variables.make.boolval(True), asker.variables.make.boolval(False)
    with_, without = (asker.moved(one.whole.yes, item, value) for value in (yes, no))
    not_with, not_without = (asker.moved(one.whole.no, item, value) for value in (yes, no))
    return _way(asker.ask(with_, not_without), asker.ask(without, not_with))


def _way(helps: Answer, hurts: Answer) -> Way:
    if "open" in (helps, hurts):
        return "undecided"
    if helps == "yes":
        return "both" if hurts == "yes" else "helps"
    return "hurts" if hurts == "yes" else "none"


def _direction(asker: Asker, one: Encoded, item: Item) -> Direction:
    variable = asker.variables.by_item[item]
    more = asker.variables.make.real(f"more {item.id}")
    yes, no = (asker.moved(formula, item, more) for formula in (one.whole.yes, one.whole.no))
    room = [more > variable, *asker.domain_moved(item, more)]
    impossible = never(one.compiled, item)
    helps = "no" if impossible == "helps" else asker.ask(one.whole.no, yes, *room)
    hurts = "no" if impossible == "hurts" else asker.ask(one.whole.yes, no, *room)
    way = _way(helps, hurts)
    return Direction(item, way, _cliff(asker, one, item) if way in ("hurts", "both") else None)


def _cliff(asker: Asker, one: Encoded, item: Item) -> Cliff | None:
    """Find a firm that passes and does not with one stored unit more."""
    symbol = asker.scope[item.name].symbols[item.name]
    unit = Fraction(1, symbol.scale if symbol.decimals == 0 else min(symbol.scale, 10**4))
    variable = asker.variables.by_item[item]
    more = variable + asker.variables.rational(unit)
    after = asker.moved(one.whole.no, item, more)
    answer, witness = asker.witness(one.whole.yes, after, *asker.domain_moved(item, more))
    if answer != "yes" or witness is None:
        return None
    lost = [id for id, part in one.parts.items() if asker.holds(witness, asker.moved(part.no, item, more))]
    before = witness.values[item]
    return Cliff(item, before, before + unit, tuple(lost), witness)


def notches(compiled: Compiled, facts: Mapping[str, Fact]) -> Iterator[Notch]:
    """Yield every value at which something jumps, in the order of the rules; no solver is needed."""
    gains = _gains(compiled)
    for threshold in compiled.thresholds:
        items = compiled.scope.items(threshold.measure)
        movable = any(bool(facts[item.name].adjustable) for item in items if item.name in facts)
        effect: Literal["eligibility", "points", "requirement"] = (
            "points" if threshold.use == "rung" else "requirement" if threshold.use == "band" else "eligibility"
        )
        yield Notch(threshold, effect, gains.get(threshold.scope, 0) if effect == "points" else 0, items, movable)
    for name, table in _tables(compiled):
        for condition, _ in table.arms:
            assert isinstance(condition, t.Comparison)
            assert isinstance(condition.right, t.Number)
            items = compiled.scope.items(condition.left)
            movable = any(bool(facts[item.name].adjustable) for item in items if item.name in facts)
            edge = Threshold(name, name, condition.left, ">=", condition.right.value, "", "", "", "", "band")
            yield Notch(edge, "requirement", 0, items, movable)


def _tables(compiled: Compiled) -> Iterator[tuple[str, t.Case]]:
    """Yield the tables of values by band that the rules read, under the name of their measure."""
    seen: set[Expr] = set()

    def walk(expr: Expr, name: str) -> Iterator[tuple[str, t.Case]]:
        for part in t.walk(expr):
            if part in seen:
                continue
            if isinstance(part, t.Case) and t.is_step_table(part):
                seen.add(part)
                yield name or render(part.arms[0][0]), part
            if isinstance(part, t.Name):
                seen.add(part)
                formula = compiled.scope.symbols[part.name].formula
                yield from walk(formula, part.name) if formula is not None else ()

    for expr in expressions(compiled.root):
        yield from walk(expr, "")


def _gains(compiled: Compiled) -> dict[str, int]:
    """Return how many points each rung gives above the next one, by the scope under which its thresholds are listed."""
    gains: dict[str, int] = {}
    for logic in walk_logic(compiled.root):
        for ladder in logic.ladders if isinstance(logic, Points) else ():
            points = [*(step.points for step in ladder.steps), ladder.otherwise]
            capped = [each if ladder.cap is None else min(each, ladder.cap) for each in points]
            for step, (own, rest) in zip(ladder.steps, pairwise(capped), strict=True):
                gains[f"{ladder.id}: {step.points}"] = own - rest
            if ladder.counted:
                gains[ladder.id] = ladder.steps[-1].points
    return gains


@dataclass(frozen=True)
class VersionsCompared:
    """Whether the new version admits firms the old one refuses, and the other way round; a firm for each."""

    admits: Answer
    admitted: Witness | None
    excludes: Answer
    excluded: Witness | None

    @property
    def equivalent(self) -> bool:
        return self.admits == "no" and self.excludes == "no"


def compare_versions(old: Compiled, new: Compiled, facts: Mapping[str, Fact], *, limit: float = LIMIT) -> VersionsCompared:
    """Hold two versions against each other over the same facts; what only one reads is free."""
    asker = Asker([old, new], facts, limit=limit)
    first, second = asker.encoded
    admits, admitted = asker.witness(second.whole.yes, first.whole.no)
    excludes, excluded = asker.witness(first.whole.yes, second.whole.no)
    return VersionsCompared(admits, admitted, excludes, excluded)


def condition_items(compiled: Compiled, ids: Sequence[str]) -> tuple[Item, ...]:
    """Return the facts that the named top conditions read."""
    found: dict[Item, None] = {}
    for part in compiled.root.parts:
        if part.slot in ids:
            for logic in walk_logic(part):
                if isinstance(logic, Atom):
                    found.update(dict.fromkeys(compiled.scope.items(logic.expr)))
    return tuple(found)


__all__ = ["Analysis", "Cliff", "Direction", "Finding", "Notch", "VersionsCompared", "analyse", "compare_versions", "parts_of"]
