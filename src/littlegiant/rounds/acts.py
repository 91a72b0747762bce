"""`acts.jsonl`: what people did – here findings – with name, role and date. Acts are inputs like any other."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import ValidationError

from littlegiant.assessment.relation import FINDINGS
from littlegiant.documents import Frozen
from littlegiant.engines import DuckDBEngine
from littlegiant.problems import LittleGiantError, Problem, suggestion
from littlegiant.register import Register
from littlegiant.standards import Compiled


class Act(Frozen):
    """One line. A finding's body: item, value, and for yearly findings period; evidence is free text."""

    id: str
    at: datetime
    by: str
    role: str
    subject: str
    type: Literal["finding", "approval", "seed", "objection", "correction"]
    body: dict[str, Any]
    supersedes: str | None = None


def read_acts(path: Path) -> list[Act]:
    """Return the acts of a file in its order; raises with every line that does not fit."""
    problems: list[Problem] = []
    acts: list[Act] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise LittleGiantError(
            [Problem(str(path), "no such file", "", "Correct `acts:` in the programme.", "missing-file")]
        ) from error
    except UnicodeDecodeError as error:
        raise LittleGiantError(
            [Problem(path.name, "bytes that are not UTF-8", "UTF-8", "Save it as UTF-8.", "encoding")]
        ) from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            acts.append(Act.model_validate(json.loads(line, parse_float=Decimal)))
        except ValueError as error:
            problems.append(_line_problem(place, error))
    seen: dict[str, int] = {}
    for number, act in enumerate(acts, 1):
        if act.id in seen:
            problems.append(
                Problem(
                    f"{path.name}, act {act.id}",
                    "an id used twice",
                    "each id once",
                    "Give the later act a new id.",
                    "duplicate-act",
                )
            )
        seen[act.id] = number
    if problems:
        raise LittleGiantError(problems)
    return acts


def _line_problem(place: str, error: ValueError) -> Problem:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return Problem(f"{place}, {field}", repr(first["input"])[:60], first["msg"].lower(), code="act")
    return Problem(place, f"no JSON ({error})", "one act a line", code="act")


def findings_table(acts: Iterable[Act], compiled: Compiled, name: str) -> pa.Table:
    """Return the findings that stand: superseded ones left out, values checked against what the standard asks for."""
    given = list(acts)
    _check_supersedes(given, name)
    superseded = {act.supersedes for act in given if act.supersedes}
    standing = [act for act in given if act.type == "finding" and act.id not in superseded]
    problems: list[Problem] = []
    rows: dict[tuple[str, str, int | None], dict[str, Any]] = {}
    for act in standing:
        try:
            row = _row(act, compiled, name)
        except LittleGiantError as error:
            problems.extend(error.problems)
            continue
        key = (row["case"], row["item"], row["period"])
        if key in rows:
            found = f"two findings that stand, {rows[key]['act']} and {act.id}, on {act.subject}, {row['item']}"
            problems.append(
                Problem(f"{name}, act {act.id}", found, "one", f"Say `supersedes: {rows[key]['act']}`.", "two-findings")
            )
        rows[key] = row
    if problems:
        raise LittleGiantError(problems)
    ordered = sorted(rows.values(), key=lambda row: (row["case"], row["item"], row["period"] or 0))
    return pa.Table.from_pylist(ordered, schema=FINDINGS)


def _check_supersedes(acts: list[Act], name: str) -> None:
    """An act replaces one that is there, of the same type on the same subject and item, and no two replace each other."""
    by_id = {act.id: act for act in acts}

    def about(act: Act) -> tuple[str, str, object, object]:
        return (act.type, act.subject, act.body.get("item"), act.body.get("period"))

    problems = []
    for act in acts:
        earlier = by_id.get(act.supersedes or act.id)
        if earlier is None:
            remedy = suggestion(str(act.supersedes), set(by_id) - {act.id}) or "Name the act that is replaced by its id."
            problems.append(
                Problem(f"{name}, act {act.id}", f"supersedes {act.supersedes!r}, which is no act", "", remedy, "supersedes")
            )
        elif act.supersedes and about(earlier) != about(act):
            found = f"supersedes {act.supersedes!r}, which is about something else"
            remedy = "An act replaces one on the same subject, item and period."
            problems.append(Problem(f"{name}, act {act.id}", found, "", remedy, "supersedes"))
        elif act.supersedes and _comes_back(act, by_id):
            found = f"supersedes {act.supersedes!r}, and is superseded by it in turn"
            problems.append(
                Problem(f"{name}, act {act.id}", found, "", "Leave the act that stands without `supersedes`.", "supersedes")
            )
    if problems:
        raise LittleGiantError(problems)


def _comes_back(act: Act, by_id: dict[str, Act]) -> bool:
    seen, here = set(), act
    while here.supersedes and here.supersedes in by_id:
        if here.supersedes == act.id or here.id in seen:
            return here.supersedes == act.id
        seen.add(here.id)
        here = by_id[here.supersedes]
    return False


def _row(act: Act, compiled: Compiled, name: str) -> dict[str, Any]:
    place = f"{name}, act {act.id}"
    item, value = act.body.get("item"), act.body.get("value")
    types = {n: f for d in (*compiled.rests_on, compiled.document) for n, f in d.value.findings.items()}
    if not isinstance(item, str) or item not in types:
        remedy = suggestion(str(item), types) or f"Findings: {', '.join(types)}."
        raise LittleGiantError([Problem(place, f"no finding {item!r} in the standard", "", remedy, "unknown-name")])
    finding = types[item]
    problems = []
    if act.role not in finding.issuer:
        problems.append(
            Problem(place, f"role {act.role!r}", f"one of {', '.join(finding.issuer)}", f"{item} is issued by these.", "role")
        )
    number = Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
    is_code = isinstance(value, str) and value in finding.codes
    fits = {"yes_no": isinstance(value, bool), "number": number is not None, "code": is_code}[finding.type]
    if not fits:
        problems.append(Problem(place, f"value {value!r}", f"a {finding.type.replace('_', '/')} value", code="type"))
    elif number is not None and not finding.least <= number <= finding.most:
        problems.append(Problem(place, f"value {value}", f"{finding.least} to {finding.most}", code="range"))
    elif number is not None and number != round(number, finding.decimals):
        found, expected = f"value {value}", f"at most {finding.decimals} decimals"
        problems.append(
            Problem(place, found, expected, "Give it as the issuer published it; nothing is rounded here.", "precision")
        )
    period = act.body.get("period")
    if finding.period == "year" and (not isinstance(period, int) or isinstance(period, bool) or not 1900 <= period <= 2200):
        problems.append(
            Problem(
                place,
                f"period {period!r}" if period is not None else "no period",
                "`period:` with the year",
                f"{item} is given year by year.",
                "period",
            )
        )
    if problems:
        raise LittleGiantError(problems)
    return {
        "case": act.subject,
        "item": item,
        "period": period if finding.period == "year" else None,
        "yes": value if finding.type == "yes_no" else None,
        "number": number,
        "code": value if finding.type == "code" else None,
        "act": act.id,
        "issuer": act.role,
        "on": act.at.date(),
    }


def check_subjects(findings: pa.Table, register: Register, name: str) -> None:
    """Refuse findings on firms that the register does not hold; they would be read by nobody."""
    if not findings.num_rows:
        return
    engine = DuckDBEngine()
    engine.bind("firms", register.table("firms"))
    engine.bind("given", findings)
    strangers = engine.table(
        'SELECT DISTINCT act, "case" FROM given ANTI JOIN firms ON firms.firm = given."case"', order=("act",)
    )
    engine.close()
    if strangers.num_rows:
        raise LittleGiantError(
            Problem(
                f"{name}, act {row['act']}", f"no firm {row['case']!r} in the register", "", "Correct `subject:`.", "unknown-firm"
            )
            for row in strangers.slice(0, 20).to_pylist()
        )


def as_lines(acts: Iterable[Act]) -> Iterator[str]:
    """Yield acts as the lines of an `acts.jsonl`."""
    for act in acts:
        plain = act.model_dump(mode="python", exclude_none=True)
        yield json.dumps(plain, ensure_ascii=False, sort_keys=True, default=_json)


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        number = int(value) if value == value.to_integral_value() else float(value)
        assert Decimal(repr(number)) == value, f"{value} has more digits than a JSON number keeps"
        return number
    assert isinstance(value, datetime)
    return value.isoformat()
