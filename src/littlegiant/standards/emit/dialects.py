"""The query in the words of other engines. It is written once, for DuckDB; here single words are exchanged, nothing else.

Strings are left alone. What an engine lacks is refused by name, not approximated.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from littlegiant.problems import refuse, suggestion

_STRING = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")")


@dataclass(frozen=True)
class Dialect:
    """What is said otherwise: whole words by their replacement, identifiers by a function of the bare name."""

    name: str
    words: dict[str, str]  # what is no word is exchanged as it stands
    quote: Callable[[str], str]
    days: str  # days from {0} to {1}


POSTGRES = Dialect(
    "postgres",
    # Without the fence the planner puts each layer's expressions into the next one, and the text grows beyond all bounds.
    {
        "HUGEINT": "NUMERIC",
        "VARCHAR": "TEXT",
        "//": "/",
        ") AS layer": " OFFSET 0) AS layer",
        ") AS verdict": " OFFSET 0) AS verdict",
    },
    lambda name: f'"{name}"',
    "({1} - {0})",
)
SPARK = Dialect(
    "spark",
    {"HUGEINT": "DECIMAL(38, 0)", "VARCHAR": "STRING", "STARTS_WITH": "STARTSWITH", "//": "/"},
    lambda name: f"`{name}`",
    "DATEDIFF({1}, {0})",
)
_KNOWN = {dialect.name: dialect for dialect in (POSTGRES, SPARK)}


def in_dialect(text: str, name: str) -> str:
    """Return a DuckDB query in the dialect `name` (duckdb, postgres, spark)."""
    if name == "duckdb":
        return text
    if name not in _KNOWN:
        remedy = suggestion(name, ["duckdb", *_KNOWN]) or f"Known: duckdb, {', '.join(_KNOWN)}."
        refuse("--dialect", repr(name), "a known dialect", remedy, code="unknown-name")
    dialect = _KNOWN[name]
    parts = _STRING.split(text)
    strings = parts[1::2]
    bare = "".join(part if n % 2 == 0 else f"__{n // 2}__" for n, part in enumerate(parts))
    bare = _days(bare, strings, dialect)
    for word, other in dialect.words.items():
        bare = bare.replace(word, other) if not word.isidentifier() else re.sub(rf"\b{word}\b", other, bare)
    return re.sub(r"__(\d+)__", lambda found: _string(strings[int(found[1])], dialect), bare)


def _days(bare: str, strings: list[str], dialect: Dialect) -> str:
    """Exchange DATE_DIFF('day', a, b); a and b are columns or dates, so they hold no comma of their own."""

    def exchanged(found: re.Match[str]) -> str:
        assert strings[int(found[1])] == "'day'"
        return dialect.days.format(found[2], found[3])

    return re.sub(r"DATE_DIFF\(__(\d+)__, ([^,]+?), ([^,()]+(?:\([^()]*\))?)\)", exchanged, bare)


def _string(text: str, dialect: Dialect) -> str:
    if text.startswith('"'):
        return dialect.quote(text[1:-1].replace('""', '"'))
    return text.replace("\\", "\\\\") if dialect is SPARK else text
