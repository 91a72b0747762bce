"""Side by side with the package cost-of-capital-calculator, where it is installed (it is large, and in no extra)."""

import importlib
import math
from typing import Any

import numpy as np
import pytest

from littlegiant.finance.depreciation import WriteOff
from littlegiant.finance.user_cost import b_index, cost_of_capital, user_cost

GRID = [(rate, credit, z) for rate in (0.0, 0.15, 0.25, 0.35) for credit in (0.0, 0.1, 0.2) for z in (0.4, 0.8, 1.0)]
COMMON = {"interest": 0.05, "depreciation": 0.15}


@pytest.fixture
def peer() -> Any:
    pytest.importorskip("ccc", reason="the package cost-of-capital-calculator is not installed")
    return importlib.import_module("ccc.calcfunctions")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("rate", "credit", "z"), GRID)
def test_both_give_the_same_cost_of_capital(peer: Any, rate: float, credit: float, z: float) -> None:
    theirs = peer.eq_coc(0.15, z, 0.0, rate, rate, credit, 0.0, 1.0, 0.0, 0.05)
    ours = cost_of_capital(rate, deductions=z, credit=credit, **COMMON)
    assert ours == pytest.approx(theirs, rel=1e-12)
    # The user cost by the B-index is the same number: an untaxed credit, deductions worth z.
    assert user_cost(b_index(rate, credit=credit, depreciation=z), **COMMON) == pytest.approx(theirs + 0.15, rel=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_where_the_peer_gives_no_number_ours_has_its_limit(peer: Any) -> None:
    assert math.isnan(float(peer.sl(np.float64(10), 0.0, np.float64(0.0))))
    assert WriteOff("straight line", 0.1).present_value(0.0) == 1.0


@pytest.mark.filterwarnings("ignore")
def test_the_peer_writes_into_the_array_of_its_caller_and_ours_does_not(peer: Any) -> None:
    credits = np.array([0.1])
    arguments = (np.array([0.15]), np.array([1.0]), 0.0, 0.25, 0.25, credits, 0.0, 1.0, 0.0, 0.05)
    peer.eq_coc(*arguments, re_credit={"By industry": {}, "By asset": {"rd": 0.1}}, asset_code=["rd"])
    assert credits[0] == pytest.approx(0.2)
    own = np.array([0.1])
    cost_of_capital(0.25, deductions=np.array([1.0]), credit=own, **COMMON)
    assert own[0] == 0.1
