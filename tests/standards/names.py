"""The names that the expressions of these tests use, with types, units and codes; and trees drawn by chance over them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from littlegiant.standards import Scope, Symbol
from littlegiant.standards.kinds import Context
from littlegiant.standards.language import Expr, parse_expression
from littlegiant.standards.language import tree as t

_MONEY = {"kind": "number", "unit": "CNY", "scale": 100, "least": 0, "most": 2 * 10**16, "yearly": True}
_COUNT = {"kind": "number", "unit": "", "least": 0, "most": 10**9, "yearly": True}
_FACTS: dict[str, dict[str, Any]] = {
    "revenue": _MONEY,
    "rd": _MONEY,
    "ip": {**_COUNT, "unit": "rights"},
    **dict.fromkeys(("x", "y", "a", "b", "c"), _COUNT),
    **{name: {"kind": "boolean"} for name in ("violation", "national_award", "listed")},
    **{name: {"kind": "date"} for name in ("founded", "since", "d", "d1", "d2", "e")},
    **{name: {"kind": "text"} for name in ("code", "industry_code")},
    "colour": {"kind": "text", "codes": frozenset({"red", "green", "blue"})},
}
TIERS = frozenset({"srdi", "little-giant"})


def symbols(**others: Symbol) -> dict[str, Symbol]:
    facts = {name: Symbol(name, "fact", **fact) for name, fact in _FACTS.items()}
    return {**facts, "reference_date": Symbol("reference_date", "reference_date", "date"), **others}


def measure(name: str, formula: str, unit: str = "") -> Symbol:
    return Symbol(name, "measure", "number", unit=unit, formula=parse_expression(formula, name))


NUMBERS = Scope(symbols(), TIERS)
CONDITIONS = Scope({**symbols(), **{name: Symbol(name, "fact", "boolean") for name in ("a", "b")}}, TIERS)


def condition(text: str, scope: Scope) -> Expr:
    """Read a condition as a criterion does: text, names, types, units, and that it can be true or false."""

    def lower(rule: object, id: str) -> Any:
        raise AssertionError

    return Context(scope, "standard", {}, lower).condition(text, "criterion")


# --- trees -------------------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["revenue", "rd", "x", "year", "n_2", "listed", "code", "reference_date", "date", "rank"])
_NUMBER_TEXTS = st.sampled_from(["0", "1", "0.70", "10000000000", "5e7", "1E-3", "2.50", "1e+2"])
_NUMBERS = _NUMBER_TEXTS.map(lambda text: t.Number(Fraction(text), text))
_STRINGS = st.text("abcC35 ';-*%()企业", max_size=6).map(t.String)
_TRUTHS = st.booleans().map(t.Truth)
_NEGATIVES = _NUMBERS.filter(lambda n: n.value > 0).map(lambda n: replace(n, value=-n.value, text=f"-{n.text}"))
_LITERALS = st.one_of(_NUMBERS, _NEGATIVES, _STRINGS, _TRUTHS)
_HELD = st.sampled_from(["srdi", "little-giant", "小巨人"]).map(t.Holds)
_LEAVES: st.SearchStrategy[Expr] = st.one_of(_NAMES.map(t.Name), _NUMBERS, _STRINGS, _TRUTHS, _HELD)


def _grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    pair = st.tuples(inner, inner)
    some = st.lists(inner, min_size=2, max_size=3).map(tuple)
    signs: Any = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    sums: Any = st.sampled_from(["+", "-", "*", "/"])
    return st.one_of(
        st.builds(t.Negative, inner),
        st.builds(t.Arithmetic, sums, inner, inner),
        st.builds(t.Comparison, signs, inner, inner),
        st.builds(t.OneOf, inner, st.lists(_LITERALS, min_size=1, max_size=3).map(tuple)),
        st.builds(t.And, some),
        st.builds(t.Or, some),
        st.builds(t.Not, inner),
        st.builds(t.Case, st.lists(pair, min_size=1, max_size=3).map(tuple), inner),
        st.builds(t.Extreme, st.sampled_from(["greatest", "least"]), some),
        st.builds(t.Absolute, inner),
        st.builds(t.Floor, inner),
        st.builds(t.StartsWith, inner, _STRINGS.map(lambda s: s.value)),
        st.builds(t.Prior, inner, st.integers(1, 5)),
        st.builds(t.Elapsed, st.sampled_from(["years", "days"]), inner, inner),
        st.builds(t.Known, inner),
        st.builds(t.Assume, inner, _LITERALS),
    )


TREES: st.SearchStrategy[Expr] = st.recursive(_LEAVES, _grow, max_leaves=12)
