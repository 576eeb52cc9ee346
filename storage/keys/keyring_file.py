"""The keyring file: JSON with the key-encryption keys, read strictly and replaced as a whole.

1. The folder has mode 0700, the file 0600, and both are ours; the file is no link.
2. The format is known; ids are unique; exactly one key is active; no key is empty, patterned or used twice.
3. A change is written beside the file, flushed, and renamed over it: a crash leaves the old file or the new one.
4. A retired key keeps its line, without its bytes.
"""

import base64
import fcntl
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from storage.errors import KeyUnavailable
from storage.keys.provider import State
from storage.keys.wrapped import KEY_ID_BYTES

NAME = "keyring.json"
NAMES = (NAME, f"{NAME}.new")  # of all files that are made in a key folder

_FORMAT = "portal-keyring/1"
_NEW = NAMES[1]
_KEY = 32
_ID = re.compile(rf"[0-9a-f]{{{2 * KEY_ID_BYTES}}}")
# 32 random bytes have about 30 distinct values; fewer than 12 happen by chance once in 2**80 keys.
_FEWEST_DISTINCT = 12


@dataclass(frozen=True, slots=True)
class Key:
    """One key-encryption key; `secret` is empty once it is retired."""

    id: str
    created: datetime
    state: State
    secret: bytes


def read(folder: Path) -> tuple[Key, ...]:
    """Read and check the keyring of a folder.

    Raises:
        KeyUnavailable: There is none, others may read it, or it isn't in order.

    """
    check_folder(folder)
    path = folder / NAME
    _check(os.lstat, path, stat.S_IFREG, 0o600)
    try:
        text = path.read_bytes()
    except OSError as cause:
        raise KeyUnavailable(f"The keyring {path} can't be read: {cause.strerror}.") from cause
    try:
        return _parsed(text)
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        # The cause may quote the text, so it stays out of the sentence.
        raise KeyUnavailable(f"The keyring {path} is not in order: restore it from your copy.") from cause


def check_folder(folder: Path) -> None:
    """Look whether a key folder is there and ours alone.

    Raises:
        KeyUnavailable: It isn't.

    """
    _check(os.stat, folder, stat.S_IFDIR, 0o700)


def write(folder: Path, keys: tuple[Key, ...]) -> None:
    """Replace the keyring of a folder; call it only inside `locked`.

    Raises:
        KeyUnavailable: It could not be written durably; the keyring is whole, the old one or the new one.

    """
    text = json.dumps({"format": _FORMAT, "keys": [_line(key) for key in keys]}, indent=2) + "\n"
    new = folder / _NEW
    try:
        new.unlink(missing_ok=True)  # from a crash; we hold the lock
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        new.replace(folder / NAME)
        sync_folder(folder)
    except OSError as cause:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise KeyUnavailable(f"The keyring in {folder} could not be written: {cause.strerror}.") from cause


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the keyring.

    Raises:
        KeyUnavailable: The folder isn't there.

    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as cause:
        raise KeyUnavailable(f"The key folder {folder} can't be opened: {cause.strerror}.") from cause
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check(look: Callable[[Path], os.stat_result], path: Path, kind: int, mode: int) -> None:
    try:
        found = look(path)
    except OSError as cause:
        raise KeyUnavailable(f"There is no keyring at {path}: {cause.strerror}.") from cause
    if stat.S_IFMT(found.st_mode) != kind or stat.S_IMODE(found.st_mode) != mode:
        raise KeyUnavailable(f"{path} must have mode {mode:04o} and be no link: `chmod {mode:04o} {path}`.")
    if found.st_uid != os.geteuid():
        raise KeyUnavailable(
            f"{path} belongs to another account than the one that asks: it must be of the account that the portal runs "
            "under, and that one asks."
        )


def _parsed(text: bytes) -> tuple[Key, ...]:
    document = json.loads(text)
    if set(document) != {"format", "keys"} or document["format"] != _FORMAT:
        raise ValueError("unknown format")
    keys = tuple(_key(line) for line in document["keys"])
    secrets = [key.secret for key in keys if key.state is not State.RETIRED]
    if len({key.id for key in keys}) != len(keys) or len(set(secrets)) != len(secrets):
        raise ValueError("a key or an id occurs twice")
    if [key.state for key in keys].count(State.ACTIVE) != 1:
        raise ValueError("not exactly one active key")
    return keys


def _key(line: dict[str, str]) -> Key:
    state = State(line["state"])
    fields = {"id", "created", "state"} | (set() if state is State.RETIRED else {"key"})
    if set(line) != fields or not _ID.fullmatch(line["id"]):
        raise ValueError("unknown fields or id")
    created = datetime.fromisoformat(line["created"])
    if created.tzinfo is None:
        raise ValueError("a time without zone")
    secret = b"" if state is State.RETIRED else _secret(line["key"])
    return Key(line["id"], created, state, secret)


def _secret(text: str) -> bytes:
    secret = base64.b64decode(text, validate=True)
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    if len(secret) != _KEY or len(set(secret)) < _FEWEST_DISTINCT or len(steps) < _FEWEST_DISTINCT:
        raise ValueError("not a random key")
    return secret


def _line(key: Key) -> dict[str, str]:
    line = {"id": key.id, "created": key.created.isoformat(), "state": key.state.value}
    return line if key.state is State.RETIRED else {**line, "key": base64.b64encode(key.secret).decode()}
