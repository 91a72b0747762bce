"""An element of a report. A picture never comes without its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its key in the rows and its heading; numbers are set flush right."""

    key: str
    heading: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """One finding: what it says, the table it rests on, and the picture made of that table (an SVG), if any."""

    id: str
    title: str
    sentence: str
    columns: Sequence[Column] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    chart: str = ""  # SVG
    notes: Sequence[str] = field(default=())
    fold: bool = False  # show the table behind a heading that opens
