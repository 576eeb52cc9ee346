"""Moving one version of a document into another room of its file: a new document there, of the same owner.

1. Two steps, like an upload (contents.py): the intent is durable before the content is opened; it is sealed anew
   under a key of its own while it passes; the gate is asked again before the record names it. A crash in between
   leaves an object that no record names, which is swept, and an intent that is closed as unknown.
   What goes with an answer takes the second step in the answer's own transaction: both are there, or neither.
2. Drafts, other versions, history and trail stay behind: the other room learns of one version, not from where. Where
   the version lies, whoever sees both learns what became of it (arrivals.py).
3. Both rooms' streams record the act.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import moves
from portal.domain.documents import DocumentStage
from portal.domain.files import CleanName
from portal.domain.notices import NoticeKind
from portal.domain.reviews import RoomKind
from portal.errors import NotFound, PortalError
from portal.usecases.contents import Arrived, Upload, abandon, add_version, author, carry
from portal.usecases.manifests import overtake
from portal.usecases.notices import tell_of_documents
from portal.usecases.particulars import (
    Particulars,
    open_particulars,
    open_tags,
    open_title,
    seal_tags,
    seal_title,
)
from portal.work import Portal, Work
from storage.arrivals import Arrival
from storage.permits import Permit, room_scope
from storage.tables import Document, Room, Version

REFUSED: Final = "refused"
FAILED: Final = "failed"
_TOLD: Final = {  # a document that arrives in another room is a draft
    DocumentStage.SUBMITTED: NoticeKind.DOCUMENT_SUBMITTED,
    DocumentStage.CIRCULATED: NoticeKind.DOCUMENT_CIRCULATED,
}


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What is taken along of a document."""

    version: Version
    title: str
    tags: tuple[str, ...]
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class Ready:
    """A version whose content lies sealed anew for another room already; no record names it yet."""

    document: UUID
    target: RoomKind
    leaving: _Leaving
    upload: Upload
    arrived: Arrived


def submit_version(portal: Portal, caller: Caller, document_id: UUID, version_id: UUID, target: RoomKind) -> UUID:
    """Move one version of a document into another room of its file, and give the id of the new document.

    Raises:
        NotFound: There is no such version of this document, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't clear it for that room.
        Conflict: The same file of the same owner lies there already, or the document was withdrawn meanwhile.
        Unavailable: There is no space left.

    """
    with made_ready(portal, caller, document_id, version_id, target) as ready, portal.work(caller) as work:
        new = keep(work, ready)
        tell_kept(work, [new])
        return new.id


@contextmanager
def made_ready(
    portal: Portal, caller: Caller, document_id: UUID, version_id: UUID, target: RoomKind
) -> Iterator[Ready]:
    """Seal a version's content anew, to be kept in another room within the block; if that fails, nothing of it remains.

    Raises:
        NotFound: There is no such version of this document, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't clear it for that room.
        Conflict: The document was withdrawn.
        Unavailable: There is no space left.

    """
    with portal.work(caller) as work:
        document, version, permit = _allowed(work, document_id, version_id, target)
        _target(work, document, target)
        moves.check_in_use(document.withdrawn_at)
        work.note(permit, to=target.value)
        intent = work.begins(permit)
    leaving = _Leaving(
        version,
        open_title(portal, permit, document),
        open_tags(portal, permit, document),
        open_particulars(portal, permit, version),
    )
    name = CleanName(leaving.particulars.name, changed=False)
    upload = Upload(Action.SUBMIT_DOCUMENT, version.id, name, leaving.particulars.declared, intent)
    try:
        arrived = carry(portal, permit, leaving.version, upload, leaving.particulars.sha256)
        yield Ready(document_id, target, leaving, upload, arrived)
    except BaseException as error:
        abandon(portal, upload, REFUSED if isinstance(error, PortalError) else FAILED, 0)
        raise


def keep(work: Work, ready: Ready) -> Document:
    """Write the record of what is ready for another room; gives the new document, of which people are told (tell_kept).

    Raises:
        NotFound: There is no such version any more, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't clear it for that room.
        Conflict: The same file of the same owner lies there already, or the document was withdrawn meanwhile.

    """
    target, upload = ready.target, ready.upload
    document, _, permit = _allowed(work, ready.document, ready.leaving.version.id, target)
    room = _target(work, document, target)
    moves.check_in_use(document.withdrawn_at)
    _check_not_there(work, permit, document, room, ready.arrived.digest)
    new = _new_document(work, permit, document, ready.leaving, room)
    work.documents.add(new)
    add_version(work, permit, new, upload, ready.arrived, ())
    came_from = ready.leaving.version.id
    work.documents.add(Arrival(document_id=new.id, review_id=new.review_id, version_id=came_from))
    work.note(permit, to=target.value, became=str(new.id))
    work.arrives(permit, room.id, new.id, {"document": str(new.id), "version": str(upload.version)})
    if target is RoomKind.SHARED:
        overtake(work, permit, new)
    return new


def tell_kept(work: Work, documents: Sequence[Document]) -> None:
    """Tell people of documents that were just kept in the shared room of a review; of other rooms nobody is told."""
    for stage, kind in _TOLD.items():
        tell_of_documents(work, kind, [one for one in documents if one.stage == stage])


def find_there(
    portal: Portal, caller: Caller, document_id: UUID, version_id: UUID, target: RoomKind
) -> tuple[str, UUID | None]:
    """Find the document of the same owner that holds the same file in another room already, and is not withdrawn.

    Gives the file's SHA-256 in hexadecimal besides.

    Raises:
        NotFound: There is no such version of this document, or the actor may not know of it.

    """
    with portal.work(caller) as work:
        found = work.documents.find_version(version_id)
        version, permit = work.require(Action.VIEW_DOCUMENT, Version, found, asked=version_id)
        document = work.documents.find(document_id)
        if document is None or version.document_id != document.id:
            raise NotFound
        owner, room = document.owner, _target(work, document, target)
    sha256 = open_particulars(portal, permit, version).sha256
    with portal.work(caller) as work:
        room, permit = work.require(Action.LIST_ROOM, Room, room)
        there = _equal(work, permit, room, bytes.fromhex(sha256))
        return sha256, next((row.id for row in there if row.owner == owner), None)


def _allowed(work: Work, document_id: UUID, version_id: UUID, target: RoomKind) -> tuple[Document, Version, Permit]:
    found = work.documents.find_version(version_id)
    if found is not None and found.document_id != document_id:
        found = None
    version, permit = work.require(Action.SUBMIT_DOCUMENT, Version, found, asked=version_id, target=target)
    document = work.documents.find(version.document_id)
    if document is None:
        raise NotFound
    return document, version, permit


def _target(work: Work, document: Document, target: RoomKind) -> Room:
    record = work.file(document.review_id)
    room = record.room(target.value) if record else None
    if room is None:
        raise NotFound
    return room


def _check_not_there(work: Work, permit: Permit, document: Document, room: Room, digest: bytes) -> None:
    moves.check_not_there({row.owner for row in _equal(work, permit, room, digest)}, document.owner)


def _equal(work: Work, permit: Permit, room: Room, digest: bytes) -> list[Document]:
    """Find the documents of a room that hold the same file and are not withdrawn."""
    mark = work.portal.keyring.equality(work.session, permit, room_scope(room.review_id, room.id), digest)
    holders = {row.document_id for row in work.documents.equal(room.id, mark)}
    if not holders:
        return []
    return [row for row in work.documents.of_room(room.id) if row.id in holders and row.withdrawn_at is None]


def _new_document(work: Work, permit: Permit, document: Document, leaving: _Leaving, room: Room) -> Document:
    record = work.file(document.review_id)
    at_once = record is not None and record.review.passes_at_once
    stage = moves.arrival(RoomKind(room.kind), passes_at_once=at_once)
    new_id, scope = uuid4(), room_scope(room.review_id, room.id)
    return Document(
        id=new_id,
        review_id=room.review_id,
        room_id=room.id,
        number=work.documents.next_number(room.id),
        kind=document.kind,
        language=document.language,
        stage=stage.value,
        owner=document.owner,
        title=seal_title(work, permit, scope, new_id, leaving.title),
        tags=seal_tags(work, permit, scope, new_id, leaving.tags),
        created_by=author(work),
        created_at=work.now,
        changed_at=work.now,
        submitted_at=work.now if stage is not DocumentStage.DRAFT else None,
        circulated_at=work.now if stage is DocumentStage.CIRCULATED else None,
    )
