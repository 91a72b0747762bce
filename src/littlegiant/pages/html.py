"""Elements to one self-contained HTML file, readable without scripts, in one or more languages on the same page."""

from collections.abc import Mapping, Sequence
from html import escape

from littlegiant.pages.element import Element

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root{color-scheme:light;--ink:#1d2730;--soft:#5b6875;--line:#d9e0e6;--back:#fff;--accent:#1f5f8b}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);
font:16px/1.6 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem 1.25rem 4rem}
h1{font-size:1.6rem;line-height:1.3;margin:1rem 0 .25rem}
h2{font-size:1.2rem;margin:2.5rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--line)}
.lead{color:var(--soft);margin:.25rem 0 1rem}
.banner{border-left:4px solid #b8860b;background:#fdf6e3;padding:.6rem .9rem;margin:1rem 0}
.notes{color:var(--soft);font-size:.9rem;margin:.5rem 0;padding-left:1.2rem}
figure{margin:1rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;
font-size:.92rem;margin:.75rem 0;min-width:50%}
th,td{border-bottom:1px solid var(--line);padding:.3rem .7rem .3rem 0;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
summary{cursor:pointer;color:var(--accent);padding:.25rem 0}
.languages{padding:.75rem 1.25rem;max-width:60rem;margin:0 auto;color:var(--soft)}
.languages label{margin-right:1rem;cursor:pointer}
footer{color:var(--soft);font-size:.85rem;border-top:1px solid var(--line);
margin-top:3rem;padding-top:1rem;overflow-wrap:anywhere}
@media print{.languages{display:none}main{max-width:none}}
"""


def page(
    titles: Mapping[str, str],
    leads: Mapping[str, str],
    elements: Mapping[str, Sequence[Element]],
    *,
    banners: Mapping[str, Sequence[str]],
    footers: Mapping[str, Sequence[str]],
) -> str:
    """Return the page. Each argument is by language; the first language is shown first, the others one choice away."""
    languages = list(elements)
    names = {"zh": "中文", "en": "English"}
    choices, rules = [], []
    for number, language in enumerate(languages):
        checked = " checked" if number == 0 else ""
        choices.append(f'<label><input type="radio" name="language" id="in-{language}"{checked}> {names[language]}</label>')
        if len(languages) > 1:
            rules.append(f"body:not(:has(#in-{language}:checked)) .{language}{{display:none}}")
    bodies = [
        f'<main class="{lang}" lang="{_tag(lang)}"><h1>{escape(titles[lang])}</h1><p class="lead">{escape(leads[lang])}</p>'
        + "".join(f'<p class="banner">{escape(text)}</p>' for text in banners[lang])
        + "".join(_element(element, lang) for element in elements[lang])
        + "<footer>"
        + "".join(f"<p>{escape(text)}</p>" for text in footers[lang])
        + "</footer></main>"
        for lang in languages
    ]
    switch = (
        f'<div class="languages" role="group" aria-label="语言 / language">{"".join(choices)}</div>' if len(languages) > 1 else ""
    )
    return (
        f'<!doctype html>\n<html lang="{_tag(languages[0])}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(titles[languages[0]])}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<link rel="icon" href="data:,"><style>{_STYLE}{"".join(rules)}</style></head>'
        f"<body>{switch}{''.join(bodies)}</body></html>\n"
    )


def _tag(language: str) -> str:
    return {"zh": "zh-CN"}.get(language, language)


def _element(element: Element, language: str) -> str:
    parts = [f'<section id="{language}-{escape(element.id)}"><h2>{escape(element.title)}</h2><p>{escape(element.sentence)}</p>']
    if element.chart:
        parts.append(f'<figure role="img" aria-label="{escape(element.title)}">{element.chart}</figure>')
    if element.rows:
        table = _table(element)
        shown = {"zh": "查看表格", "en": "Show the table"}[language]
        parts.append(f"<details><summary>{shown}</summary>{table}</details>" if element.fold else table)
    if element.notes:
        parts.append('<ul class="notes">' + "".join(f"<li>{escape(note)}</li>" for note in element.notes) + "</ul>")
    return "".join(parts) + "</section>"


def _table(element: Element) -> str:
    head = "".join(f"<th{' class=n' if c.number else ''} scope=col>{escape(c.heading)}</th>" for c in element.columns)
    body = "".join(
        "<tr>"
        + "".join(f"<td{' class=n' if c.number else ''}>{_cell(row.get(c.key), c.number)}</td>" for c in element.columns)
        + "</tr>"
        for row in element.rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object, number: bool) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if number and isinstance(value, int) else escape(str(value))
