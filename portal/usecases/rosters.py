"""The roster of a State, or of those who are of none: who is appointed, and what they know (ToR 21)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.appointments import Standing
from portal.domain.ids import StateCode
from portal.domain.legal import LegalBasis
from portal.domain.profiles import Profile
from portal.domain.roles import Role
from portal.usecases.bases import open_basis
from portal.usecases.directory import by_person, held
from portal.usecases.people import name_of
from portal.usecases.profiles import open_profile
from portal.usecases.standings import lasting, place_of
from portal.work import Portal
from storage.repositories.notes import NoteRecords


@dataclass(frozen=True, slots=True)
class Listed:
    """An appointment on the roster."""

    role: Role
    standing: Standing
    since: datetime
    basis: LegalBasis | None


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody on the roster, with the appointments that haven't ended."""

    id: UUID
    name: str
    appointments: tuple[Listed, ...]
    profile: Profile


@dataclass(frozen=True, slots=True)
class Roster:
    """The roster of a State, or of no State (None); experts: how many places are taken."""

    state: StateCode | None
    everywhere: bool  # the reader may look at any State's
    lines: tuple[Line, ...]
    experts: int
    at: datetime


def view_roster(portal: Portal, caller: Caller, state: StateCode | None = None) -> Roster:
    """Show the roster of a State: one's own, or for the registrar any State's or none's.

    Raises:
        NotFound: It isn't the caller's to see, or there is no such State.
        Forbidden: The caller sees the list of these people, but not their roster.

    """
    with portal.work(caller) as work:
        state = state or work.who.state
        permit = work.require_on(Action.VIEW_ROSTER, place_of(work, state))
        people = work.people.of_state(state)
        ids = [person.id for person in people]
        appointments = by_person(lasting(work, work.people.appointments_of(ids)))
        profiles = NoteRecords(work.session).profiles(ids)
        experts = work.people.count_running(state, Role.EXPERT, work.now) if state else 0
        everywhere, now = work.who.state is None, work.now
    lines = [
        Line(
            person.id,
            name_of(portal, permit, person),
            tuple(
                Listed(
                    (one := held(row, now)).role,
                    one.standing,
                    one.starts,
                    open_basis(portal, permit, "appointment", row.id, row.basis),
                )
                for row in appointments[person.id]
            ),
            open_profile(portal, permit, profiles.get(person.id)).profile,
        )
        for person in people
        if person.id in appointments
    ]
    return Roster(state, everywhere, tuple(sorted(lines, key=lambda line: line.name.casefold())), experts, now)
