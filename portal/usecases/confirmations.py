"""Appointments and sign-in links that wait for confirmation: whether a new one does, for whom, for which readers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.entities import AppointmentFacts, InvitationFacts
from portal.domain.appointments import CONFIRMING, STILL_COUNTS, Confirmer, confirmer, needs_confirmation
from portal.domain.ids import PersonId, StateCode
from portal.domain.roles import STATE_ROLES, Role
from portal.usecases.people import name_of
from portal.usecases.standings import (
    NOBODY,
    allows_each,
    any_other,
    facts_of,
    focal_points_of,
    invitation_facts,
    lasting,
    to_appoint,
)
from portal.work import Portal, Work
from storage.permits import Permit
from storage.repositories.register import RegisterRecords
from storage.tables import Appointment, Person

LISTED: Final = 50  # appointments that wait, in one list


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
    """Find the appointments that the reader may confirm, and of others those whose link (None) is to be confirmed.

    Of the appointments those that wait longest: so many as a list shows, or a few more.
    """
    found: list[tuple[Appointment | None, Person]] = [*_appointments(work)]
    links = work.identity.unconfirmed_invitations(work.now)
    focal_points = _focal_points(work, {person.state_code for _, person in links})
    listed = {person.id for _, person in found}
    for link, person in links:
        about = invitation_facts(link, person, focal_points)
        may = isinstance(about, InvitationFacts) and work.allows(Action.CONFIRM_LINK, about)
        if may and person.id not in listed:
            found.append((None, person))
    return found


def _appointments(work: Work) -> list[tuple[Appointment, Person]]:
    register = RegisterRecords(work.session, work.who.reach)
    waiting = [Role(role) for role in register.roles_unconfirmed(work.now, work.who.state)]
    roles = [role for role in waiting if any(allows_each(work, Action.CONFIRM_APPOINTMENT, _imagined(work, role)))]
    found: list[tuple[Appointment, Person]] = []
    after, more = None, bool(roles)
    while more and len(found) < LISTED:
        rows = register.unconfirmed(work.now, work.who.state, roles, after, LISTED)
        held = work.people.appointments_of([person.id for _, person in rows])
        focal_points = _focal_points(work, {row.state_code for row, _ in rows if row.role == Role.FOCAL_POINT})
        facts = [
            facts_of(work, row, [one for one in held if one.person_id == person.id], focal_points)
            for row, person in rows
        ]
        told_of = [one for one in facts if isinstance(one, AppointmentFacts)]
        asked = allows_each(work, Action.CONFIRM_APPOINTMENT, told_of)
        allowed = {one.id for one, may in zip(told_of, asked, strict=True) if may}
        found += [(row, person) for row, person in rows if row.id in allowed]
        after, more = (rows[-1][0] if rows else None), len(rows) == LISTED
    return found


def _imagined(work: Work, role: Role) -> list[AppointmentFacts]:
    """Give an appointment of somebody to a role in each way that it can stand: it is asked of, not shown."""
    state = (work.who.state or StateCode("")) if role in STATE_ROLES else None
    return [
        replace(to_appoint(role, state, by), other_focal_point=other)
        for by in (None, PersonId(NOBODY))
        for other in (True, False)
    ]


def told(portal: Portal, permit: Permit, found: Sequence[tuple[Appointment | None, Person]]) -> tuple[Waiting, ...]:
    """Name those who wait, once the permit's event is committed."""
    return tuple(
        Waiting(person.id, name_of(portal, permit, person), Role(row.role) if row else None, person.state_code)
        for row, person in found
    )


def _focal_points(work: Work, states: Collection[str | None]) -> Sequence[Appointment]:
    """Find the focal points of these States (None: of no State there are any), in one question, if it matters."""
    codes = [code for code in states if code]
    return work.people.holders(Role.FOCAL_POINT, work.now, codes) if codes else []


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
