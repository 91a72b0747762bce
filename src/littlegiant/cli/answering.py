"""How commands answer: sentences or JSON on stdout, problems and progress on stderr."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from littlegiant.pages import Element

Language = str


def fail(error: Exception) -> int:
    """Print what went wrong and return the exit code; what is no known problem is a defect and keeps its traceback."""
    from littlegiant.problems import LittleGiantError

    if isinstance(error, LittleGiantError):
        for problem in error.problems:
            typer.echo(f"{problem} [{problem.code}]", err=True)
        return error.exit_code
    if isinstance(error, (OSError, MemoryError)):
        typer.echo(
            f"{getattr(error, 'filename', None) or 'littlegiant'}: {getattr(error, 'strerror', None) or 'out of memory'}.",
            err=True,
        )
        return 3
    raise error


def say_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else str(value)
    if isinstance(value, (Decimal, Path)):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    raise TypeError(f"no JSON for {type(value).__name__}")


def parse_date(text: str, option: str) -> date:
    from littlegiant.problems import refuse

    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(option, repr(text), "a date", "Write it as 2026-05-25.", code="date")


def parse_language(text: str) -> Any:
    from littlegiant.problems import refuse

    if text not in ("zh", "en"):
        refuse("--language", repr(text), "zh or en", code="language")
    return text


def table(headings: list[str], rows: list[list[Any]]) -> None:
    """Print a plain table, numbers flush right; wide enough for Chinese."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        right = bool(rows) and isinstance(rows[0][number], int)
        drawn.add_column(heading, justify="right" if right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    Console(soft_wrap=False).print(drawn)


def print_element(element: "Element") -> None:
    """Print the sentence and the table of an element."""
    if element.sentence:
        typer.echo(element.sentence)
    cells = [[row[c.key] if c.number else str(row[c.key]) for c in element.columns] for row in element.rows]
    table([c.heading for c in element.columns], cells)


def write_page(
    elements: "Sequence[Element]", title: str, lead: str, out: Path, language: Any, *, synthetic: bool, quiet: bool = False
) -> None:
    """Write elements as one page, beside its place first; `quiet` leaves standard output to what a program reads."""
    from littlegiant.pages import page
    from littlegiant.words import say

    banners = [say("banner_synthetic", language)] if synthetic else []
    footers: dict[str, list[str]] = {language: [say("footer_how", language)]}
    text = page({language: title}, {language: lead}, {language: elements}, banners={language: banners}, footers=footers)
    write_text(out, text)
    typer.echo(str(out), err=quiet)


def write_text(out: Path, text: str) -> None:
    """Write a text beside its place and rename it."""
    write_bytes(out, text.encode())


def write_bytes(out: Path, data: bytes) -> None:
    """Write a file beside its place and rename it."""
    import os

    from littlegiant.problems import world_failed

    beside = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        os.replace(beside, out)
    except OSError as error:
        raise world_failed(str(out), error.strerror or str(error), "Choose another --out.") from error
