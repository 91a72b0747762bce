"""Every instrument on one footing: grant equivalent, worth after tax, cost by level, what it does to the user cost of R&D.

A benefit is the difference of two whole computations: everything the firm has with the instrument, less everything without.
What the firm has anyway – the rate and allowance the law gives it – is the background of both.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from littlegiant.finance.computation import Computation
from littlegiant.finance.effect import Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments import Instrument, Rules
from littlegiant.finance.instruments.reliefs import Allowance
from littlegiant.finance.rates import Rates
from littlegiant.finance.schedule import FloatArray
from littlegiant.problems import refuse

CHUNK = 32_768
_NOTHING = 1e-9  # of what is committed: a cost below is rounding
Eligible = Mapping[str, BoolArray]  # instrument -> who may have it; who is not named by it may where its flag says so


@dataclass(frozen=True)
class Value:
    """What an instrument is to each firm, shape (n,) unless said otherwise; NaN where a figure it needs is unknown.

    gross: grant equivalent before tax, never below zero; signed: the same unfloored. worth: present value to the firm after
    tax. cost: expected cost to the budget in present value, tax that comes back subtracted; cost_by_level splits it.
    committed: what is promised at most. user_cost: relative change of the user cost of R&D. marginal: the part of the worth
    that rewards one more unit of R&D. intensity: gross over eligible cost (R&D). finance: money mobilised. cash: by year
    after the award, before tax, with the tax that the instrument changes in `tax`.
    """

    instrument: str
    eligible: BoolArray
    gross: FloatArray
    signed: FloatArray
    worth: FloatArray
    cost: FloatArray
    cost_by_level: Mapping[str, FloatArray]
    committed: FloatArray
    user_cost: FloatArray
    marginal: FloatArray
    intensity: FloatArray
    finance: FloatArray
    finance_per_committed: FloatArray
    finance_per_cost: FloatArray  # NaN where the cost is not above zero: it is not defined there
    cash: Mapping[int, FloatArray]
    tax: Mapping[int, FloatArray]
    terms: Mapping[str, FloatArray]
    flags: Mapping[str, BoolArray]


def evaluate(
    firms: Firms,
    instruments: Sequence[Instrument],
    rules: Rules,
    rates: Rates,
    *,
    background: Sequence[Instrument] = (),
    eligible: Eligible | None = None,
    threads: int = 1,
) -> list[Value]:
    """Return what each of `instruments` is to each firm, seen against `background`; a member of that is taken out of it.

    Firms are taken in chunks; neither chunks nor threads change a digit.
    """
    parts = list(evaluated(firms, instruments, rules, rates, background=background, eligible=eligible, threads=threads))
    return [joined([values[number] for values in parts]) for number in range(len(instruments))]


def evaluated(
    firms: Firms,
    instruments: Sequence[Instrument],
    rules: Rules,
    rates: Rates,
    *,
    background: Sequence[Instrument] = (),
    eligible: Eligible | None = None,
    threads: int = 1,
) -> Iterator[list[Value]]:
    """Yield the same chunk of firms after chunk, in order: for registers that are larger than what it says of them."""
    check(instruments)
    check_eligible(firms, eligible or {}, [*instruments, *background])

    def one(part: Firms, allowed: Eligible) -> list[Value]:
        computation = Computation(part, rules, rates)
        standing = {each.id: computation.standing(effect_of(each, part, rules, rates, allowed)) for each in background}
        own = [effect_of(each, part, rules, rates, allowed) for each in instruments]
        computation.prepare([*standing.values(), *own])
        return [_value(each, effect, computation, standing, allowed) for each, effect in zip(instruments, own, strict=True)]

    return in_chunks(firms, eligible or {}, one, threads)


def check(instruments: Sequence[Instrument]) -> None:
    """Refuse an instrument that stands twice."""
    seen: set[str] = set()
    for each in instruments:
        if each.id in seen:
            refuse(f"instrument {each.id}", "given twice", "once", "Leave one out.", code="twice")
        seen.add(each.id)


def check_eligible(firms: Firms, eligible: Eligible, instruments: Sequence[Instrument]) -> None:
    """Refuse a mask that does not fit the firms."""
    for name, mask in eligible.items():
        if len(mask) != len(firms):
            refuse(f"eligible, {name}", f"{len(mask)} truths", f"{len(firms)}, one a firm", code="shape")


def check_exclusive(firms: Firms, instruments: Sequence[Instrument], eligible: Eligible) -> None:
    """Refuse a firm that is given two instruments of which it may have one. Allowances are no matter: the larger counts."""
    taken: dict[str, tuple[BoolArray, str]] = {}
    for each in instruments:
        if not each.exclusive or isinstance(each, Allowance):
            continue
        own = eligible.get(each.id, each.open_to(firms))
        before, other = taken.get(each.exclusive, (np.zeros(len(firms), np.bool_), ""))
        if (own & before).any():
            firm = firms.ids[int(np.argmax(own & before))]
            remedy = f"Choose one of those that are {each.exclusive} for it."
            refuse(f"firm {firm}", f"{other} and {each.id}, of which a firm may have one", "", remedy, code="exclusive")
        taken[each.exclusive] = own | before, each.id


T = TypeVar("T")


def in_chunks(firms: Firms, eligible: Eligible, one: Callable[[Firms, Eligible], T], threads: int) -> Iterator[T]:
    """Yield the results of `one` over chunks of firms, in order; only as many chunks as there are threads wait."""

    def part(start: int) -> T:
        rows = slice(start, min(start + CHUNK, len(firms)))
        return one(firms.part(rows), {name: allowed[rows] for name, allowed in eligible.items()})

    starts = iter(range(0, max(1, len(firms)), CHUNK))
    if threads == 1:
        yield from map(part, starts)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(part, start) for start in islice(starts, threads)]
        while waiting:
            result = waiting.pop(0).result()
            waiting += [pool.submit(part, start) for start in islice(starts, 1)]
            yield result


def joined(parts: Sequence[Value]) -> Value:
    """Return one value of the values of chunks, in their order; a year or term that a chunk lacks is zero there."""
    if len(parts) == 1:
        return parts[0]
    lengths = [len(part.eligible) for part in parts]
    merged: dict[str, Any] = {"instrument": parts[0].instrument}
    for column in fields(Value):
        each = [getattr(part, column.name) for part in parts]
        if isinstance(each[0], np.ndarray):
            merged[column.name] = np.concatenate(each)
        elif isinstance(each[0], Mapping):
            keys = dict.fromkeys(key for mapping in each for key in mapping)
            merged[column.name] = {
                key: np.concatenate([m[key] if key in m else np.zeros(n) for m, n in zip(each, lengths, strict=True)])
                for key in keys
            }
    return Value(**merged)


def effect_of(each: Instrument, firms: Firms, rules: Rules, rates: Rates, eligible: Eligible) -> Effect:
    allowed = eligible.get(each.id)
    return each.effect(firms, rules, rates, each.open_to(firms) if allowed is None else allowed)


def _value(each: Instrument, own: Effect, computation: Computation, standing: Mapping[str, Effect], eligible: Eligible) -> Value:
    firms, rules, rates = computation.firms, computation.rules, computation.rates
    without = [effect for name, effect in standing.items() if name != each.id]
    change = computation.difference([*without, own], without)
    may = eligible.get(each.id, each.open_to(firms))
    # What a firm may not have is nothing to it, also where figures of it are unknown.
    worth = np.where(may, change.worth, 0.0)
    gross_signed = worth if own.equivalent is None else np.where(may, own.equivalent, 0.0)
    tax_cost = np.where(may, -change.tax_at_government, 0.0) if own.tax_returns or own.cost is None else np.zeros(len(firms))
    for year, amount in own.postponed.items():  # tax that comes later, shared as the tax is
        tax_cost = tax_cost + amount * (1 + rates.government) ** -year
    vat_cost = sum((amount * (1 + rates.government) ** -year for year, amount in own.vat.items()), np.zeros(len(firms)))
    direct = np.zeros(len(firms)) if own.cost is None else np.where(may, own.cost, 0.0)
    by_level = _by_level(each, rules, direct, tax_cost, vat_cost, own.cost_by_level)
    cost = direct + tax_cost + vat_cost
    gross = np.maximum(gross_signed, 0.0)
    committed = gross if own.committed is None else own.committed
    finance = committed if own.finance is None else own.finance
    (before, _), (after, rate) = computation.marginal_cost(without), computation.marginal_cost([*without, own])
    with np.errstate(divide="ignore", invalid="ignore"):
        return Value(
            each.id,
            may,
            gross,
            gross_signed,
            worth,
            cost,
            by_level,
            committed,
            np.where(may, after / before - 1, 0.0),
            np.where(worth == 0, np.nan, (before - after) * (1 - rate) * firms.rd / worth),
            np.where(firms.rd > 0, gross / firms.rd, np.nan),
            finance,
            np.where(committed > 0, finance / committed, np.nan),
            np.where(cost > _NOTHING * committed, finance / cost, np.nan),
            change.cash,
            change.tax,
            own.terms,
            {**own.flags, **_notch(own, computation, [*without, own], may)},
        )


def _notch(own: Effect, computation: Computation, having: Sequence[Effect], may: BoolArray) -> dict[str, BoolArray]:
    """Return who stands within a twentieth of the profit at which a schedule is lost."""
    if own.schedule is None or own.schedule.income_at_most == np.inf:
        return {}
    limit = own.schedule.income_at_most
    return {"notch": may & own.schedule.open_to & (np.abs(computation.profit(having) - limit) <= limit / 20)}


def _by_level(
    each: Instrument, rules: Rules, direct: FloatArray, tax: FloatArray, vat: FloatArray, own: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Return the cost by level: what is spent as parties or shares say, tax as the tax is shared."""
    levels: dict[str, FloatArray] = dict(own)
    if own:
        direct = np.zeros(len(direct))
    for shares, amount in ((each.shares, direct), (rules.regime.profit_tax_shares, tax), (rules.regime.vat_shares, vat)):
        for level, share in shares.items():
            levels[level] = levels.get(level, np.zeros(len(direct))) + share * amount
    return levels
