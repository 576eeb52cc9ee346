"""Schedules of reviews and what was set for their steps, in the database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.dialogue import Entry, EntryTask
from storage.planning import ReviewSchedule, ScheduleStep
from storage.reports import Manifest, Transmission
from storage.repositories.reviews import Reach, within
from storage.tables import Document, Review, Room, TranslationTask


@dataclass(frozen=True, slots=True)
class ScheduleRecord:
    """A review's schedule as it counts now, and all that was set for its steps, oldest first."""

    schedule: ReviewSchedule
    steps: tuple[ScheduleStep, ...]
    agreed_at: datetime | None = None  # when the report and its summary became final
    transmitted_at: datetime | None = None  # when the summary went out


class ScheduleRecords:
    """Schedules, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def of(self, review_ids: Collection[UUID]) -> dict[UUID, ScheduleRecord]:
        """Find the schedules of several reviews, in two questions; those without one aren't there."""
        rows: Sequence[tuple[ReviewSchedule, ScheduleStep | None]] = self._session.execute(
            select(ReviewSchedule, ScheduleStep)
            .join(Review, col(Review.id) == col(ReviewSchedule.review_id))
            .outerjoin(ScheduleStep, col(ScheduleStep.review_id) == col(ReviewSchedule.review_id))
            .where(col(ReviewSchedule.review_id).in_(review_ids), within(self._reach))
            .order_by(col(ReviewSchedule.number), col(ScheduleStep.number))
        ).all()
        newest = {schedule.review_id: schedule for schedule, _ in rows}
        final = (
            select(col(Manifest.review_id), col(Manifest.final_at), col(Transmission.transmitted_at))
            .outerjoin(Transmission, col(Transmission.manifest_id) == col(Manifest.id))
            .where(col(Manifest.review_id).in_(newest), col(Manifest.final_at).is_not(None))
        )
        agreed = {row[0]: (row[1], row[2]) for row in self._session.execute(final)}
        return {
            review: ScheduleRecord(
                schedule,
                tuple(step for of, step in rows if of.id == schedule.id and step is not None),
                *agreed.get(review, (None, None)),
            )
            for review, schedule in newest.items()
        }

    def next_number(self, table: type[ReviewSchedule] | type[ScheduleStep], review_id: UUID) -> int:
        """Give the number of a review's next change."""
        last = self._session.scalar(select(func.max(col(table.number))).where(col(table.review_id) == review_id))
        return (last or 0) + 1

    def translated(self, review_id: UUID) -> list[tuple[datetime, datetime | None]]:
        """List from when to when texts of a review's shared room were with a translator; no end: still are.

        Of questions and answers those count that were passed on: others are not for all who see the schedule.
        """
        rows = self._session.execute(
            select(col(TranslationTask.sent_at), col(TranslationTask.delivered_at), col(TranslationTask.recalled_at))
            .join(Document, col(Document.id) == col(TranslationTask.document_id))
            .join(Room, col(Room.id) == col(Document.room_id))
            .join(Review, col(Review.id) == col(TranslationTask.review_id))
            .where(col(TranslationTask.review_id) == review_id, col(Room.kind) == "shared", within(self._reach))
            .order_by(col(TranslationTask.sent_at))
        ).all()
        texts = self._session.execute(
            select(col(EntryTask.sent_at), col(EntryTask.delivered_at), col(EntryTask.recalled_at))
            .join(Entry, col(Entry.id) == col(EntryTask.entry_id))
            .join(Review, col(Review.id) == col(EntryTask.review_id))
            .where(col(EntryTask.review_id) == review_id, col(Entry.stage) == "circulated", within(self._reach))
            .order_by(col(EntryTask.sent_at))
        ).all()
        return [(sent, delivered or recalled) for sent, delivered, recalled in (*rows, *texts)]

    def add(self, row: ReviewSchedule | ScheduleStep) -> None:
        """Write a change."""
        self._session.add(row)
        self._session.flush()
