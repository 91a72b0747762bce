"""`run` and `verify`."""

from pathlib import Path

import typer

from littlegiant.cli.answering import say_json


def run_command(
    programme: Path = typer.Argument(help="The programme file (programme.yaml) that starts the round."),
    out: Path = typer.Option(..., "--out", help="Folder of the round; made, or continued when it is the same round."),
    until: str | None = typer.Option(
        None, "--until", help="Stop after this stage: register, findings, assessment, summary, publication, money."
    ),
    threads: int | None = typer.Option(None, "--threads", min=1, help="Processor threads; the result does not depend on it."),
    as_json: bool = typer.Option(False, "--json", help="Print what was made as JSON."),
) -> None:
    """For the programme office: carry out a round stage by stage into a folder that anyone can check.

    Example: littlegiant run examples/demo/programme.yaml --out rounds/demo-2026
    """
    from rich.console import Console

    from littlegiant.rounds import run

    console = Console(stderr=True)
    with console.status("reading the programme") as status:
        result = run(programme, out, until=until, threads=threads, progress=lambda stage: status.update(stage))
    if as_json:
        say_json({"folder": result.folder, "made": result.made, "kept": result.kept})
        return
    if result.summary is not None:
        for row in result.summary.outcomes.to_pylist():
            typer.echo(f"{row['outcome']}{' (' + row['open'] + ' missing)' if row['open'] else ''}: {row['cases']:,}")
    typer.echo(f"made {', '.join(result.made) or 'nothing'}" + (f"; kept {', '.join(result.kept)}" if result.kept else ""))
    report = result.folder / "report.html"
    typer.echo(f"{report}: open it in a browser" if report.is_file() else f"{result.folder}: continue with the same command")


def verify_command(
    folder: Path = typer.Argument(help="The folder of a round."),
    register: Path | None = typer.Option(
        None, "--register", help="Where the register lies, when it was too large to copy into the round."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print every check as JSON."),
) -> None:
    """For the auditor: recompute a round from its own folder and say what holds and what has changed.

    Exit code 1 when anything exact does not hold.

    Example: littlegiant verify rounds/demo-2026
    """
    from littlegiant.rounds import verify

    checks = verify(folder, register=register)
    broken = [check for check in checks if not check.holds and check.kind != "rendered"]
    if as_json:
        say_json({"holds": not broken, "checks": checks})
    else:
        for kind in ("exact", "checked", "estimated", "rendered"):
            own = [check for check in checks if check.kind == kind]
            if not own and kind in ("checked", "estimated"):
                continue
            held = sum(check.holds for check in own)
            typer.echo(f"{kind}: {held} of {len(own)} hold")
            for check in own:
                if not check.holds:
                    typer.echo(f"  {check.what}: {check.difference}" + ("" if kind != "rendered" else " (a note, not a failure)"))
    raise typer.Exit(1 if broken else 0)
