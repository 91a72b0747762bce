"""A round on disk. A stage is written beside its place and renamed when whole: it is sealed, or it is not there.

`round.json` is the index: documents with both hashes, stages with what they rest on and the digest of every table.
A stage whose inputs have changed is done again as a new attempt beside the old one, which stays.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiant.digests import canonical_json, digest_file, digest_json
from littlegiant.engines import WrittenTable
from littlegiant.problems import refuse, world_failed


@dataclass(frozen=True)
class Sealed:
    """A stage that is whole."""

    name: str
    attempt: int
    path: Path
    entry: Mapping[str, Any]

    @property
    def tables(self) -> Mapping[str, Any]:
        return dict(self.entry["tables"])


class RoundFolder:
    """The folder of one round; `index` is what `round.json` holds."""

    def __init__(self, path: Path, index: dict[str, Any]) -> None:
        self.path, self.index = path, index

    @classmethod
    def begin(cls, path: Path, head: Mapping[str, Any]) -> "RoundFolder":
        """Open the round at `path`, or begin it; refuses a folder that holds another round or something else."""
        if (path / "round.json").is_file():
            folder = cls.open(path)
            if folder.index["head"] != json.loads(canonical_json(head)):
                found = "a round that was begun with another programme, pack, standard or register"
                refuse(
                    str(path),
                    found,
                    "the same documents",
                    "Give another --out; what was begun is kept as it is.",
                    code="other-round",
                )
            return folder
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            refuse(
                str(path),
                "a file or folder that is no round",
                "an empty or new folder",
                "Give another --out.",
                code="exists",
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise world_failed(str(path), error.strerror or str(error), "Choose a folder that can be written.") from error
        folder = cls(path, {"format": 1, "head": json.loads(canonical_json(head)), "documents": {}, "stages": []})
        folder.save()  # from here on the folder is this round, whatever stops it
        return folder

    @classmethod
    def open(cls, path: Path) -> "RoundFolder":
        file = path / "round.json"
        if not file.is_file():
            refuse(
                str(path),
                "no round (no round.json)",
                "the folder of a round",
                "Make one with `littlegiant run`.",
                code="no-round",
            )
        try:
            index = json.loads(file.read_text(encoding="utf-8"))
            whole = isinstance(index["head"], dict) and isinstance(index["documents"], dict) and isinstance(index["stages"], list)
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            refuse(
                str(file),
                "text that is no index of a round",
                "the file as `littlegiant run` wrote it",
                "Restore it from a copy.",
                code="no-round",
            )
        return cls(path, index)

    def save(self) -> None:
        self.write("round.json", canonical_json(self.index) + b"\n")

    def write(self, name: str, data: bytes) -> Path:
        """Write a file whole: beside its place, then renamed."""
        target = self.path / name
        beside = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            os.replace(beside, target)
        except OSError as error:
            raise world_failed(str(target), error.strerror or str(error), "Free space or choose another folder.") from error
        finally:  # also after a keyboard interrupt; renamed, it is no longer there
            beside.unlink(missing_ok=True)
        return target

    def add_documents(self, files: Mapping[str, bytes]) -> None:
        """Keep exact copies of the documents the round rests on."""
        for name, data in files.items():
            path = self.write(f"documents/{name}", data)
            self.index["documents"][name] = digest_file(path)

    def sealed(self, name: str) -> Sealed | None:
        """Return the newest attempt of a stage."""
        entries = [entry for entry in self.index["stages"] if entry["name"] == name]
        return self._sealed(entries[-1]) if entries else None

    def attempts(self) -> list[Sealed]:
        """Return every sealed attempt of every stage, in the order in which they were made."""
        return [self._sealed(entry) for entry in self.index["stages"]]

    def _sealed(self, entry: Mapping[str, Any]) -> Sealed:
        return Sealed(entry["name"], entry["attempt"], self.path / entry["folder"], entry)

    def seal(
        self, name: str, rests_on: Mapping[str, Any], make: Callable[[Path], Mapping[str, WrittenTable]]
    ) -> tuple[Sealed, bool]:
        """Return the sealed stage that rests on just these inputs, making it when there is none; and whether it was made."""
        key = digest_json(rests_on)
        newest = self.sealed(name)
        if newest is not None and newest.entry["rests_on"] == key and newest.path.is_dir():
            return newest, False
        attempt = 1 if newest is None else newest.attempt + 1
        folder = f"private/stages/{name}" + (f".{attempt}" if attempt > 1 else "")
        beside = self.path / f"private/stages/.{name}.{os.getpid()}.part"
        shutil.rmtree(beside, ignore_errors=True)
        try:
            beside.mkdir(parents=True)
            tables = make(beside)
            target = self.path / folder
            shutil.rmtree(target, ignore_errors=True)  # left by a run that was stopped before its index was written
            os.replace(beside, target)
        except OSError as error:
            raise world_failed(str(self.path), error.strerror or str(error), "Free space; sealed stages are whole.") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        try:
            entry = {
                "name": name,
                "files": {str(f.relative_to(target)): digest_file(f) for f in sorted(target.rglob("*")) if _sealed_bytes(f)},
                "attempt": attempt,
                "folder": folder,
                "rests_on": key,
                "tables": {n: _entry(t) for n, t in tables.items()},
            }
            self.index["stages"].append(entry)
            self.save()
        except BaseException:  # also a keyboard interrupt: a stage that the index does not name must not lie there
            self._take_back(folder)
            raise
        return self._sealed(entry), True

    def _take_back(self, folder: str) -> None:
        """Remove a stage's folder unless the index on disk already names it."""
        on_disk = json.loads((self.path / "round.json").read_bytes()) if (self.path / "round.json").exists() else {"stages": []}
        if all(entry["folder"] != folder for entry in on_disk["stages"]):
            shutil.rmtree(self.path / folder, ignore_errors=True)
            self.index["stages"] = [entry for entry in self.index["stages"] if entry["folder"] != folder]


def _entry(written: WrittenTable) -> dict[str, Any]:
    columns = {column["name"]: column["digest"] for column in written.columns}
    return {"file": written.path.name, "rows": written.rows, "digest": written.digest, "columns": columns}


def _sealed_bytes(file: Path) -> bool:
    """Say whether a file of a stage is held by its bytes: all but tables, which are held by their content."""
    return file.is_file() and file.suffix != ".parquet"
