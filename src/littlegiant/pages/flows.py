"""A Sankey picture: how many go from each state before to each state after. Vega-Lite has no such mark."""

from collections.abc import Mapping, Sequence
from html import escape

from littlegiant.pages.charts import COLOURS, FONT

_WIDTH, _HEIGHT, _BAR, _GAP, _SIDE = 400, 320, 14, 18, 300
_SMALLEST = 2.0  # a flow of one in a million is still a line


def flows(
    rows: Sequence[Mapping[str, object]],
    *,
    before: str,
    after: str,
    value: str,
    words: Mapping[str, str],
    colours: Mapping[str, str],
) -> str:
    """Return the picture of `rows`, each with a state before, a state after and a count. States stand in the order of `words`."""
    counted = [(str(row[before]), str(row[after]), int(str(row[value]))) for row in rows if int(str(row[value])) > 0]
    total = sum(count for _, _, count in counted)
    if not total:
        return ""
    lefts = [state for state in words if any(b == state for b, _, _ in counted)]
    rights = [state for state in words if any(a == state for _, a, _ in counted)]
    room = _HEIGHT - _GAP * (max(len(lefts), len(rights)) + 1)
    scale = room / total
    left, left_marks = _column(lefts, {s: sum(n for b, _, n in counted if b == s) for s in lefts}, scale)
    right, right_marks = _column(rights, {s: sum(n for _, a, n in counted if a == s) for s in rights}, scale)
    ribbons = []
    order = {state: place for place, state in enumerate(words)}
    for start, end, count in sorted(counted, key=lambda flow: (order[flow[0]], order[flow[1]])):
        height = max(count * scale, _SMALLEST)
        y0, y1 = left[start], right[end]
        left[start], right[end] = y0 + count * scale, y1 + count * scale
        colour = COLOURS[colours[end]]
        title = f"{words[start]} → {words[end]}: {count:,}"
        ribbons.append(
            f'<path d="{_ribbon(y0, y1, height)}" fill="{colour}" opacity="0.45"><title>{escape(title)}</title></path>'
        )
    bars = [_bar(_SIDE, *mark, words, colours, "end") for mark in left_marks]
    bars += [_bar(_SIDE + _WIDTH - _BAR, *mark, words, colours, "start") for mark in right_marks]
    width = _WIDTH + 2 * _SIDE
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}">'
    return f"{head}{''.join(ribbons)}{''.join(bars)}</svg>"


_Mark = tuple[float, float, str, int]


def _column(states: Sequence[str], counts: Mapping[str, int], scale: float) -> tuple[dict[str, float], list[_Mark]]:
    """Return where each state's bar begins, and its bar."""
    y, starts, marks = float(_GAP), {}, []
    for state in states:
        starts[state] = y
        marks.append((y, counts[state] * scale, state, counts[state]))
        y += counts[state] * scale + _GAP
    return starts, marks


def _ribbon(y0: float, y1: float, height: float) -> str:
    x0, x1 = _SIDE + _BAR, _SIDE + _WIDTH - _BAR
    middle = (x0 + x1) / 2
    return (
        f"M{x0} {y0:.1f} C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1} {y1:.1f} V{y1 + height:.1f} "
        f"C{middle:.1f} {y1 + height:.1f} {middle:.1f} {y0 + height:.1f} {x0} {y0 + height:.1f} Z"
    )


def _bar(
    x: float, y: float, height: float, state: str, count: int, words: Mapping[str, str], colours: Mapping[str, str], anchor: str
) -> str:
    where = x - 6 if anchor == "end" else x + _BAR + 6
    style = f'text-anchor="{anchor}" font-family="{FONT}" font-size="12" fill="#1d2730"'
    label = f'<text x="{where}" y="{y + height / 2 + 4:.1f}" {style}>{escape(words[state])} {count:,}</text>'
    size = f'width="{_BAR}" height="{max(height, _SMALLEST):.1f}"'
    return f'<rect x="{x}" y="{y:.1f}" {size} fill="{COLOURS[colours[state]]}"/>{label}'
