"""One z3 variable for each thing that rules read, in a context of its own, and what is known of each."""

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from littlegiant.standards.language import Expr, Item, Scope

Formula = Any  # z3 expressions have no types


def load_z3() -> Any:
    """Return z3, or say how to install it."""
    try:
        import z3  # type: ignore[import-untyped]
    except ImportError:
        from littlegiant.problems import refuse

        refuse("littlegiant", "no z3, the solver", "the extra `analysis`", "Install littlegiant[analysis].", code="missing-extra")
    return z3


class Maker:
    """Makes variables and constants in one context."""

    def __init__(self, z3: Any, context: Any) -> None:
        self.real: Callable[[str], Formula] = lambda name: z3.Real(name, context)
        self.int: Callable[[str], Formula] = lambda name: z3.Int(name, context)
        self.bool: Callable[[str], Formula] = lambda name: z3.Bool(name, context)
        self.realval: Callable[[int], Formula] = lambda value: z3.RealVal(value, context)
        self.intval: Callable[[int], Formula] = lambda value: z3.IntVal(value, context)
        self.boolval: Callable[[bool], Formula] = lambda value: z3.BoolVal(value, context)


class Variables:
    """One z3 variable an item, shared by all standards that are looked at together, and what is known of each."""

    def __init__(self) -> None:
        self.z3 = load_z3()
        self.context = self.z3.Context()  # of its own: what was asked before changes no answer
        self.make = Maker(self.z3, self.context)
        self.by_item: dict[Item, Formula] = {}
        self.elapsed: dict[tuple[Expr, Expr, int, date], tuple[Formula, Formula, Formula]] = {}  # whole years, start, end
        self.texts: dict[Item, list[str]] = {}  # the values a code may take, by number
        self.domain: list[Formula] = []
        self._sane: set[tuple[Item, Item]] = set()

    def number(self, item: Item, scope: Scope) -> Formula:
        symbol = scope.symbols[item.name]
        if item not in self.by_item:
            variable = self.by_item[item] = self.make.real(item.id)
            assert symbol.least is not None
            assert symbol.most is not None
            low, high = (self.rational(Fraction(end, symbol.scale)) for end in (symbol.least, symbol.most))
            self.domain += [variable >= low, variable <= high]
            if symbol.decimals == 0 and symbol.scale == 1:  # persons, patents: no firm has half of one
                self.domain.append(self.z3.IsInt(variable))
        return self.by_item[item]

    def truth(self, item: Item) -> Formula:
        if item not in self.by_item:
            self.by_item[item] = self.make.bool(item.id)
        return self.by_item[item]

    def day(self, item: Item) -> Formula:
        """Return a date as a number of days; between 1900 and 2100."""
        if item not in self.by_item:
            variable = self.by_item[item] = self.make.int(item.id)
            self.domain += [variable >= date(1900, 1, 1).toordinal(), variable <= date(2100, 1, 1).toordinal()]
        return self.by_item[item]

    def text(self, item: Item, values: Sequence[str]) -> Formula:
        if item not in self.by_item:
            variable = self.by_item[item] = self.make.int(item.id)
            self.texts[item] = list(values)
            self.domain += [variable >= 0, variable < len(values)]
        return self.by_item[item]

    def whole_at_most(self, part: Item, whole: Item) -> None:
        """Say that a part never exceeds its whole."""
        if (part, whole) not in self._sane and part in self.by_item and whole in self.by_item:
            self._sane.add((part, whole))
            self.domain.append(self.by_item[part] <= self.by_item[whole])

    def rational(self, value: Fraction) -> Formula:
        return self.z3.Q(value.numerator, value.denominator, self.context)
