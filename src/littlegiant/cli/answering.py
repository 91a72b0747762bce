"""How commands answer: sentences or JSON on stdout, problems and progress on stderr."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import typer

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
