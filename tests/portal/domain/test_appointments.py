"""From when to when somebody is appointed, and to what."""

from datetime import UTC, date, datetime

import pytest

from portal.domain.appointments import (
    Standing,
    fits,
    needs_confirmation,
    refuse_elsewhere,
    refuse_last_administrator,
    refuse_twice,
    standing,
)
from portal.domain.ids import StateCode
from portal.domain.languages import working_languages
from portal.domain.periods import day, perhaps_day, period
from portal.domain.problems import RefusedError
from portal.domain.roles import Role

NOW = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
XAA = StateCode("XAA")


def test_without_days_it_runs_from_now_on_and_is_open() -> None:
    runs = period(None, None, NOW, "UTC")
    assert (runs.starts, runs.ends) == (NOW, None)


def test_days_are_those_of_whoever_records_them() -> None:
    runs = period(date(2026, 5, 5), date(2026, 5, 6), NOW, "Asia/Tokyo")  # there it is the 5th already
    assert runs.starts == NOW
    assert runs.ends == datetime(2026, 5, 6, 15, 0, tzinfo=UTC)  # midnight there, the last day included


def test_nothing_is_opened_in_retrospect() -> None:
    with pytest.raises(RefusedError, match="today at the earliest"):
        period(date(2026, 5, 3), None, NOW, "UTC")


def test_the_end_does_not_come_first() -> None:
    with pytest.raises(RefusedError, match="before it starts"):
        period(date(2026, 6, 1), date(2026, 5, 31), NOW, "UTC")


@pytest.mark.parametrize("raw", ["", "2026-5-4", "04.05.2026", "2026-02-30", "20260504"])
def test_a_day_is_written_in_one_way(raw: str) -> None:
    with pytest.raises(RefusedError):
        day(raw)


def test_no_day_may_be_given_where_that_is_allowed() -> None:
    assert perhaps_day("") is None
    assert perhaps_day("2026-05-04") == date(2026, 5, 4)


def test_whoever_acts_for_a_state_is_of_it() -> None:
    with pytest.raises(RefusedError, match="Choose the State"):
        refuse_elsewhere(Role.FOCAL_POINT, None)
    refuse_elsewhere(Role.FOCAL_POINT, XAA)


def test_the_staff_of_the_secretariat_is_of_no_state() -> None:
    with pytest.raises(RefusedError, match="acts for no State"):
        refuse_elsewhere(Role.OFFICER, XAA)
    refuse_elsewhere(Role.OFFICER, None)
    refuse_elsewhere(Role.OVERSIGHT, XAA)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("home", [None, XAA])
def test_what_is_offered_is_what_is_taken(role: Role, home: StateCode | None) -> None:
    try:
        refuse_elsewhere(role, home)
        taken = True
    except RefusedError:
        taken = False
    assert fits(role, home) == taken


def test_nobody_holds_a_role_twice() -> None:
    with pytest.raises(RefusedError, match="already"):
        refuse_twice(Role.EXPERT, [Role.EXPERT])
    refuse_twice(Role.EXPERT, [Role.FOCAL_POINT])


def test_the_last_administrator_stays() -> None:
    with pytest.raises(RefusedError, match="only administrator"):
        refuse_last_administrator(Role.ADMINISTRATOR, 0)
    refuse_last_administrator(Role.ADMINISTRATOR, 1)
    refuse_last_administrator(Role.REGISTRAR, 0)


def test_what_opens_files_waits_as_soon_as_somebody_could_confirm_it() -> None:
    def waits(role: Role, *, other_focal_point: bool = False, others: bool = False, asked: bool = False) -> bool:
        return needs_confirmation(role, other_focal_point=other_focal_point, others=others, asked=asked)

    takes_two = {Role.ADMINISTRATOR, Role.REGISTRAR, Role.OFFICER, Role.CONFIDENTIALITY_OFFICER, Role.FOCAL_POINT}
    assert not any(waits(role) for role in Role)
    assert {role for role in Role if waits(role, others=True)} == takes_two
    assert {role for role in Role if waits(role, other_focal_point=True)} == {Role.FOCAL_POINT}
    assert {role for role in Role if waits(role, asked=True)} == {Role.EXPERT, Role.OBSERVER}


def test_what_ended_has_ended_whether_it_was_confirmed_or_not() -> None:
    before, after = NOW.replace(day=1), NOW.replace(day=9)
    assert standing(NOW, before, NOW, confirmed=False) is Standing.ENDED
    assert standing(NOW, before, after, confirmed=False) is Standing.WAITING
    assert standing(NOW, after, None) is Standing.COMING
    assert standing(NOW, NOW, None) is Standing.RUNNING


def test_a_review_has_a_working_language_of_the_six() -> None:
    assert working_languages(["fr", "ar"]) == ("ar", "fr")
    for wrong in ([], ["de"], ["en", "xx"]):
        with pytest.raises(RefusedError, match="paragraph 48"):
            working_languages(wrong)
