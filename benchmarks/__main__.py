"""Run the benchmarks and print one JSON object per claim; at full size the table in `benchmarks/README.md` is rewritten."""

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import allocation
from benchmarks.claim import Claim, at_least, at_most
from benchmarks.workbook import write_workbook
from littlegiant.packs import open_pack
from littlegiant.register import synthesise

BUILD = Path("build/bench")
SIZES = {"small": (20_000, 40_000, 20_000), "full": (10_000_000, 20_000_000, 1_000_000)}
SEED = 20260401


def register(firms: int) -> Path:
    path = BUILD / f"firms-{firms}"
    if not (path / "register.json").is_file():
        synthesise(open_pack("cn"), path, firms=firms, years=(2023, 2024, 2025), seed=SEED)
    return path


def piece(name: str, argument: Path | int, runs: int = 3, *, module: str = "benchmarks.pieces") -> dict[str, Any]:
    """Run a piece in processes of its own; the median of the seconds and the largest memory."""
    outputs = []
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-m", module, name, str(argument)], capture_output=True, text=True, check=True)
        outputs.append(json.loads(done.stdout.splitlines()[-1]))
    seconds = statistics.median(output["seconds"] for output in outputs)
    return {"seconds": seconds, "peak_mib": max(o["peak_mib"] for o in outputs), "result": outputs[-1]["result"]}


def register_claims(size: str) -> Iterator[Claim]:
    """Judging a register against a bare scan of it, and against itself at twice the size."""
    one, two, peers = SIZES[size]
    judged = size == "full"
    path = register(one)
    scan, plain, digest = (piece(name, path) for name in ("bare_scan", "judge", "judge_digest"))
    label = f"{one:,} firms × 3 years"
    assert plain["result"] == digest["result"], "the digest changes nothing"
    what = "little-giant 2026: outcome, sets and version written in order"
    peer = "bare DuckDB scan of the same columns and years"
    yield at_most(what, plain["seconds"] / scan["seconds"], 5, "× the scan", peer, label, judged=judged)
    yield at_most(
        f"{what}, with the table's digest", digest["seconds"] / scan["seconds"], 7, "× the scan", peer, label, judged=judged
    )
    yield at_most("peak memory of judging", digest["peak_mib"], 600, "MiB", "–", label, judged=judged)
    twice = piece("judge_digest", register(two), runs=1 if judged else 2)
    grown = twice["seconds"] / digest["seconds"]
    yield at_most("time for twice the firms", grown, 2.3, "× once", "itself", f"{two:,} firms", judged=judged)
    yield at_most("peak memory for twice the firms", twice["peak_mib"], 600, "MiB", "–", f"{two:,} firms", judged=judged)
    yield from _against_peers(register(peers), peers, judged)
    yield from _other_claims(path, label, judged)


def _other_claims(path: Path, label: str, judged: bool) -> Iterator[Claim]:
    """SRDI 2022 with its score, making a synthetic register, the officer's workbook."""
    scan, srdi = piece("bare_scan_srdi", path), piece("judge_srdi", path)
    peer = "bare DuckDB scan of the same columns and years"
    ratio = srdi["seconds"] / scan["seconds"]
    yield at_most("SRDI 2022 with score intervals, written in order", ratio, 8, "× the scan", peer, label, judged=judged)
    yield from _many_rules(judged)
    made = piece("synthesise_again", path, runs=1)
    assert made["result"] == {"same digest": True}
    yield at_most("making the synthetic register", made["seconds"], 120, "s", "–", label, judged=judged)
    yield at_most("peak memory of making it", made["peak_mib"], 2048, "MiB", "–", label, judged=judged)
    rows = 50_000 if judged else 2_000
    workbook = register(rows)
    if not workbook.with_suffix(".xlsx").is_file():
        write_workbook(workbook, workbook.with_suffix(".xlsx"))
    listed = piece("list_workbook", workbook, runs=1)
    assert sum(listed["result"].values()) == rows
    yield at_most("littlegiant list, workbook and memo", listed["seconds"], 40, "s", "–", f"{rows:,} rows", judged=judged)
    firms = 100_000 if judged else 2_000
    told = piece("letters", register(firms), runs=1)["result"]
    label = f"{firms:,} firms, two languages"
    yield at_most("letters, from a judged register", told["seconds"], 30, "s", "–", label, judged=judged)


def _many_rules(judged: bool) -> Iterator[Claim]:
    """Twenty standards in one pass against one at a time; twenty what-ifs against one assessment."""
    firms = 1_000_000 if judged else 20_000
    path, label = register(firms), f"{firms:,} firms × 3 years"
    each, together = piece("judge_each", path, runs=1), piece("judge_together", path)
    assert each["result"] == together["result"], "one pass judges as each alone"
    peer = "the mean of the twenty judged one by one"
    ratio = together["seconds"] / (each["seconds"] / 20)
    yield at_most("twenty standards in one pass", ratio, 5, "× one", peer, label, judged=judged)
    one, many = piece("judge_in_memory", path), piece("what_ifs", path)
    peer = "little-giant 2026 judged once"
    yield at_most("twenty what-ifs by region", many["seconds"] / one["seconds"], 4, "× one", peer, label, judged=judged)


def _against_peers(path: Path, firms: int, judged: bool) -> Iterator[Claim]:
    ours, loop, fisca = piece("judge", path), piece("python_loop", path, runs=1), piece("openfisca", path, runs=1)
    same = {key: loop["result"][key] for key in ours["result"]}
    assert same == ours["result"], f"the Python loop disagrees: {loop['result']} and {ours['result']}"
    label = f"{firms:,} firms × 3 years"
    faster = loop["seconds"] / ours["seconds"]
    yield at_least(
        "end to end against a Python loop",
        faster,
        50,
        "× faster",
        "hand-written three-valued loop, same sets",
        label,
        judged=judged,
    )
    faster = fisca["seconds"] / ours["seconds"]
    peer = "openfisca-core 46, bare two-valued verdict from the same files"
    yield at_least("end to end against openfisca-core", faster, 1, "× faster", peer, label, judged=judged)


def single_claims(size: str) -> Iterator[Claim]:
    """One firm, the command line, the demo."""
    from littlegiant.assessment.single import check_firm, check_setting, read_firm

    judged = size == "full"
    document = read_firm(Path("examples/check/firm.yaml"))
    setting = check_setting(document, pack="cn", standard="little-giant", application="new", on=None, version=None)
    case = setting.case(document)
    check_firm(setting, case, "zh")
    times = []
    for _ in range(30):
        start = time.perf_counter()
        check_firm(setting, case, "zh")
        times.append((time.perf_counter() - start) * 1000)
    warm = statistics.median(times)
    yield at_most("check, warm: judgement, reasons, advice", warm, 40, "ms", "–", "one firm", judged=judged)
    helps = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "littlegiant", "--help"], capture_output=True, check=True)
        helps.append(time.perf_counter() - start)
    yield at_most("littlegiant --help", statistics.median(helps), 0.5, "s", "–", "–", judged=judged)
    if judged:
        start = time.perf_counter()
        subprocess.run([sys.executable, "examples/demo/run.py"], capture_output=True, check=True)
        yield at_most("the demo after set-up", time.perf_counter() - start, 60, "s", "–", "100,000 firms × 3 years", judged=True)


def money_claims(size: str) -> Iterator[Claim]:
    """Instruments, stress and response; seconds of one processor, without the making of the firms."""
    judged = size == "full"
    count = 1_000_000 if judged else 10_000
    label = f"{count:,} firms"
    alone, together, stress, naive, response = (
        piece(name, count, runs=3 if judged else 1, module="benchmarks.finance")
        for name in ("instruments", "stacking", "stress", "stress_array", "response")
    )
    # Two orders of adding differ in the last digits, and so does who is short by nothing but them.
    near = all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(stress["result"], naive["result"], strict=True))
    assert near, f"two ways, two answers: {stress['result']} and {naive['result']}"
    yield at_most("eight instruments, each alone", alone["seconds"], 2, "CPU s", "–", label, judged=judged)
    yield at_most(
        "eight instruments together: alone, last in, jointly", together["seconds"], 2, "CPU s", "–", label, judged=judged
    )
    memory = max(alone["peak_mib"], together["peak_mib"])
    yield at_most("peak memory of these, the firms among it", memory, 1024, "MiB", "–", label, judged=judged)
    draws = f"{label} × 200 draws × 12 months"
    yield at_most("stress by breakpoints", stress["seconds"], 2, "CPU s", "–", draws, judged=judged)
    faster, peer = naive["seconds"] / stress["seconds"], "an array of firms, draws and months, then its minimum"
    yield at_least("stress by breakpoints", faster, 10, "× less", peer, draws, judged=judged)
    yield at_most("peak memory of the stress", stress["peak_mib"], 1024, "MiB", "–", draws, judged=judged)
    yield at_most("bands of the response", response["seconds"], 1, "CPU s", "–", f"{label} × 20,000 draws", judged=judged)


def network_claims(size: str) -> Iterator[Claim]:
    """Systemic risk of all firms, and the pieces of it, against the published packages' own figures and the dense kernel."""
    judged = size == "full"
    firms = 10_000 if judged else 2_000
    module = "benchmarks.networks"
    label = f"{firms:,} firms, 8.9 links a firm"
    fast, exact, one = (piece(name, firms, runs=3 if judged else 1, module=module) for name in ("cut", "exactly", "one_thread"))
    assert fast["result"]["error"] <= 1e-3, fast
    assert exact["result"]["error"] <= 1e-9, exact
    yield at_most("systemic risk of all firms, error at most 1e-3", fast["seconds"], 1.5, "s", "–", label, judged=judged)
    yield at_most("systemic risk of all firms, exact to 1e-9", exact["seconds"], 4, "s", "–", label, judged=judged)
    per_firm = exact["seconds"] / firms * 1000
    yield at_least(
        "against the published C++", 172 / per_firm, 1, "× faster", "its documented 172 ms a firm", label, judged=judged
    )
    gain = one["seconds"] / one["result"]["two"]
    yield at_least("two threads against one", gain, 1.6, "× faster", "one thread, the same digits", label, judged=judged)
    yield from _kernel_claims(firms, judged)
    if judged:
        yield from _large_network_claims(module)


def _kernel_claims(firms: int, judged: bool) -> Iterator[Claim]:
    """The batched and the frontier kernel against the dense one, and the machine's own limit."""
    found = piece("kernels", firms, runs=1, module="benchmarks.networks")["result"]
    dense = found["dense"]["ms"]
    label = f"{firms:,} firms, the same shocks"
    for name in ("batched", "frontier exact", "frontier 1e-5", "frontier 1e-4"):
        faster = dense / found[name]["ms"]
        yield at_least(f"{name}: {found[name]['ms']:.3f} ms a shock", faster, 1, "× faster", "dense kernel", label, judged=judged)
    limit = found["gather_ns"]
    machine = f"a number fetched at random, {limit:.1f} ns ({found['copy_gb_s']:.1f} GB/s copied)"
    ratio = found["batched"]["ns_a_link"] / limit
    yield at_most("batched kernel, a link and lane", ratio, 10, "× the machine", machine, label, judged=judged)


def _large_network_claims(module: str) -> Iterator[Claim]:
    """100,000 and 1,000,000 firms; the whole run of a million is as long as it is."""
    label = "100,000 firms, 916,000 links"
    every, screened = (piece(name, 100_000, runs=1, module=module) for name in ("all_firms", "screening"))
    yield at_most("systemic risk of all firms, cut at 1e-4, top 2,000 exact", every["seconds"], 30, "s", "–", label, judged=True)
    yield at_most("screening all firms", screened["seconds"], 2, "s", "–", label, judged=True)
    label = "1,000,000 firms, 9.3 m links"
    built, screened = (piece(name, 1_000_000, runs=1, module=module) for name in ("building", "screening"))
    yield at_most("laying out the links", built["seconds"], 10, "s", "–", label, judged=True)
    yield at_most("screening all firms", screened["seconds"], 40, "s", "–", label, judged=True)
    start = time.perf_counter()
    piece("first_answer", 1_000_000, runs=1, module=module)
    answered = time.perf_counter() - start
    yield at_most("one firm, from the start of the process", answered, 1, "s", "–", label, judged=True)
    every = piece("all_firms", 1_000_000, runs=1, module=module)
    yield at_most("systemic risk of all firms, cut at 1e-4", every["seconds"] / 60, 15, "min", "–", label, judged=True)
    yield at_most("peak memory of it", every["peak_mib"], 3072, "MiB", "–", label, judged=True)


def table(claims: list[Claim]) -> str:
    rows = ["| claim | measured | bar | holds | against | size |", "|---|---|---|---|---|---|"]
    for c in claims:
        holds = {True: "yes", False: "**no**", None: "–"}[c.holds]
        rows.append(f"| {c.claim} | {c.value:g} {c.unit} | {c.bar} | {holds} | {c.peer} | {c.size} |")
    return "\n".join(rows)


def write_table(claims: list[Claim]) -> None:
    path = Path("benchmarks/README.md")
    head, _, rest = path.read_text(encoding="utf-8").partition("<!-- table -->")
    tail = rest.partition("<!-- end -->")[2]
    path.write_text(f"{head}<!-- table -->\n\n{table(claims)}\n\n<!-- end -->{tail}", encoding="utf-8")


def allocation_claims(size: str) -> Iterator[Claim]:
    """Award calls of every size, beside HiGHS and OR-Tools."""
    return allocation.claims(size, piece)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the claims of this project.")
    parser.add_argument("--size", choices=("small", "full"), default="small", help="small checks correctness only")
    parser.add_argument(
        "--only", default="", help="single, money, networks, allocation, register; the table is then left as it is"
    )
    given = parser.parse_args()
    size = given.size
    claims = []
    groups = {
        "single": single_claims,
        "money": money_claims,
        "networks": network_claims,
        "allocation": allocation_claims,
        "register": register_claims,
    }
    chosen = given.only.split(",") if given.only else list(groups)
    for claim in (claim for name in chosen for claim in groups[name](size)):
        print(claim.line(), flush=True)
        claims.append(claim)
    if size == "full" and not given.only:
        write_table(claims)


if __name__ == "__main__":
    main()
