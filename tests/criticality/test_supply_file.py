"""The supply file's own mistakes: one sentence each, with the nearest name that would do."""

from pathlib import Path
from typing import Any

import pytest

from littlegiant.criticality import read_supply
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register

from .making import CATALOGUE, CHAIN, dependence_of, known_of, write_chain, write_csv, write_links, write_supply


def told(folder: Path, **changes: Any) -> str:
    with pytest.raises(LittleGiantError) as problem:
        read_supply(write_supply(folder, **changes))
    return str(problem.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"declarde": "x.csv"}, "Did you mean 'declared'"),
        ({"links": {"fiel": "links.csv"}}, "Did you mean 'file'"),
        ({"essentiality": None}, "essentiality"),
        ({"essentiality": None, "links": None, "declared": "declared.csv"}, "essentiality"),
        ({"dependence": CHAIN, "home": None}, "home"),
        ({"links": None}, "knows nothing"),
        ({"links": None, "foreign": "foreign.csv"}, "knows nothing"),
        ({"links": {"file": "links.csv", "grade": "guessed"}}, "grade"),
        ({"links": {"file": "links.csv", "unknown_firms": "drop"}}, "unknown_firms"),
        ({"unknown_class": "important"}, "unknown_class"),
        ({"accounts": {"sales": "revenue"}}, "accounts"),
        ({"failure": 1.5}, "failure"),
        ({"share": 0}, "share"),
        ({"measure": 0}, "measure"),
        ({"dependence": {**CHAIN, "weak": 2}}, "weak"),
        ({"dependence": {**CHAIN, "source": None}}, "source"),
        ({"supply": "a town"}, "supply"),
    ],
)
def test_a_mistake_in_the_document_names_the_key(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    assert words in told(tmp_path, **changes)


def test_no_file_and_no_mapping_are_told(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError, match=r"none\.yaml"):
        read_supply(tmp_path / "none.yaml")
    (tmp_path / "supply.yaml").write_text("- links\n")
    with pytest.raises(LittleGiantError, match=r"supply\.yaml"):
        read_supply(tmp_path / "supply.yaml")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"essentiality": "good"}, "Did you mean 'goods'"),
        ({"catalogue": "key-link"}, "Did you mean 'key-links-2026'"),
        ({"accounts": {"revenue": "revenu"}}, "Did you mean 'revenue'"),
        ({"capabilities": ["rd_expens"]}, "Did you mean 'rd_expense'"),
        ({"links": {"file": "lnks.csv"}}, "no such file"),
        ({"foreign": "none.csv"}, "no such file"),
        ({"declared": "none.csv"}, "no such file"),
        ({"firm_products": "none.csv"}, "no such file"),
        ({"findings": "none.csv"}, "no such file"),
        ({"essentiality": "none.csv"}, "no such file"),
    ],
)
def test_a_name_that_is_none_is_told_with_the_nearest(
    town: Register, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    write_links(tmp_path)
    with pytest.raises(LittleGiantError) as problem:
        known_of(tmp_path, town, **changes)
    assert words in str(problem.value)


@pytest.mark.parametrize("changes", [{"capabilities": ["founded"]}, {"capabilities": ["leading_product"]}])
def test_a_capability_that_is_no_number_is_one_sentence(town: Register, tmp_path: Path, changes: dict[str, Any]) -> None:
    write_links(tmp_path)
    with pytest.raises(LittleGiantError) as problem:
        known_of(tmp_path, town, **changes)
    assert next(iter(changes.values()))[0] in str(problem.value)


def test_an_account_and_a_capability_of_one_name_do_not_mix(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    known = known_of(tmp_path, town, accounts={"revenue": "rd_expense"}, capabilities=["revenue"])
    at = known.firms.place["MILL1"]
    assert known.firms.capabilities["revenue"][at] == 300_000_000
    assert known.firms.accounts["revenue"][at] == 9_000_000


def test_a_catalogue_is_found_by_its_id_and_by_its_kind(town: Register, tmp_path: Path) -> None:
    write_links(tmp_path)
    found = [known_of(tmp_path, town, catalogue=name).catalogue for name in (CATALOGUE, "key-links-2026")]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].document == found[1].document


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (("SCREW", "P1", "0.5", ""), "row 2, column firm"),
        (("SCREW1", "P1", "50", ""), "row 2, column share"),
        (("SCREW1", "P1", "0.5", "perhaps"), "row 2, column qualified"),
        (("SCREW1", "", "0.5", "yes"), "row 2, column product"),
    ],
)
def test_mistakes_in_firm_products_are_told_by_row(town: Register, tmp_path: Path, row: tuple[str, ...], place: str) -> None:
    write_chain(tmp_path)
    write_csv(tmp_path / "made.csv", "firm,product,share,qualified", [row])
    with pytest.raises(LittleGiantError) as problem:
        dependence_of(tmp_path, town, firm_products="made.csv")
    assert problem.value.problems[0].place == f"made.csv, {place}"


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        (("SCREW", "ball-screws", "fills", "a panel", "2026-05-01"), "findings.csv, row 2, column firm", "Did you mean 'SCREW"),
        (("SCREW1", "ball-screw", "fills", "a panel", "2026-05-01"), "findings.csv, row 2", "Did you mean 'ball-screws'"),
        (("SCREW1", "ball-screws", "fill", "a panel", "2026-05-01"), "findings.csv, row 2, column verdict", "'fills'"),
        (("SCREW1", "ball-screws", "fills", " ", "2026-05-01"), "findings.csv, row 2, column by", "name"),
        (("SCREW1", "ball-screws", "fills", "a panel", "May"), "findings.csv, row 2, column at", ""),
    ],
)
def test_mistakes_in_findings_are_told_by_row(
    town: Register, tmp_path: Path, row: tuple[str, ...], place: str, words: str
) -> None:
    write_chain(tmp_path)
    write_csv(tmp_path / "findings.csv", "firm,link,verdict,by,at", [row])
    with pytest.raises(LittleGiantError) as problem:
        dependence_of(tmp_path, town, findings="findings.csv", catalogue=CATALOGUE)
    assert problem.value.problems[0].place.startswith(place)
    assert words in str(problem.value)


def test_a_remedy_names_a_key_that_helps(town: Register, tmp_path: Path) -> None:
    write_chain(tmp_path)
    write_csv(tmp_path / "made.csv", "firm,product,share", [("999", "P1", "0.5")])
    with pytest.raises(LittleGiantError) as problem:
        dependence_of(tmp_path, town, firm_products="made.csv")
    assert "unknown_firms" not in str(problem.value), "`links: unknown_firms:` changes nothing for the products of firms"
