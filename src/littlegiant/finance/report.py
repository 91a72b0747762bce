"""What finance has to say, as report elements: a sentence, a table, a picture of it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from littlegiant.finance.alignment import Aligned, Doubt
from littlegiant.finance.evaluate import Value
from littlegiant.finance.explain import Explained
from littlegiant.finance.firms import Firms
from littlegiant.finance.instruments import Instrument
from littlegiant.finance.response import Response, beats
from littlegiant.finance.stack import Stack
from littlegiant.finance.stress import CELLS, Closed, Draws, Scenario, Stressed
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element, bars, fan, grouped_bars, waterfall
from littlegiant.words import Language, say, text_in

_MILLION = 1_000_000


def amount(value: float, scale: float = _MILLION, places: int = 2) -> str:
    """Return an amount in millions as people read it; a dash where it is not known or not defined."""
    return "–" if math.isnan(value) else f"{value / scale:,.{places}f}"


def ratio(value: float, places: int = 2) -> str:
    return "–" if math.isnan(value) else f"{value:,.{places}f}"


def share(value: float) -> str:
    """Return a share in per cent to one place."""
    return "–" if math.isnan(value) else f"{100 * value:.1f} %"


def unit_of(pack: Pack, language: Language) -> str:
    word = text_in(pack.header.currency.title, language)
    return say("fin_million", language, unit=word)


def footing(values: Sequence[Value], instruments: Sequence[Instrument], firms: Firms, pack: Pack, language: Language) -> Element:
    """Return the sums over firms, every instrument in one row; means where a sum says nothing."""
    titles = {each.id: text_in(each.title, language) for each in instruments}
    days = {each.id: each.time_to_cash for each in instruments}
    rows: list[dict[str, Any]] = []
    for value in values:
        own = value.eligible
        sums = {name: _sum(getattr(value, name)[own]) for name in ("gross", "worth", "cost", "committed", "finance")}
        national = _sum(value.cost_by_level.get("national", np.zeros(len(own)))[own])
        rows.append(
            {
                "id": value.instrument,
                "instrument": titles[value.instrument],
                "firms": int(own.sum()),
                "unknown": int(np.isnan(value.worth[own]).sum()),
                **{name: amount(sums[name]) for name in ("committed", "gross", "worth", "cost")},
                "national": amount(national),
                "user_cost": share(_mean(value.user_cost[own])),
                "marginal": ratio(_weighed(value.marginal[own], value.worth[own])),
                "per_committed": ratio(sums["finance"] / sums["committed"] if sums["committed"] > 0 else math.nan),
                "per_cost": ratio(sums["finance"] / sums["cost"] if sums["cost"] > 0 else math.nan),
                "time_to_cash": days[value.instrument],
                "flags": ", ".join(
                    f"{name} {int((flag & own).sum())}" for name, flag in value.flags.items() if (flag & own).any()
                ),
                **{f"n_{name}": 0.0 if math.isnan(sums[name]) else sums[name] / _MILLION for name in ("gross", "worth", "cost")},
            }
        )
    names = ("committed", "gross", "worth", "cost", "national", "user_cost", "marginal", "per_committed", "per_cost")
    columns = [Column("instrument", say("fin_instrument", language)), Column("firms", say("fin_firms", language), True)]
    columns.append(Column("unknown", say("not_known", language), True))
    columns += [Column(name, say(f"fin_{name}", language), True) for name in names]
    columns += [Column("time_to_cash", say("fin_time_to_cash", language), True), Column("flags", say("fin_flags", language))]
    unit = unit_of(pack, language)
    chart = grouped_bars(
        rows, label="instrument", parts={f"n_{n}": say(f"fin_{n}", language) for n in ("gross", "worth", "cost")}, title=unit
    )
    sentence = say("fin_say_footing", language, firms=f"{len(firms):,}", unit=unit)
    return Element("footing", say("fin_title_footing", language), sentence, columns, rows, chart)


def _sum(column: Any) -> float:
    """Return the sum of what is known; not a number where there is something and none of it is known."""
    return math.nan if len(column) and np.isnan(column).all() else float(np.nansum(column))


def _mean(column: Any) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else math.nan


def _weighed(column: Any, weights: Any) -> float:
    """Return the mean weighed by what the instrument is worth to each firm."""
    known = ~np.isnan(column) & ~np.isnan(weights)
    total = float(weights[known].sum())
    return float((column[known] * weights[known]).sum()) / total if total else math.nan


def stack_element(stack: Stack, instruments: Sequence[Instrument], row: int, pack: Pack, language: Language) -> Element:
    """Return what instruments are worth together to the firm in `row`."""
    titles = {each.id: text_in(each.title, language) for each in instruments}
    rows: list[dict[str, Any]] = [
        {
            "instrument": titles[name],
            "alone": amount(float(stack.alone[row, n])),
            "last_in": amount(float(stack.last_in[row, n])),
            "step": amount(float(stack.steps[row, n])),
            "n": float(stack.steps[row, n]) / _MILLION,
        }
        for n, name in enumerate(stack.instruments)
    ]
    columns = [Column("instrument", say("fin_instrument", language))]
    columns += [Column(name, say(f"fin_{name}", language), True) for name in ("alone", "last_in", "step")]
    known = [each for each in rows if not math.isnan(float(each["n"]))]
    chart = waterfall(known, label="instrument", value="n", total=say("fin_together", language), title=unit_of(pack, language))
    sums = {"joint": stack.joint[row], "alone": stack.alone[row].sum(), "interaction": stack.interaction[row]}
    sentence = say("fin_say_stack", language, **{name: amount(float(value)) for name, value in sums.items()})
    return Element("stack", say("fin_title_stack", language), sentence, columns, rows, chart)


def terms_element(explained: Explained, title: str, language: Language) -> Element:
    """Return the terms of one value."""
    rows = [
        {
            "year": term.year,
            "cash": f"{term.cash:,.2f}",
            "tax": f"{term.tax:,.2f}",
            "factor": f"{term.factor:.6f}",
            "present": f"{term.worth:,.2f}",
        }
        for term in explained.terms
    ]
    columns = [Column(name, say(f"fin_{name}", language), True) for name in ("year", "cash", "tax", "factor", "present")]
    notes = [f"{name}: {value:,.4f}" for name, value in {**explained.named, **explained.totals}.items() if not math.isnan(value)]
    notes += [f"{level}: {value:,.2f}" for level, value in explained.by_level.items()]
    return Element(
        f"terms-{explained.instrument}",
        say("fin_title_terms", language, instrument=title),
        say("fin_say_terms", language),
        columns,
        rows,
        notes=notes,
        fold=True,
    )


def stress_elements(
    firms: Firms, scenario: Scenario, stressed: Stressed, closed: Sequence[tuple[str, Closed]], pack: Pack, language: Language
) -> list[Element]:
    """Return the four cells, what each relief closes, liquidity over time, gaps by sector."""
    unit = unit_of(pack, language)
    known = ~np.isnan(stressed.gap)
    short = int((stressed.gap > 0).sum())
    cells = []
    for number, name in enumerate((*CELLS, "unknown")):
        own = stressed.cell == (number if number < len(CELLS) else -1)
        gap = _sum(stressed.gap[own])
        cells.append({"cell": say(f"stress_{name}", language), "firms": int(own.sum()), "gap": amount(gap), "n": int(own.sum())})
    columns = [Column("cell", say("stress_cell", language)), Column("firms", say("fin_firms", language), True)]
    columns.append(Column("gap", f"{say('stress_gap', language)} ({unit})", True))
    values = {
        "title": text_in(scenario.title, language),
        "months": scenario.months,
        "short": f"{short:,}",
        "share": share(short / int(known.sum()) if known.any() else math.nan),
        "gap": amount(_sum(stressed.gap)),
        "unit": unit,
    }
    chart = bars(cells, label="cell", value="n", title=say("fin_firms", language))
    title, sentence = say("stress_title_cells", language), say("stress_say_cells", language, **values)
    elements = [Element("cells", title, sentence, columns, cells, chart, notes=[text_in(scenario.reason, language)])]
    if closed:
        elements.append(_reliefs(closed, unit, language))
    return [*elements, _fan(firms, stressed, language), _by_sector(firms, stressed, pack, unit, language)]


def _reliefs(closed: Sequence[tuple[str, Closed]], unit: str, language: Language) -> Element:
    rows = [
        {
            "relief": title,
            "closed": share(each.closed),
            "short_after": each.short_after,
            "lifted": int(each.lifted.sum()),
            "funds_per": ratio(each.funds_per_closed),
            "cost_per": ratio(each.cost_per_closed),
            "reaching": share(each.reaching),
            "debt": amount(each.debt_added),
            "n": max(0, round(100 * each.closed)) if not math.isnan(each.closed) else 0,
        }
        for title, each in closed
    ]
    names = ("closed", "short_after", "lifted", "funds_per", "cost_per", "reaching", "debt")
    columns = [Column("relief", say("stress_relief", language))]
    columns += [Column(n, say(f"stress_{n}", language) + (f" ({unit})" if n == "debt" else ""), True) for n in names]
    chart = bars(rows, label="relief", value="n", title=f"{say('stress_closed', language)}, %", colour="good")
    title = say("stress_title_reliefs", language)
    return Element("reliefs", title, say("stress_say_reliefs", language), columns, rows, chart)


def _fan(firms: Firms, stressed: Stressed, language: Language) -> Element:
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(firms.revenue > 0, stressed.path / firms.revenue, np.nan)
    known = relative[:, ~np.isnan(relative).any(axis=0)]
    rows: list[dict[str, Any]] = []
    for month, column in enumerate(known if known.shape[1] else []):
        low, middle, high = np.quantile(column, [0.1, 0.5, 0.9]) * 100
        rows.append(
            {"month": month, "low": round(float(low), 2), "middle": round(float(middle), 2), "high": round(float(high), 2)}
        )
    columns = [Column(name, say(f"stress_{name}", language), True) for name in ("month", "low", "middle", "high")]
    chart = fan(rows, x="month", title=say("stress_month", language), counts="%") if rows else ""
    return Element("fan", say("stress_title_fan", language), say("stress_say_fan", language), columns, rows, chart, fold=True)


def _by_sector(firms: Firms, stressed: Stressed, pack: Pack, unit: str, language: Language) -> Element:
    rows: list[dict[str, Any]] = []
    for code in np.unique(firms.sector):
        own = firms.sector == code
        name = text_in(pack.sectors[code], language) if code in pack.sectors else code or say("not_known", language)
        gap = _sum(stressed.gap[own])
        rows.append(
            {"cell": name, "firms": int(own.sum()), "short": int((stressed.gap[own] > 0).sum()), "gap": amount(gap), "n": gap}
        )
    rows.sort(key=lambda row: (math.isnan(row["n"]), 0.0 if math.isnan(row["n"]) else -row["n"], row["cell"]))
    columns = [Column("cell", say("ent_group", language)), Column("firms", say("fin_firms", language), True)]
    columns += [
        Column("short", say("stress_illiquid", language), True),
        Column("gap", f"{say('stress_gap', language)} ({unit})", True),
    ]
    return Element("by_sector", say("stress_title_groups", language), "", columns, rows, fold=True)


def draws_element(draws: Draws, count: int, pack: Pack, language: Language) -> Element:
    """Return the bands of total gap and firms short."""
    gaps, short = (np.quantile(column, [0.05, 0.5, 0.95]) for column in (draws.total_gap, draws.short))
    names = ("low", "middle", "high")
    rows = [{"what": say("stress_gap", language), **{n: amount(float(v)) for n, v in zip(names, gaps, strict=True)}}]
    rows.append({"what": say("fin_firms", language), **{n: f"{v:,.0f}" for n, v in zip(names, short, strict=True)}})
    columns = [Column("what", ""), *(Column(n, p, True) for n, p in zip(names, ("5 %", "50 %", "95 %"), strict=True))]
    values = {n: rows[0][n] for n in names} | {f"s{n}": rows[1][n] for n in names}
    sentence = say("stress_say_draws", language, draws=f"{count:,}", unit=unit_of(pack, language), **values)
    return Element("draws", say("stress_title_draws", language), sentence, columns, rows)


def response_element(responses: Sequence[Response], pack: Pack, language: Language) -> Element:
    """Return the bands of extra R&D, each with its grade, driver and how far it goes beyond the sources."""
    unit = unit_of(pack, language)
    rows: list[dict[str, Any]] = []
    for number, each in enumerate(responses):
        low, middle, high = each.band()
        following = responses[number + 1] if number + 1 < len(responses) else None
        driver = next(iter(each.drivers.items()), ("–", 0.0))
        rows.append(
            {
                "design": each.design,
                "low": amount(low),
                "middle": amount(middle),
                "high": amount(high),
                "grade": each.grade,
                "per_cost": ratio(float(np.median(each.per_cost))),
                "beats": ratio(beats(each, following)) if following is not None else "–",
                "driver": f"{driver[0]} {share(driver[1])}",
                "extrapolated": share(each.extrapolated),
            }
        )
    columns = [Column("design", say("resp_design", language))]
    columns += [Column(n, p, True) for n, p in zip(("low", "middle", "high"), ("5 %", "50 %", "95 %"), strict=True)]
    names = ("grade", "per_cost", "beats", "driver", "extrapolated")
    columns += [Column(name, say(f"resp_{name}", language)) for name in names]
    first = rows[0]
    told: Mapping[str, Any] = {name: first[name] for name in ("design", "low", "middle", "high", "grade")}
    sentence = say("resp_say", language, unit=unit, **told)
    return Element("response", say("resp_title", language), sentence, columns, rows)


def align_elements(
    rows: Sequence[Aligned], doubts: Sequence[Doubt], instruments: Sequence[Instrument], region: str, language: Language
) -> list[Element]:
    """Return the table of purposes and the conditions that higher law bars or doubts."""
    titles = {each.id: text_in(each.title, language) for each in instruments}

    def named(ids: Sequence[str]) -> str:
        return "; ".join(titles.get(id, id) for id in ids) or "–"

    told = [
        {
            "purpose": row.purpose,
            "national": named(row.national),
            "regional": named(row.regional),
            "state": say(f"align_{row.state}", language),
            "duplicates": "; ".join(f"{titles[a]} / {titles[b]}" for a, b in row.duplicates) or "–",
            "conflicts": "; ".join(f"{titles[a]} / {titles[b]}" for a, b in row.conflicts) or "–",
        }
        for row in rows
    ]
    names = ("purpose", "national", "regional", "state", "duplicates", "conflicts")
    columns = [Column(name, say(f"align_{name}", language)) for name in names]
    found = [
        {
            "instrument": titles[doubt.instrument],
            "condition": text_in(doubt.rule.title, language),
            "verdict": say(f"align_{doubt.rule.verdict}", language),
            "law": doubt.rule.law,
            "confidence": doubt.rule.confidence,
        }
        for doubt in doubts
    ]
    lint = [Column("instrument", say("fin_instrument", language)), Column("condition", say("align_condition", language))]
    lint += [Column("verdict", say("align_verdict", language)), Column("law", say("fin_law", language))]
    lint.append(Column("confidence", say("fin_confidence", language)))
    return [
        Element("align", say("align_title", language, region=region), "", columns, told),
        Element("lint", say("align_title_lint", language), "" if found else say("align_none", language), lint, found),
    ]
