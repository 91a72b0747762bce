"""`score:`, points by ladders: first step met wins; unknown facts give an interval, not a zero."""

from fractions import Fraction

from littlegiant.standards.kinds.context import Context
from littlegiant.standards.kinds.logic import Ladder, Points, Step
from littlegiant.standards.language import Expr
from littlegiant.standards.language import tree as t
from littlegiant.standards.model import Indicator, Rung, Score

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
    measure = context.number(indicator.ladder, place) if indicator.ladder else None
    steps = tuple(Step(_condition(rung, measure, place, context), rung.points) for rung in indicator.rungs)
    plain = all(rung.when is None for rung in indicator.rungs)
    return Ladder(indicator.id, indicator.group, steps, indicator.otherwise, indicator.max, plain)


def _condition(rung: Rung, measure: Expr | None, place: str, context: Context) -> Expr:
    if rung.when is not None:
        return context.condition(rung.when, place)
    assert measure is not None
    (name,) = [name for name in _SIGNS if getattr(rung, name) is not None]
    bound = getattr(rung, name)
    return t.Comparison(_SIGNS[name], measure, t.Number(Fraction(bound), str(bound)))
