"""The stage of an award call: options and allocation from copies of all that the call names, the winners for everybody."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.beside import compare, elements
from littlegiant.allocation.carrying_out import Carried, carry_out, solved_again
from littlegiant.allocation.naming import Naming
from littlegiant.digests import digest_bytes, digest_file
from littlegiant.documents import Document, read_document
from littlegiant.engines import WrittenTable
from littlegiant.ledger.drawing import Draw, reveal
from littlegiant.pages import Element
from littlegiant.problems import refuse
from littlegiant.records import RoundFolder, public_table
from littlegiant.register import Register
from littlegiant.rounds.acts import read_acts
from littlegiant.rounds.money import catalogue_of
from littlegiant.rounds.setting import Setting
from littlegiant.words import Language

STAGE = "08-award"
PUBLIC = ("award_rows", "award_winners")
_NAMED = ("projects", "reviews", "aid", "undertakings")


def award_path(setting: Setting) -> Path | None:
    name = setting.programme.value.award
    return setting.folder / name if name is not None else None


def read_award(path: Path) -> Document[AwardCall]:
    return read_document(path, AwardCall)


def check_award(setting: Setting) -> None:
    """Refuse a programme whose award call, or a file that it names, is not there, or whose gate is another standard."""
    path = award_path(setting)
    if path is None:
        return
    document = read_award(path)
    for name in files_of(document.value):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            remedy = "Put the file into the folder of the award call; the round keeps a copy of it."
            refuse(path.name, f"the file {name!r}, which lies elsewhere", "a file beside the call", remedy, code="outside")
        if not (path.parent / name).is_file():
            remedy = "Correct the name; it is taken from the folder of the award call."
            refuse(path.name, f"no file {name!r}", "", remedy, code="missing-file")
    gate = document.value.gate
    if gate is not None and gate != setting.programme.value.standard:
        found = f"the gate {gate!r}, while the round judges {setting.programme.value.standard!r}"
        refuse(document.place("gate"), found, "the same standard", "The round's findings are for its own standard.", code="gate")


def files_of(call: AwardCall) -> list[str]:
    """Return the names of the files that a call rests on."""
    named = [getattr(call, name) for name in _NAMED]
    quotas = call.quotas.file if call.quotas is not None else None
    return sorted({name for name in (*named, quotas) if name is not None})


def draw_of(setting: Setting, call: AwardCall, acts: Path | None) -> Draw | None:
    """Return the draw that acts of type `seed` give the call: one with the commitment, and a later one that reveals the rest.

    The first has `commitment` alone in its body, the last `commitment`, `secret`, `beacon` and perhaps `source`. A seed whose
    commitment was not there before is refused: who may choose the secret afterwards draws nothing.
    """
    if acts is None or not acts.is_file():
        return None
    seeds = [act for act in read_acts(acts) if act.type == "seed" and act.subject == call.award]
    revealing = [act for act in seeds if "secret" in act.body or "beacon" in act.body]
    if not revealing:
        return None
    last = revealing[-1]
    body = {name: str(value) for name, value in last.body.items()}
    for name in ("commitment", "secret", "beacon"):
        if name not in body:
            refuse(f"act {last.id}", f"a seed without {name}", "commitment, secret and beacon", "", code="act")
    first = next((act for act in seeds if set(act.body) == {"commitment"} and act.at < last.at), None)
    if first is None or str(first.body["commitment"]) != body["commitment"]:
        found = "a seed whose commitment no earlier act gave" if first is None else "another commitment than the first act gave"
        remedy = "Commit before the deadline: an act of type seed with the commitment alone."
        refuse(f"act {last.id}", found, "the commitment of an earlier act", remedy, code="commitment")
    return reveal(call.award, body["commitment"], body["secret"], body["beacon"], body.get("source", ""))


def award_inputs(setting: Setting, path: Path) -> Mapping[str, Any]:
    """Return what the stage rests on besides the register, findings and criticality: the call, its files, the money side."""
    document = read_award(path)
    files = {name: digest_file(path.parent / name) for name in files_of(document.value)}
    pack = {name: digest_bytes(data) for name, data in setting.documents().items() if name.startswith("pack/")}
    return {"award": document.bytes_hash, "files": files, "pack": pack, "year": setting.programme.value.year}


def make_award(
    setting: Setting,
    register: Register,
    findings: pa.Table,
    criticality: Mapping[str, float] | None,
    acts: Path | None,
    beside: Path,
) -> tuple[Mapping[str, WrittenTable], Carried]:
    """Copy what the call rests on into the stage, carry it out from the copies, and return its tables."""
    path = award_path(setting)
    assert path is not None
    copied = beside / "call"
    copied.mkdir()
    (copied / "award.yaml").write_bytes(path.read_bytes())
    call = read_award(path).value
    for name in files_of(call):
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        (copied / name).write_bytes((path.parent / name).read_bytes())
    done = carry_out(
        call, copied, register, catalogue_of(setting), beside, year=setting.programme.value.year, findings=findings,
        criticality=criticality, draw=draw_of(setting, call, acts),
    )  # fmt: skip
    return done.written, done


def award_elements(
    setting: Setting, sealed: Path, acts: Path | None, languages: tuple[Language, ...]
) -> dict[Language, list[Element]]:
    """Return the page of the call from its sealed stage, in each language."""
    call = read_award(sealed / "call" / "award.yaml").value
    minor = setting.pack.header.currency.minor.per_main
    found = solved_again(call, sealed / "call", sealed, minor=minor, draw=draw_of(setting, call, acts))
    beside = compare(found, sealed, minor=minor)
    return {language: elements(found, beside, Naming(call, setting.pack, language)) for language in languages}


def publish_award(folder: RoundFolder, setting: Setting, sealed: Path) -> None:
    """Put rows, winners and the certificate where anybody may fetch them; the policy decides, column by column."""
    for name in PUBLIC:
        public_table(name, pq.read_table(sealed / f"{name}.parquet"), setting.policy)
        folder.write(f"public/open-data/{name}.parquet", (sealed / f"{name}.parquet").read_bytes())
    folder.write("public/open-data/certificate.json", (sealed / "certificate.json").read_bytes())


def certificate_checks(sealed: Path) -> Iterator[tuple[str, str]]:
    """Recount the sealed allocation without a solver: what was checked, and what does not hold."""
    from littlegiant_verifier.award import check_whole

    for each in check_whole(sealed):
        yield f"award: {each.what}", each.wrong
