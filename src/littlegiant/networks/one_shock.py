"""One shock in full: what every firm loses, sweep by sweep, and the chain of links that carried it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from littlegiant.networks.dense import sweep_down, sweep_up
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats
from littlegiant.networks.risk import EPS, MOST_STEPS, Stop
from littlegiant.problems import refuse


@dataclass(frozen=True)
class Grown:
    """The firms whose loss grew in a sweep, and to what."""

    firms: npt.NDArray[np.int64]
    losses: Floats


@dataclass(frozen=True)
class Spread:
    """The losses of a shock, shape (n,), as shares of each firm's output; `steps` sweeps, the history of each."""

    initial: Floats
    downstream: Floats
    upstream: Floats
    weight: Floats
    steps: int
    converged: bool
    last_change: float
    down_history: tuple[Grown, ...]
    up_history: tuple[Grown, ...]

    @property
    def loss(self) -> Floats:
        return np.asarray(np.maximum(self.downstream, self.upstream))

    @property
    def esri(self) -> float:
        return float(self.weight @ self.loss)


def checked_losses(losses: npt.ArrayLike, firms: int) -> Floats:
    """Return initial losses, shape (n,); refuses what is no share."""
    initial = np.asarray(losses, np.float64)
    if initial.shape != (firms,):
        refuse("the shock", f"{initial.shape} losses", f"{firms}, one a firm")
    wrong = ~((initial >= 0) & (initial <= 1))
    if wrong.any():
        place = int(np.argmax(wrong))
        refuse(f"the shock, firm {place}", f"the loss {initial[place]:g}", "a share from 0 to 1, as 0.3", code="range")
    return initial


def spread(
    layout: Layout, losses: npt.ArrayLike, *, stop: Stop = "published", eps: float | None = None, most: int = MOST_STEPS
) -> Spread:
    """Spread the initial `losses` (n,) of any number of firms, each from 0 to 1, and keep what happened in each sweep."""
    initial = checked_losses(losses, layout.firms)
    limit = EPS[stop] if eps is None else eps
    down, up, other = initial.copy(), initial.copy(), initial.copy()
    felt, lost = np.zeros(layout.firms), np.zeros(len(layout.market_total))
    downs, ups = [], []
    change, steps = 0.0, 0
    while steps < most:
        before = down.copy()
        change = max(sweep_down(layout, initial, down, felt, lost), sweep_up(layout, initial, up, other))
        downs.append(_grown(before, down))
        ups.append(_grown(up, other))
        up, other = other, up
        steps += 1
        if change <= limit:
            break
    return Spread(initial, down, up, layout.weight, steps, change <= limit, change, tuple(downs), tuple(ups))


def _grown(before: Floats, after: Floats) -> Grown:
    firms = np.flatnonzero(after > before)
    return Grown(firms, after[firms])


@dataclass(frozen=True)
class Carried:
    """A link of the way a loss took: from whom to whom, and what each had lost by then."""

    direction: Literal["downstream", "upstream"]
    from_firm: int
    from_loss: float
    to_firm: int
    to_loss: float
    part: float  # of the loss of `to_firm` that came over this link


def why(layout: Layout, found: Spread, firm: int) -> list[Carried]:
    """Return the chain of links that carried the loss of `firm`, from a firm that was hit at first to it.

    At each firm the link that brought most is followed back, in the input group that decided, in the sweep in which the loss
    passed half of what it came to. Where the way comes round to a firm again, the round is left out, so that nobody stands
    in the chain twice. Empty where nothing reached the firm but its own loss coming round.
    """
    if not 0 <= firm < layout.firms:
        refuse("the firm to explain", str(firm), f"0 to {layout.firms - 1}", code="unknown-firm")
    if found.loss[firm] <= found.initial[firm]:
        return []
    down = found.downstream[firm] >= found.upstream[firm]
    history = found.down_history if down else found.up_history
    direction: Literal["downstream", "upstream"] = "downstream" if down else "upstream"
    chain: list[Carried] = []
    at, step = firm, _growth(history, found.initial, firm, len(history))
    while step >= 0:  # sweeps only go back, so the way ends where there was a loss before the first
        before = _losses_before(history, found.initial, step)
        source, part = (_largest_supplier if down else _largest_buyer)(layout, before, at)
        after = history[step].losses[np.searchsorted(history[step].firms, at)]
        chain.append(Carried(direction, source, float(before[source]), at, float(after), part))
        passed = [link.to_firm for link in chain]
        if source in passed:
            del chain[passed.index(source) :]
        at, step = source, _growth(history, found.initial, source, step)
    return chain[::-1]


def _growth(history: tuple[Grown, ...], initial: Floats, firm: int, before: int) -> int:
    """Return the sweep earlier than `before` in which `firm` passed half of what it had lost by then; -1 if it grew in none."""
    steps: list[tuple[int, float]] = []
    for step in range(before):
        place = np.searchsorted(history[step].firms, firm)
        if place < len(history[step].firms) and history[step].firms[place] == firm:
            steps.append((step, float(history[step].losses[place])))
    if not steps:
        return -1
    half = (initial[firm] + steps[-1][1]) / 2
    return next(step for step, loss in steps if loss >= half)


def _losses_before(history: tuple[Grown, ...], initial: Floats, step: int) -> Floats:
    losses = initial.copy()
    for grown in history[:step]:
        losses[grown.firms] = grown.losses
    return losses


def _largest_supplier(layout: Layout, losses: Floats, firm: int) -> tuple[int, float]:
    """Return the supplier that brought most in the group that decided, and its part of what came."""
    lost = np.zeros(len(layout.market_total))
    named = layout.market >= 0
    np.add.at(lost, layout.market[named], (layout.sold * losses)[named])
    best, source, part = 0.0, -1, 0.0
    for group in range(layout.pull_firm[firm], layout.pull_firm[firm + 1]):
        rows = slice(layout.pull_group[group], layout.pull_group[group + 1])
        suppliers = layout.pull_from[rows]
        brought = layout.pull_share[rows] * felt_losses(layout, losses, lost, suppliers)
        if brought.sum() > best:
            best, source = float(brought.sum()), int(suppliers[brought.argmax()])
            part = float(brought.max() / brought.sum())
    return source, part


def felt_losses(layout: Layout, losses: Floats, lost: Floats, firms: npt.NDArray[np.int32]) -> Floats:
    """Return what customers of `firms` feel: the loss less what the rest of the market makes up."""
    market = layout.market[firms]
    left = layout.market_total[market] - lost[market]
    sold = layout.sold[firms]
    share = np.divide(sold, left, out=np.ones(len(firms)), where=left > sold)
    return np.asarray(losses[firms] * np.where(market >= 0, share, 1.0))


def _largest_buyer(layout: Layout, losses: Floats, firm: int) -> tuple[int, float]:
    rows = slice(layout.up_firm[firm], layout.up_firm[firm + 1])
    brought = layout.up_share[rows] * losses[layout.up_from[rows]]
    place = int(brought.argmax())
    return int(layout.up_from[rows][place]), float(brought[place] / brought.sum())


def by_group(found: Spread, sold: Floats, group: npt.NDArray[np.str_]) -> Mapping[str, tuple[float, float]]:
    """Return for each group the sales lost and their share in the group's sales."""
    result = {}
    for name in np.unique(group):
        own = group == name
        lost, total = float((sold * found.loss)[own].sum()), float(sold[own].sum())
        result[str(name)] = (lost, lost / total if total else 0.0)
    return result
