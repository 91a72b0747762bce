"""The page of an award call, as report elements: a sentence, a table, a picture of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from littlegiant.allocation.call_solving import CallSolution
from littlegiant.allocation.fairness import GroupRow
from littlegiant.allocation.frontier import Compared, Point, RowPrice, Stages, Weighting, upper_curve
from littlegiant.allocation.robustness import zone
from littlegiant.pages import Column, Element
from littlegiant.pages.award_charts import certified, cutoff
from littlegiant.pages.charts import stacked_bars
from littlegiant.words import Language, say, text_in

_POINTS = 1_500  # of the cut-off picture
_NEAR = 20
_BANDS = ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.0000001))
_KINDS = {"won": "alloc_kind_won", "lost": "alloc_kind_lost", "won_off": "alloc_kind_won_off", "lost_off": "alloc_kind_lost_off"}


def share(value: float) -> str:
    return f"{100 * value:.2f} %"


def columns(language: Language, texts: Sequence[str], numbers: Sequence[str]) -> list[Column]:
    return [Column(n, say(f"alloc_{n}", language)) for n in texts] + [
        Column(n, say(f"alloc_{n}", language), True) for n in numbers
    ]


def summary_element(found: CallSolution, language: Language) -> Element:
    """Return the headline: winners, value, and how much better any other allocation could be."""
    solved, allocation = found.solved, found.solved.allocation
    values = {
        "cases": f"{solved.table.count:,}",
        "winners": f"{solved.winners:,}",
        "value": f"{found.value:,}",
        "unit": say("alloc_unit_benefit", language, count=f"{found.call.objective.unit:,}"),
        "gap": f"{float(allocation.gap):,.1f}",
        "awards": f"{float(allocation.gap) * solved.winners / max(1, found.value):.2f}",
    }
    rows = []
    for package, name in enumerate(solved.table.packages):
        won = np.flatnonzero(solved.package == package)
        money = int(solved.table.measures["committed"][won, package].sum())
        rows.append(
            {
                "package": package_title(found, name, language),
                "winners": f"{len(won):,}",
                "use": f"{money / 100:,.0f}",
                "value": f"{int(solved.table.benefit[won, package].sum()):,}",
            }
        )
    return Element(
        "allocation", say("alloc_title_summary", language), say("alloc_say_summary", language, **values),
        columns(language, ["package"], ["winners", "use", "value"]), rows,
    )  # fmt: skip


def certificate_element(found: CallSolution, language: Language) -> Element:
    """Return the identity line by line: bound, value, gap, regrets, and the slack of every priced row."""
    certificate, call = found.solved.certificate, found.solved.call
    lines = [
        (say("alloc_bound", language), float(certificate.bound)),
        (say("alloc_value", language), float(certificate.value)),
        (say("alloc_gap", language), float(certificate.gap)),
        (say("alloc_regrets", language, count=f"{len(certificate.off_price):,}"), float(certificate.regrets)),
        *((call.counted[k].row.id, float(each)) for k, each in enumerate(certificate.slack) if each),
    ]
    rows = [{"term": name, "amount": f"{amount:,.3f}"} for name, amount in lines]
    sentence = say("alloc_say_certificate", language, exponent=certificate.prices.exponent)
    return Element(
        "certificate",
        say("alloc_title_certificate", language),
        sentence,
        columns(language, ["term"], ["amount"]),
        rows,
        fold=True,
    )


def cutoff_element(found: CallSolution, language: Language) -> Element:
    """Return benefit against cost at prices, winners and losers, and the cases nearest to the line."""
    solved = found.solved
    at = np.where(solved.package >= 0, solved.package, _nearest_packages(found))
    known = np.flatnonzero(~np.isnan(solved.theta))
    off = solved.regret > 0
    won = solved.package >= 0
    kind = np.where(won, np.where(off, "won_off", "won"), np.where(off, "lost_off", "lost"))
    cost, benefit = solved.cost[np.arange(len(at)), at], solved.table.benefit[np.arange(len(at)), at]
    drawn = known if len(known) <= _POINTS else known[np.linspace(0, len(known) - 1, _POINTS).astype(np.int64)]
    drawn = np.unique(np.concatenate([drawn, known[off[known]]]))
    points = [{"x": float(cost[c]), "y": float(benefit[c]), "kind": str(kind[c])} for c in drawn]
    words = {name: say(sentence, language) for name, sentence in _KINDS.items()}
    picture = cutoff(points, words=words, title=say("alloc_cost", language), counts=say("alloc_benefit", language))
    near = known[np.argsort(np.abs(np.log(np.clip(solved.theta[known], 1e-9, 1e9))), kind="stable")][:_NEAR]
    rows = [
        {
            "case": solved.table.cases[c],
            "package": solved.table.packages[at[c]],
            "kind": words[str(kind[c])],
            "benefit": f"{benefit[c]:,}",
            "cost": f"{cost[c]:,.1f}",
            "theta": _ratio(float(solved.theta[c])),
            "probability": f"{found.probability[c]:.2f}",
        }
        for c in near
    ]
    sentence = say("alloc_say_cutoff", language, off=f"{int((off & ~np.isnan(solved.theta)).sum()):,}")
    heads = columns(language, ["case", "package", "kind"], ["benefit", "cost", "theta", "probability"])
    return Element("cutoff", say("alloc_title_cutoff", language), sentence, heads, rows, picture)


def _nearest_packages(found: CallSolution) -> Any:
    solved = found.solved
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(solved.cost > 0, solved.table.benefit / solved.cost, np.inf)
    return np.where(solved.table.benefit < 0, -np.inf, ratio).argmax(axis=1)


def _ratio(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "∞"


def rows_element(found: CallSolution, language: Language) -> Element:
    """Return floors, ceilings, use and price of every row."""
    certificate = found.solved.certificate
    rows = []
    for k, each in enumerate(found.solved.call.counted):
        scale = 100 if each.row.unit == "money" else 1
        per = 100_000 if each.row.unit == "money" else 1
        price = float(certificate.prices[k]) * per
        limit = each.row.ceiling if each.row.ceiling is not None else each.row.floor
        use = int(certificate.use[k])
        rows.append(
            {
                "row": row_title(found, each.row.id, language),
                "kind": say(f"alloc_kind_{each.kind}", language),
                "floor": "" if each.row.floor is None else f"{each.row.floor / scale:,.0f}",
                "ceiling": "" if each.row.ceiling is None else f"{each.row.ceiling / scale:,.0f}",
                "use": f"{use / scale:,.0f}",
                "used_share": share(use / limit) if limit else "–",
                "price": _price(price),
                "slack": f"{float(certificate.slack[k]):,.2f}" if price else "",
            }
        )
    priced = int((certificate.prices.numerator != 0).sum())
    heads = columns(language, ["row", "kind"], ["floor", "ceiling", "use", "used_share", "price", "slack"])
    funds = [
        {
            "label": each.row.id,
            "used": max(0, int(certificate.use[k])) // 100,
            "left": max(0, (each.row.ceiling or 0) - int(certificate.use[k])) // 100,
        }
        for k, each in enumerate(found.solved.call.counted)
        if each.kind in ("fund", "quota") and each.row.ceiling and each.row.unit == "money"
    ]
    parts = {"used": (say("alloc_use", language), "good"), "left": (say("alloc_left", language), "data")}
    picture = stacked_bars(funds, label="label", parts=parts, title=say("alloc_used_share", language)) if funds else ""
    return Element(
        "rows", say("alloc_title_rows", language), say("alloc_say_rows", language, priced=priced), heads, rows, picture
    )


def row_title(found: CallSolution, id: str, language: Language) -> str:
    """Return the title that the call gives a fund or limit, with what its row adds to the name; the id where it gives none."""
    for name, title in (
        *((f.fund, f.title) for f in found.call.funds),
        *((each.limit, each.title) for each in found.call.limits),
    ):
        if title and (id == name or id.startswith(f"{name} ")):
            return text_in(title, language) + id[len(name) :]
    return id


def package_title(found: CallSolution, id: str, language: Language) -> str:
    """Return the title of a package, its id where it has none."""
    return next((text_in(each.title, language) for each in found.call.packages if each.package == id and each.title), id)


def _price(price: float) -> str:
    if not price:
        return ""
    return f"{price:,.3f}" if abs(price) >= 0.0005 else f"{price:.1e}"


def prices_element(prices: Sequence[RowPrice], found: CallSolution, language: Language) -> Element:
    """Return what each floor, quota and limit costs in all: the value without it less the value with it."""
    relaxed = found.solved.allocation.relaxed
    rows = [
        {
            "row": row_title(found, each.row, language),
            "kind": say(f"alloc_{each.side}", language),
            "total": f"{each.total:,.1f}",
            "used_share": share(each.total / relaxed),
        }
        for each in prices
    ]
    sentence = say("alloc_say_no_prices", language)
    if prices:
        top = prices[0]
        sentence = say(
            "alloc_say_prices",
            language,
            row=row_title(found, top.row, language),
            total=f"{top.total:,.1f}",
            share=share(top.total / relaxed),
        )
    return Element(
        "prices",
        say("alloc_title_prices", language),
        sentence,
        [*columns(language, ["row", "kind"], ["total"]), Column("used_share", "%", True)],
        rows,
    )


def frontier_element(points: Sequence[Point], language: Language) -> Element:
    """Return benefit against each multiple of the funds, between what is reached and what no allocation exceeds."""
    grid = np.linspace(points[0].multiplier, points[-1].multiplier, 41)
    known = np.array([p.multiplier for p in points]), np.array([p.upper for p in points])
    band = [{"x": x, "low": float(np.interp(x, *known)), "high": upper_curve(points, float(x))} for x in grid]
    rows = [{"multiplier": f"{p.multiplier:.2f}", "at_most": f"{p.upper:,.1f}", "slope": f"{p.slope:,.1f}"} for p in points]
    now = min(points, key=lambda p: abs(p.multiplier - 1))
    picture = certified(
        band, points=[{"x": p.multiplier, "y": p.upper} for p in points], reached=say("alloc_reached", language),
        at_most=say("alloc_at_most", language), title=say("alloc_multiplier", language), counts=say("alloc_value", language),
    )  # fmt: skip
    sentence = say("alloc_say_frontier", language, tenth=f"{now.slope / 10:,.1f}")
    return Element(
        "frontier",
        say("alloc_title_frontier", language),
        sentence,
        columns(language, [], ["multiplier", "at_most", "slope"]),
        rows,
        picture,
    )


def simple_element(compared: Sequence[Compared], language: Language) -> Element:
    """Return what prices gain over each rule people use today."""
    rows = [
        {
            "rule": say(f"alloc_{each.name}", language),
            "value": f"{each.value:,}",
            "gain": share(each.gain),
            "winners": f"{each.winners:,}",
            "changed": f"{each.changed:,}",
            "unmet": ", ".join(each.unmet),
        }
        for each in compared
    ]
    first = compared[0]
    sentence = say("alloc_say_simple", language, name=say(f"alloc_{first.name}", language), gain=share(first.gain))
    heads = [*columns(language, ["rule"], ["value", "gain", "winners", "changed"]), Column("unmet", say("alloc_unmet", language))]
    return Element("simple-rules", say("alloc_title_simple", language), sentence, heads, rows)


def stages_element(stages: Stages, language: Language) -> Element:
    cost = stages.joint - stages.in_quota
    values = {
        "quota": f"{stages.in_quota:,}", "ranked": f"{stages.by_rank:,}", "joint": f"{stages.joint:,}", "cost": f"{cost:,}",
        "share": share(cost / stages.joint if stages.joint else 0.0),
    }  # fmt: skip
    return Element("stages", say("alloc_title_stages", language), say("alloc_say_stages", language, **values))


def weights_element(weights: Sequence[Weighting], winners: int, language: Language) -> Element:
    rows = [
        {
            "weight": f"{each.weight:.1f}",
            "winners": f"{each.winners:,}",
            "stay": f"{each.stay:,}",
            "effect": f"{each.effect:,}",
            "score": f"{each.score / max(1, each.winners):.1f}",
        }
        for each in weights
    ]
    lost = {each.weight: winners - each.stay for each in weights}
    sentence = say("alloc_say_weights", language, by_effect=lost.get(0.0, 0), by_score=lost.get(1.0, 0))
    return Element(
        "weights",
        say("alloc_title_weights", language),
        sentence,
        columns(language, [], ["weight", "winners", "stay", "effect", "score"]),
        rows,
    )


def bands_element(found: CallSolution, language: Language) -> Element:
    """Return how sure winners and others are, in bands of the probability of selection."""
    p, won = found.probability, found.solved.package >= 0
    known = ~np.isnan(p)
    rows, picture_rows = [], []
    for low, high in _BANDS:
        own = known & (p >= low) & (p < high)
        band = f"{low:.1f}–{min(high, 1):.1f}"
        inside, outside = int((own & won).sum()), int((own & ~won).sum())
        rows.append({"band": band, "winners": f"{inside:,}", "losers": f"{outside:,}"})
        picture_rows.append({"label": band, "winners": inside, "losers": outside})
    parts = {"winners": (say("alloc_kind_won", language), "good"), "losers": (say("alloc_kind_lost", language), "data")}
    picture = stacked_bars(picture_rows, label="label", parts=parts, title=say("alloc_winners", language), share=False)
    unsure = zone(np.nan_to_num(p, nan=-1.0), 0.1)
    winners = max(1, int(won.sum()))
    values = {
        "unsure": int((unsure & won).sum()),
        "share": share(float((unsure & won).sum() / winners)),
        "others": int((unsure & ~won).sum()),
    }
    return Element(
        "bands",
        say("alloc_title_bands", language),
        say("alloc_say_bands", language, **values),
        columns(language, ["band"], ["winners", "losers"]),
        rows,
        picture,
    )


def fairness_element(groups: Sequence[GroupRow], language: Language) -> Element:
    def plain(value: float | None, places: int = 2) -> str:
        return "–" if value is None else f"{value:.{places}f}"

    rows = [
        {
            "group": each.group,
            "came": f"{each.came:,}",
            "offered": f"{each.offered:,}",
            "winners": f"{each.won:,}" if each.ratio is not None else "–",
            "ratio": plain(each.ratio),
            "interval": f"{plain(each.low)}–{plain(each.high)}",
            "money_ratio": plain(each.money_ratio),
            "mean_log": plain(each.mean_log),
            "by_funds": plain(each.by_funds_alone),
            "off_p": plain(each.off_price_p),
        }
        for each in groups
        if each.offered >= 5
    ]
    attribute = groups[0].attribute if groups else ""
    sentence = say("alloc_say_fairness", language, flagged=sum(each.flagged for each in groups))
    heads = columns(
        language, ["group"], ["came", "offered", "winners", "ratio", "interval", "money_ratio", "mean_log", "by_funds", "off_p"]
    )
    return Element(f"fairness-{attribute}", say("alloc_title_fairness", language, attribute=attribute), sentence, heads, rows)


def off_price_element(found: CallSolution, language: Language) -> Element:
    solved = found.solved
    off = np.flatnonzero(solved.regret > 0)
    order = off[np.argsort(-solved.regret[off], kind="stable")]
    rows = [
        {
            "case": solved.table.cases[c],
            "package": solved.table.packages[solved.package[c]] if solved.package[c] >= 0 else "–",
            "regret": f"{solved.regret[c]:,.2f}",
            "theta": _ratio(float(solved.theta[c])),
        }
        for c in order[:200]
    ]
    sentence = say("alloc_say_off", language, count=f"{len(off):,}", sum=f"{float(solved.regret.sum()):,.2f}")
    return Element(
        "off-price",
        say("alloc_title_off", language),
        sentence,
        columns(language, ["case", "package"], ["regret", "theta"]),
        rows,
        fold=True,
    )


def reserve_element(found: CallSolution, language: Language) -> Element:
    solved = found.solved
    order = np.argsort(np.where(solved.rank > 0, solved.rank, np.iinfo(np.int64).max), kind="stable")[
        : int((solved.rank > 0).sum())
    ][:100]
    rows = [
        {
            "rank": f"{solved.rank[c]:,}",
            "case": solved.table.cases[c],
            "theta": _ratio(float(solved.theta[c])),
            "probability": f"{found.probability[c]:.2f}",
        }
        for c in order
    ]
    heads = [Column("rank", say("alloc_rank", language), True), *columns(language, ["case"], ["theta", "probability"])]
    return Element("reserve", say("alloc_title_reserve", language), say("alloc_say_reserve", language), heads, rows, fold=True)


def lottery_element(found: CallSolution, language: Language) -> Element:
    assert found.lottery is not None
    inside, won = found.lottery.in_zone, found.solved.package >= 0
    values = {"zone": int(inside.sum()), "won": int((inside & won).sum()), "lost": f"{found.lottery.lost:,}"}
    return Element("lottery", say("alloc_title_lottery", language), say("alloc_say_lottery", language, **values))
