"""How firms respond to support, with bands, drivers and the grade of the evidence beside every number."""

from littlegiant.finance.response.model import CLASSES, Design, Response, Roles, beats, respond
from littlegiant.finance.response.parameters import Parameter, read_parameters

__all__ = ["CLASSES", "Design", "Parameter", "Response", "Roles", "beats", "read_parameters", "respond"]
