"""Kinds of rule. Each module holds one form a node may have and turns it into conditions; `lower` picks the module.

A new kind: a model in `standards/model.py`, a module here, its words in `standards/words.py`, a worked case.
"""

from collections.abc import Callable

from littlegiant.standards.kinds.banded import lower_bands
from littlegiant.standards.kinds.context import Context, cut
from littlegiant.standards.kinds.judged import lower_judgement
from littlegiant.standards.kinds.logic import (
    Arm,
    Atom,
    Bands,
    Junction,
    Ladder,
    Logic,
    Negation,
    Points,
    Step,
    parts_of,
    walk_logic,
)
from littlegiant.standards.kinds.nested import lower_group
from littlegiant.standards.kinds.required import lower_requirement
from littlegiant.standards.kinds.scored import lower_score
from littlegiant.standards.kinds.sized import lower_size_class
from littlegiant.standards.model import Rule

__all__ = [
    "Arm",
    "Atom",
    "Bands",
    "Context",
    "Junction",
    "Ladder",
    "Logic",
    "Negation",
    "Points",
    "Step",
    "cut",
    "lower_rule",
    "lower_score",
    "parts_of",
    "walk_logic",
]

_FORMS: dict[str, Callable[[Rule, str, Context], Logic]] = {
    "require": lower_requirement,
    "all": lower_group,
    "any": lower_group,
    "by_band": lower_bands,
    "judgement": lower_judgement,
    "size_class": lower_size_class,
}


def lower_rule(rule: Rule, id: str, context: Context) -> Logic:
    """Turn the one form that `rule` has into conditions reported under `id`."""
    (form,) = [name for name in _FORMS if getattr(rule, name) is not None]
    return _FORMS[form](rule, id, context)
