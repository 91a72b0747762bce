"""What an allocation leaves behind: everybody, each firm and the auditor can check it, and notice a number that was changed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.allocation.call_solving import CallSolution
from littlegiant.allocation.carrying_out import solved_again
from littlegiant.allocation.instance import ABSENT
from littlegiant.allocation.publishing import KEYS, firm_file, write_award, write_json
from littlegiant.digests import digest_parquet
from littlegiant.engines import WrittenTable
from littlegiant.register import open_register
from littlegiant_verifier.award import Checked, bound_of, check_firm, check_public, check_whole
from register.making import once

from .award_samples import call_of, carried, make_register, plain, random_call, random_table, read_call, solve, table_of

MORE = {"first_year": 2026, "fund_levels": {"central": "national", "own": "local"}, "carried": []}


def publish(found: CallSolution, folder: Path, **more: Any) -> None:
    folder.mkdir(exist_ok=True)
    write_award(found.solved, found.told, WrittenTable(folder / "options.parquet", 0, "", ()), folder, {**MORE, **more})
    for c in range(found.solved.table.count):
        write_json(folder / f"firm-{found.solved.table.cases[c]}.json", firm_file(found.solved, c, {"award": "test"}))


@pytest.fixture(scope="module")
def found() -> CallSolution:
    table = random_table(31, 90)
    return solve(random_call(table), table)


@pytest.fixture(scope="module")
def published(found: CallSolution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    publish(found, folder)
    return folder


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    shutil.copytree(published, tmp_path / "copy")
    return tmp_path / "copy"


def wrong(checks: Any) -> list[Checked]:
    return [each for each in checks if each.wrong]


def all_wrong(folder: Path) -> list[Checked]:
    firms = [each for file in sorted(folder.glob("firm-*.json")) for each in check_firm(file, folder)]
    return wrong([*check_whole(folder), *firms])


# --- what holds -----------------------------------------------------------------------------------------------------------


def test_all_circles_find_that_it_holds(published: Path, found: CallSolution) -> None:
    assert wrong(check_public(published)) == []
    assert wrong(check_whole(published)) == []
    for case in found.solved.table.cases:
        checks = list(check_firm(published / f"firm-{case}.json", published))
        assert len(checks) >= 2
        assert wrong(checks) == []
    told = {each.what for each in check_public(published)}
    assert {f"payments to winners sum to the use of {name}" for name in ("central 2026", "central 2027", "own 2026")} <= told


def test_the_certificate_says_what_was_solved(published: Path, found: CallSolution) -> None:
    read = json.loads((published / "certificate.json").read_text())
    certificate = found.solved.certificate
    assert read["value"] == certificate.value
    assert read["bound"][0] / 2 ** read["bound"][1] == pytest.approx(float(certificate.bound))
    assert read["winners"] == found.solved.winners
    assert read["cases"] == 90
    assert read["off_price"] == len(certificate.off_price)
    for name in ("award_rows", "award_winners", "award_cases", "award_options", "award_uses"):
        assert digest_parquet(published / f"{name}.parquet", KEYS[name]) == read["digests"][name]


def test_the_tables_say_the_same_as_the_solution(published: Path, found: CallSolution) -> None:
    solved = found.solved
    cases = {row["case"]: row for row in pq.read_table(published / "award_cases.parquet").to_pylist()}
    winners = {row["case"]: row for row in pq.read_table(published / "award_winners.parquet").to_pylist()}
    assert len(winners) == solved.winners
    for c, case in enumerate(solved.table.cases):
        row, got = cases[case], int(solved.package[c])
        assert row["package"] == (solved.table.packages[got] if got >= 0 else None)
        assert row["ground"] == solved.ground[c]
        assert row["rank"] == solved.rank[c]
        assert row["firm"] == f"firm of {case}"
        if np.isfinite(solved.theta[c]):
            assert row["theta"] == pytest.approx(solved.theta[c] * 1e6, abs=1)
        if np.isnan(solved.theta[c]):
            assert row["theta"] is None
            assert row["benefit"] is None
        if got >= 0:
            assert winners[case]["package"] == row["package"]
            assert row["benefit"] == solved.table.benefit[c, got]
            assert winners[case]["paid_national_0"] == solved.table.measures["paid_national_0"][c, got]


def test_options_of_the_auditor_are_all_options(published: Path, found: CallSolution) -> None:
    rows = pq.read_table(published / "award_options.parquet").to_pylist()
    table = found.solved.table
    offered = [
        f"{case}={package}"
        for c, case in enumerate(table.cases)
        for p, package in enumerate(table.packages)
        if table.benefit[c, p] != ABSENT
    ]
    assert sorted(row["stands_for"] for row in rows) == sorted(offered)
    chosen = {row["stands_for"] for row in rows if row["chosen"]}
    assert chosen == {
        f"{case}={table.packages[p]}" for case, p in zip(table.cases, found.solved.package.tolist(), strict=True) if p >= 0
    }


@pytest.mark.parametrize("most", [1, 2])
def test_a_call_with_undertakings_can_be_checked_by_all(tmp_path: Path, most: int) -> None:
    table = random_table(5, 60, undertakings=30)
    publish(solve(random_call(table, law={"awards_per_undertaking": most}), table), tmp_path)
    assert wrong(check_whole(tmp_path)) == []
    failing = [(file.name, each) for file in sorted(tmp_path.glob("firm-*.json")) for each in wrong(check_firm(file, tmp_path))]
    assert failing == []


def test_a_project_that_cedes_to_its_sibling_can_check_its_file(tmp_path: Path) -> None:
    rows = [
        plain("a", 100, 300, undertaking="U"),
        plain("b", 90, 300, undertaking="U"),
        plain("c", 30, 300),
        plain("d", 10, 300),
    ]
    call = call_of(funds=[{"fund": "central", "level": "national", "budget": {2026: 6}}])
    publish(solve(call, table_of(rows)), tmp_path)
    assert wrong(check_firm(tmp_path / "firm-b.json", tmp_path)) == []


def test_a_call_with_carry_over_can_be_checked(tmp_path: Path) -> None:
    rows = [
        {"case": f"P{n}", "options": {"full": {"benefit": 10 + n, "paid_national_0": 4_000, "paid_national_1": 20_000}}}
        for n in range(9)
    ]
    funds = [{"fund": "central", "level": "national", "budget": {2026: 1_000, 2027: 1_000}, "carry_over": 0.4}]
    solution = solve(call_of(funds=funds), table_of(rows, ("paid_national_0", "paid_national_1")))
    publish(solution, tmp_path, carried=["central"])
    assert solution.solved.winners == 7
    assert all_wrong(tmp_path) == []
    stands = [row["stands_for"] for row in pq.read_table(tmp_path / "award_options.parquet").to_pylist() if row["chosen"]]
    assert sum(int(each.split()[-1]) for each in stands if each.startswith("carried central 2026 ")) == 40_000


# --- what was changed -----------------------------------------------------------------------------------------------------


def change(folder: Path, name: str, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    edit(rows)
    assert rows != table.to_pylist(), "else nothing was changed"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def priced(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["numerator"])


def unpriced(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(
        row for row in rows if not row["numerator"] and row["ceiling"] and row["kind"] != "fund" and row["use"] < row["ceiling"]
    )


def raise_price(rows: list[dict[str, Any]]) -> None:
    priced(rows)["numerator"] += 1


def raise_use(rows: list[dict[str, Any]]) -> None:
    priced(rows)["use"] -= 1


def raise_open_use(rows: list[dict[str, Any]]) -> None:
    unpriced(rows)["use"] += 1


def lower_ceiling(rows: list[dict[str, Any]]) -> None:
    priced(rows)["ceiling"] -= 1


def swap_package(rows: list[dict[str, Any]]) -> None:
    rows[0]["package"] = "half" if rows[0]["package"] == "full" else "full"


def other_winner(rows: list[dict[str, Any]]) -> None:
    rows[0]["case"] = "P9999"


def pay_more(rows: list[dict[str, Any]]) -> None:
    rows[0]["paid_national_0"] += 1


def other_benefit(rows: list[dict[str, Any]]) -> None:
    next(row for row in rows if row["chosen"])["benefit"] += 1


def other_choice(rows: list[dict[str, Any]]) -> None:
    at = next(number for number, row in enumerate(rows) if row["chosen"])
    rows[at]["chosen"] = False


def other_option_use(rows: list[dict[str, Any]]) -> None:
    rows[0]["use"] += 1


TAMPERED = {
    "a price": ("award_rows", raise_price),
    "the use of a priced row": ("award_rows", raise_use),
    "the use of a row without price": ("award_rows", raise_open_use),
    "a ceiling": ("award_rows", lower_ceiling),
    "a winner's package": ("award_winners", swap_package),
    "a winner": ("award_winners", other_winner),
    "a payment": ("award_winners", pay_more),
    "the benefit of an option": ("award_options", other_benefit),
    "a choice": ("award_options", other_choice),
    "the use of an option": ("award_uses", other_option_use),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_the_auditor_notices_a_number_that_was_changed(copied: Path, name: str) -> None:
    change(copied, *TAMPERED[name])
    assert wrong(check_whole(copied)), "the auditor has every table"


@pytest.mark.parametrize("name", ["a winner's package", "a winner", "a payment", "a price", "the use of a priced row"])
def test_somebody_notices_a_number_that_was_changed_in_public(copied: Path, name: str) -> None:
    change(copied, *TAMPERED[name])
    assert all_wrong(copied)


@pytest.mark.parametrize("name", ["value", "bound", "gap", "regrets", "slack", "winners"])
def test_everybody_notices_another_certificate(copied: Path, name: str) -> None:
    path = copied / "certificate.json"
    read = json.loads(path.read_text())
    read[name] = read[name] + 1 if isinstance(read[name], int) else [read[name][0] + 1, read[name][1]]
    path.write_text(json.dumps(read))
    assert wrong(check_public(copied))


def test_the_auditor_notices_a_bound_and_a_gap_changed_together(copied: Path) -> None:
    path = copied / "certificate.json"
    read = json.loads(path.read_text())
    for name in ("bound", "gap", "regrets"):
        read[name] = [read[name][0] - 1, read[name][1]]
    path.write_text(json.dumps(read))
    assert wrong(check_public(copied)) == [], "nobody outside can tell"
    assert wrong(check_whole(copied))


@pytest.mark.parametrize("table", ["award_rows", "award_winners", "award_cases", "award_options", "award_uses"])
def test_the_auditor_notices_what_is_in_a_table_by_its_digest(copied: Path, table: str) -> None:
    """The certificate names the digest of every table: any cell of any of them."""

    def edit(rows: list[dict[str, Any]]) -> None:
        column = next(name for name, value in reversed(rows[0].items()) if isinstance(value, int) and not isinstance(value, bool))
        rows[0][column] += 1

    change(copied, table, edit)
    assert wrong(check_whole(copied))


def firm_of(folder: Path, found: CallSolution, ground: str) -> Path:
    at = int(np.flatnonzero(found.solved.ground == ground)[0])
    return folder / f"firm-{found.solved.table.cases[at]}.json"


def test_a_firm_notices_a_changed_file(copied: Path, found: CallSolution) -> None:
    won, lost = firm_of(copied, found, "awarded"), firm_of(copied, found, "below price")
    own = json.loads(won.read_text())
    for got in (None, "other"):
        won.write_text(json.dumps({**own, "got": got}))
        assert wrong(check_firm(won, copied))
    dearer = [{**option, "uses": {k: use * 100 for k, use in option["uses"].items()}} for option in own["options"]]
    won.write_text(json.dumps({**own, "options": dearer}))
    assert wrong(check_firm(won, copied))
    own = json.loads(lost.read_text())
    better = [{**option, "benefit": option["benefit"] * 1000 + 1000} for option in own["options"]]
    lost.write_text(json.dumps({**own, "options": better}))
    assert wrong(check_firm(lost, copied))
    lost.write_text(json.dumps({**own, "got": own["options"][0]["package"]}))
    assert wrong(check_firm(lost, copied))


def test_a_firm_notices_another_price_list(copied: Path, found: CallSolution) -> None:
    """Its file names the digest of the prices it was told."""
    won = firm_of(copied, found, "awarded")
    own = json.loads(won.read_text())
    won.write_text(json.dumps({**own, "prices": "sha256:" + "0" * 64}))
    assert wrong(check_firm(won, copied))


def test_the_bound_by_hand() -> None:
    from fractions import Fraction

    units = [[(30, {0: 10}), (44, {0: 18})], [(26, {0: 12})], [(15, {0: 8})]]
    value, bound = bound_of(units, [None], [30], [Fraction(2)], [1, 0, None])
    assert (value, bound) == (70, 60 + 10 + 2)
    for chosen, told in (([1, 0, 0], "above the ceiling"), ([2, 0, None], "not offered"), ([1, 0], "one choice a unit")):
        with pytest.raises(AssertionError, match=told):
            bound_of(units, [None], [30], [Fraction(2)], chosen)
    with pytest.raises(AssertionError, match="no limit"):
        bound_of(units, [None], [30], [Fraction(-2)], [1, 0, None])


# --- a call carried out ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "award-register", make_register)


def test_a_call_on_a_register_leaves_what_all_circles_check(files: Path, tmp_path: Path) -> None:
    done = carried(files, tmp_path / "out", open_register(files / "register"))
    folder = tmp_path / "out"
    assert set(done.written) == {"options", "award_rows", "award_winners", "award_cases", "award_options", "award_uses"}
    assert wrong(check_whole(folder)) == []
    again = solved_again(read_call(files / "award.yaml"), files, folder, minor=100)
    assert again.solved.package.tolist() == done.found.solved.package.tolist()
    assert again.solved.certificate.bound == done.found.solved.certificate.bound
    for c, case in enumerate(again.solved.table.cases):
        write_json(folder / f"firm-{case}.json", firm_file(again.solved, c, {}))
        assert wrong(check_firm(folder / f"firm-{case}.json", folder)) == []
    assert not list(folder.glob(".*")), "nothing half-written stays"


def test_the_same_call_gives_the_same_bytes(files: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        carried(files, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
