"""Entitlements as report elements: a register's totals, and one firm on a page it can act on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from littlegiant.appraisal.entitlements import Entitlements, choose, compiled_standards, judge
from littlegiant.appraisal.positions import positions
from littlegiant.assessment import Judge, explain
from littlegiant.assessment.lookup import case_of
from littlegiant.assessment.relation import Subjects, empty_findings
from littlegiant.finance.catalogue import Catalogue
from littlegiant.finance.evaluate import evaluate
from littlegiant.finance.explain import explained
from littlegiant.finance.instruments import Instrument
from littlegiant.finance.report import amount, stack_element, terms_element, unit_of
from littlegiant.finance.stack import stack
from littlegiant.pages import Column, Element, bars
from littlegiant.problems import refuse
from littlegiant.register import Register
from littlegiant.words import Language, date_text, say, text_in


def register_elements(found: Entitlements, catalogue: Catalogue, language: Language) -> list[Element]:
    """Return what may be claimed in all, by region and by sector."""
    titles = {each.id: text_in(each.title, language) for each in catalogue.instruments}
    unit = unit_of(catalogue.pack, language)
    rows = [row for row in found.groups.to_pylist() if row["kind"] == "all"]
    told = [{**_told(row), "instrument": titles[row["instrument"]], "n": max(0, round(row["worth"] / 1_000_000))} for row in rows]
    told.sort(key=lambda row: (-row["n"], row["instrument"]))
    chart = bars(told, label="instrument", value="n", title=f"{say('ent_value', language)} ({unit})", colour="good")
    values = {"firms": f"{found.firms:,}", "joint": amount(found.joint), "unit": unit}
    notes = [] if rows and rows[0]["claimed"] is not None else [say("ent_say_unknown_use", language)]
    columns = [Column("instrument", say("fin_instrument", language)), *_columns(unit, language)]
    title = say("ent_title_all", language)
    notes += [say("ent_say_left_out", language, firms=f"{found.left_out:,}")] if found.left_out else []
    elements = [Element("entitlements", title, say("ent_say_all", language, **values), columns, told, chart, notes=notes)]
    return [*elements, *(_by(kind, found, catalogue, unit, language) for kind in ("region", "sector"))]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    money = {name: "–" if row[name] is None else amount(row[name]) for name in ("worth", "claimed", "unclaimed")}
    return {"eligible": row["eligible"], "undetermined": row["undetermined"], **money}


def _columns(unit: str, language: Language) -> list[Column]:
    counts = [Column(name, say(f"ent_{name}", language), True) for name in ("eligible", "undetermined")]
    words = {"worth": "ent_value", "claimed": "ent_claimed", "unclaimed": "ent_unclaimed"}
    return [*counts, *(Column(name, f"{say(word, language)} ({unit})", True) for name, word in words.items())]


def _by(kind: str, found: Entitlements, catalogue: Catalogue, unit: str, language: Language) -> Element:
    sums: dict[str, dict[str, Any]] = {}
    for row in found.groups.to_pylist():
        if row["kind"] == kind:
            own = sums.setdefault(
                row["group"], {"eligible": 0, "undetermined": 0, "worth": 0.0, "claimed": None, "unclaimed": None}
            )
            for name in ("eligible", "undetermined", "worth"):
                own[name] += row[name]
            for name in ("claimed", "unclaimed"):
                own[name] = own[name] if row[name] is None else (own[name] or 0.0) + row[name]
    pack = catalogue.pack
    titles = {code: region.title for code, region in pack.regions.items()} if kind == "region" else dict(pack.sectors.items())
    rows = []
    for code, own in sorted(sums.items(), key=lambda pair: (-pair[1]["worth"], pair[0])):
        name = text_in(titles[code], language) if code in titles else code or say("not_known", language)
        rows.append({"group": name, **_told(own)})
    columns = [Column("group", say("ent_group", language)), *_columns(unit, language)]
    return Element(f"claims_{kind}", say(f"ent_title_{kind}", language), "", columns, rows, fold=True)


@dataclass(frozen=True)
class FirmEntitlements:
    """What one firm may claim: a row an instrument, the elements of its page."""

    firm: str
    rows: tuple[dict[str, Any], ...]
    elements: tuple[Element, ...]


def firm_entitlements(register: Register, catalogue: Catalogue, firm: str, *, year: int, language: Language) -> FirmEntitlements:
    """Return the page of one firm: what it may claim and why, what it is worth, what to show, how long it takes."""
    instruments = sorted(catalogue.instruments, key=lambda each: each.id)
    firms = positions(register, catalogue, year=year, ids=pa.array([firm], pa.string()))
    if len(firms) == 0:
        refuse(
            str(register.path), f"no firm {firm!r} with figures for {year}", "", "Check the id and the year.", code="unknown-firm"
        )
    all_firms = positions(register, catalogue, year=year)
    place = int(np.searchsorted(all_firms.ids.astype(np.str_), firm))
    outcomes = judge(register, catalogue, instruments, all_firms, year=year)[place : place + 1]
    eligible = {each.id: outcomes[:, number] == 0 for number, each in enumerate(instruments)}
    values = evaluate(firms, instruments, catalogue.rules, catalogue.rates, background=catalogue.background, eligible=eligible)
    taken = choose(instruments, values)[0]
    reasons = _reasons(register, catalogue, instruments, firm, year, language)
    rows: list[dict[str, Any]] = []
    for number, each in enumerate(instruments):
        state = ("eligible", "ineligible", "undetermined")[outcomes[0, number]]
        words = say(_state(state, bool(taken[number]), float(values[number].worth[0])), language)
        worth = float(values[number].worth[0]) if taken[number] else float("nan")
        rows.append(
            {
                "instrument": text_in(each.title, language),
                "state": words,
                "worth": amount(worth, 1.0),
                "time_to_cash": each.time_to_cash,
                "ground": reasons.get(each.entitlement or "", "–"),
                "show": ", ".join(catalogue.pack.evidence_title(code, language) for code in each.shows) or "–",
                "law": f"{each.law} {each.clause}".strip(),
                "order": (not taken[number], state == "ineligible", -(worth if worth == worth else 0.0)),
            }
        )
    rows.sort(key=lambda row: row["order"])
    unit = text_in(catalogue.pack.header.currency.title, language)
    columns = [Column("instrument", say("fin_instrument", language)), Column("state", say("ent_state", language))]
    columns.append(Column("worth", f"{say('fin_worth', language)} ({unit})", True))
    columns.append(Column("time_to_cash", say("fin_time_to_cash", language), True))
    columns += [
        Column("ground", say("ent_ground", language)),
        Column("show", say("ent_show", language)),
        Column("law", say("fin_law", language)),
    ]
    lead = say("ent_say_firm", language, date=date_text(catalogue.on, language), unit=unit)
    elements = [Element("claims", say("ent_title_firm", language, firm=firm), lead, columns, rows)]
    chosen = [each for number, each in enumerate(instruments) if taken[number]]
    if chosen:
        # As for the register: what is not taken is not there, and nothing stands behind what is.
        took = {each.id: np.array([bool(taken[number])]) for number, each in enumerate(instruments)}
        together = stack(firms, chosen, catalogue.rules, catalogue.rates, eligible=took)
        elements.append(stack_element(together, instruments, 0, catalogue.pack, language))
        for value in (value for number, value in enumerate(values) if taken[number] and (value.cash or value.tax)):
            title = text_in(catalogue.instrument(value.instrument).title, language)
            elements.append(terms_element(explained(value, firm, 0, catalogue.rates), title, language))
    return FirmEntitlements(firm, tuple(rows), tuple(elements))


def _state(state: str, taken: bool, worth: float) -> str:
    """Return the sentence for where an instrument stands: why it is not taken though the firm may have it."""
    if state != "eligible" or taken:
        return "ent_worth_unknown" if state == "eligible" and worth != worth else f"ent_state_{state}"
    return "ent_dear" if worth < 0 else "ent_not_chosen"


def _reasons(
    register: Register, catalogue: Catalogue, instruments: list[Instrument], firm: str, year: int, language: Language
) -> dict[str, str]:
    """Return for each standard the condition that decides: what is not met, what is missing, or what is met."""
    found = {}
    for name, compiled in compiled_standards(catalogue, instruments).items():
        facts, gaps = case_of(Subjects(register, compiled, year, empty_findings()), firm)
        (judged,) = Judge(compiled).judge([facts])
        reasons = explain(judged, facts, compiled, catalogue.pack, language, gaps).reasons
        wanted = {"eligible": "met", "ineligible": "not_met"}.get(judged.outcome, "unknown")
        texts = [reason.text for reason in reasons if reason.status == wanted]
        missing = [item for reason in reasons if reason.status == "unknown" for item in reason.missing]
        told = texts if judged.outcome != "undetermined" else list(dict.fromkeys(missing)) or texts
        found[name] = say("joint", language).join(told)
    return found
