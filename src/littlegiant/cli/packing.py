"""`pack facts | schema`: what documents may say."""

import typer

from littlegiant.cli.answering import parse_language, say_json, table

app = typer.Typer(
    help="Look into a pack: its vocabulary, the schemas of its documents.", no_args_is_help=True, rich_markup_mode=None
)


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
