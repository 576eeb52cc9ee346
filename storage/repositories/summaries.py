"""Executive summaries that were confirmed and transmitted, in the database; they are no State's file any more."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.publications import HeldBack, PublicFile
from storage.reports import Manifest, SummaryLanguage, Transmission
from storage.tables import Document, Review, Version


class SummaryRecords:
    """Summaries, seen through one transaction: whoever asks is asked about by the gate."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, summary_id: UUID) -> tuple[SummaryLanguage, Transmission | None] | None:
        """Find a language of a summary, and when it was transmitted, if it was and nothing took its place."""
        question = select(SummaryLanguage, Transmission).outerjoin(
            Transmission, col(Transmission.manifest_id) == col(SummaryLanguage.manifest_id)
        )
        which = col(SummaryLanguage.id) == summary_id, col(SummaryLanguage.ended_at).is_(None)
        found = self._session.execute(question.where(*which)).first()
        return (found[0], found[1]) if found else None

    def languages(self, manifest_id: UUID) -> Sequence[SummaryLanguage]:
        """List the languages of a summary that are confirmed."""
        question = select(SummaryLanguage).where(
            col(SummaryLanguage.manifest_id) == manifest_id, col(SummaryLanguage.ended_at).is_(None)
        )
        return self._session.scalars(question.order_by(col(SummaryLanguage.language))).all()

    def candidates(self, manifest: Manifest) -> Sequence[tuple[Document, Version]]:
        """List the summary and its language versions that are circulated, newest first, each in its newest version."""
        question = select(Document, Version).join(Version, col(Version.document_id) == col(Document.id))
        bound = (col(Document.translates_id) == manifest.summary_version_id) | (
            col(Version.id) == manifest.summary_version_id
        )
        which = bound, col(Document.stage) == "circulated", col(Document.withdrawn_at).is_(None)
        rows = self._session.execute(question.where(*which).order_by(col(Document.number).desc(), col(Version.number)))
        newest: dict[UUID, tuple[Document, Version]] = {row[0].id: (row[0], row[1]) for row in rows}
        return list(newest.values())

    def transmission(self, review_id: UUID) -> Transmission | None:
        """Find that a review's summary was transmitted."""
        return self._session.scalar(select(Transmission).where(col(Transmission.review_id) == review_id))

    def transmitted(self, review_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """Tell when the summaries of these reviews were transmitted; of others they weren't."""
        question = select(col(Transmission.review_id), col(Transmission.transmitted_at))
        rows = self._session.execute(question.where(col(Transmission.review_id).in_(review_ids)))
        return {row[0]: row[1] for row in rows}

    def public(self, manifest_id: UUID) -> dict[str, PublicFile]:
        """Tell in which languages everybody may read a summary."""
        question = select(SummaryLanguage, PublicFile).join(PublicFile, col(PublicFile.id) == col(SummaryLanguage.id))
        rows = self._session.execute(question.where(col(SummaryLanguage.manifest_id) == manifest_id))
        return {row[0].language: row[1] for row in rows}

    def to_publish(self, until: datetime) -> Sequence[tuple[UUID, HeldBack | None]]:
        """Name what was confirmed and transmitted until then and isn't public, in order, with what held it back."""
        question = (
            select(col(SummaryLanguage.id), HeldBack)
            .join(Transmission, col(Transmission.manifest_id) == col(SummaryLanguage.manifest_id))
            .outerjoin(PublicFile, col(PublicFile.id) == col(SummaryLanguage.id))
            .outerjoin(HeldBack, col(HeldBack.id) == col(SummaryLanguage.id))
            .where(
                col(Transmission.transmitted_at) <= until,
                col(SummaryLanguage.confirmed_at) <= until,
                col(SummaryLanguage.ended_at).is_(None),
                col(PublicFile.id).is_(None),
            )
        )
        rows = self._session.execute(question.order_by(col(Transmission.transmitted_at), col(SummaryLanguage.language)))
        return [(row[0], row[1]) for row in rows]

    def held_back(self, manifest_id: UUID) -> dict[str, HeldBack]:
        """Tell what of a summary could not be made anew yet, by language."""
        question = select(SummaryLanguage, HeldBack).join(HeldBack, col(HeldBack.id) == col(SummaryLanguage.id))
        which = col(SummaryLanguage.manifest_id) == manifest_id, col(SummaryLanguage.ended_at).is_(None)
        return {row[0].language: row[1] for row in self._session.execute(question.where(*which))}

    def hold_back(self, summary_id: UUID, why: str, at: datetime) -> bool:
        """Note that something could not be made anew; tells whether it is the first time for this reason."""
        found = self._session.get(HeldBack, summary_id)
        first = found is None or found.why != why
        if found is None:
            self._session.add(HeldBack(id=summary_id, why=why, tries=1, tried_at=at))
        else:
            found.why, found.tries, found.tried_at = why, found.tries + 1, at
        self._session.flush()
        return first

    def all(self) -> Sequence[tuple[Transmission, Review, SummaryLanguage]]:
        """List every language of every summary that was transmitted, newest transmission first."""
        question = (
            select(Transmission, Review, SummaryLanguage)
            .join(Review, col(Review.id) == col(Transmission.review_id))
            .join(SummaryLanguage, col(SummaryLanguage.manifest_id) == col(Transmission.manifest_id))
            .where(col(SummaryLanguage.ended_at).is_(None))
            .order_by(col(Transmission.transmitted_at).desc(), col(SummaryLanguage.language))
        )
        return [(row[0], row[1], row[2]) for row in self._session.execute(question)]

    def add(self, row: SummaryLanguage | Transmission) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()

    def unpublished(self, document_id: UUID) -> Sequence[SummaryLanguage]:
        """List what is confirmed of a document's versions, and isn't public."""
        question = select(SummaryLanguage).join(Version, col(Version.id) == col(SummaryLanguage.version_id))
        question = question.outerjoin(PublicFile, col(PublicFile.id) == col(SummaryLanguage.id))
        which = col(SummaryLanguage.ended_at).is_(None), col(PublicFile.id).is_(None)
        return self._session.scalars(question.where(col(Version.document_id) == document_id, *which)).all()

    def end(self, row: SummaryLanguage, at: datetime) -> None:
        """End what another one takes the place of; written at once."""
        row.ended_at = at
        self._session.flush()
