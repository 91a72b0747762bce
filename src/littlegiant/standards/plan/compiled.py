"""A compiled standard: what one kind of application on one day is judged by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from littlegiant.digests import digest_json
from littlegiant.documents import Document
from littlegiant.packs import Pack
from littlegiant.problems import refuse
from littlegiant.standards.kinds import Atom, Bands, Junction, Logic, Points, walk_logic
from littlegiant.standards.language import Expr, Item, Scope
from littlegiant.standards.language import tree as t
from littlegiant.standards.model import Notice, SizeTable, Standard
from littlegiant.standards.plan.assemble import PlannedNode, assemble
from littlegiant.standards.plan.scope import build_scope
from littlegiant.standards.plan.slots import Slots
from littlegiant.standards.plan.thresholds import Threshold, thresholds_of


@dataclass(frozen=True)
class Compiled:
    """The tree of conditions, its names, slots and thresholds, and the documents they come from."""

    document: Document[Standard]
    rests_on: tuple[Document[Standard], ...]
    notices: tuple[Document[Notice], ...]
    application: str
    reference_date: date
    scope: Scope
    root: Junction
    nodes: dict[str, PlannedNode]
    waived: dict[str, PlannedNode]
    slots: Slots
    thresholds: tuple[Threshold, ...]
    size_tables: tuple[Document[SizeTable], ...]
    minor_per_main: int
    currency_title: dict[str, str]

    @property
    def standard(self) -> Standard:
        return self.document.value

    @property
    def documents(self) -> tuple[Document[Any], ...]:
        """All documents that decide: what the standard rests on, the standard with any overlay, the notices."""
        return (*self.rests_on, *self.document.deciding, *self.notices)

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that the rules read, each with its years back: what a register has to offer."""
        return self.slots.items

    @cached_property
    def years_back(self) -> int:
        return max((item.back for item in self.items if item.source == "fact"), default=0)

    @cached_property
    def thresholds_of(self) -> dict[str, tuple[Threshold, ...]]:
        """The thresholds by the condition they belong to."""
        found: dict[str, list[Threshold]] = {}
        for threshold in self.thresholds:
            found.setdefault(threshold.condition, []).append(threshold)
        return {condition: tuple(each) for condition, each in found.items()}

    @cached_property
    def assumed(self) -> tuple[Item, ...]:
        """Items that some rule gives a value where it is unknown (`assume`): every use is counted and shown."""
        found: dict[Item, None] = {}
        for expr in expressions(self.root):
            found.update(dict.fromkeys(_assumed(expr, self.scope)))
        return tuple(found)

    @cached_property
    def fingerprint(self) -> str:
        """The digest of all that decides an outcome: documents by meaning, application, reference date."""
        documents = [document.meaning_hash for document in (*self.documents, *self.size_tables)]
        read = {item.name: self.scope.symbols[item.name] for item in self.items if item.name in self.scope.symbols}
        facts = {name: [s.source, s.kind, s.unit, s.scale, s.least, s.most, s.yearly] for name, s in read.items()}
        when = {"application": self.application, "reference_date": self.reference_date}
        return digest_json({"documents": documents, "facts": facts, **when})


def compile_standard(
    document: Document[Standard],
    pack: Pack,
    *,
    application: str,
    reference_date: date,
    notices: Sequence[Document[Notice]] = (),
    rests_on: Sequence[Document[Standard]] | None = None,
) -> Compiled:
    """Compile `document` for one kind of application; raises LittleGiantError naming criterion and mend.

    What it rests on is looked up in the pack, unless it is given (a reform may change it, too).
    """
    pack.check_application(application)
    below = bases(document, pack) if rests_on is None else tuple(rests_on)
    for notice in notices:
        if notice.value.standard != document.value.standard or document.value.version not in notice.value.versions:
            found = f"a notice for {notice.value.standard} {', '.join(notice.value.versions)}"
            refuse(
                notice.name,
                found,
                f"one for {document.value.standard} {document.value.version}",
                "Name another notice.",
            )
    scope = build_scope([*below, document], pack)
    used = _size_tables_used([*below, document, *notices])
    size_documents = [pack.document(path, SizeTable) for path in pack.paths("size_classes")]
    tables = {document.value.size_class: document.value for document in size_documents}
    assembly = assemble([*below, document], notices, scope, tables, application)
    slots = Slots.number([id for id in _in_order(assembly.root) if id], _items(assembly.root, scope))
    return Compiled(
        document,
        below,
        tuple(notices),
        application,
        reference_date,
        scope,
        assembly.root,
        assembly.nodes,
        assembly.waived,
        slots,
        thresholds_of(assembly.root, scope, assembly.nodes, reference_date),
        tuple(document for document in size_documents if document.value.size_class in used),
        pack.header.currency.minor.per_main,
        dict(pack.header.currency.title),
    )


def bases(document: Document[Standard], pack: Pack) -> tuple[Document[Standard], ...]:
    """Return the base conditions that `document` rests on."""
    return tuple(pack.version(Standard, "standards", ref.standard, ref.version) for ref in document.value.rests_on)


def _in_order(root: Logic) -> list[str]:
    return [logic.slot for logic in walk_logic(root) if logic.slot is not None]


def _items(root: Logic, scope: Scope) -> list[Item]:
    return list(dict.fromkeys(item for expr in expressions(root) for item in scope.items(expr)))


def expressions(root: Logic) -> Iterator[Expr]:
    """Yield every expression of the tree, in its order."""
    for logic in walk_logic(root):
        if isinstance(logic, Atom):
            yield logic.expr
        elif isinstance(logic, Bands):
            yield logic.selector
            yield from (arm.condition for arm in logic.arms)
        elif isinstance(logic, Points):
            yield from (step.condition for ladder in logic.ladders for step in ladder.steps)


def _assumed(expr: Expr, scope: Scope, back: int = 0) -> Iterator[Item]:
    if isinstance(expr, t.Assume):
        yield from scope.items(expr.inner, back)
    elif isinstance(expr, t.Prior):
        yield from _assumed(expr.inner, scope, back + expr.years)
    elif isinstance(expr, t.Name):
        formula = scope.symbols[expr.name].formula
        if formula is not None:
            yield from _assumed(formula, scope, back)
    else:
        for child in t.children(expr):
            yield from _assumed(child, scope, back)


def _size_tables_used(documents: Sequence[Document[Any]]) -> set[str]:
    """Return the names of the size tables that stand anywhere in `documents`."""

    def names(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("size_class"), dict):
                yield value["size_class"]["table"]
            for inner in value.values():
                yield from names(inner)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                yield from names(inner)

    return {name for document in documents for name in names(document.value.model_dump())}
