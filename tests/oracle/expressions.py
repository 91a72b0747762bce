"""The expression language of standards, read and evaluated plainly.

A text becomes a tree of `Term`s. A name stands for an `Item` (something a register or a reviewer may or may not have
supplied) or for another term (a measure, a parameter). A `Reading` evaluates the terms of one document for one firm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from . import LENIENT, STRICT, Item, Scope, Term, Tri, Value, World, exact

# --- from text to terms ------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|'(?:[^']|'')*'|[A-Za-z_]\w*|<=|>=|<>|!=|[-+*/=<>(),]")
_RESERVED = {"AND", "OR", "NOT", "BETWEEN", "IN", "CASE", "WHEN", "THEN", "ELSE", "END"}
_TWO_SIDED = (("OR",), ("AND",), ("=", "<>", "!="), ("<", "<=", ">", ">="), ("BETWEEN", "IN"), ("+", "-"), ("*", "/"))
_EQUALITY, _RANGED, _SUM = 2, 4, 5  # levels of _TWO_SIDED, loosest first
_ARITY = {"greatest": (1, 99), "least": (1, 99), "abs": (1, 1), "floor": (1, 1), "starts_with": (2, 2)}
_ARITY |= {"prior": (1, 2), "years": (1, 2), "days": (1, 2), "known": (1, 1), "assume": (2, 2), "holds": (1, 1)}


def parse(text: object) -> Term:
    """The term of a text; YAML's own numbers and booleans are texts too."""
    return _Parser(str(text)).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        if rest := _TOKEN.sub("", text).strip():
            raise ValueError(f"{text!r}: cannot read {rest!r}")
        self.text = text
        self.tokens: list[str] = [*_TOKEN.findall(text), ""]
        self.at = 0

    def whole(self) -> Term:
        term = self.level(0)
        self.expect("")
        return term

    def error(self, wanted: str) -> ValueError:
        return ValueError(f"{self.text!r}: {wanted} expected, {self.tokens[self.at]!r} found")

    def take(self, *wanted: str) -> str | None:
        key = self.tokens[self.at].upper()
        if key not in wanted:
            return None
        self.at += 1
        return key.lower()

    def expect(self, wanted: str) -> None:
        if self.take(wanted) is None:
            raise self.error(wanted or "the end")

    def level(self, level: int) -> Term:
        if level == _RANGED:
            return self.ranged()
        if level == len(_TWO_SIDED):
            return self.unary()
        left = self.level(level + 1)
        while op := self.take(*_TWO_SIDED[level]):
            left = Term(op, (left, self.level(level + 1)))
        return left

    def ranged(self) -> Term:
        left = self.level(_SUM)
        negated = self.take("NOT")
        if self.take("BETWEEN"):
            low = self.level(_SUM)
            self.expect("AND")
            term = Term("between", (left, low, self.level(_SUM)))
        elif self.take("IN"):
            term = Term("in", (left, *self.listed()))
        elif negated:
            raise self.error("BETWEEN or IN")
        else:
            return left
        return Term("not", (term,)) if negated else term

    def unary(self) -> Term:
        if self.take("NOT"):  # reaches over the comparison that follows
            return Term("not", (self.level(_EQUALITY),))
        if self.take("-"):
            return Term("negative", (self.unary(),))
        if self.take("("):
            term = self.level(0)
            self.expect(")")
            return term
        if self.take("CASE"):
            return self.case()
        return self.word()

    def word(self) -> Term:
        token = self.tokens[self.at]
        if word := self.take("TRUE", "FALSE"):
            return Term("literal", value=word == "true")
        if token.upper() in _RESERVED or not re.match(r"['.\w]", token):
            raise self.error("a value")
        self.at += 1
        if token[0] == "'":
            return Term("literal", value=token[1:-1].replace("''", "'"))
        if token[0] == "." or token[0].isdigit():
            return Term("literal", value=Fraction(token))
        return _call(token.lower(), self.listed()) if self.tokens[self.at] == "(" else Term("name", value=token)

    def listed(self) -> tuple[Term, ...]:
        self.expect("(")
        terms = [self.level(0)]
        while self.take(","):
            terms.append(self.level(0))
        self.expect(")")
        return tuple(terms)

    def case(self) -> Term:
        parts: list[Term] = []
        while self.take("WHEN"):
            parts.append(self.level(0))
            self.expect("THEN")
            parts.append(self.level(0))
        self.expect("ELSE")
        parts.append(self.level(0))
        self.expect("END")
        return Term("case", tuple(parts))


def _call(name: str, args: tuple[Term, ...]) -> Term:
    least, most = _ARITY.get(name, (0, -1))
    if not least <= len(args) <= most:
        raise ValueError(f"{name} with {len(args)} arguments is not part of the language")
    if name in ("years", "days") and len(args) == 1:
        args = (*args, Term("today"))
    if name == "prior":
        back = args[1].value if len(args) == 2 else Fraction(1)
        if args[0].op != "name" or back not in (1, 2, 3, 4, 5):
            raise ValueError("prior takes a name and a number of years from 1 to 5")
        return Term("prior", args[:1], back)
    return Term("holds", value=args[0].value) if name == "holds" else Term(name, args)


# --- what names stand for --------------------------------------------------------------------------------------


def scope_of(facts: Mapping[str, Any], document: Mapping[str, Any]) -> Scope:
    scope: dict[str, Item | Term] = {"reference_date": Term("today")}
    for name, spec in [*facts.items(), *document.get("findings", {}).items()]:
        scope[name] = Item(name, spec.get("period") == "year")
    for name, spec in document.get("parameters", {}).items():
        scope[name] = Term("literal", value=exact(spec["value"]))
    for name, spec in document.get("measures", {}).items():
        scope[name] = parse(spec["formula"]) if "formula" in spec else _table(spec)
    return scope


def _table(spec: Mapping[str, Any]) -> Term:
    """A band table as the CASE it abbreviates."""
    by, term = parse(spec["by"]), Term("literal")
    for band in reversed(spec["bands"]):
        value = parse(band["value"])
        term = Term("case", (Term(">=", (by, parse(band["from"]))), value, term)) if "from" in band else value
    return term


# --- evaluation --------------------------------------------------------------------------------------------------


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
        if term.op in LENIENT:
            return LENIENT[term.op](*values)
        return None if None in values else STRICT[term.op](*values)

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
