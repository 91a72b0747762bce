"""Mathematics of supply networks: shocks, systemic risk, dependence, missing links, sector tables, drawn networks.

Start with `make_network`, `build` and `systemic_risk` (or `rank` for all firms). Nothing here knows a register.
"""

from littlegiant.networks.dependence import Dependence, Provision, dependence, herfindahl
from littlegiant.networks.distributed import measured_by
from littlegiant.networks.essentiality import Essentiality, matrix_of, read_matrix
from littlegiant.networks.layout import Layout, build, open_layout, save
from littlegiant.networks.missing_link import Gaps, LinkValue, estimate, gaps, link_value, with_second_source
from littlegiant.networks.network import ESSENTIAL, NEGLIGIBLE, REPLACEABLE, Counted, Network, make_network
from littlegiant.networks.product_chain import ProductChain, Readiness, make_chain, readiness
from littlegiant.networks.reconstruction import Gravity, GroupRisk, draw_network, gravity, risk_by_group
from littlegiant.networks.risk import Measured, Ranking, Screened, rank, screen, systemic_risk, upstream_reach
from littlegiant.networks.sector_table import SectorTable, aggregated, make_table
from littlegiant.networks.spread import Carried, Spread, by_group, spread, why
from littlegiant.networks.trade import TradeDependence, trade_dependence

__all__ = [
    "ESSENTIAL",
    "NEGLIGIBLE",
    "REPLACEABLE",
    "Carried",
    "Counted",
    "Dependence",
    "Essentiality",
    "Gaps",
    "Gravity",
    "GroupRisk",
    "Layout",
    "LinkValue",
    "Measured",
    "Network",
    "ProductChain",
    "Provision",
    "Ranking",
    "Readiness",
    "Screened",
    "SectorTable",
    "Spread",
    "TradeDependence",
    "aggregated",
    "build",
    "by_group",
    "dependence",
    "draw_network",
    "estimate",
    "gaps",
    "gravity",
    "herfindahl",
    "link_value",
    "make_chain",
    "make_network",
    "make_table",
    "matrix_of",
    "measured_by",
    "open_layout",
    "rank",
    "read_matrix",
    "readiness",
    "risk_by_group",
    "save",
    "screen",
    "spread",
    "systemic_risk",
    "trade_dependence",
    "upstream_reach",
    "why",
    "with_second_source",
]
