"""How R&D responds: a microsimulation with cited elasticities, each parameter drawn once a replication for all firms.

Extra R&D = [R0 (c1/c0)^-eps - R0] (1 - relabelled) + beta kappa grant + released. Firms of one class that face the same
costs respond alike: they are put into cells before anything is drawn, and the sum over cells is the sum over firms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from littlegiant.finance.response.parameters import Grade, Parameter, chosen, worst_grade
from littlegiant.finance.schedule import FloatArray
from littlegiant.problems import refuse

CLASSES = ("small", "medium", "large")
_SAME = 1e-9  # costs that differ by less are one cell


@dataclass(frozen=True)
class Design:
    """What one design means for each firm, shape (n,). cost_before, cost_after: user cost of R&D. grant, released: money a
    year; released is finance that reaches firms which could not borrow. budget: expected cost."""

    name: str
    cost_before: FloatArray
    cost_after: FloatArray
    grant: FloatArray
    released: FloatArray
    budget: float


@dataclass(frozen=True)
class Roles:
    """Which parameter plays which part, by size class; correlations between parameters, as {("a", "b"): 0.5}."""

    elasticity: Mapping[str, str] = field(default_factory=lambda: {c: f"rd_eps_{c}" for c in CLASSES})
    grant: Mapping[str, str] = field(default_factory=lambda: {c: f"grant_beta_{c}" for c in CLASSES})
    beside_relief: Mapping[str, str] = field(default_factory=lambda: {c: f"mix_kappa_{c}" for c in CLASSES})
    relabelled: str = "rd_relabel_cn"
    released: str = "guar_incremental_ca"
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        parts = (*self.elasticity.values(), *self.grant.values(), *self.beside_relief.values(), self.relabelled, self.released)
        return list(dict.fromkeys(parts))


@dataclass(frozen=True)
class Response:
    """Extra R&D a year by draw, shape (draws,), and what it rests on. extrapolated: share of R&D of firms whose cost moves
    further than the source of their elasticity saw."""

    design: str
    extra: FloatArray
    by_class: Mapping[str, FloatArray]
    budget: float
    grade: Grade
    drivers: Mapping[str, float]
    extrapolated: float
    cells: int

    def band(self, values: FloatArray | None = None) -> tuple[float, float, float]:
        """Return the 5, 50 and 95 per cent quantiles."""
        low, middle, high = np.quantile(self.extra if values is None else values, [0.05, 0.5, 0.95])
        return float(low), float(middle), float(high)

    @property
    def per_cost(self) -> FloatArray:
        """Extra R&D per unit of expected budget cost, by draw; NaN where there is no cost."""
        return self.extra / self.budget if self.budget > 0 else np.full(self.extra.shape, np.nan)


@dataclass(frozen=True)
class _Cells:
    group: npt.NDArray[np.int64]
    ratio: FloatArray
    research: FloatArray
    grant: FloatArray
    released: FloatArray


def respond(
    research: FloatArray,
    size: npt.NDArray[np.str_],
    designs: Sequence[Design],
    parameters: Mapping[str, Parameter],
    *,
    draws: int,
    seed: int,
    roles: Roles | None = None,
) -> list[Response]:
    """Return the response to each design, all on the same draws. `size` has small, medium or large; others are refused.

    Firms with an unknown figure count nothing; a user cost that is not above zero is refused.
    """
    part = roles or Roles()
    own = chosen(parameters, part.names)
    classes, groups = np.unique(size, return_inverse=True)
    for name in classes:
        if name not in CLASSES:
            refuse("firms, size", repr(str(name)), ", ".join(CLASSES), "Class the firms first; see size_class.", code="size")
    drawn = draw_parameters(own, draws=draws, seed=seed, correlations=part.correlations)
    at_mode = {each.id: np.array([each.mode]) for each in own}
    found = []
    for design in designs:
        free = int(np.sum(design.cost_after <= 0) + np.sum(design.cost_before <= 0))
        if free:
            found_ = f"a user cost that is not above zero for {free} firms"
            refuse(
                f"design {design.name}", found_, "above zero", "The response has no answer there; lower the relief.", code="cost"
            )
        cells = _cells(research, np.asarray(groups, np.int64), design)
        by_class = _extra(cells, [str(name) for name in classes], part, drawn)
        total = sum(by_class.values(), np.zeros(draws))
        drivers = _drivers(cells, [str(name) for name in classes], part, drawn, at_mode)
        plays = _plays(cells, [str(name) for name in classes], part)
        used = [each for each in own if each.id in plays]
        far = _extrapolated(cells, [str(name) for name in classes], part, parameters)
        found.append(
            Response(design.name, total, by_class, design.budget, worst_grade(used or own), drivers, far, len(cells.ratio))
        )
    return found


def beats(first: Response, second: Response) -> float:
    """Return the share of draws in which the first design brings more extra R&D; a tie counts half."""
    return float(np.mean(first.extra > second.extra) + 0.5 * np.mean(first.extra == second.extra))


def draw_parameters(
    parameters: Sequence[Parameter], *, draws: int, seed: int, correlations: Mapping[tuple[str, str], float] | None = None
) -> dict[str, FloatArray]:
    """Return each parameter's draws, shape (draws,). Keyed by seed and name: a parameter more changes no other's draws."""
    normal = {each.id: _normal(each.id, draws, seed) for each in parameters}
    correlated = dict(normal)
    names = sorted({name for pair in correlations or {} for name in pair})
    if names:
        matrix = np.eye(len(names))
        for (a, b), value in (correlations or {}).items():
            known = matrix[names.index(a), names.index(b)] if a != b else np.nan
            if a == b or not np.isfinite(value) or (known and known != value):
                refuse(
                    "correlations",
                    f"{a} with {b}: {value:g}",
                    "a number from -1 to 1, once for two parameters",
                    code="correlations",
                )
            if a not in normal or b not in normal:
                refuse("correlations", f"{a} with {b}", "two parameters that are drawn", code="unknown-name")
            i, j = names.index(a), names.index(b)
            matrix[i, j] = matrix[j, i] = value
        try:
            root = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            refuse(
                "correlations",
                "correlations that cannot all hold",
                "a positive definite matrix",
                "Lower some.",
                code="correlations",
            )
        mixed = root @ np.stack([normal[name] for name in names])
        correlated |= {name: mixed[row] for row, name in enumerate(names)}
    return {each.id: _triangular(each, _uniform(correlated[each.id])) for each in parameters}


def _normal(name: str, draws: int, seed: int) -> FloatArray:
    stream = int.from_bytes(name.encode()[:8].ljust(8, b"\0"), "little") ^ (len(name) << 56) ^ (hash_of(name) & 0xFFFFFFFF)
    return np.random.Generator(np.random.Philox(key=[seed, stream])).standard_normal(draws)


def hash_of(name: str) -> int:
    """Return a number for a name that is the same in every process."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


@cache
def _normal_table() -> tuple[FloatArray, FloatArray]:
    """Return the distribution of a standard normal on a grid."""
    grid = np.linspace(-8, 8, 32_001)
    return grid, np.array([NormalDist().cdf(x) for x in grid])


def _uniform(normal: FloatArray) -> FloatArray:
    grid, table = _normal_table()
    return np.asarray(np.interp(normal, grid, table), np.float64)


def _triangular(parameter: Parameter, uniform: FloatArray) -> FloatArray:
    low, mode, high = parameter.low, parameter.mode, parameter.high
    if low == high:
        return np.full(uniform.shape, mode)
    split = (mode - low) / (high - low)
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - uniform) * (high - low) * (high - mode))
    return np.where(uniform < split, rising, falling)


def _cells(research: FloatArray, groups: npt.NDArray[np.int64], design: Design) -> _Cells:
    """Return the sums of firms by class and change of cost."""
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(design.cost_after / design.cost_before)
    rounded = np.round(np.nan_to_num(change, nan=0.0, posinf=0.0, neginf=0.0) / _SAME).astype(np.int64)
    key = rounded * len(CLASSES) + groups
    unique, first, index = np.unique(key, return_index=True, return_inverse=True)
    amounts = np.isnan(research) | np.isnan(design.grant) | np.isnan(design.released)
    counted = np.isfinite(change) & ~amounts

    def summed(column: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(index, np.where(counted, np.nan_to_num(column), 0.0), len(unique)), np.float64)

    ratio = np.where(np.isfinite(change[first]), change[first], 0.0)
    return _Cells(unique % len(CLASSES), ratio, summed(research), summed(design.grant), summed(design.released))


def _extra(cells: _Cells, classes: Sequence[str], roles: Roles, drawn: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return extra R&D by class, shape (draws,) each."""
    result = {}
    real = 1 - drawn[roles.relabelled]
    for number, name in enumerate(classes):
        own = cells.group == number
        elasticity = drawn[roles.elasticity[name]]
        moved = np.expm1(-np.multiply.outer(elasticity, cells.ratio[own])) @ cells.research[own]
        granted = drawn[roles.grant[name]] * drawn[roles.beside_relief[name]] * cells.grant[own].sum()
        result[name] = moved * real + granted + drawn[roles.released] * cells.released[own].sum()
    return result


def _drivers(
    cells: _Cells, classes: Sequence[str], roles: Roles, drawn: Mapping[str, FloatArray], at_mode: Mapping[str, FloatArray]
) -> dict[str, float]:
    """Return each parameter's share of the variance that parameters make one at a time, the others at their modes."""
    some = {name: values[:2000] for name, values in drawn.items()}
    plays = _plays(cells, classes, roles)
    variance = {}
    for name, values in some.items():
        varied = {other: values if other == name else np.full(values.shape, at_mode[other][0]) for other in some}
        certain = name not in plays or bool(np.all(values == values[0]))
        total = sum(_extra(cells, classes, roles, varied).values(), np.zeros(len(values)))
        variance[name] = 0.0 if certain else float(np.var(total))
    whole = sum(variance.values())
    ordered = sorted(variance.items(), key=lambda pair: (-pair[1], pair[0]))
    return {name: share / whole if whole else 0.0 for name, share in ordered}


def _plays(cells: _Cells, classes: Sequence[str], roles: Roles) -> set[str]:
    """Return the parameters that a figure rests on: those of classes where costs move or money arrives."""
    found: set[str] = set()
    for number, name in enumerate(classes):
        own = cells.group == number
        if (cells.ratio[own] * cells.research[own] != 0).any():
            found |= {roles.elasticity[name], roles.relabelled}
        if cells.grant[own].any():
            found |= {roles.grant[name], roles.beside_relief[name]}
        if cells.released[own].any():
            found.add(roles.released)
    return found


def _extrapolated(cells: _Cells, classes: Sequence[str], roles: Roles, parameters: Mapping[str, Parameter]) -> float:
    """Return the share of R&D whose cost moves further than the source of its elasticity saw."""
    beyond = 0.0
    for number, name in enumerate(classes):
        limit = parameters[roles.elasticity[name]].limit
        own = cells.group == number
        if limit is not None:
            beyond += float(cells.research[own & (np.abs(cells.ratio) > limit)].sum())
    total = float(cells.research.sum())
    return beyond / total if total else 0.0
