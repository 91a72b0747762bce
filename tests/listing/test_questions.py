"""What a title does not say is asked once, on one screen; nobody there to ask, nothing is taken silently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from listing.making import PACK, answers, plain_workbook, set_aside
from littlegiant.register import read_mapping
from register.making import Answer, Command

HEAD = ["企业名称", "营业收入", "2024年营业收入（万元）", "研发费用（万元）", "营业收人", "国内市场占有率"]
ROWS = [
    ["甲公司", 90_000_000, 8000, 300, 1, 12.5],
    ["乙公司", 40_000_000, 3900, 200, 2, 0.8],
    ["丙公司", 70_000_000, 1, 9, 3, 30],
]
EXIT = ("--on", "2026-05-25")


@pytest.fixture
def guessing(tmp_path: Path) -> Path:
    """A workbook with titles that say neither unit nor year."""
    return plain_workbook(tmp_path / "firms.xlsx", HEAD, *ROWS)


def saved(folder: Path) -> dict[str, tuple[int | None, str | None]]:
    """What the saved mapping says: year and unit of each column."""
    mapping = yaml.safe_load((folder / "firms.mapping.yaml").read_text(encoding="utf-8"))
    return {
        column["column"]: (source["key"].get("year"), column.get("unit"))
        for source in mapping["sources"].values()
        for column in source["facts"].values()
    }


def test_nobody_to_ask_and_the_draft_can_be_corrected_and_used(littlegiant: Command, guessing: Path, tmp_path: Path) -> None:
    stopped = littlegiant("list", guessing, *EXIT, "--out", tmp_path / "out")
    assert stopped.code == 2
    assert "Traceback" not in stopped.err
    assert "firms.xlsx, column 营业收入: found no unit and no year in the title, expected CNY, 2025?" in stopped.err
    assert "column 研发费用（万元）: found no year in the title, expected 2025?" in stopped.err
    assert "column 国内市场占有率: found no unit and no year" in stopped.err
    assert "2024年营业收入" not in stopped.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["firms.mapping.yaml"]
    draft = tmp_path / "out" / "firms.mapping.yaml"
    assert str(draft) in stopped.err
    text = draft.read_text(encoding="utf-8")
    assert "column: 研发费用（万元）\n        unit: 10k CNY" in text
    draft.write_text(
        text.replace("column: 研发费用（万元）\n        unit: 10k CNY", "column: 研发费用（万元）\n        unit: m CNY")
    )
    done = littlegiant("list", guessing, *EXIT, "--out", tmp_path / "out", "--mapping", draft)
    assert done.code == 0, done.err
    found = answers(tmp_path / "out" / "firms-评估结果.xlsx")
    assert [found[row]["评估结果"][:3] for row in (2, 3)] == ["待补证", "不符合"]
    assert "m CNY" in draft.read_text(encoding="utf-8")  # her correction stays


def test_enter_accepts_the_guesses(at_terminal: Command, guessing: Path, tmp_path: Path) -> None:
    done = at_terminal("list", guessing, *EXIT, "--out", tmp_path / "out", answers="\n")
    assert done.code == 0, done.err
    screen = [line.split() for line in done.out.splitlines()]
    assert ["2", "营业收入", "revenue", "CNY", "?", "2025", "?"] in screen
    assert ["3", "2024年营业收入（万元）", "revenue", "10k", "CNY", "2024"] in screen
    assert any("not read; like 营业收入?" in line for line in done.out.splitlines())
    assert saved(tmp_path / "out")["营业收入"] == (2025, "CNY")
    assert saved(tmp_path / "out")["国内市场占有率"] == (2025, "per cent")


def test_corrections_by_number_until_nothing_is_unsure(at_terminal: Command, guessing: Path, tmp_path: Path) -> None:
    typed = "2=万元; 4=2024\n2=2025；6=不用\n"
    done = at_terminal("list", guessing, *EXIT, "--out", tmp_path / "out", answers=typed)
    assert done.code == 0, done.err
    read = saved(tmp_path / "out")
    assert read["营业收入"] == (2025, "10k CNY")
    assert read["研发费用（万元）"] == (2024, "10k CNY")
    assert "国内市场占有率" not in read


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("99=2024", "'99=2024'"),
        ("2", "a column number, =, and a unit, a year or skip"),
        ("营业收入=2024", "a column number"),
        ("2=10k CN", "Did you mean '10k CNY'?"),
        ("2=furlongs", "Units: CNY, k CNY, 10k CNY"),
        ("2=", "Units:"),
        ("2=20255", "Units:"),
        ("1=10k CNY", "'1=10k CNY'"),
        ("4=per cent", "'4=per cent'"),
        ("6=10k CNY", "'6=10k CNY'"),
        ("5=2024", "'5=2024'"),
        ("1=2024", "'1=2024'"),
        ("2=1850", "'2=1850'"),
    ],
)
def test_a_wrong_correction_is_told_and_asked_again(
    at_terminal: Command, guessing: Path, tmp_path: Path, typed: str, said: str
) -> None:
    done: Answer = at_terminal("list", guessing, *EXIT, "--out", tmp_path / "out", answers=f"{typed}\n2=x\n")
    assert "Traceback" not in done.err
    assert said in done.err
    assert not list(tmp_path.glob("out/*.xlsx"))  # the input ended before anybody agreed


def test_a_second_column_of_one_figure_is_read_once_its_year_is_said(at_terminal: Command, tmp_path: Path) -> None:
    rows = [["甲公司", 9000, 8000], ["乙公司", 4000, 3900]]
    path = plain_workbook(tmp_path / "firms.xlsx", ["企业名称", "营业收入（万元）", "营收（万元）"], *rows)
    done = at_terminal("list", path, *EXIT, "--out", tmp_path / "out", answers="3=2024\n\n")
    assert done.code == 0, done.err
    assert saved(tmp_path / "out") == {
        "企业名称": (None, None),
        "营业收入（万元）": (2025, "10k CNY"),
        "营收（万元）": (2024, "10k CNY"),
    }


def test_no_figures_of_the_year_that_is_judged(at_terminal: Command, guessing: Path, tmp_path: Path) -> None:
    stopped = at_terminal("list", guessing, *EXIT, "--out", tmp_path / "out", answers="2=2023; 4=2024; 6=skip; 2=CNY\n")
    assert stopped.code == 2
    assert "firms.xlsx: found no firm with figures for 2025, expected one of the years 2023, 2024" in stopped.err
    assert "--year" in stopped.err
    assert not (tmp_path / "out").exists()


def test_interrupting_leaves_nothing(at_terminal: Command, guessing: Path, tmp_path: Path) -> None:
    before = guessing.read_bytes()
    stopped = at_terminal("list", guessing, *EXIT, "--out", tmp_path / "out", answers="")
    assert stopped.code != 0
    assert not (tmp_path / "out").exists()
    assert guessing.read_bytes() == before


def test_a_saved_mapping_reads_next_months_file_without_asking(at_terminal: Command, guessing: Path, tmp_path: Path) -> None:
    """Another name, another order, more rows, another column: the titles are what counts."""
    first = at_terminal("list", guessing, *EXIT, "--out", tmp_path / "out", "--accept", "--json")
    assert first.code == 0, first.err
    counted, workbook = json.loads(first.out), tmp_path / "out" / "firms-评估结果.xlsx"
    results = [cells["评估结果"][:3] for row, cells in answers(workbook).items() if row > 1]
    assert counted["outcomes"] == {"ineligible": results.count("不符合"), "undetermined": results.count("待补证")}
    assert counted["doubts"] == len(set_aside(workbook))
    mapping = tmp_path / "out" / "firms.mapping.yaml"
    read_mapping(mapping, PACK)
    order = [5, 1, 0, 3, 2]
    rows = [[*(row[n] for n in order), "新"] for row in [*ROWS, ["丁公司", 1_000_000, 100, 1, None, None]]]
    path = plain_workbook(tmp_path / "June.xlsx", [*(HEAD[n] for n in order), "备注"], *rows)
    done = at_terminal("list", path, *EXIT, "--out", tmp_path / "june", "--mapping", mapping, answers="")
    assert done.code == 0, done.err
    found = answers(tmp_path / "june" / "June-评估结果.xlsx")
    assert [found[row]["评估结果"][:3] for row in (2, 3, 5)] == ["待补证", "不符合", "不符合"]
    # 1 万元 in 2024 beside 7,000 万元 in 2025: another unit in one of both, so neither decides.
    assert any("丙公司" in row and "相差约一万倍" in row[-1] for row in set_aside(tmp_path / "june" / "June-评估结果.xlsx"))


def test_a_mapping_that_no_longer_fits_names_every_missing_title_and_its_nearest(
    littlegiant: Command, guessing: Path, tmp_path: Path
) -> None:
    assert littlegiant("list", guessing, *EXIT, "--out", tmp_path / "out", "--accept").code == 0
    head = ["企业全称", "营业收入额", "2024年营业收入（万元）", "研发费用（万元）", "营业收人", "国内市场占有率"]
    path = plain_workbook(tmp_path / "June.xlsx", head, *ROWS)
    before = path.read_bytes()
    stopped = littlegiant("list", path, *EXIT, "--out", tmp_path / "june", "--mapping", tmp_path / "out" / "firms.mapping.yaml")
    assert stopped.code == 2
    assert "no column '企业名称'" in stopped.err
    assert "企业全称" in stopped.err
    assert not (tmp_path / "june").exists()
    assert path.read_bytes() == before


def test_a_mapping_for_another_kind_of_file_or_none_is_refused(littlegiant: Command, guessing: Path, tmp_path: Path) -> None:
    csv = tmp_path / "csv.yaml"
    csv.write_text(
        "format: 1\nmapping: m\npack: cn\nsources:\n  a: {file: a.csv, key: {firm: x, year: y}, facts: {staff: {column: s}}}\n"
    )
    for mapping, said in ((csv, "a source that is no workbook"), (tmp_path / "none.yaml", "none.yaml"), (guessing, "firms.xlsx")):
        stopped = littlegiant("list", guessing, *EXIT, "--out", tmp_path / "june", "--mapping", mapping)
        assert stopped.code == 2, stopped.err
        assert said in stopped.err
        assert "Traceback" not in stopped.err
