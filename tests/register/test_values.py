"""What becomes of single values: read exactly, or refused with the rule, the row and the reason; never a guess, never zero."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .making import PACK, bring_in_text, clean, lines

Read = tuple[Any, list[str]]
FINE = {"founded": "2020-01-01", "sector": "C35", "region": "110000", "single_champion": "yes"}


def values(folder: Path, fact: str, texts: Iterable[str], fine: str = "", **column: Any) -> dict[str, Read]:
    """Import `texts` as `fact`, each of a firm of its own, among firms whose values are fine or blank.

    Return for each text what is stored and the rules it broke; `gaps` must give the same reasons.
    """
    given = list(texts)
    cells = [*given, "", *[fine or FINE.get(fact, "1")] * (len(given) + 1)]
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    content = lines(*(f"F{number:03d},2025,{cell}" for number, cell in enumerate(quoted)), header="code,year,value")
    register = bring_in_text(folder, content, facts={fact: {"column": "value", **column}})
    stored = register.firms(fact) if PACK.facts[fact].period == "static" else register.years(fact)
    rules = {row: [rule for line, _, rule in register.refused() if line == row] for row in range(2, len(cells) + 2)}
    reasons = sorted((gap["firm"], gap["reason"], gap["row"]) for gap in register.table("gaps") if gap["reason"] != "not_mapped")
    assert reasons == sorted((f"F{row - 2:03d}", rule, row) for row, broken in rules.items() for rule in broken)
    return {text: (stored[f"F{number:03d}"], rules[number + 2]) for number, text in enumerate(given)}


FITS: dict[str, dict[str, Any]] = {
    "revenue": {
        "12": 1200,
        "0.01": 1,
        " 12.30 ": 1230,
        "1,234,567.89": 123456789,
        "1e5": 10_000_000,
        "+7": 700,
        "0": 0,
        "007": 700,
        "200000000000000": 20_000_000_000_000_000,
    },
    "net_profit": {"-12.34": -1234, "-200000000000000": -20_000_000_000_000_000},
    "staff": {"35": 35, "35.0": 35, "2,000": 2000},
    "niche_share_national": {"0.123456789012": Decimal("0.123456789012"), "1": Decimal(1), "0": Decimal(0)},
    "niche_years": {"2.99": Decimal("2.99")},
    "founded": {"2015-06-30": date(2015, 6, 30)},
    "sector": {"c35": "C35", "C3512": "C3512", "K701": "K701", "C": "C"},
    "region": {"440300": "440300"},
    "single_champion": {
        **dict.fromkeys(("yes", "Y", "TRUE", "1", "是", "有", "√"), True),
        **dict.fromkeys(("no", "N", "False", "0", "否", "无", "×"), False),
    },
}


@pytest.mark.parametrize("fact", FITS)
def test_a_value_that_fits_is_read_exactly(tmp_path: Path, fact: str) -> None:
    assert values(tmp_path, fact, FITS[fact]) == {text: (stored, []) for text, stored in FITS[fact].items()}


MISFITS = {
    "revenue": {
        "not_a_number": ("NaN", "inf", "-Infinity", "about 500", "1.2.3", "0x10", "12 yuan", "五百"),
        "out_of_range": ("-1", "-0.01", "200000000000000.01", "1e30", "9" * 40),
    },
    "staff": {"out_of_range": ("-3", "3000000000"), "not_a_number": ("many",)},
    "niche_share_national": {"out_of_range": ("12", "-0.1", "1.000000000001"), "not_a_number": ("12%%", "a%")},
    "niche_rank_national": {"out_of_range": ("0",)},
    "founded": {"not_a_date": ("2015-02-30", "yesterday", "2015", "30.06.2015")},
    "single_champion": {"not_yes_or_no": ("maybe", "2", "oui")},
    "region": {"unknown_code": ("Atlantis", "999999", "44")},
    "sector": {"unknown_code": ("化工", "Z99", "35")},
}


@pytest.mark.parametrize("fact", MISFITS)
def test_a_value_that_does_not_fit_is_unknown_with_its_reason(tmp_path: Path, fact: str) -> None:
    expected = {text: (None, [rule]) for rule, texts in MISFITS[fact].items() for text in texts}
    assert values(tmp_path, fact, expected) == expected


def test_a_number_beyond_every_machine_number_is_refused(tmp_path: Path) -> None:
    assert values(tmp_path, "revenue", ["1e400"])["1e400"] in ((None, ["out_of_range"]), (None, ["not_a_number"]))


WORDS = ("Banking", "Construction", "CHEMICALS", "Agriculture", "C35x", "c<script>", "Computer", "B 07", "C-35")


def test_a_word_is_no_sector_code_because_of_its_first_letter(tmp_path: Path) -> None:
    """`C3512` is fine because of `C35`; but 'Banking' is not mining (B), nor 'Construction' manufacturing (C)."""
    assert values(tmp_path, "sector", WORDS) == dict.fromkeys(WORDS, (None, ["unknown_code"]))


@pytest.mark.parametrize("fact", ["revenue", "staff", "founded", "single_champion", "sector", "name"])
def test_a_blank_is_unknown_and_no_error(tmp_path: Path, fact: str) -> None:
    assert values(tmp_path, fact, ["", " ", "   "]) == dict.fromkeys(["", " ", "   "], (None, []))


def test_a_text_listed_as_missing_is_unknown_and_no_error(tmp_path: Path) -> None:
    signs = ["-", "n.a.", "—", "it's unknown"]
    assert values(tmp_path, "revenue", signs, missing=signs) == dict.fromkeys(signs, (None, []))


UNITS = {
    "CNY": {"1205000.5": 120_500_050},
    "k CNY": {"1205": 120_500_000},
    "10k CNY": {"120.5": 120_500_000, "0.000001": 1},
    "m CNY": {"1.205": 120_500_000},
    "100m CNY": {"0.01205": 120_500_000, "1.2345678901": 12_345_678_901},
}


@pytest.mark.parametrize("unit", UNITS)
def test_units_of_money_are_turned_into_fen_exactly(tmp_path: Path, unit: str) -> None:
    assert values(tmp_path, "revenue", UNITS[unit], unit=unit) == {text: (fen, []) for text, fen in UNITS[unit].items()}


def test_per_cent_are_turned_into_shares_exactly(tmp_path: Path) -> None:
    shares = {"12": "0.12", "48.2": "0.482", "0.0000000001": "0.000000000001", "100": "1"}
    read = values(tmp_path, "niche_share_national", shares, unit="per cent")
    assert read == {text: (Decimal(share), []) for text, share in shares.items()}


@pytest.mark.parametrize(
    ("pattern", "text"), [("%Y/%m/%d", "2015/06/30"), ("%d.%m.%Y", "30.06.2015"), ("%Y年%m月%d日", "2015年06月30日")]
)
def test_dates_are_read_by_the_format_that_is_given(tmp_path: Path, pattern: str, text: str) -> None:
    read = values(tmp_path, "founded", [text, "2012/13/45"], fine=text, date_format=pattern)
    assert read == {text: (date(2015, 6, 30), []), "2012/13/45": (None, ["not_a_date"])}


def test_regions_are_known_by_every_spelling_of_the_pack(tmp_path: Path) -> None:
    spellings = {"广东": "440000", "广东省": "440000", "Guangdong": "440000", "440000": "440000", "深圳市": "440300"}
    read = values(tmp_path, "region", [*spellings, "Atlantis"], values="names")
    assert read == {**{text: (code, []) for text, code in spellings.items()}, "Atlantis": (None, [])}


def factors(folder: Path, *factors: str, unit: str = "CNY") -> tuple[dict[str, Any], list[tuple[int, str | None, str]]]:
    rows = [f"X{number},2025,9,{factor}" for number, factor in enumerate(factors)]
    fine = [f"G{number},2025,1,1" for number in range(len(factors) + 1)]
    facts = {"revenue": {"column": "revenue", "times": "factor", "unit": unit}}
    register = bring_in_text(folder, lines(*rows, *fine, header="code,year,revenue,factor"), facts=facts)
    return register.years("revenue"), register.refused()


def test_a_factor_of_the_row_multiplies_its_value(tmp_path: Path) -> None:
    values, refused = factors(tmp_path, "1", "1000", "10000")
    assert [values[f"X{n}"] for n in range(3)] == [900, 900_000, 9_000_000]
    assert refused == []


def test_a_value_without_its_factor_is_unknown(tmp_path: Path) -> None:
    values, refused = factors(tmp_path, "", "x", "n.a.")
    assert [values[f"X{n}"] for n in range(3)] == [None, None, None]
    assert refused == [(row, "revenue", "no_factor") for row in (2, 3, 4)]


def test_a_factor_that_is_no_whole_number_is_refused_and_not_rounded(tmp_path: Path) -> None:
    """Rounded in silence, 0.1 makes every amount zero and 1.4 leaves it wrong by a third."""
    values, refused = factors(tmp_path, "0.1", "1.4", "0.5", "1.5")
    assert [values[f"X{n}"] for n in range(4)] == [None, None, None, None]
    assert refused == [(row, "revenue", "no_factor") for row in (2, 3, 4, 5)]


def test_a_value_that_overflows_with_its_unit_and_factor_is_out_of_range(tmp_path: Path) -> None:
    rows = ["X,2025,99999999999999,1000", *(f"G{number},2025,1,1" for number in range(3))]
    facts = {"revenue": {"column": "revenue", "times": "factor", "unit": "100m CNY"}}
    register = bring_in_text(tmp_path, lines(*rows, header="code,year,revenue,factor"), facts=facts)
    assert register.refused() == [(2, "revenue", "out_of_range")]


@pytest.mark.parametrize(
    ("fact", "texts"),
    [
        ("revenue", {"1.005": 101, "1.004999": 100}),
        ("net_profit", {"-1.005": -101}),
        ("staff", {"12.5": 13}),
        ("niche_share_national", {"0.1234567890125": Decimal("0.123456789013")}),
    ],
)
def test_digits_beyond_the_stored_precision_are_rounded_half_away_from_zero_and_counted(
    tmp_path: Path, fact: str, texts: dict[str, Any]
) -> None:
    rows = [f"F{number},2025,{text}" for number, text in enumerate(texts)]
    register = bring_in_text(
        tmp_path, lines(*rows, "Y,2025,1", "Z,2025,1", header="code,year,value"), facts={fact: {"column": "value"}}
    )
    assert [register.years(fact)[f"F{number}"] for number in range(len(texts))] == list(texts.values())
    assert [column.rounded for column in register.report.columns] == [len(texts)]


def written(fen: int, style: int) -> str:
    sign, main, rest = "-" if fen < 0 else "", abs(fen) // 100, abs(fen) % 100
    return [
        f"{sign}{main}.{rest:02d}",
        f'"{sign}{main:,}.{rest:02d}"',
        f"{sign}{main}.{rest:02d}0000",
        f" {sign}{main}.{rest:02d} ",
    ][style]


@settings(deadline=None, derandomize=True, max_examples=12)
@given(st.lists(st.tuples(st.integers(-(2 * 10**16), 2 * 10**16), st.integers(0, 3)), min_size=2, max_size=60))
def test_money_is_exact_to_the_fen(tmp_path_factory: pytest.TempPathFactory, amounts: list[tuple[int, int]]) -> None:
    rows = [f"F{number:03d},2025,{written(fen, style)}" for number, (fen, style) in enumerate(amounts)]
    folder = tmp_path_factory.mktemp("money")
    register = bring_in_text(folder, lines(*rows, header="code,year,profit"), facts={"net_profit": {"column": "profit"}})
    assert list(register.years("net_profit").values()) == [fen for fen, _ in amounts]


def test_one_text_among_money_goes_to_rejects_and_gaps_and_the_rest_comes_in(tmp_path: Path) -> None:
    register = bring_in_text(tmp_path, lines("A,2025,about 5,2", *clean(5)))
    assert register.table("rejects") == [
        {"file": "firms.csv", "row": 2, "column": "revenue", "value": "about 5", "rule": "not_a_number"}
    ]
    assert register.table("gaps") == [
        {"firm": "A", "year": 2025, "fact": "revenue", "reason": "not_a_number", "file": "firms.csv", "row": 2}
    ]
    assert register.table("firm_years")[0] == {"firm": "A", "year": 2025, "staff": 2}
    assert (register.report.firms, register.report.firm_years) == (6, 6)
