"""Facts of which the rules' own text shows that more never hurts, or never helps: no solver need be asked."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from littlegiant.standards.kinds import Atom, Bands, Junction, Ladder, Logic, Negation, Points
from littlegiant.standards.language import Expr, Item, Scope
from littlegiant.standards.language import tree as t
from littlegiant.standards.plan import Compiled

_UP, _DOWN = (">", ">="), ("<", "<=")


def never(compiled: Compiled, item: Item) -> Literal["hurts", "helps", ""]:
    """Return what more of `item` can never do, as far as the text shows it; '' where it does not."""
    ways = set(_ways(compiled.root, item, compiled.scope))
    if ways <= {"up"}:
        return "hurts"
    return "helps" if ways <= {"down"} else ""


def _ways(logic: Logic, item: Item, scope: Scope) -> Iterator[str]:
    """Yield `up` or `down` for each use of the item in which more helps or hurts, `?` for any other use."""
    if isinstance(logic, Atom):
        yield from _of_condition(logic.expr, item, scope)
    elif isinstance(logic, Junction):
        for part in logic.parts:
            yield from _ways(part, item, scope)
    elif isinstance(logic, Negation):
        yield from ({"up": "down", "down": "up"}.get(way, way) for way in _ways(logic.part, item, scope))
    elif isinstance(logic, Bands):
        for arm in logic.arms:
            if item in scope.items(arm.condition):
                yield "?"
            yield from _ways(arm.part, item, scope)
    else:
        assert isinstance(logic, Points)
        for ladder in logic.ladders:
            ways = [way for step in ladder.steps for way in _of_condition(step.condition, item, scope)]
            yield from ways if _falling(ladder) else ["?"] * len(ways)


def _falling(ladder: Ladder) -> bool:
    """Say whether no rung gives more than one above it, so that meeting a condition more never costs points."""
    points = [*(step.points for step in ladder.steps), ladder.otherwise]
    return all(upper >= lower for upper, lower in pairwise(points))


def _of_condition(expr: Expr, item: Item, scope: Scope) -> Iterator[str]:
    if item not in scope.items(expr):
        return
    if isinstance(expr, (t.And, t.Or)):
        for part in expr.parts:
            yield from _of_condition(part, item, scope)
    elif isinstance(expr, t.Comparison) and isinstance(expr.left, t.Name) and not scope.items(expr.right):
        bare = scope.symbols[expr.left.name].formula is None
        yield "up" if bare and expr.sign in _UP else "down" if bare and expr.sign in _DOWN else "?"
    else:
        yield "?"
