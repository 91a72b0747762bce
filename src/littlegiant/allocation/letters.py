"""What a firm is told: one sentence on its award or refusal, one on where its benefit comes from."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from littlegiant.allocation.award import AwardCall
from littlegiant.allocation.call_solving import CallSolution
from littlegiant.allocation.rule_words import rule_in_words
from littlegiant.words import Language, say, text_in


def letter(found: CallSolution, case: int, language: Language) -> str:
    """Return the sentence for a case: the package and its price, or the factor by which prices would have to fall."""
    solved = found.solved
    ground = str(solved.ground[case])
    if ground == "dropped":
        return say("alloc_letter_dropped", language, rule=rule_in_words(found.rules[case], language) or "–")
    got = int(solved.package[case])
    shown = got if got >= 0 else _nearest(found, case)
    values: dict[str, Any] = {
        "package": _title(found, shown, language),
        "benefit": f"{solved.table.benefit[case, shown]:,}",
        "cost": f"{solved.cost[case, shown]:,.1f}",
        "theta": f"{solved.theta[case]:.3f}",
        "regret": f"{solved.regret[case]:,.1f}",
        "rank": f"{solved.rank[case]:,}",
        "probability": f"{found.probability[case]:.2f}",
    }
    names = {
        "awarded": "alloc_letter_awarded",
        "below price": "alloc_letter_below",
        "awarded off price": "alloc_letter_off_won",
        "off price": "alloc_letter_off_lost",
        "ceded": "alloc_letter_ceded",
        "drawn": "alloc_letter_drawn",
        "surely": "alloc_letter_surely",
        "surely not": "alloc_letter_surely_not",
        "not drawn": "alloc_letter_not_drawn",
    }
    return say(names[ground], language, **values)


def _nearest(found: CallSolution, case: int) -> int:
    """Return the package whose benefit comes nearest to its price."""
    solved = found.solved
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(solved.cost[case] > 0, solved.table.benefit[case] / solved.cost[case], np.inf)
    return int(np.where(solved.table.benefit[case] < 0, -np.inf, ratio).argmax())


def _title(found: CallSolution, package: int, language: Language) -> str:
    name = found.solved.table.packages[package]
    for each in found.call.packages:
        if each.package == name:
            return text_in(each.title, language) or name
    return name


def terms(option: Mapping[str, Any], minor: int, language: Language) -> str:
    """Return where the benefit of an option comes from, from its row in `options.parquet`."""

    def money(name: str) -> str:
        return "–" if option[name] is None else f"{option[name] / minor:,.0f}"

    def points(name: str) -> str:
        return "–" if option[name] is None else f"{option[name] / 1000:.1f}"

    values = {name: money(name) for name in ("research", "from_cost", "from_grant", "released", "sd")}
    return say("alloc_terms", language, **values, grade=option["grade"], score=points("score"), raw=points("score_raw"))


def benefit_terms(option: Mapping[str, Any], call: AwardCall, means: Mapping[str, Any], minor: int, language: Language) -> str:
    """Return how the effect of an option and its score became its benefit, so that the number can be computed again.

    means: mean effect by package and mean score, as the appraisal left them.
    """
    cost = sum(value for name, value in option.items() if name.startswith("cost_") and name not in ("cost_before", "cost_after"))
    critical = "–" if option["criticality"] is None else f"{option['criticality'] / 1e9:.4f}"
    values = {"effect": f"{option['effect']:,}", "unit": f"{call.objective.unit:,}", "cost": f"{cost / minor:,.0f}"}
    told = say("alloc_terms_effect", language, **values, criticality=critical)
    if call.merit is None:
        return told
    score = option["score_raw" if call.merit.raw else "score"] / 1000
    merit = {
        "benefit": f"{option['benefit']:,}",
        "effect": values["effect"],
        "weight": f"{call.merit.weight:g}",
        "other": f"{1 - call.merit.weight:g}",
        "mean_effect": f"{means['effect'][option['package']]:,.3f}",
        "score": f"{score:.3f}",
        "mean_score": f"{means['score']:.3f}",
    }
    return f"{told} {say('alloc_terms_merit', language, **merit)}"
