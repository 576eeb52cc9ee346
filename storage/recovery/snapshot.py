"""The database of a backup: copied at one moment while others write, sealed, and opened again.

1. The copy is made by SQLite's own backup in one step, or row by row from PostgreSQL into a file of SQLite; either way
   under one reading transaction: all of it is of one moment, and nobody who writes waits for it.
2. It lies in the data folder as long as it is being sealed, in the same form: nothing is opened for it.
3. sealed = content (FORMAT.md) under a random key, context `portal/v1/backup/<id>`; the key is sealed to the recovery
   key with the context `portal/v1/backup-key/<id>`.
"""

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from storage import content, schema
from storage.backups import RecoveryKey
from storage.database import Database, Session
from storage.errors import Damaged, Full, StoreUnavailable
from storage.holders import count_unheld
from storage.objects.store import BLOCK
from storage.recovery import offline
from storage.recovery.folder import alone
from storage.recovery.manifest import Kept
from storage.relocations import copy_moment
from storage.repositories.checks import CheckRecords


@contextmanager
def taken(database: Database, folder: Path) -> Iterator[Path]:
    """Copy the database as it is now into a folder; the copy is removed at the end of the block.

    Raises:
        Damaged: What was copied isn't a whole database.
        Elsewhere: The portal was moved away by then: whoever brought this back would have a database that never starts.
        Full: No space is left.
        StoreUnavailable: Somebody else on this machine copies it, to another place; or the disk refuses.
        Unfit: The database on a server is at the steps of another release.

    """
    path = folder / "backup.snapshot"
    with alone(folder, "Another backup of this portal is being made: wait for its end."):
        remove(path)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
            _copy(database, path)
            _check(path)
            yield path
        finally:
            remove(path)


def _copy(database: Database, path: Path) -> None:
    if not isinstance(database.place, Path):
        copy_moment(database, path)
        return
    with closing(sqlite3.connect(path)) as copy, database.read() as session:
        source = session.connection().connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError("the file isn't SQLite's")
        try:
            source.backup(copy)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise Full("there is no space left in the data folder for a copy of the database") from error
            raise StoreUnavailable("the database can't be copied in the data folder now") from error
    with _looked_into(path) as session:
        schema.check_standing(schema.standing(session.connection()))


def object_names(path: Path) -> list[str]:
    """List the objects that the records of a database name."""
    with _looked_into(path) as session:
        return sorted({one.name for one in CheckRecords(session).contents()})


def opens_with(path: Path, recovery: RecoveryKey) -> bool:
    """Tell whether this recovery key is in use in a database still, and has a copy of every key in it."""
    with _looked_into(path) as session:
        ended = session.scalar(select(col(RecoveryKey.ended_at)).where(col(RecoveryKey.id) == recovery.id))
        return ended is None and not count_unheld(session, recovery)


@contextmanager
def _looked_into(path: Path) -> Iterator[Session]:
    copy = Database(path)
    try:
        with copy.read() as session:
            yield session
    finally:
        copy.close()


def seal(path: Path, target: Path, public: bytes, backup: UUID) -> tuple[Kept, bytes]:
    """Seal a database into a file; gives what the file holds, and its key, sealed to the recovery key."""
    key, digest = secrets.token_bytes(32), hashlib.sha256()
    with path.open("rb") as source, target.open("xb") as file:
        target.chmod(0o600)
        for block in content.seal(key, _context(backup), iter(lambda: source.read(BLOCK), b"")):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    return Kept(size, digest.digest()), offline.seal(public, key, _key_context(backup))


def unseal(sealed: Iterable[bytes], key: bytes, opener: offline.Opener, backup: UUID, target: Path) -> None:
    """Open a sealed database into a file.

    Raises:
        Damaged: It was changed, cut, or is another backup's.

    """
    opened = opener.open(key, _key_context(backup))
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for block in content.open_all(opened, _context(backup), sealed):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    _check(target)


def remove(path: Path) -> None:
    """Remove a database with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").unlink()


def _check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        try:
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise Damaged
        except sqlite3.DatabaseError as cause:
            raise Damaged from cause


def _context(backup: UUID) -> bytes:
    return f"portal/v1/backup/{backup}".encode()


def _key_context(backup: UUID) -> bytes:
    return f"portal/v1/backup-key/{backup}".encode()
