"""One file, readable without scripts or a network, in both languages; nothing in the data becomes part of the page."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.pages import Column, Element, bars, page, stacked_bars

from .reading import harmless, read

COLUMNS = [Column("name", "Name"), Column("cases", "Firms", True)]
ROWS: list[dict[str, Any]] = [
    {"name": "Beijing", "cases": 12_345},
    {"name": "Tianjin", "cases": 0},
    {"name": None, "cases": None},
]


def whole(*elements: Element, title: str = "Title", **more: Any) -> str:
    languages = ("zh", "en")
    return page(
        dict.fromkeys(languages, title),
        dict.fromkeys(languages, more.get("lead", "Lead")),
        dict.fromkeys(languages, elements),
        banners=dict.fromkeys(languages, more.get("banners", ())),
        footers=dict.fromkeys(languages, more.get("footers", ())),
    )


def test_both_languages_are_on_the_page_and_the_first_is_chosen() -> None:
    root = read(whole(Element("outcomes", "Outcomes", "A sentence.")))
    assert [(main.attributes["class"], main.attributes["lang"]) for main in root.all("main")] == [("zh", "zh-CN"), ("en", "en")]
    radios = [node for node in root.all("input") if node.attributes["type"] == "radio"]
    assert [(node.attributes["id"], "checked" in node.attributes) for node in radios] == [("in-zh", True), ("in-en", False)]
    assert [label.text().strip() for label in root.all("label")] == ["中文", "English"]
    (html,) = root.all("html")
    assert html.attributes["lang"] == "zh-CN"


def test_a_page_in_one_language_has_nothing_to_choose() -> None:
    only = page({"en": "T"}, {"en": "L"}, {"en": [Element("a", "A", "S.")]}, banners={"en": []}, footers={"en": []})
    assert list(read(only).all("input")) == []


def test_a_table_has_headings_and_numbers_with_separators() -> None:
    root = read(whole(Element("region", "By region", "A sentence.", COLUMNS, ROWS)))
    (table, _) = root.all("table")
    assert [cell.text() for cell in table.all("th")] == ["Name", "Firms"]
    assert [[cell.text() for cell in row.all("td")] for row in list(table.all("tr"))[1:]] == [
        ["Beijing", "12,345"],
        ["Tianjin", "0"],
        ["–", "–"],
    ]
    assert [cell.attributes.get("class") for cell in table.all("td")][:2] == [None, "n"]
    assert all(cell.attributes["scope"] == "col" for cell in table.all("th"))


def test_a_folded_table_opens_without_scripts() -> None:
    root = read(whole(Element("region", "By region", "A sentence.", COLUMNS, ROWS, fold=True)))
    assert [summary.text() for summary in root.all("summary")] == ["查看表格", "Show the table"]
    assert all(any(node.tag == "details" for node in up(table)) for table in root.all("table"))


def up(node: Any) -> list[Any]:
    return [] if node.parent is None else [node.parent, *up(node.parent)]


def test_pictures_carry_their_title_for_those_who_do_not_see_them() -> None:
    chart = bars([{"text": "甲", "left": 3}], label="text", value="left", title="firms")
    root = read(whole(Element("funnel", "Clause by clause", "A sentence.", COLUMNS, ROWS, chart)))
    figures = list(root.all("figure"))
    assert [(f.attributes["role"], f.attributes["aria-label"]) for f in figures] == [("img", "Clause by clause")] * 2
    assert all(len(list(figure.all("svg"))) == 1 for figure in figures)
    harmless(root)


HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</title></style></main><iframe src=http://example.org>",
    "&lt;script&gt;",
    "<!-- -->",
    "]]>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_stay_texts_wherever_they_stand(text: str) -> None:
    columns = [Column("name", text), Column("cases", text, True)]
    chart = bars([{"text": text, "left": 3}], label="text", value="left", title=text)
    element = Element("x", text, text, columns, [{"name": text, "cases": text}], chart, notes=[text])
    root = read(whole(element, title=text, lead=text, banners=[text], footers=[text]))
    harmless(root)
    main = next(iter(root.all("main")))
    assert text in [node.text() for node in main.all("h1")]
    assert text in [node.text() for node in main.all("h2")]
    assert [text] * 2 == [node.text() for node in main.all("td")]
    assert text in [node.text() for node in main.all("li")]
    assert text in "".join(node.text() for node in main.all("footer"))
    (head_title,) = [node for node in root.all("title") if node.parent is not None and node.parent.tag == "head"]
    assert head_title.text() == text
    assert [f.attributes["aria-label"] for f in root.all("figure")] == [text] * 2


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    root = read(whole(Element("x", text, text, COLUMNS, [{"name": text, "cases": 1}])))
    harmless(root)
    main = next(iter(root.all("main")))
    assert [node.text() for node in main.all("td")] == [text, "1"]


def test_an_id_of_an_element_cannot_break_out() -> None:
    harmless(read(whole(Element('x"><script>', "T", "S."))))


@pytest.mark.parametrize("text", HOSTILE)
def test_pictures_hold_texts_as_texts(text: str) -> None:
    parts = {"a": (text, "good"), "b": ("other", "bad")}
    for svg in (
        bars([{"label": text, "value": 3}], label="label", value="value", title=text),
        stacked_bars([{"label": text, "a": 1, "b": 2}], label="label", parts=parts, title=text),
    ):
        root = read(svg)
        assert [node.tag for node in root.all("script", "image", "iframe", "img", "foreignobject", "a")] == []
        assert not any(name.startswith("on") for node in root.all() for name in node.attributes)
        assert re.findall(r'(?:href|src)="(?!#)[^"]*"', svg) == []


def test_pictures_show_the_numbers_of_their_rows() -> None:
    svg = bars([{"label": "甲", "value": 1234}, {"label": "乙", "value": 0}], label="label", value="value", title="家")
    words = [node.text() for node in read(svg).all("text")]
    assert {"甲", "乙", "1,234", "0", "家"} <= set(words)


def test_a_picture_is_the_same_when_it_is_drawn_again() -> None:
    rows = [{"label": f"r{n}", "a": n, "b": 3} for n in range(4)]
    parts = {"a": ("yes", "good"), "b": ("no", "bad")}
    first, again = (stacked_bars(rows, label="label", parts=parts, title="share") for _ in range(2))
    assert first == again
