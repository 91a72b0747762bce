"""Trade by product from a CSV, judged by the criteria of `networks.trade`, as an element of a report."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from littlegiant.criticality.links import filled, number, told
from littlegiant.criticality.supply_file import TradeFile
from littlegiant.documents import read_rows
from littlegiant.networks import TradeDependence, trade_dependence
from littlegiant.pages import Column, Element
from littlegiant.problems import Problem
from littlegiant.words import Language, say

_COLUMNS = ("product", "exporter", "importer", "year", "value")


def read_trade(path: Path) -> pa.Table:
    """Return the rows of the CSV; every mistake by its row."""
    problems: list[Problem] = []
    columns: dict[str, list[object]] = {name: [] for name in _COLUMNS}
    for place, row in read_rows(path, _COLUMNS):
        filled(place, row, _COLUMNS[:3], problems)
        if not row["year"].strip().isdigit():
            problems.append(Problem(f"{place}, column year", repr(row["year"]), "a year as 2025", code="type"))
            continue
        for name in _COLUMNS[:3]:
            columns[name].append(row[name].strip())
        columns["year"].append(int(row["year"]))
        columns["value"].append(number(place, "value", row["value"], problems))
    told(problems)
    kinds = {"year": pa.int64(), "value": pa.float64()}
    return pa.table({name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()})


def judged_trade(trade: TradeFile, folder: Path, home: str) -> list[TradeDependence]:
    """Return what the trade in the file says of each product that `home` imports."""
    return trade_dependence(read_trade(folder / trade.file), home, last_year=trade.last_year)


def trade_element(trade: TradeFile, found: Sequence[TradeDependence], language: Language) -> Element:
    """The products imported, those that depend on others by trade first."""
    words = {True: "sup_yes", False: "sup_no", None: "not_known"}
    rows = [
        {
            "product": each.product,
            "years": ", ".join(map(str, each.years)) or "–",
            "imports": _last(each.import_concentration, ".2f"),
            "world": _last(each.world_concentration, ".2f"),
            "ratio": _last(each.imports_to_exports, ".1f"),
            "held": each.held,
            "dependent": say(words[each.dependent], language),
        }
        for each in sorted(found, key=lambda each: (not each.dependent, -each.held, each.product))
    ]
    names = ("years", "imports", "world", "ratio", "held", "dependent")
    columns = [Column("product", say("sup_product", language))]
    columns += [Column(name, say(f"sup_trade_{name}", language), name in ("imports", "world", "ratio", "held")) for name in names]
    count = sum(each.dependent is True for each in found)
    sentence = say("sup_say_trade", language, products=len(found), dependent=count, year=trade.last_year)
    notes = [say("sup_restricted", language), say("sup_note_source", language, source=trade.source)]
    return Element("trade", say("sup_title_trade", language), sentence, columns, rows, notes=notes)


def _last(values: tuple[float, ...], places: str) -> str:
    """Return the newest value; infinite where nothing is exported."""
    if not values or np.isnan(values[-1]):
        return "–"
    return "∞" if np.isinf(values[-1]) else format(values[-1], places)
