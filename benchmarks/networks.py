"""Pieces of work on supply networks, each run in a process of its own: `python -m benchmarks.networks PIECE FIRMS`.

Networks are those of `benchmarks.chains`. Kernels are compiled before the clock starts; a piece prints its seconds, its peak
memory, and what came out.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chains import heavy_tailed
from littlegiant.networks import Layout, build, open_layout, rank, save, screen, systemic_risk
from littlegiant.networks.compiling import compiled

BUILD = Path("build/bench")
CUT = 5e-4  # for errors of at most 1e-3
SAMPLE = {10_000: 10_000, 100_000: 2_000, 1_000_000: 400}  # shocks for the ms of a shock


def layout(firms: int) -> Layout:
    """Return the benchmark network of so many firms, from saved arrays."""
    path = BUILD / f"chain-{firms}"
    if not (path / "weight.npy").is_file():
        BUILD.mkdir(parents=True, exist_ok=True)
        save(build(heavy_tailed(firms)), path)
    return Layout(*(np.asarray(array) for array in open_layout(path)))


def _warm() -> None:
    small = build(heavy_tailed(300))
    rank(small, exact=20)
    systemic_risk(small, [0], kernel="dense")


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


def building(firms: int) -> tuple[float, Any]:
    """Lay out the links of a network that is in memory."""
    network = heavy_tailed(firms)
    seconds, made = _timed(lambda: build(network))
    return seconds, {"links": len(network.value), "layout_mib": made.bytes / 2**20}


def screening(firms: int) -> tuple[float, Any]:
    whole = layout(firms)
    seconds, seen = _timed(lambda: screen(whole))
    return seconds, {"largest": float(seen.esri.max())}


def all_firms(firms: int) -> tuple[float, Any]:
    """All firms at a cut of 1e-4, the top 2,000 exactly; screen and choice among it."""
    whole = layout(firms)
    seconds, found = _timed(lambda: rank(whole, exact=2000))
    return seconds, {"exact": int(found.exact.sum()), "largest": float(np.nanmax(found.esri))}


def cut(firms: int) -> tuple[float, Any]:
    """All firms at a cut of 5e-4 and, of a sample, the error against the dense kernel."""
    whole = layout(firms)
    seen = screen(whole)
    seconds, found = _timed(lambda: systemic_risk(whole, delta=CUT, work=seen.links))
    sample = np.random.Generator(np.random.PCG64(3)).choice(firms, 200, replace=False)
    exact = systemic_risk(whole, sample, kernel="dense")
    error = exact.esri - found.esri[sample]
    return seconds, {"error": float(np.abs(error).max()), "bound": float(found.bound.max()), "sure": float(found.sure.mean())}


def exactly(firms: int) -> tuple[float, Any]:
    """All firms exactly and, of a sample, the difference from the dense kernel."""
    whole = layout(firms)
    seconds, found = _timed(lambda: rank(whole, exact=firms))
    sample = np.random.Generator(np.random.PCG64(3)).choice(firms, 200, replace=False)
    exact = systemic_risk(whole, sample, kernel="dense")
    assert (exact.steps == found.steps[sample]).all()
    return seconds, {"error": float(np.abs(exact.esri - found.esri[sample]).max())}


def one_thread(firms: int) -> tuple[float, Any]:
    """The cut of all firms on one thread; the same digits as on two."""
    whole = layout(firms)
    seen = screen(whole)
    seconds, one = _timed(lambda: systemic_risk(whole, work=seen.links, threads=1))
    two, other = _timed(lambda: systemic_risk(whole, work=seen.links, threads=2))
    assert one.esri.tobytes() == other.esri.tobytes()
    return seconds, {"two": two}


def kernels(firms: int) -> tuple[float, Any]:
    """Milliseconds a shock of each kernel on one thread, over the same shocks, and nanoseconds a link followed."""
    whole = layout(firms)
    shocks = np.random.Generator(np.random.PCG64(3)).choice(firms, min(firms, SAMPLE.get(firms, 200)), replace=False)
    few = shocks[: max(16, len(shocks) // 20)]
    result = {}
    for name, chosen, given in (
        ("dense", few[:16], {"kernel": "dense"}),
        ("batched", few, {"kernel": "batched"}),
        ("frontier exact", few, {"delta": 0.0}),
        ("frontier 1e-5", shocks, {"delta": 1e-5}),
        ("frontier 1e-4", shocks, {"delta": 1e-4}),
    ):
        seconds, found = _timed(partial(systemic_risk, whole, chosen, threads=1, **given))
        links = int(found.links.sum())
        result[name] = {"ms": seconds / len(chosen) * 1000, "ns_a_link": seconds / links * 1e9, "shocks": len(chosen)}
    return 0.0, {**result, **_limits(firms)}


@compiled
def _gather(values: Any, places: Any) -> float:
    total = 0.0
    for at in range(len(places)):
        total += values[places[at]]
    return total


def _limits(firms: int) -> dict[str, float]:
    """What this machine does in the same run: gigabytes copied a second, nanoseconds a number fetched at random."""
    large = np.random.Generator(np.random.PCG64(1)).random(20_000_000)
    copy = min(_timed(large.copy)[0] for _ in range(3))
    values = np.ascontiguousarray(large[:firms])
    places = np.random.Generator(np.random.PCG64(2)).integers(0, firms, 4_000_000).astype(np.int32)
    _gather(values, places[:10])
    gather = min(_timed(lambda: _gather(values, places))[0] for _ in range(3))
    return {"copy_gb_s": 2 * large.nbytes / copy / 1e9, "gather_ns": gather / len(places) * 1e9}


def first_answer(firms: int) -> tuple[float, Any]:
    """Nothing but one firm: the clock of the caller counts the start of the process, too."""
    path = BUILD / f"chain-{firms}"
    found = systemic_risk(open_layout(path), [firms // 2], threads=1)
    return 0.0, {"esri": float(found.esri[0])}


def main() -> None:
    name, firms = sys.argv[1], int(sys.argv[2])
    piece = {each.__name__: each for each in (building, screening, all_firms, cut, exactly, one_thread, kernels, first_answer)}[
        name
    ]
    if name != "first_answer":
        _warm()
    if name == "building":
        build(heavy_tailed(300))
    seconds, result = piece(firms)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "result": result}))


if __name__ == "__main__":
    main()
