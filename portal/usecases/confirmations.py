"""Appointments and sign-in links that wait for confirmation: whether a new one does, for whom, for which readers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.access.actions import Action
from portal.access.entities import AppointmentFacts, InvitationFacts
from portal.domain.appointments import CONFIRMING, STILL_COUNTS, Confirmer, confirmer, needs_confirmation
from portal.domain.roles import Role
from portal.usecases.people import name_of
from portal.usecases.standings import any_other, facts_of, focal_points_of, invitation_facts, lasting
from portal.work import Portal, Work
from storage.permits import Permit
from storage.repositories.register import RegisterRecords
from storage.tables import Appointment, Person


@dataclass(frozen=True, slots=True)
class Waiting:
    """An appointment, or a sign-in link (role: None), that waits for the reader's confirmation."""

    person: UUID
    name: str
    role: Role | None
    state: str | None


def is_pending(row: Appointment) -> bool:
    """Tell whether an appointment has still to be confirmed."""
    return row.needs_confirmation and row.confirmed_at is None


def will_wait(work: Work, facts: AppointmentFacts) -> bool:
    """Tell whether an appointment that is about to be made needs somebody's confirmation."""
    return needs_confirmation(
        facts.role,
        other_focal_point=any_other(focal_points_of(work, facts.state), facts.state, facts.person),
        others=any_second(work, facts.person),
        asked=work.portal.settings.confirm_appointments,
    )


def awaited(work: Work, rows: Sequence[Appointment]) -> dict[UUID, Confirmer]:
    """Tell whom those of these appointments wait for that wait."""
    pending = [row for row in lasting(work, rows) if is_pending(row)]
    focal_points = _focal_points(work, {row.state_code for row in pending if row.role == Role.FOCAL_POINT})
    return {
        row.id: confirmer(
            Role(row.role),
            other_focal_point=any_other(focal_points, row.state_code, row.person_id),
            restored=row.appointed_by is None,
        )
        for row in pending
    }


def for_reader(work: Work) -> list[tuple[Appointment | None, Person]]:
    """Find the appointments that the reader may confirm, and of others those whose link (None) is to be confirmed."""
    rows = RegisterRecords(work.session, work.who.reach).unconfirmed(work.now, work.who.state)
    links = work.identity.unconfirmed_invitations(work.now)
    held = work.people.appointments_of([person.id for _, person in rows]) if rows else []
    pending = {row.state_code for row, _ in rows if row.role == Role.FOCAL_POINT}
    focal_points = _focal_points(work, pending | {person.state_code for _, person in links})
    found: list[tuple[Appointment | None, Person]] = []
    for row, person in rows:
        theirs = [one for one in held if one.person_id == person.id]
        facts = facts_of(work, row, theirs, focal_points)
        if isinstance(facts, AppointmentFacts) and work.allows(Action.CONFIRM_APPOINTMENT, facts):
            found.append((row, person))
    listed = {person.id for _, person in found}
    for link, person in links:
        about = invitation_facts(link, person, focal_points)
        may = isinstance(about, InvitationFacts) and work.allows(Action.CONFIRM_LINK, about)
        if may and person.id not in listed:
            found.append((None, person))
    return found


def told(portal: Portal, permit: Permit, found: Sequence[tuple[Appointment | None, Person]]) -> tuple[Waiting, ...]:
    """Name those who wait, once the permit's event is committed."""
    return tuple(
        Waiting(person.id, name_of(portal, permit, person), Role(row.role) if row else None, person.state_code)
        for row, person in found
    )


def _focal_points(work: Work, states: Collection[str | None]) -> Sequence[Appointment]:
    """Find the focal points of these States (None: of no State there are any), in one question, if it matters."""
    codes = [code for code in states if code]
    return work.people.holders_of(Role.FOCAL_POINT, work.now, codes) if codes else []


def any_second(work: Work, person_id: UUID) -> bool:
    """Tell whether there are others who confirm in the secretariat, or were a short while ago.

    Others than the reader and this person, of whom it is about.
    """
    rows = work.people.held_since(CONFIRMING, work.now - STILL_COUNTS, work.now)
    others = [row for row in rows if row.person_id not in {work.who.person_id, person_id}]
    if lasting(work, others):
        return True
    # who never came in, as by a misspelt address, could not have confirmed anything
    return bool(work.identity.enrolled([row.person_id for row in others]))
