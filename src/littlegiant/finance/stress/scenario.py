"""A scenario: what happens to sales, prices, rates and credit, month by month, with its reason and date.

Also read from a file.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from littlegiant.documents import Frozen, Slug
from littlegiant.finance.firms import BoolArray, Firms
from littlegiant.finance.schedule import FloatArray
from littlegiant.problems import refuse, suggestion

Variable = Literal["sales_fall", "input_price", "rate_rise", "roll_over", "added_receivable_days"]
VARIABLES: dict[Variable, float] = {  # value where nothing happens
    "sales_fall": 0.0,
    "input_price": 0.0,
    "rate_rise": 0.0,
    "roll_over": 1.0,
    "added_receivable_days": 0.0,
}


class Step(Frozen):
    """A value from a month on, to be held until the next step."""

    from_: int = Field(alias="from", ge=1)
    value: float


class Shock(Frozen):
    """Paths of the variables, each a value for all months or steps; a variable that is not named stays as it is.

    sales_fall: share of sales lost. input_price: rise of input prices. rate_rise: points on floating debt, as 0.03. roll_over:
    share of the short-term debt falling due in a month that is renewed. added_receivable_days: days by which customers pay
    later from that month on, counted once in the month it is given.
    """

    sales_fall: float | tuple[Step, ...] | None = None
    input_price: float | tuple[Step, ...] | None = None
    rate_rise: float | tuple[Step, ...] | None = None
    roll_over: float | tuple[Step, ...] | None = None
    added_receivable_days: float | tuple[Step, ...] | None = None

    def path(self, variable: Variable, months: int) -> FloatArray | None:
        given = getattr(self, variable)
        if given is None:
            return None
        result = np.full(months, VARIABLES[variable])
        if isinstance(given, tuple):
            for step in sorted(given, key=lambda each: each.from_):
                if variable == "added_receivable_days":
                    if step.from_ <= months:
                        result[step.from_ - 1] = step.value
                else:
                    result[step.from_ - 1 :] = step.value
        elif variable == "added_receivable_days":
            result[0] = given
        else:
            result[:] = given
        return result


class Spread(Frozen):
    """A triangular factor on a variable's departure from normal, drawn once a replication for all firms."""

    low: float = Field(ge=0)
    mode: float = Field(ge=0)
    high: float = Field(ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.mode <= self.high:
            raise ValueError("`low:`, `mode:` and `high:` rise")
        return self


class Scenario(Frozen):
    """A document.

    `by_sector` and `by_region` put other paths in place for the firms whose code begins so; sector goes first.
    """

    format: Literal[1]
    scenario: Slug
    title: dict[str, str]
    reason: dict[str, str]
    dated: str
    months: int = Field(default=12, ge=1, le=60)
    shock: Shock = Shock()
    line_cut: float = Field(default=0.0, ge=0, le=1)  # share of unused credit lines withdrawn at the start
    by_sector: dict[str, Shock] = {}
    by_region: dict[str, Shock] = {}
    uncertain: dict[Variable, Spread] = {}

    @model_validator(mode="after")
    def _within_range(self) -> Self:
        for shock in (self.shock, *self.by_sector.values(), *self.by_region.values()):
            for variable in ("sales_fall", "roll_over"):
                path = shock.path(variable, self.months)
                if path is not None and (path.min() < (-1 if variable == "sales_fall" else 0) or path.max() > 1):
                    raise ValueError(f"`{variable}:` is a share, as 0.3")
            rise = shock.path("rate_rise", self.months)
            if rise is not None and (np.abs(rise) >= 1).any():
                raise ValueError("`rate_rise:` is in points of a rate, as 0.03")
        return self


@dataclass(frozen=True)
class Cell:
    """The firms that share their paths, shape (months,) each."""

    rows: BoolArray
    paths: Mapping[Variable, FloatArray]


def cells(scenario: Scenario, firms: Firms) -> list[Cell]:
    """Return the groups of firms with the same paths; every firm is in one."""
    which = np.zeros(len(firms), np.int64)
    shocks = [scenario.shock]
    for codes, given in ((firms.region, scenario.by_region), (firms.sector, scenario.by_sector)):
        for prefix, shock in sorted(given.items(), key=lambda pair: len(pair[0])):
            shocks.append(shock)
            which = np.where(np.char.startswith(codes, prefix), len(shocks) - 1, which)
    found = []
    for number, shock in enumerate(shocks):
        rows = which == number
        if rows.any() or (number == 0 and len(firms) == 0):
            found.append(Cell(rows, _paths(shock, scenario)))
    return found


def _paths(shock: Shock, scenario: Scenario) -> dict[Variable, FloatArray]:
    """Return all paths of a cell; what its own shock leaves out is that of the scenario."""
    result: dict[Variable, FloatArray] = {}
    for variable, normal in VARIABLES.items():
        own = shock.path(variable, scenario.months)
        general = scenario.shock.path(variable, scenario.months) if own is None else own
        result[variable] = np.full(scenario.months, normal) if general is None else general
    return result


def scenario_from_file(path: Path, *, months: int = 12, title: str = "") -> Scenario:
    """Return the scenario in a CSV of any macro model: columns month, variable, value, and perhaps sector or region.

    Months count from 1; a month that is left out keeps the value before it, but for added days, which count in the month given.
    """
    try:
        return _from_rows(path, _rows(path, months), months, title)
    except ValidationError as error:
        told = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        refuse(path.name, told, "values that a scenario may have", "Shares are written as 0.3.", code="range")


def _from_rows(path: Path, rows: Sequence[dict[str, str]], months: int, title: str) -> Scenario:
    shocks: dict[tuple[str, str], dict[str, list[dict[str, float]]]] = {}
    for row in rows:
        key = ("sector", row["sector"]) if row.get("sector") else ("region", row["region"]) if row.get("region") else ("", "")
        steps = shocks.setdefault(key, {}).setdefault(row["variable"], [])
        steps.append({"from": int(row["month"]), "value": float(row["value"])})
    made = {
        key: Shock.model_validate(
            {name: tuple(sorted(steps, key=lambda step: step["from"])) for name, steps in variables.items()}
        )
        for key, variables in shocks.items()
    }
    return Scenario(
        format=1,
        scenario="file",
        title={"en": title or path.name, "zh": title or path.name},
        reason={"en": f"from the file {path.name}", "zh": f"来自文件{path.name}"},
        dated="",
        months=months,
        shock=made.pop(("", ""), Shock()),
        by_sector={code: shock for (kind, code), shock in made.items() if kind == "sector"},
        by_region={code: shock for (kind, code), shock in made.items() if kind == "region"},
    )


def _rows(path: Path, months: int) -> Sequence[dict[str, str]]:
    if not path.is_file():
        refuse(str(path), "no such file", "a CSV with month, variable, value", code="no-file")
    try:
        reader = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        numbered = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError:
        refuse(path.name, "a text that is not UTF-8", "UTF-8", "Save it as CSV UTF-8.", code="encoding")
    needed, have = {"month", "variable", "value"}, list(reader.fieldnames or [])
    if not needed <= set(have) or not numbered:
        found = f"the columns {', '.join(have) or 'none'}" if not needed <= set(have) else "no rows"
        refuse(path.name, found, "month, variable, value", code="columns")
    rows = [row for _, row in numbered]
    seen: set[tuple[str, ...]] = set()
    for number, row in numbered:
        key = tuple(row.get(name) or "" for name in ("month", "variable", "sector", "region"))
        if key in seen:
            refuse(
                f"{path.name}, row {number}",
                "a month and variable that stood before",
                "each once",
                "Leave one out.",
                code="twice",
            )
        seen.add(key)
        if row.get("sector") and row.get("region"):
            refuse(
                f"{path.name}, row {number}",
                "a sector and a region",
                "one of the two",
                "Cells are by sector or by region.",
                code="cell",
            )
        if None in row or None in row.values():
            refuse(f"{path.name}, row {number}", "another number of cells than titles", f"{len(have)} cells", code="columns")
        place = f"{path.name}, row {number}"
        if row["variable"] not in VARIABLES:
            remedy = suggestion(row["variable"], VARIABLES) or f"Known: {', '.join(VARIABLES)}."
            refuse(place, f"no variable {row['variable']!r}", "", remedy, code="unknown-name")
        try:
            month, value = int(row["month"]), float(row["value"])
        except (ValueError, TypeError):
            refuse(place, f"month {row['month']!r}, value {row['value']!r}", "a whole number and a number", code="type")
        if not np.isfinite(value):
            refuse(place, f"the value {row['value']!r}", "a number", code="type")
        if not 1 <= month <= months:
            refuse(place, f"month {month}", f"1 to {months}", "Leave the row out.", code="range")
    return rows
