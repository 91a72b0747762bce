"""Check a round from its own folder: what is exact is recomputed, what is only rendered is compared."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.assessment import Assessment, assess, summarise
from littlegiant.criticality.writing import write_criticality
from littlegiant.digests import TableDigest, digest_file, digest_json, digest_parquet, digest_table
from littlegiant.problems import LittleGiantError
from littlegiant.records import RoundFolder, Sealed, first_difference
from littlegiant.register import Register, open_register
from littlegiant.register.store import KEYS as REGISTER_KEYS
from littlegiant.rounds.acts import findings_table, read_acts
from littlegiant.rounds.award import PUBLIC, certificate_checks
from littlegiant.rounds.award import STAGE as AWARD
from littlegiant.rounds.criticality import STAGE as CRITICALITY
from littlegiant.rounds.criticality import criticality_differs, criticality_inputs, criticality_of
from littlegiant.rounds.money import STAGE as MONEY
from littlegiant.rounds.money import make_money, money_differs
from littlegiant.rounds.setting import Setting, read_setting
from littlegiant.rounds.tables import KEYS, summary_tables

Class = Literal["exact", "checked", "estimated", "rendered"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing checked. `what` names it, `difference` says what changed; empty when it is as it was sealed."""

    kind: Class
    what: str
    difference: str

    @property
    def holds(self) -> bool:
        return not self.difference


def verify(path: Path, *, register: Path | None = None) -> list[Check]:
    """Return the checks of the round at `path`, in order.

    exact: bytes of the documents, digests of every table, and the assessment judged again from the documents, the
    register and the acts. checked: an allocation, recounted from its prices. estimated: money, to the smallest unit. rendered:
    the report's bytes, which may differ under other versions of what draws it. `register` says where the register lies when it
    was too large to be copied into the round.
    """
    folder = RoundFolder.open(path)
    given = open_register(register) if register is not None else None
    checks = [*_documents(folder), *_stages(folder)]
    try:
        setting = read_setting(path / "documents/programme.yaml", pack_path=path / "documents/pack")
    except LittleGiantError as error:
        checks.append(Check("exact", "documents", f"cannot be read any more: {error.problems[0]}"))
    else:
        checks += _setting(folder, setting)
        checks += _judged_again(folder, setting, given)
    return [*checks, *_award(folder), *_public(folder), *_rendered(folder)]


def _documents(folder: RoundFolder) -> Iterator[Check]:
    for name, digest in sorted(folder.index["documents"].items()):
        file = folder.path / "documents" / name
        if not file.is_file():
            yield Check("exact", f"documents/{name}", "is missing")
        else:
            changed = "" if digest_file(file) == digest else "its bytes have changed since the round was sealed"
            yield Check("exact", f"documents/{name}", changed)


def _stages(folder: RoundFolder) -> Iterator[Check]:
    for sealed in folder.attempts():
        name = sealed.path.name
        for file_name, digest in sealed.entry.get("files", {}).items():
            path = sealed.path / file_name
            changed = "" if path.is_file() and digest_file(path) == digest else "is missing or its bytes have changed"
            yield Check("exact", f"{name}/{file_name}", changed)
        for table, entry in sealed.tables.items():
            inside = sealed.path / "register" if sealed.name == "01-register" else sealed.path
            file = inside / entry["file"]
            if sealed.name == "01-register" and not file.is_file() and not (inside / "firm_years.parquet").is_file():
                continue  # a large register was not copied; it is checked where it lies
            yield Check("exact", f"{name}/{table}", _changed(file, table, entry, register=sealed.name == "01-register"))


def _changed(file: Path, table: str, entry: dict[str, object], *, register: bool) -> str:
    if not file.is_file():
        return "is missing"
    try:
        key = (REGISTER_KEYS if register else KEYS)[table]
        if digest_parquet(file, key) == entry["digest"]:
            return ""
        return _columns_changed(pq.read_table(file), key, entry)
    except (OSError, ValueError, TypeError) as error:
        return f"cannot be read: {str(error).splitlines()[0]}"


def _columns_changed(read: pa.Table, key: tuple[str, ...], entry: dict[str, object]) -> str:
    digest = TableDigest(read.schema, key)
    table = read.sort_by([(name, "ascending") for name in key]) if key else read
    for batch in table.combine_chunks().to_batches():
        digest.add(batch)
    sealed = entry["columns"]
    assert isinstance(sealed, dict)
    names = [column["name"] for column in digest.columns() if sealed.get(column["name"]) != column["digest"]]
    rows = f"{read.num_rows} rows, {entry['rows']} were sealed" if read.num_rows != entry["rows"] else ""
    return rows or f"content has changed in {', '.join(names)}"


def _setting(folder: RoundFolder, setting: Setting) -> Iterator[Check]:
    sealed = folder.index["head"]
    for key, value in setting.head().items():
        if key != "documents":
            differs = "" if sealed.get(key) == value else f"the documents give {value}, sealed was {sealed.get(key)}"
            yield Check("exact", f"round.json, {key}", differs)


def _judged_again(folder: RoundFolder, setting: Setting, register: Register | None) -> list[Check]:
    """Judge again from the round's own folder; what is too damaged for that is one check that does not hold."""
    checks: list[Check] = []
    try:
        checks.extend(_again(folder, setting, register))
    except LittleGiantError as error:
        checks.append(Check("exact", "assessment judged again", f"cannot be done: {error.problems[0]}"))
    except (OSError, ValueError, TypeError) as error:
        checks.append(Check("exact", "assessment judged again", f"cannot be done: {str(error).splitlines()[0]}"))
    return checks


def _again(folder: RoundFolder, setting: Setting, register: Register | None) -> Iterator[Check]:
    """Judge again and hold every row against the sealed one."""
    sealed = folder.sealed("03-assessment")
    if sealed is None:
        return
    found = _register(folder, register)
    if found is None:
        yield Check("exact", "register", "was not copied into the round; say where it lies with --register")
        return
    first, second = folder.sealed("01-register"), folder.sealed("02-findings")
    if first is None or second is None:
        yield Check("exact", "assessment judged again", "a stage before it is missing from round.json")
        return
    for name, entry in first.tables.items():
        same = found.manifest["tables"].get(name, {}).get("digest") == entry["digest"]
        if same and register is not None:  # lies elsewhere, so its content was not read yet
            same = _changed(found.table(name), name, dict(entry), register=True) == ""
        yield Check("exact", f"register, {name}", "" if same else "is not the register that was judged")
    yield from _findings_again(setting, second)
    with tempfile.TemporaryDirectory() as scratch:
        findings = pq.read_table(second.path / "findings.parquet")
        year = setting.programme.value.year
        again = assess(found, setting.compiled, year=year, findings=findings, to=Path(scratch) / "again.parquet")
        assert again.written is not None
        difference = ""
        if again.written.digest != sealed.tables["assessments"]["digest"]:
            before = pq.read_table(sealed.path / "assessments.parquet")
            difference = first_difference(before, pq.read_table(again.written.path), KEYS["assessments"]) or "its digest"
            difference = f"judged again it differs, first at {difference}"
        yield Check("exact", "assessment judged again", difference)
        yield from _summary_again(folder, setting, again)
        yield from _money_again(folder, setting, found, Path(scratch))
        yield from _criticality_again(folder, setting, found, Path(scratch))


def _summary_again(folder: RoundFolder, setting: Setting, again: Assessment) -> Iterator[Check]:
    """Count the summaries again from what was judged again."""
    sealed = folder.sealed("04-summary")
    if sealed is None:
        return
    for name, table in summary_tables(summarise(again, setting.pack)).items():
        same = digest_table(table, KEYS[name]) == sealed.tables[name]["digest"]
        yield Check("exact", f"{name} counted again", "" if same else "the counts differ")


def _money_again(folder: RoundFolder, setting: Setting, register: Register, scratch: Path) -> Iterator[Check]:
    """Compute again what firms may claim: the same to the smallest unit."""
    sealed = folder.sealed(MONEY)
    if sealed is None:
        return
    make_money(setting, register, scratch)
    yield Check("estimated", "entitlements computed again", money_differs(sealed.path, scratch))


def _criticality_again(folder: RoundFolder, setting: Setting, register: Register, scratch: Path) -> Iterator[Check]:
    """Compute again how critical firms are, from the copies of what is known: the same to a part of a thousand million."""
    sealed = folder.sealed(CRITICALITY)
    if sealed is None:
        return
    first = folder.sealed("01-register")
    assert first is not None
    register_digests = {first.name: {name: entry["digest"] for name, entry in first.tables.items()}}
    inputs = {**register_digests, **criticality_inputs(setting, sealed.path / "supply" / "supply.yaml")}
    same = digest_json(inputs) == sealed.entry["rests_on"]
    yield Check("exact", "copies of what criticality rests on", "" if same else "they are not what the stage was made from")
    write_criticality(criticality_of(setting, register, sealed.path / "supply").table, scratch / "criticality.parquet")
    yield Check("estimated", "criticality computed again", criticality_differs(sealed.path, scratch))


def _award(folder: RoundFolder) -> Iterator[Check]:
    """Recount an allocation from its prices; the search is not repeated."""
    sealed = folder.sealed(AWARD)
    if sealed is None:
        return
    try:
        for what, wrong in certificate_checks(sealed.path):
            yield Check("checked", what, wrong)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        yield Check("checked", "award", f"cannot be recounted: {str(error).splitlines()[0]}")
    for name in (*PUBLIC, "certificate"):
        ending = "json" if name == "certificate" else "parquet"
        file = folder.path / "public/open-data" / f"{name}.{ending}"
        same = file.is_file() and digest_file(file) == digest_file(sealed.path / file.name)
        yield Check("exact", f"public/open-data/{file.name}", "" if same else "is missing or not what was sealed")


def _findings_again(setting: Setting, sealed: Sealed) -> Iterator[Check]:
    acts = sealed.path / "acts.jsonl"
    table = findings_table(read_acts(acts) if acts.is_file() else [], setting.compiled, "acts.jsonl")
    same = digest_table(table, ()) == sealed.tables["findings"]["digest"]
    yield Check("exact", "findings read again from the acts", "" if same else "the acts give other findings")


def _register(folder: RoundFolder, register: Register | None) -> Register | None:
    if register is not None:
        return register
    sealed = folder.sealed("01-register")
    copy = sealed.path / "register" if sealed is not None else folder.path
    return open_register(copy) if (copy / "firm_years.parquet").is_file() else None


def _public(folder: RoundFolder) -> Iterator[Check]:
    """Hold what was published against the tables it was made of."""
    sealed = folder.sealed("05-publication")
    for table, entry in sealed.tables.items() if sealed is not None else ():
        file = folder.path / "public/open-data" / entry["file"]
        yield Check("exact", f"public/open-data/{table}", _changed(file, table, dict(entry), register=False))


def _rendered(folder: RoundFolder) -> Iterator[Check]:
    for name, digest in sorted(folder.index.get("rendered", {}).items()):
        file = folder.path / name
        same = file.is_file() and digest_file(file) == digest
        yield Check("rendered", name, "" if same else "its bytes differ from those first written")
