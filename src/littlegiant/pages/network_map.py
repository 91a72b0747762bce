"""A firm among its partners: suppliers left, buyers right, the thicker the link the more flows; readable without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from littlegiant.pages.charts import COLOURS, FONT

_WIDTH, _ROW, _SIDE, _BOX, _TOP = 980, 30, 300, 150, 34
_THINNEST, _THICKEST = 1.0, 12.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A partner: its label, what stands below it, the value of the link, and a colour of `COLOURS`."""

    label: str
    note: str
    value: float
    colour: str = "finding"


def network_map(
    firm: str, note: str, suppliers: Sequence[Neighbour], buyers: Sequence[Neighbour], *, words: tuple[str, str]
) -> str:
    """Return an SVG: the firm in the middle, `suppliers` left and `buyers` right in their order; `words` head the sides."""
    count = max(len(suppliers), len(buyers), 1)
    height = _TOP + count * _ROW + 16
    most = max((each.value for each in (*suppliers, *buyers)), default=1.0) or 1.0
    middle = _TOP + count * _ROW / 2
    parts = [_side(suppliers, most, middle, count, left=True), _side(buyers, most, middle, count, left=False)]
    centre = (_WIDTH - _BOX) / 2
    parts.append(
        f'<rect x="{centre}" y="{middle - 24:.1f}" width="{_BOX}" height="48" rx="4" fill="{COLOURS["strong"]}"/>'
        + _text(_WIDTH / 2, middle - 3, firm, "middle", "white", 12)
        + _text(_WIDTH / 2, middle + 14, note, "middle", "white", 11)
    )
    parts.append(_text(_SIDE, 18, words[0], "end", "#5b6875", 12) + _text(_WIDTH - _SIDE, 18, words[1], "start", "#5b6875", 12))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
    return f"{head}{''.join(parts)}</svg>"


def _side(partners: Sequence[Neighbour], most: float, middle: float, count: int, *, left: bool) -> str:
    parts = []
    first = _TOP + (count - len(partners)) * _ROW / 2
    edge = (_WIDTH - _BOX) / 2 if left else (_WIDTH + _BOX) / 2
    x = _SIDE + 8 if left else _WIDTH - _SIDE - 8
    for number, each in enumerate(partners):
        y = first + (number + 0.5) * _ROW
        width = max(_THINNEST, _THICKEST * each.value / most)
        bend = (x + edge) / 2
        title = escape(f"{each.label}: {each.note}")
        parts.append(
            f'<path d="M{x} {y:.1f} C{bend:.1f} {y:.1f} {bend:.1f} {middle:.1f} {edge} {middle:.1f}" fill="none" '
            f'stroke="{COLOURS[each.colour]}" stroke-width="{width:.1f}" opacity="0.75"><title>{title}</title></path>'
        )
        anchor, at = ("end", _SIDE) if left else ("start", _WIDTH - _SIDE)
        parts.append(_text(at, y - 2, each.label, anchor, "#1d2730", 12) + _text(at, y + 11, each.note, anchor, "#5b6875", 10))
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str, colour: str, size: int) -> str:
    style = f'text-anchor="{anchor}" font-family="{FONT}" font-size="{size}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
