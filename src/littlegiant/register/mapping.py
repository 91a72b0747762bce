"""The mapping file: which column of which file is which fact, in which unit; written by a person, compiled to SQL."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from littlegiant.documents import Document, Frozen, read_document
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion

PER_CENT = "per cent"
_DIRECTIVE = re.compile(r"%-?[YymbBdHMS]")


class Key(Frozen):
    """The columns that say which firm and year a row is about; a source without a year holds what does not change.

    A number as year says that the whole source is about that year: a wide sheet, with a column for each year, is one
    source a year over the same file.
    """

    firm: str
    year: Annotated[int, Field(strict=True, ge=1900, le=2200)] | str | None = None

    @property
    def year_column(self) -> str | None:
        return self.year if isinstance(self.year, str) else None


class RowTest(Frozen):
    """A test of one column; rows are compared as text, after trimming."""

    column: str
    one_of: tuple[str, ...] = ()
    not_one_of: tuple[str, ...] = ()
    reason: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_test(self) -> "RowTest":
        if bool(self.one_of) == bool(self.not_one_of):
            raise ValueError("give either `one_of:` or `not_one_of:`")
        return self


class Column(Frozen):
    """Where a fact comes from and how to read it."""

    column: str
    unit: str = ""
    times: str | None = None  # a column with a factor for this row
    values: dict[str, str] | Literal["names"] | None = None  # source text -> code; names: by the pack's titles
    date_format: str = ""
    missing: tuple[str, ...] = ()  # texts that mean "not supplied" in this column, besides those of the source

    @field_validator("date_format")
    @classmethod
    def _reads_a_date(cls, value: str) -> str:
        rest = _DIRECTIVE.sub("", value)
        if value and ("%" in rest or not all(re.search(one, value) for one in ("%[Yy]", "%-?[mbB]", "%-?d"))):
            raise ValueError(f"the date format {value!r} needs %Y, %m and %d, as %Y/%m/%d")
        return value


class Source(Frozen):
    """One file."""

    file: str
    format: Literal["csv", "parquet", "xlsx"] = "csv"
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    header_rows: int = Field(default=1, ge=1, le=3)  # of a workbook; the titles of a column are joined by " / "
    missing: tuple[str, ...] = ("",)
    key: Key
    keep: tuple[RowTest, ...] = ()
    reject: tuple[RowTest, ...] = ()
    facts: dict[str, Column] = {}
    titles: dict[str, Column] = {}  # tier -> column that says whether the firm holds the title

    @model_validator(mode="after")
    def _gives_something(self) -> "Source":
        if not self.facts and not self.titles:
            raise ValueError("a source needs `facts:` or `titles:`")
        if self.header_rows > 1 and self.format != "xlsx":
            raise ValueError("only a workbook has several header rows")
        return self


class Mapping(Frozen):
    """The whole file. `constants` are facts that hold for every firm of the register, with the reason in `note`."""

    format: Literal[1]
    mapping: str
    pack: str
    title: dict[str, str] = {}
    note: dict[str, str] = {}
    synthetic: bool = False
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Source] = Field(min_length=1)
    # What becomes of values that a check doubts so much that nothing should be decided on them (see `register/doubts.py`).
    doubtful: Literal["keep", "set_aside"] = "keep"
    constants: dict[str, bool | int | str] = {}


def read_mapping(path: Path, pack: Pack) -> Document[Mapping]:
    """Return the mapping at `path`, checked against the vocabulary of `pack`; raises with all problems at once."""
    return check_mapping(read_document(path, Mapping), pack)


def check_mapping(document: Document[Mapping], pack: Pack) -> Document[Mapping]:
    """Return `document` when it fits the vocabulary of `pack`; raises with all problems at once."""
    if document.value.pack != pack.id:
        found = f"a mapping for pack {document.value.pack!r}"
        refuse(document.place("pack"), found, f"one for pack {pack.id!r}", "Correct `pack:`, or say --pack.", code="other-pack")
    problems = [*_unknown_facts(document, pack), *_doubles(document), *_units(document, pack)]
    problems += [] if problems else [*_constants(document, pack), *_values(document, pack)]
    if problems:
        raise LittleGiantError(problems)
    return document


def _unknown_facts(document: Document[Mapping], pack: Pack) -> list[Problem]:
    problems = []
    mapping = document.value
    named = [(("sources", id, "facts", fact), fact) for id, source in mapping.sources.items() for fact in source.facts]
    for path, fact in [*named, *((("constants", fact), fact) for fact in mapping.constants)]:
        if fact not in pack.facts:
            remedy = suggestion(fact, pack.facts) or "See `littlegiant pack facts` for the vocabulary."
            problems.append(Problem(document.place(*path), f"no fact {fact!r} in pack {pack.id}", "", remedy, "unknown-name"))
    tiers = {tier.id for tier in pack.header.tiers}
    for id, source in mapping.sources.items():
        for tier in source.titles:
            if tier not in tiers:
                remedy = suggestion(tier, tiers) or f"Tiers: {', '.join(sorted(tiers))}."
                place = document.place("sources", id, "titles", tier)
                problems.append(Problem(place, f"no tier {tier!r} in pack {pack.id}", "", remedy, "unknown-name"))
        for fact in source.facts:
            if fact in pack.facts and pack.facts[fact].period == "year" and source.key.year is None:
                place = document.place("sources", id, "facts", fact)
                problems.append(
                    Problem(place, "a yearly fact from a source without a year", "`key: {firm: .., year: ..}`", code="key")
                )
    return problems


def _doubles(document: Document[Mapping]) -> list[Problem]:
    """Find columns mapped twice. A fact may come from several sources: the first that has a value is believed."""
    problems = []
    for id, source in document.value.sources.items():
        columns: dict[str, str] = {}
        for fact, column in source.facts.items():
            place = document.place("sources", id, "facts", fact)
            if column.column in columns:
                found = f"column {column.column!r} mapped to {columns[column.column]} and to {fact}"
                problems.append(Problem(place, found, "each column once", "Remove one of the two.", "column-twice"))
            columns[column.column] = fact
    return problems


def _constants(document: Document[Mapping], pack: Pack) -> Iterator[Problem]:
    """Check that constants are facts that do not change, come from no source, and have the type of their fact."""
    mapped = {fact for source in document.value.sources.values() for fact in source.facts}
    for name, value in document.value.constants.items():
        fact, place = pack.facts[name], document.place("constants", name)
        codes = pack.codes(fact) if fact.type == "code" else None
        fits = {"boolean": isinstance(value, bool), "count": isinstance(value, int) and not isinstance(value, bool)}
        if fact.period == "year":
            yield Problem(place, f"the yearly fact {name!r}", "a fact that does not change", "Give it in a source.", "constant")
        elif name in mapped:
            yield Problem(place, f"{name!r}, which a source gives as well", "", "Remove one of the two.", "fact-twice")
        elif not fits.get(fact.type, isinstance(value, str)) or fact.type in ("money", "number", "share"):
            yield Problem(place, repr(value), f"a {fact.type} value", "", "constant")
        elif fact.type == "date" and not _is_date(str(value)):
            yield Problem(place, repr(value), "a date", "Write it as 2015-06-30.", "constant")
        elif fact.numeric and not fact.bounds()[0] <= int(value) <= fact.bounds()[1]:
            yield Problem(place, repr(value), f"a value from {fact.bounds()[0]} to {fact.bounds()[1]}", "", "constant")
        elif codes is not None and value not in codes:
            remedy = suggestion(str(value), codes) or f"Codes: {', '.join(codes[:10])}."
            yield Problem(place, repr(value), f"a code of {name}", remedy, "unknown-code")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _values(document: Document[Mapping], pack: Pack) -> Iterator[Problem]:
    """Check that the codes to which source texts are turned exist."""
    for id, source in document.value.sources.items():
        for name, column in source.facts.items():
            fact = pack.facts[name]
            if column.values is None:
                continue
            place = document.place("sources", id, "facts", name, "values")
            if fact.type != "code":
                yield Problem(place, f"a table of values for a fact of type {fact.type}", "a code fact", "Remove it.", "values")
            elif isinstance(column.values, dict):
                known = pack.codes(fact) or tuple(pack.sectors)
                for text, code in column.values.items():
                    if code not in known and not (fact.codes == "sectors" and re.fullmatch(f"({'|'.join(known)})[0-9]*", code)):
                        remedy = suggestion(code, known) or f"Codes: {', '.join(known[:10])}."
                        yield Problem(place, f"{text!r} turned to {code!r}", f"a code of {name}", remedy, "unknown-code")


def _units(document: Document[Mapping], pack: Pack) -> list[Problem]:
    problems = []
    money = [multiple.unit for multiple in pack.header.currency.multiples]
    for id, source in document.value.sources.items():
        for name, column in source.facts.items():
            fact = pack.facts.get(name)
            allowed = {"money": money, "share": ["share", PER_CENT]}.get(fact.type if fact else "", [])
            if column.unit and fact is not None and column.unit not in [*allowed, fact.unit]:
                place = document.place("sources", id, "facts", name, "unit")
                expected = f"one of {', '.join(allowed)}" if allowed else "no unit"
                problems.append(Problem(place, repr(column.unit), expected, suggestion(column.unit, allowed), "unit"))
    return problems
