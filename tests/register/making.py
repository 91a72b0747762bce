"""Small files, mappings and registers for the tests, and the command as a person calls it."""

import fcntl
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from littlegiant.cli import main
from littlegiant.packs import open_pack
from littlegiant.register import ImportReport, import_register, read_mapping

PACK = open_pack("cn")
YEARLY = {"firm": "code", "year": "year"}
ACCOUNTS = {"revenue": {"column": "revenue"}, "staff": {"column": "staff"}}


def lines(*rows: str, header: str = "code,year,revenue,staff") -> str:
    return "".join(f"{row}\n" for row in (header, *rows))


def clean(count: int, start: int = 1) -> list[str]:
    """Rows of accounts with nothing wrong in them."""
    return [f"F{number:03d},2025,{number},{number}" for number in range(start, start + count)]


def source(file: str = "firms.csv", key: Any = None, facts: Any = None, **more: Any) -> dict[str, Any]:
    return {"file": file, "key": key or YEARLY, "facts": ACCOUNTS if facts is None else facts, **more}


def write_mapping(folder: Path, sources: Mapping[str, Any], **more: Any) -> Path:
    """Write `mapping.yaml`; JSON is YAML."""
    path = folder / "mapping.yaml"
    head = {"format": 1, "mapping": "test", "pack": "cn"}
    path.write_text(json.dumps({**head, "sources": sources, **more}, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Imported:
    path: Path
    report: ImportReport

    @property
    def digest(self) -> str:
        return str(json.loads((self.path / "register.json").read_text())["digest"])

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows, without what is null."""
        rows = pq.read_table(self.path / f"{name}.parquet").to_pylist()
        return [{key: value for key, value in row.items() if value is not None} for row in rows]

    def years(self, fact: str) -> dict[str, Any]:
        """The values of a yearly fact by firm, of registers with one year."""
        return {row["firm"]: row.get(fact) for row in self.table("firm_years")}

    def firms(self, fact: str) -> dict[str, Any]:
        return {row["firm"]: row.get(fact) for row in self.table("firms")}

    def refused(self) -> list[tuple[int, str | None, str]]:
        return [(row["row"], row.get("column"), row["rule"]) for row in self.table("rejects")]


def bring_in(folder: Path, sources: Mapping[str, Any], to: str = "register", **more: Any) -> Imported:
    mapping = read_mapping(write_mapping(folder, sources, **more), PACK)
    return Imported(folder / to, import_register(mapping, folder, PACK, folder / to))


def bring_in_text(folder: Path, text: str | bytes, file: str = "firms.csv", **more: Any) -> Imported:
    """Import one file with the usual accounts."""
    data = text if isinstance(text, bytes) else text.encode()
    (folder / file).write_bytes(data)
    return bring_in(folder, {"firms": source(file, **more)})


def bring_in_rows(folder: Path, rows: Iterable[Sequence[str]], **more: Any) -> Imported:
    import csv

    with (folder / "firms.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return bring_in(folder, {"firms": source(**more)})


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Command = Callable[..., Answer]


def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command `littlegiant` in this process: its error handling, its exit code, what it printed."""

    def call(*arguments: object, answers: str = "") -> Answer:
        monkeypatch.setattr(sys, "argv", ["littlegiant", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return Answer(int(stopped.value.code or 0), out, err)

    return call


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that `make` filled, made once for all workers of pytest-xdist; tests must not write into it."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / name).is_dir():
            beside = shared / f"{name}.part"
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            make(beside)
            beside.rename(shared / name)
    return shared / name
