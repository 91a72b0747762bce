"""`acts.jsonl`: every line that does not fit is named with its mend, all at once; a finding counts exactly as it was given."""

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from littlegiant.problems import LittleGiantError
from littlegiant.rounds import read_acts, run
from littlegiant.rounds.acts import as_lines, findings_table
from littlegiant.standards import Compiled, compile_standard, find_standard
from register.making import Command

from .making import PACK, STAGES, finding, full_findings, outcomes, write_acts, write_programme

DAY = date(2026, 5, 25)
FIRM, OTHER = "SYN000000000000001", "SYN000000000000002"


@cache
def compiled() -> Compiled:
    standard = find_standard(PACK, "little-giant", version="2026", on=DAY, application="new")
    return compile_standard(standard, PACK, application="new", reference_date=DAY, notices=[])


def table(folder: Path, *acts: dict[str, Any] | str) -> list[dict[str, Any]]:
    found = findings_table(read_acts(write_acts(folder, acts)), compiled(), "acts.jsonl")
    return [{key: value for key, value in row.items() if value is not None} for row in found.to_pylist()]


def complaint(folder: Path, *acts: dict[str, Any] | str) -> str:
    with pytest.raises(LittleGiantError) as refused:
        table(folder, *acts)
    assert refused.value.exit_code == 2
    return "\n".join(f"{problem} [{problem.code}]" for problem in refused.value.problems)


def test_a_finding_is_a_row_with_who_and_when(tmp_path: Path) -> None:
    assert table(tmp_path, finding("f-1", FIRM, "reputation", True), finding("f-2", FIRM, "development_score", 71.5)) == [
        {
            "case": FIRM,
            "item": "development_score",
            "period": 2025,
            "number": Decimal("71.5000"),
            "act": "f-2",
            "issuer": "platform",
            "on": date(2026, 6, 8),
        },
        {"case": FIRM, "item": "reputation", "yes": True, "act": "f-1", "issuer": "province", "on": date(2026, 6, 8)},
    ]


def test_blank_lines_and_acts_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    other = {**finding("a-1", FIRM, "reputation", True), "type": "approval", "body": {}}
    assert table(tmp_path, "", other, "   ", finding("f-1", FIRM, "reputation", False)) == table(
        tmp_path, finding("f-1", FIRM, "reputation", False)
    )


def test_a_superseded_finding_no_longer_counts(tmp_path: Path) -> None:
    rows = table(
        tmp_path,
        finding("f-1", FIRM, "reputation", True),
        finding("f-2", FIRM, "reputation", False, supersedes="f-1"),
        finding("f-3", FIRM, "reputation", True, supersedes="f-2"),
    )
    assert [(row["act"], row["yes"]) for row in rows] == [("f-3", True)]


def test_the_order_of_acts_does_not_matter(tmp_path: Path) -> None:
    acts = [*full_findings(FIRM), *full_findings(OTHER)]
    assert table(tmp_path, *acts) == table(tmp_path, *reversed(acts))


def test_acts_survive_being_written_and_read(tmp_path: Path) -> None:
    acts = read_acts(write_acts(tmp_path, [*full_findings(FIRM), finding("x", OTHER, "reputation", True, supersedes="y")]))
    (tmp_path / "again.jsonl").write_text("\n".join(as_lines(acts)))
    assert read_acts(tmp_path / "again.jsonl") == acts


REFUSED: dict[str, tuple[list[dict[str, Any] | str], str]] = {
    "no JSON": (
        ['{"id": 1,'],
        "acts.jsonl, line 1: found no JSON (Expecting property name enclosed in double quotes: line 1 column 10 (char 9)), "
        "expected one act a line. [act]",
    ),
    "an unknown item": (
        [finding("f-1", FIRM, "reputatoin", True)],
        "acts.jsonl, act f-1: no finding 'reputatoin' in the standard.\n  Did you mean 'reputation'? [unknown-name]",
    ),
    "an unknown item unlike any other": (
        [finding("f-1", FIRM, "zzz", True)],
        "acts.jsonl, act f-1: no finding 'zzz' in the standard.\n"
        "  Findings: rights_in_use, reputation, key_chain_link, development_score. [unknown-name]",
    ),
    "a wrong role": (
        [finding("f-1", FIRM, "reputation", True, role="city")],
        "acts.jsonl, act f-1: found role 'city', expected one of province, ministry.\n  reputation is issued by these. [role]",
    ),
    "a text for yes or no": (
        [finding("f-1", FIRM, "reputation", "yes")],
        "acts.jsonl, act f-1: found value 'yes', expected a yes/no value. [type]",
    ),
    "one for yes": (
        [finding("f-1", FIRM, "reputation", 1)],
        "acts.jsonl, act f-1: found value 1, expected a yes/no value. [type]",
    ),
    "yes for a number": (
        [finding("f-1", FIRM, "development_score", True)],
        "acts.jsonl, act f-1: found value True, expected a number value. [type]",
    ),
    "a value out of range": (
        [finding("f-1", FIRM, "development_score", -1), finding("f-2", OTHER, "development_score", 1_000_001)],
        "acts.jsonl, act f-1: found value -1, expected 0 to 1000000. [range]\n"
        "acts.jsonl, act f-2: found value 1000001, expected 0 to 1000000. [range]",
    ),
    "no number at all": (
        [json.dumps(finding("f-1", FIRM, "development_score", float("nan")))],
        "acts.jsonl, act f-1: found value nan, expected a number value. [type]",
    ),
    "a number beyond all numbers": (
        [json.dumps(finding("f-1", FIRM, "development_score", 7777)).replace("7777", "1e400")],
        "acts.jsonl, act f-1: found value 1E+400, expected 0 to 1000000. [range]",
    ),
    "no period": (
        [finding("f-1", FIRM, "development_score", 60, body={"period": None})],
        "acts.jsonl, act f-1: found no period, expected `period:` with the year.\n"
        "  development_score is given year by year. [period]",
    ),
    "two that stand": (
        [finding("f-1", FIRM, "reputation", True), finding("f-2", FIRM, "reputation", False)],
        f"acts.jsonl, act f-2: found two findings that stand, f-1 and f-2, on {FIRM}, reputation, expected one.\n"
        "  Say `supersedes: f-1`. [two-findings]",
    ),
    "two that stand and agree": (
        [finding("f-1", FIRM, "reputation", True), finding("f-2", FIRM, "reputation", True)],
        f"acts.jsonl, act f-2: found two findings that stand, f-1 and f-2, on {FIRM}, reputation, expected one.\n"
        "  Say `supersedes: f-1`. [two-findings]",
    ),
    "an id twice": (
        [finding("f-1", FIRM, "reputation", True), finding("f-1", OTHER, "reputation", True)],
        "acts.jsonl, act f-1: found an id used twice, expected each id once.\n  Give the later act a new id. [duplicate-act]",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_act_that_does_not_fit_is_refused_with_its_mend(tmp_path: Path, name: str) -> None:
    acts, sentences = REFUSED[name]
    assert complaint(tmp_path, *acts) == sentences


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"at": "2026-13-01"}, "acts.jsonl, line 1, at"),
        ({"type": "findin"}, "acts.jsonl, line 1, type"),
        ({"body": [1]}, "acts.jsonl, line 1, body"),
        ({"colour": "red"}, "acts.jsonl, line 1, colour"),
        ({"subject": 5}, "acts.jsonl, line 1, subject"),
    ],
)
def test_a_field_that_does_not_fit_is_placed(tmp_path: Path, change: dict[str, Any], place: str) -> None:
    assert complaint(tmp_path, {**finding("f-1", FIRM, "reputation", True), **change}).startswith(f"{place}: ")


@pytest.mark.parametrize("line", ["[1]", "5", "null", '"text"', "{}"])
def test_a_line_that_is_no_act_is_placed(tmp_path: Path, line: str) -> None:
    assert complaint(tmp_path, finding("f-1", FIRM, "reputation", True), line).startswith("acts.jsonl, line 2")


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    acts = ["{", finding("f-1", FIRM, "reputation", True), "[]", {"id": "f-2"}, finding("f-1", FIRM, "reputation", True)]
    places = [line.partition(":")[0] for line in complaint(tmp_path, *acts).splitlines() if line.startswith("acts")]
    assert [place for place in places if "line" in place] == [
        "acts.jsonl, line 1",
        "acts.jsonl, line 3, ",
        "acts.jsonl, line 4, at",
    ]
    assert "acts.jsonl, act f-1" in places
    wrong = [finding("f-1", FIRM, "reputatoin", True), finding("f-2", FIRM, "reputation", True, role="city")]
    assert [line.partition(":")[0] for line in complaint(tmp_path, *wrong).splitlines()[::2]] == [
        "acts.jsonl, act f-1",
        "acts.jsonl, act f-2",
    ]


@pytest.mark.parametrize(
    "act",
    [
        finding("f-1", FIRM, "development_score", 60, body={"period": True}),
        finding("f-1", FIRM, "development_score", 60, body={"period": "2025"}),
        finding("f-1", FIRM, "development_score", 60, body={"period": 10**30}),
        {**finding("f-1", FIRM, "reputation", True), "body": {"item": ["reputation"], "value": True}},
        {**finding("f-1", FIRM, "reputation", True), "body": {"item": {}, "value": True}},
        {**finding("f-1", FIRM, "reputation", True), "body": {}},
        finding("f-1", FIRM, "reputation", [True]),
        finding("f-1", FIRM, "reputation", None),
        finding("f-1", FIRM, "development_score", {}),
    ],
    ids=lambda act: json.dumps(act["body"])[:60],
)
def test_an_odd_body_is_refused_and_no_traceback(tmp_path: Path, act: dict[str, Any]) -> None:
    assert complaint(tmp_path, act).startswith("acts.jsonl, act f-1: ")


@pytest.mark.parametrize("score", ["59.996", "59.99999", "60.001"])
def test_a_score_with_more_decimals_than_the_standard_knows_is_refused_and_not_rounded(tmp_path: Path, score: str) -> None:
    """The standard gives scores two decimals; 59.996 rounded to 60.00 would pass the floor of 60."""
    line = json.dumps(finding("f-1", FIRM, "development_score", 7777)).replace("7777", score)
    assert complaint(tmp_path, line).startswith("acts.jsonl, act f-1: ")


def test_nobody_becomes_eligible_by_rounding(whole: Path, tmp_path: Path) -> None:
    """The same in a whole round: with 59.996 the firm must not come out as it does with 60."""
    firm = json.loads((whole / "firms.json").read_text())["eligible"][0]
    score = full_findings(firm, development_score=7777)
    write_acts(tmp_path, [json.dumps(act).replace("7777", "59.996") for act in score])
    programme = write_programme(tmp_path, whole / "register")
    with suppress(LittleGiantError):  # refusing the act is as good
        run(programme, tmp_path / "round", until="assessment")
    judged = outcomes(tmp_path / "round") if (tmp_path / "round" / STAGES / "03-assessment").is_dir() else {}
    assert judged.get(firm, ("ineligible", None)) == ("ineligible", None)


# --- superseding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acts", "what"),
    [
        ([finding("f-1", FIRM, "reputation", True, supersedes="f-0")], "an act that is not there"),
        ([finding("f-1", FIRM, "reputation", True, supersedes="f-1")], "itself"),
        (
            [finding("f-1", FIRM, "reputation", True), finding("f-2", OTHER, "reputation", False, supersedes="f-1")],
            "a finding on another firm",
        ),
        (
            [finding("f-1", FIRM, "reputation", False), finding("f-2", FIRM, "key_chain_link", True, supersedes="f-1")],
            "a finding on another item",
        ),
        (
            [
                finding("f-1", FIRM, "reputation", True, supersedes="f-2"),
                finding("f-2", FIRM, "reputation", False, supersedes="f-1"),
            ],
            "one another",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "acts",
)
def test_an_act_cannot_make_an_unrelated_finding_vanish(tmp_path: Path, acts: list[dict[str, Any]], what: str) -> None:
    """A slip in `supersedes` would erase what the province found on a firm, without a word."""
    assert "supersede" in complaint(tmp_path, *acts)


def test_a_finding_on_a_firm_that_is_not_in_the_register_does_not_pass_in_silence(
    few: Path, tmp_path: Path, littlegiant: Command
) -> None:
    write_acts(tmp_path, [finding("f-1", "SYN999999999999999", "reputation", True)])
    answer = littlegiant("run", write_programme(tmp_path, few), "--out", tmp_path / "round", "--until", "findings")
    assert "SYN999999999999999" in answer.err + answer.out


# --- through the command -------------------------------------------------------------------------------------------------


def test_refused_acts_are_exit_code_2_and_seal_nothing(few: Path, tmp_path: Path, littlegiant: Command) -> None:
    write_acts(tmp_path, [finding("f-1", FIRM, "reputation", True, role="city")])
    answer = littlegiant("run", write_programme(tmp_path, few), "--out", tmp_path / "round")
    assert answer.err.endswith(
        "acts.jsonl, act f-1: found role 'city', expected one of province, ministry.\n  reputation is issued by these. [role]\n"
    )
    assert (answer.code, answer.out) == (2, "")
    assert not (tmp_path / "round/private/stages/02-findings").exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xff\n", "acts.jsonl: found bytes that are not UTF-8, expected UTF-8.\n  Save it as UTF-8. [encoding]\n"),
        (
            None,
            "acts: no acts at 'acts.jsonl'.\n  Correct `acts:`, or make an empty file: acts may arrive later. [missing-file]\n",
        ),
    ],
    ids=["no text", "no file"],
)
def test_an_acts_file_that_cannot_be_read_is_exit_code_2(
    few: Path, tmp_path: Path, littlegiant: Command, data: bytes | None, sentence: str
) -> None:
    if data is not None:
        (tmp_path / "acts.jsonl").write_bytes(data)
    answer = littlegiant("run", write_programme(tmp_path, few), "--out", tmp_path / "round")
    assert answer.err.endswith(sentence)
    assert answer.code == 2


def test_acts_saved_with_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    """Editors on Windows write one; mappings and CSV files may have it, too."""
    path = write_acts(tmp_path, [finding("f-1", FIRM, "reputation", True)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [act.id for act in read_acts(path)] == ["f-1"]
