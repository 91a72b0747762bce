"""Expert scores made comparable: against the mixed model solved densely, on scores with planted strictness, at its edges."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from littlegiant.appraisal.reviews import Calibrated, Scores, calibrate, read_reviews
from littlegiant.problems import LittleGiantError

Floats = npt.NDArray[np.float64]
NORMAL_95 = 1.6448536269514722


def simulated(
    seed: int, *, cases: int, reviewers: int, each: int, worth: float = 6.0, strict: float = 5.0, noise: float = 4.0
) -> tuple[Scores, Floats, Floats]:
    """Scores of a random panel, with the worth of every case and the strictness of every reviewer that made them."""
    random = np.random.default_rng(seed)
    true, severity = 60 + worth * random.standard_normal(cases), strict * random.standard_normal(reviewers)
    case = np.repeat(np.arange(cases), each)
    reviewer = np.concatenate([random.choice(reviewers, each, replace=False) for _ in range(cases)])
    score = true[case] + severity[reviewer] + noise * random.standard_normal(len(case))
    names = tuple(f"P{n:04d}" for n in range(cases)), tuple(f"E{n:03d}" for n in range(reviewers))
    return Scores(case.astype(np.int64), reviewer.astype(np.int64), score, *names), true, severity


class Dense:
    """The model y = mean + case + reviewer + chance by its covariance matrix, at given variances."""

    def __init__(self, scores: Scores, of_case: float, of_reviewer: float, noise: float) -> None:
        y, n = scores.score, len(scores.score)
        a, b = np.zeros((n, len(scores.cases))), np.zeros((n, len(scores.reviewers)))
        a[np.arange(n), scores.case] = b[np.arange(n), scores.reviewer] = 1
        v = of_case * a @ a.T + of_reviewer * b @ b.T + noise * np.eye(n)
        inverse, one = np.linalg.inv(v), np.ones(n)
        self.information = float(one @ inverse @ one)
        self.mean = float(one @ inverse @ y) / self.information
        rest = inverse @ (y - self.mean)
        self.case, self.reviewer = of_case * a.T @ rest, of_reviewer * b.T @ rest
        p = inverse - np.outer(inverse @ one, one @ inverse) / self.information
        self.case_sd = np.sqrt(np.diag(of_case * np.eye(a.shape[1]) - of_case**2 * a.T @ p @ a))
        # Twice the logarithm of the restricted likelihood, but for a constant.
        self.likelihood = -float(np.linalg.slogdet(v)[1] + np.log(self.information) + (y - self.mean) @ rest)


def dense(scores: Scores, found: Calibrated) -> Dense:
    return Dense(scores, found.case_sd**2, found.reviewer_sd**2, found.noise_sd**2)


@pytest.mark.parametrize(("cases", "reviewers", "each"), [(40, 8, 3), (25, 25, 4), (60, 5, 2), (12, 30, 6), (30, 4, 4)], ids=str)
def test_effects_are_those_of_the_mixed_model(cases: int, reviewers: int, each: int) -> None:
    scores, _, _ = simulated(cases, cases=cases, reviewers=reviewers, each=each)
    found = calibrate(scores)
    plain = dense(scores, found)
    assert found.mean == pytest.approx(plain.mean, rel=1e-8)
    np.testing.assert_allclose(found.score, plain.mean + plain.case, rtol=1e-8)
    np.testing.assert_allclose(found.strictness, plain.reviewer, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.sd, plain.case_sd, rtol=1e-6)
    np.testing.assert_allclose(found.high - found.score, NORMAL_95 * found.sd, rtol=1e-9)
    np.testing.assert_allclose(found.score - found.low, NORMAL_95 * found.sd, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_variances_are_those_of_greatest_restricted_likelihood(seed: int) -> None:
    scores, _, _ = simulated(seed, cases=40, reviewers=12, each=4)
    found = calibrate(scores)
    own = np.array([found.case_sd, found.reviewer_sd, found.noise_sd]) ** 2
    best = dense(scores, found).likelihood
    for place in range(3):
        for factor in (0.9, 1.1):
            other = own.copy()
            other[place] *= factor
            assert Dense(scores, *other).likelihood < best + 1e-4


def test_reviews_of_different_number_are_weighted_by_their_number() -> None:
    scores, _, _ = simulated(3, cases=40, reviewers=10, each=4)
    kept = np.random.default_rng(1).random(len(scores.score)) < 0.6
    kept[::4] = True  # everybody keeps one
    fewer = Scores(scores.case[kept], scores.reviewer[kept], scores.score[kept], scores.cases, scores.reviewers)
    found = calibrate(fewer)
    np.testing.assert_allclose(found.score, dense(fewer, found).mean + dense(fewer, found).case, rtol=1e-8)
    assert found.reviews.tolist() == np.bincount(fewer.case, minlength=40).tolist()
    assert found.sd[found.reviews == 1].min() > found.sd[found.reviews == 4].max(), "fewer reviews, wider interval"


def test_the_order_of_the_rows_changes_nothing() -> None:
    scores, _, _ = simulated(5, cases=50, reviewers=9, each=3)
    order = np.random.default_rng(0).permutation(len(scores.score))
    mixed = Scores(scores.case[order], scores.reviewer[order], scores.score[order], scores.cases, scores.reviewers)
    np.testing.assert_allclose(calibrate(mixed).score, calibrate(scores).score, rtol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_planted_strictness_costs_nobody_an_award(seed: int) -> None:
    scores, true, severity = simulated(seed, cases=200, reviewers=20, each=3, strict=8.0)
    found = calibrate(scores)
    assert np.abs(found.score - true).mean() < 0.7 * np.abs(found.raw - true).mean()
    assert np.corrcoef(found.strictness, severity)[0, 1] > 0.95
    best = set(np.argsort(-true)[:40].tolist())
    by_score, by_raw = (len(best & set(np.argsort(-each)[:40].tolist())) for each in (found.score, found.raw))
    assert by_score > by_raw
    assert found.reviewer_sd == pytest.approx(8.0, rel=0.5)
    assert found.noise_sd == pytest.approx(4.0, rel=0.15)
    assert found.separable


def test_nine_of_ten_intervals_hold_the_worth() -> None:
    inside, many = 0, 0
    for seed in range(12):
        scores, true, _ = simulated(100 + seed, cases=150, reviewers=60, each=3)
        found = calibrate(scores)
        inside += int(((found.low <= true) & (true <= found.high)).sum())
        many += len(true)
    assert 0.87 < inside / many < 0.93


def test_one_reviewer_is_no_yardstick_of_strictness() -> None:
    scores, _, _ = simulated(1, cases=20, reviewers=1, each=1)
    found = calibrate(scores)
    assert np.isfinite(found.score).all()
    assert np.argsort(found.score).tolist() == np.argsort(found.raw).tolist(), "the order of the raw scores stays"
    assert abs(found.strictness[0]) < 1e-6, "nobody to compare with"


def test_one_review_a_case_keeps_what_cannot_be_told_apart() -> None:
    scores, _, _ = simulated(2, cases=30, reviewers=30, each=1)
    reviewer = np.arange(30, dtype=np.int64)
    own = Scores(scores.case, reviewer, scores.score, scores.cases, scores.reviewers)
    found = calibrate(own)
    assert np.isfinite(found.score).all()
    assert np.argsort(found.score).tolist() == np.argsort(found.raw).tolist()
    assert not found.separable, "a reviewer for each case: worth and strictness cannot be told apart"


def test_scores_all_alike_stay_as_they_are() -> None:
    case, reviewer = np.repeat(np.arange(5), 2), np.tile(np.arange(2), 5)
    found = calibrate(Scores(case, reviewer, np.full(10, 70.0), tuple("abcde"), ("x", "y")))
    assert found.score.tolist() == found.raw.tolist() == [70.0] * 5
    assert found.sd.tolist() == [0.0] * 5
    assert found.separable


def test_two_scores_teach_nothing() -> None:
    found = calibrate(Scores(np.array([0, 1]), np.array([0, 0]), np.array([50.0, 70.0]), ("a", "b"), ("x",)))
    assert found.score.tolist() == [50.0, 70.0]


def test_panels_without_a_link_say_so() -> None:
    """Two panels that share no case: who is stricter, and whose cases are better, cannot be told."""
    case = np.repeat(np.arange(20), 2)
    apart = np.where(case < 10, 0, 2) + np.tile([0, 1], 20)
    score = 60 + np.random.default_rng(0).standard_normal(40) * 5
    names = tuple(f"P{n:02d}" for n in range(20)), tuple("wxyz")
    assert not calibrate(Scores(case, apart, score, *names)).separable
    linked = apart.copy()
    linked[0] = 2  # one reviewer of the other panel saw one case
    assert calibrate(Scores(case, linked, score, *names)).separable


# --- files ----------------------------------------------------------------------------------------------------------------

HEAD = "case,reviewer,indicator,score\n"
WEIGHTS = {"technology": 0.5, "plan": 0.3, "chain": 0.2}


def written(folder: Path, text: str) -> Path:
    (folder / "reviews.csv").write_text(text, encoding="utf-8")
    return folder / "reviews.csv"


def test_indicators_are_summed_by_their_weights(tmp_path: Path) -> None:
    rows = "P2,E1,technology,80\nP2,E1,plan,60\nP1,E2,chain,5\nP1,E2,plan,40\nP2,E1,chain,50\nP1,E2,technology,70\n"
    scores = read_reviews(written(tmp_path, HEAD + rows), WEIGHTS)
    assert scores.cases == ("P1", "P2")
    assert scores.reviewers == ("E1", "E2")
    found = {
        (scores.cases[c], scores.reviewers[r]): s for c, r, s in zip(scores.case, scores.reviewer, scores.score, strict=True)
    }
    assert found == pytest.approx({("P1", "E2"): 0.5 * 70 + 0.3 * 40 + 0.2 * 5, ("P2", "E1"): 0.5 * 80 + 0.3 * 60 + 0.2 * 50})


def test_totals_need_no_indicators(tmp_path: Path) -> None:
    scores = read_reviews(written(tmp_path, "case,reviewer,score\nP1,E1,70.5\nP1,E2,60\nP2,E1,0\n"))
    assert scores.score.tolist() == [70.5, 60.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "told", "code"),
    [
        ("P1,E1,technology,good\nP1,E1,plan,60\nP1,E1,chain,5\n", "reviews.csv, row 2, column score", "type"),
        ("P1,E1,technology,\nP1,E1,plan,60\nP1,E1,chain,5\n", "reviews.csv, row 2, column score", "type"),
        ("P1,E1,technology,inf\nP1,E1,plan,60\nP1,E1,chain,5\n", "reviews.csv, row 2, column score", "type"),
        ("P1,E1,technology,1\nP1,E1,plan,6\nP1,E1,chain,5\nP1,E1,plan,7\n", "E1 scored P1 twice", "twice"),
        ("P1,E1,technology,1\nP1,E1,plan,6\nP1,E1,chain,5\nP1,E1,tecnology,7\n", "the indicator 'tecnology'", "unknown-name"),
        ("P1,E1,technology,1\nP1,E1,plan,6\n", "E1 gave P1 no score for chain", "missing"),
        ("P1,E1,,1\n", "the indicator ''", "unknown-name"),
    ],
)
def test_a_bad_row_is_told_with_its_place(tmp_path: Path, rows: str, told: str, code: str) -> None:
    with pytest.raises(LittleGiantError) as problem:
        read_reviews(written(tmp_path, HEAD + rows), WEIGHTS)
    assert told in str(problem.value)
    assert code in {each.code for each in problem.value.problems}
    assert all("reviews.csv" in each.place for each in problem.value.problems)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD, "no scores"),
        ("case,score\nP1,4\n", "no column reviewer"),
        ("case,reviewer,score\nP1,E1\n", "another number of cells"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LittleGiantError, match=told) as problem:
        read_reviews(written(tmp_path, text))
    assert len(problem.value.problems) == 1


def test_a_score_outside_the_scale_is_told_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("项目,评审专家,评分\nP1,E1,0\nP1,E2,100\nP2,E1,750\nP2,E2,-1\n", encoding="utf-8")
    with pytest.raises(LittleGiantError) as told:
        read_reviews(path, scale=(0, 100))
    assert [each.place for each in told.value.problems] == [
        "reviews.csv, row 4, column score",
        "reviews.csv, row 5, column score",
    ]
    assert "0 to 100" in str(told.value)
    assert read_reviews(path).score.tolist() == [0, 100, 750, -1]


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError, match="no such file"):
        read_reviews(tmp_path / "reviews.csv")


def test_every_bad_row_is_told_at_once(tmp_path: Path) -> None:
    rows = "P1,E1,x\nP2,E1,y\nP3,E1,70\nP3,E1,60\n"
    with pytest.raises(LittleGiantError) as problem:
        read_reviews(written(tmp_path, "case,reviewer,score\n" + rows))
    assert [each.code for each in problem.value.problems] == ["type", "type", "twice"]


def test_a_reviewer_without_a_total_is_not_taken_for_zero(tmp_path: Path) -> None:
    """Even where nobody wrote weights, all reviewers give the same indicators."""
    with pytest.raises(LittleGiantError, match="E2 gave P1 no score for plan"):
        read_reviews(written(tmp_path, HEAD + "P1,E1,plan,4\nP1,E1,chain,5\nP1,E2,chain,5\n"))


def test_more_reviewers_than_can_be_calibrated_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("littlegiant.appraisal.reviews.MOST_REVIEWERS", 7)
    scores, _, _ = simulated(1, cases=10, reviewers=8, each=2)
    with pytest.raises(LittleGiantError, match="8 reviewers"):
        calibrate(scores)
