"""The values of codes that rules can tell apart: what a solver has to choose among."""

from collections.abc import Iterable, Iterator, Sequence

from littlegiant.standards.language import tree as t
from littlegiant.standards.plan import Compiled
from littlegiant.standards.plan.compiled import expressions


def code_values(compiled: Sequence[Compiled]) -> dict[str, list[str]]:
    """Return for each code item the values that the rules can tell apart, each as one that a register may hold."""
    found: dict[str, dict[str, None]] = {}
    for each in compiled:
        for item in (item for item in each.items if item.kind == "text"):
            symbol = each.scope.symbols[item.name]
            values = found.setdefault(item.name, {})
            values.update(dict.fromkeys(sorted(symbol.codes or ())))
            values.update(dict.fromkeys(symbol.prefixes))
            if symbol.codes is None:
                values.update(dict.fromkeys(_literals(each)))
                if not symbol.prefixes:
                    values["…"] = None  # any other text
                else:
                    for value in [v for v in values if not v.startswith(symbol.prefixes)]:
                        del values[value]
                    values.update(dict.fromkeys(_longer(values, _equals(each))))
    return {name: list(values) for name, values in found.items()}


def _longer(values: Iterable[str], equals: set[str]) -> Iterator[str]:
    """Yield for each code that a rule asks for by itself a longer one under it that no rule names."""
    known = list(values)
    for value in (value for value in known if value in equals):
        free = (f"{value}{digit}" for digit in range(10))
        longer = next((code for code in free if not any(other.startswith(code) for other in known)), None)
        if longer is not None:
            yield longer


def _equals(compiled: Compiled) -> set[str]:
    parts = [part for expr in expressions(compiled.root) for part in t.walk(expr)]
    sides = [side for part in parts if isinstance(part, t.Comparison) for side in (part.left, part.right)]
    sides += [option for part in parts if isinstance(part, t.OneOf) for option in part.options]
    return {side.value for side in sides if isinstance(side, t.String)}


def _literals(compiled: Compiled) -> list[str]:
    found: dict[str, None] = {}
    for expr in expressions(compiled.root):
        for part in t.walk(expr):
            if isinstance(part, t.String):
                found[part.value] = None
            if isinstance(part, t.StartsWith):
                found[part.prefix] = None
            if isinstance(part, t.OneOf):
                found.update(dict.fromkeys(o.value for o in part.options if isinstance(o, t.String)))
    return list(found)
