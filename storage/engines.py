"""How each of the two databases is connected to, how a transaction begins, and how long anything waits.

1. Whoever writes takes the one lock of all writers at the start (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock
   that ends with the transaction), so what a transaction read stays true until it commits, in all processes.
2. Whoever reads sees one moment and takes no lock.
3. Waiting is bounded: for a connection, for the lock, for a statement.
"""

import os
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from storage.addresses import read_address

POSTGRESQL: Final = "postgresql"
WAIT_MILLISECONDS: Final = 1200  # a page answers within two seconds, with what it asked or with 503
READING: Final = "portal_reading"
WAIT_ENDS: Final = "portal_wait_ends"  # of a writing connection: when the wait for the lock is over

_SQLITE_CONNECTIONS = 48  # each thread of the server holds one
_SERVER_CONNECTIONS = 16  # one writes at a time, those who read are quick; PostgreSQL gives a hundred to all replicas
_LOOK_CONNECTIONS = 4  # for looks of a moment by those who hold one of the others: from these they would never get it
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # else INSERT OR REPLACE deletes past the triggers
    "PRAGMA trusted_schema=OFF",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",  # else a long sort or statement writes a file where temporary files lie
    f"PRAGMA busy_timeout={WAIT_MILLISECONDS}",
    "PRAGMA cache_size=-16000",  # KiB
)
READ_SECONDS: Final = 60  # a check of the whole log asks the longest
WRITE_SECONDS: Final = 10
MARGIN_SECONDS: Final = 3.0  # so much longer the answer is waited for here
QUICK_SECONDS: Final = 5.0  # for signing in, and for being asked whether one is still there
# what a session of ours says to the server, whatever is set there; milliseconds
_SESSION = {
    "search_path": "public",
    "timezone": "UTC",
    "datestyle": "ISO",
    "synchronous_commit": "on",  # what is committed is on the disk
    "statement_timeout": f"{READ_SECONDS * 1000}",
    "idle_in_transaction_session_timeout": "600000",
}
WRITER: Final = 0x506F7274616C  # the advisory lock of all who write, in each database its own


def engines(place: Path | str) -> tuple[Engine, Engine]:
    """Open a database twice: for transactions, and for looks of a moment by whoever holds one of these.

    Raises:
        Unprotected: Others could listen to the server, or answer in its place.

    """
    if isinstance(place, Path):
        return _sqlite_engine(place, _SQLITE_CONNECTIONS), _sqlite_engine(place, _LOOK_CONNECTIONS)
    return _postgresql_engine(place, _SERVER_CONNECTIONS), _postgresql_engine(place, _LOOK_CONNECTIONS)


def _sqlite_engine(path: Path, connections: int) -> Engine:
    """Open a file, or begin one."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # WAL and shm take its mode
    seconds = WAIT_MILLISECONDS / 1000
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # as text, what a folder is called could end the path: ? or %
        connect_args={"timeout": seconds},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=seconds,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(address: str, connections: int) -> Engine:
    """Get ready to connect to a server; connects when somebody asks."""
    from storage.lines import Line  # here, so that a portal on a file doesn't load psycopg

    engine = create_engine(
        read_address(address),
        connect_args={
            "application_name": "portal",
            "client_encoding": "UTF8",
            "gssencmode": "disable",  # it would come before TLS, and prove no name
            "target_session_attrs": "read-write",  # of several hosts the primary; a standby is not the truth
            "connect_timeout": 2,  # seconds for each host, the least that there is
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
        },
        isolation_level="READ COMMITTED",
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WAIT_MILLISECONDS / 1000,
        pool_pre_ping=True,  # the server may have been restarted
    )
    event.listen(engine, "do_connect", lambda _dialect, _entry, words, named: Line.connect(*words, **named))
    event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "checkin", _quick_again)
    return engine


def lasting(connection: Connection) -> None:
    """Let the statements of a transaction take as long as they need: a step of the schema over large tables does.

    What waits for a lock still waits for its bound.
    """
    if connection.dialect.name == POSTGRESQL:
        _bound(connection, None)
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")


def reading(engine: Engine) -> Engine:
    """Give the engine for transactions that only read."""
    options: dict[str, Any] = {READING: True}
    if engine.dialect.name == POSTGRESQL:
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return engine.execution_options(**options)


def writing(engine: Engine, wait_ends: float) -> Engine:
    """Give the engine for a transaction that writes, and waits for its turn until a moment of the monotonic clock."""
    return engine.execution_options(**{WAIT_ENDS: wait_ends})


def _prepare(connection: Any, entry: ConnectionPoolEntry) -> None:
    del entry
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={int(_left(connection))}")  # what the wait in the process left of the bound
    connection.exec_driver_sql("BEGIN" if _reads(connection) else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    """Take the lock of all who write.

    Each statement at READ COMMITTED sees what was committed before it began, so all that follow the lock see all that
    its last holder did. At REPEATABLE READ they would see what was committed before the wait.
    """
    if _reads(connection):
        _bound(connection, READ_SECONDS + MARGIN_SECONDS)
    else:
        left, each = max(1, _left(connection)), int(WRITE_SECONDS * 1000)
        _bound(connection, max(left, each) / 1000 + MARGIN_SECONDS)
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = {int(left)};"  # 0 would be no bound
            f"SET LOCAL statement_timeout = {max(int(left), int(each))};"
            # a replica that freezes in the middle of a transaction keeps the others from writing for so long
            f"SET LOCAL idle_in_transaction_session_timeout = {int(each)};"
            f"SELECT pg_advisory_xact_lock({int(WRITER)});"
            f"SET LOCAL statement_timeout = {int(each)}"
        )
        _bound(connection, WRITE_SECONDS + MARGIN_SECONDS)


def _bound(connection: Connection, seconds: float | None) -> None:
    line: Any = connection.connection.driver_connection
    line.bound = seconds


def _quick_again(line: Any, entry: ConnectionPoolEntry) -> None:
    del entry
    if line is not None:  # which it is after it was closed
        line.bound = QUICK_SECONDS


def _reads(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(READING))


def _left(connection: Connection) -> int:
    now = monotonic()
    ends = connection.get_execution_options().get(WAIT_ENDS, now + WAIT_MILLISECONDS / 1000)
    return int(max(0.0, ends - now) * 1000)
