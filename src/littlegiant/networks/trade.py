"""Strategic dependence in trade data, by the criteria of CEPII: concentrated imports, concentrated world, few own exports."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from littlegiant.problems import refuse

IMPORT_HHI, WORLD_HHI, IMPORTS_TO_EXPORTS, YEARS_HELD, YEARS_SEEN = 0.4, 0.4, 1.0, 2, 3


@dataclass(frozen=True)
class TradeDependence:
    """A row a product: in how many of the years with data each criterion held, and whether enough years held all three."""

    product: str
    years: tuple[int, ...]
    import_concentration: tuple[float, ...]  # NaN where nothing is imported
    world_concentration: tuple[float, ...]
    imports_to_exports: tuple[float, ...]  # infinite where nothing is exported
    held: int
    dependent: bool | None  # None where years without data could decide it


def trade_dependence(trade: pa.Table, home: str, *, last_year: int) -> list[TradeDependence]:
    """Judge each product that `home` imports, over the three years up to `last_year`.

    trade: product, exporter, importer, year, value (all of one currency, zero or more). A ratio at a limit does not exceed it.
    """
    needed = {"product", "exporter", "importer", "year", "value"}
    if not needed <= set(trade.column_names):
        refuse("the trade data", f"the columns {', '.join(trade.column_names)}", ", ".join(sorted(needed)), code="columns")
    if trade.num_rows and pc.min(trade["value"]).as_py() < 0:
        refuse("the trade data", f"the value {pc.min(trade['value']).as_py()}", "zero or more", code="range")
    years = range(last_year - YEARS_SEEN + 1, last_year + 1)
    trade = trade.filter(pc.is_in(trade["year"], pa.array(list(years), trade["year"].type)))
    sold = _sums(trade)
    bought = _sums(trade.filter(pc.equal(trade["importer"], home)))
    found = []
    for product in sorted({product for product, _ in bought}):
        rows = [_year(sold.get((product, year), {}), bought.get((product, year), {}), home) for year in years]
        seen = [(year, row) for year, row in zip(years, rows, strict=True) if row is not None]
        held = sum(m > IMPORT_HHI and x > WORLD_HHI and part > IMPORTS_TO_EXPORTS for _, (m, x, part) in seen)
        imported, world, ratio = (tuple(row[at] for _, row in seen) for at in range(3))
        missing = YEARS_SEEN - len(seen)
        # Decided only where the years without data could not change it.
        dependent = True if held >= YEARS_HELD else False if held + missing < YEARS_HELD else None
        found.append(TradeDependence(product, tuple(year for year, _ in seen), imported, world, ratio, held, dependent))
    return found


def _sums(trade: pa.Table) -> dict[tuple[str, int], dict[str, float]]:
    """Return the value by exporter of each product and year."""
    keys = ["product", "year", "exporter"]
    grouped = trade.group_by(keys).aggregate([("value", "sum")])
    found: dict[tuple[str, int], dict[str, float]] = {}
    columns = [grouped[name].to_pylist() for name in (*keys, "value_sum")]
    for product, year, who, value in zip(*columns, strict=True):
        found.setdefault((product, year), {})[who] = float(value)
    return {key: dict(sorted(values.items())) for key, values in found.items()}


def _year(sold: dict[str, float], bought: dict[str, float], home: str) -> tuple[float, float, float] | None:
    """Return the three ratios of a product and year, None where nothing is recorded."""
    if not sum(sold.values()):
        return None
    own = sold.get(home, 0.0)
    total = sum(bought.values())
    return _hhi(bought), _hhi(sold), total / own if own else float("inf") if total else float("nan")


def _hhi(values: dict[str, float]) -> float:
    total = sum(values.values())
    return float(np.sum([(value / total) ** 2 for value in values.values()])) if total else float("nan")
