"""The main job on invented firms: make a register, write findings for some of them, run a whole round, say where to look."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import littlegiant
from littlegiant.cli.answering import fail
from littlegiant.register.draws import draw
from littlegiant.rounds.acts import Act, as_lines

FIRMS, YEARS, SEED = 100_000, (2023, 2024, 2025), 20260401
JUDGED = 700  # firms for which the province and the platform have spoken
HERE = Path(__file__).parent
OUT = Path("rounds")


def findings(firms: list[str]) -> list[Act]:
    """Return invented findings: three judgements of the province and the platform's score for each firm."""
    numbers = np.arange(len(firms), dtype=np.int64)
    yes = {item: draw(SEED, item, numbers) < 58_000 for item in ("rights_in_use", "reputation", "key_chain_link")}
    score = 4800 + draw(SEED, "score", numbers) * 4000 // 65_536
    acts = []
    for number, firm in enumerate(firms):
        bodies = [("province", {"item": item, "value": bool(values[number])}) for item, values in yes.items()]
        bodies.append(("platform", {"item": "development_score", "value": int(score[number]) // 100, "period": YEARS[-1]}))
        for role, body in bodies:
            acts.append(
                Act(
                    id=f"f{len(acts) + 1:05d}",
                    at=datetime(2026, 6, 20, 9, 0, tzinfo=UTC),
                    by="invented officer",
                    role=role,
                    subject=firm,
                    type="finding",
                    body=body,
                )
            )
    return acts


def main() -> None:
    pack = littlegiant.open_pack("cn")
    setting = OUT / "demo"
    print(f"making {FIRMS:,} invented firms over {len(YEARS)} years")
    littlegiant.synthesise(pack, setting / "register", firms=FIRMS, years=YEARS, seed=SEED)
    (setting / "programme.yaml").write_bytes((HERE / "programme.yaml").read_bytes())
    (setting / "acts.jsonl").write_text("", encoding="utf-8")
    print("judging them once without findings, to see whom the province has to look at")
    first = littlegiant.run(setting / "programme.yaml", OUT / "demo-2026", until="assessment")
    rows = littlegiant.round_table(first.folder, "assessments")
    waiting = [row["case"] for row in rows.select(["case", "open"]).to_pylist() if row["open"] == "finding"][:JUDGED]
    (setting / "acts.jsonl").write_text("".join(line + "\n" for line in as_lines(findings(waiting))), encoding="utf-8")
    print(f"findings for {len(waiting)} firms arrive; the round goes on with a new attempt of the stages they touch")
    result = littlegiant.run(setting / "programme.yaml", OUT / "demo-2026")
    assert result.summary is not None
    for row in result.summary.outcomes.to_pylist():
        print(f"  {row['outcome']}{', ' + row['open'] + ' missing' if row['open'] else ''}: {row['cases']:,}")
    checks = littlegiant.verify(result.folder)
    print(f"verify: {sum(check.holds for check in checks)} of {len(checks)} checks hold")
    print(f"open {result.folder / 'report.html'} in a browser")


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(fail(error))
