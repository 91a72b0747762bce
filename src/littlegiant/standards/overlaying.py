"""Overlays: a region raises thresholds and fills holes of a national text, where that text opens them, and nothing else.

A standard with an overlay is named `srdi+guangdong` wherever a standard is named; everything else stays as it is.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from littlegiant.documents import Document
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion
from littlegiant.standards.model import Indicator, Openings, Overlay, Standard
from littlegiant.standards.plan import compile_standard


@dataclass(frozen=True)
class Overlaid(Document[Standard]):
    """A national text with a region's overlay. Its value is what is judged by; `deciding` are the documents it comes from."""

    national: Document[Standard] | None = None
    overlay: Document[Overlay] | None = None

    @property
    def deciding(self) -> tuple[Document[Any], ...]:
        assert self.national is not None
        assert self.overlay is not None
        return (self.national, self.overlay)


def split_name(name: str) -> tuple[str, str | None]:
    """Return the id of the standard and of the overlay, if one is named."""
    id, plus, overlay = name.partition("+")
    return id, overlay if plus else None


def overlays(pack: Pack) -> dict[str, Document[Overlay]]:
    """Return the overlays of a pack by id."""
    documents = [pack.document(path, Overlay) for path in pack.paths("overlays")]
    return {document.value.overlay: document for document in documents}


def find_overlay(pack: Pack, id: str, standard: Document[Standard]) -> Document[Overlay]:
    """Return the overlay called `id`; raises where there is none, or it is for another text."""
    _check_open(standard, f"pack {pack.id}, overlay {id}")
    known = overlays(pack)
    if id not in known:
        remedy = suggestion(id, known) or f"Known: {', '.join(known) or 'none'}."
        refuse(f"pack {pack.id}", f"no overlay {id!r}", "", remedy, code="unknown-document")
    value = known[id].value
    if value.standard != standard.value.standard or standard.value.version not in value.versions:
        found = f"an overlay for {value.standard} {', '.join(value.versions)}"
        remedy = "Name another overlay, or the version it is for."
        refuse(
            known[id].name, found, f"one for {standard.value.standard} {standard.value.version}", remedy, code="other-document"
        )
    return known[id]


def lay_over(standard: Document[Standard], overlay: Document[Overlay], pack: Pack) -> Overlaid:
    """Return `standard` with `overlay`; raises with everything that the national text does not allow."""
    openings = _check_open(standard, overlay.name)
    problems = [*_raises(standard, overlay, openings, pack), *_fills(standard, overlay, openings)]
    if overlay.value.region not in pack.regions:
        remedy = suggestion(overlay.value.region, pack.regions)
        problems.append(Problem(overlay.place("region"), f"no region {overlay.value.region!r}", "", remedy, "unknown-code"))
    if problems:
        raise LittleGiantError(problems)
    return Overlaid(standard.name, standard.source, standard.text, _laid(standard.value, overlay.value), standard, overlay)


def _check_open(standard: Document[Standard], place: str) -> Openings:
    openings = standard.value.openings
    if openings is None:
        found = f"an overlay of {standard.value.standard} {standard.value.version}, which allows none"
        refuse(place, found, "", "The national text leaves nothing to the regions; use it as it is.", code="no-openings")
    return openings


def _raises(standard: Document[Standard], overlay: Document[Overlay], openings: Openings, pack: Pack) -> list[Problem]:
    problems = []
    for name, raised in overlay.value.raises.items():
        place = overlay.place("raises", name)
        if name not in openings.raises:
            opened = f"Open are: {', '.join(openings.raises) or 'none'}."
            remedy = suggestion(name, openings.raises) or opened
            problems.append(Problem(place, f"{name!r}, which the national text does not open", "", remedy, "not-open"))
            continue
        now, way = _present(standard, name, pack)
        lower = raised.value < now if way == "up" else raised.value > now
        if way == "" or lower:
            expected = f"at {'least' if way != 'down' else 'most'} {now}"
            remedy = "An overlay may be stricter than the national text, never softer."
            problems.append(Problem(place, f"{raised.value}, softer than the national {now}", expected, remedy, "softer"))
    return problems


def _present(standard: Document[Standard], name: str, pack: Pack) -> tuple[Decimal, str]:
    """Return the national value and which way is stricter: `up`, `down`, or '' where it depends."""
    if name == "pass":
        return Decimal(standard.value.score.pass_ if standard.value.score is not None else 0), "up"
    ways = set()
    for validity in standard.value.applies:
        every = [each.id for each in pack.header.applications]
        for application in every if validity.application == "any" else [validity.application]:
            compiled = compile_standard(standard, pack, application=application, reference_date=validity.from_)
            ways |= {t.favourable for t in compiled.thresholds if t.id.partition("#")[0] == name}
    return standard.value.parameters[name].value, ways.pop() if len(ways) == 1 else ""


def _fills(standard: Document[Standard], overlay: Document[Overlay], openings: Openings) -> list[Problem]:
    problems = []
    score = standard.value.score
    for hole, indicators in overlay.value.fills.items():
        place = overlay.place("fills", hole)
        if hole not in openings.holes or score is None:
            remedy = suggestion(hole, openings.holes) or f"Open are: {', '.join(openings.holes) or 'none'}."
            problems.append(Problem(place, f"{hole!r}, which the national text does not open", "", remedy, "not-open"))
            continue
        room = next(_most(indicator) for indicator in score.indicators if indicator.id == hole)
        given = sum(_most(indicator) for indicator in indicators)
        if given != room:
            found, remedy = f"indicators of {given} points together", "Share out all points of the hole, no more."
            problems.append(Problem(place, found, f"{room}, as the national text gives", remedy, "points"))
        known = {indicator.id for indicator in score.indicators} - {hole}
        double = [indicator.id for indicator in indicators if indicator.id in known]
        if double:
            problems.append(
                Problem(place, f"the id {double[0]!r} again", "an id that is not taken", "Rename it.", "duplicate-name")
            )
    return problems


def _most(indicator: Indicator) -> int:
    """Return the most points that an indicator gives."""
    if indicator.each is not None:
        most = indicator.each.points * len(indicator.each.of)
    else:
        most = max(indicator.otherwise, *(rung.points for rung in indicator.rungs))
    return most if indicator.max is None else min(most, indicator.max)


def _laid(standard: Standard, overlay: Overlay) -> Standard:
    parameters = {
        name: parameter.model_copy(update=_raised(overlay, name)) if name in overlay.raises else parameter
        for name, parameter in standard.parameters.items()
    }
    update: dict[str, Any] = {"parameters": parameters, "findings": {**standard.findings, **overlay.findings}}
    if standard.score is not None:
        groups = {indicator.id: indicator.group for indicator in standard.score.indicators}
        indicators: list[Indicator] = []
        for indicator in standard.score.indicators:
            filled = overlay.fills.get(indicator.id)
            own = [each.model_copy(update=_cited(each, groups[indicator.id], overlay)) for each in filled or ()]
            indicators += own if filled is not None else [indicator]
        pass_ = overlay.raises.get("pass")
        score = {"indicators": tuple(indicators), "pass_": int(pass_.value) if pass_ is not None else standard.score.pass_}
        update["score"] = standard.score.model_copy(update=score)
    update["cases"] = (*standard.cases, *overlay.cases)  # so that a case may be `like` a national one
    changed = standard.model_copy(update=update).model_dump(mode="python", exclude_defaults=True, by_alias=True)
    return Standard.model_validate(changed)


def _raised(overlay: Overlay, name: str) -> dict[str, Any]:
    raised = overlay.raises[name]
    return {"value": raised.value, "clause": f"{overlay.number} {raised.clause}".strip()}


def _cited(indicator: Indicator, group: str, overlay: Overlay) -> dict[str, Any]:
    return {"group": group, "clause": f"{overlay.number} {indicator.clause}".strip()}
