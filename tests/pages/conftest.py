import csv
import json
from pathlib import Path

import pytest

from littlegiant.rounds import run
from register.making import once

SMUGGLED = '<script>alert("1")</script>'
FILE = "<img src=x onerror=alert(1)> & 'co'.csv"
COLUMN = 'revenue"><svg onload=alert(1)>'


def carry_out(folder: Path) -> None:
    """A round whose file name, column titles, names and titles all try to become part of the page."""
    rows = [["code", "year", "name", COLUMN, "staff", "field"]]
    for number in range(40):
        firm = f"F{number:03d}{SMUGGLED}" if number % 7 == 0 else f"F{number:03d}"
        rows.append([firm, "2025", f"{SMUGGLED} {number}", f"{number * 5_000_000}", str(number), "core_parts"])
    rows.append(["F999", "2025", "x", SMUGGLED, "1", ""])
    with (folder / FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    facts = {
        "name": {"column": "name"},
        "revenue": {"column": COLUMN},
        "staff": {"column": "staff"},
        "product_field": {"column": "field"},
    }
    source = {"file": FILE, "key": {"firm": "code", "year": "year"}, "facts": facts}
    mapping = {"format": 1, "mapping": "smuggled", "pack": "cn", "sources": {"firms": source}}
    (folder / "mapping.yaml").write_text(json.dumps(mapping, ensure_ascii=False), encoding="utf-8")
    programme = {
        "format": 1,
        "programme": "smuggled",
        "title": {"zh": f"测试 {SMUGGLED}", "en": f"Test </title></main>{SMUGGLED}"},
        "exercise": {"zh": f"练习 {SMUGGLED}", "en": f"an exercise </p>{SMUGGLED}"},
        "pack": "cn",
        "application": "new",
        "reference_date": "2026-05-25",
        "year": 2025,
        "register": "mapping.yaml",
        "standard": "little-giant",
    }
    (folder / "programme.yaml").write_text(json.dumps(programme, ensure_ascii=False), encoding="utf-8")
    run(folder / "programme.yaml", folder / "round")


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a real round made from hostile names."""
    return once(tmp_path_factory, "hostile-round", carry_out) / "round/report.html"
