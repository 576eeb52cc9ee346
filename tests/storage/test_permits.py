"""Permits by themselves: what their stamp covers, and what scopes cover."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest

from storage import permits
from storage.permits import NAMES, REGISTRY, STREAMS, Permit, Scope, covered, permit_stamp, room_scope, stream_scope

KEY = b"k" * 32
END = datetime(2026, 5, 4, 9, 45, tzinfo=UTC)
PERMIT = Permit(UUID(int=1), UUID(int=2), UUID(int=3), frozenset({NAMES, REGISTRY}), frozenset({UUID(int=4)}), END)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event", UUID(int=9)),
        ("person", None),
        ("person", UUID(int=9)),
        ("request", UUID(int=9)),
        ("scopes", frozenset({NAMES})),
        ("scopes", frozenset({NAMES, REGISTRY, STREAMS})),
        ("scopes", frozenset({Scope("names,registry")})),
        ("contents", frozenset()),
        ("contents", frozenset({UUID(int=4), UUID(int=5)})),
        ("ends", END + timedelta(microseconds=1)),
    ],
)
def test_the_stamp_covers_every_field(name: str, value: object) -> None:
    assert permit_stamp(KEY, dataclasses.replace(PERMIT, **{name: value})) != permit_stamp(KEY, PERMIT)


def test_the_stamp_needs_the_key_and_not_the_order_or_the_zone() -> None:
    elsewhere = END.astimezone(timezone(timedelta(hours=3)))
    same = dataclasses.replace(PERMIT, scopes=frozenset({REGISTRY, NAMES}), ends=elsewhere)
    assert permit_stamp(KEY, same) == permit_stamp(KEY, PERMIT)
    assert permit_stamp(b"x" * 32, PERMIT) != permit_stamp(KEY, PERMIT)


def test_a_permit_shows_no_stamp_when_printed() -> None:
    assert "stamp" not in repr(dataclasses.replace(PERMIT, stamp=b"secret"))


def test_a_permit_cannot_be_altered_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        PERMIT.ends = END + timedelta(hours=1)  # type: ignore[misc]  # that is what is tried


def test_scopes_cover_themselves_and_all_streams_cover_streams_alone() -> None:
    review, room, stream = uuid4(), uuid4(), uuid4()
    assert covered(room_scope(review, room), frozenset({room_scope(review, room)}))
    assert not covered(room_scope(review, room), frozenset({room_scope(review, uuid4())}))
    assert not covered(room_scope(review, room), frozenset({room_scope(uuid4(), room)}))
    assert not covered(room_scope(review, room), frozenset())
    assert covered(stream_scope(stream), frozenset({STREAMS}))
    for scope in (room_scope(review, room), NAMES, REGISTRY, Scope("service"), Scope("origins"), Scope("streamsx")):
        assert not covered(scope, frozenset({STREAMS}))


def test_requests_nest_and_end() -> None:
    assert permits.current_request.get() is None
    with permits.request(UUID(int=1)):
        with permits.request(UUID(int=2)):
            assert permits.current_request.get() == UUID(int=2)
        assert permits.current_request.get() == UUID(int=1)
    assert permits.current_request.get() is None
