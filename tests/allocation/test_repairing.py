"""Rows that leave no room: whole options meet them to the last unit where an answer exists."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from littlegiant.allocation import Instance, Row, allocate, relax
from littlegiant.allocation.repairing import met_exactly
from littlegiant.allocation.rounding import largest_parts

CALLS = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "calls.py"))


def pinned(firms: int, name: str) -> tuple[Instance, int]:
    """A call with one row held to the thousandth, at what an allocation that holds uses of it."""
    instance = CALLS["award_call"](firms)
    found = allocate(instance, nodes=1)
    assert found.chosen is not None
    assert found.certificate is not None
    row = [each.id for each in instance.rows].index(name)
    use = int(found.certificate.use[row])
    rows = list(instance.rows)
    rows[row] = Row(name, use, use)
    return replace(instance, rows=tuple(rows)), row


@pytest.mark.parametrize("name", ["region 7", "sector 12"])
def test_a_row_without_room_is_met_to_the_last_unit(name: str) -> None:
    instance, row = pinned(3_000, name)
    vertex = relax(instance)
    start = largest_parts(instance, vertex)
    assert instance.uses(start)[row] != instance.floor[row], "the rounded vertex misses it"
    choice, held = met_exactly(instance, vertex.at, start)
    assert instance.uses(choice)[row] == instance.floor[row] == instance.ceiling[row]
    assert held.any()
    assert set(np.flatnonzero(choice != start).tolist()) <= set(np.flatnonzero(held).tolist())


@pytest.mark.slow
def test_an_allocation_holds_with_a_row_without_room() -> None:
    instance, row = pinned(3_000, "region 7")
    found = allocate(instance, nodes=1)
    assert found.chosen is not None
    assert found.certificate is not None
    assert found.certificate.use[row] == instance.floor[row]
    assert not found.certificate.failures


def test_rows_with_room_are_left_alone() -> None:
    instance = CALLS["award_call"](800, "budget")
    vertex = relax(instance)
    start = largest_parts(instance, vertex)
    choice, held = met_exactly(instance, vertex.at, start)
    assert (choice == start).all()
    assert not held.any()
