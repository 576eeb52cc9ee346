"""The database: sessions that stamp and check guarded rows, the committed look-up, and errors in our own words.

Every write is one transaction that takes its lock at the start (storage/engines.py), so two writers never find out at
the commit that they read different things. Waiting is bounded: a store that can't answer in time is an error that
says so, never a hanging page. The writers of one process wait for their turn in the process: SQLite lets those who
wait for its lock sleep longer and longer, and whoever comes later takes it before them; on a server each who waits
would hold a connection.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool
from sqlmodel import col

from storage import schema
from storage.engines import WAIT_MILLISECONDS, engines, reading, writing
from storage.errors import DatabaseUnavailable, Exists, Full, NoRight, StoreUnavailable
from storage.guards import GUARD_KEY
from storage.keys.keyring_file import sync_folder
from storage.tables import Event, Stream

__all__ = ["Database", "Session", "put_in_place", "translated"]

NO_RIGHTS: Final = (
    "the role of the database may not read or write its tables: give it its rights, as the one that owns them "
    "(deploy/README.md, On PostgreSQL)"
)
_UNIQUE: Final = "23505"
_FULL: Final = "53100"
_NO_RIGHT: Final = "42501"
# others were in the way: a serialization failure, a deadlock, a lock or a statement beyond its bound
_BUSY: Final = frozenset({"40001", "40P01", "55P03", "57014"})
# the server ends, begins, has no connection left, or lets nobody write: it is away for us
_AWAY: Final = ("08", "53", "57P", "25006", "25P03")
_LOST: Final = (OperationalError, InterfaceError)  # without a number: SQLite's, or of a connection that is gone


class Database:
    """One database, a file or a server's; sessions come from here."""

    def __init__(self, place: Path | str) -> None:
        self.place = place
        self._guard_key = b""
        self._turn = Lock()
        self.engine, self._looks = engines(place)

    def guard(self, key: bytes) -> None:
        """Take the key under which guarded rows are stamped and checked."""
        self._guard_key = key

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a writing transaction: committed at the end of the block, rolled back on any exception.

        Raises:
            DatabaseUnavailable: The database is away, or locked beyond the bound.
            Full: No space is left.

        """
        ends = monotonic() + WAIT_MILLISECONDS / 1000
        engine = writing(self.engine, ends)
        with (
            translated(),
            _held(self._turn, ends),
            Session(engine, info={GUARD_KEY: self._guard_key}, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.connection()  # takes the lock now
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a reading transaction: sees what is committed, takes no lock."""
        with self._reading(self.engine) as session:
            yield session

    @contextmanager
    def look(self) -> Iterator[Session]:
        """Open a reading transaction for a moment, also while another one is open; nothing may be opened in it.

        It comes from connections of its own. Were there as many who read as there are connections, and each asked for
        a second one, they would all wait for each other.
        """
        with self._reading(self._looks) as session:
            yield session

    @contextmanager
    def _reading(self, engine: Engine) -> Iterator[Session]:
        with (
            translated(),
            Session(reading(engine), info={GUARD_KEY: self._guard_key}, expire_on_commit=False) as session,
        ):
            yield session

    def committed_stamp(self, event_id: UUID) -> bytes | None:
        """Find the stamp of a committed event, on a connection of its own; None when no such event is committed."""
        with self.look() as session:
            return session.scalar(select(col(Event.stamp)).where(col(Event.id) == event_id))

    def create(self) -> None:
        """Make all tables and triggers, or take the steps that an older database hasn't seen.

        Raises:
            LaterSchema: The database was made by a later release.
            Unfit: The database on a server isn't one in which a portal can begin.
            DatabaseUnavailable: The database is away.
        """
        try:
            with translated():
                schema.upgrade(self.engine)
        except NoRight as error:
            raise schema.Unfit(
                "the role of the database may not make or change its tables: after an upgrade run `portal fsck` once "
                "as the one that owns them; a new portal and a move begin as that one, too, named in the address"
            ) from error

    def fits(self) -> bool:
        """Tell whether this release runs at the steps that the database has seen."""
        with translated():
            return schema.fits(self.engine)

    def check_rights(self) -> None:
        """See that the role may read and write every table, also those that an upgrade made.

        Raises:
            NoRight: It may not.
        """
        if isinstance(self.place, Path):
            return
        with self.read() as session:
            if lacking := schema.closed_tables(session.connection()):
                raise NoRight(f"{NO_RIGHTS}; closed to it: {', '.join(lacking)}")

    def has_portal(self) -> bool:
        """Tell whether a portal was made here to the end: its streams come last."""
        with translated():
            if not schema.is_begun(self.engine):
                return False
        with self.read() as session:
            return session.scalar(select(col(Stream.id)).limit(1)) is not None

    def size(self) -> int:
        """Tell how many bytes the database takes."""
        if isinstance(self.place, Path):
            return self.place.stat().st_size
        with self.read() as session:
            return session.scalar(select(func.pg_database_size(func.current_database()))) or 0

    def forget_former(self) -> bool:
        """Take out of a file of SQLite what rows were before; False: somebody reads just now, or it is a server's."""
        if not isinstance(self.place, Path):
            return False
        try:
            with closing(sqlite3.connect(self.place, WAIT_MILLISECONDS / 1000, isolation_level=None)) as connection:
                connection.execute("PRAGMA secure_delete=ON")
                return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error:
            return False

    def connections(self) -> tuple[int, int]:
        """Tell how many connections are in use, and how many there may be."""
        pools = [engine.pool for engine in (self.engine, self._looks) if isinstance(engine.pool, QueuePool)]
        return sum(pool.checkedout() for pool in pools), sum(pool.size() for pool in pools)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._looks.dispose()


def put_in_place(unfinished: Path, path: Path) -> None:
    """Give a finished database of SQLite its name, once all of it lies in its one file, on the disk.

    Raises:
        StoreUnavailable: Somebody has it open, so that a part of it lies beside it still.

    """
    in_one_file(unfinished)
    unfinished.rename(path)
    sync_folder(path.parent)


def in_one_file(path: Path) -> None:
    """See that all of a database of SQLite lies in its one file, on the disk: closing it tells of no error.

    Raises:
        Full: No space is left for it.
        StoreUnavailable: Somebody has it open, so that a part of it lies beside it still.

    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        raise (Full if "full" in str(error) else StoreUnavailable)("the database can't be put into one file") from error
    log = Path(f"{path}-wal")
    if busy or (log.exists() and log.stat().st_size):
        raise StoreUnavailable(f"{path} is open elsewhere, or there is no room for it: mend that, and begin again.")
    log.unlink(missing_ok=True)
    Path(f"{path}-shm").unlink(missing_ok=True)
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _held(turn: Lock, ends: float) -> Iterator[None]:
    if not turn.acquire(timeout=max(0.0, ends - monotonic())):
        raise DatabaseUnavailable("too many wait to write")
    try:
        yield
    finally:
        turn.release()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the storage's at this edge."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable("all connections to the database are busy") from error
    except IntegrityError as error:
        code = _code(error)
        if code == _UNIQUE or (not code and "UNIQUE" in str(error.orig)):
            raise Exists("somebody else wrote this first") from error
        raise
    except DBAPIError as error:
        if (fault := _fault(error)) is None:
            raise
        raise fault from error


def _fault(error: DBAPIError) -> StoreUnavailable | None:
    """Say what keeps the database from answering; None: the question itself is wrong."""
    code = _code(error)
    if code == _FULL or (not code and "full" in str(error.orig)):
        return Full("the database has no space left")
    if code in _BUSY:
        return DatabaseUnavailable("others keep the database busy for too long; what was asked can be tried again")
    if code.startswith(_AWAY) or error.connection_invalidated or (not code and isinstance(error, _LOST)):
        why = " ".join(str(error.orig).split())  # of a connection, which says host and role and no password
        return DatabaseUnavailable(f"the database can't be reached in time: {why}")
    if code == _NO_RIGHT:
        return NoRight(NO_RIGHTS)
    return None


def _code(error: DBAPIError) -> str:
    """Give PostgreSQL's own number of an error; empty where it has none."""
    return getattr(error.orig, "sqlstate", None) or ""
