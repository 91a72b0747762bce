"""Text to tree: a small subset of SQL expressions, read by sqlglot and let through a whitelist of nodes *and arguments*.

sqlglot accepts more than its node names show (`BETWEEN SYMMETRIC`, `IN (SELECT ..)`, `CASE x WHEN ..`), so each
reader below names the arguments it knows and refuses a node that carries any other.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NoReturn

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from littlegiant.problems import LittleGiantError, Problem, suggestion
from littlegiant.standards.language import tree as t

LONGEST, DEEPEST = 2000, 30
_FORBIDDEN = re.compile(r"[@{};?$:\\\x00-\x08\x0b-\x1f]|--|/\*|\*\*|\^|&|\||//|%")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?\Z")
_FUNCTIONS = ("abs", "assume", "days", "floor", "greatest", "holds", "known", "least", "prior", "starts_with", "years")
_COMPARISONS: dict[type[exp.Expr], t.ComparisonSign] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: dict[type[exp.Expr], t.ArithmeticSign] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}


class _Refused(Exception):
    def __init__(self, what: str, instead: str, code: str = "not-allowed") -> None:
        self.what, self.instead, self.code = what, instead, code
        super().__init__(what)


def parse_expression(text: str, place: str) -> t.Expr:
    """Return the tree of `text`; `place` (document, criterion) opens the message when it is refused.

    Raises LittleGiantError naming what is not allowed and what to write instead.
    """
    try:
        return _parse(text)
    except _Refused as error:
        shown = text if len(text) <= 120 else text[:117] + "..."
        raise LittleGiantError([Problem(place, f"{shown!r}: {error.what}", "", error.instead, error.code)]) from error


@lru_cache(maxsize=4096)
def _parse(text: str) -> t.Expr:
    if len(text) > LONGEST:
        _refuse(f"{len(text)} characters", f"Split it into measures; an expression may have {LONGEST} characters.")
    _screen(text)
    try:
        parsed = DuckDB().parse(text)
    except Exception as error:  # whatever a text does to the parser, it is the text that is refused
        message = str(error).split("\n")[0].split(". Line")[0]
        _refuse(f"not readable as an expression ({message})", "Check brackets, quotes and operators.", "syntax")
    if len(parsed) != 1 or parsed[0] is None:
        _refuse("not one expression", "Write one condition or formula.", "syntax")
    return _read(parsed[0], 0)


def _screen(text: str) -> None:
    outside = re.sub(r"'[^']*'", "''", text)
    match = _FORBIDDEN.search(outside)
    if match or "\\" in text:
        sign = match.group() if match else "\\"
        _refuse(f"the sign {sign!r} is not part of the language", "Use names, numbers, + - * /, comparisons, AND, OR, NOT.")


def _refuse(what: str, instead: str, code: str = "not-allowed") -> NoReturn:
    raise _Refused(what, instead, code)


def _arguments(node: exp.Expr, *allowed: str) -> None:
    extra = [key for key, value in node.args.items() if value not in (None, False, []) and key not in allowed]
    if extra:
        word = _PLAIN.get((node.key, extra[0]), f"{node.key.upper()} with {extra[0].upper().replace('_', ' ')}")
        _refuse(f"{word} is not allowed", _INSTEAD.get(node.key, "Write the plain form."))


def _read(node: exp.Expr, depth: int) -> t.Expr:
    if not isinstance(node, exp.Expr):
        _refuse("an expression that is not finished", "Write what belongs inside the brackets.", "syntax")
    if depth > DEEPEST:
        _refuse(f"nesting deeper than {DEEPEST}", "Split it into measures.")
    reader = _READERS.get(type(node))
    if reader is None:
        _refuse(f"{_sql_name(node)} is not allowed", _INSTEAD.get(node.key, "See the list of functions in the docs."))
    return reader(node, depth + 1)


def _sql_name(node: exp.Expr) -> str:
    return node.sql_name() if isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous) else node.key.upper()


_PLAIN = {
    ("column", "table"): "a name with a dot",
    ("in", "query"): "a query inside IN",
    ("between", "symmetric"): "BETWEEN SYMMETRIC",
}
_INSTEAD = {
    "alias": "Digits and letters are not written together: give the plain number, such as 50000000 or 5e7.",
    "in": "List the values in brackets.",
    "round": "Engines round halves differently: compare the unrounded value, or use floor().",
    "coalesce": "Unknown must stay unknown: use assume(x, value), which is counted and shown.",
    "is": "Ask what is true, not what is known; known(x) is for evidence.",
    "null": "An unknown value has no literal; leave it out.",
    "pow": "Write the product or a folded constant, as 1.05 * 1.05.",
    "like": "Use =, IN or starts_with().",
    "ilike": "Use =, IN or starts_with().",
    "cast": "Facts have declared types; correct the type in the vocabulary.",
    "currentdate": "Use reference_date, which is part of the run.",
    "currenttimestamp": "Use reference_date, which is part of the run.",
    "datediff": "Use years(a, b) or days(a, b).",
    "interval": "Use years(a, b) or days(a, b).",
    "if": "Use CASE WHEN .. THEN .. ELSE .. END.",
    "column": "Write the plain name of a fact, measure, parameter or finding.",
}


def _column(node: exp.Expr, depth: int) -> t.Expr:
    _arguments(node, "this")
    return _identifier(node.this)


def _identifier(node: exp.Expr) -> t.Expr:
    if not isinstance(node, exp.Identifier) or node.args.get("quoted"):
        _refuse(f"{node.sql()} is not a plain name", _INSTEAD["column"])
    if not _NAME.match(node.this):
        _refuse(f"the name {node.this!r} is not allowed", "Names match [a-z][a-z0-9_]*.")
    return t.Name(node.this)


def _literal(node: exp.Expr, depth: int) -> t.Expr:
    if node.args.get("is_string"):
        return t.String(node.this)
    if not _NUMBER.match(node.this):
        _refuse(f"{node.this!r} is not a number", "Write digits, a decimal point, or 1e8.")
    return t.Number(Fraction(Decimal(node.this)), node.this)


def _between(node: exp.Expr, depth: int) -> t.Expr:
    _arguments(node, "this", "low", "high")
    inner = _read(node.this, depth)
    low, high = _read(node.args["low"], depth), _read(node.args["high"], depth)
    return t.And((t.Comparison(">=", inner, low), t.Comparison("<=", inner, high)))


def _one_of(node: exp.Expr, depth: int) -> t.Expr:
    _arguments(node, "this", "expressions")
    options = tuple(_constant(option, depth) for option in node.expressions)
    if not options:
        _refuse("IN without a list", "List the values in brackets.")
    return t.OneOf(_read(node.this, depth), options)


def _constant(node: exp.Expr, depth: int) -> t.Expr:
    if isinstance(node, exp.Null):
        _refuse("NULL in a list makes every 'no' unknown", "List the values.", "null-literal")
    value = _read(node, depth)
    if isinstance(value, t.Negative) and isinstance(value.inner, t.Number):
        return t.Number(-value.inner.value, f"-{value.inner.text}")
    if not isinstance(value, (t.Number, t.String, t.Truth)):
        _refuse("something other than a literal", "List plain values.")
    return value


def _logic(node: exp.Expr, depth: int) -> t.Expr:
    _arguments(node, "this", "expression")
    sort = type(node)
    parts: list[t.Expr] = []
    for side in (node.this, node.expression):
        bare = side
        read = _read(bare, depth if not isinstance(bare, sort) else depth - 1)
        same = isinstance(read, t.And if sort is exp.And else t.Or) and not isinstance(side, (exp.Paren, exp.Between))
        parts.extend(read.parts if same and isinstance(read, (t.And, t.Or)) else [read])
    return t.And(tuple(parts)) if sort is exp.And else t.Or(tuple(parts))


def _case(node: exp.Expr, depth: int) -> t.Expr:
    if node.args.get("this") is not None:
        _refuse("CASE x WHEN value is not allowed", "Write CASE WHEN x = value THEN .. ELSE .. END.")
    _arguments(node, "ifs", "default")
    if node.args.get("default") is None:
        _refuse("CASE without ELSE", "CASE needs ELSE; which value holds otherwise?", "no-else")
    arms = []
    for arm in node.args["ifs"]:
        _arguments(arm, "this", "true")
        arms.append((_read(arm.this, depth), _read(arm.args["true"], depth)))
    return t.Case(tuple(arms), _read(node.args["default"], depth))


def _extreme(node: exp.Expr, depth: int) -> t.Expr:
    _arguments(node, "this", "expressions", "ignore_nulls")
    which = "greatest" if isinstance(node, exp.Greatest) else "least"
    parts = tuple(_read(part, depth) for part in (node.this, *node.expressions))
    if len(parts) < 2:
        _refuse(f"{which} of one value", "Give two or more.")
    return t.Extreme("greatest" if which == "greatest" else "least", parts)


def _starts_with(node: exp.Expr, depth: int) -> t.Expr:
    _arguments(node, "this", "expression")
    prefix = _read(node.expression, depth)
    if not isinstance(prefix, t.String):
        _refuse("starts_with() without a literal prefix", "Write the prefix in quotes.")
    return t.StartsWith(_read(node.this, depth), prefix.value)


def _anonymous(node: exp.Expr, depth: int) -> t.Expr:
    name = str(node.this).lower()
    given = node.expressions
    if name == "holds":
        (tier,) = _count(name, given, 1, 1)
        value = _read(tier, depth)
        if not isinstance(value, t.String):
            _refuse("holds() without a tier in quotes", "Write holds('a-tier').")
        return t.Holds(value.value)
    if name == "prior":
        return _prior(given, depth)
    if name == "known":
        return t.Known(_read(_count(name, given, 1, 1)[0], depth))
    if name == "assume":
        fact, fallback = _count(name, given, 2, 2)
        return t.Assume(_read(fact, depth), _constant(fallback, depth))
    if name in ("years", "days"):
        parts = [_read(part, depth) for part in _count(name, given, 1, 2)]
        end = parts[1] if len(parts) == 2 else t.Name("reference_date")
        return t.Elapsed("years" if name == "years" else "days", parts[0], end)
    _refuse(
        f"the function {name}() is not part of the language",
        suggestion(name, _FUNCTIONS) or f"Known: {', '.join(_FUNCTIONS)}.",
    )


def _prior(given: list[exp.Expr], depth: int) -> t.Expr:
    parts = _count("prior", given, 1, 2)
    years = 1
    if len(parts) == 2:
        number = _read(parts[1], depth)
        if not isinstance(number, t.Number) or number.value not in range(1, 6):
            _refuse("prior() with another number of years than 1 to 5", "Write a whole number from 1 to 5.")
        years = int(number.value)
    return t.Prior(_read(parts[0], depth), years)


def _count(name: str, given: list[exp.Expr], least: int, most: int) -> list[exp.Expr]:
    if not least <= len(given) <= most:
        wanted = str(least) if least == most else f"{least} or {most}"
        _refuse(f"{name}() with {len(given)} arguments", f"It takes {wanted}.")
    return given


def _date_part(node: exp.Expr, depth: int) -> t.Expr:
    """Read days(a[, b]) and years(a[, b]) where sqlglot has a function of that name."""
    given = [part for part in (node.this, node.args.get("expression")) if part is not None]
    return _anonymous(exp.Anonymous(this=node.key, expressions=given), depth)


def _one(make: Callable[[t.Expr], t.Expr]) -> Callable[[exp.Expr, int], t.Expr]:
    def read(node: exp.Expr, depth: int) -> t.Expr:
        _arguments(node, "this")
        return make(_read(node.this, depth))

    return read


def _binary(node: exp.Expr, depth: int) -> t.Expr:
    _arguments(node, "this", "expression", "typed", "safe")
    left, right = _read(node.this, depth), _read(node.expression, depth)
    if type(node) in _COMPARISONS:
        return t.Comparison(_COMPARISONS[type(node)], left, right)
    return t.Arithmetic(_ARITHMETIC[type(node)], left, right)


_READERS: dict[type[exp.Expr], Callable[[exp.Expr, int], t.Expr]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: lambda node, depth: t.Truth(bool(node.this)),
    exp.Paren: _one(lambda inner: inner),
    exp.Neg: _one(t.Negative),
    exp.Abs: _one(t.Absolute),
    exp.Floor: _one(t.Floor),
    exp.Not: _one(t.Not),
    exp.Between: _between,
    exp.In: _one_of,
    exp.And: _logic,
    exp.Or: _logic,
    exp.Case: _case,
    exp.Greatest: _extreme,
    exp.Least: _extreme,
    exp.StartsWith: _starts_with,
    exp.Anonymous: _anonymous,
    **dict.fromkeys(_COMPARISONS, _binary),
    **dict.fromkeys(_ARITHMETIC, _binary),
}
