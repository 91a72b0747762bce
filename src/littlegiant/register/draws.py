"""Random draws that are the same on every machine: a counter, integers and tables, no floating point after set-up.

A draw is a hash of (seed, stream, firm), so a firm's values do not depend on chunks, order or threads.
"""

from collections.abc import Sequence
from functools import cache
from statistics import NormalDist
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
ONE = 1 << 16  # draws are whole numbers from 0 to 65,535
_WIDEST = 1 << 16  # normal scores beyond 16 standard deviations do not occur
_UNIT = 4096  # normal scores are kept in units of 1/4096


def draw(seed: int, stream: str, firms: Ints) -> Ints:
    """Return a draw from 0 to 65,535 for each firm number, uniform and independent between streams (splitmix64)."""
    start = (seed * 0x9E3779B97F4A7C15 + crc32(stream.encode()) * 0xD1B54A32D192ED03) % 2**64
    x = firms.astype(np.uint64) * np.uint64(0xA24BAED4963EE407) + np.uint64(start)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(48)).astype(np.int64)


@cache
def _normal_scores() -> Ints:
    """Return the normal score of each of the 65,536 draws, in units of 1/4096."""
    inverse = NormalDist().inv_cdf
    return np.array([round(inverse((k + 0.5) / ONE) * _UNIT) for k in range(ONE)], np.int64)


def correlated(seed: int, streams: Sequence[str], matrix: Sequence[Sequence[Any]], firms: Ints) -> dict[str, Ints]:
    """Return draws for `streams` whose ranks are correlated as `matrix` says (Gaussian copula)."""
    weights = np.rint(np.linalg.cholesky(np.array(matrix, float)) * _UNIT).astype(np.int64)
    scores = [_normal_scores()[draw(seed, f"copula {name}", firms)] for name in streams]
    result = {}
    for row, name in enumerate(streams):
        total = np.zeros(len(firms), np.int64)
        for column in range(row + 1):
            total += int(weights[row, column]) * scores[column]
        total //= _UNIT
        result[name] = _ranks()[total.clip(-_WIDEST, _WIDEST) + _WIDEST]
    return result


@cache
def _ranks() -> Ints:
    """Return the draw that belongs to each normal score from -_WIDEST to _WIDEST, in units of 1/4096."""
    scores = np.arange(-_WIDEST, _WIDEST + 1)
    return np.searchsorted(_normal_scores(), scores).clip(0, ONE - 1).astype(np.int64)


def quantile_table(points: Sequence[tuple[int, int]]) -> Ints:
    """Return the value at each of the 65,536 draws."""
    return quantile(points, np.arange(ONE, dtype=np.int64))


def wide_draw(seed: int, stream: str, firms: Ints, below: int) -> Ints:
    """Return a draw from 0 to `below` - 1 (at most 2^31) for each firm number, from two draws."""
    high, low = draw(seed, f"{stream} high", firms), draw(seed, f"{stream} low", firms)
    return ((high << 16) | low) * below >> 32


def quantile(points: Sequence[tuple[int, int]], u: Ints) -> Ints:
    """Return the value at draw `u` of a table of (per mille, value), interpolated in whole numbers."""
    positions = np.array([position * ONE // 1000 for position, _ in points], np.int64)
    values = np.array([value for _, value in points], np.int64)
    left = (np.searchsorted(positions, u, side="right") - 1).clip(0, len(points) - 2)
    width = positions[left + 1] - positions[left]
    # The rise times the draw stays below 2^63: values are at most about 10^12 in their units.
    return np.asarray(values[left] + (values[left + 1] - values[left]) * (u - positions[left]) // width, np.int64)


def pick(weights: dict[str, int], u: Ints) -> npt.NDArray[np.int64]:
    """Return the index of the weighted choice for each draw."""
    edges = np.cumsum(np.array(list(weights.values()), np.int64)) * ONE // sum(weights.values())
    return np.searchsorted(edges, u, side="right").clip(0, len(weights) - 1).astype(np.int64)
