"""What one signs in with: added and removed by its person alone, who proved just now who they are.

1. A passphrase never stands alone: an app that shows codes is kept with it, in one act, and recovery codes.
2. The last way of signing in can't be removed.
3. Removing one, or replacing a passphrase or an app, ends all other sessions and exchanges the token of this one.
4. What was removed stays in the records, and is of no use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.ids import PersonId
from portal.domain.proofs import Proof
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, SignedOut
from portal.usecases.account_notices import tell_person
from portal.usecases.evidence import recovery_hash
from portal.usecases.sessions import exchange_token
from portal.work import Portal, Work
from storage.authenticators import CodeApp, Passkey, RecoveryCode
from storage.fields import Place
from storage.permits import DEVICES, Permit
from storage.tables import Passphrase, PortalSession

USED: Final = N_("This page was used before, or the passkey is known already. Load the page again and try once more.")
LAST: Final = N_("This is the last thing that you can sign in with, so it stays. Add another one first.")


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that a device made for us, and the challenge that it answers."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    name: str
    mark: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewApp:
    """A code app whose first code was right, and the recovery codes that are shown with it."""

    salt: bytes
    step: int
    recovery: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewPassphrase:
    """A passphrase, with the app of its codes where the portal asks for one."""

    verifier: str
    app: NewApp | None


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody has to sign in with, before the page that offers to change it."""

    person: PersonId
    credentials: tuple[bytes, ...]
    passphrase: bool
    app: bool
    recovery: int


def own_ways(portal: Portal, caller: Caller) -> Ways | None:
    """Tell with what somebody signs in; None: nobody is here.

    Raises:
        SignedOut: The session ended.

    """
    with portal.work(caller) as work:
        return ways_of(work, work.who.person.id) if work.who.person else None


def ways_of(work: Work, person: UUID) -> Ways:
    """Tell with what a person signs in."""
    kept, records = work.identity.passphrase(person), work.authenticators
    return Ways(
        PersonId(person),
        tuple(row.credential_id for row in records.passkeys(person)),
        kept is not None and bool(kept.verifier),
        records.code_app(person) is not None,
        len(records.recovery_codes(person)),
    )


def add_passkey(portal: Portal, caller: Caller, new: NewPasskey | None) -> None:
    """Keep another passkey of one's own.

    Raises:
        NotFound: What the device said doesn't fit.
        ProveAgain: The proof of who one is, is too old.
        Conflict: The page was used before, or the passkey is known.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.ADD_AUTHENTICATOR, PortalFacts() if new else Absent(PortalFacts))
        if work.who.person is None or new is None:
            raise SignedOut
        keep_passkey(work, permit, work.who.person.id, new)
        work.note(permit, step="passkey added")
        tell_person(work, work.who.person.id, AccountEvent.WAY_ADDED)


def set_passphrase(portal: Portal, caller: Caller, new: NewPassphrase) -> str:
    """Keep a passphrase with its app, for somebody who had none; gives the session's new token.

    Raises:
        ProveAgain: The proof of who one is, is too old.
        Conflict: There is a passphrase already.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.ADD_AUTHENTICATOR, PortalFacts())
        session = _here(work)
        if ways_of(work, session.person_id).passphrase:
            raise Conflict(N_("You have a passphrase already: change it on the page of your account."))
        keep_passphrase(work, session.person_id, new)
        work.note(permit, step="passphrase added")
        return _alone(work, session, AccountEvent.WAY_ADDED)


def replace_app(portal: Portal, caller: Caller, new: NewApp) -> str:
    """Keep another code app and new recovery codes; gives the session's new token.

    Raises:
        ProveAgain: The proof of who one is, is too old.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.ADD_AUTHENTICATOR, PortalFacts())
        session = _here(work)
        _keep_app(work, session.person_id, new)
        work.note(permit, step="code app replaced")
        return _alone(work, session, AccountEvent.WAY_CHANGED)


def replace_recovery(portal: Portal, caller: Caller, codes: Sequence[str]) -> None:
    """Keep new recovery codes; the former ones stop working.

    Raises:
        ProveAgain: The proof of who one is, is too old.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.ADD_AUTHENTICATOR, PortalFacts())
        session = _here(work)
        _keep_recovery(work, session.person_id, codes)
        work.note(permit, step="recovery codes made")
        tell_person(work, session.person_id, AccountEvent.WAY_CHANGED)


def remove_passkey(portal: Portal, caller: Caller, passkey_id: UUID) -> str:
    """Remove a passkey of one's own; gives the session's new token.

    Raises:
        NotFound: There is no such passkey that is one's own.
        ProveAgain: The proof of who one is, is too old.
        Conflict: Nothing would be left to sign in with.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        row, person = work.authenticators.passkey(passkey_id), work.who.person
        own = row is not None and person is not None and row.person_id == person.id and row.removed_at is None
        facts = PortalFacts() if own else Absent(PortalFacts)
        permit = work.require_on(Action.REMOVE_AUTHENTICATOR, facts, asked=passkey_id)
        session = _here(work)
        if row is None:
            raise NotFound
        ways = ways_of(work, session.person_id)
        if len(ways.credentials) == 1 and not ways.passphrase:
            raise Conflict(LAST)
        row.removed_at = work.now
        work.note(permit, step="passkey removed", passkey=str(row.id))
        return _alone(work, session, AccountEvent.WAY_REMOVED)


def keep_passkey(work: Work, permit: Permit, person: UUID, new: NewPasskey) -> None:
    """Write a passkey in a transaction that was allowed to.

    Raises:
        Conflict: The challenge was used before, or the passkey is known.

    """
    records, passkey = work.authenticators, uuid4()
    if not records.spend(new.mark, new.expires_at, work.now) or records.passkey_by_credential(new.credential_id):
        raise Conflict(USED)
    records.add(
        Passkey(
            id=passkey,
            person_id=person,
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            aaguid=new.aaguid,
            name=work.seal(permit, DEVICES, Place("passkey", "name", passkey), new.name),
            added_at=work.now,
        )
    )


def keep_passphrase(work: Work, person: UUID, new: NewPassphrase) -> None:
    """Write a passphrase and its app in a transaction that was allowed to."""
    kept = work.identity.passphrase(person)
    if kept is None:
        work.identity.add(Passphrase(person_id=person, verifier=new.verifier, created_at=work.now))
    else:
        kept.verifier, kept.created_at = new.verifier, work.now
    if new.app is not None:
        _keep_app(work, person, new.app)


def keep_first(work: Work, permit: Permit, person: UUID, new: NewPasskey | NewPassphrase) -> Proof:
    """Write what a sign-in link brought in place of all that was there; gives what the session begins with."""
    drop_all(work, person)
    if isinstance(new, NewPassphrase):
        keep_passphrase(work, person, new)
        return Proof.CODE if new.app else Proof.PASSPHRASE
    keep_passkey(work, permit, person, new)
    return Proof.PASSKEY


def drop_all(work: Work, person: UUID) -> None:
    """Let nothing of what a person had sign them in any more, in a transaction that brings something else."""
    for passkey in work.authenticators.passkeys(person):
        passkey.removed_at = work.now
    _drop_app(work, person)
    if (kept := work.identity.passphrase(person)) is not None:
        kept.verifier = ""  # nothing fits it


def _keep_app(work: Work, person: UUID, new: NewApp) -> None:
    _drop_app(work, person)
    work.authenticators.add(CodeApp(id=uuid4(), person_id=person, salt=new.salt, last_step=new.step, added_at=work.now))
    _keep_recovery(work, person, new.recovery)


def _drop_app(work: Work, person: UUID) -> None:
    if (app := work.authenticators.code_app(person)) is not None:
        app.removed_at = work.now
        work.session.flush()
    _keep_recovery(work, person, ())


def _keep_recovery(work: Work, person: UUID, codes: Sequence[str]) -> None:
    for row in work.authenticators.recovery_codes(person):
        row.replaced_at = work.now
    for code in codes:
        hashed = recovery_hash(work.portal, person, code)
        work.authenticators.add(RecoveryCode(id=uuid4(), person_id=person, code_hash=hashed, made_at=work.now))


def _here(work: Work) -> PortalSession:
    if work.who.session is None:
        raise SignedOut
    return work.who.session


def _alone(work: Work, session: PortalSession, event: AccountEvent) -> str:
    for one in work.identity.live_sessions(session.person_id, work.now):
        if one.id != session.id:
            one.ended_at = work.now
    tell_person(work, session.person_id, event)
    return exchange_token(work, session)
