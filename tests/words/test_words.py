"""Every sentence in both languages, with the same blanks to fill, and every sentence that the code asks for is there."""

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
import yaml

from littlegiant.packs.vocabulary import FactType
from littlegiant.standards.model import Confidence
from littlegiant.words import LANGUAGES, say, sentence_codes, text_in

SOURCE = Path(str(resources.files("littlegiant")))
SENTENCES: dict[str, dict[str, str]] = yaml.safe_load((SOURCE / "words" / "sentences.yaml").read_text(encoding="utf-8"))


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_file_is_what_say_reads() -> None:
    assert sentence_codes() == sorted(SENTENCES)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_has_both_languages_and_the_same_blanks(code: str) -> None:
    sentence = SENTENCES[code]
    assert sorted(sentence) == sorted(LANGUAGES)
    zh, en = sentence["zh"], sentence["en"]
    assert blanks(zh) == blanks(en)
    assert zh
    assert en or code == "unit_rank"


@pytest.mark.parametrize("code", [code for code in sorted(SENTENCES) if not code.startswith("unit_")])
def test_a_sentence_is_not_left_untranslated(code: str) -> None:
    words = re.sub(r"\{\w+\}|littlegiant|verify|[\W\d]", "", SENTENCES[code]["zh"])
    assert not words or re.search(r"[一-鿿]", words)
    assert not re.search(r"[一-鿿]", SENTENCES[code]["en"])


def test_a_code_stands_in_the_file_once() -> None:
    lines = (SOURCE / "words" / "sentences.yaml").read_text(encoding="utf-8").splitlines()
    codes = [line.partition(":")[0] for line in lines if line and not line.startswith(("#", " "))]
    assert codes == list(dict.fromkeys(codes))


# --- what the code asks for ----------------------------------------------------------------------------------------


def asked(node: ast.expr) -> Iterator[str]:
    """The codes an argument of `say` can be, as patterns; variables give none."""
    if isinstance(node, ast.Constant):
        yield re.escape(str(node.value))
    elif isinstance(node, ast.JoinedStr):
        yield "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in node.values)
    elif isinstance(node, ast.IfExp):
        yield from asked(node.body)
        yield from asked(node.orelse)


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("say", "_say"):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


PATTERNS = [(place, pattern) for place, call in calls() for pattern in asked(call.args[0])]


def test_the_code_asks_for_sentences() -> None:
    assert len(PATTERNS) > 100


@pytest.mark.parametrize(("place", "pattern"), PATTERNS, ids=[f"{place} {pattern}" for place, pattern in PATTERNS])
def test_every_sentence_the_code_asks_for_is_there(place: str, pattern: str) -> None:
    assert [code for code in SENTENCES if re.fullmatch(pattern, code)]


def test_every_blank_of_a_sentence_is_filled_where_it_is_asked_for() -> None:
    unfilled = []
    for place, call in calls():
        if isinstance(call.args[0], ast.Constant) and all(keyword.arg is not None for keyword in call.keywords):
            needed = blanks(SENTENCES[call.args[0].value]["zh"])
            unfilled += [(place, name) for name in needed - {keyword.arg for keyword in call.keywords}]
    assert unfilled == []


def rules_of_gaps() -> set[str]:
    """The reasons that the SQL of an import can give for a missing value, read from its source."""
    text = (SOURCE / "register" / "staging.py").read_text(encoding="utf-8")
    found = set(re.findall(r"THEN '(\w+)'|ELSE '(\w+)'|, \"(\w+)\"\), \"FALSE\"", text))
    return {word for groups in found for word in groups if word} | {"no_row", "not_supplied"}


FAMILIES: dict[str, Any] = {
    "outcome_{}": ("eligible", "ineligible"),
    "status_{}": ("met", "not_met", "unknown", "waived"),
    "confidence_{}": [word for word in get_args(Confidence) if word],
    "ask_{}": get_args(FactType),
    "row_{}": ("eligible", "open_finding", "open_data", "ineligible"),
    "size_{}": ("large", "medium", "small", "micro"),
    "title_{}": ("region", "sector", "size"),
    "col_{}": ("region", "sector", "size"),
    "col_rows_{}": ("read", "used", "filtered", "rejected"),
    "col_values_{}": ("supplied", "missing", "unmapped", "rejected", "rounded"),
    "kind_{}": ("data", "finding"),
    "years_back_{}": ("1", "2", "3"),
    "gap_{}": sorted(rules_of_gaps()),
}


@pytest.mark.parametrize(("family", "member"), [(family, member) for family, members in FAMILIES.items() for member in members])
def test_every_member_of_a_family_has_its_sentence(family: str, member: str) -> None:
    assert family.format(member) in SENTENCES


def test_the_reasons_for_gaps_were_found_in_the_source() -> None:
    assert {
        "not_a_number",
        "out_of_range",
        "no_factor",
        "not_yes_or_no",
        "not_a_date",
        "unknown_code",
        "not_mapped",
    } <= rules_of_gaps()


def test_a_missing_code_is_a_defect_and_not_a_blank() -> None:
    with pytest.raises(KeyError):
        say("no_such_sentence", "en")


def test_a_text_falls_back_to_the_language_it_has() -> None:
    assert text_in({"zh": "元"}, "en") == "元"
    assert text_in({"zh": "元", "en": "yuan"}, "en") == "yuan"
