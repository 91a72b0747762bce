"""The expression language lets in what it knows and refuses the rest by name; text, tree and types agree."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from littlegiant.problems import LittleGiantError
from littlegiant.standards import Scope
from littlegiant.standards.emit.conditions import ConditionWriter
from littlegiant.standards.emit.query import item_column
from littlegiant.standards.language import Expr, check_types, evaluate, parse_expression, render
from littlegiant.standards.language import parse as parser
from littlegiant.standards.language import tree as t

from .names import CONDITIONS, NUMBERS, TIERS, TREES, condition, measure, symbols

DAY = date(2025, 2, 28)
LINES = (Path(__file__).parent / "hostile-expressions.txt").read_text(encoding="utf-8").splitlines()
GOOD, BAD = ([line[len(mark) :] for line in LINES if line.startswith(mark)] for mark in ("good: ", "bad: "))
steady = settings(derandomize=True, deadline=None, database=None, max_examples=200)
LANGUAGE = {"abs", "assume", "days", "floor", "greatest", "holds", "known", "least", "prior", "starts_with", "years"}


def refusal(text: str, scope: Scope) -> LittleGiantError | None:
    """The refusal of a text, none when it is accepted; any other exception is not caught."""
    refused = None
    try:
        condition(text, scope)
    except LittleGiantError as error:
        refused = error
    if refused is not None:
        assert refused.problems
        assert all(problem.found.strip() and problem.place.strip() for problem in refused.problems)
    return refused


# --- what is let in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", GOOD)
def test_good_expressions_are_accepted(text: str) -> None:
    assert None in (refusal(text, NUMBERS), refusal(text, CONDITIONS))


@pytest.mark.parametrize("text", BAD)
def test_bad_expressions_are_refused_by_name(text: str) -> None:
    for scope in (NUMBERS, CONDITIONS):
        assert refusal(text, scope) is not None


def test_the_list_of_hostile_expressions_is_whole() -> None:
    assert len(GOOD) >= 12 + 12
    assert len(BAD) >= 55 + 100
    assert len(set(BAD)) == len(BAD)


@pytest.mark.parametrize("text", ["", " ", "\n", "x > 1\x00", "x > \\1", "x > 1 \x1b", "x" * 2001, "(" * 500, "-" * 40 + "1"])
def test_texts_that_are_no_expression(text: str) -> None:
    assert refusal(text, NUMBERS) is not None


def test_length_and_depth_have_their_limits() -> None:
    assert refusal(" AND ".join(["listed"] * 150), NUMBERS) is None
    assert refusal("x > 1 " * 400, NUMBERS) is not None
    assert refusal("(" * 12 + "x" + ")" * 12 + " > 1", NUMBERS) is None
    assert refusal("abs(" * 40 + "x" + ")" * 40 + " > 1", NUMBERS) is not None


@steady
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    refusal(text, NUMBERS)


WORDS = "AND OR NOT IN BETWEEN CASE WHEN THEN ELSE END IS NULL true SELECT FROM AS LIKE INTERVAL DATE EXISTS OVER"
NAMED = "x y a revenue listed founded code 0 1 0.5 1e3 'C35' '2020-01-01' ' \" $1 @ ?"
SIGNS = "( ) ( ) , + - * / = <> < >= . :: [ ] { } ; --"
CALLS = "prior( years( abs( floor( greatest( least( starts_with( assume( holds( known( coalesce("
PIECES = [*(" ".join([WORDS, NAMED, SIGNS, CALLS])).split(), "\n"]


@settings(steady, max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_any_pieces_of_sql_are_read_or_refused(text: str) -> None:
    refusal(text, NUMBERS)


# --- the whitelist covers sqlglot --------------------------------------------------------------------------------------


def _all_nodes(base: type[exp.Expression]) -> set[type[exp.Expression]]:
    return {base}.union(*(_all_nodes(below) for below in base.__subclasses__()))


UNKNOWN_NODES = sorted(_all_nodes(exp.Expression) - set(parser._READERS), key=lambda node: node.__name__)


def test_every_node_of_the_parser_that_is_not_listed_is_refused() -> None:
    assert len(UNKNOWN_NODES) > 500
    for node in UNKNOWN_NODES:
        with pytest.raises(parser._Refused) as refused:
            parser._read(node(this=exp.column("x"), expression=exp.column("y")), 0)
        assert refused.value.what.strip()


FUNCTIONS = sorted({name for node in exp.ALL_FUNCTIONS for name in node.sql_names()} - {n.upper() for n in LANGUAGE})


@pytest.mark.parametrize("call", ["{}()", "{}(x)", "{}(x, y)", "{}(code, 'C', 1)", "{}(*)"])
def test_every_function_of_the_parser_that_is_not_of_the_language_is_refused(call: str) -> None:
    assert len(FUNCTIONS) > 500
    accepted, crashed = [], []
    for text in (form.format(call.format(name)) for name in FUNCTIONS for form in ("{} = 1", "NOT {}")):
        try:
            accepted += [text] if refusal(text, NUMBERS) is None else []
        except Exception as error:
            crashed.append(f"{text}: {type(error).__name__}")
    assert (accepted, crashed) == ([], [])


@pytest.mark.parametrize(
    "node",
    [
        exp.Between(this=exp.column("x"), low=exp.Literal.number(1), high=exp.Literal.number(2), symmetric=True),
        exp.In(this=exp.column("x"), query=exp.select("1")),
        exp.In(this=exp.column("x"), expressions=[exp.Literal.number(1)], field=exp.column("y")),
        exp.Case(this=exp.column("x"), ifs=[], default=exp.Literal.number(1)),
        exp.Column(this=exp.to_identifier("x"), table=exp.to_identifier("f")),
        exp.Column(this=exp.to_identifier("x", quoted=True)),
        exp.Column(this=exp.Star()),
        exp.Floor(this=exp.column("x"), decimals=exp.Literal.number(1)),
    ],
    ids=lambda node: node.sql(),
)
def test_nodes_of_the_language_with_foreign_arguments_are_refused(node: exp.Expression) -> None:
    with pytest.raises(parser._Refused):
        parser._read(node, 0)


# --- text and tree -----------------------------------------------------------------------------------------------------


@settings(steady, max_examples=400)
@given(TREES)
def test_parsing_a_rendered_tree_gives_the_tree_again(tree: Expr) -> None:
    assert parse_expression(render(tree), "tree") == tree


@pytest.mark.parametrize("text", ["holds('it''s')", "starts_with(code, 'it''s')", "code = '''' OR code IN ('''a''')"])
def test_quotes_in_texts_survive_rendering(text: str) -> None:
    tree = parse_expression(text, "quotes")
    assert parse_expression(render(tree), "quotes") == tree


@pytest.mark.parametrize("text", GOOD)
def test_rendering_is_stable(text: str) -> None:
    tree = parse_expression(text, "good")
    assert parse_expression(render(tree), "again") == tree


def value(text: str) -> object:
    return evaluate(parse_expression(text, "value"), NUMBERS, lambda item: None, reference_date=DAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 8", Fraction(13, 2)),
        ("8 / 4 / 2 - 1 - 1", Fraction(-1)),
        ("-1 + 2 * -3", Fraction(-7)),
        ("1.05 * 1.05", Fraction(11025, 10000)),
        ("NOT 1 = 2 AND 1 < 2 OR 1 / 0 = 1", True),
        ("1 = 1 OR 1 = 1 AND 1 = 2", True),
        ("NOT 5 BETWEEN 1 AND 4 AND 2 NOT IN (1, 3)", True),
        ("1e3 = 1000 AND 0.10 = 0.1", True),
    ],
)
def test_precedence_and_exact_numbers(text: str, expected: object) -> None:
    assert value(text) == expected


# --- types, units, names -----------------------------------------------------------------------------------------------


def told(text: str, scope: Scope = NUMBERS) -> tuple[str, str, str]:
    error = refusal(text, scope)
    assert error is not None, text
    (problem,) = error.problems
    return problem.code, problem.found, problem.remedy


@pytest.mark.parametrize("text", ["revenue > ip", "revenue + ip > 0", "ip >= rd", "revenue BETWEEN 1 AND ip"])
def test_money_and_persons_do_not_mix(text: str) -> None:
    code, found, _ = told(text)
    assert code == "unit"
    assert "CNY" in found
    assert "rights" in found


def test_a_product_of_amounts_is_no_amount() -> None:
    code, found, _ = told("revenue * rd > revenue")
    assert (code, "CNY^2" in found) == ("unit", True)
    assert refusal("revenue * rd > revenue * revenue AND revenue / rd > 1 AND revenue / ip > rd / ip", NUMBERS) is None


@pytest.mark.parametrize("text", ["founded >= 3", "3 > founded", "founded = x"])
def test_a_date_against_a_number_is_refused_with_a_hint(text: str) -> None:
    code, found, remedy = told(text)
    assert code == "type"
    assert "date" in found
    assert "years(founded)" in remedy


@pytest.mark.parametrize(
    ("text", "near"), [("revenu > 1", "revenue"), ("NOT violatoin", "violation"), ("prior(revenues) > 1", "revenue")]
)
def test_an_unknown_name_suggests_the_nearest(text: str, near: str) -> None:
    code, found, remedy = told(text)
    assert code == "unknown-name"
    assert repr(near) in remedy
    assert repr(near) not in found


def test_an_unknown_tier_code_and_function_suggest_the_nearest() -> None:
    assert "'srdi'" in told("holds('srd')")[2]
    assert "'green'" in told("colour = 'gren'")[2]
    assert "'starts_with'" in told("start_with(code, 'C')")[2]


def test_measures_that_need_each_other_are_named() -> None:
    scope = Scope(symbols(rd_ratio=measure("rd_ratio", "rd_base + 1"), rd_base=measure("rd_base", "2 * rd_ratio")), TIERS)
    code, found, _ = told("rd_ratio > 1", scope)
    assert code == "cycle"
    assert "rd_ratio" in found
    assert "rd_base" in found
    alone = Scope(symbols(loop=measure("loop", "prior(loop) + 1")), TIERS)
    assert told("loop > 1", alone)[0] == "cycle"


def test_null_in_a_list_is_refused_with_its_reason() -> None:
    code, found, _ = told("x IN (1, NULL)")
    assert code == "null-literal"
    assert "NULL" in found
    assert told("x NOT IN (NULL)")[0] == "null-literal"


def test_case_needs_else() -> None:
    code, _, remedy = told("CASE WHEN listed THEN 1 END > 0")
    assert code == "no-else"
    assert "ELSE" in remedy


def test_prior_of_prior_is_refused_also_through_a_measure() -> None:
    assert "prior" in told("prior(prior(x)) > 1")[1]
    assert "prior(x, 2)" in told("prior(prior(x)) > 1")[2]
    scope = Scope(symbols(growth=measure("growth", "x / prior(x)")), TIERS)
    assert "prior" in told("prior(growth) > 1", scope)[1]
    assert refusal("growth > 1 AND prior(x) > 1", scope) is None


@pytest.mark.parametrize("text", ["known(x)", "NOT known(listed)", "listed OR known(founded)"])
def test_known_asks_what_we_know_and_is_refused_in_criteria(text: str) -> None:
    assert "what is true" in told(text)[1]


def test_where_and_what_stand_in_the_message() -> None:
    error = refusal("round(x) > 1", NUMBERS)
    assert error is not None
    assert error.problems[0].place == "standard, criterion"
    assert "ROUND" in error.problems[0].found
    assert "floor()" in error.problems[0].remedy


# --- what is accepted can be asked -------------------------------------------------------------------------------------


def written(text: str, scope: Scope) -> str:
    expr = condition(text, scope)
    return ConditionWriter(scope, item_column, DAY, "criterion").write(expr)


ACCEPTED = [
    "1 / (0 * x) > 1",
    "x / (y - y) > 1",
    "x / (1 - 1) > 1",
    "years('2020-01-01', '2021-01-01') >= 1",
    "CASE WHEN listed THEN founded ELSE since END >= '2020-01-01'",
    "years(CASE WHEN listed THEN founded ELSE since END) >= 3",
    "CASE WHEN listed THEN code ELSE industry_code END = 'C35'",
    "starts_with(CASE WHEN listed THEN code ELSE industry_code END, 'C')",
    "founded IN ('2020-01-01', '2021-01-01')",
    "listed IN (true)",
    "(x > 1) = listed",
    "x IN (1e30, 1e60)",
    "x > 1e40",
    "revenue * revenue * revenue > 1",
]


@pytest.mark.parametrize("text", [*GOOD, *ACCEPTED])
def test_an_accepted_condition_is_written_or_refused_with_its_reason(text: str) -> None:
    for scope in (NUMBERS, CONDITIONS):
        if refusal(text, scope) is None:
            with suppress(LittleGiantError):
                assert written(text, scope)


@pytest.mark.parametrize("text", [*GOOD, *ACCEPTED])
def test_an_accepted_condition_has_a_value_for_a_firm_of_which_nothing_is_known(text: str) -> None:
    for scope in (NUMBERS, CONDITIONS):
        if refusal(text, scope) is None:
            found = evaluate(condition(text, scope), scope, lambda item: None, reference_date=DAY)
            assert found in (True, False, None)


@pytest.mark.parametrize("form", ["greatest({}, {})", "least({}, {}, 1)", "floor({} / 3)", "CASE WHEN listed THEN {} ELSE 1 END"])
def test_the_text_of_the_query_grows_with_the_expression_and_not_exponentially(form: str) -> None:
    """Each level repeats what is below it; beyond some levels a short expression must not become a gigabyte of SQL."""
    text, filled = "x", form.replace("{}", "{0}", 1).replace("{}", "2")
    for _ in range(11):
        text = filled.format(text)
    try:
        query = written(f"{text} > 1", NUMBERS)
    except LittleGiantError:
        return  # refusing such an expression is as good
    assert len(query) < 100 * len(text)


def test_types_of_a_whole_tree_are_found_once() -> None:
    typed = check_types(parse_expression("revenue / rd + 0.5", "types"), NUMBERS, "types")
    assert (typed.kind, typed.unit) == ("number", ())
    assert [type(part) for part in t.children(parse_expression("revenue / rd", "types"))] == [t.Name, t.Name]
