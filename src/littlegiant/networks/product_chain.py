"""The graph of products: what goes into what, which is a type of which; stages, depth upstream, readiness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from littlegiant.problems import refuse


@dataclass(frozen=True)
class ProductChain:
    """Products with, for each, what goes into it, and the wider product it is a type of. Neither may run in a circle."""

    products: tuple[str, ...]
    inputs: Mapping[str, tuple[str, ...]]
    type_of: Mapping[str, tuple[str, ...]]
    stage: Mapping[str, str]  # as given; types and inputs take the stage of what they belong to

    def upstream(self, product: str) -> frozenset[str]:
        """Return all that goes into `product`, its inputs' inputs too; the types of an input stand for it as well."""
        types: dict[str, list[str]] = {}
        for narrow, wides in self.type_of.items():
            for wide in wides:
                types.setdefault(wide, []).append(narrow)
        found: set[str] = set()
        waiting = list(self.inputs.get(product, ()))
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += [*self.inputs.get(at, ()), *types.get(at, ())]
        return frozenset(found)

    def stage_of(self, product: str) -> str:
        """Return the stage of the product, of what it is a type of, or of what it goes into; empty where none is known."""
        into: dict[str, list[str]] = {}
        for whole, parts in self.inputs.items():
            for part in parts:
                into.setdefault(part, []).append(whole)
        seen: set[str] = set()
        waiting = [product]
        while waiting:
            at = waiting.pop(0)
            if self.stage.get(at):
                return self.stage[at]
            if at not in seen:
                seen.add(at)
                waiting += [*self.type_of.get(at, ()), *sorted(into.get(at, ()))]
        return ""


def make_chain(
    products: Sequence[str],
    goes_into: Sequence[tuple[str, str]],
    type_of: Sequence[tuple[str, str]] = (),
    stage: Mapping[str, str] | None = None,
) -> ProductChain:
    """Return the chain of pairs (input, product) and (type, wider product); refuses circles and unknown products."""
    known = set(products)
    for narrow, wide in (*goes_into, *type_of):
        for name in (narrow, wide):
            if name not in known:
                refuse("the product chain", f"the unknown product {name!r}", "one of the products", code="unknown-name")
    inputs: dict[str, list[str]] = {}
    for part, whole in goes_into:
        inputs.setdefault(whole, []).append(part)
    wider: dict[str, list[str]] = {}
    for narrow, wide in type_of:
        wider.setdefault(narrow, []).append(wide)
    for graph in (inputs, wider):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = " → ".join(map(str, error.args[1]))
            refuse("the product chain", f"the circle {circle}", "a chain without circles", code="circle")
    ordered = {whole: tuple(sorted(parts)) for whole, parts in inputs.items()}
    return ProductChain(
        tuple(products), ordered, {name: tuple(sorted(wides)) for name, wides in wider.items()}, dict(stage or {})
    )


@dataclass(frozen=True)
class Readiness:
    """What stands upstream of a product: how many inputs, how many of them weak, the weakest and its own share."""

    product: str
    inputs: int
    measured: int
    weak: int
    share: float | None  # the least own share of any input with a known one; None where none is known
    weakest: str


def readiness(chain: ProductChain, product: str, own: Mapping[str, float], *, weak: float) -> Readiness:
    """Return the readiness of `product` at home: the least own share (`own`, where known) among all that goes into it."""
    upstream = sorted(chain.upstream(product))
    known = [(own[name], name) for name in upstream if name in own]
    share, weakest = min(known) if known else (None, "")
    return Readiness(product, len(upstream), len(known), sum(value < weak for value, _ in known), share, weakest)
