"""A register that lies in a PostgreSQL database: read there, never copied. `postgresql://host/database?schema=name`.

It has the tables of a register folder with the same columns, and `register_info` with what `register.json` says.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.engines.postgres_engine import PostgresEngine, place_of
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse
from littlegiant.register.store import KEYS, Register, fact_schema

_TYPES = {"BIGINT": "bigint", "BOOLEAN": "boolean", "DATE": "date", "VARCHAR": "text"}
_ALSO = {"text": {"character varying", "character"}, "bigint": {"integer", "smallint"}}


@dataclass(frozen=True)
class DatabaseRegister(Register):
    """The register at `url`; `path` only names it in messages."""

    url: str = ""
    schema: str = "public"
    known: dict[str, dict[str, str]] = field(default_factory=dict)  # table -> column -> type

    def engine(self) -> PostgresEngine:
        return PostgresEngine(self.url, schema=self.schema)

    def has(self, name: str) -> bool:
        return name in self.known

    def columns(self, name: str) -> set[str]:
        return set(self.known.get(name, {}))


def is_database(where: str | Path) -> bool:
    return str(where).startswith(("postgresql:", "postgres:"))


def split_url(where: str | Path) -> tuple[str, str]:
    """Return the address for the driver and the schema."""
    text = str(where)
    parts = urlsplit(text if "://" in text else text.replace(":/", "://", 1))  # a Path has lost one slash
    asked = parse_qs(parts.query)
    schema = asked.pop("schema", ["public"])[0]
    if not schema.replace("_", "a").isalnum():
        refuse("?schema=", repr(schema), "letters, digits and _", "Correct the schema in the address.", code="schema")
    _check_port(parts)
    options = urlencode(asked, doseq=True)
    return f"{parts.scheme}://{parts.netloc}{parts.path}{'?' if options else ''}{options}", schema


def _check_port(parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError:
        found, remedy = f"the port in {parts.netloc.rpartition('@')[2]!r}", "Correct the address."
        refuse("postgresql://", found, "a number up to 65535", remedy, code="address")


def open_database(where: str | Path, pack: Pack) -> DatabaseRegister:
    """Return the register at an address; raises where a table is missing or a column has another type than the fact."""
    url, schema = split_url(where)
    place = place_of(url)
    with PostgresEngine(url, schema=schema) as engine:
        known = _tables(engine, schema)
        rows = engine.rows("SELECT key, value FROM register_info") if "register_info" in known else []
    for name in ("firms", "firm_years"):
        if name not in known:
            remedy = "Load the register with `littlegiant register load`, or name its schema with ?schema=."
            refuse(f"{place}, schema {schema}", f"no table {name}", "the tables of a register", remedy, code="no-register")
    problems = [*_mismatches(known, pack, place)]
    if problems:
        raise LittleGiantError(problems)
    info = {key: json.loads(value) for key, value in rows}
    tables: dict[str, Any] = {name: {} for name in known}
    manifest = {"pack": pack.id, "synthetic": False, "complete_tiers": [], "digest": "", "tables": tables, **info}
    return DatabaseRegister(Path(place), manifest, url, schema, known)


def _tables(engine: PostgresEngine, schema: str) -> dict[str, dict[str, str]]:
    rows = engine.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        f"WHERE table_schema = '{schema}' ORDER BY table_name, ordinal_position"
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, type_ in rows:
        found.setdefault(table, {})[column] = type_
    return found


def _mismatches(known: dict[str, dict[str, str]], pack: Pack, place: str) -> Iterator[Problem]:
    for table, period, keys in (
        ("firms", "static", {"firm": "VARCHAR"}),
        ("firm_years", "year", {"firm": "VARCHAR", "year": "BIGINT"}),
    ):
        wanted = {**keys, **fact_schema(pack, period)}
        for column, type_ in known[table].items():
            expected = _TYPES.get(wanted.get(column, ""), "numeric") if column in wanted else None
            if expected is not None and type_ != expected and type_ not in _ALSO.get(expected, ()):
                found = f"{column} as {type_}"
                remedy = f"Make a view with CAST({column} AS {expected}); money is whole numbers of the smallest unit."
                yield Problem(f"{place}, table {table}", found, expected, remedy, "type")
        for key in keys:
            if key not in known[table]:
                yield Problem(f"{place}, table {table}", f"no column {key}", "", "Add it, or make a view that has it.", "type")


def need_folder(register: Register, what: str) -> None:
    """Refuse what is only made from a folder."""
    if isinstance(register, DatabaseRegister):
        remedy = "Export the tables to Parquet and import them as a folder, or ask in the database."
        refuse(str(register.path), f"{what} of a register in a database", "a register folder", remedy, code="engine")


def load_register(register: Register, where: str | Path) -> int:
    """Copy the register folder into a database, all of it or nothing; returns how many rows there are."""
    url, schema = split_url(where)
    with PostgresEngine(url) as engine:
        engine.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        engine.execute(f'SET search_path TO "{schema}"')
        found = engine.rows(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'")
        taken = [name for name in (*KEYS, "register_info") if (name,) in found]
        if taken:
            expected, remedy = "a schema without them", "Name another schema with ?schema=, or drop the tables first."
            refuse(place_of(url), f"tables {', '.join(taken)} in schema {schema}", expected, remedy, code="exists")
        rows = _load_tables(engine, register)
        engine.commit()
        engine.execute("ANALYZE")
        engine.commit()
    return rows


def _load_tables(engine: PostgresEngine, register: Register) -> int:
    rows = 0
    for name, table in register.manifest["tables"].items():
        path = register.table(name)
        engine.load(name, pa.RecordBatchReader.from_batches(_stored(path), _batches(path)))
        _decimals(engine, name, path)
        rows += int(table["rows"])
    said = {key: register.manifest[key] for key in ("synthetic", "complete_tiers", "digest", "pack") if key in register.manifest}
    info = {key: json.dumps(value) for key, value in said.items()}
    engine.load("register_info", pa.table({"key": list(info), "value": list(info.values())}).to_reader())
    engine.execute("ALTER TABLE firm_years ADD PRIMARY KEY (firm, year)")
    engine.execute("ALTER TABLE firms ADD PRIMARY KEY (firm)")
    return rows


def _decimal_names(path: Path) -> dict[str, pa.DataType]:
    return {field.name: field.type for field in pq.read_schema(path) if pa.types.is_decimal(field.type)}


def _stored(path: Path) -> pa.Schema:
    """Return the columns as they are sent: decimals as texts, which the server turns back without loss."""
    schema = pq.read_schema(path).remove_metadata()
    return pa.schema([pa.field(f.name, pa.string() if pa.types.is_decimal(f.type) else f.type) for f in schema])


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    schema = _stored(path)
    for batch in pq.ParquetFile(path).iter_batches(100_000):
        columns: list[Any] = [column.cast(f.type) for column, f in zip(batch.columns, schema, strict=True)]
        yield pa.record_batch(columns, schema=schema)


def _decimals(engine: PostgresEngine, name: str, path: Path) -> None:
    changes = [
        f'ALTER COLUMN "{column}" TYPE NUMERIC({type_.precision}, {type_.scale}) USING "{column}"::NUMERIC'
        for column, type_ in _decimal_names(path).items()
    ]
    if changes:
        engine.execute(f'ALTER TABLE "{name}" {", ".join(changes)}')
