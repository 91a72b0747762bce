"""What the room answers to data as they come: refused with place and remedy, or taken and counted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from littlegiant.networks import (
    Essentiality,
    Gaps,
    build,
    estimate,
    gaps,
    link_value,
    make_network,
    matrix_of,
    rank,
    read_matrix,
    spread,
    systemic_risk,
    with_second_source,
)
from littlegiant.problems import LittleGiantError, Problem

from .samples import COST, KERNELS, LINKS, MATRIX, NAMES, REVENUE, SECTORS, example, layout_of, network_of

NAN, INF = float("nan"), float("inf")
PAIR: dict[str, Any] = {"sector": [0, 0], "essentiality": [[1]]}


def refused(call: Any, *given: Any, **more: Any) -> Problem:
    """Return the one problem that the call is refused with; it names a place and what to do."""
    with pytest.raises(LittleGiantError) as caught:
        call(*given, **more)
    assert caught.value.exit_code == 2
    (problem,) = caught.value.problems
    assert problem.place
    assert problem.found
    assert problem.expected or problem.remedy
    return problem


# Values


@pytest.mark.parametrize(("value", "shown"), [(-15.0, "-15"), (NAN, "nan"), (INF, "inf"), (-INF, "-inf")])
def test_a_value_that_is_no_amount_is_refused_with_its_row(value: float, shown: str) -> None:
    rows = ["links.csv, row 2", "links.csv, row 3", "links.csv, row 4"]
    problem = refused(make_network, [0, 1, 0], [1, 0, 1], [5, value, 1], rows=rows.__getitem__, **PAIR)
    assert problem.place == "links.csv, row 3"
    assert problem.found == f"the value {shown}"
    assert "zero or more" in problem.expected
    assert "credit notes" in problem.remedy
    assert problem.code == "range"


def test_without_names_links_count_from_one_and_the_others_are_counted() -> None:
    problem = refused(make_network, [0, 1, 0], [1, 0, 1], [5, -1, NAN], **PAIR)
    assert problem.place == "link 2"
    assert "1 more" in problem.found


def test_values_of_zero_are_left_out_and_counted() -> None:
    network = make_network([0, 1, 0, 1, 1], [1, 0, 1, 1, 1], [5, 0, 2, 0, 3], self_loops="drop", **PAIR)
    assert (network.counted.zero_values, network.counted.links, network.counted.duplicates) == (2, 1, 1)
    assert (network.supplier.tolist(), network.buyer.tolist(), network.value.tolist()) == ([0], [1], [7.0])
    assert network.counted.no_supplier == 1


def test_links_to_oneself_are_kept_or_dropped_and_counted_with_their_share() -> None:
    given = ([0, 0, 1], [0, 1, 1], [1, 6, 3])
    kept, dropped = (make_network(*given, self_loops=how, **PAIR) for how in ("keep", "drop"))
    for network in (kept, dropped):
        assert network.counted.self_loops == 2
        assert network.counted.self_loop_share == pytest.approx(0.4)
    assert (kept.counted.links, dropped.counted.links) == (3, 1)
    assert (kept.sold.tolist(), kept.bought.tolist()) == ([7, 3], [1, 9])
    assert (dropped.sold.tolist(), dropped.bought.tolist()) == ([6, 0], [0, 6])
    assert make_network(*given, **PAIR).counted == kept.counted


def test_a_pair_named_twice_is_summed_and_counted() -> None:
    once = network_of(example())
    halves = [(i, j, value / 2) for i, j, value in LINKS]
    supplier, buyer, value = zip(*(halves + halves[::-1]), strict=True)
    twice = make_network(supplier, buyer, value, sector=SECTORS, essentiality=MATRIX, market=SECTORS)
    assert twice.counted.duplicates == len(LINKS)
    assert twice.value.tolist() == once.value.tolist()
    assert twice.supplier.tolist() == once.supplier.tolist()
    assert (twice.counted.links, once.counted.links, once.counted.duplicates) == (10, 10, 0)


def test_links_lie_by_buyer_then_supplier() -> None:
    network = network_of(example())
    pairs = list(zip(network.buyer.tolist(), network.supplier.tolist(), strict=True))
    assert pairs == sorted((j, i) for i, j, _ in LINKS)


# Firms


def test_firms_without_links_are_told_apart_and_get_zero_by_rule() -> None:
    network = make_network([0, 2], [1, 1], [5, 6], sector=[0] * 5, essentiality=[[1]])
    assert network.isolated.tolist() == [False, False, False, True, True]
    assert (network.counted.isolated, network.counted.no_supplier, network.counted.no_buyer) == (2, 4, 3)
    layout = build(network)
    assert layout.isolated.tolist() == network.isolated.tolist()
    for how in KERNELS:
        found = systemic_risk(layout, **how)
        assert found.esri[3:].tolist() == [0, 0]
        assert found.steps[3:].tolist() == [1, 1]
    ranking = rank(layout)
    assert np.isnan(ranking.esri).tolist() == [False, False, False, True, True]


def test_a_firm_without_supplier_loses_nothing_downstream_and_one_without_buyer_nothing_upstream() -> None:
    network = make_network([0, 1], [1, 2], [5, 5], sector=[0] * 3, essentiality=[[2]])
    layout = build(network)
    assert (network.counted.no_supplier, network.counted.no_buyer) == (1, 1)
    assert spread(layout, [0, 1, 0]).downstream.tolist() == [0, 1, 1]
    assert spread(layout, [0, 1, 0]).upstream.tolist() == [1, 1, 0]
    assert spread(layout, [0, 0, 1]).downstream.tolist() == [0, 0, 1]
    assert spread(layout, [1, 0, 0]).upstream.tolist() == [1, 0, 0]


def test_firms_alone_in_their_market_are_counted() -> None:
    assert network_of(example()).counted.sole_providers == 2  # firms 3 and 6
    assert network_of(example(market=False)).counted.sole_providers == 0
    assert network_of(example(), market=[-1, 0, 1, 1, -1, 5]).counted.sole_providers == 2


@pytest.mark.parametrize(("ends", "named"), [(([0, 2], [1, 0]), "supplier 2"), (([0, 1], [1, -1]), "buyer -1")])
def test_a_link_of_an_unknown_firm_is_refused_with_its_row(ends: tuple[list[int], list[int]], named: str) -> None:
    problem = refused(make_network, *ends, [1, 1], rows=["a", "b"].__getitem__, **PAIR)
    assert (problem.place, problem.found, problem.code) == ("b", named, "unknown-firm")
    assert "0 to 1" in problem.expected


@pytest.mark.parametrize("firm", [0.5, 1.9])
def test_a_firm_is_a_whole_number(firm: float) -> None:
    problem = refused(make_network, [firm], [1], [1], **PAIR)
    assert f"{firm:g}" in problem.found


@pytest.mark.parametrize("side", ["supplier", "buyer"])
def test_a_firm_that_is_missing_is_refused(side: str) -> None:
    ends = {"supplier": ([NAN], [1]), "buyer": ([1], [NAN])}[side]
    problem = refused(make_network, *ends, [1], **PAIR)
    assert (problem.place, problem.found) == (f"the {side}s, entry 1", "nan")


def test_columns_of_unequal_length_are_refused() -> None:
    problem = refused(make_network, [0, 1], [1], [1, 2], **PAIR)
    assert "2 suppliers, 1 buyers, 2 values" in problem.found


@pytest.mark.parametrize("firm", [6, -1])
def test_firms_that_are_not_there_cannot_fail(firm: int) -> None:
    problem = refused(systemic_risk, layout_of(example()), [0, firm])
    assert problem.code == "unknown-firm"
    assert "0 to 5" in problem.expected


@pytest.mark.parametrize("firm", [6, -1])
def test_firms_that_are_not_there_cannot_be_named_for_a_ranking(firm: int) -> None:
    assert "0 to 5" in refused(rank, layout_of(example()), named=[firm], exact=1, rest=False).expected


# Sectors and what is essential


@pytest.mark.parametrize("code", [4, -1])
def test_a_sector_without_a_row_is_refused_and_listed(code: int) -> None:
    supplier, buyer, value = zip(*LINKS, strict=True)
    problem = refused(make_network, supplier, buyer, value, sector=[0, 0, 1, 2, code, 3], essentiality=MATRIX)
    assert problem.place.startswith("the sectors")
    assert str(code) in problem.found
    assert "0 to 3" in problem.expected
    assert problem.remedy


@pytest.mark.parametrize("code", [0.9, NAN])
def test_a_sector_is_a_whole_number(code: float) -> None:
    problem = refused(make_network, [0], [1], [1], sector=[0, code], essentiality=[[1, 1], [1, 1]])
    assert problem.place.startswith("the sectors")


@pytest.mark.parametrize("matrix", [[[1, 1]], [1, 1], [[1], [1]], np.ones((2, 2, 2)), np.ones((0, 0))])
def test_a_matrix_that_is_not_square_is_refused(matrix: Any) -> None:
    problem = refused(make_network, [0], [1], [1], sector=[0, 0], essentiality=matrix)
    assert problem.place == "the essentiality matrix"
    assert str(np.asarray(matrix).shape) in problem.found
    assert "square" in problem.expected


@pytest.mark.parametrize("cell", [3, -1, 0.5, NAN])
def test_a_class_that_there_is_not_is_refused_with_its_place(cell: float) -> None:
    problem = refused(make_network, [0], [1], [1], sector=[0, 1], essentiality=[[0, 1], [cell, 2]])
    assert "row 2, column 1" in problem.place
    assert float(problem.found) == pytest.approx(cell, nan_ok=True)
    assert "2 (essential)" in problem.expected


@pytest.mark.parametrize("market", [[0], [0, -2], [0, 0, 0]])
def test_markets_one_a_firm(market: list[int]) -> None:
    assert refused(make_network, [0], [1], [1], market=market, **PAIR).place == "the markets"


RULES = {
    "format": 1,
    "essentiality": "invented",
    "title": {"en": "Invented"},
    "source": "the tests",
    "confidence": "assumed",
    "known": ["C", "J", "M"],
    "rules": [
        {"from": ["J"], "to": ["C"], "class": "negligible"},
        {"from": ["C"], "to": ["C26", "C27"], "class": "essential"},
        {"from": ["C", "J"], "to": ["C"], "class": "essential"},
    ],
    "otherwise": "non_essential",
}


def test_rules_make_a_matrix_the_first_that_fits_counts() -> None:
    matrix = matrix_of(Essentiality.model_validate(RULES), ["C10", "C26", "J62", "M73"])
    assert matrix.tolist() == [[2, 2, 1, 1], [2, 2, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1]]


def test_codes_that_the_rules_were_not_made_for_are_listed_or_opted_in() -> None:
    document = Essentiality.model_validate(RULES)
    problem = refused(matrix_of, document, ["C10", "X1", "A01"])
    assert "invented" in problem.place
    assert "A01, X1" in problem.found
    assert "unknown_class" in problem.remedy
    assert problem.code == "unknown-sector"
    assert matrix_of(document, ["C10", "X1"], unknown_class="non_essential").tolist() == [[2, 1], [1, 1]]
    opted = Essentiality.model_validate({**RULES, "unknown_class": "negligible"})
    assert matrix_of(opted, ["C10", "X1"]).tolist() == [[2, 0], [0, 0]]


def test_rules_that_know_no_sector_are_refused() -> None:
    with pytest.raises(ValueError, match="names no sector"):
        Essentiality.model_validate_json(json.dumps({**RULES, "known": []}))


def test_a_matrix_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    path.write_text("supplier,10,26\n10,1,2\n26,0,2\n", encoding="utf-8-sig")
    assert read_matrix(path, ["26", "10", "26"]).tolist() == [[2, 0, 2], [2, 1, 2], [2, 0, 2]]
    problem = refused(read_matrix, path, ["10", "27"])
    assert (problem.place, problem.code) == ("classes.csv", "unknown-sector")
    assert "27" in problem.found
    assert problem.remedy
    assert read_matrix(path, ["10", "27"], unknown_class="essential").tolist() == [[1, 2], [2, 2]]
    path.write_text("supplier,10,26\n10,1,2\n26,,2\n", encoding="utf-8")
    assert refused(read_matrix, path, ["10"]).place == "classes.csv, row 3"
    path.write_bytes("supplier,10\n10,1,工业\n".encode("gb18030"))
    assert refused(read_matrix, path, ["10"]).code == "encoding"
    assert refused(read_matrix, tmp_path / "absent.csv", ["10"]).code == "missing-file"
    path.write_text("", encoding="utf-8")
    assert refused(read_matrix, path, ["10"]).place == "classes.csv"


# Accounts


def test_accounts_below_the_links_are_raised_and_counted() -> None:
    low = network_of(example(), revenue=[59.0, *REVENUE[1:]], material_cost=[10.0, 25.0, 14.9, *COST[3:]])
    assert (low.counted.revenue_raised, low.counted.cost_raised) == (1, 2)
    assert low.revenue.tolist() == list(REVENUE)
    assert low.material_cost.tolist() == [20.0, 25.0, 15.0, *COST[3:]]
    usual = network_of(example())
    assert (usual.counted.revenue_raised, usual.counted.cost_raised) == (0, 0)


def test_rounding_of_sums_is_no_account_that_was_raised() -> None:
    values = [0.1, 0.2, 0.3]
    network = make_network([0, 0, 0], [1, 2, 3], values, sector=[0] * 4, essentiality=[[1]], revenue=[0.6, 0, 0, 0])
    assert network.counted.revenue_raised == 0


def test_unknown_accounts_are_what_the_links_add_up_to() -> None:
    network = network_of(example(), revenue=[NAN, *REVENUE[1:]], material_cost=[NAN] * 6)
    assert network.revenue.tolist() == list(REVENUE)
    assert network.material_cost.tolist() == network.bought.tolist()
    assert (network.counted.revenue_raised, network.counted.cost_raised) == (0, 0)
    assert network.counted.accounts


def test_no_accounts_at_all_is_said() -> None:
    assert not network_of(example(accounts=False)).counted.accounts
    assert not network_of(example(accounts=False), material_cost=COST).counted.accounts
    assert network_of(example()).counted.accounts


def test_accounts_of_which_none_is_known_are_no_accounts() -> None:
    assert not network_of(example(accounts=False), revenue=[NAN] * 6).counted.accounts


@pytest.mark.parametrize("name", ["revenue", "material_cost"])
@pytest.mark.parametrize("value", [-1.0, INF])
def test_an_account_that_is_no_amount_is_refused(name: str, value: float) -> None:
    problem = refused(network_of, example(), **{name: [NAN, 1, 2, value, 4, 5]})
    assert name in problem.place
    assert "firm 3" in problem.place
    assert "zero or more" in problem.expected
    assert refused(network_of, example(), **{name: [1.0] * 5}).place == name


# Shocks


@pytest.mark.parametrize("loss", [-0.1, 1.0001, NAN, INF])
def test_a_shock_that_is_no_share_is_refused(loss: float) -> None:
    problem = refused(spread, layout_of(example()), [0, 0, loss, 0, 0, 0])
    assert problem.place == "the shock, firm 2"
    assert f"{loss:g}" in problem.found
    assert "0 to 1" in problem.expected
    assert problem.code == "range"


def test_a_shock_has_one_loss_a_firm() -> None:
    assert "6, one a firm" in refused(spread, layout_of(example()), [0.5] * 5).expected


def test_no_shock_no_loss() -> None:
    found = spread(layout_of(example()), [0] * 6)
    assert (found.esri, found.steps, found.converged) == (0, 1, True)


# Networks as a whole


@pytest.mark.parametrize(
    ("ends", "how"), [(([], [], []), "keep"), (([0, 1], [1, 0], [0, 0]), "keep"), (([0, 1], [0, 1], [3, 4]), "drop")]
)
def test_a_network_without_a_link_is_refused(ends: tuple[list[int], list[int], list[float]], how: str) -> None:
    problem = refused(make_network, *ends, self_loops=how, **PAIR)
    assert problem.place == "the network"
    assert "no link" in problem.found
    assert problem.remedy


def test_a_network_of_one_link_works() -> None:
    layout = build(make_network([0], [1], [3], **PAIR))
    for how in KERNELS:
        assert systemic_risk(layout, **how).esri.tolist() == [1, 1]
    assert layout.weight.tolist() == [1, 0]


def test_a_network_of_negligible_links_passes_on_nothing_downstream() -> None:
    layout = build(make_network([0, 1], [1, 2], [3, 1], sector=[0] * 3, essentiality=[[0]]))
    for how in KERNELS:
        found = systemic_risk(layout, **how)
        assert found.downstream == pytest.approx([0.75, 0.25, 0])
        assert found.upstream == pytest.approx([0.75, 1, 1])


def test_circles_of_essential_links_come_to_rest() -> None:
    layout = build(make_network([0, 1, 2, 2], [1, 2, 0, 2], [4, 2, 3, 1], sector=[0] * 3, essentiality=[[2]]))
    for how in KERNELS:
        found = systemic_risk(layout, stop="converged", **how)
        assert found.converged.all()
        assert found.esri == pytest.approx([1, 1, 1], abs=1e-4)


@pytest.mark.parametrize("how", [*KERNELS, {"kernel": "frontier", "delta": 1e-4}], ids=[*NAMES, "cut off"])
def test_what_is_stopped_too_early_says_so_and_is_a_lower_bound(how: dict[str, Any]) -> None:
    layout = layout_of(example(accounts=False))
    full = systemic_risk(layout, kernel="dense", eps=1e-9)
    assert full.converged.all()
    before = np.zeros(6)
    for most in (1, 2, 5, 20):
        found = systemic_risk(layout, eps=1e-9, most=most, **how)
        assert (found.esri <= full.esri + 1e-12).all()
        assert (found.esri >= before - 1e-12).all()
        assert (found.steps <= most).all()
        assert (found.steps[~found.converged] == most).all()
        before = found.esri
    assert not systemic_risk(layout, eps=1e-9, most=2, **how).converged.any()
    stopped = spread(layout, [1, 0, 0, 0, 0, 0], eps=1e-9, most=3)
    assert (stopped.converged, stopped.steps) == (False, 3)
    assert stopped.last_change > 1e-9


# Second sources


@pytest.mark.parametrize("share", [0.0, -0.5, 1.1, NAN])
def test_a_second_source_takes_a_share(share: float) -> None:
    network = network_of(example())
    problem = refused(with_second_source, network, gaps(network), share=share)
    assert f"{share:g}" in problem.found
    assert problem.code == "range"


def test_a_second_source_serves_one_sector() -> None:
    network = network_of(example())
    none = gaps(network).take([])
    assert "one sector" in refused(with_second_source, network, none).expected
    two = Gaps(np.array([1, 3], np.int32), np.array([4, 5], np.int32), np.array([0, 2], np.int32), np.array([50.0, 100.0]))
    assert "2 sectors" in refused(with_second_source, network, two).found


def test_a_second_source_needs_a_link_to_take_from() -> None:
    """Firm 1 sells nothing to firm 2: there is nothing to take a share of."""
    network = network_of(example())
    absent = Gaps(np.array([0], np.int32), np.array([1], np.int32), np.array([0], np.int32), np.array([50.0]))
    assert refused(with_second_source, network, absent).place


@pytest.mark.parametrize("chance", [-0.01, 1.01, NAN])
def test_a_probability_is_a_share(chance: float) -> None:
    network = network_of(example())
    assert "0 to 1" in refused(link_value, network, gaps(network), [0, 0, chance, 0, 0, 0]).expected
    assert "0 to 1" in refused(estimate, network, gaps(network), [0, 0, chance, 0, 0, 0]).expected
    assert "0 to 1" in refused(link_value, network, gaps(network), 0.01, new_probability=chance).expected
