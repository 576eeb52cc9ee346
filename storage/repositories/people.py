"""People, appointments, assignments and undertakings in the database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.cases import Containment
from storage.dialogue import EntryTask
from storage.tables import Appointment, Assignment, Person, ReviewParty, State, TranslationTask, Undertaking, Visit


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to a review under one appointment."""

    assigned: bool
    undertaken: bool
    visited: datetime | None
    before: datetime | None  # the last look of the visit before this one


def running(table: type[Appointment] | type[Assignment], at: datetime) -> ColumnElement[bool]:
    """Narrow to appointments or assignments that run now; what has to be confirmed runs once it is.

    What was ended doesn't, whatever the clock has come to say since.
    """
    confirmed = (
        [or_(col(Appointment.needs_confirmation).is_(False), col(Appointment.confirmed_at) <= at)]
        if table is Appointment
        else []
    )
    return and_(
        *confirmed,
        col(table.starts_at) <= at,
        or_(col(table.ends_at).is_(None), col(table.ends_at) > at),
        col(table.ended_at).is_(None),
    )


class PeopleRecords:
    """People, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, person_id: UUID) -> Person | None:
        """Find a person."""
        return self._session.get(Person, person_id)

    def mail_index(self, person_id: UUID) -> bytes:
        """Give the blind index of a person's mail address."""
        return self._session.get_one(Person, person_id).mail_index

    def by_mail(self, mail_index: bytes) -> Person | None:
        """Find a person by the blind index of the mail address."""
        return self._session.scalar(select(Person).where(col(Person.mail_index) == mail_index))

    def of_state(self, state: str | None) -> Sequence[Person]:
        """List the people of a State, or of the secretariat and the bodies of the Conference (None)."""
        question = select(Person).where(
            col(Person.state_code).is_(None) if state is None else col(Person.state_code) == state
        )
        return self._session.scalars(question.order_by(col(Person.created_at))).all()

    def named(self, person_ids: Sequence[UUID]) -> dict[UUID, Person]:
        """Find people by their ids."""
        rows = self._session.scalars(select(Person).where(col(Person.id).in_(person_ids))).all()
        return {person.id: person for person in rows}

    def appointment(self, appointment_id: UUID) -> Appointment | None:
        """Find an appointment."""
        return self._session.get(Appointment, appointment_id)

    def appointments(self, person_id: UUID) -> Sequence[Appointment]:
        """List all appointments that a person has or had, oldest first."""
        question = select(Appointment).where(col(Appointment.person_id) == person_id)
        return self._session.scalars(question.order_by(col(Appointment.starts_at))).all()

    def appointments_of(self, person_ids: Sequence[UUID]) -> Sequence[Appointment]:
        """List all appointments of several people, oldest first."""
        question = select(Appointment).where(col(Appointment.person_id).in_(person_ids))
        return self._session.scalars(question.order_by(col(Appointment.starts_at))).all()

    def running_appointments(self, person_id: UUID, at: datetime) -> Sequence[Appointment]:
        """List the appointments that a person holds at a moment."""
        question = select(Appointment).where(col(Appointment.person_id) == person_id, running(Appointment, at))
        return self._session.scalars(question.order_by(col(Appointment.starts_at))).all()

    def count_running(self, state: str | None, role: str, at: datetime) -> int:
        """Count the people of a State (None: of no State) that hold a role at a moment or will hold it."""
        of_state = col(Appointment.state_code).is_(None) if state is None else col(Appointment.state_code) == state
        question = select(func.count()).where(
            of_state,
            col(Appointment.role) == role,
            col(Appointment.ended_at).is_(None),
            or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > at),
        )
        return self._session.scalar(question) or 0

    def holders(self, role: str, at: datetime, states: Collection[str] | None = None) -> Sequence[Appointment]:
        """List the running appointments of a role, of these States if any are named."""
        question = select(Appointment).where(col(Appointment.role) == role, running(Appointment, at))
        if states is not None:
            question = question.where(col(Appointment.state_code).in_(states))
        return self._session.scalars(question.order_by(col(Appointment.starts_at))).all()

    def states_with(self, role: str, at: datetime) -> frozenset[str]:
        """Name the States of which somebody holds a role at a moment."""
        theirs = (col(Appointment.state_code) == col(State.code), col(Appointment.role) == role)
        somebody = select(col(Appointment.id)).where(*theirs, running(Appointment, at)).exists()
        return frozenset(self._session.scalars(select(col(State.code)).where(somebody)))

    def held_since(
        self, roles: Collection[str], since: datetime, at: datetime, states: Collection[str] | None = None
    ) -> Sequence[Appointment]:
        """List the appointments to any of these roles that ran at some time from one moment to another.

        Args:
            roles: The roles.
            since: The time begins here.
            at: It ends here.
            states: Of these States; None: of all, and of none.
        """
        of_states = () if states is None else (col(Appointment.state_code).in_(states),)
        question = select(Appointment).where(
            *of_states,
            col(Appointment.role).in_(roles),
            or_(col(Appointment.needs_confirmation).is_(False), col(Appointment.confirmed_at) <= at),
            col(Appointment.starts_at) <= at,
            or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > since),
            or_(col(Appointment.ended_at).is_(None), col(Appointment.ended_at) > since),
        )
        return self._session.scalars(question).all()

    def containments(self, review_id: UUID, person_ids: Sequence[UUID]) -> Sequence[Containment]:
        """Find by what people were or are held back, from a review or everywhere; exercises hold nobody back."""
        everywhere = and_(col(Containment.kind) == "everywhere", col(Containment.person_id).in_(person_ids))
        rows = self._session.scalars(
            select(Containment).where(or_(col(Containment.review_id) == review_id, everywhere))
        )
        return [row for row in rows if row.acts]

    def held_back(self, person_id: UUID) -> tuple[frozenset[UUID], frozenset[UUID]]:
        """Tell from which reviews a person is held back now, and of which they download nothing."""
        # those that were lifted, too: loading a row checks it, and one that was lifted by hand must not go unseen
        of_person = or_(col(Containment.person_id) == person_id, col(Containment.person_id).is_(None))
        every = self._session.scalars(select(Containment).where(of_person)).all()
        rows = [row for row in every if row.lifted_at is None and row.acts]
        return (
            frozenset(row.review_id for row in rows if row.kind == "review"),
            frozenset(row.review_id for row in rows if row.kind == "downloads"),
        )

    def suspended(self, person_id: UUID, review_id: UUID) -> bool:
        """Tell whether a person is suspended now, everywhere or from one review."""
        person = self.find(person_id)
        return person is None or person.suspended_at is not None or review_id in self.held_back(person_id)[0]

    def assignment(self, assignment_id: UUID) -> Assignment | None:
        """Find an assignment."""
        return self._session.get(Assignment, assignment_id)

    def assignments(self, review_id: UUID) -> Sequence[Assignment]:
        """List all assignments to a review, oldest first."""
        question = select(Assignment).where(col(Assignment.review_id) == review_id)
        return self._session.scalars(question.order_by(col(Assignment.starts_at))).all()

    def assignments_of(self, person_id: UUID) -> Sequence[Assignment]:
        """List all assignments that a person has or had, oldest first."""
        question = select(Assignment).where(col(Assignment.person_id) == person_id)
        return self._session.scalars(question.order_by(col(Assignment.starts_at))).all()

    def standing(self, person_id: UUID, appointment_id: UUID | None, review_id: UUID, at: datetime) -> Standing:
        """Tell how a person stands to one review, in one question."""
        question = (
            select(Assignment, Undertaking, Visit)
            .select_from(Person)
            .outerjoin(
                Assignment,
                and_(
                    col(Assignment.appointment_id) == appointment_id,
                    col(Assignment.review_id) == review_id,
                    running(Assignment, at),
                ),
            )
            .outerjoin(
                Undertaking,
                and_(col(Undertaking.person_id) == col(Person.id), col(Undertaking.review_id) == review_id),
            )
            .outerjoin(Visit, and_(col(Visit.person_id) == col(Person.id), col(Visit.review_id) == review_id))
            .where(col(Person.id) == person_id)
        )
        rows: Sequence[tuple[Assignment | None, Undertaking | None, Visit | None]] = self._session.execute(
            question
        ).all()
        return Standing(
            assigned=any(row[0] is not None for row in rows),
            undertaken=any(row[1] is not None for row in rows),
            visited=next((row[2].seen_at for row in rows if row[2] is not None), None),
            before=next((row[2].before for row in rows if row[2] is not None), None),
        )

    def assigned(self, appointment_id: UUID, at: datetime) -> frozenset[UUID]:
        """Find the reviews that an appointment is assigned to at a moment."""
        question = select(Assignment).where(col(Assignment.appointment_id) == appointment_id, running(Assignment, at))
        return frozenset(row.review_id for row in self._session.scalars(question))

    def undertaken(self, person_id: UUID) -> frozenset[UUID]:
        """Find the reviews for which a person gave the undertaking of confidentiality."""
        rows = self._session.scalars(select(Undertaking).where(col(Undertaking.person_id) == person_id))
        return frozenset(row.review_id for row in rows)

    def undertakings(self, review_id: UUID) -> dict[UUID, datetime]:
        """Find who gave the undertaking of confidentiality for a review, and since when."""
        rows = self._session.scalars(select(Undertaking).where(col(Undertaking.review_id) == review_id))
        return {row.person_id: row.accepted_at for row in rows}

    def last_access_end(self, review_id: UUID, at: datetime) -> datetime | None:
        """Tell when an access to a review last ended.

        An assignment, a translation or a party's part ends it, or an appointment: of a party's people, or of whoever
        had one of the first two.
        """
        assignments = self._session.execute(
            select(col(Assignment.ends_at), col(Assignment.ended_at)).where(col(Assignment.review_id) == review_id)
        )
        here = col(TranslationTask.review_id) == review_id
        tasks = self._session.execute(
            select(col(TranslationTask.delivered_at), col(TranslationTask.recalled_at)).where(here)
        )
        of_review = col(ReviewParty.review_id) == review_id
        texts = self._session.execute(
            select(col(EntryTask.delivered_at), col(EntryTask.recalled_at)).where(col(EntryTask.review_id) == review_id)
        )
        left = self._session.execute(select(col(ReviewParty.until)).where(of_review))
        parties = select(col(ReviewParty.state_code)).where(of_review, col(ReviewParty.until).is_(None))
        people = select(col(Assignment.person_id)).where(col(Assignment.review_id) == review_id)
        translators = select(col(TranslationTask.person_id)).where(here)
        of_texts = select(col(EntryTask.person_id)).where(col(EntryTask.review_id) == review_id)
        appointments = self._session.execute(
            select(col(Appointment.ends_at), col(Appointment.ended_at)).where(
                or_(
                    col(Appointment.state_code).in_(parties),
                    col(Appointment.person_id).in_(people),
                    col(Appointment.person_id).in_(translators),
                    col(Appointment.person_id).in_(of_texts),
                )
            )
        )
        every = [*assignments, *tasks, *texts, *left, *appointments]
        ends = [end for row in every for end in row if end is not None and end <= at]
        return max(ends, default=None)

    def add(self, row: Person | Appointment | Assignment | Undertaking) -> None:
        """Write a new record; those that it refers to come first."""
        self._session.add(row)
        self._session.flush()
