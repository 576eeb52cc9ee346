"""Signing in through an identity provider: whom it may sign in, binding, proving anew, and what it ends.

1. An issuer of a State signs in that State's people and nobody else's, the secretariat's those of the secretariat;
   looked at in the transaction of the act.
2. It counts once it is confirmed and until it is ended.
3. Its name for a person is bound to that person once, by a sign-in link that the person was given; a renewing link
   ends the binding.
4. A session that it ended before one began here with it begins none: what it ended is remembered as long as somebody
   may be on the way back from it.
5. Whatever is wrong, the answer is one; nobody learns from it who is known here.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import Absent, IssuerFacts, PortalFacts
from portal.domain.ids import IssuerId, PersonId, StateCode
from portal.domain.proofs import Proof
from portal.errors import NotFound
from portal.usecases.authenticators import drop_all
from portal.usecases.invitations import Shown, take_link
from portal.usecases.sessions import Begun, Through, as_visitor, begin, record_refusal, token_hash
from portal.work import Portal, Work
from storage.fields import Place
from storage.issuers import Issuer, IssuerSubject
from storage.permits import ISSUERS
from storage.repositories.authenticators import AuthenticatorRecords
from storage.repositories.identity import IdentityRecords
from storage.repositories.issuers import IssuerRecords
from storage.repositories.people import PeopleRecords
from storage.tables import Person

ENDED_KEPT: Final = timedelta(minutes=20)  # a way back, and another one while an address is asked for (flows.py)


class EndedThere(NotFound):
    """The issuer ended its session before one began here with it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An issuer that one may choose."""

    id: UUID
    name: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Connected:
    """An issuer as it is set, but for its secret."""

    id: UUID
    url: str
    name: str
    client_id: str
    acr_values: tuple[str, ...]
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asserted:
    """Whom an issuer says that it is: keyed hashes of its names for the person and for its session."""

    issuer: UUID
    subject: bytes
    session: bytes | None


@dataclass(frozen=True, slots=True)
class Mark:
    """An issuer's name for a message that counts once, and until when it would count (seconds since 1970)."""

    name: str
    ends: int

    @property
    def until(self) -> datetime:
        """Give the moment."""
        return datetime.fromtimestamp(self.ends, UTC)


@dataclass(frozen=True, slots=True)
class Recognized:
    """That an issuer knows a person; looked at once more in the transaction that believes it."""

    person: PersonId
    said: Asserted

    def use(self, work: Work) -> Proof | None:
        """Check that the issuer works, and still means this person."""
        records = IssuerRecords(work.session)
        issuer, bound = records.find(self.said.issuer), records.subject(self.said.issuer, self.said.subject)
        person = work.people.find(bound.person_id) if bound else None
        return Proof.ISSUER if person is not None and person.id == self.person and _may_be(issuer, person) else None


def asserted(portal: Portal, issuer: UUID, subject: str, session: str | None) -> Asserted:
    """Compute the keyed hashes of what an issuer says."""
    return Asserted(issuer, _hash(portal, issuer, b"subject", subject), session_hash(portal, issuer, session))


def session_hash(portal: Portal, issuer: UUID, session: str | None) -> bytes | None:
    """Compute the keyed hash of what an issuer calls a session."""
    return None if session is None else _hash(portal, issuer, b"session", session)


def _hash(portal: Portal, issuer: UUID, what: bytes, name: str) -> bytes:
    return portal.keyring.blind("token", b"issuer\0" + what + b"\0" + issuer.bytes + name.encode("utf-8", "replace"))


def issuer_facts(row: Issuer) -> IssuerFacts:
    """Tell the policies about an issuer."""
    state = StateCode(row.state_code) if row.state_code else None
    return IssuerFacts(IssuerId(row.id), state, PersonId(row.added_by), confirmed=row.confirmed_at is not None)


def _works(row: Issuer | None) -> bool:
    return row is not None and row.confirmed_at is not None and row.ended_at is None


def _may_be(row: Issuer | None, person: Person | None) -> bool:
    """Tell whether an issuer may sign somebody in."""
    fits = row is not None and person is not None and row.state_code == person.state_code
    return fits and _works(row) and person is not None and person.suspended_at is None


def offered(portal: Portal) -> list[Offered]:
    """List the issuers that work: their names are on the page of signing in, for everybody."""
    with portal.database.read() as session:
        return [Offered(row.id, row.name, row.state_code) for row in IssuerRecords(session).live() if _works(row)]


def offered_for_link(portal: Portal, token: str) -> list[Offered]:
    """List the issuers with which whoever holds a sign-in link may sign in."""
    with portal.database.read() as session:
        invitation = IdentityRecords(session).invitation_by_token(token_hash(portal, token))
        person = PeopleRecords(session).find(invitation.person_id) if invitation else None
        rows = IssuerRecords(session).live() if person else []
        return [Offered(row.id, row.name, row.state_code) for row in rows if _may_be(row, person)]


def offered_again(portal: Portal, caller: Caller) -> list[Offered]:
    """List the issuers that know whoever is signed in."""
    with portal.work(caller) as work:
        person, records = work.who.person, IssuerRecords(work.session)
        rows = [records.find(one.issuer_id) for one in records.bindings(person.id)] if person else []
        return [Offered(row.id, row.name, row.state_code) for row in rows if row and _may_be(row, person)]


def connected(portal: Portal, issuer_id: UUID) -> Connected:
    """Give an issuer that works, as it is set.

    Raises:
        NotFound: There is none.

    """
    with portal.database.read() as session:
        row = IssuerRecords(session).find(issuer_id)
        if row is None or not _works(row):
            raise NotFound
        return Connected(
            row.id, row.url, row.name, row.client_id, tuple(row.acr_values.split()), tuple(row.amr.split())
        )


def secret_of(portal: Portal, caller: Caller, issuer_id: UUID) -> str:
    """Open the secret that the portal has with an issuer, to ask it who somebody is.

    Raises:
        NotFound: There is no such issuer that works.

    """
    with portal.work(Caller(machine=Machine.ISSUER, address=caller.address)) as work:
        row = IssuerRecords(work.session).find(issuer_id)
        facts = issuer_facts(row) if row is not None and _works(row) else Absent(IssuerFacts)
        permit = work.require_on(Action.CALL_ISSUER, facts, asked=issuer_id)
        if row is None:
            raise NotFound
        sealed = row.client_secret
    return portal.open_text(permit, ISSUERS, Place("issuer", "client_secret", issuer_id), sealed)


def sign_in_through(portal: Portal, caller: Caller, said: Asserted) -> Begun:
    """Begin a session for whom an issuer knows.

    Raises:
        NotFound: Nobody here is bound to this, or it isn't the issuer's to sign them in.
        EndedThere: It ended its own session meanwhile.

    """
    with portal.work(as_visitor(caller)) as work:
        records = IssuerRecords(work.session)
        issuer, bound = records.find(said.issuer), records.subject(said.issuer, said.subject)
        person = work.people.find(bound.person_id) if bound else None
        over = _over(work, said)
        facts = PortalFacts() if _may_be(issuer, person) and not over else Absent(PortalFacts)
        with _told_apart(over=over):
            permit = work.require_on(Action.SIGN_IN, facts, asked=said.issuer, why="ended" if over else "unknown")
        if person is None:
            raise NotFound
        work.note(permit, issuer=str(said.issuer))
        return begin(work, permit, person.id, caller.token, Proof.ISSUER, Through(said.issuer, said.session))


def bind_through(portal: Portal, caller: Caller, said: Asserted, link: Shown, mail: str) -> Begun:
    """Bind an issuer's name for somebody to the person of a sign-in link, use that up, and begin a session.

    Raises:
        NotFound: The link doesn't work, address or second part don't go with it, the issuer isn't their State's, or
            it already means somebody by this name.
        EndedThere: It ended its own session meanwhile; the link is unused.

    """
    with portal.work(as_visitor(caller)) as work:
        records = IssuerRecords(work.session)
        issuer, bound = records.find(said.issuer), records.subject(said.issuer, said.subject)
        over = _over(work, said)

        def fits(person: Person) -> bool:
            return _may_be(issuer, person) and (bound is None or bound.person_id == person.id) and not over

        with _told_apart(over=over):
            person, permit = take_link(work, link, mail, fits)
        drop_all(work, person.id)  # the link replaces what there was
        row = IssuerSubject(
            id=uuid4(), issuer_id=said.issuer, subject=said.subject, person_id=person.id, bound_at=work.now
        )
        records.add(row)
        work.note(permit, issuer=str(said.issuer))
        return begin(
            work, permit, person.id, caller.token, Proof.ISSUER, Through(said.issuer, said.session), by_link=True
        )


def _over(work: Work, said: Asserted) -> bool:
    """Tell whether an issuer ended the session of which it spoke."""
    return said.session is not None and work.authenticators.spent(said.session, work.now)


@contextmanager
def _told_apart(*, over: bool) -> Iterator[None]:
    """Tell whoever is refused because the issuer ended its session that it is for that."""
    try:
        yield
    except NotFound:
        if over:
            raise EndedThere from None
        raise


def recognized(portal: Portal, said: Asserted) -> Recognized | None:
    """Find the person whom an issuer means, if it may sign them in; nothing opens."""
    with portal.database.read() as session:
        records = IssuerRecords(session)
        issuer, bound = records.find(said.issuer), records.subject(said.issuer, said.subject)
        person = PeopleRecords(session).find(bound.person_id) if bound else None
        return Recognized(PersonId(person.id), said) if person is not None and _may_be(issuer, person) else None


def note_refusal(portal: Portal, caller: Caller, action: Action, issuer: UUID, why: str) -> None:
    """Record that what came back from an issuer proved nothing, by a word that says why."""
    with suppress(NotFound):
        record_refusal(portal, caller, action, issuer, why)


def take_flow(portal: Portal, mark: bytes, ends: datetime) -> bool:
    """Use up a way to an issuer and back, by its mark; False: it was used before, at whichever replica."""
    with portal.database.begin() as session:
        return AuthenticatorRecords(session).spend(mark, ends, portal.clock())


def end_by_issuer(
    portal: Portal, caller: Caller, issuer_id: UUID, message: Mark, subject: str | None, session: str | None
) -> bool:
    """End the sessions of which an issuer says that they are over; False: it said so before, in the same message.

    Args:
        portal: The portal.
        caller: From where the issuer asks.
        issuer_id: The issuer.
        message: What it said this by.
        subject: Its name for a person; None: whoever's.
        session: Its name for one session; None: all of the person's.

    Raises:
        NotFound: There is no such issuer that works.

    """
    with portal.work(Caller(machine=Machine.ISSUER, address=caller.address)) as work:
        records = IssuerRecords(work.session)
        row = records.find(issuer_id)
        facts = issuer_facts(row) if row is not None and _works(row) else Absent(IssuerFacts)
        permit = work.require_on(Action.END_SESSIONS_BY_ISSUER, facts, asked=issuer_id)
        if not work.authenticators.spend(_hash(portal, issuer_id, b"logout", message.name), message.until, work.now):
            work.declines(permit, why="replayed")
            return False
        bound = records.subject(issuer_id, _hash(portal, issuer_id, b"subject", subject)) if subject else None
        named, ended = session_hash(portal, issuer_id, session), 0
        if named is not None:
            work.authenticators.spend(named, work.now + ENDED_KEPT, work.now)
        for one in records.sessions(issuer_id, work.now):
            theirs = subject is None or (bound is not None and one.person_id == bound.person_id)
            if theirs and (named is None or one.issuer_session == named):
                one.ended_at, ended = work.now, ended + 1
        work.note(permit, sessions_ended=ended)
    return True
