"""Pictures of an allocation: what options bring against what they use, and a curve between two certified ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from littlegiant.pages.charts import COLOURS, LINES, svg


def cutoff(rows: Sequence[Mapping[str, Any]], *, words: Mapping[str, str], title: str, counts: str) -> str:
    """Return a point for each row at its cost `x` and benefit `y`, coloured by `kind` (a key of `words`), and the line x = y."""
    import altair as alt

    values = [{"x": float(row["x"]), "y": float(row["y"]), "kind": words[row["kind"]]} for row in rows]
    most = max((float(row[side]) for row in rows for side in ("x", "y")), default=1.0)
    colours = [COLOURS["good"], COLOURS["data"], COLOURS["bad"], COLOURS["finding"]][: len(words)]
    scale = alt.Scale(domain=list(words.values()), range=colours)
    colour = alt.Color("kind:N", scale=scale, title=None, legend=alt.Legend(orient="top", labelLimit=300))
    points = (
        alt.Chart(alt.InlineData(values=values))
        .mark_circle(size=22, opacity=0.75)
        .encode(
            x=alt.X("x:Q", title=title, axis=alt.Axis(format=",~s")),
            y=alt.Y("y:Q", title=counts, axis=alt.Axis(format=",~s")),
            color=colour,
        )
    )
    line = alt.Chart(alt.InlineData(values=[{"x": 0.0, "y": 0.0}, {"x": most, "y": most}]))
    rule = line.mark_line(color=COLOURS["strong"], strokeDash=[4, 3]).encode(x="x:Q", y="y:Q")
    return svg(points + rule, 16)


def certified(
    rows: Sequence[Mapping[str, Any]], *, points: Sequence[Mapping[str, Any]], reached: str, at_most: str, title: str, counts: str
) -> str:
    """Return the band between what mixing neighbours reaches (`low`) and what no allocation exceeds (`high`), with the points."""
    import altair as alt

    values = [{name: float(row[name]) for name in ("x", "low", "high")} for row in rows]
    base = alt.Chart(alt.InlineData(values=values)).encode(x=alt.X("x:Q", title=title, scale=alt.Scale(zero=False)))
    axis = alt.Axis(format=",~s")
    scale = alt.Scale(zero=False)
    band = base.mark_area(color=COLOURS["finding"], opacity=0.5).encode(
        y=alt.Y("low:Q", title=counts, axis=axis, scale=scale), y2="high:Q"
    )
    words = alt.Scale(domain=[reached, at_most], range=[LINES[0], LINES[2]])
    lines = [
        base.transform_calculate(word=f"'{word}'")
        .mark_line()
        .encode(y=f"{name}:Q", color=alt.Color("word:N", scale=words, title=None, legend=alt.Legend(orient="top")))
        for name, word in (("low", reached), ("high", at_most))
    ]
    own = alt.Chart(alt.InlineData(values=[{"x": float(p["x"]), "y": float(p["y"])} for p in points]))
    dots = own.mark_point(filled=True, size=40, color=COLOURS["strong"]).encode(x="x:Q", y="y:Q")
    return svg(band + lines[0] + lines[1] + dots, 12)
