"""Spark gives the rows that DuckDB gives, on every rule of the pack; skipped where pyspark or Java is not installed."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from littlegiant.assessment.whole_register import assess
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register, synthesise
from littlegiant.standards import compile_applying

PACK, DAY, YEAR = open_pack("cn"), date(2026, 5, 25), 2025
RULES = [("technology-sme", "2017"), ("innovative-sme", "2022"), ("srdi", "2022"), ("srdi", "2026"), ("little-giant", "2026")]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("spark") / "register"
    synthesise(PACK, path, firms=1500, years=(2023, 2024, 2025), seed=3)
    return open_register(path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_rule_gives_the_rows_of_duckdb(register: Register, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine")
    from littlegiant.assessment.in_spark import assess_in_spark

    for id, version in RULES:
        compiled = compile_applying(PACK, id, on=DAY, application="new", version=version)
        there = assess_in_spark(register, compiled, year=YEAR, master="local[2]", to=tmp_path / f"{id}-{version}.parquet")
        here = assess(register, compiled, year=YEAR, to=tmp_path / f"{id}-{version}-here.parquet")
        assert there.written is not None
        assert here.written is not None
        assert there.written.digest == here.written.digest, (id, version)


def test_without_pyspark_one_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from littlegiant.engines import spark_engine

    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with pytest.raises(LittleGiantError, match=r"Install littlegiant\[spark\]"):
        spark_engine.SparkEngine("local[1]")


def test_without_java_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from littlegiant.engines import spark_engine

    monkeypatch.setattr(spark_engine, "_pyspark", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(LittleGiantError, match="no Java on this machine"):
        spark_engine.SparkEngine("local[1]")
