"""Who gets which package: prices, a certificate, conflicts, frontier, robustness.

`loose_instance` builds a problem from options written out, `allocate` solves it, `certify` recounts it at published prices,
`conflict` says which rows cannot all hold.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from littlegiant.allocation.building import loose_instance as loose_instance
    from littlegiant.allocation.certificate import Certificate as Certificate
    from littlegiant.allocation.certificate import Prices as Prices
    from littlegiant.allocation.certificate import certify as certify
    from littlegiant.allocation.certificate import dyadic as dyadic
    from littlegiant.allocation.conflicts import Conflict as Conflict
    from littlegiant.allocation.conflicts import conflict as conflict
    from littlegiant.allocation.conflicts import impossible as impossible
    from littlegiant.allocation.elsewhere import Elsewhere as Elsewhere
    from littlegiant.allocation.instance import Factored as Factored
    from littlegiant.allocation.instance import Instance as Instance
    from littlegiant.allocation.instance import Loose as Loose
    from littlegiant.allocation.instance import Row as Row
    from littlegiant.allocation.solving import Allocation as Allocation
    from littlegiant.allocation.solving import allocate as allocate
    from littlegiant.allocation.solving import relax as relax

_HOMES = {
    "Allocation": "solving",
    "Certificate": "certificate",
    "Conflict": "conflicts",
    "Elsewhere": "elsewhere",
    "Factored": "instance",
    "Instance": "instance",
    "Loose": "instance",
    "Prices": "certificate",
    "Row": "instance",
    "allocate": "solving",
    "certify": "certificate",
    "conflict": "conflicts",
    "dyadic": "certificate",
    "impossible": "conflicts",
    "loose_instance": "building",
    "relax": "solving",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"littlegiant.allocation.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
