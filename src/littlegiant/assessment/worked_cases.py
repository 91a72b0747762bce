"""Run the worked cases that stand in a standard beside its rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from littlegiant.assessment.judging import Judge
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.documents import Document
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion
from littlegiant.standards import Case, Standard, compile_standard, find_notices
from littlegiant.standards.overlaying import Overlaid


@dataclass(frozen=True)
class WorkedCase:
    """A case with everything it takes over from the case it is like."""

    name: str
    application: str
    reference_date: date
    notices: tuple[str, ...]
    facts: CaseFacts


@dataclass(frozen=True)
class CaseResult:
    """What a worked case gave; `differences` is empty when all is as expected."""

    name: str
    differences: tuple[str, ...]


def resolve_case(case: Case, document: Document[Standard]) -> WorkedCase:
    """Return `case` with what it inherits filled in."""
    chain = [case]
    by_name = {each.name: each for each in document.value.cases}
    while chain[-1].like is not None:
        like = chain[-1].like
        if like not in by_name or len(chain) > 20:
            place = f"{document.name}, case {case.name!r}"
            refuse(
                place,
                f"like: {like!r}",
                "the name of another case",
                suggestion(str(like), by_name),
                code="unknown-name",
            )
        chain.append(by_name[like])
    chain.reverse()

    def last(field: str) -> Any:
        values = [getattr(each, field) for each in chain if field in each.model_fields_set]
        return values[-1] if values else None

    facts = {name: value for each in chain for name, value in each.facts.items()}
    findings = {name: value for each in chain for name, value in each.findings.items()}
    if last("application") is None or last("reference_date") is None:
        refuse(f"{document.name}, case {case.name!r}", "no application or reference_date", "both, here or in `like`")
    return WorkedCase(
        case.name,
        last("application"),
        last("reference_date"),
        tuple(last("notices") or ()),
        CaseFacts(case.name, _numbers(facts), last("titles"), _numbers(findings)),
    )


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers read from YAML are int, Decimal or, behind Any, already plain; nothing becomes a float."""
    return {name: [_exact(v) for v in value] if isinstance(value, list) else _exact(value) for name, value in values.items()}


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def run_cases(document: Document[Standard], pack: Pack) -> Iterator[CaseResult]:
    """Yield the result of every worked case of `document`, in its order."""
    judges: dict[tuple[Any, ...], Judge] = {}
    own = (
        document.overlay.value.cases if isinstance(document, Overlaid) and document.overlay is not None else document.value.cases
    )
    for case in own:
        worked = resolve_case(case, document)
        key = (worked.application, worked.reference_date, worked.notices)
        if key not in judges:
            notices = find_notices(pack, document, on=worked.reference_date, application=worked.application, named=worked.notices)
            compiled = compile_standard(
                document, pack, application=worked.application, reference_date=worked.reference_date, notices=notices
            )
            judges[key] = Judge(compiled)
        yield CaseResult(case.name, tuple(_differences(case, worked, judges[key])))


def _differences(case: Case, worked: WorkedCase, judge: Judge) -> Iterator[str]:
    (judged,) = judge.judge([worked.facts])
    expected = case.expect
    if judged.outcome != expected.outcome:
        yield f"outcome {judged.outcome}, expected {expected.outcome}"
    for name in ("failed", "unknown", "needed"):
        wanted, got = getattr(expected, name), getattr(judged, name)
        if wanted is not None and set(wanted) != set(got):
            yield f"{name} {sorted(got)}, expected {sorted(wanted)}"
    if expected.score is not None and expected.score != (judged.score_low, judged.score_high):
        yield f"score {judged.score_low} to {judged.score_high}, expected {expected.score[0]} to {expected.score[1]}"
