"""A workbook as an officer has it, made from a synthetic register: one row a firm, titles in Chinese, a column a year."""

from pathlib import Path

import duckdb
import xlsxwriter

_STATIC = {
    "企业名称": "f.name",
    "省份": "f.region",
    "行业代码": "f.sector",
    "独立法人": "f.independent_legal_person",
    "经营异常或严重失信": "f.on_adverse_list",
    "产品属禁限汰类": "f.product_prohibited",
    "近三年事故事件次数": "f.adverse_incidents_3y",
    "国家级科技奖励前三": "f.national_award_top3_3y",
    "单项冠军": "f.single_champion",
    "与小巨人控股关系": "f.controlled_link_to_little_giant",
    "集团内相似产品": "f.group_similar_product",
    "主导产品领域": "f.product_field",
}
_MONEY = {
    "营业收入": "revenue",
    "主营业务收入": "main_revenue",
    "研发费用": "rd_expense",
    "资产总额": "assets",
    "负债总额": "liabilities",
}
_PLAIN = {
    "从业人员": "staff",
    "从事细分市场年限": "niche_years",
    "国内市场占有率": "niche_share_national",
    "Ⅰ类知识产权": "class_one_rights",
}


def write_workbook(register: Path, to: Path) -> None:
    """Write the firms of `register` (2023 to 2025, money in 10 thousand yuan) to the workbook `to`."""
    titles, columns, joins = ["统一社会信用代码", *_STATIC], ["f.firm", *_STATIC.values()], []
    for year in (2025, 2024, 2023):
        name = f"y{year}"
        joins.append(
            f"LEFT JOIN (SELECT * FROM read_parquet('{register}/firm_years.parquet') WHERE year = {year}) {name} USING (firm)"
        )
        titles += [f"{year}年{title}（万元）" for title in _MONEY]
        columns += [f"CAST({name}.{fact} AS DOUBLE) / 1000000" for fact in _MONEY.values()]
    titles += [f"2025年{title}" for title in _PLAIN]
    columns += [f"CAST(y2025.{fact} AS DOUBLE)" for fact in _PLAIN.values()]
    query = f"SELECT {', '.join(columns)} FROM read_parquet('{register}/firms.parquet') f {' '.join(joins)} ORDER BY f.firm"
    with xlsxwriter.Workbook(str(to), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("企业名单")
        sheet.write_row(0, 0, titles)
        for number, row in enumerate(duckdb.sql(query).fetchall(), 1):
            sheet.write_row(
                number,
                0,
                [
                    {True: "是", False: "否", None: ""}.get(cell, cell) if cell is None or cell is True or cell is False else cell
                    for cell in row
                ],
            )
