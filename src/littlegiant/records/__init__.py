"""The folder of a round: documents, sealed stages, an index, and what may leave the house. Start with `RoundFolder`."""

from littlegiant.records.access import AccessPolicy, public_table
from littlegiant.records.difference import first_difference
from littlegiant.records.folder import RoundFolder, Sealed

__all__ = ["AccessPolicy", "RoundFolder", "Sealed", "first_difference", "public_table"]
