"""Row by row the officer reads what the engine says of the same facts, in a wide sheet and in a long one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listing.conftest import Run
from listing.making import DAY, FIRST, PACK, answers, firms, listed, plain_workbook, set_aside
from littlegiant.assessment import CaseFacts, Judge
from littlegiant.assessment.judging import Judged
from littlegiant.standards import compile_standard, find_notices, find_standard

WORDS = {"eligible": "符合", "ineligible": "不符合", "undetermined": "待补证"}
MONEY = range(10, 18)


def amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value)) * 10_000


def facts_of(row: Sequence[Any]) -> dict[str, Any]:
    """The facts that somebody would key in from a row."""
    money = {n: amount(row[n]) for n in MONEY}
    return {
        "independent_legal_person": True,
        "sector": "C35",
        "on_adverse_list": False,
        "product_prohibited": False,
        "adverse_incidents_3y": int(row[7]),
        "national_award_top3_3y": False,
        "revenue": [money[10], money[11], money[12]],
        "main_revenue": [money[13]],
        "rd_expense": [money[14], money[15]],
        "assets": [money[16]],
        "liabilities": [money[17]],
        "staff": [row[18]],
        "niche_years": [row[19]],
        "niche_share_national": [None if row[20] is None else Decimal(row[20][:-1]) / 100],
        "class_one_rights": [row[21]],
    }


@pytest.fixture(scope="module")
def judge() -> Judge:
    document = find_standard(PACK, "little-giant", version=None, on=DAY, application="new")
    notices = find_notices(PACK, document, on=DAY, application="new")
    return Judge(compile_standard(document, PACK, application="new", reference_date=DAY, notices=notices))


def judged(judge: Judge, body: Sequence[Sequence[Any]]) -> list[Judged]:
    return judge.judge([CaseFacts(row[2], facts_of(row), ["srdi"] if row[8] == "是" else [], {}) for row in body])


def agrees(found: Mapping[str, str], one: Judged) -> bool:
    asked = found["需补充的资料"] + found["待出具的认定意见"]
    return (
        found["评估结果"].partition("：")[0] == WORDS[one.outcome]
        and bool(found["不符合的条款"]) == (one.outcome == "ineligible")
        and bool(asked) == (one.outcome == "undetermined")
    )


def test_a_wide_sheet_of_sixty_firms_with_gaps(run: Run, judge: Judge) -> None:
    body, found = firms(60, seed=4, missing=0.05), answers(run.listed)
    results = judged(judge, body)
    assert {one.outcome for one in results} == {"ineligible", "undetermined"}
    assert [row for row, one in enumerate(results, FIRST) if not agrees(found[row], one)] == []
    # A sheet with gaps has nothing to doubt.
    assert {found[row]["存疑与未采用的数据"] for row in range(FIRST, FIRST + 60)} == {""}


def test_the_figures_beside_a_clause_are_those_of_the_row(run: Run) -> None:
    """What an officer checks with a calculator: the share of debt, two years of R&D, the sales of the year."""
    body, found, checked = firms(60, seed=4, missing=0.05), answers(run.listed), 0
    for number, row in enumerate(body, FIRST):
        told = found[number]["企业数值与差距"].replace(",", "")
        money = {n: amount(row[n]) for n in MONEY}
        expected = {
            r"资产负债率为([\d.]+) %": lambda m=money: m[17] / m[16] * 100,
            r"近两年研发费用合计为([\d.]+)万元": lambda m=money: (m[14] + m[15]) / 10_000,
            r"营业收入总额为([\d.]+)万元": lambda m=money: m[10] / 10_000,
        }
        for pattern, value in expected.items():
            match = re.search(pattern, told)
            if match:
                checked += 1
                places = len(match.group(1).partition(".")[2])
                assert abs(Decimal(match.group(1)) - value()) <= Decimal(10) ** -places, (number, told)
    assert checked > 20


def test_a_long_sheet_is_judged_like_the_wide_one(tmp_path: Path, judge: Judge) -> None:
    """One row a firm and year, rows shuffled, two units; the answer stands in the row of the year that is judged."""
    body = firms(60, seed=9, missing=0.05)
    titles = [
        "统一社会信用代码",
        "年份",
        "企业名称",
        "行业代码",
        "是否独立法人",
        "经营异常或严重失信",
        "产品属禁限汰类",
        "近三年事故事件次数",
        "是否专精特新中小企业",
        "国家级科技奖励前三",
        "营业收入（万元）",
        "主营业务收入（万元）",
        "研发费用（元）",
        "资产总额（万元）",
        "负债总额（万元）",
        "从业人员",
        "从事细分市场年限",
        "国内市场占有率",
        "Ⅰ类知识产权",
    ]
    rows = []
    for firm in body:
        fixed = [firm[1], *firm[3:10]]
        spent = [None if firm[n] is None else str(Decimal(str(firm[n])) * 10_000) for n in (14, 15)]
        latest = [firm[10], firm[13], spent[0], *firm[16:22]]
        rows.append([firm[2], 2025, *fixed, *latest])
        rows.append([firm[2], "2024", *fixed, firm[11], None, spent[1]])
        rows.append([firm[2], 2023.0, *fixed, firm[12]])
    rows.sort(key=lambda row: (str(row[0])[::-1], -int(row[1])))
    out = listed(plain_workbook(tmp_path / "long.xlsx", titles, *rows), tmp_path / "out")
    found, results = answers(out), {one.case: one for one in judged(judge, body)}
    for number, row in enumerate(rows, 2):
        if int(row[1]) == 2025:
            assert agrees(found[number], results[row[0]]), (number, row, found[number])
        else:
            assert set(found[number].values()) == {""}
    assert set_aside(out) == [("没有未采用或存疑的数据", "", "", "", "")]


def test_columns_in_any_order_and_rows_between_give_the_same_answers(run: Run, tmp_path: Path) -> None:
    """Her sheet turned about: one header row, columns from right to left, empty rows between the firms."""
    body = firms(60, seed=4, missing=0.05)[:20]
    head = [
        "序号",
        "企业名称",
        "统一社会信用代码",
        "行业代码",
        "是否独立法人",
        "经营异常或严重失信",
        "产品属禁限汰类",
        "近三年事故事件次数",
        "是否专精特新中小企业",
        "国家级科技奖励前三",
        *(f"{year}年营业收入（万元）" for year in (2025, 2024, 2023)),
        "2025年主营业务收入（万元）",
        "上年度研发费用（万元）",
        "前一年研发费用（万元）",
        "2025年末资产总额（万元）",
        "2025年末负债总额（万元）",
        "2025年从业人员",
        "2025年从事细分市场年限",
        "2025年国内市场占有率（%）",
        "2025年Ⅰ类知识产权",
    ]
    rows = [line for row in body for line in (list(reversed(row[:22])), [])]
    out = listed(plain_workbook(tmp_path / "a.xlsx", list(reversed(head)), *rows), tmp_path / "out")
    turned, straight = answers(out), answers(run.listed)
    assert [turned[2 + 2 * n] for n in range(20)] == [straight[FIRST + n] for n in range(20)]
