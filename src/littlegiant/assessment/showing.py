"""A standard as text: what `standard show` prints."""

from collections.abc import Iterator

from littlegiant.assessment.explanation import label_of
from littlegiant.packs import Pack
from littlegiant.standards import Compiled
from littlegiant.standards.model import Rung
from littlegiant.words import Language, date_text, exact_number, percent, say, text_in


def standard_lines(compiled: Compiled, pack: Pack, language: Language) -> Iterator[str]:
    """Yield the lines of a compiled standard: title, conditions with thresholds and confidence, waivers, duties."""
    standard = compiled.standard
    yield f"{text_in(standard.title, language)} ({standard.standard} {standard.version}, {standard.law.number})"
    applications = {each.id: text_in(each.title, language) for each in pack.header.applications}
    yield f"{applications[compiled.application]}, {date_text(compiled.reference_date, language)}"
    for notice in compiled.notices:
        yield f"+ {text_in(notice.value.title, language)} ({notice.value.number})"
    depth: dict[str, int] = {}
    for id, node in compiled.nodes.items():
        depth[id] = depth.get(node.parent or "", -1) + 1
        sure = "" if node.confidence in ("text", "") else f" [{say(f'confidence_{node.confidence.split()[0]}', language)}]"
        yield f"{'  ' * depth[id]}- {text_in(node.text, language)} ({node.clause or '–'}) <{id}>{sure}"
        for each in compiled.thresholds:
            if each.condition == id and each.use == "condition":
                value = percent(each.value) if each.unit == "share" else f"{exact_number(each.value)} {each.unit}"
                where = f" [{each.scope}]" if each.scope else ""
                yield f"{'  ' * depth[id]}    {label_of(each.measure, compiled, pack, language)} {each.operator} {value}{where}"
        if id == "score" and standard.score is not None:
            for indicator in standard.score.indicators:
                points = ", ".join(f"{rung.points}: {_condition(rung)}" for rung in indicator.rungs)
                name = text_in(indicator.title, language) if indicator.title else indicator.id
                yield f"    {name} {indicator.ladder or ''} ({points}; {indicator.otherwise})"
    for node in compiled.waived.values():
        yield f"- {say('status_waived', language)} {text_in(node.text, language)} <{node.id}>"
    for duty in standard.duties:
        yield f"* {text_in(duty.text, language)} ({duty.clause})"


def _condition(rung: Rung) -> str:
    signs = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}
    bounds = [f"{sign} {getattr(rung, name)}" for name, sign in signs.items() if getattr(rung, name) is not None]
    return bounds[0] if bounds else str(rung.when)
