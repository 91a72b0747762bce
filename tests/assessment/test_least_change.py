"""The advice is the least change: a solver over exact rationals, free to move the same facts, finds nothing cheaper."""

from datetime import date
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from littlegiant.assessment import Judge, assess
from littlegiant.assessment.advice import Advice, advise
from littlegiant.assessment.lookup import case_of
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.packs import open_pack
from littlegiant.register import open_register, synthesise
from littlegiant.standards import Compiled, Item, compile_applying
from littlegiant.standards.analysis.solver import Asker

PACK, DAY, YEAR = open_pack("cn"), date(2026, 5, 25), 2025
FREE: tuple[tuple[str, ...], ...] = (
    ("rd_expense",),
    ("rd_expense", "liabilities"),
    ("staff", "rd_expense"),
    ("class_one_rights", "class_two_rights", "rd_expense"),
)


def can_pass(asker: Asker, case: CaseFacts, free: dict[Item, Fraction], below: Fraction | None) -> bool:
    """Say whether the case can pass with the `free` facts moved, their relative changes together less than `below`."""
    z3, variables = asker.z3, asker.variables
    solver = z3.Solver(ctx=variables.context)
    solver.add(*variables.domain, asker.encoded[0].whole.yes)
    total = variables.rational(Fraction(0))
    for item in asker.items:
        variable = variables.by_item[item]
        if item not in free:
            value: Any = case.value(item)
            if item.kind == "text":
                value = max(variables.texts[item], key=lambda known: (value.startswith(known), len(known)))
            solver.add(variable == asker._constant(item, Fraction(value) if item.kind == "number" else value))
            continue
        now = variables.rational(free[item])
        total = total + z3.If(variable >= now, variable - now, now - variable) / now
    if below is not None:
        solver.add(total < variables.rational(below))
    answer = str(solver.check())
    assert answer in ("sat", "unsat")
    return answer == "sat"


def known(case: CaseFacts, compiled: Compiled) -> bool:
    return all(case.value(item) is not None for item in compiled.items if item.source == "fact")


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Compiled, list[CaseFacts]]:
    path = tmp_path_factory.mktemp("advice") / "register"
    synthesise(PACK, path, firms=4000, years=(2023, 2024, 2025), seed=11)
    compiled = compile_applying(PACK, "innovative-sme", on=DAY, application="new", version=None)
    judged = assess(open_register(path), compiled, year=YEAR)
    refused = [row["case"] for row in judged.table.to_pylist() if row["outcome"] == "ineligible"]
    cases = (case_of(judged.subjects(), firm)[0] for firm in refused)
    return compiled, list(islice((case for case in cases if known(case, compiled)), 50))


@pytest.mark.slow
def test_nothing_cheaper_exists_on_a_sample(firms: tuple[Compiled, list[CaseFacts]]) -> None:
    compiled, cases = firms
    judge, asker = Judge(compiled), Asker([compiled], PACK.facts, limit=10)
    agreed = advised = 0
    for number, case in enumerate(cases):
        names = FREE[number % len(FREE)]
        free = {item: Fraction(case.value(item)) for item in asker.items if item.name in names and item.back == 0}
        if not free or not all(free.values()):
            continue
        found: Advice | None = advise(case, judge, PACK, movable=dict.fromkeys(names, True))[1]
        assert (found is not None) == can_pass(asker, case, free, None), (case.case, names)
        agreed += 1
        if found is None:
            continue
        # Amounts are held to the smallest unit: the advice may be dearer than the exact optimum by its rounding, no more.
        grain = sum(Fraction(2, compiled.scope.symbols[item.name].scale) / now for item, now in free.items())
        assert not can_pass(asker, case, free, found.cost - grain), (case.case, names, found)
        assert can_pass(asker, case, free, found.cost + grain), (case.case, names, found)
        advised += 1
    assert agreed >= 20
    assert advised >= 5
