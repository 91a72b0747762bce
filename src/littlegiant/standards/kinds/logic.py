"""The tree of conditions that every kind of rule is turned into; the query, the slots and the reasons read only this."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from littlegiant.standards.language import Expr


@dataclass(frozen=True, slots=True)
class Atom:
    """A condition that is not cut further; `slot` is the id under which it is reported, if any."""

    expr: Expr
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Junction:
    word: Literal["all", "any"]
    parts: tuple["Logic", ...]
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Negation:
    part: "Logic"
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    condition: Expr
    part: "Logic"


@dataclass(frozen=True, slots=True)
class Bands:
    """Exactly one arm applies; where `open_ended`, a value that fits no arm makes the whole unknown."""

    selector: Expr
    arms: tuple[Arm, ...]
    open_ended: bool = False
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    condition: Expr
    points: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """An indicator: the first step met gives its points."""

    id: str
    group: str
    steps: tuple[Step, ...]
    otherwise: int
    cap: int | None
    one_measure: bool  # all steps read one value that is either known or wholly unknown
    counted: tuple[Expr, ...] = ()  # of "so many points for each": the conditions that the steps count


@dataclass(frozen=True, slots=True)
class Points:
    """A score: the sum of ladders, with caps and floors by group, against a pass mark."""

    ladders: tuple[Ladder, ...]
    caps: tuple[tuple[str, int], ...]
    floors: tuple[tuple[str, int], ...]
    pass_mark: int
    slot: str | None = "score"


Logic: TypeAlias = Atom | Junction | Negation | Bands | Points


def parts_of(logic: Logic) -> tuple[Logic, ...]:
    if isinstance(logic, Junction):
        return logic.parts
    if isinstance(logic, Negation):
        return (logic.part,)
    if isinstance(logic, Bands):
        return tuple(arm.part for arm in logic.arms)
    return ()


def walk_logic(logic: Logic) -> Iterator[Logic]:
    yield logic
    for part in parts_of(logic):
        yield from walk_logic(part)
