"""What an officer looks at: a comparison, the outlook of recognised firms, one firm on a page – as report elements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from littlegiant.assessment.comparison import Comparison
from littlegiant.assessment.explanation import fact_value, headline
from littlegiant.assessment.judging import Judge
from littlegiant.assessment.lookup import case_of
from littlegiant.assessment.outlook import Outlook
from littlegiant.assessment.relation import Subjects, empty_findings
from littlegiant.assessment.single import Checked, CheckSetting, check_firm
from littlegiant.assessment.told import told_doubt, told_link
from littlegiant.documents import applies_on
from littlegiant.engines import DuckDBEngine
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element, flows
from littlegiant.register import Register
from littlegiant.standards import Compiled, Standard, compile_applying
from littlegiant.standards.model import Duty
from littlegiant.words import Language, date_text, say, text_in

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


@dataclass(frozen=True)
class Dossier:
    """One firm on a page."""

    firm: str
    title: str
    headline: str
    elements: tuple[Element, ...]


def dossier(subjects: Subjects[Compiled], firm: str, pack: Pack, language: Language, others: Mapping[str, str]) -> Dossier:
    """Return all that the register and the standard say of one firm: answer, reasons, figures by year, doubts, duties.

    `others` are answers by other standards, title and result, to be shown beside (see `answers_elsewhere`).
    """
    case, gaps = case_of(subjects, firm)
    setting = CheckSetting(pack, subjects.compiled, Judge(subjects.compiled))
    records = _records(subjects, firm)
    parts = [
        _answer(check_firm(setting, case, language, gaps), subjects.compiled, language),
        _figures(records["firm_years"], pack, language),
        _standing(records, others, pack, language),
        _duties(subjects.compiled, language),
        _doubts(records, pack, language),
    ]
    static = records["firms"][0] if records["firms"] else {}
    region, sector = pack.regions.get(str(static.get("region"))), pack.sectors.get(str(static.get("sector")))
    lead = [firm, *(text_in(title, language) for title in (region.title if region else None, sector) if title)]
    title = str(static.get("name") or firm)
    return Dossier(firm, title, " · ".join(lead), tuple(part for part in parts if part.rows or part.notes))


def answers_elsewhere(
    register: Register, firm: str, pack: Pack, language: Language, *, but: str, year: int, on: date, application: str
) -> dict[str, str]:
    """Return the result by every recognition standard that applies on that day, except `but`, by the standard's title."""
    answers = {}
    for id in pack.ids("standards"):
        versions = pack.versions(Standard, "standards", id)
        applies = any(applies_on(version.value.applies, on, application) for version in versions)
        if id == but or not applies or versions[0].value.kind != "recognition":
            continue
        compiled = compile_applying(pack, id, on=on, application=application)
        case, _ = case_of(Subjects(register, compiled, year, empty_findings()), firm)
        (judged,) = Judge(compiled).judge([case])
        answers[text_in(compiled.standard.title, language)] = headline(judged, language)
    return answers


def _answer(checked: Checked, compiled: Compiled, language: Language) -> Element:
    rows = [
        {
            "status": say(f"status_{reason.status}", language),
            "text": "　" * reason.depth + reason.text,
            "figures": say("joint", language).join(figure.sentence(language) for figure in reason.figures),
            "clause": reason.clause,
        }
        for reason in checked.explanation.reasons
        if reason.status != "other_band"
    ]
    columns = [Column(name, say(f"dossier_{name}", language)) for name in ("status", "text", "figures", "clause")]
    notes = [say("check_advice", language), *checked.advice_lines] if checked.advice is not None else []
    title = text_in(compiled.standard.title, language)
    return Element("answer", title, headline(checked.judged, language), columns, rows, notes=notes)


def _records(subjects: Subjects[Compiled], firm: str) -> dict[str, list[dict[str, Any]]]:
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


def _figures(years: Sequence[Mapping[str, Any]], pack: Pack, language: Language) -> Element:
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
            else fact_value(pack, name, Fraction(row[name]) / scale, language)
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
    told = [told_doubt(row, pack, language) for row in records["doubts"]]
    told += [told_link(row, pack, language) for row in records["alike"]]
    rows = [{"what": one.what, "state": f"{one.why} {one.value}".strip()} for one in told]
    columns = [Column("what", say("dossier_what", language)), Column("state", say("dossier_state", language))]
    return Element("doubts", say("title_doubts", language), say("say_doubts", language), columns, rows)
