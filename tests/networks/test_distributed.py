"""The same digits on threads, on processes and on Spark, from saved arrays that all of them map."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from littlegiant.engines import Processes
from littlegiant.networks import Layout, build, make_network, measured_by, open_layout, rank, save
from littlegiant.networks.distributed import parts_by_work


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, Path]:
    draw = np.random.Generator(np.random.PCG64(11))
    n, links = 400, 2400
    sector = draw.integers(0, 6, n)
    supplier, buyer = draw.integers(0, n, links), draw.integers(0, n, links)
    matrix = draw.integers(0, 3, (6, 6))
    layout = build(make_network(supplier, buyer, draw.lognormal(0, 1, links), sector=sector, essentiality=matrix, market=sector))
    folder = tmp_path_factory.mktemp("network") / "layout"
    save(layout, folder)
    return layout, folder


def same(one: object, other: object) -> None:
    for name in ("esri", "downstream", "upstream", "bound", "steps", "converged", "sure", "exact"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.tobytes() == b.tobytes(), name


@pytest.mark.slow
def test_processes_give_the_digits_of_threads(saved: tuple[Layout, Path]) -> None:
    layout, folder = saved
    here = rank(layout, exact=20, threads=2)
    same(here, rank(layout, exact=20, measure=measured_by(Processes(2), folder, workers=2)))
    same(here, rank(open_layout(folder), exact=20, measure=measured_by(Processes(1), folder, workers=3)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_digits_of_threads(saved: tuple[Layout, Path]) -> None:
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine")
    from littlegiant.engines.spark_engine import SparkEngine

    layout, folder = saved
    engine = SparkEngine("local[2]")
    same(rank(layout, exact=20, threads=1), rank(layout, exact=20, measure=measured_by(engine, folder, workers=1)))


def test_parts_hold_every_firm_once_and_the_heaviest_begins() -> None:
    firms, work = np.arange(40) * 3, np.array([1000] + [1] * 39)
    parts = parts_by_work(firms, work, 4)
    assert sorted(np.concatenate(parts).tolist()) == firms.tolist()
    assert parts[0].tolist() == [0], "a giant stands alone and first"
    assert max(len(part) for part in parts[1:]) - min(len(part) for part in parts[1:]) <= 1
