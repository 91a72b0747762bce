"""`assess`: judge a register without a round."""

from pathlib import Path

import typer

from littlegiant.cli.answering import parse_date, say_json, table


def assess_command(
    register: str = typer.Argument(help="Folder of a register, or the address of one in a database: postgresql://…"),
    standard: str = typer.Option(..., "--standard", help="Id of the standard, such as little-giant."),
    year: int = typer.Option(..., "--year", help="The year whose figures are judged."),
    on: str = typer.Option(..., "--on", help="Reference date, as 2026-05-25; picks the version and the notices."),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    version: str | None = typer.Option(None, "--version", help="A version by name instead of the one that applies."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    out: Path | None = typer.Option(None, "--out", help="Write one row a firm to this Parquet file."),
    letters: Path | None = typer.Option(
        None, "--letters", help="Write what each firm is told, in all languages, to this Parquet file."
    ),
    case: str | None = typer.Option(None, "--case", help="Explain this firm instead of the whole register."),
    language: str = typer.Option("en", "--language", help="Language of the explanation: zh or en."),
    near: int = typer.Option(
        0, "--near", min=0, help="List so many firms that one condition alone keeps out, the nearest first."
    ),
    spark: str | None = typer.Option(None, "--spark", help="Judge with Spark at this master, as local[*] or spark://host:7077."),
    as_json: bool = typer.Option(False, "--json", help="Print the answer as JSON."),
) -> None:
    """For analysts: judge every firm of a register; outcomes, binding clauses, what is missing.

    Example: littlegiant assess rounds/demo-register --standard little-giant --year 2025 --on 2026-05-25
    """
    from littlegiant.assessment.interface import assess
    from littlegiant.cli.answering import parse_language

    assessed = assess(
        register,
        standard,
        year=year,
        application=application,
        reference_date=parse_date(on, "--on"),
        version=version,
        pack=pack,
        to=out,
        spark=spark,
    )
    if letters is not None:
        assessed.write_letters(letters)
        typer.echo(f"letters: {letters}", err=as_json)
    if case is not None:
        explanation = assessed.explain(case, parse_language(language))
        say_json(explanation) if as_json else typer.echo("\n".join(explanation.lines(parse_language(language))))
        return
    if near:
        misses, count = assessed.near_misses(near, parse_language(language))
        if as_json:
            say_json({"count": count, "nearest": misses})
            return
        typer.echo(f"{count:,} firms fail one condition alone; the nearest:")
        table(["firm", "condition", "figure"], [[m.case, m.condition, m.figure] for m in misses])
        return
    summary = assessed.summary
    if as_json:
        tables = {
            name: getattr(summary, name).to_pylist()
            for name in ("outcomes", "binding", "worklist", "by_region", "by_sector", "by_size")
        }
        say_json({"cases": summary.cases, **tables})
        return
    table(
        ["outcome", "open", "firms"],
        [[r["outcome"], r["open"] or "", r["cases"]] for r in summary.outcomes.to_pylist()],
    )
    typer.echo("")
    rows = sorted(summary.binding.to_pylist(), key=lambda r: -r["failed"])
    table(
        ["condition", "fails", "fails this alone", "unknown"],
        [[r["condition"], r["failed"], r["alone"], r["unknown"]] for r in rows],
    )
    typer.echo("")
    table(
        ["missing", "kind", "firms", "settles alone"],
        [[r["item"], r["kind"], r["cases"], r["alone"]] for r in summary.worklist.to_pylist()],
    )
