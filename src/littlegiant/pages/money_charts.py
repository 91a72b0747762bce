"""Pictures of money: measures of several instruments side by side, how parts make a whole, a band over time."""

from collections.abc import Mapping, Sequence
from typing import Any

from littlegiant.pages.charts import COLOURS, LINES, svg


def grouped_bars(rows: Sequence[Mapping[str, Any]], *, label: str, parts: Mapping[str, str], title: str, most: int = 20) -> str:
    """Return for each row a bar a part, one below the other; `parts` maps a key of the rows to its word. None draws nothing."""
    import altair as alt

    values = [
        {"label": str(row[label]), "part": word, "value": float(row[key]), "order": order}
        for row in rows[:most]
        for order, (key, word) in enumerate(parts.items())
        if row[key] is not None
    ]
    scale = alt.Scale(domain=list(parts.values()), range=list(LINES[: len(parts)]))
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("label:N", sort=None, title=None),
            yOffset=alt.YOffset("order:O"),
            x=alt.X("value:Q", title=title, axis=alt.Axis(format=",~s")),
            color=alt.Color("part:N", scale=scale, title=None, legend=alt.Legend(orient="top", labelLimit=400)),
        )
    )
    return svg(chart, len(rows[:most]) * max(1, len(parts)) * 0.6)


def waterfall(rows: Sequence[Mapping[str, Any]], *, label: str, value: str, total: str, title: str) -> str:
    """Return bars that each begin where the one before ended, and the sum at the end under the word `total`."""
    import altair as alt

    values: list[dict[str, Any]] = []
    at = 0.0
    for row in rows:
        amount = float(row[value])
        values.append({"label": str(row[label]), "start": at, "end": at + amount, "kind": "up" if amount >= 0 else "down"})
        at += amount
    values.append({"label": total, "start": 0.0, "end": at, "kind": "sum"})
    scale = alt.Scale(domain=["up", "down", "sum"], range=[COLOURS["good"], COLOURS["bad"], COLOURS["strong"]])
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("label:N", sort=None, title=None),
            x=alt.X("start:Q", title=title, axis=alt.Axis(format=",~s")),
            x2="end:Q",
            color=alt.Color("kind:N", scale=scale, legend=None),
        )
    )
    return svg(chart, len(values))


def fan(rows: Sequence[Mapping[str, Any]], *, x: str, title: str, counts: str) -> str:
    """Return a band between `low` and `high` with the `middle` as a line, over `x`, and a rule at zero."""
    import altair as alt

    values = [{"x": int(row[x]), **{name: float(row[name]) for name in ("low", "middle", "high")}} for row in rows]
    base = alt.Chart(alt.InlineData(values=values)).encode(x=alt.X("x:Q", title=title, axis=alt.Axis(tickMinStep=1)))
    band = base.mark_area(color=COLOURS["finding"], opacity=0.6).encode(
        y=alt.Y("low:Q", title=counts, axis=alt.Axis(format=",~s")), y2="high:Q"
    )
    line = base.mark_line(color=COLOURS["strong"]).encode(y="middle:Q")
    rule = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=COLOURS["bad"], strokeDash=[4, 3]).encode(y="zero:Q")
    return svg(band + line + rule, 12)
