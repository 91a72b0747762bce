"""How firms respond to support, with bands, drivers and the grade of the evidence beside every number."""

from littlegiant.finance.response.model import CLASSES, Design, Response, Roles, beats, draw_parameters, respond
from littlegiant.finance.response.parameters import Parameter, chosen, read_parameters, worst_grade

__all__ = [
    "CLASSES",
    "Design",
    "Parameter",
    "Response",
    "Roles",
    "beats",
    "chosen",
    "draw_parameters",
    "read_parameters",
    "respond",
    "worst_grade",
]
