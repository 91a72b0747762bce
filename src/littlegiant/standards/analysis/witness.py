"""A firm that shows what the solver found: every fact that the rules read, in main units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from littlegiant.standards.analysis.variables import Formula, Variables
from littlegiant.standards.language import Item, Scope


@dataclass(frozen=True)
class Witness:
    """Values by item; numbers exact, in main units. `round` is false where no firm with round figures was found in time."""

    values: Mapping[Item, Any]
    round: bool = True

    def changed(self, item: Item, value: Any) -> "Witness":
        return Witness({**self.values, item: value}, self.round)


def read_model(variables: Variables, model: Any, items: Sequence[Item]) -> dict[Item, Any]:
    """Return the values that `model` gives `items`; what no formula speaks of gets a value of its range."""
    values: dict[Item, Any] = {}
    for item in items:
        if item not in variables.by_item:
            continue
        value = model.eval(variables.by_item[item], model_completion=True)
        if item.kind == "boolean":
            values[item] = bool(variables.z3.is_true(value))
        elif item.kind == "text":
            values[item] = variables.texts[item][value.as_long()]
        elif item.kind == "date":
            values[item] = date.fromordinal(value.as_long())
        else:
            values[item] = Fraction(value.numerator_as_long(), value.denominator_as_long())
    return values


def roundness(variables: Variables, item: Item, scope: Scope, finest: bool) -> list[Formula]:
    """Return what makes a figure such as a firm may have: whole main units and shares of four decimals, or all that is stored."""
    if item.kind != "number":
        return []
    symbol = scope.symbols[item.name]
    scale = symbol.scale if finest else 1 if symbol.decimals == 0 else min(symbol.scale, 10**4)
    return [variables.by_item[item] * scale == variables.z3.ToReal(variables.make.int(f"whole {item.id}"))]
