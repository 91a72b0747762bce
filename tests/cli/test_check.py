"""`check`: one firm from a file or asked at the prompt, in both languages; 0 only for the eligible."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from littlegiant.assessment.single import check_setting
from register.making import Command

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/check/firm.yaml"
PROMPT = ("check", "--on", "2026-05-25", "--year", 2025)
CHINESE = re.compile(r"[一-鿿]")

ELIGIBLE = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
ELIGIBLE["facts"] |= {
    "revenue": [120_000_000, 110_000_000, 100_000_000],
    "main_revenue": [115_000_000],
    "assets": [200_000_000],
    "liabilities": [100_000_000],
    "rd_expense": [7_000_000, 6_000_000],
}
ELIGIBLE["findings"] = {"rights_in_use": True, "reputation": True, "key_chain_link": True, "development_score": [72]}


def firm(folder: Path, facts: dict[str, Any] | None = None, **more: Any) -> Path:
    document = {**ELIGIBLE, **more, "facts": {**ELIGIBLE["facts"], **(facts or {})}}
    return write(folder / "firm.yaml", document)


def write(path: Path, document: dict[str, Any]) -> Path:
    """Write a firm's file; exact numbers stand in it as numbers, digit by digit."""
    text = json.dumps(document, ensure_ascii=False, default=lambda v: f"§{v}§" if isinstance(v, Decimal) else str(v), indent=1)
    path.write_text(text.replace('"§', "").replace('§"', ""), encoding="utf-8")
    return path


# --- from a file -------------------------------------------------------------------------------------------------------


def test_an_eligible_firm_is_exit_code_0(littlegiant: Command, tmp_path: Path) -> None:
    answer = littlegiant("check", firm(tmp_path))
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Eligible\n[met]")
    assert "Still to be shown:" not in answer.out


def test_the_example_needs_a_change_and_says_which(littlegiant: Command) -> None:
    answer = littlegiant("check", EXAMPLE)
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.startswith("Not eligible\n")
    assert "The least change (judged again by the same standard):\n" in answer.out


def test_the_least_change_followed_to_the_letter_helps(littlegiant: Command, tmp_path: Path) -> None:
    said = json.loads(littlegiant("check", EXAMPLE, "--json").out)
    assert said["outcome"] == "ineligible"
    document = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    for step in said["advice"]["steps"]:
        name, back = step["item"]["name"], step["item"]["back"]
        given = document["facts"][name]
        top, _, bottom = str(step["then"]).partition("/")
        value = Decimal(top) / Decimal(bottom or 1)
        if isinstance(given, list):
            given[back] = value
        else:
            document["facts"][name] = value
    again = json.loads(littlegiant("check", write(tmp_path / "firm.yaml", document), "--json").out)
    assert again["outcome"] == said["advice"]["outcome"] != "ineligible"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_answer_is_in_the_language_that_was_asked_for(littlegiant: Command, tmp_path: Path, language: str) -> None:
    for path in (EXAMPLE, firm(tmp_path), firm(tmp_path, {"revenue": None}, findings={})):
        lines = littlegiant("check", path, "--language", language).out.splitlines()
        headline = {"Eligible", "符合", "Not eligible", "不符合"}
        assert lines[0] in headline or lines[0].startswith(("Undetermined", "Meets all", "待补证", "可计算"))
        for line in lines:
            if language == "zh" and line.strip():
                assert CHINESE.search(line)
            # Clause numbers and law numbers are quoted as they are in the source.
            own = re.sub(r"clause [^;]+", "", line)
            assert language == "zh" or not CHINESE.search(own), line


def test_both_languages_give_the_same_answer(littlegiant: Command) -> None:
    zh, en = (json.loads(littlegiant("check", EXAMPLE, "--language", language, "--json").out) for language in ("zh", "en"))
    for key in ("outcome", "open", "failed", "unknown", "needed", "advice"):
        assert zh[key] == en[key]
    assert [reason["status"] for reason in zh["reasons"]] == [reason["status"] for reason in en["reasons"]]


def test_a_firm_that_lacks_something_is_told_what(littlegiant: Command, tmp_path: Path) -> None:
    answer = littlegiant("check", firm(tmp_path, findings={"rights_in_use": True, "reputation": True}))
    assert answer.code == 1
    assert answer.out.startswith("Meets all that can be computed; 2 findings open\n")
    assert answer.out.endswith(
        "\nStill to be shown:\n"
        "  stands at a key link of the chain, important for resilience and security\n  SRDI development score\n"
    )


def test_money_is_judged_to_the_fen(littlegiant: Command, tmp_path: Path) -> None:
    for revenue, code in (("50000000", 0), ("49999999.99", 1), ("50000000.01", 0)):
        facts = {"revenue": [Decimal(revenue), 45_000_000, 45_000_000], "main_revenue": [46_000_000]}
        assert littlegiant("check", firm(tmp_path, facts)).code == code


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown fact": ({"facts": {"revenu": [1]}}, "no fact 'revenu'.\n  Did you mean 'revenue'? [unknown-name]\n"),
    "an unknown finding": (
        {"findings": {"reputatoin": True}},
        "no finding 'reputatoin'.\n  Did you mean 'reputation'? [unknown-name]\n",
    ),
    "an unknown title": ({"titles": ["srid"]}, "no tier 'srid'.\n  Did you mean 'srdi'? [unknown-name]\n"),
    "a text for a number": (
        {"facts": {"revenue": ["much"]}},
        "firm.yaml, revenue: found 'much', expected a number.\n  Write digits without separators or signs of currency. [type]\n",
    ),
    "a number for yes or no": (
        {"facts": {"on_adverse_list": 5}},
        "firm.yaml, on_adverse_list: found 5, expected a boolean value.\n"
        "  Write true or false, a code, or a date as 2024-12-31. [type]\n",
    ),
    "an unknown code": (
        {"facts": {"product_field": "core_prats"}},
        "firm.yaml, product_field: found 'core_prats', expected a known code.\n  Did you mean 'core_parts'? [unknown-code]\n",
    ),
    "half a fen": (
        {"facts": {"revenue": [Decimal("1.005")]}},
        "firm.yaml, revenue: found 1.005, expected at most 2 decimals.\n  Round it as the source does. [precision]\n",
    ),
    "per cent for a share": (
        {"facts": {"niche_share_national": [12]}},
        "firm.yaml, niche_share_national: found 12, expected a value from 0 to 1.\n"
        "  Check the unit; leave it out when it is unknown. [range]\n",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_fit_is_refused_with_its_mend(littlegiant: Command, tmp_path: Path, name: str) -> None:
    change, sentence = REFUSED[name]
    answer = littlegiant("check", firm(tmp_path, **change))
    assert answer.err.endswith(sentence)
    assert answer.err.startswith("firm.yaml, ")
    assert (answer.code, answer.out) == (2, "")


def test_a_code_of_another_kind_is_no_traceback(littlegiant: Command, tmp_path: Path) -> None:
    for wrong in (
        {"product_field": 5},
        {"sector": 35},
        {"staff": [True]},
        {"staff": "many"},
        {"revenue": {"2025": 1}},
        {"founded": "x"},
    ):
        assert littlegiant("check", firm(tmp_path, wrong)).code in (0, 1, 2)


# --- at the prompt -----------------------------------------------------------------------------------------------------

WORDS = {
    "zh": {True: "是", False: "否"},
    "en": {True: "y", False: "n"},
}


def answers(language: str, facts: dict[str, Any], findings: dict[str, Any], titles: list[str]) -> list[str]:
    """The lines a person would type, in the order in which an interview with the same answers asks."""
    setting = check_setting(None, pack="cn", standard="little-giant", application="new", on=DAY, version=None)
    interview = setting.interview(language, 2025)  # type: ignore[arg-type]
    typed = []
    while (question := interview.next()) is not None:
        item = question.item
        if item.source == "title":
            value: Any = item.name.removeprefix("holds:") in titles
        else:
            given = (findings if item.is_finding else facts).get(item.name)
            value = given[item.back] if isinstance(given, list) and item.back < len(given) else given
            value = None if isinstance(value, list) else value
        text = "" if value is None else WORDS[language][value] if isinstance(value, bool) else str(value)
        typed.append(text)
        interview.answer(question, text)
    return typed


DAY = ELIGIBLE["reference_date"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_firm_answers_its_way_to_eligible(littlegiant: Command, language: str) -> None:
    """In English with the share of the niche in per cent."""
    share = {"zh": 0.12, "en": "12 %"}[language]
    typed = answers(language, {**ELIGIBLE["facts"], "niche_share_national": [share]}, ELIGIBLE["findings"], ["srdi"])
    assert len(typed) > 15
    answer = littlegiant(*PROMPT, "--language", language, answers="".join(f"{line}\n" for line in typed))
    assert answer.code == 0
    assert answer.out.splitlines()[0].strip() == {"zh": "符合", "en": "Eligible"}[language]
    questions = answer.err
    assert bool(CHINESE.search(questions)) == (language == "zh")


def test_a_single_no_can_settle_it_and_no_more_is_asked(littlegiant: Command) -> None:
    answer = littlegiant(*PROMPT, "--json", answers="n\n")
    said = json.loads(answer.out)
    assert (answer.code, said["outcome"]) == (1, "ineligible")
    assert "base.sme" in said["failed"]


def test_questions_leave_no_trace_in_the_answer(littlegiant: Command) -> None:
    """Questions go to stderr, the answer to stdout: nothing but the answer, not even a blank for each question."""
    assert littlegiant(*PROMPT, answers="y\n\nn\n").out[:1].strip()


def test_an_answer_that_does_not_fit_is_asked_again(littlegiant: Command) -> None:
    answer = littlegiant(*PROMPT, answers="perhaps\nn\n")
    assert "found 'perhaps', expected y or n.\n  Leave it empty when you do not know.\n" in answer.err
    assert answer.err.count("independent legal person") >= 3
    assert answer.code == 1


def test_empty_answers_are_unknown_and_end_undetermined(littlegiant: Command) -> None:
    answer = littlegiant(*PROMPT, "--json", answers="\n" * 100)
    assert (answer.code, json.loads(answer.out)["outcome"]) == (1, "undetermined")


def test_answers_that_stop_are_not_taken_for_a_no(littlegiant: Command) -> None:
    """Exit code 1 says that the firm is not eligible or undetermined; then there must be an answer that says so."""
    answer = littlegiant(*PROMPT, answers="y\n")
    assert answer.code not in (0, 1) or answer.out.lstrip().startswith(("Undetermined", "Not eligible"))
