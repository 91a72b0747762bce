"""Collect the names that a standard and the documents it rests on may use."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from littlegiant.documents import Document
from littlegiant.packs import Fact, Pack
from littlegiant.problems import LittleGiantError, Problem, refuse
from littlegiant.standards.language import Expr, Scope, Symbol, check_types, parse_expression
from littlegiant.standards.language import tree as t
from littlegiant.standards.language.scope import ValueKind
from littlegiant.standards.language.types import unit_of, unit_text
from littlegiant.standards.model import FindingType, Measure, Standard

_KINDS: dict[str, ValueKind] = {"boolean": "boolean", "date": "date", "code": "text", "text": "text"}


def build_scope(documents: Sequence[Document[Standard]], pack: Pack) -> Scope:
    """Return the scope of `documents` (base conditions first); raises with all problems of their measures at once."""
    symbols = {name: fact_symbol(name, fact, pack) for name, fact in pack.facts.items()}
    symbols["reference_date"] = Symbol("reference_date", "reference_date", "date")
    for document in documents:
        for symbol in _declared(document, pack):
            if symbol.name in symbols:
                place = document.place("measures", symbol.name)
                refuse(
                    place,
                    f"the name {symbol.name!r} again",
                    "a name that is not taken",
                    "Rename it.",
                    code="duplicate-name",
                )
            symbols[symbol.name] = symbol
    scope = Scope(symbols, frozenset(tier.id for tier in pack.header.tiers))
    _check_measures(documents, scope)
    return scope


def _check_measures(documents: Sequence[Document[Standard]], scope: Scope) -> None:
    problems: list[Problem] = []
    for document in documents:
        for name, measure in document.value.measures.items():
            try:
                _check_measure(name, measure, scope, document.place("measures", name))
            except LittleGiantError as error:
                problems.extend(error.problems)
    if problems:
        raise LittleGiantError(dict.fromkeys(problems))


def _check_measure(name: str, measure: Measure, scope: Scope, place: str) -> None:
    """Refuse a measure that is no number, or whose formula comes out in another unit than it declares."""
    if check_types(t.Name(name), scope, place).kind != "number":
        refuse(place, "a condition", "a number", "A condition belongs under `criteria:`.", code="type")
    formula = scope.symbols[name].formula
    assert formula is not None
    found = check_types(formula, scope, place)
    if not found.bare and found.unit != unit_of(measure.unit):
        found_unit, remedy = unit_text(found.unit), "Correct `unit:`, or the formula."
        refuse(place, f"a formula in {found_unit}", f"one in {measure.unit}", remedy, code="unit")


def fact_symbol(name: str, fact: Fact, pack: Pack) -> Symbol:
    currency = pack.header.currency
    kind = _KINDS.get(fact.type, "number")
    symbol = Symbol(name, "fact", kind, yearly=fact.period == "year")
    if fact.numeric:
        scale = fact.scale(currency.minor.per_main)
        low, high = (int(bound * scale) for bound in fact.bounds())
        unit = currency.code if fact.type == "money" else fact.unit or ("share" if fact.type == "share" else "")
        symbol = replace(symbol, unit=unit, scale=scale, decimals=fact.places, least=low, most=high)
    codes = pack.codes(fact) if fact.type == "code" else None
    prefixes = tuple(pack.sectors) if fact.codes == "sectors" else ()
    return replace(symbol, codes=frozenset(codes) if codes is not None else None, prefixes=prefixes)


def _declared(document: Document[Standard], pack: Pack) -> list[Symbol]:
    standard = document.value
    symbols = [
        Symbol(name, "parameter", "number", unit=parameter.unit, value=Fraction(parameter.value), clause=parameter.clause)
        for name, parameter in standard.parameters.items()
    ]
    for name, measure in standard.measures.items():
        formula = _formula(measure, document.place("measures", name))
        symbols.append(Symbol(name, "measure", "number", unit=measure.unit, formula=formula, clause=measure.clause))
    return symbols + [_finding(name, finding) for name, finding in standard.findings.items()]


def _finding(name: str, finding: FindingType) -> Symbol:
    kind: ValueKind = {"yes_no": "boolean", "number": "number", "code": "text"}[finding.type]  # type: ignore[assignment]
    symbol = Symbol(name, "finding", kind, unit=finding.unit, yearly=finding.period == "year")
    if kind == "number":
        scale = 10**finding.decimals
        low, high = int(finding.least * scale), int(finding.most * scale)
        return replace(symbol, scale=scale, decimals=finding.decimals, least=low, most=high)
    return replace(symbol, codes=frozenset(finding.codes) if finding.codes else None)


def _formula(measure: Measure, place: str) -> Expr:
    if measure.formula is not None:
        return parse_expression(measure.formula, place)
    assert measure.by is not None
    by = parse_expression(measure.by, place)
    arms = tuple((t.Comparison(">=", by, _number(band.from_)), _number(band.value)) for band in measure.bands[:-1])
    rest = _number(measure.bands[-1].value)
    return t.Case(arms, rest) if arms else rest


def _number(value: Any) -> t.Number:
    return t.Number(Fraction(value), str(value))
