"""What becomes of single values: read exactly, or refused with the rule, the row and the reason; never a guess, never zero."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .making import bring_in_text, clean, lines


def one_value(folder: Path, fact: str, text: str, **column: Any) -> tuple[Any, list[str]]:
    """Import `text` as `fact` of firm X among firms whose cells are empty; return the value and the rules it broke."""
    cell = '"' + text.replace('"', '""') + '"'
    filled = [f"E{number},2025," for number in range(3)]
    fine = {"founded": "2020-01-01", "sector": "C35", "region": "110000", "single_champion": "yes"}.get(fact, "1")
    fine = text if "date_format" in column else fine
    content = lines(f"X,2025,{cell}", *filled, *(f"G{number},2025,{fine}" for number in range(3)), header="code,year,value")
    register = bring_in_text(folder, content, facts={fact: {"column": "value", **column}})
    table = register.firms(fact) if fact in ("founded", "sector", "region", "single_champion") else register.years(fact)
    rules = [rule for row, name, rule in register.refused() if row == 2]
    gaps = [(gap["firm"], gap["year"], gap["fact"], gap["reason"], gap["row"]) for gap in register.table("gaps")]
    assert gaps == [("X", 2025, fact, rule, 2) for rule in rules]
    return table["X"], rules


@pytest.mark.parametrize(
    ("fact", "text", "stored"),
    [
        ("revenue", "12", 1200),
        ("revenue", "0.01", 1),
        ("revenue", " 12.30 ", 1230),
        ("revenue", "1,234,567.89", 123456789),
        ("revenue", "1e5", 10_000_000),
        ("revenue", "+7", 700),
        ("revenue", "0", 0),
        ("revenue", "200000000000000", 20_000_000_000_000_000),
        ("net_profit", "-12.34", -1234),
        ("net_profit", "-200000000000000", -20_000_000_000_000_000),
        ("staff", "35", 35),
        ("staff", "35.0", 35),
        ("niche_share_national", "0.123456789012", Decimal("0.123456789012")),
        ("niche_share_national", "1", Decimal(1)),
        ("niche_years", "2.99", Decimal("2.99")),
        ("founded", "2015-06-30", date(2015, 6, 30)),
        ("sector", "c35", "C35"),
        ("sector", "C3512", "C3512"),
        ("sector", "K701", "K701"),
        ("region", "440300", "440300"),
    ],
)
def test_a_value_that_fits_is_read_exactly(tmp_path: Path, fact: str, text: str, stored: Any) -> None:
    assert one_value(tmp_path, fact, text) == (stored, [])


@pytest.mark.parametrize(
    ("fact", "text", "rule"),
    [
        ("revenue", "NaN", "not_a_number"),
        ("revenue", "inf", "not_a_number"),
        ("revenue", "-Infinity", "not_a_number"),
        ("revenue", "about 500", "not_a_number"),
        ("revenue", "1.2.3", "not_a_number"),
        ("revenue", "0x10", "not_a_number"),
        ("revenue", "12 yuan", "not_a_number"),
        ("revenue", "-1", "out_of_range"),
        ("revenue", "-0.01", "out_of_range"),
        ("revenue", "200000000000000.01", "out_of_range"),
        ("revenue", "1e30", "out_of_range"),
        ("revenue", "9" * 40, "out_of_range"),
        ("staff", "-3", "out_of_range"),
        ("staff", "3000000000", "out_of_range"),
        ("niche_share_national", "12", "out_of_range"),
        ("niche_share_national", "-0.1", "out_of_range"),
        ("niche_share_national", "1.000000000001", "out_of_range"),
        ("niche_rank_national", "0", "out_of_range"),
        ("founded", "2015-02-30", "not_a_date"),
        ("founded", "yesterday", "not_a_date"),
        ("founded", "2015", "not_a_date"),
        ("single_champion", "maybe", "not_yes_or_no"),
        ("region", "Atlantis", "unknown_code"),
        ("region", "999999", "unknown_code"),
        ("sector", "化工", "unknown_code"),
        ("sector", "Z99", "unknown_code"),
    ],
)
def test_a_value_that_does_not_fit_is_unknown_with_its_reason(tmp_path: Path, fact: str, text: str, rule: str) -> None:
    assert one_value(tmp_path, fact, text) == (None, [rule])


def test_a_number_beyond_every_machine_number_is_refused(tmp_path: Path) -> None:
    value, rules = one_value(tmp_path, "revenue", "1e400")
    assert value is None
    assert rules in (["out_of_range"], ["not_a_number"])


@pytest.mark.parametrize("word", ["Banking", "Construction", "CHEMICALS", "Agriculture", "C35x", "c<script>", "Computer", "B 07", "C-35"])
def test_a_word_is_no_sector_code_because_of_its_first_letter(tmp_path: Path, word: str) -> None:
    """`C3512` is fine because of `C35`; but 'Banking' is not mining (B), nor 'Construction' manufacturing (C)."""
    assert one_value(tmp_path, "sector", word) == (None, ["unknown_code"])


@pytest.mark.parametrize("text", ["", " ", "  "])
@pytest.mark.parametrize("fact", ["revenue", "staff", "founded", "single_champion", "sector"])
def test_a_blank_is_unknown_and_no_error(tmp_path: Path, fact: str, text: str) -> None:
    assert one_value(tmp_path, fact, text) == (None, [])


@pytest.mark.parametrize("text", ["-", "n.a.", "—"])
def test_a_text_listed_as_missing_is_unknown_and_no_error(tmp_path: Path, text: str) -> None:
    assert one_value(tmp_path, "revenue", text, missing=[text]) == (None, [])


@pytest.mark.parametrize(("text", "truth"), [(word, True) for word in ("yes", "Y", "TRUE", "1", "是", "有", "√")] + [(word, False) for word in ("no", "N", "False", "0", "否", "无", "×")])
def test_yes_and_no_are_understood_in_both_languages(tmp_path: Path, text: str, truth: bool) -> None:
    assert one_value(tmp_path, "single_champion", text) == (truth, [])


@pytest.mark.parametrize(
    ("unit", "text", "fen"),
    [
        ("CNY", "1205000.5", 120_500_050),
        ("k CNY", "1205", 120_500_000),
        ("10k CNY", "120.5", 120_500_000),
        ("10k CNY", "0.000001", 1),
        ("m CNY", "1.205", 120_500_000),
        ("100m CNY", "0.01205", 120_500_000),
        ("100m CNY", "1.2345678901", 12_345_678_901),
    ],
)
def test_units_of_money_are_turned_into_fen_exactly(tmp_path: Path, unit: str, text: str, fen: int) -> None:
    assert one_value(tmp_path, "revenue", text, unit=unit) == (fen, [])


@pytest.mark.parametrize(("text", "share"), [("12", "0.12"), ("48.2", "0.482"), ("0.0000000001", "0.000000000001"), ("100", "1")])
def test_per_cent_are_turned_into_shares_exactly(tmp_path: Path, text: str, share: str) -> None:
    assert one_value(tmp_path, "niche_share_national", text, unit="per cent") == (Decimal(share), [])


@pytest.mark.parametrize(
    ("pattern", "text", "day"),
    [("%Y/%m/%d", "2015/06/30", date(2015, 6, 30)), ("%d.%m.%Y", "30.06.2015", date(2015, 6, 30)), ("%Y年%m月%d日", "2015年06月30日", date(2015, 6, 30))],
)
def test_dates_are_read_by_the_format_that_is_given(tmp_path: Path, pattern: str, text: str, day: date) -> None:
    assert one_value(tmp_path, "founded", text, date_format=pattern) == (day, [])


@pytest.mark.parametrize(("text", "code"), [("广东", "440000"), ("广东省", "440000"), ("Guangdong", "440000"), ("440000", "440000"), ("深圳市", "440300")])
def test_regions_are_known_by_every_spelling_of_the_pack(tmp_path: Path, text: str, code: str) -> None:
    content = lines(f"X,2025,{text}", "Y,2025,Atlantis", "Z,2025,北京", header="code,year,value")
    register = bring_in_text(tmp_path, content, facts={"region": {"column": "value", "values": "names"}})
    assert register.firms("region") == {"X": code, "Y": None, "Z": "110000"}
    assert [(gap["firm"], gap["reason"]) for gap in register.table("gaps")] == [("Y", "not_mapped")]
    assert register.refused() == []


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


@pytest.mark.parametrize("factor", ["", "x", "n.a."])
def test_a_value_without_its_factor_is_unknown(tmp_path: Path, factor: str) -> None:
    values, refused = factors(tmp_path, factor)
    assert values["X0"] is None
    assert refused == [(2, "revenue", "no_factor")]


@pytest.mark.parametrize("factor", ["0.1", "1.4", "0.5", "1.5"])
def test_a_factor_that_is_no_whole_number_is_refused_and_not_rounded(tmp_path: Path, factor: str) -> None:
    """Rounded in silence, 0.1 makes every amount zero and 1.4 leaves it wrong by a third."""
    values, refused = factors(tmp_path, factor)
    assert values["X0"] is None
    assert refused == [(2, "revenue", "no_factor")]


def test_a_value_that_overflows_with_its_unit_and_factor_is_out_of_range(tmp_path: Path) -> None:
    rows = ["X,2025,99999999999999,1000", *(f"G{number},2025,1,1" for number in range(3))]
    facts = {"revenue": {"column": "revenue", "times": "factor", "unit": "100m CNY"}}
    register = bring_in_text(tmp_path, lines(*rows, header="code,year,revenue,factor"), facts=facts)
    assert register.refused() == [(2, "revenue", "out_of_range")]


@pytest.mark.parametrize(
    ("fact", "text", "stored"),
    [
        ("revenue", "1.005", 101),
        ("revenue", "1.004999", 100),
        ("net_profit", "-1.005", -101),
        ("staff", "12.5", 13),
        ("niche_share_national", "0.1234567890125", Decimal("0.123456789013")),
    ],
)
def test_digits_beyond_the_stored_precision_are_rounded_half_away_from_zero_and_counted(
    tmp_path: Path, fact: str, text: str, stored: Any
) -> None:
    content = lines(f"X,2025,{text}", "Y,2025,1", "Z,2025,1", header="code,year,value")
    register = bring_in_text(tmp_path, content, facts={fact: {"column": "value"}})
    assert register.years(fact)["X"] == stored
    assert [column.rounded for column in register.report.columns] == [1]


def written(fen: int, style: int) -> str:
    sign, main, rest = "-" if fen < 0 else "", abs(fen) // 100, abs(fen) % 100
    return [f"{sign}{main}.{rest:02d}", f'"{sign}{main:,}.{rest:02d}"', f"{sign}{main}.{rest:02d}0000", f" {sign}{main}.{rest:02d} "][style]


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
