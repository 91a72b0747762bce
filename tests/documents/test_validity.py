"""From when to when a version holds: ends included, by kind of application, never two on one day."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiant.documents import Validity, applies_on, check_validity


def validity(start: date, end: date | None = None, application: str = "any") -> Validity:
    return Validity.model_validate({"from": start, "until": end, "application": application})


def test_the_first_and_the_last_day_are_included() -> None:
    held = validity(date(2022, 8, 1), date(2026, 3, 31), "new")
    days = [date(2022, 7, 31), date(2022, 8, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [applies_on([held], day, "new") for day in days] == [False, True, True, False]


def test_another_kind_of_application_is_not_covered() -> None:
    held = validity(date(2022, 8, 1), None, "new")
    assert [applies_on([held], date(2030, 1, 1), kind) for kind in ("new", "re-review")] == [True, False]


def test_two_versions_may_live_at_once_for_different_applications() -> None:
    versions = [("a", [validity(date(2022, 1, 1), None, "new")]), ("b", [validity(date(2022, 1, 1), None, "re-review")])]
    assert check_validity(versions, "x") == []


def test_an_overlap_names_both_places_and_the_mend() -> None:
    versions = [("old, line 3", [validity(date(2022, 8, 1), date(2026, 3, 31))]), ("new, line 4", [validity(date(2026, 3, 1))])]
    (problem,) = check_validity(versions, "little-giant")
    assert str(problem) == (
        "old, line 3: found little-giant valid from 2022-08-01 and, in new, line 4, from 2026-03-01 for the same application, "
        "expected one version a day.\n  Close the earlier one with `until:` on the day before the later one begins."
    )
    assert problem.code == "validity-overlap"


def test_touching_on_one_day_is_an_overlap() -> None:
    first, second = validity(date(2022, 1, 1), date(2022, 12, 31)), validity(date(2022, 12, 31))
    assert [p.code for p in check_validity([("a", [first]), ("b", [second])], "x")] == ["validity-overlap"]


def test_an_end_before_the_beginning_is_a_problem() -> None:
    (problem,) = check_validity([("a, line 2", [validity(date(2026, 4, 1), date(2026, 3, 1))])], "x")
    assert str(problem) == "a, line 2: found a validity from 2026-04-01 until 2026-03-01, expected an end after the beginning."


days = st.dates(date(2024, 1, 1), date(2024, 1, 20))
spans = st.tuples(days, st.none() | st.integers(0, 10), st.sampled_from(["any", "new", "re-review"])).map(
    lambda span: validity(span[0], None if span[1] is None else span[0] + timedelta(days=span[1]), span[2])
)


@settings(deadline=None, derandomize=True)
@given(spans, spans)
def test_an_overlap_is_just_a_day_on_which_both_hold(a: Validity, b: Validity) -> None:
    calendar = [date(2024, 1, 1) + timedelta(days=n) for n in range(40)]
    shared = any(a.holds(day, kind) and b.holds(day, kind) for day in calendar for kind in ("new", "re-review"))
    assert a.overlaps(b) == b.overlaps(a) == shared
    assert bool(check_validity([("a", [a]), ("b", [b])], "x")) == shared


@pytest.mark.parametrize("field", ["form", "till"])
def test_unknown_words_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        Validity.model_validate({"from": "2024-01-01", field: "2025-01-01"})
