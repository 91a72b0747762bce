"""A round that says how critical firms are: computed from copies, sealed, computed again, and never published."""

import json
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from littlegiant.criticality.writing import write_criticality
from littlegiant.problems import LittleGiantError
from littlegiant.rounds import run, verify
from register.making import once
from rounds.making import files, write_programme

from .conftest import Worked
from .making import write_csv, write_worked

STAGE = "07-criticality"
NAMED = ("foreign.csv", "declared.csv", "firm-products.csv", "findings.csv", "products.csv", "provision.csv", "chain.csv")


@pytest.fixture(scope="session")
def sealed(worked: Worked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with programme, supply files and the round; not to be written into."""

    def make(folder: Path) -> None:
        write_worked(folder, worked.register.path)
        run(write_programme(folder, worked.register.path, acts=None, supply="supply.yaml"), folder / "round")

    return once(tmp_path_factory, "critical-round", make)


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


def test_the_stage_keeps_copies_of_all_that_was_known(sealed: Path) -> None:
    stage = stage_of(sealed)
    for name in ("supply.yaml", *NAMED):
        assert (stage / "supply" / name).read_bytes() == (sealed / name).read_bytes()
    entry = next(each for each in json.loads((sealed / "round/round.json").read_text())["stages"] if each["name"] == STAGE)
    assert set(entry["tables"]) == {"criticality"}


def test_the_table_is_that_of_the_room_itself(sealed: Path, worked: Worked, tmp_path: Path) -> None:
    write_criticality(worked.found.table, tmp_path / "criticality.parquet")
    again = pq.read_table(tmp_path / "criticality.parquet")
    assert pq.read_table(stage_of(sealed) / "criticality.parquet").equals(again)


def test_verify_computes_it_again(sealed: Path) -> None:
    checks = verify(sealed / "round")
    assert [check for check in checks if not check.holds] == []
    assert "criticality computed again" in {check.what for check in checks if check.kind == "estimated"}


def test_nothing_of_it_is_public(sealed: Path) -> None:
    public = sealed / "round/public"
    assert list(public.rglob("*.parquet"))
    for path in public.rglob("*"):
        assert "critical" not in path.name.lower()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            assert "esri" not in table.column_names
            text = json.dumps(table.to_pylist(), default=str, ensure_ascii=False)
        elif path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
        else:
            continue
        assert "SYN0" not in text, path.name
        assert "lithography" not in text, path.name


def test_a_page_apart_has_it_in_both_languages_and_the_report_names_the_page(sealed: Path) -> None:
    office = (sealed / "round/report.html").read_text(encoding="utf-8")
    assert "private/criticality.html" in office
    assert 'id="en-chokepoints"' not in office, "what is restricted is not in what the office hands on"
    report = (sealed / "round/private/criticality.html").read_text(encoding="utf-8")
    for name in ("risk", "chokepoints", "stages", "missing", "coverage"):
        assert f'id="en-{name}"' in report
        assert f'id="zh-{name}"' in report
    assert "不得公开" in report
    assert "Restricted: not for publication." in report


@pytest.mark.usefixtures("no_report")
def test_running_again_keeps_everything(copied: Path) -> None:
    before = files(copied / "round")
    result = run(copied / "programme.yaml", copied / "round")
    assert result.made == ()
    assert files(copied / "round") == before


CHANGES = {
    "foreign.csv": ("900000", "800000"),
    "declared.csv": ("0.4", "0.3"),
    "firm-products.csv": ("0.7", "0.6"),
    "provision.csv": ("0.9,", "0.8,"),
    "supply.yaml": ('"gaps": 3', '"gaps": 2'),
}


@pytest.mark.usefixtures("no_report")
def test_a_changed_file_makes_a_new_attempt(copied: Path) -> None:
    first = files(stage_of(copied))
    for attempt, (name, (old, new)) in enumerate(CHANGES.items(), 2):
        path = copied / name
        changed = path.read_text(encoding="utf-8").replace(old, new)
        assert changed != path.read_text(encoding="utf-8")
        path.write_text(changed, encoding="utf-8")
        assert run(copied / "programme.yaml", copied / "round").made == (STAGE,)
        assert (stage_of(copied, f".{attempt}") / "supply" / name).read_text(encoding="utf-8") == changed
    assert files(stage_of(copied)) == first, "what was sealed stays"


def test_verify_holds_after_the_files_outside_are_gone(copied: Path) -> None:
    for name in ("supply.yaml", *NAMED):
        (copied / name).unlink()
    assert all(check.holds for check in verify(copied / "round"))


@pytest.mark.parametrize("name", ["foreign.csv", "findings.csv"])
def test_verify_notices_a_changed_copy(copied: Path, name: str) -> None:
    path = stage_of(copied) / "supply" / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("900000", "100000").replace("a panel", "nobody"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    assert not all(check.holds for check in verify(copied / "round"))


def test_verify_notices_a_changed_table(copied: Path) -> None:
    path = stage_of(copied) / "criticality.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    assert not all(check.holds for check in verify(copied / "round"))


@pytest.mark.parametrize("name", ["foreign.csv", "provision.csv", "supply.yaml"])
def test_a_missing_file_is_one_sentence_before_anything_is_written(sealed: Path, tmp_path: Path, name: str) -> None:
    for path in sealed.glob("*.*"):
        if path.name != name:
            shutil.copy(path, tmp_path)
    with pytest.raises(LittleGiantError) as problem:
        run(tmp_path / "programme.yaml", tmp_path / "round")
    assert len(problem.value.problems) == 1
    assert name in str(problem.value)
    assert not (tmp_path / "round").exists()


def test_a_mistake_in_a_file_leaves_the_round_whole(copied: Path) -> None:
    write_csv(copied / "foreign.csv", "country,product,buyer,value,sector", [("NLD", "lithography", "nobody", "5", "C35")])
    before = files(copied / "round")
    with pytest.raises(LittleGiantError, match=r"foreign\.csv, row 2, column buyer"):
        run(copied / "programme.yaml", copied / "round")
    assert files(copied / "round") == before


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("where", ["../elsewhere", "ABSOLUTE"])
def test_copies_lie_inside_the_stage_wherever_the_files_lie(worked: Worked, tmp_path: Path, where: str) -> None:
    """A file beside or above the supply file is copied all the same, or refused; it never lands outside `supply/`."""
    inner, elsewhere = tmp_path / "programme", tmp_path / "elsewhere"
    inner.mkdir()
    elsewhere.mkdir()
    supply = write_worked(inner, worked.register.path)
    shutil.move(inner / "declared.csv", elsewhere / "declared.csv")
    other = f"{elsewhere}/declared.csv" if where == "ABSOLUTE" else f"{where}/declared.csv"
    supply.write_text(supply.read_text(encoding="utf-8").replace('"declared.csv"', json.dumps(other)), encoding="utf-8")
    programme = write_programme(inner, worked.register.path, acts=None, supply="supply.yaml")
    try:
        run(programme, inner / "round")
    except LittleGiantError:
        return
    stage = stage_of(inner)
    assert sorted(path.name for path in stage.iterdir()) == ["criticality.parquet", "supply"]
    assert len(list((stage / "supply").rglob("declared.csv"))) == 1
    shutil.rmtree(elsewhere)
    assert all(check.holds for check in verify(inner / "round"))


@pytest.mark.usefixtures("no_report")
def test_no_path_of_a_file_leads_a_copy_into_what_is_public(worked: Worked, tmp_path: Path) -> None:
    inner = tmp_path / "a/b/c/d"
    inner.mkdir(parents=True)
    (tmp_path / "public").mkdir()
    supply = write_worked(inner, worked.register.path)
    shutil.move(inner / "declared.csv", tmp_path / "public/declared.csv")
    text = supply.read_text(encoding="utf-8").replace('"declared.csv"', '"../../../../public/declared.csv"')
    supply.write_text(text, encoding="utf-8")
    try:
        run(write_programme(inner, worked.register.path, acts=None, supply="supply.yaml"), tmp_path / "round")
    except LittleGiantError:
        return
    assert list((tmp_path / "round/public").rglob("declared.csv")) == []


@pytest.mark.usefixtures("no_report")
def test_without_a_supply_file_there_is_no_such_stage(worked: Worked, tmp_path: Path) -> None:
    result = run(write_programme(tmp_path, worked.register.path, acts=None), tmp_path / "round")
    assert STAGE not in result.made
    assert not stage_of(tmp_path).exists()
