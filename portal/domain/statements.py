"""The yearly statement on breach cases: how many there were and how they came out, without names; exercises apart.

1. (d) A case counts in the year in which it was registered; a concern in that in which it was filed.
2. (d) It says no State, no person and no review.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.domain.cases import Decision, Finding


@dataclass(frozen=True, slots=True)
class Counted:
    """A case as it is counted: its year, how it came out as far as it did."""

    year: int
    exercise: bool
    finding: Finding | None = None
    decision: Decision | None = None
    closed: bool = False


@dataclass(slots=True)
class Year:
    """The concerns and cases of a year: filed, registered, closed, and how many came out in which way."""

    year: int
    concerns: int = 0
    registered: int = 0
    closed: int = 0
    findings: Counter[Finding] = field(default_factory=Counter)
    decisions: Counter[Decision] = field(default_factory=Counter)


def statement(cases: Iterable[Counted], *, exercise: bool, concerns: Iterable[int] = ()) -> list[Year]:
    """Count the real cases, or the exercises, by year, the newest first; concerns are given by theirs."""
    years: dict[int, Year] = {}
    for filed in concerns:
        years.setdefault(filed, Year(filed)).concerns += 1
    for case in cases:
        if case.exercise is exercise:
            year = years.setdefault(case.year, Year(case.year))
            year.registered += 1
            year.closed += case.closed
            year.findings.update([case.finding] if case.finding else [])
            year.decisions.update([case.decision] if case.decision else [])
    return sorted(years.values(), key=lambda one: -one.year)
