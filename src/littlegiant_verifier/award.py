"""An allocation checked without a solver, by each of the three circles, from what that circle has.

Whole numbers and fractions throughout; nothing of littlegiant is imported.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from littlegiant_verifier.award_draw import check_drawn, joined
from littlegiant_verifier.checks import KEYS
from littlegiant_verifier.tables import table_digest

Option = tuple[int, dict[int, int]]  # benefit, and use by row
ROUNDING = 1e-6  # units of benefit: what rounding prices may do to a case at the margin
TABLES = ("award_rows", "award_winners", "award_cases", "award_options", "award_uses", "options")


@dataclass(frozen=True)
class Checked:
    """One thing checked; `wrong` is empty where it holds."""

    what: str
    wrong: str = ""


def bound_of(
    units: list[list[Option]], floor: list[int | None], ceiling: list[int | None], price: list[Fraction], chosen: list[int | None]
) -> tuple[int, Fraction]:
    """Return the value of a choice and what no choice exceeds; raises AssertionError where it does not hold."""
    value, bound, use = 0, Fraction(0), [0] * len(price)
    assert len(price) == len(floor) == len(ceiling), "one price a row"
    assert len(chosen) == len(units), "one choice a unit"
    for k, p in enumerate(price):
        limit = ceiling[k] if p > 0 else floor[k]
        assert p == 0 or limit is not None, f"row {k} has a price on the side where it has no limit"
        bound += p * (limit or 0)
    for options, own in zip(units, chosen, strict=True):
        surplus = [worth - sum(price[k] * use_ for k, use_ in uses.items()) for worth, uses in options]
        bound += max(0, max(surplus, default=0))
        if own is not None:
            assert 0 <= own < len(options), "a package that was not offered"
            worth, uses = options[own]
            value += worth
            for k, use_ in uses.items():
                use[k] += use_
    for k in range(len(price)):
        low, high = floor[k], ceiling[k]
        assert low is None or use[k] >= low, f"row {k}: {use[k]} lies below the floor of {low}"
        assert high is None or use[k] <= high, f"row {k}: {use[k]} lies above the ceiling of {high}"
    return value, bound


def check_public(folder: Path) -> Iterator[Checked]:
    """What anybody can check: signs of prices, totals within bounds, the arithmetic of the gap, payments against the funds."""
    rows, certificate = _rows(folder), _json(folder)
    yield from _digests(folder)
    if "draw" in certificate:
        yield _draw(certificate["draw"], certificate["award"])
    yield _said("prices have the sign of a side that is limited", [r["name"] for r in rows if _unlimited(r)])
    yield _said("totals lie within floors and ceilings", [r["name"] for r in rows if _outside(r)])
    slack = sum((_price(r) * (_limit(r) - r["use"]) for r in rows if r["numerator"]), Fraction(0))
    yield _same("unused money of priced rows is as stated", slack, _fraction(certificate["slack"]))
    gap = _fraction(certificate["bound"]) - certificate["value"]
    yield _same("bound less value is the gap", gap, _fraction(certificate["gap"]))
    yield _same("the gap is regrets and unused money", gap, _fraction(certificate["regrets"]) + _fraction(certificate["slack"]))
    winners = pq.read_table(folder / "award_winners.parquet")
    yield _same("the number of winners is as stated", winners.num_rows, certificate["winners"])
    for name in sorted(column for column in winners.column_names if column.startswith("paid_")):
        total = sum(winners[name].to_pylist())
        level, year = name.split("_")[1], int(name.split("_")[2])
        ending = f" {certificate['first_year'] + year}"
        for row in rows:
            fund = row["name"].removesuffix(ending)
            mine = row["name"].endswith(ending) and certificate["fund_levels"].get(fund) == level
            if row["kind"] == "fund" and mine and fund not in certificate["carried"]:
                yield _same(f"payments to winners sum to the use of {row['name']}", total, row["use"])


def check_firm(file: Path, folder: Path) -> Iterator[Checked]:
    """What a firm can check: that at the public prices its package, or nothing, is what suits it best – or what it lost by it."""
    own = json.loads(file.read_text(encoding="utf-8"))
    listed_rows = _rows(folder)
    rows = {row["row"]: row for row in listed_rows}
    yield _same("the file belongs to this price list", own["prices"], prices_digest(listed_rows))
    surplus = {}
    for option in own["options"]:
        cost = sum((_price(rows[int(k)]) * use for k, use in option["uses"].items()), Fraction(0))
        surplus[option["package"]] = option["benefit"] - cost
    best = max([Fraction(0), *surplus.values()])
    got = surplus.get(own["got"], Fraction(0))
    off = own["ground"] in ("awarded off price", "off price")
    yield Checked(
        "the package is among the options" if own["got"] else "nothing was awarded",
        "" if own["got"] is None or own["got"] in surplus else "it is not",
    )
    if own.get("undertaking"):
        yield Checked("decided together with the other projects of its undertaking: the auditor can recount it")
    elif off:
        yield Checked(f"off the price rule, with a regret of {float(best - got):,.6g}", "" if best > got else "there is none")
    elif own["ground"] in ("awarded", "below price"):
        wrong = f"a surplus of {float(best):,.1f} against {float(got):,.1f}"
        yield Checked("at the prices nothing suits better", "" if best - got < ROUNDING else wrong)
    else:
        yield Checked(f"told on the ground {own['ground']!r}, which prices do not decide")
    winners = pq.read_table(folder / "award_winners.parquet", columns=["case", "package"]).to_pylist()
    listed = {row["case"]: row["package"] for row in winners}.get(own["case"])
    yield Checked("the public list says the same", "" if listed == own["got"] else f"it says {listed}")


def check_whole(folder: Path) -> Iterator[Checked]:
    """What the auditor can check: the bound from every option, the value, the totals, the regrets – and all that is public."""
    yield from check_public(folder)
    rows, certificate = _rows(folder), _json(folder)
    options = pq.read_table(folder / "award_options.parquet").to_pylist()
    uses: dict[tuple[int, int], dict[int, int]] = {}
    for row in pq.read_table(folder / "award_uses.parquet").to_pylist():
        uses.setdefault((row["unit"], row["option"]), {})[row["row"]] = row["use"]
    units: dict[int, list[tuple[Option, bool]]] = {}
    for row in options:
        units.setdefault(row["unit"], []).append(((row["benefit"], uses.get((row["unit"], row["option"]), {})), row["chosen"]))
    chosen = [next((at for at, (_, is_chosen) in enumerate(own) if is_chosen), None) for own in units.values()]
    listed = [[option for option, _ in own] for own in units.values()]
    twice = [str(unit) for unit, own in units.items() if sum(is_chosen for _, is_chosen in own) > 1]
    yield _said("no unit has two options", twice)
    try:
        value, bound = bound_of(
            listed, [r["floor"] for r in rows], [r["ceiling"] for r in rows], [_price(r) for r in rows], chosen
        )
    except AssertionError as wrong:
        yield Checked("the allocation holds", str(wrong))
        return
    yield _same("the value follows from the options", value, certificate["value"])
    used = [0] * len(rows)
    for own, option in zip(listed, chosen, strict=True):
        for k, use in (own[option][1] if option is not None else {}).items():
            used[k] += use
    yield _said(
        "totals of rows follow from the options", [r["name"] for r, use in zip(rows, used, strict=True) if r["use"] != use]
    )
    yield from _listed(folder, options)
    if "lottery" in certificate:
        yield from (Checked(*each) for each in check_drawn(folder, certificate))
    cases = pq.read_table(folder / "award_cases.parquet", columns=["case"]).num_rows
    yield _same("the number of cases is as stated", cases, certificate["cases"])
    off = sum(_off(own, option, rows) for own, option in zip(listed, chosen, strict=True))
    yield _same("the number of units off the price rule is as stated", off, certificate["off_price"])
    yield _same("the bound follows from options and prices", bound, _fraction(certificate["bound"]))


def _digests(folder: Path) -> Iterator[Checked]:
    """The content of every table that is there against the certificate."""
    stated = _json(folder)["digests"]
    yield _said("the certificate states the content of every table", [name for name in TABLES if name not in stated])
    for name in sorted(stated):
        path = folder / f"{name}.parquet"
        if path.is_file() and name in TABLES:
            yield _same(
                f"the content of {name} is that of the certificate", table_digest(pq.read_table(path), KEYS[name]), stated[name]
            )


def _listed(folder: Path, options: list[dict[str, Any]]) -> Iterator[Checked]:
    """Winners and cases against the chosen options."""
    chosen: dict[str, str] = {}
    for row in options:
        if row["chosen"] and not row["stands_for"].startswith("carried "):
            chosen |= dict(each.rsplit("=", 1) for each in row["stands_for"].split(";"))
    winners = {row["case"]: row["package"] for row in pq.read_table(folder / "award_winners.parquet").to_pylist()}
    yield _said("winners are those of the chosen options", sorted(set(winners.items()) ^ set(chosen.items()))[:5])
    cases = pq.read_table(folder / "award_cases.parquet", columns=["case", "package"]).to_pylist()
    told = {row["case"]: row["package"] for row in cases if row["package"] is not None}
    yield _said("what cases are told is what they got", sorted(set(told.items()) ^ set(chosen.items()))[:5])


def _draw(draw: dict[str, str], award: str) -> Checked:
    """The secret against the commitment, which has to be held against what was published before the deadline."""
    parts = joined(*(part.encode() for part in ("littlegiant-draw:commit", draw["call"], draw["secret"])))
    what = f"the secret gives the commitment {draw['commitment'][:16]}…, which must have been public before the deadline"
    if draw["call"] != award:
        return Checked(what, f"it is a draw of {draw['call']}")
    return Checked(what, "" if hashlib.sha256(parts).hexdigest() == draw["commitment"] else "it gives another")


def prices_digest(rows: list[dict[str, Any]]) -> str:
    """Return the digest of the price list: names and whole numbers, sorted and without spaces, which here is RFC 8785."""
    names = ("row", "name", "numerator", "exponent")
    text = json.dumps(
        [{name: row[name] for name in names} for row in rows], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _off(options: list[Option], chosen: int | None, rows: list[dict[str, Any]]) -> bool:
    """Say whether a unit did not get what suits it best at the prices."""
    surplus = [worth - sum(_price(rows[k]) * use for k, use in uses.items()) for worth, uses in options]
    return max([Fraction(0), *surplus]) > (surplus[chosen] if chosen is not None else 0)


def _rows(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "award_rows.parquet").to_pylist()
    return sorted(rows, key=lambda row: row["row"])


def _json(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    return read


def _price(row: dict[str, Any]) -> Fraction:
    return Fraction(row["numerator"], 2 ** row["exponent"])


def _limit(row: dict[str, Any]) -> int:
    limit = row["ceiling"] if row["numerator"] > 0 else row["floor"]
    return int(limit) if limit is not None else 0


def _unlimited(row: dict[str, Any]) -> bool:
    return (row["numerator"] > 0 and row["ceiling"] is None) or (row["numerator"] < 0 and row["floor"] is None)


def _outside(row: dict[str, Any]) -> bool:
    low, high = row["floor"], row["ceiling"]
    return (low is not None and row["use"] < low) or (high is not None and row["use"] > high)


def _fraction(pair: list[int]) -> Fraction:
    return Fraction(pair[0], 2 ** pair[1])


def _said(what: str, wrong: list[Any]) -> Checked:
    return Checked(what, ", ".join(str(each) for each in wrong[:5]))


def _same(what: str, found: Any, stated: Any) -> Checked:
    return Checked(what, "" if found == stated else f"{found} is not {stated}")
