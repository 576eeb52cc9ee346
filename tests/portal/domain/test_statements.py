"""The yearly statement counts cases by outcome; exercises apart."""

from portal.domain.cases import Decision, Finding
from portal.domain.statements import Counted, Counts, counts

CASES = (
    Counted(exercise=False, finding=Finding.NO_BREACH, closed=True),
    Counted(exercise=False, finding=Finding.CONFIDENTIALITY, decision=Decision.REFERRAL, closed=True),
    Counted(exercise=False),
    Counted(exercise=True, finding=Finding.PROCEDURE),
)


def test_cases_are_counted_by_how_they_came_out() -> None:
    found = counts(CASES, exercise=False, concerns=4)
    assert found
    assert (found.concerns, found.registered, found.closed) == (4, 3, 2)
    assert found.findings == {Finding.NO_BREACH: 1, Finding.CONFIDENTIALITY: 1}
    assert found.decisions == {Decision.REFERRAL: 1}


def test_exercises_are_apart() -> None:
    found = counts(CASES, exercise=True)
    assert found
    assert (found.registered, found.findings) == (1, {Finding.PROCEDURE: 1})


def test_without_cases_a_concern_alone_makes_a_statement() -> None:
    assert counts(CASES[:3], exercise=True) is None
    assert counts((), exercise=False, concerns=1) == Counts(1)
