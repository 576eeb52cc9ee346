"""Passkeys, code apps, recovery codes and used challenges in the database."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.authenticators import CodeApp, Passkey, RecoveryCode, Spent, WrongCodes


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
        self._session.execute(delete(Spent).where(col(Spent.expires_at) <= at))
        known = select(func.count()).select_from(Spent).where(col(Spent.challenge) == challenge)
        if self._session.scalar(known):
            return False
        self.add(Spent(challenge=challenge, expires_at=expires_at))
        return True

    def add(self, row: Passkey | CodeApp | RecoveryCode | Spent | WrongCodes) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()
