"""A call solved: for every case what it gets, what it would have had to be worth, and on which ground it is told so."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from littlegiant.allocation.certificate import Certificate
from littlegiant.allocation.instance import ABSENT, Floats, Ints
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.problem_of_call import CallProblem
from littlegiant.allocation.solving import Allocation

Ground = Literal[
    "awarded", "awarded off price", "below price", "off price", "dropped", "ceded", "drawn", "not drawn", "surely", "surely not"
]  # fmt: skip
ROUNDING = 1e-6  # units of benefit: a regret below is that of rounded prices


@dataclass(frozen=True)
class Solved:
    """By case: package (number, -1 none), the package that suits best at the prices (-1 none), surplus and price of scarce rows
    of every package, shape (cases, packages), theta (how far all prices would have to fall, above 1 for winners; NaN without an
    option), regret in units of benefit, ground. rank: place on the reserve list, 0 for those that are not on it."""

    call: CallProblem
    table: OptionTable
    allocation: Allocation
    package: npt.NDArray[np.int32]
    best: npt.NDArray[np.int32]
    cost: Floats
    surplus: Floats
    theta: Floats
    regret: Floats
    ground: npt.NDArray[np.object_]
    rank: Ints

    @property
    def certificate(self) -> Certificate:
        assert self.allocation.certificate is not None
        return self.allocation.certificate

    @property
    def winners(self) -> int:
        return int((self.package >= 0).sum())


def costs(call: CallProblem, table: OptionTable, prices: Floats) -> Floats:
    """Return what each option uses of the rows at `prices`, shape (cases, packages)."""
    total = np.zeros((table.count, len(table.packages)))
    cells = len(call.counted[0].members) if call.counted else 1
    folded: dict[str, Floats] = {}
    for k, each in enumerate(call.counted):
        for name, weight in each.inside:
            folded.setdefault(name, np.zeros(cells))[each.members] += float(weight) * prices[k]
        for name, weight in each.outside:
            folded.setdefault(name, np.zeros(cells))[~each.members] += float(weight) * prices[k]
    for name, by_cell in sorted(folded.items()):
        if by_cell.any():
            total += table.measures[name] * by_cell[call.cell][:, None]
    return total


def outcome(call: CallProblem, table: OptionTable, allocation: Allocation) -> Solved:
    """Return what follows from an allocation for every case; raises where nothing holds."""
    assert allocation.certificate is not None
    assert allocation.chosen is not None
    certificate = allocation.certificate
    package = call.packages_of(allocation.chosen)
    there = table.benefit != ABSENT
    cost = costs(call, table, certificate.prices.floats)
    surplus = np.where(there, table.benefit - cost, -np.inf)
    best = np.where(surplus.max(axis=1, initial=-np.inf) > 0, surplus.argmax(axis=1), -1).astype(np.int32)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(there, np.where(cost > 0, table.benefit / cost, np.inf), -np.inf)
    theta = ratio.max(axis=1, initial=-np.inf)
    theta = np.where(there.any(axis=1), theta, np.nan)
    regret = _regret_by_case(call, allocation, certificate, len(package))
    ground = _grounds(package, regret, there.any(axis=1))
    ceded = _ceded(call, package)
    ground[ceded & (ground != "dropped")] = "ceded"
    rank = reserve_ranks(package, np.where(ceded, np.nan, theta), call.tie)
    return Solved(call, table, allocation, package, best, cost, surplus, theta, regret, ground, rank)


def nearest_packages(solved: Solved) -> npt.NDArray[np.int64]:
    """Return by case the package whose benefit comes nearest to its price, or exceeds it by the largest factor."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(solved.cost > 0, solved.table.benefit / solved.cost, np.inf)
    return np.asarray(np.where(solved.table.benefit < 0, -np.inf, ratio).argmax(axis=1), np.int64)


def promised(solved: Solved) -> Ints:
    """Return what each case is promised over all levels and years, in the smallest unit."""
    paid, at = np.zeros(solved.table.count, np.int64), np.flatnonzero(solved.package >= 0)
    paid[at] = solved.table.measures["committed"][at, solved.package[at]]
    return paid


def _regret_by_case(call: CallProblem, allocation: Allocation, certificate: Certificate, cases: int) -> Floats:
    """Return the regret of each case; an undertaking's stands with the case that got an award, else with its first."""
    given = allocation.instance.given(certificate.regret).astype(np.float64) / 2.0**certificate.prices.exponent
    assert allocation.chosen is not None
    found = np.zeros(cases)
    found[call.single] = given[: len(call.single)]
    for number, options in enumerate(call.meaning):
        if options:
            unit = len(call.single) + number
            got = int(allocation.chosen[unit])
            found[options[got if got >= 0 else 0][0][0]] = given[unit]
    return np.where(found < ROUNDING, 0.0, found)


def _ceded(call: CallProblem, package: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Return the cases that got nothing while another case of their undertaking did, or whose undertaking decides as one."""
    ceded = np.zeros(len(package), np.bool_)
    for options in call.meaning:
        members = sorted({case for option in options for case, _ in option})
        if any(package[case] >= 0 for case in members):
            ceded[[case for case in members if package[case] < 0]] = True
    return ceded


def _grounds(package: npt.NDArray[np.int32], regret: Floats, offered: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    ground = np.full(len(package), "below price", np.object_)
    won = package >= 0
    ground[won] = "awarded"
    ground[won & (regret > 0)] = "awarded off price"
    ground[~won & (regret > 0)] = "off price"
    ground[~offered] = "dropped"
    return ground


def reserve_ranks(package: npt.NDArray[np.int32], theta: Floats, tie: Floats) -> Ints:
    """Return 1, 2, 3 … for cases without award that have an option, those nearest to the prices first, equal ones as drawn; 0 for
    all others."""
    waiting = np.flatnonzero((package < 0) & ~np.isnan(theta))
    order = waiting[np.lexsort((tie[waiting], -theta[waiting]))]
    rank = np.zeros(len(package), np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return rank
