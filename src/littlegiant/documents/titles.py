"""Other titles under which columns are known, as offices write them."""

from collections.abc import Sequence

TITLES = {
    "case": ("项目", "项目编号"),
    "project": ("项目", "项目编号"),
    "firm": ("企业", "企业编号", "统一社会信用代码"),
    "undertaking": ("企业集团", "单一企业"),
    "reviewer": ("专家", "评审专家"),
    "indicator": ("指标", "评价指标"),
    "score": ("评分", "得分"),
    "group": ("组别", "地区"),
    "at_most": ("名额", "上限"),
    "at_least": ("下限", "保底名额"),
    "criticality": ("关键度",),
}


def own_titles(have: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the titles of a file with those of `wanted` under their own names; a name that stands there already stays alone."""
    other = {title: name for name in wanted if name not in have for title in TITLES.get(name, ())}
    return [other.get(title.strip(), title) for title in have]
