"""A round from register to report: every outcome, nothing done twice, the same whatever the machine."""

import json
import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.assessment import ranges
from littlegiant.digests import digest_file, digest_table
from littlegiant.problems import LittleGiantError
from littlegiant.register.checking import check_register
from littlegiant.rounds import STAGES as NAMES
from littlegiant.rounds import run, verify
from littlegiant.rounds.tables import KEYS
from register.making import Command

from .making import (
    FIRMS,
    PACK,
    STAGES,
    digests,
    files,
    full_findings,
    make_register,
    newest,
    outcomes,
    write_acts,
    write_programme,
)


def test_every_outcome_and_every_kind_of_open_appears(whole: Path) -> None:
    assert set(outcomes(whole / "round").values()) == {
        ("eligible", None),
        ("ineligible", None),
        ("undetermined", "finding"),
        ("undetermined", "data"),
        ("undetermined", "both"),
    }


def test_findings_move_just_the_firms_they_are_about(whole: Path) -> None:
    groups = json.loads((whole / "firms.json").read_text())
    now = outcomes(whole / "round")
    expected = {"eligible": ("eligible", None), "ineligible": ("ineligible", None)}
    for group, firms in groups.items():
        assert {now[firm] for firm in firms} == {expected.get(group, ("undetermined", group))}
    named = {firm for firms in groups.values() for firm in firms}
    assert {state for firm, state in now.items() if firm not in named} == {("ineligible", None)}


def test_every_firm_is_judged_once_and_the_counts_add_up(whole: Path) -> None:
    now = outcomes(whole / "round")
    assert len(now) == FIRMS
    counted = newest(whole / "round", "04-summary", "outcomes").to_pylist()
    assert {(row["outcome"], row["open"]): row["cases"] for row in counted} == dict(Counter(now.values()))
    for split in ("by_region", "by_sector", "by_size"):
        rows = newest(whole / "round", "04-summary", split).to_pylist()
        assert sum(row["cases"] for row in rows) == FIRMS
        parts = ("eligible", "open_finding", "open_data", "ineligible")
        assert all(sum(row[part] for part in parts) == row["cases"] for row in rows)


def test_findings_are_a_new_attempt_and_the_first_one_stays(whole: Path) -> None:
    index = json.loads((whole / "round/round.json").read_text())
    attempts = [(entry["name"], entry["attempt"], entry["folder"]) for entry in index["stages"]]
    first = [(name, 1, f"private/stages/{name}") for name in NAMES[:4]]
    second = [(name, 2, f"private/stages/{name}.2") for name in NAMES[1:4]]
    assert attempts == [*first, *second, (NAMES[4], 1, f"private/stages/{NAMES[4]}")]
    for entry in index["stages"][1:]:
        for name, table in entry["tables"].items():
            read = pq.read_table(whole / "round" / entry["folder"] / table["file"])
            assert digest_table(read, KEYS[name]) == table["digest"]
    old = pq.read_table(whole / "round" / STAGES / "03-assessment/assessments.parquet")
    assert "eligible" not in old["outcome"].to_pylist()


def test_the_acts_are_kept_as_they_were_given(whole: Path) -> None:
    assert (whole / "round" / STAGES / "02-findings.2/acts.jsonl").read_bytes() == (whole / "acts.jsonl").read_bytes()
    assert (whole / "round" / STAGES / "02-findings/acts.jsonl").read_bytes() == b""


def test_the_documents_are_exact_copies_and_the_index_has_their_digests(whole: Path) -> None:
    index = json.loads((whole / "round/round.json").read_text())
    assert (whole / "round/documents/programme.yaml").read_bytes() == (whole / "programme.yaml").read_bytes()
    kept = {str(path.relative_to(whole / "round/documents")) for path in (whole / "round/documents").rglob("*.yaml")}
    assert kept == set(index["documents"])
    for name, digest in index["documents"].items():
        assert digest_file(whole / "round/documents" / name) == digest
    assert {"pack/policy.yaml", "pack/facts.yaml", "pack/standards/little-giant/2026.yaml"} <= kept


def test_running_again_keeps_everything_to_the_byte(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "again")
    before = files(tmp_path / "again")
    result = run(tmp_path / "again/programme.yaml", tmp_path / "again/round")
    assert (result.made, result.kept) == ((), NAMES)
    assert files(tmp_path / "again") == before


def test_no_firm_and_no_name_is_in_what_leaves_the_house(whole: Path) -> None:
    public = whole / "round/public"
    assert [str(path.relative_to(public)) for path in sorted(public.rglob("*")) if path.is_file()] == [
        f"open-data/{name}.parquet" for name in ("binding", "outcomes", "slots", "thresholds")
    ]
    for path in public.rglob("*.parquet"):
        text = json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)
        assert "SYN0" not in text
        assert "示例企业" not in text


def test_what_is_published_is_what_was_sealed(whole: Path) -> None:
    for path in (whole / "round/public/open-data").iterdir():
        assert path.read_bytes() == (whole / "round" / STAGES / "05-publication" / path.name).read_bytes()


# --- step by step ------------------------------------------------------------------------------------------------------


def test_a_round_stops_after_the_stage_that_is_named_and_goes_on_from_there(few: Path, tmp_path: Path) -> None:
    programme = write_programme(tmp_path, few)
    write_acts(tmp_path, [])
    for number, until in enumerate(("register", "02-findings", "assessment", "summary"), 1):
        result = run(programme, tmp_path / "round", until=until)
        assert (result.made, result.kept) == ((NAMES[number - 1],), NAMES[: number - 1])
        assert sorted(path.name for path in (tmp_path / "round" / STAGES).iterdir()) == list(NAMES[:number])
    assert not (tmp_path / "round/report.html").exists()
    assert not (tmp_path / "round/public").exists()


def test_new_acts_do_again_only_what_rests_on_them(few: Path, tmp_path: Path) -> None:
    programme = write_programme(tmp_path, few)
    write_acts(tmp_path, [])
    run(programme, tmp_path / "round", until="assessment")
    before = files(tmp_path / "round" / STAGES)
    write_acts(tmp_path, full_findings("SYN000000000000001"))
    result = run(programme, tmp_path / "round", until="assessment")
    assert (result.made, result.kept) == (NAMES[1:3], NAMES[:1])
    after = files(tmp_path / "round" / STAGES)
    assert {name: after[name] for name in before} == before


def test_a_programme_without_acts_has_no_findings(few: Path, tmp_path: Path) -> None:
    run(write_programme(tmp_path, few, acts=None), tmp_path / "round", until="assessment")
    assert newest(tmp_path / "round", "02-findings", "findings").num_rows == 0
    assert all(check.holds for check in verify(tmp_path / "round"))


# --- the same everywhere -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("threads", "firms_a_range"), [(2, 120_000), (1, 500), (2, 500)])
def test_threads_and_ranges_do_not_change_a_digest(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, firms_a_range: int
) -> None:
    monkeypatch.setattr(ranges, "FIRMS_A_RANGE", firms_a_range)
    programme = write_programme(tmp_path, whole / "register", acts=str(whole / "acts.jsonl"))
    run(programme, tmp_path / "round", until="summary", threads=threads)
    expected = digests(whole / "round")
    assert digests(tmp_path / "round") == {name: digest for name, digest in expected.items() if name[:2] < "05"}


def test_how_the_register_was_written_does_not_change_a_digest(whole: Path, tmp_path: Path) -> None:
    make_register(tmp_path / "register", chunk=1100)
    programme = write_programme(tmp_path, tmp_path / "register", acts=str(whole / "acts.jsonl"))
    run(programme, tmp_path / "round", until="assessment")
    expected = digests(whole / "round")
    assert digests(tmp_path / "round") == {name: digest for name, digest in expected.items() if name[:2] < "04"}


@pytest.mark.parametrize("row_group", [700, 4000])
def test_how_the_register_is_stored_does_not_change_a_digest(whole: Path, tmp_path: Path, row_group: int) -> None:
    shutil.copytree(whole / "register", tmp_path / "register")
    for path in (tmp_path / "register").glob("*.parquet"):
        pq.write_table(pq.read_table(path), path, row_group_size=row_group, compression="snappy")
    programme = write_programme(tmp_path, tmp_path / "register", acts=str(whole / "acts.jsonl"))
    run(programme, tmp_path / "round", until="assessment", threads=2)
    expected = digests(whole / "round")
    assert digests(tmp_path / "round") == {name: digest for name, digest in expected.items() if name[:2] < "04"}


@pytest.mark.parametrize("order", [("year", "firm"), ("revenue", "firm", "year")])
def test_a_register_stored_in_another_order_is_judged_the_same_or_refused(
    few: Path, tmp_path: Path, order: tuple[str, ...]
) -> None:
    """Its digest is the same, so it passes for the register that was judged; its earlier years must not get lost."""
    shutil.copytree(few, tmp_path / "register")
    path = tmp_path / "register/firm_years.parquet"
    pq.write_table(pq.read_table(path).sort_by([(column, "ascending") for column in order]), path)
    assert check_register(tmp_path / "register")[0]["difference"] == ""
    run(write_programme(tmp_path, few, acts=None), tmp_path / "in-order", until="assessment")
    programme = write_programme(tmp_path, tmp_path / "register", acts=None)
    with suppress(LittleGiantError):  # refusing the register is as good
        run(programme, tmp_path / "round", until="assessment")
    if (tmp_path / "round" / STAGES / "03-assessment").is_dir():
        assert outcomes(tmp_path / "round") == outcomes(tmp_path / "in-order")


# --- a register that is not copied -------------------------------------------------------------------------------------


@pytest.fixture
def uncopied(few: Path, tmp_path: Path) -> Path:
    write_acts(tmp_path, full_findings("SYN000000000000001"))
    run(write_programme(tmp_path, few, keep_register=False), tmp_path / "round", until="assessment")
    return tmp_path / "round"


def test_a_register_that_is_not_kept_leaves_its_index_only(uncopied: Path) -> None:
    assert sorted(files(uncopied / STAGES / "01-register")) == ["register/register.json"]


def test_a_round_without_its_register_is_verified_with_it(uncopied: Path, few: Path, littlegiant: Command) -> None:
    answer = littlegiant("verify", uncopied, "--register", few)
    assert answer.code == 0
    assert answer.out.startswith("exact: ")


def test_a_round_without_its_register_says_what_it_needs(uncopied: Path, littlegiant: Command) -> None:
    answer = littlegiant("verify", uncopied)
    assert answer.code == 1
    assert "  register: was not copied into the round; say where it lies with --register\n" in answer.out


def test_another_register_is_recognised_as_another(uncopied: Path, tmp_path: Path, littlegiant: Command) -> None:
    make_register(tmp_path / "other", firms=300, seed=8)
    answer = littlegiant("verify", uncopied, "--register", tmp_path / "other")
    assert answer.code == 1
    assert "  register, firm_years: is not the register that was judged\n" in answer.out


def test_a_changed_register_is_recognised_by_its_content_and_not_by_what_it_says(
    uncopied: Path, few: Path, tmp_path: Path, littlegiant: Command
) -> None:
    """A figure that changes no outcome, behind an index that was left as it was."""
    shutil.copytree(few, tmp_path / "changed")
    path = tmp_path / "changed/firms.parquet"
    table = pq.read_table(path)
    names = pa.array(["another name", *table["name"].to_pylist()[1:]])
    pq.write_table(table.set_column(table.column_names.index("name"), "name", names), path)
    answer = littlegiant("verify", uncopied, "--register", tmp_path / "changed")
    assert answer.code == 1
    assert "firms" in answer.out


def test_a_register_that_is_not_there_is_a_mistake_and_not_a_broken_round(uncopied: Path, littlegiant: Command) -> None:
    answer = littlegiant("verify", uncopied, "--register", uncopied / "nowhere")
    assert answer.code == 2
    assert "nowhere: found no register (no register.json)" in answer.err


# --- what may be published ---------------------------------------------------------------------------------------------


def test_a_closed_column_stops_the_publication_before_any_of_it_is_out(few: Path, tmp_path: Path) -> None:
    shutil.copytree(PACK.path, tmp_path / "closed")
    policy = tmp_path / "closed/policy.yaml"
    policy.write_text(policy.read_text().replace('thresholds: {"*": public}', 'thresholds: {"*": public, clause: office}'))
    programme = write_programme(tmp_path, few, pack="closed", acts=None)
    with pytest.raises(LittleGiantError) as refused:
        run(programme, tmp_path / "round")
    assert str(refused.value) == (
        "table thresholds, column clause: found the class 'office', expected 'public'.\n"
        "  Leave the column out, or change its class in the pack's policy.yaml."
    )
    assert [path.name for path in sorted((tmp_path / "round" / STAGES).iterdir())] == list(NAMES[:4])
    assert [str(path) for path in (tmp_path / "round").rglob("public/**/*") if path.is_file()] == []


def test_a_round_with_money_says_what_firms_may_claim_and_verify_computes_it_again(tmp_path: Path) -> None:
    make_register(tmp_path / "register", firms=400)
    programme = write_programme(tmp_path, tmp_path / "register", money=True, acts=None)
    run(programme, tmp_path / "round")
    stage = tmp_path / "round/private/stages/06-money"
    rows = pq.read_table(stage / "entitlements.parquet")
    assert rows.num_rows > 0
    assert set(pq.read_table(stage / "instruments.parquet")["kind"].to_pylist()) == {"all", "region", "sector", "joint"}
    checks = verify(tmp_path / "round")
    (again,) = [check for check in checks if check.kind == "estimated"]
    assert again.holds
    assert all(check.holds for check in checks)
    report = (tmp_path / "round/report.html").read_text(encoding="utf-8")
    assert 'id="en-entitlements"' in report
    assert not list((tmp_path / "round/public").rglob("entitlements*")), "what firms may claim is not public"
