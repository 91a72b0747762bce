"""What a standard does, found by a solver without any firm. Needs the extra `analysis` (z3). Start with `analyse`."""

from littlegiant.standards.analysis.questions import Analysis, Finding, analyse, compare_versions
from littlegiant.standards.analysis.witness import Witness

__all__ = ["Analysis", "Finding", "Witness", "analyse", "compare_versions"]
