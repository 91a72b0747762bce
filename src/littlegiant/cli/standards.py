"""`standard show | lint | test`."""

from datetime import date
from pathlib import Path

import typer

from littlegiant.cli import reforming
from littlegiant.cli.answering import parse_date, parse_language, say_json, table
from littlegiant.cli.deep_lint import deeply

app = typer.Typer(help="Read, check and test standards.", no_args_is_help=True, rich_markup_mode=None)
app.command("reform")(reforming.reform_command)
app.command("admit")(reforming.admit_command)
app.command("compare")(reforming.compare_versions_command)
_STANDARD = typer.Argument(help="Id of a standard of the pack, such as little-giant.")
_VERSION = typer.Option(None, "--version", help="One version; without it all, or the one that applies on --on.")
_PACK = typer.Option("cn", "--pack", help="A built-in pack or the folder of one.")
_JSON = typer.Option(False, "--json", help="Print the answer as JSON.")


@app.command("show")
def show(
    standard: str = _STANDARD,
    version: str | None = _VERSION,
    on: str = typer.Option(..., "--on", help="Reference date, as 2026-05-25."),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    pack: str = _PACK,
    language: str = typer.Option("en", "--language", help="zh or en."),
    sql: bool = typer.Option(False, "--sql", help="Print the one query it compiles to instead."),
    as_json: bool = _JSON,
) -> None:
    """For everyone: print a standard as it applies: conditions, clauses, thresholds, how sure each clause is.

    Example: littlegiant standard show little-giant --on 2026-05-25 --language zh
    """
    from littlegiant.assessment.showing import standard_lines
    from littlegiant.packs import open_pack
    from littlegiant.standards import compile_applying, query

    opened, day = open_pack(pack), parse_date(on, "--on")
    compiled = compile_applying(opened, standard, on=day, application=application, version=version)
    document = compiled.document
    if sql:
        typer.echo(query(compiled))
    elif as_json:
        say_json(
            {
                "standard": document.value.standard,
                "version": document.value.version,
                "fingerprint": compiled.fingerprint,
                "nodes": list(compiled.nodes.values()),
                "slots": compiled.slots.as_rows(),
            }
        )
    else:
        typer.echo("\n".join(standard_lines(compiled, opened, parse_language(language))))


@app.command("lint")
def lint(
    standard: str = _STANDARD,
    deep: bool = typer.Option(False, "--deep", help="Ask a solver, too: needs the extra `analysis`."),
    version: str | None = typer.Option(None, "--version", help="With --deep: one version only."),
    notches: bool = typer.Option(False, "--notches", help="With --deep: list every value at which something jumps."),
    save_witnesses: Path | None = typer.Option(None, "--save-witnesses", help="With --deep: write the examples as worked cases."),
    pack: str = _PACK,
    language: str = typer.Option("en", "--language", help="Language of the deep answers: zh or en."),
    as_json: bool = _JSON,
) -> None:
    """For authors: read all versions with their notices and say everything that is wrong or doubtful.

    With --deep: can anyone pass or fail, what follows from the rest, what nobody reaches, which facts help or hurt and
    where one unit more loses, every answer with a firm that shows it. Exit code 1 when there is a finding.

    Example: littlegiant standard lint little-giant --deep --version 2026
    """
    from littlegiant.packs import open_pack
    from littlegiant.standards.lint import lint_standard

    opened, tongue = open_pack(pack), parse_language(language)
    findings = lint_standard(opened, standard)
    deeper = deeply(opened, standard, version, tongue, notches=notches, save=save_witnesses, quiet=as_json) if deep else None
    if as_json:
        shallow = [problem.as_dict() for problem in findings]
        say_json(shallow if deeper is None else {"findings": shallow, "deep": deeper.rows})
    for problem in findings if not as_json else ():
        typer.echo(f"{problem} [{problem.code}]")
    count = len(findings) + (deeper.problems if deeper is not None else 0)
    if not as_json:
        typer.echo(f"{standard}: {count} findings")
    raise typer.Exit(1 if count else 0)


@app.command("test")
def test(standard: str = _STANDARD, version: str | None = _VERSION, pack: str = _PACK, as_json: bool = _JSON) -> None:
    """For authors: run the worked cases that stand beside the rules. Exit code 1 when one differs.

    Example: littlegiant standard test little-giant
    """
    from littlegiant.assessment import run_cases
    from littlegiant.packs import open_pack
    from littlegiant.standards import find_versions

    opened = open_pack(pack)
    documents = find_versions(opened, standard, version)
    results = [(document.value.version, result) for document in documents for result in run_cases(document, opened)]
    wrong = [(v, result) for v, result in results if result.differences]
    if as_json:
        say_json(
            {
                "cases": len(results),
                "wrong": [{"version": v, "case": r.name, "differences": r.differences} for v, r in wrong],
            }
        )
    else:
        for v, result in wrong:
            typer.echo(f"{standard} {v}, {result.name}: {'; '.join(result.differences)}")
        typer.echo(f"{standard}: {len(results) - len(wrong)} of {len(results)} cases as expected")
    raise typer.Exit(1 if wrong else 0)


@app.command("form")
def form(
    standard: str = _STANDARD,
    on: str = typer.Option(..., "--on", help="Reference date, as 2026-05-25; picks the version."),
    year: int = typer.Option(..., "--year", help="The year of the latest figures."),
    out: Path = typer.Option(
        ..., "--out", help="The file to write: .html or .pdf to print, .xlsx to fill in, .json as JSON Schema."
    ),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    version: str | None = _VERSION,
    pack: str = _PACK,
    language: str = typer.Option("en", "--language", help="zh or en."),
) -> None:
    """For bureaus and firms: the questions of a standard as a form; a filled-in .xlsx goes to `littlegiant check`.

    Example: littlegiant standard form srdi --on 2026-05-25 --year 2025 --out form.xlsx
    """
    import json

    from littlegiant.assessment.form_workbook import write_form
    from littlegiant.assessment.forms import form_page, form_pdf, form_questions, form_schema
    from littlegiant.cli.answering import write_bytes, write_text
    from littlegiant.packs import open_pack
    from littlegiant.problems import refuse
    from littlegiant.standards import compile_applying

    opened, tongue = open_pack(pack), parse_language(language)
    compiled = compile_applying(opened, standard, on=parse_date(on, "--on"), application=application, version=version)
    questions = form_questions(compiled, opened, tongue, year)
    if out.suffix == ".xlsx":
        write_form(questions, compiled, tongue, out)
    elif out.suffix == ".json":
        write_text(out, json.dumps(form_schema(questions, compiled, opened, tongue), ensure_ascii=False, indent=2) + "\n")
    elif out.suffix == ".html":
        write_text(out, form_page(questions, compiled, opened, tongue))
    elif out.suffix == ".pdf":
        write_bytes(out, form_pdf(questions, compiled, opened, tongue))
    else:
        refuse("--out", str(out), "a file ending in .html, .pdf, .xlsx or .json", "Choose one of them.", code="kind")
    typer.echo(f"{out}: {len(questions)} questions")


@app.command("list")
def list_standards(pack: str = _PACK, on: str | None = typer.Option(None, "--on", help="Only what applies on this day.")) -> None:
    """For everyone: list the standards of a pack with their versions and validity.

    Example: littlegiant standard list
    """
    from littlegiant.packs import open_pack
    from littlegiant.standards import Standard

    opened = open_pack(pack)
    day: date | None = parse_date(on, "--on") if on else None
    rows = [
        [id, document.value.version, v.application, str(v.from_), str(v.until or "")]
        for id in opened.ids("standards")
        for document in opened.versions(Standard, "standards", id)
        for v in document.value.applies
        if day is None or v.holds(day, v.application)
    ]
    table(["standard", "version", "application", "from", "until"], rows)
