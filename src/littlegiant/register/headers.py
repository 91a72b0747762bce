"""The column titles of an officer's workbook held against the vocabulary: which fact, in which unit, of which year.

A title such as `2025年营业收入（万元）` is taken apart – year, unit, what is left – and what is left is looked up among
the usual header names of the pack. What is not written there is not known: it is guessed from the values, marked as a
guess, and asked.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from littlegiant.packs import Pack
from littlegiant.register.mapping import PER_CENT
from littlegiant.register.reading import header_titles

Role = Literal["fact", "title", "firm", "year", ""]
_BRACKETED = re.compile(r"[(\[【〔]([^)\]】〕]*)[)\]】〕]")
_NUMBERING = re.compile(r"^(?:\d{1,2}|[一二三四五六七八九十]{1,2})(?:[.、)]\s*|\s+)")
_CIRCLED = re.compile(r"^[①-⑳]\s*")
_BETWEEN = re.compile(r"[\s_\-–—/:：;；,，、。·*]+")
_PARTS = re.compile(r"[,;、/]")
HEADER_ROWS = 10  # a header is looked for in so many rows from the top


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as its title tells: `unit` and `year` are empty where the title does not say."""

    position: int
    title: str
    role: Role = ""
    name: str = ""  # fact or tier
    unit: str = ""
    year: int | None = None
    back: int | None = None  # years before the latest, where the title says so in words
    near: str = ""  # a usual title that looks like this one


@dataclass(frozen=True, slots=True)
class Header:
    """Where the titles stand (rows counted from 1) and what they say."""

    first: int
    rows: int
    headings: tuple[Heading, ...]

    @property
    def recognised(self) -> int:
        """How many different things the titles name; a second column of the same fact and year adds nothing."""
        return len({(h.role, h.name, h.year, h.back) for h in self.headings if h.role})


def find_header(rows: Sequence[Sequence[Any]], merged: Sequence[Any], pack: Pack) -> Header:
    """Return the rows near the top in which most titles are recognised; of equal ones the shorter and higher."""
    reader = HeaderReader(pack)
    found = Header(1, 1, ())
    for count in (1, 2, 3):
        for first in range(1, min(HEADER_ROWS, len(rows)) + 1):
            titles = header_titles([list(row) for row in rows[: HEADER_ROWS + 3]], merged, first, count)
            header = Header(first, count, tuple(reader.read(position, title) for position, title in enumerate(titles)))
            if header.recognised > found.recognised:
                found = header
    return found


class HeaderReader:
    """Knows the usual titles of a pack's facts, tiers, identifier and years."""

    def __init__(self, pack: Pack) -> None:
        self.known: dict[str, tuple[Role, str]] = {}
        self.types = {name: fact.type for name, fact in pack.facts.items()}
        for name, fact in pack.facts.items():
            self._learn("fact", name, [*fact.title.values(), *(h for headers in fact.headers.values() for h in headers)])
        for tier in pack.header.tiers:
            self._learn("title", tier.id, [h for headers in tier.headers.values() for h in headers])
        identifier = pack.header.identifier
        if identifier is not None:
            self._learn("firm", "", [*identifier.title.values(), *(h for hs in identifier.headers.values() for h in hs)])
        words = self.words = pack.header.headings
        self._learn("year", "", words.years)
        self.units = dict.fromkeys(words.per_cent, PER_CENT)
        for multiple in pack.header.currency.multiples:
            for title in (*multiple.title.values(), multiple.unit):
                self.units.update({f"{mark}{title}".lower(): multiple.unit for mark in ("", *words.unit_marks)})
        # The longest first: 万元 before 元.
        self.suffixes = sorted((u for u, unit in self.units.items() if unit != PER_CENT or " " not in u), key=len, reverse=True)
        self.relative = [(word.lower(), back) for back, given in words.relative_years.items() for word in given]
        self.relative.sort(key=lambda pair: -len(pair[0]))
        starts, ends = (_any(sorted(given, key=len, reverse=True)) for given in (words.year_starts, words.year_ends))
        self.year = re.compile(rf"(?:{starts})?(?<!\d)((?:19|20)\d\d)(?!\d)\s*(?:{ends})?")
        self.other = re.compile(_any(words.other_figures))
        self.group = re.compile(f"(?:{_any(words.groups)})$")

    def _learn(self, role: Role, name: str, titles: Sequence[str]) -> None:
        for title in titles:
            self.known.setdefault(_plain(title), (role, name))

    def read(self, position: int, title: str) -> Heading:
        """Take one title apart and look it up."""
        text = unicodedata.normalize("NFKC", _CIRCLED.sub("", title.strip())).lower().strip()
        for mark in (mark for mark in self.words.unit_marks if mark.endswith(":")):
            text = text.replace(mark, " ")
        text = " / ".join(self._without_groups(text.split(" / ")))
        unit, years = "", set[int]()
        brackets = _BRACKETED.findall(text)
        for group in brackets:
            unit = unit or self._unit_in(group)
            years |= {int(year) for year in self.year.findall(group)}
        base = _BRACKETED.sub(" ", text)
        years |= {int(year) for year in self.year.findall(base)}
        base = self.year.sub(" ", base)
        words = [self._without_numbering(word) for word in base.split(" / ")]
        unit = unit or next((self.units[word] for word in words if word in self.units), "")
        base = _plain(" ".join(word for word in words if word not in self.units))
        year = years.pop() if len(years) == 1 else None
        other = len(years) > 1 or any(self.other.search(self.year.sub(" ", group)) for group in brackets)
        for candidate, back, written in self._candidates(base):
            if candidate in self.known:
                role, name = self.known[candidate]
                measured = "share" if (unit or written) == PER_CENT else "money"
                if other or (role == "fact" and (unit or written) and self.types[name] != measured):
                    return Heading(position, title, near=candidate)
                return Heading(position, title, role, name, unit or written, year, back)
        near = get_close_matches(base, self.known, 1, 0.75) if base else []
        return Heading(position, title, near=near[0] if near else "")

    def _unit_in(self, group: str) -> str:
        """Return the unit that words in brackets give: alone, beside a year, or as a word of its own; never half of one."""
        parts = [part.strip() for part in _PARTS.split(self.year.sub(" ", group)) if part.strip()]
        found = {
            self.units[part]
            for part in parts
            if part in self.units and (len(parts) == 1 or not (part.isascii() and part.isalnum()))
        }
        return found.pop() if len(found) == 1 else ""

    def _without_numbering(self, word: str) -> str:
        return _NUMBERING.sub("", word.strip())

    def _without_groups(self, words: list[str]) -> list[str]:
        """Leave out words that only say what kind of columns follow, such as 财务指标; the last word always stays."""
        *above, last = words
        return [w for w in above if self.other.search(w) or not self.group.search(_BRACKETED.sub("", w).strip())] + [last]

    def _candidates(self, base: str) -> list[tuple[str, int | None, str]]:
        """Return the title as it is, without a unit at its end, without words for the year or the question around it."""
        found: list[tuple[str, int | None, str]] = [(base, None, "")]
        ends = [suffix for suffix in self.suffixes if base.endswith(_plain(suffix)) and len(base) > len(_plain(suffix))]
        found += [(base.removesuffix(_plain(suffix)), None, self.units[suffix]) for suffix in ends]
        for text, _, unit in list(found):
            for word, back in self.relative:
                plain = _plain(word)
                if text.startswith(plain) or text.endswith(plain):
                    found.append((text.removeprefix(plain).removesuffix(plain), back, unit))
        for candidate, ago, written in list(found):
            text = candidate
            for start in self.words.starts:
                text = text.removeprefix(start)
            for end in self.words.ends:
                text = text.removesuffix(end)
            found.append((text, ago, written))
        return found


def _any(words: Sequence[str]) -> str:
    """Return a pattern for any of `words`; for none of them one that never matches."""
    return "|".join(re.escape(word) for word in words) or r"(?!)"


def _plain(text: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).lower())
