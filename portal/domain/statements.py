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
    """A case as it is counted: how it came out as far as it did."""

    exercise: bool
    finding: Finding | None = None
    decision: Decision | None = None
    closed: bool = False


@dataclass(slots=True)
class Counts:
    """The concerns and cases of a year: filed, registered, closed, and how many came out in which way."""

    concerns: int = 0
    registered: int = 0
    closed: int = 0
    findings: Counter[Finding] = field(default_factory=Counter)
    decisions: Counter[Decision] = field(default_factory=Counter)


def counts(cases: Iterable[Counted], *, exercise: bool, concerns: int = 0) -> Counts | None:
    """Count the real cases of a year, or its exercises, beside the concerns; None: there was nothing."""
    found = Counts(concerns)
    for case in cases:
        if case.exercise is exercise:
            found.registered += 1
            found.closed += case.closed
            found.findings.update([case.finding] if case.finding else [])
            found.decisions.update([case.decision] if case.decision else [])
    return found if found.concerns or found.registered else None
