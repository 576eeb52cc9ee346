"""New documents and new versions: asked for, received (contents.py), then put into the record.

1. The same file once more is kept, for it may be meant; whoever sent it is told where it lies already, as far as
   they may see that.
2. Two people who add a version at once both succeed: whoever arrives second gets the next number.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import SECRETARIAT
from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.tags import ArticleTag
from portal.usecases.contents import Arrived, Kept, Upload, add_version, author, expect_file, find_equal
from portal.usecases.particulars import seal_tags, seal_title
from portal.work import Portal, Work
from storage.permits import Permit, room_scope
from storage.tables import Document, Room

TITLE_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Described:
    """What somebody says about the documents that they send; without a title, a file's name is its title."""

    kind: DocumentKind
    language: str
    title: str = ""
    tags: tuple[ArticleTag, ...] = ()


def begin_upload(portal: Portal, caller: Caller, room_id: UUID, file_name: str, declared: str) -> Upload:
    """Ask to put a new document into a room.

    Raises:
        NotFound: There is no such room, or the actor may not know of it.
        Forbidden: The actor sees the room but may not write in it.

    """
    with portal.work(caller) as work:
        _, permit = _room(work, room_id)
        return expect_file(work, permit, Action.UPLOAD_DOCUMENT, room_id, file_name, declared)


def begin_version(portal: Portal, caller: Caller, document_id: UUID, file_name: str, declared: str) -> Upload:
    """Ask to add a version to a document.

    Raises:
        NotFound: There is no such document, or the actor may not know of it.
        Forbidden: The actor sees the document but may not work on it.

    """
    with portal.work(caller) as work:
        _, permit = _document(work, document_id)
        return expect_file(work, permit, Action.ADD_VERSION, document_id, file_name, declared)


def keep_document(portal: Portal, caller: Caller, upload: Upload, arrived: Arrived, said: Described) -> Kept:
    """Put an arrived content into the record as a new document of its room.

    Raises:
        NotFound: The access to the room ended meanwhile.
        Forbidden: The actor may no longer write in it.

    """
    with portal.work(caller) as work:
        room, permit = _room(work, upload.on)
        document_id = uuid4()
        equal = find_equal(work, permit, room, arrived.digest)
        scope = room_scope(room.review_id, room.id)
        title = said.title or upload.name.name[:TITLE_CHARACTERS].strip()
        document = Document(
            id=document_id,
            review_id=room.review_id,
            room_id=room.id,
            number=work.documents.next_number(room.id),
            kind=said.kind.value,
            language=said.language,
            stage=DocumentStage.DRAFT.value,
            owner=work.who.state or SECRETARIAT,
            title=seal_title(work, permit, scope, document_id, title),
            tags=seal_tags(work, permit, scope, document_id, said.tags),
            created_by=author(work),
            created_at=work.now,
            changed_at=work.now,
        )
        work.documents.add(document)
        return add_version(work, permit, document, upload, arrived, equal)


def keep_version(portal: Portal, caller: Caller, upload: Upload, arrived: Arrived) -> Kept:
    """Put an arrived content into the record as the next version of its document.

    Raises:
        NotFound: The access to the document ended meanwhile.
        Forbidden: The actor may no longer work on it.

    """
    with portal.work(caller) as work:
        document, permit = _document(work, upload.on)
        equal = find_equal(work, permit, document, arrived.digest)
        document.changed_at = work.now
        return add_version(work, permit, document, upload, arrived, equal)


def _room(work: Work, room_id: UUID) -> tuple[Room, Permit]:
    record = work.reviews.of_room(room_id)
    row = next((room for room in record.rooms if room.id == room_id), None) if record else None
    return work.require(Action.UPLOAD_DOCUMENT, Room, row, asked=room_id)


def _document(work: Work, document_id: UUID) -> tuple[Document, Permit]:
    found = work.documents.find(document_id)
    return work.require(Action.ADD_VERSION, Document, found, asked=document_id)
