"""The rows of an award call: the words of funds, limits and quotas become whole numbers.

Money is counted in the smallest unit of the currency, awards by one. A share becomes a row without a right-hand side: members
count (1 - share), everybody else -share, both times the denominator of the share, in steps that divide all amounts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.award import AwardCall, Fund, Limit
from littlegiant.allocation.instance import Ints, Row
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.quota import Quota
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion

Term = tuple[str, Fraction]  # measure, weight


@dataclass(frozen=True)
class Counted:
    """A row with what it counts: terms for members of a group and for all others. kind: fund, limit, quota or additionality."""

    row: Row
    kind: str
    members: npt.NDArray[np.bool_]  # by cell of attributes
    inside: tuple[Term, ...]
    outside: tuple[Term, ...] = ()


def attributes_used(call: AwardCall, table: OptionTable) -> list[str]:
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


def cells_of(table: OptionTable, attributes: Sequence[str]) -> tuple[list[dict[str, str]], Ints]:
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


def counted_rows(
    call: AwardCall, table: OptionTable, quotas: Sequence[Quota], cells: Sequence[Mapping[str, str]], minor: int
) -> tuple[Counted, ...]:
    """Return every row of the call with what it counts; `cells`: the combinations of attributes that occur."""
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
            row = Row(f"quota {quota.group}", whole(quota.at_least, factor) or None, whole(quota.at_most, factor), _unit(of))
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
        row = Row(f"{fund.fund}", None, whole(sum(free.values()), minor), "money")
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
        row = Row(f"{fund.fund} {year}", None, whole(free[year], minor), "money")
        rows.append(Counted(row, "fund", every, ((f"{prefix}{after}", Fraction(1)),)))
    if fund.authority is not None:
        terms = tuple((f"{prefix}{after}", Fraction(1)) for after in years)
        rows.append(Counted(Row(f"{fund.fund} authority", None, whole(fund.authority, minor), "money"), "fund", every, terms))
    return rows


def _limit_rows(limit: Limit, table: OptionTable, members: npt.NDArray[np.bool_], minor: int) -> list[Counted]:
    terms = _terms(limit.of, limit.level, table)
    if not terms:
        refuse(f"limit {limit.limit}", f"no package pays from the level {limit.level!r}", "", "Correct `level:`.", code="unused")
    factor = 1 if limit.of == "awards" else minor
    found = []
    if limit.at_least is not None or limit.at_most is not None:
        least = None if limit.at_least is None else whole(limit.at_least, factor)
        most = None if limit.at_most is None else whole(limit.at_most, factor)
        found.append(Counted(Row(limit.limit, least, most, _unit(limit.of)), "limit", members, terms))
    for share, side in ((limit.at_least_share, "least"), (limit.at_most_share, "most")):
        if share is not None:
            part, step = Fraction(str(share)), _step(table, terms)
            inside = tuple((name, weight * (part.denominator - part.numerator) / step) for name, weight in terms)
            outside = tuple((name, -weight * part.numerator / step) for name, weight in terms)
            name = f"{limit.limit} share" if side == "least" else f"{limit.limit} share at most"
            row = Row(name, 0 if side == "least" else None, 0 if side == "most" else None, "steps")
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


def whole(amount: float, factor: int) -> int:
    """Return an amount in smallest units, from the number as it is written."""
    return round(Fraction(str(amount)) * factor)


def _unit(of: str) -> str:
    return "awards" if of == "awards" else "money"


def _step(table: OptionTable, terms: tuple[Term, ...]) -> int:
    """Return what divides all amounts of the terms: a share is counted in it, so that its numbers stay small."""
    divisors = [int(np.gcd.reduce(table.measures[name], axis=None)) for name, _ in terms]
    return int(np.gcd.reduce(np.array(divisors, np.int64))) or 1
