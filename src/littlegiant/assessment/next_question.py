"""The question whose answer is worth most: likeliest to settle the case, judged by how such answers lie in a register.

For each open item the values that firms of the register have are put in, one after the other, and the same query judges
them all. What counts is the share of answers that would settle the outcome, then how much would be left to ask. Values
are drawn as the firms of the register have them, each item for itself: firms that differ from the register, or items that
hang together, make the order less good, never the outcome.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from littlegiant.assessment.judging import Judge, Judged
from littlegiant.assessment.lookup import case_facts
from littlegiant.assessment.relation import Subjects, empty_findings
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.engines import DuckDBEngine
from littlegiant.register import Register
from littlegiant.standards import Compiled, Item

SAMPLE = 200
MOST_VALUES = 40  # an item's values beyond these are taken at even steps of their order


@dataclass(frozen=True, slots=True)
class Worth:
    """What an answer about `item` is expected to do. `settles` and `left` are None where the register knows no values."""

    item: Item
    settles: Fraction | None  # share of the likely answers after which the outcome is decided
    left: Fraction | None  # items still needed after a likely answer, on average


class Likely:
    """The answers that firms of a register would give, from `sample` firms picked by the digest of their ids."""

    def __init__(self, register: Register, compiled: Compiled, *, year: int, sample: int = SAMPLE) -> None:
        subjects = Subjects(register, compiled, year, empty_findings())
        engine = DuckDBEngine(threads=1)
        subjects.bind(engine)
        picked = f'SELECT * FROM ({subjects.relation()}) ORDER BY md5("case"), "case" LIMIT {sample}'
        rows = [row for batch in engine.read(f"SELECT * FROM ({picked})", order=('"case"',)) for row in batch.to_pylist()]
        engine.close()
        self._firms = [case_facts(subjects, row) for row in rows]

    def values(self, item: Item) -> list[tuple[Any, int]]:
        """Return the values of `item` with how many firms have them, in order; empty where nobody has one."""
        if item.is_finding:
            return []
        counted = sorted(Counter(value for firm in self._firms if (value := firm.value(item)) is not None).items())
        if len(counted) <= MOST_VALUES:
            return counted
        every = [value for value, count in counted for _ in range(count)]
        return sorted(Counter(every[(2 * n + 1) * len(every) // (2 * MOST_VALUES)] for n in range(MOST_VALUES)).items())


def rank_questions(case: CaseFacts, judged: Judged, judge: Judge, likely: Likely) -> list[Worth]:
    """Return the items that `judged` needs, the one worth most first; without values in the register last, as listed."""
    items = [item for item in judge.compiled.items if item.id in judged.needed]
    order = {id: number for number, id in enumerate(judged.needed)}
    trials: list[CaseFacts] = []
    weights: list[tuple[Item, int]] = []
    for item in items:
        for value, count in likely.values(item):
            trials.append(case.with_value(item, value, name=f"{case.case}\x00{len(trials)}"))
            weights.append((item, count))
    results = judge.judge(trials) if trials else []
    worths = [_worth(item, [(r, count) for r, (of, count) in zip(results, weights, strict=True) if of == item]) for item in items]
    return sorted(worths, key=lambda w: (-(w.settles if w.settles is not None else -1), w.left or 0, order[w.item.id]))


def _worth(item: Item, answers: Sequence[tuple[Judged, int]]) -> Worth:
    total = sum(count for _, count in answers)
    if not total:
        return Worth(item, None, None)
    settled = sum(count for result, count in answers if result.outcome != "undetermined")
    return Worth(item, Fraction(settled, total), Fraction(sum(len(result.needed) * count for result, count in answers), total))
