"""Letters: what each firm is told, in every language of the pack, for a whole register at once.

The firms are cut into stretches that processes write side by side; the file is the same for any number of them.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from littlegiant.assessment.relation import Range
from littlegiant.assessment.short_reasons import ShortReasons, answers
from littlegiant.assessment.whole_register import Assessment
from littlegiant.engines import ParquetSink, WrittenTable
from littlegiant.packs import Pack
from littlegiant.words import LANGUAGES, Language, say

_FIRMS_EACH = 10_000


def write_letters(
    assessment: Assessment,
    pack: Pack,
    to: Path,
    *,
    languages: Sequence[Language] = LANGUAGES,
    processes: int | None = None,
) -> WrittenTable:
    """Write one letter a case and language to the Parquet file `to`: columns case, outcome and one a language.

    `assessment` must lie in a file, so that the processes can read their stretch of it.
    """
    schema = pa.schema([("case", pa.string()), ("outcome", pa.string()), *((language, pa.string()) for language in languages)])
    tasks = [(assessment, pack, tuple(languages), firms) for firms in _stretches(assessment)]
    with ParquetSink(to, schema, ("case",)) as sink:
        for batch in _written(tasks, schema, processes or os.cpu_count() or 1):
            sink.add(batch)
    return sink.written()


_Task = tuple[Assessment, Pack, tuple[Language, ...], Range]


def _written(tasks: list[_Task], schema: pa.Schema, processes: int) -> Iterator[pa.RecordBatch]:
    if processes == 1 or len(tasks) < 2:
        lists = map(_letters, tasks)
        yield from (pa.RecordBatch.from_pylist(rows, schema) for rows in lists)
        return
    # Spawned, not forked: the engine's threads do not survive a fork.
    with ProcessPoolExecutor(min(processes, len(tasks)), mp_context=get_context("spawn")) as pool:
        yield from (pa.RecordBatch.from_pylist(rows, schema) for rows in pool.map(_letters, tasks))


def _stretches(assessment: Assessment) -> list[Range]:
    """Cut the cases into stretches of about as many firms."""
    source = assessment.source
    cases = pq.read_table(source, columns=["case"])["case"] if isinstance(source, Path) else source["case"]
    cases = pc.take(cases, pc.sort_indices(cases)) if not isinstance(source, Path) else cases
    starts: list[str | None] = [None, *(cases[at].as_py() for at in range(_FIRMS_EACH, len(cases), _FIRMS_EACH)), None]
    return list(pairwise(starts))


def _letters(task: _Task) -> list[dict[str, str]]:
    assessment, pack, languages, firms = task
    rows = []
    for told in answers(assessment, pack, languages, firms):
        texts: dict[str, str] = {language: letter(answer, language) for language, answer in zip(languages, told, strict=True)}
        rows.append({"case": told[0].case, "outcome": told[0].outcome, **texts})
    return rows


def letter(answer: ShortReasons, language: Language) -> str:
    """Return the words of one letter: the result, what stands against the firm with its figures, what to send."""
    lines = [answer.result]
    if answer.clauses:
        lines += [say("letter_failed", language), *(f"- {clause}" for clause in answer.clauses)]
    if answer.figures:
        lines += [say("letter_figures", language), *(f"- {figure}" for figure in answer.figures)]
    if answer.ask:
        lines += [say("letter_ask", language), *(f"- {item}" for item in answer.ask)]
    if answer.findings:
        lines += [say("letter_findings", language), *(f"- {item}" for item in answer.findings)]
    return "\n".join(lines)
