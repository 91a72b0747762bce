"""From documents to one plan: the tree of conditions, its slots, its thresholds. Start with `compile_standard`."""

from littlegiant.standards.plan.compiled import Compiled, compile_standard
from littlegiant.standards.plan.slots import Slot, Slots
from littlegiant.standards.plan.thresholds import Threshold

__all__ = ["Compiled", "Slot", "Slots", "Threshold", "compile_standard"]
