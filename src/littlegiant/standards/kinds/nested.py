"""`all:` and `any:`, groups of conditions of any kind."""

from littlegiant.standards.kinds.context import Context
from littlegiant.standards.kinds.logic import Junction, Logic
from littlegiant.standards.model import Rule


def lower_group(rule: Rule, id: str, context: Context) -> Logic:
    nodes = rule.all if rule.all is not None else rule.any
    assert nodes is not None
    parts = tuple(context.lower(node, f"{id}.{node.id}") for node in nodes)
    return Junction("all" if rule.all is not None else "any", parts, id)
