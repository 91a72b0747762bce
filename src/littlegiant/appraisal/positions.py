"""The columns of firms from a register: one query by the pack's `columns.yaml`, numbers in the main unit, unknown stays
unknown.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from littlegiant.engines import DuckDBEngine
from littlegiant.finance.catalogue import Catalogue, Columns, Ratio, Sum
from littlegiant.finance.firms import NUMBERS, Firms, firms
from littlegiant.finance.schedule import FloatArray
from littlegiant.finance.score import rating_of_score, z_score
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion
from littlegiant.register import Register

_TEXTS = ("region", "sector")


def positions(register: Register, catalogue: Catalogue, *, year: int, ids: pa.Array | None = None) -> Firms:
    """Return the firms that have figures for `year`, in the order of their ids; `ids` keeps some of them.

    A firm without a rating gets one by its risk score where the pack says what that is made of; `score_based` says so.
    """
    pack, columns = catalogue.pack, catalogue.columns
    table = _table(register, pack, columns, catalogue, year, ids)
    numbers = {name: _floats(table, name) for name in columns.columns}
    for name, ratio in columns.ratios.items():
        numbers[name] = _ratio(table, name, ratio)
    unknown = set(numbers) - set(NUMBERS)
    if unknown:
        name = min(unknown)
        refuse(f"{pack.id}/columns.yaml", f"no column {name!r}", "", suggestion(name, NUMBERS), code="unknown-name")
    rating, score_based = _ratings(table, columns, numbers)
    texts: dict[str, Any] = {name: np.array(table[name].fill_null("").to_pylist(), np.str_) for name in _TEXTS}
    texts["size"] = _sizes(numbers["staff"], columns)
    flags = {name: _truths(table, f"flag {name}") for name in columns.flags}
    return firms(
        table["firm"].to_pylist(),
        currency=columns.currency,
        flags={**flags, "score_based": score_based},
        rating=rating,
        default=_defaults(rating, columns),
        loss=columns.loss_given_default,
        **numbers,
        **texts,
    )


def _table(register: Register, pack: Pack, columns: Columns, catalogue: Catalogue, year: int, ids: pa.Array | None) -> pa.Table:
    engine = DuckDBEngine()
    for name in ("firms", "firm_years"):
        engine.bind(name, register.table(name))
    titles = register.has("recognitions")
    if titles:
        engine.bind("recognitions", register.table("recognitions"))
    known = {fact: "y" if pack.facts[fact].period == "year" else "f" for fact in pack.facts}
    held = {table: register.columns(table) for table in ("firms", "firm_years")}

    def term(fact: str, factor: float) -> str:
        table = "firm_years" if known[fact] == "y" else "firms"
        scale = pack.facts[fact].scale(pack.header.currency.minor.per_main)
        stored = f"{known[fact]}.{fact}::DOUBLE" if fact in held[table] else "NULL::DOUBLE"
        # Stored decimals are numbers already; only money lies in the smallest unit.
        return f"{stored} / {scale} * {factor!r}" if pack.facts[fact].type == "money" else f"{stored} * {factor!r}"

    def summed(terms: Sum) -> str:
        return " + ".join(term(fact, factor) for fact, factor in terms.items())

    parts = ["y.firm AS firm"]
    parts += [f"{summed(terms)} AS {name}" for name, terms in columns.columns.items()]
    for name, ratio in columns.ratios.items():
        parts += [f'{summed(ratio.top)} AS "{name} top"', f'{summed(ratio.bottom)} AS "{name} bottom"']
    if columns.score is not None:
        for name in ("working_capital", "retained", "ebit"):
            parts.append(f'{summed(getattr(columns.score, name))} AS "score {name}"')
    parts += [f"f.{name} AS {name}" if name in held["firms"] else f"'' AS {name}" for name in _TEXTS]
    parts.append(f"f.{columns.rating} AS rating" if columns.rating and columns.rating in held["firms"] else "'' AS rating")
    for name, flag in columns.flags.items():
        if flag.fact:
            parts.append(f'f.{flag.fact} AS "flag {name}"' if flag.fact in held["firms"] else f'NULL::BOOLEAN AS "flag {name}"')
        else:
            parts.append(f'{_holds(flag.holds, catalogue)} AS "flag {name}"' if titles else f'NULL::BOOLEAN AS "flag {name}"')
    query = f"SELECT {', '.join(parts)} FROM firm_years y LEFT JOIN firms f ON f.firm = y.firm WHERE y.year = {year}"
    if ids is not None:
        engine.bind("chosen", pa.table({"firm": ids}))
        query += " AND y.firm IN (SELECT firm FROM chosen)"
    table = engine.table(query, order=("firm",))
    engine.close()
    return table


def _holds(tier: str, catalogue: Catalogue) -> str:
    """Return the condition that a firm holds a title on the day of the catalogue."""
    day = f"DATE '{catalogue.on}'"
    held = f"r.firm = y.firm AND r.tier = '{tier}' AND {day} BETWEEN r.\"from\" AND r.until"
    return f"EXISTS (SELECT 1 FROM recognitions r WHERE {held})"


def _floats(table: pa.Table, name: str) -> FloatArray:
    column = table[name].combine_chunks().to_numpy(zero_copy_only=False)
    return np.asarray(column, np.float64)


def _truths(table: pa.Table, name: str) -> npt.NDArray[Any]:
    return np.asarray(table[name].fill_null(False).combine_chunks().to_numpy(zero_copy_only=False), np.bool_)


def _ratio(table: pa.Table, name: str, ratio: Ratio) -> FloatArray:
    top, bottom = _floats(table, f"{name} top"), _floats(table, f"{name} bottom")
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(bottom > 0, np.minimum(np.maximum(top / bottom, 0.0), ratio.at_most), ratio.otherwise)
    return np.where(np.isnan(top) | np.isnan(bottom), np.nan, value)


def _ratings(table: pa.Table, columns: Columns, numbers: Mapping[str, FloatArray]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    given = np.array(table["rating"].fill_null("").to_pylist(), np.str_)
    if columns.score is None:
        return given, np.zeros(len(given), np.bool_)
    score = z_score(
        working_capital=_floats(table, "score working_capital"),
        retained=_floats(table, "score retained"),
        ebit=_floats(table, "score ebit"),
        equity=numbers["equity"],
        assets=numbers["assets"],
        liabilities=numbers["liabilities"],
    )
    scored = rating_of_score(score)
    by_score = (given == "") & (scored != "")
    return np.where(by_score, scored, given), by_score


def _sizes(staff: FloatArray, columns: Columns) -> npt.NDArray[np.str_]:
    """Return the size class by staff; an unknown number counts as the smallest, of which most firms are."""
    size = np.full(len(staff), "large", dtype="<U16")
    for name, below in sorted(columns.size_by_staff.items(), key=lambda pair: -pair[1]):
        size = np.where(np.nan_to_num(staff) < below, name, size)
    return size


def _defaults(rating: npt.NDArray[Any], columns: Columns) -> FloatArray:
    """Return the yearly default probability by the letter of the rating; NaN without one."""
    letters = np.char.rstrip(rating.astype(np.str_), "+-")
    result = np.full(len(rating), np.nan)
    for letter, probability in columns.default_by_rating.items():
        result = np.where(letters == letter, probability, result)
    return result
