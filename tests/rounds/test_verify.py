"""What was changed in the folder of a round is named, whatever it is, and the exit code is 1; a whole round holds."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.digests import digest_table
from littlegiant.problems import LittleGiantError
from littlegiant.rounds import run, verify
from littlegiant.rounds.tables import KEYS
from register.making import Command

from .making import STAGES, files, full_findings, write_acts, write_programme

Change = Callable[[Path], object]
REGISTER = STAGES / "01-register/register"


def broken(round: Path) -> dict[str, str]:
    return {check.what: check.difference for check in verify(round) if not check.holds and check.kind == "exact"}


def words(name: str | Path, old: str, new: str) -> Change:
    def change(round: Path) -> None:
        text = (round / name).read_text(encoding="utf-8")
        assert text.count(old) >= 1
        (round / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def cell(name: str | Path, column: str, to: object) -> Change:
    """Give the first row another value in `column`."""

    def change(round: Path) -> None:
        table = pq.read_table(round / name)
        values = table[column].to_pylist()
        assert values[0] != to
        field = table.schema.field(column)
        index = table.column_names.index(column)
        pq.write_table(table.set_column(index, field, pa.array([to, *values[1:]], field.type)), round / name)

    return change


def last_row_gone(name: str | Path) -> Change:
    def change(round: Path) -> None:
        table = pq.read_table(round / name)
        pq.write_table(table.slice(0, table.num_rows - 1), round / name)

    return change


def test_a_whole_round_holds(whole: Path, littlegiant: Command) -> None:
    answer = littlegiant("verify", whole / "round")
    checks = verify(whole / "round")
    exact = [check for check in checks if check.kind == "exact"]
    assert answer.out == f"exact: {len(exact)} of {len(exact)} hold\nrendered: 1 of 1 hold\n"
    assert (answer.code, answer.err) == (0, "")
    named = {check.what for check in exact}
    assert {"documents/pack/standards/little-giant/2026.yaml", "01-register/firm_years", "05-publication/outcomes"} <= named
    assert {"findings read again from the acts", "assessment judged again"} <= named


def test_verifying_changes_nothing(whole: Path) -> None:
    before = files(whole / "round")
    verify(whole / "round")
    assert files(whole / "round") == before


CHANGES: dict[str, tuple[Change, str, str]] = {
    "a firm's revenue in the register": (
        cell(REGISTER / "firm_years.parquet", "revenue", 1),
        "01-register/firm_years",
        "content has changed in revenue",
    ),
    "a firm's sector in the register": (
        cell(REGISTER / "firms.parquet", "sector", "A"),
        "01-register/firms",
        "content has changed in sector",
    ),
    "a row of the register": (last_row_gone(REGISTER / "firm_years.parquet"), "01-register/firm_years", " rows, "),
    "the standard": (
        words("documents/pack/standards/little-giant/2026.yaml", "50000000", "50000001"),
        "documents/pack/standards/little-giant/2026.yaml",
        "its bytes have changed since the round was sealed",
    ),
    "a remark in the standard": (
        words("documents/pack/standards/little-giant/2026.yaml", "format: 1\n", "format: 1 # x\n"),
        "documents/pack/standards/little-giant/2026.yaml",
        "its bytes have changed since the round was sealed",
    ),
    "the programme": (
        words("documents/programme.yaml", '"year": 2025', '"year": 2024'),
        "documents/programme.yaml",
        "its bytes have changed since the round was sealed",
    ),
    "a document that is gone": (
        lambda round: (round / "documents/pack/policy.yaml").unlink(),
        "documents/pack/policy.yaml",
        "is missing",
    ),
    "a finding in the acts": (
        words(STAGES / "02-findings.2/acts.jsonl", '"value": true', '"value": false'),
        "findings read again from the acts",
        "the acts give other findings",
    ),
    "who signed a finding": (
        words(STAGES / "02-findings.2/acts.jsonl", "Li Wen", "Wu Lei"),
        "02-findings.2/acts.jsonl",
        "its bytes have changed",
    ),
    "a blank in the acts": (
        words(STAGES / "02-findings.2/acts.jsonl", '"at": ', '"at":  '),
        "02-findings.2/acts.jsonl",
        "its bytes have changed",
    ),
    "whether the register is synthetic": (
        words(REGISTER / "register.json", '"synthetic":true', '"synthetic":false'),
        "01-register/register/register.json",
        "its bytes have changed",
    ),
    "a published table, cut off": (
        lambda round: (round / "public/open-data/binding.parquet").write_bytes(b"PAR1"),
        "public/open-data/binding",
        "cannot be read: ",
    ),
    "an outcome": (
        cell(STAGES / "03-assessment.2/assessments.parquet", "outcome", "eligible"),
        "03-assessment.2/assessments",
        "content has changed in outcome",
    ),
    "an outcome of the first attempt": (
        cell(STAGES / "03-assessment/assessments.parquet", "outcome", "eligible"),
        "03-assessment/assessments",
        "content has changed in outcome",
    ),
    "a count in the published copy": (
        cell("public/open-data/outcomes.parquet", "cases", 10_000),
        "public/open-data/outcomes",
        "content has changed in cases",
    ),
    "a published table that is gone": (
        lambda round: (round / "public/open-data/outcomes.parquet").unlink(),
        "public/open-data/outcomes",
        "is missing",
    ),
    "a count in the summary": (
        cell(STAGES / "04-summary.2/by_region.parquet", "cases", 10_000),
        "04-summary.2/by_region",
        "content has changed in cases",
    ),
    "a count that was published": (
        cell(STAGES / "05-publication/outcomes.parquet", "cases", 10_000),
        "05-publication/outcomes",
        "content has changed in cases",
    ),
    "a table that is gone": (
        lambda round: (round / STAGES / "04-summary.2/funnel.parquet").unlink(),
        "04-summary.2/funnel",
        "is missing",
    ),
    "the year in the index": (
        words("round.json", '"year":2025', '"year":2024'),
        "round.json, year",
        "the documents give 2025, sealed was 2024",
    ),
}


ALONE = (
    "a firm's revenue in the register",
    "the standard",
    "a finding in the acts",
    "who signed a finding",
    "an outcome",
    "a count in the published copy",
    "a document that is gone",
)


@pytest.mark.parametrize("name", ALONE)
def test_a_change_is_named_and_the_exit_code_is_1(copied: Path, littlegiant: Command, name: str) -> None:
    change, what, difference = CHANGES[name]
    change(copied)
    answer = littlegiant("verify", copied)
    assert (answer.code, answer.err) == (1, "")
    (line,) = [line for line in answer.out.splitlines() if line.startswith(f"  {what}: ")]
    assert difference in line
    assert "exact: " in answer.out


def test_of_many_changes_each_is_named(copied: Path) -> None:
    """All the others at once; the standard and the programme stay, so that judging again goes on."""
    others = {name: change for name, change in CHANGES.items() if name not in (*ALONE, "the programme")}
    for change, _, _ in others.values():
        change(copied)
    found = broken(copied)
    assert {name for name, (_, what, difference) in others.items() if difference not in found.get(what, "")} == set()


def test_a_changed_programme_is_named(copied: Path) -> None:
    change, what, difference = CHANGES["the programme"]
    change(copied)
    assert broken(copied)[what] == difference


def test_a_changed_figure_is_followed_to_the_firm_it_judges_differently(copied: Path) -> None:
    table = pq.read_table(copied / REGISTER / "firm_years.parquet")
    low = table.set_column(
        table.column_names.index("revenue"), table.schema.field("revenue"), pa.array([1] * table.num_rows, pa.int64())
    )
    pq.write_table(low, copied / REGISTER / "firm_years.parquet")
    judged = broken(copied)["assessment judged again"]
    assert judged.startswith("judged again it differs, first at case SYN0000000000")
    assert "year 2025: failed_1 " in judged


def test_another_report_is_a_note_and_no_failure(copied: Path, littlegiant: Command) -> None:
    words("report.html", "<title>", "<title>!")(copied)
    answer = littlegiant("verify", copied)
    assert answer.code == 0
    assert answer.out.endswith(
        "rendered: 0 of 1 hold\n  report.html: its bytes differ from those first written (a note, not a failure)\n"
    )


# --- damaged files ------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(few: Path, tmp_path: Path) -> Path:
    write_acts(tmp_path, full_findings("SYN000000000000001"))
    run(write_programme(tmp_path, few), tmp_path / "round", until="summary")
    return tmp_path / "round"


TABLES = {
    "01-register/firm_years": "01-register/register/firm_years.parquet",
    "01-register/recognitions": "01-register/register/recognitions.parquet",
    "02-findings/findings": "02-findings/findings.parquet",
    "03-assessment/assessments": "03-assessment/assessments.parquet",
    "04-summary/binding": "04-summary/binding.parquet",
}


@pytest.mark.parametrize("what", TABLES)
def test_a_damaged_table_is_named_and_never_a_traceback(small: Path, what: str) -> None:
    """One byte after another is turned round; where the content suffers, the table is named."""
    path = small / STAGES / TABLES[what]
    whole = path.read_bytes()
    before = pq.read_table(path)
    spoilt = 0
    for position in (-1, len(whole) // 2):
        data = bytearray(whole)
        data[position] ^= 0x01
        path.write_bytes(data)
        try:
            same = pq.read_table(path).equals(before)
        except (OSError, ValueError):
            same = False
        found = broken(small)
        assert same or what in found
        spoilt += not same
    path.write_bytes(whole[: len(whole) // 2])
    assert what in broken(small)
    assert spoilt


@pytest.mark.parametrize(
    "name",
    [
        "02-findings/acts.jsonl",
        "02-findings/findings.parquet",
        "01-register/register/firms.parquet",
        "03-assessment/slots.parquet",
    ],
)
def test_a_file_that_is_gone_is_missed(small: Path, name: str) -> None:
    (small / STAGES / name).unlink()
    assert broken(small)


@pytest.mark.parametrize("text", ["{", "[]", '"round"'])
def test_an_index_that_is_none_is_a_mistake_and_no_traceback(copied: Path, littlegiant: Command, text: str) -> None:
    (copied / "round.json").write_text(text)
    answer = littlegiant("verify", copied)
    assert answer.code == 2
    assert "text that is no index of a round" in answer.err


def test_a_folder_that_is_no_round_is_a_mistake(tmp_path: Path, littlegiant: Command) -> None:
    answer = littlegiant("verify", tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        f"{tmp_path}: found no round (no round.json), expected the folder of a round.\n"
        "  Make one with `littlegiant run`. [no-round]\n"
    )


def test_a_round_that_stopped_early_is_verified_as_far_as_it_is(few: Path, tmp_path: Path) -> None:
    run(write_programme(tmp_path, few, acts=None), tmp_path / "round", until="findings")
    assert all(check.holds for check in verify(tmp_path / "round"))


def test_checks_can_be_read_by_a_program(copied: Path, littlegiant: Command) -> None:
    words(STAGES / "02-findings.2/acts.jsonl", '"value": true', '"value": false')(copied)
    answer = littlegiant("verify", copied, "--json")
    said = json.loads(answer.out)
    assert (answer.code, said["holds"]) == (1, False)
    assert [check["what"] for check in said["checks"] if check["difference"]] == [
        "02-findings.2/acts.jsonl",
        "findings read again from the acts",
    ]


def forge(round: Path, stage: str, table: str, column: str, to: object) -> None:
    """Change a cell of the newest attempt and its digest in the index with it."""
    index = json.loads((round / "round.json").read_text())
    entry = [each for each in index["stages"] if each["name"] == stage][-1]
    path = Path(entry["folder"]) / f"{table}.parquet"
    cell(path, column, to)(round)
    entry["tables"][table]["digest"] = digest_table(pq.read_table(round / path), KEYS[table])
    (round / "round.json").write_text(json.dumps(index))


def test_an_outcome_and_its_digest_changed_together_are_found_by_judging_again(copied: Path) -> None:
    forge(copied, "03-assessment", "assessments", "outcome", "eligible")
    assert broken(copied) == {
        "assessment judged again": "judged again it differs, first at case SYN000000000000000, standard little-giant, "
        "version 2026, application new, year 2025: outcome 'eligible' against 'ineligible'"
    }


def test_a_count_and_its_digest_changed_together_are_found_by_counting_again(copied: Path) -> None:
    forge(copied, "04-summary", "by_region", "cases", 10_000)
    assert broken(copied) == {"by_region counted again": "the counts differ"}


def test_a_broken_document_is_named_and_the_rest_is_still_checked(copied: Path) -> None:
    words("documents/pack/standards/little-giant/2026.yaml", "format: 1", "format: 2")(copied)
    found = broken(copied)
    assert found["documents/pack/standards/little-giant/2026.yaml"] == "its bytes have changed since the round was sealed"
    assert len(found) == 2
    with pytest.raises(LittleGiantError):
        verify(copied / "documents")
