"""Mappings that are wrong: all problems at once, each with its line in the mapping and the nearest right name."""

from pathlib import Path
from typing import Any

import pytest

from .making import Command, clean, lines, write_mapping

HEAD = """format: 1
mapping: test
pack: cn
sources:
  firms:
    file: firms.csv
    key: {firm: code, year: year}
    facts:
"""
UNKNOWN = """mapping.yaml, line 9, sources.firms.facts.revenu: no fact 'revenu' in pack cn.
  Did you mean 'revenue'? [unknown-name]
mapping.yaml, line 10, sources.firms.facts.zzzz: no fact 'zzzz' in pack cn.
  See `littlegiant pack facts` for the vocabulary. [unknown-name]
"""
TWICE = """mapping.yaml, line 10, sources.firms.facts.assets: found column 'revenue' mapped to revenue and to assets, \
expected each column once.
  Remove one of the two. [column-twice]
"""
UNITS = """mapping.yaml, line 9, sources.firms.facts.revenue.unit: found '10k', \
expected one of CNY, k CNY, 10k CNY, m CNY, 100m CNY.
  Did you mean '10k CNY'? [unit]
mapping.yaml, line 10, sources.firms.facts.niche_share_national.unit: found 'percent', expected one of share, per cent.
  Did you mean 'per cent'? [unit]
"""
REFUSED = {
    "unknown facts": ("      revenu: {column: revenue}\n      zzzz: {column: staff}\n", UNKNOWN),
    "a column mapped twice": ("      revenue: {column: revenue}\n      assets: {column: revenue}\n", TWICE),
    "units that do not exist": (
        "      revenue: {column: revenue, unit: 10k}\n      niche_share_national: {column: staff, unit: percent}\n",
        UNITS,
    ),
    "an unknown key": (
        "      revenue: {colum: revenue}\n",
        "mapping.yaml, line 9, sources.firms.facts.revenue: no 'column'.\n  Add `column:`. [missing-key]\n"
        "mapping.yaml, line 9, sources.firms.facts.revenue.colum: the unknown key 'colum'.\n"
        "  Did you mean 'column'? [unknown-key]\n",
    ),
    "a fact twice": (
        "      revenue: {column: revenue}\n      revenue: {column: staff}\n",
        "mapping.yaml, line 10: found the key 'revenue' a second time, expected each key once. [yaml]\n",
    ),
    "a yearly fact from a source without a year": (
        "      revenue: {column: revenue}\n  more:\n    file: more.csv\n    key: {firm: id}\n"
        "    facts:\n      staff: {column: persons}\n",
        "mapping.yaml, line 14, sources.more.facts.staff: found a yearly fact from a source without a year, "
        "expected `key: {firm: .., year: ..}`. [key]\n",
    ),
    "a test of rows that tests nothing": (
        "      revenue: {column: revenue}\n    keep:\n      - {column: staff}\n",
        "mapping.yaml, line 11, sources.firms.keep.0: give either `one_of:` or `not_one_of:`. [value]\n",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_mapping_is_refused_with_its_lines(littlegiant: Command, tmp_path: Path, name: str) -> None:
    facts, sentences = REFUSED[name]
    (tmp_path / "firms.csv").write_text(lines(*clean(3)))
    (tmp_path / "mapping.yaml").write_text(HEAD + facts)
    answer = littlegiant("register", "import", tmp_path / "mapping.yaml", "--out", tmp_path / "register")
    assert answer.err == sentences
    assert (answer.code, answer.out) == (2, "")
    assert not (tmp_path / "register").exists()


def imported(littlegiant: Command, folder: Path, **more: Any) -> Any:
    (folder / "firms.csv").write_text(lines(*clean(3)))
    one = {"file": "firms.csv", "key": {"firm": "code", "year": "year"}, "facts": {"revenue": {"column": "revenue"}}}
    return littlegiant("register", "import", write_mapping(folder, {"firms": one}, **more), "--out", folder / "register")


@pytest.mark.parametrize(
    "constants",
    [
        {"independent_legal_person": "maybe"},
        {"adverse_incidents_3y": -4},
        {"region": "Atlantis"},
        {"founded": "yesterday"},
        {"product_field": "enginse"},
    ],
    ids=lambda constants: next(iter(constants)),
)
def test_a_constant_is_held_to_the_vocabulary_like_any_value(
    littlegiant: Command, tmp_path: Path, constants: dict[str, Any]
) -> None:
    answer = imported(littlegiant, tmp_path, constants=constants)
    assert answer.code == 2
    assert next(iter(constants)) in answer.err


def test_a_constant_for_a_yearly_fact_is_not_dropped_in_silence(littlegiant: Command, tmp_path: Path) -> None:
    answer = imported(littlegiant, tmp_path, constants={"staff": 5})
    assert answer.code == 2
    assert "staff" in answer.err


def test_a_fact_both_mapped_and_constant_is_refused(littlegiant: Command, tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(lines("F1,2025,no", "F2,2025,yes", header="code,year,person"))
    facts = {"independent_legal_person": {"column": "person"}}
    one = {"file": "firms.csv", "key": {"firm": "code", "year": "year"}, "facts": facts}
    mapping = write_mapping(tmp_path, {"firms": one}, constants={"independent_legal_person": True})
    assert littlegiant("register", "import", mapping, "--out", tmp_path / "register").code == 2


def test_an_unknown_constant_gets_the_nearest_name(littlegiant: Command, tmp_path: Path) -> None:
    answer = imported(littlegiant, tmp_path, constants={"single_champoin": True})
    assert answer.err.endswith(
        "constants.single_champoin: no fact 'single_champoin' in pack cn.\n  Did you mean 'single_champion'? [unknown-name]\n"
    )


def test_a_code_in_the_table_of_values_has_to_exist(littlegiant: Command, tmp_path: Path) -> None:
    """Otherwise a slip of the pen in the mapping brings codes into the register that no standard knows."""
    (tmp_path / "firms.csv").write_text(lines("F1,2025,north", "F2,2025,south", header="code,year,place"))
    facts = {"region": {"column": "place", "values": {"north": "11000", "south": "440000"}}}
    one = {"file": "firms.csv", "key": {"firm": "code", "year": "year"}, "facts": facts}
    answer = littlegiant("register", "import", write_mapping(tmp_path, {"firms": one}), "--out", tmp_path / "register")
    assert answer.code == 2
    assert "11000" in answer.err


def test_an_unknown_pack_is_named_with_those_that_are_built_in(littlegiant: Command, tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(lines(*clean(3)))
    one = {"file": "firms.csv", "key": {"firm": "code", "year": "year"}, "facts": {"revenue": {"column": "revenue"}}}
    mapping = write_mapping(tmp_path, {"firms": one})
    answer = littlegiant("register", "import", mapping, "--out", tmp_path / "register", "--pack", "cm")
    assert answer.err == "pack 'cm': no pack.yaml there.\n  Built in: cn, eu, us; or give a folder. [unknown-pack]\n"
    assert answer.code == 2


def test_a_mapping_made_for_another_pack_is_refused(littlegiant: Command, tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(lines(*clean(3)))
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(HEAD.replace("pack: cn", "pack: elsewhere") + "      revenue: {column: revenue}\n")
    answer = littlegiant("register", "import", mapping, "--out", tmp_path / "register")
    assert answer.code == 2
    assert "elsewhere" in answer.err
