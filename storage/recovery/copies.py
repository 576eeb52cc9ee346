"""A copy of a portal's data folder, read for what lies in it: nothing is written there, and no link is followed.

1. Whoever made the copy may be anybody: folders and objects are opened one below the other, links and what is no file
   are refused, and what was read authenticates or isn't used.
2. The database is a file of SQLite and is opened as one that never changes, without what lies beside it. It is asked
   for ids and numbers alone; a copy that has none, as of a portal on PostgreSQL, is read without.
"""

import os
import sqlite3
import stat
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote
from uuid import UUID

from storage.errors import Damaged, Missing, StoreUnavailable
from storage.objects.store import BLOCK, checked_name

DATABASE: Final = "portal.db"
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_QUESTION: Final = (
    "SELECT version.id, room.kind, document.number, version.number FROM version "
    "JOIN document ON document.id = version.document_id JOIN room ON room.id = version.room_id "
    "WHERE version.review_id = ? AND version.room_id IN ({}) ORDER BY room.kind, document.number, version.number"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A version that the database of a copy names: the kind of its room, its document's number there, and its own."""

    version: UUID
    room: str
    number: int
    written: int


@contextmanager
def opened_objects(root: Path) -> Iterator[int]:
    """Open the folder of objects in a copy; gives its descriptor.

    Raises:
        Missing: There is none, or it is a link.

    """
    try:
        folder = os.open(root / "objects", _FOLDER)
    except OSError as cause:
        raise Missing(
            f"{root} has no folder objects: give a copy of the data folder, or a folder of backups."
        ) from cause
    try:
        yield folder
    finally:
        os.close(folder)


def read_object(objects: int, name: str) -> Generator[bytes]:
    """Read a sealed object.

    Raises:
        Missing: It isn't there, or is no file.
        StoreUnavailable: The disk refused.

    """
    checked_name(name)
    try:
        folder = os.open(name[:2], _FOLDER, dir_fd=objects)
        try:
            descriptor = os.open(name, _FILE, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as cause:
        raise Missing("its sealed object isn't in this copy") from cause
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Missing("its sealed object isn't in this copy")
        try:
            yield from iter(lambda: file.read(BLOCK), b"")
        except OSError as cause:
            raise StoreUnavailable("its sealed object can't be read from this disk") from cause


def listed(root: Path, review: UUID, rooms: Sequence[UUID]) -> list[Listed]:
    """List the versions in rooms of a review, as the copy's database names them; nothing if there is no database.

    Raises:
        Missing: The database knows no such review.
        Damaged: It can't be read.

    """
    path = root / DATABASE
    if not os.path.lexists(path):
        return []
    if not stat.S_ISREG(path.lstat().st_mode):
        raise Damaged
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            if database.execute("SELECT 1 FROM review WHERE id = ?", (review.hex,)).fetchone() is None:
                raise Missing(f"This copy is of another installation: it knows no review {review}.")
            question = _QUESTION.format(", ".join("?" * len(rooms)))
            rows = database.execute(question, (review.hex, *(one.hex for one in rooms))).fetchall()
        return [Listed(UUID(row[0]), str(row[1]), int(row[2]), int(row[3])) for row in rows]
    except (sqlite3.Error, ValueError, TypeError, AttributeError) as cause:
        raise Damaged from cause
