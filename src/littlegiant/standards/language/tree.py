"""The tree of an expression: our own small nodes, so that nothing above the parser depends on a parser's classes."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Literal, TypeAlias

ArithmeticSign = Literal["+", "-", "*", "/"]
ComparisonSign = Literal["=", "<>", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class String:
    value: str


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool


@dataclass(frozen=True, slots=True)
class Negative:
    inner: "Expr"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    sign: ArithmeticSign
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Comparison:
    sign: ComparisonSign
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class OneOf:
    inner: "Expr"
    options: tuple["Expr", ...]  # literals only


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Expr"


@dataclass(frozen=True, slots=True)
class Case:
    arms: tuple[tuple["Expr", "Expr"], ...]
    otherwise: "Expr"


@dataclass(frozen=True, slots=True)
class Extreme:
    which: Literal["greatest", "least"]
    parts: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Absolute:
    inner: "Expr"


@dataclass(frozen=True, slots=True)
class Floor:
    inner: "Expr"


@dataclass(frozen=True, slots=True)
class StartsWith:
    inner: "Expr"
    prefix: str


@dataclass(frozen=True, slots=True)
class Prior:
    """The value `years` before the judged year."""

    inner: "Expr"
    years: int


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Whole years, or days, from one date to another."""

    unit: Literal["years", "days"]
    start: "Expr"
    end: "Expr"


@dataclass(frozen=True, slots=True)
class Known:
    inner: "Expr"


@dataclass(frozen=True, slots=True)
class Assume:
    inner: "Expr"
    value: "Expr"


@dataclass(frozen=True, slots=True)
class Holds:
    """The firm holds the title of a tier on the reference date."""

    tier: str


Expr: TypeAlias = (
    Name
    | Number
    | String
    | Truth
    | Negative
    | Arithmetic
    | Comparison
    | OneOf
    | And
    | Or
    | Not
    | Case
    | Extreme
    | Absolute
    | Floor
    | StartsWith
    | Prior
    | Elapsed
    | Known
    | Assume
    | Holds
)


def children(expr: Expr) -> Iterator[Expr]:
    """Yield the expressions directly below `expr`, in the order in which they are written."""
    for field in fields(expr):
        value = getattr(expr, field.name)
        if isinstance(value, tuple):
            for part in value:
                if isinstance(part, tuple):
                    yield from part
                else:
                    yield part
        elif hasattr(value, "__dataclass_fields__"):
            yield value


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield `expr` and everything below it, from the top, left to right."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def is_step_table(expr: Case) -> bool:
    """Say whether the arms are `x >= constant` of one x with constant values: a table of thresholds by band of x.

    With x unknown such a table is unknown (unless all its values are the same), so no arm need be repeated.
    """
    first = expr.arms[0][0]
    if not isinstance(first, Comparison):
        return False
    values = [value for _, value in expr.arms] + [expr.otherwise]
    return (
        all(
            isinstance(c, Comparison) and c.sign == ">=" and c.left == first.left and isinstance(c.right, Number)
            for c, _ in expr.arms
        )
        and all(isinstance(value, Number) for value in values)
        and len({value.value for value in values if isinstance(value, Number)}) > 1
    )
