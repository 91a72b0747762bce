"""A risk score for firms without a rating: Altman's Z'' and the rating it corresponds to. A score is not a rating and says so.

Z'' = 6.56 WC/TA + 3.26 RE/TA + 6.72 EBIT/TA + 1.05 BVE/TL, for private firms outside of manufacturing and for emerging
markets; the table of ratings is for Z'' + 3.25 (the constant and the table are recollected; see the docs). The cut-offs 1.23
and 2.9 belong to Z'.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from littlegiant.finance.schedule import FloatArray

SAFE, DISTRESS = 2.6, 1.1
_CONSTANT = 3.25
_RATINGS: dict[str, float] = {
    "AAA": 8.15,
    "AA+": 7.60,
    "AA": 7.30,
    "AA-": 7.00,
    "A+": 6.85,
    "A": 6.65,
    "A-": 6.40,
    "BBB+": 6.25,
    "BBB": 5.85,
    "BBB-": 5.65,
    "BB+": 5.25,
    "BB": 4.95,
    "BB-": 4.75,
    "B+": 4.50,
    "B": 4.15,
    "B-": 3.75,
    "CCC+": 3.20,
    "CCC": 2.50,
    "CCC-": 1.75,
}
BEST_BY_SCORE = "BBB"  # a score never stands for more than this

Zone = Literal["safe", "grey", "distress", "unknown"]


def z_score(
    *,
    working_capital: FloatArray,
    retained: FloatArray,
    ebit: FloatArray,
    equity: FloatArray,
    assets: FloatArray,
    liabilities: FloatArray,
) -> FloatArray:
    """Return Z'' by firm; NaN where assets or liabilities are not above zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (6.56 * working_capital + 3.26 * retained + 6.72 * ebit) / assets + 1.05 * equity / liabilities
    return np.where((assets > 0) & (liabilities > 0), score, np.nan)


def zone(score: float) -> Zone:
    if np.isnan(score):
        return "unknown"
    return "safe" if score > SAFE else "distress" if score < DISTRESS else "grey"


def rating_of_score(score: FloatArray) -> npt.NDArray[np.str_]:
    """Return the rating that Z'' corresponds to, at best BBB; "" where there is no score, D below the table."""
    thresholds = np.array(list(_RATINGS.values())[::-1])
    names = np.array(["D", *list(_RATINGS)[::-1]])
    row = np.searchsorted(thresholds, np.nan_to_num(score + _CONSTANT, nan=-1e9), side="right")
    cap = int(np.flatnonzero(names == BEST_BY_SCORE)[0])
    return np.where(np.isnan(score), "", names[np.minimum(row, cap)])
