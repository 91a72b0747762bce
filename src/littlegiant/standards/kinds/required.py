"""`require:`, a condition in the expression language."""

from littlegiant.standards.kinds.context import Context, cut
from littlegiant.standards.kinds.logic import Logic
from littlegiant.standards.model import Rule


def lower_requirement(rule: Rule, id: str, context: Context) -> Logic:
    assert rule.require is not None
    return cut(context.condition(rule.require, id), id)
