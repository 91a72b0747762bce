"""The report of a real round, whatever its files and columns are called: both languages, tables beside pictures, no harm."""

from pathlib import Path

import pytest

from .conftest import COLUMN, FILE, SMUGGLED
from .reading import Node, harmless, read


@pytest.fixture(scope="module")
def root(report: Path) -> Node:
    return read(report.read_text(encoding="utf-8"))


def test_nothing_is_fetched_and_nothing_runs(root: Node) -> None:
    harmless(root)


def test_the_only_addresses_are_names_of_formats(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    for name in ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"):
        text = text.replace(f'"{name}"', "")
    assert "http://" not in text
    assert "https://" not in text


def test_hostile_names_are_shown_as_they_are(root: Node) -> None:
    for main, title in zip(root.all("main"), (f"测试 {SMUGGLED}", f"Test </title></main>{SMUGGLED}"), strict=True):
        (heading,) = main.all("h1")
        assert heading.text() == title
        cells = {cell.text() for cell in main.all("td")}
        assert FILE in cells
        assert COLUMN in cells
    banners = [
        "".join(node.text() for node in main.all("p") if node.attributes.get("class") == "banner") for main in root.all("main")
    ]
    assert [f"练习 {SMUGGLED}" in banners[0], f"an exercise </p>{SMUGGLED}" in banners[1]] == [True, True]


def test_every_picture_has_its_table_in_the_same_section(root: Node) -> None:
    with_pictures = [section for section in root.all("section") if list(section.all("figure"))]
    assert len(with_pictures) >= 10
    assert [section.attributes["id"] for section in with_pictures if not list(section.all("table"))] == []


def test_both_languages_have_the_same_sections_and_the_same_numbers(root: Node) -> None:
    zh, en = root.all("main")
    for a, b in zip(zh.all("section"), en.all("section"), strict=True):
        assert a.attributes["id"].removeprefix("zh-") == b.attributes["id"].removeprefix("en-")
        numbers = [[cell.text() for cell in part.all("td") if cell.attributes.get("class") == "n"] for part in (a, b)]
        assert numbers[0] == numbers[1]
        assert len(list(a.all("tr"))) == len(list(b.all("tr")))


def test_sections_have_ids_of_their_own(root: Node) -> None:
    ids = [node.attributes["id"] for node in root.all() if "id" in node.attributes]
    assert sorted(set(ids)) == sorted(ids)


def test_the_report_says_how_the_import_went_and_by_which_rules(root: Node) -> None:
    en = list(root.all("main"))[1]
    assert "Of 41 rows read, 41 were used, on 41 firms; the columns of this table add up." in en.text()
    footer = next(iter(en.all("footer"))).text()
    assert "the software decides nothing" in footer
    assert "rules digest " in footer


def test_no_blank_was_left_unfilled(root: Node) -> None:
    words = " ".join(node.text() for main in root.all("main") for node in main.all("h1", "h2", "p", "li", "th", "td"))
    assert "{" not in words.replace(SMUGGLED, "")
    assert "None" not in words
