"""Tree to text: what `standard show` prints. Parsing the text gives the same tree again."""

from littlegiant.standards.language import tree as t

_POWER = {t.Or: 1, t.And: 2, t.Not: 3, t.Comparison: 4, t.OneOf: 4, t.Arithmetic: 5, t.Negative: 7}


def render(expr: t.Expr) -> str:
    """Return `expr` as the author could have written it."""
    if isinstance(expr, t.Name):
        return expr.name
    if isinstance(expr, t.Number):
        return expr.text
    if isinstance(expr, t.String):
        return "'" + expr.value.replace("'", "''") + "'"
    if isinstance(expr, t.Truth):
        return "true" if expr.value else "false"
    if isinstance(expr, (t.And, t.Or)):
        word = " AND " if isinstance(expr, t.And) else " OR "
        return word.join(_within(part, expr) for part in expr.parts)
    if isinstance(expr, t.Not):
        return f"NOT {_within(expr.inner, expr)}"
    if isinstance(expr, t.Negative):
        return f"-{_within(expr.inner, expr)}"
    if isinstance(expr, t.Comparison):
        return f"{_within(expr.left, expr)} {expr.sign} {_within(expr.right, expr)}"
    if isinstance(expr, t.OneOf):
        return f"{_within(expr.inner, expr)} IN ({', '.join(render(option) for option in expr.options)})"
    if isinstance(expr, t.Arithmetic):
        return _arithmetic(expr)
    return _call(expr)


def _within(part: t.Expr, around: t.Expr) -> str:
    text = render(part)
    return f"({text})" if _POWER.get(type(part), 9) <= _POWER[type(around)] else text


def _arithmetic(expr: t.Arithmetic) -> str:
    left, right = render(expr.left), render(expr.right)
    if isinstance(expr.left, t.Arithmetic) and expr.sign in "*/" and expr.left.sign in "+-":
        left = f"({left})"
    if isinstance(expr.right, (t.Arithmetic, t.Negative)):
        right = f"({right})"
    wrap = (t.Or, t.And, t.Not, t.Comparison, t.OneOf)
    left = f"({left})" if isinstance(expr.left, wrap) else left
    right = f"({right})" if isinstance(expr.right, wrap) else right
    return f"{left} {expr.sign} {right}"


def _call(expr: t.Expr) -> str:
    if isinstance(expr, t.Case):
        arms = " ".join(f"WHEN {render(condition)} THEN {render(value)}" for condition, value in expr.arms)
        return f"CASE {arms} ELSE {render(expr.otherwise)} END"
    if isinstance(expr, t.Extreme):
        return f"{expr.which}({', '.join(render(part) for part in expr.parts)})"
    if isinstance(expr, t.Absolute):
        return f"abs({render(expr.inner)})"
    if isinstance(expr, t.Floor):
        return f"floor({render(expr.inner)})"
    if isinstance(expr, t.StartsWith):
        return f"starts_with({render(expr.inner)}, {render(t.String(expr.prefix))})"
    if isinstance(expr, t.Prior):
        return f"prior({render(expr.inner)}, {expr.years})" if expr.years > 1 else f"prior({render(expr.inner)})"
    if isinstance(expr, t.Elapsed):
        return f"{expr.unit}({render(expr.start)}, {render(expr.end)})"
    if isinstance(expr, t.Known):
        return f"known({render(expr.inner)})"
    if isinstance(expr, t.Assume):
        return f"assume({render(expr.inner)}, {render(expr.value)})"
    assert isinstance(expr, t.Holds)
    return f"holds({render(t.String(expr.tier))})"
