"""The real panel of listed firms, 2019 to 2021: every row and every value accounted for."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.register import import_register, read_mapping

from .making import PACK, Imported

ROOT = Path(__file__).parents[2]
PANEL = ROOT.parent / "shared/data/real/finglm_ashare/ashare_panel_2019_2021.csv.gz"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PANEL.is_file(), reason="the real data are not beside the checkout"),
]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = ROOT / "examples/ashare"
    to = tmp_path_factory.mktemp("ashare") / "register"
    return Imported(to, import_register(read_mapping(folder / "mapping.yaml", PACK), folder, PACK, to))


def test_every_row_is_read_and_the_suspect_ones_are_rejected(register: Imported) -> None:
    (source,) = register.report.sources
    assert (source.read, source.used, source.filtered, source.rejected) == (11_587, 11_457, 0, 130)
    assert register.report.firm_years == 11_457


def test_every_value_is_accounted_for(register: Imported) -> None:
    for column in register.report.columns:
        assert column.supplied + column.missing + column.unmapped + column.rejected == 11_457
    rejects, gaps = (pq.read_table(register.path / f"{name}.parquet") for name in ("rejects", "gaps"))
    assert rejects.num_rows == 130 + sum(column.rejected for column in register.report.columns)
    assert gaps.num_rows == sum(column.rejected + column.unmapped for column in register.report.columns)
    rules = {row["values"]: row["counts"] for row in rejects["rule"].value_counts().to_pylist()}
    assert rules["rejected_by_mapping"] == 130


def test_the_reason_of_the_source_is_kept_with_every_rejected_row(register: Imported) -> None:
    rows = [row for row in register.table("rejects") if row["rule"] == "rejected_by_mapping"]
    assert {row["value"] for row in rows} == {"the source marks an implausible value"}
    assert len({row["row"] for row in rows}) == 130


def test_amounts_are_those_of_the_file_read_by_other_means(register: Imported) -> None:
    """Revenue summed once from the register and once from the file with exact decimals in Python."""
    import csv
    import gzip
    from decimal import Decimal

    total, count = Decimal(0), 0
    with gzip.open(PANEL, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["flag_suspect"] != "1" and row["revenue"]:
                fen = (Decimal(row["revenue"]) * int(row["unit_factor_guess"]) * 100).quantize(
                    Decimal(1), rounding="ROUND_HALF_UP"
                )
                total, count = total + fen, count + 1
    revenue = pq.read_table(register.path / "firm_years.parquet")["revenue"]
    supplied = next(column.supplied for column in register.report.columns if column.fact == "revenue")
    assert (pa.compute.sum(revenue).as_py(), len(revenue) - revenue.null_count) == (int(total), supplied)
    assert count == supplied


def test_a_listed_firm_of_many_sectors_has_an_unknown_sector_and_a_reason(register: Imported) -> None:
    by_reason = {(gap["fact"], gap["reason"]) for gap in register.table("gaps")}
    assert ("sector", "not_mapped") in by_reason
