"""Firms placed in their supply network: how critical each is, where the chokepoints are, what a missing link is worth.

Start with `open_supply` and `criticality`. Everything here is restricted: none of it is published.
"""

from littlegiant.criticality.firm_criticality import Criticality, Known, coverage_of, criticality, open_supply
from littlegiant.criticality.key_links import Catalogue, KeyLinks, open_key_links
from littlegiant.criticality.scenarios import ShockResult, SupplyShock, read_shock, run_shock
from littlegiant.criticality.supply_file import SupplyFile, read_supply

__all__ = [
    "Catalogue",
    "Criticality",
    "KeyLinks",
    "Known",
    "ShockResult",
    "SupplyFile",
    "SupplyShock",
    "coverage_of",
    "criticality",
    "open_key_links",
    "open_supply",
    "read_shock",
    "read_supply",
    "run_shock",
]
