"""What holds for every network: against the plain reference, and the laws that losses and indices obey."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from littlegiant.networks import (
    Layout,
    Measured,
    Spread,
    by_group,
    estimate,
    gaps,
    link_value,
    rank,
    screen,
    spread,
    systemic_risk,
    upstream_reach,
    why,
    with_second_source,
)
from littlegiant.networks import build as laid_out

from . import plain
from .plain import Case
from .samples import KERNELS, ODD_EPS, all_or_none, cases, example, in_a_crowd, large, layout_of, network_of, shocks, steady

CLOSE = 1e-12
FIELDS = ("firm", "esri", "downstream", "upstream", "steps", "converged", "bound", "sure")
some = settings(steady, max_examples=25)


def after(layout: Layout, sweeps: int, shock: list[float]) -> Spread:
    """The losses after so many sweeps, however little they move."""
    return spread(layout, shock, eps=-1.0, most=sweeps)


def same(one: Measured, other: Measured) -> bool:
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in FIELDS)


# Against the plain reference


@given(cases(), st.sampled_from(["keep", "drop"]), st.sampled_from([ODD_EPS, 1.03e-4]))
@settings(steady, max_examples=60)
def test_every_kernel_gives_the_plain_values_in_as_many_sweeps(case: Case, self_loops: str, eps: float) -> None:
    assume(self_loops == "keep" or any(i != j and value > 0 for i, j, value in case.links))
    wanted = plain.every_firm(case, eps=eps, self_loops=self_loops, most=300)
    layout = layout_of(case, self_loops=self_loops)
    for how in KERNELS:
        found = systemic_risk(layout, eps=eps, most=300, **how)
        assert found.steps.tolist() == [row.steps for row in wanted]
        assert found.converged.tolist() == [row.outcome.converged for row in wanted]
        assert found.esri == pytest.approx([row.both for row in wanted], abs=CLOSE)
        assert found.downstream == pytest.approx([row.down for row in wanted], abs=CLOSE)
        assert found.upstream == pytest.approx([row.up for row in wanted], abs=CLOSE)


@given(cases(), st.sampled_from([ODD_EPS, 1.03e-4]))
@steady
def test_kernels_agree_where_a_shock_follows_few_of_all_links(case: Case, eps: float) -> None:
    layout = layout_of(in_a_crowd(case))
    frontier, batched, dense = (systemic_risk(layout, range(case.firms), eps=eps, most=300, **how) for how in KERNELS)
    for other in (frontier, batched):
        assert other.steps.tolist() == dense.steps.tolist()
        for name in ("esri", "downstream", "upstream"):
            assert getattr(other, name) == pytest.approx(getattr(dense, name), abs=CLOSE)


@given(st.data(), cases())
@settings(steady, max_examples=60)
def test_a_shock_to_many_spreads_as_in_the_plain_reference(data: st.DataObject, case: Case) -> None:
    shock = data.draw(shocks(case.firms))
    wanted = plain.spread(case, shock, eps=ODD_EPS, most=300)
    found = spread(layout_of(case), shock, eps=ODD_EPS, most=300)
    assert (found.steps, found.converged) == (wanted.steps, wanted.converged)
    assert found.downstream == pytest.approx(wanted.down, abs=CLOSE)
    assert found.upstream == pytest.approx(wanted.up, abs=CLOSE)
    assert found.weight == pytest.approx(plain.sums(case).weight, abs=CLOSE)
    assert found.esri == pytest.approx(plain.index_of(case, shock, eps=ODD_EPS, most=300).both, abs=CLOSE)
    down, up = np.array(shock), np.array(shock)
    for step, (lost, demand) in enumerate(wanted.history):
        down[found.down_history[step].firms] = found.down_history[step].losses
        up[found.up_history[step].firms] = found.up_history[step].losses
        assert down == pytest.approx(lost, abs=CLOSE)
        assert up == pytest.approx(demand, abs=CLOSE)


@given(cases())
@steady
def test_the_gaps_are_those_one_finds_by_hand(case: Case) -> None:
    network = network_of(case)
    found = gaps(network)
    assert set(zip(found.supplier.tolist(), found.buyer.tolist(), strict=True)) == plain.gaps(case)
    assert len(found) == len(plain.gaps(case))
    value = plain.sums(case).value
    assert found.value == pytest.approx([value[pair] for pair in zip(found.supplier, found.buyer, strict=True)])
    assert [case.sector[firm] for firm in found.supplier] == found.sector.tolist()


@given(st.data(), all_or_none(), st.sampled_from([0.25, 0.5, 1.0]), st.sampled_from([1.03e-4, ODD_EPS]))
@steady
def test_an_estimate_runs_the_old_and_the_new_supplier_again(data: st.DataObject, case: Case, share: float, eps: float) -> None:
    """By the definition: p (ESRI of the old supplier before and after, less that of the new firm)."""
    network = network_of(case)
    found = gaps(network)
    assume(len(found) > 0)
    place = data.draw(st.integers(0, len(found) - 1))
    supplier, buyer = int(found.supplier[place]), int(found.buyer[place])
    value = estimate(network, found.take([place]), 0.02, share=share, new_probability=0.03, eps=eps, delta=0.0)
    other = plain.second_source(case, supplier, buyer, share)
    old = [1.0 if firm == supplier else 0.0 for firm in range(case.firms)]
    new = [0.0] * case.firms + [1.0]
    before = plain.index_of(case, old, eps=eps).both
    now, own = plain.index_of(other, [*old, 0.0], eps=eps).both, plain.index_of(other, new, eps=eps).both
    assert value == pytest.approx([0.02 * (before - now) - 0.03 * own], abs=CLOSE)


@given(st.data(), all_or_none(), st.sampled_from([0.5, 1.0]))
@some
def test_an_estimate_where_a_shock_follows_few_of_all_links(data: st.DataObject, case: Case, share: float) -> None:
    network = network_of(in_a_crowd(case))
    found = gaps(network)
    own = np.flatnonzero(found.buyer < case.firms)
    assume(len(own) > 0)
    chosen = found.take([data.draw(st.sampled_from(own.tolist()))])
    old, options = int(chosen.supplier[0]), {"eps": ODD_EPS, "kernel": "dense"}
    before = systemic_risk(laid_out(network), [old], **options).esri[0]
    now = systemic_risk(laid_out(with_second_source(network, chosen, share=share)), [old, network.firms], **options).esri
    value = estimate(network, chosen, 0.02, share=share, eps=ODD_EPS, delta=0.0)
    assert value == pytest.approx([0.02 * (before - now.sum())], abs=CLOSE)


def one_by_one(case: Case, eps: float) -> None:
    network = network_of(case)
    found = gaps(network)
    alone = [estimate(network, found.take([place]), 0.02, eps=eps, delta=0.0)[0] for place in range(len(found))]
    assert estimate(network, found, 0.02, eps=eps, delta=0.0) == pytest.approx(alone, abs=CLOSE)


@given(all_or_none())
@settings(some, phases=(Phase.explicit, Phase.generate))
def test_estimates_of_many_gaps_are_those_of_each_by_itself(case: Case) -> None:
    one_by_one(case, ODD_EPS)


def test_gaps_asked_along_do_not_move_an_estimate() -> None:
    """0 sells to itself and to 1, 1 to 0 and to 2: three gaps, of which the last is worth -0.000625 and no more."""
    one_by_one(Case(((0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 2, 1.0)), (0, 0, 0), ((2,),)), ODD_EPS)


@given(st.data(), all_or_none(), st.sampled_from([0.25, 1.0]))
@some
def test_the_full_value_of_a_link_is_the_fall_of_all_losses(data: st.DataObject, case: Case, share: float) -> None:
    network = network_of(case)
    found = gaps(network)
    assume(len(found) > 0)
    place = data.draw(st.integers(0, len(found) - 1))
    other = plain.second_source(case, int(found.supplier[place]), int(found.buyer[place]), share)
    chance = [0.01 * (1 + firm) for firm in range(case.firms)]
    value = link_value(network, found.take([place]), chance, share=share, new_probability=0.05, eps=ODD_EPS)
    before = sum(p * row.both for p, row in zip(chance, plain.every_firm(case, eps=ODD_EPS), strict=True))
    now = sum(p * row.both for p, row in zip([*chance, 0.05], plain.every_firm(other, eps=ODD_EPS), strict=True))
    assert (value.before, value.after) == pytest.approx((before, now), abs=CLOSE)


def test_material_costs_count_where_no_revenue_is_known() -> None:
    """A second source changes no account but the revenue of the first."""
    case = replace(example(), revenue=None)
    network = network_of(case)
    found = gaps(network)
    other = with_second_source(network, found, share=0.5)
    assert other.material_cost[:-1].tolist() == network.material_cost.tolist()
    after = plain.every_firm(plain.second_source(case, 1, 4, 0.5), eps=ODD_EPS)
    value = link_value(network, found, 0.01, eps=ODD_EPS)
    assert value.after == pytest.approx(0.01 * sum(row.both for row in after), abs=CLOSE)
    before = plain.every_firm(case, eps=ODD_EPS)[1].both
    quick = 0.01 * (before - after[1].both - after[6].both)
    assert estimate(network, found, 0.01, eps=ODD_EPS, delta=0.0) == pytest.approx([quick], abs=CLOSE)


# Laws


@given(st.randoms(use_true_random=False), cases())
@steady
def test_order_does_not_matter(random: Any, case: Case) -> None:
    place = list(range(case.firms))
    random.shuffle(place)
    links = [(place[i], place[j], value) for i, j, value in case.links]
    random.shuffle(links)

    def moved(values: Any) -> Any:
        return None if values is None else tuple(values[place.index(firm)] for firm in range(case.firms))

    other = Case(tuple(links), moved(case.sector), case.matrix, moved(case.market), moved(case.revenue), moved(case.cost))
    for how in KERNELS:
        one = systemic_risk(layout_of(case), eps=ODD_EPS, most=300, **how)
        two = systemic_risk(layout_of(other), place, eps=ODD_EPS, most=300, **how)
        assert one.steps.tolist() == two.steps.tolist()
        for name in ("esri", "downstream", "upstream"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), abs=CLOSE)


@given(cases(), st.integers(-6, 6))
@steady
def test_the_unit_of_money_does_not_matter(case: Case, power: int) -> None:
    def scaled(values: Any) -> Any:
        return None if values is None else tuple(value * 10.0**power for value in values)

    links = tuple((i, j, value * 10.0**power) for i, j, value in case.links)
    other = replace(case, links=links, revenue=scaled(case.revenue), cost=scaled(case.cost))
    for how in KERNELS:
        one, two = (systemic_risk(layout_of(each), eps=ODD_EPS, most=300, **how) for each in (case, other))
        assert one.steps.tolist() == two.steps.tolist()
        for name in ("esri", "downstream", "upstream"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), abs=CLOSE)


@given(st.data(), cases())
@steady
def test_losses_lie_between_the_shock_and_one_and_never_fall(data: st.DataObject, case: Case) -> None:
    shock = data.draw(shocks(case.firms))
    layout = layout_of(case)
    found = after(layout, 25, shock)
    for losses in (found.downstream, found.upstream, found.loss):
        assert (losses >= np.array(shock)).all()
        assert (losses <= 1).all()
    earlier = after(layout, 12, shock)
    assert (found.downstream >= earlier.downstream - CLOSE).all()
    assert (found.upstream >= earlier.upstream - CLOSE).all()
    assert len(found.down_history) == len(found.up_history) == found.steps == 25


@given(st.data(), cases())
@steady
def test_a_heavier_shock_never_costs_less(data: st.DataObject, case: Case) -> None:
    one, two = np.array(data.draw(shocks(case.firms))), np.array(data.draw(shocks(case.firms)))
    layout = layout_of(case)
    light, heavy = after(layout, 25, one.tolist()), after(layout, 25, np.maximum(one, two).tolist())
    assert (heavy.downstream >= light.downstream - CLOSE).all()
    assert (heavy.upstream >= light.upstream - CLOSE).all()


@given(cases())
@steady
def test_inputs_all_essential_never_lower_the_loss_downstream(case: Case) -> None:
    essential = replace(case, matrix=tuple(tuple(2 if code == 1 else code for code in row) for row in case.matrix))
    one, two = (systemic_risk(layout_of(each), kernel="dense", eps=-1.0, most=25) for each in (case, essential))
    assert (two.downstream >= one.downstream - CLOSE).all()
    assert two.upstream == pytest.approx(one.upstream, abs=CLOSE)


@given(cases(market=True))
@steady
def test_others_who_step_in_only_lower_the_index(case: Case) -> None:
    for how in KERNELS:
        options = {"eps": -1.0, "most": 25, **how}
        with_them, alone = (systemic_risk(layout_of(each), **options) for each in (case, replace(case, market=None)))
        assert (with_them.esri <= alone.esri + CLOSE).all()
        assert (with_them.downstream <= alone.downstream + CLOSE).all()
        assert with_them.upstream == pytest.approx(alone.upstream, abs=CLOSE)


@given(cases())
@steady
def test_the_index_is_at_least_the_own_weight_and_lies_between_its_parts(case: Case) -> None:
    layout = layout_of(case)
    for how in (*KERNELS, {"kernel": "frontier", "delta": 1e-2}):
        found = systemic_risk(layout, eps=ODD_EPS, most=300, **how)
        assert (found.esri >= layout.weight - CLOSE).all()
        assert (found.esri >= np.maximum(found.downstream, found.upstream) - CLOSE).all()
        assert (found.esri <= found.downstream + found.upstream + CLOSE).all()
        assert (found.esri <= 1 + CLOSE).all()
        assert (found.upstream <= upstream_reach(layout, sweeps=2_000) + 1e-6).all()


@given(st.data(), cases(most=9, accounts=False))
@steady
def test_two_customers_alike_count_as_one(data: st.DataObject, case: Case) -> None:
    """A firm in no market is doubled, with its links to others halved: nobody else notices."""
    split, twin = data.draw(st.integers(0, case.firms - 1)), case.firms
    links = [link for link in case.links if link[:2] != (split, split)]
    assume(any(value > 0 for *_, value in links))
    market = list(case.market or case.sector)
    market[split] = -1
    whole = replace(case, links=tuple(links), market=tuple(market))
    halves = []
    for i, j, value in links:
        if split in (i, j):
            halves += [(i, j, value / 2), (twin if i == split else i, twin if j == split else j, value / 2)]
        else:
            halves.append((i, j, value))
    apart = Case(tuple(halves), (*case.sector, case.sector[split]), case.matrix, (*market, -1))
    others = [firm for firm in range(case.firms) if firm != split]
    one, two = (systemic_risk(layout_of(each), others, eps=ODD_EPS, most=300, delta=0) for each in (whole, apart))
    assert one.steps.tolist() == two.steps.tolist()
    for name in ("esri", "downstream", "upstream"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), abs=CLOSE)


@given(cases(), st.booleans(), st.sampled_from([1e-4, 1e-3, 1e-2, 5e-2, 0.2]), st.sampled_from([ODD_EPS, 1.03e-4, 0.1013]))
@settings(steady, max_examples=80)
def test_a_run_cut_off_is_never_above_the_exact_one_and_below_it_by_the_bound_at_most(
    case: Case, crowd: bool, delta: float, eps: float
) -> None:
    layout = layout_of(in_a_crowd(case) if crowd else case)
    cut = systemic_risk(layout, range(case.firms), eps=eps, delta=delta, most=200)
    exact = systemic_risk(layout, range(case.firms), eps=eps, kernel="dense", most=200)
    for firm, (steps, bound) in enumerate(zip(cut.steps.tolist(), cut.bound.tolist(), strict=True)):
        as_many = systemic_risk(layout, [firm], eps=-1.0, kernel="dense", most=steps)
        assert 0 <= bound <= 1
        for name in ("esri", "downstream", "upstream"):
            low, true = getattr(cut, name)[firm], getattr(as_many, name)[0]
            assert low <= true + CLOSE
            assert true <= low + bound + CLOSE
        if cut.sure[firm]:
            assert exact.steps[firm] == steps
            assert exact.esri[firm] <= cut.esri[firm] + bound + CLOSE


@given(st.data(), cases())
@settings(steady, max_examples=80)
def test_the_chain_that_explains_a_loss(data: st.DataObject, case: Case) -> None:
    shock = data.draw(shocks(case.firms))
    layout = layout_of(case)
    found = spread(layout, shock, eps=ODD_EPS, most=300)
    value = plain.sums(case).value
    for firm in range(case.firms):
        chain = why(layout, found, firm)
        if shock[firm] == 0:  # what was hit at first may grow by its own loss coming round, which no chain explains
            assert bool(chain) == (found.loss[firm] > 0)
        if not chain:
            continue
        assert len({link.direction for link in chain}) == 1
        assert chain[-1].to_firm == firm
        assert found.initial[firm] < chain[-1].to_loss <= found.loss[firm]
        assert len({link.to_firm for link in chain} | {chain[0].from_firm}) == len(chain) + 1, "nobody stands in it twice"
        assert shock[chain[0].from_firm] > 0
        assert chain[0].from_loss >= shock[chain[0].from_firm]
        for link in chain:
            pair = (link.from_firm, link.to_firm) if link.direction == "downstream" else (link.to_firm, link.from_firm)
            assert value[pair] > 0
            assert 0 < link.part <= 1
            assert 0 < link.from_loss <= 1
            if link.direction == "downstream":
                assert case.matrix[case.sector[link.from_firm]][case.sector[link.to_firm]] > 0
        for before, link in pairwise(chain):
            assert before.to_firm == link.from_firm
            assert before.to_loss <= link.from_loss
        reached: dict[int, float] = {}
        for link in chain:
            for at, loss in ((link.from_firm, link.from_loss), (link.to_firm, link.to_loss)):
                assert loss >= reached.get(at, 0.0)
                reached[at] = loss


@given(st.data(), cases())
@some
def test_losses_by_group_add_up(data: st.DataObject, case: Case) -> None:
    layout = layout_of(case)
    found = spread(layout, data.draw(shocks(case.firms)), eps=ODD_EPS, most=300)
    groups = by_group(found, layout.sold, np.array([f"sector {code}" for code in case.sector]))
    assert set(groups) == {f"sector {code}" for code in case.sector}
    assert sum(lost for lost, _ in groups.values()) == pytest.approx(found.esri * layout.sold.sum())
    assert all(-CLOSE <= share <= 1 + CLOSE for _, share in groups.values())


# A network of middling size


@pytest.fixture(scope="module")
def middling() -> Layout:
    return layout_of(large())


@pytest.mark.parametrize("how", [{"kernel": "frontier"}, *KERNELS], ids=["cut off", "frontier", "batched", "dense"])
def test_threads_parts_and_order_change_nothing(middling: Layout, how: dict[str, Any]) -> None:
    one = systemic_risk(middling, threads=1, **how)
    assert same(one, systemic_risk(middling, threads=2, **how))
    work = np.random.default_rng(3).permutation(middling.firms)
    for threads in (1, 3):
        assert same(one, systemic_risk(middling, work=work, threads=threads, **how))
    chosen = np.random.default_rng(4).permutation(middling.firms)[:101]
    assert same(one.take(chosen), systemic_risk(middling, chosen, threads=2, **how))
    assert same(one.take([17]), systemic_risk(middling, [17], **how))


def test_kernels_agree_on_a_middling_network(middling: Layout) -> None:
    found = [systemic_risk(middling, eps=ODD_EPS, **how) for how in KERNELS]
    for other in found[1:]:
        assert other.steps.tolist() == found[0].steps.tolist()
        for name in ("esri", "downstream", "upstream"):
            assert getattr(other, name) == pytest.approx(getattr(found[0], name), abs=CLOSE)


def test_a_few_firms_of_a_middling_network_are_as_in_the_plain_reference(middling: Layout) -> None:
    case, firms = large(), [0, 99, 250]
    found = systemic_risk(middling, firms, eps=ODD_EPS, delta=0)
    for place, firm in enumerate(firms):
        shock = [1.0 if other == firm else 0.0 for other in range(case.firms)]
        wanted = plain.index_of(case, shock, eps=ODD_EPS)
        assert found.esri[place] == pytest.approx(wanted.both, abs=CLOSE)
        assert found.steps[place] == wanted.steps


def test_the_first_of_a_ranking_are_measured_exactly(middling: Layout) -> None:
    found = rank(middling, exact=40)
    exact = np.flatnonzero(found.exact)
    assert len(exact) >= 40
    wanted = systemic_risk(middling, kernel="batched")
    for name in ("esri", "downstream", "upstream", "steps", "converged", "bound", "sure"):
        assert getattr(found, name)[exact].tolist() == getattr(wanted, name)[exact].tolist()
    order = np.argsort(-wanted.esri, kind="stable")
    assert found.exact[order[:40]].all()
    assert np.isnan(found.esri).tolist() == middling.isolated.tolist()
    rest = np.flatnonzero(~found.exact & ~middling.isolated)
    assert len(rest) > 0
    assert (found.esri[rest] <= wanted.esri[rest] + CLOSE).all()
    sure = rest[found.sure[rest]]
    assert (wanted.esri[sure] <= found.esri[sure] + found.bound[sure] + CLOSE).all()
    assert found.cut_off == 0


def test_firms_without_a_link_are_not_measured_and_not_safe(middling: Layout) -> None:
    assert middling.isolated.sum() >= 12
    found = rank(middling, exact=middling.firms)
    for column in (found.esri, found.downstream, found.upstream, found.bound):
        assert np.isnan(column[middling.isolated]).all()
    assert not found.exact[middling.isolated].any()
    assert found.exact[~middling.isolated].all()
    alone = int(np.flatnonzero(middling.isolated)[0])
    assert np.isnan(rank(middling, exact=5, named=[alone]).esri[alone])
    asked = systemic_risk(middling, [alone], delta=0)
    assert (asked.esri[0], asked.steps[0], asked.converged[0]) == (0, 1, True)


def test_what_is_not_measured_is_empty_and_named_firms_always_are(middling: Layout) -> None:
    seen = screen(middling)
    least = np.argsort(seen.esri, kind="stable")
    named = least[~middling.isolated[least]][:3]
    found = rank(middling, exact=10, named=named, rest=False)
    assert found.exact.sum() == 13
    assert found.exact[named].all()
    left = ~found.exact
    for column in (found.esri, found.downstream, found.upstream, found.bound):
        assert np.isnan(column[left]).all()
        assert not np.isnan(column[~left]).any()
    assert found.cut_off == seen.esri[left & ~middling.isolated].max() > 0
    assert found.screened.esri.tolist() == seen.esri.tolist()


def test_the_screen_ranks_well_and_threads_do_not_change_it(middling: Layout) -> None:
    seen, other = screen(middling, threads=1), screen(middling, threads=2)
    assert seen.esri.tolist() == other.esri.tolist()
    assert seen.links.tolist() == other.links.tolist()
    assert seen.reach.tolist() == upstream_reach(middling).tolist()
    truth = np.argsort(-systemic_risk(middling, kernel="batched").esri, kind="stable")[:20]
    assert set(np.argsort(-seen.esri, kind="stable")[:60].tolist()) >= set(truth.tolist())


def test_nothing_wanted_is_nothing_measured(middling: Layout) -> None:
    found = rank(middling, exact=0, rest=False)
    assert not found.exact.any()
    assert np.isnan(found.esri).all()
    assert found.cut_off == found.screened.esri.max()
    assert rank(middling, exact=0, delta=0.0).exact.sum() == (~middling.isolated).sum()


def test_a_second_source_for_several_buyers_takes_a_part_of_each_link() -> None:
    network = network_of(large())
    found = gaps(network)
    sector = int(np.bincount(found.sector).argmax())
    chosen = found.take(found.sector == sector)
    assert len(chosen) > 3
    other = with_second_source(network, chosen, share=0.4)
    assert other.firms == network.firms + 1
    assert other.sold[-1] == pytest.approx(0.4 * chosen.value.sum())
    assert other.sold.sum() == pytest.approx(network.sold.sum())
    assert other.bought[:-1] == pytest.approx(network.bought)
    assert other.revenue.sum() == pytest.approx(network.revenue.sum())
    assert laid_out(other).market_total == pytest.approx(laid_out(network).market_total)
