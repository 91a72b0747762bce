"""Cheaper or safer borrowing: a soft loan, an interest subsidy, a guarantee with its parties."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from littlegiant.documents import Frozen
from littlegiant.finance import grant_equivalent as equivalent
from littlegiant.finance.budget_cost import cost_of_guarantee, cost_of_loan
from littlegiant.finance.effect import ByYear, Effect
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.instruments.instrument import Instrument, LoanTerms, Rules, Size, by_year, held
from littlegiant.finance.rates import Rates, reference_premiums, reference_rates
from littlegiant.finance.schedule import FloatArray, Terms, balance_years, balances
from littlegiant.finance.taxes import Level


def _interest(principal: FloatArray, points: FloatArray, terms: Terms, discount: float, *, in_advance: bool = False) -> ByYear:
    """Return what `points` a year on the balance make, by year."""
    shares = balances(terms) / terms.per_year
    first = 0 if in_advance else 1
    return by_year({period + first: principal * points * share for period, share in enumerate(shares)}, terms.per_year, discount)


def _shaped(terms: LoanTerms) -> None:
    if terms.repayment == "annuity" and terms.rate is None:
        raise ValueError("an annuity needs the interest of the bank's loan: `rate:` in `terms:`")


class SoftLoan(Instrument):
    """A loan below the benchmark rate. Lenders whose taxed income it replaces pay as much less tax as the firm pays more."""

    kind: Literal["soft_loan"]
    size: Size
    terms: LoanTerms
    charged: float = Field(gt=-0.1, lt=1)
    fees: float = Field(default=0.0, ge=0)  # share of the principal, at the award
    refinanced_at: float | None = Field(
        default=None, gt=-0.1, lt=1
    )  # a bank lends and bears the risk; the state refinances it so

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        principal, terms = held(self.size.of_firms(firms), eligible), self.terms.at(self.charged)
        reference = reference_rates(firms, rules.references, rates)
        without_market = reference.flags.get("no_market", np.zeros(len(firms), np.bool_)) & eligible
        fees = principal * self.fees
        signed = equivalent.of_loan(
            principal, terms, reference=reference.rate, charged=self.charged, discount=rates.discount, fees=fees
        ).signed
        if rules.difficulty_in_full:
            signed = np.where(without_market, principal - fees, signed)
        saved = dict(_interest(principal, reference.rate - self.charged, terms, rates.discount))
        saved[0] = saved.get(0, np.zeros(len(firms))) - fees
        if self.refinanced_at is None:
            risk = {"default": firms.default, "loss": firms.loss}
            cost = cost_of_loan(principal, terms, charged=self.charged, government=rates.government, fees=fees, **risk)
        else:
            cost = principal * (rates.government - self.refinanced_at) * balance_years(terms, rates.government)
        return Effect(
            taxed=saved,
            equivalent=signed,
            committed=principal,
            cost=held(cost, eligible),
            finance=principal,
            saving=held(reference.rate - self.charged, eligible & (principal > 0)),
            terms={"reference": reference.rate, "charged": np.full(len(firms), self.charged)},
            flags={
                "no_market": without_market,
                "no_rating": reference.flags.get("no_rating", without_market) & eligible,
                "floor": eligible & (signed < 0),
            },
        )


class InterestSubsidy(Instrument):
    """Points of interest paid for the firm on a loan of a bank, within caps."""

    kind: Literal["interest_subsidy"]
    size: Size
    terms: LoanTerms
    points: float = Field(gt=0, lt=1)
    cap_a_year: float | None = Field(default=None, gt=0)
    cap_in_all: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _has_a_shape(self) -> Self:
        _shaped(self.terms)
        return self

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        principal, terms = held(self.size.of_firms(firms), eligible), self.terms.at(None)
        shares = balances(terms) * self.points / terms.per_year
        left = np.full(len(firms), np.inf if self.cap_in_all is None else self.cap_in_all)
        yearly = np.inf if self.cap_a_year is None else self.cap_a_year
        periods: dict[int, FloatArray] = {}
        capped = np.zeros(len(firms), np.bool_)
        this_year = np.zeros(len(firms))
        for period, share in enumerate(shares):
            this_year = np.zeros(len(firms)) if period % terms.per_year == 0 else this_year
            wanted = principal * share
            paid = np.minimum(wanted, np.minimum(left, yearly - this_year))
            capped |= paid < wanted
            left, this_year = left - paid, this_year + paid
            periods[period + 1] = paid
        paid = by_year(periods, terms.per_year, rates.discount)
        for_budget = by_year(periods, terms.per_year, rates.government)
        zero = np.zeros(len(firms))
        return Effect(
            taxed=paid,
            equivalent=sum((amount * (1 + rates.discount) ** -year for year, amount in paid.items()), zero),
            committed=sum(periods.values(), zero),
            cost=sum((amount * (1 + rates.government) ** -year for year, amount in for_budget.items()), zero),
            tax_returns=True,
            finance=principal,
            saving=held(np.full(len(firms), self.points), eligible & (principal > 0)),
            flags={"capped": capped},
        )


class Party(Frozen):
    """Who bears a part of the risk; public parties of a level are part of that level's cost."""

    share: float = Field(ge=0, le=1)
    level: Level | None = None


class Guarantee(Instrument):
    """A promise to pay a lender.

    `parties` share the loss; their fees are on the risk they bear, the firm's on what is guaranteed.
    """

    kind: Literal["guarantee"]
    size: Size  # of the loan
    terms: LoanTerms
    guaranteed: float = Field(gt=0, le=1)
    fee: float = Field(ge=0, lt=1)  # a year, on the guaranteed balance
    in_advance: bool = False
    parties: dict[str, Party] = {}
    reguarantee_fee: float = Field(default=0.0, ge=0, lt=1)  # a year, on what a `reguarantor` bears
    at_most_a_firm: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _parties_are_whole(self) -> Self:
        _shaped(self.terms)
        if self.parties and abs(sum(party.share for party in self.parties.values()) - 1) > 1e-9:
            raise ValueError("`parties:` share the whole loan: the lender's own part among them, they sum to 1")
        return self

    def effect(self, firms: Firms, rules: Rules, rates: Rates, eligible: BoolArray) -> Effect:
        wanted, terms = self.size.of_firms(firms), self.terms.at(None)
        limit = np.inf if self.at_most_a_firm is None else self.at_most_a_firm / self.guaranteed
        principal = held(np.minimum(wanted, limit), eligible)
        reference = reference_premiums(firms, rules.references, crisis_grid=rules.crisis_grid)
        signed = equivalent.of_guarantee(
            principal,
            terms,
            share=self.guaranteed,
            reference=reference.rate,
            charged=self.fee,
            discount=rates.discount,
            in_advance=self.in_advance,
        ).signed
        cost = cost_of_guarantee(
            principal,
            terms,
            share=self.guaranteed,
            premium=self.fee,
            government=rates.government,
            default=firms.default,
            loss=firms.loss,
        )
        points = held(reference.rate - self.fee, eligible & (principal > 0))
        saved = _interest(principal * self.guaranteed, points, terms, rates.discount, in_advance=self.in_advance)
        calls = cost.calls
        return Effect(
            taxed=saved,
            equivalent=np.where(eligible, signed, 0.0),
            committed=principal * self.guaranteed,
            cost=held(calls - cost.premiums, eligible),
            cost_by_level=self._by_level(held(calls, eligible), held(cost.premiums, eligible)),
            finance=principal,
            saving=points * self.guaranteed,
            terms={
                "reference": reference.rate,
                "charged": np.full(len(firms), self.fee),
                "expected_calls": held(calls, eligible),
                "premiums": held(cost.premiums, eligible),
                **{f"risk of {name}": principal * party.share for name, party in self.parties.items()},
            },
            flags={
                "outside_safe_harbour": eligible & (self.guaranteed > rules.references.guarantee_at_most),
                "no_premium": eligible & reference.flags["no_premium"],
                "crisis_grid": eligible & reference.flags["crisis_grid"],
                "no_rating": eligible & reference.flags["no_rating"],
                "floor": eligible & (signed < 0),
                "limited": eligible & (wanted > limit),
                "no_market": eligible & firms.flag("in_difficulty"),
            },
        )

    def _by_level(self, calls: FloatArray, premiums: FloatArray) -> dict[str, FloatArray]:
        """Return the net cost of each level by its parties: calls by their shares; premiums go to the guarantor, who hands
        on the re-guarantee fee. Empty where no party is public."""
        public = {name: party for name, party in self.parties.items() if party.level is not None}
        borne = sum(party.share for party in public.values())
        if not borne:
            return {}
        result: dict[str, FloatArray] = {}
        for name, party in public.items():
            assert party.level is not None
            own = calls * party.share / borne
            handed = premiums * (self.reguarantee_fee / self.fee) * party.share / self.guaranteed if self.fee else premiums * 0.0
            if name == "guarantor":
                others = sum(each.share for other, each in public.items() if other != "guarantor")
                own = (
                    own - premiums + premiums * (self.reguarantee_fee / self.fee if self.fee else 0.0) * others / self.guaranteed
                )
            elif "guarantor" in public:
                own = own - handed
            else:
                own = own - premiums * party.share / borne
            result[party.level] = result.get(party.level, np.zeros(len(calls))) + own
        return result
