"""The gate: who is let in, what is written down, what opens."""

from datetime import timedelta

import pytest
from sqlmodel import func, select

from portal.access.actions import Action
from portal.access.entities import PortalFacts
from portal.errors import NotFound, SignedOut
from portal.usecases.sessions import as_visitor
from storage.errors import NotPermitted
from storage.fields import Place
from storage.permits import REGISTRY, room_scope
from storage.tables import Event, Room
from tests.cast import World
from tests.filing import newest, put

pytestmark = pytest.mark.database


def events(world: World) -> int:
    with world.portal.database.read() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def list_room(world: World, who: str, room: str, file: str = "xaa"):  # noqa: ANN201  # a pair of row and permit
    with world.portal.work(world.caller(who)) as work:
        room_id = world.files[file].rooms[room]
        record = work.reviews.of_room(room_id)
        row = next((r for r in record.rooms if r.id == room_id), None) if record else None
        return work.require(Action.LIST_ROOM, Room, row, asked=room_id)


def test_what_lies_in_a_review_out_of_reach_is_not_found_at_all(world: World) -> None:
    """Before any policy is asked."""
    document = put(world, "focal_xaa", "national XAA")
    version = newest(world, document)
    found = {}
    for who in ("expert_xaa", "focal_xdd"):
        with world.request(), world.portal.work(world.caller(who)) as work:
            found[who] = (work.documents.find(document) is not None, work.documents.find_version(version) is not None)
    assert found == {"expert_xaa": (True, True), "focal_xdd": (False, False)}


@pytest.mark.parametrize("who", ["focal_xaa", "expert_xbb", "observer_xcc", "officer"])
def test_those_in_the_shared_room_are_let_in_and_written_down(world: World, who: str) -> None:
    before = events(world)
    with world.request():
        _, permit = list_room(world, who, "shared")
    assert events(world) == before + 1
    assert room_scope(world.files["xaa"].review, world.files["xaa"].rooms["shared"]) in permit.scopes


@pytest.mark.parametrize("who", ["stranger_xff", "roster_xcc", "officer_other", "registrar", "administrator"])
def test_everybody_else_finds_nothing_and_is_written_down(world: World, who: str) -> None:
    before = events(world)
    with world.request(), pytest.raises(NotFound):
        list_room(world, who, "shared")
    assert events(world) == before + 1


def test_a_permit_opens_nothing_before_its_event_is_committed(world: World) -> None:
    room_id, review = world.files["xaa"].rooms["shared"], world.files["xaa"].review
    scope, place = room_scope(review, room_id), Place("document", "title", room_id)
    with world.request(), world.portal.work(world.caller("officer")) as work:
        record = work.reviews.find(review)
        assert record is not None
        _, permit = work.require(Action.LIST_ROOM, Room, record.room("shared"))
        sealed = work.seal(permit, scope, place, "a title")
        with pytest.raises(NotPermitted):
            world.portal.open_text(permit, scope, place, sealed)
        with pytest.raises(NotPermitted):
            work.seal(permit, REGISTRY, place, "another scope")


def test_a_session_that_lay_idle_is_signed_out(world: World) -> None:
    world.clock.forward(timedelta(hours=2))
    with world.request(), pytest.raises(SignedOut):
        list_room(world, "officer", "shared")


def test_what_the_same_browser_does_as_nobody_leaves_what_is_known_of_whoever_is_signed_in(world: World) -> None:
    reader = world.caller("focal_xaa")
    with world.request(), world.portal.work(reader) as work:
        work.require_on(Action.LIST_GRANTS, PortalFacts())
    known = list(reader.languages), list(reader.met)
    with world.request(), world.portal.work(as_visitor(reader)) as work:
        assert work.who.person is None
    assert (reader.languages, reader.met) == known
    assert all(known)
