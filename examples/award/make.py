"""An invented award call beside its document: projects, expert scores, the basis of the quotas, findings – for a register."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

import littlegiant
from littlegiant.packs.places import Regions
from littlegiant.register import open_register
from littlegiant.register.draws import draw

SEED = 20260815
HERE = Path(__file__).parent
INDICATORS = ("technology", "plan", "chain")


def uniform(what: str, numbers: Any) -> Any:
    return draw(SEED, what, numbers) / 65_536


def write(path: Path, titles: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([titles, *rows])


def main(register: Path, to: Path) -> None:
    """Write the call for the little giants of a register: each brings a project, five of thirty experts score it."""
    to.mkdir(parents=True, exist_ok=True)
    opened = open_register(register)
    titles = pq.read_table(opened.table("recognitions"), columns=["firm", "tier"])
    firms = sorted({row["firm"] for row in titles.to_pylist() if row["tier"] == "little-giant"})
    numbers = np.arange(len(firms), dtype=np.int64)
    investment = (
        np.round(np.exp(16.6 + 0.6 * (uniform("investment", numbers) + uniform("more", numbers) - 1) * 2)) // 10_000 * 10_000
    )
    projects = [[f"P{n:05d}", firm, int(investment[n])] for n, firm in enumerate(firms)]
    write(to / "projects.csv", ["project", "firm", "investment"], projects)
    worth, strict = 62 + 20 * uniform("worth", numbers), 16 * (uniform("strict", np.arange(30)) - 0.5)
    scores = []
    for n in range(len(firms)):
        first = int(uniform("panel", np.array([n]))[0] * 30)
        for k in range(5):
            expert = (first + 7 * k) % 30
            for at, indicator in enumerate(INDICATORS):
                chance = uniform(f"chance {indicator} {k}", np.array([n]))[0] - 0.5
                scores.append([f"P{n:05d}", f"E{expert:02d}", indicator, round(worth[n] + strict[expert] + 14 * chance + at, 1)])
    write(to / "reviews.csv", ["case", "reviewer", "indicator", "score"], scores)
    pack = littlegiant.open_pack("cn")
    regions = sorted(pack.document(pack.path / "regions.yaml", Regions).value.regions)
    places = dict(
        zip(
            *(pq.read_table(opened.table("firms"), columns=["firm", "region"])[c].to_pylist() for c in ("firm", "region")),
            strict=True,
        )
    )
    of = [places[firm] for firm in firms]
    basis = [[r, of.count(r), int(sum(investment[n] for n in numbers if of[n] == r))] for r in regions]
    write(to / "quota-basis.csv", ["group", "little_giants", "investment"], basis)
    acts = [
        {"id": f"s{n:05d}", "at": "2026-05-20T09:00:00+08:00", "by": "invented officer", "role": "province", "subject": firm}
        | {"type": "finding", "body": {"item": "start", "value": bool(uniform("start", np.array([n]))[0] < 0.96)}}
        for n, firm in enumerate(firms)
    ]
    (to / "acts.jsonl").write_text("".join(json.dumps(act) + "\n" for act in acts), encoding="utf-8")
    for name in ("award.yaml", "programme.yaml"):
        (to / name).write_bytes((HERE / name).read_bytes())
    print(f"{len(firms)} projects, {len(scores)} scores in {to}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
