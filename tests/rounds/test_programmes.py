"""Programmes that cannot be carried out: refused with the place and the mend before anything is written."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from register.making import Command

from .making import STAGES, full_findings, write_acts, write_programme

TEXT = """format: 1
programme: test-2026
pack: cn
application: new
reference_date: 2026-05-25
year: 2025
register: nowhere
standard: little-giant
"""


def test_a_missing_register_is_placed_in_the_programme(tmp_path: Path, littlegiant: Command) -> None:
    (tmp_path / "programme.yaml").write_text(TEXT)
    answer = littlegiant("run", tmp_path / "programme.yaml", "--out", tmp_path / "round")
    assert answer.err.endswith(
        "programme.yaml, line 7, register: no register at 'nowhere'.\n"
        "  Correct `register:`; it is taken from the programme's folder. [missing-file]\n"
    )
    assert (answer.code, answer.out) == (2, "")
    assert not (tmp_path / "round").exists()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown pack": (
        {"pack": "cm"},
        "pack 'cm': no pack.yaml there.\n  Built in: cn, eu, us; or give a folder. [unknown-pack]\n",
    ),
    "an unknown standard": (
        {"standard": "litle-giant"},
        "pack cn: no 'litle-giant' under standards/.\n  Did you mean 'little-giant'? [unknown-document]\n",
    ),
    "an unknown version": (
        {"version": "2027"},
        "pack cn: no version '2027' of little-giant.\n  Known: 2022, 2026. [unknown-version]\n",
    ),
    "a day on which nothing applies": (
        {"reference_date": "2012-05-25"},
        "pack cn: no version of little-giant for 'new' on 2012-05-25.\n"
        "  There are: 2022 (new 2022-08-01–2026-03-31, re-review 2022-08-01–2026-12-31); "
        "2026 (new 2026-04-01–…, re-review 2027-01-01–…). [version-gap]\n",
    ),
    "an unknown notice": (
        {"notices": ["little-giant-2027"]},
        "pack cn: no notice 'little-giant-2027'.\n  Did you mean 'little-giant-2026'? [unknown-document]\n",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_is_not_there_is_refused_before_a_folder_is_made(
    few: Path, tmp_path: Path, littlegiant: Command, name: str
) -> None:
    changes, sentence = REFUSED[name]
    answer = littlegiant("run", write_programme(tmp_path, few, acts=None, **changes), "--out", tmp_path / "round")
    assert answer.err.endswith(sentence)
    assert (answer.code, answer.out) == (2, "")
    assert not (tmp_path / "round").exists()


def test_a_year_without_figures_names_the_years_there_are(few: Path, tmp_path: Path, littlegiant: Command) -> None:
    answer = littlegiant("run", write_programme(tmp_path, few, acts=None, year=2031), "--out", tmp_path / "round")
    assert answer.err.endswith(
        "found no firm with figures for 2031, expected one of the years 2023, 2024, 2025.\n"
        "  Correct `year:`, or import that year. [no-year]\n"
    )
    assert answer.code == 2


def test_an_unknown_stage_is_refused_with_the_nearest(few: Path, tmp_path: Path, littlegiant: Command) -> None:
    programme = write_programme(tmp_path, few, acts=None)
    answer = littlegiant("run", programme, "--out", tmp_path / "round", "--until", "sumary")
    assert answer.err.endswith("--until: no stage 'sumary'.\n  Did you mean 'summary'? [unknown-stage]\n")
    assert answer.code == 2
    answer = littlegiant("run", programme, "--out", tmp_path / "round", "--until", "zzz")
    assert answer.err.endswith("  Stages: register, findings, assessment, summary, publication. [unknown-stage]\n")
    assert not (tmp_path / "round").exists()


def test_another_programme_into_the_same_folder_is_refused_and_the_first_goes_on(
    few: Path, tmp_path: Path, littlegiant: Command
) -> None:
    first = write_programme(tmp_path, few, acts=None)
    other = write_programme(tmp_path, few, "other.yaml", acts=None, year=2024)
    assert littlegiant("run", first, "--out", tmp_path / "round", "--until", "findings").code == 0
    answer = littlegiant("run", other, "--out", tmp_path / "round")
    assert answer.err.endswith(
        f"{tmp_path / 'round'}: found a round that was begun with another programme, pack, standard or register, "
        "expected the same documents.\n  Give another --out; what was begun is kept as it is. [other-round]\n"
    )
    assert answer.code == 2
    answer = littlegiant("run", first, "--out", tmp_path / "round", "--until", "assessment")
    assert (answer.code, answer.out) == (
        0,
        f"made 03-assessment; kept 01-register, 02-findings\n{tmp_path / 'round'}: continue with the same command\n",
    )


def test_a_folder_with_something_else_is_refused(few: Path, tmp_path: Path, littlegiant: Command) -> None:
    programme = write_programme(tmp_path, few, acts=None)
    answer = littlegiant("run", programme, "--out", tmp_path)
    assert answer.err.endswith(
        f"{tmp_path}: found a file or folder that is no round, expected an empty or new folder.\n  Give another --out. [exists]\n"
    )
    assert answer.code == 2


def test_a_folder_given_as_the_programme_is_a_mistake_of_the_user(tmp_path: Path, littlegiant: Command) -> None:
    answer = littlegiant("run", tmp_path, "--out", tmp_path / "round")
    assert answer.code == 2
    assert str(tmp_path) in answer.err


def test_a_register_of_another_pack_is_refused(few: Path, tmp_path: Path, littlegiant: Command) -> None:
    shutil.copytree(few, tmp_path / "register")
    manifest = tmp_path / "register/register.json"
    manifest.write_text(manifest.read_text().replace('"pack":"cn"', '"pack":"elsewhere"'))
    answer = littlegiant("run", write_programme(tmp_path, tmp_path / "register", acts=None), "--out", tmp_path / "round")
    assert answer.err.endswith(
        "found a register of pack 'elsewhere', expected one of pack 'cn'.\n  Import it with this pack. [other-pack]\n"
    )
    assert answer.code == 2


def test_a_round_without_a_single_undetermined_firm_is_a_round(few: Path, tmp_path: Path, littlegiant: Command) -> None:
    """Everybody turned down by the province: the tables of what is missing are empty."""
    firms = [f"SYN{number:015d}" for number in range(300)]
    write_acts(tmp_path, [act for firm in firms for act in full_findings(firm, reputation=False, development_score=1)])
    answer = littlegiant("run", write_programme(tmp_path, few), "--out", tmp_path / "round", "--until", "summary")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "ineligible: 300")
    assert (tmp_path / "round" / STAGES / "04-summary/order.parquet").is_file()


def test_what_a_run_made_can_be_read_by_a_program(few: Path, tmp_path: Path, littlegiant: Command) -> None:
    programme = write_programme(tmp_path, few, acts=None)
    littlegiant("run", programme, "--out", tmp_path / "round", "--until", "register")
    answer = littlegiant("run", programme, "--out", tmp_path / "round", "--until", "findings", "--json")
    assert json.loads(answer.out) == {
        "folder": str(tmp_path / "round"),
        "made": ["02-findings"],
        "kept": ["01-register"],
    }
