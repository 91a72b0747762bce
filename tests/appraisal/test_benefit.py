"""What a package is expected to bring, against the formula written as a loop over the draws."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from littlegiant.appraisal.benefit import Responses
from littlegiant.finance.response import Design, Roles, chosen, draw_parameters, read_parameters, worst_grade

Floats = npt.NDArray[np.float64]
SIZES = np.array(["small", "medium", "large", "small", "medium", "small"])
RESEARCH = np.array([1e6, 3e6, 5e7, 2e5, 0.0, np.nan])
BEFORE = np.full(6, 1.0)
AFTER = np.array([0.9, 0.95, 0.85, 1.0, 0.8, 0.9])
GRANT = np.array([0.0, 5e5, 1e6, 2e5, 3e5, 1e5])
RELEASED = np.array([1e5, 0.0, 2e6, 0.0, 0.0, 0.0])
DRAWS, SEED = 60, 3


def design(after: Floats = AFTER, grant: Floats = GRANT, released: Floats = RELEASED, before: Floats = BEFORE) -> Design:
    return Design("test", before, after, grant, released, 0.0)


@pytest.fixture(scope="module")
def responses() -> Responses:
    return Responses(read_parameters(), draws=DRAWS, seed=SEED)


def drawn() -> dict[str, Floats]:
    roles = Roles()
    return draw_parameters(chosen(read_parameters(), roles.names), draws=DRAWS, seed=SEED, correlations=roles.correlations)


def by_loop(number: int) -> tuple[list[float], list[float], list[float]]:
    """The three terms of one firm, draw by draw."""
    parameters, size = drawn(), SIZES[number]
    cost, grant, released = [], [], []
    for at in range(DRAWS):
        elasticity, relabelled = parameters[f"rd_eps_{size}"][at], parameters["rd_relabel_cn"][at]
        moved = (AFTER[number] / BEFORE[number]) ** (-elasticity) - 1
        cost.append(RESEARCH[number] * moved * (1 - relabelled))
        grant.append(GRANT[number] * parameters[f"grant_beta_{size}"][at] * parameters[f"mix_kappa_{size}"][at])
        released.append(RELEASED[number] * parameters["guar_incremental_ca"][at])
    return cost, grant, released


@pytest.mark.parametrize("number", range(5))
def test_terms_sum_and_spread_are_those_of_a_loop_over_the_draws(responses: Responses, number: int) -> None:
    found = responses.additional(RESEARCH, SIZES, design())
    cost, grant, released = by_loop(number)
    assert found.from_cost[number] == pytest.approx(np.mean(cost), rel=1e-4, abs=1e-6)
    assert found.from_grant[number] == pytest.approx(np.mean(grant))
    assert found.released[number] == pytest.approx(np.mean(released))
    total = np.sum([cost, grant, released], axis=0)
    assert found.mean[number] == pytest.approx(total.mean(), rel=1e-4)
    assert found.sd[number] == pytest.approx(total.std(), rel=1e-4, abs=1e-3)


def test_what_is_not_known_stays_unknown(responses: Responses) -> None:
    found = responses.additional(RESEARCH, SIZES, design())
    assert math.isnan(found.mean[5])
    assert not np.isnan(found.mean[:5]).any()


def test_a_firm_is_appraised_alike_alone_and_among_others(responses: Responses) -> None:
    together = responses.additional(RESEARCH, SIZES, design())
    for number in range(5):
        at = slice(number, number + 1)
        alone = responses.additional(RESEARCH[at], SIZES[at], design(AFTER[at], GRANT[at], RELEASED[at], BEFORE[at]))
        assert alone.mean[0] == pytest.approx(together.mean[number], rel=1e-12)
        assert alone.sd[0] == pytest.approx(together.sd[number], rel=1e-12)


def test_the_same_seed_gives_the_same_draws_and_another_does_not() -> None:
    def mean(seed: int) -> list[float]:
        found = Responses(read_parameters(), draws=DRAWS, seed=seed).additional(RESEARCH[:5], SIZES[:5], part(5))
        return [float(each) for each in found.mean]

    assert mean(1) == mean(1)
    assert mean(1) != mean(2)


def part(count: int) -> Design:
    return design(AFTER[:count], GRANT[:count], RELEASED[:count], BEFORE[:count])


def test_nothing_brings_nothing(responses: Responses) -> None:
    zero = np.zeros(6)
    found = responses.additional(RESEARCH, SIZES, design(BEFORE, zero, zero))
    assert found.mean[:5].tolist() == [0.0] * 5
    assert found.sd[:5].tolist() == [0.0] * 5


def test_beyond_says_where_the_cost_moves_further_than_the_evidence(responses: Responses) -> None:
    after = np.exp(np.array([-0.34, -0.36, 0.36, -0.34, -0.34, np.nan]))
    with np.errstate(invalid="ignore"):
        found = responses.additional(RESEARCH, SIZES, design(after))
    assert found.beyond.tolist() == [False, True, True, False, False, False]


@pytest.mark.parametrize(
    ("after", "grant", "released", "ids"),
    [
        (AFTER, np.zeros(6), np.zeros(6), ["rd_eps_small", "rd_eps_medium", "rd_eps_large", "rd_relabel_cn"]),
        (
            BEFORE,
            GRANT,
            np.zeros(6),
            [f"{name}_{size}" for name in ("grant_beta", "mix_kappa") for size in ("small", "medium", "large")],
        ),
        (BEFORE, np.zeros(6), RELEASED, ["guar_incremental_ca"]),
    ],
    ids=["cost", "grant", "released"],
)
def test_the_grade_is_that_of_the_weakest_parameter_that_plays_a_part(
    responses: Responses, after: Floats, grant: Floats, released: Floats, ids: list[str]
) -> None:
    found = responses.additional(RESEARCH, SIZES, design(after, grant, released))
    assert found.grade == worst_grade([read_parameters()[name] for name in ids])


def test_firms_with_the_same_evidence_move_together(responses: Responses) -> None:
    """Twice the R&D at the same change of the cost: twice the mean and twice the spread."""
    two = design(np.full(2, 0.9), np.zeros(2), np.zeros(2), np.ones(2))
    found = responses.additional(np.array([1e6, 2e6]), np.array(["small", "small"]), two)
    assert found.mean[1] == pytest.approx(2 * found.mean[0])
    assert found.sd[1] == pytest.approx(2 * found.sd[0])
