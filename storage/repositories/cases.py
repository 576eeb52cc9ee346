"""Concerns, cases and their record in the database; who may see which, the policies decide."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.cases import BreachCase, CaseEntry, Concern
from storage.dialogue import EntryTask
from storage.tables import (
    Appointment,
    Assignment,
    Document,
    Review,
    ReviewParty,
    State,
    Stream,
    TranslationTask,
    Undertaking,
    Version,
)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a snapshot of a file fixes: ids, numbers and MACs; nothing is opened for it.

    Args:
        streams: Of each stream of the file the id and the number of its last event.
        access: Of each row that gives access to the file, its name and its MAC.
        versions: Of each document version its id and the keyed hash of its content (storage/FORMAT.md, `equal`).
    """

    streams: Sequence[tuple[UUID, int]]
    access: Sequence[tuple[str, bytes]]
    versions: Sequence[tuple[UUID, bytes]]


class CaseRecords:
    """Concerns and cases, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- concerns

    def concern(self, concern_id: UUID) -> Concern | None:
        """Find a concern."""
        return self._session.get(Concern, concern_id)

    def concerns(self) -> Sequence[Concern]:
        """List all concerns, newest first."""
        return self._session.scalars(select(Concern).order_by(col(Concern.filed_at).desc(), col(Concern.id))).all()

    def concerns_of(self, person_id: UUID, review_id: UUID) -> Sequence[Concern]:
        """List what somebody filed about a review, newest first."""
        mine = select(Concern).where(col(Concern.filed_by) == person_id, col(Concern.review_id) == review_id)
        return self._session.scalars(mine.order_by(col(Concern.filed_at).desc(), col(Concern.id))).all()

    # --- cases

    def case(self, case_id: UUID) -> BreachCase | None:
        """Find a case."""
        return self._session.get(BreachCase, case_id)

    def cases(self) -> Sequence[BreachCase]:
        """List all cases, newest first."""
        return self._session.scalars(select(BreachCase).order_by(col(BreachCase.number).desc())).all()

    def of_concern(self, concern_id: UUID) -> Sequence[BreachCase]:
        """List the cases that were proposed on a concern."""
        return self._session.scalars(select(BreachCase).where(col(BreachCase.concern_id) == concern_id)).all()

    def next_number(self) -> int:
        """Give the next case's number."""
        return (self._session.scalar(select(func.max(col(BreachCase.number)))) or 0) + 1

    # --- the record of a case

    def entries(self, case_id: UUID) -> Sequence[CaseEntry]:
        """List the entries of a case's record, oldest first."""
        question = select(CaseEntry).where(col(CaseEntry.case_id) == case_id)
        return self._session.scalars(question.order_by(col(CaseEntry.number))).all()

    # --- the file that a case is about

    def involved(self, review_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
        """Name those who were ever assigned to these reviews, or sent a text of them."""
        found: dict[UUID, set[UUID]] = {review: set() for review in review_ids}
        for table in (Assignment, TranslationTask, EntryTask):
            question = select(col(table.review_id), col(table.person_id)).where(col(table.review_id).in_(review_ids))
            for review, person in self._session.execute(question):
                found[review].add(person)
        return {review: frozenset(people) for review, people in found.items()}

    def invented(self, codes: Collection[str]) -> bool:
        """Tell whether all of these States are invented."""
        question = select(func.count()).where(col(State.code).in_(codes), col(State.fictional).is_(False))
        return not self._session.scalar(question)

    def reviews(self) -> Sequence[Row[UUID, str]]:
        """List all reviews: id and State under review."""
        question = select(col(Review.id), col(Review.state_code)).order_by(col(Review.state_code), col(Review.id))
        return self._session.execute(question).all()

    def frozen(self, review_id: UUID) -> Frozen:
        """Read what a snapshot of a file fixes, as this transaction finds it."""
        streams = select(col(Stream.id), col(Stream.next_number)).where(col(Stream.review_id) == review_id)
        here = [
            (stream, following - 1) for stream, following in self._session.execute(streams.order_by(col(Stream.id)))
        ]
        versions = select(col(Version.id), col(Version.equal)).where(col(Version.review_id) == review_id)
        marks = [(version, mark) for version, mark in self._session.execute(versions.order_by(col(Version.id)))]
        return Frozen(here, self._access(review_id), marks)

    def _access(self, review_id: UUID) -> list[tuple[str, bytes]]:
        parties = self._session.scalars(
            select(ReviewParty).where(col(ReviewParty.review_id) == review_id, col(ReviewParty.until).is_(None))
        ).all()
        assigned = self._session.scalars(
            select(Assignment).where(col(Assignment.review_id) == review_id, col(Assignment.ended_at).is_(None))
        ).all()
        rests_on = or_(
            col(Appointment.id).in_([one.appointment_id for one in assigned]),
            and_(
                col(Appointment.role) == "focal_point",
                col(Appointment.state_code).in_([one.state_code for one in parties]),
            ),
        )
        appointed = self._session.scalars(
            select(Appointment).where(rests_on, col(Appointment.ended_at).is_(None))
        ).all()
        undertaken = self._session.scalars(select(Undertaking).where(col(Undertaking.review_id) == review_id)).all()
        rows: list[Any] = [*parties, *assigned, *appointed, *undertaken]
        rows += [row for table in (TranslationTask, EntryTask) for row in self._sent(table, review_id)]
        return sorted((f"{row.__tablename__}/{row.id}", row.mac) for row in rows)

    def _sent(self, table: type[Any], review_id: UUID) -> Sequence[Any]:
        question = select(table).where(
            col(table.review_id) == review_id, col(table.delivered_at).is_(None), col(table.recalled_at).is_(None)
        )
        return self._session.scalars(question).all()

    def documents(self, review_id: UUID) -> Sequence[Document]:
        """List the documents of a review."""
        return self._session.scalars(select(Document).where(col(Document.review_id) == review_id)).all()

    def add(self, row: Concern | BreachCase | CaseEntry) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()
