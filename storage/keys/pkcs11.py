"""The key provider `pkcs11`: key-encryption keys that are made in a token (HSM) and never leave it.

1. A key is an AES-256 object that the token made itself, sensitive and not extractable from its first moment; one that
   isn't, because somebody brought it in from outside, is none of ours.
2. All keys of a portal bear its label. The id says their order: number (4) || random (4), big-endian. The greatest id
   is the active key: nothing is marked or changed when a new one is made, so every process sees the same at any moment,
   and of two that rotate at once the greater wins; the other's key is open.
3. To retire a key is to destroy its object; nothing of it is left here.
4. A token that comes back must hold the key that was active: what another token's key wraps is lost when that goes.
   At the start the portal's canary says the same.
5. Many tokens call a wrong tag by the name of any failure. So a refusal to open counts as damage only if the token then
   opens what it has just sealed under the same key.
"""

import os
from typing import Any, Self

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, Session
from pkcs11.exceptions import NoSuchKey, PKCS11Error
from pkcs11.mechanisms import GCMParams

from storage.errors import Damaged, KeyUnavailable
from storage.keys import wrapped
from storage.keys.provider import State
from storage.keys.token_session import TokenSession
from storage.keys.token_uri import Token

_NUMBER_BYTES = 4
_TAG_BITS = 128
_Key = Any  # the library puts the classes of keys together while it runs
_CANARY = b"portal/v1/same-token"
_KEPT_INSIDE: dict[Attribute, Any] = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
}
_MADE_INSIDE: dict[Attribute, Any] = {
    Attribute.CLASS: ObjectClass.SECRET_KEY,
    Attribute.KEY_TYPE: KeyType.AES,
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.LOCAL: True,
}


class TokenKeys:
    """The keys of one portal on a token; made by `create` or `load`."""

    def __init__(self, token: Token) -> None:
        self._label = token.keys
        self._seen: tuple[str, bytes] | None = None  # the active key, and something that only it opens
        self._session = TokenSession(token, self._is_the_same)

    @classmethod
    def create(cls, token: Token) -> Self:
        """Make the first key.

        Raises:
            KeyUnavailable: There are keys of this label already, or the token is away or takes none.

        """
        keys = cls(token)
        if keys.holds_keys():
            raise KeyUnavailable(f"There are keys called {token.keys} on the token already; they are left as they are.")
        keys.begin()
        return keys

    @classmethod
    def load(cls, token: Token) -> Self:
        """Open the keys of a token.

        Raises:
            KeyUnavailable: There are none, or the token is away or doesn't let us in.

        """
        keys = cls(token)
        _ = keys.current
        return keys

    @property
    def current(self) -> str:
        """The id of the key that wraps now."""
        return self._session.use(lambda session: self._active(session)[0])

    @property
    def begun(self) -> None:
        """Nothing: tokens keep a key's day in ways too different to rely on, SoftHSM in one that can't be read."""
        return

    def holds_keys(self) -> bool:
        """Tell whether there is any key of this portal; once there was one, a token without is away.

        Raises:
            KeyUnavailable: The token is away or doesn't let us in.

        """
        try:
            _ = self.current
        except KeyUnavailable as cause:
            if isinstance(cause.__cause__, NoSuchKey) and self._seen is None:
                return False
            raise
        return True

    def states(self) -> dict[str, State]:
        """Say what each key may still do, oldest first; those that were retired aren't known any more."""
        held = sorted(self._session.use(self._held))
        return {key_id: State.ACTIVE if key_id == held[-1] else State.OPEN for key_id in held}

    def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Wrap a key under the active key.

        Raises:
            KeyUnavailable: The token is away.

        """

        def act(session: Session) -> bytes:
            key_id, key = self._active(session)
            head = wrapped.BY_TOKEN + bytes.fromhex(key_id)
            return head + _sealed(key, plaintext, head + context)

        return self._session.use(act)

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Unwrap what was wrapped under any key that isn't retired.

        Raises:
            Damaged: It was changed, or wrapped for another context, or the format is unknown.
            KeyUnavailable: The key is unknown or retired, or the token is away.

        """
        parts = wrapped.parts(blob, wrapped.BY_TOKEN)
        return self._session.use(
            lambda session: _opened(self._find(session, parts.key_id), parts.nonce + parts.sealed, parts.head + context)
        )

    def key_of(self, blob: bytes) -> str:
        """Say which key wrapped this.

        Raises:
            Damaged: The format is unknown.

        """
        return wrapped.parts(blob, wrapped.BY_TOKEN).key_id

    def begin(self) -> str:
        """Make the first key, unless somebody was first, and return the id of the active key.

        Raises:
            KeyUnavailable: The token is away or takes no key.

        """

        def act(session: Session) -> str:
            try:
                return self._active(session)[0]
            except NoSuchKey:
                return self._make(session, 1)

        return self.current if self.holds_keys() else self._session.use(act)

    def rotate(self) -> str:
        """Make a new active key and return its id; the old ones still unwrap.

        Raises:
            KeyUnavailable: The token is away, or takes no new key; the old one is still active.

        """
        return self._session.use(lambda session: self._make(session, _number(max(self._held(session))) + 1))

    def retire(self, key_id: str) -> None:
        """Destroy an old key: what is still wrapped under it never opens again, in copies of the data neither.

        Raises:
            KeyUnavailable: It is the active key, or there is no such key, or the token keeps it.

        """

        def act(session: Session) -> None:
            if key_id == self._active(session)[0]:
                raise KeyUnavailable("The active key can't be retired: rotate first.")
            if key_id not in self._held(session):
                raise KeyUnavailable(f"The key {key_id} is unknown here or retired.")
            with session.token.open(rw=True) as writing:
                self._find(writing, key_id).destroy()
            if key_id in self._held(session):
                raise KeyUnavailable(f"The token did not destroy the key {key_id}.")

        self._session.use(act)

    def _make(self, session: Session, number: int) -> str:
        raw = number.to_bytes(_NUMBER_BYTES, "big") + os.urandom(wrapped.KEY_ID_BYTES - _NUMBER_BYTES)
        with session.token.open(rw=True) as writing:
            key = writing.generate_key(
                KeyType.AES,
                256,
                id=raw,
                label=self._label,
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template=_KEPT_INSIDE,
            )
            if not list(writing.get_objects(_MADE_INSIDE | {Attribute.LABEL: self._label, Attribute.ID: raw})):
                key.destroy()
                raise KeyUnavailable("The token doesn't make keys that never leave it: another is needed.")
        return raw.hex()

    def _held(self, session: Session) -> dict[str, _Key]:
        """Find all keys; a session whose token was taken away and put back finds none, and is opened anew for that."""
        found = list(session.get_objects(_MADE_INSIDE | {Attribute.LABEL: self._label}))
        held = {bytes(key[Attribute.ID]).hex(): key for key in found}
        if not held:
            raise NoSuchKey(f"it holds no key called {self._label}")
        if len(held) != len(found) or any(len(key_id) != 2 * wrapped.KEY_ID_BYTES for key_id in held):
            raise KeyUnavailable(
                f"The keys called {self._label} on the token are not in order: an id is strange or double."
            )
        return held

    def _active(self, session: Session) -> tuple[str, _Key]:
        held = self._held(session)
        key_id = max(held)
        if self._seen is None or self._seen[0] != key_id:
            self._seen = key_id, _sealed(held[key_id], _CANARY, _CANARY)
        return key_id, held[key_id]

    def _find(self, session: Session, key_id: str) -> _Key:
        by_id = {Attribute.LABEL: self._label, Attribute.ID: bytes.fromhex(key_id)}
        found = list(session.get_objects(_MADE_INSIDE | by_id))
        if len(found) != 1:
            self._held(session)  # says whether it holds none at all, or has them in disorder
            raise KeyUnavailable(f"The key {key_id} is unknown here or retired.")
        return found[0]

    def _is_the_same(self, session: Session) -> None:
        if self._seen is None:
            return
        key_id, canary = self._seen
        try:
            _opened(self._find(session, key_id), canary, _CANARY)
        except (Damaged, KeyUnavailable):
            raise KeyUnavailable(
                f"The token isn't the one that was there before: it doesn't hold the key {key_id}. "
                "Bring the right one back; if that key was retired meanwhile, start anew."
            ) from None


def _number(key_id: str) -> int:
    return int.from_bytes(bytes.fromhex(key_id)[:_NUMBER_BYTES], "big")


def _sealed(key: _Key, plaintext: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(wrapped.NONCE_BYTES)
    by = GCMParams(nonce, associated, _TAG_BITS)
    return nonce + bytes(key.encrypt(plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=by))


def _opened(key: _Key, sealed: bytes, associated: bytes) -> bytes:
    nonce, text = sealed[: wrapped.NONCE_BYTES], sealed[wrapped.NONCE_BYTES :]
    try:
        return bytes(_decrypted(key, nonce, text, associated))
    except PKCS11Error as cause:
        fresh = _sealed(key, _CANARY, associated)
        _decrypted(key, fresh[: wrapped.NONCE_BYTES], fresh[wrapped.NONCE_BYTES :], associated)
        raise Damaged from cause


def _decrypted(key: _Key, nonce: bytes, text: bytes, associated: bytes) -> Any:
    by = GCMParams(nonce, associated, _TAG_BITS)
    return key.decrypt(text, mechanism=Mechanism.AES_GCM, mechanism_param=by)
