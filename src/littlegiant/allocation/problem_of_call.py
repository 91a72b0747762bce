"""From an award call and its options to an instance, and back from a choice to the packages of cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.building import check_rows, checked, ties
from littlegiant.allocation.call_rows import Counted, attributes_used, cells_of, counted_rows
from littlegiant.allocation.call_units import carry_over, factored_units, in_several, undertaking_units
from littlegiant.allocation.instance import ABSENT, Floats, Instance, Ints, joined
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.quota import Quota
from littlegiant.ledger.drawing import uniforms
from littlegiant.problems import LittleGiantError


@dataclass(frozen=True)
class CallProblem:
    """instance: units are cases, undertakings with several cases, and carry-over. cases, packages: names by number.
    meaning: for each loose unit and option the cases and packages it stands for. carried: for units without benefit, the fund,
    the year and the amount."""

    instance: Instance
    counted: tuple[Counted, ...]
    cases: tuple[str, ...]
    packages: tuple[str, ...]
    single: Ints  # case numbers of the factored units, in the order in which units were given
    meaning: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
    carried: tuple[tuple[str, int, int], ...]
    cell: Ints  # by case: its combination of attributes, as `members` of a row counts them
    tie: Floats  # by case, from the draw

    def with_benefits(self, benefit: Ints) -> Instance:
        """Return the instance with other benefits, shape (cases, packages); ABSENT takes an option away."""
        factored, loose = self.instance.factored, self.instance.loose
        assert factored is not None
        cases = self.single[self.instance.origin[: len(factored)]]
        own = benefit[cases].T
        kind = np.int64 if own.max(initial=0) >= 2**30 else factored.benefit.dtype
        amount = factored.amount.copy()
        for t in range(len(own)):
            amount[factored.slot_start[t] : factored.slot_start[t + 1], own[t] == ABSENT] = 0
        factored = replace(factored, benefit=np.ascontiguousarray(own.astype(kind)), amount=amount.astype(kind))
        if loose is not None and self.meaning:
            worth = [
                ABSENT if any(benefit[each] == ABSENT for each in option) else sum(int(benefit[each]) for each in option)
                for options in self.meaning
                for option in options
            ]
            rest = loose.benefit[len(worth) :]
            loose = replace(loose, benefit=np.concatenate([np.array(worth, np.int64), rest]))
        return replace(self.instance, factored=factored, loose=loose)

    def with_rows(self, bounds: Mapping[int, tuple[int | None, int | None]]) -> Instance:
        """Return the instance with other floors and ceilings, by row number."""
        rows = list(self.instance.rows)
        for k, (floor, ceiling) in bounds.items():
            rows[k] = replace(rows[k], floor=floor, ceiling=ceiling)
        return replace(self.instance, rows=tuple(rows))

    def packages_of(self, chosen: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Return the package number of every case, -1 for none, from a choice in the order given."""
        result = np.full(len(self.cases), -1, np.int32)
        result[self.single] = chosen[: len(self.single)]
        for number, options in enumerate(self.meaning):
            option = chosen[len(self.single) + number]
            if option >= 0:
                for case, package in options[option]:
                    result[case] = package
        return result


def problem_of(
    call: AwardCall, table: OptionTable, quotas: Sequence[Quota], *, minor: int, tie: npt.ArrayLike | None = None
) -> CallProblem:
    """Return the problem of a call. tie: a number in [0, 1) by case, from the draw."""
    drawn = ties(table.count, tie)
    attributes = attributes_used(call, table)
    cells, cell = cells_of(table, attributes)
    counted = counted_rows(call, table, quotas, cells, minor)
    problems = check_rows([each.row for each in counted])
    if problems:
        raise LittleGiantError(problems)
    several = in_several(table)
    single = np.flatnonzero(~several)
    order = np.argsort(cell[single], kind="stable")
    measures = sorted({name for each in counted for name, _ in (*each.inside, *each.outside)})
    factored = factored_units(table, counted, measures, cell, single[order], len(cells))
    loose, meaning = undertaking_units(call, table, counted, cell, np.flatnonzero(several), minor)
    carried, pieces = carry_over(call, counted, minor)
    whole = joined(loose, pieces)
    origin = np.concatenate([order, len(single) + np.arange(len(whole), dtype=np.int64)]).astype(np.int64)
    firsts = [options[0][0][0] if options else 0 for options in meaning]
    tied = np.concatenate(
        [drawn[single[order]], drawn[np.array(firsts, np.int64)], np.full(len(pieces), 1 - 2.0**-53)]
    )  # last in every draw
    rows = tuple(each.row for each in counted)
    instance = checked(Instance(rows, factored, whole if len(whole) else None, origin, tied))
    return CallProblem(instance, counted, table.cases, table.packages, single, meaning, carried, cell, drawn)


def drawn_by_case(seed: bytes, cases: Sequence[str]) -> Floats:
    """Return the tie number of each case from the seed of the draw."""
    return uniforms(seed, cases)
