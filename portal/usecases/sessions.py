"""Sessions: they begin with a proof of who one is, carry the appointment that one acts under, and end.

1. The token is 256 random bits; the record keeps its keyed hash, the browser the token itself.
2. Signing in always begins a new session, and ends the one that this browser had. It keeps with what the person proved
   who they are, and when: what takes a fresh proof asks for another one once this one is older (`prove_again`), and the
   token is exchanged then too. It is bound to no address: a connection that changes signs nobody out.
3. Choosing another appointment exchanges the token: what was opened under the former one can't be sent any more.
   An appointment that was ended takes its sessions with it; after one that ended by its date, another one that runs
   can be chosen, and without one the session is over (`portal/access/principals.py`).
4. A sign-in that fails is asked for like one on a thing that is absent: the gate refuses and records it, and
   nobody learns from the answer whether there is such an account.
"""

import hmac
import secrets
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, AppointmentFacts, PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.devices import device_name
from portal.domain.ids import AppointmentId, PersonId, StateCode
from portal.domain.proofs import Proof
from portal.domain.roles import Role
from portal.errors import NotFound, SignedOut
from portal.usecases.account_notices import tell_person
from portal.usecases.evidence import Evidence
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import DEVICES, Permit
from storage.tables import Appointment, PortalSession

TOKEN_BYTES = 32
MARK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has begun: its token, the browser's mark, and how many appointments one may choose from."""

    token: str
    mark: str
    appointments: int
    role: Role | None  # in which the person acts from now on, where there is nothing to choose
    proof: Proof


@dataclass(frozen=True, slots=True)
class Through:
    """The identity provider with which a session begins, and the keyed hash of what that calls its own session."""

    issuer: UUID
    session: bytes | None


@dataclass(frozen=True, slots=True)
class Present:
    """Who is here: what decides which page comes first."""

    role: Role | None
    suspended: bool


def new_token() -> str:
    """Make a secret that is carried in a cookie or a link: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(portal: Portal, token: str) -> bytes:
    """Compute the keyed hash under which a token is kept."""
    return portal.keyring.blind("token", token.encode("utf-8", "replace"))


def as_visitor(caller: Caller) -> Caller:
    """Give the same caller before they said who they are."""
    return replace(caller, token=None)


def sign_in(portal: Portal, caller: Caller, asked: PersonId | None, evidence: Evidence | None) -> Begun:
    """Begin a session for whoever proved who they are; record it when nobody did.

    Raises:
        NotFound: Nothing was proven, or it proves nothing any more.
        SignedOut: The passphrase was replaced meanwhile.

    """
    with portal.work(as_visitor(caller)) as work:
        proof = evidence.use(work) if evidence else None
        permit = work.require_on(Action.SIGN_IN, PortalFacts() if proof else Absent(PortalFacts), asked=asked)
        if evidence is None or proof is None:
            raise NotFound
        return begin(work, permit, evidence.person, caller.token, proof)


def record_refusal(portal: Portal, caller: Caller, action: Action, asked: UUID | None = None, why: str = "") -> None:
    """Record an attempt at a proof of who one is that was turned away without looking at the proof.

    Raises:
        NotFound: Always: it is a refusal.
        SignedOut: The session ended.

    """
    with portal.work(caller) as work:
        work.require_on(action, Absent(PortalFacts), asked=asked, why=why)


def begin(
    work: Work,
    permit: Permit,
    person: UUID,
    former: bytes | None,
    proof: Proof,
    through: Through | None = None,
    *,
    by_link: bool = False,
) -> Begun:
    """Begin a session in a transaction that proved who it is, and end the one that this browser had.

    The person is told of a browser in which they didn't sign in before; not when they come by their link.
    """
    old = work.identity.signed_in(former, work.now) if former else None
    if old is not None and old.session.ended_at is None:
        old.session.ended_at = work.now
    running = work.people.running_appointments(person, work.now)
    token, session, index = new_token(), uuid4(), work.people.mail_index(person)
    known = is_marked(work.portal, work.caller.mark, index)
    work.identity.add(
        PortalSession(
            id=session,
            person_id=person,
            token_hash=token_hash(work.portal, token),
            appointment_id=running[0].id if len(running) == 1 else None,
            created_at=work.now,
            seen_at=work.now,
            ends_at=work.now + work.portal.settings.session_life,
            proof=proof.value,
            proven_at=work.now,
            device=work.seal(permit, DEVICES, Place("session", "device", session), device_name(work.caller.client)),
            issuer_id=through.issuer if through else None,
            issuer_session=through.session if through else None,
        )
    )
    work.note(permit, person=str(person), proof=proof.value, browser="known" if known else "new")
    if not known and not by_link:
        tell_person(work, person, AccountEvent.NEW_BROWSER)
    mark = work.caller.mark if known else new_mark(work.portal, index)
    return Begun(token, mark, len(running), Role(running[0].role) if len(running) == 1 else None, proof)


def new_mark(portal: Portal, index: bytes) -> str:
    """Make the mark that a browser keeps in which somebody signed in: it opens nothing."""
    nonce = secrets.token_hex(MARK_BYTES)
    return f"{nonce}.{_mark_of(portal, nonce, index)}"


def is_marked(portal: Portal, mark: str, index: bytes) -> bool:
    """Tell whether a browser carries the mark of this mail address, given by its blind index."""
    nonce, _, given = mark.partition(".")
    return hmac.compare_digest(given.encode("utf-8", "replace"), _mark_of(portal, nonce, index).encode())


def _mark_of(portal: Portal, nonce: str, index: bytes) -> str:
    said = b"browser\0" + nonce.encode("utf-8", "replace") + b"\0" + index
    return portal.keyring.blind("token", said).hex()


def prove_again(portal: Portal, caller: Caller, evidence: Evidence | None) -> str:
    """Note that somebody proved anew who they are; gives the session's new token.

    Args:
        portal: The portal.
        caller: Whose session.
        evidence: What they proved it with; None if they didn't.

    Raises:
        NotFound: It was not proven, or by somebody else.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        session = work.who.session
        same = session is not None and evidence is not None and evidence.person == session.person_id
        proof = evidence.use(work) if same and evidence else None
        permit = work.require_on(Action.PROVE_AGAIN, PortalFacts() if proof else Absent(PortalFacts))
        if session is None or proof is None:
            raise SignedOut
        session.proof, session.proven_at = proof.value, work.now
        work.note(permit, proof=proof.value)
        return exchange_token(work, session)


def present(portal: Portal, caller: Caller) -> Present | None:
    """Tell who is here, without opening anything of theirs; None when nobody signed in.

    Raises:
        SignedOut: The session ended.

    """
    with portal.work(caller) as work:
        person = work.who.person
        return Present(work.who.role, person.suspended_at is not None) if person else None


def choose_appointment(portal: Portal, caller: Caller, appointment_id: AppointmentId) -> str:
    """Act under another of one's own appointments; gives the session's new token.

    Raises:
        NotFound: There is no such appointment that is one's own and runs.

    """
    with portal.work(caller) as work:
        row = work.people.appointment(appointment_id)
        facts = _facts(row, work.who.held) if row else Absent(AppointmentFacts)
        work.require_on(Action.CHOOSE_APPOINTMENT, facts, asked=appointment_id)
        session = work.who.session
        if row is None or session is None:
            raise SignedOut
        session.appointment_id = row.id
        return exchange_token(work, session)


def exchange_token(work: Work, session: PortalSession) -> str:
    """Give a session another token, in a transaction that changes what it stands for."""
    token = new_token()
    session.token_hash = token_hash(work.portal, token)
    session.seen_at = work.now
    return token


def sign_out(portal: Portal, caller: Caller) -> None:
    """End the session that this browser has.

    Raises:
        SignedOut: It ended before.

    """
    with portal.work(caller) as work:
        work.require_on(Action.SIGN_OUT, PortalFacts())
        if work.who.session is not None:
            work.who.session.ended_at = work.now


def _facts(row: Appointment, held: tuple[Appointment, ...]) -> AppointmentFacts:
    return AppointmentFacts(
        AppointmentId(row.id),
        PersonId(row.person_id),
        StateCode(row.state_code) if row.state_code else None,
        Role(row.role),
        PersonId(row.appointed_by) if row.appointed_by else None,
        running=any(one.id == row.id for one in held),
        others=frozenset(Role(one.role) for one in held if one.id != row.id),
    )
