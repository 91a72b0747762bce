"""What went wrong, where, and how to mend it: the one error type of the house. Start with `Problem`."""

from littlegiant.problems.problem import LittleGiantError, Problem, refuse, suggestion, world_failed

__all__ = ["LittleGiantError", "Problem", "refuse", "suggestion", "world_failed"]
