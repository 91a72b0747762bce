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
    dependent: bool | None  # None where fewer than two years have data


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
    by_export = _sums(trade, ["product", "year", "exporter"])
    by_import = _sums(trade.filter(pc.equal(trade["importer"], home)), ["product", "year", "exporter"])
    found = []
    for product in sorted({product for product, _, _ in by_import}):
        rows = [_year(by_export, by_import, product, year, home) for year in years]
        seen = [(year, row) for year, row in zip(years, rows, strict=True) if row is not None]
        held = sum(m > IMPORT_HHI and x > WORLD_HHI and part > IMPORTS_TO_EXPORTS for _, (m, x, part) in seen)
        imported, world, ratio = (tuple(row[at] for _, row in seen) for at in range(3))
        sure = held >= YEARS_HELD if len(seen) >= YEARS_HELD else None
        found.append(TradeDependence(product, tuple(year for year, _ in seen), imported, world, ratio, held, sure))
    return found


def _sums(trade: pa.Table, keys: list[str]) -> dict[tuple[str, int, str], float]:
    grouped = trade.group_by(keys).aggregate([("value", "sum")])
    columns = [grouped[name].to_pylist() for name in (*keys, "value_sum")]
    return {(product, year, who): float(value) for product, year, who, value in zip(*columns, strict=True)}


def _year(
    exports: dict[tuple[str, int, str], float],
    imports: dict[tuple[str, int, str], float],
    product: str,
    year: int,
    home: str,
) -> tuple[float, float, float] | None:
    """Return the three ratios of a product and year, None where nothing is recorded."""
    sold = {who: value for (p, y, who), value in exports.items() if p == product and y == year}
    bought = {who: value for (p, y, who), value in imports.items() if p == product and y == year}
    if not sum(sold.values()):
        return None
    own = sold.get(home, 0.0)
    total = sum(bought.values())
    return _hhi(bought), _hhi(sold), total / own if own else float("inf") if total else float("nan")


def _hhi(values: dict[str, float]) -> float:
    total = sum(values.values())
    return float(np.sum([(value / total) ** 2 for value in values.values()])) if total else float("nan")
