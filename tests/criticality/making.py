"""A small town of firms known by hand, supply files for it, and a larger invented register with all that may be known of it."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from littlegiant.criticality import Known, open_supply
from littlegiant.packs import open_pack
from littlegiant.register import Register, open_register, synthesise
from register.making import bring_in_rows

PACK = open_pack("cn")
YEAR = 2025
FIRMS = 400
CATALOGUE = "key-links"
FACTS = {name: {"column": name} for name in ("name", "sector", "region", "founded", "leading_product", "revenue", "rd_expense")}
HEADER = ("code", "year", *FACTS)

# Two makers of screws, a maker of guides, makers of machines who buy them, a power station, one without any product.
TOWN = (
    ("SCREW1", "Screws One", "C35", "440000", "2001-01-01", "滚珠丝杠", "1000000", "50000"),
    ("SCREW2", "Screws Two", "C33", "320000", "2002-01-01", "精密滚珠丝杠 组件", "200000", "10000"),
    ("GUIDE1", "Guides One", "C35", "440000", "2003-01-01", "直线导轨", "500000", ""),
    ("PLAIN1", "Plain One", "C35", "320000", "2004-01-01", "示例产品", "900000", "0"),
    ("MILL1", "Mill One", "C34", "440000", "2005-01-01", "五轴联动机床", "3000000", "90000"),
    ("MILL2", "Mill Two", "C34", "320000", "2006-01-01", "数控磨床", "2000000", "80000"),
    ("POWER1", "Power One", "D44", "110000", "1990-01-01", "", "9000000", ""),
    ("YOUNG1", "Young One", "C34", "110000", "2026-03-01", "", "", ""),
    ("IDLE1", "Idle One", "I65", "110000", "2010-01-01", "", "100000", ""),
)
LINKS = (
    ("SCREW1", "MILL1", "300000"),
    ("GUIDE1", "MILL2", "200000"),
    ("PLAIN1", "MILL2", "100000"),
    ("POWER1", "SCREW1", "20000"),
    ("POWER1", "MILL1", "60000"),
    ("MILL1", "MILL2", "40000"),
)
CHAIN = {"products": "products.csv", "provision": "provision.csv", "chain": "chain.csv", "source": "invented for tests"}
PRODUCTS = (
    ("P1", "Lithography machine", "fabrication", "equipment"),
    ("P2", "光刻胶", "fabrication", "material"),
    ("P3", "Wafer", "fabrication", "material"),
    ("P4", "Chip", "assembly", "product"),
    ("P5", "Special resist", "", "material"),
)
GOES = (("P1", "goes_into", "P3"), ("P2", "goes_into", "P3"), ("P3", "goes_into", "P4"), ("P5", "type_of", "P2"))
PROVISION = (
    ("P1", "nl", "country", "NLD", "0.9", "2021"),
    ("P1", "jp", "country", "JPN", "0.1", "2021"),
    ("P2", "jp", "country", "JPN", "0.5", "2019"),
    ("P2", "kr", "country", "KOR", "0.3", "2019"),
    ("P2", "cn", "country", "CHN", "0.2", "2022"),
    ("P3", "cn", "country", "CHN", "0.03", "2020"),
    ("P3", "many", "collective", "Various", "0.97", "2020"),
    ("P4", "o1", "organisation", "USA", "", ""),
    ("P4", "o2", "organisation", "JPN", "", ""),
)


def write_csv(path: Path, header: str, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def make_town(folder: Path, rows: Sequence[Sequence[str]] = TOWN) -> Register:
    """Import the firms; figures of 2025."""
    folder.mkdir(parents=True, exist_ok=True)
    return open_register(bring_in_rows(folder, [HEADER, *((row[0], str(YEAR), *row[1:]) for row in rows)], facts=FACTS).path)


def write_links(folder: Path, rows: Sequence[Sequence[object]] = LINKS, header: str = "supplier,buyer,value") -> None:
    write_csv(folder / "links.csv", header, rows)


def write_chain(
    folder: Path,
    products: Sequence[Sequence[object]] = PRODUCTS,
    chain: Sequence[Sequence[object]] = GOES,
    provision: Sequence[Sequence[object]] = PROVISION,
) -> None:
    write_csv(folder / "products.csv", "product,title,stage,kind", products)
    write_csv(folder / "chain.csv", "product,relation,of", chain)
    write_csv(folder / "provision.csv", "product,provider,kind,country,share,year", provision)


def write_supply(folder: Path, **changes: Any) -> Path:
    """Write a supply file with links in `links.csv`; a change to None leaves the key out. JSON is YAML."""
    document = {
        "format": 1,
        "supply": "town",
        "title": {"zh": "小镇", "en": "A town"},
        "home": "CHN",
        "links": {"file": "links.csv"},
        "essentiality": "goods",
        "accounts": {"revenue": "revenue"},
        **changes,
    }
    path = folder / "supply.yaml"
    kept = {key: value for key, value in document.items() if value is not None}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def known_of(folder: Path, register: Register, *, year: int = YEAR, **changes: Any) -> Known:
    return open_supply(write_supply(folder, **changes), register, PACK, year=year)


def dependence_of(folder: Path, register: Register, **changes: Any) -> Known:
    """What is known with shares of countries and without links."""
    return known_of(folder, register, **{"links": None, "essentiality": None, "dependence": CHAIN, **changes})


def link_values(known: Known) -> dict[tuple[str, str], float]:
    """The value of each link of the network by its ends."""
    placed = known.placed
    assert placed is not None
    ends = zip(placed.network.supplier.tolist(), placed.network.buyer.tolist(), placed.network.value.tolist(), strict=True)
    return {(placed.labels[supplier], placed.labels[buyer]): value for supplier, buyer, value in ends}


def by_firm(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(row["firm"]): row for row in rows}


def make_worked(folder: Path) -> None:
    """A register of some hundred invented firms with recorded links, and beside it every file that a supply file may name."""
    synthesise(PACK, folder / "register", firms=FIRMS, years=(2023, 2024, 2025), seed=7, more=True)
    write_worked(folder, folder / "register")


def write_worked(folder: Path, register: Path) -> Path:
    """Write a supply file and all it names for a register of invented firms."""
    links = pq.read_table(register / "links.parquet").to_pylist()
    supplier, buyer = links[0]["supplier"], links[0]["buyer"]
    other = links[5]["buyer"]
    foreign = (
        ("NLD", "lithography", buyer, "900000", "C3562"),
        ("JPN", "lithography", buyer, "200000", "C3562"),
        ("NLD", "lithography", other, "700000", "C3562"),
        ("JPN", "encoders", supplier, "100000", "C40"),
    )
    write_csv(folder / "foreign.csv", "country,product,buyer,value,sector", foreign)
    write_csv(folder / "declared.csv", "firm,side,partner,share", [(supplier, "customer", buyer, "0.4")])
    made = ((supplier, "滚珠丝杠", "0.7", "yes"), (buyer, "P2", "0.5", ""), (other, "五轴联动数控系统", "0.6", "no"))
    write_csv(folder / "firm-products.csv", "firm,product,share,qualified", made)
    write_csv(folder / "findings.csv", "firm,link,verdict,by,at", [(supplier, "ball-screws", "fills", "a panel", "2026-05-01")])
    write_chain(folder)
    return write_supply(
        folder,
        links={"grade": "recorded"},
        unknown_class="non_essential",
        foreign="foreign.csv",
        declared="declared.csv",
        firm_products="firm-products.csv",
        findings="findings.csv",
        catalogue=CATALOGUE,
        dependence=CHAIN,
        capabilities=["class_one_rights", "rd_expense"],
        measure=3,
        gaps=3,
    )
