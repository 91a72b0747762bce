"""Mathematics of supply networks: shocks, systemic risk, dependence, missing links, sector tables, drawn networks.

Start with `make_network`, `build` and `systemic_risk` (or `rank` for all firms). Nothing here knows a register.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from littlegiant.networks.distributed import measured_by as measured_by
    from littlegiant.networks.essentiality import Essentiality as Essentiality
    from littlegiant.networks.essentiality import matrix_of as matrix_of
    from littlegiant.networks.essentiality import read_matrix as read_matrix
    from littlegiant.networks.layout import Layout as Layout
    from littlegiant.networks.layout import build as build
    from littlegiant.networks.layout import open_layout as open_layout
    from littlegiant.networks.layout import save as save
    from littlegiant.networks.missing_link import Gaps as Gaps
    from littlegiant.networks.missing_link import LinkValue as LinkValue
    from littlegiant.networks.missing_link import estimate as estimate
    from littlegiant.networks.missing_link import gaps as gaps
    from littlegiant.networks.missing_link import link_value as link_value
    from littlegiant.networks.missing_link import with_second_source as with_second_source
    from littlegiant.networks.network import ESSENTIAL as ESSENTIAL
    from littlegiant.networks.network import NEGLIGIBLE as NEGLIGIBLE
    from littlegiant.networks.network import REPLACEABLE as REPLACEABLE
    from littlegiant.networks.network import Counted as Counted
    from littlegiant.networks.network import Network as Network
    from littlegiant.networks.network import make_network as make_network
    from littlegiant.networks.one_shock import Carried as Carried
    from littlegiant.networks.one_shock import Spread as Spread
    from littlegiant.networks.one_shock import by_group as by_group
    from littlegiant.networks.one_shock import spread as spread
    from littlegiant.networks.one_shock import why as why
    from littlegiant.networks.product_chain import ProductChain as ProductChain
    from littlegiant.networks.product_chain import Readiness as Readiness
    from littlegiant.networks.product_chain import make_chain as make_chain
    from littlegiant.networks.product_chain import readiness as readiness
    from littlegiant.networks.provision import Dependence as Dependence
    from littlegiant.networks.provision import Provision as Provision
    from littlegiant.networks.provision import dependence as dependence
    from littlegiant.networks.provision import herfindahl as herfindahl
    from littlegiant.networks.reconstruction import Gravity as Gravity
    from littlegiant.networks.reconstruction import GroupRisk as GroupRisk
    from littlegiant.networks.reconstruction import draw_network as draw_network
    from littlegiant.networks.reconstruction import gravity as gravity
    from littlegiant.networks.reconstruction import risk_by_group as risk_by_group
    from littlegiant.networks.risk import Measured as Measured
    from littlegiant.networks.risk import Ranking as Ranking
    from littlegiant.networks.risk import Screened as Screened
    from littlegiant.networks.risk import rank as rank
    from littlegiant.networks.risk import screen as screen
    from littlegiant.networks.risk import systemic_risk as systemic_risk
    from littlegiant.networks.risk import upstream_reach as upstream_reach
    from littlegiant.networks.sector_table import SectorTable as SectorTable
    from littlegiant.networks.sector_table import aggregated as aggregated
    from littlegiant.networks.sector_table import make_table as make_table
    from littlegiant.networks.trade import TradeDependence as TradeDependence
    from littlegiant.networks.trade import trade_dependence as trade_dependence

_HOMES = {  # each is loaded when it is first used: compiled kernels and tables take time to start
    "Carried": "littlegiant.networks.one_shock",
    "Counted": "littlegiant.networks.network",
    "Dependence": "littlegiant.networks.provision",
    "ESSENTIAL": "littlegiant.networks.network",
    "Essentiality": "littlegiant.networks.essentiality",
    "Gaps": "littlegiant.networks.missing_link",
    "Gravity": "littlegiant.networks.reconstruction",
    "GroupRisk": "littlegiant.networks.reconstruction",
    "Layout": "littlegiant.networks.layout",
    "LinkValue": "littlegiant.networks.missing_link",
    "Measured": "littlegiant.networks.risk",
    "NEGLIGIBLE": "littlegiant.networks.network",
    "Network": "littlegiant.networks.network",
    "ProductChain": "littlegiant.networks.product_chain",
    "Provision": "littlegiant.networks.provision",
    "REPLACEABLE": "littlegiant.networks.network",
    "Ranking": "littlegiant.networks.risk",
    "Readiness": "littlegiant.networks.product_chain",
    "Screened": "littlegiant.networks.risk",
    "SectorTable": "littlegiant.networks.sector_table",
    "Spread": "littlegiant.networks.one_shock",
    "TradeDependence": "littlegiant.networks.trade",
    "aggregated": "littlegiant.networks.sector_table",
    "build": "littlegiant.networks.layout",
    "by_group": "littlegiant.networks.one_shock",
    "dependence": "littlegiant.networks.provision",
    "draw_network": "littlegiant.networks.reconstruction",
    "estimate": "littlegiant.networks.missing_link",
    "gaps": "littlegiant.networks.missing_link",
    "gravity": "littlegiant.networks.reconstruction",
    "herfindahl": "littlegiant.networks.provision",
    "link_value": "littlegiant.networks.missing_link",
    "make_chain": "littlegiant.networks.product_chain",
    "make_network": "littlegiant.networks.network",
    "make_table": "littlegiant.networks.sector_table",
    "matrix_of": "littlegiant.networks.essentiality",
    "measured_by": "littlegiant.networks.distributed",
    "open_layout": "littlegiant.networks.layout",
    "rank": "littlegiant.networks.risk",
    "read_matrix": "littlegiant.networks.essentiality",
    "readiness": "littlegiant.networks.product_chain",
    "risk_by_group": "littlegiant.networks.reconstruction",
    "save": "littlegiant.networks.layout",
    "screen": "littlegiant.networks.risk",
    "spread": "littlegiant.networks.one_shock",
    "systemic_risk": "littlegiant.networks.risk",
    "trade_dependence": "littlegiant.networks.trade",
    "upstream_reach": "littlegiant.networks.risk",
    "why": "littlegiant.networks.one_shock",
    "with_second_source": "littlegiant.networks.missing_link",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'littlegiant.networks' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
