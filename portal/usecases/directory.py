"""The lists of people, and one person's page: appointments and assignments with their legal bases."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.appointments import Confirmer, Standing, standing
from portal.domain.ids import StateCode
from portal.domain.legal import LegalBasis
from portal.domain.roles import Role
from portal.usecases.confirmations import Waiting, awaited, for_reader, is_pending, told
from portal.usecases.people import mail_of, name_of
from portal.usecases.standings import (
    place_of,
    to_appoint,
)
from portal.work import Portal, Work
from storage.repositories.register import RegisterRecords
from storage.tables import Appointment, Assignment, Person

NAMED: Final = 5  # reviews in a line of the list: who keeps many has them on their page
Row = TypeVar("Row", Appointment, Assignment)


class AccountState(StrEnum):
    """Where somebody's account stands."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment that somebody has or had."""

    id: UUID
    role: Role
    state: str | None
    standing: Standing
    starts: datetime
    ends: datetime | None
    waits_for: Confirmer | None = None
    basis: LegalBasis | None = None
    end_basis: LegalBasis | None = None
    may: frozenset[Action] = frozenset()
    handover: UUID | None = None  # by which it ended


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment that somebody has or had, by the State under review."""

    id: UUID
    review: UUID
    state: str
    standing: Standing
    starts: datetime
    ends: datetime | None
    basis: LegalBasis | None = None
    end_basis: LegalBasis | None = None
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody in a list, with what hasn't ended."""

    id: UUID
    name: str
    mail: str
    state: str | None
    account: AccountState
    appointments: tuple[Held, ...]
    works_on: tuple[str, ...] = ()  # States under review, of the newest assignments
    further: int = 0  # assignments that aren't named


@dataclass(frozen=True, slots=True)
class PeopleList:
    """The people of a State, or of no State (None)."""

    state: StateCode | None
    everywhere: bool  # the reader may look at any State's
    lines: tuple[PersonLine, ...]
    waiting: tuple[Waiting, ...]  # appointments that wait for the reader's confirmation
    experts: int
    may_add: bool


def list_people(portal: Portal, caller: Caller, state: StateCode | None = None) -> PeopleList:
    """List the people of a State: one's own, or for the registrar and the administrator any State's or none's.

    Raises:
        NotFound: The list isn't the caller's to see, or there is no such State.
    """
    with portal.work(caller) as work:
        state = work.who.state or state
        permit = work.require_on(Action.LIST_PEOPLE, place_of(work, state))
        people = work.people.of_state(state)
        waiting = for_reader(work)
        enrolled = work.identity.enrolled([p.id for p in people])
        rows = work.people.appointments_of([p.id for p in people])
        appointments, pending = by_person(rows), awaited(work, rows)
        register = RegisterRecords(work.session, work.who.reach)
        works_on = register.works_on([p.id for p in people], work.now, NAMED)
        may_add = any(_appointable(work, state))
        everywhere, now = work.who.state is None, work.now
        experts = work.people.count_running(state, Role.EXPERT, now) if state else 0
    lines = [
        PersonLine(
            person.id,
            name_of(portal, permit, person),
            mail_of(portal, permit, person),
            person.state_code,
            account_state(person, enrolled=person.id in enrolled),
            _lasting(held(row, now, pending.get(row.id)) for row in appointments.get(person.id, ())),
            *_works_on(*works_on.get(person.id, ([], 0))),
        )
        for person in people
    ]
    return PeopleList(
        state,
        everywhere,
        tuple(sorted(lines, key=lambda line: (not line.appointments, line.name.casefold()))),
        told(portal, permit, waiting),
        experts,
        may_add,
    )


def appointable(portal: Portal, caller: Caller, state: StateCode | None = None) -> tuple[tuple[Role, ...], str | None]:
    """Tell to which roles the caller may appoint somebody new, and the one State it is for if there is no choice.

    Raises:
        NotFound: Adding people isn't the caller's.
    """
    with portal.work(caller) as work:
        home = work.who.state or state
        work.require_on(Action.LIST_PEOPLE, place_of(work, home))
        some = home or StateCode("")
        return tuple(_appointable(work, some)), work.who.state


def _appointable(work: Work, state: StateCode | None) -> Iterator[Role]:
    """Give the roles to which the actor may appoint somebody new; each is asked about as it is wanted."""
    for role in work.portal.settings.roles:
        if work.allows(Action.APPOINT, to_appoint(role, state, work.who.person_id)):
            yield role


def account_state(person: Person, *, enrolled: bool) -> AccountState:
    """Tell where somebody's account stands."""
    if person.suspended_at is not None:
        return AccountState.SUSPENDED
    return AccountState.ACTIVE if enrolled else AccountState.INVITED


def held(row: Appointment, now: datetime, waits_for: Confirmer | None = None) -> Held:
    """Tell of an appointment what needs no key; waits_for: whose confirmation it waits for, if it waits."""
    ends = earlier(row.ended_at, row.ends_at)
    return Held(
        row.id,
        Role(row.role),
        row.state_code,
        standing(now, row.starts_at, ends, confirmed=not is_pending(row)),
        row.starts_at,
        ends,
        waits_for,
    )


def earlier(ended: datetime | None, ends: datetime | None) -> datetime | None:
    """Tell when something ends: as it was foreseen, or before that."""
    return min((at for at in (ended, ends) if at is not None), default=None)


def assigned(row: Assignment, states: dict[UUID, str], now: datetime) -> Assigned:
    """Tell of an assignment what needs no key."""
    ends = earlier(row.ended_at, row.ends_at)
    state = states.get(row.review_id, "")
    return Assigned(row.id, row.review_id, state, standing(now, row.starts_at, ends), row.starts_at, ends)


def assignments_of(
    work: Work, people: Sequence[Person], known: dict[UUID, str] | None = None
) -> tuple[dict[UUID, list[Assignment]], dict[UUID, str]]:
    """Find the assignments of people, with the States under review of those that are within the reader's reach.

    Args:
        work: The transaction.
        people: Whose assignments.
        known: The States under review of all reviews within the reader's reach, where they were found before.
    """
    register = RegisterRecords(work.session, work.who.reach)
    rows = register.assignments_of([person.id for person in people])
    states = known if known is not None else register.under_review(sorted({row.review_id for row in rows}))
    return by_person([row for row in rows if row.review_id in states]), states


def by_person(rows: Sequence[Row]) -> dict[UUID, list[Row]]:
    """Arrange rows by whose they are."""
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


def _works_on(states: Sequence[str], count: int) -> tuple[tuple[str, ...], int]:
    return tuple(states), count - len(states)


def _lasting(all_of_them: Iterable[Held]) -> tuple[Held, ...]:
    return tuple(one for one in all_of_them if one.standing is not Standing.ENDED)
