"""A portal to measure: a room with 100 documents, one content of 200 MiB, and, if asked, a database full of others."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from portal.app import create_portal
from portal.domain.documents import DocumentKind
from portal.settings import DATABASE, Settings
from portal.usecases import contents, uploads
from portal.usecases.uploads import Described
from tests.cast import Clock, World, build_world

DOCUMENTS = 100
LARGE = 200 << 20
BLOCK = 1 << 20
MANY_REVIEWS, MANY_DOCUMENTS, MANY_EVENTS = 2_000, 200_000, 1_000_000


def build(folder: Path, database: str = "") -> World:
    clock = Clock()
    clock.now = datetime.now(UTC)
    portal = create_portal(Settings(data=folder / "data", database=database, keys=folder / "keys"), clock)
    world = build_world(portal, clock)
    room = world.files["xaa"].rooms["shared"]
    kinds = list(DocumentKind)
    for number in range(DOCUMENTS):
        said = Described(kinds[number % len(kinds)], "en", f"Document {number} on mutual legal assistance", ())
        put(world, room, f"document-{number}.pdf", said, iter([b"%PDF-1.7 " + secrets.token_bytes(2000)]))
    return world


def put(world: World, room: UUID, name: str, said: Described, chunks: Iterator[bytes]) -> UUID:
    caller = world.caller("officer")
    with world.request():
        upload = uploads.begin_upload(world.portal, caller, room, name, "application/pdf")
        arrived = contents.take_content(world.portal, upload, chunks)
        return uploads.keep_document(world.portal, caller, upload, arrived, said).document


def put_large(world: World, plain: Path) -> UUID:
    """Put a content of 200 MiB beside a plain copy of it; gives the id of its version."""
    block = os.urandom(BLOCK)
    with plain.open("wb") as file:
        for _ in range(LARGE // BLOCK):
            file.write(block)
    said = Described(DocumentKind.OTHER, "en", "A large one", ())
    document = put(world, world.files["xaa"].rooms["secretariat"], "large.bin", said, iter([block] * (LARGE // BLOCK)))
    with world.portal.database.read() as session:
        return UUID(
            session.connection()
            .exec_driver_sql("SELECT id FROM version WHERE document_id = ?", (document.hex,))
            .scalar_one()
        )


def crowd(data: Path) -> None:
    """Fill the database with other reviews, documents and events; nothing reads them, so their bytes are random."""
    base = sqlite3.connect(data / DATABASE, isolation_level=None)
    base.execute("PRAGMA foreign_keys=OFF")  # bulk rows name people and cycles that nothing looks up
    base.execute("PRAGMA synchronous=OFF")
    base.execute("BEGIN")
    for table, rows in _rows():
        names = [column[1] for column in base.execute(f"PRAGMA table_info({table})")]
        marks = ",".join("?" * len(names))
        base.executemany(
            f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})",  # noqa: S608  # names of the schema
            ([row.get(name) for name in names] for row in rows),
        )
    base.execute("DELETE FROM waiting_event")  # these come into no tree: the server would be busy with them
    base.execute("COMMIT")
    base.execute("ANALYZE")
    base.close()


def _rows() -> Iterator[tuple[str, Iterator[dict[str, object]]]]:
    yield "review", _reviews()
    yield "room", _rooms()
    yield "document", _documents()
    yield "version", _versions()
    yield "event", _events()


NOW = "2026-05-04 09:30:00.000000"
_REVIEWS = [uuid4().hex for _ in range(MANY_REVIEWS)]
_ROOMS = [uuid4().hex for _ in range(MANY_REVIEWS)]
_DOCUMENTS = [uuid4().hex for _ in range(MANY_DOCUMENTS)]
_BLOB = secrets.token_bytes(60)
_BODY = secrets.token_bytes(500)


def _reviews() -> Iterator[dict[str, object]]:
    for review in _REVIEWS:
        yield {
            "id": review, "cycle_id": uuid4().hex, "state_code": "XFF", "stage": "dialogue", "languages": "en",
            "passes_at_once": 0, "help_asked": 0, "opened_at": NOW, "mac": _BLOB,
        }  # fmt: skip


def _rooms() -> Iterator[dict[str, object]]:
    for review, room in zip(_REVIEWS, _ROOMS, strict=True):
        yield {"id": room, "review_id": review, "kind": "shared", "state_code": None, "mac": _BLOB}


def _documents() -> Iterator[dict[str, object]]:
    for number, document in enumerate(_DOCUMENTS):
        at = number % MANY_REVIEWS
        yield {
            "id": document, "review_id": _REVIEWS[at], "room_id": _ROOMS[at], "number": number, "kind": "law",
            "language": "en", "stage": "circulated", "owner": "XFF", "title": _BLOB, "tags": _BLOB,
            "created_by": uuid4().hex, "created_at": NOW, "changed_at": NOW, "mac": _BLOB,
        }  # fmt: skip


def _versions() -> Iterator[dict[str, object]]:
    for number, document in enumerate(_DOCUMENTS):
        at = number % MANY_REVIEWS
        yield {
            "id": uuid4().hex, "review_id": _REVIEWS[at], "room_id": _ROOMS[at], "document_id": document, "number": 1,
            "object_name": uuid4().hex, "size": 2009, "wrapped_key": _BLOB, "particulars": _BLOB, "equal": _BLOB,
            "created_by": uuid4().hex, "created_at": NOW, "mac": _BLOB,
        }  # fmt: skip


def _events() -> Iterator[dict[str, object]]:
    for number in range(MANY_EVENTS):
        yield {
            "id": secrets.token_hex(16), "stream_id": _ROOMS[number % MANY_REVIEWS], "number": number, "at": NOW,
            "kind": 404, "schema_version": 1, "phase": "act", "stamp": _BLOB, "salt": _BLOB, "body": _BODY,
            "leaf": _BLOB, "tag": _BLOB,
        }  # fmt: skip
