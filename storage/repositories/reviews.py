"""Reviews, their parties and rooms in the database."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, select, union, update
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.dialogue import EntryTask
from storage.reports import Agreement, Manifest
from storage.repositories.people import running
from storage.tables import (
    Appointment,
    Assignment,
    Cycle,
    Person,
    Review,
    ReviewParty,
    Room,
    TranslationTask,
    Visit,
)

NO_REVIEW = UUID(int=0)  # asked for in place of one that isn't there, so that both take as long


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose files a question may find at all: the gate decides within this, SQL never beyond it."""

    person: UUID | None
    state: str | None = None
    everything: bool = False  # the registrar's register, the portal's machines: records, never contents


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A review with its rooms and all its parties, those too that have left it."""

    review: Review
    parties: tuple[ReviewParty, ...]
    rooms: tuple[Room, ...]
    manifest: Manifest | None = None  # what there is to agree on, or was agreed on
    answers: tuple[Agreement, ...] = ()  # what States said to it

    @property
    def final(self) -> Manifest | None:
        """Give what the parties agreed on, if they did: the versions that it names are the final ones (ToR 33)."""
        return self.manifest if self.manifest and self.manifest.final_at else None

    @property
    def reviewing(self) -> tuple[str, ...]:
        """Give the codes of the reviewing States of today, in alphabetical order."""
        return tuple(sorted(p.state_code for p in self.parties if p.part == "reviewing" and p.until is None))

    def room(self, kind: str, state: str | None = None) -> Room | None:
        """Find one of the rooms."""
        return next((room for room in self.rooms if room.kind == kind and room.state_code == state), None)


class ReviewRecords:
    """Reviews, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach
        self._known: dict[UUID, ReviewRecord | None] = {}

    def known(self, review_id: UUID) -> ReviewRecord | None:
        """Find a review within reach, asking the database once."""
        if review_id not in self._known:
            self._known[review_id] = self.find(review_id)
        return self._known[review_id]

    def find(self, review_id: UUID) -> ReviewRecord | None:
        """Find a review within reach, with its parties, rooms and manifest: always two questions, found or not."""
        return self._record(col(Review.id) == review_id)

    def of_room(self, room_id: UUID) -> ReviewRecord | None:
        """Find the review that a room belongs to, within reach: always two questions, found or not."""
        return self._record(
            col(Review.id) == select(col(Room.review_id)).where(col(Room.id) == room_id).scalar_subquery()
        )

    def _record(self, which: ColumnElement[bool]) -> ReviewRecord | None:
        question = select(Review, Room).join(Room, col(Room.review_id) == col(Review.id))
        found = self._session.execute(question.where(which, within(self._reach))).all()
        review_id = found[0][0].id if found else NO_REVIEW
        parties, manifests, answers = self._agreeing([review_id])
        if not found:
            self._known[NO_REVIEW] = None  # asked for next, and like one that is there not once more
            return None
        rooms = tuple(room for _, room in found)
        record = ReviewRecord(found[0][0], tuple(parties), rooms, next(iter(manifests), None), tuple(answers))
        self._known[review_id] = record
        return record

    def _agreeing(self, ids: Sequence[UUID]) -> tuple[Iterable[ReviewParty], Iterable[Manifest], Iterable[Agreement]]:
        """Find the parties, the manifests that are open or final, and the answers to these: one question."""
        open_ = col(Manifest.review_id) == col(ReviewParty.review_id), col(Manifest.ended_at).is_(None)
        question = select(ReviewParty, Manifest, Agreement).outerjoin(Manifest, and_(*open_))
        question = question.outerjoin(Agreement, col(Agreement.manifest_id) == col(Manifest.id))
        of_these = question.where(col(ReviewParty.review_id).in_(ids)).order_by(col(Agreement.said_at))
        rows: Sequence[tuple[ReviewParty, Manifest | None, Agreement | None]] = self._session.execute(of_these).all()
        parties = {row.id: row for row, _, _ in rows}
        manifests = {row.id: row for _, row, _ in rows if row}
        answers = {row.id: row for *_, row in rows if row}
        return parties.values(), manifests.values(), answers.values()

    def all(self) -> Sequence[ReviewRecord]:
        """List the reviews within reach, newest first."""
        return self._records(within(self._reach))

    def those(self, review_ids: Collection[UUID]) -> dict[UUID, ReviewRecord]:
        """Find reviews within reach by their ids: always three questions, however many there are."""
        found = self._records(and_(col(Review.id).in_(review_ids), within(self._reach)))
        return {record.review.id: record for record in found}

    def _records(self, which: ColumnElement[bool]) -> Sequence[ReviewRecord]:
        reviews = self._session.scalars(
            select(Review).where(which).order_by(col(Review.opened_at).desc(), col(Review.id))
        ).all()
        ids = [review.id for review in reviews]
        rooms = self._session.scalars(select(Room).where(col(Room.review_id).in_(ids))).all()
        parties, manifests, answers = map(_by_review, self._agreeing(ids))
        of_rooms = _by_review(rooms)
        records = [
            ReviewRecord(
                review,
                tuple(parties[review.id]),
                tuple(of_rooms[review.id]),
                next(iter(manifests[review.id]), None),
                tuple(answers[review.id]),
            )
            for review in reviews
        ]
        self._known.update({record.review.id: record for record in records})
        return records

    def cycles(self) -> Sequence[Cycle]:
        """List all cycles, newest first."""
        return self._session.scalars(select(Cycle).order_by(col(Cycle.starts_on).desc())).all()

    def cycle(self, cycle_id: UUID) -> Cycle | None:
        """Find a cycle."""
        return self._session.get(Cycle, cycle_id)

    def people(
        self, review_id: UUID, states: Sequence[str], at: datetime
    ) -> Sequence[Row[Appointment, Person, Assignment | None]]:
        """Find who works on a review now: those assigned to it, and the focal points of its parties."""
        here = and_(col(Assignment.review_id) == review_id, running(Assignment, at))
        assigned = select(col(Assignment.appointment_id)).where(here)
        speaking = select(col(Appointment.id)).where(
            col(Appointment.state_code).in_(states), col(Appointment.role) == "focal_point"
        )
        question = (
            select(Appointment, Person, Assignment)
            .join(Person, col(Person.id) == col(Appointment.person_id))
            .outerjoin(
                Assignment,
                and_(col(Assignment.appointment_id) == col(Appointment.id), here),
            )
            .where(running(Appointment, at), col(Appointment.id).in_(union(assigned, speaking)))
            .order_by(col(Appointment.starts_at), col(Appointment.id))
        )
        return self._session.execute(question).all()

    def visits(self, person_id: UUID) -> dict[UUID, Visit]:
        """Find when a person looked into each review."""
        rows = self._session.scalars(select(Visit).where(col(Visit.person_id) == person_id)).all()
        return {visit.review_id: visit for visit in rows}

    def visited(self, person_id: UUID, review_id: UUID, at: datetime, before: datetime | None, *, again: bool) -> None:
        """Remember that a person looks into a review now, and when they did in the visit before; `again`: not first."""
        if not again:
            self._session.merge(Visit(person_id=person_id, review_id=review_id, seen_at=at, before=before))
            return
        one = (col(Visit.person_id) == person_id, col(Visit.review_id) == review_id)
        question = update(Visit).where(*one).values(seen_at=at, before=before)
        self._session.execute(question.execution_options(synchronize_session=False))

    def add(self, row: Cycle | Review | ReviewParty | Room) -> None:
        """Write a new record; those that it refers to come first."""
        self._session.add(row)
        self._session.flush()


def _by_review(rows: Iterable[Any]) -> defaultdict[UUID, list[Any]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.review_id].append(row)
    return found


def within(reach: Reach) -> ColumnElement[bool]:
    """Narrow to reviews that a person is assigned to, was sent a text of, or to which their State is party today."""
    if reach.everything:
        return col(Review.id).is_not(None)
    assigned = select(col(Assignment.review_id)).where(col(Assignment.person_id) == reach.person)
    sent = select(col(TranslationTask.review_id)).where(col(TranslationTask.person_id) == reach.person)
    texts = select(col(EntryTask.review_id)).where(col(EntryTask.person_id) == reach.person)
    ways = [assigned, sent, texts]
    if reach.state is not None:
        ways.append(
            select(col(ReviewParty.review_id)).where(
                col(ReviewParty.state_code) == reach.state, col(ReviewParty.until).is_(None)
            )
        )
    return col(Review.id).in_(union(*ways))  # ORs of questions would look through all reviews
