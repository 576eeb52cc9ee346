"""What became of a document's versions in other rooms of its file, for whoever sees both."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.domain.documents import DocumentStage
from portal.domain.reviews import RoomKind
from portal.work import Work
from storage.tables import Document, Room


@dataclass(frozen=True, slots=True)
class Sent:
    """What a version became in another room."""

    version: int  # its number
    document: UUID  # there
    number: int
    room: RoomKind
    state: str | None  # whose national room it is
    stage: DocumentStage
    at: datetime


def sent_on(
    work: Work, rooms: Sequence[Room], room_id: UUID, document_id: UUID | None = None
) -> Mapping[UUID, tuple[Sent, ...]]:
    """Tell by document what became of the versions of a room's documents, or of one of them, as the reader may see it.

    Args:
        work: The transaction of the look.
        rooms: All rooms of the file.
        room_id: Where the versions lie.
        document_id: Of which document; None: of all.
    """
    rows = work.documents.became(room_id, document_id)
    seen = {row.id for row in visible(work, Action.VIEW_DOCUMENT, [there for _, there in rows])}
    by_id = {room.id: room for room in rooms}
    found = defaultdict[UUID, list[Sent]](list)
    for version, there in rows:
        if there.id in seen:
            room = by_id[there.room_id]
            sent = Sent(
                version.number,
                there.id,
                there.number,
                RoomKind(room.kind),
                room.state_code,
                DocumentStage(there.stage),
                there.created_at,
            )
            found[version.document_id].append(sent)
    return {document: tuple(several) for document, several in found.items()}


def stands(stage: DocumentStage, newest: int, sent: Sequence[Sent]) -> DocumentStage:
    """Tell how far a document has come: its own stage, or the furthest of what its newest version became elsewhere."""
    there = [one.stage for one in sent if one.version == newest]
    return max([stage, *there], key=list(DocumentStage).index)


def visible(work: Work, action: Action, documents: Sequence[Document]) -> list[Document]:
    """Choose the documents of one file on which an act is allowed; one of each sort is asked about (`alike`)."""
    sorts = {_sort(document): document for document in documents}
    allowed = {_sort(document) for document in work.allowed(action, Document, list(sorts.values()))} if sorts else set()
    return [document for document in documents if _sort(document) in allowed]


def _sort(document: Document) -> tuple[UUID, str, str, bool]:
    return document.room_id, document.stage, document.owner, document.withdrawn_at is not None
