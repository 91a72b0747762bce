"""Exact passes on other processes and on Spark give the bits of one thread."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from littlegiant.allocation import Elsewhere, relax
from littlegiant.allocation.passes import Pass, Workers, exact_pass
from littlegiant.engines import Processes

CALLS = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "calls.py"))


def same(one: Pass, other: Pass) -> bool:
    arrays = ("prices", "choice", "lead", "use")
    return one.bound == other.bound and all(getattr(one, n).tobytes() == getattr(other, n).tobytes() for n in arrays)


@pytest.mark.slow
def test_processes_give_the_same_bits(tmp_path: Path) -> None:
    instance = CALLS["award_call"](3_000)
    prices = np.where(instance.ceiling < 2**62, 40.0, 0.0) / instance.scale * instance.units
    workers: Workers = Elsewhere(Processes(2), tmp_path / "call")
    assert same(exact_pass(instance, prices), exact_pass(instance, prices, threads=workers))


def test_one_process_gives_the_same_optimum(tmp_path: Path) -> None:
    instance = CALLS["award_call"](900)
    here, there = relax(instance), relax(instance, threads=Elsewhere(Processes(1), tmp_path / "call"))
    assert same(here.at, there.at)
    assert here.solution.taken.tobytes() == there.solution.taken.tobytes()


def test_arrays_of_another_call_take_the_place_of_those_before(tmp_path: Path) -> None:
    workers = Elsewhere(Processes(1), tmp_path / "call")
    for firms in (700, 800):
        instance = CALLS["award_call"](firms)
        prices = np.zeros(len(instance.rows))
        assert same(exact_pass(instance, prices), exact_pass(instance, prices, threads=workers))


@pytest.mark.slow
def test_spark_gives_the_same_bits(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    from littlegiant.engines.spark_engine import SparkEngine

    instance = CALLS["award_call"](2_000)
    prices = np.where(instance.ceiling < 2**62, 40.0, 0.0) / instance.scale * instance.units
    engine = SparkEngine("local[2]")
    try:
        workers = Elsewhere(engine, tmp_path / "call")
        assert same(exact_pass(instance, prices), exact_pass(instance, prices, threads=workers))
    finally:
        engine.close()
