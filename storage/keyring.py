"""The keyring: the keys of rooms, streams and the registry, opened only for a permit whose event is committed.

Each scope has a random 256-bit key in numbered versions; each version has one wrapped copy for each holder, of which
the key provider is the first. Contents have a key of their own for each version of a document, wrapped by the
room's. Subkeys (HKDF-Expand, one for each use) keep fields, wrapping, equality and tags apart. FORMAT.md has the bytes.

Nothing is sealed under a key version that is older than a year: whoever seals next begins another. Keys from which
marks follow (of the log, and the portal's own) have one version for good.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.canaries import Canaries
from storage.content import open_all, version_context
from storage.database import Database
from storage.errors import Damaged, Destroyed, NotPermitted, PermitEnded
from storage.fields import FieldCipher, Place, derive
from storage.holders import PROVIDER, active_recovery, holder_context, provider_copy, recovery_copy
from storage.keys.provider import KeyProvider
from storage.permits import SERVICE, Permit, Scope, covered, current_request, has_one_version, permit_stamp
from storage.tables import KeyHolder, KeyVersion

KEY_LASTS = timedelta(days=365)  # a key version seals for so long
KEPT_SECONDS = 300  # how long an opened scope key is used from memory; then it is forgotten at the next tick
KEPT_KEYS = 512
FRESH = "fresh_keys"  # in Session.info: keys made by a transaction that isn't committed yet
# subkeys of the service key for no look-up
_OWN = ("guard", "permit", "ticket", "log-edwards", "log-lattice", "backup-edwards", "backup-lattice")
_BLIND = ("mail", "token", "pepper", "origin", "totp", "challenge", "signal", "public", "attempt")
_FORMAT = 1
_HEADER_BYTES = 5  # the format byte and the key version


class ScopeKey:
    """One version of a scope's key in use: its subkeys, each made once."""

    __slots__ = ("_key", "fields", "version", "wrapping")

    def __init__(self, version: int, key: bytes) -> None:
        self._key = key
        self.version = version
        self.fields = FieldCipher(derive(key, "field"))
        self.wrapping = FieldCipher(derive(key, "wrap"))

    def keyed(self, purpose: str, value: bytes) -> bytes:
        """Compute HMAC-SHA-256 of a value under the subkey of a purpose."""
        return hmac.digest(self.subkey(purpose), value, hashlib.sha256)

    def subkey(self, purpose: str) -> bytes:
        """Derive the subkey of a purpose."""
        return derive(self._key, purpose)


class Keyring:
    """All keys of one portal; made once for a process."""

    def __init__(self, provider: KeyProvider, database: Database, clock: Callable[[], datetime]) -> None:
        self.provider = provider
        self._database = database
        self._clock = clock
        self._kept: dict[tuple[Scope, int], tuple[float, ScopeKey]] = {}
        self._committed: dict[UUID, bytes] = {}
        self._service: dict[str, bytes] = {}
        self.canaries = Canaries(provider, database)

    def create(self, session: Session) -> None:
        """Make the service key of a new portal."""
        self.add_version(session, SERVICE)

    def start(self) -> None:
        """Open the service key, and one key for each of the provider's that wraps any: canaries, or nothing starts.

        Raises:
            KeyUnavailable: The provider doesn't hold a key that wrapped something, or there is no service key.
            Damaged: The service key doesn't open, or nothing that one of the provider's keys wrapped.

        """
        with self._database.read() as session:
            key = self._unwrap(session, SERVICE, 1)
        self.canaries.check()
        for purpose in (*_OWN, *_BLIND):
            self._service[purpose] = derive(key, purpose)
        self._database.guard(self._service["guard"])

    # --- permits ---

    def permit(
        self,
        event: UUID,
        person: UUID | None,
        scopes: frozenset[Scope],
        contents: frozenset[UUID],
        ends: datetime,
    ) -> Permit:
        """Make a permit for the current request; the gate alone calls this, and writes its stamp into the event.

        Raises:
            NotPermitted: No request is under way.

        """
        request = current_request.get()
        if request is None:
            raise NotPermitted("a permit belongs to a request, and none is under way")
        bare = Permit(event, person, request, scopes, contents, ends)
        return Permit(event, person, request, scopes, contents, ends, permit_stamp(self._service["permit"], bare))

    def _covers(self, permit: Permit, scope: Scope) -> None:
        if not hmac.compare_digest(permit.stamp, permit_stamp(self._service["permit"], permit)):
            raise NotPermitted("the permit was not given by the gate")
        if permit.request != current_request.get():
            raise NotPermitted("the permit belongs to another request")
        if not covered(scope, permit.scopes):
            raise NotPermitted("the permit doesn't cover this")
        if self._clock() >= permit.ends:
            raise PermitEnded("the permit has ended")

    def _opens(self, permit: Permit, scope: Scope) -> None:
        self._covers(permit, scope)
        stamp = self._committed.get(permit.event)
        if stamp is None:
            stamp = self._database.committed_stamp(permit.event)
            if stamp is None:
                raise NotPermitted("the permit's event is not in the log")
            if len(self._committed) >= KEPT_KEYS:
                self._committed.clear()
            self._committed[permit.event] = stamp
        if not hmac.compare_digest(stamp, permit.stamp):
            raise NotPermitted("the permit is not the one in the log")

    # --- fields ---

    def seal(self, session: Session, permit: Permit, scope: Scope, place: Place, plaintext: bytes) -> bytes:
        """Seal a field under the scope's current key version.

        Raises:
            NotPermitted: The permit doesn't cover the scope.

        """
        self._covers(permit, scope)
        return self._seal(self.current(session, scope), place, plaintext)

    def open(self, permit: Permit, scope: Scope, place: Place, blob: bytes) -> bytes:
        """Open a field, once the permit's event is found committed.

        Raises:
            NotPermitted: The permit opens nothing here.
            Damaged: The field was altered, or belongs elsewhere.

        """
        self._opens(permit, scope)
        version, sealed = split(blob)
        return self.key(scope, version).fields.open(place, sealed)

    def open_many(self, permit: Permit, scope: Scope, sealed: Iterable[tuple[Place, bytes]]) -> list[bytes]:
        """Open many fields of one scope, asking once whether the permit opens it.

        Raises:
            NotPermitted: The permit opens nothing here.
            Damaged: A field was altered, or belongs elsewhere.

        """
        self._opens(permit, scope)
        opened = []
        for place, blob in sealed:
            version, text = split(blob)
            opened.append(self.key(scope, version).fields.open(place, text))
        return opened

    def _seal(self, key: ScopeKey, place: Place, plaintext: bytes) -> bytes:
        return join(key.version, key.fields.seal(place, plaintext))

    # --- contents ---

    def wrap_content_key(self, session: Session, permit: Permit, scope: Scope, version: UUID, key: bytes) -> bytes:
        """Wrap the key of a document's version under the room's current key version."""
        self._covers(permit, scope)
        room = self.current(session, scope)
        return join(room.version, room.wrapping.seal(_content_place(scope, version), key))

    def open_content_key(self, permit: Permit, scope: Scope, version: UUID, wrapped: bytes) -> bytes:
        """Open the key of a document's version.

        Raises:
            NotPermitted: The permit doesn't cover this version's content, or its event isn't committed.
            Destroyed: The key was destroyed.

        """
        if version not in permit.contents:
            raise NotPermitted("the permit doesn't cover this content")
        self._opens(permit, scope)
        if not wrapped:
            raise Destroyed("the key of this version was destroyed")
        number, sealed = split(wrapped)
        return self.key(scope, number).wrapping.open(_content_place(scope, version), sealed)

    def check_content(
        self, session: Session, scope: Scope, version: UUID, wrapped: bytes, sealed: Iterable[bytes]
    ) -> None:
        """See that a whole content opens, as `check_holder` does of a key: nothing of it goes anywhere.

        Raises:
            KeyUnavailable: The key that wraps its own is not there.
            Damaged: It was changed, cut, or is another one's.

        """
        number, blob = split(wrapped)
        key = self.key(scope, number, session).wrapping.open(_content_place(scope, version), blob)
        for _ in open_all(key, version_context(version), sealed):
            pass

    def equality(self, session: Session, permit: Permit, scope: Scope, digest: bytes) -> bytes:
        """Compute the mark by which equal files of one room find each other; always under the first key version."""
        self._covers(permit, scope)
        self.current(session, scope)
        return self.key(scope, 1, session).keyed("equal", digest)

    # --- the log: sealing needs no permit, opening does ---

    def seal_log(self, session: Session, scope: Scope, place: Place, plaintext: bytes) -> bytes:
        """Seal a part of an event under its stream's key, or the origins' key."""
        return self._seal(self._log_key(session, scope), place, plaintext)

    def log_mark(self, session: Session, scope: Scope, purpose: str, value: bytes) -> bytes:
        """Compute a stream's keyed mark: `tag` over a number, `about` over a document's id."""
        return self._log_key(session, scope).keyed(purpose, value)

    def read_mark(self, session: Session, scope: Scope, purpose: str, value: bytes) -> bytes:
        """Compute a stream's keyed mark where the stream has a key already; writes nothing.

        Raises:
            KeyUnavailable: Nothing was ever written under this scope.

        """
        return self.key(scope, 1, session).keyed(purpose, value)

    def lend_tag_key(self, permit: Permit, scope: Scope) -> bytes:
        """Lend the subkey that makes a stream's tags: it tells which entries are the stream's, and opens none.

        Raises:
            NotPermitted: The permit doesn't cover the stream.
            KeyUnavailable: Nothing was ever written under this scope.

        """
        self._opens(permit, scope)
        return self.key(scope, 1).subkey("tag")

    def _log_key(self, session: Session, scope: Scope) -> ScopeKey:
        """Give a log scope's one key: these keys have a single version, so one that is kept is the newest."""
        kept = self._kept.get((scope, 1))
        return kept[1] if kept is not None and kept[0] > monotonic() else self.current(session, scope)

    # --- look-ups ---

    def blind(self, purpose: str, value: bytes) -> bytes:
        """Compute the blind index of a value: HMAC-SHA-256 under one of the service key's subkeys."""
        if purpose not in self._service.keys() - _OWN:
            raise ValueError(f"no look-up is called {purpose}")
        return hmac.digest(self._service[purpose], value, hashlib.sha256)

    def ticket_cipher(self) -> FieldCipher:
        """Lend the cipher for what browsers carry for a while: nothing of the database, so it takes no permit."""
        return FieldCipher(self._service["ticket"])

    def log_seeds(self) -> tuple[bytes, bytes]:
        """Lend the seeds of the keys that sign the log: Ed25519 and ML-DSA-44."""
        return self._service["log-edwards"], self._service["log-lattice"]

    def backup_seeds(self) -> tuple[bytes, bytes]:
        """Lend the seeds of the keys that sign backups: Ed25519 and ML-DSA-44."""
        return self._service["backup-edwards"], self._service["backup-lattice"]

    # --- versions ---

    def current(self, session: Session, scope: Scope) -> ScopeKey:
        """Give the newest key version of a scope, making one when there is none, or none that still seals."""
        known: dict[Scope, int] = session.info.setdefault("key_versions", {})
        version = known.get(scope)
        if version is None:
            newest = _newest(session, scope)
            lasts = newest is not None and (has_one_version(scope) or self._clock() < newest.created_at + KEY_LASTS)
            version = newest.version if newest is not None and lasts else self.add_version(session, scope)
            known[scope] = version
        return self.key(scope, version, session)

    def renew(self, session: Session, scope: Scope, ended: datetime | None) -> None:
        """Start a new key version when an access to the scope ended since the newest one began."""
        newest = _newest(session, scope)
        if newest is not None and ended is not None and newest.created_at <= ended:
            session.info.setdefault("key_versions", {})[scope] = self.add_version(session, scope)

    def add_version(self, session: Session, scope: Scope) -> int:
        """Make the next key version of a scope, and the copies of its holders."""
        newest = _newest(session, scope)
        version = newest.version + 1 if newest is not None else 1
        key = secrets.token_bytes(32)
        wrapped = self.provider.wrap(key, holder_context(scope, version))
        session.add(KeyVersion(scope=scope, version=version, created_at=self._clock()))
        session.flush()
        wrapping = self.provider.key_of(wrapped)
        session.add(KeyHolder(scope=scope, version=version, holder=PROVIDER, wrapping_key=wrapping, wrapped=wrapped))
        if (recovery := active_recovery(session)) is not None:
            session.add(recovery_copy(recovery.public, scope, version, key))
        session.flush()
        # only this transaction may use it: were it kept for all, a rollback would leave a key that no row holds
        session.info.setdefault(FRESH, {})[scope, version] = ScopeKey(version, key)
        return version

    def key(self, scope: Scope, version: int, session: Session | None = None) -> ScopeKey:
        """Open a key version, from memory or through the key provider.

        Raises:
            KeyUnavailable: There is no such version, or the provider can't open it.

        """
        if session is not None and (fresh := session.info.get(FRESH, {}).get((scope, version))) is not None:
            made: ScopeKey = fresh
            return made
        kept = self._kept.get((scope, version))
        if kept is not None and kept[0] > monotonic():
            return kept[1]
        if session is None:
            with self._database.look() as looking:
                wrapped = provider_copy(looking, scope, version)
            key = ScopeKey(version, self.provider.unwrap(wrapped, holder_context(scope, version)))
        else:
            key = ScopeKey(version, self._unwrap(session, scope, version))
        self._keep(scope, key)
        return key

    def check_holder(self, session: Session, scope: Scope, version: int) -> None:
        """Find out whether the provider's copy of a key version opens; the key itself goes nowhere.

        Raises:
            KeyUnavailable: There is no copy, or the provider can't open it.
            Damaged: The copy was altered, or belongs to another scope or version.

        """
        self._unwrap(session, scope, version)

    def forget_expired(self) -> None:
        """Take the keys whose time is over out of memory; whoever needs one again opens it anew."""
        now = monotonic()
        for name, (ends, _) in list(self._kept.items()):  # a copy: others keep keys meanwhile
            if ends <= now:
                self._kept.pop(name, None)

    @property
    def kept(self) -> int:
        """How many opened keys are in memory."""
        return len(self._kept)

    def _keep(self, scope: Scope, key: ScopeKey) -> None:
        if len(self._kept) >= KEPT_KEYS:
            self.forget_expired()
            if len(self._kept) >= KEPT_KEYS:
                self._kept.clear()
        self._kept[scope, key.version] = (monotonic() + KEPT_SECONDS, key)

    def _unwrap(self, session: Session, scope: Scope, version: int) -> bytes:
        return self.provider.unwrap(provider_copy(session, scope, version), holder_context(scope, version))


def _newest(session: Session, scope: Scope) -> KeyVersion | None:
    return session.scalar(
        select(KeyVersion).where(col(KeyVersion.scope) == scope).order_by(col(KeyVersion.version).desc()).limit(1)
    )


def join(version: int, sealed: bytes) -> bytes:
    """Put the format byte and the scope's key version (4 bytes, big-endian) before a sealed value."""
    return bytes([_FORMAT]) + version.to_bytes(4, "big") + sealed


def split(blob: bytes) -> tuple[int, bytes]:
    """Take the key version off a sealed value.

    Raises:
        Damaged: The format is unknown.

    """
    if len(blob) < _HEADER_BYTES or blob[0] != _FORMAT:
        raise Damaged
    return int.from_bytes(blob[1:_HEADER_BYTES], "big"), blob[_HEADER_BYTES:]


def _content_place(scope: Scope, version: UUID) -> Place:
    return Place("version", f"content key {scope.replace('/', ' ')}", version)  # a place's parts contain no slash
