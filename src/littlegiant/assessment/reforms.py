"""What a reform does to a register: every variant and grid point counted in one pass, curves, and the search for a threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa

from littlegiant.assessment.together import COUNTED, Counts, count_together
from littlegiant.documents import Document
from littlegiant.packs import Pack
from littlegiant.problems import refuse
from littlegiant.register import Register
from littlegiant.standards import Notice, Standard, find_notices, find_versions
from littlegiant.standards.reforming import Axis, Case, Reform, reform_cases

_TOGETHER = 40  # cases a pass: more columns make one query slower than two
_POINTS = 16  # values of one step of the search


@dataclass(frozen=True)
class Setting:
    """By what a reform is judged."""

    register: Register
    pack: Pack
    year: int
    on: date
    application: str
    findings: pa.Table | None = None

    def notices(self, standard: str, version: str) -> list[Document[Notice]]:
        document = find_versions(self.pack, standard, version)[0]
        return find_notices(self.pack, document, on=self.on, application=self.application)

    def cases(self, reform: Document[Reform]) -> list[Case]:
        notices = self.notices(reform.value.standard, reform.value.version)
        return reform_cases(reform, self.pack, on=self.on, application=self.application, notices=notices)


@dataclass(frozen=True)
class Reformed:
    """`counts` has one row a case and group: case (its id), the facts counted by, and the columns of `Counts`.

    The first case is the present text; gained and lost are against it.
    """

    cases: tuple[Case, ...]
    by: tuple[str, ...]
    counts: pa.Table

    def totals(self) -> list[dict[str, int | str]]:
        """Return one row a case, in the order of the cases."""
        columns = COUNTED
        rows = self.counts.to_pylist()
        return [
            {"case": case.id, **{c: sum(row[c] for row in rows if row["case"] == case.id) for c in columns}}
            for case in self.cases
        ]


def judge_reform(reform: Document[Reform], setting: Setting, by: Sequence[str] = ()) -> Reformed:
    """Count every case of `reform` on the register, in groups of the facts `by`."""
    return count_cases(setting.cases(reform), setting, by)


def count_cases(cases: Sequence[Case], setting: Setting, by: Sequence[str] = ()) -> Reformed:
    """Count `cases`, the first of which is the present text, as many in a pass as go well together."""
    tables = []
    present, others = cases[0], cases[1:]
    for start in range(0, len(others), _TOGETHER):
        part = [present, *others[start : start + _TOGETHER]]
        counts = _counts(part, setting, by)
        ids = [part[number].id for number in counts.table["member"].to_pylist()]
        table = counts.table.drop_columns(["member"]).add_column(0, "case", pa.array(ids, pa.string()))
        kept = [row for row, id in enumerate(ids) if id != present.id or start == 0]
        tables.append(table.take(kept))
    return Reformed(tuple(cases), tuple(by), pa.concat_tables(tables))


def _counts(cases: Sequence[Case], setting: Setting, by: Sequence[str]) -> Counts:
    members = [case.compiled for case in cases]
    return count_together(setting.register, members, year=setting.year, by=by, findings=setting.findings)


@dataclass(frozen=True)
class Admission:
    """The value of a parameter that comes nearest to a wanted number of firms without passing it.

    Counted are firms that meet all that can be computed: eligible, or with nothing open but findings.
    """

    parameter: str
    value: Decimal
    firms: int
    beyond: Decimal | None  # the next value of that grain, on which more would be admitted; None at the end of the span
    firms_beyond: int | None
    present: Decimal
    firms_at_present: int


def admitting(
    standard: Document[Standard], parameter: str, firms: int, setting: Setting, *, span: tuple[Decimal, Decimal], grain: Decimal
) -> Admission:
    """Return the value of `parameter` within `span`, in steps of `grain`, that admits at most `firms`, and as many as it can.

    Sixteen values are judged in a pass and the interval around the wanted number is divided again, until it is one
    grain wide. Raises where the number does not go one way with the parameter.
    """
    lowest, highest = span
    if not lowest < highest or grain <= 0:
        refuse("--span", f"{lowest} to {highest} in steps of {grain}", "a span upwards and a positive grain", code="span")
    last = int((highest - lowest) / grain)
    search = _Search(standard, parameter, setting, lowest, grain)
    search.judge([0, last])
    rising = search.counts[last] >= search.counts[0]
    strict, loose = (0, last) if rising else (last, 0)
    if search.counts[strict] > firms:
        found = f"{firms:,}, but {search.counts[strict]:,} firms are in at {parameter} = {search.value(strict)}"
        refuse("--firms", found, "", "Widen the span, or ask for more firms.", code="span")
    while abs(loose - strict) > 1 and search.counts[loose] > firms:
        low, high = sorted((strict, loose))
        search.judge(sorted({low + (high - low) * n // (_POINTS + 1) for n in range(1, _POINTS + 1)} - {low, high}))
        search.check_one_way(rising)
        between = [n for n in search.counts if low <= n <= high]
        fits = [n for n in between if search.counts[n] <= firms]
        strict = max(fits) if rising else min(fits)
        loose = min((n for n in between if n > strict), default=strict) if rising else max(n for n in between if n < strict)
    if search.counts[loose] <= firms:
        return Admission(parameter, search.value(loose), search.counts[loose], None, None, *search.present)
    counts = search.counts
    return Admission(parameter, search.value(strict), counts[strict], search.value(loose), counts[loose], *search.present)


def _meets(total: Mapping[str, int | str]) -> int:
    return int(total["eligible"]) + int(total["open_finding"])


class _Search:
    """Counts at whole numbers of grains above the lowest value, sixteen and more a pass."""

    def __init__(self, standard: Document[Standard], parameter: str, setting: Setting, lowest: Decimal, grain: Decimal) -> None:
        self.standard, self.parameter, self.setting = standard, parameter, setting
        self.lowest, self.grain = lowest, grain
        self.counts: dict[int, int] = {}
        self.present: tuple[Decimal, int] = (Decimal(0), 0)

    def value(self, place: int) -> Decimal:
        return self.lowest + place * self.grain

    def judge(self, places: Sequence[int]) -> None:
        standard = self.standard.value
        axis = Axis(parameter=self.parameter, values=tuple(self.value(place) for place in places))
        reform = Reform(format=1, reform="search", title={}, standard=standard.standard, version=standard.version, grid=(axis,))
        cases = self.setting.cases(Document("parameter", b"", self.standard.text, reform))
        present, *totals = count_cases(cases, self.setting).totals()
        compiled = cases[0].compiled
        given = {name: p.value for each in (*compiled.rests_on, compiled.document) for name, p in each.value.parameters.items()}
        self.present = (given[self.parameter], _meets(present))
        self.counts |= {place: _meets(total) for place, total in zip(places, totals, strict=True)}

    def check_one_way(self, rising: bool) -> None:
        for a, b in pairwise(sorted(self.counts)):
            before, after = self.counts[a], self.counts[b]
            if before > after if rising else before < after:
                found = f"{before:,} firms at {self.value(a)} and {after:,} at {self.value(b)}"
                remedy = "Look at the curve and choose a narrower span."
                refuse(self.parameter, found, "a number that goes one way", remedy, code="span")
