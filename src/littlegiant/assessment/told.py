"""Doubts and links of a register in words: what is doubted, which value, why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from littlegiant.packs import Pack
from littlegiant.words import Language, say, text_in


@dataclass(frozen=True, slots=True)
class Told:
    """One row of `doubts` or `alike` as people read it."""

    what: str
    value: str
    why: str


def told_doubt(row: Mapping[str, Any], pack: Pack, language: Language) -> Told:
    """Return a row of `doubts` in words: year and fact, the figures, the doubt."""
    fact = pack.facts.get(row["fact"])
    words = ("" if row["year"] is None else str(row["year"]), text_in(fact.title, language) if fact else "")
    detail = row["detail"] or ""
    value = say(f"identifier_{detail}", language) if row["doubt"] == "identifier" else detail
    return Told(" ".join(word for word in words if word), value, say(f"doubt_{row['doubt']}", language))


def told_link(row: Mapping[str, Any], pack: Pack, language: Language) -> Told:
    """Return a row of `alike` in words: what is shared, its value, with how many."""
    fact = pack.facts.get(row["kind"])
    what = text_in(fact.title, language) if fact else say("list_same_name", language)
    return Told(what, row["value"], say("list_alike", language, firms=row["firms"]))
