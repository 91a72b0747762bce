"""Public money as shares of a firm: aid only where a private investor would not have given it on the same terms. Indicative."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from littlegiant.documents import Frozen
from littlegiant.finance.effect import Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments.instrument import Instrument, Rules, Size, held
from littlegiant.finance.rates import Rates


class Exit(Frozen):
    """One way it may end: the stake is worth `multiple` times what all investors paid."""

    probability: float = Field(gt=0, le=1)
    multiple: float = Field(ge=0)


class Equity(Instrument):
    """A stake. `terms`: equal (with enough private money no aid), small_aid (all of it counts), or expected proceeds by scenario.

    upside_at_most: the public part never gets more than so many times its stake. first_loss: it bears losses first.
    """

    kind: Literal["equity"]
    size: Size
    terms: Literal["equal", "small_aid", "expected"] = "equal"
    private_share: float = Field(default=0.0, ge=0, lt=1)  # of the whole round
    private_at_least: float = 0.30  # on equal terms
    years: int = Field(default=7, gt=0)
    required_return: float = Field(default=0.12, gt=-1, lt=1)
    exits: tuple[Exit, ...] = ()
    upside_at_most: float | None = Field(default=None, gt=0)
    first_loss: bool = False

    @model_validator(mode="after")
    def _exits_are_whole(self) -> Self:
        if self.terms == "expected" and abs(sum(exit.probability for exit in self.exits) - 1) > 1e-9:
            raise ValueError("`exits:` are all ways it may end: their probabilities sum to 1")
        return self

    def proceeds(self) -> float:
        """Return expected public proceeds at the end, per unit of public money."""
        total = 0.0
        for exit in self.exits:
            worth = exit.multiple
            if self.first_loss and worth < 1:  # private investors are made whole first
                public = 1 - self.private_share
                worth = max(0.0, (worth - self.private_share) / public) if public else 0.0
            total += exit.probability * (min(worth, self.upside_at_most) if self.upside_at_most is not None else worth)
        return total

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        amount = held(self.size.of_firms(firms), eligible)
        equal = self.terms == "equal" and self.private_share >= self.private_at_least
        if equal:
            aid, cost = np.zeros(len(firms)), np.zeros(len(firms))
        elif self.terms == "expected":
            back = self.proceeds()
            aid = amount * (1 - back * (1 + self.required_return) ** -self.years)
            cost = amount * (1 - back * (1 + rates.government) ** -self.years)
        else:
            aid, cost = amount, amount
        private = amount * self.private_share / (1 - self.private_share)
        return Effect(
            untaxed={0: aid},
            equivalent=aid,
            committed=amount,
            cost=cost,
            finance=amount + private,
            private=private,
            flags={"indicative": eligible & (not equal)},
        )
