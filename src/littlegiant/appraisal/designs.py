"""Designs for the response: what sets of instruments do to the cost of R&D and to the money of each firm, against the law
as it is.
"""

from collections.abc import Sequence

import numpy as np

from littlegiant.finance.catalogue import Catalogue
from littlegiant.finance.computation import Computation
from littlegiant.finance.evaluate import Eligible, effect_of, evaluated, in_chunks
from littlegiant.finance.firms import Firms
from littlegiant.finance.instruments import Instrument
from littlegiant.finance.instruments.grants import Grant, MatchingGrant, TrancheGrant
from littlegiant.finance.response import Design
from littlegiant.finance.schedule import FloatArray


def design_of(
    name: str, instruments: Sequence[Instrument], firms: Firms, catalogue: Catalogue, *, eligible: Eligible | None = None
) -> Design:
    """Return the design `name`: `instruments` on top of the reliefs that the law gives, a relief among them taken out of those.

    Grants count in full in the year; loans and guarantees through the cost of R&D that they lower.
    """
    own = {each.id for each in instruments}
    behind = [each for each in catalogue.background if each.id not in own]

    def one(part: Firms, allowed: Eligible) -> tuple[FloatArray, FloatArray]:
        computation = Computation(part, catalogue.rules, catalogue.rates)
        standing = [computation.standing(effect_of(each, part, catalogue.rules, catalogue.rates, allowed)) for each in behind]
        added = [effect_of(each, part, catalogue.rules, catalogue.rates, allowed) for each in instruments]
        return computation.marginal_cost(standing)[0], computation.marginal_cost([*standing, *added])[0]

    costs = list(in_chunks(firms, eligible or {}, one, 1))
    grant, budget = np.zeros(len(firms)), 0.0
    at = 0
    for values in evaluated(firms, instruments, catalogue.rules, catalogue.rates, background=behind, eligible=eligible):
        for each, value in zip(instruments, values, strict=True):
            budget += float(np.nansum(value.cost[value.eligible]))
            if isinstance(each, (Grant, MatchingGrant, TrancheGrant)):
                grant[at : at + len(value.gross)] += np.where(value.eligible, np.nan_to_num(value.gross), 0.0)
        at += len(values[0].gross) if values else 0
    before, after = (np.concatenate([pair[n] for pair in costs]) for n in (0, 1))
    return Design(name, before, after, grant, np.zeros(len(firms)), budget)
