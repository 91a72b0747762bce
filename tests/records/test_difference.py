"""The first row in which two tables differ, against a comparison row by row."""

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.records import first_difference

SCHEMA = pa.schema([("firm", pa.string()), ("year", pa.int64()), ("outcome", pa.string()), ("cases", pa.int64())])
KEY = ("firm", "year")
Row = dict[str, Any]


def table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


def row(firm: str, year: int, outcome: str | None, cases: int | None) -> Row:
    return {"firm": firm, "year": year, "outcome": outcome, "cases": cases}


def row_by_row(left: list[Row], right: list[Row]) -> str:
    """The same answer the slow way."""
    for x, y in zip(left, right, strict=False):
        if x != y:
            changed = ", ".join(f"{name} {x[name]!r} against {y[name]!r}" for name in x if x[name] != y[name])
            return f"firm {x['firm']}, year {x['year']}: {changed}"
    return "" if len(left) == len(right) else f"{len(left)} rows against {len(right)}"


rows = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.integers(2023, 2025)),
    st.tuples(st.none() | st.sampled_from(["yes", "no"]), st.none() | st.integers(0, 2)),
    max_size=12,
).map(lambda found: [row(firm, year, outcome, cases) for (firm, year), (outcome, cases) in sorted(found.items())])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Two tables that agree in most rows."""
    left = draw(rows)
    right = [dict(each) for each in left]
    for index in draw(st.lists(st.integers(0, max(0, len(left) - 1)), max_size=2)) if left else []:
        right[index]["cases"] = draw(st.none() | st.integers(0, 2))
    return left, right[: draw(st.integers(0, len(right)))] if draw(st.booleans()) else right


@settings(deadline=None, derandomize=True, max_examples=150)
@given(pairs() | st.tuples(rows, rows), st.randoms(use_true_random=False))
def test_it_is_the_first_difference_whatever_the_order_of_storage(both: tuple[list[Row], list[Row]], random: Any) -> None:
    left, right = both
    stored = [list(left), list(right)]
    for each in stored:
        random.shuffle(each)
    assert first_difference(table(stored[0]), table(stored[1]), KEY) == row_by_row(left, right)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.tuples(rows, rows))
def test_without_a_key_the_rows_are_compared_as_they_stand(both: tuple[list[Row], list[Row]]) -> None:
    found = first_difference(table(both[0]), table(both[1]), ())
    assert bool(found) == (both[0] != both[1])


def test_the_sentence_names_the_row_and_only_what_changed() -> None:
    left = [row("a", 2024, "no", 1), row("b", 2024, "no", 1), row("c", 2024, None, 1)]
    right = [row("a", 2024, "no", 1), row("b", 2024, "yes", 1), row("c", 2024, "no", 2)]
    assert first_difference(table(left), table(right), KEY) == "firm b, year 2024: outcome 'no' against 'yes'"
    assert first_difference(table(left[2:]), table(right[2:]), KEY) == (
        "firm c, year 2024: outcome None against 'no', cases 1 against 2"
    )


def test_chunks_do_not_matter() -> None:
    whole = table([row("a", 2024, "no", 1), row("b", 2024, "no", 1)])
    assert first_difference(pa.concat_tables([whole.slice(0, 1), whole.slice(1, 1)]), whole, KEY) == ""


def test_columns_that_are_not_on_both_sides_are_named() -> None:
    whole = table([row("a", 2024, "no", 1)])
    assert first_difference(whole, whole.drop_columns(["cases"]), KEY) == "columns differ: cases"
    assert first_difference(whole, whole.select(["firm", "year", "cases", "outcome"]), KEY) == "columns differ: in their order"


def test_a_table_with_more_rows_at_the_end_differs_by_their_number() -> None:
    whole = table([row("a", 2024, "no", 1), row("b", 2024, "no", 1)])
    assert first_difference(whole.slice(0, 1), whole, KEY) == "1 rows against 2"
