"""What an officer looks at: a comparison, the outlook of recognised firms, one firm on a page – as report elements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from littlegiant.assessment.advice import advise
from littlegiant.assessment.comparison import Comparison
from littlegiant.assessment.explanation import explain, headline
from littlegiant.assessment.judging import Judge
from littlegiant.assessment.lookup import case_of
from littlegiant.assessment.near_misses import NearMiss
from littlegiant.assessment.outlook import Outlook
from littlegiant.assessment.relation import Subjects
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element, flows
from littlegiant.standards import Compiled
from littlegiant.standards.model import Duty
from littlegiant.words import Language, date_text, exact_number, money, percent, say, text_in

_STATES = {"eligible": "good", "open_finding": "finding", "open_data": "data", "ineligible": "bad", "absent": "strong"}
_ROWS = 200  # of a table on a page; the rest is in the data


def comparison_elements(comparison: Comparison, compiled: Sequence[Compiled], language: Language) -> list[Element]:
    """Return how many went where, why, and whose result changed."""
    words = {state: say(f"row_{state}", language) for state in _STATES}
    rows = comparison.flows.to_pylist()
    changed = sum(row["cases"] for row in rows if row["cause"])
    total = sum(row["cases"] for row in rows)
    told = [
        {**row, "before": words[row["before"]], "after": words[row["after"]], "cause": _cause(row["cause"], language)}
        for row in rows
    ]
    together: dict[tuple[str, str], int] = {}
    for row in rows:
        together[row["before"], row["after"]] = together.get((row["before"], row["after"]), 0) + row["cases"]
    drawn = [{"before": b, "after": a, "cases": n} for (b, a), n in together.items() if b != a]
    chart = flows(drawn, before="before", after="after", value="cases", words=words, colours=_STATES)
    columns = [Column(name, say(f"col_{name}", language)) for name in ("before", "after", "cause")]
    columns.append(Column("cases", say("col_cases", language), True))
    sentence = say("say_compared", language, cases=f"{total:,}", changed=f"{changed:,}")
    first = Element("flows", say("title_compared", language), sentence, columns, told, chart)
    listed = [
        {
            "case": row["case"],
            "before": words[row["before"]],
            "after": words[row["after"]],
            "cause": _cause(row["cause"], language),
            "why": _clauses(row["failed_after"] or row["failed_before"], compiled, language),
        }
        for row in comparison.changed.slice(0, _ROWS).to_pylist()
    ]
    names = ("case", "before", "after", "cause", "why")
    columns = [Column(name, say(f"col_{name}", language)) for name in names]
    sentence = say("say_changed", language, shown=f"{len(listed):,}", changed=f"{changed:,}")
    return [first, Element("changed", say("title_changed", language), sentence, columns, listed, fold=len(listed) > 30)]


def _cause(cause: str, language: Language) -> str:
    return say(f"cause_{cause}", language) if cause else "–"


def _clauses(ids: Sequence[str], compiled: Sequence[Compiled], language: Language) -> str:
    nodes = {id: node for each in compiled for id, node in each.nodes.items()}
    told = [nodes[id] for id in ids if id in nodes and nodes[id].parent is None]
    return say("and", language).join(f"{text_in(node.text, language)}〔{node.clause or '–'}〕" for node in told)


def outlook_elements(found: Sequence[Outlook], language: Language) -> list[Element]:
    """Return the recognised firms by due date, with what would fail today and at the present trend."""
    today, trend = sum(one.fails_today for one in found), sum(one.fails_at_trend for one in found)
    sentence = say("say_outlook", language, firms=f"{len(found):,}", today=f"{today:,}", trend=f"{trend:,}")
    rows = [
        {
            "firm": one.firm,
            "until": date_text(one.until, language) if one.until else say("not_known", language),
            "today": one.today.result,
            "figure": say("joint", language).join(one.today.figures or one.today.clauses),
            "trend": one.trend.result,
            "ahead": say("joint", language).join(one.trend.figures or one.trend.clauses),
        }
        for one in sorted(found, key=lambda one: (not one.fails_today, not one.fails_at_trend))[:_ROWS]
    ]
    columns = [Column(name, say(f"outlook_{name}", language)) for name in ("firm", "until", "today", "figure", "trend", "ahead")]
    return [Element("outlook", say("title_outlook", language), sentence, columns, rows, notes=[say("outlook_note", language)])]


def near_miss_rows(found: Sequence[NearMiss], compiled: Compiled, language: Language) -> list[dict[str, Any]]:
    return [{"case": m.case, "condition": text_in(compiled.nodes[m.condition].text, language), "figure": m.figure} for m in found]


@dataclass(frozen=True)
class Dossier:
    """One firm on a page."""

    firm: str
    title: str
    headline: str
    elements: tuple[Element, ...]


def dossier(subjects: Subjects, firm: str, pack: Pack, language: Language, others: Mapping[str, str]) -> Dossier:
    """Return all that the register and the standard say of one firm: answer, reasons, figures by year, doubts, duties.

    `others` are answers by other standards, title and result, to be shown beside.
    """
    compiled = subjects.compiled
    case, gaps = case_of(subjects, firm)
    judge = Judge(compiled)
    (judged,), (_, advice) = judge.judge([case]), advise(case, judge, pack)
    explanation = explain(judged, case, compiled, pack, language, gaps)
    records = _records(subjects, firm)
    reasons = [
        {
            "status": say(f"status_{r.status}", language),
            "text": "　" * r.depth + r.text,
            "figures": say("joint", language).join(f.sentence(language) for f in r.figures),
            "clause": r.clause,
        }
        for r in explanation.reasons
        if r.status != "other_band"
    ]
    columns = [Column(name, say(f"dossier_{name}", language)) for name in ("status", "text", "figures", "clause")]
    answer = Element("answer", text_in(compiled.standard.title, language), headline(judged, language), columns, reasons)
    if advice is not None:
        steps = [
            say(
                "advice_step",
                language,
                name=text_in(pack.facts[step.item.name].title, language),
                now=_value(pack, step.item.name, step.now, language),
                then=_value(pack, step.item.name, step.then, language),
            )
            for step in advice.steps
        ]
        answer = Element(
            answer.id, answer.title, answer.sentence, columns, reasons, notes=[say("check_advice", language), *steps]
        )
    parts = [
        answer,
        _figures(records["firm_years"], pack, language),
        _standing(records, others, pack, language),
        _duties(compiled, language),
    ]
    parts += [_doubts(records, pack, language)]
    static = records["firms"][0] if records["firms"] else {}
    title = str(static.get("name") or firm)
    region = pack.regions.get(str(static.get("region")))
    lead = " · ".join(
        part
        for part in (
            firm,
            text_in(region.title, language) if region else "",
            text_in(pack.sectors.get(str(static.get("sector")), {"zh": "", "en": ""}), language),
        )
        if part
    )
    return Dossier(firm, title, lead, tuple(part for part in parts if part.rows or part.notes))


def _records(subjects: Subjects, firm: str) -> dict[str, list[dict[str, Any]]]:
    engine = DuckDBEngine(threads=1)
    quoted = firm.replace("'", "''")
    found: dict[str, list[dict[str, Any]]] = {}
    for name, order in (
        ("firms", ()),
        ("firm_years", ("year",)),
        ("recognitions", ("tier",)),
        ("doubts", ("year", "fact")),
        ("alike", ("kind", "value")),
    ):
        if subjects.register.has(name):
            engine.bind(name, subjects.register.table(name))
            found[name] = engine.table(f"SELECT * FROM {name} WHERE firm = '{quoted}'", order=order).to_pylist()
        else:
            found[name] = []
    engine.close()
    return found


def _value(pack: Pack, name: str, value: Any, language: Language) -> str:
    fact, currency = pack.facts[name], pack.header.currency
    if value is None:
        return "–"
    if fact.type == "money":
        return money(
            value * currency.minor.per_main, language, per_main=currency.minor.per_main, unit=text_in(currency.title, language)
        )
    return percent(value) if fact.type == "share" else exact_number(value, 4)


def _figures(years: Sequence[Mapping[str, Any]], pack: Pack, language: Language) -> Element:
    from fractions import Fraction

    names = [
        name
        for name in (years[0] if years else {})
        if name not in ("firm", "year") and any(row[name] is not None for row in years)
    ]
    rows = []
    for name in names:
        fact = pack.facts[name]
        scale = pack.header.currency.minor.per_main if fact.type == "money" else 1
        values = {
            str(row["year"]): None
            if row[name] is None
            else _value(pack, name, Fraction(row[name]) / scale, language)
            if fact.numeric
            else str(row[name])
            for row in years
        }
        rows.append({"fact": text_in(fact.title, language), **values})
    columns = [Column("fact", say("col_fact", language)), *(Column(str(row["year"]), str(row["year"]), True) for row in years)]
    return Element("figures", say("title_figures", language), say("say_figures", language, years=len(years)), columns, rows)


def _standing(records: Mapping[str, list[dict[str, Any]]], others: Mapping[str, str], pack: Pack, language: Language) -> Element:
    tiers = {tier.id: tier.title for tier in pack.header.tiers}
    rows = [{"what": title, "state": result} for title, result in others.items()]
    for row in records["recognitions"]:
        until = date_text(row["until"], language) if row["until"] else say("not_known", language)
        tier = {"zh": "", "en": row["tier"], **tiers.get(row["tier"], {})}
        state = say("title_held_until", language, until=until) if row["status"] == "valid" else say("title_not_held", language)
        rows.append({"what": text_in(tier, language), "state": state})
    columns = [Column("what", say("dossier_what", language)), Column("state", say("dossier_state", language))]
    return Element("standing", say("title_standing", language), say("say_standing", language), columns, rows)


def _duties(compiled: Compiled, language: Language) -> Element:
    day = compiled.reference_date
    rows = [
        {"text": text_in(duty.text, language), "due": _clock(duty, language)}
        for duty in compiled.standard.duties
        if (duty.from_ is None or duty.from_ <= day) and (duty.until is None or day <= duty.until)
    ]
    columns = [Column("text", say("dossier_text", language)), Column("due", say("dossier_due", language))]
    return Element("duties", say("title_duties", language), say("say_duties", language), columns, rows)


def _clock(duty: Duty, language: Language) -> str:
    if duty.due:
        return say("due_yearly", language, day=duty.due)
    if duty.within_months is not None:
        return say("due_within", language, months=duty.within_months)
    return "–" if duty.ban_years is None else say("due_ban", language, years=duty.ban_years)


def _doubts(records: Mapping[str, list[dict[str, Any]]], pack: Pack, language: Language) -> Element:
    rows = []
    for row in records["doubts"]:
        fact = pack.facts.get(row["fact"])
        what = " ".join(part for part in (str(row["year"] or ""), text_in(fact.title, language) if fact else "") if part)
        rows.append({"what": what, "state": f"{say('doubt_' + row['doubt'], language)} {row['detail'] or ''}"})
    for row in records["alike"]:
        fact = pack.facts.get(row["kind"])
        what = text_in(fact.title, language) if fact else say("list_same_name", language)
        rows.append({"what": what, "state": say("list_alike", language, firms=row["firms"])})
    columns = [Column("what", say("dossier_what", language)), Column("state", say("dossier_state", language))]
    return Element("doubts", say("title_doubts", language), say("say_doubts", language), columns, rows)
