"""Rewraps the keys of scopes under the key provider's current key, and begins new versions of them; contents stay.

A wrapped key is opened and wrapped again in one transaction, a few at a time, so that whoever writes waits for
moments only and an interrupted rotation goes on where it stopped: each row says under which key it is wrapped.

A new version of a scope's key seals what comes later; what is sealed already stays under the version that sealed it.
"""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.holders import PROVIDER, holder_context
from storage.keyring import Keyring
from storage.keys.provider import KeyProvider
from storage.permits import ORIGINS, SERVICE, STREAM, Scope
from storage.tables import KeyHolder, KeyVersion


def rewrap(session: Session, provider: KeyProvider, most: int) -> int:
    """Wrap up to so many keys anew under the provider's current key; gives how many it were.

    Raises:
        KeyUnavailable: The provider can't open one of them.
        Damaged: One of them was altered.

    """
    current = provider.current
    question = select(KeyHolder).where(col(KeyHolder.holder) == PROVIDER, col(KeyHolder.wrapping_key) != current)
    rows = session.scalars(question.order_by(col(KeyHolder.scope), col(KeyHolder.version)).limit(most)).all()
    for row in rows:
        context = holder_context(Scope(row.scope), row.version)
        row.wrapped = provider.wrap(provider.unwrap(row.wrapped, context), context)
        row.wrapping_key = provider.key_of(row.wrapped)
    session.flush()
    return len(rows)


def in_use(session: Session) -> dict[str, int]:
    """Count the wrapped keys by the provider's key that they are wrapped under."""
    question = select(col(KeyHolder.wrapping_key), func.count()).where(col(KeyHolder.holder) == PROVIDER)
    return {row[0]: row[1] for row in session.execute(question.group_by(col(KeyHolder.wrapping_key)))}


def renewable(session: Session, name: str) -> Scope | None:
    """Find a scope whose key can have a new version, by its name or, for a room, by the room's id alone."""
    room = col(KeyVersion.scope).startswith("room/") & col(KeyVersion.scope).endswith(f"/{name}", autoescape=True)
    found = session.scalars(_newest().where((col(KeyVersion.scope) == name) | room)).all()
    return Scope(found[0]) if len(found) == 1 else None


def renew_older(session: Session, keyring: Keyring, before: datetime, most: int) -> int:
    """Begin new versions of up to so many keys whose newest version began before a time; gives how many it were."""
    scopes = session.scalars(_older(before).order_by(col(KeyVersion.scope)).limit(most)).all()
    for scope in scopes:
        keyring.add_version(session, Scope(scope))
    return len(scopes)


def older(session: Session, before: datetime) -> int:
    """Count the keys whose newest version began before a time."""
    return session.scalar(select(func.count()).select_from(_older(before).subquery())) or 0


def _older(before: datetime) -> Select[str]:
    return _newest().having(func.max(col(KeyVersion.created_at)) < before)


def _newest() -> Select[str]:
    one_version = col(KeyVersion.scope).in_([SERVICE, ORIGINS]) | col(KeyVersion.scope).startswith(STREAM)
    return select(col(KeyVersion.scope)).where(~one_version).group_by(col(KeyVersion.scope))
