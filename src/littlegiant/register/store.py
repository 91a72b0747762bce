"""A register on disk: a folder of Parquet files sorted by firm, and `register.json` that says what is in it.

`firms` one row a firm, `firm_years` one a firm and year, all facts of the vocabulary as columns (null: not known);
`recognitions` titles held, with the tiers for which the table is complete; `gaps` why a value is missing; `rejects`;
`conflicts` where sources disagree; `doubts` figures to look at; `alike` firms that share something, to look at.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow.parquet as pq

from littlegiant.digests import canonical_json, digest_json
from littlegiant.engines import DuckDBEngine, WrittenTable
from littlegiant.packs import Pack
from littlegiant.problems import refuse, world_failed

KEYS: dict[str, tuple[str, ...]] = {
    "firms": ("firm",),
    "firm_years": ("firm", "year"),
    "recognitions": ("firm", "tier", "from"),
    "gaps": (),
    "links": ("supplier", "buyer", "year"),
    "ownership": ("owner", "firm"),
    "groups": ("firm",),
    "applications": ("firm",),
    "firm_outcomes": ("firm", "year", "outcome"),
    "truth": ("firm", "year", "fact"),
    "conflicts": (),
    "doubts": (),
    "alike": (),
    "rejects": (),
}
_SQL_TYPES = {
    "money": "BIGINT",
    "count": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "code": "VARCHAR",
    "text": "VARCHAR",
}


def fact_schema(pack: Pack, period: str) -> dict[str, str]:
    """Return the facts of one period with their SQL types, in the order of the vocabulary."""
    return {
        name: _SQL_TYPES.get(fact.type) or f"DECIMAL(18, {fact.places})"
        for name, fact in pack.facts.items()
        if fact.period == period
    }


@dataclass(frozen=True)
class Register:
    """A register and what its `register.json` says."""

    path: Path
    manifest: dict[str, Any]

    @property
    def digest(self) -> str:
        return str(self.manifest["digest"])

    @property
    def synthetic(self) -> bool:
        return bool(self.manifest["synthetic"])

    @property
    def complete_tiers(self) -> frozenset[str]:
        """Tiers for which a firm without a row in `recognitions` is known not to hold the title."""
        return frozenset(self.manifest.get("complete_tiers", ()))

    def table(self, name: str) -> Path:
        return self.path / f"{name}.parquet"

    def has(self, name: str) -> bool:
        return name in self.manifest["tables"]

    def columns(self, name: str) -> set[str]:
        return set(pq.read_schema(self.table(name)).names) if self.has(name) else set()


def open_register(path: Path) -> Register:
    """Return the register in the folder `path`; raises LittleGiantError when it is none or not whole."""
    manifest = path / "register.json"
    if str(path).startswith("postgresql:"):  # a path folds the two slashes into one
        remedy = "Only `assess` judges a register in a database; for this, keep it in a folder."
        refuse("a register in a database", "what cannot be done there", "a register in a folder", remedy, code="need-folder")
    if not manifest.is_file():
        remedy = "Make one with `littlegiant register import` or `littlegiant register synthesise`."
        refuse(str(path), "no register (no register.json)", "the folder of a register", remedy, code="no-register")
    try:
        loaded = json.loads(manifest.read_text(encoding="utf-8"))
        tables = loaded["tables"]
        whole = isinstance(tables, dict) and {"firms", "firm_years"} <= set(tables) and isinstance(loaded["digest"], str)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        refuse(
            str(manifest),
            "text that is no register index",
            "JSON with `tables` and `digest`",
            "Import the register again.",
            code="no-register",
        )
    for name in tables:
        if not (path / f"{name}.parquet").is_file():
            refuse(
                str(path),
                f"no {name}.parquet, which register.json lists",
                "",
                "Import the register again.",
                code="no-register",
            )
    return Register(path, loaded)


class RegisterWriter:
    """Writes a register beside its place and renames it when whole."""

    def __init__(self, to: Path, pack: Pack, *, synthetic: bool, title: dict[str, str]) -> None:
        if to.exists() and (not to.is_dir() or any(to.iterdir())) and not (to / "register.json").is_file():
            refuse(
                str(to),
                "a file or folder that is no register",
                "an empty or new folder",
                "Choose another --out.",
                code="exists",
            )
        self._to = to = to.resolve()
        self._beside = to.with_name(f".{to.name}.{os.getpid()}.part")
        self._index: dict[str, Any] = {
            "format": 1,
            "pack": pack.id,
            "synthetic": synthetic,
            "title": title,
            "tables": {},
        }
        self._done = False
        try:
            shutil.rmtree(self._beside, ignore_errors=True)
            self._beside.mkdir(parents=True)
        except OSError as error:
            raise world_failed(str(to), error.strerror or str(error), "Choose a folder that can be written.") from error

    def __enter__(self) -> "RegisterWriter":
        return self

    def path(self, name: str) -> Path:
        return self._beside / f"{name}.parquet"

    def write(
        self, engine: DuckDBEngine, name: str, query: str, *, order: Sequence[str], key: Sequence[str] | None = None
    ) -> int:
        """Write the rows of `query` as the table `name` and return how many there are."""
        written = engine.write(query, self.path(name), order=order, key=KEYS[name] if key is None else key)
        self.add(name, written)
        return written.rows

    def add(self, name: str, written: WrittenTable) -> None:
        columns = {column["name"]: column["digest"] for column in written.columns}
        self._index["tables"][name] = {"rows": written.rows, "digest": written.digest, "columns": columns}

    def finish(self, more: dict[str, Any]) -> None:
        self._index["digest"] = digest_json({name: table["digest"] for name, table in self._index["tables"].items()})
        self._index.update(more)
        (self._beside / "register.json").write_bytes(canonical_json(self._index) + b"\n")
        self._done = True

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None and self._done:
            if self._to.exists():
                shutil.rmtree(self._to)
            os.replace(self._beside, self._to)
        shutil.rmtree(self._beside, ignore_errors=True)
