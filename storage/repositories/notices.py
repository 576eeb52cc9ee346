"""Notices in the database: written with the act, listed for a person, taken by the worker that sends mail."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.notices import Notice, NoticeSetting
from storage.repositories.people import running
from storage.repositories.reviews import Reach, within
from storage.tables import Appointment, Document, Event, Person, Review, Room, Stream, TranslationTask


@dataclass(frozen=True, slots=True)
class Unsent:
    """What waits for the mail: how many notices, since when the oldest is due, what went wrong last."""

    notices: int
    since: datetime | None
    failure: str


class NoticeRecords:
    """Notices, seen through one transaction; what they are about, within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def add(self, rows: Collection[Notice]) -> None:
        """Write new notices."""
        self._session.add_all(rows)
        self._session.flush()

    # --- how often

    def often(self, person_ids: Collection[UUID]) -> dict[UUID, str]:
        """Tell how often these people want mail; who never said so is missing."""
        question = select(NoticeSetting).where(col(NoticeSetting.person_id).in_(person_ids))
        return {row.person_id: row.often for row in self._session.scalars(question)}

    def set_often(self, person_id: UUID, often: str) -> None:
        """Keep how often somebody wants mail."""
        self._session.merge(NoticeSetting(person_id=person_id, often=often))
        self._session.flush()

    def waiting_for(self, person_id: UUID) -> Sequence[Notice]:
        """List a person's notices that wait for the mail."""
        return self._session.scalars(
            select(Notice).where(col(Notice.person_id) == person_id, col(Notice.due_at).is_not(None))
        ).all()

    # --- in the portal

    def one(self, person_id: UUID, notice_id: UUID) -> Notice | None:
        """Find a notice of a person."""
        return self._session.scalar(
            select(Notice).where(col(Notice.id) == notice_id, col(Notice.person_id) == person_id)
        )

    def of_person(self, person_id: UUID, before: Notice | None, at: datetime, most: int) -> Sequence[Notice]:
        """List a person's newest notices, or those older than one; what is to be told later than now is not there."""
        question = select(Notice).where(col(Notice.person_id) == person_id, col(Notice.made_at) <= at)
        if before is not None:
            question = question.where(_older(before))
        return self._session.scalars(question.order_by(col(Notice.made_at).desc(), col(Notice.id)).limit(most)).all()

    def unseen(self, person_id: UUID, newest: Notice) -> Sequence[Notice]:
        """List the notices that a person hasn't seen, up to one."""
        question = select(Notice).where(col(Notice.person_id) == person_id, col(Notice.seen_at).is_(None))
        return self._session.scalars(question.where(or_(col(Notice.id) == newest.id, _older(newest)))).all()

    # --- what they are about, and for whom

    def documents(self, ids: Collection[UUID]) -> Mapping[UUID, Document]:
        """Find documents of reviews within reach."""
        question = select(Document).join(Review, col(Review.id) == col(Document.review_id))
        rows = self._session.scalars(question.where(col(Document.id).in_(ids), within(self._reach)))
        return {row.id: row for row in rows}

    def opened(
        self, views: Collection[int], streams: Collection[int], since: datetime, until: datetime, told: str
    ) -> Sequence[UUID]:
        """Find files in which, as far as the State under review sees them, something was opened from a time to a time.

        Args:
            views: The kinds of events that open something at once.
            streams: The kinds of those that begin to send something.
            since: From when.
            until: Until when; notices of it bear this time.
            told: The kind of these notices: what somebody was told of already is left out.

        """
        event, room, stream = col(Event.kind), col(Room.kind), col(Stream.id)
        done = or_(
            and_(event.in_(views), col(Event.phase) == "act"), and_(event.in_(streams), col(Event.phase) == "intent")
        )
        of_it = select(col(Event.id)).where(col(Event.stream_id) == stream, done)
        opened = of_it.where(col(Event.at) >= since, col(Event.at) < until).exists()
        notices = select(col(Notice.review_id)).where(col(Notice.kind) == told, col(Notice.made_at) == until)
        own = and_(room == "national", col(Room.state_code) == col(Review.state_code))
        question = select(col(Review.id)).join(Stream, col(Stream.review_id) == col(Review.id))
        question = question.outerjoin(Room, col(Room.id) == col(Stream.room_id)).distinct()
        question = question.where(or_(col(Stream.room_id).is_(None), room == "shared", own), opened)
        return self._session.scalars(
            question.where(col(Review.id).not_in(notices), within(self._reach)).order_by(col(Review.id))
        ).all()

    def open_tasks(self, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Tell who still translates: the people by those of these tasks that are open, of texts not withdrawn."""
        question = select(col(TranslationTask.id), col(TranslationTask.person_id)).join(
            Document,
            and_(
                col(Document.review_id) == col(TranslationTask.review_id),
                col(Document.id) == col(TranslationTask.document_id),
            ),
        )
        question = question.where(col(TranslationTask.id).in_(ids), *_open_task(), col(Document.withdrawn_at).is_(None))
        return {row[0]: row[1] for row in self._session.execute(question)}

    def translators(self, review_id: UUID, at: datetime) -> Sequence[tuple[Appointment, Person]]:
        """Find the translators with whom something of a review is."""
        sent = select(col(TranslationTask.person_id)).where(col(TranslationTask.review_id) == review_id, *_open_task())
        question = select(Appointment, Person).join(Person, col(Person.id) == col(Appointment.person_id))
        question = question.where(
            running(Appointment, at), col(Appointment.role) == "translator", col(Appointment.person_id).in_(sent)
        )
        return [(row[0], row[1]) for row in self._session.execute(question)]

    def held(self, person_ids: Collection[UUID], at: datetime) -> dict[UUID, list[Appointment]]:
        """Find the appointments that several people hold at a moment, oldest first."""
        question = select(Appointment).where(col(Appointment.person_id).in_(person_ids), running(Appointment, at))
        found: dict[UUID, list[Appointment]] = {person: [] for person in person_ids}
        for row in self._session.scalars(question.order_by(col(Appointment.starts_at), col(Appointment.id))):
            found[row.person_id].append(row)
        return found

    # --- by mail

    def due(self, at: datetime, most: int) -> Sequence[UUID]:
        """List people for whom a mail is due that nobody is sending, those who wait longest first."""
        free = or_(col(Notice.next_try_at).is_(None), col(Notice.next_try_at) <= at)
        question = select(col(Notice.person_id)).where(col(Notice.due_at) <= at, free, _unclaimed(at))
        question = question.group_by(col(Notice.person_id)).order_by(func.min(col(Notice.due_at)))
        return self._session.scalars(question.limit(most)).all()

    def due_for(self, person_id: UUID, at: datetime) -> Sequence[Notice]:
        """List all that is due for a person, what failed before and waits to be tried again too."""
        return self._session.scalars(
            select(Notice).where(col(Notice.person_id) == person_id, col(Notice.due_at) <= at, _unclaimed(at))
        ).all()

    def claimed(self, ids: Collection[UUID]) -> Sequence[Notice]:
        """Find notices that a worker took, those of them that nobody mailed meanwhile."""
        return self._session.scalars(
            select(Notice).where(col(Notice.id).in_(ids), col(Notice.mailed_at).is_(None))
        ).all()

    def waiting(self, at: datetime) -> Unsent:
        """Tell an administrator what is due and waits: counts and times, nobody's address."""
        here = col(Notice.due_at) <= at
        row = self._session.execute(select(func.count(), func.min(col(Notice.due_at))).where(here)).one()
        last = select(col(Notice.failure)).where(here, col(Notice.failure) != "")
        failure = self._session.scalar(last.order_by(col(Notice.next_try_at).desc()).limit(1))
        return Unsent(int(row[0]), row[1], failure or "")


def _older(one: Notice) -> ColumnElement[bool]:
    """Narrow to what a list has after one."""
    same = and_(col(Notice.made_at) == one.made_at, col(Notice.id) > one.id)
    return or_(col(Notice.made_at) < one.made_at, same)


def _unclaimed(at: datetime) -> ColumnElement[bool]:
    return or_(col(Notice.claimed_until).is_(None), col(Notice.claimed_until) <= at)


def _open_task() -> tuple[ColumnElement[bool], ...]:
    return col(TranslationTask.delivered_at).is_(None), col(TranslationTask.recalled_at).is_(None)
