"""The lottery zone: sure winners keep their awards, rows hold, and anybody repeats the draw from its file."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from littlegiant.allocation.beside import compare, elements
from littlegiant.allocation.call_solving import CallSolution, _with_lottery
from littlegiant.allocation.carrying_out import call_digest, carry_out, solved_again
from littlegiant.allocation.instance import ABSENT
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.problem_of_call import drawn_by_case
from littlegiant.allocation.publishing import firm_file, write_award, write_json
from littlegiant.allocation.robustness import Lottery, audit, draw_lottery, noisy, zone
from littlegiant.engines import WrittenTable
from littlegiant.register import open_register
from littlegiant_verifier.award import check_firm, check_whole
from register.making import once

from . import award_samples
from .award_samples import (
    YEAR,
    catalogue,
    draw_for,
    findings_of,
    make_register,
    naming,
    random_call,
    random_table,
    read_call,
    solution_of,
    solve,
    write_csv,
)

ALPHA = 0.1


@pytest.fixture(scope="module")
def table() -> OptionTable:
    return random_table(21, 120)


@pytest.fixture(scope="module")
def found(table: OptionTable) -> CallSolution:
    seed = draw_for("test").seed
    return solve(random_call(table, lottery={"alpha": ALPHA}), table, tie=drawn_by_case(seed, table.cases))


def drawn(found: CallSolution, seed: bytes = draw_for("test").seed, **more: Any) -> Lottery:
    solved = found.solved
    return draw_lottery(
        solved.call, solved.table, solved.allocation, found.probability, found.sigma, alpha=ALPHA, seed=seed, **more
    )


@pytest.fixture(scope="module")
def lottery(found: CallSolution) -> Lottery:
    return drawn(found)


def winners(found: CallSolution, lottery: Lottery) -> Any:
    assert lottery.allocation.chosen is not None
    return found.solved.call.packages_of(lottery.allocation.chosen)


def test_the_zone_is_who_is_neither_sure_of_an_award_nor_of_none(found: CallSolution, lottery: Lottery) -> None:
    p = found.probability
    assert lottery.in_zone.tolist() == [bool(0.1 <= each <= 0.9) for each in p]
    assert 10 < lottery.in_zone.sum() < 110, "else the tests show little"


@pytest.mark.parametrize("seed", range(5))
def test_sure_winners_keep_their_awards_and_sure_losers_get_none(found: CallSolution, seed: int) -> None:
    lottery = drawn(found, draw_for("test", beacon=f"draw {seed}").seed)
    package, before = winners(found, lottery), found.solved.package
    sure = ~lottery.in_zone
    assert package[sure & (before >= 0)].tolist() == before[sure & (before >= 0)].tolist()
    assert (package[sure & (before < 0)] < 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_rows_hold_after_the_draw(found: CallSolution, seed: int) -> None:
    lottery = drawn(found, draw_for("test", beacon=f"draw {seed}").seed)
    package, solved = winners(found, lottery), found.solved
    for k, each in enumerate(solved.call.counted):
        use = 0
        for c in np.flatnonzero(package >= 0):
            terms = each.inside if each.members[solved.call.cell[c]] else each.outside
            use += sum(int(weight * int(solved.table.measures[name][c, package[c]])) for name, weight in terms)
        assert each.row.floor is None or use >= each.row.floor, each.row.id
        assert each.row.ceiling is None or use <= each.row.ceiling, each.row.id
        assert lottery.allocation.certificate is not None
        assert use == lottery.allocation.certificate.use[k]


def test_the_draw_is_repeated_from_its_file(found: CallSolution, lottery: Lottery) -> None:
    again = drawn(found)
    assert winners(found, again).tolist() == winners(found, lottery).tolist()
    assert again.drawn.tolist() == lottery.drawn.tolist()


def test_another_secret_gives_another_draw(found: CallSolution, lottery: Lottery) -> None:
    seen = {tuple(winners(found, lottery).tolist())}
    for secret in ("6b" * 32, "7c" * 32, "8d" * 32):
        seen.add(tuple(winners(found, drawn(found, draw_for("test", secret=secret).seed)).tolist()))
    assert len(seen) > 1


def test_a_share_of_one_simulated_draw_is_all_or_nothing(found: CallSolution) -> None:
    share = drawn(found, rounds=1).propensity
    assert share is not None
    assert set(share.tolist()) <= {0.0, 1.0}
    assert drawn(found).propensity is None


def test_drawn_benefits_do_not_depend_on_the_other_cases(found: CallSolution, lottery: Lottery, table: OptionTable) -> None:
    inside = np.flatnonzero(lottery.in_zone)
    for c in inside:
        for p in range(len(table.packages)):
            assert (lottery.drawn[c, p] == ABSENT) == (table.benefit[c, p] == ABSENT)
            assert lottery.drawn[c, p] == ABSENT or lottery.drawn[c, p] >= 1
    factors = [lottery.drawn[c, 0] / table.benefit[c, 0] for c in inside if table.benefit[c, 0] > 20]
    assert np.mean(factors) == pytest.approx(1, abs=0.15), "noise takes nothing away on average"


def test_what_drawing_costs_is_told(found: CallSolution, lottery: Lottery, table: OptionTable) -> None:
    package = winners(found, lottery)
    at = np.flatnonzero(package >= 0)
    value = int(table.benefit[at, package[at]].sum())
    assert lottery.lost == found.solved.certificate.value - value
    assert lottery.lost >= -float(found.solved.certificate.gap)


@pytest.mark.slow
def test_propensities_are_shares_of_simulated_draws(found: CallSolution) -> None:
    lottery = drawn(found, rounds=6)
    share, package = lottery.propensity, found.solved.package
    assert share is not None
    assert ((share >= 0) & (share <= 1)).all()
    sure = ~lottery.in_zone
    assert (share[sure & (package >= 0)] == 1).all()
    assert (share[sure & (package < 0)] == 0).all()
    inside = share[lottery.in_zone]
    assert ((inside > 0) & (inside < 1)).sum() > 5
    assert drawn(found, rounds=6).propensity.tolist() == share.tolist()


@pytest.mark.slow
def test_solving_again_with_noise_agrees_with_the_closed_form(found: CallSolution, table: OptionTable) -> None:
    told = audit(found.solved.call, table, found.sigma, found.probability, rounds=12, seed=1)
    assert told.holds == told.rounds == 12
    known = ~np.isnan(found.probability)
    assert np.corrcoef(told.frequency[known], found.probability[known])[0, 1] > 0.9
    assert told.mean_difference < 0.2
    np.testing.assert_allclose(told.package.sum(axis=1), told.frequency)


def test_noise_is_fair_and_keyed_by_its_number(table: OptionTable) -> None:
    sigma = np.full(table.count, 0.3)
    there = table.benefit > 30
    draws = np.mean([noisy(table, sigma, number, 1)[there] / table.benefit[there] for number in range(300)])
    assert draws == pytest.approx(1, abs=0.02)
    assert (noisy(table, sigma, 3, 1) == noisy(table, sigma, 3, 1)).all()
    assert (noisy(table, sigma, 3, 1) != noisy(table, sigma, 4, 1)).any()


# --- what is told and checked after a draw --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def after(found: CallSolution, lottery: Lottery) -> CallSolution:
    solved = _with_lottery(found.solved.call, found.solved.table, lottery, found.solved)
    return solution_of(found.call, solved)


def test_grounds_after_the_draw(after: CallSolution, lottery: Lottery) -> None:
    package = after.solved.package
    for c in range(len(package)):
        inside = bool(lottery.in_zone[c])
        assert (after.solved.ground[c] in ("drawn", "not drawn")) == inside
        if inside:
            assert (after.solved.ground[c] == "drawn") == (package[c] >= 0)


@pytest.mark.parametrize("seed", [0, 10, 13])
def test_the_auditor_and_every_firm_can_check_a_drawn_call(tmp_path: Any, seed: int) -> None:
    """Prices, benefits and grounds that a firm gets are those of one and the same allocation."""
    table = random_table(seed, 70)
    before = solve(random_call(table, (0.2, 0.35, 0.5)[seed % 3]), table, sigma=(0.1, 0.3, 0.6)[seed % 3])
    lottery = drawn(before, draw_for("t", beacon=str(seed)).seed)
    after = solution_of(before.call, _with_lottery(before.solved.call, table, lottery, before.solved))
    more = {"first_year": 2026, "fund_levels": {"central": "national", "own": "local"}, "carried": []}
    write_award(after.solved, after.told, WrittenTable(tmp_path / "options.parquet", 0, "", ()), tmp_path, more)
    assert [each.wrong for each in check_whole(tmp_path) if each.wrong] == []
    wrong = []
    for c, case in enumerate(after.solved.table.cases):
        write_json(tmp_path / "firm.json", firm_file(after.solved, c, {}))
        wrong += [(case, each.what, each.wrong) for each in check_firm(tmp_path / "firm.json", tmp_path) if each.wrong]
    assert wrong == []


def test_letters_after_a_draw_name_the_prices_that_are_published(after: CallSolution) -> None:
    """What a letter calls the cost at the published prices is the cost at the prices of the certificate."""
    solved = after.solved
    prices = solved.certificate.prices.floats
    for c in range(solved.table.count):
        for p in range(len(solved.table.packages)):
            if solved.table.benefit[c, p] == ABSENT:
                continue
            cost = 0.0
            for k, each in enumerate(solved.call.counted):
                terms = each.inside if each.members[solved.call.cell[c]] else each.outside
                cost += prices[k] * sum(float(weight) * float(solved.table.measures[name][c, p]) for name, weight in terms)
            assert solved.cost[c, p] == pytest.approx(cost, rel=1e-6, abs=1e-6)


def test_a_zone_of_nobody_changes_nothing(found: CallSolution) -> None:
    sure = np.where(found.probability > 0.5, 1.0, 0.0)
    solved = found.solved
    lottery = draw_lottery(
        solved.call, solved.table, solved.allocation, sure, found.sigma, alpha=ALPHA, seed=draw_for("test").seed
    )
    assert not zone(sure, ALPHA).any()
    assert winners(found, lottery).tolist() == solved.package.tolist()
    assert lottery.lost == 0


@pytest.mark.parametrize("seed", range(4))
def test_nobody_cedes_to_a_sibling_that_was_not_drawn(seed: int) -> None:
    """Who gave way before the draw to a sibling that then is not drawn is not told of an award that nobody has."""
    table = random_table(seed, 70, undertakings=30)
    before = solve(random_call(table, lottery={"alpha": 0.05}, law={"awards_per_undertaking": 1}), table, sigma=0.5)
    rule = {"alpha": 0.05, "seed": draw_for("test", beacon=f"b{seed}").seed}
    lottery = draw_lottery(before.solved.call, table, before.solved.allocation, before.probability, before.sigma, **rule)
    after = _with_lottery(before.solved.call, table, lottery, before.solved)
    for case in np.flatnonzero(after.ground == "ceded"):
        siblings = table.undertaking == table.undertaking[case]
        assert (after.package[siblings] >= 0).any()
    waiting = (after.package < 0) & ~np.isnan(after.theta) & (after.ground != "ceded")
    assert ((after.rank > 0) == waiting).all()


# --- drawn again by the auditor -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "award-register", make_register)


@pytest.fixture(scope="module", params=[None, 0.5], ids=["no score", "score"])
def published(files: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A lottery among real options, some of undertakings with two projects, with benefits that scores move and without."""
    folder = tmp_path_factory.mktemp("lottery")
    for name in ("projects.csv", "reviews.csv", "quotas.csv", "acts.jsonl"):
        shutil.copy(files / name, folder)
    with (folder / "projects.csv").open(encoding="utf-8") as file:
        firms = [row["firm"] for row in csv.DictReader(file)]
    write_csv(folder / "undertakings.csv", ["firm", "undertaking"], [[firm, f"U{n // 2}"] for n, firm in enumerate(firms[:20])])
    merit = {"merit": None, "reviews": None} if request.param is None else {}
    changes = {"lottery": {"alpha": 0.05}, "undertakings": "undertakings.csv", "score_noise": 0.1, **merit}
    call = read_call(award_samples.write_award(folder, **changes))
    done = carry_out(
        call, folder, open_register(files / "register"), catalogue(), folder / "out", year=YEAR, findings=findings_of(files),
        draw=draw_for(call.award),
    )  # fmt: skip
    assert done.found.lottery is not None
    return folder / "out"


DRAWN = ("the lottery zone is that", "drawn benefits follow", "the bonus lifts")


def drawn_again(folder: Path) -> dict[str, str]:
    return {each.what: each.wrong for each in check_whole(folder) if each.what.startswith(DRAWN)}


def test_the_auditor_draws_again(published: Path) -> None:
    assert len(drawn_again(published)) == 3
    assert [each for each in check_whole(published) if each.wrong] == []
    grounds = pq.read_table(published / "award_cases.parquet")["ground"].to_pylist()
    assert "surely" in grounds, "else no bonus was seen"
    assert min(grounds.count(each) for each in ("drawn", "not drawn", "surely not")) > 0


def test_the_page_compares_with_the_best_allocation_without_the_draw(published: Path) -> None:
    """Bonus and drawn benefits are no benefits: what the other ways would bring is told as if nothing had been drawn."""
    call = read_call(published.parent / "award.yaml")
    drawn = solved_again(call, published.parent, published, minor=100)
    bare = call.model_copy(update={"lottery": None})
    read = json.loads((published / "certificate.json").read_text(encoding="utf-8"))
    copy = published.parent / "bare"
    shutil.copytree(published, copy, dirs_exist_ok=True)
    (copy / "certificate.json").write_text(json.dumps({**read, "call": call_digest(bare)}), encoding="utf-8")
    without = solved_again(bare, published.parent, copy, minor=100)
    one, other = compare(drawn, published, minor=100), compare(without, published, minor=100)
    assert one.prices == other.prices
    assert one.simple == other.simple
    assert one.stages == other.stages
    assert all(each.gain >= -1e-9 or each.unmet for each in one.simple)
    page = elements(drawn, one, naming(call, "en"))
    assert "less than the best allocation" in page[0].sentence


@pytest.mark.parametrize("name", ["beacon", "secret"])
def test_another_draw_gives_other_benefits(published: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(published, tmp_path / "copy")
    path = tmp_path / "copy" / "certificate.json"
    certificate = json.loads(path.read_text(encoding="utf-8"))
    certificate["draw"][name] = "6b" * 32
    path.write_text(json.dumps(certificate), encoding="utf-8")
    (only,) = [what for what, wrong in drawn_again(tmp_path / "copy").items() if wrong]
    assert only.startswith("drawn benefits follow from the seed")


@pytest.mark.parametrize(("bonus", "wrong"), [(0, 2), (10**9, 1)])
def test_another_bonus_than_was_given_is_noticed(published: Path, tmp_path: Path, bonus: int, wrong: int) -> None:
    shutil.copytree(published, tmp_path / "copy")
    path = tmp_path / "copy" / "certificate.json"
    certificate = json.loads(path.read_text(encoding="utf-8"))
    certificate["lottery"]["bonus"] = bonus
    path.write_text(json.dumps(certificate), encoding="utf-8")
    assert sum(bool(each) for each in drawn_again(tmp_path / "copy").values()) == wrong


def test_a_wider_zone_than_was_drawn_is_noticed(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published, tmp_path / "copy")
    path = tmp_path / "copy" / "certificate.json"
    certificate = json.loads(path.read_text(encoding="utf-8"))
    certificate["lottery"]["alpha"] = 1e-9
    path.write_text(json.dumps(certificate), encoding="utf-8")
    assert drawn_again(tmp_path / "copy")["the lottery zone is that of the stated probabilities"] != ""
