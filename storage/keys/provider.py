"""What a key provider does: it wraps the keys of rooms and never shows its own."""

from typing import Protocol


class KeyProvider(Protocol):
    """Holds the key-encryption keys; each wrapped key says by which of them it was wrapped."""

    @property
    def current(self) -> str:
        """The id of the key that wraps now."""
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
