"""One firm: its file, the questions that still matter, the answer with reasons and the least change."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from littlegiant.assessment.advice import Advice, advise
from littlegiant.assessment.explanation import Explanation, explain, fact_value, item_title
from littlegiant.assessment.judging import Judge, Judged
from littlegiant.assessment.next_question import Likely, rank_questions
from littlegiant.assessment.subjects import CaseFacts, stored_value
from littlegiant.documents import Document, Frozen, read_document
from littlegiant.packs import Pack, open_pack
from littlegiant.problems import refuse, suggestion
from littlegiant.register import open_register
from littlegiant.standards import Compiled, Item, compile_applying
from littlegiant.words import Language, say, text_in


class FirmFile(Frozen):
    """`firm.yaml`: what a firm says of itself. Yearly facts as a list, latest year first; money in yuan, shares as 0.12."""

    format: Literal[1]
    firm: str
    reference_date: date | None = None
    facts: dict[str, Any] = {}
    titles: tuple[str, ...] | None = None
    findings: dict[str, Any] = {}


def read_firm(path: Path) -> Document[FirmFile]:
    return read_document(path, FirmFile)


@dataclass(frozen=True)
class Checked:
    """The answer for one firm."""

    judged: Judged
    explanation: Explanation
    advice: Advice | None
    advice_lines: tuple[str, ...]
    needed_lines: tuple[str, ...]
    language: Language

    def lines(self) -> list[str]:
        lines = self.explanation.lines(self.language)
        if self.needed_lines:
            lines += ["", say("check_needed", self.language), *(f"  {line}" for line in self.needed_lines)]
        if self.judged.outcome == "ineligible":
            lines += ["", say("check_advice" if self.advice else "check_no_advice", self.language)]
            lines += [f"  {line}" for line in self.advice_lines]
        return lines

    def as_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.judged.outcome,
            "open": self.judged.open,
            "score": None if self.judged.score_low is None else [self.judged.score_low, self.judged.score_high],
            "failed": self.judged.failed,
            "unknown": self.judged.unknown,
            "needed": self.judged.needed,
            "reasons": self.explanation.reasons,
            "advice": self.advice,
        }


@dataclass(frozen=True)
class CheckSetting:
    """A standard ready to check firms, one after the other."""

    pack: Pack
    compiled: Compiled
    judge: Judge

    def case(self, document: Document[FirmFile]) -> CaseFacts:
        """Return the firm's file as a case; raises for names, types and ranges that do not fit, with the line."""
        value = document.value
        for kind, given in (("facts", value.facts), ("findings", value.findings)):
            known = self._known(kind)
            for name in given:
                if name not in known:
                    remedy = suggestion(name, known) or f"Known: {', '.join(sorted(known))}."
                    refuse(document.place(kind, name), f"no {kind.rstrip('s')} {name!r}", "", remedy, code="unknown-name")
        tiers = {tier.id for tier in self.pack.header.tiers}
        for title in value.titles or ():
            if title not in tiers:
                refuse(document.place("titles"), f"no tier {title!r}", "", suggestion(title, tiers), code="unknown-name")
        return CaseFacts(document.name, value.facts, value.titles, value.findings)

    def _known(self, kind: str) -> set[str]:
        if kind == "facts":
            return set(self.pack.facts)
        documents = [*self.compiled.rests_on, self.compiled.document]
        return {name for document in documents for name in document.value.findings}

    def interview(self, language: Language, year: int | None, register: Path | None = None) -> "Interview":
        if year is None:
            refuse("--year", "no year", "the year of the latest figures", "Say `--year 2025`.", code="missing-option")
        likely = None if register is None else Likely(open_register(register), self.compiled, year=year)
        return Interview(self, language, year, likely)


def check_setting(
    document: Document[FirmFile] | None,
    *,
    pack: str | Path,
    standard: str,
    application: str,
    on: date | None,
    version: str | None,
) -> CheckSetting:
    """Return the standard that applies, compiled and ready."""
    day = on or (document.value.reference_date if document is not None else None)
    if day is None:
        refuse(
            "--on",
            "no reference date",
            "a date",
            "Say `--on 2026-05-25`, or `reference_date:` in the file.",
            code="missing-option",
        )
    opened = open_pack(pack)
    compiled = compile_applying(opened, standard, on=day, application=application, version=version)
    return CheckSetting(opened, compiled, Judge(compiled))


def check_firm(
    setting: CheckSetting,
    case: CaseFacts,
    language: Language,
    gaps: dict[str, str] | None = None,
    weights: dict[str, Fraction] | None = None,
) -> Checked:
    """Judge `case`, explain it, and look for the least change; `gaps` says why a value is missing, by item id."""
    judged, advice = advise(case, setting.judge, setting.pack, weights=weights)
    explanation = explain(judged, case, setting.compiled, setting.pack, language, gaps)
    by_id = {item.id: item for item in setting.compiled.items}
    needed = tuple(_title(setting, by_id[id], language) for id in judged.needed)
    return Checked(judged, explanation, advice, tuple(_advice_lines(setting, advice, language)), needed, language)


def _title(setting: CheckSetting, item: Item, language: Language) -> str:
    return item_title(item, compiled=setting.compiled, pack=setting.pack, language=language)


def _advice_lines(setting: CheckSetting, advice: Advice | None, language: Language) -> Iterator[str]:
    for step in advice.steps if advice is not None else ():
        now, then, change = (
            fact_value(setting.pack, step.item.name, value, language)
            for value in (step.now, step.then, abs(step.then - step.now))
        )
        code = "advice_more" if step.then > step.now else "advice_less"
        yield say(code, language, name=_title(setting, step.item, language), now=now, then=then, change=change)
    if advice is not None and advice.outcome == "undetermined":
        yield say("advice_still_open", language)


@dataclass(frozen=True)
class Question:
    """One thing to ask, in words."""

    item: Item
    text: str


@dataclass
class Interview:
    """Asks only for what still matters: what would settle the case, in the order of the standard.

    With `likely` comes first what is likeliest to settle it, going by the firms of a register.
    """

    setting: CheckSetting
    language: Language
    year: int
    likely: Likely | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    findings: dict[str, Any] = field(default_factory=dict)
    titles: list[str] | None = None
    asked: set[str] = field(default_factory=set)

    def case(self) -> CaseFacts:
        return CaseFacts("firm", self.facts, self.titles, self.findings)

    def next(self) -> Question | None:
        """Return the next question, None when the outcome is settled or everything was asked."""
        case = self.case()
        (judged,) = self.setting.judge.judge([case])
        if self.likely is not None:
            items = [worth.item for worth in rank_questions(case, judged, self.setting.judge, self.likely)]
        else:
            by_id = {item.id: item for item in self.setting.compiled.items}
            items = [by_id[id] for id in judged.needed]
        return next((Question(item, self._text(item)) for item in items if item.id not in self.asked), None)

    def _text(self, item: Item) -> str:
        name = _title(self.setting, item, self.language)
        if item.kind == "boolean":
            hint = say("ask_yes_no", self.language)
        elif item.source == "fact":
            fact = self.setting.pack.facts[item.name]
            codes = self.setting.pack.codes(fact) if fact.type == "code" else None
            unit = text_in(self.setting.pack.header.currency.title, self.language) if fact.type == "money" else fact.unit
            hint = ", ".join(codes) if codes and len(codes) < 15 else say(f"ask_{fact.type}", self.language, unit=unit)
        else:
            hint = say("ask_number", self.language, unit="")
        year = say("ask_year", self.language, year=self.year - item.back) if item.yearly else ""
        return f"{name}{year} ({hint})"

    def answer(self, question: Question, text: str) -> None:
        """Take an answer; empty means not known. Raises for an answer that does not fit, and the question comes again."""
        item, text = question.item, text.strip()
        if not text:
            self.asked.add(item.id)
            return
        value = self._read(item, text)
        stored_value(value, item, self.setting.compiled, _title(self.setting, item, self.language))
        self.asked.add(item.id)
        case = self.case().with_value(item, value)
        self.facts, self.findings = dict(case.facts), dict(case.findings)
        self.titles = None if case.titles is None else list(case.titles)

    def _read(self, item: Item, text: str) -> Any:
        place = _title(self.setting, item, self.language)
        if item.kind == "boolean":
            if text.lower() in ("y", "yes", "true", "是", "有"):
                return True
            if text.lower() in ("n", "no", "false", "否", "无"):
                return False
            refuse(place, repr(text), "y or n", "Leave it empty when you do not know.", code="answer")
        if item.kind == "number":
            share = item.source == "fact" and self.setting.pack.facts[item.name].type == "share"
            per_cent = share and text.rstrip().endswith(("%", "％"))
            try:
                number = Decimal(text.rstrip("%％ ").replace(",", ""))
            except InvalidOperation:
                refuse(place, repr(text), "a number", "Write digits; leave it empty when you do not know.", code="answer")
            return number / 100 if per_cent else number
        return text
