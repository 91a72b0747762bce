"""`size_class:`, small and medium by a table of industries: below any one limit of its industry is enough.

Limits are exclusive. A sector that no row names leaves the class unknown: the table does not speak of it.
"""

from fractions import Fraction

from littlegiant.problems import refuse, suggestion
from littlegiant.standards.kinds.context import Context, cut
from littlegiant.standards.kinds.logic import Arm, Bands, Logic
from littlegiant.standards.language import Expr, check_types
from littlegiant.standards.language import tree as t
from littlegiant.standards.model import IndustryRow, Rule


def lower_size_class(rule: Rule, id: str, context: Context) -> Logic:
    assert rule.size_class is not None
    table = context.size_tables.get(rule.size_class.table)
    if table is None:
        known = context.size_tables
        remedy = suggestion(rule.size_class.table, known) or f"Known: {', '.join(known)}."
        refuse(context.place(id), f"no size table {rule.size_class.table!r}", "", remedy, code="unknown-document")
    sector = t.Name(table.sector)
    arms = tuple(Arm(_in_industry(sector, row), cut(_below_a_limit(row))) for row in table.industries)
    for arm in arms:
        check_types(arm.condition, context.scope, context.place(id))
    return Bands(sector, arms, open_ended=True, slot=id)


def _in_industry(sector: Expr, row: IndustryRow) -> Expr:
    tests = tuple(t.StartsWith(sector, prefix) for prefix in row.sectors)
    return tests[0] if len(tests) == 1 else t.Or(tests)


def _below_a_limit(row: IndustryRow) -> Expr:
    tests = tuple(t.Comparison("<", t.Name(name), t.Number(Fraction(limit), str(limit))) for name, limit in row.sme_below.items())
    return tests[0] if len(tests) == 1 else t.Or(tests)
