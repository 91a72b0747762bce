"""A small round on invented firms: register, programme, findings for some firms, all of it sealed and reported."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.packs import open_pack
from littlegiant.register import open_register, synthesis, synthesise
from littlegiant.rounds import run

PACK = open_pack("cn")
FIRMS, SEED, YEARS = 3000, 7, (2023, 2024, 2025)
JUDGEMENTS = ("rights_in_use", "reputation", "key_chain_link")
STAGES = Path("private/stages")


def make_register(to: Path, *, firms: int = FIRMS, seed: int = SEED, chunk: int = 500) -> None:
    """Invent firms in small chunks, so that the files have many row groups and an assessment many ranges."""
    before, synthesis.CHUNK = synthesis.CHUNK, chunk
    try:
        synthesise(PACK, to, firms=firms, years=YEARS, seed=seed)
    finally:
        synthesis.CHUNK = before


def write_programme(folder: Path, register: Path, name: str = "programme.yaml", **changes: Any) -> Path:
    """Write a programme; a change to None leaves the key out."""
    document = {
        "format": 1,
        "programme": "test-2026",
        "title": {"zh": "测试轮", "en": "A round for tests"},
        "pack": "cn",
        "application": "new",
        "reference_date": "2026-05-25",
        "year": 2025,
        "register": str(register),
        "standard": "little-giant",
        "acts": "acts.jsonl",
        **changes,
    }
    path = folder / name
    kept = {key: value for key, value in document.items() if value is not None}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def finding(id: str, subject: str, item: str, value: Any, role: str = "", **more: Any) -> dict[str, Any]:
    score = item == "development_score"
    body = {"item": item, "value": value, **({"period": 2025} if score else {}), **more.pop("body", {})}
    return {
        "id": id,
        "at": "2026-06-08T10:00:00+08:00",
        "by": "Li Wen",
        "role": role or ("platform" if score else "province"),
        "subject": subject,
        "type": "finding",
        "body": body,
        **more,
    }


def write_acts(folder: Path, acts: Iterable[dict[str, Any] | str]) -> Path:
    path = folder / "acts.jsonl"
    lines = [act if isinstance(act, str) else json.dumps(act, ensure_ascii=False) for act in acts]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def full_findings(firm: str, **changes: Any) -> list[dict[str, Any]]:
    values = {**dict.fromkeys(JUDGEMENTS, True), "development_score": 71.5, **changes}
    return [finding(f"{firm[-6:]}-{item}", firm, item, value) for item, value in values.items() if value is not None]


def newest(round: Path, stage: str, table: str) -> pa.Table:
    index = json.loads((round / "round.json").read_text())
    entry = [each for each in index["stages"] if each["name"] == stage][-1]
    return pq.read_table(round / entry["folder"] / f"{table}.parquet")


def outcomes(round: Path) -> dict[str, tuple[str, str | None]]:
    """Outcome and what is open, by firm, of the newest assessment."""
    rows = newest(round, "03-assessment", "assessments").select(["case", "outcome", "open"]).to_pylist()
    return {row["case"]: (row["outcome"], row["open"]) for row in rows}


def digests(round: Path) -> dict[str, str]:
    """The digest of every table of the newest attempts."""
    index = json.loads((round / "round.json").read_text())
    return {f"{each['name']}/{name}": table["digest"] for each in index["stages"] for name, table in each["tables"].items()}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def make_full_round(folder: Path) -> None:
    """Judge once without findings, then give findings to some of the firms that wait for them, and go on to the report.

    `firms.json` keeps who was meant to come out how.
    """
    register = folder / "register"
    make_register(register)
    programme = write_programme(folder, Path("register"))
    write_acts(folder, [])
    run(programme, folder / "round", until="summary")
    first = outcomes(folder / "round")
    waiting = sorted(firm for firm, state in first.items() if state == ("undetermined", "finding"))
    both = sorted(firm for firm, state in first.items() if state == ("undetermined", "both"))
    assert len(waiting) >= 8
    assert len(both) >= 2
    approved, short, unknown, scored_low, at_the_floor = waiting[:3], waiting[3], waiting[4], waiting[5], waiting[6]
    acts = [act for firm in approved for act in full_findings(firm)]
    acts += full_findings(short, development_score=59.99) + full_findings(unknown, reputation=None)
    acts += full_findings(scored_low, reputation=False) + full_findings(at_the_floor, development_score=60)
    acts += full_findings(both[0])
    write_acts(folder, acts)
    groups = {
        "eligible": [*approved, at_the_floor],
        "ineligible": [short, scored_low],
        "finding": [unknown, *waiting[7:]],
        "data": both[:1],
        "both": both[1:],
    }
    (folder / "firms.json").write_text(json.dumps(groups))
    run(programme, folder / "round")
    assert open_register(register).synthetic
