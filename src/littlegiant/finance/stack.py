"""Instruments together: what each is worth alone, as the last one in, all of them jointly, and what their interaction makes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np

from littlegiant.finance.computation import Computation
from littlegiant.finance.effect import Effect
from littlegiant.finance.evaluate import Eligible, check, check_exclusive, effect_of, in_chunks
from littlegiant.finance.firms import Firms
from littlegiant.finance.instruments import Instrument, Rules
from littlegiant.finance.rates import Rates
from littlegiant.finance.schedule import FloatArray


@dataclass(frozen=True)
class Stack:
    """Present values to each firm after tax. alone, last_in, steps: shape (n, instruments), in the order given.

    alone: on top of the background only. last_in: on top of all others. steps: what each adds in the order given; they sum
    to the joint value. joint, interaction: shape (n,); interaction is the joint value less the sum of those alone. gross:
    the joint grant equivalent; intensity: over R&D. above_cap: what exceeds the cap on total support, where one is given.
    """

    instruments: tuple[str, ...]
    alone: FloatArray
    last_in: FloatArray
    steps: FloatArray
    joint: FloatArray
    interaction: FloatArray
    gross: FloatArray
    intensity: FloatArray
    above_cap: FloatArray


def stack(
    firms: Firms,
    instruments: Sequence[Instrument],
    rules: Rules,
    rates: Rates,
    *,
    background: Sequence[Instrument] = (),
    eligible: Eligible | None = None,
    cap: float | None = None,
    in_order: bool = True,
    threads: int = 1,
) -> Stack:
    """Return the values of `instruments` together; `cap` is a limit on the gross equivalent per firm."""
    given: dict[str, Any] = {"background": background, "eligible": eligible, "cap": cap, "in_order": in_order, "threads": threads}
    parts = list(stacked(firms, instruments, rules, rates, **given))
    if len(parts) == 1:
        return parts[0]
    merged: dict[str, Any] = {"instruments": parts[0].instruments}
    merged |= {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Stack) if f.name != "instruments"}
    return Stack(**merged)


def stacked(
    firms: Firms,
    instruments: Sequence[Instrument],
    rules: Rules,
    rates: Rates,
    *,
    background: Sequence[Instrument] = (),
    eligible: Eligible | None = None,
    cap: float | None = None,
    in_order: bool = True,
    threads: int = 1,
) -> Iterator[Stack]:
    """Yield the same chunk of firms after chunk, in order."""
    check(instruments)

    def one(part: Firms, allowed: Eligible) -> Stack:
        check_exclusive(part, instruments, allowed)
        computation = Computation(part, rules, rates)
        effects = {each.id: effect_of(each, part, rules, rates, allowed) for each in (*background, *instruments)}
        own = {each.id for each in instruments}
        behind = [computation.standing(effects[each.id]) for each in background if each.id not in own]
        own_effects = [effects[each.id] for each in instruments]
        return _stacked(computation, own_effects, tuple(e.id for e in instruments), behind, cap, in_order)

    return in_chunks(firms, eligible or {}, one, threads)


def _stacked(
    computation: Computation,
    effects: list[Effect],
    names: tuple[str, ...],
    behind: list[Effect],
    cap: float | None,
    in_order: bool,
) -> Stack:
    count = len(computation.firms)
    computation.prepare([*behind, *effects])
    alone = [computation.difference([*behind, effect], behind).worth for effect in effects]
    everything = [*behind, *effects]
    last_in = [
        computation.difference(everything, [each for each in everything if each is not effect]).worth for effect in effects
    ]
    joint = computation.difference(everything, behind).worth if effects else np.zeros(count)
    steps = [np.full(count, np.nan)] * len(effects)
    if in_order and effects:
        before = [computation.difference([*behind, *effects[:n]], behind).worth for n in range(1, len(effects))]
        upto = [np.zeros(count), *before, joint]
        steps = [after - earlier for earlier, after in pairwise(upto)]
    gross = _joint_gross(computation, effects, behind)
    with np.errstate(divide="ignore", invalid="ignore"):
        intensity = np.where(computation.firms.rd > 0, gross / computation.firms.rd, np.nan)
    above = np.maximum(gross - (np.inf if cap is None else cap), 0.0)
    interaction = joint - sum(alone, np.zeros(count))
    return Stack(
        names,
        _columns(alone, count),
        _columns(last_in, count),
        _columns(steps, count),
        joint,
        interaction,
        gross,
        intensity,
        above,
    )


def _columns(parts: list[FloatArray], count: int) -> FloatArray:
    return np.stack(parts, axis=1) if parts else np.zeros((count, 0))


def _joint_gross(computation: Computation, effects: list[Effect], behind: list[Effect]) -> FloatArray:
    """Return the grant equivalent of all: reliefs by their joint saving of tax, the others added, each floored at zero."""
    count = len(computation.firms)
    reliefs = [effect for effect in effects if effect.equivalent is None]
    total = computation.difference([*behind, *reliefs], behind).worth if reliefs else np.zeros(count)
    for effect in effects:
        if effect.equivalent is not None:
            total = total + np.maximum(effect.equivalent, 0.0)
    return total
