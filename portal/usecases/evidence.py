"""What somebody proved before the transaction that believes it; in the transaction it is checked once more.

1. What was replaced, removed or used up meanwhile proves nothing any more.
2. What works once is used up here: a code's step, a recovery code, a passkey's challenge and count. A refusal rolls
   that back, so that nothing is lost by it.
3. Wrong codes behind a right passphrase are counted for the person's code app, in the database, whoever types them and
   wherever they are asked for; a right code or recovery code sets the count back. At CODES_MOST the passphrase proves
   nothing any more, whatever code comes with it, until there is another app: by a sign-in link, or made by the person
   who came in another way. Only who knows the passphrase counts it up, so nobody else can lock a person out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from portal.domain.account_events import AccountEvent
from portal.domain.ids import PersonId
from portal.domain.proofs import Proof
from portal.errors import SignedOut
from portal.usecases.account_notices import tell_person
from portal.usecases.standings import NOBODY
from portal.work import Portal, Work
from storage.authenticators import CodeApp, WrongCodes
from storage.repositories.authenticators import AuthenticatorRecords
from storage.repositories.identity import IdentityRecords

CODES_TOLD: Final = 5  # more than people mistype, and the first sign that somebody else has the passphrase
CODES_MOST: Final = 20  # three of a million codes are right at a time: so many guesses find one in 17,000 times once


class Evidence(Protocol):
    """That somebody is a person."""

    @property
    def person(self) -> PersonId:
        """Whose evidence it is."""

    def use(self, work: Work) -> Proof | None:
        """Check it in the transaction, and use up what works once; None: it proves nothing any more."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose passphrase is to be proven, the verifier that proves it, and the salt of their code app."""

    person: PersonId
    verifier: str
    salt: bytes | None = None
    closed: bool = False  # by wrong codes: no code is a right one any more


@dataclass(frozen=True, slots=True)
class Typed:
    """A passphrase that was right, with the step of the code that came with it, or the hash of a recovery code."""

    account: Account
    step: int | None = None
    recovery: bytes | None = None

    @property
    def person(self) -> PersonId:
        """Whose it is."""
        return self.account.person

    def use(self, work: Work) -> Proof | None:
        """Check that the passphrase is still the one, and use up the code; a wrong one is counted.

        Raises:
            SignedOut: The passphrase was replaced meanwhile.

        """
        kept = work.identity.passphrase(self.person)
        if kept is None or kept.verifier != self.account.verifier:
            raise SignedOut("Your passphrase was replaced just now. Sign in with the new one.")
        if not work.portal.settings.second_factor:
            return Proof.PASSPHRASE
        app = work.authenticators.code_app(self.person)
        if app is None:
            return self._proof(work, None)
        wrong = work.authenticators.wrong_codes(app.id)
        if is_closed(wrong):
            return None
        proof = self._proof(work, app)
        if proof is None:
            _count_wrong(work, app, wrong)
        elif wrong is not None:
            wrong.count = 0
        return proof

    def _proof(self, work: Work, app: CodeApp | None) -> Proof | None:
        if self.step is not None and app is not None and app.salt == self.account.salt and self.step > app.last_step:
            app.last_step = self.step
            return Proof.CODE
        return Proof.RECOVERY if self.recovery is not None and self._recovered(work, self.recovery) else None

    def _recovered(self, work: Work, recovery: bytes) -> bool:
        row = work.authenticators.recovery_code(recovery)
        if row is None or row.person_id != self.person or row.used_at is not None or row.replaced_at is not None:
            return False
        row.used_at = work.now
        return True


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """What a passkey's assertion is compared with."""

    id: UUID
    person: PersonId
    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Asserted:
    """An assertion of a passkey that fitted, the count that it brought, and the challenge that it answers."""

    passkey: KnownPasskey
    sign_count: int
    mark: bytes
    expires_at: datetime

    @property
    def person(self) -> PersonId:
        """Whose passkey it is."""
        return self.passkey.person

    def use(self, work: Work) -> Proof | None:
        """Check that the passkey is still there and no later count was seen, and spend the challenge."""
        row = work.authenticators.passkey(self.passkey.id)
        if (
            row is None
            or row.removed_at is not None
            or not work.authenticators.spend(self.mark, self.expires_at, work.now)
        ):
            return None
        if (self.sign_count or row.sign_count) and self.sign_count <= row.sign_count:
            return None
        row.sign_count, row.used_at = self.sign_count, work.now
        return Proof.PASSKEY


def find_account(portal: Portal, mail_index: bytes) -> Account | None:
    """Find what a sign-in is compared with; nothing opens, and the records themselves are checked later."""
    with portal.database.read() as session:
        found = IdentityRecords(session).verifier(mail_index)
        account = account_of(AuthenticatorRecords(session), *(found or (NOBODY, "")))
    return account if found else None


def account_of(records: AuthenticatorRecords, person: UUID, verifier: str) -> Account:
    """Take what somebody's passphrase and code are compared with; as much is looked up for nobody."""
    app = records.code_app(person)
    wrong = records.wrong_codes(app.id if app else NOBODY)
    return Account(PersonId(person), verifier, app.salt if app else None, is_closed(wrong))


def is_closed(wrong: WrongCodes | None) -> bool:
    """Tell whether as many wrong codes were counted as are taken."""
    return wrong is not None and wrong.count >= CODES_MOST


def _count_wrong(work: Work, app: CodeApp, wrong: WrongCodes | None) -> None:
    """Count a wrong code, which the refusal that follows keeps, and tell the person of many."""
    if wrong is None:
        wrong = WrongCodes(app_id=app.id, count=0)
        work.authenticators.add(wrong)
    wrong.count += 1
    if wrong.count == CODES_TOLD:
        tell_person(work, app.person_id, AccountEvent.WRONG_CODES)
    if wrong.count == CODES_MOST:
        tell_person(work, app.person_id, AccountEvent.CODES_CLOSED)
    work.keeps_though_refused = True


def find_passkey(portal: Portal, credential_id: bytes) -> KnownPasskey | None:
    """Find a passkey by what its device calls it; one that was removed is none."""
    with portal.database.read() as session:
        row = AuthenticatorRecords(session).passkey_by_credential(credential_id)
        if row is None or row.removed_at is not None:
            return None
        return KnownPasskey(row.id, PersonId(row.person_id), row.credential_id, row.public_key, row.sign_count)


def recovery_hash(portal: Portal, person: UUID, typed: str) -> bytes:
    """Compute the keyed hash of a recovery code, typed with or without its blanks, in any case."""
    said = "".join(char for char in typed.upper() if char.isalnum())
    return portal.keyring.blind("token", b"recovery\0" + person.bytes + said.encode("utf-8", "replace"))
