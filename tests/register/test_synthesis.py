"""Invented firms: the same on every machine, near the moments they are made from, and never to be taken for real ones."""

import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.documents import read_document
from littlegiant.problems import LittleGiantError
from littlegiant.register import open_register, synthesis, synthesise
from littlegiant.register.calibration import STRATA, Calibration
from littlegiant.register.checking import check_register
from littlegiant.register.draws import draw, pick
from littlegiant.register.synthesis import TITLES

from .making import PACK, Command

CALIBRATION = read_document(PACK.path / "calibration.yaml", Calibration).value
FIRMS, SEED, YEARS = 12_000, 11, (2023, 2024, 2025)


def digest(to: Path, *, firms: int = 1000, seed: int = 7, years: tuple[int, ...] = YEARS) -> str:
    synthesise(PACK, to, firms=firms, years=years, seed=seed)
    return open_register(to).digest


def test_the_same_seed_gives_the_same_digest_whatever_the_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {digest(tmp_path / "whole")}
    for chunk in (100, 250, 300):
        monkeypatch.setattr(synthesis, "CHUNK", chunk)
        digests.add(digest(tmp_path / str(chunk)))
    assert len(digests) == 1


@pytest.mark.parametrize("firms", [1, 2, 101])
def test_any_number_of_firms_can_be_made_in_any_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, firms: int) -> None:
    """Also when a chunk, or the titles held in a chunk, are a single row."""
    monkeypatch.setattr(synthesis, "CHUNK", 10)
    assert digest(tmp_path / "tens", firms=firms)


def test_another_seed_gives_another_register(tmp_path: Path) -> None:
    assert digest(tmp_path / "a", firms=200, seed=7) != digest(tmp_path / "b", firms=200, seed=8)


def test_a_firm_does_not_depend_on_how_many_others_there_are(tmp_path: Path) -> None:
    digest(tmp_path / "few", firms=200)
    digest(tmp_path / "many", firms=400)
    for table in ("firms", "firm_years", "recognitions"):
        few, many = (pq.read_table(tmp_path / name / f"{table}.parquet") for name in ("few", "many"))
        assert many.slice(0, few.num_rows).equals(few)


def test_the_digest_of_a_known_register_never_changes(tmp_path: Path) -> None:
    """Pinned: the tutorial and the benchmarks print such digests."""
    tables = {}
    synthesise(PACK, tmp_path / "register", firms=500, years=YEARS, seed=7)
    for name, entry in open_register(tmp_path / "register").manifest["tables"].items():
        tables[name] = {
            column: entry["columns"][column][:12] for column in ("firm", "revenue", "until") if column in entry["columns"]
        }
    assert tables == {
        "firms": {"firm": "8d371f10fe68"},
        "firm_years": {"firm": "3fd14a7d8c83", "revenue": "858e61f5eb24"},
        "recognitions": {"firm": "2098aabe1d4f", "until": "80a04e90505d"},
    }


# --- they say what they are --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synthetic") / "register"
    synthesise(PACK, path, firms=FIRMS, years=YEARS, seed=SEED)
    return path


@cache
def table(path: Path, name: str) -> pa.Table:
    return pq.read_table(path / f"{name}.parquet")


def test_the_register_says_that_it_is_synthetic(register: Path) -> None:
    opened = open_register(register)
    assert opened.manifest["synthetic"] is True
    assert opened.manifest["made"] == {"seed": SEED, "firms": FIRMS, "years": list(YEARS), "more": False}
    assert opened.manifest["title"] == {
        "zh": "合成登记簿（全部企业均为虚构）",
        "en": "Synthetic register (every firm is invented)",
    }


def test_identifiers_and_names_cannot_be_taken_for_real_ones(register: Path) -> None:
    firms = table(register, "firms")
    ids = firms["firm"].to_pylist()
    assert len(set(ids)) == len(ids) == FIRMS
    assert all(re.fullmatch(r"SYN\d{15}", id) for id in ids)
    assert all("虚构" in name for name in firms["name"].to_pylist())
    # A unified social credit code has no letter S in its first two places (and no I, O, S, V or Z at all).
    assert not any(re.fullmatch(r"[0-9A-HJ-NP-RT-UW-Y]{18}", id) for id in ids)


def test_the_command_says_that_the_firms_are_invented(littlegiant: Command, tmp_path: Path) -> None:
    answer = littlegiant("register", "synthesise", "--firms", 50, "--seed", 3, "--out", tmp_path / "register")
    opened = open_register(tmp_path / "register")
    rows = opened.manifest["tables"]["firm_years"]["rows"]
    assert answer.out == f"{tmp_path / 'register'}: 50 invented firms, {rows} firm-years, digest {opened.digest}\n"
    assert answer.code == 0


def test_the_tables_are_as_their_index_says(register: Path) -> None:
    assert [result for result in check_register(register) if result["difference"]] == []


@pytest.mark.parametrize(
    ("firms", "years"),
    [(0, YEARS), (-1, YEARS), (100_000_001, YEARS), (10, ()), (10, (2025, 2023)), (10, tuple(range(2000, 2020)))],
)
def test_an_impossible_size_is_refused_before_anything_is_written(tmp_path: Path, firms: int, years: tuple[int, ...]) -> None:
    with pytest.raises(LittleGiantError) as refused:
        synthesise(PACK, tmp_path / "register", firms=firms, years=years, seed=1)
    assert (refused.value.exit_code, refused.value.problems[0].code) == (2, "range")
    assert list(tmp_path.iterdir()) == []


# --- moments -----------------------------------------------------------------------------------------------------------
#
# Tolerances: the share of n independent firms below a quantile is binomial, so it lies within 4.5 standard errors of the
# calibrated share except in seven of a million draws; the draws have 16 bits, which adds 2^-16 twice. The seed is fixed,
# so the tests either always pass or always fail.


def stratum() -> Any:
    weights = {name: CALIBRATION.strata[name].weight for name in STRATA}
    return pick(weights, draw(SEED, "stratum", np.arange(FIRMS, dtype=np.int64)))


def last_year(path: Path, *facts: str) -> dict[str, Any]:
    """The values of the last year by firm number, nan where unknown."""
    rows = table(path, "firm_years")
    rows = rows.filter(pa.compute.equal(rows["year"], YEARS[-1]))
    assert rows["firm"].to_pylist() == table(path, "firms")["firm"].to_pylist()
    return {fact: np.array([np.nan if value is None else float(value) for value in rows[fact].to_pylist()]) for fact in facts}


def within(observed: float, expected: float, count: int) -> bool:
    return abs(observed - expected) <= 4.5 * math.sqrt(max(expected * (1 - expected), 1 / count) / count) + 2 / 65_536


def test_strata_have_their_weights() -> None:
    counts = np.bincount(stratum(), minlength=len(STRATA)) / FIRMS
    assert all(within(counts[k], CALIBRATION.strata[name].weight / 1000, FIRMS) for k, name in enumerate(STRATA))


RATIOS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "revenue": lambda v: v["revenue"] // 100,
    "staff": lambda v: v["staff"],
    "debt_ratio": lambda v: v["liabilities"] / v["assets"] * 1_000_000,
    "main_share": lambda v: v["main_revenue"] / v["revenue"] * 1_000_000,
    "rd_share": lambda v: v["rd_expense"] / v["revenue"] * 1_000_000,
    "niche_years": lambda v: v["niche_years"] * 100,
    "niche_share_national": lambda v: v["niche_share_national"] * 1_000_000,
    "class_one_rights": lambda v: v["class_one_rights"],
}
READ = (
    "revenue",
    "staff",
    "liabilities",
    "assets",
    "main_revenue",
    "rd_expense",
    "niche_years",
    "niche_share_national",
    "class_one_rights",
)


@pytest.mark.parametrize("name", RATIOS)
def test_quantiles_by_stratum_are_those_of_the_calibration(register: Path, name: str) -> None:
    values = RATIOS[name](last_year(register, *READ))
    for number, of in enumerate(STRATA):
        own = values[(stratum() == number) & ~np.isnan(values)]
        points = getattr(CALIBRATION.quantiles[name], of)
        for (_, below), (per_mille, value), (_, above) in zip(points, points[1:], points[2:], strict=False):
            if below < value < above:  # a quantile inside a flat stretch says nothing
                # A value is computed in whole units and may come out a few below: a hair of room above the quantile.
                share = float((own <= value * (1 + 1e-4) + 1).mean())
                under = float((own < value * (1 - 1e-4) - 1).mean())
                assert within(share, per_mille / 1000, len(own)) or under <= per_mille / 1000 <= share


def test_medians_are_near_the_calibrated_medians(register: Path) -> None:
    """In figures a person can check: within a tenth for the two large strata (standard error of a median about 2 %)."""
    values = last_year(register, "revenue", "staff")
    for fact, factor in (("revenue", 100), ("staff", 1)):
        for number, of in enumerate(STRATA[:2]):
            own = values[fact][(stratum() == number) & ~np.isnan(values[fact])] / factor
            (median,) = [value for per_mille, value in getattr(CALIBRATION.quantiles[fact], of) if per_mille == 500]
            assert abs(float(np.median(own)) / median - 1) < 0.1


def ranks(values: Any) -> Any:
    return np.argsort(np.argsort(values))


def test_rank_correlations_within_a_stratum_are_those_of_the_copula(register: Path) -> None:
    """Spearman's rho of a Gaussian copula is 6/pi asin(r/2); its standard error is about 1 over the root of n."""
    values = last_year(register, "revenue", "staff", "assets", "liabilities")
    values["debt_ratio"] = values["liabilities"] / values["assets"]
    order, matrix = CALIBRATION.correlations.order, CALIBRATION.correlations.matrix
    for a, b in (("revenue", "staff"), ("revenue", "debt_ratio"), ("staff", "debt_ratio")):
        own = (stratum() == 0) & ~np.isnan(values[a]) & ~np.isnan(values[b])
        rho = float(np.corrcoef(ranks(values[a][own]), ranks(values[b][own]))[0, 1])
        expected = 6 / math.pi * math.asin(float(matrix[order.index(a)][order.index(b)]) / 2)
        assert abs(rho - expected) < 4.5 / math.sqrt(own.sum()) + 0.005


def test_as_much_is_missing_as_the_calibration_says(register: Path) -> None:
    values = last_year(register, "revenue", "staff", "rd_expense")
    for number, of in enumerate(STRATA):
        own = stratum() == number
        for fact in values:
            assert within(
                float(np.isnan(values[fact][own]).mean()), getattr(CALIBRATION.missing.yearly, of) / 1000, int(own.sum())
            )


def test_every_firm_has_its_last_year_and_some_lack_an_earlier_one(register: Path) -> None:
    rows = table(register, "firm_years")
    counts = {year: rows.filter(pa.compute.equal(rows["year"], year)).num_rows for year in YEARS}
    assert counts[2025] == FIRMS
    expected = sum(CALIBRATION.strata[s].weight * getattr(CALIBRATION.missing.row, s) for s in STRATA) / 1_000_000
    assert all(within(1 - counts[year] / FIRMS, expected, FIRMS) for year in (2023, 2024))


def test_values_stay_inside_the_vocabulary(register: Path) -> None:
    for name, fact in PACK.facts.items():
        column = table(register, "firms" if fact.period == "static" else "firm_years")[name]
        known = [value for value in column.to_pylist() if value is not None]
        if fact.numeric and known:
            scale = 100 if fact.type == "money" else 1
            low, high = fact.bounds()
            assert low <= min(known) / scale
            assert max(known) / scale <= high
        if fact.type == "code" and PACK.codes(fact) is not None:
            assert set(known) <= set(PACK.codes(fact) or ())


def test_titles_are_held_on_the_reference_dates_that_rounds_use(register: Path) -> None:
    rows = table(register, "recognitions").to_pylist()
    assert {(row["tier"], row["status"], row["basis"]) for row in rows} == {(tier, "valid", "synthetic") for tier in TITLES}
    assert all(row["until"].year - row["from"].year == 3 for row in rows)
    assert open_register(register).complete_tiers == set(TITLES)


# --- what later rooms are tried on ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synthetic") / "more"
    synthesise(PACK, path, firms=FIRMS, years=YEARS, seed=SEED, more=True)
    return path


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_chunks_change_nothing_in_the_additional_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    synthesise(PACK, tmp_path / "whole", firms=700, years=YEARS, seed=7, more=True)
    monkeypatch.setattr(synthesis, "CHUNK", 90)
    synthesise(PACK, tmp_path / "parts", firms=700, years=YEARS, seed=7, more=True, threads=threads)
    assert open_register(tmp_path / "whole").digest == open_register(tmp_path / "parts").digest
    assert not any(result["difference"] for result in check_register(tmp_path / "parts"))


def test_the_truth_says_what_every_dirty_figure_was(more: Path, register: Path) -> None:
    """The same seed without dirt is the clean register: every figure that differs stands in `truth` with its clean value."""
    clean = {(row["firm"], row["year"]): row for row in table(register, "firm_years").to_pylist()}
    dirty = {(row["firm"], row["year"]): row for row in table(more, "firm_years").to_pylist()}
    facts = ("revenue", "main_revenue", "rd_expense", "assets")
    differs = {
        (firm, year, fact) for (firm, year), row in dirty.items() for fact in facts if row[fact] != clean[firm, year][fact]
    }
    truth = {(row["firm"], row["year"], row["fact"]): row["value"] for row in table(more, "truth").to_pylist()}
    assert differs <= set(truth)
    assert len(truth) - len(differs) < 10 + sum(value == 0 for value in truth.values())  # zero times three is zero
    assert all(clean[firm, year][fact] == value for (firm, year, fact), value in truth.items())
    assert {row["kind"] for row in table(more, "truth").to_pylist()} == {"unit_slip", "part_over_whole", "jump", "digit_lost"}


def test_links_and_holdings_join_firms_of_the_register(more: Path) -> None:
    firms = set(table(more, "firms")["firm"].to_pylist())
    for name, ends in (("links", ("supplier", "buyer")), ("ownership", ("owner", "firm"))):
        rows = table(more, name).to_pylist()
        assert len(rows) > FIRMS // 60
        assert all(row[ends[0]] in firms and row[ends[1]] in firms and row[ends[0]] != row[ends[1]] for row in rows)


def test_the_planted_effect_is_found_again_by_comparing_growth(more: Path) -> None:
    """Difference in differences of mean productivity, awarded against not, first year against the last."""
    awarded = {row["firm"]: row["awarded"] for row in table(more, "applications").to_pylist()}
    assert all((row["score"] >= 60) == row["awarded"] for row in table(more, "applications").to_pylist())
    means = {}
    for year in (YEARS[0], YEARS[-1]):
        for won in (True, False):
            rows = [
                r["value"] for r in table(more, "firm_outcomes").to_pylist() if r["year"] == year and awarded[r["firm"]] == won
            ]
            means[year, won] = sum(rows) / len(rows)
    ratio = (means[YEARS[-1], True] / means[YEARS[0], True]) / (means[YEARS[-1], False] / means[YEARS[0], False])
    assert abs(ratio - 1.06) < 0.01
