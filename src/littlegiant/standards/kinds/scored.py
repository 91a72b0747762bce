"""`score:`, points by ladders: first step met wins; unknown facts give an interval, not a zero."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from littlegiant.standards.kinds.context import Context
from littlegiant.standards.kinds.logic import Ladder, Points, Step
from littlegiant.standards.language import Expr
from littlegiant.standards.language import tree as t
from littlegiant.standards.model import Each, Indicator, Rung, Score

_SIGNS: dict[str, t.ComparisonSign] = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}


def lower_score(score: Score, context: Context) -> Points:
    return Points(
        tuple(_ladder(indicator, context) for indicator in score.indicators),
        tuple((name, group.max) for name, group in score.groups.items() if group.max is not None),
        tuple((name, group.at_least) for name, group in score.groups.items() if group.at_least is not None),
        score.pass_,
    )


def _ladder(indicator: Indicator, context: Context) -> Ladder:
    place = f"score.{indicator.id}"
    if indicator.each is not None:
        met = tuple(context.condition(text, place) for text in indicator.each.of)
        return Ladder(indicator.id, indicator.group, _counted(indicator.each, indicator.max, met), 0, indicator.max, False, met)
    measure = context.number(indicator.ladder, place) if indicator.ladder else None
    steps = tuple(Step(_condition(rung, measure, place, context), rung.points) for rung in indicator.rungs)
    plain = all(rung.when is None for rung in indicator.rungs)
    return Ladder(indicator.id, indicator.group, steps, indicator.otherwise, indicator.max, plain)


def _counted(each: Each, most: int | None, met: Sequence[Expr]) -> tuple[Step, ...]:
    """Return the steps of "so many points for each": at least k of n met, from the most that still adds points.

    "At least k" is written as the AND of any k of them; no condition is negated, so three values give just the points
    that some completion of the unknown facts reaches.
    """
    steps: dict[int, Step] = {}
    for count in range(1, len(met) + 1):
        points = count * each.points if most is None else min(count * each.points, most)
        if points not in steps:
            ways = [t.And(chosen) if count > 1 else chosen[0] for chosen in combinations(met, count)]
            steps[points] = Step(t.Or(tuple(ways)) if len(ways) > 1 else ways[0], points)
    return tuple(reversed(steps.values()))


def _condition(rung: Rung, measure: Expr | None, place: str, context: Context) -> Expr:
    if rung.when is not None:
        return context.condition(rung.when, place)
    assert measure is not None
    (name,) = [name for name in _SIGNS if getattr(rung, name) is not None]
    bound = getattr(rung, name)
    return t.Comparison(_SIGNS[name], measure, t.Number(Fraction(bound), str(bound)))
