"""The two example rounds on the real panel of listed firms: everything accounted for, nobody eligible, report written."""

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from littlegiant.rounds import run, verify
from register.making import once

from .making import newest, outcomes

ROOT = Path(__file__).parents[2]
PANEL = ROOT.parent / "shared/data/real/finglm_ashare/ashare_panel_2019_2021.csv.gz"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PANEL.is_file(), reason="the real data are not beside the checkout"),
]


def firms_of_2021() -> set[str]:
    """The firms to be judged, read from the file by other means: rows of 2021 that the source does not suspect."""
    with gzip.open(PANEL, "rt", encoding="utf-8") as file:
        return {row["code"] for row in csv.DictReader(file) if row["year"] == "2021" and row["flag_suspect"] != "1"}


def carry_out(folder: Path) -> None:
    run(ROOT / "examples/ashare/programme-2022.yaml", folder / "2022")
    run(ROOT / "examples/ashare/programme-2026.yaml", folder / "2026", until="summary")


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "ashare-rounds", carry_out)


def test_the_import_is_part_of_the_round_and_its_counts_add_up(rounds: Path) -> None:
    register = json.loads((rounds / "2022/private/stages/01-register/register/register.json").read_text())
    (source,) = register["import"]["sources"]
    assert (source["read"], source["used"], source["filtered"], source["rejected"]) == (11_587, 11_457, 0, 130)
    for column in register["import"]["columns"]:
        assert column["supplied"] + column["missing"] + column["unmapped"] + column["rejected"] == source["used"]
    assert register["synthetic"] is False


@pytest.mark.parametrize("standard", ["2022", "2026"])
def test_every_firm_of_the_year_is_judged_and_nobody_is_eligible(rounds: Path, standard: str) -> None:
    now = outcomes(rounds / standard)
    counts = Counter(now.values())
    assert set(now) == firms_of_2021()
    assert set(counts) <= {("ineligible", None), ("undetermined", "both"), ("undetermined", "data"), ("undetermined", "finding")}
    assert counts["ineligible", None] > 0
    assert counts["undetermined", "both"] > 0
    table = newest(rounds / standard, "04-summary", "outcomes").to_pylist()
    assert {(row["outcome"], row["open"]): row["cases"] for row in table} == dict(counts)


def test_the_report_is_written_and_says_that_it_is_an_exercise(rounds: Path) -> None:
    html = (rounds / "2022/report.html").read_text(encoding="utf-8")
    assert "Exercise: figures of 2021 from annual reports of listed firms" in html
    assert "练习：" in html
    assert "Of 11,587 rows read, 11,457 were used" in html
    assert "ashare_panel_2019_2021.csv.gz" in html
    assert "虚构：数据由软件" not in html
    assert str(ROOT) not in html


def test_the_round_holds(rounds: Path) -> None:
    checks = verify(rounds / "2022")
    assert [check for check in checks if not check.holds] == []
    tables = {f"01-register/{name}" for name in ("firms", "firm_years", "gaps", "rejects")}
    assert tables <= {check.what for check in checks}
