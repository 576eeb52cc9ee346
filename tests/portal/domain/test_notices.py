"""When mail is due and tried again, and words for every kind of notice."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.notices import NOTICES, OFTEN, NoticeKind, Often, mail_due, next_try, place_of

MONDAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("often", "made", "zone", "due"),
    [
        (Often.AT_ONCE, "2026-05-04T09:30", "Asia/Tokyo", "2026-05-04T09:30"),
        (Often.DAILY, "2026-05-04T09:30", "UTC", "2026-05-05T07:00"),
        (Often.DAILY, "2026-05-04T06:59", "UTC", "2026-05-04T07:00"),
        (Often.DAILY, "2026-05-04T07:00", "UTC", "2026-05-05T07:00"),
        (Often.DAILY, "2026-05-04T21:59", "Asia/Tokyo", "2026-05-04T22:00"),
        (Often.DAILY, "2026-05-04T10:59", "America/New_York", "2026-05-04T11:00"),
        # the clocks go forward in the night to 29 March 2026, and back in the night to 25 October
        (Often.DAILY, "2026-03-28T09:00", "Europe/Vienna", "2026-03-29T05:00"),
        (Often.DAILY, "2026-10-24T09:00", "Europe/Vienna", "2026-10-25T06:00"),
        (Often.WEEKLY, "2026-05-04T09:30", "UTC", "2026-05-11T07:00"),
        (Often.WEEKLY, "2026-05-04T06:30", "UTC", "2026-05-04T07:00"),
        (Often.WEEKLY, "2026-05-10T21:59", "Asia/Tokyo", "2026-05-10T22:00"),
        (Often.WEEKLY, "2026-05-10T22:00", "Asia/Tokyo", "2026-05-17T22:00"),
        (Often.DAILY, "2026-05-04T09:30", "Nowhere/At_All", "2026-05-05T07:00"),
        (Often.DAILY, "2026-05-04T09:30", "", "2026-05-05T07:00"),
    ],
)
def test_mail_is_due_in_the_morning_of_the_persons_own_zone(often: Often, made: str, zone: str, due: str) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (made, due)]
    assert mail_due(often, moments[0], zone) == moments[1]


def test_who_wants_no_mail_is_due_none() -> None:
    assert mail_due(Often.NEVER, MONDAY, "UTC") is None


@given(
    st.integers(0, 30 * 366 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes)),
    st.sampled_from(["Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns"]),
)
def test_no_mail_waits_longer_than_its_time(made: datetime, zone: str) -> None:
    day, week = mail_due(Often.DAILY, made, zone), mail_due(Often.WEEKLY, made, zone)
    assert day is not None
    assert week is not None
    assert made < day <= week
    assert day - made <= timedelta(hours=25)
    assert week - made <= timedelta(days=7, hours=1)


def test_a_mail_is_tried_again_after_longer_and_longer_times() -> None:
    waits = [(next_try(failures, MONDAY) - MONDAY) / timedelta(minutes=1) for failures in range(1, 8)]
    assert waits == [1, 5, 15, 60, 240, 240, 240]


def test_every_kind_has_words_of_its_own_and_leads_somewhere() -> None:
    assert set(NOTICES) == set(NoticeKind)
    assert set(OFTEN) == set(Often)
    assert len(set(NOTICES.values())) == len(NOTICES)
    for kind in NoticeKind:
        week = r"/trail\?from=2026-04-27&to=2026-05-03"
        leads = place_of(kind, uuid4(), uuid4(), datetime(2026, 5, 4, tzinfo=UTC))
        assert re.fullmatch(rf"/[a-z]+(/[0-9a-f-]{{36}})?(/schedule|/report|{week})?", leads)
