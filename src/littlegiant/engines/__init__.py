"""One SQL query over tables that stay where they lie. Start with `DuckDBEngine`; `Engine` says what any engine promises."""

from littlegiant.engines.duckdb_engine import DuckDBEngine
from littlegiant.engines.engine import Engine, Source
from littlegiant.engines.mapping import Mapper, Processes
from littlegiant.engines.parquet import ParquetSink, WrittenTable

__all__ = ["DuckDBEngine", "Engine", "Mapper", "ParquetSink", "Processes", "Source", "WrittenTable"]
