"""The keyring: what a permit opens, and above all what nothing else opens."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from sqlmodel import col

from storage import keyring, permits
from storage.database import Database
from storage.errors import Damaged, KeyUnavailable, NotPermitted
from storage.fields import Place
from storage.holders import PROVIDER, holder_context
from storage.keyring import KEPT_SECONDS, KEY_LASTS, Keyring, join, split
from storage.keys.file import FileKeys
from storage.permits import NAMES, ORIGINS, REGISTRY, SERVICE, STREAMS, Permit, Scope, room_scope, stream_scope
from storage.tables import Event, KeyHolder, KeyVersion, Stream
from tests import databases

pytestmark = pytest.mark.database

REVIEW, ROOM, OTHER, VERSION, STREAM = uuid4(), uuid4(), uuid4(), uuid4(), uuid4()
HERE, THERE = room_scope(REVIEW, ROOM), room_scope(REVIEW, OTHER)
PLACE = Place("document", "title", uuid4())
START = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


class House:
    """A keyring with its database and keys, and a clock to set."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        (folder / "keys").mkdir(mode=0o700)
        self.provider = FileKeys.create(folder / "keys")
        self.database = Database(databases.place(folder))
        self.database.create()
        self.keyring = self.again()
        with self.database.begin() as session:
            self.keyring.create(session)
        self.keyring.start()
        with self.database.begin() as session:
            session.add(Stream(id=STREAM, kind="room"))

    def again(self, provider: FileKeys | None = None) -> Keyring:
        return Keyring(provider or self.provider, self.database, lambda: self.now)

    def permit(self, *scopes: Scope, contents: frozenset[UUID] = frozenset(), committed: bool = True) -> Permit:
        """Do as the gate does: make a permit, and write its stamp into an event."""
        given = self.keyring.permit(uuid4(), uuid4(), frozenset(scopes), contents, self.now + timedelta(minutes=15))
        if committed:
            self.commit(given.event, given.stamp)
        return given

    def commit(self, event: UUID, stamp: bytes) -> None:
        row = {"number": uuid4().int % 10**9, "at": self.now, "kind": 1, "schema_version": 1, "phase": "act"}
        blobs = {"salt": b"", "body": b"", "leaf": b"", "tag": b""}
        with self.database.begin() as session:
            session.execute(insert(Event).values(id=event, stream_id=STREAM, stamp=stamp, **row, **blobs))

    def seal(self, permit: Permit, scope: Scope, text: bytes = b"a title") -> bytes:
        with self.database.begin() as session:
            return self.keyring.seal(session, permit, scope, PLACE, text)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(autouse=True)
def _in_a_request() -> Iterator[None]:
    with permits.request(UUID(int=1)):
        yield


def test_a_permit_opens_what_it_covers(house: House) -> None:
    permit = house.permit(HERE)
    assert house.keyring.open(permit, HERE, PLACE, house.seal(permit, HERE)) == b"a title"


def test_a_permit_opens_no_other_room(house: House) -> None:
    both = house.permit(HERE, THERE)
    blob = house.seal(both, HERE)
    house.seal(both, THERE)
    with pytest.raises(NotPermitted):
        house.keyring.open(house.permit(THERE), HERE, PLACE, blob)
    with pytest.raises(Damaged):
        house.keyring.open(house.permit(HERE, THERE), THERE, PLACE, join(1, house.seal(both, HERE)[5:]))


def test_a_permit_that_covers_nothing_opens_nothing(house: House) -> None:
    blob = house.seal(house.permit(HERE), HERE)
    with pytest.raises(NotPermitted):
        house.keyring.open(house.permit(), HERE, PLACE, blob)


def test_all_streams_are_not_all_rooms(house: House) -> None:
    blob = house.seal(house.permit(HERE), HERE)
    permit = house.permit(STREAMS)
    with pytest.raises(NotPermitted):
        house.keyring.open(permit, HERE, PLACE, blob)
    for scope in (NAMES, REGISTRY):
        with pytest.raises(NotPermitted):
            house.seal(permit, scope)
    with house.database.begin() as session:
        sealed = house.keyring.seal_log(session, stream_scope(STREAM), PLACE, b"said")
    assert house.keyring.open(permit, stream_scope(STREAM), PLACE, sealed) == b"said"


ALTERED: dict[str, Callable[[Permit], object]] = {
    "event": lambda _permit: uuid4(),
    "person": lambda _permit: uuid4(),
    "request": lambda _permit: uuid4(),
    "scopes": lambda permit: permit.scopes | {THERE},
    "contents": lambda _permit: frozenset({VERSION}),
    "ends": lambda permit: permit.ends + timedelta(hours=1),
    "stamp": lambda permit: permit.stamp[:-1] + bytes([permit.stamp[-1] ^ 1]),
}


def test_every_field_of_a_permit_is_tried() -> None:
    assert set(ALTERED) == {field.name for field in dataclasses.fields(Permit)}


@pytest.mark.parametrize("name", ALTERED)
def test_a_permit_altered_in_one_field_opens_and_seals_nothing(house: House, name: str) -> None:
    permit = house.permit(HERE)
    blob = house.seal(permit, HERE)
    forged = dataclasses.replace(permit, **{name: ALTERED[name](permit)})
    with pytest.raises(NotPermitted):
        house.keyring.open(forged, HERE, PLACE, blob)
    with pytest.raises(NotPermitted):
        house.seal(forged, HERE)


@pytest.mark.parametrize("stamp", [b"", b"\0" * 32, b"x"])
def test_a_permit_made_without_the_gate_opens_nothing(house: House, stamp: bytes) -> None:
    blob = house.seal(house.permit(HERE), HERE)
    made = Permit(uuid4(), None, UUID(int=1), frozenset({HERE}), frozenset({VERSION}), START + timedelta(1), stamp)
    house.commit(made.event, made.stamp)
    with pytest.raises(NotPermitted):
        house.keyring.open(made, HERE, PLACE, blob)
    with pytest.raises(NotPermitted):
        house.keyring.open_content_key(made, HERE, VERSION, blob)


def test_a_permit_whose_event_was_rolled_back_opens_nothing(house: House) -> None:
    blob = house.seal(house.permit(HERE), HERE)
    pending = house.permit(HERE, committed=False)
    with pytest.raises(NotPermitted, match="not in the log"):
        house.keyring.open(pending, HERE, PLACE, blob)
    assert house.seal(pending, HERE)  # before that it seals


def test_a_permit_is_held_against_the_stamp_in_the_log(house: House) -> None:
    blob = house.seal(house.permit(HERE), HERE)
    wide = house.permit(HERE, THERE, committed=False)
    house.commit(wide.event, house.permit(HERE).stamp)
    with pytest.raises(NotPermitted, match="not the one in the log"):
        house.keyring.open(wide, HERE, PLACE, blob)


def test_a_permit_of_another_request_opens_nothing(house: House) -> None:
    permit = house.permit(HERE)
    blob = house.seal(permit, HERE)
    with permits.request(UUID(int=2)), pytest.raises(NotPermitted):
        house.keyring.open(permit, HERE, PLACE, blob)
    assert house.keyring.open(permit, HERE, PLACE, blob)


def test_outside_of_requests_there_are_no_permits(house: House) -> None:
    permit = house.permit(HERE)
    blob = house.seal(permit, HERE)
    token = permits.current_request.set(None)
    with pytest.raises(NotPermitted):
        house.keyring.permit(uuid4(), None, frozenset({HERE}), frozenset(), START)
    with pytest.raises(NotPermitted):
        house.keyring.open(permit, HERE, PLACE, blob)
    permits.current_request.reset(token)


def test_a_permit_ends(house: House) -> None:
    permit = house.permit(HERE)
    blob = house.seal(permit, HERE)
    house.now += timedelta(minutes=14, seconds=59)
    assert house.keyring.open(permit, HERE, PLACE, blob)
    house.now += timedelta(seconds=1)
    with pytest.raises(NotPermitted):
        house.keyring.open(permit, HERE, PLACE, blob)


def test_a_permit_of_another_portal_opens_nothing(house: House, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = House(tmp_path / "other")
    permit = other.permit(HERE)
    house.commit(permit.event, permit.stamp)
    with pytest.raises(NotPermitted):
        house.keyring.open(permit, HERE, PLACE, house.seal(house.permit(HERE), HERE))
    other.database.close()


def content_key(house: House, permit: Permit) -> bytes:
    with house.database.begin() as session:
        return house.keyring.wrap_content_key(session, permit, HERE, VERSION, b"k" * 32)


def test_a_content_opens_only_for_a_permit_that_names_its_version(house: House) -> None:
    permit = house.permit(HERE, contents=frozenset({VERSION}))
    wrapped = content_key(house, permit)
    assert house.keyring.open_content_key(permit, HERE, VERSION, wrapped) == b"k" * 32
    with pytest.raises(NotPermitted):
        house.keyring.open_content_key(house.permit(HERE), HERE, VERSION, wrapped)
    other = uuid4()
    with pytest.raises(Damaged):
        house.keyring.open_content_key(house.permit(HERE, contents=frozenset({other})), HERE, other, wrapped)


def test_a_content_key_is_no_field_and_a_field_no_content_key(house: House) -> None:
    permit = house.permit(HERE, contents=frozenset({VERSION}))
    place = Place("version", f"content key {HERE.replace('/', ' ')}", VERSION)
    with pytest.raises(Damaged):
        house.keyring.open(permit, HERE, place, content_key(house, permit))


# --- versions -----------------------------------------------------------------------------------------------------


def test_after_an_access_ended_the_next_seal_begins_a_new_version_and_the_old_one_still_opens(house: House) -> None:
    permit = house.permit(HERE)
    before = house.seal(permit, HERE)
    house.now += timedelta(minutes=1)
    with house.database.begin() as session:
        house.keyring.renew(session, HERE, house.now)
        after = house.keyring.seal(session, permit, HERE, PLACE, b"later")
    assert (split(before)[0], split(after)[0]) == (1, 2)
    fresh = house.again()
    fresh.start()
    assert fresh.open(permit, HERE, PLACE, before) == b"a title"
    assert fresh.open(permit, HERE, PLACE, after) == b"later"
    assert split(house.seal(permit, HERE))[0] == 2


def test_an_access_that_ended_before_the_newest_version_began_renews_nothing(house: House) -> None:
    permit = house.permit(HERE)
    house.seal(permit, HERE)
    with house.database.begin() as session:
        house.keyring.renew(session, HERE, START - timedelta(seconds=1))
        house.keyring.renew(session, HERE, None)
        house.keyring.renew(session, THERE, START)  # a room that never had a key
    assert split(house.seal(permit, HERE))[0] == 1


def test_a_key_made_by_a_transaction_that_rolled_back_seals_nothing_afterwards(house: House) -> None:
    permit = house.permit(HERE)
    with house.database.begin() as session:
        house.keyring.seal(session, permit, HERE, PLACE, b"never there")
        session.rollback()
    blob = house.seal(permit, HERE)
    fresh = house.again()
    fresh.start()
    assert fresh.open(permit, HERE, PLACE, blob) == b"a title"


def test_a_key_whose_time_is_over_is_forgotten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(keyring, "monotonic", lambda: now)
    permit, fresh = house.permit(HERE, THERE), house.again()
    fresh.start()
    here, there = house.seal(permit, HERE), house.seal(permit, THERE)
    fresh.open(permit, HERE, PLACE, here)
    now += KEPT_SECONDS - 1
    fresh.open(permit, THERE, PLACE, there)
    fresh.forget_expired()
    assert set(fresh._kept) == {(HERE, 1), (THERE, 1)}
    now += 1
    fresh.forget_expired()
    assert set(fresh._kept) == {(THERE, 1)}
    assert fresh.open(permit, HERE, PLACE, here) == b"a title"


def test_a_value_says_under_which_version_it_was_sealed(house: House) -> None:
    permit = house.permit(HERE)
    blob = house.seal(permit, HERE)
    with pytest.raises(KeyUnavailable):
        house.keyring.open(permit, HERE, PLACE, join(9, blob[5:]))
    for broken in (b"", b"\x01", b"\x02" + blob[1:], blob[:4]):
        with pytest.raises(Damaged):
            house.keyring.open(permit, HERE, PLACE, broken)


def test_equal_files_find_each_other_in_one_room_and_in_no_other_whatever_the_version(house: House) -> None:
    permit = house.permit(HERE, THERE)
    with house.database.begin() as session:
        first = house.keyring.equality(session, permit, HERE, b"d" * 32)
        house.keyring.add_version(session, HERE)
        assert house.keyring.equality(session, permit, HERE, b"d" * 32) == first
        assert house.keyring.equality(session, permit, THERE, b"d" * 32) != first
        with pytest.raises(NotPermitted):
            house.keyring.equality(session, house_permit_elsewhere(house), HERE, b"d" * 32)


def house_permit_elsewhere(house: House) -> Permit:
    return house.permit(THERE, committed=False)


@pytest.mark.parametrize("begins", ["first", "renewed"])
def test_nothing_is_sealed_under_a_key_version_that_is_older_than_a_year(house: House, begins: str) -> None:
    before = house.seal(house.permit(HERE), HERE)
    if begins == "renewed":
        house.now += timedelta(days=100)
        with house.database.begin() as session:
            house.keyring.renew(session, HERE, house.now)
    lasting = 1 if begins == "first" else 2
    house.now += KEY_LASTS - timedelta(seconds=1)
    assert split(house.seal(house.permit(HERE), HERE))[0] == lasting
    house.now += timedelta(seconds=1)
    permit = house.permit(HERE)
    with house.database.begin() as session:
        sealed = [house.keyring.seal(session, permit, HERE, PLACE, b"a title") for _ in range(2)]
        key = house.keyring.wrap_content_key(session, permit, HERE, VERSION, b"k" * 32)
    assert {split(blob)[0] for blob in (*sealed, key)} == {lasting + 1}, "one new version, for whatever is sealed"
    assert house.keyring.open(permit, HERE, PLACE, before) == b"a title", "what was sealed before stays as it is"


@pytest.mark.parametrize("scope", [stream_scope(STREAM), ORIGINS], ids=["stream", "origins"])
def test_keys_of_the_log_stay_one_version_for_good(house: House, scope: Scope) -> None:
    with house.database.begin() as session:
        before = house.keyring.log_mark(session, scope, "tag", b"1")
    house.now += 3 * KEY_LASTS
    with house.database.begin() as session:
        house.again().seal_log(session, scope, PLACE, b"said")
        assert house.again().log_mark(session, scope, "tag", b"1") == before
        assert session.scalars(select(KeyVersion.version).where(col(KeyVersion.scope) == scope)).all() == [1]


# --- holders ------------------------------------------------------------------------------------------------------


def test_each_version_has_a_row_for_its_holder(house: House) -> None:
    house.seal(house.permit(HERE), HERE)
    with house.database.read() as session:
        holder = session.get(KeyHolder, (HERE, 1, PROVIDER))
        assert holder
        assert holder.wrapping_key == house.provider.current
        house.keyring.check_holder(session, HERE, 1)


@pytest.mark.parametrize("change", ["moved", "flipped", "lost"])
def test_a_holder_row_that_was_tampered_with_gives_no_key(house: House, change: str) -> None:
    permit = house.permit(HERE, THERE)
    blob = house.seal(permit, HERE)
    house.seal(permit, THERE)
    with house.database.begin() as session:
        here, there = (session.get(KeyHolder, (scope, 1, PROVIDER)) for scope in (HERE, THERE))
        assert here
        assert there
        if change == "moved":
            here.wrapped = there.wrapped
        elif change == "flipped":
            here.wrapped = here.wrapped[:-1] + bytes([here.wrapped[-1] ^ 1])
        else:
            session.delete(here)
    fresh = house.again()
    fresh.start()
    with pytest.raises((Damaged, KeyUnavailable)):
        fresh.open(permit, HERE, PLACE, blob)


def test_the_wrong_provider_keys_start_nothing(house: House, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir(mode=0o700)
    with pytest.raises(KeyUnavailable):
        house.again(FileKeys.create(tmp_path / "others")).start()


def half_rotated(house: House) -> tuple[str, str]:
    """Leave the keys of one room under the old key, all others under a new one; gives both."""
    permit, old = house.permit(HERE, THERE), house.provider.current
    house.seal(permit, HERE)
    house.seal(permit, THERE)
    new = house.provider.rotate()
    with house.database.begin() as session:
        for holder in session.scalars(select(KeyHolder).where(col(KeyHolder.scope) != HERE)):
            scope = holder_context(Scope(holder.scope), holder.version)
            holder.wrapped = house.provider.wrap(house.provider.unwrap(holder.wrapped, scope), scope)
            holder.wrapping_key = new
    return old, new


def test_a_portal_that_lacks_an_older_key_that_still_wraps_something_does_not_start(house: House) -> None:
    old, _ = half_rotated(house)
    house.again().start()
    house.provider.retire(old)
    with pytest.raises(KeyUnavailable, match=f"still wrapped under {old}"):
        house.again().start()


def test_one_altered_row_of_several_closes_nothing_but_itself_and_all_of_one_key_the_portal(house: House) -> None:
    old, _ = half_rotated(house)
    with house.database.begin() as session:
        here = session.get(KeyHolder, (HERE, 1, PROVIDER))
        there = session.get(KeyHolder, (THERE, 1, PROVIDER))
        assert here is not None
        assert there is not None
        assert here.wrapping_key == old
        there.wrapped = b"\x01" + bytes(60)
        kept, here.wrapped = here.wrapped, here.wrapped[:-1] + bytes([here.wrapped[-1] ^ 1])
    with pytest.raises(Damaged):
        house.again().start()
    with house.database.begin() as session:
        session.get_one(KeyHolder, (HERE, 1, PROVIDER)).wrapped = kept
    house.again().start()


def test_a_portal_without_its_service_key_does_not_start(house: House) -> None:
    with house.database.begin() as session:
        session.delete(session.get(KeyHolder, (SERVICE, 1, PROVIDER)))
    with pytest.raises(KeyUnavailable):
        house.again().start()


def test_no_key_lies_in_the_database_in_the_clear(house: House) -> None:
    permit = house.permit(HERE)
    house.seal(permit, HERE)
    key = house.keyring.key(HERE, 1)._key
    assert key not in databases.raw(house.database)


def test_a_mark_of_the_log_is_read_without_making_a_key(house: House) -> None:
    with house.database.read() as session:
        with pytest.raises(KeyUnavailable):
            house.keyring.read_mark(session, stream_scope(STREAM), "tag", b"1")
        assert session.get(KeyVersion, (stream_scope(STREAM), 1)) is None


def test_look_ups_have_their_own_keys(house: House) -> None:
    assert len({house.keyring.blind(purpose, b"x") for purpose in ("mail", "token", "pepper", "origin")}) == 4
    with pytest.raises(ValueError, match="no look-up"):
        house.keyring.blind("guard", b"x")
