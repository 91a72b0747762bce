"""A query over a whole register, range after range of firms, in order, with nothing larger than a range in memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue

import pyarrow as pa

from littlegiant.assessment.relation import R, Range, Subjects
from littlegiant.engines import DuckDBEngine

FIRMS_A_RANGE = 250_000


def in_ranges(subjects: Subjects[R], query: str, order: Sequence[str], threads: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of `query` over `subject`, the ranges in order. Each thread has an engine of its own, one range at a time.

    Rows ordered by case come from a register that is sorted as they lie; any other order is made in each range.
    """
    engines: SimpleQueue[DuckDBEngine] = SimpleQueue()
    for _ in range(threads):
        engine = DuckDBEngine(in_order=True)
        subjects.bind(engine)
        engines.put(engine)

    def ask(firms: Range) -> list[pa.RecordBatch]:
        engine = engines.get()
        try:
            # What is not sorted by firm and year, whoever wrote it so, is joined by key and sorted: slower, the same.
            ordered = engine.keeps_order and subjects.is_sorted(engine, firms)
            engine.bind("subject", subjects.relation(firms, ordered=ordered))
            return list(engine.read(query, order=order, sorted_already=ordered and tuple(order) == ('"case"',)))
        finally:
            engines.put(engine)

    ranges = iter(subjects.ranges(FIRMS_A_RANGE))
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Future[list[pa.RecordBatch]]] = [pool.submit(ask, firms) for firms in _take(ranges, threads + 1)]
        while waiting:
            batches = waiting.pop(0).result()
            waiting += [pool.submit(ask, firms) for firms in _take(ranges, 1)]
            yield from batches


def _take(ranges: Iterator[Range], count: int) -> list[Range]:
    return list(islice(ranges, count))
