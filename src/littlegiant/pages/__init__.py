"""Report elements – a sentence, a table, a picture – to one self-contained page or document. Start with `Element`."""

from littlegiant.pages.charts import bars, curves, reach, stacked_bars, tiles
from littlegiant.pages.docx import document
from littlegiant.pages.element import Column, Element
from littlegiant.pages.flows import flows
from littlegiant.pages.html import page
from littlegiant.pages.money_charts import fan, grouped_bars, waterfall
from littlegiant.pages.network_map import Neighbour, network_map
from littlegiant.pages.pdf import printed

__all__ = [
    "Column",
    "Element",
    "Neighbour",
    "bars",
    "curves",
    "document",
    "fan",
    "flows",
    "grouped_bars",
    "network_map",
    "page",
    "printed",
    "reach",
    "stacked_bars",
    "tiles",
    "waterfall",
]
