"""Canaries: something is opened under each of the provider's keys that wraps anything, before anything else is.

A rotation that broke off leaves keys under an older one. Were that gone, the portal would start all the same, and whole
reviews would be closed without anybody having been told.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.database import Database
from storage.errors import Damaged, KeyUnavailable
from storage.holders import PROVIDER, holder_context
from storage.keys.provider import KeyProvider
from storage.permits import Scope
from storage.tables import KeyHolder

TRIED: Final = 3  # of what one key wrapped: one alone may have been altered, and that closes nothing but itself


class Canaries:
    """The canaries of one portal: opened at the start, and again where the key that wraps became another one.

    So it does with each rotation, and where an older copy of the keys, or another portal's, was put there meanwhile.
    """

    def __init__(self, provider: KeyProvider, database: Database) -> None:
        self._provider = provider
        self._database = database
        self._tried = ""

    def check(self) -> None:
        """See that the keys are those of this portal, all of them.

        Raises:
            KeyUnavailable: The provider is away, or doesn't hold a key that wrapped something.
            Damaged: Nothing that one of the provider's keys wrapped opens.

        """
        current = self._provider.current
        if current != self._tried:
            with self._database.look() as session:
                try_keys(session, self._provider)
            self._tried = current


def try_keys(session: Session, provider: KeyProvider) -> None:
    """Open something under each of the provider's keys that is in use.

    Raises:
        KeyUnavailable: The provider is away, or doesn't hold one of them.
        Damaged: What one of them wrapped doesn't open.

    """
    ours = col(KeyHolder.holder) == PROVIDER
    for wrapping in session.scalars(select(col(KeyHolder.wrapping_key)).where(ours).distinct()).all():
        under = select(KeyHolder).where(ours, col(KeyHolder.wrapping_key) == wrapping)
        under = under.order_by(col(KeyHolder.scope), col(KeyHolder.version)).limit(TRIED)
        _try(provider, wrapping, list(session.scalars(under)))


def _try(provider: KeyProvider, wrapping: str, found: list[KeyHolder]) -> None:
    damaged: Damaged | None = None
    for one in found:
        try:
            if provider.key_of(one.wrapped) == wrapping:  # else the row was altered, which portal fsck says
                provider.unwrap(one.wrapped, holder_context(Scope(one.scope), one.version))
                return
        except KeyUnavailable as cause:
            raise KeyUnavailable(
                f"keys are still wrapped under {wrapping}, which isn't there: without it the portal doesn't start"
            ) from cause
        except Damaged as cause:
            damaged = cause
    if damaged is not None:
        raise damaged
