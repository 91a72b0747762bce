"""`pack check` and `pack new`: every document of a pack read, every standard compiled, every worked case run."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from littlegiant.assessment import run_cases
from littlegiant.assessment.worked_cases import CaseResult
from littlegiant.criticality import KeyLinks
from littlegiant.documents import Document, Slug, read_document
from littlegiant.networks import Essentiality
from littlegiant.packs import Pack, open_pack
from littlegiant.packs.places import Regions, Sectors
from littlegiant.packs.vocabulary import Outcomes, Vocabulary
from littlegiant.problems import LittleGiantError, Problem, refuse, world_failed
from littlegiant.records import AccessPolicy
from littlegiant.register.calibration import Calibration
from littlegiant.standards import Notice, SizeTable, Standard, find_versions
from littlegiant.standards.lint import lint_standard
from littlegiant.standards.model import Overlay
from littlegiant.standards.overlaying import overlays

_FILES: dict[str, type[BaseModel]] = {
    "facts.yaml": Vocabulary,
    "regions.yaml": Regions,
    "sectors.yaml": Sectors,
    "policy.yaml": AccessPolicy,
}
_ALSO: dict[str, type[BaseModel]] = {"outcomes.yaml": Outcomes, "calibration.yaml": Calibration, "key-links.yaml": KeyLinks}
_FOLDERS: dict[str, type[BaseModel]] = {
    "notices": Notice,
    "overlays": Overlay,
    "size_classes": SizeTable,
    "essentiality": Essentiality,
}


@dataclass
class PackChecked:
    """What a pack holds, how many of its worked cases run as expected, and everything that is wrong."""

    pack: str
    documents: int = 0
    cases: dict[str, tuple[int, int]] = field(default_factory=dict)  # standard -> as expected, all
    problems: list[Problem] = field(default_factory=list)


def check_pack(where: str | Path) -> PackChecked:
    """Read and run everything in a pack; problems are gathered, one document's do not hide another's."""
    pack = open_pack(where)
    checked = PackChecked(pack.id)
    for path, model in _documents(pack):
        checked.documents += 1
        _gather(checked, partial(read_document, path, model, name=f"{pack.id}/{path.relative_to(pack.path)}"))
    if checked.problems:
        return checked  # standards read these; what they would say follows from it
    for id in pack.ids("standards"):
        checked.problems += lint_standard(pack, id)
        _run(checked, pack, id)
    laid = _gather(checked, lambda: overlays(pack)) or {}
    for id, document in laid.items():
        _run(checked, pack, f"{document.value.standard}+{id}")
    checked.problems = list(dict.fromkeys(checked.problems))
    return checked


def _documents(pack: Pack) -> Iterator[tuple[Path, type[BaseModel]]]:
    for name, model in _FILES.items():
        yield pack.path / name, model
    for name, model in _ALSO.items():
        if (pack.path / name).is_file():
            yield pack.path / name, model
    for folder, model in _FOLDERS.items():
        for path in pack.paths(folder):
            yield path, model


def _gather(checked: PackChecked, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except LittleGiantError as error:
        checked.problems += error.problems
        return None


def _run(checked: PackChecked, pack: Pack, id: str) -> None:
    documents = _gather(checked, lambda: find_versions(pack, id)) or []
    checked.documents += len(documents)
    results = [result for document in documents for result in _gather(checked, partial(_cases, document, pack)) or []]
    wrong = [result for result in results if result.differences]
    checked.cases[id] = (len(results) - len(wrong), len(results))
    place, remedy = f"{pack.id}, {id}, case", "Correct the case or the rule."
    checked.problems += [Problem(f"{place} {one.name!r}", "; ".join(one.differences), "", remedy, "case") for one in wrong]


def _cases(document: Document[Standard], pack: Pack) -> list[CaseResult]:
    return list(run_cases(document, pack))


class _Name(BaseModel):
    name: Slug


def new_pack(name: str, to: Path) -> Path:
    """Write the template as a pack called `name` into the new folder `to`; every idea in it is commented."""
    try:
        _Name(name=name)
    except ValueError:
        refuse("pack new", repr(name), "small letters, digits, - and _, a letter first", "Choose another name.", code="name")
    if to.exists():
        refuse(str(to), "a folder that is there already", "a new one", "Choose another --out.", code="exists")
    template = Path(str(resources.files("littlegiant.packs"))) / "_template"
    beside = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        shutil.copytree(template, beside)
        head = beside / "pack.yaml"
        head.write_text(head.read_text(encoding="utf-8").replace("pack: template\n", f"pack: {name}\n"), encoding="utf-8")
        os.replace(beside, to)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise world_failed(str(to), error.strerror or str(error), "Choose a folder that can be written.") from error
    return to
