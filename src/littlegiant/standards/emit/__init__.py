"""From a plan to one query. `query` is the text; every other module here writes a part of it."""

from littlegiant.standards.emit.query import RESULT_COLUMNS, item_column, query, query_together

__all__ = ["RESULT_COLUMNS", "item_column", "query", "query_together"]
