"""Where no links are known: a sector table read and told, and networks drawn from it for a register's sizes."""

from pathlib import Path

import numpy as np

from littlegiant.criticality.firms import read_firms
from littlegiant.criticality.links import number, told
from littlegiant.criticality.report import share
from littlegiant.documents import read_rows
from littlegiant.networks import SectorTable, gravity, make_table, risk_by_group
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element
from littlegiant.problems import Problem, refuse, suggestion
from littlegiant.register import Register
from littlegiant.words import Language, say

_OUTPUT = "output"
_LINKS_A_FIRM = 8
_SIZES = ("small", "middle", "large")  # thirds of the firms of a sector by size, as in `sup_size_…`


def read_table(path: Path) -> SectorTable:
    """Return the table in a CSV with from, to, origin (domestic, imported), value; rows with `to` output hold the outputs."""
    problems: list[Problem] = []
    flows: dict[tuple[str, str, str], float] = {}
    output: dict[str, float] = {}
    for place, row in read_rows(path, ("from", "to", "origin", "value")):
        value = number(place, "value", row["value"], problems)
        if row["to"] == _OUTPUT and row["from"] in output:
            problems.append(Problem(place, f"the output of {row['from']} a second time", "each once", "Leave one out.", "twice"))
        elif row["to"] == _OUTPUT:
            output[row["from"]] = value
        elif row["origin"] in ("domestic", "imported"):
            flows[row["from"], row["to"], row["origin"]] = flows.get((row["from"], row["to"], row["origin"]), 0.0) + value
        else:
            problems.append(Problem(f"{place}, column origin", repr(row["origin"]), "domestic or imported", code="unknown-name"))
    told(problems)
    codes = sorted(output)
    strange = sorted({code for pair in flows for code in pair[:2]} - set(codes))
    if strange or not codes:
        found = f"no output of the sectors {', '.join(strange[:5])}" if strange else "no row with the output of a sector"
        refuse(path.name, found, f"a row with `to` {_OUTPUT} for every sector", code="no-output")
    place_of = {code: at for at, code in enumerate(codes)}
    matrices = {origin: np.zeros((len(codes), len(codes))) for origin in ("domestic", "imported")}
    for (seller, buyer, origin), value in flows.items():
        matrices[origin][place_of[seller], place_of[buyer]] = value
    return make_table(codes, matrices["domestic"], matrices["imported"], [output[code] for code in codes])


def sectors_element(table: SectorTable, language: Language) -> Element:
    """The measures of every sector; those with most imported content first."""
    order = np.argsort(-table.import_content, kind="stable")
    rows = [
        {
            "sector": table.sectors[at],
            "direct_import": share(float(table.direct_import[at])),
            "import_content": share(float(table.import_content[at])),
            "imported_use": share(float(table.imported_share_of_use[at])),
            "backward": f"{table.backward[at]:.4f}",
            "forward": f"{table.forward[at]:.4f}",
            "extraction": share(table.extraction_loss(int(at))),
        }
        for at in order
    ]
    names = ("direct_import", "import_content", "imported_use", "backward", "forward", "extraction")
    columns = [
        Column("sector", say("sup_sector", language)),
        *(Column(name, say(f"sup_{name}", language), True) for name in names),
    ]
    sentence = say("sup_say_sectors", language, sectors=len(table.sectors))
    return Element("sectors", say("sup_title_sectors", language), sentence, columns, rows)


def _sector_map(path: Path, table: SectorTable) -> dict[str, str]:
    """Return which sector of the table each code of the register belongs to; codes without one are left out."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for place, row in read_rows(path, ("register", "table")):
        if row["table"] and row["table"] not in table.sectors:
            remedy = suggestion(row["table"], table.sectors) or "Name a sector of the table, or leave the cell empty."
            problems.append(Problem(f"{place}, column table", f"no sector {row['table']!r}", "", remedy, "unknown-name"))
        found[row["register"]] = row["table"]
    told(problems)
    return {code: sector for code, sector in found.items() if sector}


def drawn_element(
    table: SectorTable,
    register: Register,
    pack: Pack,
    sector_map: Path,
    *,
    year: int,
    links: float,
    draws: int,
    seed: int,
    language: Language,
) -> Element:
    """The distribution of systemic risk over drawn networks by sector and size: synthetic, of no firm in particular."""
    firms = read_firms(register, pack, year=year, accounts={"revenue": "revenue"})
    of_code = _sector_map(sector_map, table)
    sector = np.array([table.sectors.index(of_code[code]) if code in of_code else -1 for code in firms.sector.tolist()])
    size = firms.accounts["revenue"]
    chosen = (sector >= 0) & (size > 0)
    if not chosen.any():
        refuse("the register", f"no firm with a sector of the table and a size in {year}", "some", "Check --map and --year.")
    sector, size = sector[chosen], size[chosen]
    fit = gravity(table, sector, size, links=links or float(_LINKS_A_FIRM * chosen.sum()))
    essentiality = np.ones((len(table.sectors), len(table.sectors)), np.uint8)
    groups = _groups(table, sector, size, language)
    found = risk_by_group(fit, essentiality, groups, draws=draws, seed=seed)
    rows = [
        {
            "group": each.group or say("sup_others", language),
            "number": each.firms,
            "mean": share(each.mean, 4),
            "low": share(each.low, 4),
            "high": share(each.high, 4),
        }
        for each in sorted(found, key=lambda each: (-each.mean, each.group))
    ]
    columns = [Column("group", say("sup_group", language))]
    columns += [Column(name, say(f"sup_{name}", language), True) for name in ("number", "mean", "low", "high")]
    out = len(firms) - int(chosen.sum())
    sentence = say("sup_say_drawn", language, draws=draws, firms=f"{int(chosen.sum()):,}", out=f"{out:,}")
    notes = [say("sup_note_drawn", language), say("sup_note_replaceable", language)]
    return Element("drawn", say("sup_title_drawn", language), sentence, columns, rows, notes=notes)


def _groups(table: SectorTable, sector: np.ndarray, size: np.ndarray, language: Language) -> np.ndarray:
    """Return the group of each firm: its sector, and the third of it by size that it belongs to."""
    names = np.empty(len(size), dtype="<U40")
    for code in np.unique(sector):
        own = np.flatnonzero(sector == code)
        order = own[np.argsort(size[own], kind="stable")]
        for third, part in zip(_SIZES, np.array_split(order, 3), strict=True):
            names[part] = f"{table.sectors[code]} {say(f'sup_size_{third}', language)}"
    return names
