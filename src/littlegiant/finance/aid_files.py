"""Aid and eligible costs from CSV files, for `cumulation`: every mistake by its row."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import cast, get_args

from littlegiant.documents import read_rows
from littlegiant.finance.cumulation import Aid, Status
from littlegiant.finance.taxes import Level
from littlegiant.problems import LittleGiantError, Problem, suggestion

_NEEDED = ("aid", "undertaking", "granted_on", "measure", "level", "equivalent")
_STATUSES: tuple[str, ...] = get_args(Status)
_YES, _NO = ("yes", "true", "1", "是"), ("", "no", "false", "0", "否")


def read_aids(path: Path) -> dict[str, list[Aid]]:
    """Return the aid in a CSV by undertaking, in the order of the file. `status` is received unless it says offered."""
    found: dict[str, list[Aid]] = {}
    problems: list[Problem] = []
    for place, row in read_rows(path, _NEEDED):
        made = _aid(place, row, problems)
        if made is not None:
            found.setdefault(made.undertaking, []).append(made)
    if problems:
        raise LittleGiantError(problems)
    return found


def _aid(place: str, row: Mapping[str, str], problems: list[Problem]) -> Aid | None:
    before = len(problems)
    amount = _number(place, "equivalent", row["equivalent"], problems)
    try:
        day = date.fromisoformat(row["granted_on"])
    except ValueError:
        problems.append(Problem(f"{place}, column granted_on", repr(row["granted_on"]), "a date as 2026-05-25", code="type"))
    level, status = row["level"], row.get("status") or "received"
    for name, word, known in (("level", level, get_args(Level)), ("status", status, _STATUSES)):
        if word not in known:
            remedy = suggestion(word, known) or f"Known: {', '.join(known)}."
            problems.append(Problem(f"{place}, column {name}", repr(word), f"a {name}", remedy, "unknown-name"))
    small = (row.get("small_aid") or "").strip().lower()
    if small not in (*_YES, *_NO):
        problems.append(Problem(f"{place}, column small_aid", repr(small), "yes or no", code="type"))
    if len(problems) > before:
        return None
    return Aid(
        row["aid"],
        row["undertaking"],
        day,
        row["measure"],
        cast(Level, level),
        amount,
        row.get("cost") or "",
        cast(Status, status),
        small in _YES,
        row.get("currency") or "",
    )


def read_costs(path: Path) -> dict[str, dict[str, float]]:
    """Return eligible costs by undertaking and name of the cost."""
    found: dict[str, dict[str, float]] = {}
    problems: list[Problem] = []
    for place, row in read_rows(path, ("undertaking", "cost", "amount")):
        found.setdefault(row["undertaking"], {})[row["cost"]] = _number(place, "amount", row["amount"], problems)
    if problems:
        raise LittleGiantError(problems)
    return found


def _number(place: str, name: str, text: str, problems: list[Problem]) -> float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        problems.append(Problem(f"{place}, column {name}", repr(text), "an amount of 0 or more, in the main unit", code="range"))
    return value
