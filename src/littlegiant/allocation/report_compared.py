"""What another choice would bring, as report elements: without a rule, another budget, today's rules, another weight or aim."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from littlegiant.allocation.call_solving import CallSolution
from littlegiant.allocation.fairness import GroupRow
from littlegiant.allocation.frontier import Compared, Point, RowPrice, Stages, upper_curve
from littlegiant.allocation.naming import Naming
from littlegiant.allocation.report import share
from littlegiant.allocation.weighing import View
from littlegiant.pages import Column, Element
from littlegiant.pages.award_charts import certified

_MOST = 200  # rows of a list


def prices_element(prices: Sequence[RowPrice], found: CallSolution, naming: Naming) -> Element:
    """Return what each floor, quota and limit costs in all: the value without it less the value with it."""
    relaxed, counted = found.solved.allocation.relaxed, found.solved.call.counted
    rows = [
        {
            "row": naming.row(counted[each.number]),
            "kind": naming.say(f"alloc_{each.side}"),
            "total": f"{each.total:,.1f}",
            "used_share": share(each.total / relaxed),
        }
        for each in prices
    ]
    sentence = naming.say("alloc_say_no_prices")
    if rows:
        top = rows[0]
        sentence = naming.say("alloc_say_prices", row=top["row"], total=top["total"], share=top["used_share"])
    heads = [*naming.columns(["row", "kind"], ["total"]), Column("used_share", "%", True)]
    return Element("prices", naming.say("alloc_title_prices"), sentence, heads, rows)


def frontier_element(points: Sequence[Point], naming: Naming) -> Element:
    """Return benefit against each multiple of the funds, between what is reached and what no allocation exceeds."""
    title, heads = naming.say("alloc_title_frontier"), naming.columns([], ["multiplier", "at_most", "slope"])
    if not points:
        return Element("frontier", title, naming.say("alloc_say_no_frontier"))
    grid = np.linspace(points[0].multiplier, points[-1].multiplier, 41)
    known = np.array([p.multiplier for p in points]), np.array([p.upper for p in points])
    band = [{"x": x, "low": float(np.interp(x, *known)), "high": upper_curve(points, float(x))} for x in grid]
    rows = [{"multiplier": f"{p.multiplier:.2f}", "at_most": f"{p.upper:,.1f}", "slope": f"{p.slope:,.1f}"} for p in points]
    now = min(points, key=lambda p: abs(p.multiplier - 1))
    picture = certified(
        band, points=[{"x": p.multiplier, "y": p.upper} for p in points], reached=naming.say("alloc_reached"),
        at_most=naming.say("alloc_at_most"), title=naming.say("alloc_multiplier"), counts=naming.say("alloc_value"),
    )  # fmt: skip
    return Element("frontier", title, naming.say("alloc_say_frontier", tenth=f"{now.slope / 10:,.1f}"), heads, rows, picture)


def simple_element(compared: Sequence[Compared], found: CallSolution, naming: Naming) -> Element:
    """Return what prices gain over each rule people use today."""
    counted = found.solved.call.counted
    rows = [
        {
            "rule": naming.say(f"alloc_{each.name}"),
            "value": f"{each.value:,}",
            "gain": share(each.gain) if each.value else "–",
            "winners": f"{each.winners:,}",
            "changed": f"{each.changed:,}",
            "unmet": ", ".join(naming.row(counted[k]) for k in each.unmet),
        }
        for each in compared
    ]
    sentence = naming.say("alloc_say_simple", name=rows[0]["rule"], gain=rows[0]["gain"])
    heads = [*naming.columns(["rule"], ["value", "gain", "winners", "changed"]), Column("unmet", naming.say("alloc_unmet"))]
    return Element("simple-rules", naming.say("alloc_title_simple"), sentence, heads, rows)


def stages_element(stages: Stages, naming: Naming) -> Element:
    cost = stages.joint - stages.in_quota
    values = {
        "quota": f"{stages.in_quota:,}",
        "ranked": "–" if stages.by_rank is None else f"{stages.by_rank:,}",
        "joint": f"{stages.joint:,}",
        "cost": f"{cost:,}",
        "share": share(cost / stages.joint if stages.joint else 0.0),
    }
    return Element("stages", naming.say("alloc_title_stages"), naming.say("alloc_say_stages", **values))


def views_element(views: Sequence[View], found: CallSolution, naming: Naming) -> Element:
    """Return how many would win by score alone, effect alone, both; and with the other kind of scores."""
    rows = [
        {
            "view": _view(each, naming),
            "winners": _count(each, each.winners),
            "stay": _count(each, each.stay),
            "effect": _count(each, each.effect),
            "mean_score": _count(each, each.score / max(1, each.winners), 1),
        }
        for each in views
    ]
    alone = {each.weight: each for each in views if each.name == "weight"}
    lost = {
        name: _count(alone[weight], found.best.winners - alone[weight].stay)
        for name, weight in (("by_effect", 0.0), ("by_score", 1.0))
    }
    heads = naming.columns(["view"], ["winners", "stay", "effect", "mean_score"])
    return Element("weights", naming.say("alloc_title_weights"), naming.say("alloc_say_weights", **lost), heads, rows)


def _count(view: View, value: float, places: int = 0) -> str:
    """Return a number of a view, a dash where its rows cannot be met."""
    return "–" if view.package is None else f"{value:,.{places}f}"


def _view(each: View, naming: Naming) -> str:
    if each.name != "weight":
        return naming.say(f"alloc_view_{each.name}", weight=f"{each.weight:g}")
    named = {0.0: "alloc_view_effect", 1.0: "alloc_view_score"}.get(each.weight, "alloc_view_weight")
    return naming.say(named, weight=f"{each.weight:g}")


def changes_element(views: Sequence[View], found: CallSolution, naming: Naming) -> Element:
    """Return the projects that one view funds and another does not, with raw and calibrated score and its interval."""
    table, own = found.best.table, found.own
    held = [(each, each.package) for each in views if each.package is not None]
    wins = np.stack([package >= 0 for _, package in held])
    moved = np.flatnonzero(wins.any(axis=0) & ~wins.all(axis=0))
    order = moved[np.argsort(-np.nan_to_num(found.best.theta[moved], posinf=1e300), kind="stable")]
    heads = naming.columns(["case"], ["raw_score", "score_of", "interval_90", "benefit"])
    heads += [Column(f"view{number}", _view(each, naming)) for number, (each, _) in enumerate(held)]
    rows = []
    for c in order[:_MOST]:
        cells = {
            "case": table.cases[c],
            "raw_score": _points(own.score_raw[c]),
            "score_of": _points(own.score[c]),
            "interval_90": "–" if np.isnan(own.low[c]) else f"{_points(own.low[c])}–{_points(own.high[c])}",
            "benefit": f"{table.benefit[c].max():,}",
        }
        for number, (_, package) in enumerate(held):
            cells[f"view{number}"] = naming.package(table.packages[package[c]]) if package[c] >= 0 else "–"
        rows.append(cells)
    known = ~np.isnan(own.score) & ~np.isnan(own.score_raw)
    shift = float(np.abs(own.score - own.score_raw)[known].mean()) if known.any() else 0.0
    sentence = naming.say("alloc_say_changes", count=f"{len(moved):,}", shown=f"{len(rows):,}", shift=f"{shift:.1f}")
    return Element("changes", naming.say("alloc_title_changes"), sentence, heads, rows, fold=True)


def _points(score: Any) -> str:
    return "–" if np.isnan(score) else f"{score:.1f}"


def objectives_element(views: Sequence[View], found: CallSolution, naming: Naming) -> Element:
    """Return what other objectives would choose and reach: R&D, R&D times criticality, expected cost."""
    rows = []
    for each in views:
        assert each.rule is not None
        values = {"spillover": each.rule.spillover, "funds": each.rule.cost_of_funds, "weight": each.weight}
        named = naming.say(f"alloc_objective_{each.name}", **{name: f"{value:g}" for name, value in values.items()})
        rows.append(
            {
                "objective": naming.say("alloc_objective_own", name=named) if each.rule == found.call.objective else named,
                "winners": _count(each, each.winners),
                "stay": _count(each, each.stay),
                "research": _count(each, each.research / 1e6, 1),
                "critical": _count(each, each.critical / 1e6, 1),
                "expected_cost": _count(each, each.cost / 1e6, 1),
            }
        )
    known = any(each.name == "critical" for each in views)
    heads = naming.columns(["objective"], ["winners", "stay", "research", *(["critical"] if known else []), "expected_cost"])
    sentence = naming.say("alloc_say_objectives" if known else "alloc_say_objectives_unknown", currency=naming.currency)
    return Element("objectives", naming.say("alloc_title_objectives"), sentence, heads, rows)


def fairness_element(groups: Sequence[GroupRow], naming: Naming) -> Element:
    def plain(value: float | None, places: int = 2) -> str:
        return "–" if value is None else f"{value:.{places}f}"

    rows = [
        {
            "group": naming.group(each.attribute, each.group),
            "came": f"{each.came:,}",
            "offered": f"{each.offered:,}",
            "winners": "–" if each.small else f"{each.won:,}",
            "ratio": plain(each.ratio),
            "interval": "–" if each.low is None else f"{plain(each.low)}–{plain(each.high)}",
            "money_ratio": plain(each.money_ratio),
            "mean_log": plain(each.mean_log),
            "by_funds": plain(each.by_funds_alone),
            "off_p": plain(each.off_price_p),
        }
        for each in groups
        if each.offered >= 5
    ]
    attribute = groups[0].attribute if groups else ""
    sentence = naming.say("alloc_say_fairness", flagged=sum(each.flagged for each in groups))
    heads = naming.columns(
        ["group"], ["came", "offered", "winners", "ratio", "interval", "money_ratio", "mean_log", "by_funds", "off_p"]
    )
    title = naming.say("alloc_title_fairness", attribute=naming.say(f"alloc_attribute_{attribute}"))
    return Element(f"fairness-{attribute}", title, sentence, heads, rows)
