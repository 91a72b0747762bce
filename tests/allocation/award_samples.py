"""Award calls of the tests: options written by hand, random ones, and a small register with projects, scores and findings."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.call_solving import CallSolution, CaseColumns
from littlegiant.allocation.carrying_out import Carried, carry_out
from littlegiant.allocation.instance import ABSENT, Instance
from littlegiant.allocation.naming import Naming
from littlegiant.allocation.option_table import OptionTable
from littlegiant.allocation.outcome import Solved, outcome
from littlegiant.allocation.problem_of_call import CallProblem, problem_of
from littlegiant.allocation.quota import Quota
from littlegiant.allocation.robustness import selection_probability
from littlegiant.allocation.solving import allocate
from littlegiant.finance import Catalogue, open_catalogue
from littlegiant.ledger.drawing import Draw, commitment_of, reveal
from littlegiant.packs import open_pack
from littlegiant.register import Register, open_register, synthesise
from littlegiant.rounds.acts import findings_table, read_acts
from littlegiant.standards import compile_applying
from littlegiant.words import Language

PACK, DAY, YEAR, FIRMS = open_pack("cn"), date(2026, 5, 25), 2025, 2000
SECRET = "5a" * 32
MINOR = 100

# --- options by hand ------------------------------------------------------------------------------------------------------


def table_of(rows: Sequence[Mapping[str, Any]], measures: Sequence[str] = ("paid_national_0",)) -> OptionTable:
    """Options from rows: case, options {package: {benefit, measures}}, and perhaps undertaking, region, size, more attributes."""
    rows = sorted(rows, key=lambda row: str(row["case"]))
    packages = sorted({name for row in rows for name in row["options"]})
    shape = (len(rows), len(packages))
    names = sorted({"committed", "gross", "additional", *measures})
    benefit = np.full(shape, ABSENT, np.int64)
    amounts = {name: np.zeros(shape, np.int64) for name in (*names, "awards")}
    for c, row in enumerate(rows):
        for p, package in enumerate(packages):
            option = row["options"].get(package)
            if option is None:
                continue
            benefit[c, p] = option["benefit"]
            amounts["awards"][c, p] = 1
            paid = sum(value for name, value in option.items() if name.startswith("paid_"))
            for name in names:
                amounts[name][c, p] = option.get(name, paid if name in ("committed", "gross") else 0)
    own = {"case", "options", "undertaking"}
    attributes = {"region": "", "area": "", "size": "", **{name: "" for row in rows for name in row if name not in own}}
    texts = {name: np.array([str(row.get(name, "")) for row in rows], np.str_) for name in attributes}
    undertaking = np.array([row.get("undertaking", row["case"]) for row in rows], np.object_)
    return OptionTable(tuple(str(row["case"]) for row in rows), tuple(packages), undertaking, benefit, amounts, texts)


def plain(case: str, benefit: int, paid: int, **more: Any) -> dict[str, Any]:
    """A case with one package `full` that pays at once."""
    return {"case": case, "options": {"full": {"benefit": benefit, "paid_national_0": paid}}, **more}


REGIONS = ("110000", "310000", "440000", "510000")


def random_table(seed: int, count: int, *, undertakings: int | None = None) -> OptionTable:
    """Cases with up to two packages that pay in two years from two levels; some of a common undertaking."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        size = float(np.exp(0.5 * random.standard_normal()))
        options = {}
        for package, share in (("full", 1.0), ("half", 0.5)):
            if random.random() < 0.85:
                first, later, beside = (int(share * size * random.integers(50, 150)) * 100 for _ in range(3))
                options[package] = {
                    "benefit": int(1 + 40 * size * share**0.6 * np.exp(0.6 * random.standard_normal())),
                    "paid_national_0": first, "paid_national_1": later, "paid_local_0": beside,
                    "cost_national": first + later // 2,
                    "additional": int((first + later) * random.uniform(0.2, 1.6)),
                }  # fmt: skip
        row = {
            "case": f"P{number:04d}",
            "options": options,
            "region": REGIONS[int(random.integers(4))],
            "area": ("east", "west")[int(random.integers(2))],
            "size": ("small", "medium", "large")[int(random.integers(3))],
        }
        if undertakings:
            row["undertaking"] = f"U{int(random.integers(undertakings)):03d}"
        rows.append(row)
    rows[0]["options"] = {"full": {"benefit": 9, "paid_national_0": 100}, "half": {"benefit": 5, "paid_national_0": 50}}
    return table_of(rows, ("paid_national_0", "paid_national_1", "paid_local_0", "cost_national"))


def call_of(**changes: Any) -> AwardCall:
    """A call whose fund pays 10,000 yuan in 2026, unless changes say otherwise."""
    document = {
        "format": 1,
        "award": "test",
        "first_year": 2026,
        "title": {"en": "A call", "zh": "一项"},
        "packages": [
            {"package": name, "title": {"en": f"the {name} amount", "zh": zh}, "parts": [{"use": "grant"}]}
            for name, zh in (("full", "全额"), ("half", "半额"))
        ],
        "funds": [{"fund": "central", "level": "national", "budget": {2026: 10_000}}],
        **changes,
    }
    return AwardCall.model_validate({key: value for key, value in document.items() if value is not None})


def money(table: OptionTable, name: str) -> float:
    """The sum of the largest amounts of every case, in the main unit: what it would take to fund everybody."""
    return float(table.measures[name].max(axis=1).sum()) / MINOR


def random_call(table: OptionTable, share: float = 0.35, **changes: Any) -> AwardCall:
    """A call whose funds hold a share of what everybody would take."""
    years = {2026: round(share * money(table, "paid_national_0")), 2027: round(share * money(table, "paid_national_1"))}
    funds = [
        {"fund": "central", "level": "national", "budget": years},
        {"fund": "own", "level": "local", "budget": {2026: round(share * money(table, "paid_local_0"))}},
    ]
    limits = [
        {"limit": "west", "where": {"area": "west"}, "of": "money", "at_least_share": 0.4},
        {"limit": "small", "where": {"size": "small"}, "of": "awards", "at_least": 3},
        {"limit": "recipients", "of": "awards", "at_most": max(4, table.count // 2)},
    ]
    return call_of(**{"funds": funds, "limits": limits, **changes})


def options_of(call: CallProblem, instance: Instance | None = None) -> list[list[tuple[int, int, dict[int, int]]]]:
    """Slot, benefit and uses of every option, by unit in the order given."""
    instance = instance or call.instance
    part = instance.loosened(np.arange(instance.units, dtype=np.int64))
    found: list[list[tuple[int, int, dict[int, int]]]] = [[] for _ in range(instance.units)]
    for u in range(instance.units):
        for o in range(part.option_start[u], part.option_start[u + 1]):
            if part.benefit[o] == ABSENT:
                continue
            span = range(part.use_start[o], part.use_start[o + 1])
            uses = {int(part.row[p]): int(part.use[p]) for p in span if part.use[p]}
            found[int(instance.origin[u])].append((int(part.slot[o]), int(part.benefit[o]), uses))
    return found


def solve(
    call: AwardCall, table: OptionTable, quotas: Sequence[Quota] = (), *, tie: Any = None, sigma: float = 0.2
) -> CallSolution:
    """Solve a call on options by hand."""
    problem = problem_of(call, table, quotas, minor=MINOR, tie=tie)
    allocation = allocate(problem.instance)
    assert allocation.chosen is not None, allocation.status
    return replace(solution_of(call, outcome(problem, table, allocation), sigma), quotas=tuple(quotas))


def solution_of(call: AwardCall, solved: Solved, sigma: float = 0.2) -> CallSolution:
    count = solved.table.count
    spread = np.full(count, sigma)
    unknown = np.full(count, np.nan)
    firms = tuple(f"firm of {case}" for case in solved.table.cases)
    dropped = np.full(solved.table.benefit.shape, "", np.object_)
    own = CaseColumns(firms, unknown, unknown, unknown, unknown, unknown, solved.table.benefit, dropped)
    probability = selection_probability(solved.theta, spread)
    return CallSolution(call, solved, solved, unknown, spread, probability, own, ("gate: not met",) * count, None)


def naming(call: AwardCall, language: Language) -> Naming:
    return Naming(call, PACK, language)


def exact_costs(solved: Solved) -> list[list[Fraction | None]]:
    """What every option uses of the rows at the prices, in fractions, by case and package; None where it is not offered."""
    table, call, prices = solved.table, solved.call, solved.certificate.prices
    found: list[list[Fraction | None]] = []
    for c in range(table.count):
        own: list[Fraction | None] = []
        for p in range(len(table.packages)):
            total = Fraction(0)
            for k, each in enumerate(call.counted):
                terms = each.inside if each.members[call.cell[c]] else each.outside
                total += prices[k] * sum(int(weight * int(table.measures[name][c, p])) for name, weight in terms)
            own.append(total if table.benefit[c, p] != ABSENT else None)
        found.append(own)
    return found


def draw_for(call: str, beacon: str = "03 11 17", secret: str = SECRET) -> Draw:
    return reveal(call, commitment_of(call, secret), secret, beacon, "a state lottery")


# --- a register -----------------------------------------------------------------------------------------------------------

INDICATORS = {"technology": 0.5, "plan": 0.3, "chain": 0.2}
DOCUMENT: dict[str, Any] = {
    "format": 1,
    "award": "test-2026",
    "title": {"en": "A call for tests", "zh": "测试"},
    "gate": "key-little-giant",
    "projects": "projects.csv",
    "reviews": "reviews.csv",
    "first_year": 2026,
    "packages": [
        {
            "package": "full",
            "title": {"en": "6 m yuan", "zh": "三年600万元"},
            "parts": [{"use": "key-little-giant-award"}],
            "requires": {"investment": 20_000_000},
        },
        {
            "package": "half",
            "title": {"en": "3 m yuan", "zh": "三年300万元"},
            "parts": [{"use": "key-little-giant-award", "size": {"amount": 3_000_000}}],
            "requires": {"investment": 8_000_000},
        },
    ],
    "merit": {"weight": 0.5, "at_least": 50, "indicators": INDICATORS},
    "funds": [{"fund": "central", "level": "national", "budget": {2026: 21_000_000, 2029: 21_000_000}}],
    "limits": [{"limit": "small-firms", "where": {"size": ["small"]}, "of": "awards", "at_least": 2}],
    "quotas": {"by": "region", "file": "quotas.csv"},
    "draws": 40,
}


def write_csv(path: Path, titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([titles, *rows])
    return path


def write_award(folder: Path, name: str = "award.yaml", **changes: Any) -> Path:
    """Write a call; a change to None leaves the key out. JSON is YAML."""
    kept = {key: value for key, value in {**DOCUMENT, **changes}.items() if value is not None}
    (folder / name).write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    return folder / name


def write_files(folder: Path, register: Path) -> None:
    """Write projects, scores, quotas and findings beside the call: one project for every holder of the title."""
    opened = open_register(register)
    titles = pq.read_table(opened.table("recognitions"), columns=["firm", "tier"]).to_pylist()
    firms = sorted({row["firm"] for row in titles if row["tier"] == "little-giant"})
    random = np.random.default_rng(8)
    investment = [int(each) // 10_000 * 10_000 for each in np.exp(16.9 + 0.5 * random.standard_normal(len(firms)))]
    rows = [[f"P{n:05d}", firm, investment[n], ("chips", "tools")[n % 2]] for n, firm in enumerate(firms)]
    write_csv(folder / "projects.csv", ["project", "firm", "investment", "chain"], rows)
    worth, strict = 65 + 8 * random.standard_normal(len(firms)), 6 * random.standard_normal(12)
    scores = [
        [
            f"P{n:05d}",
            f"E{(n + 5 * k) % 12:02d}",
            name,
            round(worth[n] + strict[(n + 5 * k) % 12] + 3 * random.standard_normal(), 1),
        ]
        for n in range(len(firms))
        for k in range(4)
        for name in INDICATORS
    ]
    write_csv(folder / "reviews.csv", ["case", "reviewer", "indicator", "score"], scores)
    places = {row["firm"]: row["region"] for row in pq.read_table(opened.table("firms"), columns=["firm", "region"]).to_pylist()}
    regions = sorted({places[firm] or "" for firm in firms})
    write_csv(folder / "quotas.csv", ["group", "at_most"], [[region, 3] for region in regions])
    acts = [
        {"id": f"s{n:05d}", "at": "2026-05-20T09:00:00+08:00", "by": "an officer", "role": "province", "subject": firm}
        | {"type": "finding", "body": {"item": "start", "value": n % 12 != 5}}
        for n, firm in enumerate(firms)
    ]
    (folder / "acts.jsonl").write_text("".join(json.dumps(act) + "\n" for act in acts), encoding="utf-8")


def make_register(folder: Path) -> None:
    """Write a register of invented firms, a call and all it names into a folder."""
    synthesise(PACK, folder / "register", firms=FIRMS, years=(2023, 2024, 2025), seed=7)
    write_files(folder, folder / "register")
    write_award(folder)


def catalogue() -> Catalogue:
    return open_catalogue(PACK, DAY)


def read_call(path: Path) -> AwardCall:
    return AwardCall.model_validate(json.loads(path.read_text(encoding="utf-8")))


def findings_of(folder: Path) -> Any:
    compiled = compile_applying(PACK, "key-little-giant", on=DAY, application="new")
    return findings_table(read_acts(folder / "acts.jsonl"), compiled, "acts.jsonl")


def carried(folder: Path, to: Path, register: Register | None = None, **more: Any) -> Carried:
    """Carry out the call of a folder."""
    register = register or open_register(folder / "register")
    call = read_call(folder / "award.yaml")
    return carry_out(call, folder, register, catalogue(), to, year=YEAR, findings=findings_of(folder), **more)


def rows_of_options(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()
