"""`by_band:`, which set of conditions applies depends on the band in which a number lies."""

from fractions import Fraction

from littlegiant.standards.kinds.context import Context
from littlegiant.standards.kinds.logic import Arm, Bands, Logic
from littlegiant.standards.language import Expr
from littlegiant.standards.language import tree as t
from littlegiant.standards.model import Band, Rule


def lower_bands(rule: Rule, id: str, context: Context) -> Logic:
    assert rule.by_band is not None
    selector = context.number(rule.by_band.measure, id)
    arms = tuple(Arm(_inside(selector, band), context.lower(band, f"{id}.{band.id}")) for band in rule.by_band.bands)
    return Bands(selector, arms, slot=id)


def _inside(selector: Expr, band: Band) -> Expr:
    """Return the condition of a band: the lower end belongs to it, the upper end does not."""
    ends: list[Expr] = []
    if band.from_ is not None:
        ends.append(t.Comparison(">=", selector, t.Number(Fraction(band.from_), str(band.from_))))
    if band.below is not None:
        ends.append(t.Comparison("<", selector, t.Number(Fraction(band.below), str(band.below))))
    return ends[0] if len(ends) == 1 else t.And(tuple(ends))
