"""The digest of a table: blind to order, chunks and files, sharp for every cell, and the same when computed by other means."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.digests import TableDigest, digest_parquet, digest_table

from . import again

exactly = settings(deadline=None, derandomize=True, max_examples=40)
TYPES: dict[str, tuple[pa.DataType, Any]] = {
    "integer": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "boolean": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates(date(1, 1, 1), date(9999, 12, 31))),
    "decimal:12": (pa.decimal128(18, 12), st.integers(-(10**18) + 1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-12))),
    "decimal:2": (pa.decimal128(38, 2), st.integers(-(10**30), 10**30).map(lambda n: Decimal(n).scaleb(-2))),
    "text": (pa.string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)),
    "null": (pa.null(), st.none()),
}
Table = dict[str, tuple[str, list[Any]]]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table keyed by a text and an integer, with one column of each kind, a third of the cells null.

    One row alone is a test of its own below.
    """
    keys = draw(st.lists(st.tuples(st.text("ab企ü", max_size=2), st.integers(0, 3)), unique=True, min_size=2, max_size=12))
    columns: Table = {"firm": ("text", [firm for firm, _ in keys]), "year": ("integer", [year for _, year in keys])}
    for kind, (_, values) in TYPES.items():
        cell = st.none() | values | values
        columns[f"a {kind}"] = (kind, draw(st.lists(cell, min_size=len(keys), max_size=len(keys))))
    return columns


def arrow(columns: Table) -> pa.Table:
    return pa.table({name: pa.array(values, TYPES[kind][0]) for name, (kind, values) in columns.items()})


KEY = ("firm", "year")


@exactly
@given(tables())
def test_an_independent_computation_agrees(columns: Table) -> None:
    assert digest_table(arrow(columns), KEY) == again.table(columns, KEY)


@exactly
@given(tables(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_order_of_rows_and_their_chunks_do_not_matter(columns: Table, random: Any, chunk: int) -> None:
    table = arrow(columns)
    rows = list(range(table.num_rows))
    random.shuffle(rows)
    shuffled = table.take(pa.array(rows, pa.int64()))
    chunked = pa.concat_tables([shuffled.slice(start, chunk) for start in range(0, max(1, table.num_rows), chunk)])
    assert digest_table(chunked, KEY) == digest_table(table, KEY)


@exactly
@given(tables(), st.data())
def test_a_change_of_any_one_cell_shows_in_its_column_and_nowhere_else(columns: Table, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(columns["firm"][1]) - 1))
    name = data.draw(st.sampled_from([name for name, (kind, _) in columns.items() if kind != "null" and name not in KEY]))
    kind, values = columns[name]
    other = data.draw((st.none() | TYPES[kind][1]).filter(lambda value: value != values[row]))
    changed = {**columns, name: (kind, [*values[:row], other, *values[row + 1 :]])}
    assert digest_table(arrow(changed), KEY) != digest_table(arrow(columns), KEY)
    assert differing(arrow(columns), arrow(changed)) == [name]


def differing(a: pa.Table, b: pa.Table) -> list[str]:
    digests = []
    for table in (a, b):
        digest = TableDigest(table.schema, ())
        for batch in table.to_batches():
            digest.add(batch)
        digests.append(digest.columns())
    return [x["name"] for x, y in zip(*digests, strict=True) if x != y]


SMALL = pa.table(
    {
        "firm": pa.array(["a", "b", "c"]),
        "revenue": pa.array([1, None, 3], pa.int64()),
        "share": pa.array([Decimal("0.10"), Decimal("0.20"), None], pa.decimal128(18, 12)),
    }
)


def test_the_digest_of_a_known_table_never_changes() -> None:
    """Pinned: published digests must stay checkable with later versions."""
    assert digest_table(SMALL, ("firm",)) == again.table(
        {
            "firm": ("text", ["a", "b", "c"]),
            "revenue": ("integer", [1, None, 3]),
            "share": ("decimal:12", [Decimal("0.10"), Decimal("0.20"), None]),
        },
        ("firm",),
    )
    assert digest_table(SMALL, ("firm",)) == "7a210748087585e1c2b16b670784f959543f603fed3e9d4128ae6eb1667a915c"


def test_the_pieces_of_batches_do_not_matter() -> None:
    pieces = [SMALL.slice(0, 2).to_batches()[0], SMALL.slice(2, 1).to_batches()[0]]
    assert digest_table(pieces, ("firm",)) == digest_table(SMALL, ("firm",))


def test_a_table_of_one_row_has_a_digest() -> None:
    one = SMALL.slice(1, 1)
    assert digest_table(one, ("firm",)) == again.table(
        {"firm": ("text", ["b"]), "revenue": ("integer", [None]), "share": ("decimal:12", [Decimal("0.20")])}, ("firm",)
    )


def test_a_table_without_rows_has_a_digest() -> None:
    nothing = SMALL.slice(0, 0)
    assert digest_table(nothing, ("firm",)) == again.table(
        {"firm": ("text", []), "revenue": ("integer", []), "share": ("decimal:12", [])}, ("firm",)
    )


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip"])
@pytest.mark.parametrize("row_group_size", [1, 2, 100])
def test_the_file_it_came_through_does_not_matter(tmp_path: Path, compression: str, row_group_size: int) -> None:
    pq.write_table(SMALL, tmp_path / "t.parquet", compression=compression, row_group_size=row_group_size)
    assert digest_table(pq.read_table(tmp_path / "t.parquet"), ("firm",)) == digest_table(SMALL, ("firm",))
    assert digest_parquet(tmp_path / "t.parquet", ("firm",)) == digest_table(SMALL, ("firm",))


@pytest.mark.parametrize("order", [[2, 0, 1], [0, 2, 1], [2, 1, 0]])
def test_the_order_in_a_file_does_not_matter(tmp_path: Path, order: list[int]) -> None:
    pq.write_table(SMALL.take(pa.array(order)), tmp_path / "t.parquet", row_group_size=1)
    assert digest_parquet(tmp_path / "t.parquet", ("firm",)) == digest_table(SMALL, ("firm",))


@pytest.mark.parametrize("rows", [0, 1, 70_000])
def test_a_file_is_digested_in_pieces_as_if_it_were_one(tmp_path: Path, rows: int) -> None:
    numbers = pa.array(range(rows), pa.int64())
    table = pa.table({"firm": numbers, "name": pa.array([f"示例{n}" if n % 3 else None for n in range(rows)], pa.string())})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=9_999)
    assert digest_parquet(tmp_path / "t.parquet", ("firm",)) == digest_table(table, ("firm",))


def test_the_width_of_storage_does_not_matter() -> None:
    narrow = SMALL.set_column(1, "revenue", SMALL["revenue"].cast(pa.int32()))
    wide = narrow.set_column(0, "firm", narrow["firm"].cast(pa.large_string()))
    assert digest_table(wide, ("firm",)) == digest_table(SMALL, ("firm",))


def test_a_null_is_not_a_zero_and_not_an_empty_text() -> None:
    def of(value: Any, kind: pa.DataType) -> str:
        return digest_table(pa.table({"k": pa.array([1, 2]), "v": pa.array([value, None], kind)}), ("k",))

    assert of(None, pa.int64()) != of(0, pa.int64())
    assert of(None, pa.string()) != of("", pa.string())
    assert of(None, pa.bool_()) != of(False, pa.bool_())


def test_texts_do_not_run_into_one_another() -> None:
    def of(*texts: str) -> str:
        return digest_table(pa.table({"k": pa.array([1, 2]), "v": pa.array(texts)}), ("k",))

    assert of("ab", "c") != of("a", "bc")


def test_names_and_order_of_columns_count() -> None:
    assert digest_table(SMALL.rename_columns(["firm", "sales", "share"]), ("firm",)) != digest_table(SMALL, ("firm",))
    assert digest_table(SMALL.select(["firm", "share", "revenue"]), ("firm",)) != digest_table(SMALL, ("firm",))


def test_rows_that_may_repeat_are_taken_as_they_stand() -> None:
    double = pa.concat_tables([SMALL, SMALL])
    assert digest_table(double, ()) != digest_table(SMALL, ())


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.timestamp("s"), pa.binary(), pa.list_(pa.int64())])
def test_a_type_that_is_not_the_same_on_every_machine_is_refused(kind: pa.DataType) -> None:
    with pytest.raises(TypeError, match="has no digest; store integers, decimals, texts, dates or booleans"):
        digest_table(pa.table({"x": pa.array([], kind)}), ())


def batches(*groups: Sequence[str]) -> list[pa.RecordBatch]:
    return [pa.record_batch({"firm": pa.array(group)}) for group in groups]


@pytest.mark.parametrize(
    "given_",
    [batches(["b", "a"]), batches(["a", "a"]), batches(["a", "b"], ["b", "c"]), batches(["b", "c"], ["a", "d"])],
    ids=["falling", "twice", "twice over two batches", "falling over two batches"],
)
def test_batches_out_of_order_or_with_a_key_twice_are_refused(given_: list[pa.RecordBatch]) -> None:
    with pytest.raises(ValueError, match="rows are not in the order of their key"):
        digest_table(given_, ("firm",))


def test_a_table_with_a_key_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two rows share a key"):
        digest_table(pa.table({"firm": ["a", "b", "a"]}), ("firm",))


def test_texts_are_ordered_by_their_bytes() -> None:
    """So that every engine and language agrees: 'Z' before 'a', and '￿' before an emoji."""
    assert digest_table(batches(["Z", "a", "é", "中", "￿", "😀"]), ("firm",))
