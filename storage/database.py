"""The database: connections with their settings, sessions that stamp and check guarded rows, the committed look-up.

Every write is one transaction that takes its lock at the start (BEGIN IMMEDIATE), so two writers never find out at
the commit that they read different things. Waiting is bounded: a store that can't answer in time is an error that
says so, never a hanging page. The writers of one process wait for their turn in the process: SQLite lets those who
wait for its lock sleep longer and longer, and whoever comes later takes it before them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import col

from storage import schema
from storage.errors import DatabaseUnavailable, Exists, Full, StoreUnavailable
from storage.guards import GUARD_KEY
from storage.tables import Event

__all__ = ["Database", "Session", "translated"]

BUSY_MILLISECONDS = 1200  # a page answers within two seconds, with what it asked or with 503
CONNECTIONS = 48  # a thread of the server holds one, and one more for a moment while it finds its event committed
READING = {"portal_reading": True}
WAIT_ENDS = "portal_wait_ends"  # of a writing connection: when the wait for the lock is over

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # else INSERT OR REPLACE deletes past the triggers
    "PRAGMA trusted_schema=OFF",
    "PRAGMA secure_delete=ON",
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA cache_size=-16000",  # KiB
)


class Database:
    """One database, by its address; sessions come from here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard_key = b""
        self._turn = Lock()
        self.engine = _engine(path)

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
        ends = monotonic() + BUSY_MILLISECONDS / 1000
        engine = self.engine.execution_options(**{WAIT_ENDS: ends})
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
        engine = self.engine.execution_options(**READING)
        with (
            translated(),
            Session(engine, info={GUARD_KEY: self._guard_key}, expire_on_commit=False) as session,
        ):
            yield session

    def committed_stamp(self, event_id: UUID) -> bytes | None:
        """Find the stamp of a committed event, on a connection of its own; None when no such event is committed."""
        with self.read() as session:
            return session.scalar(select(col(Event.stamp)).where(col(Event.id) == event_id))

    def create(self) -> None:
        """Make all tables and triggers, or take the steps that an older database hasn't seen.

        Raises:
            LaterSchema: The database was made by a later release.
        """
        schema.upgrade(self.engine)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


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
    except (OperationalError, InterfaceError) as error:
        raise _fault(error) from error
    except PoolTimeout as error:
        raise DatabaseUnavailable("all connections to the database are busy") from error
    except IntegrityError as error:
        if "UNIQUE" in str(error.orig):
            raise Exists("somebody else wrote this first") from error
        raise
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _fault(error) from error
        raise


def _fault(error: DBAPIError) -> StoreUnavailable:
    text = str(error.orig)
    if "full" in text:
        return Full("the database has no space left")
    return DatabaseUnavailable("the database can't be reached in time")


def _engine(path: Path) -> Engine:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # WAL and shm take its mode
    seconds = BUSY_MILLISECONDS / 1000
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": seconds},
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=seconds,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, entry: ConnectionPoolEntry) -> None:
    del entry
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    now = monotonic()
    left = max(0.0, options.get(WAIT_ENDS, now + BUSY_MILLISECONDS / 1000) - now)
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={int(left * 1000)}")  # what the wait in the process left of the bound
    connection.exec_driver_sql("BEGIN" if options.get("portal_reading") else "BEGIN IMMEDIATE")
