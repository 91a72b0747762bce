"""Sector tables, dependence on other countries, product chains, trade, and networks kept in files."""

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from littlegiant.networks import (
    ProductChain,
    Provision,
    SectorTable,
    aggregated,
    build,
    dependence,
    herfindahl,
    make_chain,
    make_network,
    make_table,
    open_layout,
    readiness,
    save,
    spread,
    systemic_risk,
    trade_dependence,
)
from littlegiant.problems import LittleGiantError

from .samples import KERNELS, NAMES, example, large, layout_of
from .test_bad_networks import refused

REAL = Path(__file__).parents[3] / "shared/data/real"
CHINA = REAL / "cn_io_tables/china_2020_42.csv.gz"
CHIPS = REAL / "eto_semiconductors"
SIX_DIGITS = 6e-7
NAN, INF = float("nan"), float("inf")

beside = pytest.mark.skipif(not (CHINA.is_file() and CHIPS.is_dir()), reason="the real data are not beside the checkout")

# An invented table of two sectors: det(I - A) = det(I - B) = 0.7125

SMALL: dict[str, Any] = {
    "sectors": ["mines", "mills"],
    "domestic": [[10, 20], [30, 10]],
    "imported": [[5, 0], [0, 10]],
    "output": [100, 80],
}


def small(**more: Any) -> SectorTable:
    return make_table(**{**SMALL, **more})


def test_a_small_table_by_hand() -> None:
    table = small()
    assert table.requirements.tolist() == [[0.1, 0.25], [0.3, 0.125]]
    assert table.leontief == pytest.approx(np.array([[0.875, 0.25], [0.3, 0.9]]) / 0.7125)
    assert table.backward == pytest.approx([1.175 / 0.7125, 1.15 / 0.7125])
    assert table.forward == pytest.approx([1.075 / 0.7125, 1.275 / 0.7125])
    assert table.direct_import == pytest.approx([0.05, 0.125])
    imports = [(0.05 * 0.875 + 0.125 * 0.3) / 0.7125, (0.05 * 0.25 + 0.125 * 0.9) / 0.7125]
    assert table.import_content == pytest.approx(imports)
    assert table.imported_share_of_use == pytest.approx([5 / 35, 10 / 50])
    assert table.final_demand.tolist() == [70, 40]
    assert table.extraction_loss(0) == pytest.approx(1 - 40 / 0.875 / 180)
    assert table.extraction_loss(1) == pytest.approx(1 - 70 / 0.9 / 180)
    assert table.inoperability([7, 0]) == pytest.approx([7 * 0.875 / 0.7125 / 100, 7 * 0.3 / 0.7125 / 80])


def test_laws_of_tables() -> None:
    table = small()
    assert table.leontief @ table.final_demand == pytest.approx(table.output)
    assert table.inoperability(table.final_demand) == pytest.approx([1, 1])
    assert table.inoperability([0, 0]).tolist() == [0, 0]
    value_added = 1 - table.requirements.sum(axis=0) - table.direct_import
    assert value_added @ table.leontief + table.import_content == pytest.approx([1, 1])
    thousand = small(**{name: np.multiply(SMALL[name], 1e3) for name in ("domestic", "imported", "output")})
    for name in ("backward", "forward", "import_content", "imported_share_of_use"):
        assert getattr(thousand, name) == pytest.approx(getattr(table, name))
    assert thousand.extraction_loss(1) == pytest.approx(table.extraction_loss(1))


def test_sectors_added_up() -> None:
    table = small()
    one = aggregated(table, {"mines": "all", "mills": "all"})
    assert (one.sectors, one.domestic.tolist(), one.imported.tolist(), one.output.tolist()) == (("all",), [[70]], [[15]], [180])
    turned = aggregated(table, {"mines": "z", "mills": "a"})
    assert turned.sectors == ("a", "z")
    assert turned.backward == pytest.approx(table.backward[::-1])
    assert "mills" in refused(aggregated, table, {"mines": "all"}).found


@pytest.mark.parametrize(
    ("more", "place", "found"),
    [
        ({"domestic": [[1, 2]]}, "the sector table, domestic", "the shape (1, 2)"),
        ({"imported": [1, 2]}, "the sector table, imported", "the shape (2,)"),
        ({"output": [[100, 80]]}, "the sector table, output", "the shape (1, 2)"),
        ({"domestic": [[1, 2], [-3, 1]]}, "the sector table, domestic, sector mills", "below zero"),
        ({"imported": [[1, 2], [NAN, 1]]}, "the sector table, imported, sector mills", "none"),
        ({"output": [INF, 80]}, "the sector table, output, sector mines", "none"),
        ({"output": [100, 0]}, "the sector table, sector mills", "no output"),
        ({"output": [100, 40]}, "the sector table, sector mills", "inputs of 40 for an output of 40"),
        ({"output": [30, 80]}, "the sector table, sector mines", "inputs of 45 for an output of 30"),
    ],
)
def test_a_table_that_cannot_be_is_refused(more: dict[str, Any], place: str, found: str) -> None:
    problem = refused(small, **more)
    assert problem.place == place
    assert found in problem.found


# The table of China, 42 sectors, 2020


def china() -> SectorTable:
    with gzip.open(CHINA, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    codes = [name for name in rows[0] if name.isdigit()]

    def flows(origin: str) -> list[list[float]]:
        return [[float(row[code]) for code in codes] for row in rows if row["Code"].isdigit() and row["Origin"] == origin]

    (total,) = (row for row in rows if row["Code"] == "TI")
    return make_table(codes, flows("Domestic"), flows("Imports"), [float(total[code]) for code in codes])


@beside
@pytest.mark.real
def test_values_of_the_table_of_china() -> None:
    table = china()
    wanted = {
        "16": (0.046641, 0.171439, 2.836227, 2.217923, 0.044520),
        "17": (0.060254, 0.178806, 2.732484, 1.908526, 0.034676),
        "20": (0.277510, 0.429541, 2.348843, 2.104461, 0.068514),
    }
    for code, values in wanted.items():
        at = table.sectors.index(code)
        columns = (table.direct_import, table.import_content, table.backward, table.forward)
        assert (*(column[at] for column in columns), table.extraction_loss(at)) == pytest.approx(values, abs=SIX_DIGITS)
    chips = table.sectors.index("20")
    assert table.imported_share_of_use[chips] == pytest.approx(0.359269, abs=SIX_DIGITS)
    own, bought = table.domestic[chips, chips], table.imported[chips, chips]
    assert bought / (own + bought) == pytest.approx(0.480883, abs=SIX_DIGITS)
    lost = np.zeros(42)
    lost[chips] = 0.1 * table.final_demand[chips]
    share = table.inoperability(lost)
    assert share[chips] == pytest.approx(0.068020, abs=SIX_DIGITS)
    assert share[table.sectors.index("19")] == pytest.approx(0.005751, abs=SIX_DIGITS)
    assert share @ table.output / table.output.sum() == pytest.approx(0.004660, abs=SIX_DIGITS)


def sectors_as_firms(table: SectorTable, code: int) -> np.ndarray:
    """The index of each sector as if it were one firm, weighed by output."""
    seller, buyer = np.nonzero(table.domestic)
    network = make_network(
        seller,
        buyer,
        table.domestic[seller, buyer],
        sector=np.arange(42),
        essentiality=np.full((42, 42), code),
        revenue=table.output,
        material_cost=table.domestic.sum(axis=0) + table.imported.sum(axis=0),
        self_loops="drop",
    )
    layout, weight = build(network), table.output / table.output.sum()
    return np.array([weight @ spread(layout, np.eye(42)[sector], eps=1e-6).loss for sector in range(42)])


@beside
@pytest.mark.real
def test_sectors_of_china_as_if_they_were_firms() -> None:
    """With every input essential all sectors come out alike, which is why a table ranks no firm."""
    table = china()
    index = sectors_as_firms(table, 1)
    assert index[[19, 15]] == pytest.approx([0.094416, 0.051868], abs=SIX_DIGITS)
    top = np.argsort(-index)[:4]
    assert [table.sectors[at] for at in top] == ["27", "34", "32", "28"]
    assert 0.195 < index[top[3]] < index[top[0]] < 0.245
    essential = sectors_as_firms(table, 2)
    assert np.quantile(essential, 0.1) > 0.725
    assert essential.max() < 0.765


# Dependence


def invented(**more: Any) -> Provision:
    share = np.array([[0.5, 0.3, 0.2, NAN], [0.0, 1.0, NAN, NAN], [1.0, 0.0, 0.0, 0.0], [NAN] * 4, [0.04, 0.16, 0.0, 0.8]])
    year = np.where(np.isnan(share), 0, np.array([[2020, 2021, 2022, 0]]))
    year[4, 3] = 2025
    given: dict[str, Any] = {
        "products": ("lathe", "laser", "bolt", "secret", "chip"),
        "countries": ("CHN", "JPN", "DEU", "Others"),
        "share": share,
        "year": year,
        "collective": frozenset({"Others"}),
    }
    return Provision(**{**given, **more})


def test_dependence_by_hand() -> None:
    found = dependence(invented(), "CHN")
    assert found.listed.tolist() == [True, True, True, False, True]
    assert found.concentration == pytest.approx([0.38, 1, 1, NAN, 0.6672], nan_ok=True)
    assert found.own == pytest.approx([0.5, 0, 1, NAN, 0.04], nan_ok=True)
    foreign = [0.5 * (0.6**2 + 0.4**2), 1, 0, NAN, 0.96 * (0.16**2 + 0.8**2) / 0.96**2]
    assert found.foreign == pytest.approx(foreign, nan_ok=True)
    assert found.none.tolist() == [False, True, False, False, False]
    assert found.weak.tolist() == [False, True, False, False, True]
    assert found.single.tolist() == [False, True, False, False, False]
    assert found.largest == ("JPN", "JPN", "", "", "JPN")
    assert found.largest_share == pytest.approx([0.3, 1, 0, NAN, 0.16], nan_ok=True)
    assert found.first_year.tolist() == [2020, 2021, 2020, 0, 2020]
    assert found.last_year.tolist() == [2022, 2021, 2020, 0, 2025]
    assert found.counts() == pytest.approx(
        {"products": 4, "none": 1, "weak": 2, "single": 1, "own": 0.385, "foreign": float(np.mean([0.26, 1, 0, foreign[4]]))}
    )
    assert found.counts(np.array([True, False, False, True, False]))["products"] == 1
    empty = found.counts(np.zeros(5, bool))
    assert empty["products"] == 0
    assert np.isnan(empty["foreign"])


def test_limits_of_dependence() -> None:
    assert dependence(invented(collective=frozenset()), "CHN").single.tolist() == [False, True, False, False, True]
    assert dependence(invented(), "CHN", weak=0.04).weak.tolist() == [False, True, False, False, False]
    assert dependence(invented(), "CHN", single=0.3).single.tolist() == [True, True, False, False, False]
    assert dependence(invented(), "CHN", single=1.0).single.tolist() == [False, True, False, False, False]
    assert herfindahl(np.array([0.5, NAN, 0.5])) == pytest.approx(0.5)


def test_shares_that_add_up_to_more_may_be_made_to_add_up_to_one() -> None:
    share = np.array([[0.2, 0.9, 0.1], [NAN, NAN, NAN]])
    provision = Provision(("a", "b"), ("CHN", "JPN", "DEU"), share, np.full((2, 3), 2024))
    usual, whole = (dependence(provision, "CHN", normalise=how) for how in (False, True))
    assert usual.own[0] == pytest.approx(0.2)
    assert whole.own[0] == pytest.approx(0.2 / 1.2)
    assert whole.concentration[0] == pytest.approx((0.04 + 0.81 + 0.01) / 1.44)
    assert whole.foreign[0] == pytest.approx((1 - 0.2 / 1.2) * 0.82)
    assert np.isnan(whole.own[1])


def test_a_country_that_is_not_listed_is_refused_with_a_suggestion() -> None:
    problem = refused(dependence, invented(), "CHM")
    assert "CHM" in problem.found
    assert "CHN" in problem.remedy
    assert dependence(invented(), "Peru").none[dependence(invented(), "Peru").listed].all(), "no row names it: nothing is listed"


def test_a_provider_listed_without_a_share_is_not_none() -> None:
    share = np.array([[0.82, 0.1, np.nan], [0.5, 0.5, np.nan]])
    blank = np.array([[False, False, True], [False, False, False]])
    given = Provision(("a", "b"), ("NLD", "JPN", "CHN"), share, np.full(share.shape, 2025), frozenset(), blank)
    found = dependence(given, "CHN")
    assert np.isnan(found.own[0])
    assert np.isnan(found.foreign[0])
    assert (found.none.tolist(), found.weak.tolist()) == ([False, True], [False, True])
    assert found.counts()["own"] == 0.0
    assert found.covered == pytest.approx([0.92, 1.0])


# Dependence in semiconductors


def chips(*, collective: bool = True) -> Provision:
    countries = {row["provider_id"]: row["provider_name"] for row in rows_of("providers") if row["provider_type"] == "country"}
    ids = list(countries)
    rows = [row for row in rows_of("provision") if row["provider_id"] in countries]
    listed = [row["input_id"] for row in rows_of("inputs")]
    products = tuple(listed + sorted({row["provided_id"] for row in rows} - set(listed)))
    share = np.full((len(products), len(ids)), np.nan)
    year = np.zeros(share.shape, np.int64)
    for row in rows:
        at = products.index(row["provided_id"]), ids.index(row["provider_id"])
        share[at] = float(row["share_provided"]) / 100 if row["share_provided"] else np.nan
        year[at] = int(row["year"])
    together = frozenset({"Various countries"}) if collective else frozenset()
    return Provision(products, tuple(countries.values()), share, year, together)


def rows_of(name: str) -> list[dict[str, str]]:
    with (CHIPS / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@beside
@pytest.mark.real
def test_who_supplies_the_inputs_of_semiconductors() -> None:
    found = dependence(chips(), "CHN")
    assert found.listed.sum() == 96
    assert np.nanmean(found.concentration) == pytest.approx(0.595188, abs=SIX_DIGITS)
    assert np.nanmedian(found.concentration) == pytest.approx(0.555659, abs=SIX_DIGITS)
    assert (found.concentration > 0.25).sum() == 90
    assert np.nanmedian(found.foreign) == pytest.approx(0.569092, abs=SIX_DIGITS)
    assert dependence(chips(collective=False), "CHN").single.sum() == 64


@beside
@pytest.mark.real
@pytest.mark.parametrize(
    ("home", "none", "weak", "single", "foreign"),
    [("CHN", 35, 62, 62, 0.603143), ("JPN", 16, 30, 48, 0.511224), ("NLD", 69, 76, 58, 0.559993)],
)
def test_how_countries_depend_on_others(home: str, none: int, weak: int, single: int, foreign: float) -> None:
    counts = dependence(chips(), home).counts()
    assert (counts["products"], counts["none"], counts["weak"], counts["single"]) == (96, none, weak, single)
    assert counts["foreign"] == pytest.approx(foreign, abs=SIX_DIGITS)


@beside
@pytest.mark.real
def test_single_inputs_of_semiconductors() -> None:
    found = dependence(chips(), "CHN")
    ids = {row["input_name"]: row["input_id"] for row in rows_of("inputs")}
    wanted = {
        "EUV lithography tools": 1.0,
        "ArF immersion (DUV) lithography tools": 0.986098,
        "Electronic design automation software": 0.895474,
        "Defect inspection tools": 0.853712,
        "Resist processing tools": 0.913332,
    }
    for name, value in wanted.items():
        assert found.foreign[found.products.index(ids[name])] == pytest.approx(value, abs=SIX_DIGITS)
    lithography = found.products.index(ids["EUV lithography tools"])
    assert (found.largest[lithography], found.largest_share[lithography]) == ("NLD", 1.0)
    assert set(found.last_year[found.listed].tolist()) <= {2019, 2021, 2022, 2025}


def semiconductors() -> ProductChain:
    sequence = rows_of("sequence")
    return make_chain(
        [row["input_id"] for row in rows_of("inputs")],
        [(row["input_id"], row["goes_into_id"]) for row in sequence if row["goes_into_id"]],
        [(row["input_id"], row["is_type_of_id"]) for row in sequence if row["is_type_of_id"]],
        {row["input_id"]: row["stage_name"] for row in rows_of("inputs")},
    )


@beside
@pytest.mark.real
def test_stages_of_semiconductors() -> None:
    found, chain = dependence(chips(), "CHN"), semiconductors()
    stage = np.array([chain.stage_of(product) if product in chain.products else "" for product in found.products])
    wanted = {"Fabrication": (52, 23, 0.0554, 0.6427), "Assembly": (36, 12, 0.0584, 0.5917), "Design": (5, 0, 0.0400, 0.5048)}
    for name, (products, none, own, foreign) in wanted.items():
        counts = found.counts(np.char.startswith(stage, name))
        assert (counts["products"], counts["none"]) == (products, none)
        assert counts["own"] == pytest.approx(own, abs=6e-5)
        assert counts["foreign"] == pytest.approx(foreign, abs=6e-5)


@beside
@pytest.mark.real
def test_the_chain_of_semiconductors_ends_in_one_product_that_everything_goes_into() -> None:
    found, chain = dependence(chips(), "CHN"), semiconductors()
    own = {product: float(share) for product, share in zip(found.products, found.own, strict=True) if not np.isnan(share)}
    (chip,) = (row["input_id"] for row in rows_of("inputs") if row["type"] == "ultimate_output")
    ready = readiness(chain, chip, own, weak=0.05)
    assert ready.inputs == 125
    assert ready.measured == len([product for product in own if product in chain.products])
    assert ready.share == 0.0


# Chains of products


def machine() -> ProductChain:
    return make_chain(
        ["ore", "steel", "bearing", "ball bearing", "spindle", "lathe", "manual"],
        [("ore", "steel"), ("steel", "ball bearing"), ("bearing", "spindle"), ("spindle", "lathe"), ("steel", "lathe")],
        [("ball bearing", "bearing")],
        {"steel": "materials", "bearing": "parts", "lathe": "machines"},
    )


def test_what_goes_into_a_product_with_the_types_of_its_inputs() -> None:
    chain = machine()
    assert chain.upstream("lathe") == {"spindle", "bearing", "ball bearing", "steel", "ore"}
    assert chain.upstream("steel") == {"ore"}
    assert chain.upstream("manual") == frozenset()


def test_a_product_takes_its_stage_from_what_it_belongs_to() -> None:
    chain = machine()
    assert [chain.stage_of(name) for name in chain.products] == [
        "materials",
        "materials",
        "parts",
        "parts",
        "machines",
        "machines",
        "",
    ]


def test_readiness_by_hand() -> None:
    own = {"ore": 0.5, "steel": 0.9, "ball bearing": 0.01, "spindle": 0.05, "lathe": 0.0}
    ready = readiness(machine(), "lathe", own, weak=0.05)
    assert (ready.product, ready.inputs, ready.measured, ready.weak, ready.share, ready.weakest) == (
        "lathe",
        5,
        4,
        1,
        0.01,
        "ball bearing",
    )
    alone = readiness(machine(), "manual", own, weak=0.05)
    assert (alone.inputs, alone.measured, alone.weak, alone.share, alone.weakest) == (0, 0, 0, None, "")
    unknown = readiness(machine(), "steel", {}, weak=0.05)
    assert (unknown.inputs, unknown.measured, unknown.share) == (1, 0, None)


def test_chains_that_cannot_be_are_refused() -> None:
    circle = refused(make_chain, ["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert circle.code == "circle"
    assert all(name in circle.found for name in "abc")
    assert refused(make_chain, ["a", "b"], [], [("a", "b"), ("b", "a")]).code == "circle"
    unknown = refused(make_chain, ["a"], [("a", "b")])
    assert (unknown.code, "'b'" in unknown.found) == ("unknown-name", True)
    assert refused(make_chain, ["a"], [], [("c", "a")]).code == "unknown-name"


# Trade

CONCENTRATED = [("A", "CHN", 90), ("B", "CHN", 10), ("A", "X", 100), ("CHN", "X", 20)]
SPREAD_OUT = [("A", "CHN", 30), ("B", "CHN", 35), ("C", "CHN", 35), ("CHN", "X", 20)]
COLUMNS = ("product", "exporter", "importer", "year", "value")


def trade(*rows: tuple[str, int, list[tuple[str, str, float]]]) -> pa.Table:
    flat = [(product, who, to, year, float(value)) for product, year, flows in rows for who, to, value in flows]
    return pa.table(dict(zip(COLUMNS, map(list, zip(*flat, strict=True)), strict=True)))


def test_trade_by_hand() -> None:
    flows = {2019: SPREAD_OUT, 2021: CONCENTRATED, 2022: SPREAD_OUT, 2023: CONCENTRATED}
    data = trade(*(("chip", year, rows) for year, rows in flows.items()))
    (found,) = trade_dependence(data, "CHN", last_year=2023)
    assert (found.product, found.years, found.held, found.dependent) == ("chip", (2021, 2022, 2023), 2, True)
    wide = 0.3**2 + 2 * 0.35**2
    assert found.import_concentration == pytest.approx((0.82, wide, 0.82))
    world = (190**2 + 10**2 + 20**2) / 220**2
    assert found.world_concentration == pytest.approx((world, (30**2 + 2 * 35**2 + 20**2) / 120**2, world))
    assert found.imports_to_exports == pytest.approx((5, 5, 5))
    (once,) = trade_dependence(data, "CHN", last_year=2022)
    assert (once.years, once.held, once.dependent) == ((2021, 2022), 1, None), "the year without data could decide"
    (short,) = trade_dependence(data, "CHN", last_year=2021)
    assert (short.years, short.held, short.dependent) == ((2019, 2021), 1, None)
    (never,) = trade_dependence(trade(("chip", 2022, SPREAD_OUT), ("chip", 2023, SPREAD_OUT)), "CHN", last_year=2023)
    assert (never.held, never.dependent) == (0, False), "one year more could not make two"


def test_one_year_is_not_enough_to_judge_and_the_year_after_is_not_seen() -> None:
    (found,) = trade_dependence(trade(("chip", 2023, CONCENTRATED), ("chip", 2024, CONCENTRATED)), "CHN", last_year=2023)
    assert (found.years, found.held, found.dependent) == ((2023,), 1, None)


def test_a_ratio_at_the_limit_does_not_exceed_it() -> None:
    """Imports equal to exports, all else concentrated."""
    level = [("A", "CHN", 100), ("A", "X", 500), ("CHN", "X", 100)]
    above = [("A", "CHN", 101), ("A", "X", 500), ("CHN", "X", 100)]
    for flows, dependent in ((level, False), (above, True)):
        (found,) = trade_dependence(trade(("chip", 2022, flows), ("chip", 2023, flows)), "CHN", last_year=2023)
        assert found.dependent is dependent


def test_products_only_exported_are_left_out_and_no_exports_are_an_infinite_ratio() -> None:
    data = trade(("bolt", 2023, [("CHN", "X", 5)]), ("chip", 2022, [("A", "CHN", 5)]), ("chip", 2023, [("A", "X", 5)]))
    (found,) = trade_dependence(data, "CHN", last_year=2023)
    assert (found.product, found.years) == ("chip", (2022, 2023))
    assert found.imports_to_exports == pytest.approx((INF, NAN), nan_ok=True)
    assert found.import_concentration == pytest.approx((1, NAN), nan_ok=True)
    assert (found.held, found.dependent) == (1, None)


def test_trade_data_that_cannot_be_are_refused() -> None:
    data = trade(("chip", 2023, CONCENTRATED))
    missing = refused(trade_dependence, data.drop_columns(["importer"]), "CHN", last_year=2023)
    assert (missing.code, "importer" in missing.expected) == ("columns", True)
    negative = refused(trade_dependence, trade(("chip", 2023, [("A", "CHN", -5.0)])), "CHN", last_year=2023)
    assert (negative.code, "-5" in negative.found) == ("range", True)
    assert trade_dependence(data, "Peru", last_year=2023) == []


# Networks kept in files


@pytest.mark.parametrize("how", KERNELS, ids=NAMES)
def test_a_network_from_a_file_gives_the_same_bits(tmp_path: Path, how: dict[str, Any]) -> None:
    layout = layout_of(large())
    save(layout, tmp_path / "kept")
    again = open_layout(tmp_path / "kept")
    assert [array.tobytes() for array in again] == [array.tobytes() for array in layout]
    assert [array.dtype for array in again] == [array.dtype for array in layout]
    assert (again.firms, again.groups, again.bytes) == (layout.firms, layout.groups, layout.bytes)
    one, two = systemic_risk(layout, **how), systemic_risk(again, threads=2, **how)
    for name in one.__dataclass_fields__:
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    shock = [0.3] * 40 + [0.0] * 260
    assert spread(layout, shock).loss.tobytes() == spread(again, shock).loss.tobytes()
    with pytest.raises(ValueError, match="read-only"):
        again.sold[0] = 1.0


def test_a_network_without_links_downstream_can_be_kept(tmp_path: Path) -> None:
    layout = build(make_network([0], [1], [3], sector=[0, 0], essentiality=[[0]]))
    save(layout, tmp_path / "kept")
    again = open_layout(tmp_path / "kept")
    assert systemic_risk(again).esri.tolist() == systemic_risk(layout).esri.tolist() == [1, 1]


def test_saving_anew_replaces_all_and_leaves_nothing_beside(tmp_path: Path) -> None:
    save(layout_of(large()), tmp_path / "kept")
    save(layout_of(example()), tmp_path / "kept")
    assert open_layout(tmp_path / "kept").firms == 6
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_folder_that_holds_no_network_is_refused(tmp_path: Path) -> None:
    assert refused(open_layout, tmp_path / "absent").code == "no-network"
    save(layout_of(example()), tmp_path / "kept")
    (tmp_path / "kept/sold.npy").unlink()
    assert refused(open_layout, tmp_path / "kept").code == "no-network"


@pytest.mark.parametrize("size", [0, 20, 140])
def test_a_file_cut_short_is_refused(tmp_path: Path, size: int) -> None:
    save(layout_of(example()), tmp_path / "kept")
    file = tmp_path / "kept/sold.npy"
    file.write_bytes(file.read_bytes()[:size])
    assert refused(open_layout, tmp_path / "kept").remedy


def test_a_place_that_cannot_be_written_to_is_the_worlds_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LittleGiantError) as caught:
        save(layout_of(example()), tmp_path / "file/kept")
    assert caught.value.exit_code == 3
    assert "Choose another folder" in str(caught.value)
