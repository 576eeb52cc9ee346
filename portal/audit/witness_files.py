"""What a witness has on its disk: its key, and the state that says what it saw last of each log.

1. A key file is made once and never written over; one that others may read is refused.
2. A state belongs to one key: it carries a MAC under a key that follows from the witness's. Damaged, cut, or of another
   witness, it is refused; so is one that isn't there, unless the witness is said to be new.
3. One process has it at a time, by a lock on a file beside it.
4. A change is written beside it, flushed, renamed over it, and the folder flushed, before it counts: after a breakdown
   the old state is there or the new one, and the new one if anybody was told of it.
"""

import fcntl
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from portal.audit.checkpoints import Checkpoint, read_checkpoint, witness_keys
from portal.audit.notes import Key, Malformed, decode, encode, read_key, read_note
from portal.audit.tree import EMPTY
from portal.errors import Conflict, Invalid, Unavailable
from storage.fields import derive
from storage.keys.keyring_file import sync_folder
from storage.signatures import Scheme, Signer

KEY_FORMAT: Final = "portal-witness-key/1"
STATE_FORMAT: Final = "portal-witness-state/1"
SEED_BYTES: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The secret of a witness: all its keys follow from the seed."""

    name: str
    seed: bytes = field(repr=False)

    def signers(self) -> tuple[Signer, ...]:
        """Give the private keys."""
        return (
            Signer(Scheme.ED25519, derive(self.seed, "witness-edwards")),
            Signer(Scheme.ML_DSA_44, derive(self.seed, "witness-lattice")),
        )

    def public(self) -> tuple[Key, ...]:
        """Give the public keys."""
        return witness_keys(self.name, self.signers())


def make_key(path: Path, name: str) -> WitnessKey:
    """Make the key file of a new witness.

    Raises:
        Invalid: A witness can't have that name.
        Conflict: There is a file already.

    """
    key = WitnessKey(name, secrets.token_bytes(SEED_BYTES))
    _check_name(key)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise Conflict(f"there is a file {path} already; it is left as it is") from error
    try:
        _write(descriptor, f"{KEY_FORMAT}\n{name}\n{encode(key.seed)}\n".encode())
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    return key


def read_witness_key(path: Path) -> WitnessKey:
    """Read a key file.

    Raises:
        Invalid: It isn't one, or others may read it.

    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_mode & _OTHERS:
            raise Invalid(f"{path} must be a file that its owner alone may read: chmod 0600 {path}")
        raw = file.read(1024)
    try:
        known, name, seed, rest = raw.decode().split("\n")
        key = WitnessKey(name, decode(seed))
    except (ValueError, Malformed) as error:
        raise Invalid(f"{path} isn't the key file of a witness") from error
    if known != KEY_FORMAT or rest or len(key.seed) != SEED_BYTES:
        raise Invalid(f"{path} isn't the key file of a witness")
    _check_name(key)
    return key


def _check_name(key: WitnessKey) -> None:
    try:
        for public in key.public():
            read_key(public.text())
    except (Malformed, UnicodeEncodeError) as error:
        raise Invalid(
            "a witness's name has 1 to 255 bytes, and neither spaces nor plus: witness.example/one"
        ) from error


class StateFile:
    """What a witness saw last of each log, as it is on the disk; made by `opened`."""

    def __init__(self, path: Path, key: WitnessKey, seconds: int, notes: Mapping[str, str]) -> None:
        self._path, self._key = path, derive(key.seed, "witness-state")
        self.seconds = seconds
        self._notes = dict(notes)

    @classmethod
    @contextmanager
    def opened(cls, path: Path, key: WitnessKey, *, new: bool) -> Iterator[Self]:
        """Take hold of a state, for one process at a time.

        Args:
            path: Where it is.
            key: The witness's key.
            new: Whether the witness is new: then there must be no state, else there must be one.

        Raises:
            Conflict: Another process has it, or there is one and the witness is new.
            Unavailable: There is none and the witness isn't new; or it is damaged, or another witness's.

        """
        path = path.resolve()  # a link would be replaced by the file, and its target stay behind
        with _alone(path):
            if new:
                if os.path.lexists(path):
                    raise Conflict(f"there is a state {path} already: this witness isn't new; start it without --new")
                state = cls(path, key, 0, {})
                state._write(0, {})
            else:
                state = cls(path, key, *_read(path, key))
            yield state

    def held(self, origin: str) -> Checkpoint:
        """Give what was seen last of a log: a tree of no entries, if nothing was."""
        note = self._notes.get(origin)
        return Checkpoint(origin, 0, EMPTY) if note is None else _checkpoint(note)

    def keep(self, note: str, seconds: int) -> None:
        """Keep a checkpoint in place of its log's last one, and the time at which it is signed.

        Raises:
            OSError: It couldn't be written; the former one counts.

        """
        origin = _checkpoint(note).origin
        if (self._notes.get(origin), self.seconds) != (note, seconds):
            notes = {**self._notes, origin: note}
            self._write(seconds, notes)
            self.seconds, self._notes = seconds, notes

    def _write(self, seconds: int, notes: Mapping[str, str]) -> None:
        body = (
            json.dumps({"seconds": seconds, "checkpoints": list(notes.values())}, indent=1, ensure_ascii=False) + "\n"
        )
        new = self._path.with_name(f"{self._path.name}.new")
        new.unlink(missing_ok=True)  # from a breakdown; we hold the lock
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        _write(descriptor, f"{STATE_FORMAT} {_mac(self._key, body.encode())}\n{body}".encode())
        new.replace(self._path)
        sync_folder(self._path.parent)


def _read(path: Path, key: WitnessKey) -> tuple[int, dict[str, str]]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise Unavailable(
            f"there is no state {path}: if it was lost, make another key and begin a new state with it; if this key "
            "never signed anything, start it with --new"
        ) from error
    head, _, body = raw.partition(b"\n")
    expected = f"{STATE_FORMAT} {_mac(derive(key.seed, 'witness-state'), body)}".encode()
    if not hmac.compare_digest(head, expected):
        raise Unavailable(
            f"the state {path} is damaged, or of another key: nothing is signed. If it can't be brought back as it was "
            "at the last signature, make another key and begin a new state with it"
        )
    said = json.loads(body)
    return int(said["seconds"]), _by_origin(said["checkpoints"])


def _by_origin(notes: Iterable[str]) -> dict[str, str]:
    return {_checkpoint(note).origin: note for note in notes}


def _checkpoint(note: str) -> Checkpoint:
    return read_checkpoint(read_note(note).text)


def _mac(key: bytes, body: bytes) -> str:
    return hmac.digest(key, body, "sha256").hex()


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"another witness runs with the state {path}: only one at a time may") from error
        yield
    finally:
        os.close(descriptor)
