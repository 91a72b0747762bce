"""A region may make a national text stricter or fill its holes, where that text opens them, and nothing else."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from littlegiant.assessment import run_cases
from littlegiant.documents import Document, parse_document
from littlegiant.packs import Pack, open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.standards import Standard, compile_applying, find_versions
from littlegiant.standards.model import Overlay
from littlegiant.standards.overlaying import lay_over

PACK, DAY = open_pack("cn"), date(2026, 5, 25)
SHIPPED = sorted(path.stem for path in PACK.paths("overlays"))


def national() -> Document[Standard]:
    return PACK.version(Standard, "standards", "srdi", "2022")


def overlay(text: str) -> Document[Overlay]:
    head = (
        "format: 1\noverlay: try\ntitle: {en: a try}\nnumber: No. 1\nregion: '440000'\nstandard: srdi\nversions: ['2022']\n"
        "applies: [{application: any, from: 2022-06-01}]\n"
    )
    return parse_document((head + text).encode(), Overlay, "try.yaml")


@pytest.mark.parametrize("id", SHIPPED)
def test_the_shipped_overlays_hold_their_worked_cases(id: str) -> None:
    (document,) = find_versions(PACK, f"srdi+{id}")
    results = list(run_cases(document, PACK))
    assert len(results) >= 3
    assert [result.name for result in results if result.differences] == []


def test_the_rule_that_is_judged_by_has_the_overlay_among_its_documents() -> None:
    plain = compile_applying(PACK, "srdi", on=DAY, application="new", version="2022")
    laid = compile_applying(PACK, "srdi+guangdong", on=DAY, application="new", version="2022")
    assert [each.name for each in laid.documents if each not in plain.documents] == ["cn/overlays/guangdong.yaml"]
    assert laid.fingerprint != plain.fingerprint
    assert laid.standard.score is not None
    assert (laid.standard.score.pass_, laid.document.bytes_hash) == (70, plain.document.bytes_hash)


def test_the_national_text_of_2026_allows_none_and_says_so() -> None:
    with pytest.raises(LittleGiantError, match="srdi 2026, which allows none"):
        compile_applying(PACK, "srdi+guangdong", on=DAY, application="new", version="2026")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raises: {pass: {value: 55}}\n", "55, softer than the national 60"),
        ("raises: {rd_share_floor: {value: 0.05}}\n", "'rd_share_floor', which the national text does not open"),
        (
            "fills: {debt: [{id: other, rungs: [{when: own_brands >= 1, points: 5}]}]}\n",
            "'debt', which the national text",
        ),
        ("fills: {local: [{id: other, rungs: [{when: own_brands >= 1, points: 20}]}]}\n", "indicators of 20 points together"),
        ("fills: {local: [{id: debt, rungs: [{when: own_brands >= 1, points: 15}]}]}\n", "the id 'debt' again"),
    ],
)
def test_what_the_national_text_does_not_open_is_refused(text: str, told: str) -> None:
    with pytest.raises(LittleGiantError, match=told):
        lay_over(national(), overlay(text), PACK)


def test_another_clause_has_no_place_in_an_overlay() -> None:
    with pytest.raises(LittleGiantError, match="unknown key 'criteria'"):
        overlay("criteria: [{id: more, require: revenue >= 1}]\n")


def test_an_unknown_region_is_named() -> None:
    document = overlay("raises: {pass: {value: 61}}\n")
    elsewhere = parse_document(document.source.replace(b"440000", b"440001"), Overlay, "try.yaml")
    with pytest.raises(LittleGiantError, match="no region '440001'"):
        lay_over(national(), elsewhere, PACK)


@pytest.mark.parametrize(("parameter", "softer"), [("floor", "0.5"), ("limit", "0.9")])
def test_stricter_is_up_for_a_floor_and_down_for_a_limit(toy: Callable[[str], Pack], parameter: str, softer: str) -> None:
    pack = toy("raises: [floor, limit]")
    (document,) = pack.versions(Standard, "standards", "toy")
    text = overlay("").source.decode().replace("srdi", "toy").replace("'2022'", "'1'").replace("440000", "X")
    same = parse_document(f"{text}raises: {{{parameter}: {{value: 0.7}}}}\n".encode(), Overlay, "try.yaml")
    assert lay_over(document, same, pack).value.parameters[parameter].value == document.value.parameters[parameter].value
    soft = parse_document(f"{text}raises: {{{parameter}: {{value: {softer}}}}}\n".encode(), Overlay, "try.yaml")
    with pytest.raises(LittleGiantError, match="softer than the national"):
        lay_over(document, soft, pack)


@pytest.fixture
def toy(tmp_path: Path) -> Callable[[str], Pack]:
    """Return what makes a small pack whose one standard has a floor and a limit of 0.7 and the openings that are given."""

    def make(openings: str) -> Pack:
        files = {
            "pack.yaml": "format: 1\npack: toy\ntitle: {en: toy}\nlanguages: [en]\ntiers: [{id: toy, title: {en: toy}}]\n"
            "currency: {code: X, title: {en: x}, minor: {title: {en: y}, per_main: 100}, multiples: []}\n"
            "applications: [{id: new, title: {en: new}}]\n",
            "facts.yaml": "format: 1\nfacts:\n  a: {type: share, period: static, title: {en: a}}\n"
            "  b: {type: share, period: static, title: {en: b}}\n",
            "regions.yaml": "format: 1\nregions: {X: {title: {en: x}}}\n",
            "sectors.yaml": "format: 1\nsectors: {}\n",
            "standards/toy/1.yaml": "format: 1\nstandard: toy\nversion: '1'\ntitle: {en: toy}\n"
            "law: {title: {en: toy}, number: n}\n"
            "applies: [{application: new, from: 2020-01-01}]\n"
            "parameters:\n  floor: {value: 0.7, unit: share, clause: '1'}\n  limit: {value: 0.7, unit: share, clause: '2'}\n"
            "criteria:\n  - {id: one, clause: '1', text: {en: x}, require: a >= floor}\n"
            f"  - {{id: two, clause: '2', text: {{en: x}}, require: b <= limit}}\nopenings: {{{openings}}}\n",
        }
        for name, text in files.items():
            path = tmp_path / "toy" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return open_pack(tmp_path / "toy")

    return make
