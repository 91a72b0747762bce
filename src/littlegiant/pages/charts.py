"""Pictures: Vega-Lite through Altair, turned to SVG without a browser or a network."""

from collections.abc import Mapping, Sequence
from typing import Any

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, Arial, sans-serif"
COLOURS = {"good": "#2a7f62", "finding": "#8fb8de", "data": "#c9d3dc", "bad": "#b5493b", "strong": "#34495e"}


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
    return _svg(drawn, len(rows[:most]))


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
    return _svg(chart, len(rows[:most]))


def _svg(chart: Any, count: int) -> str:
    import vl_convert

    font = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 12, "titleFontSize": 12}
    styled = (
        chart.properties(width=560, height=max(1, count) * 22)
        .configure_axis(**font, labelLimit=330, grid=False)
        .configure_legend(labelFont=FONT, labelFontSize=12)
        .configure_text(font=FONT, fontSize=11)
        .configure_view(stroke=None)
    )
    svg: str = vl_convert.vegalite_to_svg(styled.to_dict(), vl_version="5.20", allowed_base_urls=[])
    return svg
