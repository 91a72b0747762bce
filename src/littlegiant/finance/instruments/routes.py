"""Ways to money that are no money themselves: a listing channel, a list of firms that banks lend to.

They have a gate and a time.
"""

from typing import Literal

import numpy as np

from littlegiant.finance.effect import Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments.instrument import Instrument, Rules
from littlegiant.finance.rates import Rates


class Route(Instrument):
    """Nothing is given and nothing claimed; `time_to_cash` and `shows` are what it is about."""

    kind: Literal["route"]

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        nothing = np.zeros(len(firms))
        return Effect(equivalent=nothing, committed=nothing, cost=nothing, finance=nothing)
