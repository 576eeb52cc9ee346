"""Passkeys, code apps, recovery codes, used challenges and attempts in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.authenticators import Attempt, CodeApp, Passkey, RecoveryCode, Spent, WrongCodes

CLOCKS_APART: Final = timedelta(hours=1)  # what is over by one replica's clock may not be over by another's


class AuthenticatorRecords:
    """What people sign in with, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def passkeys(self, person_id: UUID) -> Sequence[Passkey]:
        """List the passkeys that a person has now, oldest first."""
        question = select(Passkey).where(col(Passkey.person_id) == person_id, col(Passkey.removed_at).is_(None))
        return self._session.scalars(question.order_by(col(Passkey.added_at), col(Passkey.id))).all()

    def passkey(self, passkey_id: UUID) -> Passkey | None:
        """Find a passkey."""
        return self._session.get(Passkey, passkey_id)

    def passkey_by_credential(self, credential_id: bytes) -> Passkey | None:
        """Find a passkey by what its device calls it, one that was removed too."""
        return self._session.scalar(select(Passkey).where(col(Passkey.credential_id) == credential_id))

    def code_app(self, person_id: UUID) -> CodeApp | None:
        """Find the code app that a person has now."""
        question = select(CodeApp).where(col(CodeApp.person_id) == person_id, col(CodeApp.removed_at).is_(None))
        return self._session.scalar(question)

    def wrong_codes(self, app_id: UUID) -> WrongCodes | None:
        """Find how many wrong codes were counted for an app."""
        return self._session.get(WrongCodes, app_id)

    def recovery_codes(self, person_id: UUID) -> Sequence[RecoveryCode]:
        """List a person's recovery codes that still work."""
        question = select(RecoveryCode).where(
            col(RecoveryCode.person_id) == person_id,
            col(RecoveryCode.used_at).is_(None),
            col(RecoveryCode.replaced_at).is_(None),
        )
        return self._session.scalars(question).all()

    def recovery_code(self, code_hash: bytes) -> RecoveryCode | None:
        """Find a recovery code by its keyed hash."""
        return self._session.scalar(select(RecoveryCode).where(col(RecoveryCode.code_hash) == code_hash))

    def spend(self, challenge: bytes, expires_at: datetime, at: datetime) -> bool:
        """Note that a challenge was used; False: it was used before. Those that have expired are forgotten."""
        self._session.execute(delete(Spent).where(col(Spent.expires_at) <= at - CLOCKS_APART))
        known = select(func.count()).select_from(Spent).where(col(Spent.challenge) == challenge)
        if self._session.scalar(known):
            return False
        self.add(Spent(challenge=challenge, expires_at=expires_at))
        return True

    def spent(self, challenge: bytes, at: datetime) -> bool:
        """Tell whether something is noted as used, and hasn't expired."""
        which = col(Spent.challenge) == challenge, col(Spent.expires_at) > at
        return bool(self._session.scalar(select(func.count()).select_from(Spent).where(*which)))

    def counted(self, things: Collection[bytes], after: datetime, until: datetime) -> dict[bytes, int]:
        """Count the attempts for each of these things in a time; those that have none are left out."""
        of, at = col(Attempt.counted_for), col(Attempt.made_at)
        question = select(of, func.count()).where(of.in_(things), at > after, at <= until).group_by(of)
        return {row[0]: row[1] for row in self._session.execute(question)}

    def count(self, attempts: Sequence[Attempt], ended: datetime) -> None:
        """Note attempts; those made before a moment are forgotten, once they are so by every clock."""
        self._session.execute(delete(Attempt).where(col(Attempt.made_at) <= ended - CLOCKS_APART))
        self._session.add_all(attempts)
        self._session.flush()

    def take_back(self, attempts: Collection[UUID]) -> None:
        """Forget attempts that were none."""
        self._session.execute(delete(Attempt).where(col(Attempt.id).in_(attempts)))

    def add(self, row: Passkey | CodeApp | RecoveryCode | Spent | WrongCodes) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()
