"""From an award call and its options to rows and units: the words of the call become whole numbers.

Money is counted in the smallest unit of the currency, awards by one. A share becomes a row without a right-hand side: members
count (1 - share), everybody else -share, both times the denominator of the share. What may be carried from one year to the next
becomes units without benefit that free money of the later year and take it from the earlier one, in pieces of halves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from littlegiant.allocation.award import AwardCall, Fund, Limit
from littlegiant.allocation.building import check_rows, checked, ties
from littlegiant.allocation.instance import ABSENT, Factored, Floats, Instance, Ints, Loose, Row
from littlegiant.allocation.quota import Quota
from littlegiant.ledger.drawing import uniforms
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion

Term = tuple[str, Fraction]  # measure, weight
_PIECES = 16  # halvings of what may be carried over
_MOST_OPTIONS = 400


@dataclass(frozen=True)
class Counted:
    """A row with what it counts: terms for members of a group and for all others. kind: fund, limit, quota or additionality."""

    row: Row
    kind: str
    members: npt.NDArray[np.bool_]  # by cell of attributes
    inside: tuple[Term, ...]
    outside: tuple[Term, ...] = ()


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


@dataclass(frozen=True)
class OptionTable:
    """What a problem needs of `options.parquet`, as arrays of cases by packages. benefit: ABSENT where an option is not offered.
    measures: what options use, 0 where they are not offered. attributes: texts by case, for groups."""

    cases: tuple[str, ...]
    packages: tuple[str, ...]
    undertaking: npt.NDArray[np.object_]
    benefit: Ints
    measures: Mapping[str, Ints]
    attributes: Mapping[str, npt.NDArray[np.str_]]
    received: Ints | None = None  # by case: small aid that its undertaking had before, in the smallest unit

    @property
    def count(self) -> int:
        return len(self.cases)


def read_options(path: Path, attributes: Mapping[str, npt.NDArray[np.str_]]) -> OptionTable:
    """Return the table of an appraisal; its rows stand in the order of case and package, every case with every package."""
    file = pq.ParquetFile(path)
    held = [name for name in file.schema_arrow.names if name not in ("cost_before", "cost_after")]
    names = [name for name in held if name.startswith(("paid_", "cost_"))]
    table = file.read(
        columns=["case", "package", "undertaking", "benefit", "committed", "gross", "additional", "small_received", *names]
    )
    packages = sorted(pc.unique(table["package"]).to_pylist())
    width = max(1, len(packages))
    count = table.num_rows // width
    firsts = pa.array(np.arange(count) * width)
    benefit = _square(table["benefit"].fill_null(ABSENT), count, width)
    measures = {name: _square(table[name].fill_null(0), count, width) for name in ("committed", "gross", "additional", *names)}
    measures["awards"] = (benefit != ABSENT).astype(np.int64)
    for amounts in measures.values():
        amounts[benefit == ABSENT] = 0
    undertaking = np.array(table["undertaking"].take(firsts).to_pylist(), np.object_)
    received = _square(table["small_received"].fill_null(0), count, width)[:, 0]
    return OptionTable(
        tuple(table["case"].take(firsts).to_pylist()), tuple(packages), undertaking, benefit, measures, attributes, received
    )


def _square(column: pa.ChunkedArray, count: int, width: int) -> Ints:
    return np.array(column.combine_chunks().to_numpy(zero_copy_only=False), np.int64).reshape(count, width)


def problem_of(
    call: AwardCall, table: OptionTable, quotas: Sequence[Quota], *, minor: int, tie: npt.ArrayLike | None = None
) -> CallProblem:
    """Return the problem of a call. tie: a number in [0, 1) by case, from the draw."""
    drawn = ties(table.count, tie)
    attributes = _attributes(call, table)
    cells, cell = _cells(table, attributes)
    counted = _counted(call, table, quotas, cells, minor)
    problems = check_rows([each.row for each in counted])
    if problems:
        raise LittleGiantError(problems)
    several = _several(table)
    single = np.flatnonzero(~several)
    order = np.argsort(cell[single], kind="stable")
    measures = sorted({name for each in counted for name, _ in (*each.inside, *each.outside)})
    factored = _factored(table, counted, measures, cell, single[order], len(cells))
    loose, meaning = _undertakings(call, table, counted, cell, np.flatnonzero(several), minor)
    carried, pieces = _carry_over(call, counted, minor)
    whole = _joined(loose, pieces)
    origin = np.concatenate([order, len(single) + np.arange(len(whole), dtype=np.int64)]).astype(np.int64)
    firsts = [options[0][0][0] if options else 0 for options in meaning]
    tied = np.concatenate(
        [drawn[single[order]], drawn[np.array(firsts, np.int64)], np.full(len(pieces), 1 - 2.0**-53)]
    )  # last in every draw
    rows = tuple(each.row for each in counted)
    instance = checked(Instance(rows, factored, whole if len(whole) else None, origin, tied))
    return CallProblem(instance, counted, table.cases, table.packages, single, meaning, carried, cell, drawn)


# --- groups ---------------------------------------------------------------------------------------------------------------


def _attributes(call: AwardCall, table: OptionTable) -> list[str]:
    """Return what the call groups by; raises for a name or a value that no case has and the register does not know."""
    problems: list[Problem] = []
    used: set[str] = set()
    for limit in call.limits:
        for name, value in limit.where.items():
            known = table.attributes.get(name)
            if known is None:
                remedy = suggestion(name, table.attributes) or f"Known: {', '.join(sorted(table.attributes))}."
                problems.append(Problem(f"limit {limit.limit}", f"no attribute {name!r}", "", remedy, "unknown-name"))
                continue
            used.add(name)
            there = set(known.tolist())
            for each in (value,) if isinstance(value, str) else value:
                if each not in there:
                    remedy = suggestion(each, there) or "No case has it; correct the value or leave the limit out."
                    problems.append(Problem(f"limit {limit.limit}", f"no case with {name} {each!r}", "", remedy, "unknown-value"))
    if call.quotas is not None:
        if call.quotas.by not in table.attributes:
            remedy = suggestion(call.quotas.by, table.attributes)
            problems.append(Problem("quotas", f"no attribute {call.quotas.by!r}", "", remedy, "unknown-name"))
        used.add(call.quotas.by)
    if problems:
        raise LittleGiantError(problems)
    return sorted(used)


def _cells(table: OptionTable, attributes: Sequence[str]) -> tuple[list[dict[str, str]], Ints]:
    """Return the combinations of attributes that occur, and that of each case."""
    if not attributes:
        return [{}], np.zeros(table.count, np.int64)
    code = np.zeros(table.count, np.int64)
    values: list[Any] = []
    for name in attributes:
        known, at = np.unique(table.attributes[name], return_inverse=True)
        code = code * len(known) + at
        values.append(known)
    codes, cell = np.unique(code, return_inverse=True)
    cells = []
    for each in codes.tolist():
        found: dict[str, str] = {}
        for name, known in zip(reversed(attributes), reversed(values), strict=True):
            each, at = divmod(each, len(known))
            found[name] = str(known[at])
        cells.append(found)
    return cells, cell.astype(np.int64)


def _member(cells: Sequence[Mapping[str, str]], where: Mapping[str, str | tuple[str, ...]]) -> npt.NDArray[np.bool_]:
    def fits(cell: Mapping[str, str]) -> bool:
        return all(cell[name] in ((value,) if isinstance(value, str) else value) for name, value in where.items())

    return np.array([fits(cell) for cell in cells], np.bool_)


# --- rows -----------------------------------------------------------------------------------------------------------------


def _counted(
    call: AwardCall, table: OptionTable, quotas: Sequence[Quota], cells: Sequence[Mapping[str, str]], minor: int
) -> tuple[Counted, ...]:
    every = np.ones(len(cells), np.bool_)
    found = [each for fund in call.funds for each in _fund_rows(call, fund, table, every, minor)]
    for limit in call.limits:
        found += _limit_rows(limit, table, _member(cells, limit.where), minor)
    if call.quotas is not None:
        of, by = call.quotas.of, call.quotas.by
        named = {quota.group for quota in quotas}
        strange = sorted({cell[by] for cell in cells} - named)
        if strange:
            more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
            told = f"no quota for {by} {strange[0] or 'unknown'}{more}, which cases have"
            remedy = "Add the row, with 0 where nothing is meant."
            refuse(call.quotas.file, told, "a row for every group", remedy, code="no-quota")
        factor = minor if of == "money" else 1
        terms = _terms(of, None, table)
        for quota in quotas:
            row = Row(f"quota {quota.group}", _whole(quota.at_least, factor) or None, _whole(quota.at_most, factor), _unit(of))
            found.append(Counted(row, "quota", _member(cells, {by: quota.group}), terms))
    if call.additionality is not None:
        share = Fraction(str(call.additionality))
        terms = (("additional", Fraction(share.denominator)), ("gross", Fraction(-share.numerator)))
        found.append(Counted(Row("additionality", 0, None, "money"), "additionality", every, terms))
    return tuple(found)


def _fund_rows(call: AwardCall, fund: Fund, table: OptionTable, every: npt.NDArray[np.bool_], minor: int) -> list[Counted]:
    free = {year: fund.budget[year] - fund.committed.get(year, 0.0) for year in sorted(fund.budget)}
    if fund.counts == "expected":
        name = f"cost_{fund.level}"
        if name not in table.measures:
            refuse(
                f"fund {fund.fund}", f"no package costs the level {fund.level!r} anything", "", "Correct `level:`.", code="unused"
            )
        row = Row(f"{fund.fund}", None, _whole(sum(free.values()), minor), "money")
        return [Counted(row, "fund", every, ((name, Fraction(1)),))]
    prefix = f"paid_{fund.level}_"
    years = sorted(int(name[len(prefix) :]) for name in table.measures if name.startswith(prefix))
    if not years:
        refuse(f"fund {fund.fund}", f"no package pays from the level {fund.level!r}", "", "Correct `level:`.", code="unused")
    rows = []
    for after in years:
        year = call.first_year + after
        if year not in free:
            remedy = "Give the year a budget, or pay the package in other years."
            found = f"packages pay in {year}, for which it has no budget"
            refuse(f"fund {fund.fund}", found, f"a budget of {year}", remedy, code="no-budget")
        row = Row(f"{fund.fund} {year}", None, _whole(free[year], minor), "money")
        rows.append(Counted(row, "fund", every, ((f"{prefix}{after}", Fraction(1)),)))
    if fund.authority is not None:
        terms = tuple((f"{prefix}{after}", Fraction(1)) for after in years)
        rows.append(Counted(Row(f"{fund.fund} authority", None, _whole(fund.authority, minor), "money"), "fund", every, terms))
    return rows


def _limit_rows(limit: Limit, table: OptionTable, members: npt.NDArray[np.bool_], minor: int) -> list[Counted]:
    terms = _terms(limit.of, limit.level, table)
    if not terms:
        refuse(f"limit {limit.limit}", f"no package pays from the level {limit.level!r}", "", "Correct `level:`.", code="unused")
    factor = 1 if limit.of == "awards" else minor
    found = []
    if limit.at_least is not None or limit.at_most is not None:
        least = None if limit.at_least is None else _whole(limit.at_least, factor)
        most = None if limit.at_most is None else _whole(limit.at_most, factor)
        found.append(Counted(Row(limit.limit, least, most, _unit(limit.of)), "limit", members, terms))
    for share, side in ((limit.at_least_share, "least"), (limit.at_most_share, "most")):
        if share is not None:
            part = Fraction(str(share))
            inside = tuple((name, weight * (part.denominator - part.numerator)) for name, weight in terms)
            outside = tuple((name, -weight * part.numerator) for name, weight in terms)
            name = f"{limit.limit} share" if side == "least" else f"{limit.limit} share at most"
            row = Row(name, 0 if side == "least" else None, 0 if side == "most" else None, _unit(limit.of))
            found.append(Counted(row, "limit", members, inside, outside))
    return found


def _terms(of: str, level: str | None, table: OptionTable) -> tuple[Term, ...]:
    """Return the measures that the words of a limit add up."""
    if of == "awards":
        return (("awards", Fraction(1)),)
    if of == "committed":
        return (("committed", Fraction(1)),)
    prefix = "paid_" if of == "money" else "cost_"
    names = [name for name in table.measures if name.startswith(prefix if level is None else f"{prefix}{level}")]
    return tuple((name, Fraction(1)) for name in sorted(names))


def _whole(amount: float, factor: int) -> int:
    return round(Fraction(str(amount)) * factor)


def _unit(of: str) -> str:
    return "awards" if of == "awards" else "money"


# --- units ----------------------------------------------------------------------------------------------------------------


def _several(table: OptionTable) -> npt.NDArray[np.bool_]:
    """Return which cases share an undertaking with another."""
    _, at, count = np.unique(table.undertaking.astype(np.str_), return_inverse=True, return_counts=True)
    return np.asarray(count[at] > 1, np.bool_)


def _factored(
    table: OptionTable, counted: Sequence[Counted], measures: Sequence[str], cell: Ints, cases: Ints, cells: int
) -> Factored:
    place = {name: at for at, name in enumerate(measures)}
    slots = len(table.packages)
    slot_start, slot_measure, amounts = [0], [], []
    for t in range(slots):
        for name in measures:
            own = table.measures[name][cases, t]
            if own.any():
                slot_measure.append(place[name])
                amounts.append(own)
        slot_start.append(len(slot_measure))
    entries: list[list[tuple[int, int, int]]] = [[] for _ in range(cells)]
    for k, each in enumerate(counted):
        for c in range(cells):
            for name, weight in each.inside if each.members[c] else each.outside:
                entries[c].append((k, place[name], int(weight)))
    flat = np.array([entry for own in entries for entry in own], np.int64).reshape(-1, 3)
    small = max([0, *(int(np.abs(own).max()) for own in amounts), int(table.benefit.max(initial=0))]) < 2**30
    kind = np.int32 if small else np.int64
    return Factored(
        cell[cases].astype(np.int32),
        np.array(slot_start, np.int32),
        np.array(slot_measure, np.int32),
        np.ascontiguousarray(table.benefit[cases].T.astype(kind)),
        np.ascontiguousarray(np.stack(amounts).astype(kind)) if amounts else np.zeros((0, len(cases)), kind),
        np.cumsum([0, *(len(own) for own in entries)]).astype(np.int32),
        flat[:, 0].astype(np.int32),
        flat[:, 1].astype(np.int32),
        flat[:, 2].copy(),
        len(measures),
    )


def _uses(table: OptionTable, counted: Sequence[Counted], cell: Ints, case: int, package: int) -> dict[int, int]:
    uses = {}
    for k, each in enumerate(counted):
        terms = each.inside if each.members[cell[case]] else each.outside
        use = sum(int(weight) * int(table.measures[name][case, package]) for name, weight in terms)
        if use:
            uses[k] = use
    return uses


def _undertakings(
    call: AwardCall, table: OptionTable, counted: Sequence[Counted], cell: Ints, cases: Ints, minor: int
) -> tuple[Loose, tuple[tuple[tuple[tuple[int, int], ...], ...], ...]]:
    """Return one unit for each undertaking with several cases: every lawful combination of its options."""
    groups: dict[str, list[int]] = {}
    for case in cases.tolist():
        groups.setdefault(str(table.undertaking[case]), []).append(case)
    cap = None if call.law.small_aid is None else round(call.law.small_aid * minor)
    units, meaning = [], []
    for name in sorted(groups):
        offered = [(case, p) for case in groups[name] for p in range(len(table.packages)) if table.benefit[case, p] != ABSENT]
        combinations: list[tuple[tuple[int, int], ...]] = [()]
        for case in groups[name]:
            own = [each for each in offered if each[0] == case]
            combinations += [
                (*before, each) for before in combinations for each in own if len(before) < call.law.awards_per_undertaking
            ]
            if len(combinations) > _MOST_OPTIONS:
                found = f"{len(combinations)} combinations of awards"
                refuse(
                    f"undertaking {name}", found, f"at most {_MOST_OPTIONS}", "Lower `awards_per_undertaking:`.", code="too-many"
                )
        before = 0 if table.received is None else int(table.received[groups[name][0]])
        lawful = [
            each for each in combinations[1:]
            if cap is None or before + sum(int(table.measures["gross"][case, p]) for case, p in each) <= cap
        ]  # fmt: skip
        options = []
        for each in lawful:
            uses: dict[int, int] = {}
            for case, p in each:
                for k, use in _uses(table, counted, cell, case, p).items():
                    uses[k] = uses.get(k, 0) + use
            options.append((sum(int(table.benefit[case, p]) for case, p in each), uses))
        units.append(options)
        meaning.append(tuple(lawful))
    return _loose(units), tuple(meaning)


def _carry_over(call: AwardCall, counted: Sequence[Counted], minor: int) -> tuple[tuple[tuple[str, int, int], ...], Loose]:
    """Return what may be carried from year to year in pieces: half of it, a quarter, an eighth …"""
    number = {each.row.id: k for k, each in enumerate(counted)}
    units: list[list[tuple[int, dict[int, int]]]] = []
    carried: list[tuple[str, int, int]] = []
    for fund in call.funds:
        for year in sorted(fund.budget):
            here, later = number.get(f"{fund.fund} {year}"), number.get(f"{fund.fund} {year + 1}")
            left = _whole(fund.budget[year] * fund.carry_over, minor) if here is not None and later is not None else 0
            for piece in range(_PIECES):
                amount = left if piece == _PIECES - 1 else (left + 1) // 2
                left -= amount
                if amount:
                    units.append([(0, {here: amount, later: -amount})])  # type: ignore[dict-item]
                    carried.append((fund.fund, year, amount))
    return tuple(carried), _loose(units)


def _loose(units: Sequence[Sequence[tuple[int, Mapping[int, int]]]]) -> Loose:
    option_start, use_start = [0], [0]
    benefit: list[int] = []
    row: list[int] = []
    use: list[int] = []
    slot: list[int] = []
    for options in units:
        for at, (worth, uses) in enumerate(options):
            benefit.append(worth)
            slot.append(at)
            for k in sorted(uses):
                row.append(k)
                use.append(uses[k])
            use_start.append(len(row))
        option_start.append(len(benefit))
    return Loose(
        np.array(option_start, np.int64), np.array(benefit, np.int64), np.array(use_start, np.int64), np.array(row, np.int32),
        np.array(use, np.int64), np.array(slot, np.int32),
    )  # fmt: skip


def _joined(a: Loose, b: Loose) -> Loose:
    return Loose(
        np.concatenate([a.option_start, a.option_start[-1] + b.option_start[1:]]),
        np.concatenate([a.benefit, b.benefit]),
        np.concatenate([a.use_start, a.use_start[-1] + b.use_start[1:]]),
        np.concatenate([a.row, b.row]),
        np.concatenate([a.use, b.use]),
        np.concatenate([a.slot, b.slot]),
    )


def drawn_by_case(seed: bytes, cases: Sequence[str]) -> Floats:
    """Return the tie number of each case from the seed of the draw."""
    return uniforms(seed, cases)
