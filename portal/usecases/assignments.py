"""Assignments: who of a State's people works on which review, and which officer keeps it.

The log of an assignment is the review's own, so that the parties see at once who was assigned (GL 13).
"""

from collections.abc import Sequence
from uuid import uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, AssignmentFacts
from portal.domain.ids import AppointmentId, AssignmentId, PersonId, ReviewId
from portal.domain.legal import LegalBasis
from portal.domain.periods import Period, period
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound
from portal.usecases.bases import Terms, said_of, seal_basis
from portal.usecases.notices import tell_assigned
from portal.usecases.standings import assignment_facts
from portal.work import Portal, Work
from storage.permits import Permit
from storage.repositories.register import RegisterRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Appointment, Assignment

CHANGED = N_("Somebody ended this assignment before you. Nothing was changed; look at it again.")


def assign_person(
    portal: Portal,
    caller: Caller,
    person_id: PersonId,
    appointment_id: AppointmentId,
    review_id: ReviewId,
    terms: Terms,
) -> None:
    """Assign somebody of one's own State to a review to which the State is party.

    Raises:
        NotFound: There is no such appointment of this person or no such review, or not the caller's to see.
        Forbidden: This assignment isn't the caller's to make.
        RefusedError: The appointment has ended, or the person is assigned already.
    """
    with portal.work(caller) as work:
        appointment = work.people.appointment(appointment_id)
        if appointment is not None and appointment.person_id != person_id:
            appointment = None
        _assign(work, Action.ASSIGN_PERSON, appointment, work.file(review_id), terms, review_id)


def assign_officer(
    portal: Portal, caller: Caller, review_id: ReviewId, appointment_id: AppointmentId, terms: Terms
) -> None:
    """Assign an officer of the secretariat to a review (GL 13).

    Raises:
        NotFound: There is no such appointment as officer or no such review, or not the caller's to see.
        Forbidden: This assignment isn't the caller's to make.
        RefusedError: The appointment has ended, or the officer is assigned already.
    """
    with portal.work(caller) as work:
        appointment = work.people.appointment(appointment_id)
        if appointment is not None and appointment.role != Role.OFFICER:
            appointment = None
        _assign(work, Action.ASSIGN_OFFICER, appointment, work.file(review_id), terms, review_id)


def end_assignment(
    portal: Portal, caller: Caller, of: ReviewId | PersonId, assignment_id: AssignmentId, basis: LegalBasis | None
) -> None:
    """End an assignment of a person or to a review now.

    Raises:
        NotFound: There is no such assignment of them, or it isn't the caller's to see.
        Forbidden: It isn't the caller's to end.
        Conflict: It was ended meanwhile.
    """
    with portal.work(caller) as work:
        row = work.people.assignment(assignment_id)
        if row is not None and of not in {row.review_id, row.person_id}:
            row = None
        appointment = work.people.appointment(row.appointment_id) if row else None
        record = work.file(row.review_id) if row else None
        if row is None or appointment is None or record is None:
            work.require_on(Action.END_ASSIGNMENT, Absent(AssignmentFacts), asked=assignment_id)
            raise NotFound
        if row.ended_at is not None:
            work.require_on(
                Action.END_ASSIGNMENT,
                assignment_facts(work, AssignmentId(row.id), appointment, record),
                asked=assignment_id,
            )
            raise Conflict(CHANGED)
        _end(work, row, appointment, record, basis)


def end_those_under(work: Work, appointment: Appointment, basis: LegalBasis | None) -> int:
    """End what rests on an appointment that ends; gives how many assignments there were.

    Raises:
        Forbidden: One of them isn't the caller's to end.
    """
    rows = [
        row
        for row in RegisterRecords(work.session, work.who.reach).assignments_of([appointment.person_id])
        if row.appointment_id == appointment.id and row.ended_at is None
    ]
    for row in rows:
        record = work.file(row.review_id)
        if record is not None:
            _end(work, row, appointment, record, basis)
    return len(rows)


def lasting_under(work: Work, appointment: Appointment) -> list[Assignment]:
    """List the assignments under an appointment that run or are still to begin."""
    return [
        row
        for row in work.people.assignments_of(appointment.person_id)
        if row.appointment_id == appointment.id and _lasts(work, row)
    ]


def pass_on(work: Work, row: Assignment, to: Appointment, basis: LegalBasis) -> bool:
    """Assign a successor to the review of an assignment that they take over, for as long; tells whether they are.

    They are not where nobody is assigned any more, as in a review that has closed.
    """
    record, action = work.file(row.review_id), Action.ASSIGN_PERSON
    if to.role == Role.OFFICER:
        action = Action.ASSIGN_OFFICER
    if any(one.review_id == row.review_id for one in lasting_under(work, to)):
        return True
    if record is None:
        return False
    facts = assignment_facts(work, AssignmentId(uuid4()), to, record)
    if not work.allows(action, facts):
        return False
    permit = work.require_on(action, facts, asked=row.review_id)
    runs = Period(max(row.starts_at, work.now), row.ends_at)
    _write(work, permit, facts, to, basis, runs)
    tell_assigned(work, record, to, max(runs.starts, to.starts_at))
    return True


def _end(work: Work, row: Assignment, appointment: Appointment, record: ReviewRecord, basis: LegalBasis | None) -> None:
    facts = assignment_facts(work, AssignmentId(row.id), appointment, record)
    permit = work.require_on(Action.END_ASSIGNMENT, facts, asked=row.id)
    if row.ended_at is not None:
        raise Conflict(CHANGED)
    row.ended_at, row.ended_by = work.now, work.who.person_id
    if basis is not None:
        row.end_basis = seal_basis(work, permit, "assignment", row.id, basis, "end_basis")
    work.note(permit, basis=said_of(basis))


def _assign(
    work: Work,
    action: Action,
    appointment: Appointment | None,
    record: ReviewRecord | None,
    terms: Terms,
    asked: ReviewId,
) -> None:
    if appointment is None or record is None:
        work.require_on(action, Absent(AssignmentFacts), asked=asked)
        raise NotFound
    facts = assignment_facts(work, AssignmentId(uuid4()), appointment, record)
    permit = work.require_on(action, facts, asked=asked)
    _refuse_useless(work, appointment, work.people.assignments(record.review.id))
    zone = work.who.person.zone if work.who.person else "UTC"
    runs = period(terms.first, terms.last, work.now, zone)
    _write(work, permit, facts, appointment, terms.basis, runs)
    tell_assigned(work, record, appointment, runs.starts)


def _write(
    work: Work, permit: Permit, facts: AssignmentFacts, appointment: Appointment, basis: LegalBasis, runs: Period
) -> None:
    work.people.add(
        Assignment(
            id=facts.id,
            review_id=facts.review.id,
            appointment_id=appointment.id,
            person_id=appointment.person_id,
            basis=seal_basis(work, permit, "assignment", facts.id, basis),
            starts_at=runs.starts,
            ends_at=runs.ends,
            assigned_by=work.who.person_id,
            created_at=work.now,
        )
    )
    work.note(permit, basis=said_of(basis))


def _lasts(work: Work, row: Assignment) -> bool:
    return row.ended_at is None and (row.ends_at is None or row.ends_at > work.now)


def _refuse_useless(work: Work, appointment: Appointment, assigned: Sequence[Assignment]) -> None:
    if appointment.ended_at is not None or (appointment.ends_at is not None and appointment.ends_at <= work.now):
        raise RefusedError(
            Problem("appointment-over", N_("The appointment has ended, so nobody can be assigned under it."))
        )
    if any(
        one.appointment_id == appointment.id
        and one.ended_at is None
        and (one.ends_at is None or one.ends_at > work.now)
        for one in assigned
    ):
        raise RefusedError(Problem("assigned-already", N_("This person is assigned to this review already.")))
