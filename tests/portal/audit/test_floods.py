"""Floods of refusals: what is counted together, where the count stands, and that none is lost."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.audit import floods
from portal.audit.events import REFUSALS_STREAM, Entry, Phase
from portal.audit.floods import Floods
from portal.domain.ids import EventId, StreamId
from portal.errors import Forbidden, NotFound
from portal.usecases.documents import circulate_document
from portal.usecases.rooms import Wanted, list_room
from portal.usecases.uploads import begin_upload
from storage.errors import StoreUnavailable
from storage.tables import Stream
from tests.cast import Clock, World
from tests.contents import said
from tests.filing import circulated, made, move, put

ROOM = StreamId(uuid4())


def told(world: World, times: int) -> None:
    """Be refused what one sees: an observer writes nothing."""
    for _ in range(times):
        with world.request(), pytest.raises(Forbidden):
            begin_upload(world.portal, world.caller("observer_xcc"), world.files["xaa"].rooms["shared"], "a.pdf", "")


def absent(world: World, times: int) -> None:
    """Be refused what one may not know of."""
    for _ in range(times):
        with world.request(), pytest.raises(NotFound):
            list_room(world.portal, world.caller("observer_xcc"), world.files["xdd"].rooms["shared"], Wanted())


def circulate(world: World, document: UUID, times: int) -> None:
    """Be refused what is the officer's to do."""
    for _ in range(times):
        with world.request(), pytest.raises(Forbidden):
            circulate_document(world.portal, world.caller("focal_xcc"), document)


def minute_over(world: World) -> None:
    world.clock.forward(timedelta(minutes=1))
    world.portal.floods.write_finished(world.portal.clock(), world.portal.write_log)


def refusals(world: World, stream: UUID) -> list[tuple[str, int]]:
    """Tell the refusals of a stream: the act, and how many are counted together."""
    found = [event for event in said(world, stream) if event["phase"] == "refusal"]
    return [(event["action"], event.get("detail", {}).get("refusals", 1)) for event in found]


def streams(world: World) -> set[UUID]:
    with world.portal.database.read() as session:
        return set(session.scalars(select(Stream.id)))


def test_refusals_that_look_like_absence_take_none_out_of_a_rooms_stream(world: World) -> None:
    room = world.files["xaa"].rooms["shared"]
    absent(world, 30)
    told(world, 100)
    absent(world, 1)
    minute_over(world)
    assert refusals(world, room) == [("uploadDocument", 1)] * 30 + [("uploadDocument", 70)]
    assert refusals(world, REFUSALS_STREAM) == [("listRoom", 1)] * 31


def test_refusals_in_a_room_bring_none_from_elsewhere_into_its_stream(world: World) -> None:
    room = world.files["xaa"].rooms["shared"]
    told(world, 30)
    absent(world, 100)
    told(world, 1)
    minute_over(world)
    assert refusals(world, room) == [("uploadDocument", 1)] * 31
    assert refusals(world, REFUSALS_STREAM) == [("listRoom", 1)] * 30 + [("listRoom", 70)]
    written = [stream for stream in streams(world) if refusals(world, stream)]
    assert set(written) == {room, REFUSALS_STREAM}


def test_refusals_about_one_document_are_not_hidden_behind_another(world: World) -> None:
    """The State under review sees the first document and not the second, which the other side has only submitted."""
    room, seen = world.files["xaa"].rooms["shared"], circulated(world)
    unseen = made(move(world, "focal_xcc", put(world, "focal_xcc", "reviewers"), "shared"))
    circulate(world, unseen, 1)
    circulate(world, seen, 40)
    circulate(world, unseen, 1)
    minute_over(world)
    about = [event for event in said(world, room) if event["phase"] == "refusal"]
    counts = {
        document: sum(
            event.get("detail", {}).get("refusals", 1) for event in about if event["on"]["document"] == str(document)
        )
        for document in (seen, unseen)
    }
    assert counts == {seen: 40, unseen: 2}


class Log:
    """Takes entries, or fails."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.fails = False

    def __call__(self, entries: list[Entry]) -> None:
        if self.fails:
            raise StoreUnavailable("away")
        self.entries += entries

    @property
    def refusals(self) -> int:
        return sum(entry.detail.get("refusals", 1) for entry in self.entries)


def refuse(counter: Floods, clock: Clock, log: Log, actor: str, times: int = 1) -> None:
    for _ in range(times):
        refused = Entry(EventId(uuid4()), ROOM, Action.LIST_ROOM, Phase.REFUSAL, clock.now, {}, {})
        counter.record(actor, refused, log)


def test_beyond_the_bound_the_oldest_count_is_written_at_once(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(floods, "KEPT", 3)
    counter, log = Floods(), Log()
    for actor in ("first", "second", "third"):
        refuse(counter, clock, log, actor, 40)
    assert len(log.entries) == 3 * 30
    refuse(counter, clock, log, "fourth")
    assert (len(log.entries), log.refusals) == (3 * 30 + 2, 40 + 30 + 30 + 1)
    for number in range(100):
        refuse(counter, clock, log, f"another {number}")
    assert log.refusals == 3 * 40 + 1 + 100
    assert len(counter._floods) == 3


def test_a_count_that_could_not_be_written_is_kept(clock: Clock) -> None:
    counter, log = Floods(), Log()
    refuse(counter, clock, log, "somebody", 40)
    clock.forward(timedelta(minutes=1))
    log.fails = True
    with pytest.raises(StoreUnavailable):
        counter.write_finished(clock.now, log)
    for actor in ("somebody", "another"):
        with pytest.raises(StoreUnavailable):
            refuse(counter, clock, log, actor)
    log.fails = False
    counter.write_finished(clock.now, log)
    assert [entry.detail["refusals"] for entry in log.entries[30:]] == [10]
    counter.write_finished(None, log)
    assert log.refusals == 40


def test_a_count_put_back_joins_the_one_begun_meanwhile(clock: Clock) -> None:
    counter, log = Floods(), Log()
    refuse(counter, clock, log, "somebody", 40)
    began = clock.now
    clock.forward(timedelta(minutes=1))

    def meanwhile(_entries: list[Entry]) -> None:
        refuse(counter, clock, log, "somebody", 35)
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        counter.write_finished(clock.now, meanwhile)
    counter.write_finished(None, log)
    assert log.entries[-1].detail == {"refusals": 15, "first": began.isoformat(), "last": clock.now.isoformat()}
    assert log.refusals == 75


def test_a_refusal_that_could_not_be_written_is_not_taken_for_one_that_was(clock: Clock) -> None:
    counter, log = Floods(), Log()
    log.fails = True
    for _ in range(40):
        with pytest.raises(StoreUnavailable):
            refuse(counter, clock, log, "somebody")
    log.fails = False
    refuse(counter, clock, log, "somebody")
    assert len(log.entries) == 1
