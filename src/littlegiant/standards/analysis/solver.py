"""Asking z3, with a limit of time a question: what it does not decide is said, never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from littlegiant.packs import Fact
from littlegiant.standards.analysis.code_values import code_values
from littlegiant.standards.analysis.encoding import Encoder, Truth
from littlegiant.standards.analysis.variables import Formula, Variables
from littlegiant.standards.analysis.witness import Witness, read_model, roundness
from littlegiant.standards.kinds import Logic
from littlegiant.standards.language import Item
from littlegiant.standards.plan import Compiled

Answer = Literal["yes", "no", "open"]
_ANSWERS: dict[str, Answer] = {"sat": "yes", "unsat": "no"}
_PINNED = (10**7, 10**8)  # values that are tried for divisors


@dataclass(frozen=True)
class Encoded:
    """One standard as formulas: the whole, and its top conditions by id."""

    compiled: Compiled
    encoder: Encoder
    whole: Truth
    parts: Mapping[str, Truth]


class Asker:
    """Formulas of one or more standards over the same facts, and the questions about them."""

    def __init__(self, compiled: Sequence[Compiled], facts: Mapping[str, Fact], *, limit: float) -> None:
        self.variables = Variables()
        self.z3 = self.variables.z3
        codes = code_values(compiled)
        self.encoded = [self._encode(each, codes) for each in compiled]
        self.items = tuple(dict.fromkeys(item for each in compiled for item in each.items if item in self.variables.by_item))
        self.scope = {item.name: each.scope for each in compiled for item in each.items}
        for item in self.items:
            part_of = facts[item.name].part_of if item.name in facts else None
            whole = next((w for w in self.items if w.name == part_of and w.back == item.back), None)
            if whole is not None:
                self.variables.whole_at_most(item, whole)
        self._relaxed: list[tuple[Formula, Formula]] = []  # what is not linear, and a free truth in its place
        self._exclusive: list[Formula] = []
        self._not_linear: list[tuple[Truth, set[str]]] = []
        for one in self.encoded:
            for truth in one.encoder.not_linear:
                self._relax(truth)
                self._not_linear.append((truth, {str(variable) for variable in one.encoder.variables_of(truth.yes)}))
        self._lasting = len(self._relaxed)
        self._last_moved: Item | None = None
        self.solver = self.z3.Solver(ctx=self.variables.context)
        self.solver.set("timeout", int(limit * 1000))
        self.solver.set("random_seed", 0)
        self.solver.add(self.variables.domain)

    def _encode(self, compiled: Compiled, codes: Mapping[str, Sequence[str]]) -> Encoded:
        encoder = Encoder(compiled, self.variables, codes)
        parts = {self._id(part, n): encoder.logic(part) for n, part in enumerate(compiled.root.parts)}
        yes, no = [part.yes for part in parts.values()], [part.no for part in parts.values()]
        return Encoded(compiled, encoder, Truth(self.z3.And(yes), self.z3.Or(no)), parts)

    def _id(self, part: Logic, number: int) -> str:
        return part.slot or f"#{number + 1}"

    def ask(self, *formulas: Formula) -> Answer:
        """Return whether `formulas` can hold together.

        Where rules multiply facts, easier questions come first, all linear. With the divisors fixed at some value, a firm
        that is found is a firm. With such comparisons left free, what is impossible is impossible with them, too. Only
        what is left has to be asked in full.
        """
        if not self._relaxed:
            return _ANSWERS.get(self._check(formulas), "open")
        first, *others = self._pins()
        if self._check([*formulas, *first]) == "sat":
            return "yes"
        if self._check([*(self.z3.substitute(f, *self._relaxed) for f in formulas), *self._exclusive]) == "unsat":
            return "no"
        for pinned in [*others, []]:
            answer = self._check([*formulas, *pinned])
            if answer == "sat":
                return "yes"
        return _ANSWERS.get(answer, "open")

    def _check(self, formulas: Sequence[Formula]) -> str:
        self.solver.push()
        self.solver.add(*formulas)
        answer = str(self.solver.check())
        self.solver.pop()
        return answer

    def _relax(self, truth: Truth) -> None:
        number = len(self._relaxed)
        yes, no = self.variables.make.bool(f"free yes {number}"), self.variables.make.bool(f"free no {number}")
        self._relaxed += [(truth.yes, yes), (truth.no, no)]
        self._exclusive.append(self.z3.Not(self.z3.And(yes, no)))

    def _pins(self) -> list[list[Formula]]:
        divisors = {name: each for one in self.encoded for name, each in one.encoder.divisors.items()}
        return [[variable == value for variable in divisors.values()] for value in _PINNED]

    def witness(self, *formulas: Formula) -> tuple[Answer, Witness | None]:
        """Return whether `formulas` can hold, and a firm for which they do, with round and usual figures if there is one.

        None where no firm with figures that a register can hold was found in time.
        """
        answer = self.ask(*formulas)
        if answer != "yes":
            return answer, None
        self.solver.push()
        self.solver.add(*formulas)
        found: Witness | None = None
        pins = [*(self._pins() if self._relaxed else ()), []]
        for usual, finest in ((True, False), (False, False), (False, True)):
            extra = [*self._round(finest), *self._well_apart(), *(self._usual() if usual else ())]
            found = next((w for pinned in pins if (w := self._model([*extra, *pinned])) is not None), None)
            if found is not None:
                break
        self.solver.pop()
        return answer, found

    def _model(self, extra: Sequence[Formula]) -> Witness | None:
        self.solver.push()
        self.solver.add(*extra)
        found = None
        if str(self.solver.check()) == "sat":
            found = Witness(read_model(self.variables, self.solver.model(), self.items))
        self.solver.pop()
        return found

    def _round(self, finest: bool) -> list[Formula]:
        return [formula for item in self.items for formula in roundness(self.variables, item, self.scope[item.name], finest)]

    def _usual(self) -> list[Formula]:
        """Keep amounts of money between a million and a billion main units: a firm as people know them."""
        wanted = []
        for item in self.items:
            symbol = self.scope[item.name].symbols.get(item.name)
            if symbol is not None and item.kind == "number" and symbol.decimals == 0 and symbol.scale > 1:
                variable = self.variables.by_item[item]
                wanted.append(self.z3.Or(variable == 0, self.z3.And(variable >= 10**6, variable <= 10**9)))
        return wanted

    def _well_apart(self) -> list[Formula]:
        """Keep dates some days away from anniversaries, so that years and days of a witness agree."""
        wanted: list[Formula] = []
        for years, start, end in self.variables.elapsed.values():
            quarters = 4 * (end - start)
            wanted += [1461 * years <= quarters - 40, quarters + 40 <= 1461 * (years + 1)]
        return wanted

    def core(self, parts: Mapping[str, Truth]) -> list[str]:
        """Return a least set of conditions that no firm meets together."""
        names = list(parts)

        def clash(chosen: Sequence[str]) -> bool:
            return self.ask(*(parts[name].yes for name in chosen)) == "no"

        for name in list(names):
            fewer = [other for other in names if other != name]
            if clash(fewer):
                names = fewer
        return names

    def moved(self, formula: Formula, item: Item, value: Formula) -> Formula:
        """Return `formula` with another value of one item."""
        change = (self.variables.by_item[item], value)
        if item != self._last_moved:  # comparisons of other moves are asked about no more
            self._last_moved = item
            del self._relaxed[self._lasting :], self._exclusive[self._lasting // 2 :]
        known = [relaxed for relaxed, _ in self._relaxed]
        for truth in (truth for truth, names in self._not_linear if str(change[0]) in names):
            yes, no = (self.z3.substitute(each, change) for each in (truth.yes, truth.no))
            if not any(yes.eq(each) for each in known):
                self._relax(Truth(yes, no))
        return self.z3.substitute(formula, change)

    def domain_moved(self, item: Item, value: Formula) -> list[Formula]:
        return [self.moved(formula, item, value) for formula in self.variables.domain]

    def holds(self, model_values: Witness, formula: Formula) -> bool | None:
        """Say whether `formula` holds for a witness; None where that is left open."""
        given = [(self.variables.by_item[item], self._constant(item, value)) for item, value in model_values.values.items()]
        left = self.z3.simplify(self.z3.substitute(formula, *given))
        if self.z3.is_true(left) or self.z3.is_false(left):
            return bool(self.z3.is_true(left))
        yes, no = self.ask(left), self.ask(self.z3.Not(left))
        return True if no == "no" else False if yes == "no" else None

    def _constant(self, item: Item, value: Any) -> Formula:
        if item.kind == "boolean":
            return self.variables.make.boolval(value)
        if item.kind == "text":
            return self.variables.make.intval(self.variables.texts[item].index(value))
        return self.variables.make.intval(value.toordinal()) if item.kind == "date" else self.variables.rational(value)
