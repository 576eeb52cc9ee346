"""A witness of logs (C2SP tlog-witness): it tells which tree of a log it saw, and never tells two for one size.

A request is a line `old SIZE`, the hashes of a proof of consistency, an empty line and a checkpoint. It is refused, in
this order, by the status that the specification names:

1. 400: it isn't in its form.
2. 404: the log isn't one that this witness watches; a key is of the log whose name it bears.
3. 403: not each key of the log has signed, or one has signed something else.
4. 400: the old size is above the checkpoint's.
5. 409, with the size that the witness has: the old size is another one, or the same size comes with another root.
6. 422: the proof doesn't show that the checkpoint's tree goes on from the one that the witness has.
7. 503: what it would sign can't be kept.

It signs what is kept on the disk, and keeps and signs one checkpoint at a time: two at once can't get two roots for one
size. The time of what it signs never goes back, whatever the clock does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Lock
from typing import Final

from portal.audit.checkpoints import Checkpoint, cosign, open_checkpoint, read_checkpoint
from portal.audit.notes import Key, Malformed, Note, Signature, decode, number, of_key, read_note
from portal.audit.tree import HASH_BYTES, Inconsistent, check_consistency
from portal.audit.witness_files import StateFile
from storage.signatures import Signer

MOST_BYTES: Final = 128 * 1024  # of a request: a note may have 16 signatures of 5 kB each
MOST_HASHES: Final = 63
TEXT: Final = "text/plain; charset=utf-8"
PATH: Final = "/add-checkpoint"
SIZE_KIND: Final = "text/x.tlog.size"
_MOST_TOLD: Final = 1000  # of either kind: what anybody can bring about hides nothing that only the log can


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint with the proof that it goes on from an earlier one."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered."""

    status: HTTPStatus
    text: str
    media: str = TEXT


def read_request(body: bytes) -> Request:
    """Read a request to add a checkpoint.

    Raises:
        Malformed: It is none.

    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed("the request isn't text") from error
    head, _, whole = text.partition("\n\n")
    first, *lines = head.split("\n")
    if not first.startswith("old "):
        raise Malformed("the request doesn't begin with its old size")
    if len(lines) > MOST_HASHES:
        raise Malformed("the proof is too long")
    proof = tuple(decode(line) for line in lines)
    if any(len(one) != HASH_BYTES for one in proof):
        raise Malformed("a hash of the proof has another length")
    note = read_note(whole)
    return Request(number(first.removeprefix("old ")), proof, note, read_checkpoint(note.text))


def logs_of(keys: Iterable[Key]) -> dict[str, tuple[Key, ...]]:
    """Give the keys of each log by the name that they bear."""
    logs: dict[str, tuple[Key, ...]] = {}
    for key in dict.fromkeys(keys):
        logs[key.name] = (*logs.get(key.name, ()), key)
    return logs


class Witness:
    """A witness at work.

    Args:
        name: Its name.
        signers: Its private keys.
        logs: The logs that it watches, with the keys that must all have signed.
        state: What it saw last.
        tell: Is told what the operator should know.
        clock: Gives the time.

    """

    def __init__(
        self,
        name: str,
        signers: Sequence[Signer],
        logs: Mapping[str, Sequence[Key]],
        state: StateFile,
        tell: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name, self._signers, self._logs, self._state = name, tuple(signers), logs, state
        self._tell, self._clock = tell, clock
        self._one_at_a_time = Lock()
        self._told: dict[HTTPStatus, set[Checkpoint]] = {}

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request."""
        try:
            asked = read_request(body)
        except Malformed as error:
            return _refused(HTTPStatus.BAD_REQUEST, str(error))
        keys = self._logs.get(asked.checkpoint.origin)
        if not keys:
            return _refused(HTTPStatus.NOT_FOUND, "this witness doesn't watch that log")
        if not _is_signed(asked.note, keys):
            return _refused(HTTPStatus.FORBIDDEN, "the checkpoint isn't signed by every key of its log")
        if asked.old > asked.checkpoint.size:
            return _refused(HTTPStatus.BAD_REQUEST, "the old size is above that of the checkpoint")
        with self._one_at_a_time:
            return self._compared(asked, keys)

    def _compared(self, asked: Request, keys: Sequence[Key]) -> Answer:
        new, held = asked.checkpoint, self._state.held(asked.checkpoint.origin)
        if new.size == held.size and new.root != held.root:
            self._warn(asked, HTTPStatus.CONFLICT, "signed another tree of the same size")
            return Answer(HTTPStatus.CONFLICT, f"{held.size}\n", SIZE_KIND)
        if asked.old != held.size:
            return Answer(HTTPStatus.CONFLICT, f"{held.size}\n", SIZE_KIND)
        try:
            check_consistency(held.size, held.root, new.size, new.root, asked.proof)
        except Inconsistent:
            self._warn(asked, HTTPStatus.UNPROCESSABLE_ENTITY, f"didn't prove that it goes on from {held.size} entries")
            return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "the proof doesn't hold")
        return self._kept_and_signed(asked.note, keys)

    def _kept_and_signed(self, note: Note, keys: Sequence[Key]) -> Answer:
        seconds = max(int(self._clock().timestamp()), self._state.seconds)
        try:
            self._state.keep(Note(note.text, _by(keys, note)).whole(), seconds)
        except OSError as error:
            self._tell(f"the state can't be written, so nothing is signed: {error.strerror or type(error).__name__}")
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "the witness can't keep what it would sign")
        lines = cosign(note, self._name, self._signers, datetime.fromtimestamp(seconds, UTC))
        return Answer(HTTPStatus.OK, "".join(line.line() for line in lines))

    def _warn(self, asked: Request, status: HTTPStatus, did: str) -> None:
        """Tell once of each checkpoint that a log signed and that doesn't fit; it may show that the log lies."""
        told = self._told.setdefault(status, set())
        if asked.checkpoint not in told and len(told) < _MOST_TOLD:
            told.add(asked.checkpoint)
            self._tell(f"{asked.checkpoint.origin} {did}; refused:\n{asked.note.text}")


def _refused(status: HTTPStatus, why: str) -> Answer:
    return Answer(status, f"{why}\n")


def _is_signed(note: Note, keys: Sequence[Key]) -> bool:
    try:
        return set(open_checkpoint(note.whole(), keys).signed) == set(keys)
    except Malformed:
        return False


def _by(keys: Sequence[Key], note: Note) -> tuple[Signature, ...]:
    """Give one signature of each key: what anybody else added isn't kept."""
    found = {of_key(keys, one): one for one in note.signatures}
    return tuple(found[key] for key in keys if key in found)
