"""Other titles under which columns are known, as offices write them; of several that stand for one name the first counts."""

from collections.abc import Sequence

TITLES = {
    "case": ("项目编号", "项目"),
    "project": ("项目编号", "项目"),
    "firm": ("统一社会信用代码", "企业编号"),
    "undertaking": ("企业集团", "单一企业"),
    "reviewer": ("评审专家", "专家"),
    "indicator": ("评价指标", "指标"),
    "score": ("评分", "得分"),
    "group": ("组别", "地区代码"),
    "at_most": ("名额上限", "名额"),
    "at_least": ("名额下限", "保底名额"),
    "criticality": ("关键度",),
}


def own_titles(have: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the titles of a file with those of `wanted` under their own names; a name that stands there already stays alone."""
    titles = [title.strip() for title in have]
    other = {}
    for name in wanted:
        known = [title for title in TITLES.get(name, ()) if title in titles]
        if name not in titles and known:
            other[known[0]] = name
    return [other.get(title, title) for title in titles]
