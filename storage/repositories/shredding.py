"""Versions whose key was destroyed, and what else holds what was in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.backups import Backup
from storage.publications import Publication
from storage.reports import SummaryLanguage
from storage.shredding import Shredding
from storage.tables import Document, Review, Room, Version


@dataclass(frozen=True, slots=True)
class Beside:
    """What has a key of its own and holds the same, or something made of it: ids.

    Attributes:
        equal: Versions of the same room with the same content.
        translations: Documents that translate this version.
        made: Public files that were made of it, planned or published, and summaries that were.

    """

    equal: tuple[UUID, ...]
    translations: tuple[UUID, ...]
    made: tuple[UUID, ...]


class ShreddingRecords:
    """Destroyed versions, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, version: UUID) -> Row[Version, Document, Room, Review] | None:
        """Find a version with where it lies."""
        question = (
            select(Version, Document, Room, Review)
            .join(Document, col(Document.id) == col(Version.document_id))
            .join(Room, col(Room.id) == col(Version.room_id))
            .join(Review, col(Review.id) == col(Version.review_id))
        )
        return self._session.execute(question.where(col(Version.id) == version)).one_or_none()

    def when(self, version: UUID) -> Shredding | None:
        """Find that a version's key was destroyed."""
        return self._session.get(Shredding, version)

    def all(self) -> Sequence[Shredding]:
        """List all of them, oldest first."""
        return self._session.scalars(select(Shredding).order_by(col(Shredding.shredded_at), col(Shredding.id))).all()

    def destroy(self, version: Version, row: Shredding) -> None:
        """Destroy a version's key: the row that says so first, without which the database refuses it."""
        self._session.add(row)
        self._session.flush()
        version.wrapped_key = b""
        self._session.flush()

    def beside(self, version: Version) -> Beside:
        """Find what else holds the same, as far as it can be told without opening anything."""
        equal = select(col(Version.id)).where(
            col(Version.room_id) == version.room_id,
            col(Version.equal) == version.equal,
            col(Version.id) != version.id,
            func.length(col(Version.wrapped_key)) > 0,
        )
        translations = select(col(Document.id)).where(col(Document.translates_id) == version.id)
        planned = select(col(Publication.id)).where(col(Publication.version_id) == version.id)
        summaries = select(col(SummaryLanguage.id)).where(col(SummaryLanguage.version_id) == version.id)
        made = (*self._session.scalars(planned), *self._session.scalars(summaries))
        return Beside(tuple(self._session.scalars(equal)), tuple(self._session.scalars(translations)), made)

    def backups(self) -> Sequence[Backup]:
        """List the backups that aren't known to be gone, oldest first."""
        question = select(Backup).where(col(Backup.gone_at).is_(None))
        return self._session.scalars(question.order_by(col(Backup.made_at))).all()
