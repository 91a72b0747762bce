"""Numbers as people read them. Rounding is for reading only, in whole numbers, half up; nothing is decided on it."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from littlegiant.words.sentences import Language

_WAN, _YI = 10_000, 100_000_000


def exact_number(value: Fraction | Decimal | int, places: int = 2) -> str:
    """Return `value` with thousands separators, at most `places` decimals, no trailing zeros; exact halves away from zero."""
    fraction = Fraction(value)
    digits, _ = _rounded(fraction, places)
    whole, part = divmod(digits, 10**places)
    sign = "-" if fraction < 0 and digits else ""
    decimals = f"{part:0{places}d}".rstrip("0") if part else ""
    return f"{sign}{whole:,}{'.' if decimals else ''}{decimals}"


def percent(value: Fraction | Decimal, places: int = 2) -> str:
    """Return a share as per cent: 0.7034 is '70.34 %'. What would only look round, as 69.999 for 70, gets more places."""
    shown = Fraction(value) * 100
    while places < 12 and _looks_rounder(shown, places):
        places += 2
    return f"{exact_number(shown, places)} %"


def _rounded(value: Fraction, places: int) -> tuple[int, int]:
    """Return the size of `value` in units of its last place, halves up, and what was cut."""
    digits, rest = divmod(abs(value.numerator) * 10**places, value.denominator)
    return (digits + 1 if 2 * rest >= value.denominator else digits), rest


def _looks_rounder(value: Fraction, places: int) -> bool:
    digits, rest = _rounded(value, places)
    return rest != 0 and digits % 10 == 0


def money(minor: int | Fraction, language: Language, *, per_main: int, unit: str) -> str:
    """Return an amount of the smallest unit in the main unit; Chinese in 万元 and 亿元 as officers write it."""
    main = Fraction(minor) / per_main
    if language == "zh" and abs(main) >= _YI and (main * 10_000 / _YI).denominator == 1:
        return f"{exact_number(main / _YI, 4)}亿{unit}"
    if language == "zh" and abs(main) >= _WAN and (main * 10_000 / _WAN).denominator == 1:
        return f"{exact_number(main / _WAN, 4)}万{unit}"
    return f"{exact_number(main)}{unit}" if language == "zh" else f"{exact_number(main)} {unit}"


def date_text(day: date, language: Language) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day.day} {day:%B} {day.year}"


def distance(margin: Fraction) -> str:
    """Return a relative margin as a signed per cent."""
    return f"{'+' if margin > 0 else ''}{percent(margin, 1)}"
