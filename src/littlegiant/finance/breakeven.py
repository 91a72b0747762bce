"""The other direction: which size of an instrument gives a wanted value. By bisection, on what grows with the size."""

from collections.abc import Callable, Sequence

import numpy as np
from pydantic import ValidationError

from littlegiant.finance.evaluate import Value, evaluate
from littlegiant.finance.firms import Firms
from littlegiant.finance.instruments import Instrument, Rules, Size
from littlegiant.finance.rates import Rates
from littlegiant.problems import refuse, suggestion

QUANTITIES = ("gross", "worth", "cost", "committed", "intensity")
_STEPS = 200


def breakeven(
    firms: Firms,
    instrument: Instrument,
    rules: Rules,
    rates: Rates,
    *,
    quantity: str,
    target: float,
    field: str = "size",
    most: float = 1e12,
    background: Sequence[Instrument] = (),
) -> float:
    """Return the size (an amount) or the numeric `field` of `instrument` at which the firms' sum of `quantity` reaches
    `target`.

    For `intensity` the mean is held against it. Raises where the target is out of reach, or lies below what zero gives.
    """
    if quantity not in QUANTITIES:
        known = f"Known: {', '.join(QUANTITIES)}."
        refuse("breakeven", f"no quantity {quantity!r}", "", suggestion(quantity, QUANTITIES) or known, code="unknown-name")
    numeric = [n for n, f in type(instrument).model_fields.items() if f.annotation in (float, float | None)] + (
        ["size"] if "size" in type(instrument).model_fields else []
    )
    if field not in numeric:
        known = f"It has: {', '.join(numeric) or 'none'}."
        refuse(
            f"instrument {instrument.id}", f"no number {field!r}", "", suggestion(field, numeric) or known, code="unknown-name"
        )
    if field not in type(instrument).model_fields:
        refuse(
            f"instrument {instrument.id}",
            f"no field {field!r}",
            "",
            suggestion(field, type(instrument).model_fields),
            code="unknown-name",
        )

    def at(size: float) -> float:
        (value,) = evaluate(firms, [resized(instrument, field, size)], rules, rates, background=background)
        return _total(value, quantity)

    place = f"instrument {instrument.id}, {quantity}"
    if np.isnan(at(0.5)):
        refuse(
            place, "nothing that is known for these firms", "a number", "Choose another quantity or other firms.", code="target"
        )
    size = bisect(at, target, most=most, place=place)
    if field != "size":
        _check_field(instrument, field, size, place)
    return size


def _check_field(instrument: Instrument, field: str, size: float, place: str) -> None:
    """Refuse a value that the instrument could not have."""
    try:
        type(instrument).model_validate(instrument.model_dump(by_alias=True) | {field: size})
    except ValidationError as error:
        found = f"the target only at {field} {size:g}"
        told = error.errors()[0]["msg"]
        refuse(place, found, told[:1].lower() + told[1:], "Lower the target.", code="target")


def resized(instrument: Instrument, field: str, size: float) -> Instrument:
    """Return the instrument with another size; a `size` becomes a fixed amount."""
    return instrument.model_copy(update={field: Size(amount=size) if field == "size" else size})


def _total(value: Value, quantity: str) -> float:
    column = np.asarray(getattr(value, quantity))
    known = column[~np.isnan(column)]
    if not len(known):
        return float("nan")
    return float(known.mean() if quantity == "intensity" else known.sum())


def bisect(at: Callable[[float], float], target: float, *, most: float, place: str) -> float:
    """Return the least size at which `at`, which must not fall, reaches `target`, to the last digit of a float."""
    low, high = 0.0, 1.0
    if at(0.0) > target:
        refuse(
            place, f"{at(0.0):g} with a size of zero", f"no more than the target {target:g}", "Raise the target.", code="target"
        )
    while at(high) < target:
        low, high = high, min(high * 4, most)
        if low >= most:
            refuse(
                place,
                f"at most {at(most):g} up to a size of {most:g}",
                f"the target {target:g}",
                "Lower the target.",
                code="target",
            )
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if at(middle) >= target else (middle, high)
    return high
