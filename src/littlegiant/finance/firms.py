"""Firms as columns of numbers: what every computation of this room reads and none writes.

Amounts are in the main unit of the currency (yuan, euro) as float64; unknown is NaN here and null in every table that leaves
the room. A column that is not given is unknown, except for `losses`, which are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from littlegiant.finance.schedule import FloatArray
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion

BoolArray: TypeAlias = npt.NDArray[np.bool_]
OLDEST = 10  # loss vintages kept: what expires after 1 … OLDEST years


@dataclass(frozen=True)
class Firms:
    """Columns of n firms. Amounts a year unless said otherwise; `share`s as 0.12.

    income: taxable profit before R&D expense and before every relief. rd: current R&D expense. losses: shape (n, OLDEST),
    what is left of earlier losses by the years until it lapses. borrower: rating (a row of the reference tables, "" where
    there is none) and collateral (high, normal or low). default, loss: yearly default probability and loss given default.
    flags: named truths, as high_tech.
    """

    ids: npt.NDArray[np.object_]
    currency: str
    income: FloatArray
    rd: FloatArray
    losses: FloatArray
    revenue: FloatArray
    materials: FloatArray
    wages: FloatArray
    fixed_costs: FloatArray
    staff: FloatArray
    assets: FloatArray
    liabilities: FloatArray
    equity: FloatArray
    cash: FloatArray
    credit_line: FloatArray
    short_debt: FloatArray
    floating_debt: FloatArray
    fixed_debt: FloatArray
    interest_rate: FloatArray
    repayments: FloatArray
    depreciation: FloatArray
    receivable_days: FloatArray
    input_vat: FloatArray
    output_vat: FloatArray
    default: FloatArray
    loss: FloatArray
    borrower: npt.NDArray[np.int64]  # index into `borrowers`
    region: npt.NDArray[np.str_]
    sector: npt.NDArray[np.str_]
    size: npt.NDArray[np.str_]
    flags: Mapping[str, BoolArray]
    borrowers: tuple[tuple[str, str], ...]  # rating and collateral, each pair once

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, rows: slice) -> "Firms":
        """Return some of the firms; the columns are views."""
        return self._each(lambda column: column[rows], ids=self.ids[rows])

    def take(self, rows: npt.NDArray[np.int64]) -> "Firms":
        """Return the firms at `rows`, in that order; one may stand several times."""
        return self._each(lambda column: column[rows], ids=self.ids[rows])

    def only(self, rows: BoolArray) -> "Firms":
        """Return the firms for which `rows` is true."""
        return self._each(lambda column: column[rows], ids=self.ids[rows])

    def _each(self, change: Any, *, ids: npt.NDArray[np.object_]) -> "Firms":
        changed = {f.name: change(getattr(self, f.name)) for f in fields(self) if f.name not in _WHOLE}
        return replace(self, ids=ids, flags={name: change(flag) for name, flag in self.flags.items()}, **changed)

    def flag(self, name: str) -> BoolArray:
        """Return a named truth, false for all where nobody gave it."""
        return self.flags.get(name, np.zeros(len(self), np.bool_))

    def given(self, name: str) -> FloatArray:
        """Return a numeric column by its name; raises with the nearest name."""
        if name not in NUMBERS:
            refuse(
                "firms",
                f"no column {name!r}",
                "",
                suggestion(name, NUMBERS) or f"Known: {', '.join(NUMBERS)}.",
                code="unknown-name",
            )
        column: FloatArray = getattr(self, name)
        return column


_WHOLE = ("ids", "currency", "flags", "borrowers")
_OTHER = (*_WHOLE, "losses", "borrower", "region", "sector", "size")
NUMBERS = tuple(field.name for field in fields(Firms) if field.name not in _OTHER)
_TEXTS = ("rating", "collateral", "region", "sector", "size")
_NOT_NEGATIVE = (
    "rd",
    "revenue",
    "staff",
    "assets",
    "liabilities",
    "cash",
    "credit_line",
    "short_debt",
    "floating_debt",
    "fixed_debt",
)
_SHARES = ("default", "loss", "interest_rate")


def firms(
    ids: Sequence[str], *, currency: str, losses: FloatArray | None = None, flags: Mapping[str, Any] | None = None, **columns: Any
) -> Firms:
    """Return checked firms; a number stands for all. Raises with every column that does not fit.

    Rates above 1 are refused: 5 is not 5 %. What seems another unit is not guessed here; see the doubts of a register.
    """
    count = len(ids)
    problems: list[Problem] = []
    given: dict[str, Any] = {}
    for name in (*NUMBERS, *_TEXTS):
        if name in _TEXTS:
            given[name] = np.broadcast_to(np.asarray(columns.pop(name, ""), np.str_), (count,))
            continue
        value = columns.pop(name, np.nan)
        column = (
            np.broadcast_to(np.asarray(value, np.float64), (count,)) if np.ndim(value) == 0 else np.asarray(value, np.float64)
        )
        if column.shape != (count,):
            problems.append(Problem(f"column {name}", f"{column.shape} values", f"{count}, one a firm", code="shape"))
            continue
        problems += _checked(name, column, ids)
        given[name] = column
    for name in columns:
        problems.append(Problem("firms", f"no column {name!r}", "", suggestion(name, (*NUMBERS, *_TEXTS)), "unknown-name"))
    stock = np.zeros((count, OLDEST)) if losses is None else np.asarray(losses, np.float64)
    if stock.shape != (count, OLDEST):
        problems.append(
            Problem("column losses", f"shape {stock.shape}", f"({count}, {OLDEST}), by years until they lapse", code="shape")
        )
    elif (stock < 0).any():
        row = int(np.argmax((stock < 0).any(axis=1)))
        problems.append(
            Problem(f"firm {ids[row]}, column losses", f"{stock[row].min():g}", "0 or more", "Give losses as amounts.", "range")
        )
    if len(set(ids)) != count:
        problems.append(Problem("firms", f"{count - len(set(ids))} ids that stand twice", "each once", code="twice"))
    if problems:
        raise LittleGiantError(problems)
    texts = {name: given.pop(name) for name in ("rating", "collateral")}
    borrowers, borrower = _borrowers(texts["rating"], texts["collateral"], ids)
    truths = {name: np.broadcast_to(np.asarray(flag, np.bool_), (count,)) for name, flag in (flags or {}).items()}
    return Firms(
        ids=np.asarray(ids, np.object_),
        currency=currency,
        losses=stock,
        flags=truths,
        borrowers=borrowers,
        borrower=borrower,
        **given,
    )


def _borrowers(
    ratings: npt.NDArray[np.str_], collaterals: npt.NDArray[np.str_], ids: Sequence[str]
) -> tuple[tuple[tuple[str, str], ...], npt.NDArray[np.int64]]:
    """Return the pairs of rating and collateral that occur, and which one each firm has; without a word collateral is
    normal.
    """
    known, of_rating = np.unique(ratings, return_inverse=True)
    words, of_collateral = np.unique(collaterals, return_inverse=True)
    for number, word in enumerate(words):
        if word not in ("", "high", "normal", "low"):
            row = int(np.argmax(of_collateral == number))
            refuse(f"firm {ids[row]}, column collateral", repr(str(word)), "high, normal or low", code="collateral")
    pairs = tuple((str(rating), str(word) or "normal") for rating in known for word in words)
    return pairs, np.asarray(of_rating * len(words) + of_collateral, np.int64)


def _checked(name: str, column: FloatArray, ids: Sequence[str]) -> list[Problem]:
    problems = []
    for wrong, expected, remedy in (
        (np.isinf(column), "a number", "Leave it empty where it is not known."),
        ((column < 0) & (name in _NOT_NEGATIVE), "0 or more", "Change the sign, or leave it empty."),
        (((column < 0) | (column > 1)) & (name in _SHARES), "a share, as 0.05", "Divide per cent by 100."),
    ):
        if np.any(wrong):
            row = int(np.argmax(wrong))
            problems.append(Problem(f"firm {ids[row]}, column {name}", f"{column[row]:g}", expected, remedy, "range"))
    return problems
