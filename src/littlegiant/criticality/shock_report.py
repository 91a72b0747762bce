"""A shock as report elements: period by period, who loses most, and the chain of links that carried it there."""

from collections.abc import Mapping

import numpy as np

from littlegiant.criticality.firms import Texts
from littlegiant.criticality.report import amount, no_sector, share
from littlegiant.criticality.scenarios import ShockResult, chain_in_words, largest_losses
from littlegiant.finance.report import unit_of
from littlegiant.packs import Pack
from littlegiant.pages import Column, Element
from littlegiant.words import Language, say, text_in

_TOP, _MOST_PATHS = 20, 5
_SEEN = 0.00005  # smaller shares would stand as 0.00 %


def shock_elements(result: ShockResult, pack: Pack, language: Language, firm: str = "") -> list[Element]:
    """What a shock does: period by period, by firm, sector and region, and the chain of links to the worst hit."""
    placed = result.placed
    measure = result.after is not None
    columns = [Column("part", say("sup_remaining", language), True), Column("lost", say("sup_lost", language), True)]
    columns += [Column("after", say("sup_after", language), True)] if measure else []
    columns += [Column("steps", say("sup_steps", language), True)]
    rows = [
        {
            "part": share(period.part, 0),
            "lost": share(period.lost, 3),
            "after": share(result.after_periods[number].lost, 3) if measure else "–",
            "steps": period.steps,
        }
        for number, period in enumerate(result.periods)
    ]
    first = result.periods[int(np.argmax([period.part for period in result.periods]))]
    values = {"lost": share(first.lost, 2), "abroad": share(first.abroad, 2), "hit": int((result.spread.initial > 0).sum())}
    sentence = say("sup_say_shock", language, **values)
    notes = [say("sup_restricted", language), *no_sector(placed, language)]
    if not result.spread.converged:
        notes.append(say("sup_note_not_converged", language))
    found = [Element("shock", say("sup_title_shock", language), sentence, columns, rows, notes=notes)]
    regions = {code: region.title for code, region in pack.regions.items()}
    for name, codes, titles in (("sector", placed.sector, dict(pack.sectors)), ("region", placed.region, regions)):
        found.append(_by_group(result, name, codes, titles, pack, language))
    return [*found, *_paths(result, pack, language, firm)]


def _by_group(
    result: ShockResult, name: str, codes: Texts, titles: Mapping[str, Mapping[str, str]], pack: Pack, language: Language
) -> Element:
    """The groups that lose something to be seen, those with most sales lost first."""

    def title(code: str) -> str:
        return text_in(titles[code], language) if code in titles else say("not_known", language) if code in ("", "?") else code

    rows = [
        {"group": title(code), "amount": amount(lost, pack), "lost": share(part, 2), "after": share(after, 2)}
        for code, lost, part, after in result.by(codes)[:_TOP]
        if part >= _SEEN
    ]
    columns = [Column("group", say(f"sup_{name}", language))]
    columns += [Column("amount", f"{say('sup_lost_sales', language)} ({unit_of(pack, language)})", True)]
    columns += [Column("lost", say("sup_lost", language), True)]
    columns += [Column("after", say("sup_after", language), True)] if result.after is not None else []
    return Element(f"shock_{name}", say(f"sup_title_by_{name}", language), "", columns, rows)


def _paths(result: ShockResult, pack: Pack, language: Language, firm: str) -> list[Element]:
    """The firms that lose most, and the chain of links to each of the worst (or to `firm`)."""
    worst = largest_losses(result, _TOP)
    rows = [
        {
            "firm": result.placed.labels[at],
            "sector": str(result.placed.sector[at]),
            "amount": amount(result.layout.sold[at] * loss, pack),
            "lost": share(loss, 1),
        }
        for at, loss in worst
        if loss >= _SEEN
    ]
    columns = [Column("firm", say("sup_firm", language)), Column("sector", say("sup_sector", language))]
    columns.append(Column("amount", f"{say('sup_lost_sales', language)} ({unit_of(pack, language)})", True))
    columns.append(Column("lost", say("sup_lost", language), True))
    found = [Element("losers", say("sup_title_losers", language), "", columns, rows)]
    chosen = [firm] if firm else [result.placed.labels[at] for at, _ in worst[:_MOST_PATHS]]
    steps = [
        {
            "to_explain": name,
            "from": f"{row['from']} ({share(float(str(row['from_loss'])), 1)})",
            "direction": say(f"sup_{row['direction']}", language),
            "to": f"{row['to']} ({share(float(str(row['to_loss'])), 1)})",
            "part": share(float(str(row["part"])), 0),
        }
        for name in chosen
        for row in chain_in_words(result, result.path(name))
    ]
    heads = ("to_explain", "from", "direction", "to", "part")
    columns = [Column(name, say(f"sup_path_{name}", language), name == "part") for name in heads]
    return [*found, Element("paths", say("sup_title_paths", language), say("sup_say_paths", language), columns, steps)]
