"""What a package is expected to bring, case by case: additional R&D from the response model, with minus without.

Nothing here is the applicant's own claim. Parameters are drawn once a replication and are common to all cases, so that the
spread of a case says how uncertain the evidence is, and cases with the same evidence move together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from littlegiant.appraisal.sections import Objective
from littlegiant.finance.response import Design, Roles, chosen, draw_parameters, worst_grade
from littlegiant.finance.response.parameters import Parameter
from littlegiant.finance.schedule import FloatArray

_SAME = 1e-6  # log changes of the user cost that differ by less are one


@dataclass(frozen=True)
class Additional:
    """By firm, in the main unit, NaN where R&D is not known: from_cost (cheaper R&D), from_grant, released, their sum `mean`,
    and the standard deviation of the sum over the draws. beyond: the cost moves further than the source of its elasticity saw.
    grade: of the weakest parameter that plays a part."""

    from_cost: FloatArray
    from_grant: FloatArray
    released: FloatArray
    sd: FloatArray
    beyond: npt.NDArray[np.bool_]
    grade: str

    @property
    def mean(self) -> FloatArray:
        return self.from_cost + self.from_grant + self.released


def worth(rule: Objective, additional: FloatArray, cost: FloatArray, criticality: FloatArray) -> FloatArray:
    """Return what additional R&D is worth under an objective, in its unit; amounts in the main unit.

    welfare takes the expected cost off, dearer by the cost of public funds; critical weighs R&D up, 0 where it is not known.
    """
    value = additional
    if rule.maximise == "welfare":
        value = value * (1 + rule.spillover) - (1 + rule.cost_of_funds) * cost
    if rule.maximise == "critical":
        value = value * (1 + rule.criticality_weight * np.nan_to_num(criticality))
    return np.asarray(value / rule.unit, np.float64)


class Responses:
    """The response model with its parameters drawn once."""

    def __init__(self, parameters: Mapping[str, Parameter], *, draws: int, seed: int, roles: Roles | None = None) -> None:
        self.roles, self.parameters = roles or Roles(), parameters
        self.own = chosen(parameters, self.roles.names)
        self.drawn = draw_parameters(self.own, draws=draws, seed=seed, correlations=self.roles.correlations)

    def additional(self, research: FloatArray, size: npt.NDArray[np.str_], design: Design) -> Additional:
        """Return the additional R&D of each firm under a design.

        It is R0 ((c1/c0)^-eps - 1)(1 - relabelled) + beta kappa grant + released, each parameter drawn, the mean over the draws.
        """
        n = len(research)
        parts = [np.zeros(n) for _ in range(4)]
        from_cost, from_grant, released, variance = parts
        beyond, used = np.zeros(n, np.bool_), set()
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.log(design.cost_after / design.cost_before)
        steps = np.round(np.nan_to_num(change, nan=0.0, posinf=0.0, neginf=0.0) / _SAME).astype(np.int64)
        for name in np.unique(size):
            own = np.flatnonzero(size == name)
            elasticity = self.drawn[self.roles.elasticity[str(name)]]
            per_grant = self.drawn[self.roles.grant[str(name)]] * self.drawn[self.roles.beside_relief[str(name)]]
            per_released = self.drawn[self.roles.released]
            levels, at = np.unique(steps[own], return_inverse=True)
            # By level of the change: what a unit of R&D, of a grant, of released money brings, and how the three move together.
            moved = np.expm1(-np.multiply.outer(levels * _SAME, elasticity)) * (1 - self.drawn[self.roles.relabelled])
            shares = (research[own], design.grant[own], design.released[own])
            from_cost[own] = research[own] * moved.mean(axis=1)[at]
            from_grant[own] = design.grant[own] * per_grant.mean()
            released[own] = design.released[own] * per_released.mean()
            variance[own] = _variance(shares, moved, per_grant, per_released, at)
            used |= self._used(str(name), steps[own], design.grant[own], design.released[own])
            limit = self.parameters[self.roles.elasticity[str(name)]].limit
            if limit is not None:
                beyond[own] = np.abs(change[own]) > limit
        known = [each for each in self.own if each.id in used]
        sd = np.sqrt(np.maximum(variance, 0.0))
        return Additional(from_cost, from_grant, released, sd, beyond, worst_grade(known or self.own))

    def _used(self, name: str, steps: npt.NDArray[np.int64], grant: FloatArray, released: FloatArray) -> set[str]:
        found: set[str] = set()
        if steps.any():
            found |= {self.roles.elasticity[name], self.roles.relabelled}
        if np.nan_to_num(grant).any():
            found |= {self.roles.grant[name], self.roles.beside_relief[name]}
        if np.nan_to_num(released).any():
            found.add(self.roles.released)
        return found


def _variance(
    shares: tuple[FloatArray, FloatArray, FloatArray], moved: FloatArray, per_grant: FloatArray, per_released: FloatArray,
    at: npt.NDArray[np.int64],
) -> FloatArray:  # fmt: skip
    """Return the variance over the draws of research · moved + grant · per_grant + released · per_released."""
    research, grant, released = shares
    centred = moved - moved.mean(axis=1, keepdims=True)
    g, r = per_grant - per_grant.mean(), per_released - per_released.mean()
    count = moved.shape[1]
    with_grant, with_released = (centred @ g / count)[at], (centred @ r / count)[at]
    result = research**2 * (centred**2).mean(axis=1)[at] + grant**2 * (g @ g / count) + released**2 * (r @ r / count)
    result = result + 2 * research * grant * with_grant + 2 * research * released * with_released
    return np.asarray(result + 2 * grant * released * (g @ r / count), np.float64)
