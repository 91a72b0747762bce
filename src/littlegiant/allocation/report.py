"""What an award call led to, as report elements: the result, the line, rows, groups, how sure it is, lists, the certificate."""

import numpy as np

from littlegiant.allocation.call_rows import Counted
from littlegiant.allocation.call_solving import CallSolution
from littlegiant.allocation.fairness import SMALLEST
from littlegiant.allocation.naming import Naming
from littlegiant.allocation.outcome import Solved, nearest_packages, promised
from littlegiant.allocation.robustness import zone
from littlegiant.pages import Column, Element, tiles
from littlegiant.pages.award_charts import cutoff
from littlegiant.pages.charts import stacked_bars

_POINTS = 500  # of the cut-off picture
_NEAR = 20
_BANDS = ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.0000001))
_KINDS = ("won", "lost", "won_off", "lost_off")


def share(value: float) -> str:
    return f"{100 * value:.2f} %"


def summary_element(found: CallSolution, naming: Naming) -> Element:
    """Return the headline: winners, value, and how much better any other allocation could be."""
    solved, allocation = found.solved, found.solved.allocation
    values = {
        "cases": f"{solved.table.count:,}",
        "winners": f"{solved.winners:,}",
        "value": f"{found.value:,}",
        "unit": unit_of(found, naming),
        "gap": f"{float(allocation.gap):,.1f}",
        "awards": f"{float(allocation.gap) * solved.winners / max(1, found.value):.2f}",
    }
    rows = []
    for package, name in enumerate(solved.table.packages):
        won = np.flatnonzero(solved.package == package)
        money = int(solved.table.measures["committed"][won, package].sum())
        rows.append(
            {
                "package": naming.package(name),
                "winners": f"{len(won):,}",
                "use": naming.money(money),
                "value": f"{int(solved.table.benefit[won, package].sum()):,}",
            }
        )
    said = naming.say("alloc_say_summary", **values)
    if found.lottery is not None:
        said = naming.say("alloc_say_summary_drawn", **values, lost=f"{found.lottery.lost:,}")
    return Element(
        "allocation", naming.say("alloc_title_summary"), said,
        naming.columns(["package"], ["winners", "use", "value"]), rows,
    )  # fmt: skip


def certificate_element(found: CallSolution, naming: Naming) -> Element:
    """Return the identity line by line: bound, value, gap, regrets, and the slack of every priced row."""
    certificate, call = found.solved.certificate, found.solved.call
    lines = [
        (naming.say("alloc_bound"), float(certificate.bound)),
        (naming.say("alloc_value"), float(certificate.value)),
        (naming.say("alloc_gap"), float(certificate.gap)),
        (naming.say("alloc_regrets", count=f"{len(certificate.off_price):,}"), float(certificate.regrets)),
        *((naming.row(call.counted[k]), float(each)) for k, each in enumerate(certificate.slack) if each),
    ]
    rows = [{"term": name, "amount": f"{amount:,.3f}"} for name, amount in lines]
    sentence = naming.say("alloc_say_certificate", exponent=certificate.prices.exponent)
    return Element(
        "certificate",
        naming.say("alloc_title_certificate"),
        sentence,
        naming.columns(["term"], ["amount"]),
        rows,
        fold=True,
    )


def cutoff_element(found: CallSolution, naming: Naming) -> Element:
    """Return benefit against cost at prices, winners and losers, and the cases nearest to the line; without a draw."""
    solved = found.best
    at = np.where(solved.package >= 0, solved.package, nearest_packages(solved))
    known = np.flatnonzero(~np.isnan(solved.theta))
    off = solved.regret > 0
    won = solved.package >= 0
    kind = np.where(won, np.where(off, "won_off", "won"), np.where(off, "lost_off", "lost"))
    cost, benefit = solved.cost[np.arange(len(at)), at], solved.table.benefit[np.arange(len(at)), at]
    drawn = known if len(known) <= _POINTS else known[np.linspace(0, len(known) - 1, _POINTS).astype(np.int64)]
    drawn = np.unique(np.concatenate([drawn, known[off[known]]]))
    points = [{"x": float(cost[c]), "y": float(benefit[c]), "kind": str(kind[c])} for c in drawn]
    words = {name: naming.say(f"alloc_kind_{name}") for name in _KINDS}
    picture = cutoff(points, words=words, title=naming.say("alloc_cost"), counts=naming.say("alloc_benefit"))
    near = known[np.argsort(np.abs(np.log(np.clip(solved.theta[known], 1e-9, 1e9))), kind="stable")][:_NEAR]
    rows = [
        {
            "case": solved.table.cases[c],
            "package": naming.package(solved.table.packages[at[c]]),
            "kind": words[str(kind[c])],
            "benefit": f"{benefit[c]:,}",
            "cost": f"{cost[c]:,.1f}",
            "theta": _ratio(float(solved.theta[c])),
            "probability": f"{found.probability[c]:.2f}",
        }
        for c in near
    ]
    sentence = naming.say("alloc_say_cutoff", off=f"{int((off & ~np.isnan(solved.theta)).sum()):,}")
    heads = naming.columns(["case", "package", "kind"], ["benefit", "cost", "theta", "probability"])
    return Element("cutoff", naming.say("alloc_title_cutoff"), sentence, heads, rows, picture)


def _ratio(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "∞"


def rows_element(found: CallSolution, naming: Naming) -> Element:
    """Return floors, ceilings, use and price of every row; of shares what is reached, and the price of a percentage point."""
    certificate = found.solved.certificate
    rows = []
    for k, each in enumerate(found.solved.call.counted):
        price = float(certificate.prices[k])
        told = _amounts(each, int(certificate.use[k]), price, naming)
        if each.outside or each.kind == "additionality":
            told = _shares(each, found.solved, price)
        named = {"row": naming.row(each), "kind": naming.say(f"alloc_kind_{each.kind}")}
        rows.append({**named, **told, "slack": f"{float(certificate.slack[k]):,.2f}" if price else ""})
    priced = int((certificate.prices.numerator != 0).sum())
    heads = naming.columns(["row", "kind"], ["floor", "ceiling", "use", "used_share", "price", "slack"])
    funds = [
        {
            "label": naming.row(each),
            "used": max(0, int(certificate.use[k])) // naming.minor,
            "left": max(0, (each.row.ceiling or 0) - int(certificate.use[k])) // naming.minor,
        }
        for k, each in enumerate(found.solved.call.counted)
        if each.kind in ("fund", "quota") and each.row.ceiling and each.row.unit == "money"
    ]
    parts = {"used": (naming.say("alloc_use"), "good"), "left": (naming.say("alloc_left"), "data")}
    picture = stacked_bars(funds, label="label", parts=parts, title=naming.say("alloc_used_share")) if funds else ""
    return Element("rows", naming.say("alloc_title_rows"), naming.say("alloc_say_rows", priced=priced), heads, rows, picture)


def _amounts(each: Counted, use: int, price: float, naming: Naming) -> dict[str, str]:
    """Return the cells of a row that counts money or awards; prices are of 1000 main units, or of one award."""
    money = each.row.unit == "money"

    def shown(amount: int) -> str:
        return naming.money(amount) if money else f"{amount:,}"

    return {
        "floor": "" if each.row.floor is None else shown(each.row.floor),
        "ceiling": "" if each.row.ceiling is None else shown(each.row.ceiling),
        "use": shown(use),
        "used_share": share(use / each.row.ceiling) if each.row.ceiling else "–",
        "price": _price(price * (1000 * naming.minor if money else 1)),
    }


def _shares(each: Counted, solved: Solved, price: float) -> dict[str, str]:
    """Return the cells of a row that is a share: what was asked, what is reached, the price of a percentage point.

    With part P and whole W the row counts d·P - s·d·W, d its denominator: another point of the share takes d·W / 100 of it.
    """
    won = np.flatnonzero(solved.package >= 0)
    member = each.members[solved.call.cell[won]]
    amount = {name: solved.table.measures[name][won, solved.package[won]] for name, _ in (*each.inside, *each.outside)}
    if each.kind == "additionality":
        (part_name, scale), (whole_name, weight) = each.inside
        asked, part, whole = -weight / scale, int(amount[part_name].sum()), int(amount[whole_name].sum())
    else:
        scale = each.inside[0][1] - each.outside[0][1]
        asked = -each.outside[0][1] / scale
        part = sum(int(amount[name][member].sum()) for name, _ in each.inside)
        whole = sum(int(amount[name].sum()) for name, _ in each.inside)
    bound = share(float(asked))
    return {
        "floor": bound if each.row.floor is not None else "",
        "ceiling": bound if each.row.ceiling is not None else "",
        "use": share(part / whole) if whole else "–",
        "used_share": "–",
        "price": _price(price * float(scale) * whole / 100),
    }


def groups_element(found: CallSolution, attribute: str, naming: Naming) -> Element:
    """Return projects with an option, winners and money promised by group; regions with their place on the map."""
    solved = found.solved
    values, offered, won = solved.table.attributes[attribute], ~np.isnan(solved.theta), solved.package >= 0
    paid = promised(solved)
    total = max(1, int(paid.sum()))
    codes = [str(code) for code in np.unique(values)]
    money = {code: int(paid[values == code].sum()) for code in codes}
    rows = [
        {
            "group": naming.group(attribute, code),
            "offered": _published(int((offered & (values == code)).sum())),
            "winners": f"{int((won & (values == code)).sum()):,}",
            "money": naming.money(money[code]),
            "money_share": share(money[code] / total),
        }
        for code in codes
    ]
    sentence = ""
    if codes:
        most = max(codes, key=lambda code: money[code])
        name = naming.group(attribute, most)
        amount, part = naming.money(money[most]), share(money[most] / total)
        sentence = naming.say("alloc_say_groups", name=name, money=amount, currency=naming.currency, share=part)
    heads = naming.columns(["group"], ["offered", "winners", "money", "money_share"])
    picture = _map(money, naming) if attribute == "region" else ""
    return Element(f"groups-{attribute}", naming.say(f"alloc_title_groups_{attribute}"), sentence, heads, rows, picture)


def _published(count: int) -> str:
    """Return a number of applicants; few are not told apart."""
    return f"{count:,}" if count >= SMALLEST or count == 0 else f"< {SMALLEST}"


def _map(money: dict[str, int], naming: Naming) -> str:
    """Return the regions in their places, millions promised in each; a city that reports by itself counts with its province."""
    regions = naming.pack.regions
    inside: dict[str, int] = {}
    for code, amount in money.items():
        region = regions.get(code)
        within = code if region is None or region.within is None else region.within
        inside[within] = inside.get(within, 0) + amount
    placed = [
        {
            "x": region.tile[0],
            "y": region.tile[1],
            "label": naming.group("region", code),
            "value": round(inside.get(code, 0) / naming.minor / 1e6, 1),
        }
        for code, region in regions.items()
        if region.tile is not None
    ]
    return tiles(placed, title=naming.say("alloc_millions")) if any(tile["value"] for tile in placed) else ""


def unit_of(found: CallSolution, naming: Naming) -> str:
    return naming.say("alloc_unit_benefit", count=f"{found.call.objective.unit:,}", currency=naming.currency)


def _price(price: float) -> str:
    if not price:
        return ""
    return f"{price:,.3f}" if abs(price) >= 0.0005 else f"{price:.1e}"


def bands_element(found: CallSolution, naming: Naming) -> Element:
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
    parts = {"winners": (naming.say("alloc_kind_won"), "good"), "losers": (naming.say("alloc_kind_lost"), "data")}
    picture = stacked_bars(picture_rows, label="label", parts=parts, title=naming.say("alloc_winners"), share=False)
    unsure = zone(np.nan_to_num(p, nan=-1.0), 0.1)
    winners = max(1, int(won.sum()))
    values = {
        "unsure": int((unsure & won).sum()),
        "share": share(float((unsure & won).sum() / winners)),
        "others": int((unsure & ~won).sum()),
    }
    return Element(
        "bands",
        naming.say("alloc_title_bands"),
        naming.say("alloc_say_bands", **values),
        naming.columns(["band"], ["winners", "losers"]),
        rows,
        picture,
    )


def off_price_element(found: CallSolution, naming: Naming) -> Element:
    solved = found.solved
    off = np.flatnonzero(solved.regret > 0)
    order = off[np.argsort(-solved.regret[off], kind="stable")]
    rows = [
        {
            "case": solved.table.cases[c],
            "package": naming.package(solved.table.packages[solved.package[c]]) if solved.package[c] >= 0 else "–",
            "regret": f"{solved.regret[c]:,.2f}",
            "theta": _ratio(float(solved.theta[c])),
        }
        for c in order[:200]
    ]
    sentence = naming.say("alloc_say_off", count=f"{len(off):,}", sum=f"{float(solved.regret.sum()):,.2f}")
    return Element(
        "off-price",
        naming.say("alloc_title_off"),
        sentence,
        naming.columns(["case", "package"], ["regret", "theta"]),
        rows,
        fold=True,
    )


def reserve_element(found: CallSolution, naming: Naming) -> Element:
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
    heads = [Column("rank", naming.say("alloc_rank"), True), *naming.columns(["case"], ["theta", "probability"])]
    return Element("reserve", naming.say("alloc_title_reserve"), naming.say("alloc_say_reserve"), heads, rows, fold=True)


def lottery_element(found: CallSolution, naming: Naming) -> Element:
    assert found.lottery is not None
    inside, won = found.lottery.in_zone, found.solved.package >= 0
    values = {"zone": int(inside.sum()), "won": int((inside & won).sum()), "lost": f"{found.lottery.lost:,}"}
    return Element("lottery", naming.say("alloc_title_lottery"), naming.say("alloc_say_lottery", **values))
