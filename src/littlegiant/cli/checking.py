"""`check`: one firm, from a file or answered at the prompt."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from littlegiant.cli.answering import parse_date, parse_language, say_json

if TYPE_CHECKING:
    from fractions import Fraction

    from littlegiant.assessment.single import CheckSetting
    from littlegiant.assessment.subjects import CaseFacts


def check_command(
    firm: Path | None = typer.Argument(None, help="A firm.yaml or a filled-in form .xlsx; without it you are asked."),
    standard: str = typer.Option("little-giant", "--standard", help="Id of the standard."),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    on: str | None = typer.Option(None, "--on", help="Reference date, as 2026-05-25; needed unless the file has it."),
    year: int | None = typer.Option(None, "--year", help="Year of the latest figures; needed for the prompt."),
    version: str | None = typer.Option(None, "--version", help="A version by name instead of the one that applies."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    language: str = typer.Option("en", "--language", help="zh or en."),
    like: Path | None = typer.Option(
        None, "--like", help="Folder of a register: ask first what its firms' answers would likeliest settle."
    ),
    weight: list[str] = typer.Option([], "--weight", help="How dear a change of a fact is, as staff=3; may be repeated."),
    as_json: bool = typer.Option(False, "--json", help="Print the answer as JSON."),
) -> None:
    """For a firm: do I qualify, what is missing, what would have to change? Exit code 0 only when eligible.

    Example: littlegiant check examples/check/firm.yaml --language zh
    """
    from littlegiant.assessment.single import check_firm, check_setting, read_firm

    tongue = parse_language(language)
    day: date | None = parse_date(on, "--on") if on else None
    filled = firm is not None and firm.suffix.lower() == ".xlsx"
    document = read_firm(firm) if firm is not None and not filled else None
    setting = check_setting(document, pack=pack, standard=standard, application=application, on=day, version=version)
    if firm is not None and filled:
        case = _filled_in(setting, firm, tongue, year)
    else:
        case = setting.case(document) if document is not None else _ask(setting, tongue, year, like)
    checked = check_firm(setting, case, tongue, weights=_weights(weight))
    if as_json:
        say_json(checked.as_dict())
    else:
        typer.echo("\n".join(checked.lines()))
    raise typer.Exit(0 if checked.judged.outcome == "eligible" else 1)


def _filled_in(setting: "CheckSetting", path: Path, language: Any, year: int | None) -> "CaseFacts":
    """Read a form that was filled in; what seems to stand in another unit is said on stderr."""
    from littlegiant.assessment.form_workbook import read_form
    from littlegiant.assessment.forms import form_questions
    from littlegiant.problems import refuse

    if year is None:
        refuse("--year", "no year", "the year of the latest figures of the form", "Say `--year 2025`.", code="missing-option")
    questions = form_questions(setting.compiled, setting.pack, language, year)
    case, doubts = read_form(path, questions, setting.compiled, setting.pack)
    for doubt in doubts:
        typer.echo(doubt, err=True)
    return case


def _weights(texts: list[str]) -> "dict[str, Fraction]":
    from fractions import Fraction

    from littlegiant.problems import refuse

    weights = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            weights[name] = Fraction(number)
        except (ValueError, ZeroDivisionError):
            refuse("--weight", repr(text), "a fact and a number", "Write it as staff=3.", code="weight")
    return weights


def _ask(setting: "CheckSetting", language: Any, year: int | None, like: Path | None) -> "CaseFacts":
    """Ask for one thing after another until the outcome is settled or nothing more is asked; an empty answer is unknown."""
    from littlegiant.problems import LittleGiantError

    interview = setting.interview(language, year, like)
    while (question := interview.next()) is not None:
        typer.echo(f"{question.text}: ", nl=False, err=True)  # only the answer belongs on stdout
        answer = sys.stdin.readline()
        if not answer:  # the end of the input: judge on what was said
            break
        try:
            interview.answer(question, answer)
        except LittleGiantError as error:
            for problem in error.problems:
                typer.echo(str(problem), err=True)
    return interview.case()
