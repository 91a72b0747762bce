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


Use = Literal["condition", "band", "rung"]


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
    use: Use

    @property
    def text(self) -> str:
        return render(self.measure)


def thresholds_of(root: Logic, scope: Scope, nodes: Mapping[str, PlannedNode], day: date) -> tuple[Threshold, ...]:
    """Return the thresholds of the tree in its order; ids are the parameter's name or the condition's id, made unique."""
    found = list(_Collector(scope, nodes, day).collect(root, "", True, ""))
    seen: dict[str, int] = {}
    result = []
    for threshold in found:
        count = seen[threshold.id] = seen.get(threshold.id, 0) + 1
        result.append(threshold if count == 1 else replace(threshold, id=f"{threshold.id}#{count}"))
    return tuple(result)


@dataclass(frozen=True)
class _Collector:
    scope: Scope
    nodes: Mapping[str, PlannedNode]
    day: date  # the reference date, on which a limit may depend

    def collect(self, logic: Logic, slot: str, positive: bool, where: str) -> Iterator[Threshold]:
        slot = logic.slot or slot
        if isinstance(logic, Atom):
            yield from self._of_condition(logic.expr, slot, where, "condition", turned=not positive)
        elif isinstance(logic, Points):
            for ladder in logic.ladders:
                steps = [(f"{ladder.id}: {step.points}", step.condition) for step in ladder.steps]
                for where_, condition in [(ladder.id, each) for each in ladder.counted] or steps:
                    for comparison in _comparisons(condition):
                        yield from self._of_condition(comparison, slot, where_, "rung")
        elif isinstance(logic, Bands):
            for arm in logic.arms:
                for comparison in () if logic.open_ended else _comparisons(arm.condition):
                    yield from self._of_condition(comparison, slot, where, "band")
                yield from self.collect(arm.part, slot, positive, render(arm.condition))
        else:
            flipped = positive != isinstance(logic, Negation)
            for part in parts_of(logic):
                yield from self.collect(part, slot, flipped, where)

    def _constant(self, expr: Expr) -> Fraction | None:
        if self.scope.items(expr):
            return None
        value = evaluate(expr, self.scope, lambda item: None, reference_date=self.day)
        return value if isinstance(value, Fraction) else None

    def _of_condition(self, expr: Expr, slot: str, where: str, use: Use, *, turned: bool = False) -> Iterator[Threshold]:
        if not isinstance(expr, t.Comparison) or check_types(expr.left, self.scope, slot).kind != "number":
            return
        left, right, sign = expr.left, expr.right, expr.sign
        if self._constant(left) is not None or (isinstance(left, t.Name) and self._is_table(left)):
            left, right, sign = right, left, _MIRROR[sign]
        sign = _OPPOSITE[sign] if turned else sign
        named = [part.name for part in t.walk(right) if isinstance(part, t.Name)]
        parameters = [self.scope.symbols[name] for name in named if self.scope.symbols[name].source == "parameter"]
        unit = unit_text(check_types(left, self.scope, slot).unit).replace("a pure number", "share")
        clause = parameters[0].clause if parameters else self.nodes[slot].clause if slot in self.nodes else ""
        favourable: Literal["up", "down", ""] = "up" if sign in (">", ">=") else "down"
        favourable = "" if use == "band" or sign in ("=", "<>") else favourable
        id = parameters[0].name if len({each.name for each in parameters}) == 1 else slot
        for scope_text, value in self._steps(right, where):
            number = self._constant(value)
            if number is not None and self.scope.items(left):
                yield Threshold(id, slot, left, sign, number, unit, clause, favourable, scope_text, use)

    def _is_table(self, name: t.Name) -> bool:
        formula = self.scope.symbols[name.name].formula
        return isinstance(formula, t.Case) and t.is_step_table(formula)

    def _steps(self, limit: Expr, where: str) -> Iterator[tuple[str, Expr]]:
        """Yield the values a limit takes and where; of a table the first arm that is met counts, those before are ruled out."""
        formula = self.scope.symbols[limit.name].formula if isinstance(limit, t.Name) else None
        if not isinstance(formula, t.Case):
            yield where, limit
            return
        before: list[str] = []
        for condition, value in formula.arms:
            yield " AND ".join([render(condition), *before]), value
            before.append(f"NOT {render(condition)}")
        yield " AND ".join(before), formula.otherwise


def _comparisons(expr: Expr) -> Iterator[t.Comparison]:
    return (part for part in t.walk(expr) if isinstance(part, t.Comparison))
