"""What a key provider does: it wraps the keys of rooms and never shows its own."""

from datetime import date
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """What a key may still do."""

    ACTIVE = "active"
    OPEN = "open"
    RETIRED = "retired"


class KeyProvider(Protocol):
    """Holds the key-encryption keys; each wrapped key says by which of them it was wrapped.

    Several processes may use and rotate the same keys at once: at any moment all of them see the same active key,
    and what any of them wrapped opens until its key is retired.
    """

    @property
    def current(self) -> str:
        """The id of the key that wraps now.

        Raises:
            KeyUnavailable: The provider is away.

        """
        ...

    @property
    def begun(self) -> date | None:
        """The day on which the key that wraps now was made; None: the provider doesn't say.

        Raises:
            KeyUnavailable: The provider is away.

        """
        ...

    def states(self) -> dict[str, State]:
        """Say what each key may still do, oldest first; a provider may forget those that are retired.

        Raises:
            KeyUnavailable: The provider is away.

        """
        ...

    def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Wrap a key under the current key; it unwraps only with the same context.

        Raises:
            KeyUnavailable: The provider is away.

        """
        ...

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Unwrap what `wrap` gave.

        Raises:
            Damaged: It was changed, or wrapped for another context, or by another kind of provider.
            KeyUnavailable: The provider is away, or this key is unknown to it or retired.

        """
        ...

    def key_of(self, blob: bytes) -> str:
        """Say which key wrapped this, so that a rotation finds what is left to rewrap.

        Raises:
            Damaged: The format is unknown.

        """
        ...

    def rotate(self) -> str:
        """Make a new active key and return its id; the old ones still unwrap.

        Raises:
            KeyUnavailable: The provider is away, or takes no new key; the old one is still active.

        """
        ...

    def retire(self, key_id: str) -> None:
        """Destroy an old key: what is still wrapped under it never opens again, in copies of the data neither.

        Raises:
            KeyUnavailable: The provider is away, or it is the active key, or there is no such key.

        """
        ...
