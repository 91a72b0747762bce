"""Funds year by year; aid of several levels over one cost; a region beside the nation."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.documents import parse_document
from littlegiant.finance import open_catalogue
from littlegiant.finance.alignment import align, lint_measures, read_local_rules
from littlegiant.finance.catalogue import InstrumentFile
from littlegiant.finance.ceilings import CeilingTable
from littlegiant.finance.cumulation import Aid, Ceilings, cumulate, top_up
from littlegiant.finance.fund import Fund, follow
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError

DAY = date(2026, 5, 25)
steady = settings(derandomize=True, deadline=None, database=None, max_examples=60)


def fund(**changes: object) -> Fund:
    given_: dict[str, object] = {
        "fund": "chips",
        "commitments": {"state": 60.0, "city": 20.0, "bank": 20.0},
        "public": ("state", "city"),
    }
    return Fund.model_validate(given_ | changes)


def test_a_fund_calls_from_investors_by_their_share_and_pays_its_fee() -> None:
    years = follow(fund(), promises={0: 30.0}, investments={0: 10.0, 1: 20.0}, returns={})
    assert fund().private_share == pytest.approx(0.2)
    assert [year.drawn for year in years[:3]] == pytest.approx([12.0, 22.0, 2.0])
    assert years[0].by_investor == pytest.approx({"state": 7.2, "city": 2.4, "bank": 2.4})
    assert years[0].promised == pytest.approx(20.0)
    assert years[1].promised == 0
    # What it can still promise leaves room for all fees to come: three more years of 2 % of the fund, then five years of 2 %
    # of what is invested, on the 30 so far and on the new promise itself.
    assert years[1].can_promise == pytest.approx((100 - 12 - 22 - 3 * 2.0 - 5 * 0.02 * 30) / (1 + 5 * 0.02))
    assert years[4].can_promise == 0


def test_what_comes_back_is_invested_again_before_more_is_called() -> None:
    years = follow(fund(recycled=0.5, fee=0.0), promises={}, investments={0: 10.0, 2: 8.0}, returns={1: 12.0})
    assert years[1].recycled == 6.0
    assert years[1].distributed == 6.0
    assert years[2].drawn == pytest.approx(2.0)


def test_payments_beyond_all_money_are_told_and_not_hidden() -> None:
    years = follow(fund(fee=0.0), promises={}, investments={0: 70.0, 1: 50.0}, returns={})
    assert (years[1].drawn, years[1].short) == (30.0, 20.0)


@steady
@given(invested=st.lists(st.floats(0, 40), min_size=1, max_size=5), back=st.floats(0, 1))
def test_no_more_is_called_than_was_promised_by_investors(invested: list[float], back: float) -> None:
    years = follow(fund(recycled=back), promises={}, investments=dict(enumerate(invested)), returns={2: 15.0})
    assert sum(year.drawn for year in years) <= 100 + 1e-9
    assert all(year.can_promise >= 0 for year in years)


@pytest.mark.parametrize(
    "changes", [{"public": ("nobody",)}, {"commitments": {"state": -1.0}}, {"invests_years": 11, "life": 10}, {"fee": 2.0}]
)
def test_a_fund_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"public|below zero|longer|less than"):
        fund(**changes)


# --- aid of several levels ---------------------------------------------------------------------------------------------


def aid(id: str, level: str, amount: float, status: str = "offered", **more: object) -> Aid:
    fields: dict[str, object] = {"granted_on": DAY, "measure": id, "cost": "project"} | more
    return Aid(aid=id, undertaking="A", level=level, equivalent=amount, status=status, **fields)  # type: ignore[arg-type]


def test_aid_at_the_ceiling_is_within_it_and_a_fen_above_is_cut() -> None:
    costs, ceilings = {"project": 100.0}, Ceilings(intensity=0.5)
    assert cumulate([aid("n", "national", 30.0), aid("p", "provincial", 20.0)], costs, ceilings, on=DAY).cuts == ()
    over = cumulate([aid("n", "national", 30.0), aid("p", "provincial", 20.01)], costs, ceilings, on=DAY)
    assert [(cut.aid, cut.to) for cut in over.cuts] == [("p", pytest.approx(20.0))]
    assert over.intensities == {"project": pytest.approx(0.5001)}
    assert over.over == ("intensity of project",)


def test_the_lowest_level_cuts_first_and_the_last_offer_of_a_level() -> None:
    offers = [
        aid("n", "national", 40.0),
        aid("p1", "provincial", 20.0, granted_on=date(2026, 1, 1)),
        aid("p2", "provincial", 20.0, granted_on=date(2026, 2, 1)),
        aid("m", "municipal", 10.0),
    ]
    cuts = cumulate(offers, {"project": 100.0}, Ceilings(intensity=0.5), on=DAY).cuts
    assert [(cut.aid, cut.from_, cut.to) for cut in cuts] == [
        ("m", 10.0, 0.0),
        ("p2", 20.0, 0.0),
        ("p1", 20.0, pytest.approx(10.0)),
    ]


def test_aid_that_was_paid_is_not_cut_and_what_remains_over_is_said() -> None:
    paid = cumulate(
        [aid("n", "national", 70.0, "received"), aid("p", "provincial", 5.0)], {"project": 100.0}, Ceilings(intensity=0.5), on=DAY
    )
    assert [(cut.aid, cut.to) for cut in paid.cuts] == [("p", 0.0)]
    assert "exceeds the ceiling by 20" in paid.flags[0]


@pytest.mark.parametrize(("granted", "counts"), [(date(2023, 5, 25), False), (date(2023, 5, 26), True), (DAY, True)])
def test_small_aid_counts_over_three_rolling_years(granted: date, counts: bool) -> None:
    before = aid("old", "national", 250_000.0, "received", granted_on=granted, small_aid=True, cost="")
    offer = aid("new", "provincial", 100_000.0, small_aid=True, cost="")
    found = cumulate([before, offer], {}, Ceilings(small_aid=300_000.0), on=DAY)
    assert found.small_aid == (350_000.0 if counts else 100_000.0)
    assert [cut.to for cut in found.cuts] == ([50_000.0] if counts else [])


def test_a_matching_duty_says_what_is_still_owed() -> None:
    found = cumulate(
        [aid("n", "national", 60.0), aid("p", "provincial", 10.0)],
        {"project": 1000.0},
        Ceilings(intensity=1.0, matching={"provincial": 0.5, "municipal": 0.1}),
        on=DAY,
    )
    assert found.matching_owed == {"provincial": 20.0, "municipal": 6.0}


def test_a_local_offer_that_takes_the_place_of_other_money_adds_nothing() -> None:
    ceilings = Ceilings(intensity=0.5, cut_first=("national", "provincial", "municipal"))
    offers = [aid("n", "national", 50.0), aid("m", "municipal", 20.0)]
    found = top_up(offers, "m", {"project": 100.0}, ceilings, on=DAY)
    assert (found.offered, found.adds, found.replaces) == (20.0, 0.0, 20.0)
    free = top_up([aid("n", "national", 10.0), aid("m", "municipal", 20.0)], "m", {"project": 100.0}, ceilings, on=DAY)
    assert (free.adds, free.replaces, free.cut) == (20.0, 0.0, 0.0)


@steady
@given(
    amounts=st.lists(
        st.tuples(st.sampled_from(["national", "provincial", "municipal"]), st.floats(0, 80)), min_size=1, max_size=6
    ),
    intensity=st.floats(0.05, 1.0),
)
def test_after_the_cuts_every_ceiling_holds_and_nothing_is_cut_needlessly(
    amounts: list[tuple[str, float]], intensity: float
) -> None:
    offers = [aid(f"a{n}", level, amount) for n, (level, amount) in enumerate(amounts)]
    found = cumulate(offers, {"project": 100.0}, Ceilings(intensity=intensity), on=DAY)
    left = {offer.aid: offer.equivalent for offer in offers} | {cut.aid: cut.to for cut in found.cuts}
    total = sum(left.values())
    assert total <= 100 * intensity + 1e-6
    if found.cuts:
        assert total == pytest.approx(100 * intensity, abs=1e-6)


@pytest.mark.parametrize(
    ("aids", "costs", "message"),
    [
        ([aid("n", "national", 1.0)], {}, "without an eligible cost"),
        ([aid("n", "national", 1.0)], {"project": 0.0}, "without an eligible cost"),
        ([aid("n", "national", -1.0)], {"project": 1.0}, "0 or more"),
        (
            [aid("n", "national", 1.0, currency="EUR"), aid("p", "provincial", 1.0, currency="CNY")],
            {"project": 1.0},
            "one currency",
        ),
    ],
)
def test_aid_that_cannot_be_added_up_is_one_sentence(aids: list[Aid], costs: dict[str, float], message: str) -> None:
    with pytest.raises(LittleGiantError, match=message) as caught:
        cumulate(aids, costs, Ceilings(intensity=0.5), on=DAY)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("category", "size", "cooperation", "ceiling"),
    [
        ("fundamental", "small", True, 1.0),
        ("industrial", "", False, 0.5),
        ("industrial", "small", False, 0.7),
        ("industrial", "small", True, 0.8),  # 85 points, held at 80
        ("experimental", "medium", False, 0.35),
        ("experimental", "small", True, 0.6),
        ("feasibility", "medium", False, 0.6),
        ("feasibility", "small", True, 0.7),  # collaboration adds nothing to a study
    ],
)
def test_ceilings_of_research_aid_are_those_of_article_25(category: str, size: str, cooperation: bool, ceiling: float) -> None:
    pack = open_pack("eu")
    (path,) = pack.paths("ceilings")
    table = pack.document(path, CeilingTable).value
    assert table.ceiling(category, size=size, cooperation=cooperation) == pytest.approx(ceiling)
    limits = table.limits(category, size=size, cooperation=cooperation)
    assert (limits.small_aid, limits.small_aid_years) == (300_000, 3)
    with pytest.raises(LittleGiantError, match="Did you mean 'industrial'"):
        table.ceiling("industria")


# --- a region beside the nation ----------------------------------------------------------------------------------------

LOCAL = """
format: 1
instrument: city-guarantee
kind: guarantee
title: {en: a guarantee of the city}
level: municipal
region: "440000"
shares: {municipal: 1.0}
purpose: working_capital
exclusive: science-guarantee
conditions: [CONDITION]
size: {amount: 1000000}
terms: {periods: 1}
guaranteed: 0.8
fee: 0.01
"""


def local(condition: str) -> InstrumentFile:
    return parse_document(LOCAL.replace("CONDITION", condition).encode(), InstrumentFile, "city.yaml").value


def test_duplicates_gaps_and_conflicts_are_found() -> None:
    catalogue = open_catalogue(open_pack("cn"), DAY)
    rows = {row.purpose: row for row in align(catalogue, "440000", more=[local("local_content").root])}
    assert rows["working_capital"].state == "both"
    assert ("srdi-guarantee", "city-guarantee") in rows["working_capital"].duplicates
    assert ("srdi-guarantee", "city-guarantee") in rows["working_capital"].conflicts
    assert rows["equipment"].state == "gap"
    assert rows["reward"].state == "regional_only"
    with pytest.raises(LittleGiantError, match="a region of the pack"):
        align(catalogue, "44000")


def test_conditions_that_higher_law_bars_are_named_and_unknown_ones_refused() -> None:
    rules = read_local_rules(open_pack("cn"))
    (doubt,) = lint_measures([local("local_content").root], rules)
    assert (doubt.rule.verdict, doubt.condition) == ("barred", "local_content")
    assert doubt.rule.confidence == "recollection"
    with pytest.raises(LittleGiantError, match="Did you mean 'local_content'"):
        lint_measures([local("local_contents").root], rules)


# --- documents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("shares: {municipal: 1.0}\n", ""), "shares"),
        (("shares: {municipal: 1.0}", "shares: {municipal: 0.7}"), "sum to 1"),
        (("fee: 0.01", "fee: 5"), "less than 1"),
        (("terms: {periods: 1}", "terms: {periods: 1, grace: 2}"), "longer than"),
        (("size: {amount: 1000000}", "size: {amount: -5}"), "greater than or equal to 0"),
        (("size: {amount: 1000000}", "size: {share: 0.1}"), "of:"),
        (("guaranteed: 0.8", "guaranted: 0.8"), "Did you mean 'guaranteed'"),
        (("kind: guarantee", "kind: guaranty"), "kind"),
    ],
)
def test_a_broken_instrument_is_told_with_its_line(change: tuple[str, str], told: str) -> None:
    with pytest.raises(LittleGiantError) as caught:
        parse_document(LOCAL.replace("CONDITION", "local_content").replace(*change).encode(), InstrumentFile, "city.yaml")
    assert told in str(caught.value)
    assert "city.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("pack", "day", "told"), [("cn", date(2017, 1, 1), "no documents that hold"), ("us", DAY, "says nothing of money")]
)
def test_a_day_or_a_pack_without_rules_of_money_is_refused(pack: str, day: date, told: str) -> None:
    with pytest.raises(LittleGiantError, match=told):
        open_catalogue(open_pack(pack), day)


def test_an_instrument_is_there_only_while_it_holds() -> None:
    pack = open_pack("cn")
    after = open_catalogue(pack, date(2028, 1, 1)).instruments
    assert "vat-extra" in {each.id for each in open_catalogue(pack, DAY).instruments}
    assert "vat-extra" not in {each.id for each in after}


def test_columns_that_name_no_fact_are_refused(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "pack"
    shutil.copytree(open_pack("cn").path, folder)
    text = (folder / "columns.yaml").read_text(encoding="utf-8")
    (folder / "columns.yaml").write_text(text.replace("{revenue: 1}", "{revenu: 1}", 1), encoding="utf-8")
    with pytest.raises(LittleGiantError, match="Did you mean 'revenue'"):
        open_catalogue(open_pack(folder), DAY)
