"""Pages of the reform lab: what a reform does, curves of a threshold, and what another version does."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from littlegiant.assessment.explanation import item_title
from littlegiant.assessment.group_names import group_name
from littlegiant.assessment.reforms import Reformed
from littlegiant.assessment.version_effects import GROUPS, VersionEffects
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element, curves, flows
from littlegiant.standards import Compiled
from littlegiant.words import Language, exact_number, say, text_in

_STATES = {"eligible": "good", "open_finding": "finding", "open_data": "data", "ineligible": "bad"}
_CURVES = 8  # lines of a picture; the table has all


def reform_elements(reformed: Reformed, pack: Pack, language: Language) -> list[Element]:
    """Return the table of all cases and, for each parameter that a grid moves alone, its curve."""
    titles = {case.id: _title(case.title, case.id, language) for case in reformed.cases}
    rows = [{**row, "case": titles[str(row["case"])], "meets": _meets(row)} for row in reformed.totals()]
    columns = [Column("case", say("col_reform_case", language)), Column("meets", say("col_meets", language), True)]
    columns += [Column(key, say(f"row_{key}", language), True) for key in ("eligible", "open_finding", "open_data")]
    columns += [Column(key, say(f"col_{key}", language), True) for key in ("gained", "lost")]
    sentence = say("say_reform", language, firms=f"{rows[0]['firms']:,}", present=f"{rows[0]['meets']:,}")
    elements = [Element("reform", say("title_reform", language), sentence, columns, rows)]
    return [*elements, *_curve(reformed, pack, language)]


def _title(title: Mapping[str, str], id: str, language: Language) -> str:
    return text_in(title, language) if title else id


def _meets(row: Mapping[str, Any]) -> int:
    return int(row["eligible"]) + int(row["open_finding"])


def _curve(reformed: Reformed, pack: Pack, language: Language) -> list[Element]:
    """Return the curve of a grid of one axis, a line a group where firms were counted by one fact."""
    points = {case.id: case for case in reformed.cases if case.values}
    names = {name for case in points.values() for name in case.values}
    if len(names) != 1 or len(points) < 3:
        return []
    (name,) = names
    by = reformed.by[0] if len(reformed.by) == 1 else None
    rows: list[dict[str, Any]] = []
    for row in reformed.counts.to_pylist():
        if row["case"] in points:
            line = group_name(by, row[by] or "?", pack, language) if by else say("all_groups", language)
            rows.append({"x": points[row["case"]].values[name], "line": line, "value": _meets(row)})
    largest: dict[str, int] = {}
    for row in rows:
        largest[row["line"]] = max(largest.get(row["line"], 0), row["value"])
    lines = sorted(largest, key=lambda line: (-largest[line], line))
    shown = sorted((r for r in rows if r["line"] in lines[:_CURVES]), key=lambda r: (lines.index(r["line"]), r["x"]))
    present = _present(reformed.cases[0].compiled, name)
    parameter = f"{name} ({present[1]})"
    chart = curves(shown, mark=float(present[0]), title=parameter, counts=say("col_meets", language))
    table = [{"x": exact_number(row["x"], 6), "line": row["line"], "value": row["value"]} for row in shown]
    columns = [Column("x", name), Column("line", say("col_group", language)), Column("value", say("col_meets", language), True)]
    title = say("title_curve", language, parameter=name)
    return [
        Element("curve", title, say("say_curve", language, value=exact_number(present[0], 6)), columns, table, chart, fold=True)
    ]


def _present(compiled: Compiled, name: str) -> tuple[Decimal, str]:
    """Return the value of a parameter in the present text, and its unit."""
    documents = (compiled.document, *compiled.rests_on)
    return next((p.value, p.unit) for each in documents for key, p in each.value.parameters.items() if key == name)


def version_elements(effects: VersionEffects, old: Compiled, new: Compiled, pack: Pack, language: Language) -> list[Element]:
    """Return results by both texts, the groups, the clauses that move firms, and what is lacking."""
    words = {state: say(f"row_{state}", language) for state in _STATES}
    flowing = effects.flows.to_pylist()
    told = [{**row, "before": words[row["before"]], "after": words[row["after"]]} for row in flowing]
    columns = [Column(name, say(f"col_{name}", language)) for name in ("before", "after")]
    columns.append(Column("firms", say("col_cases", language), True))
    moved = [row for row in flowing if row["before"] != row["after"]]
    chart = flows(moved, before="before", after="after", value="firms", words=words, colours=_STATES)
    counts = {name: f"{effects.count(name):,}" for name in ("firms", "gained", "lost")}
    sentence = say("say_version_flows", language, **counts)
    elements = [Element("flows", say("title_version_flows", language), sentence, columns, told, chart)]
    elements.append(_clauses(effects.clauses.to_pylist(), old, new, language))
    elements.append(_asked(effects, new, pack, language))
    return [*elements, *(_group(kind, effects.groups.to_pylist(), pack, language) for kind in GROUPS)]


def _clauses(rows: Sequence[Mapping[str, Any]], old: Compiled, new: Compiled, language: Language) -> Element:
    told = []
    for row in rows:
        node = (new if row["side"] == "new" else old).nodes[row["condition"]]
        text = f"{text_in(node.text, language)} [{node.clause or '–'}]"
        told.append({**row, "condition": text, "side": say(f"side_{row['side']}", language)})
    columns = [Column("side", say("col_side", language)), Column("condition", say("col_condition", language))]
    columns += [Column("firms", say("col_failed", language), True), Column("alone", say("col_alone", language), True)]
    return Element("clauses", say("title_version_clauses", language), say("say_version_clauses", language), columns, told)


def _asked(effects: VersionEffects, new: Compiled, pack: Pack, language: Language) -> Element:
    titles = {item.id: item_title(item, compiled=new, pack=pack, language=language) for item in new.items}
    rows = [
        {"item": titles[row["item"]], "firms": row["firms"], "new": say("word_yes" if row["new"] else "word_no", language)}
        for row in effects.asked.to_pylist()
    ]
    lacking = sum(row["firms"] for row in effects.flows.to_pylist() if row["after"] == "open_data")
    columns = [Column("item", say("col_item", language)), Column("firms", say("col_waiting", language), True)]
    columns.append(Column("new", say("col_new_item", language)))
    sentence = say("say_version_asked", language, firms=f"{lacking:,}")
    return Element("asked", say("title_version_asked", language), sentence, columns, rows, fold=len(rows) > 20)


def _group(kind: str, rows: Sequence[Mapping[str, Any]], pack: Pack, language: Language) -> Element:
    told = [{**row, "group": group_name(kind, row["group"], pack, language)} for row in rows if row["kind"] == kind]
    told = sorted(told, key=lambda row: (-row["lost"] - row["gained"], row["group"]))
    columns = [Column("group", say(f"col_{kind}", language)), Column("firms", say("col_cases", language), True)]
    columns += [Column(key, say(f"col_{key}", language), True) for key in ("before", "after", "gained", "lost")]
    title = say("title_version_groups", language, kind=say(f"col_{kind}", language))
    return Element(f"by_{kind}", title, "", columns, told, fold=True)
