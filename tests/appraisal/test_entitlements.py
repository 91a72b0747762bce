"""What firms may claim: by the same standards, on one footing, the same whatever the chunks; unknown is not no."""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.appraisal.designs import design_of
from littlegiant.appraisal.entitlement_report import firm_entitlements, register_elements
from littlegiant.appraisal.entitlements import Entitlements, entitled, entitlements, read_aid
from littlegiant.appraisal.positions import positions
from littlegiant.assessment import assess
from littlegiant.finance import Catalogue, open_catalogue
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register, synthesise
from littlegiant.standards import compile_applying

PACK, DAY, YEAR = open_pack("cn"), date(2026, 5, 25), 2025


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("money") / "register"
    synthesise(PACK, path, firms=1200, years=(2023, 2024, 2025), seed=5)
    return open_register(path)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return open_catalogue(PACK, DAY)


@pytest.fixture(scope="module")
def found(register: Register, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Entitlements:
    return entitlements(register, catalogue, year=YEAR, to=tmp_path_factory.mktemp("claims") / "entitlements.parquet")


def rows_of(found: Entitlements) -> list[dict[str, object]]:
    return pq.read_table(found.written.path).to_pylist()


def test_positions_are_the_register_in_main_units(register: Register, catalogue: Catalogue) -> None:
    firms = positions(register, catalogue, year=YEAR)
    years = pq.read_table(register.table("firm_years")).to_pylist()
    last = {row["firm"]: row for row in years if row["year"] == YEAR}
    assert list(firms.ids) == sorted(last)
    for number, firm in list(enumerate(firms.ids))[::97]:
        row = last[firm]
        for column, fact in (("revenue", "revenue"), ("rd", "rd_expense"), ("cash", "cash")):
            value = getattr(firms, column)[number]
            assert np.isnan(value) if row[fact] is None else value == pytest.approx(row[fact] / 100)
        if row["total_profit"] is not None and row["rd_expense"] is not None:
            assert firms.income[number] == pytest.approx((row["total_profit"] + row["rd_expense"]) / 100)


def test_who_may_claim_is_what_the_standard_says(register: Register, catalogue: Catalogue, found: Entitlements) -> None:
    rows = rows_of(found)
    for instrument in ("rd-super-deduction", "small-low-profit", "key-little-giant-award", "srdi-guarantee"):
        standard = catalogue.instrument(instrument).entitlement
        assert standard is not None
        compiled = compile_applying(PACK, standard, on=DAY, application="new")
        judged = {row["case"]: row["outcome"] for row in assess(register, compiled, year=YEAR).table.to_pylist()}
        assert {row["firm"]: row["outcome"] for row in rows if row["instrument"] == instrument} == judged


def test_a_regional_measure_is_for_its_region_only(register: Register, found: Entitlements) -> None:
    regions = {row["firm"]: row["region"] for row in pq.read_table(register.table("firms")).to_pylist()}
    premium = [row for row in rows_of(found) if row["instrument"] == "provincial-premium"]
    for row in premium:
        region = regions[row["firm"]]
        if row["outcome"] == "eligible":
            assert str(region).startswith("44")
        if region is None:
            assert row["outcome"] in ("ineligible", "undetermined")


def test_of_exclusive_instruments_a_firm_takes_one_at_most(catalogue: Catalogue, found: Entitlements) -> None:
    words = {each.id: each.exclusive for each in catalogue.instruments}
    taken: dict[tuple[object, str], int] = {}
    for row in rows_of(found):
        if row["chosen"]:
            assert row["outcome"] == "eligible"
            word = words[str(row["instrument"])]
            if word:
                taken[row["firm"], word] = taken.get((row["firm"], word), 0) + 1
    assert taken
    assert set(taken.values()) == {1}


def test_who_may_not_claim_gets_nothing_and_what_is_undetermined_is_unknown(found: Entitlements) -> None:
    for row in rows_of(found):
        if row["outcome"] == "ineligible":
            assert (row["worth"], row["gross"], row["committed"]) == (0, 0, 0)
        if row["outcome"] == "undetermined":
            assert (row["worth"], row["gross"], row["committed"], row["chosen"]) == (None, None, None, False)
    assert {row["outcome"] for row in rows_of(found)} == {"eligible", "ineligible", "undetermined"}


def test_the_sums_are_those_of_the_rows_and_unclaimed_is_unknown_without_a_list(found: Entitlements) -> None:
    rows = rows_of(found)
    for total in found.groups.to_pylist():
        if total["kind"] == "all":
            own = [row for row in rows if row["instrument"] == total["instrument"]]
            assert total["eligible"] == sum(row["outcome"] == "eligible" for row in own)
            assert total["worth"] == pytest.approx(
                sum(int(row["worth"] or 0) for row in own if row["chosen"]) / 100, abs=len(own)
            )
            assert total["claimed"] is None
            assert total["unclaimed"] is None
    by_region = sum(row["worth"] for row in found.groups.to_pylist() if row["kind"] == "region")
    assert by_region == pytest.approx(sum(row["worth"] for row in found.groups.to_pylist() if row["kind"] == "all"))


def test_chunks_and_threads_change_nothing(
    register: Register, catalogue: Catalogue, found: Entitlements, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("littlegiant.finance.evaluate", "littlegiant.appraisal.entitlements"):
        monkeypatch.setattr(sys.modules[module], "CHUNK", 113)
    again = entitlements(register, catalogue, year=YEAR, to=tmp_path / "again.parquet", threads=2)
    assert again.written.digest == found.written.digest
    assert again.joint == pytest.approx(found.joint)


def test_with_a_list_of_claims_the_rest_is_unclaimed(
    register: Register, catalogue: Catalogue, found: Entitlements, tmp_path: Path
) -> None:
    firm = next(row["firm"] for row in rows_of(found) if row["chosen"] and row["instrument"] == "rd-super-deduction")
    (tmp_path / "aid.csv").write_text(f"firm,measure\n{firm},rd-super-deduction\n", encoding="utf-8")
    aid = read_aid(tmp_path / "aid.csv", catalogue)
    known = entitlements(register, catalogue, year=YEAR, to=tmp_path / "known.parquet", aid=aid)
    (total,) = [r for r in known.groups.to_pylist() if (r["kind"], r["instrument"]) == ("all", "rd-super-deduction")]
    own = next(row for row in rows_of(found) if (row["firm"], row["instrument"]) == (firm, "rd-super-deduction"))
    assert total["claimed"] == pytest.approx(int(str(own["worth"])) / 100, abs=0.01)
    assert total["unclaimed"] == pytest.approx(total["worth"] - total["claimed"])
    claimed = [row["firm"] for row in rows_of(known) if row["claimed"]]
    assert claimed == [firm]


@pytest.mark.parametrize(
    ("text", "told"),
    [("firm,measur\nA,x\n", "firm and measure"), ("firm,measure\nA,rd-super-deductio\n", "Did you mean 'rd-super-deduction'")],
)
def test_a_list_of_claims_that_cannot_be_read_is_one_sentence(catalogue: Catalogue, tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "aid.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LittleGiantError, match=told):
        read_aid(path, catalogue)
    with pytest.raises(LittleGiantError, match="no such file"):
        read_aid(tmp_path / "none.csv", catalogue)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_say_what_there_is(register: Register, catalogue: Catalogue, found: Entitlements, language: str) -> None:
    elements = register_elements(found, catalogue, language)  # type: ignore[arg-type]
    assert [element.id for element in elements] == ["entitlements", "claims_region", "claims_sector"]
    assert elements[0].chart.startswith("<svg")
    firm = str(next(row["firm"] for row in rows_of(found) if row["chosen"] and row["instrument"] == "rd-super-deduction"))
    page = firm_entitlements(register, catalogue, firm, year=YEAR, language=language)  # type: ignore[arg-type]
    assert page.elements[1].id == "stack"
    assert len(page.rows) == len(catalogue.instruments)
    assert all(row["show"] for row in page.rows)
    with pytest.raises(LittleGiantError, match="no firm"):
        firm_entitlements(register, catalogue, "nobody", year=YEAR, language="en")


def test_a_design_of_nothing_changes_no_cost_and_a_rate_cut_raises_it(register: Register, catalogue: Catalogue) -> None:
    cut = catalogue.instrument("high-tech-rate")
    firms, eligible = entitled(register, catalogue, [cut], year=YEAR)
    nothing = design_of("nothing", [], firms, catalogue, eligible=eligible)
    known = ~np.isnan(nothing.cost_before)
    assert (nothing.cost_before[known] == nothing.cost_after[known]).all()
    assert nothing.budget == 0
    lower = design_of("cut", [cut], firms, catalogue, eligible=eligible)
    own = eligible[cut.id] & eligible["rd-super-deduction"] & known & (firms.income - 2 * firms.rd > 3_000_000) & (firms.rd > 0)
    assert own.any()
    assert (lower.cost_after[own] > lower.cost_before[own]).all()


def test_an_empty_year_gives_no_rows(register: Register, catalogue: Catalogue) -> None:
    assert len(positions(register, catalogue, year=YEAR, ids=pa.array([], pa.string()))) == 0
