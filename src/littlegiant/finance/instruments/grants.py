"""Money that is not paid back: a grant, a matching grant, and one in tranches that depends on what is reached."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from littlegiant.documents import Frozen
from littlegiant.finance.effect import Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments.instrument import Instrument, Rules, Size, held
from littlegiant.finance.rates import Rates
from littlegiant.finance.schedule import FloatArray


class _Money(Instrument):
    taxable: bool = True  # booked as income; what is not has no deductible use either
    spent_on_rd: bool = False

    def _paid(self, payments: dict[int, FloatArray], committed: FloatArray, rates: Rates, **more: object) -> Effect:
        years = np.array(list(payments))
        stacked = np.stack([*payments.values()], axis=-1)
        return Effect(
            taxed=payments if self.taxable else {},
            untaxed={} if self.taxable else payments,
            research=payments if self.spent_on_rd and self.taxable else {},
            equivalent=(stacked * (1 + rates.discount) ** -years.astype(np.float64)).sum(axis=-1),
            cost=(stacked * (1 + rates.government) ** -years.astype(np.float64)).sum(axis=-1),
            committed=committed,
            finance=committed,
            tax_returns=self.taxable,
            **more,  # type: ignore[arg-type]
        )


class Grant(_Money):
    """A sum, at once or in parts that nothing but time decides."""

    kind: Literal["grant"]
    size: Size
    payments: dict[Annotated[int, Field(ge=0)], float] = {0: 1.0}  # year after the award -> share

    @model_validator(mode="after")
    def _paid_in_full(self) -> Self:
        if abs(sum(self.payments.values()) - 1) > 1e-9 or min(self.payments.values()) < 0:
            raise ValueError("the shares of `payments:` sum to 1, none below 0")
        return self

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        amount = held(self.size.of_firms(firms), eligible)
        return self._paid({year: share * amount for year, share in sorted(self.payments.items())}, amount, rates)


class MatchingGrant(_Money):
    """A share of what the firm spends on R&D, up to a cap: at the cap a further yuan brings nothing."""

    kind: Literal["matching_grant"]
    rate: float = Field(gt=0, le=1)
    of: str = "rd"
    cap: float | None = Field(default=None, gt=0)

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        wanted = self.rate * np.maximum(firms.given(self.of), 0.0)
        cap = np.inf if self.cap is None else self.cap
        amount = held(np.minimum(wanted, cap), eligible)
        marginal = np.where(eligible & (wanted < cap) & (self.of == "rd"), self.rate, 0.0)
        flags = {"capped": eligible & (wanted >= cap)}
        return self._paid(
            {0: amount}, amount, rates, credit_rate=marginal, credit_taxable=self.taxable, credit_is_cash=True, flags=flags
        )


class Tranche(Frozen):
    """A part that is due after so many years."""

    after: int = Field(ge=0)
    share: float = Field(gt=0, le=1)
    if_reached: bool = False  # paid only where the targets were reached


class TrancheGrant(_Money):
    """A contingent claim: parts at once, parts if the targets are reached; paid back where the plan was not carried out.

    not_carried_out, missed: probabilities that the plan falls short (what was paid is recovered) and that it is carried out
    but the targets are missed (nothing more is paid). Amounts are expectations; `terms` has the three outcomes.
    """

    kind: Literal["tranche_grant"]
    size: Size
    tranches: tuple[Tranche, ...] = Field(min_length=1)
    not_carried_out: float = Field(default=0.0, ge=0, le=1)
    missed: float = Field(default=0.0, ge=0, le=1)
    recovered_after: int = 3

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if abs(sum(tranche.share for tranche in self.tranches) - 1) > 1e-9:
            raise ValueError("the shares of the tranches sum to 1")
        if self.not_carried_out + self.missed > 1:
            raise ValueError("`not_carried_out:` and `missed:` are shares of all firms, together at most 1")
        return self

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        amount = held(self.size.of_firms(firms), eligible)
        reached = 1 - self.not_carried_out - self.missed
        payments: dict[int, FloatArray] = {}
        for tranche in self.tranches:
            expected = amount * tranche.share * (reached if tranche.if_reached else 1.0)
            payments[tranche.after] = payments.get(tranche.after, np.zeros(len(firms))) + expected
        at_once = sum(tranche.share for tranche in self.tranches if not tranche.if_reached)
        back = payments.get(self.recovered_after, np.zeros(len(firms)))
        payments[self.recovered_after] = back - amount * at_once * self.not_carried_out
        terms = {"if_reached": amount, "if_missed": amount * at_once, "if_not_carried_out": amount * 0.0}
        return self._paid(dict(sorted(payments.items())), amount, rates, terms=terms)
