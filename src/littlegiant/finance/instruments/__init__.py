"""The instruments, a module a family: money, borrowing, equity, tax relief. `AnyInstrument` reads a document of any kind."""

from typing import Annotated, TypeAlias

from pydantic import Field

from littlegiant.finance.instruments.equity import Equity
from littlegiant.finance.instruments.grants import Grant, MatchingGrant, TrancheGrant
from littlegiant.finance.instruments.instrument import Instrument, LoanTerms, Rules, Size
from littlegiant.finance.instruments.loans import Guarantee, InterestSubsidy, SoftLoan
from littlegiant.finance.instruments.reliefs import (
    Accelerated,
    Allowance,
    Credit,
    Deferral,
    RateCut,
    ScheduleCredit,
    SmallFirmBand,
    VatCredit,
)
from littlegiant.finance.instruments.routes import Route

AnyInstrument: TypeAlias = Annotated[
    Grant
    | MatchingGrant
    | TrancheGrant
    | InterestSubsidy
    | SoftLoan
    | Guarantee
    | Equity
    | Allowance
    | Credit
    | ScheduleCredit
    | RateCut
    | SmallFirmBand
    | Accelerated
    | VatCredit
    | Deferral
    | Route,
    Field(discriminator="kind"),
]

__all__ = ["AnyInstrument", "Instrument", "LoanTerms", "Rules", "Size"]
