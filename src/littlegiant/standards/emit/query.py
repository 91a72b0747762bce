"""One query for a compiled standard: all conditions of all firms at once, outcome and bit sets out.

The query is cut into layers, each a SELECT over the one below: atoms of the conditions, then what is built on them,
then scores, the verdict, and the sets. Every condition is a named column of its layer, so nothing is written twice
however deep the rules are nested. The relation below the first layer is `subject`: one row a case with one column
an item, named by the item's id.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from littlegiant.standards.emit.conditions import ConditionWriter
from littlegiant.standards.emit.dialects import in_dialect
from littlegiant.standards.kinds import Atom, Bands, Junction, Ladder, Logic, Negation, Points, parts_of
from littlegiant.standards.language import Expr, Item, Scope
from littlegiant.standards.language import tree as t
from littlegiant.standards.plan import Compiled
from littlegiant.standards.plan.slots import Slot

# Columns in a text: items in quotes, what layers made; strings are passed over.
_READ = re.compile(r"""'(?:[^']|'')*'|("[^"]+"|\b_c[0-9]+\b)""")
RESULT_COLUMNS = ("case", "outcome", "open", "score_low", "score_high")


def item_column(item: Item) -> str:
    return f'"{item.id}"'


def query(compiled: Compiled, dialect: str = "duckdb") -> str:
    """Return the query that judges every row of the relation `subject`; its rows come in no promised order.

    Columns: case, outcome (eligible, ineligible, undetermined), open (data, finding, both, or null), score_low,
    score_high (null without a score), failed_n, unknown_n, needed_n (see `Slots`), and, where a rule uses `assume`,
    assumed_n: the missing items for which it took a value.
    """
    one = _Query(compiled, layers := _Layers())
    columns = one.result_columns()
    return in_dialect(layers.select(['"case"', *columns]), dialect)


def query_together(members: Sequence[Compiled], others: Sequence[str] = ()) -> str:
    """Return the query that judges every row of `subject` by each of `members`; what they share is computed once.

    Columns: case, `others` as they stand, and for the n-th member, counted from 0, `v{n}`: true for eligible, false for
    ineligible, null for undetermined; `m{n}`: true where all that can be computed is met (eligible, or only findings
    open), false for ineligible, null where data are missing; `low{n}` and `high{n}`, the ends of its score, null without one.
    """
    layers = _Layers()
    columns = ['"case"', *(f'"{name}"' for name in others)]
    for number, compiled in enumerate(members):
        one = _Query(compiled, layers)
        ends = [f"CAST({column or 'NULL'} AS INTEGER)" for column in (one.score or (None, None))]
        meets = f"CASE WHEN {one.root.name} IS NOT NULL THEN {one.root.name} WHEN NOT ({_Sets(one).open_data()}) THEN TRUE END"
        columns += [f"{one.root.name} AS v{number}", f"{meets} AS m{number}"]
        columns += [f"{ends[0]} AS low{number}", f"{ends[1]} AS high{number}"]
    return layers.select(columns)


@dataclass
class _Column:
    """A condition that has become a column: its name and the layer that computes it."""

    name: str
    layer: int


class _Layers:
    """The columns of each layer. The same text in one layer is one column, whoever asks for it."""

    def __init__(self) -> None:
        self._columns: list[dict[str, str]] = []  # of each layer: text -> name
        self._count = 0

    def put(self, layer: int, sql: str) -> str:
        while len(self._columns) <= layer:
            self._columns.append({})
        columns = self._columns[layer]
        if sql not in columns:
            columns[sql] = f"_c{self._count}"
            self._count += 1
        return columns[sql]

    @property
    def top(self) -> int:
        return len(self._columns)

    def select(self, columns: Sequence[str]) -> str:
        """Return the query of `columns` over all layers; a layer passes on only what is read above it."""
        wanted = _columns_in(columns)
        layers = []
        for made in reversed(self._columns):
            named = [(name, sql) for sql, name in made.items() if name in wanted]
            passed = sorted(wanted - {name for name, _ in named})
            layers.append([*passed, *(f"{sql} AS {name}" for name, sql in named)])
            wanted = {*passed, *_columns_in(sql for _, sql in named)}
        relation = f"SELECT {', '.join(sorted(wanted))} FROM subject"
        for layer in reversed(layers):
            relation = f"SELECT {', '.join(layer)} FROM ({relation}) AS layer"
        return f"SELECT {', '.join(columns)} FROM ({relation}) AS verdict"


def _columns_in(texts: Iterable[str]) -> set[str]:
    return {column for text in texts for column in _READ.findall(text) if column}


class _Query:
    """One standard's columns in the layers."""

    def __init__(self, compiled: Compiled, layers: _Layers) -> None:
        self.compiled = compiled
        self.layers = layers
        self.columns: dict[int, _Column] = {}  # id(logic) -> column
        self.arms: dict[tuple[int, int], str] = {}
        self.intervals: dict[str, tuple[str, str]] = {}  # ladder id -> columns of its least and greatest points
        self.rungs: dict[str, list[str]] = {}  # ladder id -> columns of its steps
        self.score: tuple[str, str] | None = None
        self.writer = ConditionWriter(compiled.scope, item_column, compiled.reference_date, compiled.document.name)
        self.root = self._place(compiled.root)

    # --- layers -----------------------------------------------------------------------------------------

    def _put(self, layer: int, sql: str) -> str:
        return self.layers.put(layer, sql)

    def _place(self, logic: Logic) -> _Column:
        """Give `logic` and all below it their columns; return its own."""
        if logic.slot is not None:  # so that a formula that cannot be written is refused by the name of its condition
            self.writer = replace(self.writer, place=f"{self.compiled.document.name}, {logic.slot}")
        if isinstance(logic, Atom):
            column = _Column(self._put(0, self.writer.write(logic.expr)), 0)
        elif isinstance(logic, Points):
            column = self._place_points(logic)
        elif isinstance(logic, Bands) and logic.open_ended:
            column = self._place_open_ended(logic)
        else:
            below = [self._place(part) for part in parts_of(logic)]
            layer = max(part.layer for part in below) + 1
            column = _Column(self._put(layer, self._combined(logic, [part.name for part in below], layer)), layer)
        self.columns[id(logic)] = column
        return column

    def _place_open_ended(self, bands: Bands) -> _Column:
        """Write bands that may leave a value out as one CASE: a row is held against the arm it falls in and no other.

        With the selector unknown, or in no arm, every condition is unknown or false and so is the whole: unknown.
        What the arms hold stays text, to be asked again only for the firms that are undetermined.
        """
        arms = []
        for index, arm in enumerate(bands.arms):
            self.arms[id(bands), index] = self.writer.write(arm.condition)
            arms.append(f"WHEN {self.arms[id(bands), index]} THEN {self._inline(arm.part)}")
        return _Column(self._put(0, f"(CASE {' '.join(arms)} END)"), 0)

    def _inline(self, logic: Logic) -> str:
        """Write `logic` as text without columns of its own."""
        if isinstance(logic, Atom):
            text = self.writer.write(logic.expr)
        else:
            assert isinstance(logic, (Junction, Negation))
            parts = [self._inline(part) for part in parts_of(logic)]
            text = self._combined(logic, parts, 0)
        self.columns[id(logic)] = _Column(text, 0)
        return text

    def _combined(self, logic: Logic, names: list[str], layer: int) -> str:
        if isinstance(logic, Junction):
            return "(" + (" AND " if logic.word == "all" else " OR ").join(names) + ")"
        if isinstance(logic, Negation):
            return f"(NOT {names[0]})"
        assert isinstance(logic, Bands)
        arms = [self._put(0, self.writer.write(arm.condition)) for arm in logic.arms]
        for index, arm in enumerate(arms):
            self.arms[id(logic), index] = arm
        every = " AND ".join(f"(NOT {arm} OR {name})" for arm, name in zip(arms, names, strict=True))
        some = " OR ".join(f"({arm} AND {name})" for arm, name in zip(arms, names, strict=True))
        return f"(CASE WHEN {every} THEN TRUE WHEN NOT ({some}) THEN FALSE END)"

    # --- scores -----------------------------------------------------------------------------------------

    def _place_points(self, points: Points) -> _Column:
        for ladder in points.ladders:
            low, high = self._interval(ladder)
            self.intervals[ladder.id] = (self._put(1, low), self._put(1, high))
        tests: list[str] = []
        totals: list[str] = []
        caps, floors = dict(points.caps), dict(points.floors)
        groups = sorted({*(ladder.group for ladder in points.ladders), *floors})
        for end in (0, 1):
            sums = {}
            for group in groups:
                total = " + ".join(self.intervals[x.id][end] for x in points.ladders if x.group == group) or "0"
                sums[group] = self._put(2, f"LEAST({caps[group]}, {total})" if group in caps else f"({total})")
            totals.append(self._put(3, " + ".join(sums.values())))
            reached = [f"{sums[group]} >= {floors[group]}" for group in groups if group in floors]
            tests.append(" AND ".join([*reached, f"{totals[end]} >= {points.pass_mark}"]))
        self.score = (totals[0], totals[1])
        return _Column(self._put(4, f"(CASE WHEN {tests[0]} THEN TRUE WHEN NOT ({tests[1]}) THEN FALSE END)"), 4)

    def _interval(self, ladder: Ladder) -> tuple[str, str]:
        """Return the least and the greatest points that the known facts leave possible."""
        points = [step.points for step in ladder.steps] + [ladder.otherwise]
        points = [min(p, ladder.cap) for p in points] if ladder.cap is not None else points
        met = [self._put(0, self.writer.write(step.condition)) for step in ladder.steps]
        self.rungs[ladder.id] = met
        if ladder.one_measure:
            plain = " ".join(f"WHEN {name} THEN {value}" for name, value in zip(met, points, strict=False))
            unknown = f"{met[0]} IS NULL"
            low = f"(CASE WHEN {unknown} THEN {min(points)} {plain} ELSE {points[-1]} END)"
            return low, f"(CASE WHEN {unknown} THEN {max(points)} {plain} ELSE {points[-1]} END)"
        reach = []
        for number, name in enumerate([*met, None]):
            before = [f"{earlier} IS NOT TRUE" for earlier in met[:number]]
            reach.append(" AND ".join([*before, f"{name} IS NOT FALSE"] if name else before))
        choices = ", ".join(f"CASE WHEN {r} THEN {p} END" for r, p in zip(reach, points, strict=True))
        return f"LEAST({choices})", f"GREATEST({choices})"

    # --- sets -------------------------------------------------------------------------------------------

    def _name(self, logic: Logic) -> str:
        return self.columns[id(logic)].name

    def result_columns(self) -> list[str]:
        """Return outcome, open, scores and sets; what they need lies in the layers when this returns."""
        top = self.root.name
        sets = _Sets(self)
        outcome = f"CASE WHEN {top} THEN 'eligible' WHEN NOT {top} THEN 'ineligible' ELSE 'undetermined' END AS outcome"
        low, high = self.score or ("NULL", "NULL")
        scores = f"CAST({low} AS INTEGER) AS score_low, CAST({high} AS INTEGER) AS score_high"
        return [outcome, sets.open_column(top), scores, *sets.final_columns(top)]


class _Sets:
    """Writes the bit sets: which conditions failed, what is unknown, what would settle the case.

    An item that stands in a part of an `all` which is unknown whenever the item is, all the way up, is needed by
    every undetermined case that lacks it: no part of an open `all` is false. For these, most items, the bits of
    `unknown` serve again; only what stands below an `any` or in a band has to be followed.
    """

    def __init__(self, query: _Query) -> None:
        self.query = query
        self.slots = query.compiled.slots
        self.failed: dict[str, str] = {}
        self.unknown: dict[str, str] = {}
        self.needed: dict[str, list[str]] = {}
        self.always: set[str] = set()
        self.missing: dict[tuple[str, int], tuple[str, ...]] = {}  # (kind, number) -> columns: always needed, other
        self.need: dict[tuple[str, int], str] = {}
        for part in query.compiled.root.parts:
            self._walk(part, [], [], [], together=True)
        self._place_needed(query.root.name)

    def _walk(self, logic: Logic, fails: list[str], opens: list[str], live: list[str], *, together: bool) -> None:
        """Follow the tree from a top-level condition down, gathering what must hold above each slot."""
        name = self.query._name(logic)
        null = f"{name} IS NULL"
        if logic.slot is not None:
            self.failed[logic.slot] = " AND ".join([f"NOT {name}", *fails])
            self.unknown[logic.slot] = " AND ".join([null, *opens])
        here = [*live, null]
        self._need(logic, here, together=together)
        # A part of an `all` that is false makes the whole false, so only other words must be asked about.
        every = isinstance(logic, Junction) and logic.word == "all"
        # What is unknown is told by the conditions that have a name; an unnamed group in between hides nothing.
        opens_below = [*opens, null] if logic.slot is not None else opens
        fails_below = fails if every else [*fails, f"NOT {name}"]
        for index, part in enumerate(parts_of(logic)):
            if isinstance(logic, Bands):
                arm = self.query.arms[id(logic), index]
                possible = f"{arm} IS NOT FALSE"
                self._walk(part, [*fails_below, arm], [*opens_below, possible], [*here, possible], together=False)
            else:
                self._walk(part, fails_below, opens_below, here, together=together and every)

    def _need(self, logic: Logic, live: list[str], *, together: bool) -> None:
        scope = self.query.compiled.scope
        if isinstance(logic, Atom):
            self._add(scope.items(logic.expr), live, always=together and _strict(logic.expr, scope))
        elif isinstance(logic, Bands):
            self._add(scope.items(logic.selector), live, always=together and logic.open_ended)
        elif isinstance(logic, Points):
            for ladder in logic.ladders:
                least, most = self.query.intervals[ladder.id]
                open_ladder = [*live, f"{least} < {most}"]
                self._need_of_ladder(ladder, open_ladder)

    def _need_of_ladder(self, ladder: Ladder, live: list[str]) -> None:
        """A rung that is met or missed asks for nothing, nor does any rung below one that is met."""
        if ladder.one_measure:
            self._add(self.query.compiled.scope.items(ladder.steps[0].condition), live, always=False)
            return
        for condition in ladder.counted:
            self._follow(condition, live)
        if not ladder.counted:
            for step, met in zip(ladder.steps, self.query.rungs[ladder.id], strict=True):
                self._follow(step.condition, live)
                live = [*live, f"{met} IS NOT TRUE"]

    def _follow(self, expr: Expr, live: list[str]) -> None:
        here = [*live, f"{self.query.layers.put(0, self.query.writer.write(expr))} IS NULL"]
        if isinstance(expr, (t.And, t.Or, t.Not)):
            for part in t.children(expr):
                self._follow(part, here)
        else:
            self._add(self.query.compiled.scope.items(expr), here, always=False)

    def _add(self, items: tuple[Item, ...], live: list[str], *, always: bool) -> None:
        for item in items:
            conditions = self.needed.setdefault(item.id, [])
            text = " AND ".join(live)
            if text not in conditions:
                conditions.append(text)
            if always:
                self.always.add(item.id)

    def _bits(self, slots: list[Slot], conditions: dict[str, str]) -> str:
        found = [f"CASE WHEN {conditions[s.id]} THEN {s.bit} ELSE 0 END" for s in slots if s.id in conditions]
        return f"CAST({' + '.join(found) or '0'} AS BIGINT)"

    def _missing(self) -> dict[str, str]:
        return {item.id: f"{item_column(item)} IS NULL" for item in self.slots.items}

    def _kinds(self) -> list[tuple[str, int]]:
        return sorted({(s.kind, s.column) for s in self.slots.all if s.kind != "condition"})

    def _of(self, kind: str, column: int) -> list[Slot]:
        return [s for s in self.slots.all if s.kind == kind and s.column == column]

    def _place_needed(self, top: str) -> None:
        """Give what is missing and what is needed their columns: always needed items apart from the rest."""
        missing = self._missing()
        needed = {id: f"{missing[id]} AND ({' OR '.join(f'({one})' for one in ways)})" for id, ways in self.needed.items()}
        for kind, column in self._kinds():
            slots = self._of(kind, column)
            always = [slot for slot in slots if slot.id in self.always]
            other = [slot for slot in slots if slot.id not in self.always]
            at = kind, column
            self.missing[at] = tuple(self.query.layers.put(0, self._bits(chosen, missing)) for chosen in (always, other))
            need = f"CASE WHEN {top} IS NULL THEN {self.missing[at][0]} + {self._bits(other, needed)} ELSE 0 END"
            self.need[at] = self.query.layers.put(self.query.root.layer + 1, need)

    def open_column(self, top: str) -> str:
        data, finding = self.open_data(), self._open("finding")
        return (
            f"CASE WHEN {top} IS NOT NULL THEN NULL WHEN ({finding}) AND ({data}) THEN 'both' "
            f"WHEN {finding} THEN 'finding' ELSE 'data' END AS open"
        )

    def open_data(self) -> str:
        """Return the test that an undetermined case lacks data."""
        return self._open("data")

    def _open(self, wanted: str) -> str:
        return " OR ".join(f"{need} > 0" for (kind, _), need in self.need.items() if kind == wanted) or "FALSE"

    def final_columns(self, top: str) -> list[str]:
        result = []
        for name in self.slots.columns("failed"):
            slots = [s for s in self.slots.all if s.kind == "condition" and f"failed_{s.column}" == name]
            result.append(f"CASE WHEN NOT {top} THEN {self._bits(slots, self.failed)} ELSE 0 END AS {name}")
        for name in self.slots.columns("unknown"):
            number = int(name.rpartition("_")[2])
            parts = [part for (_, n), both in self.missing.items() if n == number for part in both]
            parts.append(self._bits(self._of("condition", number), self.unknown))
            result.append(f"{' + '.join(parts)} AS {name}")
        for name in self.slots.columns("needed"):
            number = int(name.rpartition("_")[2])
            result.append(f"{' + '.join(need for (_, n), need in self.need.items() if n == number)} AS {name}")
        assumed = [self.slots.by_item[item.id] for item in self.query.compiled.assumed]
        for number in sorted({slot.column for slot in assumed}):
            bits = self._bits([slot for slot in assumed if slot.column == number], self._missing())
            result.append(f"{bits} AS assumed_{number}")
        return result


def _strict(expr: Expr, scope: Scope) -> bool:
    """Say whether `expr` is unknown as soon as any item it reads is."""
    for part in t.walk(expr):
        if isinstance(part, (t.And, t.Or, t.Case, t.Assume, t.Known)):
            return False
        formula = scope.symbols[part.name].formula if isinstance(part, t.Name) else None
        if formula is not None and not _strict(formula, scope):
            return False
    return True
