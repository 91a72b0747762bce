"""Aid from several levels over the same cost: what it adds up to, which ceilings it breaks, who must cut and by how much.

Ties: aid at a ceiling is within it. Amounts are grant equivalents in the main unit at their award dates; nothing here says
that aid is compatible with a law – numbers and flags, the authority decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from pydantic import Field

from littlegiant.documents import Frozen
from littlegiant.finance.taxes import Level
from littlegiant.problems import refuse, suggestion

Status = Literal["received", "offered"]


@dataclass(frozen=True, slots=True)
class Aid:
    """One grant of aid. `cost` names the eligible cost it is for; `undertaking` the firms that count as one."""

    aid: str
    undertaking: str
    granted_on: date
    measure: str
    level: Level
    equivalent: float
    cost: str = ""
    status: Status = "received"
    small_aid: bool = False
    currency: str = ""


class Ceilings(Frozen):
    """Limits: an intensity over the eligible cost, small aid per undertaking over some years, the order in which levels cut."""

    intensity: float | None = Field(default=None, gt=0, le=1)
    small_aid: float | None = Field(default=None, gt=0)
    small_aid_years: int = Field(default=3, ge=1)
    cut_first: tuple[Level, ...] = ("municipal", "local", "provincial", "national")
    matching: dict[Level, float] = {}  # share of national aid that a level must add


@dataclass(frozen=True, slots=True)
class Cut:
    """An offer that has to shrink."""

    aid: str
    level: Level
    from_: float
    to: float
    why: str


@dataclass(frozen=True)
class Cumulated:
    """What the aid of one undertaking comes to. intensities: by cost. small_aid: in the years that count, offers included."""

    undertaking: str
    intensities: Mapping[str, float]
    small_aid: float
    over: tuple[str, ...]
    cuts: tuple[Cut, ...]
    matching_owed: Mapping[Level, float]
    flags: tuple[str, ...]


def cumulate(aids: Sequence[Aid], costs: Mapping[str, float], ceilings: Ceilings, *, on: date, currency: str = "") -> Cumulated:
    """Return what the aid of one undertaking adds up to on the day `on`, and the cuts after which every ceiling holds.

    Only offers are cut: of the levels in the order given, the offer made last first. Raises for aid of two undertakings or
    currencies, and for a ceiling on an intensity without an eligible cost.
    """
    undertaking = _one_undertaking(aids, currency)
    left = {aid.aid: aid.equivalent for aid in aids}
    cuts: list[Cut] = []
    over: list[str] = []
    flags: list[str] = []
    for cost in sorted({aid.cost for aid in aids if aid.cost}):
        if ceilings.intensity is None:
            break
        if costs.get(cost, 0.0) <= 0:
            known = suggestion(cost, costs) or "Give the eligible cost of the project, above zero."
            refuse(
                f"undertaking {undertaking}",
                f"a ceiling on {cost!r} without an eligible cost",
                "its eligible cost",
                known,
                code="no-cost",
            )
        own = [aid for aid in aids if aid.cost == cost]
        _cut(own, left, ceilings.intensity * costs[cost], f"intensity of {cost}", ceilings, cuts, over, flags)
    if ceilings.small_aid is not None:
        own = [aid for aid in aids if aid.small_aid and _counts(aid, on, ceilings.small_aid_years)]
        _cut(own, left, ceilings.small_aid, "small aid", ceilings, cuts, over, flags)
    intensities = {
        cost: sum(aid.equivalent for aid in aids if aid.cost == cost) / amount
        for cost, amount in sorted(costs.items())
        if amount > 0 and any(aid.cost == cost for aid in aids)
    }
    small = sum(aid.equivalent for aid in aids if aid.small_aid and _counts(aid, on, ceilings.small_aid_years))
    owed = _matching(aids, left, ceilings)
    flags.extend(
        f"the cut of {cut.aid} leaves the matching duty of the {cut.level} level unmet by {owed[cut.level]:g}"
        for cut in cuts
        if owed.get(cut.level)
    )
    return Cumulated(undertaking, intensities, small, tuple(over), tuple(cuts), owed, tuple(dict.fromkeys(flags)))


def _one_undertaking(aids: Sequence[Aid], currency: str) -> str:
    names = {aid.undertaking for aid in aids}
    if len(names) > 1:
        refuse("aid", f"aid of {', '.join(sorted(names))}", "of one undertaking", "Cumulate each for itself.", code="undertaking")
    currencies = {aid.currency for aid in aids} | ({currency} if currency else set())
    if len(currencies - {""}) > 1:
        refuse(
            "aid",
            f"amounts in {', '.join(sorted(currencies - {''}))}",
            "one currency",
            "Convert by a dated rate first.",
            code="currency",
        )
    seen: set[str] = set()
    for aid in aids:
        if not 0 <= aid.equivalent < float("inf"):
            refuse(f"aid {aid.aid}", f"{aid.equivalent:g}", "0 or more", "Aid that was paid back is left out.", code="range")
        for word, known in ((aid.status, get_args(Status)), (aid.level, get_args(Level))):
            if word not in known:
                refuse(f"aid {aid.aid}", repr(word), ", ".join(known), suggestion(word, known), code="unknown-name")
        if aid.aid in seen:
            refuse(f"aid {aid.aid}", "two rows of one id", "each once", "Give every grant of aid an id of its own.", code="twice")
        seen.add(aid.aid)
    return next(iter(names), "")


def _counts(aid: Aid, on: date, years: int) -> bool:
    """Say whether aid was granted within the rolling years that end on the day."""
    start = on.replace(year=on.year - years, day=28) if (on.month, on.day) == (2, 29) else on.replace(year=on.year - years)
    return start < aid.granted_on <= on or aid.status == "offered"


def _cut(
    aids: Sequence[Aid],
    left: dict[str, float],
    ceiling: float,
    why: str,
    ceilings: Ceilings,
    cuts: list[Cut],
    over: list[str],
    flags: list[str],
) -> None:
    excess = sum(left[aid.aid] for aid in aids) - ceiling
    if excess <= 1e-9 * max(ceiling, 1.0):
        return
    over.append(why)
    for level in ceilings.cut_first:
        offers = [aid for aid in aids if aid.status == "offered" and aid.level == level]
        for aid in sorted(offers, key=lambda each: (each.granted_on, each.aid), reverse=True):
            now = left[aid.aid]
            to = max(0.0, now - excess)
            if to < now:
                cuts.append(Cut(aid.aid, aid.level, now, to, why))
                left[aid.aid] = to
                excess -= now - to
            if excess <= 1e-9 * max(ceiling, 1.0):
                return
    left_over = [aid.aid for aid in aids if aid.status == "offered" and aid.level not in ceilings.cut_first]
    more = f"; not cut, as their levels are in no order: {', '.join(left_over)}" if left_over else ""
    flags.append(f"{why}: aid already received exceeds the ceiling by {excess:g}{more}")


def _matching(aids: Sequence[Aid], left: Mapping[str, float], ceilings: Ceilings) -> dict[Level, float]:
    """Return what each level still owes of its matching duty."""
    national = sum(left[aid.aid] for aid in aids if aid.level == "national")
    owed: dict[Level, float] = {}
    for level, share in ceilings.matching.items():
        given = sum(left[aid.aid] for aid in aids if aid.level == level)
        owed[level] = max(0.0, share * national - given)
    return owed


@dataclass(frozen=True, slots=True)
class TopUp:
    """What a local offer adds, and what of it only takes the place of another level's money."""

    offered: float
    adds: float
    replaces: float
    cut: float


def top_up(aids: Sequence[Aid], local: str, costs: Mapping[str, float], ceilings: Ceilings, *, on: date) -> TopUp:
    """Return what the offer called `local` adds once all ceilings hold: the difference of the totals with and without it."""
    offered = next((aid.equivalent for aid in aids if aid.aid == local), None)
    if offered is None:
        known = [aid.aid for aid in aids]
        refuse("aid", f"no aid {local!r}", "", suggestion(local, known) or f"Known: {', '.join(known)}.", code="unknown-name")
    without = [aid for aid in aids if aid.aid != local]
    total_with, total_without = (_allowed(each, costs, ceilings, on) for each in (aids, without))
    cuts = {cut.aid: cut.to for cut in cumulate(aids, costs, ceilings, on=on).cuts}
    paid = cuts.get(local, offered)
    adds = total_with - total_without
    return TopUp(offered, adds, max(0.0, paid - adds), offered - paid)


def _allowed(aids: Sequence[Aid], costs: Mapping[str, float], ceilings: Ceilings, on: date) -> float:
    if not aids:
        return 0.0
    left = {aid.aid: aid.equivalent for aid in aids}
    for cut in cumulate(aids, costs, ceilings, on=on).cuts:
        left[cut.aid] = cut.to
    return sum(left.values())
