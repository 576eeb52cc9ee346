"""What two transactions see of each other, how long anything waits, and what is said when the database can't answer."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier, Thread
from threading import Event as Signal
from time import monotonic
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col, func, select

from storage import engines
from storage.database import Database, Session
from storage.engines import WAIT_MILLISECONDS
from storage.errors import DatabaseUnavailable, Exists, Full, StoreUnavailable
from storage.repositories.audit import AuditRecords
from storage.tables import State, Stream
from tests import databases
from tests.databases import Hand, Server
from tests.partition import Partition

pytestmark = pytest.mark.database

STREAM = UUID(int=1)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """One database, as two processes have it."""
    place = databases.place(tmp_path)
    one, other = Database(place), Database(place)
    one.create()
    with one.begin() as session:
        session.add(Stream(id=STREAM, kind="room"))
    yield one, other
    one.close()
    other.close()
    databases.drop(tmp_path)


def test_whoever_waited_sees_what_was_written_before(both: tuple[Database, Database]) -> None:
    """Not what there was when the wait began: else a number would be given twice."""
    given: list[int] = []

    def take(database: Database) -> None:
        for _ in range(25):
            with database.begin() as session:
                seen = session.scalar(select(col(Stream.next_number)).where(col(Stream.id) == STREAM))
                assert AuditRecords(session).take_numbers(STREAM, 1) == seen
                given.append(seen or 0)

    threads = [Thread(target=take, args=(database,)) for database in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 51))


def test_whoever_reads_sees_one_moment_and_waits_for_nobody(both: tuple[Database, Database]) -> None:
    def count() -> int:
        return session.scalar(select(func.count()).select_from(State)) or 0

    with both[0].read() as session:
        assert count() == 0
        with both[1].begin() as writing:
            writing.add(State(code="XAA"))
            writing.flush()
            assert count() == 0
        assert count() == 0
    with both[0].read() as session:
        assert count() == 1


@databases.ONLY_POSTGRESQL
def test_whoever_reads_can_not_write(both: tuple[Database, Database]) -> None:
    with pytest.raises(StoreUnavailable), both[0].read() as session:
        session.execute(insert(State), [{"code": "XAA", "fictional": True}])


def test_the_wait_for_another_process_is_bounded_and_it_is_free_again_after(both: tuple[Database, Database]) -> None:
    began, over = Signal(), Signal()

    def hold() -> None:
        with both[0].begin():
            began.set()
            over.wait(20)

    holder = Thread(target=hold)
    holder.start()
    began.wait(20)
    start = monotonic()
    with pytest.raises(DatabaseUnavailable), both[1].begin():
        pass
    assert WAIT_MILLISECONDS / 1000 - 0.1 < monotonic() - start < WAIT_MILLISECONDS / 1000 + 0.8
    over.set()
    holder.join()
    with both[1].begin() as session:
        session.add(State(code="XAA"))


def test_what_is_there_already_is_said_to_be(both: tuple[Database, Database]) -> None:
    for database, raises in ((both[0], False), (both[1], True)):
        if raises:
            with pytest.raises(Exists), database.begin() as session:
                session.add(State(code="XAA"))
        else:
            with database.begin() as session:
                session.add(State(code="XAA"))


@databases.ONLY_POSTGRESQL
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("40001", DatabaseUnavailable),
        ("40P01", DatabaseUnavailable),
        ("55P03", DatabaseUnavailable),
        ("57014", DatabaseUnavailable),
        ("57P03", DatabaseUnavailable),
        ("08006", DatabaseUnavailable),
        ("25006", DatabaseUnavailable),
        ("53300", DatabaseUnavailable),
        ("53100", Full),
        ("23505", Exists),
        ("23000", IntegrityError),
        ("42P01", DBAPIError),
    ],
)
def test_each_error_of_the_server_is_said_in_the_words_of_the_storage(
    both: tuple[Database, Database], code: str, error: type[Exception]
) -> None:
    raises = f"DO $$ BEGIN RAISE EXCEPTION 'the disk is full and UNIQUE' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(error) as caught, both[0].begin() as session:
        session.execute(text(raises))
    assert type(caught.value) is error or error is DBAPIError
    with both[0].begin() as session:
        session.add(State(code="XAA"))


@databases.ONLY_POSTGRESQL
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("transaction_isolation", "read committed"),
        ("statement_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("synchronous_commit", "on"),
        ("search_path", "public"),
        ("TimeZone", "UTC"),
    ],
)
def test_a_session_does_not_follow_what_is_set_for_the_database(tmp_path: Path, name: str, value: str) -> None:
    place = databases.place(tmp_path)
    server_says = {"transaction_isolation": "default_transaction_isolation"}.get(name, name)
    others = {"read committed": "'serializable'", "public": "pg_catalog", "UTC": "'Asia/Tokyo'", "on": "off"}
    with closing(Hand(place)) as hand:
        (database,) = hand("SELECT current_database()").fetchone()
        hand(f"ALTER DATABASE {database} SET {server_says} = {others.get(value, '0')}")
    ours = Database(place)
    with ours.begin() as session:
        assert session.scalar(text("SELECT current_setting(:name)"), {"name": name}) == value
    ours.close()
    databases.drop(tmp_path)


@databases.ONLY_POSTGRESQL
def test_while_the_server_is_away_that_is_said_at_once_and_afterwards_nothing_has_to_be_done() -> None:
    server = Server()
    server.execute("CREATE DATABASE portal")
    database = Database(server.address("portal"))
    database.create()
    with database.begin() as session:
        session.add(State(code="XAA"))
    server.stop()
    for _ in range(2):
        start = monotonic()
        with pytest.raises(DatabaseUnavailable), database.begin():
            pass
        with pytest.raises(DatabaseUnavailable), database.read() as session:
            session.scalar(select(State))
        assert monotonic() - start < 2
    server.start()
    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(State)) == 1
    server.stop()
    server.start()  # while nobody asked
    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(State)) == 1
    database.close()
    server.end()


@databases.ONLY_POSTGRESQL
def test_a_server_that_ends_in_the_middle_of_a_transaction_keeps_nothing_of_it() -> None:
    server = Server()
    server.execute("CREATE DATABASE portal")
    database = Database(server.address("portal"))
    database.create()
    with pytest.raises(DatabaseUnavailable), database.begin() as session:  # noqa: PT012  # all of it is one transaction
        session.add(State(code="XAA"))
        session.flush()
        server.stop()
    server.start()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(State)) == 0
    database.close()
    server.end()


def test_as_many_as_there_are_connections_read_and_look_beside_at_the_same_moment(
    both: tuple[Database, Database],
) -> None:
    """Each holds one connection and asks for a second: were it one of the same, they would wait for each other."""
    database, _ = both
    readers = database.engine.pool.size()  # type: ignore[attr-defined]  # of a pool that has one
    all_hold, found = Barrier(readers), []

    def read() -> None:
        with database.read() as session:
            session.scalar(select(func.count()).select_from(Stream))
            all_hold.wait(20)
            found.append(database.committed_stamp(STREAM))

    threads = [Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None] * readers
    assert database.connections()[0] == 0


@databases.IN_POSTGRESQL
@pytest.mark.parametrize("when", ["read", "committed"])
def test_a_server_that_says_nothing_more_is_away_after_a_while(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Nothing closes the connection, and the kernel acknowledges what is sent: nobody but the portal itself notices."""
    monkeypatch.setattr(engines, "WRITE_SECONDS", 2)
    monkeypatch.setattr(engines, "READ_SECONDS", 2)
    monkeypatch.setattr(engines, "MARGIN_SECONDS", 0.5)
    server = Server()
    server.execute("CREATE DATABASE portal")
    with Partition(server) as way:
        database = Database(way.address("portal"))
        database.create()
        with pytest.raises(DatabaseUnavailable), _transaction(database, when) as session:  # noqa: PT012 - all of it
            session.scalar(select(State))
            way.cut()
            began = monotonic()
            if when != "committed":
                session.scalar(select(State))
        assert 2 < monotonic() - began < 6
        began = monotonic()
        with pytest.raises(DatabaseUnavailable), database.read() as session:
            session.scalar(select(State))
        assert monotonic() - began < 4, "two seconds for a new connection"
        way.heal()
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(State)) in ({0, 1} if when == "committed" else {0})
        with database.begin() as session:
            session.add(State(code="XBB"))
        database.close()
    server.end()


@contextmanager
def _transaction(database: Database, when: str) -> Iterator[Session]:
    with database.read() if when == "read" else database.begin() as session:
        if when != "read":
            session.add(State(code="XAA"))
            session.flush()
        yield session
