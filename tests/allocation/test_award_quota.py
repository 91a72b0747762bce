"""Quotas by group: whole numbers by the largest remainder, from published figures; files with mistakes are told row by row."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from littlegiant.allocation.award import Formula, Quotas
from littlegiant.allocation.quota import Quota, apportioned, read_quotas
from littlegiant.problems import LittleGiantError


def shared(figures: Mapping[str, float], total: int, at_least: int = 0) -> dict[str, int]:
    return apportioned(
        {group: {"firms": value} for group, value in figures.items()},
        Formula(columns={"firms": 1}, total=total, at_least=at_least),
    )


def test_whole_numbers_by_the_largest_remainder() -> None:
    # 10 seats: 4.7, 3.1, 2.2 -> 4, 3, 2 and the last to the largest remainder.
    assert shared({"A": 47, "B": 31, "C": 22}, 10) == {"A": 5, "B": 3, "C": 2}
    # 21 · (1, 2, 4, 6)/13 = 1.615, 3.231, 6.462, 9.692 -> 1, 3, 6, 9 and two more: D, A.
    assert shared({"A": 1, "B": 2, "C": 4, "D": 6}, 21) == {"A": 2, "B": 3, "C": 6, "D": 10}


def test_everybody_gets_at_least_so_many_before_shares_count() -> None:
    # 3 first for each; of the 4 left 3.2 and 0.8.
    assert shared({"A": 80, "B": 20, "C": 0}, 13, at_least=3) == {"A": 6, "B": 4, "C": 3}


def test_equal_remainders_go_by_the_name() -> None:
    assert shared({"B": 1, "C": 1, "A": 1}, 4) == {"A": 2, "B": 1, "C": 1}
    assert shared({"B": 1, "C": 1, "A": 1}, 5) == {"A": 2, "B": 2, "C": 1}
    assert list(shared({"B": 1, "C": 1, "A": 1}, 5)) == ["A", "B", "C"]


def test_columns_are_weighted_by_their_shares_not_by_their_size() -> None:
    basis = {"A": {"firms": 30.0, "money": 1e9}, "B": {"firms": 10.0, "money": 3e9}}
    # 0.75 · (3/4, 1/4) + 0.25 · (1/4, 3/4) = 0.625, 0.375
    assert apportioned(basis, Formula(columns={"firms": 0.75, "money": 0.25}, total=8)) == {"A": 5, "B": 3}
    assert apportioned(basis, Formula(columns={"firms": 3, "money": 1}, total=8)) == {"A": 5, "B": 3}, "weights are relative"


def test_figures_count_as_they_are_written() -> None:
    """0.1 + 0.2 is 0.3 here, so that no machine rounds a tie another way."""
    assert shared({"A": 0.3, "B": 0.1, "C": 0.2}, 6) == {"A": 3, "B": 1, "C": 2}
    assert shared({"A": 0.3, "B": 0.1, "C": 0.2}, 3) == {"A": 2, "B": 0, "C": 1}  # 1.5, 0.5, 1.0: the tie to A


@pytest.mark.parametrize("seed", range(20))
def test_seats_sum_up_and_stay_within_one_of_the_share(seed: int) -> None:
    random = np.random.default_rng(seed)
    figures = {f"G{n:02d}": float(random.integers(0, 1000)) for n in range(12)}
    figures["G00"] += 1
    total, least = int(random.integers(24, 400)), int(random.integers(0, 3))
    seats = shared(figures, total, least)
    assert sum(seats.values()) == total
    whole = sum(Fraction(value) for value in figures.values())
    for group, seat in seats.items():
        exact = least + (total - 12 * least) * Fraction(figures[group]) / whole
        assert abs(seat - exact) < 1


@pytest.mark.parametrize(
    ("figures", "total", "at_least", "told"),
    [({"A": 1, "B": 1}, 5, 3, "at least 3 for each of 2 groups, of 5"), ({"A": 0, "B": 0}, 5, 0, "sums to nothing")],
)
def test_a_formula_that_cannot_be_met_is_one_sentence(figures: dict[str, float], total: int, at_least: int, told: str) -> None:
    with pytest.raises(LittleGiantError, match=told) as problem:
        shared(figures, total, at_least)
    assert len(problem.value.problems) == 1


# --- files ----------------------------------------------------------------------------------------------------------------


def read(folder: Path, text: str, formula: Formula | None = None) -> tuple[Quota, ...]:
    (folder / "quotas.csv").write_text(text, encoding="utf-8")
    return read_quotas(Quotas(file="quotas.csv", formula=formula), folder)


def test_quotas_are_read_in_the_order_of_the_names(tmp_path: Path) -> None:
    found = read(tmp_path, 'group,at_most,at_least\n440000,"1,200",\n110000,3,1\n')
    assert found == (Quota("110000", 3.0, 1.0), Quota("440000", 1200.0, 0.0))


def test_quotas_by_a_formula_are_those_of_the_file(tmp_path: Path) -> None:
    text = "group,firms,money\nB,31,0\nA,47,0\nC,22,5\n"
    assert read(tmp_path, text, Formula(columns={"firms": 1}, total=10)) == (Quota("A", 5.0), Quota("B", 3.0), Quota("C", 2.0))


@pytest.mark.parametrize(
    ("text", "told", "code"),
    [
        ("group,at_most\nA,3\nA,4\n", "the group 'A' again", "twice"),
        ("group,at_most\nA,many\n", "row 2, column at_most", "range"),
        ("group,at_most\nA,-1\n", "row 2, column at_most", "range"),
        ("group,at_most\nA,inf\n", "row 2, column at_most", "range"),
        ("group,at_most,at_least\nA,2,3\n", "at least 3, at most 2", "floor"),
        ("group,most\nA,2\n", "no column at_most", "columns"),
        ("group,at_most\n", "no rows", "empty"),
    ],
)
def test_a_bad_file_is_told_with_its_row(tmp_path: Path, text: str, told: str, code: str) -> None:
    with pytest.raises(LittleGiantError) as problem:
        read(tmp_path, text)
    assert told in str(problem.value)
    assert problem.value.problems[0].code == code


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("group,firms\nA,3\nA,4\n", "the group 'A' again"),
        ("group,firms\nA,x\n", "column firms"),
        ("group,money\nA,3\n", "no column firms"),
        ("group,firms\nA,0\n", "sums to nothing"),
    ],
)
def test_a_bad_basis_is_told_with_its_row(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LittleGiantError, match=told):
        read(tmp_path, text, Formula(columns={"firms": 1}, total=10))


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError, match="no such file"):
        read_quotas(Quotas(file="none.csv"), tmp_path)
