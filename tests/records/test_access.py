"""What may leave the house: a column without a class is closed, and one closed column keeps the table in."""

from pathlib import Path

import pyarrow as pa
import pytest

from littlegiant.documents import read_document
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.records import AccessPolicy, public_table

POLICY = AccessPolicy.model_validate(
    {"format": 1, "tables": {"counts": {"*": "public", "note": "office"}, "firms": {"region": "public", "name": "firm"}}}
)


@pytest.mark.parametrize(
    ("table", "column", "access"),
    [
        ("counts", "cases", "public"),
        ("counts", "note", "office"),
        ("firms", "region", "public"),
        ("firms", "name", "firm"),
        ("firms", "tax_number", "restricted"),
        ("unheard_of", "anything", "restricted"),
    ],
)
def test_every_column_has_a_class_and_the_unknown_is_restricted(table: str, column: str, access: str) -> None:
    assert POLICY.of(table, column) == access


def test_a_table_of_public_columns_may_go() -> None:
    table = pa.table({"region": ["110000"]})
    assert public_table("firms", table, POLICY) is table


def test_a_table_with_closed_columns_stays_and_each_is_named() -> None:
    table = pa.table({"region": ["110000"], "name": ["甲"], "tax_number": ["1"]})
    with pytest.raises(LittleGiantError) as refused:
        public_table("firms", table, POLICY)
    assert str(refused.value) == (
        "table firms, column name: found the class 'firm', expected 'public'.\n"
        "  Leave the column out, or change its class in the pack's policy.yaml.\n"
        "table firms, column tax_number: found the class 'restricted', expected 'public'.\n"
        "  Leave the column out, or change its class in the pack's policy.yaml."
    )
    assert (refused.value.exit_code, {problem.code for problem in refused.value.problems}) == (2, {"access"})


def test_a_table_that_the_policy_does_not_know_stays() -> None:
    with pytest.raises(LittleGiantError):
        public_table("unheard_of", pa.table({"x": [1]}), POLICY)


def test_a_class_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("format: 1\ntables:\n  counts:\n    cases: everyone\n")
    with pytest.raises(LittleGiantError) as refused:
        read_document(tmp_path / "policy.yaml", AccessPolicy)
    assert refused.value.problems[0].place == "policy.yaml, line 4, tables.counts.cases"


def test_no_built_in_pack_opens_a_table_with_one_row_a_firm() -> None:
    pack = open_pack("cn")
    policy = read_document(pack.path / "policy.yaml", AccessPolicy).value
    rows_of_firms = ("assessments", "findings", "rejects", "gaps", "firms", "firm_years", "recognitions", "truth")
    columns = ("case", "firm", "outcome", "name", "revenue", "value", "act", "by")
    assert [(t, c) for t in rows_of_firms for c in columns if policy.of(t, c) == "public"] == []
    small_cells = ("by_region", "by_sector", "by_size", "worklist", "order")
    assert [(t, c) for t in small_cells for c in ("cases", "eligible") if policy.of(t, c) == "public"] == []
