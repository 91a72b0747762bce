"""What the names of an expression stand for: facts, findings, measures, parameters, and the items that are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from littlegiant.problems import refuse, suggestion
from littlegiant.standards.language import tree as t

Source = Literal["fact", "finding", "title", "measure", "parameter", "reference_date"]
ValueKind = Literal["number", "boolean", "date", "text"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that somebody has to supply: a fact of some year, a finding, a title. Its id is its column, too."""

    name: str
    back: int  # years before the judged year; 0 also for what does not change
    source: Source
    kind: ValueKind
    yearly: bool

    @property
    def id(self) -> str:
        return f"{self.name}@{self.back}" if self.back else self.name

    @property
    def is_finding(self) -> bool:
        return self.source == "finding"


@dataclass(frozen=True, slots=True)
class Symbol:
    """The meaning of one name. `scale` is how many stored units make one of `unit` (fen in a yuan: 100)."""

    name: str
    source: Source
    kind: ValueKind
    unit: str = ""
    scale: int = 1
    decimals: int = 0  # of the stored value; 0 for whole numbers such as fen and counts
    least: int | None = None  # bounds of the stored integer
    most: int | None = None
    yearly: bool = False
    codes: frozenset[str] | None = None
    prefixes: tuple[str, ...] = ()  # a code may be longer than these, as a class of a division
    formula: t.Expr | None = None  # of a measure
    value: Fraction | None = None  # of a parameter
    clause: str = ""
    text_unit: str = ""  # the unit as a person reads it


@dataclass(frozen=True)
class Scope:
    """All names a standard may use, and the titles that exist."""

    symbols: Mapping[str, Symbol]
    tiers: frozenset[str] = frozenset()
    cache: dict[tuple[t.Expr, int], tuple[Item, ...]] = field(default_factory=dict, compare=False, repr=False)

    def symbol(self, name: str, place: str) -> Symbol:
        if name not in self.symbols:
            near = suggestion(name, self.symbols)
            remedy = near or "Known names are the pack's facts and the standard's measures, parameters and findings."
            refuse(place, f"no fact, measure, parameter or finding {name!r}", "", remedy, code="unknown-name")
        return self.symbols[name]

    def item(self, name: str, back: int) -> Item:
        symbol = self.symbols[name]
        return Item(name, back if symbol.yearly else 0, symbol.source, symbol.kind, symbol.yearly)

    def items(self, expr: t.Expr, back: int = 0) -> tuple[Item, ...]:
        """Return the items `expr` reads, `back` years before the judged year, each once, in order of first use."""
        key = (expr, back)
        if key not in self.cache:
            self.cache[key] = tuple(dict.fromkeys(self._items(expr, back)))
        return self.cache[key]

    def _items(self, expr: t.Expr, back: int) -> Iterator[Item]:
        if isinstance(expr, t.Name):
            symbol = self.symbols[expr.name]
            if symbol.formula is not None:
                yield from self.items(symbol.formula, back)
            elif symbol.source in ("fact", "finding"):
                yield self.item(expr.name, back)
        elif isinstance(expr, t.Prior):
            yield from self.items(expr.inner, back + expr.years)
        elif isinstance(expr, t.Holds):
            yield Item(f"holds:{expr.tier}", 0, "title", "boolean", False)
        else:
            for child in t.children(expr):
                yield from self._items(child, back)
