"""Shocks: who is hit, how losses recover, what a measure saves, and the links that carried a loss."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from littlegiant.criticality import SupplyShock, read_shock, run_shock
from littlegiant.criticality.placing import Placed
from littlegiant.criticality.scenarios import initial_losses, largest_losses
from littlegiant.criticality.shock_report import shock_elements
from littlegiant.problems import LittleGiantError

from .conftest import Worked
from .making import PACK


def shock(*hits: dict[str, Any], **more: Any) -> SupplyShock:
    head = {"format": 1, "shock": "one", "title": {"en": "One"}, "reason": {"en": "Invented"}}
    return SupplyShock.model_validate({**head, "hits": hits, **more})


@pytest.fixture
def placed(worked: Worked) -> Placed:
    assert worked.known.placed is not None
    return worked.known.placed


def hit(placed: Placed, *hits: dict[str, Any]) -> dict[str, float]:
    losses = initial_losses(placed, shock(*hits))
    return {placed.labels[at]: float(losses[at]) for at in np.flatnonzero(losses)}


def told(placed: Placed, *hits: dict[str, Any], **more: Any) -> str:
    with pytest.raises(LittleGiantError) as problem:
        run_shock(placed, shock(*hits, **more))
    return str(problem.value)


def test_an_export_control_hits_only_the_countries_named(placed: Placed) -> None:
    assert hit(placed, {"product": "lithography", "countries": ["NLD"]}) == {"NLD:lithography": 1.0}
    both = {"NLD:lithography": 0.4, "JPN:lithography": 0.4}
    assert hit(placed, {"product": "lithography", "loss": 0.4}) == pytest.approx(both)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"product": "litography"}, "Did you mean 'lithography'"),
        ({"product": "lithography", "countries": ["NDL"]}, "Did you mean 'NLD'"),
        ({"product": "encoders", "countries": ["NLD"]}, "It comes from JPN"),
        ({"product": "bread"}, "Bought abroad: encoders, lithography"),
        ({"firm": "SYN00000000000001"}, "Did you mean 'SYN0000000000"),
        ({"sector": "C355"}, "Did you mean 'C35'"),
        ({"sector": "Z"}, "Known: C26"),
        ({"region": "4400000"}, "Did you mean '440000'"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(placed: Placed, row: dict[str, Any], words: str) -> None:
    said = told(placed, {"firm": str(placed.labels[0])}, row)
    assert words in said
    assert "firm" in row or "hit 2" in said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "nothing"),
        ({"product": "a", "firm": "b"}, "product, firm"),
        ({"firm": "a", "region": "b"}, "firm, region"),
        ({"firm": "a", "countries": ["NLD"]}, "belongs to a product"),
        ({"firm": "a", "loss": 0}, "loss"),
        ({"firm": "a", "loss": 1.1}, "loss"),
        ({"frim": "a"}, "Did you mean 'firm'"),
    ],
)
def test_a_hit_names_one_thing(tmp_path: Path, row: dict[str, Any], words: str) -> None:
    head = {"format": 1, "shock": "one", "title": {}, "reason": {}, "hits": [row]}
    (tmp_path / "shock.yaml").write_text(json.dumps(head))
    with pytest.raises(LittleGiantError) as problem:
        read_shock(tmp_path / "shock.yaml")
    assert words in str(problem.value)


@pytest.mark.parametrize(
    "more",
    [
        {"hits": []},
        {"recovery": []},
        {"recovery": [1.0, 1.5]},
        {"recovery": [-0.1]},
        {"second_source": {"share": 0.5}},
        {"second_source": {"supplier": "a", "product": "b", "country": "c"}},
        {"second_source": {"supplier": "a", "product": "b"}},
        {"second_source": {"product": "b"}},
        {"second_source": {"supplier": "a", "share": 0}},
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    more = dict(more)
    with pytest.raises(ValueError, match="validation error"):
        shock(*more.pop("hits", [{"firm": "a"}]), **more)


def test_a_sector_a_region_and_both(placed: Placed) -> None:
    own = placed.own
    for row, wanted in (
        ({"sector": "C35"}, own & (placed.sector == "C35")),
        ({"sector": "C3"}, own & np.char.startswith(placed.sector, "C3")),
        ({"region": "440000"}, own & (placed.region == "440000")),
        ({"sector": "C39", "region": "440000"}, own & (placed.sector == "C39") & (placed.region == "440000")),
    ):
        assert wanted.any()
        assert set(hit(placed, row)) == {placed.labels[at] for at in np.flatnonzero(wanted)}


def test_a_sector_and_a_region_without_a_firm_of_both_are_told(placed: Placed) -> None:
    own = placed.own
    pairs = {(s, r) for s, r in zip(placed.sector[own].tolist(), placed.region[own].tolist(), strict=True)}
    sector, region = next((s, r) for s in ("C30", "C37") for r in sorted(set(placed.region[own])) if (s, r) not in pairs)
    assert "no firm of region" in told(placed, {"sector": sector, "region": str(region)})


def test_two_hits_on_one_firm_leave_what_is_left_of_both(placed: Placed) -> None:
    firm = str(placed.labels[2])
    assert hit(placed, {"firm": firm, "loss": 0.5}, {"firm": firm, "loss": 0.4})[firm] == pytest.approx(0.7)
    assert hit(placed, {"firm": firm}, {"firm": firm, "loss": 0.4})[firm] == 1.0


CONTROL = {"product": "lithography", "countries": ["NLD", "JPN"]}


def test_losses_recover_with_what_remains_of_the_first(placed: Placed) -> None:
    found = run_shock(placed, shock(CONTROL, recovery=[1.0, 0.6, 0.3, 0.6, 0.0]))
    lost = [period.lost for period in found.periods]
    assert [period.part for period in found.periods] == [1.0, 0.6, 0.3, 0.6, 0.0]
    assert lost[0] > lost[1] > lost[2] > lost[4] == 0.0
    assert lost[1] == lost[3], "each period is computed by itself"
    home = np.arange(found.layout.firms) < found.layout.firms - len(placed.foreign)
    sales = found.layout.sold * found.spread.loss
    assert lost[0] == pytest.approx(sales[home].sum() / found.layout.sold[home].sum())
    assert found.periods[0].abroad == pytest.approx(sales[~home].sum() / found.layout.sold[~home].sum())
    assert all(period.converged for period in found.periods)


def test_the_losses_shown_are_those_of_the_worst_period(placed: Placed) -> None:
    found = run_shock(placed, shock(CONTROL, recovery=[0.2, 1.0, 0.5]))
    assert found.periods[1].lost == max(period.lost for period in found.periods)
    assert found.spread.initial.max() == 1.0


def test_a_second_source_lowers_the_loss(placed: Placed) -> None:
    measures = [{"product": "lithography", "country": "NLD", "share": part} for part in (0.25, 0.5, 1.0)]
    found = [run_shock(placed, shock(CONTROL, second_source=measure, recovery=[1.0, 0.5])) for measure in measures]
    for result in found:
        assert [a.lost < b.lost for a, b in zip(result.after_periods, result.periods, strict=True)] == [True, True]
    assert found[0].after_periods[0].lost > found[1].after_periods[0].lost > found[2].after_periods[0].lost
    assert run_shock(placed, shock(CONTROL)).after is None


def test_a_second_source_for_one_buyer_helps_that_buyer(placed: Placed) -> None:
    at = placed.find("NLD:lithography")
    buyers = [placed.labels[buyer] for buyer in placed.network.buyer[placed.network.supplier == at]]
    assert len(buyers) == 2
    measure = {"product": "lithography", "country": "NLD", "share": 1.0, "buyers": buyers[1:]}
    found = run_shock(placed, shock(CONTROL, second_source=measure))
    assert found.after is not None
    one, other = (placed.find(buyer) for buyer in buyers)
    assert found.after.downstream[other] < found.spread.downstream[other]
    assert found.after.downstream[one] == pytest.approx(found.spread.downstream[one], abs=1e-3)
    stranger = next(label for label in placed.labels if label not in buyers)
    assert "no link" in told(placed, CONTROL, second_source={**measure, "buyers": [stranger]})
    assert "no link" in told(placed, CONTROL, second_source={**measure, "buyers": [buyers[0], stranger]}), "one buys nothing"


def test_a_measure_shows_in_the_sector_of_the_firm_that_fails(placed: Placed) -> None:
    """A new firm of the same sector sells half of what the firm sold: the sector loses less with it."""
    sold = np.where(placed.own, placed.network.sold, 0.0)
    at = int(sold.argmax())
    firm, sector = str(placed.labels[at]), str(placed.sector[at])
    found = run_shock(placed, shock({"firm": firm}, second_source={"supplier": firm, "share": 0.5}))
    (row,) = [row for row in found.by(placed.sector) if row[0] == sector]
    assert row[3] is not None
    assert row[3] < row[2]


def test_losses_by_group_add_up_to_the_sales_lost_at_home(placed: Placed) -> None:
    found = run_shock(placed, shock({"region": "440000"}))
    home = placed.own
    lost = float((placed.network.sold * found.spread.loss)[home].sum())
    for group in (placed.sector, placed.region):
        rows = found.by(group)
        assert sum(row[1] for row in rows) == pytest.approx(lost)
        assert all(0 <= row[2] <= 1 and row[3] is None for row in rows)
        assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)


def test_a_path_begins_at_who_was_hit_and_ends_at_the_firm(placed: Placed) -> None:
    found = run_shock(placed, shock(CONTROL, {"sector": "C35", "loss": 0.3}))
    worst = largest_losses(found, 10)
    assert worst
    for at, loss in worst:
        path = found.path(placed.labels[at])
        assert path[-1].to_firm == at
        assert path[-1].to_loss <= loss
        assert found.spread.initial[path[0].from_firm] > 0
        assert found.spread.initial[at] == 0
        assert all(a.to_firm == b.from_firm for a, b in pairwise(path))
        assert all(0 < each.part <= 1 for each in path)
        ends = set(zip(placed.network.supplier.tolist(), placed.network.buyer.tolist(), strict=True))
        for each in path:
            pair = (each.from_firm, each.to_firm) if each.direction == "downstream" else (each.to_firm, each.from_firm)
            assert pair in ends


def test_a_firm_that_nothing_reached_has_no_path(placed: Placed) -> None:
    found = run_shock(placed, shock(CONTROL))
    alone = placed.labels[int(np.flatnonzero(placed.network.isolated)[0])]
    assert found.path(alone) == []
    with pytest.raises(LittleGiantError, match="no firm 'nobody'"):
        found.path("nobody")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_of_a_shock(placed: Placed, language: str) -> None:
    found = run_shock(placed, shock(CONTROL, recovery=[1, 0], second_source={"product": "lithography", "country": "NLD"}))
    made = shock_elements(found, PACK, language)
    assert [element.id for element in made] == ["shock", "shock_sector", "shock_region", "losers", "paths"]
    assert "2" in made[0].sentence
    assert made[0].rows[1]["lost"] == "0.000 %"
    assert made[4].rows
