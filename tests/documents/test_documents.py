"""Documents as models: closed, all problems at once with lines, and two hashes that change for the right reasons."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.documents import Document, Frozen, parse_document, read_document
from littlegiant.problems import LittleGiantError
from littlegiant.rounds import Programme

GOOD = """format: 1
programme: test-2026
pack: cn
application: new
reference_date: 2026-05-25
year: 2025
register: register
standard: little-giant
"""


def programme(text: str | bytes) -> Document[Programme]:
    return parse_document(text if isinstance(text, bytes) else text.encode(), Programme, "programme.yaml")


def complaint(text: str | bytes) -> LittleGiantError:
    with pytest.raises(LittleGiantError) as refused:
        programme(text)
    assert refused.value.exit_code == 2
    return refused.value


def test_all_problems_come_at_once_each_with_its_line() -> None:
    text = GOOD.replace("format: 1", "format: 2").replace("application: new", "applicaton: new")
    text = text.replace("year: 2025", "year: soon").replace("2026-05-25", "2026-13-01") + "keep_register: perhaps\nseed: 1.5\n"
    places = sorted(problem.place for problem in complaint(text).problems)
    assert places == [
        "programme.yaml, line 1",
        "programme.yaml, line 1, format",
        "programme.yaml, line 10, seed",
        "programme.yaml, line 4, applicaton",
        "programme.yaml, line 5, reference_date",
        "programme.yaml, line 6, year",
        "programme.yaml, line 9, keep_register",
    ]


def test_an_unknown_key_gets_the_nearest_one_suggested() -> None:
    assert str(complaint(GOOD + "registr: x\n")) == (
        "programme.yaml, line 9, registr: the unknown key 'registr'.\n  Did you mean 'register'?"
    )


def test_an_unknown_key_without_a_near_one_is_to_be_removed() -> None:
    assert str(complaint(GOOD + "zzzz: x\n")) == "programme.yaml, line 9, zzzz: the unknown key 'zzzz'.\n  Remove it."


def test_the_mend_for_an_unknown_key_is_never_that_key() -> None:
    """A key that is known deeper down (`bytes` inside a stage, say) is not a mend for itself further up."""

    class Inner(Frozen):
        colour: str = ""

    class Outer(Frozen):
        name: str
        inner: Inner = Inner()

    with pytest.raises(LittleGiantError) as refused:
        parse_document(b"name: x\ncolour: red\n", Outer, "f.yaml")
    (problem,) = refused.value.problems
    assert problem.found == "the unknown key 'colour'"
    assert problem.remedy != "Did you mean 'colour'?"


def test_a_missing_key_is_to_be_added() -> None:
    assert str(complaint(GOOD.replace("year: 2025\n", ""))) == "programme.yaml, line 1: no 'year'.\n  Add `year:`."


def test_a_wrong_type_shows_what_was_found() -> None:
    (problem,) = complaint(GOOD.replace("year: 2025", "year: [2025]")).problems
    assert (problem.place, problem.found) == ("programme.yaml, line 6, year", "[2025]")


def test_a_name_that_looks_like_a_number_is_asked_for_in_quotes_not_guessed() -> None:
    (problem,) = complaint(GOOD.replace("programme: test-2026", "programme: 2026")).problems
    assert (problem.place, problem.found) == ("programme.yaml, line 2, programme", "2026")


def test_bytes_that_are_no_text_are_placed() -> None:
    assert str(complaint(GOOD.encode() + b"# \xff\n")) == (
        f"programme.yaml, byte {len(GOOD) + 2}: found bytes that are not UTF-8, expected a UTF-8 text.\n  Save the file as UTF-8."
    )


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just a sentence"])
def test_a_text_without_keys_is_no_document(text: str) -> None:
    assert str(complaint(text)) == "programme.yaml: found no mapping of keys to values, expected a YAML document."


def test_a_byte_order_mark_does_no_harm() -> None:
    assert programme(b"\xef\xbb\xbf" + GOOD.encode()).value == programme(GOOD).value


def test_a_missing_file_is_named_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(LittleGiantError) as refused:
        read_document(path, Programme)
    assert str(refused.value) == f"{path}: no such file.\n  Check the path; it is taken from where the command runs."
    assert refused.value.exit_code == 2


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        programme(GOOD).value.year = 2024  # type: ignore[misc]


# --- the two hashes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rewritten",
    [
        "# a remark\n" + GOOD,
        "\n".join(reversed(GOOD.splitlines())) + "\n",
        GOOD.replace("pack: cn", "pack: 'cn'"),
        GOOD + "seed: 0\nnotices: null\n",
        GOOD.replace("\n", "\n\n"),
    ],
    ids=["comment", "order of keys", "quotes", "defaults written out", "blank lines"],
)
def test_how_it_is_written_changes_the_bytes_hash_only(rewritten: str) -> None:
    assert programme(rewritten).meaning_hash == programme(GOOD).meaning_hash
    assert programme(rewritten).bytes_hash != programme(GOOD).bytes_hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-05-25", "2026-05-26"),
        ("year: 2025", "year: 2024"),
        ("pack: cn", "pack: cn2"),
        ("application: new", "application: re-review"),
    ],
)
def test_what_it_says_changes_both_hashes(old: str, new: str) -> None:
    changed = programme(GOOD.replace(old, new))
    assert changed.meaning_hash != programme(GOOD).meaning_hash
    assert changed.bytes_hash != programme(GOOD).bytes_hash


class Threshold(Frozen):
    value: Decimal


def threshold(digits: str) -> Document[Threshold]:
    return parse_document(f"value: {digits}\n".encode(), Threshold, "threshold.yaml")


def test_trailing_zeros_do_not_change_the_meaning() -> None:
    assert threshold("0.90").meaning_hash == threshold("0.9").meaning_hash == threshold("9e-1").meaning_hash


@settings(deadline=None, derandomize=True)
@given(st.integers(0, 10**27), st.integers(0, 20))
def test_numbers_that_differ_in_the_last_digit_have_different_meanings(digits: int, places: int) -> None:
    number, other = Decimal(digits).scaleb(-places), Decimal(digits + 1).scaleb(-places)
    assert threshold(f"{number:f}").meaning_hash != threshold(f"{other:f}").meaning_hash


def test_thirty_digits_are_not_rounded_to_twenty_eight() -> None:
    """The default decimal context has 28 digits; a meaning hash that goes through it calls different numbers the same."""
    assert threshold("1.00000000000000000000000000001").meaning_hash != threshold("1").meaning_hash
