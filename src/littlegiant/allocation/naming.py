"""What a page calls the rows, packages and groups of a call, and how it writes amounts, in one language."""

from collections.abc import Sequence
from dataclasses import dataclass

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.call_rows import Counted
from littlegiant.assessment.group_names import group_name
from littlegiant.packs import Pack
from littlegiant.pages import Column
from littlegiant.words import Language, say, text_in

_ADDED = {"authority": "alloc_row_authority", "share": "alloc_row_share", "share at most": "alloc_row_share_most"}


@dataclass(frozen=True)
class Naming:
    """Titles of the call and the pack where they give any, codes and ids otherwise."""

    call: AwardCall
    pack: Pack
    language: Language

    def say(self, code: str, **values: object) -> str:
        return say(code, self.language, **{name: str(value) for name, value in values.items()})

    def columns(self, texts: Sequence[str], numbers: Sequence[str]) -> list[Column]:
        return [Column(n, self.say(f"alloc_{n}")) for n in texts] + [Column(n, self.say(f"alloc_{n}"), True) for n in numbers]

    @property
    def currency(self) -> str:
        return text_in(self.pack.header.currency.title, self.language)

    @property
    def minor(self) -> int:
        """Smallest units in a main unit of the currency."""
        return self.pack.header.currency.minor.per_main

    def money(self, amount: int) -> str:
        """Return an amount of smallest units in whole main units, halves to even."""
        return f"{round(amount / self.minor):,}"

    def package(self, id: str) -> str:
        return next((text_in(each.title, self.language) for each in self.call.packages if each.package == id and each.title), id)

    def group(self, attribute: str, code: str) -> str:
        """Return the name of a region, area, size or sector; the code of anything else."""
        return group_name(attribute, code or "?", self.pack, self.language)

    def row(self, counted: Counted) -> str:
        """Return the name of a row: the title of its fund or limit with what the row adds, or the group of its quota."""
        id = counted.row.id
        if counted.kind == "quota" and self.call.quotas is not None:
            return self.say("alloc_row_quota", name=self.group(self.call.quotas.by, id.removeprefix("quota ")))
        if counted.kind == "additionality":
            return self.say("alloc_kind_additionality")
        funds, limits = ({f.fund: f.title for f in self.call.funds}, {each.limit: each.title for each in self.call.limits})
        titles = funds if counted.kind == "fund" else limits
        name, _, added = id.partition(" ")
        title = text_in(titles[name], self.language) if titles.get(name) else name
        return f"{title} {self.say(_ADDED[added]) if added in _ADDED else added}".rstrip()
