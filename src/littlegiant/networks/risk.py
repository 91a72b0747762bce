"""Systemic risk (ESRI): what share of all sales is lost when a firm fails. All firms screened, the top measured exactly.

The economic systemic risk index of Diem et al. (2022): each firm fails by itself, losses spread downstream (generalised
Leontief) and upstream (lost demand), and the larger of the two is weighed by the firm's share in sales.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from littlegiant.networks.batched import CUT, LANES, batch, new_lanes
from littlegiant.networks.compiling import compiled
from littlegiant.networks.dense import dense
from littlegiant.networks.frontier import Results, many, new_results, new_state
from littlegiant.networks.layout import Layout
from littlegiant.networks.network import Floats
from littlegiant.networks.sorting import Index, Ints
from littlegiant.problems import refuse

Kernel = Literal["frontier", "batched", "dense"]
Stop = Literal["published", "converged"]
EPS: dict[Stop, float] = {"published": 0.01, "converged": 1e-6}
DELTA = 1e-4
MOST_STEPS = 10_000
SCREEN_EPS, SCREEN_DELTA = 0.1, 1e-2
FAR_REACHING, NEAR_BY = 4, 2500  # the screen followed more than one link in so many; less than one in so many
S = TypeVar("S")


@dataclass(frozen=True)
class Measured:
    """A row a shock, shape (shocks,): the index, its parts, and how good it is.

    `bound`: the index of the same number of exact sweeps is at most so much larger (never smaller, but for rounding).
    `sure`: exact sweeps would stop at the same step. `converged`: the last sweep moved no firm by more than eps; what
    has not converged is a lower bound, as is every iterate.
    """

    firm: Index
    esri: Floats
    downstream: Floats
    upstream: Floats
    steps: Index
    converged: npt.NDArray[np.bool_]
    bound: Floats
    sure: npt.NDArray[np.bool_]
    links: Ints  # followed: the work it took

    def take(self, places: npt.ArrayLike) -> "Measured":
        return Measured(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


Measure = Callable[..., Measured]  # firms, kernel, eps, delta, work, as `systemic_risk` takes them


def systemic_risk(
    layout: Layout,
    firms: npt.ArrayLike | None = None,
    *,
    kernel: Kernel = "frontier",
    stop: Stop = "published",
    eps: float | None = None,
    delta: float = DELTA,
    most: int = MOST_STEPS,
    work: npt.ArrayLike | None = None,
    threads: int | None = None,
) -> Measured:
    """Measure the failure of each of `firms` (places; all where None) by itself.

    `stop`: published stops when a sweep moves no firm by more than 0.01, as the literature does; converged at 1e-6. `delta`
    (frontier only): the loss below which nothing is passed on; 0 is exact. `work`: an estimate for each firm, so that the
    heavy ones begin first. Threads change nothing in the result.
    """
    shocks = np.arange(layout.firms, dtype=np.int32) if firms is None else np.asarray(firms, np.int32)
    if len(shocks) and (shocks.min() < 0 or shocks.max() >= layout.firms):
        refuse("the firms to fail", f"{shocks.min()} to {shocks.max()}", f"0 to {layout.firms - 1}", code="unknown-firm")
    if kernel not in get_args(Kernel) or most < 1:
        found = f"kernel {kernel!r}, {most} sweeps at most"
        refuse("the cascade", found, f"one of {', '.join(get_args(Kernel))}, at least one sweep", code="range")
    limit = EPS[stop] if eps is None else eps
    results = new_results(len(shocks))
    order = np.arange(len(shocks)) if work is None else np.argsort(-np.asarray(work), kind="stable")
    if kernel == "frontier":
        _spread(
            _chunks(order, 256 if work is None else 64),
            threads,
            lambda: new_state(layout),
            lambda state, part: many(layout, state, shocks[part], limit, delta, most, results, part),
        )
    elif kernel == "batched":
        _spread(
            _chunks(order, max(LANES, min(16 * LANES, -(-len(order) // (4 * LANES)) * LANES))),
            threads,
            lambda: new_lanes(layout),
            lambda lanes, part: batch(layout, lanes, shocks[part], limit, most, results, part),
        )
    else:
        for place, firm in enumerate(shocks):
            _dense_into(layout, int(firm), limit, most, results, place)
    converged = results.last_change <= limit
    return Measured(
        shocks, results.both, results.down, results.up, results.steps, converged, results.bound, results.sure, results.links
    )


def _dense_into(layout: Layout, firm: int, eps: float, most: int, results: Results, place: int) -> None:
    initial = np.zeros(layout.firms)
    initial[firm] = 1.0
    down, up, steps, change = dense(layout, initial, eps, most)
    results.both[place] = layout.weight @ np.maximum(down, up)
    results.down[place], results.up[place] = layout.weight @ down, layout.weight @ up
    results.steps[place], results.last_change[place], results.sure[place] = steps, change, True
    results.links[place] = steps * (len(layout.pull_from) + len(layout.up_from))


def _chunks(order: Ints, size: int) -> list[Ints]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def _spread(parts: Sequence[Ints], threads: int | None, new: Callable[[], S], run: Callable[[S, Ints], None]) -> None:
    """Run the parts on threads that each keep one state; whoever is done takes the next."""
    count = max(1, min(len(parts), threads or os.cpu_count() or 1))
    states: SimpleQueue[S] = SimpleQueue()
    for _ in range(count):
        states.put(new())

    def one(part: Ints) -> None:
        state = states.get()
        run(state, part)
        states.put(state)

    if count == 1:
        for part in parts:
            one(part)
        return
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(one, part) for part in parts]:
            done.result()


@compiled
def _katz(layout: Layout, sweeps: int) -> Floats:
    value = layout.weight.copy()
    other = value.copy()
    for _ in range(sweeps):
        for j in range(len(value)):
            total = layout.weight[j]
            for at in range(layout.back_firm[j], layout.back_firm[j + 1]):
                total += layout.back_share[at] * value[layout.back_to[at]]
            other[j] = total
        value, other = other, value
    return value


def upstream_reach(layout: Layout, *, sweeps: int = 30) -> Floats:
    """Return y (n,), y = w + U'y: the upstream part of each firm's index is at most that, once the sweeps have settled.

    One computation for all firms. Without accounts it need not settle; it then still ranks.
    """
    return _katz(layout, sweeps)


@dataclass(frozen=True)
class Screened:
    """A rough value for every firm, shape (n,), and the work its measurement takes."""

    esri: Floats
    reach: Floats
    links: Ints


def screen(layout: Layout, *, threads: int | None = None) -> Screened:
    """Look at every firm roughly: cascades cut at losses of 0.01, and the reach upstream."""
    found = systemic_risk(layout, eps=SCREEN_EPS, delta=SCREEN_DELTA, threads=threads)
    return Screened(found.esri, upstream_reach(layout), found.links)


@dataclass(frozen=True)
class Ranking:
    """All firms, shape (n,): NaN where not measured. `exact`: measured without cutting. `cut_off`: what the screen left out.

    `screened`: the rough values, which rank and are not published.
    """

    esri: Floats
    downstream: Floats
    upstream: Floats
    bound: Floats
    steps: Index
    converged: npt.NDArray[np.bool_]
    sure: npt.NDArray[np.bool_]
    exact: npt.NDArray[np.bool_]
    screened: Screened
    cut_off: float


def rank(
    layout: Layout,
    *,
    exact: int = 2000,
    named: npt.ArrayLike = (),
    rest: bool = True,
    stop: Stop = "published",
    delta: float = DELTA,
    threads: int | None = None,
    measure: Measure | None = None,
) -> Ranking:
    """Screen all firms, measure the top `exact` and those `named` exactly, and the rest cut at `delta` if `rest`.

    A firm that the rest shows among the top `exact` is measured exactly, too, and so is one whose failure reaches far.
    Isolated firms are never measured, not even when named: nothing is known of them. `measure`: who does the work, this
    machine's threads where None (see `distributed`).
    """
    n = layout.firms
    run = measure if measure is not None else partial(systemic_risk, layout, threads=threads)
    eps = EPS[stop]
    seen = screen(layout, threads=threads)
    wanted = np.zeros(n, np.bool_)
    wanted[_best(seen, exact)] = True
    chosen = np.asarray(named, np.int64)
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= n):
        refuse("the firms to measure", f"{chosen.min()} to {chosen.max()}", f"0 to {n - 1}", code="unknown-firm")
    wanted[chosen] = True
    if rest:  # a shock that reaches far takes less time exactly than cut
        wanted |= seen.links * FAR_REACHING > len(layout.up_from)
    wanted &= ~layout.isolated
    columns = _Columns(n)
    for found in _exactly(layout, np.flatnonzero(wanted), eps, seen.links, run):
        columns.put(found, exact=True)
    if rest:
        others = np.flatnonzero(~wanted & ~layout.isolated)
        if len(others):
            work = seen.links[others]
            columns.put(run(others, eps=eps, delta=delta, work=work), exact=delta == 0)
        more = _promoted(columns, exact)
        if len(more):
            for found in _exactly(layout, more, eps, seen.links, run):
                columns.put(found, exact=True)
    left = ~wanted & ~layout.isolated if not rest else np.zeros(n, np.bool_)
    cut_off = float(seen.esri[left].max()) if left.any() else 0.0
    return Ranking(
        columns.esri,
        columns.downstream,
        columns.upstream,
        columns.bound,
        columns.steps,
        columns.converged,
        columns.sure,
        columns.exact,
        seen,
        cut_off,
    )


def _best(seen: Screened, count: int) -> Ints:
    """Return the union of the first `count` by the screen and a quarter as many by the reach upstream."""
    by_screen = np.argsort(-seen.esri, kind="stable")[:count]
    by_reach = np.argsort(-seen.reach, kind="stable")[: count // 4]
    return np.asarray(np.union1d(by_screen, by_reach), np.int64)


def _exactly(layout: Layout, firms: npt.NDArray[np.int64], eps: float, links: Ints, run: Measure) -> list[Measured]:
    """Measure exactly: shocks that the screen followed over few links by the frontier, the others side by side."""
    near = links[firms] * NEAR_BY < len(layout.up_from)
    few, far = firms[near], firms[~near]
    return [
        run(few, kernel="frontier", eps=eps, delta=CUT, work=links[few]),
        run(far, kernel="batched", eps=eps, work=links[far]),
    ]


def _promoted(columns: "_Columns", count: int) -> npt.NDArray[np.int64]:
    """Return the firms not measured exactly that may belong to the first `count`."""
    known = np.flatnonzero(~np.isnan(columns.esri))
    if len(known) <= count or count == 0:
        return known[~columns.exact[known]] if count else known[:0]
    least = np.partition(columns.esri[known], len(known) - count)[len(known) - count]
    return np.asarray(known[~columns.exact[known] & (columns.esri[known] >= least)])


class _Columns:
    """The columns of a ranking while they fill."""

    def __init__(self, n: int) -> None:
        self.esri, self.downstream, self.upstream, self.bound = (np.full(n, np.nan) for _ in range(4))
        self.steps = np.zeros(n, np.int32)
        self.converged, self.sure, self.exact = (np.zeros(n, np.bool_) for _ in range(3))

    def put(self, found: Measured, *, exact: bool) -> None:
        for name in ("esri", "downstream", "upstream", "bound", "steps", "converged", "sure"):
            getattr(self, name)[found.firm] = getattr(found, name)
        self.exact[found.firm] = exact
