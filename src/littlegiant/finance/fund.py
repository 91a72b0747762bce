"""A fund as an object: what investors promised, what was called, what came back, and what it can still promise, year by
year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import Field, model_validator

from littlegiant.documents import Frozen, Slug
from littlegiant.problems import refuse


class Fund(Frozen):
    """Terms of a fund. Years count from its first closing; amounts in the main unit.

    commitments: investor -> amount, public ones named in `public`. fee: a year, of commitments while it invests and of what
    is invested afterwards. recycled: share of what comes back that may be invested again. reserve: share of commitments kept
    for follow-up.
    """

    fund: Slug
    title: dict[str, str] = {}
    commitments: dict[str, float]
    public: tuple[str, ...]
    invests_years: int = Field(default=5, ge=1)
    life: int = Field(default=10, ge=1)
    fee: float = Field(default=0.02, ge=0, lt=0.2)
    recycled: float = Field(default=0.0, ge=0, le=1)
    reserve: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _known_investors(self) -> Self:
        unknown = [name for name in self.public if name not in self.commitments]
        if unknown:
            raise ValueError(f"`public:` names {unknown[0]!r}, who commits nothing")
        if len(set(self.public)) != len(self.public):
            raise ValueError("`public:` names an investor twice")
        if any(amount < 0 for amount in self.commitments.values()):
            raise ValueError("commitments are not below zero")
        if self.invests_years > self.life:
            raise ValueError("`invests_years:` is longer than `life:`")
        return self

    @property
    def size(self) -> float:
        return sum(self.commitments.values())

    @property
    def private_share(self) -> float:
        return 1 - sum(self.commitments[name] for name in self.public) / self.size if self.size else 0.0


@dataclass(frozen=True, slots=True)
class FundYear:
    """One year. drawn: called from investors, for investments and fees. can_promise: at the end of the year."""

    year: int
    invested: float
    fee: float
    returned: float
    recycled: float
    drawn: float
    distributed: float
    promised: float
    can_promise: float
    by_investor: Mapping[str, float]
    short: float


def follow(
    fund: Fund, *, promises: Mapping[int, float], investments: Mapping[int, float], returns: Mapping[int, float]
) -> list[FundYear]:
    """Return the years of the fund. `promises` are new promises to firms, `investments` what is paid, `returns` what comes
    back.

    What comes back is invested again as far as the terms allow, before more is called; the rest is distributed. `short` is
    what the year's payments exceed all money that is left.
    """
    for name, given in (("promises", promises), ("investments", investments), ("returns", returns)):
        for year, amount in given.items():
            if not 0 <= year < fund.life or not 0 <= amount < float("inf"):
                refuse(
                    f"fund {fund.fund}, {name}",
                    f"{amount:g} in year {year}",
                    f"0 or more, in years 0 to {fund.life - 1}",
                    code="range",
                )
    uncalled, pot, invested_so_far, owed = fund.size, 0.0, 0.0, 0.0
    years = []
    for year in range(fund.life):
        invested = investments.get(year, 0.0)
        returned = returns.get(year, 0.0)
        kept = fund.recycled * returned
        pot += kept
        fee = _fee(fund, year, invested_so_far)
        from_pot = min(pot, invested)
        pot -= from_pot
        wanted = invested - from_pot + fee
        drawn = min(wanted, uncalled)
        uncalled -= drawn
        invested_so_far += invested
        owed = max(0.0, owed + promises.get(year, 0.0) - invested)
        can = _free(fund, year, uncalled + pot, owed, invested_so_far) if year + 1 < fund.invests_years else 0.0
        if year == fund.life - 1:  # the fund ends: what was kept to be invested again goes back
            kept, pot = kept - pot, 0.0
        by_investor = {name: drawn * amount / fund.size if fund.size else 0.0 for name, amount in fund.commitments.items()}
        years.append(
            FundYear(year, invested, fee, returned, kept, drawn, returned - kept, owed, can, by_investor, wanted - drawn)
        )
    return years


def _free(fund: Fund, year: int, money: float, owed: float, invested: float) -> float:
    """Return what can still be promised: after it all fees to come are paid, those on what is promised now among them."""
    early = sum(_fee(fund, later, 0.0) for later in range(year + 1, fund.invests_years))
    late_years = fund.life - max(fund.invests_years, year + 1)
    late = fund.fee * late_years
    free = money - owed - early - late * (invested + owed) - fund.reserve * fund.size
    return max(0.0, free / (1 + late))


def _fee(fund: Fund, year: int, invested: float) -> float:
    return fund.fee * (fund.size if year < fund.invests_years else invested)
