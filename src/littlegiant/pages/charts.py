"""Pictures: Vega-Lite through Altair, turned to SVG without a browser or a network."""

from collections.abc import Mapping, Sequence
from typing import Any

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, Arial, sans-serif"
COLOURS = {"good": "#2a7f62", "finding": "#8fb8de", "data": "#c9d3dc", "bad": "#b5493b", "strong": "#34495e"}

LINES = ("#34495e", "#2a7f62", "#b5493b", "#8e6bb0", "#c98a1b", "#4a90a4", "#7d8b53", "#a0566e")  # of curves, in their order


def bars(rows: Sequence[Mapping[str, Any]], *, label: str, value: str, title: str, colour: str = "strong", most: int = 20) -> str:
    """Return horizontal bars with their numbers, in the order of `rows`."""
    import altair as alt

    data = alt.InlineData(values=[{"label": str(row[label]), "value": int(row[value])} for row in rows[:most]])
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=None, title=None),
        x=alt.X("value:Q", title=title, axis=alt.Axis(format=",d", tickMinStep=1)),
    )
    drawn = base.mark_bar(color=COLOURS[colour]) + base.mark_text(align="left", dx=3).encode(
        text=alt.Text("value:Q", format=",d")
    )
    return svg(drawn, len(rows[:most]))


def stacked_bars(
    rows: Sequence[Mapping[str, Any]],
    *,
    label: str,
    parts: Mapping[str, tuple[str, str]],
    title: str,
    share: bool = True,
    most: int = 40,
) -> str:
    """Return stacked horizontal bars; `parts` maps a key of the rows to its word and its colour."""
    import altair as alt

    words = {key: word for key, (word, _) in parts.items()}
    values = [
        {"label": str(row[label]), "part": words[key], "value": int(row[key]), "order": order}
        for row in rows[:most]
        for order, key in enumerate(parts)
    ]
    scale = alt.Scale(domain=list(words.values()), range=[COLOURS[colour] for _, colour in parts.values()])
    axis = alt.Axis(format="%") if share else alt.Axis(format=",d", tickMinStep=1)
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("label:N", sort=None, title=None),
            x=alt.X("value:Q", stack="normalize" if share else "zero", title=title, axis=axis),
            color=alt.Color("part:N", scale=scale, title=None, legend=alt.Legend(orient="top", labelLimit=400)),
            order=alt.Order("order:Q"),
        )
    )
    return svg(chart, len(rows[:most]))


def tiles(rows: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """Return a map of equal squares; each row has x, y, label and value. The darker, the more; the number stands below."""
    import altair as alt

    names = ("x", "y", "label", "value")
    data = alt.InlineData(values=[{name: row[name] for name in names} for row in rows])
    middle = max((int(row["value"]) for row in rows), default=0) * 0.55
    base = alt.Chart(data).encode(x=alt.X("x:O", axis=None), y=alt.Y("y:O", axis=None))
    scale = alt.Scale(range=["#eef3f7", COLOURS["strong"]])
    # No legend: its gradient gets an id that counts on from picture to picture, and every square has its number.
    squares = base.mark_rect(stroke="white", strokeWidth=2).encode(color=alt.Color("value:Q", scale=scale, legend=None))
    ink = alt.condition(f"datum.value > {middle}", alt.value("white"), alt.value("#1d2730"))
    words = base.mark_text(dy=-7, font=FONT, fontSize=12).encode(text="label:N", color=ink)
    numbers = base.mark_text(dy=9, font=FONT, fontSize=11).encode(text=alt.Text("value:Q", format=",d"), color=ink)
    return svg((squares + words + numbers).properties(title=title), 18)


def reach(rows: Sequence[Mapping[str, Any]], *, mark: int, sure: str, possible: str, title: str, counts: str) -> str:
    """Return how many reach each score: surely, and at most if all that is unknown turns out well; with the pass mark."""
    import altair as alt

    names = ("score", "sure", "possible")
    data = alt.InlineData(values=[{name: int(row[name]) for name in names} for row in rows])
    base = alt.Chart(data).encode(x=alt.X("score:Q", title=title))
    band = base.mark_area(color=COLOURS["data"], opacity=0.8, interpolate="step-after").encode(
        y=alt.Y("sure:Q", title=counts, axis=alt.Axis(format=",d")), y2="possible:Q"
    )
    scale = alt.Scale(domain=[sure, possible], range=[COLOURS["good"], COLOURS["finding"]])
    lines = [
        base.transform_calculate(word=f"'{word}'")
        .mark_line(interpolate="step-after")
        .encode(y=f"{name}:Q", color=alt.Color("word:N", scale=scale, title=None, legend=alt.Legend(orient="top")))
        for name, word in (("sure", sure), ("possible", possible))
    ]
    line = (
        alt.Chart(alt.InlineData(values=[{"mark": mark}])).mark_rule(color=COLOURS["bad"], strokeDash=[4, 3]).encode(x="mark:Q")
    )
    return svg(band + lines[0] + lines[1] + line, 12)


def curves(rows: Sequence[Mapping[str, Any]], *, mark: float | None, title: str, counts: str, by_factors: bool = False) -> str:
    """Return a line for each `line` of the rows over their `x`, with points at what was computed and a rule at `mark`.

    `by_factors`: equal steps along `x` are equal factors, for ranks from 1 on.
    """
    import altair as alt

    data = alt.InlineData(values=[{"x": float(row["x"]), "value": int(row["value"]), "line": str(row["line"])} for row in rows])
    lines = list(dict.fromkeys(str(row["line"]) for row in rows))
    colour = alt.Color(
        "line:N", sort=lines, title=None, scale=alt.Scale(range=list(LINES)), legend=alt.Legend(orient="top", columns=4)
    )
    base = alt.Chart(data).encode(
        x=alt.X("x:Q", title=title, scale=alt.Scale(type="log") if by_factors else alt.Scale(zero=False)),
        y=alt.Y("value:Q", title=counts, axis=alt.Axis(format=",d", tickMinStep=1)),
        color=colour if len(lines) > 1 else alt.value(COLOURS["strong"]),
    )
    drawn = base.mark_line() + base.mark_point(filled=True, size=22)
    if mark is not None:
        rule = alt.Chart(alt.InlineData(values=[{"mark": mark}])).mark_rule(color=COLOURS["bad"], strokeDash=[4, 3])
        drawn = drawn + rule.encode(x="mark:Q")
    return svg(drawn, 12)


def svg(chart: Any, count: float) -> str:
    """Return the SVG of a chart with room for `count` rows."""
    import vl_convert

    font = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 12, "titleFontSize": 12}
    styled = (
        chart.properties(width=560, height=int(max(1, count) * 22))
        .configure_axis(**font, labelLimit=330, grid=False)
        .configure_legend(labelFont=FONT, labelFontSize=12)
        .configure_text(font=FONT, fontSize=11)
        .configure_title(font=FONT, fontSize=12, anchor="start")
        .configure_view(stroke=None)
    )
    drawn: str = vl_convert.vegalite_to_svg(styled.to_dict(validate=False), vl_version="5.20", allowed_base_urls=[])
    return drawn
