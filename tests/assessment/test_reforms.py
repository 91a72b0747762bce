"""Several rules in one pass give what each gives alone; a reform changes what it names; the search admits what was asked."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from littlegiant.assessment.reforms import Setting, admitting, judge_reform
from littlegiant.assessment.together import assess_together, count_together
from littlegiant.assessment.whole_register import assess
from littlegiant.documents import Document, parse_document
from littlegiant.packs import open_pack
from littlegiant.problems import LittleGiantError
from littlegiant.register import Register, open_register, synthesise
from littlegiant.standards import Compiled, Standard, compile_applying
from littlegiant.standards.reforming import Reform

DAY, YEAR = date(2026, 5, 25), 2025
PACK = open_pack("cn")
_VERDICT = {True: "eligible", False: "ineligible", None: "undetermined"}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("reforms") / "register"
    synthesise(PACK, path, firms=6000, years=(2023, 2024, 2025), seed=11)
    return open_register(path)


def _members() -> list[Compiled]:
    versions = {
        "technology-sme": ["2017"],
        "innovative-sme": ["2022"],
        "srdi": ["2022", "2026"],
        "little-giant": ["2022", "2026"],
    }
    return [
        compile_applying(PACK, id, on=DAY, application=application, version=version)
        for id, each in versions.items()
        for version in each
        for application in ("new", "re-review")
    ]


def test_all_rules_in_one_pass_judge_as_each_alone(register: Register) -> None:
    members = _members()
    together = assess_together(register, members, year=YEAR, threads=2)
    for number, compiled in enumerate(members):
        alone = assess(register, compiled, year=YEAR, digest=False).table
        outcomes, opens = alone["outcome"].to_pylist(), alone["open"].to_pylist()
        assert [_VERDICT[value] for value in together[f"v{number}"].to_pylist()] == outcomes
        meets = [
            {"eligible": True, "ineligible": False}.get(outcome, True if open == "finding" else None)
            for outcome, open in zip(outcomes, opens, strict=True)
        ]
        assert together[f"m{number}"].to_pylist() == meets
        for end in ("low", "high"):
            assert together[f"{end}{number}"].to_pylist() == alone[f"score_{end}"].to_pylist()


def test_counts_are_those_of_the_rows(register: Register) -> None:
    members = _members()[4:8]
    rows = assess_together(register, members, year=YEAR, others=["region"]).to_pylist()
    counts = count_together(register, members, year=YEAR, by=["region"]).table.to_pylist()
    for count in counts:
        number = count["member"]
        own = [row for row in rows if row["region"] == count["region"]]
        assert count["firms"] == len(own)
        assert count["eligible"] == sum(row[f"v{number}"] is True for row in own)
        assert count["open_data"] == sum(row[f"m{number}"] is None for row in own)
        assert count["gained"] == sum(row[f"m{number}"] is True and row["m0"] is not True for row in own)
        assert count["lost"] == sum(row["m0"] is True and row[f"m{number}"] is not True for row in own)


def _reform(text: str) -> Document[Reform]:
    head = 'format: 1\nreform: try\ntitle: {en: a try}\nstandard: srdi\nversion: "2022"\n'
    return parse_document((head + text).encode(), Reform, "try.yaml")


def _setting(register: Register) -> Setting:
    return Setting(register, PACK, YEAR, DAY, "new")


def test_a_reform_that_changes_nothing_gains_and_loses_nobody(register: Register) -> None:
    text = "variants:\n  - {id: same, parameters: {rd_share_floor: 0.03}}\n"
    present, same = judge_reform(_reform(text), _setting(register)).totals()
    assert {**same, "case": "present"} == present
    assert present["firms"] == 6000


def test_a_stricter_threshold_only_loses_and_a_removed_condition_only_gains(register: Register) -> None:
    text = """
variants:
  - {id: strict, parameters: {rd_share_floor: 0.05}}
  - {id: no-revenue, remove: [rd_amount]}
  - {id: easier, pass: 50}
  - {id: all-new, add: [{id: old, clause: x, text: {en: x, zh: x}, require: years(founded) >= 10}]}
"""
    rows = {row["case"]: row for row in judge_reform(_reform(text), _setting(register), ["region"]).totals()}
    assert rows["strict"]["lost"] > 0
    assert rows["strict"]["gained"] == 0
    assert rows["no-revenue"]["lost"] == 0
    assert rows["easier"]["gained"] > 0
    assert rows["easier"]["lost"] == 0
    assert rows["all-new"]["gained"] == 0
    assert rows["all-new"]["lost"] > 0


def test_a_grid_has_every_point_and_goes_one_way(register: Register) -> None:
    axes = ("{parameter: rd_share_floor, from: 0.02, to: 0.06, step: 0.01}", "{parameter: revenue_floor, values: [1, 10000000]}")
    text = "".join(["grid:\n", *(f"  - {axis}\n" for axis in axes)])
    totals = judge_reform(_reform(text), _setting(register)).totals()
    assert len(totals) == 1 + 5 * 2
    strict = [row["eligible"] for row in totals[2::2]]
    assert strict == sorted(strict, reverse=True)


def test_the_search_admits_as_many_as_it_can_and_no_more(register: Register) -> None:
    standard = PACK.version(Standard, "standards", "srdi", "2022")
    setting = _setting(register)
    span, grain = (Decimal("0.01"), Decimal("0.20")), Decimal("0.0001")
    wanted = 150
    found = admitting(standard, "rd_share_floor", wanted, setting, span=span, grain=grain)
    assert found.firms <= wanted
    assert found.firms_beyond is not None
    assert found.firms_beyond > wanted
    values = f"values: [{found.value}, {found.beyond}]"
    _, at, beyond = judge_reform(_reform(f"grid:\n  - {{parameter: rd_share_floor, {values}}}\n"), setting).totals()
    assert at["eligible"] + at["open_finding"] == found.firms
    assert beyond["eligible"] + beyond["open_finding"] == found.firms_beyond
    assert abs(found.beyond - found.value) == grain if found.beyond is not None else False


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("variants:\n  - {id: a, parameters: {rd_share_flor: 0.04}}\n", "Did you mean 'rd_share_floor'"),
        ("variants:\n  - {id: a, remove: [rd_shares]}\n", "no criterion 'rd_shares'"),
        ("variants:\n  - {id: a, remove_routes: [nothing]}\n", "no direct route 'nothing'"),
        ("variants:\n  - {id: a, remove_indicators: [debts]}\n", "no indicator 'debts'"),
        ("variants:\n  - {id: present}\n", "two variants called 'present'"),
        ("grid:\n  - {parameter: rd_share_floor, from: 0.1}\n", "either `values:` or"),
        ("grid:\n  - {parameter: rd_share_floor, from: 0, to: 1, step: 0.0001}\n", "more than 400 values"),
        ("", "no change"),
    ],
)
def test_a_reform_that_does_not_fit_is_told_in_a_sentence(text: str, told: str) -> None:
    with pytest.raises(LittleGiantError, match=told):
        _setting(Register(Path("nowhere"), {})).cases(_reform(text))
