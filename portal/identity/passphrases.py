"""Passphrases: how they are kept, and signing in with one.

1. What is kept is Argon2id (RFC 9106, section 4, second recommended option) over the keyed hash of the passphrase
   in its one spelling: whoever steals the database without the keys can't even begin to guess.
2. Every attempt costs the same: one look-up, one hash, one record, whether there is such an account or not.
3. At most AT_ONCE hashes are computed at a time, each takes 64 MiB, and WAITING more wait for their turn: signing in
   never takes all of the portal's threads or memory. Whoever comes when the places are taken is told to wait; one
   account takes two of them at the most, one address five, so that nobody alone keeps the others out.
4. Guessing is slowed down as `attempts` says; what is turned away for that is recorded as any other refusal.
5. A passphrase that was closed by wrong codes (portal/usecases/evidence.py) is answered as a wrong one, as late.
"""

import base64
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final, NoReturn
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.ids import PersonId
from portal.domain.passphrases import prepared_passphrase
from portal.domain.texts import N_
from portal.errors import NotFound, SignedOut, TooMany, Unavailable
from portal.identity.attempts import (
    ADDRESS_ATTEMPTS,
    BROWSER_ATTEMPTS,
    Attempts,
    keys_of,
    keys_of_link,
    network,
)
from portal.identity.codes import is_code, step_of
from portal.identity.spelling import one_spelling
from portal.turns import Crowd, Taken
from portal.usecases.accounts import own_verifier, replace_passphrase
from portal.usecases.authenticators import NewApp, NewPasskey, NewPassphrase
from portal.usecases.evidence import Account, Typed, find_account, recovery_hash
from portal.usecases.invitations import Shown, link_known, use_link
from portal.usecases.people import mail_index
from portal.usecases.sessions import (
    Begun,
    as_visitor,
    is_marked,
    prove_again,
    record_refusal,
    sign_in,
    token_hash,
)
from portal.usecases.trouble import tell_of_attempts
from portal.work import Portal

AT_ONCE: Final = 2
WAITING: Final = 8
SAME_ACCOUNT: Final = 2
SAME_ADDRESS: Final = 5
HASH_BYTES: Final = 32
SALT_BYTES: Final = 16

SLOWLY: Final = N_(
    "There were many attempts in a short time, so the portal waits a quarter of an hour before the next one."
)
BUSY: Final = N_("Many people are signing in just now. Wait a moment and try again; nothing was lost.")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs."""

    passes: int
    kibibytes: int
    lanes: int


COST: Final = Cost(passes=3, kibibytes=64 * 1024, lanes=4)


class Passphrases:
    """The front door of one portal; made once for a process."""

    def __init__(self, portal: Portal, cost: Cost = COST) -> None:
        self._portal = portal
        self._hasher = PasswordHasher(
            cost.passes, cost.kibibytes, cost.lanes, hash_len=HASH_BYTES, salt_len=SALT_BYTES, type=Type.ID
        )
        self._turns = BoundedSemaphore(AT_ONCE)
        self._places = BoundedSemaphore(AT_ONCE + WAITING)
        self._crowd = Crowd()
        self._attempts = Attempts(portal)
        # compared with where there is no account: nothing fits it, and finding that out takes as long
        costs = f"m={cost.kibibytes},t={cost.passes},p={cost.lanes}"
        self._nobodys = f"$argon2id$v=19${costs}${_random(SALT_BYTES)}${_random(HASH_BYTES)}"

    def verifier(self, passphrase: str) -> str:
        """Compute what is kept of a passphrase.

        Raises:
            Unavailable: Too many are being computed.

        """
        with self._turn():
            return self._hasher.hash(self._peppered(passphrase))

    def proves(self, verifier: str | None, passphrase: str) -> bool:
        """Tell whether a passphrase is the one that is kept; None takes as long and is never it.

        Raises:
            Unavailable: Too many are being computed.

        """
        with self._turn():
            try:
                self._hasher.verify(verifier or self._nobodys, self._peppered(passphrase))
            except (VerificationError, InvalidHashError):
                return False
        return verifier is not None

    def sign_in(self, caller: Caller, mail: str, passphrase: str, code: str = "") -> Begun:
        """Sign somebody in.

        Raises:
            NotFound: Address, passphrase and code don't belong together; which of them is wrong isn't told.
            TooMany: There were too many attempts before.
            Unavailable: Too many people are signing in at once.

        """
        index = mail_index(self._portal, one_spelling(mail))
        keys = keys_of(index, caller.address, caller.mark.encode() if self._knows(caller, index) else None)
        account = find_account(self._portal, index)
        attempt = self._attempts.begin(keys)
        if attempt is None:
            person = account.person if account else None
            if self._attempts.reached({key: most for key, most in keys.items() if key[0] != "address"}):
                tell_of_attempts(self._portal, caller, person)
            self._turn_away(as_visitor(caller), Action.SIGN_IN, person)
        try:
            proven = self._proves_one_of_few(caller, index, account.verifier if account else None, passphrase)
        except Unavailable:
            self._attempts.take_back(attempt)
            raise
        evidence = self._evidence(account, code, proven=proven)
        begun = sign_in(self._portal, caller, account.person if account else None, evidence)
        self._attempts.take_back(attempt)
        return begun

    def _proves_one_of_few(self, caller: Caller, index: bytes, verifier: str | None, passphrase: str) -> bool:
        few = {b"account" + index: SAME_ACCOUNT, b"address" + network(caller.address): SAME_ADDRESS}
        try:
            with self._crowd.one_of(few):
                return self.proves(verifier, passphrase)
        except Taken:
            raise Unavailable(BUSY) from None

    def confirm(self, caller: Caller, passphrase: str, code: str = "") -> str:
        """Prove anew who somebody is; gives their session's new token.

        Raises:
            NotFound: Passphrase or code aren't the person's.
            SignedOut: Nobody is signed in.
            TooMany: There were too many attempts before.
            Unavailable: Too many people are signing in at once.

        """
        account = own_verifier(self._portal, caller)
        keys = {("confirm", account.person.bytes if account else b""): BROWSER_ATTEMPTS}
        attempt = self._attempts.begin(keys)
        if attempt is None:
            self._turn_away(caller, Action.PROVE_AGAIN)
        proven = self.proves(account.verifier if account else None, passphrase)
        token = prove_again(self._portal, caller, self._evidence(account, code, proven=proven))
        self._attempts.take_back(attempt)
        return token

    def slows(self, caller: Caller, mark: str | None) -> bool:
        """Tell whether this browser has to wait just now, whoever would sign in with it."""
        keys = {("address", network(caller.address)): ADDRESS_ATTEMPTS}
        if mark is not None:
            keys["browser", mark.encode()] = BROWSER_ATTEMPTS
        return self._attempts.reached(keys)

    def enter(self, caller: Caller, link: Shown, mail: str, passphrase: str, app: NewApp | None = None) -> Begun:
        """Use a sign-in link: keep the passphrase with the app of its codes, sign the person in.

        Raises:
            NotFound: The link doesn't work, or address or second part don't go with it.
            TooMany: There were too many attempts with this link before.
            Unavailable: Too many people are signing in at once.

        """

        def made() -> NewPassphrase:
            return NewPassphrase(self.verifier(passphrase) if link_known(self._portal, link.token) else "", app)

        return self._use_link(caller, link, mail, made)

    def enter_by_passkey(self, caller: Caller, link: Shown, mail: str, passkey: NewPasskey) -> Begun:
        """Use a sign-in link: keep the passkey, sign the person in.

        Raises:
            NotFound: The link doesn't work, or address or second part don't go with it.
            Conflict: The page was used before, or the passkey is known.
            TooMany: There were too many attempts with this link before.

        """
        return self._use_link(caller, link, mail, lambda: passkey)

    def _use_link(
        self, caller: Caller, link: Shown, mail: str, made: Callable[[], NewPasskey | NewPassphrase]
    ) -> Begun:
        known = link_known(self._portal, link.token)
        keys = keys_of_link(token_hash(self._portal, link.token), caller.address, known=known)
        attempt = self._attempts.begin(keys)
        if attempt is None:
            self._turn_away(as_visitor(caller), Action.USE_INVITATION)
        begun = use_link(self._portal, caller, link, one_spelling(mail), made())
        self._attempts.take_back(attempt)
        return begun

    def change(self, caller: Caller, present: str, new: str) -> str:
        """Exchange somebody's passphrase for another one; gives their session's new token.

        Raises:
            NotFound: The present passphrase isn't the one that was typed.
            SignedOut: Nobody is signed in.
            TooMany: There were too many attempts before.
            Unavailable: Too many people are signing in at once.

        """
        account = own_verifier(self._portal, caller)
        if account is None:
            raise SignedOut
        keys = {("change", account.person.bytes): BROWSER_ATTEMPTS}
        attempt = self._attempts.begin(keys)
        if attempt is None:
            self._turn_away(caller, Action.CHANGE_OWN_ACCOUNT)
        proven = self.proves(account.verifier, present)
        verifier = self.verifier(new) if proven else ""
        token = replace_passphrase(self._portal, caller, account if proven else None, verifier)
        self._attempts.take_back(attempt)
        return token

    def _evidence(self, account: Account | None, code: str, *, proven: bool) -> Typed | None:
        """Put passphrase and code together; as much is computed for nobody, and for one that is wrong or closed."""
        step = step_of(self._portal, account.salt if account else None, code)
        recovery = recovery_hash(self._portal, account.person if account else UUID(int=0), code)
        if account is None or account.closed or not proven:
            return None
        return Typed(account, step, None if is_code(code) else recovery)

    def _turn_away(self, caller: Caller, action: Action, asked: PersonId | None = None) -> NoReturn:
        with suppress(NotFound):
            record_refusal(self._portal, caller, action, asked)
        raise TooMany(SLOWLY)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Unavailable(BUSY)
        try:
            with self._turns:
                yield
        finally:
            self._places.release()

    def _peppered(self, passphrase: str) -> bytes:
        return self._portal.keyring.blind("pepper", prepared_passphrase(passphrase).encode("utf-8", "replace"))

    def _knows(self, caller: Caller, index: bytes) -> bool:
        return is_marked(self._portal, caller.mark, index)


def _random(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
