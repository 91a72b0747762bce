"""From recognised titles to a mapping: what is written in the sheet is taken, what is not is guessed and asked once."""

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import python_calamine
import yaml

from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion
from littlegiant.register.headers import Header, Heading, find_header
from littlegiant.register.mapping import PER_CENT

_FEWEST = 2  # recognised titles that make a header
_MAIN = 1_000_000  # a median from here up looks like amounts in the main unit


@dataclass(frozen=True)
class Reading:
    """A column as it will be read; `guessed` names what its title does not say."""

    heading: Heading
    unit: str = ""
    year: int | None = None
    guessed: tuple[str, ...] = ()
    skip: str = ""  # why the column is left out

    @property
    def number(self) -> int:
        return self.heading.position + 1


@dataclass(frozen=True)
class Proposal:
    """How a sheet will be read. `key` is the column that tells firms apart."""

    workbook: Path
    sheet: str
    header: Header
    readings: tuple[Reading, ...]
    key: Heading
    year_column: Heading | None
    last_year: int
    sheets_left: tuple[str, ...]
    rows: Sequence[Sequence[Any]] = field(repr=False)

    @property
    def first_data_row(self) -> int:
        return self.header.first + self.header.rows

    @property
    def guesses(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.readings if reading.guessed and not reading.skip)


def propose(workbook: Path, pack: Pack, *, last_year: int, sheet: str | None = None) -> Proposal:
    """Read the titles of `workbook` against the vocabulary; raises when no sheet has a header that is recognised."""
    try:
        return _proposed(workbook, pack, last_year, sheet)
    except python_calamine.CalamineError as error:
        found = f"a workbook that cannot be read ({str(error)[:80]})"
        raise LittleGiantError(
            [Problem(workbook.name, found, "", "Open it in Excel or WPS and save it again.", "workbook")]
        ) from error


def _proposed(workbook: Path, pack: Pack, last_year: int, sheet: str | None) -> Proposal:
    opened = python_calamine.load_workbook(str(workbook))
    visible = [
        meta.name
        for meta in opened.sheets_metadata
        if meta.visible == python_calamine.SheetVisibleEnum.Visible and meta.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    if sheet is not None and sheet not in opened.sheet_names:
        remedy = suggestion(sheet, opened.sheet_names) or f"It has: {', '.join(opened.sheet_names)}."
        refuse(workbook.name, f"no sheet {sheet!r}", "", remedy, code="unknown-sheet")
    found = []
    for name in [sheet] if sheet is not None else visible:
        page = opened.get_sheet_by_name(name)
        rows = page.to_python(skip_empty_area=False)
        merged = page.merged_cell_ranges or []
        found.append((find_header(rows, merged, pack), name, rows))
    if not found:
        refuse(workbook.name, "no sheet that is shown", "a list of firms", "Say which with --sheet.", code="no-sheet")
    header, name, rows = max(found, key=lambda one: one[0].recognised)
    if header.recognised < _FEWEST:
        titles = [str(cell) for cell in (rows[0] if rows else []) if str(cell).strip()][:8]
        remedy = "Say how to read it with --mapping, or give the columns their usual titles (littlegiant pack facts lists them)."
        shown = f"no header that is recognised (row 1 of {name}: {', '.join(titles) or 'empty'})"
        refuse(f"{workbook.name}, sheet {name}", shown, "the firm and at least one fact in titles", remedy, code="header")
    others = tuple(n for n in opened.sheet_names if n != name)
    return _proposal(workbook, name, header, rows, pack, last_year, others)


def _proposal(
    workbook: Path, sheet: str, header: Header, rows: Sequence[Sequence[Any]], pack: Pack, last_year: int, others: tuple[str, ...]
) -> Proposal:
    headings = header.headings
    key = next((h for h in headings if h.role == "firm"), None) or next((h for h in headings if h.name == "name"), None)
    if key is None:
        found = f"no column that names the firm (titles: {', '.join(h.title for h in headings if h.title)[:200]})"
        expected = "a column with the firm's official number or its name"
        refuse(f"{workbook.name}, sheet {sheet}", found, expected, "Give that column its usual title.", code="no-key")
    year_column = next((h for h in headings if h.role == "year"), None)
    data = rows[header.first + header.rows - 1 :]
    # Where no title names a year later than that, the year asked for is the latest.
    readings = [_reading(h, data, pack, last_year, year_column) for h in headings if h.role in ("fact", "title") or h.near]
    return Proposal(workbook, sheet, header, tuple(_each_once(readings)), key, year_column, last_year, others, rows)


def _reading(heading: Heading, data: Sequence[Sequence[Any]], pack: Pack, last_year: int, year_column: Heading | None) -> Reading:
    if heading.role == "":
        return Reading(heading, skip="unknown")
    if heading.role == "title":
        return Reading(heading)
    fact = pack.facts[heading.name]
    values = [row[heading.position] for row in data if heading.position < len(row) and row[heading.position] not in ("", None)]
    guessed, unit, year = [], heading.unit, None
    if fact.type in ("money", "share") and not unit:
        unit, sure = _unit(fact.type, values, pack)
        guessed += [] if sure else ["unit"]
    if fact.type not in ("money", "share"):
        unit = ""
    if fact.period == "year" and year_column is None:
        year = heading.year if heading.year is not None else last_year - (heading.back or 0)
        guessed += ["year"] if heading.year is None and heading.back is None else []
    skip = "" if _codes_fit(fact, values, pack) else "codes"
    return Reading(heading, unit, year, tuple(guessed), skip)


def _unit(type_: str, values: Sequence[Any], pack: Pack) -> tuple[str, bool]:
    """Guess the unit of a column from its values; a share that writes its sign is sure."""
    numbers, signed = [], 0
    for value in values:
        text = str(value).strip().replace(",", "")
        signed += text.endswith(("%", "％"))
        try:
            numbers.append(abs(Decimal(text.rstrip("%％"))))
        except InvalidOperation:
            continue
    median = statistics.median(numbers) if numbers else Decimal(0)
    if type_ == "share":
        if values and signed == len(values):
            return PER_CENT, True
        return (PER_CENT, False) if median > 1 else ("", False)
    main = next(multiple.unit for multiple in pack.header.currency.multiples if multiple.factor == 1)
    return main if median >= _MAIN else pack.header.headings.usual_unit or main, False


def _codes_fit(fact: Any, values: Sequence[Any], pack: Pack) -> bool:
    """Say whether a column of codes holds codes or titles of the pack; half of them is enough to try."""
    if fact.type != "code":
        return True
    known = set(pack.codes(fact) or ())
    if fact.codes == "regions":
        known |= {spelling for region in pack.regions.values() for spelling in (*region.title.values(), *region.names)}
    if fact.codes == "sectors":
        known |= {spelling for code, title in pack.sectors.items() for spelling in (code, *title.values())}
    texts = [str(value).strip() for value in values]
    fits = sum(text in known or (fact.codes == "sectors" and text[:3].upper() in known) for text in texts)
    return bool(texts) and fits * 2 >= len(texts)


def _each_once(readings: Sequence[Reading]) -> Iterator[Reading]:
    """Leave out a second column for the same fact and year: the first is read, the other is told."""
    seen: set[tuple[str, str, int | None]] = set()
    for reading in readings:
        key = (reading.heading.role, reading.heading.name, reading.year)
        yield replace(reading, skip="twice") if key in seen and not reading.skip else reading
        if not reading.skip:
            seen.add(key)


# --- corrections -------------------------------------------------------------------------------------------------------


def corrected(proposal: Proposal, answer: str, pack: Pack) -> Proposal:
    """Return the proposal with corrections such as `3=10k CNY; 5=2024; 7=skip`; raises for one that cannot be read."""
    readings = {reading.number: reading for reading in proposal.readings}
    for part in (part.strip() for part in answer.replace("；", ";").split(";")):
        if not part:
            continue
        number, sign, value = (text.strip() for text in part.partition("="))
        if not sign or not number.isdigit() or int(number) not in readings:
            refuse(
                "answer",
                repr(part),
                "a column number, =, and a unit, a year or skip",
                "As: 3=10k CNY; 5=2024; 7=skip",
                code="answer",
            )
        readings[int(number)] = _corrected(readings[int(number)], value, pack, part)
    afresh = [replace(r, skip="") if r.skip == "twice" else r for r in readings.values()]
    return replace(proposal, readings=tuple(_each_once(afresh)))


def _corrected(reading: Reading, value: str, pack: Pack, part: str) -> Reading:
    if value in pack.header.headings.skip:
        return replace(reading, skip="asked")
    fact = pack.facts.get(reading.heading.name) if reading.heading.role == "fact" else None
    if value.isdigit() and 1900 <= int(value) <= 2200:
        if reading.year is None or fact is None:
            refuse("answer", repr(part), "a column that changes from year to year", "Leave it out.", code="answer")
        return replace(reading, year=int(value), guessed=tuple(g for g in reading.guessed if g != "year"))
    units = {m.unit: m.unit for m in pack.header.currency.multiples} | {PER_CENT: PER_CENT, "%": PER_CENT, "share": ""}
    units |= {title: m.unit for m in pack.header.currency.multiples for title in m.title.values()}
    if value not in units:
        remedy = suggestion(value, units) or f"Units: {', '.join(units)}."
        raise LittleGiantError([Problem("answer", repr(part), "a unit, a year or skip", remedy, "answer")])
    if fact is None or fact.type != ("share" if units[value] in (PER_CENT, "") else "money"):
        refuse("answer", repr(part), "a unit that the figures of the column can have", "Leave it out.", code="answer")
    return replace(reading, unit=units[value], guessed=tuple(g for g in reading.guessed if g != "unit"))


# --- the mapping -------------------------------------------------------------------------------------------------------


def mapping_of(proposal: Proposal, pack: Pack) -> dict[str, Any]:
    """Return the mapping document of the proposal: one source for what does not change, one for each year."""
    used = [reading for reading in proposal.readings if not reading.skip]
    common: dict[str, Any] = {
        "file": proposal.workbook.name,
        "format": "xlsx",
        "sheet": proposal.sheet,
        "header_row": proposal.header.first,
        "header_rows": proposal.header.rows,
        "missing": ["", *pack.header.headings.missing],
        "reject": [_totals(proposal, pack)],
    }
    static = {
        r.heading.name: _column(r, pack)
        for r in used
        if r.heading.role == "fact" and pack.facts[r.heading.name].period == "static"
    }
    titles = {r.heading.name: {"column": r.heading.title} for r in used if r.heading.role == "title"}
    yearly = [r for r in used if r.heading.role == "fact" and pack.facts[r.heading.name].period == "year"]
    key = proposal.key.title
    sources: dict[str, Any] = {}
    if proposal.year_column is not None:
        facts = {**static, **{r.heading.name: _column(r, pack) for r in yearly}}
        sources["firms"] = {**common, "key": {"firm": key, "year": proposal.year_column.title}, "facts": facts}
        if titles:
            sources["firms"]["titles"] = titles
    else:
        if static or titles:
            sources["firms"] = {**common, "key": {"firm": key}, "facts": static, **({"titles": titles} if titles else {})}
        for year in sorted({r.year for r in yearly if r.year is not None}, reverse=True):
            facts = {r.heading.name: _column(r, pack) for r in yearly if r.year == year}
            sources[f"y{year}"] = {**common, "key": {"firm": key, "year": year}, "facts": facts}
    return {
        "format": 1,
        "mapping": "list",
        "pack": pack.id,
        "title": {"zh": f"{proposal.workbook.name}（{proposal.sheet}）", "en": f"{proposal.workbook.name} ({proposal.sheet})"},
        "doubtful": "set_aside",
        "sources": sources,
    }


def _totals(proposal: Proposal, pack: Pack) -> Mapping[str, Any]:
    """Return the test that sets rows of totals aside; their word stands beside the names, as `合 计：` too."""
    name = next((h for h in proposal.header.headings if h.name == "name"), proposal.key)
    reason = {"zh": "合计行，不是企业", "en": "a row of totals, no firm"}
    words = list(pack.header.headings.total_rows) or ["total"]
    texts = [str(row[name.position]).strip() for row in proposal.rows if name.position < len(row)]
    spelt = [text for text in texts if re.sub(r"[（(].*|[\s:：]", "", text).lower() in words]
    return {"column": name.title, "one_of": list(dict.fromkeys([*words, *spelt])), "reason": reason}


def _column(reading: Reading, pack: Pack) -> dict[str, Any]:
    column: dict[str, Any] = {"column": reading.heading.title}
    if reading.unit:
        column["unit"] = reading.unit
    fact = pack.facts[reading.heading.name]
    if fact.codes in ("regions", "sectors"):
        column["values"] = "names"
    return column


def mapping_text(mapping: Mapping[str, Any]) -> str:
    """Return the document as text, everything written out: documents know no aliases."""
    text: str = yaml.dump(dict(mapping), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)
    return text


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
