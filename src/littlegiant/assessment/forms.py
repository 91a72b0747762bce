"""The form of a standard: every question it may have to ask, once a year that it reads, as list, JSON Schema and page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from littlegiant.assessment.explanation import item_title
from littlegiant.packs import Fact, Pack
from littlegiant.pages import Column, Element, page, printed
from littlegiant.standards import Compiled, Item
from littlegiant.standards.kinds import Atom, Bands, Logic, Points, parts_of
from littlegiant.standards.language import render
from littlegiant.words import Language, exact_number, say, sentence_codes, text_in

_TELLING = 100_000  # a range up to here helps; beyond, it only says that anything goes


@dataclass(frozen=True)
class FormQuestion:
    """One question. `only_if` is the condition under which it is read at all, empty where it always is."""

    item: Item
    title: str
    year: int | None
    kind: str  # money, number, share, count, boolean, date, code, text
    unit: str
    choices: Mapping[str, str]  # code -> words; empty where anything fits
    help: str
    evidence: tuple[str, ...]
    least: Decimal | None
    most: Decimal | None
    asked_for: tuple[str, ...]
    only_if: str

    @property
    def id(self) -> str:
        return self.item.id


def form_questions(compiled: Compiled, pack: Pack, language: Language, year: int) -> list[FormQuestion]:
    """Return the questions in the order in which the rules read them: facts, titles, then findings of others."""
    uses = _uses(compiled)
    items = sorted(compiled.items, key=lambda item: (item.is_finding, item.source == "title"))
    return [_question(item, uses.get(item, []), compiled, pack, language, year) for item in items]


def _uses(compiled: Compiled) -> dict[Item, list[tuple[str, str]]]:
    """Return for each item the top conditions that read it, each with the band in which it does."""
    found: dict[Item, list[tuple[str, str]]] = {}
    for part in compiled.root.parts:
        for item, guard in _reads(part, compiled, ""):
            use = (part.slot or "", guard)
            if use not in found.setdefault(item, []):
                found[item].append(use)
    return found


def _reads(logic: Logic, compiled: Compiled, guard: str) -> Iterator[tuple[Item, str]]:
    if isinstance(logic, Atom):
        yield from ((item, guard) for item in compiled.scope.items(logic.expr))
    elif isinstance(logic, Points):
        for ladder in logic.ladders:
            for step in ladder.steps:
                yield from ((item, guard) for item in compiled.scope.items(step.condition))
    elif isinstance(logic, Bands):
        yield from ((item, guard) for item in compiled.scope.items(logic.selector))
        for arm in logic.arms:
            inner = guard if logic.open_ended else " AND ".join(filter(None, (guard, render(arm.condition))))
            yield from ((item, guard) for item in compiled.scope.items(arm.condition))
            yield from _reads(arm.part, compiled, inner)
    else:
        for part in parts_of(logic):
            yield from _reads(part, compiled, guard)


def _question(
    item: Item, uses: Sequence[tuple[str, str]], compiled: Compiled, pack: Pack, language: Language, year: int
) -> FormQuestion:
    fact = pack.facts.get(item.name) if item.source == "fact" else None
    symbol = compiled.scope.symbols.get(item.name)
    kind = fact.type if fact is not None else {"text": "code", "number": "number"}.get(item.kind, item.kind)
    least = most = None
    if item.kind == "number" and symbol is not None and symbol.least is not None and symbol.most is not None:
        least, most = Decimal(symbol.least) / symbol.scale, Decimal(symbol.most) / symbol.scale
    guards = list(dict.fromkeys(guard for _, guard in uses))
    nodes = [compiled.nodes[slot] for slot in dict.fromkeys(slot for slot, _ in uses) if slot in compiled.nodes]
    return FormQuestion(
        item,
        item_title(item, compiled=compiled, pack=pack, language=language),
        year - item.back if item.yearly else None,
        kind,
        _unit(fact, symbol.unit if symbol is not None else "", pack, language),
        _choices(fact, symbol.codes if symbol is not None else None, pack, language),
        text_in(fact.definition, language) if fact is not None and fact.definition else "",
        tuple(pack.evidence_title(code, language) for code in (fact.evidence if fact is not None else ())),
        least,
        most,
        tuple(f"{text_in(node.text, language)} [{node.clause or '–'}]" for node in nodes),
        "" if "" in guards else " OR ".join(guards),
    )


def _unit(fact: Fact | None, unit: str, pack: Pack, language: Language) -> str:
    if fact is not None and fact.type == "money":
        return text_in(pack.header.currency.title, language)
    if unit == "share":
        return "%"
    return say(f"unit_{unit}", language).strip() if f"unit_{unit}" in sentence_codes() else unit


def _choices(fact: Fact | None, codes: frozenset[str] | None, pack: Pack, language: Language) -> dict[str, str]:
    if fact is not None and fact.codes == "regions":
        return {code: text_in(region.title, language) for code, region in pack.regions.items()}
    if fact is not None and fact.codes == "sectors":
        return {}
    return {code: code for code in (fact.codes if fact is not None and fact.codes else sorted(codes or ()))}


def form_schema(questions: Sequence[FormQuestion], compiled: Compiled, pack: Pack, language: Language) -> dict[str, Any]:
    """Return a JSON Schema (2020-12) of the answers; what fits it is a firm's file for `check`. Null: not known."""
    facts: dict[str, Any] = {}
    findings: dict[str, Any] = {}
    tiers: list[str] = []
    for question in questions:
        item = question.item
        if item.source == "title":
            tiers.append(item.name.removeprefix("holds:"))
            continue
        into = findings if item.is_finding else facts
        value = _value_schema(question, pack)
        if not item.yearly:
            into[item.name] = value
            continue
        years = into.setdefault(item.name, {"type": "array", "prefixItems": [], "items": False, "title": ""})
        places = years["prefixItems"]
        places += [{"type": "null"} for _ in range(item.back + 1 - len(places))]
        places[item.back] = value
        years["title"] = years["title"] or question.title
    properties: dict[str, Any] = {
        "format": {"const": 1},
        "firm": {"type": "string"},
        "reference_date": {"type": "string", "format": "date"},
        "facts": {"type": "object", "properties": facts, "additionalProperties": False},
        "findings": {"type": "object", "properties": findings, "additionalProperties": False},
        "titles": {"type": "array", "items": {"enum": tiers}, "uniqueItems": True},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{text_in(compiled.standard.title, language)} {compiled.standard.version}",
        "type": "object",
        "required": ["format", "firm"],
        "properties": properties,
        "additionalProperties": False,
    }


def _value_schema(question: FormQuestion, pack: Pack) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": question.title}
    if question.help:
        schema["description"] = question.help
    if question.only_if:
        schema["$comment"] = f"read only if {question.only_if}"
    if question.choices:
        return {**schema, "enum": [*question.choices, None]}
    if question.kind in ("money", "number", "share", "count"):
        schema["type"] = ["integer" if question.kind == "count" else "number", "null"]
        schema |= {"minimum": float(question.least or 0), "maximum": float(question.most or 0)}
        if question.kind == "money":
            schema |= {"multipleOf": 1 / pack.header.currency.minor.per_main, "unit": pack.header.currency.code}
        return schema
    if question.kind == "date":
        return {**schema, "type": ["string", "null"], "format": "date"}
    if question.kind == "code":
        return {**schema, "type": ["string", "null"], "pattern": f"^({'|'.join(pack.sectors)})[0-9]*$"}
    return {**schema, "type": ["boolean" if question.kind == "boolean" else "string", "null"]}


def form_page(questions: Sequence[FormQuestion], compiled: Compiled, pack: Pack, language: Language) -> str:
    """Return the form as a page (HTML) to be printed and filled in by hand."""
    title, lead, footer = _frame(compiled, pack, language)
    elements: dict[str, list[Element]] = {language: _elements(questions, language)}
    footers: dict[str, list[str]] = {language: [footer]}
    return page({language: title}, {language: lead}, elements, banners={language: []}, footers=footers)


def form_pdf(questions: Sequence[FormQuestion], compiled: Compiled, pack: Pack, language: Language) -> bytes:
    """Return the same form as a PDF."""
    title, lead, footer = _frame(compiled, pack, language)
    return printed(title, lead, _elements(questions, language), banners=[], footers=[footer], language=language)


def _frame(compiled: Compiled, pack: Pack, language: Language) -> tuple[str, str, str]:
    """Return title, lead and footer."""
    return (
        f"{text_in(compiled.standard.title, language)} {compiled.standard.version}",
        say("form_lead", language, application=_application(compiled, pack, language)),
        say("form_footer", language, number=compiled.standard.law.number),
    )


def _elements(questions: Sequence[FormQuestion], language: Language) -> list[Element]:
    groups = (("facts", False, False), ("titles", False, True), ("findings", True, False))
    elements = []
    for name, finding, held in groups:
        own = [q for q in questions if q.item.is_finding == finding and (q.item.source == "title") == held]
        rows = [
            {
                "question": question.title + (f" ({question.year})" if question.year else ""),
                "answer": "☐ " + say("word_yes", language) + "  ☐ " + say("word_no", language)
                if question.kind == "boolean"
                else "_" * 12 + f" {question.unit}".rstrip(),
                "help": help_text(question, language),
                "asked_for": say("joint", language).join(question.asked_for),
            }
            for question in own
        ]
        columns = [Column(key, say(f"form_{key}", language)) for key in ("question", "answer", "help", "asked_for")]
        if rows:
            elements.append(Element(name, say(f"form_title_{name}", language), say(f"form_say_{name}", language), columns, rows))
    return elements


def _application(compiled: Compiled, pack: Pack, language: Language) -> str:
    titles = {each.id: each.title for each in pack.header.applications}
    return text_in(titles[compiled.application], language)


def help_text(question: FormQuestion, language: Language) -> str:
    """Return what helps with the answer: meaning, choices, range, when it is asked at all, usual evidence."""
    parts = [question.help]
    if question.choices and len(question.choices) <= 20:
        named = (f"{code}" if code == words else f"{code} {words}" for code, words in question.choices.items())
        parts.append(say("form_choices", language, choices=", ".join(named)))
    if question.least is not None and question.most is not None and question.most <= _TELLING:
        factor = 100 if question.unit == "%" else 1
        ends = (exact_number(end * factor) for end in (question.least, question.most))
        parts.append(say("form_range", language, least=next(ends), most=next(ends), unit=question.unit))
    if question.only_if:
        parts.append(say("form_only_if", language, condition=question.only_if))
    if question.evidence:
        parts.append(say("form_evidence", language, evidence=", ".join(question.evidence)))
    return say("joint", language).join(part for part in parts if part)
