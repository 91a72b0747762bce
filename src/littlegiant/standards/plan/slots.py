"""Slots: the numbered things a result speaks of – conditions, then facts and titles, then findings.

A result row carries sets of slots as integers, 62 slots a column: `failed_1`, `unknown_1`, `unknown_2`, `needed_2` …
The numbering is stored beside the results, so that the integers can be read without this software.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from littlegiant.standards.language import Item

PER_COLUMN = 62


@dataclass(frozen=True, slots=True)
class Slot:
    """One numbered slot. `kind` condition, data (facts, titles) or finding."""

    number: int
    id: str
    kind: Literal["condition", "data", "finding"]

    @property
    def column(self) -> int:
        return self.number // PER_COLUMN + 1

    @property
    def bit(self) -> int:
        return 1 << (self.number % PER_COLUMN)


@dataclass(frozen=True)
class Slots:
    """The slots of a compiled standard, in order."""

    all: tuple[Slot, ...]
    items: tuple[Item, ...]

    @classmethod
    def number(cls, conditions: Iterable[str], items: Iterable[Item]) -> "Slots":
        ordered = sorted(items, key=lambda item: item.is_finding)
        named = [(id, "condition") for id in conditions]
        named += [(item.id, "finding" if item.is_finding else "data") for item in ordered]
        return cls(tuple(Slot(n, id, kind) for n, (id, kind) in enumerate(named)), tuple(ordered))  # type: ignore[arg-type]

    @cached_property
    def conditions(self) -> dict[str, Slot]:
        return {slot.id: slot for slot in self.all if slot.kind == "condition"}

    @cached_property
    def by_item(self) -> dict[str, Slot]:
        return {slot.id: slot for slot in self.all if slot.kind != "condition"}

    def columns(self, name: Literal["failed", "unknown", "needed"]) -> list[str]:
        """Return the columns of one set: failed holds conditions only, needed items only, unknown both."""
        kinds = {"failed": ("condition",), "needed": ("data", "finding"), "unknown": ("condition", "data", "finding")}[name]
        return [f"{name}_{column}" for column in sorted({slot.column for slot in self.all if slot.kind in kinds})]

    def read(self, name: str, row: Mapping[str, Any]) -> list[str]:
        """Return the ids of the slots that are set in `row`, in order."""
        found: list[str] = []
        for column, slots in self._by_column.items():
            value = row.get(f"{name}_{column}", 0)
            if value:
                found += [id for bit, id in slots if value & bit]
        return found

    @cached_property
    def _by_column(self) -> dict[int, list[tuple[int, str]]]:
        found: dict[int, list[tuple[int, str]]] = {}
        for slot in self.all:
            found.setdefault(slot.column, []).append((slot.bit, slot.id))
        return found

    def as_rows(self) -> list[dict[str, Any]]:
        return [
            {"slot": s.number, "id": s.id, "kind": s.kind, "column": s.column, "bit": s.number % PER_COLUMN} for s in self.all
        ]
