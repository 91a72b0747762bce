"""Instances of the literature, with the linear bounds and the values that others report in literature.csv.

The files are not ours to keep: LITTLEGIANT_INSTANCES names a folder with mknapcb/mknapcb1.txt … 9 of the OR-Library,
khan/I01 … I13 (coin-or/Dip, data/MMKP/khan/data.tgz) and mmkp/mmkp_a_07.txt … (lucadibello/mmkp); without it these tests are
skipped.

In the last two every class gets exactly one item. Its cheapest item is taken as given and stands for "nothing": what the others
are worth and use is counted from there, and rows hold that much less.
"""

import csv
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from littlegiant.allocation import allocate, relax

from . import plain
from .plain import Case, Option
from .samples import chosen_of, instance_of

FOLDER = Path(os.environ.get("LITTLEGIANT_INSTANCES", ""))
pytestmark = pytest.mark.skipif(
    "LITTLEGIANT_INSTANCES" not in os.environ or not FOLDER.is_dir(), reason="no folder of instances in LITTLEGIANT_INSTANCES"
)
PRINTED = 0.01  # the bounds are known to two digits
with (Path(__file__).parent / "literature.csv").open(encoding="utf-8") as lines:
    TABLE = list(csv.DictReader(lines))
FILES = {("5", "100"): 1, ("5", "250"): 2, ("5", "500"): 3, ("10", "100"): 4, ("10", "250"): 5, ("10", "500"): 6,
         ("30", "100"): 7, ("30", "250"): 8, ("30", "500"): 9}  # fmt: skip


class Published(NamedTuple):
    case: Case
    given: Fraction  # what the cheapest items are worth
    unit: int  # benefits are in parts of 1 / unit
    items: int

    def worth(self, value: float) -> float:
        return float(self.given) + value / self.unit


Item = tuple[Fraction, list[int]]  # value, and use of each row


def tokens(path: Path) -> Iterator[str]:
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    yield from path.read_text(encoding="utf-8-sig").split()


def read(line: dict[str, str]) -> Published:
    return {"mknapcb": read_mknapcb, "mmkp": read_mmkp, "khan": read_khan}[line["source"]](line["instance"])


def read_mknapcb(name: str) -> Published:
    """One of thirty in a file: items, rows, best known; values; by row the uses of all items; what the rows hold."""
    size, number = name.rsplit("-", 1)
    words = tokens(FOLDER / "mknapcb" / f"mknapcb{FILES[tuple(size.split('.'))]}.txt")
    next(words)
    for _ in range(int(number) + 1):
        n, m, _known = int(next(words)), int(next(words)), next(words)
        values = [int(next(words)) for _ in range(n)]
        uses = [[int(next(words)) for _ in range(n)] for _ in range(m)]
        limits = [int(next(words)) for _ in range(m)]
    units = tuple(((values[j], {k: uses[k][j] for k in range(m) if uses[k][j]}),) for j in range(n))
    return Published(Case(tuple((None, limit) for limit in limits), units), Fraction(0), 1, n)


def read_khan(name: str) -> Published:
    """Classes, items of each, rows; what the rows hold; by class its number and lines of value and uses. Solutions follow."""
    words = tokens(FOLDER / "khan" / name)
    n, each, m = (int(next(words)) for _ in range(3))
    limits = [int(next(words)) for _ in range(m)]
    classes = []
    for number in range(1, n + 1):
        assert int(next(words)) == number
        classes.append([_item(words, m) for _ in range(each)])
    return from_the_cheapest(limits, classes)


def read_mmkp(name: str) -> Published:
    """Classes and rows; what the rows hold; by class the number of its items and lines of value and uses."""
    words = tokens(FOLDER / "mmkp" / f"{name}.txt")
    n, m = int(next(words)), int(next(words))
    limits = [int(next(words)) for _ in range(m)]
    classes = [[_item(words, m) for _ in range(int(next(words)))] for _ in range(n)]
    assert next(words, None) is None
    return from_the_cheapest(limits, classes)


def _item(words: Iterator[str], rows: int) -> Item:
    return Fraction(next(words)), [int(next(words)) for _ in range(rows)]


def from_the_cheapest(limits: list[int], classes: list[list[Item]]) -> Published:
    unit = max(value.denominator for items in classes for value, _ in items)
    given, left, units = Fraction(0), list(limits), []
    for items in classes:
        base = min(range(len(items)), key=lambda j: (items[j][0], sum(items[j][1])))
        least, used = items[base]
        given += least
        left = [limit - a for limit, a in zip(left, used, strict=True)]
        options: list[Option] = []
        for j, (value, use) in enumerate(items):
            more = {k: a - b for k, (a, b) in enumerate(zip(use, used, strict=True)) if a != b}
            if j != base:
                options.append((int((value - least) * unit), more))
        units.append(tuple(options))
    return Published(Case(tuple((None, limit) for limit in left), tuple(units)), given, unit, sum(map(len, units)))


def named(line: Any) -> str:
    return line["instance"]


@pytest.mark.parametrize("line", TABLE, ids=named)
def test_the_linear_bound_is_the_published_one(line: dict[str, str]) -> None:
    published = read(line)
    case = published.case
    assert (len(case.units), published.items, len(case.limits)) == tuple(int(line[k]) for k in ("classes", "items", "rows"))
    vertex = relax(instance_of(case))
    assert vertex.proved
    assert published.worth(vertex.at.bound) == pytest.approx(float(line["bound"]), abs=PRINTED)
    assert published.worth(vertex.at.bound) >= float(line["reference"]) - 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("line", TABLE, ids=named)
def test_an_allocation_holds_and_stands_below_its_bound(line: dict[str, str]) -> None:
    published = read(line)
    case = published.case
    found = allocate(instance_of(case), nodes=50)
    assert found.chosen is not None
    assert plain.holds(case, chosen_of(found))
    assert plain.worth(case, chosen_of(found)) == found.value <= found.certificate.bound
    if line["proved"]:
        assert published.worth(found.value) <= float(line["reference"]) + 1e-9
    if found.status == "optimal":
        assert published.worth(found.value) >= float(line["reference"]) - 1e-9
