"""Several compiled standards that are asked together: what they read, once each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

from littlegiant.problems import refuse
from littlegiant.standards.language import Item, Scope
from littlegiant.standards.plan.compiled import Compiled


class Reading(Protocol):
    """What a judgement has to know of the rules to read a register for them."""

    @property
    def items(self) -> tuple[Item, ...]: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def reference_date(self) -> date: ...


@dataclass(frozen=True)
class Joint:
    """`members` judged in one pass over a register; `others` are facts that the caller wants beside the verdicts."""

    members: tuple[Compiled, ...]
    others: tuple[Item, ...]
    reference_date: date
    scope: Scope

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything that any member reads, and the others."""
        read = (item for member in self.members for item in member.items)
        return tuple(dict.fromkeys([*read, *self.others]))


def join_standards(members: Sequence[Compiled], others: Sequence[str] = ()) -> Joint:
    """Put `members` together; raises where they are for different days or mean different things by one name."""
    first = members[0]
    symbols = dict(first.scope.symbols)
    for member in members[1:]:
        place = member.document.name
        if member.reference_date != first.reference_date:
            found, expected = f"the reference date {member.reference_date}", str(first.reference_date)
            refuse(place, found, f"{expected}, as in {first.document.name}", "Judge them one after the other.", code="date")
        for item in member.items:
            known, symbol = symbols.get(item.name), member.scope.symbols.get(item.name)
            if (
                symbol is not None
                and known is not None
                and (known.source, known.kind, known.scale)
                != (
                    symbol.source,
                    symbol.kind,
                    symbol.scale,
                )
            ):
                found = f"{item.name!r}, which means something else in {first.document.name}"
                refuse(place, found, "one meaning for a name", "Judge them one after the other.", code="type")
        symbols = {**{name: s for name, s in member.scope.symbols.items() if s.source in ("fact", "finding")}, **symbols}
    beside = tuple(first.scope.item(first.scope.symbol(name, "the facts beside the verdicts").name, 0) for name in others)
    return Joint(tuple(members), beside, first.reference_date, Scope(symbols, first.scope.tiers))
