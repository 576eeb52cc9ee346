"""What the policies are told of people and their appointments, made or about to be."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.entities import (
    Absent,
    AppointmentFacts,
    AssignmentFacts,
    Facts,
    InvitationFacts,
    PersonFacts,
    PortalFacts,
    StateFacts,
)
from portal.access.file_matters import review_facts
from portal.access.matters import bare_matter
from portal.domain.ids import AppointmentId, AssignmentId, InvitationId, PersonId, ReviewId, StateCode
from portal.domain.roles import STATE_ROLES, Role
from portal.gate import decide_each
from portal.work import Work
from storage.repositories.reviews import ReviewRecord
from storage.tables import Appointment, Invitation, Person

NOBODY: Final = UUID(int=0)  # looked up in place of one that isn't there, so that both take as long


def find_appointment(work: Work, person_id: PersonId, appointment_id: AppointmentId) -> Appointment | None:
    """Find an appointment of a person; one of somebody else's is none."""
    row = work.people.appointment(appointment_id)
    return row if row is not None and row.person_id == person_id else None


def facts_of(
    work: Work,
    row: Appointment | None,
    held: Sequence[Appointment] | None = None,
    focal_points: Sequence[Appointment] | None = None,
) -> AppointmentFacts | Absent:
    """Tell the policies about an appointment.

    Args:
        work: The transaction.
        row: The appointment, or None where there is none.
        held: All of the person's, where they were found before.
        focal_points: Those of its State who run now, where they were found before.
    """
    held = work.people.appointments(row.person_id if row else NOBODY) if held is None else held
    focal_points = focal_points_of(work, row.state_code if row else None) if focal_points is None else focal_points
    if row is None:
        return Absent(AppointmentFacts)
    return AppointmentFacts(
        AppointmentId(row.id),
        PersonId(row.person_id),
        StateCode(row.state_code) if row.state_code else None,
        Role(row.role),
        PersonId(row.appointed_by) if row.appointed_by else None,
        running=_runs(work, row),
        others=frozenset(Role(one.role) for one in lasting(work, held) if one.id != row.id),
        other_focal_point=any_other(focal_points, row.state_code, row.person_id),
    )


def around(work: Work, person: Person | None) -> tuple[Sequence[Appointment], Sequence[Appointment]]:
    """Find all appointments of a person, and those of their State's focal points that run now: there or not."""
    held = work.people.appointments(person.id if person else NOBODY)
    return held, focal_points_of(work, person.state_code if person else None)


def focal_points_of(work: Work, state: str | None) -> Sequence[Appointment]:
    """List the appointments of a State's focal points that run now; asked of the database for no State too."""
    return work.people.holders(Role.FOCAL_POINT, work.now, [state or ""])


def any_other(focal_points: Sequence[Appointment], state: str | None, person_id: UUID) -> bool:
    """Tell whether a State has a focal point other than this person."""
    return any(one.state_code == state and one.person_id != person_id for one in focal_points)


def about_to_be(work: Work, person: Person, role: Role, held: Sequence[Appointment]) -> AppointmentFacts:
    """Tell the policies about an appointment that is to be made."""
    home = StateCode(person.state_code) if person.state_code else None
    return AppointmentFacts(
        AppointmentId(uuid4()),
        PersonId(person.id),
        home if role in STATE_ROLES else None,
        role,
        work.who.person_id,
        running=False,
        others=frozenset(Role(one.role) for one in lasting(work, held)) - {role},
    )


def lasting(work: Work, held: Sequence[Appointment]) -> list[Appointment]:
    """Narrow to appointments that have not ended: running, still to begin, or waiting for confirmation."""
    return [one for one in held if one.ended_at is None and (one.ends_at is None or one.ends_at > work.now)]


def person_facts(
    work: Work, person: Person | None, held: Sequence[Appointment], focal_points: Sequence[Appointment]
) -> PersonFacts | Absent:
    """Tell the policies about a person; `held` and `focal_points` as in `facts_of`."""
    enrolled = bool(work.identity.enrolled([person.id if person else NOBODY]))  # asked for anybody, there or not
    if person is None:
        return Absent(PersonFacts)
    return PersonFacts(
        PersonId(person.id),
        StateCode(person.state_code) if person.state_code else None,
        enrolled,
        frozenset(Role(one.role) for one in lasting(work, held)),
        any_other(focal_points, person.state_code, person.id),
    )


def at_work(work: Work, running: Sequence[Appointment], records: Sequence[ReviewRecord]) -> frozenset[ReviewId]:
    """Tell on which of these reviews a person works: assigned, with a text to translate, or as a focal point.

    Args:
        work: The transaction.
        running: The person's appointments that run, or some of them.
        records: The reviews.

    """
    under = [one.id for one in running] or [NOBODY]
    assigned = {review for appointment in under for review in work.people.assigned(appointment, work.now)}
    for translator in (one.person_id for one in running if one.role == Role.TRANSLATOR):
        assigned |= {task.review_id for task in work.documents.tasks_of(translator)}
        assigned |= {task.review_id for task in work.clarifications.tasks_of(translator)}
    for_states = {one.state_code for one in running if one.role == Role.FOCAL_POINT}
    found = {record.review.id for record in records if record.review.id in assigned or for_states & _parties(record)}
    return frozenset(map(ReviewId, found))


def party_to(records: Sequence[ReviewRecord], code: str) -> frozenset[ReviewId]:
    """Tell to which of these reviews a State is party today."""
    return frozenset(ReviewId(record.review.id) for record in records if code in _parties(record))


def viewable(
    work: Work, record: ReviewRecord, people: Sequence[tuple[Appointment, Person]]
) -> tuple[frozenset[UUID], frozenset[str]]:
    """Tell of which people at work on a review, and of which parties, the reader may see what they could open."""
    here = frozenset({ReviewId(record.review.id)})
    persons = [
        PersonFacts(
            PersonId(one.id), StateCode(one.state_code) if one.state_code else None, enrolled=True, at_work=here
        )
        for _, one in people
    ]
    states = [StateFacts(StateCode(code), here) for code in sorted(_parties(record))]
    asked: list[Facts] = [*dict.fromkeys(persons), *states]
    matters = [bare_matter(facts, Action.VIEW_AS) for facts in asked]
    actor = work.standings.actor(record.review.id)
    decisions = decide_each(work.portal.policies, actor, Action.VIEW_AS, matters)
    seen = [matter.facts for matter, decision in zip(matters, decisions, strict=True) if decision.allowed]
    return (
        frozenset(one.id for one in seen if isinstance(one, PersonFacts)),
        frozenset(one.code for one in seen if isinstance(one, StateFacts)),
    )


def _parties(record: ReviewRecord) -> set[str]:
    return {record.review.state_code, *record.reviewing}


def assignment_facts(
    work: Work,
    assignment_id: AssignmentId,
    appointment: Appointment,
    record: ReviewRecord,
    held: Sequence[Appointment] | None = None,
) -> AssignmentFacts:
    """Tell the policies about an assignment, made or about to be; `held` as in `facts_of`."""
    held = work.people.appointments(appointment.person_id) if held is None else held
    return AssignmentFacts(
        assignment_id,
        PersonId(appointment.person_id),
        StateCode(appointment.state_code) if appointment.state_code else None,
        Role(appointment.role),
        review_facts(record),
        others=frozenset(Role(one.role) for one in lasting(work, held) if one.id != appointment.id),
    )


def _runs(work: Work, row: Appointment) -> bool:
    pending = row.needs_confirmation and row.confirmed_at is None
    return row.starts_at <= work.now and not pending and bool(lasting(work, [row]))


def place_of(work: Work, state: StateCode | None) -> Facts | Absent:
    """Tell the policies whose people are meant: a State's, or those of no State."""
    if state is None:
        return PortalFacts()
    return StateFacts(state) if work.states.find(state) else Absent(StateFacts)


def to_appoint(role: Role, state: StateCode | None, by: PersonId | None) -> AppointmentFacts:
    """Tell the policies about an appointment of somebody who isn't known yet."""
    acting_for = state if role in STATE_ROLES else None
    return AppointmentFacts(AppointmentId(uuid4()), PersonId(uuid4()), acting_for, role, by, running=False)


def invitation_facts(
    invitation: Invitation | None, person: Person | None, focal_points: Sequence[Appointment]
) -> InvitationFacts | Absent:
    """Tell the policies about an invitation; focal_points: those of its person's State who run now."""
    if invitation is None or person is None:
        return Absent(InvitationFacts)
    return InvitationFacts(
        InvitationId(invitation.id),
        PersonId(person.id),
        StateCode(person.state_code) if person.state_code else None,
        PersonId(invitation.created_by or person.id),
        takes_two=invitation.takes_two,
        other_focal_point=any_other(focal_points, person.state_code, person.id),
    )


def allows_each(work: Work, action: Action, facts: Sequence[Facts]) -> list[bool]:
    """Tell of each of these things whether an act on it would be allowed, in one question; opens nothing.

    They lie outside reviews, or the standings were widened before: the actor is the same for all.
    """
    matters = [bare_matter(one, action) for one in facts]
    asked = decide_each(work.portal.policies, work.standings.actor(None), action, matters)
    return [decision.allowed for decision in asked]
