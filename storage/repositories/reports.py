"""Manifests and what States said to them, in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.reports import Agreement, Manifest
from storage.repositories.reviews import Reach, within
from storage.tables import Document, Review, Version


class ReportRecords:
    """The agreement on reports, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def find(self, manifest_id: UUID) -> Manifest | None:
        """Find a manifest of a review within reach."""
        question = select(Manifest).join(Review, col(Review.id) == col(Manifest.review_id))
        return self._session.scalar(question.where(col(Manifest.id) == manifest_id, within(self._reach)))

    def of(self, review_id: UUID) -> Sequence[Manifest]:
        """List all manifests of a review, newest first."""
        question = select(Manifest).where(col(Manifest.review_id) == review_id)
        return self._session.scalars(question.order_by(col(Manifest.number).desc())).all()

    def running(self, review_id: UUID) -> Manifest | None:
        """Find the manifest of a review that can still be agreed to."""
        open_ = col(Manifest.ended_at).is_(None), col(Manifest.final_at).is_(None)
        return self._session.scalar(select(Manifest).where(col(Manifest.review_id) == review_id, *open_))

    def answers(self, manifests: Collection[UUID]) -> Sequence[Agreement]:
        """List what States said to these manifests, in the order in which they said it."""
        question = select(Agreement).where(col(Agreement.manifest_id).in_(manifests))
        return self._session.scalars(question.order_by(col(Agreement.said_at), col(Agreement.id))).all()

    def texts(self, rows: Sequence[Manifest]) -> dict[UUID, tuple[Document, Version]]:
        """Find the versions that manifests name, with their documents."""
        ids = {one for row in rows for one in (row.report_version_id, row.summary_version_id)}
        question = select(Document, Version).join(Version, col(Version.document_id) == col(Document.id))
        found = self._session.execute(question.where(col(Version.id).in_(ids)))
        return {version.id: (document, version) for document, version in found}

    def last_number(self, review_id: UUID) -> int:
        """Give the number of a review's newest manifest; 0: there is none."""
        question = select(func.max(col(Manifest.number))).where(col(Manifest.review_id) == review_id)
        return self._session.scalar(question) or 0

    def end(self, row: Manifest, by: UUID | None, at: datetime, why: str) -> None:
        """End a manifest; written at once, so that another one can follow in the same transaction."""
        row.ended_at, row.ended_by, row.ended_why = at, by, why
        self._session.flush()

    def add(self, row: Manifest | Agreement) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()
