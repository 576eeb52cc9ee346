"""Events that were written before their rows were packed: they stay as they are, and are read as ever."""

# ruff: noqa: S608 - the statements are those of a superuser who sets a row back by hand

from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from portal.audit.events import leaf
from portal.audit.packing import unpack
from portal.usecases.checks import check_records
from storage.database import Session
from storage.fields import Place
from storage.keyring import split
from storage.permits import ORIGINS, Scope, stream_scope
from storage.tables import Event
from tests import databases
from tests.cast import World
from tests.databases import Hand
from tests.portal.audit.files import look, put
from tests.portal.audit.test_sequencer import sequence_all


@pytest.fixture
def by_hand(world: World) -> Iterator[Hand]:
    """Look at a document, and sit down at the database's prompt."""
    look(world, "expert_xbb", put(world, "officer", "shared", "Penal code"))
    with databases.by_hand(world.portal.database) as hand:
        hand.allow("event_never_changes")
        yield hand


def opened(world: World, row: Event, name: str, scope: str, session: Session) -> bytes:
    """Open a part of an event as whoever has the keys can, and unpack it."""
    version, sealed = split(getattr(row, name))
    key = world.portal.keyring.key(Scope(scope), version, session)
    return unpack(key.fields.open(Place("event", name, row.id), sealed))


def test_an_event_of_before_is_read_and_held_against_the_salt_in_its_row(world: World, by_hand: Hand) -> None:
    """Such rows have a random salt, sealed, and the canonical form and the origins as they are."""
    salt, keyring = b"s" * 32, world.portal.keyring
    scope = stream_scope(world.files["xaa"].rooms["shared"])
    with world.portal.database.begin() as session:
        room = world.files["xaa"].rooms["shared"]
        row = session.scalars(select(Event).where(Event.stream_id == room).order_by(col(Event.number).desc())).first()
        assert row is not None
        body, origin = (opened(world, row, name, of, session) for name, of in (("body", scope), ("origin", ORIGINS)))
        parts = (("salt", scope, salt), ("body", scope, body), ("origin", ORIGINS, origin))
        kept = {name: keyring.seal_log(session, of, Place("event", name, row.id), said) for name, of, said in parts}
    where = f"WHERE stream_id = '{room.hex}' AND number = {row.number}"
    old = ", ".join(f"{name} = x'{value.hex()}'" for name, value in (kept | {"leaf": leaf(salt, body)}).items())
    by_hand(f"UPDATE event SET {old} {where}")
    sequence_all(world)
    assert check_records(world.portal).findings == []
    for altered in (b"", kept["salt"][:-1] + bytes([kept["salt"][-1] ^ 1])):
        by_hand(f"UPDATE event SET salt = x'{altered.hex()}' {where}")
        assert {one.code for one in check_records(world.portal).findings} == {"event-altered"}
