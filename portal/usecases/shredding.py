"""One version of a document is destroyed for good: the key that its content is sealed under goes, and its row stays.

1. A version's key lies wrapped in its row, under the room's key, and in no other place but copies of the database. No
   holder has a copy of it: neither the key provider nor the recovery key opens a version without that row.
2. The key goes in one transaction with its event, in the trail of the room: whatever is killed, it is done or it isn't.
   The permit of the event opens nothing.
3. Whoever may open the document is told; of which one by the list of notices, by mail that there was one.
4. The object goes right after; if the store is away, the sweeper takes it.
5. A version counts as shredded once no backup is kept that was begun before: in each of those its key may still lie.
   What the portal doesn't know of, copies made by hand, is not counted.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.domain.notices import NoticeKind
from portal.errors import Conflict, Invalid
from portal.usecases.notices import tell_of_documents
from portal.usecases.operators import OPERATOR
from portal.work import Portal
from storage.backups import Backup
from storage.database import Session
from storage.errors import StorageError
from storage.repositories.shredding import Beside, ShreddingRecords
from storage.shredding import Shredding
from storage.tables import Document, Version

ABSENT: Final = "no version of a document has this id"
GONE: Final = "the key of this version was destroyed before: portal keys shredded"


@dataclass(frozen=True, slots=True)
class Holding:
    """A backup that is kept and may hold the key of a version."""

    number: int
    made: datetime


@dataclass(frozen=True, slots=True)
class Doomed:
    """A version that would be destroyed, by what lies in the clear: no title, no name of a file."""

    version: UUID
    number: int
    document: UUID
    document_number: int
    review: UUID
    state: str  # under review
    room: str  # its kind
    size: int
    created: datetime
    beside: Beside
    holding: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Shredded:
    """A version whose key was destroyed.

    Attributes:
        at: When.
        holding: The backups that are kept and may hold its key; while there are any, it doesn't count as shredded.

    """

    version: UUID
    document: UUID
    number: int
    at: datetime
    holding: tuple[Holding, ...]


def look_at_version(portal: Portal, version_id: UUID) -> Doomed:
    """Tell what the destruction of a version would take, and who would hold its key still; opens and changes nothing.

    Raises:
        Invalid: There is no such version.
        Conflict: Its key was destroyed before.

    """
    with portal.database.read() as session:
        records = ShreddingRecords(session)
        found = records.find(version_id)
        if found is None:
            raise Invalid(ABSENT)
        version, document, room, review = found
        if records.when(version.id) is not None:
            raise Conflict(GONE)
        return Doomed(
            version=version.id,
            number=version.number,
            document=document.id,
            document_number=document.number,
            review=review.id,
            state=review.state_code,
            room=room.kind,
            size=version.size,
            created=version.created_at,
            beside=records.beside(version),
            holding=_holding(records.backups(), portal.clock()),
        )


def shred_version(portal: Portal, version_id: UUID) -> bool:
    """Destroy the key of a version, then its object; gives whether what lay beside the database went at once, too.

    Raises:
        Invalid: There is no such version.
        Conflict: Its key was destroyed before.

    """
    with portal.work(OPERATOR) as work:
        found = work.documents.find_version(version_id)
        if found is None:
            raise Invalid(ABSENT)
        version, permit = work.require(Action.SHRED_VERSION, Version, found, asked=version_id)
        records = ShreddingRecords(work.session)
        if records.when(version.id) is not None:
            raise Conflict(GONE)
        work.note(permit, backups=len(_holding(records.backups(), work.now)))
        row = Shredding(id=version.id, review_id=version.review_id, shredded_at=work.now)
        records.destroy(version, row)
        tell_of_documents(work, NoticeKind.VERSION_DESTROYED, [work.session.get_one(Document, version.document_id)])
    with suppress(StorageError):  # the sweeper takes what no record names any more
        portal.objects.delete(version.object_name)
    return portal.database.forget_former()


def list_shredded(portal: Portal) -> tuple[Shredded, ...]:
    """List the versions whose key was destroyed, oldest first, each with the backups that may hold it still."""
    with portal.database.read() as session:
        records = ShreddingRecords(session)
        kept = records.backups()
        return tuple(_shredded(session, row, kept) for row in records.all())


def _shredded(session: Session, row: Shredding, kept: Sequence[Backup]) -> Shredded:
    version = session.get_one(Version, row.id)
    return Shredded(row.id, version.document_id, version.number, row.shredded_at, _holding(kept, row.shredded_at))


def _holding(kept: Sequence[Backup], until: datetime) -> tuple[Holding, ...]:
    """Choose the backups that were begun before: each copies the database as it is later than that."""
    return tuple(Holding(one.number, one.made_at) for one in kept if one.made_at <= until)
