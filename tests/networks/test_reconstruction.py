"""Networks drawn from a sector table and sizes: they keep what they promise, and say nothing of a single firm."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from littlegiant.networks import Gravity, GroupRisk, Network, SectorTable, draw_network, gravity, make_table, risk_by_group

from .test_bad_networks import refused

FIRMS, WANTED = 3_000, 18_000
CODES = ("mines", "mills", "parts", "machines", "chips", "services")


def table() -> SectorTable:
    random = np.random.default_rng(11)
    domestic = random.lognormal(2, 1, (6, 6)).round(2)
    domestic[0, 4] = domestic[4, 0] = 0.0  # mines and chips do not deal with each other
    imported = random.lognormal(0, 1, (6, 6)).round(2)
    output = (domestic.sum(axis=0) + imported.sum(axis=0)) * 1.6
    return make_table(CODES, domestic, imported, np.maximum(output, domestic.sum(axis=1) * 1.2))


def sizes(firms: int = FIRMS) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.integers(0, 6, firms), random.pareto(1.3, firms) + 1


@pytest.fixture(scope="module")
def fit() -> Gravity:
    sector, size = sizes()
    return gravity(table(), sector, size, links=WANTED)


MATRIX = np.where(np.eye(6) == 1, 2, 1)


def flows(network: Network) -> np.ndarray:
    found = np.zeros((6, 6))
    np.add.at(found, (network.sector[network.supplier], network.sector[network.buyer]), network.value)
    return found


def pairs(network: Network) -> set[tuple[int, int]]:
    return set(zip(network.supplier.tolist(), network.buyer.tolist(), strict=True))


def test_the_chances_of_all_pairs_add_up_to_the_links_wanted(fit: Gravity) -> None:
    """Every pair by itself, not by bins of size."""
    flow = fit.table.domestic / fit.table.domestic.sum()
    total = 0.0
    for seller in range(6):
        for buyer in range(6):
            own, other = fit.share[fit.sector == seller], fit.share[fit.sector == buyer]
            strength = fit.z * flow[seller, buyer] * np.outer(own, other)
            chance = strength / (1 + strength)
            total += chance.sum() - (np.trace(chance) if seller == buyer else 0.0)
    assert total == pytest.approx(WANTED, rel=0.02)


def test_as_many_links_as_wanted_are_drawn(fit: Gravity) -> None:
    drawn = [draw_network(fit, MATRIX, seed=seed, connect=False).counted for seed in range(4)]
    assert np.mean([counted.links for counted in drawn]) == pytest.approx(WANTED, rel=0.02)
    assert all(counted.links == pytest.approx(WANTED, rel=0.05) for counted in drawn)
    assert all(counted.self_loops == counted.duplicates == counted.zero_values == 0 for counted in drawn)


@pytest.mark.parametrize("connect", [True, False])
def test_flows_between_sectors_are_those_of_the_table(fit: Gravity, connect: bool) -> None:
    network = draw_network(fit, MATRIX, seed=1, connect=connect)
    found = flows(network)
    linked = np.zeros((6, 6), bool)
    linked[network.sector[network.supplier], network.sector[network.buyer]] = True
    assert linked.sum() == 34
    assert found[linked] == pytest.approx(fit.table.domestic[linked], rel=1e-9)
    assert (found[~linked] == 0).all()
    assert network.sector.tolist() == network.market.tolist() == fit.sector.tolist()


def test_shares_add_up_to_one_in_each_sector_and_accounts_to_the_table(fit: Gravity) -> None:
    assert np.bincount(fit.sector, fit.share) == pytest.approx(np.ones(6))
    network = draw_network(fit, MATRIX, seed=1)
    assert network.counted.accounts
    revenue = np.bincount(network.sector, network.revenue)
    assert (revenue >= fit.table.output * (1 - 1e-12)).all()
    raised = network.revenue > fit.share * fit.table.output[fit.sector] * (1 + 1e-9)
    assert raised.sum() == network.counted.revenue_raised
    assert (network.revenue >= network.sold).all()
    assert (network.material_cost >= network.bought).all()


def test_the_same_seed_gives_the_same_network_and_others_give_others(fit: Gravity) -> None:
    one, again, other = (draw_network(fit, MATRIX, seed=seed) for seed in (3, 3, 4))
    for name in ("supplier", "buyer", "value", "revenue"):
        assert getattr(one, name).tobytes() == getattr(again, name).tobytes()
    assert pairs(one) != pairs(other)
    assert len(pairs(one) & pairs(other)) < 0.7 * len(pairs(one))


def test_every_firm_gets_a_buyer_and_a_supplier_unless_told_not_to(fit: Gravity) -> None:
    connected, bare = (draw_network(fit, MATRIX, seed=2, connect=how) for how in (True, False))
    assert (connected.counted.no_buyer, connected.counted.no_supplier, connected.counted.isolated) == (0, 0, 0)
    assert bare.counted.no_buyer > 0
    assert bare.counted.no_supplier > 0
    assert pairs(connected) >= pairs(bare)
    assert connected.counted.self_loops == connected.counted.duplicates == 0


def test_large_firms_have_more_links(fit: Gravity) -> None:
    network = draw_network(fit, MATRIX, seed=2)
    degree = np.bincount(network.supplier, minlength=FIRMS)
    order = np.argsort(fit.share)
    assert degree[order[-300:]].mean() > 5 * degree[order[:300]].mean()


def test_firms_without_a_partner_find_one_in_proportion_to_size() -> None:
    """One sector sells to another; what a buyer too small for a link gets is mostly the large seller, sometimes another.

    The sector listed first has no firm and no flow.
    """
    given = make_table(["none", "sell", "buy"], [[0, 0, 0], [0, 0, 10], [0, 0, 0]], np.zeros((3, 3)), [1, 20, 20])
    sector = [1, 1, 1] + [2] * 400
    fit = gravity(given, sector, [6.0, 3.0, 1.0] + [1.0] * 400, links=4)
    network = draw_network(fit, np.ones((3, 3), int), seed=8)
    assert network.counted.no_supplier == 3
    buyers = np.bincount(network.supplier, minlength=3)[:3] / network.counted.links
    assert buyers == pytest.approx([0.6, 0.3, 0.1], abs=0.08)


@pytest.mark.parametrize("links", [0, -5, 9_000_000, float("nan")])
def test_a_number_of_links_that_cannot_be(links: float) -> None:
    sector, size = sizes()
    problem = refused(gravity, table(), sector, size, links=links)
    assert problem.place == "the number of links"
    assert problem.code == "range"


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_a_size_that_cannot_be_is_counted(size: float) -> None:
    sector, given = sizes(50)
    given[[4, 9]] = size
    problem = refused(gravity, table(), sector, given, links=100)
    assert problem.place == "the sizes of firms"
    assert problem.found.startswith("2 ")


@pytest.mark.parametrize("code", [6, -1])
def test_a_sector_that_the_table_lacks(code: int) -> None:
    sector, size = sizes(50)
    sector[7] = code
    problem = refused(gravity, table(), sector, size, links=100)
    assert "0 to 5" in problem.expected
    assert str(code) in problem.found
    assert problem.remedy


def test_flows_of_a_sector_without_firms_are_left_out() -> None:
    sector, size = sizes(200)
    moved = np.where(sector == 4, 3, sector)
    network = draw_network(gravity(table(), moved, size, links=300), MATRIX, seed=1)
    assert not (network.sector == 4).any()
    assert network.value.sum() < table().domestic.sum()


def test_few_links_wanted_are_few_or_none_drawn() -> None:
    """With half a link expected some draws have none; firms are then still given partners."""
    sector, size = sizes(60)
    fit = gravity(table(), sector, size, links=0.5)
    for seed in range(6):
        assert draw_network(fit, MATRIX, seed=seed).counted.links >= 30


# What may be said


@pytest.fixture(scope="module")
def few() -> Gravity:
    sector, size = sizes(90)
    return gravity(table(), sector, size, links=350)


def groups(fit: Gravity) -> np.ndarray:
    return np.array([CODES[code] for code in fit.sector])


def test_less_than_twenty_draws_are_refused(few: Gravity) -> None:
    problem = refused(risk_by_group, few, MATRIX, groups(few), draws=19)
    assert problem.found == "19"
    assert "20" in problem.expected
    assert problem.remedy


def test_only_groups_are_told_and_that_they_are_synthetic(few: Gravity) -> None:
    found = risk_by_group(few, MATRIX, groups(few), seed=1)
    assert {field.name for field in fields(GroupRisk)} == {"group", "firms", "mean", "low", "high", "synthetic"}
    assert [row.group for row in found] == sorted(CODES)
    assert sum(row.firms for row in found) == 90
    for row in found:
        assert row.synthetic
        assert 0 <= row.low <= row.high <= 1
        assert row.low <= row.mean
        assert all(isinstance(value, str | int | float) for value in vars(row).values())


def test_draws_repeat_with_their_seed_whatever_the_threads(few: Gravity) -> None:
    def told(**more: Any) -> list[GroupRisk]:
        return risk_by_group(few, MATRIX, groups(few), **more)

    one = told(seed=1, threads=1)
    assert one == told(seed=1, threads=2, draws=20)
    assert one != told(seed=2)
