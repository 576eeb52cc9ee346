"""The yearly statement counts cases by year and outcome; exercises apart."""

from portal.domain.cases import Decision, Finding
from portal.domain.statements import Counted, statement

CASES = (
    Counted(2026, exercise=False, finding=Finding.NO_BREACH, closed=True),
    Counted(2026, exercise=False, finding=Finding.CONFIDENTIALITY, decision=Decision.REFERRAL, closed=True),
    Counted(2027, exercise=False),
    Counted(2027, exercise=True, finding=Finding.PROCEDURE),
)


def test_cases_are_counted_by_year_the_newest_first() -> None:
    newest, oldest = statement(CASES, exercise=False)
    assert (newest.year, newest.registered, newest.closed, newest.findings.total()) == (2027, 1, 0, 0)
    assert (oldest.registered, oldest.closed) == (2, 2)
    assert oldest.findings == {Finding.NO_BREACH: 1, Finding.CONFIDENTIALITY: 1}
    assert oldest.decisions == {Decision.REFERRAL: 1}


def test_exercises_are_apart() -> None:
    [year] = statement(CASES, exercise=True)
    assert (year.year, year.registered, year.findings) == (2027, 1, {Finding.PROCEDURE: 1})
