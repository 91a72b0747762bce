"""Instruments on one footing, stacked, explained; stress and response of firms. Start with `evaluate` and `open_catalogue`."""

from littlegiant.finance.breakeven import breakeven
from littlegiant.finance.catalogue import Catalogue, open_catalogue
from littlegiant.finance.evaluate import Value, evaluate
from littlegiant.finance.explain import explain_value
from littlegiant.finance.firms import Firms, firms
from littlegiant.finance.rates import Rates
from littlegiant.finance.stack import Stack, stack

__all__ = [
    "Catalogue",
    "Firms",
    "Rates",
    "Stack",
    "Value",
    "breakeven",
    "evaluate",
    "explain_value",
    "firms",
    "open_catalogue",
    "stack",
]
