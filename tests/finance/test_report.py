"""What pages say of firms whose figures are not known: a count and a dash, never a zero."""

from datetime import date

import numpy as np

from littlegiant.finance import open_catalogue
from littlegiant.finance.evaluate import evaluate
from littlegiant.finance.firms import firms
from littlegiant.finance.report import footing, stress_elements
from littlegiant.finance.stress import Scenario, run
from littlegiant.packs import open_pack

NAN = float("nan")


def test_sums_count_who_is_not_known_and_are_a_dash_where_nobody_is() -> None:
    pack = open_pack("cn")
    catalogue = open_catalogue(pack, date(2026, 5, 25))
    chosen = [catalogue.instrument("rd-super-deduction")]

    def row(rd: list[float]) -> dict[str, object]:
        some = firms(["a", "b"], currency="CNY", income=1e8, rd=np.array(rd))
        values = evaluate(some, chosen, catalogue.rules, catalogue.rates)
        return dict(footing(values, chosen, some, pack, "en").rows[0])

    known, half, none = row([1e7, 1e7]), row([1e7, NAN]), row([NAN, NAN])
    assert [each["unknown"] for each in (known, half, none)] == [0, 1, 2]
    assert [each["worth"] for each in (known, half, none)] == ["5.00", "2.50", "–"]


def test_a_gap_that_nobody_knows_is_a_dash() -> None:
    pack = open_pack("cn")
    (path,) = (path for path in pack.paths("scenarios") if path.stem == "severe")
    scenario = pack.document(path, Scenario).value
    some = firms(["a", "b", "c"], currency="CNY", revenue=NAN)
    cells = stress_elements(some, scenario, run(some, scenario), [], pack, "en")[0]
    assert [(row["firms"], row["gap"]) for row in cells.rows][-1] == (3, "–")
    assert "0 firms (–) fall short, by – " in cells.sentence
