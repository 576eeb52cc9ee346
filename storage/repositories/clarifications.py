"""Clarifications, their entries, remarks and translations in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.dialogue import Attachment, Batch, Clarification, ClearanceSetting, Entry, EntryTask, Remark, Routing
from storage.repositories.reviews import Reach, within
from storage.tables import Document, Review, Version

Dialogue = Clarification | Entry | Attachment | Routing | Remark | EntryTask | Batch | ClearanceSetting
OTHERS_MOST = 100


class ClarificationRecords:
    """The dialogue of reviews, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach
        self._clears: dict[tuple[UUID, str], bool] = {}

    def find(self, clarification_id: UUID) -> Clarification | None:
        """Find a clarification of a review within reach."""
        question = select(Clarification).join(Review, col(Review.id) == col(Clarification.review_id))
        return self._session.scalar(question.where(col(Clarification.id) == clarification_id, within(self._reach)))

    def entry(self, entry_id: UUID) -> Entry | None:
        """Find an entry of a review within reach."""
        question = select(Entry).join(Review, col(Review.id) == col(Entry.review_id))
        return self._session.scalar(question.where(col(Entry.id) == entry_id, within(self._reach)))

    def clears(self, review_id: UUID, state: str) -> bool:
        """Tell whether a State's focal point clears questions in a review, asking the database once."""
        if (review_id, state) not in self._clears:
            found = self._setting(review_id, state)
            self._clears[review_id, state] = found is not None and found.clears
        return self._clears[review_id, state]

    def _setting(self, review_id: UUID, state: str) -> ClearanceSetting | None:
        return self._session.scalar(
            select(ClearanceSetting).where(
                col(ClearanceSetting.review_id) == review_id, col(ClearanceSetting.state_code) == state
            )
        )

    def set_clearance(self, review_id: UUID, state: str, by: UUID, at: datetime, *, clears: bool) -> None:
        """Write whether a State's focal point clears questions in a review."""
        row = self._setting(review_id, state)
        if row is None:
            row = ClearanceSetting(
                id=uuid4(), review_id=review_id, state_code=state, clears=clears, changed_by=by, changed_at=at
            )
            self._session.add(row)
        row.clears, row.changed_by, row.changed_at = clears, by, at
        self._session.flush()
        self._clears.clear()

    def entries(self, clarification_ids: Sequence[UUID]) -> Sequence[Entry]:
        """List the entries of clarifications, oldest first."""
        question = select(Entry).where(col(Entry.clarification_id).in_(clarification_ids))
        return self._session.scalars(question.order_by(col(Entry.created_at), col(Entry.id))).all()

    def of_reviews(self, review_ids: Sequence[UUID]) -> Sequence[Clarification]:
        """List all clarifications of reviews, drafts too: the gate decides which of them somebody sees."""
        return self._session.scalars(select(Clarification).where(col(Clarification.review_id).in_(review_ids))).all()

    def passed(self, review_id: UUID) -> Sequence[Clarification]:
        """List a review's clarifications that were passed on, by number."""
        question = select(Clarification).where(
            col(Clarification.review_id) == review_id, col(Clarification.passed_at).is_not(None)
        )
        return self._session.scalars(question.order_by(col(Clarification.number))).all()

    def circulated(self, review_id: UUID) -> Sequence[Entry]:
        """List the entries of a review that were passed on, oldest first."""
        question = select(Entry).where(col(Entry.review_id) == review_id, col(Entry.stage) == "circulated")
        return self._session.scalars(question.order_by(col(Entry.circulated_at), col(Entry.created_at))).all()

    def remarks(self, clarification_id: UUID, room_ids: Sequence[UUID]) -> Sequence[Remark]:
        """List the remarks beside a clarification in these rooms, oldest first."""
        question = select(Remark).where(
            col(Remark.clarification_id) == clarification_id, col(Remark.room_id).in_(room_ids)
        )
        return self._session.scalars(question.order_by(col(Remark.created_at), col(Remark.id))).all()

    def contacts(self, room_ids: Sequence[UUID], most: int) -> Sequence[Remark]:
        """List the newest calls, mails and meetings that were logged in these rooms."""
        question = select(Remark).where(col(Remark.room_id).in_(room_ids), col(Remark.kind) != "comment")
        return self._session.scalars(question.order_by(col(Remark.held_at).desc(), col(Remark.id)).limit(most)).all()

    def attachments(self, entry_ids: Sequence[UUID]) -> Sequence[Row[Attachment, Version, Document]]:
        """List what goes with entries, in the order in which it was added."""
        question = (
            select(Attachment, Version, Document)
            .join(Version, col(Version.id) == col(Attachment.version_id))
            .join(Document, col(Document.id) == col(Version.document_id))
            .where(col(Attachment.entry_id).in_(entry_ids), col(Attachment.removed_at).is_(None))
            .order_by(col(Attachment.added_at), col(Attachment.id))
        )
        return self._session.execute(question).all()

    def asked(self, review_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Tell in which of these reviews a question was passed on to the State under review."""
        question = select(col(Clarification.review_id)).where(
            col(Clarification.review_id).in_(review_ids), col(Clarification.passed_at).is_not(None)
        )
        return frozenset(self._session.scalars(question.distinct()))

    def routings(self, clarification_ids: Sequence[UUID]) -> Sequence[Routing]:
        """List to whom clarifications are given now, oldest first."""
        question = select(Routing).where(
            col(Routing.clarification_id).in_(clarification_ids), col(Routing.ended_at).is_(None)
        )
        return self._session.scalars(question.order_by(col(Routing.routed_at), col(Routing.id))).all()

    def drafts(self, clarification_ids: Sequence[UUID], room_ids: Sequence[UUID]) -> Sequence[Entry]:
        """List the drafts of clarifications in rooms, oldest first."""
        question = select(Entry).where(
            col(Entry.clarification_id).in_(clarification_ids),
            col(Entry.room_id).in_(room_ids),
            col(Entry.stage) == "draft",
        )
        return self._session.scalars(question.order_by(col(Entry.created_at), col(Entry.id))).all()

    def drafts_beside(self, row: Clarification) -> Sequence[Clarification]:
        """List the other questions of a review that a draft can go into, by number."""
        question = select(Clarification).where(
            col(Clarification.review_id) == row.review_id,
            col(Clarification.id) != row.id,
            col(Clarification.stage).in_(("draft", "submitted", "asked")),
        )
        return self._session.scalars(question.order_by(*in_order()).limit(OTHERS_MOST)).all()

    def merged_into(self, clarification_id: UUID) -> Sequence[Clarification]:
        """List the drafts that went into a question."""
        question = select(Clarification).where(col(Clarification.merged_into) == clarification_id)
        return self._session.scalars(question.order_by(*in_order())).all()

    def batches(self, batch_ids: Sequence[UUID]) -> dict[UUID, Batch]:
        """Find batches."""
        rows = self._session.scalars(select(Batch).where(col(Batch.id).in_(batch_ids))).all()
        return {batch.id: batch for batch in rows}

    # --- counting

    def next_draft_number(self, review_id: UUID) -> int:
        """Give the next number of a draft question in a review."""
        return self._next(col(Clarification.draft_number), col(Clarification.review_id) == review_id)

    def next_number(self, review_id: UUID) -> int:
        """Give the next number of a question that is passed on in a review."""
        return self._next(col(Clarification.number), col(Clarification.review_id) == review_id)

    def next_batch(self, review_id: UUID, owner: str) -> int:
        """Give the next number of a State's batches in a review."""
        return self._next(col(Batch.number), (col(Batch.review_id) == review_id) & (col(Batch.owner) == owner))

    def _next(self, number: Any, which: ColumnElement[bool]) -> int:
        last: int | None = self._session.scalar(select(func.max(number)).where(which))
        return (last or 0) + 1

    # --- translation

    def task(self, task_id: UUID) -> EntryTask | None:
        """Find a translation task of a review within reach."""
        question = select(EntryTask).join(Review, col(Review.id) == col(EntryTask.review_id))
        return self._session.scalar(question.where(col(EntryTask.id) == task_id, within(self._reach)))

    def tasks_of(self, person_id: UUID) -> Sequence[EntryTask]:
        """List what a translator was sent and has neither delivered nor lost, oldest first."""
        question = select(EntryTask).where(
            col(EntryTask.person_id) == person_id,
            col(EntryTask.delivered_at).is_(None),
            col(EntryTask.recalled_at).is_(None),
        )
        return self._session.scalars(question.order_by(col(EntryTask.sent_at))).all()

    def tasks_for(self, entry_ids: Sequence[UUID]) -> Sequence[EntryTask]:
        """List the translation tasks of entries, oldest first."""
        question = select(EntryTask).where(col(EntryTask.entry_id).in_(entry_ids))
        return self._session.scalars(question.order_by(col(EntryTask.sent_at))).all()

    def open_tasks(self, review_id: UUID) -> Sequence[Row[EntryTask, Entry]]:
        """List what of a review's dialogue is with translators, with the entries sent."""
        question = (
            select(EntryTask, Entry)
            .join(Entry, col(Entry.id) == col(EntryTask.entry_id))
            .where(
                col(EntryTask.review_id) == review_id,
                col(EntryTask.delivered_at).is_(None),
                col(EntryTask.recalled_at).is_(None),
            )
        )
        return self._session.execute(question.order_by(col(EntryTask.sent_at))).all()

    # --- writing

    def add(self, row: Dialogue) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()


class TrailedDialogue:
    """What of the dialogue the events of a trail speak of; the log's own readers see whole streams."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entries(self, room_ids: Sequence[UUID], entry_ids: Sequence[UUID]) -> Sequence[Entry]:
        """Find entries that lie in these rooms."""
        question = select(Entry).where(col(Entry.id).in_(entry_ids), col(Entry.room_id).in_(room_ids))
        return self._session.scalars(question).all() if entry_ids else []

    def clarifications(self, clarification_ids: Sequence[UUID]) -> Sequence[Clarification]:
        """Find clarifications."""
        question = select(Clarification).where(col(Clarification.id).in_(clarification_ids))
        return self._session.scalars(question).all() if clarification_ids else []


def in_order() -> tuple[ColumnElement[Any], ...]:
    """Order by number; those without one come last, by the number of their draft."""
    number = col(Clarification.number)
    return case((number.is_(None), 1), else_=0), number.asc(), col(Clarification.draft_number).asc()
