"""`standard lint --deep`: the solver's answers in words, every example judged again by the query before it is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from littlegiant.assessment.explanation import fact_value, item_title
from littlegiant.assessment.judging import Judge
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Compiled, Item, find_notices, find_versions
from littlegiant.standards.analysis import Analysis, Finding, Witness, analyse, compare_versions
from littlegiant.standards.analysis.questions import PROBLEMS, Direction, Notch, condition_items
from littlegiant.standards.plan import compile_standard
from littlegiant.words import Language, exact_number, say

_EXPECTED = {"passes": "eligible", "fails": "ineligible", "alone": "ineligible"}


@dataclass(frozen=True)
class Deep:
    """The analysis of one version for one kind of application."""

    version: str
    application: str
    analysis: Analysis
    judge: Judge


def deep_lint(pack: Pack, id: str, *, version: str | None = None, limit: float = 2.0) -> Iterator[Deep]:
    """Analyse every version of `id`, for every application it applies to, as it stands on its first day."""
    for document in find_versions(pack, id, version):
        for validity in document.value.applies:
            every = [each.id for each in pack.header.applications]
            for application in every if validity.application == "any" else [validity.application]:
                notices = find_notices(pack, document, on=validity.from_, application=application)
                compiled = compile_standard(
                    document, pack, application=application, reference_date=validity.from_, notices=notices
                )
                analysis = analyse(compiled, pack.facts, limit=limit)
                yield Deep(document.value.version, application, analysis, Judge(compiled))


def case_of_witness(witness: Witness, name: str = "witness") -> CaseFacts:
    """Return the firm as a case of its own."""
    facts: dict[str, Any] = {}
    findings: dict[str, Any] = {}
    titles: list[str] = []
    for item, value in witness.values.items():
        if item.source == "title":
            titles += [item.name.removeprefix("holds:")] if value else []
            continue
        given = findings if item.is_finding else facts
        if item.yearly:
            years = given.setdefault(item.name, [])
            years += [None] * (item.back + 1 - len(years))
            years[item.back] = value
        else:
            given[item.name] = value
    return CaseFacts(name, facts, tuple(titles), findings)


def confirmed(judge: Judge, witness: Witness, expected: str) -> str:
    """Return '' where the query gives the expected outcome for the example, else what it gives."""
    try:
        (judged,) = judge.judge([case_of_witness(witness)])
    except LittleGiantError as error:
        return str(error.problems[0])
    return "" if judged.outcome == expected else judged.outcome


class DeepWriter:
    """Tells an analysis in one language."""

    def __init__(self, deep: Deep, pack: Pack, language: Language) -> None:
        self.deep, self.pack, self.language = deep, pack, language
        self.compiled = deep.analysis.compiled

    def problems(self) -> list[str]:
        return [self.finding(each) for each in self.deep.analysis.findings if each.kind in (*PROBLEMS, "undecided")]

    def notes(self) -> list[str]:
        return [self.finding(each) for each in self.deep.analysis.findings if each.kind not in (*PROBLEMS, "undecided")]

    def finding(self, finding: Finding) -> str:
        about = say("and", self.language).join(finding.about) or self.compiled.document.name
        told = say(f"deep_{finding.kind}", self.language, about=about, text=finding.text)
        if finding.witness is None:
            return told
        ids = finding.about if finding.kind == "alone" else ()
        items = condition_items(self.compiled, ids) if ids else tuple(finding.witness.values)
        told += ". " + say("deep_witness", self.language, firm=self.firm(finding.witness, items))
        outcome = confirmed(self.deep.judge, finding.witness, _EXPECTED.get(finding.kind, "ineligible"))
        if finding.kind in _EXPECTED and outcome:
            told += say("deep_not_confirmed", self.language, outcome=outcome)
        return told

    def firm(self, witness: Witness, items: tuple[Item, ...]) -> str:
        """Return the figures of an example; what is false or zero is left out where others are there."""
        shown = [item for item in items if witness.values.get(item) not in (None, False, 0)] or list(items)
        return say("joint", self.language).join(f"{self.title(item)} {self.value(item, witness.values[item])}" for item in shown)

    def title(self, item: Item) -> str:
        return item_title(item, compiled=self.compiled, pack=self.pack, language=self.language)

    def value(self, item: Item, value: Any) -> str:
        if isinstance(value, bool):
            return say("word_yes" if value else "word_no", self.language)
        if not isinstance(value, Fraction):
            return str(value)
        if item.source == "fact":
            return fact_value(self.pack, item.name, value, self.language)
        return f"{exact_number(value, 4)} {self.compiled.scope.symbols[item.name].unit}".strip()

    def direction(self, direction: Direction) -> tuple[str, str, str]:
        """Return the fact, what more of it does, and the cliff where it hurts."""
        cliff = direction.cliff
        told = ""
        if cliff is not None:
            told = say(
                "deep_cliff",
                self.language,
                item=self.title(cliff.item),
                before=self.value(cliff.item, cliff.before),
                after=self.value(cliff.item, cliff.after),
                lost=say("and", self.language).join(cliff.lost),
            )
            told += "" if self._falls(direction) else say("deep_not_confirmed", self.language, outcome="?")
        return self.title(direction.item), say(f"deep_way_{direction.way}", self.language), told

    def _falls(self, direction: Direction) -> bool:
        """Say whether the query, too, finds the firm eligible before and ineligible after."""
        cliff = direction.cliff
        assert cliff is not None
        after = cliff.witness.changed(cliff.item, cliff.after)
        return not confirmed(self.deep.judge, cliff.witness, "eligible") and not confirmed(self.deep.judge, after, "ineligible")

    def notch(self, notch: Notch) -> dict[str, Any]:
        threshold = notch.threshold
        return {
            "id": threshold.id,
            "measure": threshold.text,
            "operator": threshold.operator,
            "value": exact_number(threshold.value, 6),
            "unit": threshold.unit,
            "scope": threshold.scope,
            "effect": notch.effect,
            "points": notch.points,
            "facts": [item.id for item in notch.facts],
            "adjustable": notch.adjustable,
        }


def versions_told(old: Compiled, new: Compiled, pack: Pack, language: Language) -> list[str]:
    """Say whether the new version newly admits or excludes, with an example each, judged by both."""
    compared = compare_versions(old, new, pack.facts)
    names = {"old": old.standard.version, "new": new.standard.version}
    if compared.equivalent:
        return [say("deep_equivalent", language, **names)]
    told = []
    for what, answer, witness, outcomes in (
        ("admits", compared.admits, compared.admitted, ("ineligible", "eligible")),
        ("excludes", compared.excludes, compared.excluded, ("eligible", "ineligible")),
    ):
        if answer == "open":
            told.append(say("deep_open", language, what=say(f"deep_word_{what}", language), **names))
        elif answer == "no":
            told.append(say(f"deep_no_{what}", language, **names))
        elif witness is None:
            told.append(say(f"deep_{what}", language, **names))
        else:
            told.append(_versions_example(what, witness, outcomes, (old, new), pack, language, names))
    return told


def _versions_example(
    what: str,
    witness: Witness,
    outcomes: tuple[str, str],
    both: tuple[Compiled, Compiled],
    pack: Pack,
    language: Language,
    names: Mapping[str, str],
) -> str:
    told = say(f"deep_{what}", language, **names)
    for compiled, outcome in zip(both, outcomes, strict=True):
        own = Witness({item: value for item, value in witness.values.items() if item in compiled.items})
        judge = Judge(compiled)
        wrong = confirmed(judge, own, outcome)
        if outcome == "ineligible" and not wrong:
            (judged,) = judge.judge([case_of_witness(own)])
            told += f" ({say('and', language).join(judged.failed)})"
        if wrong:
            told += say("deep_not_confirmed", language, outcome=wrong)
    writer = DeepWriter(Deep(names["new"], both[1].application, Analysis(both[1], (), (), ()), Judge(both[1])), pack, language)
    items = tuple(item for item in witness.values if item in both[1].items)
    return told + ". " + say("deep_witness", language, firm=writer.firm(witness, items))


def saved_cases(deep: Deep) -> str:
    """Return the examples as worked cases, as they stand beside the rules of a standard; only those the query confirms."""
    texts = []
    compiled = deep.analysis.compiled
    for number, finding in enumerate(deep.analysis.findings):
        expected = _EXPECTED.get(finding.kind)
        if finding.witness is None or expected is None or confirmed(deep.judge, finding.witness, expected):
            continue
        name = f"{finding.kind} {' '.join(finding.about)}".strip()
        case = case_of_witness(finding.witness)
        (judged,) = deep.judge.judge([case])
        head = {
            "name": f"{name}, {deep.application} ({number + 1})",
            "reference_date": compiled.reference_date,
            "application": deep.application,
        }
        if compiled.notices:
            head["notices"] = [notice.value.notice for notice in compiled.notices]
        body = {
            **head,
            "facts": {key: _plain(value) for key, value in case.facts.items()},
            "titles": list(case.titles or ()),
            "findings": {key: _plain(value) for key, value in case.findings.items()},
            "expect": {"outcome": expected, "failed": list(judged.failed)} if judged.failed else {"outcome": expected},
        }
        texts.append("\n".join(f"  {line}" for line in _yaml([body]).splitlines()) + "\n")
    return "".join(texts)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else Decimal(value.numerator) / Decimal(value.denominator)
    return value


def _yaml(value: Any) -> str:
    import yaml

    class Exact(yaml.SafeDumper):
        """Writes decimals with the digits they have."""

    Exact.add_representer(Decimal, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:float", f"{number:f}"))
    return str(yaml.dump(value, Dumper=Exact, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None))
