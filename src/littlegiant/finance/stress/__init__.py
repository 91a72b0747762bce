"""Liquidity and solvency of firms under stress: the loop with every feature, the matrix for many draws, what help closes."""

from littlegiant.finance.stress.linear import Draws, monte_carlo, run_linear
from littlegiant.finance.stress.model import CELLS, Behaviour, Stressed, Support, run
from littlegiant.finance.stress.relief import Closed, Relief, close, closed
from littlegiant.finance.stress.scenario import Scenario, scenario_from_file

__all__ = [
    "CELLS",
    "Behaviour",
    "Closed",
    "Draws",
    "Relief",
    "Scenario",
    "Stressed",
    "Support",
    "close",
    "closed",
    "monte_carlo",
    "run",
    "run_linear",
    "scenario_from_file",
]
