"""Key links: how products are recognised, what a catalogue may not say, and whether the one that is shipped fits together."""

from typing import Any

import pytest
from pydantic import ValidationError

from littlegiant.criticality import Catalogue, KeyLinks, open_key_links
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError

from .making import CATALOGUE, PACK


def link(id: str, *words: str, **more: Any) -> dict[str, Any]:
    head = {"id": id, "chain": "tools", "stage": "parts", "title": {"en": id}, "words": words}
    return {**head, "source": "invented", "confidence": "assumed", **more}


def made(*links: dict[str, Any], **more: Any) -> Catalogue:
    stages = {"parts": {"en": "parts"}, "machines": {"en": "machines"}}
    chains = {"tools": {"title": {"en": "tools"}, "stages": stages}, "other": {"title": {}, "stages": {"parts": {}}}}
    document = {"format": 1, "key_links": "small", "title": {}, "source": "invented", "chains": chains, "links": links}
    return Catalogue(KeyLinks.model_validate({**document, **more}))


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return open_key_links(PACK, CATALOGUE)


def test_an_id_counts_before_any_word() -> None:
    catalogue = made(link("screws", "screw"), link("ball-screws", "screws"))
    assert catalogue.recognise("screws") == "screws"
    assert catalogue.recognise("ball-screws") == "ball-screws"
    assert catalogue.recognise("nothing of it") == ""
    assert catalogue.recognise("") == ""


def test_the_longest_word_in_a_title_wins() -> None:
    catalogue = made(link("bearings", "轴承"), link("spindles", "主轴轴承"), link("spindle", "主轴"))
    assert catalogue.recognise("精密主轴轴承") == "spindles"
    assert catalogue.recognise("精密轴承") == "bearings"
    assert catalogue.recognise("电主轴") == "spindle"


@pytest.mark.parametrize("title", ["国产 EDA 软件", "EDA软件", "国产eda\u3000软件 平台", "eda  软件", "EDA\n软件"])
def test_blanks_beside_chinese_and_case_do_not_matter(title: str) -> None:
    catalogue = made(link("eda", "EDA 软件"), link("screws", "ball screw"))
    assert catalogue.recognise(title) == "eda"
    assert catalogue.recognise("Precision BALL   Screw, 国产") == "screws"
    assert catalogue.recognise("ballscrew") == ""


def test_all_titles_at_once_are_the_same_as_one_by_one() -> None:
    catalogue = made(link("eda", "eda软件"), link("screws", "ball screw"))
    titles = ["EDA软件", "a ball screw", "bread", "EDA软件", ""]
    assert catalogue.recognised(titles) == {title: catalogue.recognise(title) for title in titles}


def test_neighbours_are_what_it_needs_what_needs_it_and_its_stage() -> None:
    catalogue = made(
        link("screws", "a"),
        link("guides", "b"),
        link("mill", "c", stage="machines", needs=["screws"]),
        link("lathe", "d", stage="machines"),
        link("far", "e", chain="other"),
    )
    assert catalogue.neighbours("screws") == {"guides", "mill"}
    assert catalogue.neighbours("mill") == {"screws", "lathe"}
    assert catalogue.neighbours("far") == frozenset()


@pytest.mark.parametrize(
    ("links", "told"),
    [
        ([link("a"), link("a")], "stands twice"),
        ([link("a", stage="part")], "Did you mean 'parts'"),
        ([link("a", chain="tool")], "Did you mean 'tools'"),
        ([link("a", stage="machines", chain="other")], "no stage 'machines' of other"),
        ([link("a", needs=["screw"]), link("screws")], "Did you mean 'screws'"),
        ([link("a", needs=["b"]), link("b", needs=["c"]), link("c", needs=["a"])], "circle"),
        ([link("a", needs=["a"])], "circle"),
        ([link("a", confidence="certain")], "confidence"),
        ([link("a", colour="red")], "colour"),
        ([link("A a")], "id"),
    ],
)
def test_a_catalogue_that_does_not_fit_together_is_refused(links: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        made(*links)


def test_a_word_of_two_links_is_refused() -> None:
    with pytest.raises(ValidationError):
        made(link("a", "screw"), link("b", "Screw"))


def test_an_empty_word_is_refused() -> None:
    with pytest.raises(ValidationError):
        made(link("a", ""), link("b", "screw"))


def test_an_unknown_catalogue_is_told_with_the_nearest() -> None:
    with pytest.raises(LittleGiantError, match="Did you mean 'key-links-2026'"):
        open_key_links(PACK, "key-links-2025")
    with pytest.raises(LittleGiantError, match="The pack has none"):
        open_key_links(open_pack("us"), CATALOGUE)


def test_every_word_that_is_shipped_belongs_to_its_link(shipped: Catalogue) -> None:
    wrong = [
        (each.id, word, shipped.recognise(word))
        for each in shipped.document.links
        for word in each.words
        if shipped.recognise(word) != each.id
    ]
    assert wrong == []


def test_a_title_that_is_shipped_is_not_taken_for_another_link(shipped: Catalogue) -> None:
    wrong = [
        (each.id, title, shipped.recognise(title))
        for each in shipped.document.links
        for title in each.title.values()
        if shipped.recognise(title) not in ("", each.id)
    ]
    assert wrong == []


def test_the_catalogue_that_is_shipped_names_sectors_of_the_pack_and_headings(shipped: Catalogue) -> None:
    for each in shipped.document.links:
        assert each.words, each.id
        assert all(word == word.lower() for word in each.words), each.id
        assert {"zh", "en"} <= set(each.title), each.id
        assert all(code[:3] in PACK.sectors for code in each.sectors), each.id
        assert all(code.isdigit() and len(code) in (4, 6) for code in each.hs), each.id
        assert not set(each.needs) & {each.id}
    used = {(each.chain, each.stage) for each in shipped.document.links}
    stages = {(name, stage) for name, chain in shipped.document.chains.items() for stage in chain.stages}
    assert used == stages, "no stage stands empty"


@pytest.mark.parametrize("title", ["Mascara and lipstick", "multi-chip cores"])
def test_a_latin_word_is_no_part_of_another_word(shipped: Catalogue, title: str) -> None:
    assert shipped.recognise(title) == "", "scara stands in mascara, ip core in chip cores"
