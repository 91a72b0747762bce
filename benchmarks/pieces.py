"""What is timed, one piece a process: `python -m benchmarks.pieces NAME REGISTER` prints seconds, memory and a result."""

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from littlegiant.assessment.reforms import Setting, judge_reform
from littlegiant.assessment.together import assess_together
from littlegiant.assessment.whole_register import assess
from littlegiant.documents import parse_document
from littlegiant.packs import open_pack
from littlegiant.register import open_register
from littlegiant.standards import Compiled, compile_applying
from littlegiant.standards.reforming import Reform

YEAR, DAY = 2025, date(2026, 5, 25)
THREADS = 2


def standard(id: str = "little-giant", version: str | None = None) -> Compiled:
    """Return a standard with its notices, as for a new application: the little-giant text of 2026 by default."""
    return compile_applying(open_pack("cn"), id, on=DAY, application="new", version=version)


def bare_scan(register: Path) -> Any:
    return _scanned(register, standard())


def bare_scan_srdi(register: Path) -> Any:
    return _scanned(register, standard("srdi", "2022"))


def _scanned(register: Path, compiled: Compiled) -> Any:
    """Read with DuckDB the columns and years that the standard reads, and add them up."""
    pack = open_pack("cn")
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
    return _judged(register, standard(), digest=False)


def judge_srdi(register: Path) -> Any:
    """Judge by SRDI 2022: four conditions, thirteen indicators as intervals, four direct routes."""
    return _judged(register, standard("srdi", "2022"), digest=False)


def judge_digest(register: Path) -> Any:
    """The same with the table's digest."""
    return _judged(register, standard(), digest=True)


def _judged(register: Path, compiled: Compiled, *, digest: bool) -> Any:
    to = register.with_name(f"{register.name}-judged.parquet")
    done = assess(open_register(register), compiled, year=YEAR, to=to, threads=THREADS, digest=digest)
    assert done.written is not None
    counts = duckdb.sql(f"SELECT outcome, count(*) FROM read_parquet('{to}') GROUP BY outcome ORDER BY outcome").fetchall()
    return {"rows": done.written.rows, **dict(counts)}


_VERSIONS = {"technology-sme": ["2017"], "innovative-sme": ["2022"], "srdi": ["2022", "2026"], "little-giant": ["2022", "2026"]}


def twenty() -> list[Compiled]:
    """Return twenty rules: six texts for two kinds of application, and those of the upper tiers without their notices."""
    pack = open_pack("cn")
    rules = [(id, version, None) for id, versions in _VERSIONS.items() for version in versions]
    rules += [(id, version, []) for id in ("srdi", "little-giant") for version in _VERSIONS[id]]
    return [
        compile_applying(pack, id, on=DAY, application=application, version=version, notices=notices)
        for id, version, notices in rules
        for application in ("new", "re-review")
    ]


def judge_each(register: Path) -> Any:
    """The twenty rules, one after the other, outcomes and sets in memory."""
    opened = open_register(register)
    outcomes = [assess(opened, rule, year=YEAR, threads=THREADS, digest=False).table["outcome"] for rule in twenty()]
    return [sum(1 for value in each.to_pylist() if value == "eligible") for each in outcomes]


def judge_together(register: Path) -> Any:
    """The twenty rules in one pass: verdict, what can be computed, and score of each."""
    table = assess_together(open_register(register), twenty(), year=YEAR, threads=THREADS)
    return [sum(1 for value in table[f"v{n}"].to_pylist() if value) for n in range(20)]


def what_ifs(register: Path) -> Any:
    """Twenty values of one threshold of the little-giant text, counted by region."""
    text = (
        "format: 1\nreform: debt\ntitle: {en: debt}\nstandard: little-giant\nversion: '2026'\n"
        "grid:\n  - {parameter: debt_limit, from: 0.5, to: 0.88, step: 0.02}\n"
    )
    reform = parse_document(text.encode(), Reform, "what-ifs")
    setting = Setting(open_register(register), open_pack("cn"), YEAR, DAY, "new")
    return [row["open_finding"] for row in judge_reform(reform, setting, ["region"]).totals()]


def judge_in_memory(register: Path) -> Any:
    """The little-giant text of 2026 alone, in memory."""
    table = assess(open_register(register), standard(), year=YEAR, threads=THREADS, digest=False).table
    return table.num_rows


def synthesise_again(register: Path) -> Any:
    """Make the register that lies at `register` once more, beside it."""
    from littlegiant.register import synthesise

    made = open_register(register).manifest["made"]
    to = register.with_name(f"{register.name}-again")
    synthesise(open_pack("cn"), to, firms=made["firms"], years=tuple(made["years"]), seed=made["seed"], threads=THREADS)
    same = open_register(to).digest == open_register(register).digest
    shutil.rmtree(to)
    return {"same digest": same}


def list_workbook(register: Path) -> Any:
    """Judge the workbook beside `register` and write it back, with the memo; the titles are recognised, guesses accepted."""
    from littlegiant.listing import Question, list_workbook, propose, proposed_mapping

    pack, workbook = open_pack("cn"), register.with_suffix(".xlsx")
    document, text = proposed_mapping(propose(workbook, pack, last_year=YEAR), pack)
    question = Question("little-giant", DAY, "new", YEAR, None, "zh")
    listed = list_workbook(workbook, document, question, pack, register.with_name("listed"), keep_mapping=text)
    return dict(listed.outcomes)


def letters(register: Path) -> Any:
    """What each firm is told, in two languages, from a register that is judged already."""
    from littlegiant.assessment.letters import write_letters

    judged, to = (register.with_name(f"{register.name}-{name}.parquet") for name in ("judged", "letters"))
    assessment = assess(open_register(register), standard(), year=YEAR, to=judged)
    start = time.perf_counter()
    rows = write_letters(assessment, open_pack("cn"), to).rows
    return {"rows": rows, "seconds": time.perf_counter() - start}


def python_loop(register: Path) -> Any:
    from benchmarks.peers import loop_over_firms

    return loop_over_firms(register, YEAR)


def openfisca(register: Path) -> Any:
    from benchmarks.peers import openfisca_verdicts

    return openfisca_verdicts(register, YEAR)


PIECES: dict[str, Callable[[Path], Any]] = {
    "bare_scan": bare_scan,
    "bare_scan_srdi": bare_scan_srdi,
    "judge_srdi": judge_srdi,
    "synthesise_again": synthesise_again,
    "list_workbook": list_workbook,
    "letters": letters,
    "judge_each": judge_each,
    "judge_together": judge_together,
    "what_ifs": what_ifs,
    "judge_in_memory": judge_in_memory,
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
