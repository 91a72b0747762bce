"""Who provides what: every mistake by its row, who of the register makes a product, and what a firm's products depend on."""

import runpy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from littlegiant.criticality import Known, criticality, read_supply
from littlegiant.criticality.chokepoints import Chokepoints, firm_dependence, makers, read_chokepoints
from littlegiant.criticality.links import FirmProduct
from littlegiant.criticality.report import chokepoint_element, readiness_element
from littlegiant.criticality.supply_file import DependenceFiles, TradeFile
from littlegiant.criticality.trade_files import judged_trade, read_trade, trade_element
from littlegiant.networks import Provision, dependence, make_chain
from littlegiant.problems import LittleGiantError, Problem
from littlegiant.register import Register

from .making import CATALOGUE, CHAIN, GOES, PRODUCTS, PROVISION, by_firm, dependence_of, write_chain, write_csv

HERE = Path(__file__).parents[2]
ETO = HERE.parent / "shared/data/real/eto_semiconductors"
FILES = DependenceFiles(**CHAIN)


def points(folder: Path, home: str = "CHN", files: DependenceFiles = FILES, **tables: Any) -> Chokepoints:
    write_chain(folder, **tables)
    return read_chokepoints(files, folder, home)


def refused(folder: Path, **tables: Any) -> tuple[Problem, ...]:
    with pytest.raises(LittleGiantError) as problem:
        points(folder, **tables)
    return problem.value.problems


def row_of(found: Chokepoints, product: str) -> dict[str, Any]:
    return next(row for row in found.table.to_pylist() if row["product"] == product)


def test_the_dependence_on_others_by_hand(tmp_path: Path) -> None:
    found = points(tmp_path)
    one, two = row_of(found, "P1"), row_of(found, "P2")
    assert one["own_share"] == 0
    assert one["none"]
    assert one["single"]
    assert (one["largest"], one["largest_share"]) == ("NLD", 0.9)
    assert one["foreign_dependence"] == pytest.approx(0.81 + 0.01)
    assert two["foreign_dependence"] == pytest.approx(0.8 * ((5 / 8) ** 2 + (3 / 8) ** 2))
    assert two["concentration"] == pytest.approx(0.25 + 0.09 + 0.04)
    assert (two["first_year"], two["last_year"]) == (2019, 2022)
    assert [two[name] for name in ("none", "weak", "single")] == [False, False, False]


def test_providers_that_are_no_one_country_are_no_single_source(tmp_path: Path) -> None:
    found = row_of(points(tmp_path), "P3")
    assert found["weak"]
    assert not found["single"]
    assert found["largest"] == ""
    country = [(*row[:2], "country", *row[3:]) if row[2] == "collective" else row for row in PROVISION]
    assert row_of(points(tmp_path, provision=country), "P3")["single"]


def test_products_with_providers_but_no_shares_are_counted(tmp_path: Path) -> None:
    found = points(tmp_path)
    assert found.no_share == {"P4": 2}
    assert not row_of(found, "P4")["listed"]
    assert row_of(found, "P4")["foreign_dependence"] is None
    assert any("1 more products" in note for note in chokepoint_element(found, {}, "en").notes)
    assert found.by_stage()[-1]["products"] == 3


def test_stages_are_inherited_and_counted(tmp_path: Path) -> None:
    found = points(tmp_path)
    assert row_of(found, "P5")["stage"] == "fabrication"
    stages = {row["stage"]: row for row in found.by_stage()}
    assert list(stages) == ["fabrication", "assembly", ""]
    assert stages["fabrication"]["products"] == 3
    assert stages["assembly"]["products"] == 0
    assert (stages[""]["none"], stages[""]["weak"], stages[""]["single"]) == (1, 2, 1)


def test_limits_of_ones_own_are_kept(tmp_path: Path) -> None:
    found = points(tmp_path, files=DependenceFiles(**CHAIN, weak=0.25, single=0.5))
    assert row_of(found, "P2")["weak"]
    assert row_of(found, "P2")["single"]
    assert "六成" not in chokepoint_element(found, {}, "zh").sentence, "the limit is a half here"


def test_shares_of_organisations_are_kept_apart(tmp_path: Path) -> None:
    more = [*PROVISION, ("P4", "o3", "organisation", "USA", "0.6", "2021"), ("P4", "o4", "organisation", "USA", "0.4", "2021")]
    found = row_of(points(tmp_path, provision=more), "P4")
    assert found["organisations"] == pytest.approx(0.52)
    assert not found["listed"]


@pytest.mark.parametrize(
    ("table", "row", "place", "told"),
    [
        ("products", ("P1", "Again", "", ""), "products.csv, row 7", "'P1' a second time"),
        ("products", ("", "Nothing", "", ""), "products.csv, row 7, column product", "blank"),
        ("chain", ("P11", "goes_into", "P3"), "chain.csv, row 6, column product", "Did you mean 'P1'"),
        ("chain", ("P1", "goes_into", "P33"), "chain.csv, row 6, column of", "Did you mean 'P3'"),
        ("chain", ("P1", "goes_in", "P3"), "chain.csv, row 6, column relation", "Did you mean 'goes_into'"),
        ("provision", ("P22", "x", "country", "USA", "0.1", "2020"), "provision.csv, row 11, column product", "'P2'"),
        ("provision", ("P2", "x", "contry", "USA", "0.1", "2020"), "provision.csv, row 11, column kind", "'country'"),
        ("provision", ("P2", "x", "country", "USA", "1.1", "2020"), "provision.csv, row 11, column share", "0 to 1"),
        ("provision", ("P2", "x", "country", "USA", "-0.1", "2020"), "provision.csv, row 11, column share", "0 to 1"),
        ("provision", ("P2", "x", "country", "USA", "some", "2020"), "provision.csv, row 11, column share", "'some'"),
        ("provision", ("P2", "x", "country", "JPN", "0.1", "2020"), "provision.csv, row 11", "JPN a second time for P2"),
        ("provision", ("P2", "x", "country", "", "0.1", "2020"), "provision.csv, row 11, column country", ""),
        ("provision", ("P2", "x", "country", "USA", "0.1", "now"), "provision.csv, row 11, column year", "'now'"),
    ],
)
def test_every_mistake_is_told_by_its_row(tmp_path: Path, table: str, row: tuple[str, ...], place: str, told: str) -> None:
    rows = {"products": PRODUCTS, "chain": GOES, "provision": PROVISION}[table]
    (problem,) = refused(tmp_path, **{table: [*rows, row]})
    assert problem.place == place
    assert told in str(problem)


def test_countries_that_add_up_to_far_more_than_all_are_told(tmp_path: Path) -> None:
    (problem, *_) = refused(tmp_path, provision=[*PROVISION, ("P1", "us", "country", "USA", "0.9", "2021")])
    assert "P1" in str(problem), "0.9, 0.1 and 0.9 of one world"


def test_a_circle_is_shown(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, chain=[*GOES, ("P4", "goes_into", "P1")])
    assert problem.code == "circle"
    assert {"P1", "P3", "P4"} <= set(problem.found.replace("→", " ").split())


def test_a_home_without_shares_is_told_with_the_nearest(tmp_path: Path) -> None:
    write_chain(tmp_path)
    with pytest.raises(LittleGiantError, match="Did you mean 'CHN'"):
        read_chokepoints(FILES, tmp_path, "CHI")


@pytest.mark.parametrize("name", ["products", "provision", "chain"])
def test_a_file_that_is_missing_or_lacks_a_column_is_told(tmp_path: Path, name: str) -> None:
    write_chain(tmp_path)
    (tmp_path / f"{name}.csv").write_text("product\nP1\n")
    with pytest.raises(LittleGiantError, match=rf"{name}\.csv: found no column"):
        read_chokepoints(FILES, tmp_path, "CHN")
    (tmp_path / f"{name}.csv").unlink()
    with pytest.raises(LittleGiantError, match="no such file"):
        read_chokepoints(FILES, tmp_path, "CHN")


def test_readiness_is_the_weakest_of_all_that_stands_upstream(tmp_path: Path) -> None:
    found = points(tmp_path)
    ready = found.readiness_of("P4")
    assert (ready.inputs, ready.measured, ready.weak) == (4, 3, 2)
    assert (ready.share, ready.weakest) == (0.0, "P1")
    assert found.readiness_of("P1").share is None
    element = readiness_element(found, "P4", "en")
    assert "4 inputs stand upstream of Chip" in element.sentence
    assert "Lithography machine" in element.sentence
    with pytest.raises(LittleGiantError, match="Did you mean"):
        readiness_element(found, "P44", "en")


@pytest.fixture
def making(town: Register, tmp_path: Path) -> Known:
    write_chain(tmp_path)
    rows = (
        ("SCREW1", "P1", "0.3", "yes"),
        ("SCREW1", "lithography MACHINE", "0.2", ""),
        ("GUIDE1", "国产 步进式曝光机", "0.5", ""),
        ("PLAIN1", "P1", "0.9", "no"),
        ("MILL1", "P4", "0.9", "yes"),
        ("MILL2", "P1", "0.8", "yes"),
        ("MILL2", "P2", "0.8", "yes"),
        ("POWER1", "bread", "1", "yes"),
    )
    write_csv(tmp_path / "made.csv", "firm,product,share,qualified", rows)
    return dependence_of(tmp_path, town, firm_products="made.csv", catalogue=CATALOGUE)


def test_makers_are_found_by_id_by_title_and_by_key_link(making: Known) -> None:
    assert making.chokepoints is not None
    found = makers(making.products, making.chokepoints, making.catalogue)
    assert {product: sorted({each.firm for each in rows}) for product, rows in found.items()} == {
        "P1": ["GUIDE1", "MILL2", "PLAIN1", "SCREW1"],
        "P2": ["MILL2"],
        "P4": ["MILL1"],
    }
    without = makers(making.products, making.chokepoints, None)
    assert sorted({each.firm for each in without["P1"]}) == ["MILL2", "PLAIN1", "SCREW1"]


def test_a_firm_depends_by_the_shares_of_its_products(making: Known) -> None:
    assert making.chokepoints is not None
    foreign = {product: row_of(making.chokepoints, product)["foreign_dependence"] for product in ("P1", "P2")}
    scores = firm_dependence(makers(making.products, making.chokepoints, making.catalogue), making.chokepoints)
    assert scores == {
        "SCREW1": pytest.approx(0.5 * foreign["P1"]),
        "GUIDE1": pytest.approx(0.5 * foreign["P1"]),
        "MILL2": pytest.approx(0.5 * foreign["P1"] + 0.5 * foreign["P2"]),
    }
    rows = by_firm(criticality(making).table.to_pylist())
    assert rows["PLAIN1"]["dependence"] in (None, 0.0), "what customers have not qualified counts nothing"
    assert rows["MILL1"]["dependence"] is None, "no share of the product is known"
    assert rows["MILL1"]["dependence_grade"] is None
    assert rows["SCREW1"]["dependence_grade"] == "declared"


def test_a_product_that_stands_twice_counts_with_both_shares(town: Register, tmp_path: Path) -> None:
    write_chain(tmp_path)
    write_csv(tmp_path / "made.csv", "firm,product,share", [("SCREW1", "P1", "0.3"), ("SCREW1", "P1", "0.4")])
    known = dependence_of(tmp_path, town, firm_products="made.csv")
    assert known.chokepoints is not None
    scores = firm_dependence(makers(known.products, known.chokepoints, None), known.chokepoints)
    assert scores["SCREW1"] == pytest.approx(0.7 * 0.82)


def test_products_of_one_title_are_both_made(tmp_path: Path) -> None:
    found = points(tmp_path, products=[*PRODUCTS, ("P6", "光刻胶", "", "")])
    assert set(makers([FirmProduct("A", "光刻胶", 0.5, None)], found, None)) == {"P2", "P6"}


def test_the_report_names_who_could_fill_a_chokepoint(making: Known) -> None:
    found = criticality(making)
    assert making.chokepoints is not None
    element = chokepoint_element(making.chokepoints, found.made, "en")
    rows = {row["title"]: row for row in element.rows}
    assert rows["Lithography machine"]["largest"] == "NLD 90 %"
    assert rows["Lithography machine"]["firms"] == "GUIDE1, MILL2, PLAIN1 (not qualified by customers) +1"
    assert rows["光刻胶"]["firms"] == "MILL2"
    assert rows["Wafer"]["firms"] == "–"
    assert "Chip" not in rows, "no share of it is known"
    assert any("invented for tests" in note for note in element.notes)


@pytest.mark.real
@pytest.mark.skipif(not ETO.is_dir(), reason="the real data are not beside the checkout")
def test_the_published_counts_of_chips(tmp_path: Path) -> None:
    convert = runpy.run_path(str(HERE / "examples/chips/convert.py"))["convert"]
    convert(ETO, tmp_path / "chips")
    shutil.copy(HERE / "examples/chips/supply.yaml", tmp_path / "chips")
    supply = read_supply(tmp_path / "chips/supply.yaml").value
    assert supply.dependence is not None
    found = read_chokepoints(supply.dependence, tmp_path / "chips", supply.home)
    counts = found.dependence.counts()
    # The published counts, 35 and 62, take a country listed without a share for none; here that one product is not known.
    assert (counts["products"], counts["none"], counts["weak"], counts["single"]) == (96, 34, 61, 62)
    assert (found.dependence.listed & np.isnan(found.dependence.own)).sum() == 1
    assert "Various countries" not in {row["largest"] for row in found.table.to_pylist()}
    assert sum(row["products"] for row in found.by_stage()[:-1]) <= 96


def trade_rows(**more: tuple[tuple[object, ...], ...]) -> str:
    """P1 comes from one country, P2 from three; the home country sells much of P2 and nothing of P1."""
    rows = []
    for year in (2023, 2024, 2025):
        rows += [("P1", "NLD", "CHN", year, 90), ("P1", "JPN", "CHN", year, 10), ("P1", "NLD", "USA", year, 80)]
        rows += [("P2", name, "CHN", year, 10) for name in ("NLD", "JPN", "USA")] + [("P2", "CHN", "USA", year, 100)]
    lines = ["product,exporter,importer,year,value", *(",".join(map(str, row)) for row in (*rows, *more.get("add", ())))]
    return "\n".join(lines)


def test_trade_says_what_depends_and_in_which_years(tmp_path: Path) -> None:
    (tmp_path / "trade.csv").write_text(trade_rows(), encoding="utf-8")
    trade = TradeFile(file="trade.csv", last_year=2025, source="invented")
    for language in ("en", "zh"):
        element = trade_element(trade, judged_trade(trade, tmp_path, "CHN"), language)
        first, second = element.rows
        assert (first["product"], first["held"], first["imports"], first["ratio"]) == ("P1", 3, "0.82", "∞")
        assert (second["product"], second["held"]) == ("P2", 0)
        assert "invented" in element.notes[-1]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("P1", "NLD", "CHN", "now", 1), "trade.csv, row 23, column year"),
        (("P1", "NLD", "CHN", 2025, -1), "trade.csv, row 23, column value"),
        (("P1", "", "CHN", 2025, 1), "trade.csv, row 23, column exporter"),
    ],
)
def test_a_mistake_in_trade_is_told_by_its_row(tmp_path: Path, row: tuple[object, ...], told: str) -> None:
    (tmp_path / "trade.csv").write_text(trade_rows(add=(row,)), encoding="utf-8")
    with pytest.raises(LittleGiantError) as caught:
        read_trade(tmp_path / "trade.csv")
    assert told in str(caught.value)


def test_a_share_that_is_not_known_is_neither_weakest_nor_counted() -> None:
    """One input is listed for the home country without a share; a firm that only experts name has no share of revenue."""
    chain = make_chain(("P1", "P2", "P3"), [("P1", "P3"), ("P2", "P3")])
    share, blank = np.array([[0.8, np.nan], [0.9, 0.1], [1.0, np.nan]]), np.array([[False, True], [False, False], [False, False]])
    given = Provision(("P1", "P2", "P3"), ("NLD", "CHN"), share, np.full(share.shape, 2025), frozenset(), blank)
    titles = {"P1": "one", "P2": "two", "P3": "whole"}
    found = Chokepoints(dependence(given, "CHN"), chain, titles, {}, {}, {}, 0.05, 0.6, "invented")
    ready = found.readiness_of("P3")
    assert (ready.inputs, ready.measured, ready.share, ready.weakest) == (2, 1, 0.1, "P2")
    expert, own = FirmProduct("A", "two", float("nan"), None), FirmProduct("B", "two", 0.5, True)
    assert firm_dependence({"P2": [expert, own]}, found) == {"B": pytest.approx(0.5 * 0.9)}
