"""`list`: the officer's door."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from littlegiant.cli.answering import parse_date, parse_language, say_json, table

if TYPE_CHECKING:
    from littlegiant.listing import Proposal, Reading
    from littlegiant.packs import Pack


def list_command(
    workbook: Path = typer.Argument(help="The workbook with the firms; it is never changed."),
    standard: str = typer.Option(
        "little-giant", "--standard", help="Id of the standard: little-giant, srdi, innovative-sme, technology-sme."
    ),
    on: str = typer.Option(..., "--on", help="Reference date, as 2026-05-25; picks the version and the notices."),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    year: int | None = typer.Option(
        None, "--year", help="The year that is judged; without it the year before the reference date."
    ),
    version: str | None = typer.Option(None, "--version", help="A version by name instead of the one that applies."),
    sheet: str | None = typer.Option(
        None, "--sheet", help="The sheet with the firms; without it the one whose titles are recognised."
    ),
    mapping: Path | None = typer.Option(None, "--mapping", help="How to read the columns: the file that an earlier run saved."),
    out: Path = typer.Option(Path("listed"), "--out", help="Folder for the workbook, the memo and the mapping."),
    accept: bool = typer.Option(False, "--accept", help="Accept guessed units and years without asking."),
    language: str = typer.Option("zh", "--language", help="Language of the added columns and the memo: zh or en."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    as_json: bool = typer.Option(False, "--json", help="Print the counts as JSON."),
) -> None:
    """For the officer: your workbook back with result, clause, figure and what to ask for, and a two-page memo.

    Example: littlegiant list firms.xlsx --on 2026-05-25 --out monday
    """
    from littlegiant.listing import Question, list_workbook, open_workbook, propose, proposed_mapping, saved_mapping
    from littlegiant.packs import open_pack

    day = parse_date(on, "--on")
    opened = open_pack(pack)
    question = Question(standard, day, application, year or day.year - 1, version, parse_language(language))
    open_workbook(workbook).close()
    keep = None
    if mapping is not None:
        document = saved_mapping(mapping, workbook, opened, sheet)
    else:
        proposal = propose(workbook, opened, last_year=question.year, sheet=sheet)
        proposal = _agreed(proposal, opened, accept=accept, out=out, quiet=as_json)
        document, keep = proposed_mapping(proposal, opened)
    listed = list_workbook(workbook, document, question, opened, out, keep_mapping=keep)
    if as_json:
        say_json(listed)
        return
    table(["", "firms"], [[name, count] for name, count in sorted(listed.outcomes.items())])
    typer.echo(f"rows set aside: {listed.rows_set_aside}; values doubted or not used: {listed.doubts}")
    for path in (listed.workbook, *listed.memo, *([listed.mapping] if listed.mapping else [])):
        typer.echo(str(path))


def _agreed(proposal: "Proposal", pack: "Pack", *, accept: bool, out: Path, quiet: bool) -> "Proposal":
    """Show how the columns will be read, and ask once about what their titles do not say."""
    from littlegiant.listing import corrected
    from littlegiant.problems import LittleGiantError

    if not quiet:
        _show(proposal)
    if not proposal.guesses or accept:
        return proposal
    if not sys.stdin.isatty():
        _refuse_to_guess(proposal, pack, out)
    while True:
        answer = typer.prompt(
            "Enter to accept the guesses (?), or corrections as 3=10k CNY; 5=2024; 7=skip", default="", show_default=False
        )
        if not answer.strip():
            return proposal
        try:
            proposal = corrected(proposal, answer, pack)
        except LittleGiantError as error:
            typer.echo(str(error), err=True)
            continue
        _show(proposal)
        if not proposal.guesses:
            return proposal


def _show(proposal: "Proposal") -> None:
    where = f"{proposal.workbook.name}, sheet {proposal.sheet}: titles in row {proposal.header.first}"
    typer.echo(f"{where}, firms told apart by {proposal.key.title}")
    rows = []
    for reading in proposal.readings:
        unit = (reading.unit or "") + (" ?" if "unit" in reading.guessed else "")
        year = (str(reading.year) if reading.year else "") + (" ?" if "year" in reading.guessed else "")
        read_as = f"– ({_SKIPPED[reading.skip].format(near=reading.heading.near)})" if reading.skip else reading.heading.name
        rows.append(
            [
                str(reading.number),
                reading.heading.title,
                read_as,
                unit if not reading.skip else "",
                year if not reading.skip else "",
            ]
        )
    table(["#", "column", "read as", "unit", "year"], rows)
    if proposal.sheets_left:
        typer.echo(f"other sheets, left as they are: {', '.join(proposal.sheets_left)}")


def _guessed(reading: "Reading") -> list[str]:
    guesses = {"unit": reading.unit or "a fraction", "year": str(reading.year)}
    return [guesses[name] for name in reading.guessed]


_SKIPPED = {
    "unknown": "not read; like {near}?",
    "codes": "not read: values that are no codes",
    "twice": "not read: given twice",
    "asked": "left out",
}


def _refuse_to_guess(proposal: "Proposal", pack: "Pack", out: Path) -> None:
    from littlegiant.listing import proposed_mapping
    from littlegiant.problems import LittleGiantError, Problem

    out.mkdir(parents=True, exist_ok=True)
    draft = out / f"{proposal.workbook.stem}.mapping.yaml"
    draft.write_text(proposed_mapping(proposal, pack)[1], encoding="utf-8")
    problems = [
        Problem(
            f"{proposal.workbook.name}, column {reading.heading.title}",
            f"no {' and no '.join(reading.guessed)} in the title",
            f"{', '.join(_guessed(reading))}?",
            f"Check {draft} and run again with --mapping, or accept the guesses with --accept.",
            "unsure",
        )
        for reading in proposal.guesses
    ]
    raise LittleGiantError(problems)
