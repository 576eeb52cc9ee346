"""One person's page: appointments and assignments with their legal bases, and what the reader may do about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, Facts, PersonFacts, PortalFacts, StateFacts
from portal.domain.account_events import AccountEvent
from portal.domain.appointments import fits
from portal.domain.ids import AssignmentId, HandoverId, PersonId, StateCode
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.account_notices import records_of_accounts
from portal.usecases.bases import open_basis
from portal.usecases.confirmations import awaited, is_pending
from portal.usecases.directory import AccountState, Assigned, Held, account_state, assigned, assignments_of, held
from portal.usecases.handover_sheets import may_view
from portal.usecases.handovers import facts_between
from portal.usecases.invitations import is_waiting
from portal.usecases.links import Found, Link, find_links, open_links
from portal.usecases.notes import Copy, find_copies, open_copies
from portal.usecases.people import mail_of, name_of
from portal.usecases.profiles import Described, find_profile, open_profile
from portal.usecases.standings import (
    about_to_be,
    around,
    assignment_facts,
    facts_of,
    invitation_facts,
    lasting,
    person_facts,
)
from portal.work import Portal, Work
from storage.repositories.handovers import HandoverRecords
from storage.repositories.register import RegisterRecords
from storage.tables import Appointment, Assignment, Invitation, Person


@dataclass(frozen=True, slots=True)
class WaitingLink:
    """A sign-in link that works once a second person has confirmed it."""

    id: UUID
    issued: datetime
    may_confirm: bool


@dataclass(frozen=True, slots=True)
class Care:
    """What the reader may do for somebody's account, and what they should know before."""

    revoke: bool  # an open link
    end_sessions: bool  # of somebody else: one's own are ended under one's own account
    change_mail: bool
    by_mail: bool  # a link may go to their mail address
    asked: datetime | None  # when somebody last said that they can't come in
    alone_in: int  # open reviews of their State, of which they are the only focal point


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person with all that was ever recorded of them, and what the reader may do."""

    id: UUID
    name: str
    mail: str
    state: str | None
    account: AccountState
    described: Described | None  # None: what the roster says of them isn't the reader's to see
    may_describe: bool
    appointments: tuple[Held, ...]
    assignments: tuple[Assigned, ...]
    roles: tuple[Role, ...]  # to which the reader may appoint them
    reviews: tuple[tuple[UUID, str], ...]  # to which their State is party, by State under review
    may_link: bool
    may_view_as: bool
    waiting: tuple[WaitingLink, ...]  # for a second person
    links: tuple[Link, ...]  # all, newest first
    copies: dict[UUID, tuple[Copy, ...]]  # of the notes that appointments and assignments rest on, by their ids
    may_copy: frozenset[UUID]  # to which of these the reader may add one
    care: Care


def view_person(portal: Portal, caller: Caller, person_id: PersonId) -> PersonPage:
    """Show somebody's appointments and assignments with their legal bases, and what the caller may do.

    Raises:
        NotFound: There is no such person, or they aren't the caller's to see.
    """
    with portal.work(caller) as work:
        person = work.people.find(person_id)
        appointments, focal_points = around(work, person)
        facts = person_facts(work, person, appointments, focal_points)
        permit = work.require_on(Action.VIEW_PERSON, facts, asked=person_id)
        if person is None or isinstance(facts, Absent):
            raise NotFound
        now = work.now
        own = work.who.state
        parts = RegisterRecords(work.session, work.who.reach).of_state(own) if own else []
        known = {review.id: review.state_code for review, _ in parts} if own else None
        assignments, states = assignments_of(work, [person], known)
        mine = assignments.get(person.id, [])
        acts = {row.id: _acts(work, row, appointments, focal_points) for row in appointments}
        pending = awaited(work, appointments)
        handed = _handed(work, appointments)
        may_end = _may_end(work, mine, appointments)
        roles = _roles(work, person, appointments)
        may_link = work.allows(Action.ISSUE_LINK, facts)
        may_view_as = work.allows(Action.VIEW_AS, facts)
        care = _care(work, person, facts, appointments)
        links = find_links(work, person.id)
        waiting = _waiting(work, person, links, focal_points)
        found = find_copies(work, appointments, mine)
        may_describe = work.allows(Action.DESCRIBE_PERSON, facts)
        sees = may_describe or work.allows(Action.VIEW_ROSTER, _home(person))
        profile = find_profile(work, person.id)
    return PersonPage(
        person.id,
        name_of(portal, permit, person),
        mail_of(portal, permit, person),
        person.state_code,
        account_state(person, enrolled=facts.enrolled),
        open_profile(portal, permit, profile) if sees else None,
        may_describe,
        tuple(
            replace(
                held(row, now, pending.get(row.id)),
                basis=open_basis(portal, permit, "appointment", row.id, row.basis),
                end_basis=open_basis(portal, permit, "appointment", row.id, row.end_basis, "end_basis"),
                may=acts[row.id],
                handover=handed.get(row.id),
            )
            for row in appointments
        ),
        tuple(
            replace(
                assigned(row, states, now),
                basis=open_basis(portal, permit, "assignment", row.id, row.basis),
                end_basis=open_basis(portal, permit, "assignment", row.id, row.end_basis, "end_basis"),
                may_end=row.ended_at is None and row.appointment_id in may_end,
            )
            for row in mine
        ),
        roles,
        tuple(
            (review.id, review.state_code)
            for review, part in parts
            if part.until is None and review.stage != ReviewStage.CLOSED
        ),
        may_link,
        may_view_as,
        waiting,
        open_links(portal, permit, links),
        open_copies(portal, permit, found.rows),
        found.may_add,
        care,
    )


def _home(person: Person) -> Facts:
    return StateFacts(StateCode(person.state_code)) if person.state_code else PortalFacts()


def _care(work: Work, person: Person, facts: PersonFacts, appointments: Sequence[Appointment]) -> Care:
    revoke = work.allows(Action.REVOKE_LINK, facts)
    asked = records_of_accounts(work).last_about(person.id, AccountEvent.TROUBLE_REPORTED.value) if revoke else None
    return Care(
        revoke,
        person.id != work.who.person_id and work.allows(Action.END_SESSIONS, facts),
        work.allows(Action.CHANGE_MAIL, facts),
        bool(work.portal.settings.smtp_host) and not facts.enrolled,
        asked,
        _alone_in(work, person, facts, appointments),
    )


def _alone_in(work: Work, person: Person, facts: PersonFacts, appointments: Sequence[Appointment]) -> int:
    """Count the open reviews to which their State is party, if they are its only focal point and the reader may end it.

    Whose own people they are can't end it, so it is asked for the registrar alone.
    """
    running = {row.role for row in appointments if row.starts_at <= work.now and lasting(work, [row])}
    if work.who.role is not Role.REGISTRAR or facts.other_focal_point or Role.FOCAL_POINT not in running:
        return 0
    parts = RegisterRecords(work.session, work.who.reach).of_state(person.state_code or "")
    return sum(part.until is None and review.stage != ReviewStage.CLOSED for review, part in parts)


def _acts(
    work: Work, row: Appointment, held_by_them: Sequence[Appointment], focal_points: Sequence[Appointment]
) -> frozenset[Action]:
    """Tell what the reader may do with an appointment that hasn't ended."""
    facts = facts_of(work, row, held_by_them, focal_points)
    if not lasting(work, [row]) or isinstance(facts, Absent):
        return frozenset()
    acts = {Action.END_APPOINTMENT} | ({Action.CONFIRM_APPOINTMENT} if is_pending(row) else set())
    found = {act for act in acts if work.allows(act, facts)}
    if facts.running and work.allows(Action.HAND_OVER, facts_between(HandoverId(row.id), row, None)):
        found.add(Action.HAND_OVER)
    may_assign = work.who.role is Role.FOCAL_POINT and Action.END_APPOINTMENT in found
    return frozenset(found | ({Action.ASSIGN_PERSON} if may_assign else set()))


def _handed(work: Work, rows: Sequence[Appointment]) -> dict[UUID, UUID]:
    """Tell by which hand-overs appointments ended, of those that the reader may see."""
    ended = [row.id for row in rows if row.ended_at is not None]
    found = HandoverRecords(work.session).of_appointments(ended) if ended else {}
    return {appointment: row.id for appointment, row in found.items() if may_view(work, row)}


def _may_end(work: Work, rows: Sequence[Assignment], appointments: Sequence[Appointment]) -> frozenset[UUID]:
    """Tell under which appointments the reader may end assignments: one question for each, they are all alike."""
    found = set()
    for appointment in appointments:
        first = next((one for one in rows if one.appointment_id == appointment.id and one.ended_at is None), None)
        record = work.file(first.review_id) if first else None
        if first is not None and record is not None:
            facts = assignment_facts(work, AssignmentId(first.id), appointment, record, appointments)
            found |= {appointment.id} if work.allows(Action.END_ASSIGNMENT, facts) else set()
    return frozenset(found)


def _roles(work: Work, person: Person, appointments: Sequence[Appointment]) -> tuple[Role, ...]:
    """List the roles to which the reader may appoint somebody who doesn't hold them."""
    had = {Role(one.role) for one in lasting(work, appointments)}
    return tuple(
        role
        for role in work.portal.settings.roles
        if role not in had
        and fits(role, person.state_code)
        and work.allows(Action.APPOINT, about_to_be(work, person, role, appointments))
    )


def _waiting(work: Work, person: Person, links: Found, focal_points: Sequence[Appointment]) -> tuple[WaitingLink, ...]:
    def may(link: Invitation) -> bool:
        facts = invitation_facts(link, person, focal_points)
        return not isinstance(facts, Absent) and work.allows(Action.CONFIRM_LINK, facts)

    return tuple(WaitingLink(one.id, one.created_at, may(one)) for one in links.rows if is_waiting(one, work.now))
