"""Standards that are wrong: `standard lint` names the place, the nearest right name, the mend; SQL is not let through."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.standards.language import parse_expression
from register.making import Command

CN = open_pack("cn").path
TEXT = Path("standards/little-giant/2026.yaml")
NAME = "cn/standards/little-giant/2026.yaml"
Edits = tuple[tuple[str, str], ...]
Lint = Callable[[Edits], tuple[int, str]]


@pytest.fixture
def lint(littlegiant: Command, tmp_path: Path) -> Lint:
    """Lint the standard of 2026 in a copy of the pack after some edits."""
    shutil.copytree(CN, tmp_path / "cn")

    def call(edits: Edits) -> tuple[int, str]:
        text = (CN / TEXT).read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "cn" / TEXT).write_text(text, encoding="utf-8")
        answer = littlegiant("standard", "lint", "little-giant", "--pack", tmp_path / "cn")
        assert answer.err == ""
        return answer.code, answer.out

    return call


def requiring(expression: str) -> Edits:
    return (("require: revenue >= revenue_floor", f"require: {json.dumps(expression)}"),)


def line_of(part: str, *edits: tuple[str, str]) -> int:
    text = (CN / TEXT).read_text(encoding="utf-8")
    for old, new in edits:
        text = text.replace(old, new, 1)
    return text[: text.index(part)].count("\n") + 1


MAIN_SHARE = ("formula: main_revenue / revenue", "formula: main_revenu / revenue")
CYCLE = (
    ("formula: main_revenue / revenue", "formula: main_revenue / growth_2y"),
    ('formula: "revenue / prior(revenue, 2)"', 'formula: "main_share / revenue"'),
)
OVERLAP = ("{application: new, from: 2026-04-01}", "{application: new, from: 2026-03-01}")
BACKWARDS = ("{application: new, from: 2026-04-01}", "{application: new, from: 2026-04-01, until: 2026-03-01}")

FOUND: dict[str, tuple[Edits, str]] = {
    "an unknown fact in a measure": (
        (MAIN_SHARE,),
        f"{NAME}, line {line_of('main_share:   {formula')}, measures.main_share: "
        "no fact, measure, parameter or finding 'main_revenu'.\n  Did you mean 'main_revenue'? [unknown-name]\n",
    ),
    "an unknown fact in a condition": (
        (("require: niche_years >= niche_years_floor", "require: niche_year >= niche_years_floor"),),
        f"{NAME}, niche_years: no fact, measure, parameter or finding 'niche_year'.\n"
        "  Did you mean 'niche_years'? [unknown-name]\n",
    ),
    "a cycle of two measures": (
        CYCLE,
        "measures growth_2y and main_share need each other.\n  Break the cycle. [cycle]\n",
    ),
    "two versions on one day": (
        (OVERLAP,),
        f"cn/standards/little-giant/2022.yaml, line 12, applies: found little-giant valid from 2022-08-01 and, in {NAME}, "
        f"line {line_of('  - {application: new, from')}, applies, from 2026-03-01 for the same application, expected one version "
        "a day.\n  Close the earlier one with `until:` on the day before the later one begins. [validity-overlap]\n",
    ),
    "an end before the beginning": (
        (BACKWARDS,),
        f"{NAME}, line {line_of('  - {application: new, from')}, applies: found a validity from 2026-04-01 until 2026-03-01, "
        "expected an end after the beginning. [validity]\n",
    ),
    "an unknown finding": (
        (("judgement: reputation", "judgement: reputatio"),),
        f"{NAME}, market.known: no yes_no finding 'reputatio'.\n  Did you mean 'reputation'? [unknown-name]\n",
    ),
    "an unknown title": (
        (("holds('srdi')", "holds('srid')"),),
        f"{NAME}, title: no tier 'srid' in the pack.\n  Did you mean 'srdi'? [unknown-name]\n",
    ),
    "an unknown code": (
        (("'core_parts', ", "'core_prats', "),),
        f"{NAME}, chain.field: 'core_prats' is no code of product_field.\n  Did you mean 'core_parts'? [unknown-code]\n",
    ),
    "an id twice": (
        (("- id: niche_years\n", "- id: title\n"),),
        f"{NAME}, title: found the id 'title' a second time, expected each id once.\n  Rename one. [duplicate-name]\n",
    ),
    "units that do not mix": (
        requiring("revenue >= niche_years"),
        f"{NAME}, revenue: CNY (revenue) meets years (niche_years).\n  State both in the same unit. [unit]\n",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_is_wrong_is_named_with_its_mend(lint: Lint, name: str) -> None:
    edits, sentence = FOUND[name]
    code, out = lint(edits)
    assert code == 1
    assert sentence in out


def test_a_document_that_breaks_several_rules_is_told_all_of_them(lint: Lint) -> None:
    edits = (("kind: recognition\n", "kind: recognitio\ncolour: red\n"), ("years: 3", "years: three"))
    code, out = lint(edits)
    places = [line.partition(": ")[0] for line in out.splitlines() if line.startswith("cn/")]
    assert (code, sorted(places)) == (
        1,
        [f"{NAME}, line 18, gives.years", f"{NAME}, line 4, kind", f"{NAME}, line 5, colour"],
    )


SMUGGLED = [
    "revenue >= 1; DROP TABLE subject",
    "revenue >= 1 -- and nothing more",
    "revenue >= 1 /* x */",
    "revenue >= (SELECT 1)",
    "revenue IN (SELECT 1)",
    "EXISTS (SELECT 1)",
    "revenue >= 1 UNION SELECT 1",
    "read_csv('/etc/passwd') = 1",
    "read_text('/etc/passwd') = 'x'",
    "getenv('HOME') = 'x'",
    "pragma_version() = 'x'",
    "COLUMNS('*') >= 1",
    "subject.revenue >= 1",
    '"revenue" >= 1',
    "revenue::int >= 1",
    "CAST(revenue AS INT) >= 1",
    "revenue >= $1",
    "revenue >= ?",
    "revenue >= random()",
    "current_date > '2024-01-01'",
    "sector LIKE 'C%'",
    "sector ~ '.*'",
    "sector = 'x\\' OR TRUE OR sector = \\''",
    "revenue >= 1) OR (TRUE",
    "revenue BETWEEN SYMMETRIC 2 AND 1",
    "revenue IS NULL",
    "revenue = NULL",
    "revenue IN (1, NULL)",
    "COALESCE(revenue, 0) >= 1",
    "CASE WHEN revenue >= 1 THEN TRUE END",
    "CASE revenue WHEN 1 THEN TRUE ELSE FALSE END",
    "[1, 2][1] = 1",
    "revenue >= 1\x00",
    "*",
    "",
    "(" * 60 + "revenue >= 1" + ")" * 60,
    "revenue >= 1" + " AND revenue >= 1" * 300,
]


@pytest.mark.parametrize("expression", SMUGGLED, ids=lambda expression: repr(expression[:30]))
def test_sql_is_not_let_through_an_expression(expression: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        parse_expression(expression, "x.yaml, revenue")
    (problem,) = refused.value.problems
    assert problem.place == "x.yaml, revenue"
    assert problem.code in ("not-allowed", "syntax", "null-literal", "no-else")
    assert problem.remedy


@pytest.mark.parametrize("expression", SMUGGLED[:4], ids=lambda expression: repr(expression[:30]))
def test_sql_is_not_let_through_a_standard(lint: Lint, expression: str) -> None:
    code, out = lint(requiring(expression))
    assert code == 1
    assert out.startswith(f"{NAME}, revenue: {expression!r}: ")
    assert "[not-allowed]\n" in out


def test_a_quote_inside_a_text_stays_inside_the_text(lint: Lint, littlegiant: Command, tmp_path: Path) -> None:
    quoted = "'x'' OR TRUE OR sector = '''"
    lint(requiring(f"sector = {quoted} AND revenue >= revenue_floor"))
    answer = littlegiant("standard", "show", "little-giant", "--on", "2026-05-25", "--pack", tmp_path / "cn", "--sql")
    assert quoted in answer.out
    assert "OR TRUE" not in answer.out.replace(quoted, "")


@pytest.mark.parametrize(
    ("old", "new", "use"),
    [
        ("  reputation:        {", '  "rep\'x":        {', ("judgement: reputation", 'judgement: "rep\'x"')),
        ("  reputation:        {", "  'rep\"x':        {", ("judgement: reputation", "judgement: 'rep\"x'")),
        (
            "  reputation:        {",
            "  'x\" IS NULL OR \"y':        {",
            ("judgement: reputation", "judgement: 'x\" IS NULL OR \"y'"),
        ),
    ],
    ids=["a quote", "a double quote", "an expression"],
)
def test_a_name_that_is_no_plain_name_is_refused(lint: Lint, old: str, new: str, use: tuple[str, str]) -> None:
    """Names of findings become columns of the query; a quote in one must not become part of it."""
    code, _ = lint(((old, new), use))
    assert code == 1


def test_two_versions_on_one_day_stop_every_command_that_needs_one(littlegiant: Command, tmp_path: Path) -> None:
    shutil.copytree(CN, tmp_path / "cn")
    text = (CN / TEXT).read_text(encoding="utf-8")
    (tmp_path / "cn" / TEXT).write_text(text.replace(*OVERLAP), encoding="utf-8")
    for arguments in (("standard", "show", "little-giant", "--on", "2026-05-25"), ("standard", "list")):
        answer = littlegiant(*arguments, "--pack", tmp_path / "cn")
        assert answer.code == 2
        assert answer.err.endswith("[validity-overlap]\n")
