"""What `standard lint --deep` prints and saves."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from littlegiant.cli.answering import table

if TYPE_CHECKING:
    from littlegiant.assessment.deep import Deep, DeepWriter
    from littlegiant.packs import Pack
    from littlegiant.words import Language


@dataclass
class Deeper:
    """How many problems were found, and everything as rows."""

    problems: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


def deeply(
    pack: "Pack",
    standard: str,
    version: str | None,
    language: "Language",
    *,
    notches: bool,
    save: Path | None,
    quiet: bool,
) -> Deeper:
    """Analyse, print unless `quiet`, write the examples to `save`."""
    from littlegiant.assessment.deep import DeepWriter, deep_lint, saved_cases

    if save is not None:
        _check_place(save, version)
    found, texts = Deeper(), []
    for deep in deep_lint(pack, standard, version=version):
        writer = DeepWriter(deep, pack, language)
        problems = writer.problems()
        found.problems += len(problems)
        found.rows.append(_row(deep, writer, problems))
        if not quiet:
            _print(deep, writer, problems, notches=notches)
        texts.append(saved_cases(deep))
    if save is not None:
        beside = save.with_name(f".{save.name}.part")
        beside.write_text("cases:\n" + "".join(texts), encoding="utf-8")
        beside.replace(save)
    return found


def _check_place(save: Path, version: str | None) -> None:
    from littlegiant.problems import refuse

    if version is None:
        refuse("--save-witnesses", "no --version", "one version", "Cases stand beside one text: name it.", code="missing-option")
    if not save.parent.is_dir():
        refuse(
            str(save),
            f"no folder {save.parent}",
            "a file in a folder that is there",
            "Make the folder first.",
            code="missing-file",
        )


def _row(deep: "Deep", writer: "DeepWriter", problems: list[str]) -> dict[str, Any]:
    directions = [dict(zip(("fact", "way", "cliff"), writer.direction(each), strict=True)) for each in deep.analysis.directions]
    return {
        "version": deep.version,
        "application": deep.application,
        "problems": problems,
        "notes": writer.notes(),
        "directions": directions,
        "notches": [writer.notch(each) for each in deep.analysis.notches],
        "not_linear": list(deep.analysis.not_linear),
    }


def _print(deep: "Deep", writer: "DeepWriter", problems: list[str], *, notches: bool) -> None:
    typer.echo(f"{deep.analysis.compiled.document.name}, {deep.application}")
    for told in [*(f"! {problem}" for problem in problems), *(f"- {note}" for note in writer.notes())]:
        typer.echo(told)
    hurting = [writer.direction(each) for each in deep.analysis.directions if each.way != "helps"]
    table(["fact", "more of it", "where one unit more loses"], [list(each) for each in hurting])
    if notches:
        columns = ("measure", "operator", "value", "unit", "scope", "effect", "points", "adjustable")
        rows = [[writer.notch(each)[name] for name in columns] for each in deep.analysis.notches]
        table(list(columns), rows)
