"""YAML as people write it: values keep their digits, positions are right, and every problem comes at once with its line."""

from decimal import Decimal
from typing import Any

import pytest

from littlegiant.documents import parse_yaml
from littlegiant.problems import LittleGiantError


def value(text: str) -> Any:
    return parse_yaml(text, "f.yaml").value


def complaint(text: str) -> str:
    with pytest.raises(LittleGiantError) as refused:
        parse_yaml(text, "f.yaml")
    assert refused.value.exit_code == 2
    assert {problem.code for problem in refused.value.problems} == {"yaml"}
    return str(refused.value)


def test_only_true_false_null_and_plain_numbers_are_no_texts() -> None:
    words = ["NO", "no", "yes", "on", "off", "True", "Null", "1:30", "0x1f", "1_000", ".5", "5.", ".nan", ".inf", "2026-05-25"]
    assert value("\n".join(f"- {word}" for word in words)) == words
    assert value("[true, false, null, ~, 12, -3, +5]") == [True, False, None, None, 12, -3, 5]
    assert value('["true", "12", \'~\']') == ["true", "12", "~"]


def test_decimals_keep_the_digits_the_author_wrote() -> None:
    read = value("[0.90, 1.05, 1e3, 0.1]")
    assert [str(number) for number in read] == ["0.90", "1.05", "1E+3", "0.1"]
    assert all(isinstance(number, Decimal) for number in read)


def test_an_empty_document_has_no_value() -> None:
    assert value("") is None
    assert value("# nothing but a comment\n") is None


def test_every_part_has_its_line() -> None:
    text = parse_yaml("a: 1\nb:\n  - c: 2\n    d: 3\n  - e\n", "f.yaml")
    assert text.place("f.yaml", ("a",)) == "f.yaml, line 1, a"
    assert text.place("f.yaml", ("b", 0, "d")) == "f.yaml, line 4, b.0.d"
    assert text.place("f.yaml", ("b", 1)) == "f.yaml, line 5, b.1"
    assert text.place("f.yaml", ()) == "f.yaml, line 1"


def test_what_is_not_there_is_placed_at_the_nearest_part_that_is() -> None:
    text = parse_yaml("a: 1\nb:\n  c: 2\n", "f.yaml")
    assert text.place("f.yaml", ("b", "x", "y")) == "f.yaml, line 3, b.x.y"


def test_all_keys_given_twice_are_named_at_once() -> None:
    assert complaint("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n") == (
        "f.yaml, line 4: found the key 'c' a second time, expected each key once.\n"
        "f.yaml, line 5: found the key 'a' a second time, expected each key once."
    )


def test_the_same_key_in_two_places_is_no_double() -> None:
    assert value("a: {k: 1}\nb: {k: 2}\n") == {"a": {"k": 1}, "b": {"k": 2}}


def test_an_alias_is_refused() -> None:
    assert complaint("a: &x 1\nb: *x\n") == "f.yaml: found an alias (*name), expected values written out.\n  Repeat the value."


def test_a_thousand_aliases_do_not_blow_up() -> None:
    layers = "\n".join(f"a{n + 1}: [{', '.join([f'*a{n}'] * 9)}] " for n in range(30))
    assert "an alias (*name)" in complaint(f"a0: &a0 [x]\n{layers}\n")


def test_a_tab_is_placed_and_mended() -> None:
    assert complaint("a:\n\tb: 1\n") == (
        "f.yaml, line 2, column 1: found character that cannot start any token.\n"
        "  Check indentation, quotes and brackets near this place."
    )


def test_a_bracket_left_open_is_placed() -> None:
    assert complaint("a: [1\nb: 2\n").startswith("f.yaml, line 2, column 2: ")


def test_two_documents_in_one_file_are_refused() -> None:
    assert complaint("a: 1\n---\nb: 2\n").startswith("f.yaml, line 2, column 1: ")


def test_a_key_that_is_a_list_is_refused() -> None:
    assert complaint("? [a]\n: 1\n") == "f.yaml, line 1: found a key that is not a text, expected a plain key."


def test_deep_nesting_is_refused() -> None:
    assert complaint("[" * 50 + "]" * 50) == "f.yaml, line 1: found nesting deeper than 40 levels, expected a flat document."


def test_absurd_nesting_is_refused_without_harm() -> None:
    assert "f.yaml" in complaint("[" * 100_000 + "]" * 100_000)


def test_a_file_larger_than_people_write_is_refused() -> None:
    assert complaint("a: " + "x" * 4_000_000) == "f.yaml: found 4000003 characters, expected at most 4000000."


def test_tags_run_nothing() -> None:
    assert value("a: !!python/object/apply:os.getcwd []\nb: !!int '3'\n") == {"a": [], "b": "3"}


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b"])
def test_control_characters_are_refused(character: str) -> None:
    assert complaint(f"a: {character}\n").startswith("f.yaml")


def test_a_number_of_five_thousand_digits_is_a_problem_of_the_document() -> None:
    """Python refuses to read integers of more than 4,300 digits; that must not come out as a traceback."""
    assert complaint("a: " + "9" * 5000).startswith("f.yaml, line 1")
