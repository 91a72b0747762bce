"""The shipped standards as both judges see them: each tier, version and kind of application, with and without notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from littlegiant.assessment import CaseFacts, Judge, Judged
from littlegiant.documents import Document
from littlegiant.packs import open_pack
from littlegiant.standards import Compiled, Item, Standard, compile_standard, find_notices
from oracle.judge import Judge as Oracle

PACK = open_pack("cn")


@dataclass(frozen=True)
class Setting:
    version: str
    application: str
    day: date
    notices: tuple[str, ...] = ()
    standard: str = "little-giant"

    def __str__(self) -> str:
        return "-".join([self.standard, self.version, self.application, *(["notice"] if self.notices else [])])


SETTINGS = (
    Setting("2022", "new", date(2025, 5, 16)),
    Setting("2022", "new", date(2025, 5, 16), ("little-giant-2025",)),
    Setting("2022", "re-review", date(2025, 5, 16)),
    Setting("2022", "re-review", date(2025, 5, 16), ("little-giant-2025",)),
    Setting("2026", "new", date(2026, 5, 25)),
    Setting("2026", "new", date(2026, 5, 25), ("little-giant-2026",)),
    Setting("2026", "re-review", date(2027, 5, 25)),
)
EVERY_RULE = (
    *SETTINGS,
    Setting("2022", "new", date(2026, 5, 25), standard="innovative-sme"),
    Setting("2017", "new", date(2026, 7, 15), standard="technology-sme"),
    Setting("2022", "new", date(2025, 5, 16), standard="srdi"),
    Setting("2026", "new", date(2026, 5, 25), standard="srdi"),
    Setting("2026", "re-review", date(2026, 5, 25), standard="srdi"),
)
# The same rules for another application, word for word; a test holds the queries together.
SAME_RULES = {
    Setting("2022", "re-review", date(2025, 5, 16), standard="innovative-sme"): EVERY_RULE[7],
    Setting("2022", "re-review", date(2025, 5, 16), standard="srdi"): EVERY_RULE[9],
}
EVERY_TIER = (*EVERY_RULE, *SAME_RULES)


@cache
def document_of(version: str, standard: str = "little-giant") -> Document[Standard]:
    return PACK.version(Standard, "standards", standard, version)


@cache
def compiled_for(setting: Setting) -> Compiled:
    document = document_of(setting.version, setting.standard)
    day, application = setting.day, setting.application
    notices = find_notices(PACK, document, on=day, application=application, named=setting.notices)
    return compile_standard(document, PACK, application=application, reference_date=day, notices=notices)


@cache
def judge_for(setting: Setting) -> Judge:
    return Judge(compiled_for(setting))


@cache
def oracle_for(setting: Setting) -> Oracle:
    return Oracle(
        PACK.path,
        PACK.path / "standards" / setting.standard / f"{setting.version}.yaml",
        application=setting.application,
        reference_date=setting.day,
        notices=setting.notices,
    )


Said = tuple[str, frozenset[str], frozenset[str], frozenset[str], Fraction | int | None, Fraction | int | None]


def said(judged: Judged) -> Said:
    """What the product says, as the oracle puts it."""
    sets = (frozenset(each) for each in (judged.failed, judged.unknown, judged.needed))
    failed, unknown, needed = sets
    return judged.outcome, failed, unknown, needed, judged.score_low, judged.score_high


def said_by_oracle(oracle: Oracle, case: CaseFacts) -> Said:
    verdict = oracle.judge(case.facts, titles=case.titles, findings=case.findings)
    return verdict.outcome, verdict.failed, verdict.unknown, verdict.needed, verdict.score_low, verdict.score_high


def disagreements(judge: Judge, oracle: Oracle, cases: Iterable[CaseFacts]) -> list[str]:
    """Where product and oracle differ: the firm, what differs, what each says. Shortest first."""
    cases = list(cases)
    found = []
    for case, judged in zip(cases, judge.judge(cases), strict=True):
        ours, theirs = said(judged), said_by_oracle(oracle, case)
        for name, a, b in zip(("outcome", "failed", "unknown", "needed", "low", "high"), ours, theirs, strict=True):
            if a != b:
                told = f"{a} against {b}"
                if isinstance(a, frozenset) and isinstance(b, frozenset):
                    told = f"only product {sorted(a - b)}, only oracle {sorted(b - a)}"
                found.append(f"{name}: {told} for {shown(case)}")
    return sorted(found, key=len)


def shown(case: CaseFacts) -> str:
    """A firm on one line, without what is unknown."""

    def known(values: Mapping[str, Any]) -> str:
        return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None)

    return f"[{known(case.facts)}; titles={case.titles}; {known(case.findings)}]"


def holes(case: CaseFacts, compiled: Compiled) -> list[Item]:
    """The items of the standard that nobody supplied."""
    return [item for item in compiled.items if case.value(item) is None]
