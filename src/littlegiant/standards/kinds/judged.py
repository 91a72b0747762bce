"""`judgement:`, a finding that people or an outside body make; typed evidence, never computed here."""

from littlegiant.problems import refuse, suggestion
from littlegiant.standards.kinds.context import Context
from littlegiant.standards.kinds.logic import Atom, Logic
from littlegiant.standards.language import tree as t
from littlegiant.standards.model import Rule


def lower_judgement(rule: Rule, id: str, context: Context) -> Logic:
    assert rule.judgement is not None
    symbol = context.scope.symbols.get(rule.judgement)
    if symbol is None or symbol.source != "finding" or symbol.kind != "boolean":
        known = [s.name for s in context.scope.symbols.values() if s.source == "finding" and s.kind == "boolean"]
        remedy = suggestion(rule.judgement, known) or "Declare it under `findings:` with type yes_no."
        refuse(context.place(id), f"no yes_no finding {rule.judgement!r}", "", remedy, code="unknown-name")
    return Atom(t.Name(rule.judgement), id)
