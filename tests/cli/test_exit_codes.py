"""0 done, 1 the answer is no, 2 a mistake in the input, 3 the world failed; problems on stderr, answers on stdout."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from register.making import Command

ROOT = Path(__file__).parents[2]
FIRM = ROOT / "examples/check/firm.yaml"
DAY = ("--on", "2026-05-25")
ASSESS = ("--standard", "little-giant", "--year", 2025, *DAY)

MISTAKES: dict[str, tuple[tuple[Any, ...], str]] = {
    "a date that is none": (
        ("check", FIRM, "--on", "2026-13-01"),
        "--on: found '2026-13-01', expected a date.\n  Write it as 2026-05-25. [date]\n",
    ),
    "a date in another order": (
        ("standard", "show", "little-giant", "--on", "25.05.2026"),
        "--on: found '25.05.2026', expected a date.\n  Write it as 2026-05-25. [date]\n",
    ),
    "a language that is not spoken": (
        ("check", FIRM, "--language", "fr"),
        "--language: found 'fr', expected zh or en. [language]\n",
    ),
    "no date at all": (
        ("check",),
        "--on: found no reference date, expected a date.\n"
        "  Say `--on 2026-05-25`, or `reference_date:` in the file. [missing-option]\n",
    ),
    "no year to ask about": (
        ("check", *DAY),
        "--year: found no year, expected the year of the latest figures.\n  Say `--year 2025`. [missing-option]\n",
    ),
    "a file that is not there": (
        ("check", "nowhere.yaml"),
        "nowhere.yaml: no such file.\n  Check the path; it is taken from where the command runs. [missing-file]\n",
    ),
    "an unknown standard": (
        ("standard", "show", "litle-giant", *DAY),
        "pack cn: no 'litle-giant' under standards/.\n  Did you mean 'little-giant'? [unknown-document]\n",
    ),
    "an unknown pack": (
        ("pack", "facts", "--pack", "xx"),
        "pack 'xx': no pack.yaml there.\n  Built in: cn, eu, us; or give a folder. [unknown-pack]\n",
    ),
    "an unknown kind of document": (
        ("pack", "schema", "standrd"),
        "pack schema: no kind of document 'standrd'.\n  Did you mean 'standard'? [unknown-kind]\n",
    ),
    "no firms": (
        ("register", "synthesise", "--firms", 0, "--seed", 1, "--out", "nowhere"),
        "--firms: found 0, expected a number from 1 to 100,000,000. [range]\n",
    ),
    "a folder that is no register": (
        ("register", "check", "nowhere"),
        "nowhere: found no register (no register.json), expected the folder of a register.\n"
        "  Make one with `littlegiant register import` or `littlegiant register synthesise`. [no-register]\n",
    ),
    "a folder that is no round": (
        ("verify", "nowhere"),
        "nowhere: found no round (no round.json), expected the folder of a round.\n"
        "  Make one with `littlegiant run`. [no-round]\n",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_exit_code_2_with_one_sentence_and_its_mend(littlegiant: Command, name: str) -> None:
    arguments, sentence = MISTAKES[name]
    answer = littlegiant(*arguments)
    assert (answer.code, answer.out, answer.err) == (2, "", sentence)


@pytest.mark.parametrize(
    "arguments",
    [("nosuch",), ("run",), ("run", "x.yaml"), ("verify", "--colour", "red"), ("run", "x", "--out", "y", "--threads", 0)],
)
def test_wrong_usage_is_exit_code_2(littlegiant: Command, arguments: tuple[Any, ...]) -> None:
    answer = littlegiant(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err


def test_a_year_without_figures_is_a_mistake(littlegiant: Command, register: Path) -> None:
    answer = littlegiant("assess", register, "--standard", "little-giant", "--year", 2031, *DAY)
    assert answer.err == (
        f"{register}: found no firm with figures for 2031, expected one of the years 2023, 2024, 2025.\n"
        "  Correct `year:`, or import that year. [no-year]\n"
    )
    assert answer.code == 2


def test_an_unknown_firm_is_a_mistake(littlegiant: Command, register: Path) -> None:
    answer = littlegiant("assess", register, *ASSESS, "--case", "NOBODY")
    assert answer.err == f"{register}: no firm 'NOBODY' with figures for 2025.\n  Check the id and the year. [unknown-firm]\n"
    assert answer.code == 2


def test_a_register_whose_index_is_broken_is_a_mistake(littlegiant: Command, tmp_path: Path) -> None:
    for text in ("{", "[]", "5", "{}", '{"tables": 5}', '{"tables": {"firms": {}}}'):
        (tmp_path / "register.json").write_text(text)
        answer = littlegiant("register", "check", tmp_path)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.startswith(str(tmp_path))


def test_a_table_of_a_register_that_has_changed_is_exit_code_1(littlegiant: Command, register: Path, tmp_path: Path) -> None:
    shutil.copytree(register, tmp_path / "register")
    assert littlegiant("register", "check", tmp_path / "register").code == 0
    (tmp_path / "register/firms.parquet").write_bytes((register / "recognitions.parquet").read_bytes())
    answer = littlegiant("register", "check", tmp_path / "register", "--json")
    changed = [result["table"] for result in json.loads(answer.out) if result["difference"]]
    assert (answer.code, changed) == (1, ["firms"])


def test_a_folder_that_cannot_be_written_is_exit_code_3(littlegiant: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    answer = littlegiant("register", "synthesise", "--firms", 10, "--seed", 1, "--out", tmp_path / "file" / "register")
    assert answer.err == f"{tmp_path / 'file/register'}: Not a directory.\n  Choose a folder that can be written. [world]\n"
    assert answer.code == 3


def test_the_standards_of_the_pack_are_sound(littlegiant: Command) -> None:
    for standard in ("base", "little-giant"):
        answer = littlegiant("standard", "lint", standard)
        assert (answer.code, answer.out) == (0, f"{standard}: 0 findings\n")


def test_the_worked_cases_of_the_pack_hold(littlegiant: Command) -> None:
    answer = littlegiant("standard", "test", "little-giant", "--version", "2026", "--json")
    said = json.loads(answer.out)
    assert (answer.code, said["wrong"]) == (0, [])
    assert said["cases"] > 50


# --- answers for programs ------------------------------------------------------------------------------------------------


def test_an_assessment_can_be_read_by_a_program(littlegiant: Command, register: Path, tmp_path: Path) -> None:
    answer = littlegiant("assess", register, *ASSESS, "--json", "--out", tmp_path / "assessed.parquet")
    said = json.loads(answer.out)
    assert answer.code == 0
    assert said["cases"] == 500 == sum(row["cases"] for row in said["outcomes"])
    assert set(said) == {"cases", "outcomes", "binding", "worklist", "by_region", "by_sector", "by_size"}
    assert (tmp_path / "assessed.parquet").is_file()


def test_an_assessment_can_be_read_by_a_person(littlegiant: Command, register: Path) -> None:
    answer = littlegiant("assess", register, *ASSESS)
    assert answer.code == 0
    assert answer.out.split()[:3] == ["outcome", "open", "firms"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_explanation_can_be_read_by_a_program(littlegiant: Command, register: Path, language: str) -> None:
    case = "SYN000000000000001"
    said = json.loads(littlegiant("assess", register, *ASSESS, "--case", case, "--language", language, "--json").out)
    assert (said["case"], said["outcome"]) == (case, "ineligible")
    assert {reason["status"] for reason in said["reasons"]} <= {"met", "not_met", "unknown", "waived"}


def test_a_standard_can_be_read_by_a_program_and_by_a_person(littlegiant: Command) -> None:
    said = json.loads(littlegiant("standard", "show", "little-giant", *DAY, "--json").out)
    assert (said["standard"], said["version"]) == ("little-giant", "2026")
    assert {"title", "revenue", "growth"} <= {node["id"] for node in said["nodes"]}
    shown = {
        language: littlegiant("standard", "show", "little-giant", *DAY, "--language", language).out for language in ("zh", "en")
    }
    assert "- revenue of at least 50 m yuan last year (（二）) <revenue>" in shown["en"]
    assert "上年度营业收入达5000万元" in shown["zh"]


def test_the_query_of_a_standard_is_one_statement(littlegiant: Command) -> None:
    answer = littlegiant("standard", "show", "little-giant", *DAY, "--sql")
    assert answer.code == 0
    assert "SELECT" in answer.out
    assert ";" not in answer.out


@pytest.mark.parametrize(
    "kind", ["programme", "standard", "notice", "mapping", "firm", "act", "pack", "facts", "policy", "calibration"]
)
def test_the_schema_of_every_kind_of_document_is_json(littlegiant: Command, kind: str) -> None:
    assert json.loads(littlegiant("pack", "schema", kind).out)["type"] == "object"


@pytest.mark.parametrize(("language", "title"), [("zh", "资产总额"), ("en", "total assets")])
def test_the_vocabulary_is_listed_in_both_languages(littlegiant: Command, language: str, title: str) -> None:
    answer = littlegiant("pack", "facts", "--language", language)
    assert answer.code == 0
    assert title in answer.out


def test_what_applies_on_a_day_is_listed(littlegiant: Command) -> None:
    rows = [line.split() for line in littlegiant("standard", "list", *DAY).out.splitlines()[1:]]
    tiers = [row for row in rows if row[2] != "any"]  # the others say who may have an instrument
    assert len(tiers) < len(rows)
    assert tiers == [
        ["base", "2022", "re-review", "2022-08-01", "2026-12-31"],
        ["base", "2026", "new", "2026-04-01"],
        ["innovative-sme", "2022", "new", "2022-08-01"],
        ["innovative-sme", "2022", "re-review", "2022-08-01"],
        ["little-giant", "2022", "re-review", "2022-08-01", "2026-12-31"],
        ["little-giant", "2026", "new", "2026-04-01"],
        ["srdi", "2026", "new", "2026-04-01"],
        ["srdi", "2026", "re-review", "2026-04-01"],
        ["technology-sme", "2017", "new", "2017-05-03"],
    ]
