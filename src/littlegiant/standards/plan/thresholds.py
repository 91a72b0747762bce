"""The one list of thresholds: reforms, notches, tests for gaming, margins and advice are all made from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Literal

from littlegiant.standards.kinds import Atom, Bands, Logic, Negation, Points, parts_of
from littlegiant.standards.language import Expr, Scope, check_types, evaluate, render
from littlegiant.standards.language import tree as t
from littlegiant.standards.language.types import unit_text
from littlegiant.standards.plan.assemble import PlannedNode

_MIRROR: dict[str, t.ComparisonSign] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_OPPOSITE: dict[str, t.ComparisonSign] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of the law that a figure of the firm is held against; `operator` reads measure, operator, value."""

    id: str
    condition: str  # the slot it belongs to
    measure: Expr
    operator: t.ComparisonSign
    value: Fraction
    unit: str
    clause: str
    favourable: Literal["up", "down", ""]  # which way helps the firm; '' where it depends
    scope: str  # where it applies: a band, a score, or everywhere
    use: Literal["condition", "band", "rung"]

    @property
    def text(self) -> str:
        return render(self.measure)


def thresholds_of(root: Logic, scope: Scope, nodes: Mapping[str, PlannedNode]) -> tuple[Threshold, ...]:
    """Return the thresholds of the tree in its order; ids are the parameter's name or the condition's id, made unique."""
    found = list(_collect(root, scope, nodes, "", True, ""))
    seen: dict[str, int] = {}
    result = []
    for threshold in found:
        count = seen[threshold.id] = seen.get(threshold.id, 0) + 1
        result.append(threshold if count == 1 else replace(threshold, id=f"{threshold.id}#{count}"))
    return tuple(result)


def _collect(
    logic: Logic, scope: Scope, nodes: Mapping[str, PlannedNode], slot: str, positive: bool, where: str
) -> Iterator[Threshold]:
    slot = logic.slot or slot
    clause = nodes[slot].clause if slot in nodes else ""
    if isinstance(logic, Atom):
        yield from _of_condition(logic.expr, scope, slot, clause, where, "condition" if positive else "negated")
    elif isinstance(logic, Points):
        for ladder in logic.ladders:
            for step in ladder.steps:
                for comparison in (part for part in t.walk(step.condition) if isinstance(part, t.Comparison)):
                    yield from _of_condition(comparison, scope, slot, clause, f"{ladder.id}: {step.points}", "rung")
    elif isinstance(logic, Bands):
        for arm in logic.arms:
            inside = where if logic.open_ended and isinstance(arm.condition, t.StartsWith) else render(arm.condition)
            if not logic.open_ended:
                for comparison in (part for part in t.walk(arm.condition) if isinstance(part, t.Comparison)):
                    yield from _of_condition(comparison, scope, slot, clause, where, "band")
            yield from _collect(arm.part, scope, nodes, slot, positive, inside or render(arm.condition))
    else:
        flipped = positive != isinstance(logic, Negation)
        for part in parts_of(logic):
            yield from _collect(part, scope, nodes, slot, flipped, where)


def _constant(expr: Expr, scope: Scope) -> Fraction | None:
    if scope.items(expr):
        return None
    value = evaluate(expr, scope, lambda item: None, reference_date=date.min)
    return value if isinstance(value, Fraction) else None


def _of_condition(expr: Expr, scope: Scope, slot: str, clause: str, where: str, use: str) -> Iterator[Threshold]:
    if not isinstance(expr, t.Comparison) or check_types(expr.left, scope, slot).kind != "number":
        return
    left, right, sign = expr.left, expr.right, expr.sign
    if _constant(left, scope) is not None:
        left, right, sign = right, left, _MIRROR[sign]
    if use == "negated":
        sign = _OPPOSITE[sign]
    table = scope.symbols[right.name].formula if isinstance(right, t.Name) and right.name in scope.symbols else None
    steps = [(where, right)]
    if isinstance(table, t.Case):
        steps = []
        before: list[str] = []
        for condition, value in table.arms:  # the first arm that is met counts, so the arms before it are ruled out
            steps.append((" AND ".join([render(condition), *before]), value))
            before.append(f"NOT {render(condition)}")
        steps.append((" AND ".join(before), table.otherwise))
    for scope_text, value in steps:
        number = _constant(value, scope)
        if number is None or not scope.items(left):
            continue
        parameters = [
            part.name for part in t.walk(right) if isinstance(part, t.Name) and scope.symbols[part.name].source == "parameter"
        ]
        clauses = [scope.symbols[name].clause for name in parameters]
        favourable: Literal["up", "down", ""] = (
            "" if use == "band" or sign in ("=", "<>") else "up" if sign in (">", ">=") else "down"
        )
        yield Threshold(
            parameters[0] if len(set(parameters)) == 1 else slot,
            slot,
            left,
            sign,
            number,
            unit_text(check_types(left, scope, slot).unit).replace("a pure number", "share"),
            clauses[0] if clauses else clause,
            favourable,
            scope_text,
            "condition" if use == "negated" else use,  # type: ignore[arg-type]
        )
