"""What is timed, one piece a process: `python -m benchmarks.pieces NAME REGISTER` prints seconds, memory and a result."""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from littlegiant.assessment.whole_register import assess
from littlegiant.packs import open_pack
from littlegiant.register import open_register
from littlegiant.standards import Compiled, compile_standard, find_notices, find_standard

YEAR, DAY = 2025, date(2026, 5, 25)
THREADS = 2


def standard() -> Compiled:
    """Return the little-giant standard of 2026 with its notice, as for a new application."""
    pack = open_pack("cn")
    document = find_standard(pack, "little-giant", version=None, on=DAY, application="new")
    notices = find_notices(pack, document, on=DAY, application="new")
    return compile_standard(document, pack, application="new", reference_date=DAY, notices=notices)


def bare_scan(register: Path) -> Any:
    """Read with DuckDB the columns and years that the standard reads, and add them up."""
    pack, compiled = open_pack("cn"), standard()
    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}")
    sums = {"boolean": "sum(CAST({} AS INTEGER))", "code": "sum(strlen({}))"}
    facts = {item.name: pack.facts[item.name] for item in compiled.items if item.source == "fact"}
    result = []
    for table, period in (("firm_years", "year"), ("firms", "static")):
        columns = [sums.get(fact.type, "sum({})").format(name) for name, fact in sorted(facts.items()) if fact.period == period]
        years = f" WHERE year BETWEEN {YEAR - compiled.years_back} AND {YEAR}" if period == "year" else ""
        path = register / f"{table}.parquet"
        result.append(
            connection.execute(f"SELECT sum(strlen(firm)), {', '.join(columns)} FROM read_parquet('{path}'){years}").fetchall()
        )
    return len(result)


def judge(register: Path) -> Any:
    """Judge and write outcome, sets and version, ordered, without the table's digest."""
    return _judged(register, digest=False)


def judge_digest(register: Path) -> Any:
    """The same with the table's digest."""
    return _judged(register, digest=True)


def _judged(register: Path, *, digest: bool) -> Any:
    to = register.with_name(f"{register.name}-judged.parquet")
    done = assess(open_register(register), standard(), year=YEAR, to=to, threads=THREADS, digest=digest)
    assert done.written is not None
    counts = duckdb.sql(f"SELECT outcome, count(*) FROM read_parquet('{to}') GROUP BY outcome ORDER BY outcome").fetchall()
    return {"rows": done.written.rows, **dict(counts)}


def python_loop(register: Path) -> Any:
    from benchmarks.peers import loop_over_firms

    return loop_over_firms(register, YEAR)


def openfisca(register: Path) -> Any:
    from benchmarks.peers import openfisca_verdicts

    return openfisca_verdicts(register, YEAR)


PIECES: dict[str, Callable[[Path], Any]] = {
    "bare_scan": bare_scan,
    "judge": judge,
    "judge_digest": judge_digest,
    "python_loop": python_loop,
    "openfisca": openfisca,
}


def main() -> None:
    piece, register = PIECES[sys.argv[1]], Path(sys.argv[2])
    start = time.perf_counter()
    result = piece(register)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "result": result}))


if __name__ == "__main__":
    main()
