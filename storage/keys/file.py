"""The key provider `file`: key-encryption keys in a keyring file, outside the data that they protect.

1. It starts only with a keyring that passes every check of `keyring_file`; it never makes one by itself.
2. The newest key wraps; older ones still unwrap until they are retired; a retired key's bytes are destroyed.
3. Each use looks whether the file changed: a rotation reaches every running process, and a keyring that was
   taken away closes what is sealed.
"""

import os
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from storage.errors import KeyUnavailable
from storage.keys import keyring_file, wrapped
from storage.keys.keyring_file import Key
from storage.keys.provider import State


class FileKeys:
    """The keyring of one folder; made by `create` or `load`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # One tuple, exchanged as a whole: another thread sees the old keyring or the new one.
        self._read: tuple[tuple[int, int, int], tuple[Key, ...]] = self._reread()

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make a keyring with its first key.

        Raises:
            KeyUnavailable: There is a keyring already, or the folder isn't ours alone.

        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            keyring_file.sync_folder(folder.parent)
        except OSError as cause:
            raise KeyUnavailable(f"The key folder {folder} can't be made: {cause.strerror}.") from cause
        with keyring_file.locked(folder):
            keyring_file.check_folder(folder)
            if os.path.lexists(folder / keyring_file.NAME):
                raise KeyUnavailable(f"There is a keyring in {folder} already; it is left as it is.")
            keyring_file.write(folder, (_new_key(),))
        return cls(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open the keyring of a folder.

        Raises:
            KeyUnavailable: There is none, others may read it, or it isn't in order.

        """
        return cls(folder)

    @property
    def current(self) -> str:
        """The id of the key that wraps now."""
        return self._active().id

    @property
    def begun(self) -> date:
        """The day on which the key that wraps now was made."""
        return self._active().created.astimezone(UTC).date()

    def states(self) -> dict[str, State]:
        """Say what each key may still do, oldest first."""
        return {key.id: key.state for key in self._keys()}

    def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Wrap a key under the active key.

        Raises:
            KeyUnavailable: The keyring is gone or not in order.

        """
        key = self._active()
        return wrapped.wrap(key.id, key.secret, plaintext, context)

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Unwrap what was wrapped under any key that isn't retired.

        Raises:
            Damaged: It was changed, or wrapped for another context, or the format is unknown.
            KeyUnavailable: The key is unknown or retired, or the keyring is gone.

        """
        key = self._find(wrapped.key_id_of(blob))
        return wrapped.unwrap(key.secret, blob, context)

    def key_of(self, blob: bytes) -> str:
        """Say which key wrapped this.

        Raises:
            Damaged: The format is unknown.

        """
        return wrapped.key_id_of(blob)

    def rotate(self) -> str:
        """Make a new active key and return its id; the old ones still unwrap.

        Raises:
            KeyUnavailable: The keyring could not be read or written; it is unchanged.

        """
        with keyring_file.locked(self._folder):
            new = _new_key()
            older = [_opened(key) for key in keyring_file.read(self._folder)]
            keyring_file.write(self._folder, (*older, new))
        return new.id

    def retire(self, key_id: str) -> None:
        """Destroy an old key: what is still wrapped under it never opens again, in copies of the data neither.

        Raises:
            KeyUnavailable: It is the active key, or there is no such key.

        """
        with keyring_file.locked(self._folder):
            if self._find(key_id).state is State.ACTIVE:
                raise KeyUnavailable("The active key can't be retired: rotate first.")
            keys = keyring_file.read(self._folder)
            keyring_file.write(self._folder, tuple(_retired(k) if k.id == key_id else k for k in keys))

    def _active(self) -> Key:
        return next(key for key in self._keys() if key.state is State.ACTIVE)

    def _find(self, key_id: str) -> Key:
        for key in self._keys():
            if key.id == key_id and key.state is not State.RETIRED:
                return key
        raise KeyUnavailable(
            f"The key {key_id} is unknown here or retired: where it is needed, these keys are older than the data, or "
            "another portal's."
        )

    def _keys(self) -> tuple[Key, ...]:
        if self._read[0] != self._mark():
            self._read = self._reread()
        return self._read[1]

    def _reread(self) -> tuple[tuple[int, int, int], tuple[Key, ...]]:
        # The mark comes first: a change between the two steps is then noticed at the next use.
        mark = self._mark()
        return mark, keyring_file.read(self._folder)

    def _mark(self) -> tuple[int, int, int]:
        path = self._folder / keyring_file.NAME
        try:
            found = path.lstat()
        except OSError as cause:
            raise KeyUnavailable(f"There is no keyring at {path}: {cause.strerror}.") from cause
        return found.st_ino, found.st_ctime_ns, found.st_size


def _new_key() -> Key:
    return Key(secrets.token_hex(wrapped.KEY_ID_BYTES), datetime.now(UTC), State.ACTIVE, secrets.token_bytes(32))


def _opened(key: Key) -> Key:
    return replace(key, state=State.OPEN) if key.state is State.ACTIVE else key


def _retired(key: Key) -> Key:
    return replace(key, state=State.RETIRED, secret=b"")
