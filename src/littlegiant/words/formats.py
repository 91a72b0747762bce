"""Numbers as people read them. Rounding here is for reading only and is done in Decimal, half up; nothing is decided on it."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from littlegiant.words.sentences import Language

_WAN, _YI = 10_000, 100_000_000


def exact_number(value: Fraction | Decimal | int, places: int = 2) -> str:
    """Return `value` with thousands separators, at most `places` decimals, no trailing zeros."""
    with localcontext() as context:
        context.prec = 60
        fraction = Fraction(value)
        exact = Decimal(fraction.numerator) / Decimal(fraction.denominator)
        rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Fraction | Decimal, places: int = 2) -> str:
    """Return a share as per cent: 0.7034 is '70.34 %'. A value that only rounds to the shown figure gets more places."""
    shown = Fraction(value) * 100
    while places < 10 and Fraction(exact_number(shown, places).replace(",", "")) != shown and _near_whole(shown, places):
        places += 2
    return f"{exact_number(shown, places)} %"


def _near_whole(value: Fraction, places: int) -> bool:
    """Say whether rounding to `places` would show a rounder figure than there is, as 69.9999999 shown as 70."""
    rounded = Fraction(exact_number(value, places).replace(",", ""))
    return rounded != value and rounded.denominator <= 10 and abs(rounded - value) < Fraction(1, 10**places)


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
