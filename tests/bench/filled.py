"""A portal to measure: a room with 100 documents, and one content of 200 MiB."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from portal.app import create_portal
from portal.domain.documents import DocumentKind
from portal.settings import Settings
from portal.usecases import contents, uploads
from portal.usecases.uploads import Described
from tests.cast import Clock, World, build_world

DOCUMENTS = 100
LARGE = 200 << 20
BLOCK = 1 << 20


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
