"""The command `littlegiant`. Each module holds one group of commands; heavy rooms are imported when a command runs."""

import sys

import typer

from littlegiant.cli import (
    allocating,
    checking,
    drawing,
    judging,
    listing,
    looking,
    money,
    packing,
    registers,
    rounding,
    standards,
    supply,
)
from littlegiant.cli.answering import fail

app = typer.Typer(
    name="littlegiant",
    help="Run selective support programmes for small innovative firms: judge, explain, check. Unknown is never no.\n\n"
    "Exit codes: 0 done, 1 the answer is no, 2 a mistake in the input, 3 the disk or a server failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("list")(listing.list_command)
app.command("run")(rounding.run_command)
app.command("verify")(rounding.verify_command)
app.command("check")(checking.check_command)
app.command("assess")(judging.assess_command)
app.command("compare")(looking.compare_command)
app.command("outlook")(looking.outlook_command)
app.command("visits")(looking.visits_command)
app.command("dossier")(looking.dossier_command)
app.command("entitlements")(money.entitlements_command)
app.command("stress")(money.stress_command)
app.add_typer(standards.app, name="standard")
app.add_typer(money.app, name="instruments")
app.add_typer(supply.app, name="supply")
app.add_typer(allocating.app, name="allocate")
app.add_typer(drawing.app, name="draw")
app.add_typer(registers.app, name="register")
app.add_typer(packing.app, name="pack")


def _version(asked: bool) -> None:
    if asked:
        from littlegiant import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and stop."),
) -> None:
    """Exit codes: 0 done, 1 the answer is no, 2 a mistake in the input, 3 the disk or a server failed."""


def main() -> None:
    """Run the command; problems become sentences on stderr and an exit code, never a traceback."""
    try:
        app()
    except SystemExit as stop:
        if stop.code == 130:  # stopped from the keyboard
            typer.echo("Stopped. Sealed stages are whole; nothing half-written stays.", err=True)
        raise
    except Exception as error:
        sys.exit(fail(error))
