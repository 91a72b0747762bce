"""Invented award calls of any size, as the reference generator describes them: firms, eight packages, rows that can be met.

Amounts and benefits are whole thousandths; a planted allocation of 15 % of the firms fixes floors and ceilings, so that every
instance has an answer.
"""

from typing import Any, Literal

import numpy as np

from littlegiant.allocation.instance import ABSENT, Factored, Instance, Row

Kind = Literal["budget", "std", "big"]
REGIONS, SECTORS, GROUPS = 31, 20, 3
# Shares of the base amount in subsidy, tax, fund and loan, by package.
PACKAGES = (
    {0: 0.3}, {0: 1.0}, {1: 0.5}, {0: 0.3, 1: 0.5}, {3: 0.4}, {0: 0.3, 3: 0.4}, {2: 2.0}, {0: 0.3, 2: 2.0},
)  # fmt: skip
EQUIVALENT = (1.0, 0.8, 0.35, 0.5)
PROFILE = ((50, 30, 20), (34, 33, 33), (60, 40, 0), (20, 40, 40))  # per cent of an amount by year
COUNT = 4  # the measure that counts recipients


def award_call(firms: int, kind: Kind = "std", *, seed: int = 1, ties: bool = False, offered: float = 0.9) -> Instance:
    """Return an invented call; `ties`: standard sizes and scores in steps, so that many firms are alike."""
    random = np.random.Generator(np.random.PCG64(seed))
    region = random.choice(REGIONS, firms, p=_weights(REGIONS, 0.8))
    sector = random.choice(SECTORS, firms, p=_weights(SECTORS, 0.6))
    region_effect, sector_effect = random.normal(0, 0.35, REGIONS), random.normal(0, 0.25, SECTORS)
    base = np.exp(random.normal(0, 0.6, firms))
    quality = random.normal(0, 0.7, firms) + region_effect[region] + sector_effect[sector]
    if ties:
        base, quality = random.choice([0.5, 1.0, 2.0], firms), np.round(quality, 1)
    flags = np.stack([random.random(firms) < share for share in (0.25, 0.35, 0.5)])
    code = ((region * SECTORS + sector) * 8 + flags[0] * 4 + flags[1] * 2 + flags[2]).astype(np.int64)
    order = np.argsort(code, kind="stable")
    codes, cell = np.unique(code[order], return_inverse=True)
    slot_start = np.cumsum([0, *(len(package) + 1 for package in PACKAGES)]).astype(np.int32)
    slot_measure = np.array([q for package in PACKAGES for q in (*package, COUNT)], np.int32)
    amount = np.zeros((len(slot_measure), firms), np.int32)
    benefit = np.full((len(PACKAGES), firms), ABSENT, np.int32)
    for t, package in enumerate(PACKAGES):
        there = random.random(firms) < offered
        equivalent = np.zeros(firms)
        for r, (q, share) in enumerate(package.items(), start=int(slot_start[t])):
            spread = 1.0 if ties else random.uniform(0.8, 1.2, firms)
            thousandths = np.maximum(np.round(1000 * share * base * spread), 1)
            equivalent += thousandths / 1000 * EQUIVALENT[q]
            amount[r] = np.where(there, thousandths, 0)[order]
        amount[slot_start[t + 1] - 1] = there[order]
        noise = 1.0 if ties else np.exp(random.normal(0, 0.25, firms))
        worth = np.exp(quality) * (equivalent + 0.02) ** 0.6 * base**0.4 * noise
        steps = np.round(worth * 100) * 10 if ties else np.round(worth * 1000)
        benefit[t] = np.where(there, np.maximum(steps, 1), ABSENT)[order]
    rows, entries = _rows(codes, kind)
    made = _factored(cell, slot_start, slot_measure, benefit, amount, entries, len(codes))
    tie = np.random.Generator(np.random.Philox(key=[seed, 77])).random(firms)
    empty = Instance(tuple(Row(name) for name in rows), made, None, order.astype(np.int64), tie)
    return _bounded(empty, rows, random)


def _weights(count: int, power: float) -> Any:
    weight = 1.0 / np.arange(1, count + 1) ** power
    return weight / weight.sum()


def _rows(codes: Any, kind: Kind) -> tuple[list[str], list[list[tuple[int, int, int]]]]:
    """Return the names of the rows and for each cell its entries: row, measure, weight in hundredths or 1."""
    names: list[str] = []
    entries: list[list[tuple[int, int, int]]] = [[] for _ in codes]
    region, sector = codes // 8 // SECTORS, codes // 8 % SECTORS
    flag = [codes // 4 % 2, codes // 2 % 2, codes % 2]

    def add(name: str, members: Any, terms: list[tuple[int, int]]) -> None:
        number = len(names)
        names.append(name)
        for c in np.flatnonzero(members):
            entries[c] += [(number, q, weight) for q, weight in terms if weight]

    every = np.ones(len(codes), bool)
    year = [[(q, PROFILE[q][y]) for q in range(4)] for y in range(3)]
    for q in range(4):
        for y in range(3):
            if PROFILE[q][y]:
                add(f"budget {q} {y}", every, [(q, PROFILE[q][y])])
    if kind == "budget":
        return names, entries
    cofinance = [20 + 5 * (r % 7) for r in range(REGIONS)]
    total = [(q, 1) for q in range(4)]
    if kind == "std":
        for r in range(REGIONS):
            add(f"region {r}", region == r, total)
        for s in range(SECTORS):
            add(f"sector {s}", sector == s, total)
        for r in range(REGIONS):
            add(f"cofinance {r}", region == r, [(0, cofinance[r]), (1, cofinance[r] // 2)])
    else:
        for y in range(3):
            for r in range(REGIONS):
                add(f"region {r} {y}", region == r, year[y])
            for s in range(SECTORS):
                add(f"sector {s} {y}", sector == s, year[y])
            for r in range(REGIONS):
                share = cofinance[r]
                add(f"cofinance {r} {y}", region == r, [(0, share * PROFILE[0][y]), (1, share // 2 * PROFILE[1][y])])
        for q in range(4):
            for r in range(REGIONS):
                add(f"region {r} instrument {q}", region == r, [(q, 1)])
    for g in range(GROUPS):
        add(f"group {g}", flag[g] == 1, [(COUNT, 1)])
    add("recipients", every, [(COUNT, 1)])
    return names, entries


def _factored(cell: Any, slot_start: Any, slot_measure: Any, benefit: Any, amount: Any, entries: Any, cells: int) -> Factored:
    flat = [entry for own in entries for entry in own]
    row, measure, weight = (np.array([entry[at] for entry in flat]) for at in range(3))
    entry_start = np.cumsum([0, *(len(own) for own in entries)]).astype(np.int32)
    return Factored(
        cell.astype(np.int32), slot_start, slot_measure, benefit, amount, entry_start, row.astype(np.int32),
        measure.astype(np.int32), weight.astype(np.int64), COUNT + 1,
    )  # fmt: skip


def _bounded(empty: Instance, names: list[str], random: Any) -> Instance:
    """Return the instance with bounds from a planted choice: the 15 % of firms of best noisy density, each its best package."""
    f = empty.factored
    assert f is not None
    firms = len(f)
    density = np.full((len(PACKAGES), firms), -1.0)
    for t, package in enumerate(PACKAGES):
        rows = range(int(f.slot_start[t]), int(f.slot_start[t]) + len(package))
        cost = sum(f.amount[r] * EQUIVALENT[f.slot_measure[r]] for r in rows)
        there = f.benefit[t] != ABSENT
        density[t, there] = f.benefit[t, there] / (cost[there] + 50) * np.exp(random.normal(0, 0.5, int(there.sum())))
    best = density.argmax(axis=0)
    top = density[best, np.arange(firms)]
    winners = np.argsort(-top, kind="stable")[: round(0.15 * firms)]
    chosen = np.full(firms, -1, np.int32)
    chosen[winners] = best[winners]
    use = empty.uses(chosen)
    above, below = random.choice([1.0, 1.1, 1.4], len(names)), random.choice([0.8, 0.95, 1.0], len(names))
    rows = []
    for k, name in enumerate(names):
        floored = name.startswith(("region", "group")) and "instrument" not in name
        ceiling = None if name.startswith("group") else int(use[k] * above[k])
        if floored and ceiling is not None and above[k] == below[k] == 1.0:
            below[k] = 0.95  # a row held to one thousandth from both sides is met by the planted choice alone
        rows.append(Row(name, int(use[k] * below[k]) if floored else None, ceiling))
    return Instance(tuple(rows), f, None, empty.origin, empty.tie)


def real_round(projects: int = 5_900, winners: int = 1_250, *, seed: int = 1, choice: bool = False) -> Instance:
    """Return a round as China holds it: one fixed sum in two payments, 36 regions with quotas in proportion, a cap on winners,
    a floor for the north-east and one for small firms. `choice`: half the sum as a second package, 3 % less money."""
    random = np.random.Generator(np.random.PCG64(seed))
    regions = 36
    region = random.choice(regions, projects, p=_weights(regions, 0.7))
    small = random.random(projects) < 0.3
    sector = random.choice(SECTORS, projects, p=_weights(SECTORS, 0.5))
    score = np.clip(random.normal(70, 9, projects) + random.normal(0, 2, regions)[region], 0, 100)
    effect = 600 * np.exp(random.normal(0, 0.25, projects) + 0.012 * (score - 70))
    sizes = (600, 300) if choice else (600,)  # in ten thousand yuan, three years
    names: list[str] = []
    code = (region * SECTORS + sector) * 2 + small
    codes, cell = np.unique(code, return_inverse=True)
    entries: list[list[tuple[int, int, int]]] = [[] for _ in codes]

    def add(name: str, members: Any, terms: list[tuple[int, int]]) -> None:
        for c in np.flatnonzero(members):
            entries[c] += [(len(names), q, weight) for q, weight in terms]
        names.append(name)

    every = np.ones(len(codes), bool)
    for year in range(3):
        add(f"central {2026 + year}", every, [(0, (50, 25, 25)[year])])
    of_region, of_sector = codes // 2 // SECTORS, codes // 2 % SECTORS
    for r in range(regions):
        add(f"quota {r}", of_region == r, [(1, 1)])
    for s in range(SECTORS):
        add(f"sector {s}", of_sector == s, [(0, 1)])
    add("winners", every, [(1, 1)])
    add("north-east", np.isin(of_region, (5, 17, 29)), [(0, 1)])
    add("small firms", codes % 2 == 1, [(1, 1)])
    order = np.argsort(cell, kind="stable")
    slot_start = np.arange(0, 2 * len(sizes) + 1, 2).astype(np.int32)
    amount = np.zeros((2 * len(sizes), projects), np.int32)
    benefit = np.zeros((len(sizes), projects), np.int32)
    for t, size in enumerate(sizes):
        amount[2 * t], amount[2 * t + 1] = size, 1
        benefit[t] = np.round(effect * (size / 600) ** 0.6)[order]
    made = _factored(cell[order], slot_start, np.array([0, 1] * len(sizes), np.int32), benefit, amount, entries, len(codes))
    share = np.bincount(region, minlength=regions) / projects
    money = winners * 600 * (97 if choice else 100) // 100
    by_sector = np.bincount(sector, minlength=SECTORS) / projects
    rows = [Row(f"central {2026 + y}", None, money * (50, 25, 25)[y]) for y in range(3)]
    rows += [Row(f"quota {r}", None, int(np.ceil(1.04 * winners * share[r]))) for r in range(regions)]
    rows += [Row(f"sector {s}", None, int(1.15 * money * by_sector[s])) for s in range(SECTORS)]
    rows += [
        Row("winners", None, winners),
        Row("north-east", int(0.05 * money), None),
        Row("small firms", int(0.25 * winners), None),
    ]
    tie = np.random.Generator(np.random.Philox(key=[seed, 78])).random(projects)
    return Instance(tuple(rows), made, None, order.astype(np.int64), tie)
