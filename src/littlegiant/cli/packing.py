"""`pack new | check | facts | outcomes | schema`: packs and what their documents may say."""

from pathlib import Path

import typer

from littlegiant.cli.answering import parse_language, say_json, table

app = typer.Typer(help="Make a pack, check it, look into its documents.", no_args_is_help=True, rich_markup_mode=None)


@app.command("new")
def new(
    name: str = typer.Argument(help="Name of the pack: small letters, digits, - and _."),
    out: Path = typer.Option(..., "--out", help="The new folder."),
) -> None:
    """For offices anywhere: start a pack for your programme from a small invented country, every idea commented.

    Example: littlegiant pack new ruritania --out ruritania
    """
    from littlegiant.rounds.pack_check import new_pack

    made = new_pack(name, out)
    typer.echo(f"{made}: change its documents, then run `littlegiant pack check {made}`")


@app.command("check")
def check(
    pack: str = typer.Argument(help="A built-in pack, an installed one, or the folder of one."),
    as_json: bool = typer.Option(False, "--json", help="Print the answer as JSON."),
) -> None:
    """For authors: read all documents of a pack, compile all standards and overlays, run all worked cases.

    Exit code 1 when something is wrong.

    Example: littlegiant pack check cn
    """
    from littlegiant.rounds.pack_check import check_pack

    checked = check_pack(pack)
    if as_json:
        cases = {id: {"as_expected": right, "cases": count} for id, (right, count) in checked.cases.items()}
        problems = [problem.as_dict() for problem in checked.problems]
        say_json({"pack": checked.pack, "documents": checked.documents, "standards": cases, "problems": problems})
        raise typer.Exit(1 if checked.problems else 0)
    for problem in checked.problems:
        typer.echo(f"{problem} [{problem.code}]")
    table(["standard", "cases as expected", "of"], [[id, right, count] for id, (right, count) in checked.cases.items()])
    typer.echo(f"pack {checked.pack}: {checked.documents} documents, {len(checked.problems)} findings")
    raise typer.Exit(1 if checked.problems else 0)


@app.command("facts")
def facts(
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    language: str = typer.Option("en", "--language", help="zh or en."),
) -> None:
    """For those who write mappings and standards: list the vocabulary of facts.

    Example: littlegiant pack facts --language zh
    """
    from littlegiant.packs import open_pack
    from littlegiant.words import text_in

    tongue = parse_language(language)
    rows = [[name, fact.type, fact.period, text_in(fact.title, tongue)] for name, fact in open_pack(pack).facts.items()]
    table(["fact", "type", "period", "title"], rows)


@app.command("outcomes")
def outcomes(
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    language: str = typer.Option("en", "--language", help="zh or en."),
) -> None:
    """For evaluators: list what the programme wants to move, in which unit, with the figures that were promised.

    Example: littlegiant pack outcomes
    """
    from littlegiant.packs import open_pack
    from littlegiant.words import text_in

    tongue = parse_language(language)
    rows = [
        [name, text_in(o.title, tongue), o.unit, "" if o.target is None else f"{o.target.value} ({text_in(o.target.of, tongue)})"]
        for name, o in open_pack(pack).outcomes.items()
    ]
    table(["outcome", "title", "unit", "promised"], rows)


@app.command("schema")
def schema(
    kind: str = typer.Argument(help="A kind of document: standard, notice, mapping, programme, firm, facts, …"),
) -> None:
    """For authors and editors: print the JSON Schema of a kind of document.

    Example: littlegiant pack schema standard
    """
    from littlegiant.problems import refuse, suggestion
    from littlegiant.rounds.kinds import KINDS

    if kind not in KINDS:
        refuse(
            "pack schema",
            f"no kind of document {kind!r}",
            "",
            suggestion(kind, KINDS) or f"Kinds: {', '.join(KINDS)}.",
            code="unknown-kind",
        )
    say_json(KINDS[kind].model_json_schema(by_alias=True))
