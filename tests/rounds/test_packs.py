"""A pack is documents only: the template runs at once, mistakes are found, an installed package is found by name."""

import ast
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.rounds.pack_check import check_pack, new_pack


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return new_pack("ruritania", tmp_path / "ruritania")


def test_a_new_pack_has_its_name_and_runs_all_its_cases(made: Path) -> None:
    checked = check_pack(made)
    assert open_pack(made).id == checked.pack == "ruritania"
    assert checked.problems == []
    assert checked.cases["rising-star"] == (10, 10)
    assert checked.cases["rising-star+south"] == (2, 2)


@pytest.mark.parametrize("pack", ["cn", "eu", "us"])
def test_the_built_in_packs_are_clean(pack: str) -> None:
    checked = check_pack(pack)
    assert checked.problems == []
    assert sum(count for _, count in checked.cases.values()) >= 90


def _replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("facts.yaml", _replaced("type: money", "type: mony"), "facts.yaml, line"),
        ("regions.yaml", _replaced("regions:", "region:"), "regions.yaml"),
        ("policy.yaml", _replaced("format: 1", "format: 2"), "policy.yaml"),
        ("overlays/south.yaml", _replaced("0.05", "0.03"), "softer than the national 0.04"),
        ("notices/2026.yaml", _replaced("staff >= 3", "stuff >= 3"), "Did you mean 'staff'"),
        ("size_classes/invented.yaml", _replaced("sector: sector\n", "sector: setor\n"), "setor"),
        ("standards/rising-star/1.yaml", _replaced("growth >= growth_floor", "growth > growth_floor"), "case 'growth of exactly"),
        ("standards/rising-star/1.yaml", _replaced("rd_share >= rd_floor", "rd_share >= 0.04"), "'rd_floor' is used nowhere"),
    ],
)
def test_what_is_wrong_in_a_pack_is_found(made: Path, name: str, change: Callable[[str], str], told: str) -> None:
    path = made / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    problems = [str(problem) for problem in check_pack(made).problems]
    assert [problem for problem in problems if told in problem] != []


def test_problems_of_several_documents_are_told_together(made: Path) -> None:
    for name in ("facts.yaml", "regions.yaml"):
        (made / name).write_text("format: 1\n", encoding="utf-8")
    places = {problem.place.partition(",")[0] for problem in check_pack(made).problems}
    assert {"ruritania/facts.yaml", "ruritania/regions.yaml"} <= places


def test_a_folder_that_is_there_is_not_written_over(made: Path) -> None:
    with pytest.raises(LittleGiantError, match="a folder that is there already"):
        new_pack("other", made)
    with pytest.raises(LittleGiantError, match="small letters"):
        new_pack("Not a name", made.parent / "other")


def test_an_installed_package_offers_its_pack_by_name(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    (site / "ruritania_rules").mkdir(parents=True)
    (site / "ruritania_rules" / "__init__.py").write_text("", encoding="utf-8")
    for path in made.rglob("*.yaml"):
        to = site / "ruritania_rules" / path.relative_to(made)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes())
    info = site / "ruritania_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ruritania-rules\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        "[littlegiant.packs]\nruritania = ruritania_rules\nlost = nowhere_at_all\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(site))
    assert open_pack("ruritania").id == "ruritania"
    with pytest.raises(LittleGiantError, match="cannot be found"):
        open_pack("lost")
    with pytest.raises(LittleGiantError, match=r"Built in: cn, eu, us, lost, ruritania"):
        open_pack("nothing")
    sys.modules.pop("ruritania_rules", None)


COUNTRY_WORDS = ("china", "chinese", "yuan", "beijing", "中国", "元", "little-giant", "小巨人", "srdi", "sbir", "euro")
ROOMS = ["problems", "digests", "engines", "documents", "records", "pages", "standards", "register", "assessment", "rounds"]
# Synthetic registers are made from one pack's facts and moments; the module names its titles.
KNOWN = {"synthesis.py", "synthetic_more.py"}


def _code(path: Path) -> str:
    """Return what a module does and says, without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body[0] = ast.Pass()
    return ast.unparse(tree).lower().replace("littlegiant", "")


@pytest.mark.parametrize("room", ROOMS)
def test_no_engine_code_knows_a_country(room: str) -> None:
    paths = (Path(__file__).parents[2] / "src/littlegiant" / room).rglob("*.py")
    found = [f"{path.name}: {word}" for path in paths if path.name not in KNOWN for word in COUNTRY_WORDS if word in _code(path)]
    assert found == []
