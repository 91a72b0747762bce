"""Report elements – a sentence, a table, a picture – to one self-contained page. Start with `Element` and `page`."""

from littlegiant.pages.charts import bars, stacked_bars
from littlegiant.pages.element import Column, Element
from littlegiant.pages.html import page

__all__ = ["Column", "Element", "bars", "page", "stacked_bars"]
