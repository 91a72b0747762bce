"""Who belongs together, what the group has, and who stands beside a titled firm – by the official example and by brute force."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from littlegiant.engines import DuckDBEngine
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register, synthesise
from littlegiant.register.consolidation import write_groups
from littlegiant.register.groups import components, cycles
from littlegiant.register.store import RegisterWriter

EU = open_pack("eu")
Holding = tuple[str, str, str, str]


def made(folder: Path, staff: dict[str, int | None], holdings: Sequence[Holding], titles: Sequence[str] = ()) -> Register:
    """Write a register of firms with their own staff of one year and who holds whom."""
    engine = DuckDBEngine()
    firms = sorted(staff)
    years = [{"firm": f, "year": 2025, "staff": None if staff[f] is None else Decimal(staff[f])} for f in firms]
    tables: dict[str, pa.Table] = {
        "firms": pa.table({"firm": firms}),
        "firm_years": pa.Table.from_pylist(
            years, pa.schema([("firm", pa.string()), ("year", pa.int64()), ("staff", pa.decimal128(18, 2))])
        ),
        "ownership": pa.Table.from_pylist(
            [{"owner": o, "firm": f, "share": Decimal(s), "kind": k} for o, f, s, k in holdings],
            pa.schema([("owner", pa.string()), ("firm", pa.string()), ("share", pa.decimal128(18, 12)), ("kind", pa.string())]),
        ),
    }
    with RegisterWriter(folder, EU, synthetic=True, title={"en": "toy"}) as writer:
        for name, table in tables.items():
            engine.bind(f"given_{name}", table)
            order = {"firms": ("firm",), "firm_years": ("firm", "year"), "ownership": ("owner", "firm")}[name]
            writer.write(engine, name, f"SELECT * FROM given_{name}", order=order)
        writer.finish({})
    return open_register(folder)


def whole(register: Register, to: Path) -> dict[str, Any]:
    write_groups(register, EU, to)
    rows = pq.read_table(to / "firm_years.parquet").to_pylist()
    return {row["firm"]: row["staff_consolidated"] for row in rows}


A_B_C_D: list[Holding] = [("B", "A", "0.25", "university"), ("C", "A", "0.30", "firm"), ("D", "A", "0.25", "institutional")]


def test_the_official_example_with_excepted_investors(tmp_path: Path) -> None:
    register = made(tmp_path / "r", {"A": 100, "B": 1000, "C": 200, "D": 4000}, A_B_C_D)
    assert whole(register, tmp_path / "g")["A"] == Decimal(100 + 60)


def test_excepted_investors_that_are_linked_to_each_other_count(tmp_path: Path) -> None:
    holdings: list[Holding] = [("B", "A", "0.30", "university"), ("C", "A", "0.30", "firm"), ("D", "A", "0.25", "institutional")]
    register = made(tmp_path / "r", {"A": 100, "B": 1000, "C": 200, "D": 4000}, [*holdings, ("B", "D", "0.9", "firm")])
    # B and D hold 55 % together: A is linked to both; C is a partner of the whole.
    assert whole(register, tmp_path / "g")["A"] == Decimal(100 + 1000 + 4000 + 60)


@pytest.mark.parametrize(
    ("share", "expected"),
    [("0.2499", "100"), ("0.25", "150"), ("0.5", "200"), ("0.500000000001", "300"), ("1", "300")],
)
def test_below_on_and_above_each_limit(tmp_path: Path, share: str, expected: str) -> None:
    register = made(tmp_path / "r", {"A": 100, "B": 200}, [("A", "B", share, "firm")])
    assert whole(register, tmp_path / "g")["A"] == Decimal(expected)


def test_control_of_another_kind_links_whatever_the_share(tmp_path: Path) -> None:
    register = made(tmp_path / "r", {"A": 100, "B": 200}, [("A", "B", "0.1", "control")])
    assert whole(register, tmp_path / "g")["B"] == Decimal(300)


def test_partners_of_partners_do_not_count_but_what_is_linked_to_a_partner_does(tmp_path: Path) -> None:
    holdings: list[Holding] = [("A", "B", "0.3", "firm"), ("B", "C", "0.4", "firm"), ("D", "B", "0.51", "firm")]
    register = made(tmp_path / "r", {"A": 100, "B": 10, "C": 1000, "D": 20}, holdings)
    assert whole(register, tmp_path / "g")["A"] == Decimal(100) + Decimal("0.3") * 30


def test_a_member_without_a_figure_leaves_the_whole_unknown(tmp_path: Path) -> None:
    register = made(tmp_path / "r", {"A": 100, "B": None}, [("A", "B", "0.8", "firm")])
    assert whole(register, tmp_path / "g")["A"] is None
    abroad = made(tmp_path / "r2", {"A": 100}, [("elsewhere", "A", "0.3", "firm")])
    assert whole(abroad, tmp_path / "g2")["A"] is None


def test_rings_are_named_and_change_nothing(tmp_path: Path) -> None:
    ring: list[Holding] = [("A", "B", "0.6", "firm"), ("B", "C", "0.6", "firm"), ("C", "A", "0.6", "firm")]
    register = made(tmp_path / "r", {"A": 1, "B": 2, "C": 4, "D": 8}, ring)
    groups = write_groups(register, EU, tmp_path / "g")
    assert groups.cycles == (("A", "B", "C"),)
    assert whole(register, tmp_path / "h") == {"A": 7, "B": 7, "C": 7, "D": 8}


@pytest.mark.parametrize(
    ("holdings", "told"),
    [
        ([("A", "A", "0.3", "firm")], "a firm that owns itself"),
        ([("A", "B", "1.2", "firm")], "a share that is no fraction"),
        ([("A", "B", "0.7", "firm"), ("C", "B", "0.7", "firm")], "shares in B that add up to 1.4"),
    ],
)
def test_holdings_that_cannot_be_are_named(tmp_path: Path, holdings: list[Holding], told: str) -> None:
    register = made(tmp_path / "r", {"A": 1, "B": 2, "C": 4}, holdings)
    with pytest.raises(LittleGiantError, match=told):
        write_groups(register, EU, tmp_path / "g")
    assert not (tmp_path / "g").exists()


def test_a_register_without_holdings_says_so(tmp_path: Path) -> None:
    cn = open_pack("cn")
    synthesise(cn, tmp_path / "r", firms=50, years=(2025,), seed=1)
    with pytest.raises(LittleGiantError, match="no table ownership"):
        write_groups(open_register(tmp_path / "r"), cn, tmp_path / "g")


def test_who_stands_beside_a_titled_firm(tmp_path: Path) -> None:
    cn = open_pack("cn")
    synthesise(cn, tmp_path / "r", firms=3000, years=(2024, 2025), seed=4, more=True)
    register = open_register(tmp_path / "r")
    groups = write_groups(register, cn, tmp_path / "g")
    held = {
        row["firm"]
        for row in pq.read_table(register.table("recognitions")).to_pylist()
        if row["tier"] == "little-giant" and row["status"] == "valid"
    }
    group = {row["firm"]: row["group"] for row in groups.members.to_pylist()}
    supplied = {r["firm"]: r["controlled_link_to_little_giant"] for r in pq.read_table(register.table("firms")).to_pylist()}
    for row in pq.read_table(tmp_path / "g" / "firms.parquet").to_pylist():
        beside = any(other != row["firm"] and group[other] == group[row["firm"]] for other in held)
        wanted = supplied[row["firm"]] if supplied[row["firm"]] is not None else beside
        assert row["controlled_link_to_little_giant"] == wanted


def test_components_and_rings_by_chance_are_those_of_a_slow_search() -> None:
    for seed in range(60):
        rng = Random(seed)
        count = rng.randint(1, 30)
        pairs = [(rng.randrange(count), rng.randrange(count)) for _ in range(rng.randint(0, 40))]
        pairs = [(a, b) for a, b in pairs if a != b]
        slow = list(range(count))
        for _ in range(count):
            for a, b in pairs:
                slow[a] = slow[b] = min(slow[a], slow[b])
        array = np.array(pairs, np.int64).reshape(-1, 2)
        assert components(count, array).tolist() == slow
        assert bool(cycles(count, array)) == _has_ring(count, pairs)


def _has_ring(count: int, pairs: list[tuple[int, int]]) -> bool:
    reach = [[(a, b) in pairs for b in range(count)] for a in range(count)]
    for k in range(count):
        for a in range(count):
            for b in range(count):
                reach[a][b] = reach[a][b] or (reach[a][k] and reach[k][b])
    return any(reach[a][a] for a in range(count))
