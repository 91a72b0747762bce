"""Numbers as people read them. Rounding is for reading only, in whole numbers, half up; nothing is decided on it."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from littlegiant.words.sentences import Language

_WAN, _YI = 10_000, 100_000_000


def exact_number(value: Fraction | Decimal | int, places: int = 2) -> str:
    """Return `value` with thousands separators, at most `places` decimals, no trailing zeros; exact halves away from zero."""
    top, below = value.as_integer_ratio()
    digits, _ = _rounded(top, below, places)
    return _written(digits, places, negative=top < 0)


def percent(value: Fraction | Decimal, places: int = 2) -> str:
    """Return a share as per cent: 0.7034 is '70.34 %'. What would only look round, as 69.999 for 70, gets more places."""
    top, below = value.as_integer_ratio()
    digits, cut = _rounded(top * 100, below, places)
    while cut and digits % 10 == 0 and places < 12:
        places += 2
        digits, cut = _rounded(top * 100, below, places)
    return f"{_written(digits, places, negative=top < 0)} %"


def _rounded(top: int, below: int, places: int) -> tuple[int, int]:
    """Return the size of top / below in units of its last place, halves up, and what was cut."""
    digits, rest = divmod(abs(top) * 10**places, below)
    return (digits + 1 if 2 * rest >= below else digits), rest


def _written(digits: int, places: int, *, negative: bool) -> str:
    whole, part = divmod(digits, 10**places)
    decimals = f"{part:0{places}d}".rstrip("0") if part else ""
    return f"{'-' if negative and digits else ''}{whole:,}{'.' if decimals else ''}{decimals}"


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
