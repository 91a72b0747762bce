"""Carry out a programme: stage after stage is sealed, then the report is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import littlegiant
from littlegiant.appraisal.entitlements import Entitlements
from littlegiant.assessment import Summary, assess, summarise
from littlegiant.assessment.whole_register import Assessment
from littlegiant.criticality import Criticality
from littlegiant.digests import digest_bytes, digest_file
from littlegiant.engines import WrittenTable
from littlegiant.pages import Element
from littlegiant.problems import refuse, suggestion
from littlegiant.records import RoundFolder, Sealed, public_table
from littlegiant.register import Register, import_register, open_register, read_mapping
from littlegiant.rounds.acts import check_subjects, findings_table, read_acts
from littlegiant.rounds.award import STAGE as AWARD
from littlegiant.rounds.award import award_elements, award_inputs, award_path, check_award, make_award, publish_award
from littlegiant.rounds.criticality import STAGE as CRITICALITY
from littlegiant.rounds.criticality import check_supply, criticality_inputs, criticality_of, make_criticality, supply_path
from littlegiant.rounds.money import STAGE as MONEY
from littlegiant.rounds.money import make_money, read_money
from littlegiant.rounds.report import write_report
from littlegiant.rounds.setting import Setting, check_inputs, read_setting
from littlegiant.rounds.tables import slots_table, summary_tables, thresholds_table, write_table
from littlegiant.words import Language

STAGES = ("01-register", "02-findings", "03-assessment", "04-summary", "05-publication")
_SMALL = 64 * 1024 * 1024  # bytes; a register up to this size is copied into the round


@dataclass(frozen=True)
class RunResult:
    """Where the round is, what was made now and what was already sealed."""

    folder: Path
    made: tuple[str, ...]
    kept: tuple[str, ...]
    summary: Summary | None


def run(
    programme: Path,
    to: Path,
    *,
    until: str | None = None,
    progress: Callable[[str], None] = lambda stage: None,
    threads: int | None = None,
) -> RunResult:
    """Carry out the programme at `programme` into the folder `to`, up to the stage `until`.

    Stages that are sealed and rest on the same inputs are kept; a stage whose inputs changed (new acts) is done again
    as a new attempt. Raises LittleGiantError; sealed stages stay whole whatever happens.
    """
    setting = read_setting(programme)
    stages = stages_of(setting)
    last = _stage_name(until, stages)
    check_inputs(setting)
    check_supply(setting)
    check_award(setting)
    folder = RoundFolder.begin(to, setting.head())
    if not folder.index["documents"]:
        folder.index["made_with"] = littlegiant.__version__
        folder.add_documents(setting.documents())
        folder.save()
    runner = _Runner(setting, folder, threads)
    made: list[str] = []
    kept: list[str] = []
    for name in stages:
        progress(name)
        _, new = runner.stage(name)
        (made if new else kept).append(name)
        if name == last:
            break
    if last == stages[-1]:
        runner.publish()
        progress("report")
        award = runner.award()
        write_report(folder, setting, runner.summary(), runner.register(), runner.money(), runner.criticality(), award)
    return RunResult(to, tuple(made), tuple(kept), runner.latest)


def stages_of(setting: Setting) -> tuple[str, ...]:
    """Return the stages of a round, in their order; money, criticality and award where the programme asks for them."""
    programme = setting.programme.value
    more = ((MONEY, programme.money), (CRITICALITY, programme.supply), (AWARD, programme.award))
    return (*STAGES, *(name for name, wanted in more if wanted))


def _stage_name(until: str | None, stages: tuple[str, ...]) -> str:
    if until is None:
        return stages[-1]
    for name in stages:
        if until in (name, name.partition("-")[2]):
            return name
    short = [name.partition("-")[2] for name in stages]
    refuse("--until", f"no stage {until!r}", "", suggestion(until, short) or f"Stages: {', '.join(short)}.", code="unknown-stage")


class _Runner:
    """Makes the stages of one round; each asks those before it."""

    def __init__(self, setting: Setting, folder: RoundFolder, threads: int | None) -> None:
        self.setting, self.folder, self.threads = setting, folder, threads
        self.latest: Summary | None = None
        self._found: Criticality | None = None

    def stage(self, name: str) -> tuple[Sealed, bool]:
        rests_on, make = {
            "01-register": (self._register_inputs, self._make_register),
            "02-findings": (self._findings_inputs, self._make_findings),
            "03-assessment": (self._assessment_inputs, self._make_assessment),
            "04-summary": (lambda: self._after("03-assessment"), self._make_summary),
            "05-publication": (lambda: self._after("04-summary"), self._make_publication),
            MONEY: (self._money_inputs, self._make_money),
            CRITICALITY: (self._criticality_inputs, self._make_criticality),
            AWARD: (self._award_inputs, self._make_award),
        }[name]
        return self.folder.seal(name, rests_on(), make)

    def _after(self, name: str) -> Mapping[str, object]:
        sealed = self.folder.sealed(name)
        assert sealed is not None
        return {name: {table: entry["digest"] for table, entry in sealed.tables.items()}}

    # --- the register -------------------------------------------------------------------------------------

    def _register_inputs(self) -> Mapping[str, object]:
        if not self.setting.is_mapping:
            return {"register": open_register(self.setting.register_path).digest}
        mapping = read_mapping(self.setting.register_path, self.setting.pack)
        folder = self.setting.register_path.parent
        files = {id: digest_file(folder / s.file) for id, s in mapping.value.sources.items() if (folder / s.file).is_file()}
        return {"mapping": mapping.meaning_hash, "files": files}

    def _make_register(self, beside: Path) -> Mapping[str, WrittenTable]:
        path = self.setting.register_path
        if self.setting.is_mapping:
            import_register(read_mapping(path, self.setting.pack), path.parent, self.setting.pack, beside / "register")
            register = open_register(beside / "register")
        else:
            register = open_register(path)
            self._keep_copy(register, beside / "register")
        entries = register.manifest["tables"].items()
        return {name: _written(register.table(name), entry) for name, entry in entries}

    def _keep_copy(self, register: Register, to: Path) -> None:
        """Copy a small register into the round; of a large one keep the index with its digests and where it lay."""
        files = [register.table(name) for name in register.manifest["tables"]] + [register.path / "register.json"]
        keep = self.setting.programme.value.keep_register
        if keep is False or (keep is None and sum(file.stat().st_size for file in files) > _SMALL):
            files = files[-1:]
        to.mkdir()
        for file in files:
            (to / file.name).write_bytes(file.read_bytes())

    def register(self) -> Register:
        """Return the register as the round has it: its own copy, or where it lies when it was too large to copy."""
        sealed = self.folder.sealed("01-register")
        assert sealed is not None
        copy = sealed.path / "register"
        return open_register(copy) if (copy / "firm_years.parquet").is_file() else open_register(self.setting.register_path)

    # --- what people found, what follows --------------------------------------------------------------------

    def _findings_inputs(self) -> Mapping[str, object]:
        path = self.setting.acts_path
        acts = digest_file(path) if path is not None and path.is_file() else ""
        return {"acts": acts, "fingerprint": self.setting.compiled.fingerprint}

    def _make_findings(self, beside: Path) -> Mapping[str, WrittenTable]:
        path = self.setting.acts_path
        acts = read_acts(path) if path is not None else []
        if path is not None:
            (beside / "acts.jsonl").write_bytes(path.read_bytes())
        name = path.name if path is not None else "acts.jsonl"
        table = findings_table(acts, self.setting.compiled, name)
        check_subjects(table, self.register(), name)
        return {"findings": write_table(beside, "findings", table)}

    def _assessment_inputs(self) -> Mapping[str, object]:
        inputs = {**self._after("01-register"), **self._after("02-findings")}
        return {**inputs, "fingerprint": self.setting.compiled.fingerprint, "year": self.setting.programme.value.year}

    def _make_assessment(self, beside: Path) -> Mapping[str, WrittenTable]:
        compiled = self.setting.compiled
        to = beside / "assessments.parquet"
        done = assess(
            self.register(),
            compiled,
            year=self.setting.programme.value.year,
            findings=self.findings(),
            to=to,
            threads=self.threads,
        )
        assert done.written is not None
        return {
            "assessments": done.written,
            "slots": write_table(beside, "slots", slots_table(compiled)),
            "thresholds": write_table(beside, "thresholds", thresholds_table(compiled)),
        }

    def findings(self) -> pa.Table:
        sealed = self.folder.sealed("02-findings")
        assert sealed is not None
        return pq.read_table(sealed.path / "findings.parquet")

    def assessment(self) -> Assessment:
        sealed = self.folder.sealed("03-assessment")
        assert sealed is not None
        written = WrittenTable(
            sealed.path / "assessments.parquet", sealed.tables["assessments"]["rows"], sealed.tables["assessments"]["digest"]
        )
        year = self.setting.programme.value.year
        return Assessment(self.register(), self.setting.compiled, year, self.findings(), written, None)

    def summary(self) -> Summary:
        if self.latest is None:
            self.latest = summarise(self.assessment(), self.setting.pack)
        return self.latest

    def _make_summary(self, beside: Path) -> Mapping[str, WrittenTable]:
        return {name: write_table(beside, name, table) for name, table in summary_tables(self.summary()).items()}

    def _make_publication(self, beside: Path) -> Mapping[str, WrittenTable]:
        """Write what anybody may have; the policy decides, column by column."""
        summary, compiled = summary_tables(self.summary()), self.setting.compiled
        tables = {
            "outcomes": summary["outcomes"],
            "binding": summary["binding"],
            "slots": slots_table(compiled),
            "thresholds": thresholds_table(compiled),
        }
        public = {name: public_table(name, table, self.setting.policy) for name, table in tables.items()}
        return {name: write_table(beside, name, table) for name, table in public.items()}

    def _money_inputs(self) -> Mapping[str, object]:
        pack = {name: digest_bytes(data) for name, data in self.setting.documents().items() if name.startswith("pack/")}
        return {**self._after("01-register"), "pack": pack, "year": self.setting.programme.value.year}

    def _make_money(self, beside: Path) -> Mapping[str, WrittenTable]:
        return make_money(self.setting, self.register(), beside)

    def money(self) -> Entitlements | None:
        sealed = self.folder.sealed(MONEY)
        if sealed is None:
            return None
        entry = sealed.tables["entitlements"]
        return read_money(sealed.path, WrittenTable(sealed.path / "entitlements.parquet", entry["rows"], entry["digest"]))

    def _criticality_inputs(self) -> Mapping[str, object]:
        path = supply_path(self.setting)
        assert path is not None
        return {**self._after("01-register"), **criticality_inputs(self.setting, path)}

    def _make_criticality(self, beside: Path) -> Mapping[str, WrittenTable]:
        tables, self._found = make_criticality(self.setting, self.register(), beside)
        return tables

    def criticality(self) -> Criticality | None:
        """Return what the stage computed; computed again from its copies where it was sealed before."""
        sealed = self.folder.sealed(CRITICALITY)
        if sealed is None or self.setting.programme.value.supply is None:
            return None
        if self._found is None:
            self._found = criticality_of(self.setting, self.register(), sealed.path / "supply")
        return self._found

    def _award_inputs(self) -> Mapping[str, object]:
        path = award_path(self.setting)
        assert path is not None
        before = ["01-register", "02-findings", *([CRITICALITY] if self.setting.programme.value.supply else [])]
        rests_on = {key: value for name in before for key, value in self._after(name).items()}
        return {**rests_on, **self._findings_inputs(), **award_inputs(self.setting, path)}

    def _make_award(self, beside: Path) -> Mapping[str, WrittenTable]:
        criticality = self._criticality_by_firm()
        tables, _ = make_award(self.setting, self.register(), self.findings(), criticality, self.setting.acts_path, beside)
        return tables

    def _criticality_by_firm(self) -> dict[str, float] | None:
        """Return the systemic risk of each firm that was measured, 0 to 1."""
        sealed = self.folder.sealed(CRITICALITY)
        if sealed is None:
            return None
        table = pq.read_table(sealed.path / "criticality.parquet", columns=["firm", "esri"])
        return {row["firm"]: row["esri"] / 1e9 for row in table.to_pylist() if row["esri"] is not None}

    def award(self) -> dict[Language, list[Element]] | None:
        sealed = self.folder.sealed(AWARD)
        if sealed is None or self.setting.programme.value.award is None:
            return None
        return award_elements(self.setting, sealed.path, self.setting.acts_path, ("zh", "en"))

    def publish(self) -> None:
        """Put copies of what the publication stage sealed where anybody may fetch them."""
        sealed = self.folder.sealed("05-publication")
        assert sealed is not None
        for name in sealed.tables:
            self.folder.write(f"public/open-data/{name}.parquet", (sealed.path / f"{name}.parquet").read_bytes())
        award = self.folder.sealed(AWARD)
        if award is not None and self.setting.programme.value.award is not None:
            publish_award(self.folder, self.setting, award.path)


def _written(path: Path, entry: Mapping[str, object]) -> WrittenTable:
    columns = entry["columns"]
    assert isinstance(columns, dict)
    named = tuple({"name": name, "digest": digest} for name, digest in columns.items())
    return WrittenTable(path, int(str(entry["rows"])), str(entry["digest"]), named)
