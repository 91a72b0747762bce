"""The commands of money: what they print, as JSON too; every mistake is one sentence with its mend."""

import json
from pathlib import Path

import pytest

from register.making import Command

DAY = ("--year", "2025", "--on", "2026-05-25")
FIRM = "SYN000000000000005"


@pytest.mark.parametrize(
    "words",
    [
        ("instruments", "list", "--on", "2026-05-25"),
        ("instruments", "align", "--region", "440000", "--on", "2026-05-25"),
        ("instruments", "compare", "REGISTER", *DAY),
        ("instruments", "compare", "REGISTER", *DAY, "--all-firms", "--benchmark", "bank_offer"),
        ("instruments", "explain", "technology-relending", "REGISTER", "--firm", FIRM, *DAY),
        ("instruments", "respond", "REGISTER", "--design", "rd-super-deduction", *DAY, "--draws", "200"),
        ("entitlements", "REGISTER", *DAY),
        ("entitlements", "REGISTER", *DAY, "--firm", FIRM),
        ("stress", "REGISTER", *DAY, "--draws", "20"),
        ("stress", "REGISTER", *DAY, "--scenario", "slump-40", "--instruments"),
    ],
)
def test_every_command_answers_in_words_and_as_json(littlegiant: Command, register: Path, words: tuple[str, ...]) -> None:
    arguments = [register if part == "REGISTER" else part for part in words]
    spoken = littlegiant(*arguments)
    assert spoken.code == 0, spoken.err
    assert spoken.out.strip()
    answer = littlegiant(*arguments, "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("stress", "REGISTER", *DAY, "--scenario", "sever"), "Did you mean 'severe'"),
        (("stress", "REGISTER", *DAY, "--scenario", "none.csv"), "no such file"),
        (("instruments", "compare", "REGISTER", *DAY, "--benchmark", "bank_ofer"), "Did you mean 'bank_offer'"),
        (("instruments", "compare", "REGISTER", *DAY, "--only", "vat-extr"), "Did you mean 'vat-extra'"),
        (("instruments", "compare", "REGISTER", "--year", "2025", "--on", "2017-01-01"), "no documents that hold on 2017-01-01"),
        (("instruments", "explain", "vat-extra", "REGISTER", "--firm", "nobody", *DAY), "no firm 'nobody'"),
        (("instruments", "align", "--region", "44000", "--on", "2026-05-25"), "a region of the pack"),
        (("instruments", "list", "--on", "2026-05-25", "--pack", "us"), "says nothing of money"),
        (("entitlements", "REGISTER", *DAY, "--firm", "nobody"), "no firm 'nobody'"),
        (("entitlements", "REGISTER", *DAY, "--aid", "none.csv"), "no such file"),
        (("instruments", "respond", "REGISTER", "--design", "vat-extra", *DAY, "--parameters", "none.csv"), "no such file"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    littlegiant: Command, register: Path, words: tuple[str, ...], told: str
) -> None:
    done = littlegiant(*[register if part == "REGISTER" else part for part in words])
    assert done.code == 2
    assert told in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_which_size_gives_a_wanted_value(littlegiant: Command, register: Path) -> None:
    arguments = ("instruments", "explain", "technology-relending", register, "--firm", FIRM, *DAY)
    size = json.loads(littlegiant(*arguments, "--target", "100000", "--json").out)["size"]
    whole = json.loads(littlegiant(*arguments, "--json").out)
    # A grant equivalent grows with the loan: the wanted value is the same share of the whole as the size.
    assert size / whole["totals"]["committed"] == pytest.approx(100_000 / whole["totals"]["gross"], rel=1e-9)


def test_pages_are_written_whole(littlegiant: Command, register: Path, tmp_path: Path) -> None:
    for name, words in {
        "stress": ("stress", register, *DAY, "--language", "zh"),
        "claims": ("entitlements", register, *DAY, "--firm", FIRM, "--language", "zh"),
        "footing": ("instruments", "compare", register, *DAY, "--language", "zh"),
    }.items():
        page = tmp_path / f"{name}.html"
        assert littlegiant(*words, "--out", str(page)).code == 0
        text = page.read_text(encoding="utf-8")
        assert "虚构" in text, "what is invented says so"
        assert text.endswith("</html>\n")
        assert ("<svg" in text) or name == "claims", "a firm that may claim nothing has nothing to stack"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


AID = "aid,undertaking,granted_on,measure,level,equivalent,cost,status\nn1,A,2026-05-01,award,national,30,p,offered\n"
SECOND = "m1,A,2026-05-03,city,municipal,30,p,offered\n"


def test_aid_of_several_levels_is_cut_to_the_ceiling(littlegiant: Command, tmp_path: Path) -> None:
    (tmp_path / "aid.csv").write_text(AID + SECOND, encoding="utf-8")
    (tmp_path / "costs.csv").write_text("undertaking,cost,amount\nA,p,100\n", encoding="utf-8")
    words = ("instruments", "cumulate", tmp_path / "aid.csv", "--costs", tmp_path / "costs.csv", "--on", "2026-05-25")
    (found,) = json.loads(littlegiant(*words, "--intensity", "0.5", "--json").out)
    assert [(cut["aid"], cut["to"]) for cut in found["cuts"]] == [("m1", 20.0)]
    assert "above a ceiling: 1" in littlegiant(*words, "--intensity", "0.5").out
    assert "above a ceiling: 0" in littlegiant(*words, "--intensity", "0.6").out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("aid,undertaking\nx,A\n", "no column granted_on"),
        (AID.replace("national", "nationa"), "row 2, column level: found 'nationa', expected a level. Did you mean 'national'"),
        (AID.replace(",30,", ",-30,"), "row 2, column equivalent: found '-30'"),
        (AID.replace("2026-05-01", "May"), "row 2, column granted_on: found 'May'"),
        (AID.replace(",offered", ",promised"), "column status: found 'promised'"),
        (AID.replace(",offered", ""), "row 2: found another number of cells than titles"),
        (AID, "without an eligible cost"),
    ],
)
def test_a_broken_file_of_aid_is_told_by_its_row(littlegiant: Command, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "aid.csv").write_text(text, encoding="utf-8")
    done = littlegiant("instruments", "cumulate", tmp_path / "aid.csv", "--intensity", "0.5", "--on", "2026-05-25")
    assert done.code == 2
    assert told in " ".join(done.err.split())
