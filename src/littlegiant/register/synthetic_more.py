"""What later rooms are tried on: links, ownership, an award with a planted effect, and dirt with the truth beside.

Everything is invented and says so by its register. The award is decided by a score against a cut-off, so that designs
that use it can be tried; those above the cut-off gain `PLANTED_EFFECT` per mille of productivity from the year after.
"""

from collections.abc import Iterator
from math import gcd

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from littlegiant.register.draws import ONE, Ints, draw, wide_draw

PLANTED_EFFECT = 60  # per mille
CUT_OFF = 60  # points
DIRT_A_THOUSAND = {"unit_slip": 4, "part_over_whole": 4, "jump": 3, "digit_lost": 3}  # firm-years of each kind
_MOST_LINKS = 3
MORE_SCHEMAS = {
    "links": pa.schema([("supplier", pa.string()), ("buyer", pa.string()), ("year", pa.int64()), ("value", pa.int64())]),
    "ownership": pa.schema(
        [("owner", pa.string()), ("firm", pa.string()), ("share", pa.decimal128(18, 12)), ("kind", pa.string())]
    ),
    "applications": pa.schema(
        [("firm", pa.string()), ("year", pa.int64()), ("score", pa.int64()), ("awarded", pa.bool_()), ("amount", pa.int64())]
    ),
    "firm_outcomes": pa.schema([("firm", pa.string()), ("year", pa.int64()), ("outcome", pa.string()), ("value", pa.int64())]),
    "truth": pa.schema(
        [("firm", pa.string()), ("year", pa.int64()), ("fact", pa.string()), ("kind", pa.string()), ("value", pa.int64())]
    ),
}


def synthetic_ids(numbers: Ints) -> pa.Array:
    """Return the ids of synthetic firms: 18 characters that no real identifier scheme gives."""
    return pa.array([f"SYN{number:015d}" for number in numbers.tolist()], pa.string())


def more_tables(
    seed: int, numbers: Ints, stratum: Ints, ids: pa.Array, firms: int, years: tuple[int, ...]
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield links, ownership, applications and outcomes of one range of firms."""
    yield "links", _links(seed, numbers, firms, years[-1])
    yield "ownership", _ownership(seed, numbers, firms)
    applies = (stratum > 0) & (draw(seed, "applies", numbers) < ONE * 3 // 10)
    chosen = np.flatnonzero(applies)
    # The score is what reviewers saw: part of it is the firm's own strength, which also moves the outcome.
    strength = draw(seed, "strength", numbers)[chosen] * 100 // ONE
    score = (strength * 7 + draw(seed, "review", numbers)[chosen] * 30 * 10 // ONE) // 10
    awarded = score >= CUT_OFF
    columns = [
        ids.take(pa.array(chosen)),
        pa.repeat(pa.scalar(years[0], pa.int64()), len(chosen)),
        pa.array(score, pa.int64()),
        pa.array(awarded),
        pa.array(np.where(awarded, 600_000_000, 0), pa.int64()),
    ]
    yield "applications", pa.record_batch(columns, schema=MORE_SCHEMAS["applications"])
    yield "firm_outcomes", _outcomes(seed, numbers[chosen], ids.take(pa.array(chosen)), strength, awarded, years)


def _links(seed: int, numbers: Ints, firms: int, year: int) -> pa.RecordBatch:
    """Draw up to three buyers a supplier; a firm does not supply itself, and one buyer is named once."""
    count = draw(seed, "links", numbers) % (_MOST_LINKS + 1)
    buyers = np.stack([wide_draw(seed, f"buyer {n}", numbers, firms) for n in range(_MOST_LINKS)], axis=1)
    values = np.stack([1_000_000 + draw(seed, f"value {n}", numbers) ** 2 for n in range(_MOST_LINKS)], axis=1)
    buyers = np.where(np.arange(_MOST_LINKS) < count[:, None], buyers, -1)
    order = np.argsort(buyers, axis=1, kind="stable")
    buyers, values = np.take_along_axis(buyers, order, 1), np.take_along_axis(values, order, 1)
    keep = (buyers >= 0) & (buyers != numbers[:, None])
    keep[:, 1:] &= buyers[:, 1:] != buyers[:, :-1]
    rows, places = np.nonzero(keep)
    columns = [
        synthetic_ids(numbers[rows]),
        synthetic_ids(buyers[rows, places]),
        pa.repeat(pa.scalar(year, pa.int64()), len(rows)),
        pa.array(values[rows, places], pa.int64()),
    ]
    return pa.record_batch(columns, schema=MORE_SCHEMAS["links"])


def _ownership(seed: int, numbers: Ints, firms: int) -> pa.RecordBatch:
    """Let one firm in thirty hold a share of another, no firm held by two, so that shares never exceed the whole.

    More than half is control.
    """
    step = next(k for k in range(max(1, firms * 5 // 8), firms * 2 + 2) if gcd(k, firms) == 1)
    owned = (numbers * step + seed) % firms
    rows = np.flatnonzero((draw(seed, "owns", numbers) < ONE // 30) & (owned != numbers))
    share = 5 + draw(seed, "share", numbers)[rows] * 95 // ONE  # per cent
    pairs = np.zeros((len(rows), 2), np.int64)
    pairs[:, 0] = share * 10**10
    held = pa.Array.from_buffers(pa.decimal128(18, 12), len(rows), [None, pa.py_buffer(pairs.tobytes())])
    kind = pa.array(["holding", "control"]).take(pa.array((share > 50).astype(np.int64)))
    return pa.record_batch(
        [synthetic_ids(numbers[rows]), synthetic_ids(owned[rows]), held, kind], schema=MORE_SCHEMAS["ownership"]
    )


def _outcomes(
    seed: int, numbers: Ints, ids: pa.Array, strength: Ints, awarded: npt.NDArray[np.bool_], years: tuple[int, ...]
) -> pa.RecordBatch:
    """Productivity (fen a head) of applicants: strength, a common trend, noise, and the planted effect after the award."""
    base = 40_000_000 + strength * 600_000 + draw(seed, "productivity", numbers) * 30_000_000 // ONE
    columns: list[Ints] = []
    for place, year in enumerate(years):
        noise = draw(seed, f"noise {year}", numbers) * 6_000_000 // ONE - 3_000_000
        value = base * (1000 + 30 * place) // 1000 + noise
        columns.append(value + np.where(awarded & (place > 0), value * PLANTED_EFFECT // 1000, 0))
    flat = np.stack(columns, axis=1).reshape(-1) if len(numbers) else np.zeros(0, np.int64)
    arrays = [
        ids.take(pa.array(np.repeat(np.arange(len(numbers)), len(years)))),
        pa.array(np.tile(np.array(years), len(numbers)), pa.int64()),
        pa.repeat("productivity", len(flat)),
        pa.array(flat, pa.int64()),
    ]
    return pa.record_batch(arrays, schema=MORE_SCHEMAS["firm_outcomes"])


def with_dirt(years: pa.RecordBatch, seed: int) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return the firm-years with some figures made wrong, and the rows of `truth`: kind of dirt and the true value."""
    digits = pc.cast(pc.utf8_slice_codeunits(years["firm"], 3), pa.int64()).to_numpy(zero_copy_only=False)
    key = digits * 64 + (years["year"].to_numpy() % 64)
    u = draw(seed, "dirt", key) * 1000 // ONE
    table = {name: years[name] for name in years.schema.names}
    truths = []
    start = 0
    for kind, share in DIRT_A_THOUSAND.items():
        rows = np.flatnonzero((u >= start) & (u < start + share))
        start += share
        fact = {"unit_slip": "revenue", "part_over_whole": "main_revenue", "jump": "rd_expense", "digit_lost": "assets"}[kind]
        true = table[fact]
        known = true.take(pa.array(rows)).is_valid().to_numpy(zero_copy_only=False)
        rows = rows[known]
        values = true.take(pa.array(rows)).to_numpy(zero_copy_only=False).astype(np.int64)
        wrong = {"unit_slip": values // 10_000, "part_over_whole": values * 3, "jump": values * 40, "digit_lost": values // 10}[
            kind
        ]
        mask = np.zeros(len(true), bool)
        mask[rows] = True
        table[fact] = pc.replace_with_mask(true, pa.array(mask), pa.array(wrong, pa.int64()))
        truths.append((rows, fact, kind, values))
    every = np.concatenate([rows for rows, _, _, _ in truths])
    order = np.argsort(every, kind="stable")
    facts = np.concatenate([[fact] * len(rows) for rows, fact, _, _ in truths]).astype(object)[order]
    kinds = np.concatenate([[kind] * len(rows) for rows, _, kind, _ in truths]).astype(object)[order]
    values = np.concatenate([values for _, _, _, values in truths])[order]
    where = pa.array(every[order])
    truth = [years["firm"].take(where), years["year"].take(where), pa.array(facts, pa.string()), pa.array(kinds, pa.string())]
    dirty = pa.record_batch(list(table.values()), schema=years.schema)
    return dirty, pa.record_batch([*truth, pa.array(values, pa.int64())], schema=MORE_SCHEMAS["truth"])
