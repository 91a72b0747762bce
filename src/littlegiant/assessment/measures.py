"""Measures on request: the numbers behind the conditions, for every case."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pyarrow as pa

from littlegiant.assessment.lookup import case_facts
from littlegiant.assessment.tree_values import TreeValues
from littlegiant.assessment.whole_register import Assessment
from littlegiant.engines import DuckDBEngine
from littlegiant.problems import refuse, suggestion
from littlegiant.standards.language import tree as t

_PLACES = Decimal("0.000000000001")
_TYPE = pa.decimal128(38, 12)


def measures(assessment: Assessment, names: Sequence[str]) -> pa.Table:
    """Return one row a case: its id and the measures called `names`, computed exactly, then rounded to 12 decimals.

    Raises for a name that the standard does not know, and for a fact that none of its conditions reads.
    """
    compiled = assessment.compiled
    known = [name for name, symbol in compiled.scope.symbols.items() if symbol.kind == "number" and symbol.source != "parameter"]
    for name in names:
        if name not in known:
            refuse(
                name,
                f"no measure {name!r}",
                "",
                suggestion(name, known) or f"Known: {', '.join(sorted(known))}.",
                code="unknown-name",
            )
        unread = [item.id for item in compiled.scope.items(t.Name(name)) if item not in compiled.items]
        if unread:
            refuse(name, f"{', '.join(unread)}, which no condition reads", "a measure that the standard uses", code="unread")
    subjects, engine = assessment.subjects(), DuckDBEngine()
    subjects.bind(engine)
    cases: list[str] = []
    columns: dict[str, list[Decimal | None]] = {name: [] for name in names}
    for batch in engine.read(f"SELECT * FROM ({subjects.relation((None, None))})", order=('"case"',)):
        for row in batch.to_pylist():
            values = TreeValues(compiled, case_facts(subjects, row))
            cases.append(row["case"])
            for name, column in columns.items():
                column.append(_rounded(values.number(t.Name(name))))
    engine.close()
    return pa.table({"case": pa.array(cases, pa.string()), **{name: pa.array(column, _TYPE) for name, column in columns.items()}})


def _rounded(value: object) -> Decimal | None:
    if not isinstance(value, Fraction):
        return None
    with localcontext() as context:
        context.prec = 60
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_PLACES, ROUND_HALF_EVEN)
