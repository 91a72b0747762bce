"""Spark gives the rows that DuckDB gives, on every rule of the pack; skipped where pyspark or Java is not installed."""

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from assessment.invented import compiled_text, some_conditions, some_standard, standard_of, toy_firms
from breadth import thorough
from littlegiant.assessment.in_spark import assess_in_spark
from littlegiant.assessment.interface import assess as assess_by_name
from littlegiant.assessment.relation import FINDINGS
from littlegiant.assessment.subjects import subject_table
from littlegiant.assessment.whole_register import assess
from littlegiant.engines import DuckDBEngine
from littlegiant.engines.spark_engine import SparkEngine
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register, synthesise
from littlegiant.standards import compile_applying, query

PACK, DAY, YEAR = open_pack("cn"), date(2026, 5, 25), 2025
RULES = [("srdi", "2022"), ("little-giant", "2026")]  # with a score, and with notices
if thorough():
    RULES += [("technology-sme", "2017"), ("innovative-sme", "2022"), ("srdi", "2026")]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("spark") / "register"
    synthesise(PACK, path, firms=1500, years=(2023, 2024, 2025), seed=3)
    return open_register(path)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkEngine]:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine")
    engine = SparkEngine("local[2]")
    yield engine
    engine.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.matrix("assess: outcomes, sets, scores", spark="yes")
@pytest.mark.matrix("digest of the results", spark="the same")
def test_every_rule_gives_the_rows_of_duckdb(register: Register, tmp_path: Path, spark: SparkEngine) -> None:
    for id, version in RULES:
        compiled = compile_applying(PACK, id, on=DAY, application="new", version=version)
        there = assess_in_spark(register, compiled, year=YEAR, master="local[2]", to=tmp_path / f"{id}-{version}.parquet")
        here = assess(register, compiled, year=YEAR, to=tmp_path / f"{id}-{version}-here.parquet")
        assert there.written is not None
        assert here.written is not None
        assert there.written.digest == here.written.digest, (id, version)
        assert assess_in_spark(register, compiled, year=YEAR, master="local[2]").table.equals(here.table)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()], "what the workers wrote is cleared away"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.matrix("findings as input", spark="yes")
def test_findings_count_there_too(register: Register, spark: SparkEngine) -> None:
    compiled = compile_applying(PACK, "srdi", on=DAY, application="new", version="2022")
    firms = assess(register, compiled, year=YEAR).table["case"].to_pylist()[:400]
    blank = {"period": None, "yes": None, "code": None, "act": "a", "issuer": "province", "on": DAY}
    rows = [{"case": firm, "item": "local_characteristic", "number": Decimal(n % 16), **blank} for n, firm in enumerate(firms)]
    findings = pa.Table.from_pylist(rows, FINDINGS)
    there = assess_in_spark(register, compiled, year=YEAR, master="local[2]", findings=findings).table
    assert there.equals(assess(register, compiled, year=YEAR, findings=findings).table)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.matrix("assess --case: one firm with reasons", spark="yes")
@pytest.mark.matrix("summary: outcomes, binding clauses, what is missing", spark="yes")
@pytest.mark.matrix("near misses, measures, letters", spark="yes, from the folder")
def test_what_follows_the_judgement_is_as_without_spark(register: Register, spark: SparkEngine) -> None:
    there, here = (
        assess_by_name(register.path, "srdi", year=YEAR, reference_date=DAY, version="2026", spark=master)
        for master in ("local[2]", None)
    )
    firm = here.table["case"][7].as_py()
    assert list(there.explain(firm).lines("en")) == list(here.explain(firm).lines("en"))
    assert there.summary.outcomes.equals(here.summary.outcomes)
    assert there.near_misses(5) == here.near_misses(5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.matrix("any expression of the language, by chance", spark="yes")
@pytest.mark.parametrize("seed", range(6))
def test_conditions_and_standards_by_chance(spark: SparkEngine, seed: int) -> None:
    rng = Random(seed)
    texts = [standard_of(some_conditions(rng, 30, 4, assume=True)), some_standard(rng, stand_ins=bool(seed % 2))]
    for compiled in map(compiled_text, texts):
        subject = subject_table(toy_firms(rng, compiled.items, 150, rng.choice([0.05, 0.2, 0.5])), compiled)
        here = DuckDBEngine(threads=1)
        here.bind("subject", subject)
        spark.bind("subject", subject)
        ours = here.table(query(compiled), order=('"case"',)).to_pylist()
        theirs = [row for batch in spark.read(query(compiled, "spark"), order=('"case"',)) for row in batch.to_pylist()]
        assert theirs == ours


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
