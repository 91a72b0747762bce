"""A round with an award call: sealed with copies of all it names, checked again, published as far as the policy says."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from littlegiant.ledger.drawing import commitment_of
from littlegiant.problems import LittleGiantError
from littlegiant.rounds import run, verify
from register.making import once
from rounds.making import files, newest, write_programme

from .award_samples import SECRET, carried, make_register, write_award, write_csv

STAGE = "08-award"
NAMED = ("projects.csv", "reviews.csv", "quotas.csv")
TABLES = {"options", "award_rows", "award_winners", "award_cases", "award_options", "award_uses"}


def programme(folder: Path, register: Path, **changes: Any) -> Path:
    return write_programme(folder, register, **{"standard": "key-little-giant", "award": "award.yaml", **changes})


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "award-register", make_register)


@pytest.fixture(scope="session")
def sealed(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with programme, call and the round; not to be written into."""

    def make(folder: Path) -> None:
        for path in samples.iterdir():
            if path.is_file():
                shutil.copy(path, folder)
        with patch.object(sys.modules["littlegiant.rounds.run"], "write_report", lambda *given: None):
            run(programme(folder, samples / "register"), folder / "round")

    return once(tmp_path_factory, "award-round", make)


@pytest.fixture
def copied(sealed: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be changed."""
    shutil.copytree(sealed, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the report, which takes longest."""
    monkeypatch.setattr(sys.modules["littlegiant.rounds.run"], "write_report", lambda *given: None)


def stage_of(folder: Path, attempt: str = "") -> Path:
    return folder / f"round/private/stages/{STAGE}{attempt}"


def test_the_stage_keeps_copies_of_all_that_the_call_names(sealed: Path) -> None:
    for name in ("award.yaml", *NAMED):
        assert (stage_of(sealed) / "call" / name).read_bytes() == (sealed / name).read_bytes()
    entry = next(each for each in json.loads((sealed / "round/round.json").read_text())["stages"] if each["name"] == STAGE)
    assert set(entry["tables"]) == TABLES


def test_the_tables_are_those_of_the_room_itself(sealed: Path, samples: Path, tmp_path: Path) -> None:
    carried(samples, tmp_path / "out")
    for name in TABLES:
        assert pq.read_table(stage_of(sealed) / f"{name}.parquet").equals(pq.read_table(tmp_path / "out" / f"{name}.parquet"))


def test_all_checks_hold_and_an_allocation_is_recounted(sealed: Path) -> None:
    checks = verify(sealed / "round")
    assert [check for check in checks if not check.holds and check.what != "report.html"] == []
    told = {check.what for check in checks if check.kind == "checked"}
    assert "award: the bound follows from options and prices" in told
    assert "award: the value follows from the options" in told


def test_what_is_public_is_rows_winners_and_certificate_only(sealed: Path) -> None:
    public = sealed / "round/public"
    names = {path.name for path in public.rglob("*") if path.is_file()}
    award = {name for name in names if "award" in name or "certificate" in name or "option" in name or "means" in name}
    assert award == {"award_rows.parquet", "award_winners.parquet", "certificate.json"}
    losers = {row["case"] for row in newest(sealed / "round", STAGE, "award_cases").to_pylist() if row["package"] is None}
    firms = {row["firm"] for row in newest(sealed / "round", STAGE, "award_cases").to_pylist() if row["package"] is None}
    assert losers
    for path in public.rglob("*.parquet"):
        table = pq.read_table(path)
        assert not {"theta", "regret", "probability", "benefit", "score", "rank"} & set(table.column_names), path.name
        if path.name.startswith("award"):
            text = json.dumps(table.to_pylist(), default=str)
            assert not [case for case in losers | firms if f'"{case}"' in text], path.name


@pytest.mark.usefixtures("no_report")
def test_running_again_keeps_everything(copied: Path) -> None:
    before = files(copied / "round")
    result = run(copied / "programme.yaml", copied / "round")
    assert result.made == ()
    assert files(copied / "round") == before


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("name", ["reviews.csv", "projects.csv", "award.yaml"])
def test_a_changed_file_makes_a_new_attempt(copied: Path, name: str) -> None:
    first = files(stage_of(copied))
    text = (copied / name).read_text(encoding="utf-8")
    if name == "award.yaml":
        write_award(copied, draws=41)
    else:
        (copied / name).write_text(
            "\n".join(line + ("1" if number == 1 else "") for number, line in enumerate(text.splitlines())) + "\n"
        )
    assert run(copied / "programme.yaml", copied / "round").made == (STAGE,)
    assert (stage_of(copied, ".2") / "call" / name).read_bytes() == (copied / name).read_bytes()
    assert files(stage_of(copied)) == first, "what was sealed stays"
    assert all(check.holds for check in verify(copied / "round") if check.what != "report.html")


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_a_changed_ceiling_changes_winners_and_what_is_public(copied: Path) -> None:
    write_award(copied, funds=[{"fund": "central", "level": "national", "budget": {2026: 9_000_000, 2029: 9_000_000}}])
    run(copied / "programme.yaml", copied / "round")
    assert (
        newest(copied / "round", STAGE, "award_winners").num_rows
        < pq.read_table(stage_of(copied) / "award_winners.parquet").num_rows
    )
    public = pq.read_table(copied / "round/public/open-data/award_winners.parquet")
    assert public.num_rows == newest(copied / "round", STAGE, "award_winners").num_rows


def seed_act(subject: str = "test-2026", **changes: Any) -> dict[str, Any]:
    body = {"commitment": commitment_of("test-2026", SECRET), "secret": SECRET, "beacon": "03 11 17", "source": "a lottery"}
    kept = {key: value for key, value in {**body, **changes}.items() if value is not None}
    return {
        "id": "seed-1", "at": "2026-06-20T09:00:00+08:00", "by": "an officer", "role": "ministry", "subject": subject,
        "type": "seed", "body": kept,
    }  # fmt: skip


def commit_act(subject: str = "test-2026", **changes: Any) -> dict[str, Any]:
    """The act before the deadline: nothing but the commitment."""
    body = {"commitment": commitment_of("test-2026", SECRET), **changes}
    return {**seed_act(subject), "id": "seed-0", "at": "2026-05-01T09:00:00+08:00", "body": body}


def add_act(folder: Path, act: dict[str, Any]) -> None:
    with (folder / "acts.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(act) + "\n")


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_a_seed_act_decides_the_draw(copied: Path, samples: Path, tmp_path: Path) -> None:
    from .award_samples import draw_for

    lottery = {"alpha": 0.2}
    write_award(copied, lottery=lottery, score_noise=0.5)
    add_act(copied, commit_act())
    add_act(copied, seed_act())
    made = run(copied / "programme.yaml", copied / "round").made
    assert STAGE in made
    certificate = json.loads((stage_of(copied, ".2") / "certificate.json").read_text())
    assert certificate["draw"]["secret"] == SECRET
    assert certificate["draw"]["beacon"] == "03 11 17"
    grounds = set(newest(copied / "round", STAGE, "award_cases")["ground"].to_pylist())
    assert grounds & {"drawn", "not drawn"}
    assert all(check.holds for check in verify(copied / "round") if check.what != "report.html")
    alone = carried(copied_call(copied, samples), tmp_path / "alone", draw=draw_for("test-2026", beacon="03 11 17"))
    again = newest(copied / "round", STAGE, "award_winners").to_pylist()
    assert pq.read_table(alone.written["award_winners"].path).to_pylist() == again


def copied_call(folder: Path, samples: Path) -> Path:
    """The folder with a register beside the call, for the room itself."""
    (folder / "register").symlink_to(samples / "register")
    lines = (folder / "acts.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "acts.jsonl").write_text("".join(f"{line}\n" for line in lines if '"seed"' not in line), encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_a_seed_for_another_call_decides_nothing(copied: Path) -> None:
    add_act(copied, seed_act("another-call"))
    run(copied / "programme.yaml", copied / "round")
    newest_stage = sorted(stage_of(copied).parent.glob(f"{STAGE}*"))[-1]
    assert "draw" not in json.loads((newest_stage / "certificate.json").read_text())


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"secret": "ab" * 32}, "does not give the published commitment"),
        ({"beacon": None}, "a seed without beacon"),
        ({"beacon": ""}, "no public value"),
    ],
)
def test_a_seed_that_was_not_committed_to_is_one_sentence(copied: Path, changes: dict[str, Any], told: str) -> None:
    add_act(copied, commit_act())
    add_act(copied, seed_act(**changes))
    before = files(stage_of(copied))
    with pytest.raises(LittleGiantError, match=told) as problem:
        run(copied / "programme.yaml", copied / "round")
    assert len(problem.value.problems) == 1
    assert files(stage_of(copied)) == before


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize(
    ("committed", "told"),
    [
        (None, "whose commitment no earlier act gave"),
        ({"at": "2026-06-21T09:00:00+08:00"}, "whose commitment no earlier act gave"),
        ({"body": {"commitment": "0" * 64}}, "another commitment than the first act gave"),
    ],
)
def test_who_commits_afterwards_draws_nothing(copied: Path, committed: dict[str, Any] | None, told: str) -> None:
    if committed is not None:
        add_act(copied, {**commit_act(), **committed})
    add_act(copied, seed_act())
    with pytest.raises(LittleGiantError, match=told):
        run(copied / "programme.yaml", copied / "round")


# --- what verify notices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["projects.csv", *(pytest.param(name, marks=pytest.mark.slow) for name in NAMED[1:])])
def test_verify_notices_a_changed_copy(copied: Path, name: str) -> None:
    path = stage_of(copied) / "call" / name
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not all(check.holds for check in verify(copied / "round") if check.what != "report.html")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*sorted(TABLES)])
def test_verify_notices_a_changed_table(copied: Path, name: str) -> None:
    path = stage_of(copied) / f"{name}.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    assert not all(check.holds for check in verify(copied / "round") if check.what != "report.html")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["award_rows.parquet", "award_winners.parquet", "certificate.json"])
def test_verify_notices_what_is_public_and_was_not_sealed(copied: Path, name: str) -> None:
    path = copied / "round/public/open-data" / name
    path.write_bytes(path.read_bytes().replace(b"a", b"b"))
    assert not all(check.holds for check in verify(copied / "round") if check.what != "report.html")
    path.unlink()
    assert not all(check.holds for check in verify(copied / "round") if check.what != "report.html")


def test_verify_notices_a_changed_certificate(copied: Path) -> None:
    path = stage_of(copied) / "certificate.json"
    read = json.loads(path.read_text())
    path.write_text(json.dumps({**read, "value": read["value"] + 1}))
    failing = [check for check in verify(copied / "round") if not check.holds and check.what != "report.html"]
    assert {check.kind for check in failing} >= {"exact", "checked"}


def test_verify_holds_after_the_files_outside_are_gone(copied: Path) -> None:
    for name in ("award.yaml", *NAMED):
        (copied / name).unlink()
    assert all(check.holds for check in verify(copied / "round") if check.what != "report.html")


# --- what is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["award.yaml", *NAMED])
def test_a_missing_file_is_one_sentence_before_anything_is_written(samples: Path, tmp_path: Path, name: str) -> None:
    for path in samples.glob("*.*"):
        if path.name != name:
            shutil.copy(path, tmp_path)
    with pytest.raises(LittleGiantError) as problem:
        run(programme(tmp_path, samples / "register"), tmp_path / "round")
    assert len(problem.value.problems) == 1
    assert name in str(problem.value)
    assert not (tmp_path / "round").exists()


def test_a_gate_of_another_standard_is_one_sentence(samples: Path, tmp_path: Path) -> None:
    for path in samples.glob("*.*"):
        shutil.copy(path, tmp_path)
    with pytest.raises(LittleGiantError, match="while the round judges 'little-giant'") as problem:
        run(programme(tmp_path, samples / "register", standard="little-giant"), tmp_path / "round")
    assert len(problem.value.problems) == 1
    assert not (tmp_path / "round").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_a_mistake_in_a_file_leaves_the_round_whole(copied: Path) -> None:
    write_csv(copied / "quotas.csv", ["group", "at_most"], [["440000", -1]])
    before = files(copied / "round")
    with pytest.raises(LittleGiantError, match="column at_most"):
        run(copied / "programme.yaml", copied / "round")
    assert files(copied / "round") == before


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_rows_that_cannot_all_hold_leave_the_round_whole(copied: Path) -> None:
    write_award(copied, limits=[{"limit": "many", "of": "awards", "at_least": 39}])
    before = files(copied / "round")
    with pytest.raises(LittleGiantError, match="many at least 39"):
        run(copied / "programme.yaml", copied / "round")
    assert files(copied / "round") == before


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("where", ["../elsewhere", "ABSOLUTE"])
def test_copies_lie_inside_the_stage_wherever_the_files_lie(samples: Path, tmp_path: Path, where: str) -> None:
    """A file beside or above the call is copied all the same, or refused; it never lands outside `call/`."""
    inner, elsewhere = tmp_path / "programme", tmp_path / "elsewhere"
    inner.mkdir()
    elsewhere.mkdir()
    for path in samples.glob("*.*"):
        shutil.copy(path, inner)
    shutil.move(inner / "projects.csv", elsewhere / "projects.csv")
    write_award(inner, projects=f"{elsewhere}/projects.csv" if where == "ABSOLUTE" else f"{where}/projects.csv")
    try:
        run(programme(inner, samples / "register"), inner / "round")
    except LittleGiantError:
        return
    stage = stage_of(inner)
    assert len(list((stage / "call").rglob("projects.csv"))) == 1
    assert len(list(inner.rglob("projects.csv"))) == 1
    shutil.rmtree(elsewhere)
    assert all(check.holds for check in verify(inner / "round") if check.what != "report.html")


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_no_path_of_a_file_leads_a_copy_into_what_is_public(samples: Path, tmp_path: Path) -> None:
    inner = tmp_path / "a/b/c/d"
    inner.mkdir(parents=True)
    (tmp_path / "public").mkdir()
    for path in samples.glob("*.*"):
        shutil.copy(path, inner)
    shutil.move(inner / "reviews.csv", tmp_path / "public/reviews.csv")
    write_award(inner, reviews="../../../../public/reviews.csv")
    try:
        run(programme(inner, samples / "register"), tmp_path / "round")
    except LittleGiantError:
        return
    assert list((tmp_path / "round/public").rglob("reviews.csv")) == []
    inside = stage_of(tmp_path) / "call"
    outside = [path for path in (tmp_path / "round").rglob("reviews.csv") if inside not in path.parents]
    assert outside == []


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_without_a_call_there_is_no_such_stage(samples: Path, tmp_path: Path) -> None:
    shutil.copy(samples / "acts.jsonl", tmp_path)
    result = run(programme(tmp_path, samples / "register", award=None), tmp_path / "round")
    assert STAGE not in result.made
    assert not (tmp_path / "round/public/open-data/certificate.json").exists()


# --- the report -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_report_has_the_call_in_both_languages_and_is_drawn_again(copied: Path) -> None:
    run(copied / "programme.yaml", copied / "round")
    pages = {path.name: path.read_text(encoding="utf-8") for path in (copied / "round").rglob("*.html")}
    text = "".join(pages.values())
    for name in ("allocation", "certificate", "reserve"):
        assert f'id="en-{name}"' in text
        assert f'id="zh-{name}"' in text
    assert [check for check in verify(copied / "round") if not check.holds] == []


@pytest.mark.slow
def test_losers_are_not_named_in_what_is_public(copied: Path) -> None:
    run(copied / "programme.yaml", copied / "round")
    losers = {row["firm"] for row in newest(copied / "round", STAGE, "award_cases").to_pylist() if row["package"] is None}
    winners = {row["firm"] for row in newest(copied / "round", STAGE, "award_cases").to_pylist() if row["package"] is not None}
    for path in (copied / "round/public").rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not [firm for firm in losers - winners if firm in text], path.name
