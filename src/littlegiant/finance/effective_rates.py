"""Effective average and marginal tax rates after Devereux and Griffith, with the extension to R&D relief.

Calibrated as the Oxford database of 2017 (recovered from its values: 628 country-years agree to 2e-5). Retained earnings and
debt, no personal taxes. The first year's deduction is taken at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from littlegiant.finance.depreciation import WriteOff
from littlegiant.problems import refuse, suggestion

Inventory = Literal["FIFO", "average", "LIFO"]
_TAXED_GAIN: dict[str, float] = {"FIFO": 1.0, "average": 0.5, "LIFO": 0.0}


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the computation assumes of the economy and the project."""

    interest: float = 0.05  # real
    inflation: float = 0.025
    profit: float = 0.20  # pre-tax return of the project, for the average rate
    debt: float = 0.35  # share financed by debt
    depreciation: Mapping[str, float] = field(
        default_factory=lambda: {"buildings": 0.031, "machinery": 0.175, "intangibles": 0.1535}
    )
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"buildings": 0.2398, "machinery": 0.2563, "intangibles": 0.0869, "inventory": 0.4170}
    )

    @property
    def nominal(self) -> float:
        return (1 + self.interest) * (1 + self.inflation) - 1


@dataclass(frozen=True, slots=True)
class AssetRule:
    """What the tax rules give for an asset: its write-off, an extra share of the spending (1.0 for 100 %), a credit."""

    write_off: WriteOff
    allowance: float = 0.0
    credit: float = 0.0


@dataclass(frozen=True, slots=True)
class EffectiveRates:
    """`marginal` is None where the cost of capital is not above zero: the ratio says nothing there."""

    average: float
    cost_of_capital: float
    marginal: float | None


def effective_rates(
    rate: float, rules: Mapping[str, AssetRule], inventory: Inventory = "average", calibration: Calibration | None = None
) -> EffectiveRates:
    """Return the rates of the mixed project; every asset of the weights needs a rule."""
    chosen = calibration or Calibration()
    for asset in {*rules, *chosen.weights} - {"inventory"}:
        if asset not in rules or asset not in chosen.weights:
            missing = "rule" if asset not in rules else "weight"
            remedy = suggestion(asset, chosen.weights if missing == "weight" else rules)
            refuse(
                "effective rates",
                f"{asset!r} without a {missing}",
                "a rule for every asset of the weights",
                remedy,
                code="assets",
            )
    if inventory not in _TAXED_GAIN:
        refuse("effective rates", f"inventory {inventory!r}", ", ".join(_TAXED_GAIN), code="inventory")
    if not 0 <= rate < 1 or chosen.profit <= 0:
        refuse("effective rates", f"a rate of {rate:g}, a profit of {chosen.profit:g}", "below 1, above 0", code="range")
    average = capital = 0.0
    for asset, weight in chosen.weights.items():
        for debt, share in ((False, 1 - chosen.debt), (True, chosen.debt)):
            # The rent is linear in the return: two evaluations give its zero.
            at_profit = _rent(chosen.profit, rate, asset, rules, inventory, chosen, debt=debt)
            at_nothing = _rent(0.0, rate, asset, rules, inventory, chosen, debt=debt)
            before_tax = (chosen.profit - chosen.interest) / (1 + chosen.interest)
            average += weight * share * (before_tax - at_profit) / (chosen.profit / (1 + chosen.interest))
            capital += weight * share * -at_nothing * chosen.profit / (at_profit - at_nothing)
    return EffectiveRates(average, capital, (capital - chosen.interest) / capital if capital > 1e-12 else None)


def _rent(
    profit: float,
    rate: float,
    asset: str,
    rules: Mapping[str, AssetRule],
    inventory: Inventory,
    chosen: Calibration,
    *,
    debt: bool,
) -> float:
    """Return the economic rent after tax of a project that earns `profit` for one year."""
    i, inflation = chosen.nominal, 1 + chosen.inflation
    if asset == "inventory":
        rent = -1 + (inflation * (1 + profit * (1 - rate)) - rate * chosen.inflation * _TAXED_GAIN[inventory]) / (1 + i)
        return rent + (i * rate / (1 + i) if debt else 0.0)
    rule, delta = rules[asset], chosen.depreciation[asset]
    relief = rate * rule.write_off.present_value(i) * (1 + rule.allowance) + rule.credit
    rent = -(1 - relief) + (inflation * (profit + delta) * (1 - rate) + inflation * (1 - delta) * (1 - relief)) / (1 + i)
    first_year = rule.write_off.first_year * (1 + rule.allowance) + (rule.credit / rate if rate else 0.0)
    return rent + (i * rate * (1 - first_year * rate) / (1 + i) if debt else 0.0)
