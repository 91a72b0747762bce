"""Instruments together: the published stack of one firm, hand cases, a second computation firm by firm, and what always holds."""

import math
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.finance import Stack, evaluate, stack
from littlegiant.problems import LittleGiantError

from . import firm_by_firm as plain
from .firm_by_firm import UNKNOWN, Document, Firm, Stacked
from .samples import (
    ALLOWANCE,
    BACKGROUND,
    BY_NAME,
    EVERY,
    HIGH_TECH,
    RATES,
    RULES,
    WORLD,
    document,
    firm,
    instruments,
    random_firms,
    renamed,
    table,
)

steady = settings(derandomize=True, deadline=None, database=None, max_examples=20)
MILLION = 1_000_000

FIRM = firm(
    income=30 * MILLION,
    rd=8 * MILLION,
    revenue=80 * MILLION,
    default=0.03,
    loss=0.6,
    rating="B+",
    collateral="normal",
    flags=["high_tech"],
)
LOANS = {"size": {"amount": 10 * MILLION}, "terms": {"periods": 5}}
GRANT = document("grant", "grant", size={"amount": MILLION})
LOAN = document("loan", "soft_loan", charged=0.025, **LOANS)
SUBSIDY = document("subsidy", "interest_subsidy", points=0.02, **LOANS)
GUARANTEE = document("guarantee", "guarantee", guaranteed=0.8, fee=0.01, **LOANS)
FOUR = (GRANT, LOAN, SUBSIDY, GUARANTEE)
LAW = (ALLOWANCE, HIGH_TECH)


def stacked(
    some: Sequence[Document], sample: Sequence[Firm], background: Sequence[Document] = (), *, cap: float | None = None
) -> Stack:
    return stack(table(sample), instruments(some), RULES, RATES, background=instruments(background), cap=cap)


# The stack of one firm as published: section E and F of the reference


def test_the_published_stack_has_an_intensity_of_42_4_per_cent_and_57_4_with_the_allowance() -> None:
    four = stacked(FOUR, [FIRM], LAW)
    five = stacked((*FOUR, ALLOWANCE), [FIRM], LAW)
    assert four.intensity.item() == pytest.approx(0.424, abs=0.0005)
    assert five.intensity.item() == pytest.approx(0.574, abs=0.0005)
    assert five.gross.item() - four.gross.item() == pytest.approx(1.2 * MILLION)


def test_a_member_of_the_background_that_is_stacked_is_not_given_twice() -> None:
    assert stacked([ALLOWANCE], [FIRM], LAW).joint.item() == pytest.approx(1.2 * MILLION)
    assert stacked(LAW, [FIRM], LAW).joint.item() == pytest.approx((5.5 - 2.1) * MILLION)


def test_the_rate_and_the_allowance_fight_each_other() -> None:
    # Tax on 30 m before 8 m of R&D: 5.5 without, 3.5 and 3.3 with one of them, 2.1 with both.
    both = stacked([ALLOWANCE, HIGH_TECH], [FIRM])
    assert (both.alone[0] / MILLION).tolist() == pytest.approx([2.0, 2.2])
    assert (both.last_in[0] / MILLION).tolist() == pytest.approx([1.2, 1.4])
    assert (both.steps[0] / MILLION).tolist() == pytest.approx([2.0, 1.4])
    assert both.joint.item() / MILLION == pytest.approx(3.4)
    assert both.interaction.item() / MILLION == pytest.approx(-0.8)


def test_a_grant_spent_on_research_and_the_allowance_add_to_each_other() -> None:
    spent = renamed(GRANT, spent_on_rd=True)
    found = stacked([spent, ALLOWANCE], [FIRM], [HIGH_TECH])
    assert (found.alone[0] / MILLION).tolist() == pytest.approx([1.0, 1.2])
    assert (found.last_in[0] / MILLION).tolist() == pytest.approx([1.15, 1.35])
    assert found.interaction.item() == pytest.approx(150_000)


def test_allowances_do_not_add_the_larger_counts() -> None:
    more = document("more", "allowance", share=1.2)
    found = stacked([ALLOWANCE, more], [FIRM], [HIGH_TECH])
    assert (found.alone[0] / MILLION).tolist() == pytest.approx([1.2, 1.44])
    assert found.joint.item() / MILLION == pytest.approx(1.44)
    assert (found.last_in[0] / MILLION).tolist() == pytest.approx([0.0, 0.24])


def test_a_grant_that_goes_beyond_the_notch_costs_the_small_band() -> None:
    one = firm(income=2_900_000, rd=0, staff=10, assets=MILLION)
    found = stacked([renamed(GRANT, size={"amount": 200_000})], [one], BACKGROUND)
    assert found.joint.item() == pytest.approx(200_000 - (0.25 * 3_100_000 - 0.05 * 2_900_000))


@pytest.mark.parametrize(("cap", "above"), [(3 * MILLION, 395_000), (5 * MILLION, 0), (0, 3_395_000), (None, 0)])
def test_what_exceeds_the_cap_on_total_support_is_told(cap: float | None, above: float) -> None:
    assert stacked(FOUR, [FIRM], LAW, cap=cap).above_cap.item() == pytest.approx(above, abs=1_000)


def test_an_equivalent_below_zero_takes_nothing_from_the_joint_one() -> None:
    dear = document("dear", "soft_loan", charged=0.2, **LOANS)
    assert stacked([GRANT, dear], [FIRM], LAW).gross.item() == MILLION


# A second computation, firm by firm

RELIEFS = ("allowance", "credit", "schedule_credit", "rate_cut", "small_firm_band", "accelerated", "deferral")
MONEY = tuple(each for each in EVERY if each["kind"] not in RELIEFS)


class Drawn:
    """A choice of instruments for some firms, by the package and by the plain computation."""

    def __init__(self, seed: int, pool: Sequence[Document], sample: Sequence[Firm] = ()) -> None:
        random = Random(seed)
        self.documents = random.sample(pool, random.randint(2, 6))
        self.sample = sample or random_firms(seed, 14, unknown=0.05)
        self.found = stacked(self.documents, self.sample, BACKGROUND)
        self.expected: list[Stacked] = [plain.stack(self.documents, one, WORLD, BACKGROUND) for one in self.sample]
        self.known = [row for row, each in enumerate(self.expected) if not math.isnan(each.joint)]


SEEDS = range(16)


@cache
def drawn(seed: int) -> Drawn:
    return Drawn(seed, EVERY if seed % 2 else MONEY)


def close(ours: Sequence[float], theirs: Sequence[float]) -> None:
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-3, nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_worth_alone_step_by_step_and_jointly_is_that_computed_firm_by_firm(seed: int) -> None:
    these = drawn(seed)
    assert len(these.known) > 5
    for row in these.known:
        expected = these.expected[row]
        close(these.found.alone[row].tolist(), expected.alone)
        close(these.found.steps[row].tolist(), expected.steps)
        for figure in ("joint", "interaction", "gross", "intensity"):
            close([getattr(these.found, figure)[row].item()], [getattr(expected, figure)])


def test_what_is_unknown_makes_the_joint_worth_unknown() -> None:
    unknown = [(these.found.joint[row], row) for these in map(drawn, SEEDS) for row in set(range(14)) - set(these.known)]
    assert len(unknown) > 5
    assert all(math.isnan(joint) for joint, _ in unknown)


def test_worth_as_the_last_one_in_is_that_computed_firm_by_firm_where_no_loss_is_made() -> None:
    for seed in range(8):
        rich = [
            replace(one, amounts={**one.amounts, "income": one["income"] + 200 * MILLION}, losses=(0.0,) * 10)
            for one in random_firms(seed, 10, unknown=0)
        ]
        these = Drawn(seed, EVERY, rich)
        assert len(these.known) > 5
        for row in these.known:
            close(these.found.last_in[row].tolist(), these.expected[row].last_in)


NEAR = [BY_NAME[name] for name in ("allowance", "faster", "grant", "award", "subsidy-capped", "at-once", "allowance-of-120")]


def near_nothing(seed: int) -> Drawn:
    """Firms whose profit is near zero, so that instruments make losses and meet them."""
    firms = [
        replace(one, amounts={**one.amounts, "income": 2 * one["rd"] + shift * MILLION})
        for one, shift in zip(random_firms(seed, 8, unknown=0), (-3, -2, -1, -0.5, 0.5, 1, 2, 3), strict=True)
    ]
    return Drawn(seed, NEAR, firms)


@pytest.mark.parametrize("seed", range(8))
def test_steps_and_joint_worth_are_those_computed_firm_by_firm_where_losses_are_made(seed: int) -> None:
    these = near_nothing(seed)
    for row, expected in enumerate(these.expected):
        close(these.found.alone[row].tolist(), expected.alone)
        close(these.found.steps[row].tolist(), expected.steps)
        close([these.found.joint[row].item()], [expected.joint])


def test_worth_as_the_last_one_in_is_that_computed_firm_by_firm_where_losses_are_made() -> None:
    for these in map(near_nothing, range(8)):
        for row, expected in enumerate(these.expected):
            close(these.found.last_in[row].tolist(), expected.last_in)


def test_the_last_step_is_the_worth_as_the_last_one_in() -> None:
    # 10 m before 8 m of R&D: the allowance makes a loss of 6 m, less 1 m of grant; it meets 2 m of profit a year later.
    found = stacked([ALLOWANCE, GRANT], [firm(income=10 * MILLION, rd=8 * MILLION)])
    assert found.steps[0, 1] == pytest.approx(MILLION - 250_000 / 1.04**3)
    assert found.last_in[0, 1] == pytest.approx(found.steps[0, 1])


def test_a_guarantee_that_a_firm_may_not_have_leaves_the_joint_worth_known() -> None:
    one = replace(FIRM, rating="CCC")
    found = stacked([GRANT, renamed(GUARANTEE, flag="chosen")], [one], LAW)
    assert found.joint.item() == pytest.approx(850_000)


# What always holds

seeds = st.integers(0, 10_000)
some_of = st.lists(st.sampled_from(sorted(BY_NAME)), min_size=1, max_size=5, unique=True)


@steady
@given(data=st.data(), names=some_of, seed=seeds)
def test_the_order_of_instruments_changes_the_steps_and_not_the_joint_worth(
    data: st.DataObject, names: list[str], seed: int
) -> None:
    turned = data.draw(st.permutations(names))
    sample = random_firms(seed, 6)
    one, other = (stacked([BY_NAME[name] for name in order], sample, BACKGROUND) for order in (names, turned))
    for figure in ("joint", "interaction", "gross", "intensity"):
        close(getattr(one, figure).tolist(), getattr(other, figure).tolist())
    places = [turned.index(name) for name in names]
    for figure in ("alone", "last_in"):
        close(getattr(one, figure).ravel().tolist(), getattr(other, figure)[:, places].ravel().tolist())


@steady
@given(names=some_of, seed=seeds)
def test_steps_sum_to_the_joint_worth_and_interaction_is_what_those_alone_miss(names: list[str], seed: int) -> None:
    found = stacked([BY_NAME[name] for name in names], random_firms(seed, 6), BACKGROUND)
    close(found.steps.sum(axis=1).tolist(), found.joint.tolist())
    close((found.joint - found.alone.sum(axis=1)).tolist(), found.interaction.tolist())
    assert np.array_equal(found.steps[:, 0], found.alone[:, 0], equal_nan=True)
    assert found.instruments == tuple(names)


@steady
@given(name=st.sampled_from(sorted(BY_NAME)), seed=seeds)
def test_one_instrument_stacked_is_that_instrument_evaluated(name: str, seed: int) -> None:
    sample = random_firms(seed, 6)
    found = stacked([BY_NAME[name]], sample, BACKGROUND)
    (value,) = evaluate(table(sample), instruments([BY_NAME[name]]), RULES, RATES, background=instruments(BACKGROUND))
    for worth in (found.alone[:, 0], found.last_in[:, 0], found.steps[:, 0], found.joint):
        close(worth.tolist(), value.worth.tolist())
    assert np.isnan(found.gross).sum() == np.isnan(value.gross).sum()
    close(found.intensity.tolist(), value.intensity.tolist())


def test_benefits_do_not_add() -> None:
    found = stacked(
        [BY_NAME[name] for name in ("grant-in-parts", "allowance", "high-tech-rate", "credit")], random_firms(3, 60, unknown=0)
    )
    assert (np.abs(found.interaction) > 1).sum() > 20


MANY = random_firms(5, 23)
ALL_KINDS = [
    BY_NAME[name]
    for name in ("award", "soft-loan", "guarantee", "subsidy-capped", "allowance", "faster", "vat", "credit-by-bands", "deferral")
]


@pytest.mark.parametrize(("chunk", "threads"), [(1, 2), (7, 1), (7, 2), (1_000, 2)])
def test_neither_chunks_nor_threads_change_a_digit(chunk: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    columns, behind, together = table(MANY), instruments(BACKGROUND), instruments(ALL_KINDS)
    whole = stack(columns, together, RULES, RATES, background=behind)
    monkeypatch.setattr(sys.modules[evaluate.__module__], "CHUNK", chunk)
    divided = stack(columns, together, RULES, RATES, background=behind, threads=threads)
    assert whole.instruments == divided.instruments
    for column in fields(Stack)[1:]:
        assert np.array_equal(getattr(whole, column.name), getattr(divided, column.name), equal_nan=True), column.name


def test_stacking_writes_into_nothing() -> None:
    columns = table(MANY)
    arrays = [array for array in vars(columns).values() if isinstance(array, np.ndarray)]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    stack(columns, instruments(ALL_KINDS), RULES, RATES, background=instruments(BACKGROUND), cap=1e6)
    assert all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(before, arrays, strict=True))


def test_another_unit_rescales_the_stack() -> None:
    sample = [one for one in random_firms(8, 40) if abs(one["income"] - 2 * one["rd"]) > 1 or one["rd"] == 0]
    scaled = [
        replace(
            one,
            amounts={
                name: figure if name in ("staff", "default", "loss") else figure / 10_000 for name, figure in one.amounts.items()
            },
            losses=tuple(left / 10_000 for left in one.losses),
        )
        for one in sample
    ]
    kept = [BY_NAME["grant-untaxed"], BY_NAME["credit"], renamed(GRANT, spent_on_rd=True), ALLOWANCE, BY_NAME["vat"]]
    changed = [renamed(each, size={"amount": 100}) if each["instrument"] == "grant" else each for each in kept]
    yuan, wan = stacked(kept, sample, [HIGH_TECH]), stacked(changed, scaled, [HIGH_TECH])
    for figure in ("alone", "last_in", "steps", "joint", "interaction", "gross"):
        close((getattr(wan, figure) * 10_000).ravel().tolist(), getattr(yuan, figure).ravel().tolist())
    close(wan.intensity.tolist(), yuan.intensity.tolist())


# Edge cases, and what is refused


def test_no_firms_have_no_stack() -> None:
    found = stacked([GRANT, LOAN, ALLOWANCE], [], LAW)
    assert [found.alone.shape, found.joint.shape, found.gross.shape] == [(0, 3), (0,), (0,)]


def test_no_firms_have_no_stack_with_a_guarantee() -> None:
    assert stacked([GUARANTEE], [], LAW).joint.shape == (0,)


def test_nothing_stacked_is_worth_nothing() -> None:
    found = stacked([], [FIRM, FIRM], LAW)
    assert [found.joint.tolist(), found.gross.tolist(), found.alone.shape] == [[0, 0], [0, 0], (2, 0)]


def test_one_firm_and_identical_firms_have_the_same_stack() -> None:
    one, many = stacked(FOUR, [FIRM], LAW), stacked(FOUR, [FIRM] * 9, LAW)
    for column in fields(Stack)[1:]:
        alone, among = getattr(one, column.name), getattr(many, column.name)
        assert (among == alone[0]).all(), column.name


def test_a_stack_without_research_or_profit_has_no_infinite_figure() -> None:
    sample = [firm(income=0, rd=0), firm(income=-MILLION, rd=0), firm(income=MILLION, rd=UNKNOWN)]
    found = stacked([GRANT, ALLOWANCE, BY_NAME["credit"]], sample, [HIGH_TECH])
    assert np.isnan(found.intensity).all()
    assert not any(np.isinf(getattr(found, column.name)).any() for column in fields(Stack)[1:])


FIRST, SECOND = (
    document("first", "vat_credit", share=0.05, exclusive="vat-scheme"),
    document("second", "vat_credit", share=0.1, exclusive="vat-scheme"),
)
PAYER = firm(income=9 * MILLION, rd=0, input_vat=MILLION, output_vat=2 * MILLION)


def test_two_exclusive_instruments_for_one_firm_are_refused() -> None:
    with pytest.raises(LittleGiantError) as refused:
        stacked([FIRST, GRANT, SECOND], [PAYER])
    (problem,) = refused.value.problems
    assert problem.code == "exclusive"
    assert str(problem).splitlines() == [
        "firm firm 0: first and second, of which a firm may have one.",
        "  Choose one of those that are vat-scheme for it.",
    ]


def test_exclusive_instruments_may_be_had_by_different_firms_and_evaluated_side_by_side() -> None:
    columns, both = table([PAYER, PAYER]), instruments([FIRST, SECOND])
    eligible = {"first": np.array([True, False]), "second": np.array([False, True])}
    found = stack(columns, both, RULES, RATES, eligible=eligible)
    assert found.joint.tolist() == pytest.approx([37_500, 75_000])
    values = evaluate(columns, both, RULES, RATES)
    assert [value.worth.tolist() for value in values] == [pytest.approx([37_500] * 2), pytest.approx([75_000] * 2)]


def test_the_firm_that_has_two_is_named_by_its_own_name_in_every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[evaluate.__module__], "CHUNK", 2)
    eligible = {"first": np.array([True, False, False, False, True]), "second": np.array([False, True, True, False, True])}
    with pytest.raises(LittleGiantError, match="firm firm 4: first and second"):
        stack(table([PAYER] * 5), instruments([FIRST, SECOND]), RULES, RATES, eligible=eligible)


def test_exclusive_allowances_stand_beside_each_other_because_the_larger_counts() -> None:
    two = [renamed(ALLOWANCE, exclusive="super"), document("more", "allowance", share=1.2, exclusive="super")]
    assert stacked(two, [FIRM], [HIGH_TECH]).joint.item() == pytest.approx(1.44 * MILLION)


def test_an_instrument_stacked_twice_is_refused() -> None:
    with pytest.raises(LittleGiantError) as refused:
        stacked([GRANT, GRANT], [FIRM])
    (problem,) = refused.value.problems
    assert [problem.code, str(problem).splitlines()[0]] == ["twice", "instrument grant: found given twice, expected once."]
