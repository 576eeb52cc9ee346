"""Appointments that wait for somebody's confirmation: whether a new one does, for whom, and for which readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.access.actions import Action
from portal.access.entities import AppointmentFacts
from portal.domain.appointments import CONFIRMING, STILL_COUNTS, Confirmer, confirmer, needs_confirmation
from portal.domain.roles import Role
from portal.usecases.people import name_of
from portal.usecases.standings import any_other, facts_of, focal_points_of, lasting
from portal.work import Portal, Work
from storage.permits import Permit
from storage.repositories.register import RegisterRecords
from storage.tables import Appointment, Person


@dataclass(frozen=True, slots=True)
class Waiting:
    """An appointment that waits for the reader's confirmation."""

    person: UUID
    name: str
    role: Role
    state: str | None


def is_pending(row: Appointment) -> bool:
    """Tell whether an appointment has still to be confirmed."""
    return row.needs_confirmation and row.confirmed_at is None


def will_wait(work: Work, facts: AppointmentFacts) -> bool:
    """Tell whether an appointment that is about to be made needs somebody's confirmation."""
    return needs_confirmation(
        facts.role,
        other_focal_point=any_other(focal_points_of(work, facts.state), facts.state, facts.person),
        others=_others(work, facts.person),
        asked=work.portal.settings.confirm_appointments,
    )


def awaited(work: Work, rows: Sequence[Appointment]) -> dict[UUID, Confirmer]:
    """Tell whom those of these appointments wait for that wait."""
    pending = [row for row in lasting(work, rows) if is_pending(row)]
    focal_points = _focal_points(work, pending)
    return {
        row.id: confirmer(Role(row.role), other_focal_point=any_other(focal_points, row.state_code, row.person_id))
        for row in pending
    }


def for_reader(work: Work) -> list[tuple[Appointment, Person]]:
    """Find the appointments that the reader may confirm."""
    rows = RegisterRecords(work.session, work.who.reach).unconfirmed(work.now)
    held = work.people.appointments_of([person.id for _, person in rows]) if rows else []
    focal_points = _focal_points(work, [row for row, _ in rows])
    found: list[tuple[Appointment, Person]] = []
    for row, person in rows:
        theirs = [one for one in held if one.person_id == person.id]
        facts = facts_of(work, row, theirs, focal_points)
        if isinstance(facts, AppointmentFacts) and work.allows(Action.CONFIRM_APPOINTMENT, facts):
            found.append((row, person))
    return found


def told(portal: Portal, permit: Permit, found: Sequence[tuple[Appointment, Person]]) -> tuple[Waiting, ...]:
    """Name those who wait, once the permit's event is committed."""
    return tuple(
        Waiting(person.id, name_of(portal, permit, person), Role(row.role), row.state_code) for row, person in found
    )


def _focal_points(work: Work, pending: Sequence[Appointment]) -> Sequence[Appointment]:
    """Find the focal points of all States, in one question, if it matters."""
    wanted = any(row.role == Role.FOCAL_POINT for row in pending)
    return work.people.holders(Role.FOCAL_POINT, work.now) if wanted else []


def _others(work: Work, person_id: UUID) -> bool:
    """Tell whether there are others than the reader who confirm in the secretariat, or were a short while ago."""
    rows = work.people.held_since(CONFIRMING, work.now - STILL_COUNTS, work.now)
    others = [row for row in rows if row.person_id not in {work.who.person_id, person_id}]
    if lasting(work, others):
        return True
    # who never came in, as by a misspelt address, could not have confirmed anything
    return bool(work.identity.enrolled([row.person_id for row in others]))
