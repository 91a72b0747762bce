"""Who is selected how often, group by group, in three steps: eligible, thought to bring much, moved by prices and rows.

The ratio of a group is its share of winners among those with an option, over that of everybody else. By construction nobody is
treated unlike at equal θ, save those off the price rule: so that is what is tested, by permutation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.outcome import Solved, promised

SMALLEST = 5  # cells below are not published
FLAGGED = (0.8, 1.25)  # the four-fifths custom
_PERMUTATIONS = 2_000


@dataclass(frozen=True)
class GroupRow:
    """came, offered, won: cases in all, with an option, with an award; small: too few to publish. mean_log: mean logarithm of
    the best benefit against everybody's; by_funds_alone: ratio of selection if all rows but funds were without price. None where
    a cell is too small to publish."""

    attribute: str
    group: str
    came: int
    offered: int
    won: int
    ratio: float | None
    money_ratio: float | None
    mean_log: float | None
    by_funds_alone: float | None
    low: float | None
    high: float | None
    flagged: bool
    small: bool
    off_price: int
    off_price_p: float


def fairness(solved: Solved, attribute: str, *, fund_prices_only: npt.NDArray[np.bool_], seed: int = 0) -> list[GroupRow]:
    """Return a row for each group of an attribute. fund_prices_only: by case, whether it would be funded at the prices of funds
    alone, without what limits and quotas add."""
    table = solved.table
    values = table.attributes[attribute]
    offered = ~np.isnan(solved.theta)
    won = solved.package >= 0
    off = np.isin(solved.ground.astype(np.str_), ("awarded off price", "off price"))
    best = np.where(offered, table.benefit.max(axis=1), 1).astype(np.float64)
    paid = promised(solved)
    everybody = float(np.log(best[offered]).mean()) if offered.any() else 0.0
    rows = []
    for group in np.unique(values):
        own = values == group
        n, k = int((own & offered).sum()), int((own & won).sum())
        others, others_won = int((~own & offered).sum()), int((~own & won).sum())
        small = min(k, n - k, others) < SMALLEST
        ratio = _ratio(k, n, others_won, others)
        low, high = clopper_pearson(k, n) if n else (0.0, 1.0)
        rest = others_won / others if others else 0.0
        rows.append(
            GroupRow(
                attribute,
                str(group),
                int(own.sum()),
                n,
                k,
                None if small else ratio,
                None if small else _ratio(float(paid[own].sum()), n, float(paid[~own].sum()), others),
                None if small else float(np.log(best[own & offered]).mean()) - everybody,
                None if small else _ratio(int((own & fund_prices_only).sum()), n, int((~own & fund_prices_only).sum()), others),
                None if small or not rest else low / rest,
                None if small or not rest else high / rest,
                not small and bool(rest) and (high / rest < FLAGGED[0] or low / rest > FLAGGED[1]),
                small,
                int((own & off).sum()),
                permutation_p(off[offered], own[offered], seed),
            )
        )
    return rows


def _ratio(part: float, of: int, rest: float, of_rest: int) -> float | None:
    if not of or not of_rest or not rest:
        return None
    return (part / of) / (rest / of_rest)


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share, by bisection on the binomial distribution."""
    tail = (1 - level) / 2
    ways = np.concatenate([[0.0], np.cumsum(np.log(np.arange(n, 0, -1)) - np.log(np.arange(1, n + 1)))])  # of j among n, in logs
    j = np.arange(n + 1)

    def between(first: int, last: int, p: float) -> float:
        if not 0 < p < 1:
            return float(first <= (n if p >= 1 else 0) <= last)
        own = j[first : last + 1]
        return float(np.exp(ways[own] + own * np.log(p) + (n - own) * np.log1p(-p)).sum())

    low = 0.0 if k == 0 else _bisect(lambda p: between(k, n, p) - tail)
    high = 1.0 if k == n else _bisect(lambda p: tail - between(0, k, p))
    return low, high


def _bisect(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def permutation_p(hit: npt.NDArray[np.bool_], own: npt.NDArray[np.bool_], seed: int) -> float:
    """Return the two-sided permutation probability that a group has so many of the hits by chance; 1 where there are none."""
    if not hit.any() or not own.any():
        return 1.0
    random = np.random.Generator(np.random.Philox(key=[seed, 5]))
    expected = hit.sum() * own.mean()
    seen = abs(int((hit & own).sum()) - expected)
    drawn = random.hypergeometric(int(own.sum()), int((~own).sum()), int(hit.sum()), _PERMUTATIONS)
    return float((1 + (np.abs(drawn - expected) >= seen - 1e-9).sum()) / (_PERMUTATIONS + 1))
