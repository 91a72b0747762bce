"""A region's measures held against the national ones: duplicates, gaps, conflicts, and conditions that higher law bars or
doubts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from littlegiant.documents import Frozen, read_document
from littlegiant.finance.catalogue import Catalogue
from littlegiant.finance.instruments import Instrument
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion

Verdict = Literal["barred", "doubtful"]


class ConditionRule(Frozen):
    """What higher law says of a condition; with its source and how sure it is."""

    verdict: Verdict
    title: dict[str, str]
    law: str
    source: tuple[str, ...] = ()
    confidence: str
    unless: tuple[str, ...] = ()  # kinds of instruments for which it does not hold


class LocalRules(Frozen):
    """`local-rules.yaml`: conditions of local measures by their name."""

    format: Literal[1]
    title: dict[str, str]
    conditions: dict[str, ConditionRule]


@dataclass(frozen=True, slots=True)
class Aligned:
    """One row: a purpose and how the levels meet it."""

    purpose: str
    national: tuple[str, ...]
    regional: tuple[str, ...]
    state: Literal["both", "gap", "regional_only"]
    duplicates: tuple[tuple[str, str], ...]  # the same kind for the same purpose
    conflicts: tuple[tuple[str, str], ...]  # of which a firm may have one


@dataclass(frozen=True, slots=True)
class Doubt:
    """A condition of a measure that higher law bars or doubts."""

    instrument: str
    condition: str
    rule: ConditionRule


def align(catalogue: Catalogue, region: str, *, more: Sequence[Instrument] = ()) -> list[Aligned]:
    """Return one row a purpose: the national measures and those of `region` and its province.

    `more` adds measures not in the pack.
    """
    if region not in catalogue.pack.regions:
        known = catalogue.pack.regions
        refuse(
            "--region",
            repr(region),
            "a region of the pack",
            suggestion(region, known) or f"Known: {', '.join(known)}.",
            code="unknown-name",
        )
    national = [each for each in catalogue.instruments if each.level == "national"]
    regional = [each for each in (*catalogue.instruments, *more) if each.level != "national" and covers(each.region, region)]
    known_ids = {each.id for each in catalogue.instruments}
    for each in more:
        if each.id in known_ids:
            refuse(
                f"instrument {each.id}",
                "an id that the pack has already",
                "an id of its own",
                "Rename the measure.",
                code="twice",
            )
    rows = []
    for purpose in sorted({each.purpose for each in (*national, *regional)}):
        above = [each for each in national if each.purpose == purpose]
        below = [each for each in regional if each.purpose == purpose]
        pairs = [(a, b) for a in above for b in below]
        state: Literal["both", "gap", "regional_only"] = "both" if pairs else "gap" if above else "regional_only"
        same = tuple((a.id, b.id) for a, b in pairs if type(a) is type(b))
        exclusive = tuple((a.id, b.id) for a in national for b in below if a.exclusive and a.exclusive == b.exclusive)
        rows.append(Aligned(purpose, tuple(e.id for e in above), tuple(e.id for e in below), state, same, exclusive))
    return rows


def covers(place: str, region: str) -> bool:
    """Say whether a measure of `place` is for `region`: its own, or that of the whole it lies in (trailing pairs of zeros)."""
    while place.endswith("00") and len(place) > 2:
        place = place[:-2]
    return bool(place) and region.startswith(place)


def read_local_rules(pack: Pack) -> LocalRules:
    path = pack.path / "local-rules.yaml"
    if not path.is_file():
        refuse(f"pack {pack.id}", "no local-rules.yaml", "what higher law says of local conditions", "Write it.", code="no-rules")
    return read_document(path, LocalRules, name=f"{pack.id}/local-rules.yaml").value


def lint_measures(instruments: Sequence[Instrument], rules: LocalRules) -> list[Doubt]:
    """Return the conditions of local measures that the rules bar or doubt; raises for a condition that no rule knows."""
    found = []
    for each in instruments:
        if each.level == "national":
            continue
        for condition in each.conditions:
            if condition not in rules.conditions:
                remedy = suggestion(condition, rules.conditions) or f"Known: {', '.join(rules.conditions)}."
                refuse(f"instrument {each.id}, conditions", f"no condition {condition!r}", "", remedy, code="unknown-name")
            rule = rules.conditions[condition]
            if getattr(each, "kind", "") not in rule.unless:
                found.append(Doubt(each.id, condition, rule))
    return found
