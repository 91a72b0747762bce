"""Published numbers: the worked example in all its tables, the authors' figure 1, and the value of a missing link."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from littlegiant.networks import build as laid_out
from littlegiant.networks import (
    estimate,
    gaps,
    link_value,
    make_network,
    spread,
    systemic_risk,
    upstream_reach,
    with_second_source,
)

from . import plain
from .samples import KERNELS, LINKS, MATRIX, NAMES, SECTORS, example, layout_of, network_of

SIX_DIGITS = 6e-7
NO_MARKET = """0.810208 0.294118 0.810208 40
0.858824 0.858824 0.211765 5
1.000000 0.345588 1.000000 6
0.982398 0.254902 0.982398 17
0.989584 0.545098 0.985637 16
1.000000 0.035294 1.000000 5"""
MARKET = """0.810208 0.240196 0.810208 40
0.858824 0.858824 0.211765 5
1.000000 0.311204 1.000000 6
0.982398 0.254902 0.982398 17
0.989584 0.494118 0.985637 16
1.000000 0.035294 1.000000 5"""
ACCOUNTS = """0.321961 0.243137 0.220132 3
0.577778 0.577778 0.211765 5
0.270381 0.265969 0.164559 4
0.596784 0.254902 0.577753 4
0.533287 0.372549 0.401428 5
0.756078 0.035294 0.756078 5"""
ACCOUNTS_MARKET = """0.285762 0.206938 0.220132 3
0.577778 0.577778 0.211765 5
0.259981 0.255569 0.164559 4
0.596784 0.254902 0.577753 4
0.507797 0.347059 0.401428 5
0.756078 0.035294 0.756078 5"""
CONVERGED = """0.287374 0.206938 0.222355 21
0.577778 0.577778 0.211765 5
0.260422 0.255569 0.165000 6
0.598174 0.254902 0.579153 22
0.507822 0.347059 0.401505 19
0.756078 0.035294 0.756078 5"""
TABLES = {
    "links only": (False, False, 0.01, NO_MARKET),
    "market": (True, False, 0.01, MARKET),
    "accounts": (False, True, 0.01, ACCOUNTS),
    "accounts and market": (True, True, 0.01, ACCOUNTS_MARKET),
    "accounts and market to the end": (True, True, 1e-12, CONVERGED),
}


def rows(table: str) -> np.ndarray:
    return np.array([[float(cell) for cell in line.split()] for line in table.splitlines()])


@pytest.mark.parametrize("how", KERNELS, ids=NAMES)
@pytest.mark.parametrize("name", TABLES)
def test_the_worked_example_gives_the_published_digits_and_sweeps(name: str, how: dict[str, Any]) -> None:
    market, accounts, eps, table = TABLES[name]
    found = systemic_risk(layout_of(example(market=market, accounts=accounts)), eps=eps, **how)
    wanted = rows(table)
    measured = np.stack([found.esri, found.downstream, found.upstream], axis=1)
    assert measured == pytest.approx(wanted[:, :3], abs=SIX_DIGITS)
    assert found.steps.tolist() == wanted[:, 3].tolist()
    assert found.converged.all()
    assert found.sure.all()
    assert (found.bound == 0).all()


@pytest.mark.parametrize("name", TABLES)
def test_the_plain_reference_gives_the_published_digits_too(name: str) -> None:
    market, accounts, eps, table = TABLES[name]
    found = plain.every_firm(example(market=market, accounts=accounts), eps=eps)
    for row, wanted in zip(found, rows(table), strict=True):
        assert (row.both, row.down, row.up, row.steps) == pytest.approx(tuple(wanted), abs=SIX_DIGITS)


@pytest.mark.parametrize("how", KERNELS, ids=NAMES)
def test_without_accounts_the_loss_upstream_goes_on_for_hundreds_of_sweeps(how: dict[str, Any]) -> None:
    found = systemic_risk(layout_of(example(accounts=False)), eps=1e-12, **how)
    assert found.esri == pytest.approx([1, 0.858824, 1, 1, 1, 1], abs=SIX_DIGITS)
    assert found.steps.tolist() == [654, 5, 6, 127, 105, 5]


def test_the_two_named_ways_to_stop() -> None:
    layout = layout_of(example())
    published, converged = systemic_risk(layout, delta=0), systemic_risk(layout, delta=0, stop="converged")
    assert published.esri == pytest.approx(rows(ACCOUNTS_MARKET)[:, 0], abs=SIX_DIGITS)
    assert converged.esri == pytest.approx(rows(CONVERGED)[:, 0], abs=1e-5)
    assert (converged.steps >= published.steps).all()
    assert converged.steps.tolist() == systemic_risk(layout, eps=1e-6, kernel="dense").steps.tolist()


def test_sweep_by_sweep() -> None:
    found = spread(layout_of(example()), [1, 0, 0, 0, 0, 0])
    down = [dict(zip(grown.firms.tolist(), grown.losses.tolist(), strict=True)) for grown in found.down_history]
    up = [dict(zip(grown.firms.tolist(), grown.losses.tolist(), strict=True)) for grown in found.up_history]
    assert down == [{3: pytest.approx(0.266667, abs=SIX_DIGITS)}, {5: pytest.approx(0.085470, abs=SIX_DIGITS)}, {}]
    assert up == [
        {4: pytest.approx(0.2)},
        {1: pytest.approx(0.083333, abs=SIX_DIGITS), 2: pytest.approx(0.1)},
        {5: pytest.approx(0.003750, abs=SIX_DIGITS)},
    ]
    assert (found.steps, found.converged) == (3, True)
    assert found.esri == pytest.approx(0.285762, abs=SIX_DIGITS)


PARTIAL = [0.5, 0.0, 0.0, 0.25, 0.0, 0.0]


@pytest.mark.parametrize(
    ("accounts", "esri", "down", "up", "steps"),
    [(False, 0.308336, 0.132213, 0.308336, 10), (True, 0.201698, 0.132213, 0.199074, 3)],
)
def test_two_firms_hit_in_part(accounts: bool, esri: float, down: float, up: float, steps: int) -> None:
    found = spread(layout_of(example(accounts=accounts)), PARTIAL)
    assert found.esri == pytest.approx(esri, abs=SIX_DIGITS)
    assert found.weight @ found.downstream == pytest.approx(down, abs=SIX_DIGITS)
    assert found.weight @ found.upstream == pytest.approx(up, abs=SIX_DIGITS)
    assert found.steps == steps
    assert found.loss.tolist() == np.maximum(found.downstream, found.upstream).tolist()


REACH = [0.222929, 0.211765, 0.170469, 0.585635, 0.408764, 0.781140]


def test_the_reach_upstream() -> None:
    layout = layout_of(example())
    assert upstream_reach(layout, sweeps=300) == pytest.approx(REACH, abs=SIX_DIGITS)
    assert plain.reach(example()) == pytest.approx(REACH, abs=SIX_DIGITS)
    assert (upstream_reach(layout, sweeps=300) >= systemic_risk(layout, eps=1e-12, delta=0).upstream - 1e-12).all()


FIGURE_1 = ((2, 1), (2, 3), (3, 7), (6, 7), (7, 4), (7, 11), (8, 11), (9, 5), (9, 10), (10, 7))
FIGURE_1_SECTORS = tuple(code - 1 for code in (1, 2, 1, 3, 4, 2, 4, 1, 2, 3, 5))


@pytest.mark.parametrize("how", KERNELS, ids=NAMES)
@pytest.mark.parametrize(
    ("market", "esri", "total"),
    [
        (False, [0.1, 0.366667, 0.266667, 0.35, 0.1, 0.166667, 0.7, 0.1, 0.366667, 0.266667, 0.45], 3.233333),
        (True, [0.1, 0.3, 0.266667, 0.35, 0.1, 0.116667, 0.7, 0.1, 0.311111, 0.266667, 0.45], 3.061111),
    ],
)
def test_figure_1_of_the_authors(market: bool, esri: list[float], total: float, how: dict[str, Any]) -> None:
    """Every link is worth 1, so that a firm's weight is its number of customers over the ten links."""
    case = plain.Case(
        tuple((i - 1, j - 1, 1.0) for i, j in FIGURE_1),
        FIGURE_1_SECTORS,
        ((1,) * 5,) * 5,
        FIGURE_1_SECTORS if market else None,
    )
    found = systemic_risk(layout_of(case), **how)
    assert found.esri == pytest.approx(esri, abs=SIX_DIGITS)
    assert found.esri.sum() == pytest.approx(total, abs=SIX_DIGITS)


@pytest.mark.parametrize("how", KERNELS, ids=NAMES)
@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e3, 1e6])
def test_a_firm_alone_in_its_market_is_as_critical_in_any_unit(factor: float, how: dict[str, Any]) -> None:
    """The published package falls from 0.858824 to 0.414588 for firm 2 when all values are a thousandth."""
    case = example(accounts=False)
    scaled = replace(case, links=tuple((i, j, value * factor) for i, j, value in case.links))
    assert systemic_risk(layout_of(scaled), **how).esri == pytest.approx(rows(MARKET)[:, 0], abs=SIX_DIGITS)


def test_links_to_oneself_count_unless_dropped() -> None:
    case = replace(example(market=False, accounts=False), links=(*LINKS, (3, 3, 30.0)))
    for keep in ("keep", "drop"):
        wanted = [row.both for row in plain.every_firm(case, eps=0.01, self_loops=keep)]
        assert systemic_risk(layout_of(case, self_loops=keep), delta=0).esri == pytest.approx(wanted, abs=1e-12)
    kept, dropped = (systemic_risk(layout_of(case, self_loops=keep), delta=0) for keep in ("keep", "drop"))
    assert np.abs(kept.downstream - dropped.downstream).max() == pytest.approx(0.049, abs=2e-4)
    assert dropped.esri == pytest.approx(rows(NO_MARKET)[:, 0], abs=SIX_DIGITS)


# The missing link: a new firm takes a part of what firm 2 alone sells to firm 5

AFTER = {
    0.5: [0.289559, 0.316540, 0.260647, 0.594294, 0.518580, 0.762064, 0.082485],
    0.25: None,
}
VALUES = {0.5: (0.001635, 0.001788), 0.25: (0.000638, 0.000706)}


def test_the_example_has_one_gap() -> None:
    found = gaps(network_of(example()))
    assert (found.supplier.tolist(), found.buyer.tolist(), found.sector.tolist(), found.value.tolist()) == ([1], [4], [0], [50.0])
    assert len(found) == 1


@pytest.mark.parametrize("share", VALUES)
def test_what_a_second_source_is_worth(share: float) -> None:
    network = network_of(example())
    found = link_value(network, gaps(network), 0.01, share=share, eps=1e-9)
    full, quick = VALUES[share]
    assert found.value == pytest.approx(full, abs=SIX_DIGITS)
    assert found.before == pytest.approx(0.029876, abs=SIX_DIGITS)
    assert found.value == found.before - found.after
    assert found.bound == 0
    assert estimate(network, gaps(network), 0.01, share=share, eps=1e-9, delta=0.0) == pytest.approx([quick], abs=SIX_DIGITS)
    if share == 0.5:
        assert found.after == pytest.approx(0.028242, abs=SIX_DIGITS)


@pytest.mark.parametrize("how", KERNELS, ids=NAMES)
def test_the_index_of_every_firm_with_the_second_source(how: dict[str, Any]) -> None:
    network = network_of(example())
    after = with_second_source(network, gaps(network), share=0.5)
    assert systemic_risk(laid_out(after), eps=1e-9, **how).esri == pytest.approx(AFTER[0.5], abs=SIX_DIGITS)
    assert after.firms == 7
    assert after.sold.sum() == pytest.approx(network.sold.sum())
    assert after.revenue.tolist() == [60, 95, 60, 150, 100, 400, 25]


def test_the_values_known_before_and_the_chance_of_the_new_firm_are_taken() -> None:
    network = network_of(example())
    found = gaps(network)
    before = systemic_risk(laid_out(network), eps=1e-9, delta=0.0)
    given = link_value(network, found, 0.01, before=before, eps=1e-9)
    assert given == link_value(network, found, np.full(6, 0.01), new_probability=0.01, eps=1e-9)
    safe = link_value(network, found, 0.01, before=before, new_probability=0.0, eps=1e-9)
    assert safe.value - given.value == pytest.approx(0.01 * AFTER[0.5][6], abs=1e-8)
    options: dict[str, Any] = {"eps": 1e-9, "before": before.esri, "delta": 0.0}
    quick = [estimate(network, found, 0.01, new_probability=chance, **options)[0] for chance in (0.0, 0.01)]
    assert quick[0] - quick[1] == pytest.approx(0.01 * AFTER[0.5][6], abs=1e-8)


def test_a_cut_off_run_says_how_far_the_value_may_be_off() -> None:
    network = network_of(example())
    exact = link_value(network, gaps(network), 0.01, eps=1e-3)
    cut = link_value(network, gaps(network), 0.01, eps=1e-3, delta=1e-3)
    assert 0 < cut.bound < 0.07
    assert abs(cut.value - exact.value) <= cut.bound + 1e-12


def test_markets_given_as_numbers_need_not_be_sectors() -> None:
    """With everybody in one market the others step in for a loss; with nobody in any, none does."""
    supplier, buyer, value = zip(*LINKS, strict=True)
    one = make_network(supplier, buyer, value, sector=SECTORS, essentiality=MATRIX, market=[0] * 6)
    none = make_network(supplier, buyer, value, sector=SECTORS, essentiality=MATRIX, market=[-1] * 6)
    assert systemic_risk(laid_out(none)).downstream == pytest.approx(rows(NO_MARKET)[:, 1], abs=SIX_DIGITS)
    assert (systemic_risk(laid_out(one), delta=0).downstream <= rows(NO_MARKET)[:, 1] + SIX_DIGITS).all()
    assert one.counted.sole_providers == 0
