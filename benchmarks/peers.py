"""The same criteria by other means: a plain Python loop, and openfisca-core (a test peer, AGPL, never imported by src)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

FIELDS = {
    "core_parts",
    "core_components",
    "key_software",
    "advanced_process",
    "key_materials",
    "technical_foundation",
    "upgrading_traditional",
    "emerging",
    "future",
}
YEARLY = (
    "revenue",
    "main_revenue",
    "rd_expense",
    "assets",
    "liabilities",
    "staff",
    "niche_years",
    "niche_share_national",
    "niche_share_international",
    "niche_rank_national",
    "class_one_rights",
)
STATIC = (
    "sector",
    "independent_legal_person",
    "on_adverse_list",
    "product_prohibited",
    "adverse_incidents_3y",
    "national_award_top3_3y",
    "product_field",
    "single_champion",
    "controlled_link_to_little_giant",
    "group_similar_product",
)
Row = Mapping[str, Any]


def every(*values: bool | None) -> bool | None:
    return False if False in values else None if None in values else True


def some(*values: bool | None) -> bool | None:
    return True if True in values else None if None in values else False


def ratio_at_least(a: int | None, b: int | None, top: int, bottom: int) -> bool | None:
    return None if a is None or b is None or b == 0 else a * bottom >= top * b


def verdict(now: Row, before: Row, two_before: Row, firm: Row, srdi: bool) -> tuple[bool | None, int, int]:
    """Judge one firm: outcome, failed and unknown criteria as bits; findings are open, as in the register measured."""

    def at_least(value: Any, floor: Any) -> bool | None:
        return None if value is None else value >= floor

    def no(value: bool | None) -> bool | None:
        return None if value is None else not value

    revenue, rd = now.get("revenue"), now.get("rd_expense")
    staff, sector = now.get("staff"), firm.get("sector")
    small: bool | None = None
    if sector is not None and sector[0] in "BCD":
        small = some(None if staff is None else staff < 1000, None if revenue is None else revenue < 40_000_000_000)
    elif sector is not None and sector[:3] == "I65":
        small = some(None if staff is None else staff < 300, None if revenue is None else revenue < 10_000_000_000)
    rd_before, revenue_before = before.get("rd_expense"), before.get("revenue")
    rank, field = now.get("niche_rank_national"), firm.get("product_field")
    incidents = firm.get("adverse_incidents_3y")
    position = some(
        at_least(now.get("niche_share_national"), 0.1),
        at_least(now.get("niche_share_international"), 0.1),
        None if rank is None else rank <= 3,
    )
    criteria = (
        every(firm.get("independent_legal_person"), small),
        no(firm.get("on_adverse_list")),
        no(firm.get("product_prohibited")),
        None if incidents is None else incidents == 0,
        srdi,
        at_least(now.get("niche_years"), 3),
        at_least(revenue, 5_000_000_000),
        ratio_at_least(now.get("main_revenue"), revenue, 9, 10),
        ratio_at_least(revenue, two_before.get("revenue"), 441, 400),
        None if (debt := ratio_at_least(now.get("liabilities"), now.get("assets"), 3, 4)) is None else _at_most(now, debt),
        None if rd is None or rd_before is None else rd + rd_before >= 1_200_000_000,
        every(ratio_at_least(rd, revenue, 3, 100), ratio_at_least(rd_before, revenue_before, 3, 100)),
        some(every(at_least(now.get("class_one_rights"), 4), None), firm.get("national_award_top3_3y")),
        every(position, None),
        every(None if field is None else field in FIELDS, None),
        None,
        no(firm.get("single_champion")),
        no(firm.get("controlled_link_to_little_giant")),
        no(firm.get("group_similar_product")),
    )
    failed = unknown = 0
    for bit, value in enumerate(criteria):
        if value is False:
            failed |= 1 << bit
        elif value is None:
            unknown |= 1 << bit
    return every(*criteria), failed, unknown


def _at_most(now: Row, at_least: bool) -> bool:
    return not at_least or now["liabilities"] * 4 == 3 * now["assets"]


def loop_over_firms(register: Path, year: int) -> dict[str, int]:
    """Read the register and judge firm after firm in Python."""
    years = pq.read_table(register / "firm_years.parquet", columns=["firm", "year", *YEARLY]).to_pylist()
    firms = {row["firm"]: row for row in pq.read_table(register / "firms.parquet", columns=["firm", *STATIC]).to_pylist()}
    holders = set(
        pq.read_table(register / "recognitions.parquet", columns=["firm"], filters=[("tier", "=", "srdi")]).column(0).to_pylist()
    )
    by_key = {(row["firm"], row["year"]): row for row in years}
    counts = {"eligible": 0, "ineligible": 0, "undetermined": 0, "rows": 0}
    names = {True: "eligible", False: "ineligible", None: "undetermined"}
    nothing: Row = {}
    for firm, static in firms.items():
        now = by_key.get((firm, year))
        if now is None:
            continue
        earlier = [by_key.get((firm, year - back), nothing) for back in (1, 2)]
        outcome, _, _ = verdict(now, *earlier, static, firm in holders)
        counts[names[outcome]] += 1
        counts["rows"] += 1
    return counts


def openfisca_verdicts(register: Path, year: int) -> dict[str, int]:
    """Compute the bare verdict with openfisca-core from the same files; what is missing counts as zero there."""
    import numpy as np
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import DateUnit
    from openfisca_core.simulations import SimulationBuilder
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    firm_entity = build_entity(key="firm", plural="firms", label="firm", is_person=True)
    system = TaxBenefitSystem([firm_entity])

    def declare(name: str, formula: Any = None, value_type: type = float) -> None:
        body = {"value_type": value_type, "entity": firm_entity, "definition_period": DateUnit.YEAR, "label": name}
        if formula is not None:
            body["formula"] = formula
        system.add_variable(type(name, (Variable,), body))

    codes = {"in_industry": bool, "in_software": bool, "in_field": bool, "srdi": bool}
    for name in (*YEARLY, "adverse_incidents_3y"):
        declare(name)
    flags = [name for name in STATIC if name not in ("sector", "product_field", "adverse_incidents_3y")]
    for name in (*flags, *codes):
        declare(name, value_type=bool)

    def eligible(firm: Any, period: Any, parameters: Any) -> Any:
        last, two = period.offset(-1), period.offset(-2)
        revenue, rd = firm("revenue", period), firm("rd_expense", period)
        staff = firm("staff", period)
        with np.errstate(divide="ignore", invalid="ignore"):
            industry = firm("in_industry", period) & ((staff < 1000) | (revenue < 4e10))
            small = industry | (firm("in_software", period) & ((staff < 300) | (revenue < 1e10)))
            share = firm("niche_share_national", period) >= 0.1
            share |= firm("niche_share_international", period) >= 0.1
            share |= (firm("niche_rank_national", period) <= 3) & (firm("niche_rank_national", period) > 0)
            return (
                firm("independent_legal_person", period)
                & small
                & ~firm("on_adverse_list", period)
                & ~firm("product_prohibited", period)
                & (firm("adverse_incidents_3y", period) == 0)
                & firm("srdi", period)
                & (firm("niche_years", period) >= 3)
                & (revenue >= 5e9)
                & (firm("main_revenue", period) / revenue >= 0.9)
                & (revenue / firm("revenue", two) >= 1.1025)
                & (firm("liabilities", period) / firm("assets", period) <= 0.75)
                & (rd + firm("rd_expense", last) >= 1.2e9)
                & (rd / revenue >= 0.03)
                & (firm("rd_expense", last) / firm("revenue", last) >= 0.03)
                & ((firm("class_one_rights", period) >= 4) | firm("national_award_top3_3y", period))
                & share
                & firm("in_field", period)
                & ~firm("single_champion", period)
                & ~firm("controlled_link_to_little_giant", period)
                & ~firm("group_similar_product", period)
            )

    declare("eligible_firm", eligible, bool)
    firms = pq.read_table(register / "firms.parquet", columns=["firm", *STATIC])
    ids = firms.column("firm").to_numpy(zero_copy_only=False)
    simulation = SimulationBuilder().build_default_simulation(system, count=len(ids))
    years = pq.read_table(register / "firm_years.parquet", columns=["firm", "year", *YEARLY])
    year_of = years.column("year").to_numpy()
    row_of = np.searchsorted(ids, years.column("firm").to_numpy(zero_copy_only=False))
    for each in (year - 2, year - 1, year):
        chosen = year_of == each
        for name in YEARLY:
            values = np.zeros(len(ids))
            column = years.column(name).cast("double").to_numpy(zero_copy_only=False)
            values[row_of[chosen]] = np.nan_to_num(column[chosen])
            simulation.set_input(name, str(each), values)
    for name in flags:
        column = firms.column(name).fill_null(False).to_numpy(zero_copy_only=False)
        simulation.set_input(name, str(year), column)
    incidents = firms.column("adverse_incidents_3y").fill_null(0).to_numpy(zero_copy_only=False)
    simulation.set_input("adverse_incidents_3y", str(year), incidents.astype(float))
    sector = firms.column("sector").fill_null("?").to_numpy(zero_copy_only=False).astype(str)
    holders = (
        pq.read_table(register / "recognitions.parquet", columns=["firm"], filters=[("tier", "=", "srdi")])
        .column(0)
        .to_numpy(zero_copy_only=False)
    )
    simulation.set_input("in_industry", str(year), np.isin(sector.astype("U1"), ["B", "C", "D"]))
    simulation.set_input("in_software", str(year), sector.astype("U3") == "I65")
    field = firms.column("product_field").fill_null("?").to_numpy(zero_copy_only=False).astype(str)
    simulation.set_input("in_field", str(year), np.isin(field, sorted(FIELDS)))
    simulation.set_input("srdi", str(year), np.isin(ids.astype(str), holders.astype(str)))
    result = simulation.calculate("eligible_firm", str(year))
    return {"eligible_with_missing_as_zero": int(result.sum()), "rows": len(ids)}
