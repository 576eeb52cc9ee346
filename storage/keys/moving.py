"""The keys of a portal that moves from the keyring file to a token.

1. As long as the token holds no key, the keyring wraps. The first rotation makes the token's first key; from then on
   the token wraps, and the keyring opens what isn't wrapped anew yet.
2. The format of a wrapped key says who opens it.
3. Once nothing is wrapped under the keyring, its file is taken away, and the token is alone.
"""

from datetime import date

from storage.errors import KeyUnavailable
from storage.keys.file import FileKeys
from storage.keys.pkcs11 import TokenKeys
from storage.keys.provider import KeyProvider, State
from storage.keys.wrapped import BY_TOKEN


class MovingKeys:
    """A token's keys and those of the keyring before it."""

    def __init__(self, token: TokenKeys, keyring: FileKeys) -> None:
        self._token = token
        self._keyring = keyring
        token.holds_keys()  # so that a token in its place is noticed from the beginning

    @property
    def current(self) -> str:
        """The id of the key that wraps now."""
        return self._wrapping().current

    @property
    def begun(self) -> date | None:
        """The day on which the keyring's key was made, as long as it wraps."""
        return self._wrapping().begun

    def states(self) -> dict[str, State]:
        """Say what each key may still do, the keyring's first."""
        before = self._keyring.states()
        if not self._token.holds_keys():
            return before
        opened = {key: State.OPEN if state is State.ACTIVE else state for key, state in before.items()}
        return opened | self._token.states()

    def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Wrap a key under the token's active key, or the keyring's before there is one.

        Raises:
            KeyUnavailable: It is away.

        """
        return self._wrapping().wrap(plaintext, context)

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Unwrap what either of them wrapped.

        Raises:
            Damaged: It was changed, or wrapped for another context, or the format is unknown.
            KeyUnavailable: The key is unknown or retired, or who holds it is away.

        """
        return self._opening(blob).unwrap(blob, context)

    def key_of(self, blob: bytes) -> str:
        """Say which key wrapped this.

        Raises:
            Damaged: The format is unknown.

        """
        return self._opening(blob).key_of(blob)

    def rotate(self) -> str:
        """Make a new active key on the token and return its id; all others still unwrap.

        Raises:
            KeyUnavailable: The token is away, or takes no new key.

        """
        return self._token.rotate() if self._token.holds_keys() else self._token.begin()

    def retire(self, key_id: str) -> None:
        """Destroy an old key.

        Raises:
            KeyUnavailable: It is the active key, or there is no such key, or it goes with the whole keyring.

        """
        if self._token.holds_keys() and self._keyring.current == key_id:
            raise KeyUnavailable("The keyring's last key goes with its file: destroy that, and its copies.")
        (self._keyring if key_id in self._keyring.states() else self._token).retire(key_id)

    def _wrapping(self) -> KeyProvider:
        return self._token if self._token.holds_keys() else self._keyring

    def _opening(self, blob: bytes) -> KeyProvider:
        return self._token if blob[:1] == BY_TOKEN else self._keyring
