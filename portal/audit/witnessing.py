"""What a log sends to a witness, and what the witness's answer means (C2SP tlog-witness, `add-checkpoint`).

1. Only signatures that the policy's keys prove are taken from an answer; whatever else comes is trouble.
2. A witness that knows a later log than this one, or another of the same size, says something grave: that this database
   was set back, or that history was written anew. It is never taken for one that is away.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from portal.audit.checkpoints import open_checkpoint, read_checkpoint
from portal.audit.notes import Key, Malformed, Signature, encode, number, of_key, read_note, read_signatures
from portal.audit.witness import SIZE_KIND
from portal.outgoing import Answer

SKEW: Final = timedelta(days=1)  # by which a witness's clock may differ
MOST_TURNS: Final = 3  # of asking again with the size that the witness names


class Trouble(StrEnum):
    """Why a witness didn't sign; the value is kept."""

    SILENT = "silent"  # no answer
    UNKNOWN_LOG = "unknown-log"  # it isn't set up for this log
    UNKNOWN_KEY = "unknown-key"  # it knows the log under other keys
    UNSIGNED = "unsigned"  # its answer has no signature that its keys prove
    ODD = "odd"  # it answers otherwise than a witness does
    AHEAD = "ahead"  # it has seen a later log
    OTHER = "other"  # it has seen a log that this one doesn't go on from


_TROUBLES: Final[Mapping[int, Trouble]] = {
    HTTPStatus.NOT_FOUND: Trouble.UNKNOWN_LOG,
    HTTPStatus.FORBIDDEN: Trouble.UNKNOWN_KEY,
}
GRAVE: Final = frozenset({Trouble.AHEAD, Trouble.OTHER})


@dataclass(frozen=True, slots=True)
class Signed:
    """What a witness signed."""

    signatures: tuple[Signature, ...]


Prove = Callable[[int], Sequence[bytes]]  # gives the proof that the log goes on from an earlier size
Send = Callable[[bytes], Answer | None]  # sends a request to the witness


def ask_witness(
    note: str, old: int, keys: Collection[Key], prove: Prove, send: Send, now: datetime
) -> Signed | Trouble:
    """Ask a witness for its cosignature of a checkpoint.

    Args:
        note: The checkpoint, signed by its log.
        old: How many entries the witness has seen, as far as we know.
        keys: The witness's keys.
        prove: Gives proofs of consistency with the checkpoint's tree.
        send: Sends a request; None: there was no answer.
        now: The time, from which a signature's may not differ by more than SKEW.

    """
    checkpoint = read_checkpoint(read_note(note).text)
    for _ in range(MOST_TURNS):
        answer = send(request(note, old, prove(old)))
        if answer is None:
            return Trouble.SILENT
        if answer.status == HTTPStatus.OK:
            return _signed(note, keys, answer.body, now)
        known = _size(answer)
        if known is None:
            return _trouble(answer.status, same=old == checkpoint.size)
        if known > checkpoint.size:
            return Trouble.AHEAD
        if known == old:
            return Trouble.OTHER
        old = known
    return Trouble.ODD


def request(note: str, old: int, proof: Sequence[bytes]) -> bytes:
    """Write the body of a request."""
    lines = [f"old {old}", *map(encode, proof), "", note]
    return "\n".join(lines).encode()


def with_signatures(note: str, signatures: Sequence[Signature]) -> str:
    """Append signatures to a note."""
    return note + "".join(one.line() for one in signatures)


def _signed(note: str, keys: Collection[Key], body: bytes, now: datetime) -> Signed | Trouble:
    """Take the signatures that the witness's keys prove; one that says it is of such a key, and isn't, spoils all."""
    try:
        own = [one for one in read_signatures(body.decode()) if of_key(keys, one) is not None]
        opened = open_checkpoint(with_signatures(note, own), keys)
    except (Malformed, UnicodeDecodeError):
        return Trouble.UNSIGNED
    if any(abs(at - now.timestamp()) > SKEW.total_seconds() for at in opened.signed.values()):
        return Trouble.UNSIGNED  # it is kept for good, so that a time that is none may not come in
    once = {(one.name, one.id): one for one in own}
    return Signed(tuple(once.values())) if opened.signed else Trouble.UNSIGNED


def _size(answer: Answer) -> int | None:
    """Read how many entries the witness says that it has seen."""
    if answer.status != HTTPStatus.CONFLICT or answer.kind != SIZE_KIND:
        return None
    try:
        text = answer.body.decode()
        return number(text.removesuffix("\n"))
    except (Malformed, UnicodeDecodeError):
        return None


def _trouble(status: int, *, same: bool) -> Trouble:
    if status == HTTPStatus.UNPROCESSABLE_ENTITY or (status == HTTPStatus.CONFLICT and same):
        return Trouble.OTHER
    return _TROUBLES.get(status, Trouble.ODD)
