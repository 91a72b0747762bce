"""A register judged in PostgreSQL gives the rows that DuckDB gives; what goes wrong there is told in a sentence."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from littlegiant.assessment.in_database import assess_in_database
from littlegiant.assessment.interface import assess as assess_by_name
from littlegiant.assessment.relation import FINDINGS
from littlegiant.assessment.whole_register import assess
from littlegiant.engines.postgres_engine import PostgresEngine
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register, synthesise
from littlegiant.register.database import DatabaseRegister, load_register, open_database
from littlegiant.standards import compile_applying, query

PACK, DAY, YEAR = open_pack("cn"), date(2026, 5, 25), 2025
RULES = [
    (id, version, application)
    for id, versions in {
        "technology-sme": ["2017"],
        "innovative-sme": ["2022"],
        "srdi": ["2022", "2026"],
        "little-giant": ["2022", "2026"],
    }.items()
    for version in versions
    for application in ("new", "re-review")
]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("firms") / "register"
    synthesise(PACK, path, firms=1500, years=(2023, 2024, 2025), seed=3)
    return open_register(path)


@pytest.fixture(scope="module")
def address(postgres: str, register: Register) -> str:
    where = f"{postgres}?schema=firms"
    load_register(register, where)
    return where


@pytest.fixture
def database(address: str) -> DatabaseRegister:
    return open_database(address, PACK)


@pytest.mark.matrix("assess: outcomes, sets, scores", folder="yes", postgresql="yes")
@pytest.mark.parametrize(("id", "version", "application"), RULES)
def test_every_rule_gives_the_rows_of_the_folder(
    database: DatabaseRegister, register: Register, id: str, version: str, application: str
) -> None:
    compiled = compile_applying(PACK, id, on=DAY, application=application, version=version)
    there = assess_in_database(database, compiled, year=YEAR).table
    assert there.equals(assess(register, compiled, year=YEAR).table)


@pytest.mark.matrix("digest of the results", folder="yes", postgresql="the same")
def test_the_digest_is_that_of_the_folder(database: DatabaseRegister, register: Register, tmp_path: Path) -> None:
    compiled = compile_applying(PACK, "srdi", on=DAY, application="new", version="2026")
    there = assess_in_database(database, compiled, year=YEAR, to=tmp_path / "there.parquet").written
    here = assess(register, compiled, year=YEAR, to=tmp_path / "here.parquet").written
    assert there is not None
    assert here is not None
    assert (there.digest, there.rows) == (here.digest, here.rows)


@pytest.mark.matrix("findings as input", folder="yes", postgresql="yes")
def test_findings_count_there_too(database: DatabaseRegister, register: Register) -> None:
    compiled = compile_applying(PACK, "srdi", on=DAY, application="new", version="2022")
    firms = assess(register, compiled, year=YEAR).table["case"].to_pylist()[:400]
    rows = [
        {"case": firm, "item": "local_characteristic", "period": None, "yes": None, "number": Decimal(number % 16), "code": None}
        for number, firm in enumerate(firms)
    ]
    findings = pa.Table.from_pylist([{**row, "act": "a", "issuer": "province", "on": DAY} for row in rows], FINDINGS)
    there = assess_in_database(database, compiled, year=YEAR, findings=findings).table
    here = assess(register, compiled, year=YEAR, findings=findings).table
    assert there.equals(here)
    assert not here.equals(assess(register, compiled, year=YEAR).table)


@pytest.mark.matrix("assess --case: one firm with reasons", folder="yes", postgresql="yes")
@pytest.mark.matrix("summary: outcomes, binding clauses, what is missing", folder="yes", postgresql="yes")
def test_one_firm_is_explained_from_the_database(address: str, register: Register) -> None:
    both = [assess_by_name(where, "srdi", year=YEAR, reference_date=DAY, version="2026") for where in (address, register.path)]
    firm = both[0].table["case"][7].as_py()
    assert list(both[0].explain(firm).lines("en")) == list(both[1].explain(firm).lines("en"))
    assert both[0].summary.outcomes.equals(both[1].summary.outcomes)
    assert both[0].summary.binding.equals(both[1].summary.binding)


@pytest.mark.matrix("near misses, measures, letters", postgresql="no, says so")
def test_what_needs_a_folder_says_so(address: str) -> None:
    judged = assess_by_name(address, "srdi", year=YEAR, reference_date=DAY, version="2026")
    with pytest.raises(LittleGiantError, match="near misses of a register in a database"):
        judged.near_misses(3)
    with pytest.raises(LittleGiantError, match="measures of every case of a register in a database"):
        judged.measures("rd_share")
    with pytest.raises(LittleGiantError, match="letters of a register in a database"):
        judged.write_letters("letters.parquet")


@pytest.mark.matrix("reforms, comparisons, outlook, rounds", postgresql="no, says so")
def test_the_commands_that_need_a_folder_say_so(address: str) -> None:
    with pytest.raises(LittleGiantError, match="keep it in a folder"):
        open_register(Path(address))


def test_a_load_is_whole_or_not_at_all(postgres: str, register: Register, address: str) -> None:
    with pytest.raises(LittleGiantError, match="a schema without them"):
        load_register(register, address)


@pytest.fixture
def schema(postgres: str) -> Iterator[tuple[PostgresEngine, str]]:
    """Return an engine and the address of a schema of its own with hand-made tables."""
    engine = PostgresEngine(postgres)
    engine.execute("DROP SCHEMA IF EXISTS own CASCADE")
    engine.execute("CREATE SCHEMA own")
    engine.commit()
    yield engine, f"{postgres}?schema=own"
    engine.close()


def test_a_column_of_another_type_is_named_with_its_mend(schema: tuple[PostgresEngine, str]) -> None:
    engine, where = schema
    engine.execute("CREATE TABLE own.firms (firm text, founded text)")
    engine.execute("CREATE TABLE own.firm_years (firm text, year bigint, revenue double precision, staff integer)")
    engine.commit()
    with pytest.raises(LittleGiantError) as caught:
        open_database(where, PACK)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 2
    assert "founded as text, expected date" in told[0]
    assert "revenue as double precision, expected bigint" in told[1]
    assert "CAST(revenue AS bigint)" in told[1]


def test_a_missing_table_is_named(schema: tuple[PostgresEngine, str]) -> None:
    with pytest.raises(LittleGiantError, match="no table firms"):
        open_database(schema[1], PACK)


def test_a_register_of_few_columns_is_judged_as_far_as_it_goes(schema: tuple[PostgresEngine, str]) -> None:
    engine, where = schema
    engine.execute("CREATE TABLE own.firms (firm text, on_adverse_list boolean)")
    engine.execute("CREATE TABLE own.firm_years (firm text, year integer, revenue bigint)")
    engine.execute("INSERT INTO own.firms VALUES ('b', true), ('A', false)")
    engine.execute("INSERT INTO own.firm_years VALUES ('b', 2025, 1), ('A', 2025, 1000000000)")
    engine.commit()
    compiled = compile_applying(PACK, "srdi", on=DAY, application="new", version="2026")
    table = assess_in_database(open_database(where, PACK), compiled, year=YEAR).table
    assert table["case"].to_pylist() == ["A", "b"]
    assert table["outcome"].to_pylist() == ["undetermined", "ineligible"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("/postgres?", "/nowhere?"), 'database "nowhere" does not exist'),
        (("postgres@", "nobody@"), 'role "nobody" does not exist'),
    ],
)
def test_a_wrong_address_is_one_sentence(postgres: str, change: tuple[str, str], told: str) -> None:
    with pytest.raises(LittleGiantError, match=told) as caught:
        open_database(f"{postgres}?schema=firms".replace(*change), PACK)
    assert caught.value.exit_code == 3
    assert str(caught.value).count("\n") <= 1


def test_a_server_that_is_away_is_one_sentence_without_the_password() -> None:
    with pytest.raises(LittleGiantError, match="Start the server") as caught:
        open_database("postgresql://office:secret@127.0.0.1:1/register", PACK)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("port", ["x", "99999"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    with pytest.raises(LittleGiantError, match="the port in"):
        open_database(f"postgresql://office:secret@here:{port}/register", PACK)


def test_a_wrong_password_is_told(postgres: str) -> None:
    engine = PostgresEngine(postgres)
    engine.execute("CREATE ROLE office LOGIN PASSWORD 'right'")
    (path,) = [row[0] for row in engine.rows("SELECT setting FROM pg_settings WHERE name = 'hba_file'")]
    lines = "SELECT 'host all office 127.0.0.1/32 scram-sha-256' UNION ALL SELECT 'host all all 127.0.0.1/32 trust'"
    engine.execute(f"COPY ({lines}) TO '{path}'")
    engine.execute("SELECT pg_reload_conf()")
    engine.commit()
    engine.close()
    with pytest.raises(LittleGiantError, match="PGPASSWORD") as caught:
        open_database(postgres.replace("postgres@", "office:wrong@"), PACK)
    assert "wrong" not in str(caught.value)


def test_the_text_of_a_query_is_that_of_the_other_dialects_but_for_words() -> None:
    compiled = compile_applying(PACK, "srdi", on=DAY, application="new", version="2022")
    assert "HUGEINT" not in query(compiled, "postgres")
    assert "`" in query(compiled, "spark")
    with pytest.raises(LittleGiantError, match="Did you mean 'postgres'"):
        query(compiled, "postgress")
