"""`standard lint`: what is wrong or doubtful in a standard, found without any firm."""

from collections.abc import Iterator
from datetime import date

from littlegiant.documents import Document, Validity
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem
from littlegiant.standards.find import find_notices, find_versions
from littlegiant.standards.kinds import Atom, walk_logic
from littlegiant.standards.language import render
from littlegiant.standards.model import Notice, Standard
from littlegiant.standards.plan import Compiled, compile_standard


def lint_standard(pack: Pack, id: str) -> list[Problem]:
    """Return the findings of all versions of `id`, each compiled for every application it applies to."""
    try:
        documents = find_versions(pack, id)
    except LittleGiantError as error:
        return list(error.problems)
    return list(dict.fromkeys(problem for document in documents for problem in _version(document, pack)))


def _version(document: Document[Standard], pack: Pack) -> Iterator[Problem]:
    compiled = []
    for validity in [*document.value.applies, *_of_notices(document, pack)]:
        applications = [a.id for a in pack.header.applications] if validity.application == "any" else [validity.application]
        for application in applications:
            try:
                compiled.append(_compiled(document, pack, application, validity.from_))
            except LittleGiantError as error:
                yield from error.problems
    yield from _unused(document, compiled)
    yield from _idle(document, compiled)
    yield from _words(document, pack)
    if document.value.kind == "recognition" and not document.value.cases:
        yield Problem(document.name, "no worked cases", "", "Add `cases:`, one below, on and above each threshold.", "no-cases")


def _of_notices(document: Document[Standard], pack: Pack) -> Iterator[Validity]:
    """Yield when notices of this version hold, so that each is compiled on a day on which it counts."""
    for notice in (pack.document(path, Notice).value for path in pack.paths("notices")):
        if notice.standard == document.value.standard and document.value.version in notice.versions:
            yield from notice.applies


def _compiled(document: Document[Standard], pack: Pack, application: str, day: date) -> Compiled:
    notices = find_notices(pack, document, on=day, application=application)
    return compile_standard(document, pack, application=application, reference_date=day, notices=notices)


def _unused(document: Document[Standard], compiled: list[Compiled]) -> Iterator[Problem]:
    """Find parameters, measures and findings that no condition of any application reads."""
    text = str([document.value.model_dump(include={"criteria", "score", "direct_routes", "measures"})])
    for kind in ("parameters", "measures", "findings"):
        for name in getattr(document.value, kind):
            others = text.replace(f"'{name}': {{", "")
            if compiled and name not in others:
                yield Problem(document.place(kind, name), f"{name!r} is used nowhere", "", "Remove it, or use it.", "unused")


def _idle(document: Document[Standard], compiled: list[Compiled]) -> Iterator[Problem]:
    """Find conditions that read nothing, so decide the same for every firm, and facts that are assumed."""
    for each in compiled:
        for logic in walk_logic(each.root):
            if isinstance(logic, Atom) and not each.scope.items(logic.expr):
                place = f"{document.name}, {logic.slot or render(logic.expr)}"
                yield Problem(
                    place, "a condition that reads no fact", "", "It is the same for every firm; remove it.", "constant"
                )
        for item in each.assumed:
            found = f"{item.id} is assumed where it is unknown"
            yield Problem(document.name, found, "", "Every use is counted and shown; be sure that the clause says so.", "assume")


def _words(document: Document[Standard], pack: Pack) -> Iterator[Problem]:
    """Find texts that lack one of the pack's languages, and top-level conditions without a clause or confidence."""
    for number, node in enumerate(document.value.criteria):
        for language in pack.header.languages:
            if language not in node.text:
                yield Problem(
                    document.place("criteria", number, "text"),
                    f"no text in {language}",
                    "",
                    f"Add `{language}:`.",
                    "no-text",
                )
        for name in ("clause", "confidence"):
            if not getattr(node, name):
                yield Problem(document.place("criteria", number), f"no {name}", "", f"Add `{name}:`.", f"no-{name}")
