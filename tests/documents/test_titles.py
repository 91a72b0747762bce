"""Titles of offices for the columns of small files."""

from pathlib import Path

import pytest

from littlegiant.documents import read_rows
from littlegiant.documents.titles import TITLES, own_titles
from littlegiant.problems import LittleGiantError


def test_codes_come_before_names() -> None:
    """Office files hold the number of a project beside its name, the code of a firm beside its name."""
    have = ["项目", "项目编号", "企业", "统一社会信用代码"]
    assert own_titles(have, ("project", "firm")) == ["项目", "project", "企业", "firm"]


def test_a_name_that_stands_there_stays_alone() -> None:
    assert own_titles([" firm ", "统一社会信用代码"], ("firm",)) == ["firm", "统一社会信用代码"]
    assert own_titles(["项目编号"], ()) == ["项目编号"]


def test_no_title_stands_for_two_names_that_a_file_may_hold_together() -> None:
    for name, titles in TITLES.items():
        for other, own in TITLES.items():
            if name < other and {name, other} != {"case", "project"}:
                assert not set(titles) & set(own), (name, other)


def test_rows_are_read_by_either_title(tmp_path: Path) -> None:
    path = tmp_path / "quotas.csv"
    path.write_text("组别,名额\n310000,5\n", encoding="utf-8-sig")
    assert [row for _, row in read_rows(path, ("group", "at_most"))] == [{"group": "310000", "at_most": "5"}]
    with pytest.raises(LittleGiantError, match="no column at_least"):
        list(read_rows(path, ("group", "at_least")))
