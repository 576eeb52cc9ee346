"""The register's questions: reviews, parties, officers and people as records, never contents."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Uuid, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.columns import UtcTime
from storage.repositories.people import running
from storage.repositories.reviews import Reach, within
from storage.tables import Appointment, Assignment, Person, Review, ReviewParty


class RegisterRecords:
    """The register, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def count_of_cycle(self, cycle_id: UUID) -> int:
        """Count the reviews of a cycle."""
        question = select(func.count()).select_from(Review).where(col(Review.cycle_id) == cycle_id, within(self._reach))
        return self._session.scalar(question) or 0

    def of_cycle(self, cycle_id: UUID, skip: int = 0, most: int | None = None) -> Sequence[Row[Review, ReviewParty]]:
        """List the reviews of a cycle, or a part of them, with their parties of today, one row for each party."""
        these = select(col(Review.id)).where(col(Review.cycle_id) == cycle_id, within(self._reach))
        these = these.order_by(col(Review.state_code)).offset(skip).limit(most)
        question = select(Review, ReviewParty).join(ReviewParty, col(ReviewParty.review_id) == col(Review.id))
        question = question.where(col(Review.id).in_(these), col(ReviewParty.until).is_(None))
        order = (col(Review.state_code), col(ReviewParty.part).desc(), col(ReviewParty.state_code))
        return self._session.execute(question.order_by(*order)).all()

    def counts(self) -> dict[UUID, tuple[int, int]]:
        """Count the reviews of each cycle: all, and those that aren't closed."""
        still_open = func.sum(case((col(Review.closed_at).is_(None), 1), else_=0))
        question = select(col(Review.cycle_id), func.count(), still_open).where(within(self._reach))
        rows = self._session.execute(question.group_by(col(Review.cycle_id)))
        return {cycle: (count, int(left)) for cycle, count, left in rows}

    def officers(self, review_ids: Sequence[UUID], at: datetime) -> Sequence[tuple[UUID, Person]]:
        """Find the officers who are assigned to reviews at a moment."""
        question = (
            select(col(Assignment.review_id), Person, col(Appointment.role))
            .join(Appointment, col(Appointment.id) == col(Assignment.appointment_id))
            .join(Person, col(Person.id) == col(Assignment.person_id))
            .where(col(Assignment.review_id).in_(review_ids), running(Assignment, at), running(Appointment, at))
            .order_by(col(Assignment.starts_at))
        )
        # by the role a database would begin with all officers and all that they ever worked on
        return [(review, person) for review, person, role in self._session.execute(question) if role == "officer"]

    def under_review(self, review_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Tell which State is under review in each of these."""
        question = select(col(Review.id), col(Review.state_code)).where(
            col(Review.id).in_(review_ids), within(self._reach)
        )
        return {row[0]: row[1] for row in self._session.execute(question)}

    def of_state(self, state: str) -> Sequence[Row[Review, ReviewParty]]:
        """List the reviews to which a State is or was party, closed ones too, with its part: its own history."""
        question = select(Review, ReviewParty).join(ReviewParty, col(ReviewParty.review_id) == col(Review.id))
        question = question.where(col(ReviewParty.state_code) == state)
        return self._session.execute(question.order_by(col(Review.opened_at).desc())).all()

    def assignments_of(self, person_ids: Sequence[UUID]) -> Sequence[Assignment]:
        """List all assignments of several people, oldest first."""
        question = select(Assignment).where(col(Assignment.person_id).in_(person_ids))
        return self._session.scalars(question.order_by(col(Assignment.starts_at))).all()

    def works_on(self, person_ids: Sequence[UUID], at: datetime, most: int) -> dict[UUID, tuple[list[str], int]]:
        """Tell on which reviews people work or are to work: the States of the newest ones, and how many there are."""
        person = col(Assignment.person_id)
        place = func.row_number().over(partition_by=person, order_by=col(Assignment.starts_at).desc())
        every = (
            select(
                person.label("person"),
                col(Review.state_code).label("state"),
                place.label("place"),
                func.count().over(partition_by=person).label("every"),
            )
            .join(Review, col(Review.id) == col(Assignment.review_id))
            .where(
                person.in_(person_ids),
                col(Assignment.ended_at).is_(None),
                or_(col(Assignment.ends_at).is_(None), col(Assignment.ends_at) > at),
                within(self._reach),
            )
            .subquery()
        )
        found: dict[UUID, tuple[list[str], int]] = {}
        question = select(every).where(every.c.place <= most).order_by(every.c.place)
        for one, state, _, count in self._session.execute(question):
            found.setdefault(one, ([], count))[0].append(state)
        return found

    def assigned_by(self, states: Sequence[str], review_id: UUID, at: datetime) -> Sequence[Assignment]:
        """List the assignments to a review of these States' people that run at a moment or are still to begin."""
        question = select(Assignment).join(Appointment, col(Appointment.id) == col(Assignment.appointment_id))
        question = question.where(
            col(Assignment.review_id) == review_id,
            col(Appointment.state_code).in_(states),
            col(Assignment.ended_at).is_(None),
            or_(col(Assignment.ends_at).is_(None), col(Assignment.ends_at) > at),
        )
        return self._session.scalars(question.order_by(col(Assignment.starts_at))).all()

    def officers_to_assign(self, at: datetime) -> Sequence[Row[Appointment, Person]]:
        """List those who are appointed as officers at a moment."""
        question = select(Appointment, Person).join(Person, col(Person.id) == col(Appointment.person_id))
        question = question.where(col(Appointment.role) == "officer", running(Appointment, at))
        return self._session.execute(question.order_by(col(Appointment.starts_at))).all()

    def officers_ever(self, review_id: UUID) -> frozenset[UUID]:
        """Tell which appointments were assigned to a review as its officers."""
        question = select(col(Appointment.id)).join(Assignment, col(Assignment.appointment_id) == col(Appointment.id))
        question = question.where(col(Assignment.review_id) == review_id, col(Appointment.role) == "officer")
        return frozenset(self._session.scalars(question))

    def count_unconfirmed(self, at: datetime, states: Collection[str]) -> dict[tuple[str, str | None], int]:
        """Count the appointments that wait for their confirmation, of these States and of none: by role and State."""
        role, state = col(Appointment.role), col(Appointment.state_code)
        question = select(role, state, func.count()).where(or_(state.in_(states), state.is_(None)), *_waiting(at))
        return {(one, code): count for one, code, count in self._session.execute(question.group_by(role, state))}

    def roles_unconfirmed(self, at: datetime, state: str | None) -> Sequence[str]:
        """Name the roles in which appointments wait for their confirmation: of a State's people, if one is named."""
        question = _of_people(select(col(Appointment.role)).distinct(), state).where(*_waiting(at))
        return self._session.scalars(question.order_by(col(Appointment.role))).all()

    def unconfirmed(
        self, at: datetime, state: str | None, roles: Sequence[str], after: Appointment | None, most: int
    ) -> Sequence[Row[Appointment, Person]]:
        """List appointments to these roles that wait for their confirmation, oldest first.

        Args:
            at: Now.
            state: Of this State's people; None: of all.
            roles: The roles.
            after: Those that come after this one.
            most: At most so many.
        """
        when, which = col(Appointment.created_at), col(Appointment.id)
        question = _of_people(select(Appointment, Person), state).where(*_waiting(at), col(Appointment.role).in_(roles))
        if after is not None:
            here = tuple_(literal(after.created_at, UtcTime), literal(after.id, Uuid()))
            question = question.where(tuple_(when, which) > here)
        return self._session.execute(question.order_by(when, which).limit(most)).all()


def _waiting(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Appointment.needs_confirmation).is_(True),
        col(Appointment.confirmed_at).is_(None),
        col(Appointment.ended_at).is_(None),
        or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > at),
    )


def _of_people(question: Select[*tuple[Any, ...]], state: str | None) -> Select[*tuple[Any, ...]]:
    found = question.join(Person, col(Person.id) == col(Appointment.person_id))
    return found if state is None else found.where(col(Person.state_code) == state)
