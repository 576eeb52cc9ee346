"""Appointments: made with a legal basis, confirmed where that is asked for, ended at once.

1. Access stops with the appointment: its assignments, its sessions and all else that rests on it (endings.py) end in
   the same transaction.
2. What needs a second person (portal/domain/appointments.py) runs once somebody else has confirmed it.
3. A State has at most 20 governmental experts (ToR 21).
4. Whether a mail address is known is told to those alone who may make the appointment, and each time it is recorded.
"""

from dataclasses import dataclass
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, AppointmentFacts
from portal.domain.appointments import refuse_elsewhere, refuse_last_administrator, refuse_twice
from portal.domain.ids import AppointmentId, PersonId, StateCode
from portal.domain.legal import LegalBasis
from portal.domain.parties import judge_expert
from portal.domain.periods import period
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound
from portal.usecases.assignments import end_those_under
from portal.usecases.bases import Terms, said_of, seal_basis
from portal.usecases.confirmations import is_pending, will_wait
from portal.usecases.endings import end_now
from portal.usecases.invitations import IssuedLink, invite
from portal.usecases.people import mail_index, new_person
from portal.usecases.standings import (
    about_to_be,
    facts_of,
    find_appointment,
    lasting,
    place_of,
    to_appoint,
)
from portal.work import Portal, Work
from storage.tables import Appointment, Person

CHANGED = N_("Somebody ended or confirmed this appointment before you. Nothing was changed; look at it again.")
NOT_HERE = Problem("role", N_("The Oversight Group has no observers in this portal. Nothing was changed."))
KNOWN = Problem(
    "mail-known",
    N_(
        "Somebody with this mail address is known already. Appoint them from their own page, "
        "or ask the secretariat if you don’t find them."
    ),
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody whom the portal doesn't know yet."""

    name: str
    mail: str  # in its one spelling
    language: str
    state: StateCode | None


def appoint_newcomer(
    portal: Portal, caller: Caller, newcomer: Newcomer, role: Role, terms: Terms, *, by_mail: bool = False
) -> tuple[PersonId, IssuedLink]:
    """Add somebody new, appoint them, and make their first sign-in link, which is shown once or sent to them.

    Raises:
        NotFound: The State isn't there, or its people aren't the caller's to see.
        Forbidden: This appointment isn't the caller's to make.
        RefusedError: The address is known already, or the rules don't take this appointment.
    """
    with portal.work(caller) as work:
        home = work.who.state or newcomer.state
        permit = work.require_on(Action.ADD_PERSON, place_of(work, home))
        planned = to_appoint(role, home, work.who.person_id)
        if not work.allows(Action.APPOINT, planned):
            work.require_on(Action.APPOINT, planned)  # refused before the address is looked up
        if work.people.by_mail(mail_index(portal, newcomer.mail)) is None:
            person = new_person(work, permit, newcomer.name, newcomer.mail, home, newcomer.language)
            work.note(permit, person=str(person.id))
            _appoint(work, person, role, terms)
            return PersonId(person.id), invite(work, person, renews=False, mail_by=permit if by_mail else None)
        work.declines(permit, why=KNOWN.code)
    raise RefusedError(KNOWN)  # once it is recorded: whoever tries out addresses leaves a line for each that is known


def appoint(portal: Portal, caller: Caller, person_id: PersonId, role: Role, terms: Terms) -> None:
    """Appoint somebody whom the portal knows.

    Raises:
        NotFound: There is no such person, or they aren't the caller's to see.
        Forbidden: This appointment isn't the caller's to make.
        RefusedError: The rules don't take it.
    """
    with portal.work(caller) as work:
        person = work.people.find(person_id)
        if person is None:
            work.require_on(Action.APPOINT, Absent(AppointmentFacts), asked=person_id)
            raise NotFound
        _appoint(work, person, role, terms)


def confirm_appointment(portal: Portal, caller: Caller, person_id: PersonId, appointment_id: AppointmentId) -> None:
    """Confirm an appointment that somebody else made; it runs from now on.

    Raises:
        NotFound: There is no such appointment of this person, or it isn't the caller's to see.
        Forbidden: It isn't the caller's to confirm.
        Conflict: It was confirmed or ended meanwhile.
    """
    with portal.work(caller) as work:
        row = find_appointment(work, person_id, appointment_id)
        work.require_on(Action.CONFIRM_APPOINTMENT, facts_of(work, row), asked=appointment_id)
        if row is None:
            raise NotFound
        if not is_pending(row) or not lasting(work, [row]):
            raise Conflict(CHANGED)
        row.confirmed_by, row.confirmed_at = work.who.person_id, work.now


def end_appointment(
    portal: Portal, caller: Caller, person_id: PersonId, appointment_id: AppointmentId, basis: LegalBasis | None
) -> None:
    """End an appointment now, with its assignments and all else that rests on it (endings.py).

    Raises:
        NotFound: There is no such appointment of this person, or it isn't the caller's to see.
        Forbidden: It isn't the caller's to end.
        Conflict: It was ended meanwhile.
        RefusedError: It is the last administrator's.
    """
    with portal.work(caller) as work:
        row = find_appointment(work, person_id, appointment_id)
        permit = work.require_on(Action.END_APPOINTMENT, facts_of(work, row), asked=appointment_id)
        if row is None:
            raise NotFound
        if row.ended_at is not None or (row.ends_at is not None and row.ends_at <= work.now):
            raise Conflict(CHANGED)
        role = Role(row.role)
        refuse_last_administrator(role, sum(one.id != row.id for one in work.people.holders(role, work.now)))
        assignments = end_those_under(work, row, basis)
        ended = end_now(work, permit, row, basis)
        work.note(permit, basis=said_of(basis), assignments_ended=assignments, **ended)


def _appoint(work: Work, person: Person, role: Role, terms: Terms) -> UUID:
    held = work.people.appointments(person.id)
    facts = about_to_be(work, person, role, held)
    permit = work.require_on(Action.APPOINT, facts)
    if role not in work.portal.settings.roles:
        raise RefusedError(NOT_HERE)
    refuse_elsewhere(role, StateCode(person.state_code) if person.state_code else None)
    refuse_twice(role, (Role(one.role) for one in lasting(work, held)))
    if role is Role.EXPERT and facts.state is not None:
        full = judge_expert(facts.state, work.people.count_running(facts.state, role, work.now)).refusals
        if full:
            raise RefusedError(*full)
    zone = work.who.person.zone if work.who.person else "UTC"
    runs = period(terms.first, terms.last, work.now, zone)
    waits = will_wait(work, facts)
    work.people.add(
        Appointment(
            id=facts.id,
            person_id=person.id,
            role=role.value,
            state_code=facts.state,
            basis=seal_basis(work, permit, "appointment", facts.id, terms.basis),
            starts_at=runs.starts,
            ends_at=runs.ends,
            appointed_by=work.who.person_id,
            needs_confirmation=waits,
            created_at=work.now,
        )
    )
    work.note(permit, basis=said_of(terms.basis), waits=waits)
    return facts.id
