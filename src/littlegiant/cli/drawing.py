"""`draw …`: a commitment, its reveal, and the order that anybody gets from it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from littlegiant.cli.answering import write_text

if TYPE_CHECKING:
    from littlegiant.ledger.drawing import Draw

app = typer.Typer(
    help="A draw whose seed is committed before anybody knows what it decides.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("commit")
def commit_draw(
    call: str = typer.Argument(help="Id of the call."),
    out: Path = typer.Option(..., "--out", help="File for the secret; keep it closed until the deadline has passed."),
) -> None:
    """For offices, before the deadline: a secret in a file, and the commitment to publish.

    Example: littlegiant draw commit key-little-giants-2026 --out secret.json
    """
    from littlegiant.ledger.drawing import commitment_of, new_secret
    from littlegiant.problems import refuse

    if out.exists():
        refuse("--out", f"{out.name} exists", "a new file", "A secret once committed to is not overwritten.", code="exists")
    secret = new_secret()
    commitment = commitment_of(call, secret)
    write_text(out, json.dumps({"call": call, "secret": secret, "commitment": commitment}, indent=1) + "\n")
    out.chmod(0o600)
    typer.echo(commitment)


@app.command("open")
def open_draw(
    secret: Path = typer.Argument(help="The file that `draw commit` wrote."),
    beacon: str = typer.Option(..., "--beacon", help="The public value that appeared after the deadline."),
    source: str = typer.Option("", "--source", help="Where the value was published, and for which moment."),
    out: Path = typer.Option(..., "--out", help="File of the draw, which is published."),
) -> None:
    """For offices, after the deadline: the secret revealed and mixed with a public value; the file decides ties and lotteries.

    Example: littlegiant draw open secret.json --beacon 03-11-17-24-29-05 --out draw.json
    """
    from littlegiant.ledger.drawing import reveal

    given = _json_of(secret, ("call", "secret", "commitment"))
    draw = reveal(given["call"], given["commitment"], given["secret"], beacon, source)
    names = ("call", "commitment", "secret", "beacon", "source")
    write_text(out, json.dumps({name: getattr(draw, name) for name in names}, indent=1, ensure_ascii=False) + "\n")
    typer.echo(f"seed {draw.seed.hex()}")


@app.command("order")
def order_of_draw(
    draw: Path = typer.Argument(help="The file that `draw open` wrote."),
    subjects: Path = typer.Argument(help="One id a line."),
    commitment: str = typer.Option("", "--commitment", help="The commitment that was published; checked first."),
) -> None:
    """For everybody: the order in which a draw puts subjects; anybody gets the same.

    Example: littlegiant draw order draw.json cases.txt
    """
    from littlegiant.ledger.drawing import order
    from littlegiant.problems import refuse

    opened = read_draw(draw)
    assert opened is not None
    if commitment and commitment.strip().lower() != opened.commitment:
        refuse(
            draw.name,
            "another commitment than the published one",
            commitment,
            "This is not the draw of the call.",
            code="commitment",
        )
    typer.echo("\n".join(order(opened.seed, _ids(subjects))))


@app.command("check")
def check_order(
    draw: Path = typer.Argument(help="The file that `draw open` wrote."),
    published: Path = typer.Argument(help="The order as it was published, one id a line."),
) -> None:
    """For everybody: whether a published order is that of the draw, or where it first differs.

    Example: littlegiant draw check draw.json order.txt
    """
    from littlegiant.ledger.drawing import check_draw

    opened = read_draw(draw)
    assert opened is not None
    found = check_draw(opened, _ids(published))
    typer.echo("The order is that of the draw." if found.outcome == "exact" else f"The order differs: {found.found}.")
    if found.outcome != "exact":
        raise typer.Exit(1)


def _ids(path: Path) -> list[str]:
    from littlegiant.problems import refuse

    if not path.is_file():
        refuse(str(path), "no such file", "one id a line", "Check the path.", code="no-file")
    return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]


def read_draw(path: Path | None) -> "Draw | None":
    """Return the draw that `draw open` wrote, None without a path."""
    from littlegiant.ledger.drawing import reveal

    if path is None:
        return None
    given = _json_of(path, ("call", "commitment", "secret", "beacon"))
    return reveal(given["call"], given["commitment"], given["secret"], given["beacon"], given.get("source", ""))


def _json_of(path: Path, needed: tuple[str, ...]) -> dict[str, str]:
    from littlegiant.problems import refuse

    if not path.is_file():
        refuse(str(path), "no such file", "a file of `littlegiant draw`", "Check the path.", code="no-file")
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        read = None
    if not isinstance(read, dict) or any(not isinstance(read.get(name), str) for name in needed):
        refuse(path.name, "no file of a draw", f"JSON with {', '.join(needed)}", "Make it with `littlegiant draw`.", code="draw")
    return {name: str(value) for name, value in read.items()}
