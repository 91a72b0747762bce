"""Canonical JSON: RFC 8785 for plain values, exact for decimals, and no floats."""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.digests import canonical_json, digest_bytes, digest_file, digest_json

exactly = settings(deadline=None, derandomize=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@exactly
@given(plain)
def test_plain_values_are_written_as_rfc_8785_says(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)
    assert json.loads(canonical_json(value)) == value


def test_keys_are_ordered_by_utf_16_units() -> None:
    assert canonical_json({"￿": 1, "😀": 2, "b": 3, "a": 4}).decode() == '{"a":4,"b":3,"😀":2,"￿":1}'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("0.90"), '"0.9"'),
        (Decimal("1E+3"), '"1000"'),
        (Decimal("1E-7"), '"0.0000001"'),
        (Decimal("-0.0"), '"0"'),
        (Decimal("50000000"), '"50000000"'),
        (2**53, '"9007199254740992"'),
        (-(2**53), '"-9007199254740992"'),
        (2**53 - 1, "9007199254740991"),
        (date(2026, 5, 25), '"2026-05-25"'),
        (datetime(2026, 5, 25, 10, 30), '"2026-05-25T10:30:00"'),
        ((1, (2, None)), "[1,[2,null]]"),
        (True, "true"),
    ],
)
def test_what_json_cannot_say_exactly_is_written_as_text(value: Any, written: str) -> None:
    assert canonical_json(value).decode() == written


@pytest.mark.parametrize("value", [1.0, 0.5, float("nan"), float("inf"), [1, [2.5]], {"a": {"b": 0.1}}])
def test_floats_are_refused_at_any_depth(value: Any) -> None:
    with pytest.raises(TypeError, match="no canonical form for float; floats are not digested"):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1, 2}, b"x", object(), Path("x")])
def test_values_without_a_form_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no canonical form for"):
        canonical_json(value)


@exactly
@given(st.integers(-(10**27), 10**27), st.integers(-5, 25))
def test_decimals_are_written_exactly(digits: int, places: int) -> None:
    number = Decimal(digits).scaleb(-places)
    assert Decimal(json.loads(canonical_json(number))) == number


def test_a_decimal_of_more_than_28_digits_is_written_exactly_too() -> None:
    number = Decimal("1.00000000000000000000000000001")
    assert Decimal(json.loads(canonical_json(number))) == number


def test_digests_are_sha_256_of_the_bytes(tmp_path: Path) -> None:
    data = "小巨人\n".encode() * 100_000
    (tmp_path / "f").write_bytes(data)
    expected = hashlib.sha256(data).hexdigest()
    assert digest_bytes(data) == digest_file(tmp_path / "f") == expected
    assert digest_json({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()
