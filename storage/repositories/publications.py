"""Publications, who opened and confirmed them, and what is public, in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.publications import Consent, Opening, Publication, PublicFile
from storage.repositories.reviews import Reach, within
from storage.tables import Cycle, Document, Person, Review

Mark = tuple[int, int, int]  # how many are public or were, have no proof yet, were withdrawn


class PublicationRecords:
    """Publications, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def find(self, publication_id: UUID) -> Publication | None:
        """Find a publication of a review within reach."""
        question = select(Publication).join(Review, col(Review.id) == col(Publication.review_id))
        return self._session.scalar(question.where(col(Publication.id) == publication_id, within(self._reach)))

    def of(self, review_id: UUID) -> Sequence[Publication]:
        """List the publications of a review, newest first."""
        question = select(Publication).where(col(Publication.review_id) == review_id)
        return self._session.scalars(question.order_by(col(Publication.prepared_at).desc(), col(Publication.id))).all()

    def prepared(self, review_ids: Collection[UUID]) -> Sequence[Publication]:
        """List those of these reviews that were prepared and neither confirmed nor called off, oldest first."""
        question = select(Publication).where(
            col(Publication.review_id).in_(review_ids),
            col(Publication.confirmed_at).is_(None),
            col(Publication.cancelled_at).is_(None),
        )
        return self._session.scalars(question.order_by(col(Publication.prepared_at), col(Publication.id))).all()

    def words(self, publication_id: UUID) -> list[tuple[Consent, str]]:
        """List who confirmed a publication, in order, each with their State."""
        question = select(Consent, col(Person.state_code)).join(Person, col(Person.id) == col(Consent.person_id))
        found = self._session.execute(
            question.where(col(Consent.publication_id) == publication_id).order_by(
                col(Consent.given_at), col(Consent.id)
            )
        )
        return [(consent, state or "") for consent, state in found]

    def document(self, document_id: UUID) -> Document:
        """Give the document of a publication."""
        return self._session.get_one(Document, document_id)

    def openings(self, publication_id: UUID) -> Sequence[Opening]:
        """List who opened the file of a publication."""
        return self._session.scalars(select(Opening).where(col(Opening.publication_id) == publication_id)).all()

    def due(self, now: datetime) -> Sequence[UUID]:
        """Name the publications that are to become public now."""
        question = select(col(Publication.id)).where(
            col(Publication.due_at) <= now,
            col(Publication.published_at).is_(None),
            col(Publication.cancelled_at).is_(None),
        )
        return self._session.scalars(question.order_by(col(Publication.due_at))).all()

    def add(self, row: Publication | Consent | Opening | PublicFile) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()

    def public(self, publication_id: UUID) -> PublicFile | None:
        """Find what everybody may read of a publication."""
        return self._session.get(PublicFile, publication_id)

    def is_translation(self, document_id: UUID) -> bool:
        """Tell whether a document is a language version of another."""
        found = self._session.scalar(select(col(Document.translates_id)).where(col(Document.id) == document_id))
        return found is not None

    def cycle_of(self, review_id: UUID) -> str:
        """Name the cycle of a review."""
        question = select(col(Cycle.name)).join(Review, col(Review.cycle_id) == col(Cycle.id))
        return self._session.scalars(question.where(col(Review.id) == review_id)).one()


class PublicRecords:
    """What everybody may read; these rows are read for anybody, and no others with them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> Sequence[PublicFile]:
        """List what is public or was, newest first."""
        question = select(PublicFile).order_by(col(PublicFile.published_at).desc(), col(PublicFile.id))
        return self._session.scalars(question).all()

    def mark(self) -> Mark:
        """Tell by three counts whether anything changed: rows come, get their proof and are withdrawn, each once."""
        counts = [select(func.count()).select_from(PublicFile)]
        counts += [
            counts[0].where(which)
            for which in (col(PublicFile.proof).is_(None), col(PublicFile.withdrawn_at).is_not(None))
        ]
        row = self._session.execute(select(*(one.scalar_subquery() for one in counts))).one()
        return (row[0], row[1], row[2])

    def of(self, ids: Collection[UUID]) -> frozenset[UUID]:
        """Tell which of these are public."""
        return frozenset(self._session.scalars(select(col(PublicFile.id)).where(col(PublicFile.id).in_(ids))))

    def unproven(self) -> Sequence[PublicFile]:
        """List what has no proof of its entry yet."""
        return self._session.scalars(select(PublicFile).where(col(PublicFile.proof).is_(None))).all()
