"""Put together what applies to one kind of application: base conditions, the standard, notices, waivers, routes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from littlegiant.documents import Document
from littlegiant.problems import refuse, suggestion
from littlegiant.standards.kinds import Context, Junction, Logic, cut, lower_rule, lower_score
from littlegiant.standards.language import Scope
from littlegiant.standards.model import Band, DirectRoute, Node, Notice, Rule, SizeTable, Standard, Waiver


@dataclass(frozen=True)
class PlannedNode:
    """A condition as the explanation needs it: the words and sources of the document, under its full id."""

    id: str
    parent: str | None
    document: str
    number: str  # of the law or notice
    kind: str
    clause: str
    text: Mapping[str, str]
    confidence: str
    evidence: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Assembly:
    root: Junction
    nodes: dict[str, PlannedNode]
    waived: dict[str, PlannedNode]


def assemble(
    documents: Sequence[Document[Standard]],
    notices: Sequence[Document[Notice]],
    scope: Scope,
    size_tables: Mapping[str, SizeTable],
    application: str,
) -> Assembly:
    """Return the tree for `application`; the last of `documents` is the standard, those before it are what it rests on."""
    builder = _Builder(scope, size_tables, application, documents[-1], [w for n in notices for w in n.value.waives])
    builder.check_waivers(notices)
    parts: list[Logic] = []
    for document in documents[:-1]:
        parts += builder.top(document, document.value.criteria, prefix=f"{document.value.standard}.")
    standard = documents[-1]
    parts += builder.top(standard, standard.value.criteria)
    parts += builder.score(standard)
    for notice in notices:
        parts += builder.top(notice, notice.value.adds, prefix=f"{notice.value.notice}.")
    builder.check_routes()
    if not parts:
        refuse(standard.name, "no condition that applies", "at least one", "Write `criteria:` or a `score:`.", code="empty")
    return Assembly(Junction("all", tuple(parts)), builder.nodes, builder.waived)


@dataclass(frozen=True)
class _Meta:
    """Where a node stands: its document, the number of the law or notice, the condition above it."""

    document: str
    number: str
    parent: str | None = None


class _Builder:
    def __init__(
        self,
        scope: Scope,
        size_tables: Mapping[str, SizeTable],
        application: str,
        standard: Document[Standard],
        waivers: list[Waiver],
    ) -> None:
        self.scope, self.size_tables, self.application = scope, size_tables, application
        self.standard = standard
        self.waivers = waivers
        self.nodes: dict[str, PlannedNode] = {}
        self.waived: dict[str, PlannedNode] = {}
        self.routes = {
            route.replaces: [r for r in standard.value.direct_routes if r.replaces == route.replaces]
            for route in standard.value.direct_routes
        }
        self.used_routes: set[str] = set()

    def top(self, document: Document[Standard] | Document[Notice], nodes: Sequence[Node], prefix: str = "") -> Iterator[Logic]:
        number = document.value.law.number if isinstance(document.value, Standard) else document.value.number
        for node in nodes:
            meta = _Meta(document.name, number)
            logic = self._node(node, prefix + node.id, meta)
            if logic is not None:
                yield logic

    def score(self, document: Document[Standard]) -> Iterator[Logic]:
        score = document.value.score
        if score is None:
            return
        meta = _Meta(document.name, document.value.law.number)
        self._remember(Node.model_construct(id="score", text=score.text, clause=score.clause), "score", meta)
        points = lower_score(score, self._context(meta))
        yield self._with_alternatives(points, "score", (), meta)

    def _context(self, meta: _Meta) -> Context:
        def lower(rule: Rule, id: str) -> Logic:
            inner = replace(meta, parent=id.rpartition(".")[0])
            if isinstance(rule, Node):
                logic = self._node(rule, id, inner)
                if logic is None:
                    refuse(
                        f"{meta.document}, {id}",
                        "a part that is waived or limited by itself",
                        "",
                        "Put `waived:` or `only:` on the whole criterion.",
                    )
                return logic
            assert isinstance(rule, Band)
            self._remember(Node.model_construct(id=rule.id, text=rule.text), id, inner)
            return lower_rule(rule, id, self._context(inner))

        return Context(self.scope, meta.document, self.size_tables, lower)

    def _node(self, node: Node, id: str, meta: _Meta) -> Logic | None:
        if node.only and self.application not in node.only:
            return None
        self._remember(node, id, meta)
        if self.application in node.waived or self._is_waived(id):
            self.waived[id] = self.nodes.pop(id)
            return None
        rule = node.variants.get(self.application, node)
        logic = lower_rule(rule, id, self._context(meta))
        extra: list[Logic] = []
        if node.exempt is not None:
            exempt_id = f"{id}.exempt"
            inner = replace(meta, parent=id)
            self._remember(
                Node.model_construct(id="exempt", kind="exemption", **node.exempt.model_dump(exclude={"require"})),
                exempt_id,
                inner,
            )
            extra.append(cut(self._context(inner).condition(node.exempt.require, exempt_id), exempt_id))
        return self._with_alternatives(logic, id, extra, meta)

    def _with_alternatives(self, logic: Logic, id: str, extra: Sequence[Logic], meta: _Meta) -> Logic:
        routes = [self._route(route, id, meta) for route in self.routes.get(id, [])]
        if not extra and not routes:
            return logic
        return Junction("any", (replace(logic, slot=None), *extra, *routes), id)

    def _route(self, route: DirectRoute, id: str, meta: _Meta) -> Logic:
        self.used_routes.add(route.id)
        inner = _Meta(self.standard.name, self.standard.value.law.number, id)
        self._remember(route, route.id, inner)
        return lower_rule(route, route.id, self._context(inner))

    def _remember(self, node: Node, id: str, meta: _Meta) -> None:
        above = self.nodes.get(meta.parent or "")
        if id in self.nodes or id in self.waived:
            refuse(f"{meta.document}, {id}", f"the id {id!r} a second time", "each id once", "Rename one.", code="duplicate-name")
        self.nodes[id] = PlannedNode(
            id,
            meta.parent,
            meta.document,
            meta.number,
            node.kind,
            node.clause or (above.clause if above else ""),
            node.text or {"zh": id, "en": id},
            node.confidence or (above.confidence if above else ""),
            node.evidence or (above.evidence if above else ()),
            node.note,
        )

    def _is_waived(self, id: str) -> bool:
        return any(w.criterion == id and self.application in w.applications for w in self.waivers)

    def check_waivers(self, notices: Sequence[Document[Notice]]) -> None:
        known = {node.id for node in self.standard.value.criteria}
        for notice in notices:
            for index, waiver in enumerate(notice.value.waives):
                if waiver.criterion not in known:
                    remedy = suggestion(waiver.criterion, known) or "Waive a criterion of the standard by its id."
                    refuse(
                        notice.place("waives", index),
                        f"no criterion {waiver.criterion!r}",
                        "",
                        remedy,
                        code="unknown-name",
                    )

    def check_routes(self) -> None:
        for route in self.standard.value.direct_routes:
            if route.id not in self.used_routes and route.replaces not in self.waived:
                remedy = suggestion(route.replaces, self.nodes) or "Name a criterion, a part of one, or score."
                refuse(
                    f"{self.standard.name}, {route.id}",
                    f"nothing called {route.replaces!r} to replace",
                    "",
                    remedy,
                    code="unknown-name",
                )
