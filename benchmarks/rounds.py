"""A round as China holds it, from its options to its page: projects of recognised firms, one fixed sum or half of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.publishing import write_json
from littlegiant.allocation.quota import Quota
from littlegiant.packs import open_pack

PACK = open_pack("cn")
MINOR = PACK.header.currency.minor.per_main
SUM = 6_000_000  # of the whole package, in three payments
PAYMENTS = (0.5, 0.25, 0.25)
DOCUMENT: dict[str, Any] = {
    "format": 1,
    "award": "round",
    "first_year": 2026,
    "reviews": "reviews.csv",
    "packages": [
        {"package": "full", "parts": [{"use": "key-little-giant-award"}]},
        {"package": "half", "parts": [{"use": "key-little-giant-award"}]},
    ],
    "merit": {"weight": 0.5},
    "limits": [
        {"limit": "north-east", "where": {"area": "northeast"}, "at_least_share": 0.05},
        {"limit": "small", "where": {"size": "small"}, "of": "awards", "at_least_share": 0.2},
    ],
    "quotas": {"by": "region", "file": "quotas.csv"},
}


def round_folder(
    folder: Path, projects: int = 5_900, winners: int = 1_250, *, seed: int = 1
) -> tuple[AwardCall, dict[str, Any], list[Quota]]:
    """Write the options of an invented round; return its call, the groups of its projects, and 36 quotas."""
    random = np.random.Generator(np.random.PCG64(seed))
    codes = [code for code in PACK.regions if len(code) == 6][:36]
    weight = 1.0 / np.arange(1, len(codes) + 1) ** 0.7
    region = random.choice(len(codes), projects, p=weight / weight.sum())
    score = np.clip(random.normal(70, 9, projects) + random.normal(0, 2, len(codes))[region], 1, 100)
    effect = 600 * np.exp(random.normal(0, 0.25, projects) + 0.006 * (score - 70))
    size = np.where(random.random(projects) < 0.3, "small", "medium")
    sector = np.array(["C26", "C34", "C35", "C39", "I65"])[random.integers(0, 5, projects)]
    critical = np.where(random.random(projects) < 0.2, random.random(projects), np.nan)
    share = np.array([1.0, 0.5])  # full, half
    worth = np.rint(effect[:, None] * share**0.6)
    mean, mean_score = worth.mean(axis=0), score.mean()
    benefit = np.rint(np.sqrt(worth * mean * score[:, None] / mean_score))
    committed = np.rint(np.broadcast_to(SUM * share * MINOR, worth.shape))
    one = np.ones_like(worth)
    texts = {"case": [f"P{n:05d}" for n in range(projects)], "firm": [f"F{n:05d}" for n in range(projects)]}
    columns: dict[str, Any] = {name: np.repeat(values, 2) for name, values in texts.items()}
    columns |= {"package": ["full", "half"] * projects, "undertaking": columns["firm"], "dropped": [""] * (2 * projects)}
    scores = {"score": score, "score_raw": score + random.normal(0, 3, projects), "score_low": score - 5, "score_high": score + 5}
    numbers = {
        "benefit": benefit, "effect": worth, "research": 3e7 * MINOR * one, "additional": 1000 * MINOR * worth,
        "gross": committed, "committed": committed, "small_received": 0 * one, "cost_national": committed,
        **{name: 1000 * values[:, None] * one for name, values in scores.items()},
        **{f"paid_national_{year}": np.rint(committed * part) for year, part in enumerate(PAYMENTS)},
    }  # fmt: skip
    columns |= {name: pa.array(np.rint(values).reshape(-1).astype(np.int64)) for name, values in numbers.items()}
    known = np.repeat(critical * 1e9, 2)
    columns["criticality"] = pa.array(np.nan_to_num(known).astype(np.int64), mask=np.isnan(known))
    pq.write_table(pa.table(columns), folder / "options.parquet")
    write_json(folder / "means.json", {"effect": dict(zip(("full", "half"), mean.tolist(), strict=True)), "score": mean_score})
    area = np.array([PACK.regions[code].area for code in codes])[region]
    groups = {"region": np.array(codes)[region], "area": area, "sector": sector, "size": size}
    budget = {2026 + year: winners * SUM * part for year, part in enumerate(PAYMENTS)}
    fund = {"fund": "central", "level": "national", "budget": budget}
    count = np.bincount(region, minlength=len(codes))
    quotas = [Quota(code, float(np.ceil(1.2 * winners * n / projects))) for code, n in zip(codes, count, strict=True)]
    call = AwardCall.model_validate({**DOCUMENT, "funds": [fund]})
    return call, groups, sorted(quotas, key=lambda each: each.group)
