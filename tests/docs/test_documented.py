"""The pages say what the program does: the reference is complete, examples run, documents validate, links lead somewhere."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
import yaml

from littlegiant.cli import app
from littlegiant.documents import parse_document
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.rounds.kinds import KINDS
from littlegiant.standards import Standard, compile_standard, query

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
WRITTEN_BY_HAND = [page for page in PAGES if page.parent == DOCS]
HEAD = """
format: 1
standard: fragment
version: "1"
title: {en: A fragment of a page}
law: {title: {en: none}, number: none}
applies: [{from: 2026-01-01}]
"""


def load(name: str) -> ModuleType:
    """Return a script of docs/, which is no package."""
    sys.path.insert(0, str(DOCS))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(DOCS))


reference, examples = load("reference"), load("examples")


def blocks(page: Path) -> Iterator[Any]:
    return examples.blocks(page.read_text(encoding="utf-8"))


def name(page: Path) -> str:
    return str(page.relative_to(DOCS))


# --- the reference --------------------------------------------------------------------------------------------------


def test_the_reference_is_fresh_and_every_field_has_a_sentence() -> None:
    assert reference.problems() == []


def test_every_command_and_option_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## ([a-z ]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    wanted = {
        path.removeprefix("littlegiant "): {parameter.opts[0] for parameter in command.params}
        for path, command in reference.leaves("littlegiant", typer.main.get_command(app))
    }
    shown = {command: set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)) for command, section in sections.items()}
    assert shown == {command: {o if o[0] == "-" else o.upper() for o in options} for command, options in wanted.items()}


def test_every_field_of_every_document_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "documents.md").read_text(encoding="utf-8")
    titles = {model: kind for kind, model in KINDS.items()}
    for model in reference.all_models():
        title = titles.get(model, model.__name__)
        (section,) = re.findall(rf"^##+ {title}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
        shown = re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)
        assert shown == [field.alias or key for key, field in model.model_fields.items()], title


def test_a_stale_page_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("engines.md", "reference/commands.md", "reference/documents.md", "reference/facts.md")
    other = {DOCS / name: (DOCS / name).read_text(encoding="utf-8") + "old" for name in names}
    monkeypatch.setattr(reference, "pages", lambda: other)
    assert [problem for problem in reference.problems() if problem.endswith("is stale")] == [
        "docs/engines.md is stale",
        "docs/reference/commands.md is stale",
        "docs/reference/documents.md is stale",
        "docs/reference/facts.md is stale",
    ]


# --- commands -------------------------------------------------------------------------------------------------------


def typed(page: Path) -> list[str]:
    """Return the littlegiant commands that a page shows, without what they are piped to."""
    lines = [line[2:] for block in blocks(page) if block.language == "console" for line in block.body.splitlines()]
    return [line.partition(" | ")[0] for line in lines if line.startswith("littlegiant ")]


TYPED = [pytest.param(line, id=f"{name(page)}: {line[:60]}") for page in PAGES for line in typed(page)]


@pytest.mark.parametrize("line", TYPED)
def test_an_example_uses_commands_and_options_that_exist(line: str) -> None:
    command, (word, *arguments) = typer.main.get_command(app), shlex.split(line)
    assert word == "littlegiant"
    if arguments == ["--version"]:
        return
    while hasattr(command, "commands"):
        word, *arguments = arguments
        command = command.commands[word]
    context = command.make_context(word, arguments)
    assert context.params.keys() == {parameter.name for parameter in command.params if parameter.expose_value}


def test_the_pages_show_every_command() -> None:
    shown = {" ".join(line.split()[1:3]) for page in WRITTEN_BY_HAND for line in typed(page)}
    commands = {path.removeprefix("littlegiant ") for path, _ in reference.leaves("littlegiant", typer.main.get_command(app))}
    unused = {command for command in commands if not any(line.startswith(command) for line in shown)}
    assert unused == {"pack facts", "pack schema", "register load"}  # the reference itself; one that needs a server


# --- documents ------------------------------------------------------------------------------------------------------


_FOLDERS = {
    "standards/": "standard",
    "notices/": "notice",
    "size_classes/": "size_class",
    "reforms/": "reform",
    "overlays/": "overlay",
}


def kind_of(path: str) -> str:
    """Return the kind of a document from where a reader saves it."""
    for part, kind in _FOLDERS.items():
        if part in path:
            return kind
    return Path(path).stem


WHOLE = [
    pytest.param(block, id=f"{name(page)}: {block.file}")
    for page in WRITTEN_BY_HAND
    for block in blocks(page)
    if block.language == "yaml" and block.file
]


@pytest.mark.parametrize("block", WHOLE)
def test_a_whole_document_of_a_page_validates(block: Any) -> None:
    kind = kind_of(block.file)
    assert parse_document(block.body.encode(), KINDS[kind], block.file).value.model_dump()["format"] == 1


FRAGMENTS = [
    pytest.param(block, id=f"{name(page)}: {' '.join(yaml.safe_load(block.body))} at {block.start}")
    for page in WRITTEN_BY_HAND
    for block in blocks(page)
    if block.language == "yaml" and not block.file
]


@pytest.mark.parametrize("block", FRAGMENTS)
def test_a_fragment_of_a_standard_compiles(block: Any) -> None:
    document = parse_document((HEAD + block.body).encode(), Standard, "fragment")
    for application in ("new", "re-review"):
        compiled = compile_standard(document, open_pack("cn"), application=application, reference_date=date(2026, 5, 25))
        assert query(compiled).startswith("SELECT")


# --- refusals -------------------------------------------------------------------------------------------------------


def refusal(condition: str) -> tuple[str, str] | None:
    """Return what is said of a condition that is refused, without its place, and what to write instead."""
    text = HEAD + "criteria: [{id: c, require: " + yaml.safe_dump(condition, width=1000, default_style='"').strip() + "}]"
    try:
        document = parse_document(text.encode(), Standard, "page")
        query(compile_standard(document, open_pack("cn"), application="new", reference_date=date(2026, 5, 25)))
    except LittleGiantError as error:
        (problem,) = error.problems
        found = problem.found.removeprefix(f"{condition!r}: ")
        return (f"found {found}, expected {problem.expected}" if problem.expected else found), problem.remedy
    return None


def refused_rows() -> list[Any]:
    text = (DOCS / "language.md").read_text(encoding="utf-8").partition("## What is refused")[2]
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return [pytest.param(condition, (found, remedy), id=condition) for condition, found, remedy in rows]


@pytest.mark.parametrize(("condition", "answer"), refused_rows())
def test_a_refusal_is_as_the_page_shows_it(condition: str, answer: tuple[str, str]) -> None:
    assert refusal(condition) == answer


# --- links ----------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if goal.suffix == ".png" and goal.is_file():
            continue
        if goal not in PAGES or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert broken == []


def test_every_page_is_in_the_navigation() -> None:
    def targets(entry: Any) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        for inner in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
            yield from targets(inner)

    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(targets(navigation)) == sorted(map(name, PAGES))


@pytest.mark.parametrize("page", WRITTEN_BY_HAND, ids=name)
def test_a_page_names_its_reader_and_needs_no_other_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    opening = text.split("\n\n")[1]
    assert opening.startswith(("For ", "You "))
    assert re.findall(r"https?://|/home/|/root/|/tmp/|\bsimply\b|\bjust\b", text) == []


# --- everything as pasted -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("page", WRITTEN_BY_HAND, ids=name)
def test_examples_print_what_the_page_shows(page: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "examples.py"), "--check", str(page)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_page_with_another_output_is_noticed() -> None:
    page = "```console\n$ littlegiant --version\n0.0.0\n```\n\n```python\nprint(6 * 7)\n```\n\n```text\n41\n```\n"
    real = examples.replay(page)
    assert "$ littlegiant --version\n0.0.0\n" not in real
    assert real.endswith("```text\n42\n```\n")


def test_lines_left_out_stay_left_out() -> None:
    page = "```console\n$ printf '%s\\n' a b c d\na\n…\nd\n```\n"
    assert examples.replay(page) == page
