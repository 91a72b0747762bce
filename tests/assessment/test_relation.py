"""Two ways to the same rows: earlier years joined by key, and taken from the rows above in a sorted register."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import littlegiant
from littlegiant.assessment.relation import Subjects, empty_findings
from littlegiant.assessment.whole_register import assess
from littlegiant.engines import DuckDBEngine
from littlegiant.register import open_register
from littlegiant.standards import Compiled, compile_standard, find_standard


def compiled(version: str) -> Compiled:
    pack = littlegiant.open_pack("cn")
    document = find_standard(pack, "little-giant", version=version, on=date(2026, 5, 25), application="new")
    return compile_standard(document, pack, application="new", reference_date=date(2026, 5, 25))


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("relation") / "register"
    littlegiant.synthesise(littlegiant.open_pack("cn"), path, firms=3000, years=(2021, 2022, 2023, 2024, 2025), seed=11)
    return path


@pytest.mark.parametrize("version", ["2022", "2026"])
def test_rows_above_and_joins_give_the_same_relation(register: Path, version: str) -> None:
    subjects = Subjects(open_register(register), compiled(version), 2025, empty_findings())
    engine = DuckDBEngine(in_order=True)
    subjects.bind(engine)
    joined = engine.table(subjects.relation(), order=('"case"',))
    above = engine.table(subjects.relation(ordered=True), order=('"case"',))
    assert joined.equals(above)
    assert joined.num_rows == 3000
    missing = joined.column("revenue@1" if version == "2026" else "main_revenue@1").null_count
    assert 0 < missing < 3000  # holes are there to be got right


def test_a_missing_year_in_between_is_not_filled_from_the_year_before(register: Path) -> None:
    """LAG on its own would take 2023 for 2024; the year has to be just the one asked for."""
    years = pq.read_table(register / "firm_years.parquet", columns=["firm", "year", "revenue"]).to_pylist()
    known = {(row["firm"], row["year"]): row["revenue"] for row in years}
    gap = next(firm for firm, year in known if year == 2023 and (firm, 2024) not in known and (firm, 2025) in known)
    subjects = Subjects(open_register(register), compiled("2026"), 2025, empty_findings())
    engine = DuckDBEngine(in_order=True)
    subjects.bind(engine)
    (row,) = engine.table(f"SELECT * FROM ({subjects.relation(ordered=True)}) WHERE \"case\" = '{gap}'", order=()).to_pylist()
    assert row["revenue@1"] is None
    assert row["revenue@2"] == known[gap, 2023]


@pytest.mark.parametrize("threads", [1, 3])
def test_ranges_leave_no_firm_out_and_change_nothing(register: Path, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = assess(open_register(register), compiled("2026"), year=2025, threads=1).table
    rows = pq.read_table(register / "firm_years.parquet")
    pq.write_table(rows, register / "firm_years.parquet", row_group_size=700)  # row groups that cut firms in two
    monkeypatch.setattr("littlegiant.assessment.ranges.FIRMS_A_RANGE", 150)
    pieces = assess(open_register(register), compiled("2026"), year=2025, threads=threads).table
    assert pa.Table.equals(pieces.combine_chunks(), whole.combine_chunks())
