"""The key provider `memory`: one key that is nowhere but in this process, for as long as a check of a backup takes."""

import secrets
from datetime import UTC, datetime

from storage.errors import KeyUnavailable
from storage.keys import wrapped
from storage.keys.provider import State


class MemoryKeys:
    """A provider whose key ends with the process; what it wraps never opens again."""

    def __init__(self) -> None:
        self.current = secrets.token_hex(wrapped.KEY_ID_BYTES)
        self.begun = datetime.now(UTC).date()
        self._key = secrets.token_bytes(32)

    def states(self) -> dict[str, State]:
        """Say what the one key may do."""
        return {self.current: State.ACTIVE}

    def rotate(self) -> str:
        """Refuse: there is one key, which ends with the process.

        Raises:
            KeyUnavailable: Always.

        """
        raise KeyUnavailable("These keys are for one look: there is nothing to rotate.")

    def retire(self, key_id: str) -> None:
        """Refuse, likewise.

        Raises:
            KeyUnavailable: Always.

        """
        raise KeyUnavailable(f"These keys are for one look: {key_id} can't be retired.")

    def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Wrap a key."""
        return wrapped.wrap(self.current, self._key, plaintext, context)

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Unwrap what was wrapped here.

        Raises:
            Damaged: It was changed, or wrapped for another context, or the format is unknown.
            KeyUnavailable: It was wrapped elsewhere.

        """
        if wrapped.key_id_of(blob) != self.current:
            raise KeyUnavailable("This key was wrapped elsewhere.")
        return wrapped.unwrap(self._key, blob, context)

    def key_of(self, blob: bytes) -> str:
        """Say which key wrapped this.

        Raises:
            Damaged: The format is unknown.

        """
        return wrapped.key_id_of(blob)
