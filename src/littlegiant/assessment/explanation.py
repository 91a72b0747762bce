"""Why a case came out as it did: clause by clause, with the firm's figure, the threshold, the distance, what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from littlegiant.assessment.judging import Judged
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.assessment.tree_values import TreeValues
from littlegiant.packs import Pack
from littlegiant.standards import Compiled, Item, Threshold
from littlegiant.standards.kinds import Atom, Bands, Logic, Points, parts_of, walk_logic
from littlegiant.standards.language import parse_expression, render
from littlegiant.standards.language import tree as t
from littlegiant.standards.plan.assemble import PlannedNode
from littlegiant.words import Language, distance, exact_number, money, percent, say, text_in

Status = Literal["met", "not_met", "unknown", "waived", "other_band"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the firm held against a threshold. `margin` is relative to the threshold, positive is good."""

    label: str
    value: Fraction | None
    shown: str
    operator: str
    threshold: str
    margin: Fraction | None

    def sentence(self, language: Language) -> str:
        if self.value is None and not self.shown:
            return say("figure_unknown", language, label=self.label, operator=self.operator, threshold=self.threshold)
        values = {"label": self.label, "shown": self.shown, "operator": self.operator, "threshold": self.threshold}
        if self.margin is None:
            return say("figure", language, **values)
        return say("figure_margin", language, margin=distance(self.margin), **values)


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition of the standard for one case."""

    id: str
    status: Status
    text: str
    clause: str
    source: str  # number of the law or notice
    confidence: str
    figures: tuple[Figure, ...]
    missing: tuple[str, ...]  # items without a value, in words, with the reason where one is known
    assumed: tuple[str, ...]  # items without a value for which the rule took one
    depth: int

    def sentence(self, language: Language) -> str:
        parts = [f"{say(f'status_{self.status}', language)} {self.text}"]
        parts += [figure.sentence(language) for figure in self.figures]
        parts += [say("missing", language, items=say("and", language).join(self.missing))] if self.missing else []
        parts += [say("assumed", language, items=say("and", language).join(self.assumed))] if self.assumed else []
        parts.append(say("clause", language, clause=self.clause or "–", source=self.source))
        if self.confidence not in ("text", ""):
            parts.append(say(f"confidence_{self.confidence.split()[0]}", language))
        return say("joint", language).join(parts)


@dataclass(frozen=True, slots=True)
class Explanation:
    """All reasons of a case in one language, in the order of the standard."""

    case: str
    outcome: str
    headline: str
    reasons: tuple[Reason, ...]

    def lines(self, language: Language) -> list[str]:
        return [self.headline, *("  " * reason.depth + reason.sentence(language) for reason in self.reasons)]


def explain(
    judged: Judged,
    case: CaseFacts,
    compiled: Compiled,
    pack: Pack,
    language: Language,
    gaps: dict[str, str] | None = None,
) -> Explanation:
    """Return the explanation of `judged`; `gaps` says, by item id, why a value is missing where a register knows it."""
    values = TreeValues(compiled, case)
    writer = ReasonWriter(values, pack, language, gaps or {})
    reasons = tuple(writer.reasons())
    return Explanation(judged.case, judged.outcome, headline(judged, language), reasons)


def headline(judged: Judged, language: Language) -> str:
    """Return the outcome in the plain words an officer uses."""
    if judged.outcome != "undetermined":
        return say(f"outcome_{judged.outcome}", language)
    if judged.open == "finding":
        return say("outcome_open_findings", language, count=len(judged.needed))
    return say("outcome_open_data", language, count=len(judged.needed))


@dataclass
class ReasonWriter:
    """Writes the reasons of one case in one language."""

    values: TreeValues
    pack: Pack
    language: Language
    gaps: dict[str, str]
    # What is told of a threshold – label and limit – by its id: the same for every firm, so shared where there are many.
    words: dict[str, tuple[str, str]] = field(default_factory=dict)

    def reasons(self) -> Iterator[Reason]:
        compiled = self.values.compiled
        order = [slot.id for slot in compiled.slots.all if slot.kind == "condition"]
        for id in order:
            node = compiled.nodes[id]
            if id not in self.values.slots:  # in a band in which the firm is not
                yield self._reason(node, "other_band", (), ())
                continue
            value = self.values.slots[id]
            status: Status = "unknown" if value is None else "met" if value else "not_met"
            yield self._reason(node, status, self.figures(id), self._missing(id) if status == "unknown" else ())
        for node in compiled.waived.values():
            yield self._reason(node, "waived", (), ())

    def figures(self, id: str) -> tuple[Figure, ...]:
        """Return the figures of one condition against its thresholds; of a score, its points."""
        thresholds = self.values.compiled.thresholds_of.get(id, ())
        figures = tuple(self._figure(each) for each in thresholds if each.use == "condition" and self._applies(each))
        return figures + tuple(self._points(id))

    def _reason(self, node: PlannedNode, status: Status, figures: tuple[Figure, ...], missing: tuple[str, ...]) -> Reason:
        text = text_in(node.text, self.language)
        depth = 0 if node.parent is None else 1 + self._depth(node.parent)
        return Reason(
            node.id, status, text, node.clause, node.number, node.confidence, figures, missing, self._assumed(node.id), depth
        )

    def _assumed(self, id: str) -> tuple[str, ...]:
        compiled = self.values.compiled
        items = dict.fromkeys(item for _, own in own_conditions(self.values, id) for item in own if item in compiled.assumed)
        lacking = [item for item in items if self.values.item(item) is None]
        return tuple(item_title(item, compiled=compiled, pack=self.pack, language=self.language) for item in lacking)

    def _depth(self, id: str) -> int:
        parent = self.values.compiled.nodes[id].parent
        return 0 if parent is None else 1 + self._depth(parent)

    def _applies(self, threshold: Threshold) -> bool:
        """Leave out the limits of industries and bands in which the firm is known not to be."""
        compiled = self.values.compiled
        if threshold.scope == "":
            return True
        return self.values.truth(parse_expression(threshold.scope, compiled.document.name)) is not False

    def _figure(self, threshold: Threshold) -> Figure:
        number, margin = self.values.measured(threshold)
        if threshold.id not in self.words:
            self.words[threshold.id] = self._label(threshold.measure), self.amount(threshold.value, threshold.unit)
        label, limit = self.words[threshold.id]
        shown = "" if number is None else self.amount(number, threshold.unit)
        sign = _SIGNS.get(threshold.operator, threshold.operator)
        return Figure(label, number, shown, sign, limit, margin)

    def amount(self, value: Fraction, unit: str) -> str:
        """Return a value in its unit as people write it."""
        currency = self.pack.header.currency
        if unit == currency.code:
            word = text_in(currency.title, self.language)
            return money(value * currency.minor.per_main, self.language, per_main=currency.minor.per_main, unit=word)
        if unit == "share":
            return percent(value)
        return f"{exact_number(value)}{self._unit(unit)}"

    def _unit(self, unit: str) -> str:
        key = f"unit_{unit}"
        try:
            return say(key, self.language)
        except KeyError:
            return f" {unit}" if unit else ""

    def _points(self, id: str) -> Iterator[Figure]:
        """Yield the total and each ladder of a score, as intervals where facts are missing."""
        score = self.values.compiled.standard.score
        if id != "score" or score is None or self.values.score is None:
            return
        unit = say("unit_points", self.language)
        low, high = self.values.score
        total = Fraction(low) if low == high else None
        yield Figure(say("score_total", self.language), total, f"{_span(low, high)}{unit}", "≥", f"{score.pass_}{unit}", None)
        titles = {indicator.id: indicator.title for indicator in score.indicators}
        for logic in walk_logic(self.values.compiled.root):
            for ladder in logic.ladders if isinstance(logic, Points) else ():
                ends, most = self.values.interval(ladder), max(ladder.otherwise, *(step.points for step in ladder.steps))
                label = text_in(titles[ladder.id], self.language) if titles[ladder.id] else ladder.id
                yield Figure(label, Fraction(ends[0]), f"{_span(*ends)}{unit}", "≤", f"{most}{unit}", None)

    def _label(self, expr: t.Expr) -> str:
        return label_of(expr, self.values.compiled, self.pack, self.language)

    def _missing(self, id: str) -> tuple[str, ...]:
        """Return what `id` itself lacks; where nothing is missing, why it is unknown all the same."""
        reads = list(own_conditions(self.values, id))
        items = dict.fromkeys(item for _, own in reads for item in own)
        missing = tuple(self._missing_item(item) for item in items if self.values.item(item) is None)
        if missing or not reads:
            return missing
        if any(isinstance(logic, Bands) and logic.open_ended for logic, _ in reads):
            return (say("no_row_for_sector", self.language, sector=self.values.number(reads[0][0].selector)),)  # type: ignore[union-attr]
        atoms = [logic for logic, _ in reads if isinstance(logic, Atom) and self.values.truth(logic.expr) is None]
        return (say("denominator_zero", self.language),) if atoms else ()

    def _missing_item(self, item: Item) -> str:
        name = item_title(item, compiled=self.values.compiled, pack=self.pack, language=self.language)
        why = self.gaps.get(item.id)
        return say("because", self.language, name=name, why=say(f"gap_{why}", self.language)) if why else name


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


_SIGNS = {">=": "≥", "<=": "≤", "<>": "≠"}


def own_conditions(values: TreeValues, id: str) -> Iterator[tuple[Logic, tuple[Item, ...]]]:
    """Yield the conditions that `id` consists of, down to those with ids of their own, and the items each reads.

    Of bands only the arms are followed in which the firm may be.
    """
    scope = values.compiled.scope
    stack = [logic for logic in walk_logic(values.compiled.root) if logic.slot == id]
    while stack:
        logic = stack.pop(0)
        below = parts_of(logic)
        if isinstance(logic, Atom):
            yield logic, scope.items(logic.expr)
        elif isinstance(logic, Bands):
            yield logic, scope.items(logic.selector)
            below = tuple(arm.part for arm in logic.arms if values.truth(arm.condition))
        elif isinstance(logic, Points):
            steps = [step for ladder in logic.ladders for step in ladder.steps]
            yield logic, tuple(item for step in steps for item in scope.items(step.condition))
        stack += [part for part in below if part.slot is None]


def item_title(item: Item, *, compiled: Compiled, pack: Pack, language: Language) -> str:
    """Return the name of an item as a person reads it: 'R&D expense of the year before'."""
    if item.source == "title":
        tier = item.name.removeprefix("holds:")
        titles = {titled.id: titled.title for titled in pack.header.tiers}
        return say("title_held", language, tier=text_in(titles.get(tier, {"en": tier}), language))
    if item.source == "finding":
        documents = [*compiled.rests_on, compiled.document]
        name = next(text_in(d.value.findings[item.name].title, language) for d in documents if item.name in d.value.findings)
    else:
        name = text_in(pack.facts[item.name].title, language)
    return say(f"years_back_{min(item.back, 3)}", language, name=name, n=item.back) if item.back else name


def fact_value(pack: Pack, name: str, value: Fraction | None, language: Language) -> str:
    """Return the value of a numeric fact, in its main unit, as people write it."""
    fact, currency = pack.facts[name], pack.header.currency
    if value is None:
        return "–"
    if fact.type == "money":
        per_main = currency.minor.per_main
        return money(value * per_main, language, per_main=per_main, unit=text_in(currency.title, language))
    return percent(value) if fact.type == "share" else exact_number(value, 4)


def label_of(expr: t.Expr, compiled: Compiled, pack: Pack, language: Language) -> str:
    """Return the words for a measured expression: the title of a measure or fact, else the formula."""
    back = 0
    if isinstance(expr, t.Prior):
        back, expr = expr.years, expr.inner
    if not isinstance(expr, t.Name):
        return render(expr)
    documents = [*compiled.rests_on, compiled.document]
    titles = [d.value.measures[expr.name].title for d in documents if expr.name in d.value.measures]
    titles += [d.value.findings[expr.name].title for d in documents if expr.name in d.value.findings]
    titles += [pack.facts[expr.name].title] if expr.name in pack.facts else []
    name = text_in(titles[0], language) if titles and titles[0] else expr.name
    return say(f"years_back_{min(back, 3)}", language, name=name, n=back) if back else name
