"""The commands of allocations and draws: what they print, as JSON too, the pages; every mistake is one sentence with its mend."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from allocation.award_samples import make_register, write_award
from littlegiant.ledger.drawing import commitment_of, order, reveal
from register.making import Answer, Command, once

DAY = ("--year", "2025", "--on", "2026-05-25")
SECRET = "5a" * 32
BEACON = "03 11 17 24 29 | 05"
SOLVE = ("solve", "AWARD", "--register", "REGISTER", *DAY, "--acts", "ACTS")


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "award-register", make_register)


@pytest.fixture
def call(littlegiant: Command, samples: Path) -> Command:
    """`allocate` with names of files in capitals filled in."""
    names = {"AWARD": samples / "award.yaml", "REGISTER": samples / "register", "ACTS": samples / "acts.jsonl"}

    def run(*words: object) -> Answer:
        return littlegiant("allocate", *(names.get(str(word), word) for word in words))

    return run


@pytest.fixture(scope="session")
def made(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a solved call, from the room itself; not to be written into."""
    from allocation.award_samples import carried

    return once(tmp_path_factory, "award-made", lambda folder: carried(samples, folder / "allocation") and None) / "allocation"


@pytest.fixture
def files(samples: Path, tmp_path: Path) -> Path:
    """The files beside the call, to be changed."""
    for path in samples.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    return tmp_path


def strict(text: str) -> Any:
    """Read JSON as others do: without NaN."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def refused(done: Answer, *told: str) -> None:
    text = " ".join(done.err.split())
    assert done.code == 2, (done.code, done.err)
    for part in told:
        assert part in text
    assert "Traceback" not in done.err


def case_of(folder: Path, won: bool) -> str:
    rows = pq.read_table(folder / "award_cases.parquet").to_pylist()
    return next(row["case"] for row in rows if (row["package"] is not None) == won and row["ground"] != "dropped")


# --- solve ----------------------------------------------------------------------------------------------------------------


def test_solve_answers_in_words_and_leaves_its_folder(call: Command, tmp_path: Path, made: Path) -> None:
    done = call(*SOLVE, "--out", tmp_path / "out", "--no-page")
    assert done.code == 0, done.err
    for part in ("Gate: 28 firms met it", "not offered, investment lies below 20,000,000", "central 2026", "6 m yuan"):
        assert part in done.out
    for name in ("options", "award_rows", "award_winners", "award_cases", "award_options", "award_uses"):
        assert (tmp_path / "out" / f"{name}.parquet").read_bytes() == (made / f"{name}.parquet").read_bytes()
    assert not (tmp_path / "out/report.html").exists()


def test_solve_as_json_is_the_certificate(call: Command, tmp_path: Path) -> None:
    done = call(*SOLVE, "--out", tmp_path / "out", "--no-page", "--json")
    assert done.code == 0, done.err
    assert strict(done.out) == json.loads((tmp_path / "out/certificate.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_written_whole(call: Command, tmp_path: Path, language: str) -> None:
    done = call(*SOLVE, "--out", tmp_path / "out", "--language", language, "--json")
    assert done.code == 0, done.err
    assert strict(done.out), "what is printed is JSON and nothing else"
    text = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert text.endswith("</html>\n")
    assert ("虚构" if language == "zh" else "is invented") in text
    for name in (
        "allocation",
        "cutoff",
        "rows",
        "prices",
        "frontier",
        "simple-rules",
        "stages",
        "weights",
        "bands",
        "certificate",
    ):
        assert f'id="{name}"' in text or f'id="{language}-{name}"' in text, name


def test_a_draw_with_simulated_draws(call: Command, files: Path, tmp_path: Path) -> None:
    write_award(files, lottery={"alpha": 0.2}, score_noise=0.5)
    draw = {"call": "test-2026", "commitment": commitment_of("test-2026", SECRET), "secret": SECRET, "beacon": BEACON}
    (files / "draw.json").write_text(json.dumps(draw))
    words = ("solve", files / "award.yaml", "--register", "REGISTER", *DAY, "--acts", "ACTS", "--draw", files / "draw.json")
    done = call(*words, "--simulate", "3", "--out", tmp_path / "out", "--no-page", "--json")
    assert done.code == 0, done.err
    assert strict(done.out)["draw"]["beacon"] == BEACON
    assert call("verify", tmp_path / "out").code == 0
    tables = [pq.read_schema(path).names for path in (tmp_path / "out").glob("*.parquet")]
    assert any("propensity" in names for names in tables), "what an evaluation weights by is left in the folder"


def test_a_draw_of_another_call_is_refused(call: Command, files: Path) -> None:
    """A draw is committed to for one call; the office may not choose among several."""
    draw = {"call": "other", "commitment": commitment_of("other", SECRET), "secret": SECRET, "beacon": BEACON}
    (files / "draw.json").write_text(json.dumps(draw))
    words = ("solve", files / "award.yaml", "--register", "REGISTER", *DAY, "--acts", "ACTS", "--draw", files / "draw.json")
    refused(call(*words, "--out", files / "out", "--no-page"), "other")


def test_rows_that_cannot_all_hold_are_named_with_the_least_that_mends_them(call: Command, files: Path) -> None:
    write_award(files, limits=[{"limit": "many", "of": "awards", "at_least": 20}], quotas=None)
    done = call("solve", files / "award.yaml", "--register", "REGISTER", *DAY, "--acts", "ACTS", "--out", files / "out")
    refused(
        done, "rows that cannot all hold", "many at least 20", "central 2026 at most 21,000,000.00", "The least that mends it:"
    )
    assert (files / "out/options.parquet").exists(), "options stay, so that everybody can be told"
    assert not (files / "out/certificate.json").exists()


def test_a_call_without_titles_is_solved_with_its_page(call: Command, files: Path) -> None:
    packages = [{"package": "half", "parts": [{"use": "key-little-giant-award", "size": {"amount": 3_000_000}}]}]
    write_award(files, title=None, packages=packages, quotas=None, merit=None, reviews=None)
    done = call("solve", files / "award.yaml", "--register", "REGISTER", *DAY, "--acts", "ACTS", "--out", files / "out")
    assert done.code == 0, done.err
    letter = call("letter", files / "out", "--award", files / "award.yaml", "--case", case_of(files / "out", True))
    assert letter.code == 0, letter.err
    assert "half" in letter.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("solve", "none.yaml", "--register", "REGISTER", *DAY, "--out", "OUT"), "none.yaml"),
        (("solve", "AWARD", "--register", "none", *DAY, "--out", "OUT"), "no register"),
        (("solve", "AWARD", "--register", "REGISTER", "--year", "2025", "--on", "May", "--out", "OUT"), "--on"),
        (("solve", "AWARD", "--register", "REGISTER", *DAY, "--acts", "none.jsonl", "--out", "OUT"), "no such file"),
        (("solve", "AWARD", "--register", "REGISTER", *DAY, "--out", "OUT"), "no option that any rule left"),
        (("solve", "AWARD", "--register", "REGISTER", *DAY, "--criticality", "none.csv", "--out", "OUT"), "no such file"),
        (("solve", "AWARD", "--register", "REGISTER", *DAY, "--draw", "none.json", "--out", "OUT"), "no such file"),
        (("solve", "AWARD", "--register", "REGISTER", *DAY, "--language", "de", "--out", "OUT"), "zh or en"),
        (("solve", "AWARD", "--register", "REGISTER", *DAY, "--threads", "0", "--out", "OUT"), "--threads"),
    ],
)
def test_a_mistake_in_solving_is_one_sentence(call: Command, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    refused(call(*[tmp_path / "out" if word == "OUT" else word for word in words]), told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reviews": "none.csv"}, "none.csv"),
        (
            {"packages": [{"package": "full", "parts": [{"use": "key-little-giant-awrd"}]}]},
            "Did you mean 'key-little-giant-award'",
        ),
        ({"gate": "key-litle-giant"}, "key-litle-giant"),
        ({"fund": "x"}, "fund"),
    ],
)
def test_a_mistake_in_a_call_is_one_sentence(call: Command, files: Path, changes: dict[str, Any], told: str) -> None:
    write_award(files, **changes)
    done = call(
        "solve", files / "award.yaml", "--register", "REGISTER", *DAY, "--acts", "ACTS", "--out", files / "out", "--no-page"
    )
    refused(done, told)


def test_criticality_outside_its_range_is_one_sentence(call: Command, files: Path) -> None:
    (files / "criticality.csv").write_text("firm,criticality\nF1,1.5\n")
    refused(call(*SOLVE, "--criticality", files / "criticality.csv", "--out", files / "out"), "column criticality", "0 to 1")


# --- letter and verify ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("won", [True, False])
def test_a_letter_says_why_and_where_the_benefit_comes_from(
    call: Command, made: Path, tmp_path: Path, won: bool, language: str
) -> None:
    case = case_of(made, won)
    done = call("letter", made, "--award", "AWARD", "--case", case, "--language", language, "--out", tmp_path / "firm.json")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    packages = [line.partition(":")[0] for line in lines[1:-1] if not line.startswith("  ")]
    assert packages == {"en": ["6 m yuan", "3 m yuan"], "zh": ["三年600万元", "三年300万元"]}[language]
    own = strict((tmp_path / "firm.json").read_text())
    assert own["case"] == case
    assert (own["got"] is not None) == won
    checked = call("verify", made, "--firm", tmp_path / "firm.json")
    assert checked.code == 0, checked.out
    assert "FAILS" not in checked.out


def test_a_letter_for_nobody_is_one_sentence(call: Command, made: Path) -> None:
    refused(call("letter", made, "--award", "AWARD", "--case", "P0001"), "no case 'P0001'", "Did you mean")
    refused(call("letter", made, "--award", "none.yaml", "--case", "P00001"), "none.yaml")


def test_a_letter_from_no_folder_is_one_sentence(call: Command, tmp_path: Path) -> None:
    refused(call("letter", tmp_path / "none", "--award", "AWARD", "--case", "P00001"), "none")


def test_verify_counts_what_holds(call: Command, made: Path) -> None:
    done = call("verify", made)
    assert done.code == 0, done.out
    assert "FAILS" not in done.out
    assert "the bound follows from options and prices" in done.out
    public = call("verify", made, "--public")
    assert public.code == 0
    assert "the bound follows" not in public.out
    checks = strict(call("verify", made, "--json").out)
    assert checks
    assert all(each["wrong"] == "" for each in checks)


def test_verify_without_the_auditors_tables_checks_what_is_public(call: Command, made: Path, tmp_path: Path) -> None:
    for name in ("award_rows.parquet", "award_winners.parquet", "certificate.json"):
        shutil.copy(made / name, tmp_path)
    done = call("verify", tmp_path)
    assert done.code == 0, done.out
    assert "bound less value is the gap" in done.out


def test_verify_fails_with_exit_code_1(call: Command, made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "copy")
    read = json.loads((tmp_path / "copy/certificate.json").read_text())
    (tmp_path / "copy/certificate.json").write_text(json.dumps({**read, "value": read["value"] + 1}))
    done = call("verify", tmp_path / "copy")
    assert done.code == 1
    assert "FAILS" in done.out
    assert call("verify", tmp_path / "copy", "--json").code == 1


def test_verify_of_no_folder_is_one_sentence(call: Command, made: Path, tmp_path: Path) -> None:
    refused(call("verify", tmp_path), "no certificate.json")
    refused(call("verify", made, "--firm", tmp_path / "none.json"), "none.json")
    (tmp_path / "bad.json").write_text("{}")
    refused(call("verify", made, "--firm", tmp_path / "bad.json"), "bad.json")


# --- games, files of others -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_games_answer_in_words_and_as_json(call: Command, made: Path) -> None:
    done = call("games", made, "--award", "AWARD", "--share", "0.3")
    assert done.code == 0, done.err
    for rule in ("unchanged", "estimated", "believed", "baseline lower by 20 %"):
        assert rule in done.out
    found = strict(call("games", made, "--award", "AWARD", "--share", "0.3", "--json").out)
    assert [each["rule"] for each in found["ask_for_more"]] == ["unchanged", "estimated", "believed"]
    assert found["lower_baseline"]["rule"] == "believed"
    assert found["lower_baseline"]["players"] > 0


def test_a_game_nobody_can_play_is_one_sentence(call: Command, made: Path) -> None:
    refused(call("games", made, "--award", "AWARD", "--share", "1.5"), "a share between 0 and 1")


@pytest.mark.parametrize("share", ["0.0001", "0.3"])
def test_a_game_without_players_answers_or_says_so(call: Command, made: Path, share: str) -> None:
    done = call("games", made, "--award", "AWARD", "--share", share, "--json")
    assert done.code in (0, 2), done.err
    if done.code == 0:
        strict(done.out)


def test_export_and_import(call: Command, made: Path, tmp_path: Path) -> None:
    done = call("export", made, "--package", "half", "--budget", "9000000", "--out", tmp_path / "call.pb")
    assert done.code == 0, done.err
    read = call("import", tmp_path / "call.pb")
    assert read.code == 0, read.err
    assert "3 of " in read.out
    found = strict(call("import", tmp_path / "call.pb", "--json").out)
    assert len(found["projects"]) == 3
    assert found["points"] <= found["bound"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("export", "MADE", "--package", "haf", "--budget", "5", "--out", "x.pb"), "Did you mean 'half'"),
        (("export", "MADE", "--package", "half", "--budget", "5", "--measure", "cost", "--out", "x.pb"), "no measure 'cost'"),
        (("export", "none", "--package", "half", "--budget", "5", "--out", "x.pb"), "none"),
        (("import", "none.pb"), "no such file"),
    ],
)
def test_a_mistake_with_a_file_of_others_is_one_sentence(call: Command, made: Path, words: tuple[str, ...], told: str) -> None:
    refused(call(*[made if word == "MADE" else word for word in words]), told)


# --- draw -----------------------------------------------------------------------------------------------------------------


def test_a_draw_from_commitment_to_order(littlegiant: Command, tmp_path: Path) -> None:
    committed = littlegiant("draw", "commit", "test-2026", "--out", tmp_path / "secret.json")
    assert committed.code == 0, committed.err
    kept = json.loads((tmp_path / "secret.json").read_text())
    assert committed.out.strip() == kept["commitment"] == commitment_of("test-2026", kept["secret"])
    assert kept["secret"] not in committed.out
    words = (
        "draw",
        "open",
        tmp_path / "secret.json",
        "--beacon",
        BEACON,
        "--source",
        "a lottery",
        "--out",
        tmp_path / "draw.json",
    )
    opened = littlegiant(*words)
    assert opened.code == 0, opened.err
    seed = reveal("test-2026", kept["commitment"], kept["secret"], BEACON).seed
    assert opened.out.strip() == f"seed {seed.hex()}"
    (tmp_path / "cases.txt").write_text("P1\n\n P2 \nP3\n某企业\n", encoding="utf-8")
    done = littlegiant("draw", "order", tmp_path / "draw.json", tmp_path / "cases.txt", "--commitment", committed.out)
    assert done.code == 0, done.err
    assert done.out.split() == order(seed, ["P1", "P2", "P3", "某企业"])
    (tmp_path / "order.txt").write_text(done.out, encoding="utf-8")
    assert littlegiant("draw", "check", tmp_path / "draw.json", tmp_path / "order.txt").out.strip().endswith("that of the draw.")
    (tmp_path / "order.txt").write_text("\n".join(reversed(done.out.split())), encoding="utf-8")
    differs = littlegiant("draw", "check", tmp_path / "draw.json", tmp_path / "order.txt")
    assert differs.code == 1
    assert f"place 1 has {done.out.split()[-1]}, the tickets give {done.out.split()[0]}" in differs.out


def test_a_secret_is_not_overwritten(littlegiant: Command, tmp_path: Path) -> None:
    assert littlegiant("draw", "commit", "test", "--out", tmp_path / "secret.json").code == 0
    before = (tmp_path / "secret.json").read_bytes()
    refused(littlegiant("draw", "commit", "test", "--out", tmp_path / "secret.json"), "secret.json exists")
    assert (tmp_path / "secret.json").read_bytes() == before


def secret_file(folder: Path, **changes: str) -> Path:
    document = {"call": "test", "commitment": commitment_of("test", SECRET), "secret": SECRET, "beacon": BEACON, **changes}
    (folder / "secret.json").write_text(json.dumps(document))
    return folder / "secret.json"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"secret": "ab" * 32}, "does not give the published commitment"),
        ({"call": "another"}, "does not give the published commitment"),
        ({"commitment": hashlib.sha256(b"").hexdigest()}, "does not give the published commitment"),
        ({"secret": "ab"}, "64 hexadecimal digits"),
    ],
)
def test_a_draw_that_was_not_committed_to_is_one_sentence(
    littlegiant: Command, tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    path = secret_file(tmp_path, **changes)
    refused(littlegiant("draw", "open", path, "--beacon", BEACON, "--out", tmp_path / "draw.json"), told)
    assert not (tmp_path / "draw.json").exists()
    (tmp_path / "cases.txt").write_text("P1\n")
    refused(littlegiant("draw", "order", path, tmp_path / "cases.txt"), told)


def test_other_mistakes_with_a_draw_are_one_sentence(littlegiant: Command, tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    (tmp_path / "cases.txt").write_text("P1\nP2\nP1\n")
    (tmp_path / "bad.json").write_text("[1")
    refused(littlegiant("draw", "open", path, "--beacon", " ", "--out", tmp_path / "d.json"), "no public value")
    refused(littlegiant("draw", "open", tmp_path / "none.json", "--beacon", "1", "--out", tmp_path / "d.json"), "no such file")
    refused(
        littlegiant("draw", "open", tmp_path / "bad.json", "--beacon", "1", "--out", tmp_path / "d.json"), "no file of a draw"
    )
    refused(littlegiant("draw", "order", path, tmp_path / "cases.txt"), "'P1' twice")
    refused(littlegiant("draw", "order", path, tmp_path / "cases.txt", "--commitment", "00"), "another commitment")


def test_a_list_that_is_not_there_is_one_sentence(littlegiant: Command, tmp_path: Path) -> None:
    refused(littlegiant("draw", "order", secret_file(tmp_path), tmp_path / "none.txt"), "none.txt")


def test_the_benefit_in_a_letter_can_be_computed_again(call: Command, made: Path) -> None:
    """Effect, mean effect, score, mean score and weight as printed give the benefit to about a unit."""
    done = call("letter", made, "--award", "AWARD", "--case", case_of(made, True))
    line = next(line for line in done.out.splitlines() if "Benefit " in line)
    numbers = r"([\d,.]*\d)"
    shape = (
        rf"Benefit {numbers} = {numbers}\^{numbers} × "
        rf"\(mean effect {numbers} × score {numbers} ÷ mean score {numbers}\)\^{numbers}"
    )
    found = re.search(shape, line)
    assert found is not None, line
    benefit, effect, other, mean_effect, score, mean_score, weight = (float(each.replace(",", "")) for each in found.groups())
    assert effect**other * (mean_effect * score / mean_score) ** weight == pytest.approx(benefit, abs=1.5)


def test_no_english_rule_in_a_chinese_letter(call: Command, made: Path) -> None:
    table = pq.read_table(made / "options.parquet", columns=["case", "dropped"]).to_pylist()
    for rule in sorted({row["dropped"] for row in table if row["dropped"].startswith(("gate", "no ", "score"))}):
        case = next(row["case"] for row in table if row["dropped"] == rule)
        done = call("letter", made, "--award", "AWARD", "--case", case, "--language", "zh")
        assert rule not in done.out
