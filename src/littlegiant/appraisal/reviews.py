"""Expert scores made comparable: a strict reviewer costs nobody an award, a lenient one wins none.

Each total of a reviewer for a case is the general mean, plus what the case is worth, plus how strict the reviewer is, plus
chance; the effects of cases and of reviewers are random, with variances estimated by restricted maximum likelihood (EM), so
that a case with few reviews is drawn towards the mean and its interval is wider. The estimates are the best linear unbiased
predictions of this model (Henderson's equations). Raw means stand beside the calibrated ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from littlegiant.documents import read_rows
from littlegiant.problems import LittleGiantError, Problem, refuse

Floats = npt.NDArray[np.float64]
_ROUNDS = 2_000
_SETTLED = 1e-7
_NORMAL_95 = 1.6448536269514722
MOST_REVIEWERS = 4_000
_ENTRIES = 4_000_000  # of a dense piece of the table of cases and reviewers


@dataclass(frozen=True)
class Scores:
    """Totals as given: case and reviewer by number, score; names in the order of the numbers."""

    case: npt.NDArray[np.int64]
    reviewer: npt.NDArray[np.int64]
    score: Floats
    cases: tuple[str, ...]
    reviewers: tuple[str, ...]


@dataclass(frozen=True)
class Calibrated:
    """By case: how many reviews, the raw mean, the calibrated score, its deviation and 90 per cent interval, as it stands
    to other cases; the mean of all is not known better than the few reviewers tell it.

    strictness: by reviewer, points above (lenient) or below (strict) the mean. case_sd, reviewer_sd, noise_sd: standard
    deviations of the three effects; separable: whether the reviews link all cases, without which a reviewer's strictness and
    the worth of the cases only that reviewer saw cannot be told apart but by shrinkage.
    """

    cases: tuple[str, ...]
    reviews: npt.NDArray[np.int64]
    raw: Floats
    score: Floats
    sd: Floats
    low: Floats
    high: Floats
    reviewers: tuple[str, ...]
    strictness: Floats
    mean: float
    case_sd: float
    reviewer_sd: float
    noise_sd: float
    separable: bool


def read_reviews(path: Path, weights: Mapping[str, float] | None = None, scale: tuple[float, float] | None = None) -> Scores:
    """Return the totals of a CSV with case, reviewer, score and perhaps indicator; indicators are summed by `weights`.

    A reviewer who left an indicator out has no total for that case, and the file is refused: unknown is not zero; so is a score
    outside `scale`, the lowest and the highest there is.
    """
    rows = read_rows(path, ("case", "reviewer", "score"), ("indicator",))
    problems: list[Problem] = []
    totals: dict[tuple[str, str], dict[str, float]] = {}
    places: dict[tuple[str, str], str] = {}
    for place, row in rows:
        key, indicator = (row["case"], row["reviewer"]), row.get("indicator", "") or ""
        if weights and indicator not in weights:
            found = f"the indicator {indicator!r}"
            problems.append(Problem(place, found, ", ".join(weights), "Correct the name.", "unknown-name"))
            continue
        try:
            value = float(row["score"])
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            remedy = "Ask the reviewer, or leave out all that this reviewer said of the case."
            problems.append(Problem(f"{place}, column score", repr(row["score"]), "a number", remedy, "type"))
            continue
        if scale is not None and not scale[0] <= value <= scale[1]:
            told, remedy = f"{scale[0]:g} to {scale[1]:g}", "Correct the score, or `scale:` of the call."
            problems.append(Problem(f"{place}, column score", row["score"], told, remedy, "range"))
            continue
        own = totals.setdefault(key, {})
        places[key] = place
        if indicator in own:
            problems.append(Problem(place, f"{key[1]} scored {key[0]} twice", "once an indicator", "Leave one out.", "twice"))
        own[indicator] = value
    wanted = set(weights) if weights else {name for own in totals.values() for name in own}
    for key, own in totals.items():
        missing = wanted - set(own)
        if missing:
            found = f"{key[1]} gave {key[0]} no score for {', '.join(sorted(missing))}"
            remedy = "Unknown is not zero: ask, or leave out all that this reviewer said of the case."
            problems.append(Problem(places[key], found, "every indicator", remedy, "missing"))
    if problems:
        raise LittleGiantError(problems[:20])
    if not totals:
        refuse(path.name, "no scores", "one row a case and reviewer", "", code="empty")
    cases, reviewers = (tuple(sorted({key[side] for key in totals})) for side in (0, 1))
    number, by = ({name: at for at, name in enumerate(names)} for names in (cases, reviewers))
    keys = sorted(totals)
    score = [sum((weights[name] if weights else 1.0) * value for name, value in sorted(totals[key].items())) for key in keys]
    return Scores(
        np.array([number[case] for case, _ in keys], np.int64),
        np.array([by[reviewer] for _, reviewer in keys], np.int64),
        np.array(score, np.float64),
        cases,
        reviewers,
    )


def calibrate(scores: Scores) -> Calibrated:
    """Return the calibrated scores; with one reviewer, or one a case, what cannot be told apart stays with the cases."""
    cases, reviewers = len(scores.cases), len(scores.reviewers)
    if reviewers > MOST_REVIEWERS:
        refuse("reviews", f"{reviewers} reviewers", f"at most {MOST_REVIEWERS}", "Calibrate panel by panel.", code="too-large")
    count = np.bincount(scores.case, minlength=cases).astype(np.float64)
    raw = np.bincount(scores.case, scores.score, cases) / np.maximum(count, 1)
    total = float(scores.score.var()) if len(scores.score) > 1 else 0.0
    if total == 0.0 or len(scores.score) < 3:
        return _plain(scores, count, raw)
    state = np.array([total / 2, total / 4, total / 4])
    solved: Any = None
    for _ in range(_ROUNDS):
        solved = _solve(scores, count, *state)
        new = np.maximum(solved["variances"], total * 1e-9)
        if np.abs(new - state).max() < _SETTLED * total:
            state = new
            break
        state = new
    solved = _solve(scores, count, *state)
    sd = np.sqrt(solved["case_variance"])
    score = solved["mean"] + solved["case"]
    case_sd, reviewer_sd, noise_sd = (float(each) for each in np.sqrt(state))
    return Calibrated(
        scores.cases, count.astype(np.int64), raw, score, sd, score - _NORMAL_95 * sd, score + _NORMAL_95 * sd,
        scores.reviewers, solved["reviewer"], float(solved["mean"]), case_sd, reviewer_sd, noise_sd, _linked(scores),
    )  # fmt: skip


def _solve(scores: Scores, count: Floats, of_case: float, of_reviewer: float, noise: float) -> dict[str, Any]:
    """Solve the mixed model equations: cases are eliminated, a dense system of reviewers and the mean is left.

    Returns effects, their variances, and the next variances of the EM steps.
    """
    case, reviewer, y = scores.case, scores.reviewer, scores.score
    cases, size = len(count), len(scores.reviewers) + 1  # the mean is the last
    inner = count / noise + 1 / of_case
    by_reviewer = np.bincount(reviewer, minlength=size - 1)
    matrix = np.diag(np.append(by_reviewer / noise + 1 / of_reviewer, len(y) / noise))
    matrix[:-1, -1] = matrix[-1, :-1] = by_reviewer / noise
    right = np.append(np.bincount(reviewer, y, size - 1), y.sum()) / noise
    case_right = np.bincount(case, y, cases) / noise
    for rows, shared in _shared(scores, count, size):
        part = shared / noise
        matrix -= part.T @ (part / inner[rows, None])
        right -= part.T @ (case_right[rows] / inner[rows])
    inverse = np.linalg.inv(matrix)
    effects = inverse @ right
    fitted = np.bincount(case, effects[reviewer] + effects[-1], cases) / noise
    case_effect = (case_right - fitted) / inner
    case_variance = 1 / inner
    for rows, shared in _shared(scores, count, size):
        part = shared / noise
        case_variance[rows] += ((part @ inverse) * part).sum(axis=1) / inner[rows] ** 2
    reviewer_effect, reviewer_variance = effects[:-1], np.diag(inverse)[:-1]
    residual = y - effects[-1] - case_effect[case] - reviewer_effect[reviewer]
    freedom = cases - case_variance.sum() / of_case + (size - 1) - reviewer_variance.sum() / of_reviewer + 1
    variances = np.array(
        [
            (case_effect @ case_effect + case_variance.sum()) / cases,
            (reviewer_effect @ reviewer_effect + reviewer_variance.sum()) / (size - 1),
            (residual @ residual + noise * freedom) / len(y),
        ]
    )
    return {
        "mean": effects[-1],
        "case": case_effect,
        "case_variance": case_variance,
        "reviewer": reviewer_effect,
        "variances": variances,
    }


def _shared(scores: Scores, count: Floats, size: int) -> Iterator[tuple[slice, Floats]]:
    """Yield for some cases at a time how often each reviewer saw each, the number of reviews in the last column."""
    order = np.argsort(scores.case, kind="stable")
    edges = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    step = max(1, _ENTRIES // size)
    for first in range(0, len(count), step):
        beyond = min(first + step, len(count))
        own = order[edges[first] : edges[beyond]]
        table = np.zeros((beyond - first, size))
        np.add.at(table, (scores.case[own] - first, scores.reviewer[own]), 1.0)
        table[:, -1] = count[first:beyond]
        yield slice(first, beyond), table


def _plain(scores: Scores, count: Floats, raw: Floats) -> Calibrated:
    """Return scores that nothing can be learnt from: all alike, or fewer than three."""
    mean, none = float(scores.score.mean()), np.zeros(len(raw))
    return Calibrated(
        scores.cases, count.astype(np.int64), raw, raw.copy(), none, raw.copy(), raw.copy(), scores.reviewers,
        np.zeros(len(scores.reviewers)), mean, 0.0, 0.0, 0.0, _linked(scores),
    )  # fmt: skip


def _linked(scores: Scores) -> bool:
    """Say whether cases and reviewers hang together: whether one can be reached from every other by reviews."""
    parent = list(range(len(scores.cases) + len(scores.reviewers)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for case, reviewer in zip(scores.case.tolist(), scores.reviewer.tolist(), strict=True):
        parent[root(case)] = root(len(scores.cases) + reviewer)
    return len({root(node) for node in range(len(parent))}) == 1
