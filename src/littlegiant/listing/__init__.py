"""The officer's door: `list_workbook` judges a workbook and gives it back with the answers; `propose` reads its titles."""

from littlegiant.listing.listing import Listed, Question, list_workbook, proposed_mapping, saved_mapping
from littlegiant.listing.proposal import Proposal, Reading, corrected, propose
from littlegiant.listing.workbook import open_workbook

__all__ = [
    "Listed",
    "Proposal",
    "Question",
    "Reading",
    "corrected",
    "list_workbook",
    "open_workbook",
    "propose",
    "proposed_mapping",
    "saved_mapping",
]
