"""Groups of firms from who owns whom.

A share above one half, or control of another kind, links two firms; what is linked to the same firm is linked to each
other, and firms that are linked to each other hold as one (Art. 3(3) of the Annex to Recommendation 2003/361/EC; the pack
may set other limits). Shares are taken as they are given, the larger of capital and votes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse
from littlegiant.register.store import Register

Ints = npt.NDArray[np.int64]
_MOST_TOLD = 20


@dataclass(frozen=True)
class Groups:
    """`members`: firm, group (its first firm by id), size. `cycles`: firms that own each other in a ring, each ring's firms."""

    members: pa.Table
    cycles: tuple[tuple[str, ...], ...]


class GroupFinder:
    """Groups of one register; tables stay in an engine for the figures of the whole."""

    def __init__(self, register: Register, pack: Pack) -> None:
        if not register.has("ownership"):
            remedy = "Import one with the columns owner, firm, share, kind."
            refuse(str(register.path), "no table ownership", "a register with holdings", remedy, code="no-ownership")
        self.register, self.pack, self.rules = register, pack, pack.header.groups
        self.engine = DuckDBEngine()
        for name in ("firms", "firm_years", "ownership", *(("recognitions",) if register.has("recognitions") else ())):
            self.engine.bind(name, register.table(name))
        self._check()
        every = "SELECT firm FROM firms UNION SELECT owner FROM ownership UNION SELECT firm FROM ownership"
        self.engine.keep("nodes", f"SELECT firm, row_number() OVER (ORDER BY firm) - 1 AS n FROM ({every})")
        self.engine.keep(
            "holdings",
            "SELECT a.n AS owner, b.n AS firm, share, kind FROM ownership AS o "
            "JOIN nodes AS a ON a.firm = o.owner JOIN nodes AS b ON b.firm = o.firm",
        )

    def _check(self) -> None:
        """Refuse holdings that cannot be, naming the firms."""
        problems = [
            *self._told("owner = firm", "a firm that owns itself", "two firms"),
            *self._told("share < 0 OR share > 1 OR share IS NULL", "a share that is no fraction", "0 to 1"),
        ]
        over = "SELECT firm, sum(share) AS held FROM ownership GROUP BY firm HAVING sum(share) > 1"
        for row in self.engine.table(f"{over} ORDER BY firm LIMIT {_MOST_TOLD}", order=()).to_pylist():
            found = f"shares in {row['firm']} that add up to {row['held']:f}"
            problems.append(Problem(f"{self.register.path}, ownership", found, "at most 1", "Correct them.", "range"))
        if problems:
            raise LittleGiantError(problems)

    def _told(self, test: str, found: str, expected: str) -> Iterator[Problem]:
        rows = self.engine.table(f"SELECT owner, firm, share FROM ownership WHERE {test} ORDER BY owner, firm LIMIT 20", order=())
        for row in rows.to_pylist():
            place = f"{self.register.path}, ownership, {row['owner']} in {row['firm']}"
            yield Problem(place, f"{found} ({row['share']})", expected, "Correct the row, or leave it out.", "range")

    def find(self) -> Groups:
        """Link firms until nothing more links, and keep node, label as `grouped`."""
        (count,) = self.engine.table("SELECT count(*) AS n FROM nodes", order=())["n"].to_pylist()
        kinds = ", ".join(f"'{kind}'" for kind in self.rules.control)
        linked = f"SELECT owner, firm FROM holdings WHERE share > {self.rules.linked_above} OR kind IN ({kinds})"
        pairs = _pairs(self.engine.table(linked, order=("owner", "firm")))
        shared = self._shared()
        labels = components(count, pairs)
        while len(more := _held_together(labels, shared, self.rules.linked_above)):
            pairs = np.concatenate([pairs, more])
            labels = components(count, np.concatenate([np.stack([np.arange(count), labels], axis=1), more]))
        self.engine.bind("grouped", pa.table({"n": np.arange(count), "label": labels}))
        members = self.engine.table(
            'SELECT n.firm, first.firm AS "group", count(*) OVER (PARTITION BY g.label) AS size FROM nodes AS n '
            "JOIN grouped AS g USING (n) JOIN nodes AS first ON first.n = g.label",
            order=("firm",),
        )
        return Groups(members, self._cycles(count, pairs))

    def _shared(self) -> tuple[Ints, Ints, Ints]:
        """Return owner, firm and share (in units of 10^-12) of the holdings in firms with several owners."""
        several = "SELECT firm FROM holdings GROUP BY firm HAVING count(*) > 1"
        table = self.engine.table(
            f"SELECT owner, firm, CAST(share * 1000000000000 AS BIGINT) AS share FROM holdings WHERE firm IN ({several})",
            order=("firm", "owner"),
        )
        owner, firm, share = (table[name].to_numpy().astype(np.int64) for name in ("owner", "firm", "share"))
        return owner, firm, share

    def _cycles(self, count: int, pairs: Ints) -> tuple[tuple[str, ...], ...]:
        """Return rings of control; they change nothing in the groups and are worth a look."""
        rings = cycles(count, pairs)
        names = dict(self._names(sorted({n for ring in rings for n in ring})))
        return tuple(tuple(names[n] for n in ring) for ring in rings)

    def _names(self, nodes: Sequence[int]) -> list[tuple[int, str]]:
        if not nodes:
            return []
        wanted = ", ".join(str(n) for n in nodes)
        rows = self.engine.table(f"SELECT n, firm FROM nodes WHERE n IN ({wanted})", order=("n",)).to_pylist()
        return [(row["n"], row["firm"]) for row in rows]


def _held_together(labels: Ints, shared: tuple[Ints, Ints, Ints], above: Decimal) -> Ints:
    """Return pairs that link: an owner, and a firm of which the owner and those linked to it hold more than `above`."""
    owner, firm, share = shared
    apart = labels[owner] != labels[firm]
    owner, firm, share = owner[apart], firm[apart], share[apart]
    order = np.lexsort((labels[owner], firm))
    owner, firm, share = owner[order], firm[order], share[order]
    if not len(owner):
        return np.empty((0, 2), np.int64)
    starts = np.flatnonzero(np.r_[True, (firm[1:] != firm[:-1]) | (labels[owner][1:] != labels[owner][:-1])])
    linked = np.add.reduceat(share, starts) > int(above * 10**12)
    return np.stack([owner[starts][linked], firm[starts][linked]], axis=1)


def _pairs(table: pa.Table) -> Ints:
    return np.stack([table[name].to_numpy().astype(np.int64) for name in ("owner", "firm")], axis=1).reshape(-1, 2)


def components(count: int, pairs: Ints) -> Ints:
    """Return for each node the least node it is connected to (label propagation with pointer jumping)."""
    labels = np.arange(count, dtype=np.int64)
    while len(pairs):
        before = labels.copy()
        ends = labels[pairs]
        low = ends.min(axis=1)
        for side in (0, 1):
            np.minimum.at(labels, ends[:, side], low)
            np.minimum.at(labels, pairs[:, side], low)
        while True:
            jumped = labels[labels]
            if np.array_equal(jumped, labels):
                break
            labels = jumped
        pairs = pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]]
        if np.array_equal(before, labels):
            break
    return labels


def cycles(count: int, pairs: Ints, most: int = _MOST_TOLD) -> list[list[int]]:
    """Return rings of `pairs` (from, to), each from its least node: what is left when all that leads nowhere is taken away."""
    edges = pairs
    while True:
        into, out = np.zeros(count, bool), np.zeros(count, bool)
        into[edges[:, 1]], out[edges[:, 0]] = True, True
        kept = edges[out[edges[:, 1]] & into[edges[:, 0]]]
        if len(kept) == len(edges):
            break
        edges = kept
    following: dict[int, list[int]] = {}
    for start, end in edges.tolist():
        following.setdefault(start, []).append(end)
    rings: dict[tuple[int, ...], None] = {}
    for start in sorted(following):
        path, place = [start], {start: 0}
        while (after := min(following.get(path[-1], [-1]))) >= 0:
            if after in place:
                ring = path[place[after] :]
                least = ring.index(min(ring))
                rings[tuple(ring[least:] + ring[:least])] = None
                break
            place[after] = len(path)
            path.append(after)
        if len(rings) >= most:
            break
    return [list(ring) for ring in rings]
