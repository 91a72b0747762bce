"""Dependence on others: how concentrated the supply of each product is in the world, and how much of it a country makes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from littlegiant.networks.network import Floats
from littlegiant.problems import refuse, suggestion

WEAK, SINGLE = 0.05, 0.6
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Provision:
    """Who provides which share of each product.

    share, year (products, countries): shares of the world's supply as 0.3, NaN and 0 where none is listed, which is not
    proof that there is none. `collective`: entries that stand for several countries ("various countries").
    """

    products: tuple[str, ...]
    countries: tuple[str, ...]
    share: Floats
    year: npt.NDArray[np.int64]
    collective: frozenset[str] = frozenset()
    unknown: Bools | None = None  # (products, countries): listed as provider, the share not given

    def with_country(self, country: str) -> "Provision":
        """Return the provision with a column for `country`; one that no row names provides nothing that is listed."""
        if country in self.countries:
            return self
        near = suggestion(country, self.countries)
        if near or not self.countries:
            remedy = near or "Give shares of countries first."
            refuse("the shares of countries", f"no country {country!r}", "", remedy, code="unknown-name")
        empty = np.full((len(self.products), 1), np.nan)
        return Provision(
            self.products,
            (*self.countries, country),
            np.hstack([self.share, empty]),
            np.hstack([self.year, np.zeros_like(empty, np.int64)]),
            self.collective,
            None if self.unknown is None else np.hstack([self.unknown, np.zeros_like(empty, np.bool_)]),
        )


@dataclass(frozen=True)
class Dependence:
    """A row a product, shape (products,): NaN, or False, where no share is listed at all (`listed` False).

    concentration: the Herfindahl index of the world, 1 if one country holds all. own: the home country's share, as listed.
    foreign: 0 if all is made at home, 1 if one foreign country holds all. none is an upper bound: not listed is not none.
    """

    home: str
    products: tuple[str, ...]
    listed: Bools
    concentration: Floats
    own: Floats
    foreign: Floats
    none: Bools
    weak: Bools
    single: Bools
    largest: tuple[str, ...]  # the foreign country with most
    largest_share: Floats
    first_year: npt.NDArray[np.int64]  # 0 where unknown
    last_year: npt.NDArray[np.int64]
    covered: Floats  # the sum of the shares as listed; far below 1 the concentration is a lower bound

    def counts(self, chosen: Bools | None = None) -> dict[str, float]:
        """Return numbers and means over the products `chosen` that have shares."""
        rows = self.listed if chosen is None else self.listed & chosen
        means = {}
        for name in ("own", "foreign"):
            known = getattr(self, name)[rows]
            known = known[~np.isnan(known)]
            means[name] = float(known.mean()) if len(known) else float("nan")
        told = {name: int(getattr(self, name)[rows].sum()) for name in ("none", "weak", "single")}
        return {"products": int(rows.sum()), **told, **means}


def herfindahl(share: Floats) -> Floats:
    """Return the sum of squared shares along the last axis."""
    return np.asarray((np.nan_to_num(share) ** 2).sum(axis=-1))


def dependence(
    provision: Provision, home: str, *, weak: float = WEAK, single: float = SINGLE, normalise: bool = False
) -> Dependence:
    """Return how the country `home` depends on others, product by product.

    weak: an own share below it · single: one foreign country (no collective entry) holds at least that share ·
    normalise: make the shares of each product add up to 1 first (published ones add up to 0.99 to 1.02).
    """
    provision = provision.with_country(home)
    place = provision.countries.index(home)
    given = np.nan_to_num(provision.share)
    if (given < 0).any() or (given > 1).any():
        refuse("the shares of countries", f"{given.min():g} to {given.max():g}", "shares from 0 to 1, as 0.3", code="range")
    listed: Bools = np.asarray((given > 0).any(axis=1))
    share = given
    if normalise:
        share = np.divide(share, share.sum(axis=1, keepdims=True), out=np.zeros_like(share), where=listed[:, None])
    own = share[:, place]
    abroad = share.copy()
    abroad[:, place] = 0.0
    total = abroad.sum(axis=1)
    part = np.divide(abroad, total[:, None], out=np.zeros_like(abroad), where=total[:, None] > 0)
    foreign = (1 - own) * herfindahl(part)
    one = abroad.copy()
    one[:, [number for number, name in enumerate(provision.countries) if name in provision.collective]] = 0.0
    most = one.argmax(axis=1)
    largest = np.take_along_axis(one, most[:, None], 1)[:, 0]
    years = np.where(share > 0, provision.year, 0)
    unknown = np.where(listed, 1.0, np.nan)
    # Listed as a provider whose share is not given: the own share is not known, which is not none.
    open_share = provision.unknown[:, place] if provision.unknown is not None else np.zeros(len(listed), np.bool_)
    own_known = np.where(open_share & (own == 0), np.nan, 1.0)
    sure = listed & ~np.isnan(own_known)
    return Dependence(
        home=home,
        products=provision.products,
        listed=listed,
        concentration=herfindahl(share) * unknown,
        own=own * unknown * own_known,
        foreign=foreign * unknown * own_known,
        none=sure & (own == 0),
        weak=sure & (own < weak),
        single=listed & (largest >= single),
        largest=tuple(provision.countries[at] if known else "" for at, known in zip(most, largest > 0, strict=True)),
        largest_share=largest * unknown,
        first_year=np.where(years > 0, years, 9999).min(axis=1, initial=9999) % 9999,
        last_year=years.max(axis=1, initial=0),
        covered=np.nan_to_num(provision.share).sum(axis=1),
    )
