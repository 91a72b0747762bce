"""Firms placed in their supply network: how critical each is, where the chokepoints are, what a missing link is worth.

Start with `open_supply` and `criticality`. Everything here is restricted: none of it is published.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from littlegiant.criticality.firm_criticality import Criticality as Criticality
    from littlegiant.criticality.firm_criticality import Known as Known
    from littlegiant.criticality.firm_criticality import coverage_of as coverage_of
    from littlegiant.criticality.firm_criticality import criticality as criticality
    from littlegiant.criticality.firm_criticality import open_supply as open_supply
    from littlegiant.criticality.key_links import Catalogue as Catalogue
    from littlegiant.criticality.key_links import KeyLinks as KeyLinks
    from littlegiant.criticality.key_links import open_key_links as open_key_links
    from littlegiant.criticality.scenarios import ShockResult as ShockResult
    from littlegiant.criticality.scenarios import SupplyShock as SupplyShock
    from littlegiant.criticality.scenarios import read_shock as read_shock
    from littlegiant.criticality.scenarios import run_shock as run_shock
    from littlegiant.criticality.supply_file import SupplyFile as SupplyFile
    from littlegiant.criticality.supply_file import read_supply as read_supply

_HOMES = {  # each is loaded when it is first used: compiled kernels and tables take time to start
    "Catalogue": "littlegiant.criticality.key_links",
    "Criticality": "littlegiant.criticality.firm_criticality",
    "KeyLinks": "littlegiant.criticality.key_links",
    "Known": "littlegiant.criticality.firm_criticality",
    "ShockResult": "littlegiant.criticality.scenarios",
    "SupplyFile": "littlegiant.criticality.supply_file",
    "SupplyShock": "littlegiant.criticality.scenarios",
    "coverage_of": "littlegiant.criticality.firm_criticality",
    "criticality": "littlegiant.criticality.firm_criticality",
    "open_key_links": "littlegiant.criticality.key_links",
    "open_supply": "littlegiant.criticality.firm_criticality",
    "read_shock": "littlegiant.criticality.scenarios",
    "read_supply": "littlegiant.criticality.supply_file",
    "run_shock": "littlegiant.criticality.scenarios",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'littlegiant.criticality' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
