"""Firms under stress: a hand case, a month-by-month reckoning of one firm in plain Python, the matrix form against the loop,
many draws against the obvious array, what each kind of help closes, scenarios from files, and the score that stands in for a
rating."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from littlegiant.documents import parse_document
from littlegiant.finance.firms import Firms, firms
from littlegiant.finance.instruments.instrument import Size
from littlegiant.finance.schedule import FloatArray
from littlegiant.finance.score import rating_of_score, z_score, zone
from littlegiant.finance.stress import (
    CELLS,
    Behaviour,
    Closed,
    Draws,
    Relief,
    Scenario,
    Stressed,
    Support,
    close,
    linear,
    monte_carlo,
    run,
    run_linear,
    scenario_from_file,
)
from littlegiant.finance.stress.scenario import cells
from littlegiant.problems import LittleGiantError

steady = settings(derandomize=True, deadline=None, database=None, max_examples=60)

LOOP_AND_MATRIX = 5e-11  # of the largest amount on a path: as the reference states it
ROUNDING = 1e-12
NORMAL = {"sales_fall": 0.0, "input_price": 0.0, "rate_rise": 0.0, "roll_over": 1.0, "added_receivable_days": 0.0}
HAND = {
    "revenue": 1200.0,
    "materials": 600.0,
    "wages": 300.0,
    "fixed_costs": 120.0,
    "floating_debt": 400.0,
    "fixed_debt": 0.0,
    "short_debt": 0.0,
    "interest_rate": 0.06,
    "repayments": 48.0,
    "depreciation": 24.0,
    "cash": 60.0,
    "credit_line": 0.0,
    "equity": 100.0,
    "default": 0.03,
}
IN_THE_GAP = (
    "revenue",
    "materials",
    "wages",
    "fixed_costs",
    "floating_debt",
    "fixed_debt",
    "short_debt",
    "interest_rate",
    "repayments",
    "cash",
    "credit_line",
)
AMOUNTS = tuple(name for name in HAND if name not in ("interest_rate", "default"))


# What the tests are made of


def table(*each: Mapping[str, float | str], **whole: Any) -> Firms:
    """Firms like that of the hand case, each with its changes."""
    columns: dict[str, Any] = {name: np.array([float(one.get(name, HAND[name])) for one in each]) for name in HAND}
    for name in sorted({name for one in each for name in one} - set(HAND)):
        columns[name] = [one.get(name, "") for one in each]
    return firms([f"firm {number}" for number in range(len(each))], currency="CNY", **(columns | whole))


def drawn_columns(count: int, seed: int, unit: float = 1e6) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    revenue = unit * np.exp(rng.normal(0, 1, count))

    def part(low: float, high: float) -> FloatArray:
        return revenue * rng.uniform(low, high, count)

    return {
        "revenue": revenue,
        "materials": part(0.35, 0.60),
        "wages": part(0.10, 0.30),
        "fixed_costs": part(0.02, 0.15),
        "floating_debt": part(0.0, 0.4),
        "fixed_debt": part(0.0, 0.3),
        "short_debt": part(0.0, 0.3),
        "interest_rate": rng.uniform(0.02, 0.09, count),
        "repayments": part(0.0, 0.12),
        "depreciation": part(0.01, 0.06),
        "cash": part(0.0, 0.25),
        "credit_line": part(0.0, 0.10),
        "equity": part(-0.05, 0.5),
        "default": rng.uniform(0.0, 0.1, count),
        "sector": rng.choice(["C26", "C27", "C3940", "I65", ""], count),
        "region": rng.choice(["1101", "3101", "31", ""], count),
    }


def some_firms(count: int, seed: int, **changes: Any) -> Firms:
    return firms([str(number) for number in range(count)], currency="CNY", **(drawn_columns(count, seed) | changes))


def scenario(**parts: Any) -> Scenario:
    whole: dict[str, Any] = {"format": 1, "scenario": "test", "title": {"en": "Test"}, "reason": {"en": "A test"}, "dated": ""}
    return Scenario.model_validate(whole | parts)


def steps(*each: tuple[int, float]) -> list[dict[str, float]]:
    return [{"from": month, "value": value} for month, value in each]


def relief(kind: str, **parts: Any) -> Relief:
    return Relief.model_validate({"relief": "help", "kind": kind, "title": {"en": "Help"}} | parts)


def complaint(error: pytest.ExceptionInfo[LittleGiantError]) -> str:
    """The one sentence, with perhaps its remedy on a line of its own."""
    (problem,) = error.value.problems
    assert error.value.exit_code == 2
    assert str(problem).count("\n") <= 1
    return str(problem)


SLUMP = scenario(shock={"sales_fall": 0.3})


# One firm, month by month, in plain Python


def value_in(spec: Any, variable: str, month: int) -> float:
    """What a path says of a month: held from its step on; added days only count in the month of the step."""
    each = [(1, float(spec))] if isinstance(spec, int | float) else [(int(s["from"]), float(s["value"])) for s in spec]
    if variable == "added_receivable_days":
        return next((value for start, value in each if start == month), NORMAL[variable])
    return next((value for start, value in reversed(each) if start <= month), NORMAL[variable])


def shock_of(firm: Mapping[str, Any], parts: Mapping[str, Any], variable: str, month: int) -> float:
    """The longest code of the sector, else of the region, that the firm's own begins with; else what holds for all."""
    general = parts.get("shock", {})
    own: Mapping[str, Any] = {}
    for key, code in (("by_sector", str(firm["sector"])), ("by_region", str(firm["region"]))):
        fitting = [prefix for prefix in parts.get(key, {}) if code.startswith(prefix)]
        if fitting:
            own = parts[key][max(fitting, key=len)]
            break
    chosen = own.get(variable, general.get(variable))
    return NORMAL[variable] if chosen is None else value_in(chosen, variable, month)


def reckoned(firm: Mapping[str, Any], parts: Mapping[str, Any], how: Behaviour, help_: Mapping[str, Any]) -> dict[str, Any]:
    """The reference's formula for one firm, with floats only."""
    months = parts.get("months", 12)
    liquidity = firm["cash"] + (1 - parts.get("line_cut", 0.0)) * firm["credit_line"]
    path, falls, ebitda_sum, interest_sum, tax_sum = [liquidity], 0.0, 0.0, 0.0, 0.0
    for month in range(1, months + 1):
        s, px, dr, roll, days = (shock_of(firm, parts, variable, month) for variable in NORMAL)
        sales = firm["revenue"] * (1 - s)
        inputs = firm["materials"] * (1 - how.input_elasticity * s) * (1 + px)
        wages = firm["wages"] * (1 - how.wage_elasticity * s)
        ebitda = (sales - inputs - wages - firm["fixed_costs"]) / 12
        interest = firm["floating_debt"] * (firm["interest_rate"] + dr) / 12
        interest += (firm["fixed_debt"] + firm["short_debt"]) * firm["interest_rate"] / 12
        interest += max(0.0, -liquidity) * how.overdraft_rate / 12
        profit = ebitda - interest - firm["depreciation"] / 12
        tax = how.tax_rate * max(0.0, profit)
        repaid = firm["repayments"] / 12 if month > help_.get("moratorium", 0) else 0.0
        renewed = max(roll, help_.get("roll_over", 0.0))
        flow = ebitda - interest - repaid - (1 - renewed) * firm["short_debt"] / 12 - days * sales / 360 - tax
        flow += help_.get("cash", {}).get(month, 0.0)
        liquidity += flow
        falls += max(0.0, -flow)
        ebitda_sum, interest_sum, tax_sum = ebitda_sum + ebitda, interest_sum + interest, tax_sum + tax
        path.append(liquidity)
    tolerance = 0.005 + 1e-9 * (firm["revenue"] + firm["cash"])
    lowest = min(path)
    net = ebitda_sum - interest_sum - tax_sum - firm["depreciation"] * months / 12 + help_.get("income", 0.0)
    equity = firm["equity"] + net + help_.get("equity", 0.0)
    short = [month for month in range(1, months + 1) if path[month] < -tolerance]
    gap = -lowest if lowest < -tolerance else 0.0
    names = {(0, 0): "sound", (1, 0): "illiquid", (0, 1): "insolvent", (1, 1): "both"}
    return {
        "path": path,
        "lowest": lowest,
        "gap": gap,
        "negative_flows": falls,
        "first_short": short[0] if short else 0,
        "months_short": len(short),
        "net_income": net,
        "equity": equity,
        "cover": ebitda_sum / interest_sum if interest_sum > 0 else float("nan"),
        "cell": names[int(gap > 0), int(equity < 0)],
    }


def random_path(rng: np.random.Generator, variable: str, months: int) -> Any:
    low, high = {
        "sales_fall": (-0.2, 0.9),
        "input_price": (-0.1, 0.3),
        "rate_rise": (-0.01, 0.06),
        "roll_over": (0.0, 1.0),
        "added_receivable_days": (0.0, 60.0),
    }[variable]
    if rng.random() < 0.3:
        return float(rng.uniform(low, high))
    count = min(months, int(rng.integers(1, 5)))
    starts = sorted(int(month) for month in rng.choice(np.arange(1, months + 4), count, replace=False))  # some come too late
    return steps(*((start, float(rng.uniform(low, high))) for start in starts))


def random_shock(rng: np.random.Generator, months: int) -> dict[str, Any]:
    return {variable: random_path(rng, variable, months) for variable in NORMAL if rng.random() < 0.7}


def random_parts(seed: int, *, months: int | None = None) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    length = int(rng.integers(1, 25)) if months is None else months
    return {
        "months": length,
        "line_cut": float(rng.choice([0.0, 0.4, 1.0])),
        "shock": random_shock(rng, length),
        "by_sector": {code: random_shock(rng, length) for code in ("C3", "C39", "I")},
        "by_region": {code: random_shock(rng, length) for code in ("31", "3101")},
    }


def one(columns: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {name: column[number] for name, column in columns.items()}


def largest(result: Stressed) -> FloatArray:
    return np.asarray(np.abs(result.path).max(axis=0), np.float64)


def agrees(found: Stressed, number: int, wanted: Mapping[str, Any]) -> None:
    scale = max(abs(value) for value in wanted["path"]) + abs(wanted["equity"]) + wanted["negative_flows"] + 1.0
    assert found.path[:, number] == pytest.approx(wanted["path"], rel=0, abs=1e-11 * scale)
    for name in ("lowest", "gap", "negative_flows", "net_income", "equity"):
        assert getattr(found, name)[number] == pytest.approx(wanted[name], rel=0, abs=1e-11 * scale), name
    assert found.cover[number] == pytest.approx(wanted["cover"], rel=1e-9, abs=1e-9, nan_ok=True)
    assert found.first_short[number] == wanted["first_short"]
    assert found.months_short[number] == wanted["months_short"]
    assert CELLS[found.cell[number]] == wanted["cell"]
    assert found.illiquid[number] == (wanted["gap"] > 0)


# The hand case


def test_the_hand_case_to_the_digit() -> None:
    found = run(table({}), SLUMP)
    assert np.diff(found.path[:, 0]) == pytest.approx([-7.5] * 12, abs=ROUNDING)
    assert found.path[0, 0] == 60
    assert found.lowest[0] == pytest.approx(-30, abs=ROUNDING)
    assert found.gap[0] == pytest.approx(30, abs=ROUNDING)
    assert found.first_short[0] == 9
    assert found.months_short[0] == 4
    assert found.net_income[0] == pytest.approx(-66, abs=ROUNDING)
    assert found.equity[0] == pytest.approx(34, abs=ROUNDING)
    assert found.cover[0] == pytest.approx(-18 / 24, abs=ROUNDING)
    assert CELLS[found.cell[0]] == "illiquid"


def test_the_two_definitions_of_a_gap_are_kept_apart() -> None:
    # Deepest point of liquidity: 30. Sum of all falls: 12 x 7.5, what the cash pays for included.
    found = run(table({}), SLUMP)
    assert found.gap[0] == pytest.approx(30)
    assert found.negative_flows[0] == pytest.approx(90)


@pytest.mark.parametrize(
    ("cash", "equity", "cell"), [(90.0, 66.0, "sound"), (60.0, 66.0, "illiquid"), (90.0, 65.9, "insolvent"), (60.0, 65.9, "both")]
)
def test_the_four_cells_of_the_hand_case(cash: float, equity: float, cell: str) -> None:
    assert CELLS[run(table({"cash": cash, "equity": equity}), SLUMP).cell[0]] == cell


def test_repayments_leave_equity_alone_and_depreciation_leaves_liquidity_alone() -> None:
    found = run(table({}, {"repayments": 480.0}, {"depreciation": 90.0}), SLUMP)
    assert found.equity[1] == found.equity[0]
    assert found.lowest[1] < found.lowest[0]
    assert found.lowest[2] == found.lowest[0]
    assert found.equity[2] == pytest.approx(34 - 66)


def test_a_firm_without_interest_has_no_cover() -> None:
    found = run(table({"floating_debt": 0.0}), SLUMP)
    assert np.isnan(found.cover[0])
    assert not np.isnan(found.gap[0])


# The loop against one firm reckoned alone


@pytest.mark.parametrize("seed", range(10))
def test_the_loop_is_the_formula_of_one_firm(seed: int) -> None:
    columns, parts = drawn_columns(25, seed), random_parts(100 + seed)
    table_ = firms([str(n) for n in range(25)], currency="CNY", **columns)
    found = run(table_, scenario(**parts))
    for number in range(25):
        agrees(found, number, reckoned(one(columns, number), parts, Behaviour(), {}))


@pytest.mark.parametrize("seed", range(10))
def test_the_loop_is_the_formula_with_tax_overdraft_and_every_support(seed: int) -> None:
    rng = np.random.default_rng(900 + seed)
    columns, parts = drawn_columns(25, 50 + seed), random_parts(200 + seed)
    table_ = firms([str(n) for n in range(25)], currency="CNY", **columns)
    how = Behaviour(
        input_elasticity=float(rng.uniform(0.5, 1)),
        wage_elasticity=float(rng.uniform(0, 0.5)),
        tax_rate=float(rng.uniform(0, 0.4)),
        overdraft_rate=float(rng.uniform(0, 0.2)),
    )
    cash = {int(month): columns["revenue"] * rng.uniform(-0.05, 0.1, 25) for month in rng.choice(np.arange(1, 13), 3, False)}
    roll = float(rng.uniform(0, 1)) if seed % 2 else None
    moratorium = int(rng.integers(0, 8))
    equity, income = columns["revenue"] * 0.02, columns["revenue"] * 0.01
    found = run(
        table_,
        scenario(**parts),
        behaviour=how,
        support=Support(cash, roll_over=roll, moratorium=moratorium, equity=equity, income=income),
    )
    for number in range(25):
        help_: dict[str, Any] = {
            "cash": {month: amounts[number] for month, amounts in cash.items()},
            "moratorium": moratorium,
            "equity": equity[number],
            "income": income[number],
        }
        if roll is not None:
            help_["roll_over"] = roll
        agrees(found, number, reckoned(one(columns, number), parts, how, help_))


def test_a_longer_code_goes_before_a_shorter_one_and_sector_before_region() -> None:
    table_ = table(
        {"sector": "C3940", "region": "3101"},
        {"sector": "C35", "region": "3101"},
        {"sector": "I65", "region": "3101"},
        {"sector": "I65", "region": "1101"},
    )
    parts = {
        "shock": {"sales_fall": 0.1},
        "by_sector": {"C39": {"sales_fall": 0.4}, "C": {"sales_fall": 0.3}},
        "by_region": {"31": {"sales_fall": 0.2}},
    }
    found = run(table_, scenario(**parts))
    for number, fall in enumerate((0.4, 0.3, 0.2, 0.1)):
        alone = run(table({}), scenario(shock={"sales_fall": fall}))
        assert np.array_equal(found.path[:, number], alone.path[:, 0])


def test_what_a_sector_leaves_out_stays_as_it_is_for_all() -> None:
    table_ = table({"sector": "C1", "short_debt": 120.0})
    split = scenario(shock={"sales_fall": 0.3, "roll_over": 0.5}, by_sector={"C": {"sales_fall": 0.1}})
    whole = scenario(shock={"sales_fall": 0.1, "roll_over": 0.5})
    assert np.array_equal(run(table_, split).path, run(table_, whole).path)


def test_every_firm_is_in_one_cell() -> None:
    table_ = some_firms(200, 5)
    groups = cells(scenario(**random_parts(3)), table_)
    assert np.array_equal(np.sum([group.rows for group in groups], axis=0), np.ones(200))


def test_added_days_count_once_in_their_month() -> None:
    calm = run(table({}), scenario())
    late = run(table({}), scenario(shock={"added_receivable_days": steps((3, 30.0))}))
    change = np.diff(late.path[:, 0] - calm.path[:, 0])
    assert change == pytest.approx([0, 0, -100] + [0] * 9, abs=1e-10)


def test_the_order_in_which_steps_are_given_does_not_matter() -> None:
    given_late_first = scenario(shock={"sales_fall": steps((6, 0.3), (1, 0.1))})
    assert np.array_equal(
        run(table({}), given_late_first).path, run(table({}), scenario(shock={"sales_fall": steps((1, 0.1), (6, 0.3))})).path
    )


# Loop, matrix and breakpoints


def without_help(table_: Firms, parts: Mapping[str, Any]) -> None:
    under = scenario(**parts)
    loop = run(table_, under)
    lowest, gap = run_linear(table_, under)
    everywhere = np.full(len(table_), np.nan)
    for group in cells(under, table_):
        matrix = linear.multipliers(group, under, Behaviour(), {})[0]
        everywhere[group.rows] = (linear.amounts(table_)[group.rows] @ matrix.T).min(axis=1)
    scale = largest(loop)
    assert np.all(np.abs(loop.lowest - lowest) <= LOOP_AND_MATRIX * scale)
    assert np.all(np.abs(everywhere - lowest) <= LOOP_AND_MATRIX * scale)
    assert np.all(np.abs(loop.gap - gap) <= LOOP_AND_MATRIX * scale)
    assert gap.sum() == pytest.approx(loop.gap.sum(), rel=LOOP_AND_MATRIX)
    assert np.array_equal(gap > 0, loop.illiquid)


@pytest.mark.parametrize("seed", range(20))
def test_loop_matrix_and_breakpoints_agree_on_random_paths(seed: int) -> None:
    without_help(some_firms(300, 400 + seed), random_parts(500 + seed))


def test_loop_matrix_and_breakpoints_agree_on_a_path_of_one_month() -> None:
    without_help(some_firms(300, 1), random_parts(7, months=1))


def test_breakpoints_are_the_ends_and_the_months_before_a_change() -> None:
    under = scenario(
        shock={"sales_fall": steps((1, 0.2), (5, 0.4)), "rate_rise": steps((9, 0.02)), "added_receivable_days": steps((3, 30.0))}
    )
    (group,) = cells(under, table({}))
    assert linear.breakpoints(linear.multipliers(group, under, Behaviour(), {})) == [0, 2, 3, 4, 8, 12]


def test_the_matrix_follows_other_elasticities() -> None:
    table_, how = some_firms(100, 8), Behaviour(input_elasticity=1.0, wage_elasticity=0.5)
    under = scenario(**random_parts(12))
    loop = run(table_, under, behaviour=how)
    assert np.all(np.abs(run_linear(table_, under, behaviour=how)[0] - loop.lowest) <= LOOP_AND_MATRIX * largest(loop))


# Many draws


UNCERTAIN = {
    "sales_fall": {"low": 0.2, "mode": 1.0, "high": 3.0},
    "input_price": {"low": 0.0, "mode": 1.0, "high": 2.0},
    "rate_rise": {"low": 0.5, "mode": 1.0, "high": 1.5},
    "roll_over": {"low": 0.5, "mode": 1.0, "high": 2.5},
    "added_receivable_days": {"low": 0.0, "mode": 0.5, "high": 1.0},
}


def every_month_of_every_draw(columns: Mapping[str, Any], parts: Mapping[str, Any], *, draws: int, seed: int) -> FloatArray:
    """Gaps by firm and draw, from one array of firms, draws and months."""
    factors = linear.draw_factors(scenario(**parts), draws=draws, seed=seed)
    count, months = len(columns["revenue"]), parts.get("months", 12)
    moved: dict[str, FloatArray] = {}
    for variable, normal in NORMAL.items():
        told = np.array(
            [[shock_of(one(columns, n), parts, variable, m) for m in range(1, months + 1)] for n in range(count)], np.float64
        )
        factor = dict(factors).get(variable, np.ones(draws))  # type: ignore[call-overload]
        moved[variable] = normal + factor[None, :, None] * (told[:, None, :] - normal)
    moved["sales_fall"] = np.minimum(moved["sales_fall"], 1.0)
    moved["roll_over"] = np.clip(moved["roll_over"], 0.0, 1.0)
    c = {name: np.asarray(columns[name])[:, None, None] for name in IN_THE_GAP}
    fall, kept = moved["sales_fall"], 1 - moved["sales_fall"]
    flow = (
        c["revenue"] * kept
        - c["materials"] * (1 - 0.8 * fall) * (1 + moved["input_price"])
        - c["wages"] * (1 - 0.2 * fall)
        - c["fixed_costs"]
        - c["floating_debt"] * (c["interest_rate"] + moved["rate_rise"])
        - (c["fixed_debt"] + c["short_debt"]) * c["interest_rate"]
        - c["repayments"]
        - (1 - moved["roll_over"]) * c["short_debt"]
    ) / 12 - moved["added_receivable_days"] * c["revenue"] * kept / 360
    start = (c["cash"] + (1 - parts.get("line_cut", 0.0)) * c["credit_line"])[:, :, 0]
    lowest = np.minimum(start, (start[:, :, None] + np.cumsum(flow, axis=2)).min(axis=2))
    tolerance = 0.005 + 1e-9 * (columns["revenue"] + columns["cash"])
    return np.where(lowest < -tolerance[:, None], -lowest, 0.0)


@pytest.mark.parametrize(("uncertain", "seed"), [(UNCERTAIN, 1), ({"sales_fall": UNCERTAIN["sales_fall"]}, 2), ({}, 3)])
def test_many_draws_are_the_obvious_array(uncertain: Mapping[str, Any], seed: int) -> None:
    columns, parts = drawn_columns(60, seed), random_parts(seed, months=10) | {"uncertain": uncertain}
    gaps = every_month_of_every_draw(columns, parts, draws=40, seed=seed)
    table_ = firms([str(n) for n in range(60)], currency="CNY", **columns)
    found = monte_carlo(table_, scenario(**parts), draws=40, seed=seed)
    assert (gaps > 0).any()
    assert not (gaps > 0).all()
    assert np.array_equal(found.probability, (gaps > 0).mean(axis=1))
    assert np.array_equal(found.short, (gaps > 0).sum(axis=0))
    assert found.mean_gap == pytest.approx(gaps.mean(axis=1), rel=1e-10, abs=1e-4)
    assert found.total_gap == pytest.approx(gaps.sum(axis=0), rel=1e-10, abs=1e-4)


def test_draws_of_a_certain_scenario_are_all_the_matrix_form() -> None:
    table_, under = some_firms(100, 4), scenario(**random_parts(4))
    found, (_, gap) = monte_carlo(table_, under, draws=7, seed=1), run_linear(table_, under)
    assert np.array_equal(found.probability, (gap > 0).astype(np.float64))
    assert found.mean_gap == pytest.approx(gap, rel=1e-10, abs=1e-6)
    assert found.total_gap == pytest.approx([gap.sum()] * 7, rel=1e-10)


MANY = scenario(**(random_parts(77, months=12) | {"uncertain": UNCERTAIN}))


def many(threads: int = 1, table_: Firms | None = None) -> Draws:
    return monte_carlo(some_firms(1300, 6) if table_ is None else table_, MANY, draws=50, seed=11, threads=threads)


def figures(draws: Draws) -> list[npt.NDArray[Any]]:
    return [draws.probability, draws.mean_gap, draws.total_gap, draws.short]


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("chunk", [64, 512])
def test_threads_change_no_digit(threads: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "CHUNK", chunk)
    for alone, together in zip(figures(many(1)), figures(many(threads)), strict=True):
        assert np.array_equal(alone, together)


@pytest.mark.parametrize("chunk", [1, 3, 64, 500, 5000])
def test_chunks_change_no_chance_and_no_sum_beyond_rounding(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = many()
    monkeypatch.setattr(linear, "CHUNK", chunk)
    found = many()
    assert np.array_equal(found.probability, usual.probability)
    assert np.array_equal(found.short, usual.short)
    assert found.mean_gap == pytest.approx(usual.mean_gap, rel=ROUNDING, abs=1e-6)
    assert found.total_gap == pytest.approx(usual.total_gap, rel=ROUNDING)


def test_chunks_change_no_more_than_the_last_digit_of_a_firm(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = many().mean_gap
    for chunk in (1, 3, 7, 64):
        monkeypatch.setattr(linear, "CHUNK", chunk)
        # A product of another number of rows may round the last digit otherwise.
        assert np.allclose(many().mean_gap, usual, rtol=1e-13, atol=1e-7), chunk


def test_a_firm_has_the_same_chances_alone_as_among_many() -> None:
    table_, together = some_firms(1300, 6), many()
    for row in (0, 511, 512, 1299):
        alone = many(table_=table_.part(slice(row, row + 1)))
        assert alone.probability[0] == together.probability[row]
        assert alone.mean_gap[0] == pytest.approx(together.mean_gap[row], rel=ROUNDING)


def test_a_draw_is_common_to_all_firms() -> None:
    # Firms that are all alike fall short together: in a draw either all or none.
    alike = table(*[{}] * 50)
    found = monte_carlo(
        alike, scenario(shock={"sales_fall": 0.25}, uncertain={"sales_fall": UNCERTAIN["sales_fall"]}), draws=60, seed=2
    )
    assert set(found.short) == {0.0, 50.0}


def test_an_uncertain_variable_more_changes_no_draw_of_another() -> None:
    few = linear.draw_factors(scenario(uncertain={"rate_rise": UNCERTAIN["rate_rise"]}), draws=100, seed=5)
    all_ = linear.draw_factors(scenario(uncertain=UNCERTAIN), draws=100, seed=5)
    assert list(few) == ["rate_rise"]
    assert np.array_equal(few["rate_rise"], all_["rate_rise"])
    assert len({values.tobytes() for values in all_.values()}) == 5


def test_seeds_matter_and_more_draws_only_add_to_the_earlier_ones() -> None:
    under = scenario(uncertain=UNCERTAIN)
    first, again, other, more = (
        linear.draw_factors(under, draws=draws, seed=seed) for draws, seed in ((50, 1), (50, 1), (50, 2), (200, 1))
    )
    for variable, values in first.items():
        assert np.array_equal(values, again[variable])
        assert not np.array_equal(values, other[variable])
        assert np.array_equal(values, more[variable][:50])


def triangular_quantile(share: float, low: float, mode: float, high: float) -> float:
    if share < (mode - low) / (high - low):
        return float(low + (share * (high - low) * (mode - low)) ** 0.5)
    return float(high - ((1 - share) * (high - low) * (high - mode)) ** 0.5)


@pytest.mark.parametrize("variable", sorted(UNCERTAIN))
def test_factors_have_the_triangular_distribution_that_is_declared(variable: str) -> None:
    spread = UNCERTAIN[variable]
    (values,) = linear.draw_factors(scenario(uncertain={variable: spread}), draws=40_000, seed=9).values()
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        wanted = triangular_quantile(share, spread["low"], spread["mode"], spread["high"])
        assert np.quantile(values, share) == pytest.approx(wanted, abs=0.015 * (spread["high"] - spread["low"]))


def test_a_factor_without_width_is_its_mode() -> None:
    spread = {"low": 1.2, "mode": 1.2, "high": 1.2}
    (values,) = linear.draw_factors(scenario(uncertain={"sales_fall": spread}), draws=5, seed=1).values()
    assert np.array_equal(values, np.full(5, 1.2))


# Properties


def whole(least: int, most: int) -> st.SearchStrategy[float]:
    return st.integers(least, most).map(float)


def parts_of(total: int, least: int, most: int) -> st.SearchStrategy[float]:
    return whole(total * least // 100, total * most // 100)


REVENUE = 120_000
# Inputs and wages are small enough for the firm to lose by every sale that is lost, at the highest input prices, too.
firm_columns = st.fixed_dictionaries(
    {
        "revenue": st.just(float(REVENUE)),
        "materials": parts_of(REVENUE, 20, 60),
        "wages": parts_of(REVENUE, 5, 30),
        "fixed_costs": parts_of(REVENUE, 0, 25),
        "floating_debt": parts_of(REVENUE, 0, 60),
        "fixed_debt": parts_of(REVENUE, 0, 30),
        "short_debt": parts_of(REVENUE, 0, 40),
        "interest_rate": st.integers(0, 12).map(lambda percent: percent / 100),
        "repayments": parts_of(REVENUE, 0, 20),
        "depreciation": parts_of(REVENUE, 0, 8),
        "cash": parts_of(REVENUE, 0, 40),
        "credit_line": parts_of(REVENUE, 0, 10),
        "equity": parts_of(REVENUE, -10, 60),
    }
)
shocks = st.fixed_dictionaries(
    {
        "sales_fall": st.integers(0, 90).map(lambda percent: percent / 100),
        "input_price": st.integers(0, 25).map(lambda percent: percent / 100),
        "rate_rise": st.integers(0, 6).map(lambda percent: percent / 100),
        "roll_over": st.integers(0, 100).map(lambda percent: percent / 100),
        "added_receivable_days": st.integers(0, 90).map(float),
    }
)
behaviours = st.builds(Behaviour, tax_rate=st.sampled_from([0.0, 0.25]), overdraft_rate=st.sampled_from([0.0, 0.15]))
NOISE = 1e-7  # of amounts up to 100,000


def gaps(columns: Mapping[str, float], shock: Mapping[str, float], how: Behaviour, **more: Any) -> float:
    return float(run(table(columns), scenario(shock=shock, **more), behaviour=how).gap[0])


@steady
@given(columns=firm_columns, shock=shocks, how=behaviours, more=st.integers(1, 10), month=st.integers(1, 12))
def test_the_gap_never_falls_when_sales_fall(
    columns: dict[str, float], shock: dict[str, float], how: Behaviour, more: int, month: int
) -> None:
    # Later payment is left out: it is later payment of less, when sales fall.
    calm = {name: value for name, value in shock.items() if name != "added_receivable_days"}
    fall = steps((1, shock["sales_fall"]), (month, min(1.0, shock["sales_fall"] + more / 100)))
    found = run(table(columns), scenario(shock=calm | {"sales_fall": fall}), behaviour=how).gap[0]
    assert found >= gaps(columns, calm, how) - NOISE


@steady
@given(
    columns=firm_columns,
    shock=shocks,
    how=behaviours,
    variable=st.sampled_from(["rate_rise", "added_receivable_days", "input_price"]),
    more=st.integers(1, 100),
)
def test_the_gap_never_falls_when_rates_prices_or_delays_rise(
    columns: dict[str, float], shock: dict[str, float], how: Behaviour, variable: str, more: int
) -> None:
    step = more if variable == "added_receivable_days" else more / 1000
    assert gaps(columns, shock | {variable: shock[variable] + step}, how) >= gaps(columns, shock, how) - NOISE


@steady
@given(
    columns=firm_columns, shock=shocks, how=behaviours, share=st.integers(0, 99), what=st.sampled_from(["roll", "cash", "line"])
)
def test_the_gap_never_falls_when_roll_over_cash_or_lines_fall(
    columns: dict[str, float], shock: dict[str, float], how: Behaviour, share: int, what: str
) -> None:
    before = gaps(columns, shock, how)
    if what == "roll":
        after = gaps(columns, shock | {"roll_over": shock["roll_over"] * share / 100}, how)
    elif what == "cash":
        after = gaps(columns | {"cash": columns["cash"] * share / 100}, shock, how)
    else:
        after = gaps(columns, shock, how, line_cut=1 - share / 100)
    assert after >= before - NOISE


@steady
@given(
    columns=firm_columns,
    shock=shocks,
    how=behaviours,
    brought=st.dictionaries(st.integers(1, 12), st.integers(0, 20_000), max_size=4),
    roll_over=st.none() | st.integers(0, 100).map(lambda percent: percent / 100),
    moratorium=st.integers(0, 14),
)
def test_a_non_negative_instrument_never_opens_a_gap(
    columns: dict[str, float],
    shock: dict[str, float],
    how: Behaviour,
    brought: dict[int, int],
    roll_over: float | None,
    moratorium: int,
) -> None:
    support = Support({m: np.array([float(a)]) for m, a in brought.items()}, roll_over=roll_over, moratorium=moratorium)
    before = run(table(columns), scenario(shock=shock), behaviour=how)
    after = run(table(columns), scenario(shock=shock), behaviour=how, support=support)
    assert np.all(after.path >= before.path - NOISE)
    assert after.gap[0] <= before.gap[0] + NOISE
    assert before.gap[0] > 0 or after.gap[0] == 0


@steady
@given(columns=firm_columns, shock=shocks, how=behaviours, unit=st.sampled_from([1e-2, 100.0, 1e4]))
def test_the_gap_scales_with_the_unit(columns: dict[str, float], shock: dict[str, float], how: Behaviour, unit: float) -> None:
    other = {name: value * unit if name in AMOUNTS else value for name, value in columns.items()}
    there, here = (
        run(table(other), scenario(shock=shock), behaviour=how),
        run(table(columns), scenario(shock=shock), behaviour=how),
    )
    assert there.path == pytest.approx(here.path * unit, rel=1e-9, abs=NOISE * max(1.0, unit))
    assert there.equity == pytest.approx(here.equity * unit, rel=1e-9, abs=NOISE * max(1.0, unit))
    small = 0.006 * max(1.0, unit)  # less than a cent is no gap, in either unit
    assert there.gap == pytest.approx(here.gap * unit, rel=1e-9, abs=small)


@steady
@given(columns=firm_columns, shock=shocks)
def test_loop_and_matrix_agree_for_any_firm(columns: dict[str, float], shock: dict[str, float]) -> None:
    loop = run(table(columns), scenario(shock=shock, line_cut=0.5))
    lowest, gap = run_linear(table(columns), scenario(shock=shock, line_cut=0.5))
    assert np.all(np.abs(loop.lowest - lowest) <= LOOP_AND_MATRIX * largest(loop))
    assert np.all(np.abs(loop.gap - gap) <= LOOP_AND_MATRIX * largest(loop) + 0.006 * ((loop.gap > 0) != (gap > 0)))


@steady
@given(seed=st.integers(0, 10_000), order=st.permutations(range(12)))
def test_the_order_of_firms_changes_no_figure_of_a_firm(seed: int, order: list[int]) -> None:
    columns, under = drawn_columns(12, seed), scenario(**random_parts(seed))
    here = run(firms([str(n) for n in range(12)], currency="CNY", **columns), under, behaviour=Behaviour(tax_rate=0.25))
    moved = {name: column[order] for name, column in columns.items()}
    there = run(firms([str(n) for n in order], currency="CNY", **moved), under, behaviour=Behaviour(tax_rate=0.25))
    for field in fields(Stressed):
        assert np.array_equal(getattr(there, field.name), getattr(here, field.name)[..., order], equal_nan=True), field.name


def test_inputs_are_left_as_they_are() -> None:
    columns: dict[str, Any] = {name: np.asarray(column) for name, column in drawn_columns(30, 3).items()}
    for column in columns.values():
        column.flags.writeable = False
    kept = {name: column.copy() for name, column in columns.items()}
    table_ = firms([str(n) for n in range(30)], currency="CNY", **columns)
    cash = np.full(30, 5.0)
    cash.flags.writeable = False
    before = run(table_, MANY, behaviour=Behaviour(tax_rate=0.25, overdraft_rate=0.1), support=Support({2: cash}))
    run_linear(table_, MANY)
    monte_carlo(table_, MANY, draws=5, seed=1)
    for kind in ("grant", "tax_relief", "guaranteed_loan", "equity", "moratorium", "roll_over", "gap_cash"):
        close(table_, MANY, relief(kind, size=Size(share=0.02, of="revenue")), before)
    for name, column in kept.items():
        assert np.array_equal(columns[name], column), name


# Unknown figures, empty tables, one firm


@pytest.mark.parametrize("name", IN_THE_GAP)
def test_an_unknown_figure_gives_an_unknown_gap_and_touches_no_other_firm(name: str) -> None:
    table_ = table({}, {name: float("nan")}, {"cash": 20.0})
    whole_, under = table({}, {}, {"cash": 20.0}), uncertain_too(SLUMP)
    found, known = run(table_, under), run(whole_, under)
    lowest, gap = run_linear(table_, under)
    draws = monte_carlo(table_, under, draws=20, seed=3)
    certain = monte_carlo(table({}, {"cash": 20.0}), under, draws=20, seed=3)
    for column in (found.lowest, found.gap, lowest, gap, draws.probability, draws.mean_gap):
        assert np.array_equal(np.isnan(column), [False, True, False])
    assert found.cell[1] == -1
    assert np.array_equal(found.path[:, [0, 2]], known.path[:, [0, 2]])
    assert np.array_equal(draws.short, certain.short)
    assert draws.total_gap == pytest.approx(certain.total_gap, rel=ROUNDING)


def uncertain_too(under: Scenario) -> Scenario:
    return under.model_copy(update={"uncertain": scenario(uncertain={"sales_fall": UNCERTAIN["sales_fall"]}).uncertain})


@pytest.mark.parametrize("name", ["depreciation", "equity"])
def test_unknown_equity_leaves_the_gap_known_and_puts_the_firm_in_no_cell(name: str) -> None:
    found = run(table({name: float("nan")}), SLUMP)
    assert found.gap[0] == pytest.approx(30)
    assert np.isnan(found.equity[0])
    assert found.cell[0] == -1


def test_an_unknown_firm_is_not_said_never_to_fall_short() -> None:
    found = run(table({"cash": float("nan")}), SLUMP)
    assert found.first_short[0] != 0
    assert found.months_short[0] != 0


def test_an_empty_table_gives_empty_results() -> None:
    empty = firms([], currency="CNY")
    under = scenario(
        shock={"sales_fall": 0.3}, by_sector={"C": {"sales_fall": 0.5}}, uncertain={"sales_fall": UNCERTAIN["sales_fall"]}
    )
    found = run(empty, under)
    assert found.gap.shape == found.equity.shape == found.cell.shape == (0,)
    assert found.path.shape == (13, 0)
    assert [column.shape for column in run_linear(empty, under)] == [(0,), (0,)]
    draws = monte_carlo(empty, under, draws=4, seed=1, threads=2)
    assert draws.probability.shape == (0,)
    assert np.array_equal(draws.total_gap, np.zeros(4))
    assert np.array_equal(draws.short, np.zeros(4))
    helped = close(empty, under, relief("gap_cash"), found)
    assert (helped.funds, helped.gap_before, helped.short_before) == (0.0, 0.0, 0)
    assert np.isnan(helped.closed)


def test_one_firm_is_a_table_of_its_own() -> None:
    columns, under = drawn_columns(20, 9), scenario(**random_parts(9))
    together = run(firms([str(n) for n in range(20)], currency="CNY", **columns), under)
    for number in range(20):
        alone = run(firms(["one"], currency="CNY", **{n: c[number : number + 1] for n, c in columns.items()}), under)
        assert np.array_equal(alone.path[:, 0], together.path[:, number])


# What help closes


def helped(table_: Firms, help_: Relief, under: Scenario = SLUMP, behaviour: Behaviour | None = None) -> Closed:
    return close(table_, under, help_, run(table_, under, behaviour=behaviour), behaviour=behaviour)


SHORT, RICH, INSOLVENT = {}, {"cash": 500.0}, {"equity": 10.0}  # type: ignore[var-annotated]
THREE: Sequence[Mapping[str, float]] = (SHORT, RICH, INSOLVENT)


def test_a_grant_closes_what_it_brings_in_time() -> None:
    found = helped(table(*THREE), relief("grant", month=3, size=Size(amount=20.0)))
    assert [found.gap_before, found.gap_after] == pytest.approx([60, 20])
    assert found.closed == pytest.approx(2 / 3)
    assert (found.funds, found.cost, found.debt_added) == (60.0, 60.0, 0.0)
    assert found.reaching == pytest.approx(2 / 3)
    assert found.funds_per_closed == pytest.approx(60 / 40)
    assert found.cost_per_closed == pytest.approx(60 / 40)
    assert (found.short_before, found.short_after) == (2, 2)
    assert not found.lifted.any()
    assert found.after.equity == pytest.approx([54, 54, -36])  # a grant is income


def test_a_grant_of_exactly_the_gap_lifts_the_firm_out() -> None:
    found = helped(table(*THREE), relief("grant", month=9, size=Size(amount=30.0)))
    assert found.gap_after == 0
    assert np.array_equal(found.lifted, [True, False, True])
    assert (found.short_before, found.short_after) == (2, 0)


def test_money_that_comes_too_late_leaves_the_gap_before_it() -> None:
    # In month 11 liquidity is -22.5; the grant of month 12 brings it back to zero.
    found = helped(table(SHORT), relief("grant", month=12, size=Size(amount=30.0)))
    assert found.gap_after == pytest.approx(22.5)
    assert found.after.path[12, 0] == pytest.approx(0, abs=1e-9)


def test_tax_relief_is_for_taxable_profit_only() -> None:
    table_ = table(SHORT, {"cash": 0.0, "revenue": 2000.0, "repayments": 1000.0})
    found = helped(table_, relief("tax_relief", month=6, tax_rate=0.25, size=Size(amount=1e6)))
    profit = 12 * (1400 - 456 - 282 - 120 - 24) / 12 - 24
    assert found.funds == pytest.approx(0.25 * profit)  # nothing for the loss maker
    assert found.after.path[:, 0] == pytest.approx(run(table_, SLUMP).path[:, 0])
    arrived = found.after.path[:, 1] - run(table_, SLUMP).path[:, 1]
    assert arrived == pytest.approx([0.0] * 6 + [0.25 * profit] * 7, abs=1e-9)


def test_tax_relief_is_no_more_than_its_size() -> None:
    found = helped(table({"revenue": 2000.0, "repayments": 1000.0}), relief("tax_relief", tax_rate=0.25, size=Size(amount=5.0)))
    assert found.funds == 5.0


def test_tax_relief_reaches_the_whole_tax_on_taxable_profit() -> None:
    # Profit before tax 1200 - 600 - 300 - 120 - 24 - 24 = 132; the tax on it is 33.
    calm, taxed = scenario(), Behaviour(tax_rate=0.25)
    found = helped(table({"repayments": 400.0}), relief("tax_relief", tax_rate=0.25, size=Size(amount=1e6)), calm, taxed)
    assert found.funds == pytest.approx(33)


def test_a_loan_comes_in_and_goes_out_again_with_interest() -> None:
    found = helped(table(SHORT), relief("guaranteed_loan", month=1, size=Size(amount=60.0), rate=0.06, term_months=60))
    brought = np.diff(found.after.path[:, 0] - run(table(SHORT), SLUMP).path[:, 0])
    owed, wanted = 60.0, [60.0]
    for _ in range(11):
        wanted.append(-(1.0 + owed * 0.06 / 12))
        owed -= 1.0
    assert brought == pytest.approx(wanted, abs=1e-9)
    assert found.gap_after == 0
    assert (found.funds, found.debt_added) == (60.0, 60.0)
    assert found.cost == pytest.approx(60 * 0.03 * 0.6 * 0.8)  # default, loss, guaranteed share
    assert found.cost_per_closed == pytest.approx(60 * 0.03 * 0.6 * 0.8 / 30)


def test_loans_are_for_solvent_firms_only() -> None:
    found = helped(table(*THREE), relief("guaranteed_loan", size=Size(amount=60.0)))
    assert found.funds == found.debt_added == 120.0
    assert np.array_equal(found.lifted, [True, False, False])
    assert found.after.gap[2] == pytest.approx(30)
    assert found.reaching == pytest.approx(0.5)


def test_a_guarantee_lets_banks_renew_more() -> None:
    table_ = table({"short_debt": 120.0, "cash": 200.0, "interest_rate": 0.0})
    under = scenario(shock={"sales_fall": 0.3, "roll_over": 0.0})
    plain = helped(table_, relief("guaranteed_loan", size=Size(amount=10.0)), under)
    more = helped(table_, relief("guaranteed_loan", size=Size(amount=10.0), roll_over=0.75), under)
    assert more.after.path[12, 0] - plain.after.path[12, 0] == pytest.approx(0.75 * 120)


def test_the_roll_over_of_a_guarantee_is_for_those_who_get_the_loan() -> None:
    table_ = table({"short_debt": 120.0, "equity": -500.0})
    found = helped(table_, relief("guaranteed_loan", size=Size(amount=10.0), roll_over=1.0), scenario(shock={"roll_over": 0.0}))
    assert found.funds == 0
    assert found.gap_after == found.gap_before


def test_a_loan_is_paid_back_once() -> None:
    found = helped(table(RICH), relief("guaranteed_loan", size=Size(amount=30.0), rate=0.0, term_months=3))
    assert found.after.path[12, 0] == pytest.approx(run(table(RICH), SLUMP).path[12, 0])


def test_interest_of_a_loan_lowers_equity() -> None:
    found = helped(table(SHORT), relief("guaranteed_loan", size=Size(amount=60.0), rate=0.06, term_months=60))
    interest = sum((60 - k) * 0.06 / 12 for k in range(11))
    assert found.after.equity[0] == pytest.approx(34 - interest)


def test_a_moratorium_postpones_repayments_and_changes_no_equity() -> None:
    found = helped(table(*THREE), relief("moratorium", months=6))
    assert found.after.path[12] - run(table(*THREE), SLUMP).path[12] == pytest.approx([24, 24, 24])
    assert found.gap_after == pytest.approx(12)
    assert (found.funds, found.cost) == (72.0, 0.0)
    assert np.array_equal(found.after.equity, run(table(*THREE), SLUMP).equity)


def test_a_moratorium_longer_than_the_scenario_postpones_no_more_than_is_due() -> None:
    found = helped(table(SHORT), relief("moratorium", months=40))
    assert found.funds == 48.0
    assert found.gap_after == 0


def test_renewed_roll_over_closes_what_banks_would_have_called_in() -> None:
    table_ = table({"short_debt": 120.0, "interest_rate": 0.0, "floating_debt": 0.0})
    under = scenario(shock={"roll_over": 0.25})
    found = helped(table_, relief("roll_over", roll_over=0.75), under)
    assert found.after.path[12, 0] - run(table_, under).path[12, 0] == pytest.approx(0.5 * 120)
    assert found.cost == 0.0
    whole_ = helped(table_, relief("roll_over"), under)  # without a share: all is renewed
    assert whole_.after.path[12, 0] - run(table_, under).path[12, 0] == pytest.approx(0.75 * 120)
    less = helped(table_, relief("roll_over", roll_over=0.1), under)  # never less than the scenario renews
    assert np.array_equal(less.after.path, run(table_, under).path)


def test_equity_cures_both() -> None:
    found = helped(table(*THREE), relief("equity", size=Size(amount=60.0)))
    assert [CELLS[cell] for cell in found.after.cell] == ["sound"] * 3
    assert found.after.equity == pytest.approx([94, 94, 4])
    assert (found.funds, found.debt_added) == (180.0, 0.0)


def test_cash_of_exactly_the_gap_goes_to_solvent_firms_and_closes_theirs() -> None:
    found = helped(table(*THREE), relief("gap_cash"))
    assert found.funds == pytest.approx(30)
    assert found.funds_per_closed == pytest.approx(1)
    assert found.reaching == 1
    assert np.array_equal(found.lifted, [True, False, False])
    assert found.after.gap[2] == pytest.approx(30)


@pytest.mark.parametrize("how", [Behaviour(), Behaviour(tax_rate=0.25, overdraft_rate=0.12)])
@pytest.mark.parametrize("seed", range(3))
def test_an_exactly_closed_gap_counts_as_closed(seed: int, how: Behaviour) -> None:
    table_ = some_firms(3000, 60 + seed)
    under = scenario(months=12, line_cut=1.0, shock={"sales_fall": 0.3, "rate_rise": 0.02, "roll_over": 0.5})
    before = run(table_, under, behaviour=how)
    found = close(table_, under, relief("gap_cash"), before, behaviour=how)
    target = (before.gap > 0) & (before.equity >= 0)
    assert target.sum() > 300
    assert np.array_equal(found.lifted, target)
    assert np.all(found.after.gap[target] == 0)


def test_no_gap_at_all_has_no_share_closed() -> None:
    found = helped(table(RICH), relief("grant", size=Size(amount=10.0)))
    assert (found.gap_before, found.gap_after, found.reaching) == (0.0, 0.0, 0.0)
    assert np.isnan(found.closed)
    assert np.isnan(found.funds_per_closed)
    assert np.isnan(found.cost_per_closed)


@pytest.mark.parametrize("kind", ["grant", "tax_relief", "guaranteed_loan", "equity"])
def test_help_that_is_paid_out_needs_a_size(kind: str) -> None:
    with pytest.raises(ValidationError, match=f"`size:` is needed for {kind}"):
        relief(kind)


@pytest.mark.parametrize(
    ("firm", "help_"),
    [
        pytest.param({}, relief("grant", size=Size(share=0.1, of="rd")), id="a grant that is a share of unknown R&D"),
        pytest.param(
            {"depreciation": float("nan")}, relief("tax_relief", size=Size(amount=1.0)), id="tax relief on an unknown profit"
        ),
    ],
)
def test_help_of_unknown_size_is_not_said_to_close_the_gap(firm: dict[str, float], help_: Relief) -> None:
    found = helped(table(firm), help_)
    assert found.gap_before == pytest.approx(30)
    assert np.isnan(found.closed) or found.closed == 0
    assert found.short_after != 0


def test_a_guarantee_for_firms_of_unknown_default_is_not_said_to_be_free() -> None:
    found = helped(table({"default": float("nan")}), relief("guaranteed_loan", size=Size(amount=60.0)))
    assert found.cost != 0


def test_money_that_never_arrives_raises_no_equity() -> None:
    with pytest.raises(LittleGiantError, match="month 13 of 12"):
        helped(table(SHORT), relief("grant", month=13, size=Size(amount=20.0)))


def test_help_in_a_severe_scenario_is_of_the_order_the_reference_shows() -> None:
    # Made-up firms: the order of the four and their rough size are what can be held, not the digits.
    rng, count = np.random.default_rng(20), 4000
    revenue = np.exp(rng.normal(16.5, 1.2, count))
    columns: dict[str, Any] = {
        "revenue": revenue,
        "materials": revenue * rng.uniform(0.40, 0.60, count),
        "wages": revenue * rng.uniform(0.15, 0.27, count),
        "fixed_costs": revenue * rng.uniform(0.05, 0.12, count),
        "floating_debt": revenue * rng.uniform(0.0, 0.30, count),
        "fixed_debt": revenue * rng.uniform(0.0, 0.15, count),
        "short_debt": revenue * rng.uniform(0.0, 0.20, count),
        "interest_rate": 0.05,
        "repayments": revenue * rng.uniform(0.0, 0.06, count),
        "depreciation": revenue * rng.uniform(0.02, 0.05, count),
        "cash": revenue * np.minimum(1.0, np.exp(rng.normal(-2.4, 0.8, count))),
        "credit_line": revenue * rng.uniform(0.0, 0.08, count),
        "equity": revenue * rng.uniform(0.02, 0.6, count),
        "default": 0.03,
    }
    table_ = firms([str(n) for n in range(count)], currency="CNY", **columns)
    severe = scenario(line_cut=1.0, shock={"sales_fall": 0.3, "roll_over": 0.5, "rate_rise": 0.02, "added_receivable_days": 30.0})
    calm, before = run(table_, scenario()), run(table_, severe)
    assert 0.4 < before.illiquid.mean() < 0.8
    assert np.mean(before.net_income[calm.net_income > 0] <= 0) > 0.4  # no taxable profit is left
    grant = close(table_, severe, relief("grant", month=3, size=Size(share=0.02, of="revenue")), before)
    tax = close(table_, severe, relief("tax_relief", month=6, size=Size(share=0.02, of="revenue")), before)
    loan = close(table_, severe, relief("guaranteed_loan", month=1, size=Size(share=0.10, of="revenue")), before)
    exact = close(table_, severe, relief("gap_cash"), before)
    assert tax.closed < 0.03 < grant.closed < 0.3 < loan.closed < exact.closed + 0.2
    assert 1.2 < grant.funds_per_closed < 4
    assert tax.funds_per_closed > grant.funds_per_closed
    assert tax.reaching < grant.reaching
    assert exact.funds_per_closed == pytest.approx(1, rel=1e-6)
    assert exact.reaching == pytest.approx(1)


# Scenario documents and files

DOCUMENT = """\
format: 1
scenario: slump
title: {en: Slump}
reason: {en: Set by the programme}
dated: "2026-01-01"
"""


def document(more: str) -> Scenario:
    return parse_document((DOCUMENT + more).encode(), Scenario, "slump.yaml").value


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("shock: {sales_fall: 30}", "`sales_fall:` is a share"),
        ("shock: {sales_fall: [{from: 2, value: 1.01}]}", "`sales_fall:` is a share"),
        ("shock: {roll_over: 50}", "`roll_over:` is a share"),
        ("shock: {roll_over: -0.1}", "`roll_over:` is a share"),
        ("by_sector: {C: {sales_fall: 1.5}}", "`sales_fall:` is a share"),
        ("by_region: {'31': {roll_over: 1.5}}", "`roll_over:` is a share"),
        ("line_cut: 1.2", "line_cut"),
        ("months: 0", "months"),
        ("shock: {sales_fal: 0.3}", "Did you mean 'sales_fall'?"),
        ("colour: red", "the unknown key 'colour'"),
        ("shock: {sales_fall: [{from: 0, value: 0.1}]}", "from"),
        ("uncertain: {sales: {low: 1, mode: 1, high: 1}}", "sales_fall"),
        ("uncertain: {sales_fall: {low: 2, mode: 1, high: 3}}", "`low:`, `mode:` and `high:` rise"),
        ("uncertain: {sales_fall: {low: -1, mode: 1, high: 3}}", "low"),
    ],
)
def test_a_scenario_that_does_not_fit_is_refused(more: str, said: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        document(more)
    assert said in str(refused.value)
    assert "slump.yaml, line" in str(refused.value)


def file_with(folder: Path, text: str | bytes, name: str = "macro.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_says_the_same_as_the_document(tmp_path: Path) -> None:
    path = file_with(
        tmp_path,
        "variable,month,value,sector,region\n"
        "sales_fall,6,0.4,,\nsales_fall,1,0.1,,\nroll_over,3,0.5,,\nadded_receivable_days,2,30,,\n"
        "sales_fall,1,0.5,C39,\ninput_price,4,0.08,,31\nrate_rise,1,0.02,,31\n",
    )
    told = document(
        """\
months: 18
shock:
  sales_fall: [{from: 1, value: 0.1}, {from: 6, value: 0.4}]
  roll_over: [{from: 3, value: 0.5}]
  added_receivable_days: [{from: 2, value: 30}]
by_sector: {C39: {sales_fall: 0.5}}
by_region: {"31": {input_price: [{from: 4, value: 0.08}], rate_rise: 0.02}}
"""
    )
    read = scenario_from_file(path, months=18)
    assert read.months == 18
    assert read.title["en"] == "macro.csv"
    assert scenario_from_file(path, months=18, title="Outlook").title["en"] == "Outlook"
    table_ = some_firms(80, 12)
    here, there = run(table_, read), run(table_, told)
    for field in fields(Stressed):
        assert np.array_equal(getattr(here, field.name), getattr(there, field.name), equal_nan=True), field.name


def test_a_month_left_out_of_a_file_keeps_the_value_before_it(tmp_path: Path) -> None:
    read = scenario_from_file(file_with(tmp_path, "month,variable,value\n3,sales_fall,0.2\n6,sales_fall,0\n"), months=8)
    (group,) = cells(read, table({}))
    assert group.paths["sales_fall"] == pytest.approx([0, 0, 0.2, 0.2, 0.2, 0, 0, 0])


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert scenario_from_file(file_with(tmp_path, b"\xef\xbb\xbfmonth,variable,value\n1,sales_fall,0.2\n")).shock.sales_fall


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("month,variable\n1,sales_fall\n", ["month, variable", "expected month, variable, value"]),
        ("month;variable;value\n1;sales_fall;0.2\n", ["month;variable;value", "expected month, variable, value"]),
        ("", ["expected month, variable, value"]),
        (
            "month,variable,value\n1,sales_fall,0.1\n1,sale_fall,0.2\n",
            ["macro.csv, row 3", "'sale_fall'", "Did you mean 'sales_fall'?"],
        ),
        ("month,variable,value\n1,weather,0.2\n", ["macro.csv, row 2", "'weather'", "Known: sales_fall, input_price"]),
        ("month,variable,value\n0,sales_fall,0.2\n", ["macro.csv, row 2", "month 0", "1 to 12"]),
        ("month,variable,value\n13,sales_fall,0.2\n", ["macro.csv, row 2", "month 13", "1 to 12"]),
        ("month,variable,value\n1,sales_fall,much\n", ["macro.csv, row 2", "'much'", "a number"]),
        ("month,variable,value\nMay,sales_fall,0.2\n", ["macro.csv, row 2", "'May'", "a whole number"]),
        ("month,variable,value\n1.5,sales_fall,0.2\n", ["macro.csv, row 2", "'1.5'", "a whole number"]),
        ("month,variable,value\n1,sales_fall,\n", ["macro.csv, row 2", "''", "a number"]),
    ],
)
def test_a_bad_file_gives_one_clear_sentence(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(LittleGiantError) as refused:
        scenario_from_file(file_with(tmp_path, text))
    sentence = complaint(refused)
    for words in said:
        assert words in sentence


def test_a_file_that_is_not_there_gives_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError) as refused:
        scenario_from_file(tmp_path / "none.csv")
    assert "no such file" in complaint(refused)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"month,variable,value\n1,sales_fall,30\n", id="per cent for a share: the validator's own error"),
        pytest.param(b"month,variable,value\n1,sales_fall\n", id="a row without a value: TypeError"),
        pytest.param(b"month,variable,value\n1\n", id="a row of a month alone: TypeError"),
        pytest.param(b"month,variable,value\n1,sales_fall,nan\n", id="nan is taken for a number"),
        pytest.param(b"month,variable,value\n1,input_price,inf\n", id="inf is taken for a number"),
        pytest.param("month,variable,value,sector\n1,sales_fall,0.3,制造\n".encode("gbk"), id="not UTF-8: UnicodeDecodeError"),
    ],
)
def test_other_bad_files_give_one_clear_sentence_too(tmp_path: Path, text: bytes) -> None:
    refusal = None
    try:
        scenario_from_file(file_with(tmp_path, text))
    except Exception as error:
        refusal = error
    assert isinstance(refusal, LittleGiantError)


def test_the_row_named_is_the_row_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError) as refused:
        scenario_from_file(file_with(tmp_path, "month,variable,value\n\n\n1,weather,0.2\n"))
    assert "row 4" in complaint(refused)


# The score that stands in for a rating


def score_of(wc: float, re: float, ebit: float, equity: float, assets: float = 1.0, liabilities: float = 1.0) -> float:
    each = {"working_capital": wc, "retained": re, "ebit": ebit, "equity": equity, "assets": assets, "liabilities": liabilities}
    return float(z_score(**{name: np.array([value]) for name, value in each.items()})[0])


def rating(score: float) -> str:
    return str(rating_of_score(np.array([score]))[0])


EDGES = {"BBB": 5.85, "BBB-": 5.65, "BB+": 5.25, "BB": 4.95, "BB-": 4.75, "B+": 4.50, "B": 4.15, "B-": 3.75}
LOWER_EDGES = EDGES | {"CCC+": 3.20, "CCC": 2.50, "CCC-": 1.75}
ABOVE = {"AAA": 8.15, "AA+": 7.60, "AA": 7.30, "AA-": 7.00, "A+": 6.85, "A": 6.65, "A-": 6.40, "BBB+": 6.25}


def test_the_example_of_the_score() -> None:
    score = score_of(10, 20, 8, 40, 100, 50)
    assert score == pytest.approx(2.6856, abs=1e-12)
    assert score + 3.25 == pytest.approx(5.9356, abs=1e-12)
    assert rating(score) == "BBB"
    assert zone(score) == "safe"


@pytest.mark.parametrize(("name", "edge"), LOWER_EDGES.items())
def test_a_rating_begins_at_its_edge(name: str, edge: float) -> None:
    below = (*LOWER_EDGES, "D")[list(LOWER_EDGES).index(name) + 1]
    assert rating(edge - 3.25 + 1e-9) == name
    assert rating(edge - 3.25 - 1e-9) == below


@pytest.mark.parametrize("name", ["BB+", "BB-", "B+", "B-", "CCC", "CCC-"])
def test_a_score_at_the_edge_has_the_rating_of_the_edge(name: str) -> None:
    assert rating(LOWER_EDGES[name] - 3.25) == name  # quarters and halves: nothing is rounded


@pytest.mark.parametrize(("name", "edge"), ABOVE.items())
def test_a_score_is_never_more_than_bbb(name: str, edge: float) -> None:
    assert rating(edge - 3.25 + 0.01) == "BBB"
    assert rating(1e6) == "BBB"


@pytest.mark.parametrize(
    ("assets", "liabilities"),
    [(0.0, 50.0), (100.0, 0.0), (-100.0, 50.0), (100.0, -50.0), (0.0, 0.0), (float("nan"), 50.0), (100.0, float("nan"))],
)
def test_there_is_no_score_without_assets_or_liabilities(assets: float, liabilities: float) -> None:
    score = score_of(10, 20, 8, 40, assets, liabilities)
    assert np.isnan(score)
    assert rating(score) == ""


@pytest.mark.parametrize("name", ["wc", "re", "ebit", "equity"])
def test_there_is_no_score_with_a_figure_unknown(name: str) -> None:
    known = {"wc": 10.0, "re": 20.0, "ebit": 8.0, "equity": 40.0, "assets": 100.0, "liabilities": 50.0}
    assert np.isnan(score_of(**(known | {name: float("nan")})))


def test_scores_of_a_table_are_those_of_each_firm() -> None:
    rng = np.random.default_rng(4)
    figures_ = rng.uniform(-1, 3, (6, 200))
    names = ("working_capital", "retained", "ebit", "equity", "assets", "liabilities")
    together = z_score(**dict(zip(names, figures_, strict=True)))
    ratings = rating_of_score(together)
    for number in range(200):
        wc, re, ebit, equity, assets, liabilities = (float(figure) for figure in figures_[:, number])
        wanted = float("nan")
        if assets > 0 and liabilities > 0:
            wanted = 6.56 * wc / assets + 3.26 * re / assets + 6.72 * ebit / assets + 1.05 * equity / liabilities
        assert together[number] == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True)
        assert ratings[number] == rating(float(together[number]))


@pytest.mark.parametrize(
    ("score", "where"),
    [
        (2.61, "safe"),
        (2.6, "grey"),
        (1.1, "grey"),
        (1.85, "grey"),
        (1.09, "distress"),
        (-5.0, "distress"),
        (1.23, "grey"),
        (2.9, "safe"),
    ],
)
def test_the_zones_are_those_of_this_score(score: float, where: str) -> None:
    assert zone(score) == where


def test_an_unknown_score_is_in_no_zone() -> None:
    assert zone(float("nan")) not in ("safe", "grey", "distress")
