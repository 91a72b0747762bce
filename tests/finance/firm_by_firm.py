"""What an instrument is to one firm, worked out one firm, one year and one period at a time in plain numbers.

A second opinion on `littlegiant.finance`, from the formulas alone: it reads the same documents as plain mappings, follows
every firm through every year whether anything happens there or not, and takes no short cut. Amounts are floats, unknown is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Document = Mapping[str, Any]
ByYear = dict[int, float]
UNKNOWN = math.nan
VINTAGES = 10  # of old losses
FOR_GOOD = 1_000  # years


@dataclass(frozen=True)
class Firm:
    """Figures of one firm, as a register would have them."""

    amounts: Mapping[str, float]  # income, rd, revenue, staff, …; what is absent is unknown
    losses: tuple[float, ...] = (0.0,) * VINTAGES  # what lapses after 1, 2 … years
    rating: str = ""
    collateral: str = ""
    flags: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> float:
        return self.amounts.get(name, UNKNOWN)

    @property
    def known(self) -> bool:
        return not (math.isnan(self["income"]) or math.isnan(self["rd"]))


@dataclass(frozen=True)
class World:
    """Law and rates: the tax, the reference tables, what money costs."""

    tax: Document
    tables: Document
    base: float
    discount: float
    government: float
    interest: float = 0.05
    depreciation: float = 0.15
    financed_by_loan: float = 0.30
    return_to_profit: float = 0.2
    crisis_grid: bool = False

    def carried_for(self, firm: Firm) -> int:
        """Years that a loss of this firm may be used in."""
        longer = [years for flag, years in self.tax["carry_forward_by_flag"].items() if flag in firm.flags]
        return int(max([self.tax["carry_forward"], *longer]))


@dataclass(frozen=True)
class CreditRate:
    """What a further unit of R&D brings besides its deduction; cash does not wait for profit."""

    rate: float
    taxed: bool
    cash: bool


@dataclass(frozen=True)
class Given:
    """What an instrument gives a firm, before tax."""

    taxed: ByYear = field(default_factory=dict)  # money that is income
    untaxed: ByYear = field(default_factory=dict)
    research: ByYear = field(default_factory=dict)  # R&D bought with it
    deducted: ByYear = field(default_factory=dict)
    credit: ByYear = field(default_factory=dict)
    credit_is_income: bool = False
    vat: ByYear = field(default_factory=dict)  # VAT that is not due: income, and a loss of VAT
    allowance: float = 0.0
    rate: float | None = None
    rate_up_to: float = math.inf
    years: int = 1  # that allowance and rate hold
    further: CreditRate | None = None
    points: float = 0.0  # by which borrowing becomes cheaper
    equivalent: float | None = None  # None: a matter of tax
    committed: float | None = None
    finance: float | None = None
    spent: float = 0.0  # expected cost before any tax
    lost_tax: bool = False  # the change of the firm's tax is the budget's
    late_tax: float = 0.0  # what waiting for tax costs the budget
    flags: frozenset[str] = frozenset()

    def standing(self) -> Given:
        """The same as the law of every year."""
        return replace(self, years=FOR_GOOD) if self.allowance or self.rate is not None else self

    def holds(self, year: int) -> bool:
        return year < self.years

    @property
    def touches_tax(self) -> bool:
        parts = (self.taxed, self.research, self.deducted, self.credit, self.vat)
        return any(parts) or self.allowance != 0 or self.rate is not None

    @property
    def last_year(self) -> int:
        parts = (self.taxed, self.untaxed, self.research, self.deducted, self.credit, self.vat)
        lasting = [self.years - 1] if (self.allowance or self.rate is not None) and self.years != FOR_GOOD else []
        return max([0, *lasting, *(year for part in parts for year in part)])


@dataclass(frozen=True)
class Worth:
    """A difference of two whole computations."""

    value: float
    cash: ByYear
    tax: ByYear
    tax_at_government: float


@dataclass(frozen=True)
class Valued:
    """All figures of one instrument for one firm."""

    gross: float
    signed: float
    worth: float
    cost: float
    cost_by_level: dict[str, float]
    committed: float
    user_cost: float
    marginal: float
    intensity: float
    finance: float
    finance_per_committed: float
    finance_per_cost: float
    cash: ByYear
    tax: ByYear
    flags: frozenset[str]


def least(a: float, b: float) -> float:
    return UNKNOWN if math.isnan(a) or math.isnan(b) else min(a, b)


def most(a: float, b: float) -> float:
    return UNKNOWN if math.isnan(a) or math.isnan(b) else max(a, b)


def ratio(top: float, bottom: float) -> float:
    """Not defined unless the bottom is above zero by more than rounding; never infinite."""
    return top / bottom if bottom > 1e-9 * abs(top) else UNKNOWN


def present(amounts: Mapping[int, float], rate: float) -> float:
    return math.fsum(amount / (1 + rate) ** year for year, amount in amounts.items())


def add(amounts: ByYear, year: int, amount: float) -> None:
    amounts[year] = amounts.get(year, 0.0) + amount


# Debts


@dataclass(frozen=True)
class Account:
    """A debt of 1, period by period: what is owed at the start, drawn at the start, repaid at the end."""

    owed: list[float]
    drawn: list[float]
    repaid: list[float]


def account(terms: Document, rate: float) -> Account:
    """Keep the account; every tranche is repaid by itself over what is left of the term."""
    periods, a_year = int(terms["periods"]), int(terms.get("per_year", 1))
    interest = rate / a_year
    owed, drawn, repaid = ([0.0] * periods for _ in range(3))
    for start, share in enumerate(terms.get("drawn", (1.0,))[:periods]):
        drawn[start] += share
        first = max(int(terms.get("grace", 0)), start)  # the period that ends with the first repayment
        left, over = share, periods - first
        for period in range(start, periods):
            owed[period] += left
            if period == periods - 1:
                part = left
            elif period < first or terms.get("repayment", "linear") == "bullet":
                part = 0.0
            elif terms.get("repayment", "linear") == "annuity" and interest:
                part = share * interest / (1 - (1 + interest) ** -over) - interest * left
            else:
                part = share / over
            repaid[period] += part
            left -= part
    return Account(owed, drawn, repaid)


def by_year(per_period: Sequence[float], a_year: int, discount: float) -> ByYear:
    """Amounts at the end of periods, put at the end of their year without a change of present value."""
    years: ByYear = {}
    for number, amount in enumerate(per_period, 1):
        year = math.ceil(number / a_year)
        add(years, year, amount / (1 + discount / a_year) ** number * (1 + discount) ** year)
    return years


def failing(firm: Firm, a_year: int) -> float:
    """The probability of default in a period that makes the yearly one."""
    return float(1 - (1 - firm["default"]) ** (1 / a_year))


def margin(firm: Firm, world: World) -> float:
    of_class = world.tables["classes"].get(firm.rating)
    if of_class is None:
        return float(world.tables["unrated_margin"])
    return float(world.tables["margins"][of_class][firm.collateral or "normal"])


def premium(firm: Firm, world: World) -> tuple[float, set[str]]:
    """The safe-harbour premium and what has to be said of it; unknown for ratings that have none."""
    if not firm.rating:
        return float(world.tables["unrated_premium"]), {"no_rating"}
    own = world.tables["premiums"][firm.rating]
    if own is not None:
        return float(own), set()
    grid = world.tables["premiums_by_collateral"].get(world.tables["classes"][firm.rating])
    if world.crisis_grid and grid:
        return float(grid[firm.collateral or "normal"]), {"crisis_grid"}
    return UNKNOWN, {"no_premium"}


# Instruments


def sized(size: Document, firm: Firm) -> float:
    if "amount" in size:
        return float(size["amount"])
    wanted = most(size["share"] * most(firm[size["of"]], 0.0), size.get("at_least", 0.0))
    return least(wanted, size.get("at_most", math.inf))


def give(document: Document, firm: Firm, world: World) -> Given:
    """What an instrument gives a firm that may have it."""
    given: Given = _KINDS[document["kind"]](document, firm, world)
    return given


def may_have(document: Document, firm: Firm) -> bool:
    return not document.get("flag") or document["flag"] in firm.flags


def _money(document: Document, payments: ByYear, committed: float, world: World, **more: Any) -> Given:
    taxable = document.get("taxable", True)
    bought = payments if taxable and document.get("spent_on_rd", False) else {}
    return Given(
        taxed=payments if taxable else {},
        untaxed={} if taxable else payments,
        research=bought,
        equivalent=present(payments, world.discount),
        spent=present(payments, world.government),
        lost_tax=taxable,
        committed=committed,
        finance=committed,
        **more,
    )


def _grant(document: Document, firm: Firm, world: World) -> Given:
    amount = sized(document["size"], firm)
    parts = document.get("payments", {0: 1.0})
    return _money(document, {year: share * amount for year, share in parts.items()}, amount, world)


def _matching_grant(document: Document, firm: Firm, world: World) -> Given:
    wanted = document["rate"] * most(firm[document.get("of", "rd")], 0.0)
    cap = document.get("cap", math.inf)
    open_end = wanted < cap and document.get("of", "rd") == "rd"
    further = CreditRate(document["rate"], document.get("taxable", True), cash=True) if open_end else None
    flags = frozenset({"capped"} if wanted >= cap else ())
    return _money(document, {0: least(wanted, cap)}, least(wanted, cap), world, further=further, flags=flags)


def _tranche_grant(document: Document, firm: Firm, world: World) -> Given:
    """Three outcomes, each with its payments; what is expected is their mean."""
    amount = sized(document["size"], firm)
    undone, missed = document.get("not_carried_out", 0.0), document.get("missed", 0.0)
    at_once = [part for part in document["tranches"] if not part.get("if_reached", False)]
    expected: ByYear = {}
    for part in document["tranches"]:
        add(expected, part["after"], (1 - undone - missed) * part["share"] * amount)
    for part in at_once:
        add(expected, part["after"], missed * part["share"] * amount)
        add(expected, part["after"], undone * part["share"] * amount)
        add(expected, document.get("recovered_after", 3), -undone * part["share"] * amount)
    return _money(document, expected, amount, world)


def _soft_loan(document: Document, firm: Firm, world: World) -> Given:
    principal, charged, terms = sized(document["size"], firm), document["charged"], document["terms"]
    a_year = int(terms.get("per_year", 1))
    debt, fees = account(terms, charged), document.get("fees", 0.0) * principal
    saved_a_year = world.base + margin(firm, world) - charged
    saved = [principal * owed * saved_a_year / a_year for owed in debt.owed]
    equivalent = math.fsum(part / (1 + world.discount / a_year) ** t for t, part in enumerate(saved, 1)) - fees
    taxed = by_year(saved, a_year, world.discount)
    add(taxed, 0, -fees)
    if "refinanced_at" in document:  # the state lends to a bank, which pays it back whatever becomes of the firm
        sure = replace(firm, amounts={**firm.amounts, "default": 0.0, "loss": 0.0})
        spent = _lent_less_back(principal, debt, document["refinanced_at"], sure, world, a_year)
    else:
        spent = _lent_less_back(principal, debt, charged, firm, world, a_year) - fees
    flags = {"no_rating"} if not firm.rating else set()
    flags |= {"no_market"} if "in_difficulty" in firm.flags else set()
    flags |= {"floor"} if equivalent < 0 else set()
    return Given(
        taxed=taxed,
        equivalent=equivalent,
        spent=spent,
        committed=principal,
        finance=principal,
        points=saved_a_year if principal > 0 else 0.0,
        flags=frozenset(flags),
    )


def _lent_less_back(principal: float, debt: Account, charged: float, firm: Firm, world: World, a_year: int) -> float:
    """What is lent to a firm that may fail in every period, less what it pays or what is left of it."""
    pays, step, alive, total = 1 - failing(firm, a_year), 1 + world.government / a_year, 1.0, 0.0
    for t, owed in enumerate(debt.owed):
        due = debt.repaid[t] + charged / a_year * owed
        left = (1 - firm["loss"]) * (1 + charged / a_year) * owed
        total += alive * (debt.drawn[t] / step**t - (pays * due + (1 - pays) * left) / step ** (t + 1))
        alive *= pays
    return principal * total


def _interest_subsidy(document: Document, firm: Firm, world: World) -> Given:
    principal, terms = sized(document["size"], firm), document["terms"]
    a_year = int(terms.get("per_year", 1))
    in_all = 0.0
    of_year: ByYear = {}
    paid: list[float] = []
    flags: set[str] = set()
    for t, owed in enumerate(account(terms, 0.0).owed):
        wanted = principal * owed * document["points"] / a_year
        year_left = document.get("cap_a_year", math.inf) - of_year.get(t // a_year, 0.0)
        part = least(wanted, least(year_left, document.get("cap_in_all", math.inf) - in_all))
        flags |= {"capped"} if part < wanted else set()
        add(of_year, t // a_year, part)
        in_all += part
        paid.append(part)
    return Given(
        taxed=by_year(paid, a_year, world.discount),
        equivalent=math.fsum(part / (1 + world.discount / a_year) ** t for t, part in enumerate(paid, 1)),
        spent=math.fsum(part / (1 + world.government / a_year) ** t for t, part in enumerate(paid, 1)),
        lost_tax=True,
        committed=in_all,
        finance=principal,
        points=document["points"] if principal > 0 else 0.0,
        flags=frozenset(flags),
    )


def _guarantee(document: Document, firm: Firm, world: World) -> Given:
    wanted, share, fee = sized(document["size"], firm), document["guaranteed"], document["fee"]
    terms = document["terms"]
    a_year = int(terms.get("per_year", 1))
    principal = least(wanted, document.get("at_most_a_firm", math.inf) / share)
    market, flags = premium(firm, world)
    debt = account(terms, 0.0)
    saved = [principal * share * owed * (market - fee) / a_year for owed in debt.owed]
    first = 0 if document.get("in_advance", False) else 1
    equivalent = math.fsum(part / (1 + world.discount / a_year) ** t for t, part in enumerate(saved, first))
    taxed = by_year(saved, a_year, world.discount)
    if first == 0:
        taxed = {}
        for t, part in enumerate(saved):
            year = math.ceil(t / a_year)
            add(taxed, year, part / (1 + world.discount / a_year) ** t * (1 + world.discount) ** year)
    flags |= {"floor"} if equivalent < 0 else set()
    flags |= {"no_market"} if "in_difficulty" in firm.flags else set()
    flags |= {"outside_safe_harbour"} if share > world.tables["guarantee_at_most"] else set()
    flags |= {"limited"} if wanted > principal else set()
    return Given(
        taxed=taxed,
        equivalent=equivalent,
        spent=principal * share * _calls_less_fees(debt, fee, firm, world, a_year),
        committed=principal * share,
        finance=principal,
        points=(market - fee) * share if principal > 0 else 0.0,
        flags=frozenset(flags),
    )


def _calls_less_fees(debt: Account, fee: float, firm: Firm, world: World, a_year: int) -> float:
    """Calls come at the end of the period of default, fees at the start of every period that the firm is alive in."""
    fails, step, alive, total = failing(firm, a_year), 1 + world.government / a_year, 1.0, 0.0
    for t, owed in enumerate(debt.owed):
        total += alive * owed * (fails * firm["loss"] / step ** (t + 1) - fee / a_year / step**t)
        alive *= 1 - fails
    return total


def _equity(document: Document, firm: Firm, world: World) -> Given:
    amount, private = sized(document["size"], firm), document.get("private_share", 0.0)
    kind = document.get("terms", "equal")
    flags = frozenset({"indicative"})
    aid = cost = amount
    if kind == "equal" and private >= document.get("private_at_least", 0.30):
        aid, cost, flags = 0.0, 0.0, frozenset()
    elif kind == "expected":
        years = document.get("years", 7)
        back = amount * math.fsum(end["probability"] * _public_multiple(document, end["multiple"]) for end in document["exits"])
        aid = amount - back / (1 + document.get("required_return", 0.12)) ** years
        cost = amount - back / (1 + world.government) ** years
    return Given(untaxed={0: aid}, equivalent=aid, spent=cost, committed=amount, finance=amount / (1 - private), flags=flags)


def _public_multiple(document: Document, multiple: float) -> float:
    """What comes back per unit of public money when the whole round is worth `multiple` of what was paid."""
    private = document.get("private_share", 0.0)
    if document.get("first_loss", False) and multiple < 1:
        to_private = min(multiple, private)
        multiple = (multiple - to_private) / (1 - private)
    return float(min(multiple, document.get("upside_at_most", math.inf)))


def _allowance(document: Document, firm: Firm, world: World) -> Given:
    flags = frozenset({"rd_above_revenue"} if firm["rd"] > firm["revenue"] else ())
    return Given(allowance=document["share"], years=document.get("years", 1), lost_tax=True, flags=flags)


def _credit(document: Document, firm: Firm, world: World) -> Given:
    wanted = document["rate"] * firm["rd"]
    amount = least(wanted, document.get("cap", math.inf))
    capped, taxed = wanted > amount, document.get("taxable", False)
    return Given(
        credit=dict.fromkeys(range(document.get("years", 1)), amount),
        credit_is_income=taxed,
        further=None if capped else CreditRate(document["rate"], taxed, cash=False),
        lost_tax=True,
        flags=frozenset({"capped"} if capped else ()),
    )


def _schedule_credit(document: Document, firm: Firm, world: World) -> Given:
    total, marginal, below = 0.0, 0.0, 0.0
    for band in document["bands"]:
        top = band.get("up_to") or math.inf
        total += band["rate"] * most(least(firm["rd"], top) - below, 0.0)
        if below <= firm["rd"] < top:
            marginal = band["rate"]
        below = top
    further = CreditRate(marginal, taxed=False, cash=False)
    return Given(credit=dict.fromkeys(range(document.get("years", 1)), total), further=further, lost_tax=True)


def _rate_cut(document: Document, firm: Firm, world: World) -> Given:
    return Given(rate=document["rate"], years=document.get("years", 1), lost_tax=True)


def _small_firm_band(document: Document, firm: Firm, world: World) -> Given:
    limit = document["income_at_most"]
    flags: set[str] = set()
    if math.isnan(firm["staff"]) or math.isnan(firm["assets"]):
        flags.add("unknown")
    if not (firm["staff"] <= document["staff_at_most"] and firm["assets"] <= document["assets_at_most"]):
        return Given(lost_tax=True, flags=frozenset(flags))
    if abs(firm["income"] - firm["rd"] - limit) <= 0.05 * limit:
        flags.add("notch")
    years = document.get("years", 1)
    return Given(rate=document["rate"], rate_up_to=limit, years=years, lost_tax=True, flags=frozenset(flags))


def _write_off(rule: Document) -> list[float]:
    """Deductions of a unit by year, straight line only."""
    left, parts = 1.0, []
    while left > 1e-9:
        parts.append(min(rule["rate"], left))
        left -= parts[-1]
    return parts


def _accelerated(document: Document, firm: Firm, world: World) -> Given:
    amount = sized(document["size"], firm)
    shift: ByYear = {}
    for sign, rule in ((1, document["faster"]), (-1, document["usual"])):
        for year, part in enumerate(_write_off(rule)):
            add(shift, year, sign * amount * part)
    return Given(deducted=shift, finance=0.0 * amount, lost_tax=True)


def _vat_credit(document: Document, firm: Firm, world: World) -> Given:
    due = most(firm["output_vat"] - firm["input_vat"], 0.0)
    each, waiting = document["share"] * firm["input_vat"], 0.0
    used: ByYear = {}
    for year in range(document.get("years", 1)):
        used[year] = least(waiting + each, due)
        waiting = waiting + each - used[year]
    flags = {"carried_forward"} if used[0] < each else set()
    flags |= {"lapsed"} if waiting > 0 else set()
    return Given(
        vat=used,
        equivalent=present(used, world.discount),
        committed=math.fsum(used.values()),
        lost_tax=True,
        flags=frozenset(flags),
    )


def _deferral(document: Document, firm: Firm, world: World) -> Given:
    """The tax of now is paid later: the firm has the money meanwhile and the budget has not."""
    due = world.tax["rate"] * max(firm["income"] - firm["rd"], 0.0)  # before reliefs: what is not due cannot be put off
    wanted = sized(document["size"], firm)
    amount = due if due != due else min(wanted, due)
    moved = {0: amount, document.get("years", 1): -amount}
    return Given(untaxed=moved, committed=amount, late_tax=present(moved, world.government))


def _route(document: Document, firm: Firm, world: World) -> Given:
    return Given(equivalent=0.0, committed=0.0, finance=0.0)


_KINDS: dict[str, Any] = {
    "grant": _grant,
    "matching_grant": _matching_grant,
    "tranche_grant": _tranche_grant,
    "soft_loan": _soft_loan,
    "interest_subsidy": _interest_subsidy,
    "guarantee": _guarantee,
    "equity": _equity,
    "allowance": _allowance,
    "credit": _credit,
    "schedule_credit": _schedule_credit,
    "rate_cut": _rate_cut,
    "small_firm_band": _small_firm_band,
    "accelerated": _accelerated,
    "vat_credit": _vat_credit,
    "deferral": _deferral,
    "route": _route,
}


# Taxes


def allowance_of(given: Iterable[Given], year: int) -> float:
    """Allowances do not add: the largest counts."""
    return max([0.0, *(each.allowance for each in given if each.holds(year))])


def rate_at(profit: float, given: Iterable[Given], world: World, year: int) -> float:
    """The lowest rate that is open at this profit."""
    cuts = [each for each in given if each.rate is not None and each.holds(year) and profit <= each.rate_up_to]
    return min([float(world.tax["rate"]), *(each.rate for each in cuts if each.rate is not None)])


def profit_of(firm: Firm, given: Sequence[Given], year: int) -> float:
    """Taxable profit before losses of earlier years; summed without rounding, for what stands exactly at a limit."""
    terms = [firm["income"], -firm["rd"] * (1 + allowance_of(given, year))]
    for each in given:
        terms += [each.taxed.get(year, 0.0), each.vat.get(year, 0.0), -each.deducted.get(year, 0.0)]
        terms += [each.credit.get(year, 0.0) if each.credit_is_income else 0.0]
        terms += [-each.research.get(year, 0.0) * (1 + allowance_of(given, year))]
    return math.fsum(terms)


def taxes(firm: Firm, given: Sequence[Given], world: World, last: int) -> list[float]:
    """The tax of every year to the last one, with losses used oldest first until they lapse."""
    stock = dict(enumerate(firm.losses))  # the last year it may be used in -> what is left
    kept, paid = world.carried_for(firm), []
    for year in range(last + 1):
        stock = {until: left for until, left in stock.items() if until >= year}
        profit = profit_of(firm, given, year)
        if math.isnan(profit):
            paid.append(UNKNOWN)
            continue
        left = max(profit, 0.0)
        for until in sorted(stock):
            used = min(left, stock[until])
            stock[until] -= used
            left -= used
        if profit < 0:
            stock[year + kept] = stock.get(year + kept, 0.0) - profit
        tax = left * rate_at(left, given, world, year)
        paid.append(max(tax - math.fsum(each.credit.get(year, 0.0) for each in given), 0.0))
    return paid


def difference(firm: Firm, having: Sequence[Given], lacking: Sequence[Given], world: World) -> Worth:
    """What a firm has more with `having` than with `lacking`; both are computed whole, to the end of all consequences."""
    moved = [each for each in having if all(each is not other for other in lacking)]
    last = max([0, *(each.last_year for each in (*having, *lacking))]) + VINTAGES + 2
    tax: ByYear = {}
    if any(each.touches_tax for each in moved):
        both = zip(taxes(firm, having, world, last), taxes(firm, lacking, world, last), strict=True)
        tax = {year: more - less for year, (more, less) in enumerate(both) if more != less}
    cash: ByYear = {}
    for each in moved:
        for part in (each.taxed, each.untaxed, each.vat):
            for year, amount in part.items():
                add(cash, year, amount)
    value = present(cash, world.discount) - present(tax, world.discount)
    return Worth(value, cash, tax, present(tax, world.government))


# R&D


def waits(firm: Firm, world: World) -> float:
    """What a relief of 1 is worth to a firm whose profit comes back some year, or too late."""
    p, step = world.return_to_profit, 1 + world.discount
    return math.fsum(p * (1 - p) ** (k - 1) / step**k for k in range(1, world.carried_for(firm) + 1))


def cost_of_research(firm: Firm, given: Sequence[Given], world: World) -> tuple[float, float]:
    """What a further unit of R&D costs, relative to no relief at all, and the rate at which its profit is taxed."""
    profit = profit_of(firm, given, 0)
    if math.isnan(profit):
        return UNKNOWN, UNKNOWN
    use = 1.0 if profit > 0 else waits(firm, world)
    rate = rate_at(max(profit, 0.0), given, world, 0)
    taxed = use * rate
    relief = taxed * (1 + allowance_of(given, 0))
    for each in given:
        if each.further is not None:
            own = 1.0 if each.further.cash else use
            relief += own * each.further.rate * (1 - taxed * each.further.taxed)
    index = (1 - relief) / (1 - taxed)
    points = math.fsum(each.points for each in given)
    return index * (1 - world.financed_by_loan * (1 - rate) * points / (world.interest + world.depreciation)), rate


# One instrument, and several


def evaluate(document: Document, firm: Firm, world: World, background: Sequence[Document] = ()) -> Valued:
    """All figures of one instrument, alone on what the law gives anyway."""
    behind = [
        give(each, firm, world).standing()
        for each in background
        if each["instrument"] != document["instrument"] and may_have(each, firm)
    ]
    own = give(document, firm, world) if may_have(document, firm) else _nothing(document, firm, world)
    change = difference(firm, [*behind, own], behind, world)
    signed = change.value if own.equivalent is None else own.equivalent
    gross = most(signed, 0.0)
    lost = own.late_tax - (change.tax_at_government if own.lost_tax else 0.0)
    vat = present(own.vat, world.government)
    levels: dict[str, float] = {}
    for shares, amount in (
        (document["shares"], own.spent),
        (world.tax["profit_tax_shares"], lost),
        (world.tax["vat_shares"], vat),
    ):
        for level, share in shares.items():
            levels[level] = levels.get(level, 0.0) + share * amount
    cost = own.spent + lost + vat
    committed = gross if own.committed is None else own.committed
    finance = committed if own.finance is None else own.finance
    (before, _), (after, rate) = cost_of_research(firm, behind, world), cost_of_research(firm, [*behind, own], world)
    rewarded = (before - after) * (1 - rate) * firm["rd"]
    return Valued(
        gross=gross,
        signed=signed,
        worth=change.value,
        cost=cost,
        cost_by_level=levels,
        committed=committed,
        user_cost=after / before - 1,
        marginal=rewarded / change.value if abs(change.value) > 1e-6 else UNKNOWN,
        intensity=ratio(gross, firm["rd"]),
        finance=finance,
        finance_per_committed=ratio(finance, committed),
        finance_per_cost=ratio(finance, cost),
        cash=change.cash,
        tax=change.tax,
        flags=own.flags,
    )


def _nothing(document: Document, firm: Firm, world: World) -> Given:
    """A firm that may not have an instrument gets nothing of it, and nothing is promised."""
    tax_only = give(document, firm, world).equivalent is None
    return Given(equivalent=None if tax_only else 0.0, committed=0.0, finance=0.0)


@dataclass(frozen=True)
class Stacked:
    """Several instruments of one firm."""

    alone: list[float]
    last_in: list[float]
    steps: list[float]
    joint: float
    interaction: float
    gross: float
    intensity: float


def stack(documents: Sequence[Document], firm: Firm, world: World, background: Sequence[Document] = ()) -> Stacked:
    """Worth alone, last in, step by step and jointly; each from whole computations of its own."""
    names = {each["instrument"] for each in documents}
    behind = [
        give(each, firm, world).standing() for each in background if each["instrument"] not in names and may_have(each, firm)
    ]
    own = [give(each, firm, world) if may_have(each, firm) else _nothing(each, firm, world) for each in documents]

    def worth(having: Sequence[Given], lacking: Sequence[Given]) -> float:
        return difference(firm, [*behind, *having], [*behind, *lacking], world).value

    alone = [worth([each], []) for each in own]
    last_in = [worth(own, [other for other in own if other is not each]) for each in own]
    steps = [worth(own[: number + 1], own[:number]) for number in range(len(own))]
    joint = worth(own, [])
    reliefs = [each for each in own if each.equivalent is None]
    gross = worth(reliefs, []) if reliefs else 0.0
    for each in own:
        if each.equivalent is not None:
            gross += most(each.equivalent, 0.0)
    return Stacked(alone, last_in, steps, joint, joint - math.fsum(alone), gross, ratio(gross, firm["rd"]))
