"""What is timed of finance, one piece a process: CPU seconds, memory, a result. `python -m benchmarks.finance NAME FIRMS`."""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from littlegiant.finance import Firms, firms, open_catalogue
from littlegiant.finance.evaluate import evaluated
from littlegiant.finance.response import Design, read_parameters, respond
from littlegiant.finance.stack import stacked
from littlegiant.finance.stress import Behaviour, Scenario, monte_carlo
from littlegiant.finance.stress.linear import draw_factors
from littlegiant.finance.stress.scenario import Shock, Spread, cells
from littlegiant.packs import open_pack

DAY, DRAWS, SEED = date(2026, 5, 25), 200, 20260401
EIGHT = (
    "rd-super-deduction",
    "high-tech-rate",
    "small-low-profit",
    "vat-extra",
    "key-little-giant-award",
    "srdi-guarantee",
    "technology-relending",
    "provincial-premium",
)


def many_firms(count: int) -> Firms:
    """Return invented firms: a fifth of them loses money."""
    rng = np.random.default_rng(SEED)
    revenue = rng.lognormal(18, 1, count)
    share = {name: revenue * rng.uniform(low, high, count) for name, low, high in _SHARES}
    profit = revenue * rng.normal(0.08, 0.09, count)
    rd = revenue * rng.uniform(0, 0.1, count)
    return firms(
        [str(number) for number in range(count)],
        currency="CNY",
        income=profit + rd,
        rd=rd,
        revenue=revenue,
        fixed_debt=0.0,
        interest_rate=0.05,
        staff=rng.integers(5, 900, count).astype(np.float64),
        rating=np.array(["", "B+", "BB", "BBB"])[rng.integers(0, 4, count)],
        default=0.03,
        loss=0.6,
        region="440000",
        flags={"high_tech": rng.random(count) < 0.5},
        **share,
    )


_SHARES = (
    *(("materials", 0.3, 0.6), ("wages", 0.1, 0.3), ("fixed_costs", 0.02, 0.15), ("repayments", 0.0, 0.06)),
    *(("floating_debt", 0.0, 0.3), ("short_debt", 0.0, 0.3), ("cash", 0.02, 0.2), ("credit_line", 0.0, 0.1)),
    *(("depreciation", 0.02, 0.05), ("equity", 0.1, 0.6), ("assets", 0.6, 2.0), ("liabilities", 0.2, 0.8)),
    *(("input_vat", 0.04, 0.07), ("output_vat", 0.08, 0.13)),
)


def instruments(count: int) -> Any:
    """Eight instruments, each alone, on the background of the law."""
    catalogue = open_catalogue(open_pack("cn"), DAY)
    chosen = [catalogue.instrument(name) for name in EIGHT]
    some = many_firms(count)

    def work() -> float:
        values = evaluated(some, chosen, catalogue.rules, catalogue.rates, background=catalogue.background)
        return round(sum(float(np.nansum(value.worth)) for part in values for value in part) / 1e6)

    return work


def stacking(count: int) -> Any:
    """The same eight together: alone, last in, jointly."""
    catalogue = open_catalogue(open_pack("cn"), DAY)
    chosen = [catalogue.instrument(name) for name in EIGHT]
    some = many_firms(count)

    def work() -> float:
        parts = stacked(some, chosen, catalogue.rules, catalogue.rates, in_order=False)
        return round(sum(float(np.nansum(part.joint)) for part in parts) / 1e6)

    return work


def scenario() -> Scenario:
    shock = Shock(
        sales_fall=({"from": 3, "value": 0.3},), roll_over=0.5, rate_rise=0.02, added_receivable_days=({"from": 3, "value": 30},)
    )  # type: ignore[arg-type]
    spread = {"sales_fall": Spread(low=0.6, mode=1, high=1.4), "roll_over": Spread(low=0.5, mode=1, high=1.5)}
    text = {"en": "severe from the third month"}
    return Scenario(format=1, scenario="bench", title=text, reason=text, dated="", shock=shock, line_cut=1.0, uncertain=spread)  # type: ignore[arg-type]


def stress(count: int) -> Any:
    """Two hundred draws of a scenario over twelve months, by breakpoints."""
    some, chosen = many_firms(count), scenario()

    def work() -> list[float]:
        found = monte_carlo(some, chosen, draws=DRAWS, seed=SEED)
        return [round(float(found.total_gap.sum()) / 1e6), round(float(found.short.sum()))]

    return work


def stress_array(count: int) -> Any:
    """The obvious way: an array of firms, draws and months, then its minimum; in chunks, or it would not fit."""
    some, chosen = many_firms(count), scenario()
    factors = draw_factors(chosen, draws=DRAWS, seed=SEED)
    how, (cell,) = Behaviour(), cells(chosen, some)

    def moved(name: str) -> np.ndarray:  # type: ignore[type-arg]
        normal = 1.0 if name == "roll_over" else 0.0
        factor = factors.get(name, np.ones(DRAWS))[:, None]  # type: ignore[call-overload]
        path = normal + factor * (cell.paths[name] - normal)  # type: ignore[index]
        return np.clip(path, 0, 1) if name == "roll_over" else np.minimum(path, 1.0) if name == "sales_fall" else path

    def work() -> list[float]:
        fall, price, rise, roll, days = (
            moved(n) for n in ("sales_fall", "input_price", "rate_rise", "roll_over", "added_receivable_days")
        )
        gaps, short = 0.0, 0
        for start in range(0, count, 2_000):
            f = some.part(slice(start, start + 2_000))
            column = {
                name: f.given(name)[:, None, None] for name in ("revenue", "materials", "wages", "floating_debt", "short_debt")
            }
            still = (f.fixed_costs + (f.floating_debt + f.fixed_debt + f.short_debt) * f.interest_rate + f.repayments)[
                :, None, None
            ]
            flow = (
                column["revenue"] * (1 - fall)
                - column["materials"] * (1 - how.input_elasticity * fall) * (1 + price)
                - column["wages"] * (1 - how.wage_elasticity * fall)
                - still
                - column["floating_debt"] * rise
                - (1 - roll) * column["short_debt"]
            ) / 12 - days * column["revenue"] * (1 - fall) / 360
            liquidity = f.cash[:, None, None] + np.cumsum(flow, axis=2)
            lowest = np.minimum(liquidity.min(axis=2), f.cash[:, None])
            is_short = lowest < -0.005
            gaps += float(-(lowest * is_short).sum())
            short += int(is_short.sum())
        return [round(gaps / 1e6), short]

    return work


def response(count: int) -> Any:
    """Bands over twenty thousand draws, through cells."""
    rng = np.random.default_rng(SEED)
    size = np.array(["small", "medium", "large"])[rng.choice(3, count, p=[0.7, 0.25, 0.05])]
    research = rng.lognormal(14, 1.5, count)
    before = np.array([0.85, 0.75, 0.9474])[rng.integers(0, 3, count)]
    after = before * np.array([1, 0.9, 0.8])[rng.integers(0, 3, count)]
    nothing = np.zeros(count)
    parameters = read_parameters()

    def work() -> list[int]:
        (found,) = respond(
            research, size, [Design("d", before, after, nothing, nothing, 1e9)], parameters, draws=20_000, seed=SEED
        )
        return [found.cells, round(found.band()[1] / 1e6)]

    return work


PIECES: dict[str, Callable[[int], Any]] = {
    "instruments": instruments,
    "stacking": stacking,
    "stress": stress,
    "stress_array": stress_array,
    "response": response,
}


def main() -> None:
    work = PIECES[sys.argv[1]](int(sys.argv[2]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "before_mib": before, "result": result}))


if __name__ == "__main__":
    main()
