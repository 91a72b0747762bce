"""Two rounds held against each other: what people found between them is named as the cause."""

import json
import shutil
from pathlib import Path

from littlegiant.rounds import run
from register.making import Command

from .making import full_findings, outcomes, write_acts, write_programme


def test_a_round_with_findings_is_compared_with_one_without(littlegiant: Command, few: Path, tmp_path: Path) -> None:
    write_acts(tmp_path, [])
    programme = write_programme(tmp_path, few)
    run(programme, tmp_path / "first")
    waiting = ("undetermined", "finding")
    firm = next(case for case, outcome in outcomes(tmp_path / "first").items() if outcome == waiting)
    write_acts(tmp_path, full_findings(firm))
    run(programme, tmp_path / "second")
    answer = littlegiant("compare", tmp_path / "first", tmp_path / "second", "--json")
    (changed,) = json.loads(answer.out)["changed"]
    assert (changed["case"], changed["before"], changed["after"], changed["cause"]) == (
        firm,
        "open_finding",
        "eligible",
        "finding",
    )
    page = tmp_path / "compared.html"
    assert littlegiant("compare", tmp_path / "first", tmp_path / "second", "--out", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert firm in text
    assert "Every firm on this page is invented" in text


def test_what_cannot_be_compared_is_told_in_one_sentence(littlegiant: Command, few: Path, tmp_path: Path) -> None:
    assert "--standard, --year and --on" in littlegiant("compare", few, few).err
    answer = littlegiant("compare", few, few, "--standard", "srdi", "--year", 2025, "--on", "2026-05-25", "--versions", "2022")
    assert (answer.code, "two versions" in answer.err) == (2, True)
    write_acts(tmp_path, [])
    run(write_programme(tmp_path, few), tmp_path / "round", until="register")
    assert "a round without findings" in littlegiant("compare", tmp_path / "round", few).err
    run(write_programme(tmp_path, few), tmp_path / "round")
    shutil.rmtree(tmp_path / "round" / "private" / "stages" / "01-register" / "register")
    (tmp_path / "round" / "private" / "stages" / "01-register" / "register").mkdir()
    assert "a register that was not copied" in littlegiant("compare", tmp_path / "round", tmp_path / "round").err
