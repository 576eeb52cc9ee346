"""Documents put straight into the cast's rooms, and looked at, so that there is something to account for."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.domain.documents import DocumentStage
from storage.content import seal, version_context
from storage.fields import Place
from storage.objects.store import new_name
from storage.permits import room_scope
from storage.tables import Document, Room, Version
from tests.cast import World

CONTENT = b"a law in force" * 2000


@dataclass(frozen=True)
class Put:
    document: UUID
    version: UUID
    object_name: str
    title: str


def put(world: World, who: str, room: str, title: str, file: str = "xaa", stage: str = "circulated") -> Put:
    """Upload a document as one of the cast, without the web around it."""
    portal, made = world.portal, Put(uuid4(), uuid4(), new_name(), title)
    review, room_id = world.files[file].review, world.files[file].rooms[room]
    scope, key = room_scope(review, room_id), uuid4().bytes * 2
    portal.objects.put(made.object_name, seal(key, version_context(made.version), [CONTENT]))
    with world.request(), portal.work(world.caller(who)) as work:
        record = work.reviews.of_room(room_id)
        assert record
        row = next(one for one in record.rooms if one.id == room_id)
        _, permit = work.require(Action.UPLOAD_DOCUMENT, Room, row, asked=room_id)
        document = Document(
            id=made.document,
            review_id=review,
            room_id=room_id,
            number=work.documents.next_number(room_id),
            kind="law",
            language="en",
            stage=DocumentStage(stage).value,
            owner=work.who.state or "secretariat",
            title=work.seal(permit, scope, Place("document", "title", made.document), title),
            tags=work.seal(permit, scope, Place("document", "tags", made.document), "[]"),
            created_by=world.members[who].person,
            created_at=work.now,
            changed_at=work.now,
        )
        work.documents.add(document)
        work.documents.add(
            Version(
                id=made.version,
                review_id=review,
                room_id=room_id,
                document_id=made.document,
                number=1,
                object_name=made.object_name,
                size=len(CONTENT),
                wrapped_key=portal.keyring.wrap_content_key(work.session, permit, scope, made.version, key),
                particulars=work.seal(permit, scope, Place("version", "particulars", made.version), "{}"),
                equal=b"\0" * 32,
                created_by=world.members[who].person,
                created_at=work.now,
            )
        )
    return made


def look(world: World, who: str, made: Put) -> None:
    """Open the page of a document, as far as the log is concerned."""
    with world.request(), world.portal.work(world.caller(who)) as work:
        work.require(Action.VIEW_DOCUMENT, Document, work.documents.find(made.document), asked=made.document)


def download(world: World, who: str, made: Put, parts: int = 1, *, ends: bool = True) -> None:
    """Download a version in parts, as far as the log is concerned."""
    for _ in range(parts):
        with world.request(), world.portal.work(world.caller(who)) as work:
            version = work.documents.find_version(made.version)
            _, permit = work.require(Action.DOWNLOAD_VERSION, Version, version, asked=made.version)
            intent = work.begins(permit)
        if ends:
            world.portal.record_outcome(intent, result="complete", bytes=1000)
