"""From documents to one plan: the tree of conditions, its slots, its thresholds. Start with `compile_standard`."""

from littlegiant.standards.plan.compiled import Compiled, bases, compile_standard
from littlegiant.standards.plan.joint import Joint, Reading, join_standards
from littlegiant.standards.plan.slots import Slot, Slots
from littlegiant.standards.plan.thresholds import Threshold

__all__ = ["Compiled", "Joint", "Reading", "Slot", "Slots", "Threshold", "bases", "compile_standard", "join_standards"]
