"""From when to when a document holds, by kind of application: two rule books can be live at once."""

from collections.abc import Sequence
from datetime import date

from pydantic import Field

from littlegiant.documents.document import Frozen
from littlegiant.problems import Problem


class Validity(Frozen):
    """A closed interval of days; no `until` means until further notice."""

    application: str = "any"
    from_: date = Field(alias="from")
    until: date | None = None
    note: str = ""

    def holds(self, day: date, application: str) -> bool:
        fits = self.application in ("any", application)
        return fits and self.from_ <= day and (self.until is None or day <= self.until)

    def overlaps(self, other: "Validity") -> bool:
        if "any" not in (self.application, other.application) and self.application != other.application:
            return False
        later = max(self.from_, other.from_)
        return all(each.until is None or later <= each.until for each in (self, other))


def applies_on(validities: Sequence[Validity], day: date, application: str) -> bool:
    return any(validity.holds(day, application) for validity in validities)


def check_validity(versions: Sequence[tuple[str, Sequence[Validity]]], subject: str) -> list[Problem]:
    """Return a problem for every two versions that hold on the same day for the same application, or end too early."""
    problems = []
    flat = [(place, validity) for place, validities in versions for validity in validities]
    for place, validity in flat:
        if validity.until is not None and validity.until < validity.from_:
            problems.append(
                Problem(
                    place,
                    f"a validity from {validity.from_} until {validity.until}",
                    "an end after the beginning",
                    code="validity",
                )
            )
    for index, (place, validity) in enumerate(flat):
        for other_place, other in flat[index + 1 :]:
            if validity.overlaps(other):
                found = (
                    f"{subject} valid from {validity.from_} and, in {other_place}, from {other.from_} for the same application"
                )
                remedy = "Close the earlier one with `until:` on the day before the later one begins."
                problems.append(Problem(place, found, "one version a day", remedy, "validity-overlap"))
    return problems
