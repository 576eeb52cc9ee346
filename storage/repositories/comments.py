"""Comments on drafts, and what followed them, in the database."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.dialogue import Remark
from storage.reports import DraftComment
from storage.repositories.reviews import Reach, within
from storage.tables import Document, Review, Version

_ORDER = (col(DraftComment.under_id).is_not(None), col(DraftComment.said_at), col(DraftComment.id))  # comments first


class CommentRecords:
    """Comments on drafts, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def find(self, comment_id: UUID) -> DraftComment | None:
        """Find a comment of a review within reach; what followed one is none."""
        question = select(DraftComment).join(Review, col(Review.id) == col(DraftComment.review_id))
        which = col(DraftComment.id) == comment_id, col(DraftComment.under_id).is_(None)
        return self._session.scalar(question.where(*which, within(self._reach)))

    def of(self, review_id: UUID) -> Sequence[DraftComment]:
        """List all comments of a review and what followed them, in the order in which they were written."""
        question = select(DraftComment).where(col(DraftComment.review_id) == review_id)
        return self._session.scalars(question.order_by(*_ORDER)).all()

    def thread(self, comment: DraftComment) -> Sequence[DraftComment]:
        """List a comment and what followed it, in order."""
        which = or_(col(DraftComment.under_id) == comment.id, col(DraftComment.id) == comment.id)
        question = select(DraftComment).where(which)
        return self._session.scalars(question.order_by(*_ORDER)).all()

    def remarks(self, rows: Collection[DraftComment]) -> dict[UUID, Remark]:
        """Find what was written, by the id of the remark."""
        ids = [row.remark_id for row in rows if row.remark_id is not None]
        found = self._session.scalars(select(Remark).where(col(Remark.id).in_(ids)))
        return {remark.id: remark for remark in found}

    def texts(self, rows: Collection[DraftComment]) -> dict[UUID, tuple[Document, Version]]:
        """Find the versions that comments are on or are taken up in, with their documents."""
        ids = {one for row in rows for one in (row.version_id, row.taken_up_in) if one is not None}
        question = select(Document, Version).join(Version, col(Version.document_id) == col(Document.id))
        found = self._session.execute(question.where(col(Version.id).in_(ids)))
        return {version.id: (document, version) for document, version in found}

    def next_number(self, review_id: UUID) -> int:
        """Give the number of a review's next comment."""
        question = select(func.max(col(DraftComment.number))).where(col(DraftComment.review_id) == review_id)
        return (self._session.scalar(question) or 0) + 1

    def add(self, row: DraftComment) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()
