"""The elements of an assessment's report: what was found, each with its table and, where it helps, a picture."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from littlegiant.assessment.explanation import item_title
from littlegiant.assessment.group_names import group_name
from littlegiant.assessment.summary import Summary
from littlegiant.assessment.whole_register import Assessment
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element, bars, reach, stacked_bars, tiles
from littlegiant.words import Language, percent, say, text_in


def elements(summary: Summary, assessment: Assessment, pack: Pack, language: Language) -> list[Element]:
    """Return the report's elements in one language, in the order in which an officer asks."""
    writer = _Writer(summary, assessment, pack, language)
    return [element for element in writer.all() if element.rows or element.sentence]


class _Writer:
    def __init__(self, summary: Summary, assessment: Assessment, pack: Pack, language: Language) -> None:
        self.summary, self.assessment, self.pack, self.language = summary, assessment, pack, language
        self.compiled = assessment.compiled

    def all(self) -> Iterator[Element]:
        yield self._outcomes()
        yield self._funnel()
        yield self._binding()
        yield self._worklist()
        yield self._order()
        yield self._assumed()
        for name, table in (
            ("region", self.summary.by_region),
            ("sector", self.summary.by_sector),
            ("size", self.summary.by_size),
        ):
            yield self._split(name, table.to_pylist())
        yield self._reach()
        yield self._confidence()

    def _say(self, code: str, **values: object) -> str:
        return say(code, self.language, **values)

    def _count(self, outcome: str, *opens: str | None) -> int:
        rows = self.summary.outcomes.to_pylist()
        return sum(row["cases"] for row in rows if row["outcome"] == outcome and (not opens or row["open"] in opens))

    def _outcomes(self) -> Element:
        cases = self.summary.cases
        counts = {
            "eligible": self._count("eligible"),
            "open_finding": self._count("undetermined", "finding"),
            "open_data": self._count("undetermined", "data", "both"),
            "ineligible": self._count("ineligible"),
        }
        rows = [
            {"outcome": self._say(f"row_{key}"), "cases": n, "share": percent(_fraction(n, cases), 1)}
            for key, n in counts.items()
        ]
        columns = [
            Column("outcome", self._say("col_outcome")),
            Column("cases", self._say("col_cases"), True),
            Column("share", self._say("col_share"), True),
        ]
        parts = {key: (self._say(f"row_{key}"), colour) for key, colour in _COLOURS.items()}
        bar = [{"label": self._say("row_all"), **counts}]
        chart = stacked_bars(bar, label="label", parts=parts, title=self._say("col_share"), share=True)
        not_judged = self.summary.registered - cases
        notes = [self._say("note_not_judged", count=f"{not_judged:,}", year=self.assessment.year)] if not_judged else []
        sentence = self._say("say_outcomes", cases=f"{cases:,}", **{key: f"{n:,}" for key, n in counts.items()})
        return Element("outcomes", self._say("title_outcomes"), sentence, columns, rows, chart, notes)

    def _condition(self, id: str) -> str:
        node = self.compiled.nodes[id]
        return self._say("condition", text=text_in(node.text, self.language), clause=node.clause or "–")

    def _funnel(self) -> Element:
        rows = [{**row, "text": self._condition(row["condition"])} for row in self.summary.funnel.to_pylist()]
        columns = [Column("text", self._say("col_condition")), Column("left", self._say("col_left"), True)]
        bound = [row for row in self.summary.binding.to_pylist() if row["failed"]]
        worst = max(bound, key=lambda row: row["failed"], default=None)
        sentence = self._say("say_funnel_none")
        if worst is not None:
            sentence = self._say(
                "say_funnel",
                text=self._condition(worst["condition"]),
                count=f"{worst['failed']:,}",
                left=f"{rows[-1]['left']:,}",
            )
        chart = bars(
            [{"text": _short(row["text"]), "left": row["left"]} for row in rows],
            label="text",
            value="left",
            title=self._say("col_left"),
            most=40,
        )
        return Element("funnel", self._say("title_funnel"), sentence, columns, rows, chart, [self._say("note_funnel")], fold=True)

    def _binding(self) -> Element:
        rows = sorted(self.summary.binding.to_pylist(), key=lambda row: (-row["alone"], -row["failed"], row["condition"]))
        shown = [{**row, "text": self._condition(row["condition"]), "with_others": row["failed"] - row["alone"]} for row in rows]
        columns = [
            Column("text", self._say("col_condition")),
            Column("alone", self._say("col_alone"), True),
            Column("failed", self._say("col_failed"), True),
            Column("unknown", self._say("col_unknown"), True),
        ]
        top = shown[0] if shown else None
        sentence = (
            self._say("say_binding", text=top["text"], count=f"{top['alone']:,}")
            if top and top["alone"]
            else self._say("say_binding_none")
        )
        parts = {"alone": (self._say("col_alone"), "bad"), "with_others": (self._say("col_with_others"), "finding")}
        failing = [{**row, "text": _short(row["text"])} for row in shown if row["failed"]]
        chart = stacked_bars(failing, label="text", parts=parts, title=self._say("col_cases"), share=False) if failing else ""
        return Element("binding", self._say("title_binding"), sentence, columns, shown, chart)

    def _item(self, id: str) -> str:
        (item,) = [item for item in self.compiled.items if item.id == id]
        return item_title(item, compiled=self.compiled, pack=self.pack, language=self.language)

    def _worklist(self) -> Element:
        rows = [
            {**row, "text": self._item(row["item"]), "kind_text": self._say(f"kind_{row['kind']}")}
            for row in self.summary.worklist.to_pylist()
        ]
        columns = [
            Column("text", self._say("col_item")),
            Column("kind_text", self._say("col_kind")),
            Column("alone", self._say("col_settles_alone"), True),
            Column("cases", self._say("col_waiting"), True),
        ]
        if not rows:
            return Element("worklist", self._say("title_worklist"), self._say("say_worklist_none"))
        widest = max(rows, key=lambda row: row["cases"])
        sentence = self._say(
            "say_worklist",
            text=widest["text"],
            cases=f"{widest['cases']:,}",
            alone=f"{sum(row['alone'] for row in rows):,}",
        )
        chart = bars(
            [{"text": _short(row["text"]), "cases": row["cases"]} for row in rows],
            label="text",
            value="cases",
            title=self._say("col_waiting"),
            colour="data",
        )
        return Element("worklist", self._say("title_worklist"), sentence, columns, rows[:40], chart, [self._say("note_worklist")])

    def _order(self) -> Element:
        rows = [{**row, "text": self._item(row["item"])} for row in self.summary.order.to_pylist()]
        columns = [
            Column("step", self._say("col_step"), True),
            Column("text", self._say("col_item")),
            Column("settles", self._say("col_settles"), True),
            Column("settled", self._say("col_settled"), True),
        ]
        if not rows:
            return Element("order", "", "")
        half = next((row for row in rows if 2 * row["settled"] >= rows[-1]["settled"]), rows[-1])
        sentence = self._say("say_order", steps=half["step"], settled=f"{half['settled']:,}", total=f"{rows[-1]['settled']:,}")
        return Element(
            "order",
            self._say("title_order"),
            sentence,
            columns,
            rows[:40],
            fold=len(rows) > 12,
            notes=[self._say("note_order")],
        )

    def _assumed(self) -> Element:
        rows = [{**row, "text": self._item(row["item"])} for row in self.summary.assumed.to_pylist()]
        columns = [Column("text", self._say("col_item")), Column("cases", self._say("col_cases"), True)]
        sentence = self._say("say_assumed", cases=f"{sum(row['cases'] for row in rows):,}") if rows else ""
        return Element("assumed", self._say("title_assumed"), sentence, columns, rows)

    def _reach(self) -> Element:
        """Return the distribution of a score with its uncertain part."""
        score = self.compiled.standard.score
        rows = self.summary.reach.to_pylist()
        if score is None or not rows:
            return Element("reach", self._say("title_reach"), "")
        words = {"sure": self._say("reach_sure"), "possible": self._say("reach_possible")}
        at = next((row for row in rows if row["score"] == score.pass_), {"sure": 0, "possible": 0})
        sentence = self._say("say_reach", mark=score.pass_, sure=f"{at['sure']:,}", possible=f"{at['possible']:,}")
        columns = [Column("score", self._say("col_score"), True), *(Column(key, word, True) for key, word in words.items())]
        chart = reach(rows, mark=score.pass_, title=self._say("col_score"), counts=self._say("col_cases"), **words)
        return Element("reach", self._say("title_reach"), sentence, columns, rows, chart, fold=True)

    def _tiles(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Return the map of regions: firms not excluded, those of a city that reports by itself with its province."""
        counted: dict[str, int] = {}
        for row in rows:
            region = self.pack.regions.get(row["region"])
            code = row["region"] if region is None or region.within is None else region.within
            counted[code] = counted.get(code, 0) + row["cases"] - row["ineligible"]
        placed = [
            {
                "x": region.tile[0],
                "y": region.tile[1],
                "label": text_in(region.title, self.language),
                "value": counted.get(code, 0),
            }
            for code, region in self.pack.regions.items()
            if region.tile is not None
        ]
        return tiles(placed, title=self._say("col_left")) if any(tile["value"] for tile in placed) else ""

    def _split(self, split: str, rows: Sequence[Mapping[str, Any]]) -> Element:
        ordered = sorted(rows, key=lambda row: (row[split] == "?", -row["cases"], row[split]))
        named = [{**row, "name": group_name(split, row[split], self.pack, self.language)} for row in ordered]
        parts = {key: (self._say(f"row_{key}"), colour) for key, colour in _COLOURS.items()}
        columns = [Column("name", self._say(f"col_{split}")), Column("cases", self._say("col_cases"), True)]
        columns += [Column(key, word, True) for key, (word, _) in parts.items()]
        if not named:
            return Element(split, self._say(f"title_{split}"), "")
        first = named[0]
        not_out = sum(row["cases"] - row["ineligible"] for row in named)
        sentence = self._say(
            "say_split", count=len(named), name=first["name"], cases=f"{first['cases']:,}", not_out=f"{not_out:,}"
        )
        left = {key: part for key, part in parts.items() if key != "ineligible"}
        drawn = sorted(
            (row for row in named if row["cases"] > row["ineligible"]), key=lambda row: row["ineligible"] - row["cases"]
        )
        chart = self._tiles(rows) if split == "region" else ""
        chart += stacked_bars(drawn, label="name", parts=left, title=self._say("col_left"), share=False) if drawn else ""
        return Element(split, self._say(f"title_{split}"), sentence, columns, named, chart, fold=True)

    def _confidence(self) -> Element:
        rows = []
        for id, node in self.compiled.nodes.items():
            if node.parent is None and node.confidence != "text":
                word = self._say(f"confidence_{node.confidence.split()[0]}") if node.confidence else "–"
                rows.append({"text": self._condition(id), "number": node.number, "confidence": word, "note": node.note or "–"})
        columns = [
            Column("text", self._say("col_condition")),
            Column("number", self._say("col_law")),
            Column("confidence", self._say("col_confidence")),
        ]
        total = sum(1 for node in self.compiled.nodes.values() if node.parent is None)
        sentence = self._say("say_confidence", count=len(rows), total=total)
        notes = [
            self._say("note_clause", text=self._condition(id), note=node.note)
            for id, node in self.compiled.nodes.items()
            if node.note
        ]
        return Element("confidence", self._say("title_confidence"), sentence, columns, rows, notes=notes)


_COLOURS = {"eligible": "good", "open_finding": "finding", "open_data": "data", "ineligible": "bad"}


def _short(text: str) -> str:
    return text if len(text) <= 46 else text[:45] + "…"


def _fraction(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)
