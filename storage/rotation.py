"""Rewraps the keys of scopes under the key provider's current key; what they seal stays as it is.

A wrapped key is opened and wrapped again in one transaction, a few at a time, so that whoever writes waits for
moments only and an interrupted rotation goes on where it stopped: each row says under which key it is wrapped.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.keyring import PROVIDER, holder_context
from storage.keys.provider import KeyProvider
from storage.permits import Scope
from storage.tables import KeyHolder


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
