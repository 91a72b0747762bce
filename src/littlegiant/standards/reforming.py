"""Reforms: a document that changes parameters or clauses of one version, in named variants and over grids of values.

A reform binds nobody. It makes new documents in memory, each compiled and judged as any other, so that an office sees
what a change does before it decides it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from littlegiant.digests import canonical_json
from littlegiant.documents import Document, Frozen, Identifier, Slug
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion
from littlegiant.standards.find import find_versions
from littlegiant.standards.model import DirectRoute, Indicator, Measure, Node, Notice, Standard
from littlegiant.standards.plan import Compiled, bases, compile_standard

MOST_VARIANTS = 400


class Change(Frozen):
    """What is different. Criteria, indicators and direct routes are replaced or removed by id, and added at the end."""

    parameters: dict[Identifier, Decimal] = {}
    measures: dict[Identifier, Measure] = {}
    pass_: int | None = Field(default=None, alias="pass")
    replace: tuple[Node, ...] = ()
    add: tuple[Node, ...] = ()
    remove: tuple[Slug, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    remove_indicators: tuple[Slug, ...] = ()
    direct_routes: tuple[DirectRoute, ...] = ()
    remove_routes: tuple[Slug, ...] = ()


class Variant(Change):
    id: Slug
    title: dict[str, str] = {}


class Axis(Frozen):
    """A parameter and the values it takes: listed, or from … to … in equal steps, both ends included."""

    parameter: Identifier
    values: tuple[Decimal, ...] = ()
    from_: Decimal | None = Field(default=None, alias="from")
    to: Decimal | None = None
    step: Decimal | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_form(self) -> "Axis":
        spans = [value is not None for value in (self.from_, self.to, self.step)]
        if bool(self.values) == all(spans) or (any(spans) and not all(spans)):
            raise ValueError("an axis has either `values:` or `from:`, `to:` and `step:`")
        if self.from_ is not None and self.to is not None and self.step is not None:
            if self.to < self.from_:
                raise ValueError("`to:` is below `from:`")
            if (self.to - self.from_) / self.step > MOST_VARIANTS:
                raise ValueError(f"more than {MOST_VARIANTS} values")
        return self

    def points(self) -> tuple[Decimal, ...]:
        if self.from_ is None or self.to is None or self.step is None:
            return self.values
        count = int((self.to - self.from_) / self.step) + 1
        return tuple(self.from_ + n * self.step for n in range(count))


class Reform(Frozen):
    """One file. `changes` hold in every variant; the grid is the product of its axes."""

    format: Literal[1]
    reform: Slug
    title: dict[str, str]
    standard: str = Field(pattern=r"^[a-z][a-z0-9_-]*([+][a-z][a-z0-9_-]*)?$")
    version: str
    changes: Change = Change()
    variants: tuple[Variant, ...] = ()
    grid: tuple[Axis, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> "Reform":
        count = len(self.variants)
        for axis in self.grid:
            count = max(count, 1) * len(axis.points())
        if count > MOST_VARIANTS:
            raise ValueError(f"{count:,} variants; {MOST_VARIANTS} at most")
        ids = [variant.id for variant in self.variants]
        double = next((id for id in ids if ids.count(id) > 1), None)
        if double is not None or "present" in ids:
            raise ValueError(f"two variants called {double or 'present'!r}: the text as it stands is `present`")
        return self


@dataclass(frozen=True)
class Case:
    """One thing that is judged: the present text, a variant, or a point of the grid."""

    id: str
    title: dict[str, str]
    values: Mapping[str, Decimal]  # of the parameters that a grid moves
    compiled: Compiled


def reform_cases(
    reform: Document[Reform], pack: Pack, *, on: Any, application: str, notices: Sequence[Document[Notice]] = ()
) -> list[Case]:
    """Return the present text and every variant, compiled; raises naming what the reform changes and the text does not have."""
    document = find_versions(pack, reform.value.standard, reform.value.version)[0]
    below = bases(document, pack)

    def compiled(changes: Sequence[Change], id: str) -> Compiled:
        changed, base = document, below
        for change in changes:
            changed, base = _changed(changed, base, change, reform, id)
        return compile_standard(changed, pack, application=application, reference_date=on, notices=notices, rests_on=base)

    cases = [Case("present", {"zh": "现行", "en": "present"}, {}, compiled([], "present"))]
    common = reform.value.changes
    if common != Change() and not reform.value.variants and not reform.value.grid:
        cases.append(Case(reform.value.reform, dict(reform.value.title), {}, compiled([common], reform.value.reform)))
    cases += [
        Case(variant.id, variant.title or {"en": variant.id}, {}, compiled([common, variant], variant.id))
        for variant in reform.value.variants
    ]
    for values in _grid(reform.value.grid):
        id = ", ".join(f"{name} = {value:f}" for name, value in values.items())
        cases.append(Case(id, {"en": id}, values, compiled([common, Change(parameters=values)], id)))
    if len(cases) == 1:
        refuse(reform.name, "no change", "at least one", "Write `changes:`, `variants:` or `grid:`.", code="empty")
    return cases


def _grid(axes: Sequence[Axis]) -> Iterator[dict[str, Decimal]]:
    if axes:
        for values in product(*(axis.points() for axis in axes)):
            yield {axis.parameter: value for axis, value in zip(axes, values, strict=True)}


_Bases = tuple[Document[Standard], ...]


def _changed(
    document: Document[Standard], below: _Bases, change: Change, reform: Document[Reform], id: str
) -> tuple[Document[Standard], _Bases]:
    """Return `document` and what it rests on with `change` made."""
    place = f"{reform.name}, {id}"
    for name in change.parameters:
        if not any(name in each.value.parameters for each in (document, *below)):
            known = [known for each in (document, *below) for known in each.value.parameters]
            remedy = suggestion(name, known) or f"Known: {', '.join(known)}."
            refuse(place, f"no parameter {name!r} in {document.name}", "", remedy, code="unknown-name")
    standard = document.value
    update: dict[str, Any] = {
        "parameters": _parameters(standard, change),
        "measures": {**standard.measures, **change.measures},
        "criteria": _items(standard.criteria, change.replace, change.remove, place, "criterion") + change.add,
        "direct_routes": _items(standard.direct_routes, (), change.remove_routes, place, "direct route") + change.direct_routes,
    }
    if change.pass_ is not None or change.indicators or change.remove_indicators:
        update["score"] = _score(standard, change, place)
    base = tuple(_remade(each, {"parameters": _parameters(each.value, change)}, place, id) for each in below)
    return _remade(document, update, place, id), base


def _parameters(standard: Standard, change: Change) -> dict[str, Any]:
    return {
        name: parameter.model_copy(update={"value": change.parameters[name]}) if name in change.parameters else parameter
        for name, parameter in standard.parameters.items()
    }


def _score(standard: Standard, change: Change, place: str) -> Any:
    if standard.score is None:
        refuse(place, "a change of the score", "a standard that has one", "Leave it out.", code="unknown-name")
    known = {indicator.id for indicator in standard.score.indicators}
    replaced = tuple(each for each in change.indicators if each.id in known)
    added = tuple(each for each in change.indicators if each.id not in known)
    indicators = _items(standard.score.indicators, replaced, change.remove_indicators, place, "indicator") + added
    pass_ = standard.score.pass_ if change.pass_ is None else change.pass_
    return standard.score.model_copy(update={"indicators": indicators, "pass_": pass_})


T = TypeVar("T", Node, DirectRoute, Indicator)


def _items(items: Sequence[T], replaced: Sequence[T], removed: Sequence[str], place: str, what: str) -> tuple[T, ...]:
    known = [item.id for item in items]
    for id in [*(each.id for each in replaced), *removed]:
        if id not in known:
            remedy = suggestion(id, known) or f"Known: {', '.join(known) or 'none'}."
            refuse(place, f"no {what} {id!r}", f"the id of a {what} of the text", remedy, code="unknown-name")
    by_id = {each.id: each for each in replaced}
    return tuple(by_id.get(item.id, item) for item in items if item.id not in removed)


def _remade(document: Document[Standard], update: dict[str, Any], place: str, id: str) -> Document[Standard]:
    """Return the changed document, checked as one from a file would be; its bytes are its canonical text."""
    value = document.value.model_copy(update=update)
    if value == document.value:
        return document
    dumped = value.model_dump(mode="python", exclude_defaults=True, by_alias=True)
    try:
        value = Standard.model_validate(dumped)
    except ValidationError as error:
        first = error.errors()[0]
        refuse(place, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}", "", code="value")
    return Document(f"{document.name} ({id})", canonical_json(dumped), document.text, value)
