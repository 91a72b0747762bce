"""From a plan to one query. `query` is the text; every other module here writes a part of it."""

from littlegiant.standards.emit.dialects import in_dialect
from littlegiant.standards.emit.query import RESULT_COLUMNS, item_column, query, query_together

__all__ = ["RESULT_COLUMNS", "in_dialect", "item_column", "query", "query_together"]
