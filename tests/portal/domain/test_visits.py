"""What is new since somebody's last visit: looks that follow closely are one visit."""

from datetime import UTC, datetime, timedelta

from portal.domain.visits import GAP, NOTED, Looks, looked, new_since

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)


def test_a_first_look_marks_nothing_and_is_remembered() -> None:
    assert new_since(None, NOW) is None
    assert looked(None, NOW) == Looks(NOW, None)


def test_what_is_new_stays_new_while_the_visit_lasts() -> None:
    begun = looked(Looks(YESTERDAY, None), NOW)
    assert begun == Looks(NOW, YESTERDAY)
    later = NOW + GAP - timedelta(seconds=1)
    assert new_since(begun, later) == YESTERDAY
    assert looked(begun, later) == Looks(later, YESTERDAY)


def test_a_pause_ends_the_visit() -> None:
    later = NOW + GAP + timedelta(seconds=1)
    assert new_since(Looks(NOW, YESTERDAY), later) == NOW
    assert looked(Looks(NOW, YESTERDAY), later) == Looks(later, NOW)


def test_looks_within_a_minute_are_not_written_again() -> None:
    assert looked(Looks(NOW, YESTERDAY), NOW + NOTED - timedelta(seconds=1)) is None
