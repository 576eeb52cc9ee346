"""One's own account: what the portal keeps of a person, as that person sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts, SessionFacts
from portal.access.principals import lives
from portal.domain.account_events import AccountEvent
from portal.domain.ids import PersonId, SessionId
from portal.domain.notices import Often
from portal.domain.problems import Problem, RefusedError
from portal.domain.proofs import Proof
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import SignedOut
from portal.usecases.account_notices import EventLine, find_events, open_events, tell_person
from portal.usecases.authenticators import Ways, ways_of
from portal.usecases.evidence import Account, account_of
from portal.usecases.links import Link, find_links, open_links
from portal.usecases.notes import Copy, find_copies, open_copies
from portal.usecases.notices import often_of, reschedule
from portal.usecases.people import mail_of, name_of
from portal.usecases.profiles import Described, find_profile, open_profile
from portal.usecases.sessions import exchange_token
from portal.usecases.standings import around, person_facts
from portal.work import Portal, Work
from storage.authenticators import Passkey
from storage.fields import Place
from storage.permits import DEVICES, Permit
from storage.tables import Person, PortalSession


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser in which the person is signed in."""

    id: UUID
    began: datetime
    seen: datetime
    ends: datetime
    here: bool
    device: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey of the person."""

    id: UUID
    name: str
    added: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class OwnAppointment:
    """An appointment of the person, running or not."""

    role: Role
    state: str | None
    starts: datetime
    ends: datetime | None
    runs: bool
    id: UUID


@dataclass(frozen=True, slots=True)
class OwnAssignment:
    """An assignment of the person to a review, by its State under review."""

    state: str
    starts: datetime
    ends: datetime | None
    runs: bool
    id: UUID


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """All of it."""

    name: str
    mail: str
    language: str
    zone: str
    suspended: bool
    sessions: list[OwnSession]
    appointments: list[OwnAppointment]
    assignments: list[OwnAssignment]
    links: tuple[Link, ...]
    often: Often  # told by mail
    described: Described
    may_describe: bool
    copies: dict[UUID, tuple[Copy, ...]]  # of the notes that appointments and assignments rest on, by their ids
    events: tuple[EventLine, ...]  # what happened to it
    passkeys: list[OwnPasskey]
    ways: Ways


def view_account(portal: Portal, caller: Caller) -> OwnAccount:
    """Show somebody their own account.

    Raises:
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.VIEW_OWN_ACCOUNT, PortalFacts())
        person = work.who.person
        if person is None:
            raise SignedOut
        held, profile = work.people.appointments(person.id), find_profile(work, person.id)
        found = find_copies(work, held, work.people.assignments_of(person.id))
        facts = person_facts(work, person, *around(work, person))
        may_describe = not isinstance(facts, Absent) and work.allows(Action.DESCRIBE_PERSON, facts)
        rows, appointments, assignments = _sessions(work, person), _appointments(work), _assignments(work)
        here, ways, passkeys = work.who.session, ways_of(work, person.id), work.authenticators.passkeys(person.id)
        links, often, events = find_links(work, person.id), often_of(work, person), find_events(work)
    return OwnAccount(
        name_of(portal, permit, person),
        mail_of(portal, permit, person),
        person.language,
        person.zone,
        person.suspended_at is not None,
        [_own_session(portal, permit, one, here=here is not None and one.id == here.id) for one in rows],
        appointments,
        assignments,
        open_links(portal, permit, links),
        often,
        open_profile(portal, permit, profile),
        may_describe,
        open_copies(portal, permit, found.rows),
        open_events(portal, permit, events),
        [_own_passkey(portal, permit, one) for one in passkeys],
        ways,
    )


def _own_session(portal: Portal, permit: Permit, one: PortalSession, *, here: bool) -> OwnSession:
    device = portal.open_text(permit, DEVICES, Place("session", "device", one.id), one.device)
    return OwnSession(one.id, one.created_at, one.seen_at, one.ends_at, here, device, Proof(one.proof))


def _own_passkey(portal: Portal, permit: Permit, one: Passkey) -> OwnPasskey:
    name = portal.open_text(permit, DEVICES, Place("passkey", "name", one.id), one.name)
    return OwnPasskey(one.id, name, one.added_at, one.used_at)


def set_preferences(portal: Portal, caller: Caller, language: str, zone: str) -> None:
    """Keep the language and the time zone in which somebody reads the portal.

    Args:
        portal: The portal.
        caller: Whose preferences.
        language: A code, one of those that the portal has; the page offers no other.
        zone: A name of the IANA list.

    Raises:
        RefusedError: There is no such time zone.

    """
    if zone not in available_timezones():
        raise RefusedError(Problem("zone", N_("There is no time zone of this name: choose one of the list.")))
    with portal.work(caller) as work:
        permit = work.require_on(Action.CHANGE_OWN_ACCOUNT, PortalFacts())
        if work.who.person is None:
            raise SignedOut
        work.who.person.language = language
        work.who.person.zone = zone
        reschedule(work, work.who.person)
        work.note(permit, step="language and time zone set")


def own_verifier(portal: Portal, caller: Caller) -> Account | None:
    """Find what somebody's present passphrase is compared with.

    Raises:
        SignedOut: The session ended.

    """
    with portal.work(caller) as work:
        person = work.who.person
        kept = work.identity.passphrase(person.id) if person else None
        if kept is None or not kept.verifier:
            return None
        return account_of(work.authenticators, kept.person_id, kept.verifier)


def replace_passphrase(portal: Portal, caller: Caller, proven: Account | None, verifier: str) -> str:
    """Keep another passphrase for whoever proved the present one; ends all other sessions, gives the new token.

    Args:
        portal: The portal.
        caller: Whose passphrase.
        proven: The account whose present passphrase was typed rightly; None if it wasn't.
        verifier: Of the new one.

    Raises:
        NotFound: The present passphrase was not proven.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        facts = PortalFacts() if proven else Absent(PortalFacts)
        permit = work.require_on(Action.CHANGE_OWN_ACCOUNT, facts)
        session = work.who.session
        kept = work.identity.passphrase(session.person_id) if session else None
        if session is None or kept is None or proven is None or kept.verifier != proven.verifier:
            raise SignedOut
        kept.verifier = verifier
        kept.created_at = work.now
        others = [one for one in work.identity.live_sessions(session.person_id, work.now) if one.id != session.id]
        for one in others:
            one.ended_at = work.now
        work.note(permit, step="passphrase changed", sessions_ended=len(others))
        tell_person(work, session.person_id, AccountEvent.WAY_CHANGED)
        return exchange_token(work, session)


def end_session(portal: Portal, caller: Caller, session_id: SessionId) -> None:
    """End one of one's own sessions.

    Raises:
        NotFound: There is no such session that is one's own.

    """
    with portal.work(caller) as work:
        row = work.identity.session(session_id)
        facts = SessionFacts(SessionId(row.id), PersonId(row.person_id)) if row else Absent(SessionFacts)
        work.require_on(Action.END_OWN_SESSION, facts, asked=session_id)
        if row is not None and row.ended_at is None:
            row.ended_at = work.now


def end_other_sessions(portal: Portal, caller: Caller) -> None:
    """End all of one's own sessions but the one that asks.

    Raises:
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        here = work.who.session
        facts = SessionFacts(SessionId(here.id), PersonId(here.person_id)) if here else Absent(SessionFacts)
        permit = work.require_on(Action.END_OWN_SESSION, facts)
        if here is None:
            raise SignedOut
        others = [one for one in work.identity.live_sessions(here.person_id, work.now) if one.id != here.id]
        for one in others:
            one.ended_at = work.now
        work.note(permit, step="all others ended", sessions_ended=len(others))


def end_all_sessions(portal: Portal, caller: Caller) -> None:
    """End all of one's own sessions, this one too.

    Raises:
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.SIGN_OUT, PortalFacts())
        if work.who.person is None:
            raise SignedOut
        work.note(permit, step="everywhere", sessions_ended=work.identity.end_sessions(work.who.person.id, work.now))


def _sessions(work: Work, person: Person) -> list[PortalSession]:
    return [
        one
        for one in work.identity.live_sessions(person.id, work.now)
        if lives(one, work.who.held, work.now, work.portal.settings)
    ]


def _appointments(work: Work) -> list[OwnAppointment]:
    person, held = work.who.person, {one.id for one in work.who.held}
    rows = work.people.appointments(person.id) if person else []
    return [
        OwnAppointment(
            Role(row.role), row.state_code, row.starts_at, _end(row.ended_at, row.ends_at), row.id in held, row.id
        )
        for row in rows
    ]


def _assignments(work: Work) -> list[OwnAssignment]:
    person, held = work.who.person, {one.id for one in work.who.held}
    rows = work.people.assignments_of(person.id) if person else []
    files = work.reviews.those({row.review_id for row in rows}) if rows else {}
    states = {id_: record.review.state_code for id_, record in files.items()}
    found = []
    for row in rows:
        end = _end(row.ended_at, row.ends_at)
        runs = row.starts_at <= work.now and (end is None or end > work.now) and row.appointment_id in held
        found.append(OwnAssignment(states.get(row.review_id, ""), row.starts_at, end, runs, row.id))
    return found


def _end(ended: datetime | None, ends: datetime | None) -> datetime | None:
    return min((at for at in (ended, ends) if at is not None), default=None)
