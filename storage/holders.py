"""Who holds a copy of a scope's key: the key provider, and the offline recovery key (FORMAT.md).

1. Each holder has its own wrapped copy of each key version; the copy names scope, version and holder in its context.
2. What is sealed to the recovery key needs its public part alone: the portal can't open those copies itself.
3. One recovery key is active at a time; every new key version is sealed to it as it is made.
"""

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from storage.backups import RecoveryKey
from storage.errors import Damaged, KeyUnavailable
from storage.keys.provider import KeyProvider
from storage.permits import Scope
from storage.recovery import offline
from storage.tables import KeyHolder, KeyVersion

PROVIDER = "provider"  # the first kind of holder
RECOVERY = "recovery/"  # before the fingerprint of a recovery key


def holder_context(scope: Scope, version: int, holder: str = PROVIDER) -> bytes:
    """Name what a wrapped scope key is for: purpose, scope (review, room), key version, holder."""
    return f"portal/v1/scope-key/{scope}/{version}/{holder}".encode()


def provider_copy(session: Session, scope: Scope, version: int) -> bytes:
    """Find the key provider's copy of a key version.

    Raises:
        KeyUnavailable: There is none.

    """
    holder = session.get(KeyHolder, (scope, version, PROVIDER))
    if holder is None:
        raise KeyUnavailable("the key of this scope is not there")
    return holder.wrapped


def active_recovery(session: Session) -> RecoveryKey | None:
    """Find the recovery key that is in use."""
    return session.scalar(select(RecoveryKey).where(col(RecoveryKey.ended_at).is_(None)))


def recovery_copy(public: bytes, scope: Scope, version: int, key: bytes) -> KeyHolder:
    """Seal a scope's key to a recovery key."""
    mark = offline.fingerprint(public)
    holder = RECOVERY + mark
    sealed = offline.seal(public, key, holder_context(scope, version, holder))
    return KeyHolder(scope=scope, version=version, holder=holder, wrapping_key=mark, wrapped=sealed)


def fill_recovery(session: Session, provider: KeyProvider, recovery: RecoveryKey, most: int) -> int:
    """Seal up to so many key versions to the recovery key that aren't yet; gives how many it were.

    Raises:
        KeyUnavailable: The provider can't open one of them.
        Damaged: One of them was altered.

    """
    holder = RECOVERY + offline.fingerprint(recovery.public)
    rows = session.scalars(select(KeyHolder).where(*_unheld(holder)).limit(most)).all()
    for row in rows:
        scope = Scope(row.scope)
        key = provider.unwrap(row.wrapped, holder_context(scope, row.version))
        session.add(recovery_copy(recovery.public, scope, row.version, key))
    session.flush()
    return len(rows)


def count_unheld(session: Session, recovery: RecoveryKey) -> int:
    """Count the key versions that a recovery key has no copy of."""
    holder = RECOVERY + offline.fingerprint(recovery.public)
    return session.scalar(select(func.count()).select_from(KeyHolder).where(*_unheld(holder))) or 0


def drop_other_copies(session: Session, recovery: RecoveryKey) -> None:
    """Remove the copies of former recovery keys."""
    session.execute(delete(KeyHolder).where(_of_others(recovery)))


def count_other_copies(session: Session, recovery: RecoveryKey) -> int:
    """Count the copies of former recovery keys."""
    return session.scalar(select(func.count()).select_from(KeyHolder).where(_of_others(recovery))) or 0


def recover_all(session: Session, opener: offline.Opener, provider: KeyProvider) -> int:
    """Open every key version with the recovery key and wrap it for a provider; gives how many there are.

    Raises:
        KeyUnavailable: The recovery key has no copy of one of them.
        Damaged: A copy doesn't open.

    """
    holder = RECOVERY + offline.fingerprint(opener.public)
    count = 0
    for version in session.scalars(select(KeyVersion)).all():
        copy = session.get(KeyHolder, (version.scope, version.version, holder))
        if copy is None:
            raise KeyUnavailable(f"The recovery key has no copy of the key {version.scope}, version {version.version}.")
        scope = Scope(version.scope)
        key = opener.open(copy.wrapped, holder_context(scope, version.version, holder))
        _wrap(session, provider, scope, version.version, key)
        count += 1
    session.flush()
    if not count:
        raise Damaged
    return count


def _wrap(session: Session, provider: KeyProvider, scope: Scope, version: int, key: bytes) -> None:
    wrapped = provider.wrap(key, holder_context(scope, version))
    row = session.get(KeyHolder, (scope, version, PROVIDER))
    if row is None:
        row = KeyHolder(scope=scope, version=version, holder=PROVIDER, wrapping_key="", wrapped=b"")
        session.add(row)
    row.wrapping_key, row.wrapped = provider.key_of(wrapped), wrapped


def _of_others(recovery: RecoveryKey) -> ColumnElement[bool]:
    mine = RECOVERY + offline.fingerprint(recovery.public)
    return col(KeyHolder.holder).startswith(RECOVERY) & (col(KeyHolder.holder) != mine)


def _unheld(holder: str) -> tuple[ColumnElement[bool], ...]:
    copy = aliased(KeyHolder)
    held = (
        select(col(copy.scope))
        .where(
            col(copy.scope) == col(KeyHolder.scope),
            col(copy.version) == col(KeyHolder.version),
            col(copy.holder) == holder,
        )
        .exists()
    )
    return col(KeyHolder.holder) == PROVIDER, ~held
