"""What a firm is told: one sentence on its award or refusal, one on where its benefit comes from."""

from collections.abc import Mapping
from typing import Any

from littlegiant.allocation.call_solving import CallSolution
from littlegiant.allocation.naming import Naming
from littlegiant.allocation.option_table import expected_costs
from littlegiant.allocation.outcome import nearest_packages
from littlegiant.allocation.rule_words import rule_in_words


def letter(found: CallSolution, case: int, naming: Naming) -> str:
    """Return the sentence for a case: the package and its price, or the factor by which prices would have to fall."""
    solved = found.solved
    ground = str(solved.ground[case])
    if ground == "dropped":
        return naming.say("alloc_letter_dropped", rule=rule_in_words(found.rules[case], naming) or "–")
    got = int(solved.package[case])
    shown = got if got >= 0 else int(nearest_packages(solved)[case])
    values: dict[str, Any] = {
        "package": naming.package(solved.table.packages[shown]),
        "benefit": f"{solved.table.benefit[case, shown]:,}",
        "cost": f"{solved.cost[case, shown]:,.1f}",
        "theta": f"{solved.theta[case]:.3f}",
        "regret": f"{solved.regret[case]:,.1f}",
        "rank": f"{solved.rank[case]:,}",
        "probability": f"{found.probability[case]:.2f}",
    }
    names = {
        "awarded": "awarded",
        "below price": "below",
        "awarded off price": "off_won",
        "off price": "off_lost",
        "ceded": "ceded",
        "drawn": "drawn",
        "surely": "surely",
        "surely not": "surely_not",
        "not drawn": "not_drawn",
    }
    return naming.say(f"alloc_letter_{names[ground]}", **values)


def terms(option: Mapping[str, Any], naming: Naming) -> str:
    """Return where the benefit of an option comes from, from its row in `options.parquet`."""

    def money(name: str) -> str:
        return "–" if option[name] is None else naming.money(option[name])

    def points(name: str) -> str:
        return "–" if option[name] is None else f"{option[name] / 1000:.1f}"

    values = {name: money(name) for name in ("research", "from_cost", "from_grant", "released", "sd")}
    scores = {"score": points("score"), "raw": points("score_raw")}
    return naming.say("alloc_terms", **values, **scores, grade=option["grade"], currency=naming.currency)


def benefit_terms(option: Mapping[str, Any], means: Mapping[str, Any], naming: Naming) -> str:
    """Return how the effect of an option and its score became its benefit, so that the number can be computed again.

    means: mean effect by package and mean score, as the appraisal left them.
    """
    cost = sum(option[name] for name in expected_costs(list(option)))
    critical = "–" if option["criticality"] is None else f"{option['criticality'] / 1e9:.4f}"
    call = naming.call
    values = {"effect": f"{option['effect']:,}", "unit": f"{call.objective.unit:,}", "cost": naming.money(cost)}
    told = naming.say("alloc_terms_effect", **values, criticality=critical, currency=naming.currency)
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
    return f"{told} {naming.say('alloc_terms_merit', **merit)}"
