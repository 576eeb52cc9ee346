"""Hand-overs in the database: who follows whom, and what of the leaver's can pass."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.dialogue import Clarification, Entry, Routing
from storage.handovers import Handover
from storage.tables import Appointment, Person


class HandoverRecords:
    """Hand-overs, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, handover_id: UUID) -> Handover | None:
        """Find a hand-over."""
        return self._session.get(Handover, handover_id)

    def of_appointments(self, appointment_ids: Collection[UUID]) -> dict[UUID, Handover]:
        """Find the hand-overs by which these appointments ended."""
        question = select(Handover).where(col(Handover.appointment_id).in_(appointment_ids))
        return {row.appointment_id: row for row in self._session.scalars(question)}

    def to_appointment(self, appointment_id: UUID, since: datetime) -> Sequence[Handover]:
        """List what was handed over to an appointment since a moment, newest first."""
        question = select(Handover).where(
            col(Handover.successor_id) == appointment_id, col(Handover.handed_over_at) >= since
        )
        return self._session.scalars(question.order_by(col(Handover.handed_over_at).desc())).all()

    def predecessors(self, appointment_id: UUID) -> frozenset[UUID]:
        """Name the people whose appointments came down to this one, by one hand-over or by several."""
        people: set[UUID] = set()
        wanted = {appointment_id}
        while wanted:
            question = (
                select(col(Appointment.id), col(Appointment.person_id))
                .join(Handover, col(Handover.appointment_id) == col(Appointment.id))
                .where(col(Handover.successor_id).in_(wanted))
            )
            rows = self._session.execute(question).all()
            people |= {person for _, person in rows}
            wanted = {id_ for id_, _ in rows}  # an appointment is handed over once, so this comes to an end
        return frozenset(people)

    def successors(self, role: str, state: str | None, at: datetime) -> Sequence[Row[Appointment, Person]]:
        """List the appointments to a role, for a State or for none, that haven't ended, with whose they are."""
        question = (
            select(Appointment, Person)
            .join(Person, col(Person.id) == col(Appointment.person_id))
            .where(
                col(Appointment.role) == role,
                col(Appointment.state_code).is_(None) if state is None else col(Appointment.state_code) == state,
                col(Appointment.ended_at).is_(None),
                or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > at),
            )
            .order_by(col(Appointment.starts_at), col(Appointment.id))
        )
        return self._session.execute(question).all()

    # --- what somebody works on

    def given(self, person_id: UUID) -> Sequence[Row[Routing, Clarification]]:
        """List the questions that somebody was given to answer and still has."""
        question = (
            select(Routing, Clarification)
            .join(Clarification, col(Clarification.id) == col(Routing.clarification_id))
            .where(col(Routing.person_id) == person_id, col(Routing.ended_at).is_(None))
            .order_by(col(Routing.routed_at), col(Routing.id))
        )
        return self._session.execute(question).all()

    def drafts(self, person_id: UUID, state: str) -> Sequence[Entry]:
        """List the drafts of a State that somebody wrote or has open to write in, oldest first."""
        question = select(Entry).where(
            col(Entry.owner) == state,
            col(Entry.stage) == "draft",
            or_(col(Entry.created_by) == person_id, col(Entry.opened_by) == person_id),
        )
        return self._session.scalars(question.order_by(col(Entry.created_at), col(Entry.id))).all()

    def drafts_in(self, review_ids: Collection[UUID], entry_ids: Collection[UUID]) -> Sequence[Entry]:
        """Find those of these entries that are drafts still, in these reviews."""
        question = select(Entry).where(
            col(Entry.id).in_(entry_ids), col(Entry.review_id).in_(review_ids), col(Entry.stage) == "draft"
        )
        return self._session.scalars(question.order_by(col(Entry.created_at), col(Entry.id))).all()

    def add(self, row: Handover) -> None:
        """Write a hand-over."""
        self._session.add(row)
        self._session.flush()
