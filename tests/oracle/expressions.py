"""The expression language of standards, read and evaluated plainly: exact fractions and three values.

A text becomes a tree of `Term`s. A name stands for an `Item` (something a register or a reviewer may or may not have
supplied) or for another term (a measure, a parameter). `Reading` evaluates terms for one firm; None is unknown.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

Tri = bool | None
Value = bool | Fraction | str | date | None


@dataclass(frozen=True)
class Term:
    op: str
    args: tuple[Term, ...] = ()
    value: Value = None


@dataclass(frozen=True)
class Item:
    name: str
    yearly: bool

    def id(self, back: int) -> str:
        return f"{self.name}@{back}" if self.yearly and back else self.name


Scope = Mapping[str, Item | Term]


# --- from text to terms ------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|'(?:[^']|'')*'|[A-Za-z_]\w*|<=|>=|<>|!=|[-+*/=<>(),]")
_RESERVED = {"AND", "OR", "NOT", "BETWEEN", "IN", "CASE", "WHEN", "THEN", "ELSE", "END"}
_ARITY = {
    "greatest": (2, 99),
    "least": (2, 99),
    "abs": (1, 1),
    "floor": (1, 1),
    "starts_with": (2, 2),
    "prior": (1, 2),
    "years": (1, 2),
    "days": (1, 2),
    "known": (1, 1),
    "assume": (2, 2),
    "holds": (1, 1),
}
TODAY = "reference_date"


def parse(text: object) -> Term:
    """The term of a text; YAML's own numbers and booleans are texts too."""
    return _Parser(str(text)).whole()


def _tokens(text: str) -> list[str]:
    if rest := _TOKEN.sub("", text).strip():
        raise ValueError(f"{text!r}: cannot read {rest!r}")
    return _TOKEN.findall(text)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [*_tokens(text), ""]
        self.at = 0

    def whole(self) -> Term:
        term = self.disjunction()
        self.expect("")
        return term

    def take(self, *wanted: str) -> str | None:
        key = self.tokens[self.at].upper()
        if key not in wanted:
            return None
        self.at += 1
        return key.lower()

    def expect(self, wanted: str) -> None:
        if self.take(wanted) is None:
            raise ValueError(f"{self.text!r}: {wanted or 'the end'} expected, {self.tokens[self.at]!r} found")

    def chain(self, part: Callable[[], Term], *signs: str) -> Term:
        left = part()
        while op := self.take(*signs):
            left = Term(op, (left, part()))
        return left

    def disjunction(self) -> Term:
        return self.chain(self.conjunction, "OR")

    def conjunction(self) -> Term:
        return self.chain(self.equality, "AND")

    def equality(self) -> Term:
        return self.chain(self.comparison, "=", "<>", "!=")

    def comparison(self) -> Term:
        return self.chain(self.ranged, "<", "<=", ">", ">=")

    def ranged(self) -> Term:
        left = self.sum()
        negated = self.take("NOT")
        if self.take("BETWEEN"):
            low = self.sum()
            self.expect("AND")
            term = Term("between", (left, low, self.sum()))
        elif self.take("IN"):
            term = Term("in", (left, *self.listed()))
        elif negated:
            raise ValueError(f"{self.text!r}: BETWEEN or IN expected after NOT")
        else:
            return left
        return Term("not", (term,)) if negated else term

    def sum(self) -> Term:
        return self.chain(self.product, "+", "-")

    def product(self) -> Term:
        return self.chain(self.unary, "*", "/")

    def unary(self) -> Term:
        if self.take("NOT"):  # reaches over the comparison that follows
            return Term("not", (self.equality(),))
        if self.take("-"):
            return Term("negative", (self.unary(),))
        return self.primary()

    def primary(self) -> Term:
        if self.take("("):
            term = self.disjunction()
            self.expect(")")
            return term
        if self.take("CASE"):
            return self.case()
        if word := self.take("TRUE", "FALSE"):
            return Term("literal", value=word == "true")
        token = self.tokens[self.at]
        if not token or token.upper() in _RESERVED:
            raise ValueError(f"{self.text!r}: {token!r} found where a value is expected")
        self.at += 1
        return self.word(token)

    def word(self, token: str) -> Term:
        if token[0] == "'":
            return Term("literal", value=token[1:-1].replace("''", "'"))
        if token[0].isdigit() or token[0] == ".":
            return Term("literal", value=Fraction(token))
        if self.tokens[self.at] == "(":
            return _call(token.lower(), self.listed())
        if not (token[0].isalpha() or token[0] == "_"):
            raise ValueError(f"{self.text!r}: {token!r} found where a value is expected")
        return Term("name", value=token)

    def listed(self) -> tuple[Term, ...]:
        self.expect("(")
        terms = [self.disjunction()]
        while self.take(","):
            terms.append(self.disjunction())
        self.expect(")")
        return tuple(terms)

    def case(self) -> Term:
        parts: list[Term] = []
        while self.take("WHEN"):
            parts.append(self.disjunction())
            self.expect("THEN")
            parts.append(self.disjunction())
        self.expect("ELSE")
        parts.append(self.disjunction())
        self.expect("END")
        return Term("case", tuple(parts))


def _call(name: str, args: tuple[Term, ...]) -> Term:
    least, most = _ARITY.get(name, (0, -1))
    if not least <= len(args) <= most:
        raise ValueError(f"{name} with {len(args)} arguments is not part of the language")
    if name in ("years", "days") and len(args) == 1:
        args = (*args, Term("name", value=TODAY))
    if name == "prior":
        back = args[1].value if len(args) == 2 else Fraction(1)
        if args[0].op != "name" or back not in (1, 2, 3, 4, 5):
            raise ValueError("prior takes a name and a number of years from 1 to 5")
        return Term("prior", args[:1], back)
    if name == "holds":
        return Term("holds", value=args[0].value)
    return Term(name, args)


# --- three values ------------------------------------------------------------------------------------------------


def conjunction(values: Iterable[Value]) -> Tri:
    """Kleene's AND."""
    seen = set(values)
    return False if False in seen else None if None in seen else True


def disjunction(values: Iterable[Value]) -> Tri:
    """Kleene's OR."""
    seen = set(values)
    return True if True in seen else None if None in seen else False


def negation(value: Value) -> Tri:
    return None if value is None else not value


def _compared(test: Callable[[object, object], bool]) -> Callable[..., Tri]:
    def compare(left: Value, right: Value) -> Tri:
        if left is None or right is None:
            return None
        if isinstance(left, date) and isinstance(right, str):
            right = date.fromisoformat(right)
        elif isinstance(right, date) and isinstance(left, str):
            left = date.fromisoformat(left)
        if type(left) is not type(right):
            raise TypeError(f"{left!r} and {right!r} cannot be compared")
        return test(left, right)

    return compare


_equal = _compared(operator.eq)
_at_least = _compared(operator.ge)
_at_most = _compared(operator.le)


def _full_years(start: date, end: date) -> Fraction:
    before_the_day = (end.month, end.day) < (start.month, start.day)
    return Fraction(end.year - start.year - int(before_the_day))


# Operations that see their unknown arguments.
_LENIENT: dict[str, Callable[..., Value]] = {
    "and": lambda *values: conjunction(values),
    "or": lambda *values: disjunction(values),
    "not": negation,
    "=": _equal,
    "<>": _compared(operator.ne),
    "!=": _compared(operator.ne),
    "<": _compared(operator.lt),
    "<=": _at_most,
    ">": _compared(operator.gt),
    ">=": _at_least,
    "between": lambda x, low, high: conjunction([_at_least(x, low), _at_most(x, high)]),
    "in": lambda x, *listed: disjunction(_equal(x, y) for y in listed),
    "known": lambda x: x is not None,
    "assume": lambda x, instead: instead if x is None else x,
}
# Operations that are unknown as soon as one argument is.
_STRICT: dict[str, Callable[..., Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: None if b == 0 else a / b,
    "negative": operator.neg,
    "abs": abs,
    "floor": lambda x: Fraction(math.floor(x)),
    "greatest": max,
    "least": min,
    "starts_with": lambda text, beginning: text.startswith(beginning),
    "years": _full_years,
    "days": lambda start, end: Fraction((end - start).days),
}


# --- evaluation --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """What is known of one firm, by item id."""

    supplied: Mapping[str, Value]
    titles: frozenset[str] | None
    reference_date: date

    def item(self, item: str) -> Value:
        if item.startswith("holds:"):
            return None if self.titles is None else item.removeprefix("holds:") in self.titles
        return self.supplied.get(item)


def named(term: Term, scope: Scope) -> Item | Term:
    try:
        return scope[str(term.value)]
    except KeyError:
        raise ValueError(f"unknown name {term.value!r}") from None


def reads(term: Term, scope: Scope, back: int = 0) -> frozenset[str]:
    """The ids of the items a term reads, through measures, seen from `back` years earlier."""
    if term.op == "holds":
        return frozenset({f"holds:{term.value}"})
    if term.op == "prior":
        return reads(term.args[0], scope, back + int(str(term.value)))
    if term.op == "name":
        target = named(term, scope)
        return frozenset({target.id(back)}) if isinstance(target, Item) else reads(target, scope, back)
    return frozenset().union(*(reads(arg, scope, back) for arg in term.args))


@dataclass(frozen=True)
class Reading:
    """Terms of one document read for one firm."""

    scope: Scope
    world: World

    def truth(self, term: Term) -> Tri:
        value = self.value(term)
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"{term} is {value!r}, neither true nor false")
        return value

    def value(self, term: Term, back: int = 0) -> Value:
        match term.op:
            case "literal":
                return term.value
            case "today":
                return self.world.reference_date
            case "holds":
                return self.world.item(f"holds:{term.value}")
            case "prior":
                return self.value(term.args[0], back + int(str(term.value)))
            case "name":
                target = named(term, self.scope)
                return self.world.item(target.id(back)) if isinstance(target, Item) else self.value(target, back)
            case "case":
                return self._case(term.args, back)
        values = [self.value(arg, back) for arg in term.args]
        if term.op in _LENIENT:
            return _LENIENT[term.op](*values)
        return None if None in values else _STRICT[term.op](*values)

    def _case(self, args: tuple[Term, ...], back: int) -> Value:
        if len(args) == 1:
            return self.value(args[0], back)
        condition, branch = self.value(args[0], back), self.value(args[1], back)
        if condition is True:
            return branch
        rest = self._case(args[2:], back)
        return rest if condition is False or branch == rest else None

    def missing(self, term: Term, back: int = 0) -> frozenset[str]:
        return frozenset(item for item in reads(term, self.scope, back) if self.world.item(item) is None)

    def needed(self, term: Term, back: int = 0) -> frozenset[str]:
        """The unknown items that could still settle a live boolean term; none when it is settled."""
        if self.value(term, back) is not None:
            return frozenset()
        if term.op in ("and", "or", "not"):
            return frozenset().union(*(self.needed(arg, back) for arg in term.args))
        if term.op == "prior":
            return self.needed(term.args[0], back + int(str(term.value)))
        if term.op == "name" and isinstance(target := named(term, self.scope), Term):
            return self.needed(target, back)
        return self.missing(term, back)
