"""Numbers as people read them: rounded half up for reading, and never across a threshold."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.words import date_text, distance, exact_number, money, percent


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1234567, "1,234,567"),
        (Decimal("0.125"), "0.13"),
        (Decimal("-0.125"), "-0.13"),
        (Fraction(1, 3), "0.33"),
        (Decimal("2.50"), "2.5"),
    ],
)
def test_numbers_have_separators_and_no_idle_zeros(value: Fraction | Decimal | int, shown: str) -> None:
    assert exact_number(value) == shown


@settings(deadline=None, derandomize=True)
@given(st.fractions(max_denominator=10**6, min_value=-(10**12), max_value=10**12))
def test_a_shown_number_is_at_most_half_a_unit_off(value: Fraction) -> None:
    assert abs(Fraction(exact_number(value).replace(",", "")) - value) <= Fraction(1, 200)


def test_shares_are_shown_as_per_cent() -> None:
    assert [percent(Decimal(text)) for text in ("0.7034", "0.1", "1", "0", "1.1025")] == [
        "70.34 %",
        "10 %",
        "100 %",
        "0 %",
        "110.25 %",
    ]


@pytest.mark.parametrize("gap", [Fraction(1, 10**k) for k in range(5, 12)])
@pytest.mark.parametrize("threshold", ["0.7", "0.75", "0.03", "0.1", "0.9"])
def test_a_share_just_off_a_threshold_is_not_shown_as_the_threshold(threshold: str, gap: Fraction) -> None:
    exact = Fraction(Decimal(threshold))
    assert percent(exact - gap) != percent(exact)
    assert percent(exact + gap) != percent(exact)


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (5_000_000_000, "5000万元", "50,000,000 yuan"),
        (12_345, "123.45元", "123.45 yuan"),
        (1, "0.01元", "0.01 yuan"),
        (-500_000_000, "-500万元", "-5,000,000 yuan"),
        (40_000_000_000, "4亿元", "400,000,000 yuan"),
        (12_000_001, "120,000.01元", "120,000.01 yuan"),
    ],
)
def test_money_is_written_as_officers_write_it(fen: int, zh: str, en: str) -> None:
    assert money(fen, "zh", per_main=100, unit="元").replace(",", "") == zh.replace(",", "")
    assert money(fen, "en", per_main=100, unit="yuan") == en


@settings(deadline=None, derandomize=True)
@given(st.integers(-(2 * 10**16), 2 * 10**16))
def test_no_fen_is_lost_in_writing(fen: int) -> None:
    factors = {"亿元": 10**8, "万元": 10**4, "元": 1}
    text = money(fen, "zh", per_main=100, unit="元").replace(",", "")
    unit = next(unit for unit in factors if text.endswith(unit))
    assert Fraction(text.removesuffix(unit)) * factors[unit] * 100 == fen


def test_dates_are_written_in_both_languages() -> None:
    assert date_text(date(2026, 5, 25), "zh") == "2026年5月25日"
    assert date_text(date(2026, 5, 25), "en") == "25 May 2026"


def test_a_distance_carries_its_sign() -> None:
    assert [distance(Fraction(n, 100)) for n in (12, -3, 0)] == ["+12 %", "-3 %", "0 %"]
